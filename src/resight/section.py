"""One part of the report: a comparison as a reader sees it, its matches first, then what is left over on both sides."""

from __future__ import annotations

from collections.abc import Sequence

from resight.account import Accounts, pair_numbers
from resight.album import Album
from resight.bottomline import BottomLine
from resight.case import Case
from resight.comparison import Comparison, kinship
from resight.drawing import Drawings
from resight.effort import Effort
from resight.episodes import Episode
from resight.evidence import Pair
from resight.firsts import Firsts, Standing
from resight.likeness import Overlay, Overlays
from resight.listing import some
from resight.trial import Trial, Trials
from resight.wording import Data, numbered

NOT_SHOWN = "that nothing is on file does not show that nothing was there"


class Sections:
    """Tells the comparisons of a case, each by itself."""

    def __init__(
        self,
        case: Case,
        effort: Effort,
        accounts: Accounts,
        firsts: Firsts,
        overlays: Overlays,
        trials: Trials,
        drawings: Drawings,
        album: Album,
        top: BottomLine,
    ) -> None:
        self._case, self._effort, self._accounts, self._firsts = case, effort, accounts, firsts
        self._overlays, self._trials, self._drawings = overlays, trials, drawings
        self._album, self._top = album, top

    def of(self, comparison: Comparison) -> tuple[Data, Data]:
        """A comparison as a reader sees it (the watched sites together, or one other site), and as plain numbers."""
        case, scope, overlays = self._case, comparison.scope, self._overlays.over(comparison)
        trial, is_one = self._trials.of(comparison), len(scope) == 1
        standings = [standing for site in scope for standing in self._firsts.at(site)]
        candidates = [p for p in case.repeats.candidates if p.current.site in scope]
        undetermined = [e for e in case.undetermined if e.site in scope]
        told = {
            "id": scope[0] if is_one else "watched",
            "name": case.name(scope[0]) if is_one else case.group.capitalize(),
            "lead": self._lead(comparison) if is_one else [],
            "sites": [
                {
                    "id": site,
                    "name": case.name(site),
                    "timeline": self._drawings.timeline(site, comparison),
                    "empty": self._top.nothing(site),
                }
                for site in scope
            ],
            "matches": some(
                comparison.matches,
                lambda pair: self._match(pair, comparison, trial.beside.get(pair.current.id, "")),
            ),
            "tried": trial.said,
            "left": [*self._without_match(comparison), *self._not_repeated(comparison)],
            "firsts": [sentence for standing in standings for sentence in standing.said],
            "candidates": some(candidates, lambda pair: self._accounts.candidate(pair, comparison)),
            "undetermined": some(undetermined, self._accounts.episode),
            "patterns": [
                {**overlay._asdict(), "profile": self._drawings.profile(comparison, overlay)}
                for overlay in overlays
                if overlay.said
            ],
        }
        return told, _numbers(comparison, overlays, trial, standings)

    def _match(self, pair: Pair, comparison: Comparison, beside: str) -> Data:
        """A match, with the images of both its sides and what its trial gave."""
        told, sides = (
            self._accounts.match(pair, comparison, beside),
            {"current": pair.current, "baseline": pair.baseline},
        )
        return {**told, **{side: self._with_images(told[side], episode) for side, episode in sides.items()}}

    def _with_images(self, told: Data, episode: Episode) -> Data:
        return {**told, "images": self._album.of(episode)}

    def _lead(self, comparison: Comparison) -> list[str]:
        """What there is to say at once of one site."""
        (site,) = comparison.scope
        said = [self._top.nothing(site) or self._top.likeness(comparison, "here")]
        beside = [r for r in self._case.by_site.get(site, ()) if self._case.is_beside(r)]
        if left := sum(self._case.period(record) != "other" for record in beside):
            said.append(f"Shown but not compared: {numbered(left, 'record')} (see parts 4 and 5).")
        return said

    def _without_match(self, comparison: Comparison) -> list[Data]:
        """This year's episodes that match nothing, by how like one of the baseline they are."""
        now, then, likest = self._case.now, self._case.then, comparison.likest
        none = f"{now}: without precedent on file"
        if not comparison.baseline:
            none = f"{now}: nothing on file for {then} to compare with"
        titles = {
            "alike": f"{now}: like one of {then}, no one visit standing out as its match",
            "untold": f"{now}: may or may not be like one of {then}, too little being known",
            "none": none,
        }
        found: dict[str, list[Episode]] = {like: [] for like in titles}
        for episode in comparison.without_precedent:
            found[kinship(episode, likest)].append(episode)

        def tell(episode: Episode) -> Data:
            nearest = likest.get(episode.id) or comparison.best_of(episode)
            one = self._accounts.single(episode, self._effort.looked(episode, "then")[1], comparison, nearest)
            return {**one, "episode": self._with_images(one["episode"], episode)}

        said = []
        for like, title in titles.items():
            group = {"title": "", **some(found[like], tell)}
            if like == "none" and comparison.baseline and any(not one["looked"] for one in group["items"]):
                group["title"] = f"Looks of {then} not known: {NOT_SHOWN}"
            if found[like]:
                said.append({"title": title, "groups": [group]})
        return said

    def _not_repeated(self, comparison: Comparison) -> list[Data]:
        """The baseline's episodes that nothing matches, by what is known of this year's looks, then by likeness."""
        now, so_far = self._case.now, self._case.so_far
        titles = {
            "looked": f"Looked in {now}, and not repeated on file{so_far}",
            "not looked": f"Not looked in {now}{so_far}",
            "unknown": f"Looks of {now} not known",
            "alike": f"Like one of {now}, no one visit standing out as its match",
            "untold": f"Cannot be told from one of {now}, too little being known",
        }
        found: dict[str, list[Episode]] = {state: [] for state in titles}
        for episode in comparison.not_repeated:
            like = kinship(episode, comparison.likest)
            found[self._effort.looked(episode, "now")[0] if like == "none" else like].append(episode)

        def tell(episode: Episode) -> Data:
            one = self._accounts.single(episode, self._effort.looked(episode, "now")[1])
            return {**one, "episode": self._with_images(one["episode"], episode)}

        groups = [{"title": titles[state], **some(some_of, tell)} for state, some_of in found.items() if some_of]
        return [{"title": f"{self._case.then}: not repeated on file{so_far}", "groups": groups}] if groups else []


def _numbers(comparison: Comparison, overlays: Sequence[Overlay], trial: Trial, standings: Sequence[Standing]) -> Data:
    """One comparison as plain data, every episode by its id."""
    return {
        "sites": list(comparison.scope),
        "current": [e.id for e in comparison.current],
        "baseline": [e.id for e in comparison.baseline],
        "matches": [
            {**pair_numbers(pair, comparison), "flag": trial.flag_numbers(pair.current.id)}
            for pair in comparison.matches
        ],
        "flags": trial.numbers,
        **{
            f"{name}{end}": [e.id for e in left if kinship(e, comparison.likest) == like]
            for name, left in (
                ("without_precedent", comparison.without_precedent),
                ("not_repeated", comparison.not_repeated),
            )
            for like, end in (("none", ""), ("alike", "_but_alike"), ("untold", "_or_too_little_known"))
        },
        "patterns": [overlay.numbers for overlay in overlays],
        "firsts": [standing._asdict() for standing in standings],
        "sizes": [size._asdict() for size in comparison.sizes],
        "assumed": comparison.assumptions._asdict(),
        "learned_in_rounds": comparison.learned,
    }

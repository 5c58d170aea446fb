"""Effort: the looks taken at each site on either side, counted ones apart from published ones, and what they allow.

How often anyone looked is known only from our own looks, or from a source that states all of its looks. Published
images are published because they show something: they are told, and are never a denominator.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from resight import episodes, rates
from resight.case import Case
from resight.episodes import Episode, Look, Shown
from resight.listing import RECORDS, some
from resight.observation import Observation
from resight.vocabulary import Vocabulary
from resight.wording import NOT_PROOF, Data, numbered

RARELY = "looks that found nothing are rarely published"
UNCOUNTED_ABSENCE = "absence reported, number of looks unknown"


class SiteEffort(NamedTuple):
    """The looks at one site on one side, counted ones apart from published ones."""

    counted: tuple[Look, ...]
    published: tuple[Look, ...]
    unclear: tuple[Look, ...]
    #: Reported over a period, by how many looks is not known.
    absences: tuple[Observation, ...]

    @property
    def is_known(self) -> bool:
        """Is any look counted, so that a share may be given?"""
        return bool(self.counted)


NO_LOOKS = SiteEffort((), (), (), ())


class Effort:
    """The looks of both sides of a case, site by site; ``now`` and ``then`` name the sides."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._told: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._showed: dict[tuple[str, str], Mapping[Shown, int]] = {}

    def in_a_sentence(self, scope: Sequence[str]) -> str:
        """What is known of the looks at some sites taken together, and what must go unsaid for want of them."""
        now, then = self._case.now, self._case.then
        with_now = [site for site in scope if self.at(site, "now").is_known]
        with_then = [site for site in scope if self.at(site, "then").is_known]
        both = [site for site in with_now if site in with_then]
        if not with_now and not with_then:
            if not any(self.at(site, period).published for site in scope for period in ("now", "then")):
                none = "No look is on file for either year"
                return f"{none}, so nothing can be said of what is “new”, of what is “gone”, or of rates."
            return (
                "How often anyone looked is not known for either year: the images are published ones, and "
                f"{RARELY}. So nothing can be said of what is “new”, of what is “gone”, or of rates."
            )
        said = self._known_on_both(both)
        for sites, year, other in ((with_now, now, then), (with_then, then, now)):
            only = [site for site in sites if site not in both]
            if only:
                at = self._case.names(only)
                said.append(
                    f"How often we looked at {at} is on file for {year} only, "
                    f"so what needs the looks of {other} is withheld."
                )
        neither = [site for site in scope if site not in with_now and site not in with_then]
        if neither:
            said.append(
                f"How often anyone looked at {self._case.names(neither)} is not known, so nothing can be said there "
                "of what is “new”, of what is “gone”, or of rates."
            )
        return " ".join(said)

    def _known_on_both(self, sites: Sequence[str]) -> list[str]:
        """For which years the looks are known at sites where some of either side are."""
        years = self._case.repeats.baseline_years
        whole = [site for site in sites if all(self.counted(site, year) for year in years)]
        every = "both" if len(years) == 1 else "all these"
        said = (
            [f"How often we looked is known in {every} years at {self._case.names(whole)}: see part 4."]
            if whole
            else []
        )
        for site in sites:
            if site not in whole:
                known = ", ".join(str(year) for year in years if self.counted(site, year))
                said.append(
                    f"How often we looked at {self._case.name(site)} is known for {self._case.now} and, of the "
                    f"baseline, for {known} only: see part 4."
                )
        return said

    def at(self, site: str, period: str) -> SiteEffort:
        """The looks at a site on one side; none at a site without records."""
        return self._looks.get((site, period), NO_LOOKS)

    @cached_property
    def _looks(self) -> Mapping[tuple[str, str], SiteEffort]:
        years = {
            self._case.repeats.year: "now",
            **dict.fromkeys(self._case.repeats.baseline_years, "then"),
        }
        found: dict[tuple[str, str], dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for look in episodes.looks(self._case.records):
            if period := years.get(look.day.year):
                found[look.site, period]["counted" if look.is_counted else "published"].append(look)
        for look in episodes.clouded(self._case.records):
            if period := years.get(look.day.year):
                found[look.site, period]["unclear"].append(look)
        for record in self._case.records:
            if record.outcome == "not-seen" and not episodes.is_counted_absence(record):
                found[record.site, self._case.period(record)]["absences"].append(record)
        return {key: SiteEffort(*(tuple(kinds[name]) for name in SiteEffort._fields)) for key, kinds in found.items()}

    def counted(self, site: str, year: int) -> Sequence[Look]:
        """The counted looks at a site in any one year."""
        return self._counted.get((site, year), ())

    @cached_property
    def _counted(self) -> Mapping[tuple[str, int], list[Look]]:
        found: dict[tuple[str, int], list[Look]] = defaultdict(list)
        for look in episodes.looks(self._case.records):
            if look.is_counted:
                found[look.site, look.day.year].append(look)
        return found

    def _shown(self, site: str, period: str) -> Mapping[Shown, int]:
        """What the counted looks at a site on one side showed, and how many of them it: most looks are alike."""
        if (site, period) not in self._showed:
            words = self._case.vocabulary
            self._showed[site, period] = Counter(look.shown(words) for look in self.at(site, period).counted)
        return self._showed[site, period]

    @cached_property
    def _periods_known(self) -> frozenset[str]:
        """The sides for which looks are known at some site."""
        return frozenset(period for (_, period), effort in self._looks.items() if effort.is_known)

    def looked(self, episode: Episode, period: str) -> tuple[str, str]:
        """Was the site looked at on a side, so that this could have been seen: state, and in words what is known."""
        key = episode.site, episode.claimed_path[-1], period
        if key not in self._told:
            self._told[key] = self._looked(*key)
        return self._told[key]

    def _looked(self, site: str, node: str, period: str) -> tuple[str, str]:
        year = self._case.now if period == "now" else self._case.then
        effort = self.at(site, period)
        if effort.is_known:
            seen, of = seen_in(self._shown(site, period), node, self._case.vocabulary)
            if of:
                label = self._case.vocabulary.label(node)
                return "looked", f"looked {_times(of)} in {year}; {label} seen in {seen} of {numbered(of, 'look')}"
            return "not looked", f"not looked for in {year}: no look on file would have shown it"
        nothing_there = not (effort.published or effort.unclear or effort.absences)
        if nothing_there and period in self._periods_known:
            return "not looked", f"not looked in {year}: no look at {self._case.name(site)} on file"
        return "unknown", ""

    def told(self) -> tuple[Data, ...]:
        """What is known of the looks, site by site, the watched ones first."""
        watched = self._case.repeats.watched.scope
        return tuple(map(self._effort_at, (*watched, *sorted(set(self._case.by_site) - set(watched)))))

    def _effort_at(self, site: str) -> Data:
        now, then = self.at(site, "now"), self.at(site, "then")
        withheld = ""
        if now.is_known != then.is_known:
            known, other = (self._case.now, self._case.then) if now.is_known else (self._case.then, self._case.now)
            gone = f"was absent in {other}" if now.is_known else f"no longer comes in {other}"
            withheld = (
                f"Looks are known for {known} only. Withheld: the rate of {other}, the ratio of the years, the "
                f"test of the two shares, and any claim that anything of {known} {gone}."
            )
        return {
            "site": self._case.name(site),
            "now": self._effort_text(site, "now"),
            "then": self._effort_text(site, "then"),
            "kinds": list(self._kinds(site, now, then)),
            "withheld": withheld,
            "looks": some(
                [r.id or "" for look in (*now.counted, *then.counted) for r in look.records], str, all_in=RECORDS
            ),
        }

    def _effort_text(self, site: str, period: str) -> str:
        if not self._case.by_site.get(site):
            return f"nothing logged. {NOT_PROOF}"
        effort = self.at(site, period)
        published = f"published images: {len(effort.published)}"
        if effort.is_known:
            said = [
                numbered(len(effort.counted), "look") + " counted, our own or of a source that states all its looks"
            ]
            said += [f"{published}, not counted"] if effort.published else []
        elif effort.published or all(record.basis != "own" for record in self._case.by_site[site]):
            said = [f"{published}; {RARELY}"]
        else:
            said = ["no look dated to a day on file"]
        if effort.unclear:
            said.append(f"could not tell: {len(effort.unclear)}, no looks")
        if effort.absences:
            said.append(f"{UNCOUNTED_ABSENCE}: {len(effort.absences)}")
        return "; ".join(said)

    def _kinds(self, site: str, now: SiteEffort, then: SiteEffort) -> Iterable[Data]:
        """*Seen in k of n looks* for every kind and class on file at a site where some looks are counted.

        What was only published is listed too: that our own looks did not show it is worth knowing.
        """
        if not (now.counted or then.counted):
            return
        words = self._case.vocabulary
        nodes: set[tuple[str, ...]] = set()
        for record in self._case.by_site.get(site, ()):
            if words.is_matched(record.platform) and not record.context and self._case.period(record) != "other":
                path = words.path(record.platform or "")
                nodes |= {path[:depth] for depth in range(1, len(path) + 1)}
        # Nothing particular was ever seen or looked for: the looks still say that of every kind.
        nodes = nodes or {(p.id,) for p in words.platforms.values() if p.parent is None and p.matched}
        for path in sorted(nodes):
            k1, n1 = seen_in(self._shown(site, "now"), path[-1], words)
            k0, n0 = seen_in(self._shown(site, "then"), path[-1], words)
            if n1 or n0:
                ratio, fisher = self._tests(k1, n1, k0, n0)
                yield {
                    "label": words.label(path[-1]),
                    "depth": len(path) - 1,
                    "now": _share_text(k1, n1),
                    "then": _share_text(k0, n0),
                    "ratio": ratio,
                    "fisher": fisher,
                }

    def _tests(self, k1: int, n1: int, k0: int, n0: int) -> tuple[str, str]:
        if not (n1 and n0):
            return "withheld", "withheld"
        ratio, p = rates.ratio(k1, n1, k0, n0), rates.shares_differ(k1, n1, k0, n0)
        if ratio is None:
            said = "not testable: seen in neither year"
        else:
            best = f"{ratio.ratio:.3g}" if ratio.ratio is not None else f"no number (not seen in {self._case.then})"
            high = f"to {ratio.high:.3g}" if ratio.high is not None else "upwards, no upper bound"
            said = f"{best}; 95 % interval {ratio.low:.3g} {high}; {p_text(ratio.p)}"
        return said, "not testable: all looks alike" if p is None else p_text(p)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def p_text(p: float) -> str:
    """A p for print: two digits, never 0."""
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def seen_in(shown: Mapping[Shown, int], node: str, vocabulary: Vocabulary) -> tuple[int, int]:
    """In how many looks a node was seen, of how many that would have shown it; background never counts as seen.

    Args:
        shown: in how many looks what was shown.
        node: a kind, type or class of the vocabulary.
        vocabulary: the tree it stands in.
    """
    able = {one: looks for one, looks in shown.items() if one.could_find(node, vocabulary)}
    return sum(looks for one, looks in able.items() if one.found(node)), sum(able.values())


def _share_text(seen: int, looks: int) -> str:
    found = rates.share(seen, looks)
    if found.low is None or found.high is None:
        return "looks not known"
    return f"seen in {seen} of {numbered(looks, 'look')}; rate {found.low:.2f} to {found.high:.2f}"

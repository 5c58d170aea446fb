"""What is drawn of a site, and of two years laid over each other: marks with their words.

How often anyone looked is drawn only where looks are counted: elsewhere an empty stretch says nothing, and no shade
and no cell says that nobody looked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date as Day
from functools import cached_property

from resight import figures
from resight.aside import Aside, shape_of
from resight.case import Case
from resight.comparison import Comparison
from resight.dates import in_words
from resight.effort import UNCOUNTED_ABSENCE, Effort
from resight.episodes import Episode, Look
from resight.figures import Calendar, Looked, Profile, Thing, Timeline
from resight.likeness import SHIFTS_SHOWN, Overlay, Overlays, interval_text, is_few
from resight.observation import Observation
from resight.wording import numbered

#: Of so many sites the years are drawn; a page of a thousand drawings is read by nobody, and opens slowly.
SITES_DRAWN = 60
#: Stretches without a look are shaded from so many days on: the four weeks of the legend.
GAP_DAYS = 28
_TRACKED = frozenset(("flight-tracking", "ground", "report", "rest"))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHAPES = {
    "nothing": "looked, found nothing",
    "absent": UNCOUNTED_ABSENCE,
    "unclear": "could not tell",
    "tracked": "seen by other means, not compared",
}
#: A look names so many of its records.
_IDS = 3


class Drawings:
    """Draws the sites and the comparisons of a case."""

    def __init__(self, case: Case, aside: Aside, effort: Effort, overlays: Overlays) -> None:
        self._case, self._aside, self._effort, self._overlays = case, aside, effort, overlays

    @cached_property
    def _matched(self) -> Mapping[str, str]:
        return {pair.current.id: pair.baseline.id for pair in self._case.repeats.matches}

    @cached_property
    def _linked(self) -> frozenset[str]:
        return frozenset((*self._matched, *self._matched.values()))

    @property
    def _years(self) -> list[figures.Year]:
        """This year on top, under it the baseline, the latest first."""
        baseline = sorted(self._case.repeats.baseline_years, reverse=True)
        role = "last year" if baseline == [self._case.repeats.year - 1] else "baseline"
        then = [figures.Year(year, role, "then") for year in baseline]
        return [figures.Year(self._case.repeats.year, "this year", "now"), *then]

    @cached_property
    def _drawn(self) -> frozenset[str]:
        """The sites that are drawn: all, or of many those with the most records, the compared group first."""
        group = set(self._case.repeats.watched.scope)
        sites = sorted(self._case.by_site, key=lambda site: (site not in group, -len(self._case.by_site[site]), site))
        return frozenset(sites[:SITES_DRAWN])

    @property
    def left_out(self) -> str:
        """What to say of sites that are not drawn; empty when all are."""
        left = len(self._case.by_site) - len(self._drawn)
        are = "is" if left == 1 else "are"
        return f"{numbered(left, 'more site')} {are} not drawn; resight report --site ID draws any." if left else ""

    # --- timelines

    def timeline(self, site: str, comparison: Comparison) -> Timeline | None:
        """The years of one site, this year on top; None when there is nothing to draw, or too many sites to draw it.

        With the site's comparison: the nearest baseline year laid over this one by the shift that fits them best.
        """
        if site not in self._drawn:
            return None
        found = sorted(self._case.episodes_at.get(site, ()), key=lambda e: (e.time[0], e.last_seen[1], e.id))
        things = [self._episode_drawn(episode, episode.id in self._linked) for episode in found]
        strips: dict[str, list[Thing]] = {"looks": [], "other means": []}
        for record in self._case.by_site.get(site, ()):
            if record.outcome != "seen" and not record.aggregate:
                strips["looks"].append(self._record_drawn(record))
            elif record.outcome == "seen" and self._case.is_beside(record) and self._aside.reason(record) in _TRACKED:
                strips["other means"].append(self._record_drawn(record))
        overlay, notes = self._overlay(comparison, list(zip(found, things, strict=True)))
        if any(self._is_crowded(some) for some in (things, *strips.values())):
            notes.append(
                f"With more than {figures.MOST_MARKS} in one line a mark stands for all that begin in a week; "
                "the lists and tables have each of them."
            )
            # What falls on what is then too much to be drawn or read.
            things = self._thinned(things)
            strips = {name: self._thinned(some) for name, some in strips.items()}
            overlay = overlay._replace(things=self._thinned(overlay.things)) if overlay else None
        together = _together(overlay, things)
        gaps = [gap for year in self._years for gap in self._gaps(site, year.year)]
        rows = figures.rows(self._years, things, strips, overlay, gaps)
        shapes = {mark.shape for row in rows for mark in row.marks}
        # What was tracked elsewhere is listed in part 5; alone it makes a figure only at a watched site.
        if not shapes or (shapes == {"tracked"} and site not in self._case.repeats.watched.scope):
            return None
        told = [
            f"{row.year}: {'; '.join(m.title for m in (*row.marks, *row.shades)) or 'nothing on file'}." for row in rows
        ]
        return figures.timeline(
            rows,
            # What a shift brings together and what the evidence joins are two things: one figure shows one of them.
            {} if overlay else self._matched,
            site=site,
            title=f"{self._case.name(site)}: {self._case.now} and {self._case.then}, month by month",
            description=" ".join((*told, *notes, *together)),
            months=_MONTHS,
            note=" ".join(notes),
        )

    def _overlay(
        self, comparison: Comparison, drawn: Sequence[tuple[Episode, Thing]]
    ) -> tuple[figures.Overlay | None, list[str]]:
        """The nearest baseline year with episodes here, to be laid over this one, and what is to be said of that."""
        now, years = self._case.repeats.year, {episode.year for episode, _ in drawn}
        laid = [(o.year, o.found) for o in self._overlays.over(comparison) if {now, o.year} <= years]
        fitting = [(year, found) for year, found in laid if found and found.high]
        if not fitting:
            return None, []
        year, found = min(fitting, key=lambda one: (abs(one[0] - now), one[0]))
        moved = [thing for episode, thing in drawn if episode.year == year]
        left = figures.outside(moved, found.shift, now)
        is_back, by = found.shift < 0, interval_text((abs(found.shift), abs(found.shift)))
        overlay = figures.Overlay(
            now,
            moved,
            found.shift,
            f"{year} {'−' if is_back else '+'} {by}",
            f"{left.before} before {now}" if left.before else "",
            f"{left.after} after {now}" if left.after else "",
            {pair.baseline: pair.current for pair in found.matched},
        )
        where = "" if len(comparison.scope) == 1 else f", all {self._case.group} taken together"
        which = "the shift" if found.shifts == ((found.shift, found.shift),) else "one of the shifts"
        notes = [
            f"Outlined under {now}: {year} moved {'back' if is_back else 'on'} by {by}, {which} at which the two "
            f"years are most alike{where}."
        ]
        if len(self._case.repeats.baseline_years) > 1:
            notes.append(f"Of the baseline, {year} is the nearest year that can be laid over {now}.")
        if is_few(found):
            notes.append("With so few episodes this says little.")
        return overlay, notes

    def _is_crowded(self, things: Sequence[Thing]) -> bool:
        """Would a row hold too many of these?"""
        return any(
            sum(figures.touches(thing.days, year.year) for thing in things) > figures.MOST_MARKS for year in self._years
        )

    def _thinned(self, things: Sequence[Thing]) -> list[Thing]:
        """The things, by the week where a row would hold too many of them."""
        if not self._is_crowded(things):
            return list(things)

        def titled(week: Sequence[Thing], monday: Day) -> str:
            if len(week) == 1:
                return week[0].title
            what = _SHAPES.get(week[0].shape, "seen")
            return f"{what}: {len(week)} in the week from {in_words(monday.isoformat())}"

        return figures.by_week(things, titled)

    def _gaps(self, site: str, year: int) -> list[Thing]:
        """The stretches of a year without a look; none where it is not known how often anyone looked.

        Every look ends one, also a published one and one that could not tell, and so does a reported absence: how
        many looks stand behind it is not known.
        """
        start, end = Day(year, 1, 1), Day(year, 12, 31)
        end = min(end, self._case.until or end)
        if not self._effort.counted(site, year):
            return []
        at = self._effort.at(site, self._side(year))
        taken = [_days_of(look) for look in (*at.counted, *at.published, *at.unclear)]
        taken += [record.bounds for record in at.absences]
        return [
            Thing(days, "gap", f"no look from {in_words(days[0].isoformat())} to {in_words(days[1].isoformat())}")
            for days in figures.free(taken, (start, end), GAP_DAYS)
        ]

    def _side(self, year: int) -> str:
        return "now" if year == self._case.repeats.year else "then"

    def _episode_drawn(self, episode: Episode, matched: bool) -> Thing:
        is_sure = all(s.bounds[0] == s.bounds[1] or s.date_meaning == "throughout" for s in episode.sightings)
        # What it was, without the date: the name if there is one, else the class.
        label, is_known = episode.individual_name, bool(episode.individual)
        if not label:
            label = self._case.vocabulary.label(episode.claimed_path[-1] if episode.claimed_path else None)
            is_known = episode.path == episode.claimed_path
        return Thing(
            (episode.time[0], episode.last_seen[1]),
            "sure" if is_sure else "vague",
            self._case.described(episode) + ("" if is_sure else " (day not known)"),
            label if is_known else f"{label} (?)",
            episode.id,
            matched,
        )

    def _record_drawn(self, record: Observation) -> Thing:
        shape = shape_of(record)
        is_open = record.outcome != "seen" and not record.platform
        what = "anything" if is_open else self._case.vocabulary.label(record.platform)
        return Thing(record.bounds, shape, f"{_SHAPES[shape]}: {what}, {in_words(record.date)}", id=record.id or "")

    # --- shift profiles

    def profile(self, comparison: Comparison, overlay: Overlay) -> Profile | None:
        """How alike two years are at each shift; None where nothing falls together at any."""
        found = overlay.found
        drawn = self._overlays.profile(comparison, overlay.year) if found and found.high else None
        if drawn is None or found is None:
            return None
        now, scope = self._case.repeats.year, comparison.scope
        best = [(interval, interval_text(interval)) for interval in found.shifts[:SHIFTS_SHOWN]]
        at = " or ".join(text for _, text in best)
        more = len(found.shifts) - len(best)
        return figures.profile(
            drawn.shifts,
            drawn.low,
            drawn.high,
            best,
            id=f"{scope[0] if len(scope) == 1 else 'group'}-{overlay.year}",
            title=f"How alike {self._case.now} and {overlay.year} are, by the shift",
            description=(
                f"S at shifts from {drawn.shifts[0]:g} to {interval_text((drawn.shifts[-1],) * 2)}, between the worst "
                f"and the best that vague dates and platforms allow. It is highest, {found.high:.2f} at best, at {at}"
                + (f" or {more} more." if more else ".")
            ),
            x_name=f"days by which {overlay.year} is moved {'on' if overlay.year < now else 'back'}",
            y_name="S: 1 the same pattern, 0 nothing in common",
            # In the middle of the year: 29 February moves the days of its year only before it.
            marked={float((Day(now, 7, 1) - Day(overlay.year, 7, 1)).days): "same time of year"},
        )

    # --- effort calendars

    def calendars(self) -> tuple[Calendar, ...]:
        """The looks of each site that has any in the years compared, the watched sites first."""
        watched = self._case.repeats.watched.scope
        sites = (*watched, *sorted(set(self._case.by_site) - set(watched)))
        return tuple(found for site in sites if site in self._drawn and (found := self._calendar(site)))

    def _calendar(self, site: str) -> Calendar | None:
        looks: dict[int, list[tuple[Look, figures.State]]] = {year.year: [] for year in self._years}
        for at in (self._effort.at(site, "now"), self._effort.at(site, "then")):
            for look in at.counted:
                looks[look.day.year].append((look, "found" if _has_seen(look) else "nothing"))
            for look in at.published:
                looks[look.day.year].append((look, "published"))
            for look in at.unclear:
                looks[look.day.year].append((look, "unclear"))
        if not any(looks.values()):
            return None
        dated = [(look, state) for some in looks.values() for look, state in some if _is_dated(look)]
        told = {year: _told(some, is_known=bool(self._effort.counted(site, year))) for year, some in looks.items()}
        name = self._case.name(site)
        return figures.calendar(
            self._years,
            [Looked(look.day, state, _look_text(look, state)) for look, state in dated],
            id=site,
            title=name,
            description=" ".join(
                [f"Looks at {name}."]
                + [f"{year}: {text} {_by_month(looks[year])}".rstrip() for year, text in told.items()]
            ),
            months=_MONTHS,
            told=told,
            known=[year for year in looks if self._effort.counted(site, year)],
            until=self._case.until,
        )


def _told(looks: Sequence[tuple[Look, figures.State]], *, is_known: bool) -> str:
    """The looks of one year in numbers."""
    n = Counter(state for _, state in looks)
    if is_known:
        said = [f"{numbered(n['found'] + n['nothing'], 'look')} counted, {n['found']} found something"]
    else:
        said = ["looks not counted, so an empty week says nothing"]
    said += [f"published images: {n['published']}"] if n["published"] else []
    said += [f"could not tell: {n['unclear']}"] if n["unclear"] else []
    if vague := sum(not _is_dated(look) for look, _ in looks):
        said.append(f"not drawn, the day not known: {vague}")
    return "; ".join(said) + "."


def _by_month(looks: Sequence[tuple[Look, figures.State]]) -> str:
    """What is drawn of one year, month by month."""
    n = Counter((look.day.month, state) for look, state in looks if _is_dated(look))
    said = []
    for month, name in enumerate(_MONTHS, 1):
        found, nothing = n[month, "found"], n[month, "nothing"]
        kinds = [f"found something in {found} of {numbered(found + nothing, 'look')}"] if found + nothing else []
        kinds += [f"{n[month, 'published']} published"] if n[month, "published"] else []
        kinds += [f"{n[month, 'unclear']} could not tell"] if n[month, "unclear"] else []
        said += [f"{name}: {', '.join(kinds)}."] if kinds else []
    return " ".join(said)


def _together(overlay: figures.Overlay | None, things: Sequence[Thing]) -> list[str]:
    """What the ties of an overlay say, in words."""
    titles = {thing.id: thing.title for thing in things if thing.id}
    pairs = overlay.pairs.items() if overlay else ()
    said = [f"{titles[now]} and {titles[then]}" for then, now in pairs if now in titles and then in titles]
    return [f"So moved, fall together: {'; '.join(said)}."] if said else []


def _days_of(look: Look) -> tuple[Day, Day]:
    """The days on which a look can have been, by the record that knows best."""
    return min((record.bounds for record in look.records), key=lambda days: days[1] - days[0])


def _is_dated(look: Look) -> bool:
    first, last = _days_of(look)
    return first == last


def _has_seen(look: Look) -> bool:
    return any(record.outcome == "seen" for record in look.records)


def _look_text(look: Look, state: figures.State) -> str:
    """A look in words, with its records."""
    what = {"found": "found something", "nothing": "found nothing", "unclear": "could not tell", "published": "image"}
    ids = [record.id or "" for record in look.records]
    more = [f"{len(ids) - _IDS} more"] if len(ids) > _IDS else []
    return f"{in_words(look.day.isoformat())}, {what[state]} ({', '.join((*ids[:_IDS], *more))})"

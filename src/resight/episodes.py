"""Records to episodes (one thing at one place, however often imaged), and to looks (what was examined at all).

The rules are those printed by :func:`merging_rule`; comparing is done on episodes, never on images. No heavy
library here, so that ``log`` can answer at once.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date as Day
from datetime import timedelta
from typing import NamedTuple

from resight import dates
from resight.observation import LOOK_METHODS, Method, Observation
from resight.vocabulary import Vocabulary

EPISODE_GAP_DAYS = 3
LENGTH_TOLERANCE = 0.10


def merging_rule(gap_days: int = EPISODE_GAP_DAYS) -> str:
    """The rule by which sightings become episodes, for printing beside every comparison."""
    return (
        "Sightings of a site are taken in order of (earliest day, latest day, id). A sighting joins the open episode "
        "with the nearest last sighting whose platform, individual, berth and measured length (±10 %) it does not "
        f"contradict, if at most {gap_days} days can lie between the two dates and no look that found that platform "
        "gone certainly lies between; else it opens a new episode. Two records that one source gives of one look are "
        "two things. A vague date never bridges and never merges."
    )


class Episode(NamedTuple):
    """Consecutive sightings of one thing at one site."""

    #: Id of its first sighting; an episode is named after it.
    id: str
    site: str
    #: In order of (earliest, latest, id).
    sightings: tuple[Observation, ...]
    #: The platform path as deep as any sighting says.
    claimed_path: tuple[str, ...]
    #: The path as deep as it is said without a hedge.
    path: tuple[str, ...]
    #: Key of the hull or tail when named without a hedge, and its name as written (hedged or not).
    individual: str | None
    individual_name: str | None
    operator: str | None
    berth: str | None
    length_m: float | None
    #: The word of doubt on platform or individual, where a source uses one.
    identity_hedge: str | None
    #: Activities that say what is done; ``present`` and the like are left out.
    activities: frozenset[str]
    #: Bounds of the first sighting: the episode's time.
    time: tuple[Day, Day]
    #: Extent: last look without it before, and first look without it after, where such looks are on file.
    last_look_without: Day | None = None
    first_look_without: Day | None = None
    #: Ids of episodes that this one may be the same as, the dates being too vague to tell.
    may_be_same_as: tuple[str, ...] = ()

    @property
    def first(self) -> Observation:
        """The first sighting."""
        return self.sightings[0]

    @property
    def last_seen(self) -> tuple[Day, Day]:
        """Bounds of the last sighting."""
        return self.sightings[-1].bounds

    @property
    def year(self) -> int | None:
        """The year that holds all its time bounds; None when they straddle New Year."""
        return self.time[0].year if self.time[0].year == self.time[1].year else None

    @property
    def is_dated(self) -> bool:
        """Is any of its sightings tied to a day or to an image with a time?"""
        return any(s.image_time or s.image_id or s.bounds[0] == s.bounds[1] for s in self.sightings)

    @property
    def geometry(self) -> dict[str, object] | None:
        """The first position given by any sighting, as GeoJSON in lon/lat; None when none is."""
        return next((s.geometry for s in self.sightings if s.geometry is not None), None)


class _Open:
    """An episode under construction: what its sightings say together."""

    __slots__ = ("berth", "first_id", "individual", "last_day", "last_latest", "length_m", "looks", "path", "sightings")

    def __init__(
        self, record: Observation, path: tuple[str, ...], individual: str | None, look: tuple[object, ...]
    ) -> None:
        self.sightings = [record]
        self.first_id = record.id or ""
        #: First day of the last sighting.
        self.last_day, self.last_latest = record.bounds
        self.path = path
        self.individual = individual
        self.berth = record.berth
        self.length_m = record.length_m
        self.looks = {look}

    def take(
        self, record: Observation, path: tuple[str, ...], individual: str | None, look: tuple[object, ...]
    ) -> None:
        """Add a sighting that contradicts nothing."""
        self.sightings.append(record)
        self.last_day, self.last_latest = record.bounds
        self.path = max(self.path, path, key=len)
        self.individual = self.individual or individual
        self.berth = self.berth or record.berth
        self.length_m = self.length_m or record.length_m
        self.looks.add(look)


def may_match(record: Observation, vocabulary: Vocabulary) -> bool:
    """Is this a sighting of a platform that could repeat, whatever the method it was made by?"""
    return (
        record.outcome == "seen"
        and record.status != "withdrawn"
        and not record.aggregate
        and not record.context
        and vocabulary.is_matched(record.platform)
    )


def find(
    records: Iterable[Observation],
    vocabulary: Vocabulary,
    *,
    methods: Iterable[Method] = LOOK_METHODS,
    gap_days: int = EPISODE_GAP_DAYS,
) -> list[Episode]:
    """The episodes of some records, sorted by (earliest, latest, id).

    Only sightings of matched platforms by an admitted method take part; looks that found nothing among the records
    end an episode.
    """
    admitted = frozenset(methods)
    by_site: dict[str, list[Observation]] = defaultdict(list)
    absences: dict[str, list[Observation]] = defaultdict(list)
    for record in records:
        if record.method in admitted and may_match(record, vocabulary):
            by_site[record.site].append(record)
        elif is_counted_absence(record):
            absences[record.site].append(record)
    found: list[Episode] = []
    for site, sightings in by_site.items():
        sightings.sort(key=_order)
        found += _episodes_of_site(sightings, _Absences(absences[site], vocabulary), vocabulary, gap_days)
    return sorted(found, key=lambda episode: (*episode.time, episode.id))


def _order(record: Observation) -> tuple[Day, Day, str]:
    return (*record.bounds, record.id or "")


def full_path(record: Observation, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The platform path of a record; a registered hull or tail leads as deep as its own class."""
    path = vocabulary.path(record.platform) if record.platform else ()
    if record.platform_name and record.hedge_on != "platform_name":
        known = vocabulary.individual(record.platform_name)
        if known:
            deeper = vocabulary.path(known.platform)
            if deeper[: len(path)] == path:
                return deeper
    return path


def _certain_path(record: Observation, vocabulary: Vocabulary) -> tuple[str, ...]:
    path = full_path(record, vocabulary)
    return path[:-1] if record.hedge_on == "platform" else path


def _individual(record: Observation, vocabulary: Vocabulary) -> str | None:
    return vocabulary.individual_key(record.platform_name) if record.platform_name else None


def _episodes_of_site(
    sightings: Sequence[Observation], absences: "_Absences", vocabulary: Vocabulary, gap_days: int
) -> list[Episode]:
    gap = timedelta(days=gap_days)
    every: list[_Open] = []
    open_now: list[_Open] = []
    for record in sightings:
        path, individual = full_path(record, vocabulary), _individual(record, vocabulary)
        earliest, latest = record.bounds
        # Sightings come by first day, so what this one cannot reach no later one can.
        since, reach = dates.shift(earliest, -gap_days), dates.shift(latest, -gap_days)
        open_now = [e for e in open_now if e.last_day >= since]
        look = _source_look(record)
        joinable = [
            episode
            for episode in open_now
            if episode.last_day >= reach
            and episode.last_latest - earliest <= gap
            and not _contradicts(record, path, individual, episode)
            and not (look in episode.looks and _is_separate(record, episode))
            and not absences.between(
                episode.sightings[-1], record, max(episode.path, path, key=len), episode.individual or individual
            )
        ]
        if joinable:
            nearest = min(joinable, key=lambda e: (latest - e.last_day, e.first_id))
            nearest.take(record, path, individual, look)
        else:
            opened = _Open(record, path, individual, look)
            open_now.append(opened)
            every.append(opened)
    closed = _with_true_extents([_close(episode, absences, vocabulary) for episode in every])
    return _with_doubles(closed, gap_days)


def _source_look(record: Observation) -> tuple[object, ...]:
    """What one source says of one look: two sightings with the same key are two things."""
    when = record.image_id or (record.date, record.sensor)
    return (when, record.method, tuple((s.published_by, s.url) for s in record.sources), record.basis)


def _is_separate(record: Observation, episode: _Open) -> bool:
    """Two records of one look by one source are two things, unless they are said to be the same event."""
    ids = {sighting.id for sighting in episode.sightings}
    told_same = any(r.how == "same-event" and r.id in ids for r in record.relates)
    told_same |= any(r.how == "same-event" and r.id == record.id for s in episode.sightings for r in s.relates)
    return not told_same


def _contradicts(record: Observation, path: tuple[str, ...], individual: str | None, episode: _Open) -> bool:
    if path is not episode.path:
        shared = min(len(path), len(episode.path))
        if path[:shared] != episode.path[:shared]:
            return True
    if individual and episode.individual and individual != episode.individual:
        return True
    if record.berth and episode.berth and record.berth.casefold() != episode.berth.casefold():
        return True
    return _other_length(record.length_m, episode.length_m)


def _other_length(one: float | None, other: float | None) -> bool:
    return bool(one and other and abs(one - other) > LENGTH_TOLERANCE * max(one, other))


def is_counted_absence(record: Observation) -> bool:
    """A look that found nothing on a known day or image; a reported absence over a period is not counted."""
    one_time = record.bounds[0] == record.bounds[1] or record.image_id is not None or record.image_time is not None
    return (
        record.outcome == "not-seen"
        and record.method in LOOK_METHODS
        and record.status != "withdrawn"
        and not record.aggregate
        and one_time
    )


def covers(absence: Observation, path: tuple[str, ...], individual: str | None, vocabulary: Vocabulary) -> bool:
    """Would the absent thing have included a platform with this path? An absence of anything covers all."""
    if absence.platform_name and _individual(absence, vocabulary) != individual:
        return False
    looked_for = vocabulary.path(absence.platform) if absence.platform else ()
    return path[: len(looked_for)] == looked_for


class _Absences:
    """The counted absences of one site, by what was looked for, each in order of time."""

    def __init__(self, absences: Iterable[Observation], vocabulary: Vocabulary) -> None:
        self._by_wanted: dict[tuple[tuple[str, ...], str | None], list[tuple[Day, Day]]] = defaultdict(list)
        for absence in absences:
            looked_for = vocabulary.path(absence.platform) if absence.platform else ()
            self._by_wanted[looked_for, _individual(absence, vocabulary)].append(absence.bounds)
        for days in self._by_wanted.values():
            days.sort()

    def _covering(self, path: tuple[str, ...], individual: str | None) -> Iterator[list[tuple[Day, Day]]]:
        for (looked_for, wanted), days in self._by_wanted.items():
            if path[: len(looked_for)] == looked_for and wanted in (None, individual):
                yield days

    def between(self, earlier: Observation, later: Observation, path: tuple[str, ...], individual: str | None) -> bool:
        """Does a look that would have found it certainly lie between two sightings?"""
        after, before = earlier.bounds[1], later.bounds[0]
        for days in self._covering(path, individual):
            for first, last in days[bisect_right(days, (after, Day.max)) :]:
                if first >= before:
                    break
                if last < before:
                    return True
        return False

    def last_before(self, day: Day, path: tuple[str, ...], individual: str | None) -> Day | None:
        """Latest look without it that was certainly before a day."""
        found: list[Day] = []
        for days in self._covering(path, individual):
            at = bisect_left(days, (day, Day.min)) - 1
            while at >= 0 and days[at][1] >= day:
                at -= 1
            found += [days[at][1]] if at >= 0 else []
        return max(found, default=None)

    def first_after(self, day: Day, path: tuple[str, ...], individual: str | None) -> Day | None:
        """Earliest look without it that was certainly after a day."""
        found = [
            days[at][0]
            for days in self._covering(path, individual)
            if (at := bisect_right(days, (day, Day.max))) < len(days)
        ]
        return min(found, default=None)


def _close(episode: _Open, absences: _Absences, vocabulary: Vocabulary) -> Episode:
    first, last = episode.sightings[0], episode.sightings[-1]
    named = next((s for s in episode.sightings if s.platform_name and s.hedge_on != "platform_name"), None)
    claimed = next((s.platform_name for s in episode.sightings if s.platform_name), None)
    return Episode(
        id=first.id or "",
        site=first.site,
        sightings=tuple(episode.sightings),
        claimed_path=episode.path,
        path=max((_certain_path(s, vocabulary) for s in episode.sightings), key=len),
        individual=_individual(named, vocabulary) if named else None,
        individual_name=named.platform_name if named else claimed,
        identity_hedge=next((s.hedge for s in episode.sightings if s.hedge_on in ("platform", "platform_name")), None),
        operator=next((s.operator for s in episode.sightings if s.operator and s.hedge_on != "operator"), None),
        berth=episode.berth,
        length_m=episode.length_m,
        activities=frozenset(s.activity for s in episode.sightings if s.activity and _says_something(s, vocabulary)),
        time=first.bounds,
        last_look_without=absences.last_before(first.bounds[0], episode.path, episode.individual),
        first_look_without=absences.first_after(last.bounds[1], episode.path, episode.individual),
    )


def _says_something(record: Observation, vocabulary: Vocabulary) -> bool:
    term = vocabulary.activities.get(record.activity or "")
    return term is not None and term.informative and record.hedge_on != "activity"


def _with_true_extents(episodes: list[Episode]) -> list[Episode]:
    """Drop a look without it from an episode's extent when the same class was seen between the two."""
    mended: list[Episode] = []
    last_seen: dict[tuple[str, ...], Day] = {}
    for episode in episodes:
        before = last_seen.get(episode.claimed_path)
        if before and episode.last_look_without and before >= episode.last_look_without:
            episode = episode._replace(last_look_without=None)
        mended.append(episode)
        last_seen[episode.claimed_path] = max(before or Day.min, episode.last_seen[1])
    next_seen: dict[tuple[str, ...], Day] = {}
    for number in range(len(mended) - 1, -1, -1):
        episode = mended[number]
        after = next_seen.get(episode.claimed_path)
        if after and episode.first_look_without and after <= episode.first_look_without:
            mended[number] = episode._replace(first_look_without=None)
        next_seen[episode.claimed_path] = min(after or Day.max, episode.time[0])
    return mended


def _with_doubles(episodes: list[Episode], gap_days: int) -> list[Episode]:
    """Name, for an episode known only vaguely, those that it may be the same as."""
    vague = [e for e in episodes if e.time[0] != e.time[1]]
    doubles: dict[str, list[str]] = defaultdict(list)
    for one in vague:
        for other in episodes:
            shared = min(len(one.claimed_path), len(other.claimed_path))
            if (
                other is not one
                and one.claimed_path[:shared] == other.claimed_path[:shared]
                and not (one.individual and other.individual and one.individual != other.individual)
                and not (one.berth and other.berth and one.berth.casefold() != other.berth.casefold())
                and not _other_length(one.length_m, other.length_m)
                and not _of_one_look(one, other)
                and (one.time[0] - other.last_seen[1]).days <= gap_days
                and (other.time[0] - one.last_seen[1]).days <= gap_days
            ):
                doubles[one.id].append(other.id)
    return [e._replace(may_be_same_as=tuple(doubles[e.id])) if e.id in doubles else e for e in episodes]


def _of_one_look(one: Episode, other: Episode) -> bool:
    """Has one source two records of one look, one in each? Then they are two things."""
    looks = {_source_look(s) for s in one.sightings}
    return any(_source_look(s) in looks for s in other.sightings)


# --- looks --------------------------------------------------------------------------------------------------


class Look(NamedTuple):
    """One examination of one site at one time, however many records it left."""

    site: str
    day: Day
    records: tuple[Observation, ...]

    @property
    def is_counted(self) -> bool:
        """May it stand in a denominator: our own look, or by a source that states all its looks?"""
        return any(record.basis == "own" or record.effort_stated for record in self.records)

    def found(self, kind: str, vocabulary: Vocabulary) -> bool:
        """Was a platform of this vocabulary node seen? Background (context) enters no rate."""
        return any(r.outcome == "seen" and not r.context and kind in full_path(r, vocabulary) for r in self.records)

    def could_find(self, kind: str, vocabulary: Vocabulary) -> bool:
        """Does the look say anything of this node: something was seen, or it was among what was looked for?"""
        return any(
            r.outcome == "seen" or (not r.platform_name and (not r.platform or r.platform in vocabulary.path(kind)))
            for r in self.records
        )


def looks(records: Iterable[Observation]) -> list[Look]:
    """The looks of some records: (site, image_id), else (site, day, sensor); sorted by (site, day).

    A record without image id whose date is longer than a day is no look, nor is one that could not tell.
    """
    return _looks(records, lambda record: record.is_look)


def clouded(records: Iterable[Observation]) -> list[Look]:
    """Examinations that could not tell, keyed as looks are: shown, never counted."""
    return _looks(records, lambda record: record.outcome == "cannot-tell" and record.method in LOOK_METHODS)


def _looks(records: Iterable[Observation], wanted: Callable[[Observation], bool]) -> list[Look]:
    groups: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for record in records:
        if not wanted(record) or record.status == "withdrawn" or record.aggregate:
            continue
        if record.image_id:
            groups[record.site, f"image {record.image_id}"].append(record)
        elif record.bounds[0] == record.bounds[1] or record.image_time:
            groups[record.site, f"{record.bounds[0]} {record.sensor or ''}"].append(record)
    found = []
    for (site, _), group in groups.items():
        group.sort(key=_order)
        # The day of the record that knows it best.
        day = min(group, key=lambda r: (r.bounds[1] - r.bounds[0], _order(r))).bounds[0]
        found.append(Look(site, day, tuple(group)))
    return sorted(found, key=lambda look: (look.site, look.day, look.records[0].id or ""))


# --- when anyone last looked --------------------------------------------------------------------------------


class LastTimes(NamedTuple):
    """The last records of one kind of basis at one site: each None when there is none."""

    site: str
    #: True for our own looks, False for what was published.
    own: bool
    look: Observation | None
    seen: Observation | None
    not_seen: Observation | None
    cannot_tell: Observation | None


def last_times(
    records: Iterable[Observation],
    site: str,
    platform: str | None,
    vocabulary: Vocabulary,
    *,
    individual: str | None = None,
) -> list[LastTimes]:
    """When a site was last looked at, with what outcome, our own looks apart from published ones.

    With ``platform``: last seen is a sighting of it or of a class below it, last not seen a look that would have
    included it. A reported absence over a period is no look; background and totals are no sightings.
    """
    here = [r for r in records if r.site == site and r.status != "withdrawn" and not r.aggregate]
    path = vocabulary.path(platform) if platform else ()

    def last(wanted: Callable[[Observation], bool], own: bool) -> Observation | None:
        fitting = [r for r in here if (r.basis == "own") == own and wanted(r)]
        # By the first day it can have been: "2024" is not later than 17 October 2024 for ending in December.
        return max(fitting, key=lambda r: (*r.bounds, r.id or ""), default=None)

    def is_seen(record: Observation) -> bool:
        of_it = platform is None or (record.platform is not None and platform in vocabulary.path(record.platform))
        of_it = of_it and individual in (None, _individual(record, vocabulary))
        return record.outcome == "seen" and not record.context and of_it and vocabulary.is_matched(record.platform)

    def is_not_seen(record: Observation) -> bool:
        return is_counted_absence(record) and (platform is None or covers(record, path, individual, vocabulary))

    return [
        LastTimes(
            site,
            own,
            look=last(lambda r: bool(looks([r])), own),
            seen=last(is_seen, own),
            not_seen=last(is_not_seen, own),
            cannot_tell=last(lambda r: r.outcome == "cannot-tell", own),
        )
        for own in (True, False)
    ]

"""Records to episodes (one thing at one place, however often imaged), and to looks (what was examined at all).

The rule is that of :mod:`resight.merging`; comparing is done on episodes, never on images. No heavy
library here, so that ``log`` can answer at once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date as Day
from typing import NamedTuple

from resight import merging
from resight.merging import EPISODE_GAP_DAYS, Absences, Sighting, other_length
from resight.observation import LOOK_METHODS, Method, Observation
from resight.vocabulary import Vocabulary


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
        found += _episodes_of_site(sightings, _absences(absences[site], vocabulary), vocabulary, gap_days)
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
    records: Sequence[Observation], absences: Absences, vocabulary: Vocabulary, gap_days: int
) -> list[Episode]:
    """The episodes of one site, the records being in order of (earliest, latest, id)."""
    numbers = merging.merge([_sighting(record, vocabulary) for record in records], absences, gap_days)
    merged: dict[int, list[Observation]] = defaultdict(list)
    for number, record in zip(numbers, records, strict=True):
        merged[number].append(record)
    return _closed(merged.values(), absences, vocabulary, gap_days)


def closed(
    merged: Iterable[Sequence[Observation]],
    others: Iterable[Observation],
    vocabulary: Vocabulary,
    gap_days: int = EPISODE_GAP_DAYS,
) -> list[Episode]:
    """The episodes of one site of which it is known already which sightings they hold.

    Args:
        merged: the sightings of each, in order of (earliest, latest, id), as are the episodes by their first ones.
        others: further records of the site, for the looks that found nothing.
        vocabulary: the platform tree.
        gap_days: see :func:`find`.
    """
    absences = _absences((record for record in others if is_counted_absence(record)), vocabulary)
    return _closed(merged, absences, vocabulary, gap_days)


def _closed(
    merged: Iterable[Sequence[Observation]], absences: Absences, vocabulary: Vocabulary, gap_days: int
) -> list[Episode]:
    found = [_close(sightings, absences, vocabulary) for sightings in merged]
    return _with_doubles(_with_true_extents(found), gap_days)


def _sighting(record: Observation, vocabulary: Vocabulary) -> Sighting:
    first, last = record.bounds
    return Sighting(
        record.id or "",
        first.toordinal(),
        last.toordinal(),
        full_path(record, vocabulary),
        _individual(record, vocabulary),
        record.berth.casefold() if record.berth else None,
        record.length_m,
        _source_look(record),
        frozenset(relation.id for relation in record.relates if relation.how == "same-event"),
    )


def _source_look(record: Observation) -> tuple[object, ...]:
    """What one source says of one look: two sightings with the same key are two things."""
    when = record.image_id or (record.date, record.sensor)
    return (when, record.method, tuple((s.published_by, s.url) for s in record.sources), record.basis)


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


def _absences(records: Iterable[Observation], vocabulary: Vocabulary) -> Absences:
    return Absences(
        (
            vocabulary.path(record.platform) if record.platform else (),
            _individual(record, vocabulary),
            record.bounds[0].toordinal(),
            record.bounds[1].toordinal(),
        )
        for record in records
    )


def _close(sightings: Sequence[Observation], absences: Absences, vocabulary: Vocabulary) -> Episode:
    first, last = sightings[0], sightings[-1]
    named = next((s for s in sightings if s.platform_name and s.hedge_on != "platform_name"), None)
    claimed = next((s.platform_name for s in sightings if s.platform_name), None)
    path = max((full_path(s, vocabulary) for s in sightings), key=len)
    individual = _individual(named, vocabulary) if named else None
    before = absences.last_before(first.bounds[0].toordinal(), path, individual)
    after = absences.first_after(last.bounds[1].toordinal(), path, individual)
    return Episode(
        id=first.id or "",
        site=first.site,
        sightings=tuple(sightings),
        claimed_path=path,
        path=max((_certain_path(s, vocabulary) for s in sightings), key=len),
        individual=individual,
        individual_name=named.platform_name if named else claimed,
        identity_hedge=next((s.hedge for s in sightings if s.hedge_on in ("platform", "platform_name")), None),
        operator=next((s.operator for s in sightings if s.operator and s.hedge_on != "operator"), None),
        berth=next((s.berth for s in sightings if s.berth), None),
        length_m=next((s.length_m for s in sightings if s.length_m), None),
        activities=frozenset(s.activity for s in sightings if s.activity and _says_something(s, vocabulary)),
        time=first.bounds,
        last_look_without=Day.fromordinal(before) if before else None,
        first_look_without=Day.fromordinal(after) if after else None,
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
                and not other_length(one.length_m, other.length_m)
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

    def shown(self, vocabulary: Vocabulary) -> "Shown":
        """What it showed; many looks show the same."""
        seen = [(_certain_path(r, vocabulary), r.context) for r in self.records if r.outcome == "seen"]
        return Shown(
            frozenset(path for path, _ in seen),
            frozenset(path for path, is_context in seen if not is_context),
            frozenset(r.platform or "" for r in self.records if r.outcome == "not-seen" and not r.platform_name),
        )

    def found(self, kind: str, vocabulary: Vocabulary) -> bool:
        """See :meth:`Shown.found`."""
        return self.shown(vocabulary).found(kind)

    def could_find(self, kind: str, vocabulary: Vocabulary) -> bool:
        """See :meth:`Shown.could_find`."""
        return self.shown(vocabulary).could_find(kind, vocabulary)


class Shown(NamedTuple):
    """What one look, or any number of looks alike, showed."""

    #: Platform paths of all that was seen, as far as they are known without a hedge; those that are no background.
    seen: frozenset[tuple[str, ...]]
    counted: frozenset[tuple[str, ...]]
    #: What was looked for by class and not found; empty text for anything.
    missed: frozenset[str]

    def found(self, kind: str) -> bool:
        """Was a platform of this vocabulary node seen? Background (context) enters no rate."""
        return any(kind in path for path in self.counted)

    def could_find(self, kind: str, vocabulary: Vocabulary) -> bool:
        """Does the look say whether this node was there?

        It does when the node was seen, when something that is no such thing was seen, or when the node was among what
        was looked for and not found. Something seen that may or may not have been it (a landing ship, the class not
        known) leaves it open.
        """
        if any(kind in path for path in self.seen):
            return True
        wanted = vocabulary.path(kind)
        if any(path == wanted[: len(path)] for path in self.seen):
            return False
        return bool(self.seen) or any(not node or node in wanted for node in self.missed)


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

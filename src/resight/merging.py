"""Sightings of one site to visits: the merging rule, on plain values, for records and for columns alike."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

EPISODE_GAP_DAYS = 3
LENGTH_TOLERANCE = 0.10

Path = tuple[str, ...]


def merging_rule(gap_days: int = EPISODE_GAP_DAYS) -> str:
    """The rule by which sightings become episodes, for printing beside every comparison."""
    return (
        "Sightings of a site are taken in order of (earliest day, latest day, id). A sighting joins the open episode "
        "with the nearest last sighting whose platform, individual, berth and measured length (±10 %) it does not "
        f"contradict, if at most {gap_days} days can lie between the two dates and no look that found that platform "
        "gone certainly lies between; else it opens a new episode. Two records that one source gives of one look are "
        "two things. A vague date never bridges and never merges."
    )


class Sighting(NamedTuple):
    """What the rule needs of a sighting."""

    id: str
    #: First and last day, as proleptic ordinals.
    first: int
    last: int
    path: Path
    individual: str | None = None
    #: In lower case.
    berth: str | None = None
    length_m: float | None = None
    #: What one source says of one look: two sightings with the same key are two things …
    look: Hashable = None
    #: … unless they are said to be the same event: ids of others that this one says it of.
    same_event: frozenset[str] = frozenset()


class _Open:
    """An episode under construction: what its sightings say together."""

    __slots__ = (
        "berth",
        "first_id",
        "individual",
        "last_day",
        "last_latest",
        "last_look",
        "lengths_m",
        "looks",
        "number",
        "path",
        "rows",
    )

    def __init__(self, number: int, row: int, sighting: Sighting) -> None:
        self.number = number
        self.rows = [row]
        self.first_id, self.last_day, self.last_latest, self.path = sighting[:4]
        self.individual, self.berth = sighting.individual, sighting.berth
        #: The shortest and the longest measured.
        self.lengths_m = (sighting.length_m, sighting.length_m)
        self.last_look = sighting.look
        self.looks = {sighting.look}

    def take(self, row: int, sighting: Sighting) -> None:
        """Add a sighting that contradicts nothing."""
        self.rows.append(row)
        self.last_day, self.last_latest = sighting.first, sighting.last
        if len(sighting.path) > len(self.path):
            self.path = sighting.path
        self.individual = self.individual or sighting.individual
        self.berth = self.berth or sighting.berth
        if sighting.length_m:
            known = [length for length in (*self.lengths_m, sighting.length_m) if length]
            self.lengths_m = (min(known), max(known))
        self.last_look = sighting.look
        self.looks.add(sighting.look)


class Absences:
    """The counted looks of one site that found nothing, by what was looked for, each in order of time.

    Args:
        found: path looked for (``()`` for anything), the individual looked for if any, first and last day.
    """

    def __init__(self, found: Iterable[tuple[Path, str | None, int, int]] = ()) -> None:
        self._by_wanted: dict[tuple[Path, str | None], list[tuple[int, int]]] = defaultdict(list)
        for looked_for, individual, first, last in found:
            self._by_wanted[looked_for, individual].append((first, last))
        for days in self._by_wanted.values():
            days.sort()

    def __bool__(self) -> bool:
        """Is there any?"""
        return bool(self._by_wanted)

    def _covering(self, path: Path, individual: str | None) -> Iterator[list[tuple[int, int]]]:
        for (looked_for, wanted), days in self._by_wanted.items():
            if path[: len(looked_for)] == looked_for and wanted in (None, individual):
                yield days

    def between(self, after: int, before: int, path: Path, individual: str | None) -> bool:
        """Does a look that would have found it certainly lie after one day and before another?"""
        if before - after < 2:
            return False
        for days in self._covering(path, individual):
            for first, last in days[bisect_right(days, (after, _NEVER)) :]:
                if first >= before:
                    break
                if last < before:
                    return True
        return False

    def last_before(self, day: int, path: Path, individual: str | None) -> int | None:
        """Latest look without it that was certainly before a day."""
        found: list[int] = []
        for days in self._covering(path, individual):
            at = bisect_left(days, (day, 0)) - 1
            while at >= 0 and days[at][1] >= day:
                at -= 1
            found += [days[at][1]] if at >= 0 else []
        return max(found, default=None)

    def first_after(self, day: int, path: Path, individual: str | None) -> int | None:
        """Earliest look without it that was certainly after a day."""
        found = [
            days[at][0]
            for days in self._covering(path, individual)
            if (at := bisect_right(days, (day, _NEVER))) < len(days)
        ]
        return min(found, default=None)


#: Later than every day.
_NEVER = 1 << 30


def merge(sightings: Sequence[Sighting], absences: Absences, gap_days: int = EPISODE_GAP_DAYS) -> list[int]:
    """For each sighting of one site the number of its episode, counted from 0 as they open; see :func:`merging_rule`.

    Args:
        sightings: in order of (first day, last day, id).
        absences: looks of the site that found nothing.
        gap_days: the most days that can lie between two sightings of one visit.
    """
    numbers: list[int] = []
    open_now = _OpenEpisodes()
    opened = 0
    told_same = {one for sighting in sightings for one in sighting.same_event}

    def joins(sighting: Sighting, episode: _Open) -> bool:
        """May a sighting join an episode that was seen late enough?"""
        return (
            (sighting.look not in episode.looks or _is_told_same(sighting, episode, sightings))
            and episode.last_latest - sighting.first <= gap_days
            and not _contradicts(sighting, episode)
            and not (
                absences
                and absences.between(
                    episode.last_latest,
                    sighting.first,
                    max(episode.path, sighting.path, key=len),
                    episode.individual or sighting.individual,
                )
            )
        )

    for row, sighting in enumerate(sightings):
        _, first, last, path, *_ = sighting
        # Most are told to be the same event as nothing: then none of their look needs to be asked.
        may_be_told_same = bool(told_same) and (bool(sighting.same_event) or sighting.id in told_same)
        nearest: _Open | None = None
        for held in open_now.kin(path):
            nearest = held.nearest(sighting, last - gap_days, nearest, joins, may_be_told_same)
        if nearest:
            open_now.remove(nearest)
            nearest.take(row, sighting)
        else:
            nearest = _Open(opened, row, sighting)
            opened += 1
        numbers.append(nearest.number)
        # Sightings come by first day, so what this one cannot reach no later one can.
        open_now.add(nearest, first - gap_days)
    return numbers


class _LastSeen:
    """Open episodes by the day on which they were last seen, and by their look of that day; of each, by first id.

    So that the nearest one is found first, however many there are, and those of one look are passed over together.
    """

    __slots__ = ("_days",)

    def __init__(self) -> None:
        #: In order of time.
        self._days: dict[int, dict[Hashable, list[tuple[str, int, _Open]]]] = {}

    def put(self, episode: _Open) -> None:
        """Add one that was just seen."""
        looks = self._days.setdefault(episode.last_day, {})
        insort(looks.setdefault(episode.last_look, []), (episode.first_id, episode.number, episode))

    def take_out(self, episode: _Open) -> None:
        """Take one out."""
        held = self._days[episode.last_day][episode.last_look]
        del held[bisect_left(held, (episode.first_id, episode.number))]

    def forget(self, since: int) -> list[_Open]:
        """Take out those that were not seen since a day."""
        over = [day for day in self._days if day < since]
        return [episode for day in over for held in self._days.pop(day).values() for _, _, episode in held]

    def nearest(
        self,
        sighting: Sighting,
        since: int,
        best: _Open | None,
        joins: Callable[[Sighting, _Open], bool],
        may_be_told_same: bool,
    ) -> _Open | None:
        """The one seen last, then with the lowest first id, that a sighting may join; ``best`` if none is nearer."""
        look = sighting.look
        for day in reversed(self._days):
            if day < since or (best and day < best.last_day):
                break
            for other, held in self._days[day].items():
                if other == look and not may_be_told_same:
                    continue
                for first_id, _, episode in held:
                    if best and best.last_day == day and best.first_id < first_id:
                        break
                    if joins(sighting, episode):
                        best = episode
                        break
        return best


class _Held:
    """The open episodes of one platform."""

    __slots__ = ("_by_name", "_last_day", "_named", "_unnamed")

    def __init__(self) -> None:
        self._last_day = 0
        self._unnamed, self._named = _LastSeen(), _LastSeen()
        #: Those of each individual, in the order in which they were last seen.
        self._by_name: dict[str | None, list[_Open]] = {}

    def nearest(
        self,
        sighting: Sighting,
        since: int,
        best: _Open | None,
        joins: Callable[[Sighting, _Open], bool],
        may_be_told_same: bool,
    ) -> _Open | None:
        """See :meth:`_LastSeen.nearest`."""
        best = self._unnamed.nearest(sighting, since, best, joins, may_be_told_same)
        if sighting.individual is None:
            return self._named.nearest(sighting, since, best, joins, may_be_told_same)
        for episode in reversed(self._by_name.get(sighting.individual, ())):
            if episode.last_day < since or (best and episode.last_day < best.last_day):
                break
            if (not best or episode.last_day > best.last_day or episode.first_id < best.first_id) and joins(
                sighting, episode
            ):
                best = episode
        return best

    def put(self, episode: _Open, since: int) -> None:
        """Add an episode that was just seen; those not seen since a day are forgotten."""
        if episode.individual is None:
            self._unnamed.put(episode)
        else:
            self._named.put(episode)
            self._by_name.setdefault(episode.individual, []).append(episode)
        if episode.last_day > self._last_day:
            self._last_day = episode.last_day
            self._unnamed.forget(since)
            for gone in self._named.forget(since):
                self._by_name[gone.individual].remove(gone)

    def take_out(self, episode: _Open) -> None:
        """Take an episode out."""
        if episode.individual is None:
            self._unnamed.take_out(episode)
        else:
            self._named.take_out(episode)
            self._by_name[episode.individual].remove(episode)


class _OpenEpisodes:
    """The episodes that may go on, by their platform, so that only those are looked at that a sighting may join."""

    def __init__(self) -> None:
        self._by_path: dict[Path, _Held] = {}
        #: Path -> the lists of all paths that are the same as far as both go.
        self._kin: dict[Path, list[_Held]] = {}

    def add(self, episode: _Open, since: int) -> None:
        """Add an episode under its platform; what was not seen since a day is forgotten there."""
        if episode.path not in self._by_path:
            self.kin(episode.path)
        self._by_path[episode.path].put(episode, since)

    def remove(self, episode: _Open) -> None:
        """Take an episode out, because its platform may become better known."""
        self._by_path[episode.path].take_out(episode)

    def kin(self, path: Path) -> list[_Held]:
        """Lists of the episodes whose platform agrees as far as both are known."""
        found = self._kin.get(path)
        if found is None:
            found = self._kin[path] = []
            mine = self._by_path[path] = _Held()
            for other, held in self._by_path.items():
                shared = min(len(path), len(other))
                if path[:shared] == other[:shared]:
                    found.append(held)
                    if other != path:
                        self._kin[other].append(mine)
        return found


def _is_told_same(sighting: Sighting, episode: _Open, sightings: Sequence[Sighting]) -> bool:
    """Is it said to be the same event as one that the episode holds, by either of the two?"""
    held = [sightings[row] for row in episode.rows]
    return any(one.id in sighting.same_event or sighting.id in one.same_event for one in held)


def _contradicts(sighting: Sighting, episode: _Open) -> bool:
    """Do they part in the individual, the berth or the measured length?"""
    if sighting.individual and episode.individual and sighting.individual != episode.individual:
        return True
    if sighting.berth and episode.berth and sighting.berth != episode.berth:
        return True
    return bool(sighting.length_m) and any(other_length(sighting.length_m, one) for one in episode.lengths_m)


def other_length(one: float | None, other: float | None) -> bool:
    """Are two measured lengths too different for one thing?"""
    return bool(one and other and abs(one - other) > LENGTH_TOLERANCE * max(one, other))

"""Some matches of two years in columns as a comparison of objects, so that they are told as those of few records are.

An episode is made of its own records, with the looks and the episodes around it that say when it began and ended and
what it may be the same as. All others are only counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, overload

import numpy as np

from resight import episodes
from resight.comparison import Comparison
from resight.episodes import Episode
from resight.evidence import Shares
from resight.observation import Observation, Site
from resight.vocabulary import Vocabulary

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from resight.compared import Compared, Found

#: Records around an episode that are read for what lies before and after it, at most.
MOST_AROUND = 400
#: So many days around an episode they are looked for, as far as they are not too many (None: at any time).
_AROUND_DAYS = (None, 366, 92, 31, 3)

#: The records with some ids.
Fetch = Callable[[Collection[str]], Iterable[Observation]]


class Chosen(NamedTuple):
    """Which episodes of a scope are to be made, by their rows there: in full, or their own records alone."""

    in_full: tuple[frozenset[int], frozenset[int]]
    alone: tuple[frozenset[int], frozenset[int]]
    #: Places of matches among :attr:`resight.compared.Compared.matched`, strongest first: those to be told,
    #: and after them those that these are told by.
    matches: tuple[int, ...]
    #: How many are to be told.
    told: int = 0


class Part(Sequence[Episode]):
    """The episodes of one side by their rows, of which only some were made.

    Args:
        number: how many there are.
        made: those that were made.
    """

    def __init__(self, number: int, made: Mapping[int, Episode]) -> None:
        self._number, self._made = number, made

    def __len__(self) -> int:
        return self._number

    @overload
    def __getitem__(self, row: int) -> Episode: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Episode]: ...
    def __getitem__(self, row: int | slice) -> Episode | Sequence[Episode]:
        if isinstance(row, slice) or row not in self._made:
            raise LookupError(f"of these {self._number} episodes the one in row {row} was not made")
        return self._made[row]


def strongest(one: Compared, most: int, others: int) -> Chosen:
    """What is needed to tell the strongest matches of a scope, each with the best others at its place.

    Args:
        one: the scope.
        most: how many matches, at most.
        others: of the other baseline episodes at the place of each, how many at most.
    """
    b, c = one.ends
    scores, held = one.scores, one.weighed.held
    place_of = {row: place for place, row in enumerate(b.tolist())}
    told = range(min(most, len(b)))
    beside: set[int] = set()
    for place in told:
        beside.update(scores.others_at_place(held.baseline.ids[b[place]], held.current.ids[c[place]], others)[0])
    # Of another that is itself matched it is said with what.
    taken = {place_of[row] for row in beside if row in place_of} - set(told)
    matches = tuple(sorted({*told, *taken}))
    full = frozenset(b[: len(told)].tolist()), frozenset(c[: len(told)].tolist())
    alone = frozenset(beside) | {int(b[place]) for place in taken}, frozenset(int(c[place]) for place in taken)
    return Chosen(full, (alone[0] - full[0], alone[1] - full[1]), matches, len(told))


def of(
    found: Found,
    scopes: Sequence[tuple[Compared, Chosen]],
    records: GeoDataFrame,
    fetch: Fetch,
    *,
    vocabulary: Vocabulary,
    sites: Mapping[str, Site],
) -> list[Comparison]:
    """Scopes as comparisons whose matches are the chosen ones; sides, shares and scores are those of the whole scope.

    Args:
        found: the episodes of the frame.
        scopes: each with what of it is made.
        records: the frame of records that the episodes were found in.
        fetch: what gives records, as they may be told.
        vocabulary, sites: as they were compared.
    """
    around = _Around(found, records)
    wanted: dict[int, list[int]] = {}
    for one, chosen in scopes:
        for side, of_side in enumerate((one.then, one.now)):
            in_full, alone = (of_side[sorted(rows[side])].tolist() for rows in (chosen.in_full, chosen.alone))
            wanted |= {episode: around.of(episode) for episode in in_full}
            wanted |= {episode: around.own(episode) for episode in alone}
    rows = sorted({row for some in wanted.values() for row in some})
    ids = dict(zip(rows, map(str, records.index[rows]), strict=True))
    by_id = {record.id: record for record in fetch(set(ids.values()))}
    read = {row: by_id[identifier] for row, identifier in ids.items()}
    made = {episode: around.closed(episode, rows, read, vocabulary) for episode, rows in wanted.items()}
    return [_told(one, chosen, made, vocabulary, sites) for one, chosen in scopes]


def _told(
    one: Compared, chosen: Chosen, made: Mapping[int, Episode], vocabulary: Vocabulary, sites: Mapping[str, Site]
) -> Comparison:
    then, now = (
        Part(len(of_side), {row: made[int(of_side[row])] for row in (*chosen.in_full[side], *chosen.alone[side])})
        for side, of_side in enumerate((one.then, one.now))
    )
    individuals = one.weighed.held.baseline.individual
    named = {
        int(individuals[row]): key
        for row in (*chosen.in_full[0], *chosen.alone[0])
        if individuals[row] >= 0 and (key := then[row].individual)
    }
    made_bare = bare(one, vocabulary, sites)
    shares = Shares(then, vocabulary, len(one.scope), one.assume.kappa, one.counts(named))
    whole = replace(made_bare, baseline=then, current=now, shares=shares)
    b, c = one.ends
    return replace(whole, matches=tuple(whole.weighed(then[b[place]], now[c[place]]) for place in chosen.matches))


def bare(one: Compared, vocabulary: Vocabulary, sites: Mapping[str, Site]) -> Comparison:
    """A scope as a comparison of which no episode is made: how many there are, and what they are compared by."""
    then, now = (Part(len(side), {}) for side in (one.then, one.now))
    shares = Shares(then, vocabulary, len(one.scope), one.assume.kappa)
    sizes, assume, learned = one.weighed.sizes, one.assume, one.learned
    return Comparison(one.scope, then, now, (), {}, sizes, assume, learned, shares, sites, one.scores)


class _Around:
    """The records of episodes, and those around them at their sites, by rows of the frame of records."""

    def __init__(self, found: Found, records: GeoDataFrame) -> None:
        self._rows, self._begin = found.sightings()
        self._episode = np.full(len(records), -1)
        self._episode[self._rows] = np.repeat(np.arange(len(self._begin) - 1), np.diff(self._begin))
        self._site = records["site"].factorize()[0]
        self._first, self._last = (
            records[name].to_numpy().astype("datetime64[D]").astype(np.int64) for name in ("earliest", "latest")
        )
        self._absent = (records["outcome"] == "not-seen").to_numpy()

    def own(self, episode: int) -> list[int]:
        """The sightings of an episode."""
        rows: list[int] = self._rows[self._begin[episode] : self._begin[episode + 1]].tolist()
        return rows

    def of(self, episode: int) -> list[int]:
        """Its sightings, and the sightings of others and the looks that found nothing around them."""
        own = self.own(episode)
        here = np.flatnonzero(self._site == self._site[own[0]])
        here = here[self._absent[here] | (self._episode[here] >= 0)]
        first, last = self._first[own].min(), self._last[own].max()
        for days in _AROUND_DAYS:
            near = here
            if days is not None:
                near = here[(self._last[here] >= first - days) & (self._first[here] <= last + days)]
            others = np.unique(self._episode[near])
            number = self._absent[near].sum() + np.diff(self._begin)[others[others >= 0]].sum()
            if number <= MOST_AROUND:
                rows: list[int] = near[self._absent[near]].tolist()
                return [*rows, *chain.from_iterable(self.own(one) for one in others[others >= 0].tolist())]
        return own

    def closed(
        self, episode: int, rows: Iterable[int], read: Mapping[int, Observation], vocabulary: Vocabulary
    ) -> Episode:
        """An episode out of its records and those around it."""
        merged: dict[int, list[Observation]] = defaultdict(list)
        others = []
        for row in rows:
            if self._episode[row] >= 0:
                merged[int(self._episode[row])].append(read[row])
            else:
                others.append(read[row])
        numbers = sorted(merged)
        return episodes.closed([merged[number] for number in numbers], others, vocabulary)[numbers.index(episode)]

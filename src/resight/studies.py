"""The studies behind the map pages of very many records: one comparison by columns, of which each page has its part.

A page of one site tells of the records of that site, of what they match, and of all other sites in numbers. So only the
records there are made objects, with those of the few sites that lie at one place with it; the overview has the numbers
of all sites and the first of the matches. What a page says is what it would say had all records been compared as
objects (tests hold the two against each other).
"""

from __future__ import annotations

from collections import ChainMap, Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from resight import bulk, compared, dates, episodes, excerpt, geodesy, linkage, thinning, weights
from resight.columns import Columns
from resight.compared import Compared
from resight.comparison import Comparison, Repeats, would_fit
from resight.episodes import Episode
from resight.evidence import NAMED, Counts, Pair, Shares, steps_of
from resight.frame import to_frame
from resight.observation import METHODS, Observation
from resight.selection import Selection
from resight.study import Crowd, Study
from resight.summary import Survey, Tally, summaries

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from resight.logbook import Logbook
    from resight.weights import Ints

#: Of more records than so many the pages are made in this way: it takes less time from some ten thousand on.
MANY = 50_000
#: Matches that the overview may name, the strongest of each scope first.
NAMED_AT_MOST = 200
#: The columns of a frame that are looked at.
COLUMNS = (*bulk.COLUMNS, "effort_stated", "logged_at", "revised_at")


class Page(NamedTuple):
    """What a page is made of."""

    records: Sequence[Observation]
    #: The same records.
    frame: GeoDataFrame
    study: Study


class OfRecords(NamedTuple):
    """The study of few records, of which every page has the whole."""

    whole: Page

    @property
    def repeats(self) -> Repeats:
        """The years compared, and what was found."""
        return self.whole.study.repeats

    def page(self, _site: str) -> Page:
        """What the page of a site is made of."""
        return self.whole

    def overview(self) -> Page:
        """What the overview is made of."""
        return self.whole


class OfColumns:
    """The studies of very many records.

    Args:
        book: the logbook.
        records: its records, with their confidential sources.
        year: the year under study.
        baseline_years: the years it is held against.

    Raises:
        InvalidValue: the year is its own baseline.
    """

    def __init__(self, book: Logbook, records: Selection, *, year: int, baseline_years: Sequence[int]) -> None:
        self._book, self._records, self._frame = book, records, book.frame(columns=COLUMNS)
        frame = self._frame
        self._sites, self._vocabulary = book.sites, book.vocabulary
        how: dict[str, Any] = {"vocabulary": self._vocabulary, "sites": self._sites}
        self._all = bulk.compared(frame, year=year, baseline_years=baseline_years, **how)
        self._scopes = [_Scope(one, self._all.found.episodes) for one in self._all.scopes]
        self._scope_of = {site: scope for scope in self._scopes for site in scope.one.scope}
        self._basemap = book.basemap()

    @cached_property
    def survey(self) -> Survey:
        """What is on file at every site, and what came of the comparison there."""
        on_file = summaries(Columns(self._frame, self.repeats), self._sites)
        tallies: dict[str, Tally] = {}
        for scope in self._scopes:
            tallies |= scope.tallies()
        return Survey(on_file, tallies)

    @cached_property
    def digest(self) -> str:
        """As :attr:`resight.study.Study.digest`."""
        return self._book.digest(self._records)

    @cached_property
    def up_to(self) -> str:
        """As :func:`resight.study.up_to`."""
        logged, revised = self._frame["logged_at"], self._frame["revised_at"]
        newest = revised.where(revised.notna(), logged)[logged.notna()].max()
        return "no record yet" if newest != newest else dates.utc_text(newest.to_pydatetime())  # noqa: PLR0124 - NaT

    @cached_property
    def repeats(self) -> Repeats:
        """The years compared; what was found is told page by page."""
        return self._repeats([])

    # --- the overview

    def overview(self) -> Page:
        """What the overview is made of: numbers of all sites, and no records."""
        places = [
            (not is_repeat, number, place)
            for number, scope in enumerate(self._scopes)
            for place, is_repeat in enumerate(scope.repeats[: NAMED_AT_MOST * 50].tolist())
        ]
        wanted: dict[int, list[int]] = defaultdict(list)
        for _, number, place in sorted(places)[:NAMED_AT_MOST]:
            wanted[number].append(place)
        told = self._told(wanted)
        return self._page((), self._repeats([told[number] for number in sorted(told)]))

    def _told(self, wanted: Mapping[int, Sequence[int]]) -> dict[int, Comparison]:
        """Of some scopes some of the matches; the records of all of them are read at once."""
        chosen: dict[int, excerpt.Chosen] = {}
        none: frozenset[int] = frozenset()
        for number, places in wanted.items():
            sides = [side[sorted(places)].tolist() for side in self._scopes[number].one.ends]
            alone = frozenset(sides[0]), frozenset(sides[1])
            chosen[number] = excerpt.Chosen((none, none), alone, tuple(sorted(places)))
        made = excerpt.of(
            self._all.found,
            [(self._scopes[number].one, some) for number, some in chosen.items()],
            self._frame,
            self._book.records_of,
            vocabulary=self._vocabulary,
            sites=self._sites,
        )
        return dict(zip(chosen, made, strict=True))

    # --- the page of one site

    def page(self, site: str) -> Page:
        """What the page of a site is made of."""
        scope = self._scope_of.get(site)
        if scope is None:
            return self._page((), self.repeats)
        here_rows = np.flatnonzero((self._frame["site"] == site).to_numpy())
        crowd = ring = None
        if len(here_rows) > thinning.MOST:
            crowd, here, found = self._crowded(site, scope, here_rows)
        else:
            ring = self._ring(site, scope)
            read = self._book.read(sites={site} | ring).records
            here = [record for record in read if record.site == site]
            found = episodes.find(read, self._vocabulary, methods=self._all.methods)
            found += self._ends_elsewhere(site, scope, {site} | ring)
        then = {e.id: e for e in found if e.year in self._all.baseline_years}
        now = {e.id: e for e in found if e.year == self._all.year}
        extras = episodes.find(read, self._vocabulary, methods=self._other_methods) if ring else []
        made = self._bare(scope, list(then.values()), list(now.values()), extras)
        held = scope.one.weighed.held
        ends = [(then[held.baseline.ids[b]], now[held.current.ids[c]]) for b, c in scope.ends_at(site)]
        made = replace(made, matches=tuple(made.weighed(*both) for both in ends))
        # Also where it is an episode of a neighbour that would fit.
        years = self._all.baseline_years, self._all.year
        fitting = [would_fit(made, extra, *years) for extra in extras]
        candidates = tuple(pair for pair in fitting if pair and site in (pair.baseline.site, pair.current.site))
        undetermined = tuple(episode for episode in found if episode.year is None and episode.site == site)
        # Of the sites around it only the other ends of matches are told.
        baseline, current = ([e for e in side if e.site == site] for side in (made.baseline, made.current))
        own = replace(made, baseline=baseline, current=current)
        return self._page(here, self._repeats([own], candidates, undetermined), crowd)

    def _ends_elsewhere(self, site: str, scope: _Scope, known: set[str]) -> list[Episode]:
        """The other ends of a site's matches at sites that were not read, each of its own records alone."""
        one, found = scope.one, self._all.found
        rows, begin = self._sightings
        sites = found.episodes["site"].array
        ends = {int(one.then[b]) for b, _ in scope.ends_at(site)} | {int(one.now[c]) for _, c in scope.ends_at(site)}
        wanted = [rows[begin[end] : begin[end + 1]] for end in sorted(ends) if sites[end] not in known]
        if not wanted:
            return []
        read = {record.id: record for record in self._book.records_of(self._frame.index[np.concatenate(wanted)])}
        sightings = ([read[identifier] for identifier in self._frame.index[some]] for some in wanted)
        return [episode for merged in sightings for episode in episodes.closed([merged], (), self._vocabulary)]

    def _crowded(self, site: str, scope: _Scope, here: Ints) -> tuple[Crowd, list[Observation], list[Episode]]:
        """Of a site with more records than a page tells all to be counted, those that are told, and their episodes.

        What an episode may be the same as, and what would fit were it not for the method of one side, is not looked
        for in a crowd.
        """
        rows, begin = self._sightings
        episode = np.full(len(self._frame), -1)
        episode[rows] = np.repeat(np.arange(len(begin) - 1), np.diff(begin))
        one, ends = scope.one, scope.ends_at(site)
        matched = np.array([*(one.then[b] for b, _ in ends), *(one.now[c] for _, c in ends)], dtype=np.int64)
        crowd = self._frame.iloc[here]
        is_matched = np.isin(episode[here], matched)
        ids = crowd.index.to_numpy(dtype=object)
        places = thinning.kept(Columns(crowd, self.repeats), set(ids[is_matched]), thinning.MOST)
        # An episode is made of all of its sightings, shown or not.
        made = np.unique(np.concatenate([episode[here[places]], matched]))
        made = made[made >= 0]
        wanted = [rows[begin[number] : begin[number + 1]] for number in made.tolist()]
        told = set(ids[places])
        all_ids = self._frame.index[np.concatenate(wanted)].tolist() if wanted else []
        read = {record.id: record for record in self._book.records_of({*told, *all_ids})}
        sightings = ([read[identifier] for identifier in self._frame.index[some]] for some in wanted)
        found = [episode for merged in sightings for episode in episodes.closed([merged], (), self._vocabulary)]
        found.sort(key=lambda e: (*e.time, e.id))
        shown = [record for identifier, record in read.items() if identifier in told]
        return Crowd(crowd, frozenset(ids[episode[here] >= 0])), shown, found

    @cached_property
    def _sightings(self) -> tuple[Ints, Ints]:
        """The rows of the sightings of each episode, and where those of each begin."""
        return self._all.found.sightings()

    @cached_property
    def _other_methods(self) -> list[Any]:
        return [method for method in METHODS if method not in self._all.methods]

    @cached_property
    def _around(self) -> dict[str, set[str]]:
        """For each site with episodes seen by other methods alone the sites with which it shares a place, and back."""
        found: dict[str, set[str]] = defaultdict(set)
        if not self._frame["method"].isin(self._other_methods).any():
            return found
        extras = bulk.episodes(self._frame, self._vocabulary, methods=self._other_methods)
        for site in extras["site"].unique():
            found[site].add(site)
        sides = [compared.code(side) for side in (extras, self._all.found.episodes)]
        number = {name: place for place, name in enumerate(dict.fromkeys((*sides[0].sites, *sides[1].sites)))}
        at = []
        for side, frame in zip(sides, (extras, self._all.found.episodes), strict=True):
            site = np.array([number[name] for name in side.sites], dtype=np.int64)[side.columns.site]
            at.append(
                compared.positions(frame.geometry.array, weights.Columns(side.columns.ids, site, *side.columns[2:]))
            )
        near = geodesy.near_rows(at[0], at[1])
        for a, b in {(extras["site"].array[i], self._all.found.episodes["site"].array[j]) for i, j in near.T.tolist()}:
            found[a].add(b)
            found[b].add(a)
        return found

    def _ring(self, site: str, scope: _Scope) -> set[str]:
        """The sites of a scope whose episodes decide what of other methods would fit at a site; none where none is."""
        first = self._around.get(site, set())
        return set().union(*(self._around[one] for one in first)) & set(scope.one.scope)

    # --- what both are made of

    def _bare(
        self,
        scope: _Scope,
        then: Sequence[Episode] = (),
        now: Sequence[Episode] = (),
        extras: Sequence[Episode] = (),
    ) -> Comparison:
        """A scope as a comparison of these episodes, with the counts of all of its; others may be held beside them."""
        one = scope.one
        shares = Shares(then, self._vocabulary, len(one.scope), one.assume.kappa, scope.counts([*then, *extras]))
        sizes, assume, learned = one.weighed.sizes, one.assume, one.learned
        return Comparison(one.scope, then, now, (), {}, sizes, assume, learned, shares, self._sites, scope.scores)

    def _repeats(
        self,
        told: Sequence[Comparison],
        candidates: tuple[Pair, ...] = (),
        undetermined: tuple[Episode, ...] = (),
    ) -> Repeats:
        """Some of the scopes as what was found."""
        group = self._scopes[0].one.scope
        watched = next((one for one in told if one.scope == group), None) or self._bare(self._scopes[0])
        others = tuple(one for one in told if one.scope != group)
        years = self._all.year, self._all.baseline_years
        return Repeats(*years, watched, others, candidates, undetermined, self._all.methods)

    def _page(self, records: Sequence[Observation], repeats: Repeats, crowd: Crowd | None = None) -> Page:
        ids = frozenset(record.id or "" for record in records)
        words = self._sites, self._vocabulary, self._basemap
        study = Study(ids, repeats, *words, self.digest, self.up_to, survey=self.survey, crowd=crowd)
        return Page(records, to_frame(records), study)


class _Scope:
    """A scope in columns, with what is asked of it again and again."""

    def __init__(self, one: Compared, found: GeoDataFrame) -> None:
        self.one = one
        self._sites = list(found["site"].cat.categories)
        codes = found["site"].cat.codes.to_numpy(dtype=np.int64)
        self._names, self._sightings = found["individual"].array, found["sightings"].to_numpy()
        b, c = one.ends
        #: The numbers of the sites of both sides, and of the ends of the matches.
        self._site = codes[one.then], codes[one.now]
        self._ends = self._site[0][b], self._site[1][c]
        same = self._names[one.then[b]] == self._names[one.now[c]]
        #: For each match, strongest first: is the same individual known on both sides?
        self.repeats = np.asarray(same.fillna(False), dtype=bool)
        self.scores = one.scores

    def tallies(self) -> dict[str, Tally]:
        """What came of the comparison at each site."""
        is_alike = linkage.alike(self.one.weighed, self.one.near)
        is_alike[self.one.ends[1]] = False
        (then, now), number = self._site, len(self._sites)
        ends = self._ends[1]
        counts = [np.bincount(at, minlength=number) for at in (now, then, ends[self.repeats], ends[~self.repeats])]
        counts.append(np.bincount(now[is_alike], minlength=number))
        sightings = np.zeros(number)
        for at, rows in ((then, self.one.then), (now, self.one.now)):
            sightings += np.bincount(at, self._sightings[rows], minlength=number)
        columns = [column.tolist() for column in (*counts, sightings.astype(np.int64))]
        tallies = zip(self._sites, map(Tally, *columns), strict=True)
        return {site: tally for site, tally in tallies if tally.current or tally.baseline}

    @cached_property
    def _places_at(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for place, both in enumerate(zip(*(side.tolist() for side in self._ends), strict=True)):
            for site in dict.fromkeys(both):
                found[self._sites[site]].append(place)
        return found

    def ends_at(self, site: str) -> list[tuple[int, int]]:
        """The rows of the matches of which an end lies at a site, strongest first."""
        places = self._places_at.get(site, [])
        b, c = (side[places].tolist() for side in self.one.ends)
        return list(zip(b, c, strict=True))

    @cached_property
    def _counts(self) -> Counts:
        return self.one.counts({})

    @cached_property
    def _nodes(self) -> Counter[Any]:
        return Counter(dict(self._counts.nodes))

    @cached_property
    def _by_name(self) -> tuple[Ints, Ints]:
        """The numbers of the individuals of the baseline in order, and the rows in which they stand."""
        individual = self.one.weighed.held.baseline.individual
        order = np.argsort(individual, kind="stable")
        return individual[order], order

    def counts(self, told: Iterable[Episode]) -> Counts:
        """The counts of the whole baseline, with those of the individuals that are named in some of its episodes."""
        named = {steps for episode in told if (steps := steps_of(episode)) and steps[-1].startswith(NAMED)}
        nodes: Counter[tuple[str | None, tuple[str, ...]]] = Counter()
        for steps in named:
            for row in self._rows_of(steps):
                nodes[None, steps] += 1
                nodes[self._sites[self._site[0][row]], steps] += 1
        # What is in none of both is asked of the second, where it counts as 0.
        return self._counts._replace(nodes=ChainMap(dict(nodes), self._nodes))

    @cached_property
    def _number_of(self) -> dict[tuple[str, ...], int]:
        """Of the individuals of the baseline the number, by the steps of their paths."""
        held = self.one.weighed.held
        ordered, rows = self._by_name
        firsts = np.flatnonzero((np.diff(ordered, prepend=-2) != 0) & (ordered >= 0))
        names = self._names[self.one.then[rows[firsts]]]
        paths = held.baseline.path[rows[firsts]].tolist()
        return {
            (*held.paths[path], NAMED + name): number
            for path, name, number in zip(paths, names, ordered[firsts].tolist(), strict=True)
        }

    def _rows_of(self, steps: tuple[str, ...]) -> list[int]:
        number = self._number_of.get(steps)
        if number is None:
            return []
        ordered, rows = self._by_name
        begin, end = np.searchsorted(ordered, [number, number + 1])
        found: list[int] = rows[begin:end].tolist()
        return found

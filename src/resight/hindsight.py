"""A baseline of many episodes kept as numbers, so that one record is answered without reading a hundred thousand.

One episode is held against the whole baseline of its group; but told are the best of it and those at its own site. So
the records of that site are read, and of all other sites the numbers suffice that :mod:`resight.weights` looks evidence
up by. They are kept under the logbook's own folder, by a digest of all that they were made of: kept numbers that do not
fit are not used, and they can be lost at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date as Day
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson

from resight import episodes, evidence, geodesy, weights
from resight.episodes import Episode
from resight.evidence import DEFAULTS, Assumptions, Precedent, Shares
from resight.geodesy import Positions
from resight.observation import Observation, Site, positions
from resight.vocabulary import Vocabulary
from resight.weights import Columns

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from resight.errors import Problem
    from resight.logbook import Logbook
    from resight.weights import Bools

_FORMAT = "resight hindsight 1"
#: How the numbers of the columns are kept.
_NUMBER = np.dtype("<i4")
_DEGREES = np.dtype("<f8")
_TIE = 1e-9
#: Closeness (see :attr:`resight.weights.Weights.closeness`) of the same individual, class or type: the closest three.
_ALIKE = 3


class Hindsight(NamedTuple):
    """The episodes of a baseline, one a row, in order of (first day, last day, id)."""

    side: Columns
    sites: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    #: Path and key of each hull or tail, see :class:`resight.weights.Codes`.
    individuals: tuple[tuple[str, ...], ...]
    operators: tuple[str, ...]
    activities: tuple[frozenset[str], ...]
    positions: Positions

    def codes(self) -> weights.Codes:
        """The numbers in the columns, to number other episodes alike."""
        return weights.Codes(self.sites, self.paths, self.individuals, self.operators, self.activities)


# --- one episode against it -----------------------------------------------------------------------------------------


def precedent(
    identifier: str,
    here: Sequence[Observation],
    kept: Hindsight,
    at_site: Callable[[str], Sequence[Episode]],
    *,
    scope: Sequence[str],
    baseline_year: int,
    vocabulary: Vocabulary,
    sites: Mapping[str, Site],
    assume: Assumptions = DEFAULTS,
) -> Precedent | None:
    """The baseline's answer to one sighting: what :func:`resight.evidence.precedent` gives, of its pairs those told.

    These are the best one and, best first, all others at its place of the same individual, class or type.

    Args:
        identifier: the record.
        here: the records of both years at its site.
        kept: the episodes of the baseline year at the sites of the scope; those of its own site are not used.
        at_site: makes the episodes of another site.
        scope: the sites that are compared together.
        baseline_year: the year it is held against.
        vocabulary: the platform tree and the catalogue sizes.
        sites: the register, for the residents of sites.
        assume: m, κ and the prior.
    """
    found = episodes.find(here, vocabulary)
    episode = evidence.holding(identifier, found)
    if episode is None:
        return None
    own = [e for e in found if e.year == baseline_year and e.id != episode.id]
    codes = kept.codes()
    is_elsewhere = np.array([name != episode.site for name in kept.sites], dtype=bool)[kept.side.site]
    elsewhere = np.flatnonzero(is_elsewhere)
    if not own and not len(elsewhere):
        return Precedent(episode, ())
    sides = codes.columns(own), kept.side.take(elsewhere)
    held = codes.table(Columns(*map(np.concatenate, zip(*sides, strict=True))), codes.columns([episode]))
    weighed = weights.Weights(held, vocabulary=vocabulary, scope=len(scope), sites=sites, assume=assume)
    then, b = held.baseline, np.arange(len(held.baseline))
    c = np.zeros_like(b)
    same_place = np.ones(len(then), dtype=bool)
    same_place[len(own) :] = _near(episode, kept.positions, len(kept.side))[elsewhere]
    same = (then.individual == held.current.individual[0]) & (then.individual >= 0)
    bits = weighed.bits(b, c, same_place=same_place, same_individual=same)
    closeness = weighed.closeness[then.path, weighed.states(b, c, same) // 2]
    share = assume.repeat_share / len(then)
    total = 1 - assume.repeat_share + share * float(np.exp2(bits).sum())
    told = np.flatnonzero(same_place & (closeness < _ALIKE))
    rounded = np.round(bits / _TIE)
    best = np.flatnonzero(rounded == rounded.max())
    first = best[np.argmin(then.ids[best].astype(str))]
    rows = [int(first), *(row for row in told.tolist() if row != first)]
    names = {int(code): codes.individual(int(code))[-1][1:] for code in {*then.individual[rows].tolist()} if code >= 0}
    shares = Shares((), vocabulary, len(scope), assume.kappa, weights.counts(held, names))

    def made(row: int) -> Episode:
        if row < len(own):
            return own[row]
        name = kept.sites[int(then.site[row])]
        return next(one for one in at_site(name) if one.id == then.ids[row])

    pairs = []
    for row in rows:
        before = made(row)
        pair = evidence.evidence(
            before, episode, shares, same_place=geodesy.same_place, site=sites.get(before.site), assume=assume
        )
        pairs.append(pair._replace(posterior=share * 2**pair.bits / total))
    pairs[1:] = sorted(pairs[1:], key=lambda pair: (-pair.posterior, pair.baseline.id))
    alone = Precedent(episode, tuple(pairs))
    return evidence.with_rivals(alone, found, shares, same_place=geodesy.same_place, sites=sites, assume=assume)


def _near(episode: Episode, kept: Positions, rows: int) -> Bools:
    """Which rows have a position within the radius of one of an episode's?"""
    found = np.zeros(rows, dtype=bool)
    if episode.geometry is None:
        return found
    for lon, lat, *_ in positions(episode.geometry):
        # No degree of latitude is shorter than 110 km, so that this leaves none out.
        row = np.flatnonzero(np.abs(kept.lat - lat) <= geodesy.RADIUS_M / 110_000)
        found[kept.row[row[geodesy.distances_m((lon, lat), kept.lon[row], kept.lat[row]) <= geodesy.RADIUS_M]]] = True
    return found


# --- made and kept --------------------------------------------------------------------------------------------------


def of(book: Logbook, year: int, between: tuple[Day, Day], scope: Sequence[str]) -> Hindsight:
    """The episodes of a year at some sites: as they were kept, or made anew and kept.

    Args:
        book: the logbook.
        year: the year in which they began.
        between: the days whose records decide on them.
        scope: ids of the sites.
    """
    made_of = book.fingerprint(between=between, sites=frozenset(scope))
    name = hashlib.sha256(orjson.dumps(sorted(scope))).hexdigest()[:8]
    place = book.own_folder / f"{year}-{name}.hindsight"
    found = _load(place, made_of)
    if found is None:
        from resight import bulk

        problems: list[Problem] = []
        frame = book.frame(between=between, sites=frozenset(scope), columns=bulk.COLUMNS, problems=problems)
        found = _of_frame(bulk.episodes(frame, book.vocabulary), year)
        # What could not be read is told each time.
        if not problems:
            _keep(found, place, made_of)
    return found


def _of_frame(found: GeoDataFrame, year: int) -> Hindsight:
    """Of a frame of :func:`resight.bulk.episodes` those that began in a year."""
    from resight import compared

    found = found[compared.years_of(found) == year]
    coded = compared.code(found)
    named, first, code = np.unique(coded.columns.individual, return_index=True, return_inverse=True)
    first, unnamed = first[named >= 0], int((named < 0).sum())
    keys = found["individual"].to_numpy(dtype=object)[first]
    paths = [coded.paths[path] for path in coded.columns.path[first].tolist()]
    side = coded.columns
    return Hindsight(
        Columns(side.ids, side.site, side.path, code.ravel() - unnamed, *side[4:]),
        coded.sites,
        coded.paths,
        tuple((*path, evidence.NAMED + key) for path, key in zip(paths, keys, strict=True)),
        coded.operators,
        coded.activities,
        compared.positions(found.geometry.array, side),
    )


def _keep(found: Hindsight, place: Path, made_of: str) -> None:
    """Write it down; that this fails harms nothing."""
    side, at = found.side, found.positions
    facts = {
        "format": _FORMAT,
        "made_of": made_of,
        "episodes": len(side),
        "positions": len(at.row),
        "sites": found.sites,
        "paths": found.paths,
        "individuals": found.individuals,
        "operators": found.operators,
        "activities": [sorted(one) for one in found.activities],
    }
    columns = [np.asarray(column).astype(_NUMBER).tobytes() for column in (*side[1:], at.row, at.site)]
    degrees = [np.asarray(column).astype(_DEGREES).tobytes() for column in (at.lon, at.lat)]
    content = b"".join([orjson.dumps(facts), b"\n", *columns, *degrees, "\n".join(side.ids).encode()])
    temporary = place.with_name(f"{place.name}.{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        temporary.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        temporary.replace(place)


def _load(place: Path, made_of: str) -> Hindsight | None:
    """What was kept, if it was made of this; None when there is nothing, or it is broken."""
    try:
        check, _, content = place.read_bytes().partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != check:
            return None
        text, _, rest = content.partition(b"\n")
        facts = orjson.loads(text)
        if facts["format"] != _FORMAT or facts["made_of"] != made_of:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    rows, number = facts["episodes"], facts["positions"]
    at = 0

    def column(length: int, kind: np.dtype[np.generic]) -> NDArray[Any]:
        nonlocal at
        found = np.frombuffer(rest, kind, length, at)
        at += length * kind.itemsize
        return found

    numbers = [column(rows, _NUMBER).astype(np.int64) for _ in Columns._fields[1:]]
    row, site = (column(number, _NUMBER).astype(np.int64) for _ in range(2))
    lon, lat = (column(number, _DEGREES).astype(np.float64) for _ in range(2))
    ids = np.array(rest[at:].decode().split("\n") if rows else [], dtype=object)
    return Hindsight(
        Columns(ids, *numbers),
        tuple(facts["sites"]),
        tuple(map(tuple, facts["paths"])),
        tuple(map(tuple, facts["individuals"])),
        tuple(facts["operators"]),
        tuple(map(frozenset, facts["activities"])),
        Positions(row, site, lon, lat),
    )

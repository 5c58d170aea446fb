"""What of many records is only counted: records and looks, site by site and side by side, and what takes no part.

The rules are those of :mod:`resight.effort` and :mod:`resight.aside` (tests hold them against each other), on the
columns of a frame of :meth:`resight.Logbook.frame`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from resight.aside import NEVER
from resight.observation import LOOK_METHODS
from resight.vocabulary import Vocabulary

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from resight.compared import Comparisons
    from resight.weights import Bools, Ints

#: The columns that are counted by, besides id and geometry.
COLUMNS = (
    *("site", "date", "earliest", "latest", "platform", "outcome", "method", "basis", "status", "sensor"),
    *("image_id", "image_time", "aggregate", "context", "effort_stated"),
)


class SiteTally(NamedTuple):
    """What is on file at one site on one side."""

    records: int = 0
    #: Looks that are our own or of a source that states all of its looks; all others.
    counted: int = 0
    published: int = 0
    #: Examinations that could not tell, and absences reported over a period.
    unclear: int = 0
    absences: int = 0

    @property
    def is_known(self) -> bool:
        """Is any look counted?"""
        return self.counted > 0


class Tallies(NamedTuple):
    """What is on file of two sides, counted."""

    #: By site and side (``now`` and ``then``); a site without records on a side is not in it.
    at: Mapping[tuple[str, str], SiteTally]
    #: Sightings that take no part in the comparison, by the first reason that holds (:data:`resight.aside.NEVER`).
    never_matched: Mapping[str, int]

    def of(self, site: str, side: str) -> SiteTally:
        """What is on file at one site on one side."""
        return self.at.get((site, side), SiteTally())


def of(records: GeoDataFrame, comparisons: Comparisons, vocabulary: Vocabulary) -> Tallies:
    """Count the records of a frame, which holds none that were withdrawn."""
    site, names = pd.factorize(records["site"])
    first, last = (_days(records, name) for name in ("earliest", "latest"))
    years = _years(first)
    side = _side(np.where(years == _years(last), years, -1), comparisons)
    outcome, sights = _codes(records, "outcome"), {}
    outcome_is = {name: outcome[0] == code for code, name in enumerate(outcome[1])}
    nobody = np.zeros(len(records), dtype=bool)
    seen, absent, unclear = (outcome_is.get(name, nobody) for name in ("seen", "not-seen", "cannot-tell"))
    method = _codes(records, "method")
    by_image = np.isin(method[0], [code for code, name in enumerate(method[1]) if name in LOOK_METHODS])
    pictured, timed = (records[name].notna().to_numpy() for name in ("image_id", "image_time"))
    aggregate, context = (records[name].fillna(False).to_numpy(dtype=bool) for name in ("aggregate", "context"))
    one_time = (first == last) | timed
    examined = by_image & ~aggregate & (pictured | one_time)
    basis = _codes(records, "basis")
    own = basis[0] == next((code for code, name in enumerate(basis[1]) if name == "own"), -2)
    own |= records["effort_stated"].fillna(False).to_numpy(dtype=bool)
    image, sensor = (_codes(records, name)[0] for name in ("image_id", "sensor"))
    number = {"now": 0, "then": 1}
    for name, rows in (("looks", examined & ~unclear), ("clouded", examined & unclear)):
        rows = np.flatnonzero(rows)
        key = _look(rows, site, first, image, sensor)
        # The day of a look is that of the record that knows it best; rows come in order of (first, last, id).
        order = np.lexsort((np.arange(len(rows)), (last - first)[rows], key))
        best = rows[order[np.unique(key[order], return_index=True)[1]]]
        counted = np.bincount(key, own[rows]) > 0 if len(rows) else nobody[:0]
        sights[name] = site[best], _side(years[best], comparisons), counted
    counted_absence = absent & by_image & ~aggregate & (one_time | pictured)
    columns = {
        "records": (site, side, np.ones(len(records), dtype=bool)),
        "counted": sights["looks"],
        "published": (*sights["looks"][:2], ~sights["looks"][2]),
        "unclear": (*sights["clouded"][:2], np.ones(len(sights["clouded"][0]), dtype=bool)),
        "absences": (site, side, absent & ~counted_absence),
    }
    numbers = {name: _by_site(*rows, len(names)) for name, rows in columns.items()}
    at = {
        (str(names[one]), side_name): SiteTally(**{name: int(by[one, place]) for name, by in numbers.items()})
        for side_name, place in number.items()
        for one in np.flatnonzero(sum(by[:, place] for by in numbers.values())).tolist()
    }
    beside = seen & _is_beside(len(records), comparisons)
    reason = _reasons(records, vocabulary, aggregate, context, method)
    never = {
        key: int((reason[beside & (side >= 0)] == place).sum())
        for place, key in enumerate(NEVER)
        if key not in ("other years", "withdrawn")
    }
    never["other years"] = int((_is_beside(len(records), comparisons) & (side < 0)).sum())
    return Tallies(at, {key: never[key] for key in NEVER if never.get(key)})


def _is_beside(number: int, comparisons: Comparisons) -> Bools:
    """Which records take part in no comparison, and in no episode that may lie in a compared year?"""
    rows, begin = comparisons.found.sightings()
    takes_part = np.zeros(len(begin) - 1, dtype=bool)
    for one in comparisons.scopes:
        takes_part[one.then] = takes_part[one.now] = True
    takes_part[comparisons.touching()] = True
    beside = np.ones(number, dtype=bool)
    beside[rows[np.repeat(takes_part, np.diff(begin))]] = False
    return beside


def _reasons(
    records: GeoDataFrame,
    vocabulary: Vocabulary,
    aggregate: Bools,
    context: Bools,
    method: tuple[Ints, Sequence[Any]],
) -> Ints:
    """Why each record would take no part, as a place in :data:`resight.aside.NEVER`."""
    keys = list(NEVER)
    platform, platforms = _codes(records, "platform")
    is_known = np.array([*(name in vocabulary.platforms for name in platforms), False])[platform]
    is_matched = np.array([*(vocabulary.is_matched(name) for name in platforms), False])[platform]
    by_method = np.array([keys.index(name if name in keys else "rest") for name in method[1]] + [keys.index("rest")])
    reasons: Ints = np.select(
        [aggregate, context, ~is_known, ~is_matched],
        [keys.index(key) for key in ("aggregate", "context", "unknown", "no platform")],
        by_method[method[0]],
    )
    return reasons


def _look(rows: Ints, site: Ints, first: Ints, image: Ints, sensor: Ints) -> Ints:
    """A number for the look of each row: by the image, else by the day and the sensor."""
    by_image = image[rows] >= 0
    day = first - int(first.min(initial=0))
    when = np.where(by_image, image[rows], day[rows] * (int(sensor.max(initial=0)) + 2) + sensor[rows] + 1)
    found = (when.astype(np.int64) * 2 + by_image) * (int(site.max(initial=0)) + 1) + site[rows]
    return np.asarray(pd.factorize(found)[0])


def _by_site(site: Ints, side: Ints, wanted: Bools, sites: int) -> Ints:
    """How many rows are wanted, by site and side."""
    rows = wanted & (side >= 0)
    return np.bincount(site[rows] * 2 + side[rows], minlength=2 * sites).reshape(sites, 2)


def _side(years: Ints, comparisons: Comparisons) -> Ints:
    """0 for the year under study, 1 for the baseline, −1 for neither."""
    return np.where(years == comparisons.year, 0, np.where(np.isin(years, comparisons.baseline_years), 1, -1))


def _days(records: GeoDataFrame, name: str) -> Ints:
    return np.asarray(records[name].to_numpy().astype("datetime64[D]").astype(np.int64))


def _years(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def _codes(records: pd.DataFrame, name: str) -> tuple[Ints, Sequence[Any]]:
    """Numbers for the values of a column, −1 for none, and the values."""
    column = records[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(dtype=np.int64), list(column.cat.categories)
    codes, values = pd.factorize(column)
    return codes, list(values)

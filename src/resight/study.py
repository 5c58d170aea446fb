"""A year under study against its baseline, with all that the maps tell of it: register, words, ground and digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from resight import comparison, dates
from resight.basemap import Layer
from resight.comparison import Repeats
from resight.errors import InvalidValue
from resight.observation import Observation, Site
from resight.summary import Survey
from resight.vocabulary import Vocabulary

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from resight.logbook import Logbook


class Crowd(NamedTuple):
    """A site with more records than a page tells."""

    #: All of its records, with the columns that are counted (see :data:`resight.studies.COLUMNS`).
    frame: GeoDataFrame
    #: Ids of those that take part in the comparison.
    compared: frozenset[str]


class Study(NamedTuple):
    """What was compared, and what a page needs to tell of it; the same for the map of every site."""

    #: Ids of the records that were compared.
    ids: frozenset[str]
    repeats: Repeats
    #: The whole register, by id.
    sites: Mapping[str, Site]
    vocabulary: Vocabulary
    #: Packaged layers by any name, as parsed GeoJSON.
    basemap: Mapping[str, Layer]
    #: SHA-256 of records, register and vocabulary.
    digest: str
    #: See :func:`up_to`.
    up_to: str
    #: In words, what narrows what the pages show; it stands at their top.
    conditions: Sequence[str] = ()
    #: What is on file at every site and what came of the comparison, where a page is not given the records of all.
    survey: Survey | None = None
    #: What is counted at the site of a page that is given only some of its records.
    crowd: Crowd | None = None


def of(
    book: Logbook,
    records: Sequence[Observation],
    *,
    year: int | None = None,
    baseline_years: Sequence[int] | None = None,
    conditions: Sequence[str] = (),
) -> Study:
    """Compare a year of some records with its baseline.

    Args:
        book: the logbook whose register, vocabulary and ground are used.
        records: the records: ``book.read().records``, some of them, or
            :func:`to_records(frame) <resight.frame.to_records>`.
        year: the year under study; the newest with records if not given.
        baseline_years: the years it is held against; the year before if not given.
        conditions: in words, what narrows what the pages show (:attr:`resight.public.Terms.statements`).

    Raises:
        InvalidValue: no records were given but something else; no year was named and there are none; the year is its
            own baseline.
    """
    if not all(isinstance(record, Observation) for record in records):
        raise InvalidValue("records", records, "are no records", allowed="Observation", example="to_records(frame)")
    year = year or newest_year(records)
    if year is None:
        raise InvalidValue(
            "year", None, "there are no records, so the year to study must be named", example="year=2025"
        )
    repeats = comparison.repeats(
        records,
        year=year,
        baseline_years=(year - 1,) if baseline_years is None else baseline_years,
        vocabulary=book.vocabulary,
        sites=book.sites,
    )
    return Study(
        frozenset(record.id or "" for record in records),
        repeats,
        book.sites,
        book.vocabulary,
        book.basemap(),
        book.digest(records),
        up_to(records),
        conditions,
    )


def newest_year(records: Iterable[Observation]) -> int | None:
    """The newest year with records."""
    return max((record.year for record in records), default=None)


def up_to(records: Iterable[Observation]) -> str:
    """The newest time of logging, in UTC: a page never shows the clock."""
    newest = max((record.revised_at or record.logged_at for record in records if record.logged_at), default=None)
    return dates.utc_text(newest) if newest else "no record yet"

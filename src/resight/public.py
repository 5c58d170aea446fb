"""What of a logbook may be shown to everybody: less exact, reviewed, without what would name people or images.

Nothing here changes the logbook. :class:`PublicLogbook` is the logbook as it may be shown, so that whatever is made of
it (pages, matches, digests, files) is made of the public values alone and cannot hold the exact ones.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Sequence
from datetime import date as Day
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from resight import geodesy
from resight.checks import Located
from resight.errors import CannotWrite, InvalidValue, NotFound, Problem
from resight.journal import canonical
from resight.logbook import Logbook, Reading
from resight.observation import PROPERTY_NAMES, Observation, Site, build, positions
from resight.selection import Wanted, by_id
from resight.vocabulary import FILE as VOCABULARY_FILE
from resight.vocabulary import near_names

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

#: Degrees; about 11 km from south to north.
GRID_DEG = 0.1
#: Left out unless other fields are named: who worked on it, what lets others find the image, words meant for
#: colleagues, and the pier, which would undo the rounding.
USUALLY_LEFT_OUT = (
    "analyst",
    "reviewed_by",
    "note",
    "tags",
    "berth",
    "image_id",
    "image_time",
    "image_href",
    "image_sha256",
)
#: What stands in the place of a reviewer's name: a reviewed record has one.
NAME_WITHHELD = "name withheld"
#: Fields that stay, because the id says them or the rest means nothing without them.
_KEPT = frozenset(
    {
        *("id", "site", "date", "earliest", "latest", "date_meaning", "outcome", "platform", "basis", "method"),
        *("location_uncertainty_m", "effort_stated", "aggregate", "context", "revision", "status"),
    }
)
_MAY_BE_LEFT_OUT = (*(name for name in PROPERTY_NAMES if name not in _KEPT), "geometry")
#: What goes with a field that is left out, for it would mean nothing alone, or say the same.
_ALONG = {
    "count": ("count_min", "count_max"),
    "hedge": ("hedge_on",),
    "hedge_on": ("hedge",),
    "inferred_activity": ("likelihood",),
    "geometry": ("location_uncertainty_m",),
}


class Terms(NamedTuple):
    """On what terms records are shown to everybody."""

    #: Width of a cell of the grid in degrees.
    grid_deg: float = GRID_DEG
    #: Fields left out of every record.
    without: tuple[str, ...] = USUALLY_LEFT_OUT

    @property
    def generalizations(self) -> str:
        """What was made less exact, as Darwin Core's ``dataGeneralizations`` asks for it."""
        return (
            f"Positions are given as the centre of a cell of {self.grid_deg:g} degrees, with an uncertainty that "
            "covers the cell; an outline is given as one such point."
        )

    @property
    def withheld(self) -> str:
        """What is not told, as Darwin Core's ``informationWithheld`` asks for it."""
        return self._withheld(self.without)

    def _withheld(self, names: Sequence[str]) -> str:
        fields = f" Left out of every record: {', '.join(names)}." if names else ""
        return (
            "Only records that a second person has reviewed." + fields + " Confidential sources, images kept with the "
            "logbook, properties of other programs and outlines of sites are left out, too."
        )

    @property
    def statements(self) -> tuple[str, str]:
        """Both, for a page: its sentences were written for a whole logbook, and this tells what they mean here."""
        named = self._withheld([name.replace("_", " ") for name in self.without])
        meant = "Where it says that nothing is logged or on file, nothing reviewed is."
        return f"For the public. {named} {meant}", self.generalizations


def terms(grid: float | None = None, without: str | None = None) -> Terms:
    """The terms that a person states: the width of the grid in degrees, and fields with commas between them.

    Raises:
        InvalidValue: a grid that is none, or a field that a record cannot do without.
    """
    width = GRID_DEG if grid is None else grid
    if not 0.001 <= width <= 10:
        raise InvalidValue("--grid", grid, f"{grid:g} is no grid", allowed="0.001 to 10 degrees", example="--grid 0.1")
    if without is None:
        return Terms(width)
    named = tuple(dict.fromkeys(part.strip() for part in without.split(",") if part.strip()))
    for name in named:
        if name in _KEPT:
            raise InvalidValue(
                "--without",
                without,
                f"{name} cannot be left out: the id of a record says it, or the rest means nothing without it",
                allowed=", ".join(_MAY_BE_LEFT_OUT),
            )
        if name not in _MAY_BE_LEFT_OUT:
            near = near_names(name, _MAY_BE_LEFT_OUT)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise InvalidValue("--without", without, f"{name!r} is no field{hint}", allowed=", ".join(_MAY_BE_LEFT_OUT))
    return Terms(width, named)


# --- one record -------------------------------------------------------------------------------------------------


def public_record(record: Observation, terms: Terms, shown: Collection[str | None]) -> Observation:
    """The record on these terms; relations only to those that are ``shown`` with it."""
    changes: dict[str, Any] = {"foreign": None, "foreign_members": None}
    left_out = {name for field in terms.without for name in (field, *_ALONG.get(field, ()))}
    if record.hedge_on in left_out:
        left_out |= {"hedge", "hedge_on"}
    if record.platform_name and "platform_name" not in left_out:
        # Of a named individual there is one: that is no secret, and the record has to say it.
        left_out.discard("count")
    for name in left_out:
        changes[name] = () if name in ("sources", "relates", "tags") else None
    if record.reviewed_by and "reviewed_by" in left_out:
        changes["reviewed_by"] = NAME_WITHHELD
    if record.geometry is not None and "geometry" not in left_out:
        changes |= _rounded(record, terms.grid_deg)
    if record.image_href and "://" not in record.image_href:
        changes["image_href"] = None
    if "relates" not in left_out and record.relates:
        changes["relates"] = tuple(relation for relation in record.relates if relation.id in shown)
    if "sources" not in left_out and record.sources:
        changes["sources"] = tuple(source for source in record.sources if not source.confidential)
    return record.model_copy(update=changes)


def _rounded(record: Observation, grid_deg: float) -> dict[str, Any]:
    assert record.geometry is not None
    places = list(positions(record.geometry))
    lons, lats = [place[0] for place in places], [place[1] for place in places]
    # An outline becomes the cell of its middle, with an uncertainty that holds all of it.
    middle = ((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
    centre = cell_centre(middle, grid_deg)
    reach = cell_reach_m(centre, grid_deg) + max(geodesy.distance_m(middle, place) for place in places)
    return {
        "geometry": {"type": "Point", "coordinates": list(centre)},
        "location_uncertainty_m": float(math.ceil(reach + (record.location_uncertainty_m or 0.0))),
    }


def cell_centre(place: Sequence[float], grid_deg: float) -> tuple[float, float]:
    """The centre (lon, lat) of the cell a place lies in; cells are counted from (0, 0), which is never a centre."""
    lon, lat = (_centre(degrees, grid_deg) for degrees in place[:2])
    # The cells at the edge of the world end there.
    return max(min(lon, 180.0), -180.0), max(min(lat, 90.0), -90.0)


def _centre(degrees: float, grid_deg: float) -> float:
    return round((math.floor(degrees / grid_deg) + 0.5) * grid_deg, 9)


def cell_reach_m(centre: Sequence[float], grid_deg: float) -> float:
    """Metres from a cell's centre to its farthest corner, on the ellipsoid."""
    half = grid_deg / 2
    lats = (max(centre[1] - half, -90.0), min(centre[1] + half, 90.0))
    return max(geodesy.distance_m(centre, (centre[0] + half, lat)) for lat in lats)


def public_site(site: Site, grid_deg: float) -> Site:
    """The site with its point rounded to the grid, without outline, berths, claims and remarks on its position."""
    centre = cell_centre(site.point, grid_deg)
    reach = cell_reach_m(centre, grid_deg) + (site.coordinate_uncertainty_m or 0.0)
    kept = site.model_dump(
        include={"id", "name", "names", "watched", "timezone", "country", "kind", "residents"}, exclude_none=True
    )
    return build(Site, {**kept, "point": centre, "coordinate_uncertainty_m": float(math.ceil(reach))})


# --- many -------------------------------------------------------------------------------------------------------


def public_records(records: Iterable[Observation], terms: Terms) -> list[Observation]:
    """The reviewed ones among the records, on these terms."""
    reviewed = [record for record in records if record.status == "reviewed"]
    shown = {record.id for record in reviewed}
    return [public_record(record, terms, shown) for record in reviewed]


class PublicLogbook(Logbook):
    """A logbook as it may be shown on certain terms, for reading only.

    Args:
        folder: the logbook's folder.
        terms: on what terms.

    Raises:
        NoLogbook: there is none in that folder.
    """

    def __init__(self, folder: str | Path, terms: Terms) -> None:
        super().__init__(folder)
        self.terms = terms

    @cached_property
    def _public_sites(self) -> dict[str, Site]:
        exact = super().sites
        return {name: public_site(site, self.terms.grid_deg) for name, site in exact.items()}

    @property
    def sites(self) -> dict[str, Site]:
        """The register with rounded points, without outlines."""
        return self._public_sites

    def read(self, **narrowed: Any) -> Reading:
        """The reviewed records as they may be shown, and the problems met, which are for the analyst alone."""
        records, problems = super().read(**narrowed)
        return Reading(public_records(records, self.terms), problems)

    def selection(self, wanted: Wanted, *, confidential: bool = False) -> None:
        """None: what may be shown is read as records."""

    def check(self, **narrowed: Any) -> list[Problem]:
        """That something could not be used, and in which file; the rest is for those who keep the logbook."""
        return self._told(super().check(**narrowed))

    @staticmethod
    def _told(found: Iterable[Problem]) -> list[Problem]:
        files = dict.fromkeys(p.file for p in found if p.level == "error")
        return [
            *(Problem("error", "something in it could not be used", file) for file in files),
            Problem("notice", "what else the checks say is left out here: it is for those who keep the logbook"),
        ]

    def glance(self) -> list[Problem]:
        """As :meth:`check`, of the files alone."""
        return self._told(super().glance())

    def newest_year(self) -> int | None:
        """The newest year with records that may be shown."""
        return max((record.year for record in self.read().records), default=None)

    def records_of(self, ids: Iterable[str]) -> list[Observation]:
        """The reviewed ones of them, as they may be shown."""
        return public_records(super().records_of(ids), self.terms)

    def digest_of_files(self) -> str:
        """The digest of the records as they are shown: one of the files would be one of what is not."""
        return self.digest(self.read().records)

    def digest(self, records: Iterable[Observation]) -> str:
        """SHA-256 over the canonical records, the register as it is shown, and the vocabulary."""
        whole = hashlib.sha256()
        for record in by_id(records):
            whole.update(canonical(record.to_feature()) + b"\n")
        whole.update(canonical({name: site.model_dump(mode="json") for name, site in self.sites.items()}))
        whole.update((self.folder / VOCABULARY_FILE).read_bytes())
        return whole.hexdigest()

    def frame(
        self,
        *,
        withdrawn: bool = False,
        between: tuple[Day, Day] | None = None,
        sites: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
        problems: list[Problem] | None = None,
    ) -> GeoDataFrame:
        """The reviewed records as they may be shown, see :meth:`Logbook.frame`."""
        from resight.frame import of_columns, to_frame

        records, found = self.read(withdrawn=withdrawn, between=between, sites=sites)
        if problems is not None:
            problems += found
        return of_columns(to_frame(records), columns)

    def find(self, identifier: str) -> Located:
        """The record as it may be shown, and where it stands.

        Raises:
            NotFound: no record that may be shown has this id.
        """
        located = super().find(identifier)
        for record in public_records([located.record], self.terms):
            return located._replace(record=record)
        raise NotFound(identifier)

    def _write_bulk(self, *_: Any, **__: Any) -> NoReturn:
        self._write()

    def _write(self, *_: Any, **__: Any) -> NoReturn:
        raise CannotWrite("what is shown to the public is never written to a logbook; nothing was changed")

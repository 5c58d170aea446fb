"""GeoPackage: one layer of a file of QGIS or GDAL, its features and the system of their positions.

OGC GeoPackage 1.4 (OGC 12-128r19), read by GDAL by way of pyogrio, which comes with geopandas.

Written as GeoPackage (OGC 12-128, by GDAL through pyogrio): one layer of records with typed columns.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import flat, foreign, own, places
from resight.exchange.setting import Setting
from resight.exchange.table import Options, Row, Table
from resight.observation import DAYS, FLAGS, MOMENTS, NUMBERS, WHOLE, Observation

_SQLITE = b"SQLite format 3\x00"
#: Identifier that the format writes into byte 68 of the file; the last two are of versions before 1.2.
_IDENTIFIERS = (b"GPKG", b"GP10", b"GP11")

#: What GDAL makes of the two systems that the format has for positions of which nothing is known.
_UNDEFINED = re.compile(r'"Undefined ', re.IGNORECASE)


def recognises(path: Path, head: bytes) -> bool:
    """Is it an SQLite database that says it is a GeoPackage, in itself or by its name?"""
    return head.startswith(_SQLITE) and (head[68:72] in _IDENTIFIERS or path.suffix.lower() == ".gpkg")


@contextlib.contextmanager
def _whatever_its_name() -> Iterator[None]:
    """What a file is, its content says: GDAL's remarks on an ending that it does not expect are for nobody."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*non conformant file extension", category=RuntimeWarning)
        yield


@_whatever_its_name()
def read(path: Path, options: Options) -> Table:
    """The features of one layer, by their FID.

    The layer is ``options.sheet``, by name or number; without it the first one that holds features.

    Raises:
        UnreadableFile: not a whole GeoPackage, without features, with too many, or in a system it does not state.
        InvalidValue: there is no such layer, or the system is not known.
    """
    import numpy as np
    import pyogrio
    import shapely
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError
    from shapely.errors import ShapelyError

    _check_file(path)
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        layer, notes = _layer(path, layers, options)
        foreign.counted(path, pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"])
        meta, numbers, shapes, columns = pyogrio.raw.read(path, layer=layer, return_fids=True, datetime_as_string=True)
        geometries: list[Any] = [None] * len(numbers)
        if shapes is not None:
            geometries = places.of_shapes(shapely.from_wkb(np.asarray(shapes, dtype=object)))
    except (DataSourceError, DataLayerError, FieldError, GeometryError, ShapelyError, OSError) as error:
        raise UnreadableFile(f"{path.name} is not a whole GeoPackage: {_first_line(error)}") from None
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path.name} has text that is not UTF-8: {error}") from None
    crs = None if _UNDEFINED.search(meta["crs"] or '"Undefined ') else meta["crs"]
    if any(geometries) and crs is None and options.crs is None:
        raise places.without_system(path)
    names = tuple(str(name) for name in meta["fields"])
    done = places.Placed(geometries, ())
    if any(geometries):
        done = places.placed(geometries, crs, options.crs, path, is_ours=own.is_ours(names))
    notes += own.stated(pyogrio.read_info(path, layer=layer).get("layer_metadata") or {})
    makers = [_maker(kind, subtype) for kind, subtype in zip(meta["ogr_types"], meta["ogr_subtypes"], strict=True)]
    cells = [[make(value) for value in column.tolist()] for make, column in zip(makers, columns, strict=True)]
    rows = [
        Row(int(number), dict(zip(names, values, strict=True)), geometry)
        for number, geometry, *values in zip(numbers, done.geometries, *cells, strict=True)
    ]
    binary = [name for name, kind in zip(names, meta["ogr_types"], strict=True) if kind == "OFTBinary"]
    if binary:
        notes.append(f"columns of raw bytes were left out: {', '.join(binary)}")
    return Table("gpkg", names, rows, (*notes, *done.notes))


def _check_file(path: Path) -> None:
    """GDAL opens much that is no GeoPackage, and says of other files only that it does not know them."""
    foreign.checked_size(path)
    try:
        with path.open("rb") as file:
            head = file.read(len(_SQLITE))
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror or error}") from error
    if head != _SQLITE:
        raise UnreadableFile(f"{path.name} is not a GeoPackage")


def _layer(path: Path, layers: list[str], options: Options) -> tuple[str, list[str]]:
    """The layer to read, and what to say of the others."""
    import pyogrio

    if not layers:
        raise UnreadableFile(f"{path.name} has no layers")
    sheet = options.sheet
    if sheet is None:
        counts = {name: pyogrio.read_info(path, layer=name, force_feature_count=True)["features"] for name in layers}
        layer = next((name for name in layers if counts[name]), layers[0])
        others = [f"{name} ({counts[name]})" for name in layers if name != layer and counts[name]]
        if others:
            return layer, [
                f"layer {layer} was read; others hold features, too: {', '.join(others)}: --sheet names another"
            ]
        return layer, []
    if sheet in layers:
        return sheet, []
    if sheet.isdecimal() and 1 <= int(sheet) <= len(layers):
        return layers[int(sheet) - 1], []
    raise InvalidValue("sheet", sheet, f"{path.name} has no layer {sheet!r}", allowed=", ".join(layers[:20]))


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _maker(kind: str, subtype: str) -> Any:
    """What makes a cell of a value of a column of this type."""
    if kind == "OFTDate":
        return _day
    if kind == "OFTDateTime":
        return _moment
    if kind == "OFTBinary":
        return lambda _: None
    if subtype == "OFSTBoolean":
        return lambda value: None if _is_missing(value) else bool(value)
    if kind.startswith("OFTInteger"):
        # GDAL gives a column of whole numbers with gaps as floats.
        return lambda value: (
            None if _is_missing(value) else int(value) if not isinstance(value, list) else foreign.cell(value)
        )
    return lambda value: None if _is_missing(value) else foreign.cell(value)


def _is_missing(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN


def _day(value: Any) -> Any:
    text = str(value).replace("/", "-")[:10]
    if value is None or text == "NaT":
        return None
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else str(value)


def _moment(value: Any) -> Any:
    text = str(value).replace("/", "-")
    if value is None or text == "NaT":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


# --- writing ----------------------------------------------------------------------------------------------------

LAYER = "observations"
#: The end of a text in C; SQLite would cut the rest off.
_NUL = re.compile("\x00")
#: What GDAL calls UTC among its time zones.
_UTC = 100
#: Option of GDAL: the time it takes for that of writing.
_CLOCK = "OGR_CURRENT_DATE"


def write(records: Sequence[Observation], path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records as the layer ``observations`` in WGS 84; those without a position have an empty geometry.

    Lists are JSON text.
    """
    import numpy as np

    replaced = flat.Replaced(_NUL)
    identifiers = [record.id for record in records]
    found = flat.columns(records)
    columns, masks = [], []
    for name, values in found.items():
        columns.append(_array(name, values, identifiers, replaced))
        masks.append(np.array([value is None for value in values]))
    with _no_clock():
        _write(path, records, tuple(found), columns, masks, setting)
    return replaced.losses("GeoPackage", "the character NUL")


@contextlib.contextmanager
def _no_clock() -> Iterator[None]:
    """GDAL notes no time of writing meanwhile, but the same one always: two runs give the same bytes."""
    import pyogrio

    before = pyogrio.get_gdal_config_option(_CLOCK)
    pyogrio.set_gdal_config_options({_CLOCK: "2000-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_CLOCK: before})


def _write(
    path: Path,
    records: Sequence[Observation],
    fields: Sequence[str],
    columns: Sequence[Any],
    masks: Sequence[Any],
    setting: Setting,
) -> None:
    import numpy as np
    import pyogrio

    pyogrio.raw.write(
        path,
        geometry=np.array(flat.wkb(records), dtype=object),
        field_data=columns,
        fields=np.array(fields, dtype=object),
        field_mask=masks,
        gdal_tz_offsets={name: np.full(len(records), _UTC, dtype="int8") for name in MOMENTS},
        layer=LAYER,
        driver="GPKG",
        geometry_type="Unknown",
        crs="EPSG:4326",
        nan_as_null=True,
        layer_metadata=setting.statements or None,
        promote_to_multi=False,
    )


def _array(name: str, values: Sequence[Any], identifiers: Sequence[str | None], replaced: flat.Replaced) -> Any:
    """A column as GDAL takes it; what is empty is told by the mask."""
    import numpy as np

    if name in DAYS:
        return np.array(values, dtype="datetime64[D]")
    if name in MOMENTS:
        moments = [None if value is None else value.replace(tzinfo=None) for value in values]
        return np.array(moments, dtype="datetime64[ms]")
    if name in WHOLE:
        return np.array([value or 0 for value in values], dtype="int64")
    if name in NUMBERS:
        return np.array([np.nan if value is None else value for value in values], dtype="float64")
    if name in FLAGS:
        return np.array(values, dtype="bool")
    texts = [None if v is None else replaced(v, i) for v, i in zip(values, identifiers, strict=True)]
    return np.array(texts, dtype=object)

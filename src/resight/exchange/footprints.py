"""Outlines of images, and the sites of the register that lie in them: an image over two sites is two looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from resight.exchange.table import Row, Table
from resight.observation import Site
from resight.wording import numbered

#: The column in which a reader gives the outline of an image, as GeoJSON.
COLUMN = "footprint"
_FAULT = "its outline lies over no site of the register: --set site=ID says which one it shows"


def over_sites(table: Table, sites: Mapping[str, Site]) -> Table:
    """The table with a row for each site whose point lies in the outline of the image, named in the column ``site``.

    A row whose outline lies over no site can be no record. A table without outlines, or one that names its sites
    itself, is given back as it is.
    """
    if COLUMN not in table.columns or "site" in table.columns:
        return table
    rows: list[Row] = []
    images = looks = 0
    for row in table.rows:
        outline = row.values.get(COLUMN)
        if outline is None:
            rows.append(row)
            continue
        found = _under(outline, sites)
        images += bool(found)
        looks += len(found)
        rows += [row._replace(values={**row.values, "site": site}) for site in found]
        if not found:
            rows.append(row._replace(fault=row.fault or _FAULT))
    notes = table.notes
    if looks:
        what = f"{numbered(looks, 'look')} of {numbered(images, 'image')}"
        notes = (*notes, f"the sites whose point lies in the outline of an image are taken: {what}")
    kept = tuple(name for name in table.columns if name != COLUMN)
    fields = {**table.fields, "site": "site"}
    return table._replace(columns=("site", *kept), rows=tuple(rows), notes=notes, fields=fields)


def _under(outline: Any, sites: Mapping[str, Site]) -> list[str]:
    import shapely
    from shapely.errors import ShapelyError

    try:
        shape = shapely.from_geojson(outline if isinstance(outline, str) else json.dumps(outline))
    except ShapelyError:
        return []
    return [site.id for site in sites.values() if shape.intersects(shapely.Point(site.point))]

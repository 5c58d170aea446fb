"""The same work in plain geopandas, polars, duckdb and folium, as somebody without resight would write it.

Run as a process of its own: ``python -m resight.rivals TOOL WORK FILE OUTPUT``. None of them checks anything, and none
keeps a journal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec

#: Points that folium draws as objects of their own; with more its pages open no more.
MOST_MARKERS = 10_000


def _copy_geopandas(file: str, output: str) -> None:
    import geopandas

    geopandas.read_parquet(file).to_parquet(output)


def _read_geopandas(file: str, _: str) -> None:
    import geopandas

    geopandas.read_parquet(file)


def _read_polars(file: str, _: str) -> None:
    import polars

    polars.read_parquet(file)


def _read_duckdb(file: str, _: str) -> None:
    import duckdb

    duckdb.read_parquet(file).to_arrow_table()


def _export_geopandas(file: str, output: str) -> None:
    import geopandas
    import pandas

    frame = geopandas.read_parquet(file)
    pandas.DataFrame(frame).assign(geometry=frame.geometry.to_wkt()).to_csv(output, index=False)


def _export_polars(file: str, output: str) -> None:
    import polars

    polars.read_parquet(file).drop("geometry").write_csv(output)


def _export_duckdb(file: str, output: str) -> None:
    import duckdb

    duckdb.read_parquet(file).project("* exclude (geometry)").write_csv(output)


def _map_folium(file: str, output: str) -> None:
    import folium
    import geopandas

    frame = geopandas.read_parquet(file, columns=["site", "date", "platform", "geometry"])
    here = frame[frame["site"] == frame["site"].mode()[0]]
    here = here[here.geometry.notna()].head(MOST_MARKERS)
    page = folium.Map()
    for row in here.itertuples():
        text = folium.Popup(f"{row.date} {row.platform}", parse_html=True)
        folium.CircleMarker((row.geometry.y, row.geometry.x), radius=5, popup=text).add_to(page)
    page.save(output)


#: By kind of work and tool.
WAYS: Mapping[str, Mapping[str, Callable[[str, str], None]]] = {
    "import": {"geopandas": _copy_geopandas},
    "read": {"geopandas": _read_geopandas, "polars": _read_polars, "duckdb": _read_duckdb},
    "export": {"geopandas": _export_geopandas, "polars": _export_polars, "duckdb": _export_duckdb},
    "map": {"folium": _map_folium},
}


def tools(work: str) -> list[str]:
    """Those of the tools that can do this work and are installed here."""
    return [tool for tool in WAYS.get(work, ()) if find_spec(tool)]


if __name__ == "__main__":
    tool, work, file, output = sys.argv[1:]
    WAYS[work][tool](file, output)

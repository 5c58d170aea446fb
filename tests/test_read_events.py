"""Events of TimeMap, Atlos and osint-geo-extractor: what each invents is not taken for a value."""

import json
from pathlib import Path
from typing import Any

import pytest

from resight.errors import UnreadableFile
from resight.exchange import atlos, osintgeo, timemap
from resight.exchange.table import Options, Row, Table

FIXTURES = Path(__file__).parent / "fixtures" / "exchange"

# --- TimeMap

DOWNLOAD = (
    '"id","date","latitude","longitude","location","description","sources","associations"\n'
    '"CIV0001","03/01/2022","46.49","30.75","Odesa","Two ships, alongside","https://t.me/a/1,https://example.org/2","Area=Port"\n'
    '"CIV0002","","0","0","","Nowhere","",""\n'
)


def events(tmp_path: Path, content: str, reader: Any = timemap) -> Table:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    assert reader.recognises(path, path.read_bytes()[:65536])
    return reader.read(path, Options())  # type: ignore[no-any-return]


def test_a_download_of_timemap_is_month_first_and_latitude_before_longitude(tmp_path: Path) -> None:
    table = events(tmp_path, DOWNLOAD)
    first, second = table.rows
    assert first.number == 2
    assert first.geometry == {"type": "Point", "coordinates": [30.75, 46.49]}
    assert first.values["date"] == "2022-03-01"
    assert json.loads(first.values["sources"]) == [{"url": "https://t.me/a/1"}, {"url": "https://example.org/2"}]
    assert (first.values["timemap_id"], first.values["description"]) == ("CIV0001", "Two ships, alongside")
    assert (second.geometry, second.values["date"], second.values["sources"]) == (None, None, None)
    assert table.fields == {"date": "date", "description": "note", "sources": "sources"}
    assert [note[:60] for note in table.notes] == [
        "dates were read month first, as TimeMap writes them (03/01/2022 is 2022-03-01); if this one"[:60],
        "row 3: the position 0, 0 is what software writes for “not known”: left out"[:60],
    ]


def test_a_day_that_is_no_month_leaves_the_order_to_be_stated(tmp_path: Path) -> None:
    table = events(tmp_path, DOWNLOAD.replace('"","0"', '"23/08/2022","0"'))
    assert [row.values["date"] for row in table.rows] == ["03/01/2022", "23/08/2022"]
    assert table.notes[0].startswith("the date 23/08/2022 cannot be month first")


def test_events_in_json_and_the_time_that_nobody_gave(tmp_path: Path) -> None:
    event = {
        "id": "1",
        "description": "x",
        "date": "8/23/2011",
        "latitude": "17.8",
        "longitude": "-18.2",
        "category": "",
    }
    sources = [{"id": "s", "path": "https://example.org/1", "description": ""}]
    content = [{**event, "time": "00:00", "sources": sources}, {**event, "time": "18:30", "sources": ["src1"]}]
    table = events(tmp_path, json.dumps(content))
    assert [(row.number, row.values["time"]) for row in table.rows] == [(1, None), (2, "18:30")]
    assert [row.values["sources"] for row in table.rows] == ['[{"url":"https://example.org/1"}]', '["src1"]']
    assert [row.geometry for row in table.rows] == [{"type": "Point", "coordinates": [-18.2, 17.8]}] * 2
    assert table.notes[1] == "row 1: the time 00:00 is what TimeMap shows where none is known: left out"


def test_names_of_earlier_versions_and_sources_in_columns(tmp_path: Path) -> None:
    table = events(
        tmp_path, "desc,date,time,lat,long,association1,source1,source2\nx,1/2/2011,,1,2,a,https://e.org/1,https://e.org/2\n"
    )  # fmt: skip
    (row,) = table.rows
    assert row.geometry == {"type": "Point", "coordinates": [2.0, 1.0]}
    assert json.loads(row.values["sources"]) == [{"url": "https://e.org/1"}, {"url": "https://e.org/2"}]


# --- Atlos

EXPORT = (
    "slug,project,inserted_at,updated_at,latitude,longitude,status,description,date,tags,geolocation_resolution,"
    "more_info,restrictions,sensitive,source_1,source_2,Vessel\n"
    "A1,Far East,2025-06-01,2025-06-02,42.897,132.355,Completed,A landing ship alongside,2025-05-18,"
    '"lst, pier",Vicinity,,,Not Sensitive,https://example.org/1,,Ropucha\n'
    "A2,Far East,2025-06-01,2025-06-02,'-33.9,18.4,In Progress,'=cmd(),,,,,Hidden,,,https://example.org/2,\n"
    "A3,Far East,2025-06-01,2025-06-02,,,Unclaimed,No place,,,,,,,,,\n"
)


def test_an_export_of_atlos(tmp_path: Path) -> None:
    table = events(tmp_path, EXPORT, atlos)
    first, second, third = table.rows
    assert first.geometry == {"type": "Point", "coordinates": [132.355, 42.897]}
    wanted = {
        "slug": "A1",
        "date": "2025-05-18",
        "description": "A landing ship alongside",
        "atlos_status": "Completed",
        "tags": '["lst","pier"]',
        "geolocation_m": 100,
        "sources": '[{"url":"https://example.org/1"}]',
        "Vessel": "Ropucha",
    }
    assert {name: first.values[name] for name in wanted} == wanted
    assert second.geometry == {"type": "Point", "coordinates": [18.4, -33.9]}
    assert second.values["description"] == "=cmd()"
    assert (third.geometry, third.values["tags"], third.values["sources"]) == (None, None, None)
    assert [row.number for row in table.rows] == [2, 3, 4]
    assert table.fields["geolocation_m"] == "location_uncertainty_m"
    assert "status" not in table.columns
    assert [note.partition(":")[0] for note in table.notes] == ["row 3"]


def test_a_position_in_one_column_is_latitude_first(tmp_path: Path) -> None:
    table = events(tmp_path, 'slug,description,project,sensitive,geolocation\nA,x,p,,"42.897, 132.355"\n', atlos)
    assert [row.geometry for row in table.rows] == [{"type": "Point", "coordinates": [132.355, 42.897]}]


def test_a_position_that_is_no_number_is_left_to_be_refused_with_its_row(tmp_path: Path) -> None:
    table = events(tmp_path, EXPORT.replace("42.897", "42°53'"), atlos)
    assert next(iter(table.rows)).geometry == {"type": "Point", "coordinates": [132.355, "42°53'"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('slug,description\na,"b\n', "the file ends inside a quoted cell of the row that begins in line 2"),
        ("ship,date\n", "has no column slug or description"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(UnreadableFile, match=said):
        atlos.read(path, Options())


def test_doubled_columns_and_overlong_rows_are_those_of_any_csv(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("slug,slug,description\na,b,c\na,b,c,d\ne,f,g\nh,i,j\n")
    table = atlos.read(path, Options())
    assert table.columns[:3] == ("slug", "slug (2)", "description")
    assert [bool(row.fault) for row in table.rows] == [False, True, False, False]


# --- osint-geo-extractor


def test_what_osint_geo_extractor_invents_is_flagged_and_not_taken() -> None:
    path = FIXTURES / "osint-geo-extractor.geojson"
    assert osintgeo.recognises(path, path.read_bytes())
    table = osintgeo.read(path, Options())
    first, second, third = table.rows
    assert first == Row(
        1,
        {
            "event_id": "UW0001",
            "date": "2022-10-10",
            "title": "Ships at the pier, “two”",
            "description": "Seen <b>alongside</b>",
            "place_desc": "UA - Odesa - Odesa",
            "source": "CENINFORES",
            "sources": '[{"published_by":"Centre for Information Resilience"},{"url":"https://example.org/a?b=1"}]',
            "doubt": None,
        },
        {"type": "Point", "coordinates": [30.75, 46.49]},
    )
    assert (second.values["date"], second.values["doubt"]) == (
        None,
        "the date 2022-02-24 is written where none is known",
    )
    assert (third.geometry, third.values["doubt"]) == (None, "the position 0, 0 is written where none is known")
    assert table.notes == (
        "event 2: the date 2022-02-24 is written where none is known: left out",
        "event 3: the position 0, 0 is written where none is known: left out",
        "an event that did happen on 2022-02-24 needs its date from its source: fill it in",
    )


def test_its_events_as_a_plain_list(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    event: dict[str, Any] = {
        "id": None,
        "date": "2022-03-01",
        "latitude": 46.49,
        "longitude": 30.75,
        "source": "TEXTY",
        "links": [],
    }
    path.write_text(json.dumps([{**event, "latitude": 46.49, "longitude": 30.75}]))
    assert osintgeo.recognises(path, path.read_bytes())
    (row,) = osintgeo.read(path, Options()).rows
    assert row.geometry == {"type": "Point", "coordinates": [30.75, 46.49]}
    path.write_text("{}")
    with pytest.raises(UnreadableFile, match="is not a list of events"):
        osintgeo.read(path, Options())

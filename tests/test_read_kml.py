"""KML and KMZ of simplekml, of GDAL and of people with bad intentions, as a table."""

import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import kml
from resight.exchange.table import Options, Row, Table

FIXTURES = Path(__file__).parent / "fixtures" / "exchange"
HEAD = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'


def read(tmp_path: Path, inside: str | bytes, **options: Any) -> Table:
    path = tmp_path / "a.kml"
    path.write_bytes(inside if isinstance(inside, bytes) else f"{HEAD}{inside}</kml>".encode())
    return kml.read(path, Options(**options))


def one(tmp_path: Path, inside: str) -> Row:
    (row,) = read(tmp_path, f"<Placemark>{inside}</Placemark>").rows
    return row


def zipped(tmp_path: Path, **members: str | bytes) -> Path:
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


@pytest.mark.parametrize("name", ["simplekml.kml", "simplekml.kmz"])
def test_a_file_of_simplekml_is_read_whole(name: str) -> None:
    path = FIXTURES / name
    assert kml.recognises(path, path.read_bytes()[:65536])
    table = kml.read(path, Options())
    rows = list(table.rows)
    assert table.columns == ("name", "folder", "time", "description", "count", "name (2)", "cloud")
    assert table.fields == {"time": "date"}
    assert [(row.values.get("name"), row.values.get("folder"), row.values.get("time")) for row in rows] == [
        ("Ropucha & co", "2024 / Dunay", "2024-10"),
        ("track along the coast", "2024 / Dunay", "2024-10-08/2024-10-13"),
        ("basin", "2024", "2024"),
        ("two boats", "2024", datetime(2024, 11, 5, 22, 30, tzinfo=UTC)),
        ("a flight", "2024", "2024-01-01T00:00:00+00:00/2024-01-02T00:00:00+00:00"),
        ("with a schema", None, None),
    ]
    assert rows[0].values["description"] == "At pier\nSee CNN (https://example.org/1)"
    assert (rows[0].values["count"], rows[0].values["name (2)"]) == ("2", "other")
    assert rows[5].values["cloud"] == "20"
    outer = [[132.0, 42.0], [132.2, 42.0], [132.2, 42.2], [132.0, 42.0]]
    hole = [[132.1, 42.05], [132.15, 42.05], [132.15, 42.1], [132.1, 42.05]]
    assert [row.geometry for row in rows] == [
        {"type": "Point", "coordinates": [132.355, 42.897]},
        {"type": "LineString", "coordinates": [[132.0, 42.0], [132.1, 42.05]]},
        {"type": "Polygon", "coordinates": [outer, hole]},
        {"type": "MultiPoint", "coordinates": [[132.1, 42.1], [132.2, 42.2]]},
        {"type": "LineString", "coordinates": [[125.67, 39.22], [131.9, 43.4]]},
        {"type": "Point", "coordinates": [132.3, 42.8]},
    ]
    assert [note.partition(":")[0] for note in table.notes] == [
        "1 link to other files (https",
        "1 image laid on the ground (GroundOverlay) left out",
        "heights were left out (2 positions)",
    ]


def test_a_file_of_gdal_has_its_schema_as_columns() -> None:
    table = kml.read(FIXTURES / "gdal.kml", Options())
    assert [row.values for row in table.rows] == [
        {"folder": "looks", "ship": "Ropucha", "seen_on": "2025-05-18", "n": "1"},
        {"folder": "looks", "ship": "Tapir", "seen_on": "2025-05-19", "n": "2"},
    ]


@pytest.mark.parametrize(
    ("inside", "time"),
    [
        ("<TimeStamp><when>2024</when></TimeStamp>", "2024"),
        ("<TimeStamp><when>2024-10-08Z</when></TimeStamp>", "2024-10-08"),
        ("<TimeStamp><when>2024-10-08T10:00:00</when></TimeStamp>", "2024-10-08"),
        ("<TimeSpan><begin>2024-10</begin><end>2024-11-03</end></TimeSpan>", "2024-10/2024-11-03"),
        ("<TimeSpan><begin>2024-10</begin></TimeSpan>", "2024-10/.."),
        ("<TimeSpan><end>2024-10</end></TimeSpan>", "../2024-10"),
        ("<TimeSpan><begin>2024-10</begin><end>2024-10</end></TimeSpan>", "2024-10"),
        ("<TimeStamp><when>last week</when></TimeStamp>", "last week"),
        ("<TimeSpan/>", None),
        ("<LookAt><TimeStamp><when>2024</when></TimeStamp></LookAt>", None),
    ],
)
def test_a_time_keeps_its_precision(tmp_path: Path, inside: str, time: str | None) -> None:
    assert one(tmp_path, inside).values.get("time") == time


def test_a_folders_time_is_that_of_what_is_in_it_and_said(tmp_path: Path) -> None:
    own = "<Placemark><TimeStamp><when>2023</when></TimeStamp></Placemark>"
    span = "<TimeSpan><begin>2024</begin><end>2024</end></TimeSpan>"
    table = read(tmp_path, f"<Folder>{span}<Placemark/>{own}</Folder><Placemark/>")
    assert [row.values.get("time") for row in table.rows] == ["2024", "2023", None]
    assert table.notes == ("placemark 1: the time is that of the folder around it",)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain, 3 < 4", "plain, 3 < 4"),
        ("<table><tr><td>Ship</td><td>Ropucha</td></tr><tr><td>No</td><td>2</td></tr></table>", "Ship Ropucha\nNo 2"),
        ("a<script>alert(1)</script>b<style>p{}</style>", "ab"),
        ('<a href="https://example.org">https://example.org</a>', "https://example.org"),
        ("R&amp;D &lt;b&gt;", "R&D <b>"),
        ("<br><br>", None),
    ],
)
def test_a_description_is_text_without_its_tags(html: str, text: str | None) -> None:
    assert kml.plain_text(html) == text


def test_coordinates_as_people_write_them(tmp_path: Path) -> None:
    loose = "<Point><coordinates>\n 132.355, 42.897, 0\n</coordinates></Point>"
    assert one(tmp_path, loose).geometry == {"type": "Point", "coordinates": [132.355, 42.897]}
    ring = "<LinearRing><coordinates>1,2 3,2 3,4</coordinates></LinearRing>"
    assert one(tmp_path, f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>").geometry == {
        "type": "Polygon",
        "coordinates": [[[1.0, 2.0], [3.0, 2.0], [3.0, 4.0], [1.0, 2.0]]],
    }
    assert one(tmp_path, "<Point><coordinates/></Point>").geometry is None
    broken = one(tmp_path, "<Point><coordinates>132.355,N42</coordinates></Point>").geometry
    assert broken == {"type": "Point", "coordinates": "132.355,N42"}


def test_a_prefix_that_was_never_declared_is_read_all_the_same(tmp_path: Path) -> None:
    """Files of older exporters use gx: without its namespace."""
    track = "<gx:Track><when>2024</when><gx:coord>132 42 0</gx:coord></gx:Track>"
    assert one(tmp_path, track) == Row(1, {"time": "2024"}, {"type": "Point", "coordinates": [132.0, 42.0]})


def test_a_placemark_of_ours_is_its_data_alone(tmp_path: Path) -> None:
    ours = {"site": "dunay", "date": "2024-10", "outcome": "seen", "basis": "own", "method": "optical"}
    ours |= {"revision": "1", "status": "draft"}
    data = "".join(f'<Data name="{name}"><value>{value}</value></Data>' for name, value in ours.items())
    table = read(
        tmp_path,
        f"<Folder><name>2024</name><Placemark><name>October 2024: a ship</name><description>x</description>"
        f"<styleUrl>#a</styleUrl><ExtendedData>{data}</ExtendedData></Placemark></Folder>",
    )
    assert [row.values for row in table.rows] == [ours]
    assert (table.columns, table.fields) == (tuple(ours), {})


def test_windows_cyrillic_is_read_by_its_declaration_or_by_the_option(tmp_path: Path) -> None:
    body = "<kml><Placemark><name>пирс</name></Placemark></kml>"
    declared = f'<?xml version="1.0" encoding="windows-1251"?>{body}'.encode("cp1251")
    assert [row.values for row in read(tmp_path, declared).rows] == [{"name": "пирс"}]
    assert [row.values for row in read(tmp_path, body.encode("cp1251"), encoding="cp1251").rows] == [{"name": "пирс"}]
    with pytest.raises(UnreadableFile, match=r"a.kml:1: "):
        read(tmp_path, body.encode("cp1251"))


# --- hostile files


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><kml><Placemark><name>&j;</name></Placemark></kml>"
)
EXTERNAL = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml><Placemark><name>&x;</name></Placemark></kml>'


@pytest.mark.parametrize("content", [BOMB, EXTERNAL, '<!DOCTYPE kml SYSTEM "http://example.org/x.dtd"><kml/>'])
def test_a_doctype_is_refused_before_anything_in_it_is_read(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableFile, match=r"a\.kml:1: has a DOCTYPE, in which entities can be hidden"):
        read(tmp_path, content.encode())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{HEAD}<Placemark><name>Ropu", "is not whole XML"),
        (HEAD + "<Folder>" * 300, "has more than 200 elements inside one another"),
        ("<html><body/></html>", "is XML, but not KML"),
        (f"{HEAD}<Placemark>&nbsp;</Placemark></kml>", "undefined entity"),
        ('<?xml version="1.0" encoding="klingon"?><kml/>', "encoding"),
    ],
)
def test_what_cannot_be_read_says_what(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        read(tmp_path, content.encode())


def test_a_kmz_that_unpacks_to_far_more_than_it_is_stops_at_the_limit(tmp_path: Path) -> None:
    """Two hundred times its packed size: a file of 2 GB is never unpacked further than that."""
    path = zipped(tmp_path, doc__kml=HEAD.encode() + b" " * (32 * 2**20))
    assert path.stat().st_size < 50_000
    with pytest.raises(UnreadableFile, match="would be 32 MB when unzipped"):
        kml.read(path, Options())


def test_a_kmz_whose_directory_lies_about_its_size_is_not_believed(tmp_path: Path) -> None:
    path = zipped(tmp_path, doc__kml=HEAD.encode() + b" " * (32 * 2**20))
    data = path.read_bytes()
    # The size before packing, in the local header and in the directory.
    size = struct.pack("<I", len(HEAD) + 32 * 2**20)
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, struct.pack("<I", 1000)))
    with pytest.raises(UnreadableFile):
        kml.read(path, Options())


def test_of_a_kmz_only_its_kml_is_read_and_no_path_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../evil.kml", f"{HEAD}<Placemark><name>far</name></Placemark></kml>")
        archive.writestr("files/chip.png", b"\x89PNG")
        archive.writestr("doc.kml", f"{HEAD}<Placemark><name>near</name></Placemark></kml>")
    table = kml.read(path, Options())
    assert [row.values for row in table.rows] == [{"name": "near"}]
    assert table.notes == ("of 2 KML files doc.kml was read, not ../../evil.kml: --sheet names another",)
    assert [row.values for row in kml.read(path, Options(sheet="1")).rows] == [{"name": "far"}]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.kmz"]
    with pytest.raises(InvalidValue, match=r"no KML 'x'; allowed: ../../evil.kml, doc.kml"):
        kml.read(path, Options(sheet="x"))


def test_a_zip_without_a_kml_and_half_a_kmz_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, a__txt="x")
    with pytest.raises(UnreadableFile, match="is a zip without a KML in it"):
        kml.read(path, Options())
    path.write_bytes((FIXTURES / "simplekml.kmz").read_bytes()[:600])
    with pytest.raises(UnreadableFile, match="is no whole zip file"):
        kml.read(path, Options())

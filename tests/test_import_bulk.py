"""Import of many rows: the same records, the same refusals and the same words as of one, by columns."""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resight import Logbook
from resight.cli import main
from resight.exchange.intake import content

FIELDS = ("When", "site", "platform", "count", "longitude", "latitude", "image_id", "cloud_pct", "note", "activity")
DUNAY = ("132.355", "42.897")


def run(book: Logbook, *arguments: str) -> Result:
    result = CliRunner().invoke(main, [*arguments, "--logbook", str(book.folder)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def new_book(folder: Path) -> Logbook:
    return Logbook.create(folder, empty=True)


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], names: Sequence[str] = FIELDS) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def said(book: Logbook) -> list[tuple[str | None, bytes]]:
    return sorted((record.id, content(record)) for record in book.read(withdrawn=True).records)


def refused(path: Path) -> list[str]:
    rejects = path.with_name(f"{path.name}.rejected.csv")
    lines = rejects.read_text(encoding="utf-8-sig").splitlines() if rejects.exists() else []
    rejects.unlink(missing_ok=True)
    return lines


def both(folder: Path, rows: Sequence[Mapping[str, str]], *options: str, times: int = 1) -> tuple[Logbook, Logbook]:
    """A file imported in either way, held against each other."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    books = new_book(folder / "one"), new_book(folder / "many")
    path = write_csv(folder / "rows.csv", rows)
    for _ in range(times):
        one = run(books[0], "import", str(path), "--set", "basis=own", *options)
        of_one = refused(path)
        many = run(books[1], "import", str(path), "--set", "basis=own", "--bulk", *options)
        assert refused(path) == of_one
        assert many.output == one.output
        assert many.exit_code == one.exit_code
        assert said(books[1]) == said(books[0])
    assert not list((books[1].folder / "observations").glob("*.geojson"))
    return books


cells = {
    "When": st.sampled_from(
        ["2025-05-18", "18 May 2025", "2025-05", "2025-05-18~", "2025-05-18T22:10:00Z", "2031-01-01", "soon", ""]
    ),
    "site": st.sampled_from(["dunay", "Дунай", "sunan", "Sunan ", "nowhere", ""]),
    "platform": st.sampled_from(
        [
            "ropucha-class",
            "Ропуча",
            "2 cargo ships",
            "Nikolay Vilkov",
            "il-76; tu-204",
            "cargo-ship:Lady R",
            "nothing",
            "cloud",
            "ropuhca",
            "",
        ]
    ),
    "count": st.sampled_from(["1", "2", "at least 2", "about 300", "0", "-1", "many", ""]),
    "longitude": st.sampled_from([DUNAY[0], "132,355", "0", "400", "132.355E", "east", ""]),
    "latitude": st.sampled_from([DUNAY[1], "42.897N", "0", "north", ""]),
    "image_id": st.sampled_from(["a", " b ", ""]),
    "cloud_pct": st.sampled_from(["20", "20 %", "120", "1,234", "-3", ""]),
    "note": st.sampled_from(["bow to the north", "=1+1", "two\nlines", ""]),
    "activity": st.sampled_from(["docked", "Docked", "dancing", ""]),
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=8), options=st.sampled_from([(), ("--anyway",)])
)
def test_many_rows_become_what_each_would_become_alone(
    tmp_path: Path, rows: list[dict[str, str]], options: tuple[str, ...]
) -> None:
    both(tmp_path / "books", rows, *options, times=2)

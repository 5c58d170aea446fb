"""The published set, imported with its mapping, is the shipped records but for a list made by hand."""

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from resight import Logbook, Observation
from resight.cli import main
from resight.observation import PROPERTY_NAMES

ROOT = Path(__file__).parents[1]
SET = ROOT.parent / "shared" / "reference" / "published-sightings.csv"
MAPPINGS = ROOT / "seeds" / "mappings"
BY_HAND = MAPPINGS / "published-sightings-by-hand.csv"
#: Made when a record is logged, or follows from another field.
OF_THE_LOG = {"id", "analyst", "logged_at", "earliest", "latest"}

pytestmark = pytest.mark.skipif(not SET.exists(), reason=f"{SET} is not at hand")


def said(record: Observation) -> dict[str, Any]:
    return {name: value for name, value in record.to_feature()["properties"].items() if name not in OF_THE_LOG}


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def by_row(records: list[Observation]) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = defaultdict(list)
    for record in records:
        found[record.tags[0]].append(record)
    return found


def differences(imported: list[Observation], shipped: list[Observation]) -> list[tuple[str, str, str, str, str]]:
    """Row, shipped record, field, imported value, shipped value; a record that no row gives has no field."""
    found = []
    ours = by_row(imported)
    for row, records in by_row(shipped).items():
        left = [said(record) for record in ours.pop(row, [])]
        # Those that agree most belong together.
        pairs = sorted(
            ((sum(given.get(n) == said(r).get(n) for n in PROPERTY_NAMES), -i, -j)
             for i, r in enumerate(records) for j, given in enumerate(left)), reverse=True)  # fmt: skip
        partner: dict[int, int] = {}
        for _, i, j in pairs:
            if -i not in partner and -j not in partner.values():
                partner[-i] = -j
        for number, record in enumerate(records):
            if number not in partner:
                found.append((row, record.id or "", "", "", "a record of its own"))
                continue
            given = left[partner[number]]
            found += [
                (row, record.id or "", name, as_text(given.get(name)), as_text(said(record).get(name)))
                for name in PROPERTY_NAMES
                if given.get(name) != said(record).get(name)
            ]
        assert len(left) <= len(records), f"{row} gives more records than are shipped"
    assert not ours, "rows that no shipped record names"
    return sorted(found)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Logbook:
    folder = tmp_path_factory.mktemp("published")
    book = Logbook.create(folder / "book", empty=True)
    table = folder / SET.name
    table.write_bytes(SET.read_bytes())
    words = ["--logbook", str(book.folder), "import", str(table)]
    done = CliRunner().invoke(main, [*words, "--mapping", str(MAPPINGS / "published-sightings.toml")])
    assert done.exit_code == 0, done.output
    assert not list(folder.glob("*.rejected*"))
    return book


def test_every_row_gives_its_records_but_for_what_was_judged_by_hand(imported: Logbook) -> None:
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        listed = [tuple(row[:5]) for row in list(csv.reader(file))[1:]]
    assert differences(imported.read().records, Logbook(ROOT).read().records) == listed


def test_every_judgement_has_its_reason() -> None:
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        assert [row for row in csv.DictReader(file) if not row["reason"].strip()] == []


def test_a_new_logbook_has_the_mapping_as_an_example(imported: Logbook) -> None:
    copies = sorted(path.name for path in (imported.folder / "seeds" / "mappings").iterdir())
    assert copies == ["published-sightings-by-hand.csv", "published-sightings.toml"]


def test_importing_the_set_again_adds_nothing(imported: Logbook, tmp_path: Path) -> None:
    before = imported.read().records
    table = tmp_path / "again.csv"
    table.write_bytes(SET.read_bytes())
    words = ["--logbook", str(imported.folder), "import", str(table)]
    done = CliRunner().invoke(main, [*words, "--mapping", str(MAPPINGS / "published-sightings.toml")])
    assert done.exit_code == 0
    assert f"0 records added, {len(before)} already there." in done.stdout
    assert imported.read().records == before

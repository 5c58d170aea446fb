"""The pages of very many records: what each says is what it says where all records are compared as objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from click.testing import Result
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from resight import Logbook, bulk, comparison, linkage, studies, thinning
from resight.columns import Columns
from resight.frame import of_columns, to_frame
from resight.links import Links
from resight.logbook import Reading
from resight.observation import Observation, Site
from resight.overview import overview_page
from resight.selection import Selection
from resight.sitepage import site_page
from resight.study import Study, up_to
from resight.vocabulary import Vocabulary
from test_bulk import YEARS, two_years
from test_evidence import SITES as EVIDENCE_SITES
from test_evidence import WORDS

Run = Callable[..., Result]


class Book:
    """What the studies ask of a logbook, of records in memory."""

    def __init__(self, records: Sequence[Observation], sites: Mapping[str, Site], vocabulary: Vocabulary) -> None:
        self.records, self.sites, self.vocabulary = records, sites, vocabulary

    def frame(self, columns: Sequence[str]) -> GeoDataFrame:
        return of_columns(to_frame(self.records), columns)

    def read(self, sites: Collection[str]) -> Reading:
        return Reading([record for record in self.records if record.site in sites], [])

    def records_of(self, ids: Iterable[str]) -> list[Observation]:
        wanted = set(ids)
        return [record for record in self.records if record.id in wanted]

    def digest(self, records: object) -> str:
        return f"{len(cast(Sequence[Observation], records))} records"

    def basemap(self) -> dict[str, Any]:
        return {}


def both(records: Sequence[Observation], sites: Mapping[str, Site]) -> tuple[studies.OfRecords, studies.OfColumns]:
    ordered = sorted(records, key=lambda record: (*record.bounds, record.id or ""))
    book = Book(ordered, sites, WORDS)
    repeats = comparison.repeats(ordered, **YEARS, vocabulary=WORDS, sites=sites)
    ids = frozenset(record.id or "" for record in ordered)
    told = Study(ids, repeats, sites, WORDS, {}, book.digest(ordered), up_to(ordered))
    few = studies.OfRecords(studies.Page(ordered, to_frame(ordered), told))
    many = studies.OfColumns(cast(Logbook, book), cast(Selection, ordered), **YEARS)
    return few, many


def same_pages(records: Sequence[Observation], sites: Mapping[str, Site]) -> None:
    few, many = both(records, sites)
    for site in sites.values():
        one, other = ([page.frame, site, page.study] for page in (few.page(site.id), many.page(site.id)))
        assert site_page(*other) == site_page(*one)
    page = many.overview()
    of_few = few.overview()
    assert overview_page(page.frame, page.study, Links()) == overview_page(of_few.frame, of_few.study, Links())


@settings(deadline=None, max_examples=100)
@given(two_years(), st.booleans())
def test_every_page_says_what_it_says_of_few(records: list[Observation], watched: bool) -> None:
    # Watched together sites are one scope, else each is its own.
    sites = {name: site.model_copy(update={"watched": watched}) for name, site in EVIDENCE_SITES.items()}
    same_pages(records, sites)


def test_the_command_writes_the_same_pages(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: Logbook
) -> None:
    assert run("export", "--output", str(tmp_path / "all.parquet"), folder=book.folder).exit_code == 0
    many = tmp_path / "many"
    assert run("init", str(many), "--empty").exit_code == 0
    assert run("import", str(tmp_path / "all.parquet"), "--bulk", "--logbook", str(many)).exit_code == 0
    written = []
    for most in (studies.MANY, 0):
        monkeypatch.setattr(studies, "MANY", most)
        folder = tmp_path / f"pages-{most}"
        assert run("map", "--all", "--output", str(folder), folder=many).exit_code == 0
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(written[0]) > 10
    assert written[0] == written[1]


def crowd() -> list[Observation]:
    """A year of one site with two matches, many sightings that are not compared, and looks that found nothing."""
    rows: list[dict[str, Any]] = [
        {"date": f"{year}-05-{2 + 20 * n:02}", "platform": "ropucha-class", "platform_name": name, "count": 1}
        for year in (2024, 2025)
        for n, name in enumerate(("Oslyabya", "Peresvet"))
    ]
    days = [date(year, 1, 1) + timedelta(days=3 * n) for year in (2024, 2025) for n in range(100)]
    # From the ground: shown, not compared.
    rows += [{"date": day.isoformat(), "platform": "cargo-ship", "method": "ground"} for day in days]
    rows += [{"date": day.isoformat(), "outcome": "not-seen"} for day in days[::2]]
    rows += [{"date": day.isoformat(), "outcome": "cannot-tell"} for day in days[::3]]
    rows += [{"date": "2019-05-06", "platform": "cargo-ship"}]
    return [Observation.model_validate({"id": f"r{n}", "site": "dunay", **row}) for n, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("most", "kept"),
    [
        # Matches alone, more than fit; then sightings, half of them; then all of these and some looks.
        (2, {"named": 4}),
        (104, {"named": 4, "seen": 100}),
        (254, {"named": 4, "seen": 200, "not": 50}),
        (10_000, {"named": 4, "seen": 201, "not": 167}),
    ],
)
def test_a_page_of_a_crowd_tells_the_important_and_says_so(
    monkeypatch: pytest.MonkeyPatch, most: int, kept: dict[str, int]
) -> None:
    monkeypatch.setattr(thinning, "MOST", most)
    records = crowd()
    few, many = both(records, EVIDENCE_SITES)
    pages = [
        site_page(page.frame, EVIDENCE_SITES["dunay"], page.study) for page in (few.page("dunay"), many.page("dunay"))
    ]
    assert pages[0] == pages[1]
    (data, _) = pages
    by_id = {record.id: record for record in records}
    shown = [by_id[identifier] for identifier in data["records"]["columns"]["id"]["are"]]
    found = Counter("named" if r.platform_name else "seen" if r.outcome == "seen" else "not" for r in shown)
    assert found == kept
    said = [text for text in data["asides"] if "are shown" in text]
    assert (
        said
        == [
            f"Of 372 records here {len(shown)} are shown: all that resemble or repeat one of the other year, then "
            "sightings of 2025 and 2024, named ones first, then the rest; what does not fit whole is taken evenly over "
            "the days. The counts are of all of them, and `resight list --site dunay` has every one."
        ][: len(shown) < 372]
    )
    # What is counted is counted of all.
    monkeypatch.setattr(thinning, "MOST", 10_000)
    whole = site_page(few.whole.frame, EVIDENCE_SITES["dunay"], few.whole.study)
    assert (data["lead"], data["time"]["years"], data["map"]["badges"]) == (
        whole["lead"],
        whole["time"]["years"],
        whole["map"]["badges"],
    )
    assert [text for text in data["asides"] if "are shown" not in text] == whole["asides"]


def test_what_does_not_fit_whole_is_taken_evenly_over_the_days() -> None:
    frame = to_frame([record for record in crowd() if record.platform == "cargo-ship" and record.year > 2019])
    repeats = comparison.repeats([], **YEARS, vocabulary=WORDS, sites=EVIDENCE_SITES)
    places = thinning.kept(Columns(frame, repeats), frozenset(), 50)
    assert len(places) == 50
    assert {after - before for before, after in pairwise(places)} == {4, 5}


@settings(deadline=None, max_examples=100)
@given(two_years())
def test_what_is_alike_is_told_without_looking_at_every_pair(records: list[Observation]) -> None:
    found = bulk.compared(to_frame(records), **YEARS, vocabulary=WORDS, sites=EVIDENCE_SITES)
    for one in found.scopes:
        _, to_then = one.closest()
        left = np.flatnonzero(to_then >= 0)
        expected = left[one.factors(to_then[left], left)["finding"] != "same kind"]
        is_alike = linkage.alike(one.weighed, one.near)
        is_alike[one.ends[1]] = False
        assert np.flatnonzero(is_alike).tolist() == expected.tolist()

"""A large baseline held as numbers: the answer is that of all its records, and what is kept fits or is made anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from datetime import date as Day
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resight import answer, bulk, episodes, evidence, geodesy, hindsight
from resight.evidence import Precedent
from resight.frame import to_frame
from resight.logbook import Logbook
from resight.observation import Observation, build
from test_evidence import PLATFORMS, SCOPE, SITES, WORDS, assert_same, record

NOW = datetime(2026, 11, 23, tzinfo=UTC)
#: 2 km are about a fiftieth of a degree: some of these lie within it of one another, whatever their site.
PLACES = [None, (132.30, 42.90), (132.31, 42.90), (132.31, 42.91), (133.00, 42.90)]


@st.composite
def a_year(draw: st.DrawFn, year: int, most: int) -> list[Observation]:
    found = []
    for number in range(draw(st.integers(0, most))):
        month, day = draw(st.integers(2, 11)), draw(st.integers(1, 28))
        name, place = draw(st.sampled_from([None, "Oslyabya", "Peresvet"])), draw(st.sampled_from(PLACES))
        more: dict[str, Any] = {
            "site": draw(st.sampled_from(SCOPE)),
            "platform_name": name,
            "activity": draw(st.sampled_from([None, "docked", "loading", "present"])),
            "operator": draw(st.sampled_from([None, "Air Koryo", "Russia"])),
            "image_id": f"image {number}",
            "geometry": {"type": "Point", "coordinates": place} if place else None,
        }
        if draw(st.booleans()):
            more |= {"hedge": "likely", "hedge_on": "platform_name" if name else "platform"}
        when = draw(st.sampled_from([f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day:02}"]))
        found.append(record(f"y{year}-{number}", when, draw(st.sampled_from(PLATFORMS)), **more))
    return found


def held(records: Sequence[Observation]) -> hindsight.Hindsight:
    return hindsight._of_frame(bulk.episodes(to_frame(records), WORDS), 2024)


def told(answered: Precedent) -> list[evidence.Pair]:
    """The best pair, and all others at its place of the same type or closer."""
    best, *others = answered.pairs
    return [best, *(p for p in others if p.same_place and p.finding not in ("same kind", "other"))]


@settings(deadline=None)
@given(a_year(2024, 6), a_year(2025, 3))
def test_the_answer_is_that_of_all_records(then: list[Observation], now: list[Observation]) -> None:
    for one in now:
        # Of this year an answer rests on the site alone.
        here = [r for r in now if r.site == one.site]
        whole = evidence.precedent(
            one.id or "",
            [*then, *here],
            scope=SCOPE,
            baseline_years=[2024],
            vocabulary=WORDS,
            sites=SITES,
            same_place=geodesy.same_place,
        )
        few = hindsight.precedent(
            one.id or "",
            [*(r for r in then if r.site == one.site), *here],
            held(then),
            lambda name: episodes.find([r for r in then if r.site == name], WORDS),
            scope=SCOPE,
            baseline_year=2024,
            vocabulary=WORDS,
            sites=SITES,
        )
        assert (whole is None) == (few is None)
        if whole is not None and few is not None:
            assert (few.episode, few.rivals, bool(few.pairs)) == (whole.episode, whole.rivals, bool(whole.pairs))
            if whole.pairs:
                assert_same(few.pairs, told(whole))


# --- what is kept


def seen(day: str, site: str = "dunay", platform: str = "tapir-class", **more: Any) -> Observation:
    return build(Observation, {"site": site, "date": day, "platform": platform, **more})


@pytest.fixture
def two_years(empty_book: Logbook) -> Logbook:
    """Sightings at two watched sites, some about New Year."""
    for day, site in (
        ("2023-12-20", "dunay"),
        ("2024-05-18", "dunay"),
        ("2024-05-20", "nakhodka"),
        ("2024-12-30", "nakhodka"),
        ("2025-01-04", "nakhodka"),
        ("2025-06-01", "dunay"),
    ):
        empty_book.add(seen(day, site), now=NOW)
    return Logbook(empty_book.folder)


AROUND = Day(2023, 12, 1), Day(2025, 1, 31)
GROUP = ("dunay", "nakhodka")


def made_anew(monkeypatch: pytest.MonkeyPatch, book: Logbook) -> bool:
    """Are the records read for it, rather than what was kept?"""
    asked: list[bool] = []
    episodes_of = bulk.episodes

    def noticed(*given: Any, **how: Any) -> Any:
        asked.append(True)
        return episodes_of(*given, **how)

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "episodes", noticed)
        found = hindsight.of(Logbook(book.folder), 2024, AROUND, GROUP)
    frame = book.frame(between=AROUND, sites=set(GROUP))
    fresh = hindsight._of_frame(episodes_of(frame, book.vocabulary), 2024)
    assert [c.tolist() for c in found.side] == [c.tolist() for c in fresh.side]
    assert [c.tolist() for c in found.positions] == [c.tolist() for c in fresh.positions]
    assert found._replace(side=fresh.side, positions=fresh.positions) == fresh
    return bool(asked)


def test_a_baseline_is_kept_until_something_of_it_changes(two_years: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made_anew(monkeypatch, two_years)
    assert not made_anew(monkeypatch, two_years)
    book = Logbook(two_years.folder)
    # What is logged this year after January is no part of it, nor is another site.
    book.add(seen("2025-07-01"), now=NOW)
    book.add(seen("2024-07-01", "rajin"), now=NOW)
    first = made_anew(monkeypatch, two_years)
    assert not made_anew(monkeypatch, two_years)
    # The year file is known as a whole: a record of another site may be read for, needlessly.
    assert first
    book.add(seen("2025-08-01"), now=NOW)
    assert not made_anew(monkeypatch, two_years)
    book.add(seen("2025-01-09", "nakhodka"), now=NOW)
    assert made_anew(monkeypatch, two_years)
    book.amend("dunay-2024-05-18-tapir-class", activity="docked", now=NOW)
    assert made_anew(monkeypatch, two_years)
    book.withdraw("nakhodka-2024-05-20-tapir-class", why="Not so.", now=NOW)
    assert made_anew(monkeypatch, two_years)
    words = two_years.folder / "seeds" / "vocabulary.toml"
    words.write_text(words.read_text() + "\n# looked through\n")
    assert made_anew(monkeypatch, two_years)
    assert not made_anew(monkeypatch, two_years)


@pytest.mark.parametrize("harm", ["cut", "flipped", "of another"])
def test_what_was_kept_and_is_broken_is_made_anew(
    two_years: Logbook, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    made_anew(monkeypatch, two_years)
    (kept,) = (two_years.folder / ".resight").glob("*.hindsight")
    raw = kept.read_bytes()
    hindsight.of(two_years, 2025, (Day(2024, 12, 1), Day(2026, 1, 31)), GROUP)
    (other,) = set((two_years.folder / ".resight").glob("*.hindsight")) - {kept}
    harmed = {"cut": raw[: len(raw) // 2], "flipped": raw[:-1] + bytes([raw[-1] ^ 1]), "of another": other.read_bytes()}
    kept.write_bytes(harmed[harm])
    assert made_anew(monkeypatch, two_years)
    assert not made_anew(monkeypatch, two_years)


def test_a_folder_that_takes_nothing_is_answered_all_the_same(two_years: Logbook) -> None:
    own: Path = two_years.folder / ".resight"
    before = hindsight.of(two_years, 2024, AROUND, GROUP)
    for kept in own.glob("*.hindsight"):
        kept.unlink()
        kept.mkdir()
    assert len(hindsight.of(two_years, 2024, AROUND, GROUP).side) == len(before.side) > 0


days = st.sampled_from(
    ["2023-12-15", "2024-01-05", "2024-05-18", "2024-05", "2024", "2024-12-28", "2025-01-03", "2025-05-20", "2025-06"]
)
sightings = st.builds(
    lambda day, site, platform, name: seen(day, site, platform, platform_name=name, count=1 if name else None),
    days,
    st.sampled_from(["dunay", "nakhodka", "sunan", "rajin"]),
    st.sampled_from(["tapir-class", "ropucha-class", "landing-ship", "ship"]),
    st.sampled_from([None, None, "Oslyabya"]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(sightings, min_size=1, max_size=8))
def test_a_large_logbook_answers_as_a_small_one(
    tmp_path_factory: pytest.TempPathFactory, logged: list[Observation]
) -> None:
    book = Logbook.create(tmp_path_factory.mktemp("kept") / "book", empty=True)
    for one in logged:
        (added,) = book.add(one, anyway=True, now=NOW)
        said = []
        for many in (10**9, 0):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(answer, "MANY", many)
                said.append(answer.to(added, Logbook(book.folder)))
        assert said[0] == said[1]

"""Episodes and matches of GeoDataFrames: the same as of records, and frames that somebody else made."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import geopandas
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point
from threadpoolctl import threadpool_limits

from resight import bulk, compared, comparison, episodes, evidence, linkage, synthetic
from resight.errors import InvalidValue
from resight.frame import to_frame, to_records
from resight.logbook import Logbook
from resight.observation import Observation
from test_evidence import PLATFORMS, SITES, WORDS, record

REPOSITORY = Path(__file__).parents[1]
EVERYWHERE = ("dunay", "nakhodka", "sunan", "rajin")
YEARS: dict[str, Any] = {"year": 2025, "baseline_years": [2024]}


@st.composite
def two_years(draw: st.DrawFn) -> list[Observation]:
    """Records with everything that merging and matching rest on, close enough together to merge."""
    records: list[Observation] = []
    for number in range(draw(st.integers(0, 14))):
        year, month, day = draw(st.sampled_from([2024, 2025])), draw(st.integers(1, 2)), draw(st.integers(1, 9))
        vague = [f"{year}-{month:02}", f"{year}", f"{year}-12-30/{year + 1}-01-02"]
        when = draw(st.sampled_from([*[f"{year}-{month:02}-{day:02}"] * 5, *vague]))
        more: dict[str, Any] = {"site": draw(st.sampled_from(EVERYWHERE[:2])), "image_id": None}
        more["image_id"] = draw(st.sampled_from([None, None, "scene"]))
        platform = draw(st.sampled_from(PLATFORMS))
        if draw(st.integers(0, 9)) == 0:
            wanted = draw(st.sampled_from([None, platform]))
            records.append(record(f"r{number}", when, wanted, outcome="not-seen", **more))
            continue
        optional: dict[str, list[Any]] = {
            "platform_name": ["Oslyabya", "Peresvet"],
            "operator": ["Air Koryo", "air koryo", "Russia"],
            "activity": ["docked", "loading", "present"],
            "berth": ["North", "north", "South"],
            "length_m": [100.0, 105.0, 130.0],
            "sources": [[{"published_by": "NK News", "url": f"https://example.org/{n}"}] for n in "ab"],
            "geometry": [{"type": "Point", "coordinates": [132.3 + step, 42.9]} for step in (0, 0.01, 0.05)],
            "method": ["radar", "flight-tracking"],
            "context": [True],
            "relates": [[{"id": "r0", "how": "same-event"}]],
        }
        for name, values in optional.items():
            if draw(st.integers(0, 2)) == 0 and not (name == "relates" and number == 0):
                more[name] = draw(st.sampled_from(values))
        hedged = [name for name in ("platform_name", "operator", "activity") if name in more]
        if draw(st.integers(0, 3)) == 0:
            more |= {"hedge": "likely", "hedge_on": draw(st.sampled_from(["platform", *hedged]))}
        records.append(record(f"r{number}", when, platform, **more))
    return records


def as_row(episode: episodes.Episode) -> tuple[Any, ...]:
    steps = evidence.steps_of(episode)
    return (
        episode.id,
        episode.site,
        " > ".join(episode.path),
        steps[-1].removeprefix("=") if len(steps) > len(episode.path) else None,
        episode.operator,
        ", ".join(sorted(episode.activities)),
        *(day.isoformat() for day in episode.time),
        len(episode.sightings),
        None if episode.geometry is None else tuple(episode.geometry["coordinates"]),  # type: ignore[arg-type]
    )


def rows_of(found: geopandas.GeoDataFrame) -> list[tuple[Any, ...]]:
    told = found.assign(first=found["first"].dt.date.astype(str), last=found["last"].dt.date.astype(str))
    return [
        (*(None if pd.isna(value) else value for value in row[:-1]), None if row[-1] is None else row[-1].coords[0])
        for row in told.itertuples(name=None)
    ]


def looked_at(records: Sequence[Observation]) -> geopandas.GeoDataFrame:
    """The records with no other columns than those that are said to be looked at."""
    return to_frame(records)[[*bulk.COLUMNS, "geometry"]]


@settings(deadline=None, max_examples=150)
@given(two_years(), st.sampled_from([1, 4, 1 << 16]))
def test_the_episodes_of_a_frame_are_those_of_its_records(records: list[Observation], at_once: int) -> None:
    expected = [as_row(episode) for episode in episodes.find(records, WORDS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "_AT_ONCE", at_once)
        assert rows_of(bulk.episodes(looked_at(records), WORDS)) == expected


def ends(found: geopandas.GeoDataFrame) -> dict[tuple[str, str], tuple[str, float, float]]:
    rows = found[["baseline", "finding", "bits", "posterior"]].itertuples(name=None)
    return {(baseline, current): (finding, bits, posterior) for current, baseline, finding, bits, posterior in rows}


@settings(deadline=None, max_examples=60)
@given(two_years())
def test_the_matches_of_a_frame_are_those_of_its_records(records: list[Observation]) -> None:
    known: dict[str, Any] = {"vocabulary": WORDS, "sites": SITES, "scope": EVERYWHERE}
    expected = comparison.repeats(records, **YEARS, **known).watched.matches
    found = ends(bulk.matches(looked_at(records), **YEARS, **known))
    assert found.keys() == {(p.baseline.id, p.current.id) for p in expected}
    for pair in expected:
        finding, bits, posterior = found[pair.baseline.id, pair.current.id]
        assert finding == pair.finding
        assert [bits, posterior] == pytest.approx([pair.bits, pair.posterior])


def test_the_shipped_logbook_gives_the_matches_of_the_report() -> None:
    book = Logbook(REPOSITORY)
    known: dict[str, Any] = {"vocabulary": book.vocabulary, "sites": book.sites}
    watched = [identifier for identifier, site in book.sites.items() if site.watched]
    expected = comparison.repeats(book.read().records, **YEARS, **known).watched.matches
    found = bulk.matches(book.frame(), **YEARS, **known, scope=watched)
    assert list(zip(found["baseline"], found.index, strict=True)) == [(p.baseline.id, p.current.id) for p in expected]
    assert found["bits"].tolist() == pytest.approx([p.bits for p in expected])
    factors = found[["place", "platform", "activity", "season"]].sum(axis=1)
    assert factors.tolist() == pytest.approx(found["bits"].tolist())


# --- frames of others


def detections(rows: Sequence[tuple[str, str, str, str]], **more: Any) -> geopandas.GeoDataFrame:
    """A bare frame: id, site, day, platform."""
    ids, site, day, platform = zip(*rows, strict=True)
    days = pd.to_datetime(list(day))
    columns = {"site": list(site), "earliest": days, "latest": days, "platform": list(platform), **more}
    return geopandas.GeoDataFrame(columns, index=list(ids), geometry=[None] * len(ids), crs="EPSG:4326")


BARE = detections(
    [
        ("a", "somewhere", "2024-05-18", "ropucha-class"),
        ("b", "elsewhere", "2024-07-01", "il-76"),
        ("c", "somewhere", "2025-05-20", "ropucha-class"),
        ("d", "somewhere", "2025-05-22", "ropucha-class"),
    ]
)


def test_a_bare_frame_of_sites_nobody_registered() -> None:
    found = bulk.matches(BARE, **YEARS, vocabulary=WORDS, sites={})
    # c and d are one visit.
    assert list(zip(found["baseline"], found.index, found["finding"], strict=True)) == [("a", "c", "same class")]
    assert bulk.episodes(BARE, WORDS)["sightings"].to_dict() == {"a": 1, "b": 1, "c": 2}


@pytest.mark.parametrize(
    ("now", "names", "matched"),
    [
        ("ropucha-class", ("Oslyabya", "Oslyabya"), True),
        # A sister ship may come; another class may not.
        ("ropucha-class", ("Oslyabya", "Peresvet"), True),
        ("tapir-class", (None, None), False),
    ],
)
def test_a_sister_ship_matches_and_another_class_does_not(now: str, names: tuple[Any, Any], matched: bool) -> None:
    rows = [("a", "here", "2024-05-18", "ropucha-class"), ("b", "here", "2025-05-18", now)]
    frame = detections(rows, platform_name=list(names))
    assert len(bulk.matches(frame, **YEARS, vocabulary=WORDS, sites={})) == matched


def test_the_order_of_the_rows_is_irrelevant() -> None:
    how: dict[str, Any] = {**YEARS, "vocabulary": WORDS, "sites": {}}
    pd.testing.assert_frame_equal(bulk.matches(BARE.iloc[::-1], **how), bulk.matches(BARE, **how))


def test_positions_in_another_projection_are_taken_where_they_lie() -> None:
    # Two sites, 1.1 km apart: one place by their positions.
    rows = [("a", "here", "2024-05-18", "ropucha-class"), ("b", "there", "2025-05-18", "ropucha-class")]
    frame = detections(rows)
    frame.geometry = geopandas.GeoSeries([Point(132.3, 42.9), Point(132.3, 42.91)], index=frame.index, crs=4326)
    how: dict[str, Any] = {**YEARS, "vocabulary": WORDS, "sites": {}}
    assert bulk.matches(frame, **how)["place"].item() > 0
    pd.testing.assert_frame_equal(
        bulk.matches(frame.to_crs("EPSG:32652"), **how).drop(columns="geometry"),
        bulk.matches(frame, **how).drop(columns="geometry"),
    )


@pytest.mark.parametrize("left", [BARE.iloc[:0], BARE.iloc[:2], BARE.iloc[2:], BARE.assign(platform=None)])
def test_a_year_without_episodes_has_no_match(left: geopandas.GeoDataFrame) -> None:
    found = bulk.matches(left, **YEARS, vocabulary=WORDS, sites={})
    assert len(found) == 0
    assert list(found.columns) == list(bulk.matches(BARE, **YEARS, vocabulary=WORDS, sites={}).columns)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (BARE.drop(columns=["site", "platform"]), "no column 'site' and no column 'platform'"),
        (BARE.rename(index={"b": "a"}), "'a' stands on two rows"),
        (BARE.assign(earliest=pd.NaT), "is missing at 'a'"),
        (pd.DataFrame(BARE.drop(columns="geometry")), "has no geometry"),
    ],
)
def test_a_frame_that_will_not_do_is_refused_in_words(frame: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        bulk.episodes(frame, WORDS)


def test_a_year_is_not_its_own_baseline() -> None:
    with pytest.raises(InvalidValue, match="cannot be compared with itself"):
        bulk.matches(BARE, year=2025, baseline_years=[2025], vocabulary=WORDS, sites={})


# --- scope by scope


@settings(deadline=None, max_examples=80)
@given(two_years(), st.sampled_from([None, ("dunay",), ("dunay", "nakhodka", "sunan")]))
def test_the_scopes_of_a_frame_are_compared_as_those_of_its_records(
    records: list[Observation], scope: tuple[str, ...] | None
) -> None:
    # One watched site and one that is not, so that both the group and a site alone have records.
    register = {name: site.model_copy(update={"watched": name != "nakhodka"}) for name, site in SITES.items()}
    known: dict[str, Any] = {"vocabulary": WORDS, "sites": register, "scope": scope}
    expected = comparison.repeats(records, **YEARS, **known)
    found = bulk.compared(to_frame(records), **YEARS, **known)
    names = found.found.episodes.index.to_numpy()
    assert [one.scope for one in found.scopes] == [c.scope for c in expected.comparisons]
    assert set(names[found.undetermined]) == {e.id for e in expected.undetermined}
    for one, theirs in zip(found.scopes, expected.comparisons, strict=True):
        held = one.weighed.held
        for side, rows, of in (
            (held.baseline, one.then, theirs.baseline),
            (held.current, one.now, theirs.current),
        ):
            assert [*side.ids] == [*names[rows]] == [e.id for e in of]
        assert sorted(one.weighed.sizes) == sorted(theirs.sizes)
        assert (one.assume, one.learned) == (theirs.assumptions, theirs.learned)
        pairs = {(p.baseline.id, p.current.id): p for p in theirs.matches}
        then, now = (side.ids[rows] for side, rows in zip(held[:2], one.ends, strict=True))
        assert set(zip(then, now, strict=True)) == pairs.keys()
        ordered = [pairs[ends] for ends in zip(then, now, strict=True)]
        assert one.links.bits[one.matched].tolist() == pytest.approx([p.bits for p in ordered])
        assert one.links.posterior[one.matched].tolist() == pytest.approx([p.posterior for p in ordered])
        to_now, to_then = one.closest()
        likest = {i: held.current.ids[c] for i, c in zip(held.baseline.ids, to_now, strict=True) if c >= 0}
        likest |= {i: held.baseline.ids[b] for i, b in zip(held.current.ids, to_then, strict=True) if b >= 0}
        assert likest == {i: p.current.id if i == p.baseline.id else p.baseline.id for i, p in theirs.likest.items()}


@settings(deadline=None, max_examples=80)
@given(two_years())
def test_an_episode_keeps_to_the_records_it_is_made_of(records: list[Observation]) -> None:
    frame = to_frame(records)
    made = bulk.found(frame, WORDS)
    rows, begin = made.sightings()
    held = [frame.index[rows[a:b]].tolist() for a, b in pairwise(begin)]
    expected = episodes.find(records, WORDS)
    assert dict(zip(made.episodes.index, held, strict=True)) == {e.id: [s.id for s in e.sightings] for e in expected}


@settings(deadline=None, max_examples=80)
@given(two_years())
def test_shards_of_sites_hold_the_episodes_of_all_rows_at_once(records: list[Observation]) -> None:
    frame = to_frame(records)
    with patch.object(bulk, "_SHARD", 2):
        sharded = bulk.spread(frame, WORDS)
    whole = bulk.found(frame, WORDS)
    assert_geodataframe_equal(sharded.episodes, whole.episodes)
    assert sharded.place.tolist() == whole.place.tolist()
    for one, other in zip(sharded.sightings(), whole.sightings(), strict=True):
        assert one.tolist() == other.tolist()


def test_a_site_is_in_one_shard_whatever_else_there_is() -> None:
    names = [f"site-{number}" for number in range(40)]

    def shards(ids: Sequence[str]) -> list[set[str]]:
        frame = geopandas.GeoDataFrame({"site": [*ids, *ids]}, geometry=[None] * (2 * len(ids)))
        return [set(frame["site"].iloc[rows]) for rows in bulk._shards(frame, 3)]

    whole = shards(names)
    assert sum(map(len, whole)) == 40
    assert min(map(len, whole)) > 5
    assert shards(names[:20][::-1]) == [shard & set(names[:20]) for shard in whole]
    # By CRC-32, as another process and another machine have it.
    assert shards(["dunay", "wonsan", "site-0"]) == [{"site-0"}, {"wonsan"}, {"dunay"}]


def test_what_is_learned_of_a_frame_is_what_is_learned_of_its_records() -> None:
    book = synthetic.logbook(400, vocabulary=Logbook(REPOSITORY).vocabulary, sites=3)
    known: dict[str, Any] = {"vocabulary": Logbook(REPOSITORY).vocabulary, "sites": book.sites, "learn": True}
    records = to_records(book.records)
    expected = comparison.repeats(records, **YEARS, **known).watched
    one = bulk.compared(to_frame(records), **YEARS, **known).scopes[0]
    assert one.learned == expected.learned > 0
    assert linkage._flat_m(one.assume) == pytest.approx(linkage._flat_m(expected.assumptions))


def test_the_last_digits_do_not_hang_on_the_number_of_threads() -> None:
    # Enough kinds of activity that products of matrices are cut up between threads.
    made = synthetic.logbook(10_000, vocabulary=WORDS, sites=20, seed=1)
    whole = bulk.episodes(made.records, WORDS)
    groups = [tuple(made.sites)]
    with threadpool_limits(1):
        (one,) = compared.of(whole, groups, **YEARS, vocabulary=WORDS, sites=made.sites)
    with threadpool_limits(4):
        (four,) = compared.of(whole, groups, **YEARS, vocabulary=WORDS, sites=made.sites)
    assert one.links.odds.tobytes() == four.links.odds.tobytes()

"""Made-up logbooks: as many records as asked for, each of them one that can be logged, and a truth that holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resight import bulk, synthetic
from resight.frame import to_records
from resight.logbook import Logbook

WORDS = Logbook(Path(__file__).parents[1]).vocabulary


def made(number: int = 600, **how: Any) -> synthetic.Made:
    return synthetic.logbook(number, vocabulary=WORDS, **{"sites": 20, **how})


def test_as_many_records_a_year_as_asked_for_none_beyond_it() -> None:
    records = made().records
    assert records["earliest"].dt.year.value_counts().to_dict() == {2024: 600, 2025: 600}
    assert records["latest"].dt.year.value_counts().to_dict() == {2024: 600, 2025: 600}
    assert records.index.is_unique


def test_each_is_a_record_that_can_be_logged() -> None:
    records = made().records
    found = to_records(records)
    assert [record.id for record in found] == records.index.tolist()
    assert {record.outcome for record in found} == {"seen", "not-seen", "cannot-tell"}
    # Months and weeks are told by somebody else.
    assert {record.basis for record in found if record.earliest != record.latest} == {"published"}
    assert [record.earliest for record in found] == sorted(record.earliest for record in found)


def test_everything_follows_from_the_seed() -> None:
    one, again, other = made(seed=1), made(seed=1), made(seed=2)
    pd.testing.assert_frame_equal(pd.DataFrame(one.records), pd.DataFrame(again.records))
    pd.testing.assert_frame_equal(one.truth, again.truth)
    assert not one.truth.equals(other.truth)


def test_the_truth_is_of_one_hull_at_one_site_in_both_years() -> None:
    records, _, truth, _ = made()
    then, now = records.loc[truth["baseline"]], records.loc[truth["current"]]
    assert len(truth) > 50
    assert (then["earliest"].dt.year == 2024).all()
    assert (now["earliest"].dt.year == 2025).all()
    for column in ("site", "platform"):
        assert then[column].tolist() == now[column].tolist()
    named = then["platform_name"].notna() & now["platform_name"].notna().to_numpy()
    assert named.tolist() == truth["is_named"].tolist()
    assert then["platform_name"][named].tolist() == now["platform_name"][named.to_numpy()].tolist()


def test_every_sighting_is_of_a_visit_named_by_its_first() -> None:
    records, _, truth, visits = made()
    assert sorted(visits.index) == sorted(records.index[records["outcome"] == "seen"])
    first = records.loc[visits]
    for column in ("site", "platform", "activity"):
        assert records.loc[visits.index, column].fillna("").tolist() == first[column].fillna("").tolist()
    assert (records.loc[visits.index, "earliest"].to_numpy() >= first["earliest"].to_numpy()).all()
    assert set(truth["baseline"]) | set(truth["current"]) <= set(visits)
    assert visits.nunique() < len(visits)


def test_most_of_those_whose_names_are_known_are_found() -> None:
    # Where sites are so crowded that visits of unnamed ships run into each other, fewer stand under these ids.
    records, sites, truth, _ = made(2000, sites=200)
    found = bulk.matches(records, year=2025, baseline_years=[2024], vocabulary=WORDS, sites=sites)
    pairs = set(zip(found["baseline"], found.index, strict=True))
    planted = truth[truth["is_named"] & truth["is_dated"]]
    hits = sum(pair in pairs for pair in zip(planted["baseline"], planted["current"], strict=True))
    assert hits >= 0.9 * len(planted)


@pytest.mark.parametrize(("busiest", "least", "most"), [(0.0, 0.0, 0.2), (0.5, 0.4, 0.7)])
def test_one_site_may_hold_half_of_all(busiest: float, least: float, most: float) -> None:
    share = (made(busiest=busiest).records["site"] == "site-0000").mean()
    assert least < share < most


def test_all_may_be_on_one_day() -> None:
    assert made(on_one_day=True).records["date"].unique().tolist() == ["2024-01-01", "2025-01-01"]

"""Measures held against the classes, in words, and the depth of a name against the pixels of its image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cases import a_record
from conftest import REPOSITORY
from resight import checks, dimensions, merging, vocabulary
from resight.checks import Context, Located
from resight.errors import InvalidValue
from resight.logbook import Logbook

Run = Callable[..., Result]
WORDS = vocabulary.from_toml((REPOSITORY / "seeds" / "vocabulary.toml").read_text(encoding="utf-8"))
DUNAY = ("log", "dunay", "--date", "2025-11-03", "--platform", "ropucha")
#: 112.5 m × 15 m at 42.9° north, along the parallel, in WKT.
OUTLINE = "POLYGON ((132.355 42.897, 132.3563774 42.897, 132.3563774 42.897135, 132.355 42.897135, 132.355 42.897))"


def said(platform: str | None, length: float | None = None, width: float | None = None, gsd: float | None = None,
         **more: Any) -> str:  # fmt: skip
    fields = {"length_m": length, "width_m": width, "gsd_m": gsd}
    record = a_record("dunay-2025-05-18-x", platform=platform, **{k: v for k, v in fields.items() if v}, **more)
    return dimensions.sentence(vars(record), WORDS)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            said("ropucha-class", 112, gsd=2),
            "112 ± 3 m long: consistent with Ropucha class (Project 775), 112.5 m; also with Tapir class (Project "
            "1171, Alligator), 113.1 m",
        ),
        (
            said("ropucha-class", 112, 15, 2),
            "112 ± 3 m long, 15 ± 3 m wide: consistent with Ropucha class (Project 775), 112.5 × 15 m; also with "
            "Tapir class (Project 1171, Alligator), 113.1 × 15.6 m",
        ),
        (
            said("ropucha-class", 0.3, gsd=2),
            "0 ± 3 m long: less than the image can measure, so it tells no class",
        ),
        (
            said("ropucha-class", 143.2, gsd=0.5),
            "143.2 ± 0.7 m long: too long for Ropucha class (Project 775), 112.5 m; consistent with Choe Hyon class, "
            "144 m",
        ),
        (
            said("ropucha-class", 90, 25, 0.5),
            "90.0 ± 0.7 m long, 25.0 ± 0.7 m wide: too short and too wide for Ropucha class (Project 775), "
            "112.5 × 15 m; no ship class on file fits",
        ),
        (
            said("landing-ship", 112, gsd=2),
            "112 ± 3 m long: consistent with Ropucha class (Project 775), 112.5 m; Tapir class (Project 1171, "
            "Alligator), 113.1 m",
        ),
        (
            said("landing-ship", 144, gsd=2),
            "144 ± 3 m long: fits none of the 2 classes on file of landing ship; consistent with Choe Hyon class, "
            "144 m",
        ),
        (said("cargo-ship", 112, gsd=2), "112 ± 3 m long; no reference size on file for cargo ship"),
        (said("containers", 30, 12, 0.03), "30.00 ± 0.04 m long, 12.00 ± 0.04 m wide; no reference size on file for "
                                           "containers"),
        (said(None, 112, gsd=2, outcome="cannot-tell"), "112 ± 3 m long"),
        (said("ropucha-class"), ""),
        (said("ropucha-class", 300, gsd=2, count=3), "300 ± 3 m long"),  # three of them side by side are no class
    ],
)  # fmt: skip
def test_what_is_said_of_a_measure(sentence: str, expected: str) -> None:
    assert sentence == expected


def test_without_a_ground_sample_distance_the_tolerance_of_the_merging_rule_holds() -> None:
    assert merging.LENGTH_TOLERANCE == 0.1
    assert said("ropucha-class", 120).startswith(
        "120 m long (no ground sample distance on file: ±10 % allowed): consistent with Ropucha class"
    )
    assert "too long for Ropucha class" in said("ropucha-class", 124)


@pytest.mark.parametrize(
    ("length", "misfit"),
    # Allowed at 0.5 m: √2 · 0.5 + 2 % of 112.5 = 0.71 + 2.25 = 2.96 m.
    [(109.5, "too short"), (109.6, ""), (115.4, ""), (115.5, "too long")],
)
def test_a_measure_fits_up_to_its_uncertainty_and_two_per_cent(length: float, misfit: str) -> None:
    measured = dimensions.Measured(length, None, 0.7071)
    assert dimensions.misfit(measured, WORDS.platforms["ropucha-class"]) == misfit


def test_which_side_of_an_aircraft_is_its_length_does_not_matter_where_both_are_known() -> None:
    il_76 = WORDS.platforms["il-76"]  # 46.6 m long, 50.5 m of span
    assert dimensions.misfit(dimensions.Measured(46.6, 50.5, 0.7), il_76) == ""
    assert dimensions.misfit(dimensions.Measured(50.5, 46.6, 0.7), il_76) == ""
    assert dimensions.misfit(dimensions.Measured(46.6, 60.0, 0.7), il_76) == "too wide"
    assert dimensions.misfit(dimensions.Measured(60.0, None, 0.7), il_76) == "too long"


def test_the_longer_side_of_a_drawn_aircraft_is_its_span_where_the_class_says_so() -> None:
    # 50 m × 46 m along parallel and meridian at 42.9° north.
    east, north = 50 / 81_673.0, 46 / 111_091.1
    ring = [[132.0, 42.9], [132.0 + east, 42.9], [132.0 + east, 42.9 + north], [132.0, 42.9 + north], [132.0, 42.9]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    assert dimensions.drawn(shape, "il-76", WORDS) == {"width_m": 50.0, "length_m": 46.0}
    assert dimensions.drawn(shape, "il-62m", WORDS) == {"length_m": 50.0, "width_m": 46.0}
    line = {"type": "LineString", "coordinates": ring[:2]}
    assert dimensions.drawn(line, "il-76", WORDS) == {"length_m": 50.0}
    assert dimensions.drawn({"type": "Point", "coordinates": ring[0]}, "il-76", WORDS) == {}


# --- the depth of a name


@pytest.mark.parametrize(
    ("platform", "name", "gsd", "doubted"),
    [
        ("ship", None, 10, ""),
        ("ship", None, 12, "kind of the ship at 12 m"),
        ("landing-ship", None, 4.5, ""),
        ("landing-ship", None, 5, "type of the ship at 5 m a pixel; that is taken to need 4.5 m or finer, NIIRS 3"),
        ("ropucha-class", None, 1.2, ""),
        ("ropucha-class", None, 3, "class of the ship at 3 m a pixel; that is taken to need 1.2 m or finer, NIIRS 5"),
        ("ropucha-class", "Oslyabya", 0.5, "individual of the ship at 0.5 m a pixel"),
        ("ropucha-class", "Oslyabya", 0.4, ""),
        ("il-76", None, 3, "class of the aircraft at 3 m"),
        ("truck", None, 3, "type of the vehicle at 3 m"),
        ("train", None, 3, ""),  # has a table of its own
        ("containers", None, 50, ""),  # nothing is stated of cargo
        ("ropucha-class", None, None, ""),
    ],
)
def test_a_name_deeper_than_the_pixels_allow_is_doubted(
    platform: str, name: str | None, gsd: float | None, doubted: str
) -> None:
    more = {"platform_name": name, "count": 1} if name else {}
    record = a_record("dunay-2025-05-18-x", platform=platform, gsd_m=gsd, **more)
    found = dimensions.too_deep(record, WORDS)
    assert (found is None) == (doubted == "")
    assert found is None or (doubted in found.what and found.field == ("platform_name" if name else "platform"))


@pytest.mark.parametrize("more", [{"method": "radar"}, {"outcome": "not-seen"}, {"method": "ground"}])
def test_only_what_an_optical_image_shows_is_held_against_its_pixels(more: dict[str, Any]) -> None:
    record = a_record("dunay-2025-05-18-x", gsd_m=30, **more)
    assert dimensions.too_deep(record, WORDS) is None


def test_a_vocabulary_without_the_table_doubts_nothing() -> None:
    bare = vocabulary.from_toml('[platforms.ship]\nlabel = "ship"\n')
    assert dimensions.too_deep(a_record("dunay-2025-05-18-x", platform="ship", gsd_m=99), bare) is None


@pytest.mark.parametrize(
    ("table", "said_of_it"),
    [
        ("[resolution.boat]\nkind = { gsd_m = 1 }", "'boat' is not a platform of this file"),
        ("[resolution.ship]\nhull = { gsd_m = 1 }", r"hull = .*; allowed: kind, type, class, individual"),
        ("[resolution.ship]\nkind = { gsd_m = 0 }", "metres above 0"),
        ("[resolution.ship]\nkind = 3", "metres above 0"),
        ("[resolution]\nship = 3", r"\[resolution.ship\] is not a table"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(table: str, said_of_it: str) -> None:
    with pytest.raises(InvalidValue, match=said_of_it):
        vocabulary.from_toml(f'[platforms.ship]\nlabel = "ship"\n{table}\n')


def test_every_threshold_that_is_shipped_has_a_source_and_finer_needs_come_deeper() -> None:
    for table in WORDS.resolution.values():
        assert all(pixels.source for pixels in table.values())
        order = [table[depth].gsd_m for depth in vocabulary.DEPTHS if depth in table]
        assert order == sorted(order, reverse=True)


# --- check, log, amend, show, report


def test_check_doubts_a_size_that_does_not_fit_and_a_name_that_the_pixels_do_not_show() -> None:
    record = a_record("dunay-2025-05-18-x", length_m=143, gsd_m=2)
    found = checks.run(Context([Located(record, "f", 2)], {}, WORDS))
    doubts = [(p.level, p.field, p.what[:46]) for p in found if p.level == "warning"]
    assert doubts == [
        ("warning", "length_m", "143 ± 3 m long: too long for Ropucha class (Pr"),
        ("warning", "platform", "names the class of the ship at 2 m a pixel; th"),
    ]


def test_log_measures_a_drawn_outline_and_says_what_it_fits(empty_book: Logbook, run: Run) -> None:
    done = run(*DUNAY, "--gsd", "0.5", "--geometry", OUTLINE, folder=empty_book.folder)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "\n  measured 112.5 ± 0.7 m long, 15.0 ± 0.7 m wide: consistent with Ropucha class" in done.stdout
    record = Logbook(empty_book.folder).get("dunay-2025-11-03-ropucha-class")
    assert (record.length_m, record.width_m) == (112.5, 15.0)
    assert record.geometry is not None
    assert record.geometry["type"] == "Polygon"
    shown = run("show", record.id or "", folder=empty_book.folder).stdout
    assert "measured\t112.5 ± 0.7 m long, 15.0 ± 0.7 m wide: consistent with Ropucha class" in shown


def test_what_was_stated_by_hand_stays_and_the_difference_is_said(empty_book: Logbook, run: Run) -> None:
    done = run(*DUNAY, "--gsd", "0.5", "--length", "120", "--geometry", OUTLINE, folder=empty_book.folder)
    assert "[length_m]: the drawn shape gives 112.5 m; the stated 120 m stay" in done.stderr
    record = Logbook(empty_book.folder).get("dunay-2025-11-03-ropucha-class")
    assert (record.length_m, record.width_m) == (120, 15.0)


def test_a_shape_around_several_is_their_place_and_no_size(empty_book: Logbook, run: Run) -> None:
    run(*DUNAY, "--count", "3", "--geometry", OUTLINE, folder=empty_book.folder)
    record = Logbook(empty_book.folder).get("dunay-2025-11-03-ropucha-class")
    assert (record.length_m, record.geometry is None) == (None, False)


def test_amend_measures_anew(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    run(*DUNAY, "--length", "90", folder=empty_book.folder)
    line = tmp_path / "line.wkt"
    line.write_text("LINESTRING (132.355 42.897, 132.3563774 42.897)")
    identifier = "dunay-2025-11-03-ropucha-class"
    done = run("amend", identifier, "--geometry", str(line), folder=empty_book.folder)
    assert "length_m: 90 → 112.5" in done.stdout
    assert run("amend", identifier, "--berth", "Pier 1", folder=empty_book.folder).exit_code == 0
    assert Logbook(empty_book.folder).get(identifier).length_m == 112.5


def test_one_place_is_enough_and_a_shape_is_of_one_thing(empty_book: Logbook, run: Run) -> None:
    both = run(*DUNAY, "--at", "132.355,42.897", "--geometry", OUTLINE, folder=empty_book.folder)
    assert (both.exit_code, "--at and --geometry both say" in both.stderr) == (2, True)
    two = run(*DUNAY, "--platform", "tapir", "--geometry", OUTLINE, folder=empty_book.folder)
    assert (two.exit_code, "speak of one thing" in two.stderr) == (2, True)


def test_a_shape_far_from_the_site_is_refused_like_a_point(empty_book: Logbook, run: Run) -> None:
    done = run(*DUNAY, "--geometry", "POINT (10 50)", folder=empty_book.folder)
    assert done.exit_code == 3
    assert "km outside the footprint of dunay" in done.stderr


def test_the_report_says_what_the_measure_fits(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    run(*DUNAY, "--length", "112", "--gsd", "1", folder=empty_book.folder)
    run("log", "dunay", "--date", "2024-11-03", "--platform", "ropucha", folder=empty_book.folder)
    done = run("report", "--format", "html", "--output", str(tmp_path), folder=empty_book.folder)
    assert done.exit_code == 0, done.output
    (page,) = tmp_path.glob("report-*.html")
    assert "112 ± 1 m long: consistent with Ropucha class (Project 775), 112.5 m" in page.read_text(encoding="utf-8")

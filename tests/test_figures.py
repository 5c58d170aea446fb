"""Figures: where days, shifts and looks stand, and that nothing given to a figure is left undrawn or unsaid."""

from __future__ import annotations

import re
from datetime import date as Day
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, PackageLoader, StrictUndefined

from resight import figures
from resight.figures import Looked, Overlay, Thing, Year

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
YEARS = (Year(2025, "this year", "now"), Year(2024, "last year", "then"))
LEFT, RIGHT = 122.0, 952.0


def thing(first: str, last: str = "", id: str = "", label: str = "") -> Thing:
    days = (Day.fromisoformat(first), Day.fromisoformat(last or first))
    return Thing(days, "vague" if last else "sure", f"seen {first}", label, id)


def ghosts_of(rows: tuple[figures.Row, ...]) -> figures.Ghosts:
    found = [row.ghosts for row in rows if row.ghosts]
    assert len(found) == 1
    return found[0]


DAYS = st.dates(Day(2024, 1, 1), Day(2024, 12, 31))
THINGS = st.lists(
    st.builds(
        lambda first, days, label: Thing((first, first + timedelta(days)), "vague", "title", label),
        DAYS,
        st.integers(0, 200),
        st.sampled_from(["", "Ropucha class", "a name far longer than a label may ever be"]),
    ),
    max_size=12,
)


# --- timelines


def test_the_first_and_the_last_day_of_a_year_touch_the_ends_of_its_row() -> None:
    first, last = figures.rows(YEARS[:1], [thing("2025-01-01"), thing("2025-12-31")], {})[0].marks
    assert first.x == LEFT
    assert last.x + last.width == pytest.approx(RIGHT, abs=0.1)


def test_without_an_overlay_no_row_has_ghosts() -> None:
    assert [row.ghosts for row in figures.rows(YEARS, [thing("2025-05-18")], {})] == [None, None]


@given(THINGS, st.integers(-400, 800))
def test_an_overlay_moves_down_what_is_under_it_and_changes_nothing_else(things: list[Thing], shift: int) -> None:
    strips = {"looks": [thing("2025-06-01")]}
    plain = figures.rows(YEARS, things, strips)
    laid = figures.rows(YEARS, things, strips, Overlay(2025, things, shift, "moved"))
    height = ghosts_of(laid).height
    for row, other in zip(plain, laid, strict=True):
        assert [mark.x for mark in row.marks] == [mark.x for mark in other.marks]
    assert (laid[0].height, laid[1].top) == (plain[0].height + height, plain[1].top + height)
    assert laid[1].height == plain[1].height
    assert laid[0].strips == tuple((name, y + height) for name, y in plain[0].strips)


@pytest.mark.parametrize(
    ("day", "shift", "falls_on"),
    [
        ("2024-10-18", 212, "2025-05-18"),
        ("2024-02-29", 366, "2025-03-01"),  # 29 February is a day like any other
        ("2024-12-31", 1, "2025-01-01"),
        ("2026-01-01", -1, "2025-12-31"),
    ],
)
def test_a_thing_is_drawn_on_the_day_to_which_the_shift_brings_it(day: str, shift: float, falls_on: str) -> None:
    rows = figures.rows(YEARS, [thing(falls_on)], {}, Overlay(2025, [thing(day)], shift, "moved"))
    (ghost,), (mark,) = ghosts_of(rows).marks, rows[0].marks
    assert (ghost.x, ghost.width) == (mark.x, mark.width)


def test_half_a_day_of_shift_is_drawn() -> None:
    rows = figures.rows(YEARS, [], {}, Overlay(2025, [thing("2024-01-01")], 366.5, "moved"))
    assert ghosts_of(rows).marks[0].x == 123.1  # half of 830/365 pixels after the left end at 122


def test_a_vague_date_stays_a_bar_and_is_cut_off_at_the_end_of_the_year() -> None:
    bar = thing("2024-10-01", "2024-12-31")
    (whole,) = ghosts_of(figures.rows(YEARS, [], {}, Overlay(2025, [bar], 212, ""))).marks
    (cut,) = ghosts_of(figures.rows(YEARS, [], {}, Overlay(2025, [bar], 400, ""))).marks
    assert whole.width == 209.2  # 92 days of 830/365 pixels
    assert cut.x + cut.width == pytest.approx(RIGHT, abs=0.1)
    assert cut.width == 129.6  # 1 October + 400 days is 5 November: 57 days are left
    assert (whole.cut, cut.cut) == ((), (1,))
    year = thing("2024-01-01", "2024-12-31")
    assert [
        mark.cut
        for shift in (100, 366, 500)
        for mark in ghosts_of(figures.rows(YEARS, [], {}, Overlay(2025, [year], shift, ""))).marks
    ] == [(-1,), (1,), (1,)]  # 366 days from 1 January 2025 end on 1 January 2026


def test_what_falls_outside_the_year_is_counted_on_its_side() -> None:
    things = [
        thing("2024-02-10"),  # 9 September 2024
        thing("2024-06-02"),  # 31 December 2024, the last day before
        thing("2024-06-03"),  # 1 January 2025
        thing("2024-05-01", "2024-07-31"),  # across New Year
        thing("2024-10-18"),
    ]
    assert figures.outside(things, 212, 2025) == (2, 0, 1)
    assert figures.outside(things, 212 + 365, 2025) == (0, 2, 1)  # a year on: 3 June is now too late
    assert figures.outside([], 212, 2025) == (0, 0, 0)


@given(THINGS, st.floats(-800, 1200))
def test_each_moved_thing_is_drawn_inside_the_row_or_counted_as_outside(things: list[Thing], shift: float) -> None:
    ghosts = ghosts_of(figures.rows(YEARS, [], {}, Overlay(2025, things, shift, "moved")))
    before, after, cut = figures.outside(things, shift, 2025)
    assert len(ghosts.marks) + before + after == len(things)
    assert cut <= len(ghosts.marks)
    assert all(mark.x >= LEFT and mark.x + mark.width <= RIGHT + 0.2 for mark in ghosts.marks)


@given(THINGS, st.integers(0, 366))
def test_ghosts_stand_inside_their_own_band_of_the_row(things: list[Thing], shift: int) -> None:
    row = figures.rows(YEARS, [], {}, Overlay(2025, things, shift, "moved", before="some fall before"))[0]
    ghosts = ghosts_of((row,))
    assert row.top < ghosts.top
    assert all(ghosts.top + 5 < mark.y < ghosts.top + ghosts.height - 14 - 5 for mark in ghosts.marks)
    assert ghosts.top + ghosts.height < row.top + row.height


def test_a_tie_joins_a_moved_thing_to_the_one_it_falls_on_where_both_are_drawn() -> None:
    last = [thing("2024-10-18", id="fits"), thing("2024-02-10", id="outside"), thing("2024-10-20", id="alone")]
    overlay = Overlay(2025, last, 212, "", pairs={"fits": "now", "outside": "now", "alone": "not drawn"})
    row = figures.rows(YEARS, [thing("2025-05-18", id="now"), *last], {}, overlay)[0]
    (x1, y1, x2, y2) = ghosts_of((row,)).ties[0]
    (now,) = (mark for mark in row.marks if mark.id == "now")
    assert len(ghosts_of((row,)).ties) == 1
    assert x1 == pytest.approx(now.x + now.width / 2, abs=0.1)
    assert x2 == x1
    assert now.y < y2 < y1 < ghosts_of((row,)).marks[0].y


# --- shift profiles


def drawn_profile(
    shifts: list[float],
    high: list[float],
    best: list[tuple[tuple[float, float], str]] | None = None,
    marked: dict[float, str] | None = None,
    low: list[float] | None = None,
) -> figures.Profile:
    return figures.profile(
        shifts, low or [0.0] * len(high), high, best or [], id="dunay", title="Dunay", description="One peak.",
        x_name="shift in days", y_name="S", marked=marked,
    )  # fmt: skip


def test_a_profile_runs_from_side_to_side_and_from_0_to_1() -> None:
    found = drawn_profile([0, 100, 200], [0, 1, 0.5])
    middle = (found.left + found.right) / 2
    half = (found.top + found.bottom) / 2
    assert found.high == ((found.left, found.bottom), (middle, found.top), (found.right, half))
    assert found.low == ((found.left, found.bottom), (found.right, found.bottom))
    assert dict(found.y_ticks) == {"0": found.bottom, "0.5": half, "1": found.top}


def test_shifts_stand_at_their_days_however_unevenly_they_were_tried() -> None:
    found = drawn_profile([0, 1, 324], [0, 1, 0])
    assert [x for x, _ in found.high] == [26, 27, 350]  # one pixel a day


def test_the_shifts_that_fit_best_are_clipped_to_the_shifts_drawn() -> None:
    best = [((-50.0, 10.0), "early"), ((300.0, 300.0), "late"), ((400.0, 500.0), "not drawn")]
    found = drawn_profile([0, 324], [1, 1], best)
    assert [(x, width, label) for x, width, label, _, _ in found.best] == [(26, 10, "early"), (326, 0, "late")]


def test_a_day_with_a_name_is_drawn_if_it_is_inside_and_takes_the_place_of_a_tick() -> None:
    marked = {0.0: "0: same date", 365.0: "365: a year", 730.0: "730: two years"}
    plain, found = drawn_profile([0, 648], [1, 1]), drawn_profile([0, 648], [1, 1], marked=marked)
    assert [(x, name) for x, name, _, _ in found.marked] == [(26, "0: same date"), (208.5, "365: a year")]
    assert [text for text, _ in plain.x_ticks] == ["0", "200", "400", "600"]
    assert [text for text, _ in found.x_ticks] == ["200", "400", "600"]


def test_negative_days_have_a_minus_sign_and_ticks_stay_few() -> None:
    assert [text for text, _ in drawn_profile([-30, 30], [0, 0]).x_ticks] == [
        "−30", "−20", "−10", "0", "10", "20", "30"
    ]  # fmt: skip
    assert [text for text, _ in drawn_profile([0.5, 1.5], [0, 0]).x_ticks] == ["1"]


@given(st.floats(-5000, 5000), st.floats(0.5, 20000))
def test_an_axis_has_few_ticks_and_all_are_inside(first: float, length: float) -> None:
    found = drawn_profile([first, first + length], [0, 0])
    assert len(found.x_ticks) <= 7
    assert all(found.left <= x <= found.right for _, x in found.x_ticks)


def test_one_shift_alone_is_a_profile_of_one_point() -> None:
    found = drawn_profile([212], [0.5], [((212.0, 212.0), "212 days")])
    assert found.high == (((found.left + found.right) / 2, (found.top + found.bottom) / 2),)


def test_a_straight_stretch_keeps_only_its_ends() -> None:
    rise = [i / 8 for i in range(9)]
    found = drawn_profile(list(range(17)), [*rise, *rise[-2::-1]])
    assert [x for x, _ in found.high] == [26, 188, 350]
    assert found.high[1][1] == found.top


def test_a_level_stretch_keeps_only_its_ends() -> None:
    found = drawn_profile(list(range(325)), [0.0] * 100 + [1.0] + [0.0] * 224)
    assert [x for x, _ in found.high] == [26, 125, 126, 127, 350]


LABELS = st.lists(
    st.tuples(st.integers(0, 365), st.sampled_from(["212 days", "155 to 229 days: S up to 1.00", "x" * 80])),
    max_size=6,
)


@given(LABELS)
def test_labels_never_lie_on_one_another(labels: list[tuple[int, str]]) -> None:
    found = drawn_profile([0, 365], [0, 0], [((day, day), label) for day, label in labels])
    widths = [(y, at - len(label) * 3, at + len(label) * 3) for _, _, label, at, y in found.best]
    for i, (y, start, end) in enumerate(widths):
        assert y < found.top
        assert all(y != other or end <= a or b <= start for other, a, b in widths[:i])


@pytest.mark.parametrize(
    ("shifts", "low", "high", "what"),
    [
        ([], [], [], "as many lows"),
        ([0, 1], [0], [0, 1], r"as many lows \(1\) and highs \(2\) as shifts \(2\)"),
        ([1, 0], [0, 0], [0, 0], "rise"),
        ([0, 0], [0, 0], [0, 0], "rise"),
        ([0, 1], [0, float("nan")], [0, 0], "finite"),
        ([0, float("inf")], [0, 0], [0, 0], "finite"),
    ],
)
def test_a_profile_of_what_is_no_curve_is_refused(
    shifts: list[float], low: list[float], high: list[float], what: str
) -> None:
    with pytest.raises(ValueError, match=what):
        figures.profile(shifts, low, high, [], id="x", title="", description="", x_name="", y_name="")


# --- effort calendars


def drawn_calendar(looked: list[Looked], until: Day | None = None) -> figures.Calendar:
    return figures.calendar(
        YEARS, looked, id="dunay", title="Dunay", description="Looks.", months=MONTHS, told={2025: "3 looks"},
        known={2025},
        until=until,
    )  # fmt: skip


def look(day: str, state: figures.State, title: str = "") -> Looked:
    return Looked(Day.fromisoformat(day), state, title or f"{day} {state}")


def used(found: figures.Calendar) -> list[figures.Cell]:
    return [cell for year in found.years for cell in year.cells if cell.title]


def test_a_year_has_a_cell_for_each_week_of_its_months() -> None:
    this, last = drawn_calendar([]).years
    assert (this.year, len(this.cells), this.told) == ("2025", 59, "3 looks")  # no 29 February
    assert (last.year, len(last.cells), last.told) == ("2024", 60, "")


def test_weeks_of_a_month_begin_on_the_1st_8th_15th_22nd_and_29th() -> None:
    days = [1, 7, 8, 14, 15, 21, 22, 28, 29, 31]
    cells = used(drawn_calendar([look(f"2025-03-{day:02}", "nothing") for day in days]))
    assert [cell.text for cell in cells] == ["0/2"] * 5
    assert len({cell.x for cell in cells}) == 1
    assert [cell.y for cell in cells] == sorted({cell.y for cell in cells})


def test_a_cell_says_how_many_looks_found_something_and_never_counts_what_is_no_look() -> None:
    week = [
        *[look(f"2025-05-{day:02}", "nothing") for day in range(1, 6)],
        look("2025-05-06", "found"),
        look("2025-05-07", "found"),
        look("2025-05-07", "unclear"),
        look("2025-05-07", "published"),
    ]
    (cell,) = used(drawn_calendar(week))
    assert (cell.state, cell.text, cell.unclear, cell.published) == ("found", "2/7", True, "1")


def test_published_images_and_looks_that_could_not_tell_make_no_look() -> None:
    (cell,) = used(drawn_calendar([look("2024-10-17", "published"), look("2024-10-17", "unclear")]))
    assert (cell.state, cell.text, cell.unclear, cell.published) == ("", "", True, "1")


def test_ten_thousand_looks_on_one_day_are_one_cell_that_says_so() -> None:
    (cell,) = used(drawn_calendar([look("2025-05-18", "nothing")] * 10_000))
    assert (cell.text, cell.title[-11:]) == ("0/99+", "; … (+9988)")
    (cell,) = used(drawn_calendar([look("2025-05-18", "published")] * 10_000))
    assert cell.published == "+"


def test_of_a_year_still_running_the_weeks_to_come_have_no_cell_unless_there_is_a_look() -> None:
    this, last = drawn_calendar([look("2025-11-30", "found")], until=Day(2025, 2, 15)).years
    assert len(this.cells) == 5 + 3 + 1
    assert len(last.cells) == 60


@given(st.lists(st.tuples(DAYS, st.sampled_from(["found", "nothing", "unclear", "published"])), max_size=40))
def test_each_look_stands_in_one_cell(found: list[tuple[Day, figures.State]]) -> None:
    drawn = drawn_calendar([Looked(day, state, f"<{i}>") for i, (day, state) in enumerate(found)])
    titles = [title for cell in used(drawn) for title in re.findall(r"<(\d+)>", cell.title)]
    more = sum(int(n) for cell in used(drawn) for n in re.findall(r"\(\+(\d+)\)", cell.title))
    assert len(titles) == len(set(titles))
    assert len(titles) + more == len(found)


def test_cells_stand_apart_and_inside_the_figure() -> None:
    found = drawn_calendar([])
    cells = [cell for year in found.years for cell in year.cells]
    assert len({(cell.x, cell.y) for cell in cells}) == len(cells) == 119
    assert all(
        cell.x + found.cell_width <= found.width and cell.y + found.cell_height <= found.height for cell in cells
    )


# --- shades, and many things


@given(st.lists(st.tuples(DAYS, st.integers(0, 90)), max_size=12), st.integers(1, 60))
def test_a_day_is_free_where_nothing_is_and_the_stretch_is_long_enough(
    spans: list[tuple[Day, int]], least: int
) -> None:
    within = Day(2024, 1, 1), Day(2024, 12, 31)
    taken = {first + timedelta(i) for first, days in spans for i in range(days + 1)}
    found = figures.free([(first, first + timedelta(days)) for first, days in spans], within, least)
    shaded = {first + timedelta(i) for first, last in found for i in range((last - first).days + 1)}
    runs = "".join("x" if within[0] + timedelta(i) in taken else "." for i in range(366))
    expected = {
        within[0] + timedelta(i) for run in re.finditer(rf"\.{{{least},}}", runs) for i in range(run.start(), run.end())
    }
    assert shaded == expected


def test_a_shade_lies_over_the_whole_height_of_its_year_and_moves_nothing() -> None:
    shade = Thing((Day(2024, 3, 1), Day(2024, 4, 30)), "gap", "no look")
    plain, shaded = (figures.rows(YEARS, [thing("2025-05-18")], {}, shades=some) for some in ([], [shade]))
    assert [row._replace(shades=()) for row in shaded] == list(plain)
    assert [row.shades for row in shaded[:1]] == [()]
    (drawn,) = shaded[1].shades
    assert (drawn.x, drawn.width) == (258.1, 138.3)  # 60 and 61 days of 830/366 pixels
    figure = figures.timeline(shaded, {}, site="dunay", title="t", description="d", months=MONTHS)
    (rect,) = (e for e in page("timeline(figure)", figure=figure).iter("rect") if e.get("class") == "gap")
    assert (rect.get("y"), rect.get("height")) == (str(shaded[1].top), str(shaded[1].height))


def test_what_begins_in_one_week_is_one_thing_that_counts_them() -> None:
    # 30 December 2024 is a Monday; years are kept apart.
    things = [thing(day) for day in ("2025-01-05", "2024-12-30", "2025-01-03", "2024-12-31", "2025-01-06")]
    things.append(thing("2025-01-01", "2025-01-20"))
    found = figures.by_week(things, lambda week, monday: f"{len(week)} from {monday}")
    assert [(str(one.days[0]), str(one.days[1]), one.shape, one.title) for one in found] == [
        ("2024-12-30", "2024-12-30", "sure", "2 from 2024-12-30"),
        ("2025-01-03", "2025-01-03", "sure", "2 from 2024-12-30"),
        ("2025-01-01", "2025-01-20", "vague", "1 from 2024-12-30"),
        ("2025-01-06", "2025-01-06", "sure", "1 from 2025-01-06"),
    ]
    assert {one.id for one in found} == {one.label for one in found} == {""}


# --- the macros


def page(call: str, **data: object) -> ElementTree.Element:
    """What a macro lays out, parsed strictly: an unclosed tag or a stray < is an error."""
    environment = Environment(
        loader=PackageLoader("resight"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.from_string('{% import "figures.html" as figures %}<div>{{ figures.' + call + " }}</div>")
    return ElementTree.fromstring(text.render(**data))


HOSTILE = '</title><script>alert("1")</script>&{{ 7 * 7 }}'


def overlaid() -> figures.Timeline:
    things = [
        thing("2024-10-18", id="a", label=HOSTILE[:20]),
        thing("2024-10-01", "2024-12-31", "b"),
        thing("2024-01-05"),
    ]
    things.append(thing("2025-05-18", id="now"))
    overlay = Overlay(2025, things[:3], 212, HOSTILE, before="1 falls in 2024", pairs={"a": "now"})
    rows = figures.rows(YEARS, things, {"looks": [Thing((Day(2025, 6, 1),) * 2, "nothing", HOSTILE)]}, overlay)
    return figures.timeline(rows, {"now": "a"}, site="dunay", title=HOSTILE, description=HOSTILE, months=MONTHS)


def hostile_profile() -> figures.Profile:
    return figures.profile(
        [0, 400], [0, 0], [1, 1], [((212, 212), HOSTILE)], id="dunay", title=HOSTILE, description=HOSTILE,
        x_name=HOSTILE, y_name=HOSTILE, marked={365: HOSTILE},
    )  # fmt: skip


def hostile_calendar() -> figures.Calendar:
    return figures.calendar(
        [Year(2025, HOSTILE, "now")], [look("2025-05-18", "found", HOSTILE)], id="dunay", title=HOSTILE,
        description=HOSTILE, months=MONTHS, told={2025: HOSTILE}, known=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("macro", "figure"),
    [("timeline", overlaid()), ("profile", hostile_profile()), ("calendar", hostile_calendar())],
    ids=["timeline", "profile", "calendar"],
)
def test_a_figure_has_its_text_alternative_and_hostile_words_stay_words(macro: str, figure: object) -> None:
    found = page(f"{macro}(figure)", figure=figure)
    (svg,) = found.iter("svg")
    ids = {element.get("id"): element.text for element in svg if element.get("id")}
    assert svg.get("role") == "img"
    assert [ids[name] for name in (svg.get("aria-labelledby") or "").split()] == [HOSTILE, HOSTILE]
    assert list(found.iter("script")) == []
    assert "49" not in "".join(found.itertext())
    assert "xlink" not in ElementTree.tostring(found, "unicode")


def test_moved_things_are_outlines_and_bars_are_hatched_with_the_figures_own_pattern() -> None:
    found = page("timeline(figure)", figure=overlaid())
    (pattern,) = found.iter("pattern")
    bars = [e for e in found.iter("rect") if "ghost" in (e.get("class") or "")]
    marks = [e for e in found.iter("path") if e.get("class") == "ghost"]
    assert [bar.get("fill") for bar in bars] == [f"url(#{pattern.get('id')})"]
    assert len(marks) == 1  # 5 January + 212 days is in 2024
    assert [e for e in found.iter("path") if e.get("class") == "torn"] == []
    assert "← 1 falls in 2024" in "".join(found.itertext())


def test_a_bar_that_the_year_cuts_off_is_torn_at_that_end() -> None:
    overlay = Overlay(2025, [thing("2024-01-01", "2024-12-31")], 200, "moved")
    figure = figures.timeline(
        figures.rows(YEARS, [], {}, overlay), {}, site="dunay", title="t", description="d", months=MONTHS
    )
    found = page("timeline(figure)", figure=figure)
    torn = [e.get("d") or "" for e in found.iter("path") if e.get("class") == "torn"]
    assert [path.split()[0] for path in torn] == ["M122.0"]


def test_a_timeline_without_an_overlay_has_no_pattern_and_no_ghost() -> None:
    rows = figures.rows(YEARS, [thing("2025-05-18")], {})
    plain = figures.timeline(rows, {}, site="dunay", title="t", description="d", months=MONTHS)
    text = ElementTree.tostring(page("timeline(figure)", figure=plain), "unicode")
    assert "ghost" not in text
    assert "pattern" not in text


def test_each_state_of_a_calendar_has_a_sign_besides_its_colour() -> None:
    def signs(state: figures.State) -> tuple[str, ...]:
        svg = next(page("calendar(figure)", figure=drawn_calendar([look("2025-05-18", state)])).iter("svg"))
        (cell,) = svg.iter("g")
        return tuple(f"{e.tag} {e.get('class')} {e.text or ''}".strip() for e in cell if e.tag != "title")

    assert {state: signs(state) for state in ("found", "nothing", "unclear", "published")} == {
        "found": ("rect hit", "text in-hit 1/1"),
        "nothing": ("rect miss", "text in-miss 0/1"),
        "unclear": ("text count ?",),
        "published": ("path published",),
    }


def test_where_looks_are_not_known_an_empty_week_is_not_drawn_as_one_without_a_look() -> None:
    svg = next(page("calendar(figure)", figure=drawn_calendar([])).iter("svg"))
    cells = [(path.get("class"), (path.get("d") or "").count("M")) for path in svg.iter("path")]
    assert cells == [("week", 59), ("week open", 60)]

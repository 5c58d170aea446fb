"""The bench: whole processes measured on made-up logbooks, and what is said of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from resight import bench, rivals
from resight.bench import Row, Taken, Truth
from resight.commands import benching

Run = Callable[..., Result]


def row(size: int, computing: float, tool: str = "resight") -> Row:
    return Row(size, "read", tool, Taken(2.0, computing, 99.6))


def test_growth_is_told_from_one_size_to_the_next_of_the_same_tool() -> None:
    rows = [row(1000, 0.5), row(1000, 0.1, "polars"), row(10_000, 2.0), row(10_000, 0.2, "polars")]
    assert [cells[0:3] + cells[5:] for cells in benching._cells(rows)] == [
        ("1,000", "read", "resight", "100", ""),
        ("10,000", "read", "resight", "100", "4.0 for 10"),
        ("1,000", "read", "polars", "100", ""),
        ("10,000", "read", "polars", "100", "2.0 for 10"),
    ]


def test_in_markdown_the_sizes_stand_side_by_side_with_the_growth_for_ten_times_the_records() -> None:
    rows = [row(1000, 0.5), row(1000, 0.1, "polars"), row(100_000, 8.0)]
    assert benching._in_markdown(rows) == [
        "| work | with | 1,000 a year | 100,000 a year | growth |",
        "|---|---|---|---|---|",
        "| read | resight | 2 s, 100 MiB | 2 s, 100 MiB | 4.0 |",
        "| read | polars | 2 s, 100 MiB | – | – |",
    ]


def test_what_was_planted_is_told_beside_what_was_found() -> None:
    truth = Truth(1000, planted=250, plain=200, found=180, found_plain=190, matches=210, false=21, expected_false=20.4)
    assert benching._in_words(truth) == (
        "1,000 records a year: 190 of 200 planted repeats with a known hull and known days are found (95.0%), "
        "180 of all 250 (72.0%). Of 210 matches 21 were not planted (10.0%); their posteriors let expect 20."
    )
    nothing = Truth(1, planted=0, plain=0, found=0, found_plain=0, matches=0, false=0, expected_false=0.0)
    assert benching._in_words(nothing).endswith("are found (none), 0 of all 0 (none).")


@pytest.mark.parametrize("sizes", ["", "1000,", "0", "many", "-5", "1e6", "1000000000"])
def test_sizes_that_are_none_are_refused(run: Run, sizes: str) -> None:
    result = run("bench", "--sizes", sizes)
    assert result.exit_code == 3
    assert "is no list of sizes" in result.stderr


def test_a_folder_that_is_not_there_is_refused_before_anything_is_made(run: Run, tmp_path: Path) -> None:
    result = run("bench", "--sizes", "10", "--folder", str(tmp_path / "nowhere"))
    assert result.exit_code == 8
    assert "nowhere: No such file or directory; --folder names a folder with room" in result.stderr


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(bench.Failed, match=r"exit status 3\nwhat went wrong$"):
        bench._measure([sys.executable, "-c", "import sys; print('what went wrong', file=sys.stderr); sys.exit(3)"])


def test_a_process_is_measured_with_its_peak_of_memory() -> None:
    taken = bench._measure([sys.executable, "-c", "b'x' * (200 << 20)"])
    assert taken.memory > 200
    assert taken.seconds > 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "400"
    bench.make(str(folder), 400, sites=40, seed=1)
    return folder


def test_the_chain_is_held_against_what_was_planted(made: Path, run: Run) -> None:
    imported = run("import", "--bulk", str(made / "rows.parquet"), "--anyway", folder=made / "bulk")
    assert imported.exit_code == 0, imported.output
    bench.chain(str(made))
    assert json.loads((made / "clock.json").read_text()).keys() == {"seconds", "computing"}
    bench.judge(str(made), 400)
    truth = Truth(**json.loads((made / "truth.json").read_text()))
    assert truth.size == 400
    assert 0.9 * truth.plain <= truth.found_plain <= truth.plain <= truth.planted
    assert truth.found_plain <= truth.found
    assert 0 <= truth.false < 0.2 * truth.matches


@pytest.mark.parametrize(("work", "tool"), [(work, tool) for work, tools in rivals.WAYS.items() for tool in tools])
def test_each_rival_does_its_work(made: Path, tmp_path: Path, work: str, tool: str) -> None:
    if tool not in rivals.tools(work):
        pytest.skip(f"{tool} is not installed")
    output = tmp_path / "out"
    rivals.WAYS[work][tool](str(made / "rows.parquet"), str(output))
    if work == "export":
        assert output.read_text().count("\n") == 801
    else:
        assert output.exists() == (work != "read")


def test_every_kind_of_work_is_measured_in_turn_with_its_rivals(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []

    def measured(command: Any) -> Taken:
        commands.append(list(command))
        return Taken(1.0, float(len(commands)), 1.0)

    monkeypatch.setattr(bench, "_measure", measured)
    ours = ["ours"]
    rows = list(bench._measured(10, "read", ours, tmp_path, runs=3))
    tools = ["resight", *rivals.tools("read")]
    assert [found.tool for found in rows] == tools
    assert [command[0] == "ours" for command in commands] == [True, *[False] * (len(tools) - 1)] * 3
    # The middle one of three.
    assert rows[0].taken.computing == 1 + len(tools)


def test_the_chain_is_timed_by_itself_and_its_memory_is_that_of_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "clock.json").write_text('{"seconds": 2.5, "computing": 3.5}')
    monkeypatch.setattr(bench, "_measure", lambda _: Taken(20.0, 30.0, 40.0))
    assert list(bench._measured(10, "chain", ["ours"], tmp_path, runs=3)) == [
        Row(10, "chain", "resight", Taken(2.5, 3.5, 40.0))
    ]

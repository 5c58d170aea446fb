"""Engines: parts in order, failures in words; what a cluster of workers adds stands in test_cluster."""

from __future__ import annotations

import logging
import pickle
import sys
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result

from resight import engine
from resight.errors import (
    CannotWrite,
    DuplicateRecord,
    InvalidRecord,
    InvalidValue,
    NoLogbook,
    NotFound,
    ResightError,
    Unfinished,
    UnknownName,
    UnreadableFile,
)
from resight.logbook import Logbook


def added(part: int, more: int) -> int:
    return part + more


def reciprocal(part: int) -> float:
    return 1 / part


def refused(part: int) -> int:
    raise InvalidValue("site", part, f"{part} is no site", allowed="a name")


def test_parts_are_answered_in_order_and_taken_only_as_they_are_worked_at() -> None:
    taken: list[int] = []

    def parts() -> Iterator[int]:
        for part in (3, 1, 2):
            taken.append(part)
            yield part

    answers = engine.HERE.map("Adding", added, parts(), 10)
    assert taken == []
    assert next(answers) == 13
    assert taken == [3]
    assert list(answers) == [11, 12]


def test_a_part_that_fails_is_named_in_words() -> None:
    answers = engine.HERE.map("Dividing", reciprocal, [1, 0, 2])
    assert next(answers) == 1
    with pytest.raises(Unfinished, match=r"^Dividing: part 2 could not be worked out: ZeroDivisionError: division by"):
        next(answers)


def test_an_error_of_ours_keeps_its_own_words() -> None:
    with pytest.raises(InvalidValue, match=r"^site: 7 is no site; allowed: a name$"):
        list(engine.HERE.map("Looking", refused, [7]))


@pytest.mark.parametrize(
    "error",
    [
        InvalidValue("date", "x", "is no date", allowed="a day", example="2025-05-18"),
        InvalidRecord([InvalidValue("date", "x", "is no date"), InvalidValue("site", 1, "is no site")]),
        UnknownName("site", "dunai", near=["dunay"], where="seeds/sites.geojson", all_names="resight sites"),
        NotFound("a", ["b"]),
        DuplicateRecord("a"),
        NoLogbook("/nowhere"),
        UnreadableFile("torn"),
        CannotWrite("full"),
        Unfinished("part 1"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_from_another_process_says_what_it_said_there(error: ResightError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), again.exit_code) == (str(error), error.exit_code)
    assert vars(again).keys() == vars(error).keys()


def test_without_dask_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(InvalidValue, match=r"not installed; allowed: here, or dask after pip install 'resight\[dask\]'"),
        engine.on_dask(),
    ):
        pass


def test_a_scheduler_without_its_engine_is_a_wrong_command_line(run: Callable[..., Result], book: Logbook) -> None:
    result = run("report", "--scheduler", "tcp://127.0.0.1:8786", folder=book.folder)
    assert result.exit_code == 2
    assert "--scheduler is one of dask: add --engine dask" in result.stderr


def test_the_engine_of_this_process_is_at_hand() -> None:
    with engine.opened("here") as found:
        assert found is engine.HERE


def test_dask_is_silenced_for_a_time_and_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    talking = [logging.getLogger(name) for name in ("asyncio.of a test", "somebody")]

    def talk() -> list[str]:
        caplog.clear()
        for one in talking:
            one.error(one.name)
        return [record.message for record in caplog.records]

    with engine._quiet():
        assert talk() == ["somebody"]
    assert talk() == ["asyncio.of a test", "somebody"]

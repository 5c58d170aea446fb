"""What the tests share: a copy of the shipped logbook, an empty one, the command line in a folder, and a browser."""

import inspect
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from resight import cli
from resight.logbook import Logbook

REPOSITORY = Path(__file__).parents[1]

# The same examples in every run: a change turns a test red, never the day's luck.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture
def book(tmp_path: Path) -> Logbook:
    """A copy of the shipped logbook, which a test may change: its journal begins with what the test writes."""
    folder = tmp_path / "logbook"
    for name in ("seeds", "observations"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("journal.jsonl"))
    return Logbook(folder)


@pytest.fixture
def empty_book(tmp_path: Path) -> Logbook:
    """A logbook with register and vocabulary and no records, made from the packaged seeds."""
    return Logbook.create(tmp_path / "empty", empty=True)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line: ``run("list", "--site", "dunay", folder=book.folder)``, without a terminal.

    Any exception but the command's own exit is raised in the test: a person must never see a traceback.
    """
    monkeypatch.delenv("RESIGHT_ANALYST", raising=False)
    monkeypatch.delenv("RESIGHT_LOGBOOK", raising=False)
    # click before 8.2 mixes the two streams unless told otherwise, later ones never do.
    mixes = "mix_stderr" in inspect.signature(CliRunner).parameters
    options: dict[str, Any] = {"mix_stderr": False} if mixes else {}

    def invoke(*args: str, folder: Path | None = None, typed: str | None = None) -> Result:
        env = {} if folder is None else {"RESIGHT_LOGBOOK": str(folder)}
        runner = CliRunner(**options, env=env)
        return runner.invoke(cli.main, list(args), input=typed, catch_exceptions=False)

    return invoke


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium; a module that uses it is marked ``browser``."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs resight[browser]")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a map's page: ``visit(page, width=390)`` is a :class:`visits.Visit`, closed after the test."""
    # Folium is slow to load, and most tests need no page.
    from visits import Visit

    opened: list[Visit] = []

    def open_page(page: Any, **how: Any) -> Visit:
        opened.append(Visit(browser, tmp_path / "page.html", page, **how))
        return opened[-1]

    yield open_page
    for one in opened:
        one.context.close()

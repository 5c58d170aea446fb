"""What the README shows is what happens: every command in it is run, and what it prints is compared."""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from resight import Logbook
from resight.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def console_steps() -> list[tuple[str, str]]:
    """The commands of the console blocks in order, each with the output shown below it."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    steps: list[tuple[str, str]] = []
    for line in "".join(blocks).splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        else:
            steps[-1] = (steps[-1][0], steps[-1][1] + line + "\n")
    return steps


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("seeds", "observations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "tests" / "fixtures", tmp_path / "tests" / "fixtures")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESIGHT_LOGBOOK", raising=False)
    monkeypatch.delenv("RESIGHT_ANALYST", raising=False)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_every_console_command_works_and_prints_what_the_readme_shows() -> None:
    steps = console_steps()
    assert len(steps) >= 15
    for command, shown in steps:
        words = shlex.split(command)
        assert words[0] == "resight"
        result = CliRunner().invoke(main, words[1:])
        stated = re.search(r"\(exit status (\d+)\)\n\Z", shown)
        shown = shown[: stated.start()] if stated else shown
        assert result.exit_code == (int(stated[1]) if stated else 0), f"{command}\n{result.output}"
        if shown:
            assert result.stdout == shown, command


def test_every_command_of_the_program_is_in_the_readme() -> None:
    named = {shlex.split(command)[1] for command, _ in console_steps()} | set(re.findall(r"`resight (\w+)", README))
    assert named >= set(main.commands)


@pytest.mark.usefixtures("folder")
def test_the_python_example_runs_in_five_lines() -> None:
    example, *_ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in example.splitlines() if line.strip()]) <= 5
    assert re.search(r"dunay +2024 +4\n +2025 +1\n", printed_by(example))


@pytest.mark.usefixtures("folder")
def test_the_python_example_with_frames_finds_the_match() -> None:
    _, example, _ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert re.search(r"^dunay-2025-05-18-ropucha-class +dunay-2024-ropucha-class ", printed_by(example), re.MULTILINE)


def test_the_python_example_of_a_map_writes_the_page_of_the_command(folder: Path) -> None:
    *_, example = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    printed_by(example)
    page = folder / "maps" / "dunay.html"
    by_hand = page.read_text("utf-8")
    page.unlink()
    assert CliRunner().invoke(main, ["map", "dunay"]).exit_code == 0
    # The command knows what else lies in the folder, and links it.
    links = re.compile(r'"links":\[(\[[^]]*\],?)*\]')
    assert links.sub("", page.read_text("utf-8")) == links.sub("", by_hand)


def printed_by(example: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(example, {})
    return printed.getvalue()


def set_up_command(name: str) -> str:
    found = re.search(rf"<!-- command: {name} -->\n```sh\n(.*?)\n```", README, re.DOTALL)
    assert found is not None
    assert "\n" not in found[1], "one line each"
    return found[1]


def test_the_two_set_up_commands_are_one_line_each() -> None:
    assert "resight map" in set_up_command("run")
    assert "pytest" in set_up_command("test")


def sample(name: str) -> str:
    found = re.search(rf"<!-- sample: {name} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_samples_of_a_site_and_a_class_work_as_they_stand(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "mine", empty=True)
    register = book.folder / "seeds" / "sites.geojson"
    lines = register.read_text(encoding="utf-8").splitlines()
    lines.insert(1, sample("site").strip() + ",")
    register.write_text("\n".join(lines), encoding="utf-8")
    with (book.folder / "seeds" / "vocabulary.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + sample("class"))
    log = ["--logbook", str(book.folder), "log", "طرطوس", "--date", "2022-05-18", "--platform", "kilo"]
    done = CliRunner().invoke(main, log)
    assert done.exit_code == 0, done.output
    assert "Logged tartus-2022-05-18-kilo-class" in done.stdout
    assert [problem for problem in Logbook(book.folder).check() if problem.level != "notice"] == []


@pytest.mark.readme
def test_command_one_writes_maps_and_report_in_a_fresh_copy(tmp_path: Path) -> None:
    copy = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(copy)], check=True)
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not p.startswith(str(ROOT)))
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": path}
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "RESIGHT_LOGBOOK"):
        environment.pop(name, None)
    done = subprocess.run(
        ["bash", "-euc", set_up_command("run")], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "maps/report-2025-vs-2024.html",
        "maps/dunay.html",
        "maps/nakhodka.html",
        "maps/sunan.html",
        "maps/index.html",
    ]
    index = (copy / "maps" / "index.html").read_text(encoding="utf-8")
    assert "report-2025-vs-2024.html" in index
    unchanged = subprocess.run(["git", "status", "--porcelain"], cwd=copy, capture_output=True, text=True, check=True)
    assert [line for line in unchanged.stdout.splitlines() if not line.endswith(".html")] == []
    assert sys.version_info >= (3, 11)

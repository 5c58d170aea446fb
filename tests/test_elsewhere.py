"""Another machine's time zone, language and hash seed change nothing in what is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from resight.logbook import Logbook

#: A machine a day ahead of the other, with another language, another order of sets and no UTF-8 of its own.
MACHINES = (
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"},
    {"TZ": "America/Adak", "LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "4294967295"},
)


def written(book: Logbook, machine: dict[str, str], folder: Path) -> dict[str, bytes]:
    """The files that one machine makes of a logbook."""
    around = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "RESIGHT_"))}
    for command in ("map", "report"):
        options = ["--all"] if command == "map" else []
        subprocess.run(
            [sys.executable, "-c", "from resight.cli import run; run()", "--logbook", str(book.folder), command,
             *options, "--output", str(folder)],
            env=around | machine, check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_two_machines_write_the_same_bytes(book: Logbook, tmp_path: Path) -> None:
    """Every page of the shipped logbook, and its report."""
    ours, theirs = (written(book, machine, tmp_path / str(number)) for number, machine in enumerate(MACHINES))
    assert len([name for name in ours if name.endswith(".html")]) > 10
    assert "index.html" in ours
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []

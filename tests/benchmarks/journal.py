"""What the journal costs, and how long it takes to follow: ``python tests/benchmarks/journal.py``.

Whole processes in turn, as in ``run.py``. Without a journal: the same program, whose writes leave it out, on the same
year files. Of ``verify`` the processor time is told, too, which does not depend on what else the machine does.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import run

#: The program with its journal taken out, for comparison only.
WITHOUT = """
import contextlib
from resight.journal import Journal
@contextlib.contextmanager
def appended(self, entries, files, nothing_changed):
    yield
Journal.appended = appended
"""
PROGRAM = "from resight.cli import run; run()"


def logged(source: Path, folder: Path) -> Path:
    """The records of a logbook logged into another in one write, each with its line; in a process of its own."""
    code = (
        "import sys; from resight import Logbook; source, folder = sys.argv[1:]; "
        "Logbook.create(folder, empty=True).add(*Logbook(source).read().records, anyway=True, command='import')"
    )
    subprocess.run([sys.executable, "-c", code, str(source), str(folder)], check=True)
    return folder


def without_journal(book: Path, folder: Path) -> Path:
    """The same year files and no journal."""
    shutil.copytree(book, folder)
    (folder / "observations" / "journal.jsonl").unlink()
    return folder


def main() -> None:
    """Print the table."""
    print(
        f"{f'medians of {run.RUNS} interleaved runs, whole processes':62s}      ms      ms  ratio    MiB    MiB  goal"
    )
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        made = run.made(root / "made", 10_000, years=range(2021, 2026), sites=10)
        kept = logged(made, root / "kept")
        bare = without_journal(kept, root / "bare")
        words = ["dunay", "--date", "2025-05-18", "--platform", "ropucha", "--anyway"]
        run.compare(
            "resight log, 10,000 records / the same without journal",
            [sys.executable, "-c", PROGRAM, "--logbook", str(kept), "log", *words],
            [sys.executable, "-c", WITHOUT + PROGRAM, "--logbook", str(bare), "log", *words],
            "≤ 1.3",
        )
        made = run.made(root / "large", 100_000, years=range(2021, 2026), sites=10)
        kept = logged(made, root / "kept-large")
        bare = without_journal(kept, root / "bare-large")
        read = "from resight import Logbook; assert len(Logbook({!r}).read().records) == 100_000"
        run.compare(
            "Logbook.read(), 100,000 records / the same without journal",
            [sys.executable, "-c", read.format(str(kept))],
            [sys.executable, "-c", read.format(str(bare))],
            "about 1",
        )
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, mebibytes, _ = run.once([sys.executable, "-c", PROGRAM, "--logbook", str(kept), "verify"])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"resight verify, 100,000 lines: {seconds:.1f} s, {cpu:.1f} s of them at work (goal 5), {mebibytes:.0f} MiB"
        )


if __name__ == "__main__":
    main()

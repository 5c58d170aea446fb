"""Faults done to a logbook on purpose, with the figures as one table: ``python tests/faults/run.py --minutes 10``.

``--seed`` makes other trials of the same kinds. Exit status 1 if anything was lost, torn or otherwise wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults import kit

COLUMNS = ("commands", "kills", "refused", "acknowledged", "lost", "torn", "wrong")


def main() -> int:
    """Each kind of trial for its share of the time; the table and what was wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--minutes", type=float, default=2, help="all together (default: 2)")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", metavar="WORDS", default="", help="only the kinds whose name has these words")
    given = arguments.parse_args()
    names = [name for name in kit.TRIALS if given.only in name]
    if not names:
        arguments.error(f"no kind of trial is called {given.only!r}: {', '.join(kit.TRIALS)}")
    # Kills at random moments need many; the others have been through after once or twice.
    shares = [6 if name.startswith("killed at a random") else 1 for name in names]
    begun, whole, complaints = time.monotonic(), Counter[str](), []
    print(f"| fault | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}")
    for name, share in zip(names, shares, strict=True):
        report = kit.carried_out(name, given.minutes * 60 * share / sum(shares), given.seed)
        whole += report.figures
        complaints += [f"{name}: {complaint}" for complaint in report.complaints]
        cells = [str(report.figures[column]) for column in COLUMNS]
        print(f"| {name} | {report.skipped or ' | '.join(cells)} |", flush=True)
    print(f"| **all** | {' | '.join(f'**{whole[column]}**' for column in COLUMNS)} |")
    print(f"\n{(time.monotonic() - begun) / 60:.1f} minutes, seed {given.seed}")
    for complaint in complaints[:20]:
        print(f"\nWRONG: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

"""What workers save and cost: the same work in this process and by two workers of a cluster on this machine.

``engines.py [--sizes 10000,100000] [--runs 3]`` prints Markdown. Seconds of computing, for the clock says little on a
busy machine: what this process takes alone, what is left for it when two workers help, and what they take together,
their start included. On two free cores the work takes about the second and half of the third.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from resight import bulk, chance, engine, synthetic
from resight.chance import Look
from resight.engine import Engine
from resight.logbook import Logbook
from resight.pattern import Event

NOW = date(2025, 1, 1).toordinal()


def label_cost(a: Event, b: Event) -> tuple[float, float]:
    return (0.0, 0.0) if a.path == b.path else (1.0, 1.0)


def draws(episodes: int) -> Callable[[Engine], object]:
    """999 arrangements of so many episodes a year at one site."""
    drawn = random.Random(0)

    def year(start: int, prefix: str) -> list[Event]:
        days = [start + drawn.randrange(360) for _ in range(episodes)]
        return [Event(f"{prefix}{n}", "site", day, day, (drawn.choice("abc"),)) for n, day in enumerate(days)]

    then, now = year(NOW - 365, "t"), year(NOW, "n")
    looks = [Look("site", event.first, (event.id,)) for event in now]
    looks += [Look("site", NOW + drawn.randrange(360)) for _ in now]
    return lambda engine: chance.of(then, now, looks, cost=label_cost, engine=engine)


def comparing(size: int, *, watched: bool) -> Callable[[Engine], object]:
    """Two years of so many records at 1,000 sites: as one group, or each site alone."""
    vocabulary = Logbook(Path(__file__).parents[2]).vocabulary
    made = synthetic.logbook(size, vocabulary=vocabulary)
    sites = {name: site.model_copy(update={"watched": watched}) for name, site in made.sites.items()}
    return lambda engine: bulk.compared(
        made.records, year=2025, baseline_years=[2024], vocabulary=vocabulary, sites=sites, engine=engine
    )


def computed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of computing, of this process and of those that it started and that have ended."""

    def so_far() -> tuple[float, float]:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time(), children.ru_utime + children.ru_stime

    before = so_far()
    work()
    after = so_far()
    return after[0] - before[0], after[1] - before[1]


def two_workers(work: Callable[[Engine], object]) -> None:
    with engine.on_dask(workers=2) as workers:
        work(workers)


def measured(what: str, work: Callable[[Engine], object], runs: int) -> str:
    alone, spread = [], []
    for _ in range(runs):
        alone.append(computed(lambda: work(engine.HERE))[0])
        spread.append(computed(lambda: two_workers(work)))
    here, left, theirs = map(statistics.median, (alone, *zip(*spread, strict=True)))
    return f"| {what} | {here:.1f} s | {left:.1f} s | {theirs:.1f} s | {left + theirs / 2:.1f} s |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", default="30,60,100,140")
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print("| what | one process | with two workers: this process | the workers | so on two free cores |")
    print("|---|---|---|---|---|")
    for episodes in filter(None, given.episodes.split(",")):
        print(measured(f"999 draws, {episodes} episodes a year", draws(int(episodes)), given.runs), flush=True)
    for size in map(int, filter(None, given.sizes.split(","))):
        group, alone = comparing(size, watched=True), comparing(size, watched=False)
        print(measured(f"{size:,} records a year compared, one group", group, given.runs), flush=True)
        print(measured(f"{size:,} records a year compared, each site alone", alone, given.runs), flush=True)


if __name__ == "__main__":
    main()

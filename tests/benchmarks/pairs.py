"""Pairs, scores and assignment against what a user would otherwise write: ``python tests/benchmarks/pairs.py``.

Prints the table of the README. Every measurement is a process of its own; ours and theirs take turns. The data are
made with a seed: N sightings a year at 1,000 sites, 20 classes, 8 activities, each with a position within 500 m of its
site, so that both ways find the same pairs. Time is counted from the frames in memory on; memory is the peak above
them. ``python tests/benchmarks/pairs.py ours 1000000`` makes one measurement.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

SITES, RUNS = 1000, 5
RADIUS_M = 2000
STATM = Path("/proc/self/statm")


def vocabulary_of_twenty_classes() -> Any:
    from resight import vocabulary

    lines = ["[platforms.ship]", "children = { size = 8, source = 'assumed' }"]
    for kind in range(4):
        lines += [f"[platforms.t{kind}]", "parent = 'ship'", "children = { size = 10, source = 'assumed' }"]
        for number in range(5):
            lines += [
                f"[platforms.t{kind}c{number}]",
                f"parent = 't{kind}'",
                "individuals = { size = 12, source = 'x' }",
            ]
    lines += [f"[activities.a{number}]" for number in range(8)]
    lines += [
        "[catalogue]",
        "kinds = { size = 4, source = 'assumed' }",
        "activities = { size = 10, source = 'assumed' }",
    ]
    return vocabulary.from_toml("\n".join(lines))


def records(number: int) -> Any:
    """Two years of sightings as a GeoDataFrame."""
    import geopandas
    import numpy as np
    import pandas as pd

    chance = np.random.default_rng(20250518)
    at = np.stack([100 + np.arange(SITES) % 40 * 0.8, 10 + np.arange(SITES) // 40 * 0.8], axis=1)
    sites = np.array([f"site-{i}" for i in range(SITES)], dtype=object)
    classes = np.array([f"t{kind}c{i}" for kind in range(4) for i in range(5)], dtype=object)
    activities = np.array([*(f"a{i}" for i in range(8)), None], dtype=object)
    parts = []
    for year in (2024, 2025):
        site = chance.integers(0, SITES, number)
        day = np.datetime64(f"{year}-01-01", "s") + chance.integers(0, 365, number).astype("timedelta64[D]")
        where = at[site] + chance.uniform(-0.0045, 0.0045, (number, 2))
        columns = {
            "site": sites[site],
            "earliest": day,
            "latest": day,
            "platform": classes[chance.integers(0, len(classes), number)],
            "activity": activities[chance.integers(0, len(activities), number)],
        }
        shapes = geopandas.points_from_xy(*where.T, crs="EPSG:4326")
        ids = [f"{year}-{i}" for i in range(number)]
        parts.append(geopandas.GeoDataFrame(columns, index=ids, geometry=shapes))
    return geopandas.GeoDataFrame(pd.concat(parts))


def two_years(number: int) -> tuple[Any, Any, Any]:
    """The episodes of the two years, each sighting standing for one, and the vocabulary."""
    import pandas as pd

    both = records(number)
    kind = both["platform"].str[:2]
    both = both.assign(
        path=pd.Categorical("ship > " + kind + " > " + both["platform"]),
        individual=pd.array([None] * len(both), dtype="string"),
        operator=pd.array([None] * len(both), dtype="string"),
        activities=pd.Categorical(both["activity"].fillna("")),
        site=pd.Categorical(both["site"]),
        first=both["earliest"],
        last=both["latest"],
    )
    return both.iloc[:number], both.iloc[number:], vocabulary_of_twenty_classes()


def ours(number: int) -> Callable[[], int]:
    """All pairs at one place, scored: resight."""
    from resight import bulk, evidence, geodesy, linkage, weights

    then, now, words = two_years(number)

    def run() -> int:
        held = bulk.table(then, now)
        near = geodesy.near_rows(bulk.positions(then, held.baseline), bulk.positions(now, held.current), RADIUS_M)
        weighed = weights.Weights(held, vocabulary=words, scope=SITES, sites={}, assume=evidence.DEFAULTS)
        return len(linkage.link(weighed, near).bits)

    return run


def theirs(number: int) -> Callable[[], int]:
    """All pairs at one place, scored: geopandas' join within a distance, then the same scores in plain pandas."""
    import geopandas
    import numpy as np
    import pandas as pd

    then, now, _ = two_years(number)

    def smooth(value: Any, total: Any, base: Any) -> Any:
        return (value - 1 + 20 * base) / (total - 1 + 20)

    def share(frame: pd.DataFrame, column: str, within: list[str], size: int) -> Any:
        """u of a level, among its siblings: overall, then at the site."""
        by = [*within, column]
        overall = [frame.groupby(keys, observed=True)[column].transform("size") for keys in (by, within or ["one"])]
        keys = ["site", *by], ["site", *within]
        here = [frame.groupby(names, observed=True)[column].transform("size") for names in keys]
        return smooth(here[0], here[1], smooth(overall[0], overall[1], 1 / size))

    def run() -> int:
        levels = {"kind": 4, "type": 8, "class": 10}
        sides = []
        for side in (then, now):
            # Metres by an equal-area projection; for sites around the world there is no better one to join in.
            metres = side.to_crs("EPSG:6933")
            steps = metres["path"].cat.categories.str.split(" > ", expand=True).to_frame(index=False)
            for depth, name in enumerate(levels):
                metres[name] = pd.Categorical(steps[depth].to_numpy()[metres["path"].cat.codes])
            metres["day"] = metres["first"].dt.day_of_year
            metres["act"] = metres["activities"].cat.codes
            sides.append(metres[["site", *levels, "act", "day", "geometry"]])
        left, right = sides
        left = left.assign(one=0)
        at_site = left.groupby("site", observed=True)["one"].transform("size")
        left["u_place"] = smooth(at_site, number, 1 / SITES)
        within: list[str] = []
        for name, size in levels.items():
            left["u_" + name] = share(left, name, within, size)
            within.append(name)
        known = left["act"] != left["act"].min()
        count = left[known].groupby("act")["one"].size()
        left["u_act"] = left["act"].map(smooth(count, int(known.sum()), 1 / 10))
        joined = geopandas.sjoin(left, right, predicate="dwithin", distance=RADIUS_M, lsuffix="then", rsuffix="now")
        bits = np.log2(0.9 / joined["u_place"].to_numpy())
        going = np.ones(len(joined), dtype=bool)
        for name, m in {"kind": 0.99, "type": 0.9, "class": 0.9}.items():
            u = joined["u_" + name].to_numpy()
            same = (joined[name + "_then"].astype(str) == joined[name + "_now"].astype(str)).to_numpy()
            bits += np.where(going, np.where(same, np.log2(m / u), np.log2((1 - m) / (1 - u))), 0)
            going &= same
        one, other, u = (joined[name].to_numpy() for name in ("act_then", "act_now", "u_act"))
        both = (one != left["act"].min()) & (other != left["act"].min())
        bits += np.where(both, np.where(one == other, np.log2(0.8 / u), np.log2(0.2 / (1 - u))), 0)
        apart = (joined["day_then"] - joined["day_now"]).abs().to_numpy()
        apart = np.minimum(apart, 365 - apart)
        weights = np.log2(np.array([0.4 * 365 / 31, 0.3 * 365 / 60, 0.3 * 365 / 274]))
        bits += weights[np.searchsorted([15, 45], apart)]
        return int((bits > np.log2(number)).sum())

    return run


def chain(number: int) -> Callable[[], int]:
    """The whole chain: episodes, scores and one-to-one assignment of a frame of records."""
    from resight import bulk

    both, words = records(number), vocabulary_of_twenty_classes()
    return lambda: len(bulk.matches(both, year=2025, baseline_years=[2024], vocabulary=words, sites={}))


WAYS = {"ours": ours, "theirs": theirs, "chain": chain}


def measure(way: str, number: int) -> None:
    """One measurement: seconds, MiB above the input, and how many pairs or matches there are."""
    # Whatever is imported when it is first needed is imported now.
    WAYS[way](2_000)()
    run = WAYS[way](number)
    before = int(STATM.read_text().split()[1]) * resource.getpagesize()
    start = time.perf_counter()
    found = run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(seconds, max(0, peak - before) / 2**20, found)


def child(way: str, number: int) -> tuple[float, float, int]:
    done = subprocess.run([sys.executable, __file__, way, str(number)], capture_output=True, text=True, check=True)
    seconds, memory, found = done.stdout.split()
    return float(seconds), float(memory), int(found)


def main() -> None:
    """Print the table."""
    print(f"pairs and scores, 100,000 a year, {SITES} sites: medians of {RUNS} runs in turn ({date.today()})")
    runs = [(child("ours", 100_000), child("theirs", 100_000)) for _ in range(RUNS)]
    for name, side in (("resight", 0), ("sjoin dwithin, same scores", 1)):
        seconds, memory = (statistics.median(run[side][i] for run in runs) for i in (0, 1))
        print(f"  {name:28s} {seconds:8.2f} s {memory:8.0f} MiB above the input   {runs[0][side][2]:,} pairs")
    ratio, less = (statistics.median(run[1][i] / run[0][i] for run in runs) for i in (0, 1))
    print(f"  times faster {ratio:.0f} (goal ≥ 50), with 1/{less:.1f} of the memory (goal ≤ 1/5)")
    print("whole chain: episodes, scores, assignment")
    for number in (1_000, 10_000, 100_000, 1_000_000):
        seconds, memory, found = child("chain", number)
        print(
            f"  {number:>9,} a year  {seconds:8.2f} s {memory:8.0f} MiB above the input   {found:,} matches", flush=True
        )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main()

"""Pairs, scores and assignment against what a user would otherwise write: ``python tests/benchmarks/pairs.py``.

Prints the tables of the README. Every measurement is a process of its own; the ways take turns. The data are made with
a seed: N sightings a year at 1,000 sites, 20 classes, 8 activities, each with a position within 500 m of its site, so
that all ways find the same pairs. Time is that of the processor, counted from the frames in memory on; memory is the
peak above them. polars and duckdb are given what each factor of a baseline row is worth, and join by site; where one of
them is not installed it is left out. ``python tests/benchmarks/pairs.py ours 1000000`` makes one measurement.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SITES, RUNS, FEW = 1000, 5, 3
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
    from resight import compared, evidence, geodesy, linkage, weights

    then, now, words = two_years(number)

    def run() -> int:
        held = _held(then, now)
        near = geodesy.near_rows(
            compared.positions(then.geometry, held.baseline), compared.positions(now.geometry, held.current), RADIUS_M
        )
        weighed = weights.Weights(held, vocabulary=words, scope=SITES, sites={}, assume=evidence.DEFAULTS)
        return len(linkage.link(weighed, near).bits)

    return run


def _held(then: Any, now: Any) -> Any:
    """Two frames of episodes as the numbers that evidence is looked up by."""
    import numpy as np
    import pandas as pd

    from resight import compared

    coded = compared.code(pd.concat([then, now]))
    return compared.table(coded, np.arange(len(then)), len(then) + np.arange(len(now)))


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


def _worth(number: int) -> tuple[Any, Any, float]:
    """Both years as plain columns, for others to join: what is compared, and what each outcome is worth in bits."""
    import numpy as np

    from resight import evidence, weights

    then, now, words = two_years(number)
    held = _held(then, now)
    weighed = weights.Weights(held, vocabulary=words, scope=SITES, sites={}, assume=evidence.DEFAULTS)
    sides: list[dict[str, Any]] = []
    for side in (held.baseline, held.current):
        steps = [held.paths[code] for code in range(len(held.paths))]
        kinds = sorted({path[1] for path in steps})
        start = date(2025, 1, 1).toordinal()
        day = side.first - start + np.where(side.first < start, 366, 0)
        sides.append(
            {
                "site": side.site.astype(np.int32),
                "kind": np.array([kinds.index(path[1]) for path in steps], dtype=np.int32)[side.path],
                "class": side.path.astype(np.int32),
                "act": side.activities.astype(np.int32),
                "day": day.astype(np.int32),
            }
        )
    b = held.baseline.activities
    sides[0] |= {
        # Levels agree down to the kind of ship, part at the type, part at the class, agree in all.
        **{f"w{state}": weighed.platform[:, state] + weighed.place[:, 1] for state in (3, 5, 6)},
        "agree": weighed.activity[b, b],
        "part": np.where(b > 0, np.log2(0.2) - np.log2(1 - 0.8 / np.exp2(weighed.activity[b, b])), 0.0),
    }
    return sides[0], sides[1], evidence.least_bits(number, evidence.DEFAULTS)


_SEASON = (0.4 * 365 / 31, 0.3 * 365 / 60, 0.3 * 365 / 274)


def with_duckdb(number: int) -> Callable[[], int]:
    """The same pairs joined by site and scored in SQL."""
    import duckdb
    import pyarrow as pa

    left, right, floor = _worth(number)
    connection = duckdb.connect()
    connection.register("l", pa.table(left))
    connection.register("r", pa.table(right))
    apart = "least(abs(l.day - r.day), 365 - abs(l.day - r.day))"
    near, close, far = (f"log2({odds})" for odds in _SEASON)
    query = f"""
        select site, bits from (
          select l.site as site,
            case when l.class = r.class then w6 when l.kind = r.kind then w5 else w3 end
            + case when l.act = 0 or r.act = 0 then 0 when l.act = r.act then agree else part end
            + case when {apart} <= 15 then {near} when {apart} <= 45 then {close} else {far} end as bits
          from l join r on l.site = r.site) where bits > {floor}"""
    return lambda: int(connection.sql(query).to_arrow_table().num_rows)


def with_polars(number: int) -> Callable[[], int]:
    """The same pairs joined by site and scored by polars, streaming."""
    import polars as pl

    left, right, floor = _worth(number)
    sides = pl.DataFrame(left).lazy(), pl.DataFrame(right).lazy()
    apart = (pl.col("day") - pl.col("day_right")).abs()
    apart = pl.min_horizontal(apart, 365 - apart)
    near, close, far = (pl.lit(float(x)).log(2) for x in _SEASON)
    bits = (
        pl.when(pl.col("class") == pl.col("class_right"))
        .then(pl.col("w6"))
        .when(pl.col("kind") == pl.col("kind_right"))
        .then(pl.col("w5"))
        .otherwise(pl.col("w3"))
        + pl.when((pl.col("act") == 0) | (pl.col("act_right") == 0))
        .then(0.0)
        .when(pl.col("act") == pl.col("act_right"))
        .then(pl.col("agree"))
        .otherwise(pl.col("part"))
        + pl.when(apart <= 15).then(near).when(apart <= 45).then(close).otherwise(far)
    )
    query = sides[0].join(sides[1], on="site").with_columns(bits=bits).filter(pl.col("bits") > floor)
    return lambda: query.select("site", "bits").collect(engine="streaming").height


def chain(number: int) -> Callable[[], int]:
    """The whole chain: episodes, scores and one-to-one assignment of a frame of records."""
    from resight import bulk

    both, words = records(number), vocabulary_of_twenty_classes()
    return lambda: len(bulk.matches(both, year=2025, baseline_years=[2024], vocabulary=words, sites={}))


def worth_assigning(number: int, case: str) -> tuple[Any, Any, Any]:
    """Baseline rows, current rows and gains of the pairs that a comparison would assign, of a made-up logbook."""
    import numpy as np

    from resight import bulk, linkage, synthetic
    from resight.logbook import Logbook

    held: list[Any] = []
    plain = linkage.assign

    def keep(*pairs: Any) -> Any:
        held[:] = pairs
        return plain(*pairs)

    linkage.assign = keep  # type: ignore[assignment]
    try:
        if case == "uniform":
            chain(number)()
        else:
            words = Logbook(Path(__file__).parents[2]).vocabulary
            how: dict[str, dict[str, Any]] = {"one day": {"on_one_day": True}, "half at one site": {"busiest": 0.5}}
            made = synthetic.logbook(number, vocabulary=words, sites=SITES, **how.get(case, {}))
            bulk.matches(made.records, year=2025, baseline_years=[2024], vocabulary=words, sites=made.sites)
    finally:
        linkage.assign = plain
    b, c, gain = (np.asarray(part) for part in held)
    return b, c, gain


def sparse_whole(b: Any, c: Any, gain: Any) -> Any:
    """All pairs as one sparse graph, each row free to stay alone: scipy's LAPJVsp once."""
    import numpy as np

    from resight import linkage

    dense, linkage._DENSE = linkage._DENSE, 0
    try:
        return np.sort(linkage._assigned(b, c, gain)) if len(b) else b
    finally:
        linkage._DENSE = dense


def _by_component(b: Any, c: Any, gain: Any, dense: int) -> Any:
    from resight import linkage

    before, linkage._DENSE = linkage._DENSE, dense
    try:
        return linkage.assign(b, c, gain)
    finally:
        linkage._DENSE = before


ASSIGNMENTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "components: stars at once, dense, sparse above": lambda b, c, gain: _by_component(b, c, gain, 1 << 20),
    "components: stars at once, the rest sparse": lambda b, c, gain: _by_component(b, c, gain, 0),
    "one sparse graph": sparse_whole,
}


def assignments(number: int, case: str) -> None:
    """The ways to assign the same pairs, in turn: processor time, and that all gain the same."""
    b, c, gain = worth_assigning(number, case)
    print(f"  {number:,} a year, {case}: {len(b):,} pairs", flush=True)
    times: dict[str, list[float]] = {name: [] for name in ASSIGNMENTS}
    gained: dict[str, float] = {}
    for _ in range(3):
        for name, way in ASSIGNMENTS.items():
            start = time.process_time()
            chosen = way(b, c, gain)
            times[name].append(time.process_time() - start)
            gained[name] = float(gain[chosen].sum())
    for name, taken in times.items():
        print(f"    {name:50s} {statistics.median(taken):8.3f} s   {gained[name]:.4f} bits", flush=True)


def made(number: int, **how: Any) -> Callable[[], int]:
    """The whole chain on a made-up logbook: seasons, gaps, cloud, hulls, vague dates."""
    from resight import bulk, synthetic
    from resight.logbook import Logbook

    words = Logbook(Path(__file__).parents[2]).vocabulary
    book = synthetic.logbook(number, vocabulary=words, sites=SITES, **how)
    years: dict[str, Any] = {"year": 2025, "baseline_years": [2024]}
    return lambda: len(bulk.matches(book.records, **years, vocabulary=words, sites=book.sites))


WAYS: dict[str, Callable[[int], Callable[[], int]]] = {
    "ours": ours,
    "theirs": theirs,
    "duckdb": with_duckdb,
    "polars": with_polars,
    "chain": chain,
    "made": made,
    "crowded": lambda number: made(number, busiest=0.5),
}
CHAINS = {"chain": "uniform", "made": "seasons and hulls", "crowded": "half of it at one site"}


def measure(way: str, number: int) -> None:
    """One measurement: processor seconds, MiB above the input, and how many pairs or matches there are."""
    # Whatever is imported when it is first needed is imported now.
    WAYS[way](2_000)()
    run = WAYS[way](number)
    before = int(STATM.read_text().split()[1]) * resource.getpagesize()
    start = time.process_time()
    found = run()
    seconds = time.process_time() - start
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
    print(f"the same, 1,000,000 a year: medians of {FEW} runs in turn")
    ways = ["ours", *(way for way in ("duckdb", "polars") if find_spec(way))]
    turns = [{way: child(way, 1_000_000) for way in ways} for _ in range(FEW)]
    for way in ways:
        seconds, memory = (statistics.median(turn[way][i] for turn in turns) for i in (0, 1))
        name = "resight" if way == "ours" else f"{way}, weights given"
        print(f"  {name:28s} {seconds:8.2f} s {memory:8.0f} MiB above the input   {turns[0][way][2]:,} pairs")
    print("one-to-one assignment, the same pairs each way: medians of 3 runs in turn")
    for case in ("uniform", "seasons and hulls", "one day", "half at one site"):
        assignments(100_000, case)
    print("whole chain: episodes, scores, assignment")
    for way in ("chain", "made", "crowded"):
        for number in (1_000, 10_000, 100_000, 1_000_000):
            seconds, memory, found = child(way, number)
            print(
                f"  {CHAINS[way]:28s} {number:>9,} a year  {seconds:8.2f} s {memory:8.0f} MiB above the input   "
                f"{found:,} matches",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main()

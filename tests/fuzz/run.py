"""Every reader fuzzed for its share of the time: ``python tests/fuzz/run.py --minutes 60``.

Where atheris is installed it is guided by the code that a case reaches (``--blind`` does without). Each reader runs in
a process of its own, with two gigabytes and twenty seconds a case; what no reader may do is told with the bytes that
made it, which are kept in the folder ``--keep``. Exit status 1 if there was such a thing.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import os
import random
import resource
import subprocess
import sys
import time
import traceback
import warnings
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

SECONDS_A_CASE = 20
BYTES = 2 << 30


def blind(name: str, seconds: float, seed: int, keep: Path) -> int:
    """Cases by chance; the number that a reader did not take as it should. Different crashes, each once."""
    from fuzz import readers

    (target,) = (one for one in readers.TARGETS if one.name == name)
    chance, end = random.Random(f"{name} {seed}"), time.monotonic() + seconds
    cases, found = 0, set[str]()
    while time.monotonic() < end:
        data = readers.attempt(target, chance)
        kept = keep / f"{name.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:12]}"
        # What hangs in C ends the process; the bytes are there to tell of it.
        kept.write_bytes(data)
        faulthandler.dump_traceback_later(SECONDS_A_CASE, exit=True)
        try:
            target.read(data)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            if (what := f"{type(error).__name__} in {where.filename}:{where.lineno}") not in found:
                found.add(what)
                print(f"{name}: {what}: {error}\n  {kept}", file=sys.stderr, flush=True)
                continue
        faulthandler.cancel_dump_traceback_later()
        kept.unlink()
        cases += 1
    faulthandler.cancel_dump_traceback_later()
    print(f"| {name} | {cases:,} | {len(found)} |", flush=True)
    return len(found)


def guided(name: str, seconds: float, seed: int, keep: Path) -> None:
    """Cases guided by atheris, which ends the process."""
    import atheris

    with atheris.instrument_imports(include=["resight"]):
        # What a reader imports when it is asked is instrumented only if it is imported here.
        import resight.cli
        import resight.exchange.intake
        import resight.exchange.kml  # noqa: F401
        from fuzz import readers
    (target,) = (one for one in readers.TARGETS if one.name == name)
    seeds = keep / f"seeds-{name.replace(' ', '-')}"
    seeds.mkdir(exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (seeds / str(number)).write_bytes(data)

    def changed(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        return atheris.Mutate(data, most) if chance.random() < 0.5 else readers.mutated(data, chance.randrange)[:most]

    options = [f"-max_total_time={seconds:.0f}", f"-timeout={SECONDS_A_CASE}", f"-rss_limit_mb={BYTES >> 20}"]
    options += [f"-seed={seed}", f"-artifact_prefix={keep}/{name.replace(' ', '-')}-", "-max_len=60000"]
    atheris.Setup([sys.argv[0], *options, str(seeds)], target.read, custom_mutator=changed)
    atheris.Fuzz()


def main() -> int:
    """Each reader in its own process."""
    told = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    told.add_argument("--minutes", type=float, default=60, help="all together (default: 60)")
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--only", default="", metavar="WORDS", help="only readers whose name has these words")
    told.add_argument("--blind", action="store_true", help="by chance, though atheris is installed")
    told.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where the bytes of a finding go")
    told.add_argument("--reader", help=argparse.SUPPRESS)
    given = told.parse_args()
    is_blind = given.blind or find_spec("atheris") is None
    keep = given.keep.resolve()
    keep.mkdir(parents=True, exist_ok=True)
    if given.reader:
        warnings.simplefilter("ignore")
        resource.setrlimit(resource.RLIMIT_AS, (BYTES * (1 if is_blind else 8),) * 2)
        if is_blind:
            return int(blind(given.reader, given.minutes * 60, given.seed, keep) > 0)
        guided(given.reader, given.minutes * 60, given.seed, keep)
    from fuzz import readers

    names = [target.name for target in readers.TARGETS if given.only in target.name]
    print("| reader | cases | crashes |\n|---|---|---|" if is_blind else "guided by atheris", flush=True)
    failed = []
    for name in names:
        words = ["--minutes", str(given.minutes / len(names)), "--seed", str(given.seed), "--keep", str(keep)]
        words += ["--reader", name, *(["--blind"] if is_blind else [])]
        done = subprocess.run([sys.executable, __file__, *words], check=False, env={**os.environ, "COLUMNS": "80"})
        if done.returncode:
            failed.append(name)
            print(f"{name}: ended with {done.returncode}; see above, and {keep}", file=sys.stderr)
    print(f"{len(names)} readers, {len(failed)} with findings{': ' if failed else ''}{', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

"""Two real workers of a dask cluster: the same answers as one process, also when one is killed or a part raises."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from geopandas.testing import assert_geodataframe_equal

from resight import bench, bulk, chance, compared, engine, linkage, listing, synthetic
from resight.compared import Comparisons
from resight.engine import Engine
from resight.errors import InvalidValue, Unfinished
from resight.logbook import Logbook

distributed = pytest.importorskip("distributed", reason="the workers need dask: pip install 'resight[dask]'")

Run = Callable[..., Result]
WORDS = Logbook(Path(__file__).parents[1]).vocabulary

# What its event loop leaves unclosed is not ours.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def reciprocal(part: int, of: float) -> float:
    return of / part


def refused(part: int) -> int:
    raise InvalidValue("site", part, f"{part} is no site", allowed="a name")


def its_worker(part: int) -> int:
    return os.getpid()


def is_uninterrupted(part: int) -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def killed_once(part: int, flag: str) -> int:
    """Takes its whole worker down when it first comes to part 5."""
    if part == 5:
        try:
            os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return part
        os._exit(1)
    return part


def killed(part: int) -> int:
    os._exit(1)


@pytest.fixture(scope="module")
def two() -> Iterator[Engine]:
    # In the background a shell has interruptions ignored from the start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with engine.on_dask(workers=2) as workers:
            yield workers
    finally:
        signal.signal(signal.SIGINT, before)


def test_two_processes_beside_this_one_share_the_parts(two: Engine) -> None:
    found = set(two.map("Asking", its_worker, range(40)))
    assert len(found) == 2
    assert os.getpid() not in found


def test_answers_come_in_order_and_what_is_shared_reaches_every_part(two: Engine) -> None:
    parts = [3, 7, 11, *range(1, 200)]
    assert list(two.map("Dividing", reciprocal, parts, 2.0)) == list(engine.HERE.map("", reciprocal, parts, 2.0))


def test_an_interruption_is_left_to_the_process_that_takes_the_workers_down(two: Engine) -> None:
    assert set(two.map("Asking", is_uninterrupted, range(10))) == {True}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_worker_killed_midway_costs_nothing_but_time(two: Engine, tmp_path: Path) -> None:
    flag = tmp_path / "killed"
    assert list(two.map("Working", killed_once, range(20), str(flag))) == list(range(20))
    assert flag.exists()


def test_a_part_that_raises_is_named_in_words_and_the_workers_go_on(two: Engine) -> None:
    with pytest.raises(Unfinished, match=r"^Dividing: part 4 could not be worked out: ZeroDivisionError: "):
        list(two.map("Dividing", reciprocal, [3, 2, 1, 0, 1, 2], 1.0))
    with pytest.raises(InvalidValue, match=r"^site: 7 is no site; allowed: a name$"):
        list(two.map("Looking", refused, [7]))
    assert list(two.map("Dividing", reciprocal, [4], 1.0)) == [0.25]


def test_a_part_that_takes_every_worker_down_is_given_up_in_words() -> None:
    with (
        engine.on_dask(workers=2) as workers,
        pytest.raises(Unfinished, match=r"^Working: part 1 lost its worker 4 times; most often .* too little memory"),
    ):
        list(workers.map("Working", killed, [1]))


def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    with (
        pytest.raises(InvalidValue, match=r"--scheduler: no dask scheduler answers at 'tcp://127\.0\.0\.1:1'"),
        engine.on_dask("tcp://127.0.0.1:1"),
    ):
        pass


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as found:
        yield found


def another_version() -> None:
    import distributed.versions as known

    told = known.get_package_info
    known.get_package_info = lambda names: {**told(names), "resight": "0.0.9"}


def test_the_workers_of_a_scheduler_are_used_and_left_running(cluster: Any) -> None:
    for _ in range(2):
        with engine.on_dask(cluster.scheduler_address) as workers:
            assert set(workers.map("Asking", its_worker, range(40))) == {
                worker.pid for worker in cluster.workers.values()
            }


def test_workers_with_another_version_are_refused_before_anything_is_sent(cluster: Any) -> None:
    address = cluster.workers[1].worker_address
    with distributed.Client(cluster) as client:
        client.run(another_version, workers=[address])
        said = rf"--scheduler: the worker {address} has resight 0\.0\.9 \(here .*\); allowed: "
        with pytest.raises(InvalidValue, match=said), engine.on_dask(cluster.scheduler_address):
            pass
        client.restart()


def test_a_scheduler_without_workers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    with distributed.LocalCluster(n_workers=0, processes=True, dashboard_address="127.0.0.1:0") as empty:
        address = empty.scheduler_address
        with pytest.raises(InvalidValue, match=f"--scheduler: {address} has no worker"), engine.on_dask(address):
            pass


# --- many records


def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_SHARD", 300)
    monkeypatch.setattr(compared, "_TOGETHER", 100)
    monkeypatch.setattr(linkage, "_TOGETHER", 10_000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_workers_compare_many_records_as_one_process_does_to_the_last_bit(
    two: Engine, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    made = synthetic.logbook(4000, vocabulary=WORDS, sites=12, seed=seed)
    # Half of the sites as one group, the others alone; everything in many parts.
    register = {id: site.model_copy(update={"watched": id < "site-0006"}) for id, site in made.sites.items()}
    in_small_parts(monkeypatch)

    def of(workers: Engine) -> Comparisons:
        known: dict[str, Any] = {"vocabulary": WORDS, "sites": register, "year": 2025, "baseline_years": [2024]}
        return bulk.compared(made.records, **known, learn=True, engine=workers)

    alone, spread = of(engine.HERE), of(two)
    assert_geodataframe_equal(spread.found.episodes, alone.found.episodes)
    assert len(alone.scopes) == 7
    assert sum(len(one.matched) for one in alone.scopes) > 500
    assert alone.scopes[0].learned > 0
    for one, other in zip(spread.scopes, alone.scopes, strict=True):
        assert (one.scope, one.assume, one.learned) == (other.scope, other.assume, other.learned)
        assert one.matched.tolist() == other.matched.tolist()
        for name, values in one.links._asdict().items():
            assert np.asarray(values).tobytes() == np.asarray(getattr(other.links, name)).tobytes(), name


# --- the report


def made_up(run: Run, folder: Path, size: int, sites: int, seed: int) -> Path:
    """A logbook of so many records a year, out of the seed."""
    bench.make(str(folder), size, sites=sites, seed=seed)
    imported = run("import", "--bulk", str(folder / "rows.parquet"), "--anyway", folder=folder / "bulk")
    assert imported.exit_code == 0, imported.output
    return folder / "bulk"


def report(run: Run, folder: Path, *options: str) -> bytes:
    """The bytes of a report, which is taken away."""
    result = run("report", "--year", "2025", *options, folder=folder)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    path = folder / result.stdout.strip()
    found = path.read_bytes()
    path.unlink()
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_workers_write_the_report_of_one_process_to_the_byte(
    cluster: Any, run: Run, tmp_path: Path, seed: int
) -> None:
    folder = made_up(run, tmp_path / "made", 60, 5, seed)
    alone = report(run, folder)
    assert b"999 drawn arrangements" in alone
    assert report(run, folder, "--engine", "dask", "--scheduler", cluster.scheduler_address) == alone


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_workers_write_the_survey_of_one_process_to_the_byte(
    cluster: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    folder = made_up(run, tmp_path / "made", 1000, 12, seed)
    # Half of the sites as one group, the others alone; more records than are told one by one, in many parts.
    register = folder / "seeds" / "sites.geojson"
    half, after, others = register.read_text().partition('"site-0006"')
    assert '"watched": true' in others
    register.write_text(half + after + others.replace('"watched": true', '"watched": false'))
    monkeypatch.setattr(listing, "MANY", 100)
    in_small_parts(monkeypatch)
    spread = ["--learn", "--engine", "dask", "--scheduler", cluster.scheduler_address]
    alone, together = (survey(run, folder, *options) for options in (["--learn"], spread))
    assert alone.keys() == {".html", ".parquet"}
    assert alone == together


def survey(run: Run, folder: Path, *options: str) -> dict[str, bytes]:
    """The bytes of a survey and of its table, which are taken away."""
    result = run("report", "--year", "2025", *options, folder=folder)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    found = {path.suffix: path.read_bytes() for path in map(Path, result.stdout.splitlines())}
    shutil.rmtree(folder / "maps")
    return found


def test_workers_of_this_machine_are_started_for_one_report_and_leave_nothing_behind(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made_up(run, tmp_path / "made", 30, 2, 1)
    alone = report(run, folder)
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    assert report(run, folder, "--engine", "dask") == alone
    assert list((tmp_path / "scratch").iterdir()) == []


def test_workers_that_cannot_be_started_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(**options: Any) -> None:
        raise RuntimeError("Cluster failed to start: no port is free")

    monkeypatch.setattr(distributed, "LocalCluster", no_room)
    said = r"no workers could be started on this machine \(Cluster failed .*\); --engine here needs none"
    with pytest.raises(Unfinished, match=said), engine.on_dask():
        pass


def fits_but_once(arrangements: Any, test: Any) -> Any:
    """Takes its whole worker down, once in all."""
    killed_once(5, os.environ["KILLED"])
    return FITS(arrangements, test)


def no_fits(arrangements: Any, test: Any) -> Any:
    raise ZeroDivisionError("division by zero")


FITS = chance._fits


def test_a_worker_killed_amid_a_report_leaves_its_bytes_as_they_are(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made_up(run, tmp_path / "made", 60, 5, 1)
    alone = report(run, folder)
    monkeypatch.setenv("KILLED", str(tmp_path / "killed"))
    monkeypatch.setattr(chance, "_fits", fits_but_once)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as mortal:
        assert report(run, folder, "--engine", "dask", "--scheduler", mortal.scheduler_address) == alone
    assert (tmp_path / "killed").exists()


def test_a_report_with_a_part_that_raises_says_so_and_writes_nothing(
    cluster: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made_up(run, tmp_path / "made", 60, 5, 1)
    monkeypatch.setattr(chance, "_fits", no_fits)
    spread = ["--engine", "dask", "--scheduler", cluster.scheduler_address]
    result = run("report", "--year", "2025", *spread, folder=folder)
    assert result.exit_code == 9
    said = "Trying chance: part 1 could not be worked out: ZeroDivisionError: division by zero"
    assert said in " ".join(result.stderr.split())
    assert not (folder / "maps").exists() or list((folder / "maps").iterdir()) == []


def test_a_report_whose_scheduler_is_not_there_writes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    folder = made_up(run, tmp_path / "made", 20, 2, 1)
    result = run("report", "--year", "2025", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", folder=folder)
    assert result.exit_code == 3
    assert "no dask scheduler answers at 'tcp://127.0.0.1:1'" in result.stderr
    assert not (folder / "maps").exists() or list((folder / "maps").iterdir()) == []

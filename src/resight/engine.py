"""Where the work is done: in this process, or by the workers of a dask cluster; the answer is the same to the byte.

Whoever has much to do cuts it into parts, the same whatever the engine and the number of its workers, and hands an
:class:`Engine` a function of a module with the parts: pure, without file, clock or global state, so that workers need
nothing of this machine's disk. Both engines run the same function over the same parts and give the answers in order.
dask.distributed is an extra (``resight[dask]``), imported when it is asked for.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import uuid4

from resight.errors import InvalidValue, ResightError, Unfinished

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

Answer = TypeVar("Answer")

#: Seconds within which a scheduler has to answer, and to have a worker again when all are gone.
PATIENCE = 10.0
#: Parts given out for each thread of the workers before the first answer is taken: none waits, and few are in memory.
AHEAD = 3
#: A part that fails is tried once more, for what one worker lacks (memory, disk) another may have.
RETRIES = 1
#: What the digits of an answer rest on. dask refuses its own other versions less plainly.
_ALIKE = ("resight", "dask", "distributed", "numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj")
INSTALL = "pip install 'resight[dask]'"
_TALKERS = ("distributed", "tornado", "asyncio")
#: Ctrl-C reaches every process of a terminal: this one takes its workers down, and they need not complain.
_UNINTERRUPTED = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
_SETTINGS = {
    "distributed.admin.large-graph-warning-threshold": "1GB",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # dask would have free memory given back at once, which makes numpy's work on small arrays half as long again.
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1},
}


class Engine(Protocol):
    """Does one thing to many parts."""

    def map(self, what: str, function: Callable[..., Answer], parts: Iterable[Any], *shared: Any) -> Iterator[Answer]:
        """What a function makes of each part, in the order of the parts.

        Args:
            what: what is being done, in words, for the message when it fails.
            function: stands in a module and is pure; it is called with a part and what is shared.
            parts: may be pickled, as may the answers; taken only so far ahead as they are worked at.
            shared: given to every call, and sent only once.

        Raises:
            ResightError: what the function raised of our own, as it is.
            Unfinished: a part could not be worked out; says which, and why.
        """
        ...


class Here:
    """This process: one part after the other."""

    def map(self, what: str, function: Callable[..., Answer], parts: Iterable[Any], *shared: Any) -> Iterator[Answer]:
        """See :meth:`Engine.map`."""
        for number, part in enumerate(parts, start=1):
            try:
                answer = function(part, *shared)
            except ResightError:
                raise
            except Exception as error:
                raise _failed(what, number, error) from error
            yield answer


HERE = Here()


class Dask:
    """The workers of a dask cluster; a part whose worker is lost is given to another one.

    Everything that a part needs goes to the scheduler with it, pickled here, so that a lost worker takes nothing along
    that cannot be had again.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def map(self, what: str, function: Callable[..., Answer], parts: Iterable[Any], *shared: Any) -> Iterator[Answer]:
        """See :meth:`Engine.map`."""
        run = f"resight-{function.__name__.strip('_')}-{uuid4().hex}"
        held = [
            self._client.submit(pickle.loads, pickle.dumps(one, protocol=5), key=f"{run}-shared-{number}")
            for number, one in enumerate(shared)
        ]
        most = AHEAD * max(1, sum(self._client.nthreads().values()))
        waiting: deque[tuple[int, Future]] = deque()
        for number, part in enumerate(parts, start=1):
            given = pickle.dumps((function, part), protocol=5)
            future = self._client.submit(_called, given, *held, key=f"{run}-{number}", retries=RETRIES)
            waiting.append((number, future))
            if len(waiting) >= most:
                yield self._answer(what, *waiting.popleft())
        while waiting:
            yield self._answer(what, *waiting.popleft())

    def _answer(self, what: str, number: int, future: Future) -> Any:
        from distributed import KilledWorker, wait

        try:
            while not future.done():
                try:
                    wait(future, PATIENCE)
                except TimeoutError:
                    self._need_workers(what, number)
            return future.result()
        except ResightError:
            raise
        except KilledWorker as error:
            lost = f"{what}: part {number} lost its worker {error.allowed_failures + 1} times"
            mend = "most often there is too little memory for it: give each worker more, or have fewer on a machine"
            raise Unfinished(f"{lost}; {mend}") from error
        except Exception as error:
            raise _failed(what, number, error) from error

    def _need_workers(self, what: str, number: int) -> None:
        """A lost worker may come back; but not for ever."""
        try:
            self._client.wait_for_workers(1, PATIENCE)
        except TimeoutError as error:
            raise Unfinished(f"{what}: part {number} waits, and the scheduler has no worker left") from error


@contextmanager
def opened(name: str, scheduler: str | None = None) -> Iterator[Engine]:
    """The engine of a name, ``here`` or ``dask``, for as long as the context lasts; see :func:`on_dask`."""
    if name == "here":
        yield HERE
        return
    with on_dask(scheduler) as engine:
        yield engine


@contextmanager
def on_dask(address: str | None = None, workers: int | None = None) -> Iterator[Engine]:
    """A dask cluster as an engine, for as long as the context lasts.

    Args:
        address: of a scheduler; without one a cluster is started on this machine and taken down at the end: processes
            of one thread each, spoken to by this machine only, with a temporary folder for what does not fit in memory.
        workers: how many of them; without it as many as there are cores.

    Raises:
        InvalidValue: dask.distributed is not installed, no scheduler answers at the address, it has no worker, or a
            worker has another version of resight, of Python or of what the digits rest on.
    """
    with ExitStack() as stack:
        try:
            import dask.config
            import distributed
        except ImportError:
            what = "dask.distributed is not installed"
            raise InvalidValue("--engine", "dask", what, allowed=f"here, or dask after {INSTALL}") from None
        stack.enter_context(_quiet())
        stack.enter_context(dask.config.set(_SETTINGS))
        if address is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="resight-", ignore_cleanup_errors=True))
            stack.enter_context(dask.config.set({"temporary-directory": folder}))
            cluster = _started(workers or dask.system.CPU_COUNT)
            client = stack.enter_context(distributed.Client(stack.enter_context(cluster)))
        else:
            client = stack.enter_context(_connected(address))
        if words := _unlike(client.get_versions(packages=list(_ALIKE))):
            raise InvalidValue("--scheduler", address, words, allowed="workers with what is installed here")
        yield Dask(client)


def _started(workers: int) -> LocalCluster:
    from distributed import LocalCluster

    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            # Nobody looks at its pages: they are not served, on a port that is free.
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.CRITICAL,
            env={"DASK_LOGGING__DISTRIBUTED": "critical"},
            preload=[_UNINTERRUPTED],
        )
    except (OSError, RuntimeError) as error:
        raise Unfinished(f"no workers could be started on this machine ({error}); --engine here needs none") from error


def _connected(address: str) -> Client:
    from distributed import Client, Security, connect

    async def reach() -> None:
        comm = await connect(address, timeout=PATIENCE, **Security().get_connection_args("client"))
        await comm.close()

    allowed = "the address that `dask scheduler` prints, once a worker has joined it"
    try:
        # A client that reaches nothing would go on trying; a notebook has a loop of its own in this thread.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, reach()).result()
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        what = f"no dask scheduler answers at {address!r}"
        raise InvalidValue("--scheduler", address, what, allowed=allowed, example="tcp://10.0.0.5:8786") from error
    try:
        client.wait_for_workers(1, PATIENCE)
    except TimeoutError as error:
        client.close()
        raise InvalidValue("--scheduler", address, f"{address} has no worker", allowed=allowed) from error
    return client


@contextmanager
def _quiet() -> Iterator[None]:
    """What dask has to say of lost workers and other versions is said here, in words."""
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    talking = [one for one in loggers if one.name.partition(".")[0] in _TALKERS and not one.disabled]
    for one in talking:
        one.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for one in talking:
            one.disabled = False


def _unlike(versions: Mapping[str, Any]) -> str:
    """Which workers have other versions than this process, in words; empty when none has."""
    own = versions["client"]["packages"]
    said = []
    for address, worker in sorted(versions["workers"].items()):
        theirs = worker["packages"]
        parts = [
            f"{name} {_release(name, theirs.get(name)) or 'is missing'} (here {_release(name, own[name])})"
            for name in ("python", *_ALIKE)
            if _release(name, theirs.get(name)) != _release(name, own[name])
        ]
        if parts:
            said.append(f"the worker {address} has {', '.join(parts)}")
    return "; ".join(said)


def _release(name: str, version: str | None) -> str | None:
    """A version as far as it matters: any patch of a Python does."""
    return ".".join(version.split(".")[:2]) if version and name == "python" else version


def _called(given: bytes, *shared: Any) -> Any:
    """What a worker does."""
    function, part = pickle.loads(given)
    return function(part, *shared)


def _failed(what: str, number: int, error: Exception) -> Unfinished:
    return Unfinished(f"{what}: part {number} could not be worked out: {type(error).__name__}: {error}")

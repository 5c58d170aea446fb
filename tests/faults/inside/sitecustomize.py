"""Loaded by the interpreter of a command on trial: at the n-th step of its writing, something happens to it.

A step is what changes a disk below the folder ``FAULT_INSIDE``: a file opened to be written, forced to disk, given a
second name, renamed, removed or cut, a folder made. At step ``FAULT_AT`` the fault ``FAULT_DOES`` happens:

``kill``  the process is killed, as ``kill -9`` does
``tear``  the same, and of the file that was to be forced to disk only a part arrived, as after a power cut
``edit``  another program changes the file ``FAULT_FILE`` in place, and the command goes on
``swap``  another program puts a changed file in its place by a rename, as editors do
"""

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset({"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.truncate"})


class _Fault:
    """Counts the steps, and strikes once."""

    def __init__(self, inside: str, at: int, does: str) -> None:
        self.inside, self.at, self.does = inside, at, does
        self.steps = 0
        #: Sizes of the files as they were opened: what stood there before is on disk, whatever is torn.
        self.sizes: dict[str, int] = {}
        self.is_busy = False

    def heard(self, event: str, told: tuple[Any, ...]) -> None:
        """An audit event: is it a step?"""
        if event not in _CHANGES or self.is_busy or not told:
            return
        if event == "open" and not (isinstance(told[2], int) and told[2] & _WRITING):
            return
        self.is_busy = True
        try:
            path = self._path(told[0])
            if path.startswith(self.inside):
                if event == "open":
                    self.sizes.setdefault(path, os.path.getsize(path) if os.path.exists(path) else 0)  # noqa: PTH110, PTH202
                self.step(event, path)
        finally:
            self.is_busy = False

    @staticmethod
    def _path(told: Any) -> str:
        if isinstance(told, int):
            with contextlib.suppress(OSError):
                return os.readlink(f"/proc/self/fd/{told}")  # noqa: PTH115
            return ""
        return os.path.abspath(os.fsdecode(told))  # noqa: PTH100

    def step(self, event: str, path: str) -> None:
        """One step more; the fault happens if it is the one."""
        # Another rename between the last look at a year file and ours cannot be seen; what is written into it can.
        if event in {"edit": ("os.mkdir",), "swap": ("os.mkdir", "os.rename")}.get(self.does, ()):
            return
        self.steps += 1
        if self.steps != self.at:
            return
        if self.does == "tear" and event == "fsync":
            self._tear(path)
        if self.does in ("kill", "tear"):
            self._die()
        sys.stderr.write(f"fault at {self.at}\n")
        self._edit(Path(os.environ["FAULT_FILE"]))

    def _tear(self, path: str) -> None:
        if os.path.isfile(path):  # noqa: PTH113
            before, now = self.sizes.get(path, 0), os.path.getsize(path)  # noqa: PTH202
            part = int(os.environ.get("FAULT_PART", "50"))
            os.truncate(path, before + max(0, now - before) * part // 100)

    def _die(self) -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise SystemExit

    def _edit(self, file: Path) -> None:
        if not file.exists():
            return
        mark = f'{{"{os.environ["FAULT_MARK"]}":true,'.encode()
        data = file.read_bytes().replace(b"{", mark, 1)
        if self.does == "swap":
            beside = file.with_name("editor.tmp")
            beside.write_bytes(data)
            beside.replace(file)
        else:
            file.write_bytes(data)


def _start() -> None:
    fault = _Fault(os.environ["FAULT_INSIDE"], int(os.environ["FAULT_AT"]), os.environ["FAULT_DOES"])
    fsync = os.fsync

    def forced(handle: Any) -> None:
        path = fault._path(handle)
        fault.is_busy = True
        try:
            if path.startswith(fault.inside):
                fault.step("fsync", path)
        finally:
            fault.is_busy = False
        fsync(handle)

    os.fsync = forced  # type: ignore[assignment]
    sys.addaudithook(fault.heard)


if "FAULT_AT" in os.environ:
    _start()

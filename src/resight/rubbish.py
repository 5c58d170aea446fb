"""Python's search for rubbish, put off while much is made and nothing dropped: it would take half of the time."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """No search meanwhile; as it was before, afterwards."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            # All that was made meanwhile counts as old: a search through it now would cost what was saved.
            gc.freeze()
            gc.unfreeze()
            gc.enable()

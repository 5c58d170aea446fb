"""The program: its commands, in the order of an analyst's day.

Each stands in a file of its own under ``commands``: arguments to calls, answers to words. How a command starts and
ends, with the exit statuses, stands in ``shell``. Everything heavier than click is imported inside the command that
needs it, so that ``--help`` and ``log`` are quick.
"""

# In `--help` the commands stand in the order of these imports.
# isort: off
from resight.commands import founding, recording, amending, listing, naming, checking  # noqa: F401
from resight.commands import mapping, reporting, explaining  # noqa: F401
from resight.commands import importing, exporting, attaching, merging, custody, benching  # noqa: F401

# isort: on
from resight.shell import main, run

__all__ = ["main", "run"]

"""resight: a logbook of satellite-imagery sightings that says whether you have seen it before.

The public names; each is loaded when it is first used, so that ``import resight`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resight.errors import Problem, ResightError
    from resight.logbook import Logbook
    from resight.observation import Observation, Site, Source
    from resight.vocabulary import Vocabulary

__version__ = "0.1.0"
__all__ = ["Logbook", "Observation", "Problem", "ResightError", "Site", "Source", "Vocabulary", "__version__"]

_HOMES = {
    "Logbook": "logbook",
    "Observation": "observation",
    "Problem": "errors",
    "ResightError": "errors",
    "Site": "observation",
    "Source": "observation",
    "Vocabulary": "vocabulary",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'resight' has no attribute {name!r}")
    return getattr(import_module(f"resight.{_HOMES[name]}"), name)

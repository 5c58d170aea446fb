"""Each fault of the kit, for a few seconds: ``tests/faults/run.py`` does the same for as long as is wanted."""

from __future__ import annotations

import sys

import pytest

from faults import kit

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux", reason="faults are made by the means of Linux"),
]


@pytest.mark.parametrize("name", kit.TRIALS)
def test_nothing_is_lost_or_torn(name: str) -> None:
    report = kit.carried_out(name, seconds=2.5, seed=1)
    if report.skipped:
        pytest.skip(report.skipped)
    assert report.complaints == []
    assert (report.figures["lost"], report.figures["torn"]) == (0, 0)
    assert report.figures["commands"] > 0

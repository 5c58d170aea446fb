"""A few cases for every reader; ``tests/fuzz/run.py`` goes on for as long as is wanted."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz import readers

pytest.importorskip("openpyxl", reason="needs resight[exchange]")


@pytest.mark.parametrize("target", readers.TARGETS, ids=lambda target: target.name)
@given(data=st.data())
@settings(
    max_examples=8, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_a_reader_gives_a_result_or_one_of_our_own_errors(target: readers.Target, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from([*target.seeds(), b""]))
    with warnings.catch_warnings():
        # Of what libraries think of such files.
        warnings.simplefilter("ignore")
        target.read(readers.mutated(seed, lambda n: data.draw(st.integers(0, n - 1))))

"""The Gini coefficient against the double sum that defines it."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures.gini import gini


@settings(max_examples=80)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_it_is_half_the_mean_difference_over_the_mean(amounts: list[int]) -> None:
    n, mean = len(amounts), sum(amounts) / len(amounts)
    differences = sum(abs(one - other) for one in amounts for other in amounts)
    found = gini(pd.Series(amounts))
    assert found == pytest.approx(differences / (2 * n * n * mean), abs=1e-12)
    assert -1e-12 <= found <= 1 - 1 / n + 1e-12


def test_what_it_cannot_tell() -> None:
    for amounts in ([], [0, 0], [1, None]):
        assert math.isnan(gini(pd.Series(amounts, dtype=float)))
    with pytest.raises(ValueError, match="at least 0"):
        gini(pd.Series([1.0, -1.0]))

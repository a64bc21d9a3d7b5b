"""Extinction probabilities: the closed form at its check values."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.measures.extinction import extinction_probability


@pytest.mark.parametrize(
    ("years", "cr", "en", "vu"),
    [(50, 0.96875, 0.42757, 0.05132), (100, 0.99902, 0.67232, 0.10), (500, 1.0, 0.99622, 0.40951)],
)
def test_check_values(years, cr, en, vu):
    found = extinction_probability(pd.Series(["CR", "EN", "VU"]), years)
    assert found.tolist() == pytest.approx([cr, en, vu], abs=5e-6)


def test_thresholds_of_criterion_e_come_back():
    assert extinction_probability(pd.Series(["CR"]), 10).item() == pytest.approx(0.5)
    assert extinction_probability(pd.Series(["EN"]), 20).item() == pytest.approx(0.2)


def test_unknown_stays_unknown():
    found = extinction_probability(pd.Series(["DD", None, "LC", "EW"], index=list("abcd")), 50)
    assert found.isna().tolist() == [True, True, True, False]
    assert found["d"] == 1


def test_unknown_scheme_is_named():
    with pytest.raises(ValueError, match="scheme"):
        extinction_probability(pd.Series(["CR"]), 50, scheme="guess")


@given(st.integers(1, 500), st.integers(1, 500))
def test_longer_horizons_never_lower_the_probability(a, b):
    short, long = sorted((a, b))
    cats = pd.Series(["CR", "EN", "VU"])
    assert (extinction_probability(cats, short) <= extinction_probability(cats, long)).all()

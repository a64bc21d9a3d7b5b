"""Extinction probabilities: the closed form at its check values, and the tables as published."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.measures.extinction import FIXED, SCHEMES, extinction_probability

CATEGORIES = ["CR", "EN", "VU", "NT", "LC"]


def of(categories, *more):
    return extinction_probability(pd.Series(categories), *more)


@pytest.mark.parametrize(
    ("years", "cr", "en", "vu"),
    [(50, 0.96875, 0.42757, 0.05132), (100, 0.99902, 0.67232, 0.10), (500, 1.0, 0.99622, 0.40951)],
)
def test_check_values(years, cr, en, vu):
    assert of(["CR", "EN", "VU"], years).tolist() == pytest.approx([cr, en, vu], abs=5e-6)


def test_thresholds_of_criterion_e_come_back():
    assert of(["CR"], 10).item() == pytest.approx(0.5)
    assert of(["EN"], 20).item() == pytest.approx(0.2)


def test_criterion_e_sets_the_least_threatened_no_threshold():
    assert of(["NT", "LC"], 500).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("iucn50", [0.97, 0.42, 0.05, 0.004, 0.00005]),
        ("iucn100", [0.999, 0.667, 0.1, 0.01, 0.0001]),
        ("iucn500", [1, 0.996, 0.39, 0.02, 0.0005]),
        ("isaac", [0.4, 0.4 / 2, 0.4 / 4, 0.4 / 8, 0.4 / 16]),
        ("edge2", [0.97, 0.97 / 2, 0.97 / 4, 0.97 / 8, 0.97 / 16]),
        ("pessimistic", [0.99, 0.9, 0.8, 0.4, 0.2]),
    ],
)
def test_published_tables(scheme, expected):
    for years in (1, 50, 500):
        assert of(CATEGORIES, years, scheme).tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("years", "scheme"), [(50, "iucn50"), (100, "iucn100"), (500, "iucn500")])
def test_the_published_rounding_lies_near_the_closed_form(years, scheme):
    gap = (of(["CR", "EN", "VU"], years, scheme) - of(["CR", "EN", "VU"], years)).abs()
    assert gap.max() < 0.02


def test_a_ratio_divides():
    assert of(["CR", "EN"], 10, "ratio", 2).tolist() == pytest.approx([0.5, 0.5 / 2])
    assert of(["CR", "EN"], 10, "ratio", 1).tolist() == pytest.approx([0.5, 0.5])


def test_the_less_threatened_stay_below_endangered():
    # criterion E gives VU 1 - 0.9^5 = 0.40951 in 500 years, more than a tenth of the CR value of 1
    assert of(["EN", "VU", "NT"], 500, "ratio", 10).tolist() == pytest.approx([0.1, 0.1, 0])
    assert of(["VU"], 100, "ratio", 2).item() == pytest.approx(0.1)


@pytest.mark.parametrize("ratio", [None, 0.99, 10.01, float("nan")])
def test_a_ratio_out_of_bounds_is_named(ratio):
    with pytest.raises(ValueError, match="expected to be a number from 1 to 10"):
        of(["CR"], 50, "ratio", ratio)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_unknown_stays_unknown_and_gone_is_gone(scheme):
    given = pd.Series(["DD", None, "EW", "EX", "CR"], index=list("abcde"))
    found = extinction_probability(given, 50, scheme, ratio=2)
    assert found.isna().tolist() == [True, True, False, False, False]
    assert found[["c", "d"]].tolist() == [1, 1]


def test_a_value_that_is_not_published_stays_missing(monkeypatch):
    monkeypatch.setattr("aze_core.measures.extinction._published", lambda scheme: {"CR": 0.4})
    assert of(["CR", "EN", "EW"], 50, "isaac").tolist() == pytest.approx([0.4, float("nan"), 1], nan_ok=True)


def test_unknown_scheme_is_named():
    with pytest.raises(ValueError, match="scheme"):
        of(["CR"], 50, "guess")


@given(st.integers(1, 500), st.integers(1, 500))
def test_longer_horizons_never_lower_the_probability(a, b):
    short, long = sorted((a, b))
    assert (of(CATEGORIES, short) <= of(CATEGORIES, long)).all()


@given(st.sampled_from(SCHEMES), st.integers(1, 500), st.floats(1, 10))
def test_a_higher_category_is_never_safer(scheme, years, ratio):
    found = of(CATEGORIES, years, scheme, ratio)
    assert found.is_monotonic_decreasing
    assert found.between(0, 1).all()
    if scheme in FIXED:
        assert found.equals(of(CATEGORIES, years + 1, scheme))

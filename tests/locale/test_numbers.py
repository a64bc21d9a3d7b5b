"""Numbers as people read them: little is never written as nothing, nor almost all as all."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.locale import area, interval, missing, number, percent

UNKNOWN = [None, float("nan"), np.nan, pd.NA, pd.NaT, "text"]


@pytest.mark.parametrize("value", UNKNOWN)
def test_unknown_is_a_word(value: object) -> None:
    assert number(value) == percent(value) == area(value) == missing()
    assert interval(value, value) == missing()


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (0, 0, "0"),
        (1483, 0, "1,483"),
        (-1483.5, 1, "-1,483.5"),
        (-0.0001, 2, "0.00"),
        (0.32292, 3, "0.323"),
        (np.int64(7), 0, "7"),
        (np.float32(0.5), 1, "0.5"),
        (1e9, 0, "1,000,000,000"),
    ],
)
def test_numbers(value: float, decimals: int, written: str) -> None:
    assert number(value, decimals) == written


@pytest.mark.parametrize(
    ("share", "decimals", "written"),
    [
        (0, 0, "0%"),
        (1, 0, "100%"),
        (0, 1, "0.0%"),
        (1, 1, "100.0%"),
        (0.47, 0, "47%"),
        (0.474, 1, "47.4%"),
        (0.02, 0, "2%"),
        (0.0049, 0, "0.5%"),
        (0.0009, 0, "<0.1%"),
        (1e-9, 0, "<0.1%"),
        (1e-9, 1, "<0.1%"),
        (0.00025, 2, "0.03%"),
        (1e-9, 2, "<0.01%"),
        (0.992, 0, "99.2%"),
        (0.999, 0, "99.9%"),
        (0.9991, 0, ">99.9%"),
        (0.9996, 0, ">99.9%"),
        (0.9996, 1, ">99.9%"),
        (0.99996, 2, ">99.99%"),
        (np.float64(0.5), 0, "50%"),
    ],
)
def test_shares(share: float, decimals: int, written: str) -> None:
    assert percent(share, decimals) == written


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(0, 3))
def test_a_part_is_never_written_as_nothing_or_all(share: float, decimals: int) -> None:
    written = percent(share, decimals)
    assert float(written.strip("<>%")) not in (0, 100)


@pytest.mark.parametrize(
    ("km2", "written"), [(0, "0 km²"), (3.98, "4.0 km²"), (10, "10 km²"), (3984.2, "3,984 km²")]
)
def test_areas(km2: float, written: str) -> None:
    assert area(km2) == written.replace(" ", "\u00a0")


def test_intervals() -> None:
    assert interval(2, 34) == "2–34"
    assert interval(1, 1) == "1"
    assert interval(0.101, 0.104, 2) == "0.10"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12), st.integers(0, 6))
def test_numbers_read_back(value: float, decimals: int) -> None:
    assert math.isclose(float(number(value, decimals).replace(",", "")), value, abs_tol=0.51 * 10**-decimals)

"""Quarters of two criteria, and boxes drawn over them."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import SettingError
from aze_core.ranking.quarters import CODES, quarters, within

NAN = float("nan")
SITES = pd.Index(["A", "B", "C", "D", "E", "F"], name="site_id")
X = pd.Series([0.9, 0.9, 0.1, 0.1, NAN, 0.9], index=SITES)
Y = pd.Series([0.8, 0.2, 0.8, 0.2, 0.8, NAN], index=SITES)


def test_each_corner_is_a_quarter_and_the_unknown_is_none() -> None:
    found = quarters(X, Y, 0.5, 0.5)
    assert found.dropna().to_dict() == dict(zip("ABCD", CODES, strict=True))
    assert found.index.equals(SITES)
    assert found.isna().tolist() == [False] * 4 + [True] * 2


def test_a_value_at_the_cut_is_high() -> None:
    at = pd.Series([0.5, 0.4999], index=["A", "B"])
    assert quarters(at, at, 0.5, 0.5).tolist() == ["high_high", "low_low"]
    assert quarters(at, at, 0, 1).tolist() == ["high_low", "high_low"]


def test_whole_numbers_with_gaps_are_read_too() -> None:
    x = pd.Series([1, None, 0], dtype="Int64")
    assert quarters(x, x, 0.5, 0.5).dropna().tolist() == ["high_high", "low_low"]
    assert within(x, x, [0, 1], [0, 1]).tolist() == [True, False, True]


def test_a_box_holds_its_edges_and_nothing_unknown() -> None:
    assert within(X, Y, [0.1, 0.5], [0.2, 0.8]).tolist() == [False, False, True, True, False, False]
    assert within(X, Y, [0.11, 0.5], [0.2, 0.8]).tolist() == [False] * 6


def test_without_a_range_every_known_value_is_in() -> None:
    assert within(X, Y).tolist() == [True] * 4 + [False] * 2
    assert within(X, Y, None, [0.5, 1.0]).tolist() == [True, False, True, False, False, False]


@pytest.mark.parametrize("cut", [-0.1, 1.1, NAN, math.inf, True])
def test_cuts_outside_0_to_1_are_refused(cut: float) -> None:
    with pytest.raises(SettingError):
        quarters(X, Y, cut, 0.5)
    with pytest.raises(SettingError):
        quarters(X, Y, 0.5, cut)


@pytest.mark.parametrize("ends", [[0.1], [0.1, 0.2, 0.3], "ab", [0.1, NAN], [0.1, "1"]])
def test_ranges_that_are_not_two_numbers_are_refused(ends: list[float]) -> None:
    with pytest.raises(SettingError):
        within(X, Y, ends, [0, 1])


def test_two_inventories_are_not_mixed() -> None:
    for call in (lambda y: quarters(X, y, 0.5, 0.5), lambda y: within(X, y)):
        with pytest.raises(ValueError, match="one index"):
            call(Y.iloc[::-1])


shares = st.one_of(st.none(), st.floats(0, 1))


@settings(max_examples=50)
@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=8), st.floats(0, 1), st.floats(0, 1))
def test_quarters_part_the_known_sites(points: list[tuple[float, float]], x_cut: float, y_cut: float) -> None:
    """Every known site lies in one quarter; a box from the cuts to 1 holds exactly the first quarter."""
    frame = pd.DataFrame(points, columns=["x", "y"], dtype="float64")
    found = quarters(frame["x"], frame["y"], x_cut, y_cut)
    known = frame.notna().all(axis=1)
    assert found.notna().tolist() == known.tolist()
    assert set(found.dropna()) <= set(CODES)
    box = within(frame["x"], frame["y"], [x_cut, 1], [1, y_cut])
    assert box.tolist() == (found == "high_high").tolist()
    assert within(frame["x"], frame["y"], [0, 1], [0, 1]).tolist() == known.tolist()

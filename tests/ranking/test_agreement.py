"""How far two orders agree: tau-b against scipy and by hand, and which sites differ."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from aze_core.ranking import agreement as module
from aze_core.ranking.agreement import agreement, kendall_tau_b

numbers = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=12)


def ranking(**ranks: int | None) -> pd.DataFrame:
    return pd.DataFrame({"rank": pd.array(list(ranks.values()), dtype="Int64")}, index=list(ranks))


def test_by_hand() -> None:
    # three pairs: two in the same order, one turned round
    assert kendall_tau_b([1, 2, 3], [1, 3, 2]) == pytest.approx((2 - 1) / 3)
    # one of the three pairs is tied in the first
    assert kendall_tau_b([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / math.sqrt((3 - 1) * 3))


@given(numbers)
def test_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    one, two = zip(*pairs, strict=True)
    expected = kendalltau(one, two).statistic
    found = kendall_tau_b(one, two)
    assert found == pytest.approx(expected) or (math.isnan(found) and math.isnan(expected))


def test_pairs_are_taken_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    one, two = rng.integers(0, 9, 60), rng.integers(0, 9, 60)
    at_once = kendall_tau_b(one, two)
    monkeypatch.setattr(module, "_AT_ONCE", 100)
    assert kendall_tau_b(one, two) == at_once


def test_the_part_of_the_pairs_that_stand_alike() -> None:
    # of six pairs one is turned round and one tied in the second
    found = agreement(ranking(A=1, B=2, C=3, D=4), ranking(A=2, B=1, C=3, D=3))
    assert found.alike == pytest.approx((6 - 1 - 1) / 6)
    assert math.isnan(agreement(ranking(A=1), ranking(A=1)).alike)


def test_an_order_that_ties_all_tells_nothing() -> None:
    assert math.isnan(kendall_tau_b([1, 1, 1], [1, 2, 3]))
    assert math.isnan(kendall_tau_b([1], [1]))


def test_only_sites_with_both_ranks_count_and_the_furthest_come_first() -> None:
    one = ranking(A=1, B=2, C=3, D=None, E=5)
    two = ranking(C=1, B=2, A=3, D=1, F=4)
    found = agreement(one, two)
    assert (found.sites, found.tau) == (3, -1.0)
    assert found.apart["moved"].to_dict() == {"A": 2, "C": -2, "B": 0}
    assert list(found.apart.index) == ["A", "C", "B"]


def test_no_site_with_both_ranks() -> None:
    found = agreement(ranking(A=1), ranking(B=1))
    assert found.sites == 0
    assert math.isnan(found.tau)
    assert found.apart.empty

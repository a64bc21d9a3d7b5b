"""Units by what they add for their cost: by hand, and how much that can lose."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from aze_core.scenarios.greedy import best_for_the_money


def taken(cost, share, weights, left=None, locked=()):
    share = csr_array(np.array(share, dtype=float))
    inside = np.isin(np.arange(len(cost)), locked)
    found = best_for_the_money(np.array(cost, float), share, np.array(weights, float), inside, ~inside, left)
    return np.flatnonzero(found).tolist()


def test_the_most_for_the_money_first():
    """Unit 0 gives 3 for 2, unit 2 gives 1 for 1; unit 1 gives 2 for 2 and no longer fits."""
    assert taken([2, 2, 1], np.eye(3), [3, 2, 1], left=3) == [0, 2]


def test_one_dear_unit_may_beat_the_cheap_ones():
    """2 for each unit of money, but 2 in all; the other gives 10 and needs the whole budget."""
    assert taken([1, 10], np.eye(2), [2, 10], left=10) == [1]


def test_what_adds_nothing_more_is_passed_over():
    assert taken([1, 1, 1], [[1, 1, 0]], [1], left=3) == [0]
    assert taken([0, 1], [[1, 1]], [1], left=3) == [0]
    assert taken([1, 1, 1], [[1, 1, 0]], [1], left=3, locked=[1]) == [1]


def test_what_is_not_needed_in_the_end_is_given_back():
    """Unit 0 has most for its cost, yet the two that complete the targets hold its features as well."""
    share = [[1, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1]]
    assert taken([1.5, 2, 2], share, [1] * 4) == [1, 2]
    assert taken([1.5, 2, 2], share, [1] * 4, locked=[0]) == [0, 1, 2]


@settings(max_examples=60)
@given(st.data())
def test_it_never_loses_more_than_is_proven(data):
    n, m = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 4))
    part = st.sampled_from([0.0, 0.0, 0.2, 0.5, 1.0])
    share = np.array(data.draw(st.lists(st.lists(part, min_size=n, max_size=n), min_size=m, max_size=m)))
    cost = np.array(
        data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0, 9.0]), min_size=n, max_size=n)), float
    )
    left = data.draw(st.sampled_from([0.0, 2.0, 5.0, 12.0]))
    weights = np.arange(1.0, m + 1)

    def gained(x):
        return float(weights @ np.minimum(share @ x, 1))

    x = np.zeros(n)
    x[taken(cost, share, weights, left)] = 1
    assert cost @ x <= left
    best = max(gained(np.array(one)) for one in product([0.0, 1.0], repeat=n) if cost @ np.array(one) <= left)
    assert (1 - 1 / np.e) / 2 * best - 1e-9 <= gained(x) <= best + 1e-9

"""The planning problems as plain arrays: published toys, every choice tried, what is impossible."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures import representation
from aze_core.measures.representation import min_set, min_shortfall
from aze_core.measures.solver import Found

NA = float("nan")
ONE, TEN = [2, 1, 1, 0], [10, 10, 10, 10]
FIRST, SECOND = [True, False, False, False], [False, True, False, False]


def told(found):
    return [None if np.isnan(item) else int(item) for item in found.selected]


def test_the_cheapest_of_four_units():
    """Species 1 stands in unit 4 alone; species 2 then lacks 10 - 6, which unit 2 gives for a cost of 2."""
    found = min_set([10, 2, NA, 3], [[0, 0, 0, 1], [10, 5, 10, 6]], [1, 10])
    assert told(found) == [0, 1, None, 1]
    assert found.objective == found.bound == 2 + 3
    assert found.is_best
    assert not found.is_impossible


def test_the_cheapest_with_locks():
    found = min_set([1, 2, 2, NA], [ONE, TEN], [2, 10], locked_in=SECOND, locked_out=FIRST)
    assert told(found) == [0, 1, 1, None]
    assert found.objective == 2 + 2


def test_the_least_shortfall_with_locks():
    given = ([1, 2, 2, NA], [ONE, TEN], [2, 11])
    found = min_shortfall(*given, locked_in=SECOND, locked_out=FIRST, budget=4.23)
    assert told(found) == [0, 1, 1, None]
    assert found.objective == 0
    free = min_shortfall(*given, budget=1.5)
    assert told(free) == [1, 0, 0, None]
    assert free.objective == pytest.approx(1 - 10 / 11)


@pytest.mark.parametrize(("budget", "shortfall"), [(2.5, 2 / 2 + 5 / 10), (5, 1 / 2 + 0), (0, 2)])
def test_the_shortfalls_of_the_rank_toy(budget, shortfall):
    out = [True, False, False, False]
    given = ([10, 2, NA, 3], [[1, 0, 0, 1], [10, 5, 10, 6]], [2, 10])
    assert min_shortfall(*given, locked_out=out, budget=budget).objective == pytest.approx(shortfall)


def test_weights_move_the_choice():
    given = ([1, 1], [[1, 0], [0, 1]], [1, 1])
    assert told(min_shortfall(*given, budget=1, weights=[1, 3])) == [0, 1]
    assert min_shortfall(*given, budget=1, weights=[1, 3]).objective == 1
    assert told(min_shortfall(*given, budget=1, weights=[3, 1])) == [1, 0]


def test_what_adds_nothing_is_not_bought():
    found = min_shortfall([1, 1, 5], [[3, 3, 0]], [3], budget=9)
    assert found.selected.sum() == 1
    assert found.objective == 0


def test_the_impossible_is_told_apart():
    lacking = min_set([1, NA], [[1, 1]], [2])
    assert (lacking.objective, lacking.bound) == (np.inf, np.inf)
    assert lacking.is_impossible
    assert np.isnan(lacking.selected).all()
    assert min_set([1, 1], [[1, 1]], [2], locked_out=[True, False]).is_impossible
    dear = min_shortfall([3, 1], [[1, 1]], [2], locked_in=[True, False], budget=2)
    assert dear.is_impossible
    assert not dear.is_best


def test_no_target_needs_no_unit():
    assert min_set([1, 1], [[1, 1]], [0]).objective == 0
    assert told(min_set([1, 1], np.zeros((0, 2)), [])) == [0, 0]
    assert told(min_shortfall([1, 1], [[1, 1]], [0], budget=5)) == [0, 0]
    assert min_shortfall([], np.zeros((1, 0)), [2], budget=5).objective == 1


def test_shares_that_round_still_meet_the_whole():
    """0.1 + 0.2 is not 0.3 to the machine."""
    found = min_set([1, 1, 1], [[0.1, 0.2, 0.0]], [0.1 + 0.2])
    assert told(found) == [1, 1, 0]
    assert told(min_shortfall([0.1, 0.2], [[1, 1]], [2], budget=0.3)) == [1, 1]


def test_a_target_that_is_all_but_met_is_not():
    """A millionth short is short, though the solver's own tolerance would let it pass."""
    found = min_set([1, 5, 1.5], [[1 - 1e-6, 1, 1e-6], [1, 1, 1]], [1, 1])
    assert told(found) == [1, 0, 1]
    assert told(min_shortfall([1 + 1e-6, 1], [[3, 2]], [4], budget=1)) == [0, 1]


@pytest.mark.parametrize(
    "given",
    [
        ([1, 2], [[1, 2, 3]], [1]),
        ([-1, 2], [[1, 2]], [1]),
        ([np.inf, 2], [[1, 2]], [1]),
        ([1, 2], [[1, NA]], [1]),
        ([1, 2], [[1, -2]], [1]),
        ([1, 2], [[1, 2]], [NA]),
        ([1, 2], [[1, 2]], [1], [True]),
        ([1, 2], [[1, 2]], [1], [True, False], [True, False]),
        ([NA, 2], [[1, 2]], [1], [True, False]),
    ],
)
def test_what_cannot_be_is_refused(given):
    with pytest.raises(ValueError, match="expected"):
        min_set(*given)
    with pytest.raises(ValueError, match="expected"):
        min_shortfall(*given, budget=1)


@pytest.mark.parametrize("more", [{"budget": -1}, {"budget": NA}, {"budget": 1, "weights": [1, 1]}])
def test_a_budget_or_weight_that_cannot_be_is_refused(more):
    with pytest.raises(ValueError, match="expected"):
        min_shortfall([1, 2], [[1, 2]], [1], **more)


amount = st.sampled_from([0.0, 0.0, 0.1, 0.2, 0.3, 1.0, 2.0, 7.0])
price = st.sampled_from([0.0, 1.0, 2.0, 3.3, 1e4, NA])


@st.composite
def problems(draw):
    """Up to ten units and three features, with locks that fit."""
    n, m = draw(st.integers(1, 10)), draw(st.integers(1, 3))
    cost = np.array(draw(st.lists(price, min_size=n, max_size=n)))
    rows = st.lists(amount, min_size=n, max_size=n)
    amounts = np.array(draw(st.lists(rows, min_size=m, max_size=m)))
    targets = np.array(draw(st.lists(st.sampled_from([0.0, 0.3, 1.0, 2.5]), min_size=m, max_size=m)))
    locks = draw(st.lists(st.sampled_from(["", "", "", "in", "out"]), min_size=n, max_size=n))
    known = ~np.isnan(cost)
    inside = np.array([lock == "in" for lock in locks]) & known
    return cost, amounts, targets, inside, np.array([lock == "out" for lock in locks])


def choices(cost, inside, out):
    """Every choice that the locks allow."""
    free = ~np.isnan(cost) & ~inside & ~out
    for bits in product([0.0, 1.0], repeat=int(free.sum())):
        x = inside.astype(float)
        x[free] = bits
        yield x


def spent(cost, x):
    return float(np.where(x > 0, cost, 0.0).sum())


@settings(max_examples=40)
@given(problems())
def test_no_other_choice_is_cheaper(problem):
    cost, amounts, targets, inside, out = problem
    found = min_set(cost, amounts, targets, inside, out)
    fit = [x for x in choices(cost, inside, out) if (amounts @ x >= targets - 1e-9 * targets).all()]
    if not fit:
        assert found.is_impossible
        return
    assert found.objective == pytest.approx(min(spent(cost, x) for x in fit), abs=1e-9)
    chosen = np.nan_to_num(found.selected)
    assert any((chosen == x).all() for x in fit)
    assert spent(cost, chosen) == pytest.approx(found.objective)
    assert np.isnan(found.selected).tolist() == np.isnan(cost).tolist()
    assert found.is_best


@settings(max_examples=40)
@given(problems(), st.sampled_from([0.0, 1.0, 3.3, 5.3, 2e4]))
def test_no_other_choice_leaves_less(problem, budget):
    cost, amounts, targets, inside, out = problem
    weights = np.arange(1.0, len(targets) + 1)
    found = min_shortfall(cost, amounts, targets, inside, out, budget=budget, weights=weights)

    def shortfall(x):
        asked = targets > 0
        held = (amounts @ x)[asked] / targets[asked]
        return float(weights[asked] @ np.clip(1 - held, 0, None))

    fit = [x for x in choices(cost, inside, out) if spent(cost, x) <= budget + 1e-9]
    if not fit:
        assert found.is_impossible
        return
    best = min(shortfall(x) for x in fit)
    assert found.objective == pytest.approx(best, abs=1e-8)
    chosen = np.nan_to_num(found.selected)
    assert shortfall(chosen) == pytest.approx(found.objective, abs=1e-12)
    assert any((chosen == x).all() for x in fit)
    cheapest = min(spent(cost, x) for x in fit if shortfall(x) <= best + 1e-9)
    assert spent(cost, chosen) == pytest.approx(cheapest, abs=1e-9)


@settings(max_examples=20)
@given(problems(), st.floats(0, 10), st.floats(0, 10))
def test_more_budget_never_hurts(problem, budget, more):
    cost, amounts, targets, _, out = problem
    less = min_shortfall(cost, amounts, targets, None, out, budget=budget)
    assert min_shortfall(cost, amounts, targets, None, out, budget=budget + more).objective <= (
        less.objective + 1e-8
    )


def test_in_part_it_costs_no_more():
    """Half of each of three units meets three targets, each held by two of them."""
    given = [2, 2, 2], [[1, 1, 0], [1, 0, 1], [0, 1, 1]], [1, 1, 1]
    assert min_set(*given).objective == 2 + 2
    assert min_set(*given, relaxed=True).bound == pytest.approx((2 + 2 + 2) / 2)
    least = min_shortfall(*given, budget=3, relaxed=True)
    assert least.bound == pytest.approx(0, abs=1e-9)
    assert np.isnan(least.selected).all()
    assert min_shortfall(*given, budget=3).objective == 1


def test_a_solver_without_time_says_so(monkeypatch):
    cost, amounts, targets = [3, 2, 2], [[1, 1, 0], [1, 0, 1]], [1, 1]
    dear = np.array([0.0, 1.0, 1.0])
    monkeypatch.setattr(representation, "minimise", lambda *_: Found(dear, 3 / 3 * 1e3, False))
    found = min_set(cost, amounts, targets)
    assert (found.objective, found.is_best) == (2 + 2, False)
    assert found.bound == pytest.approx(3)
    monkeypatch.setattr(representation, "minimise", lambda *_: Found(None, -np.inf, False))
    lost = min_set(cost, amounts, targets)
    assert (lost.objective, lost.bound, lost.is_impossible) == (np.inf, 0, False)
    nothing = min_shortfall(cost, amounts, targets, budget=2)
    assert (told(nothing), nothing.objective, nothing.bound) == ([0, 0, 0], 2, 0)

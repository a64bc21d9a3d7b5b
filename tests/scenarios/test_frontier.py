"""The curve against every choice tried, its bounds, its knee and its steps."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import ScenarioError
from aze_core.scenarios import frontier as curves
from aze_core.scenarios.exact import max_value
from aze_core.scenarios.frontier import frontier, knee, plan_at

NA = float("nan")


def plans(values, costs, inside, out):
    """Cost and value of every choice that the locks allow."""
    free = ~np.isnan(costs) & ~inside & ~out
    cost, value = [], []
    for bits in product([0.0, 1.0], repeat=int(free.sum())):
        x = inside.astype(float)
        x[free] = bits
        cost.append(float(np.nan_to_num(costs) @ x))
        value.append(float(values @ x))
    return np.array(cost), np.array(value)


def best(all_plans, budget):
    cost, value = all_plans
    return value[cost <= budget + 1e-9].max()


@st.composite
def cases(draw):
    """Up to ten units: whole or other values, equal or other costs, with locks that fit."""
    n = draw(st.integers(0, 10))
    worth = draw(st.sampled_from([[0.0, 1.0, 2.0, 3.0, 7.0], [0.0, 0.1, 0.2, 0.3, 0.96875, 0.42757, 1e-4]]))
    price = draw(st.sampled_from([[2.5], [2.5, NA], [0.0, 0.1, 0.2, 1.0, 3.3, 250.0, NA]]))
    values, costs = (
        np.array(draw(st.lists(st.sampled_from(some), min_size=n, max_size=n)), dtype=float)
        for some in (worth, price)
    )
    locks = draw(st.lists(st.sampled_from(["", "", "", "in", "out"]), min_size=n, max_size=n))
    inside = np.array([lock == "in" for lock in locks], dtype=bool) & ~np.isnan(costs)
    return values, costs, inside, np.array([lock == "out" for lock in locks], dtype=bool)


def check(curve, all_plans):
    """Rising, reached by real plans, never beaten."""
    cost, value, bound = (curve[name].to_numpy() for name in ("cost", "value", "bound"))
    assert (np.diff(cost) > 0).all()
    assert (np.diff(value) > 0).all()
    assert (np.diff(bound) >= -1e-9).all()
    assert (bound >= value - 1e-12).all()
    for row in range(len(curve)):
        most = best(all_plans, cost[row])
        assert value[row] <= most + 1e-9 <= bound[row] + 2e-9
        if curve["exact"].iloc[row]:
            assert value[row] == pytest.approx(most, abs=1e-9)
    assert value[-1] == pytest.approx(all_plans[1].max())
    assert value[0] == pytest.approx(best(all_plans, cost[0]))


@settings(max_examples=60)
@given(cases())
def test_the_curve_is_the_best_of_every_budget(case):
    curve = frontier(*case)
    all_plans = plans(*case)
    check(curve, all_plans)
    assert curve["exact"].all()
    # every cost at which more can be had is a row
    for budget in np.unique(all_plans[0]):
        here = curve[curve["cost"] <= budget + 1e-9].iloc[-1]
        assert here["value"] == pytest.approx(best(all_plans, budget), abs=1e-9)


@settings(max_examples=40)
@given(cases(), st.integers(2, 40))
def test_a_coarse_grid_keeps_its_bounds(case, cells):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curves, "_POINTS", 2)
        patch.setattr(curves, "_WORK", 0)
        patch.setattr(curves, "_CELLS", cells)
        check(frontier(*case), plans(*case))


@settings(max_examples=30)
@given(cases(), st.sampled_from([0.0, 0.3, 2.5, 5.0, 6.6, 1e3]))
def test_the_plan_of_a_budget_is_exact_and_the_cheapest(case, budget):
    values, costs, inside, out = case
    need = float(costs[inside].sum())
    if need > budget + 1e-9:
        with pytest.raises(ScenarioError, match="locked_over_budget"):
            plan_at(values, costs, budget, inside, out)
        return
    cost, value = plans(*case)
    found = plan_at(values, costs, budget, inside, out)
    most = best((cost, value), budget)
    assert found.objective == pytest.approx(most, abs=1e-9)
    assert (found.bound, found.gap, found.method) == (pytest.approx(found.objective), 0, "exact")
    assert found.cost == pytest.approx(cost[(value >= most - 1e-9) & (cost <= budget + 1e-9)].min(), abs=1e-9)
    x = np.nan_to_num(found.selected)
    assert (x[inside] == 1).all()
    assert not x[out].any()
    assert np.isnan(found.selected).tolist() == np.isnan(costs).tolist()
    assert float(values @ x) == pytest.approx(found.objective)
    assert float(np.nan_to_num(costs) @ x) == pytest.approx(found.cost)


def test_three_units_by_hand():
    curve = frontier([6, 10, 12], [1, 2, 3])
    assert curve["value"].tolist() == [0, 6, 10, 6 + 10, 6 + 12, 10 + 12, 6 + 10 + 12]
    assert curve["cost"].tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_locks_and_missing_costs_by_hand():
    curve = frontier([1, 5, 9, 2], [4, 3, NA, 0], [True, False, False, False])
    assert curve[["cost", "value"]].to_numpy().tolist() == [[4, 1 + 2], [4 + 3, 1 + 2 + 5]]
    out = frontier([1, 5], [4, 3], None, [False, True])
    assert out[["cost", "value"]].to_numpy().tolist() == [[0, 0], [4, 1]]


def test_many_units_agree_with_the_solver():
    rng = np.random.default_rng(3)
    n = 120
    values = rng.choice([0.96875, 0.42757], n) * rng.random(n)
    costs = np.exp(rng.normal(3, 1, n))
    whole = frontier(values, costs, exact=True)
    quick = frontier(values, costs)
    assert not quick["exact"].all()
    assert whole["exact"].all()
    for budget in costs.sum() * np.array([0.01, 0.1, 0.3, 0.7]):
        most = max_value(values, costs, budget, np.zeros(n, dtype=bool)).value
        assert whole[whole["cost"] <= budget].iloc[-1]["value"] == pytest.approx(most, abs=1e-9)
        assert plan_at(values, costs, budget).objective == pytest.approx(most, abs=1e-9)
        assert quick[quick["cost"] <= budget].iloc[-1]["value"] <= most + 1e-9
        assert quick[quick["cost"] > budget].iloc[0]["bound"] >= most - 1e-9
    # the bound is close: within a hundredth from a hundredth of all costs on
    part = quick[quick["cost"] >= 0.01 * costs.sum()]
    assert ((part["bound"] - part["value"]) <= 0.01 * part["bound"]).all()


def test_whole_values_have_a_grid_of_their_own():
    rng = np.random.default_rng(4)
    values, costs = 10.0 * rng.integers(1, 30, 150), np.exp(rng.normal(3, 1, 150))
    curve = frontier(values, costs)
    assert curve["exact"].all()
    for budget in (30.0, 400.0):
        most = max_value(values, costs, budget, np.zeros(150, dtype=bool)).value
        assert curve[curve["cost"] <= budget].iloc[-1]["value"] == most


def test_the_order_of_units_never_matters():
    rng = np.random.default_rng(5)
    values, costs = rng.random(60), rng.random(60) + 0.1
    order = rng.permutation(60)
    one, two = frontier(values, costs), frontier(values[order], costs[order])
    pd.testing.assert_frame_equal(one, two, rtol=1e-9)


def test_the_knee_by_hand():
    """8 of 10 for a third of the cost: 0.8 - 1/3 above the line; the next row 0.9 - 2/3."""
    assert knee(frontier([8, 1, 1], [1, 1, 1]))["cost"] == 1
    assert knee(frontier([1, 1, 1], [1, 1, 1])) is None
    assert knee(frontier([1], [1])) is None
    assert knee(frontier([], [])) is None


@pytest.mark.parametrize(
    "given",
    [
        ([1, 2], [1]),
        ([-1, 2], [1, 1]),
        ([NA, 2], [1, 1]),
        ([1, 2], [-1, 1]),
        ([1, 2], [np.inf, 1]),
        ([1, 2], [1, 1], [True]),
    ],
)
def test_what_cannot_be_is_refused(given):
    with pytest.raises(ValueError, match="expected"):
        frontier(*given)


def test_locks_that_cannot_be_are_named():
    with pytest.raises(ScenarioError, match="locked_both_ways: sites=1"):
        frontier([1, 2], [1, 1], [False, True], [False, True])
    with pytest.raises(ScenarioError, match="locked_without_cost: sites=0"):
        plan_at([1, 2], [NA, 1], 5, [True, False])
    with pytest.raises(ValueError, match="expected"):
        plan_at([1], [1], -1)

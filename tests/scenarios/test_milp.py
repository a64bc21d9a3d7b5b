"""Planning problems on plain arrays: published toys, every choice tried, what is impossible, and the size."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_array, csr_array

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.locale import t
from aze_core.measures.solver import Found
from aze_core.scenarios.milp import (
    Plan,
    max_coverage,
    max_features,
    min_largest_shortfall,
    min_set,
    min_shortfall,
)

NA = float("nan")
ONE, TEN = [2, 1, 1, 0], [10, 10, 10, 10]
FIRST, SECOND = [True, False, False, False], [False, True, False, False]
COST = [1, 2, 2, NA]
LOCKS = {"locked_in": SECOND, "locked_out": FIRST}


def told(found):
    return [None if np.isnan(item) else int(item) for item in found.selected]


# ---------------------------------------------------------------- published toys


def test_the_four_units_of_the_replacement_cost():
    found = min_set([10, 2, NA, 3], [[0, 0, 0, 1], [10, 5, 10, 6]], [1, 10])
    assert told(found) == [0, 1, None, 1]
    assert (found.objective, found.bound, found.cost, found.gap, found.method) == (2 + 3, 5, 5, 0, "exact")


@pytest.mark.parametrize(
    ("budget", "chosen", "shortfall"), [(2.5, [0, 1, None, 0], 2 / 2 + 5 / 10), (5, [0, 1, None, 1], 1 / 2)]
)
def test_the_shortfalls_of_the_rank_toy(budget, chosen, shortfall):
    found = min_shortfall(
        [10, 2, NA, 3],
        [[1, 0, 0, 1], [10, 5, 10, 6]],
        [2, 10],
        budget,
        locked_out=[True, False, False, False],
    )
    assert told(found) == chosen
    assert found.objective == pytest.approx(shortfall)


def test_the_objective_toys():
    assert told(min_set(COST, [ONE, TEN], [2, 10], **LOCKS)) == [0, 1, 1, None]
    covered = max_coverage([1, 2, 4, NA], [[1, 1, 1, 0], [1, 0, 1, 10]], 3, locked_out=FIRST)
    assert (told(covered), covered.objective, covered.cost) == ([0, 1, 0, None], 1, 2)
    short = min_shortfall(COST, [ONE, TEN], [2, 11], 4.23, **LOCKS)
    assert (told(short), short.objective, short.cost) == ([0, 1, 1, None], 0, 2 + 2)
    worst = min_largest_shortfall(COST, [ONE, TEN], [2, 21], 4.23, **LOCKS)
    assert (told(worst), worst.objective) == ([0, 1, 1, None], pytest.approx(1 - (10 + 10) / 21))
    most = max_features(COST, [ONE, TEN], [2, 10], 4.23, **LOCKS)
    assert (told(most), most.objective) == ([0, 1, 1, None], 2)


# ---------------------------------------------------------------- every choice tried

amount = st.sampled_from([0.0, 0.0, 0.1, 0.2, 0.3, 1.0, 2.0, 7.0])
price = st.sampled_from([0.0, 1.0, 2.0, 3.3, 1e4, NA])


@st.composite
def problems(draw):
    """Up to twelve units and four features, with locks that fit."""
    n, m = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    cost = np.array(draw(st.lists(price, min_size=n, max_size=n)))
    rows = st.lists(amount, min_size=n, max_size=n)
    amounts = np.array(draw(st.lists(rows, min_size=m, max_size=m)))
    targets = np.array(draw(st.lists(st.sampled_from([0.0, 0.3, 1.0, 2.5]), min_size=m, max_size=m)))
    locks = draw(st.lists(st.sampled_from(["", "", "", "", "in", "out"]), min_size=n, max_size=n))
    inside = np.array([lock == "in" for lock in locks]) & ~np.isnan(cost)
    return cost, amounts, targets, inside, np.array([lock == "out" for lock in locks])


def choices(cost, inside, out):
    """Every choice that the locks allow, one a row, and its cost."""
    free = ~np.isnan(cost) & ~inside & ~out
    bits = np.array(list(product([0.0, 1.0], repeat=int(free.sum()))))
    every = np.tile(inside.astype(float), (len(bits), 1))
    every[:, free] = bits
    return every, every @ np.nan_to_num(cost)


def shortfalls(x, amounts, targets):
    asked = targets > 0
    return np.clip(1 - (x @ amounts.T)[..., asked] / targets[asked], 0, None)


def is_allowed(found, cost, inside, out):
    x = np.nan_to_num(found.selected)
    assert (x[inside] == 1).all()
    assert not x[out].any()
    assert np.isnan(found.selected).tolist() == np.isnan(cost).tolist()
    assert found.cost == pytest.approx(np.nan_to_num(cost) @ x)
    return x


@settings(max_examples=40)
@given(problems())
def test_no_other_set_is_cheaper(problem):
    cost, amounts, targets, inside, out = problem
    every, spent = choices(cost, inside, out)
    met = (every @ amounts.T >= targets - 1e-9 * targets).all(axis=1)
    if not met.any():
        with pytest.raises(ScenarioError, match="targets_out_of_reach"):
            min_set(*problem)
        return
    found = min_set(cost, csr_array(amounts), targets, inside, out)
    is_allowed(found, cost, inside, out)
    assert found.objective == pytest.approx(spent[met].min(), abs=1e-9)
    assert (found.gap, found.method) == (0, "exact")
    quick = min_set(cost, amounts, targets, inside, out, method="greedy")
    x = is_allowed(quick, cost, inside, out)
    assert (amounts @ x >= targets - 1e-8).all()
    assert quick.bound <= found.objective + 1e-6 * (1 + found.objective)
    assert quick.objective >= found.objective - 1e-9


BUDGETS = st.sampled_from([0.0, 1.0, 3.3, 5.3, 2e4])
WEIGHTS = st.sampled_from([[1.0, 1.0, 1.0, 1.0], [3.0, 1.0, 2.0, 0.0], [0.7, 0.11, 2.3, 0.5]])


def worth(kind, x, amounts, targets, weights):
    """What each choice makes most of; the shortfalls count as losses."""
    asked = targets > 0
    if kind is min_shortfall:
        return -(shortfalls(x, amounts, targets) @ weights[asked])
    if kind is min_largest_shortfall:
        return -shortfalls(x, amounts, targets).max(axis=-1, initial=0.0)
    if kind is max_coverage:
        return (x @ amounts.T > 0) @ weights
    return (x @ amounts.T >= targets - 1e-9 * targets) @ weights


@pytest.mark.parametrize("kind", [min_shortfall, max_coverage, max_features, min_largest_shortfall])
@settings(max_examples=30)
@given(problems(), BUDGETS, WEIGHTS)
def test_no_other_choice_within_the_budget_is_better(kind, problem, budget, weights):
    cost, amounts, targets, inside, out = problem
    w = np.array(weights[: len(targets)])
    given_targets = () if kind is max_coverage else (targets,)
    more = {} if kind is min_largest_shortfall else {"weights": w}
    ask = (cost, amounts, *given_targets, budget, inside, out)
    every, spent = choices(cost, inside, out)
    fits = spent <= budget + 1e-9
    if not fits.any():
        with pytest.raises(ScenarioError, match="locked_over_budget"):
            kind(*ask, **more)
        return
    found = kind(*ask, **more)
    sign = -1 if kind in (min_shortfall, min_largest_shortfall) else 1
    values = worth(kind, every[fits], amounts, targets, w)
    x = is_allowed(found, cost, inside, out)
    assert found.method == "exact"
    assert found.objective == pytest.approx(sign * values.max(), abs=1e-7)
    assert found.objective == pytest.approx(sign * worth(kind, x, amounts, targets, w), abs=1e-9)
    assert found.cost <= budget + 1e-9
    assert found.cost == pytest.approx(spent[fits][values >= values.max() - 1e-9].min(), abs=1e-6)
    if kind in (min_shortfall, max_coverage):
        quick = kind(*ask, **more, method="greedy")
        y = is_allowed(quick, cost, inside, out)
        assert quick.cost <= budget + 1e-8
        assert quick.objective == pytest.approx(sign * worth(kind, y, amounts, targets, w), abs=1e-9)
        assert sign * quick.objective <= sign * found.objective + 1e-7 <= sign * quick.bound + 1e-5


# ---------------------------------------------------------------- shapes, limits, words


@pytest.mark.parametrize("form", [csr_array, csc_array, coo_array, np.asarray])
def test_every_form_of_the_amounts_gives_the_same(form):
    amounts = np.array([[0.0, 0, 0, 1], [10, 5, 10, 6]])
    given = form(amounts)
    assert told(min_set([10, 2, NA, 3], given, [1, 10])) == [0, 1, None, 1]
    assert max_coverage([10, 2, NA, 3], given, 3).objective == 2
    kept = given if form is np.asarray else given.toarray()
    assert kept.tolist() == amounts.tolist()


def test_targets_out_of_reach_are_named_with_the_most_that_can_be_had():
    with pytest.raises(ScenarioError) as raised:
        min_set([1, 2, NA], [[1, 1, 5], [1, 0, 0], [2, 4, 0]], [4, 1, 6], locked_out=[False, False, False])
    assert raised.value.fields["features"] == [0]
    assert raised.value.fields["most"] == [1 + 1]
    assert "0: 2 / 4" in t("error." + raised.value.message_id, **raised.value.fields)
    with pytest.raises(ScenarioError) as raised:
        min_set([1, 2], np.zeros((7, 2)), np.ones(7))
    assert raised.value.fields["n"] == 7
    assert raised.value.fields["found"].endswith("4: 0 / 1 …")


@pytest.mark.parametrize("kind", [min_shortfall, max_features, min_largest_shortfall])
def test_locks_that_cannot_be_are_named(kind):
    given = [3, 4, NA], [[1, 1, 1]], [2], 2
    with pytest.raises(ScenarioError) as raised:
        kind(*given, locked_in=[True, True, False])
    assert raised.value.fields == {"need": 3 + 4, "budget": 2}
    assert "7" in t("error." + raised.value.message_id, **raised.value.fields)
    with pytest.raises(ScenarioError) as raised:
        kind(*given, locked_in=[False, False, True])
    assert raised.value.message_id == "locked_without_cost"
    assert "2" in t("error." + raised.value.message_id, **raised.value.fields)
    with pytest.raises(ScenarioError, match="locked_both_ways: sites=0"):
        kind(*given, locked_in=[True, False, False], locked_out=[True, False, False])
    with pytest.raises(ValueError, match="one flag"):
        kind(*given, locked_in=[True])


def test_a_method_that_is_none_is_refused():
    for call in (
        lambda: min_set([1], [[1]], [1], method="annealing"),
        lambda: min_shortfall([1], [[1]], [1], 1, method="annealing"),
        lambda: max_coverage([1], [[1]], 1, method="annealing"),
    ):
        with pytest.raises(SettingError, match="not_one_of"):
            call()


def test_nothing_to_choose_from():
    assert told(max_features([], np.zeros((1, 0)), [1], 5)) == []
    assert min_largest_shortfall([], np.zeros((1, 0)), [1], 5).objective == 1
    assert max_coverage([1], np.zeros((0, 1)), 5).objective == 0
    assert min_set([1, 1], np.zeros((0, 2)), []).cost == 0
    assert min_set([1, 1], [[1, 1]], [0], method="greedy").cost == 0


def test_the_gap():
    assert Plan(np.zeros(1), 8.0, 10.0, 1.0, "greedy").gap == (10 - 8) / 10
    assert Plan(np.zeros(1), 10.0, 8.0, 1.0, "greedy").gap == (10 - 8) / 10
    assert Plan(np.zeros(1), 0.0, 0.0, 0.0, "exact").gap == 0


def test_out_of_time_the_greedy_plan_stands_in(monkeypatch):
    """No plan from the solver: the greedy one, and what the solver had proven."""
    monkeypatch.setattr("aze_core.measures.representation.minimise", lambda *_: Found(None, -np.inf, False))
    amounts = [[1, 1, 0], [1, 0, 1]]
    found = min_set([3, 2, 2], amounts, [1, 1])
    assert (told(found), found.objective, found.bound) == ([1, 0, 0], 3, 0)
    assert (found.method, found.gap) == ("exact_time_limit", 1)
    short = min_shortfall([3, 2, 2], amounts, [1, 1], 2)
    assert (short.objective, short.bound, short.method) == (1, 0, "exact_time_limit")
    held = max_coverage([3, 2, 2], amounts, 2)
    assert (held.objective, held.bound, held.method) == (1, 2, "exact_time_limit")
    every = max_coverage([3, 2, 2], amounts, 3)  # nothing can hold more than all
    assert (told(every), every.objective, every.bound, every.method) == ([1, 0, 0], 2, 2, "exact")
    most = max_features([3, 2, 2], amounts, [1, 1], 3)
    assert (most.objective, most.bound, most.method) == (0, 2, "exact_time_limit")
    worst = min_largest_shortfall([3, 2, 2], amounts, [1, 1], 3)
    assert (worst.objective, worst.bound, worst.method) == (1, 0, "exact_time_limit")


def test_many_features_at_many_sites():
    """Sparse from end to end: as a dense table these amounts would hold 24 million numbers."""
    rng = np.random.default_rng(2)
    sites, species = 6_000, 4_000
    counts = rng.geometric(0.5, species)
    rows = np.repeat(np.arange(species), counts)
    amounts = csr_array((rng.random(len(rows)), (rows, rng.integers(0, sites, len(rows)))), (species, sites))
    cost = np.exp(rng.normal(3, 1, sites))
    targets = 0.3 * amounts.sum(axis=1)
    found, quick = min_set(cost, amounts, targets), min_set(cost, amounts, targets, method="greedy")
    assert found.gap <= 1e-6
    x = found.selected
    assert (amounts @ x >= targets * (1 - 1e-9)).all()
    assert quick.bound - 1e-3 <= found.objective <= quick.objective <= 1.05 * found.objective

"""The solver's door: exact to the last figure, within the budget, and honest when time runs out."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aze_core.scenarios import exact as solver
from aze_core.scenarios.exact import Linked, max_value, total_value
from aze_core.scenarios.greedy import top_of_the_list

NEAR = 2e-7
values = st.sampled_from([0.0, 0.5, 1.0, 1.0 + NEAR, 1.0 + 2 * NEAR, 0.96875, 0.42757, 1e-6])
costs = st.sampled_from([0.0, 1.0, 2.0, 3.3, 5.0, 5.0 + NEAR, 5.0 - 1e-8, 1e5])


def best_of_all(value: np.ndarray, cost: np.ndarray, budget: float, locked: np.ndarray) -> float:
    return max(
        float(value @ chosen)
        for chosen in map(np.array, product([0.0, 1.0], repeat=len(value)))
        if cost @ chosen <= budget + 1e-9 and (chosen >= locked).all()
    )


@settings(max_examples=40)
@given(
    st.lists(st.tuples(values, costs, st.booleans()), min_size=1, max_size=7),
    st.sampled_from([0.0, 5.0, 10.0, 12.3]),
)
@example([(1.0, 5.0, False), (1.0, 5.0 + NEAR, False)], 10.0)
def test_exact_to_the_last_figure(units: list[tuple[float, float, bool]], budget: float) -> None:
    value, cost = (np.array([unit[at] for unit in units]) for at in (0, 1))
    locked = np.zeros(len(units), dtype=bool)
    for at, (_, _, wanted) in enumerate(units):  # lock what is wanted and still fits
        locked[at] = wanted and cost[locked].sum() + cost[at] <= budget
    found = max_value(value, cost, budget, locked)
    assert found.finished
    assert cost @ found.chosen <= budget + 1e-9
    assert (found.chosen[locked] == 1).all()
    assert found.value == found.bound == pytest.approx(value @ found.chosen)
    assert found.value == pytest.approx(best_of_all(value, cost, budget, locked.astype(float)), abs=1e-10)


def test_no_unit() -> None:
    found = max_value(np.zeros(0), np.zeros(0), 5.0, np.zeros(0, dtype=bool))
    assert (found.value, found.bound, found.finished, len(found.chosen)) == (0, 0, True, 0)


def test_what_adds_nothing_is_not_chosen() -> None:
    found = max_value(
        np.array([0.0, 1.0, 0.0]), np.array([1.0, 1.0, 2.0]), 9.0, np.array([0, 0, 1], dtype=bool)
    )
    assert found.chosen.tolist() == [0, 1, 1]


def test_a_species_of_two_sites_by_hand() -> None:
    crane = Linked(0.9, ((0.1, (0,), (0.9,)), (0.5, (1,), (0.5,))))
    assert crane.level(np.array([0.0, 0.0])) == pytest.approx(0.1)
    assert crane.gain(np.array([1.0, 0.0])) == pytest.approx(0.9 * (0.5 - 0.1))
    assert crane.gain(np.array([0.0, 1.0])) == 0
    assert total_value(np.array([1.0, 2.0]), (crane,), np.array([1.0, 1.0])) == pytest.approx(3 + 0.9 * 0.9)
    found = max_value(np.zeros(2), np.ones(2), 1.0, np.zeros(2, dtype=bool), (crane,))
    assert found.chosen.tolist() == [1, 0]


def test_two_that_all_but_fit() -> None:
    """No two fit the budget, by a ten-millionth: the solver's presolve would find no plan at all."""
    value = np.array([0.8684286217507928, 0.7561913503050404, 0.6752459229234239, 0.19778999657924412])
    cost = np.array([5.0000001, 5.0000001, 1e5, 5.0000001])
    found = max_value(value, cost, 10.0, np.zeros(4, dtype=bool))
    assert (found.chosen.tolist(), found.finished) == ([1, 0, 0, 0], True)


def test_the_cheapest_plan_with_linked_species() -> None:
    linked = (
        Linked(0.75, ((0.0, (0, 1), (1.0, 1.0)),)),
        Linked(0.75, ((0.0, (0, 1), (1.0, 1.0)), (0.005, (2,), (0.495,)))),
    )
    value = np.array([0.28340655, 0.0, 0.0, 0.0])
    found = max_value(value, np.ones(4), 3.0, np.zeros(4, dtype=bool), linked)
    assert found.chosen.tolist() == [1, 0, 1, 0]


def test_a_solver_that_stumbles_gets_a_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = scipy.optimize.milp

    def stumbling(*given: Any, options: dict[str, Any], **more: Any) -> Any:
        if options["presolve"]:
            return whole(*given, options=options, **more)
        return scipy.optimize.OptimizeResult(x=None, status=4, mip_dual_bound=None)

    monkeypatch.setattr(scipy.optimize, "milp", stumbling)
    found = max_value(np.array([1.0, 2.0]), np.ones(2), 1.0, np.zeros(2, dtype=bool))
    assert (found.chosen.tolist(), found.finished) == ([0, 1], True)


def test_a_solver_without_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 1 with a plan in hand: the plan, and a bound above it."""
    generator = np.random.default_rng(7)
    value, cost = generator.random(30), generator.random(30)
    exact = max_value(value, cost, 5.0, np.zeros(30, dtype=bool))
    whole = solver._solve

    def hasty(*given: object) -> tuple[np.ndarray | None, float, bool]:
        chosen, bound, _ = whole(*given)  # type: ignore[arg-type]
        assert chosen is not None
        chosen[np.flatnonzero(chosen)[0]] = 0
        return chosen, bound, False

    monkeypatch.setattr(solver, "_solve", hasty)
    found = max_value(value, cost, 5.0, np.zeros(30, dtype=bool))
    assert not found.finished
    assert found.value < exact.value
    assert found.bound == pytest.approx(exact.value)
    monkeypatch.setattr(solver, "_solve", lambda *_: (None, -np.inf, False))
    found = max_value(value, cost, 5.0, np.array([True] + [False] * 29))
    assert (found.finished, found.value) == (False, value[0])
    assert found.bound == pytest.approx(value.sum())


def test_top_of_the_list() -> None:
    cost = {"A": 6.0, "B": 5.0, "C": 4.0, "D": 0.0}
    assert top_of_the_list("ABCD", cost, 10) == ["A", "C", "D"]
    assert top_of_the_list("ABCD", cost, 10, ["B"]) == ["B", "C", "D"]
    assert top_of_the_list("ABX", cost, 0) == []
    assert top_of_the_list("", cost, 10, ["A"]) == ["A"]
    thirds = {"A": 0.1, "B": 0.2}
    assert top_of_the_list("AB", thirds, 0.3) == ["A", "B"]  # 0.1 + 0.2 > 0.3 only by rounding

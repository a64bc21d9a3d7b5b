"""The steps of a curve: by hand, and against the whole curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.scenarios.frontier import frontier, knee
from aze_core.scenarios.solution import Solution
from aze_core.scenarios.steps import bend, next_better, steps, with_plan


def curve_of(values: list[float], costs: list[float], basis: str = "frontier") -> pd.DataFrame:
    return frontier(values, costs).rename(columns={"value": "objective"}).assign(basis=basis)


def test_steps_by_hand() -> None:
    made = steps(curve_of([6, 10, 12], [1, 2, 3]))
    assert made["until"].tolist()[:-1] == [1, 2, 3, 4, 5, 6]
    assert made["next_gain"].tolist()[:-1] == [6, 10 - 6, 6 + 10 - 10, 18 - 16, 22 - 18, 28 - 22]
    assert made["next_cost"].tolist()[:-1] == [1] * 6
    assert made["upper"].tolist() == made["objective"].tolist()
    assert made.iloc[-1][["until", "next_cost", "next_gain"]].isna().all()


def test_between_solved_budgets_the_bound_of_the_next_holds() -> None:
    rows = pd.DataFrame(
        {"cost": [0, 5, 9], "objective": [0.0, 4, 7], "bound": [0.0, 4, 8], "exact": [True, True, False]}
    )
    assert steps(rows.assign(basis="solves"))["upper"].tolist() == [4, 8, 8]
    # the whole curve: nothing lies between two proven rows
    assert steps(rows.assign(basis="frontier"))["upper"].tolist() == [0, 8, 8]


def test_where_the_objective_falls_the_upper_end_is_no_lower() -> None:
    rows = pd.DataFrame({"cost": [0, 5], "objective": [3.0, 2], "bound": [3.0, 2], "exact": True})
    made = steps(rows.assign(basis="solves"))
    assert made["upper"].tolist() == [3, 2]
    assert made["next_gain"].iloc[0] == 2 - 3


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 60))
def test_what_is_left_out_lies_close_to_what_stays(seed: int, most: int) -> None:
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 300))
    rows = pd.DataFrame(
        {
            "cost": np.cumsum(draw.exponential(size=n) ** 3),
            "objective": np.cumsum(draw.exponential(size=n) ** 3),
        }
    )
    bound = np.maximum.accumulate(rows["objective"] + draw.choice([0, 0.5], n))
    rows = rows.assign(bound=bound, exact=bound == rows["objective"], basis="frontier")
    made = steps(rows, most)
    assert len(made) <= most
    assert {rows["cost"].iloc[0], rows["cost"].iloc[-1]} <= set(made["cost"])
    assert set(zip(made["cost"], made["objective"], strict=True)) <= set(
        zip(rows["cost"], rows["objective"], strict=True)
    )
    near = 1 / ((most - 1) // 2) + 1e-9
    if len(rows) > most:
        for name in ("cost", "objective"):
            at = np.searchsorted(made["cost"], rows["cost"])
            kept = made[name].to_numpy()[at]
            far = (kept - rows[name].to_numpy())[1:]
            assert (far >= -1e-9).all()
            assert far.max() <= near * np.ptp(rows[name])
    for row in made.itertuples():
        last = np.inf if np.isnan(row.until) else row.until
        stretch = rows[rows["cost"].between(row.cost, last)]
        if stretch["exact"].all():
            assert row.upper == row.objective
        else:
            assert stretch["bound"].max() <= row.upper


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=9))
def test_the_next_step_is_that_of_the_frontier(units: list[tuple[int, int]]) -> None:
    values, costs = zip(*units, strict=True)
    whole = frontier(values, costs)
    made = steps(curve_of(list(values), list(costs)))
    for row in made.to_dict("records"):
        here = whole[whole["cost"] <= row["cost"] + 1e-9].iloc[-1]
        above = whole[whole["cost"] > row["cost"] + 1e-9]
        step = next_better(curve_of(list(values), list(costs)), row["cost"], row["objective"])
        if above.empty:
            assert np.isnan(row["next_gain"])
            assert step is None
        else:
            extra = above["cost"].iloc[0] - here["cost"], above["value"].iloc[0] - here["value"]
            assert (row["next_cost"], row["next_gain"]) == pytest.approx(extra)
            assert step is not None
            assert (step.extra_cost, step.extra_value) == pytest.approx(extra)


def test_a_plan_stands_among_the_budgets_that_were_solved() -> None:
    rows = curve_of([6, 10], [1, 2], "solves")  # at 0, 1, 2 and 3
    plan = Solution((), 11.0, 12.0, 1 / 12, 2.5, "exact_time_limit")
    made = with_plan(rows, plan)
    assert made["cost"].tolist() == [0, 1, 2, 2.5, 3]
    assert made.loc[3, ["objective", "bound", "exact"]].tolist() == [11, 12, False]
    assert steps(made)["upper"].tolist() == [6, 10, 12, 16, 16]
    known = Solution((), 10.0, 10.0, 0.0, 2.0, "exact")
    assert with_plan(rows, known) is rows
    whole = rows.assign(basis="frontier")
    assert with_plan(whole, plan) is whole


def test_the_next_better_row_by_hand() -> None:
    rows = curve_of([6, 10, 12], [1, 2, 3])  # 0, 6, 10, 16, 18, 22, 28 at 0 to 6
    step = next_better(rows, 2.5, 16)
    assert step is not None
    assert (step.cost, step.value) == (4, 18)
    assert (step.extra_cost, step.extra_value) == (4 - 2.5, 18 - 16)
    assert next_better(rows, 6, 28) is None
    assert next_better(rows, 2.5, 28) is None


def test_the_bend_is_the_knee_of_a_whole_curve() -> None:
    made = curve_of([8, 1, 1], [1, 1, 1])
    place = bend(made)
    found = knee(frontier([8, 1, 1], [1, 1, 1]))
    assert place is not None
    assert found is not None
    assert (place["cost"], place["objective"]) == (found["cost"], found["value"]) == (1, 8)
    assert bend(made.assign(basis="solves")) is None
    assert bend(curve_of([1, 1, 1], [1, 1, 1])) is None


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        steps(curve_of([1], [1]), 2)

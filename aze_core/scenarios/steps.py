"""The steps of a trade-off curve: few enough to draw, the next one, and the one at which it bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from aze_core.scenarios.curve import BASES
from aze_core.scenarios.frontier import knee
from aze_core.scenarios.solution import Solution


@dataclass(frozen=True)
class Step:
    """The next step up a curve.

    Attributes
    ----------
    cost, value : float
        Of the plan one step up.
    extra_cost : float
        What it costs beyond the budget that was asked about.
    extra_value : float
        What it is worth beyond the plan that this budget holds.
    """

    cost: float
    value: float
    extra_cost: float
    extra_value: float


def steps(curve: pd.DataFrame, most: int = 400) -> pd.DataFrame:
    """A curve as steps: each plan, how far it is the best there is, and what the next step buys.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `aze_core.scenarios.curve.curve` returns it, with at least one row.
    most : int
        Rows at most, 3 or more.

    Returns
    -------
    pandas.DataFrame
        Rows of the curve, its first and its last among them: `cost`, `objective`, `exact`; `until` (cost of
        the next row here; missing in the last); `upper` (no plan that costs less than `until` is worth more);
        `next_cost`, `next_gain` (what the next step of the whole curve costs and is worth more; missing in
        the last).

    Raises
    ------
    ValueError
        When `most` is below 3.

    Notes
    -----
    From the last row down, a row stays when it lies further than 1/h of the range from the one that stayed
    before, in cost or in objective, with ``h = (most - 1) // 2``: what is left out lies at most so far left
    of and below a row that stays, so no corner of the drawing moves by more. Where all rows of a stretch are
    proven, `upper` is the objective. Not for a curve on which species come first: there more budget can mean
    less risk reduction, and nothing bounds the risk between two rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"cost": [0, 1, 2], "objective": [0, 5, 6], "bound": [0, 5, 6], "exact": True,
    ...                      "basis": "frontier"})
    >>> steps(rows)[["until", "next_gain"]].to_dict("list")
    {'until': [1.0, 2.0, nan], 'next_gain': [5.0, 1.0, nan]}
    """
    if most < 3:
        raise ValueError(f"`most` was {most} but is expected to be at least 3")
    cost, worth, bound = (curve[name].to_numpy(dtype=float) for name in ("cost", "objective", "bound"))
    at = _kept(cost, worth, most)
    later = np.append(at[1:], len(curve) - 1)
    unproven = ~curve["exact"].to_numpy(dtype=bool)
    before = np.concatenate([[0], np.cumsum(unproven)])
    # between two budgets that were solved nothing is known but the bound of the second
    proven = (before[later + 1] == before[at]) & ((curve["basis"] == BASES[0]).to_numpy()[at] | (later == at))
    is_last = at == len(curve) - 1
    following = np.minimum(at + 1, len(curve) - 1)
    return pd.DataFrame(
        {
            "cost": cost[at],
            "objective": worth[at],
            "exact": ~unproven[at],
            "until": np.where(is_last, np.nan, cost[later]),
            "upper": np.where(proven, worth[at], np.maximum(bound[later], worth[at])),
            "next_cost": np.where(is_last, np.nan, cost[following] - cost[at]),
            "next_gain": np.where(is_last, np.nan, worth[following] - worth[at]),
        }
    )


def _kept(cost: np.ndarray, worth: np.ndarray, most: int) -> np.ndarray:
    """Places of the rows that stay."""
    if len(cost) <= most:
        return np.arange(len(cost))
    parts = (most - 1) // 2
    far_cost, far_worth = np.ptp(cost) / parts, np.ptp(worth) / parts
    kept = [len(cost) - 1]
    for row in range(len(cost) - 2, 0, -1):
        last = kept[-1]
        if cost[last] - cost[row] > far_cost or abs(worth[last] - worth[row]) > far_worth:
            kept.append(row)
    return np.array([0, *reversed(kept)])


def with_plan(curve: pd.DataFrame, plan: Solution) -> pd.DataFrame:
    """The curve with an exact plan among its rows, where only a few budgets were solved.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `aze_core.scenarios.curve.curve` returns it.
    plan : Solution
        Of the same scenario, at any budget.

    Returns
    -------
    pandas.DataFrame
        The curve itself where it is whole, or knows a plan of this cost.
    """
    if (curve["basis"] == BASES[0]).all() or np.isclose(curve["cost"], plan.cost).any():
        return curve
    row = {
        "cost": plan.cost,
        "objective": plan.objective,
        "bound": plan.bound,
        "exact": plan.method == "exact",
        "basis": BASES[1],
    }
    return pd.concat([curve, pd.DataFrame([row])]).sort_values("cost", ignore_index=True)


def next_better(curve: pd.DataFrame, budget: float, objective: float) -> Step | None:
    """The next row that a larger budget buys and that is worth more than a plan.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `aze_core.scenarios.curve.curve` returns it.
    budget, objective : float
        Budget and worth of the plan.

    Returns
    -------
    Step or None
        `extra_cost` beyond the budget, `extra_value` beyond the plan; None where no row is worth more.

    Notes
    -----
    It compares with a plan, not with the curve: where that is not exact, an exact plan can be worth more than
    the curve tells of its budget. A smaller step can exist where rows are not exact, or only a few budgets
    were solved.

    Examples
    --------
    >>> rows = pd.DataFrame({"cost": [0, 1, 2], "objective": [0.0, 5.0, 6.0]})
    >>> next_better(rows, 0.5, 5.5)
    Step(cost=2.0, value=6.0, extra_cost=1.5, extra_value=0.5)
    """
    better = curve[(curve["cost"] > budget) & (curve["objective"] > objective + 1e-9)]
    if better.empty:
        return None
    cost, worth = float(better["cost"].iloc[0]), float(better["objective"].iloc[0])
    return Step(cost, worth, cost - budget, worth - objective)


def bend(curve: pd.DataFrame) -> pd.Series | None:
    """The row from which more budget buys less than on average.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `aze_core.scenarios.curve.curve` returns it.

    Returns
    -------
    pandas.Series or None
        None where there is none, or where only a few budgets were solved: which ones would decide it.

    Notes
    -----
    See `aze_core.scenarios.frontier.knee`.
    """
    if not (curve["basis"] == BASES[0]).all():
        return None
    place = knee(curve[["cost", "objective"]].rename(columns={"objective": "value"}))
    return None if place is None else curve[curve["cost"] == place["cost"]].iloc[0]

"""The trade-off curve of a scenario: what every budget could buy."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.scenarios.conflicts import conflicts
from aze_core.scenarios.frontier import frontier
from aze_core.scenarios.problem import Asked, ask, solve
from aze_core.scenarios.scenario import Scenario

BASES = ("frontier", "solves")
"""How a curve was made: the whole of it at once, or exact plans of a few budgets."""


def curve(inventory: Inventory, scenario: Scenario, points: int | None = None) -> pd.DataFrame:
    """The best that every budget could buy, all else as the scenario asks.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
        Its own budget does not matter.
    points : int, optional
        Budgets that are solved where the curve cannot be had at once; as the settings say by default.

    Returns
    -------
    pandas.DataFrame
        `cost` and `objective`, both rising (but not the risk where species come first); `bound`: no plan
        of at most this cost is better; `exact`: the bound is reached; `basis`: one of `BASES`.

    Raises
    ------
    ScenarioError
        What is asked cannot be had at any budget.

    Notes
    -----
    Independent sites: the whole curve, see `aze_core.scenarios.frontier.frontier`. A few sites that share
    species: one such curve for each choice among them, and of all the best. With more of them, floors,
    ceilings or species first, values do not add up: exact plans of a few budgets, evenly
    spaced from the cheapest plan to the one in which nothing is left to gain, each with its proven bound;
    between them the curve is not known. The sets of two budgets need not hold one another.
    """
    free = replace(scenario, budget=value("scenario.budget_max"))
    found = conflicts(inventory, free)
    if found:
        raise found[0].error
    asked = ask(inventory, free)
    candidates = asked.candidates
    tied = _tied(asked)
    if len(tied) <= value("scenario.curve_tied") and not asked.quotas and asked.first is None:
        made, scale = _enveloped(asked, tied), asked.goal.scale
        return pd.DataFrame(
            {
                "cost": made["cost"],
                "objective": made["value"] * scale,
                "bound": made["bound"] * scale,
                "exact": made["exact"],
                "basis": BASES[0],
            }
        )
    enough = min(float(np.ceil(candidates.costs.sum())), float(value("scenario.budget_max")))
    return _by_solves(inventory, replace(free, budget=enough), points or value("scenario.curve_points"))


def _tied(asked: Asked) -> list[int]:
    """Candidates whose value hangs on others."""
    return sorted({at for link in asked.goal.linked for _, sites, _ in link.stages for at in sites})


def _enveloped(asked: Asked, tied: list[int]) -> pd.DataFrame:
    """The best of the curves of every choice among the tied candidates: the others' values add up."""
    values, costs, locked = asked.goal.values, asked.candidates.costs, asked.candidates.locked
    curves = []
    for choice in product((False, True), repeat=len(tied)):
        chosen = np.zeros(len(values), dtype=bool)
        chosen[tied] = choice
        out = np.zeros(len(values), dtype=bool)
        out[tied] = ~chosen[tied]
        if (out & locked).any():
            continue
        made = frontier(values, costs, locked | chosen, out)
        gained = sum(link.gain(chosen.astype(float)) for link in asked.goal.linked)
        curves.append(made.assign(value=made["value"] + gained, bound=made["bound"] + gained))
    whole = pd.concat(curves).sort_values(["cost", "value"], ascending=[True, False], kind="stable")
    before = whole["value"].cummax().shift(fill_value=-np.inf)
    whole = whole[whole["value"] > before + 1e-12].reset_index(drop=True)
    at = whole["cost"].to_numpy()
    bound = np.full(len(whole), -np.inf)
    for made in curves:
        cost = made["cost"].to_numpy()
        if made["exact"].all():  # nothing between two rows
            row = np.searchsorted(cost, at * (1 + 1e-12) + 1e-12, side="right") - 1
        else:  # the first row that costs as much or more bounds what is cheaper
            row = np.minimum(np.searchsorted(cost, at * (1 - 1e-12) - 1e-12), len(cost) - 1)
        there = at >= cost[0] - 1e-9
        bound = np.maximum(bound, np.where(there, made["bound"].to_numpy()[row], -np.inf))
    return whole.assign(bound=bound, exact=bound - whole["value"] <= 1e-9 * max(1.0, bound.max()))


def _by_solves(inventory: Inventory, free: Scenario, points: int) -> pd.DataFrame:
    most = solve(inventory, free)
    budgets = np.linspace(_least(inventory, free), most.cost, points)
    if free.budget_kind == "sites":
        budgets = np.unique(np.ceil(budgets - 1e-9))
    rows = []
    for budget in budgets.tolist():
        plan = solve(inventory, replace(free, budget=budget))
        rows.append((plan.cost, plan.objective, plan.bound, plan.method == "exact", BASES[1]))
    made = pd.DataFrame(rows, columns=["cost", "objective", "bound", "exact", "basis"])
    return made.drop_duplicates("cost", keep="last", ignore_index=True)


def _least(inventory: Inventory, free: Scenario) -> float:
    """Cost of the cheapest plan."""
    try:
        return solve(inventory, replace(free, budget=0)).cost
    except ScenarioError:
        return conflicts(inventory, replace(free, budget=0))[0].suggestion.budget

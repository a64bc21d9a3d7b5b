"""The exact plan of a scenario, and the plain plan beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import Inventory, RankSettings, Weights
from aze_core.domain.settings import value
from aze_core.measures.solver import time_limit
from aze_core.ranking.score import rank_sites
from aze_core.scenarios.candidates import (
    Candidates,
    consent_unknown,
    find_candidates,
    members,
    quotas,
)
from aze_core.scenarios.clock import Clock
from aze_core.scenarios.conflicts import refuse
from aze_core.scenarios.exact import Goal, Limits, Optimum, Quota, max_value
from aze_core.scenarios.frontier import plan_at
from aze_core.scenarios.gains import goal_of, plan_gain
from aze_core.scenarios.greedy import top_of_the_list
from aze_core.scenarios.scenario import BUDGETS, Scenario
from aze_core.scenarios.solution import Solution

__all__ = ["BUDGETS", "Scenario", "Solution", "plan_gain", "plan_value", "solve", "top_plan"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Asked:
    """A scenario as arrays over the candidates; `first` is the goal that comes before `goal`."""

    candidates: Candidates
    goal: Goal
    first: Goal | None
    quotas: tuple[Quota, ...]

    @property
    def is_plain(self) -> bool:
        """Whether sites count by themselves, under the budget alone."""
        return not self.quotas and not self.goal.linked and self.first is None


def ask(inventory: Inventory, scenario: Scenario) -> Asked:
    """The scenario as arrays.

    Raises
    ------
    ScenarioError
        The scenario names what the inventory does not have.
    """
    found = find_candidates(inventory, scenario)
    first = None
    if scenario.objective == "lexicographic":
        first = goal_of(inventory, scenario, found.sites, "species")
    goal = goal_of(inventory, scenario, found.sites)
    return Asked(found, goal, first, quotas(inventory, scenario, found.sites))


def solve(inventory: Inventory, scenario: Scenario) -> Solution:
    """The exact plan: the most of the scenario's objective within the budget.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario

    Returns
    -------
    Solution

    Raises
    ------
    ScenarioError
        What is asked cannot be had together, or names something that the inventory does not have; see
        `aze_core.scenarios.conflicts.conflicts` for what collides, and what would fit. Or time ran out before
        any plan was found.

    Notes
    -----
    Every plan starts from each site's newest reported cover (a working selection of vintages) and counts the
    species whose category is known. Among equally good plans it takes the cheapest; among those still equal
    the solver's choice is the same every time, and `interchangeable` counts the sites that would do as well.
    Under `lexicographic` the number of species all covered is settled first and never given up. All calls of
    the solver share its time; when it runs out, the plan is the best found and `gap` says how much better
    another could be. A plan is as good as the cover, the categories and the assumed effect that it rests on.
    """
    asked = ask(inventory, scenario)
    clock = Clock(value("scenario.time_limit_s"))
    # whether there is a plan at all leaves half of the time for the best one
    spare = refuse(inventory, scenario, asked.candidates, clock.left / 2)
    best, is_exact = best_choice(asked, scenario.budget, spare, clock.left)
    return as_solution(inventory, scenario, asked, best, is_exact)


def best_choice(
    asked: Asked, budget: float, spare: NDArray[np.float64] | None, time_limit_s: float | None = None
) -> tuple[Optimum, bool]:
    """The best choice and whether it is proven.

    `time_limit_s`: seconds for all calls of the solver together; the setting ``scenario.time_limit_s`` where
    not given. The goal that comes first takes at most half of them.

    Raises
    ------
    ScenarioError
        Time ran out before any choice was found that holds floors and ceilings.
    """
    found, costs = asked.candidates, asked.candidates.costs
    if asked.is_plain:
        one = plan_at(asked.goal.values, costs, budget, found.locked, time_limit_s=time_limit(time_limit_s))
        best = Optimum(one.selected, one.objective, one.bound, one.method == "exact")
        return best, best.finished or best.bound - best.value <= _TOLERANCE
    clock = Clock(time_limit(time_limit_s))
    limits = Limits(asked.quotas, spare=spare)
    is_exact = True
    if asked.first is not None:
        settled = max_value(
            asked.first.values, costs, budget, found.locked, asked.first.linked, clock.left / 2, limits
        )
        is_exact = settled.finished or settled.bound - settled.value < 1 - _TOLERANCE  # whole species
        limits = Limits(asked.quotas, (asked.first, round(settled.value)), settled.chosen)
    best = max_value(asked.goal.values, costs, budget, found.locked, asked.goal.linked, clock.left, limits)
    if not limits.hold(best.chosen):
        raise ScenarioError("no_plan_in_time")
    return best, is_exact and (best.finished or best.bound - best.value <= _TOLERANCE)


def narrowed(
    asked: Asked, budget: float, held: NDArray[np.bool_], barred: NDArray[np.bool_] | None = None
) -> Asked:
    """The same question with candidates (masks) that every plan holds, and others that none may take."""
    found = asked.candidates
    cost = found.cost if barred is None else found.cost.mask(barred, 2 * budget + 1)  # beyond the budget
    forced = tuple(sorted({*found.forced, *found.cost.index[held]}))
    return replace(asked, candidates=replace(found, cost=cost, forced=forced))


def as_solution(
    inventory: Inventory, scenario: Scenario, asked: Asked, best: Optimum, is_exact: bool
) -> Solution:
    """A choice among the candidates as a plan; of sites that nothing tells apart the first by name."""
    found = asked.candidates
    names = inventory.sites["name"]
    group = alike(asked)
    labels = list(zip(names.reindex(found.sites), found.sites, strict=True))
    chosen = _by_name(group, best.chosen > 0.5, labels)
    selected = tuple(site for site, take in zip(found.sites, chosen, strict=True) if take)
    gap = 0.0 if is_exact or best.bound <= 0 else max(0.0, (best.bound - best.value) / best.bound)
    return Solution(
        selected=selected,
        objective=best.value * asked.goal.scale,
        bound=(best.value if is_exact else best.bound) * asked.goal.scale,
        gap=gap,
        cost=float(found.costs[chosen].sum()),
        method="exact" if is_exact else "exact_time_limit",
        interchangeable=_interchangeable(group, chosen),
        why=_why(asked),
        **_beside(inventory, scenario, found, selected),
    )


def _why(asked: Asked) -> str:
    if asked.first is not None:
        return "lexicographic"
    if asked.quotas:
        return "quotas"
    return "linked" if asked.goal.linked else "one_budget"


def _beside(
    inventory: Inventory, scenario: Scenario, found: Candidates, selected: tuple[str, ...]
) -> dict[str, Any]:
    """What a solution tells beside its sites."""
    sites = list(selected)
    species = goal_of(inventory, scenario, sites, "species").of(np.ones(len(sites)))
    return {
        "left_out": found.left_out,
        "outside": found.outside,
        "species": round(species),
        "filled": tuple(site for site in selected if site in found.filled),
        "unfit": found.unfit,
        "withheld": found.withheld,
        "consent_unknown": consent_unknown(inventory, sites),
    }


def alike(asked: Asked) -> NDArray[np.int_]:
    """Groups of sites that no plan can tell apart: same value, cost and quotas, bound to no other site.

    One number per candidate; -1 for forced and linked sites and for sites without value.
    """
    worth = asked.goal.values
    free = (worth > _TOLERANCE) & ~asked.candidates.locked
    columns = [worth, asked.candidates.costs]
    goals = [asked.goal] if asked.first is None else [asked.goal, asked.first]
    if asked.first is not None:
        columns.append(asked.first.values)
    for goal in goals:
        free[[at for link in goal.linked for _, sites, _ in link.stages for at in sites]] = False
    for quota in asked.quotas:
        inside = np.zeros(len(worth))
        inside[list(quota.units)] = 1.0
        columns.append(inside)
    if not len(worth):
        return np.zeros(0, dtype=int)
    _, group = np.unique(np.column_stack(columns).round(9), axis=0, return_inverse=True)
    return np.where(free, group, -1)


def _by_name(group: NDArray[np.int_], chosen: np.ndarray, labels: list[tuple[str, str]]) -> np.ndarray:
    """Within each group take as many as were chosen, the first by name, as the ranking does."""
    order = np.array(sorted(range(len(labels)), key=labels.__getitem__), dtype=int)
    settled = chosen.copy()
    for each in np.unique(group[(group >= 0) & chosen]):
        inside = order[group[order] == each]
        settled[inside] = np.arange(len(inside)) < chosen[inside].sum()
    return settled


def _interchangeable(group: NDArray[np.int_], chosen: np.ndarray) -> int:
    """Sites outside the plan that could replace one of it at the same value and cost."""
    return int((np.isin(group, group[chosen & (group >= 0)]) & ~chosen).sum())


def top_plan(inventory: Inventory, scenario: Scenario, weights: Weights | None = None) -> Solution:
    """The plain plan beside the exact one: the top of the ranking, each site taken if it still fits.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    weights : Weights, optional
        None: the default order; given: the weighted view.

    Returns
    -------
    Solution
        `bound` and `gap` compare with nothing here: the bound is its own objective.

    Raises
    ------
    ScenarioError
        As `solve`.

    Notes
    -----
    Locks, ceilings and the budget are kept. Floors are filled first, from the top of the list; `missed` names
    those that the budget did not reach so.
    """
    found = find_candidates(inventory, scenario)
    refuse(inventory, scenario, found)
    settings = RankSettings(uncovered_only=False, filters=scenario.filters, assumptions=scenario.assumptions)
    ranked = rank_sites(inventory, weights, settings)
    order = [site for site in ranked.index[ranked["rank"].notna()] if site in found.cost.index]
    cost = dict(zip(found.sites, found.costs.tolist(), strict=True))
    floors = [(members(inventory, kind, code), number) for kind, code, number in scenario.floors]
    ceilings = [(members(inventory, kind, code), number) for kind, code, number in scenario.ceilings]
    taken = top_of_the_list(order, cost, scenario.budget, found.forced, floors, ceilings)
    selected = tuple(sorted(taken))
    gained = plan_value(inventory, scenario, selected)
    return Solution(
        selected=selected,
        objective=gained,
        bound=gained,
        gap=0.0,
        cost=float(found.cost[taken].sum()),
        method="top",
        why="list",
        missed=tuple(
            floor
            for floor, (inside, number) in zip(scenario.floors, floors, strict=True)
            if len(inside.intersection(taken)) < number
        ),
        **_beside(inventory, scenario, found, selected),
    )


def plan_value(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> float:
    """What a plan adds, in the unit of the scenario's objective.

    Under `lexicographic` the modelled risk reduction, as in `Solution`.
    """
    if scenario.objective in ("risk", "lexicographic"):
        return plan_gain(inventory, scenario, selected)
    sites = sorted(selected)
    return goal_of(inventory, scenario, sites).of(np.ones(len(sites)))

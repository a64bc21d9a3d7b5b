"""The difference that each thing asked for makes, and what each chosen site is worth to its plan."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.scenarios.clock import Clock
from aze_core.scenarios.conflicts import Part
from aze_core.scenarios.exact import least_cost, within
from aze_core.scenarios.frontier import plan_at
from aze_core.scenarios.problem import Asked, ask, best_choice, narrowed, solve
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution


def differences(inventory: Inventory, scenario: Scenario) -> pd.DataFrame:
    """The best that can be had with and without each floor, ceiling, lock and must-have species.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        One row per thing asked for: `kind` (as in `aze_core.scenarios.conflicts.Part`), `code`, `with_it`,
        `without_it` (in the unit of the objective), `difference` (0 or more; under `lexicographic`, where
        species come first, the risk can also be less), `species` (that many more would be all covered).

    Raises
    ------
    ScenarioError
        As `solve`.

    Notes
    -----
    Each row is an exact solve of its own with that one thing left away; differences do not add up. A
    difference is arithmetic of the model: a floor or a consent is not worth less for costing much.
    """
    plan = solve(inventory, scenario)
    rows = []
    for part, without in _one_less(scenario, plan.withheld):
        other = solve(inventory, without)
        rows.append(
            {
                "kind": part.kind,
                "code": part.code,
                "with_it": plan.objective,
                "without_it": other.objective,
                "difference": other.objective - plan.objective,
                "species": other.species - plan.species,
            }
        )
    columns = ["kind", "code", "with_it", "without_it", "difference", "species"]
    return pd.DataFrame(rows, columns=columns)


def _one_less(scenario: Scenario, withheld: tuple[str, ...]) -> list[tuple[Part, Scenario]]:
    """The scenario without each thing that it asks for; consent withheld counts as one."""
    found = []
    for kind, name in (("floor", "floors"), ("ceiling", "ceilings")):
        for entry in getattr(scenario, name):
            left = tuple(each for each in getattr(scenario, name) if each != entry)
            part = Part(kind, f"{entry[0]}:{entry[1]}")
            found.append((part, Scenario.from_dict({**scenario.to_dict(), name: left})))
    for name in ("locked_in", "locked_out", "must_have"):
        for code in getattr(scenario, name):
            left = tuple(each for each in getattr(scenario, name) if each != code)
            found.append((Part(name, code), Scenario.from_dict({**scenario.to_dict(), name: left})))
    if withheld:
        found.append((Part("withheld"), replace(scenario, allow_withheld=True)))
    return found


def replacement_costs(inventory: Inventory, scenario: Scenario, solution: Solution) -> pd.Series:
    """What the plan would lose if one of its sites could not be had.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    solution : Solution
        The exact plan of the scenario.

    Returns
    -------
    pandas.Series
        Index `site_id`, the chosen sites; in the unit of the objective, at least 0; infinite where no plan
        without the site answers the scenario, missing where time ran out before it was proven.

    Notes
    -----
    Replacement cost after Cabeza & Moilanen 2006, with the whole rest chosen anew. Where sites are
    independent and each costs the same it is read off; else every site takes a solve of its own, all together
    within the solver's time limit. Under `lexicographic` the modelled risk alone is compared, so a site that
    only the number of species needs can have a replacement cost of 0. Interchangeable sites cost nothing.
    """
    asked = ask(inventory, scenario)
    sites = asked.candidates.sites
    found = pd.Series(np.nan, index=pd.Index(solution.selected, name="site_id"), name="replacement_cost")
    if asked.is_plain and scenario.budget_kind == "sites":
        return _read_off(asked, scenario, found)
    clock = Clock(value("scenario.time_limit_s"))
    for site in solution.selected:
        if not clock.left:
            break
        with contextlib.suppress(TimeoutError):
            found[site] = _lost(asked, scenario.budget, sites.index(site), solution.objective, clock)
    return found


def _read_off(asked: Asked, scenario: Scenario, found: pd.Series) -> pd.Series:
    """With one cost for all, the best site outside the plan steps in."""
    worth = pd.Series(asked.goal.values * asked.goal.scale, index=asked.candidates.sites)
    outside = worth.drop(found.index)
    next_best = float(outside.max()) if len(outside) else 0.0
    lost = (worth[found.index] - next_best).clip(lower=0.0)
    return lost.mask(lost.index.isin(asked.candidates.forced), np.inf).rename("replacement_cost")


def _lost(asked: Asked, budget: float, at: int, objective: float, clock: Clock) -> float:
    """Objective lost without one candidate; missing where the time does not do to prove it."""
    if asked.candidates.locked[at]:
        return float("inf")
    out = np.arange(len(asked.candidates.cost)) == at
    if asked.is_plain:
        goal, found = asked.goal, asked.candidates
        rest = plan_at(goal.values, found.costs, budget, found.locked, out, clock.left)
        return max(0.0, objective - rest.objective * goal.scale) if rest.method == "exact" else float("nan")
    without = narrowed(asked, budget, asked.candidates.locked, out)
    costs, locked = without.candidates.costs, without.candidates.locked
    spare, proven = least_cost(costs, locked, without.quotas, clock.left)
    if spare is None or not within(costs @ spare, budget):
        return float("inf") if proven else float("nan")
    best, is_exact = best_choice(without, budget, spare, clock.left)
    return max(0.0, objective - best.value * asked.goal.scale) if is_exact else float("nan")

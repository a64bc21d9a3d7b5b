"""A ladder: plans of rising budgets of which each contains the one before, and what that costs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.domain.model import Inventory, checked_one
from aze_core.domain.settings import value
from aze_core.measures.solver import SCALE, minimise, time_limit
from aze_core.scenarios.conflicts import refuse
from aze_core.scenarios.exact import Optimum, least_cost, within
from aze_core.scenarios.problem import Asked, as_solution, ask, best_choice, narrowed
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution

ORDERS = ("least_loss", "first", "goal")
"""Which ladder: the one that loses the least over all steps together; each step the best on top of the one
before; or the best last plan, and each step the best within the one after."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ladder:
    """Nested plans beside the best plan of each budget.

    Attributes
    ----------
    steps : pandas.DataFrame
        Index `step`, from 1. `budget`; of the nested plan `cost`, `sites`, `entering` (sites that the step
        before did not hold), `objective`, `species`; of the best plan of the same budget `best_cost`,
        `best_sites`, `best`, `best_species`, and `exact`: whether it is proven; `loss`: what nesting costs,
        `best - objective`, at least 0 but under `lexicographic`, where `species_loss` comes first; and
        `loss_share`, the loss as a part of the best.
    entering : pandas.Series
        Index `site_id`: step with which each site enters, in the order of the steps.
    nested, best : tuple of Solution
        The plans of each step.
    order : str
        One of `ORDERS`.
    proven : bool
        Whether it is proven that no other ladder is better in its order: of `least_loss`, that no other loses
        less over all steps.
    """

    steps: pd.DataFrame
    entering: pd.Series
    nested: tuple[Solution, ...]
    best: tuple[Solution, ...]
    order: str
    proven: bool


def even_steps(scenario: Scenario, n: int = 4) -> tuple[float, ...]:
    """Budgets in equal steps up to that of the scenario; whole numbers for sites.

    Examples
    --------
    >>> even_steps(Scenario(budget=10), 4)
    (3.0, 5.0, 8.0, 10.0)
    """
    made = np.arange(1, n + 1) / n * scenario.budget
    if scenario.budget_kind == "sites":
        made = np.ceil(made - 1e-9)
    return tuple(float(each) for each in np.unique(made[made > 0]))


def ladder(
    inventory: Inventory, scenario: Scenario, budgets: Sequence[float], order: str = ORDERS[0]
) -> Ladder:
    r"""Plans of rising budgets of which each contains the one before.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
        All of it holds at every step but its own budget.
    budgets : sequence of float
        One per step, in the scenario's unit, each the whole up to there; in any order.
    order : {"least_loss", "first", "goal"}

    Returns
    -------
    Ladder

    Raises
    ------
    SettingError
        Fewer than one or more steps than the settings allow, a budget that occurs twice or is none.
    ScenarioError
        Already the first step cannot hold what the scenario asks for, or (`goal`) no smaller plan within the
        last one can.

    Notes
    -----
    `least_loss` minimises :math:`\sum_k (best_k - v_k) / best_k` over all chains
    :math:`S_1 \subseteq \dots \subseteq S_K`, :math:`c(S_k) \le B_k`, as one mixed-integer programme; every
    step counts alike. It is skipped where another order loses nothing. Where time runs out, or species come
    first (`lexicographic`), it is the better of the two other orders, and `proven` says no. The order of the
    steps is the order of a phasing; within a step there is none. A ladder is no forecast: what is found in
    the first year should change the second.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> ladder(loaded, Scenario(), (5, 10)).steps[["entering", "loss"]].to_dict("list")
    {'entering': [5, 5], 'loss': [0.0, 0.0]}
    """
    checked_one("order", order, ORDERS)
    steps = _checked(scenario, budgets)
    asked = ask(inventory, scenario)
    spare = refuse(inventory, replace(scenario, budget=steps[0]), asked.candidates)
    limit = value("scenario.time_limit_s") / len(steps)
    best = [best_choice(asked, budget, spare, limit) for budget in steps]
    chain, proven = _chain(asked, steps, order, best, spare)
    # of sites that nothing tells apart each step takes the first by name: a step that takes more holds them
    nested = tuple(
        replace(
            as_solution(inventory, replace(scenario, budget=budget), asked, _optimum(asked, chosen), True),
            method="nested",
        )
        for budget, chosen in zip(steps, chain, strict=True)
    )
    unnested = tuple(
        _better(as_solution(inventory, replace(scenario, budget=budget), asked, *found), own)
        for budget, found, own in zip(steps, best, nested, strict=True)
    )
    return Ladder(_table(steps, nested, unnested), _entering(nested), nested, unnested, order, proven)


def _checked(scenario: Scenario, budgets: Sequence[float]) -> list[float]:
    """The budgets, rising."""
    most = value("scenario.ladder_steps")
    if not 1 <= len(budgets) <= most:
        raise SettingError("ladder_steps", n=len(budgets), most=most)
    # the scenario checks each as its own
    found = sorted(replace(scenario, budget=budget).budget for budget in budgets)
    for one, two in itertools.pairwise(found):
        if one == two:
            raise SettingError("ladder_twice", budget=one)
    return found


def _chain(
    asked: Asked,
    steps: list[float],
    order: str,
    best: list[tuple[Optimum, bool]],
    spare: NDArray[np.float64] | None,
) -> tuple[list[Flags], bool]:
    """Chosen candidates of each step, and whether no other chain is better in this order."""
    if order == "first":
        return _upward(asked, steps, spare)
    if order == "goal":
        found = _downward(asked, steps, best[-1])
        if found is None:
            raise ScenarioError("ladder_goal", budget=steps[0])
        return found
    both = [_upward(asked, steps, spare)]
    if (down := _downward(asked, steps, best[-1])) is not None:
        both.append(down)
    tops = [one.value for one, _ in best]
    chain = min((chain for chain, _ in both), key=lambda chain: _losses(asked, chain, best))
    sure = all(is_exact for _, is_exact in best)
    if all(loss <= 1e-9 for loss in _losses(asked, chain, best)):
        return chain, sure
    if asked.first is not None:
        return chain, False
    made, finished = _together(asked, steps, tops)
    if made is not None and _losses(asked, made, best) < _losses(asked, chain, best):
        return made, finished and sure
    return chain, finished and sure


def _losses(asked: Asked, chain: list[Flags], best: list[tuple[Optimum, bool]]) -> tuple[float, float]:
    """Species that all steps lose, where they come first, and their losses as parts of the best."""
    species = 0.0
    if asked.first is not None:
        goal = asked.first
        species = sum(
            goal.of(one.chosen) - goal.of(own.astype(float))
            for (one, _), own in zip(best, chain, strict=True)
        )
    parts = [
        (one.value - asked.goal.of(own.astype(float))) / one.value if one.value > 0 else 0.0
        for (one, _), own in zip(best, chain, strict=True)
    ]
    return round(species, 6), sum(parts)


def _upward(asked: Asked, steps: list[float], spare: NDArray[np.float64] | None) -> tuple[list[Flags], bool]:
    """Each step the best on top of the one before."""
    chain: list[Flags] = []
    proven = True
    held = asked.candidates.locked
    for budget in steps:
        part = narrowed(asked, budget, held)
        found, is_exact = best_choice(part, budget, spare, value("scenario.time_limit_s") / len(steps))
        proven &= is_exact
        held = found.chosen > 0.5
        spare = found.chosen
        chain.append(held)
    return chain, proven


def _downward(
    asked: Asked, steps: list[float], last: tuple[Optimum, bool]
) -> tuple[list[Flags], bool] | None:
    """Each step the best within the one after; None where no smaller plan holds what is asked for."""
    found, proven = last
    chain = [found.chosen > 0.5]
    for budget in steps[-2::-1]:
        part = narrowed(asked, budget, asked.candidates.locked, ~chain[-1])
        costs = part.candidates.costs
        try:
            spare, _ = least_cost(costs, part.candidates.locked, part.quotas)
        except TimeoutError:
            return None
        if spare is None or not within(costs @ spare, budget):
            return None
        found, is_exact = best_choice(part, budget, spare, value("scenario.time_limit_s") / len(steps))
        proven &= is_exact
        chain.append(found.chosen > 0.5)
    return chain[::-1], proven


def _together(asked: Asked, steps: list[float], tops: list[float]) -> tuple[list[Flags] | None, bool]:
    """The chain with the least loss over all steps, and whether that is proven."""
    from scipy.sparse import block_diag, csr_array, hstack, vstack  # slow to import

    goal, found, linked = asked.goal, asked.candidates, asked.goal.linked
    n, k, m = len(goal.values), len(steps), len(linked)
    useful = found.locked | (goal.values > 0)
    useful[[at for link in linked for _, sites, _ in link.stages for at in sites]] = True
    useful[[at for quota in asked.quotas for at in quota.units]] = True
    budgets = np.array(steps)
    weights = np.array([1 / top if top > 0 else 0.0 for top in tops])
    weights *= SCALE / max(weights.max() * max(goal.values.max(), *(x.weight for x in linked), 0.0), 1e-300)
    objective = -np.concatenate(
        [np.outer(weights, goal.values).ravel(), np.outer(weights, [link.weight for link in linked]).ravel()]
    )
    # one step: budget, quotas and what the linked species reach; columns: units, then species
    rows, upper = [found.costs], [0.0]
    for quota in asked.quotas:
        row = np.zeros(n)
        row[list(quota.units)] = 1.0
        for sign, end in ((1.0, quota.high), (-1.0, quota.low)):
            if end is not None:
                rows.append(sign * row)
                upper.append(sign * float(end))
    of_species = np.zeros((len(rows), m))
    for at, link in enumerate(linked):
        for now, sites, adds in link.stages:
            row, reached = np.zeros(n), np.zeros(m)
            row[list(sites)] = -np.array(adds)
            reached[at] = 1.0
            rows.append(row)
            of_species = np.vstack([of_species, reached])
            upper.append(now)
    units = block_diag([np.array(rows)] * k, format="csr")
    ends = np.tile(np.array(upper), k)
    ends[:: len(rows)] = budgets
    # the costs as the solver sees them
    scale = np.ones(len(ends))
    scale[:: len(rows)] = SCALE / np.maximum(budgets, 1e-300)
    parts = [units, block_diag([of_species] * k, format="csr")] if m else [units]
    whole = hstack(parts, format="csr").multiply(scale[:, None])
    eye = block_diag([np.eye(n)], format="csr")
    nested = hstack([block_diag([eye] * (k - 1)), csr_array(((k - 1) * n, n + k * m))])
    nested = nested - hstack(
        [csr_array(((k - 1) * n, n)), block_diag([eye] * (k - 1)), csr_array(((k - 1) * n, k * m))]
    )
    high = np.concatenate([(found.locked | useful & within(found.costs, budget)) for budget in budgets])
    low = np.tile(found.locked, k).astype(float)
    made = minimise(
        objective,
        csr_array(vstack([whole, nested])),
        np.concatenate([ends * scale, np.zeros((k - 1) * n)]),
        n * k,
        time_limit(None),
        ends=(np.append(low, np.zeros(m * k)), np.append(high.astype(float), np.ones(m * k))),
    )
    if made.x is None:
        return None, False
    chain = list(made.x[: n * k].reshape(k, n) > 0.5)
    kept = all(
        within(found.costs[own].sum(), budget)
        and all(quota.holds(own.astype(float)) for quota in asked.quotas)
        for own, budget in zip(chain, steps, strict=True)
    )
    # within the solver's tolerance, not within the budget: no ladder
    return (chain, made.finished) if kept else (None, False)


def _optimum(asked: Asked, chosen: Flags) -> Optimum:
    own = asked.goal.of(chosen.astype(float))
    return Optimum(chosen.astype(float), own, own, True)


def _better(best: Solution, nested: Solution) -> Solution:
    """What is called the best of a budget is not below a plan that is there, even when time ran out."""
    key = (best.species, best.objective) if best.why == "lexicographic" else (0, best.objective)
    own = (nested.species, nested.objective) if best.why == "lexicographic" else (0, nested.objective)
    if own > key and best.method != "exact":
        return replace(nested, bound=max(best.bound, nested.objective), method=best.method)
    return best


def _table(steps: list[float], nested: Sequence[Solution], best: Sequence[Solution]) -> pd.DataFrame:
    rows = []
    before: set[str] = set()
    for budget, own, other in zip(steps, nested, best, strict=True):
        loss = max(0.0, other.objective - own.objective)
        if other.why == "lexicographic":
            loss = other.objective - own.objective
        rows.append(
            {
                "budget": budget,
                "cost": own.cost,
                "sites": len(own.selected),
                "entering": len(set(own.selected) - before),
                "objective": own.objective,
                "species": own.species,
                "best_cost": other.cost,
                "best_sites": len(other.selected),
                "best": other.objective,
                "best_species": other.species,
                "exact": other.method == "exact",
                "loss": loss if abs(loss) > 1e-12 else 0.0,
                "species_loss": other.species - own.species,
                "loss_share": loss / other.objective if other.objective > 0 else 0.0,
            }
        )
        before = set(own.selected)
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="step"))


def _entering(nested: Sequence[Solution]) -> pd.Series:
    """Step with which each site enters."""
    found: dict[str, int] = {}
    for step, plan in enumerate(nested, start=1):
        for site in plan.selected:
            found.setdefault(site, step)
    return pd.Series(found, dtype="int64", name="step").rename_axis("site_id")

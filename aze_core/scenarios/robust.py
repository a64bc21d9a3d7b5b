"""How sure the sites of a plan are: how often each is in the best plan when data and weights are drawn."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.model import Inventory, Uncertainty
from aze_core.domain.settings import value
from aze_core.scenarios.conflicts import refuse
from aze_core.scenarios.drawn import drawn_goals, is_drawn
from aze_core.scenarios.exact import Goal
from aze_core.scenarios.problem import Asked, alike, ask, best_choice
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution

KINDS = ("core", "borderline", "never")
"""In nearly every best plan, in some, in hardly any or none."""

Array = NDArray[np.float64]
_WORTH = 1e-9
_LEAST_S = 1.0  # for the last draw that is begun


@dataclass(frozen=True, eq=False)
class Robust:
    """How sure a plan is.

    Attributes
    ----------
    sites : pandas.DataFrame
        Index `site_id`, every candidate, the surest first: `share` of the draws, 0 to 1, in which the site is
        in the best plan; `kind`, one of `KINDS`; `in_plan`.
    reached : tuple of (float, float)
        What the plan reaches of the best of each draw, 0 to 1: mean and the 5 % of draws in which it reaches
        the least; under `lexicographic` of the number of species.
    draws : int
        Draws that were solved; fewer than `asked` where time ran out.
    asked : int
    drawn : tuple of str
        What was drawn, of `aze_core.scenarios.drawn.WHATS`; empty: nothing differs, and ties alone count.
    proven : bool
        Whether the best plan of every draw is proven.
    """

    sites: pd.DataFrame
    reached: tuple[float, float]
    draws: int
    asked: int
    drawn: tuple[str, ...]
    proven: bool

    def number(self, kind: str, in_plan: bool | None = None) -> int:
        """Sites of a kind; in the plan, outside it, or both."""
        of = self.sites["kind"] == kind
        return int((of if in_plan is None else of & (self.sites["in_plan"] == in_plan)).sum())


def default_draws(seed: int | None = None) -> Uncertainty:
    """What is drawn when nothing else is asked for."""
    chosen = value("robust.seed") if seed is None else seed
    return Uncertainty(draws=value("robust.draws"), seed=chosen)


def robust(
    inventory: Inventory,
    scenario: Scenario,
    plan: Solution,
    given: Uncertainty | None = None,
    seconds: float | None = None,
) -> Robust:
    """The share of draws in which each site is in the best plan.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    plan : Solution
        The plan that `reached` is about, of the same scenario.
    given : Uncertainty, optional
    seconds : float, optional
        After so long no further draw is begun; as the settings say where not given.

    Returns
    -------
    Robust

    Raises
    ------
    ScenarioError
        As `aze_core.scenarios.problem.solve`.

    Notes
    -----
    Each draw is solved exactly (as far as the time goes, see `proven`), with all that is asked for; see
    `aze_core.scenarios.drawn.drawn_goals` for what is drawn. Where sites cannot be told apart each counts by
    its chance: three equal sites for one place have a third each. `core` and `never` after the core index of
    Robust Portfolio Modelling (Liesiö et al. 2007), with 90 % and 10 % in place of all and none, since draws
    are a sample: a share has a standard error of at most ``0.5 / sqrt(draws)``. A share says how far the
    model is sure of itself, not how likely the site is to be worth it.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.scenarios import solve
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> found = robust(loaded, Scenario(), solve(loaded, Scenario()), Uncertainty(draws=20))
    >>> round(float(found.sites["share"].sum()), 6)
    10.0
    """
    given = default_draws() if given is None else given
    asked = ask(inventory, scenario)
    found = asked.candidates
    spare = refuse(inventory, scenario, found)
    drawn = is_drawn(inventory, scenario, given)
    own = found.cost.index.isin(plan.selected)
    total = np.zeros(len(own))
    reached: list[float] = []
    proven = True
    until = time.monotonic() + (value("robust.seconds") if seconds is None else seconds)
    # without anything to draw one draw says it all
    wanted = replace(given, draws=given.draws if drawn else 1)
    for goal, first in drawn_goals(inventory, scenario, found.sites, wanted):
        left = max(_LEAST_S, until - time.monotonic())
        chance, best, sure = _best(replace(asked, goal=goal, first=first), scenario.budget, spare, left)
        total += chance
        proven &= sure
        told = goal if first is None else first
        reached.append(min(1.0, told.of(own.astype(float)) / best) if best > _WORTH else 1.0)
        if time.monotonic() > until:
            break
    share = pd.Series(np.clip(total / len(reached), 0.0, 1.0).round(12), index=found.cost.index, name="share")
    sites = pd.DataFrame({"share": share, "kind": kinds(share), "in_plan": own}).rename_axis("site_id")
    order = pd.DataFrame({"share": -share, "name": inventory.sites["name"].reindex(share.index)})
    return Robust(
        sites.loc[order.rename_axis("site_id").sort_values(["share", "name", "site_id"]).index],
        (float(np.mean(reached)), float(np.quantile(reached, 0.05))),
        len(reached),
        given.draws,
        drawn,
        proven,
    )


def kinds(share: pd.Series) -> pd.Series:
    """One of `KINDS` for each share of draws.

    Examples
    --------
    >>> kinds(pd.Series([0.9, 0.5, 0.1, 0.05])).tolist()
    ['core', 'borderline', 'borderline', 'never']
    """
    named = pd.Series("borderline", index=share.index, dtype="str")
    return named.mask(share >= value("robust.core"), "core").mask(share < value("robust.never"), "never")


def _best(asked: Asked, budget: float, spare: Array | None, seconds: float) -> tuple[Array, float, bool]:
    """Chance of each candidate to be in the best plan, what that is worth, and whether it is proven."""
    found, goal = asked.candidates, asked.goal
    if asked.is_plain and len(found.costs) and (found.costs == found.costs[0]).all() and found.costs[0] > 0:
        chance = _top(goal, found.locked, int(budget / found.costs[0] + 1e-9))
        return chance, float(goal.values @ chance), True
    best, sure = best_choice(asked, budget, spare, seconds)
    group = alike(asked)
    chance = best.chosen.copy()
    for each in np.unique(group[(group >= 0) & (chance > 0.5)]):
        inside = group == each
        chance[inside] = chance[inside].mean()
    worth = best.value if asked.first is None else asked.first.of(best.chosen)
    return chance, worth, sure


def _top(goal: Goal, locked: NDArray[np.bool_], number: int) -> Array:
    """The best so many, where all cost the same and add up; those that tie for the last places share them."""
    values = goal.values.round(9)
    chance = locked.astype(float)
    free = np.flatnonzero(~locked & (values > _WORTH))
    left = min(number - int(locked.sum()), len(free))
    if left <= 0:
        return chance
    last = np.sort(values[free])[-left]
    above, tied = free[values[free] > last], free[values[free] == last]
    chance[above] = 1.0
    chance[tied] = (left - len(above)) / len(tied)
    return chance

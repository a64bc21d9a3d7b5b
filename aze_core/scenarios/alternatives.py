"""Good plans that differ: each so many sites away from those before, and nearly as good as the best."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aze_core.domain.model import Choice, Inventory, checked_number, checked_whole
from aze_core.domain.settings import value
from aze_core.scenarios.conflicts import refuse
from aze_core.scenarios.exact import Goal, Limits, Quota, fewest, least_cost, within
from aze_core.scenarios.problem import Asked, as_solution, ask, best_choice
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution

STOPS = ("", "apart", "within", "time")
"""Why there are no more: as many were found as asked for; no plan is so far apart; the best that is so far
apart falls short of the best; time ran out before anything could be said."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Differing(Choice):
    """What counts as a good plan that differs.

    Attributes
    ----------
    apart : int
        At least so many sites of every earlier plan are not in it, at least 1.
    within : float
        Its objective is at least ``1 - within`` of the best, 0 to 1.
    most : int
        Plans to look for, the best not counted.

    Examples
    --------
    >>> Differing(apart=3).within
    0.05
    """

    apart: int = value("alternatives.apart")
    within: float = value("alternatives.within")
    most: int = value("alternatives.most")

    def __post_init__(self) -> None:
        object.__setattr__(self, "apart", checked_whole("apart", self.apart, 1, 100_000))
        object.__setattr__(self, "within", checked_number("within", self.within, 0, 1))
        object.__setattr__(
            self, "most", checked_whole("most", self.most, 1, value("alternatives.most_plans"))
        )


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Plans that differ.

    Attributes
    ----------
    best : Solution
        The exact plan.
    plans : tuple of Solution
        The others, each the best that is far enough from all before it; `method` says whether that is proven.
    stop : str
        One of `STOPS`: why there are no more.
    next_best : Solution or None
        Where `stop` is `within`: the best plan that is far enough, although it falls short.
    farthest : int
        Sites of the best plan that a plan within the same part of the best can do without, at most.
    farthest_proven : bool
        Whether that number is proven.
    """

    best: Solution
    plans: tuple[Solution, ...]
    stop: str
    next_best: Solution | None
    farthest: int
    farthest_proven: bool

    def part(self, plan: Solution) -> float:
        """What a plan reaches of the best, 0 to 1: of the number of species where they come first."""
        if self.best.why == "lexicographic":
            return plan.species / self.best.species if self.best.species else 1.0
        return plan.objective / self.best.objective if self.best.objective > 0 else 1.0


def alternatives(inventory: Inventory, scenario: Scenario, differing: Differing) -> Alternatives:
    r"""Plans that answer the scenario nearly as well and differ from the best and from each other.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    differing : Differing

    Returns
    -------
    Alternatives

    Raises
    ------
    ScenarioError
        As `aze_core.scenarios.problem.solve`.

    Notes
    -----
    Each is an exact plan of its own under the scenario and one more row for every plan :math:`P` before it,
    :math:`\sum_{i \in P} x_i \le |P| - k`: of all plans that are so far apart it is the best. The search ends
    where that best falls short of :math:`(1 - w)` of the optimum, which is then proven of all others. Under
    `lexicographic` plans are compared by the number of species first, and `within` is about that number.
    `farthest` is an exact minimum of :math:`\sum_{i \in P} x_i` over the plans that are good enough. What
    makes plans equal here is the model; where they differ is what people have to decide.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> found = alternatives(loaded, Scenario(budget=10), Differing(apart=2, within=0.1, most=1))
    >>> len(set(found.best.selected) - set(found.plans[0].selected))
    2
    """
    asked = ask(inventory, scenario)
    spare = refuse(inventory, scenario, asked.candidates)
    first, sure = best_choice(asked, scenario.budget, spare)
    best = as_solution(inventory, scenario, asked, first, sure)
    top = _mask(asked, best)
    enough = _Enough(asked, differing.within, asked.goal.of(top), _count(asked, top))
    farthest, proven = _farthest(asked, scenario.budget, top, enough)
    found: list[Solution] = []
    stop, next_best = "", None
    rows = [_row(top, differing.apart)]
    while len(found) < differing.most:
        apart = replace(asked, quotas=(*asked.quotas, *rows))
        plan = _next(inventory, scenario, apart, value("scenario.time_limit_s") / differing.most)
        if isinstance(plan, str):
            stop = plan
            break
        plan = replace(plan, why=best.why)
        if not enough.is_met(_mask(asked, plan)):
            stop, next_best = ("within", plan) if plan.method == "exact" else ("time", None)
            break
        found.append(plan)
        rows.append(_row(_mask(asked, plan), differing.apart))
    return Alternatives(best, tuple(found), stop, next_best, farthest, proven)


@dataclass(frozen=True, eq=False)
class _Enough:
    """What is good enough: a part of the best, of the number of species where that comes first."""

    asked: Asked
    within: float
    best: float
    species: float

    @property
    def goal(self) -> Goal:
        return self.asked.goal if self.asked.first is None else self.asked.first

    @property
    def least(self) -> float:
        top = self.best if self.asked.first is None else self.species
        least = (1 - self.within) * top
        # whole species
        return least if self.asked.first is None else float(np.ceil(least - _ROUNDING))

    def is_met(self, chosen: NDArray[np.float64]) -> bool:
        return self.goal.of(chosen) >= self.least - _ROUNDING * max(1.0, abs(self.best))


def _mask(asked: Asked, plan: Solution) -> NDArray[np.float64]:
    return asked.candidates.cost.index.isin(plan.selected).astype(float)


def _count(asked: Asked, chosen: NDArray[np.float64]) -> float:
    return 0.0 if asked.first is None else asked.first.of(chosen)


def _row(chosen: NDArray[np.float64], apart: int) -> Quota:
    """At least so many of these units are not chosen; an end below 0 can never be kept."""
    units = tuple(int(at) for at in np.flatnonzero(chosen > 0.5))
    return Quota(units, None, len(units) - apart)


def _next(inventory: Inventory, scenario: Scenario, apart: Asked, seconds: float) -> Solution | str:
    """The best plan that keeps its distance, or why there is none."""
    found = apart.candidates
    if any(quota.high is not None and quota.high < 0 for quota in apart.quotas):
        return "apart"
    try:
        spare, proven = least_cost(found.costs, found.locked, apart.quotas, seconds)
    except TimeoutError:
        return "time"
    if spare is None or not within(found.costs @ spare, scenario.budget):
        return "apart" if proven else "time"
    best, is_exact = best_choice(apart, scenario.budget, spare, seconds)
    return as_solution(inventory, scenario, apart, best, is_exact)


def _farthest(asked: Asked, budget: float, top: NDArray[np.float64], enough: _Enough) -> tuple[int, bool]:
    """The most sites of the best plan that a good plan can do without, and whether that is proven."""
    found = asked.candidates
    kept, proven = fewest(
        top,
        found.costs,
        budget,
        found.locked,
        Limits(asked.quotas, spare=top),
        enough.goal,
        enough.least,
    )
    return round(float(top.sum() - top @ kept)), proven

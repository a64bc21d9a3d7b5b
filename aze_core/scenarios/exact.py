"""The best choice of units under a budget and quotas, solved exactly by scipy's HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aze_core.measures.solver import SCALE, Array, minimise
from aze_core.scenarios.clock import Clock


@dataclass(frozen=True)
class Linked:
    """A species that needs several sites: its gain is that of its least covered life stage.

    `weight` is what full cover of the species is worth; each stage is (cover now, sites, what each adds).
    """

    weight: float
    stages: tuple[tuple[float, tuple[int, ...], tuple[float, ...]], ...]

    def level(self, chosen: Array) -> float:
        """Covered share of the species when these units (0/1) are chosen."""
        return min(
            min(1.0, now + sum(add * chosen[at] for at, add in zip(sites, adds, strict=True)))
            for now, sites, adds in self.stages
        )

    def gain(self, chosen: Array) -> float:
        """What the chosen units (0/1) add."""
        return self.weight * (self.level(chosen) - self.level(np.zeros_like(chosen)))


@dataclass(frozen=True)
class Quota:
    """At least `low` and at most `high` of these units (indices) are chosen; None: no such end."""

    units: tuple[int, ...]
    low: int | None = None
    high: int | None = None

    def holds(self, chosen: Array) -> bool:
        """Whether a choice (0/1) keeps it."""
        n = round(sum(chosen[at] for at in self.units))
        return (self.low is None or n >= self.low) and (self.high is None or n <= self.high)


@dataclass(frozen=True, eq=False)
class Goal:
    """What is to be as high as can be: the value of each unit by itself, and the linked species.

    `scale` is what one of these values stands for: it never changes a choice.
    """

    values: Array
    linked: tuple[Linked, ...] = ()
    scale: float = 1.0

    def of(self, chosen: Array) -> float:
        """Value of a choice (0/1)."""
        return total_value(self.values, self.linked, chosen)


@dataclass(frozen=True, eq=False)
class Limits:
    """What a choice keeps beside the budget.

    `quotas`; `first`, a goal in whole numbers and the value of it that must not be given up; `spare`, a
    choice that keeps all of it, for want of a better one when time runs out.
    """

    quotas: tuple[Quota, ...] = ()
    first: tuple[Goal, float] | None = None
    spare: Array | None = None

    @property
    def linked(self) -> tuple[Linked, ...]:
        """Linked species of the goal that comes first."""
        return () if self.first is None else self.first[0].linked

    def rows(self, n: int, before: int) -> list[tuple[Array, float]]:
        """As rows with upper ends, over `n` units, `before` linked species and those of the first goal."""
        found = []
        total = n + before + len(self.linked)
        for quota in self.quotas:
            row = np.zeros(total)
            row[list(quota.units)] = 1.0
            if quota.high is not None:
                found.append((row, float(quota.high)))
            if quota.low is not None:
                found.append((-row, -float(quota.low)))
        if self.first is not None:
            goal, reached = self.first
            row = np.concatenate([goal.values, np.zeros(before), [link.weight for link in goal.linked]])
            already = sum(link.weight * link.level(np.zeros(n)) for link in goal.linked)
            found.append((-row, -(reached + already - 0.5)))  # whole numbers: half of one is room enough
        return found

    def hold(self, chosen: Array) -> bool:
        """Whether a choice keeps them."""
        kept = self.first is None or self.first[0].of(chosen) >= self.first[1] - 0.5
        return kept and all(quota.holds(chosen) for quota in self.quotas)


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Optimum:
    """Chosen units (0/1), their value, the proven bound, and whether the solver finished."""

    chosen: Array
    value: float
    bound: float
    finished: bool


def within(cost: Any, budget: float) -> Any:
    """Whether a cost, or each of an array, is within a budget, but for the rounding of sums.

    Examples
    --------
    >>> within(0.1 + 0.2, 0.3), within(np.array([1.0, 3.1]), 3).tolist()
    (True, [True, False])
    """
    return cost <= budget * (1 + 1e-12) + 1e-9


def total_value(values: Array, linked: tuple[Linked, ...], chosen: Array) -> float:
    """Value of a choice: the sites' own values plus what linked species gain.

    Examples
    --------
    >>> total_value(np.array([2.0, 1.0]), (), np.array([1.0, 1.0]))
    3.0
    """
    return float(values @ chosen + sum(link.gain(chosen) for link in linked))


def max_value(
    values: Array,
    costs: Array,
    budget: float,
    locked_in: NDArray[np.bool_],
    linked: tuple[Linked, ...] = (),
    time_limit_s: float = 20.0,
    limits: Limits = NO_LIMITS,
) -> Optimum:
    r"""The choice of units with the highest value within the budget, and among those the cheapest.

    Parameters
    ----------
    values : (n,) array
        Value of each unit by itself, at least 0.
    costs : (n,) array
        Cost of each unit in the budget's unit, at least 0.
    budget : float
    locked_in : (n,) bool array
        Units that must be chosen; the caller has checked that they fit.
    linked : tuple of Linked
        Species whose gain depends on several units together.
    time_limit_s : float
        For all solves together.
    limits : Limits
        Quotas, and a goal that comes first; the caller has checked that some choice keeps them.

    Returns
    -------
    Optimum

    Notes
    -----
    Maximise :math:`\sum_i v_i x_i + \sum_s w_s (z_s - sec_s)` subject to :math:`\sum_i c_i x_i \le B`,
    :math:`x_i \in \{0,1\}`, and for every life stage :math:`k` of a linked species
    :math:`z_s \le cov_{sk} + \sum_i a_{ski} x_i`, :math:`z_s \le 1`. A second solve takes the cheapest of the
    best choices, so that no site without value is bought.
    """
    n = len(values)
    if n == 0:
        return Optimum(np.zeros(0), 0.0, 0.0, True)
    clock = Clock(time_limit_s)
    goal, links = Goal(values, linked), (*linked, *limits.linked)
    possible = locked_in | within(costs, budget)
    highest = max(float(values.max()), max((link.weight for link in linked), default=0.0)) or 1.0
    v_scale, c_scale = highest / SCALE, (budget or 1.0) / SCALE
    objective = np.concatenate([values, [link.weight for link in linked], np.zeros(len(limits.linked))])
    objective /= v_scale
    spend = np.concatenate([np.where(possible, costs, 0.0), np.zeros(len(links))]) / c_scale
    rows = [(spend, budget / c_scale), *limits.rows(n, len(linked))]
    units = (locked_in, possible)

    found, bound, finished = _solve(-objective, rows, units, links, clock.left)
    while found is not None and not within(costs @ found, budget):
        # within the solver's tolerance, not within the budget: forbid this set, and all that contain it
        dear = np.where(costs > 0, found, 0.0)
        rows.append((np.concatenate([dear, np.zeros(len(links))]), dear.sum() - 1))
        found, bound, finished = _solve(-objective, rows, units, links, clock.left)
    if found is None:
        found = locked_in.astype(float) if limits.spare is None else limits.spare
    chosen = found
    value = goal.of(chosen)
    if not finished:
        already = sum(link.weight * link.level(np.zeros(n)) for link in linked)
        everything = goal.of(np.ones(n))
        return Optimum(chosen, value, min(everything, max(value, -bound * v_scale - already)), False)

    reached = objective[:n] @ chosen + sum(link.weight / v_scale * link.level(chosen) for link in linked)
    # room for the solver's tolerance; what it then gives away is checked to 1e-9 of the highest value
    at_least = (-objective, -(float(reached) - 1e-7 * SCALE))
    cheap, _, done = _solve(spend, [*rows, at_least], units, links, clock.left)
    if (
        done
        and cheap is not None
        and costs @ cheap <= costs @ chosen
        and goal.of(cheap) >= value - 1e-9 * highest
        and limits.hold(cheap)
    ):
        chosen = cheap
    value = goal.of(chosen)
    return Optimum(chosen, value, value, True)


def least_cost(
    costs: Array, locked_in: NDArray[np.bool_], quotas: tuple[Quota, ...], time_limit_s: float = 20.0
) -> tuple[Array | None, bool]:
    """The cheapest choice (0/1) that keeps the quotas, and whether that is proven; None where no choice does.

    Parameters
    ----------
    costs : (n,) array
        Below 0 where a unit is wanted for its own sake.
    locked_in : (n,) bool array
        Units that must be chosen.
    quotas : tuple of Quota
    time_limit_s : float

    Raises
    ------
    TimeoutError
        Neither a choice nor the proof that there is none within the time.

    Examples
    --------
    >>> least_cost(np.array([3.0, 1.0, 2.0]), np.zeros(3, dtype=bool), (Quota((0, 2), low=1),))
    (array([0., 0., 1.]), True)
    """
    n = len(costs)
    if n == 0 or (not quotas and costs.min() >= 0):
        chosen = locked_in.astype(float)
        return (chosen if all(quota.holds(chosen) for quota in quotas) else None), True
    scale = float(np.abs(costs).max()) / SCALE or 1.0
    rows = Limits(quotas).rows(n, 0)
    units = (locked_in, np.ones(n, dtype=bool))
    found, bound, finished = _solve(costs / scale, rows, units, (), time_limit_s)
    if found is None and not np.isposinf(bound):
        raise TimeoutError
    return found, finished or found is None


def fewest(
    wanted: Array,
    costs: Array,
    budget: float,
    locked_in: NDArray[np.bool_],
    limits: Limits,
    goal: Goal,
    least: float,
    time_limit_s: float = 20.0,
) -> tuple[Array, bool]:
    """The choice (0/1) with the fewest wanted units that is still worth enough, and whether that is proven.

    Parameters
    ----------
    wanted : (n,) array
        0 or 1.
    costs, budget, locked_in
        As in `max_value`.
    limits : Limits
        Quotas, and `spare`, a choice that is worth enough: what is returned where time runs out.
    goal : Goal
    least : float
        Value that the choice has at least.
    time_limit_s : float

    Examples
    --------
    >>> wanted, goal = np.array([1.0, 0.0, 0.0]), Goal(np.array([3.0, 2.0, 1.0]))
    >>> fewest(wanted, np.ones(3), 2, np.zeros(3, dtype=bool), Limits(spare=wanted), goal, 3)
    (array([0., 1., 1.]), True)
    """
    n, linked = len(wanted), goal.linked
    spare = np.zeros(n) if limits.spare is None else limits.spare
    if n == 0:
        return spare, True
    possible = locked_in | within(costs, budget)
    highest = max(float(goal.values.max()), max((link.weight for link in linked), default=0.0)) or 1.0
    v_scale, c_scale = highest / SCALE, (budget or 1.0) / SCALE
    already = sum(link.weight * link.level(np.zeros(n)) for link in linked)
    worth = np.concatenate([goal.values, [link.weight for link in linked]]) / v_scale
    nothing = np.zeros(len(linked))
    rows = [
        (np.concatenate([np.where(possible, costs, 0.0), nothing]) / c_scale, budget / c_scale),
        (-worth, -(least + already) / v_scale),
        *limits.rows(n, len(linked)),
    ]
    aim = np.concatenate([wanted, nothing])
    found, _, finished = _solve(aim, rows, (locked_in, possible), linked, time_limit_s)
    # within the solver's tolerance, not within the budget or not worth enough: no answer
    if (
        found is None
        or not within(costs @ found, budget)
        or goal.of(found) < least - 1e-9 * max(1.0, highest)
    ):
        return spare, False
    return found, finished


def _solve(
    objective: Array,
    rows: list[tuple[Array, float]],
    units: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    linked: tuple[Linked, ...],
    time_limit_s: float,
) -> tuple[Array | None, float, bool]:
    """Minimise; returns the chosen units, the proven bound and whether it is the optimum.

    `units`: those that must be chosen, and those that may be.
    """
    from scipy.sparse import csr_array  # slow to import

    if time_limit_s <= 0:
        return None, -np.inf, False
    n = len(units[0])
    total = n + len(linked)
    matrix = [row for row, _ in rows]
    upper = [limit for _, limit in rows]
    for place, link in enumerate(linked):
        for now, sites, adds in link.stages:
            row = np.zeros(total)
            row[n + place] = 1.0
            for at, add in zip(sites, adds, strict=True):
                row[at] -= add
            matrix.append(row)
            upper.append(now)
    low, high = (
        np.concatenate([part.astype(float), np.full(len(linked), end)])
        for part, end in zip(units, (0, 1), strict=True)
    )
    kept = csr_array(np.array(matrix).reshape(len(matrix), total))
    found = minimise(objective, kept, np.array(upper), n, time_limit_s, ends=(low, high))
    if found.x is None:
        return None, np.inf if found.impossible else found.bound, False
    return found.x[:n], found.bound, found.finished

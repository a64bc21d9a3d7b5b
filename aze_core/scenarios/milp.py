"""Maximum modelled gain under one budget, solved exactly by scipy's HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_DONE, _OUT_OF_TIME = 0, 1
_SCALE = 1e3
"""The highest value and the budget, as the solver sees them: its tolerances are absolute, near 1e-6."""


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
class Optimum:
    """Chosen units (0/1), their value, the proven bound, and whether the solver finished."""

    chosen: Array
    value: float
    bound: float
    finished: bool


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
    slack = 1e-9 + 1e-12 * budget
    possible = locked_in | (costs <= budget + slack)
    highest = max(float(values.max()), max((link.weight for link in linked), default=0.0)) or 1.0
    v_scale, c_scale = highest / _SCALE, (budget or 1.0) / _SCALE
    objective = np.concatenate([values, [link.weight for link in linked]]) / v_scale
    spend = np.concatenate([np.where(possible, costs, 0.0), np.zeros(len(linked))]) / c_scale
    rows = [(spend, budget / c_scale)]
    units = (locked_in, possible)

    found, bound, finished = _solve(-objective, rows, units, linked, time_limit_s)
    while found is not None and costs @ found > budget + slack:
        # within the solver's tolerance, not within the budget: forbid this set, and all that contain it
        dear = np.where(costs > 0, found, 0.0)
        rows.append((np.concatenate([dear, np.zeros(len(linked))]), dear.sum() - 1))
        found, bound, finished = _solve(-objective, rows, units, linked, time_limit_s)
    chosen = locked_in.astype(float) if found is None else found
    value = total_value(values, linked, chosen)
    if not finished:
        already = sum(link.weight * link.level(np.zeros(n)) for link in linked)
        everything = total_value(values, linked, np.ones(n))
        return Optimum(chosen, value, min(everything, max(value, -bound * v_scale - already)), False)

    reached = objective[:n] @ chosen + sum(link.weight / v_scale * link.level(chosen) for link in linked)
    # room for the solver's tolerance; what it then gives away is checked to 1e-9 of the highest value
    at_least = (-objective, -(float(reached) - 1e-7 * _SCALE))
    cheap, _, done = _solve(spend, [*rows, at_least], units, linked, time_limit_s)
    if (
        done
        and cheap is not None
        and costs @ cheap <= costs @ chosen
        and total_value(values, linked, cheap) >= value - 1e-9 * highest
    ):
        chosen = cheap
    value = total_value(values, linked, chosen)
    return Optimum(chosen, value, value, True)


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
    from scipy.optimize import Bounds, LinearConstraint, milp  # slow to import

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
    # presolve can lose the optimum where a cost all but equals the budget (HiGHS of scipy 1.17), so it comes
    # in only where the solver stumbles without it
    for presolve in (False, True):
        result = milp(
            objective,
            integrality=np.concatenate([np.ones(n), np.zeros(len(linked))]),
            bounds=Bounds(low, high),
            constraints=LinearConstraint(np.array(matrix), -np.inf, np.array(upper)),
            options={"mip_rel_gap": 0.0, "time_limit": time_limit_s, "presolve": presolve},
        )
        if result.status in (_DONE, _OUT_OF_TIME):
            break
    bound = result.mip_dual_bound if result.mip_dual_bound is not None else -np.inf
    if result.x is None:
        return None, float(bound), False
    return np.round(result.x[:n]), float(bound), result.status == _DONE

"""Which units represent every feature up to its target: at least cost, or at best within a budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aze_core.domain.settings import value

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_DONE, _OUT_OF_TIME = 0, 1
_SCALE = 1e3
"""The highest number of each row, as the solver sees it: its tolerances are absolute, near 1e-6."""
_NEAR = 1e-9
"""A target that is missed by at most this part of it counts as met: sums of shares round."""


@dataclass(frozen=True)
class Selection:
    """What a solve found.

    Attributes
    ----------
    selected : (units,) array
        1 chosen, 0 not, missing for units without a cost; all missing where nothing was found.
    objective : float
        Cost of the choice, or its weighted shortfall; infinite where nothing was found.
    bound : float
        No choice has a lower objective. Equal to it where the choice is proven to be the best; infinite where
        no choice can exist; lower where time ran out.
    """

    selected: Array
    objective: float
    bound: float

    @property
    def is_best(self) -> bool:
        """Whether the choice is proven to be the best."""
        return bool(np.isfinite(self.objective)) and self.bound >= self.objective

    @property
    def is_impossible(self) -> bool:
        """Whether it is proven that no choice exists."""
        return bool(np.isposinf(self.bound))


def min_set(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    time_limit_s: float | None = None,
) -> Selection:
    r"""The cheapest units that meet every target.

    Parameters
    ----------
    cost : (units,) array_like
        Cost of each unit in any unit, at least 0; a unit whose cost is missing cannot be chosen.
    amounts : (features, units) array_like
        Amount of each feature in each unit, at least 0.
    targets : (features,) array_like
        Amount of each feature that has to be held, at least 0.
    locked_in, locked_out : (units,) array_like of bool, optional
        Units that must be chosen, and that must not be.
    time_limit_s : float, optional
        Seconds for each call of the solver; the setting ``scenario.time_limit_s`` where not given.

    Returns
    -------
    Selection
        `objective`: the cost. Impossible where all units together miss a target.

    Raises
    ------
    ValueError
        Shapes that do not fit, negative or missing numbers, or a unit locked in that is locked out or has no
        cost.

    Notes
    -----
    Minimise :math:`\sum_i c_i x_i` subject to :math:`\sum_i x_i r_{ij} \ge t_j`, :math:`x_i \in \{0,1\}`,
    exactly (HiGHS, gap 0); a target missed by at most a billionth of it counts as met. With targets of the
    whole of single-site species it says no more than "all of them".

    Examples
    --------
    >>> found = min_set([10, 2, None, 3], [[0, 0, 0, 1], [10, 5, 10, 6]], [1, 10])
    >>> found.selected.tolist(), found.objective
    ([0.0, 1.0, nan, 1.0], 5.0)
    """
    c, a, t, forced, free = _checked(cost, amounts, targets, locked_in, locked_out)
    limit = _limit(time_limit_s)
    while True:
        need = t - a[:, forced].sum(axis=1)
        open_rows = need > _NEAR * t
        part, need = a[open_rows], need[open_rows]
        there = part[:, free].sum(axis=1)
        short = _NEAR * t[open_rows]
        if (there < need - short).any():
            return Selection(np.full(len(c), np.nan), np.inf, np.inf)
        # a unit without which the others miss a target is in every choice
        needed = free & ((there[:, None] - part) < (need - short)[:, None]).any(axis=0)
        if not needed.any():
            break
        forced, free = forced | needed, free & ~needed
    chosen = forced.copy()
    base = float(c[forced].sum())
    bound = base
    if len(need):
        places = np.flatnonzero(free & (part > 0).any(axis=0))
        share = np.minimum(part[:, places] / need[:, None], 1.0)
        price = c[places]
        scale = float(price.max(initial=0.0)) or 1.0
        least = 1 - short / need
        rows, lowest = share * _SCALE, least * _SCALE
        while True:
            found, reached, finished = _solve(price / scale * _SCALE, -rows, -lowest, len(places), limit)
            if found is None or (share @ found >= least - 1e-12).all():
                break
            # met within the solver's tolerance only: one more unit is needed
            rows = np.vstack([rows, 1 - found])
            lowest = np.append(lowest, 1.0)
        bound = base + max(0.0, reached * scale / _SCALE)
        if found is None:
            return Selection(np.full(len(c), np.nan), np.inf, min(bound, float(c[free].sum()) + base))
        chosen[places] = found > 0.5
    else:
        finished = True
    total = float(c[chosen].sum())
    return Selection(_told(chosen, c), total, total if finished else min(bound, total))


def min_shortfall(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    *,
    budget: float,
    weights: ArrayLike | None = None,
    time_limit_s: float | None = None,
) -> Selection:
    r"""The units within a budget that leave the least of the targets unmet, and among those the cheapest.

    Parameters
    ----------
    cost, amounts, targets, locked_in, locked_out, time_limit_s
        As in `min_set`.
    budget : float
        What the chosen units may cost together.
    weights : (features,) array_like, optional
        Weight of each feature's shortfall, at least 0; 1 where not given.

    Returns
    -------
    Selection
        `objective`: the weighted shortfall, 0 to the sum of the weights. Impossible where what is locked in
        costs more than the budget.

    Raises
    ------
    ValueError
        As in `min_set`, or a budget or weight that is negative or missing.

    Notes
    -----
    Minimise :math:`\sum_j w_j y_j` subject to :math:`\sum_i x_i r_{ij} + t_j y_j \ge t_j`,
    :math:`0 \le y_j \le 1` and :math:`\sum_i c_i x_i \le B` (Arponen et al. 2005), exactly. A feature whose
    target is 0 has no shortfall. Half of a target counts half: do not use it where a part is worth nothing.

    Examples
    --------
    >>> found = min_shortfall([10, 2, None, 3], [[1, 0, 0, 1], [10, 5, 10, 6]], [2, 10], budget=2.5)
    >>> found.selected.tolist(), found.objective
    ([0.0, 1.0, nan, 0.0], 1.5)
    """
    c, a, t, forced, free = _checked(cost, amounts, targets, locked_in, locked_out)
    w = np.ones(len(t)) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != t.shape or not (w >= 0).all():
        raise ValueError("`weights` is expected to hold one number of at least 0 for each feature")
    if not budget >= 0:
        raise ValueError(f"`budget` was {budget} but is expected to be at least 0")
    limit = _limit(time_limit_s)
    slack = _NEAR + 1e-12 * budget
    left = budget - float(c[forced].sum())
    if left < -slack:
        return Selection(np.full(len(c), np.nan), np.inf, np.inf)
    asked = (t > 0) & (w > 0)
    a, w = a[asked] / t[asked][:, None], w[asked]
    rest = np.clip(1 - a[:, forced].sum(axis=1), 0.0, None)
    places = np.flatnonzero(free & (c <= left + slack) & (np.minimum(a, rest[:, None]) > 0).any(axis=0))
    share, price = np.minimum(a[:, places], rest[:, None]), c[places]

    # a feature that cannot be held beyond its target adds up; only the others need a variable
    full = share.sum(axis=1) > rest + 1e-12
    gain = w[~full] @ share[~full]
    share, weight, most = share[full], w[full], rest[full]

    def gained(x: Array) -> float:
        return float(gain @ x + weight @ np.minimum(share @ x, most))

    n, m = len(places), len(weight)
    chosen = np.zeros(n)
    total = float(w @ rest)
    bound = 0.0
    finished = True
    if n:
        highest = max(float(gain.max()), float((weight * most).max(initial=0.0)))
        objective = np.concatenate([gain, weight * most]) / highest * _SCALE
        # z: part of the rest that is held, 0 to 1
        link = np.hstack([-share / most[:, None], np.eye(m)]) * _SCALE
        spend = np.concatenate([price, np.zeros(m)]) / (budget or 1.0) * _SCALE
        rows, upper = np.vstack([spend, link]), np.append([left / (budget or 1.0) * _SCALE], np.zeros(m))
        while True:
            found, reached, finished = _solve(-objective, rows, upper, n, limit)
            if found is None or price @ found <= left + slack:
                break
            # within the solver's tolerance, not within the budget: forbid this set, and all that contain it
            dear = np.concatenate([np.where(price > 0, found, 0.0), np.zeros(m)])
            rows, upper = np.vstack([rows, dear]), np.append(upper, dear.sum() - 1)
        if found is not None:
            chosen = found
        if finished:
            held = np.minimum(share @ chosen / most, 1.0)
            # room for the solver's tolerance; what it then gives away is checked to a billionth
            at_least = float(objective @ np.concatenate([chosen, held])) - 1e-7 * _SCALE
            cheap, _, done = _solve(
                spend, np.vstack([rows, -objective]), np.append(upper, -at_least), n, limit
            )
            if (
                done
                and cheap is not None
                and price @ cheap <= price @ chosen
                and gained(cheap) >= gained(chosen) - _NEAR * highest
            ):
                chosen = cheap
        else:
            bound = max(0.0, total + reached * highest / _SCALE)
    objective_value = max(0.0, total - gained(chosen))
    all_chosen = forced.copy()
    all_chosen[places] = chosen > 0.5
    return Selection(
        _told(all_chosen, c), objective_value, objective_value if finished else min(bound, objective_value)
    )


def _checked(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    locked_in: ArrayLike | None,
    locked_out: ArrayLike | None,
) -> tuple[Array, Array, Array, Flags, Flags]:
    """Cost, amounts, targets, units that must be chosen and others that may be."""
    c, a, t = (np.asarray(given, dtype=float) for given in (cost, amounts, targets))
    if c.ndim != 1 or a.shape != (len(t), len(c)):
        raise ValueError(
            f"`amounts` has the shape {a.shape} but is expected to have a row for each target and a column "
            "for each cost"
        )
    if (c < 0).any() or np.isinf(c).any():
        raise ValueError("`cost` is expected to be at least 0, or missing")
    if not (np.isfinite(a) & (a >= 0)).all() or not (np.isfinite(t) & (t >= 0)).all():
        raise ValueError("`amounts` and `targets` are expected to be at least 0")
    known = ~np.isnan(c)
    forced, barred = (
        np.zeros(len(c), dtype=bool) if given is None else np.asarray(given, dtype=bool)
        for given in (locked_in, locked_out)
    )
    if forced.shape != c.shape or barred.shape != c.shape:
        raise ValueError("`locked_in` and `locked_out` are expected to hold one flag for each unit")
    if (forced & (barred | ~known)).any():
        raise ValueError("a unit that is locked in is expected to have a cost and not to be locked out")
    return c, a, t, forced, known & ~barred & ~forced


def _limit(seconds: float | None) -> float:
    return float(value("scenario.time_limit_s") if seconds is None else seconds)


def _told(chosen: Flags, cost: Array) -> Array:
    return np.where(np.isnan(cost), np.nan, chosen.astype(float))


def _solve(
    objective: Array, rows: Array, upper: Array, units: int, limit: float
) -> tuple[Array | None, float, bool]:
    """Minimise with `rows` at most `upper`; the first `units` variables are 0 or 1, the others between.

    Returns what is chosen, the proven bound and whether the choice is the best.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # slow to import
    from scipy.sparse import csr_array

    matrix = csr_array(rows)
    # presolve can lose the optimum where numbers all but agree (HiGHS of scipy 1.17), so it comes in only
    # where the solver stumbles without it
    for presolve in (False, True):
        result = milp(
            objective,
            integrality=np.concatenate([np.ones(units), np.zeros(len(objective) - units)]),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, -np.inf, upper),
            options={"mip_rel_gap": 0.0, "time_limit": limit, "presolve": presolve},
        )
        if result.status in (_DONE, _OUT_OF_TIME):
            break
    bound = -np.inf if result.mip_dual_bound is None else float(result.mip_dual_bound)
    if result.x is None:
        return None, bound, False
    return np.round(result.x[:units]), bound, result.status == _DONE

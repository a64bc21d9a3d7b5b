"""The whole trade-off curve of independent units under one budget."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aze_core.domain.errors import ScenarioError
from aze_core.scenarios.exact import max_value
from aze_core.scenarios.milp import Plan, closed

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Points = tuple[Array, Array]
"""Costs and values of plans, both rising: no plan costs as little and is worth as much as another."""
Near = tuple[float, float]
"""Costs, and values, that differ by no more are the same: sums round."""

_CELLS = 2**14
"""Steps that the total value is cut into where the exact curve has too many points."""
_POINTS = 2**11
"""Points up to which two exact curves are merged before the grid takes over."""
_WORK = 2**23
"""Units times total value up to which whole values get a grid of their own, which makes it exact."""
_NEAR = 1e-12
"""Costs and values nearer than this part of the total are the same."""


def frontier(
    values: ArrayLike,
    costs: ArrayLike,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    exact: bool = False,
) -> pd.DataFrame:
    r"""The best value of every budget.

    Parameters
    ----------
    values : (n,) array_like
        Value of each unit, at least 0; the value of a plan is the sum.
    costs : (n,) array_like
        Cost of each unit in the budget's unit, at least 0; a unit whose cost is missing cannot be chosen.
    locked_in, locked_out : (n,) array_like of bool, optional
        Units that every plan contains, and units that none contains.
    exact : bool
        Whether every point has to be exact. That takes seconds for some hundred units of unlike values and
        costs, and grows without limit; without it the points carry a proven bound.

    Returns
    -------
    pandas.DataFrame
        One row for each plan, `cost` and `value` both rising; the first holds what is locked in and what is
        free. `bound`: no plan of at most this cost is worth more; `exact`: the bound is reached. Between two
        rows the best value lies between the `value` of the first and the `bound` of the second.

    Raises
    ------
    ValueError
        Shapes that do not fit, or values or costs that are negative, or values that are missing.
    ScenarioError
        A unit locked in that is locked out or has no cost.

    Notes
    -----
    :math:`f(B) = \max \sum_i v_i x_i` subject to :math:`\sum_i c_i x_i \le B`, :math:`x_i \in \{0,1\}`.
    Equal costs: the units sorted by value. Whole values: the least cost of every total
    :math:`g \le \sum_i v_i`, unit by unit (Bellman 1957). Otherwise the undominated pairs of cost and value
    are merged unit by unit (Nemhauser & Ullmann 1969) while they are few; beyond that values are rounded up
    to a grid of step :math:`\delta`, so that :math:`f(B) \le \delta g(B)`, and the linear relaxation (Dantzig
    1957) bounds it from the other side. Values shown are those of real plans, never rounded. The curve is
    not for units that complement or replace one another: their values do not add up.

    Examples
    --------
    >>> frontier([6, 10, 12], [1, 2, 3]).to_dict("list")  # doctest: +NORMALIZE_WHITESPACE
    {'cost': [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 'value': [0.0, 6.0, 10.0, 16.0, 18.0, 22.0, 28.0],
     'bound': [0.0, 6.0, 10.0, 16.0, 18.0, 22.0, 28.0], 'exact': [True, True, True, True, True, True, True]}
    """
    v, c, forced, free = _checked(values, costs, locked_in, locked_out)
    always = forced | (free & (c == 0) & (v > 0))
    base_cost, base_value = float(c[forced].sum()), float(v[always].sum())
    open_units = free & (c > 0) & (v > 0)
    gain, price = v[open_units], c[open_units]
    near = (
        _NEAR * (base_cost + float(price.sum())),
        _NEAR * (base_value + float(gain.sum())),
    )
    bound = None
    if len(gain) == 0 or (price == price[0]).all():
        points = _sorted(gain, price)
    elif (whole := _whole(gain)) is not None:
        costs_of, reached = _least_costs(whole, price, gain)
        points = _undominated(costs_of, reached, near)
    else:
        merged = _merged(gain, price, near, None if exact else _POINTS)
        if merged is None:
            costs_of, reached, bound = _on_a_grid(gain, price, near)
            points = costs_of, reached
        else:
            points = merged
    at, worth = points
    most = worth if bound is None else bound
    return pd.DataFrame(
        {
            "cost": base_cost + at,
            "value": base_value + worth,
            "bound": base_value + most,
            "exact": most - worth <= near[1],
        }
    )


def plan_at(
    values: ArrayLike,
    costs: ArrayLike,
    budget: float,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    time_limit_s: float = 20.0,
) -> Plan:
    """The exact plan of one budget: the units behind a point of the curve.

    Parameters
    ----------
    values, costs, locked_in, locked_out
        As in `frontier`.
    budget : float
        At least 0.
    time_limit_s : float
        Seconds for all calls of the solver together.

    Returns
    -------
    Plan
        The highest value within the budget, at the least cost.

    Raises
    ------
    ValueError
        As in `frontier`, or a budget that is negative or missing.
    ScenarioError
        As in `frontier`, or what is locked in costs more than the budget.

    Notes
    -----
    Solved anew rather than traced back, so nothing of the curve has to be kept: units that the linear
    relaxation proves to be in, or not in, every best plan are settled first (Ingargiola & Korsh 1973), the
    few others go to the solver (HiGHS, gap 0). As with the curve, not for units whose values do not add up.

    Examples
    --------
    >>> plan_at([6, 10, 12], [1, 2, 3], 5).selected.tolist()
    [0.0, 1.0, 1.0]
    """
    v, c, forced, free = _checked(values, costs, locked_in, locked_out)
    if not budget >= 0:
        raise ValueError(f"`budget` was {budget} but is expected to be at least 0")
    need = float(c[forced].sum())
    if need > budget + 1e-9:
        raise ScenarioError("locked_over_budget", need=need, budget=float(budget))
    places = np.flatnonzero(free)
    settled, open_units = _settled(v[places], c[places], max(0.0, budget - need))
    chosen = forced.copy()
    chosen[places[settled]] = True
    at = places[open_units]
    left, base = max(0.0, budget - float(c[chosen].sum())), float(v[chosen].sum())
    found = max_value(v[at], c[at], left, np.zeros(len(at), dtype=bool), time_limit_s=time_limit_s)
    chosen[at] = found.chosen > 0.5
    return Plan(
        np.where(np.isnan(c), np.nan, chosen.astype(float)),
        base + found.value,
        base + found.bound,
        float(c[chosen].sum()),
        "exact" if found.finished else "exact_time_limit",
    )


def knee(curve: pd.DataFrame) -> pd.Series | None:
    """Where more budget starts to buy less than on average.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `frontier` returns it.

    Returns
    -------
    pandas.Series or None
        The row furthest above the straight line from the first row to the last, both axes scaled to 1; the
        cheapest of several. None where no row stands above the line: such a curve has no knee.

    Notes
    -----
    The rule of Satopää et al. 2011 ("Kneedle") without smoothing. A knee tells where a curve bends, not
    where a budget should end: it moves when the list of units does.

    Examples
    --------
    >>> knee(frontier([8, 1, 1], [1, 1, 1]))["cost"].item()
    1.0
    """
    if len(curve) < 3:
        return None
    cost, worth = (
        (curve[name] - curve[name].iloc[0]) / (curve[name].iloc[-1] - curve[name].iloc[0])
        for name in ("cost", "value")
    )
    above = (worth - cost).to_numpy()
    highest = int(np.argmax(above >= above.max() - 1e-12))
    return None if above[highest] <= 1e-12 else curve.iloc[highest]


def _checked(
    values: ArrayLike, costs: ArrayLike, locked_in: ArrayLike | None, locked_out: ArrayLike | None
) -> tuple[Array, Array, Flags, Flags]:
    """Values, costs, units that must be chosen and others that may be."""
    v, c = (np.asarray(given, dtype=float) for given in (values, costs))
    if v.ndim != 1 or v.shape != c.shape:
        raise ValueError("`values` and `costs` are expected to hold one number for each unit")
    if not (np.isfinite(v) & (v >= 0)).all():
        raise ValueError("`values` are expected to be at least 0")
    if (c < 0).any() or np.isinf(c).any():
        raise ValueError("`costs` are expected to be at least 0, or missing")
    forced, barred = closed(c, locked_in, locked_out)
    return v, c, forced, ~np.isnan(c) & ~barred & ~forced


def _settled(gain: Array, price: Array, left: float) -> tuple[Flags, Flags]:
    """Units that are in every best plan, and units of which that is not known; all others are in none."""
    possible = (gain > 0) & (price <= left + 1e-9)
    order = np.flatnonzero(possible)
    with np.errstate(divide="ignore"):
        per_cost = gain[order] / price[order]
    order = order[np.argsort(-per_cost, kind="stable")]
    spent = np.cumsum(price[order])
    first = int(np.searchsorted(spent, left, side="right"))  # the first that does not fit
    if first == len(order):
        return possible, np.zeros_like(possible)
    worth = gain[order[first]] / price[order[first]]  # of a unit of budget
    better = np.where(possible, gain - worth * price, 0.0)
    most = worth * (left + 1e-9) + np.maximum(better, 0.0).sum()
    reached, rest = 0.0, left
    for unit in order.tolist():
        if price[unit] <= rest:
            reached, rest = reached + gain[unit], rest - price[unit]
    # to decide against the relaxation costs this much: more than there is between it and a real plan
    clear = np.abs(better) > (most - reached) + 1e-9 * most
    return possible & clear & (better > 0), possible & ~clear


def _sorted(gain: Array, price: Array) -> Points:
    """The curve of units of one cost: the best first."""
    best = np.sort(gain)[::-1]
    each = float(price[0]) if len(price) else 0.0
    return each * np.arange(len(best) + 1.0), np.concatenate([[0.0], np.cumsum(best)])


def _whole(gain: Array) -> NDArray[np.int64] | None:
    """The values as small whole numbers; None where they are not."""
    if (gain != np.round(gain)).any() or gain.sum() * len(gain) > _WORK * 16:
        return None
    whole = gain.astype(np.int64)
    whole //= np.gcd.reduce(whole)
    return whole if int(whole.sum()) * len(whole) <= _WORK else None


def _least_costs(grid: NDArray[np.int64], price: Array, gain: Array) -> Points:
    """Least cost of every total on the grid, and the value of the units behind it."""
    total = int(grid.sum())
    cost, worth = np.full(total + 1, np.inf), np.zeros(total + 1)
    cost[0] = 0.0
    top = 0
    for at in np.argsort(grid, kind="stable"):  # small ones first: the part in use stays short
        step = int(grid[at])
        with_it = cost[: top + 1] + price[at]
        place = cost[step : step + top + 1]
        better = with_it < place
        gained = worth[: top + 1] + gain[at]
        np.copyto(place, with_it, where=better)
        np.copyto(worth[step : step + top + 1], gained, where=better)
        top += step
    return cost, worth


def _undominated(cost: Array, worth: Array, near: Near) -> Points:
    """Only the points that are worth more than every other of their cost or less."""
    order = np.lexsort((-worth, cost))
    cost, worth = cost[order], worth[order]
    last = int(np.searchsorted(cost, np.inf))
    cost, worth = cost[:last], worth[:last]
    before = np.concatenate([[-np.inf], np.maximum.accumulate(worth)[:-1]])
    keep = worth > before + near[1]
    cost, worth = cost[keep], worth[keep]
    last_of_its_cost = np.append(np.diff(cost) > near[0], [True] * (len(cost) > 0))
    return cost[last_of_its_cost], worth[last_of_its_cost]


def _merged(gain: Array, price: Array, near: Near, limit: int | None) -> Points | None:
    """All undominated pairs of cost and value; None where they become more than `limit`."""
    cost, worth = np.zeros(1), np.zeros(1)
    for at in np.argsort(-gain / price, kind="stable"):
        cost, worth = _undominated(
            np.concatenate([cost, cost + price[at]]), np.concatenate([worth, worth + gain[at]]), near
        )
        if limit is not None and len(cost) > limit:
            return None
    return cost, worth


def _on_a_grid(gain: Array, price: Array, near: Near) -> tuple[Array, Array, Array]:
    """Real plans found on values rounded up, and for each the most that its cost could buy."""
    step = float(gain.sum()) / _CELLS
    least, reached = _least_costs(np.ceil(gain / step).astype(np.int64), price, gain)
    # down the list of value for money every plan is the best of its own cost
    order = np.argsort(-gain / price, kind="stable")
    ends, sums = (np.concatenate([[0.0], np.cumsum(part[order])]) for part in (price, gain))
    cost, worth = _undominated(np.concatenate([least, ends]), np.concatenate([reached, sums]), near)

    by_cost = np.argsort(least, kind="stable")
    highest = step * np.maximum.accumulate(by_cost)
    # a cost that differs in the last figures only is the same cost
    on_grid = highest[np.searchsorted(least[by_cost], cost + near[0], side="right") - 1]
    relaxed = np.interp(cost, ends, sums)
    return cost, worth, np.maximum(np.minimum(on_grid, relaxed), worth)

"""Which units represent every feature up to its target: at least cost, or at best within a budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aze_core.measures.solver import SCALE, Array, Found, Sparse, minimise, time_limit

Flags = NDArray[np.bool_]

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
    relaxed: bool = False,
) -> Selection:
    r"""The cheapest units that meet every target.

    Parameters
    ----------
    cost : (units,) array_like
        Cost of each unit in any unit, at least 0; a unit whose cost is missing cannot be chosen.
    amounts : (features, units) array_like or scipy.sparse array
        Amount of each feature in each unit, at least 0.
    targets : (features,) array_like
        Amount of each feature that has to be held, at least 0.
    locked_in, locked_out : (units,) array_like of bool, optional
        Units that must be chosen, and that must not be.
    time_limit_s : float, optional
        Seconds for each call of the solver; the setting ``scenario.time_limit_s`` where not given.
    relaxed : bool
        Whether units may be chosen in part: quick, and only `bound` is told.

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
    c, a, t, forced, free = checked(cost, amounts, targets, locked_in, locked_out)
    limit = time_limit(time_limit_s)
    while True:
        need = t - a @ forced.astype(float)
        open_rows = need > _NEAR * t
        part, need, short = a[open_rows], need[open_rows], _NEAR * t[open_rows]
        there = part @ free.astype(float)
        if (there < need - short).any():
            return Selection(np.full(len(c), np.nan), np.inf, np.inf)
        # a unit without which the others miss a target is in every choice
        row, unit = row_of(part), part.indices
        needed = np.zeros(len(c), dtype=bool)
        needed[unit[there[row] - part.data < (need - short)[row]]] = True
        needed &= free
        if not needed.any():
            break
        forced, free = forced | needed, free & ~needed
    chosen = forced.copy()
    base = float(c[forced].sum())
    bound, finished = base, True
    if len(need):
        places = np.flatnonzero(free & (part.sum(axis=0) > 0))
        share = part[:, places]
        share.data = np.minimum(share.data / need[row_of(share)], 1.0)
        price = c[places]
        scale = float(price.max(initial=0.0)) or 1.0
        least = 1 - short / need
        rows, lowest = -share * SCALE, -least * SCALE
        while True:
            found = minimise(price / scale * SCALE, rows, lowest, len(places), limit, relaxed)
            if relaxed or found.x is None or (share @ found.x >= least - 1e-12).all():
                break
            # met within the solver's tolerance only: one more unit is needed
            rows, lowest = with_row(rows, found.x - 1), np.append(lowest, -1.0)
        bound, finished = base + max(0.0, found.bound * scale / SCALE), found.finished
        if relaxed or found.x is None:
            return Selection(np.full(len(c), np.nan), np.inf, min(bound, float(c[free].sum()) + base))
        chosen[places] = found.x > 0.5
    total = float(c[chosen].sum())
    return Selection(told(chosen, c), total, total if finished else min(bound, total))


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
    relaxed: bool = False,
    step: float = 0.0,
) -> Selection:
    r"""The units within a budget that leave the least of the targets unmet, and among those the cheapest.

    Parameters
    ----------
    cost, amounts, targets, locked_in, locked_out, time_limit_s, relaxed
        As in `min_set`.
    budget : float
        What the chosen units may cost together.
    weights : (features,) array_like, optional
        Weight of each feature's shortfall, at least 0; 1 where not given.
    step : float
        No two shortfalls differ by less, unless they are the same: spares the solver a proof within it.

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
    c, a, t, forced, free = checked(cost, amounts, targets, locked_in, locked_out)
    w = checked_weights(weights, len(t), budget)
    slack = spare(budget)
    left = budget - float(c[forced].sum())
    if left < -slack:
        return Selection(np.full(len(c), np.nan), np.inf, np.inf)
    asked = (t > 0) & (w > 0)
    a, w = parts(a[asked], t[asked]), w[asked]
    rest = np.clip(1 - a @ forced.astype(float), 0.0, None)
    a = capped(a, rest)
    places = np.flatnonzero(free & (c <= left + slack) & (a.sum(axis=0) > 0))
    share, price = a[:, places], c[places]

    # a feature that cannot be held beyond its target adds up; only the others need a variable
    full = share.sum(axis=1) > rest + 1e-12
    gain = share[~full].T @ w[~full]
    share, weight, most = share[full], w[full], rest[full]

    def gained(x: Array) -> float:
        return float(gain @ x + weight @ np.minimum(share @ x, most))

    n, m = len(places), len(weight)
    chosen = np.zeros(n)
    total = float(w @ rest)
    bound, finished = 0.0, True
    if n:
        highest = max(float(gain.max()), float((weight * most).max(initial=0.0)))
        objective = np.concatenate([gain, weight * most]) / highest * SCALE
        # z: part of the rest that is held, 0 to 1
        gap = 0.999 * step / float(gain.sum() + weight @ most)
        rows = beside(-parts(share, most) * SCALE, np.ones(m) * SCALE)
        found, rows, upper = minimise_within(
            -objective,
            rows,
            np.zeros(m),
            price,
            left,
            budget,
            time_limit(time_limit_s),
            relaxed=relaxed,
            gap=gap,
        )
        if relaxed:
            bound = max(0.0, total + found.bound * highest / SCALE)
            return Selection(np.full(len(c), np.nan), np.inf, bound)
        finished = found.finished
        if found.x is not None:
            chosen = found.x[:n]
        if finished:
            held = np.minimum(share @ chosen / most, 1.0)
            reached = float(objective @ np.concatenate([chosen, held]))
            cheap = cheapest(objective, reached, rows, upper, price, budget, time_limit(time_limit_s))
            if (
                cheap is not None
                and price @ cheap <= price @ chosen
                and gained(cheap) >= gained(chosen) - _NEAR * highest
            ):
                chosen = cheap
        else:
            bound = max(0.0, total + found.bound * highest / SCALE)
    objective_value = max(0.0, total - gained(chosen))
    all_chosen = forced.copy()
    all_chosen[places] = chosen > 0.5
    return Selection(
        told(all_chosen, c), objective_value, objective_value if finished else min(bound, objective_value)
    )


def minimise_within(
    objective: Array,
    rows: Sparse,
    upper: Array,
    price: Array,
    left: float,
    budget: float,
    limit: float,
    whole: int = 0,
    relaxed: bool = False,
    gap: float = 0.0,
) -> tuple[Found, Sparse, Array]:
    """The least objective of units that cost at most what is left of the budget.

    `rows` are at most `upper`; the first variables are the units, 0 or 1, and so are `whole` more. Returns
    what was found, and the rows with the budget among them.
    """
    n, others = len(price), np.zeros(len(objective) - len(price))
    scale = SCALE / (budget or 1.0)
    rows, upper = (
        with_row(rows, np.concatenate([price, others]) * scale),
        np.append(upper, max(left, 0.0) * scale),
    )
    while True:
        found = minimise(objective, rows, upper, n + whole, limit, relaxed, gap)
        if relaxed or found.x is None or price @ found.x[:n] <= left + spare(budget):
            return found, rows, upper
        # within the solver's tolerance, not within the budget: forbid this set, and all that contain it
        dear = np.where(price > 0, found.x[:n], 0.0)
        rows, upper = with_row(rows, np.concatenate([dear, others])), np.append(upper, dear.sum() - 1)


def cheapest(
    objective: Array,
    reached: float,
    rows: Sparse,
    upper: Array,
    price: Array,
    budget: float,
    limit: float,
    whole: int = 0,
) -> Array | None:
    """The cheapest units with at least the objective that was reached; None where the solver found none.

    There is room for the solver's tolerance: the caller checks what it gives away.
    """
    n = len(price)
    found = minimise(
        np.concatenate([price, np.zeros(len(objective) - n)]) / (budget or 1.0) * SCALE,
        with_row(rows, -objective),
        np.append(upper, 1e-7 * SCALE - reached),
        n + whole,
        limit,
    )
    return found.x[:n] if found.finished and found.x is not None else None


def spare(budget: float) -> float:
    """What a plan may cost beyond its budget: sums round."""
    return _NEAR + 1e-12 * budget


def row_of(a: Sparse) -> NDArray[np.intp]:
    """Row of each stored number."""
    return np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))


def parts(a: Sparse, whole: Array) -> Sparse:
    """Each row divided by its whole."""
    divided = a.copy()
    divided.data = a.data / whole[row_of(a)]
    return divided


def capped(a: Sparse, most: Array) -> Sparse:
    """Each number at most what its row needs."""
    cut = a.copy()
    cut.data = np.minimum(a.data, most[row_of(a)])
    return cut


def with_row(rows: Sparse, row: Array) -> Sparse:
    """One more row below."""
    from scipy.sparse import csr_array, vstack

    return vstack([rows, csr_array(row[None, :])], format="csr")


def beside(rows: Sparse, own: Array) -> Sparse:
    """A variable of its own for each row, to the right."""
    from scipy.sparse import diags_array, hstack

    return hstack([rows, diags_array(own, shape=(len(own), len(own)))], format="csr")


def checked(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    locked_in: ArrayLike | None,
    locked_out: ArrayLike | None,
) -> tuple[Array, Sparse, Array, Flags, Flags]:
    """Cost, amounts, targets, units that must be chosen and others that may be."""
    from scipy.sparse import csr_array

    c, t = (np.asarray(given, dtype=float) for given in (cost, targets))
    a = csr_array(amounts, dtype=float, copy=True)
    a.sum_duplicates()
    a.eliminate_zeros()
    if c.ndim != 1 or a.shape != (len(t), len(c)):
        raise ValueError(
            f"`amounts` has the shape {a.shape} but is expected to have a row for each target and a column "
            "for each cost"
        )
    if (c < 0).any() or np.isinf(c).any():
        raise ValueError("`cost` is expected to be at least 0, or missing")
    if not (np.isfinite(a.data) & (a.data >= 0)).all() or not (np.isfinite(t) & (t >= 0)).all():
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


def checked_weights(weights: ArrayLike | None, features: int, budget: float) -> Array:
    """The weights, 1 where not given; the budget is looked at too."""
    w = np.ones(features) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (features,) or not (np.isfinite(w) & (w >= 0)).all():
        raise ValueError("`weights` is expected to hold one number of at least 0 for each feature")
    if not budget >= 0:
        raise ValueError(f"`budget` was {budget} but is expected to be at least 0")
    return w


def told(chosen: Flags, cost: Array) -> Array:
    """1 chosen, 0 not, missing where there is no cost."""
    return np.where(np.isnan(cost), np.nan, chosen.astype(float))

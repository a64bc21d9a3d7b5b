"""General planning problems on plain arrays: what to choose so that features are represented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.measures import representation
from aze_core.measures.representation import (
    Selection,
    beside,
    capped,
    cheapest,
    checked,
    checked_weights,
    minimise_within,
    parts,
    spare,
    told,
    with_row,
)
from aze_core.measures.solver import SCALE, Array, Sparse, time_limit
from aze_core.scenarios.greedy import best_for_the_money

Flags = NDArray[np.bool_]

METHODS = ("exact", "greedy")
_NEAR = 1e-9
"""A target that is missed by at most this part of it counts as met: sums of shares round."""
_NAMED = 5
"""Targets out of reach that a message names one by one."""


@dataclass(frozen=True)
class Plan:
    """What is chosen, and how good that is proven to be.

    Attributes
    ----------
    selected : (units,) array
        1 chosen, 0 not, missing for units without a cost.
    objective : float
        What the problem makes least or most.
    bound : float
        No choice is better than this; equal to the objective where the choice is proven to be the best.
    cost : float
        Of all chosen units.
    method : {"exact", "exact_time_limit", "greedy"}
    """

    selected: Array
    objective: float
    bound: float
    cost: float
    method: str

    @property
    def gap(self) -> float:
        """What is left to prove, as a part of the objective or bound, whichever is larger; 0 to 1."""
        return abs(self.objective - self.bound) / (max(abs(self.objective), abs(self.bound)) or 1.0)


def min_set(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    time_limit_s: float | None = None,
    method: str = "exact",
) -> Plan:
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
    method : {"exact", "greedy"}
        ``greedy`` takes the most for the money, step by step, and bounds it by the linear relaxation: an
        answer while the exact one is computed.

    Returns
    -------
    Plan
        `objective`: the cost.

    Raises
    ------
    ValueError
        Shapes that do not fit, negative or missing numbers.
    ScenarioError
        Targets that all units together miss, with the most that can be reached; a unit locked in that is
        locked out or has no cost.
    SettingError
        A method that is none.

    Notes
    -----
    As `aze_core.measures.representation.min_set`. With targets of the whole of single-site species it says no
    more than "all of them".

    Examples
    --------
    >>> found = min_set([10, 2, None, 3], [[0, 0, 0, 1], [10, 5, 10, 6]], [1, 10])
    >>> found.selected.tolist(), found.cost, found.gap
    ([0.0, 1.0, nan, 1.0], 5.0, 0.0)
    """
    _known(method)
    closed(np.asarray(cost, dtype=float), locked_in, locked_out)
    c, a, t, forced, free = checked(cost, amounts, targets, locked_in, locked_out)
    _in_reach(a @ (forced | free).astype(float), t)
    quick = method == "greedy"
    found = representation.min_set(c, a, t, forced, ~(forced | free), time_limit_s, relaxed=quick)
    if not found.is_best:
        asked = t > 0
        share = parts(a[asked], t[asked])
        chosen = best_for_the_money(c, share, np.ones(share.shape[0]), forced, free)
        total = float(c[chosen].sum())
        if total < found.objective:
            found = Selection(told(chosen, c), total, min(found.bound, total))
    return _plan(found, c, found.objective, found.bound, method)


def min_shortfall(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    budget: float,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    time_limit_s: float | None = None,
    method: str = "exact",
) -> Plan:
    r"""The units within a budget that leave the least of the targets unmet, and among those the cheapest.

    Parameters
    ----------
    cost, amounts, targets, locked_in, locked_out, time_limit_s, method
        As in `min_set`.
    budget : float
        What the chosen units may cost together.
    weights : (features,) array_like, optional
        Weight of each feature, at least 0; 1 where not given.

    Returns
    -------
    Plan
        `objective`: the weighted shortfall, 0 to the sum of the weights.

    Raises
    ------
    ValueError
        As in `min_set`, or a budget or weight that is negative or missing.
    ScenarioError
        A unit locked in that is locked out or has no cost; locked units that cost more than the budget.
    SettingError
        A method that is none.

    Notes
    -----
    As `aze_core.measures.representation.min_shortfall`. Half of a target counts half: do not use it where a
    part is worth nothing.

    Examples
    --------
    >>> found = min_shortfall([10, 2, None, 3], [[1, 0, 0, 1], [10, 5, 10, 6]], [2, 10], 2.5)
    >>> found.selected.tolist(), found.objective
    ([0.0, 1.0, nan, 0.0], 1.5)
    """
    _known(method)
    c, a, t, forced, free, w = _within(cost, amounts, targets, budget, locked_in, locked_out, weights)
    return _least_short(c, a, t, forced, free, w, budget, time_limit_s, method)


def max_coverage(
    cost: ArrayLike,
    amounts: ArrayLike,
    budget: float,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    time_limit_s: float | None = None,
    method: str = "exact",
) -> Plan:
    r"""The units within a budget that hold the most features at least once, and among those the cheapest.

    Parameters
    ----------
    cost, amounts, budget, locked_in, locked_out, weights, time_limit_s, method
        As in `min_shortfall`; any amount above 0 holds a feature.

    Returns
    -------
    Plan
        `objective`: sum of the weights of the features held.

    Raises
    ------
    ValueError, ScenarioError, SettingError
        As in `min_shortfall`.

    Notes
    -----
    Maximise :math:`\sum_j w_j y_j` subject to :math:`y_j \le \sum_i x_i [r_{ij} > 0]`,
    :math:`0 \le y_j \le 1`, :math:`\sum_i c_i x_i \le B` (Church & ReVelle 1974): the least shortfall of
    presences with targets of 1. A trace counts as much as a whole population: not for species whose sites
    hold parts.

    Examples
    --------
    >>> found = max_coverage([1, 2, 4], [[1, 1, 1], [1, 0, 1]], 3)
    >>> found.selected.tolist(), found.objective, found.cost
    ([1.0, 0.0, 0.0], 2.0, 1.0)
    """
    _known(method)
    ones = np.ones(np.shape(amounts)[0])
    c, a, _, forced, free, w = _within(cost, amounts, ones, budget, locked_in, locked_out, weights)
    a.data = np.ones_like(a.data)
    # whole weights add up to whole numbers: nothing lies between two of them
    step = float(np.gcd.reduce(w.astype(np.int64))) if (w == np.round(w)).all() and w.sum() < 1e15 else 0.0
    found = _least_short(c, a, ones, forced, free, w, budget, time_limit_s, method, step)
    held = a @ np.nan_to_num(found.selected) > 0
    objective, most = float(w[held].sum()), float(w.sum())
    proven = found.bound >= found.objective
    bound = objective if proven else max(objective, most - found.bound)
    return Plan(found.selected, objective, bound, found.cost, found.method)


def max_features(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    budget: float,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    time_limit_s: float | None = None,
) -> Plan:
    r"""The units within a budget that meet the most targets wholly, and among those the cheapest.

    Parameters
    ----------
    cost, amounts, targets, budget, locked_in, locked_out, weights, time_limit_s
        As in `min_shortfall`.

    Returns
    -------
    Plan
        `objective`: sum of the weights of the features whose target is met.

    Raises
    ------
    ValueError, ScenarioError
        As in `min_shortfall`.

    Notes
    -----
    Maximise :math:`\sum_j w_j y_j` subject to :math:`t_j y_j \le \sum_i x_i r_{ij}`, :math:`y_j \in \{0,1\}`
    and :math:`\sum_i c_i x_i \le B`, exactly. A target all but met counts nothing: where a part is worth
    something use `min_shortfall`.

    Examples
    --------
    >>> max_features([1, 2, 2], [[2, 1, 1], [10, 10, 10]], [2, 10], 3).selected.tolist()
    [1.0, 0.0, 0.0]
    """
    c, a, t, forced, free, w = _within(cost, amounts, targets, budget, locked_in, locked_out, weights)
    left = budget - float(c[forced].sum())

    def worth(chosen: Flags) -> float:
        return float(w[a @ chosen.astype(float) >= t - _NEAR * t].sum())

    rest = t - a @ forced.astype(float)
    places = np.flatnonzero(free & (c <= left + spare(budget)))
    share, price = a[:, places], c[places]
    wanted = (w > 0) & (rest > _NEAR * t) & (share.sum(axis=1) >= rest - _NEAR * t)
    share, need, weight = share[wanted], rest[wanted], w[wanted]
    least = 1 - _NEAR * t[wanted] / need
    share = parts(capped(share, need), need)
    n, m = len(places), len(need)
    chosen, bound, finished = forced.copy(), worth(forced), True
    if m:
        scale = SCALE / float(weight.max())
        objective = np.concatenate([np.zeros(n), weight * scale])
        rows, upper = beside(-share * SCALE, least * SCALE), np.zeros(m)
        limit = time_limit(time_limit_s)
        while True:
            found, all_rows, all_upper = minimise_within(
                -objective, rows, upper, price, left, budget, limit, whole=m
            )
            if found.x is None:
                break
            x, y = found.x[:n], found.x[n:] > 0.5
            cheated = np.flatnonzero(y & (share @ x < least - 1e-12))
            if not len(cheated):
                break
            for at in cheated:  # met within the solver's tolerance only: one more unit is needed
                rows, upper = with_row(rows, np.concatenate([x - 1, np.arange(m) == at])), np.append(upper, 0)
        bound, finished = worth(forced) - found.bound / scale, found.finished
        if found.x is not None:
            chosen[places] = found.x[:n] > 0.5
        if finished and found.x is not None:
            reached = float(objective @ found.x)
            cheap = cheapest(objective, reached, all_rows, all_upper, price, budget, limit, whole=m)
            chosen = _cheaper(c, forced, places, chosen, cheap, lambda other: worth(other) >= worth(chosen))
    objective_value = worth(chosen)
    bound = objective_value if finished else max(objective_value, min(bound, float(w.sum())))
    return _plan(
        Selection(told(chosen, c), objective_value, bound), c, objective_value, bound, "exact", finished
    )


def min_largest_shortfall(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    budget: float,
    locked_in: ArrayLike | None = None,
    locked_out: ArrayLike | None = None,
    time_limit_s: float | None = None,
) -> Plan:
    r"""The cheapest of the units within a budget that leave the worst-off feature the least short.

    Parameters
    ----------
    cost, amounts, targets, budget, locked_in, locked_out, time_limit_s
        As in `min_shortfall`.

    Returns
    -------
    Plan
        `objective`: the largest shortfall of any feature, as a part of its target, 0 to 1.

    Raises
    ------
    ValueError, ScenarioError
        As in `min_shortfall`.

    Notes
    -----
    Minimise :math:`y` subject to :math:`\sum_i x_i r_{ij} + t_j y \ge t_j` for every feature and
    :math:`\sum_i c_i x_i \le B`. One feature that nothing can hold makes the answer 1 and the choice empty:
    set the target of such a feature to 0 first.

    Examples
    --------
    >>> min_largest_shortfall([1, 1, 1], [[2, 1, 0], [0, 1, 2]], [2, 2], 1).selected.tolist()
    [0.0, 1.0, 0.0]
    """
    c, a, t, forced, free, _ = _within(cost, amounts, targets, budget, locked_in, locked_out, None)
    left = budget - float(c[forced].sum())
    share = parts(a[t > 0], t[t > 0])

    def shortfall(chosen: Flags) -> float:
        return float(np.clip(1 - share @ chosen.astype(float), 0.0, None).max(initial=0.0))

    rest = np.clip(1 - share @ forced.astype(float), 0.0, None)
    places = np.flatnonzero(free & (c <= left + spare(budget)))
    price, n = c[places], len(places)
    chosen, bound, finished = forced.copy(), shortfall(forced), True
    if n and bound > 0:
        from scipy.sparse import csr_array, hstack

        # the last variable is what the worst-off feature holds: at most what each of them does
        held = 1 - rest
        rows = hstack([-share[:, places], csr_array(np.ones((len(rest), 1)))], format="csr") * SCALE
        objective = np.append(np.zeros(n), SCALE)
        limit = time_limit(time_limit_s)
        found, rows, upper = minimise_within(-objective, rows, held * SCALE, price, left, budget, limit)
        bound, finished = max(0.0, 1 + found.bound / SCALE), found.finished
        if found.x is not None:
            chosen[places] = found.x[:n] > 0.5
        if finished:
            reached = SCALE * (1 - shortfall(chosen))
            cheap = cheapest(objective, reached, rows, upper, price, budget, limit)
            least = shortfall(chosen) + _NEAR
            chosen = _cheaper(c, forced, places, chosen, cheap, lambda other: shortfall(other) <= least)
    objective_value = shortfall(chosen)
    bound = objective_value if finished else min(bound, objective_value)
    return _plan(
        Selection(told(chosen, c), objective_value, bound), c, objective_value, bound, "exact", finished
    )


def closed(cost: Array, locked_in: ArrayLike | None, locked_out: ArrayLike | None) -> tuple[Flags, Flags]:
    """Units locked in and out; says which locks cannot be met.

    Examples
    --------
    >>> closed(np.array([1.0, np.nan]), [True, False], None)[0].tolist()
    [True, False]
    """
    forced, barred = (
        np.zeros(len(cost), dtype=bool) if given is None else np.asarray(given, dtype=bool)
        for given in (locked_in, locked_out)
    )
    if forced.shape != cost.shape or barred.shape != cost.shape:
        raise ValueError("`locked_in` and `locked_out` are expected to hold one flag for each unit")
    for message, wrong in (
        ("locked_both_ways", forced & barred),
        ("locked_without_cost", forced & np.isnan(cost)),
    ):
        if wrong.any():
            raise ScenarioError(message, sites=", ".join(map(str, np.flatnonzero(wrong).tolist())))
    return forced, barred


def _within(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    budget: float,
    locked_in: ArrayLike | None,
    locked_out: ArrayLike | None,
    weights: ArrayLike | None,
) -> tuple[Array, Sparse, Array, Flags, Flags, Array]:
    """What a problem with a budget is given, checked: cost, amounts, targets, locked in, free, weights."""
    closed(np.asarray(cost, dtype=float), locked_in, locked_out)
    c, a, t, forced, free = checked(cost, amounts, targets, locked_in, locked_out)
    w = checked_weights(weights, len(t), budget)
    need = float(c[forced].sum())
    if need > budget + spare(budget):
        raise ScenarioError("locked_over_budget", need=need, budget=float(budget))
    return c, a, t, forced, free, w


def _least_short(
    c: Array,
    a: Sparse,
    t: Array,
    forced: Flags,
    free: Flags,
    w: Array,
    budget: float,
    time_limit_s: float | None,
    method: str,
    step: float = 0.0,
) -> Plan:
    """The plan of least shortfall, of what `_within` has checked."""
    found = representation.min_shortfall(
        c,
        a,
        t,
        forced,
        ~(forced | free),
        budget=budget,
        weights=w,
        time_limit_s=time_limit_s,
        relaxed=method == "greedy",
        step=step,
    )
    if not found.is_best:
        asked = (t > 0) & (w > 0)
        share, w = parts(a[asked], t[asked]), w[asked]
        left = budget - float(c[forced].sum()) + spare(budget)
        chosen = best_for_the_money(c, share, w, forced, free, left)
        short = float(w @ np.clip(1 - share @ chosen.astype(float), 0.0, None))
        if short < found.objective:
            found = Selection(told(chosen, c), short, min(found.bound, short))
    return _plan(found, c, found.objective, found.bound, method)


def _cheaper(
    cost: Array,
    forced: Flags,
    places: NDArray[np.intp],
    chosen: Flags,
    found: Array | None,
    is_as_good: Callable[[Flags], bool],
) -> Flags:
    """The other choice, where it is cheaper and as good."""
    if found is None:
        return chosen
    other = forced.copy()
    other[places] = found > 0.5
    return other if cost[other].sum() < cost[chosen].sum() and is_as_good(other) else chosen


def _known(method: str) -> None:
    if method not in METHODS:
        raise SettingError("not_one_of", name="method", value=method, expected=", ".join(METHODS))


def _in_reach(most: Array, targets: Array) -> None:
    """Says which targets all units together miss."""
    missed = np.flatnonzero(most < targets - _NEAR * targets)
    if len(missed):
        found = "; ".join(f"{at}: {most[at]:g} / {targets[at]:g}" for at in missed[:_NAMED].tolist())
        raise ScenarioError(
            "targets_out_of_reach",
            n=len(missed),
            found=found + (" …" if len(missed) > _NAMED else ""),
            features=missed.tolist(),
            most=most[missed].tolist(),
        )


def _plan(
    found: Selection, cost: Array, objective: float, bound: float, method: str, finished: bool | None = None
) -> Plan:
    """The plan of a selection."""
    if method == "exact" and not (found.is_best if finished is None else finished):
        method = "exact_time_limit"
    total = float(np.where(np.nan_to_num(found.selected) > 0, np.nan_to_num(cost), 0.0).sum())
    return Plan(found.selected, objective, bound, total, method)

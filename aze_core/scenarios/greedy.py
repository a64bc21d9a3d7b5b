"""Plans without a solver: each next unit that still fits, down a list or by what it adds for its cost."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from aze_core.measures.solver import Array, Sparse

Flags = NDArray[np.bool_]

_SLACK = 1e-9

Group = tuple[Collection[str], int]


def top_of_the_list(
    order: Iterable[str],
    cost: Mapping[str, float],
    budget: float,
    locked_in: Iterable[str] = (),
    floors: Sequence[Group] = (),
    ceilings: Sequence[Group] = (),
) -> list[str]:
    """Sites from the top of a list, each taken if it still fits.

    Parameters
    ----------
    order : iterable of str
        Sites, best first.
    cost : mapping of str to float
        Cost of each site in the budget's unit; a site without a cost is passed over.
    budget : float
        Total that must not be exceeded.
    locked_in : iterable of str
        Taken before the list.
    floors, ceilings : sequence of (sites, number)
        Floors are filled first, one after the other, as far as the budget goes; ceilings are kept.

    Returns
    -------
    list of str
        In the order they were taken.

    Notes
    -----
    Not exact: a cheap pair further down can be worth more than one dear site at the top, and the first sites
    of a floor can use up what another floor needs.

    Examples
    --------
    >>> top_of_the_list(["A", "B", "C"], {"A": 6, "B": 5, "C": 4}, 10)
    ['A', 'C']
    >>> top_of_the_list(["A", "B", "C"], {"A": 6, "B": 5, "C": 4}, 10, floors=[({"B"}, 1)])
    ['B', 'C']
    """
    order = list(order)
    taken = list(locked_in)
    left = budget - sum(cost[site] for site in taken)

    def room(site: str) -> bool:
        return all(site not in inside or _held(inside, taken) < most for inside, most in ceilings)

    def fits(site: str) -> bool:
        return site not in taken and site in cost and cost[site] <= left + _SLACK and room(site)

    everything = {*order, *taken}
    for inside, number in [*floors, (everything, len(everything))]:
        for site in order:
            if site in inside and _held(inside, taken) < number and fits(site):
                taken.append(site)
                left -= cost[site]
    return taken


def _held(inside: Collection[str], taken: list[str]) -> int:
    return sum(site in inside for site in taken)


def best_for_the_money(
    cost: Array, share: Sparse, weights: Array, locked_in: Flags, free: Flags, left: float | None = None
) -> Flags:
    """Units taken one by one, each time the one that adds the most for its cost.

    Parameters
    ----------
    cost : (units,) array
        At least 0; missing where a unit is neither free nor locked in.
    share : (features, units) scipy.sparse array
        Part of each feature's target that each unit holds, at least 0.
    weights : (features,) array
    locked_in, free : (units,) bool array
        Units taken before all others, and units to choose from.
    left : float, optional
        What all but the locked units may cost. Where not given, units are taken until every target is met or
        nothing adds to one, and those that turn out not to be needed are given back, the dearest first.

    Returns
    -------
    (units,) bool array

    Notes
    -----
    A unit's gain only falls as others are taken, so gains are looked at again only when they come up (Minoux
    1978). Within a budget the same is done without regard to cost, and the better of the two is kept: it
    adds at least (1 - 1/e)/2 of what the best adds (Leskovec et al. 2007). Not exact.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> share = csr_array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    >>> free = np.ones(3, dtype=bool)
    >>> best_for_the_money(np.array([3.0, 1.0, 1.0]), share, np.ones(2), ~free, free).tolist()
    [False, True, True]
    """
    columns = share.tocsc()
    ways = (cost,) if left is None else (cost, np.ones(len(cost)))
    tried = [_taken(cost, way, columns, weights, locked_in, free, left) for way in ways]
    chosen, _ = min(tried, key=lambda one: one[1])
    if left is None:
        held = share @ chosen.astype(float)
        own = np.flatnonzero(chosen & ~locked_in)
        for unit in own[np.argsort(-cost[own], kind="stable")]:
            at = slice(columns.indptr[unit], columns.indptr[unit + 1])
            row, part = columns.indices[at], columns.data[at]
            if (held[row] - part >= 1 - _SLACK).all():
                held[row] -= part
                chosen[unit] = False
    return chosen


def _taken(
    cost: Array,
    divisor: Array,
    columns: Sparse,
    weights: Array,
    locked_in: Flags,
    free: Flags,
    left: float | None,
) -> tuple[Flags, float]:
    """Units taken by gain over `divisor`, and the weighted part of the targets that they leave."""
    chosen = locked_in.copy()
    rest = np.clip(1 - columns @ chosen.astype(float), 0.0, None)
    fits = free if left is None else free & (cost <= left)

    def worth(unit: int) -> float:
        at = slice(columns.indptr[unit], columns.indptr[unit + 1])
        row = columns.indices[at]
        gain = float(weights[row] @ np.minimum(columns.data[at], rest[row]))
        if gain <= _SLACK:
            return 0.0
        return gain / divisor[unit] if divisor[unit] > 0 else math.inf

    heap = [(-worth(unit), unit) for unit in np.flatnonzero(fits).tolist()]
    heapq.heapify(heap)
    while heap:
        before, unit = heap[0]
        if left is not None and cost[unit] > left:
            heapq.heappop(heap)
            continue
        now = -worth(unit)
        if now > before and now < 0:
            heapq.heapreplace(heap, (now, unit))
            continue
        heapq.heappop(heap)
        if now == 0:
            continue
        chosen[unit] = True
        at = slice(columns.indptr[unit], columns.indptr[unit + 1])
        row = columns.indices[at]
        rest[row] = np.maximum(rest[row] - columns.data[at], 0.0)
        if left is not None:
            left -= float(cost[unit])
    return chosen, float(weights @ rest)

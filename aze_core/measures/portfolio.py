"""How much a set of sites depends on each of its sites: four measures as prioritizr defines them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aze_core.measures.representation import min_set, min_shortfall

Array = NDArray[np.float64]

_NEAR = 1e-9
_LOW, _HIGH = 0.01, 1.0


def rarity_weighted_richness(amounts: ArrayLike, selected: ArrayLike, rescale: bool = False) -> Array:
    r"""Rarity-weighted richness of each selected unit.

    Parameters
    ----------
    amounts : (features, units) array_like
        Amount of each feature in each unit, at least 0.
    selected : (units,) array_like
        1 for units of the set, 0 for others, missing for units that cannot be chosen.
    rescale : bool
        Whether values that are not 0 are spread from 0.01 to 1.

    Returns
    -------
    (units,) numpy.ndarray
        At least 0; 0 for units not selected, missing where `selected` is.

    Raises
    ------
    ValueError
        Shapes that do not fit, or negative or missing amounts.

    Notes
    -----
    :math:`RWR_k = \sum_j (r_{kj} / \max_i r_{ij}) / \sum_i r_{ij}` over all units (Williams et al. 1996, in
    the form of prioritizr). It is classic endemism, the sum of shares, only where the largest amount is 1.
    It knows nothing of targets and of other units, so it cannot tell a unit that is truly irreplaceable:
    a last resort, for inputs too large for a solver.

    Examples
    --------
    >>> rarity_weighted_richness([[0, 1], [4, 6]], [0, 1]).tolist() == [0, 1 / 1 + (6 / 6) / 10]
    True
    """
    a, chosen = _pair(amounts, selected)
    most, total = a.max(axis=1, initial=0.0), a.sum(axis=1)
    there = total > 0
    worth = (a[there] / (most * total)[there][:, None]).sum(axis=0)
    return _finished(np.where(chosen == 1, worth, 0.0), chosen, rescale)


def ferrier(amounts: ArrayLike, targets: ArrayLike, selected: ArrayLike) -> Array:
    r"""Irreplaceability of each selected unit for each feature, as a central limit theorem predicts it.

    Parameters
    ----------
    amounts : (features, units) array_like
        Amount of each feature in each unit, at least 0.
    targets : (features,) array_like
        Amount of each feature that has to be held, at least 0.
    selected : (units,) array_like
        1 for units of the set, at least two; 0 for others; missing for units that cannot be chosen, which
        are left out of every count.

    Returns
    -------
    (features, units) numpy.ndarray
        0 to 1: how much less often a random set of this size meets the target when the unit is taken out of
        it. 0 for units not selected, missing where `selected` is. Its sum over the features is the unit's
        summed irreplaceability.

    Raises
    ------
    ValueError
        Shapes that do not fit, negative or missing numbers, or fewer than two units selected.

    Notes
    -----
    Ferrier, Pressey & Barrett 2000 (Biol. Conserv. 93:303) as C-Plan and prioritizr compute it, with their
    spread of amounts, which is not the usual variance. The normal curve needs many units that hold a feature
    in alike amounts: do not trust a value between 0 and 1 for a feature of a few sites. For species of one
    site it is 1, so the sum counts them.

    Examples
    --------
    >>> ferrier([[1, 0, 0], [0, 1, 0]], [1, 1], [1, 1, 0]).sum(axis=0).tolist()
    [1.0, 1.0, 0.0]
    """
    from scipy.special import ndtr  # slow to import

    whole, chosen = _pair(amounts, selected)
    wanted = np.asarray(targets, dtype=float)
    if wanted.shape != (len(whole),) or not (wanted >= 0).all():
        raise ValueError("`targets` is expected to hold one number of at least 0 for each feature")
    known = ~np.isnan(chosen)
    size, count = int((chosen == 1).sum()), int(known.sum())
    if size < 2:
        raise ValueError(f"`selected` names {size} units but is expected to name at least two")
    a, t = whole[:, known], wanted[:, None]
    spread = count / (count - 1)
    rest = (a.sum(axis=1, keepdims=True) - a) * spread
    squares = ((a**2).sum(axis=1, keepdims=True) - a**2) * spread
    mean = rest / count
    deviation = np.sqrt(np.clip(squares - rest**2 / count / count, 0.0, None))

    def factor(units: int, drawn: int) -> float:
        if drawn > units / 2:
            return max(units - drawn, 0) ** 0.5 / drawn
        return drawn**0.5 / drawn

    def chance(needed: Array, drawn: int) -> Array:
        """Chance that the mean of the drawn units reaches what is needed."""
        width = deviation * factor(count - 1, drawn)
        flat = width < 1e-11
        # a mean that is what is needed but for a rounding error reaches it
        reached = (mean >= needed * (1 - 1e-12)).astype(float)
        return np.where(flat, reached, ndtr(-(needed - mean) / np.where(flat, 1.0, width)))

    lost = rest - a < t
    removed = np.where(lost, 0.0, chance(t / (size - 1), size - 1))
    included = np.where(a >= t, 1.0, chance((t - a) / (size - 1), size - 1))
    excluded = np.where(lost, 0.0, chance(t / size, size))
    hopeless = included + excluded == 0
    included = np.where((included == 0) & (a > 0), 1.0, included)
    part = size / count
    below = included * part + excluded * (1 - part)
    ratio = (included - removed) * part / np.where(below == 0, 1.0, below)
    found = np.where(hopeless | (below == 0), 0.0, ratio)
    filled = np.full(whole.shape, np.nan)
    filled[:, known] = np.where(chosen[known] == 1, found, 0.0)
    return filled


def replacement_cost(
    cost: ArrayLike, amounts: ArrayLike, targets: ArrayLike, selected: ArrayLike, rescale: bool = False
) -> Array:
    """What it would cost more to meet every target without each selected unit.

    Parameters
    ----------
    cost : (units,) array_like
        Cost of each unit, at least 0; a unit whose cost is missing cannot be chosen.
    amounts, targets, selected
        As in `ferrier`; the selected units together meet every target.
    rescale : bool
        Whether finite values that are not 0 are spread from 0.01 to 1.

    Returns
    -------
    (units,) numpy.ndarray
        In the unit of the cost. 0 for units not selected; infinite where the targets cannot be met without
        the unit; negative where the others meet them already; missing where cost or `selected` is, and where
        the solver ran out of time.

    Raises
    ------
    ValueError
        As in `min_set`, or a set that misses a target.

    Notes
    -----
    Cabeza & Moilanen 2006 in the form of prioritizr: all other selected units stay, the unit goes, and the
    cheapest units that mend the loss are added; the cost of that set less the cost of the given one. It is
    infinite for every site of a single-site species, whatever else it holds: it then orders nothing.

    Examples
    --------
    >>> replacement_cost([10, 2, None, 3], [[0, 0, 0, 1], [10, 5, 10, 6]], [1, 10], [0, 1, None, 1]).tolist()
    [0.0, 8.0, nan, inf]
    """
    a, chosen = _pair(amounts, selected)
    c, t = np.asarray(cost, dtype=float), np.asarray(targets, dtype=float)
    chosen = np.where(np.isnan(c), np.nan, chosen)
    mine, others = chosen == 1, chosen == 0
    least = t - _NEAR * t
    held = a[:, mine].sum(axis=1)
    if (held < least).any():
        raise ValueError("`selected` is expected to meet every target")
    without = held[:, None] - a
    enough = (without >= least[:, None]).all(axis=0)
    lost = (without + a[:, others].sum(axis=1)[:, None] < least[:, None]).any(axis=0)
    values = np.where(mine & enough, -c, np.where(mine & lost, np.inf, 0.0))
    now = float(c[mine].sum())
    for unit in np.flatnonzero(mine & ~enough & ~lost):
        gone = np.arange(len(c)) == unit
        found = min_set(c, a, t, mine & ~gone, gone | np.isnan(chosen))
        values[unit] = found.objective - now if found.is_best else np.nan
    return _finished(values, chosen, rescale)


def incremental_rank(
    cost: ArrayLike,
    amounts: ArrayLike,
    targets: ArrayLike,
    selected: ArrayLike,
    budgets: ArrayLike | None = None,
    steps: int = 10,
    rescale: bool = False,
) -> Array:
    """How early each selected unit is bought when the budget grows step by step.

    Parameters
    ----------
    cost, amounts, targets, selected
        As in `replacement_cost`; the set may miss targets.
    budgets : array_like, optional
        Budgets, ascending; equal steps to the cost of the whole set where not given.
    steps : int
        Number of these steps, at least 1.
    rescale : bool
        Whether values that are not 0 are spread from 0.01 to 1.

    Returns
    -------
    (units,) numpy.ndarray
        0 to 1: the part of the steps at which the unit is bought (from the second of five on: 0.8). 0 for
        units not selected and for those that add nothing; missing where cost or `selected` is, and throughout
        where the solver ran out of time.

    Raises
    ------
    ValueError
        As in `min_shortfall`, budgets that fall, or no step.

    Notes
    -----
    Jung et al. 2021 (Nat. Ecol. Evol. 5:1499) in the form of prioritizr: at each step the least shortfall
    within the set, with all that was bought before. Units that can stand for one another (same cost, same
    gain) share the mean of their scores, for which of them comes first is chance. A step says nothing about
    the order within it, and an order is not a plan: the best set for one budget need not hold that for a
    smaller one.

    Examples
    --------
    >>> toy = [10, 2, None, 3], [[1, 0, 0, 1], [10, 5, 10, 6]], [2, 10], [0, 1, None, 1]
    >>> incremental_rank(*toy, budgets=[2.5, 5]).tolist()
    [0.0, 1.0, nan, 0.5]
    """
    a, chosen = _pair(amounts, selected)
    c, t = np.asarray(cost, dtype=float), np.asarray(targets, dtype=float)
    chosen = np.where(np.isnan(c), np.nan, chosen)
    mine = chosen == 1
    if budgets is None:
        if steps < 1:
            raise ValueError(f"`steps` was {steps} but is expected to be at least 1")
        ends = float(c[mine].sum()) * np.arange(1, steps + 1) / steps
    else:
        ends = np.asarray(budgets, dtype=float)
    if len(ends) == 0 or (np.diff(ends) < 0).any():
        raise ValueError("`budgets` is expected to hold at least one number, and to rise")
    bought = np.zeros(len(c), dtype=bool)
    times = np.zeros(len(c))
    for budget in ends:
        found = min_shortfall(c, a, t, bought, ~mine, budget=float(budget))
        if not found.is_best:
            return np.full(len(c), np.nan)
        bought = found.selected == 1
        times += bought
    values = times / len(ends)
    values[mine] = _shared(values[mine], c[mine], a[:, mine], t)
    return _finished(values, chosen, rescale)


def _shared(scores: Array, cost: Array, amounts: Array, targets: Array) -> Array:
    """The mean score among units that can stand for one another."""
    there = amounts > 0
    own = there.sum(axis=1) == 1
    asked = targets > 0
    gain = np.minimum(amounts[own & asked] / targets[own & asked][:, None], 1.0).sum(axis=0)
    alike = np.vstack([cost, gain.round(9), amounts[asked & ~own]])
    _, kind = np.unique(alike, axis=1, return_inverse=True)
    kind = kind.ravel()
    return np.asarray((np.bincount(kind, scores) / np.bincount(kind))[kind])


def _pair(amounts: ArrayLike, selected: ArrayLike) -> tuple[Array, Array]:
    a, chosen = np.asarray(amounts, dtype=float), np.asarray(selected, dtype=float)
    if a.ndim != 2 or chosen.shape != (a.shape[1],):
        raise ValueError("`amounts` is expected to have a column for each unit of `selected`")
    if not (np.isfinite(a) & (a >= 0)).all():
        raise ValueError("`amounts` is expected to be at least 0")
    if not np.isin(chosen[~np.isnan(chosen)], (0, 1)).all():
        raise ValueError("`selected` is expected to be 0, 1 or missing")
    return a, chosen


def _finished(values: Array, chosen: Array, rescale: bool) -> Array:
    """Values with what cannot be chosen left missing, spread from 0.01 to 1 where asked for."""
    told = np.where(np.isnan(chosen), np.nan, values)
    if not rescale:
        return told
    spread = np.isfinite(told) & (np.abs(told) > 1e-10)
    if spread.any():
        low, high = told[spread].min(), told[spread].max()
        # a single value lies in the middle
        part = (told[spread] - low) / (high - low) if high > low else 0.5
        told[spread] = _LOW + (_HIGH - _LOW) * part
    return told

"""How far two orders of the same sites agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

_AT_ONCE = 1 << 22
"""Pairs that are compared at a time."""


@dataclass(frozen=True)
class Agreement:
    """Two orders compared over the sites that have a rank in both.

    Attributes
    ----------
    tau : float
        Kendall's tau-b, -1 (turned round) to 1 (the same); missing where there are fewer than two sites, or
        one order ties all of them.
    alike : float
        Part of all pairs of sites that stand in the same order in both; pairs that one of them ties do not.
    sites : int
        Sites that have a rank in both.
    apart : pandas.DataFrame
        Index `site_id`, those that differ most first, equal ones by identifier; `one`, `two`: the ranks;
        `moved`: places that the second order puts the site further down (negative: up).
    """

    tau: float
    alike: float
    sites: int
    apart: pd.DataFrame


def kendall_tau_b(one: ArrayLike, two: ArrayLike) -> float:
    r"""Kendall's tau-b of two rankings, corrected for ties.

    Parameters
    ----------
    one, two : array_like
        Numbers of equal length, none missing; only their order counts.

    Returns
    -------
    float
        -1 to 1; missing (nan) where one of them ties everything.

    Notes
    -----
    :math:`\tau_b = (C - D) / \sqrt{(n_0 - n_1)(n_0 - n_2)}` with concordant and discordant pairs, all pairs
    and the pairs tied in each (Kendall 1945).

    Examples
    --------
    >>> kendall_tau_b([1, 2, 3], [1, 2, 3]), kendall_tau_b([1, 2, 3], [3, 2, 1])
    (1.0, -1.0)
    """
    return _pairs(one, two)[0]


def _pairs(one: ArrayLike, two: ArrayLike) -> tuple[float, float]:
    """Kendall's tau-b, and the part of all pairs that stand in the same order; missing where none can be."""
    # dense ranks: a difference of two is then their order, and equal numbers are equal
    x, y = (np.unique(np.asarray(each, dtype=float), return_inverse=True)[1] for each in (one, two))
    n = len(x)
    both = untied_x = untied_y = same = 0
    step = max(1, _AT_ONCE // max(n, 1))
    for start in range(0, n, step):
        a = np.sign(x[start : start + step, None] - x[None, :])
        b = np.sign(y[start : start + step, None] - y[None, :])
        both += int((a * b).sum())
        same += int((a * b > 0).sum())
        untied_x += int(np.abs(a).sum())
        untied_y += int(np.abs(b).sum())
    alike = same / (n * (n - 1)) if n > 1 else float("nan")
    if not untied_x or not untied_y:
        return float("nan"), alike
    return both / float(np.sqrt(float(untied_x) * float(untied_y))), alike


def agreement(one: pd.DataFrame, two: pd.DataFrame) -> Agreement:
    """How far two rankings agree.

    Parameters
    ----------
    one, two : pandas.DataFrame
        As `aze_core.ranking.score.rank_sites` returns them.

    Returns
    -------
    Agreement

    Examples
    --------
    >>> first = pd.DataFrame({"rank": [1, 2, 3]}, index=["A", "B", "C"])
    >>> found = agreement(first, pd.DataFrame({"rank": [2, 1, 3]}, index=["A", "B", "C"]))
    >>> round(found.tau, 3), found.apart["moved"].tolist()
    (0.333, [1, -1, 0])
    """
    both = one["rank"].rename("one").to_frame().join(two["rank"].rename("two"), how="inner").dropna()
    both = both.astype("int64").sort_index()
    both["moved"] = both["two"] - both["one"]
    order = both["moved"].abs().sort_values(ascending=False, kind="stable").index
    tau, alike = _pairs(both["one"], both["two"])
    return Agreement(tau, alike, len(both), both.loc[order])

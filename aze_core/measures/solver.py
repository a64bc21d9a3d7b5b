"""The door to scipy's HiGHS for choices of whole units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aze_core.domain.settings import value

Array = NDArray[np.float64]
Sparse = Any
"""A scipy.sparse array; scipy carries no types."""

SCALE = 1e3
"""The highest number of each row, as the solver sees it: its tolerances are absolute, near 1e-6."""
_DONE, _OUT_OF_TIME, _INFEASIBLE = 0, 1, 2
_MANY = 2_000
"""Variables beyond which the solver first simplifies: before that it costs accuracy and gains nothing."""


@dataclass(frozen=True)
class Found:
    """Values of the variables (None where there are none), the proven bound, and whether it is the best.

    `impossible`: it is proven that no values keep the rows.
    """

    x: Array | None
    bound: float
    finished: bool
    impossible: bool = False


def time_limit(seconds: float | None) -> float:
    """Seconds for a call of the solver; the setting ``scenario.time_limit_s`` where not given."""
    return float(value("scenario.time_limit_s") if seconds is None else seconds)


def minimise(
    objective: Array,
    rows: Sparse,
    upper: Array,
    units: int,
    limit: float,
    relaxed: bool = False,
    gap: float = 0.0,
    ends: tuple[Array, Array] | None = None,
) -> Found:
    """The least objective with `rows` at most `upper`.

    Parameters
    ----------
    objective : (variables,) array
    rows : (rows, variables) scipy.sparse array
    upper : (rows,) array
    units : int
        The first so many variables are 0 or 1, the others anything between.
    limit : float
        Seconds.
    relaxed : bool
        Whether the units may be anything between as well: a quick bound.
    gap : float
        Part of the objective within which the best is as good as found.
    ends : two (variables,) arrays, optional
        Least and highest value of each variable; 0 and 1 where not given.

    Returns
    -------
    Found

    Notes
    -----
    scipy.optimize.milp. What it returns holds to about 1e-6 of the highest number of a row that is
    scaled to `SCALE`: the caller checks the answer against the unscaled numbers.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> minimise(np.array([-2.0, -3.0]), csr_array([[1.0, 1.0]]), np.array([1.0]), 2, 5.0).x.tolist()
    [0.0, 1.0]
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # slow to import

    many = len(objective) > _MANY
    whole = np.zeros(len(objective))
    whole[:units] = not relaxed
    # presolve can lose the optimum where numbers all but agree (HiGHS of scipy 1.17), so on small problems it
    # comes in only where the solver stumbles without it
    for presolve in (many, not many):
        result = milp(
            objective,
            integrality=whole,
            bounds=Bounds(0, 1) if ends is None else Bounds(*ends),
            constraints=LinearConstraint(rows, -np.inf, upper),
            options={"mip_rel_gap": gap, "time_limit": limit, "presolve": presolve},
        )
        if result.status in (_DONE, _OUT_OF_TIME):
            break
    finished = result.status == _DONE
    if relaxed:
        return Found(result.x, float(result.fun) if finished else -np.inf, finished)
    bound = -np.inf if result.mip_dual_bound is None else float(result.mip_dual_bound)
    if result.x is None:
        return Found(None, bound, False, result.status == _INFEASIBLE)
    return Found(np.concatenate([np.round(result.x[:units]) + 0.0, result.x[units:]]), bound, finished)

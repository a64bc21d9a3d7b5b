"""How unevenly an amount is spread: the Gini coefficient."""

from __future__ import annotations

import numpy as np
import pandas as pd


def gini(amounts: pd.Series) -> float:
    r"""Gini coefficient of amounts.

    Parameters
    ----------
    amounts : pandas.Series
        At least 0 each; one that is missing leaves the coefficient missing.

    Returns
    -------
    float
        0 where all are equal, :math:`1 - 1/n` where one has all; missing where nothing is spread.

    Raises
    ------
    ValueError
        When an amount is below 0.

    Notes
    -----
    :math:`G = \sum_i \sum_j |x_i - x_j| / (2 n^2 \bar x)`. It tells spread, not fairness: countries differ in
    what they have to protect.

    Examples
    --------
    >>> gini(pd.Series([1, 1])), gini(pd.Series([0, 1]))
    (0.0, 0.5)
    """
    x = np.sort(amounts.to_numpy(dtype=float, na_value=np.nan))
    if (x < 0).any():
        raise ValueError(f"an amount was {x.min()}; expected were amounts of at least 0")
    n, total = len(x), x.sum()
    if n == 0 or np.isnan(total) or total == 0:
        return float("nan")
    # the sorted form of the double sum
    return float(((2 * np.arange(1, n + 1) - n - 1) * x).sum() / (n * total))

"""Quarters of two criteria: who lies on which side of two cuts, and who within a box."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aze_core.domain.errors import SettingError
from aze_core.domain.model import checked_number

CODES = ("high_high", "high_low", "low_high", "low_low")
"""Quarters, the first criterion before the second."""


def quarters(x: pd.Series, y: pd.Series, x_cut: float, y_cut: float) -> pd.Series:
    """The quarter in which each site lies.

    Parameters
    ----------
    x, y : pandas.Series
        Two criteria on one index, 0 to 1; missing where not known.
    x_cut, y_cut : float
        0 to 1; a value at the cut is high.

    Returns
    -------
    pandas.Series
        Same index, name `quarter`: one of `CODES`, missing where either value is.

    Raises
    ------
    SettingError
        When a cut does not lie within 0 to 1.
    ValueError
        When the two have different indexes.

    Notes
    -----
    Margules & Pressey (2000, doi 10.1038/35012251) put irreplaceability against vulnerability in this way.
    Where the cuts stand is a choice, and sites just on either side of one hardly differ.

    Examples
    --------
    >>> quarters(pd.Series([0.5, 0.4]), pd.Series([0.1, None]), 0.5, 0.5).tolist()
    ['high_low', nan]
    """
    _aligned(x, y)
    x_cut, y_cut = checked_number("x_cut", x_cut, 0, 1), checked_number("y_cut", y_cut, 0, 1)
    first, second = (
        np.where(values >= cut, "high", "low") for values, cut in ((_floats(x), x_cut), (_floats(y), y_cut))
    )
    found = pd.Series([f"{a}_{b}" for a, b in zip(first, second, strict=True)], index=x.index, dtype="str")
    return found.mask(x.isna() | y.isna()).rename("quarter")


def within(
    x: pd.Series,
    y: pd.Series,
    x_range: Sequence[float] | None = None,
    y_range: Sequence[float] | None = None,
) -> pd.Series:
    """Which sites lie within a box, its edges included.

    Parameters
    ----------
    x, y : pandas.Series
        Two criteria on one index; missing where not known.
    x_range, y_range : sequence of two numbers, optional
        Ends of the box in either order; without them any known value will do.

    Returns
    -------
    pandas.Series
        Same index, bool. A missing value lies in no box.

    Raises
    ------
    SettingError
        When a range is not two numbers.
    ValueError
        When the two have different indexes.

    Examples
    --------
    >>> within(pd.Series([0.2, 0.8]), pd.Series([0.5, 0.5]), [1.0, 0.5], [0, 1]).tolist()
    [False, True]
    """
    _aligned(x, y)
    return (_between("x_range", x, x_range) & _between("y_range", y, y_range)).rename("within")


def _aligned(x: pd.Series, y: pd.Series) -> None:
    if not x.index.equals(y.index):
        raise ValueError(f"x has {len(x)} rows and y has {len(y)}; expected one index for both")


def _floats(values: pd.Series) -> np.ndarray:
    return values.astype("float64").to_numpy()


def _between(name: str, values: pd.Series, ends: Sequence[float] | None) -> pd.Series:
    if ends is None:
        return values.notna()
    if isinstance(ends, str) or len(ends) != 2:
        raise SettingError("not_one_of", name=name, value=ends, expected="two numbers")
    low, high = sorted(checked_number(name, end, float("-inf"), float("inf")) for end in ends)
    return pd.Series((_floats(values) >= low) & (_floats(values) <= high), index=values.index)

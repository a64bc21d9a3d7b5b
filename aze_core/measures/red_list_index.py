"""The Red List Index of a set of species, now and after a horizon under a minimal model."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.settings import value

_CATEGORIES = ("LC", "NT", "VU", "EN", "CR", "EW", "EX")


def weight(category: pd.Series) -> pd.Series:
    """Weight of each category, 0 (Least Concern) to 5 (Extinct); missing where it is not known or DD.

    Examples
    --------
    >>> weight(pd.Series(["LC", "EN", "DD", None])).tolist()
    [0.0, 3.0, nan, nan]
    """
    table = {code: float(value(f"red_list_index.weight.{code}")) for code in _CATEGORIES}
    return category.map(table).astype("float64")


def red_list_index(category: pd.Series) -> float:
    r"""Red List Index of a set of species.

    Parameters
    ----------
    category : pandas.Series
        Red List category of each species; DD and unknown ones do not count. Leave out species that were
        extinct before the first assessment.

    Returns
    -------
    float
        1 where all are Least Concern, 0 where all are extinct; missing without any species that counts.

    Notes
    -----
    :math:`RLI = 1 - \sum_s W_s / (W_{EX} N)` (Butchart et al. 2007, PLoS ONE 2:e140). Two values tell a trend
    only when categories changed genuinely, not by better knowledge. Species of one list of the threatened
    alone lie between 0.2 (all CR) and 0.4 (all EN): not to be set beside the index of a whole class.

    Examples
    --------
    >>> red_list_index(pd.Series(["CR", "EN"])) == 1 - (4 + 3) / (5 * 2)
    True
    """
    weights = weight(category).dropna()
    worst = float(value("red_list_index.weight.EX"))
    return 1 - float(weights.sum()) / (worst * len(weights)) if len(weights) else float("nan")


def projected_index(
    category: pd.Series, probability: pd.Series, secured: pd.Series | float, effect: float
) -> float:
    r"""Expected Red List Index after a horizon, when a species stays in its category or goes extinct.

    Parameters
    ----------
    category : pandas.Series
        Red List category of each species.
    probability : pandas.Series
        Extinction probability over the horizon, 0 to 1, same index.
    secured : pandas.Series or float
        Part of the species that the action adds cover for, 0 to 1; 0: without action.
    effect : float
        Share of the risk that full cover removes, 0 to 1.

    Returns
    -------
    float
        Missing without any species that counts. DD and unknown categories, and species of unknown
        probability or cover, do not count.

    Notes
    -----
    :math:`E[W_s] = W_s + p_s (1 - e\,\Delta sec_s)(5 - W_s)`. A transparent minimal model, illustrative: no
    species recovers in it, and a category is no probability. It is no forecast of the official index.

    Examples
    --------
    >>> one = pd.Series(["CR"])
    >>> projected_index(one, pd.Series([0.5]), 0.0, 0.5) == 1 - (4 + 0.5 * (5 - 4)) / 5
    True
    """
    weights = weight(category)
    worst = float(value("red_list_index.weight.EX"))
    part = pd.Series(secured, index=category.index, dtype="float64")
    expected = (weights + probability * (1 - effect * part) * (worst - weights)).dropna()
    return 1 - float(expected.sum()) / (worst * len(expected)) if len(expected) else float("nan")

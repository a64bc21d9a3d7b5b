"""Extinction probability of a species from its Red List category."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.settings import settings, value

SCHEME = "criterion_e"


def extinction_probability(category: pd.Series, horizon_years: float, scheme: str = SCHEME) -> pd.Series:
    r"""Probability that a species is extinct after the horizon, by category.

    Parameters
    ----------
    category : pandas.Series
        IUCN Red List categories; missing where not known.
    horizon_years : float
        Horizon :math:`T` in years.
    scheme : {"criterion_e"}
        Closed form behind IUCN50, IUCN100 and IUCN500.

    Returns
    -------
    pandas.Series
        Same index, 0 to 1; 1 for EW and EX, missing for DD, LC, NT and unknown.

    Raises
    ------
    ValueError
        When the scheme is not known.

    Notes
    -----
    :math:`p(T) = 1-(1-p_E)^{T/T_E}`, with the thresholds of criterion E: CR 50 % in 10 years, EN 20 % in 20,
    VU 10 % in 100 (Mooers, Faith & Maddison 2008). Do not read it as a forecast: most species are listed
    under other criteria, and the category then carries no probability. Among CR and EN species only the
    ratio of the two values matters for an order.

    Examples
    --------
    >>> extinction_probability(pd.Series(["CR", "EN", "EW", None]), 50).round(5).tolist()
    [0.96875, 0.42757, 1.0, nan]
    """
    if scheme != SCHEME:
        raise ValueError(f"`scheme` was {scheme!r} but is expected to be {SCHEME!r}")
    table = {"EW": 1.0, "EX": 1.0}
    prefix = f"extinction.{SCHEME}."
    for name in settings():
        if name.startswith(prefix):
            p, years = value(name)
            table[name.removeprefix(prefix)] = 1 - (1 - p) ** (horizon_years / years)
    return category.map(table).astype("float64")

"""Extinction probability of a species from its Red List category."""

from __future__ import annotations

from typing import Any

import pandas as pd

from aze_core.domain.settings import settings, value

SCHEME = "criterion_e"

FIXED = ("iucn50", "iucn100", "iucn500", "isaac", "edge2", "pessimistic")
"""Published tables, each for a horizon of its own."""

SCHEMES = (SCHEME, *FIXED, "ratio")
"""Ways from a category to a probability."""


def extinction_probability(
    category: pd.Series, horizon_years: float, scheme: str = SCHEME, ratio: float | None = None
) -> pd.Series:
    r"""Probability that a species is extinct after the horizon, by category.

    Parameters
    ----------
    category : pandas.Series
        IUCN Red List categories; missing where not known.
    horizon_years : float
        Horizon :math:`T` in years, for ``criterion_e`` and ``ratio``. The published tables speak of a
        horizon of their own and ignore it.
    scheme : str
        One of `SCHEMES`: ``criterion_e``, the closed form behind IUCN50, IUCN100 and IUCN500; these three as
        published, with ``isaac`` and ``pessimistic`` (Mooers, Faith & Maddison 2008); ``edge2``, the medians
        of Gumbs et al. 2023; ``ratio``, the closed form for CR, and for EN that value over `ratio`.
    ratio : float, optional
        Probability of CR over that of EN, 1 to 10; needed by ``ratio``, ignored by the others.

    Returns
    -------
    pandas.Series
        Same index, 0 to 1. In every scheme 1 for EW and EX, and missing for DD and unknown. Under
        ``criterion_e`` 0 for NT and LC: criterion E sets them no threshold.

    Raises
    ------
    ValueError
        When the scheme is not known, or has no ratio from 1 to 10.

    Notes
    -----
    :math:`p(T) = 1-(1-p_E)^{T/T_E}`, with the thresholds of criterion E: CR 50 % in 10 years, EN 20 % in 20,
    VU 10 % in 100 (Mooers, Faith & Maddison 2008). Under ``ratio`` the less threatened categories have at
    most the value of EN. Do not read it as a forecast: most species are listed under other criteria, and the
    category then carries no probability. Among CR and EN species only the ratio of the two values matters
    for an order.

    Examples
    --------
    >>> extinction_probability(pd.Series(["CR", "EN", "EW", None]), 50).round(5).tolist()
    [0.96875, 0.42757, 1.0, nan]
    >>> extinction_probability(pd.Series(["CR", "EN"]), 50, "edge2").tolist()
    [0.97, 0.485]
    """
    if scheme not in SCHEMES:
        raise ValueError(f"`scheme` was {scheme!r} but is expected to be one of {', '.join(SCHEMES)}")
    table = _published(scheme) if scheme in FIXED else _criterion_e(horizon_years)
    if scheme == "ratio":
        most = value("extinction.ratio_max")
        if ratio is None or not 1 <= ratio <= most:
            raise ValueError(f"`ratio` was {ratio!r} but is expected to be a number from 1 to {most}")
        endangered = table["CR"] / ratio
        table = {name: min(p, endangered) for name, p in table.items()} | {
            "CR": table["CR"],
            "EN": endangered,
        }
    return category.map(table | {"EW": 1.0, "EX": 1.0}).astype("float64")


def _criterion_e(horizon_years: float) -> dict[str, float]:
    table = {"NT": 0.0, "LC": 0.0}
    for name, (p, years) in _entries(SCHEME).items():
        table[name] = 1 - (1 - p) ** (horizon_years / years)
    return table


def _published(scheme: str) -> dict[str, float]:
    return {name: float(p) for name, p in _entries(scheme).items()}


def _entries(scheme: str) -> dict[str, Any]:
    prefix = f"extinction.{scheme}."
    return {name.removeprefix(prefix): value(name) for name in settings() if name.startswith(prefix)}

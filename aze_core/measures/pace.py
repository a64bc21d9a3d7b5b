"""The pace of protection: how much mean cover rose in the last years, and in as many before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from aze_core.domain.settings import value

_DECIMALS = 3
"""Rises are told to a tenth of a point: what is written alike counts as alike."""


@dataclass(frozen=True)
class Pace:
    """What a curve says in one sentence; shares from 0 to 1, rises as differences of shares.

    Attributes
    ----------
    sites : int
        Sites of the group.
    since, until : int
        First and last year that the sentence names.
    mean_since, mean_until : float
        Mean cover in these years.
    none_until, complete_until : float
        Shares of the sites that are uncovered and complete in the last year.
    years : int
        Length of the two periods that are compared.
    recent, before : float or None
        Rise of the mean cover in the last period, and in the one before it; None where the curve does not
        reach back that far.
    word : str
        `faster`, `slower`, `alike`, `still` (no rise in either) or `unknown`.
    """

    sites: int
    since: int
    until: int
    mean_since: float
    mean_until: float
    none_until: float
    complete_until: float
    years: int
    recent: float | None
    before: float | None
    word: str


def pace(curve: pd.DataFrame, since: int | None = None, years: int | None = None) -> Pace:
    """How fast mean cover rises, read from a curve.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `aze_core.measures.curves.curve` returns it: index `year`, at least one row.
    since : int, optional
        First year of the sentence; the setting `trend.since` without it, and the curve's own first year where
        it begins later.
    years : int, optional
        Length of the periods; the setting `trend.pace_years` without it.

    Returns
    -------
    Pace

    Raises
    ------
    ValueError
        When the curve has no rows.

    Notes
    -----
    A comparison of medians. Where many areas have no year the difference between the two periods can be a
    matter of how years were drawn: look at the band.

    Examples
    --------
    >>> made = pd.DataFrame({"sites": 4, "mean": [0.1, 0.2, 0.5], "none": 0.25, "complete": 0.0},
    ...                     index=[2006, 2016, 2026])
    >>> found = pace(made, since=2006, years=10)
    >>> found.word, round(found.recent, 3), round(found.before, 3)
    ('faster', 0.3, 0.1)
    """
    if curve.empty:
        raise ValueError("the curve has no rows")
    span = int(value("trend.pace_years")) if years is None else years
    last = int(curve.index.max())
    first = max(int(value("trend.since")) if since is None else since, int(curve.index.min()))
    mean = curve["mean"].astype(float)
    recent = _rise(mean, last - span, last)
    before = _rise(mean, last - 2 * span, last - span)
    now: Any = curve.loc[last]
    return Pace(
        sites=int(now["sites"]),
        since=min(first, last),
        until=last,
        mean_since=float(mean[min(first, last)]),
        mean_until=float(mean[last]),
        none_until=float(now["none"]),
        complete_until=float(now["complete"]),
        years=span,
        recent=recent,
        before=before,
        word=_word(recent, before),
    )


def _rise(mean: pd.Series, start: int, end: int) -> float | None:
    """Difference between two years of a curve; None where it lacks one of them."""
    if start not in mean.index or end not in mean.index:
        return None
    return float(mean[end] - mean[start])


def _word(recent: float | None, before: float | None) -> str:
    if recent is None or before is None:
        return "unknown"
    late, early = round(recent, _DECIMALS), round(before, _DECIMALS)
    if late == early:
        return "alike" if late > 0 else "still"
    return "faster" if late > early else "slower"

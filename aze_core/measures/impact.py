"""The Red List's threat impact score: how soon, how wide and how severe a threat is, in one number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aze_core.domain.settings import value
from aze_core.measures.threat_words import (
    PAST,
    SCOPES,
    SEVERITIES,
    TIMINGS,
    scope_code,
    severity_code,
    timing_code,
)

IMPACTS = ("high", "medium", "low", "negligible", "past", "unknown")
"""Classes of impact, from the highest; the last two have no score."""


def impact_score(timing: pd.Series, scope: pd.Series, severity: pd.Series) -> pd.DataFrame:
    """Impact score and class of each threat.

    Parameters
    ----------
    timing, scope, severity : pandas.Series
        The Red List's own words, in any case and punctuation (``Past, Unlikely to Return``,
        ``Whole (>90%)``, ``Slow, Significant Declines``); the same index. Words that are not the Red List's
        count as unknown.

    Returns
    -------
    pandas.DataFrame
        Same index. `score`: 2 to 9, missing where a part is unknown or the threat is past; `impact`: one of
        `IMPACTS`.

    Notes
    -----
    The additive score of the IUCN Species Information Service: timing (ongoing 3, future 1), scope (3, 2, 1)
    and severity (3, 2, 1, 1, 0, 0) are added up; 8 and 9 are high, 6 and 7 medium, 3 to 5 low, 2 negligible.
    Nothing is filled in for unknown parts. It is an order, not an amount: never average scores, and do not
    compare them with declines.

    Examples
    --------
    >>> when = pd.Series(["Ongoing", "Future", "Past, Likely to Return"])
    >>> how_much, how_fast = pd.Series(["Whole (>90%)"] * 3), pd.Series(["Rapid Declines", "Unknown", None])
    >>> found = impact_score(when, how_much, how_fast)
    >>> found["score"].tolist(), found["impact"].tolist()
    ([8, <NA>, <NA>], ['high', 'unknown', 'past'])
    """
    when = timing_code(timing)
    points = _points(when, scope_code(scope), severity_code(severity)).sum(axis=1, skipna=False)
    score = pd.Series(points, index=timing.index).astype("Int64")
    impact = _classes(score).mask(when.isin(PAST), "past")
    return pd.DataFrame({"score": score, "impact": impact.fillna("unknown")})


def highest_impact(occurrences: pd.DataFrame, threats: pd.DataFrame) -> pd.DataFrame:
    """Highest impact score among the threats to each site's trigger species.

    Parameters
    ----------
    occurrences : pandas.DataFrame
        Columns `site_id`, `species_id`.
    threats : pandas.DataFrame
        Columns `species_id`, `timing`, `scope`, `severity`, in the Red List's words.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`. `score`: highest known score, missing where none is known; `low`, `high`: the
        interval that unknown parts leave, 0 to 9, where 0 is no threat now or to come; `impact`: class of
        `score`, ``past`` where all threats are known to be past, ``unknown`` where none has a score.

    Notes
    -----
    The highest, since scores cannot be added up or averaged. A species without any record may have threats
    that nobody wrote down: its interval is 0 to 9. An unknown timing may be past.

    Examples
    --------
    >>> at = pd.DataFrame({"site_id": ["A", "B"], "species_id": ["a", "b"]})
    >>> known = pd.DataFrame({"species_id": ["a", "a"], "timing": "Ongoing",
    ...                       "scope": ["Whole (>90%)", "Unknown"], "severity": "Slow, Significant Declines"})
    >>> highest_impact(at, known).values.tolist()
    [[7, 7, 7, 'medium'], [<NA>, 0, 9, 'unknown']]
    """
    rows = threats.reset_index(drop=True)
    when = timing_code(rows["timing"])
    points = _points(when, scope_code(rows["scope"]), severity_code(rows["severity"]))
    past = when.isin(PAST)
    least = points.fillna(_ends(lowest=True)).sum(axis=1).mask(past | when.isna(), 0.0)
    most = points.fillna(_ends(lowest=False)).sum(axis=1).mask(past, 0.0)
    by_species = (
        pd.DataFrame(
            {"score": points.sum(axis=1, skipna=False).mask(past), "low": least, "high": most, "past": past}
        )
        .groupby(rows["species_id"])
        .agg({"score": "max", "low": "max", "high": "max", "past": "all"})
    )
    at = occurrences[["site_id", "species_id"]].join(by_species, on="species_id")
    unwritten = {"low": 0.0, "high": sum(_ends(lowest=False).values()), "past": False}
    at = at.fillna(unwritten).astype({"past": bool})
    found = at.groupby("site_id").agg({"score": "max", "low": "max", "high": "max", "past": "all"})
    scores = found[["score", "low", "high"]].astype("Int64")
    impact = _classes(scores["score"]).mask(found["past"], "past").fillna("unknown")
    return scores.assign(impact=impact)


def _points(when: pd.Series, scope: pd.Series, severity: pd.Series) -> pd.DataFrame:
    """Points of the three parts, missing where not known or past."""
    timings = dict(zip(TIMINGS, value("threat.impact.timing"), strict=False))
    scopes = dict(zip(SCOPES, value("threat.impact.scope"), strict=True))
    severities = dict(zip(SEVERITIES, value("threat.impact.severity"), strict=True))
    return pd.DataFrame(
        {"timing": when.map(timings), "scope": scope.map(scopes), "severity": severity.map(severities)},
        dtype="float64",
    )


def _ends(lowest: bool) -> dict[str, float]:
    """Fewest or most points that each part can give."""
    points = {name: value(f"threat.impact.{name}") for name in ("timing", "scope", "severity")}
    return {name: float(min(given) if lowest else max(given)) for name, given in points.items()}


def _classes(score: pd.Series) -> pd.Series:
    high, medium, low = value("threat.impact.from")
    given = score.astype("float64").to_numpy()
    names = np.select([given >= high, given >= medium, given >= low], IMPACTS[:3], IMPACTS[3])
    return pd.Series(names, index=score.index, dtype="str").mask(np.isnan(given))

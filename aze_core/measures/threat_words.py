"""What the Red List's words on a threat stand for: its timing, scope and severity."""

from __future__ import annotations

import re

import pandas as pd

TIMINGS = ("ongoing", "future", "past_likely", "past_unlikely")
SCOPES = ("whole", "majority", "minority")
SEVERITIES = ("very_rapid", "rapid", "slow_significant", "fluctuations", "negligible", "none")

PAST = ("past_likely", "past_unlikely")

_BEGINNINGS: dict[tuple[str, ...], dict[str, str]] = {
    TIMINGS: {
        "ongoing": "ongoing",
        "future": "future",
        "pastlikely": "past_likely",
        "pastunlikely": "past_unlikely",
    },
    SCOPES: {name: name for name in SCOPES},
    SEVERITIES: {
        "veryrapid": "very_rapid",
        "rapid": "rapid",
        "slow": "slow_significant",
        "causing": "fluctuations",
        "fluctuation": "fluctuations",
        "negligible": "negligible",
        "nodecline": "none",
    },
}


def timing_code(words: pd.Series) -> pd.Series:
    """Timing of each threat, one of `TIMINGS`; missing where not known.

    Examples
    --------
    >>> timing_code(pd.Series(["Past, Unlikely to Return", "ONGOING", "Unknown"])).tolist()
    ['past_unlikely', 'ongoing', nan]
    """
    return _codes(words, TIMINGS)


def scope_code(words: pd.Series) -> pd.Series:
    """Share of the population that each threat affects, one of `SCOPES`; missing where not known.

    Examples
    --------
    >>> scope_code(pd.Series(["Whole (>90%)", "minority", None])).tolist()
    ['whole', 'minority', nan]
    """
    return _codes(words, SCOPES)


def severity_code(words: pd.Series) -> pd.Series:
    """Decline within that share, one of `SEVERITIES`; missing where not known.

    Examples
    --------
    >>> severity_code(pd.Series(["Slow, Significant Declines", "No decline", "?"])).tolist()
    ['slow_significant', 'none', nan]
    """
    return _codes(words, SEVERITIES)


def _codes(words: pd.Series, codes: tuple[str, ...]) -> pd.Series:
    beginnings = _BEGINNINGS[codes]

    def code(text: object) -> str | None:
        if not isinstance(text, str):
            return None
        letters = re.sub(r"[^a-z]", "", text.casefold())
        return next((name for start, name in beginnings.items() if letters.startswith(start)), None)

    # few words, many rows
    known = {text: code(text) for text in words.dropna().unique()}
    return words.map(known).astype("str")

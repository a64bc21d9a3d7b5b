"""Numbers as people read them: grouped, with their unit, and a word where a value is not known."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from babel.numbers import format_decimal

from aze_core.domain.settings import value as setting

NBSP = "\u00a0"


def missing(language: str = "en") -> str:
    """What stands where a value is not known.

    Examples
    --------
    >>> missing()
    'not known'
    """
    from aze_core.locale.catalogue import messages  # which itself writes numbers

    return str(messages(language)["missing"])


def _unknown(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(math.isnan(value))
    except TypeError:
        return True  # pandas.NA and text are no number


@lru_cache(maxsize=8192)
def _written(value: float, decimals: int, language: str) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(round(value, decimals) + 0.0, format=pattern, locale=language))


def number(value: Any, decimals: int = 0, language: str = "en") -> str:
    """A number with grouped thousands, or "not known".

    Examples
    --------
    >>> number(1483), number(None), number(0.32292, 3)
    ('1,483', 'not known', '0.323')
    """
    return missing(language) if _unknown(value) else _written(float(value), decimals, language)


def percent(share: Any, decimals: int = 0, language: str = "en") -> str:
    """A share from 0 to 1 in per cent; one decimal under 1 %, so that little is never written as nothing.

    Examples
    --------
    >>> percent(0.47), percent(0.004), percent(0.0001), percent(0), percent(float("nan"))
    ('47%', '0.4%', '<0.1%', '0%', 'not known')
    >>> percent(0.9996)
    '>99.9%'
    """
    if _unknown(share):
        return missing(language)
    hundred = float(share) * 100
    if 0 < hundred < 1 or 99 < hundred < 100:
        decimals = max(decimals, 1)
        least = 10.0**-decimals
        if hundred < least:
            return f"<{_written(least, decimals, language)}%"
        if hundred > 100 - least:
            return f">{_written(100 - least, decimals, language)}%"
    return f"{_written(hundred, decimals, language)}%"


def chance(share: Any, language: str = "en") -> str:
    """A share of draws in per cent that is never rounded up to the share from which a place counts as sure.

    Examples
    --------
    >>> chance(0.9467), chance(0.9499), chance(0.95), chance(0.47)
    ('94.6%', '94.9%', '95%', '47%')
    """
    if not _unknown(share):
        sure = setting("acceptability.sure")
        if sure - 0.005 <= float(share) < sure:
            return percent(math.floor(float(share) * 1000) / 1000, 1, language)
    return percent(share, language=language)


def area(km2: Any, language: str = "en") -> str:
    """An area in km² with its unit; one decimal under 10 km², two under 1 km².

    Examples
    --------
    >>> area(3984.2), area(3.98), area(0.04), area(None)
    ('3,984\\xa0km²', '4.0\\xa0km²', '0.04\\xa0km²', 'not known')
    """
    if _unknown(km2):
        return missing(language)
    size = abs(float(km2))
    if 0 < size < 0.01:
        return f"<{_written(0.01, 2, language)}{NBSP}km²"
    decimals = 0 if size == 0 or size >= 10 else 1 if size >= 1 else 2
    return f"{_written(float(km2), decimals, language)}{NBSP}km²"


def interval(low: Any, high: Any, decimals: int = 0, language: str = "en") -> str:
    """Two ends with an en dash, or one value when both are written alike.

    Examples
    --------
    >>> interval(2, 34), interval(1, 1)
    ('2–34', '1')
    """
    first, last = number(low, decimals, language), number(high, decimals, language)
    return first if first == last else f"{first}–{last}"

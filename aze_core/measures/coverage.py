"""How much of a site is covered, as reported by vintage; vintages are never mixed in one figure."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.settings import value
from aze_core.measures.cleaning import CleaningReport, clean_protected_areas  # noqa: F401 - belongs here too

CLASSES = ("none", "partial", "complete")


def protection_class(share: pd.Series) -> pd.Series:
    """Class of protection: `none` (≤ 0.02), `partial`, `complete` (≥ 0.98).

    Parameters
    ----------
    share : pandas.Series
        Covered share of each site, 0 to 1; missing where not known.

    Returns
    -------
    pandas.Series
        Same index; missing where the share is missing.

    Notes
    -----
    The classes of the KBA protected-area overlap code behind the UN indicators 14.5.1, 15.1.2 and 15.4.1.
    They speak of reported areas only: nothing about management or effect.

    Examples
    --------
    >>> protection_class(pd.Series([0.02, 0.020001, 0.97999, 0.98])).tolist()
    ['none', 'partial', 'partial', 'complete']
    """
    found = pd.Series("partial", index=share.index, dtype="str")
    found[share <= value("classes.none_max")] = "none"
    found[share >= value("classes.complete_min")] = "complete"
    found[share.isna()] = None
    return found

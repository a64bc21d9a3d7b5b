"""How threatened a site's trigger species are: the highest extinction probability among them."""

from __future__ import annotations

import pandas as pd

# public here too
from aze_core.measures.abatement import (  # noqa: F401
    expected_decline,
    site_star,
    species_threats,
    star,
)
from aze_core.measures.impact import highest_impact, impact_score  # noqa: F401


def highest_extinction(site: pd.Series, probability: pd.Series, at_most: float) -> pd.DataFrame:
    """Highest extinction probability among a site's species, as an interval where categories are unknown.

    Parameters
    ----------
    site : pandas.Series
        Site of each occurrence.
    probability : pandas.Series
        Extinction probability of the species there, 0 to 1; missing where its category is not known.
    at_most : float
        The highest that an unknown category can stand for (the value of CR).

    Returns
    -------
    pandas.DataFrame
        Index: the sites. `known`: highest among the known (missing where none is), `low`, `high`: the
        interval that the unknown ones leave.

    Notes
    -----
    The highest, not the sum: a sum would count the trigger species a second time beside irreplaceability.

    Examples
    --------
    >>> found = highest_extinction(pd.Series(["A", "A", "B"]), pd.Series([0.4, None, None]), 0.9)
    >>> found.loc["A"].tolist(), found.loc["B"].tolist()
    ([0.4, 0.4, 0.9], [nan, 0.0, 0.9])
    """
    known = probability.groupby(site).max()
    unknown = probability.isna().groupby(site).any()
    low = known.fillna(0.0)
    high = low.where(~unknown, low.clip(lower=at_most))
    return pd.DataFrame({"known": known, "low": low, "high": high})

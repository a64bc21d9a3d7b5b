"""The highest extinction probability of a site, and what unknown categories leave open."""

import pandas as pd
import pytest

from aze_core.measures.threat import highest_extinction

CR, EN = 0.96875, 0.42757


@pytest.mark.parametrize(
    ("species", "known", "low", "high"),
    [
        ([CR, EN], CR, CR, CR),
        ([EN, EN], EN, EN, EN),
        ([EN, None], EN, EN, CR),
        ([CR, None], CR, CR, CR),
        ([None], None, 0.0, CR),
    ],
)
def test_one_site(species, known, low, high):
    found = highest_extinction(pd.Series(["A"] * len(species)), pd.Series(species, dtype=float), CR).loc["A"]
    assert found["low"] == low
    assert found["high"] == high
    assert pd.isna(found["known"]) if known is None else found["known"] == known

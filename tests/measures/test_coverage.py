"""Cover of sites: classes."""

import pandas as pd
import pytest

from aze_core.measures.coverage import protection_class


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, "none"),
        (0.02, "none"),
        (0.020001, "partial"),
        (0.97999, "partial"),
        (0.98, "complete"),
        (1, "complete"),
    ],
)
def test_class_boundaries(share, expected):
    assert protection_class(pd.Series([share], index=["A"]))["A"] == expected


def test_unknown_share_has_no_class():
    found = protection_class(pd.Series([float("nan"), 0.5], index=["A", "B"]))
    assert found.isna().tolist() == [True, False]

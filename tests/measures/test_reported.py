"""Cover by vintage: the newest value, falls, counts."""

import pandas as pd
import pytest

from aze_core.measures.reported import by_vintage, class_counts, falling, newest

REPORTS = pd.DataFrame(
    [
        ("A", 2010, 1.00, "m1", "s1"),
        ("A", 2016, 0.94, "m2", "s2"),
        ("B", 2016, 0.95, "m2", "s2"),
        ("B", 2010, 1.00, "m1", "s1"),
        ("C", 2010, 0.30, "m1", "s1"),
    ],
    columns=["site_id", "vintage", "share", "method", "source"],
)
SITES = pd.Index(["A", "B", "C", "D"], name="site_id")


def test_newest_keeps_year_and_method_and_says_where_nothing_is_reported():
    found = newest(REPORTS, SITES)
    assert found.index.equals(SITES)
    assert found.loc["A", ["share", "vintage", "method"]].tolist() == [0.94, 2016, "m2"]
    assert found.loc["C", ["share", "vintage"]].tolist() == [0.30, 2010]
    assert found.loc["D"].isna().all()


def test_newest_does_not_depend_on_row_order():
    pd.testing.assert_frame_equal(newest(REPORTS, SITES), newest(REPORTS[::-1], SITES))


def test_only_falls_of_more_than_five_points_are_flagged():
    # A: 100 -> 94 is 6 points; B: 100 -> 95 is exactly 5, also in floating point
    assert falling(REPORTS, SITES).tolist() == [True, False, False, False]


def test_vintages_stay_apart():
    assert by_vintage(REPORTS, SITES).columns.tolist() == [2010, 2016]
    counts = class_counts(REPORTS, SITES)
    assert counts.loc[2010, ["none", "partial", "complete", "sites"]].tolist() == [0, 1, 2, 3]
    assert counts.loc[2016, ["none", "partial", "complete", "sites"]].tolist() == [0, 2, 0, 2]
    assert counts.loc[2016, "mean_share"] == pytest.approx((0.94 + 0.95) / 2)


def test_a_computed_share_is_not_compared_with_a_reported_one():
    rows = pd.DataFrame(
        {
            "site_id": ["A", "A", "B", "B"],
            "vintage": [2016, 2026, 2025, 2026],
            "share": [1.0, 0.5, 1.0, 0.5],
            "method": ["reported_aze_2010", "computed", "computed", "computed"],
            "source": "s",
        }
    )
    assert falling(rows, pd.Index(["A", "B"])).tolist() == [False, True]

"""Cover by country: a shared site counts in each, and unknown is not zero."""

from __future__ import annotations

import pandas as pd
import pytest

from aze_core.domain.model import Filters
from aze_core.measures.countries import country_sites, country_table, double_counted
from aze_core.measures.reported import COMPUTED, basis, class_counts, default_vintage
from tests.helpers import make_covered_inventory, make_inventory

INVENTORY = make_covered_inventory()
ALL = INVENTORY.sites.index


def test_rows_are_those_that_one_counts_by_hand():
    table = country_table(INVENTORY, ALL, 2026)
    assert list(table.index) == ["ECU", "FJI", "MDG", "PER"]
    # Ecuador: B (shared, uncovered) and C (half); Peru: A (complete) and B
    assert table.loc["ECU", ["sites", "shared", "species"]].tolist() == [2, 1, 3]
    assert table.loc["ECU", ["none", "partial", "complete", "unknown"]].tolist() == [1, 1, 0, 0]
    assert table.loc["ECU", "mean_share"] == pytest.approx((0.015 + 0.5) / 2)
    assert table.loc["PER", ["none", "partial", "complete", "unknown"]].tolist() == [1, 0, 1, 0]
    assert table.loc["PER", "uncovered"] == "B"
    assert table.loc["MDG", ["sites", "none"]].tolist() == [1, 1]


def test_a_site_without_a_value_is_counted_as_unknown_and_in_no_class():
    row = country_table(INVENTORY, ALL, 2026).loc["FJI"]
    assert row[["sites", "none", "partial", "complete", "unknown"]].tolist() == [1, 0, 0, 0, 1]
    assert pd.isna(row["mean_share"])
    assert row["uncovered"] == ""
    nothing = country_table(INVENTORY, ALL, None)
    assert (nothing["unknown"] == nothing["sites"]).all()
    assert nothing["mean_share"].isna().all()


def test_vintages_are_not_mixed():
    assert country_table(INVENTORY, ALL, 2010).loc["FJI", ["partial", "unknown"]].tolist() == [1, 0]
    assert country_table(INVENTORY, ALL, 2010).loc["PER", "mean_share"] == pytest.approx((1.0 + 0.0) / 2)


def test_what_the_rows_add_up_to_beyond_the_sites():
    assert double_counted(INVENTORY, ALL) == (1, 1)
    table = country_table(INVENTORY, ALL, 2026)
    assert table["sites"].sum() - len(ALL) == 1
    assert double_counted(make_inventory({"X": {"iso3": "AAA;BBB;CCC"}}), pd.Index(["X"])) == (2, 1)


def test_no_site_gives_no_row():
    assert country_table(INVENTORY, ALL[:0], 2026).empty
    assert double_counted(INVENTORY, ALL[:0]) == (0, 0)


def test_sites_of_a_country_come_by_name_with_what_their_share_rests_on():
    table = country_sites(INVENTORY, ALL, "PER", 2026)
    assert list(table.index) == ["A", "B"]
    assert table.loc["B", ["share", "share_high", "share_points"]].tolist() == pytest.approx(
        [0.015, 0.015 + 0.1 + 0.2, 0.1]
    )
    assert table["protection"].tolist() == ["complete", "none"]
    assert table["shared"].tolist() == [False, True]
    # a range belongs to the computed share alone
    assert country_sites(INVENTORY, ALL, "PER", 2010)["share_high"].isna().all()
    assert country_sites(INVENTORY, ALL, "FJI", 2026)["share"].isna().all()


def test_a_filter_narrows_the_sites_and_keeps_all_their_countries():
    sites = INVENTORY.where(Filters(("PER",)))
    assert country_table(INVENTORY, sites, 2026)["sites"].to_dict() == {"ECU": 1, "PER": 2}


def test_classes_add_up_to_those_of_the_vintage_where_no_site_is_shared(shipped):
    alone = shipped.sites.index[~shipped.sites["iso3"].str.contains(";")]
    for year in (2010, 2016):
        table = country_table(shipped, alone, year)
        counts = class_counts(shipped.coverage, alone).loc[year]
        assert table[["none", "partial", "complete"]].sum().tolist() == counts.iloc[:3].tolist()
        assert table["unknown"].sum() == len(alone) - counts["sites"]
        weights = table["sites"] - table["unknown"]
        assert (table["mean_share"] * weights).sum() / weights.sum() == pytest.approx(counts["mean_share"])


def test_row_order_never_matters(shipped):
    one = country_table(shipped, shipped.sites.index, 2016)
    other = country_table(shipped, shipped.sites.index[::-1], 2016)
    pd.testing.assert_frame_equal(one, other)


def test_a_vintage_is_computed_reported_or_both():
    assert basis(INVENTORY.coverage).to_dict() == {2010: "reported", 2026: "computed"}
    cover = INVENTORY.coverage
    corrected = cover.assign(method=cover["method"].mask(cover["site_id"] == "A", "corrected"))
    assert basis(corrected).to_dict() == {2010: "reported", 2026: "computed"}
    mixed = cover.assign(method=cover["method"].mask(cover["site_id"] == "A", "reported_with_sites"))
    assert basis(mixed)[2026] == "both"
    assert basis(cover[cover["method"] == COMPUTED].assign(method="corrected"))[2026] == "reported"


def test_the_computed_vintage_comes_first_else_the_newest_that_most_sites_have(shipped):
    assert default_vintage(INVENTORY.coverage, ALL) == 2026
    assert default_vintage(INVENTORY.coverage, pd.Index(["E"])) == 2010
    # 370 of 588 sites have a value in 2016
    assert default_vintage(shipped.coverage, shipped.sites.index) == 2016
    with_2016 = shipped.coverage.loc[shipped.coverage["vintage"] == 2016, "site_id"]
    without = shipped.sites.index[~shipped.sites.index.isin(with_2016)]
    assert default_vintage(shipped.coverage, without) == 2010
    assert default_vintage(shipped.coverage, shipped.sites.index[:0]) is None

"""Curves by group: which there are, whose sites they count, and nothing of another list."""

from __future__ import annotations

import pytest

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Filters
from aze_core.measures.curves import curve, drawn_groups, groups, members, site_parts
from tests.helpers import make_covered_inventory

INVENTORY = make_covered_inventory()


# methods of the indicator, worked by hand: year, complete, uncovered, mean
@pytest.mark.parametrize(
    ("year", "complete", "none", "mean"),
    [
        (1974, 0, 4, 0),
        (1975, 0, 3, 0.60 / 4),
        (1980, 0, 3, (0.60 + 0.015) / 4),
        (1990, 1, 3, (0.99 + 0.015) / 4),
        (2005, 1, 2, (0.99 + 0.015 + 0.50) / 4),
    ],
)
def test_the_curve_of_all_sites(year, complete, none, mean):
    row = curve(INVENTORY, "global_aze").loc[year]
    assert row["sites"] == 4
    assert row[["complete", "none", "mean"]].tolist() == pytest.approx([complete / 4, none / 4, mean])


def test_every_curve_runs_between_its_ends():
    for group in drawn_groups(INVENTORY, "global_aze"):
        found = curve(INVENTORY, "global_aze", group)
        assert list(found.index) == list(range(1900, 2027))
        for name in ("mean", "complete", "none"):
            assert (found[f"{name}_low"] <= found[name]).all()
            assert (found[name] <= found[f"{name}_high"]).all()


def test_a_group_without_a_curve_has_no_rows():
    assert curve(INVENTORY, "national_list").empty
    assert curve(INVENTORY, "global_aze", "country:FJI").empty
    assert drawn_groups(INVENTORY, "national_list") == []


def test_groups_are_those_that_sites_can_form(shipped):
    assert groups(INVENTORY)[0] == "all"
    assert "country:FJI" in groups(INVENTORY)
    assert "country:FJI" not in drawn_groups(INVENTORY, "global_aze")
    assert {"region:asia", "country:PER", "class:Amphibia"} <= set(groups(shipped))
    assert drawn_groups(shipped, "global_aze") == []


def test_members_are_what_group_and_filters_leave(shipped):
    assert list(members(INVENTORY, "country:PER", Filters())) == ["A", "B"]
    assert list(members(INVENTORY, "country:PER", Filters(("ECU",)))) == ["B"]
    assert members(shipped, "all", Filters()).equals(shipped.where(Filters()))
    assert members(shipped, "region:asia", Filters()).equals(shipped.where(Filters((), ("asia",))))
    with pytest.raises(SettingError):
        members(INVENTORY, "country:XXX", Filters())


def test_the_parts_of_a_site_add_up_year_by_year():
    parts = site_parts(INVENTORY, "A")
    assert parts["year"].tolist() == [1975, 1990]
    assert parts["share"].tolist() == pytest.approx([0.60, 0.39])
    assert parts["total"].tolist() == pytest.approx([0.60, 0.60 + 0.39])
    assert site_parts(INVENTORY, "D").empty

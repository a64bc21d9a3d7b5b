"""Area first protected by year, and what of it lies in sites."""

import numpy as np
import pandas as pd
import pytest

from aze_core.measures.growth import first_protected, growth, of_parts, reported
from tests.measures.areas import areas_of, box

KM = 1000


def km(x0, y0, x1, y1):
    return box(x0 * KM, y0 * KM, x1 * KM, y1 * KM)


def test_each_area_adds_what_no_older_one_covers():
    areas = areas_of(
        (km(0, 0, 10, 1), 1980),
        (km(5, 0, 15, 1), 1970),
        (km(0, 0, 15, 1), 1990),
        (km(14, 0, 20, 1), 1990),
        (km(100, 0, 101, 1), None),
    )
    found = first_protected(areas).groupby("year")["km2"].sum()
    assert found.to_dict() == pytest.approx({1970: 10.0, 1980: 5.0, 1990: 5.0})


def test_other_measures_come_after_all_protected_areas():
    areas = areas_of((km(0, 0, 10, 1), 2000, {"kind": "oecm"}), (km(5, 0, 10, 1), 2010))
    found = first_protected(areas).groupby("year")["km2"].sum()
    assert found.to_dict() == pytest.approx({2000: 5.0, 2010: 5.0})


def test_the_sum_is_the_union_of_all():
    rows = [(km(x, 0, x + 7, 1), 1980 + (x * 7) % 11) for x in range(0, 40, 3)]
    areas = areas_of(*rows)
    assert first_protected(areas)["km2"].sum() == pytest.approx(areas.union_all().area / 1e6)


def test_nothing_dated():
    assert first_protected(areas_of((km(0, 0, 1, 1), None))).empty


def test_what_lies_in_sites_is_what_was_added_there():
    areas = areas_of((km(0, 0, 10, 1), 1980), (km(5, 0, 15, 1), 1990))
    sites = np.array([km(8, 0, 12, 1), km(9, 0, 13, 1)])
    found = first_protected(areas, {"sites": sites, "none": sites[:0]}).set_index("year")
    # from 8 to 10 and then from 10 to 13; where the sites overlap the land counts once
    assert found["sites"].to_dict() == pytest.approx({1980: 2.0, 1990: 3.0})
    assert found["none"].tolist() == [0, 0]
    assert (found["sites"] <= found["km2"]).all()


def test_parts_of_sites_as_areas():
    sites = pd.DataFrame({"iso3": ["MEX;USA", "MEX"], "km2": [10.0, 4.0]}, index=["A", "B"])
    parts = pd.DataFrame(
        {"site_id": ["A", "B", "B", "Z"], "year": [1980, 1980, None, 1980], "share": [0.2, 0.5, 0.5, 1.0]}
    )
    assert of_parts(parts, sites).values.tolist() == [["MEX;USA", 1980, 10 * 0.2], ["MEX", 1980, 4 * 0.5]]


def test_shared_areas_count_in_each_country_and_once_in_all():
    added = pd.DataFrame(
        {"iso3": ["MEX;USA", "MEX", "CAN"], "year": [1980, 1980, 1981], "km2": [5.0, 1.0, 7.0]}
    )
    inside = pd.DataFrame({"iso3": ["MEX;USA", "MEX"], "year": [1980, 1980], "km2": [2.0, 1.0]})
    found = growth(added, inside, ["MEX", "USA"]).set_index(["iso3", "year"])
    assert found.loc[("all", 1980)].tolist() == [5.0 + 1.0, 2.0 + 1.0]
    assert found.loc[("all", 1981)].tolist() == [7.0, 0.0]
    assert found.loc[("MEX", 1980)].tolist() == [6.0, 3.0]
    assert found.loc[("USA", 1980)].tolist() == [5.0, 2.0]
    # a country without a site is in the total only
    assert "CAN" not in found.index.get_level_values(0)


def test_reported_areas_leave_out_what_has_no_year_or_area():
    areas = pd.DataFrame(
        {
            "iso3": ["PER", "PER", None],
            "year": pd.array([1990, None, 1991], dtype="Int64"),
            "reported_km2": [5.0, 7.0, 2.0],
        }
    )
    assert reported(areas).values.tolist() == [["PER", 1990, 5.0], ["", 1991, 2.0]]


def test_no_growth_at_all():
    empty = pd.DataFrame({"iso3": [], "year": [], "km2": []})
    assert growth(empty, empty, ["MEX"]).empty

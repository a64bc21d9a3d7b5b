"""Added area by country and realm, beside national figures that the user gave."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Filters, Inventory
from aze_core.locale import explain
from aze_core.scenarios.added_area import added_area
from aze_core.scenarios.national_coverage import NationalCoverage
from tests.helpers import SITES, make_inventory


def with_land(inventory: Inventory, **land: float) -> Inventory:
    countries = inventory.countries.assign(
        land_area_km2=pd.Series(land, dtype=float).reindex(inventory.countries.index)
    )
    return replace(inventory, countries=countries, memo={})


def test_by_hand() -> None:
    """A (10 km²) is Mexico's; B (20) lies in Mexico and the USA; C (40, half covered) in France."""
    inventory = with_land(make_inventory(), MEX=1000, FRA=500)
    found = added_area(inventory, ("A", "B", "C", "D"))
    assert list(found.index) == [(place, "land") for place in ("world", "FRA", "MEX", "USA")]
    assert found["added_km2"].tolist() == [10 + 20 + 40 * 0.5, 40 * 0.5, 10, 0]
    assert found["added_high_km2"].tolist() == [50, 20, 10 + 20, 20]
    assert found["unknown"].tolist() == [1, 0, 1, 0]  # D has no area
    assert found["realm_assumed"].tolist() == [4, 1, 3, 1]
    assert found.loc[("MEX", "land"), ["part", "part_high"]].tolist() == [10 / 1000, 30 / 1000]
    assert pd.isna(found.loc[("USA", "land"), "part"])
    assert found.loc[("world", "land"), "part"] == pytest.approx(50 / 148_940_000)
    assert found[["before", "after", "source"]].isna().all(axis=None)
    assert (found["aichi_mark"] == 0.17).all()
    assert (found["gbf_mark"] == 0.3).all()


def test_a_national_figure_moves_by_what_is_added() -> None:
    inventory = with_land(make_inventory(), MEX=1000)
    national = (
        NationalCoverage("MEX", 14.5, 99.0, " Report, 2024 "),
        NationalCoverage("FRA", 30, source="x"),
    )
    found = added_area(inventory, ("A", "B"), national=national)
    mexico = found.loc[("MEX", "land")]
    assert mexico[["before", "after", "after_high"]].tolist() == pytest.approx([0.145, 0.155, 0.175])
    assert mexico["source"] == "Report, 2024"
    sea = found.loc[("MEX", "sea")]
    assert (sea["added_km2"], sea["before"], sea["aichi_mark"]) == (0, 0.99, 0.10)
    assert pd.isna(sea["after"])  # the extent of its sea is not known
    assert pd.isna(found.loc[("FRA", "land"), "after"])  # nor of this land
    assert found.loc[("FRA", "land"), "added_km2"] == 0
    full = added_area(inventory, ("A",), national=(NationalCoverage("MEX", 100, source="x"),))
    assert full.loc[("MEX", "land"), "after"] == 1


def test_realm_filters_and_cover() -> None:
    sites: dict[str, Any] = {
        **SITES,
        "A": {**SITES["A"], "realm": "marine"},
        "B": {**SITES["B"], "realm": "terrestrial"},
    }
    inventory = make_inventory(sites)
    found = added_area(inventory, ("A", "B"))
    assert found.loc[("world", "sea"), ["added_km2", "realm_assumed"]].tolist() == [10, 0]
    assert found.loc[("world", "land"), ["added_km2", "realm_assumed"]].tolist() == [20, 0]
    half = added_area(inventory, ("A", "B"), cover=pd.Series({"B": 0.25}))
    assert half.loc[("world", "land"), "added_km2"] == 20 * 0.25
    assert half.loc[("world", "sea"), "added_km2"] == 0
    assert added_area(inventory, ("A", "B"), Filters(("FRA",)))["added_high_km2"].tolist() == [0]


def test_unknown_cover_is_no_gap() -> None:
    found = added_area(make_inventory({"X": {"area": 7, "cover": {}}}, {}), ("X",)).loc[("MEX", "land")]
    assert (found["added_km2"], found["sites"], found["unknown"]) == (0, 0, 1)


WRONG: list[dict[str, Any]] = [
    {"country": "mex", "land_percent": 1, "source": "x"},
    {"country": None, "land_percent": 1, "source": "x"},
    {"country": "MEX", "land_percent": 100.1, "source": "x"},
    {"country": "MEX", "sea_percent": -1, "source": "x"},
    {"country": "MEX", "land_percent": float("nan"), "source": "x"},
    {"country": "MEX", "source": "x"},
    {"country": "MEX", "land_percent": 1, "source": " "},
]


@pytest.mark.parametrize("given", WRONG)
def test_a_figure_that_cannot_be_is_refused_in_words(given: dict[str, Any]) -> None:
    with pytest.raises(SettingError) as caught:
        NationalCoverage(**given)
    assert explain(caught.value)


def test_a_figure_comes_back_from_plain_values() -> None:
    one = NationalCoverage("MEX", 14.5, source="Report, 2024")
    assert NationalCoverage.from_dict(one.to_dict()) == one
    assert hash(one)

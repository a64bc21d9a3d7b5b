"""The copy that may be shared: no name and no exact place of what is sensitive, and the same numbers."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from aze_core.domain.model import Filters, Inventory, RankSettings, Weights, inventory_of
from aze_core.domain.settings import value
from aze_core.measures.withhold import is_sensitive, shown_area_km, shown_points, withheld
from aze_core.ranking.score import rank_sites
from aze_core.scenarios import Scenario, solve
from aze_core.store.inventory import describe
from tests.helpers import frame, make_covered_frames, make_frames


def inventory(sites: list[str], species: list[str]) -> Inventory:
    """The four sites with some flagged, exact points, a boundary, and what a country says of A."""
    frames = make_frames()
    table = frames["sites"].copy()
    table["latitude"] = [12.3456, 13.4567, 14.5678, None]
    table["longitude"] = [-12.3456, -13.4567, -14.5678, None]
    table["sensitive"] = pd.array(table["site_id"].isin(sites), dtype="boolean")
    table["kba_id"] = pd.array(["6010", None, None, None], dtype="str")
    table["geometry"] = [shapely.box(-13, 12, -12, 13), shapely.box(-14, 13, -13, 14), None, None]
    flagged = frames["species"].copy()
    flagged["sensitive"] = pd.array(flagged["species_id"].isin(species), dtype="boolean")
    national = frame(
        "national",
        [
            {"site_id": "A", "field": "cost", "entry": 1, "value": "5", "number": 5, "kind": "number"},
            {"site_id": "A", "field": "admin_region", "entry": 1, "value": "Secret valley", "kind": "text"},
            {"site_id": "B", "field": "admin_region", "entry": 1, "value": "North", "kind": "text"},
        ],
    ).assign(scorable=False, source="hand")
    rights = frame(
        "rights",
        [{"site_id": "A", "entry": 1, "rights_holders": "Valley people", "consent_stage": "given"}],
    ).assign(source="hand")
    frames |= {"sites": table, "species": flagged, "national": national, "rights": rights}
    return inventory_of(frames, describe(frames))


def everything(made: Inventory) -> str:
    tables = ("sites", "species", "occurrences", "coverage", "threats", "national", "rights", "corrections")
    return "\n".join(getattr(made, name).reset_index().to_csv() for name in tables)


def test_nothing_flagged_is_the_same_object() -> None:
    plain = inventory([], [])
    assert not is_sensitive(plain)
    assert withheld(plain) is plain


def test_a_flagged_site_has_no_name_no_exact_place_and_no_texts() -> None:
    full = inventory(["A"], [])
    made = withheld(full)
    assert made.sites.index.tolist() == ["B", "C", "D", "MEX-withheld-1"]
    row = made.sites.loc["MEX-withheld-1"]
    assert row["name"] == "Site withheld (MEX-withheld-1)"
    assert (row["latitude"], row["longitude"], row.geometry) == (12.3, -12.3, shapely.Point(-12.3, 12.3))
    text = everything(made)
    for secret in ("Ash Hill", "6010", "Secret valley", "Valley people", "12.34", "-13 12"):
        assert secret not in text
    assert "North" in text
    assert made.national["value"].tolist() == ["North", "5"]
    assert made.rights["consent_stage"].tolist() == ["given"]
    assert (made.is_withheld, made.key != full.key) == (True, True)
    # other sites stay as they are
    assert made.sites.at["B", "latitude"] == 13.4567
    assert made.sites.geometry["B"].equals(shapely.box(-14, 13, -13, 14))


def test_a_flagged_species_has_no_name_and_its_sites_no_exact_place() -> None:
    made = withheld(inventory([], ["b1"]))
    assert "withheld-001" in made.species.index
    assert made.species.at["withheld-001", "scientific_name"] == "Species withheld (withheld-001)"
    assert "Species b1" not in everything(made)
    assert made.sites.at["B", "name"] == "Birch Lake"
    assert (made.sites.at["B", "latitude"], made.sites.geometry["B"]) == (13.5, shapely.Point(-13.5, 13.5))
    assert made.sites.at["A", "latitude"] == 12.3456


def covered(sensitive: list[str], nearest: dict[str, float]) -> Inventory:
    frames = make_covered_frames()
    sites, ranges = frames["sites"], frames["protection_range"]
    sites["sensitive"] = pd.array(sites["site_id"].isin(sensitive), dtype="boolean")
    km = ranges["site_id"].map(nearest)
    frames["protection_range"] = ranges.assign(nearest_area_km=km.fillna(ranges["nearest_area_km"]))
    return inventory_of(frames, describe(frames))


STEP = value("sensitive.distance_km")


@pytest.mark.parametrize(
    ("km", "shown"), [(0.0, 0.5), (0.4, 0.5), (STEP - 0.1, 0.5), (STEP, 1.5), (3.2 * STEP, 3.5)]
)
def test_the_distance_to_the_nearest_area_stands_in_steps_where_the_place_is_withheld(
    km: float, shown: float
) -> None:
    """No area covers D: even that one touches it would say where it lies. A is covered, as all are told."""
    made = withheld(covered(["A", "D"], {"D": km}))
    found = made.protection_range["nearest_area_km"]
    assert (found["MDG-withheld-1"], found["PER-withheld-1"]) == (shown * STEP, 0)
    # shown as it is, once more it is the same
    assert shown_area_km(made).equals(found)
    assert withheld(covered(["A"], {"D": km})).protection_range.at["D", "nearest_area_km"] == km


def test_a_ranking_by_distances_is_the_same_with_what_is_withheld_and_without() -> None:
    full = covered(["D"], {"D": 71.3})
    made = withheld(full)
    everywhere = RankSettings(uncovered_only=False)
    for weights in (Weights.of({"areas": 1, "irreplaceability": 1}), Weights.of({"neighbours": 1, "gap": 1})):
        one, two = rank_sites(full, weights, everywhere), rank_sites(made, weights, everywhere)
        two = two.rename(index={"MDG-withheld-1": "D"}).loc[one.index]
        assert one["rank"].notna().any()
        for column in ("rank", "score", "rank_best", "rank_worst", "unknown"):
            assert one[column].equals(two[column]), column


def test_points_of_withheld_places_are_rounded_before_distances_are_measured() -> None:
    full = inventory(["A"], [])
    assert shown_points(full).loc["A"].tolist() == [12.3, -12.3]
    assert shown_points(full).loc["B"].tolist() == [13.4567, -13.4567]
    assert shown_points(withheld(full)).loc["MEX-withheld-1"].tolist() == [12.3, -12.3]


@pytest.mark.parametrize("flags", [(["A"], []), ([], ["a1", "c1"]), (["A", "B", "D"], ["b2"])])
def test_rankings_and_plans_keep_their_numbers(flags: tuple[list[str], list[str]]) -> None:
    full, made = inventory(*flags), withheld(inventory(*flags))
    everywhere = RankSettings(uncovered_only=False)
    one, two = rank_sites(full, None, everywhere), rank_sites(made, None, everywhere)
    assert sorted(one["score"].dropna()) == pytest.approx(sorted(two["score"].dropna()))
    assert solve(full, Scenario(budget=2)).objective == pytest.approx(
        solve(made, Scenario(budget=2)).objective
    )
    assert len(made.where(Filters(("MEX",)))) == len(full.where(Filters(("MEX",))))

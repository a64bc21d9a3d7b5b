"""Criteria on their scales: by hand, with what is not known beside what is, and the ends of the scales."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import CRITERIA, Assumptions, Filters, Inventory, RankSettings, Weights
from aze_core.domain.schema import TABLES
from aze_core.ranking.values import (
    Values,
    criteria_values,
    effective_weights,
    gap_ends,
    national_fields,
    raw_criterion,
    say_the_same,
    scope_sites,
    unusable,
)
from tests.helpers import SITES, SPECIES, as_inventory, frame, make_frames, make_inventory, shuffled
from tests.ranking.drawn import DRAWN, TURNING, TWENTY, few, inventories

CR, EN = 0.75, 0.2  # criterion E over 20 years
THREE_AT_A = SPECIES | {"a3": ("EN", ["A"])}
ALL = RankSettings(False, assumptions=TWENTY)
UNCOVERED = RankSettings(assumptions=TWENTY)


def values(inventory: Inventory, code: str, **more: Any) -> Values:
    return criteria_values(inventory, (code,), TWENTY, **more)


def column(found: Values, part: str = "known") -> list[Any]:
    """Values of the one criterion, None where not known."""
    series = getattr(found, part).iloc[:, 0]
    return [None if pd.isna(each) else pytest.approx(each) for each in series]


def ends(found: Values) -> list[float]:
    return [float(each) for each in found.anchors.iloc[0]]


def alike(**more: Any) -> Inventory:
    """Sites X, Y, Z with one CR species each."""
    sites = {name: {} for name in "XYZ"} | more.pop("sites", {})
    return make_inventory(sites, {name.lower(): ("CR", [name]) for name in sites}, **more)


# ---------------------------------------------------------------- each criterion by hand


def test_irreplaceability_closes_half_the_distance_every_two_species() -> None:
    found = values(make_inventory(), "irreplaceability")
    one = (1 - 0.5 ** (1 / 2)) / (1 - 0.5 ** (2 / 2))
    assert column(found) == [1, 1, 1, one]
    assert column(found, "raw") == [2, 2, 2, 1]
    assert ends(found) == [0, 2]
    assert found.low.equals(found.known)
    assert found.high.equals(found.known)


def test_without_a_listed_species_irreplaceability_is_not_known() -> None:
    found = values(make_inventory(SITES | {"E": {}}), "irreplaceability")
    assert column(found)[-1] is None
    assert (found.low.loc["E"].item(), found.high.loc["E"].item()) == (0, 1)


def test_extinction_risk_runs_to_that_of_a_critically_endangered_species() -> None:
    found = values(make_inventory(), "extinction")
    # C: one EN, one of unknown category; D: Extinct in the Wild alone, so nothing is known of the living
    assert column(found) == [1, 1, EN / CR, None]
    assert column(found, "low") == [1, 1, EN / CR, 0]
    assert column(found, "high") == [1, 1, 1, 1]
    assert ends(found) == [0, CR]
    other = criteria_values(make_inventory(), ("extinction",), replace(TWENTY, scheme="edge2"))
    assert other.known.loc["C", "extinction"] == pytest.approx(0.485 / 0.97)


def test_human_influence_runs_from_the_lowest_to_the_highest() -> None:
    found = values(make_inventory(), "pressure")
    assert column(found) == [0, 0.5, None, 1]
    assert column(found, "low") == [0, 0.5, 0, 1]
    assert column(found, "high") == [0, 0.5, 1, 1]
    assert ends(found) == [10, 30]


def test_the_other_way_round() -> None:
    found = values(make_inventory(), "pressure", reverse=("pressure",))
    assert column(found) == [1, 0.5, None, 0]
    assert column(found, "low") == [1, 0.5, 0, 0]
    assert column(found, "high") == [1, 0.5, 1, 0]
    assert ends(found) == [30, 10]


def test_uncovered_part() -> None:
    sites: dict[str, Any] = {
        "E": {"cover": {}},
        "F": {"cover": {2010: 0.98}},
        "G": {"cover": {2010: 0.3}},
        "H": {"cover": {2010: 0.01}},
    }
    inventory = make_inventory(SITES | sites, high_cover={"G": 0.7, "H": 0.5})
    found = values(inventory, "gap")
    # D: 2 % is still uncovered, F: 98 % is completely covered; E is not known
    assert column(found) == [1, 1, 0.5, 1, None, 0, 0.7, 1]
    # the newest value counts; what is not known can be anything
    assert column(found, "low") == [1, 1, 0.5, 1, 0, 0, 0.7, 1]
    # the range of cover is drawn beside: G up to 70 % covered, H up to 50 %
    drawn = gap_ends(inventory)
    assert drawn["low"].tolist() == pytest.approx([1, 1, 0.5, 1, 0, 0, 1 - 0.7, 1 - 0.5])
    assert drawn["high"].tolist() == pytest.approx([1, 1, 0.5, 1, 1, 0, 0.7, 1])
    assert column(found, "high") == [1, 1, 0.5, 1, 1, 0, 0.7, 1]
    assert ends(found) == [0, 1]


def test_threat_abatement_star_runs_to_the_highest() -> None:
    found = values(make_inventory(threats=[("a1", "1.1", "Ongoing", "Whole", "Rapid")]), "star")
    # 400 for CR, 300 for EN; the unknown species at C is worth 0 to 400
    assert column(found, "raw") == [800, 700, 300, 0]
    assert column(found) == [1, 700 / 800, 300 / 800, 0]
    assert column(found, "high") == [1, 700 / 800, (300 + 400) / 800, 0]
    assert ends(found) == [0, 800]


def test_threat_impact_runs_from_nothing_to_nine() -> None:
    threats = [("b1", "1.1", "Ongoing", "Whole", "Rapid"), ("b2", "1.1", "Ongoing", "Minority", "Slow")]
    found = values(make_inventory(threats=threats), "impact")
    # B: 3 + 3 + 2, and 3 + 1 + 1; of the others' species nothing is on record
    assert column(found) == [None, 8 / 9, None, None]
    assert column(found, "low") == [0, 8 / 9, 0, 0]
    assert column(found, "high") == [1, 8 / 9, 1, 1]
    assert ends(found) == [0, 9]


@pytest.mark.parametrize("code", ["star", "impact"])
def test_without_threats_on_record_nothing_is_known(code: str) -> None:
    found = values(make_inventory(), code)
    assert column(found) == [None] * 4
    assert (column(found, "low"), column(found, "high")) == ([0] * 4, [1] * 4)
    assert np.isnan(ends(found)).all()


def test_the_nearest_site_counts_more_by_every_doubling() -> None:
    degree = 6371.0088 * math.pi / 180
    places = {"W": (0, 0), "X": (0, 1), "Y": (0, 3), "Z": (0, 7), "Q": None}
    inventory = alike(sites={name: {"point": point} for name, point in places.items()})
    found = values(inventory, "neighbours")
    least, most = math.log(1 + degree), math.log(1 + 4 * degree)
    middle = (most - math.log(1 + 2 * degree)) / (most - least)
    expected = pd.Series({"W": 1, "X": 1, "Y": middle, "Z": 0, "Q": math.nan})
    pd.testing.assert_series_equal(
        found.known["neighbours"].sort_index(), expected.sort_index(), check_names=False
    )
    assert ends(found) == pytest.approx([4 * degree, degree])
    far = values(inventory, "neighbours", reverse=("neighbours",))
    assert far.known.loc[["W", "Y"], "neighbours"].tolist() == pytest.approx([0, 1 - middle])


def test_the_nearest_protected_area() -> None:
    inventory = make_inventory(high_cover={"A": 0, "B": 0, "C": 0.5})
    ranges = inventory.protection_range.assign(nearest_area_km=[0.0, 9.0, 99.0])
    found = values(replace(inventory, protection_range=ranges, memo={}), "areas")
    # by ln(1 + km): ln 1, ln 10, ln 100
    assert column(found) == [1, 1 / 2, 0, None]
    assert ends(found) == [99, 0]


# ---------------------------------------------------------------- a country's own criteria


def national(rows: list[Mapping[str, Any]]) -> Inventory:
    """The four sites with a national table of these rows."""
    frames = make_frames()
    numbered = [{"entry": at, "kind": "number", "scorable": True, "source": "hand"} for at in range(1, 99)]
    frames["national"] = frame(
        "national",
        [
            {**base, "value": str(row.get("number", "word")), **row}
            for base, row in zip(numbered, rows, strict=False)
        ],
    )
    return as_inventory(frames)


def test_a_national_number_runs_from_the_lowest_to_the_highest() -> None:
    inventory = make_inventory(national={"water": {"A": 2, "B": 4, "C": 10}})
    found = values(inventory, "national:water")
    assert column(found) == [0, (4 - 2) / (10 - 2), 1, None]
    assert column(found, "low") == [0, 0.25, 1, 0]
    assert column(found, "high") == [0, 0.25, 1, 1]
    turned = values(inventory, "national:water", reverse=("national:water",))
    assert column(turned) == [1, 0.75, 0, None]


def test_the_newest_national_number_counts() -> None:
    rows = [(3.0, 2020), (9.0, 2010), (5.0, None)]
    inventory = national(
        [{"site_id": "A", "field": "water", "number": number, "year": year} for number, year in rows]
        + [{"site_id": "B", "field": "water", "number": number} for number in (7.0, 8.0)]
    )
    # without a year: the later entry
    assert raw_criterion(inventory, "national:water", TWENTY)["known"].dropna().to_dict() == {"A": 3, "B": 8}


def test_which_national_fields_can_be_a_criterion() -> None:
    inventory = national(
        [
            {"site_id": "A", "field": "water", "number": 1, "unit": "m3"},
            {"site_id": "A", "field": "water", "number": 2, "unit": "m3"},
            {"site_id": "B", "field": "water", "number": 2, "unit": "m3"},
            {"site_id": "A", "field": "cost", "number": 1, "unit": "USD"},
            {"site_id": "B", "field": "cost", "number": 1, "unit": "EUR"},
            {"site_id": "A", "field": "zone", "kind": "text"},
            {"site_id": "B", "field": "zone", "number": 3},
            {"site_id": "A", "field": "holders", "number": 1, "scorable": False},
        ]
    )
    found = national_fields(inventory)
    assert list(found.index) == ["cost", "holders", "water", "zone"]
    assert found["reason"].to_dict() == {"cost": "units", "holders": "never", "water": "", "zone": "text"}
    assert found.loc["water"].tolist() == ["m3", 2, ""]
    for name in ("cost", "holders", "zone", "rain"):
        with pytest.raises(SettingError, match="not_one_of") as caught:
            values(inventory, f"national:{name}")
        assert caught.value.fields["expected"] == "water"


def test_no_national_field() -> None:
    found = national_fields(make_inventory())
    assert found.empty
    assert list(found.columns) == ["unit", "sites", "reason"]
    with pytest.raises(SettingError):
        values(make_inventory(), "national:water")


def test_a_criterion_that_is_not_known() -> None:
    with pytest.raises(SettingError, match="not_one_of") as caught:
        values(make_inventory(), "height")
    assert caught.value.fields["expected"].startswith(", ".join(CRITERIA))


# ---------------------------------------------------------------- the scope


def test_the_ends_are_those_of_the_scope_and_nobody_is_left_out() -> None:
    sites: dict[str, Any] = {
        name: {"iso3": iso3, "influence": influence}
        for name, iso3, influence in (
            ("P", "PER", 10),
            ("Q", "ECU;PER", 20),
            ("R", "ECU", 40),
            ("S", "ECU", 5),
            ("T", "ECU", 15),
        )
    }
    inventory = make_inventory(sites, {})
    assert scope_sites(inventory, ("PER",)).tolist() == ["P", "Q"]
    found = values(inventory, "pressure", scope=("PER",))
    assert ends(found) == [10, 20]
    # what lies beyond an end has the value of the end
    assert column(found) == [0, 1, 1, 0, 0.5]
    assert ends(values(inventory, "pressure", scope=("PER", "ECU"))) == [5, 40]


def test_a_scope_of_one_site() -> None:
    found = values(make_inventory(), "pressure", scope=("USA",))
    assert ends(found) == [20, 20]
    assert column(found) == [0, 0, None, 0]  # C is not known, and could be anything
    assert (found.low.loc["C", "pressure"], found.high.loc["C", "pressure"]) == (0, 1)


def test_without_a_value_in_the_scope_there_is_no_scale_to_know_a_value_on() -> None:
    found = values(make_inventory(), "pressure", scope=("FRA",))
    assert np.isnan(ends(found)).all()
    assert column(found) == [None] * 4
    assert (column(found, "low"), column(found, "high")) == ([0] * 4, [1] * 4)
    assert column(found, "raw") == [10, 20, None, 30]


def test_a_scope_without_sites() -> None:
    with pytest.raises(SettingError, match="not_one_of") as caught:
        values(make_inventory(), "pressure", scope=("PER",))
    assert caught.value.fields["expected"] == "FRA, MEX, USA"


def test_what_is_remembered_stays_as_it_was() -> None:
    inventory = make_inventory()
    mine = values(inventory, "pressure").copy()
    mine.known.loc["C", "pressure"] = 0.0
    assert column(values(inventory, "pressure")) == [0, 0.5, None, 1]


# ---------------------------------------------------------------- criteria that cannot be a weight


def test_a_criterion_that_is_the_same_everywhere_or_known_nowhere_cannot_be_a_weight() -> None:
    inventory = alike(sites={name: {"influence": 7} for name in "XYZ"}, national={"water": {"X": 1, "Y": 2}})
    codes = ("irreplaceability", "extinction", "pressure", "star", "gap", "national:water")
    assert unusable(inventory, codes, ALL) == {
        "irreplaceability": "constant",
        "extinction": "constant",
        "pressure": "constant",
        "star": "nowhere",
        "gap": "constant",
    }


def test_a_criterion_with_something_unknown_can_be_a_weight() -> None:
    sites: dict[str, Any] = {"X": {"influence": 7}, "Y": {"influence": 9}, "Z": {}}
    assert unusable(alike(sites=sites), ("pressure",), ALL) == {}
    # where all known values are the same the scale has no length, and what is not known has none either
    level: dict[str, Any] = {"X": {"influence": 7}, "Y": {"influence": 7}, "Z": {}}
    assert unusable(alike(sites=level), ("pressure",), ALL) == {"pressure": "constant"}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y1": ("EN", ["Y"]), "y2": (None, ["Y"])}
    assert unusable(make_inventory(sites, species), ("extinction",), ALL) == {}


def test_the_uncovered_part_cannot_be_a_weight_among_uncovered_sites() -> None:
    assert unusable(make_inventory(), ("gap",), UNCOVERED) == {"gap": "constant"}
    assert unusable(make_inventory(), ("gap",), ALL) == {}
    # cover that is not known can tell sites apart; its range is drawn beside the ranking
    unknown = make_inventory(SITES | {"E": {"cover": {}}}, SPECIES | {"e": ("CR", ["E"])})
    assert unusable(unknown, ("gap",), UNCOVERED) == {}
    assert unusable(make_inventory(high_cover={"A": 0.5}), ("gap",), UNCOVERED) == {"gap": "constant"}


def test_sites_that_never_have_a_rank_make_no_criterion_usable() -> None:
    """E has no species, and F only one that is Extinct in the Wild."""
    sites: dict[str, Any] = {"X": {"influence": 7}, "Y": {"influence": 7}, "E": {}, "F": {"influence": 1}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("CR", ["Y"]), "f": ("EW", ["F"])}
    found = unusable(make_inventory(sites, species), ("irreplaceability", "extinction", "pressure"), ALL)
    assert set(found.values()) == {"constant"}
    assert len(found) == 3


def test_filters_make_no_criterion_unusable() -> None:
    chosen = replace(ALL, filters=Filters(countries=("USA",)))
    codes = ("irreplaceability", "extinction", "pressure")
    inventory = make_inventory(species=THREE_AT_A)
    assert unusable(inventory, codes, chosen) == unusable(inventory, codes, ALL) == {}
    narrow = replace(ALL, scope=("USA",))
    assert set(unusable(inventory, codes, narrow)) == set(codes)


def test_without_listed_sites_nothing_is_said_of_criteria() -> None:
    covered = alike(sites={name: {"cover": {2010: 1.0}} for name in "XYZ"})
    assert unusable(covered, ("pressure", "gap"), UNCOVERED) == {}
    assert unusable(make_inventory({}, {}), ("pressure", "gap"), ALL) == {}


def test_weights_without_the_criteria_that_tell_none_apart() -> None:
    inventory = alike(sites={"X": {"influence": 1}, "Y": {"influence": 2}, "Z": {"influence": 3}})
    assert effective_weights(inventory, Weights(2, 1, 1), ALL).shares == {"pressure": 1}
    # where none is left, all stay: everything is a tie then
    only = Weights(2, 1, 0)
    assert effective_weights(inventory, only, ALL) == only
    turned = Weights(2, 1, 1, reverse=("pressure",))
    assert effective_weights(inventory, turned, ALL) == Weights(0, 0, 1, reverse=("pressure",))
    assert effective_weights(make_inventory(species=THREE_AT_A), turned, ALL) == turned


# ---------------------------------------------------------------- criteria that say the same


def fields(**of: list[float | None]) -> Inventory:
    """Sites S1, S2, … with national fields."""
    n = len(next(iter(of.values())))
    sites: dict[str, Any] = {f"S{at}": {} for at in range(1, n + 1)}
    given = {
        name: {f"S{at}": each for at, each in enumerate(numbers, 1) if each is not None}
        for name, numbers in of.items()
    }
    return make_inventory(sites, {f"s{at}": ("CR", [site]) for at, site in enumerate(sites)}, national=given)


def pairs(inventory: Inventory, *names: str, reverse: tuple[str, ...] = ()) -> list[tuple[str, str, float]]:
    chosen = Weights.of({f"national:{name}": 1 for name in names}, [f"national:{name}" for name in reverse])
    return [
        (one.removeprefix("national:"), two.removeprefix("national:"), round(rho, 9))
        for one, two, rho in say_the_same(inventory, chosen, ALL)
    ]


def test_two_criteria_that_order_sites_alike() -> None:
    inventory = fields(a=[1, 2, 3, 4, 5], b=[1, 10, 100, 1000, 10000], c=[5, 4, 3, 2, 1])
    assert pairs(inventory, "a", "b") == [("a", "b", 1)]
    assert pairs(inventory, "a", "c") == []
    # taken the other way round they do
    assert pairs(inventory, "a", "c", reverse=("c",)) == [("a", "c", 1)]
    assert pairs(inventory, "a", "b", "c", reverse=("b",)) == [("b", "c", 1)]


def test_spearman_by_hand_and_the_threshold() -> None:
    # 1 - 6 Σd² / (n (n² - 1)): two neighbours exchanged are Σd² = 2
    assert pairs(fields(a=[1, 2, 3, 4, 5], b=[1, 2, 3, 5, 4]), "a", "b") == [("a", "b", 1 - 6 * 2 / (5 * 24))]
    assert pairs(fields(a=[1, 2, 3, 4], b=[1, 2, 4, 3]), "a", "b") == []  # 0.8 exactly is not above it


def test_the_pair_that_agrees_most_comes_first() -> None:
    inventory = fields(a=[1, 2, 3, 4, 5], b=[1, 2, 3, 5, 4], c=[1, 2, 3, 4, 6])
    assert [pair[:2] for pair in pairs(inventory, "a", "b", "c")] == [("a", "c"), ("a", "b"), ("b", "c")]


def test_too_few_pairs_or_nothing_to_tell_apart_say_nothing() -> None:
    assert pairs(fields(a=[1, 2, 3], b=[1, 2, None]), "a", "b") == []
    assert pairs(fields(a=[1, 2, 3], b=[1, 2, 3]), "a", "b") == [("a", "b", 1)]
    # over the sites where both are known, b is the same
    assert pairs(fields(a=[1, 2, 3, None], b=[7, 7, 7, 8]), "a", "b") == []
    assert pairs(fields(a=[1, 2, 3]), "a") == []


# ---------------------------------------------------------------- what must hold on any inventory


@few
@given(inventories(), st.sampled_from([(), ("MEX",), ("PER",)]), st.booleans())
def test_values_lie_between_their_ends_from_nothing_to_one(
    inventory: Inventory, scope: tuple[str, ...], turned: bool
) -> None:
    reverse = TURNING if turned else ()
    if scope and not inventory.sites["iso3"].str.contains(scope[0]).any():
        return
    found = criteria_values(inventory, DRAWN, TWENTY, scope, reverse)
    low, high, known = (table.to_numpy() for table in (found.low, found.high, found.known))
    assert ((low >= 0) & (low <= high) & (high <= 1)).all()
    there = ~np.isnan(known)
    assert (low[there] <= known[there] + 1e-12).all()
    assert (known[there] <= high[there] + 1e-12).all()
    # where nothing is known the value has no room for a guess
    assert found.known[found.raw.isna()].isna().all(axis=None)


@few
@given(inventories(), st.integers(0, 99))
def test_order_of_rows_never_matters(inventory: Inventory, seed: int) -> None:
    frames = {name: inventory.table(name) for name in TABLES}
    mixed = as_inventory(shuffled(frames, seed), inventory.version)
    one, two = (criteria_values(each, DRAWN, TWENTY) for each in (inventory, mixed))
    for name in ("known", "low", "high", "raw", "anchors"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


@few
@given(inventories(), st.sampled_from(TURNING))
def test_the_other_way_round_is_one_minus_the_value(inventory: Inventory, code: str) -> None:
    one, two = (values(inventory, code), values(inventory, code, reverse=(code,)))
    if one.anchors.iloc[0].nunique() < 2:
        return
    for mine, other in (("known", "known"), ("low", "high"), ("high", "low")):
        turned = 1 - getattr(two, other)
        pd.testing.assert_frame_equal(getattr(one, mine), turned, check_exact=False)


def test_a_longer_horizon_never_lowers_a_probability() -> None:
    inventory = make_inventory()
    short, long = (raw_criterion(inventory, "extinction", Assumptions(years)) for years in (10, 100))
    assert (short["known"].dropna() <= long["known"].dropna()).all()
    assert short["known"].notna().equals(long["known"].notna())

"""The frozen choices: hashable, JSON and back, and a sentence for whatever does not fit."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import (
    CRITERIA,
    SCHEMES,
    SPREADS,
    TWO_WAYS,
    UNKNOWN_RULES,
    Assumptions,
    Choice,
    Filters,
    RankSettings,
    Uncertainty,
    Weights,
)
from aze_core.locale import explain
from aze_core.scenarios import Scenario
from tests.helpers import SITES, as_inventory, frame, make_frames, make_inventory

codes = st.lists(st.text(max_size=4), max_size=4)
filters = st.builds(Filters, codes, codes, codes, codes)
assumptions = st.builds(
    Assumptions, st.integers(1, 500), st.floats(0, 0.762), st.sampled_from(SCHEMES), st.floats(1, 10)
)
points = st.floats(0, 1e9, allow_subnormal=False)
national = st.dictionaries(st.text(min_size=1, max_size=4), points, max_size=3)


@st.composite
def weightings(draw: st.DrawFn) -> Weights:
    """Any weights, with the category on one axis at most."""
    given = draw(st.dictionaries(st.sampled_from(CRITERIA), points))
    given[draw(st.sampled_from(["extinction", "star"]))] = 0.0
    own = draw(national)
    if sum(given.values()) + sum(own.values()) <= 0:
        given["gap"] = 1.0
    turned = draw(st.sets(st.sampled_from(TWO_WAYS))) | {f"national:{name}" for name in own}
    return Weights(
        **{code: given.get(code, 0.0) for code in CRITERIA},
        national=tuple(own.items()),
        reverse=tuple(turned),
    )


weights = weightings()
uncertainties = st.builds(
    Uncertainty,
    st.sampled_from(SPREADS),
    st.floats(1, 10_000),
    st.booleans(),
    st.integers(1, 100_000),
    st.integers(1, 1_000_000),
    st.integers(0, 2**63 - 1),
)
scenarios = st.builds(
    Scenario,
    budget_kind=st.just("km2"),
    budget=st.floats(0, 1e9),
    locked_in=codes,
    locked_out=codes,
    filters=filters,
    assumptions=assumptions,
) | st.builds(Scenario, budget=st.integers(0, 10**9))
rank_settings = st.builds(
    RankSettings,
    st.booleans(),
    filters,
    assumptions,
    scope=codes,
    unknown=st.sampled_from(UNKNOWN_RULES),
    beyond=codes.map(lambda sites: [f"B{site}" for site in sites]),
    stopped=codes.map(lambda sites: [f"S{site}" for site in sites]),
)
choices = st.one_of(filters, assumptions, weights, scenarios, rank_settings, uncertainties)


@given(choices)
def test_json_and_back(choice: Choice) -> None:
    again = type(choice).from_dict(json.loads(json.dumps(choice.to_dict())))
    assert again == choice
    assert hash(again) == hash(choice)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (Filters, {"country": ["MEX"]}, "“country” is not a setting here. Expected: countries, regions,"),
        (Scenario, {"budgets": 3}, "“budgets” is not a setting"),
        (Scenario, {"filters": {"land": []}}, "“land” is not a setting"),
        (Filters, {"countries": "MEX"}, "“MEX” is no countries here. Expected: a list of texts"),
        (Filters, {"countries": None}, "“None” is no countries"),
        (Filters, {"countries": 3}, "is no countries"),
        (Filters, {"classes": [1, 2]}, "is no classes"),
        (Filters, {"classes": ["Aves", 2]}, "is no classes"),
        (Filters, {"regions": [["asia"]]}, "is no regions"),
        (Filters, {"categories": {"CR": 1}}, "is no categories"),
        (Scenario, {"locked_in": "MEX1"}, "“MEX1” is no locked_in"),
        (Scenario, {"locked_in": None}, "is no locked_in"),
        (Scenario, {"locked_out": [1]}, "is no locked_out"),
        (Scenario, {"budget": "10"}, "“budget” is 10; expected is a number from 0"),
        (Scenario, {"budget": None}, "“budget” is None"),
        (Scenario, {"budget": [10]}, "“budget” is [10]"),
        (Scenario, {"budget": True}, "“budget” is True"),
        (Scenario, {"budget": -1}, "“budget” is -1"),
        (Scenario, {"budget": 10**400}, "“budget” is 1000"),
        (Scenario, {"budget": math.nan}, "“budget” is nan"),
        (Scenario, {"budget": math.inf}, "“budget” is inf"),
        (Scenario, {"budget": 2.5}, "whole number; 2.5 came"),
        (Scenario, {"budget_kind": "ha"}, "“ha” is no budget_kind here. Expected: sites, km2"),
        (Scenario, {"budget_kind": ["sites"]}, "is no budget_kind"),
        (Scenario, {"budget_kind": None}, "is no budget_kind"),
        (Scenario, {"filters": None}, "“None” is no filters here. Expected: an object with countries"),
        (Scenario, {"filters": "MEX"}, "“MEX” is no filters"),
        (Scenario, {"filters": ["MEX"]}, "is no filters"),
        (Scenario, {"assumptions": [50]}, "is no assumptions here. Expected: an object with horizon_years"),
        (Scenario, {"assumptions": None}, "is no assumptions"),
        (Scenario, {"assumptions": {"horizon_years": "50"}}, "“horizon_years” is 50; expected is a number"),
        (Scenario, {"assumptions": {"horizon_years": 50.5}}, "a whole number"),
        (Assumptions, {"horizon_years": 0}, "from 1 to 500"),
        (Assumptions, {"horizon_years": 501}, "from 1 to 500"),
        (Assumptions, {"effect": 0.8}, "from 0 to 0.762"),
        (Assumptions, {"effect": None}, "“effect” is None"),
        (RankSettings, {"uncovered_only": "no"}, "“no” is no uncovered_only here. Expected: true, false"),
        (RankSettings, {"uncovered_only": 0}, "is no uncovered_only"),
        (RankSettings, {"filters": 3}, "is no filters"),
        (Weights, {"pressure": "30"}, "“pressure” is 30"),
        (Weights, {"pressure": -1}, "“pressure” is -1"),
        (Weights, {"irreplaceability": 0, "extinction": 0, "pressure": 0}, "All weights are zero"),
        (Weights, {"national": "water"}, "is no national here. Expected: pairs of a field and points"),
        (Weights, {"national": [["water"]]}, "is no national"),
        (Weights, {"national": [["water", 1, 2]]}, "is no national"),
        (Weights, {"national": [[3, 1]]}, "is no national"),
        (Weights, {"national": [["", 1]]}, "is no national"),
        (Weights, {"national": [["water", -1]]}, "“national:water” is -1"),
        (Weights, {"national": [["water", math.nan]]}, "“national:water” is nan"),
        (Weights, {"reverse": "pressure"}, "is no reverse here. Expected: a list of texts"),
        (Weights, {"reverse": ["gap"]}, "“gap” is no reverse here. Expected: pressure, areas, neighbours"),
        (Weights, {"shares": {}}, "“shares” is not a setting here. Expected: irreplaceability, extinction"),
        (Assumptions, {"scheme": "mine"}, "“mine” is no scheme here. Expected: criterion_e, iucn50"),
        (Assumptions, {"scheme": None}, "is no scheme"),
        (Assumptions, {"scheme": ["edge2"]}, "is no scheme"),
        (Assumptions, {"ratio": 0.5}, "“ratio” is 0.5; expected is a number from 1 to 10"),
        (Assumptions, {"ratio": 10.5}, "from 1 to 10"),
        (Assumptions, {"ratio": "2"}, "“ratio” is 2"),
        (RankSettings, {"unknown": "zero"}, "“zero” is no unknown here. Expected: range, low, high, impute"),
        (RankSettings, {"scope": "MEX"}, "“MEX” is no scope here. Expected: a list of texts"),
        (RankSettings, {"beyond": "A"}, "is no beyond"),
        (RankSettings, {"stopped": [1]}, "is no stopped"),
        (RankSettings, {"beyond": ["A", "B"], "stopped": ["B"]}, "“B” is no stopped here"),
        (RankSettings, {"assumptions": {"scheme": "mine"}}, "is no scheme"),
        (Uncertainty, {"spread": "wide"}, "“wide” is no spread here. Expected: near, flat, ordinal"),
        (Uncertainty, {"votes": 0}, "“votes” is 0; expected is a number from 1 to"),
        (Uncertainty, {"data": 1}, "is no data here. Expected: true, false"),
        (Uncertainty, {"top": 0}, "“top” is 0"),
        (Uncertainty, {"top": 2.5}, "whole number"),
        (Uncertainty, {"draws": 0}, "“draws” is 0"),
        (Uncertainty, {"draws": 10**7}, "“draws” is 10000000"),
        (Uncertainty, {"seed": -1}, "“seed” is -1"),
        (Scenario, [1], "Expected: budget_kind, budget"),
        (Scenario, None, "Expected: budget_kind, budget"),
    ],
)
def test_what_does_not_fit_is_a_sentence(kind: type[Choice], given: object, words: str) -> None:
    with pytest.raises(SettingError) as caught:
        kind.from_dict(given)  # type: ignore[arg-type]
    assert words in explain(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


FIELDS = ("budget_kind", "budget", "locked_in", "locked_out", "filters", "assumptions")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, json_values)))
def test_any_json_is_a_scenario_or_a_sentence(content: dict[str, object]) -> None:
    try:
        scenario = Scenario.from_dict(content)
    except SettingError as error:
        explain(error)  # has words that fit
        return
    assert Scenario.from_dict(scenario.to_dict()) == scenario


def test_order_and_doubles_in_a_list_do_not_matter() -> None:
    assert Filters(countries=("PER", "MEX", "PER")) == Filters(countries=["MEX", "PER"])
    assert Scenario(locked_in=("B", "A", "B")).locked_in == ("A", "B")


@pytest.mark.parametrize(
    ("chosen", "sites"),
    [
        (Filters(), "ABCD"),
        (Filters(countries=("USA",)), "B"),
        (Filters(countries=("USA", "FRA")), "BC"),
        (Filters(regions=("americas",)), "ABD"),
        (Filters(categories=("EN",)), "BC"),
        (Filters(categories=("unknown",)), "C"),
        (Filters(categories=("EW", "unknown")), "CD"),
        (Filters(classes=("Mammalia",)), "BD"),
        (Filters(countries=("MEX",), classes=("Mammalia",), categories=("EW",)), "D"),
        (Filters(countries=("MEX",), regions=("europe_middle_east",)), ""),
        # class and category may be met by different species of the site
        (Filters(classes=("Mammalia",), categories=("EN",)), "B"),
        (Filters(countries=("XXX",)), ""),
    ],
)
def test_filters_leave_sites_in_order(chosen: Filters, sites: str) -> None:
    inventory = make_inventory(classes={"b1": "Mammalia", "d1": "Mammalia"})
    assert list(inventory.where(chosen)) == list(sites)
    assert chosen.active == (sites != "ABCD")


def test_countries_of_a_site_are_told_apart() -> None:
    inventory = make_inventory()
    assert inventory.countries_of().to_numpy().tolist() == [
        ["A", "MEX"],
        ["B", "MEX"],
        ["B", "USA"],
        ["C", "FRA"],
        ["D", "MEX"],
    ]
    assert inventory.countries_of(inventory.where(Filters(countries=("USA",))))["iso3"].tolist() == [
        "MEX",
        "USA",
    ]


def test_version_speaks_of_itself() -> None:
    version = make_inventory().version
    assert version.short_hash == version.content_hash[:8]
    assert not version.is_current
    assert (version.n_sites, version.n_species, version.n_occurrences) == (4, 7, 7)


@given(weights, st.floats(1e-3, 1e3))
def test_only_proportions_of_weights_matter(given: Weights, factor: float) -> None:
    scaled = {code: factor * points for code, points in given.points.items()}
    if max(scaled.values()) > 1e9 or min(w for w in scaled.values() if w) < 1e-100:
        return
    again = Weights.of(scaled, given.reverse)
    assert again.shares == pytest.approx(given.shares)
    assert again.reverse == given.reverse
    assert sum(given.shares.values()) == pytest.approx(1)


def test_shares_name_only_criteria_with_weight() -> None:
    chosen = Weights(2, 0, 1, gap=4, national=(("water", 1), ("roads", 0)))
    assert chosen.shares == {
        "irreplaceability": 2 / 8,
        "pressure": 1 / 8,
        "gap": 4 / 8,
        "national:water": 1 / 8,
    }
    assert set(chosen.points) == {*CRITERIA, "national:water", "national:roads"}
    assert chosen.points["national:roads"] == 0


@given(weights)
def test_weights_are_made_again_from_their_points(given: Weights) -> None:
    assert Weights.of(given.points, given.reverse) == given


def test_order_of_national_criteria_does_not_matter() -> None:
    one = Weights(national=(("water", 1), ("roads", 2)), reverse=("pressure", "national:water"))
    two = Weights(national=(("roads", 2), ("water", 1)), reverse=("national:water", "pressure", "pressure"))
    assert one == two
    assert hash(one) == hash(two)
    assert Weights(national={"water": 1}).national == (("water", 1.0),)  # type: ignore[arg-type]


def test_the_category_counts_on_one_axis_only() -> None:
    assert Weights(1, 0, 0, star=1).shares == {"irreplaceability": 0.5, "star": 0.5}
    assert Weights(1, 1, 0).shares == {"irreplaceability": 0.5, "extinction": 0.5}
    with pytest.raises(SettingError, match="category_twice") as caught:
        Weights(1, 1, 0, star=1)
    assert explain(caught.value)


def test_a_weighting_without_some_criteria() -> None:
    chosen = Weights(2, 1, 1, reverse=("pressure",))
    left = chosen.without(["extinction"])
    assert left is not None
    assert left.shares == {"irreplaceability": 2 / 3, "pressure": 1 / 3}
    assert left.reverse == ("pressure",)
    assert chosen.without([]) == chosen
    assert chosen.without(["irreplaceability", "extinction", "pressure"]) is None


@pytest.mark.parametrize("code", ["height", "national:", "national", "National:water"])
def test_points_of_a_criterion_that_is_not_known(code: str) -> None:
    with pytest.raises(SettingError, match="not_one_of"):
        Weights.of({code: 1})


def test_choices_differ_by_each_of_their_new_fields() -> None:
    every = [
        RankSettings(),
        RankSettings(scope=("MEX",)),
        RankSettings(unknown="low"),
        RankSettings(beyond=("A",)),
        RankSettings(stopped=("A",)),
        RankSettings(assumptions=Assumptions(scheme="ratio")),
        RankSettings(assumptions=Assumptions(scheme="ratio", ratio=3)),
    ]
    assert len(set(every)) == len(every)
    assert RankSettings(scope=["USA", "MEX", "USA"]).scope == ("MEX", "USA")  # type: ignore[arg-type]


def test_lists_are_looked_at_one_at_a_time() -> None:
    sites = {**SITES, "K": {"list": "other_kba"}, "L": {"list": "de_listed"}}
    made = make_inventory(sites)
    assert made.main_list == "global_aze"
    assert made.where(Filters()).tolist() == ["A", "B", "C", "D"]
    assert made.where(Filters(list_type="other_kba")).tolist() == ["K"]
    assert made.where(Filters(("MEX",), list_type="de_listed")).tolist() == ["L"]
    assert not Filters(list_type="other_kba").active
    only_others = make_inventory({"K": {"list": "other_kba"}, "M": {"list": "other_kba"}}, {})
    assert only_others.main_list == "other_kba"
    assert len(only_others.where(Filters())) == 2
    with pytest.raises(SettingError):
        Filters(list_type="mine")


def test_what_is_known_of_a_site_can_filter() -> None:
    frames = make_frames()
    frames["national"] = frame(
        "national",
        [
            {"site_id": site, "field": field, "entry": 1, "value": value, "kind": "text"}
            for site, field, value in (
                ("A", "admin_region", "North"),
                ("B", "admin_region", "South"),
                ("C", "admin_region", "East"),
                ("A", "already_funded_by", "none"),
            )
        ],
    ).assign(scorable=False, source="hand")
    frames["rights"] = frame(
        "rights",
        [
            {"site_id": "A", "entry": 1, "consent_stage": "given"},
            {"site_id": "A", "entry": 2, "consent_stage": "withheld"},
            {"site_id": "B", "entry": 1, "consent_stage": "given"},
        ],
    ).assign(source="hand")
    made = as_inventory(frames)

    def where(*known: str) -> list[str]:
        return list(made.where(Filters(knowledge=known)))

    assert where("admin_region=North", "admin_region=East") == ["A", "C"]
    assert where("admin_region=North", "consent_stage=given") == ["A"]
    assert where("consent_stage=withheld") == ["A"]
    assert where("admin_region=West") == []
    assert Filters(knowledge=("x=y",)).active
    for entry in ("x", "=y", "x="):
        with pytest.raises(SettingError):
            Filters(knowledge=(entry,))

"""The scenario as a choice, its actions and objectives: by hand, and against every subset there is."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import AzeError, ScenarioError, SettingError
from aze_core.domain.model import Assumptions, Filters, Weights
from aze_core.domain.settings import value
from aze_core.locale import explain, t
from aze_core.ranking.score import rank_sites
from aze_core.scenarios import Scenario, solve
from aze_core.scenarios.actions import ACTIONS, STATED, UNMODELLED, after_actions, site_actions
from aze_core.scenarios.effects import species_effects
from aze_core.scenarios.evaluate import species_state
from aze_core.scenarios.holds import Lost, still_holds
from aze_core.scenarios.problem import plan_gain, plan_value, top_plan
from tests.helpers import make_inventory
from tests.scenarios.test_conflicts import with_rights

CR, EN, EFFECT = 0.75, 0.2, 0.5
TWENTY = Assumptions(20, EFFECT)
SITES: dict[str, Any] = {
    "N": {"area": 4, "cover": {2010: 0.0}},
    "P": {"area": 10, "cover": {2010: 0.4}, "iso3": "PER"},
    "C": {"area": 6, "cover": {2010: 1.0}},
    "U": {"area": 3, "cover": {}},
}
SPECIES: dict[str, Any] = {"n": ("CR", ["N"]), "p": ("EN", ["P"]), "c": ("CR", ["C"]), "u": ("CR", ["U"])}
THREAT = ("c", "8.1", "Ongoing", "Whole (>90%)", "Rapid Declines")

FULL = Scenario(
    "cost",
    12.5,
    ("A",),
    ("B",),
    Filters(countries=("MEX",)),
    Assumptions(30, 0.25),
    "weighted",
    Weights(1, 0, 2),
    (("Amphibia", 0.1),),
    (("8.1", 0.0),),
    "oecm",
    (("A", "survey"),),
    (("management", 0.5),),
    0.8,
    ("a1",),
    (("country", "MEX", 1),),
    (("region", "americas", 3),),
    True,
    "median",
    "price",
    0.6,
)


def test_a_scenario_is_read_back_whole() -> None:
    written = json.loads(json.dumps(FULL.to_dict()))
    assert Scenario.from_dict(written) == FULL
    assert hash(Scenario.from_dict(written)) == hash(FULL)
    # the first form had no number and fewer parts
    assert Scenario.from_dict({"budget": 3, "locked_in": ["A"]}) == Scenario(budget=3, locked_in=("A",))


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"schema": 3}, "newer_scenario"),
        ({"schema": "2"}, "bad_number"),
        ({"bugdet": 3}, "unknown_setting"),
        ({"budget": -1}, "bad_number"),
        ({"budget": 2.5}, "not_whole"),
        ({"budget_kind": "dollars"}, "not_one_of"),
        ({"objective": "fame"}, "not_one_of"),
        ({"objective": "weighted"}, "no_weights"),
        ({"action": "fence"}, "not_one_of"),
        ({"actions": [["A", "fence"]]}, "not_one_of"),
        ({"actions": [["A", "oecm"], ["A", "survey"]]}, "said_twice"),
        ({"actions": "A"}, "not_one_of"),
        ({"held": [["survey", 0.5]]}, "not_one_of"),
        ({"held": [["management", 1.5]]}, "bad_number"),
        ({"to_share": 0}, "bad_number"),
        ({"class_effects": [["Aves", 0.9]]}, "bad_number"),
        ({"floors": [["country", "MEX", -1]]}, "bad_number"),
        ({"floors": [["country", "MEX"]]}, "not_one_of"),
        ({"floors": [["planet", "Mars", 1]]}, "not_one_of"),
        ({"floors": [["country", "MEX", 1], ["country", "MEX", 2]]}, "said_twice"),
        ({"allow_withheld": "yes"}, "not_one_of"),
        ({"unknown_cost": "guess"}, "not_one_of"),
        ({"cost_field": ""}, "not_one_of"),
        ({"elasticity": 0}, "bad_number"),
    ],
)
def test_what_a_scenario_cannot_be(given_: dict[str, Any], code: str) -> None:
    with pytest.raises(SettingError, match=code) as caught:
        Scenario.from_dict(given_)
    assert explain(caught.value)


def test_what_no_longer_holds() -> None:
    expected = [
        Lost("must_have", ("gone",)),
        Lost("floors", ("country:XXX",)),
        Lost("threat_effects", ("8.1",)),
        Lost("cost_field", ("cost",)),
        Lost("weights", ("national:water",)),
        Lost("filters.countries", ("XXX",)),
        Lost("filters.knowledge", ("mandate=navy",)),
    ]
    scenario = Scenario(
        "cost",
        filters=Filters(countries=("MEX", "XXX"), knowledge=("mandate=navy",)),
        weights=Weights(1, 0, 0, national=(("water", 1),)),
        threat_effects=(("8.1", 0),),
        must_have=("gone", "n"),
        floors=(("country", "XXX", 1), ("country", "PER", 1)),
    )
    found = still_holds(make_inventory(SITES, SPECIES), scenario)
    assert found == expected
    assert all(t(f"scenario_part.{lost.setting}") for lost in found)
    assert still_holds(make_inventory(SITES, SPECIES), Scenario(locked_in=("N",))) == []


# ---------------------------------------------------------------- actions


@pytest.mark.parametrize(
    ("action", "can", "cover", "held"),
    [
        ("protection", "NPU", {"N": 0.8, "P": 0.8, "U": 0.8}, {}),
        ("new_area", "NU", {"N": 0.8, "U": 0.8}, {}),
        ("extension", "P", {"P": 0.8}, {}),
        ("oecm", "NPU", {"N": 0.8, "P": 0.8, "U": 0.8}, {}),
        ("territory", "NPU", {"N": 0.8, "P": 0.8, "U": 0.8}, {}),
        ("management", "PC", {}, {"P": 0.6}),
        ("threat_control", "C", {}, {}),
        ("restoration", "NPCU", {}, {"N": 0.3}),
        ("ex_situ", "NPCU", {}, {}),
        ("survey", "NPCU", {}, {}),
    ],
)
def test_where_an_action_can_be_and_what_it_does(
    action: str, can: str, cover: dict[str, float], held: dict[str, float]
) -> None:
    inventory = make_inventory(SITES, SPECIES, threats=[THREAT])
    stated = (("management", 0.6), ("restoration", 0.3), ("threat_control", 1.0))
    scenario = Scenario(action=action, to_share=0.8, held=stated)
    actions = site_actions(inventory, scenario)
    assert set(actions.index[actions != ""]) == set(can)
    before = {"N": 0.0, "P": 0.4, "C": 1.0, "U": float("nan")}
    after = after_actions(inventory, scenario, tuple(SITES))
    assert after["cover"].to_dict() == pytest.approx({**before, **cover}, nan_ok=True)
    assert after["held"].to_dict() == pytest.approx({**before, **cover, **held}, nan_ok=True)
    assert after_actions(inventory, scenario, ())["held"].to_dict() == pytest.approx(before, nan_ok=True)


def test_every_action_has_its_words() -> None:
    for action in ACTIONS:
        assert t(f"action.{action}")
        assert t(f"action_does.{action}")


@pytest.mark.parametrize("action", [*STATED, *UNMODELLED])
def test_without_evidence_an_action_has_no_modelled_effect(action: str) -> None:
    inventory = make_inventory(SITES, SPECIES, threats=[THREAT])
    found = solve(inventory, Scenario(budget=9, action=action, assumptions=TWENTY))
    assert (found.selected, found.objective) == ((), 0)


def test_a_share_and_an_action_of_ones_own() -> None:
    inventory = make_inventory(SITES, SPECIES)
    scenario = Scenario("km2", 9, to_share=0.5, assumptions=TWENTY)
    found = solve(inventory, scenario)
    assert found.selected == ("N", "P")
    assert found.cost == pytest.approx(4 * 0.5 + 10 * (0.5 - 0.4))
    assert found.objective == pytest.approx((CR * 0.5 + EN * 0.1) * EFFECT)
    assert found.species == 0
    own = solve(inventory, replace(scenario, actions=(("N", "restoration"),), held=(("restoration", 0.9),)))
    assert own.objective == pytest.approx((CR * 0.9 + EN * 0.1) * EFFECT)
    assert own.cost == pytest.approx(4 + 10 * (0.5 - 0.4))
    assert solve(inventory, replace(scenario, action="extension")).unfit == ("N", "U")


def test_effects_by_class_and_threat_by_hand() -> None:
    threats = [
        ("n", "8.1.2", "Ongoing", "Whole (>90%)", "Rapid Declines"),
        ("n", "2.1", "Ongoing", "Minority (<50%)", "Slow, Significant Declines"),
    ]
    inventory = make_inventory(SITES, SPECIES, {"p": "Amphibia"}, threats=threats)
    found = species_effects(inventory, 0.5, (("Amphibia", 0.25),), (("8", 0.1), ("8.1", 0.0)))
    assert found.to_dict() == pytest.approx({"n": (5 * 0.5) / (24 + 5), "p": 0.25, "c": 0.5, "u": 0.5})
    scenario = Scenario(budget=2, assumptions=TWENTY, class_effects=(("Amphibia", 0.25),))
    assert solve(inventory, scenario).objective == pytest.approx(CR * 0.5 + EN * 0.6 * 0.25)


# ---------------------------------------------------------------- money, consent


def test_the_users_own_cost() -> None:
    costs = {"cost": {"N": 70.0, "P": 30.0, "C": 1.0}}
    inventory = make_inventory(SITES, SPECIES, national=costs)
    scenario = Scenario("cost", 99, assumptions=TWENTY)
    assert solve(inventory, scenario).selected == ("N",)
    assert solve(inventory, replace(scenario, budget=100)).cost == 100
    with pytest.raises(ScenarioError, match="no_costs"):
        solve(inventory, replace(scenario, cost_field="price"))


def test_a_cost_that_is_not_known() -> None:
    sites = {key: {**SITES["N"], "area": area} for key, area in zip("XYZ", (2, 6, None), strict=True)}
    inventory = make_inventory(sites, {key.lower(): ("CR", [key]) for key in sites})
    scenario = Scenario("km2", 99)
    assert solve(inventory, scenario).left_out == ("Z",)
    filled = solve(inventory, replace(scenario, unknown_cost="median"))
    assert (filled.filled, filled.cost, filled.left_out) == (("Z",), 2 + 6 + (2 + 6) / 2, ())
    index = solve(inventory, replace(scenario, budget_kind="index", elasticity=0.5))
    assert index.cost == pytest.approx(2**0.5 + 6**0.5)


def test_consent_locks_out_and_what_is_not_known_is_told() -> None:
    inventory = with_rights(make_inventory(SITES, SPECIES), {"N": "withheld", "P": "unknown"})
    found = solve(inventory, Scenario(budget=9))
    assert (found.selected, found.withheld, found.consent_unknown) == (("P",), ("N",), ("P",))
    switched = solve(inventory, Scenario(budget=9, allow_withheld=True))
    assert (switched.selected, switched.withheld, switched.consent_unknown) == (("N", "P"), (), ("P",))


# ---------------------------------------------------------------- objectives

rows = st.tuples(
    st.sampled_from([0.0, 0.0, 0.5, 0.98]), st.sampled_from([1.0, 2.0, 3.3]), st.sampled_from(["MEX", "PER"])
)


@settings(max_examples=12, deadline=None)
@given(st.lists(rows, min_size=1, max_size=7), st.data())
def test_every_objective_is_the_best_of_all_subsets(
    drawn: list[tuple[float, float, str]], data: st.DataObject
) -> None:
    sites = {f"S{n}": {"cover": {2010: c}, "area": a, "iso3": i} for n, (c, a, i) in enumerate(drawn)}
    place = st.tuples(
        st.sampled_from(sorted(sites)),
        st.sampled_from([1.0, 0.5]),
        st.sampled_from([None, None, "breeding", "wintering"]),
    )
    places = st.lists(place, min_size=1, max_size=3, unique_by=lambda each: each[0])
    kinds = st.sampled_from(["CR", "EN", None])
    species = {
        f"s{n}": each for n, each in enumerate(data.draw(st.lists(st.tuples(kinds, places), max_size=6)))
    }
    inventory = make_inventory(sites, species)  # type: ignore[arg-type]
    objective = data.draw(st.sampled_from(["risk", "species", "star", "weighted", "lexicographic"]))
    there = sorted({site["iso3"] for site in sites.values()})
    quota = st.tuples(st.just("country"), st.sampled_from(there), st.integers(0, 2))
    scenario = Scenario(
        data.draw(st.sampled_from(["sites", "km2"])),
        data.draw(st.sampled_from([1, 3, 5])),
        assumptions=TWENTY,
        objective=objective,
        weights=Weights(1, 1, 0),
        to_share=data.draw(st.sampled_from([1.0, 1.0, 0.7])),
        floors=tuple(data.draw(st.lists(quota, max_size=1))),
        ceilings=tuple(data.draw(st.lists(quota, max_size=1))),
    )
    try:
        found = solve(inventory, scenario)
    except AzeError:
        return  # told by tests of conflicts
    share = {key: site["cover"][2010] for key, site in sites.items()}
    cost = {
        key: 1.0 if scenario.budget_kind == "sites" else sites[key]["area"] * (scenario.to_share - now)
        for key, now in share.items()
        if now < 0.98 and now < scenario.to_share
    }
    before = after_actions(inventory, scenario, ())["cover"]
    complete = species_state(inventory.occurrences, before)["all_complete"].sum()
    scored = rank_sites(inventory, scenario.weights)["score"].fillna(0) if objective == "weighted" else None
    points = {"CR": value("threat.star.CR"), "EN": value("threat.star.EN"), None: 0}

    def worth(chosen: tuple[str, ...]) -> tuple[float, float]:
        after = after_actions(inventory, scenario, chosen)
        held = after["held"]
        counted = species_state(inventory.occurrences, after["cover"])["all_complete"].sum() - complete
        if objective == "species":
            return 0.0, float(counted)
        if objective == "star":
            parts = [
                points[kind] * part * (held[site] - share[site])  # type: ignore[index]
                for kind, at in species.values()
                for site, part, _ in at
            ]
            return 0.0, float(sum(parts))
        if scored is not None:
            return 0.0, float(scored.reindex(list(chosen)).fillna(0).sum())
        return (float(counted) if objective == "lexicographic" else 0.0), plan_gain(
            inventory, scenario, chosen
        )

    def keeps(chosen: tuple[str, ...]) -> bool:
        held = {code: sum(sites[key]["iso3"] == code for key in chosen) for code in there}
        return (
            sum(cost[key] for key in chosen) <= scenario.budget + 1e-9
            and all(held[code] >= n for _, code, n in scenario.floors)
            and all(held[code] <= n for _, code, n in scenario.ceilings)
        )

    plans = [c for size in range(len(cost) + 1) for c in combinations(cost, size) if keeps(c)]
    first, best = max((round(a, 9), round(b, 9)) for a, b in map(worth, plans))
    assert keeps(found.selected)
    assert worth(found.selected)[0] == first
    assert found.objective == pytest.approx(best, abs=1e-7)
    assert found.bound >= found.objective - 1e-12
    assert plan_value(inventory, scenario, found.selected) == pytest.approx(best, abs=1e-7)
    equal = [c for c in plans if worth(c)[0] >= first - 1e-9 and worth(c)[1] >= best - 1e-8]
    assert found.cost == pytest.approx(min(sum(cost[key] for key in c) for c in equal), abs=1e-6)
    if objective == "lexicographic":
        assert found.species == first
    top = top_plan(inventory, scenario, scenario.weights)
    assert top.cost <= scenario.budget + 1e-9
    assert bool(top.missed) != keeps(top.selected)
    more = solve(inventory, replace(scenario, budget=scenario.budget + 1))
    if objective == "lexicographic":
        assert (more.species, more.objective + 1e-7) >= (found.species, found.objective)
    else:
        assert more.objective >= found.objective - 1e-7
    looser = solve(inventory, replace(scenario, floors=(), ceilings=()))
    assert (looser.species if objective == "lexicographic" else looser.objective + 1e-7) >= (
        found.species if objective == "lexicographic" else found.objective
    )

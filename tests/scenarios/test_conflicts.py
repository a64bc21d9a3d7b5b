"""What cannot be had together is told by name, and what is suggested can be had: against every subset."""

from __future__ import annotations

import dataclasses
import re
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import Inventory
from aze_core.locale import explain, t
from aze_core.scenarios import Scenario, solve
from aze_core.scenarios import exact as solver
from aze_core.scenarios.conflicts import Conflict, Part, conflicts
from aze_core.scenarios.curve import curve
from aze_core.scenarios.problem import top_plan
from tests.helpers import frame, make_inventory

COUNTRIES = ("FRA", "MEX", "MEX;PER", "PER")
Sites = dict[str, dict[str, Any]]
Species = dict[str, list[str]]
ALL = 10**9


def with_rights(inventory: Inventory, stages: dict[str, str]) -> Inventory:
    rows = [
        {"site_id": site, "entry": 1, "consent_stage": stage, "source": "hand"}
        for site, stage in stages.items()
    ]
    return dataclasses.replace(inventory, rights=frame("rights", rows), memo={})


def inventory_of(sites: Sites, species: Species) -> Inventory:
    made = make_inventory(sites, {name: ("CR", list(at)) for name, at in species.items()})
    return with_rights(made, {key: "withheld" for key, site in sites.items() if site.get("withheld")})


@st.composite
def cases(draw: st.DrawFn, most: int = 7) -> tuple[Sites, Species]:
    rows = st.tuples(
        st.sampled_from([0.0, 0.0, 0.5, 0.98, None]),
        st.sampled_from([None, 1.0, 2.0, 3.7]),
        st.sampled_from(COUNTRIES),
        st.booleans() if draw(st.booleans()) else st.just(False),
    )
    sites = {
        f"S{n}": {"cover": {} if cover is None else {2010: cover}, "area": area, "iso3": iso3, "withheld": no}
        for n, (cover, area, iso3, no) in enumerate(draw(st.lists(rows, min_size=1, max_size=most)))
    }
    places = st.lists(st.sampled_from(sorted(sites)), min_size=1, max_size=2, unique=True)
    species = {f"s{n}": at for n, at in enumerate(draw(st.lists(places, min_size=1, max_size=4)))}
    return sites, species


@st.composite
def scenarios(draw: st.DrawFn, sites: Sites, species: Species) -> Scenario:
    def some(options: list[str], most: int) -> tuple[str, ...]:
        return tuple(draw(st.lists(st.sampled_from(options), max_size=most, unique=True)))

    there = sorted({code for site in sites.values() for code in site["iso3"].split(";")})
    entry = st.tuples(
        st.sampled_from([("country", code) for code in there] + [("region", "americas")]), st.integers(0, 4)
    )

    def entries() -> tuple[tuple[str, str, int], ...]:
        drawn = draw(st.lists(entry, max_size=3, unique_by=lambda each: each[0]))
        return tuple((kind, code, number) for (kind, code), number in drawn)

    return Scenario(
        budget_kind=draw(st.sampled_from(["sites", "km2"])),
        budget=draw(st.sampled_from([0, 1, 2, 3, 9])),
        locked_in=some(sorted(sites), 2),
        locked_out=some(sorted(sites), 2),
        must_have=some(sorted(species), 2),
        floors=entries(),
        ceilings=entries(),
        allow_withheld=draw(st.booleans()),
    )


def can_be_had(case: tuple[Sites, Species], scenario: Scenario) -> bool:
    """Whether any subset of the sites is a plan, worked out from the rows themselves."""
    sites, species = case
    if set(scenario.locked_in) & set(scenario.locked_out):
        return False
    cover = {key: site["cover"].get(2010) for key, site in sites.items()}
    open_ = {key for key, share in cover.items() if share is None or share < 0.98}
    barred = {key for key in open_ if sites[key]["withheld"] and not scenario.allow_withheld}
    barred |= set(scenario.locked_out)
    forced = (set(scenario.locked_in) & open_) | {
        key for name in scenario.must_have for key in species[name] if key in open_
    }
    if forced & barred:
        return False
    cost: dict[str, float] = {}
    for key in open_ - barred:
        if scenario.budget_kind == "sites":
            if cover[key] is not None or key in forced:
                cost[key] = 1.0
        elif cover[key] is not None and sites[key]["area"] is not None:
            cost[key] = sites[key]["area"] * (1 - cover[key])
    if not forced <= set(cost):
        return False

    def number(chosen: set[str], kind: str, code: str) -> int:
        return len(chosen) if kind == "region" else sum(code in sites[k]["iso3"].split(";") for k in chosen)

    return any(
        sum(cost[key] for key in chosen) <= scenario.budget + 1e-9
        and forced <= chosen
        and all(number(chosen, kind, code) >= n for kind, code, n in scenario.floors)
        and all(number(chosen, kind, code) <= n for kind, code, n in scenario.ceilings)
        for size in range(len(cost) + 1)
        for chosen in map(set, combinations(cost, size))
    )


def only(scenario: Scenario, parts: tuple[Part, ...], withheld: bool) -> Scenario:
    """The scenario that asks for these parts alone."""
    held = {kind: {part.code for part in parts if part.kind == kind} for kind in {p.kind for p in parts}}
    get = held.get
    return dataclasses.replace(
        scenario,
        budget=scenario.budget if get("budget") else ALL,
        locked_in=tuple(get("locked_in", ())),
        locked_out=tuple(get("locked_out", ())),
        must_have=tuple(get("must_have", ())),
        floors=tuple(e for e in scenario.floors if f"{e[0]}:{e[1]}" in get("floor", ())),
        ceilings=tuple(e for e in scenario.ceilings if f"{e[0]}:{e[1]}" in get("ceiling", ())),
        allow_withheld=withheld,
    )


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_every_conflict_is_one_and_every_suggestion_fits(data: st.DataObject) -> None:
    case = data.draw(cases())
    scenario = data.draw(scenarios(*case))
    inventory = inventory_of(*case)
    found = conflicts(inventory, scenario)
    assert (found == []) == can_be_had(case, scenario)
    if not found:
        plan = solve(inventory, scenario)
        for site in plan.selected:
            assert not case[0][site]["withheld"] or scenario.allow_withheld
        return
    with pytest.raises(ScenarioError, match=found[0].code):
        solve(inventory, scenario)
    with pytest.raises(ScenarioError, match=found[0].code):
        top_plan(inventory, scenario)
    for conflict in found:
        named = {part.code for part in conflict.parts if part.kind == "withheld"}
        rows = {key: {**site, "withheld": key in named} for key, site in case[0].items()}
        alone = only(scenario, conflict.parts, withheld=not named)
        assert not can_be_had((rows, case[1]), alone), conflict.code
        assert can_be_had(case, conflict.suggestion)
        assert explain(conflict.error)
        assert t(f"conflict.change.{conflict.change}", **conflict.change_fields)
    assert conflicts(inventory, found[0].suggestion) == []
    solve(inventory, found[0].suggestion)


# ---------------------------------------------------------------- by hand

SITES: Sites = {
    "A": {"iso3": "MEX", "area": 1},
    "B": {"iso3": "MEX", "area": 2},
    "C": {"iso3": "PER", "area": 4},
    "D": {"iso3": "MEX;PER", "area": 8, "withheld": True},
}
SPECIES: Species = {"a": ["A"], "b": ["B"], "crane": ["A", "C"], "d": ["D"]}


def told(**choice: Any) -> list[Conflict]:
    return conflicts(inventory_of(SITES, SPECIES), Scenario(**choice))


def changed(scenario: Scenario, start: dict[str, Any]) -> dict[str, Any]:
    """What a suggestion has changed."""
    before = Scenario(**start).to_dict()
    return {name: item for name, item in scenario.to_dict().items() if item != before[name]}


@pytest.mark.parametrize(
    ("choice", "code", "change"),
    [
        ({"locked_in": ["A"], "locked_out": ["A"]}, "locked_both_ways", {"locked_in": ()}),
        ({"locked_in": ["A", "D"]}, "locked_withheld", {"locked_in": ("A",)}),
        ({"must_have": ["d"]}, "must_have_withheld", {"must_have": ()}),
        ({"must_have": ["crane"], "locked_out": ["B", "C"]}, "must_have_locked_out", {"locked_out": ("B",)}),
        ({"must_have": ["a"], "action": "extension"}, "must_have_outside", {"must_have": ()}),
        (
            {"floors": [["country", "PER", 2]]},
            "floor_too_high",
            {"floors": (("country", "PER", 1),)},
        ),
        (
            {"floors": [["country", "MEX", 2]], "ceilings": [["country", "MEX", 1]]},
            "floor_above_ceiling",
            {"floors": (("country", "MEX", 1),)},
        ),
        (
            {"locked_in": ["A", "B"], "ceilings": [["country", "MEX", 1]]},
            "ceiling_below_locks",
            {"ceilings": (("country", "MEX", 2),)},
        ),
        (
            {
                "floors": [["country", "MEX", 2], ["country", "PER", 1]],
                "ceilings": [["region", "americas", 2]],
            },
            "quotas_together",
            {"floors": (("country", "MEX", 2), ("country", "PER", 0))},
        ),
        (
            {"budget": 2, "floors": [["country", "MEX", 2], ["country", "PER", 1]]},
            "over_budget_sites",
            {"budget": 3.0},
        ),
        (
            {"budget": 4, "budget_kind": "km2", "must_have": ["crane"]},
            "locked_over_budget_km2",
            {"budget": 5.0},
        ),
    ],
)
def test_each_kind_by_hand(choice: dict[str, Any], code: str, change: dict[str, Any]) -> None:
    found = told(**choice)
    assert [conflict.code for conflict in found] == [code]
    assert changed(found[0].suggestion, choice) == change


def test_a_site_in_two_countries_counts_in_both() -> None:
    assert told(budget=1, allow_withheld=True, floors=[["country", "MEX", 1], ["country", "PER", 1]]) == []


def test_one_conflict_after_the_other() -> None:
    choice = {"budget": 1, "locked_in": ["A", "D"], "floors": [["country", "PER", 3]]}
    found = told(**choice)
    assert [one.code for one in found] == ["locked_withheld", "floor_too_high", "over_budget_sites"]
    expected = {"budget": 2.0, "locked_in": ("A",), "floors": (("country", "PER", 1),)}
    assert all(changed(one.suggestion, choice) == expected for one in found)


def test_what_collides_is_told_by_name() -> None:
    [one] = told(budget=1, floors=[["country", "MEX", 1], ["country", "PER", 1]])
    assert set(one.parts) == {
        Part("budget"),
        Part("floor", "country:MEX"),
        Part("floor", "country:PER"),
        Part("withheld", "D"),
    }
    sentence = explain(one.error)
    assert "the floor of Land MEX" in sentence
    assert "consent withheld at Site D" in sentence
    assert re.search(r"Raise the budget to 2\b", sentence)


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"must_have": ["dodo"]}, "unknown_species"),
        ({"floors": [["country", "XXX", 1]]}, "unknown_quota"),
        ({"floors": [["income", "High", 1]]}, "unknown_quota"),
        ({"ceilings": [["class", "Fungi", 1]]}, "unknown_quota"),
        ({"actions": [["Nowhere", "oecm"]]}, "unknown_sites"),
        ({"budget_kind": "cost"}, "no_costs"),
    ],
)
def test_what_the_inventory_does_not_have(choice: dict[str, Any], code: str) -> None:
    with pytest.raises(ScenarioError, match=code) as caught:
        told(**choice)
    assert explain(caught.value)


def test_a_solver_without_time_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> None:
        raise TimeoutError

    choice = {"budget": 2, "floors": [["country", "MEX", 2], ["country", "PER", 1]]}
    monkeypatch.setattr("aze_core.scenarios.conflicts.least_cost", late)
    assert told(**choice) == []


FOUR: dict[str, Any] = {
    "A": {"iso3": "MEX", "area": 4},
    "B": {"iso3": "MEX", "area": 3},
    "C": {"iso3": "PER", "area": 2},
    "D": {"iso3": "PER", "area": 3},
}
KINDS: dict[str, Any] = {"a": ("CR", ["A"]), "b": ("CR", ["B"]), "c": ("EN", ["C"]), "d": ("EN", ["D"])}


def test_a_solver_that_is_not_done_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = make_inventory(FOUR, KINDS)
    scenario = Scenario("km2", 3, floors=[["country", "MEX", 1]])
    assert conflicts(inventory, scenario) == []
    whole = solver._solve

    def dear(*given: Any) -> tuple[Any, float, bool]:
        """Everything, and not the proof that it is the cheapest."""
        _, bound, _ = whole(*given)
        return np.ones(len(given[2][0])), bound, False

    monkeypatch.setattr(solver, "_solve", dear)
    assert conflicts(inventory, scenario) == []


def test_a_lower_floor_that_is_not_proven_is_said_to_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = make_inventory(FOUR, KINDS)
    choice: dict[str, Any] = {
        "floors": [["country", "MEX", 1], ["country", "PER", 2]],
        "ceilings": [["region", "americas", 2]],
    }
    (sure,) = conflicts(inventory, Scenario(**choice))
    assert (sure.change, sure.change_fields["to"]) == ("lower_floor", 2 - 1)

    def hasty(costs: Any, locked: Any, rows: Any, limit: float) -> tuple[Any, bool]:
        """Where as many as can be are sought: one that keeps the rows, and no proof."""
        found, proven = solver.least_cost(np.abs(costs), locked, rows, limit)
        return found, proven and not (costs < 0).any()

    monkeypatch.setattr("aze_core.scenarios.conflicts.least_cost", hasty)
    (one,) = conflicts(inventory, Scenario(**choice))
    assert (one.change, one.change_fields["to"]) == ("lower_floor_unproven", 0)
    assert "from 2 to 0; time ran out" in t(f"conflict.change.{one.change}", **one.change_fields)
    assert changed(one.suggestion, choice) == {"floors": (("country", "MEX", 1), ("country", "PER", 0))}


@pytest.mark.parametrize("kind", ["sites", "km2", "index"])
def test_a_need_that_is_not_proven_is_not_told(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = make_inventory(FOUR, KINDS)
    scenario = Scenario(kind, 1, floors=[["country", "MEX", 1], ["country", "PER", 1]])
    proofs: list[bool] = []

    def refused(last: int) -> ScenarioError:
        """What is raised where the call of this number has no proof."""

        def late(*given: Any) -> tuple[Any, bool]:
            found, proven = solver.least_cost(*given)
            proofs.append(proven and len(proofs) != last)
            return found, proofs[-1]

        proofs.clear()
        monkeypatch.setattr("aze_core.scenarios.conflicts.least_cost", late)
        with pytest.raises(ScenarioError) as caught:
            solve(inventory, scenario)
        return caught.value

    assert refused(-1).message_id == f"over_budget_{kind}"
    # the last call is the one that says what the parts named need
    error = refused(len(proofs) - 1)
    assert error.message_id == f"over_budget_{kind}_unproven"
    assert "need" not in error.fields
    assert "was not found in the time" in explain(error)


def test_what_is_named_needs_what_is_told() -> None:
    inventory = make_inventory(FOUR, KINDS)
    scenario = Scenario("km2", 1, floors=[["country", "MEX", 1], ["country", "PER", 1]])
    (one,) = conflicts(inventory, scenario)
    named = [part.code for part in one.parts if part.kind != "budget"]
    floors = [each for each in scenario.floors if f"{each[0]}:{each[1]}" in named]
    least = min(
        sum(FOUR[site]["area"] for site in chosen)
        for n in range(1, len(FOUR) + 1)
        for chosen in combinations(FOUR, n)
        if all(sum(FOUR[site]["iso3"] == code for site in chosen) >= number for _, code, number in floors)
    )
    assert one.fields["need"] == least
    assert "budget" not in one.fields["parts"]
    assert one.fields["to"] == one.suggestion.budget == one.change_fields["need"]


@pytest.mark.parametrize(
    ("choice", "words", "not_said"),
    [
        (
            {"must_have": ["crane", "b"], "ceilings": [["country", "MEX", 1]]},
            "or drop some of the species that must be in the plan: Species b, Species crane.",
            "nlock",
        ),
        (
            {"must_have": ["b"], "locked_in": ["A"], "ceilings": [["country", "MEX", 1]]},
            "Raise the ceiling, or unlock Site A (A), or drop Species b from the species that must",
            "some of",
        ),
        ({"must_have": ["crane"], "budget": 1}, "Raise the budget to 2, or drop Species crane from", "nlock"),
        ({"locked_in": ["A", "B"], "budget": 1}, "to 2, or unlock some of: Site A (A), Site B (B).", "drop"),
        (
            {"must_have": ["crane"], "budget": 1, "budget_kind": "km2"},
            "Raise the budget to at least 5.0 km², or drop Species crane from",
            "nlock",
        ),
        ({"floors": [["country", "PER", 2]]}, "Lower the floor to 1, or widen the filters.", "lock"),
        (
            {"floors": [["country", "MEX", 2]], "locked_out": ["A"]},
            "Lower the floor to 1, or no longer lock out Site A (A), or widen the filters.",
            "nlock",
        ),
        (
            {"floors": [["country", "PER", 1]], "must_have": ["a"], "ceilings": [["region", "americas", 1]]},
            "What would help: lower a floor, or raise a ceiling, or drop Species a from",
            "nlock",
        ),
    ],
)
def test_only_what_is_locked_can_be_unlocked(choice: dict[str, Any], words: str, not_said: str) -> None:
    sentence = explain(told(**choice)[0].error).replace("\xa0", " ")
    assert words in sentence
    assert not_said not in sentence


DEAR = {"cost": {"A": 6e11, "B": 7e11, "C": 1e11, "D": 2e11}}


@pytest.mark.parametrize(
    ("choice", "change", "left", "budget"),
    [
        # the dearer of the two goes, and the budget holds the other
        ({"locked_in": ("A", "B")}, "unlock", {"locked_in": ("A",)}, 6e11),
        ({"must_have": ("a", "b")}, "drop_must_have", {"must_have": ("a",)}, 6e11),
        ({"locked_in": ("A", "C"), "must_have": ("b",)}, "drop_must_have", {"must_have": ()}, 7e11),
        ({"locked_in": ("A", "C"), "must_have": ("b", "ab")}, "drop_must_have", {"must_have": ("b",)}, None),
        # B is asked for twice: only without the lock of A less is forced
        ({"locked_in": ("A", "B"), "must_have": ("b",)}, "unlock", {"locked_in": ("B",)}, 7e11),
        # A and B are all of Mexico, and the one that is left costs least
        ({"floors": (("country", "MEX", 2),)}, "lower_floor", {"floors": (("country", "MEX", 1),)}, 6e11),
        # beside B nothing is left for A, and C alone fits
        (
            {"locked_in": ("B",), "floors": (("country", "MEX", 2), ("country", "PER", 2))},
            "lower_floor",
            {"floors": (("country", "MEX", 1), ("country", "PER", 2))},
            1e12,
        ),
    ],
)
def test_what_forces_more_than_any_budget_gives_way(
    choice: dict[str, Any], change: str, left: dict[str, Any], budget: float | None
) -> None:
    inventory = make_inventory(FOUR, {**KINDS, "ab": ("CR", ["A", "B"])}, national=DEAR)
    scenario = Scenario("cost", 10, **choice)
    found = conflicts(inventory, scenario)
    assert (found[0].code, found[0].change) == ("beyond_any_budget", change)
    sentence = explain(found[0].error)
    assert sentence.startswith("What is asked for needs 1,")
    # only what is asked for can give way
    for way, kind in (("unlock", "locked_in"), ("drop", "must_have"), ("lower a floor", "floors")):
        named = any(part.kind == kind.removesuffix("s") for part in found[0].parts)
        assert (way in sentence) == named
    suggested = found[-1].suggestion
    if budget is None:  # one change was not enough
        assert found[1].code == "beyond_any_budget"
    else:
        assert [one.code for one in found[1:]] == [found[1].code]
        assert changed(suggested, {"budget_kind": "cost", "budget": 10, **choice}) == {
            **left,
            "budget": budget,
        }
    assert conflicts(inventory, suggested) == []
    assert solve(inventory, suggested).cost <= suggested.budget


def test_more_than_any_budget_hides_no_other_conflict() -> None:
    inventory = make_inventory(FOUR, KINDS, national=DEAR)
    scenario = Scenario("cost", 10, locked_in=("A", "B", "C"), locked_out=("C",))
    found = conflicts(inventory, scenario)
    assert [one.code for one in found] == ["locked_both_ways", "beyond_any_budget", "locked_over_budget_cost"]
    whole = curve(inventory, Scenario("cost", 10, floors=[["country", "PER", 1]]))
    assert whole["cost"].max() <= 1e12
    with pytest.raises(ScenarioError, match="beyond_any_budget") as caught:
        curve(inventory, Scenario("cost", 10, locked_in=("A", "B")))
    assert "1,300,000,000,000" in explain(caught.value)


@pytest.mark.parametrize("choice", [{"class_effects": [["Amphbia", 0.1]]}, {"threat_effects": [["99", 0.2]]}])
def test_effects_of_what_nobody_knows_are_refused(choice: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="unknown_effect") as caught:
        solve(make_inventory(FOUR, KINDS), Scenario(**choice))
    assert explain(caught.value)

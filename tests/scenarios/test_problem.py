"""Exact plans: worked by hand, then against every subset there is."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.domain.model import Assumptions, Filters, Inventory, Weights
from aze_core.locale import explain
from aze_core.scenarios import Scenario, Solution, solve
from aze_core.scenarios.evaluate import risk_reduction, species_cover, species_state, with_selected
from aze_core.scenarios.problem import plan_gain, top_plan
from tests.helpers import as_inventory, make_frames, make_inventory, shuffled

CR, EN, EFFECT = 0.75, 0.2, 0.5
TWENTY = Assumptions(20, EFFECT)


def plan(inventory: Inventory, **choice: Any) -> Solution:
    return solve(inventory, Scenario(**{"assumptions": TWENTY, **choice}))


# ---------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("budget", "selected", "objective"),
    [
        (0, (), 0),
        (1, ("A",), (CR + CR) * EFFECT),
        (2, ("A", "B"), (CR + CR + CR + EN) * EFFECT),
        (3, ("A", "B", "C"), (CR + CR + CR + EN + EN * 0.5) * EFFECT),
        (9, ("A", "B", "C"), (CR + CR + CR + EN + EN * 0.5) * EFFECT),  # D has no living species: not bought
    ],
)
def test_budget_in_sites(budget: int, selected: tuple[str, ...], objective: float) -> None:
    found = plan(make_inventory(), budget=budget)
    assert found.selected == selected
    assert found.objective == found.bound == pytest.approx(objective)
    assert (found.cost, found.gap, found.method) == (len(selected), 0, "exact")
    assert (found.left_out, found.outside, found.interchangeable) == ((), (), 0)


@pytest.mark.parametrize(
    ("budget", "selected"), [(0, ()), (9.9, ()), (10, ("A",)), (29.9, ("A",)), (30, ("A", "B"))]
)
def test_budget_in_km2_of_the_uncovered_part(budget: float, selected: tuple[str, ...]) -> None:
    found = plan(make_inventory(), budget_kind="km2", budget=budget)
    assert found.selected == selected
    assert found.cost == sum({"A": 10, "B": 20}[site] for site in selected)
    assert found.left_out == ("D",)  # its area is not known


def test_half_covered_costs_half() -> None:
    found = plan(make_inventory(), budget_kind="km2", budget=50)
    assert found.selected == ("A", "B", "C")
    assert found.cost == 10 + 20 + 40 * (1 - 0.5)


def test_a_dear_site_at_the_top_is_not_always_best() -> None:
    sites: dict[str, Any] = {"X": {"area": 6}, "Y": {"area": 5}, "Z": {"area": 5}}
    species: dict[str, Any] = {"x1": ("CR", ["X"]), "x2": ("EN", ["X"])}
    species |= {"y": ("CR", ["Y"]), "z": ("CR", ["Z"])}
    inventory = make_inventory(sites, species)
    scenario = Scenario("km2", 10, assumptions=TWENTY)
    assert top_plan(inventory, scenario).selected == ("X",)
    assert solve(inventory, scenario).selected == ("Y", "Z")


def test_sites_of_one_species_are_complements() -> None:
    """A crane that breeds at one site and winters at another gains nothing from one of them alone."""
    sites: dict[str, Any] = {"B": {}, "W": {}, "N": {}}
    crane = ("CR", [("B", 1.0, "breeding"), ("W", 1.0, "wintering")])
    inventory = make_inventory(sites, {"crane": crane, "newt": ("EN", ["N"])})  # type: ignore[dict-item]
    assert plan(inventory, budget=1).selected == ("N",)
    both = plan(inventory, budget=2)
    assert both.selected == ("B", "W")
    assert both.objective == pytest.approx(CR * EFFECT)
    assert plan(inventory, budget=1, locked_in=("B",)).objective == 0


def test_shares_within_a_stage_add_up() -> None:
    inventory = make_inventory(
        {"X": {"cover": {2010: 0.5}}, "Y": {}},
        {"x": ("CR", [("X", 0.7), ("Y", 0.3)])},
    )
    assert plan(inventory, budget=1).selected == ("X",)
    assert plan(inventory, budget=1).objective == pytest.approx(CR * EFFECT * 0.7 * (1 - 0.5))
    assert plan(inventory, budget=2).objective == pytest.approx(CR * EFFECT * (1 - 0.7 * 0.5))


def test_the_cheapest_of_the_best_plans() -> None:
    sites: dict[str, Any] = {"X": {"area": 7}, "Y": {"area": 3}, "Empty": {"area": 1}}
    inventory = make_inventory(sites, {"x": ("CR", ["X"]), "y": ("CR", ["Y"])})
    found = plan(inventory, budget_kind="km2", budget=8)
    assert (found.selected, found.cost) == (("Y",), 3)


def test_interchangeable_sites_are_counted_and_the_first_by_name_is_taken() -> None:
    sites: dict[str, Any] = {"1": {"name": "Zebra"}, "2": {"name": "Ant"}, "3": {"name": "Bee"}}
    inventory = make_inventory(sites, {f"s{key}": ("CR", [key]) for key in sites})
    found = plan(inventory, budget=1)
    assert (found.selected, found.interchangeable) == (("2",), 2)
    assert plan(inventory, budget=2).interchangeable == 1
    assert plan(inventory, budget=3).interchangeable == 0


def test_no_effect_is_no_gain() -> None:
    found = plan(make_inventory(), budget=2, assumptions=Assumptions(20, 0))
    assert (found.objective, found.bound, found.gap, found.method) == (0, 0, 0, "exact")


def test_no_candidate() -> None:
    for inventory, filters in (
        (make_inventory(), Filters(countries=("XXX",))),
        (make_inventory({}, {}), Filters()),
        (make_inventory({"X": {"cover": {2010: 1.0}}}, {"x": ("CR", ["X"])}), Filters()),
    ):
        for kind in ("sites", "km2"):
            for solver in (solve, top_plan):
                found = solver(inventory, Scenario(kind, 5, filters=filters))
                assert (found.selected, found.objective, found.cost) == ((), 0, 0)


def test_locks_outside_the_choice_are_named() -> None:
    sites: dict[str, Any] = {
        "X": {"iso3": "PER"},
        "Y": {"iso3": "MEX"},
        "Z": {"iso3": "MEX", "cover": {2010: 0.98}},
    }
    inventory = make_inventory(sites, {key.lower(): ("CR", [key]) for key in sites})
    found = plan(inventory, budget=1, locked_in=("X", "Z"), filters=Filters(countries=("MEX",)))
    assert found.outside == ("X", "Z")
    assert found.selected == ("Y",)


def test_unknown_cover_is_never_taken_for_none() -> None:
    sites: dict[str, Any] = {"X": {"cover": {}, "area": 1}, "Y": {"area": 1}}
    inventory = make_inventory(sites, {"x": ("CR", ["X"]), "y": ("EN", ["Y"])})
    for kind in ("sites", "km2"):
        found = plan(inventory, budget_kind=kind, budget=1)
        assert (found.selected, found.left_out) == (("Y",), ("X",))
    locked = plan(inventory, budget=2, locked_in=("X",))
    assert (locked.selected, locked.left_out) == (("X", "Y"), ())
    assert locked.objective == pytest.approx(EN * EFFECT)  # what X adds is not known
    with pytest.raises(ScenarioError, match="locked_without_area"):
        plan(inventory, budget_kind="km2", budget=2, locked_in=("X",))


@pytest.mark.parametrize("over", [1e-4, 1e-6, 1e-8])
def test_the_budget_is_kept_to_the_last_figure(over: float) -> None:
    sites: dict[str, Any] = {"X": {"area": 5}, "Y": {"area": 5 + over}, "Z": {"area": 1e6}}
    inventory = make_inventory(sites, {key.lower(): ("CR", [key]) for key in sites})
    found = plan(inventory, budget_kind="km2", budget=10)
    assert (found.selected, found.cost) == (("X",), 5)
    assert plan(inventory, budget_kind="km2", budget=10 + over).selected == ("X", "Y")


# ---------------------------------------------------------------- errors that say what would do


def asked(sentence: str) -> float:
    """The budget that an error asks for, as a reader would type it."""
    found = re.search(r"(?:Raise the budget to(?: at least)?) ([\d.,]+)", sentence)
    assert found
    return float(found[1].replace(",", "").rstrip("."))


def test_locked_sites_over_a_budget_in_sites() -> None:
    with pytest.raises(ScenarioError, match="locked_over_budget_sites") as caught:
        plan(make_inventory(), budget=1, locked_in=("A", "B"))
    assert explain(caught.value) == (
        "No plan fits: 2 sites must be in it, but the budget is 1 site. "
        "Raise the budget to 2, or unlock some of: Ash Hill (A), Birch Lake (B)."
    )
    assert plan(make_inventory(), budget=2, locked_in=("A", "B")).selected == ("A", "B")


@settings(max_examples=20)
@given(
    st.lists(st.floats(1e-3, 5e4), min_size=1, max_size=4),
    st.floats(0, 0.999),
)
def test_the_budget_that_an_error_asks_for_does(areas: list[float], part: float) -> None:
    sites = {f"S{n}": {"area": area} for n, area in enumerate(areas)}
    inventory = make_inventory(sites, {key.lower(): ("CR", [key]) for key in sites})
    scenario: dict[str, Any] = {"budget_kind": "km2", "locked_in": tuple(sites)}
    with pytest.raises(ScenarioError, match="locked_over_budget_km2") as caught:
        plan(inventory, budget=sum(areas) * part, **scenario)
    sentence = explain(caught.value)
    assert "Site S0 (S0)" in sentence
    assert plan(inventory, budget=asked(sentence), **scenario).selected == tuple(sites)
    assert plan(inventory, budget=caught.value.fields["need"], **scenario).selected == tuple(sites)


def test_a_locked_site_without_area_under_a_budget_in_km2() -> None:
    with pytest.raises(ScenarioError, match="locked_without_area") as caught:
        plan(make_inventory(), budget_kind="km2", budget=100, locked_in=("D",))
    assert "Dune (D)" in explain(caught.value)
    assert "D" in plan(make_inventory(), budget=4, locked_in=("D",)).selected


def test_a_site_locked_both_ways() -> None:
    with pytest.raises(ScenarioError, match="locked_both_ways") as caught:
        plan(make_inventory(), budget=2, locked_in=("A", "B"), locked_out=("B",))
    assert explain(caught.value).startswith("Locked in and locked out at once: Birch Lake (B).")


@pytest.mark.parametrize("name", ["locked_in", "locked_out"])
def test_a_site_that_is_not_there(name: str) -> None:
    with pytest.raises(ScenarioError, match="unknown_sites") as caught:
        plan(make_inventory(), budget=2, **{name: ("A", "Nowhere")})
    assert "no site Nowhere" in explain(caught.value)


def test_top_plan_has_the_same_errors() -> None:
    with pytest.raises(ScenarioError, match="locked_over_budget_sites"):
        top_plan(make_inventory(), Scenario(budget=0, locked_in=("A",)))


def test_scenario_files_are_read_back_and_slips_refused() -> None:
    scenario = Scenario("km2", 12.5, ("A",), ("B",), Filters(countries=("MEX",)), Assumptions(30, 0.25))
    assert Scenario.from_dict(json.loads(json.dumps(scenario.to_dict()))) == scenario
    with pytest.raises(SettingError, match="unknown_setting"):
        Scenario.from_dict({**scenario.to_dict(), "lock_in": ["A"]})


# ---------------------------------------------------------------- against every subset there is

P = {"CR": 1 - 0.5 ** (20 / 10), "EN": 1 - 0.8 ** (20 / 20), "VU": 1 - 0.9 ** (20 / 100)}
few = settings(max_examples=20)  # each takes a tenth of a second

covers = st.sampled_from([0.0, 0.01, 0.25, 0.5, 0.9, 0.98, 1.0, None])
site_rows = st.tuples(covers, st.sampled_from([None, 0.0, 0.5, 1.0, 2.0, 2.0, 3.7, 11.3]))
stages = st.sampled_from([None, None, "breeding", "wintering"])
categories = st.sampled_from(["CR", "CR", "EN", "EN", "VU", "EW", "DD", None])

Species = dict[str, tuple[str | None, list[tuple[str, float, str | None]]]]
Case = tuple[dict[str, dict[str, Any]], Species]


@st.composite
def cases(draw: st.DrawFn, most: int = 8) -> Case:
    """Sites with cover (perhaps unknown) and area; species at one to three, with shares and life stages."""
    rows = draw(st.lists(site_rows, min_size=1, max_size=most))
    sites = {
        f"S{n}": {"cover": {} if cover is None else {2010: cover}, "area": area}
        for n, (cover, area) in enumerate(rows)
    }
    species: Species = {}
    for n, category in enumerate(draw(st.lists(categories, max_size=10))):
        places = draw(st.lists(st.sampled_from(sorted(sites)), min_size=1, max_size=3, unique=True))
        share = st.sampled_from([1.0, 1.0, 0.95, 0.5, 0.3])
        species[f"s{n}"] = (category, [(place, draw(share), draw(stages)) for place in places])
    return sites, species


@st.composite
def scenarios(draw: st.DrawFn, sites: dict[str, Any]) -> Scenario:
    """A budget with locks that are not in each other's way."""
    kind = draw(st.sampled_from(["sites", "km2"]))
    whole, part = st.integers(0, 6), st.sampled_from([0.0, 0.5, 1.0, 2.7, 3.7, 5.0, 12.3, 40.0])
    budget = draw(whole if kind == "sites" else part)
    locked = draw(st.lists(st.sampled_from(sorted(sites)), max_size=3, unique=True))
    cut = draw(st.integers(0, len(locked)))
    return Scenario(kind, budget, tuple(locked[:cut]), tuple(locked[cut:]), assumptions=TWENTY)


def gain(case: Case, chosen: tuple[str, ...]) -> float:
    """Modelled risk reduction of covering the chosen sites, worked out from the rows themselves."""
    sites, species = case

    def held(places: list[tuple[str, float, str | None]], covered: tuple[str, ...]) -> float:
        by_stage: dict[str | None, float] = {}
        for site, share, stage in places:
            cover = 1.0 if site in covered else sites[site]["cover"][2010]
            by_stage[stage] = by_stage.get(stage, 0.0) + share * cover
        return min(min(1.0, total) for total in by_stage.values())

    return sum(
        P[category] * EFFECT * (held(places, chosen) - held(places, ()))
        for category, places in species.values()
        if category in P and all(sites[site]["cover"] for site, *_ in places)
    )


def feasible(case: Case, scenario: Scenario) -> list[tuple[tuple[str, ...], float]]:
    """Every plan that the scenario allows, with its cost."""
    sites, _ = case
    cost: dict[str, float] = {}
    for key, site in sites.items():
        cover = site["cover"].get(2010)
        if key in scenario.locked_out or (cover is not None and cover >= 0.98):
            continue
        if scenario.budget_kind == "sites":
            if cover is not None or key in scenario.locked_in:
                cost[key] = 1.0
        elif cover is not None and site["area"] is not None:
            cost[key] = site["area"] * (1 - cover)
    locked = {key for key in scenario.locked_in if key in cost}
    found = []
    for size in range(len(cost) + 1):
        for chosen in combinations(cost, size):
            total = sum(cost[key] for key in chosen)
            if locked <= set(chosen) and total <= scenario.budget + 1e-9:
                found.append((chosen, total))
    return found


@settings(max_examples=40)
@given(st.data())
def test_exact_is_the_best_of_all_subsets(data: st.DataObject) -> None:
    case = data.draw(cases())
    scenario = data.draw(scenarios(case[0]))
    inventory = make_inventory(*case)  # type: ignore[arg-type]
    plans = feasible(case, scenario)
    try:
        found = solve(inventory, scenario)
    except ScenarioError as error:
        if error.message_id.startswith("locked_over_budget"):
            none_fits = plans == []
            assert none_fits
        else:
            stuck = [case[0][site] for site in scenario.locked_in]
            lacking = any(site["area"] is None or not site["cover"] for site in stuck)
            assert (error.message_id, lacking) == ("locked_without_area", True)  # noqa: PT017
        return
    best = max(gain(case, chosen) for chosen, _ in plans)
    assert found.method == "exact"
    assert found.objective == pytest.approx(best, abs=1e-7)
    assert found.objective == pytest.approx(gain(case, found.selected), abs=1e-9)
    cheapest = min(cost for chosen, cost in plans if gain(case, chosen) >= best - 1e-9)
    assert found.cost == pytest.approx(cheapest, abs=1e-6)
    # within the budget, and as the locks say
    assert found.cost <= scenario.budget + 1e-9
    assert set(scenario.locked_in) - set(found.outside) <= set(found.selected)
    assert not set(scenario.locked_out) & set(found.selected)
    assert not set(found.left_out) & set(found.selected)
    # the same gain by every road
    assert found.objective == pytest.approx(plan_gain(inventory, scenario, found.selected), abs=1e-9)
    share = pd.Series({key: site["cover"].get(2010) for key, site in case[0].items()}, dtype=float)
    after = with_selected(share, found.selected).where(share.notna())
    difference = risk_reduction(inventory, after, TWENTY)[0] - risk_reduction(inventory, share, TWENTY)[0]
    assert found.objective == pytest.approx(difference, abs=1e-9)
    # and never less than the plain plan
    top = top_plan(inventory, scenario)
    assert top.cost <= scenario.budget + 1e-9
    assert found.objective >= top.objective - 1e-7
    assert top.objective == pytest.approx(gain(case, top.selected), abs=1e-9)


@few
@given(st.data())
def test_more_budget_or_fewer_locks_never_hurt(data: st.DataObject) -> None:
    case = data.draw(cases(6))
    scenario = data.draw(scenarios(case[0]))
    inventory = make_inventory(*case)  # type: ignore[arg-type]
    try:
        found = solve(inventory, scenario)
    except ScenarioError:
        assume(False)
    given_up = {**scenario.to_dict()}
    looser = [
        {**given_up, "budget": scenario.budget + 1},
        {**given_up, "locked_in": scenario.locked_in[1:]},
        {**given_up, "locked_out": scenario.locked_out[1:]},
    ]
    for choice in looser:
        assert solve(inventory, Scenario.from_dict(choice)).objective >= found.objective - 1e-7


@settings(max_examples=12)
@given(st.data(), st.integers(0, 99))
def test_order_of_rows_never_matters(data: st.DataObject, seed: int) -> None:
    case = data.draw(cases(6))
    scenario = data.draw(scenarios(case[0]))
    frames = make_frames(*case)  # type: ignore[arg-type]
    inventory = as_inventory(frames, make_inventory().version)
    mixed = as_inventory(shuffled(frames, seed), inventory.version)
    for solver in (solve, top_plan):
        try:
            found = solver(inventory, scenario)
        except ScenarioError as error:
            with pytest.raises(ScenarioError, match=error.message_id):
                solver(mixed, scenario)
        else:
            assert solver(mixed, scenario) == found


@few
@given(cases(5), st.sampled_from([None, Weights(), Weights(0, 0, 1)]), st.integers(0, 5))
def test_the_top_plan_goes_down_the_ranking(case: Case, weights: Weights | None, budget: int) -> None:
    from aze_core.domain.model import RankSettings
    from aze_core.ranking.score import rank_sites

    inventory = make_inventory(*case)  # type: ignore[arg-type]
    ranked = rank_sites(inventory, weights, RankSettings(False, assumptions=TWENTY))
    open_sites = ranked[(ranked["apart"] == "") & ranked["share"].lt(0.98).fillna(False)]
    found = top_plan(inventory, Scenario(budget=budget, assumptions=TWENTY), weights)
    assert set(found.selected) == set(open_sites.index[:budget])
    assert found.method == "top"


# ---------------------------------------------------------------- the parts


def test_cover_and_state_of_species_by_hand() -> None:
    occurrences = make_frames(
        {"X": {}, "Y": {}, "Z": {}},
        {
            "one": ("CR", ["X"]),
            "crane": ("CR", [("X", 1.0, "breeding"), ("Y", 1.0, "wintering")]),
            "split": ("CR", [("X", 0.6), ("Y", 0.6)]),
            "lost": ("CR", ["X", "Z"]),
        },
    )["occurrences"]
    cover = pd.Series({"X": 0.98, "Y": 0.02, "Z": float("nan")})
    assert species_cover(occurrences, cover).to_dict() == pytest.approx(
        {"one": 0.98, "crane": 0.02, "split": 0.6 * 0.98 + 0.6 * 0.02, "lost": float("nan")}, nan_ok=True
    )
    assert species_cover(occurrences, pd.Series({"X": 1.0, "Y": 1.0, "Z": 1.0}))["split"] == 1
    state = species_state(occurrences, cover)
    assert state.loc["one"].tolist() == [True, True, True, False]
    assert state.loc["crane"].tolist() == [True, False, True, False]
    assert state.loc["lost", ["known", "any_complete"]].tolist() == [False, True]


def test_risk_reduction_by_hand() -> None:
    inventory = make_inventory()
    cover = pd.Series({"A": 1.0, "B": 0.0, "C": 0.5, "D": 1.0})
    known, low, high = risk_reduction(inventory, cover, TWENTY)
    assert known == low == pytest.approx(EFFECT * (CR + CR + EN * 0.5))
    assert high == pytest.approx(known + EFFECT * CR * 0.5)  # the unknown category of C
    only = risk_reduction(inventory, cover, TWENTY, pd.Index(["a1"]))
    assert only == pytest.approx((EFFECT * CR,) * 3)


def test_shipped_plans(shipped: Inventory) -> None:
    exact, top = solve(shipped, Scenario()), top_plan(shipped, Scenario())
    assert len(exact.selected) == len(top.selected) == exact.cost == 10
    assert exact.method == "exact"
    assert exact.objective >= top.objective > 0
    assert exact.left_out == ()
    km2 = Scenario("km2", 2000)
    exact, top = solve(shipped, km2), top_plan(shipped, km2)
    assert len(exact.left_out) == len(top.left_out) > 0
    assert shipped.sites.loc[list(exact.left_out), "area_km2"].isna().all()
    assert top.cost <= 2000
    assert exact.cost <= 2000
    assert exact.objective > top.objective

"""Core, borderline and never: by hand, and against the best of all subsets in every draw."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import Assumptions, Uncertainty, Weights
from aze_core.measures.extinction import extinction_probability
from aze_core.scenarios import Scenario, robust, solve
from aze_core.scenarios.drawn import drawn_goals, is_drawn
from aze_core.scenarios.problem import ask
from aze_core.scenarios.robust import KINDS, Robust
from tests.helpers import as_inventory, make_frames, make_inventory, shuffled
from tests.scenarios.test_conflicts import with_rights
from tests.scenarios.test_problem import TWENTY, cases

MANY = Uncertainty(draws=2_000, seed=1)
ONE = Scenario(budget=1, assumptions=TWENTY)


def found(sites: dict[str, Any], species: dict[str, Any], scenario: Scenario = ONE, **more: Any) -> Robust:
    inventory = make_inventory(sites, species, **more)
    return robust.robust(inventory, scenario, solve(inventory, scenario), MANY)


def test_sites_that_tie_share_the_last_place() -> None:
    """A is always better; B, C and D cannot be told apart."""
    species = {
        "a": ("CR", ["A"]),
        "a2": ("CR", ["A"]),
        "b": ("CR", ["B"]),
        "c": ("CR", ["C"]),
        "d": ("CR", ["D"]),
    }
    made = found({key: {} for key in "ABCD"}, species, replace(ONE, budget=2))
    assert made.sites["share"].to_dict() == pytest.approx({"A": 1, "B": 1 / 3, "C": 1 / 3, "D": 1 / 3})
    assert made.sites["kind"].to_dict() == {
        "A": "core",
        "B": "borderline",
        "C": "borderline",
        "D": "borderline",
    }
    assert made.sites["in_plan"].to_dict() == {"A": True, "B": True, "C": False, "D": False}
    assert made.reached == pytest.approx((1, 1))
    assert made.proven
    assert [made.number(kind) for kind in KINDS] == [1, 3, 0]
    assert (made.number("borderline", in_plan=True), made.number("borderline", in_plan=False)) == (1, 2)


def test_the_same_chances_come_out_of_the_solver() -> None:
    """A budget in km² and a floor that is kept anyway: nothing changes but the way there."""
    species = {
        "a": ("CR", ["A"]),
        "a2": ("CR", ["A"]),
        "a3": ("CR", ["A"]),
        "b": ("CR", ["B"]),
        "c": ("CR", ["C"]),
        "d": ("CR", ["D"]),
    }
    sites = {key: {"area": 5 if key == "A" else 2} for key in "ABCD"}
    for more in ({}, {"floors": (("region", "americas", 1),)}):
        made = found(sites, species, Scenario("km2", 7, assumptions=TWENTY, **more))
        assert made.sites["share"].to_dict() == pytest.approx({"A": 1, "B": 1 / 3, "C": 1 / 3, "D": 1 / 3})


def test_a_species_without_category_counts_by_the_chance_that_it_is_worth_more() -> None:
    """Its probability is even between 0 and that of CR, under each of the schemes as often."""
    made = found({"A": {}, "B": {}}, {"a": ("EN", ["A"]), "b": (None, ["B"])})
    schemes = ("criterion_e", "iucn50", "iucn100", "iucn500", "isaac", "edge2", "pessimistic")
    p = [extinction_probability(pd.Series(["EN", "CR"]), 20, scheme) for scheme in schemes]
    chance = np.mean([1 - en / cr for en, cr in p])
    error = 4 * 0.5 / np.sqrt(MANY.draws)
    assert made.sites.at["B", "share"] == pytest.approx(chance, abs=error)
    assert made.sites["share"].sum() == pytest.approx(1)
    assert made.drawn == ("scheme", "category")
    assert 0 < made.reached[1] < made.reached[0] < 1


def test_cover_between_its_ends() -> None:
    """A is 0 to 60 % covered, B 20 %: below 20 %, in one draw of three, A averts more."""
    sites = {"A": {"cover": {2020: 0.0}}, "B": {"cover": {2020: 0.2}}}
    made = found(sites, {"a": ("CR", ["A"]), "b": ("CR", ["B"])}, high_cover={"A": 0.6, "B": 0.2})
    assert "cover" in made.drawn
    assert made.sites.at["A", "share"] == pytest.approx(1 / 3, abs=4 * 0.5 / np.sqrt(MANY.draws))


def test_weights_near_the_chosen_ones() -> None:
    sites = {"A": {"influence": 50.0}, "B": {"influence": 10.0}, "C": {"influence": 0.0}}
    species = {"a": ("EN", ["A"]), "b": ("CR", ["B"]), "b2": ("CR", ["B"]), "c": ("EN", ["C"])}
    asked = replace(
        ONE, objective="weighted", weights=Weights(extinction=50, pressure=50, gap=0, irreplaceability=0)
    )
    made = found(sites, species, asked)
    assert made.drawn[0] == "weights"
    assert 0 < made.sites.at["A", "share"] < 1
    assert made.sites.at["C", "share"] == 0
    assert made.sites["share"].sum() == pytest.approx(1)


def test_without_data_and_weights_one_draw_says_it_all() -> None:
    inventory = make_inventory({"A": {}, "B": {}}, {"a": ("EN", ["A"]), "b": (None, ["B"])})
    made = robust.robust(inventory, ONE, solve(inventory, ONE), Uncertainty(draws=50, data=False))
    assert (made.drawn, made.draws, made.asked) == ((), 1, 50)
    assert made.sites["share"].to_dict() == {"A": 1, "B": 0}


def test_time_ends_the_draws_and_is_told() -> None:
    inventory = make_inventory()
    made = robust.robust(inventory, ONE, solve(inventory, ONE), MANY, seconds=0)
    assert (made.draws, made.asked) == (1, MANY.draws)


def test_no_site_and_no_plan() -> None:
    made = found({}, {})
    assert (len(made.sites), made.reached) == (0, (1, 1))
    inventory = make_inventory()
    with pytest.raises(ScenarioError, match="locked_over_budget_sites"):
        robust.robust(inventory, replace(ONE, budget=0, locked_in=("A",)), solve(inventory, ONE))


def test_the_order_of_rows_is_no_matter() -> None:
    frames = make_frames(
        {"A": {}, "B": {"cover": {2020: 0.1}}, "C": {}},
        {"a": ("EN", ["A"]), "b": (None, ["B"]), "c": (None, ["C", "A"])},
        high_cover={"B": 0.9},
    )
    one, two = (
        robust.robust(made, ONE, solve(made, ONE), Uncertainty(draws=100))
        for made in (as_inventory(frames), as_inventory(shuffled(frames, 3)))
    )
    assert one.sites["share"].to_dict() == pytest.approx(two.sites["share"].to_dict())


def test_withheld_consent_keeps_a_site_out_of_every_draw() -> None:
    inventory = with_rights(
        make_inventory({"A": {}, "B": {}}, {"a": ("CR", ["A"]), "b": ("EN", ["B"])}), {"A": "withheld"}
    )
    assert list(robust.robust(inventory, ONE, solve(inventory, ONE)).sites.index) == ["B"]


objectives = st.sampled_from(["risk", "species", "lexicographic", "star"])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_without_anything_drawn_the_goal_is_that_of_the_plan(data: st.DataObject) -> None:
    sites, species = data.draw(cases(most=6))
    threats = [(name, "2.1", "Ongoing", "Whole (>90%)", "Rapid Declines") for name in species]
    inventory = make_inventory(sites, species, threats=threats)  # type: ignore[arg-type]
    objective = data.draw(objectives if threats else st.just("risk"))
    share = data.draw(st.sampled_from([0.6, 1.0]))
    asked = Scenario(budget=2, objective=objective, to_share=share, assumptions=TWENTY)
    places = ask(inventory, asked)
    calm = Uncertainty(draws=1, data=False)
    [(goal, first)] = drawn_goals(inventory, asked, places.candidates.sites, calm)
    n = len(places.candidates.sites)
    for size in range(n + 1):
        for units in combinations(range(n), size):
            chosen = np.zeros(n)
            chosen[list(units)] = 1
            assert goal.of(chosen) == pytest.approx(places.goal.of(chosen) * places.goal.scale, abs=1e-9)
            if first is not None and places.first is not None:
                assert first.of(chosen) == pytest.approx(places.first.of(chosen))


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_each_draw_is_the_best_of_all_subsets(data: st.DataObject) -> None:
    sites, species = data.draw(cases(most=5))
    inventory = make_inventory(sites, species)  # type: ignore[arg-type]
    kind = data.draw(st.sampled_from(["sites", "km2"]))
    asked = Scenario(kind, data.draw(st.sampled_from([1, 2, 3])), assumptions=TWENTY)
    given_ = Uncertainty(draws=8, seed=data.draw(st.integers(0, 5)))
    plan = solve(inventory, asked)
    made = robust.robust(inventory, asked, plan, given_)
    candidates = ask(inventory, asked).candidates
    n = len(candidates.sites)
    subsets = [
        np.isin(np.arange(n), units) * 1.0 for size in range(n + 1) for units in combinations(range(n), size)
    ]
    subsets = [chosen for chosen in subsets if candidates.costs @ chosen <= asked.budget + 1e-9]
    own = np.isin(candidates.sites, plan.selected) * 1.0
    share, reached = np.zeros(n), []
    drawn = replace(given_, draws=given_.draws if made.drawn else 1)
    for goal, _ in drawn_goals(inventory, asked, candidates.sites, drawn):
        best = max(goal.of(chosen) for chosen in subsets)
        good = [chosen for chosen in subsets if goal.of(chosen) >= best - 1e-9]
        always, ever = np.min(good, axis=0), np.max(good, axis=0)
        reached.append(goal.of(own) / best if best > 1e-9 else 1)
        share += np.where(always == ever, ever, np.nan)
    share /= len(reached)
    sure = ~np.isnan(share)
    told = made.sites["share"].reindex(candidates.sites).to_numpy()
    # a site without worth in a draw may be in a best plan or not: it is never bought
    assert (told[sure] <= share[sure] + 1e-9).all()
    assert np.mean(reached) == pytest.approx(made.reached[0])
    assert ((made.sites["share"] >= 0) & (made.sites["share"] <= 1)).all()


def test_what_is_drawn_is_told() -> None:
    inventory = make_inventory({"A": {"cover": {2020: 0.0}}}, {"a": ("CR", ["A"])}, high_cover={"A": 0.5})
    assert is_drawn(inventory, ONE, MANY) == ("scheme", "cover")
    assert is_drawn(inventory, replace(ONE, objective="species"), MANY) == ("cover",)
    assert is_drawn(inventory, replace(ONE, assumptions=Assumptions()), Uncertainty(data=False)) == ()

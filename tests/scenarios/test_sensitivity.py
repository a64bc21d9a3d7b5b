"""One assumption at a time: what enters, what leaves, what staying costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.model import Assumptions, Weights
from aze_core.measures.extinction import extinction_probability
from aze_core.scenarios import Scenario, solve
from aze_core.scenarios.problem import plan_value
from aze_core.scenarios.sensitivity import KINDS, sensitivity
from tests.helpers import make_inventory
from tests.scenarios.test_problem import TWENTY, cases

ONE = Scenario(budget=1, assumptions=TWENTY)


def moved(scenario: Scenario, sites: dict[str, Any], species: dict[str, Any], **more: Any) -> pd.DataFrame:
    inventory = make_inventory(sites, species, **more)
    return sensitivity(inventory, scenario, solve(inventory, scenario)).set_index(["kind", "code"])


def test_two_endangered_species_or_one_critically_endangered() -> None:
    """Over 20 years CR counts 0.75 and EN 0.2; over 100 years nearly 1 and 0.67, so two EN count more."""
    species = {"c": ("CR", ["C"]), "e1": ("EN", ["E"]), "e2": ("EN", ["E"])}
    rows = moved(ONE, {"C": {}, "E": {}}, species)
    cr, en = extinction_probability(pd.Series(["CR", "EN"]), 100)
    far = rows.loc[("horizon", "100")]
    assert (far["stays"], far["entered"], far["left"]) == (False, ("E",), ("C",))
    assert far["loss"] == pytest.approx((2 * en - cr) * 0.5)
    assert far["loss_share"] == pytest.approx(1 - cr / (2 * en))
    assert rows.loc[("horizon", "10")][["stays", "loss", "entered"]].tolist() == [True, 0, ()]
    assert rows.loc["effect", "stays"].all()
    assert set(rows.index.get_level_values("kind")) == {"horizon", "scheme", "effect"}


def test_a_plan_that_stays_a_best_one_is_left_alone() -> None:
    """Both sites are alike under every assumption: none enters for the other."""
    rows = moved(ONE, {"A": {}, "B": {}}, {"a": ("CR", ["A"]), "b": ("CR", ["B"])})
    assert rows["stays"].all()
    assert rows["entered"].map(len).sum() == rows["left"].map(len).sum() == 0


def test_the_data_at_their_other_ends() -> None:
    sites: dict[str, Any] = {
        "A": {"cover": {2020: 0.0}, "area": 1},
        "B": {"cover": {2020: 0.1}, "area": 1},
        "U": {"cover": {}, "area": 1},
        "V": {"cover": {2020: 0.2}},
    }
    species = {
        "a": ("CR", ["A"]),
        "b": ("CR", ["B"]),
        "u": ("CR", ["U"]),
        "u2": ("EN", ["U"]),
        "v": ("CR", ["V"]),
        "v2": (None, ["V"]),
    }
    rows = moved(Scenario("km2", 1, assumptions=TWENTY), sites, species, high_cover={"A": 0.5, "B": 0.1})
    assert rows.loc[("cover_high", "high"), "entered"] == ("B",)
    assert rows.loc[("unknown_cover", "0"), "entered"] == ("U",)
    # V, whose area is not known, is worth 0.75 x 0.8; at the median of 1 km² it still is less than A
    assert rows.loc[("unknown_cost", "median"), "stays"]
    # its other species, taken as CR, counts only where V can be chosen
    assert rows.loc[("category_high", "CR"), "stays"]
    both = moved(
        Scenario("km2", 1, unknown_cost="median", assumptions=TWENTY), sites, species, high_cover={"A": 0.5}
    )
    assert both.loc[("category_high", "CR"), "entered"] == ("V",)


def test_effects_by_class_can_move_a_plan() -> None:
    """At 1/3 the frog, whose effect is set, is worth less than the bird; not so where birds have 0.1."""
    inventory = make_inventory(
        {"F": {}, "B": {}}, {"f": ("CR", ["F"]), "b": ("CR", ["B"])}, classes={"f": "Amphibia", "b": "Aves"}
    )
    asked = Scenario(budget=1, class_effects=(("Amphibia", 0.4),), assumptions=Assumptions(20, 0.1))
    plan = solve(inventory, asked)
    assert plan.selected == ("F",)
    rows = sensitivity(inventory, asked, plan).set_index(["kind", "code"])
    assert rows.loc[("effect", "0.333333"), "stays"]
    assert rows.loc[("effect", "0.5"), "entered"] == ("B",)


def test_what_an_objective_does_not_use_is_left_out() -> None:
    sites, species = {"A": {"cover": {2020: 0.0}}}, {"a": ("CR", ["A"])}
    assert moved(replace(ONE, objective="species"), sites, species).empty
    weighted = moved(replace(ONE, objective="weighted", weights=Weights()), sites, species)
    assert set(weighted.index.get_level_values("kind")) == {"horizon", "scheme"}
    published = moved(replace(ONE, assumptions=Assumptions(scheme="iucn50")), sites, species)
    assert "horizon" not in published.index.get_level_values("kind")


def test_a_plan_that_can_no_longer_be_chosen_does_not_stay() -> None:
    """V, of unknown area, is in the plan at the median; left out, the best plan is worth less."""
    sites: dict[str, Any] = {"A": {"area": 1}, "V": {}}
    asked = Scenario("km2", 1, unknown_cost="median", assumptions=TWENTY)
    rows = moved(asked, sites, {"a": ("EN", ["A"]), "v": ("CR", ["V"])})
    row = rows.loc[("unknown_cost", "leave_out")]
    assert (row["possible"], row["stays"], row["entered"], row["left"]) == (False, False, ("A",), ("V",))
    assert pd.isna(row["loss"])


def test_where_no_plan_is_left_the_row_says_why() -> None:
    """Taken as uncovered, the locked site costs more than the budget."""
    sites: dict[str, Any] = {"A": {"cover": {2020: 0.9}, "area": 10}, "U": {"cover": {2020: 0.0}}}
    inventory = make_inventory(sites, {"a": ("CR", ["A"]), "u": ("CR", ["U"])})
    asked = Scenario("km2", 1, locked_in=("A", "U"), unknown_cost="median", assumptions=TWENTY)
    dear = replace(asked, budget=20)
    rows = sensitivity(inventory, dear, solve(inventory, dear)).set_index("kind")
    assert rows.at["unknown_cost", "problem"].message_id == "locked_without_area"
    assert rows.at["unknown_cost", "entered"] == ()


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_every_row_is_a_solve_of_its_own(data: st.DataObject) -> None:
    sites, species = data.draw(cases(most=5))
    inventory = make_inventory(sites, species)  # type: ignore[arg-type]
    objective = data.draw(st.sampled_from(["risk", "lexicographic", "species"]))
    asked = Scenario(budget=2, objective=objective, assumptions=TWENTY)
    plan = solve(inventory, asked)
    for row in sensitivity(inventory, asked, plan).to_dict("records"):
        assert row["kind"] in KINDS
        assert row["stays"] or objective == "lexicographic" or not row["possible"] or row["loss"] > 0
        assert not row["stays"] or (row["entered"], row["left"]) == ((), ())
        after = set(plan.selected) - set(row["left"]) | set(row["entered"])
        assert len(after) <= 2
        if row["kind"] in ("horizon", "scheme"):
            name = {"horizon": "horizon_years"}.get(row["kind"], "scheme")
            code = int(row["code"]) if name == "horizon_years" else row["code"]
            other = replace(asked, assumptions=replace(asked.assumptions, **{name: code}))
            assert row["best"] == pytest.approx(solve(inventory, other).objective)
            assert row["kept"] == pytest.approx(plan_value(inventory, other, plan.selected))
            if not row["stays"]:
                assert row["best"] == pytest.approx(plan_value(inventory, other, tuple(sorted(after))))

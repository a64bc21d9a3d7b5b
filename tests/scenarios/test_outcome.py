"""What a plan brings agrees with the plan: one risk, one ledger, one spend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import Assumptions, Inventory
from aze_core.scenarios.gains import plan_gain
from aze_core.scenarios.outcome import plan_ledger, plan_scoreboard
from aze_core.scenarios.problem import solve
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.targets import NEWEST, ledger, scoreboard
from tests.helpers import make_inventory

SCENARIOS = (
    Scenario(budget=6),
    Scenario(budget=6, to_share=0.6),
    Scenario(budget=6, class_effects=(("Amphibia", 0.1), ("Aves", 0.7))),
    Scenario(budget=4, action="management", held=(("management", 0.9),), assumptions=Assumptions(20, 0.5)),
    Scenario(budget=4, action="survey"),
)


def line(
    inventory: Inventory, scenario: Scenario, selected: tuple[str, ...], measure: str
) -> tuple[float, float]:
    board = plan_scoreboard(inventory, scenario, selected)
    (row,) = board[(board["measure"] == measure) & (board["basis"] == NEWEST)].to_dict("records")
    return row["before"], row["after"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_line_of_risk_rises_by_what_the_plan_says(shipped: Inventory, scenario: Scenario) -> None:
    plan = solve(shipped, scenario)
    before, after = line(shipped, scenario, plan.selected, "risk_reduction")
    assert after - before == pytest.approx(plan_gain(shipped, scenario, plan.selected), abs=1e-9)
    assert after - before == pytest.approx(plan.objective, abs=1e-9)
    assert (after > before) is (scenario.action != "survey")


def test_a_plain_scenario_has_the_plain_scoreboard_and_ledger(shipped: Inventory) -> None:
    scenario = SCENARIOS[0]
    selected = solve(shipped, scenario).selected
    board = scoreboard(shipped, selected, scenario.assumptions, scenario.filters)
    assert plan_scoreboard(shipped, scenario, selected).equals(board)
    assert plan_ledger(shipped, scenario, selected).equals(ledger(shipped, selected, scenario.filters))


def test_what_covers_nothing_shortens_no_ledger(shipped: Inventory) -> None:
    selected = solve(shipped, SCENARIOS[0]).selected
    none = ledger(shipped, (), SCENARIOS[0].filters)
    assert plan_ledger(shipped, replace(SCENARIOS[0], action="ex_situ"), selected).equals(none)


def test_spend_is_told_where_the_budget_is_one_of_costs() -> None:
    inventory = make_inventory(national={"cost": {"A": 70.0, "B": 30.0}})
    scenario = Scenario("cost", 100)
    selected = solve(inventory, scenario).selected
    assert "spend_gini" in set(plan_scoreboard(inventory, scenario, selected)["measure"])
    assert "spend_gini" not in set(plan_scoreboard(inventory, Scenario(budget=2), selected)["measure"])


def test_star_is_that_of_species_with_a_record_in_plan_and_scoreboard() -> None:
    species = {"e": ("EN", ["A"]), "c": ("CR", ["B"])}
    sites = {"A": {"iso3": "MEX", "area": 4}, "B": {"iso3": "MEX", "area": 3}}
    threats = [("e", "8.1", "Ongoing", "Whole (>90%)", "Rapid Declines")]
    inventory = make_inventory(sites, species, threats=threats)
    scenario = Scenario(budget=1, objective="star")
    plan = solve(inventory, scenario)
    # nobody knows what abates the threats of the other
    assert plan.selected == ("A",)
    before, after = line(inventory, scenario, plan.selected, "star")
    assert after - before == pytest.approx(plan.objective)
    assert plan.objective > 0


def test_star_without_threats_is_refused(shipped: Inventory) -> None:
    with pytest.raises(ScenarioError, match="star_without_threats"):
        solve(shipped, Scenario(objective="star"))

"""Plans side by side: by hand, and against the scoreboards of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Assumptions, Filters, Inventory
from aze_core.scenarios import Scenario, Solution, solve
from aze_core.scenarios.comparison import LETTERS, Comparison, Hindrance, Plan, compare
from aze_core.scenarios.outcome import plan_ledger, plan_scoreboard
from tests.helpers import make_inventory
from tests.scenarios.test_problem import TWENTY, cases

CR, EN, EFFECT = 0.75, 0.2, 0.5
SITES: dict[str, Any] = {
    "A": {"iso3": "MEX", "area": 10},
    "B": {"iso3": "PER", "area": 2},
    "C": {"iso3": "MEX;PER", "area": 4, "cover": {2010: 0.5}},
    "D": {"iso3": "FRA", "area": None},
}
SPECIES: dict[str, Any] = {
    "a": ("CR", ["A"]),
    "a2": ("CR", ["A"]),
    "b": ("EN", ["B"]),
    "c": ("EN", ["C"]),
    "d": ("EN", ["D"]),
}
ASKED = Scenario(assumptions=TWENTY)


def plan_of(inventory: Inventory, selected: tuple[str, ...], scenario: Scenario = ASKED, **more: Any) -> Plan:
    data = more.get("data", inventory.version.content_hash)
    cost = more.get("cost", float(len(selected)))
    return Plan("", scenario, Solution(selected, 0.0, 0.0, 0.0, cost, "exact"), data)


def beside(*plans: tuple[str, ...]) -> Comparison:
    inventory = make_inventory(SITES, SPECIES)
    return compare(inventory, [plan_of(inventory, selected) for selected in plans])


def kinds(made: Comparison) -> list[tuple[str, str]]:
    return [(one.kind, one.letters) for one in made.hindrances]


def test_two_plans_by_hand() -> None:
    made = beside(("A",), ("B", "C"))
    assert made.sites["letters"].to_dict() == {"A": "A", "B": "B", "C": "B"}
    assert made.common.to_numpy().tolist() == [[1, 0], [0, 2]]
    lines = made.measures
    assert lines.loc["sites_complete", ["before", "A", "B", "best"]].tolist() == [0, 1, 2, "B"]
    assert lines.loc["sites_uncovered", ["before", "A", "B", "best"]].tolist() == [3, 2, 2, ""]
    assert lines.loc["species_all_covered", ["A", "B", "best"]].tolist() == [2, 2, ""]
    now = EN * EFFECT * 0.5
    assert lines.loc["risk_reduction", ["A", "B"]].tolist() == pytest.approx(
        [now + 2 * CR * EFFECT, now + (EN + EN / 2) * EFFECT]
    )
    assert lines.at["risk_reduction", "best"] == "A"
    assert lines.at["added_area", "best"] == ""  # more land is not better by itself
    assert made.facts["added_km2"].tolist() == [10, 2 + 4 * 0.5]
    assert lines["n"].isna().to_dict()["added_area"]  # one site of A, two of B
    assert lines.at["sites_complete", "n"] == 4
    assert made.facts["countries"].tolist() == [1, 2]
    assert made.countries.to_dict() == {"A": {"MEX": 1, "PER": 0}, "B": {"MEX": 1, "PER": 2}}
    assert made.ledger_n == {"A": 3, "B": 3}
    assert made.ledger["letters"].to_dict() == {"a": "B", "a2": "B", "b": "A", "c": "A"}
    assert made.hindrances == ()


def test_what_each_buys_and_gives_up() -> None:
    made = beside(("A",), ("B", "C"))
    one, two = made.verdicts["A"], made.verdicts["B"]
    lead = (2 * CR - (EN + EN / 2)) * EFFECT
    assert {m: by for m, _, by in one.buys} == pytest.approx({"risk_reduction": lead, "sites": 1})
    assert {m: (own, by) for m, own, by in two.buys}["added_km2"] == pytest.approx((4, 6))
    assert {m for m, _, _ in two.gives_up} == {"risk_reduction", "sites"}
    # what counts most stands first, what it costs behind
    assert [m for m, _, _ in one.gives_up][:2] == ["sites_complete", "countries_served"]
    assert (one.beaten_by, two.beaten_by) == ("", "")


def test_a_plan_that_is_nowhere_ahead_is_named() -> None:
    """B adds less land than A, but of D no area is known: then nobody's area is called smaller."""
    assert beside(("B",), ("A",)).verdicts["A"].beaten_by == ""
    made = beside(("B",), ("A",), ("D",))
    assert {x: verdict.beaten_by for x, verdict in made.verdicts.items()} == {"A": "B", "B": "", "C": "B"}
    assert made.facts["area_unknown"].tolist() == [0, 0, 1]


def test_the_same_plan_twice() -> None:
    made = beside(("A", "B"), ("B", "A"))
    assert kinds(made) == [("same_plan", "AB")]
    assert made.verdicts["A"].same_as == "B"
    assert made.verdicts["A"].buys == made.verdicts["A"].gives_up == ()
    assert (made.measures["best"] == "").all()
    assert made.ledger.empty


def test_one_plan_and_none_and_five() -> None:
    alone = beside(("A",))
    assert (alone.letters, alone.hindrances) == ("A", ())
    assert alone.verdicts["A"].buys == ()
    for wrong in ([], [()] * 5):
        with pytest.raises(SettingError, match="compare_number"):
            beside(*wrong)


def test_an_empty_plan_beside_a_full_one() -> None:
    made = beside((), ("A",))
    assert made.facts["sites"].tolist() == [0, 1]
    assert made.facts["added_km2"].tolist() == [0, 10]
    assert "risk_reduction" in {m for m, _, _ in made.verdicts["B"].buys}


def test_other_budgets_objectives_assumptions_and_filters_are_told() -> None:
    inventory = make_inventory(SITES, SPECIES)
    other = Scenario(
        "km2", 10, objective="species", assumptions=Assumptions(100, 0.3), filters=Filters(countries=("MEX",))
    )
    made = compare(inventory, [plan_of(inventory, ("A",)), plan_of(inventory, ("A", "C"), other, cost=12)])
    assert kinds(made) == [(kind, "AB") for kind in ("budgets", "objectives", "assumptions", "filters")]
    # the first plan's assumptions measure both, over all sites
    now = EN * EFFECT * 0.5
    assert made.measures.loc["risk_reduction", ["before", "A", "B"]].tolist() == pytest.approx(
        [now, now + 2 * CR * EFFECT, (2 * CR + EN) * EFFECT]
    )
    assert made.measures.at["sites_complete", "n"] == 4
    assert "cost" not in {m for verdict in made.verdicts.values() for m, _, _ in verdict.buys}


def test_money_is_compared_where_all_count_it_alike() -> None:
    national = {"cost": {"A": 5.0, "B": 3.0}, "other": {"A": 1.0, "B": 1.0}}
    inventory = make_inventory(SITES, SPECIES, national=national)
    dear, cheap = (
        plan_of(inventory, (site,), Scenario("cost", 9, assumptions=TWENTY), cost=cost)
        for site, cost in (("A", 5.0), ("B", 3.0))
    )
    made = compare(inventory, [dear, cheap])
    assert {m: by for m, _, by in made.verdicts["B"].buys}["cost"] == 2
    assert made.hindrances == ()
    mixed = compare(inventory, [dear, replace_field(cheap)])
    assert kinds(mixed) == [("budgets", "AB")]


def replace_field(plan: Plan) -> Plan:
    return replace(plan, scenario=replace(plan.scenario, cost_field="other"))


def test_plans_of_another_version_are_carried_over_by_site() -> None:
    inventory = make_inventory(SITES, SPECIES)
    old = plan_of(inventory, ("A", "Gone"), replace(ASKED, actions=(("Gone", "survey"),)), data="f" * 64)
    none = plan_of(inventory, ("Gone", "Too"), data="f" * 64)
    made = compare(inventory, [plan_of(inventory, ("A",)), old, none])
    assert (
        made.hindrances[-4:]
        == (
            Hindrance("data", "B", 1),
            Hindrance("nothing", "C", 2),
        )[-4:]
    )
    assert made.lost == {"A": (), "B": ("Gone",), "C": ("Gone", "Too")}
    assert made.facts[["sites", "own_sites"]].to_numpy().tolist() == [[1, 1], [1, 2], [0, 2]]
    assert made.verdicts["A"].same_as == "B"  # what is left of it
    assert "same_plan" not in {one.kind for one in made.hindrances}


def test_own_actions_are_kept() -> None:
    """A survey covers nothing; half a site is half a site."""
    inventory = make_inventory(SITES, SPECIES)
    survey = plan_of(inventory, ("A",), replace(ASKED, action="survey"))
    half = plan_of(inventory, ("A",), replace(ASKED, to_share=0.5))
    made = compare(inventory, [survey, half])
    assert made.facts["added_km2"].tolist() == [0, 5]
    assert made.measures.loc["risk_reduction", "B"] - made.measures.loc["risk_reduction", "A"] == (
        pytest.approx(2 * CR * EFFECT / 2)
    )


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_lines_are_those_of_each_plan_by_itself(data: st.DataObject) -> None:
    sites, species = data.draw(cases(most=6))
    inventory = make_inventory(sites, species)  # type: ignore[arg-type]
    budgets = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    asked = [Scenario(budget=n, assumptions=TWENTY) for n in budgets]
    solved = [solve(inventory, one) for one in asked]
    made = compare(
        inventory,
        [Plan("", s, p, inventory.version.content_hash) for s, p in zip(asked, solved, strict=True)],
    )
    for letter, scenario, plan in zip(LETTERS, asked, solved, strict=False):
        board = plan_scoreboard(inventory, scenario, plan.selected)
        own = board[board["basis"] == "newest"].set_index("measure")["after"].astype(float)
        assert made.measures[letter].to_dict() == pytest.approx(own.to_dict())
        assert made.ledger_n[letter] == len(plan_ledger(inventory, scenario, plan.selected))
        assert set(made.sites.index[made.sites["letters"].str.contains(letter)]) == set(plan.selected)
        for other, n in made.common[letter].items():
            assert n == len(set(plan.selected) & set(solved[LETTERS.index(str(other))].selected))
        verdict = made.verdicts[letter]
        ahead = {m for m, _, _ in verdict.buys}
        assert ahead.isdisjoint(m for m, _, _ in verdict.gives_up)
        assert not (verdict.beaten_by and ahead)


def test_differences_and_what_lies_within_what() -> None:
    made = beside(("A",), ("B", "A"), ("C",), ())
    assert made.inside == [("A", "B")]  # plan A within plan B; an empty plan lies in none
    assert list(made.differences) == ["B", "C", "D"]
    assert made.differences.at["sites_complete", "B"] == 2 - 1
    assert made.differences.at["sites_complete", "D"] == 0 - 1


def test_a_plan_that_lost_sites_is_not_charged_for_them() -> None:
    national = {"cost": {"A": 5.0, "B": 9.0}}
    inventory = make_inventory(SITES, SPECIES, national=national)
    money = Scenario("cost", 99, assumptions=TWENTY)
    whole = plan_of(inventory, ("A",), money, cost=5.0)
    lost = plan_of(inventory, ("B", "Gone"), money, cost=50.0, data="f" * 64)
    made = compare(inventory, [whole, lost])
    assert made.facts["cost"].isna().tolist() == [False, True]
    assert "cost" not in {m for verdict in made.verdicts.values() for m, _, _ in verdict.buys}

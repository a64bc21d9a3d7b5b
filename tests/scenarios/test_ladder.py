"""Ladders: by hand, then against every chain of plans there is."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.scenarios import Scenario, solve
from aze_core.scenarios import ladder as ladders
from aze_core.scenarios.ladder import ORDERS, Ladder, even_steps, ladder
from tests.helpers import make_inventory
from tests.scenarios.test_problem import TWENTY, cases, feasible, gain

CR, EN, EFFECT = 0.75, 0.2, 0.5

# X fills the first budget; Y and Z together are worth more at the second, and nothing is left for X
SITES: dict[str, Any] = {"X": {"area": 6}, "Y": {"area": 5}, "Z": {"area": 5}}
SPECIES: dict[str, Any] = {
    "x1": ("CR", ["X"]),
    "x2": ("EN", ["X"]),
    "y": ("CR", ["Y"]),
    "z": ("CR", ["Z"]),
}
KM2 = Scenario("km2", 10, assumptions=TWENTY)


def test_what_nesting_costs_by_hand() -> None:
    inventory = make_inventory(SITES, SPECIES)
    first = ladder(inventory, KM2, (6, 10), "first")
    assert [plan.selected for plan in first.nested] == [("X",), ("X",)]
    assert [plan.selected for plan in first.best] == [("X",), ("Y", "Z")]
    assert first.steps["loss"].tolist() == pytest.approx([0, (2 * CR - (CR + EN)) * EFFECT])
    assert first.steps["loss_share"].tolist() == pytest.approx([0, (2 * CR - CR - EN) / (2 * CR)])

    goal = ladder(inventory, KM2, (6, 10), "goal")
    assert [plan.selected for plan in goal.nested] == [("Y",), ("Y", "Z")]
    assert goal.steps["loss"].tolist() == pytest.approx([(CR + EN - CR) * EFFECT, 0])
    assert goal.entering.to_dict() == {"Y": 1, "Z": 2}

    # 0.20 / 0.95 lost in the first step is less than 0.55 / 1.50 in the second
    least = ladder(inventory, KM2, (10, 6))
    assert [plan.selected for plan in least.nested] == [("Y",), ("Y", "Z")]
    assert least.proven


def test_the_least_loss_can_be_neither_of_the_two_others() -> None:
    areas = {"A": 8, "B": 5, "C": 5, "D": 7}
    kinds = {"A": "CR CR EN", "B": "EN EN", "C": "EN", "D": "EN EN"}
    species: dict[str, Any] = {
        f"{site}{n}": (kind, [site]) for site, held in kinds.items() for n, kind in enumerate(held.split())
    }
    inventory = make_inventory({site: {"area": area} for site, area in areas.items()}, species)
    lost = {order: ladder(inventory, KM2, (6, 10, 15), order).steps["loss_share"].sum() for order in ORDERS}
    assert lost["least_loss"] == pytest.approx(0 + (2 * CR + EN - 2 * EN) / (2 * CR + EN))  # B, B, AB
    assert lost["first"] > lost["least_loss"] < lost["goal"]


def test_floors_hold_at_every_step_and_too_small_a_step_is_refused() -> None:
    sites: dict[str, Any] = {
        "X": {"iso3": "MEX", "area": 1},
        "Y": {"iso3": "PER", "area": 4},
        "Z": {"iso3": "MEX", "area": 2},
    }
    inventory = make_inventory(sites, {"x": ("CR", ["X"]), "y": ("EN", ["Y"]), "z": ("EN", ["Z"])})
    asked = replace(KM2, floors=(("country", "PER", 1),))
    for order in ORDERS:
        made = ladder(inventory, asked, (4, 5, 9), order)
        assert [plan.selected for plan in made.nested] == [("Y",), ("X", "Y"), ("X", "Y", "Z")]
    with pytest.raises(ScenarioError, match="over_budget_km2"):
        ladder(inventory, asked, (3, 9))


def test_a_last_plan_that_holds_no_smaller_one_is_told() -> None:
    """The best last plan serves the floor with a dear site; the first step can only pay the cheap one."""
    sites: dict[str, Any] = {"Dear": {"iso3": "PER", "area": 9}, "Cheap": {"iso3": "PER", "area": 2}}
    inventory = make_inventory(sites, {"d": ("CR", ["Dear"]), "c": ("EN", ["Cheap"])})
    asked = replace(KM2, floors=(("country", "PER", 1),))
    assert solve(inventory, asked).selected == ("Dear",)
    with pytest.raises(ScenarioError, match="ladder_goal"):
        ladder(inventory, asked, (2, 10), "goal")
    assert [plan.selected for plan in ladder(inventory, asked, (2, 10)).nested] == [("Cheap",), ("Cheap",)]


def test_species_first() -> None:
    inventory = make_inventory(SITES, SPECIES)
    made = ladder(inventory, replace(KM2, objective="lexicographic"), (6, 10), "first")
    assert made.steps[["species", "best_species", "species_loss"]].to_numpy().tolist() == [
        [2, 2, 0],
        [2, 2, 0],
    ]
    # two species either way, but Y and Z are worth more
    assert made.steps["loss"].tolist() == pytest.approx([0, (2 * CR - (CR + EN)) * EFFECT])
    assert not ladder(inventory, replace(KM2, objective="lexicographic"), (6, 10)).proven


def test_a_solver_without_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = make_inventory(SITES, SPECIES)
    monkeypatch.setattr(ladders, "_together", lambda *_: (None, False))
    made = ladder(inventory, KM2, (6, 10))
    assert (made.proven, [plan.selected for plan in made.nested]) == (False, [("Y",), ("Y", "Z")])


@pytest.mark.parametrize(
    ("budgets", "message"), [((), "ladder_steps"), ((1,) * 11, "ladder_steps"), ((5, 5), "ladder_twice")]
)
def test_steps_that_are_none(budgets: tuple[float, ...], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        ladder(make_inventory(), KM2, budgets)
    with pytest.raises(SettingError, match="not_whole"):
        ladder(make_inventory(), Scenario(), (1.5,))


def test_even_steps_are_whole_for_sites() -> None:
    assert even_steps(Scenario(budget=3), 5) == (1, 2, 3)
    assert even_steps(Scenario("km2", 10), 4) == (2.5, 5, 7.5, 10)
    assert even_steps(Scenario(budget=0)) == ()


def chains(case: Any, asked: Scenario, budgets: list[float]) -> list[tuple[tuple[str, ...], ...]]:
    """Every chain of plans within the budgets."""
    made: list[tuple[tuple[str, ...], ...]] = [()]
    for budget in budgets:
        plans = [plan for plan, _ in feasible(case, replace(asked, budget=budget))]
        made = [
            (*chain, plan) for chain in made for plan in plans if not chain or set(chain[-1]) <= set(plan)
        ]
    return made


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_ladder_is_nested_and_loses_the_least_of_all_chains(data: st.DataObject) -> None:
    case = data.draw(cases(most=5))
    kind = data.draw(st.sampled_from(["sites", "km2", "km2"]))
    sizes = st.sampled_from([1, 2, 3] if kind == "sites" else [0.5, 1.0, 2.7, 3.7, 5.0, 12.3])
    budgets = sorted(data.draw(st.lists(sizes, min_size=2, max_size=3, unique=True)))
    asked = Scenario(kind, budgets[-1], assumptions=TWENTY)
    inventory = make_inventory(*case)  # type: ignore[arg-type]
    every = chains(case, asked, budgets)
    top = [max(gain(case, chain[at]) for chain in every) for at in range(len(budgets))]

    def lost(chain: tuple[tuple[str, ...], ...]) -> float:
        return sum(
            (best - gain(case, plan)) / best if best > 1e-9 else 0.0
            for best, plan in zip(top, chain, strict=True)
        )

    made: dict[str, Ladder] = {order: ladder(inventory, asked, budgets, order) for order in ORDERS}
    for each in made.values():
        held = [set(plan.selected) for plan in each.nested]
        assert all(one <= two for one, two in itertools.pairwise(held))
        assert (each.steps["cost"] <= each.steps["budget"] + 1e-9).all()
        assert (each.steps["loss"] >= 0).all()
        assert each.steps["best"].tolist() == pytest.approx(top, abs=1e-9)
        assert each.steps["entering"].sum() == len(each.entering) == len(held[-1])
    assert made["least_loss"].steps["loss_share"].sum() == pytest.approx(min(map(lost, every)), abs=1e-6)
    assert made["least_loss"].proven
    assert made["first"].steps["loss"].iloc[0] == pytest.approx(0)
    assert made["goal"].steps["loss"].iloc[-1] == pytest.approx(0)

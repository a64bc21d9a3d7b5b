"""Alternatives: by hand, then against every plan there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.scenarios import Scenario, exact, solve
from aze_core.scenarios import alternatives as module
from aze_core.scenarios.alternatives import Differing, alternatives
from tests.helpers import make_inventory
from tests.scenarios.test_problem import TWENTY, cases, feasible, gain

CR, EN, EFFECT = 0.75, 0.2, 0.5
SITES: dict[str, Any] = {key: {"area": 1} for key in "ABCD"}
SPECIES: dict[str, Any] = {
    "a": ("CR", ["A"]),
    "b": ("CR", ["B"]),
    "b2": ("EN", ["B"]),
    "c": ("CR", ["C"]),
    "d": ("EN", ["D"]),
}
TWO = Scenario(budget=2, assumptions=TWENTY)
BEST = (2 * CR + EN) * EFFECT  # A and B; C is worth as much as A


def test_sites_that_nothing_tells_apart_make_an_alternative() -> None:
    found = alternatives(make_inventory(SITES, SPECIES), TWO, Differing(apart=1, within=0, most=8))
    assert found.best.selected == ("A", "B")
    assert [plan.selected for plan in found.plans] == [("B", "C")]
    assert found.plans[0].objective == pytest.approx(BEST)
    # the next without one site of each: A and C
    assert (found.stop, found.next_best.selected) == ("within", ("A", "C"))  # type: ignore[union-attr]
    assert (found.farthest, found.farthest_proven) == (1, True)


def test_the_distance_holds_to_every_plan_before() -> None:
    wide = alternatives(make_inventory(SITES, SPECIES), TWO, Differing(apart=2, within=0.6, most=8))
    assert [plan.selected for plan in wide.plans] == [("C", "D")]
    assert wide.plans[0].objective == pytest.approx((CR + EN) * EFFECT)
    assert (wide.stop, wide.farthest) == ("within", 2)
    assert wide.next_best.selected == ()  # type: ignore[union-attr]
    # of the plans that are nearly as good, none is so far away; the best that is falls short
    near = alternatives(make_inventory(SITES, SPECIES), TWO, Differing(apart=2, within=0.1, most=8))
    assert (near.plans, near.stop, near.farthest) == ((), "within", 1)
    assert near.next_best.selected == ("C", "D")  # type: ignore[union-attr]


def test_what_is_locked_stays_and_so_can_stop_the_search() -> None:
    inventory = make_inventory(SITES, SPECIES)
    locked = replace(TWO, locked_in=("A",))
    assert alternatives(inventory, locked, Differing(apart=2, within=1)).stop == "apart"
    assert alternatives(inventory, locked, Differing(apart=9, within=1)).stop == "apart"
    one = alternatives(inventory, locked, Differing(apart=1, within=1, most=1))
    assert (one.stop, [plan.selected for plan in one.plans]) == ("", [("A", "C")])
    with pytest.raises(ScenarioError, match="locked_over_budget_sites"):
        alternatives(inventory, replace(locked, budget=0), Differing())


def test_species_first_counts_species() -> None:
    """A plan with as many species is within 0 % though it averts less."""
    asked = replace(TWO, objective="lexicographic", budget=1)
    found = alternatives(make_inventory(SITES, SPECIES), asked, Differing(apart=1, within=0.5, most=1))
    assert found.best.selected == ("B",)  # two species
    assert [plan.selected for plan in found.plans] == [("A",)]
    none = alternatives(make_inventory(SITES, SPECIES), asked, Differing(apart=1, within=0.4, most=1))
    assert (none.plans, none.stop) == ((), "within")


def test_out_of_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_time(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(module, "least_cost", no_time)
    found = alternatives(make_inventory(SITES, SPECIES), TWO, Differing(apart=1))
    assert (found.plans, found.stop, found.next_best) == ((), "time", None)


def test_no_plan_at_all_has_no_alternative() -> None:
    found = alternatives(make_inventory({}, {}), TWO, Differing(apart=1))
    assert (found.best.selected, found.plans, found.stop, found.farthest) == ((), (), "apart", 0)


@pytest.mark.parametrize("wrong", [{"apart": 0}, {"within": -0.1}, {"within": 1.1}, {"most": 0}, {"most": 9}])
def test_settings_out_of_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        Differing(**wrong)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_alternative_is_the_best_that_keeps_its_distance(data: st.DataObject) -> None:
    case = data.draw(cases(most=6))
    kind = data.draw(st.sampled_from(["sites", "km2"]))
    budget = data.draw(st.sampled_from([1, 2, 3] if kind == "sites" else [1.0, 2.7, 5.0, 12.3]))
    asked = Scenario(kind, budget, assumptions=TWENTY)
    differing = Differing(
        apart=data.draw(st.integers(1, 3)),
        within=data.draw(st.sampled_from([0.0, 0.1, 0.3, 1.0])),
        most=data.draw(st.integers(1, 3)),
    )
    inventory = make_inventory(*case)  # type: ignore[arg-type]
    found = alternatives(inventory, asked, differing)
    every = [plan for plan, _ in feasible(case, asked)]
    top = max(gain(case, plan) for plan in every)
    assert found.best == solve(inventory, asked)

    def far(plan: tuple[str, ...], before: list[tuple[str, ...]]) -> bool:
        return all(len(set(one) - set(plan)) >= differing.apart for one in before)

    before = [found.best.selected]
    for plan in found.plans:
        assert far(plan.selected, before)
        assert plan.selected in every
        best = max(gain(case, other) for other in every if far(other, before))
        assert gain(case, plan.selected) == pytest.approx(best, abs=1e-9)
        assert best >= (1 - differing.within) * top - 1e-9
        before.append(plan.selected)
    left = [gain(case, other) for other in every if far(other, before)]
    if found.stop == "apart":
        assert left == []
    elif found.stop == "within":
        assert max(left) < (1 - differing.within) * top
    else:
        assert len(found.plans) == differing.most
    good = [plan for plan in every if gain(case, plan) >= (1 - differing.within) * top - 1e-12]
    assert found.farthest_proven
    assert found.farthest == max(len(set(found.best.selected) - set(plan)) for plan in good)


def test_the_fewest_wanted_units_without_time_are_those_of_the_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "_solve", lambda *_: (None, 0.0, False))
    found = alternatives(make_inventory(SITES, SPECIES), TWO, Differing(apart=1, most=1))
    assert (found.farthest, found.farthest_proven) == (0, False)

"""Differences, replacement costs and the curve: by hand, and against solves with one thing changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import Assumptions
from aze_core.domain.settings import value
from aze_core.scenarios import Scenario, clock, solve
from aze_core.scenarios import exact as solver
from aze_core.scenarios.curve import curve
from aze_core.scenarios.difference import differences, replacement_costs
from tests.helpers import make_inventory
from tests.scenarios.test_conflicts import with_rights

CR, EN, EFFECT = 0.75, 0.2, 0.5
TWENTY = Assumptions(20, EFFECT)
SITES: dict[str, Any] = {
    "A": {"iso3": "MEX", "area": 4},
    "B": {"iso3": "MEX", "area": 3},
    "C": {"iso3": "PER", "area": 2},
    "D": {"iso3": "PER", "area": 3},
}
SPECIES: dict[str, Any] = {"a": ("CR", ["A"]), "a2": ("EN", ["A"]), "b": ("CR", ["B"]), "c": ("EN", ["C"])}


def test_the_difference_of_a_floor_and_of_locks_by_hand() -> None:
    inventory = with_rights(make_inventory(SITES, SPECIES), {"D": "withheld"})
    scenario = Scenario(budget=1, assumptions=TWENTY, floors=[["country", "PER", 1]], locked_out=["B"])
    rows = differences(inventory, scenario).set_index("kind")
    assert rows["code"].to_dict() == {"floor": "country:PER", "locked_out": "B", "withheld": ""}
    assert rows["with_it"].tolist() == pytest.approx([EN * EFFECT] * 3)
    assert rows["difference"].to_dict() == pytest.approx(
        {"floor": (CR + EN - EN) * EFFECT, "locked_out": 0, "withheld": 0}
    )
    assert rows["species"].to_dict() == {"floor": 2 - 1, "locked_out": 0, "withheld": 0}


def test_replacement_costs_by_hand() -> None:
    inventory = make_inventory(SITES, SPECIES)
    scenario = Scenario(budget=2, assumptions=TWENTY)
    found = replacement_costs(inventory, scenario, solve(inventory, scenario))
    assert found.to_dict() == pytest.approx({"A": (CR + EN - EN) * EFFECT, "B": (CR - EN) * EFFECT})
    km2 = replace(scenario, budget_kind="km2", budget=5, locked_in=("C",))
    plan = solve(inventory, km2)
    assert plan.selected == ("B", "C")
    lost = replacement_costs(inventory, km2, plan)
    assert lost["B"] == pytest.approx(CR * EFFECT)  # A does not fit beside C
    assert np.isinf(lost["C"])
    floor = replace(scenario, floors=(("country", "MEX", 2),))
    assert np.isinf(replacement_costs(inventory, floor, solve(inventory, floor))).all()


def test_out_of_time_is_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = make_inventory(SITES, SPECIES)
    scenario = Scenario("km2", 9, assumptions=TWENTY)
    plan = solve(inventory, scenario)
    monkeypatch.setattr("aze_core.scenarios.difference.value", lambda name: -1.0)
    assert replacement_costs(inventory, scenario, plan).isna().all()


rows = st.tuples(
    st.sampled_from([1.0, 2.0, 3.3]), st.sampled_from(["MEX", "PER"]), st.sampled_from([0.0, 0.5])
)


@settings(max_examples=12, deadline=None)
@given(st.lists(rows, min_size=2, max_size=6), st.data())
def test_a_replacement_cost_is_the_solve_without_the_site(
    drawn: list[tuple[float, str, float]], data: st.DataObject
) -> None:
    sites = {f"S{n}": {"area": a, "iso3": c, "cover": {2010: s}} for n, (a, c, s) in enumerate(drawn)}
    species: dict[str, Any] = {
        f"s{n}": (data.draw(st.sampled_from(["CR", "EN"])), list(at))
        for n, at in enumerate(
            data.draw(
                st.lists(
                    st.lists(st.sampled_from(sorted(sites)), min_size=1, max_size=2, unique=True), max_size=6
                )
            )
        )
    }
    inventory = make_inventory(sites, species)
    kind = data.draw(st.sampled_from(["sites", "km2"]))
    floors = data.draw(st.sampled_from([(), (("region", "americas", 1),)]))
    scenario = Scenario(kind, 4, assumptions=TWENTY, floors=floors)
    plan = solve(inventory, scenario)
    found = replacement_costs(inventory, scenario, plan)
    for site in plan.selected:
        try:
            without = solve(inventory, replace(scenario, locked_out=(site,)))
        except ScenarioError:
            assert np.isinf(found[site])
        else:
            assert found[site] == pytest.approx(plan.objective - without.objective, abs=1e-7)


@pytest.mark.parametrize(
    ("choice", "basis"),
    [
        ({"budget_kind": "km2"}, "frontier"),
        ({"budget_kind": "sites"}, "frontier"),
        ({"budget_kind": "km2", "floors": [["country", "PER", 1]]}, "solves"),
        ({"budget_kind": "sites", "objective": "lexicographic"}, "solves"),
        ({"budget_kind": "km2", "locked_in": ["B"]}, "frontier"),
    ],
)
def test_every_point_of_the_curve_is_a_plan(choice: dict[str, Any], basis: str) -> None:
    inventory = make_inventory(SITES, SPECIES)
    scenario = Scenario(assumptions=TWENTY, **choice)
    made = curve(inventory, scenario)
    assert set(made["basis"]) == {basis}
    assert made["cost"].is_monotonic_increasing
    assert made["objective"].is_monotonic_increasing
    assert made["objective"].iloc[-1] == pytest.approx((2 * CR + 2 * EN) * EFFECT)
    assert (made["bound"] >= made["objective"] - 1e-9).all()
    for row in made.itertuples():
        plan = solve(inventory, replace(scenario, budget=float(row.cost)))
        assert row.objective == pytest.approx(plan.objective, abs=1e-9)
        assert row.cost == pytest.approx(plan.cost)


def test_a_curve_of_what_cannot_be_had() -> None:
    with pytest.raises(ScenarioError, match="floor_too_high"):
        curve(make_inventory(SITES, SPECIES), Scenario(floors=[["country", "PER", 9]]))


SHARED: dict[str, Any] = {
    **SPECIES,
    "ab": ("CR", [("A", 0.6, ""), ("B", 0.4, "")]),
    "cd": ("EN", [("C", 1.0, "breeding"), ("D", 1.0, "wintering")]),
}


@pytest.mark.parametrize("kind", ["sites", "km2", "index"])
@pytest.mark.parametrize("objective", ["risk", "species"])
@pytest.mark.parametrize("locked", [(), ("D",), ("B", "C")])
def test_sites_that_share_species_have_their_whole_curve_too(
    kind: str, objective: str, locked: tuple[str, ...]
) -> None:
    inventory = make_inventory(SITES, SHARED)
    scenario = Scenario(kind, assumptions=TWENTY, objective=objective, locked_in=locked)
    made = curve(inventory, scenario)
    assert set(made["basis"]) == {"frontier"}
    assert made["exact"].all()
    assert made["cost"].is_monotonic_increasing
    assert made["objective"].diff().dropna().gt(0).all()
    for row, next_cost in zip(made.itertuples(), [*made["cost"].iloc[1:], np.inf], strict=True):
        # the best at its own budget, and still just below the next
        budgets = [row.cost, min(next_cost - (1 if kind == "sites" else 0.01), 100.0)]
        for budget in budgets:
            plan = solve(inventory, replace(scenario, budget=float(budget)))
            assert row.objective == pytest.approx(plan.objective, abs=1e-9)


def test_a_replacement_cost_whose_time_ran_out_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = make_inventory(SITES, SPECIES)
    scenario = Scenario(budget=2, assumptions=TWENTY, floors=[["country", "PER", 1]])
    plan = solve(inventory, scenario)

    def late(*_: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr("aze_core.scenarios.difference.least_cost", late)
    assert replacement_costs(inventory, scenario, plan).isna().all()


class Slow:
    """A solver whose every call wants so many seconds of a clock that only it moves."""

    def __init__(self, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.calls, self._seconds, self._whole = 0.0, 0, seconds, solver._solve
        monkeypatch.setattr(clock.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(solver, "_solve", self.solve)

    def solve(self, *given: Any) -> tuple[Any, float, bool]:
        *problem, limit = given
        self.calls += 1
        self.now += min(limit, self._seconds)
        found, bound, _ = self._whole(*problem, 20.0 if limit > 0 else 0.0)
        finished = limit >= self._seconds
        return found, bound if finished else bound - 1e3, finished


FLOORED = Scenario(budget=2, assumptions=TWENTY, objective="lexicographic", floors=[["country", "PER", 1]])
PLAIN = Scenario("km2", 6, assumptions=TWENTY)


@pytest.mark.parametrize("seconds", [0.5, 3.0, 6.0, 15.0, 99.0])
def test_all_solves_of_a_plan_stay_within_the_time(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = make_inventory(SITES, SHARED)
    whole = solve(inventory, FLOORED)
    slow = Slow(seconds, monkeypatch)
    plan = solve(inventory, FLOORED)
    assert slow.calls > 4
    assert slow.now <= value("scenario.time_limit_s") + 1e-9
    assert {*plan.selected} & {"C", "D"}  # a floor is kept, time or not
    assert plan.bound >= whole.objective - 1e-9
    assert (plan.method == "exact") == (seconds < 6)


@pytest.mark.parametrize(
    ("scenario", "seconds", "enough"),
    [
        (FLOORED, 0.1, True),
        (FLOORED, 4.0, False),
        (FLOORED, 99.0, False),
        (PLAIN, 0.1, True),
        (PLAIN, 15.0, True),
        (PLAIN, 99.0, False),
    ],
)
def test_all_replacement_costs_stay_within_the_time(
    scenario: Scenario, seconds: float, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = make_inventory(SITES, SHARED if scenario is FLOORED else SPECIES)
    plan = solve(inventory, scenario)
    whole = replacement_costs(inventory, scenario, plan)
    slow = Slow(seconds, monkeypatch)
    found = replacement_costs(inventory, scenario, plan)
    assert slow.now <= value("scenario.time_limit_s") + 1e-9
    # what is told is what is right; what was not proven is missing
    assert slow.calls > 0
    assert found.notna().all() == enough
    told = found.dropna()
    assert told.tolist() == pytest.approx(whole[told.index].tolist())

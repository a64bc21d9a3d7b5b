"""Kept scenarios solved again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.domain.model import Inventory
from aze_core.scenarios import Scenario, solve
from aze_core.scenarios.replay import replay
from tests.helpers import make_inventory
from tests.scenarios.test_problem import TWENTY

ASKED = Scenario(budget=1, assumptions=TWENTY)


def versioned(inventory: Inventory, letter: str) -> Inventory:
    return replace(inventory, version=replace(inventory.version, content_hash=letter * 64), memo={})


NOW = versioned(make_inventory({"A": {}, "B": {}}, {"a": ("CR", ["A"]), "b": ("EN", ["B"])}), "a")
THEN = versioned(make_inventory({"B": {}, "C": {}}, {"b": ("EN", ["B"]), "c": ("CR", ["C"])}), "b")


def test_with_its_own_data_where_they_are_there() -> None:
    for data, selected in (("a" * 64, ("A",)), ("b" * 64, ("C",))):
        made = replay(NOW, "n", ASKED.to_dict(), data, {"b" * 64: THEN}.get)
        assert (made.plan.solution.selected, made.plan.data, made.moved) == (selected, data, False)
    assert made.plan.solution == solve(THEN, ASKED)


def test_without_them_on_what_is_looked_at_and_said() -> None:
    asked = replace(ASKED, locked_in=("C",), locked_out=("A",))
    made = replay(NOW, "n", asked.to_dict(), "b" * 64, lambda _: None)
    assert (made.plan.solution.selected, made.plan.data, made.moved) == (("B",), "a" * 64, True)
    assert [(one.setting, one.codes) for one in made.lost] == [("locked_in", ("C",))]


def test_what_is_broken_is_refused() -> None:
    with pytest.raises(SettingError):
        replay(NOW, "n", {"budget": -1}, "a" * 64, lambda _: None)
    with pytest.raises(ScenarioError):
        replay(NOW, "n", replace(ASKED, locked_in=("A", "B")).to_dict(), "a" * 64, lambda _: None)

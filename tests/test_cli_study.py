"""Commands that study plans: the same numbers as the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aze_core.cli import main
from aze_core.domain.model import Inventory, Uncertainty
from aze_core.scenarios import Scenario, solve
from aze_core.scenarios.alternatives import Differing, alternatives
from aze_core.scenarios.comparison import Plan, compare
from aze_core.scenarios.ladder import ladder
from aze_core.scenarios.landscapes import LandscapeSettings, group, stability
from aze_core.scenarios.robust import robust
from aze_core.scenarios.sensitivity import sensitivity
from aze_core.store import scenarios
from aze_core.store.folder import inventory_path, read_current
from aze_core.store.inventory import load
from tests.helpers import write_facts
from tests.test_cli import Shell

TWO = Scenario(budget=2)
ASK = ("--budget", "2")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("study")
    assert main(["build", "--data", str(write_facts(place / "facts")), "--store", str(place / "store")]) == 0
    return place / "store"


@pytest.fixture
def shell(built: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(built, capsys)


@pytest.fixture(scope="module")
def inventory(built: Path) -> Inventory:
    current = read_current(built)
    assert current is not None
    return load(inventory_path(built, current.inventory))


def keep(store: Path, inventory: Inventory, name: str, scenario: Scenario, **more: Any) -> str:
    data = more.get("data", inventory.version.content_hash)
    return scenarios.save(store, name=name, inventory=data, settings=scenario.to_dict()).scenario_id


def test_ladder(shell: Shell, inventory: Inventory) -> None:
    found = shell.json("ladder", *ASK, "--steps", "1,2", "--order", "first")
    made = ladder(inventory, TWO, (1, 2), "first")
    assert [row["objective"] for row in found["steps"]] == made.steps["objective"].tolist()
    assert found["entering"] == made.entering.to_dict()
    assert (found["order"], found["proven"], found["scenario"]["budget"]) == ("first", True, 2)
    assert len(shell.json("ladder", *ASK, "--even", "2")["steps"]) == 2
    assert "ladder" in shell.run("ladder", *ASK)
    assert "numbers: 5,10,20" in shell.fail("ladder", "--steps", "1,x")


def test_alternatives(shell: Shell, inventory: Inventory) -> None:
    found = shell.json("alternatives", *ASK, "--apart", "1", "--within", "0.9", "--most", "2")
    made = alternatives(inventory, TWO, Differing(1, 0.9, 2))
    assert [one["selected"] for one in found["plans"]] == [list(one.selected) for one in made.plans]
    assert (found["stop"], found["farthest"]) == (made.stop, made.farthest)
    assert "can do without" in shell.run("alternatives", *ASK, "--apart", "9")


def test_robust(shell: Shell, inventory: Inventory) -> None:
    found = shell.json("robust", *ASK, "--draws", "30", "--seed", "4")
    made = robust(inventory, TWO, solve(inventory, TWO), Uncertainty(draws=30, seed=4))
    assert {row["site_id"]: row["share"] for row in found["sites"]} == made.sites["share"].to_dict()
    assert (found["draws"], tuple(found["reached"])) == (made.draws, made.reached)
    assert "draws" in shell.run("robust", *ASK, "--draws", "5", "--certain")


def test_sensitivity(shell: Shell, inventory: Inventory) -> None:
    found = shell.json("sensitivity", *ASK)["assumptions"]
    made = sensitivity(inventory, TWO, solve(inventory, TWO))
    assert [(row["kind"], row["code"], row["loss"]) for row in found] == list(
        made[["kind", "code", "loss"]].itertuples(index=False, name=None)
    )
    assert "horizon" in shell.run("sensitivity", *ASK)


def test_landscapes(shell: Shell, inventory: Inventory) -> None:
    arguments = [*ASK, "--diameter", "300", "--across-borders", "--together", "Pair=A,B"]
    found = shell.json("landscapes", *arguments, "--jitter", "5")
    settings = LandscapeSettings(300, True, (("Pair", ("A", "B")),))
    selected = solve(inventory, TWO).selected
    made = group(inventory, selected, settings)
    assert {row["site_id"]: row["name"] for row in found["members"]} == made.members["name"].to_dict()
    assert found["stability"]["agreement"] == pytest.approx(
        stability(inventory, selected, settings, 5).agreement, nan_ok=True
    )
    alone = shell.json("landscapes", "--budget", "1", "--jitter", "5")
    assert alone["stability"]["agreement"] is None  # of one site nothing can be told
    assert "Pair" in shell.run("landscapes", *arguments)
    assert "bad_number" not in shell.fail("landscapes", "--diameter", "0")
    with pytest.raises(SystemExit):
        shell.run("landscapes", "--together", "A,B")


def test_compare(shell: Shell, built: Path, inventory: Inventory) -> None:
    one, two = Scenario(budget=1), Scenario("km2", 30, objective="species")
    codes = [keep(built, inventory, "One", one), keep(built, inventory, "Two", two)]
    found = shell.json("compare", *codes)
    here = inventory.version.content_hash
    made = compare(
        inventory, [Plan(n, s, solve(inventory, s), here) for n, s in (("One", one), ("Two", two))]
    )
    assert found["plans"] == {"A": "One", "B": "Two"}
    assert [row["A"] for row in found["measures"]] == pytest.approx(made.measures["A"].tolist())
    assert {row["site_id"]: row["letters"] for row in found["sites"]} == made.sites["letters"].to_dict()
    assert [one["kind"] for one in found["hindrances"]] == ["budgets", "objectives"]
    assert json.loads(json.dumps(found["verdicts"]))["A"]["beaten_by"] == made.verdicts["A"].beaten_by
    text = shell.run("compare", *codes)
    assert "One" in text
    assert "different units" in text


def test_compare_what_cannot_be(shell: Shell, built: Path, inventory: Inventory) -> None:
    far = keep(built, inventory, "Far", Scenario(budget=1, locked_in=("Gone",)), data="f" * 64)
    assert "solved again" in shell.run("compare", far)
    both = keep(built, inventory, "Broken", Scenario(budget=0, locked_in=("A",)))
    said = shell.fail("compare", far, both)
    assert "“Broken” cannot be compared" in said
    assert "from 1 to 4" in shell.fail("compare", *[far] * 5)

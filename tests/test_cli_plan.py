"""The command that solves: the same plan as the library, and what collides with what would do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aze_core.cli import main
from aze_core.domain.model import Weights
from aze_core.locale import t
from aze_core.scenarios import Scenario, solve
from tests.helpers import make_inventory, write_facts
from tests.test_cli import Shell


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("plan")
    assert main(["build", "--data", str(write_facts(place / "facts")), "--store", str(place / "store")]) == 0
    return place / "store"


@pytest.fixture
def shell(built: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(built, capsys)


def test_every_option_reaches_the_scenario(shell: Shell) -> None:
    arguments = ["--budget", 30, "--unit", "index", "--elasticity", 0.5, "--objective", "weighted"]
    arguments += ["--compare-weights", "0,0,1", "--must-have", "a1", "--floor", "country:MEX:1"]
    arguments += ["--ceiling", "region:americas:2", "--action", "oecm", "--action", "B=restoration"]
    arguments += ["--held", "restoration=0.5", "--to-share", 0.9, "--class-effect", "Aves=0.2"]
    arguments += ["--allow-withheld", "--unknown-cost", "median"]
    # no threat is known here
    assert "threat 8.1" in shell.fail("solve", "--threat-effect", "8.1=0")
    found = shell.json("solve", *arguments)
    scenario = Scenario(
        "index",
        30,
        objective="weighted",
        weights=Weights(0, 0, 1),
        class_effects=(("Aves", 0.2),),
        action="oecm",
        actions=(("B", "restoration"),),
        held=(("restoration", 0.5),),
        to_share=0.9,
        must_have=("a1",),
        floors=(("country", "MEX", 1),),
        ceilings=(("region", "americas", 2),),
        allow_withheld=True,
        unknown_cost="median",
        elasticity=0.5,
    )
    assert Scenario.from_dict(found["scenario"]) == scenario
    plan = solve(make_inventory(), scenario)
    assert found["exact"]["selected"] == list(plan.selected)
    assert found["exact"]["objective"] == plan.objective
    assert found["exact"]["actions"]["A"] == "oecm"


def test_a_share_shows_on_the_scoreboard(shell: Shell) -> None:
    def complete(*more: object) -> float:
        board = shell.json("solve", "--budget", 2, *more)["exact"]["scoreboard"]
        [row] = [row for row in board if (row["measure"], row["basis"]) == ("sites_complete", "newest")]
        return float(row["after"])

    assert complete() == 2
    assert complete("--to-share", 0.9) == 0


def test_what_collides_is_told_with_what_would_do(shell: Shell, tmp_path: Path) -> None:
    arguments = ["solve", "--budget", 1, "--floor", "country:MEX:1", "--floor", "country:FRA:1"]
    sentence = shell.fail(*arguments)
    assert "the floor of Land FRA" in sentence
    assert "→ Raise the budget to 2 sites." in sentence
    assert main([*map(str, arguments), "--format", "json", "--store", str(shell.store)]) == 1
    told = json.loads(shell.capsys.readouterr().out)
    assert [one["code"] for one in told["conflicts"]] == ["over_budget_sites"]
    path = tmp_path / "suggested.json"
    path.write_text(json.dumps(told["suggestion"]), encoding="utf-8")
    assert len(shell.json("solve", "--scenario", path)["exact"]["selected"]) == 2


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ("risk", "modelled risk reduction"),
        ("species", "more with all listed sites covered"),
        ("lexicographic", "more with all listed sites covered, modelled risk reduction"),
    ],
)
def test_every_objective_in_words(objective: str, words: str, shell: Shell) -> None:
    text = shell.run("solve", "--budget", 2, "--objective", objective)
    assert words in text
    assert "Proven best (" in text
    assert "No stage of consent is known at 2 of the plan's sites" in text
    assert t("solve.consent") in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--unit", "cost"], "No costs are known"),
        (["--objective", "weighted"], "needs weights"),
        (["--action", "fence"], "“fence” is no action here"),
        (["--action", "=oecm"], "“=oecm” is no action here. Expected: SITE=ACTION."),
        (["--action", "oecm", "--action", "=oecm"], "“=oecm” is no action here. Expected: SITE=ACTION."),
        (["--must-have", "dodo"], "no species dodo"),
        (["--floor", "country:XXX:1"], "Expected: FRA, MEX, USA."),
        (["--held", "survey=0.5"], "“survey” is no held here"),
    ],
)
def test_slips(arguments: list[str], words: str, shell: Shell) -> None:
    assert words in shell.fail("solve", *arguments)


@pytest.mark.parametrize(
    "arguments", [["--floor", "MEX:1"], ["--floor", "country:MEX:x"], ["--class-effect", "Aves=many"]]
)
def test_options_that_cannot_be_read(arguments: list[str], shell: Shell) -> None:
    with pytest.raises(SystemExit):
        shell.run("solve", *arguments)
    assert "came; expected is" in shell.capsys.readouterr().err


def test_floors_that_the_list_misses_are_told_by_name(shell: Shell) -> None:
    # the list takes A (10 km²) for Mexico, and B (20 km²), in both countries, no longer fits
    floors = ["--floor", "country:MEX:1", "--floor", "country:USA:1"]
    text = shell.run("solve", "--unit", "km2", "--budget", 25, *floors)
    assert "does not reach: Land USA, at least 1 site\n" in text

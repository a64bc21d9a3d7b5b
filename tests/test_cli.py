"""The command line: the library's own numbers, JSON that parses, and one sentence for every slip."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
import pytest

from aze_core import __version__, build
from aze_core.cli import describe, main, parser
from aze_core.cli.plan import plan_report
from aze_core.domain.model import Assumptions, Filters, Inventory, RankSettings, Uncertainty, Weights
from aze_core.domain.schema import TABLES
from aze_core.ranking.score import rank_sites
from aze_core.ranking.spread import rank_spread
from aze_core.scenarios import Scenario, solve
from aze_core.store import folder
from aze_core.store.inventory import load
from tests.helpers import make_frames, write_facts

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = [
    "build",
    "info",
    "rank",
    "fill",
    "solve",
    "compare",
    "ladder",
    "alternatives",
    "robust",
    "sensitivity",
    "landscapes",
    "export",
    "import",
    "versions",
    "coverage",
    "countries",
    "trend",
    "irreplaceability",
    "threats",
    "scenarios",
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the four sites."""
    base = tmp_path_factory.mktemp("cli")
    build.build(write_facts(base / "data"), base / "store")
    return base / "store"


@pytest.fixture(scope="module")
def inventory(small: Path) -> Inventory:
    current = folder.read_current(small)
    assert current is not None
    return load(folder.inventory_path(small, current.inventory))


class Shell:
    """Runs commands in this process against one store."""

    def __init__(self, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.store, self.capsys = store, capsys

    def run(self, *arguments: object) -> str:
        """Standard output of a command that works and says nothing else."""
        assert main([*map(str, arguments), "--store", str(self.store)]) == 0
        out, err = self.capsys.readouterr()
        assert err == ""
        return out

    def json(self, *arguments: object) -> Any:
        def refuse(name: str) -> NoReturn:
            raise AssertionError(f"{name} is no JSON")

        return json.loads(self.run(*arguments, "--format", "json"), parse_constant=refuse)

    def fail(self, *arguments: object) -> str:
        """The one sentence of a command that fails."""
        assert main([*map(str, arguments), "--store", str(self.store)]) == 1
        err = self.capsys.readouterr().err
        assert err.endswith("\n")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err.strip()


@pytest.fixture
def shell(small: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(small, capsys)


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame as JSON has it."""
    table = frame.reset_index()
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return json.loads(json.dumps(rows, default=lambda item: item.item()))  # type: ignore[no-any-return]


# ---------------------------------------------------------------- what works


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"python -m aze_core {command}" in capsys.readouterr().out


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for argument, words in (("--version", [__version__]), ("--help", COMMANDS)):
        with pytest.raises(SystemExit) as caught:
            main([argument])
        assert caught.value.code == 0
        out = capsys.readouterr().out
        assert all(word in out for word in words)


def test_build_again_and_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_facts(tmp_path / "data")
    shell = Shell(tmp_path / "store", capsys)
    lines = shell.run("build", "--data", data).splitlines()
    assert [line.split("  ")[0] for line in lines[:-1]] == ["0%", "50%", "90%", "100%"]
    path = build.ensure(data, tmp_path / "store")
    assert lines[-1].startswith(f"Built {path}: 4 sites, 7 species, 7 occurrences, in ")
    assert shell.run("build", "--data", data) == f"The database is up to date: {path}\n"
    assert "Built" in shell.run("build", "--data", data, "--force")


def test_info(shell: Shell, inventory: Inventory) -> None:
    found = shell.json("info")
    assert found == json.loads(json.dumps(describe(inventory)))
    assert found["counts"] == {
        "sites": 4,
        "species": 7,
        "occurrences": 7,
        "species_CR": 3,
        "species_EN": 2,
        "species_EW": 1,
        "species_unknown": 1,
        "sites_with_point": 3,
        "sites_with_area": 3,
        "sites_with_human_influence": 3,
        "countries": 3,
    }
    assert found["sites_by_country"] == {"FRA": 1, "MEX": 3, "USA": 1}
    assert found["coverage"]["2010"]["none"] == 3
    text = shell.run("info")
    assert text.startswith("Small · version 1 · data ")
    assert "Cover 2010: 3 of 4 sites at most 2% covered" in text
    assert text.endswith("Typed by hand, not for decisions.\n")


@pytest.mark.parametrize(
    ("arguments", "weights", "settings"),
    [
        ([], None, RankSettings()),
        (["--all"], None, RankSettings(False)),
        (["--weights", "2,1,1"], Weights(2, 1, 1), RankSettings()),
        (
            ["--country", "USA,FRA", "--all", "--horizon", "20", "--effect", "0.5"],
            None,
            RankSettings(False, Filters(countries=("FRA", "USA")), Assumptions(20, 0.5)),
        ),
        (
            ["--region", "americas", "--class", "Aves", "--category", "CR, unknown", "--weights", "1,0,3"],
            Weights(1, 0, 3),
            RankSettings(True, Filters((), ("americas",), ("Aves",), ("CR", "unknown"))),
        ),
    ],
)
def test_rank_is_the_librarys(
    arguments: list[str],
    weights: Weights | None,
    settings: RankSettings,
    shell: Shell,
    inventory: Inventory,
) -> None:
    found = shell.json("rank", *arguments)
    ranked = rank_sites(inventory, weights, settings)
    drawn = rank_spread(inventory, weights, settings, Uncertainty())
    ends = drawn.interval().astype("Int64").reindex(ranked.index)
    ranked.insert(0, "name", inventory.sites["name"])
    ranked.insert(1, "iso3", inventory.sites["iso3"])
    ranked.insert(3, "rank_low", ends["low"])
    ranked.insert(4, "rank_high", ends["high"])
    ranked.insert(5, "p_top", drawn.p_top(Uncertainty().top))
    assert found["sites"] == plain(ranked)
    assert list(found["sites"][0])[1:7] == ["name", "iso3", "rank", "rank_low", "rank_high", "p_top"]
    assert RankSettings.from_dict(found["settings"]) == settings
    assert (found["weights"] and Weights.from_dict(found["weights"])) == weights
    assert Uncertainty.from_dict(found["uncertainty"]) == Uncertainty()
    assert found["inventory"] == asdict(inventory.version)


def test_rank_as_a_table(shell: Shell) -> None:
    lines = shell.run("rank", "--all", "--top", 2).splitlines()
    # stamp, both orders compared, the weights they mean, two lines of header, two sites, what was drawn
    assert len(lines) == 1 + 2 + 2 + 2 + 1
    assert "Kendall's tau-b" in lines[1]
    assert "Irreplaceability 40, Extinction risk 30, Human influence 30" in lines[2]
    assert "Ash Hill" in lines[5]
    assert "Birch Lake" in lines[6]
    assert "90% of 10,000 draws" in lines[7]
    assert len(shell.run("rank", "--all", "--top", 0).splitlines()) == 1 + 2 + 2 + 4 + 1
    assert "No site matches these filters" in shell.run("rank", "--region", "europe_middle_east")
    empty = shell.json("rank", "--region", "europe_middle_east")
    assert empty["sites"] == []
    assert empty["agreement"]["sites"] == 0


def test_solve_is_the_librarys(shell: Shell, inventory: Inventory) -> None:
    scenario = Scenario("km2", 30, ("B",), ("C",), Filters(countries=("MEX",)), Assumptions(20, 0.5))
    arguments = ["--unit", "km2", "--budget", 30, "--lock-in", "B", "--lock-out", "C"]
    arguments += ["--country", "MEX", "--horizon", 20, "--effect", 0.5]
    found = shell.json("solve", *arguments)
    assert Scenario.from_dict(found["scenario"]) == scenario
    exact = solve(inventory, scenario)
    assert found["exact"]["selected"] == list(exact.selected) == ["A", "B"]
    assert found["exact"]["objective"] == exact.objective
    assert found["exact"]["left_out"] == ["D"]
    report = plan_report(inventory, scenario)
    assert found == json.loads(json.dumps(report, default=lambda item: item.item()))
    assert [row["scientific_name"] for row in found["exact"]["ledger"]] == ["Species d1"]


def test_solve_as_text(shell: Shell) -> None:
    text = shell.run("solve", "--budget", 1)
    assert text.count("Exact plan: 1 site, cost 1 site,") == 1
    assert text.count("Top of the ranking: 1 site,") == 1
    assert text.count("  A ") == 2
    assert "free, prior and informed consent" in text
    assert "Left out" in shell.run("solve", "--unit", "km2", "--budget", 50)
    assert "Locked in but outside" in shell.run("solve", "--lock-in", "C", "--country", "MEX")


def test_weights_for_the_plain_plan(shell: Shell, inventory: Inventory) -> None:
    by_pressure = shell.json("solve", "--budget", 1, "--compare-weights", "0,0,1")
    assert by_pressure["exact"]["selected"] == ["A"]
    assert by_pressure["top_of_the_ranking"]["selected"] == ["B"]


def test_a_scenario_file_is_replayed(shell: Shell, tmp_path: Path) -> None:
    first = shell.json("solve", "--budget", 2, "--lock-out", "A", "--effect", 0.25)
    path = tmp_path / "scénario.json"
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(json.dumps(first["scenario"]), encoding=encoding)
        assert shell.json("solve", "--scenario", path) == first


def test_export_writes_every_table_with_its_notice(
    shell: Shell, inventory: Inventory, tmp_path: Path
) -> None:
    target = tmp_path / "deep" / "out"
    assert shell.run("export", target) == f"Wrote {len(TABLES) + 1} files to {target}.\n"
    assert {path.stem for path in target.iterdir()} == {*TABLES, "ranking"}
    frames = make_frames()
    for path in target.iterdir():
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        assert all(row["notice"] == inventory.version.notice for row in rows)
        if path.stem in frames:
            table = frames[path.stem]
            assert len(rows) == len(table)
            if rows:
                assert list(rows[0])[: len(table.columns)] == list(table.columns)
    rows = list(csv.DictReader(io.StringIO((target / "ranking.csv").read_text("utf-8-sig"), newline="")))
    ranked = rank_sites(inventory, None, RankSettings(False))
    assert [row["site_id"] for row in rows] == list(ranked.index)
    assert [float(row["score"]) for row in rows[:3]] == ranked["score"].tolist()[:3]
    chosen = json.loads(rows[0]["settings"])
    assert RankSettings.from_dict(chosen["settings"]) == RankSettings(False)
    drawn = rank_spread(inventory, None, RankSettings(False), Uncertainty())
    assert [float(row["p_top"]) for row in rows[:3]] == drawn.p_top(10)[ranked.index[:3]].tolist()


def test_a_command_without_a_database_builds_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_facts(tmp_path / "data")
    shell = Shell(tmp_path / "new", capsys)
    assert shell.json("info", "--data", data)["counts"]["sites"] == 4
    assert not build.outdated(data, tmp_path / "new")


def test_shipped_numbers(store: Path, capsys: pytest.CaptureFixture[str], shipped: Inventory) -> None:
    shell = Shell(store, capsys)
    counts = shell.json("info")["counts"]
    assert (counts["sites"], counts["species"], counts["occurrences"]) == (588, 919, 920)
    ranked = shell.json("rank")["sites"]
    assert len(ranked) == 231
    assert [row["site_id"] for row in ranked] == list(rank_sites(shipped).index)
    assert len(shell.json("rank", "--country", "MEX", "--all")["sites"]) == 68
    plan = shell.json("solve")["exact"]
    assert plan["objective"] == solve(shipped, Scenario()).objective


# ---------------------------------------------------------------- what does not


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rank", "--country", "XXX"], "“XXX” is no country here. Expected: FRA, MEX, USA."),
        (["rank", "--country", "MEX,XXX,mex"], "“XXX, mex” is no country here."),
        (["rank", "--region", "mars"], "“mars” is no region here. Expected: americas, europe_middle_east."),
        (["rank", "--class", "Dragons"], "“Dragons” is no class here. Expected: Aves."),
        (["solve", "--category", "VU"], "“VU” is no category here. Expected: CR, EN, EW, unknown."),
        (["rank", "--horizon", 0], "“horizon_years” is 0; expected is a number from 1 to 500."),
        (["rank", "--effect", 0.9], "“effect” is 0.9; expected is a number from 0 to 0.762."),
        (["rank", "--effect", "nan"], "“effect” is nan; expected is a number from 0 to 0.762."),
        (["solve", "--budget", "-1"], "“budget” is -1.0; expected is a number from 0"),
        (["solve", "--budget", "inf"], "“budget” is inf; expected is a number from 0"),
        (["solve", "--budget", 2.5], "A budget in sites must be a whole number; 2.5 came."),
        (["solve", "--lock-in", "Z9"], "This inventory has no site Z9."),
        (["solve", "--lock-in", "A", "--lock-out", "A"], "Locked in and locked out at once: Ash Hill (A)."),
        (["solve", "--unit", "km2", "--lock-in", "D"], "No area or no cover is known for Dune (D)"),
        (
            ["solve", "--budget", 0, "--lock-in", "A"],
            "No plan fits: 1 site must be in it, but the budget is 0 sites",
        ),
        (["solve", "--unit", "km2", "--budget", 5, "--lock-in", "A"], "Raise the budget to at least 10"),
    ],
)
def test_one_sentence_for_every_slip(arguments: list[object], words: str, shell: Shell) -> None:
    assert words in shell.fail(*arguments)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a scenario ("),
        (b"{", "is not a scenario ("),
        (b"[1]", "is not a scenario (a JSON object was expected)"),
        (b'"A"', "is not a scenario (a JSON object was expected)"),
        (b"\xff\xfe{}", "is not a scenario ("),
        (b"[" * 100_000, "is not a scenario ("),
        (b'{"budget": NaN}', "“budget” is nan"),
        (b'{"budget": 1e999}', "“budget” is inf"),
        (b'{"budget": "10"}', "“budget” is 10; expected is a number"),
        (b'{"budget": null}', "“budget” is None"),
        (b'{"locked_in": "A"}', "“A” is no locked_in here"),
        (b'{"locked_in": [1, null]}', "is no locked_in here"),
        (b'{"filters": "MEX"}', "“MEX” is no filters here"),
        (b'{"filters": {"countries": "MEX"}}', "“MEX” is no countries here"),
        (b'{"filters": {"countries": ["XXX"]}}', "“XXX” is no country here. Expected: FRA, MEX, USA."),
        (b'{"assumptions": {"horizon_years": 50.5}}', "a whole number"),
        (b'{"bugdet": 10}', "“bugdet” is not a setting here. Expected: budget_kind, budget,"),
    ],
    ids=range(17),
)
def test_scenario_files_that_are_none(content: bytes, words: str, shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_bytes(content)
    assert words in shell.fail("solve", "--scenario", path)


def test_a_scenario_file_that_is_not_there(shell: Shell, tmp_path: Path) -> None:
    assert "is not a scenario (" in shell.fail("solve", "--scenario", tmp_path / "none.json")
    assert "is not a scenario (" in shell.fail("solve", "--scenario", tmp_path)


def test_export_to_where_a_file_lies(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in shell.fail("export", tmp_path / "file")
    assert "cannot be written" in shell.fail("export", tmp_path / "file" / "below")


def test_a_damaged_store_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_facts(tmp_path / "data")
    path = build.build(data, tmp_path / "store").path
    shell = Shell(tmp_path / "store", capsys)
    path.write_bytes(b"damaged")
    assert "--force" in shell.fail("info")
    path.unlink()
    assert "No inventory has been built" in shell.fail("rank")
    shell.run("build", "--data", data)
    assert shell.json("info")["counts"]["sites"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["rank", "--weights", "1,2"],
        ["rank", "--weights", "a,b,c"],
        ["rank", "--weights", "0,0,0"],
        ["rank", "--top", "many"],
        ["rank", "--horizon", "50.5"],
        ["solve", "--unit", "ha"],
        ["solve", "--budget", "ten"],
        ["export"],
    ],
)
def test_wrong_arguments_show_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: python -m aze_core")
    assert "error: " in err
    assert "Traceback" not in err


def test_the_usage_says_what_is_wrong_with_weights(capsys: pytest.CaptureFixture[str]) -> None:
    for given, words in (("1,2", "three numbers such as 40,30,30"), ("0,0,0", "All weights are zero")):
        with pytest.raises(SystemExit):
            main(["rank", "--weights", given])
        assert words in capsys.readouterr().err


# ---------------------------------------------------------------- as a program


def program(*arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aze_core", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        **more,
    )


def test_json_stays_whole_when_the_solver_speaks(store: Path) -> None:
    """With this budget HiGHS writes a line of its own to standard output."""
    done = program("solve", "--unit", "km2", "--budget", 2034.2, "--format", "json", "--store", store)
    assert done.returncode == 0
    assert json.loads(done.stdout)["exact"]["cost"] <= 2034.2


def test_exit_status_and_streams_of_the_program(small: Path) -> None:
    done = program("rank", "--country", "XXX", "--store", small)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("“XXX” is no country here.")


def test_a_reader_that_leaves_is_no_trouble(store: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "aze_core", "rank", "--all", "--format", "json", "--store", str(store)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        err = process.stderr.read()
    assert b"Traceback" not in err


def test_every_command_of_the_parser_runs() -> None:
    """No command is described without being tested here."""
    top = parser()
    described = next(action.choices for action in top._actions if action.dest == "command")
    assert described is not None
    assert list(described) == COMMANDS

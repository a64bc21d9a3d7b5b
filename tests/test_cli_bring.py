"""Commands that bring files and tend versions: the library's own numbers, a sentence for every slip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from aze_core import build
from aze_core.build.intake import import_files
from aze_core.build.plan import ImportPlan, Input
from aze_core.cli import main
from aze_core.store import folder, imports
from aze_core.store.inventory import load

ROOT = Path(__file__).resolve().parents[1]
TRAINING = folder.DATA / "training"
FILES = [
    TRAINING / name
    for name in (
        "KBAsGlobal_2026_March_01_training.zip",
        "training_trigger_species.xlsx",
        "training_red_list.zip",
        "training_costs.csv",
        "training_national.xlsx",
    )
]


class Shell:
    """Runs commands in this process against one store."""

    def __init__(self, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.store, self.capsys = store, capsys

    def run(self, *arguments: object) -> str:
        assert main([*map(str, arguments), "--store", str(self.store)]) == 0
        return self.capsys.readouterr().out

    def json(self, *arguments: object) -> Any:
        return json.loads(self.run(*arguments, "--format", "json"))

    def fails(self, *arguments: object) -> str:
        assert main([*map(str, arguments), "--store", str(self.store)]) == 1
        out, err = self.capsys.readouterr()
        assert out == ""
        assert "Traceback" not in err
        return err.splitlines()[-1]


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    # the bound would hold for the whole test run
    monkeypatch.setattr("aze_core.cli.bring.bound_memory", lambda: None)
    return Shell(tmp_path / "store", capsys)


def test_the_training_files_become_the_version_that_the_library_makes(shell: Shell, tmp_path: Path) -> None:
    told = shell.json("import", *FILES, "--name", "Training archipelago", "--as-of", "2026")
    kinds = ("sites", "trigger_species", "red_list", "national", "national")
    sheets = ("", "Trigger species", "", "", "National data")
    inputs = tuple(
        Input(str(path), kind, sheet=sheet) for path, kind, sheet in zip(FILES, kinds, sheets, strict=True)
    )
    result = import_files(ImportPlan(inputs, "Training archipelago", as_of="2026"), tmp_path / "own")
    assert told["inventory"] == result.version.content_hash
    assert told["waiting"] == len(result.aside) == 3 + 2
    made = load(folder.inventory_path(shell.store, told["inventory"]))
    assert made.version.status == "training"
    assert (len(made.sites), len(made.species), len(made.occurrences)) == (83, 90, 92)
    info = shell.json("info", "--inventory", told["inventory"][:8])
    assert info["counts"]["species"] == 90


def test_an_import_does_not_become_the_default_unless_asked(shell: Shell) -> None:
    assert "--default" in shell.run("import", FILES[0], "--name", "One")
    build.build(folder.DATA, shell.store)
    built = folder.read_current(shell.store)
    told = shell.json("import", FILES[0], "--name", "Two", "--make-default")
    current = folder.read_current(shell.store)
    assert (current.inventory, current.built) == (told["inventory"], built.inventory)
    assert shell.json("info")["inventory"]["name"] == "Two"


def test_reports_and_rows_set_aside_are_written_out(shell: Shell, tmp_path: Path) -> None:
    report, aside = tmp_path / "report.csv", tmp_path / "aside.csv"
    told = shell.json("import", *FILES[:2], "--name", "X", "--report", report, "--aside", aside)
    findings = pd.read_csv(report)
    assert len(findings) == sum(row["n"] for row in told["findings"])
    assert findings["meaning"].notna().all()
    rows = pd.read_csv(aside)
    assert len(rows) == told["waiting"] == 5
    assert {"why", "Site code", "Taxon", "SitRecID", "inventory", "notice"} <= set(rows.columns)
    assert "Made-up training data" in rows["notice"].iloc[0]


def test_looking_changes_nothing(shell: Shell) -> None:
    told = shell.json("import", "--look", *FILES, TRAINING / "WDPA_training.zip")
    assert [one["kind"] for one in told] == [
        "sites",
        "trigger_species",
        "red_list",
        "national",
        "national",
        "protected_areas",
    ]
    assert not folder.workspace_path(shell.store).exists()


def test_kinds_and_columns_can_be_said_and_are_remembered(shell: Shell, tmp_path: Path) -> None:
    sites, species = tmp_path / "places.csv", tmp_path / "list.csv"
    sites.write_text("ref,what\nA,Ash\nB,Elm\n")
    species.write_text("ref,latin,how much\nA,Rana alba,99\n")
    arguments = ["import", sites, species, "--name", "Own", "--as-of", "2026", "--country", "PER"]
    arguments += ["--kind", "places.csv=site_table", "--map", "places.csv:site_id=ref"]
    arguments += ["--map", "places.csv:name=what", "--kind", "list.csv=trigger_species"]
    arguments += ["--map", "list.csv:site_id=ref", "--map", "list.csv:scientific_name=latin"]
    told = shell.json(*arguments, "--map", "list.csv:share=how much")
    made = load(folder.inventory_path(shell.store, told["inventory"]))
    assert made.sites["name"].tolist() == ["Ash", "Elm"]
    assert made.occurrences["share"].tolist() == [0.99]
    other = tmp_path / "more.csv"
    other.write_text("ref,latin,how much\nB,Rana nigra,98\n")
    [again] = shell.json("import", "--look", other, "--kind", "more.csv=trigger_species")
    assert again["mapping"] == {"site_id": "ref", "scientific_name": "latin", "share": "how much"}
    more = shell.json("import", other, "--kind", "more.csv=trigger_species", "--base", told["inventory"][:10])
    assert len(load(folder.inventory_path(shell.store, more["inventory"])).occurrences) == 2


SLIPS = {
    "no file": (["import", "--name", "X", "--as-of", "2026"], "No file was given"),
    "no name": (["import", FILES[0]], "has no name"),
    "no sites": (["import", FILES[3], "--name", "X"], "no list of sites is among the files"),
    "protected areas": (["import", TRAINING / "WDPA_training.zip", "--name", "X"], "no list of sites"),
    "unknown layer": (["import", TRAINING / "training_boundaries.geojson", "--name", "X"], "ISO3, name"),
    "gone": (["import", "gone.zip", "--name", "X"], "gone.zip"),
    "no such base": (["import", FILES[3], "--base", "abcdef12"], "No version in the store begins with"),
    "no such kind": (["import", FILES[3], "--kind", "training_costs.csv=wdpa"], "“wdpa” is no kind here"),
    "no such file": (
        ["import", FILES[3], "--kind", "other.csv=national"],
        "“other.csv” is none of the files",
    ),
    "no pair": (["import", FILES[3], "--kind", "national"], "two texts joined by “=”"),
    "no such column": (
        ["import", FILES[0], FILES[3], "--name", "X", "--map", "training_costs.csv:cost=Price"],
        "no column “Price”",
    ),
    "no plan": (["import", "--plan", "gone.json"], "gone.json is not a plan"),
    "short code": (["versions", "--default", "abc"], "at least six characters"),
    "not deleted": (["versions", "--restore", "abcdef12"], "No deleted version"),
    "unknown version": (["rank", "--inventory", "abcdef12"], "No version in the store"),
}


@pytest.mark.parametrize("case", SLIPS)
def test_slips_are_sentences(case: str, shell: Shell) -> None:
    arguments, words = SLIPS[case]
    assert words in shell.fails(*arguments)


def test_versions_are_named_deleted_and_brought_back(shell: Shell) -> None:
    build.build(folder.DATA, shell.store)
    code = shell.json("import", FILES[0], "--name", "One")["inventory"][:12]
    [built, one] = shell.json("versions", "--rename", code, "Draft")
    assert (built["note"], one["label"], one["hash"]) == ("default", "Draft", code)
    assert shell.json("versions", "--delete", code)[1]["note"] == "deleted"
    assert "the one that is shown first" in shell.fails("versions", "--delete", "default")
    assert shell.json("versions", "--restore", code)[1]["note"] == ""
    assert shell.json("versions", "--default", code)[0]["hash"] == code


def lines(*arguments: object, store: Path, **more: Any) -> tuple[int, list[dict[str, Any]]]:
    """What an import in a process of its own tells a program, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "aze_core", "import", *map(str, arguments), "--store", str(store)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **more,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_program_is_told_line_by_line(tmp_path: Path) -> None:
    store = tmp_path / "store"
    plan = ImportPlan((Input(str(FILES[0]), "sites"),), "One", as_of="2026")
    (tmp_path / "plan.json").write_text(json.dumps(plan.to_dict()))
    code, told = lines("--plan", tmp_path / "plan.json", "--progress", "json", store=store)
    assert code == 0
    assert [one["share"] for one in told[:-1]] == sorted(one["share"] for one in told[:-1])
    made = told[-1]["result"]["inventory"]
    assert imports.record_of(store, made).plan == json.loads(json.dumps(plan.to_dict()))
    code, told = lines("gone.zip", "--name", "X", "--progress", "json", store=store)
    assert (code, list(told[-1])) == (1, ["error"])
    assert "gone.zip" in told[-1]["error"]


def test_an_import_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(writing)
    code, _ = lines(
        *FILES, "--name", "X", "--progress", "json", "--until-eof", store=tmp_path / "store", stdin=reading
    )
    os.close(reading)
    assert code == 3
    assert not list((tmp_path / "store").glob("inventories/*.gpkg"))


@pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory is Linux's")
def test_memory_is_bounded(tmp_path: Path) -> None:
    code = """
import sys
from aze_core.cli import bring, main
from aze_core.domain import settings
bring.value = lambda name: 1 << 30 if name == "limits.import.memory_bytes" else settings.value(name)
bring.import_files = lambda *a: bytearray(2 << 30)
sys.exit(main(sys.argv[1:]))
"""
    arguments = ["import", str(FILES[0]), "--name", "X", "--store", str(tmp_path / "store")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "took more than 1 GB of memory" in done.stderr

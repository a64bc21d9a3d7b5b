"""The command that tends kept scenarios: the store's own words and numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aze_core.cli import main
from aze_core.store import scenarios

ONE, TWO = "1" * 64, "2" * 64


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def words(*arguments: str, fails: bool = False) -> str:
        assert main(["scenarios", *arguments, "--store", str(tmp_path)]) == int(fails)
        told = capsys.readouterr()
        return told.err if fails else told.out

    return words


def keep(store: Path, name: str = "Ten sites", inventory: str = ONE, **more: Any) -> str:
    made = scenarios.save(store, name=name, inventory=inventory, settings={"budget": 10}, **more)
    return made.scenario_id


def test_list_show_delete_and_restore(run: Any, tmp_path: Path) -> None:
    assert run("list").strip() == "No kept scenario fits."
    one = keep(tmp_path, author="Ana", note="after the workshop", results={"objective": 1.25})
    two = keep(tmp_path, "Île", TWO, parent=one)
    assert [line.split()[0] for line in run("list").splitlines()] == [two, one]
    assert run("list", "--search", "WORKSHOP").startswith(f"{one}  ")
    assert run("list", "--inventory", "22").startswith(f"{two}  ")
    assert [each["scenario_id"] for each in json.loads(run("list", "--format", "json"))] == [two, one]
    shown = run("show", one)
    assert "after the workshop" in shown
    assert '"objective": 1.25' in shown
    assert f"Copied from {one}" in run("show", two)
    assert json.loads(run("show", two, "--format", "json"))["settings"] == {"budget": 10}
    assert run("delete", one).startswith("Deleted “Ten sites”")
    assert run("list").startswith(two)
    assert run("list", "--deleted").startswith(one)
    assert "any more" in run("show", one, fails=True)
    assert run("restore", one).startswith(one)
    assert len(run("list").splitlines()) == 2


def test_export_and_import(run: Any, tmp_path: Path) -> None:
    one, two = keep(tmp_path), keep(tmp_path, "Other")
    file = tmp_path / "out.json"
    assert run("export", one, "--to", str(file)) == f"Wrote one scenario to {file}.\n"
    assert file.read_bytes() == scenarios.export_json(tmp_path, [one])
    assert len(json.loads(run("export"))["scenarios"]) == 2
    lines = run("import", str(file)).splitlines()
    assert lines[0] == "Took in 0 of the file's 1 entries."
    assert lines[1].startswith("Entry 1 “Ten sites” was skipped. A scenario of this name")
    run("delete", one)
    assert run("import", str(file)).splitlines()[-1] == "Took in one of the file's 1 entries."
    assert len(scenarios.kept(tmp_path)) == 2
    content = json.loads(file.read_text())
    content["scenarios"][0]["name"] = "Eleven sites"
    content["scenarios"] += [{"name": "Bad"}, "x"]
    file.write_text(json.dumps(content))
    lines = run("import", str(file)).splitlines()
    assert lines[1] == "Took in one of the file's 3 entries."
    assert lines[2].startswith("Entry 2 “Bad” was skipped. ")
    told = json.loads(run("import", str(file), "--format", "json"))
    assert [len(told["kept"]), [each["entry"] for each in told["skipped"]]] == [0, [1, 2, 3]]
    assert two in {each.scenario_id for each in scenarios.kept(tmp_path)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show",), "one code"),
        (("show", "a", "b"), "one code"),
        (("import",), "one file"),
        (("show", "nobody"), "nobody"),
        (("import", "no-such-file.json"), "no-such-file.json"),
    ],
)
def test_what_cannot_be_is_a_sentence(run: Any, arguments: tuple[str, ...], said: str) -> None:
    assert said in run(*arguments, fails=True)


def test_a_file_that_cannot_be_written_is_a_sentence(run: Any, tmp_path: Path) -> None:
    keep(tmp_path)
    assert "cannot be written" in run("export", "--to", str(tmp_path), fails=True)

"""The command that tests filling in: the validation's own numbers, and its verdict in words."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from aze_core import build
from aze_core.cli import main
from aze_core.measures.impute import Grouped, Validation
from aze_core.ranking.filled import validation
from aze_core.store import folder
from aze_core.store.inventory import load
from tests.helpers import write_facts


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A store with the four sites."""
    base = tmp_path_factory.mktemp("fill")
    build.build(write_facts(base / "data"), base / "store")
    return base / "store"


@pytest.fixture
def run(small, capsys):
    def words(*arguments):
        assert main(["fill", *arguments, "--store", str(small)]) == 0
        return capsys.readouterr().out

    return words


def test_too_few_known_values_are_a_sentence(run, small):
    inventory = load(folder.inventory_path(small, folder.read_current(small).inventory))
    found = json.loads(run("--format", "json"))
    expected = validation(inventory, "pressure")
    assert (found["criterion"], found["n"], found["tests"]) == ("pressure", 3, [])
    assert (
        (found["better"], found["reason"]) == (expected.better, expected.reason) == (False, "too_few_known")
    )
    text = run()
    assert "Human influence: Only 3 values are known, too few to learn from" in text
    assert "Left out in turn" not in text


@pytest.mark.parametrize("better", [True, False])
def test_the_table_holds_both_tests(better, run, monkeypatch):
    countries, families = Grouped(30, 5, 1.25, 2.5, 0.9), Grouped(30, 7, 1.5, 2.25, 0.8)
    made = Validation(30, countries, families, better, "" if better else "not_better")
    monkeypatch.setattr("aze_core.cli.fill.validation", lambda inventory, code: made)
    found = json.loads(run("--format", "json"))
    assert found["tests"] == [
        {"by": "country", **asdict(countries)},
        {"by": "family", **asdict(families)},
    ]
    lines = run().splitlines()
    assert ["countries", "30", "5", "1.2500", "2.5000", "0.9000"] in [line.split() for line in lines]
    assert ["families", "30", "7", "1.5000", "2.2500", "0.8000"] in [line.split() for line in lines]
    verdict = next(line for line in lines if line.startswith("Human influence: The model"))
    assert ("beats" in verdict, "does not beat" in verdict) == (better, not better)


@pytest.mark.parametrize("code", ["gap", "national:gold", "nonsense"])
def test_only_plain_numbers_of_sites_can_be_filled_in(code, small, capsys):
    assert main(["fill", "--criterion", code, "--store", str(small)]) == 1
    assert f"“{code}” is no criterion here. Expected: pressure." in capsys.readouterr().err

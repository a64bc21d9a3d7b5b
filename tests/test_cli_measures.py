"""The commands of irreplaceability and threat: the measures' own numbers, and plain words where none are."""

import json
from pathlib import Path

import numpy as np
import pytest

from aze_core import build
from aze_core.cli import main
from aze_core.domain.settings import value
from aze_core.measures.side_by_side import irreplaceability_table
from aze_core.measures.site_threats import site_threats
from aze_core.store import folder
from aze_core.store.inventory import load
from tests.helpers import frame, make_frames, write_facts


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A store with the four sites, three threats to their species."""
    base = tmp_path_factory.mktemp("measures")
    words = {"timing": "Ongoing", "scope": "Whole (>90%)", "source": "hand", "entry": 1}
    rapid, slow = {**words, "severity": "Rapid Declines"}, {**words, "severity": "Slow, Significant Declines"}
    rows = [
        {"species_id": "a1", "code": "8.1", "name": "Invasives", **rapid},
        {"species_id": "a1", "code": "1.1", "name": "Housing", **slow},
        {"species_id": "b1", "code": "11.1", "name": "Shifting", **words},
    ]
    facts = write_facts(base / "data", {**make_frames(), "threats": frame("threats", rows)})
    build.build(facts, base / "store")
    return base / "store"


@pytest.fixture
def run(small, capsys):
    def words(*given, store: Path = small) -> str:
        assert main([*map(str, given), "--store", str(store)]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return words


@pytest.fixture
def numbers(run):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return lambda *given, **more: json.loads(run(*given, "--format", "json", **more), parse_constant=refuse)


@pytest.fixture(scope="module")
def inventory(small):
    return load(folder.inventory_path(small, folder.read_current(small).inventory))


def test_irreplaceability_is_the_librarys(numbers, inventory):
    found = numbers("irreplaceability", "--steps", 5, "--target", 0.5)
    assert (found["target"], found["steps"], found["filtered"]) == (0.5, 5, 4)
    table = irreplaceability_table(inventory, inventory.sites.index, 0.5, 5)
    assert [row["site_id"] for row in found["sites"]] == ["A", "B", "C", "D"]
    for row in found["sites"]:
        expected = table.loc[row["site_id"]]
        assert row["name"] == inventory.sites.at[row["site_id"], "name"]
        for name in ("species", "gamma", "endemism", "ferrier", "incremental_rank", "cost_basis"):
            assert row[name] == expected[name], name
        assert row["irreplaceable"] == np.isposinf(expected["replacement_cost"])
        assert row["replacement_cost"] is None


def test_irreplaceability_as_text(run):
    out = run("irreplaceability", "--top", 1)
    assert "Ash Hill" in out
    assert "Birch Lake" not in out
    assert "irreplaceable" in out
    assert "each site as 1" in out
    assert "one count" in out
    assert "uncovered km²" in run("irreplaceability", "--country", "FRA")
    assert "No site matches" in run("irreplaceability", "--country", "FRA", "--category", "CR")


def test_threats_are_the_librarys(numbers, inventory):
    found = numbers("threats")
    assert found["records"] == 3
    table = site_threats(inventory, inventory.sites.index)
    assert [row["star"] for row in found["threats"]] == pytest.approx(table["star"].tolist())
    assert [row["code"] for row in found["threats"] if row["site_id"] == "A"] == [None, "8.1", "1.1"]
    sites = {row["site_id"]: row for row in found["sites"]}
    # a1 and a2 are CR; a1 splits as 24 to 10, a2 has no record
    a = sites["A"]
    assert (a["site"], a["star"], a["no_record"]) == ("Ash Hill", 800, 400)
    assert (a["threat_8"], a["threat_1"]) == pytest.approx((400 * 24 / 34, 400 * 10 / 34))
    assert (a["impact_score"], a["impact_low"], a["impact_high"], a["impact"]) == (8, 8, 9, "high")
    # unknown severity: 3 + 3 and up to 3
    assert (sites["B"]["impact_score"], sites["B"]["impact"]) == (None, "unknown")
    assert numbers("threats", "--country", "FRA")["records"] == 0


def test_threats_as_text(run):
    out = run("threats")
    assert "Invasives" in out
    assert "(no usable threat record)" in out
    assert "threat-abatement STAR" in out
    whole = run("threats", "--top", 0)
    assert "Housing" in whole
    assert "NA" not in whole
    assert "8.0000" not in whole
    assert len(run("threats", "--top", 1).splitlines()) == 1 + 2 + 1 + 1
    assert "No site matches" in run("threats", "--country", "FRA", "--category", "CR")


def test_an_inventory_without_threats_says_so(run, numbers, store):
    assert "no threat records" in run("threats", store=store)
    assert "no threat records" in run("threats", "--country", "FRA")
    found = numbers("threats", "--country", "PER", store=store)
    assert found["records"] == 0
    assert {row["code"] for row in found["threats"]} == {None}


def test_more_sites_than_are_compared_at_a_time(run, numbers, monkeypatch):
    few = {"limits.side_by_side.sites": 2}
    monkeypatch.setattr("aze_core.cli.measures.value", lambda name: few.get(name, value(name)))
    assert "first 2 of 4 sites" in run("irreplaceability")
    assert len(numbers("irreplaceability")["sites"]) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--target", 0], "“target” is 0.0; expected is a number from 0.01 to 1"),
        (["--target", "nan"], "“target” is nan"),
        (["--steps", 0], "“steps” is 0; expected is a number from 1 to 1,000"),
        (["--country", "XXX"], "“XXX” is no country here."),
    ],
)
def test_slips_are_sentences(small, capsys, given, words):
    assert main(["irreplaceability", *map(str, given), "--store", str(small)]) == 1
    assert words in capsys.readouterr().err

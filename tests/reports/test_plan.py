"""A plan's files hold what the library computed, in words, with what it stands on."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from aze_core.domain.model import Assumptions
from aze_core.locale import t
from aze_core.reports.plan import (
    LAYER,
    added_in_words,
    board_in_words,
    plan_csv,
    plan_geopackage,
    plan_workbook,
)
from aze_core.scenarios.added_area import added_area
from aze_core.scenarios.national_coverage import NationalCoverage
from aze_core.scenarios.targets import ledger, scoreboard
from tests.helpers import make_inventory
from tests.reports.test_workbook import read

INVENTORY = make_inventory()
PLAN = ("A", "C")
SITES = pd.DataFrame(
    {"name": ["Ash Hill", "Cedar Île"], "action": ["protect", "=manage"]},
    index=pd.Index(PLAN, name="site_id"),
)
BOARD = scoreboard(INVENTORY, PLAN, Assumptions())
SETTINGS = json.dumps({"budget": 2})


def test_workbook() -> None:
    last = ledger(INVENTORY, PLAN)
    raw = plan_workbook(
        SITES,
        BOARD,
        last,
        INVENTORY.version,
        SETTINGS,
        sources=INVENTORY.sources,
        more={"Added area": added_area(INVENTORY, PLAN).reset_index()},
    )
    found = read(raw)
    assert list(found) == ["About", "Plan sites", "Scoreboard", "Ledger", "Added area"]
    about = {row[0]: row[1] for row in found["About"][1:]}
    assert about["Setting: budget"] == "2"
    assert about["Source: Hand"] == "By hand. Terms: free."
    assert "Written by" in about
    assert found["Plan sites"] == [
        ["site_id", "name", "action"],
        ["A", "Ash Hill", "protect"],
        ["C", "Cedar Île", "'=manage"],
    ]
    header, *rows = found["Scoreboard"]
    assert len(rows) == len(BOARD)
    first = dict(zip(header, rows[0], strict=True))
    assert (first["measure"], first["basis"]) == ("sites_uncovered", "2010")
    assert (first["before"], first["after"]) == (3, 2)
    assert [row[1] for row in found["Ledger"][1:]] == list(last["scientific_name"])
    assert found["Added area"][1][0] == "world"


def test_every_line_says_its_targets_and_what_it_does_not_mean() -> None:
    found = board_in_words(BOARD)
    assert list(found["line"]) == [t(f"measure.{code}") for code in BOARD["measure"]]
    assert set(found["gbf_target"]) == {"GBF Target 3", "GBF Target 4"}
    assert set(found["aichi_target"]) == {"Aichi Target 11", "Aichi Target 12"}
    assert found["does_not_mean"].str.endswith(".").all()
    pd.testing.assert_frame_equal(found[BOARD.columns], BOARD)


def test_added_area_in_sentences() -> None:
    """B lies in Mexico and the USA, so Mexico has an interval; nobody gave a figure for France."""
    land = pd.Series({"MEX": 100_000.0, "FRA": 500.0}).reindex(INVENTORY.countries.index)
    inventory = replace(INVENTORY, countries=INVENTORY.countries.assign(land_area_km2=land), memo={})
    national = (NationalCoverage("MEX", 14.5, 20, "Report"),)
    found = added_in_words(added_area(inventory, ("A", "B", "C"), national=national), {"MEX": "Mexico"})
    assert found["line"].tolist() == [
        "World, land: 50\xa0km² added, 0.00003% of the whole",
        "FRA, land: 20\xa0km² added, 4.0% of the whole",
        "Mexico, land: 14.50% → 14.51% – 14.53% (figure before: Report)",
        "Mexico, sea: 0\xa0km² added; the extent of the whole is not known",
        "USA, land: 0\xa0km² – 20\xa0km² added; the extent of the whole is not known",
    ]
    assert found["marks"].str.startswith("For reference: ").all()
    assert found.loc[("MEX", "land"), "marks"].startswith("For reference: 17% (Aichi Target 11) and 30%")
    assert found.loc[("MEX", "sea"), "marks"].startswith("For reference: 10% (Aichi Target 11) and 30%")


def test_geopackage_and_csv(tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    points = INVENTORY.sites[["latitude", "longitude"]]
    path.write_bytes(plan_geopackage(SITES, points, INVENTORY.version, SETTINGS))
    layer = pyogrio.read_dataframe(path, layer=LAYER)
    assert layer["site_id"].tolist() == list(PLAN)
    assert layer["action"].tolist() == ["protect", "=manage"]
    assert layer.geometry.x.tolist() == [0, -2]
    rows = list(csv.DictReader(io.StringIO(plan_csv(SITES, INVENTORY.version, SETTINGS).decode("utf-8-sig"))))
    assert [row["action"] for row in rows] == ["protect", "'=manage"]
    assert {row["settings"] for row in rows} == {SETTINGS}


def test_sites_without_an_action_are_refused() -> None:
    for make in (
        lambda sites: plan_csv(sites, INVENTORY.version),
        lambda sites: plan_workbook(sites, BOARD, BOARD, INVENTORY.version),
        lambda sites: plan_geopackage(sites, INVENTORY.sites, INVENTORY.version),
    ):
        with pytest.raises(ValueError, match="action"):
            make(SITES[["name"]])

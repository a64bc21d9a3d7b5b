"""Shared widgets: charts are found by name, and downloads are made only on click, with what they stand on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pyogrio
import pytest
import streamlit as st
from python_calamine import CalamineWorkbook
from streamlit.testing.v1 import AppTest

from aze_core.locale import t
from aze_core.reports.tables import stamp
from aze_core.views import charts, maps, plans, quadrants, ranks
from pages.shell import version as seen
from pages.shell import widgets
from tests.helpers import make_inventory

VERSION = make_inventory().version
KEYS = ["csv_few", "xlsx_few", "gpkg_few"]


def page(with_points: bool = True) -> None:
    from pages.shell.widgets import downloads
    from tests.helpers import make_inventory

    own = make_inventory()
    points = own.sites[["latitude", "longitude"]] if with_points else None
    downloads(own.sites[["name"]], own.version, "few", '{"effect": 0.5}', points, own.sources)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    """What each button would hand out, by file name."""
    given: dict[str, Callable[[], bytes]] = {}
    button = st.download_button

    def noted(label, data, **options):
        given[options["file_name"]] = data
        return button(label, data, **options)

    monkeypatch.setattr(st, "download_button", noted)
    return given


def test_every_file_carries_inventory_and_settings(made, tmp_path):
    at = AppTest.from_function(page, default_timeout=60).run()
    assert not at.exception
    assert [item.key for item in at.get("download_button")] == KEYS
    assert [item.label for item in at.get("download_button")] == [
        t(f"button.{kind}") for kind in ("csv", "xlsx", "gpkg")
    ]
    (row, *_) = csv.DictReader(io.StringIO(made["few.csv"]().decode("utf-8-sig")))
    assert (row["inventory"], row["settings"]) == (stamp(VERSION), '{"effect": 0.5}')
    book = CalamineWorkbook.from_filelike(io.BytesIO(made["few.xlsx"]()))
    assert book.sheet_names == ["About", "few"]
    told = dict(book.get_sheet_by_name("About").to_python())
    path = tmp_path / "few.gpkg"
    path.write_bytes(made["few.gpkg"]())
    again = dict(pyogrio.read_dataframe(path, layer="about").to_numpy().tolist())
    for facts in (told, again):
        assert (facts["Inventory"], facts["Setting: effect"]) == (stamp(VERSION), "0.5")
        assert facts["Source: Hand"] == "By hand. Terms: free."


def test_without_points_there_is_no_map_file(made):
    at = AppTest.from_function(page, kwargs={"with_points": False}, default_timeout=60).run()
    assert [item.key for item in at.get("download_button")] == KEYS[:2]


def test_nothing_is_handed_out_while_sensitive_names_are_shown(made, monkeypatch):
    monkeypatch.setattr(seen, "revealed", lambda: True)
    at = AppTest.from_function(page, default_timeout=60).run()
    assert made == {}
    assert [(item.key, item.disabled) for item in at.button] == [(key, True) for key in KEYS]


def test_no_two_builders_have_one_name():
    """Charts are found by their builder's name: one that is defined twice would hide the other."""
    own = [
        name
        for module in (charts, maps, ranks, quadrants, plans)
        for name, item in vars(module).items()
        if getattr(item, "__module__", "") == module.__name__ and not name.startswith("_")
    ]
    assert {"contributions", "protection_map", "rank_spread", "scatter"} <= set(own)
    assert len(own) == len(set(own))
    for name in own:
        assert any(hasattr(module, name) for module in widgets._BUILDERS), name

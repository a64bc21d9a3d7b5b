"""What holds on every page: the frame, the warning, downloads, an empty choice, bad addresses."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
import streamlit as st
from python_calamine import CalamineWorkbook
from streamlit.testing.v1 import AppTest

from aze_core.domain.model import Filters
from aze_core.domain.schema import TABLES
from aze_core.locale import t
from aze_core.reports.tables import stamp
from pages.shell import frame, link
from pages.shell.widgets import md
from tests.pages import driver
from tests.pages.driver import PAGES, fine, visit

FILTERED = ("overview", "countries", "trend", "site", "priorities", "scenarios")


def test_navigation_lists_exactly_these_pages():
    assert {name: f"{room}/{name}" for room, name in frame.PAGES} == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_in_a_fresh_session_with_answer_and_warning(page, shipped):
    at = fine(visit(page))
    assert driver.answer(at)
    texts = driver.markdown(at)
    assert texts.count(driver.baseline(shipped)) == 1
    label = t(
        "provenance.inventory",
        name=shipped.version.name,
        version=shipped.version.version,
        hash=shipped.version.short_hash,
    )
    assert f":gray-badge[{md(label)}]" in texts
    assert md(shipped.version.notice) in texts[-1]
    assert len(at.warning) == 0


# with one version alone there is nothing to compare, and so no file
@pytest.mark.parametrize("page", [page for page in PAGES if page != "changes"])
def test_every_download_carries_inventory_and_notice(page, shipped, monkeypatch):
    given: dict[str, Callable[[], bytes]] = {}
    button = st.download_button

    def noted(label, data, **options):
        given[options["file_name"]] = data
        return button(label, data, **options)

    monkeypatch.setattr(st, "download_button", noted)
    at = fine(visit(page))
    assert len(given) == len(at.get("download_button")) > 0
    for name, content in given.items():
        if name.endswith(".gpkg"):
            assert content().startswith(b"SQLite format 3\0")
            continue
        if name.endswith(".pdf"):
            assert content().startswith(b"%PDF-")
            continue
        if name.endswith(".xlsx"):
            sheets = CalamineWorkbook.from_filelike(io.BytesIO(content()))
            cells = [
                str(cell)
                for sheet in sheets.sheet_names
                for row in sheets.get_sheet_by_name(sheet).to_python()
                for cell in row
            ]
            assert shipped.version.notice in cells, name
            assert any(shipped.version.content_hash in cell for cell in cells), name
            continue
        text = content().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows, name
        assert {row["notice"] for row in rows} == {shipped.version.notice}, name
        assert {row["inventory"] for row in rows} == {stamp(shipped.version)}, name


@pytest.mark.parametrize("page", FILTERED)
def test_an_empty_choice_says_so_and_its_button_clears_it(page, shipped):
    none = Filters(("AFG",), (), ("Anthozoa",))
    assert not len(shipped.where(none))
    at = fine(visit(page, country="AFG", class_="Anthozoa"))
    assert t("empty.no_site") in driver.markdown(at)
    assert not driver.metrics(at)
    assert not at.get("deck_gl_json_chart")
    assert driver.link(at) == {"country": "AFG", "class": "Anthozoa"}
    fine(at.button(key="clear_empty").click().run())
    assert t("empty.no_site") not in driver.markdown(at)
    assert not {"country", "class"} & set(driver.link(at))
    assert "clear_empty" not in driver.keys(at)
    assert at.get("vega_lite_chart")


@pytest.mark.parametrize("page", ["data", "methods"])
def test_pages_about_the_whole_inventory_stand_whatever_is_filtered(page):
    plain = fine(visit(page))
    filtered = fine(visit(page, country="AFG", class_="Anthozoa"))
    assert [item.value.to_csv() for item in plain.dataframe] == [
        item.value.to_csv() for item in filtered.dataframe
    ]
    fine(filtered.button(key="clear_filters").click().run())
    assert driver.link(filtered) == {}


BAD = [
    ("country", "XX"),
    ("country", "mex"),
    ("country", ""),
    ("country", "~"),
    ("country", "MEX~XX"),
    ("region", "atlantis"),
    ("class", "Anthozoa; DROP TABLE sites"),
    ("category", "CR,EN"),
    ("site", "<script>"),
    ("site", "[x](http://example.org)"),
    ("order", "best"),
    ("wi", "abc"),
    ("we", "101"),
    ("wp", "-1"),
    ("wi", "2.5"),
    ("all", "yes"),
    ("horizon", "0"),
    ("horizon", "1e9"),
    ("effect", "nan"),
    ("effect", "inf"),
    ("effect", "0.9"),
    ("unit", "acres"),
    ("sites", "-1"),
    ("sites", "1e400"),
    ("sites", "9" * 5000),
    ("km2", "-5"),
    ("in", "MEX51~nowhere"),
    ("out", "nowhere"),
    ("of", "XX"),
    ("of", "PER~MEX"),
    ("group", "country:XX"),
    ("group", "all~country:PER~country:MEX~region:asia"),
    ("group", "PER"),
    ("measure", "best"),
    ("nothing", "1"),
    ("nothing", ":red[x]$x$"),
]


@pytest.fixture(scope="module")
def plain(store) -> AppTest:
    """A session without any entry."""
    return visit("methods")


@pytest.mark.parametrize(("code", "text"), BAD)
def test_a_bad_entry_is_named_and_ignored(code, text, plain):
    at = fine(visit("methods", **{code: text}))
    entry = code if code not in {item.code for item in link.PARAMETERS} or not text else f"{code}={text}"
    told = t("link.ignored", n=1, entries=md(entry[:200]))
    # a very long value is cut, before or after it is made safe to show
    texts = driver.markdown(at)
    assert any(item[:150] == told[:150] for item in texts)
    assert driver.link(at) == {}
    assert all(at.session_state[item.key] == plain.session_state[item.key] for item in link.PARAMETERS)
    fine(at.button(key="dismiss_link").click().run())
    assert "dismiss_link" not in driver.keys(at)
    assert not any(item[:150] == told[:150] for item in driver.markdown(at))


BAD_RANKING = [
    {
        "more": "star:101",
        "turn": "gap",
        "scale": "ATA",
        "unknown": "guess",
        "scheme": "best",
        "ratio": "0.5",
        "sure": "surely",
        "votes": "0",
        "certain": "yes",
        "top": "0",
        "seed": "-1",
        "about": "all",
        "axis": "irreplaceability",
        "box": "0.5~0.5~0~1",
        "vs": "MEX51~MEX55~MEX57~PER1~PER2",
        "beyond": "nowhere",
        "stopped": "",
    },
    {
        "more": "national:consent_stage:10",
        "scale": "MEX~XX",
        "ratio": "nan",
        "votes": "1001",
        "top": "1e9",
        "seed": "1e10",
        "box": "0~1~0~1.5",
        "vs": "MEX51~nowhere",
    },
    {"more": "star", "votes": "2.5", "seed": "x", "box": "0~1~0", "turn": "star"},
]


@pytest.mark.parametrize("given", BAD_RANKING, ids=["none of them", "beyond the ends", "half"])
def test_bad_entries_of_the_ranking_are_named_and_ignored(given, plain):
    at = fine(visit("priorities", **{f"{code}_": text for code, text in given.items()}))
    told = dict(at.session_state[link._NOTICES])
    assert told == given
    assert "dismiss_link" in driver.keys(at)
    assert set(driver.link(at)) == {"site"}
    for item in link.PARAMETERS:
        if item.code in given:
            assert at.session_state[item.key] == plain.session_state[item.key], item.code


def test_bad_entries_are_told_together_beside_good_ones_until_dismissed():
    at = fine(visit("overview", country="MEX", region="atlantis", nothing="", horizon="30"))
    told = t("link.ignored", n=2, entries=md("nothing, region=atlantis"))
    assert told in driver.markdown(at)
    assert driver.metrics(at)[:3] != []
    assert driver.link(at) == {"country": "MEX"}
    driver.go(at, "priorities")
    assert told in driver.markdown(fine(at))
    assert driver.link(at)["horizon"] == "30"
    at.button(key="dismiss_link").click().run()
    driver.go(at, "overview")
    assert told not in driver.markdown(fine(at))


def test_the_tables_to_download_are_all_of_the_inventory(shipped):
    at = fine(visit("data"))
    picker = at.selectbox(key="data_table")
    for name in TABLES:
        if name == "inventory":
            continue
        fine(picker.set_value(name).run())
        picker = at.selectbox(key="data_table")
        shown = driver.frame(at, *TABLES[name].names)
        assert len(shown) == len(shipped.table(name)), name


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_a_version_with_computed_cover(page, covered):
    at = fine(visit(page, data=covered))
    assert driver.link(at)["data"] == covered
    # a computed value is never called reported
    assert not any("eported in 2026" in text for text in driver.markdown(at))
    assert not any(t("vintage.reported", year=2026) in text for text in driver.markdown(at))

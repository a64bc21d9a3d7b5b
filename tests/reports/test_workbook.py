"""Workbooks: what is written is what is read, and nothing in it runs."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from aze_core.reports import workbook
from aze_core.reports.tables import safe, stamp
from aze_core.reports.workbook import to_xlsx
from tests.helpers import make_inventory

VERSION = make_inventory().version


def read(raw: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def parts(raw: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith("l")}


def test_the_first_sheet_says_what_the_others_stand_on() -> None:
    found = read(to_xlsx({"ranking": pd.DataFrame({"a": [1]})}, VERSION, '{"effect": 0.5}'))
    assert list(found) == ["About", "ranking"]
    assert found["About"][0] == ["What", "Value"]
    rows = {row[0]: row[1] for row in found["About"][1:]}
    assert rows["Inventory"] == stamp(VERSION)
    assert rows["Notice"] == VERSION.notice
    assert rows["Setting: effect"] == "0.5"


def test_numbers_stay_numbers_and_the_unknown_stays_empty() -> None:
    frame = pd.DataFrame(
        {
            "name": ["Île", None, "琉球"],
            "share": [0.5, float("nan"), -1.0],
            "rank": pd.array([1, None, 3], dtype="Int64"),
            "listed": pd.array([True, None, False], dtype="boolean"),
            "far": [float("inf"), 0.0, 1e300],
            "when": [pd.Timestamp("2010-01-02"), pd.NaT, pd.NaT],
        },
        index=pd.Index(["A", "B", "C"], name="site_id"),
    )
    header, *rows = read(to_xlsx({"x": frame}, VERSION))["x"]
    assert header == ["site_id", "name", "share", "rank", "listed", "far", "when"]
    assert rows == [
        ["A", "Île", 0.5, 1.0, True, "inf", "2010-01-02 00:00:00"],
        ["B", "", "", "", "", 0.0, ""],
        ["C", "琉球", -1.0, 3.0, False, 1e300, ""],
    ]


def test_without_rows_the_header_stays_and_a_plain_index_is_not_written() -> None:
    found = read(to_xlsx({"e": pd.DataFrame({"a": [], "b": []}), "p": pd.DataFrame({"a": [7]})}, VERSION))
    assert found["e"] == [["a", "b"]]
    assert found["p"] == [["a"], [7.0]]


RISKY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    '=HYPERLINK("x")',
    "{=1}",
    "https://example.org",
    "mailto:a@b.c",
]


@pytest.mark.parametrize("text", RISKY)
def test_nothing_is_a_formula_or_a_link(text: str) -> None:
    version = replace(VERSION, name=text, notice=text, source=text)
    frame = pd.DataFrame({text: [text]}, index=pd.Index([text], name="key"))
    raw = to_xlsx({"x": frame}, version, text)
    assert read(raw)["x"] == [["key", safe(text)], [safe(text), safe(text)]]
    for name, xml in parts(raw).items():
        assert "<f>" not in xml, name
        assert "hyperlink" not in xml, name


def test_headers_are_frozen_and_columns_as_wide_as_their_text() -> None:
    raw = to_xlsx({"x": pd.DataFrame({"a": ["x" * 18], "b": ["y" * 500]})}, VERSION)
    sheet = parts(raw)["xl/worksheets/sheet2.xml"]
    assert 'topLeftCell="A2"' in sheet
    assert 'state="frozen"' in sheet
    assert 'min="1" max="1" width="20.' in sheet  # 18 + 2
    assert 'min="2" max="2" width="60.' in sheet


def test_sheet_names_are_cleaned_cut_and_unique() -> None:
    frame = pd.DataFrame({"a": [1]})
    names = ["about", "a/b[1]:*?\\", "x" * 40, "x" * 41, "'q'", "", "History"]
    found = list(read(to_xlsx(dict.fromkeys(names, frame), VERSION)))
    assert found == ["About", "about 2", "a b 1", "x" * 31, "x" * 29 + " 2", "q", "Table", "History 2"]


def test_a_text_longer_than_a_cell_is_cut_and_says_so() -> None:
    (_, (text,)) = read(to_xlsx({"x": pd.DataFrame({"a": ["y" * 40_000]})}, VERSION))["x"]
    assert len(text) == 32_767
    assert text.endswith("y…")


def test_what_no_sheet_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no sheets"):
        to_xlsx({}, VERSION)
    monkeypatch.setattr(workbook, "ROWS", 2)
    with pytest.raises(ValueError, match="3 rows"):
        to_xlsx({"x": pd.DataFrame({"a": [1, 2, 3]})}, VERSION)


def test_the_frame_itself_stays_as_it_was() -> None:
    frame = pd.DataFrame({"x": ["=1+1"]})
    to_xlsx({"x": frame}, VERSION)
    assert frame.to_dict("list") == {"x": ["=1+1"]}


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@settings(max_examples=20)
@given(st.lists(st.tuples(texts, st.floats(-1e300, 1e300)), min_size=1, max_size=4))
def test_whatever_stands_in_a_cell_comes_back(rows: list[tuple[str, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b"])
    _, *found = read(to_xlsx({"x": frame}, VERSION))["x"]
    assert [row[0] for row in found] == [safe(text) for text, _ in rows]
    assert [row[1] for row in found] == pytest.approx([number for _, number in rows])

"""Tables that leave the planner: safe in a spreadsheet, and never without their notice."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.reports.tables import safe, stamp, to_csv
from tests.helpers import make_inventory

VERSION = make_inventory().version


def read(raw: bytes) -> list[list[str]]:
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))


def test_every_row_says_what_it_is() -> None:
    frame = pd.DataFrame({"name": ["Île", "São Tomé", "琉球"], "share": [0.5, None, 1.0]})
    header, *rows = read(to_csv(frame, VERSION, '{"effect": 0.5}'))
    assert header == ["name", "share", "inventory", "settings", "notice"]
    own = [stamp(VERSION), '{"effect": 0.5}', "Typed by hand, not for decisions."]
    assert rows == [
        ["Île", "0.5", *own],
        ["São Tomé", "", *own],
        ["琉球", "1.0", *own],
    ]
    assert VERSION.short_hash in rows[0][2]
    assert rows[0][2].endswith("Training data, made up")


def test_without_rows_the_header_stays() -> None:
    assert read(to_csv(pd.DataFrame({"a": [], "b": []}), VERSION)) == [["a", "b", "inventory", "notice"]]


def test_a_named_index_is_written_and_another_not() -> None:
    frame = pd.DataFrame({"x": [1]}, index=pd.Index(["A"], name="site_id"))
    assert read(to_csv(frame, VERSION))[1][:2] == ["A", "1"]
    assert read(to_csv(frame.rename_axis(None), VERSION))[1][0] == "1"


def test_the_frame_itself_stays_as_it_was() -> None:
    frame = pd.DataFrame({"x": ["=1+1"]})
    to_csv(frame, VERSION)
    assert frame.to_dict("list") == {"x": ["=1+1"]}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_formulas_are_only_text(text: str) -> None:
    assert safe(text) == "'" + text
    frame = pd.DataFrame({text: [text]}, index=pd.Index([text], name="key"))
    header, row = read(to_csv(frame, VERSION))
    assert header[1] == "'" + text
    assert row[:2] == ["'" + text, "'" + text]


def test_formulas_in_the_inventorys_own_words_are_only_text() -> None:
    version = replace(VERSION, name="=1+1", notice="@notice")
    _, row = read(to_csv(pd.DataFrame({"x": [1]}), version))
    assert row[1].startswith("'=1+1")
    assert row[2] == "'@notice"


def test_numbers_keep_their_sign() -> None:
    _, row = read(to_csv(pd.DataFrame({"x": [-1.5], "y": [-2], "z": [None]}), VERSION))
    assert row[:3] == ["-1.5", "-2", ""]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=4))
def test_whatever_stands_in_a_cell_stays_in_that_cell(rows: list[tuple[str, str]]) -> None:
    """Commas, quotes, line ends of any system: no cell opens a row or a formula of its own."""
    frame = pd.DataFrame(rows, columns=["a", "b"])
    raw = to_csv(frame, VERSION)
    header, *found = read(raw)
    assert [row[:2] for row in found] == [[str(safe(item)) for item in row] for row in rows]
    assert all(len(row) == len(header) for row in found)
    for row in found:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    outside_quotes = raw.decode("utf-8-sig").split('"')[::2]
    assert "\r" not in "".join(outside_quotes).replace("\r\n", "")

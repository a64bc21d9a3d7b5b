"""Tables that users bring: what is read, what is told, and that whatever comes is answered by a sentence."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import DataError
from aze_core.sources.tables import (
    Category,
    Limits,
    Sheet,
    SiteIndex,
    decimal_sign,
    guess_columns,
    header_fingerprint,
    parse_category,
    parse_number,
    parse_shares,
    read_cells,
)

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def pack(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def xlsx(
    *bodies: str, after: str = "", strings: str = "", names: Sequence[str] = (), hidden: int = 0
) -> bytes:
    """A workbook out of the inner XML of its sheets' data."""
    names = names or [f"S{n}" for n, _ in enumerate(bodies, start=1)]
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{n}"{" state=" + chr(34) + "hidden" + chr(34) if n == hidden else ""}'
        f' r:id="r{n}"/>'
        for n, name in enumerate(names, start=1)
    )
    targets = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in enumerate(bodies, start=1)
    )
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships {PACKAGE}><Relationship Id="r1" Type="{RELATIONS}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships {PACKAGE}>{targets}</Relationships>",
    }
    if strings:
        parts["xl/sharedStrings.xml"] = f"<sst {MAIN}>{strings}</sst>"
    for n, body in enumerate(bodies, start=1):
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f"<worksheet {MAIN}><sheetData>{body}</sheetData>{after}</worksheet>"
        )
    return pack(parts)


def rows(*lines: Sequence[str | float]) -> str:
    """Inner XML of a sheet: texts and numbers, from row 1 and column A."""
    out = []
    for n, line in enumerate(lines, start=1):
        cells = "".join(
            f'<c r="{chr(65 + m)}{n}"><v>{value}</v></c>'
            if isinstance(value, (int, float))
            else f'<c r="{chr(65 + m)}{n}" t="inlineStr"><is><t>{value}</t></is></c>'
            for m, value in enumerate(line)
        )
        out.append(f'<row r="{n}">{cells}</row>')
    return "".join(out)


def ods(body: str, doctype: str = "") -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    return pack(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"{doctype}<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="T">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def ods_text(text: str, repeat: int = 1) -> str:
    many = f' table:number-columns-repeated="{repeat}"' if repeat > 1 else ""
    return f'<table:table-cell office:value-type="string"{many}><text:p>{text}</text:p></table:table-cell>'


def read(raw: bytes | str, name: str = "t.csv", limits: Limits | None = None) -> Sheet:
    raw = raw.encode() if isinstance(raw, str) else raw
    [sheet] = read_cells(raw, name, limits or Limits())
    return sheet


def refused(raw: bytes | str, name: str = "t.csv", limits: Limits | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        read(raw, name, limits)
    assert caught.value.fields["file"] == name
    return caught.value


def findings(sheet: Sheet) -> list[tuple[str, str, int | None, str]]:
    return [(action, rule, row, column) for action, rule, _, row, column, *_ in sheet.report.findings]


# ---------------------------------------------------------------- CSV


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("codec", "mark"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16", b""), ("utf-16-le", b"")]
)
def test_separators_and_encodings(sign: str, codec: str, mark: bytes) -> None:
    text = f"Site{sign}Espèce{sign}Part\r\nA{sign}Rana é{sign}1\r\n"
    sheet = read(mark + text.encode(codec))
    assert (sheet.header, sheet.rows) == (["Site", "Espèce", "Part"], [(1, ["A", "Rana é", "1"])])
    assert (sheet.header_row, sheet.report.read, sheet.report.findings) == (1, 1, [])


def test_a_separator_that_the_header_lacks_is_text() -> None:
    sheet = read("a;b\n" + "x, y;0,5\n" * 30)
    assert sheet.header == ["a", "b"]
    assert sheet.rows[0] == (1, ["x, y", "0,5"])


def test_a_declared_separator_is_believed() -> None:
    sheet = read("sep=;\na;b,c\n1;2,3\n")
    assert (sheet.header, sheet.rows, sheet.header_row) == (["a", "b,c"], [(1, ["1", "2,3"])], 2)


def test_windows_text_is_read_and_told_by_its_first_place() -> None:
    sheet = read("site;name\nA;Ciénaga\nB;Île\n".encode("cp1252"))
    assert sheet.rows == [(1, ["A", "Ciénaga"]), (2, ["B", "Île"])]
    [(action, rule, _, row, column, value, detail)] = sheet.report.findings
    assert (action, rule, row, column, value) == ("noted", "other_encoding", None, "name", "e9")
    assert "2 cells" in detail
    assert "row 2 of the file" in detail


def test_bad_bytes_among_good_ones_are_named_one_by_one() -> None:
    raw = "site,name\nA,Île\n".encode() + b'"B\n2",Ci\xe9naga\nC,\x81\n'
    sheet = read(raw)
    assert sheet.rows[1:] == [(2, ["B\n2", "Ciénaga"]), (3, ["C", "\x81"])]
    assert findings(sheet) == [
        ("repaired", "mixed_encoding", 2, "name"),
        ("repaired", "mixed_encoding", 3, "name"),
    ]


def test_broken_utf16_names_row_and_column() -> None:
    raw = b"\xff\xfe" + "a,b\n1,".encode("utf-16-le") + b"\x00\xd8" + "x\n".encode("utf-16-le")
    error = refused(raw)
    assert error.message_id == "bad_utf16"
    assert (error.fields["row"], error.fields["column"]) == (2, 2)


def test_rows_above_the_header_and_empty_rows_are_told_and_counted() -> None:
    sheet = read("\n\nAZE sites of a country\nas of May, 2020\n\nid,name,share\n\nA,Ash,1\n,,\nB,Birch,\n")
    assert sheet.header == ["id", "name", "share"]
    assert sheet.header_row == 6
    # row 8 of the file is the second below the header
    assert sheet.rows == [(2, ["A", "Ash", "1"]), (4, ["B", "Birch", ""])]
    assert sheet.report.read == 2
    assert [rule for _, rule, *_ in sheet.report.findings] == ["above_header", "above_header"]


def test_short_rows_are_filled_and_long_rows_set_aside() -> None:
    sheet = read("a,b,c\n1\n1,2,3,4\n1,2,3,,\n")
    assert sheet.rows == [(1, ["1", "", ""]), (3, ["1", "2", "3"])]
    assert findings(sheet) == [("set_aside", "row_too_long", 2, "")]
    assert (sheet.report.read, sheet.report.accepted) == (3, 2)


def test_column_names_are_unique_and_never_empty() -> None:
    sheet = read("a,,A,a,,\n1,2,3,4,5,\n")
    assert sheet.header == ["a", "column 2", "A (2)", "a (3)", "column 5"]
    assert sheet.rows == [(1, ["1", "2", "3", "4", "5"])]
    assert [rule for _, rule, *_ in sheet.report.findings] == [
        "unnamed_column",
        "doubled_column",
        "doubled_column",
        "unnamed_column",
    ]


def test_formulas_stay_text() -> None:
    sheet = read('a,b\n=1+1,"=HYPERLINK(""http://x"")"\n')
    assert sheet.rows == [(1, ["=1+1", '=HYPERLINK("http://x")'])]


def test_only_some_columns() -> None:
    [sheet] = read_cells(b"ID,long text,name\n1,xxx,A\n2\n", "t.csv", only=["Name", "id"])
    assert (sheet.header, sheet.rows) == (["ID", "name"], [(1, ["1", "A"]), (2, ["2", ""])])


SMALL = Limits(
    max_bytes=20_000, max_unpacked=50_000, max_rows=5, max_columns=6, max_cells=20, max_cell=50, max_sheets=2
)


@pytest.mark.parametrize(
    ("raw", "message", "fields"),
    [
        (b"", "empty_table", {}),
        (b"\n \n\r\n", "empty_table", {}),
        (b"a\n1\n2\n", "few_columns", {}),
        (b"," * 1000, "few_columns", {}),
        (b"a,b\n1,\x002\n", "bad_csv", {"row": 2}),
        (b'a,b\n1,"open\n', "bad_csv", {"row": 2}),
        (b'a,b\n1,"x"y\n', "bad_csv", {"row": 2}),
        (b"a,b\n" + b"1,2\n" * 6, "too_large", {"unit": "rows", "limit": 5}),
        (b"a,b,c,d,e,f\n" + b"1,2,3,4,5,6\n" * 4, "too_large", {"unit": "cells", "limit": 20}),
        (b"a,b\n1," + b"x" * 51, "long_cell", {"row": 2, "column": 2, "limit": 50}),
        (b"x," * 10_001, "too_large", {"unit": "bytes"}),
        (b"\x89PNG\r\n\x1a\n....", "not_a_table", {"found": "a PNG picture"}),
        (b"%PDF-1.7", "not_a_table", {"found": "a PDF document"}),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, "not_a_table", {}),
        (b"<!DOCTYPE html><html>", "not_a_table", {"found": "a web page or XML document"}),
        (b'[{"a": 1}]', "not_a_table", {"found": "a JSON document"}),
        (pack({"a.txt": "x"}), "not_a_table", {"found": "a zip archive"}),
        (pack({"xl/workbook.bin": "x"}), "not_a_table", {"found": "a binary workbook (.xlsb)"}),
        (b"PK\x03\x04 and no more", "broken_workbook", {}),
    ],
)
def test_what_is_no_table_gets_a_sentence(raw: bytes, message: str, fields: dict[str, object]) -> None:
    error = refused(raw, limits=SMALL)
    assert error.message_id == message
    assert {name: error.fields[name] for name in fields} == fields


def test_a_million_columns_get_a_sentence() -> None:
    error = refused("x," * 1_000_000)
    assert error.message_id == "too_many_columns"
    assert (error.fields["found"], error.fields["limit"]) == (1_000_000, 1_000)


def test_files_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "no.csv", "no_such_file"), (tmp_path, "unreadable_file")):
        with pytest.raises(DataError) as caught:
            read_cells(path)
        assert caught.value.message_id == message
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    [sheet] = read_cells(tmp_path / "a.csv")
    assert (sheet.file, sheet.name) == ("a.csv", "a.csv")


# ---------------------------------------------------------------- workbooks


def test_workbook_values() -> None:
    body = (
        '<row r="3"><c r="B3" t="inlineStr"><is><t>Site</t></is></c><c r="C3" t="s"><v>0</v></c>'
        '<c r="D3" t="inlineStr"><is><t>x</t></is></c></row>'
        '<row r="5"><c r="B5"><v>6010</v></c><c r="C5"><f>1/4</f><v>0.25</v></c>'
        '<c r="D5" t="b"><v>1</v></c></row>'
        '<row r="6"><c r="B6" t="str"><f>A1</f><v>=x</v></c><c r="C6"><f>1+1</f></c>'
        '<c r="D6" t="e"><v>#N/A</v></c>'
        '<c r="XFD6" s="1"/></row>'
    )
    sheet = read(xlsx(body, strings="<si><t>Sha</t><t>re</t></si>"), "b.xlsx")
    assert (sheet.file, sheet.name, sheet.header_row) == ("b.xlsx", "S1", 3)
    assert sheet.header == ["column 1", "Site", "Share", "x"]
    assert sheet.rows == [(2, ["", "6010", "0.25", "TRUE"]), (3, ["", "=x", "", ""])]
    assert ("noted", "formula_without_value", 3, "Share") in findings(sheet)
    assert ("noted", "error_value", 3, "x") in findings(sheet)


def test_open_document_values() -> None:
    blank = '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
    far = (
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    body = (
        f"{blank}<table:table-row>{ods_text('Site')}{ods_text('Share')}{ods_text('When')}</table:table-row>"
        f"<table:table-row>{ods_text('A')}"
        '<table:table-cell office:value-type="percentage" office:value="0.95">'
        '<text:p>95 %</text:p></table:table-cell><table:table-cell office:value-type="date"'
        f' office:date-value="2020-01-02"><text:p>2 Jan</text:p></table:table-cell></table:table-row>{far}'
    )
    sheet = read(ods(body), "b.ods")
    assert (sheet.header, sheet.header_row) == (["Site", "Share", "When"], 3)
    assert sheet.rows == [(1, ["A", "0.95", "2020-01-02"])]
    assert sheet.report.findings == []


def test_merged_cells_are_filled_downwards() -> None:
    body = rows(["Site", "Species"], ["A", "x"], ["", "y"], ["B", "z"])
    sheet = read(xlsx(body, after='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>'), "b.xlsx")
    assert sheet.rows == [(1, ["A", "x"]), (2, ["A", "y"]), (3, ["B", "z"])]
    assert findings(sheet) == [("repaired", "merged_cells", None, "")]


def test_several_sheets() -> None:
    table = rows(["a", "b"], [1, 2])
    sheets = read_cells(
        xlsx(rows(["Read me"]), table, "", table, names=["About", "One", "Empty", "Two"], hidden=4), "b.xlsx"
    )
    assert [(sheet.file, sheet.name) for sheet in sheets] == [
        ("b.xlsx [One]", "One"),
        ("b.xlsx [Two]", "Two"),
    ]
    assert [rule for _, rule, *_ in sheets[0].report.findings] == ["sheet_without_table", "empty_sheet"]
    assert [rule for _, rule, *_ in sheets[1].report.findings] == ["hidden_sheet"]


def test_the_content_decides_not_the_name() -> None:
    text = read(b"a,b\n1,2\n", "t.xlsx")
    book = read(xlsx(rows(["a", "b"], [1, 2])), "t.csv")
    assert text.rows == book.rows == [(1, ["1", "2"])]
    assert findings(text) == findings(book) == [("noted", "other_format", None, "")]


HEAD = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c></row>'
BILLION = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        # each of these would make the reading library allocate many gigabytes, or give up without a word
        (xlsx(f'{HEAD}<row r="1048576"><c r="XFD1048576"><v>5</v></c></row>'), "too_large"),
        (xlsx(f'{HEAD}<row r="99999999999"><c><v>5</v></c></row>'), "broken_workbook"),
        (xlsx(f'{HEAD}<row r="2"><c r="ZZZZZZZ2"><v>5</v></c></row>'), "broken_workbook"),
        (xlsx(f'{HEAD}<row r="2"><c r="B0"><v>5</v></c></row>'), "broken_workbook"),
        (xlsx(f'{HEAD}<row r="2"><c r="A2" t="s"><v>7</v></c></row>'), "broken_workbook"),
        (xlsx(f'{HEAD}<row r="2"><c r="A2" t="s"><v>99999999999999999999</v></c></row>'), "broken_workbook"),
        (xlsx(f"{HEAD}<row></c></row>"), "broken_workbook"),
        (xlsx(f"{HEAD}" + "<a>" * 300 + "</a>" * 300), "broken_workbook"),
        (ods(f"<table:table-row>{ods_text('a', 999_999_999)}</table:table-row>"), "too_many_columns"),
        (
            ods(
                f'<table:table-row table:number-rows-repeated="99999999">{ods_text("a")}{ods_text("b")}'
                "</table:table-row>"
            ),
            "too_large",
        ),
        (ods(f'<table:table-row>{ods_text("<text:s text:c=" + chr(34) + "999999999" + chr(34) + "/>")}'
             "</table:table-row>"), "too_large"),
        (ods("<table:table-row/>", doctype=BILLION), "broken_workbook"),
        # positions hidden by nesting, or behind a second attribute
        (xlsx(f'{HEAD}<c r="XFD1048576"><v>1</v><c r="A1"><v>1</v></c></c>'), "broken_workbook"),
        (xlsx(f'{HEAD}<row r="1048576"><c r="A1"><v>1</v></c></row>'), "too_large"),
        (xlsx(f'{HEAD}<c r="XFD1048576" x:r="A1"><v>1</v></c>'), "too_large"),
        (xlsx(HEAD, strings="<si><si><t>a</t></si><t>b</t></si>"), "broken_workbook"),
        (ods("<table:table-row><table:table-cell table:number-columns-repeated='99999999'><text:p>a</text:p>"
             "<table:table-cell/></table:table-cell></table:table-row>"), "broken_workbook"),
        (ods("<table:table-row table:number-rows-repeated='99999999'><table:table-row/></table:table-row>"),
         "broken_workbook"),
        (ods("<table:table-row><table:table-cell table:number-columns-repeated='99999999'"
             " x:number-columns-repeated='1'><text:p>a</text:p></table:table-cell></table:table-row>"),
         "too_many_columns"),
        (pack({"xl/workbook.xml": '<?xml version="1.0" encoding="utf-7"?><workbook/>'}), "broken_workbook"),
        (pack({"xl/workbook.xml": "<workbook/>"}), "broken_workbook"),
        (xlsx(""), "empty_table"),
        (xlsx(rows(["alone"])), "few_columns"),
        (xlsx(*[rows(["a", "b"])] * 51), "too_large"),
    ],
)  # fmt: skip
def test_hostile_workbooks_get_a_sentence(raw: bytes, message: str) -> None:
    assert refused(raw, "b.xlsx").message_id == message


def test_one_text_used_a_million_times_is_refused() -> None:
    many = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 300))
    book = xlsx(many, strings=f"<si><t>{'x' * 1000}</t></si>")
    error = refused(book, limits=Limits(max_unpacked=200_000))
    assert (error.message_id, error.fields["unit"]) == ("too_large", "characters")


def test_an_archive_that_lies_about_its_size_is_bounded() -> None:
    body = rows(["a", "b"]) + "<!--" + "x" * 1_000_000 + "-->"
    raw = xlsx(body)
    assert len(raw) < 20_000
    error = refused(raw, limits=Limits(max_unpacked=100_000))
    assert (error.message_id, error.fields["unit"]) == ("too_large", "bytes")
    # the directory of the archive says that the part is small: then its checksum cannot be right
    place = raw.rindex(b"xl/worksheets/sheet1.xml") - 46
    size = struct.unpack("<I", raw[place + 24 : place + 28])[0]
    assert size > 1_000_000
    lying = raw[: place + 24] + struct.pack("<I", 500) + raw[place + 28 :]
    assert refused(lying).message_id == "broken_workbook"


# ---------------------------------------------------------------- properties

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(
    st.lists(st.tuples(CELL, CELL), max_size=8), st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-16"])
)
@example([("=1+1", '"'), ("a\r\nb", ";,\t"), ("\ufeff", "\x1c")], ",", "utf-8")
def test_what_is_written_is_read_again(cells: list[tuple[str, str]], sign: str, codec: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=sign)
    writer.writerow(["row", "one", "two"])
    writer.writerows([["r", *pair] for pair in cells])
    sheet = read(out.getvalue().encode(codec))
    assert sheet.header == ["row", "one", "two"]
    assert sheet.rows == [(n, ["r", *pair]) for n, pair in enumerate(cells, start=1)]


def attempt(raw: bytes) -> tuple[list[Sheet], DataError | None]:
    try:
        return read_cells(raw, "fuzz"), None
    except DataError as error:
        return [], error


BOOK = xlsx(rows(["a", "b"], [1, "x"], ["y", 2.5]), strings="<si><t>s</t></si>")
SHEET = ods(f"<table:table-row>{ods_text('a')}{ods_text('b', 2)}</table:table-row>")


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.tuples(
            st.sampled_from([BOOK, SHEET, b"a,b\n1,2\n"]),
            st.integers(0, 5000),
            st.binary(min_size=1, max_size=8),
        ).map(lambda t: t[0][: t[1] % len(t[0])] + t[2] + t[0][t[1] % len(t[0]) + len(t[2]) :]),
    )
)
def test_any_bytes_are_a_table_or_get_a_sentence(raw: bytes) -> None:
    sheets, error = attempt(raw)
    assert error is None or error.fields["file"] == "fuzz"
    assert all(len(row) == len(sheet.header) for sheet in sheets for _, row in sheet.rows)


@settings(max_examples=100)
@given(st.text('<c r="A1B2"t=s/><v>0</v></c>row\'&;!-[]', max_size=60))
def test_any_sheet_is_a_table_or_gets_a_sentence(body: str) -> None:
    _, error = attempt(xlsx(HEAD + body))
    assert error is None or error.message_id in {"broken_workbook", "too_large", "too_many_columns"}


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CR", Category("CR")),
        (" critically  endangered ", Category("CR")),
        ("Critically Endangered (Possibly Extinct)", Category("CR", "PE")),
        ("CR(PE)", Category("CR", "PE")),
        ("CR PEW", Category("CR", "PEW")),
        ("CR (Possibly Extinct in the Wild)", Category("CR", "PEW")),
        ("EN B1ab(iii)+2ab(iii)", Category("EN")),
        ("En peligro", Category("EN")),
        ("En danger critique d'extinction", Category("CR")),
        ("Vulnérable", Category("VU")),
        ("LR/cd", Category("NT")),
        ("", Category(None)),
        ("NE", Category(None)),
        ("CR/EN", Category(None, known=False)),
        ("Extinct?!", Category("EX")),
        ("endangered-ish", Category(None, known=False)),
    ],
)
def test_categories(text: str, expected: Category) -> None:
    assert parse_category(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12.0),
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1 234,5", 1234.5),
        ("1.234", 1.234),
        ("1,234", None),
        ("−3", -3.0),
        ("1e3", 1000.0),
        ("1e999", None),
        ("nan", None),
        ("12,34,5", None),
        ("1.5.2,3", None),
        ("5 apples", None),
        ("", None),
    ],
)
def test_numbers(text: str, expected: float | None) -> None:
    assert parse_number(text) == expected


def test_the_column_tells_the_decimal_sign() -> None:
    assert decimal_sign(["1,234", "12,5"]) == ","
    assert decimal_sign(["1,234", "1,234,567"]) == "."
    assert decimal_sign(["1,5", "1.5"]) == ""
    assert parse_number("1,234", ".") == 1234.0


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_none(text: str) -> None:
    assert parse_number(text) is None or isinstance(parse_number(text), float)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_is_read_again(number: float) -> None:
    # 1.234 as written by a programme is 1.234, not a thousand
    assert parse_number(repr(number)) == number


@pytest.mark.parametrize(
    ("cells", "values", "faults"),
    [
        (["0.5", "1", ""], [0.5, 1.0, None], {}),
        (["50", "100", "n/a"], [0.5, 1.0, None], {}),
        (["50%", "0,5"], [0.5, 0.5], {}),
        (["97", "98", "0.97"], [0.97, 0.98, None], {2: "share_unclear"}),
        (["0.9", "1", "1.7"], [0.9, 1.0, None], {2: "share_out_of_range"}),
        (["90", "101", "-5"], [0.9, None, None], {1: "share_out_of_range", 2: "share_out_of_range"}),
        (["120%", "0"], [None, 0.0], {0: "share_out_of_range"}),
        ([">95%", "≥ 95 %", "more than 95%", "effectively all"], [1.0, 1.0, 1.0, 1.0], {}),
        ([">50%", "90-95%", "~80%", "most"], [None] * 4,
         {0: "share_unclear", 1: "share_unclear", 2: "share_unclear", 3: "share_not_a_number"}),
    ],
)  # fmt: skip
def test_shares(cells: list[str], values: list[float | None], faults: dict[int, str]) -> None:
    found = parse_shares(cells)
    assert (found.values, found.faults) == (values, faults)


def test_the_scale_can_be_given() -> None:
    assert parse_shares(["1", "0.5"], "percent").faults == {0: "share_unclear", 1: "share_unclear"}
    assert parse_shares(["1", "97"], "fraction").values == [1.0, None]


@given(st.lists(st.text(max_size=12) | st.floats(0, 100).map(str), max_size=6))
def test_a_share_is_never_outside_0_to_1(cells: list[str]) -> None:
    assert all(value is None or 0 <= value <= 1 for value in parse_shares(cells).values)


# ---------------------------------------------------------------- columns

WANTED = ["site_id", "site_name", "country", "scientific_name", "common_name", "class_name", "category"]
WANTED += ["criterion", "share", "life_stage"]


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("site_id", ["SitRecID", "Site code", "SITE_ID", "MapID", "Código sitio"]),
        ("site_name", ["Site name", "IntName", "SiteNameFi", "site"]),
        ("country", ["Country", "ISO3", "País"]),
        (
            "scientific_name",
            ["Scientific", "Species", "Taxon", "scientificName", "Espèce", "nombre científico"],
        ),
        ("common_name", ["Common_nam", "English name", "commonName"]),
        ("class_name", ["Class", "CLASSE"]),
        ("category", ["RL category", "2008_10__R", "IUCN", "Red List Status", "redlistCategory"]),
        ("criterion", ["KBA criteria", "Criterion"]),
        ("share", ["% of population", "Share", "Percent of global population", "pourcentage"]),
        ("life_stage", ["Life stage", "life_history_segment"]),
    ],
)
def test_columns_are_known_by_name(field: str, names: list[str]) -> None:
    for name in names:
        found = guess_columns(["zzz", name], [], WANTED)
        assert (found[field].column, found[field].reason) == (name, "name"), name
        assert found[field].confidence >= 0.6


def test_columns_are_known_by_content() -> None:
    header = ["c1", "c2", "c3", "c4", "c5", "c6"]
    sample = [
        ["Grus americana", "Endangered", "CAN;USA", "97%", "Aves", "CAN2"],
        ["Rana x-alba", "CR", "MEX", ">95 %", "Amphibia", "MEX11"],
    ]
    found = guess_columns(header, sample, WANTED)
    assert {name: guess.column for name, guess in found.items()} == {
        "scientific_name": "c1",
        "category": "c2",
        "country": "c3",
        "share": "c4",
        "class_name": "c5",
        "site_id": "c6",
    }
    assert {guess.reason for guess in found.values()} == {"content"}


def test_a_name_whose_content_denies_it_is_doubted() -> None:
    sure = guess_columns(["IUCN"], [["CR"]], WANTED)["category"]
    doubted = guess_columns(["IUCN"], [["22714"]], WANTED)["category"]
    assert sure.confidence > 0.9 > 0.5 > doubted.confidence


def test_a_column_stands_for_one_field_only() -> None:
    found = guess_columns(["Species", "Species name"], [], ["scientific_name", "common_name", "site_name"])
    assert len({guess.column for guess in found.values()}) == len(found)


def test_the_fingerprint_follows_the_names_only() -> None:
    assert header_fingerprint(["Site ID", "Share"]) == header_fingerprint(["share", "site_id"])
    assert header_fingerprint(["Site ID", "Share"]) != header_fingerprint(["Site ID", "Shares"])
    # must never change: confirmed mappings are remembered under it
    assert header_fingerprint(["a", "b"]) == "7e18f737311b2dc3"


# ---------------------------------------------------------------- sites


@pytest.fixture
def index() -> SiteIndex:
    return SiteIndex(
        pd.DataFrame(
            {
                "site_id": ["A", "B", "C", "D"],
                "name": ["Ciénaga", "Isla", "Isla", "Monte Alto"],
                "kba_id": ["6010", None, "B", None],
                "iso3": ["COL", "MEX", "PAN;CRI", "MEX"],
            }
        )
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("A", "", ""), ("A", "", "")),
        (("a", "whatever", ""), ("A", "", "")),
        (("6010.0", "", ""), ("A", "", "")),
        (("B", "", ""), ("B", "", "")),
        (("", "Ciénaga", ""), ("A", "", "")),
        (("", "cienaga", ""), ("A", "", "name_spelling")),
        (("9", "Monte  alto", ""), ("D", "", "name_spelling")),
        (("", "Isla", ""), (None, "ambiguous_site", "B (Isla), C (Isla)")),
        (("", "Isla", "CRI"), ("C", "", "")),
        (("A", "Isla", ""), (None, "site_conflict", "A is Ciénaga; Isla is B")),
        (("9", "", ""), (None, "unknown_site", "9")),
        (("", "?!", ""), (None, "unknown_site", "?!")),
        (("", " ", ""), (None, "no_site", "")),
    ],
)
def test_sites_are_found(
    index: SiteIndex, row: tuple[str, str, str], expected: tuple[str | None, str, str]
) -> None:
    assert index.find(*row) == expected

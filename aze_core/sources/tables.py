"""Tables that users bring: CSV, XLSX and ODS as cells of text, with bounds, and what their columns may be.

Cells stay text: a formula in a CSV file is never worked out, and a workbook gives the values that it was
saved with. What a file does not say plainly (its encoding, a title above the header, a merged cell) is
settled by a rule and told in the report.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import itertools
import math
import re
import statistics
import unicodedata
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.settings import value as setting

DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Limits:
    """How large a table may be before it is refused with a sentence.

    Attributes
    ----------
    max_bytes : int
        Bytes of the file.
    max_unpacked : int
        Bytes that a workbook's parts may unpack to, and characters that its cells may hold together.
    max_rows, max_columns : int
        Rows and columns of one table.
    max_cells : int
        Cells of all tables of a file, empty ones within a table counted.
    max_cell : int
        Characters of one cell.
    max_sheets, max_parts : int
        Sheets of a workbook, and files within it.
    """

    max_bytes: int = setting("limits.table.max_bytes")
    max_unpacked: int = setting("limits.table.max_unpacked")
    max_rows: int = setting("limits.table.max_rows")
    max_columns: int = setting("limits.table.max_columns")
    max_cells: int = setting("limits.table.max_cells")
    max_cell: int = setting("limits.table.max_cell")
    max_sheets: int = setting("limits.table.max_sheets")
    max_parts: int = setting("limits.table.max_parts")


LIMITS = Limits()


@dataclass(frozen=True)
class Sheet:
    """One table as text.

    Attributes
    ----------
    file : str
        How findings call it: the file's name, with the sheet's where a workbook holds several tables.
    name : str
        Name of the sheet; of the file where there are no sheets.
    header : list of str
        Column names, each once: a name given twice has a number behind it, an empty one is ``column 3``.
    rows : list of (int, list of str)
        Row number and cells, as many as the header has. The row below the header is 1; empty rows are left
        out but counted, so that `header_row` plus the number is the row that a spreadsheet shows.
    header_row : int
        Row of the header in the file; the first row of the file is 1.
    report : ImportReport
        Rows read, and whatever was settled while reading.
    """

    file: str
    name: str
    header: list[str]
    rows: list[tuple[int, list[str]]]
    header_row: int
    report: ImportReport

    def place(self, column: str) -> int | None:
        """Position of a column by its name, else by its name without case, accents and punctuation."""
        if column in self.header:
            return self.header.index(column)
        wanted = key(column)
        return next((n for n, name in enumerate(self.header) if key(name) == wanted), None)

    def places(self, mapping: Mapping[str, str], fields: Sequence[str]) -> dict[str, int]:
        """Positions of the columns that a mapping names, by field.

        Raises
        ------
        DataError
            A field that is none of `fields`, or a column that is not there.
        """
        found: dict[str, int] = {}
        for name, column in mapping.items():
            if name not in fields:
                raise DataError("unknown_field", file=self.file, field=name, expected=", ".join(fields))
            place = self.place(column)
            if place is None:
                came = ", ".join(self.header)[:2000]
                raise DataError("import_missing_column", file=self.file, column=column, found=came)
            found[name] = place
        return found


# ---------------------------------------------------------------- words and values


@lru_cache(maxsize=1 << 16)
def key(text: str) -> str:
    """A name without case, accents, spaces and punctuation, for comparing names of columns and places.

    Examples
    --------
    >>> key("Sit_RecID "), key("AZE.trigger.species2"), key("Espèce")
    ('sitrecid', 'azetriggerspecies2', 'espece')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(c for c in plain.casefold() if c.isalnum())


_CATEGORY_WORDS = {
    "EX": "Extinct|Éteint|Extinto|Extinguido",
    "EW": "Extinct in the Wild|Éteint à l'état sauvage|Extinto en estado silvestre|Extinto na natureza",
    "CR": "Critically Endangered|En danger critique|En danger critique d'extinction|En peligro crítico"
    "|Criticamente em perigo",
    "EN": "Endangered|En danger|En peligro|Em perigo",
    "VU": "Vulnerable|Vulnérable|Vulnerável",
    "NT": "Near Threatened|Quasi menacé|Quasi menacée|Casi amenazado|Casi amenazada|Quase ameaçada"
    "|LR/nt|LR/cd|Lower Risk/near threatened|Lower Risk/conservation dependent",
    "LC": "Least Concern|Préoccupation mineure|Preocupación menor|Pouco preocupante|LR/lc"
    "|Lower Risk/least concern",
    "DD": "Data Deficient|Données insuffisantes|Datos insuficientes|Dados insuficientes",
}
_CATEGORY = {key(word): code for code, words in _CATEGORY_WORDS.items() for word in [code, *words.split("|")]}
_NOT_ASSESSED = {"", "ne", "notevaluated", "notassessed", "nonevalue", "noevaluado", "na", "notapplicable"}
_POSSIBLY = re.compile(r"possibly extinct(?P<wild> in the wild)?|\bPEW?\b", re.IGNORECASE)
_WITH_CRITERIA = re.compile(r"(EX|EW|CR|EN|VU|NT|LC|DD)[\s:,;(]+\(?[A-E]\d?[^/]*")


@dataclass(frozen=True)
class Category:
    """A Red List category as a table gives it: `code` is missing where none was assessed.

    `possibly` is ``PE`` (possibly extinct), ``PEW`` (possibly extinct in the wild) or empty; `known` is
    False where the text is no category at all.
    """

    code: str | None
    possibly: str = ""
    known: bool = True


def parse_category(text: str) -> Category:
    """A Red List category, coded or spelled out (English, French, Spanish, Portuguese).

    Examples
    --------
    >>> parse_category("Critically Endangered (Possibly Extinct)")
    Category(code='CR', possibly='PE', known=True)
    >>> parse_category("en").code, parse_category("NE").code, parse_category("XX").known
    ('EN', None, False)
    """
    text = text.strip()[:200]
    possibly = ""
    if found := _POSSIBLY.search(text):
        possibly = "PEW" if found["wild"] or found[0].upper() == "PEW" else "PE"
        text = text[: found.start()] + text[found.end() :]
    if with_criteria := _WITH_CRITERIA.fullmatch(text):
        text = with_criteria[1]
    word = key(text)
    if word in _CATEGORY:
        return Category(_CATEGORY[word], possibly)
    return Category(None, possibly, known=word in _NOT_ASSESSED and not possibly)


NOT_KNOWN = {"", "?", "-", "–", "—", "unknown", "na", "nan", "none", "null", "nd", "notknown", "inconnu"} | {
    "desconocido",
    "desconhecido",
}


def is_not_known(text: str) -> bool:
    """Whether a cell says that its value is not known (empty, ``?``, ``n/a``, ``unknown``, …)."""
    text = text.strip()
    return text in NOT_KNOWN or (len(text) <= 20 and key(text) in NOT_KNOWN)


_FLAGS = {
    **dict.fromkeys(["1", "yes", "y", "true", "x", "oui", "si", "sim", "sensitive"], True),
    **dict.fromkeys(["0", "no", "n", "false", "non", "nao"], False),
}


def parse_flag(text: str) -> bool | None:
    """Yes or no in the languages of the tables; None where the cell says neither.

    Examples
    --------
    >>> parse_flag("Sí"), parse_flag("NON"), parse_flag("perhaps")
    (True, False, None)
    """
    return _FLAGS.get(key(text))


_PLAIN = re.compile(r"[+-]?(\d{1,300}(\.\d{0,300})?|\.\d{1,300})([eE][+-]?\d{1,3})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?P<sep>[,.])\d{3}")


def parse_number(text: str, decimal: str = "") -> float | None:
    """A number as tables write it, with decimal comma or point and separators of thousands.

    Parameters
    ----------
    text : str
    decimal : {"", ",", "."}
        What the column uses as decimal sign, where that is known from its other cells.

    Returns
    -------
    float or None
        None where the text is no finite number, or could be two: ``1,234`` with no `decimal` given.

    Examples
    --------
    >>> parse_number("1,234.5"), parse_number("0,95"), parse_number("1 234"), parse_number("1,234")
    (1234.5, 0.95, 1234.0, None)
    >>> parse_number("1,234", decimal=",")
    1.234
    """
    text = re.sub(r"[\s\u00a0\u202f'’_]", "", text[:400]).replace("−", "-")
    if not decimal and (grouped := _GROUPED.fullmatch(text)):
        # 1.234 is read as written by every programme; 1,234 is not
        if grouped["sep"] == ",":
            return None
        decimal = "."
    if not decimal:
        decimal = "," if text.rfind(",") > text.rfind(".") else "."
        if text.count(decimal) > 1:
            decimal = "." if decimal == "," else ","
    group = "," if decimal == "." else "."
    head, sign, tail = text.partition(decimal)
    if group in head and not re.fullmatch(rf"[+-]?\d{{1,3}}(\{group}\d{{3}})+", head):
        return None
    plain = head.replace(group, "") + ("." if sign else "") + tail
    if not _PLAIN.fullmatch(plain):
        return None
    number = float(plain)
    return number if math.isfinite(number) else None


def decimal_sign(cells: Iterable[str]) -> str:
    """The decimal sign that a column shows beyond doubt, or an empty text.

    Examples
    --------
    >>> decimal_sign(["1,234", "0,5"]), decimal_sign(["1,234", "1,234.5"]), decimal_sign(["1,234"])
    (',', '.', '')
    """
    seen: Counter[str] = Counter()
    for cell in cells:
        text = re.sub(r"[\s\u00a0\u202f'’%]", "", cell[:400])
        signs = [c for c in text if c in ",."]
        if not signs or _GROUPED.fullmatch(text):
            continue
        last = signs[-1]
        if signs.count(last) == 1:
            seen[last] += 1
        elif len(set(signs)) == 1:
            seen["," if last == "." else "."] += 1
    return next(iter(seen)) if len(seen) == 1 else ""


@dataclass(frozen=True)
class Shares:
    """A column of shares: `values` are 0 to 1 or missing, `faults` say by position why one is not usable.

    `scale` is ``percent``, ``fraction`` or empty (no number there); `effectively_all` are the positions of
    cells such as ``>95%``, taken as 1.
    """

    values: list[float | None]
    scale: str
    faults: dict[int, str]
    effectively_all: list[int]


_BOUND = re.compile(r"\s*(?:>=?|≥|more than|over|at least|plus de|más de|mais de)\s*(.*)", re.IGNORECASE)
_ALL = {"all", "effectivelyall", "wholepopulation", "entirepopulation", "toute", "toda", "todo"}


def parse_shares(cells: Sequence[str], scale: str = "") -> Shares:
    """Shares of a column, whose scale (0–1 or 0–100) is recognised from the column as a whole.

    Parameters
    ----------
    cells : sequence of str
    scale : {"", "fraction", "percent"}
        The scale, where the user knows it.

    Returns
    -------
    Shares
        A cell with % is a percentage whatever the others are. Plain numbers are percentages where more than
        half of them exceed 1. ``>95%``, ``≥ 0.95`` and "effectively all" are 1: the criterion of an AZE site
        is that it holds effectively all of the population, so such a cell states that it is met, not a
        measurement. Faults: ``share_out_of_range``, ``share_unclear`` (a lower bound below 95 %, a range, a
        number at most 1 among percentages) and ``share_not_a_number``.

    Examples
    --------
    >>> parse_shares(["97", "100", ">95%", "", "120"])
    Shares(values=[0.97, 1.0, 1.0, None, None], scale='percent', faults={4: 'share_out_of_range'},
           effectively_all=[2])
    >>> parse_shares(["0.97", "1", "95%"]).values
    [0.97, 1.0, 0.95]
    """
    sign = decimal_sign(cells)
    numbers: dict[int, tuple[float, bool, bool]] = {}
    faults: dict[int, str] = {}
    everything: list[int] = []
    for n, cell in enumerate(cells):
        text = cell.strip()
        if is_not_known(text):
            continue
        if len(text) < 60 and key(text) in _ALL:
            everything.append(n)
            continue
        bound = _BOUND.fullmatch(text[:60])
        if bound:
            text = bound[1]
        percent = text.endswith("%")
        number = parse_number(text.rstrip("% "), sign)
        if number is None:
            unclear = re.fullmatch(r"[<~≈≤]?\s*[\d.,]+\s*%?(\s*[-–—]\s*[\d.,]+\s*%?)?", text[:60])
            faults[n] = "share_unclear" if unclear else "share_not_a_number"
        else:
            numbers[n] = (number, percent, bound is not None)
    plain = [number for number, percent, _ in numbers.values() if not percent]
    if not scale and plain:
        scale = "percent" if sum(number > 1 for number in plain) * 2 > len(plain) else "fraction"
    elif not scale and numbers:
        scale = "percent"
    values: list[float | None] = [None] * len(cells)
    for n, (number, percent, bounded) in numbers.items():
        in_percent = percent or scale == "percent"
        share = number / 100 if in_percent else number
        if not 0 <= share <= 1:
            faults[n] = "share_out_of_range"
        elif bounded:
            if share >= 0.95:
                everything.append(n)
            else:
                faults[n] = "share_unclear"
        elif in_percent and not percent and 0 < number <= 1:
            faults[n] = "share_unclear"
        else:
            values[n] = share
    for n in everything:
        values[n] = 1.0
    return Shares(values, scale, dict(sorted(faults.items())), sorted(everything))


# ---------------------------------------------------------------- files


def _load(source: Path | str | bytes, name: str, limits: Limits) -> bytes:
    if isinstance(source, bytes):
        raw = source
    else:
        path = Path(source)
        try:
            with path.open("rb") as stream:
                raw = stream.read(limits.max_bytes + 1)
        except FileNotFoundError:
            raise DataError("no_such_file", file=name, folder=str(path.parent)) from None
        except (OSError, ValueError) as error:
            raise DataError(
                "unreadable_file",
                file=name,
                folder=str(path.parent),
                problem=getattr(error, "strerror", None) or str(error),
            ) from None
    if len(raw) > limits.max_bytes:
        raise DataError("too_large", file=name, unit="bytes", limit=limits.max_bytes)
    return raw


_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"SQLite format 3\x00", "a SQLite database or GeoPackage"),
    (b"PAR1", "a Parquet file"),
    (b"\x00\x00\x27\x0a", "a shapefile's geometry (.shp)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls), or a workbook with a password"),
    (b"\x7fELF", "a programme"),
    (b"MZ\x90", "a programme"),
)


def _kind(raw: bytes, name: str) -> str:
    """``text``, ``xlsx`` or ``ods``; whatever else it is, is refused by what it is."""
    for magic, what in _MAGIC:
        if raw.startswith(magic):
            raise DataError("not_a_table", file=name, found=what)
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                names = {member.filename for member in archive.infolist()}
                if "xl/workbook.xml" in names:
                    return "xlsx"
                if "content.xml" in names and "mimetype" in names:
                    return "ods"
                if "xl/workbook.bin" in names:
                    raise DataError("not_a_table", file=name, found="a binary workbook (.xlsb)")
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, ValueError) as e:
            raise DataError("broken_workbook", file=name, problem=str(e)) from None
        raise DataError("not_a_table", file=name, found="a zip archive")
    start = raw[:400].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise DataError("not_a_table", file=name, found="a web page or XML document")
    if start.startswith((b"{", b"[{", b"[[")):
        raise DataError("not_a_table", file=name, found="a JSON document")
    return "text"


def read_cells(
    source: Path | str | bytes,
    name: str = "",
    limits: Limits = LIMITS,
    only: Collection[str] | None = None,
) -> list[Sheet]:
    """The tables of a CSV, XLSX or ODS file as cells of text.

    Parameters
    ----------
    source : Path, str or bytes
        The file, or what it holds.
    name : str
        Name that errors and findings carry; the file's own where empty.
    limits : Limits
    only : collection of str, optional
        Keep only the columns of these names (without regard to case and punctuation), so that a large file
        takes little memory.

    Returns
    -------
    list of Sheet
        At least one; empty sheets and sheets without a table are left out and named.

    Raises
    ------
    DataError
        The file is no table (it says what it is instead), is broken, or goes beyond a limit.

    Notes
    -----
    A file is known by its content, not by its name. The header is the first row with at least two filled
    cells, and about as long as the rows around it; rows above it are skipped and told. CSV:
    separated by comma, semicolon or tab; UTF-8 or UTF-16; cells that are neither are read as Windows-1252 and
    told. Workbooks: values as saved, dates as ISO 8601, cells merged downwards filled. Old .xls and binary
    .xlsb workbooks are refused: what they make a reader allocate cannot be bounded beforehand.

    Examples
    --------
    >>> [sheet] = read_cells("Sites, 2020\\n\\nSite;Espèce\\n\\nA;Rana x\\n".encode(), "list.csv")
    >>> sheet.header, sheet.rows, sheet.header_row
    (['Site', 'Espèce'], [(2, ['A', 'Rana x'])], 3)
    """
    name = name or (source.name if isinstance(source, Path) else "table")
    raw = _load(source, name, limits)
    if not raw.strip(b"\x00 \t\r\n"):
        raise DataError("empty_table", file=name)
    kind = _kind(raw, name)
    sheets = _read_text(raw, name, limits, only) if kind == "text" else _read_book(raw, name, limits, only)
    suffix = Path(name).suffix.lower().lstrip(".")
    if suffix in {"csv", "tsv", "txt", "xlsx", "xlsm", "ods", "xls"} and (
        (kind == "text") != (suffix in {"csv", "tsv", "txt"})
    ):
        came = "text" if kind == "text" else kind
        sheets[0].report.add("noted", "other_format", sheets[0].file, value=suffix, detail=f"read as {came}")
    return sheets


# ---------------------------------------------------------------- text


def _decode(raw: bytes, name: str) -> str:
    """Text of a CSV file; bytes that are not UTF-8 come as lone surrogates, settled cell by cell."""
    codec = ""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    elif not raw.startswith(b"\xef\xbb\xbf"):
        odd, even = raw[1:4000:2], raw[0:4000:2]
        if odd.count(0) * 3 > len(odd) > 3 and even.count(0) == 0:
            codec = "utf-16-le"
        elif even.count(0) * 3 > len(even) > 3 and odd.count(0) == 0:
            codec = "utf-16-be"
    if not codec:
        return raw.decode("utf-8-sig", errors="surrogateescape")
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode(codec, errors="ignore")
        line = before.rpartition("\n")[2]
        raise DataError(
            "bad_utf16",
            file=name,
            row=before.count("\n") + 1,
            column=1 + sum(line.count(sign) for sign in DELIMITERS),
            value=raw[error.start : error.start + 4].hex(" "),
        ) from None


def _delimiter(text: str, name: str) -> str:
    """The separator under which the rows are most alike; the header has to hold it."""
    best = (0.0, 0, 0)
    chosen = ","
    sample = text[:200_000]
    for order, sign in enumerate(DELIMITERS):
        lengths: list[int] = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=sign):
                if any(cell.strip() for cell in row):
                    lengths.append(len(row))
                if len(lengths) > 200:
                    break
        except csv.Error:  # told with its row when the whole file is read
            pass
        if len(sample) < len(text) and len(lengths) > 1:
            lengths.pop()  # may be cut
        wide = [n for n in lengths if n > 1]
        if not wide:
            continue
        usual = Counter(wide).most_common(1)[0][0]
        # a sign that the header lacks is part of the text, such as a decimal comma
        alike = sum(n == usual for n in lengths) / len(lengths) * (1 if lengths[0] == usual else 0.6)
        if (alike, usual, -order) > best:
            best, chosen = (alike, usual, -order), sign
    return chosen


_BAD = re.compile("[\udc80-\udcff]+")


class _Cells:
    """Settles cells whose bytes are not UTF-8 and remembers where."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, str, str]] = []
        self.utf8 = False

    def settle(self, cell: str, row: int, column: int) -> str:
        if cell.isascii():
            return cell
        bad = _BAD.search(cell)
        if bad is None:
            self.utf8 = True
            return cell
        raw = cell.encode("utf-8", "surrogateescape")
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        value = bad[0][:4].encode("utf-8", "surrogateescape").hex(" ")
        self.found.append((row, column, value, text))
        return text


def _read_text(raw: bytes, name: str, limits: Limits, only: Collection[str] | None) -> list[Sheet]:
    text = _decode(raw, name)
    if "\x00" in text:
        row = text[: text.index("\x00")].count("\n") + 1
        raise DataError("bad_csv", file=name, row=row, problem="a NUL character")
    first = 1
    if declared := re.match(r"\s*sep=([,;\t])\r?\n", text[:20]):
        delimiter = declared[1]
        first += declared[0].count("\n")
        text = text[declared.end() :]
    else:
        delimiter = _delimiter(text, name)
    cells = _Cells()
    sheet = _table(_records(text, name, delimiter, limits, cells, first), name, name, limits, only)
    _tell_encoding(cells, sheet)
    return [sheet]


def _records(
    text: str, name: str, delimiter: str, limits: Limits, cells: _Cells, first: int
) -> Iterator[tuple[int, list[str]]]:
    # the module's own bound is raised where a longer cell is allowed, never lowered
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_cell))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = first - 1
    try:
        for number, row in enumerate(reader, start=first):
            yield number, [cells.settle(cell, number, n) for n, cell in enumerate(row)]
    except csv.Error as error:
        if "field limit" in str(error):
            raise DataError(
                "long_cell", file=name, row=number + 1, column="?", limit=limits.max_cell
            ) from None
        raise DataError("bad_csv", file=name, row=number + 1, problem=str(error)) from None


def _tell_encoding(cells: _Cells, sheet: Sheet) -> None:
    if not cells.found:
        return
    places = [
        (row, sheet.header[column] if column < len(sheet.header) else str(column + 1), value, text)
        for row, column, value, text in cells.found
    ]
    if cells.utf8:
        for row, column, value, text in places:
            number = row - sheet.header_row
            sheet.report.add(
                "repaired",
                "mixed_encoding",
                sheet.file,
                number if number > 0 else None,
                column,
                value,
                f"bytes that are not UTF-8, read as Windows-1252: {text}",
            )
        return
    row, column, value, text = places[0]
    sheet.report.add(
        "noted",
        "other_encoding",
        sheet.file,
        None,
        column,
        value,
        f"read as Windows-1252; {len(places)} cells are not UTF-8, first in row {row} of the file: {text}",
    )


# ---------------------------------------------------------------- the table within the rows


def _table(
    records: Iterable[tuple[int, list[str]]],
    name: str,
    file: str,
    limits: Limits,
    only: Collection[str] | None,
) -> Sheet:
    """Header and rows out of numbered records; raises where there is no table."""
    report = ImportReport()
    filled = ((n, row) for n, row in records if any(cell.strip() for cell in row))
    records = ((n, _bounded(row, n, file, limits)) for n, row in filled)
    top = list(itertools.islice(records, _TOP))
    at = _header_place([row for _, row in top])
    if at is None:
        raise DataError("few_columns", file=file)
    for number, row in top[:at]:
        text = " ".join(cell.strip() for cell in row if cell.strip())
        report.add("noted", "above_header", file, None, "", text, f"row {number} of the file skipped")
    header_row, header = top[at]
    header = header[: limits.max_columns]
    keep: list[int] | None = None
    if only is not None:
        wanted = {key(column) for column in only}
        keep = [n for n, column in enumerate(header) if key(column) in wanted]
    rows: list[tuple[int, list[str]]] = []
    cells = 0
    # columns at the right end that have neither a name nor a value are none
    used = _filled(header)
    for number, row in itertools.chain(top[at + 1 :], records):
        report.read += 1
        if report.read > limits.max_rows:
            raise DataError("too_large", file=file, unit="rows", limit=limits.max_rows)
        length = _filled(row)
        if length > len(header):
            detail = f"{length} cells, the header has {len(header)}"
            report.add("set_aside", "row_too_long", file, number - header_row, "", row[length - 1], detail)
            continue
        used = max(used, length)
        row = row[:length] if keep is None else [row[n] if n < length else "" for n in keep]
        cells += len(row)
        if cells > limits.max_cells:
            raise DataError("too_large", file=file, unit="cells", limit=limits.max_cells)
        rows.append((number - header_row, row))
    header = header[:used]
    if keep is None:
        if len(rows) * used > limits.max_cells:
            raise DataError("too_large", file=file, unit="cells", limit=limits.max_cells)
        for _, row in rows:
            row += [""] * (used - len(row))
    else:
        keep = [n for n in keep if n < used]
    names = _unique(header, file, report)
    return Sheet(file, name, names if keep is None else [names[n] for n in keep], rows, header_row, report)


_TOP = 30
"""Rows that are looked at to find the header below titles and notes."""


def _header_place(top: list[list[str]]) -> int | None:
    """Position of the header among the first rows: titles and notes above it are shorter."""
    if not top:
        return None
    lengths = Counter(map(len, top))
    usual = max(lengths, key=lambda length: (lengths[length], -length))
    extent = statistics.median(_filled(row) for row in top)
    for n, row in enumerate(top):
        several = sum(bool(cell.strip()) for cell in row) > 1
        if several and len(row) >= 0.7 * usual and _filled(row) >= 0.5 * extent:
            return n
    return None


def _filled(row: list[str]) -> int:
    """Cells up to the last that holds anything."""
    length = len(row)
    while length and not row[length - 1]:
        length -= 1
    return length


def _bounded(row: list[str], number: int, file: str, limits: Limits) -> list[str]:
    if _filled(row) > limits.max_columns:
        raise DataError("too_many_columns", file=file, found=_filled(row), limit=limits.max_columns)
    for n, cell in enumerate(row):
        if len(cell) > limits.max_cell:
            raise DataError("long_cell", file=file, row=number, column=n + 1, limit=limits.max_cell)
    return row


def _unique(header: list[str], file: str, report: ImportReport) -> list[str]:
    names: list[str] = []
    seen: set[str] = set()
    for n, cell in enumerate(header):
        name = " ".join(cell.split())
        if not name:
            name = f"column {n + 1}"
            report.add("repaired", "unnamed_column", file, None, name)
        base, number = name, 1
        while name.casefold() in seen:
            number += 1
            name = f"{base} ({number})"
        if number > 1:
            report.add("repaired", "doubled_column", file, None, base, base, f"called {name}")
        seen.add(name.casefold())
        names.append(name)
    return names


# ---------------------------------------------------------------- workbooks


@dataclass
class _Extent:
    """What one part of a workbook would make a reader allocate."""

    rows: int = 0
    columns: int = 0
    characters: int = 0
    is_sheet: bool = False
    texts: list[int] = field(default_factory=list)
    used: array[int] = field(default_factory=lambda: array("Q"))
    lost: list[tuple[int, int, str]] = field(default_factory=list)


class _Scanner:
    """Walks one XML part without building it, to learn its extent before another library reads it.

    Document type declarations are refused, so no entity can grow.

    That library lays every sheet out as a full rectangle: one cell in a far corner, or one text used a
    million times, would take all memory and end the programme.
    """

    def __init__(self, file: str, limits: Limits) -> None:
        self.file, self.limits = file, limits
        self.extent = _Extent()
        self.row = self.column = self.cell_row = 0
        self.in_row = False
        self.row_repeats = self.repeats = 1
        self.row_filled = 0
        self.row_characters = 0
        self.filled = False
        self.kind = ""
        self.value = self.text = self.formula = False
        self.length = 0
        self.digits = ""
        self.inside = ""
        self.depth = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.XmlDeclHandler = self.declaration
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def refuse(self, problem: str) -> DataError:
        return DataError("broken_workbook", file=self.file, problem=problem)

    def doctype(self, *_: object) -> None:
        raise self.refuse("a document type declaration")

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise self.refuse(f"encoded as {encoding[:40]}")

    def whole(self, text: str, top: int) -> int:
        if not re.fullmatch(r"\d{1,9}", text):
            raise self.refuse(f"a position or number “{text[:40]}”")
        return min(int(text), top)

    def most(self, attributes: dict[str, str], local: str) -> int:
        """A count, whatever prefix it stands under: the largest, where there are several."""
        found = [value for name, value in attributes.items() if name.rpartition(":")[2] == local]
        return max((self.whole(value, 10**9) for value in found), default=1)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > 200:
            raise self.refuse("elements nested too deep")
        local = tag.rpartition(":")[2]
        if local in ("row", "c", "si", "table-row", "table-cell", "covered-table-cell") and self.inside:
            raise self.refuse(f"“{local}” within a cell")
        if local == "sheetData":
            self.extent.is_sheet = True
        elif local == "row":
            self.row = self.whole(attributes["r"], 10**9) if "r" in attributes else self.row + 1
            self.column = 0
        elif local == "c":
            self.column += 1
            self.cell_row = self.row
            if "r" in attributes:
                place = re.fullmatch(r"([A-Z]{1,3})([1-9]\d{0,6})", attributes["r"])
                if place is None:
                    raise self.refuse(f"a cell called “{attributes['r'][:40]}”")
                self.column = 0
                for letter in place[1]:
                    self.column = self.column * 26 + ord(letter) - 64
                self.cell_row = int(place[2])
            self.kind = attributes.get("t", "")
            self.value = self.formula = False
            self.filled = False
            self.digits = ""
            self.inside = "c"
        elif self.inside == "c":
            self.filled = True
            self.value |= local in ("v", "is")
            self.formula |= local == "f"
            self.text = local == "v"
        elif local == "si":
            self.extent.texts.append(0)
            self.inside = "si"
        elif local == "table":
            self.row = 0
        elif local == "table-row":
            self.extent.is_sheet = True
            if self.in_row:
                raise self.refuse("a row within a row")
            self.in_row = True
            self.row_repeats = self.most(attributes, "number-rows-repeated")
            self.column = self.row_filled = self.row_characters = 0
        elif local in ("table-cell", "covered-table-cell"):
            self.repeats = self.most(attributes, "number-columns-repeated")
            plain = {"number-columns-repeated", "style-name", "content-validation-name"}
            self.filled = any(name.rpartition(":")[2] not in plain for name in attributes)
            self.length = sum(map(len, attributes.values()))
            self.inside = "cell"
        elif self.inside == "cell":
            self.filled = True
            if local == "s":
                self.length += self.most(attributes, "c")

    def characters(self, text: str) -> None:
        if self.inside == "c":
            self.extent.characters += len(text)
            if self.text and self.kind == "s" and len(self.digits) < 20:
                self.digits += text
        elif self.inside == "si":
            self.extent.texts[-1] += len(text)
        elif self.inside == "cell":
            self.length += len(text)

    def end(self, tag: str) -> None:
        self.depth -= 1
        local = tag.rpartition(":")[2]
        if local == "v":
            self.text = False
        elif local == "c":
            self.inside = ""
            if not self.filled:
                return
            self.fill(max(self.row, self.cell_row), self.column)
            if self.digits.strip():
                self.extent.used.append(self.whole(self.digits.strip(), 10**9))
            if self.kind == "e" or (self.formula and not self.value):
                self.lose(
                    self.cell_row, self.column, "error_value" if self.value else "formula_without_value"
                )
        elif local == "si":
            self.inside = ""
        elif local in ("table-cell", "covered-table-cell"):
            self.inside = ""
            self.column += self.repeats
            if self.filled:
                self.row_filled = self.column
                self.row_characters += self.length * self.repeats
        elif local == "table-row":
            self.in_row = False
            self.row += self.row_repeats
            if self.row_filled:
                self.fill(self.row, self.row_filled)
                self.extent.characters += self.row_characters * self.row_repeats
                self.within()

    def lose(self, row: int, column: int, rule: str) -> None:
        if len(self.extent.lost) < 1000:
            self.extent.lost.append((row, column, rule))

    def fill(self, row: int, column: int) -> None:
        extent = self.extent
        if row <= extent.rows and column <= extent.columns:
            return
        extent.rows = max(extent.rows, row)
        extent.columns = max(extent.columns, column)
        self.within()

    def within(self) -> None:
        extent, limits = self.extent, self.limits
        # some rows above the table are allowed for
        if extent.rows > limits.max_rows + 1_000:
            raise DataError("too_large", file=self.file, unit="rows", limit=limits.max_rows)
        if extent.columns > limits.max_columns:
            raise DataError(
                "too_many_columns", file=self.file, found=extent.columns, limit=limits.max_columns
            )
        if extent.rows * extent.columns > limits.max_cells:
            raise DataError("too_large", file=self.file, unit="cells", limit=limits.max_cells)
        if extent.characters > limits.max_unpacked:
            raise DataError("too_large", file=self.file, unit="characters", limit=limits.max_unpacked)

    def feed(self, piece: bytes, last: bool = False) -> None:
        try:
            self.parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise self.refuse(str(error)) from None


def _checked_book(raw: bytes, name: str, limits: Limits) -> tuple[bytes, dict[str, _Extent]]:
    """The workbook packed anew from the parts that were checked, and their extents.

    Packing anew means that what is read is exactly what was checked, whatever the archive says of itself.
    """
    extents: dict[str, _Extent] = {}
    left = limits.max_unpacked
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, zipfile.ZipFile(out, "w") as checked:
            members = {member.filename: member for member in archive.infolist()}
            if len(members) > limits.max_parts:
                raise DataError("too_large", file=name, unit="parts", limit=limits.max_parts)
            for part, member in members.items():
                if not part.endswith((".xml", ".rels")) and part != "mimetype":
                    continue
                scanner = _Scanner(name, limits) if part.endswith(".xml") else None
                whole = bytearray()
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise DataError("broken_workbook", file=name, problem="packed in an unusual way")
                with archive.open(member) as stream:
                    while piece := stream.read(1 << 16):
                        left -= len(piece)
                        if left < 0:
                            raise DataError("too_large", file=name, unit="bytes", limit=limits.max_unpacked)
                        whole += piece
                        if scanner:
                            scanner.feed(piece)
                if scanner:
                    scanner.feed(b"", last=True)
                    extents[part] = scanner.extent
                checked.writestr(part, bytes(whole))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise DataError("broken_workbook", file=name, problem=str(error)) from None
    except ValueError as error:
        raise DataError("broken_workbook", file=name, problem=str(error)) from None
    for texts in (extent.texts for extent in extents.values() if extent.texts):
        longest = max(texts)
        for extent in extents.values():
            size = extent.characters + sum(texts[n] if n < len(texts) else longest for n in extent.used)
            if size > limits.max_unpacked:
                raise DataError("too_large", file=name, unit="characters", limit=limits.max_unpacked)
    return out.getvalue(), extents


def _read_book(raw: bytes, name: str, limits: Limits, only: Collection[str] | None) -> list[Sheet]:
    safe, extents = _checked_book(raw, name, limits)
    sheets: list[Sheet] = []
    aside: list[tuple[str, str, str]] = []
    problem: DataError | None = None
    left = limits.max_cells
    # losses are told by place only where there is one sheet to be meant
    parts = [extent for extent in extents.values() if extent.is_sheet]
    lost = parts[0].lost if len(parts) == 1 else []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(safe)) as book:
            about = [m for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
            if len(about) > limits.max_sheets:
                raise DataError("too_large", file=name, unit="sheets", limit=limits.max_sheets)
            for one in about:
                source = book.get_sheet_by_name(one.name)
                cells = [[_text(v) for v in row] for row in source.to_python(skip_empty_area=False)]
                left -= sum(map(len, cells))
                if left < 0:
                    raise DataError("too_large", file=name, unit="cells", limit=limits.max_cells)
                file = name if len(about) == 1 else f"{name} [{one.name[:60]}]"
                if not any(cell.strip() for row in cells for cell in row):
                    if len(about) > 1:
                        aside.append(("empty_sheet", one.name, ""))
                    continue
                merged = _fill_merged(cells, source.merged_cell_ranges or [])
                try:
                    sheet = _table(enumerate(cells, start=1), one.name, file, limits, only)
                except DataError as error:
                    if error.message_id != "few_columns":
                        raise
                    problem = problem or error
                    aside.append(("sheet_without_table", one.name, ""))
                    continue
                if one.visible != SheetVisibleEnum.Visible:
                    sheet.report.add("noted", "hidden_sheet", file, value=one.name)
                if merged:
                    sheet.report.add(
                        "repaired", "merged_cells", file, detail=f"{merged} cells filled from the one above"
                    )
                sheets.append(sheet)
    except DataError:
        raise
    except (CalamineError, ValueError, OverflowError, OSError) as error:
        raise DataError("broken_workbook", file=name, problem=str(error)[:200]) from None
    except BaseException as error:
        # a panic of the reading library derives from BaseException alone
        if type(error).__name__ != "PanicException":
            raise
        raise DataError("broken_workbook", file=name, problem="it cannot be understood") from None
    if not sheets:
        raise problem or DataError("empty_table", file=name)
    report = sheets[0].report
    for rule, sheet_name, detail in aside:
        report.add("noted", rule, name, value=sheet_name, detail=detail)
    for row, column, rule in lost:
        header = sheets[0].header
        number = row - sheets[0].header_row
        report.add(
            "noted",
            rule,
            sheets[0].file,
            number if number > 0 else None,
            header[column - 1] if column <= len(header) else str(column),
            detail="read as empty",
        )
    return sheets


def _fill_merged(cells: list[list[str]], ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> int:
    """Repeat the value of a cell that is merged downwards in the rows that it spans."""
    filled = 0
    for (top, left), (bottom, _) in ranges:
        if top >= len(cells) or left >= len(cells[top]) or not cells[top][left]:
            continue
        for row in cells[top + 1 : bottom + 1]:
            # a later range over the same cells ends here, which bounds the work
            if left >= len(row) or row[left]:
                break
            row[left] = cells[top][left]
            filled += 1
    return filled


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)


# ---------------------------------------------------------------- which column is which


@dataclass(frozen=True)
class Guess:
    """A column that may hold a field: `confidence` 0 to 1, `reason` is ``name``, ``content`` or ``both``."""

    column: str
    confidence: float
    reason: str


SYNONYMS: dict[str, tuple[str, ...]] = {
    field_name: tuple(words.split())
    for field_name, words in {
        "site_id": "site_id siteid site_code sitecode sitrecid sitredid kba_id kbaid aze_id azeid mapid "
        "map_id siteref site_number kba_code codigo_sitio code_site site_ref",
        "site_name": "site_name sitename site sitenamefi intname natname kba_name kbaname aze_site "
        "international_name name_of_site azesitename nombre_del_sitio nom_du_site sitio nome_do_sitio",
        "country": "country iso3 iso country_code countryname countries territory pais pays iso_code ctry",
        "scientific_name": "scientific_name scientificname scientific species taxon taxon_name binomial "
        "sciname latin_name trigger_species azetriggerspecies speciesname species_name nombre_cientifico "
        "nom_scientifique nome_cientifico especie espece taxonscientificname newspeciesname",
        "common_name": "common_name commonname common_nam english_name vernacular vernacular_name "
        "common_name_english nombre_comun nom_commun nome_comum commonnames",
        "class_name": "class_name class classname taxonomic_class taxon_group taxonomic_group clase "
        "classe taxonclass",
        "order_name": "order_name order ordername taxonomic_order orden ordre",
        "family_name": "family_name family familyname taxonomic_family familia famille",
        "category": "category redlist_category red_list_category rl_category rlcategory iucn iucn_category "
        "redlistcategory iucncode iucn_status iucn_red_list_category red_list_status redlist "
        "200810r categoria categorie threat_status threatstatus conservation_status rl_cat rlcat",
        "criterion": "criterion criteria kba_criteria kba_criterion aze_criterion trigger_criterion critere "
        "criterio kbacriteria criteria_met",
        "share": "share percent percentage proportion pct population_share percent_population "
        "percent_of_population share_of_population proportion_of_population global_share perc_pop "
        "percent_global_population proportion_of_global_population share_of_global_population porcentaje "
        "pourcentage percentofglobalpopulation ofpopulation ofthepopulation ofglobalpopulation",
        "sensitive": "sensitive sensitive_flag sensible confidential confidencial withheld",
        "life_stage": "life_stage lifestage stage life_history_stage season life_cycle_stage etapa stade "
        "lifehistorysegment life_history_segment",
    }.items()
}
"""Names under which columns of these fields come, any case, accents and punctuation."""

_BINOMIAL = re.compile(r"[A-ZÀ-Ý][a-zà-ÿ]+(-[a-z]+)? (×\s?)?[a-z][a-zë-]{2,}(\s.*)?")
_ISO3 = re.compile(r"[A-Z]{3}([;,] ?[A-Z]{3})*")
_AZE_ID = re.compile(r"([A-Z]{3}\d{1,3})([-/;][A-Z]{3,4}\d{1,3})*")
_CLASS_NAMES = """
amphibia aves mammalia reptilia actinopterygii chondrichthyes anthozoa insecta arachnida malacostraca
gastropoda bivalvia coniferopsida pinopsida cycadopsida magnoliopsida liliopsida polypodiopsida
amphibian amphibians bird birds mammal mammals reptile reptiles fish fishes coral corals insect insects
conifer conifers cycad cycads plant plants
"""
_CLASSES = set(_CLASS_NAMES.split())
_STAGE_NAMES = (
    "breeding nonbreeding wintering migration passage nesting spawning juvenile adult larva resident"
)
_STAGES = set(_STAGE_NAMES.split())


def _fits(field_name: str, cell: str) -> bool:
    """Whether the content of a cell alone speaks for a field."""
    cell = cell.strip()[:120]
    if field_name == "category":
        return parse_category(cell).code is not None
    if field_name == "scientific_name":
        return bool(_BINOMIAL.fullmatch(cell))
    if field_name == "country":
        return bool(_ISO3.fullmatch(cell)) and key(cell) not in _CATEGORY
    if field_name == "site_id":
        return bool(_AZE_ID.fullmatch(cell))
    if field_name == "class_name":
        return key(cell) in _CLASSES
    if field_name == "share":
        return "%" in cell and parse_number(re.sub(r"[%>≥=\s]", "", cell)) is not None
    if field_name == "life_stage":
        return key(cell) in _STAGES
    return False


_TELLING = {"category", "scientific_name"}
"""Fields whose content is known by its form: a column with the name but without the content is doubted."""


def guess_columns(
    header: Sequence[str],
    sample_rows: Sequence[Sequence[str]],
    wanted: Iterable[str],
    synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
) -> dict[str, Guess]:
    """Which column may hold which field, by its name and by what stands in it.

    Parameters
    ----------
    header : sequence of str
    sample_rows : sequence of sequence of str
        Some rows (the first 200 are looked at).
    wanted : iterable of str
        Fields, keys of `synonyms`.
    synonyms : mapping of str to sequence of str
        Names of each field, the likeliest first.

    Returns
    -------
    dict of str to Guess
        Only fields for which a column was found; each column stands for one field at most. A guess is an
        offer to be confirmed: names are customs, and contents can deceive (an English name can look like a
        scientific one).

    Examples
    --------
    >>> found = guess_columns(["SitRecID", "Taxon", "x"], [["6010", "Grus americana", "EN"]],
    ...                       ["site_id", "scientific_name", "category", "share"])
    >>> {name: (guess.column, guess.reason) for name, guess in found.items()}
    {'scientific_name': ('Taxon', 'both'), 'site_id': ('SitRecID', 'name'), 'category': ('x', 'content')}
    """
    offers: list[tuple[float, int, str, int, str]] = []
    keys = [key(name) for name in header]
    sample = sample_rows[:200]
    for order, name in enumerate(wanted):
        words = [key(word) for word in synonyms.get(name, (name,))]
        for n, column in enumerate(keys):
            by_name = 0.0
            if column == key(name):
                by_name = 0.95
            elif column in words:
                by_name = 0.93 - 0.3 * words.index(column) / len(words) / 10
            elif column.startswith(("200810", "2008rl")) and name == "category":
                by_name = 0.9
            elif any(len(word) >= 6 and word in column for word in words):
                by_name = 0.6
            filled = [row[n] for row in sample if n < len(row) and row[n].strip()]
            fitting = sum(_fits(name, cell) for cell in filled) / len(filled) if filled else 0.0
            if filled and fitting < 0.2 and name in _TELLING:
                by_name /= 2
            if by_name and fitting >= 0.6:
                offers.append((min(by_name + 0.04, 0.99), -order, name, n, "both"))
            elif by_name:
                offers.append((by_name, -order, name, n, "name"))
            elif fitting >= 0.8:
                offers.append((0.5 * fitting, -order, name, n, "content"))
    found: dict[str, Guess] = {}
    taken: set[int] = set()
    for confidence, _, name, n, reason in sorted(offers, key=lambda o: (-o[0], -o[1], o[3])):
        if name not in found and n not in taken:
            found[name] = Guess(header[n], round(confidence, 3), reason)
            taken.add(n)
    return found


def header_fingerprint(header: Iterable[str]) -> str:
    """A short text that is the same for the same column names, whatever their order, case and punctuation.

    Examples
    --------
    >>> header_fingerprint(["Site code", "Species"]) == header_fingerprint(["SPECIES", "site_code"])
    True
    """
    text = "\n".join(sorted(key(name) for name in header))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# ---------------------------------------------------------------- which site is meant


class SiteIndex:
    """Finds the site that a row means, by identifier or by name.

    Parameters
    ----------
    sites : pandas.DataFrame
        `site_id` (column or index), `name`; `kba_id` and `iso3` are used where they are there.

    Examples
    --------
    >>> index = SiteIndex(pd.DataFrame({"site_id": ["A", "B"], "name": ["Ciénaga", "Isla"]}))
    >>> index.find("", "CIENAGA"), index.find("", "Cima")
    (('A', '', 'name_spelling'), (None, 'unknown_site', 'Cima'))
    """

    def __init__(self, sites: pd.DataFrame) -> None:
        frame = sites.reset_index() if "site_id" not in sites.columns else sites
        self._names: dict[str, str] = {}
        self._ids: dict[str, list[str]] = {}
        self._exact: dict[str, list[str]] = {}
        self._folded: dict[str, list[str]] = {}
        self._countries: dict[str, set[str]] = {}
        columns = [frame[c] if c in frame.columns else [None] * len(frame) for c in ("kba_id", "iso3")]
        for site, name, kba, iso3 in zip(frame["site_id"], frame["name"], *columns, strict=True):
            site, name = str(site), "" if pd.isna(name) else str(name)
            self._names[site] = name
            # an identifier of the inventory itself comes before one of another list
            self._ids.setdefault(site.casefold(), []).append(site)
            if kba is not None and not pd.isna(kba):
                self._ids.setdefault("kba:" + tidy_identifier(str(kba)).casefold(), []).append(site)
            self._exact.setdefault(name.strip(), []).append(site)
            self._folded.setdefault(key(name), []).append(site)
            if iso3 is not None and not pd.isna(iso3):
                self._countries[site] = set(str(iso3).split(";"))

    def name_of(self, site_id: str) -> str:
        """Name of a site."""
        return self._names[site_id]

    def find(self, site_id: str, name: str, iso3: str = "") -> tuple[str | None, str, str]:
        """Site, rule and detail.

        Returns
        -------
        (str or None, str, str)
            The site and how a name was matched (empty: as written; ``name_spelling``), or None with the
            rule: ``no_site`` (neither given), ``unknown_site``, ``ambiguous_site`` (several, named in the
            detail) or ``site_conflict`` (the identifier is one site's, the name another's).
        """
        site_id, name = tidy_identifier(site_id), name.strip()
        if not site_id and not name:
            return None, "no_site", ""
        by_id: list[str] = []
        if site_id:
            by_id = [site_id] if site_id in self._names else self._ids.get(site_id.casefold(), [])
            by_id = by_id or self._ids.get("kba:" + site_id.casefold(), [])
        exact = self._exact.get(name, []) if name else []
        by_name = exact or (self._folded.get(key(name), []) if key(name) else [])
        if len(by_id) > 1:
            by_id = [site for site in by_id if site in by_name] or by_id
        elif by_id:
            if by_name and by_id[0] not in by_name:
                return None, "site_conflict", f"{by_id[0]} is {self._names[by_id[0]]}; {name} is {by_name[0]}"
            return by_id[0], "", ""
        found = by_id or by_name
        if len(found) > 1 and iso3.strip():
            found = [s for s in found if iso3.strip() in self._countries.get(s, set())] or found
        if len(found) > 1:
            return None, "ambiguous_site", ", ".join(f"{s} ({self._names[s]})" for s in found[:5])
        if not found:
            return None, "unknown_site", f"{site_id} {name}".strip()
        return found[0], "", "" if exact or by_id else "name_spelling"


def tidy_identifier(text: str) -> str:
    """An identifier as text; spreadsheets and shapefiles turn 6010 into 6010.0.

    Examples
    --------
    >>> tidy_identifier(" 6010.0")
    '6010'
    """
    return re.sub(r"^(\d+)\.0+$", r"\1", text.strip()[:200])

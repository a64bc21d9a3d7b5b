"""Tables as an XLSX workbook whose first sheet says what they stand on."""

from __future__ import annotations

import io
import math
import numbers
import re
from typing import Any

import pandas as pd

from aze_core.domain.model import InventoryVersion
from aze_core.locale import t
from aze_core.reports.about import about
from aze_core.reports.tables import safe

ROWS = 1_048_575
"""Rows below the header that a sheet of this format holds."""

_CELL = 32_767  # characters that a cell of this format holds
_NAME = 31  # characters of a sheet's name
_WIDEST = 60
_SAMPLE = 500  # rows looked at for the width of a column
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def to_xlsx(
    sheets: dict[str, pd.DataFrame],
    version: InventoryVersion,
    settings: str = "",
    language: str = "en",
    sources: pd.DataFrame | None = None,
) -> bytes:
    """Frames as a workbook, one sheet each, after a sheet about the file.

    Parameters
    ----------
    sheets : dict of str to pandas.DataFrame
        By name. Names are cut to what the format allows, and made unique. An index is written when it has a
        name.
    version : InventoryVersion
    settings, sources : str, pandas.DataFrame
        The choices behind the numbers, and what they rest on; see `aze_core.reports.about.about`.
    language : str

    Returns
    -------
    bytes
        Header rows are frozen, a missing value is an empty cell, numbers stay numbers. Text is never a
        formula or a link; what looks like a formula gets an apostrophe in front, as in a CSV.

    Raises
    ------
    ValueError
        When a frame has more than `ROWS` rows, or there is no frame.

    Examples
    --------
    >>> from aze_core.domain.model import InventoryVersion
    >>> version = InventoryVersion("0123456789abcdef", "x", "X", "1", "global_aze", "2010",
    ...                            "historical_baseline", "s", "n", 1, 1, 1, "0.1.0")
    >>> to_xlsx({"ranking": pd.DataFrame({"rank": [1]})}, version)[:2]
    b'PK'
    """
    import xlsxwriter  # only a click on a button needs it

    if not sheets:
        raise ValueError("no sheets; expected at least one frame")
    for name, frame in sheets.items():
        if len(frame) > ROWS:
            raise ValueError(f"sheet {name!r} has {len(frame)} rows; expected at most {ROWS}: write a CSV")
    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    head = book.add_format({"bold": True, "bg_color": "#F2F0EA", "bottom": 1, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    first = t("about_file.sheet", language)
    names = _unique([first, *sheets], t("about_file.unnamed", language))
    facts = about(version, settings, sources, language)
    facts.columns = [t("about_file.name", language), t("about_file.value", language)]
    _write(book.add_worksheet(names[0]), facts, head, wrapped)
    for name, frame in zip(names[1:], sheets.values(), strict=True):
        table = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
        _write(book.add_worksheet(name), table, head, None)
    book.close()
    return made.getvalue()


def _unique(names: list[str], unnamed: str) -> list[str]:
    """Names that a sheet may bear, each once whatever its case.

    Examples
    --------
    >>> _unique(["About", "about", "a/b", "'", "History"], "Table")
    ['About', 'about 2', 'a b', 'Table', 'History 2']
    """
    taken, found = {"history"}, []  # that name belongs to the program itself
    for name in names:
        clean = " ".join(_FORBIDDEN.sub(" ", str(name)).split())[:_NAME].strip(" '") or unnamed
        best, count = clean, 1
        while best.lower() in taken:
            count += 1
            best = f"{clean[: _NAME - len(str(count)) - 1]} {count}"
        taken.add(best.lower())
        found.append(best)
    return found


def _write(sheet: Any, table: pd.DataFrame, head: Any, style: Any) -> None:
    for at, name in enumerate(table.columns):
        title = _text(name)
        cells = [_cell(value) for value in table.iloc[:, at]]
        sheet.write_string(0, at, title, head)
        for row, value in enumerate(cells, start=1):
            if isinstance(value, bool):
                sheet.write_boolean(row, at, value, style)
            elif isinstance(value, str):
                sheet.write_string(row, at, value, style)
            elif value is not None:
                sheet.write_number(row, at, value, style)
        longest = max(
            (len(str(value)) for value in [title, *cells[:_SAMPLE]] if value is not None), default=0
        )
        sheet.set_column(at, at, min(longest + 2, _WIDEST))
    sheet.freeze_panes(1, 0)


def _cell(value: Any) -> float | bool | str | None:
    """What stands in a cell: a finite number, yes or no, text, or nothing."""
    if isinstance(value, str):
        return _text(value)
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if pd.api.types.is_bool(value):
        return bool(value)
    if isinstance(value, numbers.Real) and math.isfinite(value):
        return float(value)
    return _text(value)


def _text(value: Any) -> str:
    text = str(safe(str(value)))
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"

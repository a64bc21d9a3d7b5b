"""Reads a folder of fact tables (the shipped ones lie in data/) into checked frames."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

import pandas as pd

from aze_core.domain.errors import DataError
from aze_core.domain.schema import TABLES, check_references, empty, parse

OPTIONAL = (
    "threats",
    "national",
    "rights",
    "corrections",
    "inputs",
    *(name for name, table in TABLES.items() if table.late),
)
"""Tables that an inventory may lack."""


def _decode(raw: bytes, file: str) -> str:
    """Bytes as text; a decode error names row and column, not a byte offset."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    header: list[str] = []
    for number, line in enumerate(raw.splitlines(), start=1):
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            bad = line[error.start : error.start + 4].hex(" ")
            before = line[: error.start].decode("utf-8", errors="replace")
            place = len(next(csv.reader([before]), [])) or 1
            column = header[place - 1] if 0 < place <= len(header) else str(place)
            raise DataError("bad_encoding", file=file, row=number, column=column, value=bad) from None
        if number == 1:
            header = next(csv.reader([text]), [])
    raise AssertionError("bytes that fail as a whole fail in one of their lines")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError("missing_file", file=path.name, folder=str(path.parent)) from None
    except OSError as error:
        raise DataError(
            "unreadable_file", file=path.name, folder=str(path.parent), problem=error.strerror or error
        ) from None


def read_table(path: Path, name: str) -> pd.DataFrame:
    """One fact table as a checked frame.

    Parameters
    ----------
    path : Path
        CSV file, UTF-8, with a header row.
    name : str
        Table of `aze_core.domain.schema.TABLES`.

    Raises
    ------
    DataError
        Naming file, row (the header is row 1), column, value and what was expected.
    """
    file = path.name
    text = _decode(_read(path), file)
    if "\x00" in text:
        number = text[: text.index("\x00")].count("\n") + 1
        raise DataError("bad_csv", file=file, row=number, problem="a NUL character")
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if row:
                rows.append((number, row))
    except csv.Error as error:
        raise DataError("bad_csv", file=file, row=number + 1, problem=str(error)) from None
    if not rows:
        raise DataError("empty_file", file=file)
    header = [cell.strip() for cell in rows[0][1]]
    return parse(rows[1:], header, TABLES[name], file)


def read_facts(folder: Path) -> dict[str, pd.DataFrame]:
    """All fact tables of a folder, checked one by one and against each other.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of str to pandas.DataFrame
        By table name, with the columns of the data dictionary.

    Raises
    ------
    DataError
        As `read_table`; also a reference that points to nothing.
    """
    frames: dict[str, pd.DataFrame] = {}
    for name, table in TABLES.items():
        path = folder / f"{name}.csv"
        frames[name] = empty(table) if name in OPTIONAL and not path.exists() else read_table(path, name)
    if len(frames["inventory"]) != 1:
        raise DataError("one_row", file="inventory.csv", found=len(frames["inventory"]))
    check_references(frames)
    _check_points(frames["sites"])
    _check_countries(frames["sites"], frames["countries"])
    return frames


def _check_points(sites: pd.DataFrame) -> None:
    """A point has both coordinates or none."""
    half = sites["latitude"].isna() != sites["longitude"].isna()
    if half.any():
        row: Any = half.idxmax()
        lost = "latitude" if pd.isna(sites.loc[row, "latitude"]) else "longitude"
        raise DataError(
            "bad_value",
            file="sites.csv",
            row=row,
            column=lost,
            value="",
            expected="a number, since the other coordinate is given, or both empty",
        )


def _check_countries(sites: pd.DataFrame, countries: pd.DataFrame) -> None:
    known = set(countries["iso3"])
    for row, codes in sites["iso3"].items():
        for code in codes.split(";"):
            if code not in known:
                raise DataError(
                    "bad_value",
                    file="sites.csv",
                    row=row,
                    column="iso3",
                    value=code,
                    expected="an iso3 of countries.csv",
                )


def facts_hash(folder: Path) -> str:
    """SHA-256 over the fact files' bytes and the registry of columns.

    Two folders with the same facts have the same hash; a changed file, or software that expects other
    columns, makes another one, so that an outdated database shows.

    Raises
    ------
    DataError
        When a file is there but cannot be read.
    """
    digest = hashlib.sha256(repr(TABLES).encode())
    for name in TABLES:
        path = folder / f"{name}.csv"
        if path.exists():
            digest.update(name.encode() + b"\0" + hashlib.sha256(_read(path)).digest())
    return digest.hexdigest()

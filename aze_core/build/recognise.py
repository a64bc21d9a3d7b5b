"""What a file is: which kind of reading it suits, with its columns and some rows to judge by."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from aze_core.domain.errors import DataError
from aze_core.locale import t
from aze_core.sources import kba, national, site_table, territories, trigger_species
from aze_core.sources.archives import SPATIAL, Archive, Source, open_archive
from aze_core.sources.protected_areas import is_protected_areas
from aze_core.sources.shapes import MAX_LAYERS, all_columns, find_layers
from aze_core.sources.tables import Guess, Sheet, header_fingerprint, key, read_cells
from aze_core.store.mappings import remembered

_SAMPLE = 5
_RED_LIST_TABLES = ("simple_summary.csv", "assessments.csv")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[_-]?([A-Z][a-z]+|\d{1,2})(?:[_-]?(\d{1,2}))?)?(?![\d])")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


@dataclass(frozen=True)
class Look:
    """What one file, or one table of it, holds.

    Attributes
    ----------
    kind : str
        One of `aze_core.build.plan.KINDS`; empty where it cannot be imported, with the reason in `problem`.
    sheet : str
        Sheet of a workbook that holds several.
    columns : list of str
        Columns, of tables and layers.
    sample : list of list of str
        Some rows of a table.
    rows : int
        Rows of a table; 0 where not counted.
    mapping : dict
        Field to column or columns, offered to be confirmed.
    guesses : dict of str to Guess
        How sure each single column is.
    fingerprint : str
        Of the header; a confirmed mapping is remembered under it.
    remembered : bool
        Whether the mapping is one that was confirmed before.
    problem : str
        Message id below ``import.problem`` where it cannot be imported.
    """

    kind: str
    sheet: str = ""
    columns: list[str] = field(default_factory=list)
    sample: list[list[str]] = field(default_factory=list)
    rows: int = 0
    mapping: dict[str, str | list[str]] = field(default_factory=dict)
    guesses: dict[str, Guess] = field(default_factory=dict)
    fingerprint: str = ""
    problem: str = ""
    remembered: bool = False


def look(path: Path, kind: str = "", store: Path | None = None) -> list[Look]:
    """What a file holds.

    Parameters
    ----------
    path : Path
        A zip, layer, geodatabase folder, table, JSON of the Red List, or the folder of an export.
    kind : str
        What it is to be read as; recognised where empty.
    store : Path, optional
        Store folder, whose confirmed mappings come before guesses.

    Returns
    -------
    list of Look
        One for a layer or an export, one for each table of a workbook.

    Raises
    ------
    DataError
        When the file is damaged, unsafe or nothing that is known.
    """
    found = _look(path, kind)
    return found if store is None else [_as_remembered(one, store) for one in found]


def _as_remembered(one: Look, store: Path) -> Look:
    """The look with the mapping that was confirmed for its header, where that still fits."""
    known = remembered(store, one.kind, one.fingerprint) if one.kind and one.fingerprint else None
    if known is None:
        return one
    there = set(one.columns)
    named = [c for columns in known.values() for c in ([columns] if isinstance(columns, str) else columns)]
    return replace(one, mapping=known, remembered=True) if there.issuperset(named) else one


def _look(path: Path, kind: str) -> list[Look]:
    if kind == "red_list" or (not kind and _is_red_list(path)):
        return [Look("red_list")]
    if kind == "protected_areas" and path.suffix.lower() == ".csv":
        return [Look(kind, columns=_header(path))]
    if path.suffix.lower() == ".csv" and is_protected_areas(_header(path)):
        return [Look(kind or "protected_areas", columns=_header(path))]
    if path.suffix.lower() in (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".ods", ".xls"):
        return [as_table(sheet, kind) for sheet in read_cells(path)]
    with open_archive(path) as archive:
        if archive.of(*SPATIAL):
            return [_layer(archive, path, kind)]
        tables = [source for source in archive.sources if source.kind in ("csv", "xlsx", "ods")]
        if kind == "protected_areas" and tables:
            return [Look(kind)]
        if len(tables) == 1:
            return [as_table(sheet, kind) for sheet in sheets_of(archive, tables[0])]
    raise DataError("several_tables", file=path.name, found=", ".join(s.name for s in tables[:10]))


def _header(path: Path) -> list[str]:
    """The first row of a CSV, which may be far too large to be read as a table."""
    with contextlib.suppress(OSError, csv.Error), path.open(encoding="utf-8-sig", errors="replace") as stream:
        return next(csv.reader([stream.readline(1 << 16)]), [])
    return []


def sheets_of(archive: Archive, source: Source) -> list[Sheet]:
    """The tables of one member of an archive."""
    with source.open() as stream:
        return read_cells(stream.read(), source.name.rpartition("/")[2])


def _is_red_list(path: Path) -> bool:
    if path.is_dir():
        return any((path / name).exists() for name in _RED_LIST_TABLES)
    if path.suffix.lower() == ".json":
        with contextlib.suppress(OSError), path.open("rb") as stream:
            head = stream.read(1 << 16)
            return b"red_list_category" in head or b"taxon_scientific_name" in head
        return False
    if path.suffix.lower() == ".zip":
        with contextlib.suppress(DataError), open_archive(path) as archive:
            return any(s.name.rpartition("/")[2].lower() in _RED_LIST_TABLES for s in archive.sources)
    return False


def _layer(archive: Archive, path: Path, kind: str) -> Look:
    columns = all_columns(find_layers(archive, MAX_LAYERS))
    problem = ""
    if not kind:
        kind, problem = _kind_of_layer(columns)
    if kind == "protected_areas":
        return Look(kind, columns=columns)
    if kind and kind not in ("sites", "territories"):
        raise DataError("layer_is_no_table", file=path.name, kind=t(f"import.kind.{kind}"))
    suggest_columns = {"sites": kba.suggest_mapping, "territories": territories.suggest_mapping}
    _, guesses = suggest_columns[kind or "sites"](path)
    mapping: dict[str, str | list[str]] = {name: guess.column for name, guess in guesses.items()}
    print_of = header_fingerprint(columns)
    return Look(kind, "", columns, [], 0, mapping, guesses, print_of, problem)


def _kind_of_layer(columns: list[str]) -> tuple[str, str]:
    """Kind of a layer by its columns, and why it cannot be imported."""
    keys = {key(name) for name in columns}
    if is_protected_areas(columns):
        return "protected_areas", ""
    if "sitrecid" in keys and keys & {"intname", "natname"}:
        return "sites", ""
    if any(re.search(r"rightshold|consent|fpic|clpi", name) for name in keys):
        return "territories", ""
    return "", "unknown_layer"


def as_table(sheet: Sheet, kind: str = "") -> Look:
    """What a table is, and which of its columns may hold what."""
    kind = kind or _kind_of_table(sheet)
    mapping, guesses = suggest(sheet, kind)
    problem = "" if kind else "unknown_table"
    several = "" if sheet.name == sheet.file else sheet.name
    sample = [cells for _, cells in sheet.rows[:_SAMPLE]]
    print_of = header_fingerprint(sheet.header)
    return Look(kind, several, sheet.header, sample, len(sheet.rows), mapping, guesses, print_of, problem)


_Suggest = Callable[[Sheet], tuple[Mapping[str, str | list[str]], dict[str, Guess]]]


def _national(sheet: Sheet) -> tuple[Mapping[str, str | list[str]], dict[str, Guess]]:
    guesses = national.suggest_mapping(sheet)
    return {name: guess.column for name, guess in guesses.items()}, guesses


_SUGGEST: dict[str, _Suggest] = {
    "trigger_species": trigger_species.suggest_mapping,
    "aze_2010": trigger_species.suggest_mapping,
    "aze_2019": trigger_species.suggest_mapping,
    "site_table": site_table.suggest_mapping,
    "national": _national,
}


def suggest(sheet: Sheet, kind: str) -> tuple[dict[str, str | list[str]], dict[str, Guess]]:
    """A mapping of the table's columns to the fields of a kind, to be confirmed."""
    if kind not in _SUGGEST:
        return {}, {}
    mapping, guesses = _SUGGEST[kind](sheet)
    return dict(mapping), guesses


def _kind_of_table(sheet: Sheet) -> str:
    if known := trigger_species.recognise(sheet.header):
        return known
    named, sure = trigger_species.suggest_mapping(sheet)
    keyed = national.suggest_mapping(sheet)
    if {"site_id", "site_name"} & set(named):
        by_name = "scientific_name" in sure and sure["scientific_name"].reason != "content"
        # by content alone a source can look like a name, and a criterion like a species
        looks = {"scientific_name", "species_columns"} & set(named) and not set(keyed) & set(national.FIELDS)
        if by_name or "species_names" in named or looks:
            return "trigger_species"
    places, _ = site_table.suggest_mapping(sheet)
    if {"latitude", "longitude"} <= set(places) and {"site_id", "name"} & set(places):
        return "site_table"
    if {"site_id", "site_name"} & set(keyed) and len(sheet.header) > len(set(keyed) & set(national.KEYS)):
        return "national"
    return ""


def date_of_name(name: str) -> str:
    """The date that a file's name tells (``2026-03-01``, ``2026-03``, ``2026``); empty where it tells none.

    Examples
    --------
    >>> [date_of_name(name) for name in ("KBAsGlobal_2026_March_01_POL.zip", "sites 2019.csv", "x.csv")]
    ['2026-03-01', '2019', '']
    """
    for found in _DATE.finditer(name):
        year, month, day = found.groups()
        number = _month(month)
        if number is None:
            return year
        return f"{year}-{number:02}" + (f"-{int(day):02}" if day and 1 <= int(day) <= 31 else "")
    return ""


def date_of_areas(names: Iterable[str], today: dt.date | None = None) -> str:
    """Month that protected areas describe, from the names of their files; else this month.

    Examples
    --------
    >>> date_of_areas(["download.zip", "WDPA_WDOECM_Nov2026_Public_PER_shp_0.zip"])
    '2026-11'
    >>> date_of_areas(["areas.gpkg"], dt.date(2026, 3, 1))
    '2026-03'
    """
    listed = list(names)
    for name in listed:
        for month, year in re.findall(r"(?<![a-z])([a-z]{3,9})[_ -]?((?:19|20)\d\d)(?!\d)", name.casefold()):
            number = _month(month)
            if number is not None:
                return f"{year}-{number:02}"
    day = today or dt.date.today()
    return next(filter(None, map(date_of_name, listed)), f"{day.year}-{day.month:02}")


def names_within(path: Path) -> list[str]:
    """The names of a file and of what it packs, without unpacking anything."""
    with contextlib.suppress(OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as packed:
                return [path.name, *packed.namelist()[:100]]
    return [path.name]


def _month(text: str | None) -> int | None:
    if not text:
        return None
    if text.isdigit():
        return int(text) if 1 <= int(text) <= 12 else None
    full = [month for month in _MONTHS if len(text) >= 3 and month.startswith(text.lower())]
    return _MONTHS.index(full[0]) + 1 if full else None

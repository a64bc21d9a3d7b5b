"""National tables: what a country knows of its sites (cost, mandate, consent, its own criteria)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.schema import CONSENT_STAGES
from aze_core.sources.tables import (
    SYNONYMS,
    Guess,
    Sheet,
    SiteIndex,
    decimal_sign,
    guess_columns,
    is_not_known,
    key,
    parse_flag,
    parse_number,
    parse_shares,
)

UNREAD_STAGE = "taken as unknown; expected " + ", ".join(CONSENT_STAGES)

RIGHTS = ("rights_holders", "overlap_pct", "consent_stage", "consent_source")
"""Fields on who holds rights: shown beside a plan, never a part of a score."""

KEYS = ("site_id", "site_name", "country")
ROW_WIDE = ("unit", "year", "source")

FIELDS: dict[str, str] = {
    "cost": "number",
    "currency": "text",
    "governance": "text",
    "feasibility": "share",
    "mett_score": "number",
    "mett_max": "number",
    "mett_version": "text",
    "admin_region": "text",
    "competent_authority": "text",
    "next_legal_step": "text",
    "already_funded_by": "text",
    "national_name": "text",
    "rights_holders": "text",
    "overlap_pct": "percent",
    "consent_stage": "stage",
    "consent_source": "text",
    "sensitive": "flag",
    "threat_beyond_boundaries": "flag",
}
"""Recognised fields and what their values are; any other column is a criterion of the country's own."""

COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    **{name: SYNONYMS[name] for name in KEYS},
    "cost": ("cost", "costs", "budget", "total_cost", "cost_estimate", "cout", "coste", "costo", "custo"),
    "currency": ("currency", "devise", "moneda", "moeda", "currency_code"),
    "governance": ("governance", "governance_type", "gov_type", "gouvernance", "gobernanza", "governanca"),
    "feasibility": ("feasibility", "faisabilite", "factibilidad", "viabilidade"),
    "mett_score": ("mett_score", "mett"),
    "mett_max": ("mett_max", "mett_maximum", "max_mett"),
    "mett_version": ("mett_version",),
    "admin_region": ("admin_region", "region", "province", "department", "departamento", "state", "district"),
    "competent_authority": ("competent_authority", "authority", "mandate", "autorite_competente"),
    "next_legal_step": ("next_legal_step", "legal_step", "next_step"),
    "already_funded_by": ("already_funded_by", "funded_by", "donor", "funder"),
    "national_name": ("national_name", "natname", "local_name", "nom_national", "nombre_nacional"),
    "rights_holders": ("rights_holders", "rightsholders", "rights_holder", "titulares_de_derechos"),
    "overlap_pct": ("overlap_pct", "overlap_percent", "overlap"),
    "consent_stage": ("consent_stage", "consent", "fpic", "fpic_stage", "clpi", "clip"),
    "consent_source": ("consent_source", "fpic_source"),
    "sensitive": SYNONYMS["sensitive"],
    "threat_beyond_boundaries": (
        "threat_beyond_boundaries",
        "threats_beyond_boundaries",
        "beyond_boundaries",
        "threat_beyond_boundary",
        "boundary_does_not_stop_threat",
        "menace_au_dela_des_limites",
        "amenaza_mas_alla_de_los_limites",
        "ameaca_alem_dos_limites",
    ),
    "unit": ("unit", "units", "unite", "unidad", "unidade"),
    "year": ("year", "annee", "ano", "reference_year"),
    "source": ("source", "sources", "reference", "fuente", "fonte"),
}
"""Names under which columns of these fields come, any case, accents and punctuation."""

# words in a column's name by which it speaks of people and their rights
_PEOPLE = re.compile(
    r"indigen|autochton|tribal|tribe|ethnic|etnic|ethni|customary|coutumi|consuetudin|fpic|consent|rightshold"
    r"|peoples|pueblo|povos|quilomb|nomad|pastoralist|communit|comunidad|communaut|inhabitant|residents"
)
_COMPANION = re.compile(r"(.+)[\s_.\-]+\(?(unit|units|year|source|currency)\)?", re.IGNORECASE)
_BRACKET = re.compile(r"(.+?)\s*[(\[]([^()\[\]]{1,100})[)\]]")
_YEAR = re.compile(r"(19|20)\d{2}")

_STAGE_WORDS = {
    **{stage: stage for stage in CONSENT_STAGES},
    "notknown": "unknown",
    "consulted": "consulting",
    "consultation": "consulting",
    "inconsultation": "consulting",
    "ongoing": "consulting",
    "granted": "given",
    "obtained": "given",
    "refused": "withheld",
    "denied": "withheld",
    "withdrawn": "withheld",
    "informado": "informed",
    "informe": "informed",
}

_KINDS = {
    "site_id": "str",
    "field": "str",
    "value": "str",
    "number": "float64",
    "kind": "str",
    "unit": "str",
    "year": "Int64",
    "source": "str",
    "scorable": "bool",
}


def consent_stage(text: str) -> str | None:
    """Stage of consent that a cell states, one of `CONSENT_STAGES`; None where it cannot be read.

    A stage is a fact to be shown, never a part of a score.

    Examples
    --------
    >>> consent_stage("Consultation"), consent_stage("n/a"), consent_stage("signed?")
    ('consulting', 'unknown', None)
    """
    return "unknown" if is_not_known(text) else _STAGE_WORDS.get(key(text))


@dataclass(frozen=True)
class NationalTable:
    """What a national table says of the sites.

    Attributes
    ----------
    values : pandas.DataFrame
        One row per site, field and year: `site_id`, `field`, `value` (text), `number` (missing where the
        value is text), `kind` (number, text, flag), `unit`, `year`, `source` (missing where not given),
        `scorable`: whether a ranking may use it. Numbers of the country's own criteria, of cost, feasibility
        and METT are; fields on rights, consent and sensitive places never are. Feasibility is 0 to 1,
        `overlap_pct` 0 to 100.
    report : ImportReport
        A row is set aside where its site is not known, or where it says something else than an earlier row
        of the same site and year (its other values stay); a cell that cannot be read is told as repaired,
        its value left unknown.
    """

    values: pd.DataFrame
    report: ImportReport


@dataclass
class _Column:
    """One column of values and what is known of it."""

    field: str
    kind: str
    place: int
    name: str
    unit: str = ""
    year: str = ""
    source: str = ""
    rights: bool = False
    companions: dict[str, int] | None = None


def suggest_mapping(sheet: Sheet) -> dict[str, Guess]:
    """Which columns may hold the site and the recognised fields; all others become criteria.

    Examples
    --------
    >>> from aze_core.sources.tables import read_cells
    >>> [sheet] = read_cells(b"SitRecID,Cost (USD),Devise,Peace\\n6010,100,USD,3\\n")
    >>> {name: guess.column for name, guess in suggest_mapping(sheet).items()}
    {'site_id': 'SitRecID', 'cost': 'Cost (USD)', 'currency': 'Devise'}
    """
    # a companion such as cost_year is no column of its own; what stands in brackets is no part of the name
    bare = [found[1] if (found := _BRACKET.fullmatch(name)) else name for name in sheet.header]
    own = [n for n in range(len(bare)) if not _companion_of(bare[n], bare)]
    rows = [[cells[n] for n in own] for _, cells in sheet.rows[:200]]
    found_by_name = guess_columns(
        [sheet.header[n] for n in own], rows, KEYS, {name: COLUMN_NAMES[name] for name in KEYS}
    )
    guesses = {name: guess for name, guess in found_by_name.items() if guess.confidence >= 0.8}
    taken = {guess.column for guess in guesses.values()}
    # fields other than the keys are taken by their full name only: a criterion may be called anything
    for name in (*FIELDS, *ROW_WIDE):
        words = [key(word) for word in COLUMN_NAMES[name]]
        for n in own:
            column = sheet.header[n]
            if column not in taken and key(bare[n]) in words:
                guesses[name] = Guess(column, 0.95 if key(bare[n]) == key(name) else 0.9, "name")
                taken.add(column)
                break
    order = {column: n for n, column in enumerate(sheet.header)}
    return dict(sorted(guesses.items(), key=lambda item: order[item[1].column]))


def _companion_of(name: str, names: Iterable[str]) -> tuple[str, str] | None:
    """Name of the column that ``cost_year`` speaks of, and what it says of it."""
    found = _COMPANION.fullmatch(name[:300])
    if found is None:
        return None
    base, what = key(found[1]), found[2].casefold().removesuffix("s")
    if key(name) in {key(field) for field in FIELDS}:
        return None
    return (base, what) if any(key(other) == base for other in names) else None


def read_national(
    sheet: Sheet,
    sites: pd.DataFrame,
    mapping: Mapping[str, str] | None = None,
    about: Mapping[str, Mapping[str, str]] | None = None,
) -> NationalTable:
    """Values by site and field out of a national table.

    Parameters
    ----------
    sheet : Sheet
        As `aze_core.sources.tables.read_cells` gives it.
    sites : pandas.DataFrame
        Sites of the inventory: `site_id` (column or index), `name`; `kba_id`, `iso3` where known.
    mapping : mapping of str to str, optional
        Field to column; guessed where not given. `site_id` or `site_name` is needed. ``unit``, ``year`` and
        ``source`` are columns that speak of the whole row.
    about : mapping of str to mapping, optional
        By column: its ``unit``, ``year`` and ``source``, as the user gave them for the column as a whole.

    Returns
    -------
    NationalTable

    Raises
    ------
    DataError
        No column for the site, or a mapping to a column that does not exist.

    Notes
    -----
    Unit, year and source of a value come from the most specific place that gives them: a companion column
    (``cost_year``), a column of the row (``year``), brackets in the column's name (``Cost (USD, 2020)``),
    then `about`. The unit of a cost is its currency, and a cost without one says so. A column whose name
    speaks of people and their rights is treated as a field on rights. A sensitive flag that cannot be read
    is taken as set: a place shown by mistake cannot be hidden again.

    Examples
    --------
    >>> from aze_core.sources.tables import read_cells
    >>> [sheet] = read_cells("site_name,cost,currency,Peace index\\nCIENAGA,1200,USD,0.4\\n".encode())
    >>> sites = pd.DataFrame({"site_id": ["A"], "name": ["Ciénaga"]})
    >>> read_national(sheet, sites).values[["site_id", "field", "value", "unit"]].values.tolist()
    [['A', 'cost', '1200', 'USD'], ['A', 'currency', 'USD', nan], ['A', 'Peace index', '0.4', nan]]
    """
    if mapping is None:
        mapping = {name: guess.column for name, guess in suggest_mapping(sheet).items()}
    report = ImportReport()
    report.merge(sheet.report)
    keys, row_wide, columns = _columns(sheet, mapping, about or {}, report)
    placed = _placed(sheet, keys, SiteIndex(sites), report)
    records: dict[tuple[str, str, int | None], dict[str, Any]] = {}
    first: dict[tuple[str, str, int | None], int] = {}
    repeated: dict[int, int] = {}
    for column in columns:
        cells = [row[column.place].strip() for _, _, row in placed]
        values = _values(column, cells, [number for number, _, _ in placed], sheet.file, report)
        for (number, site, row), value in zip(placed, values, strict=True):
            if value is None:
                continue
            details = _details(column, row, row_wide, number, sheet, report)
            record = {"site_id": site, "field": column.field, **value, **details}
            place = (site, column.field, details["year"])
            if place not in records:
                records[place], first[place] = record, number
            elif records[place] != record:
                detail = f"{column.name}: already in row {first[place]}, which is kept"
                report.add(
                    "set_aside",
                    "two_values_of_one_site",
                    sheet.file,
                    number,
                    column.name,
                    value["value"],
                    detail,
                )
            else:
                repeated[number] = first[place]
    for number, other in repeated.items():
        detail = f"says again what row {other} says"
        report.add("noted", "repeated_values", sheet.file, number, detail=detail)
    _check_mett(records, first, sheet, report)
    values_frame = pd.DataFrame(
        {
            name: pd.Series([record[name] for record in records.values()], dtype=kind)
            for name, kind in _KINDS.items()
        }
    )
    return NationalTable(values_frame, report)


def _columns(
    sheet: Sheet, mapping: Mapping[str, str], about: Mapping[str, Mapping[str, str]], report: ImportReport
) -> tuple[dict[str, int], dict[str, int], list[_Column]]:
    places = sheet.places(mapping, (*KEYS, *ROW_WIDE, *FIELDS))
    keys = {name: place for name, place in places.items() if name in KEYS}
    if not {"site_id", "site_name"} & set(keys):
        raise DataError(
            "incomplete_mapping", file=sheet.file, missing="site", found=", ".join(sheet.header)[:2000]
        )
    row_wide = {name: place for name, place in places.items() if name in ROW_WIDE}
    field_of = {place: name for name, place in places.items() if name in FIELDS}
    spoken = {key(name): dict(details) for name, details in about.items()}
    bare = [found[1] if (found := _BRACKET.fullmatch(name)) else name for name in sheet.header]
    companions: dict[str, dict[str, int]] = {}
    used = set(keys.values()) | set(row_wide.values())
    for n, name in enumerate(bare):
        if n not in used and n not in field_of and (of := _companion_of(name, bare)):
            companions.setdefault(of[0], {})["unit" if of[1] == "currency" else of[1]] = n
            used.add(n)
    columns: list[_Column] = []
    for n, name in enumerate(sheet.header):
        if n in used:
            continue
        field_name = field_of.get(n, "")
        details: dict[str, str] = {}
        if found := _BRACKET.fullmatch(name):
            details = _bracket(found[2])
        details = {**{k: str(v) for k, v in spoken.get(key(name), {}).items()}, **details}
        rights = field_name in RIGHTS or bool(not field_name and _PEOPLE.search(key(name)))
        if rights and not field_name:
            report.add("noted", "rights_column", sheet.file, None, name, detail="shown, never scored")
        kind = FIELDS.get(field_name, "free")
        column = _Column(
            field_name or (bare[n].strip() if details else name),
            kind,
            n,
            name,
            details.get("unit", ""),
            details.get("year", ""),
            details.get("source", ""),
            rights,
            companions.get(key(bare[n]), {}),
        )
        if not field_name and (column.field in FIELDS or any(c.field == column.field for c in columns)):
            column.field = name
        if not field_name and column.field in FIELDS:
            # a mapping of the user's leaves it out: it stays a criterion, under a name of its own
            column.field = f"{column.field} (own)"
        columns.append(column)
    # the currency of the row is the unit of its cost
    if "currency" in places:
        for column in columns:
            if column.field == "cost":
                column.companions = {"unit": places["currency"], **(column.companions or {})}
    return keys, row_wide, columns


def _bracket(text: str) -> dict[str, str]:
    """Unit, year and source out of ``USD, 2020, Ministry``."""
    details: dict[str, str] = {}
    for part in (part.strip() for part in re.split(r"[,;]", text)):
        if _YEAR.fullmatch(part):
            details.setdefault("year", part)
        elif part and "unit" not in details and len(part) <= 20:
            details["unit"] = part
        elif part:
            details["source"] = f"{details['source']}, {part}" if "source" in details else part
    return details


def _placed(
    sheet: Sheet, keys: Mapping[str, int], index: SiteIndex, report: ImportReport
) -> list[tuple[int, str, list[str]]]:
    """Rows whose site is known: row number, site, cells."""
    placed: list[tuple[int, str, list[str]]] = []
    column = sheet.header[keys["site_id"] if "site_id" in keys else keys["site_name"]]
    for number, row in sheet.rows:
        cells = {name: row[place] for name, place in keys.items()}
        texts = [cells.get(name, "") for name in KEYS]
        site, rule, detail = index.find(*texts)
        shown = texts[0].strip() or texts[1].strip()
        if site is None:
            report.add("set_aside", rule, sheet.file, number, column, shown, detail)
            continue
        if detail:
            report.add("noted", detail, sheet.file, number, column, shown, f"matched to {site}")
        placed.append((number, site, row))
    return placed


Value = dict[str, Any]

_NO_MERIT = {"sensitive", "mett_max"}
"""Fields that say how another is to be read or shown."""


def _value(text: str, number: float | None, kind: str, column: _Column) -> Value:
    scorable = (
        kind == "number"
        and not column.rights
        and column.field not in RIGHTS
        and column.field not in _NO_MERIT
    )
    return {
        "value": text,
        "number": math.nan if number is None else number,
        "kind": kind,
        "scorable": scorable,
    }


def _says_nothing(cell: str) -> bool:
    """Whether a text is not known; "none" is an answer to "already funded by"."""
    return is_not_known(cell) and key(cell) != "none"


def _number(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


_MONEY = re.compile(r"^(?:[A-Z]{2,3}\$?|[$€£¥])\s*(?=[\d.,(−-])|\s*(?:[A-Z]{3}|[$€£¥])$")


def _values(
    column: _Column, cells: list[str], numbers: list[int], file: str, report: ImportReport
) -> list[Value | None]:
    """Values of one column, None where nothing is known."""

    def left(n: int, rule: str, detail: str = "left unknown") -> None:
        report.add("repaired", rule, file, numbers[n], column.name, cells[n], detail)

    if column.kind == "text":
        return [None if _says_nothing(cell) else _value(cell, None, "text", column) for cell in cells]
    if column.kind in ("share", "percent"):
        return _share_values(column, cells, file, report, left)
    values: list[Value | None] = [None] * len(cells)
    if column.kind == "stage":
        for n, cell in enumerate(cells):
            stage = consent_stage(cell)
            if stage is None:
                left(n, "unknown_consent_stage", UNREAD_STAGE)
            if cell:
                values[n] = _value(stage or "unknown", None, "text", column)
        return values
    if column.kind == "flag":
        for n, cell in enumerate(cells):
            if (flag := parse_flag(cell)) is not None:
                values[n] = _value(str(int(flag)), None, "flag", column)
            elif column.field != "sensitive":
                if not is_not_known(cell):
                    left(n, "unread_flag", "left unknown; expected yes or no")
            elif cell:
                left(n, "unclear_flag", "taken as sensitive; expected yes or no")
                values[n] = _value("1", None, "flag", column)
        return values
    plain = [_MONEY.sub("", cell) if column.field == "cost" else cell for cell in cells]
    sign = decimal_sign(plain)
    parsed = [None if is_not_known(cell) else parse_number(cell, sign) for cell in plain]
    filled = [n for n, cell in enumerate(plain) if not is_not_known(cell)]
    # 1,234 is a number, though not known which
    could_be = sum(parsed[n] is not None or parse_number(plain[n], ".") is not None for n in filled)
    # one slip must not turn a column of numbers into text, nor one number a column of words into numbers
    if column.kind == "free" and could_be * 10 < len(filled) * 8:
        return [None if _says_nothing(cell) else _value(cell, None, "text", column) for cell in cells]
    for n in filled:
        number = parsed[n]
        if number is None and parse_number(plain[n], ".") is not None:
            left(n, "ambiguous_number", "left unknown: decimal comma or thousands?")
        elif number is None:
            left(n, "not_a_number")
        elif column.kind == "number" and number < 0:
            left(n, "negative_number")
        else:
            values[n] = _value(_number(number), number, "number", column)
    return values


def _share_values(
    column: _Column, cells: list[str], file: str, report: ImportReport, left: Any
) -> list[Value | None]:
    shares = parse_shares(cells)
    for n, rule in shares.faults.items():
        left(n, rule)
    if shares.scale:
        of = {"percent": "percentages", "fraction": "shares from 0 to 1"}[shares.scale]
        report.add("noted", "share_scale", file, None, column.name, shares.scale, f"numbers read as {of}")
    for n in shares.effectively_all:
        left(n, "share_effectively_all", "taken as 1")
    factor = 100.0 if column.kind == "percent" else 1.0
    values: list[Value | None] = []
    for share in shares.values:
        number = None if share is None else round(share * factor, 12)
        values.append(None if number is None else _value(_number(number), number, "number", column))
    return values


def _details(
    column: _Column,
    row: list[str],
    row_wide: Mapping[str, int],
    number: int,
    sheet: Sheet,
    report: ImportReport,
) -> dict[str, Any]:
    """Unit, year and source of one value, from the most specific place that gives them."""
    details: dict[str, Any] = {}
    for what in ROW_WIDE:
        own = {"unit": column.unit, "year": column.year, "source": column.source}[what]
        text = ""
        if column.companions and what in column.companions:
            text = row[column.companions[what]].strip()
        # a unit of the whole row cannot be that of words, nor of a share
        fits = what != "unit" or column.kind in ("free", "number")
        if not text and what in row_wide and fits:
            text = row[row_wide[what]].strip()
        text = own if is_not_known(text) else text
        details[what] = text or None
    if (year := details["year"]) is not None:
        plain = year.removesuffix(".0")
        details["year"] = int(plain) if _YEAR.fullmatch(plain) else None
        if details["year"] is None:
            report.add("repaired", "bad_year", sheet.file, number, column.name, year, "left unknown")
    if column.field == "cost" and details["unit"] is None:
        report.add("noted", "cost_without_currency", sheet.file, number, column.name, row[column.place])
    if column.kind in ("share", "percent"):
        details["unit"] = "%" if column.kind == "percent" else "share, 0 to 1"
    return details


def _check_mett(
    records: dict[tuple[str, str, int | None], dict[str, Any]],
    first: Mapping[tuple[str, str, int | None], int],
    sheet: Sheet,
    report: ImportReport,
) -> None:
    """A METT score above its own maximum is left out: which of the two is wrong cannot be told."""
    for (site, field_name, year), record in list(records.items()):
        most = records.get((site, "mett_max", year))
        if field_name == "mett_score" and most is not None and record["number"] > most["number"]:
            detail = f"left unknown: above the maximum of {most['value']}"
            row = first[site, field_name, year]
            report.add("repaired", "mett_above_max", sheet.file, row, "mett_score", record["value"], detail)
            del records[site, field_name, year]

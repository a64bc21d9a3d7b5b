"""Trigger species: tables that say which species stands at which site, long or wide.

KBA and AZE polygons hold no species; the trigger species come as a separate table without a fixed header.
A *mapping* says which column holds which field; `suggest_mapping` offers one to be confirmed.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.schema import TABLES, conform, empty
from aze_core.domain.settings import value as setting
from aze_core.sources.red_list import canonical_name, species_slug
from aze_core.sources.tables import (
    SYNONYMS,
    Guess,
    Shares,
    Sheet,
    SiteIndex,
    guess_columns,
    is_not_known,
    key,
    parse_category,
    parse_flag,
    parse_shares,
    tidy_identifier,
)
from aze_core.sources.text import repair_text

FIELDS = (
    "site_id",
    "site_name",
    "country",
    "scientific_name",
    "common_name",
    "class_name",
    "order_name",
    "family_name",
    "category",
    "criterion",
    "share",
    "life_stage",
    "sensitive",
)
"""Fields that one column each may hold."""

LISTS = ("species_names", "species_columns")
"""Fields of wide tables, each several columns: such as hold names of species, or such as are species."""

ColumnMap = Mapping[str, str | Sequence[str]]

_AZE_2010: dict[str, str] = {
    "site_id": "MapID",
    "site_name": "SiteNameFi",
    "country": "Country",
    "scientific_name": "Scientific",
    "common_name": "Common_nam",
    "class_name": "Class",
    "order_name": "Order_",
    "family_name": "Family",
    "category": "2008_10__R",
}


@dataclass(frozen=True)
class TriggerSpecies:
    """What a table of trigger species says.

    Attributes
    ----------
    occurrences, species : pandas.DataFrame
        Columns of `aze_core.domain.schema.TABLES`. An unknown `share` is missing, which the registry does
        not take: ask the user before it goes into an inventory. `class_name` is missing where not given.
    rows : tuple of int
        Row of the table that each occurrence stands in.
    sites : pandas.DataFrame
        Sites as the table names them: `site_id`, `name`, `country`; one row each.
    report : ImportReport
        In a wide table a row counts as set aside where any of its species is.
    """

    occurrences: pd.DataFrame
    rows: tuple[int, ...]
    species: pd.DataFrame
    sites: pd.DataFrame
    report: ImportReport


def recognise(header: Sequence[str]) -> str | None:
    """Which known table a header belongs to: ``aze_2010``, ``aze_2019`` or None.

    Examples
    --------
    >>> recognise(["MapID", "SiteNameFi", "Scientific", "2008_10__R"])
    'aze_2010'
    >>> recognise(["Country", "AZE.trigger.species", "AZE.trigger.species2"])
    'aze_2019'
    """
    keys = {key(name) for name in header}
    # downloads are often trimmed to a few columns, and shapefiles cut names to ten characters
    if {"mapid", "scientific"} <= keys and ({"sitenamefi", "200810r"} & keys):
        return "aze_2010"
    if any(re.fullmatch(r"azetriggerspecies\d{0,2}", name) for name in keys):
        return "aze_2019"
    return None


@dataclass(frozen=True)
class NamedRow:
    """What one row says of its site: identifier, name and country as the table writes them."""

    number: int
    site_id: str
    name: str
    country: str = ""

    @classmethod
    def of(cls, number: int, site_id: str, name: str, country: str) -> NamedRow:
        """With ``?`` and the like taken as nothing, and 6010.0 as 6010."""
        site_id, name = ("" if is_not_known(text) else text for text in (tidy_identifier(site_id), name))
        return cls(number, site_id, name[:400], country)


def row_identifier(cells: Sequence[str], country: str) -> str:
    """An identifier for a site that has neither identifier nor name: its country and what stands in its row.

    It stays the same when rows or columns change places, and becomes another one when the content changes.

    Parameters
    ----------
    cells : sequence of str
        Cells of the row, the country left out.
    country : str

    Examples
    --------
    >>> row_identifier(["Rana alba", "", "Rana nova"], "Peru")
    'peru-104b0e1a'
    >>> row_identifier(["Rana nova", "RANA ALBA", "NA"], "Peru")
    'peru-104b0e1a'
    """
    content = sorted(key(cell) for cell in cells if not is_not_known(cell))
    digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:8]
    return f"{species_slug(country) or 'site'}-{digest}"


_MOST_SITES: int = setting("limits.table.sites_of_identifier")


def shared_identifiers(rows: Iterable[NamedRow], file: str = "") -> dict[str, list[str]]:
    """Identifiers that a table gives to unrelated names, with the first name of each of their sites.

    Raises
    ------
    DataError
        An identifier that stands for so many names that it identifies nothing; `file` is named there.

    Examples
    --------
    >>> shared_identifiers([NamedRow(1, "A", "Ash Hill"), NamedRow(2, "A", "Ash hills"),
    ...                     NamedRow(3, "A", "Birch Lake"), NamedRow(4, "B", "Dune")])
    {'A': ['ashhill', 'birchlake']}
    """
    names: dict[str, list[str]] = {}
    for row in rows:
        name = key(row.name)
        if not row.site_id or not name:
            continue
        known = names.setdefault(row.site_id, [])
        if not any(_similar(name, other) for other in known):
            known.append(name)
        if len(known) > _MOST_SITES:
            raise DataError("identifier_of_many", file=file, value=row.site_id, limit=_MOST_SITES)
    return {site: known for site, known in names.items() if len(known) > 1}


def own_sites(rows: Sequence[NamedRow], file: str = "") -> dict[int, tuple[str | None, str]]:
    """The site that each row means, where the table's own identifiers stand.

    One identifier with two unrelated names is two sites, of which the further ones get a number. A row
    without identifier gets one made from country and name. So all readers of one table agree.

    Parameters
    ----------
    rows : sequence of NamedRow
    file : str
        As `shared_identifiers`, which also tells what is raised.

    Returns
    -------
    dict of int to (str or None, str)
        By row number the identifier, and what is to be told of it (mostly nothing); None where an
        identifier stands for several sites and the row names none of them.

    Examples
    --------
    >>> own_sites([NamedRow(1, "A", "Ash Hill"), NamedRow(2, "A", "Birch Lake"),
    ...            NamedRow(3, "", "Dune", "Peru")])
    {1: ('A', ''), 2: ('A-2', 'Birch Lake is another site than the first of this name; called A-2'),
     3: ('peru-dune', '')}
    """
    shared = shared_identifiers(rows, file)
    taken = {row.site_id for row in rows}
    called: dict[tuple[str, int], str] = {}
    found: dict[int, tuple[str | None, str]] = {}
    for row in rows:
        if not row.site_id:
            parts = (species_slug(row.country), species_slug(row.name))
            found[row.number] = "-".join(filter(None, parts)) or row.name, ""
            continue
        known = shared.get(row.site_id, [])
        name = key(row.name)
        which = next((n for n, other in enumerate(known) if _similar(name, other)), None)
        if not known or which == 0:
            found[row.number] = row.site_id, ""
        elif which is None:
            detail = "the identifier stands for several sites, and the row names none of them"
            found[row.number] = None, detail
        else:
            place = (row.site_id, which)
            count = which + 1
            while place not in called:
                new, count = f"{row.site_id}-{count}", count + 1
                if new not in taken:
                    called[place] = new
                    taken.add(new)
            detail = f"{row.name} is another site than the first of this name; called {called[place]}"
            found[row.number] = called[place], detail
    return found


_NUMBERED = re.compile(r"(.*?)[\s._-]*\(?\d{0,3}\)?")
_SPECIES_HEADER = re.compile(r"[A-Z][a-z]+[ _.][a-z][a-z-]{2,}([ _.].*)?")
_SPECIES_WORDS = ("species", "especie", "espece", "taxon", "trigger")
_FIELD_NAMES = {key(word) for words in SYNONYMS.values() for word in words}


def suggest_mapping(sheet: Sheet) -> tuple[dict[str, str | list[str]], dict[str, Guess]]:
    """A mapping to be confirmed by the user, and how sure each single column of it is.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    (dict, dict of str to Guess)
        The mapping, fields of `FIELDS` and `LISTS` to columns, and the guesses behind its single columns.

    Examples
    --------
    >>> from aze_core.sources.tables import read_cells
    >>> [sheet] = read_cells(b"Site code,Species,RL category\\nAFG1,Grus americana,EN\\n")
    >>> suggest_mapping(sheet)[0]
    {'site_id': 'Site code', 'scientific_name': 'Species', 'category': 'RL category'}
    """
    if recognise(sheet.header) == "aze_2010":
        guesses = {
            name: Guess(sheet.header[place], 1.0, "name")
            for name, column in _AZE_2010.items()
            if (place := sheet.place(column)) is not None
        }
        return {name: guess.column for name, guess in guesses.items()}, guesses
    lists: dict[str, str | list[str]] = {}
    stems: dict[str, list[str]] = {}
    for column in sheet.header:
        stem = _NUMBERED.fullmatch(column)
        if stem and any(word in key(stem[1]) for word in _SPECIES_WORDS):
            stems.setdefault(key(stem[1]), []).append(column)
    numbered = max(stems.values(), key=len, default=[])
    # "Site code" and "Patch size" have the form of a binomial too
    named = [
        column
        for column in sheet.header
        if _SPECIES_HEADER.fullmatch(column) and key(column) not in _FIELD_NAMES
    ]
    if _is_long(sheet):
        named = []
    if len(numbered) > 1 or (numbered and recognise(sheet.header) == "aze_2019"):
        lists["species_names"] = numbered
    elif len(named) > 1 and any(_marks(sheet, column) for column in named):
        lists["species_columns"] = [column for column in named if _marks(sheet, column)]
    taken = {column for columns in lists.values() for column in columns}
    rest = [n for n, column in enumerate(sheet.header) if column not in taken]
    header = [sheet.header[n] for n in rest]
    rows = [[cells[n] for n in rest] for _, cells in sheet.rows[:200]]
    wanted = [name for name in FIELDS if not lists or name in ("site_id", "site_name", "country")]
    guesses = guess_columns(header, rows, wanted)
    order = sorted(guesses, key=FIELDS.index)
    return {**{name: guesses[name].column for name in order}, **lists}, guesses


def _is_long(sheet: Sheet) -> bool:
    """Whether a column holds the names of species, so that no column can be a species."""
    rows = [cells for _, cells in sheet.rows[:200]]
    guess = guess_columns(sheet.header, rows, ["scientific_name"]).get("scientific_name")
    return guess is not None and guess.reason == "both"


_YES = {"x", "xx", "yes", "y", "true", "present", "p", "presente", "oui", "si", "sim", "trigger"}
_NO = {"no", "n", "false", "absent", "ausente", "non", "nao"}
_TICKS = {"✓", "✔", "√", "●", "•", "+", "*"}


def _marks(sheet: Sheet, column: str) -> bool:
    """Whether a column's cells mark presence or shares: short, and none of them prose."""
    place = sheet.place(column)
    cells = [row[place].strip() for _, row in sheet.rows[:200]] if place is not None else []
    return all(
        len(cell) <= 20 and (cell in _TICKS or key(cell) in _YES | _NO or _is_share(cell)) for cell in cells
    )


def _is_share(cell: str) -> bool:
    return bool(re.fullmatch(r"[<>≥≤~]?=?\s*[\d.,]+\s*%?", cell)) or is_not_known(cell)


@dataclass
class _Record:
    """One species at one site as the table writes it."""

    row: int
    site_id: str
    site_name: str
    country: str
    name: str
    column: str
    share_text: str = ""
    share: float | None = None
    texts: dict[str, str] = field(default_factory=dict)


def read_trigger_species(
    sheet: Sheet,
    mapping: ColumnMap,
    *,
    sites: pd.DataFrame | None = None,
    missing_share: float | None = None,
    share_scale: str = "",
    source: str = "trigger_species",
) -> TriggerSpecies:
    """Occurrences and species out of a table of trigger species.

    Parameters
    ----------
    sheet : Sheet
        As `aze_core.sources.tables.read_cells` gives it.
    mapping : mapping of str to str or sequence of str
        Field to column. Needed are `site_id` or `site_name` (the AZE 2019 list alone can do without), and one
        of `scientific_name` (long: one row per site and species), `species_names` (wide: columns that hold
        names) and `species_columns` (wide: each column is a species, its cells mark presence or hold shares).
    sites : pandas.DataFrame, optional
        `site_id`, `name`: the sites that rows are matched to, by identifier, else by name. Without them the
        table's own identifiers stand; a site without one gets one made from country and name.
    missing_share : float, optional
        Share (0 to 1) where the table gives none. Give it only where the user said so.
    share_scale : {"", "fraction", "percent"}
        Scale of the shares; recognised where empty.
    source : str
        `source` of every row.

    Returns
    -------
    TriggerSpecies

    Raises
    ------
    DataError
        A field or column that does not exist, or a mapping without site or species.

    Notes
    -----
    Rows are set aside where the site or the name is missing or the site is not known, where the share is out
    of range or cannot be read, and where the pair of site and species stands already. A species whose rows
    disagree on its category is left without one. One identifier with two unrelated names is two sites: with
    `sites` the name decides, without them the further ones get a number, and nothing is merged. A row of
    the AZE 2019 list that carries neither gets an identifier made from country and content.

    Examples
    --------
    >>> from aze_core.sources.tables import read_cells
    >>> [sheet] = read_cells(b"site,species,share,status\\nA,Rana x-alba,>95%,Critically Endangered\\n")
    >>> found = read_trigger_species(sheet, {"site_id": "site", "scientific_name": "species",
    ...                                      "share": "share", "category": "status"})
    >>> found.occurrences[["site_id", "species_id", "share"]].values.tolist()
    [['A', 'rana-x-alba', 1.0]]
    >>> found.species["category"].tolist(), found.report.accepted
    (['CR'], 1)
    """
    if missing_share is not None and not 0 <= missing_share <= 1:
        raise ValueError(f"`missing_share` was {missing_share!r} but is expected to be from 0 to 1")
    singles, lists = _places(sheet, mapping)
    report = ImportReport()
    report.merge(sheet.report)
    reader = _Reader(sheet, singles, lists, report)
    records = list(reader.records())
    records = reader.with_shares(records, share_scale)
    records = reader.with_sites(records, SiteIndex(sites) if sites is not None else None)
    return reader.frames(records, missing_share, source)


def _places(sheet: Sheet, mapping: ColumnMap) -> tuple[dict[str, int], dict[str, list[int]]]:
    singles: dict[str, int] = {}
    lists: dict[str, list[int]] = {}
    for name, columns in mapping.items():
        named = [columns] if isinstance(columns, str) else columns
        found = [sheet.places({name: column}, FIELDS + LISTS)[name] for column in named]
        if name in LISTS:
            lists[name] = found
        elif len(found) == 1:
            singles[name] = found[0]
    nameless_list = bool(lists.get("species_names")) and recognise(sheet.header) == "aze_2019"
    has_site = "site_id" in singles or "site_name" in singles or nameless_list
    layouts = ("scientific_name" in singles) + sum(bool(places) for places in lists.values())
    if not has_site or layouts != 1:
        raise DataError(
            "incomplete_mapping",
            file=sheet.file,
            missing="site" if not has_site else "species",
            found=", ".join(sheet.header)[:2000],
        )
    return singles, lists


class _Reader:
    def __init__(
        self, sheet: Sheet, singles: dict[str, int], lists: dict[str, list[int]], report: ImportReport
    ) -> None:
        self.sheet, self.singles, self.lists, self.report = sheet, singles, lists, report
        used = set(singles.values()) | {place for places in lists.values() for place in places}
        unused = [name for n, name in enumerate(sheet.header) if n not in used]
        if unused:
            report.add("noted", "unused_columns", sheet.file, value=len(unused), detail=", ".join(unused))
        self.named: list[NamedRow] = []
        # the list of 2019 may carry neither identifiers nor names of its sites
        self.nameless = not {"site_id", "site_name"} & set(singles)

    def add(
        self, action: str, rule: str, row: int, column: str, value: object = "", detail: str = ""
    ) -> None:
        self.report.add(action, rule, self.sheet.file, row, column, value, detail)

    def column(self, name: str) -> str:
        return self.sheet.header[self.singles[name]] if name in self.singles else ""

    # -- rows to records

    def records(self) -> Iterator[_Record]:
        for number, cells in self.sheet.rows:
            texts = {name: " ".join(cells[place].split()) for name, place in self.singles.items()}
            for name in ("site_name", "common_name"):
                if text := texts.get(name):
                    texts[name] = self.readable(number, name, text)
            if self.nameless:
                others = [cell for n, cell in enumerate(cells) if n != self.singles.get("country")]
                texts["site_id"] = row_identifier(others, texts.get("country", ""))
            cells_of_site = (texts.get(name, "") for name in ("site_id", "site_name", "country"))
            site = NamedRow.of(number, *cells_of_site)
            if not site.site_id and not site.name:
                column = self.column("site_id") or self.column("site_name")
                self.add("set_aside", "no_site", number, column)
                continue
            self.named.append(site)
            found = list(self.names(number, cells, texts))
            if not found:
                column = self.column("scientific_name")
                self.add("set_aside", "no_name", number, column, detail="no species named in this row")
            for name, column, share in found:
                yield _Record(number, site.site_id, site.name, site.country, name, column, share, texts=texts)
        if self.nameless and self.named:
            detail = "made from country and content of the row"
            self.report.add(
                "noted", "identifiers_made", self.sheet.file, value=len(self.named), detail=detail
            )

    def readable(self, number: int, name: str, text: str) -> str:
        repaired = repair_text(text)
        if repaired is None:
            return text
        likely, certain = repaired
        if certain:
            self.add("repaired", "wrong_encoding", number, self.column(name), text, likely)
            return likely
        self.add("noted", "odd_letters", number, self.column(name), text, f"perhaps {likely}")
        return text

    def names(self, number: int, cells: list[str], texts: dict[str, str]) -> Iterator[tuple[str, str, str]]:
        """Name, column and text of the share of each species of a row."""
        if "scientific_name" in self.singles:
            if name := self.name(number, self.column("scientific_name"), texts["scientific_name"]):
                yield name, self.column("scientific_name"), texts.get("share", "")
            return
        for place in self.lists.get("species_names", []):
            column = self.sheet.header[place]
            for part in re.split(r"[;|\n]", cells[place]):
                if name := self.name(number, column, " ".join(part.split())):
                    yield name, column, ""
        for place in self.lists.get("species_columns", []):
            column, text = self.sheet.header[place], cells[place].strip()
            if text in _TICKS or key(text) in _YES:
                yield self.header_name(column), column, ""
            elif not text or key(text) in _NO or re.fullmatch(r"0+([.,]0*)?\s*%?", text):
                continue
            elif is_not_known(text):
                self.add("noted", "presence_not_known", number, column, text, "taken as not there")
            else:
                yield self.header_name(column), column, text

    def header_name(self, column: str) -> str:
        # statistical programmes write a dot or an underscore for a space
        return canonical_name(re.sub(r"[._]+", " ", column) if " " not in column.strip() else column)

    def name(self, number: int, column: str, text: str) -> str:
        if is_not_known(text):
            return ""
        name = canonical_name(text)
        if not species_slug(name):
            return ""
        if name != text:
            self.add("repaired", "name_without_author", number, column, text, name)
        if len(name.split()) < 2:
            self.add("noted", "not_a_binomial", number, column, text)
        return name

    # -- shares

    def with_shares(self, records: list[_Record], scale: str) -> list[_Record]:
        wide = "species_columns" in self.lists
        if wide:
            plain = {record.share_text for record in records} - {""}
            # 1 in every cell marks presence and measures nothing
            if plain == {"1"} and not scale:
                for record in records:
                    record.share_text = ""
                self.report.add("noted", "ones_mark_presence", self.sheet.file, detail="no shares are given")
        elif "share" not in self.singles:
            return records
        found: Shares = parse_shares([record.share_text for record in records], scale)
        column = "" if wide else self.column("share")
        if found.scale:
            of = {"percent": "percentages", "fraction": "shares from 0 to 1"}[found.scale]
            self.report.add(
                "noted", "share_scale", self.sheet.file, None, column, found.scale, f"numbers read as {of}"
            )
        everything = set(found.effectively_all)
        kept: list[_Record] = []
        for n, record in enumerate(records):
            where = record.column if wide else column
            if n in found.faults:
                self.aside(record, found.faults[n], where, record.share_text)
                continue
            if n in everything:
                self.add("noted", "share_effectively_all", record.row, where, record.share_text, "taken as 1")
            record.share = found.values[n]
            kept.append(record)
        return kept

    def aside(self, record: _Record, rule: str, column: str, value: object = "", detail: str = "") -> None:
        """Set one species of a row aside; in a wide table the others of that row stay."""
        if self.lists:
            detail = f"{record.name} alone is set aside in this row; {detail}".rstrip("; ")
        self.add("set_aside", rule, record.row, column, value, detail)

    # -- sites

    def with_sites(self, records: list[_Record], index: SiteIndex | None) -> list[_Record]:
        if index is None:
            return self.own_sites(records)
        kept: list[_Record] = []
        told: set[int] = set()
        shared = shared_identifiers(self.named, self.sheet.file)
        for record in records:
            site, rule, detail = index.find(record.site_id, record.site_name, record.country)
            if rule == "site_conflict" and record.site_id in shared:
                site, rule, detail = index.find("", record.site_name, record.country)
            column = self.column("site_id") or self.column("site_name")
            value = record.site_id or record.site_name
            if site and record.site_id in shared:
                own = index.name_of(site)
                if not _similar(key(own), key(record.site_name)):
                    site, rule, detail = None, "one_id_two_sites", f"{record.site_name} is not {own}"
            if site is None:
                if record.row not in told:
                    self.add("set_aside", rule, record.row, column, value, detail)
            else:
                if detail and record.row not in told:
                    self.add("noted", detail, record.row, column, value, f"matched to {site}")
                record.site_id = site
                kept.append(record)
            told.add(record.row)
        return kept

    def own_sites(self, records: list[_Record]) -> list[_Record]:
        """Identifiers of the table's own; one identifier with two unrelated names is two sites."""
        found = own_sites(self.named, self.sheet.file)
        told: set[int] = set()
        kept: list[_Record] = []
        for record in records:
            site, detail = found[record.row]
            if detail and record.row not in told:
                action = "set_aside" if site is None else "repaired"
                column = self.column("site_id")
                self.add(action, "one_id_two_sites", record.row, column, record.site_id, detail)
                told.add(record.row)
            if site is not None:
                record.site_id = site
                kept.append(record)
        return kept

    # -- frames

    def frames(self, records: list[_Record], missing_share: float | None, source: str) -> TriggerSpecies:
        occurrences: dict[tuple[str, str], dict[str, Any]] = {}
        species: dict[str, dict[str, Any]] = {}
        sites: dict[str, dict[str, Any]] = {}
        stated: dict[str, dict[str, int]] = {}
        first: dict[tuple[str, str], int] = {}
        missing = 0
        for record in records:
            slug = species_slug(record.name)
            pair = (record.site_id, slug)
            stage = _stage(record.texts.get("life_stage", ""))
            if pair in occurrences:
                other = occurrences[pair]
                same = other["share"] == record.share and other["life_stage"] == stage
                rule = "duplicate_occurrence" if same else "two_shares_of_one_pair"
                detail = f"{record.site_id} + {record.name} stands already in row {first[pair]}"
                self.aside(record, rule, record.column, record.name, detail)
                continue
            if record.share is None:
                missing += 1
            first[pair] = record.row
            occurrences[pair] = {
                "site_id": record.site_id,
                "species_id": slug,
                "share": record.share,
                "life_stage": stage,
                "criterion": record.texts.get("criterion") or None,
                "source": source,
            }
            sites.setdefault(
                record.site_id,
                {
                    "site_id": record.site_id,
                    "name": record.site_name or None,
                    "country": record.country or None,
                },
            )
            self.describe(record, slug, species, stated)
        for slug, codes in stated.items():
            if len(codes) > 1:
                detail = ", ".join(f"{code} in row {row}" for code, row in codes.items())
                row = list(codes.values())[1]
                name = species[slug]["scientific_name"]
                self.add(
                    "repaired",
                    "two_categories",
                    row,
                    self.column("category"),
                    name,
                    f"left unknown: {detail}",
                )
            species[slug]["category"] = next(iter(codes)) if len(codes) == 1 else None
        for one in species.values():
            one["source"] = source
            one["category_source"] = source if one.get("category") else None
        if missing:
            done = "left unknown" if missing_share is None else f"set to {missing_share:g} as you said"
            action = "noted" if missing_share is None else "repaired"
            self.report.add(action, "no_share", self.sheet.file, value=missing, detail=f"shares {done}")
            if missing_share is not None:
                for occurrence in occurrences.values():
                    if occurrence["share"] is None:
                        occurrence["share"] = missing_share
        return TriggerSpecies(
            _frame(list(occurrences.values()), "occurrences"),
            tuple(first[pair] for pair in occurrences),
            _frame(list(species.values()), "species"),
            pd.DataFrame(list(sites.values()), columns=["site_id", "name", "country"], dtype="str"),
            self.report,
        )

    def describe(
        self,
        record: _Record,
        slug: str,
        species: dict[str, dict[str, Any]],
        stated: dict[str, dict[str, int]],
    ) -> None:
        one = species.setdefault(slug, {"species_id": slug, "scientific_name": record.name})
        for name in ("common_name", "class_name", "order_name", "family_name"):
            text = record.texts.get(name, "")
            if text.isupper() and name != "common_name":
                text = text.capitalize()
            if is_not_known(text):
                continue
            if one.get(name) is None:
                one[name] = text
            elif key(one[name]) != key(text):
                detail = f"{record.name}: {one[name]} kept, as in its first row"
                self.add("noted", f"two_of_{name}", record.row, self.column(name), text, detail)
        text = record.texts.get("category", "")
        category = parse_category(text)
        if not category.known:
            self.add(
                "repaired",
                "unknown_category",
                record.row,
                self.column("category"),
                text,
                "left unknown; expected EX, EW, CR, EN, VU, NT, LC, DD or their names",
            )
        if category.possibly:
            what = {"PE": "possibly extinct", "PEW": "possibly extinct in the wild"}[category.possibly]
            detail = f"{what}; taken as {category.code or 'not known'}"
            self.add("noted", "possibly_extinct", record.row, self.column("category"), text, detail)
        if category.code:
            stated.setdefault(slug, {}).setdefault(category.code, record.row)
        text = record.texts.get("sensitive", "")
        flag = parse_flag(text)
        if flag is None and not is_not_known(text):
            # a place shown by mistake cannot be hidden again
            detail = "taken as sensitive; expected yes or no"
            self.add("repaired", "unclear_flag", record.row, self.column("sensitive"), text, detail)
            flag = True
        if flag is not None:
            one["sensitive"] = bool(one.get("sensitive")) or flag


_WHOLE = {"all", "allstages", "whole", "wholepopulation", "population", "any", "yearround", "resident"}


def _stage(text: str) -> str | None:
    """Life stage in small letters; missing where the whole population is meant."""
    if is_not_known(text) or key(text) in _WHOLE:
        return None
    return text.casefold()[:100]


def _similar(one: str, other: str) -> bool:
    """Whether two names of one identifier are spellings of the same name."""
    one, other = one[:80], other[:80]
    if min(len(one), len(other)) >= 4 and (one in other or other in one):
        return True
    return one == other or difflib.SequenceMatcher(None, one, other).ratio() >= 0.85


def _frame(rows: list[dict[str, Any]], name: str) -> pd.DataFrame:
    table = TABLES[name]
    if not rows:
        return empty(table)
    frame = pd.DataFrame([{column: row.get(column) for column in table.names} for row in rows])
    return conform(frame, table, name)

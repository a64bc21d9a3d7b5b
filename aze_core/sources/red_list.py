"""IUCN Red List: search exports (zip or folder) and saved API v4 assessments, and names matched to them."""

from __future__ import annotations

import html
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.settings import value as setting
from aze_core.sources.archives import open_archive
from aze_core.sources.tables import Limits, Sheet, is_not_known, key, parse_category, read_cells

LIMITS = Limits(
    max_bytes=setting("limits.red_list.max_bytes"),
    max_unpacked=setting("limits.red_list.max_unpacked"),
    max_rows=setting("limits.red_list.max_rows"),
    max_columns=setting("limits.red_list.max_columns"),
    max_cells=setting("limits.red_list.max_cells"),
    max_cell=setting("limits.red_list.max_cell"),
)
"""A whole Red List has some 170,000 assessments, with long texts that are skipped."""

_KINDS = {
    "species_id": "str",
    "scientific_name": "str",
    "authority": "str",
    "class_name": "str",
    "order_name": "str",
    "family_name": "str",
    "category": "str",
    "criteria": "str",
    "year": "Int64",
    "possibly_extinct": "boolean",
    "possibly_extinct_in_the_wild": "boolean",
    "taxon_id": "str",
    "assessment_id": "str",
}
_THREATS = ["species_id", "scientific_name", "code", "name", "timing", "scope", "severity", "ias"]
_SYNONYMS = ["species_id", "scientific_name", "synonym"]
_COMMON = ["species_id", "scientific_name", "common_name", "language", "main"]


@dataclass(frozen=True)
class RedList:
    """What a Red List download says.

    Attributes
    ----------
    species : pandas.DataFrame
        One row per species or infraspecific taxon with a global assessment: `species_id`,
        `scientific_name`, `authority`, `class_name`, `order_name`, `family_name`, `category`
        (EX … DD, missing where not evaluated), `criteria`, `year` (published; missing where the
        download does not say), `possibly_extinct`, `possibly_extinct_in_the_wild` (missing where it
        does not say), `taxon_id`, `assessment_id`.
    threats : pandas.DataFrame
        `species_id`, `scientific_name`, `code` (``8.1.2``), `name`, `timing`, `scope`, `severity`, `ias`
        (the invasive species where one is named). One code may stand several times for a species.
    synonyms : pandas.DataFrame
        `species_id`, `scientific_name` (the accepted one), `synonym` (with its author, as it came).
    common_names : pandas.DataFrame
        `species_id`, `scientific_name`, `common_name`, `language`, `main`.
    report : ImportReport
        Rows of assessments and threats.
    """

    species: pd.DataFrame
    threats: pd.DataFrame
    synonyms: pd.DataFrame
    common_names: pd.DataFrame
    report: ImportReport


# ---------------------------------------------------------------- names

_RANKS = set("ssp ssp. subsp subsp. var var. subvar. f. fo. forma subspecies variety".split())  # noqa: SIM905
_PARTICLES = set(  # words of authors' names and of nomenclature that look like epithets
    "de da di do du del della des den der la le van von zu in ex et and al al. y ined. auct. non nec sensu "  # noqa: SIM905
    "emend. f fil.".split()
)
_EPITHET = re.compile(r"[a-zà-öø-ÿ]+(-[a-zà-öø-ÿ]+)*")
_TAG = re.compile(r"</?[a-zA-Z]{1,6}>")
_UNDESCRIBED = re.compile(r"\b(sp|spp|cf|aff|nov|sp\.nov)\b\.?|['‘’\"“”#\d]")


def canonical_name(text: str) -> str:
    """A scientific name without its author: genus, epithet and infraspecific epithet.

    Letters are put into their usual case, rank markers (ssp., var.) are left out. A name that does not look
    like one (undescribed species, a genus alone) comes back with its spaces tidied only.

    Examples
    --------
    >>> canonical_name("  grus  AMERICANA (Linnaeus, 1758)"), canonical_name("Rhinella sp. nov. 'Alto'")
    ('Grus americana', "Rhinella sp. nov. 'Alto'")
    >>> canonical_name("Telmatobius marmoratus ssp. rugosus Vellard, 1960")
    'Telmatobius marmoratus rugosus'
    """
    tidy = " ".join(_TAG.sub(" ", html.unescape(text[:400])).replace("_", " ").split())
    # a subgenus in brackets stands between genus and epithet
    tidy = re.sub(r"^(\w+) \([A-Z][a-z]+\) (?=[a-z])", r"\1 ", tidy)
    name = tidy.replace("×", " ")
    words = name.lower().split() if name.isupper() else name.split()
    words = [word for word in words if word.lower() != "x" or len(words) < 3]
    if len(words) < 2:
        return tidy
    genus, epithet = words[0].lower(), words[1].lower().rstrip(",")
    if not (_EPITHET.fullmatch(genus) and _EPITHET.fullmatch(epithet)) or _UNDESCRIBED.fullmatch(words[1]):
        return tidy
    parts = [genus.capitalize(), epithet]
    authors = False
    after_rank = False
    for word in words[2:]:
        if word.lower() in _RANKS and not after_rank:
            after_rank = True
            continue
        word = word.lower() if after_rank else word
        # the author of the species may stand before the rank: nemaeus Nadler, 1997 ssp. cinerea
        authors = not after_rank and (authors or word in _PARTICLES)
        fits = len(word) >= 3 and _EPITHET.fullmatch(word)
        if fits and not authors and len(parts) < 4:
            parts.append(word)
        else:
            authors = True
        after_rank = False
    return " ".join(parts)


def species_slug(name: str) -> str:
    """Identifier made from a scientific name.

    Examples
    --------
    >>> species_slug("Abies beshanzuensis"), species_slug("Rhinella sp. nov. 'Alto'")
    ('abies-beshanzuensis', 'rhinella-sp-nov-alto')
    """
    return "-".join(filter(None, (key(word) for word in re.split(r"[^\w]+|_", name))))


# ---------------------------------------------------------------- reading

_TABLES = ("simple_summary", "assessments", "taxonomy", "threats", "synonyms", "common_names")
_COLUMNS = {
    "simple_summary": "assessmentId internalTaxonId scientificName authority orderName className familyName "
    "redlistCategory redlistCriteria scopes subpopulationName",
    "assessments": "assessmentId internalTaxonId scientificName redlistCategory redlistCriteria "
    "yearPublished possiblyExtinct possiblyExtinctInTheWild scopes",
    "taxonomy": "internalTaxonId scientificName authority orderName className familyName subpopulationName",
    "threats": "assessmentId internalTaxonId scientificName code name timing scope severity ias",
    "synonyms": "internalTaxonId scientificName name",
    "common_names": "internalTaxonId scientificName name language main",
}


def read_red_list(source: Path | str | bytes, name: str = "", limits: Limits = LIMITS) -> RedList:
    """A Red List download as tidy frames.

    Parameters
    ----------
    source : Path, str or bytes
        The zip of a search export, its unpacked folder, or saved JSON of the API (version 4): one
        assessment, a list of them, or an object with a list ``assessments``.
    name : str
        Name that errors and findings carry.
    limits : Limits

    Returns
    -------
    RedList

    Raises
    ------
    DataError
        No Red List table in it, an archive that `open_archive` refuses, more than the limits, a table without
        the columns that identify the species, or JSON of another form.

    Notes
    -----
    Assessments of another scope than Global and of subpopulations are set aside, as are those of the API
    that are not the latest. HTML entities are decoded. Do not read the absence of threats as "none": a
    search export holds threats only where they were asked for.
    """
    if isinstance(source, bytes):
        name = name or "Red List"
        if len(source) > limits.max_bytes:
            raise DataError("too_large", file=name, unit="bytes", limit=limits.max_bytes)
        if not source.startswith(_ZIP):
            return _from_text(source, name)
        with tempfile.TemporaryDirectory(prefix="aze-import-") as folder:
            safe = re.sub(r"[^\w .-]", "_", name)[-80:].removesuffix(".zip")
            path = Path(folder) / f"{safe}.zip"
            try:
                path.write_bytes(source)
            except OSError as error:
                needed, problem = -(-len(source) // 1_000_000), error.strerror or str(error)
                raise DataError("archive_no_room", file=name, needed=needed, problem=problem) from None
            return _from_tables(_archive(path, limits), name, limits)
    path = Path(source)
    name = name or path.name
    if path.is_dir():
        return _from_tables(_folder(path, name, limits), name, limits)
    try:
        with path.open("rb") as stream:
            if path.stat().st_size > limits.max_bytes:
                raise DataError("too_large", file=name, unit="bytes", limit=limits.max_bytes)
            head = stream.read(4)
            if head not in _ZIP:
                return _from_text(head + stream.read(limits.max_bytes), name)
    except FileNotFoundError:
        raise DataError("no_such_file", file=name, folder=str(path.parent)) from None
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise DataError("unreadable_file", file=name, folder=str(path.parent), problem=problem) from None
    return _from_tables(_archive(path, limits), name, limits)


_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def _from_text(raw: bytes, name: str) -> RedList:
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _from_json(raw, name)
    raise DataError("not_a_red_list", file=name)


def _table_of(path: str) -> str:
    """Which table of an export a path is, or an empty text."""
    plain = path.replace("\\", "/").rpartition("/")[2].casefold()
    stem = plain.removesuffix(".csv")
    return stem if stem in _TABLES and plain.endswith(".csv") else ""


def _folder(path: Path, name: str, limits: Limits) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = limits.max_unpacked
    try:
        files = sorted(path.iterdir())
    except OSError as error:
        problem = error.strerror or str(error)
        raise DataError("unreadable_file", file=name, folder=str(path.parent), problem=problem) from None
    for file in files:
        table = _table_of(file.name)
        if not table:
            continue
        try:
            with file.open("rb") as stream:
                raw = stream.read(left + 1)
        except OSError as error:
            problem = error.strerror or str(error)
            raise DataError("unreadable_file", file=file.name, folder=str(path), problem=problem) from None
        left -= len(raw)
        if left < 0:
            raise DataError("too_large", file=name, unit="bytes", limit=limits.max_unpacked)
        found[table] = raw
    return found


def _archive(path: Path, limits: Limits) -> dict[str, bytes]:
    """The tables of a zip, whatever folder or zip within they lie in."""
    found: dict[str, bytes] = {}
    left = limits.max_unpacked
    try:
        archive = open_archive(path)
    except DataError as error:
        if error.message_id == "archive_no_layer":
            raise DataError("not_a_red_list", file=path.name) from None
        raise
    with archive:
        for source in archive.of("csv"):
            table = _table_of(source.name)
            if not table:
                continue
            if table in found:
                raise DataError("two_tables", file=path.name, table=f"{table}.csv")
            # a table that was asked for and has nothing in it is an empty file, which is no text
            found[table] = source.open().read(left + 1) if source.size else b""
            left -= len(found[table])
            if left < 0:
                raise DataError("too_large", file=path.name, unit="bytes", limit=limits.max_unpacked)
    return found


Row = dict[str, str]


def _rows(sheet: Sheet) -> Iterator[tuple[int, Row]]:
    """Rows by column name (as `key` gives it); entities decoded twice, for ``&amp;amp;`` occurs as well."""
    names = [key(column) for column in sheet.header]
    for number, cells in sheet.rows:
        yield (
            number,
            {
                column: (html.unescape(html.unescape(cell)) if "&" in cell else cell).strip()
                for column, cell in zip(names, cells, strict=True)
            },
        )


def _needs(sheet: Sheet, *columns: str) -> None:
    for column in columns:
        if sheet.place(column) is None:
            raise DataError(
                "import_missing_column",
                file=sheet.file,
                column=column,
                found=", ".join(sheet.header) or "none of use",
            )


def _from_tables(tables: Mapping[str, bytes], name: str, limits: Limits) -> RedList:
    if not {"simple_summary", "assessments"} & set(tables):
        raise DataError("not_a_red_list", file=name)
    sheets: dict[str, Sheet] = {}
    for table in _TABLES:
        # a table that was asked for and has nothing in it is an empty file
        if tables.get(table, b"").strip():
            [sheets[table]] = read_cells(tables[table], f"{table}.csv", limits, only=_COLUMNS[table].split())
    if not {"simple_summary", "assessments"} & set(sheets):
        raise DataError("empty_table", file=name)
    report = ImportReport()
    species = _species(sheets, report)
    frame = _frame(species)
    by_taxon = {row["taxon_id"]: row for row in species if row["taxon_id"]}
    by_name = {row["scientific_name"]: row for row in species}

    def owner(row: Row) -> dict[str, Any] | None:
        if taxon := row.get("internaltaxonid", ""):
            return by_taxon.get(taxon)
        return by_name.get(row.get("scientificname", ""))

    return RedList(
        frame,
        _threats(sheets.get("threats"), owner, report),
        _names(sheets.get("synonyms"), owner, _SYNONYMS, ("name",), report),
        _names(sheets.get("common_names"), owner, _COMMON, ("name", "language", "main"), report),
        report,
    )


def _flag(text: str) -> bool | None:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
        text.casefold()
    )


def _title(text: str) -> str | None:
    """Higher taxa stand in capitals in the exports."""
    return (text.capitalize() if text.isupper() else text) or None


def _is_global(scopes: str) -> bool:
    return not scopes or "global" in {key(part) for part in re.split(r"[|,;&/]", scopes)}


def _species(sheets: Mapping[str, Sheet], report: ImportReport) -> list[dict[str, Any]]:
    base = sheets.get("simple_summary") or sheets["assessments"]
    _needs(base, "scientificName", "redlistCategory")
    report.merge(base.report)
    more: dict[str, Row] = {}
    taxa: dict[str, Row] = {}
    if "simple_summary" in sheets and "assessments" in sheets:
        _note(report, sheets["assessments"])
        for _, row in _rows(sheets["assessments"]):
            more[row.get("assessmentid", "")] = row
    if "taxonomy" in sheets:
        _note(report, sheets["taxonomy"])
        for _, row in _rows(sheets["taxonomy"]):
            taxa[row.get("internaltaxonid", "")] = row
    more.pop("", None)
    taxa.pop("", None)
    found: dict[str, dict[str, Any]] = {}
    first: dict[str, int] = {}
    for number, row in _rows(base):
        extra = more.get(row.get("assessmentid", ""), {})
        taxon = taxa.get(row.get("internaltaxonid", ""), {})

        def value(column: str, *places: Row) -> str:
            return next((place[column] for place in places if place.get(column)), "")

        def aside(rule: str, column: str, value: str, detail: str = "", number: int = number) -> None:
            report.add("set_aside", rule, base.file, number, column, value, detail)

        name = row["scientificname"]
        if not name:
            aside("no_name", "scientificName", "")
            continue
        scopes = value("scopes", row, extra)
        if not _is_global(scopes):
            aside("not_global", "scopes", scopes, name)
            continue
        if population := value("subpopulationname", row, taxon):
            aside("subpopulation", "subpopulationName", population, name)
            continue
        category = parse_category(row["redlistcategory"])
        if not category.known:
            report.add(
                "repaired",
                "unknown_category",
                base.file,
                number,
                "redlistCategory",
                row["redlistcategory"],
                "category left unknown",
            )
        slug = species_slug(canonical_name(name))
        record = {
            "species_id": slug,
            "scientific_name": name,
            "authority": value("authority", row, taxon) or None,
            "class_name": _title(value("classname", row, taxon)),
            "order_name": _title(value("ordername", row, taxon)),
            "family_name": _title(value("familyname", row, taxon)),
            "category": category.code,
            "criteria": value("redlistcriteria", row, extra) or None,
            "year": _year(value("yearpublished", row, extra)),
            "possibly_extinct": True
            if category.possibly == "PE"
            else _flag(value("possiblyextinct", row, extra)),
            "possibly_extinct_in_the_wild": True
            if category.possibly == "PEW"
            else _flag(value("possiblyextinctinthewild", row, extra)),
            "taxon_id": row.get("internaltaxonid") or None,
            "assessment_id": row.get("assessmentid") or None,
        }
        if slug in found:
            other = found[slug]
            if other["category"] != record["category"]:
                detail = f"{other['category']} in row {first[slug]}, {record['category']} here"
                aside("two_assessments", "scientificName", name, detail)
            else:
                aside("duplicate_species", "scientificName", name, f"already in row {first[slug]}")
            continue
        found[slug], first[slug] = record, number
    return list(found.values())


def _note(report: ImportReport, sheet: Sheet) -> None:
    """Findings of a table whose rows are not counted: what it set aside is told, not subtracted."""
    for action, rule, file, row, column, value, detail in sheet.report.findings:
        report.add("noted" if action == "set_aside" else action, rule, file, row, column, value, detail)


def _year(text: str) -> int | None:
    return int(text) if re.fullmatch(r"(19|20)\d{2}", text) else None


def _frame(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in records], dtype=kind) for name, kind in _KINDS.items()}
    )


def _texts(rows: list[tuple[str | None, ...]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _threats(sheet: Sheet | None, owner: Any, report: ImportReport) -> pd.DataFrame:
    rows: dict[tuple[str | None, ...], None] = {}
    if sheet is not None:
        _needs(sheet, "code")
        report.merge(sheet.report)
        for number, row in _rows(sheet):
            species = owner(row)
            if species is None:
                report.add(
                    "set_aside",
                    "threat_of_unknown_species",
                    sheet.file,
                    number,
                    "scientificName",
                    row.get("scientificname", ""),
                    "no global assessment of this species was read",
                )
                continue
            if not re.fullmatch(r"\d{1,2}([._]\d{1,2}){0,3}", row["code"]):
                report.add("set_aside", "bad_threat_code", sheet.file, number, "code", row["code"])
                continue
            record = _threat(species, row)
            if record in rows:
                report.add("set_aside", "duplicate_threat", sheet.file, number, "code", row["code"])
            rows[record] = None
    return _texts(list(rows), _THREATS)


def _threat(species: Mapping[str, Any], row: Row) -> tuple[str | None, ...]:
    rest = [
        None if is_not_known(row.get(column, "")) else row[column]
        for column in ("name", "timing", "scope", "severity", "ias")
    ]
    code = row["code"].replace("_", ".")
    return (species["species_id"], species["scientific_name"], code, *rest)


def _names(
    sheet: Sheet | None, owner: Any, columns: list[str], wanted: tuple[str, ...], report: ImportReport
) -> pd.DataFrame:
    rows: dict[tuple[str | None, ...], None] = {}
    lost = 0
    if sheet is not None:
        _needs(sheet, "name")
        _note(report, sheet)
        for _, row in _rows(sheet):
            species = owner(row)
            if species is None or not row["name"]:
                lost += 1
                continue
            values = [row.get(column) or None for column in wanted]
            rows[(species["species_id"], species["scientific_name"], *values)] = None
        if lost:
            detail = "rows without a name or of a species without a global assessment here"
            report.add("noted", "names_left_out", sheet.file, value=lost, detail=detail)
    return _texts(list(rows), columns)


# ---------------------------------------------------------------- API


def _from_json(raw: bytes, name: str) -> RedList:
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError("bad_json", file=name, problem=f"byte {error.start + 1} is not UTF-8") from None
    except RecursionError:
        raise DataError("bad_json", file=name, problem="nested too deep") from None
    except ValueError as error:
        raise DataError("bad_json", file=name, problem=str(error)[:200]) from None
    if isinstance(data, dict) and isinstance(data.get("assessments"), list):
        taxon = data.get("taxon")
        data = [
            {"taxon": taxon, **one} if isinstance(one, dict) and isinstance(taxon, dict) else one
            for one in data["assessments"]
        ]
    items = data if isinstance(data, list) else [data]
    if not any(isinstance(one, dict) and _taxon(one)[0] for one in items):
        raise DataError("not_a_red_list", file=name)
    report = ImportReport(read=len(items))
    found: dict[str, dict[str, Any]] = {}
    threats: dict[tuple[str | None, ...], None] = {}
    synonyms: dict[tuple[str | None, ...], None] = {}
    common: dict[tuple[str | None, ...], None] = {}
    for number, one in enumerate(items, start=1):
        record = _assessment(one, number, name, report)
        if record is None:
            continue
        slug = record["species_id"]
        if slug in found:
            same = found[slug]["category"] == record["category"]
            rule = "duplicate_species" if same else "two_assessments"
            report.add("set_aside", rule, name, number, "taxon", record["scientific_name"])
            continue
        found[slug] = record
        for threat in _list(one.get("threats")):
            code = _text(threat.get("code"))
            if not re.fullmatch(r"\d{1,2}([._]\d{1,2}){0,3}", code):
                report.add("noted", "bad_threat_code", name, number, "threats", code, "this threat left out")
                continue
            row = {c: _text(threat.get(c)) for c in ("timing", "scope", "severity", "ias")}
            threats[_threat(record, {"code": code, "name": _text(threat.get("description")), **row})] = None
        taxon = one.get("taxon") if isinstance(one.get("taxon"), dict) else {}
        for synonym in _list(taxon.get("synonyms")):
            text = _text(synonym.get("name"))
            if not text:
                text = " ".join(
                    filter(None, (_text(synonym.get("genus_name")), _text(synonym.get("species_name"))))
                )
            if text:
                synonyms[(slug, record["scientific_name"], html.unescape(text))] = None
        for other in _list(taxon.get("common_names")):
            if text := _text(other.get("name")):
                language, main = _text(other.get("language")) or None, _text(other.get("main")) or None
                common[(slug, record["scientific_name"], html.unescape(text), language, main)] = None
    return RedList(
        _frame(list(found.values())),
        _texts(list(threats), _THREATS),
        _texts(list(synonyms), _SYNONYMS),
        _texts(list(common), _COMMON),
        report,
    )


def _list(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """A text of the API: plain, a number, or an object with a description in English."""
    if isinstance(value, dict):
        value = value.get("description", value.get("en", value.get("name", "")))
        if isinstance(value, dict):
            value = value.get("en", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _taxon(one: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    taxon = one.get("taxon")
    taxon = taxon if isinstance(taxon, dict) else {}
    return _text(taxon.get("scientific_name")) or _text(one.get("taxon_scientific_name")), taxon


def _assessment(one: Any, number: int, file: str, report: ImportReport) -> dict[str, Any] | None:
    name, taxon = _taxon(one) if isinstance(one, dict) else ("", {})

    def aside(rule: str, column: str, value: object) -> None:
        report.add("set_aside", rule, file, number, column, value, name)

    if not name:
        aside("no_name", "taxon", "")
        return None
    name = html.unescape(name)
    if one.get("latest") is False:
        aside("not_latest", "latest", "false")
        return None
    scopes = one.get("scopes")
    codes = [_text(scope.get("code")) for scope in _list(scopes)]
    if codes and "1" not in codes:
        aside("not_global", "scopes", ", ".join(codes))
        return None
    if population := _text(taxon.get("subpopulation_name")):
        aside("subpopulation", "subpopulation_name", population)
        return None
    stated = one.get("red_list_category")
    text = _text(stated.get("code")) if isinstance(stated, dict) else _text(one.get("red_list_category_code"))
    category = parse_category(text)
    if not category.known:
        report.add(
            "repaired", "unknown_category", file, number, "red_list_category", text, "category left unknown"
        )
    for column, value in (("latest", one.get("latest")), ("scopes", codes or None)):
        if value is None:
            report.add("noted", "not_stated", file, number, column, "", f"{name}: taken as latest and global")
    return {
        "species_id": species_slug(canonical_name(name)),
        "scientific_name": name,
        "authority": html.unescape(_text(taxon.get("authority"))) or None,
        "class_name": _title(_text(taxon.get("class_name"))),
        "order_name": _title(_text(taxon.get("order_name"))),
        "family_name": _title(_text(taxon.get("family_name"))),
        "category": category.code,
        "criteria": html.unescape(_text(one.get("criteria"))) or None,
        "year": _year(_text(one.get("year_published"))),
        "possibly_extinct": True if category.possibly == "PE" else _flag(_text(one.get("possibly_extinct"))),
        "possibly_extinct_in_the_wild": True
        if category.possibly == "PEW"
        else _flag(_text(one.get("possibly_extinct_in_the_wild"))),
        "taxon_id": _text(taxon.get("sis_id")) or _text(one.get("sis_taxon_id")) or None,
        "assessment_id": _text(one.get("assessment_id")) or None,
    }


# ---------------------------------------------------------------- matching


def match_names(names: Iterable[str], red_list: RedList) -> pd.DataFrame:
    """Which species of a Red List download each name means.

    Parameters
    ----------
    names : iterable of str
    red_list : RedList

    Returns
    -------
    pandas.DataFrame
        One row per name, in order: `name`, `scientific_name` (the accepted one) and `species_id`, missing
        where not matched; `how`: ``exact``, ``spelling`` (case, spaces, author or rank marker differ),
        ``synonym``, or missing; `reason` where not matched: ``unknown`` or ``ambiguous``; `candidates`: the
        species among which an ambiguous name cannot choose, joined by ``;``.

    Notes
    -----
    An accepted name comes before a synonym: after a species was split, its old name stays the name of one
    part and becomes a synonym of the others. Such a match may mean less than the name meant when the list
    was written; a synonym of two accepted species is left to the user.

    Examples
    --------
    >>> found = match_names(["grus AMERICANA (L., 1758)", "Rana nova"], read_red_list(
    ...     b'{"taxon": {"scientific_name": "Grus americana"}, "latest": true, "scopes": [{"code": "1"}],'
    ...     b' "red_list_category": {"code": "EN"}}'))
    >>> found[["scientific_name", "how", "reason"]].values.tolist()
    [['Grus americana', 'spelling', nan], [nan, nan, 'unknown']]
    """
    accepted = dict(zip(red_list.species["scientific_name"], red_list.species["species_id"], strict=True))
    name_of = {species: name for name, species in accepted.items()}
    spelling: dict[str, set[str]] = {}
    for name, species in accepted.items():
        spelling.setdefault(key(canonical_name(name)), set()).add(species)
    synonyms: dict[str, set[str]] = {}
    for species, synonym in zip(red_list.synonyms["species_id"], red_list.synonyms["synonym"], strict=True):
        synonyms.setdefault(key(canonical_name(synonym)), set()).add(species)
    rows: list[tuple[str | None, ...]] = []
    for name in names:
        tidy = " ".join(name.split())
        folded = key(canonical_name(tidy))
        how, found = "exact", {accepted[tidy]} if tidy in accepted else set()
        if not found:
            how, found = "spelling", spelling.get(folded, set())
        if not found:
            how, found = "synonym", synonyms.get(folded, set())
        if len(found) == 1:
            [species] = found
            rows.append((name, name_of[species], species, how, None, None))
        elif found:
            candidates = "; ".join(sorted(name_of[species] for species in found))
            rows.append((name, None, None, None, "ambiguous", candidates))
        else:
            rows.append((name, None, None, None, "unknown", None))
    return _texts(rows, ["name", "scientific_name", "species_id", "how", "reason", "candidates"])

"""Sites out of a table: lists that ministries keep, rows of a layer that were corrected, the AZE lists."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.schema import LIST_TYPES
from aze_core.sources.countries import CountryIndex
from aze_core.sources.kba import AREAS, AZE_WORDS, LIST_OF
from aze_core.sources.kba import COLUMNS as KBA_COLUMNS
from aze_core.sources.national import COLUMN_NAMES
from aze_core.sources.tables import (
    SYNONYMS,
    Guess,
    Sheet,
    decimal_sign,
    guess_columns,
    is_not_known,
    key,
    parse_number,
    parse_shares,
    tidy_identifier,
)
from aze_core.sources.text import readable
from aze_core.sources.trigger_species import NamedRow, own_sites, recognise, row_identifier

COLUMNS = (*KBA_COLUMNS[:-1], "realm", "kba_id", "geometry")

_TEXTS = ("region", "kba_status", "source_text", "changed")
FIELDS = (
    "site_id",
    "name",
    "national_name",
    "iso3",
    "latitude",
    "longitude",
    "area_km2",
    "aze_status",
    "list_type",
    "realm",
    "kba_id",
    "cover_year",
    "cover_share",
    *_TEXTS,
)
"""Fields that one column each may hold."""

_AZE_2010 = {
    "site_id": "MapID",
    "name": "SiteNameFi",
    "iso3": "Country",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "kba_id": "SitRedID",
    "cover_share": "PercentProtectedWDPA",
}
_AZE_2010_VINTAGE = 2010

_NAMES: dict[str, tuple[str, ...]] = {
    **{
        field: tuple(words.split())
        for field, words in {
            "latitude": "latitude lat sitlat latitud latitude_dd decimallatitude lat_dd y ycoord",
            "longitude": "longitude long lon lng sitlong longitud longitude_dd decimallongitude long_dd x "
            "xcoord",
            "area_km2": "area area_km2 sitareakm2 sitarea gisarea area_ha superficie superficie_ha hectares "
            "hectareas superficie_km2 size surface",
            "aze_status": "azestatus status_aze",
            "list_type": "listtype list kind_of_list",
            "realm": "realm system systems environment ambiente milieu",
            "kba_id": "kba_id kbaid kba_code sitrecid sitredid",
            "cover_year": "cover_year vintage year_of_cover coverage_year year annee ano",
            "cover_share": "percentprotectedwdpa percent_protected protected_percent pct_protected percpa "
            "pa_coverage cover coverage share_protected protected_share protected protection cobertura "
            "couverture",
            "region": "region",
            "kba_status": "kbastatus",
            "source_text": "source reference",
            "changed": "lastupdate changedate last_update",
        }.items()
    },
    # in a table of sites the code is the site's
    "site_id": (*SYNONYMS["site_id"], "code", "id", "codigo"),
    "name": tuple(word for word in SYNONYMS["site_name"] if word != "natname"),
    "national_name": COLUMN_NAMES["national_name"],
    "country": SYNONYMS["country"],
}
_LIST_WORDS = {
    **{key(name): name for name in LIST_TYPES},
    "aze": "global_aze",
    "global": "global_aze",
    "national": "national_list",
    "kba": "other_kba",
}
_REALMS = {
    word: realm
    for realm, words in {
        "terrestrial": "terrestrial land terrestre terrestrial terrestris",
        "freshwater": "freshwater inlandwater inlandwaters eaudouce aguadulce aguadoce dulceacuicola",
        "marine": "marine sea marin marino marinha",
    }.items()
    for word in words.split()
}
_STATUS_OF = {list_type: status for status, list_type in LIST_OF.items()}
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_NUMBERS = ("area_km2", "measured_area_km2", "latitude", "longitude")


@dataclass(frozen=True)
class SiteTable:
    """What a table says of sites.

    Attributes
    ----------
    sites : geopandas.GeoDataFrame
        One row per site, columns as `COLUMNS`, EPSG:4326, in the order of the table: those of
        `aze_core.sources.kba`, `realm` (terrestrial, freshwater, marine) and `kba_id`. `geometry` is a point,
        or missing as `latitude` and `longitude` are; `measured_area_km2` is always missing.
    coverage : pandas.DataFrame
        `site_id`, `vintage` (year), `share` (0 to 1): only where both are known.
    report : ImportReport
        Of rows that were merged into one site, each counts as accepted.
    """

    sites: gpd.GeoDataFrame
    coverage: pd.DataFrame
    report: ImportReport


# ---------------------------------------------------------------- degrees

_SIGNS = str.maketrans(dict(zip("−º˚′’‘´″”“", "-°°''''\"\"\"", strict=True)))
_DECIMAL = re.compile(r"[+-]?\d{1,12}([.,]\d*)?([eE][+-]?\d{1,3})?")
_DEGREES = re.compile(
    r"""
    (?P<before>[NSEWO])?\s*
    (?P<sign>[+-])?\s*
    (?P<d>\d{1,3}([.,]\d+)?)\s*[°:\s]?\s*
    ((?P<m>(?<!\d)\d{1,2}([.,]\d+)?)\s*[':\s]?\s*
    ((?P<s>(?<!\d)\d{1,2}([.,]\d+)?)\s*("|'')?)?)?\s*
    (?P<after>[NSEWO])?
    """,
    re.VERBOSE,
)


def parse_degrees(text: str) -> tuple[float, str] | None:
    """Degrees as tables write them: decimal, or degrees, minutes and seconds.

    Returns
    -------
    (float, str) or None
        Degrees, negative in the south and west, and the axis that a letter names (``latitude``,
        ``longitude`` or empty); None where the text is no such number.

    Notes
    -----
    O is taken as west (oeste, ouest), not as the German east.

    Examples
    --------
    >>> parse_degrees("12°30'S"), parse_degrees("-12,5"), parse_degrees("W 70 15 36"), parse_degrees("12°75'")
    ((-12.5, 'latitude'), (-12.5, ''), (-70.26, 'longitude'), None)
    """
    text = " ".join(text[:100].translate(_SIGNS).upper().split())
    if _DECIMAL.fullmatch(text):
        return float(text.replace(",", ".")), ""
    found = _DEGREES.fullmatch(text)
    if found is None or (found["before"] and found["after"]):
        return None
    letter = found["before"] or found["after"] or ""
    parts = [float(found[name].replace(",", ".")) if found[name] else 0.0 for name in "dms"]
    whole = [name for name, following in (("d", "m"), ("m", "s")) if found[following]]
    if max(parts[1:]) >= 60 or any(not found[name].isdigit() for name in whole):
        return None
    # a minus before a northern or eastern place says two things
    if found["sign"] == "-" and letter and letter in "NE":
        return None
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    south_or_west = found["sign"] == "-" or (letter and letter in "SWO")
    axis = "" if not letter else "latitude" if letter in "NS" else "longitude"
    return -degrees if south_or_west else degrees, axis


# ---------------------------------------------------------------- mapping


def suggest_mapping(sheet: Sheet) -> tuple[dict[str, str], dict[str, Guess]]:
    """A mapping to be confirmed by the user, and how sure each column of it is.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    (dict of str to str, dict of str to Guess)
        Field of `FIELDS` to column, and the guesses behind it.

    Examples
    --------
    >>> from aze_core.sources.tables import read_cells
    >>> [sheet] = read_cells(b"Code;Site name;Pais;Lat;Long;Area (ha)\\nA;Ash Hill;Peru;1;2;3\\n")
    >>> suggest_mapping(sheet)[0]
    {'site_id': 'Code', 'name': 'Site name', 'iso3': 'Pais', 'latitude': 'Lat', 'longitude': 'Long',
     'area_km2': 'Area (ha)'}
    """
    if recognise(sheet.header) == "aze_2010":
        guesses = {
            name: Guess(sheet.header[place], 1.0, "name")
            for name, column in _AZE_2010.items()
            if (place := sheet.place(column)) is not None
        }
    else:
        wanted = ["country" if field == "iso3" else field for field in FIELDS]
        guesses = guess_columns(sheet.header, [cells for _, cells in sheet.rows[:200]], wanted, _NAMES)
        if "country" in guesses:
            guesses["iso3"] = guesses.pop("country")
        if "site_id" not in guesses and "kba_id" in guesses:
            guesses["site_id"] = guesses.pop("kba_id")
        if "cover_share" not in guesses:
            guesses.pop("cover_year", None)
        guesses = {field: guesses[field] for field in FIELDS if field in guesses}
    return {field: guess.column for field, guess in guesses.items()}, guesses


# ---------------------------------------------------------------- reading


def read_site_table(
    sheet: Sheet,
    mapping: Mapping[str, str],
    countries: pd.DataFrame,
    *,
    country_names: Mapping[str, str] | None = None,
    list_type: str = "",
    area_unit: str = "",
    cover_year: int | None = None,
    share_scale: str = "",
    one_row_per_site: bool | None = None,
) -> SiteTable:
    """Sites out of a table.

    Parameters
    ----------
    sheet : Sheet
        As `aze_core.sources.tables.read_cells` gives it.
    mapping : mapping of str to str
        Field of `FIELDS` to column. Needed are `site_id`, `name` or `national_name`; the AZE 2019 list alone
        can do without.
    countries : pandas.DataFrame
        `iso3` and names, as in data/countries.csv.
    country_names : mapping of str to str, optional
        Further names or codes of countries, with their ISO3.
    list_type : {"", "global_aze", "national_list", "de_listed", "other_kba"}
        What kind of list it is, for rows that do not say. Empty: ``global_aze`` for the lists of AZE, else
        ``other_kba``.
    area_unit : {"", "km2", "ha"}
        Unit of the area; taken from the name of its column where empty.
    cover_year : int, optional
        Year of the cover, where no column gives it. Without one the name of the column may hold it.
    share_scale : {"", "fraction", "percent"}
        Scale of the cover; recognised where empty.
    one_row_per_site : bool, optional
        False: rows repeat a site, one per species, and are merged. Without it the table of 2010 alone is
        taken so.

    Returns
    -------
    SiteTable

    Raises
    ------
    DataError
        A field or column that does not exist, a mapping without site, or an identifier that stands for so
        many names that it identifies nothing.

    Notes
    -----
    A site whose point is missing or impossible is kept without one: unknown is not zero. Latitude and
    longitude that stand in each other's column are told where a letter or a number above 90 gives them away,
    and not otherwise: look at the map before you trust the points. Rows of one identifier that say the same
    are one; others are set aside, for which of them is right cannot be told. In tables that repeat a site
    the first value stands, and one identifier with two unrelated names is two sites, called as
    `read_trigger_species` calls them.

    Examples
    --------
    >>> from aze_core.sources.tables import read_cells
    >>> [sheet] = read_cells(b"id;site;country;lat;lon;area (ha);protected 2020\\n"
    ...                      b"7;Ash Hill;Peru;12 30'S;70,25 W;500;25%\\n")
    >>> found = read_site_table(sheet, {"site_id": "id", "name": "site", "iso3": "country", "latitude": "lat",
    ...     "longitude": "lon", "area_km2": "area (ha)", "cover_share": "protected 2020"},
    ...     pd.DataFrame({"iso3": ["PER"], "name_en": ["Peru"]}))
    >>> found.sites[["site_id", "iso3", "latitude", "longitude", "area_km2"]].values.tolist()
    [['7', 'PER', -12.5, -70.25, 5.0]]
    >>> found.coverage.values.tolist()
    [['7', 2020, 0.25]]
    """
    for name, came, expected in (
        ("list_type", list_type, ("", *LIST_TYPES)),
        ("area_unit", area_unit, ("", "km2", "ha")),
        ("share_scale", share_scale, ("", "fraction", "percent")),
    ):
        if came not in expected:
            raise ValueError(f"`{name}` was {came!r} but is expected to be in {set(expected)}")
    known = recognise(sheet.header)
    places = sheet.places(mapping, FIELDS)
    if not {"site_id", "name", "national_name"} & set(places) and known != "aze_2019":
        raise DataError("no_site_column", file=sheet.file, found=", ".join(sheet.header)[:2000])
    if known == "aze_2010" and cover_year is None:
        cover_year = _AZE_2010_VINTAGE
    if not list_type and known:
        list_type = "global_aze"
    if one_row_per_site is None:
        one_row_per_site = known != "aze_2010"
    reader = _Reader(sheet, places, CountryIndex(countries, country_names))
    reader.name_rows()
    reader.identify(one_row_per_site)
    reader.read_places()
    reader.read_area(area_unit)
    reader.read_lists(list_type)
    reader.read_words()
    reader.read_cover(cover_year, share_scale)
    reader.unite(one_row_per_site)
    return reader.frames()


@dataclass
class _Row:
    """A row: its number, its cells by field, and what became of them."""

    number: int
    texts: dict[str, str]
    named: NamedRow
    values: dict[str, Any]


class _Reader:
    def __init__(self, sheet: Sheet, places: dict[str, int], index: CountryIndex) -> None:
        self.sheet, self.places, self.index = sheet, places, index
        self.report = ImportReport()
        self.report.merge(sheet.report)
        self.rows: list[_Row] = []
        self.nameless = not {"site_id", "name", "national_name"} & set(places)
        self.has_points = {"latitude", "longitude"} <= set(places)
        used = set(places.values())
        unused = [name for n, name in enumerate(sheet.header) if n not in used]
        if unused:
            self.tell("noted", "unused_columns", value=len(unused), detail=", ".join(unused))

    def tell(
        self,
        action: str,
        rule: str,
        row: _Row | int | None = None,
        field: str = "",
        value: object = "",
        detail: str = "",
    ) -> None:
        number = row.number if isinstance(row, _Row) else row
        column = self.column(field)
        self.report.add(action, rule, self.sheet.file, number, column, value, detail)

    def column(self, field: str) -> str:
        """Columns of a field, or of several joined by a comma, as the table calls them."""
        names = [self.sheet.header[self.places[name]] for name in field.split(", ") if name in self.places]
        return ", ".join(names)

    def cells(self, field: str) -> list[str]:
        return [row.texts.get(field, "") for row in self.rows]

    # -- which site

    def name_rows(self) -> None:
        for number, cells in self.sheet.rows:
            texts = {field: " ".join(cells[place].split()) for field, place in self.places.items()}

            def note(action: str, rule: str, column: str, value: object = "", detail: str = "") -> None:
                self.tell(action, rule, number, column, value, detail)  # noqa: B023 - called in this turn

            for field in ("name", "national_name"):
                if field in texts:
                    texts[field] = readable(texts[field], field, note) or ""
                    texts[field] = "" if is_not_known(texts[field]) else texts[field]
            name = texts.get("name") or texts.get("national_name", "")
            site_id, country = texts.get("site_id", ""), texts.get("iso3", "")
            if self.nameless:
                others = [cell for n, cell in enumerate(cells) if n != self.places.get("iso3")]
                if all(is_not_known(cell) for cell in others):
                    self.tell("set_aside", "no_site", number, "iso3", country, "nothing but a country")
                    continue
                site_id = row_identifier(others, country)
            named = NamedRow.of(number, site_id, name, country)
            if not named.site_id and not named.name:
                self.tell("set_aside", "no_site", number, "site_id, name, national_name")
                continue
            if not named.name and not self.nameless:
                self.tell("noted", "no_name", number, "name, national_name")
            national = texts.get("national_name") or None
            self.rows.append(_Row(number, texts, named, {"name": name or None, "national_name": national}))
        if self.nameless and self.rows:
            detail = "the table names no sites: identifiers are made from country and content of the row"
            self.tell("noted", "identifiers_made", value=len(self.rows), detail=detail)

    def identify(self, one_row_per_site: bool) -> None:
        named = [row.named for row in self.rows]
        if one_row_per_site:
            # a given identifier stands as it is: who shares it is settled by what the rows say
            made = own_sites([one for one in named if not one.site_id])
            found = {one.number: (one.site_id, "") for one in named if one.site_id} | made
        else:
            found = own_sites(named, self.sheet.file)
        for row in self.rows:
            site, detail = found[row.number]
            if detail:
                action = "set_aside" if site is None else "repaired"
                self.tell(action, "one_id_two_sites", row, "site_id", row.named.site_id, detail)
            row.values["site_id"] = site
        self.rows = [row for row in self.rows if row.values["site_id"] is not None]
        count = sum(not one.site_id for one in named)
        if count:
            detail = "made from country and name"
            self.tell("noted", "identifiers_made", field="site_id", value=count, detail=detail)

    # -- where

    def read_places(self) -> None:
        if not self.has_points:
            detail = "the table gives no points: all sites are kept without one"
            self.tell("noted", "no_points", value=len(self.rows), detail=detail)
        if "iso3" not in self.places:
            self.tell("noted", "no_iso3", value=len(self.rows), detail="the table names no countries")
        for row in self.rows:
            text = row.texts.get("iso3", "")
            codes, unknown = self.index.find(text)
            for part in unknown:
                detail = f"{part[:100]} is no country or territory known here; left out"
                self.tell("noted", "unknown_country", row, "iso3", text, detail)
            if not codes and "iso3" in self.places:
                self.tell("noted", "no_iso3", row, "iso3", text)
            row.values["iso3"] = ";".join(codes) or None
            is_code = all(re.fullmatch(r"[A-Za-z]{3}|\d{3}", part.strip()) for part in re.split("[;,]", text))
            row.values["country_name"] = None if is_not_known(text) or is_code else text
            point = self.point(row) if self.has_points else None
            row.values["latitude"], row.values["longitude"] = point or (math.nan, math.nan)

    def point(self, row: _Row) -> tuple[float, float] | None:
        """Latitude and longitude of a row, or None, said why."""
        texts = row.texts["latitude"], row.texts["longitude"]
        shown = f"{texts[0]} {texts[1]}".strip()

        def left(rule: str, detail: str) -> tuple[float, float] | None:
            self.tell("repaired", rule, row, "latitude, longitude", shown, f"left without point: {detail}")
            return None

        given = [not is_not_known(text) for text in texts]
        if not any(given):
            return None
        if not all(given):
            return left("half_point", "one of two coordinates is missing")
        parsed = [parse_degrees(text) for text in texts]
        if parsed[0] is None or parsed[1] is None:
            return left("bad_coordinate", "expected degrees such as -12.5 or 12°30'S")
        (latitude, first), (longitude, second) = parsed[0], parsed[1]
        if (first, second) == ("longitude", "latitude"):
            latitude, longitude = longitude, latitude
            detail = f"the letters tell: read as {latitude:g} {longitude:g}"
            self.tell("repaired", "swapped_point", row, "latitude, longitude", shown, detail)
        elif first == "longitude" or second == "latitude":
            return left("bad_coordinate", "the letters contradict the columns")
        if abs(latitude) > 90 and abs(latitude) <= 180 and abs(longitude) <= 90:
            return left("swapped_point", "latitude and longitude seem to stand in each other's column")
        if abs(latitude) > 90 or abs(longitude) > 180:
            return left("outside_world", "expected -90 to 90 and -180 to 180 degrees")
        if latitude == 0 and longitude == 0:
            return left("null_island", "(0, 0) stands for an unknown place")
        return latitude, longitude

    # -- what

    def read_area(self, unit: str) -> None:
        column = self.column("area_km2")
        factor = {"km2": 1.0, "ha": 0.01}.get(unit) if unit else _unit(column)
        cells = self.cells("area_km2")
        sign = decimal_sign(cells)
        if column and factor is None:
            detail = "hectares or km²? left unknown"
            self.tell("noted", "area_without_unit", field="area_km2", value=column, detail=detail)
        for row, cell in zip(self.rows, cells, strict=True):
            row.values["area_km2"], row.values["area_source"] = math.nan, None
            if is_not_known(cell) or factor is None:
                continue
            number = parse_number(cell, sign)
            if number is None:
                self.tell("noted", "bad_number", row, "area_km2", cell, "taken as unknown")
            elif number <= 0:
                detail = "no area can be this; taken as unknown"
                self.tell("noted", "area_zero", row, "area_km2", cell, detail)
            else:
                row.values["area_km2"], row.values["area_source"] = number * factor, column

    def read_lists(self, otherwise: str) -> None:
        if not otherwise and not {"aze_status", "list_type"} & set(self.places):
            detail = "the table does not say which sites are AZE: all are taken as other_kba"
            self.tell("noted", "no_aze_status", detail=detail)
        otherwise = otherwise or "other_kba"
        for row in self.rows:
            status, kind = self.word(row, "aze_status"), self.word(row, "list_type")
            if kind is None and status is not None:
                kind = LIST_OF[status]
            kind = kind or otherwise
            row.values["list_type"] = kind
            row.values["aze_status"] = status or _STATUS_OF.get(kind, "none")

    def word(self, row: _Row, field: str) -> str | None:
        """A word of a closed list; None where nothing, or something else, is said."""
        words, rule = {
            "aze_status": (AZE_WORDS, "unknown_aze_status"),
            "list_type": (_LIST_WORDS, "unknown_list_type"),
            "realm": (_REALMS, "unknown_realm"),
        }[field]
        text = row.texts.get(field, "")
        if is_not_known(text):
            return None
        found = words.get(text.casefold() if field == "aze_status" else key(text))
        if found is None:
            expected = ", ".join(dict.fromkeys(words.values()))
            self.tell("noted", rule, row, field, text, f"left out; expected {expected}")
        return found

    def read_words(self) -> None:
        for row in self.rows:
            row.values["realm"] = self.word(row, "realm")
            kba_id = tidy_identifier(row.texts.get("kba_id", ""))
            row.values["kba_id"] = None if is_not_known(kba_id) or kba_id.strip("0") == "" else kba_id
            for field in _TEXTS:
                text = row.texts.get(field, "")
                row.values[field] = None if is_not_known(text) else text
            if row.values["kba_status"]:
                row.values["kba_status"] = row.values["kba_status"].casefold()

    # -- cover

    def read_cover(self, year: int | None, scale: str) -> None:
        column = self.column("cover_share")
        for row in self.rows:
            row.values["share"], row.values["vintage"] = None, None
        if not column:
            return
        if year is None and "cover_year" not in self.places and (named := _YEAR.findall(column)):
            year = int(named[0]) if len(set(named)) == 1 else None
        shares, effective = self.shares(scale)
        if effective:
            of = {"percent": "percentages", "fraction": "shares from 0 to 1"}[effective]
            self.tell("noted", "share_scale", field="cover_share", value=effective, detail=f"read as {of}")
        lost = 0
        for row, share in zip(self.rows, shares, strict=True):
            text = row.texts.get("cover_year", "")
            own = year
            if not is_not_known(text):
                found = _YEAR.fullmatch(text.removesuffix(".0"))
                own = int(found[1]) if found else None
                if own is None:
                    self.tell("repaired", "bad_year", row, "cover_year", text, "left unknown")
            row.values["share"], row.values["vintage"] = share, own
            lost += share is not None and own is None
        if lost:
            detail = "no year is known for them: left out, for cover without its year says little"
            self.tell("noted", "cover_without_year", field="cover_share", value=lost, detail=detail)

    def shares(self, scale: str) -> tuple[list[float | None], str]:
        """Shares of the cover, 0 to 1, and the scale that they came in."""
        cells = self.cells("cover_share")
        sign = decimal_sign(cells)
        numbers = [parse_number(cell, sign) for cell in cells]
        in_words = re.search(r"%|percent|porcent|pourcent|\bpct|perc", self.column("cover_share").casefold())
        if not scale and in_words and any(number is not None and number > 1 for number in numbers):
            scale = "percent"
        certain = scale == "percent"
        # many sites have no cover at all, and 0 is the same on both scales
        telling = [cell for cell, number in zip(cells, numbers, strict=True) if number != 0]
        scale = scale or parse_shares(telling).scale
        found = parse_shares(cells, scale)
        values = list(found.values)
        faults = dict(found.faults)
        for n in found.effectively_all:
            if any(c.isdigit() for c in cells[n]):
                # >95% is a bound, and no measurement of cover
                values[n], faults[n] = None, "share_unclear"
        for n, rule in sorted(faults.items()):
            number = numbers[n]
            if rule == "share_unclear" and certain and number is not None and 0 < number <= 1:
                values[n] = number / 100
            else:
                self.tell("repaired", rule, self.rows[n], "cover_share", cells[n], "left unknown")
        return values, scale

    # -- one row per site

    def unite(self, one_row_per_site: bool) -> None:
        groups: dict[str, list[_Row]] = {}
        for row in self.rows:
            groups.setdefault(row.values["site_id"], []).append(row)
        kept: list[_Row] = []
        for site, group in groups.items():
            first = group[0]
            if one_row_per_site and any(not _same(first.values, row.values) for row in group[1:]):
                for row in group:
                    detail = "several sites carry this identifier"
                    self.tell("set_aside", "duplicate_id", row, "site_id, name, national_name", site, detail)
                continue
            for row in group[1:]:
                if one_row_per_site:
                    detail = f"the same as row {first.number}"
                    self.tell("noted", "duplicate_row", row, "site_id, name, national_name", site, detail)
                else:
                    self.merge(first, row)
            kept.append(first)
        self.rows = kept

    def merge(self, first: _Row, row: _Row) -> None:
        """Fill what the first row of a site lacks; where two rows disagree, the first stands."""
        pairs = (("latitude", "longitude"), ("area_km2", "area_source"), ("share", "vintage"))
        single = [name for name in first.values if not any(name in pair for pair in pairs)]
        for names in (*pairs, *((name,) for name in single)):
            have, come = (tuple(one.values[name] for name in names) for one in (first, row))
            if _is_missing(have[0]):
                first.values.update(zip(names, come, strict=True))
            # other spellings of one name are no contradiction
            elif not _is_missing(come[0]) and have != come and names != ("name",):
                field = {"share": "cover_share", "country_name": "iso3"}.get(names[0], names[0])
                stands = " ".join(str(value) for value in have)
                detail = f"{stands} stands, as in row {first.number}"
                value = " ".join(str(value) for value in come)
                self.tell("noted", f"two_of_{field}", row, field, value, detail)

    # -- frames

    def frames(self) -> SiteTable:
        for row in self.rows:
            given = [row.texts.get(name, "") for name in ("latitude", "longitude")]
            # told once per site, of whose rows one may give what another lacks
            if self.has_points and _is_missing(row.values["latitude"]) and all(map(is_not_known, given)):
                self.tell("noted", "no_point", row, "latitude, longitude", detail="kept without point")
        records = [row.values for row in self.rows]
        frame = pd.DataFrame([{name: one.get(name) for name in COLUMNS} for one in records], columns=COLUMNS)
        for column in COLUMNS[:-1]:
            frame[column] = frame[column].astype("float64" if column in _NUMBERS else "str")
        points = [
            None if _is_missing(one["latitude"]) else shapely.Point(one["longitude"], one["latitude"])
            for one in records
        ]
        sites = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=points, crs="EPSG:4326")
        cover = [one for one in records if one["share"] is not None and one["vintage"] is not None]
        coverage = pd.DataFrame(
            {
                name: pd.Series([one[name] for one in cover], dtype=kind)
                for name, kind in (("site_id", "str"), ("vintage", "int64"), ("share", "float64"))
            }
        )
        return SiteTable(sites, coverage, self.report)


def _unit(column: str) -> float | None:
    """Square kilometres in the unit that the name of a column gives; None where it gives none."""
    for name, factor in AREAS.items():
        if key(column) == key(name):
            return factor
    words = re.split(r"[\W_]+", column.casefold())
    if re.search(r"km2|sqkm|kmsq|squarekilomet|kilometrescarres|kilometroscuadrados", key(column)):
        return 1.0
    if {"ha", "has"} & set(words) or re.search(r"hectar|hectár|areaha$|superficieha$", column.casefold()):
        return 0.01
    return None


def _is_missing(value: object) -> bool:
    return value is None or value != value


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(
        one[name] == other[name] or (_is_missing(one[name]) and _is_missing(other[name])) for name in one
    )

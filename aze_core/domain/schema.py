"""The registry of columns: one place that names every table, column, type, unit, meaning and source.

It checks every frame on its way in (from files) and out (from the database), and writes the data dictionary.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from aze_core.domain.errors import DataError
from aze_core.domain.protected_areas import BASES, KINDS, TIERS

CATEGORIES = ("EX", "EW", "CR", "EN", "VU", "NT", "LC", "DD")
"""IUCN Red List categories, from the most to the least threatened; Data Deficient last."""

_PANDAS = {"text": "str", "integer": "Int64", "number": "float64", "flag": "boolean"}
_SQLITE = {"text": str, "integer": int, "number": float, "flag": int}


@dataclass(frozen=True)
class Column:
    """One column: `kind` is text, integer, number or flag (0/1); bounds are inclusive."""

    name: str
    kind: str
    meaning: str
    unit: str = ""
    source: str = ""
    required: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    late: bool = False  # a fact file or an older version may lack the column, whose values are then missing

    @property
    def expected(self) -> str:
        """What a value of this column has to be, in plain words of the data dictionary."""
        if self.allowed:
            what = "one of " + ", ".join(self.allowed)
        elif self.pattern:
            what = f"text of the form {self.pattern}"
        else:
            what = {
                "text": "text",
                "integer": "a whole number",
                "number": "a number",
                "flag": "0 or 1",
            }[self.kind]
            if self.low is not None and self.high is not None:
                what += f" from {self.low:g} to {self.high:g}"
            elif self.low is not None:
                what += f" of at least {self.low:g}"
        return what if self.required else what + ", or empty where not known"


@dataclass(frozen=True)
class Table:
    """One table: its columns, the columns that identify a row, and the columns that point elsewhere."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    refers: dict[str, tuple[str, str]] = field(default_factory=dict)
    late: bool = False  # versions made before the table was thought of lack it; empty, it is in no hash

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)


LIST_TYPES = ("global_aze", "national_list", "other_kba", "de_listed")
"""Kinds of lists, which are kept apart and never merged."""

REGIONS = ("africa", "americas", "antarctica", "asia", "europe_middle_east", "pacific", "other")
"""Regions of the AZE inventories; `other` for what lies in none, such as the high seas."""

STATUSES = ("historical_baseline", "current", "training")

CONSENT_STAGES = ("unknown", "informed", "consulting", "given", "withheld")
"""How far free, prior and informed consent has come, as a user's own source states it."""

CORRECTIONS = (
    "protected_since",
    "name",
    "point",
    "boundary",
    "species_here",
    "species_not_here",
    "category",
)
"""What a correction can be about."""

_ISO3 = r"[A-Z]{3}"
_SOURCE = Column("source", "text", "Where the row comes from", source="sources.source_id", required=True)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "inventory",
            "The inventory that was loaded: one row",
            (
                Column("inventory_id", "text", "Short name of the inventory", required=True),
                Column("name", "text", "Name of the inventory", required=True),
                Column("version", "text", "Version that its makers gave it", required=True),
                Column(
                    "list_type",
                    "text",
                    "What kind of list it is",
                    required=True,
                    allowed=LIST_TYPES,
                ),
                Column("as_of", "text", "Year or date that the list describes", required=True),
                Column(
                    "status",
                    "text",
                    "Whether it may be used for decisions",
                    required=True,
                    allowed=STATUSES,
                ),
                _SOURCE,
                Column("notice", "text", "Notice that travels with every copy of the data", required=True),
                Column(
                    "derived_from",
                    "text",
                    "Content hash of the version that this one was made from",
                    late=True,
                ),
            ),
            ("inventory_id",),
            {"source": ("sources", "source_id")},
        ),
        Table(
            "sites",
            "Sites: each the last refuge of at least one Endangered or Critically Endangered species",
            (
                Column("site_id", "text", "Identifier of the site in its inventory", required=True),
                Column("name", "text", "Name of the site", required=True),
                Column("national_name", "text", "Name in the country's own language", late=True),
                Column(
                    "list_type",
                    "text",
                    "List that the site stands on",
                    required=True,
                    allowed=LIST_TYPES,
                ),
                Column(
                    "iso3",
                    "text",
                    "Country or territory (ISO 3166 alpha-3), several joined by ;",
                    required=True,
                    pattern=rf"{_ISO3}(;{_ISO3})*",
                ),
                Column(
                    "region",
                    "text",
                    "Region that the inventory names",
                    required=True,
                    allowed=REGIONS,
                ),
                Column(
                    "realm",
                    "text",
                    "Land, fresh water or sea, where known",
                    allowed=("terrestrial", "freshwater", "marine"),
                ),
                Column(
                    "latitude", "number", "Latitude of the site's point", "degrees, WGS 84", low=-90, high=90
                ),
                Column(
                    "longitude",
                    "number",
                    "Longitude of the site's point",
                    "degrees, WGS 84",
                    low=-180,
                    high=180,
                ),
                Column("location_note", "text", "Why the point is missing or doubtful"),
                Column("in_2005_inventory", "flag", "Whether the site was on the 2005 list"),
                Column("kba_id", "text", "Identifier in the World Database of Key Biodiversity Areas"),
                Column(
                    "kba_status", "text", "Status as a Key Biodiversity Area, as the file gives it", late=True
                ),
                Column("area_km2", "number", "Area of the site", "km²", low=0),
                Column(
                    "area_basis",
                    "text",
                    "Whether the area was reported with the site or measured from its boundary (equal-area)",
                    allowed=("reported", "measured"),
                    late=True,
                ),
                Column(
                    "measured_km2",
                    "number",
                    "Area of the site's boundary, measured in an equal-area projection",
                    "km²",
                    low=0,
                    late=True,
                ),
                Column(
                    "human_influence",
                    "number",
                    "Mean human influence index of the part that was not covered in 2016",
                    "index, 0 to 64",
                    low=0,
                    high=64,
                ),
                Column(
                    "attribute_match",
                    "text",
                    "How area, 2016 cover and human influence were matched to the site",
                    allowed=("exact", "fuzzy"),
                ),
                Column(
                    "sensitive",
                    "flag",
                    "Whether the place must not be given away: its name and exact point are withheld",
                    late=True,
                ),
                _SOURCE,
                Column(
                    "attribute_source",
                    "text",
                    "Source of area and human influence",
                    source="sources.source_id",
                ),
            ),
            ("site_id",),
            {"source": ("sources", "source_id"), "attribute_source": ("sources", "source_id")},
        ),
        Table(
            "species",
            "Trigger species: one row each",
            (
                Column("species_id", "text", "Identifier made from the scientific name", required=True),
                Column("scientific_name", "text", "Scientific name", required=True),
                Column("common_name", "text", "Common name"),
                Column("listed_name", "text", "Name in the trigger list, where it is a synonym", late=True),
                Column("class_name", "text", "Taxonomic class"),
                Column("order_name", "text", "Taxonomic order"),
                Column("family_name", "text", "Taxonomic family"),
                Column("category", "text", "IUCN Red List category", allowed=CATEGORIES),
                Column("category_source", "text", "Source of the category", source="sources.source_id"),
                Column(
                    "category_year",
                    "integer",
                    "Year in which the category was published",
                    "year",
                    low=1900,
                    high=2100,
                    late=True,
                ),
                Column(
                    "possibly_extinct", "flag", "Whether the Red List tags it as possibly extinct", late=True
                ),
                Column(
                    "sensitive",
                    "flag",
                    "Whether the species must not be given away: its name and its sites' points are withheld",
                    late=True,
                ),
                _SOURCE,
            ),
            ("species_id",),
            {"source": ("sources", "source_id"), "category_source": ("sources", "source_id")},
        ),
        Table(
            "occurrences",
            "Which trigger species stands at which site",
            (
                Column("site_id", "text", "Site", required=True),
                Column("species_id", "text", "Trigger species", required=True),
                Column(
                    "share",
                    "number",
                    "Share of the population, or of its life stage, at the site; 1: effectively all",
                    "share, 0 to 1",
                    required=True,
                    low=0,
                    high=1,
                ),
                Column(
                    "life_stage", "text", "Life stage that the share speaks of, where it is not the whole"
                ),
                Column("criterion", "text", "Criterion under which the species triggers the site", late=True),
                _SOURCE,
            ),
            ("site_id", "species_id"),
            {
                "site_id": ("sites", "site_id"),
                "species_id": ("species", "species_id"),
                "source": ("sources", "source_id"),
            },
        ),
        Table(
            "coverage",
            "Covered share of a site, reported or computed, by vintage; vintages are separate measurements",
            (
                Column("site_id", "text", "Site", required=True),
                Column(
                    "vintage",
                    "integer",
                    "Year of the measurement",
                    "year",
                    required=True,
                    low=1900,
                    high=2100,
                ),
                Column(
                    "share",
                    "number",
                    "Share of the site covered",
                    "share, 0 to 1",
                    required=True,
                    low=0,
                    high=1,
                ),
                Column("method", "text", "How the share was measured", required=True),
                _SOURCE,
            ),
            ("site_id", "vintage"),
            {"site_id": ("sites", "site_id"), "source": ("sources", "source_id")},
        ),
        Table(
            "threats",
            "Threats recorded for trigger species (none in the shipped inventory)",
            (
                Column("species_id", "text", "Trigger species", required=True),
                Column("code", "text", "Code in the IUCN threats classification", required=True),
                Column(
                    "entry",
                    "integer",
                    "Number among the entries of the same code, from 1",
                    "number",
                    required=True,
                    low=1,
                ),
                Column("name", "text", "Name of the threat"),
                Column("timing", "text", "Timing"),
                Column("scope", "text", "Share of the population affected"),
                Column("severity", "text", "Decline within that share"),
                Column("invasive_species", "text", "The invasive species, where one is named"),
                _SOURCE,
            ),
            ("species_id", "code", "entry"),
            {"species_id": ("species", "species_id"), "source": ("sources", "source_id")},
        ),
        Table(
            "national",
            "What a country knows of its sites: cost, mandate, own criteria (not in the shipped inventory)",
            (
                Column("site_id", "text", "Site", required=True),
                Column("field", "text", "What the value is about", required=True),
                Column(
                    "entry",
                    "integer",
                    "Number among the values of the field, from 1",
                    "number",
                    required=True,
                    low=1,
                ),
                Column("value", "text", "Value as text", required=True),
                Column("number", "number", "Value as a number, where it is one"),
                Column(
                    "kind", "text", "Kind of the value", required=True, allowed=("number", "text", "flag")
                ),
                Column("unit", "text", "Unit, or currency of a cost"),
                Column("year", "integer", "Year that the value speaks of", "year", low=1900, high=2100),
                Column("stated_source", "text", "Source that the table names"),
                Column("scorable", "flag", "Whether a ranking may use it", required=True),
                _SOURCE,
            ),
            ("site_id", "field", "entry"),
            {"site_id": ("sites", "site_id"), "source": ("sources", "source_id")},
        ),
        Table(
            "rights",
            "Who holds rights at a site and how far consent has come: may filter or lock, never scores",
            (
                Column("site_id", "text", "Site", required=True),
                Column(
                    "entry",
                    "integer",
                    "Number among the entries of the site, from 1",
                    "number",
                    required=True,
                    low=1,
                ),
                Column("rights_holders", "text", "Who holds rights"),
                Column(
                    "overlap_pct",
                    "number",
                    "Part of the site that the territory overlaps",
                    "%",
                    low=0,
                    high=100,
                ),
                Column(
                    "overlap_basis",
                    "text",
                    "Whether the overlap was stated or measured from the boundaries",
                    allowed=("stated", "measured"),
                ),
                Column("consent_stage", "text", "Stage of consent", required=True, allowed=CONSENT_STAGES),
                Column("consent_source", "text", "Where the stage is documented"),
                Column("year", "integer", "Year that the entry speaks of", "year", low=1900, high=2100),
                _SOURCE,
            ),
            ("site_id", "entry"),
            {"site_id": ("sites", "site_id"), "source": ("sources", "source_id")},
        ),
        Table(
            "coverage_runs",
            "The run that computed the cover of the sites, where one did: one row",
            (
                Column("run_id", "text", "Identifier of the run", required=True),
                Column("areas_hash", "text", "SHA-256 of the protected areas", required=True),
                Column("sites_hash", "text", "SHA-256 of the sites' boundaries", required=True),
                Column("settings", "text", "Settings of the run, as JSON", required=True),
                Column("areas_as_of", "text", "Date that the protected areas describe", required=True),
                Column(
                    "until", "integer", "Last year of the curves", "year", required=True, low=1900, high=2100
                ),
                Column("areas", "integer", "Areas counted", "areas", required=True, low=0),
                Column(
                    "undated", "integer", "Areas counted that have no year", "areas", required=True, low=0
                ),
                Column("points", "integer", "Areas known as points only", "areas", required=True, low=0),
                Column("unknown", "integer", "Areas of unknown status", "areas", required=True, low=0),
                Column("proposed", "integer", "Areas proposed", "areas", required=True, low=0),
                Column(
                    "other_country",
                    "integer",
                    "Pairs of a site and an area of another country that overlap and were not counted",
                    "pairs",
                    required=True,
                    low=0,
                ),
                Column(
                    "growth_basis",
                    "text",
                    "Whether yearly growth counts overlaps once or sums reported areas",
                    required=True,
                    allowed=("union", "reported"),
                ),
                _SOURCE,
            ),
            ("run_id",),
            {"source": ("sources", "source_id")},
            late=True,
        ),
        Table(
            "protection_parts",
            "Parts of a site by the year in which they were first protected, computed",
            (
                Column("site_id", "text", "Site", required=True),
                Column(
                    "entry", "integer", "Number among the parts of the site", "number", required=True, low=1
                ),
                Column(
                    "year",
                    "integer",
                    "Year of first protection by a dated area; missing where undated areas alone cover it",
                    "year",
                    low=1800,
                    high=2100,
                ),
                Column("undated", "text", "Undated areas that cover the part too, joined by ;"),
                Column("kind", "text", "By what it is protected", required=True, allowed=KINDS),
                Column("share", "number", "Share of the site", "share, 0 to 1", required=True, low=0, high=1),
                _SOURCE,
            ),
            ("site_id", "entry"),
            {"site_id": ("sites", "site_id"), "source": ("sources", "source_id")},
            late=True,
        ),
        Table(
            "protection_range",
            "Cover of a site, computed: the headline, and what it rests on",
            (
                Column("site_id", "text", "Site", required=True),
                *(
                    Column(name, "number", meaning, "share, 0 to 1", required=True, low=0, high=1)
                    for name, meaning in (
                        ("share", "Headline: covered by polygons that are in force"),
                        ("share_high", "High end: with buffered points and areas of unknown status"),
                        ("share_points", "Part of the high end that buffered points alone cover"),
                        ("share_unknown", "Part of the high end that areas of unknown status alone cover"),
                        ("share_undated", "Part of the headline that undated areas alone cover"),
                        ("share_oecm", "Part of the headline that OECMs alone cover"),
                        ("share_proposed", "What proposed areas would add to the headline"),
                    )
                ),
                Column("first_year", "integer", "First year of any protection", "year", low=1800, high=2100),
                Column("areas", "integer", "Areas in force that cover a part", "areas", required=True, low=0),
                Column(
                    "nearest_area_km",
                    "number",
                    "Great-circle distance from the site's boundary to the nearest area in force whose "
                    "boundary is known, of any country; 0 where one overlaps or touches it",
                    "km",
                    low=0,
                    late=True,
                ),
                _SOURCE,
            ),
            ("site_id",),
            {"site_id": ("sites", "site_id"), "source": ("sources", "source_id")},
            late=True,
        ),
        Table(
            "protection_areas",
            "Which protected areas and OECMs overlap a site, each by itself",
            (
                Column("site_id", "text", "Site", required=True),
                Column(
                    "entry", "integer", "Number among the areas of the site", "number", required=True, low=1
                ),
                Column("area_id", "text", "Identifier of the area", required=True),
                Column("name", "text", "Name of the area"),
                Column("kind", "text", "Protected area or OECM", required=True, allowed=KINDS),
                Column(
                    "tier",
                    "text",
                    "What its status counts for",
                    required=True,
                    allowed=TIERS,
                ),
                Column(
                    "basis",
                    "text",
                    "Whether its boundary is known",
                    required=True,
                    allowed=BASES,
                ),
                Column("status", "text", "Status, as the file gives it"),
                Column("year", "integer", "Year of the status", "year", low=1800, high=2100),
                Column("designation", "text", "Designation in English"),
                Column("iucn_category", "text", "IUCN management category"),
                Column("governance", "text", "Governance type"),
                Column(
                    "share",
                    "number",
                    "Share of the site that the area covers by itself: not to be added up",
                    "share, 0 to 1",
                    required=True,
                    low=0,
                    high=1,
                ),
                _SOURCE,
            ),
            ("site_id", "entry"),
            {"site_id": ("sites", "site_id"), "source": ("sources", "source_id")},
            late=True,
        ),
        Table(
            "protection_trend",
            "Cover of the sites recognised now, by year: median and 2.5 and 97.5 % of the draws",
            (
                Column(
                    "list_type", "text", "List that the sites stand on", required=True, allowed=LIST_TYPES
                ),
                Column(
                    "group_kind",
                    "text",
                    "What the sites have in common",
                    required=True,
                    allowed=("all", "region", "country", "class"),
                ),
                Column("group_code", "text", "Code of the group", required=True),
                Column("year", "integer", "Year", "year", required=True, low=1900, high=2100),
                Column("sites", "integer", "Sites of the group", "sites", required=True, low=1),
                *(
                    Column(
                        f"{name}{end}",
                        "number",
                        f"{meaning}{words}",
                        "share, 0 to 1",
                        required=True,
                        low=0,
                        high=1,
                    )
                    for name, meaning in (
                        ("mean", "Mean covered share"),
                        ("complete", "Share of the sites that are complete"),
                        ("none", "Share of the sites that are uncovered"),
                    )
                    for end, words in (("_low", ", 2.5 %"), ("", ", median"), ("_high", ", 97.5 %"))
                ),
                _SOURCE,
            ),
            ("list_type", "group_kind", "group_code", "year"),
            {"source": ("sources", "source_id")},
            late=True,
        ),
        Table(
            "protection_growth",
            "Area first protected in each year, and the part of it within sites",
            (
                Column(
                    "list_type", "text", "List that the sites stand on", required=True, allowed=LIST_TYPES
                ),
                Column("iso3", "text", "Country or territory, or all", required=True),
                Column("year", "integer", "Year", "year", required=True, low=1800, high=2100),
                Column(
                    "protected_km2", "number", "Area first protected in the year", "km²", required=True, low=0
                ),
                Column("in_sites_km2", "number", "Part of it within sites", "km²", required=True, low=0),
                _SOURCE,
            ),
            ("list_type", "iso3", "year"),
            {"source": ("sources", "source_id")},
            late=True,
        ),
        Table(
            "corrections",
            "Accepted corrections: values of this version that replace those of the files",
            (
                Column("correction_id", "text", "Identifier of the correction", required=True),
                Column("kind", "text", "What it is about", required=True, allowed=CORRECTIONS),
                Column("site_id", "text", "Site that it concerns"),
                Column("species_id", "text", "Species that it concerns"),
                Column("old_value", "text", "Value before, as text"),
                Column("new_value", "text", "Value after, as text", required=True),
                Column("stated_source", "text", "Source that the correction rests on", required=True),
                Column("proposer", "text", "Who proposed it"),
                _SOURCE,
            ),
            ("correction_id",),
            {"source": ("sources", "source_id")},
        ),
        Table(
            "inputs",
            "Files that this version was made from",
            (
                Column("input_id", "text", "Identifier: the source of its rows", required=True),
                Column("kind", "text", "What the file was read as", required=True),
                Column("file", "text", "Name of the file", required=True),
                Column("sha256", "text", "SHA-256 of the file, or of the folder's files", required=True),
                Column("read", "integer", "Rows read", "rows", required=True, low=0),
                Column("accepted", "integer", "Rows accepted", "rows", required=True, low=0),
                Column("repaired", "integer", "Repairs made", "findings", required=True, low=0),
                Column("set_aside", "integer", "Rows set aside", "rows", required=True, low=0),
            ),
            ("input_id",),
            {"input_id": ("sources", "source_id")},
        ),
        Table(
            "figures",
            "Figures that others published; never mixed with computed ones",
            (
                Column("year", "integer", "Year of the figure", "year", required=True, low=1900, high=2100),
                Column("area", "text", "global, or a country (ISO 3166 alpha-3)", required=True),
                Column("measure", "text", "What was counted or measured", required=True),
                Column("value", "number", "Value", required=True),
                Column("unit", "text", "Unit of the value", required=True),
                _SOURCE,
                Column("note", "text", "Note"),
            ),
            ("year", "area", "measure"),
            {"source": ("sources", "source_id")},
        ),
        Table(
            "countries",
            "Countries and territories",
            (
                Column("iso3", "text", "ISO 3166 alpha-3", required=True, pattern=_ISO3),
                Column("iso_numeric", "text", "ISO 3166 numeric"),
                *(
                    Column(f"name_{code}", "text", f"Name in {language}", required=code == "en")
                    for code, language in (
                        ("en", "English"),
                        ("fr", "French"),
                        ("es", "Spanish"),
                        ("ar", "Arabic"),
                        ("ru", "Russian"),
                        ("zh", "Chinese"),
                    )
                ),
                Column("un_region", "text", "UN region"),
                Column("un_subregion", "text", "UN sub-region"),
                Column("income_level", "text", "World Bank income level"),
                Column(
                    "land_area_km2",
                    "number",
                    "Land area, computed equal-area from Natural Earth 50m boundaries",
                    "km²",
                    low=0,
                ),
                _SOURCE,
            ),
            ("iso3",),
            {"source": ("sources", "source_id")},
        ),
        Table(
            "sources",
            "Sources: each row of the other tables names one of these",
            (
                Column("source_id", "text", "Identifier of the source", required=True),
                Column("citation", "text", "Full citation", required=True),
                Column("title_short", "text", "How it is called on screen", required=True),
                Column("vintage", "text", "Year or years that it describes"),
                Column("terms", "text", "Terms of use", required=True),
                Column("url", "text", "Address"),
            ),
            ("source_id",),
        ),
    )
}

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def _value(column: Column, text: str) -> object:
    """Text of one cell as a value of its column, or ValueError."""
    if text == "":
        if column.required:
            raise ValueError
        return None
    if column.kind == "text":
        if column.allowed and text not in column.allowed:
            raise ValueError
        if column.pattern and not re.fullmatch(column.pattern, text):
            raise ValueError
        return text
    if column.kind == "flag":
        return {"0": False, "1": True}[text]
    if not _NUMBER.fullmatch(text):
        raise ValueError
    number = float(text)
    if not math.isfinite(number) or (column.kind == "integer" and not number.is_integer()):
        raise ValueError
    if (column.low is not None and number < column.low) or (column.high is not None and number > column.high):
        raise ValueError
    return int(number) if column.kind == "integer" else number


def empty(table: Table) -> pd.DataFrame:
    """A frame without rows that has the table's columns and types."""
    return pd.DataFrame({c.name: pd.Series(dtype=_PANDAS[c.kind]) for c in table.columns})


def parse(rows: Iterable[tuple[int, list[str]]], header: list[str], table: Table, file: str) -> pd.DataFrame:
    """Cells of text as a typed and checked frame.

    Parameters
    ----------
    rows : iterable of (int, list of str)
        Row number in the file (the header is row 1) and the cells of that row.
    header : list of str
        Column names of the file, in any order; further columns are an error, for a typing slip in a name
        would otherwise lose a column in silence.
    table : Table
    file : str
        Name that errors carry.

    Returns
    -------
    pandas.DataFrame
        The table's columns, in its order; unknown values are missing. Index: the row numbers of the file.

    Raises
    ------
    DataError
        Missing, doubled or unknown column, a row of another length, a value that its column does not take,
        or a key given twice.

    Examples
    --------
    >>> parse([(2, ["aze", "Who 2010", "Who", "", "free", ""])],
    ...       TABLES["sources"].names, TABLES["sources"], "sources.csv")["terms"].tolist()
    ['free']
    """
    for column in table.columns:
        if column.name not in header and not column.late:
            raise DataError("missing_column", file=file, column=column.name, found=", ".join(header))
    for name in header:
        if name not in table.names or header.count(name) > 1:
            raise DataError("unexpected_column", file=file, column=name, expected=", ".join(table.names))
    place = {name: header.index(name) for name in table.names if name in header}
    cells: dict[str, list[object]] = {name: [] for name in table.names}
    numbers: list[int] = []
    seen: dict[tuple[object, ...], int] = {}
    for number, row in rows:
        if len(row) != len(header):
            raise DataError("row_length", file=file, row=number, found=len(row), expected=len(header))
        for column in table.columns:
            text = row[place[column.name]].strip() if column.name in place else ""
            try:
                cells[column.name].append(_value(column, text))
            except (ValueError, KeyError):
                raise DataError(
                    "bad_value",
                    file=file,
                    row=number,
                    column=column.name,
                    value=text,
                    expected=column.expected,
                ) from None
        key = tuple(cells[name][-1] for name in table.key)
        if key in seen:
            raise DataError(
                "duplicate_key",
                file=file,
                row=number,
                column=" + ".join(table.key),
                value=" + ".join(str(part) for part in key),
                first=seen[key],
            )
        seen[key] = number
        numbers.append(number)
    return pd.DataFrame(
        {c.name: pd.Series(cells[c.name], index=numbers, dtype=_PANDAS[c.kind]) for c in table.columns}
    )


def check_references(frames: dict[str, pd.DataFrame]) -> None:
    """Every value that points to another table must stand there.

    Raises
    ------
    DataError
        Naming the file, row (the frame's index), column and value that points to nothing.
    """
    for name, frame in frames.items():
        for column, (other, target) in TABLES[name].refers.items():
            if other not in frames:
                continue
            lost = frame[column].notna() & ~frame[column].isin(frames[other][target])
            if lost.any():
                row: Any = lost.idxmax()
                raise DataError(
                    "bad_value",
                    file=f"{name}.csv",
                    row=row,
                    column=column,
                    value=frame.loc[row, column],
                    expected=f"a {target} of {other}.csv",
                )


def complete(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables, with empty ones in place of late ones that are not there."""
    late = {name: empty(table) for name, table in TABLES.items() if table.late and name not in frames}
    return {**frames, **late}


def conform(frame: pd.DataFrame, table: Table, origin: str) -> pd.DataFrame:
    """A frame read from a database in the table's types and order.

    Raises
    ------
    DataError
        When a column is missing.
    """
    for name in table.names:
        if name not in frame.columns:
            raise DataError("missing_column", file=origin, column=name, found=", ".join(frame.columns))
    return frame[table.names].astype({c.name: _PANDAS[c.kind] for c in table.columns})


def sqlite_types(table: Table) -> dict[str, type]:
    """Python types by column, as the database writer wants them."""
    return {column.name: _SQLITE[column.kind] for column in table.columns}


def dictionary() -> pd.DataFrame:
    """The data dictionary: one row per column of every table.

    Examples
    --------
    >>> dictionary().query("table == 'sites' and column == 'area_km2'")["unit"].item()
    'km²'
    """
    return pd.DataFrame(
        [
            {
                "table": table.name,
                "column": column.name,
                "type": column.kind,
                "unit": column.unit,
                "meaning": column.meaning,
                "expected": column.expected,
            }
            for table in TABLES.values()
            for column in table.columns
        ]
    )

"""What an import is asked to do: which files, read as what, into which version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Choice
from aze_core.domain.schema import LIST_TYPES

KINDS = (
    "sites",
    "site_table",
    "aze_2010",
    "aze_2019",
    "trigger_species",
    "red_list",
    "national",
    "territories",
    "protected_areas",
)
"""What a file can be read as, in the order in which readings enter a version."""

SITES = ("sites", "site_table", "aze_2010", "aze_2019")
"""Kinds that bring sites."""

TABLES = ("site_table", "aze_2010", "aze_2019", "trigger_species", "national")
"""Kinds that come as tables, with columns to be mapped."""

Pairs = tuple[tuple[str, tuple[str, ...]], ...]

_DATE = re.compile(r"(19|20)\d{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


def pairs(name: str, given: Any) -> Pairs:
    """A mapping of names to one or several texts as sorted tuples; `name` is what errors call it."""
    items = given.items() if isinstance(given, Mapping) else given
    made: dict[str, tuple[str, ...]] = {}
    try:
        for key, texts in items:
            made[key] = (texts,) if isinstance(texts, str) else tuple(texts)
    except (TypeError, ValueError):
        made = {"": ()}
    if not all(isinstance(text, str) for key, texts in made.items() for text in (key, *texts)) or "" in made:
        raise SettingError("not_one_of", name=name, value=given, expected="an object of texts")
    return tuple(sorted(made.items()))


@dataclass(frozen=True)
class Input(Choice):
    """One file, and how it is read.

    Attributes
    ----------
    path : str
        File or geodatabase folder.
    kind : str
        One of `KINDS`.
    name : str
        Name that reports carry; the file's own where empty.
    sheet : str
        Sheet of a workbook; the only one where empty.
    mapping : tuple of (str, tuple of str)
        Field to column or columns; guessed where empty. A mapping may be given.
    about : tuple of (str, tuple of str)
        By column of a national table: ``unit=USD``, ``year=2020``, ``source=Ministry``, where the table does
        not say.
    missing_share : float, optional
        Share (0 to 1) of trigger species for which the table gives none.
    share_scale : {"", "fraction", "percent"}
        Scale of the shares; recognised where empty.
    list_type : str
        List that the sites stand on: those of AZE, or all where the file tells none apart; as the file says
        where empty.
    country : str
        ISO 3166 alpha-3 of sites for which the file names no country.
    replaces : bool
        Whether what the base holds of this kind gives way: sites or trigger species that the file does not
        name leave the list.
    as_of : str
        Date that protected areas describe; as the file's name tells, else today's, where empty.
    corrects : tuple of str
        Rows of the base that had been set aside and come corrected in this file, as ``input:row``.

    Examples
    --------
    >>> Input("list.csv", "trigger_species", mapping={"site_id": "Code"}).mapping
    (('site_id', ('Code',)),)
    """

    path: str
    kind: str
    name: str = ""
    sheet: str = ""
    mapping: Pairs = ()
    about: Pairs = ()
    missing_share: float | None = None
    share_scale: str = ""
    list_type: str = ""
    country: str = ""
    replaces: bool = False
    as_of: str = ""
    corrects: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingError("not_one_of", name="kind", value=self.kind, expected=", ".join(KINDS))
        if self.list_type and self.list_type not in LIST_TYPES:
            raise SettingError(
                "not_one_of", name="list_type", value=self.list_type, expected=", ".join(LIST_TYPES)
            )
        if self.missing_share is not None and not 0 < self.missing_share <= 1:
            raise SettingError("bad_number", name="missing_share", value=self.missing_share, low=0, high=1)
        if self.share_scale not in ("", "fraction", "percent"):
            raise SettingError(
                "not_one_of", name="share_scale", value=self.share_scale, expected="fraction, percent"
            )
        if self.country and not re.fullmatch("[A-Z]{3}", self.country):
            raise SettingError("not_one_of", name="country", value=self.country, expected="an ISO 3166 code")
        if self.as_of and not _DATE.fullmatch(self.as_of):
            raise SettingError("bad_date", value=self.as_of)
        object.__setattr__(self, "path", str(self.path))
        object.__setattr__(self, "name", self.name or Path(self.path).name)
        object.__setattr__(self, "mapping", pairs("mapping", self.mapping))
        object.__setattr__(self, "about", pairs("about", self.about))
        object.__setattr__(self, "corrects", tuple(self.corrects))

    @property
    def columns(self) -> dict[str, str | list[str]]:
        """The mapping as readers take it."""
        lists = ("species_names", "species_columns")
        return {name: list(texts) if name in lists else texts[0] for name, texts in self.mapping if texts}

    @property
    def details(self) -> dict[str, dict[str, str]]:
        """Unit, year and source by column, as the reader of national tables takes them."""
        return {
            column: dict(text.split("=", 1) for text in texts if "=" in text) for column, texts in self.about
        }


@dataclass(frozen=True)
class ImportPlan(Choice):
    """What is imported, and what the version is called.

    Attributes
    ----------
    inputs : tuple of Input
        In any order; they enter in the order of `KINDS`.
    name : str
        Name of the inventory; that of the base where empty.
    list_version : str
        Version that its makers gave the list; `as_of` where empty.
    as_of : str
        Year, month or day that the list describes (``2026``, ``2026-03``, ``2026-03-01``); that of the base
        where empty.
    list_type : str
        Main list of the inventory: what pages show first.
    base : str
        Content hash of the version that the files are added to; empty for a new inventory.

    Examples
    --------
    >>> ImportPlan((Input("kba.zip", "sites"),), "Peru", as_of="2026-03").list_type
    'global_aze'
    """

    inputs: tuple[Input, ...]
    name: str = ""
    list_version: str = ""
    as_of: str = ""
    list_type: str = "global_aze"
    base: str = ""

    def __post_init__(self) -> None:
        made = tuple(one if isinstance(one, Input) else Input.from_dict(one) for one in self.inputs)
        object.__setattr__(self, "inputs", made)
        if self.list_type not in LIST_TYPES:
            raise SettingError(
                "not_one_of", name="list_type", value=self.list_type, expected=", ".join(LIST_TYPES)
            )
        if self.as_of and not _DATE.fullmatch(self.as_of):
            raise SettingError("bad_date", value=self.as_of)
        if not made:
            raise SettingError("no_inputs")
        if not self.base:
            if not self.name.strip():
                raise SettingError("no_inventory_name")
            if not self.as_of:
                raise SettingError("no_as_of")

"""A correction of the data: what it is about, what is said, and on what it rests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Choice, checked_number
from aze_core.domain.schema import CATEGORIES, CORRECTIONS

_ABOUT_SPECIES = ("species_not_here", "category")
_LONGEST = 2_000_000


@dataclass(frozen=True)
class Correction(Choice):
    """What somebody says is otherwise than the files have it.

    Attributes
    ----------
    kind : str
        One of `aze_core.domain.schema.CORRECTIONS`.
    site_id, species_id : str
        What it concerns; the species for those about species that are listed.
    said : tuple of (str, str or float)
        What is said, by name: `year` and `share` (0 to 1) for ``protected_since``; `name`; `latitude` and
        `longitude` for ``point``; `geojson` for ``boundary``; `scientific_name`, `class_name`, `category` and
        `share` for ``species_here``; `category`. A mapping may be given.
    stated_source : str
        What it rests on: a decree, a publication, a map, a person and a date.
    proposer : str
        Who says so.

    Examples
    --------
    >>> Correction("name", "A", said={"name": "Ash Hill"}, stated_source="Gazette 12/2020").value("name")
    'Ash Hill'
    """

    kind: str
    site_id: str = ""
    species_id: str = ""
    said: tuple[tuple[str, Any], ...] = field(default=())
    stated_source: str = ""
    proposer: str = ""

    def __post_init__(self) -> None:
        if self.kind not in CORRECTIONS:
            raise SettingError("not_one_of", name="kind", value=self.kind, expected=", ".join(CORRECTIONS))
        if not self.stated_source.strip():
            raise SettingError("no_source")
        if not self.site_id and self.kind != "category":
            raise SettingError("correction_lacks", what="site_id")
        if self.kind in _ABOUT_SPECIES and not self.species_id:
            raise SettingError("correction_lacks", what="species_id")
        items = self.said.items() if isinstance(self.said, dict) else self.said
        said = {str(name): item for name, item in items}
        object.__setattr__(self, "said", tuple(sorted(_checked(self.kind, said).items())))
        for name in ("stated_source", "proposer"):
            object.__setattr__(self, name, " ".join(getattr(self, name).split())[:500])

    def value(self, name: str) -> Any:
        """What is said under a name; None where nothing is."""
        return dict(self.said).get(name)

    def to_json(self) -> str:
        """The correction as a JSON text."""
        return json.dumps({**self.to_dict(), "said": dict(self.said)}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Correction:
        """A correction from a JSON text."""
        return cls.from_dict(json.loads(text))


def _checked(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """What is said, with the values that the kind takes and no others."""
    if kind == "protected_since":
        year = checked_number("year", said.get("year"), 1800, 2100)
        return {"year": int(year), "share": checked_number("share", said.get("share"), 0, 1)}
    if kind == "point":
        latitude = checked_number("latitude", said.get("latitude"), -90, 90)
        return {
            "latitude": latitude,
            "longitude": checked_number("longitude", said.get("longitude"), -180, 180),
        }
    if kind == "name":
        return {"name": _text("name", said)}
    if kind == "boundary":
        return {"geojson": _text("geojson", said, _LONGEST)}
    if kind == "category":
        return {"category": _category(said)}
    if kind == "species_here":
        made: dict[str, Any] = {"scientific_name": _text("scientific_name", said)}
        if said.get("class_name"):
            made["class_name"] = _text("class_name", said)
        if said.get("category"):
            made["category"] = _category(said)
        made["share"] = checked_number("share", said.get("share", 1.0), 0, 1)
        return made
    return {}


def _text(name: str, said: dict[str, Any], longest: int = 300) -> str:
    text = " ".join(str(said.get(name) or "").split())
    if not text or len(text) > longest:
        raise SettingError("correction_lacks", what=name)
    return text


def _category(said: dict[str, Any]) -> str:
    given = str(said.get("category"))
    if given not in CATEGORIES:
        raise SettingError("not_one_of", name="category", value=given, expected=", ".join(CATEGORIES))
    return given

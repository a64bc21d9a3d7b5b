"""Small inventories typed by hand: what a test needs to know of its sites stands in the test."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aze_core.domain.model import Inventory, InventoryVersion, inventory_of
from aze_core.domain.schema import TABLES, empty
from aze_core.sources.facts import OPTIONAL
from aze_core.store.inventory import describe

Frames = dict[str, pd.DataFrame]
Place = str | tuple[str, float] | tuple[str, float, str]

SITES: dict[str, dict[str, Any]] = {
    "A": {
        "name": "Ash Hill",
        "iso3": "MEX",
        "region": "americas",
        "area": 10,
        "influence": 10,
        "cover": {2010: 0.0, 2016: 0.0},
    },
    "B": {
        "name": "Birch Lake",
        "iso3": "MEX;USA",
        "region": "americas",
        "area": 20,
        "influence": 20,
        "cover": {2010: 0.0},
    },
    "C": {
        "name": "Cedar Île",
        "iso3": "FRA",
        "region": "europe_middle_east",
        "area": 40,
        "cover": {2010: 0.1, 2016: 0.5},
    },
    "D": {
        "name": "Dune",
        "iso3": "MEX",
        "region": "americas",
        "influence": 30,
        "cover": {2010: 0.02},
        "point": None,
    },
}
"""Four sites: A and B uncovered, C half covered, D at the edge of uncovered, without point and area."""

SPECIES: dict[str, tuple[str | None, list[Place]]] = {
    "a1": ("CR", ["A"]),
    "a2": ("CR", ["A"]),
    "b1": ("CR", ["B"]),
    "b2": ("EN", ["B"]),
    "c1": ("EN", ["C"]),
    "c2": (None, ["C"]),
    "d1": ("EW", ["D"]),
}
"""Their species: category and places (site, share, life stage). C has one of unknown category, D only one
that is Extinct in the Wild."""


def frame(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a frame of the registry's types; what a row does not name is missing."""
    return pd.DataFrame(
        {
            column: pd.array([row.get(column) for row in rows], dtype=kind)
            for column, kind in _kinds(name).items()
        }
    )


@cache
def _kinds(name: str) -> dict[str, Any]:
    return {str(column): kind for column, kind in empty(TABLES[name]).dtypes.items()}


def make_frames(
    sites: Mapping[str, Mapping[str, Any]] = SITES,
    species: Mapping[str, tuple[str | None, list[Place]]] = SPECIES,
    classes: Mapping[str, str] | None = None,
) -> Frames:
    """All fact tables of a small inventory.

    `sites`: by identifier; `name`, `iso3`, `region`, `area`, `influence`, `cover` (share by year) and `point`
    (None: not known), each with a default. `species`: by identifier; category and places.
    """
    codes = sorted({code for site in sites.values() for code in site.get("iso3", "MEX").split(";")})
    points = {key: site.get("point", (at, -at)) for at, (key, site) in enumerate(sites.items())}
    return {
        "inventory": _always()["inventory"],
        "sites": frame(
            "sites",
            [
                {
                    "site_id": key,
                    "name": site.get("name", f"Site {key}"),
                    "list_type": site.get("list", "global_aze"),
                    "iso3": site.get("iso3", "MEX"),
                    "region": site.get("region", "americas"),
                    "latitude": None if points[key] is None else points[key][0],
                    "longitude": None if points[key] is None else points[key][1],
                    "in_2005_inventory": True,
                    "area_km2": site.get("area"),
                    "human_influence": site.get("influence"),
                    "source": "hand",
                }
                for key, site in sites.items()
            ],
        ),
        "species": frame(
            "species",
            [
                {
                    "species_id": key,
                    "scientific_name": f"Species {key}",
                    "class_name": (classes or {}).get(key, "Aves"),
                    "category": category,
                    "source": "hand",
                }
                for key, (category, _) in species.items()
            ],
        ),
        "occurrences": frame(
            "occurrences",
            [
                {
                    "site_id": place if isinstance(place, str) else place[0],
                    "species_id": key,
                    "share": 1.0 if isinstance(place, str) else place[1],
                    "life_stage": None if isinstance(place, str) or len(place) < 3 else place[2],
                    "source": "hand",
                }
                for key, (_, places) in species.items()
                for place in places
            ],
        ),
        "coverage": frame(
            "coverage",
            [
                {"site_id": key, "vintage": year, "share": share, "method": "guess", "source": "hand"}
                for key, site in sites.items()
                for year, share in site.get("cover", {2010: 0.0}).items()
            ],
        ),
        **{name: _always()[name] for name in OPTIONAL},
        "figures": _always()["figures"],
        "countries": frame(
            "countries",
            [{"iso3": code, "name_en": f"Land {code}", "source": "hand"} for code in codes],
        ),
        "sources": _always()["sources"],
    }


@cache
def _always() -> Frames:
    """The tables that are the same in every small inventory."""
    inventory = {
        "inventory_id": "small",
        "name": "Small",
        "version": "1",
        "list_type": "global_aze",
        "as_of": "2010",
        "status": "training",
        "source": "hand",
        "notice": "Typed by hand, not for decisions.",
    }
    figure = {
        "year": 2010,
        "area": "global",
        "measure": "sites",
        "value": 4.0,
        "unit": "sites",
        "source": "hand",
    }
    source = {"source_id": "hand", "citation": "By hand.", "title_short": "Hand", "terms": "free"}
    return {
        "inventory": frame("inventory", [inventory]),
        "figures": frame("figures", [figure]),
        "sources": frame("sources", [source]),
        **{name: frame(name, []) for name in OPTIONAL},
    }


@cache
def _small_version() -> InventoryVersion:
    return describe(make_frames())


def as_inventory(frames: Frames, version: InventoryVersion | None = None) -> Inventory:
    """The frames as an inventory in memory, without a file between."""
    return inventory_of(frames, version or describe(frames))


def make_inventory(
    sites: Mapping[str, Mapping[str, Any]] = SITES,
    species: Mapping[str, tuple[str | None, list[Place]]] = SPECIES,
    classes: Mapping[str, str] | None = None,
) -> Inventory:
    """A small inventory in memory; see `make_frames`. Its version speaks of the four sites."""
    return as_inventory(make_frames(sites, species, classes), _small_version())


def shuffled(frames: Frames, seed: int) -> Frames:
    """The same facts with rows in another order."""
    return {
        name: table.sample(frac=1, random_state=seed).reset_index(drop=True) for name, table in frames.items()
    }


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    return str(int(value)) if isinstance(value, bool | np.bool_) else str(value)


def write_facts(folder: Path, frames: Frames | None = None) -> Path:
    """The frames as a folder of fact tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (frames or make_frames()).items():
        if name in OPTIONAL and table.empty:
            continue
        rows = [table.columns, *([_text(item) for item in row] for row in table.itertuples(index=False))]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
    return folder


def set_cell(folder: Path, table: str, row: int, column: str, text: str) -> None:
    """Overwrite one cell of a fact table; the header is row 1."""
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[row - 1][rows[0].index(column)] = text
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by path, as bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

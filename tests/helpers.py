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
    national: Mapping[str, Mapping[str, float | str]] | None = None,
    threats: Sequence[tuple[str, str, str | None, str | None, str | None]] = (),
    high_cover: Mapping[str, float] | None = None,
) -> Frames:
    """All fact tables of a small inventory.

    `sites`: by identifier; `name`, `iso3`, `region`, `area`, `influence`, `cover` (share by year) and `point`
    (None: not known), each with a default. `species`: by identifier; category and places. `national`: a
    country's own values by field and site. `threats`: species, code, timing, scope and severity.
    `high_cover`: sites whose cover was computed, with the high end of its range.
    """
    high_cover = high_cover or {}
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
                    "realm": site.get("realm"),
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
                {
                    "site_id": key,
                    "vintage": year,
                    "share": share,
                    "method": "computed" if key in high_cover else "guess",
                    "source": "hand",
                }
                for key, site in sites.items()
                for year, share in site.get("cover", {2010: 0.0}).items()
            ],
        ),
        **{name: _always()[name] for name in OPTIONAL},
        **({"national": _national(national)} if national else {}),
        **({"threats": _threats(threats)} if threats else {}),
        **({"protection_range": _ranges(sites, high_cover)} if high_cover else {}),
        "figures": _always()["figures"],
        "countries": frame(
            "countries",
            [{"iso3": code, "name_en": f"Land {code}", "source": "hand"} for code in codes],
        ),
        "sources": _always()["sources"],
    }


def _national(fields: Mapping[str, Mapping[str, float | str]]) -> pd.DataFrame:
    return frame(
        "national",
        [
            {
                "site_id": site,
                "field": field,
                "entry": 1,
                "value": str(value),
                "number": None if isinstance(value, str) else value,
                "kind": "text" if isinstance(value, str) else "number",
                "scorable": not isinstance(value, str),
                "source": "hand",
            }
            for field, values in fields.items()
            for site, value in values.items()
        ],
    )


def _threats(rows: Sequence[tuple[str, str, str | None, str | None, str | None]]) -> pd.DataFrame:
    names = ("species_id", "code", "timing", "scope", "severity")
    return frame(
        "threats",
        [
            {**dict(zip(names, row, strict=True)), "entry": entry, "source": "hand"}
            for entry, row in enumerate(rows, start=1)
        ],
    )


def _ranges(sites: Mapping[str, Mapping[str, Any]], high_cover: Mapping[str, float]) -> pd.DataFrame:
    newest = {key: max(sites[key].get("cover", {2010: 0.0}).items())[1] for key in high_cover}
    return frame(
        "protection_range",
        [
            {
                "site_id": key,
                "share": newest[key],
                "share_high": high,
                "share_points": high - newest[key],
                "share_unknown": 0,
                "share_undated": 0,
                "share_oecm": 0,
                "share_proposed": 0,
                "areas": 0,
                "source": "hand",
            }
            for key, high in high_cover.items()
        ],
    )


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
    **more: Any,
) -> Inventory:
    """A small inventory in memory; see `make_frames`. Its version speaks of the four sites."""
    return as_inventory(make_frames(sites, species, classes, **more), _small_version())


COVERED: dict[str, dict[str, Any]] = {
    "A": {
        "name": "Ash Hill",
        "iso3": "PER",
        "area": 100,
        "cover": {2010: 1.0, 2026: 0.99},
        "parts": {1975: 0.60, 1990: 0.39},
    },
    "B": {
        "name": "Birch Lake",
        "iso3": "ECU;PER",
        "area": 200,
        "cover": {2010: 0.0, 2026: 0.015},
        "parts": {1980: 0.015},
        "points": 0.10,
        "unknown": 0.20,
    },
    "C": {
        "name": "Cedar Île",
        "iso3": "ECU",
        "area": 40,
        "cover": {2010: 0.4, 2026: 0.50},
        "parts": {2005: 0.40, None: 0.10},
        "oecm": 0.10,
    },
    "D": {
        "name": "Dune",
        "iso3": "MDG",
        "region": "africa",
        "cover": {2010: 0.0, 2026: 0.0},
        "parts": {},
        "proposed": 0.30,
        "nearest": 12.34,
    },
    "E": {"name": "Elm Atoll", "iso3": "FJI", "region": "pacific", "cover": {2010: 0.1}, "point": None},
}
"""Five sites of an inventory with a coverage run: A 60 % in 1975 and 39 % more in 1990; B 1.5 % in 1980, and
more if points and areas of unknown status count; C 40 % in 2005 and 10 % by an area without a year; D none,
one area proposed, the nearest in force 12.34 km away; E, alone in its country, has no boundary and so no
computed cover."""

COVERED_SPECIES: dict[str, tuple[str | None, list[Place]]] = {
    "a1": ("CR", ["A"]),
    "b1": ("CR", ["B"]),
    "b2": ("EN", ["B"]),
    "c1": ("EN", ["C"]),
    "d1": ("CR", ["D"]),
    "e1": ("EN", ["E"]),
}

UNTIL = 2026
"""Last year of its curves."""

UNDATED_IN = {"_low": 2015, "": 2005, "_high": 1995}
"""The year in which each end of its curves lets the area without a year begin."""


def covered_share(site: str, year: int, end: str = "") -> float:
    """Cumulated cover of one of these sites in a year, at one end of the draws."""
    parts = COVERED[site]["parts"]
    return sum(part for begun, part in parts.items() if (UNDATED_IN[end] if begun is None else begun) <= year)


def make_covered_frames(status: str = "training") -> Frames:
    """All tables of an inventory with a coverage run: the five sites of `COVERED`."""
    frames = make_frames(COVERED, COVERED_SPECIES)
    run = [site for site in COVERED if "parts" in COVERED[site]]
    cover = frames["coverage"]
    made = cover["vintage"] == UNTIL
    frames["coverage"] = cover.assign(
        method=cover["method"].mask(made, "computed"), source=cover["source"].mask(made, "areas")
    )
    source = {
        "source_id": "areas",
        "citation": "Made-up protected areas.",
        "title_short": "Made-up areas",
        "terms": "Not to be passed on.",
    }
    frames["sources"] = pd.concat([frames["sources"], frame("sources", [source])], ignore_index=True)
    frames["inventory"] = frames["inventory"].assign(status=status, as_of=str(UNTIL))
    frames["coverage_runs"] = frame(
        "coverage_runs",
        [
            {
                "run_id": "run",
                "areas_hash": "a" * 64,
                "sites_hash": "b" * 64,
                "settings": '{"draws": 1000, "seed": 1, "tolerance": 0.02}',
                "areas_as_of": f"{UNTIL}-03",
                "until": UNTIL,
                "areas": 5,
                "undated": 1,
                "points": 1,
                "unknown": 1,
                "proposed": 1,
                "other_country": 2,
                "growth_basis": "union",
                "source": "areas",
            }
        ],
    )
    frames["protection_parts"] = frame(
        "protection_parts",
        [
            {
                "site_id": site,
                "entry": entry,
                "year": year,
                "undated": "U1" if year is None else None,
                "kind": "oecm" if year is None else "pa",
                "share": share,
                "source": "areas",
            }
            for site in run
            for entry, (year, share) in enumerate(COVERED[site]["parts"].items(), start=1)
        ],
    )
    frames["protection_range"] = frame(
        "protection_range",
        [
            {
                "site_id": site,
                "share": COVERED[site]["cover"][UNTIL],
                "share_high": COVERED[site]["cover"][UNTIL]
                + COVERED[site].get("points", 0)
                + COVERED[site].get("unknown", 0),
                "share_points": COVERED[site].get("points", 0),
                "share_unknown": COVERED[site].get("unknown", 0),
                "share_undated": COVERED[site]["parts"].get(None, 0),
                "share_oecm": COVERED[site].get("oecm", 0),
                "share_proposed": COVERED[site].get("proposed", 0),
                "first_year": min((year for year in COVERED[site]["parts"] if year), default=None),
                "areas": len(COVERED[site]["parts"]),
                "nearest_area_km": COVERED[site].get("nearest", 0),
                "source": "areas",
            }
            for site in run
        ],
    )
    areas = [
        ("A", "P1", "Old Park", "pa", "counted", "polygon", "Designated", 1975, "National Park", "II", 0.60),
        ("A", "P2", "New Reserve", "pa", "counted", "polygon", "Designated", 1990, "Reserve", "IV", 0.45),
        ("B", "P3", "Lake [Shore]", "pa", "counted", "polygon", "Designated", 1980, "Reserve", "IV", 0.015),
        ("B", "P4", "Far Point", "pa", "counted", "point", "Designated", 1999, "Reserve", None, 0.10),
        ("B", "P5", "Doubtful", "pa", "unknown", "polygon", "Not Reported", None, "Reserve", None, 0.20),
        ("C", "P6", "Cedar Park", "pa", "counted", "polygon", "Designated", 2005, "Park", "II", 0.40),
        ("C", "U1", None, "oecm", "counted", "polygon", "Established", None, "Conserved area", None, 0.10),
        ("D", "P7", "Dune Park", "pa", "proposed", "polygon", "Proposed", None, "Park", None, 0.30),
    ]
    names = ("site_id", "area_id", "name", "kind", "tier", "basis", "status", "year", "designation")
    frames["protection_areas"] = frame(
        "protection_areas",
        [
            {
                **dict(zip((*names, "iucn_category", "share"), row, strict=True)),
                "entry": sum(other[0] == row[0] for other in areas[: at + 1]),
                "source": "areas",
            }
            for at, row in enumerate(areas)
        ],
    )
    groups = {
        ("all", "all"): run,
        ("region", "americas"): ["A", "B", "C"],
        ("region", "africa"): ["D"],
        ("country", "PER"): ["A", "B"],
        ("country", "ECU"): ["B", "C"],
        ("country", "MDG"): ["D"],
        ("class", "Aves"): run,
    }
    frames["protection_trend"] = frame(
        "protection_trend",
        [
            {
                "list_type": "global_aze",
                "group_kind": kind,
                "group_code": code,
                "year": year,
                "sites": len(sites),
                "source": "areas",
                **_curve_values(sites, year),
            }
            for (kind, code), sites in groups.items()
            for year in range(1900, UNTIL + 1)
        ],
    )
    growth = {
        "all": {1975: (1000, 6), 1990: (500, 4), 2005: (2000, 20), 2012: (4000, 10), 2021: (300, 9)},
        "PER": {1975: (100, 6), 1990: (100, 4)},
    }
    frames["protection_growth"] = frame(
        "protection_growth",
        [
            {
                "list_type": "global_aze",
                "iso3": iso3,
                "year": year,
                "protected_km2": protected,
                "in_sites_km2": inside,
                "source": "areas",
            }
            for iso3, years in growth.items()
            for year, (protected, inside) in years.items()
        ],
    )
    return frames


def _curve_values(sites: Sequence[str], year: int) -> dict[str, float]:
    """The nine shares of one year of a curve."""
    found = {}
    for end in UNDATED_IN:
        shares = [covered_share(site, year, end) for site in sites]
        # fewer sites are uncovered where more is covered
        other = {"_low": "_high", "_high": "_low", "": ""}[end]
        found[f"mean{end}"] = sum(shares) / len(shares)
        found[f"complete{end}"] = sum(share >= 0.98 for share in shares) / len(shares)
        found[f"none{other}"] = sum(share <= 0.02 for share in shares) / len(shares)
    return found


@cache
def make_covered_inventory(status: str = "training") -> Inventory:
    """An inventory with a coverage run, in memory; see `make_covered_frames`."""
    return as_inventory(make_covered_frames(status))


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

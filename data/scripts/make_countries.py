"""Makes data/countries.csv.

    python data/scripts/make_countries.py TAXONOMY.csv countries-50m.json data/countries.csv

TAXONOMY.csv lies in the package hdx-python-country 4.2.5 (folder hdx/location), countries-50m.json in the npm
package world-atlas 2.0.2. Needs shapely and pyproj.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path

import shapely
from natural_earth import countries, read_topojson
from pyproj import Transformer

LANGUAGES = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "ar": "Arabic",
    "ru": "Russian",
    "zh": "Chinese",
}
COLUMNS = [
    "iso3",
    "iso_numeric",
    *(f"name_{code}" for code in LANGUAGES),
    "un_region",
    "un_subregion",
    "income_level",
    "land_area_km2",
    "source",
]


def land_area_km2(topojson: Path) -> dict[str, float]:
    """Equal-area (EPSG:6933) area by ISO numeric code; rows without a code count for nobody."""
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:6933", always_xy=True).transform
    areas: Counter[str] = Counter()
    for code, _, boundary in countries(read_topojson(topojson)):
        if code:
            # Short edges, so that a slanting one bends as the projection bends it.
            dense = shapely.segmentize(boundary, 0.1)
            areas[code] += shapely.transform(dense, to_metres, interleaved=False).area / 1e6
    return dict(areas)


def main(taxonomy: Path, topojson: Path, target: Path) -> None:
    """Write one row per country or territory that has both ISO codes, sorted by ISO3."""
    areas = land_area_km2(topojson)
    rows = []
    with taxonomy.open(encoding="utf-8-sig", newline="") as file:
        for item in csv.DictReader(file):
            iso3, numeric = item["ISO 3166-1 Alpha 3-Codes"], item["m49 numerical code"].zfill(3)
            if not iso3 or not item["m49 numerical code"]:
                continue
            row = {
                "iso3": iso3,
                "iso_numeric": numeric,
                "un_region": item["Region Name"],
                "un_subregion": item["Sub-region Name"],
                "income_level": item["World Bank Income Level"],
                "land_area_km2": f"{areas[numeric]:.1f}" if numeric in areas else "",
                "source": "hdx_country",
            }
            for code, language in LANGUAGES.items():
                # UN M49 names first: they exist for most territories in all six languages.
                row[f"name_{code}"] = item[f"M49 {language}"] or item[f"{language} Short"]
            rows.append(row)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["iso3"]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

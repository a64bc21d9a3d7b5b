"""Makes static/world-50m.json (TopoJSON, with ISO3) and static/land-50m.geojson (cut at ±180°).

    python data/scripts/make_land.py countries-50m.json data/countries.csv static

countries-50m.json lies in the npm package world-atlas 2.0.2. Run make_countries.py first. Needs shapely.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import shapely
from natural_earth import countries, read_topojson
from shapely.geometry import MultiPolygon, Polygon

# Web Mercator, in which the zoomable map is drawn, ends here; the pole itself lies at infinity.
MERCATOR_LIMIT = 85.05


def rounded(polygon: Polygon) -> list[Polygon]:
    """Polygon on a grid of 0.01°; an islet too small for that keeps its shape on a finer grid."""
    for grid in (0.01, 0.0001):
        parts = [g for g in shapely.get_parts(shapely.set_precision(polygon, grid)) if g.area > 0]
        if parts:
            return parts
    return []


def coordinates(polygon: Polygon) -> list[list[list[float]]]:
    """GeoJSON rings, the outer one counter-clockwise, without float dust."""
    outer = shapely.geometry.polygon.orient(polygon)
    return [
        [[round(x, 4), round(y, 4)] for x, y in ring.coords] for ring in (outer.exterior, *outer.interiors)
    ]


def feature(iso3: str, name: str, boundary: MultiPolygon) -> dict[str, Any]:
    """One country as a GeoJSON feature."""
    clipped = shapely.clip_by_rect(boundary, -180, -MERCATOR_LIMIT, 180, MERCATOR_LIMIT)
    parts = [p for whole in shapely.get_parts(clipped) for p in rounded(whole)]
    # Antarctica's lower edge is one line of 360°: give it vertices on the way.
    parts = [shapely.segmentize(p, 30) for p in parts]
    return {
        "type": "Feature",
        "properties": {"iso3": iso3, "name": name},
        "geometry": {"type": "MultiPolygon", "coordinates": [coordinates(p) for p in parts]},
    }


def main(topojson: Path, countries_csv: Path, folder: Path) -> None:
    """Write both files into the folder."""
    with countries_csv.open(encoding="utf-8", newline="") as file:
        iso3 = {row["iso_numeric"]: row["iso3"] for row in csv.DictReader(file)}
    topology = read_topojson(topojson)
    land = [feature(iso3[code] if code else "", name, shape) for code, name, shape in countries(topology)]
    for item in topology["objects"]["countries"]["geometries"]:
        item["properties"]["iso3"] = iso3[item["id"]] if "id" in item else ""
    collection = {"type": "FeatureCollection", "features": land}
    for name, content in (("world-50m.json", topology), ("land-50m.geojson", collection)):
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        (folder / name).write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

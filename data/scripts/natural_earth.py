"""Reads the countries of a world-atlas TopoJSON as whole polygons, unwrapped and cut at ±180°."""

from __future__ import annotations

import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon

Point = tuple[float, float]


def read_topojson(path: Path) -> dict[str, Any]:
    """The TopoJSON as it stands in the file."""
    topology: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return topology


def decode_arcs(topology: dict[str, Any]) -> list[list[Point]]:
    """Quantised steps of each arc as points in degrees."""
    (scale_x, scale_y), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    return [
        [
            (x * scale_x + x0, y * scale_y + y0)
            for x, y in accumulate(arc, lambda a, b: [a[0] + b[0], a[1] + b[1]])
        ]
        for arc in topology["arcs"]
    ]


def unwrap(ring: list[Point]) -> list[Point]:
    """Longitudes without jumps: each step goes the short way round, so they may leave ±180°.

    >>> unwrap([(179.0, 0.0), (-179.0, 1.0), (179.0, 2.0)])
    [(179.0, 0.0), (181.0, 1.0), (179.0, 2.0)]
    """
    out = [ring[0]]
    for lon, lat in ring[1:]:
        out.append((lon + 360 * round((out[-1][0] - lon) / 360), lat))
    return out


def _polygons(rings: list[list[Point]]) -> list[Polygon]:
    """Shell and holes as polygons; a ring that goes round a pole is closed through that pole."""
    around: list[list[Point]] = []
    plain: list[list[Point]] = []
    for ring in map(unwrap, rings):
        (around if abs(ring[-1][0] - ring[0][0]) > 180 else plain).append(ring)
    if not around:
        shell, *holes = plain
        middle = (min(x for x, _ in shell) + max(x for x, _ in shell)) / 2
        moved = [
            [(x + 360 * round((middle - hole[0][0]) / 360), y) for x, y in hole] for hole in holes
        ]  # holes may have been unwrapped to the other side
        return [Polygon(shell, moved)]
    # Natural Earth draws the pole itself as one more ring: only coasts count.
    coasts = [ring for ring in around if max(abs(y) for _, y in ring) < 89.9]
    if plain or len(coasts) != 1:
        raise ValueError(
            f"Expected one coast round a pole and no other ring, found {len(coasts)} and {len(plain)}"
        )
    coast = coasts[0]
    pole = 90.0 if coast[0][1] > 0 else -90.0
    return [Polygon([*coast, (coast[-1][0], pole), (coast[0][0], pole)])]


def cut(polygon: Polygon) -> MultiPolygon:
    """An unwrapped polygon, cut at ±180° and moved back between them."""
    parts = []
    for turn in (-360, 0, 360):
        piece = shapely.clip_by_rect(polygon, turn - 180, -90, turn + 180, 90)
        moved = shapely.transform(piece, lambda xy, turn=turn: xy - [turn, 0])
        parts += [g for g in shapely.get_parts(moved) if g.geom_type == "Polygon" and g.area > 0]
    return MultiPolygon(parts)


def countries(topology: dict[str, Any]) -> list[tuple[str, str, MultiPolygon]]:
    """ISO numeric code ("" where Natural Earth gives none), name and boundary in degrees, row by row."""
    arcs = decode_arcs(topology)

    def ring(indices: list[int]) -> list[Point]:
        points: list[Point] = []
        for i in indices:
            arc = arcs[i] if i >= 0 else arcs[~i][::-1]
            points += arc[1:] if points else arc  # neighbouring arcs share an end
        return points

    rows = []
    for item in topology["objects"]["countries"]["geometries"]:
        groups = item["arcs"] if item["type"] == "MultiPolygon" else [item["arcs"]]
        polygons = [p for group in groups for p in _polygons([ring(i) for i in group])]
        whole = shapely.union_all([cut(p) for q in polygons for p in _valid(q)])
        rows.append((item.get("id", ""), item["properties"]["name"], MultiPolygon(_valid(whole))))
    return rows


def _valid(geometry: shapely.Geometry) -> list[Polygon]:
    """Polygons of the repaired geometry."""
    return [g for g in shapely.get_parts(shapely.make_valid(geometry)) if g.geom_type == "Polygon"]

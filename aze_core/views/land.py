"""How land is drawn: with Natural Earth's borders, without any, or with those of a file that the user gives.

A user's file is made fit for both kinds of map here and travels inside each map; it never becomes a file
that the app serves.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from aze_core.domain.errors import DataError

KINDS = ("countries", "none", "own")

GRID = 0.0001
"""Precision of coordinates on maps, degrees (11 m)."""

MERCATOR_LIMIT = 85.05
"""Latitude at which the zoomable map ends, degrees."""

_SOUTH = -60.0  # Antarctica: left out on the Equal Earth maps
_STEP = 1.0  # longest edge, degrees: d3 draws edges as great circles, a file means them straight


@dataclass(frozen=True)
class Land:
    """How land is drawn on a map; hashable, so it can be part of a cache's key.

    Parameters
    ----------
    kind : {"countries", "none", "own"}
        Natural Earth's countries with their borders; Natural Earth's land in one piece, without borders; or
        that land with the user's polygons and lines over it.
    geojson : str
        For ``own`` alone: what `own_land` makes of the user's file.

    Raises
    ------
    ValueError
        Unknown kind; ``own`` without a file, or a file with another kind.

    Examples
    --------
    >>> Land("none") == NO_BORDERS
    True
    """

    kind: str = "countries"
    geojson: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; expected one of {KINDS}")
        if (self.kind == "own") != bool(self.geojson):
            raise ValueError(
                f"kind is {self.kind!r}; 'own' needs a file and the others take none: own_land()"
            )


COUNTRIES = Land("countries")
NO_BORDERS = Land("none")


def _unwrapped(points: np.ndarray) -> np.ndarray:
    """Longitudes without jumps: each step goes the short way round, so they may leave ±180°."""
    lon = np.unwrap(points[:, 0], period=360)
    return np.column_stack([lon - 360 * np.round(lon.mean() / 360), points[:, 1]])


def _ring(points: np.ndarray) -> np.ndarray:
    """An unwrapped ring; one that goes round a pole is closed through that pole."""
    ring = _unwrapped(points)
    if abs(ring[-1, 0] - ring[0, 0]) < 180:
        return ring
    jumps = np.abs(np.diff(points[:, 0])) > 180
    if (np.abs(points[:-1, 1][jumps]) > MERCATOR_LIMIT).all():
        return points  # the file closes it along the pole itself
    pole = math.copysign(90, ring[0, 1])
    return np.vstack([ring, [ring[-1, 0], pole], [ring[0, 0], pole], ring[0]])


def _whole(shape: shapely.Geometry) -> shapely.Geometry:
    """A polygon or line without jumps at the antimeridian."""
    lon = shapely.get_coordinates(shape)[:, 0]
    if np.abs(np.diff(lon)).max(initial=0) <= 180 and np.abs(lon).max(initial=0) <= 180:
        return shape
    if shape.geom_type == "LineString":
        return shapely.LineString(_unwrapped(shapely.get_coordinates(shape)))
    shell, *holes = [_ring(shapely.get_coordinates(r)) for r in (shape.exterior, *shape.interiors)]
    for hole in holes:  # may have been unwrapped to the other side
        hole[:, 0] += 360 * np.round((shell[:, 0].mean() - hole[:, 0].mean()) / 360)
    return shapely.Polygon(shell, holes)


def _simple(shapes: Any, kind: str) -> list[shapely.Geometry]:
    """Single polygons or lines out of whatever holds them."""
    parts = shapely.get_parts(shapely.get_parts(shapes))  # twice: a collection may hold a MultiPolygon
    return [p for p in parts if p.geom_type == kind and not p.is_empty]


def _cut(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """The pieces between ±180°, each moved there."""
    west, south, east, north = shape.bounds
    limit = MERCATOR_LIMIT
    if west >= -180 and east <= 180 and south >= -limit and north <= limit:
        return [shape]
    return [
        shapely.transform(
            shapely.clip_by_rect(shape, turn - 180, -limit, turn + 180, limit),
            lambda points, turn=turn: points - [turn, 0],
        )
        for turn in (-360, 0, 360)
    ]


def _flat(shape: shapely.Geometry, kind: str) -> list[shapely.Geometry]:
    """Valid pieces of one kind between ±180° on the grid, shells counter-clockwise."""
    whole = [_whole(part) for part in _simple([shape], kind)]
    valid = _simple(shapely.make_valid(whole), kind)
    pieces = [piece for part in valid for piece in _cut(part)]
    # a long edge gets vertices on the way: an edge of 360° has no inside
    tidy = shapely.segmentize(_simple(shapely.set_precision(pieces, GRID), kind), 30)
    return list(shapely.orient_polygons(shapely.normalize(tidy)))


def _geometry(parts: Iterable[shapely.Geometry], kind: str) -> dict[str, Any]:
    """GeoJSON of several pieces, without float dust."""

    def points(ring: shapely.Geometry) -> list[list[float]]:
        found: list[list[float]] = np.round(shapely.get_coordinates(ring), 4).tolist()
        return found

    if kind == "LineString":
        return {"type": "MultiLineString", "coordinates": [points(p) for p in parts]}
    rings = [[points(r) for r in (p.exterior, *p.interiors)] for p in parts]
    return {"type": "MultiPolygon", "coordinates": rings}


def areas(geometry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Polygons of one GeoJSON geometry, made fit for a zoomable map.

    Unwrapped, cut at ±180°, repaired, on a grid of 0.0001°; None if there is no polygon.

    Parameters
    ----------
    geometry : mapping or None
        GeoJSON geometry in degrees.

    Raises
    ------
    shapely.errors.GEOSException
        It is no GeoJSON geometry.

    Examples
    --------
    >>> square = [[[179, 0], [-179, 0], [-179, 2], [179, 2], [179, 0]]]
    >>> found = areas({"type": "Polygon", "coordinates": square})
    >>> sorted({x for polygon in found["coordinates"] for x, _ in polygon[0]})
    [-180.0, -179.0, 179.0, 180.0]
    """
    if geometry is None:
        return None
    parts = _flat(shapely.from_geojson(json.dumps(geometry)), "Polygon")
    return _geometry(parts, "Polygon") if parts else None


def own_land(geojson: Mapping[str, Any] | str) -> Land:
    """The user's boundary file as a way to draw land.

    Polygons are drawn with their outlines, lines as lines, over Natural Earth's land without borders.
    Everything else (points, names, other attributes) is left out. Rings are closed, repaired, unwrapped and
    cut at ±180°; which way round they run does not matter.

    Parameters
    ----------
    geojson : mapping or str
        FeatureCollection, feature or geometry in degrees (WGS 84), already simplified: it is sent inside
        every map. What it makes can be read again: ``own_land(land.geojson) == land``.

    Raises
    ------
    DataError
        It is no GeoJSON; a geometry cannot be read; the coordinates are no degrees; there is no polygon and
        no line.

    Notes
    -----
    Not for borders that were simplified polygon by polygon: neighbours then part from each other, and what
    shows between them is Natural Earth's land.

    Examples
    --------
    >>> own_land({"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]})
    Land(kind='own')
    >>> own_land({"type": "Point", "coordinates": [0, 0]})
    Traceback (most recent call last):
    aze_core.domain.errors.DataError: land_nothing_to_draw: found=Point
    """
    try:
        found = json.loads(geojson) if isinstance(geojson, str) else geojson
    except (ValueError, RecursionError) as error:
        raise DataError("land_not_geojson", problem=str(error)) from error
    whole = found if isinstance(found, Mapping) else {}
    features = whole.get("features") if whole.get("type") == "FeatureCollection" else [found]
    if not isinstance(features, list | tuple) or not all(isinstance(f, Mapping) for f in features):
        raise DataError("land_not_geojson", problem=str(whole.get("type", type(found).__name__)))
    kinds: set[str] = set()
    kept = []
    for number, item in enumerate(features, start=1):
        geometry = item.get("geometry") if item.get("type") == "Feature" else item
        if geometry is None:
            continue
        try:
            shape = shapely.from_geojson(json.dumps(geometry, allow_nan=False))
        except (shapely.errors.GEOSException, ValueError, TypeError, RecursionError) as error:
            raise DataError("land_bad_geometry", number=number) from error
        west, south, east, north = shape.bounds
        if max(-west, east) > 360 or max(-south, north) > 90:
            raise DataError("land_not_degrees", number=number, found=f"{west:g} {south:g} {east:g} {north:g}")
        kinds.add(shape.geom_type)
        for kind in ("Polygon", "LineString"):
            if parts := _flat(shape, kind):
                kept.append({"type": "Feature", "properties": {}, "geometry": _geometry(parts, kind)})
    if not kept:
        raise DataError("land_nothing_to_draw", found=", ".join(sorted(kinds)) or "0")
    collection = {"type": "FeatureCollection", "features": kept}
    return Land("own", json.dumps(collection, separators=(",", ":")))


@lru_cache(maxsize=4)
def mercator(land: Land) -> dict[str, Any]:
    """The user's file as the zoomable map takes it: cut at ±180°. Not to be changed.

    Examples
    --------
    >>> clockwise = own_land({"type": "Polygon", "coordinates": [[[0, 0], [0, 9], [9, 9], [0, 0]]]})
    >>> shapely.LinearRing(mercator(clockwise)["features"][0]["geometry"]["coordinates"][0][0]).is_ccw
    True
    """
    found: dict[str, Any] = json.loads(land.geojson)
    return found


@lru_cache(maxsize=4)
def globe(land: Land) -> dict[str, list[dict[str, Any]]]:
    """The user's file as the Equal Earth maps take it. Not to be changed.

    d3 works on the sphere: shells run clockwise there, or the rest of the globe would be filled; what was cut
    at ±180° is one piece again, or the cut would be drawn as a border; long edges get vertices on the way.
    Parts south of 60° S are left out.

    Returns
    -------
    dict
        Features under ``Polygon`` and ``LineString``.

    Examples
    --------
    >>> anticlockwise = own_land({"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]})
    >>> shapely.LinearRing(globe(anticlockwise)["Polygon"][0]["geometry"]["coordinates"][0][0]).is_ccw
    False
    """
    found: dict[str, list[dict[str, Any]]] = {"Polygon": [], "LineString": []}
    for item in mercator(land)["features"]:
        geometry = item["geometry"]
        kind = geometry["type"].removeprefix("Multi")
        parts = _simple([shapely.from_geojson(json.dumps(geometry))], kind)
        parts = [p for p in parts if p.bounds[3] > _SOUTH]
        if parts and kind == "Polygon":
            parts = _joined(parts)
        if parts:
            finer = shapely.orient_polygons(shapely.segmentize(parts, _STEP), exterior_cw=True)
            found[kind].append({**item, "geometry": _geometry(finer, kind)})
    return found


def _joined(parts: list[shapely.Geometry]) -> list[shapely.Geometry]:
    """Pieces that meet at ±180° as one, the western ones moved beyond 180°."""
    sides: dict[tuple[bool, bool], list[shapely.Geometry]] = {}
    for part in parts:
        sides.setdefault((part.bounds[0] == -180, part.bounds[2] == 180), []).append(part)
    west, east = sides.pop((True, False), []), sides.pop((False, True), [])
    moved = shapely.transform(west, lambda points: points - [-360, 0])
    rest = [part for group in sides.values() for part in group]
    return rest + _simple([shapely.union_all([*east, *moved])], "Polygon")

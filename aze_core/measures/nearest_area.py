"""How far the nearest protected area lies from the boundary of each site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from aze_core.domain.protected_areas import EDGES, EQUAL_AREA
from aze_core.domain.settings import value
from aze_core.measures.geometry import EARTH_RADIUS_KM, on_sphere

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

_SAMPLED = 24  # vertices of a site from which areas close by are looked for
_TRIED = 8  # areas that are tried from each of them
_COARSE = 0.1  # of the distance lie between vertices at the first look
_ROUNDING = 1e-9  # radians, 6 mm: what lies on an edge of a window is not to fall out of it


def nearest_area_km(
    sites: gpd.GeoSeries, boxes: Floats, read: Callable[[NDArray[np.int64]], Shapes]
) -> pd.Series:
    """Great-circle distance of each site's boundary from the nearest area.

    Parameters
    ----------
    sites : geopandas.GeoSeries
        Polygons in EPSG:6933, index `site_id`.
    boxes : numpy.ndarray
        Bounding boxes of the areas, one row each: xmin, ymin, xmax, ymax in EPSG:6933.
    read : callable
        Polygons (EPSG:6933) of the areas whose positions in `boxes` it is given. It is asked once, and only
        for areas that can be the nearest of some site.

    Returns
    -------
    pandas.Series
        Kilometres, same index; 0 where an area overlaps the site or touches it; missing for a site without a
        polygon, and for all of them where there is no area.

    Notes
    -----
    The box of an area bounds its distance from both sides, so that few outlines have to be looked at. These
    get more vertices, and the two that lie nearest count: what is told is never less than the distance on the
    sphere (radius 6371.0088 km) and at most 0.5 % or 20 m more, whichever is greater. Borders run straight in
    longitude and latitude from vertex to vertex. Vertices are compared as unit vectors in a k-d tree, which
    orders them as the haversine formula does. On the sphere a distance is up to 0.6 % off that on the
    ellipsoid. Near does not mean connected: nothing is said about sea, relief or habitat in between.

    Examples
    --------
    >>> degrees = gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(0, 2, 1, 3)], crs="EPSG:4326")
    >>> site, area = degrees.to_crs("EPSG:6933").to_numpy()
    >>> found = nearest_area_km(gpd.GeoSeries([site], ["A"]), shapely.bounds([area]), lambda at: [area])
    >>> found.round(1).to_dict()
    {'A': 111.2}
    """
    made = pd.Series(np.nan, index=sites.index, name="nearest_area_km")
    shapes = sites.to_numpy(dtype=object)
    there = np.flatnonzero((shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes))
    if not len(boxes) or not len(there):
        return made
    shapes = shapes[there]
    own, areas = _Boxes.of(shapely.bounds(shapes)), _Boxes.of(np.asarray(boxes, dtype=float))
    limits = _at_most(shapes, areas)
    mine, theirs = _within_reach(own, areas, limits)
    wanted, position = np.unique(theirs, return_inverse=True)
    found = np.asarray(read(wanted), dtype=object)
    outlines = shapely.boundary(found)
    ends = np.searchsorted(mine, np.arange(len(there) + 1))
    for number, site in enumerate(shapes):
        near = position[ends[number] : ends[number + 1]]
        shapely.prepare(site)
        if shapely.intersects(site, found[near]).any():
            angle = 0.0
        else:
            angle = _apart(shapely.boundary(site), outlines[near], float(limits[number]))
        made.iloc[there[number]] = EARTH_RADIUS_KM * angle
    return made


# ---------------------------------------------------------------- boxes


@dataclass(frozen=True)
class _Boxes:
    """Boxes in radians, and in metres of EPSG:6933, where the same boxes are boxes too."""

    metres: Floats
    west: Floats
    south: Floats
    east: Floats
    north: Floats

    @classmethod
    def of(cls, metres: Floats) -> _Boxes:
        (west, south), (east, north) = (np.radians(_degrees(metres[:, at : at + 2])).T for at in (0, 2))
        return cls(metres, west, south, east, north)

    @property
    def steepest(self) -> Floats:
        """Latitude farthest from the equator."""
        return np.maximum(np.abs(self.south), np.abs(self.north))

    @property
    def flattest(self) -> Floats:
        """Latitude closest to the equator."""
        across = (self.south < 0) & (self.north > 0)
        return np.where(across, 0.0, np.minimum(np.abs(self.south), np.abs(self.north)))

    def take(self, places: NDArray[np.int64]) -> _Boxes:
        names = ("metres", "west", "south", "east", "north")
        return _Boxes(*(getattr(self, name)[places] for name in names))


def _haversine(latitudes: Floats, longitudes: Floats, cosines: Floats) -> Floats:
    """Angle between two places, of the differences and the product of the cosines of their latitudes."""
    half = np.sin(latitudes / 2) ** 2 + cosines * np.sin(longitudes / 2) ** 2
    return np.asarray(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def _at_least(one: _Boxes, other: _Boxes) -> Floats:
    """Angle that parts two boxes at least: each term of the formula at its least."""
    north = np.maximum(one.south - other.north, other.south - one.north).clip(min=0)
    east = np.min(
        [
            np.maximum(one.west - other.east - turn, other.west + turn - one.east).clip(min=0)
            for turn in (-2 * np.pi, 0, 2 * np.pi)
        ],
        axis=0,
    )
    return _haversine(north, east, np.cos(one.steepest) * np.cos(other.steepest))


def _at_most(sites: Shapes, areas: _Boxes) -> Floats:
    """Angle within which each site has an area, wherever in its box that lies."""
    from scipy.spatial import cKDTree

    high, wide = areas.north - areas.south, areas.east - areas.west
    corner = _haversine(high / 2, wide / 2, np.cos(areas.flattest) ** 2)
    middle = np.degrees([areas.south + high / 2, areas.west + wide / 2])
    tree = cKDTree(on_sphere(*middle))
    xy, of = shapely.get_coordinates(sites, return_index=True)
    numbers = np.bincount(of, minlength=len(sites))
    place = np.arange(len(of)) - (np.cumsum(numbers) - numbers)[of]
    sampled = place % -(-numbers // _SAMPLED)[of] == 0
    lon, lat = _degrees(xy[sampled]).T
    chord, tried = tree.query(on_sphere(lat, lon), k=np.arange(1, min(_TRIED, len(corner)) + 1))
    limits = np.full(len(sites), np.pi)
    np.minimum.at(limits, of[sampled], (_angle(chord) + corner[tried]).min(axis=1))
    return limits


def _within_reach(
    sites: _Boxes, areas: _Boxes, limits: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of sites and of areas that can be their nearest, by site."""
    windows, of = _windows(sites, limits)
    # a diagonal has the same bounding box, and is made five times as fast
    tree = shapely.STRtree(shapely.linestrings(areas.metres.reshape(-1, 2, 2)))
    at, theirs = tree.query(shapely.box(*windows.T))
    mine, theirs = np.unique(np.column_stack([of[at], theirs]), axis=0).T
    near = _at_least(sites.take(mine), areas.take(theirs)) <= limits[mine] + _ROUNDING
    return mine[near], theirs[near]


def _windows(boxes: _Boxes, limits: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Boxes in metres that hold what lies within an angle of some boxes, and the position of each of these.

    A box that runs on beyond ±180° is two.
    """
    limits = limits + _ROUNDING
    south, north = boxes.south - limits, boxes.north + limits
    polar = (south <= -np.pi / 2) | (north >= np.pi / 2)
    with np.errstate(invalid="ignore"):
        more = np.arcsin(np.minimum(np.sin(limits) / np.cos(boxes.steepest), 1))
    more = np.where(polar, 2 * np.pi, more + _ROUNDING)
    west, east = np.maximum(boxes.west - more, -2 * np.pi), np.minimum(boxes.east + more, 2 * np.pi)
    y = [_metres_north(np.degrees(np.clip(side, -np.pi / 2, np.pi / 2))) for side in (south, north)]
    made, of = [], []
    for turn in (-2 * np.pi, 0, 2 * np.pi):
        x = [np.clip(side + turn, -np.pi, np.pi) * (EDGES[0] / np.pi) for side in (west, east)]
        here = np.flatnonzero(x[0] < x[1])
        made.append(np.column_stack([x[0], y[0], x[1], y[1]])[here])
        of.append(here)
    return np.concatenate(made), np.concatenate(of)


# ---------------------------------------------------------------- outlines


def _apart(site: shapely.Geometry, areas: Shapes, limit: float) -> float:
    """Angle between the outline of a site and the nearest of some areas' that lies within a limit."""
    from scipy.spatial import cKDTree

    spacing = _COARSE * limit
    while True:
        theirs = _cut(areas, shapely.bounds(site), limit)
        mine = _cut(np.array([site]), shapely.total_bounds(theirs), limit)
        tree = cKDTree(_points(mine, spacing), compact_nodes=False, balanced_tree=False)
        no_more = 2 * np.sin(limit / 2) + _ROUNDING
        chord, _ = tree.query(_points(theirs, spacing), distance_upper_bound=no_more)
        limit = min(limit, float(_angle(chord.min(initial=2.0))))
        allowed = max(limit * value("nearest.error_share"), value("nearest.error_km") / EARTH_RADIUS_KM)
        if spacing <= allowed:
            return limit
        # half of it, for the limit may fall once more
        spacing = allowed / 2


def _cut(lines: Shapes, box: Floats, limit: float) -> Shapes:
    """What of some lines lies within an angle of a box, or little farther."""
    windows, _ = _windows(_Boxes.of(box.reshape(1, 4)), np.array([limit]))
    return np.concatenate([shapely.clip_by_rect(lines, *window) for window in windows])


def _points(lines: Shapes, spacing: float) -> Floats:
    """Unit vectors along lines, no two neighbours farther apart than an angle."""
    fine = shapely.segmentize(shapely.transform(lines, _degrees), np.degrees(spacing))
    lon, lat = shapely.get_coordinates(fine).T
    return on_sphere(lat, lon)


def _angle(chord: Floats) -> Floats:
    """Angle between unit vectors, of the straight line between them."""
    return np.asarray(2 * np.arcsin(np.clip(chord / 2, 0, 1)))


# ---------------------------------------------------------------- metres and degrees


@cache
def _system() -> Transformer:
    return Transformer.from_crs("EPSG:4326", EQUAL_AREA, always_xy=True)


def _degrees(xy: Floats) -> Floats:
    """Longitude and latitude of places in EPSG:6933; 180° and -180° stay what they are."""
    y = np.clip(xy[:, 1], -EDGES[1], EDGES[1])
    _, lat = _system().transform(np.zeros(len(xy)), y, direction="INVERSE")
    return np.column_stack([xy[:, 0] * (180 / EDGES[0]), lat])


def _metres_north(latitude: Floats) -> Floats:
    """Ordinate in EPSG:6933 of latitudes in degrees."""
    return np.asarray(_system().transform(np.zeros(len(latitude)), latitude)[1])

"""Places and distances on the globe, and outlines simplified for maps."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG), in km."""


def distance_km(latitude: pd.Series, longitude: pd.Series, site: str) -> pd.Series:
    """Great-circle distance of every site from one of them.

    Parameters
    ----------
    latitude, longitude : pandas.Series
        Degrees (WGS 84), index `site_id`; missing where a site has no point.
    site : str
        The site to measure from.

    Returns
    -------
    pandas.Series
        Kilometres, same index; missing where either point is missing.

    Notes
    -----
    Haversine formula between the sites' points, not their boundaries: two large sites that touch can lie
    many kilometres apart here.

    Examples
    --------
    >>> degrees = pd.Series([0.0, 0.0], index=["A", "B"]), pd.Series([179.5, -179.5], index=["A", "B"])
    >>> distance_km(*degrees, "A").round(1).tolist()
    [0.0, 111.2]
    """
    phi, lam = np.radians(latitude.astype(float)), np.radians(longitude.astype(float))
    half = (
        np.sin((phi - phi[site]) / 2) ** 2
        + np.cos(phi) * np.cos(phi[site]) * np.sin((lam - lam[site]) / 2) ** 2
    )
    return pd.Series(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half.clip(upper=1))), index=latitude.index)


def on_sphere(latitude: ArrayLike, longitude: ArrayLike) -> NDArray[np.float64]:
    """Places as unit vectors, which know neither ±180° nor the poles as edges.

    Parameters
    ----------
    latitude, longitude : array-like
        Degrees, of one shape.

    Returns
    -------
    numpy.ndarray
        That shape, and a last axis of three: x and y in the plane of the equator, z northward; no unit.

    Examples
    --------
    >>> on_sphere([0, 90], [90, 17]).round(9).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    phi = np.radians(np.asarray(latitude, dtype=float))
    lam = np.radians(np.asarray(longitude, dtype=float))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def simplified(geometries: gpd.GeoSeries, per_site: float = 0.02) -> gpd.GeoSeries:
    """Outlines with fewer vertices, for drawing: the smaller a site, the finer.

    Parameters
    ----------
    geometries : geopandas.GeoSeries
        One geometry per site, index `site_id`, any coordinate system.
    per_site : float
        How far an outline may move, as a part of the square root of the site's area (the side of a square as
        large as the site): 0.02 is 2 %. Zero or more.

    Returns
    -------
    geopandas.GeoSeries
        Same index and coordinate system. No part or hole of a polygon vanishes and none comes to overlap
        itself; points and lines pass through; missing stays missing.

    Raises
    ------
    shapely.errors.GEOSException
        `per_site` is negative.

    Notes
    -----
    Douglas & Peucker's algorithm, keeping topology, with a tolerance of its own for each site. For maps
    alone: not before an area, an overlap or a distance is computed. Each outline is simplified by itself, so
    neighbours that share a border part from each other or overlap: not for countries, nor for sites that
    must fit together.

    Examples
    --------
    >>> square = shapely.Polygon([(0, 0), (5, 0.1), (10, 0), (10, 10), (0, 10)])
    >>> shapely.get_num_coordinates(simplified(gpd.GeoSeries([square, None], ["A", "B"]))).tolist()
    [5, 0]
    """
    shapes = geometries.to_numpy()
    area = np.nan_to_num(shapely.area(shapes))
    found = np.where(area > 0, shapely.simplify(shapes, per_site * np.sqrt(area)), shapes)
    return gpd.GeoSeries(found, index=geometries.index, crs=geometries.crs)

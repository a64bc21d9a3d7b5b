"""The nearest other site of each site."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aze_core.measures.geometry import EARTH_RADIUS_KM, on_sphere

_SLACK = 1e-7  # radians by which the tree may miss: between near antipodes its formula rounds to that
_TIE_KM = 1e-9  # distances that differ by less are one distance, computed twice


def nearest_site(latitude: pd.Series, longitude: pd.Series) -> pd.DataFrame:
    """The nearest other site of each site, and how far it lies.

    Parameters
    ----------
    latitude, longitude : pandas.Series
        Degrees (WGS 84), index `site_id`; missing where a site has no point.

    Returns
    -------
    pandas.DataFrame
        Same index: `nearest` (identifier) and `km` (great circle); both missing for a site without point and
        where there is no other site. Of sites equally near the first by identifier stands; two sites of one
        point have 0.

    Notes
    -----
    Ball tree with the haversine metric (scikit-learn), radius 6371.0088 km. Between the sites' points, not
    their boundaries: large sites that touch lie far apart here. On the sphere a distance is up to 0.6 % off
    that on the ellipsoid.

    Examples
    --------
    >>> degrees = pd.DataFrame({"A": [0, 179.5], "B": [0, -179.5], "C": [2, 179.5]}, index=["lat", "lon"]).T
    >>> nearest_site(degrees["lat"], degrees["lon"]).round(1).values.tolist()
    [['B', 111.2], ['A', 111.2], ['A', 222.4]]
    """
    made = pd.DataFrame({"nearest": pd.array([None] * len(latitude), dtype="str"), "km": np.nan})
    made.index = latitude.index
    there = np.flatnonzero(latitude.notna().to_numpy() & longitude.notna().to_numpy())
    if len(there) < 2:
        return made
    from sklearn.neighbors import BallTree  # slow to import

    names = latitude.index.astype(str).to_numpy(dtype=object)
    # by identifier, so that the first of several is the first by identifier
    there = there[np.argsort(names[there])]
    degrees = np.column_stack([latitude, longitude]).astype(float)[there]
    tree = BallTree(np.radians(degrees), metric="haversine")
    reach = tree.query(np.radians(degrees), k=2)[0][:, 1]
    around = tree.query_radius(np.radians(degrees), reach + _SLACK)
    points = on_sphere(degrees[:, 0], degrees[:, 1])
    nearest, km = [], []
    for place, found in enumerate(around):
        others = np.sort(found[found != place])
        away = EARTH_RADIUS_KM * _angle(points[place], points[others])
        best = int(np.argmax(away <= away.min() + _TIE_KM))
        nearest.append(others[best])
        km.append(away[best])
    made.iloc[there, 0] = names[there[nearest]]
    made.iloc[there, 1] = km
    return made


def _angle(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Angles between unit vectors, exact for the smallest and for antipodes."""
    apart, together = np.linalg.norm(one - others, axis=-1), np.linalg.norm(one + others, axis=-1)
    return np.asarray(2 * np.arctan2(apart, together))

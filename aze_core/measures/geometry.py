"""Distances on the globe."""

from __future__ import annotations

import numpy as np
import pandas as pd

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

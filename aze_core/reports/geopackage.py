"""Sites as a GeoPackage of points, with a table that says what it stands on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from aze_core.domain.model import InventoryVersion
from aze_core.reports.about import about

LAYER, RECORD = "ranking", "about"


def to_geopackage(
    frame: pd.DataFrame,
    points: pd.DataFrame,
    version: InventoryVersion,
    settings: str = "",
    language: str = "en",
    sources: pd.DataFrame | None = None,
    layer: str = LAYER,
) -> bytes:
    """A frame as a layer of points that QGIS, ArcGIS and R open.

    Parameters
    ----------
    frame : pandas.DataFrame
        Index `site_id`.
    points : pandas.DataFrame
        Index `site_id`; `latitude` and `longitude` in degrees, missing where not known. Boundaries are never
        written: they belong to those who drew them.
    version : InventoryVersion
    settings, sources : str, pandas.DataFrame
        The choices behind the numbers, and what they rest on; see `aze_core.reports.about.about`.
    language : str
    layer : str
        Name of the layer.

    Returns
    -------
    bytes
        The layer (points, EPSG:4326; a site without a point is a row without geometry) and table
        `about` (`name`, `value`).

    Raises
    ------
    ValueError
        When a site has two points.

    Notes
    -----
    One point stands for a site of any size: do not measure distance or overlap with it.

    Examples
    --------
    >>> from aze_core.domain.model import InventoryVersion
    >>> version = InventoryVersion("0123456789abcdef", "x", "X", "1", "global_aze", "2010",
    ...                            "historical_baseline", "s", "n", 1, 1, 1, "0.1.0")
    >>> sites = pd.Index(["A"], name="site_id")
    >>> points = pd.DataFrame({"latitude": [18.4], "longitude": [-74.0]}, index=sites)
    >>> to_geopackage(pd.DataFrame({"rank": [1]}, index=sites), points, version)[:15]
    b'SQLite format 3'
    """
    import geopandas as gpd  # slow to import, and only a click on a button needs them
    import pyogrio

    if points.index.has_duplicates:
        twice = points.index[points.index.duplicated()][0]
        raise ValueError(f"site {twice!r} has two points; expected one")
    places = points.reindex(frame.index)[["latitude", "longitude"]].astype("float64")
    shapes = gpd.points_from_xy(places["longitude"], places["latitude"]).to_numpy()
    shapes[places.isna().any(axis=1).to_numpy()] = None
    shown = gpd.GeoDataFrame(_plain(frame.reset_index()), geometry=shapes, crs="EPSG:4326")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sites.gpkg")
        # an R-tree would keep plain SQLite from writing to the layer
        pyogrio.write_dataframe(shown, path, layer=layer, geometry_type="Point", SPATIAL_INDEX="NO")
        pyogrio.write_dataframe(about(version, settings, sources, language), path, layer=RECORD)
        return path.read_bytes()


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of mixed things as text: a layer has one type for each."""
    for name in [name for name in table.columns if pd.api.types.is_object_dtype(table[name])]:
        table[name] = table[name].map(str, na_action="ignore")
    return table

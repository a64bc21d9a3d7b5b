"""One polygon out of a file that a user gives as the boundary of one site."""

from __future__ import annotations

import os
from typing import Any

import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.archives import open_archive
from aze_core.sources.shapes import MAX_LAYERS, contents, find_layers, read_layers

_MOST_ROWS = 100


def read_polygon(path: str | os.PathLike[str]) -> Any:
    """The polygon of a file; of several, all together.

    Parameters
    ----------
    path : str or path-like
        Zip, shapefile, GeoPackage, GeoJSON or geodatabase with polygons.

    Returns
    -------
    shapely.Polygon or shapely.MultiPolygon
        Valid, in EPSG:4326, cut at ±180°.

    Raises
    ------
    DataError
        When the file holds no polygon, or more rows than one site can have.

    Examples
    --------
    >>> import geopandas as gpd, tempfile
    >>> site = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     site.to_file(f"{folder}/site.geojson")
    ...     read_polygon(f"{folder}/site.geojson").bounds
    (0.0, 0.0, 1.0, 1.0)
    """
    report = ImportReport()
    with open_archive(path) as archive:
        layers = find_layers(archive, MAX_LAYERS)
        if not layers:
            raise DataError("no_polygon_layer", file=archive.file, found=contents(archive))
        rows = read_layers(
            [(layer, {}) for layer in layers], [], archive.file, report, max_rows=_MOST_ROWS, points=False
        )
        if rows.empty:
            raise DataError("no_polygon_layer", file=archive.file, found="no polygon")
    return shapely.union_all(rows["geometry"].to_numpy())

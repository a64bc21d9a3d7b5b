"""A user's own boundaries for the maps, drawn as finely as a page can carry."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.settings import value as setting
from aze_core.sources.archives import Limits, open_archive
from aze_core.sources.kba import iso3_codes
from aze_core.sources.shapes import (
    MAX_LAYERS,
    MAX_ROWS,
    Progress,
    contents,
    find_layers,
    match_layers,
    read_layers,
    where,
)
from aze_core.sources.text import cell_text, readable

MAX_BYTES: int = setting("limits.boundaries.max_bytes")
LATITUDE_DEG: float = setting("limits.boundaries.latitude_deg")

FIELDS = ("name", "iso3")
"""Fields that one column each may hold; both may be missing."""

_NAMES = {
    "name": "name_en name admin country shapename adm0_name name_0 nam nombre nom nome cntry_name territory",
    "iso3": "iso3 iso_a3_eh iso_a3 iso3cd iso3_code shapegroup adm0_a3 gid_0 adm0_code country_code",
}
_WANTED = {field: words.split() for field, words in _NAMES.items()}

# degrees that a simplified line may be off, roughly: doubled until the drawing is small enough
_TOLERANCES = (0.0, *(0.001 * 2**step for step in range(11)))
_COARSE = 0.01
_POINT_BYTES = 10  # the shortest point, [1.0,2.0], with its comma


def read_boundaries(
    path: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    *,
    layer: str = "",
    max_bytes: int = MAX_BYTES,
    latitude_deg: float = LATITUDE_DEG,
    limits: Limits | None = None,
    max_rows: int = MAX_ROWS,
    max_layers: int = MAX_LAYERS,
) -> tuple[dict[str, Any], ImportReport]:
    """Boundaries as GeoJSON that is small enough to send to every page.

    Parameters
    ----------
    path : str or path-like
        Zip, shapefile, GeoPackage, GeoJSON or geodatabase.
    mapping : mapping of str to str, optional
        Field of `FIELDS` to column; known names are taken where not given.
    progress : callable, optional
        Called with the share done and the stage.
    layer : str
        Name of the layer to read, where the file holds several; all of them where empty.
    max_bytes : int
        How large the GeoJSON may be.
    latitude_deg : float
        Polygons are cut here in the north and south: beyond it the zoomable maps have no room.
    limits : Limits, optional
        What an archive may hold.
    max_rows, max_layers : int
        What a download may hold.

    Returns
    -------
    geojson : dict
        A FeatureCollection: one MultiPolygon per row, with `name` and `iso3` (several joined by ``;``; empty
        texts where not known), longitude and latitude rounded to three decimals, or two where it had to be
        drawn coarsely. Exterior rings run counter-clockwise, cut at ±180°.
    report : ImportReport
        What was noted, repaired and set aside, by how much lines were simplified, and how many islands are
        drawn as triangles.

    Raises
    ------
    DataError
        When the file as a whole cannot be read: see `open_archive` and `read_layers`; also no layer of
        polygons, a layer, field or column that there is not, or more areas than fit.

    Notes
    -----
    Shared borders stay shared where the areas neither overlap nor leave gaps. An island narrower than what is
    drawn becomes a triangle, and several of them close together one: the drawing is never a measure of area.
    Boundaries are the user's own, and say nothing about legal status.

    Examples
    --------
    >>> import geopandas, tempfile
    >>> land = geopandas.GeoDataFrame({"NAME": ["Isle"], "ISO_A3": ["MEX"]},
    ...                               geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     land.to_file(f"{folder}/land.gpkg")
    ...     geojson, report = read_boundaries(f"{folder}/land.gpkg")
    >>> geojson["features"][0]["properties"], geojson["features"][0]["geometry"]["coordinates"]
    ({'name': 'Isle', 'iso3': 'MEX'}, [[[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]]])
    """
    report = ImportReport()
    with open_archive(path, limits) as archive:
        layers = find_layers(archive, max_layers)
        if not layers:
            raise DataError("no_polygon_layer", file=archive.file, found=contents(archive))
        chosen = [one for one in layers if layer in ("", one.name, one.label)]
        if not chosen:
            named = ", ".join(one.name for one in layers)
            raise DataError("no_such_layer", file=archive.file, layer=layer, found=named[:2000])
        if mapping is None:
            matched = [(one, one.match(_WANTED)) for one in chosen]
        else:
            matched = match_layers(chosen, mapping, FIELDS, archive.file)
        rows = read_layers(
            matched, FIELDS, archive.file, report, max_rows=max_rows, points=False, progress=progress
        )
        file = archive.file
    rows = _clip(rows, latitude_deg, report)
    properties = _properties(rows, report)
    geojson = _fit(rows["geometry"].to_numpy(dtype=object), properties, file, max_bytes, latitude_deg, report)
    if progress:
        progress(1.0, "check")
    return geojson, report


def _clip(rows: pd.DataFrame, latitude: float, report: ImportReport) -> pd.DataFrame:
    """Polygons within the latitudes that can be drawn."""
    shapes = rows["geometry"].to_numpy(dtype=object, copy=True)
    bounds = shapely.bounds(shapes)
    beyond = np.abs(bounds[:, [1, 3]]).max(axis=1, initial=0) > latitude if len(rows) else np.empty(0, bool)
    shapes[beyond] = shapely.intersection(shapes[beyond], shapely.box(-180, -latitude, 180, latitude))
    lost = ~(shapely.area(shapes) > 0)
    for place in np.flatnonzero(beyond):
        action, detail = (
            ("set_aside", "nothing is left") if lost[place] else ("repaired", "the rest is drawn")
        )
        limit = f"cut at {latitude:g}° north and south; {detail}"
        report.add(action, "polar", *where(rows, place), "geometry", detail=limit)
    return rows.assign(geometry=shapes)[~lost].reset_index(drop=True)


def _properties(rows: pd.DataFrame, report: ImportReport) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    came: dict[str, Any]
    for came in rows.to_dict("records"):  # type: ignore[assignment]

        def note(action: str, rule: str, column: str, value: object = "", detail: str = "") -> None:
            report.add(action, rule, came["file"], int(came["row"]), column, value, detail)  # noqa: B023

        codes = iso3_codes(came["iso3"], note) if cell_text(came["iso3"]).strip() else None
        found.append({"name": (readable(came["name"], "name", note) or "")[:200], "iso3": codes or ""})
    return found


def _fit(
    shapes: np.ndarray,
    properties: list[dict[str, str]],
    file: str,
    max_bytes: int,
    latitude: float,
    report: ImportReport,
) -> dict[str, Any]:
    """The finest drawing that is small enough."""
    before = int(shapely.get_num_coordinates(shapes).sum())
    whole = len(shapes) > 0 and bool(shapely.coverage_is_valid(shapes))
    for tolerance in _TOLERANCES:
        if tolerance:
            # each step goes on from the last, so lines are off by less than twice the tolerance
            simplify = shapely.coverage_simplify if whole else shapely.simplify
            shapes = simplify(shapes, tolerance)
        parts = shapely.get_parts(shapes)
        points = int(shapely.get_num_coordinates(parts[_extent(parts) >= tolerance]).sum())
        # rounding leaves points out, though hardly three of four
        if points * _POINT_BYTES > 4 * max_bytes and tolerance < _TOLERANCES[-1]:
            continue
        decimals = 3 if tolerance < _COARSE else 2
        drawn = [_draw(shape, tolerance, decimals, latitude) for shape in shapes]
        features = [
            {
                "type": "Feature",
                "properties": about,
                "geometry": {"type": "MultiPolygon", "coordinates": polygons},
            }
            for about, (polygons, _) in zip(properties, drawn, strict=True)
        ]
        geojson = {"type": "FeatureCollection", "features": features}
        size = len(json.dumps(geojson, ensure_ascii=False, separators=(",", ":")).encode())
        if size <= max_bytes:
            break
    else:
        found, limit = -(-size // 1000), max_bytes // 1000
        raise DataError("boundaries_too_large", file=file, found=found, limit=limit)
    if tolerance:
        after = sum(len(ring) for polygons, _ in drawn for polygon in polygons for ring in polygon)
        detail = f"degrees; {before} points became {after}, {size} bytes"
        report.add("noted", "simplified", file, value=f"{tolerance:g}", detail=detail)
    if islands := sum(count for _, count in drawn):
        detail = "parts too small to be drawn stand as triangles, close ones as one"
        report.add("noted", "islands_as_triangles", file, value=islands, detail=detail)
    return geojson


def _extent(parts: np.ndarray) -> np.ndarray:
    """The longer side of each part, in degrees."""
    x0, y0, x1, y1 = shapely.bounds(parts).T
    return np.maximum(x1 - x0, y1 - y0)


Ring = list[list[float]]


def _draw(shape: Any, tolerance: float, decimals: int, latitude: float) -> tuple[list[list[Ring]], int]:
    """Polygons as GeoJSON coordinates, and how many parts became triangles."""
    grid = 10.0**-decimals
    parts = shapely.get_parts(shape)
    x0, y0, x1, y1 = shapely.bounds(parts).T
    small = _extent(parts) < tolerance
    polygons: list[list[Ring]] = []
    for place in np.flatnonzero(~small):
        pieces = shapely.get_parts(shapely.set_precision(parts[place], grid))
        pieces = pieces[shapely.area(pieces) > 0]
        small[place] = not len(pieces)
        polygons += [_coordinates(piece, decimals) for piece in shapely.orient_polygons(pieces)]
    cells: dict[tuple[float, float], list[Ring]] = {}
    step = max(grid, tolerance)
    for place in np.flatnonzero(small):
        x = min(round((x0[place] + x1[place]) / 2, decimals), 180 - grid)
        y = min(round((y0[place] + y1[place]) / 2, decimals), latitude - grid)
        ring = [[x, y], [x + grid, y], [x, y + grid], [x, y]]
        cells.setdefault(
            (x // step, y // step), [[[round(value, decimals) for value in point] for point in ring]]
        )
    return polygons + list(cells.values()), int(small.sum())


def _coordinates(polygon: Any, decimals: int) -> list[Ring]:
    return [
        [[round(x, decimals), round(y, decimals)] for x, y in shapely.get_coordinates(ring).tolist()]
        for ring in (polygon.exterior, *polygon.interiors)
    ]

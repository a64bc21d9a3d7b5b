"""Reads AZE and KBA sites, polygons or points, in every vintage and container that they are published in."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.raw
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.archives import Limits, Source, open_archive
from aze_core.sources.text import WINDOWS, repair_text

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and the stage: `read`, `geometry` or `check`."""

COLUMNS = (
    "site_id",
    "name",
    "national_name",
    "iso3",
    "region",
    "aze_status",
    "kba_status",
    "list_type",
    "area_km2",
    "area_source",
    "measured_area_km2",
    "latitude",
    "longitude",
    "geometry",
)

# column of the frame: columns of the published files, the first preferred
_FIELDS = {
    "site_id": ("SitRecID",),
    "international_name": ("IntName",),
    "national_name": ("NatName",),
    "iso3": ("ISO3",),
    "region": ("Region",),
    "aze_status": ("AzeStatus",),
    "kba_status": ("KbaStatus",),
    "SitAreaKM2": ("SitAreaKM2",),
    "SitArea": ("SitArea",),
    "GISArea": ("GISArea",),
    "latitude": ("SitLat",),
    "longitude": ("SitLong",),
}
_AREAS = {"SitAreaKM2": 1.0, "SitArea": 0.01, "GISArea": 0.01}  # to km²; the older ones are in hectares
_AZE = {
    "confirmed": "confirmed",
    "de-listed": "de_listed",
    "delisted": "de_listed",
    "de listed": "de_listed",
    "de_listed": "de_listed",
}
_LIST = {"confirmed": "global_aze", "de_listed": "de_listed", "none": "other_kba"}
_NOTHING = {"", "null", "<null>", "none", "na", "n/a", "nan"}

_EQUAL_AREA = "EPSG:6933"
_EDGE = 1e-6  # degrees past the edge of the world that are rounding, not error

_POINTS, _LINES, _AREAL = (0, 4), (1, 2, 5), (3, 6)


@dataclass(frozen=True)
class _Layer:
    source: Source
    layer: str
    label: str
    fields: dict[str, str]  # column of the frame: column of the file


def read_kba(
    path: str | os.PathLike[str],
    progress: Progress | None = None,
    *,
    limits: Limits | None = None,
    max_rows: int = 200_000,
    max_layers: int = 100,
    area_difference: float = 0.2,
    point_distance_deg: float = 1.0,
) -> tuple[gpd.GeoDataFrame, ImportReport]:
    """Sites of a KBA or AZE download.

    Parameters
    ----------
    path : str or path-like
        Zip, shapefile, GeoPackage, GeoJSON or geodatabase; all its layers of sites are read.
    progress : callable, optional
        Called with the share done and the stage.
    limits : Limits, optional
        What an archive may hold.
    max_rows, max_layers : int
        What a download may hold.
    area_difference : float
        Share of the reported area by which the measured one may differ before it is noted.
    point_distance_deg : float
        Degrees from its polygon at which a reported point is held to be wrong.

    Returns
    -------
    sites : geopandas.GeoDataFrame
        One row per site, columns as `COLUMNS`, EPSG:4326, in the order of the file. `iso3` joins several
        codes by ``;``. `aze_status` is ``confirmed``, ``de_listed`` or ``none``; `list_type` follows from
        it: ``global_aze``, ``de_listed``, ``other_kba``. `area_km2` is the reported area, in km²,
        `area_source` the column that it comes from; both are missing where the report is missing or 0.
        `measured_area_km2` is the polygon's area in EPSG:6933, missing for points. `latitude` and
        `longitude` are the reported point, else one inside the geometry. Exterior rings run
        counter-clockwise. Geometries are polygons or points, cut at ±180°.
    report : ImportReport
        What was noted, repaired and set aside. Of rows that were merged into one, each counts as accepted.

    Raises
    ------
    DataError
        When the file as a whole cannot be read: see `open_archive`; also no layer of sites, a missing
        column, no rows, too many rows or layers, an unknown coordinate system.

    Notes
    -----
    Do not trust `measured_area_km2` where a repair was reported: a polygon that overlaps itself is taken
    as the union of what it covers. A ring wider than 180° is taken to cross ±180° when it is narrower that
    way, which a coarse polygon over half the globe would be too.

    Examples
    --------
    >>> import tempfile
    >>> site = gpd.GeoDataFrame(
    ...     {"SitRecID": [7.0], "IntName": ["Ash Hill"], "NatName": [None], "ISO3": ["MEX"],
    ...      "AzeStatus": ["confirmed"], "SitAreaKM2": [12000.0]},
    ...     geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     site.to_file(f"{folder}/kba.gpkg")
    ...     sites, report = read_kba(f"{folder}/kba.gpkg")
    >>> sites.loc[0, ["site_id", "name", "list_type"]].tolist(), report.accepted
    (['7', 'Ash Hill', 'global_aze'], 1)
    """
    tell = progress or (lambda share, stage: None)
    report = ImportReport()
    frames: list[pd.DataFrame] = []
    tell(0.0, "read")
    with open_archive(path, limits) as archive:
        # a .json beside a shapefile describes it more often than it holds sites
        sources = archive.of("shapefile", "geopackage", "geodatabase") or archive.of("geojson")
        if not sources:
            found = ", ".join(source.name for source in archive.sources[:10])
            raise DataError("kba_no_layer", file=archive.file, found=found)
        layers = _find_layers(archive.file, sources, report, max_layers)
        for number, layer in enumerate(layers):
            frames.append(_read_layer(layer, archive.file, report, max_rows - report.read, max_rows))
            tell(0.5 * (number + 1) / len(layers), "read")
        file = archive.file
    if not report.read:
        raise DataError("import_no_rows", file=file)
    rows = pd.concat(frames, ignore_index=True)
    tell(0.5, "geometry")
    rows = _geometry(rows, report)
    tell(0.8, "check")
    rows = _attributes(rows, report)
    rows = _unite(rows, report)
    sites = gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")
    sites = _measure(sites, report, area_difference, point_distance_deg)
    tell(1.0, "check")
    return sites[list(COLUMNS)].reset_index(drop=True), report


def _open(source: Source, read: Callable[..., Any], **options: Any) -> tuple[Any, str]:
    """What a function of pyogrio returns, and the encoding that failed before text was read as Latin-1."""
    path, failed = source.path, ""
    while True:
        try:
            return read(path, **options), failed
        except UnicodeDecodeError as error:
            if failed or read is pyogrio.list_layers:
                raise _unreadable(source, error) from None
            failed, options["encoding"] = error.encoding, "ISO-8859-1"
        except Exception as error:  # damaged files make GDAL and its bindings stumble in any way
            raise _unreadable(source, error) from None


def _unreadable(source: Source, error: Exception) -> DataError:
    problem = " ".join(str(error).replace(source.path, source.name).split())
    return DataError("layer_unreadable", file=source.name, problem=problem[:300] or type(error).__name__)


def _find_layers(file: str, sources: Iterable[Source], report: ImportReport, max_layers: int) -> list[_Layer]:
    """Layers that carry sites; the others are noted."""
    found: list[_Layer] = []
    others: list[tuple[str, str, list[str]]] = []
    seen = 0
    for source in sources:
        named = [str(name) for name, kind in _open(source, pyogrio.list_layers)[0] if kind is not None]
        seen += len(named)
        if seen > max_layers:
            raise DataError("import_too_many_layers", file=file, found=seen, limit=max_layers)
        for layer in named:
            label = source.name if len(named) == 1 else f"{source.name}/{layer}"
            info, _ = _open(source, pyogrio.read_info, layer=layer)
            came = [str(field) for field in info["fields"]]
            fields = _match(came)
            lost = _missing(fields)
            if lost:
                others.append((label, lost, came))
            else:
                found.append(_Layer(source, layer, label, fields))
    if not found:
        if not others:
            raise DataError("kba_no_layer", file=file, found="no layer with geometry")
        # the one that comes nearest is the one that was meant
        label, lost, came = max(others, key=lambda other: len(_match(other[2])))
        raise DataError(
            "import_missing_column", file=label, column=lost, found=", ".join(came[:60]) or "no columns"
        )
    for label, lost, _ in others:
        report.add("noted", "other_layer", label, detail=f"not read: it has no column {lost}")
    return found


def _match(came: list[str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for field in came:
        known.setdefault(field.strip().casefold(), field)
    return {
        ours: known[theirs.casefold()]
        for ours, names in _FIELDS.items()
        for theirs in names
        if theirs.casefold() in known
    }


def _missing(fields: dict[str, str]) -> str:
    if "site_id" not in fields:
        return "SitRecID"
    if not {"international_name", "national_name"} & set(fields):
        return "IntName"
    return "" if "iso3" in fields else "ISO3"


def _read_layer(layer: _Layer, file: str, report: ImportReport, left: int, max_rows: int) -> pd.DataFrame:
    """Rows as they come: the named columns, geometry as WGS 84, `file` and `row`."""
    options: dict[str, Any] = {
        "layer": layer.layer,
        "columns": sorted(set(layer.fields.values())),
        "force_2d": True,
        "max_features": left + 1,
        "datetime_as_string": True,
    }
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        (meta, _, wkb, data), failed = _open(layer.source, pyogrio.raw.read, **options)
    if failed:
        # what is UTF-8 in the other rows is found and mended row by row
        detail = f"some text is not {failed}; read as Windows-1252"
        report.add("noted", "text_encoding", layer.label, value=failed, detail=detail)
    for text in sorted({" ".join(str(one.message).split()) for one in told})[:20]:
        report.add("noted", "reader_warning", layer.label, detail=text)
    if wkb is None:
        raise DataError("kba_no_layer", file=layer.label, found="no geometry")
    if len(wkb) > left:
        raise DataError("import_too_many_rows", file=file, limit=max_rows)
    report.read += len(wkb)
    if not len(wkb):
        report.add("noted", "empty_layer", layer.label)
    came = dict(zip([str(field) for field in meta["fields"]], data, strict=True))
    rows = pd.DataFrame({"file": layer.label, "row": np.arange(1, len(wkb) + 1)})
    for ours in _FIELDS:
        values = came[layer.fields[ours]] if ours in layer.fields else [None] * len(rows)
        if failed:
            values = [value.translate(WINDOWS) if isinstance(value, str) else value for value in values]
        rows[ours] = pd.Series(list(values), index=rows.index, dtype=object)
    absent = [_FIELDS[ours][0] for ours in ("region", "kba_status") if ours not in layer.fields]
    if not set(_AREAS) & set(layer.fields):
        absent.append(", ".join(_AREAS))
    for column in absent:
        report.add("noted", "column_absent", layer.label, column=column)
    if "aze_status" not in layer.fields:
        report.add(
            "noted",
            "no_aze_status",
            layer.label,
            column="AzeStatus",
            detail="the column is missing, so which sites are AZE is unknown: all are taken as other_kba",
        )
    shapes = _decode(rows, wkb, report)
    rows["zero"] = [shape is not None and _at_origin(shape) for shape in shapes]
    rows["geometry"] = _to_degrees(shapes, meta["crs"], layer.label, report)
    return rows


def _decode(rows: pd.DataFrame, wkb: np.ndarray, report: ImportReport) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    came = np.array([item is not None for item in wkb], dtype=bool)
    for place in np.flatnonzero(came & shapely.is_missing(shapes)):
        file, row = _place(rows, place)
        shapes[place] = shapely.from_wkb(wkb[place], on_invalid="fix")
        if shapes[place] is not None:
            report.add("repaired", "ring_closed", file, row, "geometry", detail="an open ring was closed")
    return np.asarray(shapes, dtype=object)


def _place(rows: pd.DataFrame, index: Any) -> tuple[str, int]:
    """File and row that a finding names."""
    row: Any = rows["row"].at[index]
    return str(rows["file"].at[index]), int(row)


def _at_origin(shape: Any) -> bool:
    return shapely.get_type_id(shape) in _POINTS and not shapely.get_coordinates(shape).any()


def _to_degrees(shapes: np.ndarray, crs: str | None, label: str, report: ImportReport) -> np.ndarray:
    """Geometries in WGS 84, longitude first."""
    system = None
    if crs:
        try:
            system = CRS.from_user_input(crs)
        except CRSError:
            system = None
    # GeoPackage writes an unknown system as an "engineering" one
    if system is None or not (system.is_geographic or system.is_projected):
        bounds = shapely.bounds(shapes)
        bounds = bounds[np.isfinite(bounds).all(axis=1)]
        degrees = (np.abs(bounds[:, [0, 2]]) <= 360).all(axis=1) & (np.abs(bounds[:, [1, 3]]) <= 90).all(
            axis=1
        )
        # a few rows outside are faults of theirs, not of the system
        if len(bounds) and degrees.mean() < 0.9:
            shown = ", ".join(f"{value:g}" for value in bounds[~degrees][0])
            raise DataError("import_no_crs", file=label, found=shown)
        if len(bounds):
            report.add(
                "noted", "crs_assumed", label, value=crs or "", detail="none given: taken as EPSG:4326"
            )
        return shapes
    if system.to_2d().equals(CRS.from_epsg(4326), ignore_axis_order=True):
        return shapes
    try:
        turn = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
        turned = shapely.transform(shapes, turn.transform, interleaved=False)
    except (ProjError, CRSError) as error:
        raise DataError("layer_unreadable", file=label, problem=str(error)[:300]) from None
    report.add("noted", "crs_changed", label, value=system.name, detail="turned into EPSG:4326")
    return np.asarray(turned, dtype=object)


def _geometry(rows: pd.DataFrame, report: ImportReport) -> pd.DataFrame:
    """Sound polygons and points within ±180°; rows without are set aside."""
    rows = rows.reset_index(drop=True)
    shapes = rows["geometry"].to_numpy(dtype=object, copy=True)
    keep = np.ones(len(rows), dtype=bool)

    def say(action: str, rule: str, mask: np.ndarray, values: Any = None, detail: str = "") -> None:
        for place in np.flatnonzero(mask):
            file, row = _place(rows, place)
            value = "" if values is None else values[place]
            report.add(action, rule, file, row, "geometry", value, detail)
        if action == "set_aside":
            keep[mask] = False

    shapes, dropped, lines = _plain_types(shapes)
    bare = shapely.is_missing(shapes) | (shapely.is_empty(shapes) & ~lines)
    say("set_aside", "line_geometry", lines, detail="a line encloses nothing")
    say("set_aside", "no_geometry", bare & ~lines)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(rows), dtype=bool)
    finite[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    say("set_aside", "bad_coordinates", keep & ~finite, detail="a coordinate is no finite number")
    say("repaired", "parts_dropped", keep & dropped, detail="parts without area were left out")

    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        x0, y0, x1, y1 = bounds.T
        point = np.isin(shapely.get_type_id(shapes), _POINTS)
        over = (x0 < -180 - _EDGE) | (x1 > 180 + _EDGE)
        outside = (y0 < -90 - _EDGE) | (y1 > 90 + _EDGE)
        # a ring may be written on past ±180°; what lies wholly beyond is not of this world
        parts, owner = shapely.get_parts(shapes, return_index=True)
        p0, _, p1, _ = shapely.bounds(parts).T if len(parts) else np.empty((4, 0))
        written_on = ((p0 < 180) & (p1 > 180)) | ((p0 < -180) & (p1 > -180))
        beyond = (p0 < -180 - _EDGE) | (p1 > 180 + _EDGE)
        outside[owner[beyond & ~(written_on & (p1 - p0 < 180))]] = True
    shown = [f"{a:g} {b:g} {c:g} {d:g}" for a, b, c, d in bounds]
    say("set_aside", "outside_world", keep & outside, shown, "expected -180 to 180 and -90 to 90 degrees")
    zero = rows["zero"].to_numpy(dtype=bool) | np.array([_at_origin(s) if s else False for s in shapes])
    say("set_aside", "null_island", keep & zero, detail="(0, 0) stands for an unknown place")

    shapes[~keep] = None
    with np.errstate(invalid="ignore"):
        rounding = keep & ~over & (np.abs(bounds) > [180, 90, 180, 90]).any(axis=1)
    if rounding.any():
        shapes[rounding] = shapely.transform(shapes[rounding], lambda xy: np.clip(xy, [-180, -90], [180, 90]))
    shapes, cut = _cut_at_180(shapes)
    say("repaired", "antimeridian", cut, detail="cut at ±180°")

    invalid = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if invalid.any():
        reasons = np.full(len(rows), "", dtype=object)
        reasons[invalid] = shapely.is_valid_reason(shapes[invalid])
        shapes[invalid] = _mend(shapes[invalid])
        say("repaired", "invalid_geometry", invalid & ~_flat(shapes), reasons, "made valid")
    say("set_aside", "no_area", keep & ~point & _flat(shapes), detail="the polygon encloses nothing")

    single = np.isin(shapely.get_type_id(shapes), (4, 6)) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    rows["geometry"] = shapely.orient_polygons(shapes)
    return rows[keep].drop(columns="zero").reset_index(drop=True)


def _flat(shapes: np.ndarray) -> np.ndarray:
    return ~(shapely.area(shapes) > 0)


def _plain_types(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Collections as their polygons, else points; lines marked."""
    shapes = shapes.copy()
    dropped = np.zeros(len(shapes), dtype=bool)
    for place in np.flatnonzero(shapely.get_type_id(shapes) == 7):
        parts = _leaves(shapes[place])
        kinds = shapely.get_type_id(parts)
        for wanted, make in ((3, shapely.multipolygons), (0, shapely.multipoints)):
            chosen = parts[kinds == wanted]
            if len(chosen):
                shapes[place] = make(chosen)
                dropped[place] = len(chosen) < len(parts)
                break
        else:
            shapes[place] = parts[0] if len(parts) else None
    lines = np.isin(shapely.get_type_id(shapes), _LINES) & ~shapely.is_empty(shapes)
    return shapes, dropped, lines


def _leaves(shape: Any) -> np.ndarray:
    parts = np.array([shape], dtype=object)
    while np.isin(shapely.get_type_id(parts), (4, 5, 6, 7)).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


def _mend(shapes: np.ndarray) -> np.ndarray:
    """Valid polygons; ground covered twice counts once."""
    made = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    for place in np.flatnonzero(~np.isin(shapely.get_type_id(made), _AREAL)):
        parts = _leaves(made[place])
        made[place] = shapely.union_all(parts[shapely.get_type_id(parts) == 3])
    return np.asarray(made, dtype=object)


def _cut_at_180(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parts that cross ±180° unwrapped and cut there; marks the rows that changed."""
    cut = np.zeros(len(shapes), dtype=bool)
    areal = np.flatnonzero(np.isin(shapely.get_type_id(shapes), _AREAL))
    parts, owner = shapely.get_parts(shapes[areal], return_index=True)
    x0, _, x1, _ = shapely.bounds(parts).T if len(parts) else np.empty((4, 0))
    crossing = (x1 > 180) | (x0 < -180)
    for place in np.flatnonzero(~crossing & (x1 - x0 > 180)):
        unwrapped = _unwrap(parts[place])
        if unwrapped is not None:
            parts[place] = unwrapped
            crossing[place] = True
    west = np.flatnonzero(crossing & (x0 < -180))
    parts[west] = shapely.transform(parts[west], lambda xy: xy + np.array([360, 0]))
    for row in np.unique(owner[crossing]):
        mine = owner == row
        pieces = list(parts[mine & ~crossing])
        for part in _mend(parts[mine & crossing]):
            pieces.append(shapely.intersection(part, shapely.box(-180, -90, 180, 90)))
            east = shapely.intersection(part, shapely.box(180, -90, 540, 90))
            pieces.append(shapely.transform(east, lambda xy: xy - [360, 0]))
        leaves = np.concatenate([_leaves(piece) for piece in pieces])
        shapes[areal[row]] = shapely.multipolygons(leaves[shapely.get_type_id(leaves) == 3])
        cut[areal[row]] = True
    return shapes, cut


def _unwrap(polygon: Any) -> Any:
    """A polygon written on past ±180° where its rings jump; None where that makes it no narrower.

    A ring around a pole does not close when unwrapped: it stays as it came.
    """
    rings: list[np.ndarray] = []
    for ring in (polygon.exterior, *polygon.interiors):
        xy = shapely.get_coordinates(ring)
        xy[1:, 0] -= 360 * np.cumsum(np.round(np.diff(xy[:, 0]) / 360))
        if abs(xy[0, 0] - xy[-1, 0]) > _EDGE:
            return None
        # the shell begins in this world, and its holes lie within it
        least = rings[0][:, 0].min() if rings else -180
        xy[:, 0] += 360 * np.ceil((least - xy[:, 0].min() - _EDGE) / 360)
        rings.append(xy)
    shell = rings[0]
    if np.ptp(shell[:, 0]) >= np.ptp(shapely.get_coordinates(polygon.exterior)[:, 0]):
        return None
    return shapely.Polygon(shell, rings[1:])


def _attributes(rows: pd.DataFrame, report: ImportReport) -> pd.DataFrame:
    """Identifiers, names, countries, status and area in one form; rows without identifier are set aside."""
    records: list[dict[str, Any]] = []
    came: dict[str, Any]
    for came in rows.to_dict("records"):  # type: ignore[assignment]
        file, row = came["file"], int(came["row"])

        def note(action: str, rule: str, column: str, value: object = "", detail: str = "") -> None:
            report.add(action, rule, file, row, column, value, detail)  # noqa: B023 - called in this turn

        site_id = _identifier(came["site_id"])
        if site_id is None:
            note("set_aside", "no_id", "SitRecID", _blank(came["site_id"]))
            continue
        texts = {}
        for ours, column in (("international_name", "IntName"), ("national_name", "NatName")):
            text = _text(came[ours])
            likely, certain = repair_text(text) or ("", False)
            if certain:
                note("repaired", "text_mended", column, text, f"read as {likely}")
                text = likely
            elif likely:
                perhaps = f"; perhaps {likely}" if likely != text else ""
                detail = f"looks decoded with the wrong encoding; kept as it came{perhaps}"
                note("noted", "text_doubtful", column, text, detail)
            texts[ours] = text.strip() or None
        name = texts["international_name"] or texts["national_name"]
        if name is None:
            note("noted", "no_name", "IntName")
        aze = _aze_status(came["aze_status"], note)
        kba = _text(came["kba_status"]).strip()
        area, area_source = _area(came, note)
        latitude, longitude = _point(came, note)
        records.append(
            {
                "file": file,
                "row": row,
                "site_id": site_id,
                "name": name,
                "national_name": texts["national_name"],
                "iso3": _countries(came["iso3"], note),
                "region": _text(came["region"]).strip() or None,
                "aze_status": aze,
                "kba_status": None if kba.casefold() in _NOTHING else kba.casefold(),
                "list_type": _LIST[aze],
                "area_km2": area,
                "area_source": area_source,
                "latitude": latitude,
                "longitude": longitude,
                "geometry": came["geometry"],
            }
        )
    wanted = ["file", "row", *(column for column in COLUMNS if column != "measured_area_km2")]
    frame = pd.DataFrame(records, columns=wanted)
    for column in frame.columns:
        if column in ("area_km2", "latitude", "longitude"):
            frame[column] = frame[column].astype(float)
        elif column not in ("row", "geometry"):
            frame[column] = frame[column].astype("str")
    return frame


def _blank(value: object) -> object:
    # only NaN differs from itself
    return "" if value is None or value != value else value


def _text(value: object) -> str:
    """A cell as text, missing as nothing; markup stays plain text."""
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return ""
    return str(value).replace("\x00", "")


def _identifier(value: object) -> str | None:
    """An identifier as text: 1234.0 is 1234."""
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            return None
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    text = _text(value).strip()
    if text.casefold() in _NOTHING:
        return None
    return re.sub(r"^(\d+)\.0+$", r"\1", text)


def _number(value: object) -> float | None:
    """A finite number; None where nothing or something else came."""
    try:
        number = float(_text(value).strip() or "nan")
    except ValueError:
        return None
    return number if np.isfinite(number) else None


Note = Callable[..., None]


def _aze_status(value: object, note: Note) -> str:
    text = " ".join(_text(value).split()).casefold()
    if text in _NOTHING:
        return "none"
    if text not in _AZE:
        note(
            "noted",
            "unknown_aze_status",
            "AzeStatus",
            value,
            "expected confirmed or de-listed; taken as none",
        )
    return _AZE.get(text, "none")


def _countries(value: object, note: Note) -> str | None:
    codes: list[str] = []
    for part in re.split(r"[;,]", _text(value)):
        code = part.strip()
        if re.fullmatch(r"(?a:[A-Za-z]{3})", code):
            if not code.isupper():
                note("repaired", "iso3_case", "ISO3", value, f"read as {code.upper()}")
            if code.upper() not in codes:
                codes.append(code.upper())
        elif code:
            note("noted", "bad_iso3", "ISO3", value, f"{code[:50]} is no three-letter code; left out")
    if not codes:
        note("noted", "no_iso3", "ISO3", _text(value))
    return ";".join(codes) or None


def _area(came: dict[str, Any], note: Note) -> tuple[float, str | None]:
    """Reported area in km², from the first column that holds one."""
    for column, factor in _AREAS.items():
        number = _number(came[column])
        if number is not None and number > 0:
            return number * factor, column
        if number is not None:
            note("noted", "area_zero", column, came[column], "no area can be this; taken as unknown")
        elif _text(came[column]).strip():
            note("noted", "bad_number", column, came[column], "taken as unknown")
    return np.nan, None


def _point(came: dict[str, Any], note: Note) -> tuple[float, float]:
    latitude, longitude = _number(came["latitude"]), _number(came["longitude"])
    given = f"{_text(came['latitude'])} {_text(came['longitude'])}".strip()
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        bad = bool(given)
    else:
        bad = latitude == 0 and longitude == 0
        if not bad:
            return latitude, longitude
    if bad:
        note("repaired", "bad_point", "SitLat, SitLong", given, "a point of the geometry was taken instead")
    return np.nan, np.nan


def _unite(rows: pd.DataFrame, report: ImportReport) -> pd.DataFrame:
    """One row per identifier: repeated rows merged, parts of one site dissolved, the rest set aside."""
    twice = rows["site_id"].duplicated(keep=False)
    if not twice.any():
        return rows
    gone: list[Any] = []
    same_site = ["name", "iso3", "aze_status", "kba_status"]
    for site_id, group in rows[twice].groupby("site_id", sort=False):
        first = group.index[0]

        def note(action: str, rule: str, places: Iterable[Any], detail: str, value: object = site_id) -> None:
            for place in places:
                file, row = _place(rows, place)
                report.add(action, rule, file, row, "SitRecID", value, detail)

        columns = [column for column in group.columns if column not in ("file", "row", "geometry")]
        exact = group[columns].assign(shape=shapely.to_wkb(shapely.normalize(group["geometry"].to_numpy())))
        repeated = group.index[exact.duplicated()]
        file, row = _place(rows, first)
        note("noted", "duplicate_row", repeated, f"the same as row {row} of {file}")
        gone.extend(repeated)
        group = group.drop(index=repeated)
        if len(group) == 1:
            continue
        if len(group[same_site].drop_duplicates()) > 1:
            note("set_aside", "duplicate_id", group.index, "several sites carry this identifier")
            gone.extend(group.index)
            continue
        areal = np.isin(shapely.get_type_id(group["geometry"].to_numpy()), _AREAL)
        points = group.index[~areal]
        if not areal.any():
            note("set_aside", "duplicate_id", points, "several points carry this identifier")
            gone.extend(points)
            continue
        note("noted", "point_beside_polygon", points, "the polygon of the same site was taken")
        gone.extend(points)
        parts = group[areal]
        if len(parts) == 1:
            continue
        first = parts.index[0]
        whole = shapely.union_all(parts["geometry"].to_numpy())
        rows.at[first, "geometry"] = shapely.orient_polygons(whole)
        areas = parts["area_km2"]
        # parcels either each repeat the site's area or each give their own
        if areas.notna().all() and (areas != areas.iloc[0]).any():
            rows.at[first, "area_km2"] = areas.sum()
        note("repaired", "parts_dissolved", parts.index, f"{len(parts)} parts of one site became one row")
        gone.extend(parts.index[1:])
    return rows.drop(index=gone).reset_index(drop=True)


def _measure(
    sites: gpd.GeoDataFrame, report: ImportReport, area_difference: float, point_distance_deg: float
) -> gpd.GeoDataFrame:
    """Measured area; points where none, or a wrong one, was reported."""
    shapes = sites["geometry"].to_numpy()
    areal = np.isin(shapely.get_type_id(shapes), _AREAL)
    measured = sites.geometry.to_crs(_EQUAL_AREA).area.to_numpy() / 1e6
    sites["measured_area_km2"] = np.where(areal, measured, np.nan)
    reported = sites["area_km2"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        apart = areal & (np.abs(measured - reported) > area_difference * reported)
    for place in np.flatnonzero(apart):
        report.add(
            "noted",
            "area_differs",
            *_place(sites, place),
            sites.at[place, "area_source"],
            f"{reported[place]:g} km²",
            f"measured {measured[place]:.4g} km²",
        )
    latitude, longitude = sites["latitude"].to_numpy(copy=True), sites["longitude"].to_numpy(copy=True)
    given = np.isfinite(latitude)
    distance = np.full(len(sites), np.inf)
    for turn in (-360, 0, 360):
        reached = shapely.distance(shapes[given], shapely.points(longitude[given] + turn, latitude[given]))
        distance[given] = np.fmin(distance[given], reached)
    for place in np.flatnonzero(given & (distance > point_distance_deg)):
        report.add(
            "repaired",
            "point_far",
            *_place(sites, place),
            "SitLat, SitLong",
            f"{latitude[place]:g} {longitude[place]:g}",
            f"{distance[place]:.1f} degrees from its geometry; a point of the geometry was taken instead",
        )
    inside = shapely.point_on_surface(shapes)
    wrong = distance > point_distance_deg
    sites["latitude"] = np.where(wrong, shapely.get_y(inside), latitude)
    sites["longitude"] = np.where(wrong, shapely.get_x(inside), longitude)
    return sites

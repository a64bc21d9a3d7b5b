"""Reads AZE and KBA sites, polygons or points, in every vintage and container that they are published in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.settings import value as setting
from aze_core.sources.archives import Limits, open_archive
from aze_core.sources.shapes import (
    AREAL,
    MAX_LAYERS,
    MAX_ROWS,
    Layer,
    Progress,
    all_columns,
    contents,
    find_layers,
    keep_cells,
    match_layers,
    read_layers,
    where,
)
from aze_core.sources.tables import SYNONYMS, Guess, guess_columns
from aze_core.sources.text import Note, cell_text, readable

AREA_DIFFERENCE: float = setting("limits.kba.area_difference")
POINT_DISTANCE_DEG: float = setting("limits.kba.point_distance_deg")

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
    "source_text",
    "country_name",
    "changed",
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
    "source_text": ("Source",),
    "country_name": ("Country",),
    "changed": ("LastUpdate", "ChangeDate"),
}
_TITLES = {field: names[0] for field, names in _FIELDS.items()}
_TEXTS = ("source_text", "country_name", "changed")
AREAS = {"SitAreaKM2": 1.0, "SitArea": 0.01, "GISArea": 0.01}
"""Columns of area, and km² in their unit; the older ones are in hectares."""
AZE_WORDS = {
    "confirmed": "confirmed",
    "de-listed": "de_listed",
    "delisted": "de_listed",
    "de listed": "de_listed",
    "de_listed": "de_listed",
}
"""What is written of the status of an AZE site, in small letters: the status."""
LIST_OF = {"confirmed": "global_aze", "de_listed": "de_listed", "none": "other_kba"}
"""Kind of list that follows from the status."""
_NOTHING = {"", "null", "<null>", "none", "na", "n/a", "nan"}

_EQUAL_AREA = "EPSG:6933"


def read_kba(
    path: str | os.PathLike[str],
    progress: Progress | None = None,
    *,
    mapping: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    max_rows: int = MAX_ROWS,
    max_layers: int = MAX_LAYERS,
    area_difference: float = AREA_DIFFERENCE,
    point_distance_deg: float = POINT_DISTANCE_DEG,
) -> tuple[gpd.GeoDataFrame, ImportReport]:
    """Sites of a KBA or AZE download.

    Parameters
    ----------
    path : str or path-like
        Zip, shapefile, GeoPackage, GeoJSON or geodatabase; all its layers of sites are read.
    progress : callable, optional
        Called with the share done and the stage.
    mapping : mapping of str to str, optional
        Field of `FIELDS` to column, for layers whose columns are not called as in KBA files; the others keep
        their names. With a mapping the country may be missing.
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
        `longitude` are the reported point, else one inside the geometry. `source_text`, `country_name` and
        `changed` (last update) are text as it came, missing where there is no such column. Exterior rings
        run counter-clockwise. Geometries are polygons or points, cut at ±180°.
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
    tell(0.0, "read")
    with open_archive(path, limits) as archive:
        found = find_layers(archive, max_layers)
        if not found:
            raise DataError("kba_no_layer", file=archive.file, found=contents(archive))
        layers = _choose(found, mapping or {}, archive.file, report)
        for layer, fields in layers:
            _tell_absent(layer, fields, report)
        sound = read_layers(
            layers,
            list(_FIELDS),
            archive.file,
            report,
            max_rows=max_rows,
            titles=_TITLES,
            progress=progress,
        )
    rows = _attributes(sound, report)
    rows = _unite(rows, report)
    keep_cells(sound, list(_FIELDS), _TITLES, report)
    sites = gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")
    sites = _measure(sites, report, area_difference, point_distance_deg)
    tell(1.0, "check")
    return sites[list(COLUMNS)].reset_index(drop=True), report


def _choose(
    layers: list[Layer], mapping: Mapping[str, str], file: str, report: ImportReport
) -> list[tuple[Layer, dict[str, str]]]:
    """Layers that carry sites, with their columns by field; the others are noted."""
    own = match_layers(layers, mapping, FIELDS, file)
    found: list[tuple[Layer, dict[str, str]]] = []
    others: list[tuple[Layer, dict[str, str]]] = []
    for layer, mapped in own:
        fields = {**layer.match(_FIELDS), **mapped}
        (others if _missing(fields, bool(mapping)) else found).append((layer, fields))
    if not found:
        # the one that comes nearest is the one that was meant
        layer, fields = max(others, key=lambda other: len(other[1]))
        came = ", ".join(layer.columns[:60]) or "no columns"
        column = _missing(fields, bool(mapping))
        raise DataError("import_missing_column", file=layer.label, column=column, found=came)
    for layer, fields in others:
        detail = f"not read: it has no column {_missing(fields, bool(mapping))}"
        report.add("noted", "other_layer", layer.label, detail=detail)
    return found


def _missing(fields: dict[str, str], mapped: bool) -> str:
    if "site_id" not in fields:
        return "SitRecID"
    if not {"international_name", "national_name"} & set(fields):
        return "IntName"
    return "" if "iso3" in fields or mapped else "ISO3"


_NAMES: dict[str, Sequence[str]] = {
    "site_id": ("SitRecID", *SYNONYMS["site_id"]),
    "international_name": ("IntName", *SYNONYMS["site_name"], "name", "nombre", "nom", "nome"),
    "national_name": ("NatName", "national_name", "local_name"),
    "iso3": ("ISO3", *SYNONYMS["country"]),
    "aze_status": ("AzeStatus", "aze_status"),
}
FIELDS = tuple(_NAMES)
"""Fields that a mapping may name."""


def suggest_mapping(
    path: str | os.PathLike[str], *, limits: Limits | None = None, max_layers: int = MAX_LAYERS
) -> tuple[list[str], dict[str, Guess]]:
    """Columns of a layer of sites, and which of them may hold which field.

    Parameters
    ----------
    path : str or path-like
    limits, max_layers
        As `read_kba`.

    Returns
    -------
    (list of str, dict of str to Guess)
        The columns of all layers, each once, and the guesses by field, to be confirmed.

    Raises
    ------
    DataError
        As `read_kba`.
    """
    with open_archive(path, limits) as archive:
        layers = find_layers(archive, max_layers)
        if not layers:
            raise DataError("kba_no_layer", file=archive.file, found=contents(archive))
        columns = all_columns(layers)
    return columns, guess_columns(columns, [], FIELDS, _NAMES)


def _tell_absent(layer: Layer, fields: dict[str, str], report: ImportReport) -> None:
    absent = [_FIELDS[field][0] for field in ("region", "kba_status") if field not in fields]
    if not set(AREAS) & set(fields):
        absent.append(", ".join(AREAS))
    for column in absent:
        report.add("noted", "column_absent", layer.label, column=column)
    if "aze_status" not in fields:
        detail = "the column is missing, so which sites are AZE is unknown: all are taken as other_kba"
        report.add("noted", "no_aze_status", layer.label, column="AzeStatus", detail=detail)


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
        texts = {
            field: readable(came[field], _FIELDS[field][0], note)
            for field in ("international_name", "national_name", *_TEXTS)
        }
        name = texts["international_name"] or texts["national_name"]
        if name is None:
            note("noted", "no_name", "IntName")
        aze = _aze_status(came["aze_status"], note)
        kba = cell_text(came["kba_status"]).strip()
        area, area_source = _area(came, note)
        latitude, longitude = _point(came, note)
        records.append(
            {
                "file": file,
                "row": row,
                "site_id": site_id,
                "name": name,
                "national_name": texts["national_name"],
                "iso3": iso3_codes(came["iso3"], note),
                "region": cell_text(came["region"]).strip() or None,
                "aze_status": aze,
                "kba_status": None if kba.casefold() in _NOTHING else kba.casefold(),
                "list_type": LIST_OF[aze],
                "area_km2": area,
                "area_source": area_source,
                "latitude": latitude,
                "longitude": longitude,
                **{field: texts[field] for field in _TEXTS},
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


def _identifier(value: object) -> str | None:
    """An identifier as text: 1234.0 is 1234."""
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            return None
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    text = cell_text(value).strip()
    if text.casefold() in _NOTHING:
        return None
    return re.sub(r"^(\d+)\.0+$", r"\1", text)


def _number(value: object) -> float | None:
    """A finite number; None where nothing or something else came."""
    try:
        number = float(cell_text(value).strip() or "nan")
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _aze_status(value: object, note: Note) -> str:
    text = " ".join(cell_text(value).split()).casefold()
    if text in _NOTHING:
        return "none"
    if text not in AZE_WORDS:
        note(
            "noted",
            "unknown_aze_status",
            "AzeStatus",
            value,
            "expected confirmed or de-listed; taken as none",
        )
    return AZE_WORDS.get(text, "none")


def iso3_codes(value: object, note: Note) -> str | None:
    """Countries of a cell, joined by ``;``; what is no three-letter code is told and left out.

    Examples
    --------
    >>> iso3_codes("mex; USA, USA", lambda *finding: None)
    'MEX;USA'
    """
    codes: list[str] = []
    for part in re.split(r"[;,]", cell_text(value)):
        code = part.strip()
        if re.fullmatch(r"(?a:[A-Za-z]{3})", code):
            if not code.isupper():
                note("repaired", "iso3_case", "ISO3", value, f"read as {code.upper()}")
            if code.upper() not in codes:
                codes.append(code.upper())
        elif code:
            note("noted", "bad_iso3", "ISO3", value, f"{code[:50]} is no three-letter code; left out")
    if not codes:
        note("noted", "no_iso3", "ISO3", cell_text(value))
    return ";".join(codes) or None


def _area(came: dict[str, Any], note: Note) -> tuple[float, str | None]:
    """Reported area in km², from the first column that holds one."""
    for column, factor in AREAS.items():
        number = _number(came[column])
        if number is not None and number > 0:
            return number * factor, column
        if number is not None:
            note("noted", "area_zero", column, came[column], "no area can be this; taken as unknown")
        elif cell_text(came[column]).strip():
            note("noted", "bad_number", column, came[column], "taken as unknown")
    return np.nan, None


def _point(came: dict[str, Any], note: Note) -> tuple[float, float]:
    latitude, longitude = _number(came["latitude"]), _number(came["longitude"])
    given = f"{cell_text(came['latitude'])} {cell_text(came['longitude'])}".strip()
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
                file, row = where(rows, place)
                report.add(action, rule, file, row, "SitRecID", value, detail)

        # a source or a date of change that differs makes no other site
        columns = [c for c in group.columns if c not in ("file", "row", "geometry", *_TEXTS)]
        exact = group[columns].assign(shape=shapely.to_wkb(shapely.normalize(group["geometry"].to_numpy())))
        repeated = group.index[exact.duplicated()]
        file, row = where(rows, first)
        note("noted", "duplicate_row", repeated, f"the same as row {row} of {file}")
        gone.extend(repeated)
        group = group.drop(index=repeated)
        if len(group) == 1:
            continue
        if len(group[same_site].drop_duplicates()) > 1:
            note("set_aside", "duplicate_id", group.index, "several sites carry this identifier")
            gone.extend(group.index)
            continue
        areal = np.isin(shapely.get_type_id(group["geometry"].to_numpy()), AREAL)
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
    areal = np.isin(shapely.get_type_id(shapes), AREAL)
    measured = sites.geometry.to_crs(_EQUAL_AREA).area.to_numpy() / 1e6
    sites["measured_area_km2"] = np.where(areal, measured, np.nan)
    reported = sites["area_km2"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        apart = areal & (np.abs(measured - reported) > area_difference * reported)
    for place in np.flatnonzero(apart):
        report.add(
            "noted",
            "area_differs",
            *where(sites, place),
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
            *where(sites, place),
            "SitLat, SitLong",
            f"{latitude[place]:g} {longitude[place]:g}",
            f"{distance[place]:.1f} degrees from its geometry; a point of the geometry was taken instead",
        )
    inside = shapely.point_on_surface(shapes)
    wrong = distance > point_distance_deg
    sites["latitude"] = np.where(wrong, shapely.get_y(inside), latitude)
    sites["longitude"] = np.where(wrong, shapely.get_x(inside), longitude)
    return sites

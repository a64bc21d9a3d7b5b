"""Protected areas as the published indicator counts them: what is left out and what is repaired."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.affinity import translate

from aze_core.domain.errors import DataError
from aze_core.domain.protected_areas import (
    BIOSPHERE_RESERVE,
    COLUMNS,
    COUNTED,
    EDGES,
    EQUAL_AREA,
    NEEDED,
    PROPOSED,
    kind_of,
    match_columns,
    tier_of,
)
from aze_core.domain.settings import value

DROPS = (
    "not_reported",
    "proposed",
    "biosphere_reserve",
    "no_geometry",
    "line",
    "outside_world",
    "point_without_area",
    "point",
    "no_area",
)
"""Steps that leave rows out, in their order; a row falls to the first that applies to it."""

CHANGES = ("buffered", "repaired", "bad_year", "undated", "bad_area")
"""Steps that change a row which stays, or tell what it lacks."""

Tell = Callable[[str, np.ndarray], None]
"""Called with a step and the positions of the rows that fell to it, where there are any."""

_COLUMN_OF = {
    "status": "STATUS",
    "year": "STATUS_YR",
    "iso3": "ISO3",
    "designation": "DESIG_ENG",
    "reported_km2": "REP_AREA",
}
_POINTS, _LINES, _AREAL = (0, 4), (1, 2, 5), (3, 6)


@dataclass(frozen=True)
class CleaningReport:
    """How many protected areas fell to each step of the cleaning.

    Attributes
    ----------
    read, kept : int
        Rows that came and stayed.
    counts : mapping of str to int
        By step of `DROPS` and `CHANGES`, all of them. ``undated`` holds all rows without a year,
        ``bad_year`` those whose year is impossible or no number.
    missing : tuple of str
        Columns that did not come, so that their step could not be done.

    Examples
    --------
    >>> one = CleaningReport(3, 2, {"proposed": 1}) + CleaningReport(4, 3, {"proposed": 1}, ("STATUS_YR",))
    >>> one.read, one.kept, one.counts["proposed"], one.missing
    (7, 5, 2, ('STATUS_YR',))
    """

    read: int = 0
    kept: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        full = {step: int(self.counts.get(step, 0)) for step in (*DROPS, *CHANGES)}
        object.__setattr__(self, "counts", full)

    def __add__(self, other: CleaningReport) -> CleaningReport:
        return CleaningReport(
            self.read + other.read,
            self.kept + other.kept,
            {step: n + other.counts[step] for step, n in self.counts.items()},
            tuple(column for column in NEEDED if column in (*self.missing, *other.missing)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Fit for JSON; `from_dict` turns it back."""
        return {**asdict(self), "counts": dict(self.counts), "missing": list(self.missing)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> CleaningReport:
        """The report that `to_dict` was called on."""
        return cls(**{**given, "missing": tuple(given["missing"])})

    def table(self) -> pd.DataFrame:
        """Steps in their order: `step`, `effect` (``left_out`` or ``kept``), `rows`."""
        rows = [(step, "left_out" if step in DROPS else "kept", n) for step, n in self.counts.items()]
        return pd.DataFrame(rows, columns=["step", "effect", "rows"])


def clean_protected_areas(
    gdf: gpd.GeoDataFrame, points: str = "drop"
) -> tuple[gpd.GeoDataFrame, CleaningReport]:
    """Protected areas and OECMs that the published indicator counts.

    Parameters
    ----------
    gdf : geopandas.GeoDataFrame
        Rows of the WDPA or WD-OECM, in either schema and any coordinate system.
    points : str
        ``drop``: polygons only, as the indicator is published. ``buffer``: an area known only as a point
        becomes a circle as large as its reported area.

    Returns
    -------
    areas : geopandas.GeoDataFrame
        Columns as `aze_core.domain.protected_areas.COLUMNS` and `geometry`, EPSG:6933, a new index. Areas
        whose status is blank or unknown stay, as they do in the published method, with the tier ``unknown``.
    report : CleaningReport

    Raises
    ------
    DataError
        The coordinate system is missing.
    ValueError
        `points` is neither ``drop`` nor ``buffer``.

    Notes
    -----
    The rules of the KBA protected-area overlap code behind the UN indicators 14.5.1, 15.1.2 and 15.4.1, in
    this order: areas whose status is Not Reported or Proposed go, then those designated exactly
    "UNESCO-MAB Biosphere Reserve" (national biosphere reserves stay), those without geometry, points
    without reported area, and the other points or none. Geometries are then made valid: ground covered twice
    counts once. A year of 0, one before 1800 or after the next one becomes missing. Without a column STATUS
    every area counts; the report says so. The circle of a point has the radius √(REP_AREA · 10⁶ / π) in an
    equal-area system, and the points of one record share its area: a circle covers ground that may not be
    protected, so label what comes from it. Do not read more into the result than what was reported:
    areas can be protected in name only, or be missing.

    Examples
    --------
    >>> squares = [shapely.box(x, 0, x + 1, 1) for x in range(3)]
    >>> raw = gpd.GeoDataFrame({"WDPA_PID": ["1", "2", "3"], "STATUS": ["Designated", "Proposed", ""],
    ...                         "STATUS_YR": [1990, 2001, 0]}, geometry=squares, crs="EPSG:4326")
    >>> areas, report = clean_protected_areas(raw)
    >>> areas[["area_id", "year", "tier"]].values.tolist()
    [['1', 1990, 'counted'], ['3', <NA>, 'unknown']]
    >>> report.kept, report.counts["proposed"], report.missing
    (2, 1, ('ISO3', 'DESIG_ENG', 'REP_AREA'))
    """
    if points not in ("drop", "buffer"):
        raise ValueError(f"`points` was {points!r} but is expected to be 'drop' or 'buffer'")
    fields = match_columns(str(column) for column in gdf.columns if column != gdf.geometry.name)
    rows = pd.DataFrame({name: gdf[column] for name, column in fields.items()}, index=gdf.index)
    frame = gpd.GeoDataFrame(rows, geometry=gdf.geometry.to_numpy(), crs=gdf.crs)
    areas, report = _clean(frame, headline=True, points=points == "buffer", tell=None, today=None)
    return areas.reset_index(drop=True), report


def tidy_protected_areas(
    rows: gpd.GeoDataFrame, tell: Tell | None = None, today: dt.date | None = None
) -> tuple[gpd.GeoDataFrame, CleaningReport]:
    """Protected areas by the same rules, with those that do not count yet, and points as circles.

    Parameters
    ----------
    rows : geopandas.GeoDataFrame
        Columns as the fields of `aze_core.domain.protected_areas.match_columns`, those that the file has,
        and `geometry` in any coordinate system; other columns are left out.
    tell : callable, optional
        See `Tell`; also of the steps in `CHANGES`.
    today : datetime.date, optional
        Day after whose next year no area can have been designated; today.

    Returns
    -------
    areas : geopandas.GeoDataFrame
        As `clean_protected_areas`; `tier` says which areas count, which are proposed, and of which it is not
        known, and `basis` which are circles. The index is the position of each among the rows.
    report : CleaningReport

    Raises
    ------
    DataError
        The coordinate system is missing.

    Notes
    -----
    For a headline take the tier ``counted`` and the basis ``polygon``, and nothing else.

    Examples
    --------
    >>> rows = gpd.GeoDataFrame({"area_id": [7.0], "status": ["Proposed"], "reported_km2": ["3"]},
    ...                         geometry=[shapely.Point(0, 0)], crs="EPSG:4326")
    >>> areas, _ = tidy_protected_areas(rows)
    >>> areas[["area_id", "tier", "basis"]].values.tolist(), (areas.area / 1e6).round(2).tolist()
    ([['7', 'proposed', 'point']], [3.0])
    """
    return _clean(rows, headline=False, points=True, tell=tell, today=today)


def _clean(
    rows: gpd.GeoDataFrame, *, headline: bool, points: bool, tell: Tell | None, today: dt.date | None
) -> tuple[gpd.GeoDataFrame, CleaningReport]:
    if rows.crs is None:
        raise DataError("areas_no_crs", expected="EPSG:4326")
    counts: dict[str, int] = {}
    keep = np.ones(len(rows), dtype=bool)

    def note(step: str, mask: np.ndarray) -> None:
        found = keep & mask
        counts[step] = int(found.sum())
        if tell is not None and counts[step]:
            tell(step, np.flatnonzero(found))
        if step in DROPS:
            keep[found] = False

    rows = rows.reset_index(drop=True)
    texts = {name: _text(rows, name) for name in ("status", "designation")}
    tier = _mapped(texts["status"], tier_of) if "status" in rows else pd.Series(COUNTED, index=rows.index)
    note("not_reported", tier.isna().to_numpy())
    if headline:
        note("proposed", (tier == PROPOSED).to_numpy())
    note("biosphere_reserve", (_plain(texts["designation"]) == _word(BIOSPHERE_RESERVE)).to_numpy())

    shapes = rows.geometry.to_numpy().copy()
    note("no_geometry", shapely.is_missing(shapes) | shapely.is_empty(shapes))
    shapes[~keep] = None
    shapes = _polygons_of_collections(
        gpd.GeoSeries(shapely.force_2d(shapes), crs=rows.crs).to_crs(EQUAL_AREA)
    )
    note("line", np.isin(shapely.get_type_id(shapes), _LINES))
    with np.errstate(invalid="ignore"):
        # a point beyond the poles has no place in it
        note("outside_world", ~np.isfinite(shapely.bounds(shapes)).all(axis=1))
    area, bad_area = _numbers(rows, "reported_km2")
    area[area < 0] = np.nan
    point = np.isin(shapely.get_type_id(shapes), _POINTS)
    note("point_without_area", point & ~(area > 0))
    if not points:
        note("point", point)
    circles = keep & point
    shapes[~keep] = None
    shapes[circles] = _circles(shapes[circles], area[circles])
    note("buffered", circles)
    invalid = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    shapes[invalid] = mended(shapes[invalid])
    flat = ~(shapely.area(shapes) > 0)
    note("no_area", flat)
    note("repaired", invalid)

    year, bad_year = _years(rows, today or dt.date.today())
    note("bad_year", bad_year)
    note("undated", year.isna().to_numpy())
    note("bad_area", bad_area)
    made = pd.DataFrame(
        {
            "area_id": _text(rows, "area_id"),
            "name": _text(rows, "name").fillna(_text(rows, "second_name")),
            "iso3": _mapped(_text(rows, "iso3"), _iso3),
            "kind": _mapped(_text(rows, "kind"), kind_of),
            "status": texts["status"],
            "year": year,
            "designation": texts["designation"],
            "iucn_category": _text(rows, "iucn_category"),
            "governance": _text(rows, "governance"),
            "reported_km2": area,
            "basis": np.where(point, "point", "polygon"),
            "tier": tier,
        }
    )[list(COLUMNS)]
    made = made.astype({name: "str" for name in COLUMNS if name not in ("year", "reported_km2")})
    areas = gpd.GeoDataFrame(made, geometry=shapes, crs=EQUAL_AREA)[keep]
    missing = tuple(column for name, column in _COLUMN_OF.items() if name not in rows)
    missing = tuple(column for column in NEEDED if column in missing)
    return areas, CleaningReport(len(rows), len(areas), counts, missing)


# ---------------------------------------------------------------- texts and numbers


def _text(rows: pd.DataFrame, name: str) -> pd.Series:
    """A column as text without surrounding blanks; whole numbers without decimals, nothing as missing."""
    if name not in rows:
        return pd.Series(None, index=rows.index, dtype="str")
    column = rows[name]
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        # shapefiles keep identifiers as 6010.0
        column = column.astype("Int64")
    text = column.astype("str").str.strip()
    return text.mask(text == "")


def _mapped(texts: pd.Series, meaning: Callable[[str | None], str | None]) -> pd.Series:
    """Each text as what it means; a world's file has few different ones."""
    known = {text: meaning(text) for text in texts.dropna().unique()}
    return texts.map(known).where(texts.notna(), meaning(None)).astype("str")


def _word(text: str) -> str:
    return " ".join(text.split()).casefold()


def _plain(texts: pd.Series) -> pd.Series:
    return _mapped(texts, lambda text: _word(text or ""))


def _iso3(text: str | None) -> str | None:
    """Countries of a cell, upper case, each once, joined by ``;``."""
    codes = (part.strip().upper() for part in re.split(r"[;,]", text or ""))
    return ";".join(dict.fromkeys(filter(None, codes))) or None


def _numbers(rows: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A column as numbers, and where something came that is none; less than nothing is none either."""
    if name not in rows:
        return np.full(len(rows), np.nan), np.zeros(len(rows), dtype=bool)
    text = _text(rows, name)
    number = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float, na_value=np.nan, copy=True)
    number[~np.isfinite(number)] = np.nan
    return number, text.notna().to_numpy() & ~(number >= 0)


def _years(rows: pd.DataFrame, today: dt.date) -> tuple[pd.Series, np.ndarray]:
    """Years, and where something came that can be none; 0 is the published word for unknown."""
    number, bad = _numbers(rows, "year")
    possible = (number >= value("areas.first_year")) & (number <= today.year + 1) & (number % 1 == 0)
    bad |= np.isfinite(number) & (number != 0) & ~possible
    year = pd.Series(np.where(possible, number, np.nan), index=rows.index).astype("Int64")
    return year, bad


# ---------------------------------------------------------------- geometries


def _leaves(shape: Any) -> np.ndarray:
    """Single geometries of a collection, however deep they lie."""
    parts = np.array([shape], dtype=object)
    while np.isin(shapely.get_type_id(parts), (4, 5, 6, 7)).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


def _polygons_of_collections(series: gpd.GeoSeries) -> np.ndarray:
    """Collections as their polygons, else as their points, else as a line."""
    shapes = series.to_numpy().copy()
    for at in np.flatnonzero(shapely.get_type_id(shapes) == 7):
        parts = _leaves(shapes[at])
        kinds = shapely.get_type_id(parts)
        if (kinds == 3).any():
            shapes[at] = shapely.multipolygons(parts[kinds == 3])
        elif (kinds == 0).any():
            shapes[at] = shapely.multipoints(parts[kinds == 0])
        else:
            shapes[at] = parts[0]
    return np.asarray(shapes, dtype=object)


def mended(shapes: np.ndarray) -> np.ndarray:
    """Valid polygons; ground covered twice counts once."""
    made = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    for at in np.flatnonzero(~np.isin(shapely.get_type_id(made), _AREAL)):
        parts = _leaves(made[at])
        made[at] = shapely.union_all(parts[shapely.get_type_id(parts) == 3])
    return np.asarray(made, dtype=object)


def _circles(points: np.ndarray, km2: np.ndarray) -> np.ndarray:
    """Circles of this area, shared by the points of a record; cut at ±180° and at the poles."""
    spots, owner = shapely.get_parts(shapely.extract_unique_points(points), return_index=True)
    share = km2 / np.maximum(np.bincount(owner, minlength=len(points)), 1)
    radius = np.sqrt(share[owner] * 1e6 / np.pi)
    circles = shapely.buffer(spots, radius, quad_segs=value("areas.circle_segments"))
    x, y = EDGES
    for at in np.flatnonzero((np.abs(shapely.bounds(circles)) > [x, y, x, y]).any(axis=1)):
        # what leaves the world in the east comes back in the west
        turned = [translate(circles[at], turn) for turn in (-2 * x, 0, 2 * x)]
        circles[at] = shapely.union_all(
            [shapely.intersection(one, shapely.box(-x, -y, x, y)) for one in turned]
        )
    single = np.bincount(owner, minlength=len(points)) == 1
    made = np.empty(len(points), dtype=object)
    made[single] = circles[single[owner]]
    for at in np.flatnonzero(~single):
        made[at] = shapely.union_all(circles[owner == at])
    return made

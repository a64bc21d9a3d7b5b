"""How much of each site is covered by protected areas and OECMs, and since when."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.protected_areas import EQUAL_AREA
from aze_core.domain.settings import value

# public here too
from aze_core.measures.cleaning import CleaningReport, clean_protected_areas, mended  # noqa: F401
from aze_core.measures.sweep import Areas, stopped, sweep

_FAR = 200_000.0  # metres

CLASSES = ("none", "partial", "complete")


def protection_class(share: pd.Series) -> pd.Series:
    """Class of protection: `none` (≤ 0.02), `partial`, `complete` (≥ 0.98).

    Parameters
    ----------
    share : pandas.Series
        Covered share of each site, 0 to 1; missing where not known.

    Returns
    -------
    pandas.Series
        Same index; missing where the share is missing.

    Notes
    -----
    The classes of the KBA protected-area overlap code behind the UN indicators 14.5.1, 15.1.2 and 15.4.1.
    They speak of areas alone: nothing about management or effect.

    Examples
    --------
    >>> protection_class(pd.Series([0.02, 0.020001, 0.97999, 0.98])).tolist()
    ['none', 'partial', 'partial', 'complete']
    """
    found = pd.Series("partial", index=share.index, dtype="str")
    # a sum of parts may miss a bound by a rounding error of the machine
    known = share.astype(float).round(12)
    found[known <= value("classes.none_max")] = "none"
    found[known >= value("classes.complete_min")] = "complete"
    found[share.isna()] = None
    return found


def coverage_by_year(
    sites: gpd.GeoDataFrame, protected_areas: gpd.GeoDataFrame, tolerance: float = 0.02
) -> pd.DataFrame:
    """Which share of each site was first protected in which year.

    Parameters
    ----------
    sites : geopandas.GeoDataFrame
        Index `site_id`; polygons in any known coordinate system; `iso3` (codes joined by ``;``) where areas
        are to be matched within a country. Sites without a polygon are left out.
    protected_areas : geopandas.GeoDataFrame
        As `clean_protected_areas` returns it, the circles of points too where it was asked for them. Those
        of the tier `unknown` or `proposed` do not count.
    tolerance : float
        No later area is added once at most this share of a site remains, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        `site_id`, `year` (missing where undated areas alone cover the part), `added_share` (0 to 1 of the
        site's area, EPSG:6933), `kind` (`pa`, `oecm`), `undated` (identifiers, joined by ``;``, of undated
        areas that cover the part as well); by site and year, undated last. A site that nothing covers has no
        row.

    Raises
    ------
    DataError
        A frame without coordinate system or identifiers, or areas that meet no site as they are but do with
        their coordinates swapped.

    Notes
    -----
    Method of the UN indicators 14.5.1, 15.1.2 and 15.4.1 (kba-overlap 3.1): overlaps count once, for the
    oldest area; OECMs count where no protected area does. With a tolerance the sum of a site can lie up to
    that much below the plain union, `protected_share`. What was protected once and is no longer is not in
    the data, so past values are slightly too low; nothing is said about management or effect.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"iso3": ["MEX"]}, geometry=[shapely.box(0, 0, 10, 10)],
    ...                           index=["A"], crs="EPSG:6933")
    >>> areas = gpd.GeoDataFrame(
    ...     {"area_id": ["1", "2"], "iso3": ["MEX", "MEX"], "year": [1990, 1975], "kind": ["pa", "pa"]},
    ...     geometry=[shapely.box(0, 0, 5, 10), shapely.box(0, 0, 3, 10)], crs="EPSG:6933")
    >>> coverage_by_year(square, areas)[["year", "added_share"]].values.tolist()
    [[1975, 0.3], [1990, 0.2]]
    """
    made = areal_sites(sites)
    shapes = made.geometry.to_numpy(dtype=object)
    areas = in_metres(protected_areas)
    # what lies near no site needs no check, and is nearly all
    near = np.unique(areas.sindex.query(shapes)[1])
    swept = Areas.of(as_areas(areas.iloc[near]).assign(basis="polygon"))
    found = sweep([str(site) for site in made.index], shapes, list(made["iso3"]), swept)
    if not found.parts and swapped(shapes, areas.geometry.to_numpy(dtype=object)):
        raise DataError("areas_swapped")
    parts = stopped(found.part_table(), tolerance).rename(columns={"share": "added_share"})
    return parts[["site_id", "year", "added_share", "kind", "undated"]].reset_index(drop=True)


def protected_share(sites: gpd.GeoDataFrame, protected_areas: gpd.GeoDataFrame) -> pd.Series:
    """Which share of each site protected areas and OECMs cover together.

    Parameters
    ----------
    sites, protected_areas : geopandas.GeoDataFrame
        As `coverage_by_year` takes them.

    Returns
    -------
    pandas.Series
        Index `site_id`, 0 to 1: the plain union, undated areas included; missing where a site has no
        polygon.

    Raises
    ------
    DataError
        As `coverage_by_year`.

    Examples
    --------
    >>> square = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10), None], index=["A", "B"],
    ...                           crs="EPSG:6933")
    >>> halves = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 5, 10), shapely.box(4, 0, 6, 10)],
    ...                           crs="EPSG:6933")
    >>> protected_share(square, halves).round(9).tolist()
    [0.6, nan]
    """
    added = coverage_by_year(sites, protected_areas, tolerance=0.0)
    there = areal_sites(sites).index
    found = added.groupby("site_id")["added_share"].sum().reindex(there.astype("str"), fill_value=0.0)
    found = pd.Series(np.clip(found.to_numpy(), 0, 1), index=there)
    return found.reindex(sites.index).rename("protected_share")


def areal_sites(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sites that have a polygon, valid and in EPSG:6933, with a text of codes in `iso3`.

    Raises
    ------
    DataError
        When no coordinate system is named.
    """
    if sites.crs is None:
        raise DataError("no_crs", what="sites")
    shapes = sites.geometry.to_numpy(dtype=object)
    areal = (shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes)
    made = sites[areal].to_crs(EQUAL_AREA)
    codes = made["iso3"].fillna("").astype(str) if "iso3" in made.columns else ""
    found = gpd.GeoDataFrame({"iso3": codes}, geometry=_valid(made), index=made.index, crs=EQUAL_AREA)
    return found[shapely.area(found.geometry.to_numpy(dtype=object)) > 0]


def _valid(frame: gpd.GeoDataFrame) -> np.ndarray:
    shapes = frame.geometry.to_numpy(dtype=object)
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = mended(shapes[bad])
    return np.asarray(shapes, dtype=object)


_PLAIN = {"iso3": "", "year": pd.NA, "kind": "pa", "tier": "counted", "basis": "polygon"}


def in_metres(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Areas in EPSG:6933, each with an identifier.

    Raises
    ------
    DataError
        When no coordinate system is named.
    """
    if areas.crs is None:
        raise DataError("no_crs", what="protected areas")
    made = areas.to_crs(EQUAL_AREA) if areas.crs != EQUAL_AREA else areas
    return made if "area_id" in made.columns else made.assign(area_id=np.arange(len(made)).astype(str))


def as_areas(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Areas of EPSG:6933 with every column that the sweep needs, valid; those without a polygon gone."""
    shapes = areas.geometry.to_numpy(dtype=object)
    areal = (shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes)
    made = areas[areal].reset_index(drop=True)
    columns = {name: made[name] if name in made.columns else plain for name, plain in _PLAIN.items()}
    return gpd.GeoDataFrame({"area_id": made["area_id"], **columns}, geometry=_valid(made), crs=EQUAL_AREA)


def swapped(sites: np.ndarray, areas: np.ndarray) -> bool:
    """Whether areas that meet no site would, were their latitude and longitude exchanged.

    Parameters
    ----------
    sites, areas : array of shapely.Geometry
        EPSG:6933.
    """
    areas = areas[~shapely.is_missing(areas) & ~shapely.is_empty(areas)]
    if not len(sites) or not len(areas):
        return False
    # sites beside an area are where they should be, covered or not
    x0, y0, x1, y1 = shapely.bounds(sites).T
    around = shapely.box(x0 - _FAR, y0 - _FAR, x1 + _FAR, y1 + _FAR)
    if len(shapely.STRtree(areas).query(around)[0]):
        return False
    boxes = gpd.GeoSeries(shapely.box(*shapely.bounds(areas).T), crs=EQUAL_AREA).to_crs("EPSG:4326")
    bounds = shapely.bounds(boxes.to_numpy())
    bounds = bounds[(np.abs(bounds) <= 90).all(axis=1)]
    turned = gpd.GeoSeries(shapely.box(*bounds[:, [1, 0, 3, 2]].T), crs="EPSG:4326").to_crs(EQUAL_AREA)
    return bool(len(shapely.STRtree(turned.to_numpy()).query(sites)[0]))

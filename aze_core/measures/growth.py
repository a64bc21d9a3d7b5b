"""The area first protected in each year, and how much of it falls within sites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from aze_core.measures.sweep import Areas

ALL = "all"


def first_protected(
    areas: gpd.GeoDataFrame, sites: Mapping[str, NDArray[np.object_]] | None = None
) -> pd.DataFrame:
    """What each dated area added to all that was protected before, overlaps once.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Tidy areas in force, EPSG:6933, valid polygons; undated ones are left out.
    sites : mapping of str to array of shapely.Polygon, optional
        By name: sites of which it is wanted how much of the added land lies in them; EPSG:6933, valid.

    Returns
    -------
    pandas.DataFrame
        `iso3`, `year`, `km2`, then a column in km² for each name: one row for each dated area, OECMs after
        all protected areas.

    Notes
    -----
    Takes about as long as one overlay of every pair of areas that overlap: for countries, not for the world.

    Examples
    --------
    >>> two = gpd.GeoDataFrame(
    ...     {"area_id": ["1", "2"], "iso3": ["MEX", "MEX"], "year": [1990, 1975], "kind": ["pa", "pa"],
    ...      "tier": "counted", "basis": "polygon"},
    ...     geometry=[shapely.box(0, 0, 2000, 1000), shapely.box(0, 0, 1000, 1000)], crs="EPSG:6933")
    >>> site = np.array([shapely.box(1500, 0, 3000, 1000)])
    >>> first_protected(two, {"sites": site})[["year", "km2", "sites"]].values.tolist()
    [[1975.0, 1.0, 0.0], [1990.0, 1.0, 0.5]]
    """
    dated = areas[areas["year"].notna().to_numpy()]
    ordered = Areas.of(dated)
    tree = shapely.STRtree(ordered.shapes)
    later, older = tree.query(ordered.shapes, predicate="intersects")
    first = older < later
    later, older = later[first], older[first]
    order = np.lexsort((older, later))
    later, older = later[order], older[order]
    ends = np.searchsorted(later, np.arange(len(dated) + 1))
    added = ordered.shapes.copy()
    for number in np.flatnonzero(np.diff(ends)):
        before = ordered.shapes[older[ends[number] : ends[number + 1]]]
        added[number] = shapely.difference(ordered.shapes[number], shapely.union_all(before))
    found = pd.DataFrame(
        {"iso3": ordered.iso3, "year": ordered.year, "km2": shapely.area(added).astype(float) / 1e6}
    )
    for name, shapes in (sites or {}).items():
        found[name] = _within(added, shapes) / 1e6
    return found


def _within(added: NDArray[np.object_], sites: NDArray[np.object_]) -> NDArray[np.float64]:
    """How much of each lies in the sites together, in m²."""
    inside = np.zeros(len(added))
    mine, theirs = shapely.STRtree(sites).query(added, predicate="intersects")
    for number in np.unique(mine):
        whole = shapely.union_all(sites[theirs[mine == number]])
        inside[number] = shapely.area(shapely.intersection(added[number], whole))
    return inside


def reported(areas: pd.DataFrame) -> pd.DataFrame:
    """What each dated area is reported to measure, overlaps and all.

    Parameters
    ----------
    areas : pandas.DataFrame
        Columns `iso3`, `year`, `reported_km2`; undated ones and those without area are left out.

    Returns
    -------
    pandas.DataFrame
        `iso3`, `year`, `km2`.

    Examples
    --------
    >>> areas = pd.DataFrame({"iso3": ["PER", "PER"], "year": [1990, None], "reported_km2": [5.0, 7.0]})
    >>> reported(areas).values.tolist()
    [['PER', 1990, 5.0]]
    """
    made = areas[areas["year"].notna() & areas["reported_km2"].notna()]
    return pd.DataFrame(
        {
            "iso3": made["iso3"].fillna("").astype(str),
            "year": made["year"].astype(int),
            "km2": made["reported_km2"].astype(float),
        }
    ).reset_index(drop=True)


def of_parts(parts: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """The dated parts of sites as areas.

    Parameters
    ----------
    parts : pandas.DataFrame
        `site_id`, `year`, `share` of the sites' parts; undated ones are left out.
    sites : pandas.DataFrame
        Index `site_id`: the sites that are looked at; `iso3`, `km2` (measured area).

    Returns
    -------
    pandas.DataFrame
        `iso3` (of the site), `year`, `km2`.

    Examples
    --------
    >>> parts = pd.DataFrame({"site_id": ["A"], "year": [1975], "share": [0.5]})
    >>> sites = pd.DataFrame({"iso3": ["MEX"], "km2": [8.0]}, index=["A"])
    >>> of_parts(parts, sites).values.tolist()
    [['MEX', 1975, 4.0]]
    """
    dated = parts[parts["year"].notna() & parts["site_id"].isin(sites.index)]
    of_site = sites.reindex(dated["site_id"])
    return pd.DataFrame(
        {
            "iso3": of_site["iso3"].fillna("").to_numpy(),
            "year": dated["year"].to_numpy(dtype=np.int64),
            "km2": dated["share"].to_numpy() * of_site["km2"].to_numpy(),
        }
    )


def growth(added: pd.DataFrame, inside: pd.DataFrame, countries: Iterable[str]) -> pd.DataFrame:
    """Area first protected by country and year, and the part of it within sites.

    Parameters
    ----------
    added, inside : pandas.DataFrame
        `iso3`, `year`, `km2`: what was protected first, and what of it lies in sites.
    countries : iterable of str
        Countries wanted.

    Returns
    -------
    pandas.DataFrame
        `iso3` (a country, or ``all``), `year`, `protected_km2`, `in_sites_km2`; years without any growth
        have no row. What several countries share counts in each, and in ``all`` once.

    Notes
    -----
    After Butchart et al. 2012 (PLoS ONE 7(3):e32529). Undated areas are left out, so this is a part of the
    growth. Where areas are as reported and not as drawn, the part within sites can exceed them.

    Examples
    --------
    >>> added = pd.DataFrame({"iso3": ["MEX", "MEX"], "year": [1975, 1990], "km2": [10.0, 40.0]})
    >>> inside = pd.DataFrame({"iso3": ["MEX"], "year": [1975], "km2": [4.0]})
    >>> growth(added, inside, ["MEX"]).query("iso3 == 'all'").values.tolist()
    [['all', 1975, 10.0, 4.0], ['all', 1990, 40.0, 0.0]]
    """
    wanted = set(countries) - {""}
    protected, within = _by_country(added, wanted), _by_country(inside, wanted)
    found = pd.DataFrame({"protected_km2": protected, "in_sites_km2": within}).fillna(0.0)
    found.index = found.index.set_names(["iso3", "year"])
    return found.sort_index().reset_index()


def _by_country(rows: pd.DataFrame, wanted: set[str]) -> pd.Series:
    """Sums by country and year, and of all."""
    plain = rows.astype({"iso3": "str", "year": np.int64, "km2": float})
    # texts of several countries are split once each, not row by row
    sums = plain.groupby(["iso3", "year"])["km2"].sum().reset_index()
    split = sums.assign(iso3=sums["iso3"].str.split(";")).explode("iso3")
    split = split[split["iso3"].isin(wanted)]
    both = pd.concat([sums.assign(iso3=ALL), split], ignore_index=True).astype({"iso3": "str", "km2": float})
    return both.groupby(["iso3", "year"])["km2"].sum()

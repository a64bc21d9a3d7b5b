"""Which part of each site other areas overlap, one by one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.domain.protected_areas import EQUAL_AREA


def overlaps(sites: gpd.GeoSeries, others: gpd.GeoSeries) -> pd.DataFrame:
    """Pairs of a site and an area that overlap, with the part of the site that is overlapped.

    Parameters
    ----------
    sites : geopandas.GeoSeries
        Polygons or points, EPSG:4326, index `site_id`; missing ones overlap nothing.
    others : geopandas.GeoSeries
        Polygons, EPSG:4326.

    Returns
    -------
    pandas.DataFrame
        `site_id`, `other` (position in `others`), `share` (0 to 1 of the site's area, measured in EPSG:6933;
        missing where the site is a point), in the order of sites, then of areas. Areas that only touch are
        left out.

    Notes
    -----
    Areas that overlap one another each count alone here: do not add their shares up.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(0, 0, 2, 1)], index=["A"], crs="EPSG:4326")
    >>> half = gpd.GeoSeries([shapely.box(1, 0, 3, 1), shapely.box(2, 0, 3, 1)], crs="EPSG:4326")
    >>> overlaps(square, half).round(6).values.tolist()
    [['A', 0, 0.5]]
    """
    there = sites[sites.notna() & ~sites.is_empty]
    shapes = there.to_crs(EQUAL_AREA).to_numpy()
    areas = others.to_crs(EQUAL_AREA).to_numpy()
    tree = shapely.STRtree(areas)
    mine, theirs = tree.query(shapes, predicate="intersects")
    order = np.lexsort((theirs, mine))
    mine, theirs = mine[order], theirs[order]
    areal = shapely.get_dimensions(shapes[mine]) == 2
    share = np.full(len(mine), np.nan)
    common = shapely.area(shapely.intersection(shapes[mine[areal]], areas[theirs[areal]]))
    share[areal] = np.minimum(common / shapely.area(shapes[mine[areal]]), 1.0)
    found = pd.DataFrame({"site_id": there.index[mine], "other": theirs, "share": share})
    return found[~(found["share"] == 0)].reset_index(drop=True)

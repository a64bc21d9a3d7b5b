"""Squares to overlap: sites and protected areas drawn in metres of EPSG:6933, and a slow, obvious oracle."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

METRES = "EPSG:6933"


def box(x0, y0, x1, y1):
    """A rectangle."""
    return shapely.box(x0, y0, x1, y1)


def sites_of(shapes, iso3=None, crs=METRES):
    """Sites by identifier."""
    frame = gpd.GeoDataFrame(
        {"iso3": [(iso3 or {}).get(name, "MEX") for name in shapes]},
        geometry=list(shapes.values()),
        index=pd.Index(list(shapes), name="site_id", dtype="str"),
        crs=crs,
    )
    return frame


def areas_of(*rows, crs=METRES):
    """Areas from (geometry, year) or (geometry, year, further columns as a dict)."""
    made = []
    for number, row in enumerate(rows, start=1):
        more = row[2] if len(row) > 2 else {}
        plain = {
            "area_id": f"{number:03}",
            "iso3": "MEX",
            "kind": "pa",
            "tier": "counted",
            "basis": "polygon",
        }
        made.append({**plain, "year": row[1], "geometry": row[0], **more})
    columns = ["area_id", "iso3", "kind", "tier", "basis", "year", "geometry"]
    frame = gpd.GeoDataFrame(pd.DataFrame(made, columns=columns), geometry="geometry", crs=crs)
    return frame.assign(year=frame["year"].astype("Int64"))


def union_of(shapes):
    """What shapes cover together."""
    return shapely.union_all(np.array(list(shapes), dtype=object))


def oracle(site, areas, tolerance=0.0):
    """Added share by year of one site: the union of each year, less that of all years before."""
    pas = areas[areas["kind"] == "pa"]
    oecms = areas[areas["kind"] == "oecm"]
    of_pas = union_of(pas.geometry)
    added, before = {}, 0.0
    for year in sorted(set(areas["year"])):
        if 1 - before <= tolerance + 1e-12:
            break
        old = union_of(pas.geometry[(pas["year"] <= year).to_numpy()])
        other = union_of(oecms.geometry[(oecms["year"] <= year).to_numpy()]).difference(of_pas)
        covered = site.intersection(old.union(other)).area / site.area
        if covered - before > 1e-12:
            added[int(year)] = covered - before
        before = covered
    return added

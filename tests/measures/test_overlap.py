"""Overlap of sites with other areas: squares whose parts can be counted."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from aze_core.measures.overlap import overlaps


def series(**shapes: object) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs="EPSG:4326")


def test_each_area_counts_alone() -> None:
    sites = series(A=shapely.box(0, 0, 4, 1), B=shapely.box(10, 0, 11, 1), P=shapely.Point(1, 0.5), N=None)
    others = gpd.GeoSeries(
        [
            shapely.box(0, 0, 3, 1),
            shapely.box(2, 0, 5, 1),
            shapely.box(4, 0, 5, 1),
            shapely.box(9, -9, 12, 9),
        ],
        crs="EPSG:4326",
    )
    found = overlaps(sites, others)
    assert found[["site_id", "other"]].values.tolist() == [["A", 0], ["A", 1], ["B", 3], ["P", 0]]
    assert found["share"].tolist()[:3] == pytest.approx([3 / 4, 2 / 4, 1])
    assert found["share"].isna().tolist() == [False, False, False, True]


def test_nothing_to_overlap() -> None:
    none = gpd.GeoSeries([], crs="EPSG:4326")
    assert overlaps(series(A=shapely.box(0, 0, 1, 1)), none).empty
    assert overlaps(series(A=None), gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs="EPSG:4326")).empty

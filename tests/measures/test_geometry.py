"""Great-circle distances (a quarter of the globe, the antimeridian, the pole, a missing point); outlines."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aze_core.measures.geometry import EARTH_RADIUS_KM, distance_km, on_sphere, simplified


def points(**given):
    frame = pd.DataFrame(given, index=["latitude", "longitude"]).T
    return frame["latitude"], frame["longitude"]


def test_quarter_of_the_globe():
    found = distance_km(*points(A=(0, 0), B=(0, 90), C=(90, 17)), "A")
    quarter = math.pi / 2 * EARTH_RADIUS_KM
    assert found.tolist() == pytest.approx([0, quarter, quarter])


def test_across_the_antimeridian_and_around_the_pole():
    one_degree = math.radians(1) * EARTH_RADIUS_KM
    assert distance_km(*points(A=(0, 179.5), B=(0, -179.5)), "A")["B"] == pytest.approx(one_degree)
    assert distance_km(*points(A=(89.5, 0), B=(89.5, 180)), "A")["B"] == pytest.approx(one_degree)


def test_antipodes_do_not_overflow():
    found = distance_km(*points(A=(0, 0), B=(0, 180)), "A")
    assert found["B"] == pytest.approx(math.pi * EARTH_RADIUS_KM)


def test_a_site_without_point_has_no_distance():
    found = distance_km(*points(A=(0, 0), B=(None, None)), "A")
    assert math.isnan(found["B"])


def test_places_as_unit_vectors():
    found = on_sphere([0, 0, 0, 30, -90], [0, 90, -180, 90, 17])
    expected = [[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, math.sqrt(3) / 2, 1 / 2], [0, 0, -1]]
    assert found == pytest.approx(np.array(expected), abs=1e-15)
    # 180 and -180 degrees are one place
    assert on_sphere(12, 180) == pytest.approx(on_sphere(12, -180), abs=1e-15)


def bumped(side, bump):
    """A square with a vertex in the middle of one side, moved inwards by `bump`."""
    return shapely.Polygon([(0, 0), (side / 2, bump), (side, 0), (side, side), (0, side)])


def test_a_bump_below_two_percent_of_the_side_goes():
    # area 100 - 10 x 0.1 / 2 = 99.5: the outline may move by 0.02 x sqrt(99.5), a little less than 0.2
    found = simplified(gpd.GeoSeries([bumped(10, 0.1), bumped(10, 0.3)], index=["A", "B"]))
    assert found["A"].equals(shapely.box(0, 0, 10, 10))
    assert found["B"].equals(bumped(10, 0.3))


def test_the_tolerance_is_each_site_s_own():
    # the same bump of 0.1 is 1 % of a side of 10 and 10 % of a side of 1
    found = simplified(gpd.GeoSeries([bumped(10, 0.1), bumped(1, 0.1)]))
    assert shapely.get_num_coordinates(found.to_numpy()).tolist() == [4 + 1, 5 + 1]
    coarse = simplified(gpd.GeoSeries([bumped(1, 0.1)]), per_site=0.2)
    assert coarse[0].equals(shapely.box(0, 0, 1, 1))


def test_small_parts_and_holes_stay():
    islet = shapely.box(20, 0, 20.01, 0.01)
    site = shapely.MultiPolygon([shapely.box(0, 0, 10, 10) - shapely.box(5, 5, 5.01, 5.01), islet])
    found = simplified(gpd.GeoSeries([site]), per_site=0.5)[0]
    assert found.is_valid
    assert len(found.geoms) == 2
    assert sum(len(part.interiors) for part in found.geoms) == 1


def test_points_and_lines_pass_through_and_missing_stays_missing():
    line = shapely.LineString([(0, 0), (1, 0), (2, 0)])
    given = gpd.GeoSeries([shapely.Point(1, 2), line, None], index=["A", "B", "C"], crs="EPSG:4326")
    found = simplified(given)
    assert list(found.index) == ["A", "B", "C"]
    assert found.crs == given.crs
    assert found["A"] == shapely.Point(1, 2)
    assert found["B"] == line
    assert found["C"] is None
    assert simplified(given.iloc[:0]).empty

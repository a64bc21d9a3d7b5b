"""The nearest area: squares in degrees, across ±180°, over the pole; brute force over vertices set close."""

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures.geometry import EARTH_RADIUS_KM
from aze_core.measures.nearest_area import nearest_area_km
from tests.measures.areas import METRES, box

ONE_DEGREE = EARTH_RADIUS_KM * math.pi / 180
STEP = 0.005  # degrees between the vertices of the oracle


def metres(shapes):
    return gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs(METRES)


def distances(sites, areas, asked=None):
    """Kilometres by site, of shapes in degrees; `asked` takes the positions that were read."""
    shapes = metres(list(areas)).to_numpy()

    def read(places):
        if asked is not None:
            asked.append(list(places))
        return shapes[places]

    made = metres(list(sites.values()))
    return nearest_area_km(made.set_axis(list(sites)), shapely.bounds(shapes).reshape(-1, 4), read).to_dict()


def one(site, *areas):
    return distances({"A": site}, areas)["A"]


def haversine(one, others):
    """Kilometres from places to places, longitude and latitude in degrees."""
    (lon, lat), (lons, lats) = np.radians(one.T[:, :, None]), np.radians(others.T[:, None, :])
    half = np.sin((lat - lats) / 2) ** 2 + np.cos(lat) * np.cos(lats) * np.sin((lon - lons) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half))


def between(one, other):
    return float(haversine(np.array([one]), np.array([other]))[0, 0])


def near(km):
    """What may be told of a distance: never less, and at most 0.5 % or 20 m more."""
    more = max(0.005 * km, 0.02)
    return pytest.approx(km + more / 2, abs=more / 2 + 1e-6)


def test_two_degrees_north():
    assert one(box(10, 0, 11, 1), box(10, 3, 11, 4)) == near(2 * ONE_DEGREE)


def test_east_is_shorter_where_the_globe_is_narrow():
    # both reach from 59 to 60 degrees north, and are nearest at the northern corner
    assert one(box(10, 59, 11, 60), box(13, 59, 14, 60)) == near(between((11, 60), (13, 60)))
    assert between((11, 60), (13, 60)) < 1.01 * ONE_DEGREE


def test_across_the_antimeridian():
    found = one(box(178, -1, 179, 1), box(-179, 0, -178, 1), box(170, 0, 171, 1))
    assert found == near(between((179, 1), (-179, 1)))


def test_an_area_on_both_sides_of_the_antimeridian():
    both = shapely.MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -179, 1)])
    assert one(box(-178, 0, -177, 1), both) == near(between((-179, 1), (-178, 1)))
    assert one(box(177, 0, 178, 1), both) == near(between((178, 1), (179, 1)))
    # its box goes around the globe, and it is not everywhere
    assert one(box(0, 0, 1, 1), both, box(5, 0, 6, 1)) == near(between((1, 1), (5, 1)))


def test_over_the_pole():
    # each reaches to a degree from it; their closest corners are 160 degrees of longitude apart
    assert one(box(-20, 88, 0, 89), box(160, 88, 180, 89)) == near(between((0, 89), (160, 89)))
    assert one(box(-20, -89, 0, -88), box(160, -89, 180, -88)) == near(between((0, -89), (160, -89)))
    assert between((0, 89), (160, 89)) < 2 * ONE_DEGREE


def test_halfway_around_the_globe():
    other_side = shapely.MultiPolygon([box(179, -1, 180, 1), box(-180, -1, -179, 1)])
    assert one(box(-1, -1, 1, 1), other_side) == near(between((1, 1), (179, 1)))


def test_from_within_a_hole():
    ring = box(-3, -3, 3, 3) - box(-1, -1, 1, 1)
    assert one(box(-0.5, -0.5, 0.5, 0.5), ring) == near(between((0.5, 0.5), (1, 0.5)))


@pytest.mark.parametrize(
    "area", [box(0.5, 0.5, 2, 2), box(1, 0, 2, 1), box(-5, -5, 5, 5), box(0.4, 0.4, 0.6, 0.6)]
)
def test_an_area_that_overlaps_touches_holds_or_lies_within_is_0_away(area):
    assert one(box(0, 0, 1, 1), box(3, 0, 4, 1), area) == 0


def test_without_areas_or_without_polygon_nothing_is_known():
    assert math.isnan(one(box(0, 0, 1, 1)))
    found = distances({"A": None, "B": shapely.Point(1, 1), "C": box(0, 0, 1, 1)}, [box(0, 2, 1, 3)])
    assert [math.isnan(found[site]) for site in "ABC"] == [True, True, False]


def test_only_what_can_be_the_nearest_is_read():
    far = [box(x, y, x + 1, y + 1) for x in range(-170, 170, 10) for y in range(20, 80, 10)]
    asked = []
    found = distances({"A": box(0, 0, 1, 1), "B": box(50, 0, 51, 1)}, [*far, box(0, 2, 1, 3)], asked)
    assert found["A"] == near(ONE_DEGREE)
    assert len(asked) == 1
    assert len(far) in asked[0]
    assert len(asked[0]) < 10


def test_a_small_distance_between_long_borders():
    # 0.001 degrees apart in the middle of sides without a vertex there
    wedge = shapely.Polygon([(0, 4), (5, 1.001), (10, 4)])
    assert one(box(0, 0, 10, 1), wedge) == near(0.001 * ONE_DEGREE)


SQUARE = st.tuples(st.floats(-180, 179.5), st.floats(-89.9, 89.5), st.floats(0.05, 0.4))
CLOSE = st.tuples(st.floats(178, 179.5), st.floats(-3, 3), st.floats(0.05, 0.4))
CLOSER = st.tuples(st.floats(-180, -178), st.floats(-3, 3), st.floats(0.05, 0.4))


def square(corner):
    x, y, side = corner
    return box(x, y, x + side, y + side)


def brute_force(site, areas):
    def vertices(shape):
        return shapely.get_coordinates(shapely.segmentize(shape.exterior, STEP))

    return min(haversine(vertices(site), vertices(area)).min() for area in areas)


@settings(max_examples=40)
@given(
    st.one_of(SQUARE, CLOSE, CLOSER),
    st.lists(st.one_of(SQUARE, CLOSE, CLOSER), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_brute_force_agrees_and_the_order_of_areas_never_matters(corner, corners, random):
    site, areas = square(corner), [square(other) for other in corners]
    found = one(site, *areas)
    random.shuffle(areas)
    assert one(site, *areas) == found
    if any(site.intersects(area) for area in areas):
        assert found == 0
        return
    told = brute_force(site, areas)
    # both are told too high at most: ours by what it promises, the oracle's by the step between its vertices
    assert found <= told + max(0.005 * told, 0.02) + 1e-6
    assert told <= found + STEP * ONE_DEGREE + 1e-6

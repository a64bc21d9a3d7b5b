"""Great-circle distances: a quarter of the globe, the antimeridian, the pole, a missing point."""

import math

import pandas as pd
import pytest

from aze_core.measures.geometry import EARTH_RADIUS_KM, distance_km


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

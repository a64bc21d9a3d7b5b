"""The nearest other site: against brute force, across ±180°, at the poles, twins, ties, missing points."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures.geometry import EARTH_RADIUS_KM, on_sphere
from aze_core.measures.nearest import nearest_site

ONE_DEGREE = EARTH_RADIUS_KM * math.pi / 180


def nearest(points):
    """The nearest sites of points (latitude, longitude) by identifier."""
    frame = pd.DataFrame(points, index=["latitude", "longitude"], dtype=float).T
    return nearest_site(frame["latitude"], frame["longitude"])


def great_circle(one, other):
    """The spherical law of cosines with the cross product: exact near 0 and near antipodes."""
    a, b = on_sphere(*one), on_sphere(*other)
    return EARTH_RADIUS_KM * math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b))


PLACES = st.tuples(
    st.one_of(st.sampled_from([-90.0, 0.0, 90.0]), st.floats(-90, 90)),
    st.one_of(st.sampled_from([-180.0, 0.0, 180.0]), st.floats(-180, 180)),
)


@settings(max_examples=40)
@given(st.lists(PLACES, min_size=2, max_size=12))
def test_brute_force_agrees(places):
    points = {f"S{number:02}": place for number, place in enumerate(places)}
    found = nearest(points)
    for site, place in points.items():
        others = {other: great_circle(place, at) for other, at in points.items() if other != site}
        assert found.at[site, "km"] == pytest.approx(min(others.values()), abs=1e-6)
        assert others[found.at[site, "nearest"]] == pytest.approx(min(others.values()), abs=1e-6)


@settings(max_examples=20)
@given(st.lists(st.sampled_from([(0, 0), (0, 1), (1, 0), (0, -1), (90, 5), (90, 7)]), min_size=2, max_size=8))
def test_the_order_of_rows_never_matters(places):
    points = {f"S{number}": place for number, place in enumerate(places)}
    turned = dict(reversed(points.items()))
    pd.testing.assert_frame_equal(nearest(points), nearest(turned).loc[list(points)])


def test_across_the_antimeridian():
    found = nearest({"A": (0, 179.5), "B": (0, -179.5), "C": (0, 177)})
    assert found["nearest"].tolist() == ["B", "A", "A"]
    assert found["km"].tolist() == pytest.approx([ONE_DEGREE, ONE_DEGREE, 2.5 * ONE_DEGREE], abs=1e-9)


def test_over_the_pole():
    # B stands on the pole: half a degree from both, whatever its longitude is said to be
    found = nearest({"A": (89.5, 0), "B": (90, 123), "C": (89.5, 180)})
    assert found["nearest"].tolist() == ["B", "A", "B"]
    assert found["km"].tolist() == pytest.approx([ONE_DEGREE / 2] * 3, abs=1e-9)


def test_two_sites_of_one_point_are_0_apart():
    found = nearest({"A": (12.3, -45.6), "B": (12.3, -45.6), "C": (13.3, -45.6)})
    assert found["nearest"].tolist() == ["B", "A", "A"]
    assert found["km"].tolist() == [0, 0, pytest.approx(ONE_DEGREE)]


def test_of_equally_near_sites_the_first_by_identifier_stands():
    # east and west are computed from different numbers
    for west, east in (("B", "C"), ("C", "B")):
        found = nearest({"M": (10.1, 20.3), west: (10.1, 19.3), east: (10.1, 21.3)})
        assert found.at["M", "nearest"] == "B"


def test_antipodes_are_half_a_turn_apart():
    found = nearest({"A": (10, 20), "B": (-10, -160)})
    assert found["km"].tolist() == pytest.approx([180 * ONE_DEGREE] * 2, abs=1e-6)


def test_what_is_not_known_stays_missing():
    found = nearest({"A": (0, 0), "B": (None, None), "C": (3, 0)})
    assert found["nearest"].isna().tolist() == found["km"].isna().tolist() == [False, True, False]
    assert found.at["A", "nearest"] == "C"
    alone = nearest({"A": (0, 0), "B": (None, None)})
    assert alone.isna().all(axis=None)
    assert list(alone.index) == ["A", "B"]


def test_nobody_no_answer():
    assert nearest({}).empty

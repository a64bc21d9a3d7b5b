"""A user's boundary file: what is kept of it, what is repaired, what is refused and in which words."""

import json
from typing import Any

import numpy as np
import pytest
import shapely

from aze_core.domain.errors import DataError
from aze_core.locale import explain
from aze_core.views.land import COUNTRIES, NO_BORDERS, Land, areas, globe, mercator, own_land

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}


def collection(*geometries: Any) -> dict[str, Any]:
    features = [{"type": "Feature", "properties": {"name": "x"}, "geometry": g} for g in geometries]
    return {"type": "FeatureCollection", "features": features}


def shapes(land: Land) -> list[shapely.Geometry]:
    return [shapely.from_geojson(json.dumps(f["geometry"])) for f in mercator(land)["features"]]


def test_lands_are_values() -> None:
    assert Land() == COUNTRIES
    assert len({COUNTRIES, NO_BORDERS, Land("none"), own_land(SQUARE), own_land(json.dumps(SQUARE))}) == 3
    assert "10" not in repr(own_land(SQUARE))
    for kind, geojson in (("own", ""), ("none", "{}"), ("borders", "")):
        with pytest.raises(ValueError, match="kind is"):
            Land(kind, geojson)


def test_file_feature_and_geometry_are_read_alike() -> None:
    feature = collection(SQUARE)["features"][0]
    assert own_land(SQUARE) == own_land(feature) == own_land(collection(SQUARE))
    nested = {
        "type": "GeometryCollection",
        "geometries": [{"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}],
    }
    assert own_land(nested) == own_land(SQUARE)


def test_reading_what_was_made_changes_nothing() -> None:
    rings = [[[170, -5], [-170, -5.00001], [-170, 5], [175, 7], [170, 5], [170, -5]]]
    line = {"type": "LineString", "coordinates": [[0, 0], [1.23456789, 2], [3, 3]]}
    own = own_land(collection(SQUARE, {"type": "Polygon", "coordinates": rings}, line, None))
    assert own_land(own.geojson) == own


def test_only_polygons_and_lines_are_kept_and_no_attribute() -> None:
    line = {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[2, 2], [3, 3]]]}
    point = {"type": "Point", "coordinates": [1, 1]}
    both = {"type": "GeometryCollection", "geometries": [point, SQUARE, line]}
    own = own_land(collection(both, None, point))
    assert "name" not in own.geojson
    assert [(s.geom_type, len(s.geoms)) for s in shapes(own)] == [("MultiPolygon", 1), ("MultiLineString", 2)]
    assert shapes(own)[0].area == 10 * 10


def test_heights_and_float_dust_are_dropped() -> None:
    ring = [[0, 0, 7], [1 / 3, 0, 7], [1 / 3, 1, 7], [0, 0, 7]]
    found = mercator(own_land({"type": "Polygon", "coordinates": [ring]}))
    points = found["features"][0]["geometry"]["coordinates"][0][0]
    assert sorted(map(tuple, points))[-1] == (0.3333, 1)


def test_a_bow_tie_is_repaired() -> None:
    ring = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
    (bow,) = shapes(own_land({"type": "Polygon", "coordinates": [ring]}))
    assert bow.is_valid
    assert bow.area == 2 * (2 * 1 / 2)  # two triangles of base 2 and height 1


def test_a_sliver_below_the_grid_vanishes() -> None:
    sliver = {"type": "Polygon", "coordinates": [[[0, 0], [5, 0.00001], [9, 0], [0, 0]]]}
    assert len(shapes(own_land(collection(SQUARE, sliver)))) == 1
    with pytest.raises(DataError, match="land_nothing_to_draw"):
        own_land(sliver)


def test_a_hole_follows_its_shell_across_the_antimeridian() -> None:
    shell = [[170, 0], [-170, 0], [-170, 10], [170, 10], [170, 0]]
    hole = [[-176, 4], [-174, 4], [-174, 6], [-176, 6], [-176, 4]]
    own = own_land({"type": "Polygon", "coordinates": [shell, hole]})
    assert shapes(own)[0].area == pytest.approx(20 * 10 - 2 * 2)
    assert shapes(own)[0].bounds == (-180, 0, 180, 10)


def test_a_line_across_the_antimeridian_is_cut() -> None:
    own = own_land({"type": "LineString", "coordinates": [[178, 0], [-178, 0]]})
    assert sorted(part.bounds for part in shapes(own)[0].geoms) == [(-180, 0, -178, 0), (178, 0, 180, 0)]


@pytest.mark.parametrize(
    "coast",
    [
        [[0, -80], [90, -80], [180, -80], [-90, -80], [0, -80]],
        [[-180, -80], [0, -80], [180, -80], [180, -90], [-180, -90], [-180, -80]],
    ],
    ids=["open", "closed along the pole"],
)
def test_a_coast_round_the_pole_ends_where_the_zoomable_map_does(coast: list[list[float]]) -> None:
    own = own_land(collection(SQUARE, {"type": "Polygon", "coordinates": [coast]}))
    assert shapes(own)[1].bounds == (-180, -85.05, 180, -80)
    assert shapes(own)[1].area == pytest.approx(360 * 5.05)
    steps = [np.diff(np.array(p[0])[:, 0]) for p in mercator(own)["features"][1]["geometry"]["coordinates"]]
    assert max(np.abs(s).max() for s in steps) <= 30  # an edge of 360° has no inside
    assert len(globe(own)["Polygon"]) == 1  # Equal Earth maps leave Antarctica out


def test_rings_run_as_each_engine_wants_them() -> None:
    hole = [[2, 2], [3, 2], [3, 3], [2, 3], [2, 2]]
    for turn in (1, -1):
        rings = [ring[::turn] for ring in (SQUARE["coordinates"][0], hole)]
        own = own_land({"type": "Polygon", "coordinates": rings})
        for found, ccw in ((mercator(own)["features"], True), (globe(own)["Polygon"], False)):
            shell, inner = (shapely.LinearRing(r) for r in found[0]["geometry"]["coordinates"][0])
            assert (shell.is_ccw, inner.is_ccw) == (ccw, not ccw)


def test_neighbours_keep_their_common_border() -> None:
    """Long edges get the same vertices on both sides."""
    other = {"type": "Polygon", "coordinates": [[[10, 0], [20, 1], [20, 9], [10, 10], [10, 0]]]}
    first, second = globe(own_land(collection(SQUARE, other)))["Polygon"]
    common = [
        {tuple(p) for p in item["geometry"]["coordinates"][0][0] if p[0] == 10} for item in (first, second)
    ]
    assert common[0] == common[1] == {(10, y) for y in range(11)}


def test_areas_of_a_site_without_polygon() -> None:
    assert areas(None) is None
    assert areas({"type": "Point", "coordinates": [0, 0]}) is None


@pytest.mark.parametrize(
    ("geojson", "says"),
    [
        ("not JSON", "Expecting value"),
        ("[1, 2]", "list"),
        ({"type": "FeatureCollection"}, "FeatureCollection"),
        ({"type": "FeatureCollection", "features": [1]}, "FeatureCollection"),
        ("[" * 100_000, "GeoJSON"),
        ({"type": "Topology", "objects": {}}, "Feature 1"),
        (collection(SQUARE, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}), "Feature 2"),
        ('{"type": "Point", "coordinates": [NaN, 0]}', "Feature 1"),
        (collection({"type": "LineString", "coordinates": [[0, 0], [500000, 9000000]]}), "0 0 500000 9e+06"),
        (collection({"type": "Point", "coordinates": [0, 0]}, None), "found: Point"),
        (collection(), "found: 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(geojson: Any, says: str) -> None:
    with pytest.raises(DataError) as caught:
        own_land(geojson)
    text = explain(caught.value)
    assert says in text
    assert "boundary file" in text

"""Cover of sites: classes, hand-drawn squares, the stop, bad input."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import DataError
from aze_core.measures.coverage import (
    clean_protected_areas,
    coverage_by_year,
    protected_share,
    protection_class,
)
from aze_core.measures.trend import coverage_trend
from tests.measures.areas import METRES, areas_of, box, oracle, sites_of


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, "none"),
        (0.02, "none"),
        (0.020001, "partial"),
        (0.97999, "partial"),
        (0.98, "complete"),
        (0.5 + 0.48, "complete"),
        (0.7 + 0.2 + 0.08, "complete"),  # 0.9799999999999999 to the machine
        (1, "complete"),
    ],
)
def test_class_boundaries(share, expected):
    assert protection_class(pd.Series([share], index=["A"]))["A"] == expected


def test_unknown_share_has_no_class():
    found = protection_class(pd.Series([float("nan"), 0.5], index=["A", "B"]))
    assert found.isna().tolist() == [True, False]


SITE = box(0, 0, 100, 10)


def added(*rows, site=SITE, tolerance=0.0, **of_site):
    """Added share by year of one site."""
    found = coverage_by_year(sites_of({"A": site}, **of_site), areas_of(*rows), tolerance)
    return {
        None if pd.isna(year) else int(year): round(share, 12)
        for year, share in found.groupby("year", dropna=False)["added_share"].sum().items()
    }


def test_an_overlap_counts_once_and_for_the_older_area():
    assert added((box(0, 0, 60, 10), 1990), (box(40, 0, 80, 10), 1975)) == {1975: 40 / 100, 1990: 40 / 100}


def test_areas_of_one_year_count_together():
    assert added((box(0, 0, 60, 10), 1990), (box(40, 0, 80, 10), 1990)) == {1990: 80 / 100}


def test_the_same_area_twice_adds_nothing():
    assert added((box(0, 0, 60, 10), 1990), (box(0, 0, 60, 10), 1990), (box(0, 0, 60, 10), 1999)) == {
        1990: 60 / 100
    }


def test_a_hole_in_an_area_is_not_covered():
    ring = shapely.difference(box(-50, -50, 150, 60), box(20, 0, 50, 10))
    assert added((ring, 1980)) == {1980: 70 / 100}


def test_a_site_in_the_hole_of_an_area_is_uncovered():
    ring = shapely.difference(box(-50, -50, 150, 60), box(0, 0, 100, 10))
    assert added((ring, 1980)) == {}
    wide = shapely.difference(box(-50, -50, 150, 60), box(-1, -1, 101, 11))
    assert added((wide, 1980)) == {}


def test_areas_that_only_touch_cover_nothing():
    assert added((box(100, 0, 200, 10), 1980), (box(0, 10, 100, 20), 1981)) == {}


def test_an_exact_fit_is_complete():
    assert added((SITE, 1980)) == {1980: 1.0}


def test_areas_that_share_an_edge_leave_no_gap():
    assert added((box(0, 0, 33, 10), 1980), (box(33, 0, 100, 10), 1990)) == {1980: 33 / 100, 1990: 67 / 100}


def test_a_multipart_area_counts_with_all_its_parts():
    parts = shapely.MultiPolygon([box(0, 0, 10, 10), box(90, 0, 100, 10), box(300, 0, 400, 10)])
    assert added((parts, 1980)) == {1980: 20 / 100}


@pytest.mark.parametrize(
    ("width", "kind"), [(2, "none"), (2.01, "partial"), (97.9, "partial"), (98, "complete")]
)
def test_both_sides_of_the_class_boundaries(width, kind):
    sites = sites_of({"A": SITE})
    share = protected_share(sites, areas_of((box(0, 0, width, 10), 1980)))
    assert share["A"] == pytest.approx(width / 100)
    assert protection_class(share)["A"] == kind


def test_a_giant_is_clipped_without_changing_anything():
    turn = np.linspace(0, 2 * np.pi, 4001)[:-1]
    ring = np.column_stack([50 + 40 * np.cos(turn), 5 + 400 * np.sin(turn)])
    giant = shapely.Polygon(ring)
    assert shapely.get_num_coordinates(giant) > 1000
    assert added((giant, 1980)) == {1980: round(giant.intersection(SITE).area / SITE.area, 12)}


def test_a_giant_whose_clip_would_touch_itself_counts_as_it_is():
    comb = [(-10, -20), (110, -20)]
    for step in range(400):  # teeth that end at the edge of the site
        right = 100 - step * 0.25
        comb += [(right, 10), (right - 0.1, 10), (right - 0.1, 0), (right - 0.2, 0)]
    giant = shapely.make_valid(shapely.Polygon(comb))
    found = added((giant, 1980))
    assert found == {1980: pytest.approx(giant.intersection(SITE).area / SITE.area, abs=1e-11)}


def test_protected_areas_come_before_other_measures():
    oecm = {"kind": "oecm"}
    found = coverage_by_year(
        sites_of({"A": SITE}), areas_of((box(0, 0, 60, 10), 2019, oecm), (box(40, 0, 80, 10), 2021)), 0.0
    )
    told = found[["year", "kind", "added_share"]].values.tolist()
    # the strip from 40 to 60 is the protected area's, though the OECM is older
    assert told == [[2019, "oecm", pytest.approx(40 / 100)], [2021, "pa", pytest.approx(40 / 100)]]


def test_only_areas_of_a_shared_country_count():
    rows = (box(0, 0, 50, 10), 1980, {"iso3": "USA"}), (box(50, 0, 60, 10), 1990, {"iso3": "GTM;MEX"})
    assert added(*rows, iso3={"A": "MEX"}) == {1990: 10 / 100}
    assert added(*rows, iso3={"A": "MEX;USA"}) == {1980: 50 / 100, 1990: 10 / 100}
    assert added(*rows, iso3={"A": "GTM; USA"}) == {1980: 50 / 100, 1990: 10 / 100}
    # without codes on either side nothing can be matched by country
    assert added(*rows, iso3={"A": ""}) == {1980: 50 / 100, 1990: 10 / 100}
    assert added((box(0, 0, 50, 10), 1980, {"iso3": ""}), iso3={"A": "MEX"}) == {1980: 50 / 100}


def test_what_is_not_in_force_does_not_count():
    rows = [
        (box(0, 0, 10, 10), 1980, {"tier": "proposed"}),
        (box(10, 0, 20, 10), 1980, {"tier": "unknown"}),
        (box(30, 0, 35, 10), 1980),
    ]
    assert added(*rows) == {1980: 5 / 100}


def test_points_count_where_their_circles_were_asked_for():
    raw = gpd.GeoDataFrame(
        {
            "SITE_PID": ["1"],
            "STATUS": ["Designated"],
            "STATUS_YR": [1980],
            "REP_AREA": [0.0001],
            "ISO3": ["MEX"],
        },
        geometry=[shapely.Point(50, 5)],
        crs=METRES,
    )
    sites = sites_of({"A": SITE})
    assert protected_share(sites, clean_protected_areas(raw, points="drop")[0])["A"] == 0
    # a circle of 100 m², of which a strip of 10 m holds nearly all
    share = protected_share(sites, clean_protected_areas(raw, points="buffer")[0])["A"]
    assert share == pytest.approx(100 / 1000, rel=0.08)


def test_no_later_area_is_added_once_two_percent_or_less_remain():
    rows = (box(0, 0, 50, 10), 1980), (box(50, 0, 98, 10), 1990), (box(98, 0, 100, 10), 2000)
    assert added(*rows, tolerance=0.02) == {1980: 50 / 100, 1990: 48 / 100}
    assert added(*rows, tolerance=0.0) == {1980: 50 / 100, 1990: 48 / 100, 2000: 2 / 100}
    # 97.9 % is not enough to stop
    less = (box(0, 0, 97.9, 10), 1980), (box(97.9, 0, 100, 10), 2000)
    assert added(*less, tolerance=0.02) == pytest.approx({1980: 97.9 / 100, 2000: 2.1 / 100})


def test_the_year_that_reaches_the_stop_counts_as_a_whole():
    assert added((box(0, 0, 98.5, 10), 1980), (box(98.5, 0, 100, 10), 1980), tolerance=0.02) == {1980: 1.0}


def test_an_undated_area_keeps_its_part_apart():
    found = coverage_by_year(
        sites_of({"A": SITE}), areas_of((box(0, 0, 50, 10), 1980), (box(40, 0, 90, 10), None)), 0.0
    )
    told = [
        [None if pd.isna(year) else int(year), undated, round(share, 12)]
        for year, undated, share in found[["year", "undated", "added_share"]].to_numpy()
    ]
    assert told == [[1980, "", 40 / 100], [1980, "002", 10 / 100], [None, "002", 40 / 100]]
    assert protected_share(sites_of({"A": SITE}), areas_of((box(0, 0, 90, 10), None)))["A"] == 0.9


def test_identifiers_with_a_semicolon_keep_their_country():
    areas = areas_of((SITE, None, {"area_id": "7;8"}), (box(500, 0, 600, 10), 1950, {"area_id": "9"}))
    sites = sites_of({"A": SITE})
    found = coverage_by_year(sites, areas, 0.0)
    assert found["undated"].tolist() == ["7,8"]
    trend = coverage_trend(found, sites, areas, draws=3, until=1960).set_index("year")
    assert trend.loc[[1949, 1950], "mean"].tolist() == [0, 1]


def test_an_island_cut_at_180_degrees():
    island = shapely.MultiPolygon([box(179, -17, 180, -16), box(-180, -17, -179, -16)])
    west = areas_of((box(178, -18, 180, -15), 2001), crs="EPSG:4326")
    sites = sites_of({"A": island}, crs="EPSG:4326")
    assert protected_share(sites, west)["A"] == pytest.approx(1 / 2, abs=1e-9)
    both = areas_of((shapely.MultiPolygon([box(178, -18, 180, -15), box(-180, -18, -178, -15)]), 2001))
    assert protected_share(sites, both.set_crs("EPSG:4326", allow_override=True))["A"] == pytest.approx(1)


def test_a_polar_site():
    sites = sites_of({"A": box(-60, -90, 60, -80)}, crs="EPSG:4326")
    half = areas_of((box(-180, -90, 0, -60), 1961), crs="EPSG:4326")
    assert protected_share(sites, half)["A"] == pytest.approx(1 / 2, abs=1e-9)


def test_equal_area_not_degrees():
    sites = sites_of({"A": box(0, 0, 1, 60)}, crs="EPSG:4326")
    south = areas_of((box(0, 0, 1, 30), 1990), crs="EPSG:4326")
    # on a sphere the belt up to 30° is sin(30°) / sin(60°) of the one up to 60°; the ellipsoid changes little
    assert protected_share(sites, south)["A"] == pytest.approx(0.5 / np.sin(np.radians(60)), abs=0.003)


# ---------------------------------------------------------------- bad input


def test_sites_without_a_polygon_are_unknown_not_zero():
    sites = sites_of({"A": SITE, "B": None, "C": shapely.Point(1, 1), "D": shapely.Polygon()})
    share = protected_share(sites, areas_of((box(0, 0, 50, 10), 1990)))
    assert share.isna().tolist() == [False, True, True, True]
    assert share["A"] == 0.5
    assert set(coverage_by_year(sites, areas_of((SITE, 1990)))["site_id"]) == {"A"}


def test_null_empty_and_pointlike_areas_are_passed_over():
    areas = areas_of(
        (None, 1980), (shapely.Polygon(), 1980), (shapely.Point(5, 5), 1980), (box(0, 0, 5, 10), 1990)
    )
    assert protected_share(sites_of({"A": SITE}), areas)["A"] == pytest.approx(5 / 100)


def test_no_area_at_all():
    assert protected_share(sites_of({"A": SITE}), areas_of())["A"] == 0
    assert coverage_by_year(sites_of({"A": SITE}), areas_of()).empty


@pytest.mark.parametrize("which", ["sites", "areas"])
def test_a_missing_coordinate_system_is_told(which):
    sites, areas = sites_of({"A": SITE}), areas_of((SITE, 1990))
    if which == "sites":
        sites = sites.set_crs(None, allow_override=True)
    else:
        areas = areas.set_crs(None, allow_override=True)
    with pytest.raises(DataError, match="no_crs"):
        coverage_by_year(sites, areas)


def test_swapped_coordinates_are_told():
    sites = sites_of({"A": box(40, -20, 41, -19)}, crs="EPSG:4326")
    turned = areas_of((box(-20, 40, -19, 41), 1990), crs="EPSG:4326")
    with pytest.raises(DataError, match="areas_swapped"):
        coverage_by_year(sites, turned)
    # elsewhere either way is no mistake that can be told
    assert coverage_by_year(sites, areas_of((box(1, 1, 2, 2), 1990), crs="EPSG:4326")).empty


def test_rings_that_cross_themselves_count_what_they_cover():
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    assert protected_share(sites_of({"A": box(0, 0, 10, 10)}), areas_of((bow, 1990)))["A"] == pytest.approx(
        2 * (10 * 5 / 2) / 100
    )
    share = protected_share(sites_of({"A": bow}), areas_of((box(0, 0, 10, 5), 1990)))
    assert share["A"] == pytest.approx(1 / 2)


def test_a_polygon_of_a_hundred_thousand_vertices():
    turn = np.linspace(0, 2 * np.pi, 100_001)[:-1]
    disc = shapely.Polygon(np.column_stack([np.cos(turn), np.sin(turn)]) * 1000)
    share = protected_share(sites_of({"A": disc}), areas_of((box(0, -2000, 2000, 2000), 1990), (disc, 2001)))
    assert share["A"] == pytest.approx(1)
    assert added((box(0, -2000, 2000, 2000), 1990), site=disc) == {1990: pytest.approx(0.5, abs=1e-9)}


# ---------------------------------------------------------------- the oracle, and properties

_CORNER = st.integers(-3, 12)
_BOX = st.tuples(_CORNER, _CORNER, st.integers(1, 8), st.integers(1, 8)).map(
    lambda t: box(t[0], t[1], t[0] + t[2], t[1] + t[3])
)
_AREA = st.tuples(_BOX, st.integers(1990, 1995), st.sampled_from(["pa", "pa", "oecm"])).map(
    lambda t: (t[0], t[1], {"kind": t[2]})
)
_AREAS = st.lists(_AREA, max_size=8)
SQUARE = box(0, 0, 10, 10)


@given(_AREAS, st.sampled_from([0.0, 0.02, 0.3]))
@settings(max_examples=60, deadline=None)
def test_random_boxes_match_the_oracle(rows, tolerance):
    areas = areas_of(*rows)
    found = added(*rows, site=SQUARE, tolerance=tolerance)
    expected = oracle(SQUARE, areas, tolerance)
    assert found.keys() == expected.keys()
    for year, share in expected.items():
        assert found[year] == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_random_stars_match_the_oracle(seed):
    rng = np.random.default_rng(seed)

    def star(size):
        turn = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 60)))
        reach = rng.uniform(0.3, 1, len(turn)) * size
        x, y = rng.uniform(-50, 150, 2)
        return shapely.Polygon(np.column_stack([x + reach * np.cos(turn), y + reach * np.sin(turn)])).buffer(
            0
        )

    site = star(80).buffer(5)
    kinds = ["pa", "pa", "oecm"]
    rows = [
        (star(rng.uniform(5, 120)), int(rng.integers(1950, 1960)), {"kind": kinds[rng.integers(3)]})
        for _ in range(25)
    ]
    for tolerance in (0.0, 0.02):
        found = added(*rows, site=site, tolerance=tolerance)
        expected = oracle(site, areas_of(*rows), tolerance)
        assert sum(found.values()) == pytest.approx(sum(expected.values()), abs=1e-9)
        for year in found.keys() | expected.keys():
            assert found.get(year, 0) == pytest.approx(expected.get(year, 0), abs=1e-9)


@given(_AREAS, _AREA)
@settings(max_examples=30, deadline=None)
def test_adding_an_area_never_lowers_the_share(rows, more):
    sites = sites_of({"A": SQUARE})
    before = protected_share(sites, areas_of(*rows))["A"]
    after = protected_share(sites, areas_of(*rows, more))["A"]
    assert 0 <= before <= after + 1e-12
    assert after <= 1


@given(_AREAS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
@settings(max_examples=30, deadline=None)
def test_the_order_of_areas_never_matters(both):
    rows, turned = both
    named = [(shape, year, {**more, "area_id": f"{shape.bounds}"}) for shape, year, more in rows]
    again = [(shape, year, {**more, "area_id": f"{shape.bounds}"}) for shape, year, more in turned]
    sites = sites_of({"A": SQUARE})
    pd.testing.assert_frame_equal(
        coverage_by_year(sites, areas_of(*named)), coverage_by_year(sites, areas_of(*again)), check_exact=True
    )


@given(_AREAS)
@settings(max_examples=30, deadline=None)
def test_splitting_an_area_changes_nothing(rows):
    halves = []
    for shape, year, more in rows:
        x0, y0, x1, y1 = shape.bounds
        middle = (x0 + x1) / 2
        halves += [(box(x0, y0, middle, y1), year, more), (box(middle, y0, x1, y1), year, more)]
    one, two = added(*rows, site=SQUARE), added(*halves, site=SQUARE)
    assert one.keys() == two.keys()
    assert all(one[year] == pytest.approx(two[year], abs=1e-12) for year in one)
    assert sum(one.values()) <= 1 + 1e-9


def test_what_is_found_of_a_site_does_not_depend_on_the_others():
    rng = np.random.default_rng(3)
    rows = [(box(x, 0, x + 30, 10), int(1980 + x % 7)) for x in rng.uniform(0, 900, 40)]
    many = {f"S{number}": box(number * 50, 0, number * 50 + 60, 12) for number in range(18)}
    whole = coverage_by_year(sites_of(many), areas_of(*rows))
    for name, shape in many.items():
        alone = coverage_by_year(sites_of({name: shape}), areas_of(*rows))
        mine = whole[whole["site_id"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, mine, check_exact=True)


def test_the_plain_union_agrees_with_geopandas():
    rows = [(box(x, y, x + 7, y + 5), 1980 + x % 9) for x in range(0, 100, 6) for y in (-3, 2, 4)]
    sites = sites_of({"A": SITE, "B": box(20, -5, 60, 3)})
    areas = areas_of(*rows)
    whole = gpd.GeoDataFrame(geometry=[shapely.union_all(areas.geometry.to_numpy())], crs=METRES)
    expected = gpd.overlay(sites.reset_index(), whole).set_index("site_id").area / sites.area
    share = protected_share(sites, areas)
    assert share.to_numpy() == pytest.approx(expected.reindex(share.index).to_numpy(), abs=1e-12)

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import DataError
from aze_core.domain.protected_areas import COLUMNS, EDGES, EQUAL_AREA
from aze_core.measures.cleaning import (
    CHANGES,
    DROPS,
    CleaningReport,
    clean_protected_areas,
    tidy_protected_areas,
)

SQUARE = shapely.box(0, 0, 1000, 1000)
ROW: dict[str, Any] = {
    "WDPA_PID": "1",
    "PA_DEF": "1",
    "NAME": "Ash Hill",
    "ORIG_NAME": "Colline Ash",
    "DESIG_ENG": "National Park",
    "STATUS": "Designated",
    "STATUS_YR": 1990,
    "REP_AREA": 1.0,
    "ISO3": "XAA",
}
MAB = "UNESCO-MAB Biosphere Reserve"


def raw(*rows: dict[str, Any], crs: Any = EQUAL_AREA) -> gpd.GeoDataFrame:
    """Squares of 1 km² where the test names no geometry."""
    table = pd.DataFrame([{**ROW, "geometry": SQUARE, **row} for row in rows])
    return gpd.GeoDataFrame(table, geometry=np.array(table.pop("geometry"), dtype=object), crs=crs)


def counted(report: CleaningReport) -> dict[str, int]:
    return {step: n for step, n in report.counts.items() if n}


def test_status_and_designation() -> None:
    statuses = ["Designated", "Inscribed", "Established", "Adopted", "proposed ", "Not  Reported", "", "odd"]
    areas, report = clean_protected_areas(raw(*({"STATUS": status} for status in statuses)))
    assert areas["tier"].tolist() == ["counted"] * 4 + ["unknown"] * 2
    assert counted(report) == {"not_reported": 1, "proposed": 1}
    assert (report.read, report.kept) == (8, 8 - 1 - 1)


def test_only_the_international_biosphere_reserve_goes() -> None:
    names = [MAB, f" {MAB.upper()}  ", "Reserva de la Biosfera", "Biosphere Reserve", f"{MAB} (core)"]
    areas, report = clean_protected_areas(raw(*({"DESIG_ENG": name} for name in names)))
    assert areas["designation"].tolist() == names[2:]
    assert counted(report) == {"biosphere_reserve": 2}


def test_a_row_falls_to_the_first_step() -> None:
    rows = [
        {"STATUS": "Not Reported", "DESIG_ENG": MAB, "geometry": None},
        {"STATUS": "Proposed", "DESIG_ENG": MAB, "geometry": None},
        {"DESIG_ENG": MAB, "geometry": None},
        {"geometry": None},
        {"geometry": shapely.Polygon()},
        {"geometry": shapely.Point(0, 0), "REP_AREA": 0},
        {"geometry": shapely.Point(0, 0)},
        {"geometry": shapely.LineString([(0, 0), (1, 1)])},
        {"geometry": shapely.Polygon([(0, 0), (1, 1), (0, 0)])},
        {},
    ]
    areas, report = clean_protected_areas(raw(*rows))
    assert counted(report) == {
        "not_reported": 1,
        "proposed": 1,
        "biosphere_reserve": 1,
        "no_geometry": 2,
        "line": 1,
        "point_without_area": 1,
        "point": 1,
        "no_area": 1,
    }
    assert (report.read, report.kept, len(areas)) == (10, 10 - 9, 1)


def test_columns_of_the_result() -> None:
    areas, _ = clean_protected_areas(raw({}, {"STATUS": "Proposed"}, {"STATUS_YR": 0}))
    assert list(areas.columns) == [*COLUMNS, "geometry"]
    assert areas.crs == EQUAL_AREA
    assert areas.index.equals(pd.RangeIndex(2))
    assert areas["year"].tolist() == [1990, pd.NA]
    row = areas.iloc[0]
    assert (row["area_id"], row["name"], row["kind"], row["basis"]) == ("1", "Ash Hill", "pa", "polygon")
    empty, report = clean_protected_areas(raw({}).iloc[:0])
    assert (len(empty), list(empty.columns)) == (0, [*COLUMNS, "geometry"])
    assert report == CleaningReport()


def test_the_new_schema_has_its_english_name_elsewhere() -> None:
    new = {"WDPA_PID": "SITE_PID", "PA_DEF": "SITE_TYPE", "NAME": "NAME_ENG", "ORIG_NAME": "NAME"}
    frame = raw({}, {"PA_DEF": "OECM", "STATUS": "Established"}).rename(columns=new)
    areas, report = clean_protected_areas(frame.assign(SITE_TYPE=["PA", "OECM"]))
    assert areas["name"].tolist() == ["Ash Hill"] * 2
    assert areas["kind"].tolist() == ["pa", "oecm"]
    assert report.missing == ()
    blank, _ = clean_protected_areas(frame.assign(NAME_ENG=["", " "]))
    assert blank["name"].tolist() == ["Colline Ash"] * 2


@pytest.mark.parametrize(
    ("definition", "kind"), [(1, "pa"), (0, "oecm"), (0.0, "oecm"), ("1", "pa"), ("0", "oecm"), (None, "pa")]
)
def test_definition_of_the_older_schema(definition: Any, kind: str) -> None:
    areas, _ = clean_protected_areas(raw({"PA_DEF": definition}))
    assert areas["kind"].tolist() == [kind]


def test_identifiers_are_texts_without_decimals() -> None:
    frame = raw({}, {}).drop(columns="WDPA_PID").assign(WDPAID=[555548855.0, 7.0])
    assert clean_protected_areas(frame)[0]["area_id"].tolist() == ["555548855", "7"]


TODAY = dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("came", "year", "bad"),
    [
        (1990, 1990, False),
        ("1990", 1990, False),
        (1990.0, 1990, False),
        (0, None, False),
        ("0", None, False),
        (None, None, False),
        ("", None, False),
        (1800, 1800, False),
        (1799, None, True),
        (2027, 2027, False),
        (2028, None, True),
        (-1, None, True),
        ("circa 1990", None, True),
        (1990.5, None, True),
    ],
)
def test_years(came: Any, year: int | None, bad: bool) -> None:
    frame = raw({"STATUS_YR": came}).rename(columns={"STATUS_YR": "year"})
    areas, report = tidy_protected_areas(frame, today=TODAY)
    assert areas["year"].fillna(0).tolist() == [year or 0]
    assert (report.counts["bad_year"], report.counts["undated"]) == (int(bad), int(year is None))


@pytest.mark.parametrize(
    ("came", "area", "bad"),
    [(2.5, 2.5, 0), ("2.5", 2.5, 0), ("", None, 0), (None, None, 0), ("n/a", None, 1), (-1, None, 1)],
)
def test_reported_areas(came: Any, area: float | None, bad: int) -> None:
    areas, report = clean_protected_areas(raw({"REP_AREA": came}))
    assert areas["reported_km2"].fillna(-9).tolist() == [area or -9]
    assert report.counts["bad_area"] == bad


@pytest.mark.parametrize(
    ("came", "codes"),
    [("xaa; XAB", "XAA;XAB"), ("XAA,XAB;XAA", "XAA;XAB"), ("ABNJ", "ABNJ"), (" ; ", None), (None, None)],
)
def test_countries(came: str | None, codes: str | None) -> None:
    areas, _ = clean_protected_areas(raw({"ISO3": came}))
    assert areas["iso3"].astype(object).where(areas["iso3"].notna(), None).tolist() == [codes]


def test_missing_columns_are_told_and_filter_nothing() -> None:
    frame = raw({"STATUS": "Proposed"}, {"DESIG_ENG": MAB}).drop(columns=["STATUS", "DESIG_ENG"])
    areas, report = clean_protected_areas(frame)
    assert areas["tier"].tolist() == ["counted"] * 2
    assert report.missing == ("STATUS", "DESIG_ENG")
    bare = raw({}, {"geometry": shapely.Point(0, 0)})[["geometry"]]
    areas, report = clean_protected_areas(bare, points="buffer")
    # without reported areas no point can become a circle
    assert report.missing == ("STATUS", "STATUS_YR", "ISO3", "DESIG_ENG", "REP_AREA")
    assert counted(report) == {"point_without_area": 1, "undated": 1}
    assert areas.drop(columns="geometry").iloc[0].dropna().to_dict() == {
        "kind": "pa",
        "basis": "polygon",
        "tier": "counted",
    }


def test_points_become_circles_of_the_reported_area() -> None:
    frame = raw({"geometry": shapely.Point(5000, 7000), "REP_AREA": "3"})
    areas, report = clean_protected_areas(frame, points="buffer")
    [circle] = areas.geometry
    radius = (3 * 1e6 / np.pi) ** 0.5
    assert circle.bounds == pytest.approx(
        (5000 - radius, 7000 - radius, 5000 + radius, 7000 + radius), rel=1e-9
    )
    # a polygon of 4 · 32 corners on the circle
    corners = 4 * 32
    assert circle.area == pytest.approx(3e6 * np.sin(2 * np.pi / corners) * corners / (2 * np.pi))
    assert areas["basis"].tolist() == ["point"]
    assert counted(report) == {"buffered": 1}


def test_points_of_one_record_share_its_area() -> None:
    spots = shapely.MultiPoint([(0, 0), (50_000, 0), (50_000, 0), (0, 50_000)])
    areas, _ = clean_protected_areas(raw({"geometry": spots, "REP_AREA": 6.0}), points="buffer")
    [made] = areas.geometry
    # three different points of 6 / 3 km² each
    assert len(made.geoms) == 3
    assert [part.area / 1e6 for part in made.geoms] == [pytest.approx(6 / 3, rel=1e-3)] * 3
    near = shapely.MultiPoint([(0, 0), (1, 0)])
    areas, _ = clean_protected_areas(raw({"geometry": near, "REP_AREA": 6.0}), points="buffer")
    # two circles of 3 km² on the same ground
    assert areas.area.iloc[0] / 1e6 == pytest.approx(6 / 2, rel=1e-2)


def test_circles_across_180_come_back_on_the_other_side() -> None:
    frame = raw({"geometry": shapely.Point(180, 0), "REP_AREA": 100.0}, crs="EPSG:4326")
    areas, _ = clean_protected_areas(frame, points="buffer")
    [circle] = areas.geometry
    x, _ = EDGES
    radius = (100 * 1e6 / np.pi) ** 0.5
    assert circle.area / 1e6 == pytest.approx(100, rel=1e-3)
    west, east = sorted(circle.geoms, key=lambda part: part.bounds[0])
    assert west.bounds[::2] == pytest.approx((-x, -x + radius))
    assert east.bounds[::2] == pytest.approx((x - radius, x))


def test_shapes_are_mended_and_counted_once() -> None:
    bow = shapely.Polygon([(0, 0), (2000, 2000), (2000, 0), (0, 2000)])
    overlapping = shapely.MultiPolygon([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    mixed = shapely.GeometryCollection([SQUARE, shapely.LineString([(0, 0), (9, 9)]), shapely.Point(0, 0)])
    frame = raw({"geometry": bow}, {"geometry": overlapping}, {"geometry": mixed})
    areas, report = clean_protected_areas(frame)
    assert areas.is_valid.all()
    # two triangles of base 2 km and height 1 km; 3 · 1 m; the square alone
    assert areas.area.tolist() == pytest.approx([2 * (2000 * 1000 / 2), 3, 1e6])
    assert report.counts["repaired"] == 2


def test_any_system_becomes_equal_area() -> None:
    degrees = raw({"geometry": shapely.box(10, -1, 11, 1)}, crs="EPSG:4326")
    mercator = degrees.to_crs("EPSG:3857")
    areas = [clean_protected_areas(frame)[0].area.iloc[0] / 1e6 for frame in (degrees, mercator)]
    # a degree by two at the equator, on a sphere of the authalic radius
    expected = np.radians(1) * 2 * np.sin(np.radians(1)) * 6371.0072**2
    assert areas == pytest.approx([expected, expected], rel=5e-3)
    assert areas[0] == pytest.approx(areas[1], rel=1e-6)


def test_a_cap_around_the_pole_keeps_its_area() -> None:
    cap = shapely.box(-180, -90, 180, -60)
    areas, report = clean_protected_areas(raw({"geometry": cap}, crs="EPSG:4326"))
    # the Earth is flatter at the poles than a sphere of the same area
    expected = 2 * np.pi * 6371.0072**2 * (1 - np.sin(np.radians(60)))
    assert areas.area.iloc[0] / 1e6 == pytest.approx(expected, rel=1e-2)
    assert counted(report) == {}


def test_what_lies_beyond_the_pole_has_no_place() -> None:
    frame = raw({"geometry": shapely.Point(0, 95)}, {"geometry": shapely.Point(0, 5)}, crs="EPSG:4326")
    areas, report = clean_protected_areas(frame, points="buffer")
    assert (len(areas), report.counts["outside_world"]) == (1, 1)


def test_no_system_and_no_such_choice() -> None:
    with pytest.raises(DataError, match="areas_no_crs"):
        clean_protected_areas(raw({}, crs=None))
    with pytest.raises(ValueError, match="points"):
        clean_protected_areas(raw({}), points="circle")


def test_the_pipeline_keeps_what_does_not_count_yet() -> None:
    rows = [
        {"status": "Proposed"},
        {"status": "Not Reported"},
        {"status": None},
        {"status": "Adopted", "geometry": shapely.Point(0, 0)},
        {"status": "Designated"},
    ]
    frame = raw(*rows).rename(columns={"REP_AREA": "reported_km2"})
    told: list[tuple[str, list[int]]] = []
    areas, report = tidy_protected_areas(frame, lambda step, places: told.append((step, places.tolist())))
    assert areas.index.tolist() == [0, 2, 3, 4]
    assert areas["tier"].tolist() == ["proposed", "unknown", "counted", "counted"]
    assert areas["basis"].tolist() == ["polygon", "polygon", "point", "polygon"]
    assert told == [("not_reported", [1]), ("buffered", [3]), ("undated", [0, 2, 3, 4])]
    assert report.counts["proposed"] == 0


def test_the_frame_that_came_stays_as_it_was() -> None:
    frame = raw({"geometry": shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])}, {"REP_AREA": -1})
    before = frame.copy(deep=True)
    clean_protected_areas(frame, points="buffer")
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


def test_a_geometry_column_of_another_name() -> None:
    areas, _ = clean_protected_areas(raw({}).rename_geometry("SHAPE"))
    assert areas.geometry.name == "geometry"
    assert areas.area.tolist() == [pytest.approx(1e6)]


def test_report_in_json_and_as_a_table() -> None:
    report = clean_protected_areas(raw({"STATUS": "Proposed"}, {}).drop(columns="ISO3"))[1]
    assert CleaningReport.from_dict(report.to_dict()) == report
    table = report.table()
    assert table["step"].tolist() == [*DROPS, *CHANGES]
    assert table.loc[table["effect"] == "left_out", "rows"].sum() == report.read - report.kept


GEOMETRIES = st.sampled_from(
    [
        SQUARE,
        None,
        shapely.Polygon(),
        shapely.Point(1, 2),
        shapely.MultiPoint([(0, 0), (9, 9)]),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]),
        shapely.GeometryCollection([shapely.Point(0, 0)]),
    ]
)
ROWS = st.fixed_dictionaries(
    {
        "STATUS": st.sampled_from(["Designated", "Proposed", "Not Reported", "", None]),
        "DESIG_ENG": st.sampled_from([MAB, "Park", None]),
        "REP_AREA": st.sampled_from([0, 1.5, "x", None]),
        "STATUS_YR": st.sampled_from([0, 1990, 1, None]),
        "geometry": GEOMETRIES,
    }
)


@settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=8), st.sampled_from(["drop", "buffer"]), st.integers(0, 8))
def test_every_row_is_accounted_for_and_batches_add_up(
    rows: list[dict[str, Any]], points: str, cut: int
) -> None:
    frame = raw(*rows)
    areas, report = clean_protected_areas(frame, points)
    assert report.read == len(rows)
    assert report.kept == len(areas) == report.read - sum(report.counts[step] for step in DROPS)
    assert areas.is_valid.all()
    assert (areas.area > 0).all()
    assert not (areas["tier"] == "proposed").any()
    parts = [clean_protected_areas(part, points) for part in (frame.iloc[:cut], frame.iloc[cut:])]
    assert parts[0][1] + parts[1][1] == report
    assert sum(len(part) for part, _ in parts) == len(areas)

"""GeoPackages: points and nothing but points, and a table that says what they stand on."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import Point

from aze_core.reports.about import about
from aze_core.reports.geopackage import to_geopackage
from tests.helpers import make_inventory

INVENTORY = make_inventory()
VERSION = INVENTORY.version
SITES = pd.Index(["B", "A", "D", "Z"], name="site_id")
FRAME = pd.DataFrame(
    {
        "name": ["Birch Lake", "Ash Hill", None, "Île"],
        "rank": pd.array([1, 2, None, 3], dtype="Int64"),
        "score": [0.5, 0.25, float("nan"), 0.0],
        "listed": pd.array([True, False, None, True], dtype="boolean"),
        "mixed": [1, "two", None, ("three",)],
    },
    index=SITES,
)
POINTS = INVENTORY.sites[["latitude", "longitude"]]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("gpkg") / "r.gpkg"
    made.write_bytes(to_geopackage(FRAME, POINTS, VERSION, '{"effect": 0.5}'))
    return made


def test_rows_come_back_in_their_order_with_their_points(path: Path) -> None:
    found = pyogrio.read_dataframe(path, layer="ranking")
    assert found.crs == "EPSG:4326"
    assert found["site_id"].tolist() == list(SITES)
    # make_inventory puts A at 0, 0 and B at 1° north, 1° west; D has no point, Z is no site
    assert found.geometry.tolist() == [Point(-1, 1), Point(0, 0), None, None]
    assert found["name"].tolist()[:2] == ["Birch Lake", "Ash Hill"]
    assert found["rank"].tolist()[:2] == [1, 2]
    assert found["mixed"].tolist()[:2] == ["1", "two"]


def test_the_unknown_stays_unknown(path: Path) -> None:
    found = pyogrio.read_dataframe(path, layer="ranking").set_index("site_id")
    assert found.loc["D", ["name", "rank", "score", "listed", "mixed"]].isna().all()
    assert found.at["Z", "score"] == 0


def test_the_file_says_what_it_stands_on(path: Path) -> None:
    found = pyogrio.read_dataframe(path, layer="about")
    expected = about(VERSION, '{"effect": 0.5}')
    assert found.to_numpy().tolist() == expected.to_numpy().tolist()
    assert ["Setting: effect", "0.5"] in expected.to_numpy().tolist()


def test_it_is_a_plain_database_without_traps(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        contents = dict(db.execute("SELECT table_name, data_type FROM gpkg_contents"))
        kinds = db.execute("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns").fetchall()
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        (journal,) = db.execute("PRAGMA journal_mode").fetchone()
        # R-tree triggers would refuse this: plain SQLite has no ST_IsEmpty
        db.execute("UPDATE ranking SET name = 'x', geom = NULL")
    assert contents == {"ranking": "features", "about": "attributes"}
    assert kinds == [("ranking", "POINT")]
    assert not {name for name in tables if name.startswith("rtree")}
    assert journal == "delete"


def test_boundaries_never_leave() -> None:
    """Whoever passes the sites with their polygons gets points all the same."""
    shapes = gpd.GeoDataFrame(POINTS, geometry=gpd.GeoSeries(Point(0, 0).buffer(1), index=POINTS.index))
    raw = to_geopackage(FRAME, shapes, VERSION)
    assert b"POLYGON" not in raw.upper()
    assert b"POINT" in raw


def test_a_frame_without_rows_is_a_layer_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "e.gpkg"
    path.write_bytes(to_geopackage(FRAME.iloc[:0], POINTS, VERSION))
    found = pyogrio.read_dataframe(path, layer="ranking")
    assert len(found) == 0
    assert {"site_id", "rank"} <= set(found.columns)


def test_two_points_of_one_site_are_refused() -> None:
    twice = pd.concat([POINTS, POINTS.loc[["A"]]])
    with pytest.raises(ValueError, match="'A'"):
        to_geopackage(FRAME, twice, VERSION)


def test_the_frame_itself_stays_as_it_was() -> None:
    before = FRAME.copy()
    to_geopackage(FRAME, POINTS, VERSION)
    pd.testing.assert_frame_equal(FRAME, before)

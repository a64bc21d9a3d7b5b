"""Reading AZE and KBA sites: every vintage and container, and every fault that such files hold."""

from __future__ import annotations

import json
import os
import shutil
import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import wkt

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.archives import Limits
from aze_core.sources.kba import COLUMNS, read_kba

# a square of 0.1° by 0.1° at the equator: 11.132 km by 11.057 km on the ellipsoid
SQUARE = shapely.box(10, 0, 10.1, 0.1)
SQUARE_KM2 = 123.09

NOW = {
    "SitRecID": 1234.0,
    "Region": "Africa",
    "Country": "Gabon",
    "ISO3": "GAB",
    "NatName": "Colline de cendre",
    "IntName": "Ash Hill",
    "SitLat": 0.05,
    "SitLong": 10.05,
    "SitAreaKM2": 123.0,
    "KbaStatus": "confirmed",
    "KbaClass": "Global",
    "IbaStatus": None,
    "AzeStatus": "confirmed",
}
UNTIL_2022 = {
    "SitRecID": 1234.0,
    "Region": "Africa",
    "Country": "Gabon",
    "ISO3": "GAB",
    "NatName": "Colline de cendre",
    "IntName": "Ash Hill",
    "SitLat": 0.05,
    "SitLong": 10.05,
    "GISArea": 12300.0,
    "KbaStatus": "confirmed",
    "AzeStatus": "confirmed",
    "Shape_Area": 0.01,
}
UNTIL_2019 = {
    "SitRecID": 1234.0,
    "Country": "Gabon",
    "ISO3": "GAB",
    "NatName": "Colline de cendre",
    "IntName": "Ash Hill",
    "SitArea": 12300.0,
    "KbaStatus": "confirmed",
    "AzeStatus": "confirmed",
    "Shape_Area": 0.01,
}
LICENSED = {name.upper(): value for name, value in UNTIL_2019.items()}
LOWER = {name.lower(): value for name, value in UNTIL_2022.items()}
VINTAGES = {"now": NOW, "2022": UNTIL_2022, "2019": UNTIL_2019, "upper": LICENSED, "lower": LOWER}


def frame(*rows: dict[str, Any], crs: Any = "EPSG:4326", base: dict[str, Any] = NOW) -> gpd.GeoDataFrame:
    """Sites with what the test names; the rest as in `base`, each with its own identifier from 1234 on."""
    column = next(iter(base))
    full = [{**base, column: 1234.0 + n, "geometry": SQUARE, **row} for n, row in enumerate(rows)]
    table = pd.DataFrame(full)
    return gpd.GeoDataFrame(table, geometry=np.array(table.pop("geometry"), dtype=object), crs=crs)


def write(path: Path, sites: gpd.GeoDataFrame, **options: Any) -> Path:
    with warnings.catch_warnings():
        # the writer's remarks on types and names that the containers do not have
        warnings.simplefilter("ignore")
        sites.to_file(path, engine="pyogrio", **options)
    return path


def read(tmp_path: Path, *rows: dict[str, Any], **options: Any) -> tuple[gpd.GeoDataFrame, ImportReport]:
    return read_kba(write(tmp_path / "kba.gpkg", frame(*rows, **options)))


def found(report: ImportReport, rule: str) -> list[tuple[str, int | None]]:
    return [(action, row) for action, name, _, row, *_ in report.findings if name == rule]


def rules(report: ImportReport) -> set[str]:
    return {finding[1] for finding in report.findings}


# --- containers and vintages ---------------------------------------------------------------------------


@pytest.mark.parametrize("vintage", VINTAGES)
@pytest.mark.parametrize("container", ["zip", "shp", "gpkg", "geojson", "gdb", "gdb.zip"])
def test_every_vintage_in_every_container(tmp_path: Path, vintage: str, container: str) -> None:
    sites = frame({}, base=VINTAGES[vintage])
    if container == "zip":
        folder = tmp_path / "parts"
        folder.mkdir()
        write(folder / "KBAsGlobal_POL.shp", sites)
        path = tmp_path / "KBAsGlobal.zip"
        with zipfile.ZipFile(path, "w") as zipped:
            for part in folder.iterdir():
                zipped.write(part, f"KBA data/{part.name}")
    elif container == "gdb.zip":
        write(tmp_path / "kba.gdb", sites, driver="OpenFileGDB", layer="POL")
        path = Path(shutil.make_archive(str(tmp_path / "kba.gdb"), "zip", tmp_path, "kba.gdb"))
    else:
        drivers = {"gdb": {"driver": "OpenFileGDB", "layer": "POL"}}
        path = write(tmp_path / f"kba.{container}", sites, **drivers.get(container, {}))
    got, report = read_kba(path)
    assert tuple(got.columns) == COLUMNS
    assert got.crs.to_epsg() == 4326
    (site,) = got.to_dict("records")
    assert site["site_id"] == "1234"
    assert (site["name"], site["national_name"]) == ("Ash Hill", "Colline de cendre")
    assert (site["iso3"], site["kba_status"]) == ("GAB", "confirmed")
    assert (site["aze_status"], site["list_type"]) == ("confirmed", "global_aze")
    assert site["area_km2"] == pytest.approx(123.0)
    assert site["area_source"] == {"now": "SitAreaKM2", "2022": "GISArea", "lower": "GISArea"}.get(
        vintage, "SitArea"
    )
    assert site["measured_area_km2"] == pytest.approx(SQUARE_KM2, abs=0.01)
    assert (site["latitude"], site["longitude"]) == pytest.approx((0.05, 0.05 + 10))
    assert site["geometry"].normalize().equals_exact(SQUARE.normalize(), 1e-9)
    without_region = vintage in ("2019", "upper")
    assert pd.isna(site["region"]) == without_region
    assert rules(report) == ({"column_absent"} if without_region else set())
    assert (report.read, report.accepted) == (1, 1)


def test_polygons_and_points_of_one_download(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    write(folder / "KBA_POL.shp", frame({"SitRecID": 1.0}, {"SitRecID": 2.0}))
    point = shapely.Point(10.05, 0.05)
    write(
        folder / "KBA_PNT.shp",
        frame({"SitRecID": 2.0, "geometry": point}, {"SitRecID": 3.0, "geometry": point}),
    )
    path = Path(shutil.make_archive(str(tmp_path / "kba"), "zip", folder))
    got, report = read_kba(path)
    kinds = dict(zip(got["site_id"], got.geom_type, strict=True))
    assert kinds == {"1": "Polygon", "2": "Polygon", "3": "Point"}
    assert np.isnan(got.set_index("site_id").at["3", "measured_area_km2"])
    assert found(report, "point_beside_polygon") == [("noted", 1)]
    assert (report.read, report.accepted) == (4, 4)


def test_other_layers_and_tables_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "kba.gpkg", frame({}), layer="sites")
    other = gpd.GeoDataFrame({"river": ["Ogooué"]}, geometry=[SQUARE], crs="EPSG:4326")
    write(path, other, layer="rivers")
    got, report = read_kba(path)
    assert len(got) == 1
    ((_, rule, file, row, _, _, detail),) = report.findings
    assert (rule, file, row) == ("other_layer", "kba.gpkg/rivers", None)
    assert "SitRecID" in detail


def test_progress_rises_to_one(tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    read_kba(write(tmp_path / "kba.gpkg", frame({})), lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert shares == sorted(shares)
    assert {stage for _, stage in told} == {"read", "geometry", "check"}


# --- whole files that cannot be read -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lost", "named"),
    [(["SitRecID"], "SitRecID"), (["IntName", "NatName"], "IntName"), (["ISO3"], "ISO3")],
)
def test_missing_column_names_what_was_found(tmp_path: Path, lost: list[str], named: str) -> None:
    path = write(tmp_path / "kba.gpkg", frame({}).drop(columns=lost))
    with pytest.raises(DataError) as caught:
        read_kba(path)
    assert caught.value.message_id == "import_missing_column"
    assert caught.value.fields["column"] == named
    assert "AzeStatus" in caught.value.fields["found"]


def test_one_name_column_is_enough(tmp_path: Path) -> None:
    got, _ = read_kba(write(tmp_path / "kba.gpkg", frame({}).drop(columns="IntName")))
    assert got.at[0, "name"] == "Colline de cendre"


def test_no_rows_too_many_rows_and_no_layer(tmp_path: Path) -> None:
    path = write(tmp_path / "kba.gpkg", frame({}, {}, {}))
    assert len(read_kba(path, max_rows=3)[0]) == 3
    for options, message in (({"max_rows": 2}, "import_too_many_rows"),):
        with pytest.raises(DataError) as caught:
            read_kba(path, **options)
        assert caught.value.message_id == message
    with pytest.raises(DataError) as caught:
        read_kba(write(tmp_path / "empty.gpkg", frame({}).iloc[:0]))
    assert caught.value.message_id == "import_no_rows"
    (tmp_path / "a.csv").write_text("SitRecID\n1\n")
    with pytest.raises(DataError) as caught:
        read_kba(tmp_path / "a.csv")
    assert caught.value.message_id == "kba_no_layer"
    write(path, frame({}), layer="more")
    with pytest.raises(DataError) as caught:
        read_kba(path, max_layers=1)
    assert caught.value.message_id == "import_too_many_layers"


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp"])
def test_damaged_file_is_named(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"kba.{suffix}", frame({}, {}))
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 3] if suffix != "shp" else raw[:50])
    with pytest.raises(DataError) as caught:
        read_kba(path)
    assert caught.value.message_id == "layer_unreadable"
    assert caught.value.fields["file"] == path.name


def test_limits_reach_the_archive(tmp_path: Path) -> None:
    path = write(tmp_path / "kba.gpkg", frame({}))
    with pytest.raises(DataError) as caught:
        read_kba(path, limits=Limits(total_bytes=10))
    assert caught.value.message_id == "archive_too_large"


# --- attributes ----------------------------------------------------------------------------------------


def test_identifiers(tmp_path: Path) -> None:
    texts = ["1234", " 1235.0 ", "A-7", "", None, "nan", "0012"]
    got, report = read(tmp_path, *({"SitRecID": text} for text in texts))
    assert got["site_id"].tolist() == ["1234", "1235", "A-7", "0012"]
    assert found(report, "no_id") == [("set_aside", 4), ("set_aside", 5), ("set_aside", 6)]
    assert (report.read, report.accepted) == (7, 4)
    got, report = read(tmp_path, *({"SitRecID": number} for number in (1.0, 2.5, np.nan, np.inf)))
    assert got["site_id"].tolist() == ["1", "2.5"]
    assert found(report, "no_id") == [("set_aside", 3), ("set_aside", 4)]


def test_names(tmp_path: Path) -> None:
    got, report = read(
        tmp_path,
        {"IntName": None},
        {"IntName": " ", "NatName": ""},
        {"IntName": '<script>alert("1")</script> &amp; <b>Hill</b>'},
        {"NatName": None},
    )
    assert got["name"].tolist()[0] == "Colline de cendre"
    assert pd.isna(got.at[1, "name"])
    assert found(report, "no_name") == [("noted", 2)]
    assert got.at[2, "name"] == '<script>alert("1")</script> &amp; <b>Hill</b>'
    assert (got.at[3, "name"], pd.isna(got.at[3, "national_name"])) == ("Ash Hill", True)


@pytest.mark.parametrize(
    ("came", "kept", "rule"),
    [
        ("Ciénaga", "Ciénaga", None),
        ("CiÚnaga", "CiÚnaga", "text_doubtful"),
        ("CiÃ©naga", "Ciénaga", "text_mended"),
        ("CiÃƒÂ©naga", "Ciénaga", "text_mended"),
        ("Ci\ufffdnaga", "Ci\ufffdnaga", "text_doubtful"),
        ("Đảo Phú Quốc", "Đảo Phú Quốc", None),
        ("Äänekoski, Ørsted, Straße, São João", "Äänekoski, Ørsted, Straße, São João", None),
        ("«CITÉ»", "«CITÉ»", None),
        ("CITÉ»", "CITÉ»", "text_doubtful"),
        ("Серра", "Серра", None),
        ("Ð¡ÐµÑ€Ñ€Ð°", "Серра", "text_mended"),
        ("Kâ€™gari", "K’gari", "text_mended"),
        ("鹿児島", "鹿児島", None),
    ],
)
def test_wrongly_decoded_text(tmp_path: Path, came: str, kept: str, rule: str | None) -> None:
    got, report = read(tmp_path, {"IntName": came})
    assert got.at[0, "name"] == kept
    assert rules(report) == ({rule} if rule else set())


def test_text_that_is_not_what_the_shapefile_says(tmp_path: Path) -> None:
    path = write(
        tmp_path / "kba.shp", frame({"IntName": "Ciénaga’s"}, {"IntName": "Ash Hill"}), encoding="CP1252"
    )
    (tmp_path / "kba.cpg").write_text("UTF-8")
    got, report = read_kba(path)
    assert got["name"].tolist() == ["Ciénaga’s", "Ash Hill"]
    assert found(report, "text_encoding") == [("noted", None)]


def test_countries(tmp_path: Path) -> None:
    came = ["GAB;COG", "GAB, COG", "COG;GAB;COG", "gab", "GAB;Gabon", "---", None]
    got, report = read(tmp_path, *({"ISO3": text} for text in came))
    assert got["iso3"].tolist()[:5] == ["GAB;COG", "GAB;COG", "COG;GAB", "GAB", "GAB"]
    assert got["iso3"].isna().tolist() == [False] * 5 + [True] * 2
    assert found(report, "iso3_case") == [("repaired", 4)]
    assert found(report, "bad_iso3") == [("noted", 5), ("noted", 6)]
    assert found(report, "no_iso3") == [("noted", 6), ("noted", 7)]


def test_status(tmp_path: Path) -> None:
    came = ["confirmed", "Confirmed ", "de-listed", "De-Listed", None, "", "proposed"]
    got, report = read(tmp_path, *({"AzeStatus": text} for text in came))
    assert got["aze_status"].tolist() == ["confirmed"] * 2 + ["de_listed"] * 2 + ["none"] * 3
    assert got["list_type"].tolist() == ["global_aze"] * 2 + ["de_listed"] * 2 + ["other_kba"] * 3
    assert found(report, "unknown_aze_status") == [("noted", 7)]


def test_file_without_status_says_so(tmp_path: Path) -> None:
    got, report = read_kba(
        write(tmp_path / "kba.gpkg", frame({}, {}).drop(columns=["AzeStatus", "KbaStatus"]))
    )
    assert got["list_type"].tolist() == ["other_kba"] * 2
    assert got["aze_status"].tolist() == ["none"] * 2
    assert got["kba_status"].isna().all()
    assert found(report, "no_aze_status") == [("noted", None)]
    assert found(report, "column_absent") == [("noted", None)]


def test_reported_area(tmp_path: Path) -> None:
    rows = [
        {"SitAreaKM2": 123.0},
        {"SitAreaKM2": 0.0},
        {"SitAreaKM2": None, "GISArea": 12300.0},
        {"SitAreaKM2": 0.0, "GISArea": 12300.0},
        {"SitAreaKM2": SQUARE_KM2 * 1.15},
        {"SitAreaKM2": SQUARE_KM2 * 1.3},
        {"SitAreaKM2": SQUARE_KM2 / 100},
        {"SitAreaKM2": -5.0},
    ]
    got, report = read(tmp_path, *({"GISArea": None, **row} for row in rows))
    assert got["area_km2"].isna().tolist() == [False, True, False, False, False, False, False, True]
    assert got.loc[[0, 2, 3], "area_km2"].tolist() == [123.0, 123.0, 123.0]
    assert got.loc[[0, 2, 3], "area_source"].tolist() == ["SitAreaKM2", "GISArea", "GISArea"]
    assert got["measured_area_km2"].tolist() == pytest.approx([SQUARE_KM2] * 8, abs=0.01)
    assert found(report, "area_zero") == [("noted", 2), ("noted", 4), ("noted", 8)]
    assert found(report, "area_differs") == [("noted", 6), ("noted", 7)]


def test_source_country_and_date_are_kept_as_text(tmp_path: Path) -> None:
    rows = [
        {"Source": "Sketch <b>2004</b>", "LastUpdate": "2025-02-01", "ChangeDate": "2001"},
        {"Source": "", "Country": "GabÃ³n"},
        {"Source": None},
    ]
    got, report = read(tmp_path, *({"LastUpdate": None, "ChangeDate": None, **row} for row in rows))
    assert got["source_text"].astype(object).where(got["source_text"].notna(), None).tolist() == [
        "Sketch <b>2004</b>",
        None,
        None,
    ]
    assert got["country_name"].tolist() == ["Gabon", "Gabón", "Gabon"]
    assert got["changed"].isna().tolist() == [False, True, True]
    assert got.at[0, "changed"] == "2025-02-01"
    assert found(report, "text_mended") == [("repaired", 2)]

    bare, _ = read_kba(write(tmp_path / "bare.gpkg", frame({}).drop(columns="Country")))
    assert bare[["source_text", "country_name", "changed"]].isna().all(axis=None)


def test_a_date_column_and_the_older_name(tmp_path: Path) -> None:
    sites = frame({}, base=UNTIL_2019)
    sites["ChangeDate"] = pd.to_datetime(["2012-10-08"]).astype("datetime64[s]")
    got, _ = read_kba(write(tmp_path / "kba.gpkg", sites))
    assert got.at[0, "changed"].startswith("2012-10-08")


def test_rows_that_differ_in_source_and_date_alone_are_one_site(tmp_path: Path) -> None:
    rows = [{"SitRecID": 5.0, "Source": text, "LastUpdate": text} for text in ("one", "two")]
    got, report = read(tmp_path, *rows)
    assert got["source_text"].tolist() == ["one"]
    assert found(report, "duplicate_row") == [("noted", 2)]


def test_area_as_text(tmp_path: Path) -> None:
    got, report = read(tmp_path, {"SitAreaKM2": "123"}, {"SitAreaKM2": "12,5"}, {"SitAreaKM2": "inf"})
    assert got["area_km2"].isna().tolist() == [False, True, True]
    assert found(report, "bad_number") == [("noted", 2), ("noted", 3)]


def test_points(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"SitLat": 0.04, "SitLong": 10.02},
        {"SitLat": None, "SitLong": None},
        {"SitLat": 0.0, "SitLong": 0.0},
        {"SitLat": 91.0, "SitLong": 10.0},
        {"SitLat": 10.05, "SitLong": 0.05},
    ]
    got, report = read(tmp_path, *rows)
    assert got.loc[0, ["latitude", "longitude"]].tolist() == [0.04, 10.02]
    inside = shapely.points(got["longitude"], got["latitude"])
    assert shapely.covers(SQUARE, inside).all()
    assert found(report, "bad_point") == [("repaired", 3), ("repaired", 4)]
    assert found(report, "point_far") == [("repaired", 5)]


# --- coordinate systems --------------------------------------------------------------------------------


def test_projected_system_is_turned(tmp_path: Path) -> None:
    path = write(tmp_path / "kba.gpkg", frame({}).to_crs(32632))
    got, report = read_kba(path)
    assert got.geometry.iloc[0].normalize().equals_exact(SQUARE.normalize(), 1e-7)
    assert found(report, "crs_changed") == [("noted", None)]


def test_geojson_with_a_projected_system(tmp_path: Path) -> None:
    path = write(tmp_path / "kba.geojson", frame({}).to_crs(32632))
    assert json.loads(path.read_text())["crs"]["properties"]["name"].endswith("32632")
    got, _ = read_kba(path)
    assert got.geometry.iloc[0].normalize().equals_exact(SQUARE.normalize(), 1e-7)


def test_shapefile_without_prj(tmp_path: Path) -> None:
    for name, crs in (("degrees", 4326), ("metres", 32632)):
        write(tmp_path / f"{name}.shp", frame({}).to_crs(crs))
        (tmp_path / f"{name}.prj").unlink()
    got, report = read_kba(tmp_path / "degrees.shp")
    assert got.geometry.iloc[0].normalize().equals_exact(SQUARE.normalize(), 1e-9)
    assert found(report, "crs_assumed") == [("noted", None)]
    with pytest.raises(DataError) as caught:
        read_kba(tmp_path / "metres.shp")
    assert caught.value.message_id == "import_no_crs"


def test_geopackage_without_system(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame({}, crs=None).to_file(tmp_path / "kba.gpkg")
    got, report = read_kba(tmp_path / "kba.gpkg")
    assert len(got) == 1
    assert found(report, "crs_assumed") == [("noted", None)]


# --- geometry ------------------------------------------------------------------------------------------


def test_rows_without_a_usable_place_are_set_aside(tmp_path: Path) -> None:
    nan = float("nan")
    came = {
        "no_geometry": [None, shapely.Polygon(), shapely.Point()],
        "null_island": [shapely.Point(0, 0)],
        "bad_coordinates": [
            shapely.transform(SQUARE, lambda xy: np.where(xy > 10, np.inf, xy)),
            shapely.transform(SQUARE, lambda xy: np.where(xy == 0.1, nan, xy)),
        ],
        "outside_world": [
            shapely.box(10, 89, 11, 95),
            shapely.Point(200, 0),
            shapely.box(400, 0, 401, 1),
            shapely.box(-300, 0, 300, 1),
        ],
        "line_geometry": [shapely.LineString([(0, 0), (1, 1)])],
        "no_area": [wkt.loads("POLYGON((1 1, 2 2, 3 3, 1 1))")],
    }
    shapes = [(rule, shape) for rule, group in came.items() for shape in group]
    got, report = read(tmp_path, *({"geometry": shape} for _, shape in shapes), {})
    assert len(got) == 1
    expected = {row: rule for row, (rule, _) in enumerate(shapes, start=1)}
    aside = {row: rule for action, rule, _, row, *_ in report.findings if action == "set_aside"}
    assert aside == expected
    assert (report.read, report.accepted) == (len(shapes) + 1, 1)


def test_a_file_of_which_nothing_is_left_still_reports(tmp_path: Path) -> None:
    got, report = read(tmp_path, {"geometry": None}, {"geometry": shapely.Point(0, 0)})
    assert (len(got), tuple(got.columns), report.accepted) == (0, COLUMNS, 0)


@pytest.mark.parametrize(
    ("shape", "cells"),
    [
        ("POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))", 2.0),  # bow-tie: two triangles of 1
        ("POLYGON((0 0, 2 0, 2 2, 1 2, 1 5, 1 2, 0 2, 0 0))", 4.0),  # spike
        ("POLYGON((0 0, 4 0, 4 4, 0 4, 0 0, 1 1, 3 1, 3 3, 1 3, 1 1, 0 0))", 16.0),  # ground covered twice
        ("MULTIPOLYGON(((0 0,2 0,2 2,0 2,0 0)),((1 1,3 1,3 3,1 3,1 1)))", 4 + 4 - 1),
        ("MULTIPOLYGON(((0 0,2 0,2 2,0 2,0 0)),((0 0,2 0,2 2,0 2,0 0)))", 4.0),
        ("POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,5 1,5 3,1 3,1 1))", 16 - 3 * 2),  # hole that leaves the shell
    ],
)
def test_invalid_polygons_are_repaired(tmp_path: Path, shape: str, cells: float) -> None:
    got, report = read(tmp_path, {"geometry": wkt.loads(shape), "SitLat": None, "SitLong": None})
    mended = got.geometry.iloc[0]
    assert mended.is_valid
    assert mended.geom_type in ("Polygon", "MultiPolygon")
    assert mended.area == pytest.approx(cells)
    assert found(report, "invalid_geometry") == [("repaired", 1)]


@pytest.mark.parametrize("container", ["gpkg", "geojson", "shp"])
def test_reversed_rings_are_turned(tmp_path: Path, container: str) -> None:
    hole = [(10.02, 0.02), (10.02, 0.04), (10.04, 0.04), (10.04, 0.02)]
    shell = [(10, 0), (10.1, 0), (10.1, 0.1), (10, 0.1)]
    path = tmp_path / f"kba.{container}"
    for outer, inner in ((shell, hole), (shell[::-1], hole[::-1])):
        got, report = read_kba(write(path, frame({"geometry": shapely.Polygon(outer, [inner])})))
        shape = got.geometry.iloc[0]
        assert shape.exterior.is_ccw
        assert shape.area == pytest.approx(0.01 - 0.0004)
        assert report.accepted == 1


def test_open_ring_is_closed(tmp_path: Path) -> None:
    path = write(tmp_path / "kba.geojson", frame({}))
    text = json.loads(path.read_text())
    text["features"][0]["geometry"]["coordinates"][0].pop()
    path.write_text(json.dumps(text))
    got, report = read_kba(path)
    assert got.geometry.iloc[0].area == pytest.approx(0.01)
    assert found(report, "ring_closed") == [("repaired", 1)]


def test_mixed_geometry_and_collections(tmp_path: Path) -> None:
    line, point = shapely.LineString([(0, 0), (1, 1)]), shapely.Point(10.05, 0.05)
    other = shapely.box(10.2, 0, 10.3, 0.1)
    shapes = [
        SQUARE,
        shapely.GeometryCollection([SQUARE, line, point]),
        shapely.GeometryCollection([shapely.GeometryCollection([shapely.MultiPolygon([SQUARE, other])])]),
        shapely.GeometryCollection([point]),
        shapely.MultiPoint([point]),
        shapely.MultiPoint([(10, 0), (10.1, 0.1)]),
        shapely.GeometryCollection([line]),
        shapely.GeometryCollection(),
        shapely.force_3d(SQUARE, 5.0),
    ]
    got, report = read(tmp_path, *({"geometry": shape} for shape in shapes))
    assert [(kind if kind != "MultiPolygon" else "Polygon") for kind in got.geom_type] == [
        *["Polygon"] * 3,
        "Point",
        "Point",
        "MultiPoint",
        "Polygon",
    ]
    assert shapely.area(got.geometry).tolist() == pytest.approx([0.01, 0.01, 0.02, 0, 0, 0, 0.01])
    assert not got.has_z.any()
    assert found(report, "parts_dropped") == [("repaired", 2)]
    assert found(report, "line_geometry") == [("set_aside", 7)]
    assert found(report, "no_geometry") == [("set_aside", 8)]


FIJI = {"SitLat": None, "SitLong": None, "ISO3": "FJI"}


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)]),
        shapely.box(179, 0, 181, 1),
        shapely.box(-181, 0, -179, 1),
        shapely.Polygon([(-179, 0), (179, 0), (179, 1), (-179, 1)]),
    ],
    ids=["wrapped", "written on", "written on westward", "wrapped and reversed"],
)
def test_ring_across_180_is_cut(tmp_path: Path, shape: shapely.Geometry) -> None:
    got, report = read(tmp_path, {"geometry": shape, **FIJI})
    cut = got.geometry.iloc[0]
    expected = shapely.MultiPolygon([shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)])
    assert cut.equals(expected)
    # two squares of one degree at the equator
    assert got.at[0, "measured_area_km2"] == pytest.approx(2 * 111.32 * 110.57, rel=1e-3)
    assert abs(got.at[0, "longitude"]) >= 179
    assert found(report, "antimeridian") == [("repaired", 1)]


def test_hole_across_180(tmp_path: Path) -> None:
    shell = [(178, 0), (-178, 0), (-178, 4), (178, 4)]
    hole = [(179, 1), (179, 2), (-179, 2), (-179, 1)]
    got, _ = read(tmp_path, {"geometry": shapely.Polygon(shell, [hole]), **FIJI})
    assert got.geometry.iloc[0].area == pytest.approx(4 * 4 - 2)
    assert got.geometry.iloc[0].is_valid


def test_what_only_looks_as_if_it_crossed_stays(tmp_path: Path) -> None:
    already_cut = shapely.MultiPolygon([shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)])
    around = shapely.Polygon([(x, -80) for x in range(-180, 181, 10)] + [(180, -85), (-180, -85)])
    got, report = read(tmp_path, {"geometry": already_cut, **FIJI}, {"geometry": around, **FIJI})
    assert got.geometry.iloc[0].equals(already_cut)
    assert got.geometry.iloc[1].area == pytest.approx(360 * 5)
    assert found(report, "antimeridian") == []


def test_only_the_part_that_crosses_is_cut(tmp_path: Path) -> None:
    crossing = shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    for part in (crossing, shapely.box(179, 0, 181, 1)):
        shape = shapely.MultiPolygon([part, shapely.box(-101, 0, -100, 1)])
        got, _ = read(tmp_path, {"geometry": shape, **FIJI})
        assert shapely.area(got.geometry.iloc[0]) == pytest.approx(2 + 1)
        assert shapely.get_num_geometries(got.geometry.iloc[0]) == 3


def test_rounding_past_the_edge_is_no_error(tmp_path: Path) -> None:
    got, report = read(tmp_path, {"geometry": shapely.box(179, 89, 180.0000000001, 90.0000000001), **FIJI})
    assert got.total_bounds.tolist() == [179, 89, 180, 90]
    assert report.set_aside == 0


def test_point_reported_across_180_is_not_far(tmp_path: Path) -> None:
    row = {"geometry": shapely.box(179.5, 0, 180, 0.5), "SitLat": 0.2, "SitLong": -179.9}
    got, report = read(tmp_path, row)
    assert got.at[0, "longitude"] == -179.9
    assert found(report, "point_far") == []


# --- duplicates ----------------------------------------------------------------------------------------


def test_the_same_row_twice_is_merged(tmp_path: Path) -> None:
    turned = shapely.Polygon([(10.1, 0.1), (10, 0.1), (10, 0), (10.1, 0)])
    got, report = read(tmp_path, {"SitRecID": 5.0}, {"SitRecID": 5.0}, {"SitRecID": 5.0, "geometry": turned})
    assert got["site_id"].tolist() == ["5"]
    assert found(report, "duplicate_row") == [("noted", 2), ("noted", 3)]
    assert (report.read, report.accepted) == (3, 3)


@pytest.mark.parametrize("other", [{"IntName": "Birch Lake"}, {"ISO3": "COG"}, {"AzeStatus": "de-listed"}])
def test_one_identifier_for_two_sites_sets_both_aside(tmp_path: Path, other: dict[str, Any]) -> None:
    got, report = read(tmp_path, {"SitRecID": 5.0}, {"SitRecID": 6.0}, {"SitRecID": 5.0, **other})
    assert got["site_id"].tolist() == ["6"]
    assert found(report, "duplicate_id") == [("set_aside", 1), ("set_aside", 3)]
    assert (report.read, report.accepted) == (3, 1)


@pytest.mark.parametrize(("areas", "total"), [((123.0, 123.0), 123.0), ((100.0, 200.0), 300.0)])
def test_parts_of_one_site_are_dissolved(tmp_path: Path, areas: tuple[float, float], total: float) -> None:
    half = shapely.box(10.05, 0, 10.15, 0.1)
    got, report = read(
        tmp_path,
        {"SitRecID": 5.0, "SitAreaKM2": areas[0]},
        {"SitRecID": 5.0, "SitAreaKM2": areas[1], "geometry": half},
    )
    assert got.geometry.iloc[0].equals(shapely.box(10, 0, 10.15, 0.1))
    assert got.at[0, "area_km2"] == total
    assert got.at[0, "measured_area_km2"] == pytest.approx(1.5 * SQUARE_KM2, abs=0.02)
    assert found(report, "parts_dissolved") == [("repaired", 1), ("repaired", 2)]


def test_a_row_set_aside_does_not_spoil_its_twin(tmp_path: Path) -> None:
    got, report = read(tmp_path, {"SitRecID": 5.0, "geometry": None}, {"SitRecID": 5.0})
    assert got["site_id"].tolist() == ["5"]
    assert report.set_aside == 1


def test_two_points_of_one_identifier_are_set_aside(tmp_path: Path) -> None:
    rows = [{"SitRecID": 5.0, "geometry": shapely.Point(10.0 + x, 0.05)} for x in (0.01, 0.02)]
    got, report = read(tmp_path, *rows)
    assert len(got) == 0
    assert found(report, "duplicate_id") == [("set_aside", 1), ("set_aside", 2)]


# --- size and real files -------------------------------------------------------------------------------


def test_as_many_rows_as_the_world_has(tmp_path: Path) -> None:
    x, y = np.meshgrid(np.linspace(-179, 178, 166), np.linspace(-60, 60, 100))
    circles = shapely.buffer(shapely.points(x.ravel(), y.ravel()), 0.3)
    sites = gpd.GeoDataFrame(
        {
            "SitRecID": np.arange(16_600, dtype=float),
            "IntName": "Site",
            "ISO3": "GAB",
            "AzeStatus": np.where(np.arange(16_600) % 20 == 0, "confirmed", None),
        },
        geometry=circles,
        crs="EPSG:4326",
    )
    got, report = read_kba(write(tmp_path / "kba.gpkg", sites))
    assert (len(got), report.accepted) == (16_600, 16_600)
    assert (got["list_type"] == "global_aze").sum() == 16_600 / 20


REAL = os.environ.get("AZE_REAL_DATA")


@pytest.mark.skipif(not REAL, reason="AZE_REAL_DATA does not name a folder of real downloads")
def test_sample_of_japan() -> None:
    path = Path(str(REAL)) / "kba_japan_sample.zip"
    got, report = read_kba(path)
    assert (len(got), report.read, report.accepted) == (287, 287, 287)
    assert got["aze_status"].value_counts().to_dict() == {"none": 277, "confirmed": 7, "de_listed": 3}
    assert got["kba_status"].isna().sum() == 59
    assert len(found(report, "invalid_geometry")) == 15
    assert got.geometry.is_valid.all()
    assert set(got.geom_type) <= {"Polygon", "MultiPolygon"}
    assert got["site_id"].str.fullmatch(r"\d+").all()
    assert (got["iso3"] == "JPN").all()
    # hectares became km²: reported and measured areas agree
    ratio = got["measured_area_km2"] / got["area_km2"]
    assert ratio.median() == pytest.approx(1, abs=1e-3)
    assert len(found(report, "area_differs")) == 2

from __future__ import annotations

import os
import sqlite3
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.archives import Limits
from aze_core.sources.protected_areas import is_protected_areas, read_protected_areas
from tests.sources.layers import SQUARES, layer, rules, told, write

TRAINING = Path(__file__).resolve().parents[2] / "data" / "training"
REAL = os.environ.get("AZE_REAL_DATA")

OLD = {
    "WDPAID": 1.0,
    "WDPA_PID": "1",
    "PA_DEF": "1",
    "NAME": "Ash Hill",
    "ORIG_NAME": "Colline Ash",
    "DESIG_ENG": "National Park",
    "STATUS": "Designated",
    "STATUS_YR": 1990,
    "REP_AREA": 2.5,
    "GOV_TYPE": "State",
    "IUCN_CAT": "II",
    "ISO3": "XAA",
    "PARENT_ISO": "XAA",
}
NEW = {
    "SITE_ID": 1,
    "SITE_PID": "1_A",
    "SITE_TYPE": "PA",
    "NAME_ENG": "Ash Hill",
    "NAME": "Colline Ash",
    "DESIG_ENG": "National Park",
    "STATUS": "Designated",
    "STATUS_YR": 1990,
    "REP_AREA": 2.5,
    "GOV_TYPE": "State",
    "IUCN_CAT": "II",
    "PRNT_ISO3": "XAA",
    "ISO3": "XAA",
}


def areas(*rows: dict[str, Any], schema: dict[str, Any] = NEW, crs: Any = "EPSG:4326") -> gpd.GeoDataFrame:
    return layer(*({**schema, **row} for row in rows), crs=crs)


def read(path: Path, **options: Any) -> tuple[pd.DataFrame, ImportReport]:
    """All batches of a download as one frame."""
    report = ImportReport()
    batches = list(read_protected_areas(path, report=report, **options))
    return pd.concat(batches, ignore_index=True), report


def square_degrees(frame: pd.DataFrame) -> list[float]:
    return shapely.area(frame["geometry"].to_numpy()).tolist()


def zipped(path: Path, frames: dict[str, gpd.GeoDataFrame], folder: Path) -> Path:
    """Shapefiles in a zip, by their stems."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as made:
        for stem, frame in frames.items():
            write(folder / f"{stem}.shp", frame)
            for part in sorted(folder.glob(f"{stem}.*")):
                made.write(part, part.name)
    return path


def in_parts(path: Path, parts: Sequence[dict[str, gpd.GeoDataFrame]]) -> Path:
    """A download as it comes: three zips in a zip."""
    with zipfile.ZipFile(path, "w") as made:
        for number, frames in enumerate(parts):
            inner = path.with_name(f"{path.stem}_shp_{number}.zip")
            made.write(zipped(inner, frames, path.with_name(f"part{number}")), inner.name)
            inner.unlink()
    return path


def test_all_parts_of_a_download_are_read(tmp_path: Path) -> None:
    dot = {"geometry": shapely.MultiPoint([(10.5, 0.5), (12.5, 0.5)])}
    parts = [
        {
            "x-polygons": areas({"SITE_PID": f"{n}a"}, {"SITE_PID": f"{n}b"}),
            "x-points": areas({"SITE_PID": f"{n}c", **dot}),
        }
        for n in range(3)
    ]
    got, report = read(in_parts(tmp_path / "wdpa.zip", parts))
    assert sorted(got["area_id"]) == [f"{n}{letter}" for n in range(3) for letter in "abc"]
    assert (report.read, report.accepted) == (3 * 3, 3 * 3)
    assert got.geometry.geom_type.value_counts().to_dict() == {"Polygon": 3 * 2, "MultiPoint": 3}
    assert got["file"].nunique() == 3 * 2


@pytest.mark.parametrize(
    ("schema", "identifier", "kind"), [(OLD, "1", "1"), (NEW, "1_A", "PA")], ids=["old", "new"]
)
@pytest.mark.parametrize("container", ["x.shp", "x.gpkg", "x.geojson", "x.gdb"])
def test_schemas_and_containers(
    tmp_path: Path, schema: dict[str, Any], identifier: str, kind: str, container: str
) -> None:
    options = {"driver": "OpenFileGDB"} if container.endswith("gdb") else {}
    got, report = read(write(tmp_path / container, areas({}, schema=schema), **options))
    row = got.iloc[0]
    # what was NAME is NAME_ENG now, and what was ORIG_NAME is NAME
    assert (row["name"], row["second_name"]) == ("Ash Hill", "Colline Ash")
    assert (row["area_id"], row["kind"], row["status"]) == (identifier, kind, "Designated")
    assert (row["iso3"], row["year"], row["reported_km2"]) == ("XAA", 1990, 2.5)
    assert (row["designation"], row["governance"], row["iucn_category"]) == ("National Park", "State", "II")
    assert row["geometry"].equals(SQUARES[0])
    assert report.counts().empty


def test_geodatabase_in_a_zip_beside_a_table(tmp_path: Path) -> None:
    folder = write(tmp_path / "WDPA.gdb", areas({}, {}), driver="OpenFileGDB")
    with zipfile.ZipFile(tmp_path / "WDPA.zip", "w") as made:
        for part in folder.iterdir():
            made.write(part, f"WDPA.gdb/{part.name}")
        made.writestr("WDPA_sources.csv", "METADATAID,DATA_TITLE\n1,x\n")
    got, report = read(tmp_path / "WDPA.zip")
    assert (len(got), report.counts().empty) == (2, True)


def test_names_of_files_and_case_of_columns_tell_nothing(tmp_path: Path) -> None:
    frame = areas({"geometry": shapely.Point(1, 1)}).rename(columns=str.lower)
    got, _ = read(write(tmp_path / "thing-polygons.geojson", frame))
    assert got.geometry.geom_type.tolist() == ["Point"]
    assert got["name"].tolist() == ["Ash Hill"]


def test_batches_are_bounded_and_number_the_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", areas(*({"SITE_PID": str(n)} for n in range(25))))
    by_rows = list(read_protected_areas(path, batch_rows=10))
    assert [len(batch) for batch in by_rows] == [10, 10, 5]
    # a square takes 1 + 4 + 4 + 4 + 5 · 16 bytes: three of them fit, and one that is larger comes alone
    size = 1 + 4 + 4 + 4 + 5 * 16
    assert [len(batch) for batch in read_protected_areas(path, batch_bytes=3 * size)] == [3] * 8 + [1]
    assert [len(batch) for batch in read_protected_areas(path, batch_bytes=1)] == [1] * 25
    numbers = pd.concat(by_rows)["row"]
    assert numbers.tolist() == list(range(1, 26))


def test_progress_runs_from_nothing_to_all(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", areas(*({} for _ in range(4))))
    shares: list[float] = []
    list(read_protected_areas(path, lambda share, stage: shares.append(share), batch_rows=1))
    assert shares == [0.0, 1 / 4, 2 / 4, 3 / 4, 1.0, 1.0]


def test_places_without_use_are_set_aside(tmp_path: Path) -> None:
    frame = areas(
        {},
        {"geometry": None},
        {"geometry": shapely.Polygon()},
        {"geometry": shapely.Point(0, 0)},
        {"geometry": shapely.box(500, 0, 501, 1)},
    )
    got, report = read(write(tmp_path / "x.gpkg", frame))
    assert got["row"].tolist() == [1]
    assert told(report, "no_geometry") == [("set_aside", 2), ("set_aside", 3)]
    assert told(report, "null_island") == [("set_aside", 4)]
    assert told(report, "outside_world") == [("set_aside", 5)]
    assert (report.read, report.accepted) == (5, 1)


def test_a_bow_tie_is_mended(tmp_path: Path) -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    got, report = read(write(tmp_path / "x.gpkg", areas({"geometry": bow})))
    # two triangles of base 2 and height 1
    assert square_degrees(got) == [pytest.approx(2 * (2 * 1 / 2))]
    assert told(report, "invalid_geometry") == [("repaired", 1)]


def test_across_180_is_cut(tmp_path: Path) -> None:
    jumping = shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    written_on = shapely.box(179, 10, 181, 11)
    got, report = read(write(tmp_path / "x.gpkg", areas({"geometry": jumping}, {"geometry": written_on})))
    assert square_degrees(got) == [pytest.approx(2), pytest.approx(2)]
    assert got.total_bounds.tolist() == [-180, 0, 180, 11]
    assert told(report, "antimeridian") == [("repaired", 1), ("repaired", 2)]


def test_a_polygon_around_a_pole_stays(tmp_path: Path) -> None:
    cap = shapely.Polygon([(-180, -90), (-180, -70), (-90, -75), (0, -70), (90, -75), (180, -70), (180, -90)])
    got, report = read(write(tmp_path / "x.gpkg", areas({"geometry": cap})))
    assert got.geometry.iloc[0].equals(cap)
    assert report.counts().empty


def test_another_system_is_turned_and_none_is_assumed(tmp_path: Path) -> None:
    turned, report = read(write(tmp_path / "a.gpkg", areas({}, {}).to_crs("EPSG:6933")), batch_rows=1)
    assert turned.geometry.iloc[0].bounds == pytest.approx(SQUARES[0].bounds, abs=1e-8)
    assert told(report, "crs_changed") == [("noted", None)]
    bare, report = read(write(tmp_path / "b.shp", areas({}, {}, crs=None)), batch_rows=1)
    assert bare.geometry.iloc[0].equals(SQUARES[0])
    # told once, not for every batch
    assert told(report, "crs_assumed") == [("noted", None)]
    metres = areas({}).to_crs("EPSG:6933").set_crs(None, allow_override=True)
    with pytest.raises(DataError, match="import_no_crs"):
        read(write(tmp_path / "c.shp", metres))


def test_text_in_windows_1252_is_read_cell_by_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "x.shp", areas({"NAME_ENG": "Cxnaga"}, {"NAME_ENG": "Ciénaga"}))
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"Cxnaga", "Cénaga".encode("cp1252")))
    got, report = read(path)
    assert got["name"].tolist() == ["Cénaga", "Ciénaga"]
    assert told(report, "text_encoding") == [("noted", None)]


def test_text_decoded_twice_is_mended_and_a_doubt_is_told(tmp_path: Path) -> None:
    frame = areas({"NAME_ENG": "CiÃ©naga"}, {"NAME_ENG": "CiÚnaga"}, {"NAME_ENG": "Ciénaga"})
    got, report = read(write(tmp_path / "x.gpkg", frame))
    assert got["name"].tolist() == ["Ciénaga", "CiÚnaga", "Ciénaga"]
    assert told(report, "text_mended") == [("repaired", 1)]
    assert told(report, "text_doubtful") == [("noted", 2)]


@pytest.mark.parametrize(("page", "encoding"), [("UTF-8", "utf-8"), ("ISO-8859-1", "latin-1")])
def test_code_page_of_a_shapefile(tmp_path: Path, page: str, encoding: str) -> None:
    path = write(tmp_path / "x.shp", areas({"NAME_ENG": "Cixnaga"}))
    table = path.with_suffix(".dbf")
    # in UTF-8 the letter takes a byte more, which the blanks after it give
    letters = "Ciénaga".encode(encoding)
    table.write_bytes(table.read_bytes().replace(b"Cixnaga " if page == "UTF-8" else b"Cixnaga", letters))
    path.with_suffix(".cpg").write_text(page)
    got, report = read(path)
    assert got["name"].tolist() == ["Ciénaga"]
    assert report.counts().empty


def test_missing_columns_are_told_once_for_a_layer(tmp_path: Path) -> None:
    frame = areas({}, {}).drop(columns=["STATUS", "REP_AREA", "ISO3"])
    got, report = read(write(tmp_path / "x.gpkg", frame), batch_rows=1)
    assert not {"status", "reported_km2", "iso3"} & set(got.columns)
    columns = [finding[4] for finding in report.findings if finding[1] == "column_absent"]
    assert columns == ["STATUS", "ISO3", "REP_AREA"]


def test_layers_of_something_else_are_noted(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", areas({}), layer="areas")
    write(path, layer({"Name": "a road"}), layer="roads")
    got, report = read(path)
    assert (len(got), told(report, "other_layer")) == (1, [("noted", None)])


def csv(frame: gpd.GeoDataFrame, place: str = "WKT") -> str:
    table = pd.DataFrame(frame.drop(columns="geometry"))
    if place:
        table[place] = frame.geometry.to_wkt()
    return table.to_csv(index=False)


@pytest.mark.parametrize(
    ("place", "encoding", "separator"),
    [("WKT", "utf-8", ","), ("geom", "utf-8-sig", ","), ("wkt_geom", "utf-16", ","), ("WKT", "cp1252", ";")],
)
def test_csv_with_outlines(tmp_path: Path, place: str, encoding: str, separator: str) -> None:
    frame = areas({"NAME_ENG": "Ciénaga"}, {"geometry": shapely.Point(3, 4)}, {"geometry": None})
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(**{place: frame.geometry.to_wkt()})
    table.to_csv(tmp_path / "x.csv", index=False, encoding=encoding, sep=separator)
    got, report = read(tmp_path / "x.csv", batch_rows=2)
    assert got["row"].tolist() == [1, 2]
    assert got["name"].tolist() == ["Ciénaga", "Ash Hill"]
    assert got.geometry.iloc[0].equals(SQUARES[0])
    assert got["area_id"].tolist() == ["1_A", "1_A"]
    assert told(report, "no_geometry") == [("set_aside", 3)]
    assert told(report, "crs_assumed") == [("noted", None)]
    assert bool(told(report, "text_encoding")) == (encoding == "cp1252")


def test_csv_without_outlines_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(csv(areas({}), ""))
    with pytest.raises(DataError) as error:
        read(tmp_path / "x.csv")
    assert error.value.message_id == "areas_no_geometry"
    assert "SITE_PID" in error.value.fields["found"]


@pytest.mark.parametrize("name", ["x.gpkg", "x.csv"])
def test_something_else_is_refused(tmp_path: Path, name: str) -> None:
    frame = layer({"SitRecID": 1, "IntName": "x"})
    if name == "x.csv":
        (tmp_path / name).write_text(csv(frame))
    else:
        write(tmp_path / name, frame)
    with pytest.raises(DataError, match="areas_not_known"):
        read(tmp_path / name)


def test_no_rows_and_too_many_rows(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="import_no_rows"):
        read(write(tmp_path / "x.shp", areas({}).iloc[:0]))
    three = areas({}, {}, {})
    path = write(tmp_path / "y.gpkg", three)
    assert len(read(path, max_rows=3)[0]) == 3
    with pytest.raises(DataError, match="areas_too_many_rows"):
        read(path, max_rows=2)
    (tmp_path / "z.csv").write_text(csv(three))
    with pytest.raises(DataError, match="areas_too_many_rows"):
        read(tmp_path / "z.csv", max_rows=2)


def test_limits_of_an_archive_hold(tmp_path: Path) -> None:
    path = in_parts(tmp_path / "wdpa.zip", [{"x-polygons": areas({})}])
    with pytest.raises(DataError, match="archive_too_large"):
        read(path, limits=Limits(total_bytes=100))


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", areas(*({} for _ in range(2000))))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="layer_unreadable"):
        read(path)


def test_an_early_end_leaves_no_file_open(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", areas(*({} for _ in range(20))))
    batches = read_protected_areas(path, batch_rows=5)
    assert len(next(batches)) == 5
    batches.close()  # type: ignore[attr-defined]
    assert len(read(path)[0]) == 20


def test_heights_are_left_out(tmp_path: Path) -> None:
    deep = shapely.force_3d(SQUARES[0], 100.0)
    got, _ = read(write(tmp_path / "x.gpkg", areas({"geometry": deep})))
    assert not got.geometry.has_z.any()
    assert got.geometry.iloc[0].equals(SQUARES[0])


def test_curves_become_lines(tmp_path: Path) -> None:
    """Half a circle of radius 1 in a GeoPackage, as a curve that WKB readers seldom know."""
    path = write(tmp_path / "x.gpkg", areas({}, {}))
    points = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]
    bow = struct.pack("<BII", 1, 8, 3) + b"".join(struct.pack("<2d", *xy) for xy in points)
    line = struct.pack("<BII", 1, 2, 2) + struct.pack("<4d", -1.0, 0.0, 1.0, 0.0)
    arc = struct.pack("<BII", 1, 10, 1) + struct.pack("<BII", 1, 9, 2) + bow + line
    with sqlite3.connect(path) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        head = b"GP\x00\x01" + struct.pack("<i", 4326)
        database.execute("UPDATE x SET geom = ? WHERE fid = 2", (head + arc,))
    got, _ = read(path)
    assert got["row"].tolist() == [1, 2]
    assert square_degrees(got)[1] == pytest.approx(np.pi / 2, rel=1e-3)


def test_long_lists_of_findings_are_counted_not_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", areas({}, *({"geometry": None} for _ in range(9))))
    report = ImportReport(limit=4)
    [batch] = read_protected_areas(path, report=report)
    assert (len(batch), report.read, report.set_aside, report.accepted) == (1, 10, 9, 1)
    assert len(report.findings) == 4
    assert report.table().iloc[-1][["rule", "value"]].tolist() == ["no_geometry", str(9 - 4)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (OLD, True),
        (NEW, True),
        (["site_pid"], True),
        (["DESIG_ENG", "STATUS_YR"], True),
        (["DESIG_ENG"], False),
        (["SitRecID", "IntName"], False),
        ([], False),
    ],
)
def test_recognition(columns: Sequence[str], expected: bool) -> None:
    assert is_protected_areas(columns) is expected


def test_training_data() -> None:
    got, report = read(TRAINING / "WDPA_training.zip")
    assert (len(got), report.read, report.accepted) == (200, 200, 200)
    assert rules(report) == set()
    points = got.geometry.geom_type.isin(["Point", "MultiPoint"])
    assert (int((~points).sum()), int(points.sum())) == (176, 24)
    assert got["remarks"].str.startswith("Made-up training data").all()


@pytest.mark.skipif(not REAL, reason="AZE_REAL_DATA does not name a folder of real downloads")
def test_sample_of_madagascar(tmp_path: Path) -> None:
    folder = Path(str(REAL)) / "wdpa_MDG_May2020"
    with zipfile.ZipFile(tmp_path / "WDPA_MDG.zip", "w") as made:
        for part in sorted(folder.iterdir()):
            made.write(part, part.name)
    got, report = read(tmp_path / "WDPA_MDG.zip")
    assert (len(got), report.read, report.accepted) == (163 + 8, 171, 171)
    assert len(told(report, "invalid_geometry")) == 13
    polygons = got[got.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    assert (polygons["status"] == "Proposed").sum() == 71
    assert (polygons["year"] == 0).sum() == 49
    assert got.geometry.is_valid.all()

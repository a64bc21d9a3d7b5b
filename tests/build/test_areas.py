from __future__ import annotations

import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely

from aze_core.build import areas as build_areas
from aze_core.build.areas import ingest
from aze_core.build.files import file_hash
from aze_core.domain.errors import DataError
from aze_core.measures.cleaning import CleaningReport, clean_protected_areas
from aze_core.sources.protected_areas import read_protected_areas
from aze_core.store import protected_areas as store_areas
from tests.sources.layers import told, write
from tests.sources.test_protected_areas import NEW, OLD, areas, in_parts

TRAINING = Path(__file__).resolve().parents[2] / "data" / "training" / "WDPA_training.zip"
REAL = os.environ.get("AZE_REAL_DATA")
MAB = "UNESCO-MAB Biosphere Reserve"
WORLD = [-2e7, -2e7, 2e7, 2e7]


def rows_of(path: Path) -> pd.DataFrame:
    return pd.concat(store_areas.batches(path))


def test_a_download_becomes_a_file(tmp_path: Path) -> None:
    polygons = areas(
        {"SITE_PID": "a"},
        {"SITE_PID": "b", "STATUS": "Proposed", "STATUS_YR": 2020},
        {"SITE_PID": "c", "STATUS": "Not Reported"},
        {"SITE_PID": "d", "DESIG_ENG": MAB},
        {"SITE_PID": "e", "DESIG_ENG": "Biosphere Reserve", "STATUS_YR": 0, "ISO3": "XAA;XAB"},
        {"SITE_PID": "f", "STATUS": "", "SITE_TYPE": "OECM"},
        {"SITE_PID": "g", "geometry": None},
        {"SITE_PID": "h", "STATUS_YR": 1000},
    )
    points = areas(
        {"SITE_PID": "p", "geometry": shapely.Point(20, 20)},
        {"SITE_PID": "q", "geometry": shapely.Point(20, 20), "REP_AREA": 0.0},
    )
    path = in_parts(tmp_path / "wdpa.zip", [{"x-polygons": polygons, "x-points": points}])
    got = ingest(path, tmp_path / "store", name="My areas")
    assert (got.reused, got.training, got.digest) == (False, False, file_hash(path))
    # c, d, g and q go
    assert (got.report.read, got.report.set_aside, got.report.accepted) == (10, 4, 6)
    for rule, row in (("status_not_reported", 3), ("biosphere_reserve", 4), ("no_geometry", 7)):
        assert told(got.report, rule) == [("set_aside", row)]
    assert told(got.report, "point_without_area") == [("set_aside", 2)]
    assert told(got.report, "bad_year") == [("repaired", 8)]
    made = rows_of(got.path).set_index("area_id")
    assert sorted(made.index) == ["a", "b", "e", "f", "h", "p"]
    assert made["tier"].to_dict() == {
        **dict.fromkeys("aehp", "counted"),
        "b": "proposed",
        "f": "unknown",
    }
    assert made["basis"].to_dict() == {**dict.fromkeys("abefh", "polygon"), "p": "point"}
    about = got.about
    assert (about["file"], about["read"], about["rows"], about["doubled"]) == ("My areas", 10, 6, 0)
    assert about["counts"] == [
        {"tier": "counted", "basis": "point", "kind": "pa", "areas": 1, "undated": 0},
        {"tier": "counted", "basis": "polygon", "kind": "pa", "areas": 3, "undated": 2},
        {"tier": "proposed", "basis": "polygon", "kind": "pa", "areas": 1, "undated": 0},
        {"tier": "unknown", "basis": "polygon", "kind": "oecm", "areas": 1, "undated": 0},
    ]
    # e lies in both countries and has no year
    assert about["countries"] == {
        "XAA": {"areas": 6, "dated": 4, "first": 1990, "last": 2020},
        "XAB": {"areas": 1, "dated": 0, "first": None, "last": None},
    }
    assert about["bounds"] == pytest.approx(made.total_bounds)
    cleaning = CleaningReport.from_dict(about["cleaning"])
    assert (cleaning.read, cleaning.kept) == (10 - 1, 6)


def test_the_second_time_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.gpkg", areas({}, {"geometry": None}))
    first = ingest(path, tmp_path / "store")
    monkeypatch.setattr(build_areas, "_make", None)
    second = ingest(path, tmp_path / "store")
    assert (first.reused, second.reused) == (False, True)
    assert (second.path, second.about, second.report) == (first.path, first.about, first.report)


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", areas({}))
    first = ingest(path, tmp_path / "store")
    first.path.write_bytes(first.path.read_bytes()[:-9])
    second = ingest(path, tmp_path / "store")
    assert (second.reused, second.about) == (False, first.about)


def test_rows_that_come_twice_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = areas({}, {}, {"STATUS_YR": 1991}, {"geometry": shapely.box(10, 0, 11, 1)}, {"SITE_PID": "2"})
    frame.geometry = [shapely.box(10, 0, 11, 1)] * 5
    got = ingest(write(tmp_path / "x.gpkg", frame), tmp_path / "store")
    assert told(got.report, "duplicate_row") == [("noted", 2), ("noted", 4)]
    assert (got.about["rows"], got.about["doubled"], got.report.accepted) == (5 - 2, 2, 5)


def test_both_schemas_make_the_same(tmp_path: Path) -> None:
    old = areas({"WDPA_PID": "1_A"}, schema=OLD)
    made = [
        rows_of(ingest(write(tmp_path / name, frame), tmp_path / "store").path)
        for name, frame in (("old.shp", old), ("new.gpkg", areas({}, schema=NEW)))
    ]
    pd.testing.assert_frame_equal(made[0], made[1])


def test_the_public_cleaning_agrees(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"SITE_PID": f"{n}", "STATUS": status, "geometry": shape}
        for n, (status, shape) in enumerate(
            (status, shape)
            for status in ("Designated", "Proposed", "Not Reported", "")
            for shape in (shapely.box(1, 2, 3, 4), shapely.Point(5, 6))
        )
    ]
    frame = areas(*rows)
    made = rows_of(ingest(write(tmp_path / "x.gpkg", frame), tmp_path / "store").path)
    headline = made[(made["basis"] == "polygon") & (made["tier"] != "proposed")]
    cleaned, _ = clean_protected_areas(frame)
    assert sorted(headline["area_id"]) == sorted(cleaned["area_id"])
    assert headline.area.sum() == pytest.approx(cleaned.area.sum())


def test_long_lists_are_cut_and_their_numbers_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_areas, "MAX_FINDINGS", 2)
    path = write(tmp_path / "x.gpkg", areas({}, *({"geometry": None} for _ in range(7))))
    got = ingest(path, tmp_path / "store")
    again = ingest(path, tmp_path / "store")
    assert (got.report.accepted, got.report.set_aside, len(got.report.findings)) == (1, 7, 2)
    assert again.report == got.report


def test_progress_grows_to_one(tmp_path: Path) -> None:
    told_of: list[tuple[float, str]] = []
    path = write(tmp_path / "x.gpkg", areas({}, {}))
    ingest(path, tmp_path / "store", lambda share, stage: told_of.append((share, stage)))
    shares = [share for share, _ in told_of]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert list(dict.fromkeys(stage for _, stage in told_of)) == ["check", "read", "write", "done"]


def test_a_failure_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", areas({}, {}))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError):
        ingest(path, tmp_path / "store")
    assert [file for file in (tmp_path / "store").rglob("*") if file.is_file()] == []
    with pytest.raises(DataError, match="no_such_file"):
        ingest(tmp_path / "none.zip", tmp_path / "store")


def test_stopping_midway_leaves_nothing(tmp_path: Path) -> None:
    def stop(share: float, stage: str) -> None:
        if stage == "write":
            raise InterruptedError

    path = write(tmp_path / "x.gpkg", areas({}, {}))
    with pytest.raises(InterruptedError):
        ingest(path, tmp_path / "store", stop)
    assert [file for file in (tmp_path / "store").rglob("*") if file.is_file()] == []


def test_two_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: ingest(TRAINING, tmp_path), range(2))
    assert (first.path, first.about) == (second.path, second.about)
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


def test_training_data(tmp_path: Path) -> None:
    got = ingest(TRAINING, tmp_path)
    assert got.training
    cleaning = CleaningReport.from_dict(got.about["cleaning"])
    steps = {step: n for step, n in cleaning.counts.items() if n}
    undated = sum(row["undated"] for row in got.about["counts"])
    assert steps == {
        "not_reported": 5,
        "biosphere_reserve": 1,
        "point_without_area": 6,
        "buffered": 24 - 6,
        "undated": undated,
    }
    assert (got.report.read, got.about["rows"]) == (200, 200 - 5 - 1 - 6)
    assert sum(row["areas"] for row in got.about["counts"] if row["tier"] == "proposed") == 5
    read = pd.concat(read_protected_areas(TRAINING))
    areal = read.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    gone = (read["status"] == "Not Reported") | (read["designation"] == MAB)
    assert undated == ((read["year"] == 0) & ~gone & (areal | (read["reported_km2"] > 0))).sum()


@pytest.mark.skipif(not REAL, reason="AZE_REAL_DATA does not name a folder of real downloads")
def test_sample_of_madagascar(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "WDPA_MDG.zip", "w") as made:
        for part in sorted((Path(str(REAL)) / "wdpa_MDG_May2020").iterdir()):
            made.write(part, part.name)
    got = ingest(tmp_path / "WDPA_MDG.zip", tmp_path / "store")
    rows = rows_of(got.path)
    assert (got.report.read, got.training) == (163 + 8, False)
    polygons = rows[rows["basis"] == "polygon"]
    assert (polygons["tier"] == "proposed").sum() == 71
    assert len(told(got.report, "invalid_geometry")) >= 13
    assert set(got.about["countries"]) == {"MDG"}
    assert rows.is_valid.all()
    # an area is about as large as it was reported to be
    sound = polygons[polygons["reported_km2"] > 1]
    assert (sound.area / 1e6 / sound["reported_km2"]).median() == pytest.approx(1, abs=0.05)
    points = rows[rows["basis"] == "point"]
    assert (points.area / 1e6 / points["reported_km2"]).max() == pytest.approx(1, abs=1e-3)

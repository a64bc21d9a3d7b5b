"""Territories: who holds rights, how far consent has come, and that nothing is made up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.schema import CONSENT_STAGES
from aze_core.sources.archives import Limits
from aze_core.sources.territories import COLUMNS, NOT_NAMED, read_territories, suggest_mapping
from tests.sources.layers import SQUARES, layer, rules, told, write

FULL = {
    "rights_holders": "A people",
    "consent_stage": "given",
    "consent_source": "Minutes 2020",
    "name": "Ash Land",
    "year": 2019,
    "source": "Atlas",
}


def read(tmp_path: Path, *rows: dict[str, Any], **options: Any) -> tuple[gpd.GeoDataFrame, ImportReport]:
    return read_territories(write(tmp_path / "land.gpkg", layer(*rows)), **options)


def values(frame: gpd.GeoDataFrame, column: str) -> list[Any]:
    return frame[column].astype(object).where(frame[column].notna(), None).tolist()


@pytest.mark.parametrize("container", ["zip", "shp", "gpkg", "geojson", "gdb"])
def test_every_container(tmp_path: Path, container: str) -> None:
    if container == "zip":
        (tmp_path / "parts").mkdir()
        write(tmp_path / "parts" / "land.shp", layer(FULL))
        path = Path(shutil.make_archive(str(tmp_path / "land"), "zip", tmp_path / "parts"))
    else:
        drivers = {"gdb": {"driver": "OpenFileGDB", "layer": "land"}}
        path = write(tmp_path / f"land.{container}", layer(FULL), **drivers.get(container, {}))
    # a shapefile cuts names to ten characters
    cut = container in ("zip", "shp")
    mapping = {name: name[:10] if cut else name for name in FULL}
    got, report = read_territories(path, mapping)
    assert tuple(got.columns) == COLUMNS
    assert got.crs.to_epsg() == 4326
    (row,) = got.drop(columns="geometry").to_dict("records")
    assert row == FULL
    assert got.geometry.iloc[0].normalize().equals_exact(SQUARES[0].normalize(), 1e-9)
    assert (report.read, report.accepted, rules(report)) == (1, 1, set())


def test_columns_are_guessed_in_several_languages(tmp_path: Path) -> None:
    rows = [{"Etnia": "Un pueblo", "CLPI": "otorgado?", "terrai_nom": "Alto", "Fecha": "2004-05-01"}]
    path = write(tmp_path / "land.gpkg", layer(*rows))
    columns, guesses = suggest_mapping(path)
    assert columns == ["Etnia", "CLPI", "terrai_nom", "Fecha"]
    assert {field: guess.column for field, guess in guesses.items()} == {
        "rights_holders": "Etnia",
        "consent_stage": "CLPI",
        "name": "terrai_nom",
        "year": "Fecha",
    }
    got, report = read_territories(path)
    assert values(got, "rights_holders") == ["Un pueblo"]
    assert values(got, "year") == [2004]
    assert values(got, "consent_stage") == ["unknown"]
    assert told(report, "unknown_consent_stage") == [("repaired", 1)]


@pytest.mark.parametrize(
    ("came", "stage"),
    [
        *[(stage, stage) for stage in CONSENT_STAGES],
        *[(stage.upper(), stage) for stage in CONSENT_STAGES],
        ("Consulted", "consulting"),
        ("refused", "withheld"),
        ("obtained ", "given"),
        ("", "unknown"),
        ("?", "unknown"),
        (None, "unknown"),
    ],
)
def test_stages_of_consent(tmp_path: Path, came: str | None, stage: str) -> None:
    got, report = read(tmp_path, {**FULL, "consent_stage": came}, FULL)
    assert values(got, "consent_stage") == [stage, "given"]
    assert rules(report) == set()


def test_a_stage_that_cannot_be_read_is_unknown_and_told(tmp_path: Path) -> None:
    got, report = read(tmp_path, {**FULL, "consent_stage": "signed on Monday"}, FULL)
    assert values(got, "consent_stage") == ["unknown", "given"]
    assert told(report, "unknown_consent_stage") == [("repaired", 1)]
    assert report.findings[0][4:6] == ("consent_stage", "signed on Monday")


def test_without_rights_holders_the_name_stands_for_them_else_nobody_is_named(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"people": "A people", "name": "Ash Land"},
        {"people": None, "name": "Birch Land"},
        {"people": "unknown", "name": " "},
    ]
    got, report = read(tmp_path, *rows)
    assert values(got, "rights_holders") == ["A people", "Birch Land", NOT_NAMED]
    assert values(got, "name") == ["Ash Land", "Birch Land", None]
    assert told(report, "named_by_place") == [("noted", 2)]
    assert told(report, "not_named") == [("noted", 3)]
    assert report.accepted == 3


def test_a_layer_without_such_a_column_says_so_once(tmp_path: Path) -> None:
    got, report = read(tmp_path, {"name": "Ash Land"}, {"name": "Birch Land"})
    assert values(got, "rights_holders") == ["Ash Land", "Birch Land"]
    assert values(got, "consent_stage") == ["unknown"] * 2
    assert told(report, "column_absent") == [("noted", None)] * 2
    assert rules(report) == {"column_absent"}

    bare, report = read(tmp_path, {"code": 1}, {"code": 2})
    assert values(bare, "rights_holders") == [NOT_NAMED] * 2
    assert told(report, "not_named") == [("noted", 1), ("noted", 2)]


@pytest.mark.parametrize(
    ("came", "year"),
    [(2019, 2019), (2019.0, 2019), ("1840", 1840), ("2019-05-01", 2019), ("soon", None), ("20190501", None)],
)
def test_years(tmp_path: Path, came: object, year: int | None) -> None:
    got, report = read(tmp_path, {**FULL, "year": came})
    assert values(got, "year") == [year]
    assert told(report, "bad_year") == ([] if year else [("repaired", 1)])


def test_a_missing_year_is_missing(tmp_path: Path) -> None:
    dates = pd.Series(pd.to_datetime(["2012-10-08", None])).astype("datetime64[s]")
    frame = layer({**FULL}, {**FULL})
    frame["year"] = dates.to_numpy()
    got, report = read_territories(write(tmp_path / "land.gpkg", frame))
    assert values(got, "year") == [2012, None]
    assert rules(report) == set()


def test_text_is_kept_plain_and_mended_where_certain(tmp_path: Path) -> None:
    got, report = read(
        tmp_path,
        {**FULL, "rights_holders": '<script>alert("1")</script>', "name": '=HYPERLINK("x")'},
        {**FULL, "rights_holders": "CiÃ©naga", "name": "CiÚnaga"},
    )
    assert values(got, "rights_holders") == ['<script>alert("1")</script>', "Ciénaga"]
    assert values(got, "name") == ['=HYPERLINK("x")', "CiÚnaga"]
    assert told(report, "text_mended") == [("repaired", 2)]
    assert told(report, "text_doubtful") == [("noted", 2)]


def test_points_lines_and_broken_shapes(tmp_path: Path) -> None:
    broken = shapely.transform(SQUARES[0], lambda xy: np.where(xy == 1, np.nan, xy))
    shapes = {
        "point_geometry": shapely.Point(1, 1),
        "line_geometry": shapely.LineString([(0, 0), (1, 1)]),
        "no_geometry": None,
        "bad_coordinates": broken,
        "outside_world": shapely.box(10, 80, 11, 95),
    }
    got, report = read(tmp_path, *({**FULL, "geometry": shape} for shape in shapes.values()), FULL)
    assert len(got) == 1
    assert {rule: row for _, rule, _, row, *_ in report.findings} == dict(
        zip(shapes, range(1, 6), strict=True)
    )
    assert (report.read, report.accepted) == (6, 1)


def test_overlapping_and_repeated_territories_are_left_so(tmp_path: Path) -> None:
    got, report = read(tmp_path, {**FULL, "geometry": SQUARES[0]}, {**FULL, "geometry": SQUARES[0]})
    assert len(got) == 2
    assert rules(report) == set()


def test_layers_that_speak_of_something_else_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "land.gpkg", layer(FULL), layer="land")
    write(path, layer({"depth": 3}), layer="lakes")
    got, report = read_territories(path)
    assert len(got) == 1
    assert [(f[1], f[2]) for f in report.findings] == [("other_layer", "land.gpkg/lakes")]
    # where no layer tells, all are read
    everything, _ = read_territories(path, {})
    assert values(everything, "rights_holders") == [NOT_NAMED] * 2


def test_coordinate_systems(tmp_path: Path) -> None:
    got, report = read_territories(write(tmp_path / "a.gpkg", layer(FULL).to_crs(32632)))
    assert got.geometry.iloc[0].normalize().equals_exact(SQUARES[0].normalize(), 1e-6)
    assert rules(report) == {"crs_changed"}
    path = write(tmp_path / "b.shp", layer({"name": "Ash Land"}).to_crs(32632))
    (tmp_path / "b.prj").unlink()
    with pytest.raises(DataError) as caught:
        read_territories(path)
    assert caught.value.message_id == "import_no_crs"


def test_a_territory_across_180_is_cut(tmp_path: Path) -> None:
    got, report = read(tmp_path, {**FULL, "geometry": shapely.box(179, 0, 181, 1)})
    assert got.geometry.iloc[0].equals(
        shapely.MultiPolygon([shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)])
    )
    assert told(report, "antimeridian") == [("repaired", 1)]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [({"rights_holders": "taste"}, "import_missing_column"), ({"score": "name"}, "unknown_field")],
)
def test_a_mapping_that_does_not_fit(tmp_path: Path, mapping: dict[str, str], message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, FULL, mapping=mapping)
    assert caught.value.message_id == message


def test_a_mapping_ignores_case(tmp_path: Path) -> None:
    got, _ = read(tmp_path, {"GROUP": "A people"}, mapping={"rights_holders": "group"})
    assert values(got, "rights_holders") == ["A people"]


def test_files_without_territories(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,x\n1,2\n")
    (tmp_path / "b.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    for name, message in (("a.csv", "no_polygon_layer"), ("b.geojson", "import_no_rows")):
        with pytest.raises(DataError) as caught:
            read_territories(tmp_path / name)
        assert caught.value.message_id == message
    with pytest.raises(DataError) as caught:
        suggest_mapping(tmp_path / "a.csv")
    assert caught.value.message_id == "no_polygon_layer"


def test_limits(tmp_path: Path) -> None:
    path = write(tmp_path / "land.gpkg", layer(FULL, FULL))
    for options, message in (
        ({"max_rows": 1}, "import_too_many_rows"),
        ({"max_layers": 0}, "import_too_many_layers"),
        ({"limits": Limits(total_bytes=10)}, "archive_too_large"),
    ):
        with pytest.raises(DataError) as caught:
            read_territories(path, **options)  # type: ignore[arg-type]
        assert caught.value.message_id == message


def test_progress_rises_to_one(tmp_path: Path) -> None:
    shares: list[float] = []
    read(tmp_path, FULL, progress=lambda share, stage: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

"""A user's own boundaries: small enough for every page, shared borders shared, no island lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.archives import Limits
from aze_core.sources.boundaries import read_boundaries
from tests.sources.layers import SQUARES, layer, rules, told, write

ISLE = {"NAME": "Isle", "ISO_A3": "MEX"}


def read(tmp_path: Path, *rows: dict[str, Any], **options: Any) -> tuple[dict[str, Any], ImportReport]:
    return read_boundaries(write(tmp_path / "land.gpkg", layer(*rows)), **options)


def shapes(geojson: dict[str, Any]) -> list[Any]:
    return [shapely.from_geojson(json.dumps(one["geometry"])) for one in geojson["features"]]


def size(geojson: dict[str, Any]) -> int:
    return len(json.dumps(geojson, ensure_ascii=False, separators=(",", ":")).encode())


def star(x: float, y: float, radius: float, points: int) -> Any:
    """A ragged round island of as many points."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    reach = radius * np.where(np.arange(points) % 2, 1, 0.97)
    return shapely.Polygon(np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)]))


@pytest.mark.parametrize("container", ["zip", "shp", "gpkg", "geojson", "gdb"])
def test_every_container(tmp_path: Path, container: str) -> None:
    if container == "zip":
        (tmp_path / "parts").mkdir()
        write(tmp_path / "parts" / "land.shp", layer(ISLE))
        path = Path(shutil.make_archive(str(tmp_path / "land"), "zip", tmp_path / "parts"))
    else:
        drivers = {"gdb": {"driver": "OpenFileGDB", "layer": "land"}}
        path = write(tmp_path / f"land.{container}", layer(ISLE), **drivers.get(container, {}))
    geojson, report = read_boundaries(path)
    assert geojson["type"] == "FeatureCollection"
    [feature] = geojson["features"]
    assert feature["properties"] == {"name": "Isle", "iso3": "MEX"}
    assert feature["geometry"]["type"] == "MultiPolygon"
    [shape] = shapes(geojson)
    assert shape.equals(SQUARES[0])
    assert shapely.get_geometry(shape, 0).exterior.is_ccw
    assert (report.read, report.accepted, rules(report)) == (1, 1, set())


def test_names_and_codes(tmp_path: Path) -> None:
    rows = [
        {"NAME": "<b>Isle</b>", "ISO_A3": "mex"},
        {"NAME": "CiÃ©naga", "ISO_A3": "MEX;USA"},
        {"NAME": None, "ISO_A3": "-99"},
        {"NAME": "x" * 300, "ISO_A3": None},
    ]
    geojson, report = read(tmp_path, *rows)
    assert [one["properties"] for one in geojson["features"]] == [
        {"name": "<b>Isle</b>", "iso3": "MEX"},
        {"name": "Ciénaga", "iso3": "MEX;USA"},
        {"name": "", "iso3": ""},
        {"name": "x" * 200, "iso3": ""},
    ]
    assert told(report, "bad_iso3") == [("noted", 3)]
    assert told(report, "text_mended") == [("repaired", 2)]


def test_without_such_columns_and_with_a_mapping(tmp_path: Path) -> None:
    bare, report = read(tmp_path, {"code": 1})
    assert bare["features"][0]["properties"] == {"name": "", "iso3": ""}
    assert rules(report) == set()
    mapped, _ = read(tmp_path, {"Dept": "Norte", "name": "no"}, mapping={"name": "dept"})
    assert mapped["features"][0]["properties"] == {"name": "Norte", "iso3": ""}
    for mapping, message in (({"name": "z"}, "import_missing_column"), ({"x": "Dept"}, "unknown_field")):
        with pytest.raises(DataError) as caught:
            read(tmp_path, {"Dept": "Norte"}, mapping=mapping)
        assert caught.value.message_id == message


def test_a_small_file_is_only_rounded(tmp_path: Path) -> None:
    geojson, report = read(tmp_path, {**ISLE, "geometry": shapely.box(10.00049, 0, 11, 1)})
    assert geojson["features"][0]["geometry"]["coordinates"][0][0][0] == [10.0, 0.0]
    assert rules(report) == set()


@pytest.mark.parametrize("max_bytes", [100_000, 20_000, 4_000, 500])
def test_a_large_file_is_simplified_until_it_fits(tmp_path: Path, max_bytes: int) -> None:
    island = star(10, 10, 5, 20_000)
    geojson, report = read(tmp_path, {**ISLE, "geometry": island}, max_bytes=max_bytes)
    assert size(geojson) <= max_bytes
    [shape] = shapes(geojson)
    assert shape.is_valid
    # even 500 bytes hold some thirty points, which leave little of the round shape out
    assert shape.area == pytest.approx(island.area, rel=0.15)
    [finding] = report.findings
    assert finding[:2] == ("noted", "simplified")


def test_shared_borders_stay_shared(tmp_path: Path) -> None:
    y = np.linspace(0, 10, 3_001)
    border = np.column_stack([10 + 0.3 * np.sin(7 * y) + 0.02 * np.sin(400 * y), y])
    west = shapely.Polygon([(0, 0), *border, (0, 10)])
    east = shapely.Polygon([(20, 0), *border, (20, 10)])
    geojson, report = read(tmp_path, {"geometry": west}, {"geometry": east}, max_bytes=3_000)
    assert size(geojson) <= 3_000
    one, other = shapes(geojson)
    assert rules(report) == {"simplified"}
    # neither a gap nor ground drawn twice between them
    assert shapely.union(one, other).area == pytest.approx(20 * 10)
    assert one.area + other.area == pytest.approx(20 * 10)


def test_overlapping_areas_are_simplified_each_alone(tmp_path: Path) -> None:
    rows = [{"geometry": star(10, 10, 5, 5_000)}, {"geometry": star(12, 10, 5, 5_000)}]
    geojson, _ = read(tmp_path, *rows, max_bytes=3_000)
    assert size(geojson) <= 3_000
    assert all(shape.is_valid for shape in shapes(geojson))


def test_no_island_is_lost(tmp_path: Path) -> None:
    atolls = [shapely.Point(20 + n, 5).buffer(0.0001) for n in range(5)]
    whole = shapely.MultiPolygon([SQUARES[0], *atolls])
    geojson, report = read(tmp_path, {"geometry": whole}, {"geometry": atolls[0].buffer(0.00005)})
    many, single = shapes(geojson)
    assert shapely.get_num_geometries(many) == 1 + 5
    assert shapely.get_num_coordinates(single) == 4
    assert many.is_valid
    assert single.distance(shapely.Point(20, 5)) < 0.002
    assert [f[4:6] for f in report.findings if f[1] == "islands_as_triangles"] == [("", "6")]


def test_islands_close_together_become_one_where_there_are_too_many(tmp_path: Path) -> None:
    x, y = np.meshgrid(np.arange(100) * 0.01, np.arange(50) * 0.01)
    atolls = shapely.buffer(shapely.points(x.ravel() + 20, y.ravel()), 0.002)
    row = {"geometry": shapely.MultiPolygon([SQUARES[0], *atolls])}
    geojson, report = read(tmp_path, row, max_bytes=30_000)
    assert size(geojson) <= 30_000
    [shape] = shapes(geojson)
    assert 1 < shapely.get_num_geometries(shape) < 1 + 5_000
    # they still stand all over the ground that they took
    drawn = shapely.bounds(shape)[2:]
    assert drawn.tolist() == pytest.approx([20.99, 1.0], abs=0.1)
    assert told(report, "islands_as_triangles") == [("noted", None)]


def test_triangles_stay_within_the_world(tmp_path: Path) -> None:
    corner = shapely.box(179.9999, 85.0495, 180, 85.05)
    geojson, _ = read(tmp_path, {"geometry": corner})
    assert shapely.bounds(shapes(geojson)[0])[2:].tolist() == [180, 85.05]


def test_more_areas_than_fit_get_a_sentence(tmp_path: Path) -> None:
    rows = [{"NAME": "A long name of an area", "geometry": shapely.box(n, 0, n + 0.5, 1)} for n in range(90)]
    with pytest.raises(DataError) as caught:
        read(tmp_path, *rows, max_bytes=5_000)
    assert caught.value.message_id == "boundaries_too_large"
    assert caught.value.fields["limit"] == 5
    assert caught.value.fields["found"] > 5


def test_the_poles_are_cut_off(tmp_path: Path) -> None:
    rows = [{"geometry": shapely.box(0, 80, 10, 90)}, {"geometry": shapely.box(0, 86, 10, 90)}]
    geojson, report = read(tmp_path, *rows)
    assert shapely.bounds(shapes(geojson)[0]).tolist() == [0, 80, 10, 85.05]
    assert told(report, "polar") == [("repaired", 1), ("set_aside", 2)]


def test_boundaries_across_180_are_cut(tmp_path: Path) -> None:
    geojson, report = read(tmp_path, {"geometry": shapely.box(179, 0, 181, 1)})
    assert shapes(geojson)[0].equals(
        shapely.MultiPolygon([shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)])
    )
    assert told(report, "antimeridian") == [("repaired", 1)]


def test_lines_points_and_broken_rows_are_set_aside(tmp_path: Path) -> None:
    rows = [
        {"geometry": shapely.LineString([(0, 0), (1, 1)])},
        {"geometry": shapely.Point(1, 1)},
        {"geometry": None},
        {"geometry": shapely.transform(SQUARES[0], lambda xy: np.where(xy == 1, np.nan, xy))},
        {"geometry": SQUARES[1]},
    ]
    geojson, report = read(tmp_path, *rows)
    assert len(geojson["features"]) == 1
    assert (report.read, report.accepted) == (5, 1)
    nothing, _ = read(tmp_path, rows[0])
    assert nothing == {"type": "FeatureCollection", "features": []}


def test_layers(tmp_path: Path) -> None:
    path = write(tmp_path / "land.gpkg", layer({"NAME": "Isle"}), layer="ADM_0")
    write(path, layer({"NAME": "Norte"}, {"NAME": "Sur"}), layer="ADM_1")
    everything, _ = read_boundaries(path)
    assert len(everything["features"]) == 1 + 2
    one, _ = read_boundaries(path, layer="ADM_0")
    assert [feature["properties"]["name"] for feature in one["features"]] == ["Isle"]
    with pytest.raises(DataError) as caught:
        read_boundaries(path, layer="ADM_7")
    assert (caught.value.message_id, caught.value.fields["found"]) == ("no_such_layer", "ADM_0, ADM_1")


def test_coordinate_systems(tmp_path: Path) -> None:
    geojson, report = read_boundaries(write(tmp_path / "a.gpkg", layer(ISLE).to_crs(32632)))
    assert shapes(geojson)[0].equals(SQUARES[0])
    assert rules(report) == {"crs_changed"}
    path = write(tmp_path / "b.shp", layer(ISLE).to_crs(32632))
    (tmp_path / "b.prj").unlink()
    with pytest.raises(DataError) as caught:
        read_boundaries(path)
    assert caught.value.message_id == "import_no_crs"


def test_files_without_boundaries_and_limits(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,x\n1,2\n")
    with pytest.raises(DataError) as caught:
        read_boundaries(tmp_path / "a.csv")
    assert caught.value.message_id == "no_polygon_layer"
    path = write(tmp_path / "land.gpkg", layer(ISLE, ISLE))
    for options, message in (
        ({"max_rows": 1}, "import_too_many_rows"),
        ({"max_layers": 0}, "import_too_many_layers"),
        ({"limits": Limits(total_bytes=10)}, "archive_too_large"),
    ):
        with pytest.raises(DataError) as caught:
            read_boundaries(path, **options)  # type: ignore[arg-type]
        assert caught.value.message_id == message


def test_progress_rises_to_one(tmp_path: Path) -> None:
    shares: list[float] = []
    read(tmp_path, ISLE, progress=lambda share, stage: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

"""What all readers of layers share: which layers and columns there are, and geometries to rely on.

How faults of geometry, coordinate system and encoding are settled is tested where sites are read, in
`test_kba`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.archives import open_archive
from aze_core.sources.shapes import contents, find_layers, read_layers
from tests.sources.layers import SQUARES, layer, rules, told, write


def read(path: Path, points: bool = True, max_rows: int = 100) -> tuple[pd.DataFrame, ImportReport]:
    report = ImportReport()
    with open_archive(path) as archive:
        layers = [(one, one.match({"name": ["Title", "Name"]})) for one in find_layers(archive, 10)]
        rows = read_layers(layers, ["name"], archive.file, report, max_rows=max_rows, points=points)
    return rows, report


def test_columns_are_found_in_any_case_the_first_name_preferred(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", layer({"NAME": "x", "tItLe": "y", "Other": "z"}))
    with open_archive(path) as archive:
        [one] = find_layers(archive, 10)
    assert set(one.columns) == {"NAME", "tItLe", "Other"}
    assert one.match({"a": ["title", "name"], "b": ["name", "title"], "c": ["none"]}) == {
        "a": "tItLe",
        "b": "NAME",
    }


def test_several_layers_come_with_their_own_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", layer({"name": "x"}, {"name": "y"}), layer="one")
    write(path, layer({"other": 1}), layer="two")
    rows, report = read(path)
    assert rows["file"].tolist() == ["a.gpkg/one", "a.gpkg/one", "a.gpkg/two"]
    assert rows["row"].tolist() == [1, 2, 1]
    assert rows["name"].tolist() == ["x", "y", None]
    assert (report.read, report.accepted) == (3, 3)
    assert len(read(path, max_rows=3)[0]) == 3
    with pytest.raises(DataError) as caught:
        read(path, max_rows=2)
    assert (caught.value.message_id, caught.value.fields["limit"]) == ("import_too_many_rows", 2)


def test_points_and_lines_are_set_aside_where_areas_are_wanted(tmp_path: Path) -> None:
    point, line = shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)])
    shapes = [SQUARES[0], point, shapely.MultiPoint([(0, 0), (1, 1)]), shapely.Point(0, 0), line]
    shapes.append(shapely.GeometryCollection([point, SQUARES[1]]))
    path = write(tmp_path / "a.gpkg", layer(*({"name": "x", "geometry": shape} for shape in shapes)))
    rows, report = read(path, points=False)
    assert rows["row"].tolist() == [1, 6]
    assert told(report, "point_geometry") == [("set_aside", 2), ("set_aside", 3), ("set_aside", 4)]
    assert told(report, "line_geometry") == [("set_aside", 5)]
    assert rules(report) == {"point_geometry", "line_geometry", "parts_dropped"}
    # with points wanted only the line goes, and the point that stands for an unknown place
    rows, report = read(path)
    assert rows["row"].tolist() == [1, 2, 3, 6]


def test_a_download_without_layers_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a,b\n1,2\n")
    with open_archive(path) as archive:
        assert find_layers(archive, 10) == []
        assert contents(archive) == "list.csv"


def test_degrees_that_are_metres_are_set_aside(tmp_path: Path) -> None:
    metres = layer({"name": "x"}).to_crs(32632).set_crs(4326, allow_override=True)
    rows, report = read(write(tmp_path / "a.gpkg", metres))
    assert len(rows) == 0
    assert told(report, "outside_world") == [("set_aside", 1)]

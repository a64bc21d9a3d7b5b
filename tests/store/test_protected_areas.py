from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from aze_core.domain.errors import StoreError
from aze_core.domain.protected_areas import COLUMNS, EDGES, EQUAL_AREA
from aze_core.store import protected_areas as store_areas
from aze_core.store.protected_areas import (
    about,
    batches,
    boxes,
    keep,
    kept,
    read_places,
    read_touching,
    years,
)

DIGEST = "ab" * 32


def areas(number: int, seed: int = 1, size: float = 5e4) -> gpd.GeoDataFrame:
    """Squares anywhere in the world; one in twenty is a giant."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-0.9, 0.9, (2, number)) * np.array(EDGES)[:, None]
    side = rng.uniform(100, size, number) * np.where(np.arange(number) % 20, 1, 40)
    undated = rng.random(number) < 0.2
    frame = pd.DataFrame({name: f"{name} é" for name in COLUMNS}, index=range(number))
    frame["area_id"] = [str(n) for n in rng.permutation(number)]
    frame["iso3"] = rng.choice(["XAA", "XAB;XAC", None], number)
    frame["year"] = pd.Series(rng.integers(1900, 2026, number), dtype="Int64").mask(undated)
    frame["reported_km2"] = np.where(undated, np.nan, side**2 / 1e6)
    frame["tier"] = rng.choice(["counted", "unknown", "proposed"], number)
    frame = frame.astype({name: "str" for name in COLUMNS if name not in ("year", "reported_km2")})
    shapes = shapely.box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    return gpd.GeoDataFrame(frame[list(COLUMNS)], geometry=shapes, crs=EQUAL_AREA)


def parts(frame: gpd.GeoDataFrame, size: int) -> Iterator[gpd.GeoDataFrame]:
    for start in range(0, len(frame), size):
        yield frame.iloc[start : start + size]


def kept_at(store: Path, frame: gpd.GeoDataFrame, size: int = 70, digest: str = DIGEST) -> Path:
    return keep(store, digest, parts(frame, size), lambda: {"read": len(frame)})


def touching(frame: gpd.GeoDataFrame, wanted: np.ndarray) -> gpd.GeoDataFrame:
    """Every area against every box."""
    x0, y0, x1, y1 = frame.bounds.to_numpy().T[:, :, None]
    a0, b0, a1, b1 = wanted.T[:, None, :]
    hit = ((x0 <= a1) & (x1 >= a0) & (y0 <= b1) & (y1 >= b0)).any(axis=1)
    return frame[hit].sort_values("area_id").reset_index(drop=True)


WORLD = np.array([[-EDGES[0], -EDGES[1], EDGES[0], EDGES[1]]])


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups and buckets as many as a large file has."""
    monkeypatch.setattr(store_areas, "ROW_GROUP", 16)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    frame = areas(300)
    path = kept_at(tmp_path, frame)
    back = read_touching(path, WORLD)
    expected = frame.sort_values("area_id").reset_index(drop=True)
    assert_geodataframe_equal(back.reset_index(drop=True), expected)
    assert (about(path)["rows"], about(path)["read"]) == (300, 300)
    assert kept(tmp_path, DIGEST) == path
    assert kept(tmp_path, "cd" * 32) is None
    assert [file.name for file in (tmp_path / "inventories").iterdir()] == []


def test_years_and_batches_name_the_same_rows(tmp_path: Path) -> None:
    frame = areas(300)
    path = kept_at(tmp_path, frame)
    all_years = years(path)
    assert list(all_years.columns) == list(store_areas.YEARS)
    assert all_years.index.equals(pd.RangeIndex(300))
    assert all_years["year"].isna().sum() == frame["year"].isna().sum()
    whole = pd.concat(batches(path, groups=3))
    assert whole.index.tolist() == list(range(300))
    pd.testing.assert_frame_equal(pd.DataFrame(whole[list(store_areas.YEARS)]), all_years, check_names=False)
    some = read_touching(path, WORLD, columns=["year"])
    assert list(some.columns) == ["year", "geometry"]
    pd.testing.assert_series_equal(some["year"].sort_index(), all_years["year"], check_names=False)


def test_boxes_and_single_geometries_name_the_same_rows(tmp_path: Path) -> None:
    path = kept_at(tmp_path, areas(300))
    whole = pd.concat(batches(path)).geometry
    assert boxes(path).tolist() == whole.bounds.to_numpy().tolist()
    places = np.array([0, 15, 16, 17, 170, 299])
    assert list(read_places(path, places)) == list(whole.iloc[places])
    assert len(read_places(path, places[:0])) == 0


@pytest.mark.parametrize("seed", range(5))
def test_boxes_against_every_area(tmp_path: Path, seed: int) -> None:
    frame = areas(400, seed)
    path = kept_at(tmp_path, frame)
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-1, 1, (6, 2)) * EDGES
    wanted = np.hstack([corner, corner + rng.uniform(0, 3e6, (6, 2))])
    got = read_touching(path, wanted)
    assert_geodataframe_equal(got.reset_index(drop=True), touching(frame, wanted))


def test_boxes_that_share_an_edge_meet(tmp_path: Path) -> None:
    frame = areas(1)
    path = kept_at(tmp_path, frame)
    x0, y0, x1, y1 = frame.total_bounds
    for box, expected in (
        ((x1, y1, x1 + 1, y1 + 1), 1),
        ((x0 - 1, y0 - 1, x0, y0), 1),
        ((np.nextafter(x1, np.inf), y0, x1 + 1, y1), 0),
        (((x0 + x1) / 2, (y0 + y1) / 2, (x0 + x1) / 2, (y0 + y1) / 2), 1),
    ):
        assert len(read_touching(path, np.array([box]))) == expected


def test_no_boxes_and_boxes_of_sites_without_geometry(tmp_path: Path) -> None:
    path = kept_at(tmp_path, areas(40))
    for nowhere in (np.empty((0, 4)), np.full((2, 4), np.nan)):
        got = read_touching(path, nowhere)
        assert (len(got), list(got.columns), got.crs) == (0, [*COLUMNS, "geometry"], EQUAL_AREA)


def test_only_groups_that_meet_a_box_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = areas(400)
    path = kept_at(tmp_path, frame)
    read: set[int] = set()
    one = pq.ParquetFile.read_row_group

    def counting(self: pq.ParquetFile, group: int, **options: Any) -> Any:
        read.add(group)
        return one(self, group, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counting)
    small = frame[frame.area < 1e8].iloc[:1]
    assert small.iloc[0]["area_id"] in read_touching(path, small.bounds.to_numpy())["area_id"].tolist()
    assert 0 < len(read) < pq.read_metadata(path).num_row_groups / 4


def test_the_same_areas_make_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.concat([areas(200), areas(200).assign(year=1950), areas(20)], ignore_index=True)
    monkeypatch.setattr(store_areas, "MEMORY_BYTES", 1)
    first = kept_at(tmp_path, frame, 50, "aa")
    monkeypatch.undo()
    monkeypatch.setattr(store_areas, "ROW_GROUP", 16)
    second = kept_at(tmp_path, frame.sample(frac=1, random_state=1), 33, "bb")
    assert_geodataframe_equal(pd.concat(batches(first)), pd.concat(batches(second)))
    assert pq.read_metadata(first).num_row_groups == pq.read_metadata(second).num_row_groups


def test_groups_are_bounded_in_rows_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sizes(digest: str) -> list[int]:
        metadata = pq.read_metadata(kept_at(tmp_path, areas(40), digest=digest))
        return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]

    assert sizes("a") == [16, 16, 8]
    # a square takes 1 + 4 + 4 + 4 + 5 · 16 bytes
    monkeypatch.setattr(store_areas, "ROW_GROUP_BYTES", 10 * (1 + 4 + 4 + 4 + 5 * 16))
    assert sizes("b") == [10, 10, 10, 10]
    monkeypatch.setattr(store_areas, "ROW_GROUP_BYTES", 1)
    assert sizes("c") == [1] * 40


def test_it_is_geoparquet(tmp_path: Path) -> None:
    frame = areas(100)
    path = kept_at(tmp_path, frame)
    geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert (geo["version"], geo["primary_column"], column["geometry_types"]) == (
        "1.1.0",
        "geometry",
        ["Polygon"],
    )
    assert column["bbox"] == pytest.approx(frame.total_bounds)
    opened = gpd.read_parquet(path)
    assert opened.crs == EQUAL_AREA
    assert opened.area.sum() == pytest.approx(frame.area.sum())
    x0, y0, x1, y1 = WORLD[0] / 2
    near = gpd.read_parquet(path, bbox=(x0, y0, x1, y1))
    assert sorted(near["area_id"]) == touching(frame, WORLD / 2)["area_id"].tolist()


def test_nothing_left_is_a_file_too(tmp_path: Path) -> None:
    path = kept_at(tmp_path, areas(1).iloc[:0])
    assert about(path)["rows"] == 0
    assert len(years(path)) == len(read_touching(path, WORLD)) == len(list(batches(path))) == 0
    assert boxes(path).shape == (0, 4)
    assert len(gpd.read_parquet(path)) == 0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.98])
def test_a_truncated_file_is_none(tmp_path: Path, share: float) -> None:
    path = kept_at(tmp_path, areas(100))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert kept(tmp_path, DIGEST) is None
    for read in (
        about,
        years,
        boxes,
        lambda path: read_places(path, np.array([0])),
        lambda path: read_touching(path, WORLD),
        lambda path: list(batches(path)),
    ):
        with pytest.raises(StoreError, match="broken_areas"):
            read(path)
    # the next import puts a whole one there
    assert kept_at(tmp_path, areas(100)) == kept(tmp_path, DIGEST)


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    path = kept_at(tmp_path, areas(400))
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 4
    whole[middle : middle + 400] = b"\xff" * 400
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="broken_areas"):
        list(batches(path))


def rewritten(path: Path, table: pa.Table) -> None:
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"aze_areas": json.dumps({"format": store_areas.FORMAT})})


def test_a_file_that_lost_a_column_is_told(tmp_path: Path) -> None:
    path = kept_at(tmp_path, areas(40))
    rewritten(path, pq.read_table(path).drop_columns(["iso3"]))
    assert kept(tmp_path, DIGEST) is None
    with pytest.raises(StoreError, match="broken_areas"):
        years(path)


def test_a_geometry_that_is_none_is_told(tmp_path: Path) -> None:
    path = kept_at(tmp_path, areas(3))
    table = pq.read_table(path)
    place = table.schema.get_field_index("geometry")
    broken = pa.array([b"\x01\xff\xff\xff\x00"] * 3, type=pa.binary())
    rewritten(path, table.set_column(place, table.schema.field(place), broken))
    with pytest.raises(StoreError, match="broken_areas"):
        read_touching(path, WORLD)


def test_other_files_are_none(tmp_path: Path) -> None:
    path = tmp_path / "protected_areas" / f"{DIGEST}.parquet"
    path.parent.mkdir()
    areas(3).to_parquet(path)
    assert kept(tmp_path, DIGEST) is None
    with pytest.raises(StoreError, match="broken_areas"):
        about(path)
    with pytest.raises(StoreError, match="broken_areas"):
        about(tmp_path / "none.parquet")


def test_another_layout_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept_at(tmp_path, areas(3))
    monkeypatch.setattr(store_areas, "FORMAT", store_areas.FORMAT + 1)
    assert kept(tmp_path, DIGEST) is None
    assert kept_at(tmp_path, areas(3)) == path == kept(tmp_path, DIGEST)


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[gpd.GeoDataFrame]:
        yield areas(50)
        raise KeyError("stop")

    with pytest.raises(KeyError):
        keep(tmp_path, DIGEST, failing(), dict)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert list((tmp_path / "inventories").iterdir()) == []


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "protected_areas").write_text("a file in the way")
    with pytest.raises(StoreError, match="unwritable_store"):
        kept_at(tmp_path, areas(3))


def test_two_at_once_both_end_well(tmp_path: Path) -> None:
    frame = areas(200)
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda size: kept_at(tmp_path, frame, size), (20, 40, 60, 200)))
    assert len(set(paths)) == 1
    assert about(paths[0])["rows"] == 200
    assert list((tmp_path / "inventories").iterdir()) == []


def test_a_file_that_cannot_be_replaced_serves_when_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kept_at(tmp_path, areas(3))

    def refuse(*paths: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(os, "replace", refuse)
    assert kept_at(tmp_path, areas(3)) == path
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="unwritable_store"):
        kept_at(tmp_path, areas(3))

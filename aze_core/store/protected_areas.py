"""Protected areas of a download as one file, from which those near some places are read fast."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from aze_core.domain.errors import StoreError
from aze_core.domain.protected_areas import COLUMNS, EDGES, EQUAL_AREA
from aze_core.domain.settings import value
from aze_core.store import folder

FORMAT = 1
"""Layout of the file; one with another layout is made anew."""

YEARS = ("area_id", "iso3", "year", "tier", "basis", "kind", "reported_km2")
"""Columns of `years`."""

ROW_GROUP: int = value("areas.row_group")
ROW_GROUP_BYTES: int = value("areas.row_group_bytes")
GIANT_M: int = value("areas.giant_m")
MEMORY_BYTES: int = value("areas.memory_bytes")

_ABOUT = b"aze_areas"
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([(side, pa.float64()) for side in _SIDES])
_PLAIN = {"year": pa.int32(), "reported_km2": pa.float64()}
_SCHEMA = pa.schema(
    [
        *((name, _PLAIN.get(name, pa.string())) for name in COLUMNS),
        ("bbox", _BOX),
        ("geometry", pa.binary()),
    ]
)
# bits of a place's Hilbert code that name its bucket: cells of about 1,000 km
_LEVEL, _BUCKET_BITS = 16, 10


def keep(
    store: Path,
    digest: str,
    batches: Iterable[gpd.GeoDataFrame],
    about: Callable[[], Mapping[str, Any]],
) -> Path:
    """Keep protected areas under the SHA-256 of the download that they came from.

    Parameters
    ----------
    store : Path
        Store folder; made when missing.
    digest : str
    batches : iterable of geopandas.GeoDataFrame
        Columns as `aze_core.domain.protected_areas.COLUMNS` and `geometry` in EPSG:6933: none of them missing
        or empty. Sorted on the disk, so that memory does not grow with their number.
    about : callable
        Called when all batches have come: what to keep beside them, fit for JSON.

    Returns
    -------
    Path
        The file: GeoParquet 1.1, rows along a Hilbert curve in small groups, those of giants apart. The same
        areas make the same order, whatever order they came in. It is there as a whole or not at all.

    Raises
    ------
    StoreError
        When the store cannot be written.
    """
    folder.prepare(store)
    place = folder.protected_areas_path(store, digest)
    with _writing(store):
        scratch = folder.scratch(store)
    try:
        buckets = _Buckets(scratch)
        for batch in batches:
            with _writing(store):
                buckets.add(batch)
        given = {**about(), "format": FORMAT}
        with _writing(store):
            made = scratch / "areas.parquet"
            _write(made, buckets, given)
            place.parent.mkdir(exist_ok=True)
            _put(made, place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return place


def kept(store: Path, digest: str) -> Path | None:
    """The file of this download; None where it is not there, damaged or of another layout."""
    place = folder.protected_areas_path(store, digest)
    try:
        return place if about(place).get("format") == FORMAT else None
    except StoreError:
        return None


def about(path: Path) -> dict[str, Any]:
    """What was kept beside the areas, with `format` and `rows`.

    Raises
    ------
    StoreError
        The file is not there or damaged.
    """
    with _opened(path) as file:
        return _about(file)


def read_touching(path: Path, boxes: np.ndarray, columns: Sequence[str] | None = None) -> gpd.GeoDataFrame:
    """Protected areas whose bounding box meets one of some boxes.

    Parameters
    ----------
    path : Path
    boxes : numpy.ndarray
        Rows of xmin, ymin, xmax, ymax in EPSG:6933; boxes that share an edge or a corner meet.
    columns : sequence of str, optional
        Columns to read beside the geometry; all where not given.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:6933, by `area_id`, then by place in the file. The index is the place in the file, as in `years`.

    Raises
    ------
    StoreError
        The file is not there or damaged.

    Notes
    -----
    A bounding box that meets is no geometry that meets: ask that of the geometries themselves.
    """
    boxes = np.asarray(boxes, dtype=float).reshape(-1, 4)
    wanted = list(COLUMNS if columns is None else columns)
    read = list(dict.fromkeys([*wanted, "area_id", "geometry"]))
    tree = shapely.STRtree(shapely.box(*boxes[np.isfinite(boxes).all(axis=1)].T))
    with _opened(path) as file:
        starts = _starts(file)
        groups = np.flatnonzero(_meets(_extents(file), tree))
        found: list[pa.Table] = []
        places: list[np.ndarray] = []
        if len(groups):
            hit = _meets(_corners(file.read_row_groups(groups.tolist(), columns=["bbox"])), tree)
            rows = np.concatenate([np.arange(starts[group], starts[group + 1]) for group in groups])
            at = 0
            for group in groups:
                here = np.flatnonzero(hit[at : at + starts[group + 1] - starts[group]])
                if len(here):
                    found.append(file.read_row_group(int(group), columns=read).take(pa.array(here)))
                    places.append(rows[at + here])
                at += starts[group + 1] - starts[group]
        table = pa.concat_tables(found) if found else _SCHEMA.empty_table().select(read)
        frame = _frame(table, np.concatenate(places) if places else np.array([], dtype=np.int64))
    order = np.lexsort((frame.index.to_numpy(), frame["area_id"].fillna("").to_numpy(dtype=str)))
    return frame.iloc[order][[*wanted, "geometry"]]


def years(path: Path) -> pd.DataFrame:
    """What all areas are, without their geometries: columns `YEARS`, index the place in the file.

    Raises
    ------
    StoreError
        The file is not there or damaged.
    """
    with _opened(path) as file:
        return _plain_frame(file.read(columns=list(YEARS)))[list(YEARS)]


def boxes(path: Path) -> np.ndarray:
    """Bounding boxes of all areas: rows of xmin, ymin, xmax, ymax in EPSG:6933, in the order of the file.

    Raises
    ------
    StoreError
        The file is not there or damaged.
    """
    with _opened(path) as file:
        return _corners(file.read(columns=["bbox"]))


def read_places(path: Path, places: np.ndarray) -> np.ndarray:
    """Geometries of the areas at some places in the file.

    Parameters
    ----------
    path : Path
    places : numpy.ndarray
        As the index of `years`, ascending.

    Returns
    -------
    numpy.ndarray
        Polygons and multipolygons in EPSG:6933, in the order of the places.

    Raises
    ------
    StoreError
        The file is not there or damaged.
    """
    with _opened(path) as file:
        starts = _starts(file)
        groups = np.searchsorted(starts, places, side="right") - 1
        found = [np.array([], dtype=object)]
        for group in np.unique(groups):
            here = pa.array(places[groups == group] - starts[group])
            table = file.read_row_group(int(group), columns=["geometry"])
            found.append(shapely.from_wkb(table.column("geometry").take(here).to_numpy()))
        return np.concatenate(found)


def batches(path: Path, groups: int = 10) -> Iterator[gpd.GeoDataFrame]:
    """All areas with their geometries, some groups of rows at a time, in the order of the file.

    Raises
    ------
    StoreError
        The file is not there or damaged.
    """
    with _opened(path) as file:
        starts = _starts(file)
        for first in range(0, len(starts) - 1, groups):
            last = min(first + groups, len(starts) - 1)
            table = file.read_row_groups(list(range(first, last)), columns=[*COLUMNS, "geometry"])
            yield _frame(table, np.arange(starts[first], starts[last]))


# ---------------------------------------------------------------- reading


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            if _ABOUT not in (file.metadata.metadata or {}):
                raise StoreError("broken_areas", path=str(path), problem="no protected areas")
            if absent := set(_SCHEMA.names) - set(file.schema_arrow.names):
                problem = f"no column {', '.join(sorted(absent))}"
                raise StoreError("broken_areas", path=str(path), problem=problem)
            yield file
    except (OSError, ValueError, KeyError, pa.ArrowException, shapely.errors.ShapelyError) as error:
        problem = " ".join(str(error).split())[:200] or type(error).__name__
        raise StoreError("broken_areas", path=str(path), problem=problem) from None


def _about(file: pq.ParquetFile) -> dict[str, Any]:
    given = json.loads(file.metadata.metadata[_ABOUT])
    return {**given, "rows": file.metadata.num_rows}


def _starts(file: pq.ParquetFile) -> np.ndarray:
    """Where in the file each group begins, and where the last one ends."""
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _corners(table: pa.Table) -> np.ndarray:
    """Bounding boxes of the rows of a table."""
    bbox = table.column("bbox").combine_chunks()
    return np.column_stack([bbox.field(side).to_numpy() for side in _SIDES])


def _extents(file: pq.ParquetFile) -> np.ndarray:
    """Bounding box of each group, from its statistics."""
    metadata = file.metadata
    at = {metadata.schema.column(column).path: column for column in range(metadata.num_columns)}
    extents = np.empty((metadata.num_row_groups, 4))
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for number, side in enumerate(_SIDES):
            statistics = row_group.column(at[f"bbox.{side}"]).statistics
            extents[group, number] = statistics.min if number < 2 else statistics.max
    return extents


def _meets(extents: np.ndarray, tree: shapely.STRtree) -> np.ndarray:
    """Which bounding boxes meet a box of the tree; the tree asks bounding boxes only."""
    hit = np.zeros(len(extents), dtype=bool)
    if len(extents) and len(tree):
        # a diagonal has the same bounding box, and is made five times as fast
        hit[tree.query(shapely.linestrings(extents.reshape(-1, 2, 2)))[0]] = True
    return hit


def _plain_frame(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    if "year" in frame:
        frame["year"] = table.column("year").to_pandas(types_mapper={pa.int32(): pd.Int64Dtype()}.get)
    for name in frame.columns:
        if name not in (*_PLAIN, "geometry"):
            frame[name] = frame[name].astype("str")
    return frame


def _frame(table: pa.Table, places: np.ndarray) -> gpd.GeoDataFrame:
    plain = _plain_frame(table.drop_columns(["geometry"]))
    shapes = shapely.from_wkb(table.column("geometry").to_numpy())
    return gpd.GeoDataFrame(plain, geometry=shapes, crs=EQUAL_AREA).set_index(pd.Index(places, name="place"))


# ---------------------------------------------------------------- writing


@contextlib.contextmanager
def _writing(store: Path) -> Iterator[None]:
    """What fails here is the store; what fails in the batches says so itself."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        problem = getattr(error, "strerror", None) or error
        raise StoreError("unwritable_store", path=str(store), problem=problem) from None


def _write(made: Path, buckets: _Buckets, given: Mapping[str, Any]) -> None:
    numbers = [name for name in COLUMNS if name not in _PLAIN and name not in ("area_id", "name")]
    writer = pq.ParquetWriter(
        made,
        _SCHEMA,
        # coordinates shrink by a tenth at best, and then take longer to read
        compression="snappy",
        use_dictionary=numbers,
        write_statistics=[f"bbox.{side}" for side in _SIDES],
    )
    with writer:
        waiting: list[pa.Table] = []
        for table in buckets.sorted():
            waiting.append(table)
            ready = pa.concat_tables(waiting)
            waiting = [_write_groups(writer, ready, last=False)]
        if waiting:
            _write_groups(writer, waiting[0], last=True)
        geo = json.dumps(_geo(buckets.kinds, buckets.bounds))
        writer.add_key_value_metadata({"geo": geo, _ABOUT.decode(): json.dumps(given, ensure_ascii=False)})
    with made.open("rb+") as stream:
        os.fsync(stream.fileno())


def _write_groups(writer: pq.ParquetWriter, table: pa.Table, last: bool) -> pa.Table:
    """Write whole groups of rows; what makes none yet is returned."""
    sizes = np.cumsum(pc.binary_length(table.column("geometry")).to_numpy())
    start = 0
    while start < len(table):
        before = sizes[start - 1] if start else 0
        by_size = max(start + 1, int(np.searchsorted(sizes, before + ROW_GROUP_BYTES, side="right")))
        stop = min(start + ROW_GROUP, by_size)
        if stop >= len(table) and not last:
            break
        writer.write_table(table.slice(start, stop - start), row_group_size=ROW_GROUP)
        start = min(stop, len(table))
    return table.slice(start)


def _geo(kinds: set[str], bounds: np.ndarray) -> dict[str, Any]:
    """What GeoParquet asks for."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(kinds),
        "crs": CRS(EQUAL_AREA).to_json_dict(),
        "edges": "planar",
        "covering": {"bbox": {side: ["bbox", side] for side in _SIDES}},
    }
    if np.isfinite(bounds).all():
        column["bbox"] = bounds.tolist()
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


class _Buckets:
    """Rows on their way to the disk, by the cell of the world in which they lie."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.kinds: set[str] = set()
        self.bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self._schema = _SCHEMA.insert(0, pa.field("code", pa.uint32()))
        self._waiting: dict[int, list[pa.Table]] = {}
        self._bytes = 0

    def add(self, frame: gpd.GeoDataFrame) -> None:
        """Take a batch."""
        # a folder in which nothing happens counts as left behind after an hour
        os.utime(self.scratch)
        if frame.empty:
            return
        x, y = EDGES
        code = frame.geometry.hilbert_distance(total_bounds=(-x, -y, x, y), level=_LEVEL).to_numpy()
        bounds = frame.geometry.bounds.to_numpy()
        self.kinds.update(frame.geom_type.unique())
        self.bounds[:2] = np.minimum(self.bounds[:2], bounds[:, :2].min(axis=0))
        self.bounds[2:] = np.maximum(self.bounds[2:], bounds[:, 2:].max(axis=0))
        giant = (bounds[:, 2:] - bounds[:, :2] > GIANT_M).any(axis=1)
        bucket = (code >> (2 * _LEVEL - _BUCKET_BITS)) + giant * (1 << _BUCKET_BITS)
        order = np.argsort(bucket, kind="stable")
        boxes = [pa.array(bounds[order, number]) for number in range(4)]
        cells = {name: frame[name].iloc[order] for name in COLUMNS}
        arrays = [pa.array(cells[name], type=_SCHEMA.field(name).type, from_pandas=True) for name in COLUMNS]
        wkb = pa.array(shapely.to_wkb(frame.geometry.to_numpy()[order]), type=pa.binary())
        boxed = pa.StructArray.from_arrays(boxes, fields=list(_BOX))
        table = pa.table([pa.array(code[order]), *arrays, boxed, wkb], schema=self._schema)
        numbers, starts = np.unique(bucket[order], return_index=True)
        for number, start, stop in zip(numbers, starts, [*starts[1:], len(order)], strict=True):
            self._waiting.setdefault(int(number), []).append(table.slice(start, stop - start))
        self._bytes += table.nbytes
        if self._bytes > MEMORY_BYTES:
            self._flush()

    def _flush(self) -> None:
        for number, tables in self._waiting.items():
            with self._file(number).open("ab") as stream, pa.ipc.new_stream(stream, self._schema) as writer:
                writer.write_table(pa.concat_tables(tables).combine_chunks())
        self._waiting, self._bytes = {}, 0

    def _file(self, number: int) -> Path:
        return self.scratch / f"{number}.arrows"

    def sorted(self) -> Iterator[pa.Table]:
        """Tables bucket by bucket, each sorted; ties are broken by what the rows hold."""
        there = {int(file.stem) for file in self.scratch.glob("*.arrows")} | set(self._waiting)
        for number in sorted(there):
            tables = self._waiting.pop(number, [])
            file = self._file(number)
            if file.exists():
                with file.open("rb") as stream:
                    while stream.tell() < file.stat().st_size:
                        with pa.ipc.open_stream(stream) as reader:
                            tables.append(reader.read_all())
                file.unlink()
            yield _sorted(pa.concat_tables(tables).combine_chunks()).drop_columns(["code"])


def _sorted(table: pa.Table) -> pa.Table:
    order = pc.sort_indices(table, [("code", "ascending"), ("area_id", "ascending")]).to_numpy()
    keys = [table.column(name).to_numpy()[order] for name in ("code", "area_id")]
    same = (keys[0][1:] == keys[0][:-1]) & (keys[1][1:] == keys[1][:-1])
    order = order.copy()
    for run in np.split(np.arange(len(order)), np.flatnonzero(~same) + 1):
        if len(run) > 1:
            rows = table.take(pa.array(order[run])).to_pylist()
            order[run] = [at for _, at in sorted(zip(map(repr, rows), order[run].tolist(), strict=True))]
    return table.take(pa.array(order))


def _put(made: Path, place: Path) -> None:
    """Move the file to its place; one that another process put there meanwhile serves as well."""
    try:
        os.replace(made, place)
    except OSError:
        # Windows replaces no file that somebody reads
        try:
            about(place)
        except StoreError:
            pass
        else:
            return
        raise

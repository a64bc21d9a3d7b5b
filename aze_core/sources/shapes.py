"""Layers of points and polygons: their named columns as they come, their geometries sound and in WGS 84."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyogrio.raw
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.domain.settings import value as setting
from aze_core.sources.archives import SPATIAL, Archive, Source
from aze_core.sources.text import WINDOWS

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and the stage: `read`, `geometry` or `check`."""

MAX_ROWS: int = setting("limits.layers.max_rows")
MAX_LAYERS: int = setting("limits.layers.max_layers")
"""What a download may hold, unless its reader is told otherwise."""

POINTS, LINES, AREAL = (0, 4), (1, 2, 5), (3, 6)
"""Types of geometry, as `shapely.get_type_id` gives them."""

_EDGE = 1e-6  # degrees past the edge of the world that are rounding, not error


@dataclass(frozen=True)
class Layer:
    """A layer with geometry.

    Attributes
    ----------
    source : Source
        The file that holds it.
    name : str
        Its name in that file.
    label : str
        How findings call it: the file's name, with the layer's where the file holds several.
    columns : tuple of str
        Names of its columns, the geometry left out.
    rows : int
        How many it says it has; -1 where only reading would tell.
    """

    source: Source
    name: str
    label: str
    columns: tuple[str, ...]
    rows: int = -1

    def match(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Its columns by field: the first of the wanted names that it has, in any case."""
        known: dict[str, str] = {}
        for column in self.columns:
            known.setdefault(column.strip().casefold(), column)
        return {
            field: known[found]
            for field, names in wanted.items()
            if (found := next((name.casefold() for name in names if name.casefold() in known), None))
        }


def find_layers(archive: Archive, max_layers: int) -> list[Layer]:
    """All layers with geometry of a download.

    Parameters
    ----------
    archive : Archive
    max_layers : int
        How many a download may hold.

    Returns
    -------
    list of Layer
        In the order of the files; none where the download holds tables only.

    Raises
    ------
    DataError
        A file that cannot be read, or more layers than may be.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from aze_core.sources.archives import open_archive
    >>> text = '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"Name": "x"}, '
    >>> text += '"geometry": {"type": "Point", "coordinates": [1, 2]}}]}'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.geojson").write_text(text)
    ...     with open_archive(Path(folder) / "a.geojson") as archive:
    ...         [layer] = find_layers(archive, 10)
    >>> layer.columns, layer.match({"name": ["title", "NAME"]})
    (('Name',), {'name': 'Name'})
    """
    # a .json beside a shapefile describes it more often than it holds shapes
    sources = archive.of(*(kind for kind in SPATIAL if kind != "geojson")) or archive.of("geojson")
    found: list[Layer] = []
    seen = 0
    for source in sources:
        named = [str(name) for name, kind in _open(source, pyogrio.list_layers)[0] if kind is not None]
        seen += len(named)
        if seen > max_layers:
            raise DataError("import_too_many_layers", file=archive.file, found=seen, limit=max_layers)
        for name in named:
            info, _ = _open(source, pyogrio.read_info, layer=name)
            label = source.name if len(named) == 1 else f"{source.name}/{name}"
            columns = tuple(str(field) for field in info["fields"])
            found.append(Layer(source, name, label, columns, int(info["features"])))
    return found


def match_layers(
    layers: Sequence[Layer], mapping: Mapping[str, str], fields: Sequence[str], file: str
) -> list[tuple[Layer, dict[str, str]]]:
    """Layers with their columns by field, as a user's mapping names them.

    Raises
    ------
    DataError
        A field that is none of `fields`, or a column that no layer has.
    """
    wanted = {field: (column,) for field, column in mapping.items()}
    matched = [(layer, layer.match(wanted)) for layer in layers]
    for field, column in mapping.items():
        if field not in fields:
            raise DataError("unknown_field", file=file, field=field, expected=", ".join(fields))
        if not any(field in found for _, found in matched):
            came = ", ".join(all_columns(layers))[:2000] or "no columns"
            raise DataError("import_missing_column", file=file, column=column, found=came)
    return matched


def all_columns(layers: Sequence[Layer]) -> list[str]:
    """Columns of all layers, each once in whatever case it is written."""
    return list({column.casefold(): column for layer in layers for column in layer.columns}.values())


def contents(archive: Archive) -> str:
    """What a download without a layer holds instead, for an error."""
    if archive.of(*SPATIAL):
        return "no layer with geometry"
    return ", ".join(source.name for source in archive.sources[:10])


def read_layers(
    layers: Sequence[tuple[Layer, Mapping[str, str]]],
    columns: Sequence[str],
    file: str,
    report: ImportReport,
    *,
    max_rows: int,
    points: bool = True,
    titles: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Rows of layers: named columns, and geometries that can be relied on.

    Parameters
    ----------
    layers : sequence of (Layer, mapping of str to str)
        Each with its columns by field; fields that it lacks are missing in its rows.
    columns : sequence of str
        Fields to return.
    file : str
        How errors call the download.
    report : ImportReport
        Takes the rows read, and every finding.
    max_rows : int
        How many rows the layers may hold together.
    points : bool
        Whether points are wanted; otherwise they are set aside, as lines always are.
    titles : mapping of str to str, optional
        Names under which the report keeps the fields of a row that is set aside; the fields' own where not
        given.
    progress : callable, optional
        Called up to a share of 0.8: the rest is the caller's.

    Returns
    -------
    pandas.DataFrame
        `file` and `row` (the first row of a layer is 1), the fields (any type, as they came) and `geometry`:
        valid polygons or points in WGS 84, longitude first, cut at ±180°, exterior rings counter-clockwise.
        Rows without a usable place are set aside.

    Raises
    ------
    DataError
        A layer that cannot be read or turned into degrees, no rows, or too many.

    Notes
    -----
    Do not trust the area of a polygon where a repair was reported: one that overlaps itself is taken as the
    union of what it covers. A ring wider than 180° is taken to cross ±180° when it is narrower that way,
    which a coarse polygon over half the globe would be too.
    """
    tell = progress or (lambda share, stage: None)
    frames: list[pd.DataFrame] = []
    total = 0
    for number, (layer, fields) in enumerate(layers, start=1):
        frame = _read_layer(layer, fields, columns, file, report, max_rows, max_rows - total)
        total += len(frame)
        frames.append(frame)
        tell(0.5 * number / len(layers), "read")
    if not total:
        raise DataError("import_no_rows", file=file)
    tell(0.5, "geometry")
    came = pd.concat(frames, ignore_index=True)
    rows = _clean(came.copy(), report, points)
    keep_cells(came, columns, titles or {}, report)
    tell(0.8, "check")
    return rows


def stream_layer(
    layer: Layer,
    fields: Mapping[str, str],
    report: ImportReport,
    *,
    batch_rows: int,
    batch_bytes: int,
) -> Iterator[pd.DataFrame]:
    """Rows of a layer that is too large for memory, some at a time.

    Parameters
    ----------
    layer : Layer
    fields : mapping of str to str
        Its columns by field.
    report : ImportReport
        Takes the rows read, and every finding; what concerns the whole layer once.
    batch_rows, batch_bytes : int
        How many rows, and how many bytes of geometry, come at a time; a single row may be larger.

    Yields
    ------
    pandas.DataFrame
        As `read_layers` returns them, with the fields of this layer only. A text that is not UTF-8 is read
        as Windows-1252, cell by cell. A batch can be empty.

    Raises
    ------
    DataError
        A layer that cannot be read or turned into degrees.

    Notes
    -----
    Trust no batch before the last one came: a file can be damaged at its end.
    """
    options: dict[str, Any] = {
        "layer": layer.name,
        "columns": sorted(set(fields.values())),
        "batch_size": batch_rows,
        "use_pyarrow": True,
        "return_fids": True,
        "datetime_as_string": True,
    }
    once = _Once(layer.label, report)
    with ExitStack() as open_layer:
        with once.warnings():
            opened = _open(layer.source, pyogrio.raw.open_arrow, **options)[0]
            meta, reader = _guarded(layer.source, lambda: open_layer.enter_context(opened))
        place = meta["geometry_name"] or "wkb_geometry"
        for column in (place, *fields.values()):
            if column not in reader.schema.names:
                raise DataError("layer_unreadable", file=layer.label, problem=f"no column {column}")
        at = 0
        while True:
            with once.warnings():
                batch = _guarded(layer.source, lambda: next(reader, None))
            if batch is None:
                break
            for part in _slices(batch, place, batch_bytes):
                rows = pd.DataFrame({"file": layer.label, "row": np.arange(at + 1, at + 1 + len(part))})
                at += len(part)
                for field, column in fields.items():
                    rows[field] = _texts(part.column(column), once)
                with once.findings() as found:
                    found.read = len(part)
                    shapes = _shapes(rows, layer, part, place, meta["fid_column"], found)
                    sound = sound_rows(rows, shapes, meta["crs"], layer.label, found)
                yield sound
        if not at:
            report.add("noted", "empty_layer", layer.label)


class _Once:
    """Findings of batches, those on the whole layer kept once."""

    def __init__(self, label: str, report: ImportReport) -> None:
        self.label, self.report = label, report
        self._told: set[tuple[Any, ...]] = set()

    def add(self, rule: str, value: str = "", detail: str = "") -> None:
        found = ImportReport()
        found.add("noted", rule, self.label, value=value, detail=detail)
        self.merge(found)

    def merge(self, found: ImportReport) -> None:
        new = [one for one in found.findings if one[3] is not None or one not in self._told]
        self._told.update(one for one in new if one[3] is None)
        found.findings = new
        self.report.merge(found)

    @contextmanager
    def findings(self) -> Iterator[ImportReport]:
        """A report for one batch."""
        found = ImportReport()
        yield found
        self.merge(found)

    @contextmanager
    def warnings(self) -> Iterator[None]:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            yield
        for text in sorted({" ".join(str(one.message).split()) for one in told})[:20]:
            self.add("reader_warning", detail=text)


def sound_rows(
    rows: pd.DataFrame,
    shapes: np.ndarray,
    crs: str | None,
    label: str,
    report: ImportReport,
    points: bool = True,
) -> pd.DataFrame:
    """Rows with geometries that can be relied on; those without a usable place are set aside.

    Parameters
    ----------
    rows : pandas.DataFrame
        `file`, `row` and any other columns.
    shapes : numpy.ndarray of shapely geometries
        One for each row; None where there is none.
    crs : str or None
        Their system.
    label : str
        How findings on all rows call the layer.
    report : ImportReport
        Takes the findings.
    points : bool
        Whether points are wanted.

    Returns
    -------
    pandas.DataFrame
        The sound rows and a column `geometry`, as `read_layers` returns it.

    Raises
    ------
    DataError
        The system is missing or unknown, and the coordinates are no degrees.

    Examples
    --------
    >>> report = ImportReport()
    >>> rows = pd.DataFrame({"file": "a.csv", "row": [1, 2]})
    >>> sound_rows(rows, np.array([shapely.Point(1, 2), None]), "EPSG:4326", "a.csv", report)["row"].tolist()
    [1]
    >>> report.findings[0][:4]
    ('set_aside', 'no_geometry', 'a.csv', 2)
    """
    rows = rows.reset_index(drop=True)
    rows["zero"] = [shape is not None and _at_origin(shape) for shape in shapes]
    rows["geometry"] = _to_degrees(shapes, crs, label, report)
    return _clean(rows, report, points)


def decoded(raw: bytes) -> tuple[str, bool]:
    """A text as UTF-8, else as Windows-1252, and whether it was UTF-8.

    Examples
    --------
    >>> decoded("Ciénaga".encode()), decoded("Ciénaga".encode("cp1252"))
    (('Ciénaga', True), ('Ciénaga', False))
    """
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("latin-1").translate(WINDOWS), False


def _guarded(source: Source, step: Callable[[], Any]) -> Any:
    try:
        return step()
    except Exception as error:  # damaged files make GDAL and its bindings stumble in any way
        raise _unreadable(source, error) from None


def _slices(batch: pa.RecordBatch, place: str, size: int) -> Iterator[pa.RecordBatch]:
    """The batch in parts of at most this many bytes of geometry, or of one row."""
    lengths = np.nan_to_num(pc.binary_length(batch.column(place)).to_numpy(zero_copy_only=False))
    ends = np.cumsum(lengths)
    start = 0
    while start < len(batch):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + size, side="right")))
        yield batch.slice(start, stop - start)
        start = stop


def _texts(column: pa.Array, once: _Once) -> Any:
    """A column as pandas holds it; texts in another encoding than they should be are still read."""
    try:
        column.validate(full=True)
        return column.to_pandas()
    except pa.ArrowInvalid:
        cells = [None if raw is None else decoded(raw) for raw in column.cast(pa.binary()).to_pylist()]
    once.add("text_encoding", "utf-8", "some text is not utf-8; read as Windows-1252")
    return pd.Series([None if cell is None else cell[0] for cell in cells], dtype="str")


def _shapes(
    rows: pd.DataFrame, layer: Layer, part: pa.RecordBatch, place: str, fid: str, report: ImportReport
) -> np.ndarray:
    """Geometries of a batch, flat; curves as the lines that GDAL draws for them."""
    wkb = part.column(place).to_numpy(zero_copy_only=False)
    try:
        shapes = _decode(rows, wkb, report)
    except NotImplementedError:
        curved = np.flatnonzero([_is_curved(one) for one in wkb])
        fids = part.column(fid).to_numpy(zero_copy_only=False)[curved]
        wanted = {"layer": layer.name, "columns": [], "fids": fids, "return_fids": True}
        (_, got, straight, _), _ = _open(layer.source, pyogrio.raw.read, **wanted)
        found = dict(zip(got, straight, strict=True))
        wkb = wkb.copy()
        wkb[curved] = [found.get(one) for one in fids]
        shapes = _decode(rows, wkb, report)
    return np.asarray(shapely.force_2d(shapes), dtype=object)


def _is_curved(wkb: bytes | None) -> bool:
    try:
        shapely.from_wkb(wkb, on_invalid="ignore")
    except NotImplementedError:
        return True
    return False


def keep_cells(
    rows: pd.DataFrame, columns: Sequence[str], titles: Mapping[str, str], report: ImportReport
) -> None:
    """Let the report keep the fields of the rows that were set aside, as far as it does not have them."""
    wanted = set(report.aside) - set(report.cells)
    if not wanted:
        return
    places = zip(rows["file"], rows["row"], strict=True)
    for at, place in enumerate((str(file), int(row)) for file, row in places):
        if place in wanted:
            report.keep_cells(*place, {titles.get(name, name): rows[name].iloc[at] for name in columns})


def where(rows: pd.DataFrame, index: Any) -> tuple[str, int]:
    """File and row that a finding names."""
    row: Any = rows["row"].at[index]
    return str(rows["file"].at[index]), int(row)


def _read_layer(
    layer: Layer,
    fields: Mapping[str, str],
    columns: Sequence[str],
    file: str,
    report: ImportReport,
    max_rows: int,
    left: int,
) -> pd.DataFrame:
    """Rows as they come: the named columns, geometry as WGS 84, `file` and `row`."""
    options: dict[str, Any] = {
        "layer": layer.name,
        "columns": sorted(set(fields.values())),
        "force_2d": True,
        "max_features": left + 1,
        "datetime_as_string": True,
    }
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        (meta, _, wkb, data), failed = _open(layer.source, pyogrio.raw.read, **options)
    if failed:
        # what is UTF-8 in the other rows is found and mended row by row
        detail = f"some text is not {failed}; read as Windows-1252"
        report.add("noted", "text_encoding", layer.label, value=failed, detail=detail)
    for text in sorted({" ".join(str(one.message).split()) for one in told})[:20]:
        report.add("noted", "reader_warning", layer.label, detail=text)
    if wkb is None:
        raise DataError("layer_unreadable", file=layer.label, problem="no geometry")
    if len(wkb) > left:
        raise DataError("import_too_many_rows", file=file, limit=max_rows)
    report.read += len(wkb)
    if not len(wkb):
        report.add("noted", "empty_layer", layer.label)
    came = dict(zip([str(field) for field in meta["fields"]], data, strict=True))
    rows = pd.DataFrame({"file": layer.label, "row": np.arange(1, len(wkb) + 1)})
    for field in columns:
        values = came[fields[field]] if field in fields else [None] * len(rows)
        if failed:
            values = [value.translate(WINDOWS) if isinstance(value, str) else value for value in values]
        rows[field] = pd.Series(list(values), index=rows.index, dtype=object)
    shapes = _decode(rows, wkb, report)
    rows["zero"] = [shape is not None and _at_origin(shape) for shape in shapes]
    rows["geometry"] = _to_degrees(shapes, meta["crs"], layer.label, report)
    return rows


def _open(source: Source, read: Callable[..., Any], **options: Any) -> tuple[Any, str]:
    """What a function of pyogrio returns, and the encoding that failed before text was read as Latin-1."""
    path, failed = source.path, ""
    while True:
        try:
            return read(path, **options), failed
        except UnicodeDecodeError as error:
            if failed or read is pyogrio.list_layers:
                raise _unreadable(source, error) from None
            failed, options["encoding"] = error.encoding, "ISO-8859-1"
        except Exception as error:  # damaged files make GDAL and its bindings stumble in any way
            raise _unreadable(source, error) from None


def _unreadable(source: Source, error: Exception) -> DataError:
    problem = " ".join(str(error).replace(source.path, source.name).split())
    return DataError("layer_unreadable", file=source.name, problem=problem[:300] or type(error).__name__)


def _decode(rows: pd.DataFrame, wkb: np.ndarray, report: ImportReport) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    came = np.array([item is not None for item in wkb], dtype=bool)
    for place in np.flatnonzero(came & shapely.is_missing(shapes)):
        file, row = where(rows, place)
        shapes[place] = shapely.from_wkb(wkb[place], on_invalid="fix")
        if shapes[place] is not None:
            report.add("repaired", "ring_closed", file, row, "geometry", detail="an open ring was closed")
    return np.asarray(shapes, dtype=object)


def _at_origin(shape: Any) -> bool:
    return shapely.get_type_id(shape) in POINTS and not shapely.get_coordinates(shape).any()


def _to_degrees(shapes: np.ndarray, crs: str | None, label: str, report: ImportReport) -> np.ndarray:
    """Geometries in WGS 84, longitude first."""
    system = None
    if crs:
        try:
            system = CRS.from_user_input(crs)
        except CRSError:
            system = None
    # GeoPackage writes an unknown system as an "engineering" one
    if system is None or not (system.is_geographic or system.is_projected):
        bounds = shapely.bounds(shapes)
        bounds = bounds[np.isfinite(bounds).all(axis=1)]
        degrees = (np.abs(bounds[:, [0, 2]]) <= 360).all(axis=1) & (np.abs(bounds[:, [1, 3]]) <= 90).all(
            axis=1
        )
        # a few rows outside are faults of theirs, not of the system
        if len(bounds) and degrees.mean() < 0.9:
            shown = ", ".join(f"{value:g}" for value in bounds[~degrees][0])
            raise DataError("import_no_crs", file=label, found=shown)
        if len(bounds):
            report.add(
                "noted", "crs_assumed", label, value=crs or "", detail="none given: taken as EPSG:4326"
            )
        return shapes
    if system.to_2d().equals(CRS.from_epsg(4326), ignore_axis_order=True):
        return shapes
    try:
        turn = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
        turned = shapely.transform(shapes, turn.transform, interleaved=False)
    except (ProjError, CRSError) as error:
        raise DataError("layer_unreadable", file=label, problem=str(error)[:300]) from None
    report.add("noted", "crs_changed", label, value=system.name, detail="turned into EPSG:4326")
    return np.asarray(turned, dtype=object)


def _clean(rows: pd.DataFrame, report: ImportReport, points: bool) -> pd.DataFrame:
    """Sound polygons and points within ±180°; rows without are set aside."""
    rows = rows.reset_index(drop=True)
    shapes = rows["geometry"].to_numpy(dtype=object, copy=True)
    keep = np.ones(len(rows), dtype=bool)

    def say(action: str, rule: str, mask: np.ndarray, values: Any = None, detail: str = "") -> None:
        for place in np.flatnonzero(mask):
            file, row = where(rows, place)
            value = "" if values is None else values[place]
            report.add(action, rule, file, row, "geometry", value, detail)
        if action == "set_aside":
            keep[mask] = False

    shapes, dropped, lines = _plain_types(shapes)
    bare = shapely.is_missing(shapes) | (shapely.is_empty(shapes) & ~lines)
    say("set_aside", "line_geometry", lines, detail="a line encloses nothing")
    say("set_aside", "no_geometry", bare & ~lines)
    if not points:
        dots = keep & np.isin(shapely.get_type_id(shapes), POINTS)
        say("set_aside", "point_geometry", dots, detail="a point encloses nothing")
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(rows), dtype=bool)
    finite[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    say("set_aside", "bad_coordinates", keep & ~finite, detail="a coordinate is no finite number")
    say("repaired", "parts_dropped", keep & dropped, detail="parts without area were left out")

    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        x0, y0, x1, y1 = bounds.T
        point = np.isin(shapely.get_type_id(shapes), POINTS)
        over = (x0 < -180 - _EDGE) | (x1 > 180 + _EDGE)
        outside = (y0 < -90 - _EDGE) | (y1 > 90 + _EDGE)
        # a ring may be written on past ±180°; what lies wholly beyond is not of this world
        parts, owner = shapely.get_parts(shapes, return_index=True)
        p0, _, p1, _ = shapely.bounds(parts).T if len(parts) else np.empty((4, 0))
        written_on = ((p0 < 180) & (p1 > 180)) | ((p0 < -180) & (p1 > -180))
        beyond = (p0 < -180 - _EDGE) | (p1 > 180 + _EDGE)
        outside[owner[beyond & ~(written_on & (p1 - p0 < 180))]] = True
    shown = [f"{a:g} {b:g} {c:g} {d:g}" for a, b, c, d in bounds]
    say("set_aside", "outside_world", keep & outside, shown, "expected -180 to 180 and -90 to 90 degrees")
    zero = rows["zero"].to_numpy(dtype=bool) | np.array([_at_origin(s) if s else False for s in shapes])
    say("set_aside", "null_island", keep & zero, detail="(0, 0) stands for an unknown place")

    shapes[~keep] = None
    with np.errstate(invalid="ignore"):
        rounding = keep & ~over & (np.abs(bounds) > [180, 90, 180, 90]).any(axis=1)
    if rounding.any():
        shapes[rounding] = shapely.transform(shapes[rounding], lambda xy: np.clip(xy, [-180, -90], [180, 90]))
    shapes, cut = _cut_at_180(shapes)
    say("repaired", "antimeridian", cut, detail="cut at ±180°")

    invalid = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if invalid.any():
        reasons = np.full(len(rows), "", dtype=object)
        reasons[invalid] = shapely.is_valid_reason(shapes[invalid])
        shapes[invalid] = _mend(shapes[invalid])
        say("repaired", "invalid_geometry", invalid & ~_flat(shapes), reasons, "made valid")
    say("set_aside", "no_area", keep & ~point & _flat(shapes), detail="the polygon encloses nothing")

    single = np.isin(shapely.get_type_id(shapes), (4, 6)) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    rows["geometry"] = shapely.orient_polygons(shapes)
    return rows[keep].drop(columns="zero").reset_index(drop=True)


def _flat(shapes: np.ndarray) -> np.ndarray:
    return ~(shapely.area(shapes) > 0)


def _plain_types(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Collections as their polygons, else points; lines marked."""
    shapes = shapes.copy()
    dropped = np.zeros(len(shapes), dtype=bool)
    for place in np.flatnonzero(shapely.get_type_id(shapes) == 7):
        parts = _leaves(shapes[place])
        kinds = shapely.get_type_id(parts)
        for wanted, make in ((3, shapely.multipolygons), (0, shapely.multipoints)):
            chosen = parts[kinds == wanted]
            if len(chosen):
                shapes[place] = make(chosen)
                dropped[place] = len(chosen) < len(parts)
                break
        else:
            shapes[place] = parts[0] if len(parts) else None
    lines = np.isin(shapely.get_type_id(shapes), LINES) & ~shapely.is_empty(shapes)
    return shapes, dropped, lines


def _leaves(shape: Any) -> np.ndarray:
    parts = np.array([shape], dtype=object)
    while np.isin(shapely.get_type_id(parts), (4, 5, 6, 7)).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


def _mend(shapes: np.ndarray) -> np.ndarray:
    """Valid polygons; ground covered twice counts once."""
    made = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    for place in np.flatnonzero(~np.isin(shapely.get_type_id(made), AREAL)):
        parts = _leaves(made[place])
        made[place] = shapely.union_all(parts[shapely.get_type_id(parts) == 3])
    return np.asarray(made, dtype=object)


def _cut_at_180(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parts that cross ±180° unwrapped and cut there; marks the rows that changed."""
    cut = np.zeros(len(shapes), dtype=bool)
    areal = np.flatnonzero(np.isin(shapely.get_type_id(shapes), AREAL))
    parts, owner = shapely.get_parts(shapes[areal], return_index=True)
    x0, _, x1, _ = shapely.bounds(parts).T if len(parts) else np.empty((4, 0))
    crossing = (x1 > 180) | (x0 < -180)
    for place in np.flatnonzero(~crossing & (x1 - x0 > 180)):
        unwrapped = _unwrap(parts[place])
        if unwrapped is not None:
            parts[place] = unwrapped
            crossing[place] = True
    west = np.flatnonzero(crossing & (x0 < -180))
    parts[west] = shapely.transform(parts[west], lambda xy: xy + np.array([360, 0]))
    for row in np.unique(owner[crossing]):
        mine = owner == row
        pieces = list(parts[mine & ~crossing])
        for part in _mend(parts[mine & crossing]):
            pieces.append(shapely.intersection(part, shapely.box(-180, -90, 180, 90)))
            east = shapely.intersection(part, shapely.box(180, -90, 540, 90))
            pieces.append(shapely.transform(east, lambda xy: xy - [360, 0]))
        leaves = np.concatenate([_leaves(piece) for piece in pieces])
        shapes[areal[row]] = shapely.multipolygons(leaves[shapely.get_type_id(leaves) == 3])
        cut[areal[row]] = True
    return shapes, cut


def _unwrap(polygon: Any) -> Any:
    """A polygon written on past ±180° where its rings jump; None where that makes it no narrower.

    A ring around a pole does not close when unwrapped: it stays as it came.
    """
    rings: list[np.ndarray] = []
    for ring in (polygon.exterior, *polygon.interiors):
        xy = shapely.get_coordinates(ring)
        xy[1:, 0] -= 360 * np.cumsum(np.round(np.diff(xy[:, 0]) / 360))
        if abs(xy[0, 0] - xy[-1, 0]) > _EDGE:
            return None
        # the shell begins in this world, and its holes lie within it
        least = rings[0][:, 0].min() if rings else -180
        xy[:, 0] += 360 * np.ceil((least - xy[:, 0].min() - _EDGE) / 360)
        rings.append(xy)
    shell = rings[0]
    if np.ptp(shell[:, 0]) >= np.ptp(shapely.get_coordinates(polygon.exterior)[:, 0]):
        return None
    return shapely.Polygon(shell, rings[1:])

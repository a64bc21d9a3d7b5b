"""Reads protected areas and OECMs, in every schema and container they are published in, some at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.domain.errors import DataError
from aze_core.domain.protected_areas import NEEDED, match_columns
from aze_core.domain.report import ImportReport
from aze_core.domain.settings import value as setting
from aze_core.sources.archives import SPATIAL, Archive, Limits, Source, open_archive
from aze_core.sources.shapes import (
    MAX_LAYERS,
    Layer,
    Progress,
    all_columns,
    decoded,
    find_layers,
    sound_rows,
    stream_layer,
    where,
)
from aze_core.sources.tables import key
from aze_core.sources.text import Note, readable, repair_text

LIMITS = Limits(
    members=setting("limits.areas.members"),
    total_bytes=setting("limits.areas.total_bytes"),
    ratio=setting("limits.areas.ratio"),
)
MAX_ROWS: int = setting("limits.areas.max_rows")
MAX_FINDINGS: int = setting("limits.areas.findings")
"""What a download may hold, and how many findings of a kind are listed."""

BATCH_ROWS: int = setting("limits.areas.batch_rows")
BATCH_BYTES: int = setting("limits.areas.batch_bytes")

REMARKS = "SUPP_INFO"
"""Column that comes as `remarks`: what the owner of the data wished to add."""

_TEXTS = ("name", "second_name", "designation")
_WKT = ("wkt", "wkt_geom", "geometry", "geom", "the_geom", "shape", "wkt_geometry")


def is_protected_areas(columns: Iterable[str]) -> bool:
    """Whether columns are those of protected areas or OECMs, in either schema.

    Examples
    --------
    >>> is_protected_areas(["WDPAID", "NAME"]), is_protected_areas(["SitRecID", "ISO3"])
    (True, False)
    """
    keys = {key(name) for name in columns}
    return bool(keys & {"wdpaid", "wdpapid", "sitepid"}) or {"desigeng", "statusyr"} <= keys


def read_protected_areas(
    path: str | os.PathLike[str],
    progress: Progress | None = None,
    *,
    report: ImportReport | None = None,
    limits: Limits = LIMITS,
    max_rows: int = MAX_ROWS,
    max_layers: int = MAX_LAYERS,
    batch_rows: int = BATCH_ROWS,
    batch_bytes: int = BATCH_BYTES,
) -> Iterator[gpd.GeoDataFrame]:
    """Protected areas and OECMs of a download, some at a time.

    Parameters
    ----------
    path : str or path-like
        Zip (also of the three zips that a download comes in: all are read), shapefile, GeoPackage, GeoJSON,
        geodatabase, or CSV with a column of WKT.
    progress : callable, optional
        Called with the share done and the stage.
    report : ImportReport, optional
        Takes the rows read, and every finding. Give one with a `limit`.
    limits : Limits
        What an archive may hold.
    max_rows, max_layers : int
        What a download may hold.
    batch_rows, batch_bytes : int
        How many rows, and bytes of outlines, come at a time.

    Yields
    ------
    geopandas.GeoDataFrame
        `file` and `row` (the first row of a layer is 1), the fields of
        `aze_core.domain.protected_areas.match_columns` that the file has, as they came but for mended texts,
        `remarks`, and `geometry`: valid polygons or points in EPSG:4326, cut at ±180°. Rows without a usable
        place are set aside. A batch can be empty.

    Raises
    ------
    DataError
        When the file as a whole cannot be read: see `open_archive` and `stream_layer`; also no layer of
        protected areas, no geometry, no rows, or too many.

    Notes
    -----
    Points and polygons are told by their geometry, never by a file's name. Nothing is left out for its
    status or designation: see `aze_core.measures.cleaning`. Do not trust what came before an error: damage at
    the end of a file is met at its end.

    Examples
    --------
    >>> import shapely, tempfile
    >>> park = gpd.GeoDataFrame({"WDPAID": [7.0], "NAME": ["Ash Hill"], "STATUS": ["Designated"]},
    ...                         geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     park.to_file(f"{folder}/wdpa.gpkg")
    ...     [batch] = read_protected_areas(f"{folder}/wdpa.gpkg")
    >>> batch[["row", "area_id", "name", "status"]].values.tolist()
    [[1, 7.0, 'Ash Hill', 'Designated']]
    """
    tell = progress or (lambda share, stage: None)
    report = report if report is not None else ImportReport()
    tell(0.0, "read")
    with open_archive(path, limits) as archive:
        layers = _layers(archive, max_layers, report)
        expected = sum(layer.rows for layer in layers) if all(layer.rows >= 0 for layer in layers) else 0
        if expected > max_rows:
            raise DataError("areas_too_many_rows", file=archive.file, limit=max_rows)
        before = report.read

        def batches() -> Iterator[pd.DataFrame]:
            if not layers:
                yield from _csv(archive, report, batch_rows)
            for layer in layers:
                fields = _fields(layer.columns, layer.label, report)
                yield from stream_layer(layer, fields, report, batch_rows=batch_rows, batch_bytes=batch_bytes)

        for rows in batches():
            read = report.read - before
            if read > max_rows:
                raise DataError("areas_too_many_rows", file=archive.file, limit=max_rows)
            _mend_texts(rows, report)
            yield gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")
            tell(min(1.0, read / expected) if expected else 0.5, "read")
        if report.read == before:
            raise DataError("import_no_rows", file=archive.file)
    tell(1.0, "read")


def _layers(archive: Archive, max_layers: int, report: ImportReport) -> list[Layer]:
    """Layers of protected areas; the others are noted."""
    layers = find_layers(archive, max_layers)
    found = [layer for layer in layers if is_protected_areas(layer.columns)]
    if layers and not found:
        came = ", ".join(all_columns(layers)[:60]) or "no columns"
        raise DataError("areas_not_known", file=archive.file, found=came)
    if not layers and archive.of(*SPATIAL):
        raise DataError("areas_no_geometry", file=archive.file, found="a layer without geometry")
    for layer in layers:
        if layer not in found:
            report.add("noted", "other_layer", layer.label, detail="not read: it holds no protected areas")
    return found


def _fields(columns: Sequence[str], label: str, report: ImportReport) -> dict[str, str]:
    """Columns by field; those that the cleaning needs and does not find are noted."""
    fields = match_columns(columns)
    known = {column.strip().casefold(): column for column in columns}
    if REMARKS.casefold() in known:
        fields["remarks"] = known[REMARKS.casefold()]
    for column in NEEDED:
        if column.casefold() not in known:
            report.add("noted", "column_absent", label, column=column)
    return fields


def _csv(archive: Archive, report: ImportReport, batch_rows: int) -> Iterator[pd.DataFrame]:
    """Rows of the tables that carry their outlines as text."""
    bare: list[str] = []
    opened: list[Iterator[pd.DataFrame]] = []
    for source in archive.of("csv"):
        chunks = _chunks(source, batch_rows, report)
        first = next(chunks, pd.DataFrame())
        columns = list(first.columns)
        if not is_protected_areas(columns):
            report.add("noted", "other_layer", source.name, detail="not read: it holds no protected areas")
        elif place := next((c for name in _WKT for c in columns if c.strip().casefold() == name), None):
            opened.append(_from_text(source.name, chain([first], chunks), place, report))
        else:
            bare += columns
    if not opened and bare:
        raise DataError("areas_no_geometry", file=archive.file, found=", ".join(bare[:40]))
    if not opened:
        came = ", ".join(source.name for source in archive.sources[:10])
        raise DataError("areas_not_known", file=archive.file, found=came)
    yield from chain.from_iterable(opened)


def _chunks(source: Source, rows: int, report: ImportReport) -> Iterator[pd.DataFrame]:
    """A table some rows at a time, every cell a text."""
    odd = False
    with source.open() as stream:
        head = stream.peek(3)
        wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        first = head.split(b"\n", 1)[0]
        try:
            # Latin-1 keeps every byte: what it means is found out cell by cell
            for chunk in pd.read_csv(
                stream,
                dtype=str,
                keep_default_na=False,
                sep=max(",;\t|", key=lambda mark: first.count(mark.encode())),
                encoding="utf-16" if wide else "latin-1",
                chunksize=rows,
            ):
                chunk.columns = pd.Index([_as_meant(str(column), wide)[0] for column in chunk.columns])
                for number, column in enumerate(chunk.columns):
                    cells = [_as_meant(cell, wide) for cell in chunk.iloc[:, number]]
                    odd |= not all(fits for _, fits in cells)
                    chunk[column] = pd.Series([cell for cell, _ in cells], index=chunk.index, dtype="str")
                yield chunk
        except (ValueError, pd.errors.ParserError) as error:
            problem = " ".join(str(error).split())[:300]
            raise DataError("layer_unreadable", file=source.name, problem=problem) from None
    if odd:
        detail = "some text is not utf-8; read as Windows-1252"
        report.add("noted", "text_encoding", source.name, value="utf-8", detail=detail)


def _as_meant(text: str, wide: bool) -> tuple[str, bool]:
    """A cell that was read as Latin-1 as it was meant, and whether it was UTF-8."""
    if text.isascii() or wide:
        return text, True
    meant, fits = decoded(text.encode("latin-1"))
    return meant.removeprefix("\ufeff"), fits


def _from_text(
    label: str, chunks: Iterable[pd.DataFrame], place: str, report: ImportReport
) -> Iterator[pd.DataFrame]:
    """Sound rows of a table with a column of WKT."""
    at, assumed = 0, False
    for chunk in chunks:
        fields = _fields(list(chunk.columns), label, ImportReport() if at else report)
        rows = pd.DataFrame({"file": label, "row": np.arange(at + 1, at + 1 + len(chunk))})
        at += len(chunk)
        for field, column in fields.items():
            rows[field] = chunk[column].to_numpy()
        with np.errstate(invalid="ignore"):
            shapes = shapely.from_wkt(chunk[place].to_numpy(dtype=object), on_invalid="ignore")
        found = ImportReport(read=len(rows))
        sound = sound_rows(rows, shapely.force_2d(shapes), None, label, found)
        # that degrees are assumed is told once
        found.findings = [one for one in found.findings if one[1] != "crs_assumed" or not assumed]
        assumed |= any(one[1] == "crs_assumed" for one in found.findings)
        report.merge(found)
        yield sound


def _mend_texts(rows: pd.DataFrame, report: ImportReport) -> None:
    """Names that were certainly decoded wrongly on their way are put right."""
    for field in _TEXTS:
        if field not in rows:
            continue
        texts = rows[field].astype("str").to_numpy(dtype=object, copy=True)
        told = {text for text in set(texts) if isinstance(text, str) and repair_text(text) is not None}
        odd = [at for at, text in enumerate(texts) if text in told] if told else []
        for at in odd:
            texts[at] = readable(texts[at], field, _noting(rows, rows.index[at], report))
        if odd:
            rows[field] = pd.Series(texts, index=rows.index, dtype="str")


def _noting(rows: pd.DataFrame, at: object, report: ImportReport) -> Note:
    file, row = where(rows, at)

    def note(action: str, rule: str, column: str, value: object = "", detail: str = "") -> None:
        report.add(action, rule, file, row, column, value, detail)

    return note

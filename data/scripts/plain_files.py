"""Writes zips, shapefiles, workbooks and GeoJSON whose bytes follow from their content alone.

No clock, no machine and no library version leaves a trace: dates are the first that a zip can hold, members
are sorted, and the formats are written here rather than by a library that signs its files.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

POINT, POLYGON, MULTIPOINT = 1, 5, 8

WGS84 = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)

Field = tuple[str, str, int, int]
"""Name, type (C or N), width and decimals of a column of a .dbf table."""


def write_zip(path: Path, members: Mapping[str, bytes | Path], packed: bool = False) -> None:
    """A zip of bytes and files, members sorted.

    Not packed unless asked for: packed bytes differ between builds of zlib.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(members):
            content = members[name]
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # else it tells Windows from the others
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            info.file_size = content.stat().st_size if isinstance(content, Path) else len(content)
            with archive.open(info, "w") as target:
                if isinstance(content, Path):
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, target, 1 << 20)
                else:
                    target.write(content)


class Shapefile:
    """Writes a shapefile row by row, whatever its length, without checks: faults can be written too.

    Polygons are lists of rings, outer rings clockwise; points and multipoints are arrays of coordinates.
    """

    def __init__(self, folder: Path, stem: str, kind: int, fields: Sequence[Field]) -> None:
        self.kind, self.fields, self.count = kind, fields, 0
        self.paths = {
            f"{stem}.{end}": folder / f"{stem}.{end}" for end in ("shp", "shx", "dbf", "prj", "cpg")
        }
        self.paths[f"{stem}.prj"].write_bytes(WGS84.encode())
        self.paths[f"{stem}.cpg"].write_bytes(b"UTF-8")
        self._shp, self._shx, self._dbf = (
            self.paths[f"{stem}.{end}"].open("wb") for end in ("shp", "shx", "dbf")
        )
        self._low, self._high = np.full(2, np.inf), np.full(2, -np.inf)
        self._heads()

    def __enter__(self) -> Shapefile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dbf.write(b"\x1a")
        self._heads()
        for stream in (self._shp, self._shx, self._dbf):
            stream.close()

    def _heads(self) -> None:
        """Headers, at first to make room and at last with what they have to say."""
        box = (*self._low, *self._high) if self.count else (0.0,) * 4
        for stream in (self._shp, self._shx):
            stream.seek(0, io.SEEK_END)
            words = max(stream.tell(), 100) // 2
            stream.seek(0)
            head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<2i", 1000, self.kind)
            stream.write(head + struct.pack("<8d", *box, 0, 0, 0, 0))
        width = 1 + sum(size for _, _, size, _ in self.fields)
        # the date of the last change: 1980-01-01
        head = struct.pack("<4BIHH20x", 3, 80, 1, 1, self.count, 33 + 32 * len(self.fields), width)
        for name, kind, size, decimals in self.fields:
            head += struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), size, decimals)
        self._dbf.seek(0)
        self._dbf.write(head + b"\r")

    def add(self, shape: Any, values: Mapping[str, Any]) -> None:
        """One row; a missing value stays blank."""
        parts = shape if self.kind == POLYGON else [shape]
        xy = np.concatenate([np.atleast_2d(part) for part in parts]).astype("<f8")
        low, high = xy.min(axis=0), xy.max(axis=0)
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        body = struct.pack("<i", self.kind)
        if self.kind != POINT:
            body += struct.pack("<4d", *low, *high)
        if self.kind == POLYGON:
            starts = np.cumsum([0, *map(len, parts)])
            body += struct.pack(f"<2i{len(parts)}i", len(parts), len(xy), *starts[:-1])
        elif self.kind == MULTIPOINT:
            body += struct.pack("<i", len(xy))
        body += xy.tobytes()
        self.count += 1
        self._shx.write(struct.pack(">2i", self._shp.tell() // 2, len(body) // 2))
        self._shp.write(struct.pack(">2i", self.count, len(body) // 2) + body)
        self._dbf.write(b" " + b"".join(_cell(field, values.get(field[0])) for field in self.fields))


def _cell(field: Field, value: Any) -> bytes:
    name, kind, width, decimals = field
    if value is None:
        return b" " * width
    raw = f"{value:{width}.{decimals}f}".encode() if kind == "N" else str(value).encode().ljust(width)
    if len(raw) > width:
        raise ValueError(f"{name} has {width} bytes, {value!r} needs {len(raw)}")
    return raw


def workbook(sheet: str, rows: Iterable[Sequence[Any]]) -> dict[str, bytes]:
    """The parts of an .xlsx workbook of one sheet; numbers as numbers, all else as text."""
    cells = []
    for number, row in enumerate(rows, start=1):
        line = "".join(_sheet_cell(f"{_letters(n)}{number}", value) for n, value in enumerate(row))
        cells.append(f'<row r="{number}">{line}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    book = "application/vnd.openxmlformats-officedocument.spreadsheetml"

    def related(kind: str, target: str) -> str:
        relation = f'<Relationship Id="rId1" Type="{office}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{package}/relationships">{relation}</Relationships>'

    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{book}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{book}.worksheet+xml"/></Types>',
        "_rels/.rels": related("officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": related("worksheet", "worksheets/sheet1.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>'
        f"{''.join(cells)}</sheetData></worksheet>",
    }
    declared = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return {name: (declared + text).encode() for name, text in parts.items()}


def _letters(place: int) -> str:
    text = ""
    while place >= 0:
        text, place = chr(65 + place % 26) + text, place // 26 - 1
    return text


def _sheet_cell(place: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def csv_bytes(rows: Iterable[Sequence[Any]], delimiter: str = ",") -> bytes:
    """Rows as CSV in UTF-8 with LF; missing values are empty cells."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def geojson_bytes(features: Iterable[tuple[Mapping[str, Any], list[list[list[Any]]]]]) -> bytes:
    """Properties and polygons (lists of rings) as GeoJSON, one feature a line."""
    lines = []
    for properties, polygons in features:
        one = len(polygons) == 1
        shape = {
            "type": "Polygon" if one else "MultiPolygon",
            "coordinates": polygons[0] if one else polygons,
        }
        feature = {"type": "Feature", "properties": dict(properties), "geometry": shape}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode()

"""Finds the layers and tables of a download, zipped or not, and trusts none of what it says of itself."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from aze_core.domain.errors import DataError
from aze_core.domain.settings import value as setting

KINDS = {
    ".shp": "shapefile",
    ".gpkg": "geopackage",
    ".geojson": "geojson",
    ".json": "geojson",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".ods": "ods",
}
"""Kind of a file by its ending; the kind of a folder that holds a geodatabase is `geodatabase`."""

SPATIAL = ("shapefile", "geopackage", "geojson", "geodatabase")
"""Kinds that carry geometry."""

EXPECTED = ".zip, .shp, .gpkg, .geojson, .json, .csv, .xlsx, .ods or a .gdb folder"

_GDB_MARK = "a00000001.gdbtable"
_NEEDED = (".shx", ".dbf")
_COMPANIONS = (*_NEEDED, ".prj", ".cpg")
_CHUNK = 1 << 20
_FEED = 1 << 16

_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x00\x00\x27\x0a", "a shapefile"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Office file"),
)
_CONTENT = {
    "shapefile": "a shapefile",
    "geopackage": "an SQLite database",
    "xlsx": "a zip archive",
    "ods": "a zip archive",
}

# a crs member may name an address, which GDAL would fetch; only names of coordinate systems may pass
_CRS_KEY = re.compile(rb"""["']crs["'](?![,}\]])""", re.IGNORECASE)
_CRS_TYPES = {"name", "epsg", "ogc"}
_CRS_ROOM = 8192
_ESCAPE = re.compile(rb"\\u00([0-7][0-9a-fA-F])")
_BLANKS = b" \t\r\n\v\f"


@dataclass(frozen=True)
class Limits:
    """What an archive may hold, counted over the whole tree of zips in zips.

    Attributes
    ----------
    members : int
        Entries.
    total_bytes : int
        Bytes after unpacking.
    ratio : float
        Unpacked over packed size of one entry, and of the whole.
    ratio_from_bytes : int
        Unpacked size from which the ratio counts: tables padded with blanks shrink far, and small ones
        do no harm.
    depth : int
        Zips within zips, the outermost included.
    """

    members: int = setting("limits.archive.members")
    total_bytes: int = setting("limits.archive.total_bytes")
    ratio: float = setting("limits.archive.ratio")
    ratio_from_bytes: int = setting("limits.archive.ratio_from_bytes")
    depth: int = setting("limits.archive.depth")


class _Tally:
    """Members and bytes counted so far, over all levels."""

    def __init__(self, limits: Limits, file: str, packed: int) -> None:
        self.limits, self.file, self.packed = limits, file, packed
        self.members = self.bytes = 0

    def add(self, members: int, size: int) -> None:
        self.members += members
        self.bytes += size
        if self.members > self.limits.members:
            raise DataError(
                "archive_too_many_members", file=self.file, found=self.members, limit=self.limits.members
            )
        if self.bytes > self.limits.total_bytes:
            raise DataError(
                "archive_too_large",
                file=self.file,
                found=_megabytes(self.bytes),
                limit=_megabytes(self.limits.total_bytes),
            )
        self.check_ratio(self.file, self.bytes, self.packed)

    def check_ratio(self, member: str, size: int, packed: int) -> None:
        if size >= self.limits.ratio_from_bytes and size > self.limits.ratio * max(packed, 1):
            raise DataError(
                "archive_ratio",
                file=self.file,
                member=member,
                found=round(size / max(packed, 1)),
                limit=round(self.limits.ratio),
            )


class _Room:
    """A private temporary folder, made when first needed."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0

    def place(self, name: str, size: int) -> Path:
        """A path in a folder of its own, with room for `size` bytes."""
        try:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="aze-import-", ignore_cleanup_errors=True)
            root = Path(self._folder.name)
            free = shutil.disk_usage(root).free
            if size > free:
                raise DataError(
                    "archive_no_room",
                    file=self.file,
                    needed=_megabytes(size),
                    problem=f"{_megabytes(free)} MB are free",
                )
            self._count += 1
            folder = root / str(self._count)
            folder.mkdir()
        except OSError as error:
            raise self.full(error, size) from None
        return folder / name

    def write(self, path: Path, chunks: Iterable[bytes], size: int) -> None:
        try:
            with path.open("xb") as stream:
                for chunk in chunks:
                    stream.write(chunk)
        except OSError as error:
            raise self.full(error, size) from None

    def full(self, error: OSError, size: int) -> DataError:
        return DataError(
            "archive_no_room",
            file=self.file,
            needed=_megabytes(size),
            problem=error.strerror or type(error).__name__,
        )

    def clear(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


@dataclass(frozen=True)
class _Member:
    name: str
    offset: int
    packed: int
    size: int
    crc: int
    deflated: bool


class _Zip:
    """One zip whose directory has passed every check; its members are read with their true size watched."""

    def __init__(self, path: Path, label: str, tally: _Tally) -> None:
        self.path, self.label = path, label
        self._sound: set[str] = set()
        try:
            self._stream: BinaryIO = path.open("rb")
        except OSError as error:
            raise _unreadable(label, error) from None
        try:
            self.members = self._read_directory(tally)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._stream.close()

    def _broken(self, problem: str) -> DataError:
        return DataError("archive_broken", file=self.label, problem=problem)

    def _at(self, offset: int, length: int) -> bytes:
        try:
            self._stream.seek(offset)
            data = self._stream.read(length)
        except OSError as error:
            raise _unreadable(self.label, error) from None
        if len(data) != length:
            raise self._broken("it ends too early")
        return data

    def _find_directory(self) -> tuple[int, int, int]:
        """Offset, size and entries of the directory, where no two programs can read them differently."""
        size = os.fstat(self._stream.fileno()).st_size
        if size < 22:
            raise self._broken("it ends too early")
        tail = self._at(max(0, size - 22 - 0xFFFF), min(size, 22 + 0xFFFF))
        at = tail.rfind(b"PK\x05\x06")
        if at < 0:
            raise self._broken("its directory is missing, as in a download that was cut off")
        if len(tail) - at < 22:
            raise self._broken("its directory is cut off")
        disk, first, here, entries, length, offset, comment = struct.unpack("<4H2IH", tail[at + 4 : at + 22])
        if at + 22 + comment != len(tail):
            raise self._broken("bytes follow its directory")
        end = size - len(tail) + at
        if end >= 76 and self._at(end - 20, 4) == b"PK\x06\x07":
            where = struct.unpack("<8xQ4x", self._at(end - 20, 20))[0]
            end -= 76
            record = self._at(end, 56)
            if where != end or record[:4] != b"PK\x06\x06":
                raise self._broken("its directory is not where it says")
            disk, first, here, entries, length, offset = struct.unpack("<16x2I4Q", record)
        if disk or first or here != entries:
            raise self._broken("it is one part of a split archive")
        if offset + length != end:
            raise self._broken("its directory is not where it says")
        return offset, length, entries

    def _read_directory(self, tally: _Tally) -> dict[str, _Member]:
        offset, length, entries = self._find_directory()
        tally.add(entries, 0)
        # zipfile reads the whole directory at once, however many entries it claims
        if length > 1024 * tally.limits.members + _FEED:
            raise self._broken(f"its directory has {length} bytes")
        try:
            with zipfile.ZipFile(self._stream) as opened:
                infos = opened.infolist()
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            struct.error,
            ValueError,
            OverflowError,
            IndexError,
            EOFError,
            OSError,
        ) as error:
            raise self._broken(str(error) or type(error).__name__) from None
        if len(infos) != entries:
            raise self._broken(f"its directory says {entries} entries and holds {len(infos)}")
        if not entries:
            raise self._broken("it holds nothing")
        seen: set[str] = set()
        found: dict[str, _Member] = {}
        spans: list[tuple[int, int]] = []
        for info in infos:
            name = info.orig_filename
            self._check_name(name, seen)
            self._check_kind(name, info)
            start = self._check_header(name, info)
            spans.append((info.header_offset, start + info.compress_size))
            tally.check_ratio(f"{self.label}/{_show(name)}", info.file_size, info.compress_size)
            tally.add(0, info.file_size)
            if not name.endswith("/"):
                deflated = info.compress_type == zipfile.ZIP_DEFLATED
                found[name] = _Member(name, start, info.compress_size, info.file_size, info.CRC, deflated)
        spans.sort()
        ends = [*(begin for begin, _ in spans[1:]), offset]
        if any(end > following for (_, end), following in zip(spans, ends, strict=True)):
            raise self._broken("its entries overlap")
        return found

    def _check_name(self, name: str, seen: set[str]) -> None:
        problem = None
        if not name or name.startswith("/"):
            problem = "it starts at the root of the disk"
        elif any(unicodedata.category(c) == "Cc" for c in name):
            problem = "it holds a control character"
        elif "\\" in name:
            problem = "it holds a backslash"
        elif re.match(r"[A-Za-z]:", name):
            problem = "it starts with a drive letter"
        elif ".." in name.split("/"):
            problem = "it leads out of the archive (..)"
        if problem:
            raise DataError("archive_unsafe_name", file=self.label, member=_show(name), problem=problem)
        key = unicodedata.normalize("NFC", name).casefold().rstrip("/")
        if key in seen:
            raise DataError("archive_duplicate_name", file=self.label, member=_show(name))
        seen.add(key)

    def _check_kind(self, name: str, info: zipfile.ZipInfo) -> None:
        mode = stat.S_IFMT(info.external_attr >> 16)
        # 3: the attributes are Unix ones; other systems leave the upper half to chance
        if info.create_system == 3 and mode not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise DataError("archive_link", file=self.label, member=_show(name))
        # 0x1 encrypted, 0x40 strongly encrypted, 0x2000 encrypted directory
        if info.flag_bits & 0x2041:
            raise DataError("archive_encrypted", file=self.label, member=_show(name))
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
            raise DataError("archive_method", file=self.label, member=_show(name), found=method)

    def _check_header(self, name: str, info: zipfile.ZipInfo) -> int:
        """Where the member's bytes begin."""
        header = self._at(info.header_offset, 30)
        signature, flags, method, names, extra = struct.unpack("<4s2x2H16x2H", header)
        if signature != b"PK\x03\x04" or method != info.compress_type:
            raise self._broken(f"its entry {_show(name)} is not where the directory says")
        if flags & 0x2041:
            raise DataError("archive_encrypted", file=self.label, member=_show(name))
        return info.header_offset + 30 + names + extra

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's bytes in pieces of at most 1 MiB.

        Raises
        ------
        DataError
            As soon as more bytes come than the directory says; at the end, when fewer came or the
            checksum differs.
        """
        member = self.members[name]
        size = crc = 0
        for chunk in self._inflate(member) if member.deflated else self._plain(member):
            size += len(chunk)
            if size > member.size:
                raise self._false_size(member, f"more than {member.size}")
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if size != member.size:
            raise self._false_size(member, str(size))
        if crc != member.crc:
            raise self._broken(f"the checksum of {_show(name)} differs")
        self._sound.add(name)

    def _false_size(self, member: _Member, found: str) -> DataError:
        return DataError(
            "archive_false_size",
            file=self.label,
            member=_show(member.name),
            found=found,
            expected=str(member.size),
        )

    def _plain(self, member: _Member) -> Iterator[bytes]:
        at, left = member.offset, member.packed
        while left:
            chunk = self._at(at, min(_CHUNK, left))
            at, left = at + len(chunk), left - len(chunk)
            yield chunk

    def _inflate(self, member: _Member) -> Iterator[bytes]:
        machine = zlib.decompressobj(-zlib.MAX_WBITS)
        at, left, waiting = member.offset, member.packed, b""
        while not machine.eof:
            if not waiting and left:
                waiting = self._at(at, min(_FEED, left))
                at, left = at + len(waiting), left - len(waiting)
            try:
                chunk = machine.decompress(waiting, _CHUNK)
            except zlib.error:
                raise self._broken(f"its entry {_show(member.name)} cannot be unpacked") from None
            waiting = machine.unconsumed_tail
            if chunk:
                yield chunk
            elif not waiting and not left and not machine.eof:
                raise self._broken(f"its entry {_show(member.name)} ends too early")
        if machine.unused_data or left:
            raise self._broken(f"its entry {_show(member.name)} has bytes to spare")

    def verify(self, name: str) -> None:
        """Read a member through once, so that whoever reads it later meets no surprise."""
        if name not in self._sound:
            for _ in self.chunks(name):
                pass


class _Stream(io.RawIOBase):
    """A member as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        n = min(len(buffer), len(self._rest))
        buffer[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        return n


class Source:
    """One layer file, geodatabase or table of an archive.

    Attributes
    ----------
    name : str
        Its place as a user would write it: ``download.zip/part.zip/folder/sites.shp``.
    kind : str
        One of the values of `KINDS`, or ``geodatabase``.
    size : int
        Bytes, unpacked; of a shapefile with its companions.
    """

    def __init__(self, name: str, kind: str, size: int) -> None:
        self.name, self.kind, self.size = name, kind, size
        self._path: str | None = None

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {self.kind!r})"

    @property
    def path(self) -> str:
        """A path that pyogrio opens, valid while the archive is open.

        Shapefiles and texts are read inside the zip; the other kinds need to be read back and forth, and
        are unpacked into the archive's temporary folder first.

        Raises
        ------
        DataError
            When the content is not what the name says, is damaged, false about its size, or points to
            other files or addresses.
        """
        if self._path is None:
            self._path = self._locate()
        return self._path

    def open(self) -> io.BufferedReader:
        """The bytes, for reading once; of a shapefile its .shp, of a geodatabase none.

        Raises
        ------
        DataError
            As `path`; size and checksum while reading.
        """
        self._check_head()
        return io.BufferedReader(_Stream(self._chunks()), _CHUNK)

    def _locate(self) -> str:
        raise NotImplementedError

    def _chunks(self) -> Iterator[bytes]:
        raise NotImplementedError

    def _check_head(self) -> None:
        _check_content(next(self._chunks(), b""), self.kind, self.name)

    def _check_text(self) -> None:
        for _ in _passive(self._chunks(), self.kind, self.name):
            pass


class _PlainSource(Source):
    def __init__(self, file: Path, kind: str, size: int, tally: _Tally) -> None:
        super().__init__(file.name, kind, size)
        self._file, self._tally = file, tally

    def _locate(self) -> str:
        if self.kind == "shapefile":
            try:
                beside = {part.name for part in self._file.parent.iterdir()}
            except OSError as error:
                raise _unreadable(self.name, error) from None
            _check_companions(self.name, beside)
        if self.kind in ("geojson", "csv"):
            self._check_text()
        if self.kind in ("xlsx", "ods"):
            _check_workbook(self._file, self.name, self._tally)
        return str(self._file)

    def _chunks(self) -> Iterator[bytes]:
        try:
            with self._file.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except OSError as error:
            raise _unreadable(self.name, error) from None


class _ZippedSource(Source):
    def __init__(
        self, zipped: _Zip, member: str, parts: list[str], kind: str, room: _Room, tally: _Tally
    ) -> None:
        size = sum(zipped.members[part].size for part in parts)
        super().__init__(f"{zipped.label}/{_show(member)}", kind, size)
        self._zip, self._member, self._parts, self._room, self._tally = zipped, member, parts, room, tally

    def _chunks(self) -> Iterator[bytes]:
        return self._zip.chunks(self._member)

    def _locate(self) -> str:
        if self.kind == "geodatabase":
            folder = self._room.place("layer.gdb", self.size)
            folder.mkdir()
            for part in self._parts:
                self._unpack(part, folder / part.rpartition("/")[2])
            return str(folder)
        self._check_head()
        if self.kind == "shapefile":
            _check_companions(self.name, {part.rpartition("/")[2] for part in self._parts})
        if self.kind in ("geojson", "csv"):
            self._check_text()
        if self.kind in ("shapefile", "geojson", "csv") and self._is_plain():
            for part in self._parts:
                self._zip.verify(part)
            # braces end the archive's name, whatever its ending
            return f"/vsizip/{{{self._zip.path.resolve().as_posix()}}}/{self._member}"
        target = self._room.place(f"layer{_suffix(self._member).lower()}", self.size)
        for part in self._parts:
            self._unpack(part, target.with_suffix(_suffix(part).lower()))
        if self.kind in ("xlsx", "ods"):
            _check_workbook(target, self.name, self._tally)
        return str(target)

    def _unpack(self, part: str, target: Path) -> None:
        self._room.write(target, self._zip.chunks(part), self.size)

    def _is_plain(self) -> bool:
        """Whether GDAL finds the parts in the zip by these names."""
        stems = {part[: -len(_suffix(part))] for part in self._parts}
        cases = {_suffix(part).isupper() for part in self._parts if _suffix(part) != ".cpg"}
        odd = any(not step or step == "." for step in self._member.split("/"))
        return len(stems) == 1 and len(cases) <= 1 and not odd and not set("{}") & set(str(self._zip.path))


class Archive:
    """The layers and tables of one download; close it, or use it in a ``with`` block.

    Attributes
    ----------
    file : str
        Name of the file or folder that was opened.
    sources : tuple of Source
        What was found, in the order of the names.
    """

    def __init__(self, file: str, room: _Room) -> None:
        self.file = file
        self.sources: tuple[Source, ...] = ()
        self._room = room
        self._zips: list[_Zip] = []

    def of(self, *kinds: str) -> tuple[Source, ...]:
        """The sources of these kinds."""
        return tuple(source for source in self.sources if source.kind in kinds)

    def close(self) -> None:
        """Close every zip and delete the temporary folder."""
        for zipped in self._zips:
            zipped.close()
        self._room.clear()

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add_zip(self, path: Path, label: str, tally: _Tally, depth: int) -> list[Source]:
        zipped = _Zip(path, label, tally)
        self._zips.append(zipped)
        found: list[Source] = []
        names = [name for name in zipped.members if not _is_litter(name)]
        inside = {name.rpartition("/")[0] for name in names if name.rpartition("/")[2].lower() == _GDB_MARK}
        for folder in inside:
            # what a geodatabase consists of has plain names
            pattern = re.compile(re.escape(folder + "/" if folder else "") + r"(?a:\w[\w.-]*)")
            parts = [name for name in names if pattern.fullmatch(name)]
            shown = folder or label.rpartition("/")[2]
            found.append(_ZippedSource(zipped, shown, parts, "geodatabase", self._room, tally))
        for name in names:
            folder, _, base = name.rpartition("/")
            suffix = _suffix(name).lower()
            if folder in inside:
                continue
            if suffix == ".zip":
                size = zipped.members[name].size
                inner = f"{label}/{_show(name)}"
                # told before the bytes are written
                if depth >= tally.limits.depth:
                    raise DataError(
                        "archive_too_deep", file=self.file, member=inner, limit=tally.limits.depth
                    )
                target = self._room.place("inner.zip", size)
                self._room.write(target, zipped.chunks(name), size)
                _check_content(_head(target, inner), "zip", inner)
                found.extend(self._add_zip(target, inner, tally, depth + 1))
            elif suffix in KINDS:
                parts = [name]
                if suffix == ".shp":
                    stem = base[: -len(suffix)].casefold()
                    parts += [
                        other
                        for other in names
                        if other.rpartition("/")[0] == folder
                        and other.rpartition("/")[2].casefold() in {stem + end for end in _COMPANIONS}
                    ]
                found.append(_ZippedSource(zipped, name, parts, KINDS[suffix], self._room, tally))
        return found


def open_archive(path: str | os.PathLike[str], limits: Limits | None = None) -> Archive:
    """Look into a download without unpacking it.

    Parameters
    ----------
    path : str or path-like
        A zip (also of zips), a layer or table file, or a geodatabase folder.
    limits : Limits, optional
        What it may hold.

    Returns
    -------
    Archive
        Open; names, sizes, nesting and kinds of all entries are checked, contents when they are read.

    Raises
    ------
    DataError
        When it breaks a limit, is damaged, is something else than its name says, or holds nothing that
        can be read. Nothing is left on the disk then.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "costs.zip"
    ...     with zipfile.ZipFile(file, "w") as zipped:
    ...         zipped.writestr("2025/costs.csv", "site_id,cost")
    ...     with open_archive(file) as archive:
    ...         archive.sources, archive.sources[0].open().read()
    ((Source('costs.zip/2025/costs.csv', 'csv'),), b'site_id,cost')
    """
    file, limits = Path(path), limits or Limits()
    shown = _show(file.name)
    try:
        mode = file.stat().st_mode
        size = file.stat().st_size
        parts = {part.name.lower(): part for part in file.iterdir()} if stat.S_ISDIR(mode) else {}
        if parts:
            size = sum(part.stat().st_size for part in parts.values())
    except (OSError, ValueError) as error:
        raise _unreadable(shown, error) from None
    if stat.S_ISDIR(mode):
        if file.suffix.lower() != ".gdb" or _GDB_MARK not in parts:
            raise DataError("import_not_known", file=shown, found="a folder", expected=EXPECTED)
    elif not stat.S_ISREG(mode):
        raise DataError("import_not_known", file=shown, found="no ordinary file", expected=EXPECTED)
    tally = _Tally(limits, shown, size)
    archive = Archive(shown, _Room(shown))
    suffix = file.suffix.lower()
    if stat.S_ISDIR(mode) or suffix in KINDS:
        kind = KINDS.get(suffix, "geodatabase")
        if stat.S_ISREG(mode):
            _check_content(_head(file, shown), kind, shown)
        tally.add(1, size)
        archive.sources = (_PlainSource(file, kind, size, tally),)
        return archive
    head = _head(file, shown)
    if suffix != ".zip" and not head.startswith(b"PK\x03\x04"):
        raise DataError("import_not_known", file=shown, found=_came(head), expected=EXPECTED)
    _check_content(head, "zip", shown)
    try:
        found = archive._add_zip(file, shown, tally, 1)
        archive.sources = tuple(sorted(found, key=lambda source: source.name))
        if not found:
            names = sorted(_show(name) for zipped in archive._zips for name in zipped.members)
            listed = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
            raise DataError("archive_no_layer", file=shown, found=listed or "no files", expected=EXPECTED)
    except BaseException:
        archive.close()
        raise
    return archive


def _megabytes(size: int) -> int:
    return -(-size // 1_000_000)


def _show(name: str) -> str:
    """A name fit for a message: nothing invisible, not endless."""
    text = "".join(c if c.isprintable() else "�" for c in name)
    return text if len(text) <= 160 else text[:80] + "…" + text[-79:]


def _suffix(name: str) -> str:
    base = name.rpartition("/")[2]
    return base[base.rindex(".") :] if "." in base else ""


def _is_litter(name: str) -> bool:
    """What macOS adds to every zip: its ``._sites.shp`` is no shapefile."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")


def _unreadable(file: str, error: Exception) -> DataError:
    problem = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return DataError("import_unreadable", file=file, problem=problem)


def _head(path: Path, shown: str) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_FEED)
    except OSError as error:
        raise _unreadable(shown, error) from None


def _text_start(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _came(head: bytes) -> str:
    """What a file is, by its first bytes."""
    if not head:
        return "an empty file"
    for signature, came in _SIGNATURES:
        if head.startswith(signature):
            return came
    start = _text_start(head)[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if start.startswith(b"<"):
        return "an XML file"
    if start.startswith((b"{", b"[")):
        return "a JSON text"
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "a binary file of unknown kind"
    return "a text"


def _check_content(head: bytes, kind: str, file: str) -> None:
    """GDAL goes by content, not by name: a file that passes as another kind would be opened as that."""
    came = _came(head)
    if kind == "csv":
        fits, expected = came in ("a text", "a JSON text"), "a text"
    elif kind == "geojson":
        fits, expected = _text_start(head).startswith(b"{"), "a GeoJSON object"
    else:
        expected = _CONTENT.get(kind, "a zip archive")
        fits = came == expected
    if not fits:
        raise DataError("import_wrong_content", file=file, found=came, expected=expected)


def _passive(chunks: Iterable[bytes], kind: str, file: str) -> Iterator[bytes]:
    """Pass a text on, unless it would make GDAL open other files or addresses."""
    waiting = b""
    for chunk in chunks:
        # blanks and escapes are taken out, so that neither can hide a key or spread it over two chunks
        waiting += chunk.translate(None, _BLANKS)
        waiting = _look(waiting, kind, file, last=False)
        yield chunk
    _look(waiting, kind, file, last=True)


def _look(raw: bytes, kind: str, file: str, last: bool) -> bytes:
    """Check a stretch of text; returns what has to be seen again with the next one."""
    if b"<OGRVRT" in raw:
        raise DataError("import_points_elsewhere", file=file, found="<OGRVRTDataSource>")
    if kind != "geojson":
        return raw[-32:]
    text = _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), raw) if b"\\u00" in raw else raw
    for key in _CRS_KEY.finditer(text):
        rest = text[key.end() : key.end() + _CRS_ROOM]
        # near the end of the stretch it is looked at again, with what follows
        if (last or len(text) - key.start() > 1.5 * _CRS_ROOM) and not _is_named_crs(rest):
            shown = rest[:80].decode("latin-1")
            raise DataError("import_points_elsewhere", file=file, found=_show(f'"crs"{shown}'))
    return text[-2 * _CRS_ROOM :]


def _is_named_crs(rest: bytes) -> bool:
    """Whether what follows a crs key is no reference to an address."""
    if not rest.startswith(b":"):
        return False
    try:
        value, _ = json.JSONDecoder().raw_decode(rest[1:].decode("latin-1"))
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return not isinstance(value, list)
    types = [item for key, item in value.items() if key.lower() == "type"]
    return len(types) == 1 and str(types[0]).lower() in _CRS_TYPES


def _check_companions(name: str, beside: set[str]) -> None:
    base = name.rpartition("/")[2]
    stem = base[: -len(_suffix(base))].casefold()
    there = {other.casefold() for other in beside}
    missing = [end for end in _NEEDED if stem + end not in there]
    if missing:
        raise DataError("import_incomplete_shapefile", file=name, missing=", ".join(missing))


def _check_workbook(path: Path, name: str, tally: _Tally) -> None:
    """A workbook is a zip too; whoever reads it unpacks it."""
    zipped = _Zip(path, name, tally)
    try:
        for member in zipped.members:
            zipped.verify(member)
    finally:
        zipped.close()

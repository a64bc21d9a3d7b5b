"""Looking into downloads: what is found, and that nothing hostile gets further than a sentence."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import DataError
from aze_core.sources import archives
from aze_core.sources.archives import Archive, Limits, open_archive

SITES = gpd.GeoDataFrame(
    {"SitRecID": [1, 2]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)], crs="EPSG:4326"
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
VRT = b'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/tmp/a.csv</SrcDataSource></OGRVRTLayer>'


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The place for temporary folders; whatever a test did, nothing may be left in it."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def zip_of(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as zipped:
        for name, content in members.items():
            zipped.writestr(zipfile.ZipInfo(name), content, method)
    return path


def zip_bytes(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as zipped:
        for name, content in members.items():
            zipped.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def shapefile(folder: Path, name: str = "sites") -> dict[str, bytes]:
    """The parts of a shapefile of two squares, by ending."""
    work = folder / "parts"
    work.mkdir()
    SITES.to_file(work / f"{name}.shp")
    parts = {path.suffix: path.read_bytes() for path in work.iterdir()}
    shutil.rmtree(work)
    return parts


def look(path: Path, limits: Limits | None = None) -> None:
    """Open, and ask for whatever was found."""
    with open_archive(path, limits) as archive:
        for source in archive.sources:
            assert source.path


def refused(path: Path, limits: Limits | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        look(path, limits)
    return caught.value


def in_directory(raw: bytes, offset: int, layout: str, value: int, entry: int = 0) -> bytes:
    """A zip with one field of a directory entry changed."""
    at = -1
    for _ in range(entry + 1):
        at = raw.index(b"PK\x01\x02", at + 1)
    changed = bytearray(raw)
    struct.pack_into(layout, changed, at + offset, value)
    return bytes(changed)


# --- what is found -------------------------------------------------------------------------------------


def test_shapefile_in_a_sub_folder_is_read_inside_the_zip(tmp_path: Path, temporary: Path) -> None:
    parts = shapefile(tmp_path)
    path = zip_of(tmp_path / "kba.zip", {f"a b/Ciénaga/sites{end}": raw for end, raw in parts.items()})
    with open_archive(path) as archive:
        (source,) = archive.sources
        assert (source.name, source.kind) == ("kba.zip/a b/Ciénaga/sites.shp", "shapefile")
        assert source.size == sum(len(parts[end]) for end in (".shp", ".shx", ".dbf", ".prj", ".cpg"))
        assert source.path.startswith("/vsizip/")
        assert pyogrio.read_dataframe(source.path)["SitRecID"].tolist() == [1, 2]
        assert source.open().read() == parts[".shp"]
        assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "names",
    [
        {".shp": "sites.SHP", ".shx": "SITES.shx", ".dbf": "Sites.DBF"},
        {".shp": "a//sites.shp", ".shx": "a//sites.shx", ".dbf": "a//sites.dbf"},
        {".shp": "SITES.SHP", ".shx": "SITES.SHX", ".dbf": "SITES.DBF"},
        {".shp": "si{tes?.shp", ".shx": "si{tes?.shx", ".dbf": "si{tes?.dbf"},
    ],
)
def test_shapefile_with_odd_names_is_read_all_the_same(tmp_path: Path, names: dict[str, str]) -> None:
    parts = shapefile(tmp_path)
    path = zip_of(tmp_path / "kba.zip", {name: parts[end] for end, name in names.items()})
    with open_archive(path) as archive:
        assert len(pyogrio.read_dataframe(archive.sources[0].path)) == 2


def test_braces_in_the_name_of_the_zip(tmp_path: Path) -> None:
    parts = shapefile(tmp_path)
    path = zip_of(tmp_path / "k{ba.zip", {f"sites{end}": raw for end, raw in parts.items()})
    with open_archive(path) as archive:
        assert len(pyogrio.read_dataframe(archive.sources[0].path)) == 2


def test_zips_in_a_zip_are_all_listed(tmp_path: Path) -> None:
    parts = shapefile(tmp_path)
    inner = {f"part_{n}.zip": zip_bytes({f"p{n}{end}": raw for end, raw in parts.items()}) for n in range(3)}
    path = zip_of(tmp_path / "wdpa.zip", {**inner, "readme.txt": b"hello"}, zipfile.ZIP_STORED)
    with open_archive(path) as archive:
        assert [source.name for source in archive.sources] == [
            f"wdpa.zip/part_{n}.zip/p{n}.shp" for n in range(3)
        ]
        assert [len(pyogrio.read_dataframe(source.path)) for source in archive.sources] == [2, 2, 2]


def test_geodatabase_and_geopackage_are_unpacked_while_open(tmp_path: Path, temporary: Path) -> None:
    SITES.to_file(tmp_path / "kba.gdb", driver="OpenFileGDB", layer="KBA")
    SITES.to_file(tmp_path / "kba.gpkg", layer="KBA")
    with open_archive(tmp_path / "kba.gdb") as archive:
        assert archive.sources[0].kind == "geodatabase"
        assert len(pyogrio.read_dataframe(archive.sources[0].path)) == 2
    parts = {path.name: path.read_bytes() for path in (tmp_path / "kba.gdb").iterdir()}
    path = zip_of(
        tmp_path / "kba.zip",
        {
            **{f"data/kba.gdb/{name}": raw for name, raw in parts.items()},
            "x.gpkg": (tmp_path / "kba.gpkg").read_bytes(),
        },
    )
    with open_archive(path) as archive:
        assert [source.kind for source in archive.sources] == ["geodatabase", "geopackage"]
        for source in archive.sources:
            assert pyogrio.read_dataframe(source.path, layer="KBA")["SitRecID"].tolist() == [1, 2]
            assert Path(source.path).is_relative_to(temporary)
    bare = zip_of(tmp_path / "kba.gdb.zip", parts)
    with open_archive(bare) as archive:
        assert len(pyogrio.read_dataframe(archive.sources[0].path)) == 2


def test_tables_as_bytes(tmp_path: Path) -> None:
    workbook = zip_bytes({"xl/workbook.xml": b"<workbook/>"})
    path = zip_of(tmp_path / "t.zip", {"b.csv": b"site_id,cost\n1,2\n" * 200_000, "a.xlsx": workbook})
    with open_archive(path) as archive:
        assert [source.kind for source in archive.sources] == ["xlsx", "csv"]
        assert archive.of("csv")[0].open().read() == b"site_id,cost\n1,2\n" * 200_000
        assert Path(archive.of("xlsx")[0].path).read_bytes() == workbook


def test_what_macos_adds_is_left_out(tmp_path: Path) -> None:
    path = zip_of(
        tmp_path / "t.zip", {"a.csv": b"a\n1\n", "__MACOSX/._a.csv": b"\0\5\x16\7", "x/._b.shp": b"\0\5"}
    )
    with open_archive(path) as archive:
        assert [source.name for source in archive.sources] == ["t.zip/a.csv"]


def test_plain_files(tmp_path: Path) -> None:
    SITES.to_file(tmp_path / "a.shp")
    SITES.to_file(tmp_path / "a.geojson")
    (tmp_path / "upload").write_bytes(zip_bytes({"a.csv": b"a\n1\n"}))
    for name, kind in (("a.shp", "shapefile"), ("a.geojson", "geojson"), ("upload", "csv")):
        with open_archive(tmp_path / name) as archive:
            assert [source.kind for source in archive.sources] == [kind]
    with open_archive(tmp_path / "a.geojson") as archive:
        assert len(pyogrio.read_dataframe(archive.sources[0].path)) == 2


# --- what is something else ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.zip", PNG, "a PNG picture"),
        ("a.zip", b"<!DOCTYPE html><html>", "a web page"),
        ("a.zip", b"", "an empty file"),
        ("a.shp", zip_bytes({"a.csv": b"a"}), "a zip archive"),
        ("a.gpkg", b"\0\0\x27\x0a" + bytes(100), "a shapefile"),
        ("a.geojson", PNG, "a PNG picture"),
        ("a.geojson", b"[1, 2]", "a JSON text"),
        ("a.csv", VRT, "an XML file"),
        ("a.csv", b"a,b\n\0\0", "a binary file of unknown kind"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(100), "an old or password-protected Office file"),
        ("a.shp", VRT, "an XML file"),
        ("a.gpkg", VRT, "an XML file"),
    ],
)
def test_content_goes_before_the_name(tmp_path: Path, name: str, content: bytes, found: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = refused(path)
    assert (error.message_id, error.fields["file"]) == ("import_wrong_content", name)
    assert error.fields["found"] == found
    if name != "a.zip":
        error = refused(zip_of(tmp_path / "outer.zip", {name: content}))
        assert error.message_id in ("import_wrong_content", "import_incomplete_shapefile")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"a,b\n1," + VRT),
        ("a.json", b'{"a":"' + VRT.replace(b'"', b"'") + b'"}'),
        ("a.json", b'{"type":"FeatureCollection","crs":{"type":"link","properties":{"href":"x"}}}'),
        ("a.json", b'{"crs" : { "properties":{"url":"x"},\n "type" : "URL"}}'),
        ("a.json", b'{"\\u0063r\\u0073":{"type":"l\\u0069nk"}}'),
        ("a.json", b'{"crs"/**/:{"type":"link"}}'),
        ("a.json", b"{'crs':{'type':'link'}}"),
        ("a.json", b'{"crs":{"type":"name","Type":"link"}}'),
        ("a.json", b'{"crs":' + b" " * 3_000_000 + b'{"type":' + b"\n" * 3_000_000 + b'"link"}}'),
        ("a.json", b'{"crs":{"x":"' + b"y" * 20_000 + b'","type":"link"}}'),
        ("a.json", b'{"crs":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    ],
)
def test_text_that_points_elsewhere_never_reaches_gdal(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path).message_id == "import_points_elsewhere"
    assert refused(zip_of(tmp_path / "a.zip", {name: content})).message_id == "import_points_elsewhere"


def test_crs_key_is_found_wherever_it_stands(tmp_path: Path) -> None:
    bad = b'"crs":{"type":"link","properties":{}}'
    room = archives._CHUNK
    for before in (room - 40, room - 20, room - 3, room, 2 * room - 10, 2 * room - 9_000, 2 * room - 17_000):
        path = tmp_path / f"{before}.json"
        path.write_bytes(b'{"a":"' + b"x" * before + b'",' + bad + b',"b":"' + b"x" * 40_000 + b'"}')
        assert refused(path).message_id == "import_points_elsewhere"


def test_named_crs_and_the_word_crs_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    SITES.to_crs(32631).to_file(path)
    text = json.loads(path.read_text())
    assert text["crs"]["type"] == "name"
    for row in text["features"]:
        row["properties"].update({"crs": None, "kind": "crs", "list": ["crs"]})
    path.write_text(json.dumps(text))
    with open_archive(path) as archive:
        assert pyogrio.read_info(archive.sources[0].path)["crs"] == "EPSG:32631"


@pytest.mark.parametrize("name", ["a.dbf", "a.txt", "a"])
def test_files_that_are_no_layer(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"hello")
    error = refused(tmp_path / name)
    assert (error.message_id, error.fields["found"]) == ("import_not_known", "a text")


def test_folders_missing_files_and_pipes(tmp_path: Path) -> None:
    assert refused(tmp_path).message_id == "import_not_known"
    (tmp_path / "x.gdb").mkdir()
    assert refused(tmp_path / "x.gdb").message_id == "import_not_known"
    assert refused(tmp_path / "nowhere.zip").message_id == "import_unreadable"
    assert refused(tmp_path / "a\0b.zip").message_id == "import_unreadable"
    if hasattr(os, "mkfifo"):  # not on Windows
        os.mkfifo(tmp_path / "pipe.zip")
        assert refused(tmp_path / "pipe.zip").message_id == "import_not_known"


def test_shapefile_without_its_companions(tmp_path: Path) -> None:
    parts = shapefile(tmp_path)
    path = zip_of(tmp_path / "a.zip", {"s.shp": parts[".shp"], "s.shx": parts[".shx"], "t.dbf": b"x"})
    error = refused(path)
    assert (error.message_id, error.fields["missing"]) == ("import_incomplete_shapefile", ".dbf")
    (tmp_path / "s.shp").write_bytes(parts[".shp"])
    error = refused(tmp_path / "s.shp")
    assert (error.message_id, error.fields["missing"]) == ("import_incomplete_shapefile", ".shx, .dbf")


def test_zip_without_layers_names_what_it_holds(tmp_path: Path) -> None:
    error = refused(zip_of(tmp_path / "a.zip", {"readme.txt": b"hello", "__MACOSX/._a.shp": b"x"}))
    assert error.message_id == "archive_no_layer"
    assert "readme.txt" in error.fields["found"]
    assert refused(zip_of(tmp_path / "b.zip", {})).message_id == "import_wrong_content"


# --- what would do harm --------------------------------------------------------------------------------


def test_bomb(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a.csv": bytes(40 << 20)})
    error = refused(path)
    assert error.message_id == "archive_ratio"
    assert error.fields["member"] == "a.zip/a.csv"
    assert error.fields["found"] > error.fields["limit"] == 200
    # the same shape, small, is an ordinary table padded with blanks
    with open_archive(zip_of(tmp_path / "b.zip", {"a.csv": b" " * (1 << 20)})) as archive:
        assert archive.sources[0].size == 1 << 20


def test_bomb_of_many_members_and_of_many_levels(tmp_path: Path) -> None:
    limits = Limits(ratio_from_bytes=1 << 20)
    flat = zip_of(tmp_path / "a.zip", {f"{n}.csv": bytes(700_000) for n in range(5)})
    assert refused(flat, limits).message_id == "archive_ratio"
    # each level alone stays below the ratio
    inner = zip_bytes({"a.csv": b"0123456789" * 12_000, "b.csv": random.Random(1).randbytes(3_000)})
    same = zip_bytes({f"{n}.zip": inner for n in range(10)}, zipfile.ZIP_STORED)
    nested = zip_of(tmp_path / "b.zip", {"x.zip": same, "y.zip": same})
    assert refused(nested, Limits(ratio=20, ratio_from_bytes=1 << 20)).message_id == "archive_ratio"


def test_ten_thousand_members(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {f"{n}.csv": b"" for n in range(10_000)})
    error = refused(path)
    assert error.message_id == "archive_too_many_members"
    assert (error.fields["found"], error.fields["limit"]) == (10_000, 2_000)


def test_limits_count_over_the_whole_tree(tmp_path: Path) -> None:
    inner = zip_bytes({"a.csv": b"a" * 100, "b.csv": b"b" * 100})
    path = zip_of(tmp_path / "a.zip", {"1.zip": inner, "2.zip": inner}, zipfile.ZIP_STORED)
    total = 2 * len(inner) + 400
    with open_archive(path, Limits(members=6, total_bytes=total)) as archive:
        assert len(archive.sources) == 4
    assert refused(path, Limits(members=5)).message_id == "archive_too_many_members"
    assert refused(path, Limits(total_bytes=total - 1)).message_id == "archive_too_large"
    # a plain file counts too
    (tmp_path / "a.csv").write_bytes(b"a" * 100)
    assert refused(tmp_path / "a.csv", Limits(total_bytes=99)).message_id == "archive_too_large"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../a.csv", "(..)"),
        ("a/../../a.csv", "(..)"),
        ("..", "(..)"),
        ("/etc/a.csv", "root"),
        ("C:/a.csv", "drive"),
        ("c:a.csv", "drive"),
        ("a\\b.csv", "backslash"),
        ("..\\a.csv", "backslash"),
        ("a\nb.csv", "control"),
        ("a\x1b[31m.csv", "control"),
        ("a\x85.csv", "control"),
    ],
)
def test_unsafe_names(tmp_path: Path, name: str, words: str) -> None:
    path = zip_of(tmp_path / "a.zip", {"good.csv": b"a", name: b"b"})
    error = refused(path)
    assert error.message_id == "archive_unsafe_name"
    assert words in error.fields["problem"]
    assert error.fields["member"].isprintable()


def test_name_cut_by_a_zero_byte(tmp_path: Path) -> None:
    raw = zip_bytes({"aXb.csv": b"a"}).replace(b"aXb.csv", b"a\0b.csv")
    (tmp_path / "a.zip").write_bytes(raw)
    assert refused(tmp_path / "a.zip").message_id == "archive_unsafe_name"


def test_unsafe_name_in_an_inner_zip(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"i.zip": zip_bytes({"../../x.csv": b"a"})})
    error = refused(path)
    assert (error.message_id, error.fields["file"]) == ("archive_unsafe_name", "a.zip/i.zip")


@pytest.mark.parametrize("twin", ["A.csv", "a.CSV/", "a.csv"])
def test_the_same_name_twice(tmp_path: Path, twin: str) -> None:
    raw = zip_bytes({"a.csv": b"1", "b" * len(twin): b""}).replace(b"b" * len(twin), twin.encode())
    (tmp_path / "a.zip").write_bytes(raw)
    assert refused(tmp_path / "a.zip").message_id == "archive_duplicate_name"


def test_symbolic_links(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr(link, "/etc/passwd")
    assert refused(tmp_path / "a.zip").message_id == "archive_link"


@pytest.mark.parametrize("place", ["directory", "header"])
def test_encrypted(tmp_path: Path, place: str) -> None:
    raw = zip_bytes({"a.csv": b"abc"})
    changed = bytearray(raw)
    changed[raw.index(b"PK\x01\x02") + 8 if place == "directory" else 6] |= 1
    (tmp_path / "a.zip").write_bytes(changed)
    error = refused(tmp_path / "a.zip")
    assert (error.message_id, error.fields["member"]) == ("archive_encrypted", "a.csv")


def test_other_compression_is_named(tmp_path: Path) -> None:
    error = refused(zip_of(tmp_path / "a.zip", {"a.csv": b"abc"}, zipfile.ZIP_BZIP2))
    assert (error.message_id, error.fields["found"]) == ("archive_method", "bzip2")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("claim", [10, 999, 1001, 100_000])
def test_false_sizes(tmp_path: Path, method: int, claim: int) -> None:
    raw = in_directory(zip_bytes({"a.csv": b"abcdefghij" * 100}, method), 24, "<I", claim)
    (tmp_path / "a.zip").write_bytes(raw)
    error = refused(tmp_path / "a.zip")
    assert (error.message_id, error.fields["expected"]) == ("archive_false_size", str(claim))
    with open_archive(tmp_path / "a.zip") as archive, pytest.raises(DataError):
        archive.sources[0].open().read()


def test_a_false_size_is_told_before_the_bytes_are_unpacked(tmp_path: Path) -> None:
    raw = in_directory(zip_bytes({"i.zip": bytes(40 << 20)}), 24, "<I", 1_000_000)
    (tmp_path / "a.zip").write_bytes(raw)
    given: list[int] = []
    write = archives._Room.write

    def watched(self, path, chunks, size):  # type: ignore[no-untyped-def]
        def counted() -> Iterator[bytes]:
            for chunk in chunks:
                given.append(len(chunk))
                yield chunk

        write(self, path, counted(), size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives._Room, "write", watched)
        assert refused(tmp_path / "a.zip").message_id == "archive_false_size"
    assert sum(given) <= 1_000_000


def test_wrong_checksum_and_damaged_bytes(tmp_path: Path) -> None:
    raw = zip_bytes({"a.csv": b"abcdefghij" * 100})
    (tmp_path / "a.zip").write_bytes(in_directory(raw, 16, "<I", 1))
    assert "checksum" in refused(tmp_path / "a.zip").fields["problem"]
    damaged = bytearray(raw)
    damaged[35 : 35 + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "b.zip").write_bytes(damaged)
    assert refused(tmp_path / "b.zip").message_id == "archive_broken"


@pytest.mark.parametrize(("levels", "message"), [(3, ""), (4, "archive_too_deep"), (5, "archive_too_deep")])
def test_zips_within_zips(tmp_path: Path, levels: int, message: str) -> None:
    raw = zip_bytes({"a.csv": b"a\n1\n"})
    for _ in range(levels - 1):
        raw = zip_bytes({"in.zip": raw})
    path = tmp_path / "out.zip"
    path.write_bytes(raw)
    if message:
        assert refused(path).message_id == message
    else:
        with open_archive(path) as archive:
            assert archive.sources[0].name == "out.zip/in.zip/in.zip/a.csv"


def test_truncated(tmp_path: Path) -> None:
    raw = zip_bytes({"a.csv": random.Random(2).randbytes(2_000), "b.csv": b"abc"})
    for length in range(4, len(raw), 97):
        path = tmp_path / f"{length}.zip"
        path.write_bytes(raw[:length])
        assert refused(path).message_id == "archive_broken"


def test_directories_that_programs_read_differently(tmp_path: Path) -> None:
    one, two = zip_bytes({"a.csv": b"one"}), zip_bytes({"b.csv": b"two"})
    hidden = bytearray(one)
    hidden[-2:] = struct.pack("<H", len(two))
    # one zip in another's comment, bytes before and after, an entry that the directory does not count
    cases = {
        "comment": bytes(hidden) + two,
        "after": one + b"more",
        "before": b"PK\x03\x04more" + one,
        "count": one[:-14] + b"\0\0\0\0" + one[-10:],
    }
    for name, raw in cases.items():
        (tmp_path / f"{name}.zip").write_bytes(raw)
        assert refused(tmp_path / f"{name}.zip").message_id == "archive_broken", name


def test_overlapping_entries(tmp_path: Path) -> None:
    raw = zip_bytes({"a.csv": b"a" * 50, "b.csv": b"b" * 50}, zipfile.ZIP_STORED)
    (tmp_path / "a.zip").write_bytes(in_directory(raw, 42, "<I", 0, entry=1))
    assert "overlap" in refused(tmp_path / "a.zip").fields["problem"]


def test_a_large_zip_with_sixty_four_bit_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as zipped, zipped.open("a.csv", "w", force_zip64=True) as stream:
        stream.write(b"a\n1\n")
    raw = path.read_bytes()
    end = raw.rindex(b"PK\x05\x06")
    entries, length, offset = struct.unpack("<10xH2I2x", raw[end:])
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, length, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    full = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(raw[:end] + record + locator + full)
    with open_archive(path) as archive:
        assert archive.sources[0].open().read() == b"a\n1\n"
    path.write_bytes(raw[:end] + record + locator.replace(struct.pack("<Q", end), bytes(8)) + full)
    assert refused(path).message_id == "archive_broken"


def test_workbook_bomb(tmp_path: Path) -> None:
    bomb = zip_bytes({"xl/worksheets/sheet1.xml": bytes(40 << 20)})
    (tmp_path / "a.xlsx").write_bytes(bomb)
    assert refused(tmp_path / "a.xlsx").message_id == "archive_ratio"
    assert refused(zip_of(tmp_path / "a.zip", {"a.xlsx": bomb})).message_id == "archive_ratio"


def test_no_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zip_of(tmp_path / "a.zip", {"i.zip": zip_bytes({"a.csv": b"a"})})
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10))
    assert refused(path).message_id == "archive_no_room"


def test_closing_removes_what_was_unpacked(tmp_path: Path, temporary: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"i.zip": zip_bytes({"a.csv": b"a"})})
    archive: Archive = open_archive(path)
    assert [entry.stat().st_mode & 0o077 for entry in temporary.iterdir()] == [0]
    archive.close()
    assert list(temporary.iterdir()) == []
    archive.close()


SMALL = zip_bytes(
    {
        "f/s.shp": b"\0\0\x27\x0a" + bytes(96),
        "f/s.shx": bytes(20),
        "f/s.dbf": bytes(20),
        "t.csv": b"a,b\n1,2\n" * 20,
        "i.zip": zip_bytes({"x.json": b'{"type":"FeatureCollection","features":[]}'}),
    }
)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SMALL) - 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6
    ),
    st.integers(0, 60),
)
def test_any_changed_bytes_end_in_success_or_a_sentence(changes: list[tuple[int, bytes]], cut: int) -> None:
    raw = bytearray(SMALL)
    for at, content in changes:
        raw[at : at + len(content)] = content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(raw[: len(raw) - (cut if cut < 20 else 0)])
        errors: list[DataError] = []
        try:
            look(path, Limits(total_bytes=1 << 20))
        except DataError as error:
            errors.append(error)
        assert all(error.fields["file"].startswith("a.zip") for error in errors)

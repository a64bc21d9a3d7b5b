"""Reading fact tables: whatever is wrong is named by file, row, column, value and what was expected."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from aze_core import build
from aze_core.cli import main
from aze_core.domain.errors import DataError
from aze_core.domain.schema import TABLES
from aze_core.locale import explain
from aze_core.sources.facts import facts_hash, read_facts
from tests.helpers import make_frames, set_cell, tree, write_facts

Spoil = Callable[[Path], None]


def cell(table: str, row: int, column: str, text: str) -> Spoil:
    return lambda folder: set_cell(folder, table, row, column, text)


def replace(table: str, old: bytes, new: bytes) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / f"{table}.csv"
        raw = path.read_bytes()
        assert old in raw
        path.write_bytes(raw.replace(old, new, 1))

    return spoil


def add(table: str, text: str) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / f"{table}.csv"
        path.write_bytes(path.read_bytes() + text.encode())

    return spoil


def overwrite(table: str, raw: bytes) -> Spoil:
    return lambda folder: (folder / f"{table}.csv").write_bytes(raw) and None


def remove(table: str) -> Spoil:
    return lambda folder: (folder / f"{table}.csv").unlink()


def folder_instead(table: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / f"{table}.csv").unlink()
        (folder / f"{table}.csv").mkdir()

    return spoil


def drop_column(table: str, column: str) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / f"{table}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame.drop(columns=column).to_csv(path, index=False)

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(folder: Path) -> None:
        for each in spoils:
            each(folder)

    return spoil


# what is spoilt, and the words that the sentence has to hold
CASES: dict[str, tuple[Spoil, list[str]]] = {
    "missing column": (
        drop_column("sites", "area_km2"),
        ["sites.csv", "no column “area_km2”", "site_id, name, national_name"],
    ),
    "unexpected column": (
        replace("species", b"common_name", b"comon_name"),
        ["species.csv", "no column “common_name”", "comon_name"],
    ),
    "further column": (
        both(replace("sources", b",url\n", b",url,colour\n"), replace("sources", b",free,\n", b",free,,\n")),
        ["sources.csv", "column “colour”", "source_id, citation"],
    ),
    "doubled column": (
        replace("sources", b",vintage,", b",terms,vintage,"),
        ["sources.csv", "column “terms”", "twice"],
    ),
    "unknown category": (
        cell("species", 3, "category", "XX"),
        ["species.csv, row 3, column “category”", "“XX”", "one of EX, EW, CR, EN"],
    ),
    "category in small letters": (
        cell("species", 3, "category", "cr"),
        ["species.csv, row 3", "“cr”", "one of EX, EW, CR"],
    ),
    "duplicate id": (
        cell("sites", 5, "site_id", "A"),
        ["sites.csv, row 5", "site_id “A”", "already in row 2"],
    ),
    "duplicate pair": (
        both(cell("occurrences", 3, "site_id", "A"), cell("occurrences", 3, "species_id", "a1")),
        ["occurrences.csv, row 3", "site_id + species_id “A + a1”", "row 2"],
    ),
    "share above one": (
        cell("coverage", 4, "share", "1.7"),
        ["coverage.csv, row 4, column “share”", "“1.7”", "a number from 0 to 1"],
    ),
    "share below zero": (
        cell("occurrences", 2, "share", "-0.1"),
        ["occurrences.csv, row 2, column “share”", "“-0.1”", "from 0 to 1"],
    ),
    "required value empty": (
        cell("occurrences", 2, "share", ""),
        ["occurrences.csv, row 2, column “share”", "“” came", "a number from 0 to 1"],
    ),
    "latitude": (
        cell("sites", 3, "latitude", "97"),
        ["sites.csv, row 3, column “latitude”", "“97”", "from -90 to 90"],
    ),
    "longitude": (
        cell("sites", 3, "longitude", "-180.5"),
        ["sites.csv, row 3, column “longitude”", "from -180 to 180"],
    ),
    "only a longitude": (
        cell("sites", 4, "latitude", ""),
        ["sites.csv, row 4, column “latitude”", "both empty"],
    ),
    "only a latitude": (
        cell("sites", 2, "longitude", ""),
        ["sites.csv, row 2, column “longitude”", "both empty"],
    ),
    "negative area": (
        cell("sites", 2, "area_km2", "-1"),
        ["sites.csv, row 2, column “area_km2”", "“-1”", "at least 0"],
    ),
    "decimal comma": (
        cell("sites", 2, "area_km2", "382,57"),
        ["sites.csv, row 2, column “area_km2”", "“382,57”", "a number"],
    ),
    "nan as text": (
        cell("sites", 2, "area_km2", "NaN"),
        ["sites.csv, row 2, column “area_km2”", "“NaN”", "a number"],
    ),
    "inf as text": (
        cell("sites", 2, "human_influence", "inf"),
        ["sites.csv, row 2, column “human_influence”", "“inf”", "a number from 0 to 64"],
    ),
    "too large for a float": (
        cell("sites", 2, "area_km2", "1e999"),
        ["sites.csv, row 2, column “area_km2”", "“1e999”"],
    ),
    "year with a fraction": (
        cell("coverage", 2, "vintage", "2010.5"),
        ["coverage.csv, row 2, column “vintage”", "“2010.5”", "a whole number from 1900"],
    ),
    "flag": (
        cell("sites", 2, "in_2005_inventory", "yes"),
        ["sites.csv, row 2, column “in_2005_inventory”", "“yes”", "0 or 1"],
    ),
    "country code": (
        cell("sites", 2, "iso3", "Mexico"),
        ["sites.csv, row 2, column “iso3”", "“Mexico”", "[A-Z]{3}"],
    ),
    "unknown country": (
        cell("sites", 3, "iso3", "MEX;XXX"),
        ["sites.csv, row 3, column “iso3”", "“XXX”", "an iso3 of countries.csv"],
    ),
    "unknown species": (
        cell("occurrences", 4, "species_id", "ghost"),
        ["occurrences.csv, row 4, column “species_id”", "“ghost”", "a species_id of species.csv"],
    ),
    "unknown site": (
        cell("coverage", 3, "site_id", "Z"),
        ["coverage.csv, row 3, column “site_id”", "“Z”", "a site_id of sites.csv"],
    ),
    "unknown source": (
        cell("species", 2, "source", "hearsay"),
        ["species.csv, row 2, column “source”", "“hearsay”", "a source_id of sources.csv"],
    ),
    "row numbers count blank lines": (
        both(replace("occurrences", b"\nB,b1", b"\n\n\nB,b1"), replace("occurrences", b"B,b1", b"B,ghost")),
        ["occurrences.csv, row 6, column “species_id”", "“ghost”"],
    ),
    "broken UTF-8": (
        replace("sites", "Cedar Île".encode(), b"Cedar \xcele"),
        ["sites.csv, row 4, column “name”", "ce 6c 65", "UTF-8"],
    ),
    "broken UTF-8 after a carriage return": (
        overwrite("inventory", b"inventory_id,name\rx,\xff\r"),
        ["inventory.csv, row 2, column “name”", "ff", "UTF-8"],
    ),
    "broken UTF-8 in the header": (
        overwrite("inventory", b"inventory_id,n\xffme\n"),
        ["inventory.csv, row 1, column “2”", "ff", "UTF-8"],
    ),
    "NUL byte": (
        replace("species", b"Species a2", b"Species\x00a2"),
        ["species.csv, row 3", "a NUL character"],
    ),
    "ragged row": (
        replace("countries", b"\nUSA,", b"\nUSA,,"),
        ["countries.csv, row 4", "14 cells came, 13 were expected"],
    ),
    "short row": (add("sources", "two\n"), ["sources.csv, row 3", "1 cells came, 6 were expected"]),
    "open quote": (add("sources", '"two,x,y\n'), ["sources.csv, row 3", "quotation marks"]),
    "text after a quote": (
        both(add("sources", "\n"), add("sources", '"two"x,b,c,,d,\n')),
        ["sources.csv, row 4", "CSV"],
    ),
    "empty file": (overwrite("coverage", b""), ["coverage.csv is empty", "header row"]),
    "missing file": (remove("coverage"), ["coverage.csv is missing in"]),
    "folder instead of a file": (folder_instead("coverage"), ["coverage.csv", "cannot be read"]),
    "two inventories": (
        add("inventory", "second,Second,1,global_aze,2010,training,hand,Notice,\n"),
        ["inventory.csv must hold exactly one row", "2 came"],
    ),
    "no inventory row": (
        overwrite("inventory", ",".join(TABLES["inventory"].names).encode() + b"\n"),
        ["inventory.csv must hold exactly one row", "0 came"],
    ),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the small inventory built."""
    base = tmp_path_factory.mktemp("facts")
    build.build(write_facts(base / "data"), base / "store")
    return base / "store"


def test_the_unspoilt_folder_is_read(tmp_path: Path) -> None:
    frames = read_facts(write_facts(tmp_path))
    for name, expected in make_frames().items():
        pd.testing.assert_frame_equal(frames[name].reset_index(drop=True), expected)


@pytest.mark.parametrize("case", CASES, ids=lambda name: name.replace(" ", "-"))
def test_bad_input_is_named_and_changes_nothing(
    case: str, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, words = CASES[case]
    folder = write_facts(tmp_path / "data")
    spoil(folder)
    before = tree(built)

    with pytest.raises(DataError) as caught:
        build.build(folder, built)
    sentence = explain(caught.value)
    for word in words:
        assert word in sentence
    assert tree(built) == before

    assert main(["build", "--data", str(folder), "--store", str(built)]) == 1
    assert capsys.readouterr().err == sentence + "\n"
    assert tree(built) == before


def test_unreadable_file_has_its_own_error(tmp_path: Path) -> None:
    folder = write_facts(tmp_path)
    folder_instead("coverage")(folder)
    with pytest.raises(DataError) as caught:
        facts_hash(folder)
    assert caught.value.message_id == "unreadable_file"
    assert caught.value.fields["file"] == "coverage.csv"


def test_files_of_spreadsheets_are_read(tmp_path: Path) -> None:
    """Byte-order mark, \\r\\n, columns in another order, quotes around everything, blank lines at the end."""
    folder = write_facts(tmp_path)
    expected = read_facts(folder)
    for path in folder.glob("*.csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame = frame[sorted(frame.columns)]
        text = frame.to_csv(index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n")
    for name, frame in read_facts(folder).items():
        pd.testing.assert_frame_equal(frame, expected[name])


def test_threats_may_be_absent(tmp_path: Path) -> None:
    folder = write_facts(tmp_path)
    assert not (folder / "threats.csv").exists()
    assert list(read_facts(folder)["threats"].columns) == TABLES["threats"].names


def test_unknown_values_stay_unknown(tmp_path: Path) -> None:
    frames = read_facts(write_facts(tmp_path))
    sites = frames["sites"].set_index("site_id")
    assert pd.isna(sites.loc["D", "area_km2"])
    assert pd.isna(sites.loc["C", "human_influence"])
    assert pd.isna(frames["species"].set_index("species_id").loc["c2", "category"])


def test_hash_of_facts_changes_with_any_byte(tmp_path: Path) -> None:
    folder = write_facts(tmp_path)
    first = facts_hash(folder)
    assert facts_hash(folder) == first
    set_cell(folder, "coverage", 2, "share", "0.01")
    second = facts_hash(folder)
    (folder / "threats.csv").write_text(",".join(TABLES["threats"].names) + "\n")
    third = facts_hash(folder)
    assert len({first, second, third}) == 3
    (folder / "README.md").write_text("not a fact")
    assert facts_hash(folder) == third

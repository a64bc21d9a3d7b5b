"""Sites out of tables: what ministries bring, rows that were corrected, and the two lists of AZE."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.facts import read_table
from aze_core.sources.kba import COLUMNS as KBA_COLUMNS
from aze_core.sources.site_table import (
    COLUMNS,
    FIELDS,
    SiteTable,
    parse_degrees,
    read_site_table,
    suggest_mapping,
)
from aze_core.sources.tables import Sheet, read_cells
from aze_core.sources.trigger_species import read_trigger_species
from aze_core.sources.trigger_species import suggest_mapping as suggest_species
from tests.sources.layers import rules, told
from tests.sources.test_tables import rows, xlsx

COUNTRIES = read_table(Path(__file__).parents[2] / "data" / "countries.csv", "countries")


def sheet(text: str) -> Sheet:
    [found] = read_cells(text.encode(), "s.csv")
    return found


def read(text: str, **options: Any) -> SiteTable:
    table = sheet(text)
    return read_site_table(table, suggest_mapping(table)[0], COUNTRIES, **options)


def values(found: SiteTable, *columns: str) -> list[Any]:
    frame = found.sites[list(columns)].astype(object)
    lists = frame.where(frame.notna(), None).values.tolist()
    return [row[0] for row in lists] if len(columns) == 1 else lists


def points(found: SiteTable) -> list[Any]:
    return [None if shape is None else (shape.y, shape.x) for shape in found.sites.geometry]


# ---------------------------------------------------------------- a whole table

FULL = (
    "Site code;Site name;National name;Country;Lat;Long;Area (ha);AZE status;List type;Realm;KBA ID;"
    "Region;KbaStatus;Source;Year;Protected share\n"
    "7;Ash Hill;Colline de cendre;Pérou;12°30'S;70,25° W;500;confirmed;;Fresh water;6010.0;Andes;Confirmed;"
    "Atlas;2020;25\n"
    "8;Birch Lake;;ARG/CHL;-40,5;-71,5;1.200,5;;national;land;;;;;2021;100\n"
)


def test_a_full_table() -> None:
    table = sheet(FULL)
    mapping, guesses = suggest_mapping(table)
    assert set(mapping) == set(FIELDS) - {"changed"}
    assert all(guess.confidence > 0.5 for guess in guesses.values())
    found = read_site_table(table, mapping, COUNTRIES)
    assert tuple(found.sites.columns) == COLUMNS
    assert set(KBA_COLUMNS) < set(COLUMNS)
    assert found.sites.crs.to_epsg() == 4326
    first, second = found.sites.drop(columns="geometry").to_dict("records")
    expected = {
        "site_id": "7",
        "name": "Ash Hill",
        "national_name": "Colline de cendre",
        "iso3": "PER",
        "country_name": "Pérou",
        "region": "Andes",
        "aze_status": "confirmed",
        "list_type": "global_aze",
        "kba_status": "confirmed",
        "area_km2": 500 / 100,
        "area_source": "Area (ha)",
        "latitude": -(12 + 30 / 60),
        "longitude": -70.25,
        "realm": "freshwater",
        "kba_id": "6010",
        "source_text": "Atlas",
    }
    assert {name: value for name, value in first.items() if not pd.isna(value)} == expected
    assert (second["iso3"], second["area_km2"]) == ("ARG;CHL", 1200.5 / 100)
    assert (second["list_type"], second["aze_status"], second["realm"]) == (
        "national_list",
        "none",
        "terrestrial",
    )
    assert points(found) == [(-12.5, -70.25), (-40.5, -71.5)]
    assert found.coverage.values.tolist() == [["7", 2020, 25 / 100], ["8", 2021, 100 / 100]]
    assert rules(found.report) == {"share_scale"}
    assert (found.report.read, found.report.accepted) == (2, 2)


def test_a_workbook() -> None:
    book = xlsx(rows(["Site code", "Site", "Lat", "Long"], ["A", "Ash Hill", -12.5, 70], ["B", "Dune", 1, 2]))
    [table] = read_cells(book, "s.xlsx")
    found = read_site_table(table, suggest_mapping(table)[0], COUNTRIES)
    assert points(found) == [(-12.5, 70.0), (1.0, 2.0)]


def test_rows_of_a_layer_that_were_corrected() -> None:
    found = read(
        "SitRecID,Country,ISO3,NatName,IntName,SitLat,SitLong,SitAreaKM2,KbaStatus,AzeStatus,LastUpdate\n"
        "1234.0,Gabon,GAB,Colline,Ash Hill,0.05,10.05,123,confirmed,confirmed,2025-02-01\n"
        "1235.0,Gabon,gab,,,0.05,10.05,12,,de-listed,\n"
    )
    assert values(found, "site_id", "name", "iso3", "area_km2", "list_type", "changed") == [
        ["1234", "Ash Hill", "GAB", 123.0, "global_aze", "2025-02-01"],
        ["1235", None, "GAB", 12.0, "de_listed", None],
    ]
    assert told(found.report, "no_name") == [("noted", 2)]


# ---------------------------------------------------------------- points


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-12.5", (-12.5, "")),
        ("12,5", (12.5, "")),
        ("1.25e1", (12.5, "")),
        ("12°30'S", (-12.5, "latitude")),
        ("12º 30′ 36″ N", (12 + 30 / 60 + 36 / 3600, "latitude")),
        ("12° 30' 36'' s", (-(12 + 30 / 60 + 36 / 3600), "latitude")),
        ("S 12 30 36", (-(12 + 30 / 60 + 36 / 3600), "latitude")),
        ("12:30:36 N", (12 + 30 / 60 + 36 / 3600, "latitude")),
        ("-12 30", (-12.5, "")),
        ("−0°30'", (-0.5, "")),
        ("70°15'O", (-70.25, "longitude")),
        ("70.25 E", (70.25, "longitude")),
        ("12°75'", None),
        ("12.5°30'", None),
        ("-12 N", None),
        ("N 12 S", None),
        ("12.345.678", None),
        ("=1+1", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_degrees(text: str, expected: tuple[float, str] | None) -> None:
    found = parse_degrees(text)
    assert (found is None) == (expected is None)
    if found and expected:
        assert found == (pytest.approx(expected[0]), expected[1])


@given(st.floats(-180, 180).map(lambda x: round(x, 6)))
def test_degrees_round_trip(degrees: float) -> None:
    seconds = round(abs(degrees) * 3600, 2)
    whole, rest = divmod(seconds, 3600)
    text = f"{whole:.0f}°{rest // 60:.0f}'{rest % 60:.2f}\"{'W' if degrees < 0 else 'E'}"
    found = parse_degrees(text)
    assert found is not None or rest % 60 > 59.99
    if found:
        assert found[0] == pytest.approx(degrees, abs=0.01 / 3600 + 1e-9)


@given(st.text("0123456789.,°'\" -+NSEWOe:", max_size=12))
def test_any_text_is_degrees_or_not(text: str) -> None:
    found = parse_degrees(text)
    assert found is None or found[1] in ("", "latitude", "longitude")


@pytest.mark.parametrize(
    ("cells", "point", "expected"),
    [
        ("-12.5,70", (-12.5, 70.0), None),
        (",", None, ("noted", "no_point")),
        ("?,n/a", None, ("noted", "no_point")),
        ("-12.5,", None, ("repaired", "half_point")),
        ("0,0", None, ("repaired", "null_island")),
        ("0°,0°", None, ("repaired", "null_island")),
        ("0,70", (0.0, 70.0), None),
        ("70°W,12°S", (-12.0, -70.0), ("repaired", "swapped_point")),
        ("120,12", None, ("repaired", "swapped_point")),
        ("70°W,12", None, ("repaired", "bad_coordinate")),
        ("95,95", None, ("repaired", "outside_world")),
        ("12,181", None, ("repaired", "outside_world")),
        ("8512345,512345", None, ("repaired", "outside_world")),
        ("nan,nan", None, ("noted", "no_point")),
        ("inf,1", None, ("repaired", "bad_coordinate")),
        ("=A1,=B1", None, ("repaired", "bad_coordinate")),
    ],
)
def test_points(cells: str, point: tuple[float, float] | None, expected: tuple[str, str] | None) -> None:
    found = read(f"site_id,name,country,lat,lon\nA,Ash Hill,PER,{cells}\n", list_type="other_kba")
    assert points(found) == [point]
    # a site is kept whatever is wrong with its point
    assert (found.report.accepted, values(found, "latitude", "longitude")) == (
        1,
        [list(point or (None, None))],
    )
    assert [finding[:2] for finding in found.report.findings] == ([expected] if expected else [])


def test_a_table_without_points_says_so_once() -> None:
    found = read("site_id,name,country,latitude\nA,Ash Hill,PER,1\nB,Dune,PER,2\n")
    assert points(found) == [None, None]
    assert told(found.report, "no_points") == [("noted", None)]
    assert found.sites.crs.to_epsg() == 4326


# ---------------------------------------------------------------- countries, areas, words


def test_countries() -> None:
    found = read("site_id,country\nA,Perú\nB,PER\nC,Peru; Atlantis\nD,\nE,Perou et Chili\nF,604\n")
    assert values(found, "iso3") == ["PER", "PER", "PER", None, "PER;CHL", "PER"]
    assert values(found, "country_name") == ["Perú", None, "Peru; Atlantis", None, "Perou et Chili", None]
    assert told(found.report, "unknown_country") == [("noted", 3)]
    assert told(found.report, "no_iso3") == [("noted", 4)]
    assert told(read("site_id,x\nA,\nB,\n").report, "no_iso3") == [("noted", None)]
    own = read("site_id,country\nA,North Isle\n", country_names={"North Isle": "PER"})
    assert values(own, "iso3") == ["PER"]


@pytest.mark.parametrize(
    ("header", "km2"),
    [
        ("Area (ha)", 5.0),
        ("AREA_HA", 5.0),
        ("Superficie en hectáreas", 5.0),
        ("SitArea", 5.0),
        ("GISArea", 5.0),
        ("SitAreaKM2", 500.0),
        ("Area (km²)", 500.0),
        ("area sq km", 500.0),
        ("Area", None),
        ("Area (acres)", None),
    ],
)
def test_the_unit_of_an_area_stands_in_its_column(header: str, km2: float | None) -> None:
    table = sheet(f"site_id,{header}\nA,500\n")
    found = read_site_table(table, {"site_id": "site_id", "area_km2": header}, COUNTRIES)
    assert values(found, "area_km2", "area_source") == [[km2, header if km2 else None]]
    assert told(found.report, "area_without_unit") == ([] if km2 else [("noted", None)])


def test_the_unit_can_be_given_and_areas_can_be_wrong() -> None:
    found = read("site_id,area\nA,500\nB,0\nC,-3\nD,large\nE,?\n", area_unit="ha")
    assert values(found, "area_km2") == [5.0, None, None, None, None]
    assert told(found.report, "area_zero") == [("noted", 2), ("noted", 3)]
    assert told(found.report, "bad_number") == [("noted", 4)]
    assert found.sites["measured_area_km2"].isna().all()


def test_status_and_list() -> None:
    found = read("site_id,aze_status\nA,Confirmed\nB,de-listed\nC,\nD,proposed\n")
    assert values(found, "aze_status", "list_type") == [
        ["confirmed", "global_aze"],
        ["de_listed", "de_listed"],
        ["none", "other_kba"],
        ["none", "other_kba"],
    ]
    assert told(found.report, "unknown_aze_status") == [("noted", 4)]

    said = read("site_id,name\nA,x\n", list_type="national_list")
    assert values(said, "aze_status", "list_type") == [["none", "national_list"]]
    assert told(said.report, "no_aze_status") == []
    bare = read("site_id,name\nA,x\n")
    assert values(bare, "aze_status", "list_type") == [["none", "other_kba"]]
    assert told(bare.report, "no_aze_status") == [("noted", None)]
    listed = read("site_id,list_type\nA,Global AZE\nB,other KBA\nC,mine\n")
    assert values(listed, "aze_status", "list_type") == [
        ["confirmed", "global_aze"],
        ["none", "other_kba"],
        ["none", "other_kba"],
    ]
    assert told(listed.report, "unknown_list_type") == [("noted", 3)]


def test_realms() -> None:
    found = read("site_id,realm\nA,Terrestre\nB,agua dulce\nC,MARINE\nD,?\nE,aerial\n")
    assert values(found, "realm") == ["terrestrial", "freshwater", "marine", None, None]
    assert told(found.report, "unknown_realm") == [("noted", 5)]


def test_text_stays_text() -> None:
    found = read('site_id,name\nA,<script>alert(1)</script>\nB,"=HYPERLINK(""x"")"\nC,CiÃ©naga\nD,CiÚnaga\n')
    assert values(found, "name") == ["<script>alert(1)</script>", '=HYPERLINK("x")', "Ciénaga", "CiÚnaga"]
    assert told(found.report, "text_mended") == [("repaired", 3)]
    assert told(found.report, "text_doubtful") == [("noted", 4)]


# ---------------------------------------------------------------- cover


def test_cover_as_percentages_or_shares() -> None:
    percent = read("site_id,year,protected_percent\nA,2020,0\nB,2020,0\nC,2020,0\nD,2021,0.5\nE,2020,80\n")
    assert percent.coverage.values.tolist() == [
        ["A", 2020, 0.0],
        ["B", 2020, 0.0],
        ["C", 2020, 0.0],
        # the column says percent, and its numbers do
        ["D", 2021, 0.5 / 100],
        ["E", 2020, 80 / 100],
    ]
    share = read("site_id,year,protected_percent\nA,2020,0\nB,2020,0.5\nC,2020,1\nD,2020,80%\n")
    assert share.coverage["share"].tolist() == [0.0, 0.5, 1.0, 0.8]
    mixed = read("site_id,year,cover\nA,2020,70\nB,2020,0.5\nC,2020,80\n")
    assert mixed.coverage["site_id"].tolist() == ["A", "C"]
    assert told(mixed.report, "share_unclear") == [("repaired", 2)]
    stated = read("site_id,year,cover\nA,2020,0.5\nB,2020,1\n", share_scale="percent")
    assert stated.coverage["share"].tolist() == [0.5 / 100, 1 / 100]


def test_cover_that_cannot_be_read() -> None:
    found = read(
        "site_id,year,cover\nA,2020,120%\nB,2020,>95%\nC,2020,most\nD,2020,?\nE,soon,0.5\nF,2020,0.5\n"
    )
    assert found.coverage.values.tolist() == [["F", 2020, 0.5]]
    assert told(found.report, "share_out_of_range") == [("repaired", 1)]
    # a bound is no measurement
    assert told(found.report, "share_unclear") == [("repaired", 2)]
    assert told(found.report, "share_not_a_number") == [("repaired", 3)]
    assert told(found.report, "bad_year") == [("repaired", 5)]
    assert told(found.report, "cover_without_year") == [("noted", None)]
    assert found.report.accepted == 6


def test_the_year_of_the_cover() -> None:
    text = "site_id,protected share 2016\nA,0.5\n"
    table = sheet(text)
    mapping = {"site_id": "site_id", "cover_share": "protected share 2016"}
    assert read_site_table(table, mapping, COUNTRIES).coverage["vintage"].tolist() == [2016]
    assert read_site_table(table, mapping, COUNTRIES, cover_year=2018).coverage["vintage"].tolist() == [2018]
    bare = read("site_id,cover\nA,0.5\n")
    assert len(bare.coverage) == 0
    assert list(bare.coverage.columns) == ["site_id", "vintage", "share"]
    assert told(bare.report, "cover_without_year") == [("noted", None)]


# ---------------------------------------------------------------- which site


def test_identifiers_are_made_where_none_is_given() -> None:
    found = read("site_id,name,country\nA,Ash Hill,PER\n?,Birch Lake,PER\n,,PER\n7.0,Dune,PER\n")
    assert values(found, "site_id") == ["A", "per-birch-lake", "7"]
    assert told(found.report, "identifiers_made") == [("noted", None)]
    assert told(found.report, "no_site") == [("set_aside", 3)]
    by_name = read("national name,country\nColline,PER\n")
    assert values(by_name, "site_id", "name", "national_name") == [["per-colline", "Colline", "Colline"]]


def test_duplicate_identifiers_are_set_aside() -> None:
    found = read("site_id,name,lat,lon\nA,Ash Hill,1,2\nA,Birch Lake,1,2\nB,Dune,1,2\nB,Dune,1,2\nC,x,1,2\n")
    assert values(found, "site_id") == ["B", "C"]
    assert told(found.report, "duplicate_id") == [("set_aside", 1), ("set_aside", 2)]
    assert told(found.report, "duplicate_row") == [("noted", 4)]
    assert (found.report.read, found.report.accepted) == (5, 3)


def test_rows_that_repeat_a_site_are_merged_where_the_user_says_so() -> None:
    text = "site_id,name,species,lat,lon\nA,Ash Hill,x,,\nA,ASH HILL,y,1,2\nA,Ash Hill,z,3,2\nB,Dune,x,,\n"
    found = read(text, one_row_per_site=False)
    assert values(found, "site_id", "name") == [["A", "Ash Hill"], ["B", "Dune"]]
    assert points(found) == [(1.0, 2.0), None]
    assert told(found.report, "two_of_latitude") == [("noted", 3)]
    assert told(found.report, "no_point") == [("noted", 4)]
    assert (found.report.read, found.report.accepted) == (4, 4)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "no_site_column"),
        ({"latitude": "a", "longitude": "b"}, "no_site_column"),
        ({"site_id": "c"}, "import_missing_column"),
        ({"site_id": "a", "score": "b"}, "unknown_field"),
    ],
)
def test_a_mapping_that_does_not_fit(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_site_table(sheet("a,b\n1,2\n"), mapping, COUNTRIES)
    assert (caught.value.message_id, caught.value.fields["file"]) == (message, "s.csv")


def test_options_that_do_not_exist() -> None:
    for option in ("list_type", "area_unit", "share_scale"):
        with pytest.raises(ValueError, match=option):
            read("site_id,name\nA,x\n", **{option: "acres"})


# ---------------------------------------------------------------- the lists of AZE

AZE_2010 = [
    "Region",
    "Country",
    "MapID",
    "SiteNameFi",
    "Latitude",
    "Longitude",
    "Scientific",
    "2008_10__R",
    "PercentProtectedWDPA",
    "SitRedID",
]


def test_the_table_of_2010_gives_its_sites() -> None:
    lines = [
        ["Africa", "Ethiopia", "ETH1", "Bale Mountains", "6.93", "39.676", "Rana alba", "CR", "97", ""],
        ["Africa", "Ethiopia", "ETH1", "Liben plains", "5.164", "39.696", "Mirafra sida", "CR", "0", "6296"],
        ["Africa", "Ethiopia", "ETH1", "Bale Mountains", "6.93", "39.676", "Rana nigra", "EN", "97", ""],
        ["Africa", "Ethiopia", "ETH2", "Gughe", "0", "0", "Rana nova", "EN", "0", "0"],
        ["Caribbean", "Haiti", "HTI1", "Massif", "18.3", "-74", "", "EN", "0.4", ""],
    ]
    table = sheet("\n".join(",".join(line) for line in [AZE_2010, *lines]))
    mapping, _ = suggest_mapping(table)
    assert "region" not in mapping
    found = read_site_table(table, mapping, COUNTRIES)
    assert values(found, "site_id", "name", "iso3", "kba_id", "region") == [
        ["ETH1", "Bale Mountains", "ETH", None, None],
        ["ETH1-2", "Liben plains", "ETH", "6296", None],
        ["ETH2", "Gughe", "ETH", None, None],
        ["HTI1", "Massif", "HTI", None, None],
    ]
    assert points(found) == [(6.93, 39.676), (5.164, 39.696), None, (18.3, -74.0)]
    assert set(values(found, "list_type")) == {"global_aze"}
    assert set(values(found, "aze_status")) == {"confirmed"}
    assert found.coverage.values.tolist() == [
        ["ETH1", 2010, 97 / 100],
        ["ETH1-2", 2010, 0.0],
        ["ETH2", 2010, 0.0],
        ["HTI1", 2010, 0.4 / 100],
    ]
    assert told(found.report, "one_id_two_sites") == [("repaired", 2)]
    assert told(found.report, "null_island") == [("repaired", 4)]
    assert (found.report.read, found.report.accepted) == (5, 5)

    # the same sheet read for its species speaks of the same sites, alone or matched to these
    for sites in (None, found.sites):
        species = read_trigger_species(table, suggest_species(table)[0], sites=sites)
        assert species.occurrences["site_id"].tolist() == ["ETH1", "ETH1-2", "ETH1", "ETH2"]


def test_values_that_disagree_between_the_rows_of_a_site() -> None:
    lines = [
        ["", "Peru", "PER1", "Alto", "1", "2", "Rana alba", "CR", "0.5", "7"],
        ["", "Peru", "PER1", "Alto", "1", "3", "Rana nova", "CR", "0.6", "8"],
    ]
    table = sheet("\n".join(",".join(line) for line in [AZE_2010, *lines]))
    found = read_site_table(table, suggest_mapping(table)[0], COUNTRIES)
    assert points(found) == [(1.0, 2.0)]
    assert found.coverage["share"].tolist() == [0.5]
    for rule in ("two_of_latitude", "two_of_cover_share", "two_of_kba_id"):
        assert told(found.report, rule) == [("noted", 2)]


LIST_2019 = ["Country", "AZE.trigger.species", *(f"AZE.trigger.species{n}" for n in range(2, 21))]


def test_the_list_of_2019_with_and_without_names() -> None:
    lines = ["Peru;Rana alba;Rana nova", "Peru;Rana nigra;NA", "Chile;Rana alba", "Chile;"]
    bare = sheet("\n".join([";".join(LIST_2019), *lines]))
    found = read_site_table(bare, suggest_mapping(bare)[0], COUNTRIES)
    assert values(found, "iso3") == ["PER", "PER", "CHL"]
    assert values(found, "name") == [None] * 3
    assert values(found, "list_type") == ["global_aze"] * 3
    assert told(found.report, "identifiers_made") == [("noted", None)]
    assert told(found.report, "no_site") == [("set_aside", 4)]
    species = read_trigger_species(bare, suggest_species(bare)[0], sites=found.sites)
    ids = found.sites["site_id"].tolist()
    assert species.occurrences["site_id"].tolist() == [ids[0], ids[0], ids[1], ids[2]]
    assert set(species.report.table()["rule"]) & {"unknown_site", "site_conflict"} == set()

    named = sheet("\n".join([";".join(["Site.name", *LIST_2019]), "Alto;Peru;Rana alba"]))
    found = read_site_table(named, suggest_mapping(named)[0], COUNTRIES)
    assert values(found, "site_id", "name") == [["peru-alto", "Alto"]]
    species = read_trigger_species(named, suggest_species(named)[0])
    assert species.occurrences["site_id"].tolist() == ["peru-alto"]


# ---------------------------------------------------------------- anything

CELL = st.text("AB01 ;?.-%,°'NS<é=", max_size=7)


@given(st.lists(st.lists(CELL, min_size=8, max_size=8), max_size=5), st.booleans())
def test_any_cells_are_sites_or_told(cells: list[list[str]], single: bool) -> None:
    header = ["site_id", "name", "country", "lat", "lon", "area ha", "year", "cover"]
    table = Sheet("s.csv", "s.csv", header, list(enumerate(cells, start=1)), 1, ImportReport(read=len(cells)))
    found = read_site_table(table, suggest_mapping(table)[0], COUNTRIES, one_row_per_site=single)
    sites = found.sites
    assert sites["site_id"].is_unique
    assert sites["site_id"].str.len().gt(0).all()
    merged = found.report.accepted - len(sites)
    assert merged >= 0
    if single:
        assert merged == len(told(found.report, "duplicate_row"))
    assert (sites["latitude"].isna() == sites.geometry.isna()).all()
    assert sites["latitude"].dropna().between(-90, 90).all()
    assert sites["longitude"].dropna().between(-180, 180).all()
    assert not sites["area_km2"].le(0).any()
    assert found.coverage["share"].between(0, 1).all()
    assert set(found.coverage["site_id"]) <= set(sites["site_id"])

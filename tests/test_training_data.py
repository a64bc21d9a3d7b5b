"""The made-up archipelago: files as their maker writes them, and what the readers find in them."""

from __future__ import annotations

import csv
import importlib
import io
import json
import sys
import zipfile
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from aze_core.domain.report import ImportReport
from aze_core.sources.archives import open_archive
from aze_core.sources.kba import read_kba
from aze_core.sources.national import NationalTable, read_national
from aze_core.sources.red_list import RedList, match_names, read_red_list
from aze_core.sources.tables import Sheet, read_cells
from aze_core.sources.trigger_species import TriggerSpecies, read_trigger_species, suggest_mapping

DATA = Path(__file__).resolve().parents[1] / "data"
TRAINING = DATA / "training"
KBA = TRAINING / "KBAsGlobal_2026_March_01_training.zip"
WDPA = TRAINING / "WDPA_training.zip"
FILES = sorted(path for path in TRAINING.iterdir() if path.name != "README.md")
MARK = "Made-up training data of the AZE planner"
CODES = {"XAA", "XAB", "XAC"}

KBA_COLUMNS = """
SitRecID Region Country ISO3 NatName IntName SitLat SitLong SitAreaKM2 KbaStatus KbaClass IbaStatus LegacyKba
AzeStatus LastUpdate Source DelTxt RepAreaKM2
"""
WDPA_COLUMNS = """
SITE_ID SITE_PID SITE_TYPE NAME_ENG NAME DESIG DESIG_ENG DESIG_TYPE IUCN_CAT INT_CRIT REALM REP_M_AREA
GIS_M_AREA REP_AREA GIS_AREA NO_TAKE NO_TK_AREA STATUS STATUS_YR GOV_TYPE GOVSUBTYPE OWN_TYPE OWNSUBTYPE
MANG_AUTH MANG_PLAN VERIF METADATAID PRNT_ISO3 ISO3 SUPP_INFO CONS_OBJ INLND_WTRS OECM_ASMT
"""

# sites without the planted faults
POLYGONS, POINTS, DELISTED, OTHER = 60, 3, 6, 14


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    sys.path.insert(0, str(DATA / "scripts"))
    try:
        return importlib.import_module("make_training")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def kba() -> tuple[gpd.GeoDataFrame, ImportReport]:
    return read_kba(KBA)


@pytest.fixture(scope="module")
def sites(kba: tuple[gpd.GeoDataFrame, ImportReport]) -> gpd.GeoDataFrame:
    return kba[0]


def sheet(name: str) -> Sheet:
    [found] = read_cells(TRAINING / name)
    return found


def triggers(name: str, sites: gpd.GeoDataFrame) -> TriggerSpecies:
    table = sheet(name)
    return read_trigger_species(table, suggest_mapping(table)[0], sites=sites)


@pytest.fixture(scope="module")
def species(sites: gpd.GeoDataFrame) -> TriggerSpecies:
    return triggers("training_trigger_species.xlsx", sites)


@pytest.fixture(scope="module")
def red_list() -> RedList:
    return read_red_list(TRAINING / "training_red_list.zip")


@pytest.fixture(scope="module")
def areas() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Polygons and points of the protected areas, all three parts."""
    with open_archive(WDPA) as archive:
        layers = [(source.name, pyogrio.read_dataframe(source.path)) for source in archive.sources]
    return tuple(
        gpd.GeoDataFrame(pd.concat([layer for name, layer in layers if name.endswith(end)]), crs="EPSG:4326")
        for end in ("polygons.shp", "points.shp")
    )


def kba_layer(end: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(f"/vsizip/{KBA.as_posix()}/KBAsGlobal_2026_March_01_{end}.shp")


def features(name: str) -> list[dict[str, Any]]:
    return json.loads((TRAINING / name).read_text(encoding="utf-8"))["features"]


def counts(report: ImportReport) -> dict[tuple[str, str], int]:
    return dict(Counter((action, rule) for action, rule, *_ in report.findings))


# --- the files themselves ------------------------------------------------------------------------------


def test_the_files_are_what_their_maker_writes(maker: ModuleType, tmp_path: Path) -> None:
    maker.make(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in FILES]
    for path in FILES:
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), f"{path.name}: run make_training.py"


def test_they_are_small_and_named_in_the_readme() -> None:
    assert sum(path.stat().st_size for path in FILES) < 1_500_000
    readme = (TRAINING / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in FILES if f"`{path.name}`" not in readme] == []


def contents(raw: bytes, name: str) -> dict[str, bytes]:
    """The file itself, or what its zips hold."""
    if not raw.startswith(b"PK"):
        return {name: raw}
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.create_system == 3
            found |= contents(archive.read(info), f"{name}/{info.filename}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_carries_the_marker_and_no_date_of_making(path: Path) -> None:
    parts = contents(path.read_bytes(), path.name)
    assert any(MARK.encode() in raw for raw in parts.values())
    for name, raw in parts.items():
        if name.endswith(".dbf"):
            assert tuple(raw[1:4]) == (80, 1, 1)
            assert raw.count(MARK.encode()) == int.from_bytes(raw[4:8], "little")


def test_no_real_country(areas: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    with (DATA / "countries.csv").open(encoding="utf-8") as file:
        real = {row["iso3"] for row in csv.DictReader(file)}
    layers = [kba_layer("POL"), kba_layer("PNT"), *areas, pd.DataFrame({"ISO3": sorted(CODES)})]
    columns = [layer[name] for layer in layers for name in ("ISO3", "PRNT_ISO3") if name in layer]
    used = {code for column in columns for cell in column for code in cell.split(";")}
    assert used == CODES
    assert not used & real
    assert {feature["properties"]["ISO3"] for feature in features("training_boundaries.geojson")} == CODES


# --- sites ---------------------------------------------------------------------------------------------


def test_layers_of_sites_have_the_columns_of_2026() -> None:
    columns = KBA_COLUMNS.split()
    for end in ("POL", "PNT"):
        layer = kba_layer(end)
        assert [*layer.columns] == [*columns, "geometry"]
        assert set(layer["Source"]) == {MARK}
        assert layer["SitRecID"].between(990_000, 990_999).all()
        assert set(layer["AzeStatus"].dropna()) <= {"confirmed", "de-listed"}
    assert kba_layer("POL")["AzeStatus"].isna().sum() == OTHER


def test_sites_by_kind_of_list(kba: tuple[gpd.GeoDataFrame, ImportReport]) -> None:
    sites, report = kba
    # one row twice, two of one identifier, one point at (0, 0)
    assert report.read == POLYGONS + POINTS + DELISTED + OTHER + 1 + 2 + 1
    assert report.set_aside == 2 + 1
    assert sites["list_type"].value_counts().to_dict() == {
        "global_aze": POLYGONS + POINTS,
        "other_kba": OTHER,
        "de_listed": DELISTED,
    }
    by_point = sites[sites.geom_type == "Point"]
    assert (len(by_point), set(by_point["list_type"])) == (POINTS, {"global_aze"})
    assert by_point["area_km2"].isna().all()
    assert (sites["iso3"] == "XAA;XAB").sum() == 2
    assert set(sites["iso3"].str.split(";").explode()) == CODES


def test_every_fault_of_a_site_is_found_by_its_rule(kba: tuple[gpd.GeoDataFrame, ImportReport]) -> None:
    assert counts(kba[1]) == {
        ("repaired", "antimeridian"): 2,
        ("repaired", "invalid_geometry"): 1,
        ("repaired", "text_mended"): 1,
        ("noted", "duplicate_row"): 1,
        ("noted", "area_differs"): 1,
        ("set_aside", "duplicate_id"): 2,
        ("set_aside", "null_island"): 1,
    }
    said = {rule: value for _, rule, *_, value, _ in kba[1].findings}
    assert said["text_mended"] == "CiÃ©naga Lantern"
    assert "Ciénaga Lantern" in set(kba[0]["name"])
    assert said["duplicate_id"] == "990084"
    assert said["duplicate_row"] == "990004"


def test_two_sites_and_two_islands_cross_the_antimeridian(sites: gpd.GeoDataFrame) -> None:
    bounds = kba_layer("POL").bounds
    assert (bounds["maxx"] > 180).sum() == 1  # written on past it
    assert (bounds["maxx"] - bounds["minx"] > 180).sum() == 1  # a ring that jumps
    read = sites.bounds
    assert (read["maxx"] <= 180).all()
    assert ((read["minx"] == -180) & (read["maxx"] == 180)).sum() >= 2
    lines = [
        np.array(rings[0])
        for feature in features("training_boundaries.geojson")
        for rings in feature["geometry"]["coordinates"]
    ]
    assert sum(line[:, 0].min() < 180 < line[:, 0].max() for line in lines) == 1
    assert sum(np.ptp(line[:, 0]) > 180 for line in lines) == 1


# --- species -------------------------------------------------------------------------------------------


def test_trigger_species(species: TriggerSpecies, sites: gpd.GeoDataFrame) -> None:
    # 90 species, two of them at two sites; two rows more are faults
    assert (species.report.read, species.report.accepted) == (90 + 2 + 2, 90 + 2)
    assert len(species.species) == 90
    assert species.species["category"].value_counts().to_dict() == {"CR": 40, "EN": 90 - 40}
    assert len(species.occurrences) == 90 + 2
    named = set(species.occurrences["site_id"])
    assert named == set(sites.loc[sites["list_type"] == "global_aze", "site_id"])
    assert species.occurrences["share"].between(0.95, 1).all()
    assert (species.occurrences["criterion"] == "A1e").all()
    stages = species.occurrences.dropna(subset="life_stage").groupby("species_id")["life_stage"].agg(sorted)
    assert stages.tolist() == [["breeding", "wintering"]] * 2


def test_every_fault_of_the_species_list_is_found_by_its_rule(species: TriggerSpecies) -> None:
    found = counts(species.report)
    found.pop(("noted", "share_effectively_all"))  # ">95%", which is no fault
    assert found == {
        ("noted", "share_scale"): 1,
        ("noted", "unused_columns"): 1,
        ("set_aside", "share_out_of_range"): 1,
        ("set_aside", "unknown_site"): 1,
    }
    said = {rule: value for _, rule, *_, value, _ in species.report.findings}
    assert (said["share_out_of_range"], said["unknown_site"]) == ("170", "989999")
    table = sheet("training_trigger_species.xlsx")
    place = table.place("Sensitive")
    assert Counter(cells[place] for _, cells in table.rows) == {"yes": 4, "no": 94 - 4}


def test_the_wide_list_says_the_same_of_ten_sites(species: TriggerSpecies, sites: gpd.GeoDataFrame) -> None:
    wide = triggers("training_trigger_species_wide.csv", sites)
    assert counts(wide.report) == {("noted", "no_share"): 1, ("noted", "unused_columns"): 1}
    assert wide.sites["site_id"].nunique() == 10
    ours = species.occurrences[species.occurrences["site_id"].isin(wide.sites["site_id"])]
    assert sorted(zip(wide.occurrences["site_id"], wide.occurrences["species_id"], strict=True)) == sorted(
        zip(ours["site_id"], ours["species_id"], strict=True)
    )


def test_red_list(red_list: RedList, species: TriggerSpecies) -> None:
    # two of the 92 species named in the list are not in the Red List
    assert len(red_list.species) == len(red_list.common_names) == 92 - 2
    assert red_list.report.findings == []
    assert red_list.species["authority"].str.contains(MARK, regex=False).all()
    assert red_list.species["authority"].str.contains(" & ", regex=False).any()
    assert not red_list.species["authority"].str.contains("&amp;", regex=False).any()
    assert set(red_list.species["year"]) <= set(range(2021, 2026))
    assert red_list.species["possibly_extinct"].sum() == 1
    matches = match_names(species.species["scientific_name"], red_list)
    how = matches["how"].fillna("unknown").value_counts().to_dict()
    assert how == {"exact": 90 - 3 - 2, "synonym": 3, "unknown": 2}
    listed = species.species.set_index("scientific_name")["category"]
    theirs = red_list.species.set_index("species_id")["category"]
    pairs = matches.dropna(subset="species_id")
    differ = Counter(
        (listed[name], theirs[species_id])
        for name, species_id in zip(pairs["name"], pairs["species_id"], strict=True)
        if listed[name] != theirs[species_id]
    )
    assert differ == {("EN", "CR"): 1, ("CR", "EN"): 2, ("CR", "VU"): 1}


def test_threats_are_in_the_words_of_the_red_list(red_list: RedList) -> None:
    threats = red_list.threats
    assert set(threats["timing"].dropna()) <= {
        "Ongoing",
        "Future",
        "Past, Likely to Return",
        "Past, Unlikely to Return",
    }
    assert set(threats["scope"].dropna()) == {"Whole (>90%)", "Majority (50-90%)", "Minority (<50%)"}
    assert {"Very Rapid Declines", "Slow, Significant Declines"} <= set(threats["severity"])
    twice = threats.groupby(["species_id", "code"])["ias"].nunique()
    assert twice[twice > 1].tolist() == [2]
    assert set(red_list.species["species_id"]) - set(threats["species_id"])  # some have none on record


def test_names_are_invented(red_list: RedList) -> None:
    with (DATA / "species.csv").open(encoding="utf-8") as file:
        genera = {row["scientific_name"].split()[0] for row in csv.DictReader(file)}
    names = [*red_list.species["scientific_name"], *red_list.threats["ias"].dropna()]
    assert not genera & {name.split()[0] for name in names}


# --- protected areas -----------------------------------------------------------------------------------


def test_protected_areas(areas: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    polygons, points = areas
    columns = WDPA_COLUMNS.split()
    assert [*polygons.columns] == [*columns, "geometry"]
    assert [*points.columns] == [
        *(name for name in columns if name not in ("GIS_AREA", "GIS_M_AREA")),
        "geometry",
    ]
    both = pd.concat([frame.drop(columns="geometry") for frame in areas])
    assert (len(polygons), len(points)) == (200 - 24, 24)
    assert both["SITE_ID"].is_unique
    assert (both["STATUS_YR"] == 0).sum() == 200 * 12 // 100
    assert both.loc[both["STATUS_YR"] > 0, "STATUS_YR"].between(1960, 2024).all()
    status = both["STATUS"].value_counts()
    assert (status["Proposed"], status["Not Reported"]) == (5, 5)
    assert (both["DESIG_ENG"] == "UNESCO-MAB Biosphere Reserve").sum() == 1
    assert (both["DESIG_ENG"] == "Biosphere Reserve").sum() == 1
    assert (both["SITE_TYPE"] == "OECM").sum() > 0
    assert (both["ISO3"] == "XAA;XAB").sum() == 1
    assert (points["REP_AREA"] == 0).sum() == 6
    assert points.geometry.count_coordinates().value_counts().to_dict() == {1: 22, 3: 2}
    assert (polygons.to_crs("EPSG:6933").area / 1e6).to_numpy() == pytest.approx(
        polygons["GIS_AREA"].to_numpy(), rel=1e-3
    )


def test_three_zips_cut_by_row_of_two_layers_each() -> None:
    with open_archive(WDPA) as archive:
        names = [source.name for source in archive.sources]
        rows = [pyogrio.read_info(source.path)["features"] for source in archive.sources]
    assert len(names) == 3 * 2
    assert [sum(rows[n : n + 2]) for n in (0, 2, 4)] == [66, 67, 67]
    assert all(rows)


def test_a_third_of_the_sites_each_is_uncovered_partly_and_wholly_covered(
    sites: gpd.GeoDataFrame, areas: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
) -> None:
    polygons = areas[0]
    counted = ~polygons["STATUS"].isin(["Proposed", "Not Reported"])
    counted &= polygons["DESIG_ENG"] != "UNESCO-MAB Biosphere Reserve"
    aze = sites[(sites["list_type"] == "global_aze") & (sites.geom_type != "Point")].to_crs("EPSG:6933")

    def classes(chosen: gpd.GeoDataFrame) -> list[int]:
        whole = shapely.union_all(chosen.to_crs("EPSG:6933").geometry)
        share = aze.intersection(whole).area / aze.area
        return [
            (share <= 0.02).sum(),
            share.between(0.02, 0.98, inclusive="neither").sum(),
            (share >= 0.98).sum(),
        ]

    assert classes(polygons[counted]) == [POLYGONS // 3] * 3
    # what does not count would hide some of the gaps
    assert classes(polygons)[0] < POLYGONS // 3


# --- what a country adds -------------------------------------------------------------------------------


def national(name: str, sites: gpd.GeoDataFrame) -> NationalTable:
    return read_national(sheet(name), sites)


def test_costs(sites: gpd.GeoDataFrame) -> None:
    found = national("training_costs.csv", sites)
    assert found.report.findings == []
    assert found.report.read == POLYGONS + POINTS
    costs = found.values[found.values["field"] == "cost"]
    assert len(costs) == POLYGONS + POINTS - 1
    assert (set(costs["unit"]), set(costs["year"]), set(costs["source"])) == ({"USD"}, {2025}, {MARK})
    assert costs["number"].between(10_000, 2_000_000).all()
    assert (costs["number"] % 1 > 0).any()


def test_national_table(sites: gpd.GeoDataFrame) -> None:
    found = national("training_national.xlsx", sites)
    assert counts(found.report) == {("noted", "share_scale"): 1}
    values = found.values.pivot_table(index="site_id", columns="field", values="value", aggfunc="first")
    assert len(values) == POLYGONS + POINTS
    assert values["sensitive"].value_counts().to_dict() == {"0": 63 - 2, "1": 2}
    # partly and wholly covered sites have a score of their management
    assert values["mett_score"].notna().sum() == 2 * POLYGONS // 3
    own = found.values[found.values["field"] == "Water yield"]
    assert (set(own["unit"]), own["scorable"].all()) == ({"ML per year"}, True)
    assert values["national_name"].str.contains("é").any()


def test_territories_and_boundaries(sites: gpd.GeoDataFrame) -> None:
    found = gpd.read_file(TRAINING / "training_territories.geojson")
    assert len(found) == 10
    assert found.is_valid.all()
    assert Counter(found["consent_stage"]) == dict.fromkeys(
        ("unknown", "informed", "consulting", "given", "withheld"), 2
    )
    assert set(found.columns) == {"rights_holders", "consent_stage", "consent_source", "source", "geometry"}
    assert all(sites.intersects(shape).any() for shape in found.geometry)
    land = features("training_boundaries.geojson")
    assert {feature["properties"]["name"] for feature in land} == set(
        kba_layer("POL")["Country"].str.split("; ").explode()
    )


# --- larger sets ---------------------------------------------------------------------------------------


def test_other_sizes_have_the_same_make_up(maker: ModuleType, tmp_path: Path) -> None:
    sizes = maker.Sizes(polygons=90, points=3, delisted=8, other=60, species=150, areas=400)
    for name in ("one", "two"):
        maker.make(tmp_path / name, sizes, packed=True)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    sites, report = read_kba(tmp_path / "one" / KBA.name)
    assert report.read == 90 + 3 + 8 + 60 + 1 + 2 + 1
    assert sites["list_type"].value_counts().to_dict() == {
        "global_aze": 90 + 3,
        "other_kba": 60,
        "de_listed": 8,
    }
    assert counts(report)["repaired", "invalid_geometry"] == 1
    [table] = read_cells(tmp_path / "one" / "training_trigger_species.xlsx")
    found = read_trigger_species(table, suggest_mapping(table)[0], sites=sites)
    assert len(found.species) == 150
    assert len(found.sites) == 90 + 3
    with open_archive(tmp_path / "one" / WDPA.name) as archive:
        assert sum(pyogrio.read_info(source.path)["features"] for source in archive.sources) == 400


def test_the_large_set_is_as_large_as_the_list_and_stays_outside(
    maker: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    large = maker.LARGE
    assert (large.polygons + large.points, large.species, large.areas) == (853, 1_483, 300_000)
    assert large.polygons + large.delisted + large.other + 1 + 2 == 16_600
    for arguments in (["--large"], ["--large", str(TRAINING / "large")]):
        with pytest.raises(SystemExit):
            maker.main(arguments)
        assert "outside the project" in capsys.readouterr().err


def test_the_readme_names_every_rule_and_every_odd_species(
    kba: tuple[gpd.GeoDataFrame, ImportReport], species: TriggerSpecies, red_list: RedList
) -> None:
    readme = (TRAINING / "README.md").read_text(encoding="utf-8")
    rules = {rule for report in (kba[1], species.report) for _, rule in counts(report)}
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in readme] == []
    table = sheet("training_trigger_species.xlsx")
    name, sensitive, percent, stage = (
        table.place(column) for column in ("Taxon", "Sensitive", "% of global population", "Life stage")
    )
    odd = {
        row[name] for _, row in table.rows if row[sensitive] == "yes" or row[percent] == "170" or row[stage]
    }
    matches = match_names(species.species["scientific_name"], red_list)
    odd |= set(matches.loc[matches["how"] != "exact", "name"])
    odd |= set(red_list.species.loc[red_list.species["possibly_extinct"], "scientific_name"])
    assert len(odd) == 4 + 1 + 2 + (3 + 2) + 1
    assert [one for one in sorted(odd) if f"*{one}*" not in readme] == []

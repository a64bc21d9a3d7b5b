"""Imports: what files say enters a new version, what does not fit is told and waits, nothing old changes."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

from aze_core import build
from aze_core.build.intake import ImportResult, import_files, status_of
from aze_core.build.plan import ImportPlan, Input
from aze_core.domain.errors import AzeError, DataError
from aze_core.domain.model import Inventory
from aze_core.locale import explain
from aze_core.store import folder, imports
from aze_core.store.inventory import is_intact, load
from tests.helpers import tree

ROOT = Path(__file__).resolve().parents[2]
TODAY = dt.date(2026, 11, 24)

KBA = gpd.GeoDataFrame(
    {
        "SitRecID": [1.0, 2.0, 3.0, 4.0],
        "Country": ["Mexico", "Mexico", "France", "Atlantis"],
        "ISO3": ["MEX", "MEX;USA", "FRA", "XAT"],
        "NatName": ["Cerro Fresno", None, None, None],
        "IntName": ["Ash Hill", "Birch Lake", "Cedar Isle", "Dune"],
        "SitAreaKM2": [10.0, None, 40.0, 5.0],
        "AzeStatus": ["confirmed", "confirmed", None, "de-listed"],
        "KbaStatus": ["confirmed"] * 4,
    },
    geometry=[box(0, 0, 0.1, 0.1), box(10, 10, 10.1, 10.1), box(20, 20, 20.1, 20.1), box(30, 30, 30.1, 30.1)],
    crs="EPSG:4326",
)
SPECIES = """Site code,Taxon,Class,Status,Share,Stage
1,Rana alba,Amphibia,CR,100,
1,Rana nigra,Amphibia,EN,97,
2,Grus nova,Aves,EN,100,breeding
3,Grus nova,Aves,EN,,wintering
9,Rana rubra,Amphibia,CR,100,
1,Rana flava,Amphibia,CR,120,
"""
RED_LIST = [
    {
        "taxon": {"scientific_name": "Rana alba", "class_name": "AMPHIBIA", "sis_id": 1},
        "red_list_category": {"code": "EN"},
        "year_published": "2024",
        "threats": [
            {"code": "8_1_2", "description": {"en": "Named species"}, "ias": "Rattus rattus"},
            {"code": "8_1_2", "description": {"en": "Named species"}, "ias": "Felis catus"},
        ],
    },
    {
        "taxon": {"scientific_name": "Lithobates niger", "sis_id": 2, "synonyms": [{"name": "Rana nigra"}]},
        "red_list_category": {"code": "CR"},
        "possibly_extinct": True,
        "year_published": "2020",
    },
    {
        "taxon": {"scientific_name": "Rana rubra", "class_name": "AMPHIBIA", "sis_id": 4},
        "red_list_category": {"code": "VU"},
        "year_published": "2023",
    },
]
NATIONAL = """SitRecID,Cost (USD),Year,Authority,Peace index,Consent,Rights holders,Sensitive
1,1000,2024,Ministry,0.4,given,Some people,yes
2,,2024,Ministry,,,,no
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    KBA.to_file(place / "kba.gpkg")
    (place / "species.csv").write_text(SPECIES)
    (place / "red.json").write_text(json.dumps(RED_LIST))
    (place / "national.csv").write_text(NATIONAL)
    return place


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def data() -> Path:
    return folder.DATA


def bring(
    store: Path, data: Path, *inputs: Input, base: str = "", **about: str
) -> tuple[ImportResult, Inventory]:
    named = about if base else {"name": "Small", "as_of": "2026-03", **about}
    plan = ImportPlan(inputs, base=base, **named)
    result = import_files(plan, store, data, today=TODAY)
    return result, load(result.path)


def rules(result: ImportResult) -> dict[tuple[str, str], int]:
    found = result.findings.groupby(["action", "rule"]).size()
    return {key: int(n) for key, n in found.to_dict().items()}


def sites_and_species(files: Path) -> tuple[Input, Input]:
    return Input(str(files / "kba.gpkg"), "sites"), Input(str(files / "species.csv"), "trigger_species")


def test_sites_and_species_become_a_version(files: Path, store: Path, data: Path) -> None:
    result, made = bring(store, data, *sites_and_species(files))
    assert made.sites["list_type"].to_dict() == {
        "1": "global_aze",
        "2": "global_aze",
        "3": "other_kba",
        "4": "de_listed",
    }
    assert made.sites["region"].tolist() == ["americas", "americas", "europe_middle_east", "other"]
    assert made.sites["national_name"].dropna().to_dict() == {"1": "Cerro Fresno"}
    assert made.sites["area_km2"].iloc[[0, 2, 3]].tolist() == [10, 40, 5]
    # 0.1° by 0.1° near 10° north: 11.13 km × cos(10.05°) × 11.13 km, to the flattening of the globe
    assert made.sites.at["2", "area_km2"] == pytest.approx(11.13**2 * np.cos(np.radians(10.05)), rel=0.01)
    assert made.sites["area_basis"].tolist() == ["reported", "measured", "reported", "reported"]
    assert made.sites.geometry.geom_equals(KBA.set_index(made.sites.index).geometry).all()
    assert made.countries.at["XAT", "name_en"] == "Atlantis"
    pairs = made.occurrences[["site_id", "species_id", "share", "life_stage"]]
    assert pairs.astype(object).where(pairs.notna(), None).values.tolist() == [
        ["1", "rana-alba", 1.0, None],
        ["1", "rana-nigra", 0.97, None],
        ["2", "grus-nova", 1.0, "breeding"],
    ]
    # the other KBA implies no share, so its row waits; so do the unknown site and the share of 120 %
    assert {(a.row, a.rules) for a in result.aside} == {
        (4, "share_needed"),
        (5, "unknown_site"),
        (6, "share_out_of_range"),
    }
    assert result.inputs[["read", "accepted", "set_aside"]].values.tolist() == [[4, 4, 0], [6, 6 - 3, 3]]
    assert (made.version.status, made.version.as_of, made.version.derived_from) == ("current", "2026-03", "")
    assert made.inputs["file"].tolist() == ["kba.gpkg", "species.csv"] or set(made.inputs["file"]) == {
        "kba.gpkg",
        "species.csv",
    }
    assert made.coverage.empty
    assert is_intact(result.path, made.version.content_hash)


def test_the_same_files_make_the_same_version(files: Path, store: Path, data: Path, tmp_path: Path) -> None:
    first, _ = bring(store, data, *sites_and_species(files))
    again, _ = bring(store, data, *reversed(sites_and_species(files)))
    elsewhere, _ = bring(tmp_path / "other", data, *sites_and_species(files))
    assert first.version.content_hash == again.version.content_hash == elsewhere.version.content_hash
    assert again.reused
    other, _ = bring(store, data, *sites_and_species(files), as_of="2026-04")
    assert other.version.content_hash != first.version.content_hash
    assert len(list((store / "inventories").glob("*.gpkg"))) == 2


def test_the_red_list_gives_categories_names_and_threats(files: Path, store: Path, data: Path) -> None:
    red = Input(str(files / "red.json"), "red_list")
    result, made = bring(store, data, red, *sites_and_species(files))
    species = made.species
    assert species["category"].to_dict() == {"grus-nova": "EN", "lithobates-niger": "CR", "rana-alba": "EN"}
    assert species.at["lithobates-niger", "listed_name"] == "Rana nigra"
    assert bool(species.at["lithobates-niger", "possibly_extinct"])
    assert species["category_year"].dropna().to_dict() == {"lithobates-niger": 2020, "rana-alba": 2024}
    assert set(made.occurrences["species_id"]) == set(species.index)
    assert made.threats[["species_id", "code", "entry", "invasive_species"]].values.tolist() == [
        ["rana-alba", "8.1.2", 1, "Felis catus"],
        ["rana-alba", "8.1.2", 2, "Rattus rattus"],
    ]
    found = rules(result)
    assert found["repaired", "category_changed"] == 2
    assert found["repaired", "synonym"] == 1
    assert found["noted", "not_in_red_list_unknown"] == 1


def test_rows_that_waited_are_corrected_and_matched_to_the_red_list_of_the_base(
    files: Path, store: Path, data: Path
) -> None:
    red = Input(str(files / "red.json"), "red_list")
    first, _ = bring(store, data, red, *sites_and_species(files))
    [source] = {a.input_id for a in first.aside}
    (files / "corrected.csv").write_text(
        "Site code,Taxon,Class,Status,Share,Stage\n2,Rana rubra,Amphibia,CR,100,\n"
    )
    second, made = bring(
        store,
        data,
        Input(str(files / "corrected.csv"), "trigger_species", corrects=(f"{source}:5",)),
        base=first.version.content_hash,
    )
    assert made.species.at["rana-rubra", "category"] == "VU"
    assert made.version.derived_from == first.version.content_hash
    assert (made.version.name, made.version.as_of) == ("Small", "2026-03")
    assert {(a.row, a.rules) for a in second.aside} == {(4, "share_needed"), (6, "share_out_of_range")}
    # what was told of the base is not told again
    assert rules(second) == {("noted", "share_scale"): 1, ("repaired", "category_changed"): 1}
    kept = imports.record_of(store, second.version.content_hash)
    assert kept is not None
    assert kept.aside == second.aside
    assert len(load(first.path).species) == 3


def test_national_knowledge_and_rights(files: Path, store: Path, data: Path) -> None:
    table = Input(str(files / "national.csv"), "national")
    first, made = bring(store, data, *sites_and_species(files), table)
    values = made.national[["site_id", "field", "value", "unit", "year", "scorable"]]
    assert values.astype(object).where(values.notna(), None).values.tolist() == [
        ["1", "Peace index", "0.4", None, 2024, True],
        ["1", "competent_authority", "Ministry", None, 2024, False],
        ["1", "cost", "1000", "USD", 2024, True],
        ["2", "competent_authority", "Ministry", None, 2024, False],
    ]
    assert made.rights[["site_id", "rights_holders", "consent_stage"]].values.tolist() == [
        ["1", "Some people", "given"]
    ]
    assert made.sites["sensitive"].fillna(False).tolist() == [True, False, False, False]
    # a later table replaces values of the same site, field, year and unit, and adds the others
    (files / "later.csv").write_text("SitRecID,Cost (USD),Year\n1,1500,2024\n1,1600,2025\n")
    second, made = bring(
        store, data, Input(str(files / "later.csv"), "national"), base=first.version.content_hash
    )
    cost = made.national[made.national["field"] == "cost"]
    assert cost[["entry", "value", "year"]].values.tolist() == [[1, "1500", 2024], [2, "1600", 2025]]
    assert len(made.national) == 4 + 1
    assert rules(second)["noted", "values_updated"] == 1


def test_territories_are_measured_against_boundaries(files: Path, store: Path, data: Path) -> None:
    land = gpd.GeoDataFrame(
        {"rights_holders": ["A", "B"], "consent_stage": ["given", "refused"]},
        geometry=[box(0.05, -1, 1, 1), box(10, 10, 11, 11)],
        crs="EPSG:4326",
    )
    land.to_file(files / "land.gpkg")
    _, made = bring(store, data, *sites_and_species(files), Input(str(files / "land.gpkg"), "territories"))
    found = made.rights[["site_id", "rights_holders", "overlap_pct", "overlap_basis", "consent_stage"]]
    assert found.values.tolist() == [
        ["1", "A", 50.0, "measured", "given"],
        ["2", "B", 100.0, "measured", "withheld"],
    ]


def test_a_base_keeps_what_a_file_does_not_speak_of(files: Path, store: Path, data: Path) -> None:
    table = Input(str(files / "national.csv"), "national")
    first, _ = bring(store, data, *sites_and_species(files), table)
    KBA.iloc[[0, 1]].assign(IntName=["Ash Mountain", "Birch Lake"]).to_file(files / "new.gpkg")
    added, made = bring(store, data, Input(str(files / "new.gpkg"), "sites"), base=first.version.content_hash)
    assert made.sites["name"].tolist() == ["Ash Mountain", "Birch Lake", "Cedar Isle", "Dune"]
    assert bool(made.sites.at["1", "sensitive"])
    assert len(made.occurrences) == 3
    assert rules(added)[("noted", "sites_updated")] == 1
    whole, made = bring(
        store, data, Input(str(files / "new.gpkg"), "sites", replaces=True), base=first.version.content_hash
    )
    assert made.sites.index.tolist() == ["1", "2"]
    assert rules(whole)[("noted", "sites_left_list")] == 1
    assert set(made.national["site_id"]) == {"1", "2"}


def test_a_site_table_brings_points_and_cover(store: Path, data: Path, tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    table.write_text(
        "code,site,country,lat,lon,protected 2024 (%)\nA,Ash,Mexico,10,-100,0\nB,Elm,,11,-99,100\n"
    )
    plan = Input(str(table), "site_table", country="USA", list_type="national_list")
    _, made = bring(store, data, plan, list_type="national_list")
    assert made.sites["iso3"].tolist() == ["MEX", "USA"]
    assert set(made.sites["list_type"]) == {"national_list"}
    assert made.coverage[["site_id", "vintage", "share", "method"]].values.tolist() == [
        ["A", 2024, 0.0, "reported_with_sites"],
        ["B", 2024, 1.0, "reported_with_sites"],
    ]
    assert made.sites.geometry["A"] == shapely.Point(-100, 10)


def test_the_tables_of_aze_are_read_as_they_are(store: Path, data: Path, tmp_path: Path) -> None:
    table = tmp_path / "AZE_Global_20111014.csv"
    table.write_text(
        "Country,MapID,SiteNameFi,Latitude,Longitude,Scientific,Class,2008_10__R,PercentProtectedWDPA\n"
        "Mexico,MEX1,Ash,10,-100,Rana alba,AMPHIBIA,CR,0\n"
        "Mexico,MEX1,Ash,10,-100,Rana nigra,AMPHIBIA,EN,0\n"
        "France,FRA1,Elm,45,3,Abies x,CONIFEROPSIDA,EN,55\n"
    )
    result, made = bring(store, data, Input(str(table), "aze_2010"), as_of="2010")
    assert made.sites["iso3"].to_dict() == {"FRA1": "FRA", "MEX1": "MEX"}
    assert made.occurrences["share"].tolist() == [1.0] * 3
    assert made.coverage.values[:, 1:3].tolist() == [[2010, 0.55], [2010, 0.0]]
    assert result.inputs[["read", "accepted"]].values.tolist() == [[3, 3]]
    assert made.version.status == "historical_baseline"
    wide = tmp_path / "list.csv"
    wide.write_text(
        "Country;AZE.trigger.species;AZE.trigger.species2\nMexico;Rana alba;Rana nigra\nFrance;Abies x;\n"
    )
    result, made = bring(store, data, Input(str(wide), "aze_2019"), as_of="2019")
    assert len(made.sites) == 2
    assert made.occurrences.groupby("site_id").size().tolist() in ([1, 2], [2, 1])
    assert set(made.sites["iso3"]) == {"MEX", "FRA"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [(("2026",), "current"), (("2021-01-01",), "current"), (("2020-12",), "historical_baseline")],
)
def test_status_follows_the_date_of_the_list(given: tuple[str], expected: str) -> None:
    assert status_of(*given, today=TODAY) == expected
    assert status_of(*given, today=TODAY, training=True) == "training"


BAD: Mapping[str, tuple[str, list[str]]] = {
    "missing": ("Input('gone.gpkg', 'sites')", ["gone.gpkg", "is not in"]),
    "other kind": ("Input('species.csv', 'sites')", ["species.csv"]),
    "no sites": ("Input('species.csv', 'trigger_species')", ["species.csv", "no list of sites"]),
    "no mapping": (
        "Input('kba.gpkg', 'sites', mapping={'site_id': 'Code'})",
        ["no column “Code”", "SitRecID"],
    ),
    "no sheet": ("Input('species.csv', 'site_table', sheet='two')", ["which one is meant", "species.csv"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_failed_import_leaves_the_store_as_it_was(case: str, files: Path, store: Path, data: Path) -> None:
    build.build(data, store)
    before = tree(store)
    written, words = BAD[case]
    given = eval(written)
    with pytest.raises(AzeError) as caught:
        bring(store, data, Input(**{**given.to_dict(), "path": str(files / given.path)}))
    for word in words:
        assert word in explain(caught.value)
    assert tree(store) == before


@pytest.mark.parametrize("stage", ["read", "geometry", "join", "write", "place"])
def test_cancelling_leaves_the_store_as_it_was(stage: str, files: Path, store: Path, data: Path) -> None:
    build.build(data, store)
    before = tree(store)

    def stop(share: float, at: str, rows: int) -> None:
        if at == stage:
            raise RuntimeError

    plan = ImportPlan(sites_and_species(files), "Small", as_of="2026")
    with pytest.raises(RuntimeError):
        import_files(plan, store, data, stop)
    assert tree(store) == before


def test_progress_only_grows_and_counts_rows(files: Path, store: Path, data: Path) -> None:
    heard: list[tuple[float, str, int]] = []
    plan = ImportPlan(sites_and_species(files), "Small", as_of="2026")
    import_files(plan, store, data, lambda *told: heard.append(told))
    assert [share for share, *_ in heard] == sorted(share for share, *_ in heard)
    assert heard[-1] == (1.0, "done", 4 + 6)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system knows no SIGKILL")
@pytest.mark.parametrize("stage", ["geometry", "write", "place"])
def test_a_killed_import_harms_nothing_and_works_the_second_time(
    stage: str, files: Path, store: Path, data: Path
) -> None:
    build.build(data, store)
    before = tree(store)
    plan = ImportPlan(sites_and_species(files), "Small", as_of="2026")
    code = """
import json, os, signal, sys
from pathlib import Path
from aze_core.build.intake import import_files
from aze_core.build.plan import ImportPlan
plan, store, data, stage = sys.argv[1:]
def die(share, at, rows):
    if at == stage:
        os.kill(os.getpid(), signal.SIGKILL)
import_files(ImportPlan.from_dict(json.loads(plan)), Path(store), Path(data), die)
"""
    arguments = [json.dumps(plan.to_dict()), str(store), str(data), stage]
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    left = tree(store)
    assert {name: left[name] for name in before} == before
    assert folder.read_current(store).built == folder.read_current(store).inventory
    result = import_files(plan, store, data)
    assert is_intact(result.path, result.version.content_hash)
    for path in (store / "inventories").glob(".building-*"):
        os.utime(path, (0, 0))
    import_files(plan, store, data)
    assert not list((store / "inventories").glob(".building-*"))


def test_markup_formulas_and_long_texts_stay_plain_text(store: Path, data: Path, tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    odd = "<b>Ash</b> =1+1 [x](y)"
    table.write_text(f'code,site,country,lat,lon\n"=cmd",{odd},Mexico,10,-100\nB,{"x" * 30000},Mexico,1,1\n')
    _, made = bring(store, data, Input(str(table), "site_table"))
    assert made.sites.at["=cmd", "name"] == odd


def test_a_sensitive_species_stays_so_when_it_comes_again(store: Path, files: Path, data: Path) -> None:
    first = SPECIES.replace("Stage\n", "Stage,Sensitive\n").replace("CR,100,\n1", "CR,100,,yes\n1", 1)
    (files / "species.csv").write_text(
        "\n".join(line + ("," if line.count(",") < 6 else "") for line in first.split("\n"))
    )
    one, made = bring(store, data, *sites_and_species(files))
    assert made.species["sensitive"].fillna(False).to_dict()["rana-alba"]
    (files / "again.csv").write_text("Site code,Taxon,Class,Share\n1,Rana alba,Amphibia,99\n")
    again = Input(str(files / "again.csv"), "trigger_species")
    _, made = bring(store, data, again, base=one.version.content_hash)
    assert bool(made.species.at["rana-alba", "sensitive"])
    assert made.species.at["rana-alba", "category"] == "CR"
    assert made.occurrences["share"].tolist() == [0.99, 0.97, 1.0]


def test_frames_of_an_import_are_what_the_registry_says(files: Path, store: Path, data: Path) -> None:
    result, made = bring(store, data, *sites_and_species(files))
    assert isinstance(result.findings, pd.DataFrame)
    assert list(made.table("inputs").columns) == [
        "input_id",
        "kind",
        "file",
        "sha256",
        "read",
        "accepted",
        "repaired",
        "set_aside",
    ]
    assert set(made.sites["source"]) <= set(made.sources.index)


def test_an_unknown_sheet_is_named(store: Path, data: Path) -> None:
    book = ROOT / "data" / "training" / "training_national.xlsx"
    with pytest.raises(DataError) as caught:
        bring(store, data, Input(str(book), "site_table", sheet="Nothing"))
    assert "National data" in explain(caught.value)

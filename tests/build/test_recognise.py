"""What a file is, told by its columns and contents."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from aze_core.build.recognise import date_of_name, look
from aze_core.domain.errors import DataError
from aze_core.store.folder import DATA

TRAINING = DATA / "training"


@pytest.mark.parametrize(
    ("file", "kind", "rows", "problem"),
    [
        ("KBAsGlobal_2026_March_01_training.zip", "sites", 0, ""),
        ("training_trigger_species.xlsx", "trigger_species", 90 + 2 + 2, ""),
        ("training_trigger_species_wide.csv", "trigger_species", 10, ""),
        ("training_red_list.zip", "red_list", 0, ""),
        ("training_costs.csv", "national", 63, ""),
        ("training_national.xlsx", "national", 63, ""),
        ("training_territories.geojson", "territories", 0, ""),
        ("WDPA_training.zip", "protected_areas", 0, ""),
        ("training_boundaries.geojson", "", 0, "unknown_layer"),
    ],
)
def test_training_files_are_told_apart(file: str, kind: str, rows: int, problem: str) -> None:
    [found] = look(TRAINING / file)
    assert (found.kind, found.rows, found.problem) == (kind, rows, problem)


def test_columns_are_offered_with_sample_rows() -> None:
    [found] = look(TRAINING / "training_costs.csv")
    assert found.mapping["cost"] == "Cost"
    assert found.guesses["cost"].confidence > 0.9
    assert len(found.sample) == 5
    assert len(found.sample[0]) == len(found.columns)
    [again] = look(TRAINING / "training_costs.csv", "trigger_species")
    assert again.kind == "trigger_species"
    assert again.fingerprint == found.fingerprint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("MapID,SiteNameFi,Scientific,2008_10__R\nA,x,Rana x,EN\n", "aze_2010"),
        ("Country;AZE.trigger.species;AZE.trigger.species2\nPeru;Rana x;\n", "aze_2019"),
        ("code,site,lat,lon,country\nA,Ash,1,2,Peru\n", "site_table"),
        ("site_id,Peace index\nA,3\n", "national"),
        ("site_id,species,status\nA,Rana alba,EN\n", "trigger_species"),
        ("site_id,what\nA,Rana alba\nB,Rana nigra\n", "trigger_species"),
        ("colour,taste\nred,sour\n", ""),
    ],
)
def test_tables_are_told_apart_by_their_columns(text: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(text)
    assert look(tmp_path / "table.csv")[0].kind == kind


def test_a_table_in_a_zip_and_json_of_the_red_list(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "costs.zip", "w") as archive:
        archive.writestr("deep/costs.csv", "site_id,cost\nA,1\n")
    assert look(tmp_path / "costs.zip")[0].kind == "national"
    one = {"taxon": {"scientific_name": "Rana x"}, "red_list_category": {"code": "EN"}}
    (tmp_path / "one.json").write_text(json.dumps(one))
    assert look(tmp_path / "one.json")[0].kind == "red_list"


def test_layers_with_other_columns_are_offered_a_mapping(tmp_path: Path) -> None:
    layer = gpd.GeoDataFrame(
        {"codigo_sitio": ["7"], "nombre": ["Ash"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326"
    )
    layer.to_file(tmp_path / "own.gpkg")
    [found] = look(tmp_path / "own.gpkg")
    assert (found.kind, found.problem) == ("", "unknown_layer")
    assert found.mapping == {"site_id": "codigo_sitio", "international_name": "nombre"}
    [found] = look(tmp_path / "own.gpkg", "territories")
    assert found.mapping["name"] == "nombre"


def test_what_is_nothing_known_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "picture.zip").write_bytes(b"\x89PNG" * 9)
    with pytest.raises(DataError):
        look(tmp_path / "picture.zip")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "site_id,cost\nA,1\n")
        archive.writestr("b.csv", "site_id,cost\nA,1\n")
    with pytest.raises(DataError) as caught:
        look(tmp_path / "two.zip")
    assert caught.value.message_id == "several_tables"


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("KBAsGlobal_2022_September_02_POL.zip", "2022-09-02"),
        ("KBAsGlobal_2025_September.gdb", "2025-09"),
        ("AZE_Global_20111014.xlsx", "2011-10-14"),
        ("WDPA_Nov2025_Public.zip", "2025"),
        ("sites-2024-02.csv", "2024-02"),
        ("sites_2024_99.csv", "2024"),
        ("1899 sites 12345678.csv", ""),
    ],
)
def test_dates_in_names(name: str, date: str) -> None:
    assert date_of_name(name) == date

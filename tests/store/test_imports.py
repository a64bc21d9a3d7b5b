"""Records of imports, confirmed mappings and Red List exports: what is kept comes back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from aze_core.domain.report import ImportReport
from aze_core.sources.red_list import read_red_list
from aze_core.store import folder, imports, mappings, red_lists

RED_LIST = (
    b'[{"taxon": {"scientific_name": "Grus nova", "synonyms": [{"name": "Ardea nova L."}]},'
    b' "red_list_category": {"code": "EN"}, "year_published": "2021", "threats": [{"code": "8_1_2"}]}]'
)


def test_the_record_of_an_import_comes_back(tmp_path: Path) -> None:
    report = ImportReport(read=3)
    report.add("set_aside", "unknown_site", "list.csv", 2, "Site", "=X", "no such site")
    report.add("noted", "share_scale", "list.csv", None, "Share", "percent")
    findings = report.table()
    findings.insert(0, "input", "in-1")
    aside = [imports.Aside("in-1", "list.csv", 2, "unknown_site", {"Site": "=X", "Species": "Grus ñ"})]
    assert imports.record_of(tmp_path, "abc") is None
    for seconds in (1.0, 2.0):
        imports.save(tmp_path, "abc", {"name": "Ä"}, seconds, findings, aside)
    found = imports.record_of(tmp_path, "abc")
    assert found is not None
    assert (found.plan, found.seconds, found.aside) == ({"name": "Ä"}, 2.0, aside)
    pd.testing.assert_frame_equal(found.findings, findings.astype({"row": "Int64"}), check_dtype=False)
    assert imports.record_of(tmp_path, "other") is None


def test_a_confirmed_mapping_is_remembered_for_its_header_and_kind(tmp_path: Path) -> None:
    assert mappings.remembered(tmp_path, "trigger_species", "h1") is None
    mappings.remember(tmp_path, "trigger_species", "h1", {"site_id": "Code", "species_names": ["S1", "S2"]})
    mappings.remember(tmp_path, "trigger_species", "h1", {"site_id": "Site", "species_names": ("S1",)})
    assert mappings.remembered(tmp_path, "trigger_species", "h1") == {
        "site_id": "Site",
        "species_names": ["S1"],
    }
    assert mappings.remembered(tmp_path, "national", "h1") is None
    assert mappings.remembered(tmp_path, "trigger_species", "h2") is None


def test_a_red_list_is_kept_whole(tmp_path: Path) -> None:
    given = read_red_list(RED_LIST)
    assert red_lists.kept(tmp_path, "d1") is None
    red_lists.keep(tmp_path, "d1", given)
    red_lists.keep(tmp_path, "d1", given)
    found = red_lists.kept(tmp_path, "d1")
    assert found is not None
    for name in ("species", "threats", "synonyms", "common_names"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(given, name))
    assert not list((tmp_path / "inventories").glob(".building-*"))


def test_a_damaged_red_list_counts_as_none(tmp_path: Path) -> None:
    red_lists.keep(tmp_path, "d1", read_red_list(RED_LIST))
    (folder.red_list_path(tmp_path, "d1") / "threats.parquet").write_bytes(b"PAR1")
    assert red_lists.kept(tmp_path, "d1") is None

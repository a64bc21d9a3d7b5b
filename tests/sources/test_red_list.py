"""Red List downloads: exports and API answers, and the names that are matched to them."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.domain.errors import DataError
from aze_core.sources.red_list import RedList, canonical_name, match_names, read_red_list, species_slug
from aze_core.sources.tables import Limits

EXPORT = {
    # the order of columns differs from table to table
    "simple_summary.csv": "scopes,internalTaxonId,assessmentId,scientificName,authority,className,orderName,"
    "familyName,redlistCategory,redlistCriteria\n"
    "Global,1,11,Rana alba,Smith &amp; Jones,AMPHIBIA,ANURA,RANIDAE,Critically Endangered,B1ab(iii)\n"
    '"Global, Europe",2,12,Rana nova,"L., 1758",AMPHIBIA,ANURA,RANIDAE,EN,\n'
    "Europe,2,13,Rana nova,,AMPHIBIA,ANURA,RANIDAE,Vulnerable,\n"
    "Global,3,14,Rana nigra,,AMPHIBIA,ANURA,RANIDAE,Critically Endangered (Possibly Extinct),A2c\n"
    "Global,4,15,Rana alta,,AMPHIBIA,ANURA,RANIDAE,Nearly lost,\n"
    "Global,5,16,Rana magna,,AMPHIBIA,ANURA,RANIDAE,Endangered,\n"
    "Global,6,17,,,AMPHIBIA,ANURA,RANIDAE,Endangered,\n"
    "Global,7,18,rana  ALBA,,AMPHIBIA,ANURA,RANIDAE,Endangered,\n",
    "assessments.csv": "assessmentId,scientificName,redlistCategory,yearPublished,possiblyExtinct,rationale\n"
    '11,Rana alba,Critically Endangered,2020,false,"<p>long\ntext</p>"\n'
    "12,Rana nova,Endangered,,,\n",
    "taxonomy.csv": "internalTaxonId,scientificName,subpopulationName\n1,Rana alba,\n5,Rana magna,North\n",
    "threats.csv": "code,name,scientificName,internalTaxonId,timing,scope,severity\n"
    "8.1.2,Named species &amp; others,Rana alba,1,Ongoing,Whole (>90%),Unknown\n"
    "8.1.2,Named species &amp; others,Rana alba,1,Ongoing,Whole (>90%),Unknown\n"
    "2_1,Crops,Rana nova,2,,,\n"
    "2.1,Crops,Rana magna,5,,,\n"
    "farming,Crops,Rana nova,2,,,\n",
    "synonyms.csv": "internalTaxonId,scientificName,name\n"
    '1,Rana alba,"Hyla alba Smith &amp; Jones, 1900"\n'
    '2,Rana nova,"Hyla communis L., 1758"\n'
    '3,Rana nigra,"Hyla communis L., 1758"\n'
    "3,Rana nigra,Rana alba\n"
    "5,Rana magna,Hyla magna\n",
    "common_names.csv": "internalTaxonId,scientificName,name,language,main\n"
    "1,Rana alba,White Frog,English,true\n",
}


def pack(files: Mapping[str, str], folder: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(folder + name, text)
    return out.getvalue()


def rules(found: RedList) -> list[tuple[str, str, str, int | None]]:
    return [(action, rule, file, row) for action, rule, file, row, *_ in found.report.findings]


@pytest.fixture(scope="module")
def export() -> RedList:
    return read_red_list(pack(EXPORT, "redlist_species_data_1/"), "export.zip")


def test_species_of_an_export(export: RedList) -> None:
    species = export.species.set_index("species_id")
    assert species["scientific_name"].tolist() == ["Rana alba", "Rana nova", "Rana nigra", "Rana alta"]
    first = species.loc["rana-alba"].to_dict()
    assert pd.isna(first.pop("possibly_extinct_in_the_wild"))
    assert first == {
        "scientific_name": "Rana alba",
        "authority": "Smith & Jones",
        "class_name": "Amphibia",
        "order_name": "Anura",
        "family_name": "Ranidae",
        "category": "CR",
        "criteria": "B1ab(iii)",
        "year": 2020,
        "possibly_extinct": False,
        "taxon_id": "1",
        "assessment_id": "11",
    }
    assert species["category"].tolist()[:3] == ["CR", "EN", "CR"]
    assert pd.isna(species.loc["rana-alta", "category"])
    assert species["possibly_extinct"].tolist() == [False, pd.NA, True, pd.NA]


def test_what_an_export_holds_beside_is_told(export: RedList) -> None:
    assert rules(export) == [
        ("set_aside", "not_global", "simple_summary.csv", 3),
        ("repaired", "unknown_category", "simple_summary.csv", 5),
        ("set_aside", "subpopulation", "simple_summary.csv", 6),
        ("set_aside", "no_name", "simple_summary.csv", 7),
        ("set_aside", "two_assessments", "simple_summary.csv", 8),
        ("set_aside", "duplicate_threat", "threats.csv", 2),
        ("set_aside", "threat_of_unknown_species", "threats.csv", 4),
        ("set_aside", "bad_threat_code", "threats.csv", 5),
        ("noted", "names_left_out", "synonyms.csv", None),
    ]
    # eight assessments and five threats; four species and two threats came in
    assert (export.report.read, export.report.accepted) == (8 + 5, 4 + 2)


def test_threats_and_names_of_an_export(export: RedList) -> None:
    assert export.threats.drop(columns="scientific_name").astype(object).where(
        export.threats.notna(), None
    ).values.tolist() == [
        ["rana-alba", "8.1.2", "Named species & others", "Ongoing", "Whole (>90%)", None, None],
        ["rana-nova", "2.1", "Crops", None, None, None, None],
    ]
    assert export.synonyms["synonym"].tolist()[0] == "Hyla alba Smith & Jones, 1900"
    assert export.common_names[["species_id", "common_name"]].values.tolist() == [["rana-alba", "White Frog"]]


def test_a_folder_is_read_like_its_zip(export: RedList, tmp_path: Path) -> None:
    for name, text in EXPORT.items():
        (tmp_path / name.upper()).write_text(text)
    (tmp_path / "ReadMe.txt").write_text("terms")
    again = read_red_list(tmp_path)
    for part in ("species", "threats", "synonyms", "common_names"):
        pd.testing.assert_frame_equal(getattr(again, part), getattr(export, part))
    path = tmp_path / "x.zip"
    path.write_bytes(pack(EXPORT))
    pd.testing.assert_frame_equal(read_red_list(path).species, export.species)


def test_assessments_alone_will_do() -> None:
    found = read_red_list(pack({name: EXPORT[name] for name in ("assessments.csv",)} | {"threats.csv": ""}))
    assert found.species[["scientific_name", "category"]].values.tolist() == [
        ["Rana alba", "CR"],
        ["Rana nova", "EN"],
    ]
    assert (len(found.threats), len(found.synonyms)) == (0, 0)


# ---------------------------------------------------------------- API


def assessment(**changes: Any) -> dict[str, Any]:
    return {
        "assessment_id": 11,
        "sis_taxon_id": 1,
        "year_published": "2021",
        "latest": True,
        "possibly_extinct": False,
        "possibly_extinct_in_the_wild": False,
        "criteria": "B1ab(iii)",
        "taxon": {
            "sis_id": 1,
            "scientific_name": "Rana alba",
            "class_name": "AMPHIBIA",
            "subpopulation_name": None,
            "authority": "Smith &amp; Jones",
            "synonyms": [{"name": "Hyla alba Smith, 1900"}, {"genus_name": "Hyla", "species_name": "beta"}],
            "common_names": [{"name": "White Frog", "language": "eng", "main": True}],
        },
        "red_list_category": {"version": "3.1", "description": {"en": "Critically Endangered"}, "code": "CR"},
        "scopes": [{"description": {"en": "Global"}, "code": "1"}],
        "threats": [
            {
                "code": "8_1_2",
                "description": {"en": "Named species"},
                "timing": "Ongoing",
                "scope": {"description": {"en": "Majority (50-90%)"}, "code": "2"},
                "severity": None,
            },
            {"code": "x"},
        ],
    } | changes


def test_an_assessment_of_the_api() -> None:
    found = read_red_list(json.dumps(assessment()).encode(), "a.json")
    row = found.species.iloc[0]
    assert row[["species_id", "category", "year", "authority", "class_name", "taxon_id"]].tolist() == [
        "rana-alba",
        "CR",
        2021,
        "Smith & Jones",
        "Amphibia",
        "1",
    ]
    assert found.threats[["code", "name", "timing", "scope"]].values.tolist() == [
        ["8.1.2", "Named species", "Ongoing", "Majority (50-90%)"]
    ]
    assert found.threats["severity"].isna().all()
    assert found.synonyms["synonym"].tolist() == ["Hyla alba Smith, 1900", "Hyla beta"]
    assert found.common_names["common_name"].tolist() == ["White Frog"]
    assert rules(found) == [("noted", "bad_threat_code", "a.json", 1)]


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: {"assessments": one}])
def test_a_list_of_the_api_takes_the_latest_global_ones(wrap: Any) -> None:
    other = {"taxon": {"scientific_name": "Rana nova"}, "threats": []}
    items = [
        assessment(),
        assessment(latest=False, **other),
        assessment(scopes=[{"code": "2"}], **other),
        assessment(taxon={"scientific_name": "Rana nova", "subpopulation_name": "North"}),
        assessment(red_list_category={"code": "zz"}, **other),
        assessment(threats=[]),
        "text",
        {"taxon_scientific_name": "Rana nigra", "red_list_category_code": "EN", "sis_taxon_id": 3},
    ]
    found = read_red_list(json.dumps(wrap(items)).encode(), "a.json")
    assert found.species["scientific_name"].tolist() == ["Rana alba", "Rana nova", "Rana nigra"]
    assert rules(found)[1:] == [
        ("set_aside", "not_latest", "a.json", 2),
        ("set_aside", "not_global", "a.json", 3),
        ("set_aside", "subpopulation", "a.json", 4),
        ("repaired", "unknown_category", "a.json", 5),
        ("set_aside", "duplicate_species", "a.json", 6),
        ("set_aside", "no_name", "a.json", 7),
        ("noted", "not_stated", "a.json", 8),
        ("noted", "not_stated", "a.json", 8),
    ]
    assert (found.report.read, found.report.accepted) == (8, 3)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not_a_red_list"),
        (b"a,b\n", "not_a_red_list"),
        (b"{}", "not_a_red_list"),
        (b"[]", "not_a_red_list"),
        (b"[1, null]", "not_a_red_list"),
        (b"{", "bad_json"),
        (b'{"a": "\xff"}', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b"[" + b"9" * 5000 + b"]", "bad_json"),
        (b"PK\x03\x04", "archive_broken"),
        (pack({"readme.txt": "terms"}), "not_a_red_list"),
        (pack({"../simple_summary.csv": "a,b\n1,2\n"}), "archive_unsafe_name"),
        (pack(EXPORT | {"notes.csv": "\x00" * (17 << 20)}), "archive_ratio"),
        (pack({"threats.csv": "a,b\n"}), "not_a_red_list"),
        (pack({"simple_summary.csv": ""}), "empty_table"),
        (pack({"simple_summary.csv": "scientificName,scopes\nRana,Global\n"}), "import_missing_column"),
        (pack({"simple_summary.csv": "a,b\n1,2\n"}), "import_missing_column"),
        (pack(EXPORT | {"threats.csv": "name,timing\nx,y\n"}), "import_missing_column"),
        (pack(EXPORT | {"old/threats.csv": ""}), "two_tables"),
        (pack(EXPORT | {"simple_summary.csv": "\x89PNG"}), "few_columns"),
    ],
)
def test_what_is_no_red_list_gets_a_sentence(raw: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_red_list(raw, "x")
    assert caught.value.message_id == message


def test_limits_hold(tmp_path: Path) -> None:
    for source in (pack(EXPORT | {"threats.csv": "x" * 100_000}), tmp_path):
        (tmp_path / "threats.csv").write_text("x" * 100_000)
        with pytest.raises(DataError) as caught:
            read_red_list(source, "x", Limits(max_unpacked=50_000))
        assert (caught.value.message_id, caught.value.fields["unit"]) == ("too_large", "bytes")
    with pytest.raises(DataError) as caught:
        read_red_list(pack(EXPORT), "x", Limits(max_bytes=100))
    assert caught.value.message_id == "too_large"


def test_a_zip_within_a_zip_is_found(export: RedList) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("parts/inner.zip", pack(EXPORT))
    for name in ("outer.zip", "a/../odd: name", ""):
        pd.testing.assert_frame_equal(read_red_list(out.getvalue(), name).species, export.species)


def test_a_path_beyond_the_limit(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(pack(EXPORT))
    with pytest.raises(DataError) as caught:
        read_red_list(tmp_path / "x.zip", limits=Limits(max_bytes=100))
    assert caught.value.message_id == "too_large"


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_red_list(tmp_path / "no.zip")
    assert caught.value.message_id == "no_such_file"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3) | st.just("Rana alba"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*assessment(), *assessment()["taxon"], "assessments", "code", "en", "description"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_gets_a_sentence(data: Any) -> None:
    try:
        found = read_red_list(json.dumps(data).encode(), "x")
    except DataError as error:
        message = error.message_id
    else:
        message = ""
        assert found.report.accepted == len(found.species)
    assert message in {"", "not_a_red_list"}


@given(st.binary(max_size=60), st.integers(0, 2000))
def test_any_damage_is_read_or_gets_a_sentence(piece: bytes, at: int) -> None:
    raw = pack(EXPORT)
    try:
        found = read_red_list(raw[:at] + piece + raw[at + len(piece) :], "x")
    except DataError as error:
        count, message = 0, error.message_id
    else:
        count, message = len(found.species), ""
    assert (count > 0) == (message == "")


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Grus americana", "Grus americana"),
        ("GRUS AMERICANA", "Grus americana"),
        ("grus  Americana", "Grus americana"),
        ("Grus americana Linnaeus, 1758", "Grus americana"),
        ("Grus americana (Linnaeus, 1758)", "Grus americana"),
        ("Grus americana von Pusch, 1942", "Grus americana"),
        ("Rana alba nigra", "Rana alba nigra"),
        ("Rana alba subsp. Nigra Smith", "Rana alba nigra"),
        ("Rana alba Smith, 1900 ssp. nigra", "Rana alba nigra"),
        ("Rana (Hylarana) alba Smith", "Rana alba"),
        ("Rana_alba", "Rana alba"),
        ("<i>Rana</i> <i>alba</i> (Smith)", "Rana alba"),
        ("Rana x-alba", "Rana x-alba"),
        ("Abies × nova", "Abies nova"),
        ("Rana cf. alba", "Rana cf. alba"),
        ("Rana sp. 1", "Rana sp. 1"),
        ("Rana", "Rana"),
        ("", ""),
    ],
)
def test_names_lose_their_authors(text: str, expected: str) -> None:
    assert canonical_name(text) == expected


@given(st.text(max_size=40))
def test_a_name_once_tidied_stays_so(text: str) -> None:
    once = species_slug(canonical_name(text))
    assert species_slug(once) == once


def test_names_are_matched(export: RedList) -> None:
    names = ["Rana alba", "RANA alba (Smith)", "Hyla alba", "Hyla communis", "Hyla magna", "Rana  nova", ""]
    found = match_names(names, export)
    assert found["name"].tolist() == names
    rows = found.drop(columns="name").astype(object).where(found.drop(columns="name").notna(), None)
    assert rows.values.tolist() == [
        # also a synonym of Rana nigra: the accepted name comes first
        ["Rana alba", "rana-alba", "exact", None, None],
        ["Rana alba", "rana-alba", "spelling", None, None],
        ["Rana alba", "rana-alba", "synonym", None, None],
        [None, None, None, "ambiguous", "Rana nigra; Rana nova"],
        # its species has only an assessment of a subpopulation
        [None, None, None, "unknown", None],
        ["Rana nova", "rana-nova", "exact", None, None],
        [None, None, None, "unknown", None],
    ]
    assert len(match_names([], export)) == 0


REAL = os.environ.get("AZE_REAL_DATA")


@pytest.mark.skipif(not REAL, reason="AZE_REAL_DATA does not name a folder of real downloads")
def test_a_real_export() -> None:
    found = read_red_list(Path(str(REAL)) / "iucn_export")
    assert (len(found.species), found.report.read, found.report.accepted) == (1232, 1232, 1232)
    assert found.species["category"].eq("CR").all()
    for part in (found.species, found.synonyms, found.common_names):
        assert not any(part[c].astype("str").str.contains(r"&[a-z]+;|&#").any() for c in part.columns)
    assert found.species["authority"].str.contains(" & ").any()

    exact = match_names(found.species["scientific_name"], found)
    assert exact["how"].eq("exact").all()
    assert exact["scientific_name"].eq(found.species["scientific_name"]).all()
    matched = match_names(found.synonyms["synonym"], found)
    by_synonym = matched["scientific_name"].notna()
    # the few that are left name two accepted species
    assert by_synonym.sum() == len(matched) - matched["reason"].eq("ambiguous").sum()
    assert (
        matched.loc[by_synonym, "scientific_name"].eq(found.synonyms.loc[by_synonym, "scientific_name"]).all()
    )
    assert by_synonym.mean() > 0.99

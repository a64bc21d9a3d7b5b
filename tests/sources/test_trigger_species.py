"""Trigger species tables: long and wide, known and unknown, and every fault that real ones have."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.domain.errors import DataError
from aze_core.domain.schema import TABLES
from aze_core.sources.tables import Sheet, read_cells
from aze_core.sources.trigger_species import (
    TriggerSpecies,
    read_trigger_species,
    recognise,
    suggest_mapping,
)

LONG = {"site_id": "site", "scientific_name": "species", "share": "share", "category": "rl"}


def sheet(text: str) -> Sheet:
    [found] = read_cells(text.encode(), "t.csv")
    return found


def long(*lines: str, **options: Any) -> TriggerSpecies:
    """A long table: site, species, share, category."""
    return read_trigger_species(sheet("\n".join(["site,species,share,rl", *lines])), LONG, **options)


def pairs(found: TriggerSpecies) -> dict[tuple[str, str], float | None]:
    return {
        (site, species): None if pd.isna(share) else share
        for site, species, share in zip(
            found.occurrences["site_id"],
            found.occurrences["species_id"],
            found.occurrences["share"],
            strict=True,
        )
    }


def rules(found: TriggerSpecies, *without: str) -> list[tuple[str, str, int | None]]:
    return [
        (action, rule, row)
        for action, rule, _, row, *_ in found.report.findings
        if rule not in ("share_scale", *without)
    ]


# ---------------------------------------------------------------- layouts


def test_a_long_table() -> None:
    text = (
        "Site code;Site;Country;Species;English name;Class;RL category;Criterion;% of population;Life stage\n"
        "CAN2;Wood Buffalo;CAN;Grus americana;Whooping Crane;AVES;Endangered;A1e;100;Breeding\n"
        "USA3;Aransas;USA;Grus americana;Whooping Crane;Aves;EN;;97,5;wintering\n"
        "MEX1;Alto;MEX;Rana alba;;Amphibia;Critically Endangered (Possibly Extinct);A1a;100;all\n"
    )
    table = sheet(text)
    mapping, guesses = suggest_mapping(table)
    assert set(mapping) == {
        "site_id",
        "site_name",
        "country",
        "scientific_name",
        "common_name",
        "class_name",
        "category",
        "criterion",
        "share",
        "life_stage",
    }
    assert all(guess.confidence > 0.5 for guess in guesses.values())

    found = read_trigger_species(table, mapping, source="mine")
    expected = pd.DataFrame(
        {
            "site_id": ["CAN2", "USA3", "MEX1"],
            "species_id": ["grus-americana", "grus-americana", "rana-alba"],
            "share": [100 / 100, 97.5 / 100, 100 / 100],
            "life_stage": ["breeding", "wintering", None],
            "criterion": ["A1e", None, "A1a"],
            "source": ["mine"] * 3,
        }
    ).astype(found.occurrences.dtypes.to_dict())
    pd.testing.assert_frame_equal(found.occurrences, expected)
    assert list(found.species.columns) == TABLES["species"].names
    assert found.species.set_index("species_id").loc["grus-americana"].dropna().to_dict() == {
        "scientific_name": "Grus americana",
        "common_name": "Whooping Crane",
        "class_name": "Aves",
        "category": "EN",
        "category_source": "mine",
        "source": "mine",
    }
    assert found.species["category"].tolist() == ["EN", "CR"]
    assert found.sites["name"].tolist() == ["Wood Buffalo", "Aransas", "Alto"]
    assert rules(found) == [("noted", "possibly_extinct", 3)]
    assert ("noted", "share_scale") in [finding[:2] for finding in found.report.findings]
    assert (found.report.read, found.report.accepted) == (3, 3)


AZE_2010 = (
    "Region,Country,AZE_ID,MapID,Type,SiteNameFi,Latitude,Longitude,NewSpeciesName,Scientific,Common_nam,Class,"
    "Order_,Family,IUCNCode,BirdLifeCode,2008_10__R,PercentProtectedWDPA,ProtectionWDPA,Protected,Protecte_1,"
    "AZE2005_si,2005_2009,AZE_site__,AZE2005_Tr,SitRedID,WDPA Site Code,IUCN Red List Link,"
    "BirdLife DZ Species Link,BirdLife DZ Site Link,Protected Planet Link,Field29"
)


def test_the_table_of_2010_is_known_by_its_header() -> None:
    columns = AZE_2010.split(",")
    assert len(columns) == 32
    assert recognise([name.upper() for name in columns]) == "aze_2010"
    row = dict.fromkeys(columns, "")
    row |= {"MapID": "ETH1", "SiteNameFi": "CiÚnaga", "Scientific": "Rana alba", "Class": "AMPHIBIA"}
    row |= {"2008_10__R": "CR", "IUCNCode": "58715", "Order_": "ANURA", "Family": "RANIDAE", "AZE_ID": "12"}
    other = row | {"SiteNameFi": "Liben plains", "Scientific": "Mirafra sida", "Class": "AVES"}
    third = row | {"Scientific": "Rana nigra"}
    table = sheet("\n".join([AZE_2010, *(",".join(r.values()) for r in (row, other, third))]))
    mapping, _ = suggest_mapping(table)
    assert (mapping["site_id"], mapping["category"]) == ("MapID", "2008_10__R")

    found = read_trigger_species(table, mapping)
    # one number of the map, two unrelated sites: kept apart
    assert list(pairs(found)) == [("ETH1", "rana-alba"), ("ETH1-2", "mirafra-sida"), ("ETH1", "rana-nigra")]
    assert found.occurrences["share"].isna().all()
    assert found.sites["name"].tolist() == ["CiÚnaga", "Liben plains"]
    assert found.species["family_name"].tolist() == ["Ranidae"] * 3
    told = rules(found)
    assert ("repaired", "one_id_two_sites", 2) in told
    assert [row for _, rule, row in told if rule == "odd_letters"] == [1, 3]
    assert "perhaps Ciénaga" in found.report.table()["detail"].tolist()
    assert ("noted", "no_share", None) in told


def test_with_the_sites_known_a_number_given_twice_goes_to_the_site_of_that_name() -> None:
    table = sheet(
        "MapID,Site name,Species\nETH1,Ciénaga,Rana alba\nETH1,Liben plains,Mirafra sida\nETH1,,Rana nova\n"
    )
    sites = pd.DataFrame({"site_id": ["ETH1"], "name": ["Cienaga"]})
    found = read_trigger_species(table, suggest_mapping(table)[0], sites=sites)
    assert list(pairs(found)) == [("ETH1", "rana-alba")]
    assert [finding for finding in rules(found) if finding[0] == "set_aside"] == [
        ("set_aside", "one_id_two_sites", 2),
        ("set_aside", "one_id_two_sites", 3),
    ]


def test_with_both_sites_known_the_name_decides() -> None:
    table = sheet("MapID,Site name,Species\nETH1,Ciénaga,Rana alba\nETH1,Liben plains,Mirafra sida\n")
    sites = pd.DataFrame({"site_id": ["ETH1", "ETH1-2"], "name": ["Ciénaga", "Liben plains"]})
    found = read_trigger_species(table, suggest_mapping(table)[0], sites=sites)
    assert list(pairs(found)) == [("ETH1", "rana-alba"), ("ETH1-2", "mirafra-sida")]
    assert rules(found, "no_share") == []


def test_a_row_without_species_still_names_its_site() -> None:
    table = sheet("MapID,Site name,Species\nA,Ash Hill,\nA,Birch Lake,Rana nova\n")
    found = read_trigger_species(table, suggest_mapping(table)[0])
    assert list(pairs(found)) == [("A-2", "rana-nova")]
    assert rules(found, "no_share") == [("set_aside", "no_name", 1), ("repaired", "one_id_two_sites", 2)]


def test_a_number_for_two_sites_and_a_row_that_names_none() -> None:
    table = sheet(
        "MapID,Site name,Species\nA,Ash Hill,Rana alba\nA,Birch Lake,Rana nova\nA,,Rana nigra\n"
        "A-2,x,Rana x-alba\n"
    )
    found = read_trigger_species(table, suggest_mapping(table)[0])
    # A-2 is taken by the table itself
    assert list(pairs(found)) == [("A", "rana-alba"), ("A-3", "rana-nova"), ("A-2", "rana-x-alba")]
    assert ("set_aside", "one_id_two_sites", 3) in rules(found)


def test_a_column_that_identifies_nothing_gets_a_sentence() -> None:
    names = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" * 5 for n in range(60)]
    table = sheet("id,site name,species\n" + "".join(f"Peru,{name},Rana alba\n" for name in names))
    with pytest.raises(DataError) as caught:
        read_trigger_species(table, suggest_mapping(table)[0] | {"site_id": "id"})
    assert (caught.value.message_id, caught.value.fields["value"]) == ("identifier_of_many", "Peru")


def test_spellings_of_one_name_are_one_site() -> None:
    table = sheet(
        "id,site name,species\n7.0,Cerro Alto,Rana alba\n7,CERRO ALTO,Rana nova\n"
        "7,Cerro Alto National Park,Rana nigra\n"
    )
    found = read_trigger_species(
        table, {"site_id": "id", "site_name": "site name", "scientific_name": "species"}
    )
    assert set(found.occurrences["site_id"]) == {"7"}


def test_the_list_of_2019_is_wide() -> None:
    numbers = ["", *range(2, 21)]
    columns = ["Country", "Site.name", *(f"AZE.trigger.species{n}" for n in numbers)]
    cells = ["Peru", "Alto", "Rana alba", "Rana nova (Author, 1999)", "", "NA", *[""] * 15, "Rana nigra"]
    table = sheet(";".join(columns) + "\n" + ";".join(cells) + "\nPeru;Bajo;Rana alba\nPeru;Cima\n")
    assert recognise(table.header) == "aze_2019"
    mapping, _ = suggest_mapping(table)
    assert mapping["site_name"] == "Site.name"
    assert len(mapping["species_names"]) == 20

    found = read_trigger_species(table, mapping)
    assert list(pairs(found)) == [
        ("peru-alto", "rana-alba"),
        ("peru-alto", "rana-nova"),
        ("peru-alto", "rana-nigra"),
        ("peru-bajo", "rana-alba"),
    ]
    assert rules(found) == [
        ("repaired", "name_without_author", 1),
        ("set_aside", "no_name", 3),
        ("noted", "no_share", None),
    ]
    assert (found.report.read, found.report.accepted) == (3, 2)


def test_the_list_of_2019_without_sites_gets_identifiers_of_its_own() -> None:
    header = "Country;AZE.trigger.species;AZE.trigger.species2;AZE.trigger.species3\n"
    rows = ["Peru;Rana alba;Rana nova;\n", "Peru;Rana nigra;;NA\n", "Perú;Rana x-alba\n"]
    table = sheet(header + "".join(rows))
    found = read_trigger_species(table, suggest_mapping(table)[0])
    ids = [site for site, _ in pairs(found)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(site.startswith("peru-") for site in ids)
    assert rules(found, "no_share") == [("noted", "identifiers_made", None)]
    # the same rows in another order, the same species in other columns
    other = sheet(header + "".join([rows[2], "Peru;;Rana nigra\n", "Peru;Rana nova;NA;Rana alba\n"]))
    assert set(pairs(read_trigger_species(other, suggest_mapping(other)[0]))) == set(pairs(found))


def test_several_names_in_one_cell() -> None:
    table = sheet("site,trigger species 1,trigger species 2\nA,Rana alba; Rana nova,\nB,,Rana nigra\n")
    mapping, _ = suggest_mapping(table)
    assert mapping["species_names"] == ["trigger species 1", "trigger species 2"]
    assert list(pairs(read_trigger_species(table, mapping))) == [
        ("a", "rana-alba"),
        ("a", "rana-nova"),
        ("b", "rana-nigra"),
    ]


def test_one_column_per_species_with_marks() -> None:
    table = sheet("Site code,Rana alba,Rana.nova,Rana_nigra\nA,x,0,yes\nB,no,✓,?\nC,,,\nD,,,1\n")
    mapping, _ = suggest_mapping(table)
    assert mapping["species_columns"] == ["Rana alba", "Rana.nova", "Rana_nigra"]
    found = read_trigger_species(table, mapping)
    assert pairs(found) == {
        ("A", "rana-alba"): None,
        ("A", "rana-nigra"): None,
        ("B", "rana-nova"): None,
        ("D", "rana-nigra"): None,
    }
    assert ("noted", "presence_not_known", 2) in rules(found)
    assert ("set_aside", "no_name", 3) in rules(found)
    assert ("noted", "ones_mark_presence", None) in rules(found)


def test_one_column_per_species_with_shares() -> None:
    table = sheet("Site code,Rana alba,Rana nova\nA,0.6,1\nB,0.4,1.5\n")
    found = read_trigger_species(table, suggest_mapping(table)[0])
    assert pairs(found) == {("A", "rana-alba"): 0.6, ("A", "rana-nova"): 1.0, ("B", "rana-alba"): 0.4}
    assert rules(found) == [("set_aside", "share_out_of_range", 2)]


def test_columns_of_a_field_are_no_species_though_their_names_look_like_it() -> None:
    table = sheet("Site code,Rana alba,Rana nova\n6010,x,\n6011,,x\n")
    mapping, _ = suggest_mapping(table)
    assert mapping == {"site_id": "Site code", "species_columns": ["Rana alba", "Rana nova"]}
    assert set(pairs(read_trigger_species(table, mapping))) == {("6010", "rana-alba"), ("6011", "rana-nova")}


def test_a_table_with_names_of_species_has_no_column_per_species() -> None:
    table = sheet("Site code,Taxon,Patch size,Survey year\n6010,Rana alba,12,2020\n6011,Rana nova,7,2021\n")
    mapping, _ = suggest_mapping(table)
    assert mapping == {"site_id": "Site code", "scientific_name": "Taxon"}


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (",Rana alba,1,CR", ("set_aside", "no_site", 1)),
        ("A,,1,CR", ("set_aside", "no_name", 1)),
        ("A,n/a,1,CR", ("set_aside", "no_name", 1)),
        ("A,Rana alba,1.7,CR", ("set_aside", "share_out_of_range", 1)),
        ("A,Rana alba,120%,CR", ("set_aside", "share_out_of_range", 1)),
        ("A,Rana alba,lots,CR", ("set_aside", "share_not_a_number", 1)),
        ("A,Rana alba,>50%,CR", ("set_aside", "share_unclear", 1)),
        ("A,Rana alba,1,XX", ("repaired", "unknown_category", 1)),
        ("A,Rana alba,1,CR(PE)", ("noted", "possibly_extinct", 1)),
        ("A,Rana alba,>95%,CR", ("noted", "share_effectively_all", 1)),
        ("A,Rana,1,CR", ("noted", "not_a_binomial", 1)),
        ("A,Rana alba L.,1,CR", ("repaired", "name_without_author", 1)),
    ],
)
def test_faults_of_one_row_are_named(line: str, expected: tuple[str, str, int]) -> None:
    found = long(line, "B,Rana nova,1,EN", "C,Rana nova,0.5,EN")
    assert rules(found) == [expected]
    assert len(found.occurrences) == (2 if expected[0] == "set_aside" else 3)
    assert found.report.accepted == len(found.occurrences)


def test_percentages_are_known_by_their_column() -> None:
    found = long("A,Rana alba,97,CR", "B,Rana nova,100,CR", "C,Rana nigra,101,CR", "D,Rana x-alba,0.9,CR")
    assert pairs(found) == {("A", "rana-alba"): 0.97, ("B", "rana-nova"): 1.0}
    assert rules(found) == [("set_aside", "share_out_of_range", 3), ("set_aside", "share_unclear", 4)]


def test_an_unknown_category_stays_unknown() -> None:
    found = long("A,Rana alba,1,", "B,Rana nova,1,critical?", "C,Rana nigra,1,NE")
    assert found.species["category"].isna().all()
    assert found.species["category_source"].isna().all()
    assert rules(found) == [("repaired", "unknown_category", 2)]


def test_two_categories_of_one_species_leave_it_unknown() -> None:
    found = long("A,Rana alba,0.5,CR", "B,Rana alba,0.5,EN", "C,Rana nova,1,EN", "D,Rana nova,0,")
    assert found.species["category"].astype(object).where(
        found.species["category"].notna(), None
    ).tolist() == [
        None,
        "EN",
    ]
    assert rules(found) == [("repaired", "two_categories", 2)]
    assert "CR in row 1, EN in row 2" in found.report.table()["detail"].iloc[-1]


def test_duplicates_are_set_aside() -> None:
    found = long("A,Rana alba,1,CR", "A,rana  ALBA,1,CR", "A,Rana alba,0.5,CR")
    assert pairs(found) == {("A", "rana-alba"): 1.0}
    assert [finding for finding in rules(found) if finding[0] == "set_aside"] == [
        ("set_aside", "duplicate_occurrence", 2),
        ("set_aside", "two_shares_of_one_pair", 3),
    ]


def test_a_missing_share_is_set_only_where_the_user_says_so() -> None:
    lines = ("A,Rana alba,,CR", "B,Rana nova,0.5,CR")
    assert pairs(long(*lines)) == {("A", "rana-alba"): None, ("B", "rana-nova"): 0.5}
    said = long(*lines, missing_share=1.0)
    assert pairs(said) == {("A", "rana-alba"): 1.0, ("B", "rana-nova"): 0.5}
    assert rules(said) == [("repaired", "no_share", None)]
    with pytest.raises(ValueError, match="missing_share"):
        long(*lines, missing_share=100)


def test_sites_are_matched_by_identifier_and_name() -> None:
    sites = pd.DataFrame({"site_id": ["A", "B", "C"], "name": ["Ciénaga", "Isla", "Isla"]})
    table = sheet(
        "id,name,species\nA,,Rana alba\n,CIENAGA,Rana nova\n,Isla,Rana nigra\nZ,Zed,Rana x-alba\n"
        "A,Isla,Rana y-alba\n"
    )
    mapping = {"site_id": "id", "site_name": "name", "scientific_name": "species"}
    found = read_trigger_species(table, mapping, sites=sites)
    assert list(pairs(found)) == [("A", "rana-alba"), ("A", "rana-nova")]
    assert rules(found, "no_share") == [
        ("noted", "name_spelling", 2),
        ("set_aside", "ambiguous_site", 3),
        ("set_aside", "unknown_site", 4),
        ("set_aside", "site_conflict", 5),
    ]


def test_text_that_was_decoded_twice_is_put_right() -> None:
    table = sheet("id,name,species\nA,CiÃ©naga,Rana alba\n")
    found = read_trigger_species(table, {"site_id": "id", "site_name": "name", "scientific_name": "species"})
    assert found.sites["name"].tolist() == ["Ciénaga"]
    assert ("repaired", "wrong_encoding", 1) in rules(found)


def test_columns_that_are_not_used_are_named() -> None:
    table = sheet("id,species,colour,taste\nA,Rana alba,red,sour\n")
    found = read_trigger_species(table, {"site_id": "id", "scientific_name": "species"})
    [detail] = [f[-1] for f in found.report.findings if f[1] == "unused_columns"]
    assert detail == "colour, taste"


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "incomplete_mapping"),
        ({"site_id": "a"}, "incomplete_mapping"),
        ({"scientific_name": "b"}, "incomplete_mapping"),
        ({"site_id": "a", "species_names": []}, "incomplete_mapping"),
        ({"site_id": "a", "scientific_name": "b", "species_names": ["b"]}, "incomplete_mapping"),
        ({"site_id": "a", "scientific_name": "c"}, "import_missing_column"),
        ({"site_id": "a", "scientific_name": "b", "colour": "b"}, "unknown_field"),
    ],
)
def test_a_mapping_that_does_not_fit_gets_a_sentence(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_trigger_species(sheet("a,b\n1,2\n"), mapping)
    assert (caught.value.message_id, caught.value.fields["file"]) == (message, "t.csv")


def test_two_columns_that_say_nothing_get_a_sentence() -> None:
    table = sheet("x,y\n1,2\n")
    with pytest.raises(DataError) as caught:
        read_trigger_species(table, suggest_mapping(table)[0])
    assert caught.value.message_id == "incomplete_mapping"


@given(st.lists(st.tuples(*[st.text("AB ;?>1.%é\n", max_size=6)] * 4), min_size=1, max_size=5))
def test_no_row_is_lost_in_silence(cells: list[tuple[str, ...]]) -> None:
    table = Sheet(
        "t.csv",
        "t.csv",
        ["site", "species", "share", "rl"],
        [(n, list(row)) for n, row in enumerate(cells, start=1)],
        1,
        type(sheet("a,b\n1,2\n").report)(read=len(cells)),
    )
    found = read_trigger_species(table, LONG)
    assert len(found.occurrences) == found.report.accepted
    assert set(found.occurrences["species_id"]) == set(found.species["species_id"])
    assert not found.occurrences.duplicated(["site_id", "species_id"]).any()
    assert found.occurrences["share"].dropna().between(0, 1).all()

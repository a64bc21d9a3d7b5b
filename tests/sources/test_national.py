"""National tables: values by site with unit, year and source; rights never become a score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.national import NationalTable, read_national, suggest_mapping
from aze_core.sources.tables import Sheet, read_cells

SITES = pd.DataFrame(
    {"name": ["Ciénaga", "Isla", "Isla"], "kba_id": ["6010", None, None]},
    index=pd.Index(["A", "B", "C"], name="site_id"),
)


def read(text: str, mapping: Mapping[str, str] | None = None, **options: Any) -> NationalTable:
    [sheet] = read_cells(text.encode(), "n.csv")
    return read_national(sheet, SITES, mapping, **options)


def values(found: NationalTable) -> dict[tuple[str, str], str]:
    frame = found.values
    return {(s, f): v for s, f, v in zip(frame["site_id"], frame["field"], frame["value"], strict=True)}


def rows(found: NationalTable, *columns: str) -> list[list[Any]]:
    frame = found.values[list(columns)].astype(object)
    return frame.where(frame.notna(), None).values.tolist()


def rules(found: NationalTable) -> list[tuple[str, str, int | None, str]]:
    return [
        (action, rule, row, column)
        for action, rule, _, row, column, *_ in found.report.findings
        if rule != "share_scale"
    ]


def test_recognised_fields_and_own_criteria() -> None:
    found = read(
        "Site ID;Cost;Currency;Governance;Feasibility;METT score;METT max;METT version;Region;"
        "Competent authority;Next legal step;Already funded by;National name;Peace;Mood\n"
        "A;1.200,50;USD;federal;80;40;99;METT 3;Norte;Ministry;decree;none;La Ciénaga;0,4;calm\n"
        "B;3.000,00;USD;;100;;;;;;;;;1;?\n"
    )
    assert values(found) == {
        ("A", "cost"): "1200.5",
        ("A", "currency"): "USD",
        ("A", "governance"): "federal",
        ("A", "feasibility"): "0.8",
        ("A", "mett_score"): "40",
        ("A", "mett_max"): "99",
        ("A", "mett_version"): "METT 3",
        ("A", "admin_region"): "Norte",
        ("A", "competent_authority"): "Ministry",
        ("A", "next_legal_step"): "decree",
        ("A", "already_funded_by"): "none",
        ("A", "national_name"): "La Ciénaga",
        ("A", "Peace"): "0.4",
        ("A", "Mood"): "calm",
        ("B", "cost"): "3000",
        ("B", "currency"): "USD",
        ("B", "feasibility"): "1",
        ("B", "Peace"): "1",
    }
    assert rules(found) == []
    frame = found.values.set_index(["site_id", "field"])
    assert frame.loc[("A", "cost"), ["number", "kind", "unit"]].tolist() == [1200.5, "number", "USD"]
    assert frame.loc[("A", "feasibility"), "unit"] == "share, 0 to 1"
    assert set(found.values.loc[found.values["scorable"], "field"]) == {
        "cost",
        "feasibility",
        "mett_score",
        "Peace",
    }


def test_rights_and_sensitive_places_are_never_scorable() -> None:
    found = read(
        "site_id,rights_holders,overlap_pct,consent_stage,consent_source,sensitive,"
        "Indigenous households,FPIC score\n"
        "A,A people,35,Given,Minutes 2020,yes,120,3\n"
        "B,,100%,consultation,,no,,\n"
        "C,,120,signed?,,perhaps,0,1\n"
    )
    assert not found.values["scorable"].any()
    assert values(found) == {
        ("A", "rights_holders"): "A people",
        ("A", "overlap_pct"): "35",
        ("A", "consent_stage"): "given",
        ("A", "consent_source"): "Minutes 2020",
        ("A", "sensitive"): "1",
        ("A", "Indigenous households"): "120",
        ("A", "FPIC score"): "3",
        ("B", "overlap_pct"): "100",
        ("B", "consent_stage"): "consulting",
        ("B", "sensitive"): "0",
        ("C", "consent_stage"): "unknown",
        # a flag that cannot be read protects the place
        ("C", "sensitive"): "1",
        ("C", "Indigenous households"): "0",
        ("C", "FPIC score"): "1",
    }
    assert rules(found) == [
        ("noted", "rights_column", None, "Indigenous households"),
        ("noted", "rights_column", None, "FPIC score"),
        ("repaired", "share_out_of_range", 3, "overlap_pct"),
        ("repaired", "unknown_consent_stage", 3, "consent_stage"),
        ("repaired", "unclear_flag", 3, "sensitive"),
    ]


@pytest.mark.parametrize(
    "name", ["threat_beyond_boundaries", "Threats beyond boundaries", "Amenaza más allá de los límites"]
)
def test_a_threat_that_no_boundary_stops_is_a_flag_and_never_scorable(name: str) -> None:
    found = read(f"site_id;{name};year\nA;Sí;2020\nB;no;2020\nC;perhaps;2020\nC;?;2021\n")
    assert rows(found, "site_id", "field", "value", "kind", "year", "scorable") == [
        ["A", "threat_beyond_boundaries", "1", "flag", 2020, False],
        ["B", "threat_beyond_boundaries", "0", "flag", 2020, False],
    ]
    # unknown is not set: nothing is hidden by it
    assert rules(found) == [("repaired", "unread_flag", 3, name)]


def test_unit_year_and_source_come_from_the_nearest_place() -> None:
    found = read(
        "site_id,Fire (index; 2019; Forest service),Rain,Rain unit,Rain_year,Wind,year,source\n"
        "A,3,10,mm,2001,7,2010,Atlas\n"
        "B,4,20,,,8,,\n",
        about={"wind": {"unit": "m/s", "source": "Mast"}, "Rain": {"unit": "cm", "year": "1999"}},
    )
    assert rows(found, "site_id", "field", "unit", "year", "source") == [
        ["A", "Fire", "index", 2010, "Atlas"],
        ["B", "Fire", "index", 2019, "Forest service"],
        ["A", "Rain", "mm", 2001, "Atlas"],
        ["B", "Rain", "cm", 1999, None],
        ["A", "Wind", "m/s", 2010, "Atlas"],
        ["B", "Wind", "m/s", None, "Mast"],
    ]


def test_a_cost_without_currency_says_so() -> None:
    found = read("site_id,Cost (USD),x\nA,$ 1200,1\n")
    assert rows(found, "field", "value", "unit") == [["cost", "1200", "USD"], ["x", "1", None]]
    bare = read("site_id,cost\nA,1200\nB,-5\nC,dear\n")
    assert rows(bare, "site_id", "value", "unit") == [["A", "1200", None]]
    assert rules(bare) == [
        ("repaired", "negative_number", 2, "cost"),
        ("repaired", "not_a_number", 3, "cost"),
        ("noted", "cost_without_currency", 1, "cost"),
    ]


def test_numbers_that_could_be_two_are_left_unknown() -> None:
    alone = read("site_id;a;b\nA;1,234;word\nB;2;1,234\n")
    assert values(alone) == {("B", "a"): "2", ("A", "b"): "word", ("B", "b"): "1,234"}
    assert rules(alone) == [("repaired", "ambiguous_number", 1, "a")]
    told = read("site_id;a\nA;1,234\nB;0,5\n")
    assert values(told) == {("A", "a"): "1.234", ("B", "a"): "0.5"}


def test_sites_by_name_and_by_other_identifiers() -> None:
    found = read("site name,x\nCiénaga,1\nCIENAGA ,1\nIsla,2\nZed,3\n,4\n")
    assert values(found) == {("A", "x"): "1"}
    assert rules(found) == [
        ("noted", "name_spelling", 2, "site name"),
        ("set_aside", "ambiguous_site", 3, "site name"),
        ("set_aside", "unknown_site", 4, "site name"),
        ("set_aside", "no_site", 5, "site name"),
        ("noted", "repeated_values", 2, ""),
    ]
    assert (found.report.read, found.report.accepted) == (5, 2)
    detail = found.report.table().query("rule == 'ambiguous_site'")["detail"].item()
    assert detail == "B (Isla), C (Isla)"
    assert values(read("SitRecID,x\n6010.0,1\n")) == {("A", "x"): "1"}


def test_one_value_per_site_and_year() -> None:
    found = read("site_id,x,year\nA,1,2001\nA,2,2002\nA,3,2001\nA,4,soon\n")
    assert rows(found, "value", "year") == [["1", 2001], ["2", 2002], ["4", None]]
    assert rules(found) == [
        ("set_aside", "two_values_of_one_site", 3, "x"),
        ("repaired", "bad_year", 4, "x"),
    ]


def test_a_mett_score_above_its_maximum_is_left_out() -> None:
    found = read("site_id,mett_score,mett_max\nA,120,99\nB,50,99\n")
    assert values(found) == {("A", "mett_max"): "99", ("B", "mett_score"): "50", ("B", "mett_max"): "99"}
    assert rules(found) == [("repaired", "mett_above_max", 1, "mett_score")]


def test_a_mapping_decides() -> None:
    [sheet] = read_cells(b"code,money,cost\nA,5,high\n", "n.csv")
    assert "site_id" not in suggest_mapping(sheet)
    found = read_national(sheet, SITES, {"site_id": "code", "cost": "money"})
    assert values(found) == {("A", "cost"): "5", ("A", "cost (own)"): "high"}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (None, "incomplete_mapping"),
        ({"cost": "y"}, "incomplete_mapping"),
        ({"site_id": "z"}, "import_missing_column"),
        ({"site_id": "x", "taste": "y"}, "unknown_field"),
    ],
)
def test_a_table_without_sites_gets_a_sentence(mapping: Mapping[str, str] | None, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read("x,y\n1,2\n", mapping)
    assert (caught.value.message_id, caught.value.fields["file"]) == (message, "n.csv")


HEADERS = [
    "cost",
    "currency",
    "feasibility",
    "mett_score",
    "mett_max",
    "consent_stage",
    "sensitive",
    "threat_beyond_boundaries",
    "overlap_pct",
]


@given(
    st.lists(st.sampled_from([*HEADERS, "own", "own_year", "year", "tribal land"]), unique=True, min_size=1),
    st.lists(st.lists(st.text("A1.,%->x? é", max_size=6), min_size=12, max_size=12), max_size=4),
)
def test_any_cells_are_values_or_told(header: list[str], cells: list[list[str]]) -> None:
    sheet = Sheet(
        "n.csv",
        "n.csv",
        ["site_id", *header],
        [(n, ["A", *row[: len(header)]]) for n, row in enumerate(cells, start=1)],
        1,
        ImportReport(read=len(cells)),
    )
    found = read_national(sheet, SITES)
    frame = found.values
    assert not frame.duplicated(["site_id", "field", "year"]).any()
    assert frame["value"].str.len().gt(0).all()
    assert not frame.loc[
        frame["field"].isin(["tribal land", "consent_stage", "overlap_pct"]), "scorable"
    ].any()
    numbers = frame.set_index("field")["number"]
    assert pd.Series(numbers[numbers.index == "feasibility"]).dropna().between(0, 1).all()
    assert pd.Series(numbers[numbers.index == "overlap_pct"]).dropna().between(0, 100).all()

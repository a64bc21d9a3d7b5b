"""Countries as tables write them, against the shipped names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.sources.countries import CountryIndex
from aze_core.sources.facts import read_table

COUNTRIES = read_table(Path(__file__).parents[2] / "data" / "countries.csv", "countries")
INDEX = CountryIndex(COUNTRIES)


@pytest.mark.parametrize("column", ["iso3", "iso_numeric", *(c for c in COUNTRIES if c.startswith("name_"))])
def test_every_code_and_name_of_the_shipped_table_is_known(column: str) -> None:
    wrong = [
        (text, INDEX.find(text), code)
        for text, code in zip(COUNTRIES[column], COUNTRIES["iso3"], strict=True)
        if not pd.isna(text) and INDEX.find(text) != ((code,), ())
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("mex", "MEX"),
        ("Perú", "PER"),
        ("COTE D'IVOIRE", "CIV"),
        ("Bolivia", "BOL"),
        ("Venezuela", "VEN"),
        ("Tanzania", "TZA"),
        ("Vietnam", "VNM"),
        ("Democratic Republic of Congo", "COD"),
        ("Congo, Democratic Republic of the", "COD"),
        ("Korea, Republic of", "KOR"),
        ("The Gambia", "GMB"),
        ("St. Lucia", "LCA"),
        ("Trinidad & Tobago", "TTO"),
        ("Trinidad and Tobago", "TTO"),
        ("Guinea-Bissau", "GNB"),
        ("USA", "USA"),
        ("墨西哥", "MEX"),
    ],
)
def test_names_as_tables_write_them(text: str, codes: str) -> None:
    assert INDEX.find(text) == ((codes,), ())


def test_several_countries_in_one_cell() -> None:
    for text in (
        "ARG;CHL",
        "Argentina, Chile",
        "Argentina/Chile",
        "Argentina and Chile",
        "Argentina y Chile",
    ):
        assert INDEX.find(text) == (("ARG", "CHL"), ())
    assert INDEX.find("Peru, Chile and Bolivia") == (("PER", "CHL", "BOL"), ())
    assert INDEX.find("Peru; PER") == (("PER",), ())


def test_what_is_no_country_is_named() -> None:
    assert INDEX.find("Atlantis") == ((), ("Atlantis",))
    assert INDEX.find("Peru; Atlantis") == (("PER",), ("Atlantis",))
    assert INDEX.find("") == INDEX.find("n/a") == INDEX.find(" ; ") == ((), ())


def test_names_can_be_added_and_shared_ones_are_none() -> None:
    frame = pd.DataFrame({"iso3": ["AAA", "BBB"], "name_en": ["Isle (north)", "Isle (south)"]})
    assert CountryIndex(frame).find("Isle") == ((), ("Isle",))
    assert CountryIndex(frame).find("Isle (South)") == (("BBB",), ())
    assert CountryIndex(frame, {"Isle": "BBB", "7": "AAA"}).find("isle; 7") == (("BBB", "AAA"), ())


@given(st.text(max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    codes, unknown = INDEX.find(text)
    assert set(codes) <= set(COUNTRIES["iso3"])
    assert all(part.strip() for part in unknown)

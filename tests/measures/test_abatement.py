"""Threat-abatement STAR: every cell of the declines, the worked value, and sums that restate the count."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures.threat import expected_decline, site_star, species_threats, star

SEVERITIES = [
    "Very Rapid Declines",
    "Rapid Declines",
    "Slow, Significant Declines",
    "Causing/Could cause fluctuations",
    "Negligible declines",
    "No decline",
]
TABLE = {
    "Whole (>90%)": [63, 24, 10, 10, 1, 0],
    "Majority (50-90%)": [52, 18, 9, 9, 0, 0],
    "Minority (<50%)": [24, 7, 5, 5, 0, 0],
}
CELLS = [
    (scope, severity, percent)
    for scope, row in TABLE.items()
    for severity, percent in zip(SEVERITIES, row, strict=True)
]
WHOLE, MINORITY = "Whole (>90%)", "Minority (<50%)"
RAPID, SLOW = "Rapid Declines", "Slow, Significant Declines"
ALL = {"timing": "Ongoing", "scope": WHOLE, "severity": RAPID}
NA = float("nan")


def threats(*rows):
    """Each row: species, code, and what differs from an ongoing threat to the whole with rapid declines."""
    return pd.DataFrame(
        [{"species_id": species, "code": code, **ALL, **more} for species, code, more in rows],
        columns=["species_id", "code", "timing", "scope", "severity"],
        dtype="str",
    )


def at(*places):
    return pd.DataFrame(places, columns=["site_id", "species_id", "share"])


@pytest.mark.parametrize(("scope", "severity", "percent"), CELLS)
def test_every_cell(scope, severity, percent):
    found = expected_decline(pd.Series([scope]), pd.Series([severity])).iloc[0]
    assert found.tolist() == [percent / 100, ""]


@pytest.mark.parametrize(
    ("scope", "severity", "percent", "assumed"),
    [
        (None, RAPID, 18, "scope"),
        (WHOLE, "Unknown", 10, "severity"),
        ("Unknown", None, 9, "scope,severity"),
    ],
)
def test_what_is_not_known_is_filled_in_and_told(scope, severity, percent, assumed):
    found = expected_decline(pd.Series([scope], dtype="str"), pd.Series([severity], dtype="str")).iloc[0]
    assert found.tolist() == [percent / 100, assumed]


def test_the_worked_value():
    """A CR species whole at its site: 400 split as 24 to 5."""
    given = threats(("a", "1.1", {}), ("a", "8.1", {"scope": MINORITY, "severity": SLOW}))
    found = star(at(("A", "a", 1.0)), pd.Series({"a": "CR"}), given)
    assert found["part"].tolist() == pytest.approx([24 / 29, 5 / 29])
    assert found["star"].tolist() == pytest.approx([331.034, 68.966], abs=5e-4)
    assert found["star"].sum() == pytest.approx(400)
    assert found["decline"].tolist() == [0.24, 0.05]


@pytest.mark.parametrize(
    ("timing", "used", "assumed"),
    [
        ("Ongoing", True, ""),
        ("Future", True, ""),
        ("Past, Likely to Return", True, ""),
        ("Past, Unlikely to Return", False, None),
        (None, True, "timing"),
    ],
)
def test_which_timings_count(timing, used, assumed):
    found = species_threats(threats(("a", "1.1", {"timing": timing})))
    assert found["assumed"].tolist() == ([assumed] if used else [])


def test_a_threat_without_a_decline_splits_nothing():
    given = threats(("a", "1.1", {}), ("a", "2.1", {"severity": "No decline"}))
    assert species_threats(given)[["code", "part"]].values.tolist() == [["1.1", 1.0]]


def test_entries_of_the_same_code_count_apart():
    given = threats(("a", "8.1.2", {}), ("a", "8.1.2", {}), ("a", "1.1", {}))
    found = star(at(("A", "a", 1.0)), pd.Series({"a": "EN"}), given)
    assert found["code"].tolist() == ["8.1.2", "8.1.2", "1.1"]
    assert found["star"].tolist() == pytest.approx([100, 100, 100])
    assert site_star(found).loc["A", ["threat_1", "threat_8"]].tolist() == pytest.approx([100, 200])


@pytest.mark.parametrize(
    "given",
    [threats(), threats(("a", "1.1", {"timing": "Past, Unlikely to Return"})), threats(("b", "1", {}))],
)
def test_a_species_without_a_usable_record_keeps_its_weight(given):
    found = star(at(("A", "a", 1.0)), pd.Series({"a": "CR"}), given)
    assert found["code"].isna().tolist() == [True]
    assert found[["part", "star"]].values.tolist() == [[1.0, 400.0]]
    assert site_star(found).loc["A", "no_record"] == 400


@pytest.mark.parametrize(
    ("category", "weight"),
    [("CR", 400), ("EN", 300), ("VU", 200), ("NT", 100), ("LC", 0), ("EW", 0), ("EX", 0)],
)
def test_weights(category, weight):
    found = star(at(("A", "a", 0.5)), pd.Series({"a": category}), threats())
    assert found["star"].item() == weight / 2


@pytest.mark.parametrize("category", ["DD", None])
def test_an_unknown_category_is_an_interval(category):
    rows = star(at(("A", "a", 1.0), ("A", "b", 0.5)), pd.Series({"a": "EN", "b": category}), threats())
    assert rows["star"].isna().tolist() == [False, True]
    found = site_star(rows).loc["A"]
    assert found[["star", "star_high", "unknown_species"]].tolist() == [300, 300 + 400 / 2, 1]
    alone = site_star(rows[rows["species_id"] == "b"]).loc["A"]
    assert pd.isna(alone["star"])
    assert alone["star_high"] == 200


def test_first_levels_stand_in_their_order():
    given = threats(("a", "11.4", {}), ("a", "2.1.3", {}), ("b", "9", {}))
    found = site_star(star(at(("A", "a", 1.0), ("B", "b", 1.0)), pd.Series({"a": "CR", "b": "EN"}), given))
    assert list(found.columns) == [
        "star",
        "star_high",
        "unknown_species",
        "threat_2",
        "threat_9",
        "threat_11",
        "no_record",
    ]
    assert found.loc["A", ["threat_2", "threat_9", "threat_11"]].tolist() == [200, 0, 200]
    assert found.loc["B", ["threat_2", "threat_9", "threat_11", "no_record"]].tolist() == [0, 300, 0, 0]


def test_no_occurrence_no_row():
    rows = star(at(), pd.Series(dtype="str"), threats())
    assert rows.empty
    assert site_star(rows).empty


WEIGHT = {"CR": 400, "EN": 300, "VU": 200, "NT": 100, "LC": 0}
entries = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["1.1", "5.4.2", "8.1.2", "11"]),
    st.fixed_dictionaries(
        {
            "timing": st.sampled_from(["Ongoing", "Future", "Past, Unlikely to Return", None]),
            "scope": st.sampled_from([*TABLE, "Unknown"]),
            "severity": st.sampled_from([*SEVERITIES, None]),
        }
    ),
)


@settings(max_examples=30)
@given(
    st.lists(entries, max_size=6),
    st.lists(st.sampled_from([*WEIGHT]), min_size=3, max_size=3),
    st.lists(st.sampled_from([0.2, 0.95, 1.0]), min_size=3, max_size=3),
)
def test_threats_split_what_a_site_holds_and_add_nothing(given, categories, shares):
    species = pd.Series(categories, index=list("abc"))
    places = at(*(("A", name, share) for name, share in zip("abc", shares, strict=True)), ("B", "a", 0.5))
    rows = star(places, species, threats(*given))
    expected = sum(WEIGHT[kind] * share for kind, share in zip(categories, shares, strict=True))
    found = site_star(rows)
    assert found.loc["A", "star"] == pytest.approx(expected)
    assert found.loc["B", "star"] == pytest.approx(WEIGHT[categories[0]] * 0.5)
    split = found.loc[:, found.columns.str.startswith("threat_")].sum(axis=1) + found["no_record"]
    assert split.tolist() == pytest.approx(found["star"].tolist())
    assert rows.groupby(["site_id", "species_id"])["part"].sum().tolist() == pytest.approx([1.0] * 4)

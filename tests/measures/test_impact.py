"""The threat impact score: every cell of its table, what is past or unknown, and the highest at a site."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures.threat import highest_impact, impact_score

SEVERITIES = [
    "Very Rapid Declines",
    "Rapid Declines",
    "Slow, Significant Declines",
    "Causing/Could cause fluctuations",
    "Negligible declines",
    "No decline",
]
SCOPES = {"whole": "Whole (>90%)", "majority": "Majority (50-90%)", "minority": "Minority (<50%)"}
TABLE = {
    ("Ongoing", "whole"): "9H 8H 7M 7M 6M 6M",
    ("Ongoing", "majority"): "8H 7M 6M 6M 5L 5L",
    ("Ongoing", "minority"): "7M 6M 5L 5L 4L 4L",
    ("Future", "whole"): "7M 6M 5L 5L 4L 4L",
    ("Future", "majority"): "6M 5L 4L 4L 3L 3L",
    ("Future", "minority"): "5L 4L 3L 3L 2N 2N",
}
NAMES = {"H": "high", "M": "medium", "L": "low", "N": "negligible"}
CELLS = [
    (timing, SCOPES[scope], severity, int(cell[0]), NAMES[cell[1]])
    for (timing, scope), cells in TABLE.items()
    for severity, cell in zip(SEVERITIES, cells.split(), strict=True)
]


def one(timing, scope, severity):
    found = impact_score(*(pd.Series([word], dtype="str") for word in (timing, scope, severity)))
    return found.iloc[0].tolist()


@pytest.mark.parametrize(("timing", "scope", "severity", "score", "impact"), CELLS)
def test_every_cell(timing, scope, severity, score, impact):
    assert one(timing, scope, severity) == [score, impact]
    assert one(timing.upper(), scope.lower(), severity.replace(",", "")) == [score, impact]


@pytest.mark.parametrize(
    ("timing", "scope", "severity", "impact"),
    [
        ("Past, Likely to Return", "Whole (>90%)", "Rapid Declines", "past"),
        ("Past, Unlikely to Return", None, None, "past"),
        ("Unknown", "Whole (>90%)", "Rapid Declines", "unknown"),
        ("Ongoing", None, "Rapid Declines", "unknown"),
        ("Ongoing", "Whole (>90%)", "Unknown", "unknown"),
    ],
)
def test_past_and_unknown_have_no_score(timing, scope, severity, impact):
    assert one(timing, scope, severity) == [pd.NA, impact]


def test_the_index_is_kept():
    words = pd.Series(["Ongoing"], index=["x"])
    found = impact_score(words, pd.Series(["Whole"], index=["x"]), pd.Series(["Rapid"], index=["x"]))
    assert found.to_dict("index") == {"x": {"score": 3 + 3 + 2, "impact": "high"}}
    assert str(found["score"].dtype) == "Int64"


def site(*threats, species=("a",)):
    at = pd.DataFrame({"site_id": "A", "species_id": list(species)})
    rows = pd.DataFrame(
        [("a", *threat) for threat in threats],
        columns=["species_id", "timing", "scope", "severity"],
        dtype="str",
    )
    return highest_impact(at, rows).loc["A"].tolist()


WHOLE, RAPID = SCOPES["whole"], "Rapid Declines"
NA = pd.NA


@pytest.mark.parametrize(
    ("threats", "expected"),
    [
        ([("Ongoing", WHOLE, RAPID), ("Future", WHOLE, RAPID)], [8, 8, 8, "high"]),
        # ongoing 3, rapid 2, and a scope from 1 to 3
        ([("Ongoing", None, RAPID)], [NA, 3 + 1 + 2, 3 + 3 + 2, "unknown"]),
        ([("Ongoing", WHOLE, None)], [NA, 3 + 3 + 0, 3 + 3 + 3, "unknown"]),
        # an unknown timing may be past
        ([(None, WHOLE, RAPID)], [NA, 0, 3 + 3 + 2, "unknown"]),
        ([(None, None, None)], [NA, 0, 9, "unknown"]),
        ([("Future", WHOLE, RAPID), ("Ongoing", None, None)], [6, 6, 9, "medium"]),
        ([("Ongoing", WHOLE, RAPID), ("Future", None, RAPID)], [8, 8, 8, "high"]),
        ([("Past, Likely to Return", WHOLE, RAPID)], [NA, 0, 0, "past"]),
        ([("Past, Likely to Return", WHOLE, RAPID), (None, WHOLE, RAPID)], [NA, 0, 8, "unknown"]),
        ([("Past, Unlikely to Return", None, None), ("Future", WHOLE, RAPID)], [6, 6, 6, "medium"]),
        ([], [NA, 0, 9, "unknown"]),
    ],
)
def test_the_highest_of_one_species(threats, expected):
    assert site(*threats) == expected


def test_a_species_without_a_record_leaves_the_site_open():
    assert site(("Ongoing", WHOLE, RAPID), species=("a", "b")) == [8, 8, 9, "high"]
    assert site(("Past, Unlikely to Return", WHOLE, RAPID), species=("a", "b")) == [NA, 0, 9, "unknown"]


words = st.tuples(
    st.sampled_from(["Ongoing", "Future", "Past, Likely to Return", None]),
    st.sampled_from([*SCOPES.values(), None]),
    st.sampled_from([*SEVERITIES, None]),
)


@settings(max_examples=30)
@given(st.lists(words, min_size=1, max_size=4), words)
def test_the_interval_holds_the_score_and_one_more_threat_never_lowers_it(threats, more):
    score, low, high, _ = site(*threats)
    assert 0 <= low <= high <= 9
    assert score is NA or score <= low
    wider, lower, higher, _ = site(*threats, more)
    assert lower >= low
    assert higher >= high
    assert score is NA or wider >= score

"""The Red List's words on threats: as its exports spell them, in any case, and what is no word of it."""

import pandas as pd
import pytest

from aze_core.measures.threat_words import (
    SCOPES,
    SEVERITIES,
    TIMINGS,
    scope_code,
    severity_code,
    timing_code,
)

WORDS = {
    timing_code: (
        TIMINGS,
        ["Ongoing", "Future", "Past, Likely to Return", "Past, Unlikely to Return"],
    ),
    scope_code: (SCOPES, ["Whole (>90%)", "Majority (50-90%)", "Minority (<50%)"]),
    severity_code: (
        SEVERITIES,
        [
            "Very Rapid Declines",
            "Rapid Declines",
            "Slow, Significant Declines",
            "Causing/Could cause fluctuations",
            "Negligible declines",
            "No decline",
        ],
    ),
}


@pytest.mark.parametrize("read", WORDS)
@pytest.mark.parametrize("spell", [str, str.upper, str.lower, lambda text: f"  {text.replace(',', ' –')} "])
def test_words_of_the_red_list(read, spell):
    codes, words = WORDS[read]
    assert read(pd.Series([spell(word) for word in words])).tolist() == list(codes)


@pytest.mark.parametrize("read", WORDS)
@pytest.mark.parametrize("word", ["Unknown", "", None, float("nan"), "?", "Past", "dire", 3])
def test_anything_else_is_not_known(read, word):
    assert read(pd.Series([word], dtype=object)).isna().all()


@pytest.mark.parametrize("read", WORDS)
def test_nothing_to_read(read):
    assert read(pd.Series([], dtype="str")).empty
    found = read(pd.Series([WORDS[read][1][0]], index=["x"]))
    assert list(found.index) == ["x"]

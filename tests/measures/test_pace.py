"""The pace of protection: two periods of one length, and one word."""

from __future__ import annotations

import pandas as pd
import pytest

from aze_core.measures.curves import curve
from aze_core.measures.pace import pace
from tests.helpers import make_covered_inventory


def made(**mean: float) -> pd.DataFrame:
    """A curve of four sites with these values of the mean by year."""
    return pd.DataFrame(
        {"sites": 4, "mean": list(mean.values()), "none": 0.25, "complete": 0.5},
        index=[int(year[1:]) for year in mean],
    )


def test_the_sentence_of_the_four_sites():
    found = pace(curve(make_covered_inventory(), "global_aze"))
    assert (found.sites, found.since, found.until, found.years) == (4, 1990, 2026, 10)
    assert found.mean_since == pytest.approx((0.99 + 0.015) / 4)
    assert found.mean_until == pytest.approx((0.99 + 0.015 + 0.5) / 4)
    assert (found.none_until, found.complete_until) == (2 / 4, 1 / 4)
    # 2006 to 2016 and 2016 to 2026: nothing was protected in either
    assert (found.recent, found.before, found.word) == (0, 0, "still")


@pytest.mark.parametrize(
    ("early", "middle", "late", "word"),
    [
        (0.1, 0.2, 0.4, "faster"),
        (0.1, 0.4, 0.5, "slower"),
        (0.1, 0.2, 0.3, "alike"),
        (0.2, 0.2, 0.2, "still"),
        (0.1, 0.2, 0.3004, "alike"),  # told as 10.0 points both
        (0.1, 0.2, 0.301, "faster"),
    ],
)
def test_the_word_compares_what_is_written(early, middle, late, word):
    assert pace(made(y2006=early, y2016=middle, y2026=late)).word == word


def test_a_curve_that_does_not_reach_back_says_so():
    short = pace(made(y2016=0.2, y2026=0.3))
    assert short.recent == pytest.approx(0.1)
    assert (short.before, short.word, short.since) == (None, "unknown", 2016)
    only = pace(made(y2026=0.3))
    assert (only.since, only.until, only.recent, only.before) == (2026, 2026, None, None)


def test_nothing_to_tell():
    with pytest.raises(ValueError, match="no rows"):
        pace(made())

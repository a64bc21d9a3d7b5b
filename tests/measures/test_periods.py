"""Growth by period: sums of years, and no share where nothing was protected."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.measures.periods import by_period, growth
from tests.helpers import make_covered_inventory

INVENTORY = make_covered_inventory()


def test_decades_of_the_small_inventory():
    table = by_period(growth(INVENTORY, "global_aze"), until=2026)
    assert list(table.index) == [1970, 1980, 1990, 2000, 2010, 2020]
    assert table["end"].tolist() == [1979, 1989, 1999, 2009, 2019, 2026]
    shares = table["share"]
    assert shares.dropna().tolist() == pytest.approx([6 / 1000, 4 / 500, 20 / 2000, 10 / 4000, 9 / 300])
    assert pd.isna(shares[1980])
    assert table.loc[1980, ["protected_km2", "in_sites_km2"]].tolist() == [0, 0]


def test_a_country_and_what_has_none():
    peru = by_period(growth(INVENTORY, "global_aze", "PER"), until=2026)
    assert peru.loc[1970, "share"] == pytest.approx(6 / 100)
    assert by_period(growth(INVENTORY, "global_aze", "FJI"), until=2026).empty
    assert by_period(growth(INVENTORY, "national_list"), until=2026).empty


def test_years_after_the_last_do_not_count():
    table = by_period(growth(INVENTORY, "global_aze"), until=2009)
    assert table.index.max() == 2000
    assert table["end"].max() == 2009


@given(
    st.dictionaries(
        st.integers(1850, 2026),
        st.tuples(st.floats(0, 1e6), st.floats(0, 1)),
        min_size=1,
        max_size=20,
    ),
    st.integers(1, 50),
)
def test_periods_add_up_to_the_years(years, span):
    yearly = pd.DataFrame(
        {
            "protected_km2": [area for area, _ in years.values()],
            "in_sites_km2": [area * part for area, part in years.values()],
        },
        index=list(years),
    ).sort_index()
    table = by_period(yearly, until=2026, years=span)
    for column in ("protected_km2", "in_sites_km2"):
        assert table[column].sum() == pytest.approx(yearly[column].sum())
    assert table["share"].dropna().between(0, 1 + 1e-9).all()

"""Cover by year: the hand-worked vector, drawn years, groups."""

import numpy as np
import pandas as pd
import pytest

from aze_core.measures.coverage import coverage_by_year
from aze_core.measures.trend import coverage_trend, trends
from tests.measures.areas import areas_of, box, sites_of

NO_AREAS = pd.DataFrame({"area_id": [], "iso3": [], "year": []})
BY_YEAR = pd.DataFrame(
    {
        "site_id": ["A", "A", "B", "C"],
        "year": [1975, 1990, 1980, 2005],
        "added_share": [0.60, 0.39, 0.015, 0.50],
    }
)
SITES = pd.DataFrame({"iso3": ["MEX", "MEX", "PER", "PER"]}, index=list("ABCD"))


@pytest.mark.parametrize(
    ("year", "complete", "none", "mean"),
    [
        (1974, 0, 4, 0),
        (1975, 0, 3, 0.6 / 4),
        (1980, 0, 3, (0.6 + 0.015) / 4),
        (1990, 1, 3, (0.99 + 0.015) / 4),
        (2005, 1, 2, (0.99 + 0.015 + 0.5) / 4),
    ],
)
def test_the_hand_worked_vector(year, complete, none, mean):
    found = coverage_trend(BY_YEAR, SITES, NO_AREAS, until=2010).set_index("year").loc[year]
    for end in ("_low", "", "_high"):
        assert found[f"mean{end}"] == pytest.approx(mean)
        assert found[f"complete{end}"] == complete / 4
        assert found[f"none{end}"] == none / 4


def test_the_same_vector_from_squares():
    """A: 60 % 1975 + 39 % 1990; B: 1.5 % 1980; C: 50 % 2005; D: none."""
    sites = sites_of(
        {name: box(x, 0, x + 100, 10) for name, x in zip("ABCD", (0, 200, 400, 600), strict=True)}
    )
    areas = areas_of(
        (box(-50, 0, 60, 10), 1975),
        (box(30, 0, 99, 10), 1990),
        (box(200, 0, 201.5, 10), 1980),
        (box(400, -5, 450, 20), 2005),
    )
    found = coverage_trend(coverage_by_year(sites, areas), sites, areas, until=2005).set_index("year")
    assert found.loc[[1974, 1975, 1980, 1990, 2005], "mean"].tolist() == pytest.approx(
        [0, 0.15, 0.15375, 0.25125, 0.37625]
    )
    assert (found.loc[[1975, 1990, 2005], "none"] * 4).tolist() == [3, 3, 2]


def test_what_was_protected_before_the_first_year_counts_from_it_on():
    old = pd.DataFrame({"site_id": ["A"], "year": [1872], "added_share": [0.5]})
    found = coverage_trend(old, SITES, NO_AREAS, until=1902)
    assert found["year"].tolist() == [1900, 1901, 1902]
    assert found["mean"].tolist() == pytest.approx([0.125] * 3)


def test_what_comes_after_the_last_year_does_not_count():
    assert coverage_trend(BY_YEAR, SITES, NO_AREAS, until=1989).iloc[-1]["mean"] == pytest.approx(0.15375)


def undated(**more):
    parts = pd.DataFrame({"site_id": ["A"], "year": [pd.NA], "added_share": [1.0], "undated": ["u1"], **more})
    return parts.astype({"year": "Int64"})


def test_years_are_drawn_from_dated_areas_of_the_same_country():
    areas = pd.DataFrame(
        {
            "area_id": ["u1", "d1", "d2", "d3", "d4"],
            "iso3": ["MEX", "MEX", "MEX", "MEX;USA", "PER"],
            "year": pd.array([None, 1950, 1950, 1960, 2000], dtype="Int64"),
        }
    )
    sites = SITES.loc[["A"]]
    found = coverage_trend(undated(), sites, areas, draws=3000, seed=1, until=2010).set_index("year")
    # two of three draws say 1950, so the median is covered from 1950 and nothing is sure before 1960
    assert found.loc[1949, ["mean_low", "mean", "mean_high"]].tolist() == [0, 0, 0]
    assert found.loc[1950, ["mean_low", "mean", "mean_high"]].tolist() == [0, 1, 1]
    assert found.loc[1960, ["mean_low", "mean", "mean_high"]].tolist() == [1, 1, 1]


def test_a_country_without_dated_areas_draws_late_years_of_all_countries():
    areas = pd.DataFrame(
        {
            "area_id": ["u1", "d1", "d2"],
            "iso3": ["FJI", "MEX", "PER"],
            "year": pd.array([None, 1986, 1999], dtype="Int64"),
        }
    )
    found = coverage_trend(undated(), SITES.loc[["A"]], areas, draws=50, until=2010).set_index("year")
    assert found.loc[[1998, 1999], "mean"].tolist() == [0, 1]
    assert found.loc[1998, "mean_high"] == 0  # 1986 is not after 1986


def test_a_part_takes_the_older_of_its_year_and_the_drawn_ones():
    areas = pd.DataFrame(
        {
            "area_id": ["u1", "u2", "d1", "d2"],
            "iso3": ["MEX", "PER", "MEX", "PER"],
            "year": pd.array([None, None, 1980, 2010], dtype="Int64"),
        }
    )
    parts = pd.DataFrame(
        {
            "site_id": ["A", "A", "A"],
            "year": pd.array([1970, 1990, None], dtype="Int64"),
            "undated": ["u1", "u1;u2", "u2"],
            "added_share": [0.2, 0.3, 0.4],
        }
    )
    found = coverage_trend(parts, SITES.loc[["A"]], areas, draws=5, until=2012).set_index("year")
    assert found.loc[[1969, 1970, 1980, 2009, 2010], "mean"].tolist() == pytest.approx(
        [0, 0.2, 0.5, 0.5, 0.9]
    )


def test_the_stop_depends_on_the_drawn_years():
    areas = pd.DataFrame(
        {"area_id": ["u1", "d1"], "iso3": ["MEX", "MEX"], "year": pd.array([None, 1950], dtype="Int64")}
    )
    parts = pd.DataFrame(
        {
            "site_id": ["A", "A"],
            "year": pd.array([1990, None], dtype="Int64"),
            "undated": ["", "u1"],
            "added_share": [0.015, 0.985],
        }
    )
    found = coverage_trend(parts, SITES.loc[["A"]], areas, draws=5, until=2000).set_index("year")
    # 98.5 % from 1950, so what 1990 brings is not added
    assert found.loc[2000, "mean"] == pytest.approx(0.985)
    free = coverage_trend(parts, SITES.loc[["A"]], areas, draws=5, until=2000, tolerance=0).set_index("year")
    assert free.loc[2000, "mean"] == pytest.approx(1)


def test_a_part_without_any_name_draws_for_its_site():
    parts = pd.DataFrame({"site_id": ["C"], "year": [None], "added_share": [0.5]})
    areas = pd.DataFrame({"area_id": ["1"], "iso3": ["PER"], "year": [1977]})
    found = coverage_trend(parts, SITES.loc[["C"]], areas, draws=3, until=1980).set_index("year")
    assert found.loc[[1976, 1977], "mean"].tolist() == [0, 0.5]


def test_the_same_seed_gives_the_same_numbers_whatever_the_order_of_rows():
    rng = np.random.default_rng(5)
    areas = pd.DataFrame(
        {
            "area_id": [f"a{n}" for n in range(60)],
            "iso3": rng.choice(["MEX", "PER", "FJI"], 60),
            "year": pd.array([None if n % 4 == 0 else 1920 + n for n in range(60)], dtype="Int64"),
        }
    )
    parts = pd.DataFrame(
        {
            "site_id": rng.choice(list("ABCD"), 20),
            "year": pd.array([None] * 20, dtype="Int64"),
            "undated": [f"a{4 * n % 60}" for n in range(20)],
            "added_share": 0.1,
        }
    )
    one = coverage_trend(parts, SITES, areas, draws=100, seed=9, until=2020)
    shuffled = areas.sample(frac=1, random_state=1), parts.sample(frac=1, random_state=2)
    two = coverage_trend(shuffled[1], SITES, shuffled[0], draws=100, seed=9, until=2020)
    pd.testing.assert_frame_equal(one, two)
    other = coverage_trend(parts, SITES, areas, draws=100, seed=10, until=2020)
    assert not one.equals(other)
    assert (one["mean_low"] <= one["mean"]).all()
    assert (one["mean"] <= one["mean_high"]).all()
    assert one["mean"].is_monotonic_increasing


def test_draws_agree_with_a_slow_count():
    """Each draw by itself, in plain Python, against the quantiles of the whole."""
    areas = pd.DataFrame(
        {
            "area_id": ["u1", "u2", *(f"d{n}" for n in range(9))],
            "iso3": ["MEX"] * 11,
            "year": pd.array([None, None, *range(1990, 1999)], dtype="Int64"),
        }
    )
    parts = pd.DataFrame(
        {
            "site_id": ["A", "B", "B"],
            "year": pd.array([None, 1993, None], dtype="Int64"),
            "undated": ["u1", "u2", "u2"],
            "added_share": [0.99, 0.01, 0.5],
        }
    )
    found = coverage_trend(parts, SITES, areas, draws=400, seed=3, until=2000).set_index("year")
    rng, pool = np.random.default_rng(3), np.arange(1990, 1999)
    means = []
    for _ in range(400):
        one, two = (int(pool[int(u * 9)]) for u in rng.random(2))
        cover = [0.99 * (one <= 1994), 0.01 * (min(1993, two) <= 1994) + 0.5 * (two <= 1994), 0, 0]
        means.append(sum(cover) / 4)
    for name, q in (("mean_low", 0.025), ("mean", 0.5), ("mean_high", 0.975)):
        assert found.loc[1994, name] == pytest.approx(np.quantile(means, q), abs=1e-6)


def test_groups_share_the_draws_and_leave_empty_ones_out():
    groups = {
        ("country", "MEX"): (SITES["iso3"] == "MEX").to_numpy(),
        ("country", "PER"): (SITES["iso3"] == "PER").to_numpy(),
        ("country", "FJI"): np.zeros(4, dtype=bool),
    }
    found = trends(BY_YEAR, SITES, NO_AREAS, groups, until=2005)
    assert found["group_code"].unique().tolist() == ["MEX", "PER"]
    last = found[found["year"] == 2005].set_index("group_code")
    assert last["mean"].to_dict() == pytest.approx({"MEX": (0.99 + 0.015) / 2, "PER": 0.25})
    assert last["sites"].tolist() == [2, 2]


def test_no_site_and_no_year_to_draw_are_told():
    with pytest.raises(ValueError, match="at least one site"):
        coverage_trend(BY_YEAR, SITES.iloc[:0], NO_AREAS)
    with pytest.raises(ValueError, match="draws"):
        coverage_trend(BY_YEAR, SITES, NO_AREAS, draws=0)
    with pytest.raises(ValueError, match="no dated area"):
        coverage_trend(undated(), SITES, NO_AREAS, until=2000)

"""Undated areas, ranges and pairs of the sweep."""

import numpy as np
import pandas as pd
import pytest

from aze_core.measures.coverage import areal_sites, as_areas, in_metres
from aze_core.measures.sweep import Areas, sweep
from tests.measures.areas import areas_of, box, oracle, sites_of

SITE = box(0, 0, 100, 10)


def swept(*rows, site=SITE, pairs=False, iso3="MEX"):
    sites = areal_sites(sites_of({"A": site}, {"A": iso3}))
    shapes = sites.geometry.to_numpy(dtype=object)
    return sweep(["A"], shapes, list(sites["iso3"]), Areas.of(as_areas(in_metres(areas_of(*rows)))), pairs)


@pytest.mark.parametrize("seed", range(15))
def test_any_year_that_is_drawn_gives_the_share_of_the_oracle(seed):
    """Parts know which undated areas cover them, so that a draw needs no geometry."""
    rng = np.random.default_rng(seed)
    rows, names = [], []
    for number in range(14):
        x, y = rng.uniform(-20, 90), rng.uniform(-5, 8)
        shape = box(x, y, x + rng.uniform(5, 50), y + rng.uniform(2, 9)).buffer(1.0)
        undated = number % 3 == 0
        names += [f"{number + 1:03}"] if undated else []
        kind = "oecm" if number % 5 == 4 else "pa"
        rows.append((shape, None if undated else int(rng.integers(1990, 2000)), {"kind": kind}))
    parts = swept(*rows).part_table()
    for _ in range(3):
        years = {name: int(rng.integers(1985, 2005)) for name in names}
        got: dict[int, float] = {}
        for part in parts.itertuples():
            drawn = [years[name] for name in part.undated.split(";") if name]
            year = min([*drawn, *([] if pd.isna(part.year) else [int(part.year)])])
            got[year] = got.get(year, 0) + part.share
        dated = [
            (shape, year if year is not None else years[f"{number:03}"], more)
            for number, (shape, year, more) in enumerate(rows, start=1)
        ]
        expected = oracle(SITE, areas_of(*dated))
        for year in got.keys() | expected.keys():
            assert got.get(year, 0) == pytest.approx(expected.get(year, 0), abs=1e-9)


def test_what_points_unknown_and_proposed_areas_would_add():
    found = swept(
        (box(0, 0, 30, 10), 1990),
        (box(20, 0, 50, 10), 1995, {"basis": "point"}),
        (box(40, 0, 60, 10), 1995, {"tier": "unknown"}),
        (box(25, 0, 80, 10), 2020, {"tier": "proposed"}),
    ).range_table()
    row = found.loc["A"]
    assert row["share_points"] == pytest.approx((50 - 30) / 100)
    assert row["share_unknown"] == pytest.approx((60 - 50) / 100)
    # on top of the headline, whatever points and unknown records say
    assert row["share_proposed"] == pytest.approx((80 - 30) / 100)
    assert row["areas"] == 1


def test_a_point_of_unknown_or_proposed_status_is_not_in_the_points():
    found = swept(
        (box(0, 0, 10, 10), 1990, {"basis": "point", "tier": "unknown"}),
        (box(50, 0, 70, 10), 1990, {"basis": "point", "tier": "proposed"}),
    ).range_table()
    assert found.loc["A", ["share_points", "share_unknown", "share_proposed"]].tolist() == [0, 0.1, 0.2]


def test_areas_of_other_countries_are_counted_where_they_matter():
    found = swept(
        (box(0, 0, 30, 10), 1990, {"iso3": "USA"}),
        (box(99, 0, 130, 10), 1990, {"iso3": "USA"}),  # 1 %: a border that is drawn twice
        (box(30, 0, 40, 10), 1990),
    ).range_table()
    assert found.loc["A", "other_country"] == 1
    assert found.loc["A", "areas"] == 1


def test_pairs_tell_what_each_area_covers_by_itself():
    found = swept(
        (box(0, 0, 30, 10), 1990), (box(20, 0, 50, 10), 1980), (box(100, 0, 120, 10), 1980), pairs=True
    )
    assert {(area, round(share, 9)) for _, area, share in found.pairs} == {(0, 0.3), (1, 0.3)}
    assert found.range_table().loc["A", "areas"] == 2


def test_sites_that_nothing_meets_have_a_range_too():
    found = swept((box(500, 0, 530, 10), 1990))
    assert found.parts == []
    assert found.ranges == [("A", 0.0, 0.0, 0.0, 0, 0)]
    assert found.part_table().empty


def test_an_undated_area_over_a_dated_one_keeps_the_older_possibility():
    parts = swept((SITE, 1990), (box(0, 0, 50, 10), None), (box(30, 0, 60, 10), None)).part_table()
    told = {(row.year, row.undated): round(row.share, 9) for row in parts.itertuples()}
    assert told == {(1990, ""): 0.4, (1990, "002"): 0.3, (1990, "002;003"): 0.2, (1990, "003"): 0.1}

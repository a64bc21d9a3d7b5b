"""What it takes to change a ranking: by hand, by a fine scan, and by ranking again beyond every limit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.model import Inventory, RankSettings, Weights
from aze_core.ranking.score import rank_sites
from aze_core.ranking.sensitivity import assumption_moves, moves_of_site, reversal, weight_moves
from aze_core.ranking.values import effective_weights
from tests.helpers import make_inventory
from tests.ranking.drawn import TWENTY, everything, few, inventories, weightings

CR, EN = 0.75, 0.2  # criterion E over 20 years
ALL = RankSettings(False, assumptions=TWENTY)
NAN = math.nan


def sites(**rows: list[float]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(rows, orient="index", dtype=float)
    return table.set_axis(list("abc")[: table.shape[1]], axis=1)


def moves(table: pd.DataFrame, points: dict[str, float], site: str, top: int = 1) -> dict[Any, Any]:
    """Limit and direction by criterion."""
    found = weight_moves(table, points, site, top)
    assert found["change"].tolist() == pytest.approx((found["limit"] - found["points"]).tolist())
    assert found["change"].abs().is_monotonic_increasing
    return {
        name: (pytest.approx(row["limit"]), "above" if row["above"] else "below")
        for name, row in found.iterrows()
    }


# ---------------------------------------------------------------- one weight


def test_two_opposites_change_places_where_their_weights_are_level() -> None:
    table = sites(X=[1, 0], Y=[0, 1])
    for site in ("X", "Y"):
        assert moves(table, {"a": 60, "b": 40}, site) == {"a": (40, "below"), "b": (60, "above")}


def test_the_smallest_change_comes_first() -> None:
    table = sites(X=[1, 0], Y=[0, 0.5])
    # 10 a against 5 b: level at a = b / 2
    found = weight_moves(table, {"a": 10, "b": 10}, "X", 1)
    assert found.index.tolist() == ["a", "b"]
    assert found.loc["a", ["points", "limit", "change"]].tolist() == [10, 5, -5]
    assert found.loc["b", ["points", "limit", "change"]].tolist() == [10, 20, 10]
    assert found["above"].tolist() == [False, True]


def test_a_site_that_is_ahead_whatever_a_weight_is_has_no_limit() -> None:
    table = sites(X=[1, 0.5], Y=[0.5, 0.5], Z=[0.2, 0.4])
    for site in table.index:
        assert moves(table, {"a": 10, "b": 30}, site) == {}


def test_one_site_and_as_many_places_as_sites() -> None:
    assert moves(sites(X=[0.2, 0.9]), {"a": 1, "b": 2}, "X") == {}
    assert moves(sites(X=[1, 0], Y=[0, 1]), {"a": 60, "b": 40}, "Y", top=2) == {}


def test_a_single_criterion_has_no_other_to_weigh_against() -> None:
    assert moves(sites(X=[1], Y=[0]), {"a": 30}, "X") == {}


def test_equal_sites_never_part() -> None:
    assert moves(sites(X=[0.3, 0.7], Y=[0.3, 0.7]), {"a": 3, "b": 1}, "X") == {}


def test_a_tie_ends_at_once_and_the_direction_says_how() -> None:
    table = sites(X=[1, 0], Y=[0, 1])
    assert moves(table, {"a": 50, "b": 50}, "X") == {"a": (50, "below"), "b": (50, "above")}


def test_three_sites_that_meet_at_one_point() -> None:
    """Y is level with both others at equal weights, and first at no others."""
    table = sites(X=[1, 0], Y=[0.5, 0.5], Z=[0, 1])
    assert moves(table, {"a": 30, "b": 10}, "Y") == {}
    assert moves(table, {"a": 30, "b": 10}, "X") == {"a": (10, "below"), "b": (30, "above")}
    # by thirds, which the machine cannot hold exactly
    thirds = sites(X=[1, 0], Y=[2 / 3, 1 / 3], W=[1 / 3, 2 / 3], Z=[0, 1])
    assert moves(thirds, {"a": 30, "b": 10}, "W") == {}


def test_the_last_of_several_others_decides() -> None:
    table = sites(X=[0.5, 0.5], Y=[1, 0.2], Z=[0.9, 0.3])
    # Y is ahead where 0.5 a > 0.3 b, Z where 0.4 a > 0.2 b: both behind below a = b / 2
    assert moves(table, {"a": 30, "b": 20}, "X", top=1) == {"a": (10, "below"), "b": (60, "above")}
    assert moves(table, {"a": 30, "b": 20}, "X", top=2) == {"a": (12, "below"), "b": (50, "above")}


def test_a_criterion_that_is_not_known_is_left_out_of_the_site() -> None:
    """X has b alone: 0.5. Y has a and 0: a part of a / (a + b)."""
    table = sites(X=[NAN, 0.5], Y=[1, 0])
    assert moves(table, {"a": 60, "b": 40}, "X") == {"a": (40, "below"), "b": (60, "above")}
    assert moves(table, {"a": 60, "b": 40}, "Y") == {"a": (40, "below"), "b": (60, "above")}


def test_a_site_of_which_nothing_weighted_is_known_is_passed_over() -> None:
    table = sites(X=[1, 0], Y=[0, 1], Z=[NAN, NAN])
    assert moves(table, {"a": 60, "b": 40}, "X") == {"a": (40, "below"), "b": (60, "above")}


def test_a_limit_beyond_the_highest_points_is_none() -> None:
    table = sites(X=[1, 0], Y=[0, 0.5])
    assert "b" not in moves(table, {"a": 60, "b": 10}, "X")  # it would be 120
    assert weight_moves(table, {"a": 60, "b": 10}, "X", 1, most=200).loc["b", "limit"] == pytest.approx(120)


def test_a_weight_of_nothing_can_rise() -> None:
    # without b, nothing hangs on how much a has
    assert moves(sites(X=[1, 0], Y=[0, 1]), {"a": 20, "b": 0}, "X") == {"b": (20, "above")}


def test_a_site_that_is_not_ranked() -> None:
    with pytest.raises(KeyError):
        weight_moves(sites(X=[1]), {"a": 1}, "Q", 1)


def placed_inside(table: pd.DataFrame, points: dict[str, float], site: str, top: int) -> bool:
    """Whether a site is among the first, worked out one by one."""
    marks = {}
    for name, row in table.iterrows():
        known = [code for code in points if not math.isnan(row[code]) and points[code] > 0]
        if known:
            total = math.fsum(points[code] for code in known)
            marks[name] = math.fsum(points[code] * row[code] for code in known) / total
    return sum(mark > marks[site] + 5e-10 for mark in marks.values()) < top


value = st.sampled_from([0.0, 0.2, 0.25, 0.5, 0.75, 1.0, NAN])
SCAN = 0.0317 + 0.25 * np.arange(400)  # passes by the round numbers at which sites are level


@settings(max_examples=30)
@given(
    st.integers(2, 3).flatmap(
        lambda k: st.lists(st.lists(value, min_size=k, max_size=k), min_size=1, max_size=6)
    ),
    st.lists(st.sampled_from([3.0, 10.0, 50.0]), min_size=3, max_size=3),
    st.integers(1, 3),
)
def test_limits_against_a_fine_scan(rows: list[list[float]], given_points: list[float], top: int) -> None:
    rows = [row for row in rows if not all(math.isnan(each) for each in row)]
    if not rows:
        return
    table = sites(**{f"S{at}": row for at, row in enumerate(rows)})
    points = dict(zip(table.columns, given_points, strict=False))
    started = placed_inside(table, points, "S0", top)
    found = weight_moves(table, points, "S0", top)
    for code, now in points.items():
        other = [x for x in SCAN if placed_inside(table, points | {code: x}, "S0", top) != started]
        if code not in found.index:
            assert other == []
            continue
        limit, above = found.loc[code, ["limit", "above"]]
        step = 1e-6 if above else -1e-6
        assert placed_inside(table, points | {code: limit + step}, "S0", top) != started
        # up to the limit nothing changes
        assert all(abs(x - now) >= abs(limit - now) for x in other)


@few
@given(inventories(), weightings(), everything, st.integers(1, 3))
def test_ranking_again_beyond_every_limit(
    inventory: Inventory, view: Weights, chosen: RankSettings, top: int
) -> None:
    ranked = rank_sites(inventory, view, chosen)
    points = effective_weights(inventory, view, chosen).points

    def inside(site: str, code: str, weight: float) -> bool:
        again = rank_sites(inventory, Weights.of(points | {code: weight}, view.reverse), chosen)
        return bool(again.loc[site, "rank"] <= top)

    for site in ranked.index[ranked["rank"].notna()][:3]:
        started = ranked.loc[site, "rank"] <= top
        for code, row in moves_of_site(inventory, view, chosen, site, top).iterrows():
            step = 1e-5 if row["above"] else -1e-5
            assert inside(site, code, row["limit"] + step) != started
            if row["change"] * step > 1e-9:
                assert inside(site, code, row["limit"] - step) == started


def test_many_sites() -> None:
    """Their points are counted, not compared with one another: no table of sites by points."""
    n = 20_000
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.random((n, 2)), index=[f"S{at}" for at in range(n)], columns=["a", "b"])
    points = {"a": 50.0, "b": 50.0}
    rank = table.sum(axis=1).rank(ascending=False)
    site = str(rank.index[rank == 150][0])
    found = weight_moves(table, points, site, 100)
    for code, row in found.iterrows():
        for step in (-1e-7, 1e-7):
            weights = points | {str(code): row["limit"] + step}
            score = table["a"] * weights["a"] + table["b"] * weights["b"]
            inside = (score > score[site]).sum() < 100
            assert inside == (row["above"] == (step > 0))
    assert len(found) > 0


# ---------------------------------------------------------------- two sites


def test_a_weight_turns_two_sites() -> None:
    sites_: dict[str, Any] = {"X": {"influence": 0}, "Y": {"influence": 10}}
    inventory = make_inventory(sites_, {"x": ("CR", ["X"]), "y": ("EN", ["Y"])})
    chosen = Weights(0, 60, 40)
    # X has 60, Y 60 EN/CR + 40 = 56: level where human influence has 60 (1 - EN/CR) = 44
    assert reversal(inventory, chosen, ALL, "X", "Y") == {
        "kind": "weight",
        "criterion": "pressure",
        "points": 40,
        "limit": pytest.approx(44),
        "above": True,
    }


def test_no_weight_turns_a_site_that_is_better_in_all() -> None:
    sites_: dict[str, Any] = {"X": {"influence": 10}, "Y": {"influence": 0}}
    inventory = make_inventory(sites_, {"x": ("CR", ["X"]), "y": ("EN", ["Y"])})
    assert reversal(inventory, Weights(0, 1, 1), ALL, "X", "Y") is None


def test_the_worth_of_an_en_species_turns_two_sites() -> None:
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y1": ("EN", ["Y"]), "y2": ("EN", ["Y"])}
    inventory = make_inventory({"X": {}, "Y": {}}, species)
    turn = reversal(inventory, None, ALL, "X", "Y")
    assert turn == {"kind": "ratio", "now": pytest.approx(EN / CR), "limit": pytest.approx(1 / 2)}
    for limit, first in ((1 / 2 + 1e-6, "Y"), (1 / 2 - 1e-6, "X")):
        assumed = replace(TWENTY, scheme="ratio", ratio=1 / limit)
        assert rank_sites(inventory, None, replace(ALL, assumptions=assumed)).index[0] == first


def test_an_en_species_never_counts_more_than_a_cr_one() -> None:
    """Level where both count the same, and never turned."""
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("EN", ["Y"])}
    turn = reversal(make_inventory({"X": {}, "Y": {}}, species), None, ALL, "X", "Y")
    assert turn == {"kind": "cover", "share": pytest.approx(1 - EN / CR)}


def test_cover_turns_two_sites_that_no_ratio_turns() -> None:
    species: dict[str, Any] = {"x1": ("CR", ["X"]), "x2": ("EN", ["X"]), "y": ("EN", ["Y"])}
    cover = {"X": {"cover": {2010: 0.2}}, "Y": {}}
    turn = reversal(make_inventory(cover, species), None, ALL, "X", "Y")
    share = 1 - EN / (0.8 * (CR + EN))
    assert turn == {"kind": "cover", "share": pytest.approx(share)}
    for part, first in ((share + 1e-6, "Y"), (share - 1e-6, "X")):
        covered = {"X": {"cover": {2010: 0.2 + 0.8 * part}}, "Y": {}}
        assert rank_sites(make_inventory(covered, species), None, ALL).index[0] == first


def test_nothing_turns_two_sites_where_nothing_is_at_stake() -> None:
    none = replace(ALL, assumptions=replace(TWENTY, effect=0))
    assert reversal(make_inventory(), None, none, "A", "B") is None
    assert reversal(make_inventory(), None, ALL, "A", "D") is None  # D has no rank


# ---------------------------------------------------------------- one assumption

TWO: dict[str, Any] = {"x": ("CR", ["X"]), "y1": ("EN", ["Y"]), "y2": ("EN", ["Y"])}


def told(found: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str, int]]:
    assert found["moved"].is_monotonic_decreasing
    return {
        (row["assumption"], row["to"]): (row["enter"], row["leave"], row["moved"])
        for _, row in found.iterrows()
    }


def test_which_scheme_or_horizon_moves_the_first() -> None:
    """One CR species against two EN ones."""
    found = told(assumption_moves(make_inventory({"X": {}, "Y": {}}, TWO), None, ALL, 1))
    stays, turns, level = ("", "", 0), ("Y", "X", 1), ("Y", "", 1)
    assert found == {
        ("scheme", "iucn50"): stays,  # 0.97 and 2 × 0.42
        ("scheme", "iucn100"): turns,  # 0.999 and 2 × 0.667
        ("scheme", "iucn500"): turns,
        ("scheme", "isaac"): level,  # 0.4 and 2 × 0.2
        ("scheme", "edge2"): level,
        ("scheme", "pessimistic"): turns,
        ("horizon", "10"): stays,  # 0.5 and 2 × 0.106
        ("horizon", "100"): turns,  # 0.999 and 2 × 0.672
        ("unknown", "low"): stays,
        ("unknown", "high"): stays,
    }


def test_a_published_table_has_no_horizon_to_change() -> None:
    assumed = replace(ALL, assumptions=replace(TWENTY, scheme="edge2"))
    found = assumption_moves(make_inventory(), None, assumed, 1)
    assert set(found["assumption"]) == {"scheme", "unknown"}
    assert "edge2" not in set(found["to"])


def test_the_high_end_of_cover_moves_the_first() -> None:
    inventory = make_inventory(high_cover={"A": 0.9})
    found = told(assumption_moves(inventory, None, ALL, 1))
    assert found["cover", "high"] == ("B", "A", 1)


def test_unknowns_at_an_end_move_the_first() -> None:
    sites_: dict[str, Any] = {"X": {"cover": {}}, "Y": {}}
    inventory = make_inventory(sites_, {"x": ("CR", ["X"]), "y": ("EN", ["Y"])})
    found = told(assumption_moves(inventory, None, ALL, 1))
    assert found["unknown", "high"] == ("X", "Y", 1)
    assert found["unknown", "low"] == ("", "", 0)


def test_directions_and_weights_move_the_first() -> None:
    sites_: dict[str, Any] = {"X": {"influence": 0}, "Y": {"influence": 10}, "Z": {"influence": 5}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("EN", ["Y"]), "z": ("EN", ["Z"])}
    inventory = make_inventory(sites_, species, national={"water": {"X": 1, "Y": 1, "Z": 2}})
    chosen = Weights.of({"extinction": 30, "pressure": 20, "national:water": 1})
    found = told(assumption_moves(inventory, chosen, ALL, 1))
    # X 30; Y 30 EN/CR + 20 = 28; Z 30 EN/CR + 10 + 1
    assert found["direction", "pressure"] == ("", "", 0)
    assert found["without", "extinction"] == ("Y", "X", 1)
    assert found["without", "pressure"] == ("", "", 0)
    assert found["without", "national:water"] == ("", "", 0)
    # X 1; Y EN/CR + 1; Z EN/CR + 0.5 + 1
    assert found["weights", "equal"] == ("Z", "X", 1)
    assert ("direction", "national:water") in found
    assert ("direction", "extinction") not in found


def test_all_that_share_the_last_rank_are_counted_as_they_are_named() -> None:
    """At its high end what is not known of V, W, Y and Z makes them as good as X: four enter, none leaves."""
    places = {name: {} if name == "X" else {"cover": {}} for name in "XVWYZ"}
    species: dict[str, Any] = {name.lower(): ("CR", [name]) for name in places}
    found = assumption_moves(make_inventory(places, species), None, ALL, 1).set_index(["assumption", "to"])
    high: Any = found.loc[("unknown", "high")]
    assert (high["enter"], high["leave"]) == ("V;W;Y;Z", "")
    assert (high["entering"], high["leaving"], high["moved"]) == (4, 0, 4)


def test_a_single_criterion_cannot_be_left_out() -> None:
    found = told(assumption_moves(make_inventory(), Weights(0, 0, 1), ALL, 1))
    assert set(found) == {("unknown", "low"), ("unknown", "high"), ("direction", "pressure")}
    assert found["direction", "pressure"] == ("A", "B", 1)
    # at its high end C, of which nothing weighted is known, comes first
    assert found["unknown", "high"] == ("C", "B", 1)


def test_without_sites_nothing_moves() -> None:
    found = assumption_moves(make_inventory({}, {}), None, ALL, 10)
    assert (found["moved"] == 0).all()
    assert len(found) > 0


@few
@given(inventories(), weightings(), st.integers(1, 3))
def test_each_alternative_is_the_ranking_under_it(inventory: Inventory, view: Weights, top: int) -> None:
    def first(weights: Weights, chosen: RankSettings) -> set[str]:
        ranked = rank_sites(inventory, weights, chosen)
        return set(ranked.index[(ranked["rank"] <= top).fillna(False)])

    used = effective_weights(inventory, view, ALL)
    now = first(view, ALL)
    for row in assumption_moves(inventory, view, ALL, top).itertuples():
        weights, chosen = view, ALL
        if row.assumption == "unknown":
            chosen = replace(ALL, unknown=row.to)
        elif row.assumption == "scheme":
            chosen = replace(ALL, assumptions=replace(TWENTY, scheme=row.to))
        elif row.assumption == "horizon":
            chosen = replace(ALL, assumptions=replace(TWENTY, horizon_years=int(row.to)))
        elif row.assumption == "direction":
            weights = replace(view, reverse=tuple(set(view.reverse) ^ {row.to}))
        elif row.assumption == "without":
            weights = Weights.of(used.points | {row.to: 0.0}, view.reverse)
        else:
            assert (row.assumption, row.to) == ("weights", "equal")
            weights = Weights.of(dict.fromkeys(used.shares, 1.0), view.reverse)
        then = first(weights, chosen)
        assert row.enter == ";".join(sorted(then - now))
        assert row.leave == ";".join(sorted(now - then))

"""How sure a ranking is: probabilities in closed form, a plain loop over the draws, and what must hold."""

from __future__ import annotations

import math
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.ranking.acceptability import (
    Acceptability,
    Draws,
    Spread,
    confidence_factors,
    pairwise_wins,
    rank_acceptability,
    weight_draws,
)

DRAWS = 10_000
FIXED, FLAT, ORDINAL = Spread("fixed"), Spread("flat"), Spread("ordinal")


def sites(**rows: Any) -> pd.DataFrame:
    """One row per site, criteria a, b, c …"""
    table = pd.DataFrame.from_dict(rows, orient="index", dtype=float)
    return table.set_axis(list("abcdefgh")[: table.shape[1]], axis=1)


def close(p: float) -> Any:
    """A share of 10,000 draws, within four standard errors of a probability."""
    return pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / DRAWS))


def drawn(weights: Any, spread: Spread, draws: int = DRAWS) -> np.ndarray:
    return weight_draws(weights, spread, draws, np.random.default_rng(1))


# ---------------------------------------------------------------- weights


@pytest.mark.parametrize("spread", [FIXED, FLAT, Spread("near", 5), ORDINAL], ids=lambda spread: spread.kind)
def test_weights_are_parts_of_one_and_a_criterion_without_weight_gets_none(spread: Spread) -> None:
    made = drawn({"a": 3, "b": 0, "c": 1}, spread, 200)
    assert made.shape == (200, 3)
    assert (made >= 0).all()
    assert made.sum(axis=1) == pytest.approx(np.ones(200))
    assert (made[:, 1] == 0).all()


def test_given_weights_are_taken_as_they_are() -> None:
    assert (drawn([2, 1, 1], FIXED, 3) == [0.5, 0.25, 0.25]).all()


def test_a_single_criterion_has_all_the_weight() -> None:
    for spread in (FIXED, FLAT, ORDINAL, Spread("near", 2)):
        assert (drawn([0, 7], spread, 5) == [0, 1]).all()


def test_flat_weights_are_even_over_all_weightings() -> None:
    made = drawn([9, 1, 1], FLAT)
    # of three: above a half with a probability of (1 - 1/2)²
    for at in range(3):
        assert (made[:, at] > 1 / 2).mean() == close((1 - 1 / 2) ** 2)


def test_near_weights_vary_as_the_mean_of_so_many_votes_would() -> None:
    made = drawn([3, 1], Spread("near", 24))
    assert made[:, 0].mean() == pytest.approx(0.75, abs=0.004)
    # variance of a Dirichlet: m (1 - m) / (votes + 1)
    assert made[:, 0].var() == pytest.approx(0.75 * 0.25 / (24 + 1), rel=0.05)
    surer = drawn([3, 1], Spread("near", 1000))
    assert surer.std(axis=0).max() < 0.02


def test_weights_in_the_chosen_order_have_the_rank_order_centroid_as_mean() -> None:
    made = drawn([5, 2, 1], ORDINAL)
    assert (made[:, 0] >= made[:, 1]).all()
    assert (made[:, 1] >= made[:, 2]).all()
    centroid = [(1 + 1 / 2 + 1 / 3) / 3, (1 / 2 + 1 / 3) / 3, (1 / 3) / 3]
    assert made.mean(axis=0) == pytest.approx(centroid, abs=0.006)


def test_criteria_chosen_equal_stand_in_any_order() -> None:
    made = drawn([1, 4, 4], ORDINAL)
    assert (made[:, 0] <= made[:, 1:].min(axis=1)).all()
    assert (made[:, 1] > made[:, 2]).mean() == close(1 / 2)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [1, math.nan], [math.inf, 1]])
def test_weights_that_do_not_fit(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        drawn(weights, FLAT)


def test_a_kind_that_is_not_known() -> None:
    with pytest.raises(ValueError, match="'wide'"):
        drawn([1, 1], Spread("wide"))


# ---------------------------------------------------------------- probabilities in closed form


def test_two_opposites_come_first_in_half_of_all_weightings() -> None:
    found = rank_acceptability(sites(X=[1, 0], Y=[0, 1]), draws=DRAWS)
    assert found.first["X"] == close(1 / 2)
    # where it comes first its weight lies evenly between 1/2 and 1
    assert found.central.loc["X", "a"] == pytest.approx(3 / 4, abs=0.01)
    assert found.central.loc["Y"].tolist() == pytest.approx([1 / 4, 3 / 4], abs=0.01)


def test_a_compromise_between_two() -> None:
    """With the weight w of a: X has w, Y 1 - w, Z always 0.6."""
    found = rank_acceptability(sites(X=[1, 0], Y=[0, 1], Z=[0.6, 0.6]), draws=DRAWS)
    matrix = found.matrix()
    # X: first above 0.6, second from 0.5 to 0.6, third below
    assert matrix.loc["X"].tolist() == [close(0.4), close(0.1), close(0.5)]
    assert matrix.loc["Z", [1, 2]].tolist() == [close(0.2), close(0.8)]
    assert matrix.loc["Z", 3] == 0
    assert found.p_top(2)["X"] == close(0.5)
    assert found.mean_rank()["Z"] == pytest.approx(1 * 0.2 + 2 * 0.8, abs=0.02)


def test_three_criteria() -> None:
    found = rank_acceptability(sites(X=[1, 0, 0], Y=[0, 1, 0], Z=[0, 0, 1]), draws=DRAWS)
    assert found.first.tolist() == [close(1 / 3)] * 3
    # mean of the longest of three pieces of a stick
    assert found.central.loc["Y", "b"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3, abs=0.01)
    half = rank_acceptability(sites(X=[1, 0, 0], H=[0.5, 0.5, 0.5]), draws=DRAWS)
    assert half.first["X"] == close((1 - 1 / 2) ** 2)


def test_the_chosen_order_of_weights_alone() -> None:
    found = rank_acceptability(
        sites(X=[1, 0], H=[0.75, 0.75], Y=[0, 1]), {"a": 2, "b": 1}, DRAWS, spread=ORDINAL
    )
    assert found.first.tolist() == [close(1 / 2), close(1 / 2), 0]


def test_weights_near_the_chosen_ones_are_the_default_where_some_are_chosen() -> None:
    table = sites(X=[1, 0], Y=[0, 1])
    assert rank_acceptability(table, {"a": 9, "b": 1}, 2000).first["X"] > 0.99
    assert rank_acceptability(table, draws=2000).first["X"] < 0.6


def test_an_interval_is_drawn_evenly() -> None:
    table = sites(X=[0.5], Y=[0.5])
    low, high = sites(X=[0.0], Y=[0.5]), sites(X=[0.8], Y=[0.5])
    found = rank_acceptability(table, draws=DRAWS, low=low, high=high)
    assert found.first["X"] == close((0.8 - 0.5) / 0.8)


def test_each_site_is_drawn_on_its_own() -> None:
    table = sites(X=[0], Y=[0])
    both = rank_acceptability(table, draws=DRAWS, low=table, high=table + 1)
    assert both.first.tolist() == [close(1 / 2)] * 2


def test_a_version_is_drawn_for_all_sites_together() -> None:
    ends = np.array([[[1.0], [0.0]], [[0.0], [1.0]], [[0.2], [0.1]]])
    found = rank_acceptability(Draws(pd.Index(["X", "Y"]), ends, ends), draws=DRAWS)
    assert found.first["X"] == close(2 / 3)


def test_pairwise_wins_of_nine_to_one() -> None:
    """X is ahead where w > (1 - w) / 9, so where w > 1/10."""
    draws = Draws.of(sites(X=[1, 0], Y=[0, 1 / 9], Z=[0, 0]))
    wins = pairwise_wins(draws, {"a": 1, "b": 1}, ["X", "Y", "Z"], FLAT, DRAWS, 1)
    assert wins.loc["X", "Y"] == close(0.9)
    assert wins.loc["Y", "X"] == close(0.1)
    assert wins.loc["X", "Y"] + wins.loc["Y", "X"] == pytest.approx(1)
    assert np.diag(wins).tolist() == [0, 0, 0]
    assert wins.loc["Z"].tolist() == [0, 0, 0]


def test_pairwise_wins_see_the_draws_of_the_ranks() -> None:
    table = sites(X=[1, 0], Y=[0.3, 0.6])
    found = rank_acceptability(table, {"a": 2, "b": 3}, 500, 7, FLAT)
    wins = pairwise_wins(Draws.of(table), {"a": 2, "b": 3}, ["Y", "X"], FLAT, 500, 7)
    assert wins.loc["X", "Y"] == pytest.approx(found.first["X"])


def test_pairwise_wins_of_a_site_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="Q"):
        pairwise_wins(Draws.of(sites(X=[1], Y=[0])), {"a": 1}, ["X", "Q"], FIXED, 5, 1)


# ---------------------------------------------------------------- ties


def test_equal_sites_share_the_ranks_that_they_hold_together() -> None:
    found = rank_acceptability(sites(W=[0.2, 0.2], X=[1, 0.5], Y=[1, 0.5], Z=[1, 0.5]), draws=50)
    third = pytest.approx(1 / 3)
    assert found.matrix().loc["X"].tolist() == [third, third, third, 0]
    assert found.matrix().loc["W"].tolist() == [0, 0, 0, 1]
    assert found.central.loc["X"].tolist() == found.central.loc["Z"].tolist()
    assert found.central.loc["X"].sum() == pytest.approx(1)
    assert found.central.loc["W"].isna().all()
    # their rank is the best of them, as in the ranking
    assert found.interval().loc["X"].tolist() == [1, 1]
    assert found.interval().loc["W"].tolist() == [4, 4]


def test_other_values_of_the_same_score_share_a_rank_too() -> None:
    table = sites(W=[0.1, 0.1], X=[1, 0], Y=[0.25, 0.75], Z=[0, 1])
    found = rank_acceptability(table, {"a": 1, "b": 1}, 10, spread=FIXED)
    assert found.matrix().loc["Y", [1, 2, 3]].tolist() == pytest.approx([1 / 3] * 3)
    assert found.matrix().loc["W", 4] == 1
    wins = pairwise_wins(Draws.of(table), {"a": 1, "b": 1}, ["X", "Y"], FIXED, 10, 1)
    assert (wins == 0).all(axis=None)


def test_rounding_of_the_machine_breaks_no_tie() -> None:
    found = rank_acceptability(sites(X=[0.1 + 0.2], Y=[0.3]), draws=10)
    assert found.first.tolist() == [0.5, 0.5]


def test_a_criterion_without_weight_breaks_no_tie() -> None:
    table = sites(X=[0.5, 1], Y=[0.5, 0])
    assert rank_acceptability(table, {"a": 1}, 10).first.tolist() == [0.5, 0.5]
    assert rank_acceptability(table, {"a": 1, "b": 0}, 10, spread=FLAT).first.tolist() == [0.5, 0.5]


def test_a_tie_in_one_version_alone_is_shared_in_that_one() -> None:
    """One CR species is worth two EN ones where the ratio is 2, and more elsewhere."""
    ends = np.array([[[0.5], [0.5]], [[0.6], [0.4]]])
    found = rank_acceptability(Draws(pd.Index(["X", "Y"]), ends, ends), draws=DRAWS)
    # half of the draws certain, half of them shared
    assert found.first["X"] == close(1 / 2 + 1 / 2 / 2)
    assert found.first.sum() == pytest.approx(1)


# ---------------------------------------------------------------- the plain loop

few = settings(max_examples=12)
grid = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


@st.composite
def tables(draw: st.DrawFn, most: int = 6) -> pd.DataFrame:
    k = draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(grid, min_size=k, max_size=k), min_size=1, max_size=most))
    return sites(**{f"S{n}": row for n, row in enumerate(rows)})


@st.composite
def ranges(draw: st.DrawFn) -> Draws:
    """Up to five sites in up to three versions, with ends that are often the same, or nearly."""
    n, k, m = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    value = grid | st.sampled_from([0.5 + 1e-12, 0.5 + 1e-7, 0.5 + 1e-5])
    width = st.sampled_from([0.0, 0.0, 1e-7, 0.25])
    shape = (m, n, k)
    size = m * n * k
    low = np.array(draw(st.lists(value, min_size=size, max_size=size))).reshape(shape)
    wide = np.array(draw(st.lists(width, min_size=size, max_size=size))).reshape(shape)
    return Draws(pd.Index([f"S{at}" for at in range(n)]), low, np.minimum(low + wide, 1.0))


def looped(given: Draws, spread: Spread, chosen: list[float], draws: int, seed: int) -> dict[str, Any]:
    """Shares, ranks, central weights and wins, draw by draw and pair by pair, from the same chances."""
    rng = np.random.default_rng(seed)
    weights = weight_draws(chosen, spread, draws, rng)
    m, n, k = given.low.shape
    version = rng.integers(m, size=draws) if m > 1 else np.zeros(draws, dtype=int)
    shares, ranks, wins = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    led, leads = np.zeros((n, k)), np.zeros(n)
    for w, v in zip(weights, version, strict=True):
        score = [round(math.fsum(w[j] * given.low[v, i, j] for j in range(k)), 9) for i in range(n)]
        for i in range(n):
            ahead = sum(other > score[i] for other in score)
            equal = score.count(score[i])
            ranks[i, ahead] += 1 / draws
            for rank in range(ahead, ahead + equal):
                shares[i, rank] += 1 / equal / draws
            if ahead == 0:
                led[i] += w / equal
                leads[i] += 1 / equal
            for j in range(n):
                wins[i, j] += (score[i] > score[j]) / draws
    with np.errstate(invalid="ignore"):
        return {"shares": shares, "ranks": ranks, "central": led / leads[:, None], "wins": wins}


@few
@given(
    tables(),
    st.sampled_from([FIXED, FLAT, ORDINAL, Spread("near", 4.0)]),
    st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=3, max_size=3).filter(lambda w: w[0] > 0),
)
def test_the_same_as_a_plain_loop(table: pd.DataFrame, spread: Spread, chosen: list[float]) -> None:
    weights = dict(zip(table.columns, chosen, strict=False))
    expected = looped(Draws.of(table), spread, list(weights.values()), 120, 3)
    found = rank_acceptability(table, weights, 120, 3, spread)
    assert found.matrix().to_numpy() == pytest.approx(expected["shares"], abs=1e-6)
    assert found.ranks == pytest.approx(expected["ranks"], abs=1e-6)
    assert found.central.to_numpy() == pytest.approx(expected["central"], abs=1e-9, nan_ok=True)
    wins = pairwise_wins(Draws.of(table), weights, list(table.index), spread, 120, 3)
    assert wins.to_numpy() == pytest.approx(expected["wins"], abs=1e-9)


@few
@given(st.lists(tables(4), min_size=2, max_size=3), st.sampled_from([FIXED, FLAT]))
def test_the_same_as_a_plain_loop_in_several_versions(versions: list[pd.DataFrame], spread: Spread) -> None:
    n, k = (min(table.shape[at] for table in versions) for at in (0, 1))
    ends = np.array([table.to_numpy()[:n, :k] for table in versions])
    given = Draws(pd.Index([f"S{at}" for at in range(n)]), ends, ends)
    weights = dict.fromkeys("abc"[:k], 1.0)
    expected = looped(given, spread, [1.0] * k, 120, 5)
    found = rank_acceptability(given, weights, 120, 5, spread)
    assert found.matrix().to_numpy() == pytest.approx(expected["shares"], abs=1e-6)
    assert found.ranks == pytest.approx(expected["ranks"], abs=1e-6)
    assert found.central.to_numpy() == pytest.approx(expected["central"], abs=1e-9, nan_ok=True)


# ---------------------------------------------------------------- what must hold


@few
@given(ranges(), st.sampled_from([FIXED, FLAT, ORDINAL, Spread("near", 4.0)]))
def test_shares_sum_to_one_both_ways(given: Draws, spread: Spread) -> None:
    weights = dict.fromkeys(range(given.low.shape[2]), 1.0)
    found = rank_acceptability(given, weights, 200, 1, spread)  # type: ignore[arg-type]
    assert found.matrix().sum(axis=0).to_numpy() == pytest.approx(1, abs=1e-5)
    assert found.matrix().sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert (found.shares >= 0).all()
    # the ranks of n sites have the sum of 1 to n
    n = len(given.sites)
    assert found.mean_rank().sum() == pytest.approx(n * (n + 1) / 2, abs=1e-3)
    tops = [found.p_top(top) for top in range(1, n + 1)]
    assert all((one <= two + 1e-6).all() for one, two in pairwise(tops))
    assert tops[-1].tolist() == pytest.approx([1] * n)
    ends = found.interval()
    assert (ends["low"] <= ends["high"]).all()


@few
@given(ranges(), st.randoms(use_true_random=False))
def test_order_of_rows_never_matters(given: Draws, chance: Any) -> None:
    order = list(range(len(given.sites)))
    chance.shuffle(order)
    mixed = Draws(given.sites[order], given.low[:, order], given.high[:, order])
    one, two = (rank_acceptability(each, draws=100, seed=2) for each in (given, mixed))
    pd.testing.assert_frame_equal(two.matrix(), one.matrix().loc[mixed.sites])
    pd.testing.assert_frame_equal(two.central, one.central.loc[mixed.sites])


@few
@given(
    tables(), st.sampled_from([FLAT, ORDINAL, FIXED, Spread("near", 4.0)]), st.sampled_from([1e-6, 3, 1e6])
)
def test_scale_of_weights_never_matters(table: pd.DataFrame, spread: Spread, factor: float) -> None:
    weights = dict(zip(table.columns, (4.0, 2.0, 1.0), strict=False))
    scaled = {name: factor * points for name, points in weights.items()}
    one, two = (rank_acceptability(table, each, 100, 2, spread) for each in (weights, scaled))
    pd.testing.assert_frame_equal(one.matrix(), two.matrix())
    pd.testing.assert_frame_equal(one.central, two.central)


def dominating(given: Draws) -> list[tuple[str, str]]:
    """Pairs of sites of which the first is nowhere below the other and somewhere above, whatever is drawn."""
    pairs = product(range(len(given.sites)), repeat=2)
    return [
        (str(given.sites[i]), str(given.sites[j]))
        for i, j in pairs
        if i != j
        and (given.low[:, i] >= given.high[:, j]).all()
        and (given.high[:, i] > given.low[:, j]).any()
    ]


@given(ranges())
def test_a_dominated_site_never_has_the_better_rank_in_any_draw(given: Draws) -> None:
    pairs = dominating(given)
    if not pairs:
        return
    for seed in range(40):
        rank = rank_acceptability(given, draws=1, seed=seed).mean_rank()
        assert all(rank[better] <= rank[worse] + 1e-5 for better, worse in pairs)
    weights: Any = dict.fromkeys(range(given.low.shape[2]), 1.0)
    wins = pairwise_wins(given, weights, list(given.sites), FLAT, 2000, 1)
    assert all(wins.loc[worse, better] == 0 for better, worse in pairs)


def test_some_sites_are_dominated_in_the_property_above() -> None:
    one = Draws.of(sites(X=[0.5, 1], Y=[0.5, 0.5], Z=[0, 1]))
    assert dominating(one) == [("X", "Y"), ("X", "Z")]


def test_a_dominated_site_has_no_central_weights() -> None:
    table = sites(X=[1, 0.2], Y=[0.2, 1], Z=[0.1, 0.1999])
    found = rank_acceptability(table, draws=DRAWS)
    assert found.central.loc["Z"].isna().all()
    assert found.first["Z"] == 0
    assert found.central.loc[["X", "Y"]].sum(axis=1).tolist() == pytest.approx([1, 1])


def test_a_site_behind_by_very_little_is_behind_in_every_draw() -> None:
    table = sites(X=[1, 0.5], Y=[1, 0.5 - 1e-8], Z=[0, 0])
    found = rank_acceptability(table, draws=DRAWS)
    assert found.matrix().loc["X", 1] == 1
    assert found.central.loc["Y"].isna().all()


def test_the_same_seed_gives_the_same_and_another_seed_other_draws() -> None:
    table = sites(X=[1, 0], Y=[0, 1])
    first = rank_acceptability(table, draws=500, seed=1)
    assert (rank_acceptability(table, draws=500, seed=1).shares == first.shares).all()
    assert rank_acceptability(table, draws=500, seed=2).first["X"] != first.first["X"]
    assert (first.draws, first.seed) == (500, 1)


# ---------------------------------------------------------------- intervals


def made(*rows: list[float]) -> Acceptability:
    """As many sites as ranks."""
    n = len(rows)
    index = pd.Index([f"S{at}" for at in range(len(rows))])
    shares = np.array(rows, dtype=np.float32)
    return Acceptability(index, np.arange(1, n + 1), shares, shares, pd.DataFrame(index=index), 100, 1)


def test_interval_holds_the_middle_of_the_draws() -> None:
    found = made([0.04, 0.06, 0.8, 0.1], [0.05, 0.9, 0.05, 0], [0, 0, 0, 1], [0.91, 0.04, 0.05, 0])
    assert found.interval().to_numpy().tolist() == [[2, 4], [1, 2], [4, 4], [1, 2]]
    # from 10 % to 90 %: reached at the ranks 2 and 3
    assert found.interval(0.8).loc["S0"].tolist() == [2, 3]
    assert found.interval(1.0).loc["S1"].tolist() == [1, 3]


def test_share_among_the_first() -> None:
    found = made([0.1, 0.2, 0.7], [0.9, 0.1, 0], [0, 0.7, 0.3])
    assert [round(float(found.p_top(n)["S0"]), 6) for n in (1, 2, 3, 99)] == [0.1, 0.3, 1, 1]
    assert found.mean_rank()["S0"] == pytest.approx(1 * 0.1 + 2 * 0.2 + 3 * 0.7)


# ---------------------------------------------------------------- many sites

MANY = 2100
STEP = 7  # (2,100 - 200) / 300, rounded up


def test_beyond_two_thousand_sites_late_ranks_lie_in_bands() -> None:
    table = pd.DataFrame({"a": np.linspace(1, 0, MANY)}, index=[f"S{n:04d}" for n in range(MANY)])
    found = rank_acceptability(table, draws=2)
    assert found.edges[:201].tolist() == list(range(1, 202))
    assert found.edges[201] == 201 + STEP
    assert found.shares.shape == (MANY, len(found.edges))
    assert (found.shares.sum(axis=1) == 1).all()
    bands = found.matrix()
    assert bands.loc["S0199", 200] == 1
    assert bands.loc[[f"S{rank - 1:04d}" for rank in range(201, 201 + STEP)], 201].tolist() == [1] * STEP
    assert found.interval().loc["S0203"].tolist() == [201, 201 + STEP - 1]
    assert found.mean_rank()["S0203"] == (201 + 201 + STEP - 1) / 2
    # a band counts as a whole, or not
    assert found.p_top(201 + STEP - 1).sum() == 200 + STEP
    assert found.p_top(201 + STEP - 2).sum() == 200
    assert found.p_top(MANY).sum() == MANY


def test_equal_sites_share_ranks_over_bands() -> None:
    index = [f"S{n:04d}" for n in range(MANY)]
    found = rank_acceptability(pd.DataFrame({"a": 0.5}, index=index), draws=3)
    width = np.diff([*found.edges, MANY + 1])
    for site in ("S0000", "S2099"):
        assert found.matrix().loc[site].tolist() == pytest.approx((width / MANY).tolist())
    assert found.p_top(200)["S1234"] == pytest.approx(200 / MANY, rel=1e-4)


def test_bands_of_some_equal_sites_sum_to_their_ranks() -> None:
    index = [f"S{n:04d}" for n in range(MANY)]
    # three of each value, some of them over the end of a band
    table = pd.DataFrame({"a": 1 - np.arange(MANY) // 3 / MANY, "b": np.arange(MANY) // 3 % 2}, index=index)
    found = rank_acceptability(table, draws=20)
    width = np.diff([*found.edges, MANY + 1])
    assert found.shares.sum(axis=0) == pytest.approx(width, rel=1e-4)
    assert found.shares.sum(axis=1) == pytest.approx(np.ones(MANY), rel=1e-4)
    assert (found.shares[0::3] == found.shares[1::3]).all()


def test_the_plain_loop_also_beyond_the_short_keys() -> None:
    """From 4,096 groups on, scores are told apart by longer keys."""
    n = 4200
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.random((n, 2)), index=[f"S{at:04d}" for at in range(n)], columns=["a", "b"])
    found = rank_acceptability(table, {"a": 1, "b": 1}, 1, 9, FLAT)
    w = weight_draws([1, 1], FLAT, 1, np.random.default_rng(9))[0]
    rank = (-(table.to_numpy() @ w)).argsort().argsort() + 1
    assert found.p_top(200)[rank <= 200].tolist() == [1.0] * 200
    assert found.p_top(200).sum() == 200


# ---------------------------------------------------------------- confidence factors


def test_confidence_is_full_where_nothing_is_open() -> None:
    table = sites(X=[1, 0], Y=[0, 1], Z=[0.1, 0.1])
    found = confidence_factors(Draws.of(table), rank_acceptability(table, draws=500).central, 20)
    assert found[["X", "Y"]].tolist() == [1, 1]
    assert math.isnan(found["Z"])


def test_equal_sites_share_the_confidence() -> None:
    table = sites(X=[1, 0], Y=[1, 0], Z=[0, 1])
    found = confidence_factors(Draws.of(table), rank_acceptability(table, draws=500).central, 20)
    assert found.tolist() == [1 / 2, 1 / 2, 1]


def test_confidence_under_open_data() -> None:
    """Even with all the weight, a value somewhere from 0 to 1 is above 0.75 in a quarter of the draws."""
    draws = Draws.of(sites(X=[0], Y=[0.75]), high=sites(X=[1], Y=[0.75]))
    central = pd.DataFrame({"a": [1.0, 1.0]}, index=["X", "Y"])
    found = confidence_factors(draws, central, DRAWS, 1)
    assert found["X"] == close(1 / 4)
    assert found.sum() == pytest.approx(1)


# ---------------------------------------------------------------- edges


def test_no_site_and_one_site() -> None:
    none = rank_acceptability(sites(X=[1, 0]).iloc[:0], draws=5)
    assert len(none.first) == len(none.interval()) == len(none.central) == 0
    one = rank_acceptability(sites(X=[0, 0]), draws=5)
    assert one.first["X"] == 1
    assert one.interval().loc["X"].tolist() == [1, 1]
    assert one.p_top(10)["X"] == 1


@pytest.mark.parametrize(
    ("values", "more", "words"),
    [
        (sites(X=[math.nan]), {}, "known"),
        (sites(X=[1.1]), {}, "from 0 to 1"),
        (sites(X=[-0.1]), {}, "from 0 to 1"),
        (sites(X=[0.5]), {"low": sites(X=[0.6])}, "low end first"),
        (sites(X=[0.5]), {"high": sites(X=[0.5], Y=[1])}, "same shape"),
        (pd.concat([sites(X=[1]), sites(X=[0])]), {}, "once"),
        (sites(X=[1]), {"weights": {"z": 1}}, "'z'"),
        (sites(X=[1]), {"weights": {"a": 0}}, "not all 0"),
        (sites(X=[1], Y=[0]), {"draws": 0}, "at least 1"),
        (Draws.of(sites(X=[1, 0])), {"weights": {"a": 1}}, "1 weights came for 2"),
        (sites(X=[1, 0]), {"spread": Spread("wide")}, "'wide'"),
    ],
)
def test_what_does_not_fit(values: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rank_acceptability(values, **{"draws": 5, **more})

"""Four measures of dependence on a site: the toys that prioritizr publishes, and cases worked by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from aze_core.measures import portfolio
from aze_core.measures.irreplaceability import (
    ferrier,
    incremental_rank,
    rarity_weighted_richness,
    replacement_cost,
)
from aze_core.measures.representation import Selection

NA, INF = float("nan"), float("inf")
COST = [10, 2, NA, 3]
AMOUNTS = [[0, 0, 0, 1], [10, 5, 10, 6]]
TARGETS = [1, 10]
CHOSEN = [0, 1, NA, 1]


def near(expected):
    return pytest.approx(expected, nan_ok=True)


def test_rarity_weighted_richness_of_the_toy():
    """31 is the whole of species 2, the unit without a cost included."""
    found = rarity_weighted_richness(AMOUNTS, CHOSEN)
    assert found.tolist() == near([0, (5 / 10) / 31, NA, (6 / 10) / 31 + 1])
    assert rarity_weighted_richness(AMOUNTS, CHOSEN, rescale=True).tolist() == near([0, 0.01, NA, 1])


def test_a_feature_that_is_nowhere_adds_nothing():
    assert rarity_weighted_richness([[0, 0], [2, 2]], [1, 1]).tolist() == near([1 / 4, 1 / 4])
    assert rarity_weighted_richness([[0, 0]], [1, 1], rescale=True).tolist() == [0, 0]


def test_it_is_endemism_where_the_largest_amount_is_one():
    assert rarity_weighted_richness([[1, 1, 0], [1, 0, 0]], [1, 1, 1]).tolist() == near([1 / 2 + 1, 1 / 2, 0])


def test_replacement_cost_of_the_toy():
    """Without unit 2, unit 1 gives what species 2 lacks: 10 + 3 for 2 + 3. Species 1 has no other unit."""
    assert replacement_cost(COST, AMOUNTS, TARGETS, CHOSEN).tolist() == near([0, 8, NA, INF])
    rescaled = replacement_cost(COST, AMOUNTS, TARGETS, CHOSEN, rescale=True)
    assert rescaled.tolist() == near([0, (0.01 + 1) / 2, NA, INF])


def test_a_unit_that_is_not_needed_costs_less_than_nothing():
    assert replacement_cost([4, 5], [[1, 1]], [1], [1, 1]).tolist() == [-4, -5]


def test_a_set_that_misses_a_target_has_no_replacement_cost():
    with pytest.raises(ValueError, match="expected to meet every target"):
        replacement_cost([4, 5], [[1, 1]], [2], [1, 0])


def test_where_the_answer_is_plain_nothing_is_solved(monkeypatch):
    monkeypatch.setattr(portfolio, "min_set", None)
    whole = np.eye(3)
    assert replacement_cost([1, 2, 3], whole, [1, 1, 1], [1, 1, 1]).tolist() == [INF, INF, INF]
    assert replacement_cost([1, 2], [[1, 1]], [1], [1, 1]).tolist() == [-1, -2]


def test_a_solve_without_an_end_is_not_known(monkeypatch):
    monkeypatch.setattr(portfolio, "min_set", lambda *_: Selection(np.zeros(4), 13.0, 12.0))
    assert replacement_cost(COST, AMOUNTS, TARGETS, CHOSEN).tolist() == near([0, NA, NA, INF])
    monkeypatch.setattr(portfolio, "min_shortfall", lambda *_, budget: Selection(np.zeros(4), 1.0, 0.5))
    assert np.isnan(incremental_rank(COST, AMOUNTS, TARGETS, CHOSEN)).all()


def test_incremental_rank_of_the_toy():
    given = COST, [[1, 0, 0, 1], [10, 5, 10, 6]], [2, 10], CHOSEN
    assert incremental_rank(*given, budgets=[2.5, 5]).tolist() == near([0, 1, NA, 1 / 2])
    assert incremental_rank(*given, budgets=[2.5, 5], rescale=True).tolist() == near([0, 1, NA, 0.01])
    # two equal steps to the whole cost of 5 are the same budgets
    assert incremental_rank(*given, steps=2).tolist() == near([0, 1, NA, 1 / 2])


def test_bought_in_the_second_of_five_steps_is_four_fifths():
    found = incremental_rank([2, 1, 2], np.diag([2, 1, 1]), [2, 1, 9], [1, 1, 0], budgets=[0.5, 1, 2, 3, 4])
    assert found.tolist() == near([2 / 5, 4 / 5, 0])


def test_units_that_can_stand_for_one_another_share_their_score():
    """One of three alike is bought at each of three steps: 3/3, 2/3 and 1/3, in whatever order."""
    assert incremental_rank([1, 1, 1], np.eye(3), [1, 1, 1], [1, 1, 1], steps=3).tolist() == near([2 / 3] * 3)
    # two species at the first site: it comes first, the others share 2/3 and 1/3
    two = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert incremental_rank([1, 1, 1], two, np.ones(4), [1, 1, 1], steps=3).tolist() == near([1, 0.5, 0.5])


@pytest.mark.parametrize("more", [{"budgets": [3, 2]}, {"budgets": []}, {"steps": 0}])
def test_steps_that_cannot_be_are_refused(more):
    with pytest.raises(ValueError, match="expected"):
        incremental_rank(COST, AMOUNTS, TARGETS, CHOSEN, **more)


def test_ferrier_counts_the_species_of_single_sites():
    found = ferrier(np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]]), [1, 1, 1], [1, 1, 1, 1])
    assert found.sum(axis=0).tolist() == [2, 1, 0, 0]


def test_ferrier_of_halves_that_are_both_needed():
    found = ferrier([[0.6, 0.4, 0], [0, 0, 1]], [1, 1], [1, 1, 1])
    assert found.sum(axis=0).tolist() == near([1, 1, 1])


def test_ferrier_by_hand():
    """Four units of 1, 2, 3, 4, a target of 5, two of them drawn; for the unit of 4:

    the rest is (1+2+3) 4/3 = 8, its mean 2, its squares (1+4+9) 4/3 = 56/3, so the spread is
    sqrt(56/3 - 64/4/4); one draw of three: factor 1, two of three: sqrt(1)/2.
    """
    sd = (56 / 3 - 64 / 4 / 4) ** 0.5
    # 8 - 4 < 5, so that without the unit the target is out of reach
    assert ferrier([[1, 2, 3, 4]], [5], [0, 1, 0, 1])[0, 3] == pytest.approx(1)
    # a target of 3 is within reach without it, and the unit holds it alone
    removed = norm.sf((3 / 1 - 2) / sd)
    excluded = norm.sf((3 / 2 - 2) / (sd / 2))
    expected = (1 - removed) * 0.5 / (1 * 0.5 + excluded * 0.5)
    assert ferrier([[1, 2, 3, 4]], [3], [0, 1, 0, 1])[0, 3] == pytest.approx(expected)


def test_ferrier_leaves_units_that_cannot_be_chosen_out():
    with_them = ferrier([[1, 2, 9, 3, 4]], [3], [0, 1, NA, 0, 1])
    assert np.isnan(with_them[0, 2])
    assert np.delete(with_them, 2).tolist() == near(ferrier([[1, 2, 3, 4]], [3], [0, 1, 0, 1])[0].tolist())


def test_ferrier_needs_two():
    with pytest.raises(ValueError, match="at least two"):
        ferrier([[1, 2]], [1], [1, 0])
    with pytest.raises(ValueError, match="targets"):
        ferrier([[1, 2]], [NA], [1, 1])


@pytest.mark.parametrize(
    ("amounts", "selected"),
    [([[1, 2]], [1]), ([[1, NA]], [1, 1]), ([[1, -1]], [1, 1]), ([[1, 1]], [1, 0.5]), ([1, 2], [1, 1])],
)
def test_what_cannot_be_is_refused(amounts, selected):
    with pytest.raises(ValueError, match="expected"):
        rarity_weighted_richness(amounts, selected)


amount = st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0])


@st.composite
def sets(draw):
    """Up to seven units and three features; the target of each is what the chosen units can give."""
    n, m = draw(st.integers(2, 7)), draw(st.integers(1, 3))
    cost = np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 2.5, NA]), min_size=n, max_size=n)))
    rows = st.lists(amount, min_size=n, max_size=n)
    amounts = np.array(draw(st.lists(rows, min_size=m, max_size=m)))
    chosen = np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 1.0]), min_size=n, max_size=n)))
    part = draw(st.sampled_from([0.3, 0.9, 1.0]))
    return cost, amounts, amounts @ np.where(np.isnan(cost), 0, chosen) * part, chosen


@settings(max_examples=40)
@given(sets())
def test_no_cheaper_way_mends_the_loss(problem):
    cost, amounts, targets, chosen = problem
    found = replacement_cost(cost, amounts, targets, chosen)
    known = ~np.isnan(cost)
    now = cost[known & (chosen == 1)].sum()
    for unit in np.flatnonzero(known):
        if not chosen[unit]:
            assert found[unit] == 0
            continue
        ways = []
        for bits in product([0.0, 1.0], repeat=len(cost)):
            x = np.array(bits)
            stays = (x >= np.where(known, chosen, 0) * (np.arange(len(cost)) != unit)).all()
            if stays and x[unit] == 0 and not x[~known].any() and (amounts @ x >= targets * (1 - 1e-9)).all():
                ways.append(cost[known] @ x[known])
        assert found[unit] == pytest.approx(min(ways) - now if ways else INF)
    assert np.isnan(found[~known]).all()


@settings(max_examples=25)
@given(sets(), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(problem, random):
    cost, amounts, targets, chosen = problem
    order = list(range(len(cost)))
    random.shuffle(order)
    pairs = [
        (
            rarity_weighted_richness(amounts, chosen),
            rarity_weighted_richness(amounts[:, order], chosen[order]),
        ),
        (
            replacement_cost(cost, amounts, targets, chosen),
            replacement_cost(cost[order], amounts[:, order], targets, chosen[order]),
        ),
    ]
    if (chosen == 1).sum() > 1:
        pairs.append((ferrier(amounts, targets, chosen), ferrier(amounts[:, order], targets, chosen[order])))
    for before, after in pairs:
        assert np.allclose(before[..., order], after, equal_nan=True)


@settings(max_examples=40)
@given(sets())
def test_ferrier_and_the_rank_lie_between_0_and_1(problem):
    cost, amounts, targets, chosen = problem
    ranks = incremental_rank(cost, amounts, targets, chosen, steps=3)
    assert np.isnan(ranks).tolist() == np.isnan(cost).tolist()
    assert ((ranks >= 0) & (ranks <= 1))[~np.isnan(cost)].all()
    assert (ranks[(chosen == 0) & ~np.isnan(cost)] == 0).all()
    if (chosen == 1).sum() > 1:
        found = ferrier(amounts, targets, chosen)
        assert ((found >= -1e-9) & (found <= 1 + 1e-9)).all()

"""Measures of irreplaceability side by side: a small list by hand, and the count they restate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures.side_by_side import COLUMNS, irreplaceability_table
from aze_core.ranking.criteria import site_gamma
from tests.helpers import SITES, make_inventory

INF = float("inf")
ALL = pd.Index(list("ABCD"))

SHARED = {
    "whole": ("CR", ["A"]),
    "parted": ("CR", [("A", 0.6), ("B", 0.4)]),
    "crane": ("EN", [("B", 1.0, "breeding"), ("C", 1.0, "wintering")]),
}
"""A whole species at A, one parted between A and B, one that breeds at B and winters at C; none at D."""


def test_by_hand():
    found = irreplaceability_table(make_inventory(species=SHARED), ALL)
    assert list(found.columns) == list(COLUMNS)
    assert found["species"].tolist() == [2, 2, 1, 0]
    # the target is the whole, so that every site of a species is needed
    assert found["gamma"].tolist() == [2, 2, 1, 0]
    assert found["endemism"].tolist() == pytest.approx([1 + 0.6, 0.4 + 1, 1, 0])
    assert found["ferrier"].tolist() == pytest.approx([2, 2, 1, 0])
    assert found["rarity_weighted_richness"].tolist() == pytest.approx([1 + 1, 0.4 / 0.6 + 1, 1, 0])
    # D has no area, so each site costs 1; the set is cheaper by 1 without it
    assert found["replacement_cost"].tolist() == [INF, INF, INF, -1]
    assert (found["cost_basis"] == "sites").all()


def test_a_lower_target_lets_sites_replace_one_another():
    found = irreplaceability_table(make_inventory(species=SHARED), pd.Index(["A", "B"]), target=0.4)
    # alpha of the parted species: min(1, 0.6 / (1 - 0.4)) = 1 at A, 0.4 / 0.6 at B
    assert found["gamma"].tolist() == pytest.approx([2, 1 + 0.4 / 0.6])
    # B holds 0.4 of the parted species, all that is asked for, but A has a species of its own
    assert found["replacement_cost"].tolist() == [INF, INF]


def test_uncovered_km2_where_all_are_known():
    found = irreplaceability_table(make_inventory(species=SHARED), pd.Index(["A", "B", "C"]), steps=5)
    assert (found["cost_basis"] == "km2").all()
    # 10, 20 and 40 × (1 - 0.5) km², and steps of 10: A gives 1.6 for 10, B 1.4 for 20, C 1 for 20
    assert found["incremental_rank"].tolist() == pytest.approx([5 / 5, 3 / 5, 1 / 5])


def test_gamma_and_endemism_do_not_change_with_the_sites_compared():
    inventory = make_inventory(species=SHARED)
    some, every = (irreplaceability_table(inventory, sites) for sites in (pd.Index(["B", "C"]), ALL))
    for name in ("species", "gamma", "endemism"):
        assert some[name].tolist() == every.loc[["B", "C"], name].tolist()


def test_one_site_and_none():
    inventory = make_inventory()
    alone = irreplaceability_table(inventory, pd.Index(["A"])).loc["A"]
    assert alone[["species", "gamma", "replacement_cost", "incremental_rank"]].tolist() == [2, 2, INF, 0.1]
    assert np.isnan(alone["ferrier"])
    assert irreplaceability_table(inventory, pd.Index([])).empty


@pytest.mark.parametrize("more", [{"target": 0}, {"target": 1.1}, {"target": float("nan")}, {"steps": 0}])
def test_what_cannot_be_is_refused(more):
    with pytest.raises(ValueError, match="expected"):
        irreplaceability_table(make_inventory(), ALL, **more)


def test_the_shipped_list(shipped):
    """920 occurrences of single-site species, but for one crane of two stages: one count in all columns."""
    found = irreplaceability_table(shipped, shipped.sites.index)
    assert found["gamma"].equals(site_gamma(shipped).rename("gamma"))
    assert found["species"].sum() == 920
    for name in ("gamma", "endemism", "ferrier", "rarity_weighted_richness"):
        assert found[name].tolist() == pytest.approx(found["species"].tolist()), name
    assert np.isposinf(found["replacement_cost"]).all()
    ranks = found.groupby("species")["incremental_rank"].agg(["min", "max"])
    assert ranks["min"].tolist() == pytest.approx(ranks["max"].tolist())
    assert ranks["max"].is_monotonic_increasing
    assert ranks.loc[22, "max"] == 1


shares = st.sampled_from([0.3, 0.5, 1.0])
places = st.lists(
    st.tuples(st.sampled_from([*SITES]), shares), min_size=1, max_size=3, unique_by=lambda p: p[0]
)


@settings(max_examples=20)
@given(st.lists(places, min_size=1, max_size=5), st.permutations(list("ABCD")), st.sampled_from([0.4, 1.0]))
def test_order_does_not_matter(given_places, order, target):
    inventory = make_inventory(
        species={f"s{n}": ("CR", list(at)) for n, at in enumerate(given_places)},
    )
    found = irreplaceability_table(inventory, ALL, target)
    moved = irreplaceability_table(inventory, pd.Index(order), target).loc[list(ALL)]
    for name in COLUMNS[:6]:
        assert np.allclose(found[name].astype(float), moved[name].astype(float)), name
    assert found["incremental_rank"].between(0, 1).all()
    assert (found["gamma"] <= found["species"]).all()

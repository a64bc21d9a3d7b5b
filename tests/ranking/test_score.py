"""The ranking: worked by hand on four sites, then what must hold on any inventory."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Assumptions, Filters, Inventory, RankSettings, Weights
from aze_core.domain.schema import TABLES
from aze_core.ranking.criteria import counts, gap, modelled_loss, site_gamma, weighted_values
from aze_core.ranking.score import rank_sites
from tests.helpers import as_inventory, make_inventory, shuffled

# over 20 years criterion E gives round numbers
CR, EN = 1 - (1 - 0.5) ** (20 / 10), 1 - (1 - 0.2) ** (20 / 20)
EFFECT = 0.5
TWENTY = Assumptions(20, EFFECT)
ALL = RankSettings(False, assumptions=TWENTY)


def test_the_probabilities_are_round() -> None:
    assert (0.75, pytest.approx(0.2)) == (CR, EN)


def test_default_order_by_hand() -> None:
    ranked = rank_sites(make_inventory(), None, ALL)
    assert list(ranked.index) == ["A", "B", "C", "D"]
    assert ranked["rank"].tolist() == [1, 2, 3, pd.NA]
    a, b, c, d = (ranked.loc[site] for site in "ABCD")
    assert a["score"] == pytest.approx((CR + CR) * EFFECT * (1 - 0))
    assert b["score"] == pytest.approx((CR + EN) * EFFECT * (1 - 0))
    assert b["c_CR"] == pytest.approx(CR * EFFECT)
    assert b["c_EN"] == pytest.approx(EN * EFFECT)
    # half covered, and one species of unknown category: anything from nothing to Critically Endangered
    known = EN * EFFECT * (1 - 0.5)
    assert c["score"] == c["score_low"] == pytest.approx(known)
    assert c["score_high"] == pytest.approx(known + CR * EFFECT * (1 - 0.5) * 1)
    assert c["unknown"] == "category"
    assert (c["share"], c["vintage"], c["protection"]) == (0.5, 2016, "partial")
    # only a species that is Extinct in the Wild: apart, without any number
    assert d["apart"] == "gone"
    assert d[["score", "score_low", "score_high", "rank_best", "rank_worst"]].isna().all()
    assert ranked["apart"].tolist() == ["", "", "", "gone"]


def test_weighted_order_by_hand() -> None:
    ranked = rank_sites(make_inventory(), Weights(2, 1, 1), ALL)
    # two species each at A, B and C, the most in the inventory; human influence 10, 20, not known
    a = 0.5 * 1 + 0.25 * (CR / CR) + 0.25 * (10 - 10) / (30 - 10)
    b = 0.5 * 1 + 0.25 * (CR / CR) + 0.25 * (20 - 10) / (30 - 10)
    c = (0.5 * 1 + 0.25 * (EN / CR)) / (0.5 + 0.25)
    assert ranked.loc[["A", "B", "C"], "score"].tolist() == pytest.approx([a, b, c])
    assert list(ranked.index) == ["B", "C", "A", "D"]
    assert ranked.loc["C", "unknown"] == "category,pressure"
    # unknown human influence is anything from 0 to 1, the unknown category from EN (the other species) to CR
    assert ranked.loc["C", "score_low"] == pytest.approx(0.5 + 0.25 * EN / CR + 0.25 * 0)
    assert ranked.loc["C", "score_high"] == pytest.approx(0.5 + 0.25 * 1 + 0.25 * 1)
    assert ranked.loc["C", ["rank_best", "rank_worst"]].tolist() == [1, 3]
    assert ranked.loc["A", ["rank_best", "rank_worst"]].tolist() == [2, 3]
    assert ranked.loc["B", ["rank_best", "rank_worst"]].tolist() == [1, 2]
    assert ranked.loc["B", ["c_irreplaceability", "c_extinction", "c_pressure"]].tolist() == pytest.approx(
        [0.5, 0.25, 0.125]
    )


def test_value_of_irreplaceability_closes_half_the_distance_every_two_species() -> None:
    species: dict[str, Any] = {f"m{n}": ("EN", ["M"]) for n in range(4)} | {"n0": ("EN", ["N"])}
    values, anchors = weighted_values(make_inventory({"M": {}, "N": {}}, species), TWENTY)
    assert anchors.loc["irreplaceability"].tolist() == [0, 4]
    assert values.loc["M", "irreplaceability"] == pytest.approx(1)
    assert values.loc["N", "irreplaceability"] == pytest.approx((1 - 0.5 ** (1 / 2)) / (1 - 0.5 ** (4 / 2)))


def test_only_uncovered_sites_by_default() -> None:
    ranked = rank_sites(make_inventory())
    assert list(ranked.index) == ["A", "B", "D"]  # D lies at the edge: 2 % is still uncovered


def test_equal_sites_share_a_rank_and_stand_by_name() -> None:
    sites = {
        "1": {"name": "Zebra"},
        "2": {"name": "Ant"},
        "3": {"name": "Bee"},
        "4": {"name": "Cat"},
    }
    species: dict[str, Any] = {"s1": ("CR", ["1"]), "s2": ("CR", ["2"]), "s3": ("EN", ["3"])}
    species |= {"s4": ("EN", ["4"]), "s5": ("CR", ["4"])}
    ranked = rank_sites(make_inventory(sites, species))
    assert list(ranked.index) == ["4", "2", "1", "3"]
    assert ranked["rank"].tolist() == [1, 2, 2, 4]
    assert ranked["tie_group"].tolist() == [1, 2, 2, 3]
    assert ranked["tie_size"].tolist() == [1, 2, 2, 1]
    assert ranked["rank_best"].tolist() == ranked["rank_worst"].tolist() == [1, 2, 2, 4]


def test_rounding_of_the_machine_breaks_no_tie() -> None:
    """0.1 + 0.2 is not 0.3 in floating point, whatever order it is added in."""
    species: dict[str, Any] = {"x1": ("CR", [("X", 0.1)]), "x2": ("CR", [("X", 0.2)])}
    species |= {"y1": ("CR", [("Y", 0.3)])}
    ranked = rank_sites(make_inventory({"X": {}, "Y": {}}, species))
    assert ranked["rank"].tolist() == [1, 1]


def test_unknown_cover_sets_a_site_apart_with_the_whole_interval() -> None:
    sites: dict[str, Any] = {"X": {"cover": {}}, "Y": {}}
    ranked = rank_sites(make_inventory(sites, {"x": ("CR", ["X"]), "y": ("EN", ["Y"])}), None, ALL)
    x = ranked.loc["X"]
    assert (x["apart"], x["unknown"]) == ("unknown", "coverage")
    assert pd.isna(x["score"])
    assert (x["score_low"], x["score_high"]) == (0, pytest.approx(CR * EFFECT))
    assert ranked.loc["Y", ["rank", "rank_best", "rank_worst"]].tolist() == [1, 1, 2]


def test_only_unknown_categories_set_a_site_apart_with_the_whole_interval() -> None:
    species: dict[str, Any] = {"x1": (None, ["X"]), "x2": ("DD", ["X"]), "y": ("CR", ["Y"])}
    ranked = rank_sites(make_inventory({"X": {}, "Y": {}}, species), None, ALL)
    assert ranked.loc["X", "apart"] == "unknown"
    assert ranked.loc["X", ["score_low", "score_high"]].tolist() == pytest.approx([0, 2 * CR * EFFECT])
    assert ranked.loc["X", "unknown_species"] == 2


@pytest.mark.parametrize("weights", [None, Weights(), Weights(0, 0, 1)])
def test_a_site_without_listed_species_is_apart_and_moves_no_other(weights: Weights | None) -> None:
    sites: dict[str, Any] = {"X": {"influence": 1}, "Y": {"influence": 2}}
    species: dict[str, Any] = {"x": ("EN", ["X"]), "y": ("CR", ["Y"])}
    without = rank_sites(make_inventory(sites, species), weights, ALL)
    bare = {**sites, "Z": {"influence": 1}}
    ranked = rank_sites(make_inventory(bare, species), weights, ALL)
    assert (ranked.index[-1], ranked.loc["Z", "apart"]) == ("Z", "unknown")
    columns = ["rank", "score", "rank_best", "rank_worst"]
    pd.testing.assert_frame_equal(ranked.loc[without.index, columns], without[columns])


def test_equal_human_influence_tells_none_apart_but_is_known() -> None:
    sites: dict[str, Any] = {"X": {"influence": 7}, "Y": {"influence": 7}, "Z": {}}
    species: dict[str, Any] = {key.lower(): ("CR", [key]) for key in sites}
    ranked = rank_sites(make_inventory(sites, species), Weights(1, 1, 2), ALL)
    assert ranked["unknown"].to_dict() == {"X": "", "Y": "", "Z": "pressure"}
    assert ranked.loc[["X", "Y"], "score"].tolist() == [0.5, 0.5]
    assert ranked.loc["Z", ["score_low", "score_high"]].tolist() == [0.5, 1.0]


def test_an_unweighted_criterion_is_not_missed() -> None:
    ranked = rank_sites(make_inventory(), Weights(1, 0, 0), ALL)
    assert ranked["unknown"].tolist() == ["", "", "", ""]
    assert (ranked["score_low"].dropna() == ranked["score_high"].dropna()).all()


def test_all_weights_zero() -> None:
    with pytest.raises(SettingError, match="all_weights_zero"):
        Weights(0, 0, 0)


def test_no_site_left_is_an_empty_table_with_the_same_columns() -> None:
    full = rank_sites(make_inventory(), None, ALL)
    none = rank_sites(
        make_inventory(), None, RankSettings(False, Filters(countries=("XXX",)), Assumptions(20, EFFECT))
    )
    assert len(none) == 0
    assert list(none.columns) == list(full.columns)
    assert len(rank_sites(make_inventory({}, {}))) == 0
    assert len(rank_sites(make_inventory({}, {}), Weights())) == 0


def test_counts_gamma_and_gap_by_hand() -> None:
    inventory = make_inventory()
    found = counts(inventory)
    assert found.loc["C"].to_dict() == {
        "species": 2,
        "CR": 0,
        "EN": 1,
        "gone": 0,
        "unknown_species": 1,
        "other": 0,
    }
    assert found.loc["D", "gone"] == 1
    assert site_gamma(inventory).tolist() == [2, 2, 2, 1]
    assert gap(inventory).tolist() == [1, 1, 0.5, 0.98]


def test_a_life_stage_counts_as_a_population_of_its_own() -> None:
    crane: dict[str, Any] = {"crane": ("CR", [("X", 1.0, "breeding"), ("Y", 1.0, "wintering")])}
    inventory = make_inventory({"X": {}, "Y": {}}, crane)
    assert site_gamma(inventory).tolist() == [1, 1]
    assert modelled_loss(inventory, TWENTY)["known"].tolist() == [CR * EFFECT, CR * EFFECT]


def test_one_year_and_no_effect_are_no_trouble() -> None:
    ranked = rank_sites(make_inventory(), None, RankSettings(False, assumptions=Assumptions(1, 0)))
    assert ranked["score"].dropna().tolist() == [0, 0, 0]
    assert ranked["rank"].dropna().tolist() == [1, 1, 1]


# ---------------------------------------------------------------- what must hold on any inventory

few = settings(max_examples=15)  # each takes a tenth of a second

shares = st.sampled_from([0.0, 0.01, 0.02, 0.3, 0.5, 0.98, 1.0])
categories = st.sampled_from(["CR", "CR", "EN", "EN", "VU", "EW", "DD", None])
site = st.fixed_dictionaries(
    {
        "influence": st.sampled_from([None, 0, 5, 20, 64]),
        "cover": st.dictionaries(st.sampled_from([2010, 2016]), shares, max_size=2),
        "iso3": st.sampled_from(["MEX", "PER", "MEX;PER"]),
        "area": st.sampled_from([None, 1, 2.5]),
    }
)


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    sites = {f"S{n}": each for n, each in enumerate(draw(st.lists(site, min_size=1, max_size=6)))}
    places = st.lists(st.sampled_from(sorted(sites)), min_size=1, max_size=2, unique=True)
    drawn = draw(st.lists(st.tuples(categories, places), max_size=8))
    return make_inventory(sites, {f"s{n}": each for n, each in enumerate(drawn)})  # type: ignore[arg-type]


weights = st.tuples(*[st.sampled_from([0.0, 1.0, 2.0, 30.0])] * 3).filter(any).map(lambda w: Weights(*w))
views = st.none() | weights


@few
@given(inventories(), views)
def test_interval_of_ranks_is_that_of_all_ends(inventory: Inventory, view: Weights | None) -> None:
    """Best: my own best against all others' worst; worst: the other way round. Worked out one by one."""
    ranked = rank_sites(inventory, view, ALL)
    ends = {
        key: (round(row["score_low"], 9), round(row["score_high"], 9))
        for key, row in ranked.iterrows()
        if not pd.isna(row["score_low"])
    }
    for key, row in ranked.iterrows():
        if key not in ends:
            assert pd.isna(row["rank_best"])
            assert row["apart"]
            continue
        low, high = ends[key]
        others = [end for other, end in ends.items() if other != key]
        assert row["rank_best"] == 1 + sum(other_low > high for other_low, _ in others)
        assert row["rank_worst"] == 1 + sum(other_high > low for _, other_high in others)
        if not row["apart"]:
            assert low <= round(row["score"], 9) <= high
            assert row["rank_best"] <= row["rank"] <= row["rank_worst"]


@few
@given(inventories(), views)
def test_contributions_sum_to_the_score(inventory: Inventory, view: Weights | None) -> None:
    ranked = rank_sites(inventory, view, ALL)
    placed = ranked[ranked["apart"] == ""]
    parts = placed[[name for name in placed.columns if name.startswith("c_")]]
    assert parts.sum(axis=1).tolist() == pytest.approx(placed["score"].tolist())
    assert (parts.to_numpy() >= 0).all()


@few
@given(inventories(), views)
def test_order_is_that_of_the_scores_and_equals_share_a_rank(
    inventory: Inventory, view: Weights | None
) -> None:
    ranked = rank_sites(inventory, view, ALL)
    placed = ranked[ranked["apart"] == ""]
    assert ranked["apart"].tolist() == sorted(ranked["apart"], key=bool)
    scores = placed["score"].round(9).tolist()
    assert scores == sorted(scores, reverse=True)
    assert placed["rank"].tolist() == [1 + sum(other > mine for other in scores) for mine in scores]
    assert placed["tie_size"].tolist() == [scores.count(mine) for mine in scores]
    for (_, one), (_, two) in pairwise(placed.iterrows()):
        assert two["tie_group"] - one["tie_group"] == (round(one["score"], 9) != round(two["score"], 9))


@few
@given(inventories(), views, st.integers(0, 99))
def test_order_of_rows_never_matters(inventory: Inventory, view: Weights | None, seed: int) -> None:
    frames = {name: inventory.table(name) for name in TABLES}
    mixed = rank_sites(as_inventory(shuffled(frames, seed), inventory.version), view, ALL)
    pd.testing.assert_frame_equal(mixed, rank_sites(inventory, view, ALL))


@few
@given(inventories(), weights, st.sampled_from([1e-3, 0.5, 3.0, 1e6]))
def test_scale_of_weights_never_matters(inventory: Inventory, view: Weights, factor: float) -> None:
    scaled = Weights(view.irreplaceability * factor, view.extinction * factor, view.pressure * factor)
    pd.testing.assert_frame_equal(rank_sites(inventory, scaled, ALL), rank_sites(inventory, view, ALL))


@few
@given(inventories(), views)
def test_a_filter_changes_no_score_and_reverses_no_pair(inventory: Inventory, view: Weights | None) -> None:
    whole = rank_sites(inventory, view, ALL)
    for chosen in (
        RankSettings(False, Filters(countries=("PER",)), TWENTY),
        RankSettings(False, Filters(categories=("CR", "unknown")), TWENTY),
        RankSettings(True, Filters(), TWENTY),
    ):
        part = rank_sites(inventory, view, chosen)
        kept = [name for name in part.columns if name.startswith(("score", "c_", "apart", "unknown"))]
        pd.testing.assert_frame_equal(part[kept], whole.loc[part.index, kept])
        assert list(part.index) == [key for key in whole.index if key in part.index]


@few
@given(inventories(), weights)
def test_a_dominated_site_never_stands_above(inventory: Inventory, view: Weights) -> None:
    """Where all three criteria are known: not better in any, worse in one, never a higher score."""
    values, _ = weighted_values(inventory, TWENTY)
    ranked = rank_sites(inventory, view, ALL)
    names = ["irreplaceability", "extinction", "pressure"]
    known = [key for key in values.index if not values.loc[key, names].isna().any()]
    known = [key for key in known if not ranked.loc[key, "apart"]]
    for one in known:
        for other in known:
            if (values.loc[one, names] <= values.loc[other, names]).all():
                assert ranked.loc[one, "score"] <= ranked.loc[other, "score"] + 1e-12


@few
@given(inventories())
def test_more_effect_or_less_cover_is_never_less_loss(inventory: Inventory) -> None:
    little = modelled_loss(inventory, Assumptions(20, 0.2))
    much = modelled_loss(inventory, Assumptions(20, 0.4))
    for column in ("known", "low", "high"):
        assert much[column].tolist() == pytest.approx((2 * little[column]).tolist(), nan_ok=True)
    assert (much["low"].fillna(0) <= much["high"].fillna(math.inf)).all()


def test_shipped_ranking(shipped: Inventory) -> None:
    ranked = rank_sites(shipped)
    assert len(ranked) == 231
    assert (ranked["protection"] == "none").all()
    everything = rank_sites(shipped, None, RankSettings(False))
    assert len(everything) == 588
    pd.testing.assert_series_equal(everything.loc[ranked.index, "score"], ranked["score"])
    # Massif de la Hotte: 14 Critically Endangered species, 1 Endangered, nothing covered
    cr, en = 1 - 0.5 ** (50 / 10), 1 - 0.8 ** (50 / 20)
    assert ranked.index[0] == "HTI3"
    assert ranked["score"].iloc[0] == pytest.approx((14 * cr + en) / 3)

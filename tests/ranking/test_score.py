"""The ranking: worked by hand on four sites, then what must hold on any inventory."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Assumptions, Filters, Inventory, RankSettings, Weights
from aze_core.domain.schema import TABLES
from aze_core.ranking.criteria import counts, gap, modelled_loss, site_gamma
from aze_core.ranking.score import _within_range, rank_sites, scores, settled_values
from aze_core.ranking.values import Values, criteria_values, effective_weights
from tests.helpers import SPECIES, as_inventory, make_inventory, shuffled
from tests.ranking.drawn import TWENTY, everything, few, inventories, views, weightings

# over 20 years criterion E gives round numbers
CR, EN = 1 - (1 - 0.5) ** (20 / 10), 1 - (1 - 0.2) ** (20 / 20)
EFFECT = TWENTY.effect
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


THREE_AT_A = SPECIES | {"a3": ("CR", ["A"])}
"""Three species at A and two each at B and C: irreplaceability tells them apart."""

TWO_OF_THREE = (1 - 0.5 ** (2 / 2)) / (1 - 0.5 ** (3 / 2))
"""Value of two species where three are the most, with a half-saturation of two."""


def test_weighted_order_by_hand() -> None:
    ranked = rank_sites(make_inventory(species=THREE_AT_A), Weights(2, 1, 1), ALL)
    # human influence 10, 20, not known
    a = 0.5 * 1 + 0.25 * (CR / CR) + 0.25 * (10 - 10) / (30 - 10)
    b = 0.5 * TWO_OF_THREE + 0.25 * (CR / CR) + 0.25 * (20 - 10) / (30 - 10)
    c = (0.5 * TWO_OF_THREE + 0.25 * (EN / CR)) / (0.5 + 0.25)
    assert ranked.loc[["A", "B", "C"], "score"].tolist() == pytest.approx([a, b, c])
    assert list(ranked.index) == ["B", "A", "C", "D"]
    assert ranked.loc["C", "unknown"] == "category;pressure"
    # unknown human influence is anything from 0 to 1, the unknown category from EN (the other species) to CR
    least = 0.5 * TWO_OF_THREE + 0.25 * EN / CR + 0.25 * 0
    most = 0.5 * TWO_OF_THREE + 0.25 * 1 + 0.25 * 1
    assert ranked.loc["C", ["score_low", "score_high"]].tolist() == pytest.approx([least, most])
    assert least < a < b < most
    assert ranked.loc["C", ["rank_best", "rank_worst"]].tolist() == [1, 3]
    assert ranked.loc["A", ["rank_best", "rank_worst"]].tolist() == [2, 3]
    assert ranked.loc["B", ["rank_best", "rank_worst"]].tolist() == [1, 2]
    assert ranked.loc["B", ["c_irreplaceability", "c_extinction", "c_pressure"]].tolist() == pytest.approx(
        [0.5 * TWO_OF_THREE, 0.25, 0.125]
    )


def test_a_criterion_that_tells_none_apart_has_no_weight() -> None:
    """Two species each at A, B and C."""
    ranked = rank_sites(make_inventory(), Weights(2, 1, 1), ALL)
    assert "c_irreplaceability" not in ranked.columns
    assert ranked.loc[["A", "B"], "score"].tolist() == [0.5 * 1 + 0.5 * 0, 0.5 * 1 + 0.5 * 0.5]
    assert ranked.loc["C", "score"] == pytest.approx(EN / CR)
    # where no other is left it stays, and all are equal
    alone = rank_sites(make_inventory(), Weights(1, 0, 0), ALL)
    assert alone["rank"].tolist() == [1, 1, 1, pd.NA]
    assert alone["tie_size"].tolist() == [3, 3, 3, pd.NA]


def test_human_influence_the_other_way_round() -> None:
    inventory = make_inventory()
    high_first = rank_sites(inventory, Weights(0, 0, 1), ALL)
    low_first = rank_sites(inventory, Weights(0, 0, 1, reverse=("pressure",)), ALL)
    assert high_first["score"].dropna().to_dict() == {"B": 0.5, "A": 0}
    assert low_first["score"].dropna().to_dict() == {"A": 1, "B": 0.5}
    # nothing with weight is known of C; at worst it is equal to A, or behind both
    for ranked, worst in ((high_first, 2), (low_first, 3)):
        c = ranked.loc["C"]
        assert (c["apart"], c["unknown"], c["score_low"], c["score_high"]) == ("unknown", "pressure", 0, 1)
        assert c[["rank_best", "rank_worst"]].tolist() == [1, worst]


def test_the_uncovered_part_as_a_criterion() -> None:
    inventory = make_inventory(high_cover={"C": 0.8})
    ranked = rank_sites(inventory, Weights(0, 1, 0, gap=1), ALL)
    assert ranked.loc["C", "score"] == pytest.approx(0.5 * EN / CR + 0.5 * (1 - 0.5))
    assert ranked.loc["C", "c_gap"] == pytest.approx(0.5 * (1 - 0.5))
    # cover may be as high as 0.8: that is drawn beside the ranking, as in the default order
    assert ranked.loc["C", "score_low"] == pytest.approx(0.5 * EN / CR + 0.5 * (1 - 0.5))
    assert ranked.loc["A", "score"] == 1


def test_a_national_criterion() -> None:
    inventory = make_inventory(national={"water": {"A": 2, "B": 6, "C": 4}})
    chosen = Weights(0, 1, 0, national=(("water", 3),))
    ranked = rank_sites(inventory, chosen, ALL)
    assert ranked.loc["C", "score"] == pytest.approx(0.25 * EN / CR + 0.75 * 0.5)
    assert ranked.loc["C", "c_national:water"] == pytest.approx(0.75 * 0.5)
    assert list(ranked.index) == ["B", "C", "A", "D"]
    turned = rank_sites(inventory, replace(chosen, reverse=("national:water",)), ALL)
    assert list(turned.index) == ["A", "C", "B", "D"]
    with pytest.raises(SettingError, match="not_one_of"):
        rank_sites(inventory, Weights(national=(("rain", 1),)), ALL)


def test_words_are_no_criterion() -> None:
    inventory = make_inventory(national={"zone": {"A": "north", "B": "south"}})
    with pytest.raises(SettingError, match="not_one_of"):
        rank_sites(inventory, Weights(national=(("zone", 1),)), ALL)


ends_of_ranges = st.tuples(*[st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0])] * 2).map(sorted)


@few
@given(st.lists(ends_of_ranges, min_size=2, max_size=4), st.data())
def test_a_score_never_lies_outside_its_own_range(ranges: list[list[float]], data: Any) -> None:
    known = [low if low == high else np.nan for low, high in ranges]
    share = np.array(
        data.draw(st.lists(st.sampled_from([1, 2, 5]), min_size=len(ranges), max_size=len(ranges)))
    )
    share = share / share.sum()
    low, high = np.array(ranges).T
    frames = [pd.DataFrame([row]) for row in (known, low, high)]
    values, held = _within_range(Values(*frames, frames[0], frames[0]), share)
    if not held.sum():
        assert np.isnan(known).all()
        return
    score = np.nansum(values * held) / held.sum()
    assert low @ share - 1e-9 <= score <= high @ share + 1e-9
    for at, value in enumerate(values[0]):
        if np.isnan(value):
            # left out: as good as the others, which it can be
            assert low[at] - 1e-9 <= score <= high[at] + 1e-9
        else:
            assert value in (low[at], high[at])


def test_unknowns_at_the_low_and_the_high_end_of_the_weighted_view() -> None:
    inventory = make_inventory(species=THREE_AT_A)
    for end in ("low", "high"):
        ranked = rank_sites(inventory, Weights(2, 1, 1), replace(ALL, unknown=end))
        by_range = rank_sites(inventory, Weights(2, 1, 1), ALL)
        c, left_out = ranked.loc["C"], by_range.loc["C"]
        assert c["score"] == pytest.approx(left_out[f"score_{end}"])
        # still told, and still with the whole interval
        assert c["unknown"] == "category;pressure"
        assert c[["score_low", "score_high"]].equals(left_out[["score_low", "score_high"]])
        pd.testing.assert_series_equal(ranked.loc[["A", "B"], "score"], by_range.loc[["A", "B"], "score"])
    low, high = (
        rank_sites(inventory, Weights(2, 1, 1), replace(ALL, unknown=end)) for end in ("low", "high")
    )
    assert (low.loc["C", "rank"], high.loc["C", "rank"]) == (3, 1)
    assert (low.loc["C", "c_pressure"], high.loc["C", "c_pressure"]) == (0, 0.25)


def test_unknowns_at_the_low_and_the_high_end_of_the_default_order() -> None:
    inventory = make_inventory()
    known = EN * EFFECT * (1 - 0.5)
    low, high = (rank_sites(inventory, None, replace(ALL, unknown=end)).loc["C"] for end in ("low", "high"))
    assert (low["score"], low["c_EN"], low["c_unknown"]) == (pytest.approx(known), pytest.approx(known), 0)
    assert high["score"] == pytest.approx(known + CR * EFFECT * (1 - 0.5))
    assert high["c_unknown"] == pytest.approx(CR * EFFECT * (1 - 0.5))
    assert low["unknown"] == high["unknown"] == "category"


def test_a_site_of_unknown_cover_has_a_rank_where_unknowns_are_taken_at_an_end() -> None:
    sites: dict[str, Any] = {"X": {"cover": {}}, "Y": {}, "Z": {}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("EN", ["Y"])}
    inventory = make_inventory(sites, species)
    low, high = (rank_sites(inventory, None, replace(ALL, unknown=end)) for end in ("low", "high"))
    assert low["rank"].dropna().to_dict() == {"Y": 1, "X": 2}
    assert high["rank"].dropna().to_dict() == {"X": 1, "Y": 2}
    assert low.loc["X", ["score", "c_CR", "c_unknown"]].tolist() == [0, 0, 0]
    assert high.loc["X", ["score", "c_CR", "c_unknown"]].tolist() == pytest.approx(
        [CR * EFFECT, 0, CR * EFFECT]
    )
    # without a listed species no end orders a site
    assert low.loc["Z", "apart"] == high.loc["Z", "apart"] == "unknown"


def test_the_scope_sets_the_ends_and_leaves_nobody_out() -> None:
    sites: dict[str, Any] = {
        "P": {"iso3": "PER", "influence": 10},
        "Q": {"iso3": "PER", "influence": 20},
        "R": {"iso3": "ECU", "influence": 60},
    }
    species: dict[str, Any] = {"p": ("CR", ["P"]), "q": ("EN", ["Q"]), "r": ("EN", ["R"])}
    inventory = make_inventory(sites, species)
    chosen = Weights(0, 0, 1)
    wide = rank_sites(inventory, chosen, ALL)
    assert wide["score"].to_dict() == pytest.approx({"R": 1, "Q": (20 - 10) / (60 - 10), "P": 0})
    narrow = rank_sites(inventory, chosen, replace(ALL, scope=("PER",)))
    assert narrow["score"].to_dict() == {"Q": 1, "R": 1, "P": 0}
    assert narrow["rank"].to_dict() == {"Q": 1, "R": 1, "P": 3}
    # the default order has no scale
    pd.testing.assert_frame_equal(
        rank_sites(inventory, None, replace(ALL, scope=("PER",))), rank_sites(inventory, None, ALL)
    )
    with pytest.raises(SettingError, match="not_one_of"):
        rank_sites(inventory, chosen, replace(ALL, scope=("FRA",)))


def test_another_scheme_is_another_order() -> None:
    """Three EN species against two CR ones: more where the ratio is 4 : 3, less where it is 3 : 1."""
    species: dict[str, Any] = {f"x{n}": ("EN", ["X"]) for n in range(3)}
    species |= {f"y{n}": ("CR", ["Y"]) for n in range(2)}
    inventory = make_inventory({"X": {}, "Y": {}}, species)
    for ratio, first in ((4 / 3, "X"), (3, "Y")):
        assumed = replace(TWENTY, scheme="ratio", ratio=ratio)
        ranked = rank_sites(inventory, None, replace(ALL, assumptions=assumed))
        assert ranked.index[0] == first
        assert ranked.loc["X", "score"] == pytest.approx(3 * CR / ratio * EFFECT)
    assumed = replace(TWENTY, scheme="edge2")
    ranked = rank_sites(inventory, None, replace(ALL, assumptions=assumed))
    assert ranked["score"].to_dict() == pytest.approx({"Y": 2 * 0.97 * EFFECT, "X": 3 * 0.485 * EFFECT})


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


def test_equal_human_influence_tells_none_apart_and_has_no_weight() -> None:
    sites: dict[str, Any] = {"X": {"influence": 7}, "Y": {"influence": 7}, "Z": {}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("EN", ["Y"]), "z": ("CR", ["Z"])}
    ranked = rank_sites(make_inventory(sites, species), Weights(0, 1, 1), ALL)
    # what is not known of Z could lift it above X were the scale to have a length
    assert ranked["unknown"].to_dict() == {"X": "", "Y": "", "Z": ""}
    assert ranked.loc[["X", "Y", "Z"], "score"].tolist() == pytest.approx([1, EN / CR, 1])
    assert ranked.loc["Z", "rank"] == ranked.loc["X", "rank"] == 1


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


@few
@given(inventories(), views, everything)
def test_interval_of_ranks_is_that_of_all_ends(
    inventory: Inventory, view: Weights | None, chosen: RankSettings
) -> None:
    """Best: my own best against all others' worst; worst: the other way round. Worked out one by one."""
    ranked = rank_sites(inventory, view, chosen)
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
@given(inventories(), views, everything)
def test_contributions_sum_to_the_score(
    inventory: Inventory, view: Weights | None, chosen: RankSettings
) -> None:
    ranked = rank_sites(inventory, view, chosen)
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
@given(inventories(), weightings(), st.sampled_from([1e-3, 0.5, 3.0, 1e6]))
def test_scale_of_weights_never_matters(inventory: Inventory, view: Weights, factor: float) -> None:
    scaled = Weights.of({code: factor * points for code, points in view.points.items()}, view.reverse)
    pd.testing.assert_frame_equal(rank_sites(inventory, scaled, ALL), rank_sites(inventory, view, ALL))


@few
@given(inventories(), views, everything, st.booleans())
def test_a_filter_changes_no_score_and_reverses_no_pair(
    inventory: Inventory, view: Weights | None, chosen: RankSettings, narrow: bool
) -> None:
    if narrow and inventory.sites["iso3"].str.contains("MEX").any():
        chosen = replace(chosen, scope=("MEX",))
    for switch in (False, True):
        chosen = replace(chosen, uncovered_only=switch)
        whole = rank_sites(inventory, view, chosen)
        for filters in (Filters(countries=("PER",)), Filters(categories=("CR", "unknown"))):
            part = rank_sites(inventory, view, replace(chosen, filters=filters))
            kept = [name for name in part.columns if name.startswith(("score", "c_", "apart", "unknown"))]
            pd.testing.assert_frame_equal(part[kept], whole.loc[part.index, kept])
            assert list(part.index) == [key for key in whole.index if key in part.index]


@few
@given(inventories(), views, everything)
def test_the_switch_reverses_no_pair_of_which_the_same_is_known(
    inventory: Inventory, view: Weights | None, chosen: RankSettings
) -> None:
    """It can take the weight from a criterion that is the same at all sites that are left."""
    whole = rank_sites(inventory, view, chosen)
    part = rank_sites(inventory, view, replace(chosen, uncovered_only=True))
    kept = [key for key in part.index if view is None or not whole.loc[key, "unknown"]]
    one, two = (table.loc[kept, "score"].dropna().round(9) for table in (whole, part))
    assert list(one.index) == list(two.index)
    assert one.rank().tolist() == two.rank().tolist()


@few
@given(inventories(), weightings(), everything)
def test_a_dominated_site_never_stands_above(
    inventory: Inventory, view: Weights, chosen: RankSettings
) -> None:
    """Of whom all criteria are known: not better in any, never a higher score."""
    used = effective_weights(inventory, view, chosen)
    values = settled_values(inventory, used, chosen).known
    ranked = rank_sites(inventory, view, chosen)
    known = [key for key in values.index if values.loc[key].notna().all() and not ranked.loc[key, "apart"]]
    for one in known:
        for other in known:
            if (values.loc[one] <= values.loc[other]).all():
                assert ranked.loc[one, "score"] <= ranked.loc[other, "score"] + 1e-12
                assert ranked.loc[one, "rank"] >= ranked.loc[other, "rank"]


@few
@given(inventories(), weightings())
def test_the_score_of_a_fully_known_site_is_the_weighted_mean_of_its_values(
    inventory: Inventory, view: Weights
) -> None:
    found = scores(inventory, view, ALL)
    shares = effective_weights(inventory, view, ALL).shares
    values = criteria_values(inventory, tuple(shares), TWENTY, (), view.reverse)
    for key in found.index[(found["unknown"] == "") & (found["apart"] == "")]:
        mean = math.fsum(share * values.known.loc[key, code] for code, share in shares.items())
        assert found.loc[key, "score"] == pytest.approx(mean)
        assert found.loc[key, "score_low"] == pytest.approx(mean)
        assert found.loc[key, "score_high"] == pytest.approx(mean)


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

"""Why a site stands where it stands: facts that can be checked against the table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.domain.model import Assumptions, Filters, Inventory, RankSettings, Uncertainty, Weights
from aze_core.ranking.acceptability import Acceptability
from aze_core.ranking.explain import Reason, reasons, why_not
from aze_core.ranking.score import rank_sites
from aze_core.ranking.spread import rank_spread
from tests.helpers import SITES, SPECIES, make_inventory
from tests.ranking.drawn import everything, few, inventories, views

CR, EN, EFFECT = 0.75, 0.2, 0.5  # criterion E over 20 years
ALL = RankSettings(False, assumptions=Assumptions(20, EFFECT))
THREE_AT_A: dict[str, Any] = SPECIES | {"a3": ("CR", ["A"])}
TWO_OF_THREE = (1 - 0.5 ** (2 / 2)) / (1 - 0.5 ** (3 / 2))


def said(found: list[Reason]) -> dict[str, dict[str, Any]]:
    """Facts by kind, in order; several of one kind by their criterion too."""
    names = [f"{each.kind} {each.fields.get('criterion')}" for each in found]
    assert len(set(names)) == len(names)
    return {each.kind: each.fields for each in found}


def told(
    weights: Weights | None,
    site: str,
    chosen: RankSettings = ALL,
    given: Uncertainty | None = None,
    **kind: Any,
) -> dict[str, dict[str, Any]]:
    inventory = make_inventory(**kind)
    ranked = rank_sites(inventory, weights, chosen)
    return said(reasons(inventory, weights, chosen, ranked, site, given))


def lacking(
    weights: Weights | None, site: str, top: int, chosen: RankSettings = ALL, **kind: Any
) -> dict[str, dict[str, Any]]:
    inventory = make_inventory(**kind)
    return said(why_not(inventory, weights, chosen, rank_sites(inventory, weights, chosen), site, top))


# ---------------------------------------------------------------- the default order


def test_first_and_last_of_the_default_order() -> None:
    first = told(None, "A")
    assert list(first) == ["part_CR", "behind", "turn_cover"]
    assert first["part_CR"] == {"share": 1.0}
    assert first["behind"] == {"other": "Birch Lake", "by": pytest.approx((2 * CR - CR - EN) * EFFECT)}
    # with so much of A covered, B would be level
    assert first["turn_cover"] == {"share": pytest.approx(1 - (CR + EN) / (2 * CR))}
    last = told(None, "C")
    assert list(last) == ["part_EN", "covered", "ahead", "unknown_category"]
    assert last["covered"] == {"share": 0.5}
    assert last["ahead"] == {
        "other": "Birch Lake",
        "by": pytest.approx((CR + EN) * EFFECT - EN * EFFECT * 0.5),
    }
    assert last["unknown_category"] == {"n": 1}


def test_what_the_worth_of_an_en_species_would_turn() -> None:
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y1": ("EN", ["Y"]), "y2": ("EN", ["Y"])}
    found = told(None, "X", sites={"X": {}, "Y": {}}, species=species)
    assert found["turn_ratio"] == {"now": pytest.approx(EN / CR), "limit": pytest.approx(1 / 2)}


def test_what_unknowns_bring_at_their_high_end() -> None:
    found = told(None, "C", replace(ALL, unknown="high"))
    # of EN + CR, half of each covered
    assert found["part_open"] == {"share": pytest.approx(CR / (CR + EN))}
    assert found["unknown_category"] == {"n": 1}


def test_ties_are_told() -> None:
    sites: dict[str, Any] = {"X": {}, "Y": {}, "Z": {}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("CR", ["Y"]), "z": ("CR", ["Z"])}
    found = told(None, "Y", sites=sites, species=species)
    assert found == {"part_CR": {"share": 1.0}, "tie": {"n": 2}}


def test_sites_apart_say_only_why() -> None:
    assert told(None, "D") == {"apart_gone": {}}
    sites: dict[str, Any] = {"X": {}, "Y": {}, "Z": {}}
    species: dict[str, Any] = {"x": (None, ["X"]), "y": ("CR", ["Y"])}
    assert told(None, "X", sites=sites, species=species) == {
        "apart_unknown": {},
        "range": {"best": 1, "worst": 2},
    }
    assert told(None, "Z", sites=sites, species=species) == {"apart_unknown": {}}


def test_species_extinct_in_the_wild_are_told_beside() -> None:
    species: dict[str, Any] = {"x": ("EN", ["X"]), "y": ("EW", ["X"])}
    assert told(None, "X", sites={"X": {}}, species=species) == {
        "part_EN": {"share": 1.0},
        "gone": {"n": 1},
    }


def test_a_threat_that_no_boundary_stops_is_told_with_who_says_so() -> None:
    assert "beyond_said" in told(None, "A", replace(ALL, beyond=("A",)))
    assert "beyond_said" not in told(None, "A", replace(ALL, stopped=("A",)))
    fungus = [("a1", "8.1.2", "Ongoing", "Whole (>90%)", "Rapid Declines")]
    assert "beyond_records" in told(None, "A", threats=fungus)
    assert not {"beyond_said", "beyond_records"} & set(told(None, "B", threats=fungus))


# ---------------------------------------------------------------- the weighted view


def test_the_weighted_view_tells_what_lifts_and_what_holds_down() -> None:
    """Of human influence B has 0.125 and A nothing; of C it is not known, and a category neither."""
    first = told(Weights(2, 1, 1), "B", species=THREE_AT_A)
    assert first["lifts"]["criterion"] == "pressure"
    # what is not known of C is no part of the middle: that of 0 and 0.125
    assert first["lifts"]["points"] == pytest.approx(0.125 - 0.125 / 2)
    second = told(Weights(2, 1, 1), "A", species=THREE_AT_A)
    assert second["holds"] == {"criterion": "pressure", "points": pytest.approx(0.125 / 2)}
    assert second["ahead"]["other"] == "Birch Lake"


def test_what_is_not_known_holds_nothing_down() -> None:
    # nothing is known of the species at X: its part of extinction risk is missing, not nothing
    sites: dict[str, Any] = {name: {"influence": each} for name, each in (("X", 1), ("Y", 2), ("Z", 3))}
    species: dict[str, Any] = {"x": (None, ["X"]), "y": ("CR", ["Y"]), "z": ("EN", ["Z"])}
    found = told(Weights(0, 1, 1), "X", sites=sites, species=species)
    assert found["unknown_category"] == {"n": 1}
    assert found["holds"]["criterion"] == "pressure"
    short = lacking(Weights(0, 1, 1), "X", 1, sites=sites, species=species)
    assert short.get("lacks", {}).get("criterion") != "extinction"


def test_values_are_compared_not_parts_that_are_rescaled() -> None:
    """Of Y and Z human influence is not known, so that extinction risk is all of their score."""
    sites: dict[str, Any] = {"X": {"influence": 10}, "Y": {}, "Z": {}, "W": {"influence": 0}}
    species: dict[str, Any] = {name.lower(): ("CR", [name]) for name in "XYZ"} | {"w": ("EN", ["W"])}
    found = told(Weights(0, 1, 1), "X", sites=sites, species=species)
    # no site has a higher value of either
    assert "holds" not in found
    assert found["lifts"] == {"criterion": "pressure", "points": pytest.approx((1 - 1 / 2) / 2)}
    last = told(Weights(0, 1, 1), "W", sites=sites, species=species)
    assert last["holds"] == {"criterion": "extinction", "points": pytest.approx((1 - EN / CR) / 2)}
    # Z has a whole point of extinction risk, and W could gain but its own half of the difference
    short = lacking(Weights(0, 1, 1), "W", 3, sites=sites, species=species)
    assert short["lacks"] == {"criterion": "extinction", "points": pytest.approx((1 - EN / CR) / 2)}


def test_what_is_not_known_is_told_by_criterion() -> None:
    found = told(Weights(2, 1, 1), "C", species=THREE_AT_A)
    assert found["range"] == {"best": 1, "worst": 3}
    assert found["unknown_category"] == {"n": 1}
    assert found["unknown_criterion"] == {"criterion": "pressure"}
    cover = told(
        None,
        "X",
        sites={"X": {"cover": {}}},
        species={"x": ("CR", ["X"])},
        chosen=replace(ALL, unknown="high"),
    )
    assert cover["unknown_coverage"] == {}


def test_what_turns_two_sites_and_what_takes_one_out_of_the_first() -> None:
    sites: dict[str, Any] = {"X": {"influence": 0}, "Y": {"influence": 10}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("EN", ["Y"])}
    chosen, one = Weights(0, 60, 40), Uncertainty(top=1)
    # X 60, Y 60 EN/CR + 40 = 56: level where human influence has 44
    first = told(chosen, "X", given=one, sites=sites, species=species)
    limit = {"criterion": "pressure", "points": 40, "limit": pytest.approx(44)}
    assert first["turn_more"] == limit
    assert first["out_more"] == limit | {"top": 1}
    second = told(chosen, "Y", given=one, sites=sites, species=species)
    assert second["in_more"] == limit | {"top": 1}
    assert "turn_more" not in second
    turned = told(Weights(0, 40, 60), "Y", given=one, sites=sites, species=species)
    # Y 40 EN/CR + 60 ahead of X 40, until human influence has 40 (1 - EN/CR)
    assert turned["out_less"]["limit"] == pytest.approx(40 * (1 - EN / CR))
    assert turned["turn_less"]["criterion"] == "pressure"
    # of two sites both are among the first two, whatever the weights
    everyone = told(chosen, "Y", given=Uncertainty(top=2), sites=sites, species=species)
    assert not {"stays_in", "out_more", "out_less"} & set(everyone)


def test_a_dominated_site_stays_out() -> None:
    sites: dict[str, Any] = {"X": {"influence": 10}, "Y": {"influence": 0}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("EN", ["Y"])}
    found = told(Weights(0, 1, 1), "Y", given=Uncertainty(top=1), sites=sites, species=species)
    assert found["stays_out"] == {"top": 1}
    first = told(Weights(0, 1, 1), "X", given=Uncertainty(top=1), sites=sites, species=species)
    assert first["stays_in"] == {"top": 1}
    assert found["holds"]["points"] == pytest.approx(0.5 / 2)


def test_a_tie_on_the_border_is_told_with_the_way_out_of_it() -> None:
    sites: dict[str, Any] = {"X": {"influence": 0}, "Y": {"influence": 10}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("VU", ["Y"])}
    vu = (1 - 0.9 ** (20 / 100)) / CR
    chosen = Weights(0, 10, 10 * (1 - vu))
    found = told(chosen, "Y", given=Uncertainty(top=1), sites=sites, species=species)
    assert found["tie"] == {"n": 1}
    # level now: less human influence, or more extinction risk, and Y is out
    out = found.get("out_less") or found["out_more"]
    assert out["limit"] == pytest.approx(out["points"])
    assert ("out_less" in found) == (out["criterion"] == "pressure")


# ---------------------------------------------------------------- how sure


def spread_of(*rows: list[float]) -> Acceptability:
    index = pd.Index(["A", "B", "C"])
    shares = np.array(rows, dtype=np.float32)
    return Acceptability(index, np.arange(1, 4), shares, shares, pd.DataFrame(index=index), 100, 1)


@pytest.mark.parametrize(
    ("weights", "kind", "name"),
    [
        (None, "flat", "sure_data"),
        (Weights(2, 1, 1), "near", "sure_near"),
        (Weights(2, 1, 1), "flat", "sure_flat"),
        (Weights(2, 1, 1), "ordinal", "sure_ordinal"),
    ],
)
def test_how_sure_a_rank_is(weights: Weights | None, kind: str, name: str) -> None:
    inventory = make_inventory(species=THREE_AT_A)
    spread = spread_of([0.5, 0.3, 0.2], [0.5, 0.5, 0], [0, 0.2, 0.8])
    ranked = rank_sites(inventory, weights, ALL)
    given = Uncertainty(spread=kind, top=2)
    found = said(reasons(inventory, weights, ALL, ranked, "A", given, spread))
    assert found[name] == {"low": 1, "high": 3, "level": 0.9, "share": pytest.approx(0.8), "top": 2}
    # where all are among the first, that says nothing of one
    everyone = said(reasons(inventory, weights, ALL, ranked, "A", replace(given, top=3), spread))
    assert everyone[f"{name}_all"] == {"low": 1, "high": 3, "level": 0.9, "total": 3}
    assert not {"stays_in", "out_more", "out_less", name} & set(everyone)
    assert not [other for other in found if other.startswith("sure_") and other != name]


# ---------------------------------------------------------------- why not higher


def test_why_a_site_is_not_among_the_first() -> None:
    found = lacking(None, "C", 1)
    assert list(found) == ["short", "fewer_CR", "more_cover", "unknown_category"]
    assert found["short"] == {
        "other": "Ash Hill",
        "by": pytest.approx(2 * CR * EFFECT - EN * EFFECT * 0.5),
        "rank": 1,
        "mine": 3,
        "total": 3,
        "top": 1,
    }
    assert found["fewer_CR"] == {"mine": 0, "theirs": 2}
    assert found["more_cover"] == {"mine": 0.5, "theirs": 0.0}
    second = lacking(None, "C", 2)
    assert second["short"]["other"] == "Birch Lake"
    assert second["fewer_CR"] == {"mine": 0, "theirs": 1}
    assert "fewer_EN" not in second


def test_why_a_site_is_not_among_the_first_by_weights() -> None:
    found = lacking(Weights(2, 1, 1), "C", 1, species=THREE_AT_A)
    assert found["short"]["other"] == "Birch Lake"
    # B has more human influence and risk, but of C neither is known for sure
    assert "lacks" not in found
    assert found["could_be"] == {"best": 1}
    second = lacking(Weights(2, 1, 1), "A", 1, species=THREE_AT_A)
    assert second["lacks"] == {"criterion": "pressure", "points": pytest.approx(0.125)}
    assert {"in_more", "in_less"} & set(second)


def test_why_not_of_a_site_that_is_among_the_first() -> None:
    assert lacking(None, "A", 1) == {"not_needed": {"rank": 1, "total": 3, "top": 1}}
    assert lacking(None, "C", 10) == {"not_needed_all": {"rank": 3, "total": 3, "top": 10}}


def test_whose_unknowns_could_lift_a_site() -> None:
    sites: dict[str, Any] = {"X": {}, "U": {}, "S": {}}
    species: dict[str, Any] = {
        "x": ("CR", ["X"]),
        "u1": ("EN", ["U"]),
        "u2": (None, ["U"]),
        "s": ("EN", ["S"]),
    }
    # U has EN, and CR and EN at most: more than X
    found = lacking(None, "U", 1, sites=sites, species=species)
    assert found["could_be"] == {"best": 1}
    assert not {"could_be_too", "could_be_others"} & set(found)
    # nothing of X and S is unknown: with U at its low end X is first, and S beside it
    high = replace(ALL, unknown="high")
    second = lacking(None, "X", 1, high, sites=sites, species=species)
    assert second["could_be_others"] == {"best": 1}
    assert "could_be" not in second
    third = lacking(None, "S", 1, high, sites=sites, species=species)
    assert third["could_be_others"] == {"best": 2}


def test_why_not_of_a_site_that_is_set_apart() -> None:
    assert lacking(None, "D", 1) == {"apart_gone": {}}


def test_why_a_site_is_not_listed() -> None:
    assert lacking(None, "C", 1, replace(ALL, uncovered_only=True)) == {
        "not_uncovered": {"share": 0.5, "year": 2016}
    }
    assert lacking(None, "C", 1, replace(ALL, filters=Filters(countries=("MEX",)))) == {"not_in_filters": {}}
    other: dict[str, Any] = SITES | {"K": {"list": "other_kba"}}
    assert lacking(None, "K", 1, sites=other) == {"not_on_list": {}}
    with pytest.raises(KeyError):
        lacking(None, "Q", 1)


def test_a_site_that_is_not_listed() -> None:
    inventory = make_inventory()
    with pytest.raises(KeyError):
        reasons(inventory, None, RankSettings(), rank_sites(inventory), "C")


# ---------------------------------------------------------------- any inventory


@few
@given(inventories(), views, everything, st.integers(1, 3))
def test_every_site_has_reasons_that_hold(
    inventory: Inventory, view: Weights | None, chosen: RankSettings, top: int
) -> None:
    ranked = rank_sites(inventory, view, chosen)
    given = Uncertainty(top=top, draws=20)
    spread = rank_spread(inventory, view, chosen, given)
    for site, row in ranked.iterrows():
        found = reasons(inventory, view, chosen, ranked, str(site), given, None if row["apart"] else spread)
        assert found
        for each in found:
            for name in ("by", "points", "share", "limit"):
                assert each.fields.get(name, 0) >= 0
            if each.kind in ("out_more", "out_less"):
                assert row["rank"] <= top
            if each.kind in ("in_more", "in_less"):
                assert row["rank"] > top
        kinds = {each.kind for each in why_not(inventory, view, chosen, ranked, str(site), top)}
        inside = not row["apart"] and row["rank"] <= top
        assert bool({"not_needed", "not_needed_all"} & kinds) == inside
        # only what is not known of it can be said to lift it
        assert row["unknown"] or not {"could_be", "could_be_too"} & kinds


def test_every_shipped_site_has_reasons(shipped: Inventory) -> None:
    chosen = RankSettings(False)
    for weights in (None, Weights()):
        ranked = rank_sites(shipped, weights, chosen)
        for site in ranked.index[:: len(ranked) // 10]:
            assert reasons(shipped, weights, chosen, ranked, site)
            assert why_not(shipped, weights, chosen, ranked, site, 10)

"""Why a site stands where it stands: facts that can be checked against the table."""

from __future__ import annotations

from typing import Any

import pytest

from aze_core.domain.model import Assumptions, RankSettings, Weights
from aze_core.ranking.explain import reasons
from aze_core.ranking.score import rank_sites
from tests.helpers import make_inventory

CR, EN = 0.75, 0.2  # criterion E over 20 years
ALL = RankSettings(False, assumptions=Assumptions(20, 0.5))


def told(weights: Weights | None, site: str, **kind: Any) -> dict[str, dict[str, Any]]:
    inventory = make_inventory(**kind)
    ranked = rank_sites(inventory, weights, ALL)
    found = reasons(ranked, site, inventory.sites["name"])
    assert len({reason.kind for reason in found}) == len(found)
    return {reason.kind: reason.fields for reason in found}


def test_first_and_last_of_the_default_order() -> None:
    first = told(None, "A")
    assert list(first) == ["part_CR", "behind"]
    assert first["part_CR"] == {"share": 1.0}
    assert first["behind"]["other"] == "Birch Lake"
    assert first["behind"]["by"] == pytest.approx((2 * CR - CR - EN) * 0.5)
    last = told(None, "C")
    assert list(last) == ["part_EN", "ahead", "unknown_category"]
    assert last["ahead"] == {"other": "Birch Lake", "by": pytest.approx((CR + EN) * 0.5 - EN * 0.25)}
    assert last["unknown_category"] == {"n": 1}


def test_the_weighted_view_tells_what_lifts_and_what_holds_down() -> None:
    told_of = told(Weights(2, 1, 1), "C")
    assert told_of["part_irreplaceability"]["share"] == pytest.approx(0.5 / (0.5 + 0.25 * EN / CR))
    assert told_of["range"] == {"best": 1, "worst": 3}
    assert told_of["unknown_category"] == {"n": 1}
    assert told_of["unknown_pressure"] == {}
    assert "below_extinction" in told_of


def test_ties_are_told() -> None:
    sites: dict[str, Any] = {"X": {}, "Y": {}, "Z": {}}
    species: dict[str, Any] = {"x": ("CR", ["X"]), "y": ("CR", ["Y"]), "z": ("CR", ["Z"])}
    told_of = told(None, "Y", sites=sites, species=species)
    assert told_of == {"part_CR": {"share": 1.0}, "tie": {"n": 2}}


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


def test_a_site_that_is_not_listed() -> None:
    inventory = make_inventory()
    with pytest.raises(KeyError):
        reasons(rank_sites(inventory), "C", inventory.sites["name"])


def test_every_shipped_site_has_reasons(shipped) -> None:
    for weights in (None, Weights()):
        ranked = rank_sites(shipped, weights, RankSettings(False))
        for site in ranked.index[:: len(ranked) // 30]:
            assert reasons(ranked, site, shipped.sites["name"])

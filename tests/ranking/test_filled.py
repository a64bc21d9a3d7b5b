"""Filled-in values: only where that was shown to be better, on the same scale, and always told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Inventory, RankSettings, Uncertainty, Weights
from aze_core.ranking import filled
from aze_core.ranking.filled import can_be_filled, fillings, validation
from aze_core.ranking.score import rank_sites
from aze_core.ranking.sensitivity import assumption_moves
from aze_core.ranking.spread import drawn_values, rank_spread
from tests.helpers import make_inventory
from tests.ranking.drawn import TWENTY

IMPUTE = RankSettings(False, assumptions=TWENTY, unknown="impute")
INFLUENCE = {"U": 0, "V": 10, "W": 40}
SITES: dict[str, Any] = {name: {"influence": each} for name, each in INFLUENCE.items()} | {"X": {}, "Y": {}}
SPECIES: dict[str, Any] = {"u": ("EN", ["U"]), "u2": ("EN", ["U"])} | {
    name.lower(): ("CR", [name]) for name in "VWXY"
}
DRAWN = {"X": (10.0, 20.0, 30.0, 40.0), "Y": (-20.0, 0.0, 60.0, 40.0)}
"""Human influence as the imputer draws it, once beyond each end of the known values."""


class Checked:
    """What a validation says, and what was asked."""

    def __init__(self, better: bool) -> None:
        self.better = better


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The imputer is better for human influence, and not for national criteria."""
    calls: list[tuple[Any, ...]] = []

    def validate(target: pd.Series, *more: Any) -> Checked:
        calls.append((target, *more))
        return Checked(target.max() == 40)

    def posterior_draws(target: pd.Series, *_: Any) -> pd.DataFrame:
        missing = target.index[target.isna()]
        return pd.DataFrame({site: DRAWN.get(site, (0.0,) * 4) for site in missing}).T

    monkeypatch.setattr(filled, "validate", validate)
    monkeypatch.setattr(filled, "posterior_draws", posterior_draws)
    monkeypatch.setattr(filled, "features", lambda inventory: pd.DataFrame(index=inventory.sites.index))
    return calls


def inventory(**more: Any) -> Inventory:
    return make_inventory(SITES, SPECIES, **more)


def test_only_plain_numbers_of_a_site_can_be_filled() -> None:
    found = [
        code for code in ("pressure", "national:water", "extinction", "gap", "star") if can_be_filled(code)
    ]
    assert found == ["pressure", "national:water"]


def test_values_are_filled_in_on_the_scale(asked: list[Any]) -> None:
    found = fillings(inventory(), Weights(0, 1, 1), IMPUTE)
    assert list(found) == ["pressure"]
    # from 0 to 40; what lies beyond an end has the value of the end
    assert found["pressure"].loc["X"].tolist() == [10 / 40, 20 / 40, 30 / 40, 40 / 40]
    assert found["pressure"].loc["Y"].tolist() == [0, 0, 1, 1]
    turned = fillings(inventory(), Weights(0, 1, 1, reverse=("pressure",)), IMPUTE)
    assert turned["pressure"].loc["X"].tolist() == [1 - 10 / 40, 1 - 20 / 40, 1 - 30 / 40, 0]


def test_the_scale_is_that_of_the_scope(asked: list[Any]) -> None:
    iso3 = {"U": "PER", "V": "PER"}
    sites = {name: {**site, "iso3": iso3.get(name, "ECU")} for name, site in SITES.items()}
    found = fillings(make_inventory(sites, SPECIES), Weights(0, 1, 1), replace(IMPUTE, scope=("PER",)))
    assert found["pressure"].loc["X"].tolist() == [1, 1, 1, 1]
    assert found["pressure"].loc["Y"].tolist() == [0, 0, 1, 1]


def test_the_mean_of_the_draws_counts_in_the_score_and_the_unknown_is_still_told(asked: list[Any]) -> None:
    ranked = rank_sites(inventory(), Weights(0, 1, 1), IMPUTE)
    x = ranked.loc["X"]
    assert x["score"] == pytest.approx(0.5 * 1 + 0.5 * (0.25 + 0.5 + 0.75 + 1) / 4)
    assert (x["score_low"], x["score_high"], x["unknown"]) == (0.5, 1, "pressure")
    assert ranked.loc["W", "score"] == 1
    assert ranked.loc["U", "score"] == pytest.approx(0.5 * 0.2 / 0.75)


def test_each_draw_of_the_imputer_is_a_version(asked: list[Any]) -> None:
    draws, shares, _ = drawn_values(inventory(), Weights(0, 1, 1), IMPUTE, data=False)
    assert list(shares) == ["extinction", "pressure"]
    x = draws.sites.get_loc("X")
    assert draws.low[:, x, 1].tolist() == draws.high[:, x, 1].tolist() == [0.25, 0.5, 0.75, 1]
    schemes, _, _ = drawn_values(inventory(), Weights(0, 1, 1), IMPUTE)
    assert len(schemes.low) == 7 * 4
    assert schemes.low[4:8, x, 1].tolist() == [0.25, 0.5, 0.75, 1]


def test_the_imputers_draws_decide_the_ranks(asked: list[Any]) -> None:
    """Among CR sites only human influence counts: X is level with W in one draw of four."""
    given = Uncertainty(spread="flat", data=False, draws=4000, seed=3)
    found = rank_spread(inventory(), Weights(0, 0, 1), IMPUTE, given)
    # W 1; X 0.25, 0.5, 0.75, 1; Y 0, 0, 1, 1 in the same draws
    assert found.first["W"] == pytest.approx((1 + 1 + 1 / 2 + 1 / 3) / 4, abs=0.03)
    assert found.first["X"] == pytest.approx((1 / 3) / 4, abs=0.02)
    assert found.first["Y"] == pytest.approx((1 / 2 + 1 / 3) / 4, abs=0.03)


def test_where_it_is_not_better_nothing_is_filled_in(asked: list[Any]) -> None:
    made = inventory(national={"water": {"U": 1, "V": 2, "W": 3}})
    with pytest.raises(SettingError, match="not_imputable") as caught:
        fillings(made, Weights.of({"national:water": 1}), IMPUTE)
    assert caught.value.fields == {"criteria": "national:water"}
    # beside one that can be filled in, it stays missing
    both = fillings(made, Weights.of({"pressure": 1, "national:water": 1}), IMPUTE)
    assert list(both) == ["pressure"]
    ranked = rank_sites(made, Weights.of({"pressure": 1, "national:water": 1}), IMPUTE)
    assert ranked.loc["X", "score"] == pytest.approx((0.25 + 0.5 + 0.75 + 1) / 4)
    assert ranked.loc["X", "unknown"] == "pressure;national:water"


def test_an_alternative_that_cannot_be_filled_in_is_left_out(asked: list[Any]) -> None:
    made = inventory(national={"water": {"U": 1, "V": 2, "W": 3}})
    found = assumption_moves(made, Weights.of({"pressure": 1, "national:water": 1}), IMPUTE, 1)
    # without human influence nothing can be filled in
    assert found.loc[found["assumption"] == "without", "to"].tolist() == ["national:water"]


def test_where_nothing_is_missing_nothing_is_asked(asked: list[Any]) -> None:
    known = {name: site for name, site in SITES.items() if site}
    species = {name: place for name, place in SPECIES.items() if place[1][0] in known}
    assert fillings(make_inventory(known, species), Weights(0, 1, 1), IMPUTE) == {}
    assert fillings(inventory(), Weights(1, 1, 0), IMPUTE) == {}
    assert asked == []


def test_the_default_order_fills_nothing_in(asked: list[Any]) -> None:
    filled_in = rank_sites(inventory(), None, IMPUTE)
    left_out = rank_sites(inventory(), None, replace(IMPUTE, unknown="range"))
    pd.testing.assert_frame_equal(filled_in, left_out)
    assert asked == []


def test_what_the_validation_is_asked(asked: list[Any]) -> None:
    made = make_inventory(
        {"U": {"iso3": "PER;ECU", "influence": 40}, "V": {}}, {"b": ("CR", ["U"]), "a": ("EN", ["U"])}
    )
    made.species["family_name"] = pd.Series({"a": "Ranidae", "b": "Bufonidae"})
    assert validation(made, "pressure").better
    ((target, _, countries, families, seed),) = asked
    assert target.dropna().to_dict() == {"U": 40}
    assert countries.to_dict() == {"U": "PER", "V": "MEX"}
    # the family of the first trigger species by identifier
    assert families["U"] == "Ranidae"
    assert pd.isna(families["V"])
    assert isinstance(seed, int)
    validation(made, "pressure")
    assert len(asked) == 1  # remembered

"""Drawn values: better where the truth is linear, not where it is a country's own; reasons, no errors."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.model import inventory_of
from aze_core.domain.settings import value
from aze_core.measures.impute import (
    CONSTANT,
    NO_PREDICTOR,
    NOT_BETTER,
    ONE_GROUP,
    TOO_FEW,
    baseline,
    features,
    groups,
    posterior_draws,
    validate,
)
from aze_core.store.inventory import describe
from tests.helpers import make_frames

N = 96
NAMES = pd.Index([f"S{number:03}" for number in range(N)])
SEED = 7


@pytest.fixture(scope="module")
def made_up():
    """Sites of one class in 12 countries and 8 families, with two predictors."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=N), "y": rng.normal(size=N), "class_Aves": 1.0}, NAMES)
    countries = pd.Series([f"C{number % 12:02}" for number in range(N)], NAMES)
    families = pd.Series([f"F{number // 12}" for number in range(N)], NAMES)
    return frame, countries, families


def linear(frame):
    """10 + 3 x - 2 y, with noise of standard deviation 0.5."""
    noise = np.random.default_rng(2).normal(0, 0.5, len(frame))
    return 10 + 3 * frame["x"] - 2 * frame["y"] + noise


def test_a_linear_truth_is_met_better_than_by_the_mean(made_up):
    frame, countries, families = made_up
    found = validate(linear(frame), frame, countries, families, SEED)
    assert (found.better, found.reason, found.n) == (True, "", N)
    for one, n_groups in ((found.countries, 12), (found.families, N // 12)):
        assert (one.n, one.groups) == (N, n_groups)
        # |noise| is 0.5 x sqrt(2 / pi) = 0.4 on average, and the mean's error is 3.6 x 0.8 = 2.9
        assert one.mae == pytest.approx(0.5 * math.sqrt(2 / math.pi), abs=0.15)
        assert one.mae_baseline > 5 * one.mae
        # 0.9 +- three standard errors of a share
        assert one.inside == pytest.approx(0.9, abs=3 * math.sqrt(0.9 * 0.1 / N))


def test_a_value_of_each_country_s_own_is_met_better_by_the_mean(made_up):
    frame, countries, families = made_up
    own = dict(zip(sorted(set(countries)), np.random.default_rng(3).permutation(12) * 10.0, strict=True))
    found = validate(countries.map(own), frame, countries, families, SEED)
    assert (found.better, found.reason) == (False, NOT_BETTER)
    # with a family held out its countries are known by other families
    assert found.families.mae_baseline == pytest.approx(0, abs=1e-9)
    assert found.families.mae > 10


def test_the_order_of_rows_and_columns_never_matters(made_up):
    frame, countries, families = made_up
    target = linear(frame).where(np.arange(N) % 3 > 0)
    turned = target.sample(frac=1, random_state=5)
    other = frame.sample(frac=1, random_state=6)[frame.columns[::-1]]
    one, two = posterior_draws(target, frame, 3, SEED), posterior_draws(turned, other, 3, SEED)
    assert list(two.index) == list(turned.index[turned.isna()])
    pd.testing.assert_frame_equal(one, two.loc[one.index], check_exact=True)
    assert not one.equals(posterior_draws(target, frame, 3, SEED + 1))
    assert validate(target, frame, countries, families, SEED) == validate(
        turned, other, countries[::-1], families[::-1], SEED
    )


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.floats(0.1, 0.6), st.sampled_from([1e-3, 1.0, 1e4]))
def test_draws_stand_for_missing_sites_within_the_known_range(seed, share, unit):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=N), "y": rng.normal(size=N)}, NAMES)
    target = (unit * linear(frame)).where(rng.random(N) > share)
    draws = posterior_draws(target, frame, 4, seed)
    assert list(draws.index) == list(NAMES[target.isna()])
    assert list(draws.columns) == [0, 1, 2, 3]
    assert draws.notna().all(axis=None)
    assert draws.min(axis=None) >= target.min()
    assert draws.max(axis=None) <= target.max()
    assert (draws.std(axis=1) > 0).mean() > 0.5


def test_draws_spread_as_the_noise_does(made_up):
    frame, *_ = made_up
    target = linear(frame).where(np.arange(N) % 4 > 0)
    spread = posterior_draws(target, frame, 60, SEED).std(axis=1)
    assert spread.median() == pytest.approx(0.5, rel=0.3)


def test_missing_predictors_are_no_obstacle(made_up):
    frame, *_ = made_up
    gaps = frame.assign(y=frame["y"].where(np.arange(N) % 5 > 0), empty=np.nan)
    target = linear(frame).where(np.arange(N) % 4 > 0)
    assert posterior_draws(target, gaps, 2, SEED).notna().all(axis=None)


def test_a_predictor_that_the_sites_to_fill_lack_is_left_out(made_up):
    frame, countries, families = made_up
    target = linear(frame).where(np.arange(N) % 4 > 0)
    # it tells the value exactly, but only where the value is known
    told = frame.assign(answer=target)
    with_it, without = (posterior_draws(target, part, 2, SEED) for part in (told, frame))
    pd.testing.assert_frame_equal(with_it, without)
    assert validate(target, told, countries, families, SEED) == validate(
        target, frame, countries, families, SEED
    )


def test_where_it_cannot_be_tried_there_is_a_reason_and_no_number(made_up):
    frame, countries, families = made_up
    least = value("impute.least_known")
    truth = linear(frame)
    one = pd.Series("C00", NAMES)
    flat = frame[["class_Aves"]]
    for target, part, land, kin, reason in (
        (truth.where(np.arange(N) < least - 1), frame, countries, families, TOO_FEW),
        (truth * np.nan, frame, countries, families, TOO_FEW),
        (truth * 0 + 5, frame, countries, families, CONSTANT),
        (truth, flat, countries, families, NO_PREDICTOR),
        (truth, frame[[]], countries, families, NO_PREDICTOR),
        (truth, frame, one, families, ONE_GROUP),
        (truth, frame, countries, pd.Series(None, NAMES, dtype="str"), ONE_GROUP),
    ):
        found = validate(target, part, land, kin, SEED)
        assert (found.better, found.reason) == (False, reason)
        assert found.countries is None
        assert found.families is None
        assert found.n == target.notna().sum()
    few = truth.where(np.arange(N) < least - 1)
    assert posterior_draws(few, frame, 2, SEED).isna().all(axis=None)
    assert posterior_draws(truth, frame, 2, SEED).shape == (0, 2)
    assert validate(truth.where(np.arange(N) < least), frame, countries, families, SEED).countries is not None


def test_the_baseline_falls_back_to_the_class_and_then_to_all():
    names = list("ABCDEFG")
    target = pd.Series([10, 30, 80, None, None, None, None], names, dtype=float)
    part = pd.DataFrame(
        {"class_Aves": [1, 1, 0, 0.6, 1, 0, None], "class_Mammalia": [0, 0, 1, 0.4, 0, 0, None]}, names
    )
    part["class_Reptilia"] = [0, 0, 0, 0, 0, 1, None]
    land = pd.Series(["PER", "MEX", "PER", "PER", "FJI", "PER", "PER"], names)
    found = baseline(target, part, land)
    # D: birds of Peru; E: birds; F and G, of a class that none has and of none that is known: all
    assert found.to_dict() == {
        "D": 10,
        "E": (10 + 30) / 2,
        "F": (10 + 30 + 80) / 3,
        "G": (10 + 30 + 80) / 3,
    }
    assert baseline(target * np.nan, part, land).isna().all()


def small():
    """Four sites: A in Mexico, B in Mexico and the USA, D without point and area."""
    frames = make_frames(classes={"b2": "Mammalia"})
    species = frames["species"]
    frames["species"] = species.assign(family_name="F-" + species["species_id"])
    rows = [
        ("MEX", "Latin America and the Caribbean", "Upper middle"),
        ("USA", "Northern America", "High"),
        ("FRA", "Western Europe", None),
    ]
    countries = frames["countries"].set_index("iso3")
    for code, subregion, level in rows:
        countries.loc[code, "un_subregion"] = subregion
        countries.loc[code, "income_level"] = level
    frames["countries"] = countries.reset_index()
    return inventory_of(frames, describe(frames))


def test_features_are_what_is_known_of_the_sites():
    found = features(small())
    assert list(found.index) == list("ABCD")
    assert found.loc["A", ["x", "y", "z"]].tolist() == [1, 0, 0]
    assert found.loc["D", ["x", "y", "z", "log_area"]].isna().all()
    assert found["log_area"].tolist()[:3] == pytest.approx([1, math.log10(20), math.log10(40)])
    assert found["species"].tolist() == [2, 2, 2, 1]
    assert found["class_Mammalia"].tolist() == [0, 1 / 2, 0, 0]
    assert found["region_americas"].tolist() == [1, 1, 0, 1]
    assert found["subregion_Northern America"].tolist() == [0, 1 / 2, 0, 0]
    assert found["income"].tolist()[:2] == [3, (3 + 4) / 2]
    assert np.isnan(found.at["C", "income"])
    assert "human_influence" not in found


def test_groups_are_the_first_country_and_the_first_family():
    found = groups(small())
    assert found["country"].to_dict() == {"A": "MEX", "B": "MEX", "C": "FRA", "D": "MEX"}
    assert found["family"].to_dict() == {"A": "F-a1", "B": "F-b1", "C": "F-c1", "D": "F-d1"}

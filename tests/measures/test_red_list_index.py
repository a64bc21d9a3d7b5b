"""The Red List Index by its published examples, and its projection by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures.red_list_index import projected_index, red_list_index, weight

EXAMPLES = {
    "weights 0, 2, 5, 2": ("LC VU EX VU", 0.55),
    "all of Least Concern": ("LC LC LC", 1.0),
    "all extinct": ("EX EX", 0.0),
    "Data Deficient ones do not count": ("LC LC EN EN EX EX LC CR DD DD", 0.5),
    "the list of the threatened alone": ("CR CR EN", 1 - (4 * 2 + 3 * 1) / (5 * 3)),
    "extinct in the wild weighs as extinct": ("EW NT", 1 - (5 + 1) / (5 * 2)),
}


@pytest.mark.parametrize(("codes", "expected"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_examples(codes: str, expected: float) -> None:
    assert red_list_index(pd.Series(codes.split())) == pytest.approx(expected, abs=1e-12)


def test_without_species_it_is_not_known() -> None:
    for categories in ([], ["DD"], [None]):
        given = pd.Series(categories, dtype="str")
        nothing = pd.Series(0.5, index=given.index)
        assert math.isnan(red_list_index(given))
        assert math.isnan(projected_index(given, nothing, 0.0, 0.5))


def test_weights_in_their_order() -> None:
    assert weight(pd.Series(["LC", "NT", "VU", "EN", "CR", "EW", "EX"])).tolist() == [0, 1, 2, 3, 4, 5, 5]


def test_projection_by_hand() -> None:
    categories = pd.Series(["CR", "EN", "DD", "EW"])
    p, secured = pd.Series([0.8, 0.4, None, 1.0]), pd.Series([0.5, 0.0, 1.0, 1.0])
    without = 1 - ((4 + 0.8 * 1) + (3 + 0.4 * 2) + 5) / (5 * 3)
    assert projected_index(categories, p, 0.0, 0.3) == pytest.approx(without)
    # of the Critically Endangered one half is secured
    change = 0.8 * 0.3 * 0.5 * (5 - 4) / (5 * 3)
    assert projected_index(categories, p, secured, 0.3) == pytest.approx(without + change)


parts = st.floats(0, 1)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["LC", "VU", "EN", "CR", "EW"]), parts, parts), min_size=1, max_size=6
    ),
    parts,
)
def test_action_never_lowers_it_and_it_stays_between_its_ends(
    rows: list[tuple[str, float, float]], effect: float
) -> None:
    categories, p, secured = (pd.Series(column) for column in zip(*rows, strict=True))
    without = projected_index(categories, p, 0.0, effect)
    with_action = projected_index(categories, p, secured, effect)
    ends = (-1e-12, without - 1e-12, with_action, red_list_index(categories) + 1e-12, 1 + 1e-12)
    assert list(ends) == sorted(ends)

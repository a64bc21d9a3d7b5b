"""What a plan does to the Red List Index of the list, by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.model import Assumptions, Filters, Inventory
from aze_core.scenarios.index_change import index_change
from tests.helpers import make_inventory
from tests.scenarios.test_problem import Case, cases

CR, EN, EFFECT = 0.75, 0.2, 0.5
TWENTY = Assumptions(20, EFFECT)


def test_by_hand() -> None:
    """a1, a2, b1 CR; b2, c1 EN; d1 EW; c2 is of unknown category. C is half covered."""
    found = index_change(make_inventory(), ("A", "C"), TWENTY)
    assert (found.n, found.left_out) == (6, 1)
    weights = 3 * 4 + 2 * 3 + 5
    assert found.now == pytest.approx(1 - weights / (5 * 6))
    risk = 3 * CR * (5 - 4) + 2 * EN * (5 - 3)
    assert found.without_plan == pytest.approx(1 - (weights + risk) / (5 * 6))
    averted = 2 * CR * EFFECT * 1 * (5 - 4) + EN * EFFECT * 0.5 * (5 - 3)
    assert found.change == pytest.approx(averted / (5 * 6))


def test_held_parts_and_filters() -> None:
    found = index_change(make_inventory(), ("A", "C"), TWENTY, Filters(("MEX",)), held=pd.Series({"A": 0.4}))
    assert (found.n, found.left_out) == (5, 0)
    assert found.change == pytest.approx(2 * CR * EFFECT * 0.4 * (5 - 4) / (5 * 5))


def test_what_is_not_known_is_left_out() -> None:
    inventory = make_inventory({"X": {"cover": {}}, "Y": {}}, {"x": ("CR", ["X"]), "e": ("EX", ["Y"])})
    found = index_change(inventory, ("X", "Y"), TWENTY)
    assert (found.n, found.left_out) == (0, 2)
    assert math.isnan(found.change)


def test_shipped_list_lies_between_the_two_threatened_categories(shipped: Inventory) -> None:
    found = index_change(shipped, tuple(shipped.sites.index), Assumptions())
    assert 0.2 < found.now < 0.4
    assert found.without_plan < found.with_plan < found.now
    assert found.n + found.left_out == 919


@settings(max_examples=20)
@given(cases(4), st.data())
def test_more_sites_never_lower_it(case: Case, data: st.DataObject) -> None:
    inventory = make_inventory(*case)  # type: ignore[arg-type]
    plan = data.draw(st.lists(st.sampled_from(sorted(case[0])), unique=True, min_size=1))
    less, more = (index_change(inventory, tuple(part), TWENTY) for part in (plan[1:], plan))
    assert (less.n, less.left_out) == (more.n, more.left_out)
    if less.n:
        assert 0 - 1e-12 <= less.change <= more.change + 1e-12
        assert more.with_plan <= more.now + 1e-12

"""The scoreboard by hand on four sites, its vintages kept apart, and the ledger by name."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.model import Assumptions, Filters, Inventory
from aze_core.scenarios.targets import MEASURES, gone_species, ledger, scoreboard
from tests.helpers import make_inventory
from tests.scenarios.test_problem import Case, cases

CR, EN, EFFECT = 0.75, 0.2, 0.5
TWENTY = Assumptions(20, EFFECT)

Row = tuple[int, float, float]


def board(inventory: Inventory, selected: tuple[str, ...], filters: Filters | None = None) -> dict[Any, Row]:
    table = scoreboard(inventory, selected, TWENTY, filters)
    return {(row.measure, row.basis): (row.n, row.before, row.after) for row in table.itertuples(index=False)}


def test_scoreboard_by_hand() -> None:
    """2010: A 0, B 0, C .1, D .02; 2016: A 0, C .5. The plan covers A and C."""
    found = board(make_inventory(), ("A", "C"))
    assert found == {
        ("sites_uncovered", "2010"): (4, 3, 2),
        ("sites_uncovered", "2016"): (2, 1, 0),
        ("sites_uncovered", "newest"): (4, 3, 2),
        ("sites_complete", "2010"): (4, 0, 2),
        ("sites_complete", "2016"): (2, 0, 2),
        ("sites_complete", "newest"): (4, 0, 2),
        ("mean_cover", "2010"): (4, pytest.approx((0.1 + 0.02) / 4), pytest.approx((1 + 1 + 0.02) / 4)),
        ("mean_cover", "2016"): (2, pytest.approx(0.5 / 2), pytest.approx((1 + 1) / 2)),
        ("mean_cover", "newest"): (4, pytest.approx((0.5 + 0.02) / 4), pytest.approx((1 + 1 + 0.02) / 4)),
        ("added_area", "newest"): (2, 0, 10 * (1 - 0) + 40 * (1 - 0.5)),
        ("species_all_covered", "2010"): (7, 0, 4),
        ("species_all_covered", "2016"): (4, 0, 4),
        ("species_all_covered", "newest"): (7, 0, 4),
        ("species_without", "2010"): (7, 7, 3),
        ("species_without", "2016"): (4, 4, 0),
        ("species_without", "newest"): (7, 7, 3),
        # d1 is Extinct in the Wild and c2 of unknown category: neither counts in the lower end
        ("risk_reduction", "2010"): (
            7,
            pytest.approx(EFFECT * EN * 0.1),
            pytest.approx(EFFECT * (2 * CR + EN)),
        ),
        ("risk_reduction", "2016"): (
            4,
            pytest.approx(EFFECT * EN * 0.5),
            pytest.approx(EFFECT * (2 * CR + EN)),
        ),
        ("risk_reduction", "newest"): (
            7,
            pytest.approx(EFFECT * EN * 0.5),
            pytest.approx(EFFECT * (2 * CR + EN)),
        ),
    }


def test_the_high_end_counts_unknown_categories_as_critically_endangered() -> None:
    table = scoreboard(make_inventory(), ("C",), TWENTY).set_index(["measure", "basis"])
    row = table.loc[("risk_reduction", "newest")]
    assert row["before_high"] == pytest.approx(row["before"] + EFFECT * CR * 0.5)
    assert row["after_high"] == pytest.approx(row["after"] + EFFECT * CR * 1)
    others = table[table.index.get_level_values("measure") != "risk_reduction"]
    assert others[["before_high", "after_high"]].isna().all(axis=None)


def test_filters_count_sites_and_their_species_with_all_their_sites() -> None:
    sites: dict[str, Any] = {
        "X": {"iso3": "MEX", "cover": {2010: 1.0}},
        "Y": {"iso3": "PER"},
        "Z": {"iso3": "PER"},
    }
    species: dict[str, Any] = {"x": ("CR", ["X"]), "xy": ("CR", [("X", 0.5), ("Y", 0.5)]), "z": ("EN", ["Z"])}
    found = board(make_inventory(sites, species), (), Filters(countries=("MEX",)))
    assert found["sites_complete", "newest"] == (1, 1, 1)
    assert found["species_all_covered", "newest"] == (2, 1, 1)  # x; of xy the half at Y is uncovered
    assert found["species_without", "newest"] == (2, 0, 0)
    assert found["risk_reduction", "newest"][1] == pytest.approx(EFFECT * CR * (1 + 0.5))


def test_a_species_counts_in_a_vintage_only_if_all_its_sites_have_a_value() -> None:
    sites: dict[str, Any] = {"X": {"cover": {2010: 0.0, 2016: 0.0}}, "Y": {"cover": {2010: 0.0}}}
    species: dict[str, Any] = {"xy": ("CR", [("X", 1.0, "breeding"), ("Y", 1.0, "wintering")])}
    found = board(make_inventory(sites, species), ("X", "Y"))
    assert found["species_all_covered", "2010"] == (1, 0, 1)
    assert found["species_all_covered", "2016"] == (0, 0, 0)
    assert found["sites_complete", "2016"] == (1, 0, 1)


def test_every_line_names_its_targets_and_unit() -> None:
    table = scoreboard(make_inventory(), (), TWENTY)
    assert list(dict.fromkeys(table["measure"])) == list(MEASURES)
    for row in table.itertuples(index=False):
        assert (row.aichi, row.gbf, row.unit) == MEASURES[row.measure]


def test_an_empty_plan_changes_nothing_and_nothing_is_no_trouble() -> None:
    for inventory in (make_inventory(), make_inventory({}, {}), make_inventory({"X": {"cover": {}}}, {})):
        table = scoreboard(inventory, (), TWENTY)
        pd.testing.assert_series_equal(table["before"], table["after"], check_names=False)
        ledger(inventory, ())


BETTER_DOWN = ("sites_uncovered", "species_without")


@settings(max_examples=20)
@given(cases(5), st.data())
def test_adding_a_site_never_worsens_any_measure(case: Case, data: st.DataObject) -> None:
    inventory = make_inventory(*case)  # type: ignore[arg-type]
    plan = data.draw(st.lists(st.sampled_from(sorted(case[0])), min_size=1, max_size=4, unique=True))
    less, more = (scoreboard(inventory, tuple(part), TWENTY) for part in (plan[1:], plan))
    assert (
        less["n"]
        .where(less["measure"] != "added_area")
        .equals(more["n"].where(more["measure"] != "added_area"))
    )
    for one, two in zip(less.itertuples(index=False), more.itertuples(index=False), strict=True):
        assert (one.measure, one.basis) == (two.measure, two.basis)
        if pd.isna(one.after):
            assert pd.isna(two.after)
        elif one.measure in BETTER_DOWN:
            assert two.after <= one.after <= one.before
        else:
            assert two.after >= one.after - 1e-12
            assert one.after >= one.before - 1e-12
    assert set(ledger(inventory, tuple(plan)).index) <= set(ledger(inventory, tuple(plan[1:])).index)


def test_ledger_by_name() -> None:
    found = ledger(make_inventory(), ("A",))
    assert found["scientific_name"].tolist() == [f"Species {key}" for key in ("b1", "b2", "c1", "c2", "d1")]
    assert found.loc["b1", ["sites", "iso3", "cover", "all_none"]].tolist() == [
        "Birch Lake",
        "MEX;USA",
        0,
        True,
    ]
    assert found.loc["c1", ["sites", "iso3", "cover", "all_none"]].tolist() == [
        "Cedar Île",
        "FRA",
        0.5,
        False,
    ]
    assert list(ledger(make_inventory(), ("A",), Filters(regions=("europe_middle_east",))).index) == [
        "c1",
        "c2",
    ]
    nobody = ledger(make_inventory(), ("A", "B", "C", "D"))
    assert len(nobody) == 0
    assert list(nobody.columns) == list(found.columns)


def test_ledger_joins_the_sites_of_a_species() -> None:
    sites: dict[str, Any] = {"X": {"iso3": "PER"}, "Y": {"iso3": "MEX;PER", "cover": {}}}
    inventory = make_inventory(sites, {"s": ("CR", [("X", 0.5), ("Y", 0.5)])})  # type: ignore[dict-item]
    row = ledger(inventory, ()).loc["s"]
    assert (row["sites"], row["iso3"], row["cover"]) == ("Site X; Site Y", "MEX;PER", 0)
    assert not row["all_none"]  # nobody knows about Y


def test_species_extinct_in_the_wild() -> None:
    assert list(gone_species(make_inventory())) == ["d1"]


def test_shipped_scoreboard_speaks_of_the_published_counts(shipped: Inventory) -> None:
    found = board(shipped, ())
    assert found["sites_uncovered", "2010"] == (588, 276, 276)
    assert found["sites_uncovered", "2016"] == (370, 156, 156)
    assert found["sites_uncovered", "newest"] == (588, 231, 231)
    assert found["species_without", "newest"][0] == 919


def test_species_extinct_in_the_wild_are_counted_apart(shipped):
    assert len(gone_species(shipped)) == 3
    assert list(gone_species(shipped, Filters(countries=("BRA",)))) == ["mitu-mitu"]
    assert gone_species(shipped, Filters(countries=("HTI",))).empty

"""The scoreboard by hand on four sites, its vintages kept apart, and the ledger by name."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.model import Assumptions, Filters, Inventory
from aze_core.locale import t
from aze_core.ranking.criteria import GONE
from aze_core.scenarios.targets import MEASURES, gone_species, ledger, ledger_difference, scoreboard
from tests.helpers import SITES, make_inventory
from tests.scenarios.test_problem import Case, P, cases

CR, EN, EFFECT = 0.75, 0.2, 0.5
TWENTY = Assumptions(20, EFFECT)

Row = tuple[int, float, float]

THREATS = [
    ("a1", "2.1.2", "Ongoing", "Whole (>90%)", "Rapid Declines"),
    ("a1", "8.1", "Ongoing", "Minority (<50%)", "Slow, Significant Declines"),
    ("c2", "2.1.2", "Ongoing", "Whole (>90%)", "Rapid Declines"),
    ("b2", "5.3.3", "Past, Unlikely to Return", "Whole (>90%)", "Rapid Declines"),
]


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
        ("added_land", "newest"): (2, 0, (10 * (1 - 0) + 40 * (1 - 0.5)) / 148_940_000),
        ("species_any_covered", "2010"): (7, 0, 4),
        ("species_any_covered", "2016"): (4, 0, 4),
        ("species_any_covered", "newest"): (7, 0, 4),
        ("countries_served", "newest"): (3, 0, 2),
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
    sites = {**SITES, "A": {**SITES["A"], "realm": "marine"}}
    inventory = make_inventory(sites, threats=THREATS)
    table = scoreboard(inventory, (), TWENTY, spend=pd.Series(dtype=float))
    assert list(dict.fromkeys(table["measure"])) == list(MEASURES)
    for row in table.itertuples(index=False):
        assert (row.aichi, row.gbf, row.unit) == MEASURES[row.measure]
        assert t(f"measure.{row.measure}")
        assert t(f"measure.{row.measure}_not").endswith(".")


def test_an_empty_plan_changes_nothing_and_nothing_is_no_trouble() -> None:
    for inventory in (make_inventory(), make_inventory({}, {}), make_inventory({"X": {"cover": {}}}, {})):
        table = scoreboard(inventory, (), TWENTY)
        pd.testing.assert_series_equal(table["before"], table["after"], check_names=False)
        ledger(inventory, ())


AREAS = ("added_area", "added_land")
BETTER_DOWN = ("sites_uncovered", "species_without")


@settings(max_examples=20)
@given(cases(5), st.data())
def test_adding_a_site_never_worsens_any_measure(case: Case, data: st.DataObject) -> None:
    inventory = make_inventory(*case)  # type: ignore[arg-type]
    plan = data.draw(st.lists(st.sampled_from(sorted(case[0])), min_size=1, max_size=4, unique=True))
    less, more = (scoreboard(inventory, tuple(part), TWENTY) for part in (plan[1:], plan))
    assert less["n"].where(~less["measure"].isin(AREAS)).equals(more["n"].where(~more["measure"].isin(AREAS)))
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


# ---------------------------------------------------------------- actions, not all of them area-based


def lines(inventory: Inventory, selected: tuple[str, ...], **given: Any) -> pd.DataFrame:
    table = scoreboard(inventory, selected, TWENTY, **given)
    return table[table["basis"] == "newest"].set_index("measure")


def test_an_action_without_an_area_moves_no_line_of_cover() -> None:
    """A is covered wholly; at C, invasive species are fought: held, not covered."""
    cover, held = pd.Series({"A": 1.0}), pd.Series({"A": 1.0, "C": 0.9})
    found = lines(make_inventory(), ("A", "C"), cover=cover, held=held)
    without = lines(make_inventory(), ("A",))
    same = [name for name in found.index if name not in ("risk_reduction", "countries_served")]
    pd.testing.assert_frame_equal(found.loc[same].drop(columns="n"), without.loc[same].drop(columns="n"))
    assert found.loc["risk_reduction", "after"] == pytest.approx(EFFECT * (2 * CR + EN * 0.9))
    assert found.loc["risk_reduction", "after_high"] == pytest.approx(EFFECT * (2 * CR + EN * 0.9 + CR * 0.9))
    assert found.loc["countries_served", "after"] == 2
    assert "c1" in ledger(make_inventory(), ("A", "C"), cover=cover).index
    assert "c1" not in ledger(make_inventory(), ("A", "C")).index


def test_partial_cover_counts_as_far_as_it_goes() -> None:
    found = lines(make_inventory(), ("A", "C"), cover=pd.Series({"A": 0.6, "C": 0.2, "B": 1.0}))
    # C is covered better already, and B is not in the plan
    assert found.loc["mean_cover", "after"] == pytest.approx((0.6 + 0.5 + 0.02) / 4)
    assert found.loc["added_area", "after"] == pytest.approx(10 * 0.6 + 40 * 0)
    assert found.loc["sites_uncovered", "after"] == 2
    assert found.loc["risk_reduction", "after"] == pytest.approx(EFFECT * (2 * CR * 0.6 + EN * 0.5))


@pytest.mark.parametrize(
    "bad", [pd.Series({"A": 1.1}), pd.Series({"A": -0.1}), pd.Series([0.1, 0.2], index=["A", "A"])]
)
def test_shares_that_cannot_be_are_refused(bad: pd.Series) -> None:
    for name in ("cover", "held"):
        with pytest.raises(ValueError, match="0 to 1"):
            scoreboard(make_inventory(), ("A",), TWENTY, **{name: bad})


def test_star_at_held_parts() -> None:
    """a1 (CR, whole at A) has records; c2, of unknown category, leaves an interval; b2's threat is past."""
    inventory = make_inventory(threats=THREATS)
    row = lines(inventory, ("A",)).loc["star"]
    assert row["n"] == 2
    assert (row["before"], row["before_high"]) == pytest.approx((0, 400 * 0.5))
    assert (row["after"], row["after_high"]) == pytest.approx((400, 400 + 400 * 0.5))
    half = lines(inventory, ("A",), cover=pd.Series({"A": 0.0}), held=pd.Series({"A": 0.5})).loc["star"]
    assert half["after"] == pytest.approx(400 * 0.5)
    assert "star" not in lines(make_inventory(), ()).index


def test_sea_and_land_are_apart() -> None:
    sites = {**SITES, "A": {**SITES["A"], "realm": "marine"}, "C": {**SITES["C"], "realm": "freshwater"}}
    found = lines(make_inventory(sites), ("A", "C"))
    assert found.loc["added_sea", "after"] == pytest.approx(10 / 361_132_000)
    assert found.loc["added_land", "after"] == pytest.approx(40 * 0.5 / 148_940_000)
    assert found.loc["added_area", "after"] == pytest.approx(10 + 40 * 0.5)


def test_spend_over_countries() -> None:
    """Mexico, the USA and France: A is Mexico's, B shared by Mexico and the USA."""
    inventory = make_inventory()
    row = lines(inventory, ("A", "B"), spend=pd.Series({"A": 1.0, "B": 2.0, "C": 99.0})).loc["spend_gini"]
    # 2, 1 and 0: differences 1 + 2 + 1 each way, over 2 * 3 * 3 * the mean of 1
    assert row["after"] == pytest.approx(2 * (1 + 2 + 1) / (2 * 3 * 3 * 1))
    assert pd.isna(row["before"])
    unknown = lines(inventory, ("A", "B"), spend=pd.Series({"A": 1.0})).loc["spend_gini"]
    assert pd.isna(unknown["after"])
    assert "spend_gini" not in lines(inventory, ("A",)).index


def test_filters_count_the_plans_sites_within_them() -> None:
    found = lines(make_inventory(), ("A", "C"), filters=Filters(("FRA",)))
    assert found.loc["added_area", "after"] == pytest.approx(40 * 0.5)
    assert tuple(found.loc["countries_served", ["n", "after"]]) == (1, 1)


def test_ledgers_differ_by_name() -> None:
    inventory = make_inventory()
    found = ledger_difference(ledger(inventory, ("A",)), ledger(inventory, ("C",)))
    assert found["without_in"].to_dict() == {"a1": "other", "a2": "other", "c1": "one", "c2": "one"}
    assert ledger_difference(ledger(inventory, ()), ledger(inventory, ())).empty


def oracle(case: Case, plan: dict[str, tuple[float | None, float | None]]) -> dict[str, tuple[float, ...]]:
    """Lines of the working selection after a plan (cover and held by site), from the rows themselves."""
    sites, species = case
    before = {key: site["cover"].get(2010) for key, site in sites.items()}

    def after(key: str, at: int) -> float | None:
        now, given = before[key], plan.get(key, (None, None))[at]
        return now if now is None or given is None else max(now, given)

    known = [key for key in sites if before[key] is not None]
    cover = {key: after(key, 0) for key in sites}
    held = {key: after(key, 1) for key in sites}
    whole = [places for _, places in species.values() if all(before[p[0]] is not None for p in places)]
    low = high = 0.0
    for category, places in species.values():
        if places not in whole or category in GONE:
            continue
        by_stage: dict[Any, float] = {}
        for site, share, stage in places:
            by_stage[stage] = by_stage.get(stage, 0.0) + share * held[site]  # type: ignore[operator]
        part = EFFECT * min(min(1.0, total) for total in by_stage.values())
        low += part * P.get(category or "", 0.0)
        high += part * P.get(category or "", CR)
    area = sum(
        sites[key]["area"] * (cover[key] - before[key])
        for key in known
        if key in plan and sites[key]["area"] is not None
    )
    full = [[cover[p[0]] >= 0.98 for p in places] for places in whole]  # type: ignore[operator]
    found: dict[str, tuple[float, ...]] = {
        "sites_uncovered": (len(known), sum(cover[key] <= 0.02 for key in known)),  # type: ignore[operator]
        "sites_complete": (len(known), sum(cover[key] >= 0.98 for key in known)),  # type: ignore[operator]
        "species_all_covered": (len(whole), sum(all(each) for each in full)),
        "species_any_covered": (len(whole), sum(any(each) for each in full)),
        "species_without": (len(whole), sum(not any(each) for each in full)),
        "risk_reduction": (len(whole), low, high),
    }
    if known:
        found["mean_cover"] = (len(known), sum(cover[key] for key in known) / len(known))  # type: ignore[misc]
    return found | {"added_area": (area,), "added_land": (area / 148_940_000,)}


shares = st.sampled_from([None, 0.0, 0.01, 0.3, 0.98, 1.0])


@settings(max_examples=25)
@given(cases(5), st.data())
def test_every_line_is_that_of_the_rows_themselves(case: Case, data: st.DataObject) -> None:
    inventory = make_inventory(*case)  # type: ignore[arg-type]
    plan = data.draw(st.dictionaries(st.sampled_from(sorted(case[0])), st.tuples(shares, shares)))
    cover = pd.Series({key: each[0] for key, each in plan.items()}, dtype=float)
    held = pd.Series({key: each[1] for key, each in plan.items()}, dtype=float)
    found = lines(inventory, tuple(plan), cover=cover, held=held)
    for name, (*n, after) in ((k, v[:2]) for k, v in oracle(case, plan).items()):
        assert found.loc[name, "after"] == pytest.approx(after, abs=1e-9), name
        assert n in ([], [found.loc[name, "n"]]), name
    assert found.loc["risk_reduction", "after_high"] == pytest.approx(
        oracle(case, plan)["risk_reduction"][2], abs=1e-9
    )
    for name, (*_, before) in ((k, v[:2]) for k, v in oracle(case, {}).items()):
        assert found.loc[name, "before"] == pytest.approx(before, abs=1e-9), name
    for side in ("before_part", "after_part"):
        assert found[side].dropna().between(0, 1).all()


@settings(max_examples=10)
@given(cases(4), st.data())
def test_covering_and_holding_more_never_lowers_a_line(case: Case, data: st.DataObject) -> None:
    threats = [(key, "8.1", "Ongoing", "Whole (>90%)", "Rapid Declines") for key in sorted(case[1])[:4]]
    inventory = make_inventory(*case, threats=threats)  # type: ignore[arg-type]
    keys = st.sampled_from(sorted(case[0]))
    part = st.floats(0, 1)
    pairs = data.draw(st.dictionaries(keys, st.tuples(part, part, part, part), min_size=1))
    low = {key: sorted(pair[:2])[0] for key, pair in pairs.items()}
    high = {key: sorted(pair[:2])[1] for key, pair in pairs.items()}
    held_low = {key: sorted(pair[2:])[0] for key, pair in pairs.items()}
    held_high = {key: sorted(pair[2:])[1] for key, pair in pairs.items()}
    less, more = (
        scoreboard(inventory, tuple(pairs), TWENTY, cover=pd.Series(cover), held=pd.Series(held))
        for cover, held in ((low, held_low), (high, held_high))
    )
    assert less["n"].equals(more["n"])
    up = ~less["measure"].isin(BETTER_DOWN)
    for column in ("after", "after_high"):
        gained = (more[column] - less[column]).where(up, less[column] - more[column])
        assert (gained.dropna() >= -1e-9).all()
        assert less[column].isna().equals(more[column].isna())
    gained = (less["after"] - less["before"]).where(up, less["before"] - less["after"])
    assert (gained.dropna() >= -1e-9).all()

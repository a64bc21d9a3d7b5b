"""The parts of a scenario's results, drawn on their own for a small inventory, with numbers by hand."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from python_calamine import CalamineWorkbook
from streamlit.testing.v1 import AppTest

from aze_core.domain.model import Assumptions, Inventory, Weights
from aze_core.locale import area, number, t
from aze_core.scenarios import Scenario, solve
from aze_core.scenarios.problem import top_plan
from aze_core.scenarios.targets import MEASURES, NEWEST
from pages.decide import plan, plan_board, plan_curve, plan_places, plan_view
from pages.shell.widgets import md, say
from tests.helpers import make_inventory
from tests.pages import driver
from tests.scenarios.test_conflicts import with_rights

CR, EN, EFFECT, YEARS = 0.75, 0.2, 0.5, 20
ASSUMED = Assumptions(YEARS, EFFECT)
SITES: dict[str, Any] = {
    "A": {"name": "Ash [x](y)", "iso3": "MEX", "area": 60},
    "B": {"name": "Birch", "iso3": "MEX", "area": 30},
    "C": {"name": "Cedar", "iso3": "PER", "area": 20},
    "D": {"name": "Dune", "iso3": "PER", "area": 30, "cover": {2010: 0.5}},
}
SPECIES: dict[str, Any] = {
    "a": ("CR", ["A"]),
    "a2": ("EN", ["A"]),
    "b": ("CR", ["B"]),
    "c": ("EN", ["C"]),
    "d": ("EN", ["D"]),
}
LINKED = {**SPECIES, "two": ("CR", ["C", "D"])}


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Small inventories share one version, so nothing may be remembered from another test."""
    st.cache_data.clear()
    st.cache_resource.clear()


def view_of(
    scenario: Scenario, species: dict[str, Any] = SPECIES, stages: dict[str, str] | None = None, **more: Any
) -> plan.View:
    inventory = with_rights(make_inventory(SITES, species, **more), stages or {})
    return made(inventory, replace(scenario, assumptions=ASSUMED))


def made(inventory: Inventory, scenario: Scenario) -> plan.View:
    exact, top = solve(inventory, scenario), top_plan(inventory, scenario, None)
    return plan.View(inventory, scenario, exact, top, None, scenario.filters)


VIEWS: list[plan.View] = []


def page(part: str, opened: tuple[str, ...] = ()) -> None:
    import streamlit as st

    from pages.decide import plan
    from tests.pages.test_plan_parts import VIEWS

    for key in opened:
        st.session_state.setdefault(key, True)
    getattr(plan, part)(VIEWS[-1])


def drawn(part: str, view: plan.View, *opened: str) -> AppTest:
    VIEWS[:] = [view]
    at = AppTest.from_function(page, kwargs={"part": part, "opened": opened}, default_timeout=60).run()
    assert [item.message for item in at.exception] == []
    return at


def test_a_card_for_each_objective() -> None:
    by_weights = Scenario(budget=2, objective="weighted", weights=Weights(1, 1, 0))
    cases = {
        "risk": Scenario(budget=2),
        "species": Scenario(budget=2, objective="species"),
        "lexicographic": Scenario(budget=2, objective="lexicographic"),
        "weighted": by_weights,
    }
    expected = {"risk": number((CR + EN + CR) * EFFECT, 2), "species": "3", "lexicographic": "3"}
    for kind, scenario in cases.items():
        view = view_of(scenario)
        at = drawn("cards", view)
        shown = [(item.label, item.value) for item in at.metric]
        assert [label for label, _ in shown] == [t(f"plan.metric_{kind}")] * 2
        assert shown[0][1] == expected.get(kind, number(view.exact.objective, 2))
        assert t(f"plan.why_{view.exact.why}") in driver.markdown(at)[1 + 1]


def test_plans_that_differ_are_told_apart_in_one_sentence() -> None:
    # by area: A, the first of the list, costs 60; B, C and what D lacks cost 65 and are worth more
    view = view_of(Scenario("km2", 65))
    assert (view.exact.selected, view.top.selected) == (("B", "C", "D"), ("A",))
    (sentence,) = [text for text in driver.markdown(drawn("cards", view)) if "A against B" in text]
    more = t("plan.gain_risk", gain=(CR + EN + EN / 2 - (CR + EN)) * EFFECT, horizon=YEARS)
    assert sentence == say(
        "plan.apart", gain=f"+{more}", cost=f"+{area(30 + 20 + 30 / 2 - 60)}", both=0, only_a=3, only_b=1
    )
    same = view_of(Scenario("km2", 80))
    assert same.exact.selected == same.top.selected == ("A", "C")
    assert any(t("scenarios.same") in text for text in driver.markdown(drawn("cards", same)))


def test_floors_that_the_list_does_not_reach_are_named() -> None:
    view = view_of(Scenario("km2", 50, floors=(("country", "MEX", 1), ("country", "PER", 1))))
    assert view.exact.missed == ()
    at = drawn("cards", replace_top(view, (("country", "PER", 1),)))
    told = t("plan.floor", name="Land PER", n=1)
    assert any(md(told) in text for text in driver.markdown(at))


def replace_top(view: plan.View, missed: Any) -> plan.View:
    return replace(view, top=replace(view.top, missed=missed))


def test_amounts_are_written_in_their_unit() -> None:
    view = view_of(Scenario(budget=2))
    assert plan_view.cost_text(view, 2.0) == "2 sites"
    assert plan_view.cost_text(view_of(Scenario("km2", 65)), 50.0) == "50\xa0km²"
    assert "without a unit" in plan_view.cost_text(view_of(Scenario("index", 50)), 7.125)
    costs = {"cost": {"A": 10.0, "B": 20.0, "C": 5.0, "D": 6.0}}
    priced = view_of(Scenario("cost", 30), national=costs)
    assert plan_view.cost_text(priced, 25.0).startswith("25.00")
    assert plan_view.gain_text(view, 0.475) == t("plan.gain_risk", gain=0.475, horizon=YEARS)
    assert (
        plan_view.gain_text(view_of(Scenario(budget=2, objective="species")), 2.9999999)
        == "3 species all covered"
    )


@pytest.mark.parametrize(
    ("difference", "said"),
    [(0.0, "the same"), (1e-12, "the same"), (1e-5, "hardly any"), (0.5, "+0.500"), (-0.5, "−0.500")],
)
def test_a_small_difference_is_not_none(difference: float, said: str) -> None:
    assert plan_view.signed(difference, lambda x: number(x, 3)) == said


@given(some.floats(0, 1e6), some.booleans())
def test_a_picked_budget_is_never_too_small(cost: float, cents: bool) -> None:
    budget = plan_curve.enough(cost, cents)
    assert cost - 1e-8 <= budget < cost + (0.011 if cents else 1.001)
    assert isinstance(budget, float if cents else int)


@pytest.mark.parametrize(("before", "after"), [(10, 13), (10.0, 12.31)])
def test_a_click_loads_the_budget(before: float, after: float) -> None:
    def clicked(before: float) -> None:
        import streamlit as st

        from pages.decide import plan_curve

        st.session_state["budget_km2"] = before
        st.session_state["plan_curve"] = {"selection": {"pick": [{"cost": 12.301}]}}
        plan_curve.pick_budget("km2")
        st.session_state["plan_curve"] = {"selection": {}}
        plan_curve.pick_budget("km2")

    at = AppTest.from_function(clicked, kwargs={"before": before}).run()
    assert not at.exception
    assert at.session_state["budget_km2"] == after
    assert type(at.session_state["budget_km2"]) is type(before)


def test_the_curve_says_what_the_next_budget_buys() -> None:
    def said(view: plan.View) -> str:
        return plan_curve.curve_sentence(
            view, plan_curve.loads.trade_off(view.inventory, view.scenario, view.exact)
        )

    def gain(amount: float) -> str:
        return "+" + t("plan.gain_risk", gain=amount * EFFECT, horizon=YEARS)

    # one site each: A 0.95, B 0.75, C 0.2, D half of 0.2
    assert said(view_of(Scenario(budget=1))).startswith(t("plan.next_site", gain=gain(CR)))
    assert said(view_of(Scenario(budget=4))).startswith(t("plan.next_none"))
    # 20 km² buy C; with 30 it is B
    assert said(view_of(Scenario("km2", 20))).startswith(
        t("plan.next_budget", cost="10\xa0km²", gain=gain(CR - EN))
    )


def test_where_few_budgets_are_solved_one_more_site_is_solved_too() -> None:
    view = view_of(Scenario(budget=2, objective="species", floors=[["country", "PER", 0]]), LINKED)
    found = plan_curve.loads.trade_off(view.inventory, view.scenario, view.exact)
    assert set(found.whole["basis"]) == {"solves"}
    assert found.bend is None
    more = solve(view.inventory, replace(view.scenario, budget=3.0)).objective - view.exact.objective
    amount = plan_view.signed(more, lambda x: plan_view.gain_text(view, x))
    assert plan_curve.curve_sentence(view, found) == t("plan.next_site", gain=amount)


@pytest.mark.parametrize("scenario", [Scenario(budget=2), Scenario("km2", 50), Scenario(budget=0)])
def test_the_chart_holds_the_curve_and_both_plans(scenario: Scenario) -> None:
    view = view_of(scenario)
    at = drawn("curve", view)
    (strip,) = driver.drawn(at, "cost", "next_text")
    assert strip["cost"].iloc[0] == 0
    letters = {
        row["letter"]: (row["at"], row["worth"])
        for data in driver.drawn(at, "letter")
        for _, row in data.iterrows()
    }
    places = {"A": view.exact, "B": view.top, "AB": view.exact}
    assert letters
    for letter, place in letters.items():
        assert place == pytest.approx((places[letter].cost, places[letter].objective))


def test_the_scoreboard_shows_both_plans_in_a_narrow_window() -> None:
    at = drawn("scoreboard", view_of(Scenario(budget=2)))
    (found,) = (item for item in at.dataframe if "exact" in item.value.columns)
    assert list(found.value.columns) == ["target", "measure", "basis", "before", "exact", "top", "n", "not"]
    given = json.loads(found.proto.columns)
    wide = {name: given[name]["width"] for name in found.value.columns}
    first = ("target", "measure", "basis", "before", "exact", "top")
    # a window of 1024 px leaves the table 654 px, its two edges among them
    assert sum(wide[name] for name in first) <= 654 - 2
    assert sum(wide.values()) > 654


def test_the_scoreboard_has_all_lines_and_speaks_of_the_chosen_targets() -> None:
    at = drawn("scoreboard", view_of(Scenario(budget=2)))
    shown = driver.frame(at, "measure", "exact", "top")
    assert set(shown["target"]) == {t("target_short.gbf3"), t("target_short.gbf4")}
    words = {t(f"measure.{code}") for code in MEASURES} - {
        t(f"measure.{code}") for code in ("added_sea", "star", "spend_gini")
    }
    assert set(shown["measure"]) == words
    assert shown["not"].str.len().gt(20).all()
    assert any(t("target.gbf3_text") in text for text in driver.markdown(at))
    at.session_state["target_words"] = "aichi"
    at.run()
    shown = driver.frame(at, "measure", "exact", "top")
    assert set(shown["target"]) == {t("target_short.aichi11"), t("target_short.aichi12")}
    assert any(t("target.aichi12_text") in text for text in driver.markdown(at))
    assert not any(t("target.gbf3_text") in text for text in driver.markdown(at))


def test_the_board_counts_what_the_action_does() -> None:
    """Better management covers nothing more; what it holds is the user's own judgement."""
    scenario = Scenario(budget=1, action="management", held=(("management", 0.8),))
    view = view_of(scenario)
    assert view.exact.selected == ("D",)
    (board, _), _ = view.boards
    newest = board[board["basis"] == NEWEST].set_index("measure")
    assert newest.loc["mean_cover", "after"] == newest.loc["mean_cover", "before"]
    assert newest.loc["risk_reduction", "after"] - newest.loc["risk_reduction", "before"] == pytest.approx(
        EN * EFFECT * (0.8 - 0.5)
    )


def test_spend_is_told_where_money_is_given() -> None:
    costs = {"cost": {"A": 10.0, "B": 20.0, "C": 5.0, "D": 6.0}}
    (board, _), _ = view_of(Scenario("cost", 30), national=costs).boards
    assert "spend_gini" in set(board["measure"])
    assert plan_board.written("gini", float("nan"), float("nan")) == t("plan.none")


def test_national_figures_need_a_source_and_are_never_made_up() -> None:
    inventory = make_inventory(SITES, SPECIES)
    land = inventory.countries.assign(land_area_km2=9000.0)
    at = drawn("added", made(replace(inventory, countries=land, memo={}), Scenario(budget=2)))
    table = driver.frame(at, "place", "line", "marks")
    assert list(table["place"]) == [t("added.world"), "Land MEX"]
    assert not table["line"].str.contains("→").any()
    at.selectbox(key="national_country").set_value("MEX")
    at.number_input(key="national_land").set_value(14.5)
    (submit,) = [item for item in at.button if item.label == t("plan.national_add")]
    submit.click().run()
    assert len(at.warning) == 1
    assert plan_view.NATIONAL not in at.session_state
    # what was typed stays until it is right
    assert at.number_input(key="national_land").value == 14.5
    at.text_input(key="national_source").set_value("Report *2026*")
    (submit,) = [item for item in at.button if item.label == t("plan.national_add")]
    submit.click().run()
    assert not at.exception
    assert not at.warning
    assert at.session_state[plan_view.NATIONAL][0]["land_percent"] == 14.5
    (line,) = [text for text in driver.frame(at, "place", "line")["line"] if "→" in text]
    # A and B lie in Mexico and add 60 + 30 of 9,000 km²
    assert line.startswith("Land MEX, land: 14.5% → 15.5%")
    assert any(md("Report *2026*") in text for text in driver.markdown(at))
    at.button(key="drop_national_0").click().run()
    assert at.session_state[plan_view.NATIONAL] == []


def test_a_figure_needs_a_country() -> None:
    at = drawn("added", view_of(Scenario(budget=2)))
    (submit,) = [item for item in at.button if item.label == t("plan.national_add")]
    submit.click().run()
    assert [item.value for item in at.warning] == [md(t("plan.national_no_country"))]


def test_what_is_asked_is_told_when_opened() -> None:
    scenario = Scenario(budget=1, floors=(("country", "PER", 1),), locked_out=("B",))
    view = view_of(scenario, stages={"D": "withheld"})
    assert not any("Without" in text for text in driver.markdown(drawn("asked_for", view)))
    said = driver.markdown(drawn("asked_for", view, "open_asked"))
    floor = "Without the floor of Land PER: +" + t(
        "plan.gain_risk", gain=(CR + EN - EN) * EFFECT, horizon=YEARS
    )
    assert any(md(floor) in text for text in said)
    assert any(md("Without Birch locked out: the same") in text for text in said)
    assert any(md(t("plan.withheld_asked")) in text for text in said)
    nothing = drawn("asked_for", view_of(Scenario(budget=1)), "open_asked")
    assert driver.markdown(nothing) == []


def test_the_site_table_tells_actions_and_on_request_replacement_costs() -> None:
    view = view_of(Scenario(budget=3, locked_in=("D",)), stages={"A": "given"})
    assert view.exact.selected == ("A", "B", "D")
    for keys in ((), ("open_plan_sites",), ("plan_replacement",)):
        assert "replacement" not in driver.frame(drawn("where", view, *keys), "site", "action")
    shown = driver.frame(drawn("where", view, "open_plan_sites", "plan_replacement"), "site", "action")
    assert shown["replacement"].to_dict() == {
        "A": number((CR + EN - EN) * EFFECT, 3),
        "B": number((CR - EN) * EFFECT, 3),
        "D": t("plan.replacement_none"),
    }
    assert shown["action"].to_dict() == {
        "A": t("plan.action_new_area"),
        "B": t("plan.action_new_area"),
        "D": t("plan.action_extension"),
    }
    assert shown["added"].to_dict() == {"A": 60, "B": 30, "D": 30 * (1 - 0.5)}
    assert shown["flags"].to_dict() == {"A": "", "B": t("plan.flag_consent"), "D": t("plan.flag_consent")}


def test_a_site_of_b_alone_has_no_replacement_cost() -> None:
    view = view_of(Scenario("km2", 65))
    frame = plan_places.site_frame(
        view, plan_places.loads.replacement_costs(view.inventory, view.scenario, view.exact)
    )
    assert frame.loc["A", "replacement"] == t("plan.none")
    assert plan_places._lost_text(math.nan) == t("plan.replacement_no_time")


def test_sites_that_are_not_in_the_plan_are_named_as_text() -> None:
    view = view_of(Scenario(budget=2, action="extension"), stages={"A": "withheld"})
    at = drawn("where", view)
    folds = {item.label: item for item in at.expander}
    unfit = folds[t("plan.unfit", n=len(view.exact.unfit))]
    assert md(view.label("B")) in unfit.markdown[0].value
    withheld = view_of(Scenario(budget=1), stages={"A": "withheld"})
    (fold,) = [item for item in drawn("where", withheld).expander if item.label == t("plan.withheld", n=1)]
    assert fold.markdown[0].value == md("Ash [x](y) (MEX, A)")


def test_the_ledger_names_what_one_plan_covers_and_the_other_does_not() -> None:
    view = view_of(Scenario("km2", 65))
    (_, last), (_, last_top) = view.boards
    names = view.inventory.species["scientific_name"]
    said = driver.markdown(drawn("ledger", view))
    only_a = sorted(names[list(set(last_top.index) - set(last.index))])
    only_b = sorted(names[list(set(last.index) - set(last_top.index))])
    assert (len(only_a), len(only_b)) == (3, 2)
    assert any(md(", ".join(only_a)) in text and "Plan A covers" in text for text in said)
    assert any(md(", ".join(only_b)) in text and "Plan B covers" in text for text in said)


def test_files_hold_the_plan_with_its_settings(tmp_path: Any) -> None:
    view = view_of(Scenario(budget=2))
    keys = [item.key for item in drawn("files", view).get("download_button")]
    assert keys == ["plan_xlsx", "plan_gpkg", "plan_csv"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(plan.workbook(view)))
    assert book.sheet_names[1:] == [
        *(t(f"plan_file.{name}") for name in ("sites", "board", "ledger")),
        t("plan.sheet_added"),
        t("plan.sheet_index"),
    ]
    told = dict(book.get_sheet_by_name(book.sheet_names[0]).to_python())
    assert Scenario.from_dict(json.loads(view.settings())["scenario"]) == view.scenario
    assert told["Setting: consent"] == t("scenarios.consent")
    head, *rows = book.get_sheet_by_name(t("plan_file.sites")).to_python()
    sites = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert set(sites) == set(view.exact.selected) == {"A", "B"}
    assert sites["A"]["action"] == "new_area"
    index = book.get_sheet_by_name(t("plan.sheet_index")).to_python()
    assert all(row[2].startswith("Illustrative") for row in index[1:])
    values = {row[0]: row[1] for row in index[1:]}
    assert values[t("plan.index_change")] == pytest.approx(
        values[t("plan.index_with_plan", horizon=YEARS)] - values[t("plan.index_without_plan", horizon=YEARS)]
    )


def test_an_empty_plan_has_no_files_and_says_so() -> None:
    view = view_of(Scenario(budget=0))
    assert not drawn("files", view).get("download_button")
    assert t("scenarios.empty_plan") in driver.markdown(drawn("where", view))
    for part in ("cards", "curve", "scoreboard", "added", "ledger"):
        drawn(part, view)

"""The scenarios page shows the library's plans and scoreboard, and says why when no plan fits."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from aze_core.domain.errors import AzeError
from aze_core.domain.model import Filters, Weights
from aze_core.domain.settings import value
from aze_core.locale import explain, number, t
from aze_core.scenarios.conflicts import conflicts
from aze_core.scenarios.problem import Scenario, solve, top_plan
from aze_core.scenarios.targets import NEWEST, ledger, scoreboard
from pages.shell.widgets import md, say
from tests.pages import driver
from tests.pages.driver import fine, visit

CASES = {
    "default": ({}, Scenario(), None),
    "nothing": ({"sites": "0"}, Scenario(budget=0), None),
    "everything": ({"sites": "100000"}, Scenario(budget=100_000), None),
    "area": ({"unit": "km2", "km2": "500"}, Scenario("km2", 500), None),
    "no area": ({"unit": "km2", "km2": "0"}, Scenario("km2", 0), None),
    "all area": ({"unit": "km2", "km2": "1000000000"}, Scenario("km2", 10**9), None),
    "locked": (
        {"sites": "3", "in": "MEX55", "out": "HTI3"},
        Scenario(budget=3, locked_in=("MEX55",), locked_out=("HTI3",)),
        None,
    ),
    "Mexico by weights": (
        {"sites": "5", "country": "MEX", "order": "weighted", "wi": "0", "we": "0", "wp": "100"},
        Scenario(budget=5, filters=Filters(("MEX",))),
        Weights(0, 0, 100),
    ),
}


@pytest.mark.parametrize(("params", "scenario", "weights"), CASES.values(), ids=CASES.keys())
def test_plans_scoreboard_and_ledger_are_the_librarys(shipped, params, scenario, weights):
    at = fine(visit("scenarios", **{f"{code}_": text for code, text in params.items()}))
    exact, top = solve(shipped, scenario), top_plan(shipped, scenario, weights)
    assert [item.value for item in at.metric] == [number(exact.objective, 2), number(top.objective, 2)]
    board = scoreboard(shipped, exact.selected, scenario.assumptions, scenario.filters)
    gained = board[(board["measure"] == "species_all_covered") & (board["basis"] == NEWEST)].iloc[0]
    assert driver.answer(at).startswith(
        t(
            f"scenarios.answer_{scenario.budget_kind}",
            n=len(exact.selected),
            cost=number(exact.cost) + "\xa0km²",
            species=int(gained["after"] - gained["before"]),
            objective=exact.objective,
            horizon=50,
        )[:40]
    )
    shown = driver.frame(at, "measure", "basis", "before", "exact", "top")
    assert list(shown["n"]) == list(board["n"])
    counts = board["unit"].isin(["sites", "species"]).to_numpy()
    assert list(shown.loc[counts, "exact"]) == [number(item) for item in board.loc[counts, "after"]]
    assert list(shown.loc[counts, "before"]) == [number(item) for item in board.loc[counts, "before"]]
    last = ledger(shipped, exact.selected, scenario.filters)
    listed = driver.frame(at, "scientific_name", "cover", "sites")
    assert list(listed["scientific_name"]) == list(last["scientific_name"])
    union = sorted(set(exact.selected) | set(top.selected))
    if union:
        sites = driver.frame(at, "plans", "added")
        assert sorted(sites.index) == union
        assert set(exact_plan(at)) == set(exact.selected)
        located = shipped.sites.loc[union].geometry.notna()
        (points,) = driver.drawn(at, "site_id", "plans", "latitude")[:1]
        assert set(points["site_id"]) <= set(located.index[located])
    else:
        assert t("scenarios.empty_plan") in driver.markdown(at)


IMPOSSIBLE = {
    "both ways": ({"in": "MEX55", "out": "MEX55"}, {"locked_in": ("MEX55",), "locked_out": ("MEX55",)}),
    "over budget": ({"in": "MEX55~HTI3", "sites": "1"}, {"locked_in": ("MEX55", "HTI3"), "budget": 1}),
    "over area": (
        {"in": "HTI3", "unit": "km2", "km2": "1"},
        {"locked_in": ("HTI3",), "budget": 1, "budget_kind": "km2"},
    ),
}


def refused(shipped, **given):
    """What the page says of a scenario that cannot be had."""
    found = conflicts(shipped, Scenario(**given))
    with pytest.raises(AzeError) as caught:
        solve(shipped, Scenario(**given))
    assert explain(caught.value) == explain(found[0].error)
    return [say(f"error.{each.code}", **each.fields) for each in found]


@pytest.mark.parametrize(("params", "given"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_cannot_be_is_said_and_can_be_taken_back(shipped, params, given):
    at = fine(visit("scenarios", **{f"{code}_": text for code, text in params.items()}))
    assert [item.value for item in at.warning] == refused(shipped, **given)
    assert driver.answer(at) == t("scenarios.no_plan")
    assert not at.metric
    assert driver.link(at) == params
    fine(at.multiselect(key="locked_in").set_value([]).run())
    assert len(at.warning) == 0
    assert len(at.metric) == 2


def test_a_locked_site_without_area_is_refused_under_an_area_budget(shipped):
    share = shipped.coverage.groupby("site_id")["share"].max()
    sites = shipped.sites
    site = next(i for i in sites.index[sites["area_km2"].isna()] if share.get(i, 1.0) < 0.98)
    at = fine(visit("scenarios", in_=site))
    assert len(at.warning) == 0
    fine(at.segmented_control(key="budget_kind").set_value("km2").run())
    assert [item.value for item in at.warning] == refused(
        shipped, locked_in=(site,), budget_kind="km2", budget=2000
    )
    fine(at.segmented_control(key="budget_kind").set_value("sites").run())
    assert len(at.warning) == 0
    assert site in driver.frame(at, "plans", "added").index


def test_weights_that_are_all_zero_give_the_sentence_and_no_plan(shipped):
    at = fine(visit("scenarios", order="weighted", wi="0", we="0", wp="0"))
    assert [item.value for item in at.warning] == [md(t("error.all_weights_zero"))]
    assert not at.metric
    fine(at.segmented_control(key="order").set_value("loss").run())
    assert len(at.metric) == 2


@pytest.mark.parametrize(
    ("params", "given", "code"),
    [
        # what no table has: neither a plan nor a conflict can be looked for
        ({"unit": "cost"}, {"budget_kind": "cost"}, "no_costs"),
        # what has no threats: nothing collides, and yet there is no plan
        ({"goal": "star"}, {"objective": "star"}, "star_without_threats"),
    ],
)
def test_what_is_no_conflict_is_said_too(shipped, params, given, code):
    with pytest.raises(AzeError) as caught:
        solve(shipped, Scenario(**given))
    assert caught.value.message_id == code
    at = fine(visit("scenarios", **params))
    assert [item.value for item in at.warning] == [md(explain(caught.value))]
    assert driver.answer(at) == t("scenarios.no_plan")
    assert not at.metric
    assert "apply_suggestion" not in driver.keys(at)


@pytest.mark.parametrize("kind", ["sites", "km2", "index"])
def test_a_budget_above_the_highest_is_answered_with_a_sentence(kind):
    most = value("scenario.budget_max")
    at = fine(visit("scenarios", unit=kind))
    field = at.number_input(key=f"budget_{kind}")
    # a field with a highest of its own turns red and tells nobody
    assert field.max is None
    fine(field.set_value(2 * most if kind != "index" else 2.0 * most).run())
    with pytest.raises(AzeError) as caught:
        Scenario(kind, 2.0 * most)
    assert [item.value for item in at.warning] == [md(explain(caught.value))]
    assert number(most) in at.warning[0].value
    fine(at.number_input(key=f"budget_{kind}").set_value(most if kind != "index" else float(most)).run())
    assert not at.warning


def test_each_unit_keeps_its_own_budget():
    at = fine(visit("scenarios"))
    at.number_input(key="budget_sites").set_value(2).run()
    at.segmented_control(key="budget_kind").set_value("km2").run()
    at.number_input(key="budget_km2").set_value(100).run()
    assert driver.link(fine(at)) == {"unit": "km2", "sites": "2", "km2": "100"}
    at.segmented_control(key="budget_kind").set_value("sites").run()
    assert fine(at).number_input(key="budget_sites").value == 2
    assert driver.link(at) == {"sites": "2", "km2": "100"}


def test_locks_come_from_the_lists_and_stay_when_filtered_out(shipped):
    at = fine(visit("scenarios", sites="3"))
    at.multiselect(key="locked_in").set_value(["MEX55"]).run()
    at.multiselect(key="locked_out").set_value(["HTI3"]).run()
    fine(at)
    taken = driver.frame(at, "plans", "added").index
    assert "MEX55" in taken
    assert "HTI3" not in taken
    fine(at.multiselect(key="f_country").set_value(["PER"]).run())
    # outside the filters: in no plan, but still there to be unlocked
    assert "MEX55" not in driver.frame(at, "plans", "added").index
    assert at.multiselect(key="locked_in").value == ["MEX55"]
    assert driver.link(at) == {"country": "PER", "sites": "3", "in": "MEX55", "out": "HTI3"}
    exact = solve(shipped, Scenario(budget=3, locked_in=("MEX55",), filters=Filters(("PER",))))
    assert exact.outside == ("MEX55",)
    assert [md(shipped.sites.at["MEX55", "name"]) in item.value for item in at.info] == [True]


def exact_plan(at):
    """Sites of the exact plan, as the table marks them."""
    plans = driver.frame(at, "plans", "added")["plans"]
    return list(plans.index[plans.isin([t("scenarios.letters_A"), t("scenarios.letters_AB")])])


def test_the_effect_scales_the_reduction_and_changes_no_plan(shipped):
    at = fine(visit("scenarios", sites="4"))
    plan, before = exact_plan(at), driver.metrics(at)[0]
    fine(at.number_input(key="effect").set_value(0.5).run())
    assert exact_plan(at) == plan
    assert driver.metrics(at)[0] == pytest.approx(before * 1.5, abs=0.02)
    fine(at.number_input(key="effect").set_value(0.0).run())
    assert exact_plan(at) == plan
    assert [item.value for item in at.metric] == ["0.00", "0.00"]


def test_a_choice_where_all_is_covered_gives_an_empty_plan(shipped):
    done = shipped.coverage.sort_values("vintage").groupby("site_id")["share"].last() >= 0.98
    of = shipped.countries_of().groupby("iso3")["site_id"].agg(set)
    code = next(code for code, sites in of.items() if all(done.get(site, False) for site in sites))
    at = fine(visit("scenarios", country=code))
    assert [item.value for item in at.metric] == ["0.00", "0.00"]
    assert t("scenarios.empty_plan") in driver.markdown(at)


def test_what_was_asked_for_can_be_changed_as_suggested(shipped):
    asked = Scenario(budget=1, locked_in=("MEX55", "HTI3"), floors=[["country", "PER", 99]])
    at = fine(visit("scenarios", sites="1", in_="MEX55~HTI3", floor="country:PER:99"))
    found = conflicts(shipped, asked)
    assert len(at.warning) == len(found) == 2
    fine(at.button(key="apply_suggestion").click().run())
    assert len(at.warning) == 0
    assert link_scenario(at) == found[-1].suggestion
    assert at.metric[0].value == number(solve(shipped, found[-1].suggestion).objective, 2)


def link_scenario(at):
    """The scenario that the session holds, from its parts."""
    state = at.session_state
    return Scenario(
        budget=state["budget_sites"],
        locked_in=tuple(state["locked_in"]),
        floors=[[*code.split(":"), n] for code, n in state["floors"].items()],
    )


WHOLE = Scenario(
    budget_kind="index",
    budget=40.5,
    locked_in=("MEX55",),
    locked_out=("HTI3",),
    filters=Filters(("MEX", "PER", "HTI")),
    objective="lexicographic",
    class_effects=(("Amphibia", 0.2),),
    action="oecm",
    actions=(("MEX51", "survey"),),
    held=(("management", 0.4),),
    to_share=0.8,
    must_have=("abies-fanjingshanensis",),
    floors=[["country", "PER", 2]],
    ceilings=[["class", "Amphibia", 30]],
    allow_withheld=True,
    unknown_cost="median",
    elasticity=0.5,
)


@pytest.mark.parametrize(
    "scenario",
    [
        WHOLE,
        Scenario(objective="weighted", weights=Weights(10, 0, 90, reverse=("pressure",))),
        Scenario("km2", 5),
    ],
)
def test_a_scenario_put_on_the_page_is_the_one_that_it_asks(scenario):
    def page() -> None:
        import streamlit as st

        from aze_core.scenarios.scenario import Scenario
        from pages.shell import link

        for parameter in link.PARAMETERS:
            st.session_state.setdefault(parameter.key, parameter.default)
        given = Scenario.from_dict(st.session_state["given"])
        link.put_scenario(given)
        st.session_state["held_now"] = link.scenario().to_dict()

    at = AppTest.from_function(page)
    at.session_state["given"] = scenario.to_dict()
    at.run()
    assert not at.exception
    assert Scenario.from_dict(at.session_state["held_now"]) == scenario


def test_a_button_takes_what_was_typed_with_the_same_press():
    """Typing a number and pressing a button at once reach the page together, before any run in between."""
    at = fine(visit("scenarios", sites="12"))
    at.selectbox(key="quota_code_country").set_value("PER")
    at.number_input(key="quota_n").set_value(3)
    fine(at.button(key="add_floors").click().run())
    assert driver.link(at)["floor"] == "country:PER:3"
    at.number_input(key="effect_value").set_value(0.1)
    at.selectbox(key="class_effects_code").set_value("Amphibia")
    fine(at.button(key="set_class_effects").click().run())
    assert driver.link(at)["by_class"] == "Amphibia:0.1"
    fine(at.selectbox(key="action_site").set_value("MEX55").run())
    at.selectbox(key="action_other").set_value("survey")
    fine(at.button(key="set_action").click().run())
    assert driver.link(at)["do"] == "MEX55:survey"


def test_floors_actions_and_effects_are_set_and_taken_back_on_the_page(shipped):
    at = fine(visit("scenarios", sites="12"))
    fine(at.selectbox(key="quota_code_country").set_value("PER").run())
    fine(at.number_input(key="quota_n").set_value(3).run())
    fine(at.button(key="add_floors").click().run())
    floored = Scenario(budget=12, floors=[["country", "PER", 3]])
    assert at.metric[0].value == number(solve(shipped, floored).objective, 2)
    assert driver.link(at)["floor"] == "country:PER:3"
    fine(at.button(key="drop_floors_country:PER").click().run())
    assert at.metric[0].value == number(solve(shipped, Scenario(budget=12)).objective, 2)
    fine(at.selectbox(key="action").set_value("survey").run())
    assert at.metric[0].value == number(0, 2)
    fine(at.selectbox(key="action_site").set_value("MEX55").run())
    fine(at.selectbox(key="action_other").set_value("new_area").run())
    fine(at.button(key="set_action").click().run())
    mixed = Scenario(budget=12, action="survey", actions=(("MEX55", "new_area"),))
    assert at.metric[0].value == number(solve(shipped, mixed).objective, 2)
    fine(at.button(key="drop_actions_MEX55").click().run())
    fine(at.selectbox(key="action").set_value("protection").run())
    fine(at.number_input(key="effect_value").set_value(0.1).run())
    fine(at.selectbox(key="class_effects_code").set_value("Amphibia").run())
    fine(at.button(key="set_class_effects").click().run())
    own = Scenario(budget=12, class_effects=(("Amphibia", 0.1),))
    assert at.metric[0].value == number(solve(shipped, own).objective, 2)
    fine(at.button(key="reset_scenario").click().run())
    assert driver.link(at) == {}

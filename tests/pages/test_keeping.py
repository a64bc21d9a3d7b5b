"""Keeping scenarios: what is kept, opened, changed, deleted, brought back and carried as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from aze_core.cli import main
from aze_core.domain.errors import SettingError
from aze_core.domain.model import Filters, Weights
from aze_core.domain.settings import value
from aze_core.locale import number, t
from aze_core.scenarios.actions import DEFAULT_ACTION
from aze_core.scenarios.holds import still_holds, without
from aze_core.scenarios.problem import solve
from aze_core.scenarios.scenario import SCHEMA, Scenario
from aze_core.store import folder, scenarios
from aze_core.store.inventory import load
from pages.decide import keeping as page
from pages.shell import keeping
from pages.shell.widgets import md


def harness() -> None:
    import streamlit as st

    from pages.decide import keeping
    from pages.shell import link, loads

    inventory = loads.current()
    link.open_link(inventory, "scenarios")
    scenario = link.scenario()
    exact, _ = loads.plans(inventory, scenario, None)
    st.title("Scenarios")
    keeping.keep(inventory, exact, scenario)
    keeping.shelf(inventory)
    link.write_link("scenarios")
    st.session_state["harness_scenario"] = scenario


def visit(data: str = "", **params: str) -> AppTest:
    at = AppTest.from_function(harness, default_timeout=60)
    for code, text in params.items():
        at.query_params[code.rstrip("_")] = text
    if data:
        at.query_params["data"] = data[:12]
    return fine(at.run())


def fine(at: AppTest) -> AppTest:
    assert [item.message for item in at.exception] == []
    return at


def named(at: AppTest, name: str) -> AppTest:
    at.text_input(key=f"{page.OPEN}_name").set_value(name)
    return fine(at.button(key="keep").click().run())


def test_what_is_asked_with_the_same_press_is_kept(own):
    """A budget that was typed and Keep pressed at once: the plan of that budget is kept."""
    store, _ = own
    at = visit(sites="7")
    at.session_state["budget_sites"] = 9
    named(at, "Nine")
    [one] = scenarios.kept(store)
    assert one.settings["budget"] == 9
    assert len(one.results["selected"]) == 9


def texts(at: AppTest) -> str:
    return "\n".join(item.value for item in (*at.markdown, *at.info, *at.error))


def test_a_kept_scenario_holds_what_came_out_and_replays_on_the_command_line(own, capsys):
    store, _ = own
    named(visit(sites="7", in_="HTI3"), "Seven sites")
    [one] = scenarios.kept(store)
    inventory = keeping_inventory(one, store)
    exact = solve(inventory, Scenario(budget=7, locked_in=("HTI3",)))
    assert one.results["selected"] == list(exact.selected)
    assert one.results["objective"] == exact.objective
    assert main(["solve", "--kept", one.scenario_id[:6], "--format", "json", "--store", str(store)]) == 0
    replayed = json.loads(capsys.readouterr().out)["exact"]
    assert replayed["selected"] == list(exact.selected)
    assert replayed["objective"] == exact.objective


def keeping_inventory(one: scenarios.Kept, store: Path):
    return load(folder.inventory_path(store, one.inventory))


def test_opening_sets_the_scenario_and_a_change_is_told(own):
    store, _ = own
    named(visit(sites="7"), "Seven sites")
    [one] = scenarios.kept(store)
    at = visit(sites="3")
    fine(at.button(key=f"open_{one.scenario_id}").click().run())
    assert at.session_state["harness_scenario"] == Scenario(budget=7)
    assert t("keep.changed") not in texts(at)
    at.session_state["budget_sites"] = 8
    fine(at.run())
    assert t("keep.changed") in texts(at)
    named(at, "Eight sites")
    latest = scenarios.kept(store)[0]
    assert (latest.name, latest.parent) == ("Eight sites", one.scenario_id)


def test_two_sessions_see_what_the_other_keeps_and_deletes(own):
    store, _ = own
    first, second = visit(), visit()
    named(first, "From the first")
    [one] = scenarios.kept(store)
    fine(second.run())
    fine(second.button(key=f"drop_{one.scenario_id}").click().run())
    assert scenarios.kept(store) == []
    # the first still shows it: what its button asks for is told, and nothing breaks
    fine(first.button(key=f"drop_{one.scenario_id}").click().run())
    assert [one.scenario_id in item.value for item in first.error] == [True]
    fine(second.button(key="shelf_undo").click().run())
    assert [each.name for each in scenarios.kept(store)] == ["From the first"]
    assert "shelf_undo" not in {item.key for item in second.button}


def test_under_another_version_only_what_it_lacks_is_dropped_by_name(own):
    store, made = own
    named(visit(sites="7", in_="HTI3"), "Seven sites")
    [one] = scenarios.kept(store)
    at = visit(made.version.content_hash)
    assert "another version of the data" in texts(at)
    fine(at.button(key=f"open_{one.scenario_id}").click().run())
    assert at.session_state["harness_scenario"] == Scenario(budget=7)
    # the numbers are those of the version that is looked at, and it says so
    before = number(one.results["objective"], 2)
    assert any(before in item.value and "computed anew" in item.value for item in at.info)
    assert any("HTI3" in item.value and t("scenario_part.locked_in") in item.value for item in at.info)


@pytest.mark.parametrize("settings", [{"schema": SCHEMA + 1}, {"budget": "many"}, {"unheard": 1}])
def test_a_newer_or_broken_one_is_named_and_nothing_is_lost(own, settings):
    store, _ = own
    whole = visit(sites="7")
    bad = scenarios.save(store, name="Bad", inventory="1" * 64, settings=settings)
    fine(whole.run())
    fine(whole.button(key=f"open_{bad.scenario_id}").click().run())
    assert len(whole.error) == 1
    assert whole.session_state["harness_scenario"] == Scenario(budget=7)
    assert page.OPEN not in whole.session_state


def test_files_come_back_and_what_is_damaged_is_named(own):
    store, _ = own
    named(visit(sites="7"), "Seven sites")
    [one] = scenarios.kept(store)
    content = json.loads(keeping.file_of([one.scenario_id]))
    content["scenarios"] += [{"name": "<script>"}, {**content["scenarios"][0], "name": ""}, 7]
    scenarios.edit(store, one.scenario_id, name="Called something else")
    inventory = keeping_inventory(one, store)
    n, skipped = keeping.take_in(inventory, json.dumps(content).encode())
    assert (n, len(skipped)) == (1, 3)
    assert [each.settings for each in scenarios.kept(store)] == [one.settings, one.settings]
    for raw in (b"", b"\xff\xfe", b"[" * 100_000, b"{}", b" " * (value("limits.scenarios.bytes") + 1)):
        with pytest.raises(SettingError):
            keeping.take_in(inventory, raw)
    assert len(scenarios.kept(store)) == 2


def test_a_file_is_brought_to_the_page(own):
    store, _ = own
    named(visit(sites="7"), "Seven sites")
    [one] = scenarios.kept(store)
    content = json.loads(keeping.file_of([one.scenario_id]))
    first = content["scenarios"][0]
    content["scenarios"] += [
        {"name": "No data"},
        {**first, "name": "Lost", "settings": Scenario(locked_in=("Atlantis",)).to_dict()},
        {**first, "name": "Whole", "settings": Scenario(locked_in=("HTI3",)).to_dict()},
        {**first, "name": "Broken", "settings": {"budget": "many"}},
    ]
    at = visit()
    at.file_uploader(key="shelf_file").set_value(("k.json", json.dumps(content).encode(), "application/json"))
    fine(at.run())
    fine(at.button(key="shelf_import").click().run())
    told = [t("keep.taken_in", n=3), t("keep.taken_in_lost", n=1), t("keep.taken_in_here", n=1)]
    assert [item.value for item in at.info[:3]] == [md(each) for each in told]
    assert "No data" in at.info[3].value
    assert len(scenarios.kept(store)) == 4
    # once more: all of it is here
    fine(at.button(key="shelf_import").click().run())
    told = [t("keep.taken_in", n=0), t("keep.taken_in_here", n=4)]
    assert [item.value for item in at.info[:2]] == [md(each) for each in told]
    assert len(scenarios.kept(store)) == 4
    at.file_uploader(key="shelf_file").set_value(("k.json", b"{}", "application/json"))
    fine(at.run())
    fine(at.button(key="shelf_import").click().run())
    assert len(at.error) == 1
    assert len(scenarios.kept(store)) == 4


def test_the_shelf_is_searched_and_copied(own):
    store, _ = own
    for name, text in (("First", "coast"), ("Second", "hills")):
        scenarios.save(store, name=name, note=text, inventory="1" * 64, settings=Scenario().to_dict())
    at = visit()
    assert [item.label for item in at.checkbox] == ["Second", "First"]
    at.text_input(key="shelf_search").set_value("COAST")
    fine(at.run())
    assert [item.label for item in at.checkbox] == ["First"]
    [one] = scenarios.kept(store, "coast")
    fine(at.button(key=f"copy_{one.scenario_id}").click().run())
    assert [item.label for item in at.checkbox] == [md(t("keep.copy_name", name="First")), "First"]
    at.checkbox(key=f"pick_{one.scenario_id}").check()
    assert fine(at.run()).get("download_button")


def test_from_another_computer_nothing_is_written(remote):
    store, _ = remote
    one = scenarios.save(store, name="Here", inventory="1" * 64, settings=Scenario(budget=7).to_dict())
    at = visit()
    for key in ("keep", f"copy_{one.scenario_id}", f"drop_{one.scenario_id}"):
        assert at.button(key=key).disabled
    assert not at.get("file_uploader")
    for act in (keeping.copy, keeping.delete, keeping.undo):
        with pytest.raises(SettingError):
            act(one.scenario_id)
    with pytest.raises(SettingError):
        keeping.take_in(load(folder.inventory_path(store, folder.read_current(store).inventory)), b"{}")
    fine(at.button(key=f"open_{one.scenario_id}").click().run())
    assert at.session_state["harness_scenario"] == Scenario(budget=7)
    assert scenarios.kept(store) == [one]


def test_without_what_is_lost_everything_holds(own):
    inventory = load(own[1].path)
    asked = Scenario(
        budget=5,
        locked_in=("Atlantis", inventory.sites.index[0]),
        must_have=("nobody",),
        floors=(("country", "XXX", 1),),
        class_effects=(("Dragons", 0.1),),
        actions=(("Atlantis", DEFAULT_ACTION),),
        filters=Filters(countries=("XXX",)),
    )
    left = without(asked, still_holds(inventory, asked))
    assert left == Scenario(budget=5, locked_in=(inventory.sites.index[0],))


def test_what_the_page_cannot_hold_is_rounded_and_told(own):
    store, _ = own
    inventory = folder.read_current(store).inventory
    exact = Scenario("km2", 0.4, objective="weighted", weights=Weights(0.5, 0.3, 0.2))
    large = Scenario(budget=200_000, objective="weighted", weights=Weights(0.5, 0.3, 0.2))
    one, two = (
        scenarios.save(store, name=name, inventory=inventory, settings=each.to_dict())
        for name, each in (("Small", exact), ("Large", large))
    )
    at = visit()
    fine(at.button(key=f"open_{one.scenario_id}").click().run())
    assert t("keep.rounded") in texts(at)
    held = at.session_state["harness_scenario"]
    assert held.budget == 1
    assert held.weights.shares == pytest.approx(exact.weights.shares)
    fine(at.button(key=f"open_{two.scenario_id}").click().run())
    # the same by its parts: nothing to tell
    assert t("keep.rounded") not in texts(at)
    fine(at.run())
    assert at.session_state["harness_scenario"].budget == 200_000
    # what was kept is as it was
    assert Scenario.from_dict(scenarios.get(store, one.scenario_id).settings) == exact

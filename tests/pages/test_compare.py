"""Compare: what stands side by side, one plan by itself, and what cannot be."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from aze_core.cli import main
from aze_core.domain.model import Inventory
from aze_core.locale import percent, t
from aze_core.scenarios import Scenario, solve
from aze_core.scenarios.alternatives import Differing, alternatives
from aze_core.scenarios.comparison import Plan, compare
from aze_core.scenarios.ladder import even_steps, ladder
from aze_core.scenarios.landscapes import LandscapeSettings, group
from aze_core.scenarios.robust import robust
from aze_core.scenarios.sensitivity import sensitivity
from aze_core.store import folder, scenarios
from aze_core.store.inventory import load
from pages.decide import assumed, grouped
from pages.shell import link
from tests.pages import driver
from tests.pages.driver import answer, fine, visit

FIVE, AREA = Scenario(budget=5), Scenario("km2", 800)


@pytest.fixture
def shipped_here(own) -> tuple[Path, Inventory]:
    """A store of the test's own, and its shipped inventory."""
    store, _ = own
    current = folder.read_current(store)
    assert current is not None
    return store, load(folder.inventory_path(store, current.inventory))


def keep(store: Path, name: str, scenario: Scenario, data: str) -> str:
    return scenarios.save(store, name=name, inventory=data, settings=scenario.to_dict()).scenario_id


@pytest.fixture
def two(shipped_here) -> tuple[str, str, Inventory, Path]:
    store, inventory = shipped_here
    data = inventory.version.content_hash
    return keep(store, "Five", FIVE, data), keep(store, "Area", AREA, data), inventory, store


def texts(at) -> str:
    return "\n".join([*driver.markdown(at), *(item.value for item in (*at.warning, *at.info))])


def test_two_kept_plans_and_what_the_scenarios_page_asks(two) -> None:
    five, area, inventory, _ = two
    at = fine(visit("compare", sites="8"))
    # the two kept ones in the order in which they were kept, then the one that is asked now
    assert at.multiselect(key="plans_pick").value == [five, area, link.NOW]
    asked = [FIVE, AREA, Scenario(budget=8)]
    here = inventory.version.content_hash
    made = compare(inventory, [Plan("", s, solve(inventory, s), here) for s in asked])
    shared = int((made.sites["letters"] == "ABC").sum())
    assert f"share **{shared} of {len(made.sites)} sites**" in answer(at)
    shown = driver.frame(at, "measure", "A", "B", "C", "B−A")
    row = shown[shown["measure"] == t("measure.sites_complete")].iloc[0]
    lines = made.measures.loc["sites_complete"]
    assert [row[x].split()[0] for x in "ABC"] == [f"{lines[x]:.0f}" for x in "ABC"]
    assert row["B−A"] == f"+{lines['B'] - lines['A']:.0f}"
    assert [x for x in "ABC" if "◂" in row[x]] == list(lines["best"])
    table = driver.frame(at, "plans", "site", "country")
    assert table["plans"].to_dict() == made.sites["letters"].to_dict()
    assert t("compare.hindrance.budgets", letters="", n=0) in texts(at)


def test_the_command_line_gives_the_same_lines(two, capsys) -> None:
    five, area, _, store = two
    capsys.readouterr()
    assert main(["compare", five, area, "--format", "json", "--store", str(store)]) == 0
    told = json.loads(capsys.readouterr().out)
    at = fine(visit("compare", plans=f"{five}~{area}"))
    table = driver.frame(at, "plans", "site", "country")
    assert table["plans"].to_dict() == {row["site_id"]: row["letters"] for row in told["sites"]}
    shown = driver.frame(at, "measure", "A", "B")
    for row in told["measures"]:
        line = shown[shown["measure"] == t(f"measure.{row['measure']}")].iloc[0]
        if row["unit"] in ("sites", "species", "countries"):
            assert [line[x].split()[0] for x in "AB"] == [f"{row[x]:.0f}" for x in "AB"]
    counts = ", ".join(f"**{x}** {n}" for x, n in told["without_a_covered_site"].items())
    assert counts in texts(at)


def test_one_plan_alone_and_the_same_plan_twice(two) -> None:
    five, _, inventory, store = two
    at = fine(visit("compare", plans=five))
    assert answer(at) == t("compare.answer_one")
    assert t("compare.keep_more") in texts(at)
    again = keep(store, "Again", FIVE, inventory.version.content_hash)
    same = fine(visit("compare", plans=f"{five}~{again}"))
    assert answer(same) == t("compare.answer_same", n=5)
    assert t("compare.hindrance.same_plan", letters="A and B", n=0) in texts(same)
    assert texts(same).count(t("compare.same_as", letters="A")) == 1


def test_deleted_foreign_and_infeasible_plans_are_named(two) -> None:
    five, area, inventory, store = two
    scenarios.delete(store, area)
    bad = keep(store, "Bad", Scenario(budget=0, locked_in=("HTI3",)), inventory.version.content_hash)
    at = fine(visit("compare", plans=f"{five}~{area}~{bad}~{'0' * 12}"))
    said = [item.value for item in at.warning]
    assert len(said) == 3
    assert sum(t("compare.foreign").split(".")[0][:30] in text for text in said) == 2
    assert any("Bad" in text and "Massif de la Hotte" in text for text in said)
    # what is left still stands
    assert answer(at) == t("compare.answer_one")
    none = fine(visit("compare", plans=bad))
    assert answer(none) == t("compare.none")
    lost = visit("compare", plans="x~y")
    assert "plans=x~y" in texts(lost).replace("\\", "")


def test_a_plan_of_another_version_is_carried_over(two) -> None:
    """Kept for the training archipelago: none of its sites is on the shipped list."""
    five, _, inventory, store = two
    other = next(
        one for one in store.glob("inventories/*.gpkg") if inventory.version.content_hash not in str(one)
    )
    training = load(other)
    far = keep(store, "Far", Scenario(budget=3), training.version.content_hash)
    at = fine(visit("compare", plans=f"{five}~{far}"))
    n = len(solve(training, Scenario(budget=3)).selected)
    assert t("compare.hindrance.nothing", letters="B", n=n) in texts(at)
    # studies of it use its own data
    alone = fine(visit("compare", plans=f"{five}~{far}", study="landscapes", letter="B"))
    assert f"The {n} sites of plan B" in answer(alone)
    gone = keep(store, "Gone", Scenario(budget=2, locked_in=("Atlantis",)), "f" * 64)
    moved = fine(visit("compare", plans=gone))
    said = texts(moved).replace("\\", "")
    assert "solved again with these" in said
    assert "Atlantis" in said


def test_the_ladder(two) -> None:
    five, area, inventory, _ = two
    at = fine(visit("compare", plans=f"{five}~{area}", study="ladder", letter="B", rungs="3"))
    made = ladder(inventory, AREA, even_steps(AREA, 3))
    shown = driver.frame(at, "entering", "loss", "apart")
    assert shown["entering"].tolist() == made.steps["entering"].tolist()
    assert driver.frame(at, "step", "site", "species")["step"].to_dict() == made.entering.to_dict()
    at.text_input(key="ladder_budgets").set_value("100, 300, 900")
    fine(at.run())
    own = ladder(inventory, AREA, (100, 300, 900))
    assert driver.frame(at, "entering", "loss", "apart")["sites"].tolist() == own.steps["sites"].tolist()
    assert driver.link(at)["budgets"] == "100, 300, 900"
    for text, said in (
        ("1, x", "numbers above 0"),
        ("-3, 5", "numbers above 0"),
        ("5, 5", "budget of its own"),
        ("1..2", "numbers above 0"),
    ):
        at.text_input(key="ladder_budgets").set_value(text)
        fine(at.run())
        assert answer(at) == t("ladder.no_answer")
        assert said in at.warning[0].value


def test_alternatives(two) -> None:
    five, _, inventory, _ = two
    at = fine(visit("compare", plans=five, study="others", apart="2", within="10", most="2"))
    made = alternatives(inventory, FIVE, Differing(2, 0.1, 2))
    shown = driver.frame(at, "plan", "part", "in", "out")
    parts = [plan.objective / made.best.objective for plan in (made.best, *made.plans)]
    assert shown["part"].tolist() == [percent(part, 1) for part in parts]
    for row, plan in zip(shown["in"][1:], made.plans, strict=True):
        assert all(site in row for site in set(plan.selected) - set(made.best.selected))
    at.number_input(key="apart").set_value(40)
    fine(at.run())
    assert "No other plan" in answer(at)


def test_core_and_assumptions(two) -> None:
    five, _, inventory, _ = two
    plan = solve(inventory, FIVE)
    at = fine(visit("compare", plans=five, study="core"))
    made = robust(inventory, FIVE, plan)
    assert driver.frame(at, "share", "in_plan")["share"].to_dict() == pytest.approx(
        made.sites["share"].to_dict()
    )
    assert f"**{made.number('core')} sites**" in answer(at)
    assert answer(fine(visit("compare", plans=five, study="assumptions"))) == t(
        "assumed.answer_all", letter="A", n=12
    )
    at = fine(visit("compare", plans=link.NOW, study="assumptions"))
    rows = sensitivity(inventory, Scenario(), solve(inventory, Scenario()))
    shown = driver.frame(at, "variant", "loss", "entered")
    assert shown["variant"].tolist() == [assumed.variant(row) for row in rows.to_dict("records")]
    assert (shown["loss"] == t("assumed.stays")).tolist() == rows["stays"].tolist()
    assert f"**{int(rows['stays'].sum())} of {len(rows)}**" in answer(at)


def test_landscapes_and_their_names(two) -> None:
    _, area, inventory, _ = two
    at = fine(visit("compare", plans=area, study="landscapes", diameter="400"))
    sites = solve(inventory, AREA).selected
    made = group(inventory, sites, LandscapeSettings(400))
    shown = driver.frame(at, "name", "diameter", "threats")
    assert shown["name"].tolist() == made.table["name"].tolist()
    assert [n for n in shown["number"] if n] == [
        str(n + 1) for n in range(int((made.table["sites"] > 1).sum()))
    ]
    # a name of one's own, as the editor keeps it
    first = str(made.table.index[0])
    at.session_state[grouped.NAMES] = {first: "Upper Coast"}
    fine(at.run())
    assert driver.frame(at, "name", "diameter", "threats")["name"].iloc[0] == "Upper Coast"
    # two sites far apart stay together when asked to
    pair = list(made.members.index[:2])
    at.multiselect(key="group_sites").set_value(pair)
    at.text_input(key="group_name").set_value("Twins")
    fine(at.run())
    fine(at.button(key="add_group").click().run())
    members = driver.frame(at, "landscape", "site", "group")
    assert set(members.index[members["group"] == "Twins"]) == set(pair)
    assert members.at[pair[0], "landscape"] == members.at[pair[1], "landscape"]
    fine(at.button(key="drop_group_Twins").click().run())
    assert driver.frame(at, "landscape", "site", "group")["group"].isna().all()


def test_a_diameter_of_zero_is_refused_with_a_word(two) -> None:
    _, area, _, _ = two
    at = fine(visit("compare", plans=area, study="landscapes", diameter="0"))
    assert "diameter=0" in texts(at).replace("\\", "")
    assert at.number_input(key="diameter_km").value == 100


def test_full_screen_shows_three_things_and_the_way_out(two) -> None:
    five, area, _, _ = two
    at = fine(visit("compare", plans=f"{five}~{area}", full="1"))
    assert "plans_pick" not in {item.key for item in at.multiselect}
    assert len(at.get("vega_lite_chart")) == 2
    assert not at.dataframe
    fine(at.button(key="turn_full").click().run())
    assert at.multiselect(key="plans_pick").value == [five, area]
    assert "full" not in driver.link(at)


def test_an_empty_filter_is_told_of_the_plan_that_is_asked_now(two) -> None:
    at = fine(visit("compare", country="AFG", class_="Anthozoa"))
    assert t("compare.now_empty") in texts(at).replace("\\", "")
    fine(at.button(key="clear_filters").click().run())
    assert t("compare.now_empty") not in texts(at).replace("\\", "")


def test_no_cover_no_plan(monkeypatch, two) -> None:
    from pages.shell import loads

    real = loads.current

    def without_cover() -> Inventory:
        inventory = real()
        object.__setattr__(inventory, "coverage", inventory.coverage.iloc[:0])
        return inventory

    monkeypatch.setattr(loads, "current", without_cover)
    at = fine(visit("compare"))
    assert answer(at) == t("scenarios.no_cover", n=588)


def test_the_sheet_and_the_workbook(two) -> None:
    from pages.decide import side_by_side
    from pages.shell.comparing import Chosen

    _, _, inventory, _ = two
    here = inventory.version.content_hash
    plans = [Plan(name, s, solve(inventory, s), here) for name, s in (("<b>#Five*", FIVE), ("Area", AREA))]
    made = compare(inventory, plans)
    found = [Chosen("", plan, inventory) for plan in plans]
    content = side_by_side.sheet(inventory, made, found)
    assert content["warning"]  # historical
    assert [plan["name"] for plan in content["plans"]] == ["<b>#Five*", "Area"]
    assert t("scenarios.consent") in content["notes"]
    assert len(content["sites"]) == len(made.sites)
    pdf = side_by_side.comparison_sheet(content)
    assert pdf.startswith(b"%PDF-")
    book = pd.read_excel(
        io.BytesIO(side_by_side.workbook(inventory, made, found)), sheet_name=None, engine="calamine"
    )
    assert len(book) >= 5


def test_five_plans_in_a_link_are_too_many(two) -> None:
    five, _, _, _ = two
    at = fine(visit("compare", plans="~".join(["a" * 12, "b" * 12, "c" * 12, "d" * 12, five])))
    assert "plans" in texts(at)

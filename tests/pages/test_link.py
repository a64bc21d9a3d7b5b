"""The link: what an address carries comes up on the page, on every page, and goes back into the address."""

from __future__ import annotations

import pytest

from aze_core.locale import t
from aze_core.scenarios.problem import BUDGETS
from aze_core.store import folder
from pages.shell import link
from pages.shell.widgets import md
from tests.pages import driver
from tests.pages.driver import fine, visit

# one good value that is not the default for every entry
GIVEN = {
    "country": "MEX~PER",
    "region": "americas",
    "class": "Amphibia~Aves",
    "category": "CR~unknown",
    "site": "MEX51",
    "order": "weighted",
    "wi": "80",
    "we": "0",
    "wp": "15",
    "more": "neighbours:25~gap:5",
    "turn": "pressure~neighbours",
    "scale": "MEX~PER",
    "unknown": "high",
    "scheme": "edge2",
    "ratio": "1.5",
    "sure": "ordinal",
    "votes": "50",
    "certain": "1",
    "top": "7",
    "seed": "12",
    "about": "orders",
    "axis": "extinction",
    "box": "0.1~0.9~0.2~0.8",
    "vs": "MEX51~MEX55",
    "beyond": "MEX51",
    "stopped": "PER1",
    "all": "1",
    "list": "global_aze",
    "borders": "none",
    "view": "ready",
    "part": "desk",
    "with": "0123456789ab",
    "vintage": "2016",
    "of": "PER",
    "group": "all~country:PER",
    "measure": "none",
    "show": "none~complete",
    "horizon": "20",
    "effect": "0.25",
    "unit": "km2",
    "sites": "3",
    "km2": "700",
    "in": "MEX55",
    "out": "MEX57~PER1",
    "goal": "lexicographic",
    "cost": "1250000.5",
    "index": "40",
    "exponent": "0.5",
    "fill": "1",
    "action": "oecm",
    "do": "MEX51:extension~PER1:survey",
    "held": "management:0.4",
    "to": "80",
    "must": "abies-beshanzuensis",
    "floor": "country:PER:2~class:Aves:1",
    "ceiling": "region:americas:9",
    "withheld": "1",
    "by_class": "Amphibia:0.2",
    "words": "aichi",
    "plans": "0123456789ab~now",
    "study": "ladder",
    "letter": "B",
    "full": "1",
    "ladder": "goal",
    "rungs": "3",
    "budgets": "5, 10",
    "apart": "2",
    "within": "10",
    "most": "4",
    "diameter": "250",
    "across": "1",
}
TRIED = [item for item in link.PARAMETERS if item.code in GIVEN]


def test_every_entry_of_the_link_is_tried_here(shipped):
    # the shipped inventory has no national knowledge to filter by
    # nor a table of costs, nor threats
    assert {*GIVEN, "known", "costs", "by_threat"} == {item.code for item in link.PARAMETERS}
    sites = set(shipped.sites.index)
    codes = ("site", "in", "out", "vs", "beyond", "stopped")
    named = {site for code in codes for site in GIVEN[code].split("~")}
    assert named <= sites
    assert GIVEN["unit"] in BUDGETS


@pytest.mark.parametrize("page", driver.PAGES)
def test_an_address_seeds_the_state_and_is_written_back(page):
    at = fine(visit(page, **{f"{code}_": text for code, text in GIVEN.items()}))
    assert "dismiss_link" not in driver.keys(at)
    expected = {item.code: GIVEN[item.code] for item in TRIED if not item.pages or page in item.pages}
    assert driver.link(at) == expected
    for item in TRIED:
        state = at.session_state[item.key]
        assert item.write(state) == GIVEN[item.code], item.code


def test_what_was_seeded_on_one_page_stands_on_all_others():
    at = fine(visit("methods", **{f"{code}_": text for code, text in GIVEN.items()}))
    for page in driver.PAGES:
        fine(driver.go(at, page))
        expected = {item.code: GIVEN[item.code] for item in TRIED if not item.pages or page in item.pages}
        assert driver.link(at) == expected, page


def test_an_address_opened_in_a_second_session_shows_the_same_page():
    first = fine(visit("priorities", country="MEX~PER", order="weighted"))
    first.slider(key="w_pressure").set_value(75).run()
    first.toggle(key="all_sites").set_value(True).run()
    first.selectbox(key="site").set_value("PER1").run()
    address = driver.link(fine(first))
    assert address == {
        "country": "MEX~PER",
        "order": "weighted",
        "wp": "75",
        "all": "1",
        "site": "PER1",
    }
    second = fine(visit("priorities", **address))
    assert driver.markdown(second) == driver.markdown(first)
    one, two = driver.frame(first, "rank", "interval"), driver.frame(second, "rank", "interval")
    assert one.equals(two)


def test_filters_are_shared_by_all_pages_and_written_into_the_address(shipped):
    at = fine(visit("overview"))
    assert driver.link(at) == {}
    at.multiselect(key="f_country").set_value(["MEX"]).run()
    for page in driver.PAGES:
        fine(driver.go(at, page))
        assert driver.link(at)["country"] == "MEX", page
        assert at.multiselect(key="f_country").value == ["MEX"]
    assert len(driver.go(at, "site").selectbox(key="site").options) == 68
    at.button(key="clear_filters").click().run()
    assert "country" not in driver.link(fine(at))
    assert len(at.selectbox(key="site").options) == len(shipped.sites)


def test_choices_of_one_page_survive_a_visit_to_another():
    at = fine(visit("scenarios"))
    at.number_input(key="budget_sites").set_value(4).run()
    at.number_input(key="horizon").set_value(20).run()
    driver.go(at, "methods")
    assert driver.link(fine(at)) == {}
    driver.go(at, "priorities")
    assert driver.link(fine(at))["horizon"] == "20"
    driver.go(at, "scenarios")
    assert driver.link(fine(at)) == {"sites": "4", "horizon": "20"}
    assert at.number_input(key="budget_sites").value == 4


def test_reset_takes_the_scenario_back_to_its_defaults():
    at = fine(visit("scenarios", sites="4", km2="9", horizon="20", effect="0.5", in_="MEX55", out="MEX57"))
    at.button(key="reset_scenario").click().run()
    assert driver.link(fine(at)) == {}
    at = fine(visit("priorities", horizon="20", effect="0.5", country="MEX"))
    at.button(key="reset_assumptions").click().run()
    assert set(driver.link(fine(at))) == {"country", "site"}


def test_the_last_of_a_repeated_entry_counts():
    at = fine(visit("overview", country=["XX", "MEX"]))
    assert driver.link(at) == {"country": "MEX"}
    assert "dismiss_link" not in driver.keys(at)


def test_what_a_visitor_moved_is_not_sent_back_over_what_he_moves_next():
    at = fine(visit("priorities", order="weighted"))
    at.slider(key="w_pressure").set_value(75).run()
    moved = fine(at).slider(key="w_pressure")
    assert moved.value == 75
    assert not moved.proto.set_value
    driver.go(at, "methods")
    back = fine(driver.go(at, "priorities")).slider(key="w_pressure")
    assert back.value == 75
    assert back.proto.set_value


def test_a_site_cannot_have_a_threat_beyond_boundaries_and_not_have_it():
    at = fine(visit("priorities", beyond="MEX51~PER1", stopped="PER1~MEX55"))
    assert {code: driver.link(at).get(code) for code in ("beyond", "stopped")} == {
        "beyond": "MEX51~PER1",
        "stopped": "MEX55",
    }
    assert t("link.ignored", n=1, entries=md("stopped=PER1")) in driver.markdown(at)


def test_quick_moves_of_several_widgets_all_count_and_are_not_sent_back():
    at = fine(visit("priorities", order="weighted", more="neighbours:10"))
    # the second move is made before the page has answered the first
    at.slider(key="w_pressure").set_value(75)
    at.slider(key="wm_neighbours").set_value(40)
    at.toggle(key="turn_pressure").set_value(True)
    fine(at.run())
    assert driver.link(at) == {
        "order": "weighted",
        "wp": "75",
        "more": "neighbours:40",
        "turn": "pressure",
        "site": at.session_state["site"],
    }
    for key in ("w_pressure", "wm_neighbours"):
        assert not at.slider(key=key).proto.set_value
    assert not at.toggle(key="turn_pressure").proto.set_value


def test_another_version_lets_go_of_boxes_criteria_and_sites_that_it_does_not_know(own):
    made = own[1].version.content_hash
    at = fine(
        visit(
            "priorities",
            data=made[:12],
            order="weighted",
            more="national:Water yield:20~neighbours:5",
            turn="neighbours",
            box="0~0.9~0~0.9",
            axis="impact",
            vs="990015~990038",
            top="5",
        )
    )
    at.selectbox(key="version_pick").set_value(folder.read_current(own[0]).inventory).run()
    assert driver.link(fine(at)) == {
        "order": "weighted",
        "turn": "neighbours",
        "axis": "impact",
        "top": "5",
        "more": "neighbours:5",
        "site": at.session_state["site"],
    }
    lost = ("more=national:Water yield:20", "vs=990015~990038")
    assert t("link.ignored", n=2, entries=md(", ".join(lost))) in driver.markdown(at)
    # an axis without values there gives way to one that has some
    assert at.segmented_control(key="threat_pick").value == "pressure"
    at.selectbox(key="version_pick").set_value(made).run()
    assert driver.link(fine(at))["data"] == made[:12]
    assert at.segmented_control(key="threat_pick").value == "impact"

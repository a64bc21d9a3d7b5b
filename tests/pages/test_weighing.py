"""The weights of the ranking: sliders, guided swings, presets, further criteria, scales, unknown values."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Assumptions, RankSettings, Weights
from aze_core.locale import explain, t
from aze_core.measures.withhold import withheld
from aze_core.ranking.presets import PRESETS, preset
from aze_core.ranking.score import rank_sites
from aze_core.ranking.values import criteria_values, say_the_same
from aze_core.store.inventory import load
from pages.decide import weighing
from pages.shell import controls, link
from pages.shell.widgets import say
from tests.pages import driver
from tests.pages.driver import fine, visit

HOW, FIRST, SWING = (link.KEPT + name for name in ("how", "first", "swing_"))
WATER = "national:Water yield"


def order(at: AppTest) -> list[str]:
    """Listed sites as the table has them."""
    return list(driver.frame(at, "rank", "interval").index)


def slider(at: AppTest, code: str):
    """The slider of a criterion."""
    return at.slider(key=f"w_{code}" if code in link.MAIN else f"wm_{code}")


def notes(at: AppTest) -> str:
    """All small text of the page."""
    return " ".join(driver.markdown(at))


def test_a_preset_sets_weights_and_directions_and_gives_its_reason_while_it_stands(shipped):
    at = fine(visit("priorities", order="weighted"))
    # the page starts with one of them
    assert at.selectbox(key="preset_pick").value == "balanced"
    assert t("preset.balanced_why") in notes(at)
    for code in (*PRESETS[1:], PRESETS[0]):
        fine(at.selectbox(key="preset_pick").set_value(code).run())
        made = preset(code)
        assert {name: slider(at, name).value for name in link.MAIN} == {
            name: getattr(made, name) for name in link.MAIN
        }
        assert order(at) == list(rank_sites(shipped, made).index)
        assert t(f"preset.{code}_why") in notes(at)
    fine(slider(at, "pressure").set_value(31).run())
    assert at.selectbox(key="preset_pick").value is None
    assert not any(t(f"preset.{code}_why") in notes(at) for code in PRESETS)
    # once left it can be chosen again, and a link to it gives its reason too
    fine(at.selectbox(key="preset_pick").set_value("intact").run())
    again = fine(visit("priorities", **driver.link(at)))
    assert t("preset.intact_why") in notes(again)
    assert again.selectbox(key="preset_pick").value == "intact"


def test_guided_swings_become_the_weights_only_when_they_are_used(shipped):
    at = fine(visit("priorities", order="weighted"))
    before = order(at)
    fine(at.segmented_control(key=HOW).set_value("guided").run())
    anchors = criteria_values(shipped, link.MAIN, Assumptions()).anchors
    assert at.radio(key=FIRST).options == [
        say(
            "weighing.swing",
            criterion=controls.criterion_name(code),
            worst=controls.criterion_value(shipped, code, anchors.at[code, "worst"]),
            best=controls.criterion_value(shipped, code, anchors.at[code, "best"]),
        )
        for code in link.MAIN
    ]
    assert "use_swings" not in driver.keys(at)
    fine(at.radio(key=FIRST).set_value("pressure").run())
    # nobody's silence counts as 0
    assert at.button(key="use_swings").disabled
    fine(at.number_input(key=SWING + "extinction").set_value(50).run())
    assert at.button(key="use_swings").disabled
    fine(at.number_input(key=SWING + "irreplaceability").set_value(0).run())
    assert not at.button(key="use_swings").disabled
    assert order(at) == before
    assert not {"wi", "we", "wp"} & set(driver.link(at))
    # the answers outlive a visit to another page
    fine(driver.go(at, "site"))
    fine(driver.go(at, "priorities"))
    assert at.segmented_control(key=HOW).value == "guided"
    assert at.radio(key=FIRST).value == "pressure"
    assert at.number_input(key=SWING + "extinction").value == 50
    fine(at.button(key="use_swings").click().run())
    assert {code: slider(at, code).value for code in link.MAIN} == {
        "irreplaceability": 0,
        "extinction": 50,
        "pressure": 100,
    }
    assert order(at) == list(rank_sites(shipped, Weights(0, 50, 100)).index)
    assert [driver.link(at)[code] for code in ("wi", "we", "wp")] == ["0", "50", "100"]


def test_a_direction_is_turned_and_the_scale_with_it(shipped):
    at = fine(visit("priorities", order="weighted"))
    high_first = weighing.range_text(
        shipped, criteria_values(shipped, ("pressure",), Assumptions()), "pressure"
    )
    assert high_first in notes(at)
    fine(at.toggle(key="turn_pressure").set_value(True).run())
    turned = criteria_values(shipped, ("pressure",), Assumptions(), reverse=("pressure",))
    assert weighing.range_text(shipped, turned, "pressure") in notes(at)
    assert high_first not in notes(at)
    assert order(at) == list(rank_sites(shipped, Weights(reverse=("pressure",))).index)
    assert driver.link(at)["turn"] == "pressure"


def test_further_criteria_come_with_points_and_go_again(shipped):
    at = fine(visit("priorities", order="weighted"))
    picker = at.multiselect(key="more_pick")
    assert picker.options == [controls.criterion_name(code) for code in link.MORE]
    fine(picker.set_value(["neighbours", "gap"]).run())
    assert order(at) == list(rank_sites(shipped, Weights(neighbours=10, gap=10)).index)
    fine(slider(at, "neighbours").set_value(70).run())
    assert driver.link(at)["more"] == "neighbours:70~gap:10"
    # at uncovered sites the uncovered part is the same, and greyed with the reason until others are listed
    assert slider(at, "gap").disabled
    assert t("criterion.constant") in notes(at)
    fine(at.toggle(key="all_sites").set_value(True).run())
    assert not slider(at, "gap").disabled
    assert order(at) == list(rank_sites(shipped, Weights(neighbours=70, gap=10), RankSettings(False)).index)
    fine(at.multiselect(key="more_pick").set_value(["gap"]).run())
    assert driver.link(at)["more"] == "gap:10"
    assert order(at) == list(rank_sites(shipped, Weights(gap=10), RankSettings(False)).index)


def test_what_is_known_nowhere_is_greyed_with_the_reason(shipped):
    at = fine(visit("priorities", order="weighted", more="star:20~areas:5", we="0"))
    # the shipped list has no threats and no computed cover
    assert [slider(at, code).disabled for code in (*link.MAIN, "star", "areas")] == [
        False,
        True,
        False,
        True,
        True,
    ]
    assert t("criterion.nowhere") in notes(at)
    # a weight that tells nobody apart moves nobody
    assert order(at) == list(rank_sites(shipped, Weights(40, 0, 30)).index)


def test_the_scale_belongs_to_the_countries_of_the_session_and_no_filter_moves_it(shipped):
    at = fine(visit("priorities", order="weighted"))
    fine(at.multiselect(key="scale").set_value(["MEX"]).run())
    scope = RankSettings(scope=("MEX",))
    assert order(at) == list(rank_sites(shipped, Weights(), scope).index)
    ends = criteria_values(shipped, link.MAIN, Assumptions(), ("MEX",))
    for code in link.MAIN:
        assert weighing.range_text(shipped, ends, code) in notes(at)
    scores = driver.frame(at, "rank", "interval")["score"]
    fine(at.multiselect(key="f_country").set_value(["PER"]).run())
    part = driver.frame(at, "rank", "interval")["score"]
    assert part.equals(scores[part.index])


@pytest.mark.parametrize("rule", ["low", "high"])
def test_what_is_not_known_is_taken_at_the_end_that_is_chosen(shipped, rule):
    at = fine(visit("priorities", order="weighted"))
    fine(at.radio(key="unknown_rule").set_value(rule).run())
    assert order(at) == list(rank_sites(shipped, Weights(), RankSettings(unknown=rule)).index)
    assert driver.link(at)["unknown"] == rule


def test_how_sure_is_set_and_set_back(shipped):
    at = fine(visit("priorities", order="weighted"))
    fine(at.number_input(key="votes").set_value(200).run())
    fine(at.number_input(key="top").set_value(3).run())
    fine(at.number_input(key="seed").set_value(5).run())
    fine(at.segmented_control(key="sure").set_value("flat").run())
    fine(at.toggle(key="certain").set_value(True).run())
    assert {code: driver.link(at)[code] for code in ("votes", "top", "seed", "sure", "certain")} == {
        "votes": "200",
        "top": "3",
        "seed": "5",
        "sure": "flat",
        "certain": "1",
    }
    assert "of all weightings" in driver.answer(at)
    assert t("priorities.spread_with_data") not in notes(at)
    fine(at.button(key="reset_sure").click().run())
    assert set(driver.link(at)) == {"order", "site"}
    assert "of weightings near yours" in driver.answer(at)


def test_weights_that_count_the_category_twice_say_so_and_leave_a_ranking(own):
    at = fine(visit("priorities", order="weighted", more="star:20", data=own[1].version.content_hash[:12]))
    assert [item.value for item in at.warning] == [
        f"{explain(SettingError('category_twice'))} {t('priorities.stands_in')}"
    ]
    made = withheld(load(own[1].path))
    assert len(order(at)) == len(rank_sites(made))
    # neither is greyed, so that one of them can be set to 0
    fine(slider(at, "extinction").set_value(0).run())
    assert order(at) == list(rank_sites(made, Weights(40, 0, 30, star=20)).index)
    # which says nearly the same as irreplaceability here
    (rho,) = [pair[2] for pair in say_the_same(made, Weights(40, 0, 30, star=20), RankSettings())]
    assert [item.value for item in at.warning] == [
        say(
            "weighing.same",
            one=t("criterion.irreplaceability"),
            two="threat-abatement STAR",
            rho=rho,
        )
    ]
    assert slider(at, "extinction").disabled
    assert t("criterion.category_twice", other="threat-abatement STAR") in notes(at)


def test_on_the_training_islands_what_is_their_own_can_be_weighed(own):
    made = withheld(load(own[1].path))
    at = fine(visit("priorities", order="weighted", data=own[1].version.content_hash[:12]))
    # nobody knows human influence there
    assert slider(at, "pressure").disabled
    assert t("criterion.nowhere") in notes(at)
    assert order(at) == list(rank_sites(made, Weights(40, 30, 0)).index)
    # words cannot be a criterion, and who holds rights never is one
    options = at.multiselect(key="more_pick").options
    assert "Water yield" in options
    assert t("field.governance") not in options
    assert say("weighing.field_text", field=t("field.governance")) in notes(at)
    fine(at.multiselect(key="more_pick").set_value(["star", WATER]).run())
    # the category counts already, so what restates it comes without points and greyed
    assert driver.link(at)["more"] == f"star:0~{WATER}:10"
    assert slider(at, "star").disabled
    fine(at.toggle(key=f"turn_{WATER}").set_value(True).run())
    fine(slider(at, WATER).set_value(60).run())
    wanted = Weights.of({"irreplaceability": 40, "extinction": 30, WATER: 60}, (WATER,))
    ranked = rank_sites(made, wanted)
    assert order(at) == list(ranked.index)
    shown = driver.frame(at, "rank", "interval")["remark"]
    dry = ranked.index[ranked["unknown"].str.contains("Water")][0]
    assert t("remark.unknown_criterion", criterion="Water yield") in shown[dry]
    # guided: one of the two that hold the category
    fine(at.segmented_control(key=HOW).set_value("guided").run())
    assert len(at.radio(key=FIRST).options) == 3
    assert t("criterion.category_twice", other="extinction risk") in notes(at)
    fine(at.radio(key=FIRST).set_value(WATER).run())
    # what was first is weighed no more, once it is taken out
    fine(at.multiselect(key="more_pick").set_value([]).run())
    assert at.radio(key=FIRST).value is None
    assert t("weighing.step_wait") in notes(at)


def test_a_criterion_known_nowhere_alone_leaves_no_ranking(own):
    at = fine(visit("priorities", order="weighted", wi="0", we="0", data=own[1].version.content_hash[:12]))
    made = withheld(load(own[1].path))
    ranked = rank_sites(made, Weights(0, 0, 30))
    assert ranked["rank"].isna().all()
    assert driver.answer(at) == t("priorities.none_ranked", n=len(ranked))
    assert set(driver.frame(at, "rank", "interval")["remark"]) == {t("why.apart_unknown")}
    assert not driver.drawn(at, "site_id", "low", "high", "p_top")

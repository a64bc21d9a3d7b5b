"""What stands beside the ranking: quarters and box, sites compared, orders, assumptions, filling in."""

from __future__ import annotations

import pandas as pd
import pytest
import streamlit as st

from aze_core.domain.model import Assumptions, RankSettings, Uncertainty, Weights
from aze_core.locale import number, percent, t
from aze_core.measures.impute import Grouped, Validation
from aze_core.ranking.agreement import agreement
from aze_core.ranking.quarters import CODES, within
from aze_core.ranking.quarters import quarters as quarters_of
from aze_core.ranking.score import rank_sites
from aze_core.ranking.sensitivity import assumption_moves
from aze_core.ranking.spread import site_wins
from aze_core.ranking.values import criteria_values
from aze_core.reports.sentences import assumption_name
from pages.decide import beside, quarters
from pages.shell import controls, link, loads
from pages.shell.widgets import say
from tests.pages import driver
from tests.pages.driver import fine, visit


def known(inventory, sites: pd.Index, code: str) -> tuple[pd.Series, pd.Series]:
    """Irreplaceability and a threat of the listed sites."""
    values = criteria_values(inventory, ("irreplaceability", code), Assumptions()).known
    return values.loc[sites, "irreplaceability"], values.loc[sites, code]


def test_quarters_are_counted_and_a_box_narrows_the_table_until_it_is_cleared(shipped):
    ranked = rank_sites(shipped)
    x, y = known(shipped, ranked.index, "pressure")
    where = quarters_of(x, y, 0.5, 0.5)
    at = fine(visit("priorities", box="0.2~0.9~0.25~1"))
    words = {
        f"q_{code}": t("quarters.named", name=t(f"quarters.{code}"), n=int((where == code).sum()))
        for code in CODES
    }
    said = {text for data in driver.drawn(at, "said") for text in data["said"]}
    assert set(words.values()) <= said
    assert any(t("quarters.lost", n=int(where.isna().sum())) in text for text in driver.markdown(at))
    # the box of the link is drawn, and the table holds what lies in it
    inside = ranked.index[within(x, y, (0.2, 0.9), (0.25, 1)).to_numpy()]
    assert 0 < len(inside) < len(ranked)
    assert list(driver.frame(at, "rank", "interval").index) == list(inside)
    assert t("quarters.boxed", n=len(inside), total=len(ranked)) in driver.markdown(at)
    assert driver.link(at)["box"] == "0.2~0.9~0.25~1"
    assert box_of(at) == {"x": [0.2, 0.9], "y": [0.25, 1]}
    # it holds while another part is looked at, and is drawn again when one comes back
    fine(at.segmented_control(key="rank_part").set_value("orders").run())
    assert list(driver.frame(at, "rank", "interval").index) == list(inside)
    fine(driver.go(at, "methods"))
    fine(driver.go(at, "priorities"))
    fine(at.segmented_control(key="rank_part").set_value("quarters").run())
    assert box_of(at) == {"x": [0.2, 0.9], "y": [0.25, 1]}
    # another threat is another scale
    fine(at.segmented_control(key="threat_pick").set_value("extinction").run())
    assert list(driver.frame(at, "rank", "interval").index) == list(ranked.index)
    assert driver.link(at)["axis"] == "extinction"
    assert "box" not in driver.link(at)
    assert box_of(at) is None
    at.session_state["box"] = [0.0, 0.0001, 0.9999, 1.0]
    assert t("quarters.box_empty") in driver.markdown(fine(at.run()))
    fine(at.button(key="unbox").click().run())
    assert list(driver.frame(at, "rank", "interval").index) == list(ranked.index)
    assert "unbox" not in driver.keys(at)


def box_of(at) -> dict[str, list[float]] | None:
    """The box that the chart of quarters comes up with."""
    for chart in at.get("vega_lite_chart"):
        for param in driver.spec(chart).get("params", []):
            if param["name"] == "brush":
                return param.get("value")
    raise AssertionError("no chart of quarters")


TWO = pd.DataFrame(
    {"site_id": list("abcdef"), "x": [0.1, 0.3, 0.3, 0.3, 0.3, 0.9], "y": 0.5, "protection": "none"}
)


def take(monkeypatch, state: dict, **found) -> dict:
    """The state after something was drawn or clicked in the chart."""
    monkeypatch.setattr(st, "session_state", state)
    state["chart"] = {"selection": {"pick": [], "brush": {}, **found}}
    quarters._take("chart", TWO, pd.Index(list("fedcba")))
    return state


def test_a_drawn_box_is_kept_as_the_link_writes_it_and_loses_no_site(monkeypatch):
    state = take(monkeypatch, {"box": []}, brush={"x": [0.29999999, 0.12345], "y": [-0.2, 1.7]})
    assert state["box"] == [0.1234, 0.3, 0.0, 1.0]
    written = next(item for item in link.PARAMETERS if item.code == "box").write(state["box"])
    assert [float(end) for end in written.split("~")] == state["box"]
    assert take(monkeypatch, state)["box"] == []
    # a box beside the scales is none, and the chart is made anew without it
    state = take(monkeypatch, state, brush={"x": [1.1, 1.2], "y": [0, 1]})
    assert state["box"] == []
    assert state[quarters._DRAWN] != state["box"]


def test_a_click_in_the_chart_selects_once_and_of_a_shared_mark_the_first_ranked(monkeypatch):
    state = take(monkeypatch, {"box": []}, pick=[{"site_id": "a"}])
    assert state["site"] == "a"
    # chosen elsewhere since: an older click in the chart does not take it back when a box is drawn
    state["site"] = "c"
    state = take(monkeypatch, state, pick=[{"site_id": "a"}], brush={"x": [0, 1], "y": [0, 1]})
    assert state["site"] == "c"
    assert state["box"] == [0, 1, 0, 1]
    # b, c, d and e share a mark, whose first by identifier is b and whose first by rank is e
    state = take(monkeypatch, state, pick=[{"site_id": "b"}], brush={"x": [0, 1], "y": [0, 1]})
    assert state["site"] == "e"
    assert state["box"] == [0, 1, 0, 1]


def test_up_to_four_sites_are_compared_on_every_criterion_with_wins(shipped):
    ranked = rank_sites(shipped, Weights())
    chosen = [ranked.index[0], ranked.index[5], ranked.index[90]]
    at = fine(visit("priorities", order="weighted", about="compare", more="neighbours:0"))
    fine(at.multiselect(key="compared").set_value(chosen).run())
    assert driver.link(at)["vs"] == "~".join(chosen)
    codes = (*link.MAIN, "neighbours")
    score = [number(ranked.at[site, "score"] * 100, 1) for site in chosen]
    raw = criteria_values(shipped, codes, Assumptions()).raw
    names = [f"{letter} {shipped.sites.at[site, 'name']}" for letter, site in zip("ABC", chosen, strict=True)]
    shown = driver.frame(at, t("compare_sites.line"), *names).set_index(t("compare_sites.line"))
    assert list(shown.loc[t("priorities.score_weighted")]) == score
    for code in codes:
        assert list(shown.loc[controls.criterion_name(code)]) == [
            controls.criterion_value(shipped, code, raw.at[site, code]) for site in chosen
        ]
    given = Uncertainty()
    wins = site_wins(shipped, Weights(), RankSettings(), given, chosen)
    table = driver.frame(at, "A", "B", "C")
    assert list(table["B"]) == [percent(wins.iloc[0, 1]), "–", percent(wins.iloc[2, 1])]
    # weights change the ranks in the labels, and the choice stays
    fine(at.slider(key="w_pressure").set_value(90).run())
    assert at.multiselect(key="compared").value == chosen
    # a site that the filters leave out leaves the comparison too
    kept = shipped.sites.at[chosen[0], "iso3"].split(";")[0]
    fine(at.multiselect(key="f_country").set_value([kept]).run())
    assert chosen[0] in at.multiselect(key="compared").value
    assert set(at.multiselect(key="compared").value) <= set(driver.frame(at, "rank", "interval").index)


def test_sites_compared_in_the_default_order_show_the_loss_itself(shipped):
    ranked = rank_sites(shipped)
    chosen = [ranked.index[0], ranked.index[7]]
    at = fine(visit("priorities", about="compare", vs="~".join(chosen)))
    names = [f"{letter} {shipped.sites.at[site, 'name']}" for letter, site in zip("AB", chosen, strict=True)]
    shown = driver.frame(at, t("compare_sites.line"), *names).set_index(t("compare_sites.line"))
    line = t("compare_sites.loss", horizon=RankSettings().assumptions.horizon_years)
    assert list(shown.loc[line]) == [number(ranked.at[site, "score"], 3) for site in chosen]
    assert {t("priorities.interval_short"), t("priorities.p_top", top=10)} <= set(shown.index)
    # with the data taken as given nothing is drawn, and nothing is said of draws
    at = fine(visit("priorities", about="compare", vs="~".join(chosen), certain="1"))
    shown = driver.frame(at, t("compare_sites.line"), *names).set_index(t("compare_sites.line"))
    assert not {t("priorities.interval_short"), t("priorities.p_top", top=10)} & set(shown.index)
    # of fewer sites than N all are among the first
    at = fine(visit("priorities", about="compare", vs="~".join(chosen), top="1000"))
    shown = driver.frame(at, t("compare_sites.line"), *names).set_index(t("compare_sites.line"))
    assert t("priorities.p_top", top=1000) not in shown.index


def test_the_two_orders_are_compared_by_tau_and_by_the_sites_furthest_apart(shipped):
    found = agreement(rank_sites(shipped), rank_sites(shipped, Weights()))
    at = fine(visit("priorities", about="orders"))
    told = t("orders.tau", tau=found.tau, same=found.alike * 100, n=found.sites)
    first = found.apart.iloc[0]
    most = say(
        "orders.most",
        site=shipped.sites.at[found.apart.index[0], "name"],
        loss=int(first["one"]),
        weights=int(first["two"]),
    )
    assert f"{told} {most}" in driver.markdown(at)
    shown = driver.frame(at, "one", "two", "moved")
    assert list(shown.index) == list(found.apart.index[:10])
    assert list(shown["moved"]) == list(found.apart["moved"][:10])
    # the other way round the same sentence, for both are told as loss against weights
    fine(at.segmented_control(key="order").set_value("weighted").run())
    assert f"{told} {most}" in driver.markdown(at)


def test_without_an_order_by_weights_there_is_nothing_to_compare(shipped):
    at = fine(visit("priorities", about="orders", wi="0", we="0", wp="0"))
    assert t("orders.no_weights") in driver.markdown(at)
    assert not any("tau-b" in text for text in driver.markdown(at))
    assert driver.frame(at, "rank", "interval")["other"].isna().all()


@pytest.mark.parametrize("weights", [None, Weights()], ids=["loss", "weighted"])
def test_each_assumption_is_told_with_what_it_changes(shipped, weights):
    order = "loss" if weights is None else "weighted"
    at = fine(visit("priorities", order=order, about="assumptions", top="5"))
    found = assumption_moves(shipped, weights, RankSettings(), 5)
    shown = driver.frame(at, "what", "enter", "leave")
    for counts, names in (("entering", "enter"), ("leaving", "leave")):
        assert list(shown[counts]) == list(found[counts])
        # as many as counted, and none is cut
        told = [text.split("; ") if text else [] for text in shown[names]]
        assert [len(each) for each in told] == list(found[counts])
        wanted = [shipped.sites.at[site, "name"] for site in ";".join(found[names]).split(";") if site]
        assert [name for each in told for name in each] == wanted
    texts = [assumption_name(a, b) for a, b in zip(found["assumption"], found["to"], strict=True)]
    assert list(shown["what"]) == [text[:1].upper() + text[1:] for text in texts]
    first = found.iloc[0]
    counts = {"enter": int(first["entering"]), "leave": int(first["leaving"])}
    told = say("moves.most", what=texts[0], top=5, **counts) if first["moved"] else t("moves.steady", top=5)
    assert told in driver.markdown(at)


BETTER = Grouped(n=60, groups=4, mae=4.5, mae_baseline=5.0, inside=0.9)


@pytest.mark.parametrize("passes", [True, False])
def test_filling_in_is_offered_after_its_test_alone(monkeypatch, passes):
    found = Validation(370, BETTER, BETTER, passes, "" if passes else "not_better")
    monkeypatch.setattr(loads, "validation", lambda inventory, code: found)
    at = fine(visit("priorities", order="weighted", about="filling"))
    assert "impute" not in at.radio(key="unknown_rule").options
    fine(at.button(key="test_filling").click().run())
    assert any(beside.verdict(found) in text for text in driver.markdown(at))
    shown = driver.frame(at, "imputer", "baseline", "inside")
    assert list(shown["imputer"]) == [4.5, 4.5]
    assert "test_filling" not in driver.keys(at)
    # offered at once where it passed
    assert (t("unknown.impute") in at.radio(key="unknown_rule").options) is passes


def test_there_is_nothing_to_fill_in_for_modelled_loss_and_where_all_is_known(shipped):
    at = fine(visit("priorities", about="filling"))
    assert any(t("filling.weights_only") in text for text in driver.markdown(at))
    fine(at.segmented_control(key="order").set_value("weighted").run())
    fine(at.slider(key="w_pressure").set_value(0).run())
    assert any(t("filling.nothing") in text for text in driver.markdown(at))
    assert "test_filling" not in driver.keys(at)


def test_a_filling_that_does_not_pass_says_so_and_leaves_a_ranking(shipped, monkeypatch):
    failed = Validation(370, BETTER, BETTER, False, "not_better")
    monkeypatch.setattr("aze_core.ranking.filled.validation", lambda inventory, code: failed)
    problem = t("error.not_imputable", criteria="pressure")
    for order in link.MODES:
        at = fine(visit("priorities", order=order, unknown="impute", wp="31"))
        assert list(driver.frame(at, "rank", "interval").index) == list(rank_sites(shipped).index)
        told = [item.value for item in at.warning]
        assert told == ([] if order == "loss" else [f"{problem} {t('priorities.stands_in')}"])
        # without what is filled in, the default order stands beside the weights
        assert driver.frame(at, "rank", "interval")["other"].notna().any() == (order == "weighted")

"""The priorities page shows the library's ranking, in both orders, and explains the selected site."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Assumptions, Filters, Inventory, RankSettings, Uncertainty, Weights
from aze_core.locale import explain, interval, t
from aze_core.ranking.acceptability import Acceptability
from aze_core.ranking.explain import reasons, why_not
from aze_core.ranking.score import rank_sites
from aze_core.ranking.spread import rank_spread
from pages.shell import controls, link, loads
from pages.shell.widgets import countries_text, say
from tests.pages import driver
from tests.pages.driver import fine, visit

SURE = Uncertainty()

CASES = {
    "default": ({}, None, RankSettings(), SURE),
    "covered too": ({"all": "1"}, None, RankSettings(False), SURE),
    "Mexico": ({"country": "MEX", "all": "1"}, None, RankSettings(False, Filters(("MEX",))), SURE),
    "long horizon": (
        {"horizon": "200", "effect": "0.5", "top": "25", "seed": "7"},
        None,
        RankSettings(True, Filters(), Assumptions(200, 0.5)),
        replace(SURE, top=25, seed=7),
    ),
    "one ratio, high end": (
        {"scheme": "ratio", "ratio": "1.5", "unknown": "high", "certain": "1"},
        None,
        RankSettings(assumptions=Assumptions(scheme="ratio", ratio=1.5), unknown="high"),
        replace(SURE, data=False),
    ),
    "weights": ({"order": "weighted"}, Weights(), RankSettings(), SURE),
    "one weight": (
        {"order": "weighted", "wi": "0", "we": "0", "wp": "100", "region": "asia"},
        Weights(0, 0, 100),
        RankSettings(True, Filters((), ("asia",))),
        SURE,
    ),
    "scale, further, turned, low end": (
        {
            "order": "weighted",
            "scale": "MEX~PER",
            "more": "neighbours:50",
            "turn": "neighbours~pressure",
            "unknown": "low",
            "sure": "ordinal",
        },
        Weights(neighbours=50, reverse=("neighbours", "pressure")),
        RankSettings(scope=("MEX", "PER"), unknown="low"),
        replace(SURE, spread="ordinal"),
    ),
    "votes": (
        {"order": "weighted", "votes": "1000", "scheme": "edge2"},
        Weights(),
        RankSettings(assumptions=Assumptions(scheme="edge2")),
        replace(SURE, votes=1000),
    ),
}


def beside(found: Acceptability, given: Uncertainty, sites: pd.Index) -> pd.DataFrame:
    """What the table shows of the draws."""
    return found.interval().join(found.p_top(given.top)).reindex(sites)


def sure_words(
    inventory: Inventory,
    ranked: pd.DataFrame,
    weights: Weights | None,
    given: Uncertainty,
    found: Acceptability,
) -> str:
    """The sentence on the first places, counted anew; none where too many share the first rank."""
    if ranked["rank"].notna().sum() <= given.top:
        return " " + t("priorities.answer_all", top=given.top)
    if ranked["tie_size"].iloc[0] > given.top:
        return ""
    kind = "data" if weights is None else given.spread
    firsts = ranked.index[(ranked["rank"] <= given.top).fillna(False)]
    often = found.shares[:, 0]
    own, most = often[found.sites.get_loc(ranked.index[0])], often.max()
    if most > own and ranked["tie_size"].iloc[0] == 1:
        site = inventory.sites.at[found.sites[often.argmax()], "name"]
        return " " + say(f"priorities.answer_other_{kind}", share=float(most), site=site, own=float(own))
    stay = int((found.p_top(given.top)[firsts] >= 0.95).sum())
    told = "sure" if len(firsts) == given.top else "shared"
    words = {"n": stay, "of": len(firsts), "top": given.top, "level": 0.95}
    return " " + t(f"priorities.answer_{told}_{kind}", **words)


@pytest.mark.parametrize(("params", "weights", "settings", "given"), CASES.values(), ids=CASES.keys())
def test_the_table_is_the_librarys_ranking(shipped, params, weights, settings, given):
    at = fine(visit("priorities", **params))
    ranked = rank_sites(shipped, weights, settings)
    shown = driver.frame(at, "rank", "interval", "score")
    assert list(shown.index) == list(ranked.index)
    assert shown["rank"].astype("Float64").equals(ranked["rank"].astype("Float64"))
    points = ranked["score"] * (1 if weights is None else 100)
    assert (shown["score"] - points).abs().max() < 1e-9
    assert shown["score"].isna().equals(points.isna())
    assert list(shown["species"]) == list(ranked["species"])
    rows = [row for _, row in ranked.iterrows()]
    assert list(shown["need"]) == [controls.need_text(row) for row in rows]
    falls = loads.site_table(shipped)["falling"]
    assert list(shown["remark"]) == [
        controls.remark(row, bool(falls[site])) for site, row in zip(ranked.index, rows, strict=True)
    ]
    other = rank_sites(shipped, Weights() if weights is None else None, settings)
    assert shown["other"].astype("Float64").equals(other["rank"].reindex(ranked.index).astype("Float64"))
    assert t("priorities.all_ranked", n=len(ranked)) in [item.value for item in at.subheader]
    # beside every rank stand the draws, and in the answer no more than they say
    found = rank_spread(shipped, weights, settings, given)
    sure = beside(found, given, ranked.index)
    assert list(shown["interval"]) == [interval(a, b) for a, b in zip(sure["low"], sure["high"], strict=True)]
    assert list(shown["p_top"].dropna()) == pytest.approx(list(100 * sure["p_top"].dropna()))
    told = any(f"{given.draws:,} draws" in text for text in driver.markdown(at))
    draws_something = weights is not None or given.data
    assert told is draws_something
    words = sure_words(shipped, ranked, weights, given, found) if draws_something else ""
    assert driver.answer(at).endswith("." + words)
    # the bars are the top of the same ranking, the map has every listed site with a point
    top = list(ranked.index[ranked["rank"].notna()][:15])
    charts = [list(dict.fromkeys(bars["site_id"])) for bars in driver.drawn(at, "site_id", "label")]
    assert charts.count(top) >= 2
    spread = next(
        bars for bars in driver.drawn(at, "site_id", "low", "high", "p_top") if len(bars) == len(top)
    )
    assert list(spread["high"]) == list(sure.loc[top, "high"])
    assert list(spread["p_top"]) == pytest.approx(list(sure.loc[top, "p_top"]))
    located = shipped.sites.loc[ranked.index].geometry.notna()
    assert {item["site_id"] for item in driver.deck(at)["sites"]} == set(ranked.index[located])


def test_the_answer_names_the_first_site_and_what_is_set_apart(shipped):
    at = fine(visit("priorities"))
    ranked = rank_sites(shipped)
    placed = ranked[ranked["rank"].notna()]
    first = placed.iloc[0]
    found = rank_spread(shipped, None, RankSettings(), SURE)
    assert driver.answer(at) == say(
        "priorities.answer_loss",
        site=shipped.sites.at[placed.index[0], "name"],
        country=countries_text(shipped, shipped.sites.at[placed.index[0], "iso3"]),
        n=int(first["species"]),
        score=float(first["score"]),
        horizon=50,
        total=len(placed),
    ) + sure_words(shipped, ranked, None, SURE, found)
    apart = int((ranked["apart"] != "").sum())
    assert apart > 0
    assert f":orange-badge[{t('priorities.badge_apart', n=apart)}]" in driver.markdown(at)


def test_a_shared_first_rank_is_told(shipped):
    ranked = rank_sites(shipped, Weights(0, 1, 0))
    ties = int(ranked["tie_size"].iloc[0])
    assert ties > 1
    at = fine(visit("priorities", order="weighted", wi="0", we="100", wp="0"))
    total = int(ranked["rank"].notna().sum())
    assert driver.answer(at) == say("priorities.answer_tie", n=ties, total=total)


def test_switching_order_weights_and_covered_sites(shipped):
    at = fine(visit("priorities"))
    assert not at.slider
    fine(at.segmented_control(key="order").set_value("weighted").run())
    assert {item.key for item in at.slider} == {f"w_{name}" for name in link.MAIN}
    fine(at.slider(key="w_irreplaceability").set_value(0).run())
    fine(at.toggle(key="all_sites").set_value(True).run())
    ranked = rank_sites(shipped, Weights(0, 30, 30), RankSettings(False))
    assert list(driver.frame(at, "rank", "interval").index) == list(ranked.index)
    assert driver.link(at) == {"order": "weighted", "wi": "0", "all": "1", "site": at.session_state["site"]}
    fine(at.segmented_control(key="order").set_value("loss").run())
    assert list(driver.frame(at, "rank", "interval").index) == list(
        rank_sites(shipped, None, RankSettings(False)).index
    )
    # the weights are kept for the way back
    fine(at.segmented_control(key="order").set_value("weighted").run())
    assert at.slider(key="w_irreplaceability").value == 0


def test_a_longer_horizon_moves_the_scores(shipped):
    at = fine(visit("priorities"))
    fine(at.number_input(key="horizon").set_value(10).run())
    ranked = rank_sites(shipped, None, RankSettings(True, Filters(), Assumptions(10)))
    assert list(driver.frame(at, "rank", "score")["score"].dropna()) == pytest.approx(
        list(ranked["score"].dropna())
    )
    assert driver.link(at)["horizon"] == "10"


def test_without_an_effect_all_ranked_sites_share_the_first_rank(shipped):
    at = fine(visit("priorities", effect="0"))
    placed = driver.frame(at, "rank", "interval")["rank"].dropna()
    assert set(placed) == {1}
    assert driver.answer(at) == say("priorities.answer_tie", n=len(placed), total=len(placed))


def test_weights_that_are_all_zero_say_so_and_leave_a_ranking(shipped):
    at = fine(visit("priorities", order="weighted", wi="0", we="0", wp="0"))
    assert [item.value for item in at.warning] == [
        f"{explain(SettingError('all_weights_zero'))} {t('priorities.stands_in')}"
    ]
    assert list(driver.frame(at, "rank", "interval").index) == list(rank_sites(shipped).index)
    assert driver.link(at)["wi"] == "0"
    fine(at.slider(key="w_pressure").set_value(5).run())
    assert len(at.warning) == 0
    assert list(driver.frame(at, "rank", "interval").index) == list(
        rank_sites(shipped, Weights(0, 0, 5)).index
    )


@pytest.mark.parametrize("order", ["loss", "weighted"])
def test_the_card_explains_the_selected_site(shipped, order):
    weights = None if order == "loss" else Weights()
    ranked = rank_sites(shipped, weights)
    placed = ranked[ranked["rank"].notna()]
    found = rank_spread(shipped, weights, RankSettings(), SURE)
    at = fine(visit("priorities", order=order))
    assert at.selectbox(key="site").value == ranked.index[0]
    for site in (placed.index[30], placed.index[-1], ranked.index[ranked["apart"] != ""][0]):
        at.session_state["site"] = site
        fine(at.run())
        assert at.selectbox(key="site").value == site
        assert driver.link(at)["site"] == site
        rank = ranked.at[site, "rank"]
        title = (
            t("why.title", rank=int(rank), total=len(placed)) if site in placed.index else t("why.title_none")
        )
        texts = driver.markdown(at)
        assert f"#### {title}" in texts
        told = reasons(shipped, weights, RankSettings(), ranked, site, SURE, found)
        assert listed(told, weights) in texts
        assert t("need.line", need=controls.need_text(ranked.loc[site])) in texts
        point = shipped.sites.loc[site]
        assert driver.deck(at)["selected"] == [
            {"longitude": point["longitude"], "latitude": point["latitude"]}
        ]
        # the table marks the same row, whoever selected it
        assert at.session_state["rank_table"]["selection"]["rows"] == [ranked.index.get_loc(site)]


def listed(found, weights) -> str:
    """Reasons as the page lists them."""
    return "\n".join("- " + controls.reason_text(each, weights, Assumptions()) for each in found)


def test_where_nothing_is_drawn_no_word_of_draws_is_said(shipped):
    at = fine(visit("priorities", certain="1"))
    ranked = rank_sites(shipped)
    told = reasons(shipped, None, RankSettings(), ranked, ranked.index[0], SURE)
    assert listed(told, None) in driver.markdown(at)
    texts = " ".join(driver.markdown(at)).replace(t("priorities.spread_nothing"), "")
    assert "draws" not in texts
    assert t("priorities.spread_nothing") in " ".join(driver.markdown(at))


def test_why_not_answers_for_listed_sites_and_for_others(shipped):
    at = visit("priorities", order="weighted", top="5")
    at.session_state["why_not_open"] = True
    fine(at.run())
    ranked = rank_sites(shipped, Weights())
    hidden = next(site for site in shipped.sites.index if site not in ranked.index)
    for site in (ranked.index[0], ranked.index[40], hidden):
        fine(at.selectbox(key="why_not_site").set_value(site).run())
        told = why_not(shipped, Weights(), RankSettings(), ranked, site, 5)
        assert listed(told, Weights()) in driver.markdown(at)


def test_the_first_place_alone_has_a_sentence_of_its_own(shipped):
    given = replace(SURE, top=1)
    # only irreplaceability, nearly: nothing in the draws puts another first
    one = {"order": "weighted", "wi": "100", "we": "1", "wp": "1"}
    for params, weights in (({}, None), (one, Weights(100, 1, 1))):
        found = rank_spread(shipped, weights, RankSettings(), given)
        share = found.p_top(1)[rank_sites(shipped, weights).index[0]]
        kind = "data" if weights is None else "near"
        told = t(f"priorities.answer_first_{kind}", share=float(share))
        assert driver.answer(fine(visit("priorities", top="1", **params))).endswith(told)


def test_an_order_against_which_the_draws_speak_says_so(shipped):
    weights = Weights()
    found = rank_spread(shipped, weights, RankSettings(), SURE)
    first, ahead = rank_sites(shipped, weights).index[0], found.first.idxmax()
    assert ahead != first
    answer = driver.answer(fine(visit("priorities", order="weighted")))
    assert shipped.sites.at[first, "name"] in answer
    assert answer.endswith(
        say(
            "priorities.answer_other_near",
            share=float(found.first[ahead]),
            site=shipped.sites.at[ahead, "name"],
            own=float(found.first[first]),
        )
    )


def test_a_rank_outside_its_own_bar_is_explained(shipped):
    weights, settings = Weights(), RankSettings(False, Filters(("IND",)))
    top = rank_sites(shipped, weights, settings).query("rank.notna()").head(15)
    ends = rank_spread(shipped, weights, settings, SURE).interval().loc[top.index]
    assert not top["rank"].between(ends["low"], ends["high"]).all()
    words = t("priorities.spread_outside")
    at = fine(visit("priorities", country="IND", all="1", order="weighted"))
    assert any(words in text for text in driver.markdown(at))
    at = fine(visit("priorities"))
    assert not any(words in text for text in driver.markdown(at))


def test_one_site_has_nothing_to_be_compared_with(shipped):
    ranked = rank_sites(shipped)
    placed = ranked[ranked["rank"].notna()]
    codes = shipped.sites.loc[placed.index, "iso3"]
    alone = next(code for code, n in codes.value_counts().items() if n == 1 and ";" not in code)
    site = codes.index[codes == alone][0]
    at = fine(visit("priorities", country=alone, order="weighted"))
    assert driver.answer(at) == say("priorities.answer_one", site=shipped.sites.at[site, "name"])
    assert not any(text.startswith(t("orders.tau", same=0, tau=0, n=1)[:40]) for text in driver.markdown(at))


def test_a_site_that_is_not_listed_gives_way_with_a_word(shipped):
    ranked = rank_sites(shipped)
    covered = next(site for site in shipped.sites.index if site not in ranked.index)
    at = fine(visit("priorities", site=covered))
    assert [item.value for item in at.info] == [
        say("priorities.not_listed", site=shipped.sites.at[covered, "name"])
    ]
    assert at.selectbox(key="site").value == ranked.index[0]
    at.multiselect(key="f_country").set_value(["PER"]).run()
    assert (
        fine(at).selectbox(key="site").value
        == rank_sites(shipped, None, RankSettings(True, Filters(("PER",)))).index[0]
    )


def test_filters_that_leave_only_covered_sites_name_the_switch(shipped):
    uncovered = set(rank_sites(shipped).index)
    of = shipped.countries_of().groupby("iso3")["site_id"].agg(set)
    code = next(code for code, sites in of.items() if not sites & uncovered)
    at = fine(visit("priorities", country=code))
    assert t("priorities.all_covered") in driver.markdown(at)
    assert not at.dataframe
    fine(at.toggle(key="all_sites").set_value(True).run())
    assert set(driver.frame(at, "rank", "interval").index) == of[code]


def test_sites_that_all_stand_apart_are_listed_without_a_rank(shipped):
    ranked = rank_sites(shipped, None, RankSettings(False))
    apart = set(ranked.index[ranked["apart"] != ""])
    choices = [
        Filters(tuple(shipped.sites.at[site, "iso3"].split(";")), (), (), (category,))
        for site in sorted(apart)
        for category in ("EW", "unknown", "DD")
    ]
    chosen = next(c for c in choices if len(left := shipped.where(c)) and set(left) <= apart)
    at = fine(visit("priorities", country="~".join(chosen.countries), category=chosen.categories[0], all="1"))
    assert driver.answer(at) == t("priorities.none_ranked", n=len(driver.frame(at, "rank", "interval")))


def test_the_simple_map_has_the_same_sites(shipped):
    at = fine(visit("priorities"))
    fine(at.segmented_control(key="priority_map_kind").set_value("simple").run())
    assert not at.get("deck_gl_json_chart")
    ranked = rank_sites(shipped)
    located = shipped.sites.loc[ranked.index].geometry.notna()
    (points,) = driver.drawn(at, "site_id", "share_text")
    assert set(points["site_id"]) == set(ranked.index[located])

"""The priorities page shows the library's ranking, in both orders, and explains the selected site."""

from __future__ import annotations

import pytest

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Assumptions, Filters, RankSettings, Weights
from aze_core.locale import explain, interval, t
from aze_core.ranking.explain import reasons
from aze_core.ranking.score import rank_sites
from pages.shell import controls
from pages.shell.widgets import countries_text, say
from tests.pages import driver
from tests.pages.driver import fine, visit

CASES = {
    "default": ({}, None, RankSettings()),
    "covered too": ({"all": "1"}, None, RankSettings(False)),
    "Mexico": ({"country": "MEX", "all": "1"}, None, RankSettings(False, Filters(("MEX",)))),
    "long horizon": (
        {"horizon": "200", "effect": "0.5"},
        None,
        RankSettings(True, Filters(), Assumptions(200, 0.5)),
    ),
    "weights": ({"order": "weighted"}, Weights(), RankSettings()),
    "one weight": (
        {"order": "weighted", "wi": "0", "we": "0", "wp": "100", "region": "asia"},
        Weights(0, 0, 100),
        RankSettings(True, Filters((), ("asia",))),
    ),
}


@pytest.mark.parametrize(("params", "weights", "settings"), CASES.values(), ids=CASES.keys())
def test_the_table_is_the_librarys_ranking(shipped, params, weights, settings):
    at = fine(visit("priorities", **params))
    ranked = rank_sites(shipped, weights, settings)
    shown = driver.frame(at, "rank", "interval", "score")
    assert list(shown.index) == list(ranked.index)
    assert shown["rank"].astype("Float64").equals(ranked["rank"].astype("Float64"))
    points = ranked["score"] * (1 if weights is None else 100)
    assert (shown["score"] - points).abs().max() < 1e-9
    assert shown["score"].isna().equals(points.isna())
    assert list(shown["interval"]) == [
        interval(a, b) for a, b in zip(ranked["rank_best"], ranked["rank_worst"], strict=True)
    ]
    assert list(shown["species"]) == list(ranked["species"])
    other = rank_sites(shipped, Weights() if weights is None else None, settings)
    assert shown["other"].astype("Float64").equals(other["rank"].reindex(ranked.index).astype("Float64"))
    assert t("priorities.all_ranked", n=len(ranked)) in [item.value for item in at.subheader]
    # the bars are the top of the same ranking, the map has every listed site with a point
    top = list(ranked.index[ranked["rank"].notna()][:15])
    charts = [list(dict.fromkeys(bars["site_id"])) for bars in driver.drawn(at, "site_id", "label")]
    assert charts.count(top) >= 2
    assert all(set(sites) <= set(top) for sites in charts)
    located = shipped.sites.loc[ranked.index].geometry.notna()
    assert {item["site_id"] for item in driver.deck(at)["sites"]} == set(ranked.index[located])


def test_the_answer_names_the_first_site_and_what_is_set_apart(shipped):
    at = fine(visit("priorities"))
    ranked = rank_sites(shipped)
    placed = ranked[ranked["rank"].notna()]
    first = placed.iloc[0]
    assert driver.answer(at) == say(
        "priorities.answer_loss",
        site=shipped.sites.at[placed.index[0], "name"],
        country=countries_text(shipped, shipped.sites.at[placed.index[0], "iso3"]),
        n=int(first["species"]),
        score=float(first["score"]),
        horizon=50,
        total=len(placed),
    )
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
    assert {item.key for item in at.slider} == {f"w_{name}" for name in controls.CRITERIA}
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
    assert [item.value for item in at.warning] == [explain(SettingError("all_weights_zero"))]
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
        for reason in reasons(ranked, site, shipped.sites["name"]):
            assert "- " + controls.reason_text(reason, weights, Assumptions()) in texts
        point = shipped.sites.loc[site]
        assert driver.deck(at)["selected"] == [
            {"longitude": point["longitude"], "latitude": point["latitude"]}
        ]


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

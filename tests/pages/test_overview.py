"""The overview shows the library's counts, for all sites and for a choice."""

from __future__ import annotations

import pytest

from aze_core.domain.model import Assumptions, Filters
from aze_core.locale import t
from aze_core.measures.coverage import CLASSES
from aze_core.measures.published import timeline
from aze_core.measures.reported import class_counts
from aze_core.scenarios.targets import scoreboard
from tests.pages import driver
from tests.pages.driver import fine, visit


def test_the_answer_names_both_vintages(shipped):
    at = fine(visit("overview"))
    assert at.title[0].value == t("overview.question")
    first = t(
        "overview.part_first", how=t("vintage_how.reported", year=2010), none=276, n=588, share=276 / 588
    )
    second = t(
        "overview.part_next", how=t("vintage_how.reported", year=2016), none=156, n=370, share=156 / 370
    )
    assert driver.answer(at) == t("overview.answer", parts=f"{first}; {second}")
    assert f":gray-badge[{t('overview.badge', sites=588, total=588)}]" in driver.markdown(at)
    assert f":orange-badge[{t('overview.unlocated', n=2)}]" in driver.markdown(at)


@pytest.mark.parametrize(
    "chosen", [Filters(), Filters(("MEX",)), Filters((), ("africa",), ("Aves",), ("CR",))]
)
@pytest.mark.parametrize("year", [2010, 2016])
def test_figures_are_the_librarys(shipped, chosen, year):
    params = {
        "country": "~".join(chosen.countries),
        "region": "~".join(chosen.regions),
        "class_": "~".join(chosen.classes),
        "category": "~".join(chosen.categories),
    }
    at = visit("overview", **{code: text for code, text in params.items() if text})
    fine(at.segmented_control(key="vintage_pick").set_value(str(year)).run())
    counts = class_counts(shipped.coverage, shipped.where(chosen)).loc[year]
    board = scoreboard(shipped, (), Assumptions(), chosen).set_index(["measure", "basis"])
    covered = board.loc[("species_all_covered", str(year))]
    assert driver.metrics(at) == [*(counts[kind] for kind in CLASSES), covered["before"]]
    n = int(counts["sites"])
    assert at.metric[0].delta == t("overview.of_sites", share=counts["none"] / n, n=n)
    assert at.metric[3].delta == t("overview.of_species", n=int(covered["n"]))
    (points,) = driver.drawn(at, "site_id", "share_text")
    share = shipped.coverage.loc[shipped.coverage["vintage"] == year].set_index("site_id")["share"]
    place = shipped.sites.loc[shipped.where(chosen)]
    located = place.index[place.geometry.notna() & place.index.isin(share.index)]
    assert set(points["site_id"]) == set(located)
    assert len(points) == len(located)


def test_mexico_is_68_sites(shipped):
    at = fine(visit("overview", country="MEX"))
    assert f":gray-badge[{t('overview.badge', sites=68, total=588)}]" in driver.markdown(at)
    assert sum(driver.metrics(at)[:3]) == 68
    assert len(driver.frame(at, "name", "share", "species")) == 68
    countries = driver.frame(at, "label", "sites")
    assert countries.set_index("label")["sites"].to_dict() == {"Mexico": 68}


def test_the_world_map_has_every_located_site_and_each_class_can_be_hidden(shipped):
    at = fine(visit("overview"))
    (points,) = driver.drawn(at, "site_id", "share_text")
    assert len(points) == 586
    assert set(shipped.sites.index) - set(points["site_id"]) == set(
        shipped.sites.index[shipped.sites.geometry.isna()]
    )
    fine(at.pills(key="overview_classes").set_value(["none"]).run())
    (points,) = driver.drawn(at, "site_id", "share_text")
    assert set(points["protection"]) == {"none"}
    unlocated = shipped.coverage.set_index("site_id").loc[shipped.sites.index[shipped.sites.geometry.isna()]]
    lost = ((unlocated["vintage"] == 2010) & (unlocated["share"] <= 0.02)).sum()
    assert len(points) == 276 - lost
    fine(at.pills(key="overview_classes").set_value([]).run())
    assert driver.drawn(at, "site_id", "share_text") == []
    assert t("overview.nothing_to_map") in driver.markdown(at)
    assert driver.metrics(at)[0] == 276


def test_tables_below_the_charts_have_all_rows(shipped):
    at = fine(visit("overview"))
    assert len(driver.frame(at, "name", "share", "species")) == 588
    countries = driver.frame(at, "label", *CLASSES, "sites")
    assert len(countries) == shipped.countries_of()["iso3"].nunique()
    assert countries["sites"].sum() == len(shipped.countries_of())
    published = driver.frame(at, "year", "share_unprotected", "derived")
    assert list(published["year"]) == list(timeline(shipped.figures).index)


def test_a_choice_without_a_value_in_2016_offers_the_other_vintage_alone(shipped):
    reported = set(shipped.coverage.loc[shipped.coverage["vintage"] == 2016, "site_id"])
    of = shipped.countries_of().groupby("iso3")["site_id"].agg(set)
    code = next(code for code, sites in of.items() if not sites & reported)
    at = fine(visit("overview", country=code))
    assert len(at.segmented_control(key="vintage_pick").options) == 1
    assert sum(driver.metrics(at)[:3]) == len(of[code])


def test_a_choice_with_one_vintage_is_left_for_both_and_back(shipped):
    at = visit("overview")
    at.segmented_control(key="vintage_pick").set_value("2016").run()
    at.multiselect(key="f_country").set_value(["CPV"]).run()
    fine(at)
    at.button(key="clear_filters").click().run()
    assert len(fine(at).segmented_control(key="vintage_pick").options) == 2


def test_vintage_and_classes_live_in_the_link_and_outlive_the_page():
    at = driver.visit("overview", vintage="2016", show="none~partial")
    assert at.segmented_control(key="vintage_pick").value == "2016"
    assert driver.link(at) == {"vintage": "2016", "show": "none~partial"}
    at = driver.go(driver.go(at, "data"), "overview")
    assert at.segmented_control(key="vintage_pick").value == "2016"
    assert at.session_state["overview_classes"] == ["none", "partial"]


def test_a_computed_vintage_stands_alone_in_the_answer_and_comes_first(covered):
    at = fine(visit("overview", data=covered))
    pick = at.segmented_control(key="vintage_pick")
    assert (pick.value, pick.options) == (
        "2026",
        [t("vintage.reported", year=2010), t("vintage.computed", year=2026)],
    )
    how = t("vintage_how.computed", year=2026)
    # B and D of the four sites with a boundary
    told = t("overview.part_first", how=how, none=2, n=4, share=2 / 4)
    assert driver.answer(at) == t("overview.answer", parts=told)
    assert driver.metrics(at)[:3] == [2, 1, 1]
    texts = " ".join(driver.markdown(at))
    assert t("vintage_note.computed") in texts
    assert "eported in 2026" not in texts

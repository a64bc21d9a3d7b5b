"""The site page shows one site's facts, and never one that the filters leave out."""

from __future__ import annotations

import pytest

from aze_core.domain.model import Assumptions, Filters, RankSettings
from aze_core.locale import interval, percent, t
from aze_core.measures.geometry import distance_km
from aze_core.ranking.score import rank_sites
from pages.shell.widgets import md, say
from tests.pages import driver
from tests.pages.driver import fine, visit


def test_without_a_choice_the_first_of_the_priorities_is_shown(shipped):
    at = fine(visit("site"))
    first = rank_sites(shipped, None, RankSettings()).index[0]
    assert at.selectbox(key="site").value == first
    assert at.title[0].value == say("site.question", site=shipped.sites.at[first, "name"])
    assert driver.link(at)["site"] == first
    assert len(at.info) == 0
    at = fine(driver.go(at, "priorities"))
    assert at.selectbox(key="site").value == first
    assert len(at.info) == 0


@pytest.mark.parametrize("site", ["MEX51", "HTI3", "PER1"])
def test_species_cover_rank_and_neighbours_are_those_of_the_inventory(shipped, site):
    at = fine(visit("site", site=site))
    at_site = shipped.occurrences[shipped.occurrences["site_id"] == site]
    names = shipped.species.loc[at_site["species_id"], "scientific_name"]
    shown = driver.frame(at, "scientific_name", "life_stage")
    assert sorted(shown["scientific_name"]) == sorted(names)
    reports = shipped.coverage[shipped.coverage["site_id"] == site]
    cover = driver.frame(at, "vintage", "share", "method")
    assert dict(zip(cover["vintage"], cover["share"], strict=True)) == {
        str(year): share for year, share in zip(reports["vintage"], reports["share"], strict=True)
    }
    for year, share in zip(reports["vintage"], reports["share"], strict=True):
        assert t("site.cover_part", year=int(year), share=percent(share)) in driver.answer(at)
    ranked = rank_sites(shipped, None, RankSettings(False))
    row = ranked.loc[site]
    assert t(
        "site.rank_text",
        rank=int(row["rank"]),
        total=int(ranked["rank"].notna().sum()),
        interval=interval(row["rank_best"], row["rank_worst"]),
        score=float(row["score"]),
        horizon=Assumptions().horizon_years,
    ) in driver.markdown(at)
    near = distance_km(shipped.sites["latitude"], shipped.sites["longitude"], site).drop(site).nsmallest(8)
    listed = driver.frame(at, "site", "distance")
    assert list(listed["site"]) == list(shipped.sites.loc[near.index, "name"])
    assert {point["site_id"] for point in driver.deck(at)["sites"]} == {site, *near.index}


def test_every_site_opens(shipped):
    at = fine(visit("site"))
    # what can be missing: a point, an area, the cover, the influence, a category; and names with markup
    sites = shipped.sites
    odd = [
        sites.index[sites[column].isna()][0]
        for column in ("latitude", "area_km2", "human_influence", "attribute_match")
        if sites[column].isna().any()
    ]
    gone = rank_sites(shipped, None, RankSettings(False))
    odd += [group.index[0] for name, group in gone.groupby("apart") if name]
    odd += list(sites.index[sites["name"].map(lambda name: md(name) != name)][:3])
    odd += list(sites.index[sites["iso3"].str.contains(";")][:1])
    assert len(odd) >= 6
    for site in odd:
        at.selectbox(key="site").set_value(site).run()
        assert fine(at).title[0].value == say("site.question", site=sites.at[site, "name"])
        assert driver.link(at)["site"] == site


def test_a_site_without_a_point_says_so_instead_of_a_map(shipped):
    site = shipped.sites.index[shipped.sites.geometry.isna()][0]
    at = fine(visit("site", site=site))
    assert not at.get("deck_gl_json_chart")
    reason = shipped.sites.at[site, "location_note"]
    assert say("site.no_point", reason=reason) in driver.markdown(at)


def test_a_site_outside_the_filters_gives_way_with_a_word(shipped):
    at = fine(visit("site", site="MEX51", country="PER"))
    assert [item.value for item in at.info] == [
        say("site.filtered_out", site=shipped.sites.at["MEX51", "name"])
    ]
    shown = at.selectbox(key="site").value
    assert shown == rank_sites(shipped, None, RankSettings(False, Filters(("PER",)))).index[0]
    assert driver.link(at) == {"country": "PER", "site": shown}


def test_the_site_chosen_here_is_the_one_of_the_priorities(shipped):
    at = fine(visit("site", all="1"))
    at.selectbox(key="site").set_value("PER1").run()
    driver.go(fine(at), "priorities")
    assert fine(at).selectbox(key="site").value == "PER1"
    assert len(at.info) == 0

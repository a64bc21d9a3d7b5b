"""The site page shows one site's facts, and never one that the filters leave out."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Assumptions, Filters, RankSettings, Uncertainty, Weights
from aze_core.locale import chance, explain, interval, percent, t
from aze_core.measures.geometry import distance_km
from aze_core.measures.need import needs
from aze_core.measures.site_threats import site_threats
from aze_core.measures.withhold import withheld
from aze_core.ranking.explain import reasons
from aze_core.ranking.score import rank_sites
from aze_core.ranking.spread import rank_spread
from aze_core.store.inventory import load
from pages.shell import controls
from pages.shell.widgets import md, say
from tests.helpers import frame, make_covered_frames, make_frames
from tests.pages import driver
from tests.pages.conftest import put
from tests.pages.driver import fine, visit

SURE = Uncertainty()


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
    shown = driver.frame(at, "order", "rank", "sure", "top")
    # as the Priorities page lists and draws; a covered site among all
    listed = site in rank_sites(shipped).index
    chosen = RankSettings(listed)
    noted = t("site.rank_note" if listed else "site.rank_note_all")
    assert any(noted in text for text in driver.markdown(at))
    bands_of = {}
    for line, weights in zip(shown.to_dict("records"), (None, Weights()), strict=True):
        ranked = rank_sites(shipped, weights, chosen)
        row, total = ranked.loc[site], int(ranked["rank"].notna().sum())
        found = rank_spread(shipped, weights, chosen, SURE)
        bands_of[weights is None] = found
        ends = found.interval().loc[site]
        assert line["rank"] == t("site.rank_of", rank=int(row["rank"]), total=total)
        assert line["sure"] == interval(ends["low"], ends["high"])
        assert line["top"] == chance(found.p_top(10)[site])
        told = reasons(shipped, weights, chosen, ranked, site, SURE, found)
        listed = [controls.reason_text(each, weights, Assumptions()) for each in told]
        assert "\n".join(f"- {text}" for text in listed) in driver.markdown(at)
    # how often by bands, in the order of the Priorities page: all bands together are all draws
    found = bands_of[True]
    assert any(t("site.bands_loss", n=found.draws) in text for text in driver.markdown(at))
    bands = max(driver.drawn(at, "band", "p"), key=len)
    assert list(bands["band"]) == ["1", "2–5", "6–10", "11–20", "21–50", f"51–{len(found.sites)}"]
    tops = [float(found.p_top(n)[site]) for n in (1, 5, 10, 20, 50)]
    assert list(bands["p"]) == pytest.approx([b - a for a, b in pairwise([0, *tops, 1])], abs=1e-6)
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


def test_computed_cover_stands_with_its_range_and_what_it_rests_on(covered):
    at = fine(visit("site", data=covered, site="B"))
    told = t("site.cover_high", share=percent(0.315))
    assert t("site.cover_computed", year=2026, share=percent(0.015), high=told) in driver.answer(at)
    texts = driver.markdown(at)
    assert t("site.since_headline", share=percent(0.015), high=percent(0.315)) in texts
    (rests,) = [text for text in texts if text.startswith(t("site.since_rests"))]
    assert t("site.since_points", share=percent(0.1)) in rests
    assert t("site.since_unknown", share=percent(0.2)) in rests
    assert rests.count("\n- ") == 2


def test_the_steps_are_the_parts_by_year(covered):
    at = fine(visit("site", data=covered, site="A"))
    (steps,) = [data for data in driver.drawn(at, "year", "share") if len(data) > 1]
    assert list(steps["year"]) == [1970, 1975, 1990, 2026]
    assert list(steps["share"]) == pytest.approx([0, 0.60, 0.99, 0.99])
    parts = driver.frame(at, "year", "kind", "total")
    assert list(parts["total"]) == pytest.approx([0.60, 0.99])
    assert t("site.since_exact", share=percent(0.99)) in driver.markdown(at)


def test_a_part_without_a_year_is_named_and_not_dated(covered):
    at = fine(visit("site", data=covered, site="C"))
    parts = driver.frame(at, "year", "kind", "total")
    assert list(parts["year"]) == ["2005", t("site.since_unknown_year")]
    (end,) = driver.drawn(at, "year", "share", "top", "said")
    assert end[["share", "top"]].iloc[0].tolist() == pytest.approx([0.4, 0.5])
    (rests,) = [text for text in driver.markdown(at) if text.startswith(t("site.since_rests"))]
    assert t("site.since_undated", share=percent(0.1)) in rests
    assert t("site.since_oecm", share=percent(0.1)) in rests


def test_without_any_area_in_force_there_is_no_curve_but_what_is_proposed(covered):
    at = fine(visit("site", data=covered, site="D"))
    assert t("site.since_none") in driver.markdown(at)
    assert t("site.since_nearest", km="12") in driver.markdown(at)
    assert driver.drawn(at, "year", "share") == []
    (rests,) = [text for text in driver.markdown(at) if text.startswith(t("site.since_rests"))]
    assert t("site.since_proposed", share=percent(0.3)) in rests
    assert driver.frame(at, "designation", "tier")["tier"].tolist() == [t("site.tier_proposed")]


@pytest.mark.parametrize(
    ("km", "areas", "key", "told"),
    [
        (9.96, 0, "site.since_nearest", "10.0"),
        (0.04, 0, "site.since_nearest", "<0.1"),
        (0.0, 0, "site.since_beside", None),
        (0.0, 1, None, None),
        (None, 0, None, None),
    ],
)
def test_how_far_the_nearest_area_lies_is_told_where_none_covers_the_site(own, km, areas, key, told):
    frames = make_covered_frames()
    ranges = frames["protection_range"]
    mine = ranges["site_id"] == "D"
    frames["protection_range"] = ranges.assign(
        nearest_area_km=ranges["nearest_area_km"].mask(mine, km), areas=ranges["areas"].mask(mine, areas)
    )
    version = put(own[0], frames)
    texts = driver.markdown(fine(visit("site", data=version.content_hash[:12], site="D")))
    said = [text for text in texts if "(great circle)" in text or text == t("site.since_beside")]
    assert said == ([t(key, km=told) if told else t(key)] if key else [])


def test_a_site_without_a_boundary_has_no_computed_cover(covered):
    at = fine(visit("site", data=covered, site="E"))
    assert t("site.since_no_boundary") in driver.markdown(at)
    assert t("site.cover", parts=t("site.cover_part", year=2010, share=percent(0.1))) in driver.answer(at)


def test_the_shipped_inventory_has_no_run_and_says_nothing_of_one(shipped):
    at = fine(visit("site", site="MEX51"))
    assert t("site.since") not in [item.value for item in at.subheader]
    assert t("site.areas") not in [item.value for item in at.subheader]


def test_areas_stand_each_by_itself_and_made_up_ones_can_be_passed_on(covered):
    at = fine(visit("site", data=covered, site="B"))
    shown = driver.frame(at, "designation", "tier")
    assert list(shown["name"]) == ["Lake [Shore]", "Far Point", "Doubtful"]
    assert list(shown["share"]) == pytest.approx([0.015, 0.10, 0.20])
    assert list(shown["basis"])[1] == t("site.basis_point")
    texts = driver.markdown(at)
    assert any(t("site.areas_note") in text for text in texts)
    assert any(
        say("site.areas_terms", source="Made-up areas", terms="Not to be passed on.") in x for x in texts
    )
    assert "csv_site_areas" in {item.key for item in at.get("download_button")}


def test_areas_of_a_real_version_stand_on_the_screen_only(own):
    version = put(own[0], make_covered_frames("current"))
    at = fine(visit("site", data=version.content_hash[:12], site="B"))
    assert len(driver.frame(at, "designation", "tier")) == 3
    assert any(t("site.areas_no_file") in text for text in driver.markdown(at))
    assert "csv_site_areas" not in {item.key for item in at.get("download_button")}
    at = fine(visit("data", data=version.content_hash[:12]))
    fine(at.selectbox(key="data_table").set_value("protection_areas").run())
    assert any(t("data.areas_no_file") in text for text in driver.markdown(at))
    assert "csv_protection_areas" not in {item.key for item in at.get("download_button")}


def test_areas_of_a_withheld_site_are_withheld(own):
    frames = make_covered_frames()
    sites = frames["sites"]
    frames["sites"] = sites.assign(sensitive=(sites["site_id"] == "B").astype("boolean"))
    version = put(own[0], frames)
    at = fine(visit("site", data=version.content_hash[:12], site="ECU-withheld-1"))
    assert t("site.areas_withheld") in driver.markdown(at)
    assert not any("Far Point" in text for text in driver.markdown(at))
    assert not any("(great circle)" in text for text in driver.markdown(at))
    assert t("site.since_headline", share=percent(0.015), high=percent(0.315)) in driver.markdown(at)


def test_a_corrected_share_is_stated_and_the_computed_one_never_called_reported(own):
    frames = make_covered_frames()
    cover = frames["coverage"]
    mine = (cover["site_id"] == "B") & (cover["vintage"] == 2026)
    frames["coverage"] = cover.assign(
        share=cover["share"].mask(mine, 0.6), method=cover["method"].mask(mine, "corrected")
    )
    version = put(own[0], frames)
    at = fine(visit("site", data=version.content_hash[:12], site="B"))
    assert t("site.cover_part", year=2026, share=percent(0.6)) in driver.answer(at)
    assert [item.value for item in at.info] == [t("site.since_corrected", year=2026)]
    # what the run computed stands below, as such
    assert t("site.since_headline", share=percent(0.015), high=percent(0.315)) in driver.markdown(at)
    # a country's range belongs to the computed share alone
    shown = driver.frame(fine(visit("countries", data=version.content_hash[:12], of="PER")), "name", "high")
    assert shown.set_index("name")["high"].isna().to_dict() == {"Ash Hill": False, "Birch Lake": True}
    # a newer report comes first; of the older ones only what was reported is called so
    row = frames["coverage"][mine].assign(
        vintage=2030, share=0.7, method="reported_with_sites", source="hand"
    )
    kept = frames["coverage"].assign(method=frames["coverage"]["method"].mask(mine, "computed"))
    frames["coverage"] = pd.concat([kept, row], ignore_index=True)
    version = put(own[0], frames)
    told = driver.answer(fine(visit("site", data=version.content_hash[:12], site="B")))
    assert t("site.cover_part", year=2030, share=percent(0.7)) in told
    assert "2026" not in told


def test_a_flag_of_the_country_is_a_word(own):
    rows = [
        {
            "site_id": "A",
            "field": "threat_beyond_boundaries",
            "entry": entry,
            "value": value,
            "kind": "flag",
            "year": 2019 + entry,
            "scorable": False,
            "source": "hand",
        }
        for entry, value in enumerate(("1", "0"), start=1)
    ]
    version = put(own[0], {**make_frames(), "national": frame("national", rows)})
    at = fine(visit("site", site="A", data=version.content_hash[:12]))
    shown = driver.frame(at, "field", "value", "stated")
    assert shown["field"].tolist() == [t("field.threat_beyond_boundaries")] * 2
    assert shown["value"].tolist() == [t("yes"), t("no")]


def test_where_it_stands_follows_the_weights_of_the_session(shipped):
    at = fine(visit("site", site="MEX51", wi="0", we="0", wp="0", certain="1"))
    # no order follows from the weights, and of modelled loss nothing is drawn
    assert [item.value for item in at.warning] == [explain(SettingError("all_weights_zero"))]
    shown = driver.frame(at, "order", "rank", "sure", "top")
    assert list(shown["order"]) == [t("priorities.order_loss")]
    assert list(shown["sure"]) == [""]
    assert not driver.drawn(at, "band", "p")
    assert not any("draws" in text for text in driver.markdown(at))
    at = fine(visit("site", site="MEX51", wi="0", we="0", wp="9", turn="pressure", sure="flat", top="3"))
    weights, given = Weights(0, 0, 9, reverse=("pressure",)), Uncertainty("flat", top=3)
    chosen = RankSettings("MEX51" in rank_sites(shipped).index)
    ranked = rank_sites(shipped, weights, chosen)
    found = rank_spread(shipped, weights, chosen, given)
    line = driver.frame(at, "order", "rank", "sure", "top").iloc[1]
    total = int(ranked["rank"].notna().sum())
    assert line["rank"] == t("site.rank_of", rank=int(ranked.at["MEX51", "rank"]), total=total)
    assert line["top"] == percent(found.p_top(3)["MEX51"])


def test_a_site_whose_species_are_gone_has_no_rank(shipped):
    ranked = rank_sites(shipped, None, RankSettings(False))
    gone = ranked.index[ranked["apart"] == "gone"][0]
    at = fine(visit("site", site=gone))
    shown = driver.frame(at, "order", "rank", "sure", "top")
    assert set(shown["rank"]) == {t("why.title_none")}
    assert t("why.apart_gone") in driver.markdown(at)
    assert not driver.drawn(at, "band", "p")


def test_the_visitors_word_on_threats_is_in_the_link_and_in_the_ranking(shipped):
    at = fine(visit("site", site="MEX51"))
    texts = driver.markdown(at)
    assert any(t("need.basis_none") in text for text in texts)
    # the shipped inventory has no threat records
    assert t("threats.none") in texts
    fine(at.segmented_control(key="beyond_pick").set_value("yes").run())
    assert driver.link(at)["beyond"] == "MEX51"
    row = rank_sites(shipped, None, RankSettings(False, beyond=("MEX51",))).loc["MEX51"]
    assert t("need.beyond") in controls.need_text(row)
    told = f"**{controls.need_text(row)}** :gray[({t('need.basis_set')})]"
    assert told in driver.markdown(at)
    again = fine(visit("priorities", all="1", **driver.link(at)))
    assert driver.frame(again, "rank", "need")["need"]["MEX51"] == controls.need_text(row)
    fine(at.segmented_control(key="beyond_pick").set_value("no").run())
    assert {code: driver.link(at).get(code) for code in ("beyond", "stopped")} == {
        "beyond": None,
        "stopped": "MEX51",
    }
    fine(at.segmented_control(key="beyond_pick").set_value("records").run())
    assert not {"beyond", "stopped"} & set(driver.link(at))
    # the word is on this site alone
    fine(at.segmented_control(key="beyond_pick").set_value("yes").run())
    fine(at.selectbox(key="site").set_value("PER1").run())
    assert at.segmented_control(key="beyond_pick").value == "records"


def test_threats_split_the_risk_of_the_sites_species(own):
    made = withheld(load(own[1].path))
    every = site_threats(made, made.sites.index)
    totals = every.groupby("site_id")["star"].sum(min_count=1)
    rich = str(every[every["code"].notna()]["site_id"].value_counts().index[0])
    at = fine(visit("site", site=rich, data=own[1].version.content_hash[:12]))
    found = every[every["site_id"] == rich]
    shown = driver.frame(at, "threat", "species", "star", "impact")
    assert list(shown["species"]) == list(found["species"])
    level = found["code"].str.split(".").str[0]
    sums = found.groupby(level)["star"].sum()
    told = say(
        "site.threats_answer",
        total=totals[rich],
        share=sums.max() / totals[rich],
        threat=t(f"threat_level.{sums.idxmax()}"),
    )
    assert told in driver.markdown(at)
    bars = next(data for data in driver.drawn(at, "band", "p") if "–" not in "".join(data["band"]))
    assert bars["p"].sum() == pytest.approx(1)
    # what the records say of the need
    expected = needs(made, pd.Series(dtype=float))
    basis = expected.at[rich, "beyond_basis"]
    assert basis in ("records", "table")
    assert any(t(f"need.basis_{basis}") in text for text in driver.markdown(at))

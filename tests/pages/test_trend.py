"""The trend page: curves where a run left them, else separate measurements; never one for the other."""

from __future__ import annotations

import pytest

from aze_core.domain.model import Filters
from aze_core.locale import t
from aze_core.measures.curves import curve
from aze_core.measures.pace import pace
from aze_core.measures.reported import class_counts
from pages.shell import controls
from pages.shell.widgets import md
from tests.helpers import make_covered_inventory
from tests.pages import driver
from tests.pages.driver import fine, visit


def test_the_answer_is_the_one_of_the_four_sites(covered):
    at = fine(visit("trend", data=covered))
    assert driver.answer(at) == t(
        "trend.answer",
        n=4,
        verb=t("trend.verb_rose"),
        first=(0.99 + 0.015) / 4,
        since=1990,
        last=(0.99 + 0.015 + 0.5) / 4,
        until=2026,
        none=2 / 4,
    )
    found = pace(curve(make_covered_inventory(), "global_aze"))
    assert controls.pace_text(found) in driver.markdown(at)
    assert t("trend.word_still") in controls.pace_text(found)


@pytest.mark.parametrize("measure", ["mean", "complete", "none"])
def test_the_curve_and_its_table_are_the_librarys(covered, measure):
    at = fine(visit("trend", data=covered, measure=measure))
    made = curve(make_covered_inventory(), "global_aze")
    shown = driver.frame(at, "year", "low", "value", "high")
    assert list(shown["value"]) == list(made[measure])
    assert list(shown["low"]) == list(made[f"{measure}_low"])
    (drawn,) = [data for data in driver.drawn(at, "low", "value", "high") if len(data) > 1]
    assert list(drawn["high"]) == list(made[f"{measure}_high"])


def test_what_a_curve_stands_on_is_said(covered):
    texts = driver.markdown(fine(visit("trend", data=covered)))
    assert any(t("trend.note", first=1900) in text for text in texts)
    assert any(t("trend.undated", undated=1, n=5, draws=1000) in text for text in texts)
    assert any(t("trend.growth_union") in text for text in texts)
    assert any(t("trend.growth_note", undated=1, n=5) in text for text in texts)


def test_groups_stand_side_by_side_and_in_the_link(covered):
    at = fine(visit("trend", data=covered, group="country:PER~region:africa"))
    assert driver.link(at) == {"data": covered, "group": "country:PER~region:africa"}
    assert driver.answer(at).startswith(md("Country: Land PER"))
    tables = [item.value for item in at.dataframe if {"low", "value"} <= set(item.value.columns)]
    assert [int(item["sites"].iloc[-1]) for item in tables] == [2, 1]
    # growth is that of the first group's country
    assert driver.frame(at, "protected_km2", "in_sites_km2")["protected_km2"].sum() == 200
    fine(at.multiselect(key="trend_groups").set_value([]).run())
    assert driver.answer(at).startswith(t("trend.answer", **_fields())[:30])


def _fields() -> dict[str, object]:
    found = pace(curve(make_covered_inventory(), "global_aze"))
    return {
        "n": found.sites,
        "verb": "",
        "first": found.mean_since,
        "since": found.since,
        "last": found.mean_until,
        "until": found.until,
        "none": found.none_until,
    }


def test_a_group_without_a_curve_is_named(covered):
    at = fine(visit("trend", data=covered, group="country:FJI"))
    assert [item.value for item in at.info] == [t("trend.group_lost", groups=md("Country: Land FJI"))]
    assert driver.answer(at).startswith("Mean cover of the **4 sites**")


def test_growth_by_period(covered):
    at = fine(visit("trend", data=covered))
    shown = driver.frame(at, "protected_km2", "in_sites_km2").set_index("label")
    assert shown.index[0] == t("trend.growth_period", start=1970, end=1979)
    assert shown["share"].iloc[0] == pytest.approx(6 / 1000)
    assert shown["share"].isna().tolist() == [False, True, False, False, False, False]
    last = t("trend.growth_period", start=2020, end=2026)
    assert any(
        t(
            "trend.growth_answer",
            label=last,
            share=9 / 300,
            label_before=t("trend.growth_period", start=2010, end=2019),
            share_before=10 / 4000,
        )
        == text
        for text in driver.markdown(at)
    )


def test_filters_are_said_to_choose_no_curve(covered):
    at = fine(visit("trend", data=covered, country="PER"))
    assert any(t("trend.filters_note") in text for text in driver.markdown(at))
    assert driver.answer(at).startswith("Mean cover of the **4 sites**")


@pytest.mark.parametrize("measure", ["mean", "none"])
def test_reported_vintages_are_separate_measurements(shipped, measure):
    at = fine(visit("trend", measure=measure))
    counts = class_counts(shipped.coverage, shipped.sites.index)
    parts = [
        t(
            "trend.part_next" if place else "trend.part_first",
            mean=float(row["mean_share"]),
            n=int(row["sites"]),
            how=t("vintage_how.reported", year=year),
        )
        for place, (year, row) in enumerate(counts.iterrows())
    ]
    told = t("trend.answer_reported", parts="; ".join(parts)) + " " + t("trend.no_curve_answer")
    assert driver.answer(at) == told
    (drawn,) = [data for data in driver.drawn(at, "vintage", "share", "method") if "a" not in data.columns]
    wanted = counts["mean_share"] if measure == "mean" else counts["none"] / counts["sites"]
    assert list(drawn["share"]) == list(wanted)
    assert "588 sites" in drawn["method"].iloc[0]
    assert t("method.reported_aze_2010") in drawn["method"].iloc[0]
    assert t("trend.how") in driver.markdown(at)
    charts = [item.proto.spec for item in at.get("vega_lite_chart")]
    assert charts
    assert not any('"type": "line"' in spec or '"type":"line"' in spec for spec in charts)


def test_reported_vintages_follow_the_filters_and_the_group(shipped):
    at = fine(visit("trend", region="asia", group="class:Aves"))
    chosen = shipped.where(Filters((), ("asia",), ("Aves",)))
    counts = class_counts(shipped.coverage, chosen)
    assert list(driver.frame(at, "vintage", "mean_share")["sites"]) == list(counts["sites"])


def test_a_group_that_the_filters_leave_nothing_of_says_so(shipped):
    at = fine(visit("trend", region="asia", group="country:PER"))
    assert t("facts.cover_unknown") in driver.markdown(at)

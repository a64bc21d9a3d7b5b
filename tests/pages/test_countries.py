"""The countries page: the library's counts, unknown kept apart, and a country that opens."""

from __future__ import annotations

import pytest

from aze_core.domain.model import Filters
from aze_core.locale import order_key, t
from aze_core.measures.countries import country_table, double_counted
from aze_core.measures.reported import class_counts
from pages.shell.widgets import md, say
from tests.pages import driver
from tests.pages.driver import fine, visit


def computed() -> str:
    return t("vintage_how.computed", year=2026)


def test_the_answer_counts_countries_and_sites(shipped):
    at = fine(visit("countries"))
    table = country_table(shipped, shipped.sites.index, 2016)
    told = t(
        "countries.answer",
        how=t("vintage_how.reported", year=2016),
        n=len(table),
        bare=int((table["none"] > 0).sum()),
        sites=156,
    )
    assert driver.answer(at).startswith(told)
    assert driver.answer(at).endswith(
        t("countries.no_value_n", n=int((table["unknown"] == table["sites"]).sum()))
    )
    assert driver.link(at) == {}


def test_rows_stand_in_order_of_name_and_name_the_uncovered(shipped):
    at = fine(visit("countries", vintage="2010"))
    shown = driver.frame(at, "label", "uncovered")
    assert list(shown["label"]) == sorted(shown["label"], key=order_key)
    table = country_table(shipped, shipped.sites.index, 2010)
    assert shown["sites"].sum() == table["sites"].sum() == len(shipped.countries_of())
    names = shipped.countries["name_en"]
    row = shown.set_index("label").loc[names["HTI"]]
    sites = table.loc["HTI", "uncovered"].split(";")
    assert row["uncovered"] == ", ".join(shipped.sites.loc[sites, "name"])


def test_what_the_rows_add_up_to_is_told(shipped):
    at = fine(visit("countries", vintage="2010"))
    more, shared = double_counted(shipped, shipped.sites.index)
    assert more > 0
    assert any(t("countries.double", n=shared, more=more) in text for text in driver.markdown(at))


def test_reported_and_computed_are_told_apart(covered):
    at = fine(visit("countries", data=covered))
    pick = at.segmented_control(key="vintage_pick")
    assert pick.value == "2026"
    assert pick.options == [t("vintage.reported", year=2010), t("vintage.computed", year=2026)]
    assert any(t("vintage_note.computed") in text for text in driver.markdown(at))
    fine(pick.set_value("2010").run())
    assert any(t("vintage_note.reported") in text for text in driver.markdown(at))
    assert driver.link(at)["vintage"] == "2010"


def test_a_computed_version_by_hand(covered):
    at = fine(visit("countries", data=covered))
    shown = driver.frame(at, "label", "uncovered").set_index("label")
    assert list(shown.index) == ["Land ECU", "Land FJI", "Land MDG", "Land PER"]
    assert shown.loc["Land PER", ["sites", "none", "complete", "uncovered"]].tolist() == [
        2,
        1,
        1,
        "Birch Lake",
    ]
    assert shown.loc["Land FJI", ["sites", "none", "unknown"]].tolist() == [1, 0, 1]
    texts = " ".join(driver.markdown(at))
    assert t("countries.double", n=1, more=1) in texts
    assert t("countries.unknown_sites", n=1, year=2026) in texts
    # B and D are uncovered, in Ecuador, Peru and Madagascar
    told = t("countries.answer", how=computed(), n=4, bare=3, sites=2)
    assert driver.answer(at) == told + " " + t("countries.no_value_n", n=1)


def test_a_country_opens_by_its_link(covered):
    at = fine(visit("countries", data=covered, of="PER"))
    assert driver.link(at) == {"data": covered, "of": "PER"}
    assert driver.answer(at) == say(
        "countries.one_answer", country="Land PER", n=2, none=1, partial=0, complete=1, how=computed()
    )
    shown = driver.frame(at, "name", "share", "high").set_index("name")
    assert shown.loc["Birch Lake", ["share", "high"]].tolist() == pytest.approx([0.015, 0.315])
    assert shown.loc["Birch Lake", "shared"] == t("countries.shared_yes")
    assert "open_B" in driver.keys(at)
    assert "open_A" not in driver.keys(at)
    (points,) = driver.drawn(at, "site_id", "share_text")
    assert set(points["site_id"]) == {"A", "B"}
    (curve,) = driver.drawn(at, "low", "value", "high")[:1]
    assert list(curve["year"]) == list(range(1900, 2027))
    periods = driver.frame(at, "protected_km2", "in_sites_km2")
    assert periods["in_sites_km2"].sum() == 6 + 4


def test_a_click_opens_a_country_and_its_button_closes_it(covered):
    at = fine(visit("countries", data=covered))
    at.session_state["country_of"] = "ECU"
    at.run()
    assert driver.link(fine(at))["of"] == "ECU"
    fine(at.button(key="close_country").click().run())
    assert "of" not in driver.link(at)
    assert len(driver.frame(at, "label", "uncovered")) == 4


def test_a_button_chooses_the_site_that_opens(covered):
    at = fine(visit("countries", data=covered, of="PER"))
    at.button(key="open_B").click().run()
    assert at.session_state["site"] == "B"
    assert fine(driver.go(at, "site")).selectbox(key="site").value == "B"


def test_one_site_and_no_value(covered):
    at = fine(visit("countries", data=covered, of="MDG"))
    assert driver.answer(at) == t(
        "countries.one_only", country=md("Land MDG"), kind=t("countries.kind_none"), how=computed()
    )
    at = fine(visit("countries", data=covered, of="FJI"))
    assert driver.answer(at) == say("countries.one_nothing", country="Land FJI", n=1, year=2026)
    assert not driver.metrics(at)
    assert t("map.nowhere") in driver.markdown(at)
    fine(at.segmented_control(key="vintage_pick").set_value("2010").run())
    assert driver.answer(at) == t(
        "countries.one_only",
        country=md("Land FJI"),
        kind=t("countries.kind_partial"),
        how=t("vintage_how.reported", year=2010),
    )


def test_a_country_that_the_filters_leave_out_gives_way_with_a_word(shipped):
    at = fine(visit("countries", country="MEX", of="PER"))
    assert [item.value for item in at.info] == [say("countries.filtered_out", country="Peru")]
    assert "of" not in driver.link(at)


def test_filters_and_lists_narrow_the_rows(shipped):
    at = fine(visit("countries", region="africa", class_="Aves"))
    chosen = Filters((), ("africa",), ("Aves",))
    assert driver.frame(at, "label", "uncovered")["sites"].sum() == len(
        shipped.countries_of(shipped.where(chosen))
    )


def test_every_country_of_the_shipped_inventory_opens(shipped):
    at = fine(visit("countries", vintage="2016"))
    # one with sites shared, one with a single site, one without a value of 2016
    table = country_table(shipped, shipped.sites.index, 2016)
    odd = [table.index[table["shared"] > 0][0], table.index[table["sites"] == 1][0]]
    odd += [table.index[table["unknown"] == table["sites"]][0], "MEX"]
    for code in odd:
        at.selectbox(key="country_of").set_value(code).run()
        assert driver.link(fine(at))["of"] == code
        assert len(driver.frame(at, "name", "protection", "share")) == table.loc[code, "sites"]


def test_the_open_country_stands_when_one_comes_back_from_a_site(covered):
    at = fine(visit("countries", data=covered, of="PER"))
    at.button(key="open_B").click().run()
    driver.go(at, "site")
    driver.go(fine(at), "countries")
    assert driver.link(fine(at))["of"] == "PER"


def test_without_a_curve_the_vintages_of_a_country_stand_apart(shipped):
    at = fine(visit("countries", of="MEX"))
    (drawn,) = [data for data in driver.drawn(at, "vintage", "share", "method") if "a" not in data.columns]
    counts = class_counts(shipped.coverage, shipped.where(Filters(("MEX",))))
    assert list(drawn["share"]) == list(counts["none"] / counts["sites"])
    assert t("countries.trend") not in [item.value for item in at.subheader]

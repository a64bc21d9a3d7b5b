"""The pages about data and methods: what is loaded, what is not known, every constant."""

from __future__ import annotations

import pytest

from aze_core.domain.model import Assumptions, Filters
from aze_core.domain.schema import dictionary
from aze_core.domain.settings import settings
from aze_core.locale import t
from aze_core.measures.gaps import gaps
from aze_core.measures.reported import class_counts
from aze_core.measures.side_by_side import irreplaceability_table
from aze_core.ranking.values import criteria_values
from pages.shell import link
from pages.shell.widgets import md, say
from tests.pages import driver
from tests.pages.driver import fine, visit


def test_data_counts_what_is_loaded_and_what_is_not_known(shipped):
    at = fine(visit("data"))
    version = shipped.version
    assert driver.answer(at) == say(
        "data.answer",
        name=version.name,
        sites=version.n_sites,
        species=version.n_species,
        occurrences=version.n_occurrences,
    )
    record = driver.frame(at, t("data.what"), t("data.value"))
    assert version.content_hash in record[t("data.value")].tolist()
    counts = class_counts(shipped.coverage, shipped.sites.index)
    shown = driver.frame(at, "vintage", "none", "mean_share")
    assert list(shown["none"]) == list(counts["none"]) == [276, 156]
    assert list(shown["sites"]) == list(counts["sites"]) == [588, 370]
    found, unknown = gaps(shipped), driver.frame(at, "missing", "total", "meaning")
    assert list(unknown["missing"]) == list(found["missing"])
    assert list(unknown["total"]) == list(found["total"])
    assert len(driver.frame(at, "citation", "terms", "title_short")) == len(shipped.sources)
    assert driver.frame(at, "table", "column", "meaning").shape == dictionary().reset_index(drop=True).shape
    assert any(md(version.notice) in text for text in driver.markdown(at)[:-1])


def test_methods_shows_every_constant_and_the_ends_of_the_scales(shipped):
    at = fine(visit("methods"))
    constants = driver.frame(at, "name", "value", "verified")
    assert dict(zip(constants["name"], constants["value"], strict=True)) == {
        name: str(item.value) for name, item in settings().items()
    }
    assert constants["source"].str.len().min() > 0
    anchors = criteria_values(shipped, link.MAIN, Assumptions()).anchors
    shown = driver.frame(at, "worst", "best", "criterion")
    assert list(shown["worst"]) == pytest.approx(list(anchors["worst"]))
    assert list(shown["best"]) == pytest.approx(list(anchors["best"]))
    assert len(at.get("latex") or at.latex) >= 6


def test_the_scales_follow_the_horizon(shipped):
    at = fine(visit("methods", horizon="10"))
    anchors = criteria_values(shipped, link.MAIN, Assumptions(10)).anchors
    assert list(driver.frame(at, "worst", "best")["best"]) == pytest.approx(list(anchors["best"]))
    assert t("methods.anchors_note", horizon=10) in "".join(driver.markdown(at))


@pytest.mark.parametrize("section", ["irreplaceability_other", "schemes", "threat", "needs", "side_by_side"])
def test_methods_of_irreplaceability_threat_and_need_have_their_place(section):
    at = fine(visit("methods"))
    assert t(f"methods.{section}_title") in [item.value for item in at.subheader]


def test_star_is_never_called_so_alone():
    """The GEF allocates by a STAR of its own."""
    text = t("methods.threat")
    assert "threat-abatement star" in text.lower()
    assert text.count("STAR") == text.lower().count("threat-abatement star")
    assert "GEF" in text


def test_measures_side_by_side_come_when_they_are_asked_for(shipped):
    at = fine(visit("methods", country="PER"))
    filters = Filters(("PER",))
    sites = shipped.where(filters)
    assert t("methods.side_by_side", n=len(sites)) in "".join(driver.markdown(at))
    assert not [item for item in at.dataframe if "gamma" in item.value.columns]
    at = fine(at.button(key="side_by_side").click().run())
    shown = driver.frame(at, "gamma", "ferrier", "replacement_cost")
    expected = irreplaceability_table(shipped, sites)
    assert sorted(shown["gamma"], reverse=True) == list(shown["gamma"])
    assert sorted(shown["name"]) == sorted(shipped.sites.loc[sites, "name"])
    assert shown["gamma"].sum() == pytest.approx(expected["gamma"].sum())
    assert set(shown["replacement_cost"]) == {t("irreplaceability.endless")}
    assert t("irreplaceability.count") in "".join(driver.markdown(at))
    # it stays while the page is looked at
    assert driver.frame(fine(at.run()), "gamma", "ferrier").shape == shown.shape


def test_more_sites_than_are_compared_at_a_time(shipped, monkeypatch):
    few = {"limits.side_by_side.sites": 3}
    for module in ("aze_core.domain.settings", "pages.shell.loads"):
        monkeypatch.setattr(f"{module}.value", lambda name: few.get(name, settings()[name].value))
    at = fine(fine(visit("methods", country="PER")).button(key="side_by_side").click().run())
    of = len(shipped.where(Filters(("PER",))))
    assert t("methods.side_by_side_first", n=3, of=of) in "".join(driver.markdown(at))
    assert len(driver.frame(at, "gamma", "ferrier")) == 3


def test_the_coverage_run_is_told_with_what_each_number_means(covered):
    at = fine(visit("data", data=covered))
    shown = driver.frame(at, "what", "value", "meaning").set_index("what")["value"]
    assert shown[t("data.run_areas")] == "5"
    assert shown[t("data.run_undated")] == "1"
    assert shown[t("data.run_other")] == "2"
    assert shown[t("data.run_draws")] == "1000"
    assert shown[t("data.run_areas_hash")] == "a" * 12
    assert t("data.run_what", as_of=md("2026-03"), until=2026) in driver.markdown(at)


def test_without_a_run_there_is_no_word_of_one(shipped):
    at = fine(visit("data"))
    assert t("data.run") not in [item.value for item in at.subheader]

"""From three plans to the ladder, the landscapes and the sheet that is printed, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from aze_core.locale import t
from aze_core.scenarios.ladder import even_steps, ladder
from aze_core.scenarios.landscapes import LandscapeSettings, group
from aze_core.scenarios.problem import Scenario, solve
from pages.shell.link import NOW

pytestmark = pytest.mark.e2e


def keep(visitor, name: str) -> None:
    """Keep what the Scenarios page asks under a name."""
    page = visitor.page
    field = page.locator(".st-key-kept_scenario_name input")
    field.fill(name)
    field.press("Enter")
    visitor.idle()
    page.locator(".st-key-keep button").click()
    expect(page.get_by_role("checkbox", name=name)).to_be_attached()
    visitor.idle()


def budget(visitor, n: int) -> None:
    """Ask for another number of sites."""
    field = visitor.page.locator(".st-key-budget_sites input")
    field.fill(str(n))
    field.press("Enter")
    expect(visitor.page).to_have_url(re.compile(rf"sites={n}\b"))
    visitor.idle()


def said(page: Page, text: str) -> None:
    """The answer at the head of the page, without its marks."""
    expect(page.locator("h5").first).to_contain_text(text.replace("**", ""))


def test_change_compare_three_open_the_ladder_group_into_landscapes_print(visitor, door, shipped):
    page = visitor.open("scenarios?sites=6")
    keep(visitor, "Six")
    budget(visitor, 9)
    keep(visitor, "Nine")
    budget(visitor, 14)
    # two are ticked on the shelf; what is asked now comes as the third
    for name in ("Six", "Nine"):
        page.locator("label").filter(has_text=re.compile(rf"^{name}$")).first.click()
        visitor.idle()
    page.locator(".st-key-shelf_compare button").click()
    page.wait_for_url(re.compile(r"/compare\?"))
    visitor.idle()
    plans = {n: solve(shipped, Scenario(budget=n)) for n in (6, 9, 14)}
    shared = len(set(plans[6].selected) & set(plans[9].selected))
    union = len({*plans[6].selected, *plans[9].selected})
    said(page, t("compare.answer_shared", plans=2, shared=shared, total=union))
    box = page.locator(".st-key-plans_pick input")
    box.click()
    page.get_by_role("option", name=t("compare.now")).click()
    visitor.idle()
    page.keyboard.press("Escape")
    union = len({site for plan in plans.values() for site in plan.selected})
    said(page, t("compare.answer_shared", plans=3, shared=shared, total=union))
    expect(page).to_have_url(re.compile(rf"plans=[0-9a-f]{{12}}(~|%7E)[0-9a-f]{{12}}(~|%7E){NOW}"))
    visitor.fine()
    # the ladder of the third
    page.locator(".st-key-study").get_by_text(t("compare.study_ladder"), exact=True).click()
    visitor.idle()
    page.locator(".st-key-studied_pick").get_by_text(re.compile(r"^C · ")).click()
    expect(page).to_have_url(re.compile("letter=C"))
    made = ladder(shipped, Scenario(budget=14), even_steps(Scenario(budget=14), 4))
    said(page, t("ladder.answer_free", n=4, sites=int(made.steps["sites"].iloc[-1])))
    steps = page.locator(".st-key-ladder_steps input")
    steps.fill("2")
    steps.press("Enter")
    said(page, t("ladder.answer_free", n=2, sites=14))
    visitor.idle()
    visitor.fine()
    # in landscapes
    page.locator(".st-key-study").get_by_text(t("compare.study_landscapes"), exact=True).click()
    visitor.idle()
    for km in (100, 600):
        if km != 100:
            field = page.locator(".st-key-diameter_km input")
            field.fill(str(km))
            field.press("Enter")
            expect(page).to_have_url(re.compile(rf"diameter={km}"))
        table = group(shipped, plans[14].selected, LandscapeSettings(km)).table
        said(page, f"form {len(table)} landscapes, {int((table['sites'] > 1).sum())} of them")
    visitor.idle()
    visitor.fine()
    # on the projector, and back
    page.locator(".st-key-study").get_by_text(t("compare.study_beside"), exact=True).click()
    visitor.idle()
    page.locator(".st-key-turn_full button").first.click()
    expect(page.locator(".st-key-filter_bar")).to_be_hidden()
    visitor.idle()
    visitor.fine()
    address = page.url
    page.locator(".st-key-turn_full button").first.click()
    expect(page.locator(".st-key-plans_pick")).to_be_visible()
    visitor.idle()
    # on paper
    with page.expect_download() as download:
        page.locator(".st-key-compare_pdf button").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    visitor.fine()
    # the link brings the same plans, the one that is asked now included
    other = door.visitor()
    other.open(address.removeprefix(visitor.address))
    said(other.page, t("compare.answer_shared", plans=3, shared=shared, total=union))
    other.idle()
    other.fine()

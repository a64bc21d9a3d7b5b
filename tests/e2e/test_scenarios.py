"""A scenario from the first budget to the shared link, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from aze_core.locale import number, t
from aze_core.scenarios.problem import Scenario, solve

pytestmark = pytest.mark.e2e


def figure(page: Page) -> Locator:
    """The number of plan A."""
    return page.locator("[data-testid=stMetricValue]").first


def told(shipped, **asked) -> str:
    """The number that the library gives."""
    return number(solve(shipped, Scenario(**asked)).objective, 2)


def test_build_see_the_curve_take_a_point_and_share_the_link(visitor, door, shipped):
    page = visitor.open("scenarios")
    field = page.locator(".st-key-budget_sites input")
    field.fill("12")
    field.press("Enter")
    expect(figure(page)).to_have_text(told(shipped, budget=12))
    # the curve: a click takes the budget that it points at
    chart = page.locator(".st-key-plan_curve [data-testid=stVegaLiteChart]")
    chart.locator("canvas, svg").first.wait_for()
    visitor.idle()
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] * 0.4, "y": box["height"] * 0.5})
    expect(page).not_to_have_url(re.compile(r"sites=12$"))
    budget = int(re.search(r"sites=(\d+)", page.url)[1])
    assert 12 < budget < 400
    expect(field).to_have_value(str(budget))
    expect(figure(page)).to_have_text(told(shipped, budget=budget))
    field.fill("12")
    field.press("Enter")
    expect(figure(page)).to_have_text(told(shipped, budget=12))
    # a floor, from behind its button
    page.locator(".st-key-open_quotas button").first.click()
    visitor.idle()
    code = page.locator(".st-key-quota_code_country input")
    code.fill("Peru")
    code.press("Enter")
    expect(code).to_have_value("Peru")
    least = page.locator(".st-key-quota_n input")
    least.fill("3")
    # straight from the number to the button
    page.locator(".st-key-add_floors button").click()
    expect(page).to_have_url(re.compile(r"floor=country(:|%3A)PER(:|%3A)3"))
    floored = told(shipped, budget=12, floors=[["country", "PER", 3]])
    expect(figure(page)).to_have_text(floored)
    # the list of what was set stays open, to go on
    expect(page.locator(".st-key-add_floors button")).to_be_visible()
    visitor.idle()
    visitor.fine()
    # kept, it stands on the shelf
    page.keyboard.press("Escape")
    name = page.locator(".st-key-kept_scenario_name input")
    name.fill("Three in Peru")
    name.press("Enter")
    visitor.idle()
    page.locator(".st-key-keep button").click()
    expect(page.get_by_role("checkbox", name="Three in Peru")).to_be_attached()
    visitor.idle()
    visitor.fine()
    # the link brings the same plan to somebody else
    other = door.visitor()
    other.open(page.url.removeprefix(visitor.address))
    expect(figure(other.page)).to_have_text(floored)
    expect(other.page.get_by_text(t("builder.quotas_n", n=1))).to_be_visible()
    other.idle()
    other.fine()


def test_what_collides_is_named_and_the_button_makes_room(visitor, shipped):
    page = visitor.open("scenarios?sites=1&in=MEX55~HTI3")
    page.locator(".st-key-apply_suggestion button").click()
    expect(figure(page)).to_have_text(told(shipped, budget=2, locked_in=("MEX55", "HTI3")))
    expect(page).to_have_url(re.compile(r"sites=2"))
    visitor.idle()
    visitor.fine()

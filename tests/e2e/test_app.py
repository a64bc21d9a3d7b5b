"""The running app in a browser: every page in every dress, choosing, the address, the keyboard."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import Page, expect

from aze_core.domain.model import Filters, RankSettings, Weights
from aze_core.locale import number, t
from aze_core.ranking.score import rank_sites
from aze_core.scenarios.problem import Scenario, solve
from tests.e2e.conftest import DESKTOP, HEADER_PX, ROW_PX, WAIT_MS, first_rows, serving, shows

pytestmark = pytest.mark.e2e

expect.set_options(timeout=WAIT_MS)

PAGES = (
    *("overview", "countries", "trend", "site", "priorities", "scenarios", "compare"),
    *("data", "changes", "methods"),
)
CHARTS = ("overview", "countries", "trend", "site", "priorities", "scenarios", "compare")
DECKS = ("site", "priorities")
PHONE = {"width": 390, "height": 844}
ZOOM = 2.6  # of the priorities' map


def drawn(page: Page, name: str, dark: bool) -> None:
    """The page has its one title, its first chart or map, and the theme that the browser asks for."""
    expect(page.locator("h1")).to_have_count(1)
    if name in CHARTS:
        page.locator("[data-testid=stVegaLiteChart]").locator("canvas, svg").first.wait_for()
    if name in DECKS:
        page.locator("#deckgl-overlay").wait_for(state="attached")
    shade = page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert (sum(int(part) for part in re.findall(r"\d+", shade)[:3]) < 3 * 128) is dark


def test_every_address_opens_clean_in_the_light_theme(visitor):
    for name in PAGES:
        drawn(visitor.open("" if name == "overview" else name), name, dark=False)
        visitor.fine()


def test_every_page_is_clean_in_the_dark_theme_and_no_wider_than_a_phone(door):
    visitor = door.visitor(color_scheme="dark")
    page = visitor.open("")
    for name in PAGES:
        if name != "overview":
            visitor.follow(t(f"nav.{name}"), name)
        drawn(page, name, dark=True)
        visitor.fine()
        page.set_viewport_size(PHONE)
        page.wait_for_function("() => document.querySelector('[data-testid=stMain]').clientWidth <= 390")
        visitor.fine()
        page.set_viewport_size(DESKTOP)


def test_a_phone_opens_a_deep_link_and_finds_the_other_pages(door):
    visitor = door.visitor(land=True, viewport=PHONE, is_mobile=True, has_touch=True)
    page = visitor.open("priorities?country=MEX")
    drawn(page, "priorities", dark=False)
    visitor.fine()
    page.get_by_test_id("stExpandSidebarButton").tap()
    visitor.follow(t("nav.overview"), "")
    expect(page.locator("h1")).to_have_text(t("overview.question"))
    expect(page).to_have_url(re.compile(r"/\?country=MEX$"))
    visitor.fine()


def test_a_click_on_a_row_or_a_point_selects_the_site(visitor, shipped):
    page = visitor.open("priorities")
    ranked = rank_sites(shipped)
    names = shipped.sites["name"]
    shows(page, names[ranked.index[0]])

    table = page.locator(".st-key-rank_table [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    table.click(position={"x": 12, "y": HEADER_PX + 3.5 * ROW_PX})
    fourth = ranked.index[3]
    shows(page, names[fourth])
    expect(page).to_have_url(re.compile(rf"[?&]site={fourth}(&|$)"))
    total = int(ranked["rank"].notna().sum())
    title = t("why.title", rank=int(ranked.at[fourth, "rank"]), total=total)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    visitor.idle()

    deck = page.locator(".st-key-priority_map #deckgl-overlay")
    deck.scroll_into_view_if_needed()
    box = deck.bounding_box()
    site, x, y = lonely_point(shipped, ranked, fourth, box["width"], box["height"])
    # the map tells by its tooltip when it is ready to be clicked
    tip = page.locator(".deck-tooltip").filter(has_text=names[site][:20])
    for shift in range(20):
        deck.hover(position={"x": x + shift % 2, "y": y})
        if tip.count() and tip.is_visible():
            break
        page.wait_for_timeout(250)
    deck.click(position={"x": x, "y": y})
    shows(page, names[site])
    expect(page).to_have_url(re.compile(rf"[?&]site={site}(&|$)"))
    visitor.fine()


def mercator(latitude: float) -> float:
    """Web Mercator ordinate, as part of the world's width, southwards."""
    return -math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / (2 * math.pi)


def lonely_point(shipped, ranked, centre: str, width: float, height: float) -> tuple[str, float, float]:
    """A listed site that stands apart on the map centred on another, and where it is drawn."""
    world = 512 * 2**ZOOM
    sites = shipped.sites.loc[ranked.index].dropna(subset=["latitude", "longitude"])
    x, y = sites["longitude"] / 360 * world, sites["latitude"].map(mercator) * world
    x, y = x - x[centre] + width / 2, y - y[centre] + height / 2
    for site in sites.index.drop(centre):
        away = ((x - x[site]) ** 2 + (y - y[site]) ** 2) ** 0.5
        inside = 40 < x[site] < width - 40 and 40 < y[site] < height - 40
        if inside and away.drop(site).min() > 24:
            return site, x[site], y[site]
    raise AssertionError("no site stands apart on this map")


def test_weights_are_moved_by_keyboard_and_a_copied_address_brings_all_back(visitor, door, shipped, store):
    page = visitor.open("priorities?country=MEX~PER")
    page.locator(".st-key-order").get_by_text(t("priorities.order_weighted"), exact=True).click()
    slider = page.locator(".st-key-w_pressure input[type=range]")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"order=weighted.*wp=33"))
    visitor.idle()
    ranked = rank_sites(shipped, Weights(40, 30, 33), RankSettings(True, Filters(("MEX", "PER"))))
    table = page.locator(".st-key-rank_table [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    table.click(position={"x": 12, "y": HEADER_PX + 2.5 * ROW_PX})
    third = ranked.index[2]
    expect(page).to_have_url(re.compile(rf"site={third}"))
    visitor.idle()
    rows = first_rows(page)
    for site, text in zip(ranked.index, rows[1:], strict=False):
        assert shipped.sites.at[site, "name"] in text
    address = page.url.removeprefix(door.address)

    with serving(store) as other:
        guest = door.visitor(other)
        there = guest.open(address)
        shows(there, shipped.sites.at[third, "name"])
        assert there.url.removeprefix(other) == address
        assert first_rows(there) == rows
        expect(there.locator(".st-key-w_pressure input[type=range]")).to_have_value("33")
        left = t("filter.some", n=len(shipped.where(Filters(("MEX", "PER")))), total=588)
        expect(there.locator(".st-key-filter_bar")).to_contain_text(left)
        guest.fine()

    page.reload()
    shows(page, shipped.sites.at[third, "name"])
    visitor.idle()
    assert page.url.removeprefix(door.address) == address
    visitor.fine()


def test_a_new_budget_brings_a_new_plan(visitor, shipped):
    page = visitor.open("scenarios")
    figures = page.locator("[data-testid=stMetricValue]")
    for budget in (10, 3):
        field = page.locator(".st-key-budget_sites input")
        field.fill(str(budget))
        field.press("Enter")
        expect(figures.first).to_have_text(number(solve(shipped, Scenario(budget=budget)).objective, 2))
    expect(page).to_have_url(re.compile(r"scenarios\?sites=3$"))
    page.locator(".st-key-budget_kind").get_by_text(t("scenarios.unit_km2"), exact=True).click()
    expect(figures.first).to_have_text(number(solve(shipped, Scenario("km2", 2000)).objective, 2))
    visitor.idle()
    visitor.fine()


def test_filters_and_the_way_back(visitor, shipped):
    page = visitor.open("")
    page.locator(".st-key-filter_bar button").first.click()
    field = page.locator(".st-key-f_country input")
    field.fill("Mexico")
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"\?country=MEX$"))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    badge = t("overview.badge", sites=68, total=588)
    expect(page.get_by_text(badge)).to_be_visible()
    visitor.idle()
    visitor.follow(t("nav.priorities"), "priorities")
    expect(page).to_have_url(re.compile(r"priorities\?.*country=MEX"))
    expect(page.locator(".st-key-filter_bar")).to_contain_text(t("filter.some", n=68, total=588))
    visitor.idle()
    here, question = page.url, t("overview.question")
    # a page that completes its own address stands in the history twice: wait for either of the two outcomes
    for _ in range(2):
        page.go_back()
        page.wait_for_function(
            "([here, title]) => location.href === here || document.querySelector('h1')?.innerText === title",
            arg=[here, question],
        )
        visitor.idle()
        if page.url != here:
            break
    expect(page.locator("h1")).to_have_text(t("overview.question"))
    expect(page.get_by_text(badge)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?country=MEX$"))
    page.locator(".st-key-clear_filters button").click()
    expect(page.locator(".st-key-filter_bar")).to_contain_text(t("filter.all", n=588))
    visitor.idle()
    assert page.url.removeprefix(visitor.address) == "/"
    visitor.fine()


def test_the_selected_site_is_reached_and_changed_with_the_keyboard(visitor, shipped):
    page = visitor.open("priorities")
    ranked = rank_sites(shipped)
    # what is drawn last is not in the way of the key yet
    shows(page, shipped.sites.at[ranked.index[0], "name"])
    first_rows(page)
    inside = "() => document.activeElement.closest('.st-key-site') !== null"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(inside):
            break
    assert page.evaluate(inside)
    page.keyboard.press("ArrowDown")
    second = shipped.sites.at[ranked.index[1], "name"]
    page.keyboard.type(second[:12])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"site={ranked.index[1]}"))
    shows(page, second)
    visitor.fine()

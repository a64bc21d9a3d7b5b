"""The Priorities page in a browser: weighing, brushing, a restored link, popovers, choosing a site."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from aze_core.domain.model import Assumptions, Filters, RankSettings, Weights
from aze_core.locale import t
from aze_core.ranking.quarters import within
from aze_core.ranking.score import rank_sites
from aze_core.ranking.values import criteria_values
from tests.e2e.conftest import HEADER_PX, ROW_PX, WAIT_MS, Visitor, first_rows, shows

pytestmark = pytest.mark.e2e

expect.set_options(timeout=WAIT_MS)


def entries(page: Page) -> dict[str, str]:
    """Entries of the link."""
    return dict(parse_qsl(urlsplit(page.url).query))


def lists(page: Page, shipped, sites) -> None:
    """The table begins with these sites."""
    rows = page.locator(".st-key-rank_table [role=row]")
    for place, site in enumerate(sites[:5], start=1):
        expect(rows.nth(place)).to_contain_text(shipped.sites.at[site, "name"])


def click_row(page: Page, place: int) -> None:
    """Click a row of the table, the first is 1."""
    table = page.locator(".st-key-rank_table [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    table.click(position={"x": 12, "y": HEADER_PX + (place - 0.5) * ROW_PX})


def open_popover(visitor: Visitor, key: str) -> Locator:
    """Press the button of a popover; what it holds."""
    visitor.page.locator(f".st-key-{key} button").first.click()
    body = visitor.page.get_by_test_id("stPopoverBody")
    expect(body).to_be_visible()
    visitor.idle()
    return body


def switch(visitor: Visitor, key: str) -> None:
    """Turn a switch and wait for its run."""
    before = visitor.page.url
    visitor.page.locator(f".st-key-{key} label").first.click()
    visitor.page.wait_for_url(lambda url: url != before)
    visitor.idle()


def test_guided_swings_become_the_weights_and_order_the_sites(visitor, shipped):
    page = visitor.open("priorities")
    page.locator(".st-key-order").get_by_text(t("priorities.order_weighted"), exact=True).click()
    page.locator(".st-key-kept_how").get_by_text(t("weighing.how_guided"), exact=True).click()
    steps = page.locator(".st-key-kept_first label")
    expect(steps).to_have_count(1 + 3)
    use = page.locator(".st-key-use_swings button")
    expect(use).to_have_count(0)
    steps.filter(has_text=t("criterion.extinction")).click()
    expect(use).to_be_disabled()
    for code, points in (("irreplaceability", 60), ("pressure", 20)):
        field = page.locator(f".st-key-kept_swing_{code} input")
        field.fill(str(points))
        field.press("Enter")
    expect(use).to_be_enabled()
    assert not {"wi", "we", "wp"} & set(entries(page)), "swings weigh nothing before they are used"
    use.click()
    expect(page).to_have_url(re.compile("we=100"))
    visitor.idle()
    given = entries(page)
    assert {code: given[code] for code in ("order", "wi", "we", "wp")} == {
        "order": "weighted",
        "wi": "60",
        "we": "100",
        "wp": "20",
    }
    expect(page.locator(".st-key-w_extinction input[type=range]")).to_have_value("100")
    lists(page, shipped, rank_sites(shipped, Weights(60, 100, 20)).index)
    visitor.fine()


def test_a_box_in_the_quarters_narrows_the_table_until_all_sites_come_back(visitor, shipped):
    page = visitor.open("priorities")
    ranked = rank_sites(shipped).index
    every = t("priorities.all_ranked", n=len(ranked), total=len(ranked))
    expect(page.get_by_role("heading", name=every)).to_be_visible()
    first_rows(page)
    chart = page.locator("[class*=st-key-quarters_chart_]").locator(".marks")
    place = chart.bounding_box()
    start, end = (
        {"x": across * place["width"], "y": down * place["height"]}
        for across, down in ((0.3, 0.8), (0.85, 0.2))
    )
    # unlike a bare move of the mouse, these wait until the chart stands still
    chart.hover(position=start)
    page.mouse.down()
    chart.hover(position=end)
    page.mouse.up()
    expect(page).to_have_url(re.compile("[?&]box="))
    again = page.locator(".st-key-unbox button")
    expect(again).to_be_visible()
    visitor.idle()
    left, right, bottom, top = (float(part) for part in entries(page)["box"].split("~"))
    known = criteria_values(shipped, ("irreplaceability", "pressure"), Assumptions()).known.loc[ranked]
    inside = ranked[within(known["irreplaceability"], known["pressure"], (left, right), (bottom, top))]
    assert 0 < len(inside) < len(ranked)
    some = t("priorities.some_ranked", n=len(inside), total=len(ranked))
    expect(page.get_by_role("heading", name=some)).to_be_visible()
    lists(page, shipped, inside)
    again.click()
    expect(page.get_by_role("heading", name=every)).to_be_visible()
    visitor.idle()
    assert "box" not in entries(page)
    lists(page, shipped, ranked)
    visitor.fine()


def test_a_copied_link_brings_every_choice_to_another_browser(visitor, door, shipped):
    points = {"irreplaceability": 20, "extinction": 50, "pressure": 10, "neighbours": 20}
    weights = Weights.of(points, ["neighbours"])
    settings = RankSettings(scope=("MEX", "COL", "PER"))
    ranked = rank_sites(shipped, weights, settings).index
    one, two = ranked[3], ranked[8]
    page = visitor.open(
        "priorities?order=weighted&wi=20&we=50&wp=10&more=neighbours:20&turn=neighbours&scale=MEX~COL~PER"
        f"&top=7&certain=1&about=compare&box=0~0.9~0.2~1&vs={one}~{two}"
    )
    known = criteria_values(shipped, ("irreplaceability", "pressure"), Assumptions()).known.loc[ranked]
    inside = ranked[within(known["irreplaceability"], known["pressure"], (0, 0.9), (0.2, 1))]
    lists(page, shipped, inside)
    rows, given = first_rows(page), entries(page)
    expected = given | {
        "wi": "20",
        "we": "50",
        "wp": "10",
        "scale": "MEX~COL~PER",
        "top": "7",
        "certain": "1",
        "turn": "neighbours",
    }
    assert given == expected

    guest = door.visitor()
    there = guest.open(page.url.removeprefix(door.address))
    lists(there, shipped, inside)
    assert first_rows(there) == rows
    assert entries(there) == given
    for code, given_points in points.items():
        key = f"w_{code}" if code != "neighbours" else "wm_neighbours"
        expect(there.locator(f".st-key-{key} input[type=range]")).to_have_value(str(given_points))
    there.locator(".st-key-weights summary").click()
    expect(there.locator(".st-key-turn_neighbours input")).to_be_checked()
    for site in (one, two):
        expect(there.locator(".st-key-compared")).to_contain_text(
            shipped.sites.at[site, "name"][:29].rstrip()
        )
    expect(there.locator(".st-key-unbox button")).to_be_visible()
    body = open_popover(guest, "open_sure")
    expect(body.locator(".st-key-top input")).to_have_value("7")
    expect(body.locator(".st-key-certain input")).to_be_checked()
    guest.fine()
    visitor.fine()


def only_changes(page: Page, before: dict[str, str], **changed: str) -> None:
    """The link has these new entries, and all others as before."""
    for code, text in changed.items():
        expect(page).to_have_url(re.compile(rf"[?&]{code}={re.escape(text)}(&|$)"))
    assert entries(page) == before | changed


def test_assumptions_keep_their_values_when_the_page_ran_before_they_open(visitor, shipped):
    page = visitor.open("priorities?horizon=80&all=1")
    switch(visitor, "all_sites")
    before = entries(page)
    assert "all" not in before
    body = open_popover(visitor, "open_assumptions")
    horizon = body.locator(".st-key-horizon input")
    expect(horizon).to_have_value("80")
    expect(body.locator(".st-key-effect input")).to_have_value("0.33")
    horizon.press("ArrowUp")
    only_changes(page, before, horizon="90")
    visitor.idle()
    expect(horizon).to_have_value("90")
    expect(body.locator(".st-key-effect input")).to_have_value("0.33")
    only_changes(page, before, horizon="90")
    lists(page, shipped, rank_sites(shipped, None, RankSettings(assumptions=Assumptions(90))).index)
    visitor.fine()


def test_how_sure_keeps_its_values_when_the_page_ran_before_it_opens(visitor):
    page = visitor.open("priorities?order=weighted&top=7&seed=5&all=1")
    switch(visitor, "all_sites")
    before = entries(page)
    body = open_popover(visitor, "open_sure")
    top, seed = (body.locator(f".st-key-{key} input") for key in ("top", "seed"))
    expect(top).to_have_value("7")
    expect(seed).to_have_value("5")
    top.press("ArrowUp")
    only_changes(page, before, top="8")
    visitor.idle()
    seed.press("ArrowUp")
    only_changes(page, before, top="8", seed="6")
    visitor.idle()
    expect(top).to_have_value("8")
    only_changes(page, before, top="8", seed="6")
    visitor.fine()


def test_filters_keep_their_values_when_the_page_ran_before_they_open(visitor, shipped):
    page = visitor.open("priorities?country=MEX&all=1")
    switch(visitor, "all_sites")
    before = entries(page)
    body = open_popover(visitor, "open_filters")
    field = body.locator(".st-key-f_country")
    expect(field).to_contain_text("Mexico")
    field.locator("input").fill("Peru")
    field.locator("input").press("Enter")
    only_changes(page, before, country="MEX~PER")
    visitor.idle()
    expect(field).to_contain_text("Mexico")
    lists(page, shipped, rank_sites(shipped, None, RankSettings(True, Filters(("MEX", "PER")))).index)
    visitor.fine()


def test_a_site_is_chosen_in_the_list_by_mouse_and_then_in_the_table(visitor, shipped):
    page = visitor.open("priorities")
    ranked = rank_sites(shipped)
    names = shipped.sites["name"]
    shows(page, names[ranked.index[0]])
    fifth = ranked.index[4]
    page.locator(".st-key-site input").click()
    page.get_by_role("option").filter(has_text=names[fifth][:29].rstrip()).first.click()
    expect(page).to_have_url(re.compile(rf"[?&]site={fifth}(&|$)"))
    shows(page, names[fifth])
    visitor.idle()
    second = ranked.index[1]
    click_row(page, 2)
    expect(page).to_have_url(re.compile(rf"[?&]site={second}(&|$)"))
    shows(page, names[second])
    visitor.idle()
    # neither choice comes back after the other
    assert entries(page)["site"] == second
    shows(page, names[second])
    visitor.fine()

"""Bringing files in a browser: from the upload to a new version that every page shows."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import expect

from aze_core.build.intake import import_files
from aze_core.locale import t
from pages.shell.bringing import training_files
from tests.e2e.conftest import DESKTOP, WAIT_MS, Door, serving
from tests.pages.conftest import training_plan

pytestmark = pytest.mark.e2e

expect.set_options(timeout=WAIT_MS)

VIEWS = ("data?view=bring", "data?view=versions", "data?view=ready", "changes", "changes?part=desk")


@pytest.fixture
def own(browser, store, tmp_path):
    """A visitor at a server with a store of its own."""
    place = tmp_path / "store"
    shutil.copytree(store, place)
    with serving(place) as address:
        door = Door(browser, address)
        yield door.visitor()
        for context in door.contexts:
            context.close()


def test_uploaded_training_files_become_the_command_lines_version(own, tmp_path):
    expected = import_files(training_plan(), tmp_path / "other").version
    page = own.open("data?view=bring")
    page.locator(".st-key-bring_upload input[type=file]").set_input_files(training_files())
    expect(page.locator("[class*=st-key-kind_]")).to_have_count(len(training_files()))
    own.idle()
    name = page.locator(".st-key-bring_name input")
    name.fill(expected.name)
    name.press("Enter")
    own.idle()
    date = page.locator("[class*=st-key-bring_as_of] input")
    expect(date).to_have_value(expected.as_of)
    page.locator(".st-key-start_import button").click()
    look = page.locator(".st-key-look_at_new button")
    look.wait_for()
    own.fine()
    look.click()
    expect(page).to_have_url(re.compile(rf"data={expected.content_hash[:12]}"))
    expect(page.get_by_text(t("provenance.status.training")).first).to_be_visible()
    own.fine()
    own.follow(t("nav.overview"), "")
    expect(page).to_have_url(re.compile(rf"data={expected.content_hash[:12]}"))
    expect(page.get_by_text(t("overview.badge", sites=63, total=63))).to_be_visible()
    own.fine()


def test_pages_about_the_data_are_no_wider_than_a_phone(own):
    for view in VIEWS:
        page = own.open(view)
        own.fine()
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_function("() => document.querySelector('[data-testid=stMain]').clientWidth <= 390")
        own.fine()
        page.set_viewport_size(DESKTOP)

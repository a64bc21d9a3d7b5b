"""A running app on the shipped inventory, and a browser whose every page is watched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from aze_core.store.folder import ROOT
from aze_core.views.maps import LAND_URL

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS = 30_000
DESKTOP = {"width": 1280, "height": 900}
NO_LAND = {"type": "FeatureCollection", "features": []}
HEADER_PX, ROW_PX = 35, 34
"""Heights in the ranking's table."""

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


@contextmanager
def serving(store: Path) -> Iterator[str]:
    """A server of its own on a free port; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pages.shell.serve", "--port", "0", "--store", str(store), "--until-eof"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = next((line.split()[-1] for line in process.stdout if "http://" in line), None)
        assert address, "the server ended before it was ready"
        yield address.rstrip("/")
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[str]:
    """Address of the running app."""
    with serving(store) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("NO CHROMIUM: the app was not driven in a browser. Install chromium, or set CHROMIUM.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


def shows(page: Page, name: str) -> None:
    """The list box holds this site, by its name or the beginning of a long one."""
    expect(page.locator(".st-key-site input")).to_have_value(re.compile(re.escape(name[:29].rstrip())))


def first_rows(page: Page) -> list[str]:
    """First cells of the ranking, from the table's text for screen readers."""
    grid = page.locator(".st-key-rank_table [data-testid=data-grid-canvas]")
    grid.locator("[role=gridcell]").first.wait_for(state="attached")
    return grid.locator("[role=row]").evaluate_all("rows => rows.slice(0, 6).map(row => row.textContent)")


@dataclass
class Visitor:
    """One page in a context of its own, with what went wrong in it."""

    page: Page
    address: str
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open an address below the server's and wait until the app is drawn."""
        self.page.goto(f"{self.address}/{path.lstrip('/')}")
        self.page.locator("h1").first.wait_for()
        self.idle()
        return self.page

    def idle(self) -> None:
        """Wait until no script runs."""
        self.page.locator(IDLE).wait_for(state="attached")

    def follow(self, title: str, name: str) -> None:
        """Follow the navigation to a page."""
        self.page.get_by_role("link", name=title, exact=True).first.click()
        self.page.wait_for_url(re.compile(rf"\d/{name}(\?|$)"))
        self.page.locator("h1").first.wait_for()
        self.idle()

    def fine(self) -> None:
        """No trouble so far, and nothing wider than the window."""
        assert self.troubles == []
        assert self.page.locator("[data-testid=stException]").count() == 0
        assert self.page.locator("[data-testid=stAlertContentError]").count() == 0
        # charts take their new width a moment after the window; what stays too wide ends in a timeout
        self.page.wait_for_function(
            """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
                     .every(item => item.scrollWidth <= item.clientWidth)"""
        )


class Door:
    """Opens contexts and closes them all."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.contexts: list[BrowserContext] = []

    def visitor(self, address: str | None = None, land: bool = False, **options: Any) -> Visitor:
        """A visitor with a fresh browser profile.

        Without `land` the zoomable maps are sea and points alone: drawing the land takes software rendering
        several seconds each time.
        """
        here = address or self.address
        context = self.browser.new_context(**{"viewport": DESKTOP, **options})
        self.contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        if not land:
            context.route(f"**{LAND_URL}", lambda route: route.fulfill(json=NO_LAND))
        found = Visitor(context.new_page(), here)

        def said(message: ConsoleMessage) -> None:
            # on a deep link Streamlit's client looks for its server beside the page before it looks above
            probing = "/_stcore/" in message.location["url"] and "404" in message.text
            if message.type == "error" and not probing:
                found.troubles.append(f"{message.text} ({message.location['url']})")

        def asked(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(here).netloc:
                found.troubles.append(f"asked another host: {url}")

        context.on("request", lambda request: asked(request.url))
        found.page.on("websocket", lambda socket: asked(socket.url))
        found.page.on("console", said)
        found.page.on("pageerror", lambda error: found.troubles.append(str(error)))
        return found


@pytest.fixture
def door(browser: Browser, server: str) -> Iterator[Door]:
    """Where visitors come in."""
    found = Door(browser, server)
    yield found
    for context in found.contexts:
        context.close()


@pytest.fixture
def visitor(door: Door) -> Visitor:
    """One visitor at a desktop in the light theme, without land on zoomable maps."""
    return door.visitor()

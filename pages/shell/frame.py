"""What every page stands in: navigation, the loaded inventory, notices, the foot."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from aze_core import __version__
from aze_core.domain.errors import AzeError
from aze_core.domain.model import Inventory
from aze_core.locale import explain, t
from aze_core.store.folder import ROOT
from pages.shell import link, loads, version
from pages.shell.widgets import md, note

STYLE = ROOT / "static" / "narrow.css"
FULL = ROOT / "static" / "full.css"
PAGES = (
    ("evidence", "overview"),
    ("evidence", "countries"),
    ("evidence", "trend"),
    ("evidence", "site"),
    ("decide", "priorities"),
    ("decide", "scenarios"),
    ("decide", "compare"),
    ("about", "data"),
    ("about", "changes"),
    ("about", "methods"),
)


def title() -> str:
    """The app's name."""
    return t("app.title")


def navigation(folder: Path) -> tuple[StreamlitPage, str]:
    """The page that the address names, and its name.

    Pages lie in sub-folders: a file directly in `pages/` would be found by Streamlit's older mechanism,
    which runs it without this frame.
    """
    pages = {
        name: st.Page(
            folder / room / f"{name}.py", title=t(f"nav.{name}"), url_path=name, default=name == "overview"
        )
        for room, name in PAGES
    }
    chosen = st.navigation(list(pages.values()), position="top")
    found = next((name for name, page in pages.items() if page.title == chosen.title), "overview")
    return chosen, found


def style() -> None:
    """Margins that leave a projector's narrow picture to the page."""
    st.html(STYLE)


def inventory() -> Inventory | None:
    """The loaded inventory, or None after saying why there is none."""
    try:
        return loads.current()
    except AzeError as error:
        st.title(t("app.no_inventory"), anchor=False)
        st.error(md(explain(error)))
        return None


def notices() -> None:
    """What the address asked for and could not have, and whether the database is older than its facts."""
    ignored = link.take_notices()
    if ignored:
        entries = ", ".join(f"{code}={text}" if text else code for code, text in ignored)
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="link_notice"):
            st.markdown(t("link.ignored", n=len(ignored), entries=md(entries[:200])))
            st.button(t("button.dismiss"), on_click=link.dismiss_notices, key="dismiss_link", type="tertiary")
    lost = version.lost()
    if lost:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="version_notice"):
            st.markdown(t("version.lost", code=md(lost)))
            st.button(
                t("button.dismiss"), on_click=version.forget_lost, key="dismiss_version", type="tertiary"
            )
    problem = loads.build_problem()
    if problem:
        st.warning(t("app.older_database", problem=md(problem)))


def foot(loaded: Inventory) -> None:
    """Notice of the data, borders, software version: on every page."""
    st.divider()
    note(
        t(
            "app.foot",
            notice=md(loaded.version.notice),
            software=__version__,
        )
    )

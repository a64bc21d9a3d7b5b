"""How this session sees the data: which version, how borders are drawn, whether sensitive names show."""

from __future__ import annotations

import streamlit as st

from aze_core.domain.model import Inventory
from aze_core.locale import t
from aze_core.store import boundaries, folder, versions
from aze_core.views.land import COUNTRIES, NO_BORDERS, Land, own_land
from pages.shell import access, loads, version
from pages.shell.widgets import popover

BORDERS = ("countries", "none", "own")


@st.cache_resource(show_spinner=False, max_entries=2)
def _own(text: str) -> Land:
    return own_land(text)


def has_own_borders() -> bool:
    """Whether the store holds a boundary file of the user's own."""
    return bool(boundaries.kept(folder.default_folder()))


def land() -> Land:
    """How maps draw the land: as the session chose, else with the user's own borders where there are some."""
    chosen = st.session_state.get("borders")
    text = boundaries.kept(folder.default_folder())
    if text and chosen in (None, "own"):
        return _own(text)
    return NO_BORDERS if chosen == "none" else COUNTRIES


def borders_note() -> str:
    """What a map's caption says of its borders."""
    return t(f"map.land_{land().kind}")


def version_label(one: versions.Version) -> str:
    """What a version is called in lists."""
    label = t("version.option", label=one.label, as_of=one.record.as_of, hash=one.record.short_hash)
    return t("version.default", label=label) if one.is_default else label


def menu(inventory: Inventory) -> None:
    """The button that opens the choices."""
    sensitive = loads.has_sensitive()
    with popover(t("display.title"), "open_display", "borders", icon=":material/layers:"):
        _versions(inventory)
        options = [code for code in BORDERS if code != "own" or has_own_borders()]
        st.segmented_control(
            t("display.borders"),
            options,
            format_func=lambda code: t(f"display.borders_{code}"),
            key="borders",
            default=None,
            help=t("display.borders_help"),
        )
        if sensitive and access.is_local():
            version.reveal_switch()
        elif sensitive:
            st.markdown(f":small[:gray[{t('sensitive.remote')}]]")
    if version.revealed():
        st.badge(t("sensitive.shown"), color="red", icon=":material/visibility:")


def _versions(inventory: Inventory) -> None:
    listed = versions.versions(folder.default_folder())
    if len(listed) < 2:
        return
    hashes = [one.content_hash for one in listed]
    by_hash = dict(zip(hashes, listed, strict=True))
    st.session_state["version_pick"] = inventory.version.content_hash
    st.selectbox(
        t("display.version"),
        hashes,
        format_func=lambda code: version_label(by_hash[code]),
        key="version_pick",
        on_change=lambda: version.choose(st.session_state["version_pick"]),
        help=t("display.version_help"),
    )

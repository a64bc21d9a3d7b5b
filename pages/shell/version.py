"""Which version of the data this session looks at, and whether it sees what is sensitive."""

from __future__ import annotations

import streamlit as st

from aze_core.domain.errors import StoreError
from aze_core.locale import t
from aze_core.store import folder, versions
from pages.shell import access

CODE = "data"
"""Entry of the link."""

CODE_LENGTH = 12
_CHOSEN = "version_chosen"
_LOST = "version_lost"
_REVEALED = "reveal"


def chosen() -> str | None:
    """Content hash of the version that this session chose; None for the store's default.

    On a session's first run the address chooses. A version that is not, or no longer, in the store gives way
    to the default, and `lost` tells.
    """
    state, store = st.session_state, folder.default_folder()
    if _CHOSEN not in state:
        state[_CHOSEN] = None
        given = st.query_params.get_all(CODE)
        if given:
            try:
                state[_CHOSEN] = versions.find(store, given[-1])
            except StoreError:
                state[_LOST] = given[-1][:40]
    found: str | None = state[_CHOSEN]
    if found is not None and not folder.inventory_path(store, found).exists():
        state[_CHOSEN], state[_LOST] = None, found[:CODE_LENGTH]
        found = None
    return found


def choose(content_hash: str | None) -> None:
    """Look at another version from now on; None: at the default."""
    current = folder.read_current(folder.default_folder())
    is_default = current is not None and current.inventory == content_hash
    st.session_state[_CHOSEN] = None if is_default else content_hash
    st.session_state.pop(_LOST, None)


def lost() -> str:
    """The version that was asked for and is not there; empty where all is well."""
    return str(st.session_state.get(_LOST, ""))


def forget_lost() -> None:
    """The visitor has read that the version is not there."""
    st.session_state.pop(_LOST, None)


def revealed() -> bool:
    """Whether names and exact places of what is sensitive are shown: on the machine itself, on request."""
    return bool(st.session_state.get(_REVEALED)) and access.is_local()


def reveal_switch() -> None:
    """The switch that shows what is sensitive on this machine's own screen."""
    # the widget forgets its state when it is not drawn, and then nothing stays shown by mistake
    st.toggle(t("sensitive.reveal"), key=_REVEALED, help=t("sensitive.reveal_help"))

"""What is loaded, and what is not known? Also: bring files, tend versions, see whether it is enough."""

from __future__ import annotations

import streamlit as st

from aze_core.locale import t
from pages.about import bring, loaded, ready, tend
from pages.shell import loads

VIEWS = {"loaded": loaded.view, "bring": bring.view, "versions": tend.view, "ready": ready.view}

inventory = loads.current()
chosen = st.segmented_control(
    t("data.view"),
    list(VIEWS),
    format_func=lambda code: t(f"data.view_{code}"),
    key="data_view",
    required=True,
    label_visibility="collapsed",
)
VIEWS[chosen or "loaded"](inventory)

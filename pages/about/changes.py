"""What changed in the data? Two versions compared, and corrections of the one that is looked at."""

from __future__ import annotations

import streamlit as st

from aze_core.locale import t
from pages.about import compare, desk
from pages.shell import loads

VIEWS = {"compare": compare.view, "desk": desk.view}

inventory = loads.current()
chosen = st.segmented_control(
    t("changes.view"),
    list(VIEWS),
    format_func=lambda code: t(f"changes.view_{code}"),
    key="changes_view",
    required=True,
    label_visibility="collapsed",
)
VIEWS[chosen or "compare"](inventory)

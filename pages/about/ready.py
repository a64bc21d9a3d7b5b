"""Is this enough to decide? What a country needs, what is loaded of it, how old it is, where to ask."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from aze_core.domain.model import Filters, Inventory
from aze_core.locale import t
from pages.shell import filters, link, loads
from pages.shell.widgets import head, no_sites, note, say, table

GLYPHS = {"ready": "●", "partly": "◆", "old": "◆", "history": "◆", "made_up": "◆", "missing": "▲"}


def view(inventory: Inventory) -> None:
    """Draw the checklist for the filtered sites."""
    version = inventory.version
    chosen = link.filters()
    sites = inventory.where(chosen)
    if not len(sites):
        head(t("ready.question"), t("empty.no_site"), version)
        no_sites(filters.clear)
        return
    found = loads.readiness(inventory, chosen)
    in_list = len(inventory.where(Filters(list_type=chosen.list_type)))
    ready = int((found["state"] == "ready").sum())
    head(
        t("ready.question"),
        t("ready.answer", ready=ready, total=len(found), n=len(sites)),
        version,
        (
            t(
                "overview.badge",
                sites=len(sites),
                total=in_list,
            ),
            "gray",
        ),
    )
    if version.status != "current":
        with st.container(border=True):
            st.markdown(say(f"ready.status_{version.status}", as_of=version.as_of))
    table(
        pd.DataFrame(
            {
                "state": [f"{GLYPHS[state]} {t(f'ready.state_{state}')}" for state in found["state"]],
                "need": [t(f"ready.need_{need}") for need in found.index],
                "have": [
                    t("ready.have", have=int(row["have"]), of=int(row["of"])) for _, row in found.iterrows()
                ],
                "year": found["year"],
                "why": [t(f"ready.why_{need}") for need in found.index],
                "where": [t(f"ready.where_{need}") for need in found.index],
            }
        ).reset_index(drop=True),
        t("ready.table"),
        version,
        "readiness",
        {
            "state": st.column_config.TextColumn(t("ready.state"), width=110, pinned=True),
            "need": st.column_config.TextColumn(t("ready.need"), width=210),
            "have": st.column_config.TextColumn(t("ready.known"), width=110),
            "year": st.column_config.NumberColumn(t("ready.year"), format="%d", width=80),
            "why": st.column_config.TextColumn(t("ready.why"), width=330),
            "where": st.column_config.TextColumn(t("ready.where"), width=430),
        },
        opened=True,
    )
    note(t("ready.note"))

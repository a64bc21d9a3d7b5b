"""Which versions are here? Look at one, show it first, rename, delete and bring back, export."""

from __future__ import annotations

import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.model import Inventory
from aze_core.locale import explain, number, t
from pages.shell import access, tending
from pages.shell.tending import Version
from pages.shell.widgets import download_file, head, md, note, say


def view(inventory: Inventory) -> None:
    """Draw the versions of the store, and those that can be brought back."""
    listed, gone = tending.versions(), tending.deleted()
    head(
        t("tend.question"),
        t("tend.answer", n=len(listed)),
        inventory.version,
    )
    writes = access.may_write()
    if not writes:
        st.info(t("tend.remote"))
    problem = st.session_state.pop("tend_problem", "")
    if problem:
        st.error(md(problem))
    for one in listed:
        card(one, one.content_hash == inventory.version.content_hash, writes)
    note(t("tend.note"))
    if gone:
        st.subheader(t("tend.deleted"), anchor=False)
        for one in gone:
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                st.markdown(title(one))
                st.button(
                    t("tend.restore"),
                    key=f"restore_{one.record.short_hash}",
                    on_click=act,
                    args=(tending.restore, one.content_hash),
                    disabled=not writes,
                    icon=":material/undo:",
                )
        note(t("tend.deleted_note", days=tending.undo_days()))


def title(one: Version) -> str:
    """Label, date and hash of a version."""
    return say("tend.title", label=one.label, as_of=one.record.as_of, hash=one.record.short_hash)


def act(action: tending.Action, *arguments: str) -> None:
    """Do what a button says; what went wrong is told on the next run."""
    try:
        action(*arguments)
    except AzeError as error:
        st.session_state["tend_problem"] = explain(error)


def _rename(content_hash: str, key: str) -> None:
    """Give a version the name that stands in the field when the button is pressed."""
    tending.rename(content_hash, st.session_state[key])


def card(one: Version, seen: bool, writes: bool) -> None:
    """One version: what it is, and what can be done with it."""
    record, code = one.record, one.record.short_hash
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(title(one))
            if one.is_default:
                st.badge(t("tend.first"), color="blue")
            if seen:
                st.badge(t("tend.seen"), color="green")
            if record.status != "current":
                st.badge(t(f"provenance.status.{record.status}", as_of=record.as_of), color="orange")
        line = t(
            "tend.line",
            sites=record.n_sites,
            species=record.n_species,
            size=number(one.bytes / 1e6, 1),
        )
        renamed = "" if one.label == record.name else " · " + say("tend.own_name", name=record.name)
        base = " · " + say("tend.from", hash=record.derived_from[:8]) if record.derived_from else ""
        st.markdown(f":gray[{line}{renamed}{base}]")
        with st.container(horizontal=True, gap="small"):
            st.button(
                t("tend.look"),
                key=f"look_{code}",
                on_click=tending.look,
                args=(one.content_hash,),
                disabled=seen,
            )
            st.button(
                t("tend.make_first"),
                key=f"first_{code}",
                on_click=act,
                args=(tending.make_first, one.content_hash),
                disabled=one.is_default or not writes,
            )
            with st.popover(t("tend.rename"), disabled=not writes):
                st.text_input(t("tend.label"), value=one.label, key=f"label_{code}", max_chars=120)
                st.button(
                    t("tend.rename_do"),
                    key=f"rename_{code}",
                    on_click=act,
                    args=(_rename, one.content_hash, f"label_{code}"),
                )
            st.button(
                t("tend.delete"),
                key=f"delete_{code}",
                on_click=act,
                args=(tending.delete, one.content_hash),
                disabled=one.is_default or one.is_built or not writes,
                help=t("tend.delete_help", days=tending.undo_days()),
            )
            download_file(
                t("button.gpkg"),
                lambda: tending.file_of(one.content_hash),
                f"{record.inventory_id}-{code}.gpkg",
                "application/geopackage+sqlite3",
                key=f"gpkg_{code}",
            )

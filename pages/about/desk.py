"""The corrections desk: what is wrong, on what that rests, and what becomes of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.model import Inventory
from aze_core.domain.schema import CATEGORIES, CORRECTIONS
from aze_core.locale import explain, percent, t
from pages.shell import access, correcting, loads
from pages.shell.correcting import Proposal
from pages.shell.widgets import download, head, md, named, note, say


def view(inventory: Inventory) -> None:
    """Draw the form, the proposals, and the corrections of this version."""
    found = correcting.proposals(inventory)
    waiting = [one for one in found if one.status == "proposed"]
    head(
        t("desk.question"),
        t("desk.answer", waiting=len(waiting), accepted=len(inventory.corrections)),
        inventory.version,
    )
    problem = st.session_state.pop("desk_problem", "")
    if problem:
        st.error(md(problem))
    done = st.session_state.pop("desk_done", "")
    if done:
        st.success(md(done))
    if not access.may_write():
        st.info(t("desk.remote"))
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        if access.may_write():
            form(inventory)
    with right:
        listing(inventory, found)
        overrides(inventory)


def site_label(inventory: Inventory, site: str) -> str:
    """Name, country codes and identifier."""
    return (
        f"{inventory.sites.at[site, 'name']} ({inventory.sites.at[site, 'iso3'].replace(';', '/')}, {site})"
    )


def form(inventory: Inventory) -> None:
    """What is wrong, and on what that rests."""
    st.subheader(t("desk.propose"), anchor=False)
    with st.container(border=True):
        kind = st.selectbox(
            t("desk.kind"), CORRECTIONS, format_func=lambda code: t(f"desk.kind_{code}"), key="desk_kind"
        )
        ordered = inventory.sites["name"].sort_values(kind="stable").index.tolist()
        known = st.session_state.get("site")
        site = ""
        if kind != "category":
            site = st.selectbox(
                t("word.site"),
                ordered,
                index=ordered.index(known) if known in ordered else 0,
                format_func=lambda code: site_label(inventory, code),
                key=f"desk_site_{inventory.key}",
            )
            note(now(inventory, kind, site))
        species, said = fields(inventory, kind, site)
        source = st.text_area(t("desk.source"), key="desk_source", help=t("desk.source_help"), height=80)
        who = st.text_input(t("desk.who"), key="desk_who", max_chars=120)
        if st.button(t("desk.propose_do"), key="desk_propose", type="primary"):
            try:
                correcting.propose(inventory, kind, site, species, said, source, who)
            except AzeError as error:
                st.error(md(explain(error)))
            else:
                st.session_state["desk_done"] = t("desk.proposed")
                st.rerun()


def now(inventory: Inventory, kind: str, site: str) -> str:
    """What stands there now."""
    row = inventory.sites.loc[site]
    if kind == "protected_since":
        reports = inventory.coverage[inventory.coverage["site_id"] == site]
        parts = [
            t("site.cover_part", year=int(year), share=percent(share))
            for year, share in zip(reports["vintage"], reports["share"], strict=True)
        ]
        return t("desk.now", value="; ".join(parts) or t("missing"))
    if kind == "point":
        place = t("missing") if pd.isna(row["latitude"]) else f"{row['latitude']:.3f}, {row['longitude']:.3f}"
        return t("desk.now", value=place)
    if kind in ("species_here", "species_not_here"):
        at = inventory.occurrences.loc[inventory.occurrences["site_id"] == site, "species_id"]
        names = "; ".join(inventory.species.loc[at, "scientific_name"])
        return say("desk.now", value=names or t("missing"))
    return say("desk.now", value=str(row["name"]))


def fields(inventory: Inventory, kind: str, site: str) -> tuple[str, dict[str, Any]]:
    """The fields that a kind of correction needs: the species concerned, and what is said."""
    if kind == "protected_since":
        one, two = st.columns(2)
        year = one.number_input(t("desk.since"), 1800, 2100, dt.date.today().year, key="desk_year")
        share = two.number_input(t("desk.share"), 0, 100, 100, key="desk_share")
        return "", {"year": year, "share": share / 100}
    if kind == "name":
        return "", {"name": st.text_input(t("desk.right_name"), key="desk_name", max_chars=300)}
    if kind == "point":
        one, two = st.columns(2)
        latitude = one.number_input(
            t("import.field.latitude"), -90.0, 90.0, 0.0, format="%.5f", key="desk_lat"
        )
        longitude = two.number_input(
            t("import.field.longitude"), -180.0, 180.0, 0.0, format="%.5f", key="desk_lon"
        )
        return "", {"latitude": latitude, "longitude": longitude}
    if kind == "boundary":
        given = st.file_uploader(t("desk.boundary"), key="desk_boundary", help=t("desk.boundary_help"))
        return "", {"file": given}
    if kind == "species_here":
        name = st.text_input(t("word.scientific_name"), key="desk_species_name", max_chars=200)
        one, two = st.columns(2)
        group = one.text_input(t("word.class"), key="desk_class", max_chars=60)
        category = two.selectbox(t("word.category"), CATEGORIES, index=None, key="desk_new_category")
        return "", {"scientific_name": name, "class_name": group, "category": category, "share": 1.0}
    at = inventory.occurrences
    here = (
        at.loc[at["site_id"] == site, "species_id"] if kind == "species_not_here" else inventory.species.index
    )
    names = inventory.species["scientific_name"]
    options = sorted(here, key=lambda one: str(names[one]))
    species = st.selectbox(
        t("word.scientific_name"),
        options,
        format_func=lambda one: str(names[one]),
        key=f"desk_species_{kind}",
    )
    if kind == "species_not_here":
        return species or "", {}
    category = st.selectbox(
        t("desk.right_category"),
        CATEGORIES,
        format_func=lambda code: named("category", code),
        key="desk_category",
    )
    return species or "", {"category": category}


def listing(inventory: Inventory, found: list[Proposal]) -> None:
    """All proposals; those that wait can be accepted or rejected."""
    st.subheader(t("desk.proposals"), anchor=False)
    if not found:
        st.markdown(t("desk.none"))
        return
    waiting = [one for one in found if one.status == "proposed"]
    for one in waiting:
        with st.container(border=True):
            st.markdown(f"**{md(correcting.title(inventory, one.correction))}**")
            st.markdown(md(correcting.told(inventory, one.correction)))
            who = one.correction.proposer or t("correction.nobody")
            note(say("desk.rests", source=one.correction.stated_source, who=who))
            st.checkbox(t("desk.choose"), key=f"choose_{one.proposal_id}", disabled=not access.may_write())
    chosen = ticked(waiting)
    with st.container(horizontal=True):
        if waiting and access.may_write():
            st.button(
                t("desk.accept", n=len(chosen)) if chosen else t("desk.accept_none"),
                key="desk_accept",
                type="primary",
                disabled=not chosen,
                on_click=act,
                args=(correcting.accept, inventory, waiting),
            )
            st.button(
                t("desk.reject"),
                key="desk_reject",
                disabled=not chosen,
                on_click=act,
                args=(correcting.reject, inventory, waiting),
            )
        download(loads.without_secrets(correcting.sheet(inventory, found)), inventory.version, "corrections")
    note(t("desk.send"))
    decided = [one for one in found if one.status != "proposed"]
    if decided:
        with st.expander(t("desk.decided", n=len(decided))):
            for one in decided:
                state = t(f"desk.status_{one.status}")
                made = f" → {one.made[:8]}" if one.made else ""
                st.markdown(f"- {state}{made}: {md(correcting.title(inventory, one.correction))}")


def ticked(waiting: list[Proposal]) -> list[Proposal]:
    """Those of the waiting proposals that are chosen."""
    return [one for one in waiting if st.session_state.get(f"choose_{one.proposal_id}")]


def act(action: correcting.Action, inventory: Inventory, waiting: list[Proposal]) -> None:
    """Do what a button says with what is ticked by then; what went wrong is told on the next run."""
    try:
        st.session_state["desk_done"] = action(inventory, ticked(waiting))
    except AzeError as error:
        st.session_state["desk_problem"] = explain(error)


def overrides(inventory: Inventory) -> None:
    """Corrections that this version holds, and what they do to the ranking."""
    held = inventory.corrections
    if held.empty:
        return
    names = inventory.species["scientific_name"]
    st.subheader(t("desk.held"), anchor=False)
    st.dataframe(
        pd.DataFrame(
            {
                "kind": [t(f"desk.kind_{kind}") for kind in held["kind"]],
                "site": [inventory.sites["name"].get(code, "") for code in held["site_id"]],
                "species": [names.get(code, code) for code in held["species_id"]],
                "old": [correcting.readable(text) for text in held["old_value"]],
                "new": [correcting.readable(text) for text in held["new_value"]],
                "source": held["stated_source"],
            }
        ),
        hide_index=True,
        width="stretch",
        placeholder="",
        alt=t("desk.held_alt", n=len(held)),
        column_config={
            "kind": st.column_config.TextColumn(t("desk.kind")),
            "site": st.column_config.TextColumn(t("word.site")),
            "species": st.column_config.TextColumn(t("word.scientific_name")),
            "old": st.column_config.TextColumn(t("word.before")),
            "new": st.column_config.TextColumn(t("word.after")),
            "source": st.column_config.TextColumn(t("word.source")),
        },
    )
    without = loads.without_corrections_rank(inventory)
    moved = without[without["moved"] != 0].dropna(subset=["moved"])
    moved = moved.loc[moved["moved"].abs().sort_values(ascending=False, kind="stable").index]
    if moved.empty:
        st.markdown(t("desk.effect_none"))
    else:
        most = int(moved["moved"].abs().iloc[0])
        st.markdown(say("desk.effect", n=len(moved), most=most, site=moved["name"].iloc[0]))
        st.dataframe(
            moved[["name", "without", "with"]].head(50),
            hide_index=True,
            width="stretch",
            alt=t("desk.effect_alt", n=len(moved)),
            column_config={
                "name": st.column_config.TextColumn(t("word.site")),
                "without": st.column_config.NumberColumn(t("desk.rank_without")),
                "with": st.column_config.NumberColumn(t("desk.rank_with")),
            },
        )
    note(t("desk.effect_note"))

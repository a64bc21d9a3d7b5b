"""Scenarios that people keep: what is open, and the shelf of all."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from aze_core.domain.errors import AzeError
from aze_core.domain.model import Inventory
from aze_core.locale import explain, number, t
from aze_core.scenarios.comparison import LETTERS
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution
from pages.shell import access, keeping, link, loads
from pages.shell.keeping import Kept
from pages.shell.widgets import download_file, md, note, say

OPEN = link.KEPT + "scenario"
_FIELDS = {part: f"{link.KEPT}scenario_{part}" for part in ("name", "author", "note")}
_TOLD, _PROBLEM, _DELETED = "keeping_told", "keeping_problem", "keeping_deleted"

_SHOWN = 20
"""Scenarios on the shelf at once; the search finds the others."""

state = st.session_state


def keep(inventory: Inventory, exact_solution: Solution, scenario: Scenario) -> None:
    """Draw what is open, and the fields with which this scenario is kept."""
    writes = access.may_write()
    opened = keeping.find(state.get(OPEN, ""))
    with st.container(border=True):
        st.subheader(t("keep.title"), anchor=False)
        if opened is not None:
            st.markdown(say("keep.open", name=opened.name, day=keeping.day(opened.changed)))
            if keeping.changed(inventory, opened, scenario):
                st.badge(t("keep.changed"), color="orange")
        for part, key in _FIELDS.items():
            state.setdefault(key, "")
            draw = st.text_area if part == "note" else st.text_input
            most = keeping.longest("note" if part == "note" else "name")
            draw(t(f"keep.{part}"), key=key, max_chars=most, disabled=not writes)
        with st.container(horizontal=True, gap="small"):
            st.button(
                t("keep.keep" if opened is None else "keep.as_new"),
                key="keep",
                on_click=_act,
                args=(_keep, inventory, exact_solution, scenario),
                disabled=not writes,
                icon=":material/bookmark_add:",
            )
            if opened is not None:
                st.button(
                    t("keep.update"),
                    key="keep_update",
                    on_click=_act,
                    args=(_update, opened.scenario_id),
                    disabled=not writes,
                )
        note(t("keep.address" if writes else "keep.remote"))


def shelf(inventory: Inventory) -> None:
    """Draw all kept scenarios, and what can be done with them."""
    writes = access.may_write()
    st.subheader(t("keep.shelf"), anchor=False)
    tell()
    search = st.text_input(t("keep.search"), key="shelf_search", icon=":material/search:")
    gone = state.get(_DELETED)
    if gone is not None:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(say("keep.deleted", name=gone[1]))
            st.button(t("keep.undo"), key="shelf_undo", on_click=_act, args=(_undo, gone[0]))
            st.button(t("keep.dismiss"), key="shelf_dismiss", on_click=_forget)
    found = keeping.listed(search)
    if not found:
        note(t("kept.none" if search else "keep.none"))
    shown = found[:_SHOWN]
    for one in shown:
        _card(inventory, one, writes)
    if len(found) > len(shown):
        note(t("keep.more", n=len(found) - len(shown), shown=len(shown)))
    chosen = [one.scenario_id for one in shown if state.get(f"pick_{one.scenario_id}")]
    if shown and not chosen:
        st.button(t("keep.export_none"), disabled=True, key="shelf_export_none")
    if 1 < len(chosen) <= len(LETTERS) and st.button(
        t("keep.compare", n=len(chosen)), key="shelf_compare", icon=":material/compare_arrows:"
    ):
        # in the order in which they were kept, as letters are read
        state["plans"] = chosen[::-1]
        state["study"] = link.STUDIES[0]
        link.leave_for("pages/decide/compare.py")
    if chosen:
        download_file(
            t("keep.export", n=len(chosen)),
            lambda: keeping.file_of(chosen),
            "aze-scenarios.json",
            "application/json",
            key="shelf_export",
        )
    if writes:
        given = st.file_uploader(
            t("keep.import"),
            type=["json"],
            key="shelf_file",
            max_upload_size=max(1, keeping.most_bytes() // 2**20),
        )
        st.button(
            t("keep.take_in"),
            key="shelf_import",
            on_click=_act,
            args=(_take_in, inventory, given),
            disabled=given is None,
        )


def _card(inventory: Inventory, one: Kept, writes: bool) -> None:
    code, sites, objective = one.scenario_id, keeping.sites_of(one), keeping.objective_of(one)
    with st.container(border=True):
        st.checkbox(md(one.name), key=f"pick_{code}")
        st.markdown(
            say(
                "keep.line",
                author=one.author or t("kept.nobody"),
                day=keeping.day(one.changed),
                data=keeping.data_of(inventory, one),
                sites=t("missing") if sites is None else t("unit.sites", n=sites),
                objective=t("missing") if objective is None else number(objective, 2),
                unit=keeping.unit_of(one),
            )
        )
        if one.note:
            note(md(one.note))
        with st.container(horizontal=True, gap="small"):
            st.button(
                t("keep.do_open"),
                key=f"open_{code}",
                on_click=_act,
                args=(_open, inventory, one),
            )
            st.button(
                t("keep.copy"),
                key=f"copy_{code}",
                on_click=_act,
                args=(keeping.copy, code),
                disabled=not writes,
            )
            st.button(
                t("keep.delete"),
                key=f"drop_{code}",
                on_click=_act,
                args=(_delete, code, one.name),
                disabled=not writes,
            )


def tell() -> None:
    """What the last button did, or why it could not."""
    problem = state.pop(_PROBLEM, "")
    if problem:
        st.error(md(problem))
    for text in state.pop(_TOLD, []):
        st.info(md(text))
        # the button may stand far below
        st.toast(md(text))


def _act(action: Callable[..., object], *arguments: object) -> None:
    """Do what a button says; what went wrong is told on the next run."""
    try:
        action(*arguments)
    except AzeError as error:
        state[_PROBLEM] = explain(error)


def _show(one: Kept) -> None:
    state[OPEN] = one.scenario_id
    for part, key in _FIELDS.items():
        state[key] = getattr(one, part)


def _said() -> dict[str, str]:
    return {part: state[key] for part, key in _FIELDS.items()}


def _keep(inventory: Inventory, plan: Solution, scenario: Scenario) -> None:
    asked = link.scenario()
    if asked != scenario:
        # what was changed with the same press: what is asked is kept, not what was asked before
        plan, scenario = loads.plans(inventory, asked, link.weights())[0], asked
    parent = keeping.find(state.get(OPEN, ""))
    parent_id = "" if parent is None else parent.scenario_id
    _show(keeping.keep(inventory, plan, scenario, parent=parent_id, **_said()))


def _update(scenario_id: str) -> None:
    _show(keeping.edit(scenario_id, **_said()))


def _open(inventory: Inventory, one: Kept) -> None:
    # read before anything is set: what is broken leaves the page as it is
    scenario, lost = keeping.opened(inventory, one)
    link.put_scenario(scenario)
    _show(one)
    told = [t("keep.opened", name=one.name)]
    if one.inventory != inventory.version.content_hash:
        was = keeping.objective_of(one)
        told.append(
            t(
                "keep.recomputed",
                data=keeping.data_of(inventory, one),
                before=t("missing") if was is None else number(was, 2),
                unit=keeping.unit_of(one),
            )
        )
    told += lost
    if not keeping.same_as(scenario, link.scenario()):
        told.append(t("keep.rounded"))
    state[_TOLD] = told


def _delete(scenario_id: str, name: str) -> None:
    keeping.delete(scenario_id)
    state[_DELETED] = (scenario_id, name)
    if state.get(OPEN) == scenario_id:
        state[OPEN] = ""


def _undo(scenario_id: str) -> None:
    keeping.undo(scenario_id)
    _forget()


def _forget() -> None:
    state.pop(_DELETED, None)


def _take_in(inventory: Inventory, given: UploadedFile) -> None:
    # a byte more than may be is enough to know that it is too large
    n, told = keeping.take_in(inventory, given.read(keeping.most_bytes() + 1))
    state[_TOLD] = [t("keep.taken_in", n=n), *told]

"""Which plan, and how robust? Up to four plans side by side, and what can be asked of one of them."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aze_core.locale import t
from aze_core.scenarios.comparison import LETTERS
from pages.decide import assumed, core, grouped, others, rungs, side_by_side
from pages.decide.study import Study
from pages.shell import comparing, link, loads, studies
from pages.shell.comparing import Chosen, Missing
from pages.shell.frame import FULL
from pages.shell.widgets import head, md, note, say

inventory = loads.current()
version = inventory.version
state = st.session_state
full = bool(state["full_screen"])
VIEWS = {
    "ladder": rungs.view,
    "others": others.view,
    "core": core.view,
    "landscapes": grouped.view,
    "assumptions": assumed.view,
}


def pick(codes: list[str]) -> None:
    """Draw which plans are compared, and what is shown of them."""
    options = comparing.options()
    link.hold("plans_pick", [code for code in codes if code in options])

    def keep() -> None:
        """The choice outlives the page, and stands in the link."""
        state["plans"] = list(state["plans_pick"])

    with st.container(key="compare_controls"):
        left, right = st.columns([4, 1], gap="small", vertical_alignment="bottom")
        with left:
            st.multiselect(
                t("compare.plans"),
                list(options),
                format_func=options.__getitem__,
                key="plans_pick",
                max_selections=len(LETTERS),
                placeholder=t("compare.plans_none"),
                help=t("compare.plans_help"),
                on_change=keep,
            )
        with right:
            screen_button()
        st.segmented_control(
            t("compare.show"),
            link.STUDIES,
            format_func=lambda code: t(f"compare.study_{code}"),
            key="study",
            required=True,
            label_visibility="collapsed",
        )


def controls(codes: list[str], found: list[Chosen], lost: list[Missing]) -> None:
    """What is compared; on the full screen only the way out of it."""
    if full:
        screen_button()
        return
    pick(codes)
    tell(found, lost)


def screen_button() -> None:
    """The way into the full screen, and out of it."""

    def turn() -> None:
        state["full_screen"] = not full

    st.button(
        t("compare.leave_full" if full else "compare.full"),
        on_click=turn,
        key="turn_full",
        icon=":material/close_fullscreen:" if full else ":material/fullscreen:",
        help=None if full else t("compare.full_help"),
        width="content" if full else "stretch",
    )


def one_of(found: list[Chosen]) -> Study:
    """The plan that is looked at by itself."""
    letters = LETTERS[: len(found)]
    letter = state["studied"] if state["studied"] in letters else letters[0]
    if len(found) > 1 and not full:
        link.hold("studied_pick", letter)

        def keep() -> None:
            """The choice outlives the page, and stands in the link."""
            state["studied"] = state["studied_pick"]

        st.segmented_control(
            t("compare.of"),
            list(letters),
            format_func=lambda x: md(f"{x} · {found[letters.index(x)].plan.name}"),
            key="studied_pick",
            required=True,
            on_change=keep,
        )
    one = found[letters.index(letter)]
    return Study(one.inventory, one.plan.scenario, one.plan.name, letter, one.plan.solution)


def headline(top: DeltaGenerator, answer: str) -> None:
    """The head of the page, once the answer is known."""
    with top.container():
        head(t("compare.question"), answer, version, (t("scenarios.badge_working"), "gray"))


def tell(found: list[Chosen], lost: list[Missing]) -> None:
    """What to know of the plans before reading on."""
    for missing in lost:
        st.warning(say("compare.missing", name=missing.name, why=missing.why))
    for letter, one in zip(LETTERS, found, strict=False):
        for text in one.told:
            st.info(md(f"{letter}: {text}"))


if full:
    st.html(FULL)
codes = comparing.chosen(inventory)
study = state["study"]
if inventory.coverage.empty:
    head(t("compare.question"), t("scenarios.no_cover", n=len(inventory.sites)), version)
    with st.container(border=True):
        st.markdown(t("scenarios.no_cover_why"))
else:
    with st.spinner(t("compare.running")):
        found, lost = comparing.gather(inventory, codes)
        made = studies.compared(inventory, tuple(one.plan for one in found)) if found else None
    if made is None:
        head(t("compare.question"), t("compare.none"), version)
        pick(codes)
        tell(found, lost)
        st.page_link("pages/decide/scenarios.py", label=t("compare.go"), icon=":material/arrow_back:")
    elif study == "beside":
        head(
            t("compare.question"),
            side_by_side.answer(made),
            version,
            (t("scenarios.badge_working"), "gray"),
        )
        controls(codes, found, lost)
        side_by_side.view(inventory, made, found, full)
    else:
        top = st.empty()
        headline(top, t("compare.running"))
        controls(codes, found, lost)
        VIEWS[study](one_of(found), lambda answer: headline(top, answer))
    note(t("scenarios.consent"))

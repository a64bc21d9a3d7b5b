"""Before and after, by target, and the ledger of species without a covered site."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from aze_core.locale import area, number, percent, t
from aze_core.scenarios.targets import NEWEST, ledger_difference
from aze_core.views import charts
from pages.decide.plan_view import View
from pages.shell import controls, loads
from pages.shell.widgets import country_name, download, draw, named, note, say, show, table

FRAMEWORKS = ("gbf", "aichi")
"""Whose targets the scoreboard names: the key `target_words`."""


_TARGETS = {"gbf": ("gbf3", "gbf4"), "aichi": ("aichi11", "aichi12")}


def scoreboard(view: View) -> None:
    """Before and after, by target."""
    state = st.session_state
    (board, _), (board_top, _) = view.boards
    st.subheader(t("scenarios.board"), anchor=False)
    if state.get("target_words") not in FRAMEWORKS:
        state["target_words"] = FRAMEWORKS[0]
    st.segmented_control(
        t("plan.targets_of"),
        FRAMEWORKS,
        format_func=lambda code: t(f"plan.words_{code}"),
        key="target_words",
        required=True,
    )
    framework = state["target_words"]
    drawn = _drawn_lines(board, framework)
    if len(drawn):
        show(
            draw(
                charts.before_after,
                drawn,
                {
                    "label": t("word.measure"),
                    "before": t("word.before"),
                    "after": t("word.after"),
                    "unknown": t("missing"),
                },
                colour="A",
                label_limit=190,
            ),
            t(
                "scenarios.board_alt",
                parts="; ".join(f"{r.label}: {r.text}" for r in drawn.head(4).itertuples()),
            ),
        )
    apart = loads.gone(view.inventory, view.filters)
    note(t("scenarios.board_note") + (" " + t("scenarios.gone", n=apart) if apart else ""))
    table(
        board_frame(view, board, board_top, framework),
        t("scenarios.board_table"),
        view.inventory.version,
        "scoreboard",
        {  # up to both plans it fits a window of 1024 px, where the table is 654 px wide
            "target": st.column_config.TextColumn(t("word.target"), width=62),
            "measure": st.column_config.TextColumn(t("word.measure"), width=248),
            "basis": st.column_config.TextColumn(t("word.basis"), width=113),
            "before": st.column_config.TextColumn(t("word.before"), width=68),
            "exact": st.column_config.TextColumn(t("scenarios.after_a"), width=80),
            "top": st.column_config.TextColumn(t("scenarios.after_b"), width=80),
            "n": st.column_config.NumberColumn(t("word.counted"), width=70),
            "not": st.column_config.TextColumn(t("scenarios.not"), width=420),
        },
        view.settings(),
        opened=True,
    )
    with st.expander(t("target.words")):
        for code in _TARGETS[framework]:
            st.markdown(f"**{t(f'target.{code}')}**: {t(f'target.{code}_text')}")


def _drawn_lines(board: pd.DataFrame, framework: str) -> pd.DataFrame:
    """Counts of sites and species by vintage, for the chart."""
    counts = board[board["unit"].isin(["sites", "species"]) & (board["basis"] != NEWEST)]
    rows = [
        {
            "label": t("scenarios.line", measure=t(f"measure.{r['measure']}_short"), year=int(r["basis"])),
            "before": r["before_part"],
            "after": r["after_part"],
            "text": t("scenarios.change", before=int(r["before"]), after=int(r["after"]), n=int(r["n"])),
        }
        for r in counts.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["label", "before", "after", "text"])


def board_frame(view: View, board: pd.DataFrame, other: pd.DataFrame, framework: str) -> pd.DataFrame:
    """Scoreboard of both plans, a row per measure and basis, with words."""
    joined = board.merge(
        other[["measure", "basis", "after", "after_high"]], on=["measure", "basis"], suffixes=("", "_top")
    )
    rows = joined.to_dict("records")
    return pd.DataFrame(
        {
            "target": [t(f"target_short.{r[framework]}") for r in rows],
            "measure": [t(f"measure.{r['measure']}") for r in rows],
            "basis": [_basis_text(view, r["basis"]) for r in rows],
            "before": [written(r["unit"], r["before"], r["before_high"]) for r in rows],
            "exact": [written(r["unit"], r["after"], r["after_high"]) for r in rows],
            "top": [written(r["unit"], r["after_top"], r["after_high_top"]) for r in rows],
            "n": joined["n"],
            "not": [t(f"measure.{r['measure']}_not") for r in rows],
        }
    )


def _basis_text(view: View, basis: str) -> str:
    """A vintage, or the working selection."""
    return (
        t("scenarios.basis_newest") if basis == NEWEST else controls.vintage_label(view.inventory, int(basis))
    )


def written(unit: str, low: float, high: float) -> str:
    """A value of the scoreboard in its unit, as an interval where unknowns leave one."""
    if unit == "share":
        return percent(low, 1)
    if unit == "km2":
        return area(low)
    if unit == "part":
        return percent(low, 4 if low else 0)
    if unit == "gini":
        # nothing is spent before a plan
        return t("plan.none") if pd.isna(low) else number(low, 2)
    if unit in ("species_over_horizon", "star"):
        first, last = number(low, 1), number(high, 1)
        return first if first == last else f"{first}–{last}"
    return number(low)


def ledger(view: View) -> None:
    """The species still without a covered site, and those that one plan covers and the other does not."""
    (_, last), (_, last_top) = view.boards
    st.subheader(t("scenarios.ledger", n=len(last)), anchor=False)
    none = int(last["all_none"].sum()) if len(last) else 0
    st.markdown(t("scenarios.ledger_text", none=none, partly=len(last) - none, n=len(last)))
    st.dataframe(
        _ledger_frame(view, last),
        hide_index=True,
        width="stretch",
        height=320,
        placeholder=t("missing"),
        alt=t("scenarios.ledger", n=len(last)),
        column_config={
            "scientific_name": st.column_config.TextColumn(t("word.scientific_name")),
            "common_name": st.column_config.TextColumn(t("word.common_name")),
            "category": st.column_config.TextColumn(t("word.category")),
            "class": st.column_config.TextColumn(t("word.class")),
            "sites": st.column_config.TextColumn(t("word.sites")),
            "country": st.column_config.TextColumn(t("word.country")),
            "cover": st.column_config.NumberColumn(t("scenarios.best_cover"), format="percent"),
        },
    )
    download(last, view.inventory.version, "ledger", view.settings())
    apart = ledger_difference(last, last_top)
    for title, side in (("plan.covered_by_a", "other"), ("plan.covered_by_b", "one")):
        names = apart.loc[apart["without_in"] == side, "scientific_name"]
        if len(names):
            st.markdown(say(title, n=len(names), species=", ".join(names)))


def _ledger_frame(view: View, last: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "scientific_name": last["scientific_name"],
            "common_name": last["common_name"].fillna(""),
            "category": [
                t("category.unknown") if pd.isna(code) else named("category", code)
                for code in last["category"]
            ],
            "class": [named("class", code) for code in last["class_name"]],
            "sites": last["sites"],
            "country": [
                ", ".join(country_name(view.inventory, code) for code in codes.split(";"))
                for codes in last["iso3"]
            ],
            "cover": last["cover"],
        }
    ).reset_index(drop=True)

"""The plan under every other assumption: what enters, what leaves, what staying costs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.locale import explain, percent, t
from aze_core.views import comparing as charts
from pages.decide.study import Headline, Study
from pages.shell import studies
from pages.shell.widgets import draw, md, named, note, show, table

_NAMED = 3


def view(study: Study, headline: Headline) -> None:
    """Draw what each other assumption moves."""
    try:
        with st.spinner(t("assumed.running")):
            made = studies.sensitivity(study.inventory, study.scenario, study.solution)
    except AzeError as error:
        headline(t("assumed.no_answer"))
        st.warning(md(explain(error)))
        return
    headline(answer(study, made))
    if made.empty:
        st.markdown(t("assumed.none"))
        return
    solved = made[made["problem"].isna()]
    frame = pd.DataFrame(
        {
            "variant": [variant(row) for row in solved.to_dict("records")],
            "entered": [len(sites) for sites in solved["entered"]],
            "left": [len(sites) for sites in solved["left"]],
            "entered_text": [_few(study, sites) for sites in solved["entered"]],
            "left_text": [_few(study, sites) for sites in solved["left"]],
        }
    )
    if len(frame):
        words = {
            "variant": t("assumed.assumption"),
            "entered": t("assumed.entered"),
            "left": t("assumed.left"),
            "none": t("assumed.stays"),
        }
        show(
            draw(charts.moves_chart, frame, words),
            t("assumed.alt", n=int((~solved["stays"].astype(bool)).sum()), of=len(solved)),
        )
    for row in made[made["problem"].notna()].to_dict("records"):
        st.markdown(md(t("assumed.problem", variant=variant(row), why=explain(row["problem"]))))
    note(t("assumed.note"))
    table(
        row_frame(study, made),
        t("assumed.table"),
        study.inventory.version,
        "assumptions",
        {
            "variant": st.column_config.TextColumn(t("assumed.assumption"), width=280),
            "loss": st.column_config.TextColumn(t("assumed.loss"), help=t("assumed.loss_help")),
            "entered": st.column_config.TextColumn(t("assumed.entered")),
            "left": st.column_config.TextColumn(t("assumed.left")),
        },
        study.settings(),
        opened=True,
    )


def variant(row: Mapping[Hashable, Any]) -> str:
    """A changed assumption in words."""
    kind, code = str(row["kind"]), str(row["code"])
    if kind == "horizon":
        return t("assumed.horizon", years=int(code))
    if kind == "effect":
        return t("assumed.effect", effect=float(code))
    if kind == "scheme":
        return t("assumed.scheme", name=named("scheme", code))
    return t(f"assumed.{kind}_{code}" if kind == "unknown_cost" else f"assumed.{kind}")


def answer(study: Study, made: pd.DataFrame) -> str:
    """Under how many assumptions the plan stays, and the one that moves it most."""
    solved = made[made["problem"].isna()]
    if solved.empty:
        return t("assumed.answer_none", letter=study.letter)
    moving = solved[~solved["stays"].astype(bool)]
    fields: dict[str, Any] = {"letter": study.letter, "n": len(solved), "stays": len(solved) - len(moving)}
    if moving.empty:
        return t("assumed.answer_all", **fields)
    priced = moving[moving["possible"].astype(bool)]
    if priced.empty:
        return t("assumed.answer_gone", **fields)
    most = max(priced.to_dict("records"), key=lambda row: float(row["loss_share"]))
    return t("assumed.answer", variant=variant(most), loss=float(most["loss_share"]), **fields)


def _few(study: Study, sites: tuple[str, ...]) -> str:
    shown = [str(study.names.get(site, site)) for site in sites[:_NAMED]]
    return ", ".join(shown) + (" …" if len(sites) > _NAMED else "")


def row_frame(study: Study, made: pd.DataFrame) -> pd.DataFrame:
    """Every assumption in words."""
    rows = made.to_dict("records")
    return pd.DataFrame(
        {
            "variant": [variant(row) for row in rows],
            "loss": [
                explain(row["problem"])
                if row["problem"] is not None
                else t("assumed.stays")
                if row["stays"]
                else t("assumed.impossible")
                if not row["possible"]
                else percent(row["loss_share"], 1)
                for row in rows
            ],
            "entered": ["; ".join(study.label(site) for site in row["entered"]) for row in rows],
            "left": ["; ".join(study.label(site) for site in row["left"]) for row in rows],
        }
    )

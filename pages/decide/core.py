"""Core, borderline, never: how often each site is in the best plan when data and weights are drawn."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.settings import value
from aze_core.locale import explain, t
from aze_core.scenarios.robust import KINDS, Robust
from aze_core.views import comparing as charts
from pages.decide.study import Headline, Study
from pages.shell import studies
from pages.shell.widgets import countries_text, draw, md, note, show, table

_FEW = 40
"""Draws below which the worst 5% of them are one draw or none."""

_ROWS, _BESIDE = 12, 6
"""Rows that are drawn at least, and those beside the borderline ones."""


def view(study: Study, headline: Headline) -> None:
    """Draw how sure the sites of one plan are."""
    try:
        with st.spinner(t("core.running")):
            made = studies.sure(study.inventory, study.scenario, study.solution)
    except AzeError as error:
        headline(t("core.no_answer"))
        st.warning(md(explain(error)))
        return
    headline(answer(made))
    if not made.drawn:
        st.markdown(t("core.nothing_drawn"))
    frame = site_frame(study, made)
    drawn = frame[(frame["share"] > 0) | frame["in_plan"]]
    # what to argue about, with a few on either side
    order = drawn.assign(_far=(drawn["share"] - 0.5).abs()).sort_values(["_far", "label"])
    most = min(charts.MOST_ROWS, max(_ROWS, made.number("borderline") + _BESIDE))
    first = drawn.loc[order.head(most).index].sort_values("share", ascending=False, kind="stable")
    if len(first):
        ends = (float(value("robust.never")), float(value("robust.core")))
        words = {
            "site": t("word.site"),
            "share": t("core.share"),
            "kind": t("core.kind"),
            "x": t("core.axis"),
            "in_plan": t("core.in_plan"),
            **{kind: t(f"core.kind_{kind}") for kind in KINDS},
        }
        show(
            draw(
                charts.core_chart,
                first[["label", "share", "kind", "in_plan"]].reset_index(drop=True),
                words,
                bounds=ends,
            ),
            t("core.alt", core=made.number("core"), borderline=made.number("borderline")),
        )
        if len(first) < len(drawn):
            note(t("core.nearest", n=len(first), of=len(drawn)))
    what = t("word.and").join(t(f"core.what_{code}") for code in made.drawn)
    note(
        (t("core.note_drawn", what=what, draws=made.draws, asked=made.asked) if made.drawn else "")
        + " "
        + reached(study, made)
        + " "
        + t("core.note")
    )
    if made.draws < made.asked and made.drawn:
        note(t("core.time", draws=made.draws, asked=made.asked))
    if not made.proven:
        note(t("core.unproven"))
    column = st.column_config
    table(
        frame[["label", "country", "share", "kind_text", "in_plan"]],
        t("core.table", n=len(frame)),
        study.inventory.version,
        "core",
        {
            "site_id": column.TextColumn(t("site.id")),
            "label": column.TextColumn(t("word.site")),
            "country": column.TextColumn(t("word.country")),
            "share": column.NumberColumn(t("core.share"), format="percent"),
            "kind_text": column.TextColumn(t("core.kind")),
            "in_plan": column.CheckboxColumn(t("core.in_plan_column", letter=study.letter)),
        },
        study.settings(draws=made.draws, drawn=list(made.drawn)),
    )


def reached(study: Study, made: Robust) -> str:
    """What the plan reaches of the best of each draw; of few draws no share of them is told."""
    few = made.drawn and made.draws < _FEW
    said = t("core.reached_few" if few else "core.reached", mean=made.reached[0], low=made.reached[1])
    if study.scenario.objective == "lexicographic":
        said += " " + t("core.reached_species")
    return said


def answer(made: Robust) -> str:
    """How many sites are sure, and how many to argue about."""
    return t(
        "core.answer",
        core=made.number("core"),
        inside=made.number("borderline", in_plan=True),
        outside=made.number("borderline", in_plan=False),
    )


def site_frame(study: Study, made: Robust) -> pd.DataFrame:
    """Every candidate with its share of draws, in words."""
    sites = made.sites
    iso3 = study.inventory.sites["iso3"].reindex(sites.index)
    return sites.assign(
        label=study.names.reindex(sites.index),
        country=[countries_text(study.inventory, codes) for codes in iso3],
        kind_text=[t(f"core.kind_{kind}") for kind in sites["kind"]],
    )

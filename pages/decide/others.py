"""Alternatives that really differ: nearly as good as the best, and so many sites away from it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.settings import value
from aze_core.locale import explain, percent, t
from aze_core.scenarios.alternatives import Alternatives, Differing
from aze_core.scenarios.solution import Solution
from pages.decide.plan_view import cost_text
from pages.decide.study import Headline, Study
from pages.shell import studies
from pages.shell.widgets import md, note, table

state = st.session_state


def view(study: Study, headline: Headline) -> None:
    """Draw the alternatives to one plan."""
    with st.container(border=True):
        one, two, three = st.columns(3, gap="small")
        with one:
            st.number_input(
                t("others.apart"), min_value=1, max_value=10_000, key="apart", help=t("others.apart_help")
            )
        with two:
            st.number_input(
                t("others.within"),
                min_value=0.0,
                max_value=100.0,
                step=1.0,
                format="%g",
                key="within_percent",
                help=t("others.within_help"),
            )
        with three:
            st.number_input(
                t("others.most"),
                min_value=1,
                max_value=int(value("alternatives.most_plans")),
                key="most_plans",
            )
    within = float(state["within_percent"]) / 100
    try:
        with st.spinner(t("others.running")):
            made = studies.alternatives(
                study.inventory,
                study.scenario,
                Differing(int(state["apart"]), within, int(state["most_plans"])),
            )
    except AzeError as error:
        headline(t("others.no_answer"))
        st.warning(md(explain(error)))
        return
    headline(answer(study, made, within))
    for at, plan in enumerate(made.plans, start=1):
        with st.container(border=True):
            st.markdown(f"**{at}.** " + md(trade(study, made, plan)))
            left, right = st.columns(2, gap="medium")
            gone, come = moved(made.best, plan)
            with left:
                note(t("others.out", n=len(gone)))
                st.markdown(study.labels(gone) or t("plan.none"))
            with right:
                note(t("others.in", n=len(come)))
                st.markdown(study.labels(come) or t("plan.none"))
    if made.stop:
        st.markdown(t(f"alternatives.stop.{made.stop}", within=within))
        if made.next_best is not None:
            st.markdown(md(t("others.next", what=trade(study, made, made.next_best))))
    note(
        t(
            "others.farthest" if made.farthest_proven else "others.farthest_at_least",
            n=made.farthest,
            within=within,
        )
    )
    note(t("others.note"))
    table(
        plan_frame(study, made),
        t("others.table"),
        study.inventory.version,
        "alternatives",
        {
            "plan": st.column_config.TextColumn(t("word.plan"), width=90),
            "part": st.column_config.TextColumn(t("others.part")),
            "gain": st.column_config.TextColumn(t("plan.buys")),
            "cost": st.column_config.TextColumn(t("others.cost")),
            "in": st.column_config.TextColumn(t("others.in_column")),
            "out": st.column_config.TextColumn(t("others.out_column")),
        },
        study.settings(apart=int(state["apart"]), within=within),
    )


def moved(best: Solution, plan: Solution) -> tuple[list[str], list[str]]:
    """Sites of the best plan that the other has not, and the reverse."""
    one, two = set(best.selected), set(plan.selected)
    return sorted(one - two), sorted(two - one)


def answer(study: Study, made: Alternatives, within: float) -> str:
    """How many plans are nearly as good, and how far they can go."""
    if not made.plans and (made.stop == "time" or not made.farthest_proven):
        return t("others.answer_time", within=within, letter=study.letter)
    if not made.plans:
        return t("others.answer_none", within=within, far=made.farthest, letter=study.letter)
    least = min(made.part(plan) for plan in made.plans)
    said = t("others.answer", n=len(made.plans), part=least)
    if made.farthest_proven:
        said += " " + t("others.answer_far", far=made.farthest, within=within)
    return said


def trade(study: Study, made: Alternatives, plan: Solution) -> str:
    """What an alternative reaches, and what it trades."""
    best = made.best
    gone, come = moved(best, plan)
    countries = [
        study.inventory.countries_of(pd.Index(one.selected, dtype="str"))["iso3"].nunique()
        for one in (plan, best)
    ]
    return t(
        "others.trade",
        part=made.part(plan),
        gain=study.worth(plan.objective, plan.species),
        out=t("unit.sites", n=len(gone)),
        into=t("unit.sites", n=len(come)),
        species=_signed(plan.species - best.species),
        cost=cost_text(study, plan.cost),
        best=cost_text(study, best.cost),
        countries=_signed(countries[0] - countries[1]),
    )


def _signed(by: int) -> str:
    return "±0" if by == 0 else f"{'+' if by > 0 else '−'}{abs(by)}"


def plan_frame(study: Study, made: Alternatives) -> pd.DataFrame:
    """The best plan and its alternatives, a row each."""
    rows = []
    for at, plan in enumerate((made.best, *made.plans)):
        gone, come = moved(made.best, plan)
        rows.append(
            {
                "plan": t("others.best") if at == 0 else str(at),
                "part": percent(made.part(plan), 1),
                "gain": study.worth(plan.objective, plan.species),
                "cost": cost_text(study, plan.cost),
                "out": "; ".join(study.label(site) for site in gone),
                "in": "; ".join(study.label(site) for site in come),
            }
        )
    return pd.DataFrame(rows)

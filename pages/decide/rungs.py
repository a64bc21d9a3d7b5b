"""The ladder: steps of budget of which each contains the one before, and what that costs."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.settings import value
from aze_core.locale import explain, number, percent, t
from aze_core.scenarios.ladder import ORDERS, Ladder, even_steps
from aze_core.views import comparing as charts
from pages.decide.plan_view import cost_text
from pages.decide.study import Headline, Study
from pages.shell import loads, studies
from pages.shell.widgets import countries_text, draw, md, note, show, table

state = st.session_state


def view(study: Study, headline: Headline) -> None:
    """Draw the ladder of one plan."""
    with st.container(border=True):
        left, middle, right = st.columns([1, 1, 2], gap="small")
        with left:
            st.number_input(
                t("ladder.steps"),
                min_value=1,
                max_value=int(value("scenario.ladder_steps")),
                key="ladder_steps",
                disabled=bool(state["ladder_budgets"].strip()),
                help=t("ladder.steps_help"),
            )
        with middle:
            st.selectbox(
                t("ladder.by"), ORDERS, format_func=lambda code: t(f"ladder.name_{code}"), key="ladder_order"
            )
        with right:
            st.text_input(
                t("ladder.budgets"),
                key="ladder_budgets",
                placeholder=", ".join(
                    f"{each:.12g}" for each in even_steps(study.scenario, state["ladder_steps"])
                ),
                help=t("ladder.budgets_help"),
                max_chars=200,
            )
        note(t(f"ladder.why_{state['ladder_order']}"))
    try:
        budgets = read(state["ladder_budgets"]) or even_steps(study.scenario, int(state["ladder_steps"]))
    except ValueError:
        headline(t("ladder.no_answer"))
        st.warning(t("ladder.not_numbers", text=md(state["ladder_budgets"])))
        return
    if not budgets:
        headline(t("ladder.no_answer"))
        st.warning(t("ladder.no_budget"))
        return
    try:
        with st.spinner(t("ladder.running")):
            made = studies.steps_of(study.inventory, study.scenario, budgets, state["ladder_order"])
    except AzeError as error:
        headline(t("ladder.no_answer"))
        st.warning(md(explain(error)))
        return
    headline(answer(study, made))
    _chart(study, made)
    note(t(f"ladder.proven_{made.order}" if made.proven else "ladder.unproven") + " " + t("ladder.note"))
    _tables(study, made)


def read(text: str) -> tuple[float, ...]:
    """Budgets that were typed, with commas between.

    Raises
    ------
    ValueError
        When one of them is no number above 0.
    """
    found = tuple(float(part) for part in text.replace(";", ",").split(",") if part.strip())
    if any(each <= 0 for each in found):
        raise ValueError(text)
    return found


def answer(study: Study, made: Ladder) -> str:
    """How many steps, and what nesting costs at the worst of them."""
    steps = made.steps
    fields: dict[str, Any] = {"n": len(steps), "sites": int(steps["sites"].iloc[-1])}
    rows: list[dict[Any, Any]] = steps.to_dict("records")
    species = study.scenario.objective == "lexicographic"
    step, row = max(enumerate(rows, start=1), key=lambda each: each[1]["loss_share"])
    if species and max(each["species_loss"] for each in rows) > 0:
        step, row = max(enumerate(rows, start=1), key=lambda each: each[1]["species_loss"])
        return t("ladder.answer_species", step=step, species=int(row["species_loss"]), **fields)
    if row["loss"] <= 1e-9:
        return t("ladder.answer_free", **fields)
    code = "ladder.answer_risk" if species else "ladder.answer"
    return t(code, step=step, loss=row["loss_share"], **fields)


def _chart(study: Study, made: Ladder) -> None:
    steps = made.steps
    frame = pd.DataFrame(
        {
            "step": steps.index,
            "cost_nested": steps["cost"],
            "nested": steps["objective"],
            "cost_best": steps["best_cost"],
            "best": steps["best"],
            "text": [
                t(
                    "ladder.step_text",
                    budget=cost_text(study, row["budget"]),
                    gain=study.worth(row["objective"], int(row["species"])),
                    loss=row["loss_share"],
                )
                for _, row in steps.iterrows()
            ],
        }
    )
    words = {
        "x": t(f"plan.x_{study.scenario.budget_kind}"),
        "y": t(f"plan.y_{study.scenario.objective}", horizon=study.horizon),
        "step": t("ladder.step"),
        "text": t("ladder.gains"),
        "nested": t("ladder.nested"),
        "best": t("ladder.best"),
    }
    parts = "; ".join(
        f"{step}: {cost_text(study, row['cost'])}, {percent(row['loss_share'], 1)}"
        for step, row in steps.iterrows()
    )
    show(draw(charts.ladder_chart, frame, words), t("ladder.alt", parts=parts))


def step_frame(study: Study, made: Ladder) -> pd.DataFrame:
    """Steps in words."""
    return pd.DataFrame(
        {
            "budget": [cost_text(study, budget) for budget in made.steps["budget"]],
            "entering": made.steps["entering"],
            "sites": made.steps["sites"],
            "gain": [
                study.worth(gain, int(species))
                for gain, species in zip(made.steps["objective"], made.steps["species"], strict=True)
            ],
            "best": [
                study.worth(gain, int(species))
                for gain, species in zip(made.steps["best"], made.steps["best_species"], strict=True)
            ],
            "loss": [
                t("plan.none") if abs(loss) < 1e-9 else percent(loss, 1) for loss in made.steps["loss_share"]
            ],
            "species_loss": made.steps["species_loss"],
            "apart": [
                number(len(set(best.selected) - set(nested.selected)))
                for best, nested in zip(made.best, made.nested, strict=True)
            ],
        },
        index=made.steps.index,
    )


def site_frame(study: Study, made: Ladder) -> pd.DataFrame:
    """Sites by the step with which they enter: the order of a phasing."""
    base = loads.site_table(study.inventory).loc[made.entering.index]
    frame = pd.DataFrame(
        {
            "step": made.entering,
            "site": base["name"],
            "country": [countries_text(study.inventory, codes) for codes in base["iso3"]],
            "species": base["species"],
            "share": base["share"],
        }
    )
    return frame.sort_values(["step", "site"])


def _tables(study: Study, made: Ladder) -> None:
    column = st.column_config
    choices = study.settings(order=made.order, budgets=made.steps["budget"].tolist())
    frame = step_frame(study, made)
    if study.scenario.objective != "lexicographic":
        frame = frame.drop(columns="species_loss")
    table(
        frame,
        t("ladder.table"),
        study.inventory.version,
        "ladder",
        {
            "step": column.NumberColumn(t("ladder.step"), width=50),
            "budget": column.TextColumn(t("plan.budget")),
            "entering": column.NumberColumn(t("ladder.entering")),
            "sites": column.NumberColumn(t("word.sites")),
            "gain": column.TextColumn(t("ladder.nested_gain"), width=250),
            "best": column.TextColumn(t("ladder.best_gain"), width=250),
            "loss": column.TextColumn(t("ladder.loss")),
            "species_loss": column.NumberColumn(t("ladder.species_loss")),
            "apart": column.TextColumn(t("ladder.apart"), help=t("ladder.apart_help")),
        },
        choices,
        opened=True,
        export=made.steps,
    )
    st.subheader(t("ladder.phasing"), anchor=False)
    note(t("ladder.phasing_note"))
    table(
        site_frame(study, made),
        t("ladder.sites", n=len(made.entering)),
        study.inventory.version,
        "ladder_sites",
        {
            "site_id": column.TextColumn(t("site.id")),
            "step": column.NumberColumn(t("ladder.step"), width=60),
            "site": column.TextColumn(t("word.site")),
            "country": column.TextColumn(t("word.country")),
            "species": column.NumberColumn(t("word.trigger_species")),
            "share": column.NumberColumn(t("word.share_plain"), format="percent"),
        },
        choices,
        opened=True,
    )

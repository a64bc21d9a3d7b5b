"""What every budget could buy: the trade-off curve with both plans on it."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import streamlit as st

from aze_core.locale import t
from aze_core.scenarios.curve import BASES
from aze_core.scenarios.solution import Solution
from aze_core.scenarios.steps import next_better
from aze_core.views import plans
from pages.decide.plan_view import SAME, View, apart, cost_text, gain_text, signed
from pages.shell import loads
from pages.shell.widgets import draw, md, note, show, table

_CURVE = "plan_curve"


def curve(view: View) -> None:
    """What every budget could buy; a click loads one."""
    kind = view.scenario.budget_kind
    st.subheader(t("plan.curve"), anchor=False)
    with st.spinner(t("plan.curve_running")):
        made = loads.trade_off(view.inventory, view.scenario, view.exact)
    frame = made.steps.assign(
        cost_text=[cost_text(view, cost) for cost in made.steps["cost"]],
        objective_text=[gain_text(view, gain) for gain in made.steps["objective"]],
        next_text=[
            t("plan.nothing_more") if pd.isna(gain) else _next_text(view, cost, gain)
            for cost, gain in zip(made.steps["next_cost"], made.steps["next_gain"], strict=True)
        ],
    )
    bend = made.bend
    show(
        draw(
            plans.tradeoff,
            frame,
            {
                "x": t(f"plan.x_{kind}"),
                "y": t(f"plan.y_{view.scenario.objective}", horizon=view.horizon),
                "cost": t("plan.budget"),
                "objective": t("plan.buys"),
                "next": t(f"plan.next_of_{made.whole['basis'].iloc[0]}"),
                "A": _place_text(view, "A", view.exact),
                "B": _place_text(view, "B", view.top),
                "knee": "" if bend is None else t("plan.bend", cost=cost_text(view, bend["cost"])),
            },
            current=(view.exact.cost, view.exact.objective),
            other=(view.top.cost, view.top.objective),
            knee=None if bend is None else (float(bend["cost"]), float(bend["objective"])),
            whole=kind == "sites",
        ),
        t(
            "plan.curve_alt",
            n=len(made.whole),
            a=_place_text(view, "A", view.exact),
            b=_place_text(view, "B", view.top),
        ),
        key=_CURVE,
        on_select=lambda: pick_budget(kind),
    )
    st.markdown(md(curve_sentence(view, made)))
    note(t(f"plan.curve_note_{made.whole['basis'].iloc[0]}"))
    shown = frame[["cost", "objective", "upper", "next_cost", "next_gain"]]
    table(
        shown.rename_axis(None),
        t("plan.curve_table"),
        view.inventory.version,
        "plan_curve_table",
        {
            "cost": st.column_config.NumberColumn(t(f"plan.x_{kind}"), format="localized"),
            "objective": st.column_config.NumberColumn(
                t(f"plan.y_{view.scenario.objective}", horizon=view.horizon), format="%.3f"
            ),
            "upper": st.column_config.NumberColumn(t("plan.upper"), format="%.3f"),
            "next_cost": st.column_config.NumberColumn(t("plan.next_cost"), format="localized"),
            "next_gain": st.column_config.NumberColumn(t("plan.next_gain"), format="%.3f"),
        },
        view.settings(),
        export=made.whole,
    )


def _place_text(view: View, letter: str, plan: Solution) -> str:
    return f"{letter}: {cost_text(view, plan.cost)}, {gain_text(view, plan.objective)}"


def _next_text(view: View, cost: float, gain: float) -> str:
    return t("plan.step", cost=cost_text(view, cost), gain=signed(gain, lambda x: gain_text(view, x)))


def curve_sentence(view: View, made: loads.TradeOff) -> str:
    """What more budget buys, and where it begins to buy less."""
    said = _next_said(view, made.whole)
    if made.bend is not None:
        said += " " + t("plan.bend_said", cost=cost_text(view, made.bend["cost"]))
    return said


def _next_said(view: View, whole: pd.DataFrame) -> str:
    """What a little more budget would buy."""
    budget, exact = view.scenario.budget, view.exact
    step = next_better(whole, budget, exact.objective)
    is_whole = whole["basis"].iloc[0] == BASES[0]
    if view.scenario.budget_kind == "sites" and not is_whole and float(whole["cost"].iloc[-1]) > exact.cost:
        # the curve knows a few budgets only, so this one is solved
        plan, _ = loads.plans(view.inventory, replace(view.scenario, budget=budget + 1), view.weights)
        return t("plan.next_site", gain=apart(view, plan, exact))
    if step is None:
        # there the curve is one of risk, and more budget may still buy species
        return "" if view.scenario.objective == "lexicographic" else t("plan.next_none")
    gain = signed(step.extra_value, lambda x: gain_text(view, x))
    if not is_whole:
        return t("plan.next_solved", cost=cost_text(view, step.cost), gain=gain)
    if view.scenario.budget_kind == "sites" and abs(step.extra_cost - 1) < SAME:
        return t("plan.next_site", gain=gain)
    return t("plan.next_budget", cost=cost_text(view, step.extra_cost), gain=gain)


def pick_budget(kind: str) -> None:
    """A click on the curve asks for that budget."""
    found = st.session_state[_CURVE]["selection"].get("pick") or []
    if found:
        key = f"budget_{kind}"
        st.session_state[key] = enough(float(found[0]["cost"]), isinstance(st.session_state.get(key), float))


def enough(cost: float, cents: bool) -> int | float:
    """A budget that an input can hold and that buys what costs so much: rounded up, never down.

    Examples
    --------
    >>> enough(12.3, False), enough(12.301, True), enough(3.0, False)
    (13, 12.31, 3)
    """
    # what rounding left over is no whole step
    return math.ceil(cost * 100 - 1e-7) / 100 if cents else math.ceil(cost - 1e-9)

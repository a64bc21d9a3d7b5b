"""What if we protect these? What is asked on the left, what it brings on the right."""

from __future__ import annotations

import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.locale import explain, t
from pages.decide import builder, keeping, plan, plan_area, plan_board, plan_curve, plan_places
from pages.decide.plan_view import View, cost_text
from pages.shell import filters, link, loads
from pages.shell.widgets import head, md, no_sites, note

inventory = loads.current()
version = inventory.version
scope = inventory.where(link.filters())
working = (t("scenarios.badge_working"), "gray")


def asked() -> tuple[View | None, list[loads.Conflict], str]:
    """The plans that answer what is asked; else what collides, or why nothing can be planned."""
    try:
        weights, scenario = link.weights(), link.scenario()
    except AzeError as error:
        return None, [], explain(error)
    try:
        exact, top = loads.plans(inventory, scenario, weights)
    except AzeError as error:
        try:
            return None, loads.conflicts(inventory, scenario), explain(error)
        except AzeError:
            # it names what this version of the data does not have
            return None, [], explain(error)
    return View(inventory, scenario, exact, top, weights, link.filters()), [], ""


def answer(view: View) -> str:
    """What the exact plan takes and brings."""
    exact = view.exact
    kind = "sites" if view.scenario.budget_kind == "sites" else "km2"
    found = "answer" if exact.method == "exact" else "best"
    said = t(
        f"scenarios.{found}_{kind}",
        n=len(exact.selected),
        cost=cost_text(view, exact.cost),
        species=exact.species,
        objective=loads.plan_gain(inventory, view.scenario, exact.selected),
        horizon=view.scenario.assumptions.horizon_years,
    )
    objective = view.scenario.objective
    if objective in ("star", "weighted"):
        said += " " + t(f"scenarios.answer_{objective}", objective=exact.objective)
    return said


def results(view: View) -> None:
    """What the plans bring, from the answer to the files."""
    plan.cards(view)
    plan_curve.curve(view)
    plan_board.scoreboard(view)
    plan_places.where(view)
    plan.asked_for(view)
    plan_area.added(view)
    plan_board.ledger(view)
    plan.files(view)


if not len(scope):
    head(t("scenarios.question"), t("empty.no_site"), version)
    no_sites(filters.clear)
elif inventory.coverage.empty:
    # without any cover there is no gap that a plan could close
    head(t("scenarios.question"), t("scenarios.no_cover", n=len(scope)), version)
    with st.container(border=True):
        st.markdown(t("scenarios.no_cover_why"))
        note(t("scenarios.consent"))
else:
    view, found, problem = asked()
    head(t("scenarios.question"), t("scenarios.no_plan") if view is None else answer(view), version, working)
    keeping.tell()
    left, right = st.columns([1, 2.75], gap="medium")
    with left:
        builder.card(inventory)
        with st.container(border=True):
            note(t("scenarios.consent"))
        if view is not None:
            keeping.keep(inventory, view.exact, view.scenario)
    with right:
        if found:
            builder.collisions(found)
        elif view is None:
            st.warning(md(problem))
        else:
            results(view)
    keeping.shelf(inventory)

"""The results of a scenario: two plans, what is asked of them, their files; the rest beside."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.settings import value
from aze_core.locale import number, t
from aze_core.reports.plan import added_in_words, plan_csv, plan_geopackage, plan_workbook
from aze_core.scenarios.index_change import IndexChange
from aze_core.scenarios.quota_name import quota_name
from pages.decide.plan_area import added
from pages.decide.plan_board import ledger, scoreboard
from pages.decide.plan_curve import curve
from pages.decide.plan_places import where
from pages.decide.plan_view import View, apart, asked_text, cost_text, gain_text, national, signed
from pages.shell import loads
from pages.shell.widgets import country_name, download, download_file, md, note, say

__all__ = ["View", "added", "asked_for", "cards", "curve", "files", "ledger", "scoreboard", "where"]


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cards(view: View) -> None:
    """The two plans, and how they differ."""
    for cell, letter in zip(st.columns(2, gap="small"), "AB", strict=True):
        with cell, st.container(border=True):
            _card(view, letter)
    a, b = set(view.exact.selected), set(view.top.selected)
    if a and a == b:
        plain = (
            view.scenario.budget_kind == "sites"
            and view.exact.why == "one_budget"
            and view.scenario.objective == "risk"
            and view.weights is None
        )
        note(t("scenarios.same_sites" if plain else "scenarios.same"))
        return
    gain = apart(view, view.exact, view.top)
    cost = signed(view.exact.cost - view.top.cost, lambda x: cost_text(view, x))
    st.markdown(
        say("plan.apart", gain=gain, cost=cost, both=len(a & b), only_a=len(a - b), only_b=len(b - a))
    )


def _card(view: View, letter: str) -> None:
    plan = view.exact if letter == "A" else view.top
    kind = view.scenario.objective
    st.markdown(f"**{letter} · {t('scenarios.plan_exact' if letter == 'A' else 'scenarios.plan_top')}**")
    first = plan.species if kind == "lexicographic" else plan.objective
    places = {"risk": 2, "star": 1, "weighted": 2}.get(kind, 0)
    st.metric(
        t(f"plan.metric_{kind}"),
        number(first, places),
        t(f"plan.metric_{kind}_sub", horizon=view.horizon, gain=plan.objective),
        delta_color="off",
        delta_arrow="off",
        help=t(f"plan.metric_{kind}_help"),
    )
    countries = view.inventory.countries_of(pd.Index(plan.selected))["iso3"].nunique()
    note(
        say(
            "scenarios.plan_line",
            sites=t("unit.sites", n=len(plan.selected)),
            cost=cost_text(view, plan.cost),
            countries=t("unit.countries", n=countries),
        )
    )
    if plan.method == "exact":
        note(f"{t('plan.method_exact')} {t(f'plan.why_{plan.why}')}")
    elif plan.method == "exact_time_limit":
        told = t("scenarios.time_limit_note", seconds=value("scenario.time_limit_s"), gap=plan.gap)
        note(f"{told} {t(f'plan.why_{plan.why}')}")
    else:
        note(t("scenarios.top_note" if view.weights is None else "scenarios.top_note_weighted"))
    if plan.interchangeable:
        note(t("scenarios.interchangeable", n=plan.interchangeable))
    if plan.missed:
        floors = [
            t("plan.floor", name=quota_name(view.inventory, of, code), n=least)
            for of, code, least in plan.missed
        ]
        st.markdown(say("plan.missed", floors="; ".join(floors)))


def asked_for(view: View) -> None:
    """The difference that each thing asked for makes; computed when opened."""
    scenario = view.scenario
    parts = (
        scenario.floors,
        scenario.ceilings,
        scenario.locked_in,
        scenario.locked_out,
        scenario.must_have,
        view.exact.withheld,
    )
    if not any(parts):
        return
    with st.expander(t("plan.asked"), key="open_asked", on_change="rerun") as fold:
        if not fold.open:
            return
        note(t("plan.asked_note"))
        with st.spinner(t("plan.asked_running")):
            found = loads.differences(view.inventory, scenario)
        for row in found.to_dict("records"):
            st.markdown("- " + md(difference_sentence(view, row)))
        download(found, view.inventory.version, "plan_differences", view.settings())


def difference_sentence(view: View, row: Mapping[Hashable, Any]) -> str:
    """What one thing asked for changes, in words."""
    name = asked_text(view, row["kind"], row["code"])
    lost = signed(row["difference"], lambda x: gain_text(view, x))
    if row["species"] and view.scenario.objective != "species":
        more = signed(row["species"], lambda n: t("unit.species", n=round(n)))
        return t("plan.difference_species", name=name, difference=lost, species=more)
    return t("plan.difference", name=name, difference=lost)


def files(view: View) -> None:
    """The plan as a workbook, a GeoPackage and CSV; each is made only on click."""
    if not view.exact.selected:
        return
    version, sources = view.inventory.version, view.inventory.sources
    st.subheader(t("plan.files"), anchor=False)
    with st.container(horizontal=True, gap="small"):
        download_file(t("button.xlsx"), lambda: workbook(view), "plan.xlsx", _XLSX, key="plan_xlsx")
        download_file(
            t("button.gpkg"),
            lambda: plan_geopackage(
                plan_sites(view),
                view.inventory.sites.loc[list(view.exact.selected), ["latitude", "longitude"]],
                version,
                view.settings(),
                sources=sources,
            ),
            "plan.gpkg",
            "application/geopackage+sqlite3",
            key="plan_gpkg",
        )
        download_file(
            t("button.csv"),
            lambda: plan_csv(plan_sites(view), version, view.settings()),
            "plan.csv",
            "text/csv",
            key="plan_csv",
        )
    note(t("plan.files_note"))


def workbook(view: View) -> bytes:
    """The exact plan as a workbook, with the added area and the illustrative index."""
    (board, last), _ = view.boards
    selected = view.exact.selected
    made = loads.added_area(view.inventory, view.scenario, selected, national())
    named_places = {code: country_name(view.inventory, code) for code, _ in made.index}
    return plan_workbook(
        plan_sites(view),
        board,
        last,
        view.inventory.version,
        view.settings(),
        sources=view.inventory.sources,
        more={
            t("plan.sheet_added"): added_in_words(made, named_places).reset_index(),
            t("plan.sheet_index"): index_frame(
                loads.index_change(view.inventory, view.scenario, selected), view.horizon
            ),
        },
    )


def plan_sites(view: View) -> pd.DataFrame:
    """Sites of the exact plan as files hold them: plain values, unknown left empty."""
    sites = pd.Index(view.exact.selected, name="site_id")
    base = loads.site_table(view.inventory).loc[sites]
    done = loads.plan_sites(view.inventory, view.scenario, view.exact.selected)
    return pd.DataFrame(
        {
            "name": base["name"],
            "iso3": base["iso3"],
            "action": done["action"],
            "action_in_words": [t(f"plan.action_{code}") for code in done["action"]],
            "trigger_species": base["species"],
            "cover": base["share"],
            "vintage": base["vintage"].astype("Int64"),
            "cover_after": done["cover_after"],
            "held_after": done["held_after"],
            "added_km2": done["added_km2"],
            "cost_filled": sites.isin(view.exact.filled),
            "consent_unknown": done["consent_unknown"],
            "in_plan_b": sites.isin(view.top.selected),
        },
        index=sites,
    )


def index_frame(found: IndexChange, horizon: int) -> pd.DataFrame:
    """The Red List Index of the list's species in words; illustrative."""
    values = {**asdict(found), "change": found.change}
    rows = [(t(f"plan.index_{name}", horizon=horizon), each) for name, each in values.items()]
    frame = pd.DataFrame(rows, columns=["line", "value"])
    return frame.assign(note=t("plan.index_note"))

"""Area that a plan adds, beside what countries say of their own protected land and sea."""

from __future__ import annotations

import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.locale import explain, t
from aze_core.reports.plan import added_in_words
from aze_core.scenarios.national_coverage import NationalCoverage
from pages.decide.plan_view import NATIONAL, View, national
from pages.shell import loads
from pages.shell.widgets import country_name, md, note, say, table

_FORM = ("national_country", "national_land", "national_sea", "national_source")


def added(view: View) -> None:
    """Area that plan A adds, by country and of the world, beside what countries say of their own."""
    st.subheader(t("plan.added"), anchor=False)
    st.markdown(t("plan.added_marks"))
    made = loads.added_area(view.inventory, view.scenario, view.exact.selected, national())
    said = added_in_words(made, {code: country_name(view.inventory, code) for code, _ in made.index})
    shown = said.reset_index()
    shown["place"] = [
        t("added.world") if code == "world" else country_name(view.inventory, code) for code in shown["place"]
    ]
    shown["realm"] = [t(f"added.{code}") for code in shown["realm"]]
    if unknown := int(made["unknown"].xs("world").sum()):
        note(t("plan.added_unknown", n=unknown))
    table(
        shown[["place", "realm", "line", "sites", "unknown", "realm_assumed", "marks"]],
        t("plan.added_table"),
        view.inventory.version,
        "plan_added_area",
        {
            "place": st.column_config.TextColumn(t("plan.place")),
            "realm": st.column_config.TextColumn(t("plan.realm"), width=70),
            "line": st.column_config.TextColumn(t("plan.added_line"), width=420),
            "sites": st.column_config.NumberColumn(t("word.sites"), width=70),
            "unknown": st.column_config.NumberColumn(t("plan.added_not_known"), width=110),
            "realm_assumed": st.column_config.NumberColumn(t("plan.realm_assumed"), width=110),
            "marks": st.column_config.TextColumn(t("plan.marks"), width=420),
        },
        view.settings(),
        opened=True,
        export=said,
    )
    with st.expander(t("plan.national"), key="open_national"):
        _national_input(view)


def _national_input(view: View) -> None:
    state = st.session_state
    st.markdown(t("plan.national_why"))
    codes = sorted(
        set(view.inventory.countries_of()["iso3"]),
        key=lambda code: country_name(view.inventory, code),
    )
    with st.form("national_form", border=False):
        st.selectbox(
            t("word.country"),
            codes,
            index=None,
            format_func=lambda code: country_name(view.inventory, code),
            key="national_country",
            placeholder=t("plan.national_choose"),
        )
        for name in ("land", "sea"):
            st.number_input(
                t(f"plan.national_{name}"), 0.0, 100.0, value=None, step=0.1, key=f"national_{name}"
            )
        st.text_input(
            t("plan.national_source"),
            key="national_source",
            help=t("plan.national_source_help"),
            max_chars=300,
        )
        st.form_submit_button(t("plan.national_add"), on_click=state_national)
    if problem := state.pop("national_problem", ""):
        st.warning(md(problem))
    for place, one in enumerate(national()):
        with st.container(horizontal=True, vertical_alignment="center"):
            parts = [
                t(f"plan.national_said_{name}", percent=percent_of)
                for name, percent_of in (("land", one.land_percent), ("sea", one.sea_percent))
                if percent_of is not None
            ]
            st.markdown(
                say(
                    "plan.national_line",
                    country=country_name(view.inventory, one.country),
                    figures=", ".join(parts),
                    source=one.source,
                )
            )
            st.button(
                t("plan.national_drop"),
                key=f"drop_national_{place}",
                on_click=drop_national,
                args=(one.country,),
            )


def state_national() -> None:
    """Keep the figure that stands in the form, or say why it cannot be kept."""
    state = st.session_state
    country, land, sea, source = (state.get(key) for key in _FORM)
    if country is None:
        state["national_problem"] = t("plan.national_no_country")
        return
    try:
        one = NationalCoverage(country, land, sea, source or "")
    except AzeError as error:
        state["national_problem"] = explain(error)
        return
    others = [kept for kept in state.get(NATIONAL, []) if kept["country"] != country]
    state[NATIONAL] = [*others, one.to_dict()]
    for key in _FORM:
        state[key] = "" if key == "national_source" else None


def drop_national(country: str) -> None:
    """Forget the figure of a country."""
    st.session_state[NATIONAL] = [
        kept for kept in st.session_state.get(NATIONAL, []) if kept["country"] != country
    ]

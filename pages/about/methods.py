"""How are these numbers made? Formulas as implemented, constants with sources, limits."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from aze_core.domain.errors import SettingError
from aze_core.domain.settings import settings, value
from aze_core.locale import explain, t
from pages.shell import controls, link, loads
from pages.shell.widgets import head, note, table

inventory = loads.current()
version = inventory.version
assumed = link.assumptions()

head(t("methods.question"), t("methods.answer"), version)

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("need", ()),
    ("loss", (r"EV_i=\sum_s share_{is}\;p_s(T)\;e\;(1-cov_i)", r"p_s(T)=1-(1-p_E)^{T/T_E}")),
    (
        "irreplaceability",
        (
            r"\alpha=\min\left(1,\frac{local}{total-target}\right)",
            r"\gamma=\#\{\alpha=1\}+1-\prod_{\alpha<1}(1-\alpha)",
        ),
    ),
    (
        "irreplaceability_other",
        (
            r"Irr_{ij}=\frac{(incl-removed)\,n/N}{incl\,n/N+excl\,(1-n/N)}",
            r"RWR_i=\sum_j\frac{r_{ij}/\max_k r_{kj}}{\sum_k r_{kj}}",
            r"RC_i=cost(\text{cheapest set with all others, without }i)-cost(\text{set})",
        ),
    ),
    ("schemes", (r"p_{EN}=p_{CR}/ratio",)),
    ("threat", (r"T_{t,i}=\sum_s share_{is}\,W_s\,\frac{d_{s,t}}{\sum_u d_{s,u}}",)),
    ("needs", ()),
    ("weighted", (r"V_i=\sum_k w_k\,v_k(x_{ik})", r"v=\frac{1-0.5^{\gamma/h}}{1-0.5^{\gamma_{max}/h}}")),
    ("unknown", ()),
    (
        "acceptability",
        (r"b_i^r=P(rank_i=r)", r"P(\text{first }N)=\sum_{r\le N}b_i^r", r"w_i^c=E[w\mid rank_i=1]"),
    ),
    ("sensitivity", (r"s_i(x)=\frac{a_i+x\,v_i}{b_i+x\,k_i}",)),
    ("quarters", ()),
    ("ties", ()),
    (
        "scenario",
        (
            r"\max\sum_s p_s(T)\,e\,\Delta sec_s\quad\text{s.t.}\quad\sum_i c_i x_i\le B",
            r"sec_s=\min_{stages}\sum_i share_{is}\,cov_i",
        ),
    ),
    ("actions", ()),
    ("conflicts", ()),
    ("trade_off", (r"f(B)=\max\sum_i v_i x_i\quad\text{s.t.}\quad\sum_i c_i x_i\le B",)),
    ("scoreboard", ()),
    ("compared", ()),
    (
        "ladder",
        (
            (
                r"\min\sum_k\frac{f(B_k)-v(S_k)}{f(B_k)}\quad\text{s.t.}\quad S_1\subseteq\dots\subseteq S_K,"
                r"\quad c(S_k)\le B_k"
            ),
        ),
    ),
    ("others", (r"\sum_{i\in P}x_i\le|P|-k\quad\text{for every plan }P\text{ before}",)),
    ("core", ()),
    ("assumed", ()),
    ("landscapes", ()),
    ("vintages", ()),
    ("coverage", ()),
    ("headline", ()),
    ("curves", (r"\bar c(t)=\frac{1}{m}\sum_{i=1}^{m}c_i(t)",)),
    ("countries", ()),
    ("imports", ()),
    ("lists", ()),
    ("changes", ()),
    ("corrections", ()),
    ("knowledge", ()),
    ("sensitive", ()),
    (
        "distances",
        (
            r"d=2R\arcsin\sqrt{h}",
            r"h=\sin^2\frac{\varphi_2-\varphi_1}{2}+\cos\varphi_1\cos\varphi_2\sin^2\frac{\lambda_2-\lambda_1}{2}",
        ),
    ),
    ("imputation", ()),
    ("maps", ()),
    ("limits", ()),
    ("references", ()),
)
for name, formulas in SECTIONS:
    st.subheader(t(f"methods.{name}_title"), anchor=name)
    st.markdown(t(f"methods.{name}"))
    for formula in formulas:
        st.latex(formula)


def side_by_side() -> None:
    """Measures of irreplaceability of the first sites of the filters, made when they are asked for."""
    st.subheader(t("methods.side_by_side_title"), anchor="side_by_side")
    chosen = link.filters()
    of, most = len(inventory.where(chosen)), value("limits.side_by_side.sites")
    if of > most:
        note(t("methods.side_by_side_first", n=most, of=of))
    else:
        note(t("methods.side_by_side", n=of))
    state = st.session_state
    # asked for once, it stays while the page is looked at
    if st.button(t("methods.side_by_side_button"), key="side_by_side"):
        state["side_by_side_of"] = (inventory.key, chosen)
    if state.get("side_by_side_of") != (inventory.key, chosen) or not of:
        return
    found = loads.irreplaceability(inventory, chosen)
    names = ("species", "gamma", "endemism", "ferrier", "rarity_weighted_richness", "incremental_rank")
    words = found["replacement_cost"].map("{:,.1f}".format)
    endless = found["replacement_cost"] == float("inf")
    table(
        found.drop(columns="cost_basis").assign(
            replacement_cost=words.mask(endless, t("irreplaceability.endless"))
        ),
        t("methods.side_by_side_table"),
        version,
        "irreplaceability",
        {
            "name": st.column_config.TextColumn(t("irreplaceability.name")),
            "replacement_cost": st.column_config.TextColumn(t("irreplaceability.replacement_cost")),
            **{
                code: st.column_config.NumberColumn(t(f"irreplaceability.{code}"), format="%.3g")
                for code in names
            },
        },
        opened=True,
        export=found,
    )
    note(t(f"irreplaceability.cost_{found['cost_basis'].iloc[0]}"))
    note(t("irreplaceability.count"))


side_by_side()


def central() -> None:
    """Central weights and confidence factors, with the settings of the Priorities page."""
    st.subheader(t("methods.central_title"), anchor="central")
    st.markdown(t("methods.central"))
    state = st.session_state
    try:
        weights, settings_now = link.given_weights(), link.rank_settings()
        given = link.uncertainty(value("acceptability.first_draws"))
        asked = (inventory.key, weights, settings_now, given)
        if st.button(t("methods.side_by_side_button"), key="compute_central"):
            state["central_of"] = asked
        # asked for once, it stays while the page is looked at
        if state.get("central_of") != asked:
            return
        found = loads.confidence(inventory, weights, settings_now, given)
    except SettingError as error:
        st.warning(explain(error))
        return
    if found.empty:
        st.markdown(t("methods.central_none"))
        return
    codes = [code for code in found.columns if code not in ("first", "confidence")]
    percent = st.column_config.NumberColumn
    table(
        found.assign(name=inventory.sites["name"].reindex(found.index))[["name", *found.columns]],
        t("methods.central_table"),
        version,
        "central_weights",
        {
            "site_id": st.column_config.TextColumn(t("site.id")),
            "name": st.column_config.TextColumn(t("word.site")),
            "first": percent(t("methods.central_first"), format="percent"),
            "confidence": percent(t("methods.central_confidence"), format="percent"),
            **{code: percent(controls.criterion_name(code), format="percent") for code in codes},
        },
        opened=True,
    )
    note(t("methods.central_note", n=given.draws, seed=given.seed))


central()

st.subheader(t("methods.anchors_title"), anchor="anchors")
ends = loads.values(inventory, link.MAIN, link.rank_settings()).anchors
shown = ends.assign(
    criterion=[controls.criterion_name(code) for code in link.MAIN],
    unit=[controls.criterion_unit(inventory, code) for code in link.MAIN],
)
table(
    shown[["criterion", "worst", "best", "unit"]].reset_index(drop=True),
    t("methods.anchors_table"),
    version,
    "anchors",
    {
        "criterion": st.column_config.TextColumn(t("word.part")),
        "worst": st.column_config.NumberColumn(t("methods.worst"), format="%.3f"),
        "best": st.column_config.NumberColumn(t("methods.best"), format="%.3f"),
        "unit": st.column_config.TextColumn(t("methods.unit")),
    },
    opened=True,
)
note(t("methods.anchors_note", horizon=assumed.horizon_years))

st.subheader(t("methods.constants_title"), anchor="constants")
constants = pd.DataFrame(
    [
        {
            "name": item.name,
            "value": str(item.value),
            "unit": item.unit,
            "meaning": item.meaning,
            "source": item.source,
            "verified": item.verified,
        }
        for item in settings().values()
    ]
)
table(
    constants,
    t("methods.constants_table"),
    version,
    "constants",
    {
        "name": st.column_config.TextColumn(t("methods.name")),
        "value": st.column_config.TextColumn(t("data.value")),
        "unit": st.column_config.TextColumn(t("methods.unit")),
        "meaning": st.column_config.TextColumn(t("data.what"), width=420),
        "source": st.column_config.TextColumn(t("word.source"), width=300),
        "verified": st.column_config.CheckboxColumn(t("methods.verified"), help=t("methods.verified_help")),
    },
    opened=True,
)

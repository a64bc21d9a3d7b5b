"""How are these numbers made? Formulas as implemented, constants with sources, limits."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from aze_core.domain.settings import settings
from aze_core.locale import t
from pages.shell import link, loads
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
    ("weighted", (r"V_i=\sum_k w_k\,v_k(x_{ik})", r"v=\frac{1-0.5^{\gamma/h}}{1-0.5^{\gamma_{max}/h}}")),
    ("unknown", ()),
    ("ties", ()),
    (
        "scenario",
        (
            r"\max\sum_s p_s(T)\,e\,\Delta sec_s\quad\text{s.t.}\quad\sum_i c_i x_i\le B",
            r"sec_s=\min_{stages}\sum_i share_{is}\,cov_i",
        ),
    ),
    ("scoreboard", ()),
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
    ("maps", ()),
    ("limits", ()),
    ("references", ()),
)
for name, formulas in SECTIONS:
    st.subheader(t(f"methods.{name}_title"), anchor=name)
    st.markdown(t(f"methods.{name}"))
    for formula in formulas:
        st.latex(formula)

st.subheader(t("methods.anchors_title"), anchor="anchors")
values, anchors = loads.criteria_values(inventory, assumed)
shown = anchors.assign(
    criterion=[t(f"criterion.{code}") for code in anchors.index],
    unit=[t(f"criterion.{code}_unit") for code in anchors.index],
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

"""Controls and texts that several pages share: assumptions, criteria, facts about one site."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.model import Assumptions, Inventory, Weights
from aze_core.domain.settings import value
from aze_core.locale import area, number, percent, t
from aze_core.ranking.explain import Reason
from aze_core.views import charts
from pages.shell import link, loads
from pages.shell.widgets import CLASS_COLOUR, class_label, class_words, draw, named, note, say, show

CRITERIA = ("irreplaceability", "extinction", "pressure")


def other_order(weights: Weights | None) -> Weights | None:
    """The order that stands beside the chosen one: the session's weights, or the default order."""
    if weights is not None:
        return None
    state = st.session_state
    given = [float(state[f"w_{name}"]) for name in CRITERIA]
    return Weights(*given) if sum(given) > 0 else Weights()


def assumptions(effect: bool = True) -> None:
    """Fold with the assumptions of the modelled risk reduction, each with its source."""
    with st.popover(t("assumption.title"), icon=":material/tune:"):
        st.number_input(
            t("assumption.horizon"), 1, 500, key="horizon", step=10, help=t("assumption.horizon_help")
        )
        if effect:
            st.number_input(
                t("assumption.effect"),
                0.0,
                float(value("protection.effect_max")),
                key="effect",
                step=0.05,
                format="%.2f",
                help=t("assumption.effect_help"),
            )
        st.button(
            t("assumption.reset"), on_click=link.reset, args=("horizon", "effect"), key="reset_assumptions"
        )


def parts(ranked: pd.DataFrame, weights: Weights | None) -> list[tuple[str, str, str]]:
    """Contribution columns with their labels and colour keys."""
    if weights is not None:
        return [(f"c_{name}", t(f"criterion.{name}"), name) for name in CRITERIA]
    columns = [name for name in ranked.columns if name.startswith("c_")]
    return [(name, named("category", name[2:]), name[2:]) for name in columns]


def category_text(row: pd.Series) -> str:
    """Species by category, codes always written: `CR 14 · EN 1`."""
    shown = [("CR", row["CR"]), ("EN", row["EN"]), ("EW", row["gone"])]
    found = [f"{code} {int(n)}" for code, n in shown if n]
    if row["unknown_species"]:
        found.append(t("category.unknown_n", n=int(row["unknown_species"])))
    if row["other"]:
        found.append(t("category.other_n", n=int(row["other"])))
    return " · ".join(found)


def remark(row: pd.Series, falling: bool) -> str:
    """What is not known, stands apart or asks for a check, in words."""
    if row["apart"]:
        return t(f"why.apart_{row['apart']}")
    found = [t(f"remark.unknown_{name}") for name in row["unknown"].split(",") if name]
    return "; ".join([*found, t("remark.falling")] if falling else found)


def reason_text(reason: Reason, weights: Weights | None, given: Assumptions) -> str:
    """One reason as a sentence."""
    fields = dict(reason.fields)
    if "by" in fields and weights is not None:
        fields["by"] = fields["by"] * 100
        return say(f"why.{reason.kind}_points", **fields)
    return say(f"why.{reason.kind}", horizon=given.horizon_years, **fields)


def facts(inventory: Inventory, site: str) -> None:
    """Country, categories, cover with its year, and flags of one site, as short badges."""
    row: Any = loads.site_table(inventory).loc[site]
    found = {"CR": int(row["CR"]), "EN": int(row["EN"]), "EW": int(row["gone"])}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if any(found.values()):
            text = ", ".join(f"{n} {named('category', code)}" for code, n in found.items() if n)
            show(draw(charts.redlist_chips, {c: n for c, n in found.items() if n}), text, width="content")
        if row["unknown_species"]:
            st.badge(t("category.unknown_n", n=int(row["unknown_species"])), color="gray")
        if isinstance(row["protection"], str):
            st.badge(
                t(
                    "facts.cover",
                    kind=class_label(row["protection"]),
                    share=percent(row["share"]),
                    year=int(row["vintage"]),
                ),
                color=CLASS_COLOUR[row["protection"]],  # type: ignore[arg-type]
            )
        else:
            st.badge(t("facts.cover_unknown"), color="gray")
        if row["falling"]:
            st.badge(t("facts.falling"), color="orange")
    st.markdown(
        f":gray[{t('facts.line', area=area(row['area_km2']), influence=number(row['human_influence'], 1))}]"
    )


def map_words() -> dict[str, str]:
    """Words of a protection map that shows each site's newest report."""
    return {
        "site": t("word.site"),
        "country": t("word.country"),
        "species": t("word.trigger_species"),
        "protection": t("word.protection_plain"),
        "share": t("word.share_plain"),
        "unknown": t("missing"),
        **class_words(),
    }


def corrections(inventory: Inventory, site: str) -> None:
    """Accepted corrections that concern a site: what stands here is not what the files have."""
    held = inventory.corrections
    species = inventory.occurrences.loc[inventory.occurrences["site_id"] == site, "species_id"]
    mine = held[(held["site_id"] == site) | (held["site_id"].isna() & held["species_id"].isin(species))]
    for kind, source in zip(mine["kind"], mine["stated_source"], strict=True):
        told = say("site.correction", kind=t(f"desk.kind_{kind}"), source=source)
        st.markdown(f":orange-badge[{t('site.corrected')}] {told}")


def rights(inventory: Inventory, site: str) -> None:
    """Who holds rights at a site and how far consent has come: shown, never scored."""
    here = inventory.rights[inventory.rights["site_id"] == site]
    if here.empty:
        return
    st.subheader(t("rights.title"), anchor=False)
    shown = pd.DataFrame(
        {
            "holders": [t("rights.not_named") if pd.isna(name) else name for name in here["rights_holders"]],
            "overlap": here["overlap_pct"] / 100,
            "stage": [t(f"consent.{stage}") for stage in here["consent_stage"]],
            "documented": here["consent_source"],
            "year": here["year"],
            "source": [inventory.sources["title_short"].get(code, code) for code in here["source"]],
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        placeholder=t("missing"),
        alt=t("rights.alt", n=len(shown)),
        column_config={
            "holders": st.column_config.TextColumn(t("rights.holders")),
            "overlap": st.column_config.NumberColumn(t("rights.overlap"), format="percent"),
            "stage": st.column_config.TextColumn(t("rights.stage")),
            "documented": st.column_config.TextColumn(t("rights.documented")),
            "year": st.column_config.NumberColumn(t("word.year"), format="%d"),
            "source": st.column_config.TextColumn(t("word.source")),
        },
    )
    note(t("rights.note"))


def knowledge(inventory: Inventory, site: str) -> None:
    """What the country knows of a site, with unit, year and source of every value."""
    here = inventory.national[inventory.national["site_id"] == site]
    if here.empty:
        return
    st.subheader(t("knowledge.title"), anchor=False)
    shown = pd.DataFrame(
        {
            "field": [named("field", code) for code in here["field"]],
            "value": here["value"],
            "unit": here["unit"],
            "year": here["year"],
            "stated": here["stated_source"],
            "source": [inventory.sources["title_short"].get(code, code) for code in here["source"]],
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        placeholder=t("missing"),
        alt=t("knowledge.alt", n=len(shown)),
        column_config={
            "field": st.column_config.TextColumn(t("knowledge.field")),
            "value": st.column_config.TextColumn(t("knowledge.value")),
            "unit": st.column_config.TextColumn(t("knowledge.unit")),
            "year": st.column_config.NumberColumn(t("word.year"), format="%d"),
            "stated": st.column_config.TextColumn(t("knowledge.stated")),
            "source": st.column_config.TextColumn(t("knowledge.file")),
        },
    )

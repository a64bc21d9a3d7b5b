"""Controls and texts that several pages share: assumptions, criteria, facts about one site."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import (
    NATIONAL,
    SCHEMES,
    Assumptions,
    CoverageSettings,
    Inventory,
    InventoryVersion,
    RankSettings,
    Weights,
)
from aze_core.domain.settings import value
from aze_core.locale import area, number, percent, t
from aze_core.measures.extinction import extinction_probability
from aze_core.measures.pace import Pace
from aze_core.ranking.explain import Reason
from aze_core.ranking.values import national_fields
from aze_core.reports.sentences import criterion_name, criterion_within, reason_sentence
from aze_core.views import charts
from pages.shell import link, loads
from pages.shell.widgets import (
    CLASS_COLOUR,
    class_label,
    class_words,
    draw,
    md,
    named,
    note,
    popover,
    say,
    show,
    table,
)


def vintage_label(inventory: Inventory, year: int) -> str:
    """What a vintage is called: computed or reported, and its year."""
    return t(f"vintage.{loads.vintage_basis(inventory, year)}", year=year)


def vintage_how(inventory: Inventory, year: int) -> str:
    """How the shares of a vintage came about, as part of a sentence."""
    return t(f"vintage_how.{loads.vintage_basis(inventory, year)}", year=year)


def vintage(inventory: Inventory, years: list[int], first: int) -> int:
    """The choice of one vintage, which outlives the page; in words whether it is computed or reported.

    Parameters
    ----------
    inventory : Inventory
    years : list of int
        Vintages that can be chosen.
    first : int
        The one that stands where nobody has chosen.

    Returns
    -------
    int
    """
    state = st.session_state
    options = [str(year) for year in years]
    # the link names a vintage only where one was chosen
    state["vintage_pick"] = state["vintage"] if state["vintage"] in options else str(first)

    def keep() -> None:
        """The picked vintage outlives the page."""
        state["vintage"] = state["vintage_pick"]

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            t("overview.vintage"),
            options,
            format_func=lambda year: vintage_label(inventory, int(year)),
            key="vintage_pick",
            on_change=keep,
            required=True,
            label_visibility="collapsed",
        )
        picked = int(state["vintage_pick"])
        separate = " " + t("overview.vintage_note") if len(options) > 1 else ""
        sources = loads.vintage_sources(inventory, picked)
        # every accepted correction is a source of its own
        named_first = ", ".join(sources[:2]) + (" …" if len(sources) > 2 else "")
        told = say("vintage_note.source", source=named_first)
        note(f"{t(f'vintage_note.{loads.vintage_basis(inventory, picked)}')} {told}{separate}")
    return picked


def curve_frame(curve: pd.DataFrame, measure: str) -> pd.DataFrame:
    """One measure of a curve as a chart takes it."""
    return pd.DataFrame(
        {
            "year": curve.index,
            "low": curve[f"{measure}_low"].to_numpy(),
            "value": curve[measure].to_numpy(),
            "high": curve[f"{measure}_high"].to_numpy(),
        }
    )


def curve_words(measure: str) -> dict[str, str]:
    """Words of such a chart."""
    return {
        "year": t("word.year"),
        "value": t(f"trend.measure_{measure}"),
        "low": t("trend.low"),
        "high": t("trend.high"),
    }


def methods_of(inventory: Inventory, year: int, sites: pd.Index) -> str:
    """How the shares of these sites were measured in a vintage, in words."""
    cover = inventory.coverage
    mine = cover[(cover["vintage"] == year) & cover["site_id"].isin(sites)]
    return ", ".join(named("method", code) for code in sorted(set(mine["method"])))


def vintage_bars(
    inventory: Inventory, counts: pd.DataFrame, measure: str, sites: pd.Index, key: str
) -> list[str]:
    """One measure in every vintage, as separate measurements; returns what the vintages are called.

    Parameters
    ----------
    inventory : Inventory
    counts : pandas.DataFrame
        As `aze_core.measures.reported.class_counts` returns it.
    measure : str
        `mean`, `complete` or `none`.
    sites : pandas.Index
        Sites that were counted.
    key : str
        The chart's key.
    """
    years = [int(str(year)) for year in counts.index]
    shares = (counts["mean_share"] if measure == "mean" else counts[measure] / counts["sites"]).to_numpy()
    labels = [vintage_label(inventory, year) for year in years]
    frame = pd.DataFrame(
        {
            "vintage": labels,
            "share": shares,
            "method": [
                t("trend.reported_sub", n=int(n), methods=methods_of(inventory, year, sites))
                for year, n in zip(years, counts["sites"], strict=True)
            ],
            # only a share of sites of one class has the sign of that class
            "protection": [None if measure == "mean" else measure] * len(years),
        }
    )
    show(
        draw(
            charts.share_by_vintage,
            frame,
            {
                "vintage": t("word.vintage"),
                "share": t(f"trend.measure_{measure}"),
                "method": t("word.method"),
                "unknown": t("missing"),
            },
        ),
        t(
            "trend.reported_alt",
            measure=t(f"trend.measure_long_{measure}"),
            parts="; ".join(
                f"{label}: {percent(share)}" for label, share in zip(labels, shares, strict=True)
            ),
        ),
        key=key,
    )
    return labels


def run_settings(run: pd.Series) -> dict[str, Any]:
    """Settings of a coverage run, those of the planner where it left none."""
    found = json.loads(str(run["settings"]))
    return CoverageSettings().to_dict() | (found if isinstance(found, dict) else {})


def points(rise: float) -> str:
    """A difference of shares in percentage points, written to a tenth."""
    return number(100 * rise, 1)


def pace_text(found: Pace) -> str:
    """How the last years compare with as many before them; empty where the curve is too short."""
    if found.recent is None:
        return ""
    if found.before is None:
        return t("trend.pace_short", years=found.years, recent=points(found.recent))
    return t(
        "trend.pace",
        years=found.years,
        recent=points(found.recent),
        before=points(found.before),
        word=t(f"trend.word_{found.word}"),
    )


def growth(inventory: Inventory, periods: pd.DataFrame, key: str, version: InventoryVersion) -> None:
    """Of the land first protected in each period, how much falls in sites: sentence, bars and table."""
    labels = [
        t("trend.growth_period", start=int(str(start)), end=int(end))
        for start, end in zip(periods.index, periods["end"], strict=True)
    ]
    known = [at for at, share in enumerate(periods["share"]) if pd.notna(share)]
    last = known[-1]
    share = float(periods["share"].iloc[last])
    if len(known) > 1:
        before = known[-2]
        st.markdown(
            t(
                "trend.growth_answer",
                label=labels[last],
                share=share,
                label_before=labels[before],
                share_before=float(periods["share"].iloc[before]),
            )
        )
    else:
        st.markdown(t("trend.growth_answer_one", label=labels[last], share=share))
    texts = [
        t("trend.growth_nothing") if pd.isna(share) else t("trend.growth_text", share=share, area=protected)
        for share, protected in zip(periods["share"], periods["protected_km2"], strict=True)
    ]
    show(
        draw(
            charts.period_bars,
            pd.DataFrame({"label": labels, "share": periods["share"].to_numpy(), "text": texts}),
            {"label": t("trend.period"), "share": t("trend.growth_share"), "unknown": t("missing")},
        ),
        t(
            "trend.growth_alt",
            parts="; ".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True)),
        ),
        key=key,
    )
    run = inventory.coverage_runs.iloc[0]
    note(
        t(f"trend.growth_{run['growth_basis']}")
        + " "
        + t("trend.growth_note", undated=int(run["undated"]), n=int(run["areas"]))
    )
    table(
        periods.assign(label=labels)[["label", "protected_km2", "in_sites_km2", "share"]].reset_index(
            drop=True
        ),
        t("trend.growth_table"),
        version,
        key,
        {
            "label": st.column_config.TextColumn(t("trend.period")),
            "protected_km2": st.column_config.NumberColumn(t("trend.growth_protected"), format="localized"),
            "in_sites_km2": st.column_config.NumberColumn(t("trend.growth_inside"), format="localized"),
            "share": st.column_config.NumberColumn(t("trend.growth_share"), format="percent"),
        },
    )


def other_order(
    inventory: Inventory, weights: Weights | None, settings: RankSettings
) -> tuple[Weights | None, pd.DataFrame | None]:
    """The order that stands beside the chosen one: the session's weights, or the default order.

    Its ranking is None where no order follows from the session's weights.
    """
    try:
        other = link.given_weights() if weights is None else None
        return other, loads.ranked(inventory, other, settings)
    except SettingError:
        return None, None


def assumptions(effect: bool = True) -> None:
    """Fold with the assumptions of the modelled risk reduction, each with its source."""
    state = st.session_state
    keys = ("horizon", "effect", "scheme", "ratio")
    with popover(t("assumption.title"), "open_assumptions", *keys, icon=":material/tune:"):
        st.number_input(
            t("assumption.horizon"), 1, 500, key="horizon", step=10, help=t("assumption.horizon_help")
        )
        st.selectbox(
            t("assumption.scheme"),
            SCHEMES,
            format_func=lambda code: t(f"scheme.{code}"),
            key="scheme",
            help=t("assumption.scheme_help"),
        )
        if state["scheme"] == "ratio":
            st.number_input(
                t("assumption.ratio"), 1.0, 10.0, key="ratio", step=0.1, help=t("assumption.ratio_help")
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
        given = link.assumptions()
        said = extinction_probability(
            pd.Series(["CR", "EN"]), given.horizon_years, scheme=given.scheme, ratio=given.ratio
        )
        note(
            t(
                "assumption.values",
                cr=float(said.iloc[0]),
                en=float(said.iloc[1]),
                ratio=float(said.iloc[0] / said.iloc[1]),
            )
        )
        st.button(
            t("assumption.reset"),
            on_click=link.reset,
            args=keys,
            key="reset_assumptions",
        )


def criterion_unit(inventory: Inventory, code: str) -> str:
    """Unit of a criterion; empty where a national table names none."""
    if code.startswith(NATIONAL):
        fields = national_fields(inventory)
        field = code.removeprefix(NATIONAL)
        return str(fields.at[field, "unit"]) if field in fields.index else ""
    return t(f"criterion.{code}_unit")


def criterion_value(inventory: Inventory, code: str, given: Any) -> str:
    """A value of a criterion in its own unit."""
    if pd.isna(given):
        return t("missing")
    decimals = 2 if code == "extinction" or (abs(given) < 1 and given % 1) else 0
    return f"{number(given, decimals)} {criterion_unit(inventory, code)}".strip()


def parts(ranked: pd.DataFrame, weights: Weights | None) -> list[tuple[str, str, str]]:
    """Contribution columns with their labels and colour keys."""
    columns = [str(name) for name in ranked.columns if str(name).startswith("c_")]
    if weights is not None:
        return [(name, criterion_name(name[2:]), name[2:]) for name in columns]
    return [
        (name, t("missing"), "open") if name == "c_unknown" else (name, named("category", name[2:]), name[2:])
        for name in columns
    ]


def need_text(row: Any) -> str:
    """What a site needs, in words; a threat that no boundary stops stands beside."""
    found = t(f"need.{row['need']}")
    return f"{found} · {t('need.beyond')}" if not pd.isna(row["beyond"]) and row["beyond"] else found


def category_text(row: Any) -> str:
    """Species by category, codes always written: `CR 14 · EN 1`."""
    shown = [("CR", row["CR"]), ("EN", row["EN"]), ("EW", row["gone"])]
    found = [f"{code} {int(n)}" for code, n in shown if n]
    if row["unknown_species"]:
        found.append(t("category.unknown_n", n=int(row["unknown_species"])))
    if row["other"]:
        found.append(t("category.other_n", n=int(row["other"])))
    return " · ".join(found)


def remark(row: Any, falling: bool) -> str:
    """What is not known, stands apart or asks for a check, in words."""
    if row["apart"]:
        return t(f"why.apart_{row['apart']}")
    found = [unknown_text(name) for name in row["unknown"].split(";") if name]
    return "; ".join([*found, t("remark.falling")] if falling else found)


def unknown_text(name: str) -> str:
    """That something is not known: the category of a species, the cover, or a criterion."""
    if name in ("category", "coverage"):
        return t(f"remark.unknown_{name}")
    return t("remark.unknown_criterion", criterion=criterion_within(name))


def reason_text(reason: Reason, weights: Weights | None, given: Assumptions) -> str:
    """One reason as a sentence in Markdown."""
    return reason_sentence(reason, weights, given, md)


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
    """Words of a protection map that shows each site's newest value."""
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
            "value": here["value"].mask(
                here["kind"] == "flag", here["value"].map({"1": t("yes"), "0": t("no")})
            ),
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

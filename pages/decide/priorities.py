"""Which uncovered sites should come first? The ranking, its interval, its map, and why."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import SettingError
from aze_core.locale import explain, interval, number, percent, t
from aze_core.ranking.explain import reasons
from aze_core.views import charts, maps
from pages.shell import controls, display, filters, link, loads
from pages.shell.widgets import (
    class_label,
    countries_text,
    download,
    draw,
    head,
    mode,
    no_sites,
    note,
    say,
    show,
)

SHOWN = 15

inventory = loads.current()
version = inventory.version
names = inventory.sites["name"]
state = st.session_state
settings = link.rank_settings()
try:
    weights = link.weights()
    problem = None
except SettingError as error:
    weights, problem = None, explain(error)
ranked = loads.ranked(inventory, weights, settings)
other = loads.ranked(inventory, controls.other_order(weights), settings)
placed = ranked[ranked["rank"].notna()]

question = t("priorities.question_all" if state["all_sites"] else "priorities.question")
if ranked.empty:
    head(question, t("priorities.none_listed"), version)
elif placed.empty:
    head(question, t("priorities.none_ranked", n=len(ranked)), version)
else:
    first = placed.index[0]
    row = placed.iloc[0]
    answer = say(
        "priorities.answer_loss" if weights is None else "priorities.answer_weighted",
        site=names[first],
        country=countries_text(inventory, inventory.sites.at[first, "iso3"]),
        n=int(row["species"]),
        score=float(row["score"]),
        points=float(row["score"]) * 100,
        horizon=settings.assumptions.horizon_years,
        total=len(placed),
    )
    if row["tie_size"] > 1:
        answer = say("priorities.answer_tie", n=int(row["tie_size"]), total=len(placed))
    elif row["rank_worst"] > 1:
        answer += " " + t("priorities.answer_open", worst=int(row["rank_worst"]))
    years = sorted({int(item) for item in ranked["vintage"].dropna()})
    basis = t("priorities.badge_vintages", years=", ".join(str(item) for item in years))
    apart = int((ranked["apart"] != "").sum())
    badges = [(t("priorities.badge_n", n=len(ranked)), "gray")]
    if years:
        badges.append((basis, "gray"))
    if apart:
        badges.append((t("priorities.badge_apart", n=apart), "orange"))
    head(question, answer, version, *badges)

with st.container(border=True):
    weighing = state["order"] == "weighted"
    cells = st.columns([2.1, 1, 1, 1] if weighing else [1, 1.2], gap="medium", vertical_alignment="top")
    with cells[0]:
        st.segmented_control(
            t("priorities.order"),
            link.MODES,
            format_func=lambda code: t(f"priorities.order_{code}"),
            key="order",
            required=True,
            help=t("priorities.order_help"),
        )
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            st.toggle(t("priorities.all"), key="all_sites", help=t("priorities.all_help"))
            controls.assumptions(effect=weights is None)
    if weighing:
        _, anchors = loads.criteria_values(inventory, settings.assumptions)
        for cell, criterion in zip(cells[1:], controls.CRITERIA, strict=True):
            with cell:
                st.slider(
                    t(f"criterion.{criterion}"),
                    0,
                    100,
                    key=f"w_{criterion}",
                    step=5,
                    help=t(f"criterion.{criterion}_help"),
                )
                decimals = 2 if criterion == "extinction" else 0
                known = anchors.loc[criterion].notna().all()
                note(
                    t(
                        "criterion.range",
                        worst=number(anchors.at[criterion, "worst"], decimals),
                        best=number(anchors.at[criterion, "best"], decimals),
                        unit=t(f"criterion.{criterion}_unit"),
                    )
                    if known
                    else t("criterion.nowhere")
                )
    else:
        with cells[1]:
            note(t("priorities.loss_note", horizon=settings.assumptions.horizon_years))
if problem:
    st.warning(problem)


def short_name(site: str) -> str:
    """Name, cut where it is long, and country codes."""
    name = names[site]
    short = name if len(name) <= 30 else name[:29].rstrip() + "…"
    return f"{short}, {inventory.sites.at[site, 'iso3'].replace(';', '/')}"


def rank_text(site: str) -> str:
    """Rank, marked where others share it; a dash for a site set apart."""
    place: Any = ranked.at[site, "rank"]
    shared: Any = ranked.at[site, "tie_size"]
    if pd.isna(place):
        return t("priorities.no_rank")
    return f"{int(place)}=" if shared > 1 else str(int(place))


def label_of(site: str) -> str:
    """Rank and name."""
    return f"{rank_text(site)}  {short_name(site)}"


def pick_from_chart() -> None:
    """A click on a bar selects its site."""
    found = state["priority_bars"]["selection"].get("pick") or []
    if found:
        state["site"] = found[0]["site_id"]


def pick_from_table() -> None:
    """A click on a row selects its site."""
    rows = state["rank_table"]["selection"]["rows"]
    if rows and rows[0] < len(ranked):
        state["site"] = ranked.index[rows[0]]


def pick_from_map() -> None:
    """A click on a point selects its site."""
    found = state["priority_map"]["selection"]["objects"].get("sites") or []
    if found:
        state["site"] = found[0]["site_id"]


if ranked.empty:
    if settings.filters.active:
        no_sites(filters.clear)
    if len(inventory.where(settings.filters)):
        st.markdown(t("priorities.all_covered"))
else:
    if placed.empty and weights is None and inventory.coverage.empty:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(t("priorities.no_cover"))
            st.button(
                t("priorities.use_weights"),
                on_click=lambda: state.update(order="weighted"),
                key="use_weights",
            )
    if state["site"] not in ranked.index:
        if state["site"] is not None:
            st.info(say("priorities.not_listed", site=names[state["site"]]))
        state["site"] = ranked.index[0]
    # assigned on every run: the list box's labels carry the rank, and so change under it
    state["site"] = selected = state["site"]
    left, right = st.columns([1.75, 1], gap="medium")
    with left:
        top = placed.head(SHOWN)
        if len(top):
            st.subheader(t("priorities.top", n=len(top), total=len(placed)), anchor=False)
            parts = controls.parts(ranked, weights)
            bars = top.reset_index()
            bars["label"] = [short_name(site) for site in top.index]
            if weights is not None:
                scale = ["score", "score_low", "score_high", *(column for column, _, _ in parts)]
                bars[scale] = bars[scale] * 100
            places = 2 if weights is None else 0
            bars["text"] = [
                number(r["score"], places)
                + (f" ({interval(r['score_low'], r['score_high'], places)})" if r["unknown"] else "")
                for _, r in bars.iterrows()
            ]
            lost = {"pressure": "c_pressure", "category": "c_extinction"}
            bars["unknown"] = [
                ",".join(lost[p] for p in row.split(",") if p in lost and lost[p] in bars.columns)
                for row in bars["unknown"]
            ]
            show(
                draw(
                    charts.legend_row,
                    [(text, colour, "square") for _, text, colour in parts]
                    + ([(t("missing"), "unknown", "square")] if (bars["unknown"] != "").any() else []),
                ),
                t("priorities.legend_alt"),
            )
            one, two = st.columns([1.9, 1], gap="small")
            with one:
                show(
                    draw(
                        charts.contributions,
                        bars.assign(rank=[rank_text(site) for site in top.index]),
                        parts,
                        {
                            "x": t(
                                "priorities.x_loss" if weights is None else "priorities.x_weighted",
                                horizon=settings.assumptions.horizon_years,
                            ),
                            "site": t("word.site"),
                            "rank": t("word.rank"),
                            "criterion": t("word.part"),
                            "points": t("word.points"),
                            "score": t("word.score"),
                            "unknown": t("missing"),
                            "range": t("word.range"),
                        },
                        selected=selected,
                        fmt=",.2f" if weights is None else ",.0f",
                    ),
                    t("priorities.bars_alt", n=len(top), site=names[top.index[0]]),
                    key="priority_bars",
                    on_select=pick_from_chart,
                )
            with two:
                show(
                    draw(
                        charts.rank_interval,
                        bars,
                        {
                            "x": t("priorities.x_interval"),
                            "site": t("word.site"),
                            "rank": t("word.rank"),
                            "interval": t("word.interval"),
                        },
                        selected=selected,
                        xmax=60,
                    ),
                    t("priorities.interval_alt"),
                )
            note(t("priorities.chart_note"))
        flagged = loads.site_table(inventory)["falling"]
        listing = pd.DataFrame(
            {
                "rank": ranked["rank"],
                "interval": [
                    interval(a, b) for a, b in zip(ranked["rank_best"], ranked["rank_worst"], strict=True)
                ],
                "name": names[ranked.index],
                "country": [countries_text(inventory, c) for c in inventory.sites.loc[ranked.index, "iso3"]],
                "score": ranked["score"] * (1 if weights is None else 100),
                "other": other["rank"].reindex(ranked.index),
                "species": ranked["species"],
                "categories": [controls.category_text(row) for _, row in ranked.iterrows()],
                "protection": [
                    f"{class_label(kind)} {percent(share)} ({year})"
                    if isinstance(kind, str)
                    else t("missing")
                    for kind, share, year in zip(
                        ranked["protection"], ranked["share"], ranked["vintage"], strict=True
                    )
                ],
                "influence": inventory.sites.loc[ranked.index, "human_influence"],
                "remark": [
                    controls.remark(row, bool(fell))
                    for (_, row), fell in zip(ranked.iterrows(), flagged.loc[ranked.index], strict=True)
                ],
            }
        )
        corrected = len(inventory.corrections) > 0
        if corrected:
            without = loads.ranked_without(inventory, weights, settings)
            listing.insert(2, "without", without["rank"].reindex(ranked.index))
        most = float(listing["score"].max()) if len(placed) else 1.0
        exported = ranked.join(inventory.sites[["name", "iso3", "area_km2", "human_influence"]])
        choices = json.dumps(
            {"settings": settings.to_dict(), "weights": weights.to_dict() if weights else None},
            sort_keys=True,
        )
        st.subheader(t("priorities.all_ranked", n=len(ranked)), anchor=False)
        st.dataframe(
            listing,
            hide_index=True,
            height=560,
            row_height=34,
            width="stretch",
            placeholder=t("missing"),
            alt=t("priorities.table_alt", n=len(ranked)),
            key="rank_table",
            on_select=pick_from_table,
            selection_mode="single-row",
            column_config={
                "rank": st.column_config.NumberColumn(
                    t("word.rank"), width=46 if len(placed) == len(ranked) else 74, pinned=True
                ),
                "interval": st.column_config.TextColumn(
                    t("priorities.interval_short"), width=62, help=t("priorities.interval_help")
                ),
                "without": st.column_config.NumberColumn(
                    t("priorities.without"), width=90, help=t("priorities.without_help")
                ),
                "name": st.column_config.TextColumn(t("word.site"), width=170),
                "country": st.column_config.TextColumn(t("word.country"), width=105),
                "score": st.column_config.ProgressColumn(
                    t("priorities.score_loss" if weights is None else "priorities.score_weighted"),
                    format="%.2f" if weights is None else "%.0f",
                    min_value=0,
                    max_value=most if weights is None else 100,
                    width=105,
                ),
                "other": st.column_config.NumberColumn(
                    t("priorities.other_loss" if weights is not None else "priorities.other_weighted"),
                    width=72,
                    help=t("priorities.other_help"),
                ),
                "species": st.column_config.NumberColumn(t("priorities.species_short"), width=62),
                "categories": st.column_config.TextColumn(t("word.categories"), width=110),
                "protection": st.column_config.TextColumn(t("word.protection_plain"), width=170),
                "influence": st.column_config.NumberColumn(t("criterion.pressure"), format="%.1f", width=110),
                "remark": st.column_config.TextColumn(t("word.remark"), width=220),
            },
        )
        note(t("priorities.table_note"))
        if corrected:
            note(t("priorities.corrected", n=len(inventory.corrections)))
        download(exported, version, "ranking", choices)
    with right:
        st.selectbox(
            t("priorities.selected"),
            ranked.index.tolist(),
            format_func=label_of,
            key="site",
        )
        row = ranked.loc[selected]
        with st.container(border=True):
            rank = row["rank"]
            st.markdown(
                "#### "
                + (
                    t("why.title_none")
                    if pd.isna(rank)
                    else t("why.title", rank=int(rank), total=len(placed))
                )
            )
            controls.facts(inventory, selected)
            for reason in reasons(ranked, selected, names):
                st.markdown("- " + controls.reason_text(reason, weights, settings.assumptions))
            st.page_link(
                "pages/evidence/site.py",
                label=say("priorities.open_site", site=names[selected]),
                icon=":material/arrow_forward:",
            )
        kind = st.segmented_control(
            t("map.kind"),
            ("zoom", "simple"),
            format_func=lambda code: t(f"map.kind_{code}"),
            default="zoom",
            key="priority_map_kind",
            required=True,
            label_visibility="collapsed",
        )
        points = inventory.sites.loc[ranked.index, ["latitude", "longitude"]].assign(
            rank=ranked["rank"], tip=[label_of(site) for site in ranked.index]
        )
        located = points["latitude"].notna()
        if not located.any():
            st.markdown(t("map.nowhere"))
        elif kind == "zoom":
            outlines = loads.outlines(inventory, [selected])
            st.pydeck_chart(
                maps.priority_deck(
                    points.reset_index(), mode(), selected=selected, land=display.land(), boundaries=outlines
                ),
                height=330,
                key="priority_map",
                alt=say("priorities.map_alt", site=names[selected]),
                on_select=pick_from_map,
                selection_mode="single-object",
            )
        else:
            frame = inventory.sites.loc[ranked.index, ["name", "latitude", "longitude", "iso3"]].assign(
                protection=ranked["protection"],
                species=ranked["species"],
                share_text=[percent(item) for item in ranked["share"]],
                country=[countries_text(inventory, c) for c in inventory.sites.loc[ranked.index, "iso3"]],
            )
            show(
                draw(
                    maps.protection_map,
                    frame.reset_index(),
                    controls.map_words(),
                    height=250,
                    selected=selected,
                    bounds="sites" if settings.filters.active or loads.is_regional(inventory) else None,
                    land=display.land(),
                ),
                t("priorities.map_alt", site=names[selected]),
            )
        note(
            t("priorities.map_note" if kind == "zoom" else "overview.map_note")
            + (" " + t("map.unlocated", n=int((~located).sum())) if not located.all() else "")
            + " "
            + display.borders_note()
        )

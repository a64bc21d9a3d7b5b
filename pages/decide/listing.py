"""The ranked sites: bars with their interval, the table, the selected site with its reasons, the map."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.model import Inventory, RankSettings, Uncertainty, Weights
from aze_core.domain.settings import value
from aze_core.locale import interval, number, percent, t
from aze_core.ranking.acceptability import Acceptability
from aze_core.ranking.quarters import within
from aze_core.ranking.values import effective_weights
from aze_core.views import charts, maps, ranks
from pages.decide import quarters
from pages.shell import controls, display, loads
from pages.shell.widgets import class_label, countries_text, downloads, draw, mode, note, say, show

SHOWN = 15
SURE = float(value("acceptability.sure"))
"""Share of the draws from which a place among the first N is called sure."""

_XMAX = 60
_LEGEND = 340
"""Pixels, as wide as a phone leaves."""


@dataclass(frozen=True, eq=False)
class View:
    """What the page shows: the choices, the ranking, the draws, the other order and the selected site.

    `drawn` is None where nothing has a rank, `other_ranked` where no order follows from the weights.
    """

    inventory: Inventory
    weights: Weights | None
    settings: RankSettings
    given: Uncertainty
    ranked: pd.DataFrame
    drawn: Acceptability | None
    other: Weights | None
    other_ranked: pd.DataFrame | None
    selected: str

    @property
    def placed(self) -> pd.DataFrame:
        """Sites that have a rank."""
        return self.ranked[self.ranked["rank"].notna()]

    @property
    def has_draws(self) -> bool:
        """Whether anything is drawn: weightings, or data."""
        return self.drawn is not None and (self.weights is not None or self.given.data)

    @property
    def names(self) -> pd.Series:
        """Names of the inventory's sites."""
        return self.inventory.sites["name"]

    @cached_property
    def short_names(self) -> dict[str, str]:
        """Short name and country codes of every listed site, the first ranked first."""
        sites = self.inventory.sites.loc[self.ranked.index]
        texts = map(short_name, sites["name"], sites["iso3"])
        return dict(zip(self.ranked.index, texts, strict=True))

    @cached_property
    def ranks(self) -> dict[str, str]:
        """Rank of every listed site in words."""
        texts = map(rank_text, self.ranked["rank"], self.ranked["tie_size"])
        return dict(zip(self.ranked.index, texts, strict=True))

    @cached_property
    def labels(self) -> dict[str, str]:
        """Rank and short name of every listed site."""
        return {site: f"{self.ranks[site]}  {name}" for site, name in self.short_names.items()}

    def choices(self) -> str:
        """The choices as they are written into files."""
        return json.dumps(
            {
                "settings": self.settings.to_dict(),
                "weights": self.weights.to_dict() if self.weights else None,
                # a criterion that cannot tell the sites apart has none
                "weights_in_effect": self.in_effect(),
                "uncertainty": self.given.to_dict(),
            },
            sort_keys=True,
        )

    def in_effect(self) -> dict[str, float] | None:
        """Weights that count, as parts of one."""
        if self.weights is None:
            return None
        return dict(effective_weights(self.inventory, self.weights, self.settings).shares)

    def sure(self) -> pd.DataFrame:
        """Interval of ranks and share of the draws among the first N, of every listed site."""
        if self.drawn is None:
            return pd.DataFrame({"low": pd.NA, "high": pd.NA, "p_top": float("nan")}, index=self.ranked.index)
        found = self.drawn.interval().join(self.drawn.p_top(self.given.top))
        return found.reindex(self.ranked.index)


def short_name(name: str, iso3: str) -> str:
    """Name, cut where it is long, and country codes."""
    short = name if len(name) <= 30 else name[:29].rstrip() + "…"
    return f"{short}, {iso3.replace(';', '/')}"


def rank_text(place: Any, shared: Any) -> str:
    """Rank, marked where others share it; a dash for a site set apart."""
    if pd.isna(place):
        return t("priorities.no_rank")
    return f"{int(place)}=" if shared > 1 else str(int(place))


def pick_from_chart(key: str) -> None:
    """A click on a mark selects its site."""
    found = st.session_state[key]["selection"].get("pick") or []
    if found:
        st.session_state["site"] = found[0]["site_id"]


def bars(view: View) -> None:
    """The first sites: what makes up the score, and beside it how sure the rank is."""
    weights, settings, top = view.weights, view.settings, view.placed.head(SHOWN)
    parts = controls.parts(view.ranked, weights)
    frame = top.reset_index()
    frame["label"] = [view.short_names[site] for site in top.index]
    if weights is not None:
        scale = ["score", "score_low", "score_high", *(column for column, _, _ in parts)]
        frame[scale] = frame[scale] * 100
    places = 2 if weights is None else 0
    frame["text"] = [
        number(r["score"], places)
        + (f" ({interval(r['score_low'], r['score_high'], places)})" if r["unknown"] else "")
        for r in frame.to_dict("records")
    ]
    frame["unknown"] = [
        ",".join(f"c_{c}" for p in row.split(";") if f"c_{(c := _column(p))}" in frame.columns)
        for row in frame["unknown"]
    ]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.subheader(t("priorities.top", n=len(top), total=len(view.placed)), anchor=False, width="content")
        show(
            draw(
                charts.legend_row,
                [(text, colour, "square") for _, text, colour in parts]
                + ([(t("missing"), "unknown", "square")] if (frame["unknown"] != "").any() else []),
                max_width=_LEGEND,
            ),
            t("priorities.legend_alt"),
            width="content",
        )
    one, two = st.columns([1.9, 1], gap="small")
    with one:
        show(
            draw(
                charts.contributions,
                frame.assign(rank=[view.ranks[site] for site in top.index]),
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
                selected=view.selected,
                fmt=",.2f" if weights is None else ",.0f",
            ),
            t("priorities.bars_alt", n=len(top), site=view.names[top.index[0]]),
            key="priority_bars",
            on_select=lambda: pick_from_chart("priority_bars"),
        )
    with two:
        sure = view.sure().loc[top.index].reset_index(drop=True)
        show(
            draw(
                ranks.rank_spread,
                frame[["site_id", "label", "rank"]].assign(**sure),
                {
                    "x": t("priorities.x_interval"),
                    "site": t("word.site"),
                    "rank": t("word.rank"),
                    "interval": t("word.interval"),
                    "top": t("priorities.p_top", top=view.given.top),
                    "unknown": t("missing"),
                },
                selected=view.selected,
                xmax=min(_XMAX, max(len(view.placed), 2)),
            ),
            t("priorities.interval_alt"),
            key="spread_bars",
            on_select=lambda: pick_from_chart("spread_bars"),
        )
    within_ = frame["rank"].between(sure["low"], sure["high"])
    outside = view.has_draws and not within_.all()
    note(
        t("priorities.chart_note")
        + " "
        + spread_note(view)
        + (" " + t("priorities.spread_outside") if outside else "")
    )


def spread_note(view: View) -> str:
    """What the intervals are of, no wider than the draws."""
    kind = "data" if view.weights is None else view.given.spread
    if view.weights is None and not view.given.data:
        return t("priorities.spread_nothing")
    return t(f"priorities.spread_{kind}", n=view.given.draws, votes=view.given.votes) + (
        " " + t("priorities.spread_with_data") if view.given.data and view.weights is not None else ""
    )


def _column(name: str) -> str:
    """The criterion whose part a missing category leaves open."""
    return "extinction" if name == "category" else name


def selected(view: View) -> None:
    """The selected site, why it stands there, and why another does not stand higher."""
    inventory, weights = view.inventory, view.weights
    st.selectbox(
        t("priorities.selected"),
        view.ranked.index.tolist(),
        format_func=view.labels.__getitem__,
        key="site",
    )
    site = view.selected
    row = view.ranked.loc[site]
    with st.container(border=True):
        rank = row["rank"]
        st.markdown(
            "#### "
            + (
                t("why.title_none")
                if pd.isna(rank)
                else t("why.title", rank=int(rank), total=len(view.placed))
            )
        )
        controls.facts(inventory, site)
        st.markdown(t("need.line", need=controls.need_text(row)))
        drawn = view.drawn if view.has_draws else None
        found = loads.reasons(inventory, weights, view.settings, site, view.given, drawn)
        st.markdown(
            "\n".join("- " + controls.reason_text(each, weights, view.settings.assumptions) for each in found)
        )
        st.page_link(
            "pages/evidence/site.py",
            label=say("priorities.open_site", site=view.names[site]),
            icon=":material/arrow_forward:",
        )
    why_not(view)


def why_not(view: View) -> None:
    """Type a site, and read why it is not higher."""
    names, sites = view.names, view.inventory.sites
    with st.expander(t("why.not_title", top=view.given.top), on_change="rerun", key="why_not_open") as fold:
        if not fold.open:
            return
        asked = st.selectbox(
            t("why.not_which"),
            names.sort_values(kind="stable").index.tolist(),
            index=None,
            format_func=lambda site: f"{names[site]} ({sites.at[site, 'iso3'].replace(';', '/')}, {site})",
            key="why_not_site",
            placeholder=t("why.not_type"),
        )
        if asked is not None:
            found = loads.why_not(view.inventory, view.weights, view.settings, asked, view.given.top)
            st.markdown(
                "\n".join(
                    "- " + controls.reason_text(each, view.weights, view.settings.assumptions)
                    for each in found
                )
            )


def map_of(view: View) -> None:
    """The listed sites on a map; a click selects one."""
    inventory, ranked = view.inventory, view.ranked
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
        rank=ranked["rank"], tip=list(view.labels.values())
    )
    located = points["latitude"].notna()
    if not located.any():
        st.markdown(t("map.nowhere"))
    elif kind == "zoom":
        st.pydeck_chart(
            maps.priority_deck(
                points.reset_index(),
                mode(),
                selected=view.selected,
                land=display.land(),
                boundaries=loads.outlines(inventory, [view.selected]),
            ),
            height=330,
            key="priority_map",
            alt=say("priorities.map_alt", site=view.names[view.selected]),
            on_select=_pick_from_map,
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
                selected=view.selected,
                bounds="sites" if view.settings.filters.active or loads.is_regional(inventory) else None,
                land=display.land(),
            ),
            t("priorities.map_alt", site=view.names[view.selected]),
        )
    note(
        t("priorities.map_note" if kind == "zoom" else "overview.map_note")
        + (" " + t("map.unlocated", n=int((~located).sum())) if not located.all() else "")
        + " "
        + display.borders_note()
    )


def _pick_from_map() -> None:
    """A click on a point selects its site."""
    found = st.session_state["priority_map"]["selection"]["objects"].get("sites") or []
    if found:
        st.session_state["site"] = found[0]["site_id"]


def table(view: View) -> None:
    """All listed sites, or those of the box that is drawn in the chart of quarters."""
    inventory, weights, ranked = view.inventory, view.weights, view.ranked
    state = st.session_state
    inside, box_place = ranked.index, st.empty()
    if state["box"]:
        inside = boxed(view)
        with box_place.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(t("quarters.boxed", n=len(inside), total=len(ranked)))
            st.button(t("quarters.unbox"), on_click=quarters.unbox, key="unbox", type="tertiary")
    part = ranked.loc[inside]
    rows = part.to_dict("records")
    st.subheader(
        t(
            "priorities.some_ranked" if state["box"] else "priorities.all_ranked",
            n=len(part),
            total=len(ranked),
        ),
        anchor=False,
    )
    if part.empty:
        st.markdown(t("quarters.box_empty"))
        return
    other = pd.Series(dtype="Int64") if view.other_ranked is None else view.other_ranked["rank"]
    sure = view.sure().loc[inside]
    flagged = loads.site_table(inventory)["falling"]
    listing = pd.DataFrame(
        {
            "rank": part["rank"],
            "interval": [interval(a, b) for a, b in zip(sure["low"], sure["high"], strict=True)],
            "p_top": sure["p_top"] * 100,
            "name": view.names[inside],
            "country": [countries_text(inventory, c) for c in inventory.sites.loc[inside, "iso3"]],
            "score": part["score"] * (1 if weights is None else 100),
            "need": [controls.need_text(row) for row in rows],
            "other": other.reindex(inside),
            "species": part["species"],
            "categories": [controls.category_text(row) for row in rows],
            "protection": [
                f"{class_label(kind)} {percent(share)} ({year})" if isinstance(kind, str) else t("missing")
                for kind, share, year in zip(part["protection"], part["share"], part["vintage"], strict=True)
            ],
            "influence": inventory.sites.loc[inside, "human_influence"],
            "remark": [
                controls.remark(row, bool(fell)) for row, fell in zip(rows, flagged.loc[inside], strict=True)
            ],
        }
    )
    corrected = len(inventory.corrections) > 0
    if corrected:
        without = loads.ranked_without(inventory, weights, view.settings)
        listing.insert(3, "without", without["rank"].reindex(inside))
    most = float(ranked["score"].max()) * (1 if weights is None else 100) if len(view.placed) else 1.0

    # the row of the selected site is marked, wherever it was selected
    marked = [inside.get_loc(view.selected)] if view.selected in inside else []
    if "rank_table" not in state or state["rank_table"]["selection"]["rows"] != marked:
        state["rank_table"] = {"selection": {"rows": marked, "columns": [], "cells": []}}

    def pick() -> None:
        """A click on a row selects its site."""
        clicked = state["rank_table"]["selection"]["rows"]
        # the browser sends the mark back with whatever changes next: that is no click
        if clicked and clicked != marked and clicked[0] < len(inside):
            state["site"] = inside[clicked[0]]

    st.dataframe(
        listing,
        hide_index=True,
        height=560 if len(part) > 15 else "content",
        row_height=34,
        width="stretch",
        placeholder=t("missing"),
        alt=t("priorities.table_alt", n=len(part)),
        key="rank_table",
        on_select=pick,
        selection_mode="single-row",
        column_config={
            "rank": st.column_config.NumberColumn(
                t("word.rank"), width=46 if len(view.placed) == len(ranked) else 74, pinned=True
            ),
            "interval": st.column_config.TextColumn(
                t("priorities.interval_short"), width=62, help=t("priorities.interval_help")
            ),
            "p_top": st.column_config.NumberColumn(
                t("priorities.p_top", top=view.given.top),
                # a share just below the one that counts as sure is not written as if it reached it
                format="%.1f%%",
                width=66,
                help=t("priorities.p_top_help", top=view.given.top),
            ),
            "without": st.column_config.NumberColumn(
                t("priorities.without"), width=90, help=t("priorities.without_help")
            ),
            "name": st.column_config.TextColumn(t("word.site"), width=185),
            "country": st.column_config.TextColumn(t("word.country"), width=140),
            "score": st.column_config.ProgressColumn(
                t("priorities.score_loss" if weights is None else "priorities.score_weighted"),
                format="%.2f" if weights is None else "%.0f",
                min_value=0,
                max_value=(most or 1.0) if weights is None else 100,
                width=95,
            ),
            "need": st.column_config.TextColumn(t("need.title"), width=120, help=t("need.help")),
            "other": st.column_config.NumberColumn(
                t("priorities.other_loss" if weights is not None else "priorities.other_weighted"),
                width=72,
                help=t("priorities.other_help"),
            ),
            "species": st.column_config.NumberColumn(t("priorities.species_short"), width=60),
            "categories": st.column_config.TextColumn(t("word.categories"), width=95),
            "protection": st.column_config.TextColumn(t("word.protection_plain"), width=170),
            "influence": st.column_config.NumberColumn(t("criterion.pressure"), format="%.1f", width=110),
            "remark": st.column_config.TextColumn(t("word.remark"), width=220),
        },
    )
    note(t("priorities.table_note"))
    if corrected:
        note(t("priorities.corrected", n=len(inventory.corrections)))
    columns = ["name", "iso3", "area_km2", "human_influence"]
    exported = part.join(sure.rename(columns={"low": "rank_low", "high": "rank_high"})).join(
        inventory.sites[columns]
    )
    downloads(
        exported,
        inventory.version,
        "ranking",
        view.choices(),
        points=inventory.sites.loc[inside, ["latitude", "longitude"]],
        sources=inventory.sources,
    )


def boxed(view: View) -> pd.Index:
    """Listed sites within the box."""
    left, right, bottom, top = st.session_state["box"]
    x, y = quarters.axes(view.inventory, view.settings, quarters.threat(view.inventory, view.settings))
    inside = within(x.reindex(view.ranked.index), y.reindex(view.ranked.index), (left, right), (bottom, top))
    return view.ranked.index[inside.to_numpy()]

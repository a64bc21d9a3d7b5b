"""What covers one site: headline and range, the years of its parts, and the areas themselves."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.locale import number, percent, t
from aze_core.measures.curves import site_parts
from aze_core.measures.reported import COMPUTED
from aze_core.views import charts
from pages.shell import loads
from pages.shell.widgets import download, draw, note, say, show, table

_LEAST = 0.0005
"""Shares below are written as 0.0 % and told as nothing."""

_CLOSE = 0.1
"""Kilometres below which a distance is told as less than that."""

_RESTS_ON = ("points", "unknown", "undated", "oecm", "proposed")


def has_run(inventory: Inventory, site: str) -> bool:
    """Whether a run computed the cover of this site."""
    return site in inventory.protection_range.index


def sentence(inventory: Inventory, site: str) -> str:
    """The computed cover in one sentence; empty where the newest value was not computed."""
    row: Any = loads.site_table(inventory).loc[site]
    cover = inventory.coverage
    newest = cover[(cover["site_id"] == site) & (cover["vintage"] == row["vintage"])]
    if list(newest["method"]) != [COMPUTED]:
        return ""
    if row["vintage"] not in inventory.coverage_runs["until"].tolist():
        # computed by an older run, whose range is no longer there
        return t("site.cover_computed", year=int(row["vintage"]), share=percent(row["share"]), high="")
    high = float(inventory.protection_range["share_high"].astype(float).get(site, row["share"]))
    told = t("site.cover_high", share=percent(high)) if high - row["share"] > _LEAST else ""
    return t("site.cover_computed", year=int(row["vintage"]), share=percent(row["share"]), high=told)


def since(inventory: Inventory, site: str, name: str) -> None:
    """Headline, range, what they rest on, and the curve of this site."""
    if not len(inventory.coverage_runs):
        return
    st.subheader(t("site.since"), anchor=False)
    if not has_run(inventory, site):
        st.markdown(t("site.since_no_boundary"))
        return
    run = inventory.coverage_runs.iloc[0]
    found: Any = inventory.protection_range.loc[site]
    _headline(inventory, site, found)
    parts = site_parts(inventory, site)
    dated = parts.dropna(subset=["year"])
    undated = float(found["share_undated"])
    if dated.empty:
        st.markdown(t("site.since_undated_only" if undated > _LEAST else "site.since_none"))
        return
    total = dated.groupby(dated["year"].astype(int))["total"].last()
    first, until = int(total.index.min()), int(run["until"])
    frame = pd.DataFrame(
        {
            "year": [first - 5, *total.index, *([until] if until > total.index.max() else [])],
            "share": [0.0, *total, *([total.iloc[-1]] if until > total.index.max() else [])],
        }
    )
    show(
        draw(
            charts.steps,
            frame,
            {
                "year": t("word.year"),
                "share": t("word.share_plain"),
                "undated": t("site.since_undated_label"),
            },
            undated=undated if undated > _LEAST else 0.0,
        ),
        t(
            "site.since_alt",
            site=name,
            parts="; ".join(
                t("site.since_alt_part", share=percent(share), year=int(str(year)))
                for year, share in total.items()
            ),
        ),
        key="site_steps",
    )
    drawn = float(total.iloc[-1]) + undated
    note(
        t("site.since_note")
        + (" " + t("site.since_rounding") if abs(drawn - float(found["share"])) > _LEAST else "")
    )
    _parts_table(inventory, parts)


def _headline(inventory: Inventory, site: str, found: pd.Series) -> None:
    share, high = float(found["share"]), float(found["share_high"])
    if high - share > _LEAST:
        st.markdown(t("site.since_headline", share=percent(share), high=percent(high)))
    else:
        st.markdown(t("site.since_exact", share=percent(share)))
    vague = inventory.is_withheld and site in loads.blurred_here()
    if near := _nearest(found, vague):
        st.markdown(near)
    cover = inventory.coverage
    mine = cover[(cover["site_id"] == site) & (cover["method"] == "corrected")]
    if len(mine):
        st.info(t("site.since_corrected", year=int(mine["vintage"].max())))
    lines = [
        "- " + t(f"site.since_{name}", share=percent(found[f"share_{name}"]))
        for name in _RESTS_ON
        if float(found[f"share_{name}"]) > _LEAST
    ]
    if lines:
        st.markdown(t("site.since_rests") + "\n" + "\n".join(lines))


def _nearest(found: pd.Series, vague: bool) -> str:
    """How far the nearest area lies from a site that none covers; empty where not known."""
    if found["areas"] or pd.isna(found["nearest_area_km"]):
        return ""
    km = float(found["nearest_area_km"])
    if vague:
        half = value("sensitive.distance_km") / 2
        return t("site.since_nearest_vague", low=number(km - half), high=number(km + half))
    if not km:
        return t("site.since_beside")
    told = f"<{number(_CLOSE, 1)}" if km < _CLOSE else number(km, 0 if km >= 10 else 1)
    return t("site.since_nearest", km=told)


def _parts_table(inventory: Inventory, parts: pd.DataFrame) -> None:
    """Parts by year, those without a year last."""
    shown = parts.assign(
        year=[t("site.since_unknown_year") if pd.isna(year) else str(int(year)) for year in parts["year"]],
        kind=[t(f"site.kind_{kind}") for kind in parts["kind"]],
    )
    table(
        shown,
        t("site.since_table"),
        inventory.version,
        "site_parts",
        {
            "year": st.column_config.TextColumn(t("word.year")),
            "kind": st.column_config.TextColumn(t("site.since_kind")),
            "share": st.column_config.NumberColumn(t("site.since_share"), format="percent"),
            "total": st.column_config.NumberColumn(t("site.since_total"), format="percent"),
        },
    )


def areas(inventory: Inventory, site: str) -> None:
    """Which areas cover this site; on the screen only where their terms forbid passing them on."""
    if not has_run(inventory, site):
        return
    st.subheader(t("site.areas"), anchor=False)
    if inventory.is_withheld and site in loads.blurred_here():
        st.markdown(t("site.areas_withheld"))
        return
    held = inventory.protection_areas
    mine = held[held["site_id"] == site]
    if mine.empty:
        st.markdown(t("site.areas_none"))
        return
    tiers = {"counted": 0, "unknown": 1, "proposed": 2}
    mine = mine.assign(order=mine["tier"].map(tiers)).sort_values(["order", "year", "entry"])
    shown = pd.DataFrame(
        {
            "name": mine["name"],
            "year": mine["year"],
            "share": mine["share"],
            "tier": [t(f"site.tier_{tier}") for tier in mine["tier"]],
            "designation": mine["designation"],
            "iucn": mine["iucn_category"],
            "kind": [t(f"site.kind_{kind}") for kind in mine["kind"]],
            "basis": [t(f"site.basis_{basis}") for basis in mine["basis"]],
            "status": mine["status"],
        }
    ).reset_index(drop=True)
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height="content" if len(shown) <= 12 else 470,
        placeholder=t("missing"),
        alt=t("site.areas_alt", n=len(shown)),
        column_config={
            "name": st.column_config.TextColumn(t("site.area_name"), width=170),
            "kind": st.column_config.TextColumn(t("site.area_kind"), width=110),
            "designation": st.column_config.TextColumn(t("site.area_designation"), width=130),
            "iucn": st.column_config.TextColumn(t("site.area_iucn"), width=105),
            "year": st.column_config.NumberColumn(t("word.year"), format="%d", width=84),
            "share": st.column_config.NumberColumn(
                t("site.area_share"), format="percent", width=90, help=t("site.area_share_help")
            ),
            "tier": st.column_config.TextColumn(t("site.area_tier"), width=115),
            "basis": st.column_config.TextColumn(t("site.area_basis"), width=130),
            "status": st.column_config.TextColumn(t("site.area_status"), width=110),
        },
    )
    note(t("site.areas_note"))
    for code in dict.fromkeys(mine["source"]):
        source = inventory.sources.loc[code]
        note(say("site.areas_terms", source=source["title_short"], terms=source["terms"]))
    # only made-up areas may be passed on
    if inventory.version.status == "training":
        download(mine.drop(columns="order"), inventory.version, "site_areas")
    else:
        note(t("site.areas_no_file"))

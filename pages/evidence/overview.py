"""How protected are the last places? Figures by vintage, the map, the published timeline, the countries."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.model import Filters
from aze_core.locale import percent, t
from aze_core.measures.coverage import CLASSES, protection_class
from aze_core.measures.published import timeline
from aze_core.views import charts, maps
from pages.shell import controls, display, filters, link, loads
from pages.shell.widgets import (
    class_label,
    class_markdown,
    class_words,
    countries_text,
    country_name,
    draw,
    head,
    named,
    no_sites,
    note,
    show,
    table,
)


def _rows(frame: pd.DataFrame) -> list[tuple[int, Any]]:
    """Rows by year."""
    return [(int(str(year)), row) for year, row in frame.iterrows()]


inventory = loads.current()
version = inventory.version
chosen = link.filters()
sites = inventory.where(chosen)
by_vintage = loads.counts_by_vintage(inventory, chosen)
at_sites = inventory.occurrences[inventory.occurrences["site_id"].isin(sites)]
in_list = len(inventory.where(Filters(list_type=chosen.list_type)))

small = loads.is_regional(inventory)


def without_cover() -> None:
    """What is known of sites whose cover nobody reported: where they are, and in which country."""
    frame = loads.site_table(inventory).loc[sites]
    frame["country"] = [countries_text(inventory, codes) for codes in frame["iso3"]]
    frame = frame.assign(share_text=t("missing")).reset_index()
    head(
        t("overview.question"),
        t("overview.answer_no_cover", n=len(frame), species=int(at_sites["species_id"].nunique())),
        version,
        (t("overview.badge", sites=len(sites), total=in_list), "gray"),
    )
    st.info(t("overview.no_cover"))
    words = {
        "site": t("word.site"),
        "country": t("word.country"),
        "species": t("word.trigger_species"),
        "protection": t("word.protection_plain"),
        "share": t("word.share_plain"),
        "unknown": t("missing"),
        **class_words(),
    }
    left, right = st.columns([1.95, 1], gap="medium")
    with left:
        st.subheader(t("overview.map"), anchor=False)
        if frame["latitude"].notna().any():
            show(
                draw(
                    maps.protection_map,
                    frame,
                    words,
                    bounds="sites" if chosen.active or small else None,
                    height=380,
                    land=display.land(),
                ),
                t("overview.map_alt_no_cover", n=len(frame)),
                key="overview_map",
            )
            note(t("overview.map_note") + " " + display.borders_note())
        else:
            st.markdown(t("overview.nothing_to_map"))
    with right:
        st.subheader(t("overview.countries_plain"), anchor=False)
        counts = inventory.countries_of(sites)["iso3"].value_counts().rename("sites").reset_index()
        counts["label"] = [country_name(inventory, code) for code in counts["iso3"]]
        counts = counts.sort_values("label", ignore_index=True)
        table(
            counts[["label", "sites"]],
            t("overview.countries_table_plain"),
            version,
            "countries",
            {
                "label": st.column_config.TextColumn(t("word.country")),
                "sites": st.column_config.NumberColumn(t("word.sites")),
            },
            opened=True,
        )
    table(
        frame[["name", "country", "species", "area_km2"]].sort_values(["name", "country"]),
        t("overview.sites_table_plain"),
        version,
        "sites",
        {
            "name": st.column_config.TextColumn(t("word.site")),
            "country": st.column_config.TextColumn(t("word.country")),
            "species": st.column_config.NumberColumn(t("word.trigger_species")),
            "area_km2": st.column_config.NumberColumn(t("word.area_km2"), format="localized"),
        },
    )


def published() -> None:
    """Figures that others published, where the inventory holds some: never mixed with those above."""
    figures = timeline(inventory.figures)
    if figures["sites"].isna().all():
        return
    below, beside = st.columns([1, 1], gap="medium")
    with below:
        st.subheader(t("overview.published"), anchor=False)
        titles = inventory.sources["title_short"]
        figures["source_text"] = [
            ", ".join(str(titles.get(code, code)) for code in codes.split("; "))
            for codes in figures["source"]
        ]
        bars = figures[figures["sites"].notna()].assign(
            year_label=lambda d: d.index.astype(str), note=lambda d: d["source_text"]
        )
        show(
            draw(
                charts.timeline,
                bars.reset_index(drop=True),
                {
                    "year": t("word.year"),
                    "sites": t("word.sites_listed"),
                    "share_unprotected": t("word.share_unprotected"),
                    "note": t("word.source"),
                    "unknown": t("missing"),
                },
                height=190,
            ),
            t(
                "overview.published_alt",
                parts="; ".join(
                    t(
                        "overview.published_part",
                        year=year_,
                        n=int(item["sites"]),
                        share=percent(item["share_unprotected"]),
                    )
                    for year_, item in _rows(bars)
                ),
            ),
            key="timeline",
        )
    with beside:
        note(t("overview.published_note"))
        table(
            figures.reset_index()[["year", "sites", "share_unprotected", "derived", "source_text"]],
            t("overview.published_table"),
            version,
            "published_timeline",
            {
                "year": st.column_config.NumberColumn(t("word.year"), format="%d"),
                "sites": st.column_config.NumberColumn(t("word.sites_listed")),
                "share_unprotected": st.column_config.NumberColumn(
                    t("word.share_unprotected"), format="percent"
                ),
                "derived": st.column_config.CheckboxColumn(t("overview.derived")),
                "source_text": st.column_config.TextColumn(t("word.source")),
            },
        )


if not len(sites):
    head(t("overview.question"), t("empty.no_site"), version)
    no_sites(filters.clear)
elif by_vintage.empty:
    without_cover()
else:
    first = loads.first_vintage(inventory, chosen)
    kind_of = {year: loads.vintage_basis(inventory, year) for year, _ in _rows(by_vintage)}
    # what was reported and what was computed never stand in one sentence
    headline = "computed" if "computed" in kind_of.values() else ""
    told = [(year, row) for year, row in _rows(by_vintage) if not headline or kind_of[year] == headline]
    parts = [
        t(
            "overview.part_next" if place else "overview.part_first",
            how=controls.vintage_how(inventory, year),
            none=int(row["none"]),
            n=int(row["sites"]),
            share=row["none"] / row["sites"],
        )
        for place, (year, row) in enumerate(told)
    ]
    unlocated = int(inventory.sites.loc[sites].geometry.isna().sum())
    badges = [(t("overview.badge", sites=len(sites), total=in_list), "gray")]
    if unlocated:
        badges.append((t("overview.unlocated", n=unlocated), "orange"))
    head(t("overview.question"), t("overview.answer", parts="; ".join(parts)), version, *badges)

    years = [year for year, _ in _rows(by_vintage)]
    # without a computed one the oldest comes first, for it was reported of most sites
    year = controls.vintage(inventory, years, first if headline and first is not None else years[0])
    how, label = controls.vintage_how(inventory, year), controls.vintage_label(inventory, year)
    now: Any = by_vintage.loc[year]
    n = int(now["sites"])
    board = loads.board(inventory, link.assumptions(), chosen)
    covered = board[(board["measure"] == "species_all_covered") & (board["basis"] == str(year))].iloc[0]
    with st.grid(4, border=True, gap="small", min_column_width=200):
        for kind in CLASSES:
            st.metric(
                class_markdown(kind),
                t("plain.n", n=int(now[kind])),
                t("overview.of_sites", share=now[kind] / n, n=n),
                delta_color="off",
                delta_arrow="off",
                help=t(f"protection.{kind}_help", how=how),
            )
        st.metric(
            t("overview.species_covered"),
            t("plain.n", n=int(covered["before"])),
            t("overview.of_species", n=int(covered["n"])),
            delta_color="off",
            delta_arrow="off",
            help=t("overview.species_covered_help", how=how),
        )

    share = loads.shares_by_vintage(inventory)[year].reindex(sites)
    frame = loads.site_table(inventory).loc[sites].drop(columns=["share", "vintage", "protection"])
    frame = frame.assign(share=share, protection=protection_class(share))
    frame["country"] = [countries_text(inventory, codes) for codes in frame["iso3"]]
    frame["share_text"] = [percent(item) for item in frame["share"]]
    frame = frame.reset_index()

    left, right = st.columns([1.95, 1], gap="medium")
    with left:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(t("overview.map"), anchor=False, width="content")
            shown = st.pills(
                t("overview.classes"),
                CLASSES,
                format_func=class_markdown,
                selection_mode="multi",
                key="overview_classes",
                label_visibility="collapsed",
                width="content",
            )
        visible = frame[frame["protection"].isin(shown)]
        if visible["latitude"].notna().any():
            words = {
                "site": t("word.site"),
                "country": t("word.country"),
                "species": t("word.trigger_species"),
                "protection": t("word.protection", year=year),
                "share": t("word.share", year=year),
                "unknown": t("missing"),
                **class_words(),
            }
            counted = visible["protection"].value_counts()
            show(
                draw(
                    maps.protection_map,
                    visible,
                    words,
                    bounds="sites" if chosen.active or small else None,
                    height=380,
                    land=display.land(),
                ),
                t(
                    "overview.map_alt",
                    year=year,
                    n=len(visible),
                    none=int(counted.get("none", 0)),
                    partial=int(counted.get("partial", 0)),
                    complete=int(counted.get("complete", 0)),
                ),
                key="overview_map",
            )
        else:
            st.markdown(t("overview.nothing_to_map"))
        missing = len(frame) - int(frame["protection"].notna().sum())
        note(
            t("overview.map_note")
            + (" " + t("overview.no_value", n=missing, year=year) if missing else "")
            + " "
            + display.borders_note()
        )
        listing = frame[["name", "country", "region", "protection", "share", "species", "area_km2"]].copy()
        listing["region"] = [named("region", code) for code in listing["region"]]
        listing["protection"] = [
            t("missing") if pd.isna(kind) else class_label(kind) for kind in listing["protection"]
        ]
        table(
            listing.sort_values(["name", "country"]),
            t("overview.sites_table", vintage=label),
            version,
            f"sites_{year}",
            {
                "name": st.column_config.TextColumn(t("word.site")),
                "country": st.column_config.TextColumn(t("word.country")),
                "region": st.column_config.TextColumn(t("word.region")),
                "protection": st.column_config.TextColumn(t("word.protection", year=year)),
                "share": st.column_config.NumberColumn(t("word.share", year=year), format="percent"),
                "species": st.column_config.NumberColumn(t("word.trigger_species")),
                "area_km2": st.column_config.NumberColumn(t("word.area_km2"), format="localized"),
            },
        )

    with right:
        st.subheader(t("overview.countries"), anchor=False)
        counts = loads.counts_by_country(inventory, chosen, year)
        counts["label"] = [country_name(inventory, str(code)) for code in counts.index]
        counts = counts.sort_values("label")
        drawn = counts[counts["sites"] > 0]
        with st.container(height=400, border=False):
            if len(drawn):
                show(
                    draw(
                        charts.class_bars,
                        drawn.reset_index(drop=True),
                        {
                            "label": t("word.country"),
                            "class": t("word.protection", year=year),
                            "sites": t("word.sites"),
                            "total": t("word.total"),
                            **class_words(),
                        },
                        label_limit=150,
                    ),
                    t("overview.countries_alt", year=year, n=len(drawn)),
                    key="countries",
                )
        double = int(counts["sites"].sum()) - n
        note(
            t("overview.countries_note", vintage=label, n=len(drawn))
            + (" " + t("overview.transboundary", n=double) if double else "")
        )
        table(
            counts[["label", *CLASSES, "sites"]].reset_index(drop=True),
            t("overview.countries_table", year=year),
            version,
            f"countries_{year}",
            {
                "label": st.column_config.TextColumn(t("word.country")),
                **{kind: st.column_config.NumberColumn(class_label(kind)) for kind in CLASSES},
                "sites": st.column_config.NumberColumn(t("word.sites")),
            },
        )
    published()

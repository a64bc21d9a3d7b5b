"""What is known about one site: species, ranks, need, threats, cover and its years, neighbours, sources."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from aze_core.locale import area, number, percent, t
from aze_core.measures.coverage import protection_class
from aze_core.measures.geometry import distance_km
from aze_core.measures.reported import COMPUTED
from aze_core.views import charts, maps
from pages.evidence import covering, standing
from pages.shell import controls, display, filters, link, loads
from pages.shell.widgets import (
    class_label,
    countries_text,
    draw,
    head,
    mode,
    named,
    no_sites,
    note,
    say,
    show,
    table,
)

NEIGHBOURS = 8

inventory = loads.current()
version = inventory.version
sites = inventory.sites
state = st.session_state
listed = inventory.where(link.filters())


def label_of(site: str) -> str:
    """Name, country codes and identifier."""
    return f"{sites.at[site, 'name']} ({sites.at[site, 'iso3'].replace(';', '/')}, {site})"


if not len(listed):
    head(t("site.question_none"), t("empty.no_site"), version)
    no_sites(filters.clear)
else:
    options = sites.loc[listed, "name"].sort_values(kind="stable").index.tolist()
    wanted = state["site"]
    if wanted not in options:
        # the site that the Priorities page would show first in its default order, so that the two agree
        first = loads.ranked(inventory, None, replace(link.rank_settings(), unknown="range"))
        state["site"] = first.index[0] if len(first) else options[0]
    chosen = state["site"]
    row = loads.site_table(inventory).loc[chosen]
    shares = loads.shares_by_vintage(inventory).loc[chosen]
    reported = shares.dropna()
    parts = {
        int(year): t("site.cover_part", year=int(year), share=percent(s)) for year, s in reported.items()
    }
    cover = "; ".join(parts.values())
    held = inventory.coverage[inventory.coverage["site_id"] == chosen]
    # what was computed is never called reported
    computed = set(held.loc[held["method"] == COMPUTED, "vintage"])
    stated = "; ".join(text for year, text in parts.items() if year not in computed)
    head(
        say("site.question", site=row["name"]),
        say("site.answer", n=int(row["species"]), country=countries_text(inventory, row["iso3"]))
        + " "
        + (
            covering.sentence(inventory, chosen)
            or (t("site.cover", parts=stated) if stated else t("site.cover_unknown"))
        ),
        version,
    )
    st.selectbox(t("site.choose"), options, format_func=label_of, key="site")
    if wanted is not None and wanted not in options:
        st.info(say("site.filtered_out", site=sites.at[wanted, "name"]))
    controls.facts(inventory, chosen)

    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        st.subheader(t("site.species", n=int(row["species"])), anchor=False)
        at = inventory.occurrences[inventory.occurrences["site_id"] == chosen]
        here = at.join(
            inventory.species[
                ["scientific_name", "common_name", "class_name", "family_name", "category", "category_source"]
            ],
            on="species_id",
        )
        elsewhere = inventory.occurrences[
            inventory.occurrences["species_id"].isin(at["species_id"])
            & (inventory.occurrences["site_id"] != chosen)
        ]
        others = elsewhere.groupby("species_id")["site_id"].agg(
            lambda ids: "; ".join(sites.loc[list(ids), "name"])
        )
        titles = inventory.sources["title_short"]
        shown = pd.DataFrame(
            {
                "scientific_name": here["scientific_name"],
                "common_name": here["common_name"],
                "class": [named("class", code) for code in here["class_name"]],
                "category": [
                    t("category.unknown") if pd.isna(code) else named("category", code)
                    for code in here["category"]
                ],
                "share": [t("site.share_all") if item >= 1 else percent(item) for item in here["share"]],
                "life_stage": [
                    t("site.whole") if pd.isna(code) else named("stage", code) for code in here["life_stage"]
                ],
                "elsewhere": here["species_id"].map(others),
                "source": [
                    t("missing") if pd.isna(code) else titles[code] for code in here["category_source"]
                ],
            }
        ).sort_values("scientific_name")
        st.dataframe(
            shown,
            hide_index=True,
            width="stretch",
            placeholder="",
            alt=t("site.species_alt", n=len(shown)),
            column_config={
                "scientific_name": st.column_config.TextColumn(t("word.scientific_name")),
                "common_name": st.column_config.TextColumn(t("word.common_name")),
                "class": st.column_config.TextColumn(t("word.class")),
                "category": st.column_config.TextColumn(t("word.category")),
                "share": st.column_config.TextColumn(t("word.population"), help=t("site.share_help")),
                "life_stage": st.column_config.TextColumn(t("word.life_stage")),
                "elsewhere": st.column_config.TextColumn(t("site.elsewhere")),
                "source": st.column_config.TextColumn(t("word.category_source")),
            },
        )
        if len(others):
            note(t("site.complements"))

        covering.areas(inventory, chosen)

        standing.ranking(inventory, chosen)
        standing.threats(inventory, chosen)

        controls.corrections(inventory, chosen)
        controls.rights(inventory, chosen)
        controls.knowledge(inventory, chosen)

        st.subheader(t("site.sources"), anchor=False)
        reports = inventory.coverage[inventory.coverage["site_id"] == chosen]
        used = pd.unique(
            pd.Series(
                [
                    row["source"],
                    row["attribute_source"],
                    *at["source"],
                    *here["category_source"],
                    *reports["source"],
                ]
            ).dropna()
        )
        for code in used:
            source = inventory.sources.loc[code]
            st.markdown("- " + say("site.source", citation=source["citation"], terms=source["terms"]))
        st.page_link("pages/about/changes.py", label=t("site.to_desk"), icon=":material/arrow_forward:")
        details = [
            (t("site.id"), chosen),
            (t("site.national_name"), row["national_name"]),
            (t("site.list"), t(f"list_type.{row['list_type']}")),
            (t("site.kba_id"), row["kba_id"]),
            (t("word.region"), named("region", row["region"])),
            (t("site.realm"), row["realm"]),
            (
                t("site.in_2005"),
                None if pd.isna(row["in_2005_inventory"]) else t("yes" if row["in_2005_inventory"] else "no"),
            ),
            (
                t("site.match"),
                None if pd.isna(row["attribute_match"]) else t(f"site.match_{row['attribute_match']}"),
            ),
            (t("site.location_note"), row["location_note"]),
        ]
        with st.expander(t("site.details")):
            for label, item in details:
                st.markdown(
                    say("site.detail", label=label, value=t("missing") if pd.isna(item) else str(item))
                )
    with right:
        standing.need(inventory, chosen)
        covering.since(inventory, chosen, row["name"])
        st.subheader(t("site.protection"), anchor=False)
        if len(reports):
            frame = pd.DataFrame(
                {
                    "vintage": [str(int(year)) for year in reports["vintage"]],
                    "share": reports["share"].to_numpy(),
                    "method": [named("method", code) for code in reports["method"]],
                    "protection": protection_class(reports["share"]).to_numpy(),
                }
            )
            show(
                draw(
                    charts.share_by_vintage,
                    frame,
                    {
                        "vintage": t("word.vintage"),
                        "share": t("word.share_plain"),
                        "method": t("word.method"),
                        "unknown": t("missing"),
                    },
                ),
                t("site.protection_alt", parts=cover),
            )
            note(t("site.protection_note"))
            table(
                frame.assign(protection=[class_label(kind) for kind in frame["protection"]]),
                t("site.protection_table"),
                version,
                "site_cover",
                {
                    "vintage": st.column_config.TextColumn(t("word.vintage")),
                    "share": st.column_config.NumberColumn(t("word.share_plain"), format="percent"),
                    "method": st.column_config.TextColumn(t("word.method")),
                    "protection": st.column_config.TextColumn(t("word.protection_plain")),
                },
            )
        else:
            st.markdown(t("site.cover_unknown"))

        st.subheader(t("site.neighbours"), anchor=False)
        if pd.isna(row["latitude"]):
            st.markdown(
                say(
                    "site.no_point",
                    reason=row["location_note"] if isinstance(row["location_note"], str) else t("missing"),
                )
            )
        else:
            away = (
                distance_km(sites["latitude"], sites["longitude"], chosen).drop(chosen).nsmallest(NEIGHBOURS)
            )
            base = loads.site_table(inventory).loc[away.index]
            near = base[["latitude", "longitude", "protection"]].assign(
                tip=[f"{name} ({codes})" for name, codes in zip(base["name"], base["iso3"], strict=True)]
            )
            outlines = loads.outlines(inventory, [chosen, *away.index])
            st.pydeck_chart(
                maps.site_deck(
                    {
                        "site_id": chosen,
                        "latitude": float(row["latitude"]),
                        "longitude": float(row["longitude"]),
                        "protection": row["protection"] if isinstance(row["protection"], str) else None,
                        "area_km2": None if pd.isna(row["area_km2"]) else float(row["area_km2"]),
                        "tip": label_of(chosen),
                    },
                    near.reset_index(),
                    mode(),
                    land=display.land(),
                    boundaries=outlines,
                ),
                height=300,
                key="site_map",
                alt=t("site.map_alt", site=row["name"], n=len(near)),
            )
            if any(feature["properties"]["site_id"] == chosen for feature in outlines):
                drawn = t("site.boundary")
            elif inventory.is_withheld and chosen in loads.blurred_here():
                drawn = t("site.place_withheld")
            elif pd.isna(row["area_km2"]):
                drawn = t("site.no_area")
            else:
                drawn = t("site.circle", area=area(row["area_km2"]))
            note(drawn + " " + display.borders_note())
            table(
                pd.DataFrame(
                    {
                        "site": base["name"],
                        "country": [countries_text(inventory, codes) for codes in base["iso3"]],
                        "distance": [number(km) for km in away],
                        "protection": [
                            class_label(kind) if isinstance(kind, str) else t("missing")
                            for kind in base["protection"]
                        ],
                    }
                ).reset_index(drop=True),
                t("site.neighbours_table", n=len(away)),
                version,
                "neighbours",
                {
                    "site": st.column_config.TextColumn(t("word.site")),
                    "country": st.column_config.TextColumn(t("word.country")),
                    "distance": st.column_config.TextColumn(t("site.distance"), help=t("site.distance_help")),
                    "protection": st.column_config.TextColumn(t("word.protection_plain")),
                },
            )

"""What is loaded: the inventory's record, vintages, terms, unknowns counted, dictionary, downloads."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from aze_core.domain.model import Inventory
from aze_core.domain.schema import TABLES, dictionary
from aze_core.locale import number, t
from pages.shell import controls, link, loads
from pages.shell.widgets import download, download_file, head, md, note, say, table


def view(inventory: Inventory) -> None:
    """Draw the record."""
    version = inventory.version
    counted = loads.counts_by_vintage(inventory, type(link.filters())())
    head(
        t("data.question"),
        say(
            "data.answer",
            name=version.name,
            sites=version.n_sites,
            species=version.n_species,
            occurrences=version.n_occurrences,
        ),
        version,
    )
    if version.status == "historical_baseline":
        with st.container(border=True):
            st.markdown(t("data.baseline"))

    one, two = st.columns([1, 1], gap="medium")
    with one:
        st.subheader(t("data.record"), anchor=False)
        st.dataframe(
            pd.DataFrame(
                [
                    (t("data.name"), version.name),
                    (t("data.version"), version.version),
                    (t("data.list_type"), t(f"list_type.{version.list_type}")),
                    (t("data.as_of"), version.as_of),
                    (t("data.status"), t(f"provenance.status.{version.status}", as_of=version.as_of)),
                    (t("data.hash"), version.content_hash),
                    (t("data.software"), version.software),
                ],
                columns=[t("data.what"), t("data.value")],
            ),
            hide_index=True,
            width="stretch",
            alt=t("data.record"),
        )
        note(t("data.hash_note"))
    with two:
        st.subheader(t("data.vintages"), anchor=False)
        vintages = counted.reset_index()
        table(
            vintages,
            t("data.vintages_table"),
            version,
            "vintages",
            {
                "vintage": st.column_config.NumberColumn(t("word.vintage"), format="%d"),
                **{
                    kind: st.column_config.NumberColumn(t(f"protection.{kind}"))
                    for kind in ("none", "partial", "complete")
                },
                "sites": st.column_config.NumberColumn(t("data.sites_with_value")),
                "mean_share": st.column_config.NumberColumn(t("data.mean_share"), format="percent"),
            },
            opened=True,
        )
        note(t("data.vintages_note"))

    _run(inventory)
    everything = loads.site_table(inventory)
    falls = everything[everything["falling"]]
    if len(falls):
        st.markdown(t("data.falling", n=len(falls)))
        shares = loads.shares_by_vintage(inventory).loc[falls.index]
        shares.columns = [controls.vintage_label(inventory, int(year)) for year in shares.columns]
        percents = {name: st.column_config.NumberColumn(name, format="percent") for name in shares.columns}
        table(
            falls[["name", "iso3"]].join(shares).sort_values("name").reset_index(),
            t("data.falling_table"),
            version,
            "falling_cover",
            {
                "site_id": st.column_config.TextColumn(t("site.id")),
                "name": st.column_config.TextColumn(t("word.site")),
                "iso3": st.column_config.TextColumn(t("word.country")),
                **percents,
            },
        )

    st.subheader(t("data.unknown"), anchor=False)
    gaps = loads.gaps(inventory)
    gaps["what"] = [
        t(f"gap.{code}") if pd.isna(year) else t(f"gap.{code}", year=int(year))
        for code, year in zip(gaps["code"], gaps["year"], strict=True)
    ]
    gaps["meaning"] = [t(f"gap.{code}_meaning") for code in gaps["code"]]
    table(
        gaps[["what", "missing", "total", "meaning", "which"]],
        t("data.unknown_table"),
        version,
        "unknowns",
        {
            "what": st.column_config.TextColumn(t("data.what"), width=230),
            "missing": st.column_config.NumberColumn(t("data.missing"), width=80),
            "total": st.column_config.NumberColumn(t("data.of"), width=80),
            "meaning": st.column_config.TextColumn(t("data.consequence"), width=430),
            "which": st.column_config.TextColumn(t("data.which"), width=300),
        },
        opened=True,
    )

    st.subheader(t("data.sources"), anchor=False)
    table(
        inventory.sources.reset_index(drop=True)[["title_short", "vintage", "citation", "terms"]],
        t("data.sources_table"),
        version,
        "sources_list",
        {
            "title_short": st.column_config.TextColumn(t("word.source")),
            "vintage": st.column_config.TextColumn(t("word.vintage")),
            "citation": st.column_config.TextColumn(t("data.citation"), width=520),
            "terms": st.column_config.TextColumn(t("data.terms"), width=360),
        },
        opened=True,
    )
    st.markdown(f"**{t('data.notice')}** {md(version.notice)}")
    note(t("data.redistribute") + " " + t("map.borders_long"))

    st.subheader(t("data.downloads"), anchor=False)
    name = st.selectbox(
        t("data.table"),
        [name for name in TABLES if name != "inventory"],
        format_func=lambda code: f"{code}: {TABLES[code].meaning}",
        key="data_table",
    )
    frame = loads.table_of(inventory, name)
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=300,
        placeholder=t("missing"),
        alt=TABLES[name].meaning,
    )
    # only made-up areas may be passed on
    closed = name == "protection_areas" and version.status != "training"
    if closed:
        note(t("data.areas_no_file"))
    with st.container(horizontal=True):
        if not closed:
            download(frame, version, name)
        download_file(
            t("button.gpkg"),
            lambda: loads.inventory_file(inventory),
            f"{version.inventory_id}-{version.short_hash}.gpkg",
            "application/geopackage+sqlite3",
            key="gpkg",
        )
    st.subheader(t("data.dictionary"), anchor=False)
    table(dictionary(), t("data.dictionary_table"), version, "data_dictionary")


_RUN_COUNTS = ("areas", "undated", "points", "unknown", "proposed", "other")
_RUN_SETTINGS = ("tolerance", "draws", "seed")


def _run(inventory: Inventory) -> None:
    """The run that computed the cover: what it used, and what each number means."""
    if inventory.coverage_runs.empty:
        return
    run = inventory.coverage_runs.reset_index().iloc[0]
    settings = controls.run_settings(run)
    rows = [
        (t(f"data.run_{name}"), number(run["other_country" if name == "other" else name]), name)
        for name in _RUN_COUNTS
    ]
    rows.append((t("data.run_growth"), str(run["growth_basis"]), f"growth_means_{run['growth_basis']}"))
    rows += [(t(f"data.run_{name}"), str(settings[name]), name) for name in _RUN_SETTINGS]
    rows += [(t(f"data.run_{name}"), str(run[name])[:12], name) for name in ("areas_hash", "sites_hash")]
    shown = pd.DataFrame(
        [
            (what, value, t(f"data.run_{name}" if "_means_" in name else f"data.run_{name}_means"))
            for what, value, name in rows
        ],
        columns=["what", "value", "meaning"],
    )
    st.subheader(t("data.run"), anchor=False)
    st.markdown(t("data.run_what", as_of=md(run["areas_as_of"]), until=int(run["until"])))
    source = inventory.sources.loc[run["source"]]
    note(say("site.source", citation=source["citation"], terms=source["terms"]))
    table(
        shown,
        t("data.run_table"),
        inventory.version,
        "coverage_run",
        {
            "what": st.column_config.TextColumn(t("data.what"), width=330),
            "value": st.column_config.TextColumn(t("data.value"), width=130),
            "meaning": st.column_config.TextColumn(t("data.run_meaning"), width=620),
        },
        opened=True,
    )

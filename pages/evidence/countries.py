"""How much is covered in each country? One vintage at a time; a country opens with its sites."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.locale import order_key, percent, t
from aze_core.measures.countries import double_counted
from aze_core.measures.coverage import CLASSES
from aze_core.measures.pace import pace
from aze_core.views import charts, maps
from aze_core.views.theme import GLYPH
from pages.shell import controls, display, filters, link, loads
from pages.shell.widgets import (
    class_label,
    class_markdown,
    countries_text,
    country_name,
    download,
    draw,
    head,
    md,
    no_sites,
    note,
    say,
    show,
)

_MANY = 24

inventory = loads.current()
version = inventory.version
chosen = link.filters()
sites = inventory.where(chosen)
state = st.session_state
names = inventory.sites["name"]


def open_country() -> None:
    """The clicked row becomes the country that is open."""
    rows = state["country_table"]["selection"]["rows"]
    if rows:
        state["country_of"] = state["country_rows"][rows[0]]


def open_row() -> None:
    """The clicked row becomes the site that opens."""
    rows = state["country_sites"]["selection"]["rows"]
    if rows:
        open_site(state["country_site_rows"][rows[0]])


def open_site(site: str) -> None:
    """Go to a site's page once the script runs again."""
    state["site"], state["leave_for_site"] = site, True


def close_country() -> None:
    """All countries again."""
    state["country_of"] = None


def as_json(vintage: int | None) -> str:
    """The choices behind the numbers, for the file."""
    return json.dumps({"filters": chosen.to_dict(), "vintage": vintage}, sort_keys=True)


def site_map(members: pd.Index, vintage: int | None, key: str, zoomed: bool) -> None:
    """Sites by class of cover in the vintage."""
    base = loads.site_table(inventory).loc[members, ["name", "iso3", "latitude", "longitude", "species"]]
    kinds = facts_of(members, vintage)
    if not zoomed and vintage is not None:
        # what is not known would hide what is: it is counted below the map
        base, kinds = base[kinds["protection"].notna()], kinds[kinds["protection"].notna()]
    frame = base.assign(
        country=[countries_text(inventory, codes) for codes in base["iso3"]],
        share_text=[percent(item) for item in kinds["share"]],
        protection=kinds["protection"],
    ).reset_index()
    if not frame["latitude"].notna().any():
        st.markdown(t("map.nowhere"))
        return
    show(
        draw(
            maps.protection_map,
            frame,
            controls.map_words() if vintage is None else map_words(vintage),
            bounds="sites" if zoomed else None,
            height=340 if key == "country_map" else 430,
            land=display.land(),
        ),
        map_alt(kinds["protection"], vintage),
        key=key,
    )
    lost, silent = int(frame["latitude"].isna().sum()), len(members) - len(frame)
    legend = [class_markdown(kind) for kind in CLASSES] if vintage is not None else []
    if vintage is None or frame["protection"].isna().any():
        legend.append(f"{GLYPH['unknown']} {t('countries.no_value')}")
    st.markdown(" · ".join(legend))
    note(
        t("overview.map_note")
        + (" " + t("overview.no_value", n=silent, year=vintage) if silent else "")
        + (" " + t("map.unlocated", n=lost) if lost else "")
        + " "
        + display.borders_note()
    )


def facts_of(members: pd.Index, vintage: int | None) -> pd.DataFrame:
    """Share and class of sites in the vintage."""
    if vintage is None:
        return pd.DataFrame({"share": float("nan"), "protection": None}, index=members)
    return loads.vintage_facts(inventory, vintage).loc[members]


def map_words(vintage: int) -> dict[str, str]:
    """Words of the map, with the vintage."""
    return controls.map_words() | {
        "protection": t("word.protection", year=vintage),
        "share": t("word.share", year=vintage),
    }


def map_alt(kinds: pd.Series, vintage: int | None) -> str:
    """What the map shows, in words."""
    if vintage is None:
        return t("overview.map_alt_no_cover", n=len(kinds))
    counted = kinds.value_counts()
    return t(
        "overview.map_alt",
        year=vintage,
        n=len(kinds),
        none=int(counted.get("none", 0)),
        partial=int(counted.get("partial", 0)),
        complete=int(counted.get("complete", 0)),
    )


def choose(options: list[str]) -> None:
    """The choice of a country, twin of a click on its row."""
    st.selectbox(
        t("countries.choose"),
        options,
        index=None,
        format_func=lambda code: country_name(inventory, code),
        key="country_of",
        placeholder=t("countries.every"),
    )


def every_country(counts: pd.DataFrame, vintage: int | None, options: list[str]) -> None:
    """One row per country, the map, and what the rows add up to."""
    shown = counts.loc[options]
    uncovered = [
        ", ".join(names[site] for site in text.split(";")) if text else "" for text in shown["uncovered"]
    ]
    shown = shown.assign(label=[country_name(inventory, code) for code in shown.index], uncovered=uncovered)
    state["country_rows"] = options
    columns = ["label", "sites", "species", *CLASSES, "unknown", "mean_share", "uncovered"]
    if vintage is None:
        columns = ["label", "sites", "species"]
    st.dataframe(
        shown[columns].reset_index(drop=True),
        hide_index=True,
        width="stretch",
        height=430 if len(shown) > 11 else "content",
        placeholder=t("missing"),
        alt=t("countries.table_alt", n=len(shown)),
        key="country_table",
        on_select=open_country,
        selection_mode="single-row",
        column_config={
            "label": st.column_config.TextColumn(t("word.country"), width=210),
            "sites": st.column_config.NumberColumn(t("word.sites"), width=52),
            "species": st.column_config.NumberColumn(
                t("priorities.species_short"), width=66, help=t("word.trigger_species")
            ),
            **{
                kind: st.column_config.NumberColumn(
                    f"{GLYPH[kind]} {t(f'countries.short_{kind}')}",
                    width=76,
                    help=t(f"protection.{kind}_help", how=controls.vintage_how(inventory, vintage)),
                )
                for kind in CLASSES
                if vintage is not None
            },
            "unknown": st.column_config.NumberColumn(t("countries.no_value"), width=72),
            "mean_share": st.column_config.NumberColumn(
                t("countries.mean"), format="percent", width=88, help=t("countries.mean_help")
            ),
            "uncovered": st.column_config.TextColumn(
                t("countries.uncovered"), width=420, help=t("countries.uncovered_help")
            ),
        },
    )
    note(t("countries.table_note"))
    more, shared = double_counted(inventory, sites)
    told = [t("countries.double", n=shared, more=more)] if shared else []
    lost = len(sites) - int(facts_of(sites, vintage)["share"].notna().sum())
    if vintage is not None and lost:
        told.append(t("countries.unknown_sites", n=lost, year=vintage))
    if told:
        note(" ".join(told))
    exported = shown[["label", "sites", "shared", "species", *CLASSES, "unknown", "mean_share"]].assign(
        uncovered=shown["uncovered"]
    )
    download(exported, version, f"countries_{vintage or 'plain'}", as_json(vintage))
    st.subheader(t("countries.map"), anchor=False)
    site_map(sites, vintage, "countries_map", chosen.active or loads.is_regional(inventory))


def uncovered_sites(of: pd.DataFrame) -> None:
    """The uncovered sites of the country, each with its button."""
    bare = of[of["protection"] == "none"]
    st.subheader(t("countries.open_uncovered"), anchor=False)
    if bare.empty:
        st.markdown(t("countries.open_none"))
        return
    with (
        st.container(height=240 if len(bare) > _MANY else "content", border=False),
        st.container(horizontal=True, gap="small"),
    ):
        for site, name in bare["name"].items():
            st.button(
                f":red[▲] {md(name)}",
                key=f"open_{site}",
                on_click=open_site,
                args=(str(site),),
                width="content",
            )


def sites_of(of: pd.DataFrame, country: str, vintage: int | None) -> None:
    """All sites of the country with class, share and, where computed, its range."""
    st.subheader(t("countries.sites"), anchor=False)
    ranged = bool(of["share_high"].notna().any())
    shown = pd.DataFrame(
        {
            "name": of["name"],
            "protection": [
                class_label(kind) if isinstance(kind, str) else t("missing") for kind in of["protection"]
            ],
            "share": of["share"],
            "high": of["share_high"],
            "proposed": of["share_proposed"],
            "species": of["species"],
            "shared": [t("countries.shared_yes") if item else "" for item in of["shared"]],
        }
    )
    dropped = ([] if ranged else ["high", "proposed"]) + ([] if of["shared"].any() else ["shared"])
    state["country_site_rows"] = list(of.index)
    st.dataframe(
        shown.drop(columns=dropped).reset_index(drop=True),
        hide_index=True,
        width="stretch",
        height=470 if len(shown) > 12 else "content",
        placeholder=t("missing"),
        alt=t("countries.sites_alt", n=len(shown), country=country),
        key="country_sites",
        on_select=open_row,
        selection_mode="single-row",
        column_config={
            "name": st.column_config.TextColumn(t("word.site")),
            "protection": st.column_config.TextColumn(
                t("word.protection_plain") if vintage is None else t("word.protection", year=vintage)
            ),
            "share": st.column_config.NumberColumn(
                t("word.share_plain") if vintage is None else t("word.share", year=vintage), format="percent"
            ),
            "high": st.column_config.NumberColumn(
                t("countries.high"), format="percent", help=t("countries.high_help")
            ),
            "proposed": st.column_config.NumberColumn(
                t("countries.proposed"), format="percent", help=t("countries.proposed_help")
            ),
            "species": st.column_config.NumberColumn(t("word.trigger_species")),
            "shared": st.column_config.TextColumn(t("countries.shared"), help=t("countries.shared_help")),
        },
    )
    note(t("countries.sites_note"))
    download(of, version, f"country_{state['country_of']}", as_json(vintage))


def since_when(code: str, country: str, of: pd.Index) -> None:
    """The country's curve and its pace; without one, the vintages as they are."""
    drawn = loads.curve(inventory, chosen, f"country:{code}")
    if len(drawn):
        st.subheader(t("countries.trend"), anchor=False)
        found = pace(drawn)
        show(
            draw(
                charts.year_band,
                controls.curve_frame(drawn, "mean"),
                controls.curve_words("mean"),
                height=200,
            ),
            t(
                "countries.trend_alt",
                country=country,
                first=percent(found.mean_since),
                since=found.since,
                last=percent(found.mean_until),
                until=found.until,
            ),
            key="country_curve",
        )
        st.markdown(controls.pace_text(found))
        note(t("countries.trend_note", n=found.sites))
        st.button(t("countries.trend_more"), on_click=to_trend, args=(code,), key="to_trend", type="tertiary")
        return
    counts = loads.group_counts(inventory, chosen, f"country:{code}")
    if len(counts):
        st.subheader(t("countries.vintages"), anchor=False)
        controls.vintage_bars(inventory, counts, "none", of, "country_vintages")
        note(t("trend.reported_note"))


def well_placed(code: str) -> None:
    """Whether new protection in the country falls in sites."""
    periods = loads.growth(inventory, chosen, code)
    if len(periods):
        st.subheader(t("countries.growth"), anchor=False)
        controls.growth(inventory, periods, "country_growth", version)
    elif len(loads.curve(inventory, chosen, f"country:{code}")):
        note(t("countries.growth_none"))


def to_trend(code: str) -> None:
    """Go to the country's curve once the script runs again."""
    state["trend_groups"], state["leave_for_trend"] = [f"country:{code}", "all"], True


def one_country(code: str, row: Any, vintage: int | None) -> None:
    """Figures, uncovered sites, table, curve and map of one country."""
    country = country_name(inventory, code)
    of = loads.country_sites(inventory, chosen, code, vintage)
    valued = int(row["sites"] - row["unknown"])
    if vintage is not None and valued:
        with st.grid(5, border=True, gap="small", min_column_width=170):
            for kind in CLASSES:
                st.metric(
                    class_markdown(kind),
                    t("plain.n", n=int(row[kind])),
                    t("overview.of_sites", share=row[kind] / valued, n=valued),
                    delta_color="off",
                    delta_arrow="off",
                    help=t(f"protection.{kind}_help", how=controls.vintage_how(inventory, vintage)),
                )
            st.metric(
                t("countries.one_mean"),
                percent(row["mean_share"]),
                t("countries.one_mean_sub", n=valued),
                delta_color="off",
                delta_arrow="off",
                help=t("countries.mean_help"),
            )
            st.metric(
                t("countries.one_species"),
                t("plain.n", n=int(row["species"])),
                t("countries.one_species_sub", n=int(row["sites"]), shared=int(row["shared"])),
                delta_color="off",
                delta_arrow="off",
                help=t("countries.shared_help"),
            )
    if vintage is not None and row["unknown"]:
        note(t("countries.unknown_sites", n=int(row["unknown"]), year=vintage))
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        if valued:
            uncovered_sites(of)
        sites_of(of, country, vintage)
        well_placed(code)
    with right:
        st.subheader(t("countries.map"), anchor=False)
        site_map(of.index, vintage, "country_map", True)
        since_when(code, country, of.index)


def country_answer(code: str, row: Any, vintage: int | None) -> str:
    """The country in one sentence."""
    country, total = country_name(inventory, code), int(row["sites"])
    if vintage is None:
        return say("countries.one_no_cover", country=country, n=total)
    valued = total - int(row["unknown"])
    if not valued:
        return say("countries.one_nothing", country=country, n=total, year=vintage)
    how = controls.vintage_how(inventory, vintage)
    if valued == 1:
        kind = next(kind for kind in CLASSES if row[kind])
        told = t("countries.one_only", country=md(country), kind=t(f"countries.kind_{kind}"), how=how)
    else:
        told = say(
            "countries.one_answer",
            country=country,
            n=valued,
            none=int(row["none"]),
            partial=int(row["partial"]),
            complete=int(row["complete"]),
            how=how,
        )
    return told + (" " + t("countries.one_unknown", n=int(row["unknown"])) if row["unknown"] else "")


def answer(counts: pd.DataFrame, vintage: int | None) -> str:
    """All countries in one sentence."""
    if vintage is None:
        return t("countries.answer_no_cover", n=len(counts))
    told = t(
        "countries.answer",
        how=controls.vintage_how(inventory, vintage),
        n=len(counts),
        bare=int((counts["none"] > 0).sum()),
        sites=int((facts_of(sites, vintage)["protection"] == "none").sum()),
    )
    silent = int((counts["unknown"] == counts["sites"]).sum())
    return told + (" " + t("countries.no_value_n", n=silent) if silent else "")


if state.pop("leave_for_site", False):
    link.leave_for("pages/evidence/site.py")
if state.pop("leave_for_trend", False):
    link.leave_for("pages/evidence/trend.py")

if not len(sites):
    head(t("countries.question"), t("empty.no_site"), version)
    no_sites(filters.clear)
else:
    first = loads.first_vintage(inventory, chosen)
    years = [int(str(year)) for year in loads.counts_by_vintage(inventory, chosen).index]
    # the choice is drawn below the sentence that it decides
    asked = state["vintage"]
    vintage = int(asked) if asked is not None and int(asked) in years else first
    counts = loads.country_table(inventory, chosen, vintage)
    options = sorted(counts.index, key=lambda code: order_key(country_name(inventory, code)))
    wanted = state["country_of"]
    if wanted not in options:
        state["country_of"] = None
    of = state["country_of"]
    in_list = len(inventory.where(type(chosen)(list_type=chosen.list_type)))
    head(
        t("countries.question"),
        answer(counts, vintage) if of is None else country_answer(of, counts.loc[of], vintage),
        version,
        (t("overview.badge", sites=len(sites), total=in_list), "gray"),
    )
    if wanted is not None and of is None:
        st.info(say("countries.filtered_out", country=country_name(inventory, wanted)))
    if vintage is not None and first is not None:
        controls.vintage(inventory, years, first)
    else:
        st.info(t("overview.no_cover"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        choose(options)
        if of is not None:
            st.button(t("countries.every"), on_click=close_country, key="close_country", type="tertiary")
    if of is None:
        every_country(counts, vintage, options)
    else:
        one_country(of, counts.loc[of], vintage)

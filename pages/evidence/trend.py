"""Is protection keeping up? Cover by year where it was computed, else the separate measurements there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from aze_core.domain.settings import value
from aze_core.locale import percent, t
from aze_core.measures.curves import ALL, MEASURES, parted
from aze_core.measures.pace import Pace, pace
from aze_core.measures.periods import ALL as EVERYWHERE
from aze_core.views import charts
from pages.shell import controls, filters, link, loads
from pages.shell.widgets import (
    class_label,
    country_name,
    draw,
    head,
    md,
    named,
    no_sites,
    note,
    say,
    show,
    table,
)

COLOUR = {"mean": None, "complete": "complete", "none": "none"}

inventory = loads.current()
version = inventory.version
chosen = link.filters()
sites = inventory.where(chosen)
state = st.session_state


def group_name(group: str) -> str:
    """A group in words."""
    kind, code = parted(group)
    if kind == ALL:
        return t("trend.group_all")
    name = country_name(inventory, code) if kind == "country" else named(kind, code)
    return t(f"trend.group_{kind}", name=name)


def as_json(group: str) -> str:
    """The choices behind the numbers, for the file."""
    return json.dumps({"filters": chosen.to_dict(), "group": group}, sort_keys=True)


def choices(options: list[str]) -> None:
    """Measure and groups."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.segmented_control(
            t("trend.measure"),
            MEASURES,
            format_func=lambda code: t(f"trend.measure_{code}"),
            key="trend_measure",
            required=True,
        )
        st.multiselect(
            t("trend.groups"),
            options,
            format_func=group_name,
            key="trend_groups",
            max_selections=link.MOST_GROUPS,
            placeholder=t("trend.group_all"),
            help=t("trend.groups_help"),
        )


def sentence(group: str, found: Pace) -> str:
    """Where mean cover stood and stands."""
    fields: dict[str, Any] = {
        "n": found.sites,
        "first": found.mean_since,
        "since": found.since,
        "last": found.mean_until,
        "until": found.until,
        "none": found.none_until,
    }
    verb = t("trend.verb_rose" if found.mean_until > found.mean_since else "trend.verb_stayed")
    if group == ALL:
        return t("trend.answer", verb=verb, **fields)
    return t("trend.answer_group", group=md(group_name(group)), verb=verb, **fields)


def panel(group: str, measure: str, several: bool) -> None:
    """The curve of one group, and the same as a table."""
    drawn = loads.curve(inventory, chosen, group)
    found = pace(drawn)
    if several:
        st.markdown(f"**{md(group_name(group))}** :gray[{t('unit.sites', n=found.sites)}]")
    show(
        draw(
            charts.year_band,
            controls.curve_frame(drawn, measure),
            controls.curve_words(measure),
            colour=COLOUR[measure],
            height=240 if several else 300,
        ),
        t(
            "trend.alt",
            group=group_name(group),
            measure=t(f"trend.measure_long_{measure}"),
            first=percent(drawn.at[found.since, measure]),
            since=found.since,
            last=percent(drawn.at[found.until, measure]),
            until=found.until,
        ),
        key=f"curve_{group}",
    )
    if several:
        st.markdown(controls.pace_text(found))
    shown = drawn[["sites", f"{measure}_low", measure, f"{measure}_high"]].reset_index()
    table(
        shown.rename(columns={measure: "value", f"{measure}_low": "low", f"{measure}_high": "high"}),
        t("trend.curve_table", group=group_name(group)),
        version,
        f"trend_{group.replace(':', '_')}",
        {
            "year": st.column_config.NumberColumn(t("word.year"), format="%d"),
            "sites": st.column_config.NumberColumn(t("word.sites")),
            **{
                name: st.column_config.NumberColumn(label, format="percent")
                for name, label in (
                    ("low", t("trend.low")),
                    ("value", t(f"trend.measure_{measure}")),
                    ("high", t("trend.high")),
                )
            },
        },
        settings=as_json(group),
        export=drawn.reset_index(),
    )


def how_drawn() -> None:
    """What the curves stand on, and what they leave open."""
    run = inventory.coverage_runs.iloc[0]
    undated = int(run["undated"])
    note(t("trend.note", first=value("coverage.first_year")))
    note(
        t("trend.undated", undated=undated, n=int(run["areas"]), draws=controls.run_settings(run)["draws"])
        if undated
        else t("trend.undated_none")
    )
    if chosen.active:
        note(t("trend.filters_note"))


def growth_of(group: str) -> None:
    """Whether new protection falls in sites: everywhere, or in the chosen country."""
    st.subheader(t("trend.growth"), anchor=False)
    kind, code = parted(group)
    where = code if kind == "country" else EVERYWHERE
    periods = loads.growth(inventory, chosen, where)
    name = country_name(inventory, where) if kind == "country" else t("trend.growth_everywhere")
    if kind in ("region", "class"):
        note(t("trend.growth_region"))
    st.markdown(f":gray[{md(name)}]")
    if periods.empty:
        st.markdown(t("trend.growth_none"))
    else:
        controls.growth(inventory, periods, f"growth_{where}", version)


def with_curves(options: list[str]) -> None:
    """Curves of the chosen groups, the pace in words, and growth."""
    asked = list(state["trend_groups"]) or [ALL]
    groups = [group for group in asked if group in options] or [ALL]
    lost = [group_name(group) for group in asked if group not in options]
    first = pace(loads.curve(inventory, chosen, groups[0]))
    run = inventory.coverage_runs.iloc[0]
    head(
        t("trend.question"),
        sentence(groups[0], first),
        version,
        (t("vintage.computed", year=first.until), "gray"),
        (md(inventory.sources["title_short"].get(run["source"], run["source"])), "gray"),
    )
    if lost:
        st.info(say("trend.group_lost", groups=", ".join(lost)))
    if lost:
        state["trend_groups"] = [group for group in asked if group in options]
    choices(options)
    measure = str(state["trend_measure"])
    st.subheader(t(f"trend.measure_long_{measure}"), anchor=False)
    if len(groups) == 1:
        st.markdown(controls.pace_text(first))
        panel(groups[0], measure, several=False)
    else:
        for place, group in zip(st.columns(len(groups), gap="medium"), groups, strict=True):
            with place:
                panel(group, measure, several=True)
    how_drawn()
    growth_of(groups[0])


def measurements(measure: str, groups: Sequence[str]) -> None:
    """Each vintage as a measurement of its own, never joined to another."""
    st.subheader(t("trend.reported", measure=t(f"trend.measure_long_{measure}")), anchor=False)
    for place, group in zip(st.columns(len(groups), gap="medium"), groups, strict=True):
        counts = loads.group_counts(inventory, chosen, group)
        with place:
            if len(groups) > 1:
                st.markdown(f"**{md(group_name(group))}**")
            if counts.empty:
                st.markdown(t("facts.cover_unknown"))
                continue
            labels = controls.vintage_bars(inventory, counts, measure, sites, f"vintages_{group}")
            shown = counts.reset_index().assign(
                vintage=labels, method=[controls.methods_of(inventory, year, sites) for year in counts.index]
            )
            table(
                shown[["vintage", "sites", "mean_share", "none", "partial", "complete", "method"]],
                t("trend.reported_table"),
                version,
                f"vintages_{group.replace(':', '_')}",
                {
                    "vintage": st.column_config.TextColumn(t("word.vintage")),
                    "sites": st.column_config.NumberColumn(t("trend.sites_with_value")),
                    "mean_share": st.column_config.NumberColumn(t("trend.measure_mean"), format="percent"),
                    **{
                        kind: st.column_config.NumberColumn(class_label(kind))
                        for kind in ("none", "partial", "complete")
                    },
                    "method": st.column_config.TextColumn(t("word.method"), width=280),
                },
                settings=as_json(group),
            )
    note(t("trend.reported_note"))


def without_curves() -> None:
    """The separate measurements, and how to get a curve."""
    asked = list(state["trend_groups"]) or [ALL]
    counts = loads.group_counts(inventory, chosen, asked[0])
    parts = [
        t(
            "trend.part_next" if place else "trend.part_first",
            mean=float(row["mean_share"]),
            n=int(row["sites"]),
            how=controls.vintage_how(inventory, int(str(year))),
        )
        for place, (year, row) in enumerate(counts.iterrows())
    ]
    told = (
        t("trend.answer_reported", parts="; ".join(parts)) + " " + t("trend.no_curve_answer")
        if parts
        else t("trend.answer_no_cover", n=len(sites))
    )
    head(
        t("trend.question"),
        told if asked[0] == ALL else f"{md(group_name(asked[0]))}: {told}",
        version,
        (t("overview.badge", sites=len(sites), total=in_list), "gray"),
    )
    if len(inventory.coverage_runs):
        st.info(t("trend.no_list"))
    if loads.counts_by_vintage(inventory, chosen).empty:
        st.info(t("overview.no_cover"))
    else:
        choices(link.group_codes(inventory))
        measurements(str(state["trend_measure"]), asked)
    with st.container(border=True):
        st.markdown(f"**{t('trend.how_title')}**")
        st.markdown(t("trend.how"))
        st.page_link("pages/about/data.py", label=t("trend.to_data"), icon=":material/arrow_forward:")


in_list = len(inventory.where(type(chosen)(list_type=chosen.list_type)))
drawn_groups = loads.drawn_groups(inventory, chosen)
if not len(sites):
    head(t("trend.question"), t("empty.no_site"), version)
    no_sites(filters.clear)
elif ALL in drawn_groups:
    with_curves(drawn_groups)
else:
    without_curves()

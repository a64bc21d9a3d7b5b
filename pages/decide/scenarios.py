"""What if we protect these? The exact plan beside the top of the ranking, before and after, the ledger."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.model import Weights
from aze_core.domain.settings import value
from aze_core.locale import area, explain, number, percent, t
from aze_core.scenarios.problem import BUDGETS, Solution
from aze_core.scenarios.targets import NEWEST
from aze_core.views import charts, maps
from pages.shell import controls, display, filters, link, loads
from pages.shell.widgets import (
    countries_text,
    country_name,
    download,
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

inventory = loads.current()
version = inventory.version
names = inventory.sites["name"]
state = st.session_state
chosen_filters = link.filters()
scope = inventory.where(chosen_filters)


def label_of(site: str) -> str:
    """Name, country codes and identifier."""
    return f"{names[site]} ({inventory.sites.at[site, 'iso3'].replace(';', '/')}, {site})"


def cost_text(plan: Solution) -> str:
    """Cost in the budget's own unit."""
    return area(plan.cost) if state["budget_kind"] == "km2" else t("unit.sites", n=int(plan.cost))


def builder() -> None:
    """The left card: what is asked."""
    with st.container(border=True):
        st.subheader(t("scenarios.builder"), anchor=False)
        st.segmented_control(
            t("scenarios.budget_in"),
            BUDGETS,
            format_func=lambda code: t(f"scenarios.unit_{code}"),
            key="budget_kind",
            required=True,
        )
        kind = state["budget_kind"]
        st.number_input(
            t(f"scenarios.budget_{kind}"),
            0,
            100_000 if kind == "sites" else 1_000_000_000,
            key=f"budget_{kind}",
            step=1 if kind == "sites" else 500,
            help=t(f"scenarios.budget_{kind}_help"),
        )
        options = names[scope].sort_values(kind="stable").index.tolist()
        # a locked site stays visible when the filters leave it out, so that it can be unlocked
        for key in ("locked_in", "locked_out"):
            extra = [site for site in state[key] if site not in options]
            st.multiselect(
                t(f"scenarios.{key}"),
                options + extra,
                format_func=label_of,
                key=key,
                placeholder=t(f"scenarios.{key}_none"),
                help=t(f"scenarios.{key}_help"),
            )
        lock_by_knowledge()
        controls.assumptions()
        st.segmented_control(
            t("scenarios.compare_with"),
            link.MODES,
            format_func=lambda code: t(f"scenarios.compare_{code}"),
            key="order",
            required=True,
            help=t("scenarios.compare_help"),
        )
        st.button(
            t("button.reset"),
            on_click=link.reset,
            args=(
                "budget_kind",
                "budget_sites",
                "budget_km2",
                "locked_in",
                "locked_out",
                "horizon",
                "effect",
            ),
            key="reset_scenario",
        )
        note(t("scenarios.scope", n=len(scope), total=len(names)))


def lock_by_knowledge() -> None:
    """Locks in or out all filtered sites of which national knowledge says something; it never scores."""
    entries = sorted(link.known_entries(inventory))
    if not entries:
        return
    with st.popover(t("scenarios.lock_by"), icon=":material/lock:", width="stretch"):
        entry = st.selectbox(t("filter.known"), entries, format_func=filters.known_text, key="lock_entry")
        said = inventory.statements()
        sites = set(said.loc[said["field"] + "=" + said["value"] == entry, "site_id"]) & set(scope)
        st.markdown(t("scenarios.lock_n", n=len(sites)))
        with st.container(horizontal=True):
            for key in ("locked_in", "locked_out"):
                st.button(
                    t(f"scenarios.{key}"),
                    key=f"by_knowledge_{key}",
                    disabled=not sites,
                    on_click=lock,
                    args=(key, sites),
                )
        note(t("rights.note"))


def lock(key: str, sites: set[str]) -> None:
    """Add sites to one lock, and take them out of the other."""
    other = "locked_out" if key == "locked_in" else "locked_in"
    state[key] = sorted({*state[key], *sites})
    state[other] = [site for site in state[other] if site not in sites]


def frame_of(board: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Scoreboard of both plans, a row per measure and basis, with words."""
    joined = board.merge(
        other[["measure", "basis", "after", "after_high"]], on=["measure", "basis"], suffixes=("", "_top")
    )
    return pd.DataFrame(
        {
            "target": [
                f"{t(f'target_short.{g}')} · {t(f'target_short.{a}')}"
                for g, a in zip(joined["gbf"], joined["aichi"], strict=True)
            ],
            "measure": [t(f"measure.{item}") for item in joined["measure"]],
            "basis": [basis_text(item) for item in joined["basis"]],
            "n": joined["n"],
            "before": [written(r["unit"], r["before"], r["before_high"]) for _, r in joined.iterrows()],
            "exact": [written(r["unit"], r["after"], r["after_high"]) for _, r in joined.iterrows()],
            "top": [written(r["unit"], r["after_top"], r["after_high_top"]) for _, r in joined.iterrows()],
            "not": [t(f"measure.{item}_not") for item in joined["measure"]],
        }
    )


def basis_text(basis: str) -> str:
    """A vintage, or the working selection."""
    return t("scenarios.basis_newest") if basis == NEWEST else controls.vintage_label(inventory, int(basis))


def written(unit: str, low: float, high: float) -> str:
    """A value of the scoreboard in its unit, as an interval where unknowns leave one."""
    if unit == "share":
        return percent(low, 1)
    if unit == "km2":
        return area(low)
    if unit == "species_over_horizon":
        first, last = number(low, 1), number(high, 1)
        return first if first == last else f"{first}–{last}"
    return number(low)


def results(exact: Solution, top: Solution, weights: Weights | None) -> None:
    """The right side: what the plans buy."""
    assumed = link.assumptions()
    board, last = loads.board(inventory, exact.selected, assumed, chosen_filters)
    board_top, _ = loads.board(inventory, top.selected, assumed, chosen_filters)
    scored = frame_of(board, board_top)

    one, two = st.columns(2, gap="small")
    for cell, plan, letter in ((one, exact, "A"), (two, top, "B")):
        with cell, st.container(border=True):
            st.markdown(
                f"**{letter} · {t('scenarios.plan_exact' if letter == 'A' else 'scenarios.plan_top')}**"
            )
            st.metric(
                t("scenarios.reduction"),
                number(plan.objective, 2),
                t("scenarios.reduction_sub", horizon=assumed.horizon_years),
                delta_color="off",
                delta_arrow="off",
                help=t("scenarios.reduction_help"),
            )
            note(
                t(
                    "scenarios.plan_line",
                    sites=t("unit.sites", n=len(plan.selected)),
                    cost=cost_text(plan),
                    countries=t(
                        "unit.countries",
                        n=inventory.countries_of(pd.Index(plan.selected))["iso3"].nunique(),
                    ),
                )
            )
            if plan.method == "exact":
                note(t("scenarios.exact_note"))
            elif plan.method == "exact_time_limit":
                note(t("scenarios.time_limit_note", seconds=value("scenario.time_limit_s"), gap=plan.gap))
            else:
                note(t("scenarios.top_note" if weights is None else "scenarios.top_note_weighted"))
            if plan.interchangeable:
                note(t("scenarios.interchangeable", n=plan.interchangeable))

    if exact.selected and set(exact.selected) == set(top.selected):
        note(t("scenarios.same_sites" if state["budget_kind"] == "sites" else "scenarios.same"))
    st.subheader(t("scenarios.board"), anchor=False)
    rows = board[board["unit"].eq("sites") | board["unit"].eq("species")]
    lines = rows[rows["basis"] != NEWEST].to_dict("records")
    drawn = pd.DataFrame(
        {
            "label": [
                t("scenarios.line", measure=t(f"measure.{r['measure']}_short"), year=int(r["basis"]))
                for r in lines
            ],
            "before": [r["before_part"] for r in lines],
            "after": [r["after_part"] for r in lines],
            "text": [
                t("scenarios.change", before=int(r["before"]), after=int(r["after"]), n=int(r["n"]))
                for r in lines
            ],
        }
    )
    if len(drawn):
        show(
            draw(
                charts.before_after,
                drawn,
                {
                    "label": t("word.measure"),
                    "before": t("word.before"),
                    "after": t("word.after"),
                    "unknown": t("missing"),
                },
                colour="A",
                label_limit=190,
            ),
            t(
                "scenarios.board_alt",
                parts="; ".join(f"{r.label}: {r.text}" for r in drawn.head(4).itertuples()),
            ),
        )
    apart = loads.gone(inventory, chosen_filters)
    note(t("scenarios.board_note") + (" " + t("scenarios.gone", n=apart) if apart else ""))
    config = {
        "target": st.column_config.TextColumn(t("word.target"), width=125),
        "measure": st.column_config.TextColumn(t("word.measure"), width=240),
        "basis": st.column_config.TextColumn(t("word.basis"), width=150),
        "n": st.column_config.NumberColumn(t("word.counted"), width=70),
        "before": st.column_config.TextColumn(t("word.before"), width=90),
        "exact": st.column_config.TextColumn(t("scenarios.after_a"), width=110),
        "top": st.column_config.TextColumn(t("scenarios.after_b"), width=110),
        "not": st.column_config.TextColumn(t("scenarios.not"), width=420),
    }
    settings = json.dumps(link.scenario().to_dict(), sort_keys=True)
    table(scored, t("scenarios.board_table"), version, "scoreboard", config, settings, opened=True)

    union = sorted(set(exact.selected) | set(top.selected))
    st.subheader(t("scenarios.where"), anchor=False)
    plans = pd.Series(
        ["".join(x for x, p in (("A", exact), ("B", top)) if site in p.selected) for site in union],
        index=union,
    )
    if union:
        where = inventory.sites.loc[union, ["name", "latitude", "longitude"]].assign(
            plans=plans,
            country=[countries_text(inventory, codes) for codes in inventory.sites.loc[union, "iso3"]],
        )
        if where["latitude"].notna().any():
            show(
                draw(
                    maps.two_plans_map,
                    where.rename_axis("site_id").reset_index(),
                    {
                        "site": t("word.site"),
                        "country": t("word.country"),
                        "plans": t("scenarios.in_plans"),
                        "A": t("scenarios.only_a"),
                        "B": t("scenarios.only_b"),
                        "AB": t("scenarios.in_both"),
                    },
                    bounds="sites" if chosen_filters.active or loads.is_regional(inventory) else None,
                    land=display.land(),
                ),
                t(
                    "scenarios.map_alt",
                    a=int((plans == "A").sum()),
                    b=int((plans == "B").sum()),
                    both=int((plans == "AB").sum()),
                ),
            )
        note(
            t(
                "scenarios.map_note",
                a=int((plans == "A").sum()),
                b=int((plans == "B").sum()),
                both=int((plans == "AB").sum()),
            )
            + " "
            + display.borders_note()
        )
        base = loads.site_table(inventory).loc[union]
        listing = pd.DataFrame(
            {
                "plans": [t(f"scenarios.letters_{code}") for code in plans],
                "site": base["name"],
                "country": [countries_text(inventory, codes) for codes in base["iso3"]],
                "species": base["species"],
                "categories": [controls.category_text(row) for _, row in base.iterrows()],
                "share": base["share"],
                "vintage": base["vintage"].astype(int),
                "added": base["uncovered_km2"],
                "falling": base["falling"],
            }
        ).sort_values(["plans", "site"])
        table(
            listing,
            t("scenarios.sites_table", n=len(listing)),
            version,
            "plan_sites",
            {
                "site_id": st.column_config.TextColumn(t("site.id")),
                "plans": st.column_config.TextColumn(t("scenarios.in_plans")),
                "site": st.column_config.TextColumn(t("word.site")),
                "country": st.column_config.TextColumn(t("word.country")),
                "species": st.column_config.NumberColumn(t("word.trigger_species")),
                "categories": st.column_config.TextColumn(t("word.categories")),
                "share": st.column_config.NumberColumn(t("word.share_plain"), format="percent"),
                "vintage": st.column_config.NumberColumn(t("word.vintage"), format="%d"),
                "added": st.column_config.NumberColumn(t("scenarios.added"), format="localized"),
                "falling": st.column_config.CheckboxColumn(t("scenarios.falling")),
            },
            settings,
        )
    else:
        st.markdown(t("scenarios.empty_plan"))
    if exact.left_out:
        with st.expander(t("scenarios.left_out", n=len(exact.left_out))):
            st.markdown("; ".join(md(label_of(site)) for site in exact.left_out))
    if exact.outside:
        st.info(say("scenarios.outside", n=len(exact.outside), sites="; ".join(names[list(exact.outside)])))

    st.subheader(t("scenarios.ledger", n=len(last)), anchor=False)
    none = int(last["all_none"].sum()) if len(last) else 0
    st.markdown(t("scenarios.ledger_text", none=none, partly=len(last) - none, n=len(last)))
    shown = pd.DataFrame(
        {
            "scientific_name": last["scientific_name"],
            "common_name": last["common_name"],
            "category": [
                t("category.unknown") if pd.isna(code) else named("category", code)
                for code in last["category"]
            ],
            "class": [named("class", code) for code in last["class_name"]],
            "sites": last["sites"],
            "country": [
                ", ".join(country_name(inventory, code) for code in codes.split(";"))
                for codes in last["iso3"]
            ],
            "cover": last["cover"],
        }
    ).reset_index(drop=True)
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height=320,
        placeholder="",
        alt=t("scenarios.ledger", n=len(last)),
        column_config={
            "scientific_name": st.column_config.TextColumn(t("word.scientific_name")),
            "common_name": st.column_config.TextColumn(t("word.common_name")),
            "category": st.column_config.TextColumn(t("word.category")),
            "class": st.column_config.TextColumn(t("word.class")),
            "sites": st.column_config.TextColumn(t("word.sites")),
            "country": st.column_config.TextColumn(t("word.country")),
            "cover": st.column_config.NumberColumn(t("scenarios.best_cover"), format="percent"),
        },
    )
    download(last, version, "ledger", settings)


if not len(scope):
    head(t("scenarios.question"), t("empty.no_site"), version)
    no_sites(filters.clear)
elif inventory.coverage.empty:
    # without any cover there is no gap that a plan could close
    head(t("scenarios.question"), t("scenarios.no_cover", n=len(scope)), version)
    with st.container(border=True):
        st.markdown(t("scenarios.no_cover_why"))
        note(t("scenarios.consent"))
else:
    weights, exact, top, problem = None, None, None, ""
    try:
        weights = link.weights()
        exact, top = loads.plans(inventory, link.scenario(), weights)
    except AzeError as error:
        problem = explain(error)
    working = (t("scenarios.badge_working"), "gray")
    if exact is None or top is None:
        head(t("scenarios.question"), t("scenarios.no_plan"), version, working)
    else:
        board, _ = loads.board(inventory, exact.selected, link.assumptions(), chosen_filters)
        secured = board[(board["measure"] == "species_all_covered") & (board["basis"] == NEWEST)].iloc[0]
        head(
            t("scenarios.question"),
            t(
                f"scenarios.answer_{state['budget_kind']}",
                n=len(exact.selected),
                cost=cost_text(exact),
                species=int(secured["after"] - secured["before"]),
                objective=exact.objective,
                horizon=link.assumptions().horizon_years,
            ),
            version,
            working,
        )
    left, right = st.columns([1, 2.75], gap="medium")
    with left:
        builder()
        with st.container(border=True):
            note(t("scenarios.consent"))
        with st.expander(t("target.words")):
            for code in ("gbf3", "gbf4", "aichi11", "aichi12"):
                st.markdown(f"**{t(f'target.{code}')}**: {t(f'target.{code}_text')}")
    with right:
        if exact is None or top is None:
            st.warning(md(problem))
        else:
            results(exact, top, weights)

"""Where two plans differ: the map, the table of sites, and the sites that are in neither."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.locale import number, t
from aze_core.views import maps
from pages.decide.plan_view import View
from pages.shell import controls, display, loads
from pages.shell.widgets import countries_text, download, draw, note, say, show


def where(view: View) -> None:
    """Where the plans differ: map, table of sites, and who is not in them."""
    st.subheader(t("scenarios.where"), anchor=False)
    letters, sites = view.letters, view.inventory.sites
    counts = {code: int((letters == code).sum()) for code in ("A", "B", "AB")}
    if len(letters):
        _map(view, letters, counts)
        note(
            t("scenarios.map_note", a=counts["A"], b=counts["B"], both=counts["AB"])
            + " "
            + display.borders_note()
        )
        _site_table(view, letters)
    else:
        st.markdown(t("scenarios.empty_plan"))
    if view.exact.filled:
        note(
            say(
                "plan.filled",
                n=len(view.exact.filled),
                sites="; ".join(sites.loc[list(view.exact.filled), "name"]),
            )
        )
    if view.exact.consent_unknown:
        note(t("plan.consent_unknown", n=len(view.exact.consent_unknown)))
    for title, left in (
        ("scenarios.left_out", view.exact.left_out),
        ("plan.unfit", view.exact.unfit),
        ("plan.withheld", view.exact.withheld),
    ):
        if left:
            with st.expander(t(title, n=len(left))):
                st.markdown(view.labels(left))
    if view.exact.outside:
        st.info(
            say(
                "scenarios.outside",
                n=len(view.exact.outside),
                sites="; ".join(view.names[list(view.exact.outside)]),
            )
        )


def _map(view: View, letters: pd.Series, counts: dict[str, int]) -> None:
    frame = view.inventory.sites.loc[letters.index, ["name", "latitude", "longitude", "iso3"]]
    if not frame["latitude"].notna().any():
        return
    said = {"A": t("scenarios.only_a"), "B": t("scenarios.only_b"), "AB": t("scenarios.in_both")}
    frame = frame.assign(
        plans=letters,
        said=letters.map(said),
        country=[countries_text(view.inventory, codes) for codes in frame["iso3"]],
    )
    near = view.filters.active or loads.is_regional(view.inventory)
    show(
        draw(
            maps.plans_map,
            pd.DataFrame(frame.drop(columns="iso3")).rename_axis("site_id").reset_index(),
            {
                "site": t("word.site"),
                "country": t("word.country"),
                "plans": t("scenarios.in_plans"),
            },
            letters="AB",
            bounds="sites" if near else None,
            land=display.land(),
        ),
        t("scenarios.map_alt", a=counts["A"], b=counts["B"], both=counts["AB"]),
    )


def _site_table(view: View, letters: pd.Series) -> None:
    """Sites of both plans; what each is worth to plan A takes solves, so it is computed when asked for."""
    label = t("scenarios.sites_table", n=len(letters))
    with st.expander(label, key="open_plan_sites", on_change="rerun") as fold:
        wanted = st.toggle(t("plan.replacement"), key="plan_replacement", help=t("plan.replacement_wait"))
        lost = None
        if fold.open and wanted:
            with st.spinner(t("plan.replacement_running")):
                lost = loads.replacement_costs(view.inventory, view.scenario, view.exact)
        frame = site_frame(view, lost)
        st.dataframe(
            frame,
            width="stretch",
            placeholder=t("missing"),
            alt=label,
            column_config=_site_columns(view),
        )
        if lost is not None:
            note(t("plan.replacement_note"))
        download(frame, view.inventory.version, "plan_sites", view.settings())


def site_frame(view: View, lost: pd.Series | None = None) -> pd.DataFrame:
    """Sites of both plans with their action, cover and added area; `lost` is the replacement cost of A's."""
    letters = view.letters
    base = loads.site_table(view.inventory).loc[letters.index]
    done = loads.plan_sites(view.inventory, view.scenario, view.union)
    frame = pd.DataFrame(
        {
            "plans": [t(f"scenarios.letters_{code}") for code in letters],
            "site": base["name"],
            "country": [countries_text(view.inventory, codes) for codes in base["iso3"]],
            "action": [t(f"plan.action_{code}") for code in done["action"]],
            "species": base["species"],
            "categories": [controls.category_text(row) for _, row in base.iterrows()],
            "share": base["share"],
            "vintage": base["vintage"].astype("Int64"),
            "share_after": done["cover_after"],
            "added": done["added_km2"],
            "flags": [
                _flags(view, site, unknown)
                for site, unknown in zip(done.index, done["consent_unknown"], strict=True)
            ],
            "falling": base["falling"],
        },
        index=letters.index,
    )
    if lost is not None:
        frame["replacement"] = [
            t("plan.none") if site not in lost.index else _lost_text(lost[site]) for site in frame.index
        ]
    return frame.sort_values(["plans", "site"])


def _lost_text(cost: float) -> str:
    if pd.isna(cost):
        return t("plan.replacement_no_time")
    return t("plan.replacement_none") if math.isinf(cost) else number(cost, 3)


def _flags(view: View, site: str, consent_unknown: bool) -> str:
    """What to know of a site of the plan."""
    found = [t("plan.flag_filled")] if site in {*view.exact.filled, *view.top.filled} else []
    return "; ".join([*found, *([t("plan.flag_consent")] if consent_unknown else [])])


def _site_columns(view: View) -> dict[str, Any]:
    column = st.column_config
    return {
        "site_id": column.TextColumn(t("site.id")),
        "plans": column.TextColumn(t("scenarios.in_plans")),
        "site": column.TextColumn(t("word.site")),
        "country": column.TextColumn(t("word.country")),
        "action": column.TextColumn(t("plan.action")),
        "species": column.NumberColumn(t("word.trigger_species")),
        "categories": column.TextColumn(t("word.categories")),
        "share": column.NumberColumn(t("word.share_plain"), format="percent"),
        "vintage": column.NumberColumn(t("word.vintage"), format="%d"),
        "share_after": column.NumberColumn(t("plan.share_after"), format="percent"),
        "added": column.NumberColumn(t("scenarios.added"), format="localized"),
        "flags": column.TextColumn(t("plan.flags")),
        "falling": column.CheckboxColumn(t("scenarios.falling")),
        "replacement": column.TextColumn(t("plan.replacement"), help=t("plan.replacement_help")),
    }

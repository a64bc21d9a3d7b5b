"""The sites of a plan in landscapes, for projects."""

from __future__ import annotations

import zlib
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.settings import value
from aze_core.locale import explain, number, t
from aze_core.scenarios.landscapes import Landscapes, LandscapeSettings, rename
from aze_core.views import maps
from pages.decide.study import Headline, Study
from pages.shell import display, link, loads, studies
from pages.shell.widgets import countries_text, download, draw, md, named, note, say, show, table

state = st.session_state
GROUPS = f"{link.KEPT}landscape_groups"
"""Key of the named groups, as pairs of a name and its sites."""

NAMES = f"{link.KEPT}landscape_names"
"""Key of the names that were given to landscapes, by their key."""


def view(study: Study, headline: Headline) -> None:
    """Draw the landscapes of one plan."""
    _controls(study)
    sites = study.solution.selected
    if not sites:
        headline(t("grouped.answer_none", letter=study.letter))
        return
    try:
        chosen = LandscapeSettings(float(state["diameter_km"]), bool(state["across_borders"]), _groups(study))
        with st.spinner(t("grouped.running")):
            made = studies.grouped(study.inventory, sites, chosen)
        named_ = renamed(made)
    except AzeError as error:
        headline(t("grouped.no_answer"))
        st.warning(md(explain(error)))
        return
    headline(answer(study, named_))
    _map(study, named_)
    _table(study, named_, chosen)
    if named_.unplaced:
        note(
            say(
                "landscapes.unplaced",
                n=len(named_.unplaced),
                sites=", ".join(study.names[list(named_.unplaced)]),
            )
        )
    if named_.outside:
        note(
            say(
                "grouped.outside",
                n=len(named_.outside),
                sites=", ".join(study.names.reindex(list(named_.outside)).fillna("")),
            )
        )
    note(t("grouped.note", km=chosen.diameter_km))
    _members(study, named_, chosen)
    _stability(study, sites, chosen)


def _controls(study: Study) -> None:
    with st.container(border=True):
        left, right = st.columns(2, gap="small")
        with left:
            st.number_input(
                t("grouped.diameter"),
                min_value=float(value("landscapes.diameter_least_km")),
                max_value=float(value("landscapes.diameter_most_km")),
                step=10.0,
                format="%g",
                key="diameter_km",
                help=t("grouped.diameter_help"),
            )
        with right:
            st.toggle(t("grouped.across"), key="across_borders", help=t("grouped.across_help"))
        with st.expander(t("grouped.together")):
            note(t("grouped.together_note"))
            st.multiselect(
                t("grouped.sites"),
                sorted(study.solution.selected, key=lambda site: str(study.names[site])),
                format_func=study.label,
                key="group_sites",
                placeholder=t("grouped.sites_none"),
            )
            st.text_input(t("grouped.name"), key="group_name", max_chars=80)
            with st.container(horizontal=True, gap="small"):
                st.button(t("grouped.add"), on_click=_add, key="add_group")
            for name, sites in state.get(GROUPS, []):
                with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                    st.markdown(md(t("grouped.one", name=name, n=len(sites))), width="content")
                    st.button(t("grouped.drop"), on_click=_drop, args=(name,), key=f"drop_group_{name}")


def _add() -> None:
    name, sites = str(state["group_name"]).strip(), list(state["group_sites"])
    if name and len(sites) > 1:
        # a site belongs to the group that was named last
        kept = [
            (old, [site for site in of if site not in sites])
            for old, of in state.get(GROUPS, [])
            if old != name
        ]
        state[GROUPS] = [*((old, of) for old, of in kept if len(of) > 1), (name, sites)]
        state["group_name"], state["group_sites"] = "", []


def _drop(name: str) -> None:
    state[GROUPS] = [(old, of) for old, of in state.get(GROUPS, []) if old != name]


def _groups(study: Study) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Named groups with the sites that this version of the data has."""
    there = set(study.inventory.sites.index)
    found = [(name, tuple(site for site in sites if site in there)) for name, sites in state.get(GROUPS, [])]
    return tuple((name, sites) for name, sites in found if sites)


def renamed(made: Landscapes) -> Landscapes:
    """The landscapes under the names that were given to them."""
    given = state.get(NAMES, {})
    return rename(made, {key: name for key, name in given.items() if key in made.table.index})


def answer(study: Study, made: Landscapes) -> str:
    """How many landscapes, and the largest of them."""
    several = made.table[made.table["sites"] > 1]
    fields: dict[str, Any] = {
        "n": len(made.table),
        "sites": int(made.table["sites"].sum()),
        "letter": study.letter,
    }
    if several.empty:
        return t("grouped.answer_apart", **fields)
    first = several.iloc[0]
    return say(
        "grouped.answer",
        several=len(several),
        name=first["name"],
        first=int(first["sites"]),
        species=int(first["species"]),
        **fields,
    )


def numbers(made: Landscapes) -> pd.Series:
    """Number of each landscape of several sites, as table and map print it; empty for a single one."""
    several = made.table["sites"] > 1
    return several.cumsum().astype("str").where(several, "")


def map_frame(study: Study, made: Landscapes) -> pd.DataFrame:
    """Sites as the map draws them."""
    sites = study.inventory.sites.loc[made.members.index, ["name", "latitude", "longitude", "iso3"]]
    return pd.DataFrame(
        {
            "site_id": sites.index,
            "name": sites["name"].to_numpy(),
            "country": [countries_text(study.inventory, codes) for codes in sites["iso3"]],
            "latitude": sites["latitude"].to_numpy(),
            "longitude": sites["longitude"].to_numpy(),
            "number": made.members["landscape"].map(numbers(made)).to_numpy(),
            "landscape": made.members["name"].to_numpy(),
        }
    )


def _map(study: Study, made: Landscapes) -> None:
    frame = map_frame(study, made)
    if not frame["latitude"].notna().any():
        return
    words = {"site": t("word.site"), "country": t("word.country"), "landscape": t("grouped.landscape")}
    several = int((made.table["sites"] > 1).sum())
    show(
        draw(maps.landscapes_map, frame, words, bounds="sites", land=display.land()),
        t("grouped.map_alt", several=several, alone=len(made.table) - several),
    )
    note(t("grouped.map_note") + " " + display.borders_note())


def table_frame(study: Study, made: Landscapes) -> pd.DataFrame:
    """Landscapes in words."""
    rows = made.table
    return pd.DataFrame(
        {
            "number": numbers(made),
            "name": rows["name"],
            "sites": rows["sites"],
            "species": rows["species"],
            "cr": rows["cr"],
            "en": rows["en"],
            "countries": [countries_text(study.inventory, codes) for codes in rows["countries"]],
            "diameter": rows["diameter_km"].round(0),
            "area": rows["area_km2"].round(1),
            "area_unknown": rows["area_unknown"],
            "threats": [_threats(study, codes) for codes in rows["shared_threats"]],
            "remark": [
                "; ".join(t(f"landscapes.beyond.{code}") for code in str(codes).split(";") if code)
                for codes in rows["beyond"]
            ],
        },
        index=rows.index,
    )


def _threats(study: Study, codes: Any) -> str:
    if codes is None:
        return t("missing")
    names = study.inventory.threats.dropna(subset=["name"]).drop_duplicates("code").set_index("code")["name"]
    return ", ".join(f"{code} {names.get(code, named('threat', code))}".strip() for code in codes) or t(
        "plan.none"
    )


def _table(study: Study, made: Landscapes, chosen: LandscapeSettings) -> None:
    """The landscapes; their names can be typed over."""
    frame = table_frame(study, made)
    column = st.column_config
    # edits are kept by row: an editor of other rows, or of other names, is another editor
    said = "\n".join([*frame.index, *frame["name"]])
    key = f"landscape_table_{zlib.crc32(said.encode()):08x}"

    def keep() -> None:
        """Names that were typed over."""
        given = dict(state.get(NAMES, {}))
        for row, changes in state[key]["edited_rows"].items():
            if "name" in changes:
                landscape = str(frame.index[int(row)])
                name = str(changes["name"] or "").strip()
                # an empty name is the old one again
                given.pop(landscape, None)
                if name:
                    given[landscape] = name
        try:
            rename(made, {code: name for code, name in given.items() if code in made.table.index})
        except AzeError as error:
            state["landscape_problem"] = explain(error)
            return
        state[NAMES] = given

    problem = state.pop("landscape_problem", "")
    if problem:
        st.error(md(problem))
    st.data_editor(
        frame,
        hide_index=True,
        width="stretch",
        num_rows="fixed",
        key=key,
        on_change=keep,
        disabled=[name for name in frame.columns if name != "name"],
        placeholder=t("missing"),
        column_config={
            "number": column.TextColumn(t("grouped.number"), width=45),
            "name": column.TextColumn(
                t("grouped.landscape"), max_chars=80, width=260, help=t("grouped.rename")
            ),
            "sites": column.NumberColumn(t("word.sites"), width=60),
            "species": column.NumberColumn(t("word.trigger_species"), width=90),
            "cr": column.NumberColumn("CR", width=50),
            "en": column.NumberColumn("EN", width=50),
            "countries": column.TextColumn(t("word.country")),
            "diameter": column.NumberColumn(t("grouped.diameter_column"), format="localized"),
            "area": column.NumberColumn(t("word.area_km2"), format="localized"),
            "area_unknown": column.NumberColumn(t("grouped.area_unknown")),
            "threats": column.TextColumn(t("grouped.threats")),
            "remark": column.TextColumn(t("word.remark")),
        },
    )
    download(frame, study.inventory.version, "landscapes", study.settings(landscapes=chosen.to_dict()))


def _members(study: Study, made: Landscapes, chosen: LandscapeSettings) -> None:
    base = loads.site_table(study.inventory).loc[made.members.index]
    frame = pd.DataFrame(
        {
            "landscape": made.members["name"],
            "site": base["name"],
            "country": [countries_text(study.inventory, codes) for codes in base["iso3"]],
            "group": made.members["group"],
            "species": base["species"],
        }
    ).sort_values(["landscape", "site"])
    column = st.column_config
    table(
        frame,
        t("grouped.members", n=len(frame)),
        study.inventory.version,
        "landscape_sites",
        {
            "site_id": column.TextColumn(t("site.id")),
            "landscape": column.TextColumn(t("grouped.landscape")),
            "site": column.TextColumn(t("word.site")),
            "country": column.TextColumn(t("word.country")),
            "group": column.TextColumn(t("grouped.group")),
            "species": column.NumberColumn(t("word.trigger_species")),
        },
        study.settings(landscapes=chosen.to_dict()),
    )


def _stability(study: Study, sites: tuple[str, ...], chosen: LandscapeSettings) -> None:
    """How firmly the landscapes stand when the points are moved; made when opened."""
    with st.expander(t("grouped.firm"), key="open_firm", on_change="rerun") as fold:
        if not fold.open:
            return
        state.setdefault("jitter_km", 10.0)
        st.number_input(
            t("grouped.jitter"),
            min_value=0.1,
            max_value=1000.0,
            step=5.0,
            key="jitter_km",
            help=t("grouped.jitter_help"),
        )
        with st.spinner(t("grouped.firm_running")):
            made = studies.stability(study.inventory, sites, chosen, float(state["jitter_km"]))
        if pd.isna(made.agreement):
            st.markdown(t("grouped.firm_none"))
            return
        st.markdown(
            t(
                "grouped.firm_said",
                agreement=number(made.agreement, 2),
                low=number(made.agreement_low, 2),
                n=made.landscapes,
                chance=made.random_mean,
                stands=float(made.stands.mean()),
            )
        )
        note(t("grouped.firm_note"))

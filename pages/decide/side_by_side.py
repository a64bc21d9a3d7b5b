"""Plans side by side: verdicts, measures, where they differ, species left over, countries, how sure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd
import streamlit as st

from aze_core import __version__
from aze_core.domain.model import Inventory
from aze_core.locale import area, number, t
from aze_core.reports.sheet import comparison_sheet
from aze_core.reports.tables import stamp
from aze_core.reports.workbook import to_xlsx
from aze_core.scenarios.comparison import COSTS, HIGHER, Comparison
from aze_core.views import comparing as charts
from aze_core.views import maps
from aze_core.views.printing import plans_svg
from pages.decide.plan_board import written
from pages.decide.plan_view import Asked, cost_text
from pages.shell import display, loads, studies
from pages.shell.comparing import Chosen
from pages.shell.widgets import (
    countries_text,
    country_name,
    download_file,
    draw,
    md,
    named,
    note,
    say,
    show,
    table,
)

_SAID = 2
"""Phrases of a verdict: the most telling ones."""

_NAMES = 80
"""Species of the ledgers that the sheet names, of all plans together."""

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def answer(made: Comparison) -> str:
    """What the plans share, and which of them is ahead in what counts most."""
    n = len(made.letters)
    if n == 1:
        return t("compare.answer_one")
    shared = int((made.sites["letters"] == made.letters).sum())
    said = t("compare.answer_shared", plans=n, shared=shared, total=len(made.sites))
    if any(one.kind == "same_plan" for one in made.hindrances) and shared == len(made.sites):
        return t("compare.answer_same", n=len(made.sites))
    if made.inside:
        pairs = [t("compare.inside", one=one, two=two) for one, two in made.inside]
        said += " " + "; ".join(pairs) + "."
    lines = _lines(made)
    for measure in ("species_all_covered", "risk_reduction"):
        best = str(lines[measure]["best"])
        if best:
            value, before = float(lines[measure][best[0]]), float(lines[measure]["before"])
            fields: dict[str, Any] = {"letters": _and(best), "value": value, "before": before, "n": len(best)}
            said += " " + t(f"compare.ahead_{measure}", **fields)
    return said


def _lines(made: Comparison) -> dict[str, dict[Any, Any]]:
    """The rows of the measures by their code."""
    return {str(code): row for code, row in made.measures.to_dict("index").items()}


def _and(letters: Iterable[str]) -> str:
    return t("word.and").join(f"**{letter}**" for letter in letters)


def view(inventory: Inventory, made: Comparison, found: list[Chosen], full: bool) -> None:
    """Draw the comparison; on the full screen three things alone."""
    cards(made, found, full)
    if full:
        left, right = st.columns([1.2, 1], gap="small")
        with left:
            _strip(made, full)
        with right:
            _map(inventory, made, full)
        return
    hindrances(made)
    if len(made.letters) == 1:
        st.markdown(t("compare.keep_more"))
    st.subheader(t("compare.measures"), anchor=False)
    _strip(made, full)
    _board(inventory, made)
    st.subheader(t("compare.where"), anchor=False)
    _map(inventory, made, full)
    if len(made.sites):
        _sites(inventory, made)
    left, right = st.columns(2, gap="medium")
    with left:
        _ledger(inventory, made)
    with right:
        _countries(inventory, made)
    _how_sure(made, found)
    files(inventory, made, found)


# ---------------------------------------------------------------- verdicts


def cards(made: Comparison, found: list[Chosen], full: bool) -> None:
    """One card for each plan: what it takes, and what it buys and gives up; for a room that alone."""
    for cell, letter, one in zip(st.columns(len(found), gap="small"), made.letters, found, strict=True):
        with cell, st.container(border=True):
            st.markdown(f"**{letter} · {md(one.plan.name)}**")
            if not full or len(found) == 1:
                note(md(facts(made, letter, one)))
            if len(found) > 1:
                st.markdown(md(sentence(made, letter, one)))


def facts(made: Comparison, letter: str, one: Chosen) -> str:
    """What a plan takes, in words."""
    row: dict[Any, Any] = made.facts.to_dict("index")[letter]
    return t(
        "compare.facts",
        sites=t("unit.sites", n=int(row["sites"])),
        countries=t("unit.countries", n=int(row["countries"])),
        added=area(row["added_km2"]),
        cost=cost_text(Asked(one.inventory, one.plan.scenario), row["cost"]),
        objective=t(f"objective.{one.plan.scenario.objective}"),
    )


def fact_rows(made: Comparison, letter: str, one: Chosen) -> list[tuple[str, str]]:
    """What a plan takes, line by line."""
    row: dict[Any, Any] = made.facts.to_dict("index")[letter]
    return [
        (t("word.sites"), number(int(row["sites"]))),
        (t("compare.countries"), number(int(row["countries"]))),
        (t("measure.added_area"), area(row["added_km2"])),
        (t("compare.budget_used"), cost_text(Asked(one.inventory, one.plan.scenario), row["cost"])),
        (t("compare.made_for"), t(f"objective.{one.plan.scenario.objective}")),
    ]


def sentence(made: Comparison, letter: str, one: Chosen) -> str:
    """What a plan buys and what it gives up beside the others, in one sentence."""
    verdict = made.verdicts[letter]
    if verdict.same_as:
        return t("compare.same_as", letters=", ".join(verdict.same_as))
    # of mean cover and single covered sites the table tells enough
    ahead = _phrases(verdict.buys, one, HIGHER[:-2])
    behind = _phrases(verdict.gives_up, one, HIGHER[:-2])
    less = _phrases(verdict.buys, one, COSTS)
    more = _phrases(verdict.gives_up, one, COSTS)
    parts = [
        t(f"compare.verdict_{kind}", what=what)
        for kind, what in (("ahead", ahead), ("less", less), ("behind", behind), ("more", more))
        if what
    ]
    if verdict.beaten_by:
        letters = t("word.and").join(verdict.beaten_by)
        parts.append(t("compare.beaten", letters=letters, n=len(verdict.beaten_by)))
    if not parts:
        told = "verdict_small" if verdict.buys or verdict.gives_up else "verdict_even"
        return t(f"compare.{told}")
    return " ".join(parts)


def _phrases(lines: tuple[tuple[str, float, float], ...], one: Chosen, of: tuple[str, ...]) -> str:
    said = [_amount(name, by, one) for name, _, by in lines if name in of]
    return t("word.and").join(said[:_SAID])


def _amount(name: str, by: float, one: Chosen) -> str:
    """By how much, in the line's own unit."""
    if name == "cost":
        return cost_text(Asked(one.inventory, one.plan.scenario), by)
    whole = name not in ("risk_reduction", "star", "mean_cover", "added_km2")
    return t(f"compare.amount_{name}", by=round(by) if whole else by)


def hindrances(made: Comparison) -> None:
    """What keeps the plans from being read against each other."""
    for one in made.hindrances:
        said = t(f"compare.hindrance.{one.kind}", letters=t("word.and").join(one.letters), n=one.n)
        (st.warning if one.kind == "nothing" else note)(said)


# ---------------------------------------------------------------- measures


def _strip(made: Comparison, full: bool) -> None:
    """Every measure on its own scale: today, and after each plan."""
    rows, lines = [], _lines(made)
    for measure in (
        "species_all_covered",
        "risk_reduction",
        "sites_complete",
        "countries_served",
        "added_area",
    ):
        row = lines[measure]
        values = [float(row["before"]), *(float(row[x]) for x in made.letters)]
        for plan, value in zip((charts.TODAY, *made.letters), values, strict=True):
            rows.append(
                {
                    "measure": measure,
                    "label": t(f"measure.{measure}_short"),
                    "plan": plan,
                    "value": value,
                    "text": written(row["unit"], value, value),
                    "low": min(values),
                    "high": max(values) if max(values) > min(values) else min(values) + 1,
                }
            )
    words = {
        "measure": t("word.measure"),
        "plan": t("word.plan"),
        "value": t("word.value"),
        "today": t("word.today"),
    }
    k = 1.2 if full else 1.0
    parts = [
        f"{t(f'measure.{code}')}: "
        + ", ".join(
            f"{x} {written(lines[code]['unit'], lines[code][x], lines[code][x])}" for x in made.letters
        )
        for code in ("species_all_covered", "sites_complete")
    ]
    show(
        draw(charts.measures_strip, pd.DataFrame(rows), words, k=k, label_limit=145 if full else 150),
        t("compare.strip_alt", parts="; ".join(parts)),
    )


def board_frame(made: Comparison) -> pd.DataFrame:
    """Measures of all plans in words, with the difference from the first plan."""
    first = made.letters[0]
    rows, apart = [], made.differences.to_dict()
    for measure, row in _lines(made).items():
        unit = row["unit"]
        told: dict[str, Any] = {
            "target": t(f"target_short.{row['gbf']}"),
            "measure": t(f"measure.{measure}"),
            "n": t("compare.n_differs") if pd.isna(row["n"]) else number(int(row["n"])),
            "before": written(unit, row["before"], row["before"]),
        }
        for x in made.letters:
            told[x] = written(unit, row[x], row[x]) + (" ◂" if x in row["best"] else "")
            if x != first:
                told[f"{x}−{first}"] = _difference(unit, float(apart[x][measure]))
        rows.append({**told, "not": t(f"measure.{measure}_not")})
    return pd.DataFrame(rows)


def _difference(unit: str, by: float) -> str:
    if abs(by) < 1e-9:
        return t("plan.equal")
    said = t("compare.points", by=100 * abs(by)) if unit == "share" else written(unit, abs(by), abs(by))
    return f"{'+' if by > 0 else '−'}{said}"


def _board(inventory: Inventory, made: Comparison) -> None:
    frame = board_frame(made)
    column = st.column_config
    table(
        frame,
        t("compare.board"),
        inventory.version,
        "compared_measures",
        {
            "target": column.TextColumn(t("word.target"), width=58),
            "measure": column.TextColumn(t("word.measure"), width=250),
            "n": column.TextColumn(t("word.counted"), width=70),
            "before": column.TextColumn(t("word.today"), width=80),
            **{x: column.TextColumn(x, width=88) for x in made.letters},
            **{
                name: column.TextColumn(name, width=88)
                for name in frame.columns
                if "−" in name and name not in made.letters
            },
            "not": column.TextColumn(t("scenarios.not"), width=420),
        },
        settings(made),
        opened=True,
    )
    note(t("compare.board_note", letter=made.letters[0]) + " " + t("compare.board_marks"))


def settings(made: Comparison, found: list[Chosen] | None = None) -> str:
    """The choices as they are written into files."""
    plans = {x: one.plan for x, one in zip(made.letters, found or [], strict=False)}
    chosen = {
        "plans": {
            x: {"name": plan.name, "scenario": plan.scenario.to_dict(), "data": plan.data}
            for x, plan in plans.items()
        }
        or list(made.letters),
        "consent": t("scenarios.consent"),
    }
    return json.dumps(chosen, sort_keys=True, ensure_ascii=False)


# ---------------------------------------------------------------- where


def said_of(made: Comparison) -> pd.Series:
    """In which plans each site is, in words."""
    return made.sites["letters"].map(
        lambda own: (
            t("compare.in_all")
            if own == made.letters and len(own) > 1
            else t("compare.in_plans", letters=", ".join(own))
        )
    )


def map_frame(inventory: Inventory, made: Comparison) -> pd.DataFrame:
    """Sites of any plan as the map draws them."""
    frame = inventory.sites.loc[made.sites.index, ["name", "latitude", "longitude", "iso3"]]
    frame = frame.assign(
        plans=made.sites["letters"],
        said=said_of(made),
        country=[countries_text(inventory, codes) for codes in frame["iso3"]],
    )
    return pd.DataFrame(frame.drop(columns="iso3")).rename_axis("site_id").reset_index()


def counts(made: Comparison) -> str:
    """How many sites are in which plans, in words."""
    own = made.sites["letters"]
    parts = [t("compare.count_only", letter=x, n=int((own == x).sum())) for x in made.letters]
    if len(made.letters) > 1:
        some = int(((own.str.len() > 1) & (own != made.letters)).sum())
        if len(made.letters) > 2:
            parts.append(t("compare.count_some", n=some))
        parts.append(t("compare.count_all", n=int((own == made.letters).sum())))
    return " · ".join(parts)


def _map(inventory: Inventory, made: Comparison, full: bool) -> None:
    if made.sites.empty:
        st.markdown(t("compare.empty_plans"))
        return
    frame = map_frame(inventory, made)
    unplaced = int(frame["latitude"].isna().sum())
    if unplaced < len(frame):
        words = {"site": t("word.site"), "country": t("word.country"), "plans": t("scenarios.in_plans")}
        show(
            draw(
                maps.plans_map,
                frame,
                words,
                letters=made.letters,
                k=1.2 if full else 1.0,
                bounds="sites" if loads.is_regional(inventory) else None,
                land=display.land(),
            ),
            t("compare.map_alt", counts=counts(made)),
        )
    note(counts(made) + ". " + display.borders_note())
    if unplaced:
        note(t("compare.unplaced", n=unplaced))


def site_frame(inventory: Inventory, made: Comparison) -> pd.DataFrame:
    """Sites of any plan, those of all plans first."""
    base = loads.site_table(inventory).loc[made.sites.index]
    frame = pd.DataFrame(
        {
            "plans": made.sites["letters"],
            "site": base["name"],
            "country": [countries_text(inventory, codes) for codes in base["iso3"]],
            "species": base["species"],
            "share": base["share"],
            "vintage": base["vintage"].astype("Int64"),
        },
        index=made.sites.index,
    )
    order = frame.assign(_n=-frame["plans"].str.len()).sort_values(["_n", "plans", "site"]).index
    return frame.loc[order]


def _sites(inventory: Inventory, made: Comparison) -> None:
    column = st.column_config
    table(
        site_frame(inventory, made),
        t("compare.sites_table", n=len(made.sites)),
        inventory.version,
        "compared_sites",
        {
            "site_id": column.TextColumn(t("site.id")),
            "plans": column.TextColumn(t("scenarios.in_plans")),
            "site": column.TextColumn(t("word.site")),
            "country": column.TextColumn(t("word.country")),
            "species": column.NumberColumn(t("word.trigger_species")),
            "share": column.NumberColumn(t("word.share_plain"), format="percent"),
            "vintage": column.NumberColumn(t("word.vintage"), format="%d"),
        },
        settings(made),
    )
    for letter, sites in made.lost.items():
        if sites:
            note(say("compare.lost", letter=letter, n=len(sites), sites=", ".join(sites)))


# ---------------------------------------------------------------- ledger, countries, robustness


def _ledger(inventory: Inventory, made: Comparison) -> None:
    st.subheader(t("compare.ledger"), anchor=False)
    st.markdown(
        t(
            "compare.ledger_n",
            counts=", ".join(f"**{x}** {number(n)}" for x, n in made.ledger_n.items()),
        )
    )
    if made.ledger.empty:
        if len(made.letters) > 1:
            note(t("compare.ledger_same"))
        return
    frame = pd.DataFrame(
        {
            "species": made.ledger["scientific_name"],
            "category": [
                t("category.unknown") if pd.isna(code) else named("category", code)
                for code in made.ledger["category"]
            ],
            "sites": made.ledger["sites"],
            "plans": made.ledger["letters"],
        }
    ).reset_index(drop=True)
    column = st.column_config
    table(
        frame,
        t("compare.ledger_table", n=len(frame)),
        inventory.version,
        "compared_ledger",
        {
            "species": column.TextColumn(t("word.scientific_name")),
            "category": column.TextColumn(t("word.category")),
            "sites": column.TextColumn(t("word.sites")),
            "plans": column.TextColumn(t("compare.left_by")),
        },
        settings(made),
        opened=True,
    )


def _countries(inventory: Inventory, made: Comparison) -> None:
    st.subheader(t("compare.countries"), anchor=False)
    st.markdown(
        t(
            "compare.countries_n",
            counts=", ".join(f"**{x}** {number(made.facts.at[x, 'countries'])}" for x in made.letters),
        )
    )
    if made.countries.empty:
        return
    frame = made.countries.reset_index()
    frame.insert(0, "country", [country_name(inventory, code) for code in frame["iso3"]])
    frame = frame.assign(_n=-frame[list(made.letters)].sum(axis=1)).sort_values(["_n", "country"])
    table(
        frame.drop(columns=["_n", "iso3"]),
        t("compare.countries_table", n=len(frame)),
        inventory.version,
        "compared_countries",
        {"country": st.column_config.TextColumn(t("word.country"))},
        settings(made),
        opened=True,
        export=frame.drop(columns="_n"),
    )


def _how_sure(made: Comparison, found: list[Chosen]) -> None:
    """How sure each plan is, when it is asked for: it takes many solves."""
    with st.expander(t("compare.sure"), key="open_sure", on_change="rerun") as fold:
        if not fold.open:
            return
        rows = []
        with st.spinner(t("core.running")):
            for letter, one in zip(made.letters, found, strict=True):
                robust = studies.sure(one.inventory, one.plan.scenario, one.plan.solution)
                rows.append(
                    {
                        "plan": letter,
                        "core": robust.number("core", in_plan=True),
                        "borderline": robust.number("borderline", in_plan=True),
                        "never": robust.number("never", in_plan=True),
                        "outside": robust.number("core", in_plan=False),
                        "mean": robust.reached[0],
                        "low": robust.reached[1],
                        "draws": robust.draws,
                    }
                )
        frame = pd.DataFrame(rows)
        column = st.column_config
        st.dataframe(
            frame,
            hide_index=True,
            width="stretch",
            alt=t("compare.sure"),
            column_config={
                "plan": column.TextColumn(t("word.plan"), width=50),
                "core": column.NumberColumn(t("core.kind_core")),
                "borderline": column.NumberColumn(t("core.kind_borderline")),
                "never": column.NumberColumn(t("core.kind_never")),
                "outside": column.NumberColumn(t("compare.core_outside")),
                "mean": column.NumberColumn(t("compare.reached_mean"), format="percent"),
                "low": column.NumberColumn(t("compare.reached_low"), format="percent"),
                "draws": column.NumberColumn(t("core.draws")),
            },
        )
        note(t("compare.sure_note"))


# ---------------------------------------------------------------- files


def files(inventory: Inventory, made: Comparison, found: list[Chosen]) -> None:
    """The comparison as a sheet to print and as a workbook; each is made only on click."""
    st.subheader(t("plan.files"), anchor=False)
    with st.container(horizontal=True, gap="small"):
        download_file(
            t("compare.sheet"),
            lambda: comparison_sheet(sheet(inventory, made, found)),
            "plans-a3.pdf",
            "application/pdf",
            key="compare_pdf",
        )
        download_file(
            t("button.xlsx"),
            lambda: workbook(inventory, made, found),
            "plans.xlsx",
            _XLSX,
            key="compare_xlsx",
        )
    note(t("compare.files_note"))


def workbook(inventory: Inventory, made: Comparison, found: list[Chosen]) -> bytes:
    """All tables of the comparison as a workbook."""
    sheets = {
        t("compare.sheet_measures"): made.measures.reset_index(),
        t("compare.sheet_plans"): made.facts.reset_index(),
        t("compare.sheet_sites"): site_frame(inventory, made).reset_index(),
        t("compare.sheet_ledger"): made.ledger.reset_index(),
        t("compare.sheet_countries"): made.countries.reset_index(),
    }
    return to_xlsx(sheets, inventory.version, settings(made, found), sources=inventory.sources)


def sheet(inventory: Inventory, made: Comparison, found: list[Chosen]) -> dict[str, Any]:
    """What the printed sheet holds."""
    version = inventory.version
    drawn = None
    frame = map_frame(inventory, made)
    if frame["latitude"].notna().any():
        chart = maps.plans_map(
            frame,
            {"site": t("word.site"), "country": t("word.country"), "plans": t("scenarios.in_plans")},
            letters=made.letters,
            mode="print",
            bounds="sites" if loads.is_regional(inventory) else None,
        )
        drawn = plans_svg(chart)
    status = t(f"provenance.status.{version.status}", as_of=version.as_of)
    sites = site_frame(inventory, made)
    return {
        "title": t("compare.question"),
        "answer": answer(made).replace("**", ""),
        "stamp": stamp(version) + f" · {t('app.title')} {__version__}",
        "warning": "" if version.is_current else status,
        "plans": [
            {
                "letter": x,
                "name": one.plan.name,
                "sentence": sentence(made, x, one) if len(found) > 1 else "",
                "facts": fact_rows(made, x, one),
            }
            for x, one in zip(made.letters, found, strict=True)
        ],
        "measures": [
            {
                "label": t(f"measure.{measure}"),
                "unit": t(f"target_short.{row['gbf']}"),
                "today": written(row["unit"], row["before"], row["before"]),
                "values": {x: written(row["unit"], row[x], row[x]) for x in made.letters},
                "best": list(row["best"]),
            }
            for measure, row in _lines(made).items()
        ],
        "sites": [
            {"name": row["site"], "country": row["country"], "letters": row["plans"]}
            for _, row in sites.iterrows()
        ],
        "map_svg": drawn,
        "map_caption": counts(made) + ". " + t("map.land_countries"),
        "ledger": [
            {
                "letter": x,
                "n": made.ledger_n[x],
                "species": made.ledger.loc[
                    made.ledger["letters"].str.contains(x, regex=False), "scientific_name"
                ]
                .head(_NAMES // len(made.letters))
                .tolist(),
            }
            for x in made.letters
        ],
        "notes": [
            t("scenarios.consent"),
            *(
                t(f"compare.hindrance.{one.kind}", letters=", ".join(one.letters), n=one.n)
                for one in made.hindrances
            ),
            t("compare.board_note", letter=made.letters[0]),
            version.notice,
        ],
        "words": {
            "measures": t("compare.measures"),
            "measure": t("word.measure"),
            "unit": t("word.target"),
            "today": t("word.today"),
            "best": t("compare.best_means"),
            "sites": t("compare.where"),
            "site": t("word.site"),
            "country": t("word.country"),
            "ledger": t("compare.ledger_sheet"),
            "nothing": t("compare.ledger_same"),
            "notes": t("word.notes"),
        },
    }

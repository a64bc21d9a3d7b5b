"""Where a site stands in both orders and how surely, what it needs, and what threatens its species."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Inventory, RankSettings, Weights
from aze_core.locale import chance, explain, interval, number, percent, t
from aze_core.ranking.acceptability import Acceptability
from aze_core.views import ranks
from pages.shell import controls, link, loads
from pages.shell.widgets import draw, note, say, show, table

BANDS = ((1, 1), (2, 5), (6, 10), (11, 20), (21, 50), (51, None))
"""First and last rank of each band."""

_CHOICES = ("records", "yes", "no")


def ranking(inventory: Inventory, site: str) -> None:
    """Ranks in both orders among the sites that the Priorities page lists, how surely, and why.

    Where that page does not list the site, among the covered sites too.
    """
    settings = link.rank_settings()
    plain = replace(settings, unknown="range")
    listed = site in loads.ranked(inventory, None, plain).index
    if not listed:
        settings, plain = (replace(each, uncovered_only=False) for each in (settings, plain))
    st.subheader(t("site.rank"), anchor=False)
    mine = loads.ranked(inventory, None, plain).loc[site]
    if mine["apart"] == "gone":
        st.markdown(t("why.apart_gone"))
    rows: list[dict[str, str]] = []
    told: list[tuple[str, Weights | None, Acceptability | None]] = []
    for code in link.MODES:
        try:
            weights = None if code == "loss" else link.given_weights()
            line, drawn = _standing(inventory, weights, settings, site, code)
        except SettingError as error:
            st.warning(explain(error))
            continue
        rows.append(line)
        told.append((code, weights, drawn))
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder=t("missing"),
        alt=t("site.rank_alt"),
        column_config={
            "order": st.column_config.TextColumn(t("priorities.order")),
            "rank": st.column_config.TextColumn(t("word.rank")),
            "sure": st.column_config.TextColumn(
                t("priorities.interval_short"), help=t("priorities.interval_help")
            ),
            "top": st.column_config.TextColumn(t("priorities.p_top", top=link.uncertainty().top)),
            "score": st.column_config.TextColumn(t("word.score")),
        },
    )
    note(t("site.rank_note" if listed else "site.rank_note_all"))
    _bands(told, site)
    for code, weights, drawn in told:
        with st.expander(t(f"site.why_{code}")):
            given = link.uncertainty() if drawn is None else link.uncertainty(drawn.draws)
            reasons = loads.reasons(inventory, weights, settings, site, given, drawn)
            st.markdown(
                "\n".join("- " + controls.reason_text(r, weights, settings.assumptions) for r in reasons)
            )
    st.page_link("pages/decide/priorities.py", label=t("site.to_priorities"), icon=":material/arrow_forward:")


def _standing(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, site: str, code: str
) -> tuple[dict[str, str], Acceptability | None]:
    """One line of the table, and the draws where anything is drawn."""
    ranked = loads.ranked(inventory, weights, settings)
    row: Any = ranked.loc[site]
    total = int(ranked["rank"].notna().sum())
    # as many draws as the Priorities page takes
    given = link.uncertainty(loads.draws_at_once(total))
    line = {
        "order": t(f"priorities.order_{code}"),
        "rank": t("why.title_none"),
        "sure": "",
        "top": "",
        "score": "",
    }
    if row["apart"]:
        return line, None
    drawn = None
    if weights is not None or given.data:
        drawn = loads.spread(inventory, weights, settings, given)
        ends = drawn.interval().loc[site]
        line["sure"] = interval(ends["low"], ends["high"])
        line["top"] = chance(float(drawn.p_top(given.top)[site]))
    points = float(row["score"]) * (1 if weights is None else 100)
    line["rank"] = t("site.rank_of", rank=int(row["rank"]), total=total)
    line["score"] = (
        t("site.score_loss", score=points, horizon=settings.assumptions.horizon_years)
        if weights is None
        else t("site.score_points", points=points)
    )
    return line, drawn


def _bands(told: list[tuple[str, Weights | None, Acceptability | None]], site: str) -> None:
    """How often the site takes a rank in each band, in the order of the Priorities page where it can be."""
    order = st.session_state["order"]
    for code, _, drawn in sorted(told, key=lambda each: each[0] != order):
        if drawn is None:
            continue
        total = len(drawn.sites)
        below = 0.0
        rows = []
        for first, last in BANDS:
            if first > total:
                break
            reached = float(drawn.p_top(min(last or total, total))[site])
            end = min(last or total, total)
            rows.append({"band": interval(first, end), "p": max(reached - below, 0.0)})
            below = reached
        show(
            draw(
                ranks.acceptability_bars,
                pd.DataFrame(rows),
                {"band": t("word.rank"), "p": t("site.band_share"), "unknown": t("missing")},
            ),
            t(
                "site.bands_alt",
                parts="; ".join(f"{row['band']}: {percent(float(str(row['p'])))}" for row in rows),
            ),
            key="rank_bands",
        )
        note(t(f"site.bands_{code}", n=drawn.draws))
        return


def need(inventory: Inventory, site: str) -> None:
    """What the site needs, and whether a threat there stops at no boundary: by records, or as set here."""
    settings = link.rank_settings()
    ranked = loads.ranked(inventory, None, replace(settings, uncovered_only=False, unknown="range"))
    row: Any = ranked.loc[site]
    st.subheader(t("need.title"), anchor=False)
    basis = row["beyond_basis"] if isinstance(row["beyond_basis"], str) else "none"
    mett = "" if pd.isna(row["mett"]) else " · " + t("need.mett", share=float(row["mett"]))
    st.markdown(f"**{controls.need_text(row)}** :gray[({t(f'need.basis_{basis}')}{mett})]")
    state = st.session_state
    now = "yes" if site in state["beyond"] else "no" if site in state["stopped"] else "records"
    link.hold("beyond_pick", now)
    st.segmented_control(
        t("need.set"),
        _CHOICES,
        format_func=lambda code: t(f"need.set_{code}"),
        key="beyond_pick",
        on_change=_set,
        args=(site,),
        required=True,
        help=t("need.set_help"),
    )


def _set(site: str) -> None:
    """The visitor's word on the threats of a site; for this session and its link."""
    state = st.session_state
    chosen = state["beyond_pick"]
    for key, code in (("beyond", "yes"), ("stopped", "no")):
        left = [each for each in state[key] if each != site]
        state[key] = sorted([*left, site]) if chosen == code else left


def threats(inventory: Inventory, site: str) -> None:
    """Which threats make up the risk of the site's species: threat-abatement STAR by threat, and impact."""
    st.subheader(t("site.threats"), anchor=False)
    found = None if inventory.threats.empty else loads.threats(inventory, site)
    if found is None or found["code"].isna().all():
        st.markdown(t("threats.none"))
        return
    total = float(found["star"].sum())
    known = found[found["star"].notna() & (found["star"] > 0)]
    if total > 0:
        by_level = known.assign(
            level=[t("site.threat_none") if pd.isna(c) else _level(c) for c in known["code"]]
        )
        sums = by_level.groupby("level", sort=False)["star"].sum().sort_values(ascending=False)
        recorded = sums.drop(t("site.threat_none"), errors="ignore")
        if len(recorded):
            st.markdown(
                say(
                    "site.threats_answer",
                    total=total,
                    share=float(recorded.iloc[0]) / total,
                    threat=str(recorded.index[0]),
                )
            )
        show(
            draw(
                ranks.acceptability_bars,
                # sums in another order: a part may not exceed the whole by a rounding
                pd.DataFrame({"band": sums.index.tolist(), "p": (sums / total).clip(upper=1).to_numpy()}),
                {"band": t("site.threat"), "p": t("site.threat_share"), "unknown": t("missing")},
                label_limit=210,
            ),
            t(
                "site.threats_alt",
                parts="; ".join(f"{k}: {percent(float(v) / total)}" for k, v in sums.items()),
            ),
            key="threat_bars",
        )
    table(
        pd.DataFrame(
            {
                "threat": [_name(row) for _, row in found.iterrows()],
                "species": found["species"],
                "star": [t("missing") if pd.isna(each) else number(each) for each in found["star"]],
                "impact": [_impact(row) for _, row in found.iterrows()],
                "assumed": [t("yes") if each else "" for each in found["assumed"]],
            }
        ),
        t("site.threats_table", n=len(found)),
        inventory.version,
        "threats",
        {
            "threat": st.column_config.TextColumn(t("site.threat"), width=260),
            "species": st.column_config.NumberColumn(t("priorities.species_short")),
            "star": st.column_config.TextColumn(t("criterion.star"), help=t("criterion.star_help")),
            "impact": st.column_config.TextColumn(t("criterion.impact"), help=t("criterion.impact_help")),
            "assumed": st.column_config.TextColumn(t("site.assumed"), help=t("site.assumed_help")),
        },
        export=found,
    )
    note(t("site.threats_note"))


def _name(row: Any) -> str:
    """Code and name of a threat as the Red List has them."""
    if pd.isna(row["code"]):
        return t("site.threat_none")
    return str(row["code"]) if pd.isna(row["name"]) else f"{row['code']} {row['name']}"


def _level(code: str) -> str:
    return t(f"threat_level.{code.split('.')[0]}")


def _impact(row: Any) -> str:
    if pd.isna(row["impact"]):
        return t("missing")
    said = t(f"impact.{row['impact']}")
    return said if pd.isna(row["score"]) else f"{said} ({int(row['score'])})"

"""Irreplaceability against threat: four quarters, and a box that narrows the table."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from aze_core.domain.model import Inventory, RankSettings
from aze_core.locale import t
from aze_core.ranking.quarters import CODES, quarters
from aze_core.views import quadrants
from pages.shell import controls, link, loads
from pages.shell.widgets import class_words, draw, note, show

CUT = 0.5
"""Both scales are cut in the middle between their worst and best."""

_CHART = "quarters_chart"
_MOUNTS = "quarters_mounts"
_DRAWN = "quarters_drawn"
_FIRST = "quarters_first"
_PICKED = "quarters_picked"
_FINE = 10_000
"""Parts of a scale to which a box is kept: as the link writes it, and so the same in every session."""


def threats(inventory: Inventory) -> list[str]:
    """Criteria that can stand for threat here: STAR and impact where there are threat records."""
    records = not inventory.threats.empty
    influence = inventory.sites["human_influence"].notna().any()
    return [
        code
        for code in link.THREATS
        if (code not in ("star", "impact") or records) and (code != "pressure" or influence)
    ]


def threat(inventory: Inventory, settings: RankSettings) -> str:
    """The criterion that stands for threat: as chosen, else human influence where most sites have it."""
    options, chosen = threats(inventory), st.session_state["threat_axis"]
    if chosen in options:
        return str(chosen)
    known = inventory.sites["human_influence"].notna().mean() if len(inventory.sites) else 0
    return "pressure" if "pressure" in options and known > CUT else options[0]


def axes(inventory: Inventory, settings: RankSettings, code: str) -> tuple[pd.Series, pd.Series]:
    """Values of irreplaceability and of the threat, 0 to 1, of all sites."""
    known = loads.values(inventory, ("irreplaceability", code), settings).known
    return known["irreplaceability"], known[code]


def unbox() -> None:
    """All sites again; the chart comes up without its box."""
    st.session_state["box"] = []


def _take(key: str, frame: pd.DataFrame, ranked: pd.Index) -> None:
    """What was drawn or clicked in the chart."""
    state = st.session_state
    found = state[key]["selection"]
    picked = [each["site_id"] for each in found.get("pick") or []]
    # an older pick stays in the selection while a box is drawn
    is_new = picked != state.get(_PICKED, [])
    state[_PICKED] = picked
    if picked and is_new:
        state["site"] = _best_at(picked[0], frame, ranked)
    brush = found.get("brush") or {}
    if "x" in brush and "y" in brush:
        box = _outwards(brush["x"]) + _outwards(brush["y"])
        # one that lies beside the scales is taken back
        beside = box[0] >= box[1] or box[2] >= box[3]
        state["box"], state[_DRAWN] = ([], None) if beside else (box, list(box))
    elif not (picked and is_new):
        state["box"], state[_DRAWN] = [], []


def _best_at(site: str, frame: pd.DataFrame, ranked: pd.Index) -> str:
    """The site of a mark that was clicked; of a mark that many share, the one that comes first."""
    place = ["x", "y", "protection"]
    # a class that is not known is one of its own
    here = frame.fillna({"protection": ""}).set_index("site_id")[place]
    mine = here.index[here.eq(here.loc[site]).all(axis=1)]
    return site if len(mine) <= quadrants.APART else str(ranked[ranked.isin(mine)][0])


def _outwards(ends: Sequence[float]) -> list[float]:
    """Both ends of a side, rounded so that no site falls out."""
    low, high = (min(max(float(end), 0.0), 1.0) for end in (min(ends), max(ends)))
    return [math.floor(low * _FINE) / _FINE, math.ceil(high * _FINE) / _FINE]


def chart(inventory: Inventory, settings: RankSettings, ranked: pd.DataFrame, selected: str) -> None:
    """The chart with its choice of threat, its quarters counted, and what is not in it."""
    state = st.session_state
    options = threats(inventory)
    now = threat(inventory, settings)
    link.hold("threat_pick", now)
    st.segmented_control(
        t("quarters.threat"),
        options,
        format_func=controls.criterion_name,
        key="threat_pick",
        on_change=_choose,
        required=True,
        wrap=True,
        help=t("quarters.threat_help"),
    )
    x, y = (each.reindex(ranked.index) for each in axes(inventory, settings, now))
    where = quarters(x, y, CUT, CUT)
    lost = int(where.isna().sum())
    if lost == len(ranked):
        st.markdown(t("quarters.none"))
        return
    # the chart keeps its own box; it is made anew where it was away, or the box came from elsewhere
    key = f"{_CHART}_{state.get(_MOUNTS, 0)}"
    if key not in state or state.get(_DRAWN) != state["box"]:
        state[_MOUNTS] = state.get(_MOUNTS, 0) + 1
        state[_DRAWN], state[_FIRST], state[_PICKED] = list(state["box"]), list(state["box"]) or None, []
        key = f"{_CHART}_{state[_MOUNTS]}"
    counts = {code: int((where == code).sum()) for code in CODES}
    names = {f"q_{code}": t("quarters.named", name=t(f"quarters.{code}"), n=n) for code, n in counts.items()}
    # by identifier, so that the chart is made anew only where something in it is another
    listed = ranked.index.sort_values()
    frame = pd.DataFrame(
        {
            "site_id": listed,
            "label": inventory.sites.loc[listed, "name"].to_numpy(),
            "x": x[listed].to_numpy(dtype=float),
            "y": y[listed].to_numpy(dtype=float),
            "protection": ranked.loc[listed, "protection"].to_numpy(),
        }
    )
    show(
        draw(
            quadrants.scatter,
            frame,
            {
                "x": t("quarters.x"),
                "y": t("quarters.y", criterion=controls.criterion_name(now)),
                "site": t("word.site"),
                "sites": t("quarters.sites"),
                "protection": t("word.protection_plain"),
                "unknown": t("missing"),
                **class_words(),
                **names,
            },
            CUT,
            CUT,
            selected=selected,
            box=state[_FIRST],
        ),
        t(
            "quarters.alt",
            n=len(ranked) - lost,
            q_high_high=counts["high_high"],
            q_high_low=counts["high_low"],
            q_low_high=counts["low_high"],
            q_low_low=counts["low_low"],
        ),
        key=key,
        on_select=lambda: _take(key, frame, ranked.index),
    )
    note(t("quarters.note") + (" " + t("quarters.lost", n=lost) if lost else ""))


def _choose() -> None:
    state = st.session_state
    state["threat_axis"] = state["threat_pick"]
    # a box drawn over another scale means nothing here
    unbox()

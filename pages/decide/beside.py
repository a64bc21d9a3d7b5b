"""What stands beside the ranking: quarters, sites compared, the other order, assumptions, filling in."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.model import Inventory, Weights
from aze_core.locale import chance, interval, number, percent, t
from aze_core.measures.impute import Validation
from aze_core.ranking.filled import can_be_filled
from aze_core.ranking.values import effective_weights
from aze_core.reports.sentences import assumption_name
from aze_core.views import ranks
from pages.decide import quarters
from pages.decide.listing import View
from pages.shell import controls, link, loads
from pages.shell.widgets import draw, md, note, say, show, table

LETTERS = ("A", "B", "C", "D")
_DIFFER = 10
_CHECKED = "filling_checked"


def sentence(view: View) -> None:
    """How far the two orders agree, and which site they put furthest apart."""
    if view.other_ranked is None:
        return
    found = loads.agreement(view.inventory, view.weights, view.other, view.settings)
    if found.sites < 2:
        return
    first = found.apart.iloc[0]
    ranks_ = (int(first["one"]), int(first["two"]))
    # always told as modelled loss against weights
    by_loss, by_weights = ranks_ if view.weights is None else ranks_[::-1]
    text = (
        t("orders.no_tau", n=found.sites)
        if pd.isna(found.tau)
        else t("orders.tau", tau=found.tau, same=found.alike * 100, n=found.sites)
    )
    if first["moved"]:
        text += " " + say(
            "orders.most",
            site=view.names[found.apart.index[0]],
            loss=by_loss,
            weights=by_weights,
        )
    st.markdown(text)


def parts(view: View) -> None:
    """One of the views beside the ranking; only the chosen one is computed."""
    part = st.segmented_control(
        t("beside.title"),
        link.PARTS,
        format_func=lambda code: t(f"beside.{code}"),
        key="rank_part",
        required=True,
        wrap=True,
    )
    with st.container(border=True):
        {
            "quarters": _quarters,
            "compare": compare,
            "orders": orders,
            "assumptions": assumptions,
            "filling": filling,
        }[part or link.PARTS[0]](view)


def _quarters(view: View) -> None:
    quarters.chart(view.inventory, view.settings, view.ranked, view.selected)


def compare(view: View) -> None:
    """Up to four sites side by side: criteria, ranks, and how often one beats another."""
    inventory = view.inventory
    state = st.session_state
    options = view.ranked.index.tolist()
    state["compared"] = [site for site in state["compared"] if site in options]
    chosen = st.multiselect(
        t("compare_sites.which"),
        options,
        format_func=view.labels.__getitem__,
        key="compared",
        max_selections=link.MOST_COMPARED,
        placeholder=t("compare_sites.none"),
    )
    if not chosen:
        note(t("compare_sites.how"))
        return
    codes = [*link.MAIN, *state["more"]]
    values = loads.values(inventory, codes, view.settings, [c for c in state["reverse"] if c in codes])
    letter = dict(zip(chosen, LETTERS, strict=False))
    rows = [
        {
            "criterion": code,
            "label": controls.criterion_name(code),
            "site_id": site,
            "site": view.names[site],
            "letter": letter[site],
            "value": values.known.at[site, code],
            "low": values.low.at[site, code],
            "high": values.high.at[site, code],
        }
        for code in codes
        for site in chosen
    ]
    show(
        draw(
            ranks.profile,
            pd.DataFrame(rows),
            {
                "criterion": t("word.part"),
                "site": t("word.site"),
                "value": t("compare_sites.value"),
                "unknown": t("missing"),
                "worst": t("methods.worst"),
                "best": t("methods.best"),
            },
        ),
        t("compare_sites.alt", sites="; ".join(f"{letter[s]} {view.names[s]}" for s in chosen)),
        key="profile_chart",
    )
    points = view.ranked.loc[chosen, "score"] * (1 if view.weights is None else 100)
    lines = [
        (
            t("priorities.score_weighted")
            if view.weights is not None
            else t("compare_sites.loss", horizon=view.settings.assumptions.horizon_years),
            [number(each, 1 if view.weights is not None else 3) for each in points],
        ),
        (t("word.rank"), [_place(view, site) for site in chosen]),
        *_sure_lines(view, chosen),
        (t("need.title"), [controls.need_text(view.ranked.loc[site]) for site in chosen]),
        (t("word.categories"), [controls.category_text(view.ranked.loc[site]) for site in chosen]),
        *(
            (
                controls.criterion_name(code),
                [controls.criterion_value(inventory, code, values.raw.at[site, code]) for site in chosen],
            )
            for code in codes
        ),
    ]
    shown = {t("compare_sites.line"): [label for label, _ in lines]}
    for at, site in enumerate(chosen):
        shown[f"{letter[site]} {view.names[site]}"] = [texts[at] for _, texts in lines]
    table(pd.DataFrame(shown), t("compare_sites.table"), inventory.version, "compared", opened=True)
    if len(chosen) > 1 and view.drawn is not None:
        wins = loads.wins(inventory, view.weights, view.settings, view.given, chosen)
        if len(wins) > 1:
            frame = pd.DataFrame(
                {letter[str(b)]: [percent(p) for p in wins[b]] for b in wins.columns},
                index=pd.Index([f"{letter[str(a)]} {view.names[a]}" for a in wins.index], name="site"),
            )
            for site in wins.index:
                frame.loc[f"{letter[str(site)]} {view.names[site]}", letter[str(site)]] = "–"
            table(frame, t("compare_sites.wins"), inventory.version, "wins", opened=True)
            note(t("compare_sites.wins_note", n=view.given.draws))


def _sure_lines(view: View, chosen: list[str]) -> list[tuple[str, list[str]]]:
    """Ranks in the draws, and how often among the first N: where something is drawn, and can be left out."""
    if not view.has_draws:
        return []
    sure = view.sure().loc[chosen]
    ends = zip(sure["low"], sure["high"], strict=True)
    lines = [(t("priorities.interval_short"), [interval(a, b) for a, b in ends])]
    if len(view.placed) > view.given.top:
        lines.append((t("priorities.p_top", top=view.given.top), [chance(p) for p in sure["p_top"]]))
    return lines


def _place(view: View, site: str) -> str:
    rank: Any = view.ranked.at[site, "rank"]
    return t("priorities.no_rank") if pd.isna(rank) else number(rank)


def orders(view: View) -> None:
    """The sites that the two orders put furthest apart."""
    if view.other_ranked is None:
        st.markdown(t("orders.no_weights"))
        return
    found = loads.agreement(view.inventory, view.weights, view.other, view.settings)
    if not found.sites:
        st.markdown(t("orders.none"))
        return
    one, two = ("loss", "weighted") if view.weights is None else ("weighted", "loss")
    frame = found.apart.head(_DIFFER)
    frame = frame.assign(name=view.names[frame.index])[["name", "one", "two", "moved"]]
    st.markdown(t("orders.note"))
    table(
        frame,
        t("orders.table", n=len(frame)),
        view.inventory.version,
        "orders",
        {
            "site_id": st.column_config.TextColumn(t("site.id")),
            "name": st.column_config.TextColumn(t("word.site")),
            "one": st.column_config.NumberColumn(t(f"orders.by_{one}")),
            "two": st.column_config.NumberColumn(t(f"orders.by_{two}")),
            "moved": st.column_config.NumberColumn(
                t("orders.moved"), format="%+d", help=t("orders.moved_help")
            ),
        },
        settings=view.choices(),
        opened=True,
        export=found.apart.assign(name=view.names[found.apart.index]),
    )


def assumptions(view: View) -> None:
    """Which assumption moves the first N most, one at a time."""
    top = view.given.top
    found = loads.assumption_moves(view.inventory, view.weights, view.settings, top)
    if found.empty:
        st.markdown(t("moves.none"))
        return
    first = found.iloc[0]
    st.markdown(
        t("moves.steady", top=top)
        if not first["moved"]
        else say(
            "moves.most",
            what=assumption_name(first["assumption"], first["to"]),
            enter=int(first["entering"]),
            leave=int(first["leaving"]),
            top=top,
        )
    )

    def named(sites: str) -> str:
        return "; ".join(str(view.names[site]) for site in sites.split(";") if site)

    table(
        pd.DataFrame(
            {
                "what": [
                    _lead(assumption_name(a, b))
                    for a, b in zip(found["assumption"], found["to"], strict=True)
                ],
                "entering": found["entering"],
                "leaving": found["leaving"],
                "enter": [named(sites) for sites in found["enter"]],
                "leave": [named(sites) for sites in found["leave"]],
            }
        ),
        t("moves.table"),
        view.inventory.version,
        "assumptions",
        {
            "what": st.column_config.TextColumn(t("moves.what")),
            "entering": st.column_config.NumberColumn(
                t("moves.enters", top=top), help=t("moves.count_help", top=top)
            ),
            "leaving": st.column_config.NumberColumn(t("moves.leaves"), help=t("moves.count_help", top=top)),
            "enter": st.column_config.TextColumn(t("moves.enter")),
            "leave": st.column_config.TextColumn(t("moves.leave")),
        },
        settings=view.choices(),
        opened=True,
        export=found,
    )
    note(t("moves.note"))


def _lead(text: str) -> str:
    """The same at the head of a line."""
    return text[:1].upper() + text[1:]


def fillable(inventory: Inventory, weights: Weights) -> list[str]:
    """Weighted criteria that were tested in this session and can be filled in."""
    tested = st.session_state.get(_CHECKED, {})
    return [code for code in weights.shares if tested.get((inventory.key, code))]


def _missing(view: View) -> list[str]:
    if view.weights is None:
        return []
    used = effective_weights(view.inventory, view.weights, view.settings)
    codes = [code for code in used.shares if can_be_filled(code)]
    values = loads.values(view.inventory, tuple(used.shares), view.settings, used.reverse)
    return [code for code in codes if values.raw[code].isna().any()]


def filling(view: View) -> None:
    """Whether what is missing can be filled in, shown by a test that the reader can follow."""
    state = st.session_state
    codes = _missing(view)
    st.markdown(t("filling.why"))
    if view.weights is None:
        note(t("filling.weights_only"))
        return
    if not codes:
        note(t("filling.nothing"))
        return
    tested = state.setdefault(_CHECKED, {})
    waiting = [code for code in codes if (view.inventory.key, code) not in tested]
    if waiting:
        asked = st.button(t("filling.test"), key="test_filling", icon=":material/science:")
        if not asked:
            note(t("filling.slow"))
            return
        with st.spinner(t("filling.running")):
            for code in waiting:
                tested[view.inventory.key, code] = loads.validation(view.inventory, code).better
        # the choice of what is not known stands above, and is drawn already
        st.rerun()
    for code in codes:
        found = loads.validation(view.inventory, code)
        st.markdown(f"**{md(controls.criterion_name(code))}.** {verdict(found)}")
        if found.countries or found.families:
            _comparison(view, code, found)
    note(t("filling.note"))


def verdict(found: Validation) -> str:
    """What the test says, in a sentence."""
    return t("filling.better") if found.better else t(f"filling.reason_{found.reason}", n=found.n)


def _comparison(view: View, code: str, found: Validation) -> None:
    rows = [
        {
            "by": t(f"filling.by_{by}"),
            "n": each.n,
            "groups": each.groups,
            "imputer": each.mae,
            "baseline": each.mae_baseline,
            "inside": each.inside,
        }
        for by, each in (("country", found.countries), ("family", found.families))
        if each is not None
    ]
    table(
        pd.DataFrame(rows),
        t("filling.table", criterion=controls.criterion_name(code)),
        view.inventory.version,
        "filling",
        {
            "by": st.column_config.TextColumn(t("filling.by")),
            "n": st.column_config.NumberColumn(t("filling.n")),
            "groups": st.column_config.NumberColumn(t("filling.groups")),
            "imputer": st.column_config.NumberColumn(t("filling.imputer"), format="%.2f"),
            "baseline": st.column_config.NumberColumn(t("filling.baseline"), format="%.2f"),
            "inside": st.column_config.NumberColumn(
                t("filling.inside"), format="percent", help=t("filling.inside_help")
            ),
        },
        opened=True,
    )

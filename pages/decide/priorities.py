"""Which uncovered sites should come first, how sure are we, and why?"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import RankSettings
from aze_core.locale import explain, t
from pages.decide import beside, listing, weighing
from pages.shell import controls, filters, link, loads
from pages.shell.widgets import countries_text, head, no_sites, note, popover, say

inventory = loads.current()
version = inventory.version
names = inventory.sites["name"]
state = st.session_state
_OPEN = "weights_open"
state.setdefault(_OPEN, state["order"] != "weighted")
problem = None
settings = link.rank_settings()
try:
    weights = link.weights()
    ranked = loads.ranked(inventory, weights, settings)
except SettingError as error:
    # weights without an order, or a filling that is not there: the default order stands in
    weights, problem = None, explain(error)
    settings = replace(settings, scope=(), unknown=RankSettings().unknown)
    ranked = loads.ranked(inventory, weights, settings)
placed = ranked[ranked["rank"].notna()]
given = link.uncertainty(loads.draws_at_once(len(placed)))
drawn = loads.spread(inventory, weights, settings, given) if len(placed) else None
other, other_ranked = controls.other_order(inventory, weights, settings)


def sure_words() -> str:
    """How sure the first places are, no wider than the draws.

    Nothing where more share the first rank than are to be first.
    """
    if drawn is None or (weights is None and not given.data):
        return ""
    if 1 < len(placed) <= given.top:
        return " " + t("priorities.answer_all", top=given.top)
    if len(placed) == 1 or placed["tie_size"].iloc[0] > given.top:
        return ""
    firsts = placed.index[(placed["rank"] <= given.top).to_numpy()]
    share = drawn.p_top(given.top)[firsts]
    kind = "data" if weights is None else given.spread
    first, ahead = str(placed.index[0]), str(drawn.first.idxmax())
    own = float(drawn.first[first])
    if drawn.first[ahead] > own and placed["tie_size"].iloc[0] == 1:
        # the draws speak against the order: nobody should take its first line for settled
        often = float(drawn.first[ahead])
        return " " + say(f"priorities.answer_other_{kind}", share=often, site=names[ahead], own=own)
    if len(firsts) == 1:
        return " " + t(f"priorities.answer_first_{kind}", share=float(share.iloc[0]))
    stay = int((share >= listing.SURE).sum())
    # equal sites can be more than there are places
    told = "sure" if len(firsts) == given.top else "shared"
    return " " + t(
        f"priorities.answer_{told}_{kind}", n=stay, of=len(firsts), top=given.top, level=listing.SURE
    )


question = t("priorities.question_all" if state["all_sites"] else "priorities.question")
in_filters = len(inventory.where(settings.filters))
if ranked.empty:
    head(
        question,
        t("priorities.none_uncovered" if in_filters else "priorities.none_listed", n=in_filters),
        version,
    )
elif placed.empty:
    head(question, t("priorities.none_ranked", n=len(ranked)), version)
else:
    first = placed.index[0]
    row = placed.iloc[0]
    if len(placed) == 1:
        answer = say("priorities.answer_one", site=names[first])
    elif row["tie_size"] > 1:
        answer = say("priorities.answer_tie", n=int(row["tie_size"]), total=len(placed))
    else:
        answer = say(
            "priorities.answer_loss" if weights is None else "priorities.answer_weighted",
            site=names[first],
            country=countries_text(inventory, inventory.sites.at[first, "iso3"]),
            n=int(row["species"]),
            score=float(row["score"]),
            points=float(row["score"]) * 100,
            horizon=settings.assumptions.horizon_years,
            total=len(placed),
        )
    answer += sure_words()
    years = sorted({int(item) for item in ranked["vintage"].dropna()})
    basis = t("priorities.badge_vintages", years=", ".join(str(item) for item in years))
    apart = int((ranked["apart"] != "").sum())
    badges = [(t("priorities.badge_n", n=len(ranked)), "gray")]
    if years:
        badges.append((basis, "gray"))
    if drawn is not None and (weights is not None or given.data):
        badges.append((t("priorities.badge_draws", n=given.draws, seed=given.seed), "gray"))
    if settings.unknown == "impute" and weights is not None:
        badges.append((t("priorities.badge_filled"), "orange"))
    if apart:
        badges.append((t("priorities.badge_apart", n=apart), "orange"))
    head(question, answer, version, *badges)


def how_sure() -> None:
    """What is drawn to see how sure the ranking is."""
    keys = ("top", "sure", "votes", "certain", "seed")
    with popover(t("sure.title"), "open_sure", *keys, icon=":material/casino:"):
        st.number_input(t("sure.top"), 1, 1000, key="top", help=t("sure.top_help"))
        if state["order"] == "weighted":
            st.segmented_control(
                t("sure.spread"),
                ("near", "ordinal", "flat"),
                format_func=lambda code: t(f"sure.spread_{code}"),
                key="sure",
                required=True,
                help=t("sure.spread_help"),
            )
            if state["sure"] == "near":
                st.number_input(t("sure.votes"), 1, 1000, key="votes", step=5, help=t("sure.votes_help"))
        st.toggle(t("sure.certain"), key="certain", help=t("sure.certain_help"))
        st.number_input(t("sure.seed"), 0, 10**9, key="seed", help=t("sure.seed_help"))
        st.button(
            t("assumption.reset"),
            on_click=link.reset,
            args=keys,
            key="reset_sure",
        )


def unknowns() -> None:
    """What a value that is not known does to the order."""
    with popover(t("unknown.title"), "open_unknown", "unknown_rule", icon=":material/help:"):
        options = ["range", "low", "high"]
        if state["unknown_rule"] == "impute" or (weights is not None and beside.fillable(inventory, weights)):
            options.append("impute")
        st.radio(
            t("unknown.rule"),
            options,
            format_func=lambda code: t(f"unknown.{code}"),
            captions=[t(f"unknown.{code}_note") for code in options],
            key="unknown_rule",
        )
        if "impute" not in options:
            note(t("unknown.impute_where"))


with st.container(border=True):
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.segmented_control(
            t("priorities.order"),
            link.MODES,
            format_func=lambda code: t(f"priorities.order_{code}"),
            key="order",
            required=True,
            help=t("priorities.order_help"),
        )
        st.toggle(t("priorities.all"), key="all_sites", help=t("priorities.all_help"))
        controls.assumptions(effect=state["order"] == "loss")
        how_sure()
        unknowns()
    if state["order"] == "weighted":
        # a link shows its ranking first; whoever chooses weights here sees them at once
        with st.expander(weighing.title(), expanded=state[_OPEN], key="weights"):
            weighing.card(inventory, settings)
    else:
        note(t("priorities.loss_note", horizon=settings.assumptions.horizon_years))
# places of their own, so that nothing below is drawn anew when a word comes or goes
problem_place, not_listed_place = st.empty(), st.empty()
if problem:
    problem_place.warning(f"{problem} {t('priorities.stands_in')}")

if ranked.empty:
    if in_filters:
        st.markdown(t("priorities.all_covered"))
    elif settings.filters.active:
        no_sites(filters.clear)
else:
    if placed.empty and weights is None and inventory.coverage.empty:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(t("priorities.no_cover"))
            st.button(
                t("priorities.use_weights"),
                on_click=lambda: state.update(order="weighted"),
                key="use_weights",
            )
    if state["site"] not in ranked.index:
        if state["site"] is not None:
            not_listed_place.info(say("priorities.not_listed", site=names[state["site"]]))
        state["site"] = ranked.index[0]
    # assigned on every run: the list box's labels carry the rank, and so change under it
    state["site"] = state["site"]
    view = listing.View(
        inventory, weights, settings, given, ranked, drawn, other, other_ranked, state["site"]
    )
    left, right = st.columns([2.1, 1], gap="medium")
    with left:
        if len(placed):
            listing.bars(view)
            beside.sentence(view)
            beside.parts(view)
    with right:
        listing.selected(view)
        listing.map_of(view)
    listing.table(view)

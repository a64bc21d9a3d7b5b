"""What is asked of a plan: objective, budget, locks, floors, actions, assumptions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from aze_core.domain.model import UNKNOWN, Filters, Inventory
from aze_core.domain.settings import value
from aze_core.locale import number, t
from aze_core.scenarios.actions import ACTIONS, AREA_BASED, DEFAULT_ACTION, STATED
from aze_core.scenarios.candidates import threat_codes, withheld_sites
from aze_core.scenarios.conflicts import Conflict
from aze_core.scenarios.quota_name import quota_name
from aze_core.scenarios.scenario import BUDGETS, OBJECTIVES
from pages.shell import controls, filters, link
from pages.shell.widgets import md, named, note, popover, say

RESET = (
    "objective",
    "budget_kind",
    *(f"budget_{kind}" for kind in BUDGETS),
    "cost_field",
    "elasticity",
    "fill_costs",
    "locked_in",
    "locked_out",
    "must_have",
    "allow_withheld",
    "floors",
    "ceilings",
    "action",
    "actions",
    "held",
    "to_percent",
    "class_effects",
    "threat_effects",
    "horizon",
    "effect",
    "scheme",
    "ratio",
)
_STEP = {"sites": 1, "km2": 500, "cost": 100_000.0, "index": 10.0}


def card(inventory: Inventory) -> None:
    """Everything that a scenario asks."""
    state = st.session_state
    with st.container(border=True):
        st.subheader(t("scenarios.builder"), anchor=False)
        _objective(inventory)
        _budget(inventory)
        locks(inventory)
        quotas(inventory)
        actions(inventory)
        controls.assumptions()
        effects(inventory)
        st.segmented_control(
            t("scenarios.compare_with"),
            link.MODES,
            format_func=lambda code: t(f"scenarios.compare_{code}"),
            key="order",
            required=True,
            help=t("scenarios.compare_help"),
        )
        st.button(t("button.reset"), on_click=link.reset, args=RESET, key="reset_scenario")
        scope, total = len(inventory.where(link.filters())), len(inventory.where(Filters()))
        note(t("scenarios.scope", n=scope, total=total))
        if state["objective"] == "weighted":
            st.page_link("pages/decide/priorities.py", label=t("builder.to_weights"))


def _objective(inventory: Inventory) -> None:
    state = st.session_state
    options = [
        code
        for code in OBJECTIVES
        if code != "star" or len(inventory.threats) or state["objective"] == "star"
    ]
    st.selectbox(
        t("builder.objective"),
        options,
        format_func=lambda code: t(f"objective.{code}"),
        key="objective",
    )
    note(t(f"objective.{state['objective']}_why"))


def _budget(inventory: Inventory) -> None:
    state = st.session_state
    fields = link.cost_fields(inventory)
    kinds = [kind for kind in BUDGETS if kind != "cost" or fields or state["budget_kind"] == "cost"]
    st.segmented_control(
        t("scenarios.budget_in"),
        kinds,
        format_func=lambda code: t(f"scenarios.unit_{code}"),
        key="budget_kind",
        required=True,
    )
    kind = state["budget_kind"]
    # no highest here: the field would turn red and say nothing, where the scenario says what is expected
    st.number_input(
        t(f"scenarios.budget_{kind}"),
        0 if kind in ("sites", "km2") else 0.0,
        key=f"budget_{kind}",
        step=_STEP[kind],
        help=t(f"scenarios.budget_{kind}_help"),
    )
    if kind == "cost":
        st.selectbox(
            t("builder.cost_field"),
            fields,
            format_func=lambda code: named("field", code),
            key="cost_field",
            help=t("builder.cost_field_help"),
        )
    if kind == "index":
        st.number_input(
            t("builder.elasticity"),
            0.01,
            1.0,
            key="elasticity",
            step=0.05,
            format="%.2f",
            help=t("builder.elasticity_help"),
        )
    if kind != "sites":
        st.toggle(t("builder.fill"), key="fill_costs", help=t("builder.fill_help"))


# ---------------------------------------------------------------- locks, must-haves, consent


def locks(inventory: Inventory) -> None:
    """Sites always or never included, species that must be in, and consent."""
    state, names = st.session_state, inventory.sites["name"]
    scope = inventory.where(link.filters())
    options = names[scope].sort_values(kind="stable").index.tolist()
    counts = [len(state[key]) for key in ("locked_in", "locked_out", "must_have")]
    held = ("locked_in", "locked_out", "must_have", "lock_entry", "allow_withheld")
    with popover(
        t("builder.locks"),
        "open_locks",
        *held,
        icon=":material/lock:",
        width="stretch",
    ):
        # a locked site stays visible when the filters leave it out, so that it can be unlocked
        for key in ("locked_in", "locked_out"):
            extra = [site for site in state[key] if site not in options]
            st.multiselect(
                t(f"scenarios.{key}"),
                options + extra,
                format_func=lambda site: label_of(inventory, site),
                key=key,
                placeholder=t(f"scenarios.{key}_none"),
                help=t(f"scenarios.{key}_help"),
            )
        species = inventory.species
        there = inventory.occurrences.loc[inventory.occurrences["site_id"].isin(scope), "species_id"]
        listed = set(there) | set(state["must_have"])
        st.multiselect(
            t("builder.must_have"),
            species["scientific_name"][species.index.isin(listed)].sort_values(kind="stable").index.tolist(),
            format_func=lambda code: species_label(inventory, code),
            key="must_have",
            placeholder=t("builder.must_have_none"),
            help=t("builder.must_have_help"),
        )
        if len(withheld_sites(inventory)):
            st.toggle(
                t("builder.allow_withheld"), key="allow_withheld", help=t("builder.allow_withheld_help")
            )
        _by_knowledge(inventory, scope)
    if any(counts):
        note(t("builder.locks_n", into=counts[0], out=counts[1], must=counts[2]))


def _by_knowledge(inventory: Inventory, scope: Any) -> None:
    """Locks in or out all filtered sites of which national knowledge says something; it never scores."""
    entries = sorted(link.known_entries(inventory))
    if not entries:
        return
    st.markdown(f"**{t('scenarios.lock_by')}**")
    st.selectbox(t("filter.known"), entries, format_func=filters.known_text, key="lock_entry")

    def sites_of() -> set[str]:
        """Filtered sites of which the chosen entry is said; read when a button is pressed, too."""
        said = inventory.statements()
        of = said["field"] + "=" + said["value"] == st.session_state["lock_entry"]
        return set(said.loc[of, "site_id"]) & set(scope)

    sites = sites_of()
    st.markdown(t("scenarios.lock_n", n=len(sites)))
    with st.container(horizontal=True):
        for key in ("locked_in", "locked_out"):
            st.button(
                t(f"scenarios.{key}"),
                key=f"by_knowledge_{key}",
                disabled=not sites,
                on_click=lambda key=key: lock(key, sites_of()),
            )
    note(t("rights.note"))


def lock(key: str, sites: set[str]) -> None:
    """Add sites to one lock, and take them out of the other."""
    state = st.session_state
    other = "locked_out" if key == "locked_in" else "locked_in"
    state[key] = sorted({*state[key], *sites})
    state[other] = [site for site in state[other] if site not in sites]


def label_of(inventory: Inventory, site: str) -> str:
    """Name, country codes and identifier of a site."""
    row = inventory.sites.loc[site]
    return f"{row['name']} ({row['iso3'].replace(';', '/')}, {site})"


def species_label(inventory: Inventory, code: str) -> str:
    """Scientific name, and the common one where there is one."""
    row = inventory.species.loc[code]
    common = row["common_name"]
    name = str(row["scientific_name"])
    return f"{name} ({common})" if isinstance(common, str) and common else name


# ---------------------------------------------------------------- floors and ceilings


def quotas(inventory: Inventory) -> None:
    """Least and most sites per country, region, class or income group."""
    state = st.session_state
    kinds = link.quota_codes(inventory)
    n = len(state["floors"]) + len(state["ceilings"])
    keys = [f"quota_code_{kind}" for kind in kinds]
    state.setdefault("quota_kind", next(iter(kinds)))
    state.setdefault("quota_n", 1)
    with popover(
        t("builder.quotas"),
        "open_quotas",
        "quota_kind",
        "quota_n",
        *keys,
        icon=":material/balance:",
        width="stretch",
    ):
        note(t("builder.quotas_note"))
        chosen = st.segmented_control(
            t("builder.quota_kind"),
            list(kinds),
            format_func=lambda code: t(f"quota.{code}"),
            key="quota_kind",
            required=True,
        )
        kind = chosen or next(iter(kinds))
        st.selectbox(
            t("builder.quota_code"),
            sorted(kinds[kind], key=lambda each: quota_name(inventory, kind, each)),
            format_func=lambda each: quota_name(inventory, kind, each),
            key=f"quota_code_{kind}",
        )
        st.number_input(t("builder.quota_n"), 0, 100_000, key="quota_n")
        with st.container(horizontal=True):
            for key in ("floors", "ceilings"):
                st.button(
                    t(f"builder.add_{key}"),
                    key=f"add_{key}",
                    on_click=_put_quota,
                    args=(key,),
                )
        for key in ("floors", "ceilings"):
            entries(key, partial(_quota_line, inventory, key))
    if n:
        note(t("builder.quotas_n", n=n))


def _quota_line(inventory: Inventory, key: str, entry: str) -> str:
    """A floor or ceiling in words."""
    kind, _, code = entry.partition(":")
    n = int(st.session_state[key][entry])
    return t(f"builder.{key}_line", n=n, name=quota_name(inventory, kind, code))


# what a button is to put is read when it is pressed: the press can come with values that no run has seen


def _put(key: str, code: str, given: Any) -> None:
    st.session_state[key] = {**st.session_state[key], code: given}


def _put_quota(key: str) -> None:
    state = st.session_state
    kind = state["quota_kind"]
    _put(key, f"{kind}:{state[f'quota_code_{kind}']}", int(state["quota_n"]))


def _put_action() -> None:
    state = st.session_state
    if state["action_site"] is not None:
        _put("actions", state["action_site"], state["action_other"])


def _put_effect(key: str) -> None:
    _put(key, st.session_state[f"{key}_code"], float(st.session_state["effect_value"]))


def _drop(key: str, code: str) -> None:
    st.session_state[key] = {each: held for each, held in st.session_state[key].items() if each != code}


def entries(key: str, text: Callable[[str], str]) -> None:
    """What was set so far, each with a button that takes it back."""
    for code in list(st.session_state[key]):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(md(text(code)))
            st.button(
                t("builder.drop"),
                key=f"drop_{key}_{code}",
                on_click=_drop,
                args=(key, code),
                type="tertiary",
                icon=":material/close:",
                help=t("builder.drop_help", what=text(code)),
            )


# ---------------------------------------------------------------- actions and effects


def actions(inventory: Inventory) -> None:
    """What is done at the chosen sites: one action for all, another at single ones."""
    state = st.session_state
    used = {state["action"], *state["actions"].values()}
    stated = [code for code in STATED if code in used]
    for code in stated:
        link.hold(f"held_{code}", state["held"].get(code))
    changed = state["action"] != DEFAULT_ACTION or state["actions"]
    with popover(
        t("builder.actions"),
        "open_actions",
        "action",
        "to_percent",
        "action_site",
        "action_other",
        *(f"held_{code}" for code in stated),
        icon=":material/handyman:",
        width="stretch",
    ):
        st.selectbox(t("builder.action"), ACTIONS, format_func=lambda code: t(f"action.{code}"), key="action")
        note(t(f"action_does.{state['action']}"))
        if used & {DEFAULT_ACTION, *AREA_BASED}:
            st.number_input(
                t("builder.to_share"),
                1.0,
                100.0,
                key="to_percent",
                step=5.0,
                format="%g",
                help=t("builder.to_share_help"),
            )
        for code in stated:
            _stated(code)
        st.markdown(f"**{t('builder.actions_else')}**")
        names = inventory.sites["name"]
        site = st.selectbox(
            t("word.site"),
            names[inventory.where(link.filters())].sort_values(kind="stable").index.tolist(),
            index=None,
            format_func=lambda each: label_of(inventory, each),
            key="action_site",
            placeholder=t("why.not_type"),
        )
        other = st.selectbox(
            t("builder.action_there"),
            ACTIONS[1:],
            format_func=lambda code: t(f"action.{code}"),
            key="action_other",
        )
        note(t(f"action_does.{other}"))
        st.button(
            t("builder.action_set"),
            key="set_action",
            disabled=site is None,
            on_click=_put_action,
        )
        entries(
            "actions", lambda each: f"{label_of(inventory, each)}: {t('action.' + state['actions'][each])}"
        )
    if changed:
        what = t(f"action_short.{state['action']}")
        note(t("builder.actions_n", action=what, n=len(state["actions"])))


def _stated(code: str) -> None:
    """The share that counts as held after an action whose effect nobody measured."""
    state, key = st.session_state, f"held_{code}"

    def keep() -> None:
        _drop("held", code) if state[key] is None else _put("held", code, float(state[key]))

    st.number_input(
        t("builder.held", action=t(f"action_short.{code}")),
        0.0,
        1.0,
        value=None,
        step=0.05,
        key=key,
        on_change=keep,
        placeholder=t("builder.held_none"),
        help=t("builder.held_help"),
    )


def effects(inventory: Inventory) -> None:
    """Another effect of protection for a class of species, or for a threat."""
    state = st.session_state
    n = len(state["class_effects"]) + len(state["threat_effects"])
    state.setdefault("effect_value", float(value("protection.effect")))
    classes = sorted(inventory.species["class_name"].fillna(UNKNOWN).unique())
    threats = sorted(threat_codes(inventory))
    kinds = {"class_effects": classes} | ({"threat_effects": threats} if threats else {})
    with popover(
        t("builder.effects"),
        "open_effects",
        "effect_value",
        *(f"{key}_code" for key in kinds),
        icon=":material/tune:",
        width="stretch",
    ):
        note(t("builder.effects_note", effect=float(state["effect"])))
        given = st.number_input(
            t("assumption.effect"),
            0.0,
            float(value("protection.effect_max")),
            step=0.05,
            format="%.2f",
            key="effect_value",
        )
        for key, codes in kinds.items():
            code = st.selectbox(
                t(f"builder.{key}"),
                codes,
                format_func=partial(_effect_name, key),
                key=f"{key}_code",
            )
            if code is None:
                continue
            st.button(
                t("builder.effect_set", name=_effect_name(key, code), effect=float(given)),
                key=f"set_{key}",
                on_click=_put_effect,
                args=(key,),
            )
            entries(key, partial(_effect_line, key))
    if n:
        note(t("builder.effects_n", n=n))


def _effect_name(key: str, code: str) -> str:
    if key == "class_effects":
        return named("class", code)
    return f"{code} {named('threat_level', code.split('.')[0])}"


def _effect_line(key: str, code: str) -> str:
    return f"{_effect_name(key, code)}: {number(st.session_state[key][code], 2)}"


# ---------------------------------------------------------------- what cannot be had


def collisions(found: list[Conflict]) -> None:
    """What collides, by name, and a button for the nearest that can be had."""
    with st.container(border=True, key="collisions"):
        st.markdown(f"**{t('builder.collides', n=len(found))}**")
        for each in found:
            st.warning(say(f"error.{each.code}", **each.fields))
            st.markdown("→ " + say(f"conflict.change.{each.change}", **each.change_fields))
        st.button(
            t("builder.apply", n=len(found)),
            key="apply_suggestion",
            type="primary",
            on_click=link.put_scenario,
            args=(found[-1].suggestion,),
        )
        note(t("builder.apply_note"))

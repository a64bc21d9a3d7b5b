"""Which plans stand side by side: the one of the Scenarios page, and kept ones."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.model import Inventory
from aze_core.locale import explain, t
from aze_core.scenarios.comparison import Plan
from pages.shell import keeping, link, studies
from pages.shell.keeping import Kept
from pages.shell.link import NOW

_FIRST = 3


@dataclass(frozen=True, eq=False)
class Chosen:
    """A plan that is compared.

    `inventory`: the version that it was solved with; `told`: what to know of it, in words.
    """

    code: str
    plan: Plan
    inventory: Inventory
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A plan that was chosen and cannot be had: its name or code, and why in words."""

    name: str
    why: str


def options() -> dict[str, str]:
    """What can be compared: code and label, the latest changed first."""
    found = keeping.listed()
    names = [one.name for one in found]
    return {
        NOW: t("compare.now"),
        **{
            one.scenario_id: one.name
            if names.count(one.name) == 1
            else t("compare.dated", name=one.name, day=keeping.day(one.changed))
            for one in found
        },
    }


def default(inventory: Inventory) -> list[str]:
    """The latest kept plans, and what stands on the Scenarios page where it is another one."""
    kept = keeping.listed()[:_FIRST]
    try:
        asked = link.scenario()
    except AzeError:
        return [one.scenario_id for one in reversed(kept)]
    again = any(not keeping.changed(inventory, one, asked) for one in kept)
    return [*(one.scenario_id for one in reversed(kept)), *([] if again else [NOW])]


def chosen(inventory: Inventory) -> list[str]:
    """Codes of the plans that the session, or the link, chose; the default where none is."""
    return list(st.session_state["plans"]) or default(inventory)


def gather(inventory: Inventory, codes: list[str]) -> tuple[list[Chosen], list[Missing]]:
    """The plans of these codes, and those that cannot be had."""
    kept = {one.scenario_id: one for one in keeping.listed()}
    found: list[Chosen] = []
    lost: list[Missing] = []
    for code in codes:
        name = t("compare.now") if code == NOW else kept[code].name if code in kept else code
        if code != NOW and code not in kept:
            lost.append(Missing(name, t("compare.foreign")))
            continue
        try:
            found.append(_now(inventory) if code == NOW else _kept(inventory, kept[code]))
        except AzeError as error:
            lost.append(Missing(name, explain(error)))
    return found, lost


def _now(inventory: Inventory) -> Chosen:
    scenario = link.scenario()
    solution = studies.solved(inventory, scenario)
    plan = Plan(t("compare.now"), scenario, solution, inventory.version.content_hash)
    # its filters are those above; an empty choice would look like a plan that wants nothing
    told = () if len(inventory.where(scenario.filters)) else (t("compare.now_empty"),)
    return Chosen(NOW, plan, inventory, told)


def _kept(inventory: Inventory, one: Kept) -> Chosen:
    made = studies.replayed(inventory, one.name, one.settings, one.inventory)
    own = studies.version_of(inventory, made.plan.data)
    told = [t("study.moved", name=one.name)] if made.moved else []
    told += [
        t("keep.lost", part=t(f"scenario_part.{each.setting}"), codes=", ".join(each.codes))
        for each in made.lost
    ]
    return Chosen(one.scenario_id, made.plan, inventory if own is None else own, tuple(told))

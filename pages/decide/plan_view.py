"""What the results of a scenario are about: the two plans, and amounts in words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

from aze_core.domain.model import Filters, Inventory, Weights
from aze_core.locale import number, t
from aze_core.ranking.values import national_fields
from aze_core.scenarios.national_coverage import NationalCoverage
from aze_core.scenarios.quota_name import quota_name
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution
from pages.shell import link, loads
from pages.shell.widgets import md

SAME = 1e-9


NATIONAL = f"{link.KEPT}national"
"""Key of the national figures that the user typed in, as plain values."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A scenario with the data that it is asked of."""

    inventory: Inventory
    scenario: Scenario

    @property
    def names(self) -> pd.Series:
        """Names of the inventory's sites."""
        return self.inventory.sites["name"]

    @property
    def horizon(self) -> int:
        """Years over which the risk is modelled."""
        return self.scenario.assumptions.horizon_years

    @cached_property
    def cost_unit(self) -> str:
        """Unit of the user's own costs; empty where none is stated."""
        return str(national_fields(self.inventory)["unit"].get(self.scenario.cost_field, ""))

    def label(self, site: str) -> str:
        """Name, country codes and identifier."""
        return f"{self.names[site]} ({self.inventory.sites.at[site, 'iso3'].replace(';', '/')}, {site})"

    def labels(self, sites: Iterable[str]) -> str:
        """Labels of sites as Markdown."""
        return "; ".join(md(self.label(site)) for site in sites)


@dataclass(frozen=True, eq=False)
class View(Asked):
    """A scenario with its two plans: `exact` is A, `top` (of the ranking) is B."""

    exact: Solution
    top: Solution
    weights: Weights | None
    filters: Filters

    @property
    def union(self) -> tuple[str, ...]:
        """Sites of either plan."""
        return tuple(sorted({*self.exact.selected, *self.top.selected}))

    @property
    def letters(self) -> pd.Series:
        """`A`, `B` or `AB` for each site of either plan."""
        plans_of = (("A", self.exact), ("B", self.top))
        found = ["".join(x for x, plan in plans_of if site in plan.selected) for site in self.union]
        return pd.Series(found, index=pd.Index(self.union, name="site_id"), dtype="str")

    @cached_property
    def boards(self) -> tuple[tuple[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]]:
        """Scoreboard and ledger of A and of B."""
        one, two = (
            loads.plan_board(self.inventory, self.scenario, plan.selected) for plan in (self.exact, self.top)
        )
        return one, two

    def settings(self) -> str:
        """The choices as they are written into files."""
        chosen = {
            "scenario": self.scenario.to_dict(),
            "weights": self.weights.to_dict() if self.weights else None,
            "national_coverage": [one.to_dict() for one in national()],
            "consent": t("scenarios.consent"),
        }
        return json.dumps(chosen, sort_keys=True, ensure_ascii=False)


def cost_text(view: Asked, cost: float) -> str:
    """A cost in the budget's own unit."""
    kind = view.scenario.budget_kind
    if math.isnan(cost):
        return t("missing")
    if kind == "cost":
        return f"{number(cost, 2)}\xa0{view.cost_unit}".strip()
    return t(f"solve.cost.{kind}", cost=round(cost) if kind == "sites" else cost)


def gain_text(view: Asked, gain: float) -> str:
    """What a plan gains, in the unit of the objective; the modelled risk where species come first."""
    kind = view.scenario.objective
    code = "risk" if kind == "lexicographic" else kind
    return t(f"plan.gain_{code}", gain=round(gain) if kind == "species" else gain, horizon=view.horizon)


def signed(difference: float, text: Callable[[float], str]) -> str:
    """A difference with its sign, or that there is none."""
    if abs(difference) < SAME:
        return t("plan.equal")
    said = text(abs(difference))
    if said == text(0.0):
        return t("plan.hardly")
    return f"{'+' if difference > 0 else '−'}{said}"


def apart(view: View, one: Solution, other: Solution) -> str:
    """What one plan gains more than another."""
    gain = signed(one.objective - other.objective, lambda x: gain_text(view, x))
    if view.scenario.objective != "lexicographic":
        return gain
    more = signed(one.species - other.species, lambda n: t("unit.species", n=round(n)))
    return t("plan.two_gains", species=more, gain=gain)


def asked_text(view: View, kind: str, code: str) -> str:
    """One thing that a scenario asks for, in words."""
    if kind in ("floor", "ceiling"):
        of, _, name = code.partition(":")
        return t(f"conflict.part.{kind}", name=quota_name(view.inventory, of, name))
    if kind == "must_have":
        return t(
            "conflict.part.must_have", name=str(view.inventory.species["scientific_name"].get(code, code))
        )
    if kind == "withheld":
        return t("plan.withheld_asked")
    return t(f"conflict.part.{kind}", name=str(view.names.get(code, code)))


def national() -> tuple[NationalCoverage, ...]:
    """National figures that the user typed in."""
    return tuple(NationalCoverage.from_dict(one) for one in st.session_state.get(NATIONAL, []))

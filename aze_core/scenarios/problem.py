"""A scenario (what is asked) and its solution (what the exact plan is)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.domain.memo import per_inventory
from aze_core.domain.model import (
    Assumptions,
    Choice,
    Filters,
    Inventory,
    RankSettings,
    Weights,
    checked_codes,
    checked_number,
    checked_part,
)
from aze_core.domain.settings import value
from aze_core.measures.coverage import protection_class
from aze_core.ranking.criteria import latest, occurrence_table
from aze_core.ranking.score import rank_sites
from aze_core.scenarios.evaluate import species_cover, with_selected
from aze_core.scenarios.greedy import top_of_the_list
from aze_core.scenarios.milp import Linked, max_value

BUDGETS = ("sites", "km2")
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Scenario(Choice):
    """What a plan may take and what it must or must not contain.

    Attributes
    ----------
    budget_kind : {"sites", "km2"}
        Unit of the budget: number of sites, or km² of their uncovered part.
    budget : float
        At least 0; a whole number for sites.
    locked_in, locked_out : tuple of str
        Sites that every plan contains, and sites that none contains.
    filters : Filters
        Sites to choose from.
    assumptions : Assumptions
    """

    budget_kind: str = "sites"
    budget: float = value("scenario.default_sites")
    locked_in: tuple[str, ...] = ()
    locked_out: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    assumptions: Assumptions = field(default_factory=Assumptions)

    def __post_init__(self) -> None:
        if self.budget_kind not in BUDGETS:
            raise SettingError(
                "not_one_of", name="budget_kind", value=self.budget_kind, expected=", ".join(BUDGETS)
            )
        number = checked_number("budget", self.budget, 0, 10**9)
        if self.budget_kind == "sites" and not number.is_integer():
            raise SettingError("not_whole", name="budget", value=self.budget)
        object.__setattr__(self, "budget", number)
        for name in ("locked_in", "locked_out"):
            object.__setattr__(self, name, checked_codes(name, getattr(self, name)))
        object.__setattr__(self, "filters", checked_part(Filters, "filters", self.filters))
        object.__setattr__(self, "assumptions", checked_part(Assumptions, "assumptions", self.assumptions))


@dataclass(frozen=True)
class Solution:
    """One plan.

    Attributes
    ----------
    selected : tuple of str
        Sites of the plan, by identifier.
    objective : float
        Modelled risk reduction that the plan adds, from the species whose category is known, in species
        over the horizon.
    bound : float
        Proven upper end of what any plan could add; equals `objective` for an exact plan.
    gap : float
        ``(bound - objective) / bound``; 0 for an exact plan.
    cost : float
        In the budget's unit.
    method : {"exact", "exact_time_limit", "top"}
    left_out : tuple of str
        Sites that could not be considered because their cover, or under an area budget their area, is not
        known.
    outside : tuple of str
        Locked sites that the filters leave out, or that are completely covered already: not in the plan.
    interchangeable : int
        Sites outside the plan that could replace one of it at the same value and cost.
    """

    selected: tuple[str, ...]
    objective: float
    bound: float
    gap: float
    cost: float
    method: str
    left_out: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    interchangeable: int = 0


@dataclass(frozen=True)
class _Prepared:
    sites: list[str]
    cost: pd.Series
    locked: list[str]
    left_out: tuple[str, ...]
    outside: tuple[str, ...]


def _prepare(inventory: Inventory, scenario: Scenario) -> _Prepared:
    """Sites to choose from with their costs; says what cannot be had before anything is solved."""
    known = set(inventory.sites.index)
    lost = [site for site in (*scenario.locked_in, *scenario.locked_out) if site not in known]
    if lost:
        raise ScenarioError("unknown_sites", sites=", ".join(lost))
    names = inventory.sites["name"]
    both = sorted(set(scenario.locked_in) & set(scenario.locked_out))
    if both:
        raise ScenarioError("locked_both_ways", sites=_named(names, both))
    share = latest(inventory)["share"]
    scope = inventory.where(scenario.filters)
    open_sites = scope[(protection_class(share[scope]) != "complete").to_numpy()]
    locked = [site for site in scenario.locked_in if site in open_sites]
    outside = tuple(site for site in scenario.locked_in if site not in open_sites)
    candidates = sorted(set(open_sites) - set(scenario.locked_out))
    if scenario.budget_kind == "sites":
        # what covering a site of unknown cover would add is not known either: only a lock takes it
        cost = pd.Series(1.0, index=candidates).where(share[candidates].notna())
        cost[locked] = 1.0
    else:
        cost = (inventory.sites["area_km2"] * (1 - share)).reindex(candidates).astype(float)
        stuck = [site for site in locked if pd.isna(cost[site])]
        if stuck:
            raise ScenarioError("locked_without_area", sites=_named(names, stuck))
    left_out = tuple(cost.index[cost.isna()])
    cost = cost.dropna()
    need = float(cost[locked].sum())
    if need > scenario.budget * (1 + 1e-12) + _TOLERANCE:
        raise ScenarioError(
            f"locked_over_budget_{scenario.budget_kind}",
            n=len(locked),
            sites=_named(names, locked),
            need=_at_least(need, scenario.budget_kind),
            budget=scenario.budget,
        )
    return _Prepared(list(cost.index), cost, locked, left_out, outside)


def _at_least(need: float, kind: str) -> float:
    """The need as it is written, rounded up: a budget typed from the sentence has to do."""
    steps = 10 if kind == "km2" and need < 10 else 1
    return math.ceil(need * steps - _TOLERANCE) / steps


def _costs(prepared: _Prepared) -> dict[str, float]:
    return dict(zip(prepared.sites, prepared.cost.astype(float), strict=True))


def _named(names: pd.Series, sites: list[str]) -> str:
    return ", ".join(f"{names[site]} ({site})" for site in sites)


def _gains(
    inventory: Inventory, assumptions: Assumptions, sites: list[str]
) -> tuple[pd.Series, tuple[Linked, ...]]:
    """Gain of covering each site by itself, and the species whose gain needs several sites together.

    The effect is left at one: it scales every gain alike, so it never changes a plan.
    """
    alone, several = _gain_tables(inventory, assumptions)
    own = alone.reindex(sites).fillna(0.0)
    place = {site: at for at, site in enumerate(sites)}
    linked = []
    for _, rows in several.groupby("species_id"):
        if not rows["site_id"].isin(sites).any():
            continue
        stages = []
        for _, stage in rows.groupby(rows["life_stage"].fillna("")):
            inside = stage[stage["site_id"].isin(sites)].sort_values("site_id")
            stages.append(
                (
                    float((stage["share"] * stage["now"]).sum()),
                    tuple(place[site] for site in inside["site_id"]),
                    tuple(float(a) for a in inside["adds"]),
                )
            )
        linked.append(Linked(float(rows["p"].iloc[0]), tuple(stages)))
    return own, tuple(linked)


@per_inventory
def _gain_tables(inventory: Inventory, assumptions: Assumptions) -> tuple[pd.Series, pd.DataFrame]:
    """Gain by site from species with one site, and the occurrences of those with several."""
    share = latest(inventory)["share"].astype(float)
    table = occurrence_table(inventory, assumptions)
    table = table[~table["gone"] & table["p"].notna()]
    # the gain of a species with a site of unknown cover is not known
    now = table["site_id"].map(share).astype(float)
    table = table.assign(now=now, adds=table["share"] * (1 - now))
    table = table[now.notna().groupby(table["species_id"]).transform("all")]
    several = table.groupby("species_id")["site_id"].transform("size") > 1
    alone = table[~several]
    return (alone["p"] * alone["adds"]).groupby(alone["site_id"]).sum(), table[several]


def solve(inventory: Inventory, scenario: Scenario) -> Solution:
    """The exact plan: the most modelled risk reduction within the budget.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario

    Returns
    -------
    Solution

    Raises
    ------
    ScenarioError
        Unknown sites, a site locked both ways, a locked site without area under an area budget, or locked
        sites that cost more than the budget (with the budget that would do).

    Notes
    -----
    Every plan covers its sites wholly. It starts from each site's newest reported cover (a working selection
    of vintages) and counts the species whose category is known. Among equally good plans it takes the
    cheapest; among those still equal the solver's choice is the same every time, and `interchangeable`
    counts the sites that would do as well.
    """
    prepared = _prepare(inventory, scenario)
    own, linked = _gains(inventory, scenario.assumptions, prepared.sites)
    locked = np.array([site in prepared.locked for site in prepared.sites], dtype=bool)
    costs = prepared.cost.to_numpy(dtype=float)
    best = max_value(
        own.to_numpy(dtype=float),
        costs,
        scenario.budget,
        locked,
        linked,
        time_limit_s=value("scenario.time_limit_s"),
    )
    effect = scenario.assumptions.effect
    exact = best.finished or best.bound - best.value <= _TOLERANCE
    names = inventory.sites["name"]
    group = _alike(own, prepared, locked, linked)
    labels = list(zip(names.reindex(prepared.sites), prepared.sites, strict=True))
    chosen = _by_name(group, best.chosen > 0.5, labels)
    gap = 0.0 if exact or best.bound <= 0 else max(0.0, (best.bound - best.value) / best.bound)
    return Solution(
        selected=tuple(site for site, take in zip(prepared.sites, chosen, strict=True) if take),
        objective=best.value * effect,
        bound=(best.value if exact else best.bound) * effect,
        gap=gap,
        cost=float(costs[chosen].sum()),
        method="exact" if exact else "exact_time_limit",
        left_out=prepared.left_out,
        outside=prepared.outside,
        interchangeable=_interchangeable(group, chosen),
    )


def _alike(
    own: pd.Series, prepared: _Prepared, locked: np.ndarray, linked: tuple[Linked, ...]
) -> NDArray[np.int_]:
    """Groups of sites that no plan can tell apart: same value, same cost, bound to no other site.

    One number per candidate; -1 for locked and linked sites and for sites without value.
    """
    worth = own.to_numpy(dtype=float)
    free = (worth > _TOLERANCE) & ~locked
    free[[at for link in linked for _, sites, _ in link.stages for at in sites]] = False
    pairs = np.column_stack([worth, prepared.cost.to_numpy(dtype=float)]).round(9)
    _, group = np.unique(pairs, axis=0, return_inverse=True)
    return np.where(free, group, -1)


def _by_name(group: NDArray[np.int_], chosen: np.ndarray, labels: list[tuple[str, str]]) -> np.ndarray:
    """Within each group take as many as were chosen, the first by name, as the ranking does."""
    order = np.array(sorted(range(len(labels)), key=labels.__getitem__), dtype=int)
    settled = chosen.copy()
    for each in np.unique(group[(group >= 0) & chosen]):
        inside = order[group[order] == each]
        settled[inside] = np.arange(len(inside)) < chosen[inside].sum()
    return settled


def _interchangeable(group: NDArray[np.int_], chosen: np.ndarray) -> int:
    """Sites outside the plan that could replace one of it at the same value and cost."""
    return int((np.isin(group, group[chosen & (group >= 0)]) & ~chosen).sum())


def top_plan(inventory: Inventory, scenario: Scenario, weights: Weights | None = None) -> Solution:
    """The plain plan beside the exact one: the top of the ranking, each site taken if it still fits.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    weights : Weights, optional
        None: the default order; given: the weighted view.

    Returns
    -------
    Solution
        `bound` and `gap` compare with nothing here: the bound is its own objective.

    Raises
    ------
    ScenarioError
        As `solve`.
    """
    prepared = _prepare(inventory, scenario)
    settings = RankSettings(uncovered_only=False, filters=scenario.filters, assumptions=scenario.assumptions)
    ranked = rank_sites(inventory, weights, settings)
    order = [site for site in ranked.index[ranked["rank"].notna()] if site in prepared.cost.index]
    taken = top_of_the_list(order, _costs(prepared), scenario.budget, prepared.locked)
    gained = plan_gain(inventory, scenario, tuple(taken))
    return Solution(
        selected=tuple(sorted(taken)),
        objective=gained,
        bound=gained,
        gap=0.0,
        cost=float(prepared.cost[taken].sum()),
        method="top",
        left_out=prepared.left_out,
        outside=prepared.outside,
    )


def plan_gain(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> float:
    """Modelled risk reduction that covering the selected sites adds, in species over the horizon.

    Species with a site of unknown cover are left out.
    """
    share = latest(inventory)["share"].astype(float)
    table = occurrence_table(inventory, scenario.assumptions)
    table = table[~table["gone"] & table["p"].notna()]
    p = table.drop_duplicates("species_id").set_index("species_id")["p"]
    before = species_cover(table, share)
    after = species_cover(table, with_selected(share, selected))
    return float(((after - before) * p.reindex(after.index)).sum()) * scenario.assumptions.effect

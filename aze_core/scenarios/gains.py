"""What acting at each site would gain, by the scenario's objective."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import Inventory, RankSettings
from aze_core.domain.settings import value
from aze_core.ranking.criteria import latest, occurrence_table
from aze_core.ranking.score import scores
from aze_core.scenarios.actions import after_actions
from aze_core.scenarios.effects import species_effects
from aze_core.scenarios.evaluate import recorded_star, species_cover
from aze_core.scenarios.exact import Goal, Linked
from aze_core.scenarios.scenario import Scenario

_ROUNDING = 1e-9


def goal_of(inventory: Inventory, scenario: Scenario, sites: list[str], objective: str = "") -> Goal:
    """The objective over these sites: what each adds by itself, and what several add together.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    sites : list of str
        Candidates.
    objective : str, optional
        Another objective than the scenario's own; `lexicographic` stands for its second part, the risk.
    """
    objective = objective or scenario.objective
    if objective == "species":
        share = latest(inventory)["share"].astype(float)
        return species_goal(
            inventory, share, after_actions(inventory, scenario, tuple(sites))["cover"], sites
        )
    if objective == "star":
        return Goal(_at(_star(inventory, scenario), sites))
    if objective == "weighted":
        settings = RankSettings(
            uncovered_only=False, filters=scenario.filters, assumptions=scenario.assumptions
        )
        return Goal(_at(scores(inventory, scenario.weights, settings)["score"], sites))
    return _risk(inventory, scenario, sites)


def _at(series: pd.Series, sites: list[str]) -> np.ndarray:
    return series.astype(float).reindex(sites).fillna(0.0).clip(lower=0.0).to_numpy()


def _star(inventory: Inventory, scenario: Scenario) -> pd.Series:
    """Threat-abatement STAR of the part of each site that would be newly held.

    Raises
    ------
    ScenarioError
        When the inventory has no threats.
    """
    everywhere = after_actions(inventory, scenario, tuple(inventory.sites.index))["held"]
    if inventory.threats.empty:
        raise ScenarioError("star_without_threats")
    return recorded_star(inventory)["low"] * (everywhere - latest(inventory)["share"].astype(float))


def risk_table(inventory: Inventory, scenario: Scenario, effect: float) -> pd.DataFrame:
    """Occurrences of the species that the modelled risk counts.

    Returns
    -------
    pandas.DataFrame
        `site_id`, `species_id`, `share`, `life_stage`, `weight` (probability times effect), `now` (covered
        share of the site). Species without a known category, those Extinct in the Wild and those with a site
        of unknown cover are left out.
    """
    table = occurrence_table(inventory, scenario.assumptions)
    table = table[~table["gone"] & table["p"].notna()]
    effects = species_effects(inventory, effect, scenario.class_effects, scenario.threat_effects)
    now = table["site_id"].map(latest(inventory)["share"].astype(float)).astype(float)
    weight = table["p"] * table["species_id"].map(effects).astype(float)
    table = table.assign(now=now, weight=weight)[
        ["site_id", "species_id", "share", "life_stage", "weight", "now"]
    ]
    return table[now.notna().groupby(table["species_id"]).transform("all")]


def _risk(inventory: Inventory, scenario: Scenario, sites: list[str]) -> Goal:
    everywhere = after_actions(inventory, scenario, tuple(inventory.sites.index))["held"]
    # an effect that is the same for all scales every gain alike: it never changes a plan, not even at zero
    alike = not (scenario.class_effects or scenario.threat_effects)
    effect = scenario.assumptions.effect
    table = risk_table(inventory, scenario, 1.0 if alike else effect)
    table["adds"] = table["share"] * (table["site_id"].map(everywhere).astype(float) - table["now"])
    alone = is_alone(table)
    single = table[alone]
    own = (single["weight"] * single["adds"]).groupby(single["site_id"]).sum()
    linked = []
    place = {site: at for at, site in enumerate(sites)}
    for _, rows in table[~alone].groupby("species_id"):
        if not (rows["site_id"].isin(place) & (rows["adds"] > 0)).any():
            continue
        stages = []
        for _, stage in rows.groupby(rows["life_stage"].fillna("")):
            inside = stage[stage["site_id"].isin(place)].sort_values("site_id")
            stages.append(
                (
                    float((stage["share"] * stage["now"]).sum()),
                    tuple(place[site] for site in inside["site_id"]),
                    tuple(float(a) for a in inside["adds"]),
                )
            )
        linked.append(Linked(float(rows["weight"].iloc[0]), tuple(stages)))
    return Goal(_at(own, sites), tuple(linked), effect if alike else 1.0)


def is_alone(table: pd.DataFrame) -> pd.Series:
    """Which occurrences add up by themselves: one life stage, whose shares cannot pass the whole."""
    total = table["share"].groupby(table["species_id"]).transform("sum")
    stages = table["life_stage"].fillna("").groupby(table["species_id"]).transform("nunique")
    return (total <= 1 + _ROUNDING) & (stages == 1)


def species_goal(inventory: Inventory, share: pd.Series, after: pd.Series, sites: list[str]) -> Goal:
    """One for every species whose listed sites are all covered with the plan, and are not so now.

    `share` and `after`: cover of every site now, and if all of `sites` are in the plan.
    """
    least = value("classes.complete_min")
    place = {site: at for at, site in enumerate(sites)}
    own = np.zeros(len(sites))
    linked = []
    table = inventory.occurrences[["site_id", "species_id"]].drop_duplicates()
    now = table["site_id"].map(share).astype(float)
    table = table.assign(open=now < least, reached=table["site_id"].map(after).astype(float) >= least)
    table["candidate"] = table["site_id"].isin(place)
    known = now.notna().groupby(table["species_id"]).transform("all")
    can = (~table["open"] | table["reached"] & table["candidate"]).groupby(table["species_id"])
    wanted = table[known & can.transform("all") & table["open"]]
    for _, rows in wanted.groupby("species_id"):
        at = sorted(place[site] for site in rows["site_id"])
        if len(at) == 1:
            own[at[0]] += 1.0
        else:
            linked.append(Linked(1.0, tuple((0.0, (unit,), (1.0,)) for unit in at)))
    return Goal(own, tuple(linked))


def plan_gain(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> float:
    """Modelled risk reduction that a plan adds, in species over the horizon.

    Species with a site of unknown cover are left out. Worked out from the cover of species before and after,
    not from the parts that a plan is solved with.
    """
    table = risk_table(inventory, scenario, scenario.assumptions.effect)
    weight = table.drop_duplicates("species_id").set_index("species_id")["weight"]
    before = species_cover(table, latest(inventory)["share"].astype(float))
    after = species_cover(table, after_actions(inventory, scenario, selected)["held"])
    return float(((after - before) * weight.reindex(after.index)).sum())

"""What enters and leaves a plan when one assumption is another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import SCHEMES, Inventory
from aze_core.domain.settings import value
from aze_core.measures.extinction import FIXED
from aze_core.ranking.criteria import cover_range, latest
from aze_core.scenarios.exact import within
from aze_core.scenarios.problem import ask, plan_value, solve
from aze_core.scenarios.scenario import UNKNOWN_COSTS, Scenario
from aze_core.scenarios.solution import Solution

KINDS = ("horizon", "scheme", "effect", "unknown_cost", "unknown_cover", "cover_high", "category_high")
"""Assumptions that are moved one at a time: years; probabilities by category; effect of protection; what
becomes of a site of unknown area or cost; a site of unknown cover taken as uncovered; cover at the high end
of its range; species of unknown category taken as Critically Endangered."""

COLUMNS = (
    "kind",
    "code",
    "possible",
    "stays",
    "entered",
    "left",
    "best",
    "kept",
    "loss",
    "loss_share",
    "problem",
)


def sensitivity(inventory: Inventory, scenario: Scenario, plan: Solution) -> pd.DataFrame:
    """The best plan under every other assumption, beside the plan as it is.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    plan : Solution
        The exact plan of the scenario.

    Returns
    -------
    pandas.DataFrame
        One row per changed assumption. `kind`, one of `KINDS`; `code`, its other value as text; `possible`:
        whether the plan could still be chosen, with its sites, its cost and all that is asked for; `stays`:
        whether the plan is still a best one; else `entered` and `left` (tuples of `site_id`) from the plan to
        the best one; `best` and `kept`, what the best plan and this plan are worth under it, `loss` between
        them, at least 0, and `loss_share` of the best; `problem`, a ScenarioError where no plan is left.

    Notes
    -----
    One at a time: assumptions that change together are not looked at, see `aze_core.scenarios.robust` for
    draws of all. Where the plan is as good as the best one nothing is said to enter, although another plan
    may be as good. Under `lexicographic` the plan stays when it has as many species and averts as much; its
    loss is of the modelled risk alone and can be below 0. An assumption that the scenario does not use, such
    as the horizon under an objective in species, is left out.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> moved = sensitivity(loaded, Scenario(budget=3), solve(loaded, Scenario(budget=3)))
    >>> bool(moved.loc[moved["kind"] == "effect", "stays"].all())  # it scales all sites alike
    True
    """
    rows = []
    for kind, code, data, asked in _variants(inventory, scenario):
        row: dict[str, Any] = {"kind": kind, "code": code, "possible": False, "stays": False}
        row |= {"entered": (), "left": (), "problem": None}
        try:
            best = solve(data, asked)
        except ScenarioError as error:
            rows.append({**row, "problem": error})
            continue
        kept = plan_value(data, asked, plan.selected)
        room = 1e-9 * max(1.0, abs(best.objective))
        possible = _is_possible(data, asked, plan)
        stays = possible and best.objective - kept <= room
        if scenario.objective == "lexicographic":
            species = round(plan_value(data, replace(asked, objective="species"), plan.selected))
            stays &= best.species <= species
        loss = best.objective - kept
        # what cannot be chosen any more cannot be stayed with
        loss = 0.0 if stays else loss if possible else float("nan")
        row |= {"possible": possible, "stays": stays, "best": best.objective, "kept": kept, "loss": loss}
        if not stays:
            row["entered"] = tuple(sorted(set(best.selected) - set(plan.selected)))
            row["left"] = tuple(sorted(set(plan.selected) - set(best.selected)))
        row["loss_share"] = loss / best.objective if best.objective > 0 else 0.0
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _is_possible(inventory: Inventory, scenario: Scenario, plan: Solution) -> bool:
    """Whether the sites of a plan can be chosen together under a scenario."""
    asked = ask(inventory, scenario)
    found = asked.candidates
    chosen = found.cost.index.isin(plan.selected)
    held = int(chosen.sum()) == len(plan.selected) and bool((chosen | ~found.locked).all())
    kept = all(quota.holds(chosen.astype(float)) for quota in asked.quotas)
    return held and kept and bool(within(float(found.costs[chosen].sum()), scenario.budget))


def _variants(inventory: Inventory, scenario: Scenario) -> Iterator[tuple[str, str, Inventory, Scenario]]:
    """Kind and code of each other assumption, with the data and the scenario under it."""
    assumed = scenario.assumptions
    if scenario.objective in ("risk", "lexicographic", "weighted"):
        if assumed.scheme not in FIXED:
            for years in value("sensitivity.horizons"):
                if years != assumed.horizon_years:
                    changed = replace(assumed, horizon_years=years)
                    yield "horizon", str(years), inventory, replace(scenario, assumptions=changed)
        for scheme in SCHEMES:
            if scheme not in (assumed.scheme, "ratio"):
                changed = replace(assumed, scheme=scheme)
                yield "scheme", scheme, inventory, replace(scenario, assumptions=changed)
    if scenario.objective in ("risk", "lexicographic"):
        for effect in value("sensitivity.effects"):
            if abs(effect - assumed.effect) > 1e-9:
                changed = replace(assumed, effect=effect)
                yield "effect", f"{effect:g}", inventory, replace(scenario, assumptions=changed)
    if scenario.budget_kind != "sites":
        for other in UNKNOWN_COSTS:
            if other != scenario.unknown_cost:
                yield "unknown_cost", other, inventory, replace(scenario, unknown_cost=other)
    share = latest(inventory)["share"].astype(float)
    inside = share.index.isin(inventory.where(scenario.filters))
    if (share.isna() & inside).any() and share.notna().any():
        yield "unknown_cover", "0", with_cover(inventory, share.fillna(0.0)), scenario
    high = cover_range(inventory)["high"].where(share.notna())
    if ((high > share) & inside).any():
        yield "cover_high", "high", with_cover(inventory, high), scenario
    category = inventory.species["category"]
    unknown = category.isna() | (category == "DD")
    listed = inventory.species.index.isin(inventory.occurrences["species_id"])
    if scenario.objective != "species" and (unknown & listed).any():
        species = inventory.species.assign(category=category.mask(unknown & listed, "CR"))
        yield "category_high", "CR", replace(inventory, species=species, memo={}), scenario


def with_cover(inventory: Inventory, share: pd.Series) -> Inventory:
    """The inventory with another newest cover.

    Parameters
    ----------
    inventory : Inventory
    share : pandas.Series
        Index `site_id`, 0 to 1; missing where not known.
    """
    last = latest(inventory).assign(share=share)
    last["vintage"] = last["vintage"].fillna(int(inventory.coverage["vintage"].max()))
    rows = last.dropna(subset=["share"]).rename_axis("site_id").reset_index()
    return replace(inventory, coverage=rows[list(inventory.coverage.columns)], memo={})

"""What the plan of a scenario brings: scoreboard and ledger under its actions, effects and costs."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.scenarios.actions import after_actions
from aze_core.scenarios.candidates import site_costs
from aze_core.scenarios.effects import species_effects
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.targets import ledger, scoreboard


def plan_scoreboard(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> pd.DataFrame:
    """The scoreboard of a plan, with what the scenario says of actions, effects and costs.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    selected : tuple of str
        Sites of the plan.

    Returns
    -------
    pandas.DataFrame
        As `aze_core.scenarios.targets.scoreboard`; spend is told where the budget is one of costs.

    Notes
    -----
    The line of modelled risk rises by what `aze_core.scenarios.gains.plan_gain` says, where every species
    counts that the filters leave.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> board = plan_scoreboard(loaded, Scenario(action="survey"), ("HTI3",))
    >>> bool((board["before"] == board["after"])[board["measure"] == "sites_complete"].all())
    True
    """
    after = after_actions(inventory, scenario, selected)
    spend = None
    if scenario.budget_kind == "cost":
        spend = site_costs(inventory, scenario, list(selected))[0].dropna()
    return scoreboard(
        inventory,
        selected,
        scenario.assumptions,
        scenario.filters,
        cover=after["cover"],
        held=after["held"],
        spend=spend,
        effects=species_effects(
            inventory, scenario.assumptions.effect, scenario.class_effects, scenario.threat_effects
        ),
    )


def plan_ledger(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> pd.DataFrame:
    """The species still without a covered site after a plan; see `aze_core.scenarios.targets.ledger`."""
    cover = after_actions(inventory, scenario, selected)["cover"]
    return ledger(inventory, selected, scenario.filters, cover=cover)

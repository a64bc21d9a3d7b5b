"""What is done at a site: where each action can be, and what it does to cover and to the modelled risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from aze_core.domain.memo import per_inventory
from aze_core.domain.model import Inventory
from aze_core.measures.coverage import protection_class
from aze_core.ranking.criteria import latest

if TYPE_CHECKING:
    from aze_core.scenarios.scenario import Scenario

DEFAULT_ACTION = "protection"
"""A new protected area where nothing is covered, an extension where something is."""

AREA_BASED = ("new_area", "extension", "oecm", "territory")
"""Actions that cover land: a new protected area, an extension, another effective area-based measure, and an
indigenous or traditional territory that its holders themselves have had recognised."""

STATED = ("management", "threat_control", "restoration")
"""Actions whose effect nobody measured at AZE sites: modelled only as the user states it."""

UNMODELLED = ("ex_situ", "survey")
"""Actions that change neither cover nor the modelled risk at the site, whatever else they are good for."""

ACTIONS = (DEFAULT_ACTION, *AREA_BASED, *STATED, *UNMODELLED)


def site_actions(inventory: Inventory, scenario: Scenario) -> pd.Series:
    """The action of every site, where it can be.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
        Its default action and those of single sites.

    Returns
    -------
    pandas.Series
        Index `site_id`, every site; one of `AREA_BASED`, `STATED` and `UNMODELLED`, or empty where the action
        asked for cannot be at the site.

    Notes
    -----
    By each site's newest cover. A new protected area can be where at most 2 % is covered, or cover is not
    known; an extension where more than 2 and less than 98 % is; OECM and territory where less than 98 % is;
    each only where less is covered than the share asked for. Better management can be where something is
    covered, threat control where a threat of a trigger species is recorded; restoration, ex situ and survey
    anywhere. Whether an action can be on the ground is for those who know the place to say.
    """
    return _site_actions(inventory, scenario.action, scenario.actions, scenario.to_share)


@per_inventory
def _site_actions(
    inventory: Inventory, action: str, actions: tuple[tuple[str, str], ...], to_share: float
) -> pd.Series:
    share = latest(inventory)["share"].astype(float)
    kind = protection_class(share).astype(object)
    kind = kind.where(share.notna(), "unknown")
    asked = pd.Series(action, index=share.index, dtype=object)
    own = dict(actions)
    asked.update(pd.Series({site: code for site, code in own.items() if site in asked.index}, dtype=object))
    asked = asked.mask((asked == DEFAULT_ACTION) & (kind != "partial"), "new_area")
    asked = asked.mask(asked == DEFAULT_ACTION, "extension")
    open_ = share.isna() | (kind != "complete") & (share < to_share)
    at = inventory.occurrences
    threatened = share.index.isin(
        at.loc[at["species_id"].isin(inventory.threats["species_id"]), "site_id"].unique()
    )
    can = {
        "new_area": open_ & kind.isin(["none", "unknown"]),
        "extension": open_ & (kind == "partial"),
        "oecm": open_,
        "territory": open_,
        "management": kind.isin(["partial", "complete"]),
        "threat_control": pd.Series(threatened, index=share.index),
    }
    fits = pd.Series(True, index=share.index)
    for code, where in can.items():
        fits &= (asked != code) | where
    return asked.where(fits, "").astype("str").rename("action")


def after_actions(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> pd.DataFrame:
    """What a plan leaves behind at every site.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
        Says what is done at each site.
    selected : tuple of str
        Sites of the plan; one whose action cannot be there stays as it is.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, every site; both 0 to 1, missing where not known. `cover`: covered share, which
        area-based actions alone change; `held`: share that counts as held in the modelled risk.

    Notes
    -----
    An area-based action brings cover and what is held to the share asked for, at least what was there. That
    an OECM or a recognised territory works as a protected area does is an assumption: the effect was measured
    at protected AZE sites only. Better management, threat control and restoration leave cover as it is; what
    is held rises to the share that the user states for them, and without a statement they have no modelled
    effect, since none was measured. Ex situ and survey change neither.
    """
    share = latest(inventory)["share"].astype(float)
    least = held_at_least(inventory, scenario)
    least.loc[~least.index.isin(selected)] = float("nan")
    cover = share.mask(least["cover"].notna(), share.fillna(0.0).clip(lower=least["cover"].fillna(0.0)))
    # what is held where cover is not known stays unknown
    held = cover.mask(least["held"].notna(), cover.clip(lower=least["held"].fillna(0.0)))
    return pd.DataFrame({"cover": cover, "held": held})


def held_at_least(inventory: Inventory, scenario: Scenario) -> pd.DataFrame:
    """The share to which the action of each site brings it, if not more is there.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, every site; `cover` (area-based actions alone) and `held` (also by what is stated), 0
        to 1; missing where the action changes nothing.
    """
    action = site_actions(inventory, scenario)
    cover = pd.Series(scenario.to_share, index=action.index).where(action.isin(AREA_BASED))
    return pd.DataFrame({"cover": cover, "held": cover.fillna(action.map(dict(scenario.held)).astype(float))})

"""What a plan would do to the Red List Index of the list's species, under a minimal model."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from aze_core.domain.model import Assumptions, Filters, Inventory
from aze_core.measures.red_list_index import projected_index, red_list_index
from aze_core.ranking.criteria import latest, probability
from aze_core.scenarios.evaluate import reached, species_cover


@dataclass(frozen=True)
class IndexChange:
    """Red List Index of the species of a list.

    Attributes
    ----------
    n : int
        Species that count.
    left_out : int
        Species of the list that do not: extinct already, category not known or Data Deficient, or cover of
        one of their sites not known.
    now : float
        0 to 1; missing without any species that counts, as are the others.
    without_plan, with_plan : float
        Expected after the horizon.
    """

    n: int
    left_out: int
    now: float
    without_plan: float
    with_plan: float

    @property
    def change(self) -> float:
        """What the plan adds."""
        return self.with_plan - self.without_plan


def index_change(
    inventory: Inventory,
    selected: tuple[str, ...],
    assumptions: Assumptions,
    filters: Filters | None = None,
    *,
    held: pd.Series | None = None,
) -> IndexChange:
    """Red List Index of the species now, and expected after the horizon without and with a plan.

    Parameters
    ----------
    inventory : Inventory
    selected : tuple of str
        Sites of the plan.
    assumptions : Assumptions
    filters : Filters, optional
        Species count when one of their sites is among these.
    held : pandas.Series, optional
        Share of each site that the plan holds, 0 to 1; wholly where not given.

    Returns
    -------
    IndexChange

    Notes
    -----
    See `aze_core.measures.red_list_index.projected_index`. Illustrative, for the Methods page and exports
    alone: the index of a list of threatened species is not the official index, and one covered site does not
    by itself move that one.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> shipped = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> index_change(shipped, (), Assumptions()).change
    0.0
    """
    sites = inventory.where(filters or Filters())
    occurrences = inventory.occurrences
    here = pd.Index(occurrences.loc[occurrences["site_id"].isin(sites), "species_id"].unique())
    before = latest(inventory)["share"].astype(float)
    after = reached(before, selected, held).where(before.notna())
    added = species_cover(occurrences, after) - species_cover(occurrences, before)
    table = pd.DataFrame(
        {
            "category": inventory.species["category"].reindex(here),
            "added": added.reindex(here),
        }
    )
    table["p"] = probability(table["category"], assumptions)
    table = table[(table["category"] != "EX") & table["added"].notna() & table["p"].notna()]
    return IndexChange(
        n=len(table),
        left_out=len(here) - len(table),
        now=red_list_index(table["category"]),
        without_plan=projected_index(table["category"], table["p"], 0.0, assumptions.effect),
        with_plan=projected_index(table["category"], table["p"], table["added"], assumptions.effect),
    )

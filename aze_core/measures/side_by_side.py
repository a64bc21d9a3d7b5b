"""Measures of irreplaceability of the same sites, one beside the other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.measures.irreplaceability import alpha, gamma_by
from aze_core.measures.portfolio import (
    ferrier,
    incremental_rank,
    rarity_weighted_richness,
    replacement_cost,
)
from aze_core.measures.reported import newest, uncovered_area

COLUMNS = (
    "species",
    "gamma",
    "endemism",
    "ferrier",
    "rarity_weighted_richness",
    "replacement_cost",
    "incremental_rank",
    "cost_basis",
)


def irreplaceability_table(
    inventory: Inventory, sites: pd.Index, target: float = 1.0, steps: int = 10
) -> pd.DataFrame:
    """Seven measures of irreplaceability of some sites.

    Parameters
    ----------
    inventory : Inventory
    sites : pandas.Index of site_id
        Sites that are compared; all of them together are the set that `ferrier`, `replacement_cost` and
        `incremental_rank` speak of.
    target : float
        Share of each species, or of each of its life stages, that has to be kept, above 0 and at most 1.
    steps : int
        Steps of the budget of `incremental_rank`.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, in the order given. `species`: trigger species; `gamma` and `endemism` (sum of
        shares), against the whole inventory; `ferrier` (summed, missing for fewer than two sites),
        `rarity_weighted_richness`, `replacement_cost` (infinite where irreplaceable, negative where the
        others meet every target already) and `incremental_rank` (0 to 1), among the given sites.
        `cost_basis`: ``km2`` where replacement cost and rank count uncovered km², ``sites`` where each site
        costs 1 because area or cover of one of them is not known.

    Raises
    ------
    ValueError
        A target that is not above 0 and at most 1, or no step.

    Notes
    -----
    Each life stage is a feature of its own. Targets of the set are shares of what the given sites hold of a
    feature, so that a filter does not make them impossible. For species of one site all seven restate one
    count: the table shows how little the choice of a measure matters there, not which site is better.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> found = irreplaceability_table(loaded, loaded.sites.index[:5])
    >>> found["gamma"].tolist() == found["species"].tolist()
    True
    """
    if not 0 < target <= 1:
        raise ValueError(f"`target` was {target} but is expected to be above 0 and at most 1")
    here = inventory.occurrences[inventory.occurrences["site_id"].isin(sites)]
    found = pd.DataFrame(index=sites)
    by_site = here.groupby("site_id")
    found["species"] = by_site["species_id"].nunique().reindex(sites, fill_value=0)
    found["gamma"] = _gamma(inventory.occurrences, target).reindex(sites, fill_value=0.0)
    found["endemism"] = by_site["share"].sum().reindex(sites, fill_value=0.0)

    amounts = _amounts(here, sites)
    targets = target * amounts.sum(axis=1)
    chosen = np.ones(len(sites))
    cost, basis = _cost(inventory, sites)
    found["ferrier"] = ferrier(amounts, targets, chosen).sum(axis=0) if len(sites) > 1 else np.nan
    found["rarity_weighted_richness"] = rarity_weighted_richness(amounts, chosen)
    found["replacement_cost"] = replacement_cost(cost, amounts, targets, chosen)
    found["incremental_rank"] = incremental_rank(cost, amounts, targets, chosen, steps=steps)
    found["cost_basis"] = basis
    return found[list(COLUMNS)].rename_axis("site_id")


def _features(occurrences: pd.DataFrame) -> list[pd.Series]:
    return [occurrences["species_id"], occurrences["life_stage"].fillna("")]


def _gamma(occurrences: pd.DataFrame, target: float) -> pd.Series:
    total = occurrences.groupby(_features(occurrences))["share"].transform("sum").clip(lower=1.0)
    known = alpha(occurrences["share"], total, target * total)
    return gamma_by(pd.Series(known, index=occurrences["site_id"]))


def _amounts(occurrences: pd.DataFrame, sites: pd.Index) -> np.ndarray:
    """Share of each feature (rows) at each of the sites (columns)."""
    feature = occurrences.groupby(_features(occurrences)).ngroup().to_numpy()
    amounts = np.zeros((int(feature.max(initial=-1)) + 1, len(sites)))
    amounts[feature, sites.get_indexer(pd.Index(occurrences["site_id"]))] = occurrences["share"]
    return amounts


def _cost(inventory: Inventory, sites: pd.Index) -> tuple[np.ndarray, str]:
    """Uncovered km² of each site where all are known, else 1."""
    share = newest(inventory.coverage, sites)["share"]
    uncovered = uncovered_area(inventory.sites["area_km2"].reindex(sites), share)
    if uncovered.isna().any():
        return np.ones(len(sites)), "sites"
    return uncovered.to_numpy(), "km2"

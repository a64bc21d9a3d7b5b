"""What each site brings to a ranking: raw criteria with the interval that unknowns leave."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.memo import per_inventory
from aze_core.domain.model import Assumptions, Inventory
from aze_core.domain.settings import value
from aze_core.measures.extinction import extinction_probability
from aze_core.measures.irreplaceability import alpha, gamma_by
from aze_core.measures.reported import newest
from aze_core.measures.threat import highest_extinction

GONE = ("EW", "EX")
"""Categories without a wild population left to lose: counted apart, never in the modelled loss."""


KINDS = ("CR", "EN", "gone", "unknown_species", "other")


@per_inventory
def occurrence_table(inventory: Inventory, assumptions: Assumptions) -> pd.DataFrame:
    """Every occurrence with its category and extinction probability.

    Returns
    -------
    pandas.DataFrame
        Columns `site_id`, `species_id`, `share` (0 to 1), `life_stage`, `category`, `gone` (EW or EX),
        `p` (extinction probability over the horizon; missing where the category is not known).
    """
    table = inventory.occurrences[["site_id", "species_id", "share", "life_stage"]].join(
        inventory.species["category"], on="species_id"
    )
    table["gone"] = table["category"].isin(GONE)
    table["p"] = extinction_probability(table["category"], assumptions.horizon_years)
    return table


def highest_probability(assumptions: Assumptions) -> float:
    """Extinction probability of a Critically Endangered species: the most that an unknown can stand for."""
    return float(extinction_probability(pd.Series(["CR"]), assumptions.horizon_years).iloc[0])


@per_inventory
def site_gamma(inventory: Inventory) -> pd.Series:
    """Irreplaceability (gamma) of every site; a life stage counts as a population of its own.

    Returns
    -------
    pandas.Series
        Index `site_id`; number of species, with a fraction for those not wholly at the site.
    """
    table = inventory.occurrences
    stage = [table["species_id"], table["life_stage"].fillna("")]
    total = table.groupby(stage)["share"].transform("sum").clip(lower=1.0)
    known = alpha(table["share"], total, value("irreplaceability.target") * total)
    return gamma_by(pd.Series(known, index=table["site_id"])).reindex(inventory.sites.index, fill_value=0.0)


@per_inventory
def latest(inventory: Inventory) -> pd.DataFrame:
    """Each site's newest reported cover; see `aze_core.measures.reported.newest`."""
    return newest(inventory.coverage, inventory.sites.index)


@per_inventory
def gap(inventory: Inventory) -> pd.Series:
    """Uncovered share of every site by its newest report, 0 to 1; missing where nothing is reported."""
    return (1 - latest(inventory)["share"]).rename("gap")


@per_inventory
def counts(inventory: Inventory) -> pd.DataFrame:
    """Trigger species of every site by category.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; `species` and one column each for `CR`, `EN`, `gone` (EW, EX), `unknown_species`
        (no category, or Data Deficient) and `other`.
    """
    category = inventory.occurrences.join(inventory.species["category"], on="species_id")["category"]
    kind = category.where(category.isin(["CR", "EN"]), "other")
    kind = kind.mask(category.isin(GONE), "gone").mask(
        category.isna() | (category == "DD"), "unknown_species"
    )
    table = pd.get_dummies(kind, dtype=int).groupby(inventory.occurrences["site_id"]).sum()
    table = table.reindex(index=inventory.sites.index, columns=list(KINDS), fill_value=0)
    table.insert(0, "species", table.sum(axis=1))
    return table


@per_inventory
def modelled_loss(inventory: Inventory, assumptions: Assumptions) -> pd.DataFrame:
    r"""Modelled loss that covering the whole of a site would avert, with the interval of unknowns.

    Parameters
    ----------
    inventory : Inventory
    assumptions : Assumptions

    Returns
    -------
    pandas.DataFrame
        Index `site_id`. `known`: species over the horizon, from the species whose category is known
        (missing where there is none, or where cover is not known); `low`, `high`: the interval that unknown
        categories and cover leave; one column `c_<category>` per category: its part of `known`.

    Notes
    -----
    :math:`EV_i = \sum_s share_{is}\, p_s(T)\, e\, (1-cov_i)`. Illustrative: the effect :math:`e` is a
    correlation (Butchart et al. 2012) and :math:`p_s` the threshold of criterion E. Species that are Extinct
    in the Wild are left out and counted apart. A category that is not known stands for anything from 0 to
    the value of CR.
    """
    sites = inventory.sites.index
    table = occurrence_table(inventory, assumptions)
    table = table[~table["gone"]]
    ceiling = highest_probability(assumptions)
    open_part = gap(inventory)
    # unknown cover: the gap can be anything from nothing to the whole site
    gap_low, gap_high = open_part.fillna(0.0), open_part.fillna(1.0)
    weight = table["share"] * assumptions.effect
    known_p = (weight * table["p"]).groupby(table["site_id"]).sum(min_count=1).reindex(sites)
    top_p = (weight * table["p"].fillna(ceiling)).groupby(table["site_id"]).sum().reindex(sites)
    found = pd.DataFrame(
        {
            "known": known_p * open_part,
            "low": known_p.fillna(0.0) * gap_low,
            "high": top_p * gap_high,
        },
        index=sites,
    )
    parts = (
        (weight * table["p"])
        .groupby([table["site_id"], table["category"]])
        .sum()
        .unstack()
        .reindex(index=sites)
        .fillna(0.0)
    )
    order = [name for name in ("CR", "EN", "VU", "NT", "LC") if name in parts.columns]
    for name in order:
        found[f"c_{name}"] = parts[name] * open_part
    return found


@per_inventory
def weighted_values(inventory: Inventory, assumptions: Assumptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values of the three criteria of the weighted view, 0 (worst) to 1 (best), with intervals.

    Returns
    -------
    values : pandas.DataFrame
        Index `site_id`; per criterion `<name>` (missing where not known), `<name>_low`, `<name>_high`.
    anchors : pandas.DataFrame
        Index `irreplaceability`, `extinction`, `pressure`; `worst` and `best` in the criterion's own unit.

    Notes
    -----
    The anchors are those of the whole inventory, so a filter never changes a score:

    * irreplaceability: :math:`v = (1 - 0.5^{g/h}) / (1 - 0.5^{g_{max}/h})` with gamma :math:`g` and the
      half-saturation :math:`h`; worst is 0 species;
    * extinction: highest extinction probability over the probability of a Critically Endangered species;
      worst is 0;
    * pressure: human influence of the uncovered part, from the lowest to the highest in the inventory.
    """
    sites = inventory.sites.index
    half = value("irreplaceability.half_saturation")
    g = site_gamma(inventory)
    most = float(g.max()) if len(g) and g.max() > 0 else 1.0
    irreplaceability = (1 - 0.5 ** (g / half)) / (1 - 0.5 ** (most / half))

    ceiling = highest_probability(assumptions)
    table = occurrence_table(inventory, assumptions)
    table = table[~table["gone"]]
    threat = highest_extinction(table["site_id"], table["p"], ceiling).reindex(sites) / ceiling

    influence = inventory.sites["human_influence"].astype(float)
    low, high = influence.min(), influence.max()
    spread = high - low
    # where all are alike the criterion tells none apart
    pressure = (influence - low) / (spread if spread > 0 else 1.0)
    values = pd.DataFrame(
        {
            "irreplaceability": irreplaceability,
            "irreplaceability_low": irreplaceability,
            "irreplaceability_high": irreplaceability,
            "extinction": threat["known"],
            "extinction_low": threat["low"],
            "extinction_high": threat["high"],
            "pressure": pressure,
            "pressure_low": pressure.fillna(0.0),
            "pressure_high": pressure.fillna(1.0),
        },
        index=sites,
    )
    anchors = pd.DataFrame(
        {"worst": [0.0, 0.0, low], "best": [most, ceiling, high]},
        index=["irreplaceability", "extinction", "pressure"],
    )
    return values, anchors

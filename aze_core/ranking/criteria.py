"""What each site brings to a ranking: raw criteria with the interval that unknowns leave."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.memo import per_inventory
from aze_core.domain.model import UNKNOWN, Assumptions, Inventory
from aze_core.domain.settings import value
from aze_core.measures.extinction import extinction_probability
from aze_core.measures.irreplaceability import alpha, gamma_by
from aze_core.measures.reported import COMPUTED, newest

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
    table["p"] = probability(table["category"], assumptions)
    return table


def probability(category: pd.Series, assumptions: Assumptions) -> pd.Series:
    """Extinction probability of each category under the assumed scheme; missing where there is none."""
    return extinction_probability(
        category, assumptions.horizon_years, scheme=assumptions.scheme, ratio=assumptions.ratio
    )


def highest_probability(assumptions: Assumptions) -> float:
    """Extinction probability of a Critically Endangered species: the most that an unknown can stand for."""
    return float(probability(pd.Series(["CR"]), assumptions).iloc[0])


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
def cover_range(inventory: Inventory) -> pd.DataFrame:
    """Low and high end of every site's cover.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; `low`: the newest value; `high`: with points and areas of unknown status, where the
        newest value was computed, else the same. 0 and 1 where cover is not known.
    """
    last = latest(inventory)
    low = last["share"].astype(float)
    most = inventory.protection_range["share_high"].astype(float).reindex(low.index)
    high = low.where((last["method"] != COMPUTED) | most.isna(), most.clip(lower=low))
    return pd.DataFrame({"low": low.fillna(0.0), "high": high.fillna(1.0)})


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
def modelled_loss(inventory: Inventory, assumptions: Assumptions, high_cover: bool = False) -> pd.DataFrame:
    r"""Modelled loss that covering the whole of a site would avert, with the interval of unknowns.

    Parameters
    ----------
    inventory : Inventory
    assumptions : Assumptions
    high_cover : bool
        Take cover at its high end, where points and areas of unknown status count too.

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
    shares = shares_by_category(inventory)
    p = probability(pd.Series(shares.columns, index=shares.columns), assumptions)
    ceiling = highest_probability(assumptions)
    open_part = gap(inventory)
    if high_cover:
        open_part = (1 - cover_range(inventory)["high"]).where(open_part.notna())
    # unknown cover: the gap can be anything from nothing to the whole site
    gap_low, gap_high = open_part.fillna(0.0), open_part.fillna(1.0)
    parts = shares * (p * assumptions.effect)
    known_p = parts.sum(axis=1, min_count=1).where((shares[p.index[p.notna()]] > 0).any(axis=1))
    top_p = (shares * (p.fillna(ceiling) * assumptions.effect)).sum(axis=1)
    found = pd.DataFrame(
        {"known": known_p * open_part, "low": known_p.fillna(0.0) * gap_low, "high": top_p * gap_high},
        index=shares.index,
    )
    for name in ("CR", "EN", "VU", "NT", "LC"):
        if name in shares.columns:
            found[f"c_{name}"] = parts[name].fillna(0.0) * open_part
    return found


@per_inventory
def shares_by_category(inventory: Inventory) -> pd.DataFrame:
    """Shares of the living trigger species at every site, summed by category.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, one column per category that occurs (`unknown` where there is none); species that are
        Extinct in the Wild are left out.
    """
    table = inventory.occurrences
    category = table["species_id"].map(inventory.species["category"]).fillna(UNKNOWN)
    alive = ~category.isin(GONE)
    sums = table.loc[alive, "share"].groupby([table.loc[alive, "site_id"], category[alive]]).sum()
    return sums.unstack().reindex(inventory.sites.index).fillna(0.0)

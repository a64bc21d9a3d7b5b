"""What a set of covered sites means for species; several sites of one species are complements."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.memo import per_inventory
from aze_core.domain.model import Assumptions, Inventory
from aze_core.domain.settings import value
from aze_core.measures.threat import star
from aze_core.ranking.criteria import highest_probability, occurrence_table


def species_cover(occurrences: pd.DataFrame, cover: pd.Series) -> pd.Series:
    """Covered share of each species' population.

    Parameters
    ----------
    occurrences : pandas.DataFrame
        Columns `site_id`, `species_id`, `share` (0 to 1), `life_stage`.
    cover : pandas.Series
        Covered share of each site, 0 to 1; missing where not known.

    Returns
    -------
    pandas.Series
        Index `species_id`, 0 to 1; missing where the cover of one of its sites is not known.

    Notes
    -----
    Within a life stage the shares add up. Stages are complements, not substitutes: a species that breeds at
    one site and winters at another is covered as far as the less covered of the two.

    Examples
    --------
    >>> crane = pd.DataFrame({"site_id": ["B", "W"], "species_id": ["crane", "crane"], "share": [1.0, 1.0],
    ...                       "life_stage": ["breeding", "wintering"]})
    >>> species_cover(crane, pd.Series({"B": 1.0, "W": 0.2}))["crane"].item()
    0.2
    """
    species, names = pd.factorize(occurrences["species_id"], sort=True)
    stage, stages = pd.factorize(occurrences["life_stage"].fillna(""))
    pairs, pair = np.unique(species * max(len(stages), 1) + stage, return_inverse=True)
    part = occurrences["share"].to_numpy(dtype=float) * _at_sites(occurrences, cover)
    total = np.bincount(pair, weights=part, minlength=len(pairs))
    least = np.full(len(names), np.inf)
    with np.errstate(invalid="ignore"):  # an unknown cover stays unknown
        np.minimum.at(least, pairs // max(len(stages), 1), np.minimum(total, 1.0))
    return pd.Series(least, index=pd.Index(names, name="species_id"), name="cover")


def _at_sites(occurrences: pd.DataFrame, cover: pd.Series) -> NDArray[np.float64]:
    """Cover at the site of each occurrence; missing where it is not known."""
    return cover.reindex(occurrences["site_id"]).to_numpy(dtype=float, na_value=np.nan)


def species_state(occurrences: pd.DataFrame, cover: pd.Series) -> pd.DataFrame:
    """Whether all, some or none of a species' listed sites are covered.

    Returns
    -------
    pandas.DataFrame
        Index `species_id`; `known`: cover is known at all its sites; `all_complete`: every site at least
        98 % covered; `any_complete`: at least one; `all_none`: every site at most 2 %.
    """
    at = _at_sites(occurrences, cover)
    species, names = pd.factorize(occurrences["species_id"], sort=True)
    n = len(names)
    listed = np.bincount(species, minlength=n)
    complete = np.bincount(species, weights=at >= value("classes.complete_min"), minlength=n)
    none = np.bincount(species, weights=at <= value("classes.none_max"), minlength=n)
    unknown = np.bincount(species, weights=np.isnan(at), minlength=n)
    return pd.DataFrame(
        {
            "known": unknown == 0,
            "all_complete": complete == listed,
            "any_complete": complete > 0,
            "all_none": none == listed,
        },
        index=pd.Index(names, name="species_id"),
    )


def risk_reduction(
    inventory: Inventory,
    cover: pd.Series,
    assumptions: Assumptions,
    species: pd.Index | None = None,
    effects: pd.Series | None = None,
) -> tuple[float, float, float]:
    r"""Modelled risk reduction of a cover, with the interval that unknown categories leave.

    Parameters
    ----------
    inventory : Inventory
    cover : pandas.Series
        Covered share of each site, 0 to 1.
    assumptions : Assumptions
    species : pandas.Index, optional
        Species to count; all by default. Species with a site of unknown cover are left out.
    effects : pandas.Series, optional
        Index `species_id`: effect of protection on each, in place of the one of `assumptions`; see
        `aze_core.scenarios.effects.species_effects`.

    Returns
    -------
    (float, float, float)
        Species over the horizon: from the known categories, and the low and high end of the interval.

    Notes
    -----
    :math:`\sum_s p_s(T)\, e_s\, sec_s` with :math:`sec_s` from `species_cover`. Illustrative. Species
    that are Extinct in the Wild are left out.
    """
    table = species_table(inventory, assumptions)
    held = species_cover(inventory.occurrences, cover).reindex(table.index)
    counted = ~table["gone"] & held.notna()
    if species is not None:
        wanted = np.zeros(len(table), dtype=bool)
        at = table.index.get_indexer(species)
        wanted[at[at >= 0]] = True  # -1, not listed at any site, would be the last
        counted &= wanted
    effect = assumptions.effect if effects is None else effects.reindex(table.index)
    gain = held.where(counted, 0.0) * effect
    known = float((gain * table["p"]).sum())
    extra = float(gain[table["p"].isna()].sum()) * highest_probability(assumptions)
    return known, known, known + extra


@per_inventory
def species_table(inventory: Inventory, assumptions: Assumptions) -> pd.DataFrame:
    """Every species that stands at a site: `p`, its extinction probability, and `gone` (EW or EX).

    Returns
    -------
    pandas.DataFrame
        Index `species_id`, sorted, as `species_cover` has it.
    """
    table = occurrence_table(inventory, assumptions).drop_duplicates("species_id")
    return table.set_index("species_id")[["p", "gone"]].sort_index()


def with_selected(cover: pd.Series, selected: tuple[str, ...]) -> pd.Series:
    """The cover after the selected sites are wholly covered."""
    after = cover.copy()
    after[after.index.isin(selected)] = 1.0
    return after


def reached(before: pd.Series, selected: tuple[str, ...], given: pd.Series | None = None) -> pd.Series:
    """The share of every site after a plan: at its sites what it gives, elsewhere as before.

    Parameters
    ----------
    before : pandas.Series
        Index `site_id`, 0 to 1; missing where not known.
    selected : tuple of str
        Sites of the plan.
    given : pandas.Series, optional
        Index `site_id`: share after the plan, 0 to 1. A selected site that is missing in it stays as it was.
        Without it the selected sites are wholly covered.

    Returns
    -------
    pandas.Series
        Index of `before`, never below it; missing where neither is known.

    Raises
    ------
    ValueError
        When a given share is outside 0 to 1, or a site has two.

    Examples
    --------
    >>> reached(pd.Series({"A": 0.4, "B": 0.4}), ("A", "B"), pd.Series({"A": 0.9, "B": 0.1})).tolist()
    [0.9, 0.4]
    """
    if given is None:
        return with_selected(before, selected)
    share = given.astype("float64")
    if not share.dropna().between(0, 1).all() or share.index.has_duplicates:
        raise ValueError("shares after a plan are expected within 0 to 1, one for each site")
    at = share.reindex(before.index).where(before.index.isin(selected))
    return pd.Series(
        np.fmax(before.to_numpy(dtype=float), at.to_numpy()), index=before.index, name=before.name
    )


@per_inventory
def recorded_star(inventory: Inventory) -> pd.DataFrame:
    """Threat-abatement STAR of every site from species with a usable threat record.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, sites with such a species; `low`: from known categories, and `high` with CR for those
        that are not known. Species without a record are left out: nobody knows what abates their threats.
    """
    rows = star(inventory.occurrences, inventory.species["category"], inventory.threats)
    rows = rows[rows["code"].notna()]
    most = rows["share"] * rows["part"] * float(value("threat.star.CR"))
    parts = pd.DataFrame({"low": rows["star"].fillna(0.0), "high": rows["star"].fillna(most)})
    return parts.groupby(rows["site_id"]).sum()

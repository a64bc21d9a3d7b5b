"""What a set of covered sites means for species; several sites of one species are complements."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Assumptions, Inventory
from aze_core.domain.settings import value
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
    part = occurrences["share"] * occurrences["site_id"].map(cover)
    stage = occurrences["life_stage"].fillna("")
    total = part.groupby([occurrences["species_id"], stage]).sum(skipna=False)
    return total.clip(upper=1.0).groupby(level=0).min(skipna=False).rename("cover")


def species_state(occurrences: pd.DataFrame, cover: pd.Series) -> pd.DataFrame:
    """Whether all, some or none of a species' listed sites are covered.

    Returns
    -------
    pandas.DataFrame
        Index `species_id`; `known`: cover is known at all its sites; `all_complete`: every site at least
        98 % covered; `any_complete`: at least one; `all_none`: every site at most 2 %.
    """
    at = occurrences["site_id"].map(cover)
    species = occurrences["species_id"]
    complete, none = at >= value("classes.complete_min"), at <= value("classes.none_max")
    return pd.DataFrame(
        {
            "known": at.notna().groupby(species).all(),
            "all_complete": complete.groupby(species).all(),
            "any_complete": complete.groupby(species).any(),
            "all_none": none.groupby(species).all(),
        }
    )


def risk_reduction(
    inventory: Inventory, cover: pd.Series, assumptions: Assumptions, species: pd.Index | None = None
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

    Returns
    -------
    (float, float, float)
        Species over the horizon: from the known categories, and the low and high end of the interval.

    Notes
    -----
    :math:`\sum_s p_s(T)\, e\, sec_s` with :math:`sec_s` from `species_cover`. Illustrative. Species that are
    Extinct in the Wild are left out.
    """
    table = occurrence_table(inventory, assumptions)
    once = table.drop_duplicates("species_id").set_index("species_id")
    held = species_cover(table, cover).reindex(once.index)
    counted = ~once["gone"] & held.notna()
    if species is not None:
        counted &= once.index.isin(species)
    gain = held[counted] * assumptions.effect
    p = once.loc[counted, "p"]
    known = float((gain * p).sum())
    extra = float(gain[p.isna()].sum()) * highest_probability(assumptions)
    return known, known, known + extra


def with_selected(cover: pd.Series, selected: tuple[str, ...]) -> pd.Series:
    """The cover after the selected sites are wholly covered."""
    after = cover.copy()
    after[after.index.isin(selected)] = 1.0
    return after

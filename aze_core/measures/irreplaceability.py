"""Irreplaceability of sites after Baisero, Schuster & Plumptre 2021 (Conserv. Biol. 36(2):e13806)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aze_core.domain.settings import value

# public here too
from aze_core.measures.portfolio import (  # noqa: F401
    ferrier,
    incremental_rank,
    rarity_weighted_richness,
    replacement_cost,
)


def alpha(local: ArrayLike, total: ArrayLike, target: ArrayLike, triage: bool = False) -> NDArray[np.float64]:
    """Irreplaceability of a site for one species.

    Parameters
    ----------
    local : array_like
        Amount of the species at the site (any unit, the same for all three).
    total : array_like
        Amount of the species everywhere, above 0.
    target : array_like
        Amount that has to be kept, at least 0.
    triage : bool
        Whether a species is given up whose target is above its total: 0 everywhere instead of 1 wherever it
        occurs.

    Returns
    -------
    numpy.ndarray
        0 to 1; 1 where the target cannot be met without the site.

    Raises
    ------
    ValueError
        Negative amounts, `total` of 0, or `local` above `total`.

    Notes
    -----
    0 for a target of 0; 1 for a target that takes everything, wherever the species occurs; otherwise
    ``min(1, local / (total - target))``: the share of what could be lost that the site holds.

    Examples
    --------
    >>> alpha([10, 25, 50], 100, 50).tolist()
    [0.2, 0.5, 1.0]
    """
    here, everywhere, wanted = np.broadcast_arrays(
        *(np.asarray(given, dtype=float) for given in (local, total, target))
    )
    if (here < 0).any() or (wanted < 0).any():
        raise ValueError("`local` and `target` are expected to be at least 0")
    if (everywhere <= 0).any():
        raise ValueError("`total` is expected to be above 0")
    if (here > everywhere).any():
        raise ValueError("`local` is expected to be at most `total`")
    spare = everywhere - wanted
    part = np.divide(here, spare, out=np.ones(here.shape), where=spare > 0)
    part = np.where(spare > 0, np.minimum(1.0, part), (here > 0).astype(float))
    given_up = (wanted == 0) | (triage & (wanted > everywhere))
    return np.asarray(np.where(given_up, 0.0, part))


def beta(alphas: ArrayLike) -> float:
    """Irreplaceability of a site for at least one of its species: ``1 - prod(1 - alpha)``.

    Missing values are left out. It is 1 at every site that holds a whole species, so it cannot order
    AZE sites: use `gamma`.

    Examples
    --------
    >>> beta([0.5, 0.5, 0.5])
    0.875
    """
    given = np.asarray(alphas, dtype=float)
    return float(1 - np.prod(1 - given[~np.isnan(given)]))


def gamma(alphas: ArrayLike) -> float:
    """Number of species for which the site is wholly irreplaceable, plus `beta` of the others.

    Missing values are left out. For sites that each hold whole species it is their number: ties are the
    rule, and a difference of one means one species.

    Examples
    --------
    >>> gamma([0.75, 0.75, 0.75, 1])
    1.984375
    """
    given = np.asarray(alphas, dtype=float)
    given = given[~np.isnan(given)]
    whole = given == 1
    return float(whole.sum() + beta(given[~whole]))


def gamma_by(alphas: pd.Series) -> pd.Series:
    """`gamma` for every label of the index at once.

    Parameters
    ----------
    alphas : pandas.Series
        Alpha of each occurrence, 0 to 1; index: the site. Missing values are left out.

    Returns
    -------
    pandas.Series
        Index: the sites.

    Examples
    --------
    >>> gamma_by(pd.Series([1, 0.5, 0.5], index=["A", "A", "B"])).to_dict()
    {'A': 1.5, 'B': 0.5}
    """
    given = alphas.dropna()
    whole = given == 1
    count = whole.groupby(level=0).sum()
    rest = (1 - given.where(~whole, 0.0)).groupby(level=0).prod()
    return (count + 1 - rest).rename("gamma")


def le_saout(share: ArrayLike) -> NDArray[np.float64]:
    r"""What a share of a species' range at a site counts by the curve of Le Saout et al. 2013.

    Parameters
    ----------
    share : array_like
        Share of the range at the site, 0 to 1; missing where not known.

    Returns
    -------
    numpy.ndarray
        0 (nothing) to 1 (the whole range). A site's score is the sum over its species.

    Raises
    ------
    ValueError
        Shares below 0 or above 1.

    Notes
    -----
    :math:`f(x) = (h(x)-h(0))/(h(100)-h(0))` with :math:`h(x) = 1/(1+e^{-(x-39)/9.5})` and :math:`x` in
    per cent: the curve of Science 342:803, with an end at 0 and at 1 that is the planner's. An optional curve
    beside `alpha`, for lists with species of several sites; where each species has one site it counts them.

    Examples
    --------
    >>> le_saout([0, 0.25, 0.5, 1]).round(6).tolist()
    [0.0, 0.173256, 0.758261, 1.0]
    """
    given = np.asarray(share, dtype=float)
    if ((given < 0) | (given > 1)).any():
        raise ValueError("`share` is expected to be from 0 to 1")
    middle, steepness = value("irreplaceability.le_saout")

    def curve(percent: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(1 / (1 + np.exp(-(np.asarray(percent) - middle) / steepness)))

    return np.asarray((curve(given * 100) - curve(0)) / (curve(100) - curve(0)))

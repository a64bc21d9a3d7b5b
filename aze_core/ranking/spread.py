"""How sure the ranking of an inventory is: drawn weights and drawn data beside every rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from aze_core.domain.model import SCHEMES, Assumptions, Inventory, RankSettings, Uncertainty, Weights
from aze_core.ranking.acceptability import (
    Acceptability,
    Draws,
    Spread,
    confidence_factors,
    pairwise_wins,
    rank_acceptability,
)
from aze_core.ranking.criteria import modelled_loss
from aze_core.ranking.filled import fillings
from aze_core.ranking.score import listed_sites, scores, settled_values
from aze_core.ranking.values import criteria_values, effective_weights, gap_ends

LOSS = "loss"
"""Name of the one criterion of the default order."""


def drawn_schemes(assumptions: Assumptions) -> list[Assumptions]:
    """The assumptions under every scheme that is drawn: those of the literature, and the chosen one."""
    named = [scheme for scheme in SCHEMES if scheme != "ratio"]
    if assumptions.scheme == "ratio":
        named.append("ratio")
    return [replace(assumptions, scheme=scheme) for scheme in named]


def drawn_values(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, data: bool = True
) -> tuple[Draws, dict[str, float], str]:
    """What is drawn for the ranked sites.

    Parameters
    ----------
    inventory : Inventory
    weights : Weights, optional
        None: the default order, which has one criterion.
    settings : RankSettings
    data : bool
        False: the data as they are ranked, and only weights are drawn; what is not known is drawn even then
        in the weighted view, unless it is taken at an end.

    Returns
    -------
    draws : Draws
        Of the listed sites that have a rank.
    shares : dict of str to float
        Weights by criterion, in the order of the values.
    kind : str
        `fixed` in the default order, which has no weights to draw; else empty.
    """
    inside = listed_sites(inventory, settings)
    placed = inside[(scores(inventory, weights, settings).loc[inside, "apart"] == "").to_numpy()]
    if weights is None:
        return _loss(inventory, settings, data, placed), {LOSS: 1.0}, "fixed"
    used = effective_weights(inventory, weights, settings)
    return _weighted(inventory, used, settings, data, placed), used.shares, ""


def _loss(inventory: Inventory, settings: RankSettings, data: bool, placed: pd.Index) -> Draws:
    """Modelled loss as a part of the highest, under every scheme and between its ends."""
    schemes = drawn_schemes(settings.assumptions) if data else [settings.assumptions]
    low, high = [], []
    for assumed in schemes:
        now = modelled_loss(inventory, assumed).loc[placed]
        if data:
            covered = modelled_loss(inventory, assumed, high_cover=True).loc[placed]
            # at an end the unknowns stay there, and only cover is drawn between its own
            ends = {"low": ("low", "low"), "high": ("high", "high")}.get(settings.unknown, ("low", "high"))
            high.append(now[ends[1]].to_numpy(dtype=float))
            # sums in another order: the low end may not lie above by a rounding
            low.append(np.minimum(covered[ends[0]].to_numpy(dtype=float), high[-1]))
        else:
            name = settings.unknown if settings.unknown in ("low", "high") else "known"
            low.append(now[name].to_numpy(dtype=float))
            high.append(now[name].to_numpy(dtype=float))
    ends_ = [np.array(part).reshape(len(schemes), len(placed), 1) for part in (low, high)]
    # each scheme on its own scale: only the order within a draw counts
    top = ends_[1].max(axis=1, keepdims=True) if len(placed) else np.ones((len(schemes), 1, 1))
    top = np.where(top > 0, top, 1.0)
    return Draws(placed, *(np.clip(part / top, 0.0, 1.0) for part in ends_))


def _weighted(
    inventory: Inventory, used: Weights, settings: RankSettings, data: bool, placed: pd.Index
) -> Draws:
    codes = tuple(used.shares)
    fills = fillings(inventory, used, settings) if settings.unknown == "impute" else {}
    schemes = [settings.assumptions]
    if data and "extinction" in codes:
        schemes = drawn_schemes(settings.assumptions)
    low, high = [], []
    for assumed in schemes:
        if settings.unknown in ("low", "high"):
            given = settled_values(inventory, used, replace(settings, assumptions=assumed))
            one, two = given.known, given.known
        else:
            given = criteria_values(inventory, codes, assumed, settings.scope, used.reverse)
            one, two = given.low, given.high
        if data and "gap" in codes:
            ends = gap_ends(inventory)
            # at an end what is not known stays there, and only cover is drawn between its own
            known = given.raw["gap"].notna() | (settings.unknown not in ("low", "high"))
            one, two = (
                side.assign(gap=ends[name].where(known, side["gap"]))
                for side, name in ((one, "low"), (two, "high"))
            )
        low.append(one.loc[placed].to_numpy(dtype=float))
        high.append(two.loc[placed].to_numpy(dtype=float))
    return _with_fillings(Draws(placed, np.array(low), np.array(high)), codes, fills)


def _with_fillings(given: Draws, codes: tuple[str, ...], fills: dict[str, pd.DataFrame]) -> Draws:
    """Each draw of the fillings as a version of its own beside every scheme."""
    if not fills:
        return given
    m = min(drawn.shape[1] for drawn in fills.values())
    low, high = (np.repeat(part, m, axis=0) for part in (given.low, given.high))
    versions = np.tile(np.arange(m), len(given.low))
    for code, drawn in fills.items():
        there = given.sites[given.sites.isin(drawn.index)]
        rows, column = given.sites.get_indexer(there), codes.index(code)
        values = drawn.loc[there].to_numpy(dtype=float)[:, versions].T
        low[:, rows, column] = values
        high[:, rows, column] = values
    return Draws(given.sites, low, high)


def spread_of(kind: str, given: Uncertainty) -> Spread:
    """The weightings to draw; the default order has none."""
    return Spread(kind or given.spread, given.votes)


def rank_spread(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, given: Uncertainty
) -> Acceptability:
    """Rank acceptability of the ranked sites; see `aze_core.ranking.acceptability.rank_acceptability`.

    Parameters
    ----------
    inventory : Inventory
    weights : Weights, optional
        None: the default order, in which only data are drawn.
    settings : RankSettings
    given : Uncertainty

    Returns
    -------
    Acceptability
        Over the listed sites that have a rank.

    Notes
    -----
    Drawn with the weights: the extinction scheme (one for all sites in a draw), what is not known (evenly
    over its interval, each site on its own; or one of the imputer's draws), and, where cover was computed,
    its range from polygons in force to points and areas of unknown status.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder, inventory
    >>> loaded = inventory.load(build.ensure(folder.DATA, folder.default_folder()))
    >>> sure = rank_spread(loaded, Weights(), RankSettings(), Uncertainty(draws=500))
    >>> bool(abs(sure.first.sum() - 1) < 1e-5)
    True
    """
    draws, shares, kind = drawn_values(inventory, weights, settings, given.data)
    return rank_acceptability(
        draws, shares, draws=given.draws, seed=given.seed, spread=spread_of(kind, given)
    )


def site_wins(
    inventory: Inventory,
    weights: Weights | None,
    settings: RankSettings,
    given: Uncertainty,
    sites: Sequence[str],
) -> pd.DataFrame:
    """Share of the draws in which one site has a higher score than another, in the draws of `rank_spread`.

    Returns
    -------
    pandas.DataFrame
        Row wins over column; sites that have no rank are left out.
    """
    draws, shares, kind = drawn_values(inventory, weights, settings, given.data)
    inside = [site for site in sites if site in draws.sites]
    return pairwise_wins(draws, shares, inside, spread_of(kind, given), given.draws, given.seed)


def site_confidence(
    inventory: Inventory, weights: Weights, settings: RankSettings, given: Uncertainty
) -> pd.DataFrame:
    """Sites that come first in some draw: how often, with which weights, and how surely under these.

    Returns
    -------
    pandas.DataFrame
        Index: the sites, most often first; `first`: share of the draws in which it comes first; one column of
        central weights per criterion; `confidence`: its confidence factor.
    """
    draws, shares, kind = drawn_values(inventory, weights, settings, given.data)
    found = rank_acceptability(draws, shares, given.draws, given.seed, spread_of(kind, given))
    table = found.first.rename("first").to_frame().join(found.central)
    table = table[table["first"] > 0].sort_values("first", ascending=False, kind="stable")
    factors = confidence_factors(draws, table[found.central.columns], seed=given.seed)
    return table.assign(confidence=factors)

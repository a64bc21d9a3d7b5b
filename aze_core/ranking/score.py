"""The ranking: sites in order, with ties as ties and the interval that unknowns leave beside every rank."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.memo import per_inventory
from aze_core.domain.model import Assumptions, Inventory, RankSettings, Weights
from aze_core.measures.coverage import protection_class
from aze_core.measures.need import needs
from aze_core.ranking.criteria import counts, latest, modelled_loss
from aze_core.ranking.filled import fillings
from aze_core.ranking.values import Values, criteria_values, effective_weights

Array = NDArray[np.float64]

_DECIMALS = 9  # scores that differ by less are equal: sums in another order must not break a tie


def rank_sites(
    inventory: Inventory, weights: Weights | None = None, settings: RankSettings | None = None
) -> pd.DataFrame:
    """Sites in order of priority.

    Parameters
    ----------
    inventory : Inventory
    weights : Weights, optional
        None: the default order, by modelled loss averted. Given: the weighted view.
    settings : RankSettings, optional
        Which sites are listed and under which assumptions. A filter changes no score, only who is listed;
        ranks count among the listed.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, best first; equal ranks by name. Columns:

        * `rank` (1 = first; equal scores share a rank; missing for sites set apart), `tie_size`: sites that
          share it, `tie_group`: number of the group;
        * `score`: species over the horizon (default) or 0 to 1 (weighted), by the rule on unknowns;
          `score_low`, `score_high`: the interval that unknowns leave;
        * `rank_best`, `rank_worst`: the ranks that this interval leaves open;
        * `c_…`: contributions that sum to `score`: by category (default) or by criterion (weighted);
          `c_unknown` is what unknowns bring where they are taken at their high end (default order);
        * `unknown`: what is not known, joined by ;: `category`, `coverage`, or the code of a criterion;
        * `apart`: why a site has no rank: `gone` (its trigger species are all Extinct in the Wild),
          `unknown` (nothing is known that could order it, or no trigger species is listed), else empty;
        * `share` (covered, newest report), `vintage`, `protection`, and the trigger species' counts;
        * `need`, `mett`, `beyond`, `beyond_basis`; see `aze_core.measures.need.needs`.

    Raises
    ------
    SettingError
        When a national criterion is not there, no site lies in the scope, or nothing can be filled in.

    Notes
    -----
    By default an unknown is never filled in. Default order: species of unknown category are left out of
    `score`. Weighted view: an unknown criterion is left out and the others' weights are rescaled to one; one
    of which a narrower range is known counts with the end of it that is nearest to that. In both the interval
    runs over all that the unknown could be. A criterion that is the same at all sites that the switch lists
    in the scope, or known at none of them, cannot tell them apart and has no weight: the switch can so change
    scores, and the order of two sites of which different criteria are known.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder, inventory
    >>> loaded = inventory.load(build.ensure(folder.DATA, folder.default_folder()))
    >>> rank_sites(loaded).query("rank == 1")["CR"].to_dict()
    {'HTI3': 14}
    """
    settings = settings or RankSettings()
    scored = scores(inventory, weights, settings)
    scored = scored.join(_facts(inventory, settings.beyond, settings.stopped))
    return _ordered(scored.loc[listed_sites(inventory, settings)], inventory.sites["name"])


def listed_sites(inventory: Inventory, settings: RankSettings) -> pd.Index:
    """Sites that the filters and the switch leave; those that may be uncovered for all one knows are in."""
    inside = inventory.where(settings.filters)
    if not settings.uncovered_only:
        return inside
    kind = protection_class(latest(inventory).loc[inside, "share"].astype(float))
    return inside[((kind == "none") | kind.isna()).to_numpy()]


@per_inventory
def _facts(inventory: Inventory, beyond: tuple[str, ...], stopped: tuple[str, ...]) -> pd.DataFrame:
    """What stands beside every score: counts of species, cover, need."""
    cover = latest(inventory)[["share", "vintage"]]
    found = counts(inventory).join(cover)
    found["protection"] = protection_class(found["share"])
    return found.join(needs(inventory, cover["share"], beyond, stopped))


def scores(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, high_cover: bool = False
) -> pd.DataFrame:
    """Scores of all sites of the inventory, without an order.

    In the default order `high_cover` takes cover at its high end.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; `score`, `score_low`, `score_high`, `c_…`, `unknown` and `apart` of `rank_sites`.
    """
    if weights is None:
        made = _by_loss(inventory, settings.assumptions, settings.unknown, high_cover)
    else:
        made = _by_weights(inventory, effective_weights(inventory, weights, settings), settings)
    facts = counts(inventory)
    # without a living trigger species there is nothing that could be lost
    none_left = facts["gone"] == facts["species"]
    made.loc[none_left, ["score", "score_low", "score_high"]] = np.nan
    made["apart"] = np.where(
        none_left & (facts["species"] > 0), "gone", np.where(made["score"].isna(), "unknown", "")
    )
    return made


@per_inventory
def _by_loss(
    inventory: Inventory, assumptions: Assumptions, unknown: str, high_cover: bool = False
) -> pd.DataFrame:
    found = modelled_loss(inventory, assumptions, high_cover)
    facts = counts(inventory)
    share = latest(inventory)["share"]
    found = found.rename(columns={"known": "score", "low": "score_low", "high": "score_high"})
    if unknown in ("low", "high"):
        held = found[[name for name in found.columns if name.startswith("c_")]]
        found[held.columns] = held.fillna(0.0)
        found["c_unknown"] = (found[f"score_{unknown}"] - found[held.columns].sum(axis=1)).clip(lower=0.0)
        # without a listed species nothing orders a site, whatever the end
        found["score"] = found[f"score_{unknown}"].where(facts["species"] > 0)
    found["unknown"] = _names(
        {"category": facts["unknown_species"] > 0, "coverage": share.isna()}, found.index
    )
    return found


def settled_values(inventory: Inventory, weights: Weights, settings: RankSettings) -> Values:
    """Values of the weighted criteria by the rule on unknowns: left missing, at an end, or filled in."""
    codes = tuple(weights.shares)
    given = criteria_values(inventory, codes, settings.assumptions, settings.scope, weights.reverse).copy()
    if settings.unknown in ("low", "high"):
        return Values(getattr(given, settings.unknown), given.low, given.high, given.raw, given.anchors)
    if settings.unknown == "impute":
        known = given.known.copy()
        for code, drawn in fillings(inventory, weights, settings).items():
            known.loc[drawn.index, code] = drawn.mean(axis=1)
        return Values(known, given.low, given.high, given.raw, given.anchors)
    return given


def _by_weights(inventory: Inventory, weights: Weights, settings: RankSettings) -> pd.DataFrame:
    part = weights.shares
    values = settled_values(inventory, weights, settings)
    share = np.array(list(part.values()), dtype=np.float64)
    known, held = _within_range(values, share)
    total = held.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(held > 0, held / total[:, None] * known, 0.0)
    names = [f"c_{code}" for code in part]
    found = pd.DataFrame(parts, index=values.known.index, columns=names)
    found["score"] = found[names].sum(axis=1).where(total > 0)
    found["score_low"] = values.low.to_numpy(dtype=float) @ share
    found["score_high"] = values.high.to_numpy(dtype=float) @ share
    raw = values.raw
    # a range that runs over the whole of its scale, or a part of it: neither is known
    lost = {
        ("category" if code in ("extinction", "star") else code): (values.high[code] > values.low[code])
        | raw[code].isna()
        for code in part
    }
    found["unknown"] = _names(lost, found.index)
    return found


def _within_range(values: Values, share: Array) -> tuple[Array, Array]:
    """Values and weights that count at each site.

    Leaving a criterion out takes it to be as good as the mean of what is known. Where its own range is
    narrower than the scale and does not reach so far, it counts with the end of the range that is nearest.
    """
    known = values.known.to_numpy(dtype=float).copy()
    low, high = values.low.to_numpy(dtype=float), values.high.to_numpy(dtype=float)
    while True:
        held = ~np.isnan(known) * share
        total = held.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.nansum(held * known, axis=1, keepdims=True) / total
        nearest = np.clip(mean, low, high)
        narrow = np.isnan(known) & (share > 0) & (np.abs(nearest - mean) > 10.0**-_DECIMALS)
        if not narrow.any():
            return known, held
        # each may move the mean of the others
        first = narrow & (np.cumsum(narrow, axis=1) == 1)
        known = np.where(first, nearest, known)


def _names(flags: dict[str, pd.Series], index: pd.Index) -> pd.Series:
    found = pd.Series("", index=index, dtype="str")
    for name, flag in flags.items():
        found = found.mask(flag & (found != ""), found + ";" + name).mask(flag & (found == ""), name)
    return found


def _ordered(listed: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Rank, tie group and the ranks that the intervals leave open, best first."""
    exact = listed["score"].round(_DECIMALS)
    low, high = listed["score_low"].round(_DECIMALS), listed["score_high"].round(_DECIMALS)
    listed = listed.assign(
        rank=exact.rank(method="min", ascending=False).astype("Int64"),
        tie_group=exact.rank(method="dense", ascending=False).astype("Int64"),
        tie_size=exact.groupby(exact).transform("size").astype("Int64"),
    )
    counted = low.notna()
    lows, highs = np.sort(low[counted].to_numpy()), np.sort(high[counted].to_numpy())
    size = int(counted.sum())
    # sites certainly ahead have a low end above my high end; sites possibly ahead a high end above my low end
    ahead = size - np.searchsorted(lows, high.to_numpy(), side="right")
    maybe = size - np.searchsorted(highs, low.to_numpy(), side="right")
    mine = (high > low).to_numpy()  # my own high end lies above my low end
    best = pd.Series(ahead + 1, index=listed.index, dtype="Int64").where(counted)
    worst = pd.Series(maybe + 1 - mine, index=listed.index, dtype="Int64").where(counted)
    listed = listed.assign(rank_best=best, rank_worst=worst)
    order = pd.DataFrame({"rank": listed["rank"], "name": names.reindex(listed.index), "id": listed.index})
    order = order.sort_values(["rank", "name", "id"], na_position="last")
    first = ["rank", "tie_group", "tie_size", "score", "score_low", "score_high", "rank_best", "rank_worst"]
    return listed.loc[order.index, [*first, *(c for c in listed.columns if c not in first)]]

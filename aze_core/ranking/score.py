"""The ranking: sites in order, with ties as ties and the interval that unknowns leave beside every rank."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aze_core.domain.model import Inventory, RankSettings, Weights
from aze_core.measures.coverage import protection_class
from aze_core.ranking.criteria import counts, latest, modelled_loss, weighted_values

CRITERIA = ("irreplaceability", "extinction", "pressure")
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
        Which sites are listed and under which assumptions. It never changes a score, only who is listed;
        ranks count among the listed.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, best first; equal ranks by name. Columns:

        * `rank` (1 = first; equal scores share a rank; missing for sites set apart), `tie_size`: sites that
          share it, `tie_group`: number of the group;
        * `score`: species over the horizon (default) or 0 to 1 (weighted), from what is known;
          `score_low`, `score_high`: the interval that unknowns leave;
        * `rank_best`, `rank_worst`: the ranks that this interval leaves open;
        * `c_…`: contributions that sum to `score`: by category (default) or by criterion (weighted);
        * `unknown`: comma-separated parts that are not known (`category`, `coverage`, `pressure`);
        * `apart`: why a site has no rank: `gone` (its trigger species are all Extinct in the Wild),
          `unknown` (nothing is known that could order it, or no trigger species is listed), else empty;
        * `share` (covered, newest report), `vintage`, `protection`, and the trigger species' counts.

    Notes
    -----
    An unknown is never filled in. Default order: species of unknown category are left out of `score`.
    Weighted view: an unknown criterion is left out and the others' weights are rescaled to one. In both the
    interval runs over all that the unknown could be.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder, inventory
    >>> loaded = inventory.load(build.ensure(folder.DATA, folder.default_folder()))
    >>> rank_sites(loaded).query("rank == 1")["CR"].to_dict()
    {'HTI3': 14}
    """
    settings = settings or RankSettings()
    scored = _by_loss(inventory, settings) if weights is None else _by_weights(inventory, weights, settings)
    facts = counts(inventory)
    cover = latest(inventory)
    scored = scored.join(facts).join(cover[["share", "vintage"]])
    scored["protection"] = protection_class(scored["share"])
    # without a living trigger species there is nothing that could be lost
    none_left = scored["gone"] == scored["species"]
    scored.loc[none_left, ["score", "score_low", "score_high"]] = np.nan
    scored["apart"] = np.where(
        none_left & (scored["species"] > 0), "gone", np.where(scored["score"].isna(), "unknown", "")
    )

    listed = scored.loc[inventory.where(settings.filters)]
    if settings.uncovered_only:
        # what may be uncovered for all that is known is listed too
        listed = listed[(listed["protection"] == "none") | listed["protection"].isna()]
    return _ordered(listed, inventory.sites["name"])


def _by_loss(inventory: Inventory, settings: RankSettings) -> pd.DataFrame:
    found = modelled_loss(inventory, settings.assumptions)
    facts = counts(inventory)
    share = latest(inventory)["share"]
    found = found.rename(columns={"known": "score", "low": "score_low", "high": "score_high"})
    found["unknown"] = _names(
        {"category": facts["unknown_species"] > 0, "coverage": share.isna()}, found.index
    )
    return found


def _by_weights(inventory: Inventory, weights: Weights, settings: RankSettings) -> pd.DataFrame:
    values, _ = weighted_values(inventory, settings.assumptions)
    part = dict(zip(CRITERIA, weights.shares, strict=True))
    # a criterion without weight is never missed
    used = [name for name in CRITERIA if part[name] > 0]
    held = pd.DataFrame({name: values[name].notna() * part[name] for name in used}, index=values.index)
    total = held.sum(axis=1)
    found = pd.DataFrame(index=values.index)
    for name in CRITERIA:
        share = (held[name] / total.where(total > 0)) if name in used else 0.0
        found[f"c_{name}"] = (share * values[name]).fillna(0.0)
    found["score"] = found[[f"c_{name}" for name in CRITERIA]].sum(axis=1).where(total > 0)
    found["score_low"] = sum(part[name] * values[f"{name}_low"] for name in used)
    found["score_high"] = sum(part[name] * values[f"{name}_high"] for name in used)
    lost = {
        "category": (values["extinction_high"] > values["extinction_low"]) & (part["extinction"] > 0),
        "pressure": values["pressure"].isna() & (part["pressure"] > 0),
    }
    found["unknown"] = _names(lost, found.index)
    return found


def _names(flags: dict[str, pd.Series], index: pd.Index) -> pd.Series:
    found = pd.Series("", index=index, dtype="str")
    for name, flag in flags.items():
        found = found.mask(flag & (found != ""), found + "," + name).mask(flag & (found == ""), name)
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

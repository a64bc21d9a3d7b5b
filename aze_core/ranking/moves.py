"""How a ranking moved because the data changed, at the same settings."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Inventory, RankSettings, Weights
from aze_core.ranking.score import rank_sites


def rank_moves(
    before: Inventory,
    after: Inventory,
    matches: pd.DataFrame,
    weights: Weights | None = None,
    settings: RankSettings | None = None,
) -> pd.DataFrame:
    """Ranks of the same sites in two versions of the data.

    Parameters
    ----------
    before, after : Inventory
    matches : pandas.DataFrame
        `before`, `after`: sites that are the same, as `aze_core.measures.changes.match_sites` finds them.
    weights : Weights, optional
        None: the default order.
    settings : RankSettings, optional
        The same for both versions, so that whatever moved, moved because of the data alone.

    Returns
    -------
    pandas.DataFrame
        One row per site that is listed in either, in the order of the later ranking: `before`, `after`
        (identifiers, missing where it is not listed), `name`, `iso3`, `rank_before`, `rank_after` (missing
        where it has no rank), `moved` (places gained; negative: lost), `score_before`, `score_after`.

    Notes
    -----
    A rank can move although nothing was changed at the site: others were added, or changed.
    """
    old = rank_sites(before, weights, settings)
    new = rank_sites(after, weights, settings)
    to = dict(zip(matches["before"], matches["after"], strict=True))
    back = {other: one for one, other in to.items()}
    rows = []
    for site in new.index:
        one = back.get(site)
        rows.append((one if one in old.index else None, site))
    gone = [site for site in old.index if to.get(site) not in new.index]
    rows += [(site, None) for site in gone]
    frame = pd.DataFrame(rows, columns=["before", "after"], dtype="str")
    later = after.sites.reindex(frame["after"])
    sooner = before.sites.reindex(frame["before"])
    for name in ("name", "iso3"):
        own = pd.Series(later[name].to_numpy())
        frame[name] = own.where(own.notna(), pd.Series(sooner[name].to_numpy()))
    for name in ("rank", "score"):
        frame[f"{name}_before"] = old[name].reindex(frame["before"]).to_numpy()
        frame[f"{name}_after"] = new[name].reindex(frame["after"]).to_numpy()
    for name in ("rank_before", "rank_after"):
        frame[name] = frame[name].astype("Int64")
    frame["moved"] = frame["rank_before"] - frame["rank_after"]
    order = ["before", "after", "name", "iso3", "rank_before", "rank_after", "moved"]
    return frame[[*order, "score_before", "score_after"]]

"""Why a site stands where it stands: computed facts that templates turn into sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

_WORTH_TELLING = 0.01  # one point of a hundred


@dataclass(frozen=True)
class Reason:
    """One fact about a rank: `kind` names a template below `why.`, `fields` are its values."""

    kind: str
    fields: dict[str, Any]


def reasons(ranked: pd.DataFrame, site: str, names: pd.Series) -> list[Reason]:
    """Facts that explain one site's rank, the weightiest first.

    Parameters
    ----------
    ranked : pandas.DataFrame
        As `aze_core.ranking.score.rank_sites` returns it.
    site : str
        A `site_id` of `ranked`.
    names : pandas.Series
        Names of the sites by `site_id`.

    Returns
    -------
    list of Reason
        What makes up the score, the tie, the next site behind and ahead with the distance to it, the
        interval, and what is not known. For a site set apart, only why it has no rank.

    Raises
    ------
    KeyError
        When the site is not in `ranked`.
    """
    row: Any = ranked.loc[site]
    if row["apart"]:
        found = [Reason(f"apart_{row['apart']}", {})]
        if pd.notna(row["rank_best"]):
            found.append(Reason("range", {"best": row["rank_best"], "worst": row["rank_worst"]}))
        return found
    found = []
    parts = {name[2:]: float(row[name]) for name in ranked.columns if name.startswith("c_") and row[name] > 0}
    if parts and row["score"] > 0:
        most = max(parts, key=lambda name: parts[name])
        found.append(Reason(f"part_{most}", {"share": parts[most] / float(row["score"])}))
        lost = row["unknown"].split(",")  # what is not known holds nothing down
        absent = [
            name
            for name in ("irreplaceability", "extinction", "pressure")
            if f"c_{name}" in ranked.columns and name not in lost
        ]
        if absent:
            relative = {
                name: float(row[f"c_{name}"]) - float(ranked[f"c_{name}"].median()) for name in absent
            }
            least = min(relative, key=lambda name: relative[name])
            if relative[least] <= -_WORTH_TELLING:
                found.append(Reason(f"below_{least}", {"points": -relative[least] * 100}))
    if row["tie_size"] > 1:
        found.append(Reason("tie", {"n": int(row["tie_size"]) - 1}))
    ordered = ranked[ranked["rank"].notna()]
    ahead = ordered[ordered["rank"] < row["rank"]]
    behind = ordered[ordered["rank"] > row["rank"]]
    if len(ahead):
        other: Any = ahead.iloc[-1]
        found.append(
            Reason("ahead", {"other": names[ahead.index[-1]], "by": float(other["score"] - row["score"])})
        )
    if len(behind):
        other = behind.iloc[0]
        found.append(
            Reason("behind", {"other": names[behind.index[0]], "by": float(row["score"] - other["score"])})
        )
    for name in filter(None, row["unknown"].split(",")):
        found.append(
            Reason(f"unknown_{name}", {"n": int(row["unknown_species"])} if name == "category" else {})
        )
    if row["rank_best"] != row["rank_worst"]:
        found.append(Reason("range", {"best": row["rank_best"], "worst": row["rank_worst"]}))
    if row["gone"]:
        found.append(Reason("gone", {"n": int(row["gone"])}))
    return found

"""Why a site stands where it stands: computed facts that templates turn into sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from aze_core.domain.model import ONE_AXIS, Inventory, RankSettings, Uncertainty, Weights
from aze_core.domain.settings import value
from aze_core.ranking.acceptability import Acceptability
from aze_core.ranking.score import listed_sites, settled_values
from aze_core.ranking.sensitivity import moves_of_site, reversal
from aze_core.ranking.values import effective_weights

_WORTH_TELLING = 0.01  # one point of a hundred
_TOLD = 2  # differences that are told at most
_DECIMALS = 9  # scores that differ by less are equal, as in the ranking


@dataclass(frozen=True)
class Reason:
    """One fact about a rank: `kind` names a template below `why.`, `fields` are its values.

    A field `criterion` is a code that the reader's language has a name for; `by` and `points` are parts of
    one in the weighted view and species over the horizon in the default order.
    """

    kind: str
    fields: dict[str, Any]


def reasons(
    inventory: Inventory,
    weights: Weights | None,
    settings: RankSettings,
    ranked: pd.DataFrame,
    site: str,
    given: Uncertainty | None = None,
    spread: Acceptability | None = None,
) -> list[Reason]:
    """Facts that explain one site's rank.

    Parameters
    ----------
    inventory : Inventory
    weights : Weights, optional
    settings : RankSettings
    ranked : pandas.DataFrame
        As `aze_core.ranking.score.rank_sites` returns it for these.
    site : str
        A `site_id` of `ranked`.
    given : Uncertainty, optional
        Names the first N; the default where it is not given.
    spread : Acceptability, optional
        The draws, where they are told too.

    Returns
    -------
    list of Reason
        What lifts the site, what holds it down, the tie, how sure its rank is, the next sites ahead and
        behind and what would turn their order, the smallest change of one weight that takes it out of the
        first N or into them, and what is not known. For a site set apart, only why it has no rank.

    Raises
    ------
    KeyError
        When the site is not in `ranked`.
    """
    row: Any = ranked.loc[site]
    if row["apart"]:
        found = [Reason("apart_gone" if row["apart"] == "gone" else "apart_unknown", {})]
        if pd.notna(row["rank_best"]):
            found.append(_range(row))
        return found
    given = given or Uncertainty()
    found = _parts(inventory, weights, settings, ranked, site)
    if row["tie_size"] > 1:
        found.append(Reason("tie", {"n": int(row["tie_size"]) - 1}))
    if spread is not None:
        found.append(_sure(weights, given, spread, site, _total(ranked)))
    found += _neighbours(inventory, weights, settings, ranked, site)
    # where all are among the first N, no weight takes one out of them
    if weights is not None and _total(ranked) > given.top:
        found.append(_one_weight(inventory, weights, settings, site, int(row["rank"]), given.top))
    found += _unknowns(row)
    if not pd.isna(row["beyond"]) and row["beyond"]:
        found.append(Reason("beyond_records" if row["beyond_basis"] == "records" else "beyond_said", {}))
    if row["gone"]:
        found.append(Reason("gone", {"n": int(row["gone"])}))
    return found


def _columns(ranked: pd.DataFrame) -> list[str]:
    return [str(name) for name in ranked.columns if str(name).startswith("c_")]


def _total(ranked: pd.DataFrame) -> int:
    """How many sites have a rank."""
    return int(ranked["rank"].notna().sum())


def _parts(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, ranked: pd.DataFrame, site: str
) -> list[Reason]:
    """What lifts a site and what holds it down."""
    row: Any = ranked.loc[site]
    if weights is None:
        parts = {name[2:]: float(row[name]) for name in _columns(ranked)}
        found = []
        most = max(parts, key=lambda name: parts[name], default=None)
        if most is not None and parts[most] > 0 and row["score"] > 0:
            known = most in ("CR", "EN", "VU", "NT", "LC")
            kind = f"part_{most}" if known else "part_open"
            found.append(Reason(kind, {"share": parts[most] / float(row["score"])}))
        if row["protection"] == "partial" or row["protection"] == "complete":
            found.append(Reason("covered", {"share": float(row["share"])}))
        return found
    placed = ranked[ranked["apart"] == ""]
    values, shares = _weighed(inventory, weights, settings, site)
    # what is not known holds nothing down, here or in the middle of the others
    sure = {code: _is_known(placed["unknown"], code) for code in shares}
    middle = {
        code: share * float(values.at[site, code] - values.loc[placed.index[sure[code]], code].median())
        for code, share in shares.items()
        if sure[code][site]
    }
    found = []
    if middle:
        best = max(middle, key=lambda code: middle[code])
        if middle[best] >= _WORTH_TELLING:
            found.append(Reason("lifts", {"criterion": best, "points": middle[best]}))
        worst = min(middle, key=lambda code: middle[code])
        if middle[worst] <= -_WORTH_TELLING:
            found.append(Reason("holds", {"criterion": worst, "points": -middle[worst]}))
    return found


def _weighed(
    inventory: Inventory, weights: Weights, settings: RankSettings, site: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Values of the weighted criteria, and what part each has in the score of one site.

    Sites are compared by values: the parts of a score are rescaled where a criterion is not known, and so
    not the same from site to site.
    """
    used = effective_weights(inventory, weights, settings)
    values = settled_values(inventory, used, settings).known
    mine = values.loc[site].notna()
    held = {code: share for code, share in used.shares.items() if mine[code]}
    total = sum(held.values())
    return values, {code: share / total for code, share in held.items()}


def _is_known(unknown: pd.Series, code: str) -> pd.Series:
    """Whether a weighted criterion is known of each site; two of them hang on the category."""
    name = "category" if code in ONE_AXIS else code
    return unknown.map(lambda names: name not in names.split(";")).astype(bool)


def _sure(
    weights: Weights | None, given: Uncertainty, spread: Acceptability, site: str, total: int
) -> Reason:
    ends: Any = spread.interval().loc[site]
    fields = {
        "low": int(ends["low"]),
        "high": int(ends["high"]),
        "level": value("acceptability.level"),
        "share": float(spread.p_top(given.top)[site]),
        "top": given.top,
    }
    if total <= given.top:
        # all are among the first: that says nothing of this one
        fields = {name: fields[name] for name in ("low", "high", "level")} | {"total": total}
    of = {"flat": "flat", "ordinal": "ordinal"}.get(given.spread, "near")
    kind = f"sure_{'data' if weights is None else of}"
    return Reason(f"{kind}_all" if total <= given.top else kind, fields)


def _neighbours(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, ranked: pd.DataFrame, site: str
) -> list[Reason]:
    """The next sites ahead and behind, by how much, and what would turn the order with the one behind."""
    row: Any = ranked.loc[site]
    names = inventory.sites["name"]
    placed = ranked[ranked["rank"].notna()]
    ahead, behind = placed[placed["rank"] < row["rank"]], placed[placed["rank"] > row["rank"]]
    found = []
    if len(ahead):
        by = float(ahead["score"].iloc[-1] - row["score"])
        found.append(Reason("ahead", {"other": names[ahead.index[-1]], "by": by}))
    if len(behind):
        other = str(behind.index[0])
        by = float(row["score"] - behind["score"].iloc[0])
        found.append(Reason("behind", {"other": names[other], "by": by}))
        turn = reversal(inventory, weights, settings, site, other)
        found += [] if turn is None else [_turned(turn)]
    return found


def _turned(turn: dict[str, Any]) -> Reason:
    fields = {name: each for name, each in turn.items() if name not in ("kind", "above")}
    if turn["kind"] == "weight":
        return Reason("turn_more", fields) if turn["above"] else Reason("turn_less", fields)
    return Reason("turn_ratio", fields) if turn["kind"] == "ratio" else Reason("turn_cover", fields)


def _one_weight(
    inventory: Inventory, weights: Weights, settings: RankSettings, site: str, rank: int, top: int
) -> Reason:
    """The smallest change of one weight that takes a site out of the first N, or into them."""
    moves = moves_of_site(inventory, weights, settings, site, top)
    inside = rank <= top
    if moves.empty:
        return Reason("stays_in", {"top": top}) if inside else Reason("stays_out", {"top": top})
    first: Any = moves.iloc[0]
    fields = {
        "criterion": str(moves.index[0]),
        "points": float(first["points"]),
        "limit": float(first["limit"]),
        "top": top,
    }
    if inside:
        return Reason("out_more", fields) if first["above"] else Reason("out_less", fields)
    return Reason("in_more", fields) if first["above"] else Reason("in_less", fields)


def _unknowns(row: Any) -> list[Reason]:
    found = []
    for name in filter(None, row["unknown"].split(";")):
        if name == "category":
            found.append(Reason("unknown_category", {"n": max(int(row["unknown_species"]), 1)}))
        elif name == "coverage":
            found.append(Reason("unknown_coverage", {}))
        else:
            found.append(Reason("unknown_criterion", {"criterion": name}))
    if row["rank_best"] != row["rank_worst"]:
        found.append(_range(row))
    return found


def _range(row: Any) -> Reason:
    return Reason("range", {"best": int(row["rank_best"]), "worst": int(row["rank_worst"])})


def why_not(
    inventory: Inventory,
    weights: Weights | None,
    settings: RankSettings,
    ranked: pd.DataFrame,
    site: str,
    top: int,
) -> list[Reason]:
    """Facts on why a site is not higher: any site of the inventory, listed or not.

    Parameters
    ----------
    inventory : Inventory
    weights : Weights, optional
    settings : RankSettings
    ranked : pandas.DataFrame
        As `aze_core.ranking.score.rank_sites` returns it for these.
    site : str
    top : int
        The first N that it is compared with.

    Returns
    -------
    list of Reason
        Why it is not listed; or why it has no rank; or its rank and how it differs from the last of the
        first N, what would bring it in, and how high what is not known of it could lift it, and what is not
        known of others too.

    Raises
    ------
    KeyError
        When the inventory has no such site.
    """
    if site not in ranked.index:
        return [_not_listed(inventory, settings, site)]
    row: Any = ranked.loc[site]
    if row["apart"]:
        return reasons(inventory, weights, settings, ranked, site)
    total, rank = _total(ranked), int(row["rank"])
    if rank <= top:
        kind = "not_needed_all" if total <= top else "not_needed"
        return [Reason(kind, {"rank": rank, "total": total, "top": top})]
    placed = ranked[ranked["rank"].notna()]
    last = str(placed.index[(placed["rank"] <= top).to_numpy()][-1])
    other: Any = ranked.loc[last]
    fields: dict[str, Any] = {
        "other": inventory.sites.at[last, "name"],
        "by": float(other["score"] - row["score"]),
        "rank": int(other["rank"]),
        "mine": rank,
        "total": total,
        "top": top,
    }
    found = [Reason("short", fields)]
    if weights is None:
        found += _fewer(row, other)
    else:
        values, shares = _weighed(inventory, weights, settings, site)
        known = [code for code in shares if _is_known(ranked["unknown"], code)[[site, last]].all()]
        gap: Any = values.loc[last] - values.loc[site]
        gaps = {code: shares[code] * float(gap[code]) for code in known}
        for code in sorted(gaps, key=lambda code: -gaps[code])[:_TOLD]:
            if gaps[code] >= _WORTH_TELLING:
                found.append(Reason("lacks", {"criterion": code, "points": gaps[code]}))
        found.append(_one_weight(inventory, weights, settings, site, rank, top))
    return found + _could_be(row, placed)


def _could_be(row: Any, placed: pd.DataFrame) -> list[Reason]:
    """How high what is not known could lift a site: of it alone, and of the others too."""
    mine = round(float(row["score_high"]), _DECIMALS) if row["unknown"] else -np.inf
    alone = min(int((placed["score"].round(_DECIMALS) > mine).sum()) + 1, int(row["rank"]))
    found = []
    if alone < row["rank"]:
        found.append(Reason("could_be", {"best": alone}))
    if row["rank_best"] < alone:
        kind = "could_be_too" if found else "could_be_others"
        found.append(Reason(kind, {"best": int(row["rank_best"])}))
    return found


def _fewer(row: Any, other: Any) -> list[Reason]:
    """Which species a site has fewer of, and how much more of it is covered."""
    found = []
    if row["CR"] < other["CR"]:
        found.append(Reason("fewer_CR", {"mine": int(row["CR"]), "theirs": int(other["CR"])}))
    if row["EN"] < other["EN"]:
        found.append(Reason("fewer_EN", {"mine": int(row["EN"]), "theirs": int(other["EN"])}))
    if row["share"] > other["share"]:
        found.append(Reason("more_cover", {"mine": float(row["share"]), "theirs": float(other["share"])}))
    if row["unknown_species"]:
        found.append(Reason("unknown_category", {"n": int(row["unknown_species"])}))
    return found


def _not_listed(inventory: Inventory, settings: RankSettings, site: str) -> Reason:
    row = inventory.sites.loc[site]
    wanted = settings.filters.list_type or inventory.main_list
    if row["list_type"] != wanted:
        return Reason("not_on_list", {})
    if site not in inventory.where(settings.filters):
        return Reason("not_in_filters", {})
    assert site not in listed_sites(inventory, settings)  # so the switch left it out
    cover = inventory.coverage
    mine = cover[cover["site_id"] == site].sort_values("vintage").iloc[-1]
    return Reason("not_uncovered", {"share": float(mine["share"]), "year": int(mine["vintage"])})

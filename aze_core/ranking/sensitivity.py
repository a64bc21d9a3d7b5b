"""What it takes to change a ranking: one weight, or one assumption."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.errors import SettingError
from aze_core.domain.model import SCHEMES, TWO_WAYS, Inventory, RankSettings, Weights
from aze_core.ranking.criteria import modelled_loss, probability
from aze_core.ranking.score import listed_sites, scores, settled_values
from aze_core.ranking.values import effective_weights

Array = NDArray[np.float64]

MOST_POINTS = 100.0
"""End of the page's weights."""

_NEAR = 1e-9
"""Weights that differ by less, as a part, are one."""

_TIE = 5e-10
"""Scores that differ by less are equal, as in the ranking."""


def weight_moves(
    values: pd.DataFrame, points: dict[str, float], site: str, top: int, most: float = MOST_POINTS
) -> pd.DataFrame:
    r"""The smallest change of each single weight that takes a site out of the first `top`, or into them.

    Parameters
    ----------
    values : pandas.DataFrame
        Index: the ranked sites; one column per criterion of `points`; 0 to 1, missing where not known.
    points : dict of str to float
        Points by criterion, at least 0 and not all 0; those of the other criteria stay as they are.
    site : str
    top : int
    most : float
        Highest points that a weight can have.

    Returns
    -------
    pandas.DataFrame
        Index: the criteria for which some change does it; `points` (now), `limit` (beyond which the site is
        out, or in), `change` (limit minus now), `above` (whether the weight has to rise above the limit, or
        to fall below it); the smallest change first.

    Notes
    -----
    The score is :math:`\sum_k w_k v_k / \sum_k w_k` over the criteria known of the site, so two sites change
    places where a polynomial of second degree in the weight is zero. All these points are found, and the
    ranks between them counted: the limit is exact. Sites that no criterion with weight orders are left out.

    Examples
    --------
    >>> two = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=["X", "Y"])
    >>> weight_moves(two, {"a": 60, "b": 40}, "X", top=1)[["points", "limit"]].to_dict("index")
    {'a': {'points': 60.0, 'limit': 40.0}, 'b': {'points': 40.0, 'limit': 60.0}}
    """
    names = list(points)
    given = values[names].to_numpy(dtype=float)
    known = ~np.isnan(given)
    value = np.where(known, given, 0.0)
    weight = np.array([float(points[name]) for name in names])
    mine = values.index.get_loc(site)
    rows = []
    for at, name in enumerate(names):
        rest = weight.copy()
        rest[at] = 0.0
        limit = _limit(
            value @ rest, known @ rest, value[:, at], known[:, at].astype(float), mine, top, weight[at], most
        )
        if limit is not None:
            end, above = limit
            rows.append((name, weight[at], end, end - weight[at], above))
    kinds: Any = {"criterion": "str", "points": float, "limit": float, "change": float, "above": bool}
    found = pd.DataFrame(rows, columns=list(kinds)).astype(kinds).set_index("criterion")
    return found.loc[found["change"].abs().sort_values(kind="stable").index]


def _limit(
    sums: Array, totals: Array, value: Array, known: Array, mine: Any, top: int, now: float, most: float
) -> tuple[float, bool] | None:
    """The weight nearest to `now` at which the site changes sides, and whether it does so above it.

    None where there is none up to `most`. The score of a site at weight x is
    (sums + x value) / (totals + x known).
    """
    # numerator of the difference to my score: a polynomial of x whose sign is that of the difference
    square = value * known[mine] - value[mine] * known
    linear = sums * known[mine] + value * totals[mine] - sums[mine] * known - value[mine] * totals
    constant = sums * totals[mine] - sums[mine] * totals

    def ahead(at: Array) -> NDArray[np.bool_]:
        """Which sites, one a row, are ahead of mine at the weights of their row."""
        total = (totals[:, None] + known[:, None] * at) * (totals[mine] + known[mine] * at)
        difference = (square[:, None] * at + linear[:, None]) * at + constant[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(difference / total > _TIE)

    points = _roots(square, linear, constant)
    points = np.where((points > 0) & (points < most), points, most)
    every = np.sort(points[points < most])
    # points that lie so near are one, computed twice
    every = every[np.diff(every, prepend=-np.inf) > _NEAR * every]
    edges = np.concatenate([[0.0], every, [most]])
    last = len(edges) - 1
    spot = np.where(points < most, np.searchsorted(every, points, side="right"), last)
    # each other site is ahead or behind all the way between its own points
    bounds = np.sort(np.insert(spot, [0, 0], [0, last], axis=1))
    begin, end = bounds[:, :-1], bounds[:, 1:]
    counts = (ahead((edges[begin] + edges[end]) / 2) & (begin < end)).astype(int)
    steps = np.zeros(len(edges), dtype=int)
    np.add.at(steps, begin, counts)
    np.subtract.at(steps, end, counts)
    inside = np.cumsum(steps)[:-1] < top
    started = bool(ahead(np.full((len(sums), 1), now)).sum() < top)
    other = np.flatnonzero(inside != started)
    if not len(other):
        return None
    # the end of such a stretch that lies nearest, seen from where the weight is now
    limits = np.concatenate([edges[other], edges[other + 1]])
    nearest = int(np.abs(limits - now).argmin())
    return float(limits[nearest]), nearest < len(other)


def _roots(square: Array, linear: Array, constant: Array) -> Array:
    """Real zeros of many polynomials of second degree or less: two columns, missing where there is none."""
    flat = np.abs(square) < 1e-15
    with np.errstate(invalid="ignore", divide="ignore"):
        simple = np.where(flat & (np.abs(linear) > 1e-15), -constant / linear, np.nan)
        inner = linear**2 - 4 * square * constant
        # a form that keeps small differences
        q = -0.5 * (linear + np.copysign(np.sqrt(inner), linear))
        two = [np.where(flat, np.nan, part) for part in (q / square, constant / q)]
    found = np.column_stack([np.where(flat, simple, two[0]), two[1]])
    return np.where(np.isfinite(found), found, np.nan)


def moves_of_site(
    inventory: Inventory, weights: Weights, settings: RankSettings, site: str, top: int
) -> pd.DataFrame:
    """`weight_moves` of a ranked site of an inventory, among the listed sites that have a rank."""
    used = effective_weights(inventory, weights, settings)
    values = settled_values(inventory, used, settings).known.loc[_placed(inventory, weights, settings)]
    points = {code: each for code, each in used.points.items() if each > 0}
    return weight_moves(values, points, site, top, max(MOST_POINTS, *points.values()))


def reversal(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, ahead: str, behind: str
) -> dict[str, Any] | None:
    """The smallest change that puts one site behind another.

    Returns
    -------
    dict or None
        Weighted: `kind` "weight", `criterion`, `points`, `limit`, `above`: beyond the limit the order turns.
        Default order: `kind` "ratio", `now`, `limit`: what an EN species counts as a part of a CR one; or
        `kind` "cover", `share`: the part of the first site's uncovered part that would have to be covered.
        None where no single such change does it.
    """
    if weights is not None:
        used = effective_weights(inventory, weights, settings)
        values = settled_values(inventory, used, settings).known.loc[[ahead, behind]]
        points = {code: each for code, each in used.points.items() if each > 0}
        found = weight_moves(values, points, ahead, 1, max(MOST_POINTS, *points.values()))
        if found.empty:
            return None
        row: Any = found.iloc[0]
        return {
            "kind": "weight",
            "criterion": str(found.index[0]),
            "points": float(row["points"]),
            "limit": float(row["limit"]),
            "above": bool(row["above"]),
        }
    rows = scores(inventory, None, settings).loc[[ahead, behind]]
    one, two = (float(part) for part in rows["score"])
    parts = modelled_loss(inventory, settings.assumptions).loc[[ahead, behind]]
    if {"c_CR", "c_EN"} <= set(parts.columns):
        cr, en = (float(parts[c].iloc[0] - parts[c].iloc[1]) for c in ("c_CR", "c_EN"))
        rest = one - two - cr - en
        now = _ratio_now(settings)
        # cr + en * (limit / now) + rest = 0; an EN species never counts more than a CR one
        limit = -cr / en * now if en else np.nan
        if abs(rest) < _TIE and 0 < limit < 1 - _TIE and abs(limit - now) > _TIE:
            return {"kind": "ratio", "now": now, "limit": limit}
    if one > 0 and two < one:
        return {"kind": "cover", "share": 1 - two / one}
    return None


def _ratio_now(settings: RankSettings) -> float:
    """Extinction probability of an EN species as a part of that of a CR one."""
    en, cr = probability(pd.Series(["EN", "CR"]), settings.assumptions)
    return float(en / cr)


def _placed(inventory: Inventory, weights: Weights | None, settings: RankSettings) -> pd.Index:
    inside = listed_sites(inventory, settings)
    return inside[(scores(inventory, weights, settings).loc[inside, "apart"] == "").to_numpy()]


def _top(inventory: Inventory, made: pd.DataFrame, settings: RankSettings, top: int) -> pd.Index:
    """The sites whose rank is at most `top`; those that share the last rank are all in."""
    listed = made.loc[listed_sites(inventory, settings)]
    score = listed.loc[listed["apart"] == "", "score"].round(9)
    return score.index[(score.rank(method="min", ascending=False) <= top).to_numpy()]


def assumption_moves(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, top: int
) -> pd.DataFrame:
    """How the first `top` change when one assumption is another.

    Parameters
    ----------
    inventory : Inventory
    weights : Weights, optional
    settings : RankSettings
    top : int

    Returns
    -------
    pandas.DataFrame
        One row per alternative: `assumption` (`scheme`, `horizon`, `unknown`, `cover`, `direction`,
        `weights`, `without`), `to` (the other choice), `enter`, `leave`: sites, `;`-joined, `entering`,
        `leaving`: how many these are, `moved`: the larger of the two. The alternative that moves most comes
        first; one under which nothing could be filled in is not there.

    Notes
    -----
    One assumption at a time; together they can do more. In is who has a rank of at most `top`: sites that
    share the last rank all count as in, so that more can be in than `top`, and more enter than leave.
    """
    now = set(_top(inventory, scores(inventory, weights, settings), settings, top))
    rows = []
    for name, to, other_weights, other in _alternatives(inventory, weights, settings):
        try:
            made = scores(inventory, other_weights, other, high_cover=name == "cover")
        except SettingError:
            continue
        then = set(_top(inventory, made, settings, top))
        enter, leave = sorted(then - now), sorted(now - then)
        rows.append(
            {
                "assumption": name,
                "to": to,
                "enter": ";".join(enter),
                "leave": ";".join(leave),
                "entering": len(enter),
                "leaving": len(leave),
                "moved": max(len(enter), len(leave)),
            }
        )
    columns = ["assumption", "to", "enter", "leave", "entering", "leaving", "moved"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values("moved", ascending=False, kind="stable", ignore_index=True)


def _alternatives(
    inventory: Inventory, weights: Weights | None, settings: RankSettings
) -> list[tuple[str, str, Weights | None, RankSettings]]:
    found: list[tuple[str, str, Weights | None, RankSettings]] = []
    assumed = settings.assumptions
    category = weights is None or weights.extinction > 0
    if category:
        for scheme in SCHEMES:
            if scheme not in (assumed.scheme, "ratio"):
                found.append(
                    (
                        "scheme",
                        scheme,
                        weights,
                        replace(settings, assumptions=replace(assumed, scheme=scheme)),
                    )
                )
        if assumed.scheme in ("criterion_e", "ratio"):
            for years in (10, 100):
                if years != assumed.horizon_years:
                    longer = replace(assumed, horizon_years=years)
                    found.append(("horizon", str(years), weights, replace(settings, assumptions=longer)))
    for end in ("low", "high"):
        if settings.unknown != end:
            found.append(("unknown", end, weights, replace(settings, unknown=end)))
    if weights is None:
        if not inventory.protection_range.empty:
            found.append(("cover", "high", None, settings))
        return found
    used = effective_weights(inventory, weights, settings)
    points = {code: each for code, each in used.points.items() if each > 0}
    for code in points:
        if code in TWO_WAYS or ":" in code:
            turned = set(used.reverse) ^ {code}
            found.append(("direction", code, Weights.of(points, turned), settings))
    if len(set(points.values())) > 1:
        found.append(("weights", "equal", Weights.of(dict.fromkeys(points, 1.0), used.reverse), settings))
    if len(points) > 1:
        for code in points:
            left = Weights.of({c: p for c, p in points.items() if c != code}, used.reverse)
            found.append(("without", code, left, settings))
    return found

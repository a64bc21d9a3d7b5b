"""Cover of the sites recognised now, year by year, with years drawn for areas that have none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from aze_core.domain.settings import value
from aze_core.measures.sweep import plain_ids

MEASURES = ("mean", "complete", "none")
COLUMNS = ("year", "sites", *(f"{name}{end}" for name in MEASURES for end in ("_low", "", "_high")))
QUANTILES = (0.025, 0.5, 0.975)

_NEVER = 10_000
_ROUND = 1e-12  # what sums of shares may miss a bound by


def coverage_trend(
    by_year: pd.DataFrame,
    sites: pd.DataFrame,
    protected_areas: pd.DataFrame,
    draws: int = 1000,
    seed: int = value("coverage.seed"),
    *,
    tolerance: float = value("coverage.tolerance"),
    until: int | None = None,
) -> pd.DataFrame:
    """Mean cover, and the share of sites complete and uncovered, in each year.

    Parameters
    ----------
    by_year : pandas.DataFrame
        As `aze_core.measures.coverage.coverage_by_year` returns it. Where areas are undated take it with a
        tolerance of 0: which parts come before the stop depends on the years that are drawn.
    sites : pandas.DataFrame
        Index `site_id`: all sites recognised now, those without any cover included; `iso3` where a part has
        neither year nor named undated areas.
    protected_areas : pandas.DataFrame
        Columns `area_id`, `iso3`, `year`: the undated areas, and the dated ones of which years are drawn.
    draws : int
        Draws of a year for each undated area.
    seed : int
    tolerance : float
        No later area is added once at most this share of a site remains.
    until : int, optional
        Last year; this year.

    Returns
    -------
    pandas.DataFrame
        One row a year from 1900: `year`, `sites`, and for `mean` (mean covered share), `complete` (share of
        the sites that are at least 98 % covered) and `none` (at most 2 %) the median over the draws with its
        2.5 and 97.5 % (`mean_low`, `mean`, `mean_high`, …), all 0 to 1.

    Raises
    ------
    ValueError
        No sites, no draws, or no year to draw.

    Notes
    -----
    Method of the UN indicators 14.5.1, 15.1.2 and 15.4.1. The sites are those recognised now, in every
    year: the curve tells how their protection grew, not what was known then. The interval holds nothing but
    the unknown years.

    Examples
    --------
    >>> by_year = pd.DataFrame({"site_id": ["A", "A"], "year": [1975, 1990], "added_share": [0.6, 0.39]})
    >>> sites = pd.DataFrame(index=["A", "B"])
    >>> areas = pd.DataFrame({"area_id": [], "iso3": [], "year": []})
    >>> found = coverage_trend(by_year, sites, areas, until=1990).set_index("year")
    >>> found.loc[[1974, 1975, 1990], ["mean", "complete", "none"]].round(3).values.tolist()
    [[0.0, 0.0, 1.0], [0.3, 0.0, 0.5], [0.495, 0.5, 0.5]]
    """
    groups = {("all", "all"): np.ones(len(sites), dtype=bool)}
    found = trends(by_year, sites, protected_areas, groups, draws, seed, tolerance=tolerance, until=until)
    return found[list(COLUMNS)]


def trends(
    by_year: pd.DataFrame,
    sites: pd.DataFrame,
    protected_areas: pd.DataFrame,
    groups: Mapping[tuple[str, str], NDArray[np.bool_]],
    draws: int = 1000,
    seed: int = value("coverage.seed"),
    *,
    tolerance: float = value("coverage.tolerance"),
    until: int | None = None,
    tell: Callable[[float], None] = lambda share: None,
) -> pd.DataFrame:
    """The trend of several groups of sites, under the same draws.

    Parameters
    ----------
    groups : mapping of (str, str) to array of bool
        By kind and code: which of the sites belong to the group; a site may belong to several.
    by_year, sites, protected_areas, draws, seed, tolerance, until
        As `coverage_trend`.
    tell : callable, optional
        Called with the share of the draws done; what it raises ends the work.

    Returns
    -------
    pandas.DataFrame
        `group_kind`, `group_code`, then the columns of `coverage_trend`; groups without a site have no rows.

    Raises
    ------
    ValueError
        As `coverage_trend`.
    """
    groups = {code: mask for code, mask in groups.items() if mask.any()}
    if not len(sites) or not groups:
        raise ValueError("`sites` was empty but is expected to hold at least one site")
    if draws < 1:
        raise ValueError(f"`draws` was {draws} but is expected to be at least 1")
    first = value("coverage.first_year")
    years = np.arange(first, (until or dt.date.today().year) + 1)
    parts = _Parts.of(by_year, sites, protected_areas)
    member = np.array(list(groups.values()), dtype=bool)
    sizes = member.sum(axis=1)

    def curves(which: NDArray[np.int64], when: NDArray[np.int64], share: NDArray[np.float64], n: int) -> Any:
        """Cumulated share of `n` sites by year, with the stop."""
        at = np.clip(when, first, None) - first
        inside = at < len(years)
        cells = which[inside] * len(years) + at[inside]
        added = np.bincount(cells, share[inside], n * len(years)).reshape(n, len(years))
        before = np.cumsum(added, axis=1) - added
        added[before + tolerance >= 1 - _ROUND] = 0.0
        return np.minimum(np.cumsum(added, axis=1), 1.0)

    complete_from, none_to = value("classes.complete_min") - _ROUND, value("classes.none_max") + _ROUND

    def measured(weights: csr_matrix, cover: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums over groups: covered share, complete sites, uncovered sites; (3, groups, years)."""
        full, bare = cover >= complete_from, cover <= none_to
        return np.stack([weights @ cover, weights @ full.astype(float), weights @ bare.astype(float)])

    unsure = np.unique(parts.site[parts.open])
    is_unsure = np.zeros(len(sites), dtype=bool)
    is_unsure[unsure] = True
    sure = ~is_unsure[parts.site]
    cover = curves(parts.site[sure], parts.year[sure], parts.share[sure], len(sites))
    # most groups hold few of the sites
    fixed = measured(csr_matrix(member[:, ~is_unsure].astype(float)), cover[~is_unsure])
    low = np.repeat(fixed[None], len(QUANTILES), axis=0)
    moving = np.flatnonzero(member[:, is_unsure].any(axis=1))
    if len(moving):
        place = np.cumsum(is_unsure) - 1
        mine = np.flatnonzero(~sure)
        which = place[parts.site[mine]]
        rng = np.random.default_rng(seed)
        weights = csr_matrix(member[np.ix_(moving, is_unsure)].astype(float))
        drawn = np.empty((draws, 3, len(moving), len(years)), dtype=np.float32)
        for number in range(draws):
            when = parts.drawn(rng)[mine]
            drawn[number] = measured(weights, curves(which, when, parts.share[mine], len(unsure)))
            if number % 20 == 0:
                tell(number / draws)
        drawn.sort(axis=0)
        for level, q in enumerate(QUANTILES):
            low[level][:, moving] += _quantile(drawn, q)
    frames = []
    for number, (kind, code) in enumerate(groups):
        frame = pd.DataFrame({"group_kind": kind, "group_code": code, "year": years, "sites": sizes[number]})
        for measure, name in enumerate(MEASURES):
            for level, end in enumerate(("_low", "", "_high")):
                shares = low[level, measure, number] / sizes[number]
                frame[f"{name}{end}"] = np.clip(shares.round(9), 0, 1)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)[["group_kind", "group_code", *COLUMNS]]


def _quantile(ordered: NDArray[np.float32], q: float) -> NDArray[np.float64]:
    """Quantile along the first axis of sorted values, interpolated linearly."""
    place = q * (len(ordered) - 1)
    below = int(np.floor(place))
    above = min(below + 1, len(ordered) - 1)
    one, two = ordered[below].astype(np.float64), ordered[above].astype(np.float64)
    return np.asarray(one + (two - one) * (place - below))


@dataclass(frozen=True)
class _Parts:
    """Parts of sites as arrays, and the pools of which years are drawn."""

    site: NDArray[np.int64]
    year: NDArray[np.int64]  # _NEVER where no dated area covers the part
    share: NDArray[np.float64]
    open: NDArray[np.bool_]  # whether the year depends on draws
    starts: NDArray[np.int64]  # of each open part in `names`
    names: NDArray[np.int64]  # undated areas of the open parts, one after another
    pools: NDArray[np.int64]  # years of which undated areas draw, one pool after another
    firsts: NDArray[np.int64]  # where the pool of each undated area begins
    sizes: NDArray[np.int64]  # and how long it is

    @classmethod
    def of(cls, by_year: pd.DataFrame, sites: pd.DataFrame, areas: pd.DataFrame) -> _Parts:
        column = "added_share" if "added_share" in by_year.columns else "share"
        place = pd.Series(np.arange(len(sites)), index=sites.index.astype("str"))
        site = place.reindex(by_year["site_id"].astype("str")).to_numpy()
        known = ~np.isnan(site)
        by_year, site = by_year[known], site[known].astype(np.int64)
        year = np.asarray(pd.to_numeric(by_year["year"]).astype("Float64").fillna(_NEVER), dtype=np.int64)
        undated = by_year["undated"].fillna("").astype(str) if "undated" in by_year.columns else None
        texts = [""] * len(by_year) if undated is None else list(undated)
        # a part of which nothing is known but its site draws a year of its own
        for at in np.flatnonzero((year == _NEVER) & (np.array(texts, dtype=object) == "")):
            texts[at] = f"\0{at}"
        is_open = np.array([bool(text) for text in texts], dtype=bool)
        lists = [text.split(";") for text in texts if text]
        codes = sorted({code for names in lists for code in names})
        number = {code: at for at, code in enumerate(codes)}
        starts = np.cumsum([0, *(len(names) for names in lists)])[:-1].astype(np.int64)
        names = np.array([number[code] for names in lists for code in names], dtype=np.int64)
        of_site = {} if "iso3" not in sites.columns else dict(enumerate(sites["iso3"].fillna("")))
        owner = {f"\0{at}": str(of_site.get(int(site[at]), "")) for at in np.flatnonzero(is_open)}
        pools, firsts, sizes = _pools(codes, owner, areas)
        share = by_year[column].to_numpy(dtype=float)
        return cls(site, year, share, is_open, starts, names, pools, firsts, sizes)

    def drawn(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Years of all parts, of which those that are open come out of one draw."""
        years = self.pools[self.firsts + (rng.random(len(self.firsts)) * self.sizes).astype(np.int64)]
        made = self.year.copy()
        made[self.open] = np.minimum(made[self.open], np.minimum.reduceat(years[self.names], self.starts))
        return made


def _pools(
    codes: list[str], owner: Mapping[str, str], areas: pd.DataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """For each undated area the years of dated areas of its country, or late ones of all countries.

    Countries with the same years share a pool: all pools in one array, where each begins, and its size.
    """
    if not codes:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    year = pd.to_numeric(areas["year"]).astype("Float64")
    countries = areas["iso3"].fillna("").astype(str)
    dated = pd.DataFrame({"iso3": countries, "year": year}).dropna(subset=["year"])
    by_text: dict[str, NDArray[np.int64]] = {
        str(text): np.asarray(found, dtype=np.int64) for text, found in dated.groupby("iso3")["year"]
    }
    by_country: dict[str, list[NDArray[np.int64]]] = {}
    for text, years in by_text.items():
        for code in {part.strip() for part in text.split(";")} - {""}:
            by_country.setdefault(code, []).append(years)
    every = np.sort(np.asarray(dated["year"], dtype=np.int64))
    late = every[every > value("coverage.fallback_after")]
    country = dict(zip(plain_ids(areas["area_id"]), countries, strict=True))
    texts = [country.get(code, owner.get(code, "")) for code in codes]
    placed: dict[str, tuple[int, int]] = {}
    pools: list[NDArray[np.int64]] = []
    at = 0
    for text in sorted(set(texts)):
        own = [years for code in text.split(";") for years in by_country.get(code.strip(), [])]
        pool = np.sort(np.concatenate(own)) if own else late if len(late) else every
        if not len(pool):
            raise ValueError("`protected_areas` held no dated area but is expected to, for undated ones")
        placed[text] = at, len(pool)
        pools.append(pool)
        at += len(pool)
    firsts = np.array([placed[text][0] for text in texts], dtype=np.int64)
    return np.concatenate(pools), firsts, np.array([placed[text][1] for text in texts], dtype=np.int64)

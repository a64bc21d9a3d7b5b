"""How sure a ranking is: stochastic multicriteria acceptability analysis (SMAA-2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.settings import value

Array = NDArray[np.float64]

_CHUNK = 1 << 18
"""Scores worked on at a time: they stay in the processor's cache."""

_LEAST = 64
"""Draws worked on at a time, at least."""

_FINE = 2048
"""Up to so many sites every rank is kept on its own."""

_EXACT = 200
"""Ranks that are kept on their own where there are more sites; later ones in bands."""

_BANDS = 300

_SINGLE = 22
"""Bits of a score that single precision tells apart after one multiplication."""

DECIMALS = 9
"""Values and scores that differ by less are equal, as in the ranking."""


@dataclass(frozen=True)
class Spread:
    """Which weightings are drawn.

    Attributes
    ----------
    kind : {"fixed", "flat", "near", "ordinal"}
        The given weights only; any weights; weights near the given ones; any in the order of the given ones.
    votes : float
        Concentration of `near`: the weights vary as the mean of so many votes would.
    """

    kind: str = "flat"
    votes: float = value("acceptability.votes")


@dataclass(frozen=True)
class Acceptability:
    """What the draws say of every site.

    Attributes
    ----------
    sites : pandas.Index
    edges : numpy.ndarray
        First rank of each band of ranks; every rank is a band of its own up to 2,048 sites.
    shares : (n, b) numpy.ndarray
        Rank acceptability: share of the draws in which the site's rank lies in the band. Sites that are equal
        in a draw share the ranks that they hold together, so each row and each rank sums to one.
    ranks : (n, b) numpy.ndarray
        Share of the draws in which the site's rank, as the ranking counts it, lies in the band: equal sites
        all have the best of the ranks that they hold together. The same as `shares` where none are equal.
    central : pandas.DataFrame
        Central weights: mean weights of the draws in which the site comes first; missing where it never does.
        Sites that come first together count by their parts.
    draws, seed : int
    """

    sites: pd.Index
    edges: NDArray[np.int64]
    shares: NDArray[np.float32]
    ranks: NDArray[np.float32]
    central: pd.DataFrame
    draws: int
    seed: int

    @property
    def first(self) -> pd.Series:
        """Share of the draws in which each site comes first."""
        return self.p_top(1)

    def p_top(self, n: int) -> pd.Series:
        """Share of the draws in which each site is among the first `n`.

        Beyond the ranks that are kept on their own, `n` is taken down to the end of a band.
        """
        inside = np.searchsorted(self.edges, n + 1, side="right") - 1
        whole = len(self.edges) if n >= len(self.sites) else int(inside)
        total = self.shares[:, :whole].sum(axis=1, dtype=np.float64)
        return pd.Series(np.clip(total, 0.0, 1.0), index=self.sites, name="p_top")

    def interval(self, level: float | None = None) -> pd.DataFrame:
        """Middle part of each site's ranks.

        Parameters
        ----------
        level : float, optional
            Share of the draws that the interval holds; 0.9 by default, from 5 % to 95 %.

        Returns
        -------
        pandas.DataFrame
            Index: the sites; `low`, `high`: the smallest ranks at which at least 5 % and 95 % of the draws
            are reached. Equal sites share the best of their ranks, as in the ranking.
        """
        level = value("acceptability.level") if level is None else level
        tail = (1 - level) / 2
        sums = np.cumsum(self.ranks, axis=1, dtype=np.float64)
        ends = np.append(self.edges[1:] - 1, max(len(self.sites), 1))
        # the draws are whole: what is missing to the tail by rounding is not missing
        low = (sums < tail - 1e-6).sum(axis=1)
        high = (sums < 1 - tail - 1e-6).sum(axis=1)
        last = len(self.edges) - 1
        return pd.DataFrame(
            {"low": self.edges[np.minimum(low, last)], "high": ends[np.minimum(high, last)]}, index=self.sites
        )

    def matrix(self) -> pd.DataFrame:
        """The acceptability matrix: rows are sites, columns the first rank of each band."""
        return pd.DataFrame(self.shares, index=self.sites, columns=pd.Index(self.edges, name="rank"))

    def mean_rank(self) -> pd.Series:
        """Mean rank over the draws; within a band its middle."""
        ends = np.append(self.edges[1:] - 1, max(len(self.sites), 1))
        return pd.Series(self.shares @ ((self.edges + ends) / 2), index=self.sites, name="mean_rank")


def weight_draws(
    weights: Mapping[str, float] | Sequence[float], spread: Spread, draws: int, rng: np.random.Generator
) -> Array:
    """Weightings, each summing to one.

    Parameters
    ----------
    weights : mapping or sequence of float
        The chosen weights, at least 0 and not all 0. A criterion without weight never gets one.
    spread : Spread
    draws : int
    rng : numpy.random.Generator

    Returns
    -------
    (draws, k) numpy.ndarray

    Raises
    ------
    ValueError
        Negative weights, all weights zero, or a kind that is not known.

    Notes
    -----
    Flat: Dirichlet(1, …, 1), even over all weightings. Near: Dirichlet of `votes` times the chosen weights,
    whose mean they are. Ordinal: even over the weightings in the chosen order; those chosen equal may stand
    in any.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> drawn = weight_draws([2, 1, 0], Spread("ordinal"), 100, rng)
    >>> bool((drawn[:, 0] >= drawn[:, 1]).all()), float(drawn[:, 2].max())
    (True, 0.0)
    """
    given = np.asarray(list(weights.values()) if isinstance(weights, Mapping) else weights, dtype=float)
    if given.ndim != 1 or (given < 0).any() or not np.isfinite(given).all() or given.sum() <= 0:
        raise ValueError("`weights` are expected to be at least 0 and not all 0")
    used = np.flatnonzero(given > 0)
    share = given[used] / given[used].sum()
    made = np.zeros((draws, len(given)))
    if spread.kind == "fixed" or len(used) == 1:
        made[:, used] = share
    elif spread.kind == "flat":
        made[:, used] = rng.dirichlet(np.ones(len(used)), draws)
    elif spread.kind == "near":
        # a part so small that its gamma draws vanish would leave nothing to divide by
        made[:, used] = rng.dirichlet(np.maximum(share * spread.votes, 1e-3), draws)
    elif spread.kind == "ordinal":
        sorted_ = -np.sort(-rng.dirichlet(np.ones(len(used)), draws), axis=1)
        # chosen equal: their places are drawn
        place = np.argsort(
            np.lexsort((rng.random((draws, len(used))), np.broadcast_to(-share, (draws, len(used)))), axis=1),
            axis=1,
        )
        made[:, used] = np.take_along_axis(sorted_, place, axis=1)
    else:
        raise ValueError(f"`kind` was {spread.kind!r} but is expected to be fixed, flat, near or ordinal")
    return made


@dataclass(frozen=True)
class Draws:
    """Values of sites as they are drawn: one of several versions at a time, and within it an interval.

    Attributes
    ----------
    sites : pandas.Index
    low, high : (m, n, k) numpy.ndarray
        Ends of the value of each criterion at each site in each of `m` versions, 0 to 1; each draw takes one
        version for all sites, and every site's value evenly between its ends, each on its own.
    """

    sites: pd.Index
    low: Array
    high: Array

    @classmethod
    def of(
        cls, values: pd.DataFrame, low: pd.DataFrame | None = None, high: pd.DataFrame | None = None
    ) -> Draws:
        """Draws of one version from frames; without ends the values are certain."""
        ends = [values if end is None else end for end in (low, high)]
        return cls(values.index, *(end.to_numpy(dtype=float)[None] for end in ends))

    def checked(self) -> Draws:
        """The same, or ValueError where a value is missing, outside 0 to 1 or its ends are exchanged."""
        if self.low.shape != self.high.shape or self.low.ndim != 3 or self.low.shape[1] != len(self.sites):
            raise ValueError("`low` and `high` are expected to have one row per site and the same shape")
        if not ((self.low >= 0) & (self.high <= 1) & (self.low <= self.high)).all():
            raise ValueError("values are expected to be known, from 0 to 1, with the low end first")
        if self.sites.has_duplicates:
            raise ValueError("sites are expected to stand once")
        return self


class _Simulation:
    """Scores of groups of equal sites, some draws at a time; the same whatever the order of the rows."""

    def __init__(self, given: Draws, weights: Sequence[float], spread: Spread, draws: int, seed: int) -> None:
        given.checked()
        self.weights, self.spread, self.draws, self.seed = weights, spread, draws, seed
        self.used = np.flatnonzero(np.asarray(weights, dtype=float) > 0)
        # by content, then by name: neither numbers nor ties hang on the order of the rows
        names = np.argsort(given.sites.to_numpy(dtype=str), kind="stable")
        # what the ranking takes for equal is equal here; a criterion without weight tells none apart
        low, high = (np.round(part[:, names][:, :, self.used], DECIMALS) for part in (given.low, given.high))
        versions, n, k = low.shape
        certain = (low == high).all(axis=(0, 2))
        flat = low.transpose(1, 0, 2).reshape(n, versions * k)
        # sites with anything to draw are each a group of their own
        keys = np.column_stack([flat, np.where(certain, -1.0, np.arange(n, dtype=float))])
        order = np.lexsort((*keys.T[::-1],))[::-1] if n else np.zeros(0, dtype=int)
        total = flat[order].sum(axis=1)
        # a site that dominates another has the higher sum: it stands first where scores cannot be told apart
        order = order[np.argsort(-total, kind="stable")]
        same = np.zeros(n, dtype=bool)
        same[1:] = (keys[order][1:] == keys[order][:-1]).all(axis=1)
        group = np.cumsum(~same) - 1 if n else np.zeros(0, dtype=int)
        self.group_of = np.empty(n, dtype=np.int64)
        self.group_of[names[order]] = group
        firsts = order[~same]
        self.size = np.bincount(group, minlength=len(firsts)) if n else np.zeros(0, dtype=np.int64)
        self.low = np.ascontiguousarray(low[:, firsts])
        self.high = np.ascontiguousarray(high[:, firsts])
        self.versions, self.n, self.k = versions, len(firsts), k
        self.kinds = self._kinds()
        self.several = [bool((self.low[:, :, at] != self.low[:1, :, at]).any()) for at in range(k)]
        self.open = [np.flatnonzero((self.high > self.low)[:, :, at].any(axis=0)) for at in range(k)]

    @property
    def is_plain(self) -> bool:
        """Whether every group is one site, and no two ever tie."""
        return self.kinds is None and bool((self.size == 1).all())

    def _kinds(self) -> NDArray[np.int64] | None:
        """Kind of every group in each version: those of one kind tie there; None where no two ever do.

        Groups tie under all weightings where their values are the same, and under given weights where their
        scores are.
        """
        made = np.empty((self.versions, self.n), dtype=np.int64)
        share = np.asarray(self.weights, dtype=float)[self.used]
        for at in range(self.versions):
            low, high = self.low[at], self.high[at]
            if self.spread.kind == "fixed" and self.k:
                low, high = (np.round(part @ share / share.sum(), DECIMALS)[:, None] for part in (low, high))
            drawn = (low != high).any(axis=1)
            keys = np.column_stack([np.where(drawn, np.arange(self.n), -1), low])
            order = np.lexsort((*keys.T,)) if self.n else np.zeros(0, dtype=int)
            new = (keys[order][1:] != keys[order][:-1]).any(axis=1)
            made[at, order] = np.concatenate([np.zeros(min(self.n, 1), dtype=int), np.cumsum(new)])
        return None if (made.max(axis=1, initial=-1) == self.n - 1).all() else made

    def chunks(self) -> Iterator[tuple[Array, NDArray[np.float32], NDArray[np.int64] | None]]:
        """Weights (c, criteria), scores (c, groups) and versions (c) of each chunk of draws."""
        rng = np.random.default_rng(self.seed)
        # many sites: fewer, larger chunks, for each is tallied over a large table
        at_once = max(_LEAST, _CHUNK // max(self.n, 1))
        for start in range(0, self.draws, at_once):
            c = min(at_once, self.draws - start)
            weights = weight_draws(self.weights, self.spread, c, rng)
            version = rng.integers(self.versions, size=c) if self.versions > 1 else None
            yield weights, self.scores(weights, version, rng), version

    def scores(
        self, weights: Array, version: NDArray[np.int64] | None, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Scores of every group under each weighting.

        Criterion by criterion: sums in the same order for every site keep a dominated one at or below.
        """
        made = np.zeros((len(weights), self.n), dtype=np.float32)
        for at, name in enumerate(self.used):
            low, high = self.low[:, :, at], self.high[:, :, at]
            part = (
                low[version].astype(np.float32)
                if version is not None and self.several[at]
                else np.broadcast_to(low[0].astype(np.float32), made.shape).copy()
            )
            open_ = self.open[at]
            if len(open_):
                rows = np.zeros(1, dtype=int) if version is None else version
                least, most = low[rows[:, None], open_], high[rows[:, None], open_]
                drawn = least + (most - least) * rng.random((len(weights), len(open_)))
                # rounding may not lift a value above its end
                part[:, open_] = np.minimum(drawn, most)
            part *= weights[:, name].astype(np.float32)[:, None]
            made += part
        return made

    def kinds_of(self, version: NDArray[np.int64] | None, groups: NDArray[np.int64]) -> NDArray[np.int64]:
        """Kind of each of the groups (c, g) in the version of its draw."""
        if self.kinds is None:
            return groups
        return self.kinds[0][groups] if version is None else self.kinds[version[:, None], groups]

    def places(
        self, scores: NDArray[np.float32], version: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Groups from the best on, with the first and last of the ranks (from 0) that each shares."""
        order = _positions(scores)
        last = np.cumsum(self.size[order], axis=1) - 1
        first = last - self.size[order] + 1
        if self.kinds is not None:
            kind = self.kinds_of(version, order)
            end = np.ones((len(order), 1), dtype=bool)
            changes = kind[:, 1:] != kind[:, :-1]
            first = np.maximum.accumulate(np.where(np.hstack([end, changes]), first, 0), axis=1)
            last = np.where(np.hstack([changes, end]), last, last[:, -1:])
            last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
        return order, first, last


def _positions(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Group at each position, the best first; equal scores in the groups' own order.

    A score and a number share one key, so that one sort of plain numbers orders both.
    """
    n = scores.shape[1]
    bits = max(1, int(n - 1).bit_length())
    kind: Any = np.uint32 if bits <= 12 else np.uint64
    room = min(32 - bits, _SINGLE) if bits <= 12 else 40
    most = (1 << room) - 1
    # single precision holds a key of so few bits exactly, at half the cost
    exact: Any = np.float32 if bits <= 12 else np.float64
    below = np.subtract(1.0, scores, dtype=np.float32)
    np.maximum(below, 0.0, out=below)
    key = np.rint(below.astype(exact, copy=False) * exact(most)).astype(kind)
    key <<= kind(bits)
    key |= np.arange(n, dtype=kind)
    key.sort(axis=1)
    return np.asarray(key & kind((1 << bits) - 1), dtype=np.int64)


def rank_acceptability(
    values: pd.DataFrame | Draws,
    weights: Mapping[str, float] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    spread: Spread | None = None,
    low: pd.DataFrame | None = None,
    high: pd.DataFrame | None = None,
) -> Acceptability:
    r"""Rank acceptability over drawn weights and drawn data.

    Parameters
    ----------
    values : pandas.DataFrame or Draws
        Index: sites; columns: criteria; values 0 (worst) to 1 (best).
    weights : mapping of str to float, optional
        Chosen weights by criterion, of any scale. None: all weightings alike.
    draws : int, optional
        10,000 by default: a share of the draws then has a standard error of at most 0.005.
    seed : int, optional
    spread : Spread, optional
        Which weightings are drawn; near the chosen ones by default, any where none are chosen.
    low, high : pandas.DataFrame, optional
        Ends of values that are not certain; evenly between them, each site on its own.

    Returns
    -------
    Acceptability

    Raises
    ------
    ValueError
        Values outside 0 to 1 or missing, weights that fit no criterion, no draw.

    Notes
    -----
    SMAA-2 (Lahdelma & Salminen 2001; Tervonen & Lahdelma 2007): :math:`b_i^r` is the share of the draws in
    which site :math:`i` has rank :math:`r`. Scores are told apart to a millionth or
    finer (up to 4,096 sites; beyond, as finely as single precision does), and what cannot be told apart
    stands in the order of the means of its values. The shares say how the ranking answers to the draws,
    never how likely it is to be right.

    Examples
    --------
    One site is better in one criterion and as much worse in the other: each comes first in half of all
    weightings.

    >>> two = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=["X", "Y"])
    >>> rank_acceptability(two, draws=2000, seed=1).first.round(1).to_dict()
    {'X': 0.5, 'Y': 0.5}
    """
    draws = value("acceptability.draws") if draws is None else draws
    seed = value("acceptability.seed") if seed is None else seed
    if draws < 1:
        raise ValueError(f"`draws` was {draws} but is expected to be at least 1")
    if isinstance(values, Draws):
        given = values
        names = list(weights) if weights is not None else [str(at) for at in range(given.low.shape[2])]
    else:
        given = Draws.of(values, low, high)
        names = [str(name) for name in values.columns]
        if weights is not None:
            lost = [name for name in weights if name not in names]
            if lost:
                raise ValueError(f"`weights` name {lost}; the values have {names}")
            weights = {name: weights.get(name, 0.0) for name in names}
    chosen = list(weights.values()) if weights is not None else [1.0] * len(names)
    if len(chosen) != given.low.shape[2]:
        raise ValueError(f"{len(chosen)} weights came for {given.low.shape[2]} criteria")
    spread = spread or Spread("flat" if weights is None else "near", value("acceptability.votes"))
    simulation = _Simulation(given, chosen, spread, draws, seed)
    return _tallied(simulation, given.sites, names)


def _bands(n: int) -> NDArray[np.int64]:
    """First rank of each band."""
    if n <= _FINE:
        return np.arange(1, max(n, 1) + 1)
    step = -(-(n - _EXACT) // _BANDS)
    return np.concatenate([np.arange(1, _EXACT + 1), np.arange(_EXACT + 1, n + 1, step)])


def _tallied(simulation: _Simulation, sites: pd.Index, names: list[str]) -> Acceptability:
    n, groups, k = len(sites), simulation.n, len(names)
    tally = _Tally(groups, _bands(n), n)
    led = np.zeros((groups, k))
    leads = np.zeros(groups)
    for weights, scores, version in simulation.chunks() if groups else ():
        if simulation.is_plain:
            order = _positions(scores)
            tally.add_plain(order)
            front = order[:, 0]
            leads += np.bincount(front, minlength=groups)
            for at in range(k):
                led[:, at] += np.bincount(front, weights=weights[:, at], minlength=groups)
            continue
        order, first, last = simulation.places(scores, version)
        tally.add(order, first, last)
        row, column = np.nonzero(first == 0)
        front, part = order[row, column], 1.0 / (last[row, column] + 1)
        leads += np.bincount(front, weights=part, minlength=groups)
        for at in range(k):
            led[:, at] += np.bincount(front, weights=weights[row, at] * part, minlength=groups)
    table, best = ((counts / simulation.draws).astype(np.float32) for counts in (tally.table(), tally.best))
    with np.errstate(invalid="ignore", divide="ignore"):
        central = led / leads[:, None]
    own = simulation.group_of
    return Acceptability(
        sites=sites,
        edges=tally.edges,
        shares=table[own],
        ranks=table[own] if simulation.is_plain else best.reshape(table.shape)[own],
        central=pd.DataFrame(central[own].reshape(n, k), index=sites, columns=names),
        draws=simulation.draws,
        seed=simulation.seed,
    )


class _Tally:
    """How often a site of each group held the ranks of each band."""

    def __init__(self, groups: int, edges: NDArray[np.int64], n: int) -> None:
        self.groups, self.edges = groups, edges
        self.start = edges - 1
        self.width = np.diff(np.append(edges, max(n, 1) + 1))
        self.band = np.repeat(np.arange(len(edges)), self.width)
        self.counts = np.zeros(groups * len(edges))
        # what each rank gains from a band on: ranks that are shared over several bands
        self.gains = np.zeros(groups * len(edges))
        # ranks as the ranking counts them
        self.best = np.zeros(groups * len(edges))

    def add(self, order: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]) -> None:
        """Count groups that share the ranks from `first` to `last` (from 0) evenly."""
        one, two = self.band[first], self.band[last]
        row = order * len(self.edges)
        self.best += np.bincount((row + one).ravel(), minlength=len(self.best))
        whole = one == two
        self.counts += np.bincount((row + one)[whole], minlength=len(self.counts))
        if whole.all():
            return
        wide = ~whole
        row, one, two, first, last = (each[wide] for each in (row, one, two, first, last))
        part = 1.0 / (last - first + 1)
        for total, at, each in (
            (self.counts, row + one, part * (self.start[one] + self.width[one] - first)),
            (self.counts, row + two, part * (last - self.start[two] + 1)),
            (self.gains, row + one + 1, part),
            (self.gains, row + two, -part),
        ):
            total += np.bincount(at, weights=each, minlength=len(total))

    def add_plain(self, order: NDArray[np.int64]) -> None:
        """Count groups of one site each, of which no two ever tie."""
        places = order * len(self.edges) + self.band[: self.groups]
        self.counts += np.bincount(places.ravel(), minlength=len(self.counts))

    def table(self) -> Array:
        """Counts by group and band."""
        shape = (self.groups, len(self.edges))
        gains = np.cumsum(self.gains.reshape(shape), axis=1)
        return np.maximum(self.counts.reshape(shape) + gains * self.width, 0.0)


def pairwise_wins(
    values: Draws,
    weights: Mapping[str, float],
    sites: Sequence[str],
    spread: Spread,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Share of the draws in which one site has a higher score than another.

    Parameters
    ----------
    values : Draws
    weights : mapping of str to float
        By criterion, in the order of the values.
    sites : sequence of str
        The sites to compare.
    spread : Spread
    draws, seed : int
        Those of `rank_acceptability`, which then saw the same draws.

    Returns
    -------
    pandas.DataFrame
        Row wins over column; equal scores are a win of neither, and the diagonal is 0.

    Raises
    ------
    KeyError
        When the values have no such site.

    Examples
    --------
    >>> two = Draws.of(pd.DataFrame({"a": [0.9, 0.5]}, index=["X", "Y"]))
    >>> pairwise_wins(two, {"a": 1}, ["X", "Y"], Spread("fixed"), 10, 1).loc["X", "Y"]
    np.float64(1.0)
    """
    simulation = _Simulation(values, list(weights.values()), spread, draws, seed)
    lost = [site for site in sites if site not in values.sites]
    if lost:
        raise KeyError(f"no such sites: {lost}")
    at = simulation.group_of[values.sites.get_indexer(pd.Index(sites))]
    wins = np.zeros((len(at), len(at)))
    for _, scores, version in simulation.chunks():
        mine = scores[:, at]
        kind = simulation.kinds_of(version, np.broadcast_to(at, mine.shape))
        higher = mine[:, :, None] > mine[:, None, :]
        wins += (higher & (kind[:, :, None] != kind[:, None, :])).sum(axis=0)
    return pd.DataFrame(wins / draws, index=list(sites), columns=list(sites))


def confidence_factors(
    values: Draws, central: pd.DataFrame, draws: int = 500, seed: int | None = None
) -> pd.Series:
    """How surely each site comes first when its own central weights are the right ones.

    Parameters
    ----------
    values : Draws
    central : pandas.DataFrame
        Central weights, as `rank_acceptability` returns them; missing rows are left out.
    draws : int
        Draws of the data for each site.
    seed : int, optional

    Returns
    -------
    pandas.Series
        Index: the sites, 0 to 1; missing where a site never comes first. Where nothing in the data is open it
        is 1, or the part that each of several equal sites has.

    Notes
    -----
    A low factor says that even the weighting that suits a site best does not make it first surely.
    """
    seed = value("acceptability.seed") if seed is None else seed
    found = pd.Series(np.nan, index=central.index, name="confidence")
    for site, row in central.dropna().iterrows():
        simulation = _Simulation(values, row.tolist(), Spread("fixed"), draws, seed)
        mine = simulation.group_of[values.sites.get_loc(site)]
        ahead = 0.0
        for _, scores, version in simulation.chunks():
            order, first, last = simulation.places(scores, version)
            ahead += float((1.0 / (last[(order == mine) & (first == 0)] + 1)).sum())
        found.at[site] = ahead / draws
    return found

"""How fast the ranking is, its draws, and what explains it.

    python benchmarks/ranking.py [--runs 7] [--draws 10000]

The draws are measured on seeded, made-up values: 853 sites as the AZE list of 2018, 16,600 as all Key
Biodiversity Areas, 6 criteria each. Beside them stands a plain peer in the same run, two argsorts of every
draw, which must give the same shares; and SciPy's Kendall tau beside ours. Compare ratios, not seconds:
machines differ. The rest is measured on the shipped inventory; rankings and their draws have other weights or
assumptions in every run, so that no remembered answer is timed.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aze_core.build import build  # noqa: E402
from aze_core.domain.model import Assumptions, Inventory, RankSettings, Uncertainty, Weights  # noqa: E402
from aze_core.ranking.acceptability import Spread, rank_acceptability, weight_draws  # noqa: E402
from aze_core.ranking.agreement import agreement, kendall_tau_b  # noqa: E402
from aze_core.ranking.explain import reasons  # noqa: E402
from aze_core.ranking.score import rank_sites  # noqa: E402
from aze_core.ranking.sensitivity import assumption_moves, moves_of_site  # noqa: E402
from aze_core.ranking.spread import rank_spread  # noqa: E402
from aze_core.store import folder  # noqa: E402
from aze_core.store.inventory import load  # noqa: E402

SITES, ALL_AREAS, CRITERIA = 853, 16_600, 6
FIRST = 2_000
SEED = 1
TARGET = 0.250
"""Seconds that 10,000 draws of 853 sites may take."""

AGREE = 0.002
"""Scores are told apart to two parts in ten million: a few draws in ten thousand may differ."""


def made_up(sites: int) -> pd.DataFrame:
    """Values of the criteria, 0 to 1."""
    rng = np.random.default_rng(SEED)
    names = pd.Index([f"s{n:05}" for n in range(sites)], name="site_id", dtype="str")
    return pd.DataFrame(rng.random((sites, CRITERIA)), names, [f"c{n}" for n in range(CRITERIA)])


def two_argsorts(values: pd.DataFrame, draws: int) -> np.ndarray:
    """The plain way: sort every draw, sort that again for the ranks, count them."""
    sites, criteria = values.shape
    weights = weight_draws([1.0] * criteria, Spread(), draws, np.random.default_rng(SEED))
    scores = weights @ values.to_numpy().T
    ranks = np.argsort(np.argsort(-scores, axis=1), axis=1)
    counts = np.bincount((np.arange(sites) * sites + ranks).ravel(), minlength=sites * sites)
    return counts.reshape(sites, sites) / draws


def timed(call: Callable[[int], object], runs: int) -> float:
    """Median seconds; the call gets the run's number."""
    call(-1)
    taken = []
    for run in range(runs):
        start = time.perf_counter()
        call(run)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def most_memory(call: Callable[[], object]) -> float:
    """Most memory in MB that a call held at a time, beyond what was there before."""
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def line(name: str, seconds: float, beside: str = "") -> None:
    """One row: milliseconds, and what they are held against."""
    print(f"{name:58}{1000 * seconds:10.1f}  {beside}")


def of_draws(runs: int, draws: int) -> None:
    """Rank acceptability of made-up values beside the plain way."""
    values = made_up(SITES)
    ours = timed(lambda _: rank_acceptability(values, draws=draws, seed=SEED), runs)
    plain = timed(lambda _: two_argsorts(values, draws), max(1, runs // 3))
    off = float(
        np.abs(rank_acceptability(values, draws=draws, seed=SEED).shares - two_argsorts(values, draws)).max()
    )
    said = f"1/{plain / ours:.1f} of two argsorts"
    if draws == 10_000:
        said += f"; target {1000 * TARGET:.0f} ms: {'met' if ours <= TARGET else 'MISSED'}"
    line(f"{draws:,} draws, {SITES} sites, {CRITERIA} criteria", ours, said)
    line("  the same by two argsorts", plain, f"largest difference of a share {off:.1e}")
    if off > AGREE:
        raise SystemExit(f"the two differ by more than {AGREE:g}")
    few = timed(lambda _: rank_acceptability(values, draws=FIRST, seed=SEED), runs)
    line(f"{FIRST:,} draws, shown at once", few, f"{few / ours:.2f} of {draws:,} draws")
    many = made_up(ALL_AREAS)

    def all_areas() -> object:
        return rank_acceptability(many, draws=FIRST, seed=SEED)

    seconds, memory = timed(lambda _: all_areas(), 1), most_memory(all_areas)
    said = f"{seconds / few:.1f} times {SITES} sites; at most {memory:,.0f} MB"
    line(f"{FIRST:,} draws, {ALL_AREAS:,} sites", seconds, said)


def of_tau(runs: int) -> None:
    """Kendall's tau-b with ties, beside SciPy's."""
    rng = np.random.default_rng(SEED)
    for sites in (SITES, ALL_AREAS):
        one = rng.integers(0, sites // 2, sites)
        two = one + rng.integers(0, sites // 4, sites)
        if abs(kendall_tau_b(one, two) - kendalltau(one, two).statistic) > 1e-9:
            raise SystemExit("tau-b differs from SciPy's")
        few = runs if sites == SITES else 1
        ours = timed(lambda _, one=one, two=two: kendall_tau_b(one, two), few)  # type: ignore[misc]
        other = timed(lambda _, one=one, two=two: kendalltau(one, two), few)  # type: ignore[misc]
        line(f"Kendall's tau-b, {sites:,} sites", ours, f"{ours / other:.1f} times SciPy's")


def of_inventory(runs: int, draws: int) -> None:
    """What the page and the command line ask for, on the shipped inventory."""
    with tempfile.TemporaryDirectory() as store:
        inventory = load(build(folder.DATA, Path(store)).path)
    at = itertools.count()
    top, weights = Uncertainty().top, Weights()

    def fresh(uncovered_only: bool = True) -> tuple[Inventory, Weights, RankSettings]:
        """A weighting that was not there before."""
        return inventory, Weights(40 + next(at) / 1000, 30, 30), RankSettings(uncovered_only)

    def assumed() -> tuple[Inventory, None, RankSettings]:
        """The default order under an effect that was not there before."""
        return inventory, None, RankSettings(assumptions=Assumptions(effect=0.3 + next(at) / 10_000))

    line("rank_sites, default order", timed(lambda _: rank_sites(*assumed()), runs))
    line("rank_sites, weighted", timed(lambda _: rank_sites(*fresh()), runs))
    for count in (FIRST, draws):
        given, certain = Uncertainty(draws=count), Uncertainty(draws=count, data=False)
        calls: dict[str, Callable[[int], object]] = {
            "weights and unknowns": lambda _, certain=certain: rank_spread(*fresh(), certain),
            "data too": lambda _, given=given: rank_spread(*fresh(), given),
            "data too, covered sites too": lambda _, given=given: rank_spread(*fresh(False), given),
            "data, default order": lambda _, given=given: rank_spread(*assumed(), given),
        }
        for name, call in calls.items():
            line(f"{count:,} draws of {name}", timed(call, runs))
    settings = RankSettings()
    ranked, default = rank_sites(inventory, weights, settings), rank_sites(inventory, None, settings)
    placed = list(ranked.index[ranked["rank"].notna()])
    spread = rank_spread(inventory, weights, settings, Uncertainty(draws=FIRST))

    def told(run: int) -> object:
        site = placed[run % len(placed)]
        return reasons(inventory, weights, settings, ranked, site, Uncertainty(), spread)

    def moved(run: int) -> object:
        return moves_of_site(inventory, weights, settings, placed[run % len(placed)], top)

    line("weight_moves of a site", timed(moved, runs))
    line("reasons of a site, weighted", timed(told, runs))
    line("assumption_moves, default order", timed(lambda _: assumption_moves(*assumed(), top), runs))
    line("assumption_moves, weighted", timed(lambda _: assumption_moves(*fresh(), top), runs))
    line("agreement of the two orders", timed(lambda _: agreement(default, ranked), runs))


def main() -> None:
    """Run all of them and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--draws", type=int, default=10_000)
    given = parser.parse_args()
    print(f"{'':58}{'ms, median':>10}")
    of_draws(given.runs, given.draws)
    of_tau(given.runs)
    of_inventory(given.runs, given.draws)


if __name__ == "__main__":
    main()

"""How fast plans are found, how close the quick ones come, and what plain peers take.

    python benchmarks/scenarios.py [--runs 5] [--budgets 20] [--small]

Seeded, made-up numbers: 367 and 853 sites with one budget; 853 sites of 1,483 species with floors by country
and locks; 16,600 sites of 13,000 species, as large as all Key Biodiversity Areas. Beside the curve stand, in
the same run, a greedy plan and one plain call of HiGHS for each of some budgets: both must stay within the
curve's bounds. Beside the large problems stand their greedy plans. Compare ratios, not seconds: machines
differ. `--small` takes a tenth of the large problems.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aze_core.measures.representation import minimise_within  # noqa: E402
from aze_core.measures.solver import SCALE  # noqa: E402
from aze_core.scenarios.frontier import frontier, plan_at  # noqa: E402
from aze_core.scenarios.greedy import best_for_the_money  # noqa: E402
from aze_core.scenarios.milp import Plan, max_coverage, min_set  # noqa: E402

UNPROTECTED, SITES, SPECIES, COUNTRIES = 367, 853, 1_483, 90
ALL_AREAS, ALL_SPECIES = 16_600, 13_000
SEED = 1
CURVE, POINT, FLOORS = 0.050, 0.300, 1.5
"""Seconds that the curve, one exact plan, and a plan with floors may take."""
LIMIT = 60.0
"""Seconds that the solver gets for a large problem."""
NEAR = 1e-6


def timed(call: Callable[[int], Any], runs: int) -> float:
    """Median seconds; the call gets the run's number."""
    call(-1)
    taken = []
    for run in range(runs):
        start = time.perf_counter()
        call(run)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def once(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, and its seconds."""
    start = time.perf_counter()
    found = call()
    return found, time.perf_counter() - start


def line(name: str, seconds: float, beside: str = "") -> None:
    """One row: milliseconds, and what they are held against."""
    print(f"{name:58}{1000 * seconds:10.1f}  {beside}")


def told(seconds: float, target: float) -> str:
    """Whether the target is met."""
    return f"target {1000 * target:.0f} ms: {'met' if seconds <= target else 'MISSED'}"


def made_up(sites: int) -> tuple[np.ndarray, np.ndarray]:
    """Modelled gain and km² of sites: most with one species, areas over some orders of magnitude."""
    rng = np.random.default_rng(SEED)
    triggers = rng.geometric(SITES / SPECIES, sites)
    gain = rng.choice([0.96875, 0.42757], sites) * triggers * (1 - rng.beta(0.4, 0.8, sites)) / 3
    return gain, np.exp(rng.normal(4.5, 1.8, sites))


def plain_highs(values: np.ndarray, costs: np.ndarray, budget: float) -> float:
    """The plain peer: one call of the solver for one budget."""
    found = milp(
        -values,
        integrality=np.ones(len(values)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(costs[None, :], -np.inf, budget),
        options={"mip_rel_gap": 0.0},
    )
    return -float(found.fun)


def greedy_value(values: np.ndarray, costs: np.ndarray, budget: float) -> float:
    """Value of the sites taken by value for money."""
    nothing = np.zeros(len(values), dtype=bool)
    share = csr_array(np.diag(np.ones(len(values))))
    return float(values[best_for_the_money(costs, share, values, nothing, ~nothing, budget)].sum())


def of_one_budget(runs: int, budgets: int) -> None:
    """The whole curve beside a solve for each budget, and beside greedy plans."""
    for sites in (UNPROTECTED, SITES):
        values, costs = made_up(sites)
        at = costs.sum() * np.geomspace(0.0005, 0.9, budgets)
        curve = frontier(values, costs)
        ours = timed(lambda _, v=values, c=costs: frontier(v, c), runs)  # type: ignore[misc]
        line(f"curve of {sites} sites, {len(curve):,} plans, with bounds", ours, told(ours, CURVE))
        best, seconds = once(lambda v=values, c=costs, b=at: [plain_highs(v, c, one) for one in b])  # type: ignore[misc]
        line(f"  {budgets} budgets by plain HiGHS", seconds, f"{seconds / ours:.0f} times the whole curve")
        greedy, seconds = once(lambda v=values, c=costs, b=at: [greedy_value(v, c, one) for one in b])  # type: ignore[misc]
        lost = [1 - g / b for g, b in zip(greedy, best, strict=True)]
        line(f"  {budgets} budgets by greedy", seconds, f"loses up to {100 * max(lost):.1f} %")
        check(curve, at, best)
        exact = timed(lambda run, v=values, c=costs, b=at: plan_at(v, c, b[run % len(b)]), budgets)  # type: ignore[misc]
        line("  one point of it, solved exactly", exact, told(exact, POINT))
        worst = max(abs(plan_at(values, costs, b).objective - most) for b, most in zip(at, best, strict=True))
        if worst > NEAR * sum(values):
            raise SystemExit(f"a point differs from plain HiGHS by {worst:g}")
        whole = np.ceil(10 * values)
        of_whole = timed(lambda _, v=whole, c=costs: frontier(v, c), runs)  # type: ignore[misc]
        line(
            "  the same with whole values, exact", of_whole, f"{of_whole / ours:.2f} of the curve with bounds"
        )
    values, costs = made_up(UNPROTECTED)
    full, seconds = once(lambda: frontier(values, costs, exact=True))
    line(f"curve of {UNPROTECTED} sites, every one of {len(full):,} points exact", seconds)


def check(curve: pd.DataFrame, budgets: np.ndarray, best: list[float]) -> None:
    """Stops where a solve leaves the bounds of the curve; prints how wide they are."""
    cost, value, bound = (curve[name].to_numpy() for name in ("cost", "value", "bound"))
    here = np.searchsorted(cost, budgets, side="right") - 1
    low, high = value[here], bound[np.minimum(here + 1, len(cost) - 1)]
    near = NEAR * value[-1]
    if (np.array(best) < low - near).any() or (np.array(best) > high + near).any():
        raise SystemExit("plain HiGHS leaves the bounds of the curve")
    off = 1 - low / np.array(best)
    print(f"  at these budgets: below the best by at most {100 * off.max():.3f} %,", end=" ")
    print(f"bounds apart by at most {100 * ((high - low) / high).max():.3f} %")


def of_floors(runs: int) -> None:
    """853 sites of 1,483 species with floors for countries and locks, solved exactly."""
    rng = np.random.default_rng(SEED)
    values, costs = made_up(SITES)
    home = rng.integers(0, SITES, SPECIES)
    home[:SITES] = np.arange(SITES)
    present = csr_array((np.ones(SPECIES), (np.arange(SPECIES), home)), (SPECIES, SITES))
    country = np.minimum(rng.geometric(0.06, SITES) - 1, COUNTRIES - 1)
    floors = csr_array((np.ones(SITES), (country, np.arange(SITES))), (COUNTRIES, SITES))
    least = np.minimum(2.0, floors.sum(axis=1))
    in_plan = rng.choice(SITES, 8, replace=False)
    locks = csr_array((np.ones(8), (np.arange(8), in_plan)), (8, SITES))
    rows, upper = -vstack([floors, locks], format="csr"), -np.concatenate([least, np.ones(8)])
    gain = values * (present.sum(axis=0) / present.sum(axis=0).mean())
    budget = 0.3 * float(costs.sum())

    def ours(_: int) -> Any:
        return minimise_within(-gain / gain.max() * SCALE, rows, upper, costs, budget, budget, LIMIT)[0]

    found = ours(0)
    seconds = timed(ours, runs)
    x = found.x
    if not found.finished or (rows @ x > upper + 1e-9).any() or costs @ x > budget + NEAR:
        raise SystemExit("the plan with floors is none")
    line(f"{SITES} sites, {SPECIES:,} species, floors and locks, exact", seconds, told(seconds, FLOORS))
    free = plan_at(gain, costs, budget).objective
    print(f"  the floors and locks cost {100 * (1 - gain @ x / free):.2f} % of the gain")


def of_all_areas(part: float) -> None:
    """Maximum coverage and minimum set as large as all Key Biodiversity Areas."""
    rng = np.random.default_rng(SEED)
    sites, species = round(ALL_AREAS * part), round(ALL_SPECIES * part)
    counts = np.minimum(rng.geometric(0.35, species), 40)
    rows = np.repeat(np.arange(species), counts)
    rich = rng.pareto(1.2, sites) + 0.1
    columns = rng.choice(sites, len(rows), p=rich / rich.sum())
    amounts = csr_array((rng.random(len(rows)), (rows, columns)), (species, sites))
    cost = np.exp(rng.normal(3, 1.2, sites))
    budget = 0.05 * float(cost.sum())
    targets = 0.3 * amounts.sum(axis=1)
    kinds: dict[str, Callable[[str], Plan]] = {
        "maximum coverage": lambda method: max_coverage(
            cost, amounts, budget, time_limit_s=LIMIT, method=method
        ),
        "minimum set": lambda method: min_set(cost, amounts, targets, time_limit_s=LIMIT, method=method),
    }
    for name, solve in kinds.items():
        quick, at_once = once(lambda solve=solve: solve("greedy"))  # type: ignore[misc]
        best, seconds = once(lambda solve=solve: solve("exact"))  # type: ignore[misc]
        line(f"{name}, {sites:,} sites, {species:,} species", seconds, f"{best.method}, gap {best.gap:.1e}")
        off = abs(quick.objective / best.objective - 1)
        said = f"{at_once / seconds:.2f} of it; off by {100 * off:.2f} %, proven {100 * quick.gap:.2f} %"
        line("  greedy plan with the linear bound", at_once, said)


def main() -> None:
    """Run all of them and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--budgets", type=int, default=20)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    print(f"{'':58}{'ms, median':>10}")
    of_one_budget(given.runs, given.budgets)
    of_floors(given.runs)
    of_all_areas(0.1 if given.small else 1.0)


if __name__ == "__main__":
    main()

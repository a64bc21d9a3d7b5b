"""How long the studies of a plan take: ladder, alternatives, core, sensitivity, side by side.

    python benchmarks/studies.py [--runs 3] [--draws 100]

A made-up inventory of 853 sites and 1,483 species (seeded; some categories, areas and covers not known), and
the shipped one. Beside each study stands, in the same run, what a plain peer takes: as many plans by `solve`,
one after the other, each with a fresh inventory; for the ladder also the naive one, which locks in each plan
before the next. Compare ratios, not seconds: machines differ.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aze_core import build  # noqa: E402
from aze_core.domain.model import Inventory, Uncertainty  # noqa: E402
from aze_core.scenarios import Scenario, solve  # noqa: E402
from aze_core.scenarios.alternatives import Differing, alternatives  # noqa: E402
from aze_core.scenarios.comparison import Plan, compare  # noqa: E402
from aze_core.scenarios.ladder import ORDERS, ladder  # noqa: E402
from aze_core.scenarios.robust import robust  # noqa: E402
from aze_core.scenarios.sensitivity import sensitivity  # noqa: E402
from aze_core.store import folder  # noqa: E402
from aze_core.store.inventory import load  # noqa: E402
from tests.helpers import make_inventory  # noqa: E402

SITES, SPECIES, SEED = 853, 1_483, 1


def made_up() -> Inventory:
    """Sites with one to many species, areas over some orders of magnitude, and things not known."""
    rng = np.random.default_rng(SEED)
    sites: dict[str, Any] = {}
    for n in range(SITES):
        cover = {} if rng.random() < 0.02 else {2020: round(float(rng.beta(0.4, 0.8)), 3)}
        area = None if rng.random() < 0.05 else round(float(np.exp(rng.normal(4.5, 1.8))), 2)
        sites[f"S{n:03}"] = {"cover": cover, "area": area, "iso3": rng.choice(["MEX", "PER", "FRA"])}
    names = list(sites)
    home = [*range(SITES), *rng.integers(0, SITES, SPECIES - SITES)]
    species: dict[str, Any] = {}
    for n, at in enumerate(home):
        category = rng.choice(["CR", "EN", None], p=[0.45, 0.5, 0.05])
        species[f"s{n}"] = (category, [names[at]])
    return make_inventory(sites, species)


def fresh(inventory: Inventory) -> Inventory:
    """The inventory with nothing remembered."""
    return replace(inventory, memo={})


def timed(call: Callable[[], Any], runs: int) -> float:
    """Median seconds after one call that warms up."""
    call()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def line(name: str, seconds: float, beside: str = "") -> None:
    """One row: milliseconds, and what they are held against."""
    print(f"{name:62}{1000 * seconds:10.0f}  {beside}", flush=True)


def study(name: str, inventory: Inventory, asked: Scenario, runs: int, draws: int) -> None:
    """All studies of one plan."""
    print(name)
    plan = solve(inventory, asked)
    one = timed(lambda: solve(fresh(inventory), asked), runs)
    line("  one exact plan, with a fresh inventory", one, f"{len(plan.selected)} sites")
    steps = [asked.budget * part for part in (0.1, 0.25, 0.5, 1.0)]

    def naive() -> float:
        """Locks in each plan before the next; what it gains at the last step."""
        held: tuple[str, ...] = ()
        for budget in steps:
            found = solve(fresh(inventory), replace(asked, budget=budget, locked_in=held))
            held = found.selected
        return found.objective

    alone = timed(naive, runs)
    line(f"  {len(steps)} plans, each locked in before the next", alone)
    for order in ORDERS:
        made = ladder(inventory, asked, steps, order)
        lost = f"nesting costs {100 * made.steps['loss_share'].max():.3f} % at most, proven {made.proven}"
        seconds = timed(lambda order=order: ladder(fresh(inventory), asked, steps, order), runs)  # type: ignore[misc]
        line(f"  ladder of {len(steps)} steps, {order}", seconds, f"{seconds / alone:.2f} of these; {lost}")
    differing = Differing(apart=5, within=0.02, most=3)
    found = alternatives(inventory, asked, differing)
    seconds = timed(lambda: alternatives(fresh(inventory), asked, differing), runs)
    said = f"{seconds / one:.1f} plans' time; {len(found.plans)} found, {found.farthest} sites can go"
    line("  three alternatives, 5 sites apart, within 2 %", seconds, said)
    given = Uncertainty(draws=draws, seed=SEED)
    start = time.perf_counter()
    sure = robust(fresh(inventory), asked, plan, given, seconds=300.0)
    seconds = time.perf_counter() - start
    said = f"{seconds / sure.draws / one:.2f} of a plan's time each; {sure.number('borderline')} borderline"
    line(f"  core from {sure.draws} draws", seconds, said)
    seconds = timed(lambda: sensitivity(fresh(inventory), asked, plan), 1)
    n = len(sensitivity(inventory, asked, plan))
    line(f"  {n} other assumptions", seconds, f"{seconds / n / one:.2f} of a plan's time each")
    four = [Plan("", replace(asked, budget=b), solve(inventory, replace(asked, budget=b)), "") for b in steps]
    seconds = timed(lambda: compare(fresh(inventory), four), runs)
    line("  four plans side by side", seconds, f"{seconds / one:.1f} plans' time")


def main() -> None:
    """Run all of them and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--draws", type=int, default=100)
    given = parser.parse_args()
    print(f"{'':62}{'ms, median':>10}")
    large, shipped = made_up(), load(build.ensure(folder.DATA, folder.default_folder()))
    for name, inventory in ((f"{SITES} sites, {SPECIES:,} species", large), ("shipped inventory", shipped)):
        area = inventory.sites["area_km2"].sum()
        asked = Scenario("km2", round(0.05 * float(area)))
        study(f"{name}, budget in km²", inventory, asked, given.runs, given.draws)
        floors = (("country", "PER", 5), ("region", "americas", 10))
        study(f"{name}, with floors", inventory, replace(asked, floors=floors), given.runs, given.draws)


if __name__ == "__main__":
    main()

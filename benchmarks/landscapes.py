"""How fast and in how much memory sites are grouped into landscapes, beside plain peers on one whole matrix.

    python benchmarks/landscapes.py [--runs 3] [--sites 5000] [--small]

Seeded, made-up points: as many sites spread over the land's latitudes, in clusters as islands and mountains
are, and all within one circle four times as wide as a landscape (the worst case: one part that cannot be
taken apart). Beside each stands, in the same run, what scikit-learn and scipy take for the whole matrix of
distances; the landscapes must be the same, and only ours makes their table. Every measurement runs in a
process of its own, so that its peak of memory is its own. `--small` takes a tenth of the sites.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aze_core.domain.model import Inventory  # noqa: E402
from aze_core.measures.geometry import EARTH_RADIUS_KM, on_sphere  # noqa: E402
from aze_core.scenarios.landscapes import LandscapeSettings, group, stability  # noqa: E402
from tests.helpers import make_inventory  # noqa: E402

SEED = 1
LIMIT_KM = 100.0
TARGET = 1.0
"""Seconds that spread sites may take."""
MB = 1e6


def degrees(kind: str, sites: int) -> np.ndarray:
    """Latitude and longitude of made-up sites, in degrees."""
    rng = np.random.default_rng(SEED)
    if kind == "spread":
        return np.column_stack(
            [np.degrees(np.arcsin(rng.uniform(-0.6, 0.8, sites))), rng.uniform(-180, 180, sites)]
        )
    if kind == "clustered":
        middle = np.column_stack([rng.uniform(-35, 40, sites // 25), rng.uniform(-180, 180, sites // 25)])
        return middle[rng.integers(0, len(middle), sites)] + rng.normal(0, 0.7, (sites, 2))
    # a disc four times as wide as the limit, around the equator
    turn, away = rng.uniform(0, 2 * np.pi, sites), 1.8 * np.sqrt(rng.random(sites))
    return np.column_stack([away * np.cos(turn), away * np.sin(turn)])


def inventory_of(places: np.ndarray) -> Inventory:
    """One species at each site, all sites of one country."""
    sites = {f"S{n:05}": {"point": (float(a), float(b)), "area": 1} for n, (a, b) in enumerate(places)}
    return make_inventory(sites, {f"s{key}": ("CR", [key]) for key in sites})


def ours(inventory: Inventory, _: np.ndarray) -> Callable[[], np.ndarray]:
    settings = LandscapeSettings(LIMIT_KM)
    return lambda: pd.factorize(group(inventory, inventory.sites.index, settings).members["landscape"])[0]


def by_sklearn(_: Inventory, places: np.ndarray) -> Callable[[], np.ndarray]:
    from scipy.spatial.distance import pdist, squareform
    from sklearn.cluster import AgglomerativeClustering

    made = AgglomerativeClustering(
        metric="precomputed", linkage="complete", n_clusters=None, distance_threshold=LIMIT_KM
    )
    points = on_sphere(*places.T)
    return lambda: made.fit_predict(squareform(2 * EARTH_RADIUS_KM * np.arcsin(pdist(points) / 2)))


def by_scipy(_: Inventory, places: np.ndarray) -> Callable[[], np.ndarray]:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    points = on_sphere(*places.T)

    def call() -> np.ndarray:
        km = 2 * EARTH_RADIUS_KM * np.arcsin(pdist(points) / 2)
        return fcluster(linkage(km, "complete"), LIMIT_KM, "distance")

    return call


PEERS = {"ours": ours, "scikit-learn, whole matrix": by_sklearn, "scipy, whole matrix": by_scipy}


def peak() -> float:
    """Highest memory of this process so far, in bytes; Linux tells it in kB, macOS in bytes."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else 1024 * most)


def measure(kind: str, sites: int, peer: str, runs: int) -> tuple[float, float, np.ndarray]:
    """Median seconds, added bytes at the peak, and the landscape of each site."""
    places = degrees(kind, sites)
    inventory = inventory_of(places)
    call = PEERS[peer](inventory, places)
    few = degrees("one circle", 50)
    PEERS[peer](inventory_of(few), few)()  # imports
    before, taken = peak(), []
    for _ in range(runs):
        start = time.perf_counter()
        label = call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), peak() - before, label


def apart(*given: Any) -> tuple[float, float, np.ndarray]:
    """`measure` in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, given)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two groupings are one."""
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


def of_groups(sites: int, runs: int) -> None:
    """Time and memory of `group` beside its peers."""
    for kind in ("spread", "clustered", "one circle"):
        for peer in PEERS:
            seconds, bytes_, label = apart(kind, sites, peer, runs)
            if peer == "ours":
                mine = label
                beside = f"{len(set(label)):,} landscapes"
                if kind == "spread":
                    beside += f"; target {1000 * TARGET:.0f} ms: {'met' if seconds <= TARGET else 'MISSED'}"
            else:
                if not same(mine, label):
                    raise SystemExit(f"{peer} groups otherwise")
                beside = "the same"
            name = f"{sites:,} sites, {kind}" if peer == "ours" else f"  {peer}"
            print(f"{name:40}{1000 * seconds:10.1f}{bytes_ / MB:10.0f}  {beside}")


def of_stability(sites: int) -> None:
    """A hundred draws of a plan of a tenth of the sites."""
    inventory = inventory_of(degrees("clustered", sites))
    start = time.perf_counter()
    found = stability(inventory, inventory.sites.index[::10], LandscapeSettings(LIMIT_KM), 10)
    seconds = time.perf_counter() - start
    beside = (
        f"agreement {found.agreement:.2f}, {found.landscapes} landscapes, {found.random_mean:.0f} by chance"
    )
    print(f"{f'stability of {sites // 10:,}, 100 draws':40}{1000 * seconds:10.1f}{'':10}  {beside}")


def main() -> None:
    """Run all of them and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sites", type=int, default=5_000)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    sites = given.sites // 10 if given.small else given.sites
    print(f"{'':40}{'ms, median':>10}{'MB added':>10}")
    of_groups(sites, given.runs)
    of_stability(sites)


if __name__ == "__main__":
    main()

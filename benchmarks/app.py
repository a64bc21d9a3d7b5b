"""How fast the planner is on the shipped inventory: build, load, rank, solve, and a rerun of every page.

    python benchmarks/app.py [--runs 15]

Prints minimum, median and 95th percentile. Page reruns are measured on the server side with Streamlit's own
test runner, after a warm-up; each rerun changes a setting where the page has one, so that no cached answer is
timed. One ratio is against a plain peer in the same run: the exact plan, and a loop over single sites.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def timed(call: Callable[[int], object], runs: int) -> list[float]:
    """Seconds of each run; the call gets the run's number."""
    call(-1)
    found = []
    for run in range(runs):
        start = time.perf_counter()
        call(run)
        found.append(time.perf_counter() - start)
    return sorted(found)


def line(name: str, seconds: list[float]) -> None:
    """One row: milliseconds."""
    high = seconds[min(len(seconds) - 1, round(0.95 * len(seconds)))]
    print(f"{name:44} {1000 * seconds[0]:8.0f} {1000 * statistics.median(seconds):8.0f} {1000 * high:8.0f}")


def main() -> None:
    """Run everything and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as store:
        os.environ["AZE_STORE"] = store
        from streamlit.testing.v1 import AppTest

        from aze_core.build import build
        from aze_core.domain.model import Assumptions, Weights
        from aze_core.ranking.score import rank_sites
        from aze_core.scenarios.problem import Scenario, plan_gain, solve
        from aze_core.scenarios.targets import scoreboard
        from aze_core.store import folder
        from aze_core.store.inventory import load

        print(f"{'milliseconds':44} {'min':>8} {'median':>8} {'p95':>8}")
        report = build(folder.DATA, Path(store))
        line("build", timed(lambda _: build(folder.DATA, Path(store)), max(3, runs // 3)))
        line("load", timed(lambda _: load(report.path), runs))
        inventory = load(report.path)
        line("rank, default order", timed(lambda _: rank_sites(inventory), runs))
        line("rank, weighted", timed(lambda i: rank_sites(inventory, Weights(40 + i, 30, 30)), runs))
        line("solve, 10 sites", timed(lambda _: solve(inventory, Scenario()), runs))
        exact = timed(lambda i: solve(inventory, Scenario("km2", 2000 + i)), runs)
        line("solve, 2,000 km²", exact)
        plan = solve(inventory, Scenario("km2", 2000)).selected
        line("scoreboard", timed(lambda _: scoreboard(inventory, plan, Assumptions()), runs))

        def loop(_: int) -> float:
            alone = Scenario("km2", 2000)
            return max(plan_gain(inventory, alone, (site,)) for site in inventory.sites.index[:40])

        slow = timed(loop, 1)
        print(
            f"\nexact plan over 588 sites / plain gain of 40 sites one by one: "
            f"{statistics.median(exact) / statistics.median(slow):.2f}\n"
        )

        print(f"{'page rerun, server side, milliseconds':44} {'min':>8} {'median':>8} {'p95':>8}")
        changes: dict[str, tuple[str, Callable[[int], object]]] = {
            "overview": ("evidence/overview.py", lambda i: ["2010", "2016"][i % 2]),
            "countries": ("evidence/countries.py", lambda i: ["2010", "2016"][i % 2]),
            "trend": ("evidence/trend.py", lambda i: ["mean", "complete", "none"][i % 3]),
            "site": ("evidence/site.py", lambda i: str(inventory.sites.index[i % 500])),
            "priorities": ("decide/priorities.py", lambda i: 20 + i),
            "scenarios": ("decide/scenarios.py", lambda i: 5 + i),
            "data": ("about/data.py", lambda i: None),
            "methods": ("about/methods.py", lambda i: None),
        }
        keys = {
            "overview": "vintage",
            "countries": "vintage",
            "trend": "trend_measure",
            "site": "site",
            "priorities": "w_pressure",
            "scenarios": "budget_sites",
        }
        for name, (path, change) in changes.items():
            app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
            app.switch_page(str(ROOT / "pages" / path)).run()
            if name == "priorities":
                app.session_state["order"] = "weighted"

            def rerun(
                run: int, app: AppTest = app, name: str = name, change: Callable[[int], object] = change
            ) -> None:
                if name in keys:
                    app.session_state[keys[name]] = change(run)
                app.run()

            line(name, timed(rerun, runs))


if __name__ == "__main__":
    main()

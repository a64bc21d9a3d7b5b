"""Commands that study plans: side by side, in steps, with alternatives, how sure, and in landscapes."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

import pandas as pd

from aze_core.cli import plan
from aze_core.cli.evidence import Run, Tools
from aze_core.cli.plan import rows_of
from aze_core.cli.weigh import codes
from aze_core.domain.errors import AzeError, SettingError
from aze_core.domain.model import SPREADS, Inventory, Uncertainty
from aze_core.domain.settings import value
from aze_core.locale import explain, t
from aze_core.reports.tables import stamp
from aze_core.scenarios.alternatives import Alternatives, Differing, alternatives
from aze_core.scenarios.comparison import Comparison, compare
from aze_core.scenarios.ladder import ORDERS, Ladder, even_steps, ladder
from aze_core.scenarios.landscapes import Landscapes, LandscapeSettings, group, stability
from aze_core.scenarios.problem import solve
from aze_core.scenarios.replay import replay
from aze_core.scenarios.robust import Robust, default_draws, robust
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.sensitivity import sensitivity
from aze_core.store import folder, scenarios, versions
from aze_core.store.inventory import load


def add_commands(
    sub: Any, place: list[argparse.ArgumentParser], parents: list[argparse.ArgumentParser]
) -> None:
    """Describe the commands on the command line."""
    beside = sub.add_parser("compare", parents=place, help="kept scenarios side by side")
    beside.add_argument("which", nargs="+", metavar="CODE", help="one to four kept scenarios by their code")

    steps = sub.add_parser("ladder", parents=parents, help="plans of rising budgets, each within the next")
    plan.add_options(steps)
    steps.add_argument("--steps", type=codes, default=(), metavar="BUDGET,…", help="the budget of each step")
    steps.add_argument(
        "--even", type=int, default=4, metavar="N", help="without --steps: so many equal steps up to --budget"
    )
    steps.add_argument("--order", choices=ORDERS, default=ORDERS[0], help="default %(default)s")

    others = sub.add_parser("alternatives", parents=parents, help="good plans that differ")
    plan.add_options(others)
    usual = Differing()
    others.add_argument(
        "--apart",
        type=int,
        default=usual.apart,
        help="sites of every plan before that are not in it, at least (default %(default)s)",
    )
    others.add_argument(
        "--within",
        type=float,
        default=usual.within,
        help="part of the best that it may fall short by (default %(default)s)",
    )
    others.add_argument(
        "--most", type=int, default=usual.most, help="plans to look for (default %(default)s)"
    )

    sure = sub.add_parser("robust", parents=parents, help="how often each site is in the best plan")
    plan.add_options(sure)
    drawn = default_draws()
    sure.add_argument("--spread", choices=SPREADS, default=drawn.spread, help="default %(default)s")
    sure.add_argument("--votes", type=float, default=drawn.votes, help="default %(default)s")
    sure.add_argument("--certain", action="store_true", help="take the data as given")
    sure.add_argument("--draws", type=int, default=drawn.draws, help="default %(default)s")
    sure.add_argument("--seed", type=int, default=drawn.seed, help="default %(default)s")
    sure.add_argument(
        "--seconds",
        type=float,
        default=value("robust.seconds"),
        help="after so long no further draw is begun (default %(default)s)",
    )

    moved = sub.add_parser("sensitivity", parents=parents, help="the plan under every other assumption")
    plan.add_options(moved)

    together = sub.add_parser("landscapes", parents=parents, help="the sites of the plan in landscapes")
    plan.add_options(together)
    together.add_argument(
        "--diameter",
        type=float,
        default=value("landscapes.diameter_km"),
        metavar="KM",
        help="no two sites of a landscape are further apart (default %(default)s)",
    )
    together.add_argument("--across-borders", action="store_true", help="let landscapes cross borders")
    together.add_argument(
        "--together",
        action="append",
        default=[],
        type=_named_group,
        metavar="NAME=SITE,…",
        help="a named group that is never split; repeatable",
    )
    together.add_argument(
        "--jitter", type=float, default=0.0, metavar="KM", help="move the sites so far, and group them again"
    )


def _named_group(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, sites = text.partition("=")
    if not name or not sites:
        raise argparse.ArgumentTypeError(f"{text!r} came; expected is NAME=SITE,SITE")
    return name, codes(sites)


def commands(tools: Tools) -> dict[str, Run]:
    """The commands by their names."""
    return {
        "compare": lambda given: _compare(given, tools),
        "ladder": lambda given: _study(given, tools, _ladder),
        "alternatives": lambda given: _study(given, tools, _alternatives),
        "robust": lambda given: _study(given, tools, _robust),
        "sensitivity": lambda given: _study(given, tools, _sensitivity),
        "landscapes": lambda given: _study(given, tools, _landscapes),
    }


# ---------------------------------------------------------------- as plain values


def compare_report(made: Comparison, names: list[str]) -> dict[str, Any]:
    """Plans side by side as plain values."""
    return {
        "plans": dict(zip(made.letters, names, strict=True)),
        "hindrances": [asdict(one) for one in made.hindrances],
        "measures": rows_of(made.measures),
        "facts": rows_of(made.facts),
        "sites": rows_of(made.sites),
        "lost": {letter: list(sites) for letter, sites in made.lost.items()},
        "common": made.common.to_dict(),
        "ledger": rows_of(made.ledger),
        "without_a_covered_site": made.ledger_n,
        "countries": rows_of(made.countries),
        "verdicts": {letter: asdict(one) for letter, one in made.verdicts.items()},
    }


def ladder_report(made: Ladder) -> dict[str, Any]:
    """A ladder as plain values."""
    return {
        "order": made.order,
        "proven": made.proven,
        "steps": rows_of(made.steps),
        "entering": {str(site): int(step) for site, step in made.entering.items()},
        "best": [list(one.selected) for one in made.best],
    }


def alternatives_report(made: Alternatives) -> dict[str, Any]:
    """Alternatives as plain values."""
    return {
        "best": asdict(made.best),
        "plans": [{**asdict(one), "part": made.part(one)} for one in made.plans],
        "stop": made.stop,
        "next_best": None if made.next_best is None else asdict(made.next_best),
        "farthest": made.farthest,
        "farthest_proven": made.farthest_proven,
    }


def robust_report(made: Robust) -> dict[str, Any]:
    """How sure a plan is, as plain values."""
    return {
        "draws": made.draws,
        "asked": made.asked,
        "drawn": list(made.drawn),
        "proven": made.proven,
        "reached": list(made.reached),
        "sites": rows_of(made.sites),
    }


def sensitivity_report(made: pd.DataFrame) -> list[dict[str, Any]]:
    """A plan under other assumptions as plain values."""
    rows = rows_of(made)
    for row in rows:
        row["problem"] = None if row["problem"] is None else explain(row["problem"])
    return rows


def landscapes_report(made: Landscapes) -> dict[str, Any]:
    """Landscapes as plain values."""
    return {
        "members": rows_of(made.members),
        "table": rows_of(made.table),
        "unplaced": list(made.unplaced),
        "outside": list(made.outside),
    }


# ---------------------------------------------------------------- runs


def _compare(given: argparse.Namespace, tools: Tools) -> int:
    inventory = tools.load(given)
    there = {one.content_hash for one in versions.versions(given.store)}

    def other(data: str) -> Inventory | None:
        return load(folder.inventory_path(given.store, data)) if data in there else None

    plans, told = [], []
    for code in given.which:
        one = scenarios.get(given.store, scenarios.find(given.store, code, deleted=False))
        try:
            made = replay(inventory, one.name, one.settings, one.inventory, other)
        except AzeError as error:
            raise SettingError("compare_unsolved", name=one.name, why=explain(error)) from None
        plans.append(made.plan)
        if made.moved:
            told.append(t("study.moved", name=one.name))
    found = compare(inventory, plans)
    report = {
        "inventory": asdict(inventory.version),
        **compare_report(found, [one.name for one in plans]),
    }
    if given.format == "json":
        return tools.json(report)
    print(stamp(inventory.version))
    for letter, name in report["plans"].items():
        print(f"{letter}  {name}")
    for text in told:
        print(text)
    for hindrance in found.hindrances:
        print(t(f"compare.hindrance.{hindrance.kind}", letters=hindrance.letters, n=hindrance.n))
    _print(found.measures.drop(columns=["aichi", "gbf"]).reset_index())
    _print(found.facts.reset_index())
    _print(found.sites.reset_index())
    print(t("solve.consent"))
    return 0


def _study(given: argparse.Namespace, tools: Tools, run: Any) -> int:
    inventory, scenario = plan.asked_for(given, tools)
    report, frames, sentences = run(given, inventory, scenario)
    if given.format == "json":
        content = {"inventory": asdict(inventory.version), "scenario": scenario.to_dict(), **report}
        return tools.json(content)
    print(stamp(inventory.version))
    for sentence in sentences:
        print(sentence)
    for frame in frames:
        _print(frame)
    print(t("solve.consent"))
    return 0


Told = tuple[dict[str, Any], list[pd.DataFrame], list[str]]


def _ladder(given: argparse.Namespace, inventory: Inventory, scenario: Scenario) -> Told:
    try:
        steps = tuple(float(step) for step in given.steps) or even_steps(scenario, given.even)
    except ValueError:
        raise SettingError(
            "not_one_of", name="steps", value=",".join(given.steps), expected="numbers: 5,10,20"
        ) from None
    made = ladder(inventory, scenario, steps, given.order)
    entering = made.entering.rename("step").reset_index()
    entering["name"] = entering["site_id"].map(inventory.sites["name"])
    told = t(
        "study.ladder" if made.proven else "study.ladder_unproven", order=t(f"ladder.order.{made.order}")
    )
    return ladder_report(made), [made.steps.reset_index(), entering], [told]


def _alternatives(given: argparse.Namespace, inventory: Inventory, scenario: Scenario) -> Told:
    made = alternatives(inventory, scenario, Differing(given.apart, given.within, given.most))
    best = set(made.best.selected)
    rows = [
        {
            "plan": at,
            "objective": one.objective,
            "part": made.part(one),
            "cost": one.cost,
            "species": one.species,
            "in": ", ".join(sorted(set(one.selected) - best)),
            "out": ", ".join(sorted(best - set(one.selected))),
        }
        for at, one in enumerate([made.best, *made.plans])
    ]
    proven = "study.farthest" if made.farthest_proven else "study.farthest_at_least"
    told = t(proven, n=made.farthest, within=given.within)
    stop = [t(f"alternatives.stop.{made.stop}", apart=given.apart, within=given.within)] if made.stop else []
    return alternatives_report(made), [pd.DataFrame(rows)], [told, *stop]


def _robust(given: argparse.Namespace, inventory: Inventory, scenario: Scenario) -> Told:
    asked = Uncertainty(
        spread=given.spread, votes=given.votes, data=not given.certain, draws=given.draws, seed=given.seed
    )
    made = robust(inventory, scenario, solve(inventory, scenario), asked, given.seconds)
    frame = made.sites.reset_index()
    frame["name"] = frame["site_id"].map(inventory.sites["name"])
    told = t("study.robust", draws=made.draws, asked=made.asked, mean=made.reached[0], low=made.reached[1])
    return robust_report(made), [frame[frame["share"] > 0]], [told]


def _sensitivity(given: argparse.Namespace, inventory: Inventory, scenario: Scenario) -> Told:
    made = sensitivity(inventory, scenario, solve(inventory, scenario))
    frame = made.drop(columns="problem")
    for name in ("entered", "left"):
        frame[name] = frame[name].map(", ".join)
    return {"assumptions": sensitivity_report(made)}, [frame], []


def _landscapes(given: argparse.Namespace, inventory: Inventory, scenario: Scenario) -> Told:
    settings = LandscapeSettings(given.diameter, given.across_borders, tuple(given.together))
    selected = solve(inventory, scenario).selected
    made = group(inventory, selected, settings)
    report, told = landscapes_report(made), []
    if given.jitter > 0:
        sure = stability(inventory, selected, settings, given.jitter)
        report["stability"] = {
            name: None if isinstance(item, float) and pd.isna(item) else item
            for name, item in {**asdict(sure), "stands": rows_of(sure.stands.to_frame("share"))}.items()
        }
        told.append(t("study.stability", km=given.jitter, agreement=sure.agreement, low=sure.agreement_low))
    if made.unplaced:
        told.append(t("landscapes.unplaced", n=len(made.unplaced), sites=", ".join(made.unplaced)))
    return report, [made.table.reset_index(), made.members.reset_index()], told


def _print(frame: pd.DataFrame) -> None:
    print(frame.to_string(index=False, float_format=lambda item: f"{item:.4f}"))

"""The command that solves a scenario."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from aze_core.cli import weigh
from aze_core.cli.evidence import Run, Tools
from aze_core.cli.weigh import codes
from aze_core.domain.errors import SettingError
from aze_core.domain.model import Inventory, Weights
from aze_core.domain.settings import value
from aze_core.locale import explain, t
from aze_core.reports.tables import stamp
from aze_core.scenarios.actions import ACTIONS, DEFAULT_ACTION, STATED, site_actions
from aze_core.scenarios.conflicts import Conflict, conflicts
from aze_core.scenarios.outcome import plan_ledger, plan_scoreboard
from aze_core.scenarios.problem import solve, top_plan
from aze_core.scenarios.quota_name import quota_name
from aze_core.scenarios.scenario import BUDGETS, OBJECTIVES, QUOTAS, UNKNOWN_COSTS, Scenario
from aze_core.scenarios.solution import Solution
from aze_core.store import scenarios


def add_commands(sub: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Describe the command on the command line."""
    add_options(sub.add_parser("solve", parents=parents, help="the exact plan for a budget"))


def add_options(plan: argparse.ArgumentParser) -> None:
    """Options that ask for a scenario."""
    plan.add_argument(
        "--budget", type=float, default=value("scenario.default_sites"), help="default %(default)s"
    )
    plan.add_argument(
        "--unit", choices=BUDGETS, default="sites", help="unit of the budget (default %(default)s)"
    )
    plan.add_argument("--objective", choices=OBJECTIVES, default=OBJECTIVES[0], help="default %(default)s")
    plan.add_argument(
        "--lock-in", type=codes, default=(), metavar="SITE,…", help="sites that must be in the plan"
    )
    plan.add_argument(
        "--lock-out", type=codes, default=(), metavar="SITE,…", help="sites that must not be in it"
    )
    plan.add_argument(
        "--must-have", type=codes, default=(), metavar="SPECIES,…", help="species with all their sites in it"
    )
    for name in ("floor", "ceiling"):
        plan.add_argument(
            f"--{name}",
            action="append",
            type=quota,
            default=[],
            metavar="KIND:CODE:N",
            help=f"at {'least' if name == 'floor' else 'most'} N sites of a {', '.join(QUOTAS)}; repeatable",
        )
    plan.add_argument(
        "--action",
        action="append",
        default=[],
        metavar="[SITE=]ACTION",
        help="what is done, everywhere or at one site; repeatable: " + ", ".join(ACTIONS),
    )
    plan.add_argument(
        "--held",
        action="append",
        type=pair,
        default=[],
        metavar="ACTION=SHARE",
        help="share that counts as held after an action, by your own judgement: " + ", ".join(STATED),
    )
    plan.add_argument("--to-share", type=float, default=1.0, help="share to cover (default %(default)s)")
    for name, example in (("class", "Amphibia=0.1"), ("threat", "8.1=0")):
        plan.add_argument(
            f"--{name}-effect",
            action="append",
            type=pair,
            default=[],
            metavar="CODE=EFFECT",
            help=f"effect of protection by {name}, e.g. {example}; repeatable",
        )
    plan.add_argument("--allow-withheld", action="store_true", help="count sites where consent is withheld")
    plan.add_argument(
        "--unknown-cost", choices=UNKNOWN_COSTS, default=UNKNOWN_COSTS[0], help="default %(default)s"
    )
    plan.add_argument("--cost-field", default="cost", help="national field of the cost (default %(default)s)")
    plan.add_argument(
        "--elasticity",
        type=float,
        default=value("scenario.elasticity"),
        help="of the index (default %(default)s)",
    )
    whole = plan.add_mutually_exclusive_group()
    whole.add_argument(
        "--kept", metavar="CODE", help="a kept scenario, with the version that it was kept for"
    )
    whole.add_argument("--scenario", type=Path, help="a scenario as JSON, instead of the options above")
    weigh.add_weights(
        plan, "--compare-weights", "weights of the plain plan's ranking, and of the weighted objective"
    )


def commands(tools: Tools) -> dict[str, Run]:
    """The command by its name."""
    return {"solve": lambda given: _run(given, tools)}


def quota(text: str) -> tuple[str, str, int]:
    """A floor or ceiling.

    Examples
    --------
    >>> quota("country:MDG:2")
    ('country', 'MDG', 2)
    """
    kind, _, rest = text.partition(":")
    code, _, number = rest.rpartition(":")
    if kind not in QUOTAS or not code or not number.isdecimal():
        raise argparse.ArgumentTypeError(
            f"{text!r} came; expected is a kind ({', '.join(QUOTAS)}), a code and a number: country:MDG:2"
        )
    return kind, code, int(number)


def pair(text: str) -> tuple[str, float]:
    """A code and its number.

    Examples
    --------
    >>> pair("Amphibia=0.1")
    ('Amphibia', 0.1)
    """
    code, _, number = text.rpartition("=")
    try:
        return code, float(number) if code else float("nan")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} came; expected is CODE=NUMBER") from None


def scenario_of(inventory: Inventory, given: argparse.Namespace, tools: Tools) -> Scenario:
    """The scenario that the options, or a file, ask for.

    Raises
    ------
    SettingError
        When one is outside what it can be, or the file is none.
    """
    if given.scenario is None:
        everywhere = [action for action in given.action if "=" not in action]
        for nowhere in (action for action in given.action if action.startswith("=")):
            raise SettingError("not_one_of", name="action", value=nowhere, expected="SITE=ACTION")
        return Scenario(
            budget_kind=given.unit,
            budget=given.budget,
            locked_in=given.lock_in,
            locked_out=given.lock_out,
            filters=tools.filters(inventory, given),
            assumptions=weigh.assumptions(given),
            objective=given.objective,
            weights=weigh.weights(given, given.compare_weights) if given.objective == "weighted" else None,
            class_effects=tuple(given.class_effect),
            threat_effects=tuple(given.threat_effect),
            action=everywhere[-1] if everywhere else DEFAULT_ACTION,
            actions=tuple(
                (site, action) for site, _, action in (a.rpartition("=") for a in given.action) if site
            ),
            held=tuple(given.held),
            to_share=given.to_share,
            must_have=given.must_have,
            floors=tuple(given.floor),
            ceilings=tuple(given.ceiling),
            allow_withheld=given.allow_withheld,
            unknown_cost=given.unknown_cost,
            cost_field=given.cost_field,
            elasticity=given.elasticity,
        )
    try:
        content = json.loads(given.scenario.read_text(encoding="utf-8-sig"))
        if not isinstance(content, dict):
            raise ValueError("a JSON object was expected")
    except (OSError, ValueError, RecursionError) as error:
        raise SettingError("bad_scenario_file", file=str(given.scenario), problem=str(error)) from None
    scenario = Scenario.from_dict(content)
    tools.check(inventory, scenario.filters)
    return scenario


def plan_report(inventory: Inventory, scenario: Scenario, weights: Weights | None = None) -> dict[str, Any]:
    """Exact plan, plain plan, scoreboard and ledger of a scenario as plain values."""
    exact, top = solve(inventory, scenario), top_plan(inventory, scenario, weights)
    return {
        "inventory": asdict(inventory.version),
        "scenario": scenario.to_dict(),
        "exact": _plan(inventory, scenario, exact),
        "top_of_the_ranking": _plan(inventory, scenario, top),
    }


def _plan(inventory: Inventory, scenario: Scenario, plan: Solution) -> dict[str, Any]:
    action = site_actions(inventory, scenario)
    return {
        **asdict(plan),
        "actions": {site: str(action[site]) for site in plan.selected},
        "scoreboard": rows_of(plan_scoreboard(inventory, scenario, plan.selected)),
        "ledger": rows_of(plan_ledger(inventory, scenario, plan.selected)),
    }


def conflict_report(inventory: Inventory, found: list[Conflict]) -> dict[str, Any]:
    """What collides, and the scenario that would do, as plain values."""
    return {
        "inventory": asdict(inventory.version),
        "conflicts": [
            {
                "code": one.code,
                "what": explain(one.error),
                "parts": [list(part) for part in one.parts],
                "change": t(f"conflict.change.{one.change}", **one.change_fields),
            }
            for one in found
        ],
        "suggestion": found[-1].suggestion.to_dict(),
    }


def asked_for(given: argparse.Namespace, tools: Tools) -> tuple[Inventory, Scenario]:
    """The version and the scenario that the options, a file or a kept scenario ask for.

    Raises
    ------
    AzeError
        When a value is outside what it can be, or there is no such file, version or scenario.
    """
    if given.kept is None:
        inventory = tools.load(given)
        return inventory, scenario_of(inventory, given, tools)
    one = scenarios.get(given.store, scenarios.find(given.store, given.kept))
    # the same numbers need the same data, unless other data are asked for
    given.inventory = given.inventory or one.inventory
    inventory, scenario = tools.load(given), Scenario.from_dict(one.settings)
    tools.check(inventory, scenario.filters)
    return inventory, scenario


def _run(given: argparse.Namespace, tools: Tools) -> int:
    inventory, scenario = asked_for(given, tools)
    found = conflicts(inventory, scenario)
    if found:
        collided = conflict_report(inventory, found)
        if given.format == "json":
            tools.json(collided)
        for one in collided["conflicts"]:
            print(t("solve.conflict", what=one["what"], change=one["change"]), file=sys.stderr)
        return 1
    report = plan_report(inventory, scenario, weigh.weights(given, given.compare_weights))
    if given.format == "json":
        return tools.json(report)
    print(stamp(inventory.version))
    for key in ("exact", "top_of_the_ranking"):
        _print(inventory, scenario, key, report[key])
    print(t("solve.consent"))
    return 0


def _print(inventory: Inventory, scenario: Scenario, key: str, plan: dict[str, Any]) -> None:
    names = inventory.sites["name"]
    print(
        t(
            f"solve.{key}",
            n=len(plan["selected"]),
            cost=t(f"solve.cost.{scenario.budget_kind}", cost=plan["cost"]),
            objective=t(
                f"solve.objective.{scenario.objective}",
                objective=plan["objective"],
                horizon=scenario.assumptions.horizon_years,
                species=plan["species"],
            ),
        )
    )
    print(t(f"solve.method.{plan['method']}", gap=plan["gap"], why=t(f"solve.why.{plan['why']}")))
    for site in plan["selected"]:
        print(f"  {site:18} {names[site]}  ({t('action.' + plan['actions'][site])})")
    for label in ("left_out", "outside", "filled", "unfit", "withheld", "consent_unknown"):
        sites = plan[label]
        if sites:
            print(t(f"solve.{label}", n=len(sites), sites=", ".join(names[site] for site in sites)))
    if plan["missed"]:
        floors = (
            t("plan.floor", name=quota_name(inventory, kind, code), n=least)
            for kind, code, least in plan["missed"]
        )
        print(t("solve.missed", floors="; ".join(floors)))
    board = pd.DataFrame(plan["scoreboard"])[["measure", "basis", "aichi", "gbf", "n", "before", "after"]]
    print(board.to_string(index=False, float_format=lambda item: f"{item:.4f}"))
    print(t("solve.ledger", n=len(plan["ledger"])))


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain values, a named index among them; None where not known."""
    table = frame.reset_index() if frame.index.name else frame
    plain = table.astype(object).where(table.notna(), None)
    return [{str(key): item for key, item in row.items()} for row in plain.to_dict("records")]

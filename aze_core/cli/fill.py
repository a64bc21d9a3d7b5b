"""The command that tests whether a criterion can be filled in where it is not known."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

import pandas as pd

from aze_core.cli.evidence import Run, Tools
from aze_core.domain.errors import SettingError
from aze_core.domain.model import NATIONAL, Inventory
from aze_core.locale import t
from aze_core.ranking.filled import can_be_filled, validation
from aze_core.ranking.values import national_fields
from aze_core.reports.sentences import criterion_name
from aze_core.reports.tables import stamp

_PRESSURE = "pressure"


def add_commands(sub: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Describe the command on the command line."""
    fill = sub.add_parser(
        "fill", parents=parents, help="test whether a model fills in what is not known better than an average"
    )
    fill.add_argument(
        "--criterion",
        default=_PRESSURE,
        metavar="CODE",
        help=f"{_PRESSURE}, or {NATIONAL}FIELD (default %(default)s)",
    )


def fill_report(inventory: Inventory, code: str) -> dict[str, Any]:
    """The test of filling in a criterion as plain values.

    `tests` has one row per kind of group that was held out: `by` (`country`, `family`), `n`, `groups`, `mae`,
    `mae_baseline`, `inside`; none where the test could not be made.

    Raises
    ------
    SettingError
        When the criterion is not a plain number of a site.
    """
    fields = national_fields(inventory)
    usable = [_PRESSURE, *(NATIONAL + str(name) for name in fields.index[fields["reason"] == ""])]
    if not can_be_filled(code) or code not in usable:
        raise SettingError("not_one_of", name="criterion", value=code, expected=", ".join(usable))
    found = validation(inventory, code)
    tried = {"country": found.countries, "family": found.families}
    return {
        "inventory": asdict(inventory.version),
        "criterion": code,
        "n": found.n,
        "better": found.better,
        "reason": found.reason,
        "tests": [{"by": by, **asdict(each)} for by, each in tried.items() if each is not None],
    }


def commands(tools: Tools) -> dict[str, Run]:
    """The command by name."""
    return {"fill": lambda given: _fill(given, tools)}


def _fill(given: argparse.Namespace, tools: Tools) -> int:
    inventory = tools.load(given)
    if given.format == "json":
        return tools.json(fill_report(inventory, given.criterion))
    print(stamp(inventory.version))
    print(t("filling.slow"), flush=True)
    report = fill_report(inventory, given.criterion)
    name = criterion_name(given.criterion)
    verdict = (
        t("filling.passed") if report["better"] else t(f"filling.reason_{report['reason']}", n=report["n"])
    )
    print(f"{name}: {verdict}")
    if report["tests"]:
        print(t("filling.table", criterion=name))
        table = pd.DataFrame(
            {
                t("filling.by"): [t(f"filling.by_{row['by']}") for row in report["tests"]],
                t("filling.n"): [row["n"] for row in report["tests"]],
                t("filling.groups"): [row["groups"] for row in report["tests"]],
                t("filling.imputer"): [row["mae"] for row in report["tests"]],
                t("filling.baseline"): [row["mae_baseline"] for row in report["tests"]],
                t("filling.inside"): [row["inside"] for row in report["tests"]],
            }
        )
        print(table.to_string(index=False, float_format=lambda item: f"{item:.4f}"))
        print(t("filling.note"))
    return 0

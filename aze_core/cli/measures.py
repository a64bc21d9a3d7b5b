"""Commands that tell what the measures of irreplaceability and of threat say."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from aze_core.cli.evidence import Run, Tools
from aze_core.domain.model import Filters, Inventory, checked_number
from aze_core.domain.settings import value
from aze_core.locale import t
from aze_core.measures.side_by_side import irreplaceability_table
from aze_core.measures.site_threats import site_threats
from aze_core.measures.threat import highest_impact, site_star, star
from aze_core.reports.tables import stamp

Records = Callable[[pd.DataFrame], list[dict[str, Any]]]

_TOP = 20
_TARGETS = (0.01, 1.0)
_STEPS = (1, 1000)


def add_commands(sub: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Describe the commands on the command line."""
    side_by_side = sub.add_parser(
        "irreplaceability", parents=parents, help="measures of irreplaceability side by side"
    )
    side_by_side.add_argument(
        "--target",
        type=float,
        default=value("irreplaceability.target"),
        help="share of each species that has to be kept (default %(default)s)",
    )
    side_by_side.add_argument(
        "--steps", type=int, default=10, help="steps of the budget of the rank (default %(default)s)"
    )
    threats = sub.add_parser(
        "threats", parents=parents, help="threats to trigger species: threat-abatement STAR and impact"
    )
    for command in (side_by_side, threats):
        command.add_argument(
            "--top",
            type=int,
            default=_TOP,
            help="rows of the table (default %(default)s; 0: all; JSON always has all)",
        )


def irreplaceability_report(
    inventory: Inventory, filters: Filters, target: float, steps: int, records: Records
) -> dict[str, Any]:
    """Measures of irreplaceability of the filtered sites as plain values, the highest gamma first.

    A replacement cost that is infinite is null, and `irreplaceable` is true.

    Raises
    ------
    SettingError
        When target or steps are outside what they can be.
    """
    target = checked_number("target", target, *_TARGETS)
    checked_number("steps", steps, *_STEPS)
    sites = inventory.where(filters)
    compared = sites[: value("limits.side_by_side.sites")]
    found = irreplaceability_table(inventory, compared, target, steps)
    found.insert(0, "name", inventory.sites["name"].reindex(compared))
    found = found.sort_values(["gamma", "incremental_rank", "name"], ascending=[False, False, True])
    endless = np.isposinf(found["replacement_cost"])
    found = found.assign(irreplaceable=endless, replacement_cost=found["replacement_cost"].mask(endless))
    return {
        "inventory": asdict(inventory.version),
        "filters": filters.to_dict(),
        "target": target,
        "steps": steps,
        "filtered": len(sites),
        "sites": records(found),
    }


def threats_report(inventory: Inventory, filters: Filters, records: Records) -> dict[str, Any]:
    """Threats of the filtered sites as plain values.

    `records` counts the threat records of the trigger species at these sites; `sites` has the sums and the
    interval of the impact, `threats` one row per site and code.
    """
    sites = inventory.where(filters)
    at = inventory.occurrences[inventory.occurrences["site_id"].isin(sites)]
    threats = inventory.threats[inventory.threats["species_id"].isin(at["species_id"])]
    by_site = site_star(star(at, inventory.species["category"], threats))
    impact = highest_impact(at, threats).add_prefix("impact_").rename(columns={"impact_impact": "impact"})
    whole = by_site.join(impact).reindex(sites[sites.isin(by_site.index)])
    found = site_threats(inventory, sites)
    for table in (whole, found):
        key = table["site_id"] if "site_id" in table.columns else table.index
        table.insert(0, "site", inventory.sites["name"].reindex(key).to_numpy())
    return {
        "inventory": asdict(inventory.version),
        "filters": filters.to_dict(),
        "records": len(threats),
        "sites": records(whole.rename_axis("site_id")),
        "threats": records(found),
    }


def commands(tools: Tools) -> dict[str, Run]:
    """The commands by name."""
    return {
        "irreplaceability": lambda given: _irreplaceability(given, tools),
        "threats": lambda given: _threats(given, tools),
    }


def _irreplaceability(given: argparse.Namespace, tools: Tools) -> int:
    inventory = tools.load(given)
    filters = tools.filters(inventory, given)
    report = irreplaceability_report(inventory, filters, given.target, given.steps, tools.records)
    if given.format == "json":
        return tools.json(report)
    print(stamp(inventory.version))
    if not report["sites"]:
        print(t("empty.no_site"))
        return 0
    table = pd.DataFrame(report["sites"]).set_index("site_id")
    basis = table["cost_basis"].iloc[0]
    endless = table["irreplaceable"].astype(bool)
    cost = table["replacement_cost"].astype(float).map("{:.4f}".format)
    table["replacement_cost"] = cost.mask(endless, t("irreplaceability.endless"))
    _print(table.drop(columns=["cost_basis", "irreplaceable"]), given.top)
    if report["filtered"] > len(table):
        print(t("irreplaceability.first", n=len(table), of=report["filtered"]))
    print(t(f"irreplaceability.cost_{basis}"))
    print(t("irreplaceability.count"))
    return 0


def _threats(given: argparse.Namespace, tools: Tools) -> int:
    inventory = tools.load(given)
    report = threats_report(inventory, tools.filters(inventory, given), tools.records)
    if given.format == "json":
        return tools.json(report)
    print(stamp(inventory.version))
    if not report["threats"]:
        print(t("empty.no_site"))
        return 0
    if not report["records"]:
        print(t("threats.none"))
        return 0
    table = pd.DataFrame(report["threats"]).set_index("site_id")
    table["name"] = table["name"].fillna(t("threats.no_record"))
    table["star"] = table["star"].astype(float)
    table["score"] = ["" if pd.isna(score) else str(score) for score in table["score"].astype("Int64")]
    _print(table[["site", "code", "name", "star", "impact", "score", "assumed"]], given.top)
    print(t("threats.what"))
    return 0


def _print(table: pd.DataFrame, top: int) -> None:
    shown = table if top <= 0 else table.head(top)
    print(shown.to_string(float_format=lambda item: f"{item:.4f}", na_rep=""))

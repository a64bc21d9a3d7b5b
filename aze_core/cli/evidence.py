"""Commands that tell what the pages Countries and Trend tell."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Filters, Inventory
from aze_core.locale import t
from aze_core.measures.countries import country_table, double_counted
from aze_core.measures.curves import ALL, curve, groups, members, parted
from aze_core.measures.pace import pace
from aze_core.measures.periods import by_period, growth
from aze_core.measures.reported import basis, class_counts, default_vintage
from aze_core.reports.tables import stamp

Run = Callable[[argparse.Namespace], int]

_YEARS = 10
"""Years between the rows of a printed curve."""


@dataclass(frozen=True)
class Tools:
    """What every command shares: load the version, read the filters, and print."""

    load: Callable[[argparse.Namespace], Inventory]
    filters: Callable[[Inventory, argparse.Namespace], Filters]
    records: Callable[[pd.DataFrame], list[dict[str, Any]]]
    json: Callable[[Any], int]
    check: Callable[[Inventory, Filters], None]


def add_commands(sub: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Describe the commands on the command line."""
    countries = sub.add_parser("countries", parents=parents, help="cover of the sites of each country")
    countries.add_argument(
        "--vintage",
        type=int,
        default=None,
        metavar="YEAR",
        help="year of the measurement (without: the newest computed, else the newest that most sites have)",
    )
    trend = sub.add_parser("trend", parents=parents, help="cover by year, its pace, and growth by period")
    trend.add_argument(
        "--group",
        default=ALL,
        metavar="GROUP",
        help="all, region:CODE, country:ISO3 or class:NAME (default %(default)s)",
    )


def countries_report(
    inventory: Inventory,
    filters: Filters,
    vintage: int | None,
    records: Callable[[pd.DataFrame], list[dict[str, Any]]],
) -> dict[str, Any]:
    """Cover by country as plain values.

    Raises
    ------
    SettingError
        When no site has a value in the vintage asked for.
    """
    sites = inventory.where(filters)
    years = sorted({int(year) for year in inventory.coverage["vintage"]})
    if vintage is None:
        vintage = default_vintage(inventory.coverage, sites)
    elif vintage not in years:
        expected = ", ".join(str(year) for year in years)
        raise SettingError("not_one_of", name="vintage", value=str(vintage), expected=expected)
    more, shared = double_counted(inventory, sites)
    return {
        "inventory": asdict(inventory.version),
        "filters": filters.to_dict(),
        "vintage": vintage,
        "basis": None if vintage is None else str(basis(inventory.coverage)[vintage]),
        "sites": len(sites),
        "shared_sites": shared,
        "rows_beyond_sites": more,
        "countries": records(country_table(inventory, sites, vintage)),
    }


def trend_report(
    inventory: Inventory,
    filters: Filters,
    group: str,
    records: Callable[[pd.DataFrame], list[dict[str, Any]]],
) -> dict[str, Any]:
    """Curve, pace, growth and vintages of a group as plain values.

    The curve is that of the whole group of the list; the vintages are those of its sites that the filters
    leave.

    Raises
    ------
    SettingError
        When the inventory has no such group.
    """
    if group not in groups(inventory):
        raise SettingError("not_one_of", name="group", value=group, expected=", ".join(groups(inventory)))
    list_type = filters.list_type or inventory.main_list
    drawn = curve(inventory, list_type, group)
    runs = inventory.coverage_runs
    kind, code = parted(group)
    where = code if kind == "country" else ALL
    until = int(runs["until"].max()) if len(runs) else 0
    counts = class_counts(inventory.coverage, members(inventory, group, filters))
    return {
        "inventory": asdict(inventory.version),
        "filters": filters.to_dict(),
        "list": list_type,
        "group": group,
        "curve": records(drawn),
        "pace": None if drawn.empty else asdict(pace(drawn)),
        "growth_of": where,
        "growth_basis": None if runs.empty else str(runs["growth_basis"].iloc[0]),
        "growth": records(by_period(growth(inventory, list_type, where), until)),
        "vintages": records(counts.assign(basis=basis(inventory.coverage).reindex(counts.index))),
    }


def commands(tools: Tools) -> dict[str, Run]:
    """The commands by name."""
    return {
        "countries": lambda given: _countries(given, tools),
        "trend": lambda given: _trend(given, tools),
    }


def _countries(given: argparse.Namespace, tools: Tools) -> int:
    inventory = tools.load(given)
    filters = tools.filters(inventory, given)
    report = countries_report(inventory, filters, given.vintage, tools.records)
    if given.format == "json":
        return tools.json(report)
    print(stamp(inventory.version))
    if not report["countries"]:
        print(t("empty.no_site"))
        return 0
    if report["vintage"] is not None:
        print(t(f"vintage.{report['basis']}", year=report["vintage"]))
        print(t(f"vintage_note.{report['basis']}"))
    table = pd.DataFrame(report["countries"]).set_index("iso3")
    table.insert(0, "name", inventory.countries["name_en"].reindex(table.index))
    table["mean_share"] = table["mean_share"].astype(float)
    print(table.to_string(float_format=lambda item: f"{item:.4f}", na_rep=t("missing")))
    if report["shared_sites"]:
        print(t("countries.double", n=report["shared_sites"], more=report["rows_beyond_sites"]))
    return 0


def _trend(given: argparse.Namespace, tools: Tools) -> int:
    inventory = tools.load(given)
    filters = tools.filters(inventory, given)
    report = trend_report(inventory, filters, given.group, tools.records)
    if given.format == "json":
        return tools.json(report)
    print(stamp(inventory.version))
    if report["curve"]:
        found = report["pace"]
        rose = found["mean_until"] > found["mean_since"]
        sentence = t(
            "trend.answer",
            n=found["sites"],
            verb=t("trend.verb_rose" if rose else "trend.verb_stayed"),
            first=found["mean_since"],
            since=found["since"],
            last=found["mean_until"],
            until=found["until"],
            none=found["none_until"],
        )
        print(sentence.replace("**", ""))
        table = pd.DataFrame(report["curve"]).set_index("year")
        last = int(table.index.max())
        print(table[(table.index % _YEARS == 0) | (table.index == last)].to_string(float_format="%.4f"))
    else:
        print(t("trend.how"))
    if report["growth"]:
        print(t("trend.growth"))
        print(t(f"trend.growth_{report['growth_basis']}"))
        table = pd.DataFrame(report["growth"]).set_index("start").astype({"share": float})
        print(table.to_string(float_format="%.4f", na_rep=t("trend.growth_nothing")))
    for row in report["vintages"]:
        label = t(f"vintage.{row['basis']}", year=row["vintage"])
        print(
            f"{label}: {t('unit.sites', n=row['sites'])}, {t('trend.measure_mean')} {row['mean_share']:.4f}"
        )
    return 0

"""The command line: the same calls, and so the same numbers, as the pages."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aze_core import __version__
from aze_core import build as builder
from aze_core.cli import bring, cover, evidence, fill, measures, plan, ranking, scenarios, study, weigh
from aze_core.cli.ranking import Asked, named_ranking
from aze_core.cli.weigh import codes
from aze_core.domain.errors import AzeError, SettingError
from aze_core.domain.model import UNKNOWN, Filters, Inventory
from aze_core.domain.schema import LIST_TYPES, TABLES
from aze_core.locale import explain, t
from aze_core.measures.reported import class_counts
from aze_core.reports.tables import stamp, to_csv
from aze_core.store import folder
from aze_core.store import inventory as store


def parser() -> argparse.ArgumentParser:
    """The command line's own description."""
    top = argparse.ArgumentParser(
        prog="python -m aze_core",
        description="Ranks unprotected AZE sites and solves protection scenarios: the app's own numbers.",
    )
    top.add_argument("--version", action="version", version=__version__)
    sub = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    place = argparse.ArgumentParser(add_help=False)
    place.add_argument(
        "--store", type=Path, default=None, help="store folder (default: .store, or AZE_STORE)"
    )
    place.add_argument(
        "--data", type=Path, default=None, help="folder of fact tables to build from (default: data/)"
    )
    which = argparse.ArgumentParser(add_help=False)
    which.add_argument(
        "--inventory", metavar="CODE", help="another version than the default: the beginning of its hash"
    )
    shape = argparse.ArgumentParser(add_help=False)
    shape.add_argument("--format", choices=("table", "json"), default="table", help="how to print")
    scope = argparse.ArgumentParser(add_help=False)
    scope.add_argument("--country", type=codes, default=(), metavar="ISO3,…", help="countries or territories")
    scope.add_argument(
        "--region", type=codes, default=(), metavar="CODE,…", help="regions, e.g. americas,asia"
    )
    scope.add_argument(
        "--class", dest="classes", type=codes, default=(), metavar="NAME,…", help="e.g. Amphibia"
    )
    scope.add_argument("--category", type=codes, default=(), metavar="CODE,…", help="e.g. CR,EN,unknown")
    scope.add_argument(
        "--list", dest="list_type", choices=LIST_TYPES, default="", help="another list of sites"
    )
    scope.add_argument(
        "--known",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="only sites of which national knowledge says so, e.g. consent_stage=given",
    )
    model = weigh.model_parser()

    build = sub.add_parser("build", parents=[place], help="build the database from the fact tables")
    build.add_argument("--force", action="store_true", help="build again even when nothing has changed")

    sub.add_parser("info", parents=[place, which, shape], help="what is loaded, with counts by vintage")

    ranking.add_commands(sub, [place, which, shape, scope, model])
    fill.add_commands(sub, [place, which, shape])

    plan.add_commands(sub, [place, which, shape, scope, model])
    study.add_commands(sub, [place, which, shape], [place, which, shape, scope, model])

    export = sub.add_parser(
        "export",
        parents=[place, which, scope, model],
        help="write the inventory's tables and the ranking as files",
    )
    export.add_argument("folder", type=Path, help="folder to write to; made when missing")
    weigh.add_weights(export, "--weights", "ranking in the weighted view")
    weigh.add_rules(export)
    weigh.add_draws(export)
    bring.add_commands(sub, place, shape)
    cover.add_commands(sub, [place, which, shape])
    evidence.add_commands(sub, [place, which, shape, scope])
    measures.add_commands(sub, [place, which, shape, scope])
    scenarios.add_commands(sub, place, shape)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 with a sentence on standard error when it did not."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a Windows console may not be
    given = parser().parse_args(arguments)
    if given.store is None:
        given.store = folder.default_folder()
    try:
        return int(_COMMANDS[given.command](given))
    except AzeError as error:
        print(explain(error), file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1


def _load(given: argparse.Namespace) -> Inventory:
    """The store's inventory; built first where there is none, or where the facts were named and differ."""
    chosen = bring.load_version(given)
    if chosen is not None:
        return chosen
    current = folder.read_current(given.store)
    if current is not None and given.data is None:
        return store.load(folder.inventory_path(given.store, current.inventory))
    return store.load(builder.ensure(given.data or folder.DATA, given.store))


def _build(given: argparse.Namespace) -> int:
    data = given.data or folder.DATA
    if not given.force and not builder.outdated(data, given.store):
        current = folder.read_current(given.store)
        assert current is not None  # not outdated
        print(t("build.up_to_date", path=str(folder.inventory_path(given.store, current.inventory))))
        return 0

    def tell(share: float, stage: str) -> None:
        print(t("build.line", share=share, stage=t(f"build.stage.{stage}")), flush=True)

    report = builder.build(data, given.store, tell)
    version = report.version
    print(
        t(
            "build.report",
            path=str(report.path),
            sites=version.n_sites,
            species=version.n_species,
            occurrences=version.n_occurrences,
            seconds=report.seconds,
        )
    )
    return 0


def _info(given: argparse.Namespace) -> int:
    inventory = _load(given)
    summary = describe(inventory)
    if given.format == "json":
        return _json(summary)
    print(stamp(inventory.version))
    for name, count in summary["counts"].items():
        print(f"{name:32} {count:>8}")
    for vintage, row in summary["coverage"].items():
        print(
            t(
                "info.vintage",
                year=int(vintage),
                none=row["none"],
                partial=row["partial"],
                complete=row["complete"],
                n=row["sites"],
                mean=row["mean_share"],
            )
        )
    print(inventory.version.notice)
    return 0


def describe(inventory: Inventory) -> dict[str, Any]:
    """Counts of an inventory: sites, species by category, what is known, classes by vintage.

    Examples
    --------
    >>> loaded = store.load(builder.ensure(folder.DATA, folder.default_folder()))
    >>> describe(loaded)["counts"]["sites"]
    588
    """
    sites, species = inventory.sites, inventory.species
    categories = species["category"].fillna("unknown").value_counts().sort_index()
    countries = inventory.countries_of()["iso3"].value_counts().sort_index()
    return {
        "inventory": asdict(inventory.version),
        "counts": {
            "sites": len(sites),
            "species": len(species),
            "occurrences": len(inventory.occurrences),
            **{f"species_{name}": int(count) for name, count in categories.items()},
            "sites_with_point": int(sites.geometry.notna().sum()),
            "sites_with_area": int(sites["area_km2"].notna().sum()),
            "sites_with_human_influence": int(sites["human_influence"].notna().sum()),
            "countries": len(countries),
        },
        "sites_by_country": {str(code): int(count) for code, count in countries.items()},
        "coverage": {
            str(year): {
                name: float(item) if name == "mean_share" else int(item) for name, item in row.items()
            }
            # of the main list: lists are looked at one at a time
            for year, row in class_counts(inventory.coverage, inventory.where(Filters())).iterrows()
        },
    }


def _filters(inventory: Inventory, given: argparse.Namespace) -> Filters:
    choice = Filters(
        given.country, given.region, given.classes, given.category, given.list_type, tuple(given.known)
    )
    _check(inventory, choice)
    return choice


def _check(inventory: Inventory, choice: Filters) -> None:
    """A code that the inventory does not have would leave no site, and no word why."""
    said = inventory.statements()
    known = {
        "country": (choice.countries, set(inventory.countries_of()["iso3"])),
        "region": (choice.regions, set(inventory.sites["region"])),
        "class": (choice.classes, set(inventory.species["class_name"].fillna(UNKNOWN))),
        "category": (choice.categories, set(inventory.species["category"].fillna(UNKNOWN))),
        "list": (filter(None, [choice.list_type]), set(inventory.sites["list_type"])),
        "known": (choice.knowledge, {f"{row.field}={row.value}" for row in said.itertuples()}),
    }
    for name, (wanted, there) in known.items():
        lost = [code for code in wanted if code not in there]
        if lost:
            raise SettingError(
                "not_one_of", name=name, value=", ".join(lost), expected=", ".join(sorted(there))
            )


def _export(given: argparse.Namespace) -> int:
    inventory = _load(given)
    settings = weigh.settings(given, inventory, _filters(inventory, given), uncovered_only=False)
    asked = Asked(inventory, weigh.weights(given, given.weights), settings, weigh.uncertainty(given))
    ranked = named_ranking(asked)
    files = {f"{name}.csv": to_csv(inventory.table(name), inventory.version) for name in TABLES}
    files["ranking.csv"] = to_csv(ranked, inventory.version, json.dumps(asked.choices(), sort_keys=True))
    try:
        given.folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (given.folder / name).write_bytes(content)
    except OSError as error:
        raise SettingError(
            "unwritable_folder", path=str(given.folder), problem=error.strerror or error
        ) from None
    print(t("export.done", n=len(files), path=str(given.folder)))
    return 0


def _json(content: Any) -> int:
    print(json.dumps(content, ensure_ascii=False, indent=1, default=_plain))
    return 0


def _plain(item: Any) -> Any:
    return item.item() if hasattr(item, "item") else str(item)


_TOOLS = evidence.Tools(_load, _filters, plan.rows_of, _json, _check)
_COMMANDS: dict[str, bring.Run] = {
    "build": _build,
    "info": _info,
    "export": _export,
    **bring.COMMANDS,
    "coverage": cover.run,
    **{
        name: run
        for module in (ranking, fill, plan, study, evidence, measures, scenarios)
        for name, run in module.commands(_TOOLS).items()
    },
}

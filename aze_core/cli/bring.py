"""Commands that bring files into the store, and that tend its versions."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from aze_core.build.intake import ImportResult, Progress, import_files
from aze_core.build.plan import KINDS, SITES, ImportPlan, Input, pairs
from aze_core.build.recognise import Look, date_of_name, look
from aze_core.domain.errors import AzeError, DataError, SettingError
from aze_core.domain.model import Inventory
from aze_core.domain.report import tally
from aze_core.domain.schema import LIST_TYPES
from aze_core.domain.settings import value
from aze_core.locale import explain, finding, t
from aze_core.measures.withhold import secrets
from aze_core.reports.imports import aside_csv, findings_csv
from aze_core.store import folder, versions
from aze_core.store import inventory as store

Run = Callable[[argparse.Namespace], int]


def add_commands(sub: Any, place: argparse.ArgumentParser, shape: argparse.ArgumentParser) -> None:
    """Describe the commands on the command line."""
    bring = sub.add_parser("import", parents=[place, shape], help="read files into a new version")
    bring.add_argument("files", nargs="*", type=Path, metavar="FILE", help="downloads and tables to read")
    bring.add_argument("--name", default="", help="name of the new inventory; that of the base without one")
    bring.add_argument(
        "--as-of",
        default="",
        metavar="DATE",
        help="date that the list describes (2026, 2026-03, 2026-03-01); taken from a file's name without it",
    )
    bring.add_argument("--list-version", default="", metavar="TEXT", help="version that its makers gave it")
    bring.add_argument(
        "--list-type", choices=LIST_TYPES, default="global_aze", help="main list (default %(default)s)"
    )
    bring.add_argument(
        "--base", default="", metavar="CODE", help="version that the files are added to (a hash, or default)"
    )
    bring.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="FILE=KIND",
        help="what a file is read as, where it is not recognised: " + ", ".join(KINDS),
    )
    bring.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FILE:FIELD=COLUMN",
        help="which column of a file holds a field; several columns joined by |",
    )
    bring.add_argument(
        "--replace",
        action="append",
        default=[],
        metavar="FILE",
        help="this file is the whole list: what the base holds of its kind gives way",
    )
    bring.add_argument("--country", default="", metavar="ISO3", help="country of sites that name none")
    bring.add_argument(
        "--missing-share",
        type=float,
        default=None,
        metavar="SHARE",
        help="share (0 to 1) where none is given",
    )
    bring.add_argument("--plan", type=Path, help="a plan as JSON, instead of the options above")
    bring.add_argument("--look", action="store_true", help="only tell what the files are")
    bring.add_argument("--make-default", action="store_true", help="show the new version first from now on")
    bring.add_argument("--report", type=Path, metavar="CSV", help="write every finding to this file")
    bring.add_argument("--aside", type=Path, metavar="CSV", help="write the rows set aside to this file")
    bring.add_argument(
        "--progress", choices=("text", "json", "none"), default="text", help="how to tell progress"
    )
    bring.add_argument("--until-eof", action="store_true", help="give up when standard input ends")

    tend = sub.add_parser("versions", parents=[place, shape], help="list, name and remove versions")
    one = tend.add_mutually_exclusive_group()
    one.add_argument("--default", metavar="CODE", help="show this version first")
    one.add_argument("--rename", nargs=2, metavar=("CODE", "LABEL"), help="call a version something else")
    one.add_argument("--delete", metavar="CODE", help="take a version out of the store; it can come back")
    one.add_argument("--restore", metavar="CODE", help="bring a deleted version back")


def load_version(given: argparse.Namespace) -> Inventory | None:
    """The version that `--inventory` names; None where none is named."""
    code = getattr(given, "inventory", None)
    if not code:
        return None
    return store.load(folder.inventory_path(given.store, versions.find(given.store, code)))


# ---------------------------------------------------------------- import


def _import(given: argparse.Namespace) -> int:
    if given.until_eof:
        _end_with_input()
    bound_memory()
    if given.progress == "json":
        return _for_programs(given)
    if given.look:
        return _tell_looks(given)
    plan = _read_plan(given.plan) if given.plan else _plan_of(given)
    result = _run(plan, given, _Lines() if given.progress == "text" else None)
    if given.format == "json":
        print(json.dumps(summary(result), ensure_ascii=False, indent=1))
        return 0
    version = result.version
    print(t("import.done", name=version.name, hash=version.short_hash, seconds=result.seconds))
    table = result.inputs[["file", "kind", "read", "accepted", "repaired", "set_aside"]]
    print(table.to_string(index=False))
    for found in summary(result)["findings"]:
        print(f"{t('finding_action.' + found['action']):10} {found['n']:>6}  {finding(found['rule'])}")
    if result.aside:
        print(t("import.waiting", n=len(result.aside)))
    if not given.make_default:
        print(t("import.not_default", hash=version.short_hash))
    return 0


def _run(plan: ImportPlan, given: argparse.Namespace, progress: Progress | None) -> ImportResult:
    try:
        result = import_files(plan, given.store, given.data or folder.DATA, progress)
    except MemoryError:
        limit = round(value("limits.import.memory_bytes") / 1e9)
        files = ", ".join(one.name for one in plan.inputs)
        raise DataError("import_memory", file=files, limit=limit) from None
    if given.make_default:
        versions.make_default(given.store, result.version.content_hash)
    names = secrets(store.load(result.path, boundaries=False)) if given.report or given.aside else []
    for path, content in (
        (given.report, lambda: findings_csv(result.findings, result.version, names)),
        (given.aside, lambda: aside_csv(result.aside, result.version, names)),
    ):
        if path:
            try:
                path.write_bytes(content())
            except OSError as error:
                problem = error.strerror or error
                raise SettingError("unwritable_folder", path=str(path), problem=problem) from None
    return result


def summary(result: ImportResult) -> dict[str, Any]:
    """What an import made, as plain values."""
    counts = tally(result.findings)
    return {
        "inventory": result.version.content_hash,
        "name": result.version.name,
        "reused": result.reused,
        "seconds": round(result.seconds, 2),
        "inputs": result.inputs.to_dict("records"),
        "findings": [{str(k): v for k, v in row.items()} for row in counts.to_dict("records")],
        "waiting": len(result.aside),
    }


class _Lines:
    """Writes a line whenever a stage begins."""

    def __init__(self) -> None:
        self.stage = ""

    def __call__(self, share: float, stage: str, rows: int) -> None:
        if stage != self.stage:
            self.stage = stage
            line = t("import.line", share=share, stage=t(f"import.stage.{stage}"), rows=rows)
            print(line, file=sys.stderr)


def _for_programs(given: argparse.Namespace) -> int:
    """One JSON object a line: progress, then the result or the error in words."""

    def say(**told: Any) -> None:
        print(json.dumps(told, ensure_ascii=False), flush=True)

    try:
        plan = _read_plan(given.plan) if given.plan else _plan_of(given)
        result = _run(plan, given, lambda share, stage, rows: say(share=share, stage=stage, rows=rows))
    except AzeError as error:
        say(error=explain(error))
        return 1
    say(result=summary(result))
    return 0


def _end_with_input() -> None:
    """End with the program that started this one: the import is safe against it."""

    def wait() -> None:
        with contextlib.suppress(OSError, ValueError):
            while sys.stdin.buffer.read(1 << 12):
                pass
        os._exit(3)

    threading.Thread(target=wait, daemon=True).start()


def bound_memory() -> None:
    """Bound what a file can make this process take, where the system lets it."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        most = value("limits.import.memory_bytes")
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))


def _read_plan(path: Path) -> ImportPlan:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(content, dict):
            raise ValueError("a JSON object was expected")
        return ImportPlan.from_dict(content)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise SettingError("bad_plan_file", file=str(path), problem=str(error)) from None


def _looks(given: argparse.Namespace) -> list[tuple[Path, Look]]:
    """What each file is, with the kinds that were named."""
    kinds = dict(_pair(text, "=") for text in given.kind)
    found = []
    for path in given.files:
        kind = kinds.pop(path.name, kinds.pop(str(path), ""))
        if kind and kind not in KINDS:
            raise SettingError("not_one_of", name="kind", value=kind, expected=", ".join(KINDS))
        found += [(path, one) for one in look(path, kind, given.store)]
    if kinds:
        raise SettingError(
            "no_such_input", file=", ".join(kinds), expected=", ".join(path.name for path in given.files)
        )
    return found


def _pair(text: str, sign: str) -> tuple[str, str]:
    before, found, after = text.rpartition(sign)
    if not found or not before or not after:
        raise SettingError("bad_pair", value=text, sign=sign)
    return before, after


def _plan_of(given: argparse.Namespace) -> ImportPlan:
    maps: dict[str, dict[str, tuple[str, ...]]] = {}
    for text in given.map:
        file, pair = text.split(":", 1) if ":" in text else ("", text)
        name, columns = _pair(pair.replace("=", "\0", 1).replace("=", "\1"), "\0")
        maps.setdefault(file, {})[name] = tuple(columns.replace("\1", "=").split("|"))
    lost = set(maps) - {path.name for path in given.files}
    replaced = {Path(file).name for file in given.replace}
    lost |= replaced - {path.name for path in given.files}
    if lost:
        raise SettingError(
            "no_such_input",
            file=", ".join(sorted(lost)),
            expected=", ".join(path.name for path in given.files),
        )
    inputs = []
    for path, one in _looks(given):
        if not one.kind:
            raise DataError(f"cannot_import_{one.problem}", file=path.name, found=", ".join(one.columns[:40]))
        own = maps.get(path.name, {})
        inputs.append(
            Input(
                str(path),
                one.kind,
                sheet=one.sheet,
                mapping=pairs("mapping", {**one.mapping, **own} if own or one.remembered else {}),
                missing_share=given.missing_share if one.kind == "trigger_species" else None,
                country=given.country if one.kind in ("sites", "site_table") else "",
                replaces=path.name in replaced,
            )
        )
    if inputs and not given.base and not {one.kind for one in inputs} & set(SITES):
        raise DataError("no_sites_given", file=", ".join(one.name for one in inputs))
    base = versions.find(given.store, given.base) if given.base else ""
    listed = [one.name for one in inputs if one.kind != "protected_areas"]
    dates = [date for name in listed if (date := date_of_name(name))]
    as_of = given.as_of or ("" if base else next(iter(dates), ""))
    return ImportPlan(tuple(inputs), given.name, given.list_version, as_of, given.list_type, base)


def _tell_looks(given: argparse.Namespace) -> int:
    found = _looks(given)
    if given.format == "json":
        told = [
            {
                "file": path.name,
                "kind": one.kind,
                "sheet": one.sheet,
                "rows": one.rows,
                "mapping": one.mapping,
            }
            | {"columns": one.columns, "problem": one.problem}
            for path, one in found
        ]
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return 0
    for path, one in found:
        name = f"{path.name} [{one.sheet}]" if one.sheet else path.name
        kind = t(f"import.kind.{one.kind}") if one.kind else t(f"import.problem.{one.problem}")
        print(f"{name}: {kind}")
        for field_name, columns in one.mapping.items():
            shown = columns if isinstance(columns, str) else " | ".join(columns)
            print(f"    {field_name:18} {shown}")
    return 0


# ---------------------------------------------------------------- versions


def _versions(given: argparse.Namespace) -> int:
    place = given.store
    if given.default:
        versions.make_default(place, versions.find(place, given.default))
    elif given.rename:
        versions.rename(place, versions.find(place, given.rename[0]), given.rename[1])
    elif given.delete:
        versions.delete(place, versions.find(place, given.delete))
    elif given.restore:
        there = {version.content_hash for version in versions.deleted(place)}
        found = [code for code in there if code.startswith(given.restore)]
        if len(found) != 1 or len(given.restore) < versions.SHORTEST:
            raise SettingError("not_deleted", code=given.restore)
        versions.restore(place, found[0])
    listed = [(version, "") for version in versions.versions(place)]
    listed += [(version, "deleted") for version in versions.deleted(place)]
    rows = [
        {
            "hash": version.content_hash[:12],
            "label": version.label,
            "name": version.record.name,
            "version": version.record.version,
            "as_of": version.record.as_of,
            "status": version.record.status,
            "sites": version.record.n_sites,
            "species": version.record.n_species,
            "note": gone or ("default" if version.is_default else ""),
        }
        for version, gone in listed
    ]
    if given.format == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print(pd.DataFrame(rows).to_string(index=False) if rows else t("error.no_inventory", path=place))
    return 0


COMMANDS: dict[str, Run] = {"import": _import, "versions": _versions}

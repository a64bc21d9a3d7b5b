"""The command that lists, shows, exports, takes in and deletes kept scenarios."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aze_core.cli.evidence import Run, Tools
from aze_core.domain.errors import SettingError
from aze_core.domain.settings import value
from aze_core.locale import explain, t
from aze_core.store import scenarios, versions
from aze_core.store.scenarios import Kept

_ONE = ("show", "delete", "restore", "import")


def add_commands(sub: Any, place: argparse.ArgumentParser, shape: argparse.ArgumentParser) -> None:
    """Describe the command on the command line."""
    command = sub.add_parser(
        "scenarios", parents=[place, shape], help="list, show, export, import and delete kept scenarios"
    )
    command.add_argument("what", choices=tuple(_RUNS), help="what to do")
    command.add_argument(
        "which",
        nargs="*",
        metavar="CODE|FILE",
        help="scenarios by the beginning of their code (export: all without one); the file to import",
    )
    command.add_argument("--search", default="", metavar="WORDS", help="list: in name, author or note")
    command.add_argument("--inventory", default="", metavar="CODE", help="list: made for this version")
    command.add_argument("--deleted", action="store_true", help="list: those that were deleted")
    command.add_argument("--to", type=Path, metavar="FILE", help="export: to this file, not to the screen")


def commands(tools: Tools) -> dict[str, Run]:
    """The command by its name."""
    return {"scenarios": lambda given: _run(given, tools)}


def _run(given: argparse.Namespace, tools: Tools) -> int:
    if given.what in _ONE and len(given.which) != 1:
        raise SettingError(
            "not_one_of",
            name=f"scenarios {given.what}",
            value=" ".join(given.which),
            expected="one file" if given.what == "import" else "one code",
        )
    return _RUNS[given.what](given, tools)


def _list(given: argparse.Namespace, tools: Tools) -> int:
    code = versions.find(given.store, "default") if given.inventory == "default" else given.inventory
    found = scenarios.kept(given.store, given.search, deleted=given.deleted)
    found = [one for one in found if one.inventory.startswith(code)]
    if given.format == "json":
        return tools.json([asdict(one) for one in found])
    if not found:
        print(t("kept.none"))
    for one in found:
        print(_line(one))
    return 0


def _line(one: Kept) -> str:
    return t(
        "kept.line",
        code=one.scenario_id,
        name=one.name,
        author=one.author or t("kept.nobody"),
        day=_day(one.changed),
        inventory=one.inventory[:8],
    )


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _show(given: argparse.Namespace, tools: Tools) -> int:
    one = scenarios.get(given.store, scenarios.find(given.store, given.which[0], deleted=False))
    if given.format == "json":
        return tools.json(asdict(one))
    print(_line(one))
    if one.parent:
        print(t("kept.parent", code=one.parent))
    if one.note:
        print(one.note)
    for part in ("settings", "results"):
        print(t(f"kept.{part}"))
        print(json.dumps(getattr(one, part), ensure_ascii=False, indent=1, sort_keys=True))
    return 0


def _export(given: argparse.Namespace, _: Tools) -> int:
    ids = [scenarios.find(given.store, code) for code in given.which]
    if not ids:
        ids = [one.scenario_id for one in scenarios.kept(given.store)]
    raw = scenarios.export_json(given.store, ids)
    if given.to is None:
        sys.stdout.write(raw.decode() + "\n")
        return 0
    try:
        given.to.write_bytes(raw)
    except OSError as error:
        raise SettingError("unwritable_folder", path=str(given.to), problem=error.strerror or error) from None
    print(t("kept.exported", n=len(set(ids)), path=str(given.to)))
    return 0


def _import(given: argparse.Namespace, tools: Tools) -> int:
    path = Path(given.which[0])
    try:
        with path.open("rb") as stream:
            # a byte more than may be is enough to know that it is too large
            raw = stream.read(value("limits.scenarios.bytes") + 1)
    except OSError as error:
        raise SettingError("import_unreadable", file=str(path), problem=error.strerror or error) from None
    found, skipped = scenarios.import_json(given.store, raw)
    if given.format == "json":
        lost = [{"entry": one.entry, "name": one.name, "why": explain(one.error)} for one in skipped]
        return tools.json({"kept": [asdict(one) for one in found], "skipped": lost})
    for one in found:
        print(_line(one))
    print(t("kept.taken_in", n=len(found), of=len(found) + len(skipped)))
    for each in skipped:
        print(t("kept.skipped", entry=each.entry, name=each.name, why=explain(each.error)))
    return 0


def _delete(given: argparse.Namespace, _: Tools) -> int:
    one = scenarios.get(given.store, scenarios.find(given.store, given.which[0], deleted=False))
    scenarios.delete(given.store, one.scenario_id)
    print(t("kept.deleted", name=one.name, code=one.scenario_id))
    return 0


def _restore(given: argparse.Namespace, _: Tools) -> int:
    print(_line(scenarios.undo_delete(given.store, scenarios.find(given.store, given.which[0]))))
    return 0


_RUNS: dict[str, Callable[[argparse.Namespace, Tools], int]] = {
    "list": _list,
    "show": _show,
    "export": _export,
    "import": _import,
    "delete": _delete,
    "restore": _restore,
}

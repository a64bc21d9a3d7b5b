"""Scenarios that people keep: their settings, what they said, and what came out when they were kept."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aze_core import __version__
from aze_core.domain.errors import AzeError, SettingError, StoreError
from aze_core.domain.plain_text import is_plain, without_odd
from aze_core.domain.settings import value
from aze_core.store import folder
from aze_core.store.workspace import reading, writing

FORMAT = 1
"""Schema number of an exported file."""

WHAT = "aze-planner-scenarios"

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Kept:
    """One kept scenario.

    Attributes
    ----------
    scenario_id : str
    name, author, note : str
    parent : str
        Identifier of the scenario that it was copied from; empty where it was not.
    inventory : str
        Content hash of the version that it was made for.
    settings : dict
        The scenario as plain values; nothing here looks inside.
    results : dict
        What came out when it was kept: selected sites, objective, method; nothing here looks inside.
    created, changed : float
        Seconds since 1970.
    deleted_at : float, optional
        When it was deleted; it can still come back.
    """

    scenario_id: str
    name: str
    author: str
    note: str
    parent: str
    inventory: str
    settings: dict[str, Any]
    results: dict[str, Any]
    created: float
    changed: float
    deleted_at: float | None = None


@dataclass(frozen=True)
class Skipped:
    """An entry of a file that could not be taken in: its place (the first is 1), its name, and why."""

    entry: int
    name: str
    error: AzeError


def save(
    store: Path,
    *,
    name: str,
    inventory: str,
    settings: dict[str, Any],
    author: str = "",
    note: str = "",
    parent: str = "",
    results: dict[str, Any] | None = None,
) -> Kept:
    """Keep a new scenario.

    Parameters
    ----------
    store : Path
    name : str
        1 to 120 characters; names may occur twice, their date tells them apart.
    inventory : str
        Content hash.
    settings, results : dict
        Plain values.
    author, note, parent : str

    Returns
    -------
    Kept

    Raises
    ------
    SettingError
        When a text is too long, empty, or holds markup, or the values are no JSON.
    StoreError
        When the store cannot be written, or there is no such parent.
    """
    now = time.time()
    made = _checked(name, author, note, parent, inventory, settings, results or {}, now, now)
    with writing(store) as db:
        if made.parent:
            _one(db, made.parent)
        _insert(db, made)
    return made


def edit(
    store: Path,
    scenario_id: str,
    *,
    name: str | None = None,
    author: str | None = None,
    note: str | None = None,
) -> Kept:
    """Change name, author or note; what is not given stays, whoever changes it at the same time.

    Raises
    ------
    SettingError
        As `save`.
    StoreError
        When it is not there, or the store cannot be written.
    """
    given = {
        column: check(column, text)
        for column, check, text in (("name", _name, name), ("author", _line, author), ("note", _line, note))
        if text is not None
    }
    with writing(store) as db:
        _one(db, scenario_id)
        parts = ", ".join(f"{column} = ?" for column in (*given, "changed"))
        db.execute(
            f"UPDATE scenarios SET {parts} WHERE scenario = ?",  # noqa: S608 - own names
            (*given.values(), time.time(), scenario_id),
        )
        return _one(db, scenario_id)


def copy(store: Path, scenario_id: str, name: str | None = None, author: str = "") -> Kept:
    """A new scenario with the settings of another, which becomes its parent.

    Raises
    ------
    SettingError
        As `save`.
    StoreError
        When it is not there, or the store cannot be written.
    """
    now = time.time()
    with writing(store) as db:
        old = _one(db, scenario_id)
        made = _checked(
            old.name if name is None else name,
            author,
            old.note,
            old.scenario_id,
            old.inventory,
            old.settings,
            old.results,
            now,
            now,
        )
        _insert(db, made)
    return made


def kept(store: Path, search: str = "", inventory: str = "", deleted: bool = False) -> list[Kept]:
    """Kept scenarios, the latest changed first.

    Parameters
    ----------
    store : Path
    search : str
        Words of which each occurs in name, author or note, in any case.
    inventory : str
        Content hash; all versions where empty.
    deleted : bool
        Those that were deleted, instead of those that are there.
    """
    if not folder.workspace_path(store).exists():
        return []
    with reading(store) as db:
        rows = db.execute(
            "SELECT * FROM scenarios WHERE (deleted_at IS NOT NULL) = ? AND ? IN ('', inventory)"
            " ORDER BY changed DESC, rowid DESC",
            (deleted, inventory),
        ).fetchall()
    words = search.casefold().split()
    found = [_kept(row) for row in rows]
    texts = ["\n".join((one.name, one.author, one.note)).casefold() for one in found]
    return [one for one, text in zip(found, texts, strict=True) if all(word in text for word in words)]


def get(store: Path, scenario_id: str) -> Kept:
    """One kept scenario.

    Raises
    ------
    StoreError
        When it is not there (any more).
    """
    with reading(store) as db:
        return _one(db, scenario_id)


def find(store: Path, code: str, deleted: bool = True) -> str:
    """Identifier of the scenario that begins with a code; deleted ones are found unless left out.

    Raises
    ------
    StoreError
        When none begins like this, or more than one.
    """
    every = kept(store) + (kept(store, deleted=True) if deleted else [])
    found = sorted(one.scenario_id for one in every if code and one.scenario_id.startswith(code))
    if not found:
        raise StoreError("unknown_scenario", code=code[:80])
    if len(found) > 1:
        raise StoreError("ambiguous_scenario", code=code, found=", ".join(found))
    return found[0]


def delete(store: Path, scenario_id: str) -> None:
    """Take a scenario out of the lists; `undo_delete` brings it back.

    Raises
    ------
    StoreError
        When it is not there, or the store cannot be written.
    """
    with writing(store) as db:
        _one(db, scenario_id)
        db.execute("UPDATE scenarios SET deleted_at = ? WHERE scenario = ?", (time.time(), scenario_id))


def undo_delete(store: Path, scenario_id: str) -> Kept:
    """Bring a deleted scenario back as it was.

    Raises
    ------
    StoreError
        When there never was one, or the store cannot be written.
    """
    with writing(store) as db:
        db.execute("UPDATE scenarios SET deleted_at = NULL WHERE scenario = ?", (scenario_id,))
        return _one(db, scenario_id)


# ---------------------------------------------------------------- files


def export_json(store: Path, ids: Sequence[str]) -> bytes:
    """Kept scenarios as a file that another store takes in.

    Raises
    ------
    StoreError
        When one of them is not there.
    """
    with reading(store) as db:
        found = [_one(db, one) for one in dict.fromkeys(ids)]
    content = {
        "what": WHAT,
        "format": FORMAT,
        "software": __version__,
        "scenarios": [
            {
                "id": one.scenario_id,
                "name": one.name,
                "author": one.author,
                "note": one.note,
                "parent": one.parent,
                "inventory": one.inventory,
                "settings": one.settings,
                "results": one.results,
                "created": one.created,
                "changed": one.changed,
            }
            for one in found
        ],
    }
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False).encode()


def import_json(store: Path, raw: bytes) -> tuple[list[Kept], list[Skipped]]:
    """Take in an exported file: every entry becomes a new scenario, but those that are kept here already.

    Parameters
    ----------
    store : Path
    raw : bytes

    Returns
    -------
    (list of Kept, list of Skipped)
        In the file's order. A parent within the file stays the parent; any other is forgotten. What is kept
        here with the same name, settings and version of the data is skipped as ``scenario_already_kept``.

    Raises
    ------
    SettingError
        When the file is too large, no such file, or of a newer format: then nothing is taken in.
    StoreError
        When the store cannot be written.

    Notes
    -----
    What is taken in is not trusted: settings are checked when the scenario is opened, and the results are
    those that the file states, not ones that were computed here.
    """
    entries = _entries(raw)
    now = time.time()
    read: list[tuple[int, object, Kept]] = []
    skipped: list[Skipped] = []
    for place, entry in enumerate(entries, start=1):
        try:
            read.append((place, entry.get("id") if isinstance(entry, dict) else None, _read(entry, now)))
        except SettingError as error:
            given = entry.get("name") if isinstance(entry, dict) else None
            shown = without_odd(given)[: value("limits.scenarios.name")] if isinstance(given, str) else ""
            skipped.append(Skipped(place, shown, error))
    if not read:
        return [], skipped
    with writing(store) as db:
        rows = db.execute("SELECT * FROM scenarios WHERE deleted_at IS NULL").fetchall()
        here = {_same(one): one.scenario_id for one in map(_kept, rows)}
        # by the file's own identifiers; one that occurs twice is nobody's
        names = [old for _, old, _ in read if isinstance(old, str) and old]
        known = {
            old: here.get(_same(one), one.scenario_id)
            for _, old, one in read
            if isinstance(old, str) and names.count(old) == 1
        }
        made = [
            replace(one, parent=known.get(one.parent, "")) for _, _, one in read if _same(one) not in here
        ]
        for one in made:
            _insert(db, one)
    again = SettingError("scenario_already_kept")
    skipped += [Skipped(place, one.name, again) for place, _, one in read if _same(one) in here]
    return made, sorted(skipped, key=lambda one: one.entry)


def _same(one: Kept) -> tuple[str, str, str]:
    """What two scenarios have in common that are the same."""
    return one.name, one.inventory, json.dumps(one.settings, sort_keys=True)


def _entries(raw: bytes) -> list[Any]:
    most = value("limits.scenarios.bytes")
    if len(raw) > most:
        raise SettingError("scenarios_file_too_large", size=len(raw), most=most)
    try:
        content = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise SettingError("bad_scenarios_file", problem=problem) from None
    if not isinstance(content, dict) or content.get("what") != WHAT:
        raise SettingError("bad_scenarios_file", problem=f"no object with “what”: “{WHAT}”")
    number = content.get("format")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise SettingError("bad_scenarios_file", problem="“format” is no whole number above 0")
    if number > FORMAT:
        raise SettingError("newer_scenarios_file", format=str(number)[:20], known=FORMAT)
    entries = content.get("scenarios")
    if not isinstance(entries, list):
        raise SettingError("bad_scenarios_file", problem="“scenarios” is no list")
    if len(entries) > value("limits.scenarios.entries"):
        raise SettingError(
            "too_many_scenarios_in_file", n=len(entries), most=value("limits.scenarios.entries")
        )
    return entries


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number here")


def _read(entry: Any, now: float) -> Kept:
    if not isinstance(entry, dict):
        raise SettingError("bad_scenario_part", part="entry", expected="an object")
    return _checked(
        entry.get("name"),
        entry.get("author", ""),
        entry.get("note", ""),
        entry.get("parent", ""),
        entry.get("inventory"),
        entry.get("settings"),
        entry.get("results", {}),
        _moment(entry.get("created"), now),
        now,
    )


def _moment(given: Any, now: float) -> float:
    """When it was made, as the file says; now where it says nothing that can be."""
    fits = isinstance(given, int | float) and not isinstance(given, bool) and 0 < given <= now
    return float(given) if fits else now


# ---------------------------------------------------------------- checks and rows


def _checked(
    name: Any,
    author: Any,
    note: Any,
    parent: Any,
    inventory: Any,
    settings: Any,
    results: Any,
    created: float,
    changed: float,
) -> Kept:
    if not isinstance(inventory, str) or not _HASH.fullmatch(inventory):
        raise SettingError("bad_scenario_part", part="inventory", expected="a content hash (64 figures)")
    for part, given in (("settings", settings), ("results", results)):
        if not isinstance(given, dict):
            raise SettingError("bad_scenario_part", part=part, expected="an object")
    return Kept(
        scenario_id=uuid.uuid4().hex[:12],
        name=_name("name", name),
        author=_line("author", author),
        note=_line("note", note),
        parent=_line("parent", parent),
        inventory=inventory,
        # as it will be read: lists for tuples, names as text
        settings=json.loads(_json("settings", settings)),
        results=json.loads(_json("results", results)),
        created=created,
        changed=changed,
    )


def _name(part: str, given: Any) -> str:
    text = _line(part, given)
    if not text:
        raise SettingError("scenario_without_name", most=value("limits.scenarios.name"))
    return text


def _line(part: str, given: Any) -> str:
    """Plain text of bounded length, trimmed."""
    if not isinstance(given, str):
        raise SettingError("bad_scenario_part", part=part, expected="a text")
    # only a note has line breaks
    text = given.strip() if part == "note" else " ".join(given.split())
    most = value("limits.scenarios.note" if part == "note" else "limits.scenarios.name")
    if len(text) > most:
        raise SettingError("scenario_text_too_long", part=part, n=len(text), most=most)
    if not is_plain(text):
        raise SettingError("scenario_markup", part=part)
    return text


def _json(part: str, given: dict[str, Any]) -> str:
    try:
        text = json.dumps(given, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise SettingError("bad_scenario_part", part=part, expected="plain JSON values") from None
    if len(text) > value("limits.scenarios.bytes"):
        raise SettingError(
            "scenario_text_too_long", part=part, n=len(text), most=value("limits.scenarios.bytes")
        )
    return text


def _insert(db: Any, one: Kept) -> None:
    db.execute(
        "INSERT INTO scenarios (scenario, name, author, note, parent, inventory, settings, results, created,"
        " changed, deleted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            one.scenario_id,
            one.name,
            one.author,
            one.note,
            one.parent,
            one.inventory,
            json.dumps(one.settings, sort_keys=True),
            json.dumps(one.results, sort_keys=True),
            one.created,
            one.changed,
            one.deleted_at,
        ),
    )


def _one(db: Any, scenario_id: str) -> Kept:
    row = db.execute(
        "SELECT * FROM scenarios WHERE scenario = ? AND deleted_at IS NULL", (scenario_id,)
    ).fetchone()
    if row is None:
        raise StoreError("unknown_scenario", code=str(scenario_id)[:80])
    return _kept(row)


def _kept(row: Any) -> Kept:
    return Kept(
        row["scenario"],
        row["name"],
        row["author"],
        row["note"],
        row["parent"],
        row["inventory"],
        json.loads(row["settings"]),
        json.loads(row["results"]),
        row["created"],
        row["changed"],
        row["deleted_at"],
    )

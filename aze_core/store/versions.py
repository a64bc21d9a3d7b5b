"""The versions of a store: which there are, what people call them, and which one is the default."""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from aze_core.domain.errors import StoreError
from aze_core.domain.model import InventoryVersion
from aze_core.domain.settings import value
from aze_core.store import folder
from aze_core.store.inventory import read_version
from aze_core.store.workspace import reading, writing

SHORTEST = 6
"""Characters of a hash that name a version at least."""

_LABEL_LENGTH = 120


@dataclass(frozen=True)
class Version:
    """One version in the store.

    Attributes
    ----------
    record : InventoryVersion
    label : str
        What people call it; the inventory's own name where they gave none.
    is_default, is_built : bool
        Whether visitors see it first; whether it was built from the fact tables.
    bytes : int
        Size of its database.
    """

    record: InventoryVersion
    label: str
    is_default: bool
    is_built: bool
    bytes: int

    @property
    def content_hash(self) -> str:
        """Content hash of the version."""
        return self.record.content_hash


def versions(store: Path) -> list[Version]:
    """All versions, the default first, then the latest made.

    Databases that cannot be read are left out: `aze_core.store.inventory.is_intact` tells of one.
    """
    current = folder.read_current(store)
    labels = _labels(store)
    found: list[tuple[bool, float, Version]] = []
    for path in folder.inventory_path(store, "x").parent.glob("*.gpkg"):
        with contextlib.suppress(StoreError, OSError):
            record = read_version(path)
            about = path.stat()
            is_default = current is not None and current.inventory == record.content_hash
            version = Version(
                record,
                labels.get(record.content_hash, record.name),
                is_default,
                current is not None and current.built == record.content_hash,
                about.st_size,
            )
            found.append((not is_default, -about.st_mtime, version))
    return [version for *_, version in sorted(found, key=lambda entry: entry[:2])]


def _labels(store: Path) -> dict[str, str]:
    if not folder.workspace_path(store).exists():
        return {}
    with reading(store) as db:
        return {row["inventory"]: row["label"] for row in db.execute("SELECT inventory, label FROM labels")}


def find(store: Path, code: str) -> str:
    """Content hash of the version that a code means: the beginning of a hash, or ``default``.

    Raises
    ------
    StoreError
        When no version, or more than one, begins like this.
    """
    if code == "default":
        current = folder.read_current(store)
        if current is None:
            raise StoreError("no_inventory", path=str(store))
        return current.inventory
    paths = folder.inventory_path(store, "x").parent.glob("*.gpkg")
    found = [path.stem for path in paths if path.stem.startswith(code)]
    if len(code) < SHORTEST or not re.fullmatch(r"[0-9a-f]+", code) or not found:
        raise StoreError("unknown_version", code=code[:80])
    if len(found) > 1:
        raise StoreError("ambiguous_version", code=code, found=", ".join(sorted(item[:12] for item in found)))
    return found[0]


def make_default(store: Path, content_hash: str) -> None:
    """Make a version the one that visitors see first.

    Raises
    ------
    StoreError
        When it is not there or the store cannot be written.
    """
    read_version(folder.inventory_path(store, content_hash))
    current = folder.read_current(store)
    facts, built = (current.facts, current.built) if current else ("", "")
    try:
        folder.write_current(store, folder.Current(content_hash, facts, built))
    except OSError as error:
        raise StoreError("unwritable_store", path=str(store), problem=error.strerror or error) from None


def rename(store: Path, content_hash: str, label: str) -> None:
    """Call a version something else; without a label it has the inventory's own name again.

    The version itself never changes: its name on exports stays the one that it was made with.
    """
    read_version(folder.inventory_path(store, content_hash))
    tidy = " ".join(label.split())[:_LABEL_LENGTH]
    with writing(store) as db:
        db.execute("DELETE FROM labels WHERE inventory = ?", (content_hash,))
        if tidy:
            db.execute("INSERT INTO labels VALUES (?, ?)", (content_hash, tidy))


def delete(store: Path, content_hash: str) -> None:
    """Take a version out of the store; it can be brought back for a time.

    Raises
    ------
    StoreError
        When it is not there, or is the default or the one built from the fact tables.
    """
    path = folder.inventory_path(store, content_hash)
    read_version(path)
    current = folder.read_current(store)
    if current and content_hash in (current.inventory, current.built):
        raise StoreError("default_version" if content_hash == current.inventory else "built_version")
    away = folder.deleted_path(store, content_hash)
    try:
        away.parent.mkdir(exist_ok=True)
        with writing(store) as db:
            db.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?)", (content_hash, time.time()))
            os.replace(path, away)
    except OSError as error:
        raise StoreError("unwritable_store", path=str(store), problem=error.strerror or error) from None
    sweep(store)


def restore(store: Path, content_hash: str) -> None:
    """Bring a deleted version back.

    Raises
    ------
    StoreError
        When it is no longer there.
    """
    away = folder.deleted_path(store, content_hash)
    read_version(away)
    try:
        with writing(store) as db:
            db.execute("DELETE FROM deleted WHERE inventory = ?", (content_hash,))
            os.replace(away, folder.inventory_path(store, content_hash))
    except OSError as error:
        raise StoreError("unwritable_store", path=str(store), problem=error.strerror or error) from None


def deleted(store: Path) -> list[Version]:
    """Versions that can be brought back, the latest deleted first."""
    if not folder.deleted_path(store, "x").parent.exists():
        return []
    with reading(store) as db:
        when = {row["inventory"]: row["at"] for row in db.execute("SELECT inventory, at FROM deleted")}
    labels = _labels(store)
    found: list[tuple[float, Version]] = []
    for path in folder.deleted_path(store, "x").parent.glob("*.gpkg"):
        with contextlib.suppress(StoreError, OSError):
            record = read_version(path)
            label = labels.get(record.content_hash, record.name)
            version = Version(record, label, False, False, path.stat().st_size)
            found.append((-when.get(record.content_hash, 0.0), version))
    return [version for _, version in sorted(found, key=lambda entry: entry[0])]


def sweep(store: Path) -> None:
    """Remove for good what was deleted longer ago than the undo lasts."""
    oldest = time.time() - value("store.undo_days") * 86_400
    with writing(store) as db:
        rows = db.execute("SELECT inventory FROM deleted WHERE at < ?", (oldest,)).fetchall()
        for row in rows:
            gone = row["inventory"]
            with contextlib.suppress(OSError):
                folder.deleted_path(store, gone).unlink()
            for table in ("deleted", "labels", "imports", "findings", "aside"):
                db.execute(f"DELETE FROM {table} WHERE inventory = ?", (gone,))  # noqa: S608 - own names

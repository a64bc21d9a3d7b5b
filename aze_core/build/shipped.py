"""Facts → inventory database: read, check, write beside, rename."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from aze_core.domain.errors import StoreError
from aze_core.domain.model import InventoryVersion
from aze_core.sources.facts import facts_hash, read_facts
from aze_core.store import folder
from aze_core.store.inventory import is_intact, read_version, write

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and the id of a message below `build.stage`."""

_ABANDONED_AFTER_S = 3600


@dataclass(frozen=True)
class BuildReport:
    """What a build made: where it lies, which version it is, and whether it was there already."""

    path: Path
    version: InventoryVersion
    reused: bool
    seconds: float


def outdated(data_dir: Path, store_dir: Path) -> bool:
    """Whether the store lacks a readable inventory made from exactly these facts."""
    current = folder.read_current(store_dir)
    if current is None or current.facts != facts_hash(data_dir):
        return True
    return not all(_is_there(store_dir, each) for each in (current.built, current.inventory))


def _is_there(store_dir: Path, content_hash: str) -> bool:
    try:
        path = folder.inventory_path(store_dir, content_hash)
        return read_version(path).content_hash == content_hash
    except StoreError:
        return False


def build(data_dir: Path, store_dir: Path, progress: Progress | None = None) -> BuildReport:
    """Build the inventory from a folder of facts; it becomes the default unless the user chose another.

    Any number of processes may build at once: each works in a folder of its own and renames at the end.
    When anything fails the previous database stays as it was.

    Parameters
    ----------
    data_dir : Path
        Folder of fact tables.
    store_dir : Path
        Store folder; made when missing.
    progress : callable, optional
        Called with the share done and a stage's name.

    Returns
    -------
    BuildReport

    Raises
    ------
    DataError
        A fact that cannot be: names file, row, column, value and what was expected.
    StoreError
        The store cannot be written.
    """
    tell = progress or (lambda share, stage: None)
    started = time.perf_counter()
    tell(0.0, "read")
    facts = facts_hash(data_dir)
    frames = read_facts(data_dir)
    tell(0.5, "write")
    path, reused = place(frames, store_dir, lambda: tell(0.9, "place"))
    made = path.stem
    current = folder.read_current(store_dir)
    chosen = current and current.inventory != current.built and _is_there(store_dir, current.inventory)
    default = current.inventory if current and chosen else made
    try:
        folder.write_current(store_dir, folder.Current(default, facts, made))
    except OSError as error:
        raise StoreError("unwritable_store", path=str(store_dir), problem=error.strerror or error) from None
    tell(1.0, "done")
    return BuildReport(path, read_version(path), reused, time.perf_counter() - started)


def place(
    frames: dict[str, pd.DataFrame], store_dir: Path, written: Callable[[], None] = lambda: None
) -> tuple[Path, bool]:
    """Write an inventory beside the others and move it to its place in one step.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
        Checked tables.
    store_dir : Path
    written : callable, optional
        Called when all is written and before it is moved.

    Returns
    -------
    (Path, bool)
        Where it lies, and whether it lay there already.

    Raises
    ------
    StoreError
        The store cannot be written.
    """
    folder.prepare(store_dir)
    _sweep(store_dir)
    try:
        scratch = folder.scratch(store_dir)
        try:
            version = write(frames, scratch / "inventory.gpkg")
            written()
            path = folder.inventory_path(store_dir, version.content_hash)
            # a version never changes: what lies there whole under this hash stays
            reused = is_intact(path, version.content_hash)
            if not reused:
                os.replace(scratch / "inventory.gpkg", path)
            return path, reused
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise StoreError("unwritable_store", path=str(store_dir), problem=error.strerror or error) from None


def ensure(data_dir: Path, store_dir: Path, progress: Progress | None = None) -> Path:
    """Path of the default inventory; the facts are built first where that is missing or outdated."""
    if outdated(data_dir, store_dir):
        build(data_dir, store_dir, progress)
    current = folder.read_current(store_dir)
    assert current is not None  # just built, or not outdated
    return folder.inventory_path(store_dir, current.inventory)


def _sweep(store_dir: Path) -> None:
    """Remove what builds that were killed left behind; younger folders may be at work."""
    for left in (store_dir / "inventories").glob(".building-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_AFTER_S:
                shutil.rmtree(left, ignore_errors=True)

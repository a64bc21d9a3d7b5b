"""The user's own boundary file for maps: one for the whole store."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from pathlib import Path
from typing import Any

from aze_core.domain.errors import StoreError
from aze_core.store import folder


def keep(store: Path, geojson: dict[str, Any]) -> None:
    """Keep a boundary file, in place of the one before.

    Raises
    ------
    StoreError
        When the store cannot be written.
    """
    folder.prepare(store)
    beside = folder.boundaries_path(store).with_name(f".boundaries-{uuid.uuid4().hex}")
    try:
        beside.write_text(json.dumps(geojson, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        os.replace(beside, folder.boundaries_path(store))
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise StoreError("unwritable_store", path=str(store), problem=error.strerror or error) from None


def kept(store: Path) -> str:
    """The boundary file as GeoJSON text; empty where there is none."""
    try:
        return folder.boundaries_path(store).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def forget(store: Path) -> None:
    """Remove the boundary file.

    Raises
    ------
    StoreError
        When the store cannot be written.
    """
    try:
        folder.boundaries_path(store).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError("unwritable_store", path=str(store), problem=error.strerror or error) from None

"""Red List exports that were read, kept so that names which come later are matched to them too."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd

from aze_core.domain.errors import StoreError
from aze_core.domain.report import ImportReport
from aze_core.sources.red_list import RedList
from aze_core.store import folder

_TABLES = ("species", "threats", "synonyms", "common_names")


def keep(store: Path, digest: str, red_list: RedList) -> None:
    """Keep an export under the SHA-256 of its file.

    Raises
    ------
    StoreError
        When the store cannot be written.
    """
    place = folder.red_list_path(store, digest)
    if place.exists():
        return
    folder.prepare(store)
    try:
        scratch = folder.scratch(store)
        try:
            for name in _TABLES:
                getattr(red_list, name).to_parquet(scratch / f"{name}.parquet", index=False)
            place.parent.mkdir(exist_ok=True)
            os.replace(scratch, place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        # another process may have been faster
        if not place.exists():
            raise StoreError("unwritable_store", path=str(store), problem=error.strerror or error) from None


def kept(store: Path, digest: str) -> RedList | None:
    """The export of this file; None where it is not there or cannot be read."""
    place = folder.red_list_path(store, digest)
    try:
        frames = {name: pd.read_parquet(place / f"{name}.parquet") for name in _TABLES}
    except (OSError, ValueError):
        return None
    return RedList(**frames, report=ImportReport())

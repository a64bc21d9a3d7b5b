"""Where everything that is built lies; no other file knows a path below the store folder."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from aze_core.domain.errors import StoreError

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder; `data/` and the default store are anchored to it."""

DATA = ROOT / "data"


def default_folder() -> Path:
    """The store folder: the environment's `AZE_STORE`, else `.store` in the project."""
    return Path(os.environ.get("AZE_STORE") or ROOT / ".store")


@dataclass(frozen=True)
class Current:
    """Which inventory is the default, and what was built from which facts.

    Attributes
    ----------
    inventory : str
        Content hash of the default.
    facts : str
        Hash of the fact files that `built` was made from.
    built : str
        Content hash of the inventory built from them: the default, unless the user chose another.
    """

    inventory: str
    facts: str
    built: str


def inventory_path(store: Path, content_hash: str) -> Path:
    """The inventory database of this content hash."""
    return store / "inventories" / f"{content_hash}.gpkg"


def deleted_path(store: Path, content_hash: str) -> Path:
    """Where an inventory database lies from its deletion until it is swept away."""
    return store / "inventories" / ".deleted" / f"{content_hash}.gpkg"


def red_list_path(store: Path, digest: str) -> Path:
    """Folder of a Red List export, by the SHA-256 of the file that it was read from."""
    return store / "red_lists" / digest


def protected_areas_path(store: Path, digest: str) -> Path:
    """Protected areas of a download, by the SHA-256 of the file that they were read from."""
    return store / "protected_areas" / f"{digest}.parquet"


def boundaries_path(store: Path) -> Path:
    """The user's own boundary file for maps."""
    return store / "boundaries.geojson"


def workspace_path(store: Path) -> Path:
    """The database of what people decide: names of versions, reports, corrections."""
    return store / "workspace.sqlite"


def uploads_path(store: Path) -> Path:
    """Folder of files on their way into an import."""
    return store / "uploads"


def prepare(store: Path) -> None:
    """Make the store folder.

    Raises
    ------
    StoreError
        When it cannot be made or written.
    """
    try:
        (store / "inventories").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=store):
            pass
    except OSError as error:
        raise StoreError("unwritable_store", path=str(store), problem=error.strerror or error) from None


def scratch(store: Path) -> Path:
    """A new, private folder beside the inventories: what is built there moves with one rename."""
    return Path(tempfile.mkdtemp(prefix=".building-", dir=store / "inventories"))


def read_current(store: Path) -> Current | None:
    """The default inventory, or None when there is none or its record cannot be read."""
    try:
        given = json.loads((store / "current.json").read_text(encoding="utf-8"))
        inventory = str(given["inventory"])
        return Current(inventory, str(given["facts"]), str(given.get("built", inventory)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_current(store: Path, current: Current) -> None:
    """Replace the record in one step: a reader sees the old one or the new one, never half of it."""
    # not tempfile: its files are private, and the record is for all who may read the folder
    beside = store / f".current-{uuid.uuid4().hex}"
    try:
        with beside.open("x", encoding="utf-8") as stream:
            json.dump(asdict(current), stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, store / "current.json")
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise

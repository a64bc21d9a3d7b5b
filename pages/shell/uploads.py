"""Files on their way into an import: kept in a folder of the store until they were read."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from aze_core.build.recognise import Look, look
from aze_core.domain.errors import AzeError, SettingError, StoreError
from aze_core.domain.settings import value
from aze_core.locale import explain
from aze_core.store import folder
from pages.shell import access

_FOLDER = "upload_folder"
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Brought:
    """A file that the visitor brought, and what it holds; `problem` says why it cannot be read."""

    name: str
    path: Path
    bytes: int
    looks: tuple[Look, ...]
    problem: str = ""


def safe_name(name: str) -> str:
    """A file's name without folders, control characters and what file systems trip over.

    Examples
    --------
    >>> safe_name("../../etc/Ciénaga: sites?.zip"), safe_name("...")
    ('Ciénaga_ sites_.zip', 'file')
    """
    base = re.split(r"[/\\\\]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join("_" if unicodedata.category(c)[0] == "C" or c in '<>:"|?*' else c for c in base)
    stem, dot, ending = plain.strip(" .").rpartition(".")
    tidy = f"{stem[: _LONGEST_NAME - len(ending)]}{dot}{ending[:12]}" if dot else ending[:_LONGEST_NAME]
    return tidy or "file"


def place() -> Path:
    """The session's own folder for files.

    Raises
    ------
    StoreError
        When it cannot be made.
    """
    state = st.session_state
    if _FOLDER not in state:
        state[_FOLDER] = uuid.uuid4().hex
        sweep()
    path: Path = folder.uploads_path(folder.default_folder()) / state[_FOLDER]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError("unwritable_store", path=str(path), problem=error.strerror or error) from None
    return path


def sweep() -> None:
    """Remove what sessions left behind long ago."""
    oldest = time.time() - value("store.upload_hours") * 3600
    root = folder.uploads_path(folder.default_folder())
    for left in root.glob("*") if root.exists() else ():
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < oldest:
                shutil.rmtree(left, ignore_errors=True)


def keep(uploaded: Any) -> Path:
    """Write an uploaded file into the session's folder; one that is there already stays.

    Raises
    ------
    StoreError
        When there is no room.
    """
    # each upload in a folder of its own, so that two of one name stand beside each other
    target = place() / str(uploaded.file_id)[:64] / safe_name(uploaded.name)
    if target.exists() and target.stat().st_size == uploaded.size:
        return target
    try:
        target.parent.mkdir(exist_ok=True)
        with target.open("wb") as stream:
            uploaded.seek(0)
            shutil.copyfileobj(uploaded, stream, 1 << 20)
    except OSError as error:
        with contextlib.suppress(OSError):
            target.unlink()
        problem = error.strerror or error
        raise StoreError("unwritable_store", path=str(target.parent), problem=problem) from None
    return target


def local_path(text: str) -> Path:
    """A path on this computer, for files too large to upload and for geodatabase folders.

    Raises
    ------
    SettingError
        When the visitor sits elsewhere, or nothing lies there.
    """
    if not access.may_write():
        raise SettingError("only_local")
    path = Path(text.strip().strip('"')).expanduser()
    if not path.is_absolute() or not path.exists():
        raise SettingError("no_such_path", path=text.strip()[:300])
    return path


@st.cache_data(show_spinner=False, max_entries=64)
def _looks(path: str, changed: float, size: int, kind: str, store: str) -> tuple[tuple[Look, ...], str]:
    try:
        return tuple(look(Path(path), kind, Path(store))), ""
    except AzeError as error:
        return (), explain(error)


def brought(path: Path, kind: str = "") -> Brought:
    """What a file holds, when read as a kind or as it is recognised."""
    about = path.stat()
    looks, problem = _looks(str(path), about.st_mtime, about.st_size, kind, str(folder.default_folder()))
    return Brought(path.name, path, about.st_size, looks, problem)


def clear() -> None:
    """Remove the session's files."""
    name = st.session_state.pop(_FOLDER, None)
    if name:
        shutil.rmtree(folder.uploads_path(folder.default_folder()) / name, ignore_errors=True)

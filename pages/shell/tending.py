"""What is done with versions: each action asks who may, and acts."""

from __future__ import annotations

from typing import Protocol

from aze_core.domain.errors import SettingError
from aze_core.domain.settings import value
from aze_core.store import folder
from aze_core.store import versions as store
from aze_core.store.versions import Version
from pages.shell import access, display, loads, version


class Action(Protocol):
    """Something done with a version, named by its content hash."""

    def __call__(self, content_hash: str, /, *arguments: str) -> None:
        """Do it."""


def versions() -> list[Version]:
    """All versions of the store, the default first."""
    return store.versions(folder.default_folder())


def deleted() -> list[Version]:
    """Versions that can be brought back."""
    return store.deleted(folder.default_folder())


def label_of(one: Version) -> str:
    """What a version is called in lists."""
    return display.version_label(one)


def undo_days() -> int:
    """How long a deleted version can be brought back."""
    return int(value("store.undo_days"))


def look(content_hash: str) -> None:
    """Look at a version, in this session alone: everybody may."""
    version.choose(content_hash)


def make_first(content_hash: str, /, *_: str) -> None:
    """Show a version first, to everybody."""
    _only_local()
    store.make_default(folder.default_folder(), content_hash)


def rename(content_hash: str, /, *label: str) -> None:
    """Call a version something else."""
    _only_local()
    store.rename(folder.default_folder(), content_hash, label[0])


def delete(content_hash: str, /, *_: str) -> None:
    """Take a version out of the store, for a time."""
    _only_local()
    store.delete(folder.default_folder(), content_hash)


def restore(content_hash: str, /, *_: str) -> None:
    """Bring a deleted version back."""
    _only_local()
    store.restore(folder.default_folder(), content_hash)


def file_of(content_hash: str) -> bytes:
    """The database of a version, without names and exact places of what is sensitive."""
    return loads.file_of(content_hash)


def _only_local() -> None:
    if not access.may_write():
        raise SettingError("only_local")

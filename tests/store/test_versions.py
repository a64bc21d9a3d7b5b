"""Versions: listed, named, made default, deleted and brought back; none of it changes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from aze_core import build
from aze_core.build.shipped import place
from aze_core.domain.errors import StoreError
from aze_core.locale import explain
from aze_core.store import folder, versions
from aze_core.store.inventory import is_intact
from aze_core.store.workspace import writing
from tests.helpers import make_frames, write_facts


@pytest.fixture
def store(tmp_path: Path) -> Path:
    build.build(write_facts(tmp_path / "data"), tmp_path / "store")
    return tmp_path / "store"


def another(store: Path, name: str = "Second") -> str:
    """A further version; its content hash."""
    frames = make_frames()
    frames["inventory"] = frames["inventory"].assign(name=name)
    return place(frames, store)[0].stem


def test_the_default_stands_first(store: Path) -> None:
    second = another(store)
    first, last = versions.versions(store)
    assert (first.is_default, first.is_built, first.label) == (True, True, first.record.name)
    assert (last.content_hash, last.is_default, last.is_built, last.label) == (second, False, False, "Second")
    versions.make_default(store, second)
    assert [v.content_hash for v in versions.versions(store)] == [second, first.content_hash]
    assert folder.read_current(store).inventory == second


def test_a_label_names_a_version_and_changes_nothing_in_it(store: Path) -> None:
    second = another(store)
    versions.rename(store, second, "  Draft   for\nMay ")
    assert versions.versions(store)[1].label == "Draft for May"
    assert versions.versions(store)[1].record.name == "Second"
    assert is_intact(folder.inventory_path(store, second), second)
    versions.rename(store, second, "")
    assert versions.versions(store)[1].label == "Second"


def test_what_is_deleted_comes_back(store: Path) -> None:
    second = another(store)
    versions.rename(store, second, "Draft")
    raw = folder.inventory_path(store, second).read_bytes()
    versions.delete(store, second)
    assert [v.content_hash for v in versions.versions(store)] == [folder.read_current(store).inventory]
    assert [v.content_hash for v in versions.deleted(store)] == [second]
    versions.restore(store, second)
    assert versions.deleted(store) == []
    assert folder.inventory_path(store, second).read_bytes() == raw
    assert versions.versions(store)[1].label == "Draft"


def test_what_was_deleted_long_ago_is_swept(store: Path) -> None:
    second, third = another(store), another(store, "Third")
    versions.delete(store, second)
    versions.delete(store, third)
    with writing(store) as db:
        db.execute("UPDATE deleted SET at = at - 31 * 86400 WHERE inventory = ?", (second,))
    versions.sweep(store)
    assert [v.content_hash for v in versions.deleted(store)] == [third]
    with pytest.raises(StoreError):
        versions.restore(store, second)


def test_the_default_and_the_built_cannot_be_deleted(store: Path) -> None:
    built = folder.read_current(store).built
    second = another(store)
    versions.make_default(store, second)
    for each, words in ((second, "shown first"), (built, "built from the planner's own tables")):
        with pytest.raises(StoreError) as caught:
            versions.delete(store, each)
        assert words in explain(caught.value)
    assert len(versions.versions(store)) == 2


def test_a_version_is_found_by_the_beginning_of_its_hash(store: Path) -> None:
    second = another(store)
    assert versions.find(store, second[:8]) == versions.find(store, second) == second
    assert versions.find(store, "default") == folder.read_current(store).inventory
    for code in ("", second[:3], "zzzzzzzz", "*", "../../etc", "0" * 64):
        with pytest.raises(StoreError) as caught:
            versions.find(store, code)
        assert caught.value.message_id == "unknown_version"


def test_a_damaged_version_is_not_listed(store: Path) -> None:
    second = another(store)
    folder.inventory_path(store, second).write_bytes(b"")
    assert len(versions.versions(store)) == 1

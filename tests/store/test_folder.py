"""The store folder: one record says which inventory is the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from aze_core.domain.errors import StoreError
from aze_core.locale import explain
from aze_core.store.folder import (
    ROOT,
    Current,
    default_folder,
    inventory_path,
    prepare,
    read_current,
    scratch,
    write_current,
)


def test_the_default_store_lies_in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZE_STORE")
    assert default_folder() == ROOT / ".store"
    monkeypatch.setenv("AZE_STORE", "elsewhere")
    assert default_folder() == Path("elsewhere")
    monkeypatch.setenv("AZE_STORE", "")
    assert default_folder() == ROOT / ".store"


def test_the_record_is_read_as_written(tmp_path: Path) -> None:
    assert read_current(tmp_path) is None
    for current in (Current("abc", "def", "abc"), Current("123", "456", "789")):
        write_current(tmp_path, current)
        assert read_current(tmp_path) == current
    assert [path.name for path in tmp_path.iterdir()] == ["current.json"]


def test_a_record_of_before_has_its_default_built_from_facts(tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text('{"inventory": "abc", "facts": "def"}')
    assert read_current(tmp_path) == Current("abc", "def", "abc")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "3", '{"inventory": "abc"}', "\udcff"])
def test_a_broken_record_counts_as_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "current.json").write_bytes(text.encode(errors="surrogateescape"))
    assert read_current(tmp_path) is None


def test_a_record_that_cannot_be_replaced_leaves_no_scratch(tmp_path: Path) -> None:
    (tmp_path / "current.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_current(tmp_path, Current("abc", "def", "abc"))
    assert [path.name for path in tmp_path.iterdir()] == ["current.json"]


def test_scratch_folders_are_private_and_beside_the_inventories(tmp_path: Path) -> None:
    prepare(tmp_path / "deep" / "store")
    one, two = scratch(tmp_path / "deep" / "store"), scratch(tmp_path / "deep" / "store")
    assert one != two
    assert one.parent == inventory_path(tmp_path / "deep" / "store", "abc").parent


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for store in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError) as caught:
            prepare(store)
        assert explain(caught.value) == (
            f"The store folder {store} cannot be written (Not a directory). "
            "Choose another one with --store, or free the place."
        )

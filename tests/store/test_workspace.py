"""The workspace: what is written in one block stays whole, whoever writes beside."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from aze_core.domain.errors import StoreError
from aze_core.locale import explain
from aze_core.store import folder
from aze_core.store.workspace import reading, writing


def labels(store: Path) -> dict[str, str]:
    with reading(store) as db:
        return {row["inventory"]: row["label"] for row in db.execute("SELECT * FROM labels")}


def test_a_block_is_written_wholly_or_not_at_all(tmp_path: Path) -> None:
    with writing(tmp_path) as db:
        db.execute("INSERT INTO labels VALUES ('a', 'A')")

    def fail() -> None:
        with writing(tmp_path) as db:
            db.execute("INSERT INTO labels VALUES ('b', 'B')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert labels(tmp_path) == {"a": "A"}


def test_many_write_at_once(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with writing(tmp_path) as db:
            db.execute("INSERT INTO labels VALUES (?, ?)", (f"{number:03}", "x"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(labels(tmp_path)) == 40


def test_opening_again_keeps_everything(tmp_path: Path) -> None:
    with writing(tmp_path) as db:
        db.execute("INSERT INTO labels VALUES ('a', 'A')")
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    for _ in range(2):
        assert labels(tmp_path) == {"a": "A"}


def test_a_damaged_workspace_is_a_sentence(tmp_path: Path) -> None:
    folder.workspace_path(tmp_path).write_bytes(b"no database at all" * 400)
    with pytest.raises(StoreError) as caught:
        labels(tmp_path)
    path = folder.workspace_path(tmp_path)
    assert explain(caught.value).startswith(f"The workspace {path} cannot be read or written (")


def test_a_workspace_of_newer_software_is_left_alone(tmp_path: Path) -> None:
    with writing(tmp_path) as db:
        db.execute("INSERT INTO labels VALUES ('a', 'A')")
    with closing(sqlite3.connect(folder.workspace_path(tmp_path))) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError) as caught:
        labels(tmp_path)
    assert "newer version of the planner" in explain(caught.value)

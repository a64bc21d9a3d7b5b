"""The workspace: one SQLite database of what people decide, beside the inventories that never change."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from aze_core.domain.errors import StoreError
from aze_core.store import folder

_BUSY_S = 10

# each entry takes the database one version further; entries are added, never changed
_STEPS = (
    """
    CREATE TABLE labels (inventory TEXT PRIMARY KEY, label TEXT NOT NULL) STRICT;
    CREATE TABLE deleted (inventory TEXT PRIMARY KEY, at REAL NOT NULL) STRICT;
    CREATE TABLE mappings (
        kind TEXT NOT NULL, header TEXT NOT NULL, mapping TEXT NOT NULL, PRIMARY KEY (kind, header)
    ) STRICT;
    CREATE TABLE imports (
        inventory TEXT PRIMARY KEY, at REAL NOT NULL, plan TEXT NOT NULL, seconds REAL NOT NULL
    ) STRICT;
    CREATE TABLE findings (
        inventory TEXT NOT NULL, n INTEGER NOT NULL, input TEXT NOT NULL, action TEXT NOT NULL,
        rule TEXT NOT NULL, file TEXT NOT NULL, row INTEGER, "column" TEXT NOT NULL, value TEXT NOT NULL,
        detail TEXT NOT NULL, PRIMARY KEY (inventory, n)
    ) STRICT;
    CREATE TABLE aside (
        inventory TEXT NOT NULL, n INTEGER NOT NULL, input TEXT NOT NULL, file TEXT NOT NULL,
        row INTEGER NOT NULL, rules TEXT NOT NULL, cells TEXT NOT NULL, PRIMARY KEY (inventory, n)
    ) STRICT;
    CREATE TABLE corrections (
        correction TEXT PRIMARY KEY, at REAL NOT NULL, inventory TEXT NOT NULL, kind TEXT NOT NULL,
        site TEXT NOT NULL, species TEXT NOT NULL, old_value TEXT NOT NULL, new_value TEXT NOT NULL,
        source TEXT NOT NULL, proposer TEXT NOT NULL, status TEXT NOT NULL, decided_at REAL,
        decided_by TEXT NOT NULL, made TEXT NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE scenarios (
        scenario TEXT PRIMARY KEY, name TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL,
        parent TEXT NOT NULL, inventory TEXT NOT NULL, settings TEXT NOT NULL, results TEXT NOT NULL,
        created REAL NOT NULL, changed REAL NOT NULL, deleted_at REAL
    ) STRICT;
    CREATE INDEX scenarios_changed ON scenarios (changed);
    """,
)

# WAL and a busy timeout alone fail under many simultaneous writers of one process
_lock = threading.Lock()


@contextlib.contextmanager
def reading(store: Path) -> Iterator[sqlite3.Connection]:
    """A connection to read from; it belongs to the thread that opened it.

    Raises
    ------
    StoreError
        When the database cannot be made or read.
    """
    with _errors(store), contextlib.closing(_open(store)) as connection:
        yield connection


@contextlib.contextmanager
def writing(store: Path) -> Iterator[sqlite3.Connection]:
    """A connection inside one transaction: all that is written in the block stays, or nothing.

    Raises
    ------
    StoreError
        When the database cannot be made or written.
    """
    with _errors(store), _lock, contextlib.closing(_open(store)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


@contextlib.contextmanager
def _errors(store: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        path = folder.workspace_path(store)
        raise StoreError("broken_workspace", path=str(path), problem=str(error)) from None


def _open(store: Path) -> sqlite3.Connection:
    folder.prepare(store)
    connection = sqlite3.connect(folder.workspace_path(store), timeout=_BUSY_S, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version < len(_STEPS):
            _upgrade(connection)
        elif version > len(_STEPS):
            raise StoreError("newer_workspace", path=str(folder.workspace_path(store)))
    except BaseException:
        connection.close()
        raise
    return connection


def _upgrade(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    # another process may have been faster
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for number, step in enumerate(_STEPS[version:], start=version + 1):
        for statement in step.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.commit()

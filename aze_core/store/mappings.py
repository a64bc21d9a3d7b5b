"""Which columns the user said hold what, remembered for every table with the same header."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from aze_core.store import folder
from aze_core.store.workspace import reading, writing

Columns = Mapping[str, str | Sequence[str]]


def remembered(store: Path, kind: str, header: str) -> dict[str, str | list[str]] | None:
    """The mapping that was confirmed last for a header; None where there is none.

    Parameters
    ----------
    store : Path
    kind : str
        What the table is read as.
    header : str
        As `aze_core.sources.tables.header_fingerprint` makes it.
    """
    if not folder.workspace_path(store).exists():
        return None
    with reading(store) as db:
        query = "SELECT mapping FROM mappings WHERE kind = ? AND header = ?"
        row = db.execute(query, (kind, header)).fetchone()
    found: dict[str, str | list[str]] | None = json.loads(row["mapping"]) if row else None
    return found


def remember(store: Path, kind: str, header: str, mapping: Columns) -> None:
    """Keep a confirmed mapping for the next table with this header."""
    plain = {name: column if isinstance(column, str) else list(column) for name, column in mapping.items()}
    with writing(store) as db:
        text = json.dumps(plain, ensure_ascii=False, sort_keys=True)
        db.execute("INSERT OR REPLACE INTO mappings VALUES (?, ?, ?)", (kind, header, text))

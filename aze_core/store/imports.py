"""What imports left to say: their findings, and the rows that were set aside and can be corrected."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from aze_core.domain.report import COLUMNS
from aze_core.store import folder
from aze_core.store.workspace import reading, writing


@dataclass(frozen=True)
class Aside:
    """A row that was set aside: where it stood, why, and its cells by column."""

    input_id: str
    file: str
    row: int
    rules: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Record:
    """One import: when, by which plan, what was found, what was set aside.

    Attributes
    ----------
    at : float
        Seconds since 1970.
    plan : dict
        The plan as plain values.
    seconds : float
        How long it took.
    findings : pandas.DataFrame
        `input`, then the columns of `aze_core.domain.report.COLUMNS`.
    aside : list of Aside
    """

    at: float
    plan: dict[str, Any]
    seconds: float
    findings: pd.DataFrame
    aside: list[Aside]


def save(
    store: Path,
    content_hash: str,
    plan: dict[str, Any],
    seconds: float,
    findings: pd.DataFrame,
    aside: Sequence[Aside],
) -> None:
    """Keep the record of an import; one that made the same version before is replaced."""
    with writing(store) as db:
        for table in ("imports", "findings", "aside"):
            db.execute(f"DELETE FROM {table} WHERE inventory = ?", (content_hash,))  # noqa: S608 - own names
        text = json.dumps(plan, ensure_ascii=False, sort_keys=True)
        db.execute("INSERT INTO imports VALUES (?, ?, ?, ?)", (content_hash, time.time(), text, seconds))
        plain = findings.astype(object).where(findings.notna(), None)
        db.executemany(
            f"INSERT INTO findings VALUES (?, ?, ?{', ?' * len(COLUMNS)})",  # noqa: S608 - a count
            [(content_hash, n, *row) for n, row in enumerate(plain.itertuples(index=False, name=None))],
        )
        db.executemany(
            "INSERT INTO aside VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (content_hash, n, a.input_id, a.file, a.row, a.rules, json.dumps(a.cells, ensure_ascii=False))
                for n, a in enumerate(aside)
            ],
        )


def record_of(store: Path, content_hash: str) -> Record | None:
    """The record of the import that made a version; None where it was not made by one."""
    if not folder.workspace_path(store).exists():
        return None
    with reading(store) as db:
        one = db.execute("SELECT * FROM imports WHERE inventory = ?", (content_hash,)).fetchone()
        if one is None:
            return None
        query = "SELECT * FROM findings WHERE inventory = ? ORDER BY n"
        rows = [tuple(row)[2:] for row in db.execute(query, (content_hash,))]
        query = "SELECT * FROM aside WHERE inventory = ? ORDER BY n"
        aside = [
            Aside(row["input"], row["file"], row["row"], row["rules"], json.loads(row["cells"]))
            for row in db.execute(query, (content_hash,))
        ]
    findings = pd.DataFrame(rows, columns=["input", *COLUMNS]).astype({"row": "Int64"})
    return Record(one["at"], json.loads(one["plan"]), one["seconds"], findings, aside)

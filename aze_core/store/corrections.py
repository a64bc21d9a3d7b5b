"""Corrections that people propose: kept with their source until they are accepted or rejected."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aze_core.domain.corrections import Correction
from aze_core.domain.errors import StoreError
from aze_core.store import folder
from aze_core.store.workspace import reading, writing

STATES = ("proposed", "accepted", "rejected")


@dataclass(frozen=True)
class Proposal:
    """A correction on its way.

    Attributes
    ----------
    proposal_id : str
    at : float
        Seconds since 1970.
    inventory : str
        Content hash of the version that it was proposed for.
    correction : Correction
    status : {"proposed", "accepted", "rejected"}
    decided_by : str
    made : str
        Content hash of the version that holds it, once it is accepted.
    """

    proposal_id: str
    at: float
    inventory: str
    correction: Correction
    status: str = "proposed"
    decided_by: str = ""
    made: str = ""


def propose(store: Path, inventory: str, correction: Correction) -> Proposal:
    """Keep a proposal.

    Raises
    ------
    StoreError
        When the store cannot be written.
    """
    made = Proposal(uuid.uuid4().hex[:12], time.time(), inventory, correction)
    with writing(store) as db:
        db.execute(
            f"INSERT INTO corrections VALUES ({', '.join('?' * 14)})",  # noqa: S608 - a count
            (
                made.proposal_id,
                made.at,
                inventory,
                correction.kind,
                correction.site_id,
                correction.species_id,
                "",
                correction.to_json(),
                correction.stated_source,
                correction.proposer,
                made.status,
                None,
                "",
                "",
            ),
        )
    return made


def proposals(store: Path) -> list[Proposal]:
    """All proposals, the latest first."""
    if not folder.workspace_path(store).exists():
        return []
    with reading(store) as db:
        rows = db.execute("SELECT * FROM corrections ORDER BY at DESC, correction").fetchall()
    return [
        Proposal(
            row["correction"],
            row["at"],
            row["inventory"],
            Correction.from_json(row["new_value"]),
            row["status"],
            row["decided_by"],
            row["made"],
        )
        for row in rows
    ]


def decide(store: Path, ids: Sequence[str], status: str, decided_by: str, made: str = "") -> None:
    """Mark proposals as accepted or rejected; or as proposed again.

    Raises
    ------
    StoreError
        When one of them is not there; then none is marked.
    """
    with writing(store) as db:
        for one in ids:
            changed = db.execute(
                "UPDATE corrections SET status = ?, decided_at = ?, decided_by = ?, made = ?"
                " WHERE correction = ?",
                (status, time.time(), decided_by, made, one),
            )
            if changed.rowcount != 1:
                raise StoreError("unknown_proposal", code=one)

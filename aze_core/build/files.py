"""What tells a file that somebody brings from every other one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aze_core.domain.errors import DataError

TRAINING_MARK = "made-up training data of the aze planner"
"""Text, in small letters, by which the planner knows its own made-up files."""


def file_hash(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files.

    Raises
    ------
    DataError
        When it is not there or cannot be read.
    """
    try:
        if path.is_dir():
            parts = sorted((part.name, file_hash(part)) for part in path.iterdir() if part.is_file())
            return hashlib.sha256(repr(parts).encode()).hexdigest()
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise DataError("no_such_file", file=path.name, folder=str(path.parent)) from None
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise DataError("import_unreadable", file=path.name, problem=problem) from None

"""Damaged and hostile files: each becomes a version or a sentence, and nothing old changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_half_a_minute_of_damaged_files(tmp_path: Path) -> None:
    """A process of its own, for a library that reads geometry can end the whole of it."""
    done = subprocess.run(
        [sys.executable, "benchmarks/fuzz.py", "--seconds", "30", "--keep", str(tmp_path / "kept")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    attempts = int(done.stdout.split()[0])
    assert attempts > 10

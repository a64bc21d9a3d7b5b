"""Imports in a process of their own: other visitors' pages stay quick, and cancelling is certain."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aze_core.build.plan import ImportPlan
from aze_core.locale import t
from aze_core.store import folder


@dataclass
class Job:
    """A running or ended import.

    Attributes
    ----------
    share, stage, rows
        How far it is: 0 to 1, a stage below `import.stage`, rows read.
    result : dict or None
        As `aze_core.cli.bring.summary`, when it worked.
    error : str
        Why it did not work, in words; empty when it did.
    """

    process: subprocess.Popen[str]
    started: float = field(default_factory=time.monotonic)
    share: float = 0.0
    stage: str = "check"
    rows: int = 0
    result: dict[str, Any] | None = None
    error: str = ""
    cancelled: bool = False

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return not self.cancelled and self.result is None and not self.error

    @property
    def seconds_left(self) -> float | None:
        """A guess from what is done so far; None where too little is."""
        passed = time.monotonic() - self.started
        if self.share < 0.1 or passed < 2:
            return None
        return passed * (1 - self.share) / self.share

    def cancel(self) -> None:
        """End it now; the store is as it was."""
        self.cancelled = True
        with contextlib.suppress(OSError):
            self.process.kill()

    def listen(self) -> None:
        """Take in what the process tells until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self._take(json.loads(line))
        self.process.wait()
        if self.running:
            self.error = t("bring.ended", code=self.process.returncode)

    def _take(self, told: dict[str, Any]) -> None:
        if "share" in told:
            self.share, self.stage, self.rows = told["share"], told["stage"], told["rows"]
        if "error" in told:
            self.error = told["error"]
        if "result" in told:
            self.result = told["result"]


def start(plan: ImportPlan, place: Path) -> Job:
    """Start an import.

    Parameters
    ----------
    plan : ImportPlan
    place : Path
        Folder in which the plan is written down for the process.
    """
    path = place / "plan.json"
    path.write_text(json.dumps(plan.to_dict(), ensure_ascii=False), encoding="utf-8")
    command = [sys.executable, "-m", "aze_core", "import", "--plan", str(path), "--progress", "json"]
    command += ["--until-eof", "--store", str(folder.default_folder().resolve())]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, arguments never a shell's
        command,
        cwd=folder.ROOT,
        # the process ends when this pipe does, and so with the server
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    job = Job(process)
    threading.Thread(target=job.listen, daemon=True).start()
    return job

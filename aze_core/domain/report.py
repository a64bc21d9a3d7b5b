"""What happened to each row of an import: nothing is dropped in silence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

ACTIONS = ("noted", "repaired", "set_aside")
COLUMNS = ("action", "rule", "file", "row", "column", "value", "detail")


@dataclass
class ImportReport:
    """Counts and findings of one import.

    Attributes
    ----------
    read : int
        Rows that the files held.
    findings : list of tuple
        One entry per finding, as `COLUMNS`: what was done (`noted`: kept as it came, `repaired`: changed,
        `set_aside`: left out of the inventory but kept for correction), the rule it fell under, the file,
        the row (the first row of data is 1; missing where it concerns the whole file), the column, the value
        that came, and what was done in detail.

    Examples
    --------
    >>> report = ImportReport(read=2)
    >>> report.add("set_aside", "null_island", "kba.shp", 2, "geometry", "POINT (0 0)")
    >>> report.accepted, report.counts().to_dict("records")
    (1, [{'action': 'set_aside', 'rule': 'null_island', 'rows': 1}])
    """

    read: int = 0
    findings: list[tuple[str, str, str, int | None, str, str, str]] = field(default_factory=list)

    def add(
        self,
        action: str,
        rule: str,
        file: str,
        row: int | None = None,
        column: str = "",
        value: object = "",
        detail: object = "",
    ) -> None:
        """Take down one finding; long values are cut, for a cell can hold a book."""
        if action not in ACTIONS:
            raise ValueError(f"`action` was {action!r} but is expected to be in {set(ACTIONS)}")
        self.findings.append((action, rule, file, row, column, str(value)[:200], str(detail)[:500]))

    @property
    def set_aside(self) -> int:
        """Rows left out: a row with several findings counts once."""
        return len({(file, row) for action, _, file, row, *_ in self.findings if action == "set_aside"})

    @property
    def accepted(self) -> int:
        """Rows that went into the inventory."""
        return self.read - self.set_aside

    def counts(self) -> pd.DataFrame:
        """Findings by action and rule: columns `action`, `rule`, `rows`."""
        found = Counter((action, rule) for action, rule, *_ in self.findings)
        rows = [(action, rule, n) for (action, rule), n in sorted(found.items())]
        return pd.DataFrame(rows, columns=["action", "rule", "rows"])

    def table(self) -> pd.DataFrame:
        """All findings, one row each, columns as `COLUMNS`."""
        return pd.DataFrame(self.findings, columns=list(COLUMNS))

    def merge(self, other: ImportReport) -> None:
        """Add another report's rows and findings to this one."""
        self.read += other.read
        self.findings.extend(other.findings)

"""Findings of an import, and rows that were set aside, as CSV."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from aze_core.domain.model import InventoryVersion
from aze_core.locale import finding, t
from aze_core.measures.withhold import censored
from aze_core.reports.tables import to_csv
from aze_core.store.imports import Aside


def findings_table(findings: pd.DataFrame, language: str = "en") -> pd.DataFrame:
    """Findings with their rules in words: `action`, `rule`, `meaning`, `file`, `row`, `column`, `value`,
    `detail`.
    """
    table = findings.drop(columns="input")
    words = [finding(str(rule), language) for rule in table["rule"]]
    table.insert(list(table.columns).index("rule") + 1, "meaning", words)
    table["action"] = [t(f"finding_action.{action}", language) for action in table["action"]]
    return table


def findings_csv(findings: pd.DataFrame, version: InventoryVersion, names: Sequence[str] = ()) -> bytes:
    """Every finding of an import, safe to open in a spreadsheet, without the names that are withheld."""
    return to_csv(censored(findings_table(findings), list(names), t("sensitive.withheld")), version)


def aside_table(aside: Sequence[Aside], language: str = "en") -> pd.DataFrame:
    """Rows that were set aside: why, where they stood, then their own cells under their own columns.

    Corrected, such a table can be read again as the file that the rows come from.
    """
    rows = [
        {
            "why": "; ".join(finding(rule, language) for rule in one.rules.split(", ")),
            "file": one.file,
            "row": one.row,
            **one.cells,
        }
        for one in aside
    ]
    return pd.DataFrame(rows, columns=None if rows else ["why", "file", "row"])


def aside_csv(aside: Sequence[Aside], version: InventoryVersion, names: Sequence[str] = ()) -> bytes:
    """Rows that were set aside, safe to open in a spreadsheet, without the names that are withheld."""
    return to_csv(censored(aside_table(aside), list(names), t("sensitive.withheld")), version)

"""The report of an import: counts rows once, keeps their cells, knows its rules."""

from __future__ import annotations

import pandas as pd
import pytest

from aze_core.domain.report import RULES, ImportReport
from aze_core.locale import LANGUAGES, finding, messages


def test_a_row_under_several_rules_counts_once() -> None:
    report = ImportReport(read=4)
    report.add("set_aside", "no_site", "a.csv", 2)
    report.add("set_aside", "no_name", "a.csv", 2)
    report.add("set_aside", "no_site", "b.csv", 2)
    report.add("repaired", "text_mended", "a.csv", 3)
    assert report.aside == {("a.csv", 2): ["no_site", "no_name"], ("b.csv", 2): ["no_site"]}
    assert (report.set_aside, report.accepted) == (2, 4 - 2)


def test_cells_are_kept_as_text() -> None:
    report = ImportReport()
    report.keep_cells("a.csv", 2, {"id": 7.0, "name": None, "area": float("nan"), "flag": pd.NA, "x": "=1"})
    assert report.cells == {("a.csv", 2): {"id": "7", "name": "", "area": "", "flag": "", "x": "=1"}}
    other = ImportReport(read=1)
    other.merge(report)
    assert other.cells == report.cells


@pytest.mark.parametrize(("action", "rule"), [("dropped", "no_site"), ("noted", "some_rule")])
def test_unknown_actions_and_rules_are_refused(action: str, rule: str) -> None:
    with pytest.raises(ValueError, match="expected to be in"):
        ImportReport().add(action, rule, "a.csv")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_words(language: str) -> None:
    known = {name.removeprefix("finding.") for name in messages(language) if name.startswith("finding.")}
    assert known == RULES
    assert finding("two_of_class_name", language) == finding("two_of_order_name", language)


def test_findings_beyond_the_limit_are_counted() -> None:
    report = ImportReport(read=6, limit=2)
    for row in range(1, 5):
        report.add("set_aside", "no_geometry", "a", row)
    report.add("noted", "no_name", "a", 5)
    assert len(report.findings) == 2 + 1
    assert (report.set_aside, report.accepted) == (4, 6 - 4)
    assert report.counts().to_dict("records") == [
        {"action": "noted", "rule": "no_name", "rows": 1},
        {"action": "set_aside", "rule": "no_geometry", "rows": 4},
    ]
    assert report.table()["value"].iloc[-1] == str(4 - 2)


def test_a_limit_holds_when_reports_are_merged() -> None:
    whole = ImportReport(limit=3)
    for part in range(2):
        report = ImportReport(read=2, limit=1)
        report.add("set_aside", "no_geometry", "a", 2 * part + 1)
        report.add("set_aside", "no_geometry", "a", 2 * part + 2)
        whole.merge(report)
    assert (whole.read, whole.set_aside, len(whole.findings)) == (4, 4, 2)

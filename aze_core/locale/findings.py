"""Findings of an import in words."""

from __future__ import annotations

from aze_core.locale.catalogue import t


def finding(rule: str, language: str = "en") -> str:
    """What a rule of `aze_core.domain.report.RULES` means, and what to do where something is to be done.

    Examples
    --------
    >>> finding("two_of_order_name")
    'Rows that disagree on a detail; the first counts'
    """
    return t("finding.two_of" if rule.startswith("two_of_") else f"finding.{rule}", language)

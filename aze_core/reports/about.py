"""What a file of several tables says of itself: what it stands on, how it was made, what it is not for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from aze_core import __version__
from aze_core.domain.model import InventoryVersion
from aze_core.locale import t
from aze_core.reports.tables import stamp


def about(
    version: InventoryVersion,
    settings: str = "",
    sources: pd.DataFrame | None = None,
    language: str = "en",
) -> pd.DataFrame:
    """Facts about a file, one a row, for people to read.

    Parameters
    ----------
    version : InventoryVersion
    settings : str
        The choices behind the numbers. A JSON object is taken apart, one row for each choice; any other
        text is one row.
    sources : pandas.DataFrame, optional
        The inventory's table `sources`, or the rows of it that the numbers rest on: each with citation and
        terms. Without it the source of the list is named by its code alone.
    language : str

    Returns
    -------
    pandas.DataFrame
        Columns `name`, `value`, both text: inventory, notice, source, counts, content hash, version it was
        derived from (if any), software, settings, sources.

    Examples
    --------
    >>> from aze_core.domain.model import InventoryVersion
    >>> version = InventoryVersion("0123456789abcdef", "x", "X", "1", "global_aze", "2010",
    ...                            "historical_baseline", "s", "n", 1, 1, 1, "0.1.0")
    >>> about(version, '{"weights": {"gap": 0.5}, "all": true}').tail(2).to_numpy().tolist()
    [['Setting: weights, gap', '0.5'], ['Setting: all', 'yes']]
    """
    rows = [
        (t("about_file.inventory", language), stamp(version, language)),
        (t("about_file.notice", language), version.notice),
        (t("about_file.source", language), version.source if sources is None else ""),
        (
            t("about_file.held", language),
            t("about_file.counts", language, sites=version.n_sites, species=version.n_species),
        ),
        (t("about_file.hash", language), version.content_hash),
        (t("about_file.derived_from", language), version.derived_from),
        (t("about_file.software", language), t("about_file.planner", language, software=__version__)),
        (t("about_file.built_with", language), t("about_file.planner", language, software=version.software)),
    ]
    rows += _choices(settings, language)
    if sources is not None:
        rows += [
            (
                t("about_file.source_named", language, name=str(code) if pd.isna(short) else str(short)),
                str(cited)
                if pd.isna(terms)
                else t("about_file.cited", language, citation=cited, terms=str(terms).rstrip(".")),
            )
            for code, short, cited, terms in zip(
                sources.index, sources["title_short"], sources["citation"], sources["terms"], strict=True
            )
        ]
    return pd.DataFrame([row for row in rows if row[1]], columns=["name", "value"])


def _choices(settings: str, language: str) -> list[tuple[str, str]]:
    try:
        given = json.loads(settings)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        return [(t("about_file.settings", language), settings)]
    found = _flat("", given, language) if given else ()
    rows = [(t("about_file.setting", language, name=name), text) for name, text in found]
    # the choices of a ranking: its two pairs of ranks are not the same
    columns = [(t("about_file.columns", language), t("about_file.columns_said", language))]
    return rows + columns if "uncertainty" in given else rows


def _flat(name: str, item: Any, language: str) -> Iterator[tuple[str, str]]:
    if isinstance(item, dict) and item:
        for key, below in item.items():
            part = str(key).replace("_", " ")
            yield from _flat(f"{name}, {part}" if name else part, below, language)
    else:
        yield name, _said(item, language)


def _said(item: Any, language: str) -> str:
    if isinstance(item, bool):
        return t("yes" if item else "no", language)
    if item is None or item in ("", [], {}):
        return t("about_file.none", language)
    if isinstance(item, list):
        return ", ".join(_said(part, language) for part in item)
    return json.dumps(item, ensure_ascii=False) if isinstance(item, dict) else str(item)

"""A plan as files: its sites with their actions, the scoreboard, the ledger, and what all of it stands on."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from aze_core.domain.model import InventoryVersion
from aze_core.locale import area, percent, t
from aze_core.reports.geopackage import to_geopackage
from aze_core.reports.tables import to_csv
from aze_core.reports.workbook import to_xlsx

LAYER = "plan_sites"
ACTION = "action"
"""Column of the plan's sites that says what is done there."""


def plan_workbook(
    sites: pd.DataFrame,
    board: pd.DataFrame,
    ledger: pd.DataFrame,
    version: InventoryVersion,
    settings: str = "",
    language: str = "en",
    sources: pd.DataFrame | None = None,
    more: dict[str, pd.DataFrame] | None = None,
) -> bytes:
    """A plan as a workbook.

    Parameters
    ----------
    sites : pandas.DataFrame
        Index `site_id`; the plan's sites, with a column `action`.
    board, ledger : pandas.DataFrame
        As `aze_core.scenarios.targets` makes them.
    version : InventoryVersion
    settings, sources : str, pandas.DataFrame
        The choices behind the plan, and what it rests on; see `aze_core.reports.about.about`.
    language : str
    more : dict of str to pandas.DataFrame, optional
        Further sheets by name, such as the added area by country.

    Returns
    -------
    bytes
        Sheets: about the file, the plan's sites, the scoreboard in words, the ledger, and the further ones.

    Raises
    ------
    ValueError
        When the sites have no column `action`, or a frame is longer than a sheet.

    Examples
    --------
    >>> from aze_core.domain.model import Assumptions
    >>> from aze_core import build
    >>> from aze_core.scenarios.targets import ledger, scoreboard
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> shipped = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> sites = pd.DataFrame({"action": ["protect"]}, index=pd.Index(["AFG1"], name="site_id"))
    >>> board = scoreboard(shipped, ("AFG1",), Assumptions())
    >>> plan_workbook(sites, board, ledger(shipped, ("AFG1",)), shipped.version)[:2]
    b'PK'
    """
    sheets = {
        t("plan_file.sites", language): _with_action(sites),
        t("plan_file.board", language): board_in_words(board, language),
        t("plan_file.ledger", language): ledger,
        **(more or {}),
    }
    return to_xlsx(sheets, version, settings, language, sources)


def board_in_words(board: pd.DataFrame, language: str = "en") -> pd.DataFrame:
    """The scoreboard with the words of each line: the measure, its targets, and what it does not mean.

    Parameters
    ----------
    board : pandas.DataFrame
        As `aze_core.scenarios.targets.scoreboard` returns it.

    Returns
    -------
    pandas.DataFrame
        The same rows; `gbf_target`, `aichi_target`, `line` in front, `does_not_mean` at the end.
    """
    table = board.copy()
    words = [
        [t(f"target.{code}", language) for code in board["gbf"]],
        [t(f"target.{code}", language) for code in board["aichi"]],
        [t(f"measure.{code}", language) for code in board["measure"]],
    ]
    for place, (name, column) in enumerate(zip(("gbf_target", "aichi_target", "line"), words, strict=True)):
        table.insert(place, name, column)
    table["does_not_mean"] = [t(f"measure.{code}_not", language) for code in board["measure"]]
    return table


def added_in_words(
    added: pd.DataFrame, names: Mapping[str, str] | None = None, language: str = "en"
) -> pd.DataFrame:
    """The added area with a sentence for each place and realm; with a national figure x % → x + Δ %.

    Parameters
    ----------
    added : pandas.DataFrame
        As `aze_core.scenarios.added_area.added_area` returns it.
    names : mapping of str to str, optional
        Names of countries by code; the code stands where there is none.
    language : str

    Returns
    -------
    pandas.DataFrame
        The same rows; `line` in front, and `marks` at the end: the marks of the targets, for reference only.

    Examples
    --------
    >>> row = {"added_km2": 10.0, "added_high_km2": 10.0, "part": 0.01, "part_high": 0.01, "before": 0.145,
    ...        "after": 0.155, "after_high": 0.155, "source": "Report", "aichi_mark": 0.17, "gbf_mark": 0.3}
    >>> at = pd.MultiIndex.from_tuples([("MEX", "land")], names=["place", "realm"])
    >>> added_in_words(pd.DataFrame([row], index=at))["line"].item()
    'MEX, land: 14.5% → 15.5% (figure before: Report)'
    """
    lines, marks = [], []
    for (place, realm), row in zip(added.index, added.to_dict("records"), strict=True):
        where = t("added.world", language) if place == "world" else (names or {}).get(place, place)
        fields = {"place": where, "realm": t(f"added.{realm}", language)}
        if not row.get("sites", 1) and row.get("unknown", 0):
            line = t("added.unknown", language, **fields)
        elif pd.notna(row["after"]):
            step = row["after"] - row["before"]
            before = _fine(row["before"], step, language)
            after = _range(row["after"], row["after_high"], step, language)
            line = t("added.moves", language, **fields, before=before, after=after, source=row["source"])
        else:
            low, high = area(row["added_km2"], language), area(row["added_high_km2"], language)
            fields["area"] = low if low == high else f"{low} – {high}"
            if pd.notna(row["part"]):
                part = _range(row["part"], row["part_high"], row["part"], language)
                line = t("added.part", language, **fields, part=part)
            else:
                line = t("added.alone", language, **fields)
        lines.append(line)
        marks.append(t("added.marks", language, aichi=row["aichi_mark"], gbf=row["gbf_mark"]))
    table = added.copy()
    table.insert(0, "line", lines)
    return table.assign(marks=marks)


def _fine(share: float, step: float, language: str) -> str:
    """A share in per cent with the decimals that let a step be seen, at most six."""
    decimals = 1 if step <= 0 else min(max(1, math.ceil(-math.log10(step * 100) - 1e-9)), 6)
    return percent(share, decimals, language)


def _range(low: float, high: float, step: float, language: str) -> str:
    first, last = _fine(low, step or high - low, language), _fine(high, step or high - low, language)
    return first if first == last else f"{first} – {last}"


def plan_geopackage(
    sites: pd.DataFrame,
    points: pd.DataFrame,
    version: InventoryVersion,
    settings: str = "",
    language: str = "en",
    sources: pd.DataFrame | None = None,
) -> bytes:
    """The plan's sites as a layer of points, `plan_sites`; see `aze_core.reports.geopackage`.

    Raises
    ------
    ValueError
        When the sites have no column `action`, or a site has two points.
    """
    return to_geopackage(_with_action(sites), points, version, settings, language, sources, layer=LAYER)


def plan_csv(
    sites: pd.DataFrame, version: InventoryVersion, settings: str = "", language: str = "en"
) -> bytes:
    """The plan's sites as CSV; see `aze_core.reports.tables`.

    Raises
    ------
    ValueError
        When the sites have no column `action`.
    """
    return to_csv(_with_action(sites), version, settings, language)


def _with_action(sites: pd.DataFrame) -> pd.DataFrame:
    if ACTION not in sites.columns:
        raise ValueError(
            f"the plan's sites have the columns {list(sites.columns)}; expected {ACTION!r} among them"
        )
    return sites

"""What happened to each row of an import: nothing is dropped in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


def _plain(rule: str) -> str:
    """The rule without the detail that it names: ``two_of_order_name`` is ``two_of``."""
    return "two_of" if rule.startswith("two_of_") else rule


def _is_missing(cell: object) -> bool:
    # only NaN differs from itself
    return cell is None or cell is pd.NA or cell != cell


def _as_text(cell: object) -> str:
    if _is_missing(cell):
        return ""
    # shapefiles keep identifiers as 6010.0
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


ACTIONS = ("noted", "repaired", "set_aside")
RULES = frozenset(
    """
    above_header ambiguous_number ambiguous_site antimeridian area_differs area_without_unit area_zero
    areas_give_way bad_coordinate bad_coordinates bad_iso3 bad_number bad_point bad_threat_code
    bad_year biosphere_reserve category_changed column_absent computed_replaces_reported
    cost_without_currency cover_without_year coverage_dropped coverage_dropped_data coverage_reused
    crs_assumed crs_changed doubled_column duplicate_id duplicate_occurrence duplicate_row
    duplicate_species duplicate_threat empty_layer empty_sheet error_value formula_without_value
    half_point hidden_sheet identifiers_made invalid_geometry islands_as_triangles iso3_case
    line_geometry merged_cells mett_above_max mixed_encoding name_spelling name_without_author
    named_by_place names_left_out negative_number no_area no_area_meets no_aze_status no_geometry
    no_id no_iso3 no_name no_point no_points no_share no_site no_territory_overlaps not_a_binomial
    not_a_number not_global not_in_red_list_ambiguous not_in_red_list_unknown not_latest not_named
    not_stated null_island occurrences_left_list occurrences_updated odd_letters one_id_two_sites
    ones_mark_presence other_encoding other_format other_layer outside_world parts_dissolved
    parts_dropped point_beside_polygon point_far point_geometry point_without_area polar
    possibly_extinct presence_not_known reader_warning red_list_not_kept repeated_values rights_column
    rights_updated ring_closed row_too_long share_by_criterion share_effectively_all share_needed
    share_not_a_number share_out_of_range share_scale share_unclear sheet_without_table simplified
    site_conflict site_without_boundary sites_left_list sites_updated status_not_reported
    subpopulation swapped_point synonym text_doubtful text_encoding text_mended
    threat_of_unknown_species two_assessments two_categories two_names_one_species two_of
    two_shares_of_one_pair two_values_of_one_site unclear_flag unknown_aze_status unknown_category
    unknown_consent_stage unknown_country unknown_list_type unknown_realm unknown_site unnamed_column
    unread_flag unused_columns values_updated wrong_encoding
    """.split()  # noqa: SIM905 - a list of this length reads better so
)
"""Rules that a finding can fall under; the words stand in the catalogues, below `finding`."""

MORE = "rows more, counted but not listed"
"""Detail of a finding whose value tells how many further rows fall under its rule."""

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
    cells : dict of (str, int) to dict
        By file and row: the cells, by column, of a row that was set aside, so that it can be corrected.
    limit : int, optional
        How many findings of one action and rule are listed; a file of the whole world can have a hundred
        thousand of them.
    more : Counter of (str, str, str)
        By action, rule and file: findings beyond the limit, counted only. Each stands for one row.

    Examples
    --------
    >>> report = ImportReport(read=2)
    >>> report.add("set_aside", "null_island", "kba.shp", 2, "geometry", "POINT (0 0)")
    >>> report.accepted, report.counts().to_dict("records")
    (1, [{'action': 'set_aside', 'rule': 'null_island', 'rows': 1}])
    """

    read: int = 0
    findings: list[tuple[str, str, str, int | None, str, str, str]] = field(default_factory=list)
    cells: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    limit: int | None = None
    more: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._listed: Counter[tuple[str, str]] = Counter(finding[:2] for finding in self.findings)

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
        if _plain(rule) not in RULES:
            raise ValueError(f"`rule` was {rule!r} but is expected to be in `RULES`")
        self._take((action, rule, file, row, column, str(value)[:200], str(detail)[:500]))

    def note_many(self, rule: str, file: str, rows: int) -> None:
        """Take down one finding that concerns many rows at once; nothing where there are none."""
        if rows:
            self.add("noted", rule, file, value=rows)
        if rows > 1:
            self.more["noted", rule, file] += rows - 1

    def _take(self, finding: tuple[str, str, str, int | None, str, str, str]) -> None:
        if self.limit is not None:
            if self._listed[finding[:2]] >= self.limit:
                self.more[finding[:3]] += 1
                return
            self._listed[finding[:2]] += 1
        self.findings.append(finding)

    @property
    def aside(self) -> dict[tuple[str, int | None], list[str]]:
        """Rules by file and row of what was set aside; a row can fall under several."""
        found: dict[tuple[str, int | None], list[str]] = {}
        for action, rule, file, row, *_ in self.findings:
            if action == "set_aside" and rule not in found.setdefault((file, row), []):
                found[file, row].append(rule)
        return found

    @property
    def set_aside(self) -> int:
        """Rows left out: a row with several findings counts once."""
        return len(self.aside) + sum(n for (action, *_), n in self.more.items() if action == "set_aside")

    @property
    def accepted(self) -> int:
        """Rows that went into the inventory."""
        return self.read - self.set_aside

    def keep_cells(self, file: str, row: int, cells: Mapping[str, object]) -> None:
        """Keep the cells of a row that was set aside; empty ones as empty texts."""
        self.cells[file, row] = {str(name): _as_text(cell) for name, cell in cells.items()}

    def counts(self) -> pd.DataFrame:
        """Findings by action and rule: columns `action`, `rule`, `rows`."""
        found = Counter((action, rule) for action, rule, *_ in self.findings)
        for (action, rule, _), n in self.more.items():
            found[action, rule] += n
        rows = [(action, rule, n) for (action, rule), n in sorted(found.items())]
        return pd.DataFrame(rows, columns=["action", "rule", "rows"])

    def table(self) -> pd.DataFrame:
        """All findings, one row each, columns as `COLUMNS`; those beyond the limit as a number."""
        rest = [
            (action, rule, file, None, "", str(n), MORE)
            for (action, rule, file), n in sorted(self.more.items())
        ]
        return pd.DataFrame([*self.findings, *rest], columns=list(COLUMNS))

    def merge(self, other: ImportReport) -> None:
        """Add another report's rows and findings to this one."""
        self.read += other.read
        for finding in other.findings:
            self._take(finding)
        self.more.update(other.more)
        self.cells.update(other.cells)


def tally(findings: pd.DataFrame) -> pd.DataFrame:
    """Rows by action and rule of listed findings: columns `action`, `rule`, `n`.

    Parameters
    ----------
    findings : pandas.DataFrame
        As `ImportReport.table` returns them, or several of them below one another.

    Examples
    --------
    >>> report = ImportReport(read=3, limit=1)
    >>> for row in (1, 2, 3):
    ...     report.add("noted", "no_name", "kba.shp", row)
    >>> tally(report.table()).to_dict("records")
    [{'action': 'noted', 'rule': 'no_name', 'n': 3}]
    """
    more = findings["detail"] == MORE
    n = pd.to_numeric(findings["value"].where(more, "1"), errors="coerce").fillna(1).astype(int)
    return n.groupby([findings["action"], findings["rule"]]).sum().rename("n").reset_index()

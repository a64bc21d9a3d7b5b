"""Files that users bring → a new inventory version beside the old ones."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from aze_core.build.areas import ingest
from aze_core.build.coverage import (
    Pool,
    check_boundaries,
    chosen_files,
    files_of,
    refreshed,
    settings_of,
    with_cover,
)
from aze_core.build.files import TRAINING_MARK, file_hash
from aze_core.build.join_knowledge import with_national, with_territories
from aze_core.build.join_sites import Frames, stack, with_coverage, with_sites
from aze_core.build.join_species import with_red_list, with_trigger_species
from aze_core.build.plan import KINDS, SITES, ImportPlan, Input
from aze_core.build.recognise import date_of_areas, names_within, sheets_of, suggest
from aze_core.build.shipped import place
from aze_core.domain.errors import DataError
from aze_core.domain.model import CoverageSettings, InventoryVersion
from aze_core.domain.report import COLUMNS, ImportReport
from aze_core.domain.schema import TABLES, check_references, conform, empty
from aze_core.domain.settings import value
from aze_core.locale import t
from aze_core.sources import kba, territories
from aze_core.sources.archives import open_archive
from aze_core.sources.facts import read_facts
from aze_core.sources.kba import read_kba
from aze_core.sources.national import read_national
from aze_core.sources.red_list import read_red_list
from aze_core.sources.site_table import SiteTable, read_site_table
from aze_core.sources.tables import Sheet, header_fingerprint, read_cells
from aze_core.sources.territories import read_territories
from aze_core.sources.trigger_species import read_trigger_species
from aze_core.store import folder, red_lists
from aze_core.store.imports import Aside, record_of, save
from aze_core.store.inventory import frames_of, read_version
from aze_core.store.mappings import remember

Progress = Callable[[float, str, int], None]
"""Called with the share done (0 to 1), the id of a stage below `import.stage`, and the rows read so far."""

_READING = 0.6
_JOINED = 0.7
_WITH_AREAS = 0.5  # areas are long to read, and as long to lay over the sites


@dataclass(frozen=True)
class ImportResult:
    """What an import made.

    Attributes
    ----------
    path : Path
        The version's database.
    version : InventoryVersion
    reused : bool
        Whether the same version was there already.
    seconds : float
    inputs : pandas.DataFrame
        The files of this import: `input_id`, `kind`, `file`, `sha256`, `read`, `accepted`, `repaired`,
        `set_aside`.
    findings : pandas.DataFrame
        `input`, then the columns of `aze_core.domain.report.COLUMNS`.
    aside : list of Aside
        Rows that were set aside and can be corrected, those of the base that still wait included.
    """

    path: Path
    version: InventoryVersion
    reused: bool
    seconds: float
    inputs: pd.DataFrame
    findings: pd.DataFrame
    aside: list[Aside]


def import_files(
    plan: ImportPlan,
    store_dir: Path,
    data_dir: Path = folder.DATA,
    progress: Progress | None = None,
    today: dt.date | None = None,
    cover: CoverageSettings | None = None,
    pool: Pool | None = None,
    workers: int = 1,
) -> ImportResult:
    """Read files and make a new version of them.

    Nothing that is there changes: the version is written beside the others and moved to its place at the
    end, and the default stays what it is. When anything fails, or the progress function raises, the store is
    as it was.

    Parameters
    ----------
    plan : ImportPlan
    store_dir : Path
        Store folder; made when missing.
    data_dir : Path
        Folder of the shipped facts, from which countries and published figures come.
    progress : callable, optional
        See `Progress`.
    today : datetime.date, optional
        Day by which a list counts as current; today.
    cover : CoverageSettings, optional
        How cover is computed where protected areas come; as in the base, or as usual.
    pool, workers : optional
        Where cover is computed; see `aze_core.build.coverage.with_cover`.

    Returns
    -------
    ImportResult

    Raises
    ------
    DataError
        A file that cannot be read as it was said to be: names it, what came and what was expected.
    StoreError
        The base is not there, or the store cannot be written.
    """
    started = time.perf_counter()
    tell = progress or (lambda share, stage, rows: None)
    inputs = sorted(plan.inputs, key=lambda one: KINDS.index(one.kind))
    if not plan.base and not set(SITES) & {one.kind for one in inputs}:
        raise DataError("no_sites_given", file=", ".join(one.name for one in inputs))
    tell(0.0, "check", 0)
    today = today or dt.date.today()
    intake = _Intake(plan, store_dir, _base_frames(plan, store_dir, data_dir), tell, today)
    reading = _WITH_AREAS if any(one.kind == "protected_areas" for one in inputs) else _READING
    for number, one in enumerate(inputs):
        intake.take(one, reading * number / len(inputs), reading / len(inputs))
    intake.match_kept_red_list()
    intake.compute(cover, pool, workers)
    tell(_READING, "join", intake.rows)
    frames = intake.finished(today)
    tell(_JOINED, "write", intake.rows)
    path, reused = place(frames, store_dir, lambda: tell(0.95, "place", intake.rows))
    seconds = time.perf_counter() - started
    aside = intake.waiting()
    save(store_dir, path.stem, plan.to_dict(), seconds, intake.findings(), aside)
    for kind, header, columns in intake.confirmed:
        remember(store_dir, kind, header, columns)
    tell(1.0, "done", intake.rows)
    version = read_version(path)
    return ImportResult(path, version, reused, seconds, intake.inputs(), intake.findings(), aside)


def _base_frames(plan: ImportPlan, store_dir: Path, data_dir: Path) -> Frames:
    """Tables to add to: those of the base, or empty ones beside countries and published figures."""
    if plan.base:
        return frames_of(folder.inventory_path(store_dir, plan.base))
    facts = read_facts(data_dir)
    frames = {name: empty(table) for name, table in TABLES.items()}
    frames["sites"]["geometry"] = pd.Series(dtype=object)
    named = set(facts["countries"]["source"]) | set(facts["figures"]["source"])
    frames.update(
        countries=facts["countries"],
        figures=facts["figures"],
        sources=facts["sources"][facts["sources"]["source_id"].isin(named)],
    )
    return frames


class _Intake:
    """Tables on their way from the base to the new version, and what was found on it."""

    def __init__(
        self, plan: ImportPlan, store_dir: Path, frames: Frames, tell: Progress, today: dt.date
    ) -> None:
        self.plan, self.store_dir, self.frames, self.tell = plan, store_dir, frames, tell
        self.today = today
        self.areas: list[tuple[str, str, str]] = []  # input, SHA-256 and date of protected areas
        self.rows = 0
        self.training = False
        self.known_species = set(frames["species"]["species_id"])
        self.reports: dict[str, ImportReport] = {}
        self.records: list[dict[str, object]] = []
        self.confirmed: list[tuple[str, str, dict[str, str | list[str]]]] = []

    # -- reading

    def take(self, one: Input, start: float, part: float) -> None:
        """Read one file into the tables."""
        path = Path(one.path)
        report = ImportReport()
        digest = file_hash(path)
        source = self.with_source(one, digest)
        read: Callable[..., None] = getattr(self, f"_take_{one.kind}")

        def tell(share: float, stage: str) -> None:
            self.tell(start + part * share, stage, self.rows)

        tell(0.0, "read")
        read(one, path, source, report, tell)
        self.rows += report.read
        self.reports[source] = report
        counts = report.counts()
        self.records.append(
            {
                "input_id": source,
                "kind": one.kind,
                "file": one.name,
                "sha256": digest,
                "read": report.read,
                "accepted": max(0, report.accepted),
                "repaired": int(counts.loc[counts["action"] == "repaired", "rows"].sum()),
                "set_aside": report.set_aside,
            }
        )

    def with_source(self, one: Input, digest: str) -> str:
        """Identifier of the file's source, which now stands in the tables."""
        source, number = f"in-{digest[:8]}", 1
        while source in self.reports:
            number += 1
            source = f"in-{digest[:8]}-{number}"
        title = one.name if not one.sheet else f"{one.name} [{one.sheet}]"
        vintage = self.areas_as_of(one) if one.kind == "protected_areas" else self.as_of
        row = {
            "source_id": source,
            "citation": t(f"import.citation.{one.kind}", file=title),
            "title_short": title,
            "vintage": vintage,
            "terms": t(f"import.terms.{one.kind}"),
        }
        old = self.frames["sources"]
        old = old[old["source_id"] != source]
        self.frames = {**self.frames, "sources": stack(old, pd.DataFrame([row]), "sources")}
        return source

    @property
    def as_of(self) -> str:
        """Date that the list describes."""
        base = self.frames["inventory"]
        return self.plan.as_of or ("" if base.empty else str(base["as_of"].iloc[0]))

    def areas_as_of(self, one: Input) -> str:
        """Date that protected areas describe."""
        return one.as_of or date_of_areas([one.name, *names_within(Path(one.path))], self.today)

    def sheet(self, one: Input, path: Path) -> Sheet:
        """The table that the input means."""
        if path.suffix.lower() == ".zip":
            with open_archive(path) as archive:
                tables = archive.of("csv", "xlsx", "ods")
                if len(tables) != 1:
                    found = ", ".join(source.name for source in tables[:10]) or "none"
                    raise DataError("several_tables", file=one.name, found=found)
                sheets = sheets_of(archive, tables[0])
        else:
            sheets = read_cells(path, one.name)
        for sheet in sheets:
            if (one.sheet and sheet.name == one.sheet) or (not one.sheet and len(sheets) == 1):
                cells = (cell for _, row in sheet.rows for cell in row)
                self.training |= any(TRAINING_MARK in cell.casefold() for cell in cells if len(cell) < 200)
                return sheet
        raise DataError("which_sheet", file=one.name, found=", ".join(sheet.name for sheet in sheets))

    def mapping(self, one: Input, sheet: Sheet) -> dict[str, str | list[str]]:
        """Columns of the fields, as the user said, else as they are guessed."""
        if one.columns:
            self.confirmed.append((one.kind, header_fingerprint(sheet.header), one.columns))
        return one.columns or suggest(sheet, one.kind)[0]

    def layer_mapping(self, one: Input, path: Path) -> dict[str, str]:
        """Columns of a layer's fields, as the user said; empty where nothing was said."""
        if one.columns:
            suggest_layer = {"sites": kba.suggest_mapping, "territories": territories.suggest_mapping}
            columns, _ = suggest_layer[one.kind](path)
            self.confirmed.append((one.kind, header_fingerprint(columns), one.columns))
        return {name: str(column) for name, column in one.columns.items()}

    def keep_cells(self, sheet: Sheet, report: ImportReport) -> None:
        """Let the report keep what stood in rows that were set aside."""
        rows = dict(sheet.rows)
        for file, row in report.aside:
            if file == sheet.file and row in rows:
                report.keep_cells(file, row, dict(zip(sheet.header, rows[row], strict=True)))

    def _take_sites(
        self, one: Input, path: Path, source: str, report: ImportReport, tell: Callable[[float, str], None]
    ) -> None:
        columns = self.layer_mapping(one, path)
        sites, found = read_kba(path, tell, mapping=columns)
        report.merge(found)
        self.training |= bool(sites["source_text"].str.casefold().str.contains(TRAINING_MARK).any())
        self.frames = with_sites(
            self.frames,
            sites,
            source,
            report,
            list_type=one.list_type,
            country=one.country,
            replaces=one.replaces,
        )

    def site_table(self, one: Input, sheet: Sheet, source: str, report: ImportReport) -> SiteTable:
        """Sites and cover of a table, in the tables."""
        columns = suggest(sheet, "site_table")[0] if one.kind != "site_table" else self.mapping(one, sheet)
        found = read_site_table(
            sheet,
            {name: str(column) for name, column in columns.items()},
            self.frames["countries"],
            list_type=one.list_type or ("" if one.kind != "site_table" else self.plan.list_type),
        )
        report.merge(found.report)
        self.frames = with_sites(
            self.frames, found.sites, source, report, country=one.country, replaces=one.replaces
        )
        self.frames = with_coverage(self.frames, found.coverage, source, "reported_with_sites")
        return found

    def _take_site_table(
        self, one: Input, path: Path, source: str, report: ImportReport, tell: Callable[[float, str], None]
    ) -> None:
        sheet = self.sheet(one, path)
        self.site_table(one, sheet, source, report)
        self.keep_cells(sheet, report)

    def _take_aze_2010(
        self, one: Input, path: Path, source: str, report: ImportReport, tell: Callable[[float, str], None]
    ) -> None:
        sheet = self.sheet(one, path)
        found = self.site_table(one, sheet, source, report)
        tell(0.5, "read")
        self.species(one, sheet, source, report, own_sites=found.sites)
        # both readings told what was found in the cells, and count the same rows
        report.read = len(sheet.rows)
        report.findings = list(dict.fromkeys(report.findings))
        self.keep_cells(sheet, report)

    _take_aze_2019 = _take_aze_2010

    def _take_trigger_species(
        self, one: Input, path: Path, source: str, report: ImportReport, tell: Callable[[float, str], None]
    ) -> None:
        sheet = self.sheet(one, path)
        self.species(one, sheet, source, report)
        self.keep_cells(sheet, report)

    def species(
        self,
        one: Input,
        sheet: Sheet,
        source: str,
        report: ImportReport,
        own_sites: pd.DataFrame | None = None,
    ) -> None:
        """Trigger species of a table, in the tables."""
        columns = self.mapping(one, sheet)
        found = read_trigger_species(
            sheet,
            columns,
            sites=self.frames["sites"] if own_sites is None else None,
            missing_share=one.missing_share,
            share_scale=one.share_scale,
            source=source,
        )
        report.merge(found.report)
        if own_sites is not None:
            there = found.occurrences["site_id"].isin(own_sites["site_id"])
            rows = tuple(row for row, keep in zip(found.rows, there, strict=True) if keep)
            found = type(found)(
                found.occurrences[there].reset_index(drop=True),
                rows,
                found.species,
                found.sites,
                found.report,
            )
        self.frames = with_trigger_species(self.frames, found, sheet.file, one.replaces, report)

    def _take_red_list(
        self, one: Input, path: Path, source: str, report: ImportReport, tell: Callable[[float, str], None]
    ) -> None:
        found = read_red_list(path, one.name)
        report.merge(found.report)
        self.training |= bool(found.species["authority"].str.casefold().str.contains(TRAINING_MARK).any())
        red_lists.keep(self.store_dir, file_hash(path), found)
        self.frames = with_red_list(self.frames, found, source, one.name, report)

    def match_kept_red_list(self) -> None:
        """Match species that came now to the Red List export that the base was matched to."""
        news = set(self.frames["species"]["species_id"]) - self.known_species
        if not news or any(record["kind"] == "red_list" for record in self.records):
            return
        inputs = self.frames["inputs"]
        for row in inputs[inputs["kind"] == "red_list"].itertuples():
            kept = red_lists.kept(self.store_dir, str(row.sha256))
            source = str(row.input_id)
            report = self.reports[str(self.records[-1]["input_id"])]
            if kept is None:
                report.add("noted", "red_list_not_kept", str(row.file), value=len(news))
                continue
            self.frames = with_red_list(self.frames, kept, source, str(row.file), report, news)

    def _take_national(
        self, one: Input, path: Path, source: str, report: ImportReport, tell: Callable[[float, str], None]
    ) -> None:
        sheet = self.sheet(one, path)
        columns = {name: str(column) for name, column in self.mapping(one, sheet).items()}
        found = read_national(sheet, self.frames["sites"], columns, one.details)
        report.merge(found.report)
        self.frames = with_national(self.frames, found.values, source, sheet.file, report)
        self.keep_cells(sheet, report)

    def _take_territories(
        self, one: Input, path: Path, source: str, report: ImportReport, tell: Callable[[float, str], None]
    ) -> None:
        found, told = read_territories(path, self.layer_mapping(one, path) or None, tell)
        report.merge(told)
        texts = found["source"].dropna().astype(str).str.casefold()
        self.training |= bool(texts.str.contains(TRAINING_MARK).any())
        self.frames = with_territories(self.frames, found, source, one.name, report)

    def _take_protected_areas(
        self, one: Input, path: Path, source: str, report: ImportReport, tell: Callable[[float, str], None]
    ) -> None:
        check_boundaries(self.frames, one.name)
        found = ingest(path, self.store_dir, tell, one.name)
        report.merge(found.report)
        self.training |= found.training
        self.areas.append((source, found.digest, self.areas_as_of(one)))

    # -- the end

    def compute(self, settings: CoverageSettings | None, pool: Pool | None, workers: int) -> None:
        """Cover of the sites, where protected areas came, or sites changed that have one."""
        run = self.frames["coverage_runs"]

        def tell(share: float) -> None:
            self.tell(_WITH_AREAS + (_READING - _WITH_AREAS) * share, "cover", self.rows)

        if not self.areas:
            last = self.reports[str(self.records[-1]["input_id"])]
            self.frames = refreshed(self.frames, self.store_dir, last, tell)
            return
        tell(0.0)
        files = chosen_files(self.store_dir, files_of(run), [digest for _, digest, _ in self.areas])
        new = {digest for _, digest, _ in self.areas}
        dates = [date for *_, date in self.areas]
        if any(one.sha256 not in new for one in files):
            dates.append(str(run["areas_as_of"].iloc[0]))
        as_of = max(dates)
        report = self.reports[self.areas[-1][0]]
        gone = {one.sha256 for one in files_of(run)} - {one.sha256 for one in files}
        for digest in sorted(gone - new):
            report.add("noted", "areas_give_way", self.areas[-1][0], value=digest[:12])
        chosen = settings or settings_of(run)
        self.frames = with_cover(
            self.frames, self.store_dir, files, as_of, chosen, report, tell, pool, workers
        )

    def finished(self, today: dt.date) -> Frames:
        """All tables of the new version, checked."""
        frames = dict(self.frames)
        old = frames["inputs"]
        old = old[~old["input_id"].isin([record["input_id"] for record in self.records])]
        frames["inputs"] = stack(old, pd.DataFrame(self.records), "inputs")
        frames["inventory"] = self.record(today)
        for name, table in TABLES.items():
            shapes = frames[name]["geometry"] if name == "sites" else None
            frames[name] = conform(frames[name], table, name).reset_index(drop=True)
            if shapes is not None:
                frames[name]["geometry"] = shapes.to_numpy(dtype=object)
        check_references(frames)
        return frames

    def record(self, today: dt.date) -> pd.DataFrame:
        """The one row of the table `inventory`."""
        plan = self.plan
        base = None if self.frames["inventory"].empty else self.frames["inventory"].iloc[0]
        name = " ".join(plan.name.split()) or str(base["name"] if base is not None else "")
        as_of = self.as_of
        sites = [r for r in self.records if r["kind"] in SITES]
        training = self.training or (base is not None and base["status"] == "training")
        kinds = [kind for kind in KINDS if any(record["kind"] == kind for record in self.records)]
        notices = [] if base is None else [str(base["notice"])]
        if training and t("import.training") not in " ".join(notices):
            notices.append(t("import.training"))
        notices += [
            text
            for text in dict.fromkeys(t(f"import.terms.{kind}") for kind in kinds)
            if text not in " ".join(notices)
        ]
        row = {
            "inventory_id": _slug(name) or "inventory",
            "name": name,
            "version": plan.list_version or (as_of if plan.as_of or base is None else base["version"]),
            "list_type": plan.list_type if base is None else base["list_type"],
            "as_of": as_of,
            "status": status_of(as_of, today, training),
            "source": sites[0]["input_id"] if sites else base["source"] if base is not None else None,
            "notice": " ".join(notices),
            "derived_from": plan.base or None,
        }
        return conform(pd.DataFrame([row]), TABLES["inventory"], "inventory")

    def inputs(self) -> pd.DataFrame:
        """The files of this import."""
        return pd.DataFrame(self.records)

    def findings(self) -> pd.DataFrame:
        """Everything that was found, by input."""
        frames = [report.table().assign(input=source) for source, report in self.reports.items()]
        found = pd.concat(frames, ignore_index=True)[["input", *COLUMNS]]
        return found.astype({"row": "Int64"})

    def waiting(self) -> list[Aside]:
        """Rows that were set aside and wait for correction."""
        settled = {place for one in self.plan.inputs for place in one.corrects}
        before = record_of(self.store_dir, self.plan.base) if self.plan.base else None
        kept = [a for a in (before.aside if before else []) if f"{a.input_id}:{a.row}" not in settled]
        # a territory has no table in which it could be corrected
        kinds = {record["input_id"]: record["kind"] for record in self.records}
        for source, report in self.reports.items():
            for (file, row), rules in report.aside.items():
                if row is not None and kinds[source] != "territories" and (file, row) in report.cells:
                    kept.append(Aside(source, file, row, ", ".join(rules), report.cells[file, row]))
        return kept


def status_of(as_of: str, today: dt.date, training: bool = False) -> str:
    """Whether a list may be used for decisions, by the year that it describes.

    Examples
    --------
    >>> [status_of(year, dt.date(2026, 11, 1)) for year in ("2026-03", "2021", "2020")]
    ['current', 'current', 'historical_baseline']
    """
    if training:
        return "training"
    years = today.year - int(as_of[:4])
    return "current" if years <= value("inventory.current_years") else "historical_baseline"


def _slug(text: str) -> str:
    return "-".join(filter(None, re.split(r"[^a-z0-9]+", text.casefold())))[:60]

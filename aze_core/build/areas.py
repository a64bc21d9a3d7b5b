"""A download of protected areas → one file in the store, made once for each download."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.build.files import TRAINING_MARK, file_hash
from aze_core.domain.report import ImportReport
from aze_core.measures.cleaning import CleaningReport, tidy_protected_areas
from aze_core.sources.protected_areas import MAX_FINDINGS, read_protected_areas
from aze_core.sources.shapes import Progress, where
from aze_core.store import protected_areas as kept_areas

_READ = 0.75
"""Share of the work after which all areas are read, and sorting begins."""

# step of the cleaning: action, rule, column, field that holds the value, detail
_FINDINGS = {
    "not_reported": ("set_aside", "status_not_reported", "STATUS", "status", ""),
    "biosphere_reserve": ("set_aside", "biosphere_reserve", "DESIG_ENG", "designation", ""),
    "no_geometry": ("set_aside", "no_geometry", "geometry", "", ""),
    "line": ("set_aside", "line_geometry", "geometry", "", ""),
    "outside_world": ("set_aside", "outside_world", "geometry", "", ""),
    "point_without_area": ("set_aside", "point_without_area", "REP_AREA", "reported_km2", ""),
    "no_area": ("set_aside", "no_area", "geometry", "", ""),
    "repaired": ("repaired", "invalid_geometry", "geometry", "", "made valid in the equal-area system"),
    "bad_year": ("repaired", "bad_year", "STATUS_YR", "year", "taken as undated"),
    "bad_area": ("noted", "bad_number", "REP_AREA", "reported_km2", "taken as unknown"),
}


@dataclass(frozen=True)
class Ingested:
    """Protected areas of a download, in the store.

    Attributes
    ----------
    path : Path
        The file: see `aze_core.store.protected_areas`.
    digest : str
        SHA-256 of the download.
    report : ImportReport
        Rows read and set aside, and what was found; long lists of one kind are cut, their numbers are not.
    about : dict
        What the file says of itself: `file`, `digest`, `training`, `read`, `rows`, `doubled` (rows that came
        twice and count once), `cleaning` (see `CleaningReport.from_dict`), `counts` (`tier`, `basis`,
        `kind`, how many `areas`, how many of them `undated`), `countries` (by ISO3: `areas`, `dated`, and
        their `first` and `last` year; a transboundary area is in each of its countries) and `bounds`
        (EPSG:6933; None where no area is left).
    training : bool
        Whether these are the planner's own made-up areas.
    reused : bool
        Whether the same download was there already.
    """

    path: Path
    digest: str
    report: ImportReport
    about: dict[str, Any]
    training: bool
    reused: bool


def ingest(path: Path, store: Path, progress: Progress | None = None, name: str = "") -> Ingested:
    """Read a download of protected areas into the store, unless it is there.

    Parameters
    ----------
    path : Path
        See `aze_core.sources.protected_areas.read_protected_areas`.
    store : Path
        Store folder; made when missing.
    progress : callable, optional
        Called with the share done (0 to 1) and the id of a stage below `import.stage`.
    name : str
        How the file is called; its own name where empty.

    Returns
    -------
    Ingested

    Raises
    ------
    DataError
        A download that cannot be read. The store is as it was.
    StoreError
        The store cannot be written.

    Notes
    -----
    Any number of processes may do this at once, also with the same download. Proposed areas, those of
    unknown status and circles around points are kept, and marked: leave them out of a headline.
    """
    tell = progress or (lambda share, stage: None)
    tell(0.0, "check")
    digest = file_hash(path)
    there = kept_areas.kept(store, digest)
    reused = there is not None
    if there is None:
        there = _make(path, store, digest, name or path.name, tell)
    about = kept_areas.about(there)
    report = _report_of(about.pop("report"))
    tell(1.0, "done")
    return Ingested(there, digest, report, about, bool(about["training"]), reused)


def _make(path: Path, store: Path, digest: str, name: str, tell: Progress) -> Path:
    tally = _Tally(ImportReport(limit=MAX_FINDINGS), dt.date.today())

    def batches() -> Iterator[gpd.GeoDataFrame]:
        batches = read_protected_areas(
            path, lambda share, stage: tell(_READ * share, stage), report=tally.report
        )
        for rows in batches:
            yield tally.take(rows)
        tell(_READ, "write")

    def about() -> dict[str, Any]:
        return {"file": name, "digest": digest, **tally.about()}

    return kept_areas.keep(store, digest, batches(), about)


class _Tally:
    """What the batches come to, one after the other."""

    def __init__(self, report: ImportReport, today: dt.date) -> None:
        self.report, self.today = report, today
        self.cleaning = CleaningReport()
        self.training = False
        self.counts: Counter[tuple[str, str, str, bool]] = Counter()
        self.countries: dict[str, dict[str, int | None]] = {}
        self.bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self._seen: set[bytes] = set()

    def take(self, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """The tidy areas of a batch, which are now counted."""
        if "remarks" in rows:
            remarks = rows["remarks"].dropna().astype("str").str.casefold()
            self.training |= bool(remarks.str.contains(TRAINING_MARK, regex=False).any())

        def note(step: str, places: np.ndarray) -> None:
            if step in _FINDINGS:
                action, rule, column, field, detail = _FINDINGS[step]
                for at in places:
                    came = rows[field].iloc[at] if field in rows else ""
                    self.report.add(action, rule, *where(rows, at), column, came, detail)

        areas, cleaning = tidy_protected_areas(rows, note, self.today)
        self.cleaning += cleaning
        areas = self._once(rows, areas).reset_index(drop=True)
        self._count(areas)
        return areas

    def _once(self, rows: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Areas that did not come before, in all they say."""
        plain = areas.drop(columns="geometry").astype(object).itertuples(index=False)
        wkb = shapely.to_wkb(areas.geometry.to_numpy())
        new = np.ones(len(areas), dtype=bool)
        for number, (cells, shape) in enumerate(zip(plain, wkb, strict=True)):
            print_of = hashlib.blake2b(shape, digest_size=16)
            print_of.update(repr(tuple(cells)).encode("utf-8", "surrogatepass"))
            new[number] = print_of.digest() not in self._seen
            self._seen.add(print_of.digest())
        for at, area_id in areas.loc[~new, "area_id"].items():
            self.report.add("noted", "duplicate_row", *where(rows, at), "", area_id, "one counts")
        return areas[new]

    def _count(self, areas: gpd.GeoDataFrame) -> None:
        if areas.empty:
            return
        undated = areas["year"].isna()
        self.counts.update(zip(areas["tier"], areas["basis"], areas["kind"], undated, strict=True))
        bounds = areas.total_bounds
        self.bounds[:2] = np.minimum(self.bounds[:2], bounds[:2])
        self.bounds[2:] = np.maximum(self.bounds[2:], bounds[2:])
        each = areas[["iso3", "year"]].assign(iso3=areas["iso3"].str.split(";")).explode("iso3")
        found = each.groupby("iso3")["year"].agg(["size", "count", "min", "max"])
        for iso3, here, dated, first, last in found.itertuples():
            known = self.countries.get(str(iso3), {"areas": 0, "dated": 0, "first": None, "last": None})
            span = [year for year in (known["first"], known["last"]) if year is not None]
            span += [int(first), int(last)] if dated else []
            self.countries[str(iso3)] = {
                "areas": (known["areas"] or 0) + int(here),
                "dated": (known["dated"] or 0) + int(dated),
                "first": min(span, default=None),
                "last": max(span, default=None),
            }

    def about(self) -> dict[str, Any]:
        """What to keep beside the areas."""
        counts = pd.DataFrame(
            [(*group, n) for group, n in sorted(self.counts.items())],
            columns=["tier", "basis", "kind", "undated", "areas"],
        )
        counts["undated"] = counts["undated"].astype(bool) * counts["areas"]
        counts = counts.groupby(["tier", "basis", "kind"], as_index=False)[["areas", "undated"]].sum()
        return {
            "training": self.training,
            "read": self.report.read,
            "doubled": self.cleaning.kept - int(counts["areas"].sum()),
            "cleaning": self.cleaning.to_dict(),
            "counts": [
                {**row, "areas": int(row["areas"]), "undated": int(row["undated"])}
                for row in counts.to_dict("records")
            ],
            "countries": dict(sorted(self.countries.items())),
            "bounds": self.bounds.tolist() if np.isfinite(self.bounds).all() else None,
            "report": {
                "read": self.report.read,
                "findings": self.report.findings,
                "more": [[*place, n] for place, n in sorted(self.report.more.items())],
            },
        }


def _report_of(given: dict[str, Any]) -> ImportReport:
    """The report as it was kept beside the areas."""
    return ImportReport(
        read=given["read"],
        findings=[tuple(finding) for finding in given["findings"]],
        limit=MAX_FINDINGS,
        more=Counter({(action, rule, file): n for action, rule, file, n in given["more"]}),
    )

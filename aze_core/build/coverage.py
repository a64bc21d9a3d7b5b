"""Protected areas kept in the store → the computed cover of an inventory's sites."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.build.join_sites import NOWHERE, Frames, stack
from aze_core.build.shipped import place
from aze_core.domain.errors import DataError, SettingError, StoreError
from aze_core.domain.model import CoverageSettings
from aze_core.domain.protected_areas import COUNTED, PROPOSED, UNKNOWN
from aze_core.domain.report import ImportReport
from aze_core.domain.schema import TABLES, conform, empty
from aze_core.domain.settings import value
from aze_core.locale import t
from aze_core.measures.coverage import areal_sites, swapped
from aze_core.measures.growth import first_protected, growth, of_parts, reported
from aze_core.measures.nearest_area import nearest_area_km
from aze_core.measures.reported import COMPUTED
from aze_core.measures.sweep import Areas, Swept, stopped, sweep
from aze_core.measures.trend import trends
from aze_core.store import folder, protected_areas
from aze_core.store.inventory import frames_of, read_run

RUN = "run"
RUN_TABLES = (
    "coverage_runs",
    "protection_parts",
    "protection_range",
    "protection_areas",
    "protection_trend",
    "protection_growth",
)
"""Tables that a run fills."""

_CHUNK = 200  # sites swept at once: a few megabytes of areas, and a step of the progress

Tell = Callable[[float], None]


class Pool(Protocol):
    """What work can be handed to: an executor of `concurrent.futures`, or a client of dask.distributed."""

    def submit(self, run: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Something with a `result`."""


@dataclass(frozen=True)
class AreaFile:
    """Areas of one download that count for a run.

    Attributes
    ----------
    sha256 : str
        Of the download.
    kinds : tuple of str
        Kinds of areas that count.
    less : tuple of str
        ``kind:ISO3`` of which a later download speaks: areas of these countries alone count no longer.
    """

    sha256: str
    kinds: tuple[str, ...]
    less: tuple[str, ...] = ()

    def of(self, frame: Any) -> Any:
        """The rows of a frame that count."""
        kept = frame["kind"].isin(self.kinds)
        for kind in self.kinds:
            gone = {code.partition(":")[2] for code in self.less if code.startswith(f"{kind}:")}
            if gone:
                codes = frame["iso3"].fillna("").str.split(";")
                still = np.array([not gone.issuperset(own) for own in codes], dtype=bool)
                kept &= (frame["kind"] != kind) | still
        return frame[kept]


def chosen_files(store_dir: Path, earlier: Sequence[AreaFile], new: Sequence[str]) -> list[AreaFile]:
    """Which downloads a run counts, when new ones come to earlier ones.

    A country of which a new download holds areas, of one kind, is no longer taken from earlier ones: last
    year's WDPA gives way, an update of one country leaves the others as they were, and an OECM file stands
    beside protected areas. An area that several countries share speaks for none of them.

    Parameters
    ----------
    store_dir : Path
    earlier : sequence of AreaFile
        In the order in which they came.
    new : sequence of str
        SHA-256 of downloads that lie in the store.

    Returns
    -------
    list of AreaFile
    """
    fresh = [(digest, _extent(store_dir, digest)) for digest in dict.fromkeys(new)]
    kept: list[AreaFile] = []
    for one in earlier:
        if one.sha256 in new:
            continue
        own = _extent(store_dir, one.sha256)
        kinds, less = [], set(one.less)
        for kind in one.kinds:
            spoken = set().union(*(extent.get(kind, set()) for _, extent in fresh))
            gone = spoken | {code.partition(":")[2] for code in less if code.startswith(f"{kind}:")}
            if own.get(kind, set()) - gone or not own.get(kind):
                kinds.append(kind)
                less |= {f"{kind}:{code}" for code in own.get(kind, set()) & gone}
        if kinds:
            kept.append(AreaFile(one.sha256, tuple(kinds), tuple(sorted(less))))
    return kept + [AreaFile(digest, tuple(sorted(extent))) for digest, extent in fresh if extent]


def _extent(store_dir: Path, digest: str) -> dict[str, set[str]]:
    """Countries by kind of area, those apart that areas only share."""
    path = _kept(store_dir, digest)
    table = protected_areas.years(path)
    codes = table["iso3"].fillna("").mask(table["iso3"].fillna("").str.contains(";"))
    return {str(kind): set(found.dropna()) for kind, found in codes.groupby(table["kind"])}


def _kept(store_dir: Path, digest: str) -> Path:
    path = protected_areas.kept(store_dir, digest)
    if path is None:
        raise StoreError("areas_not_kept", sha256=digest[:12])
    return path


def files_of(run: pd.DataFrame) -> list[AreaFile]:
    """The downloads that a run counted; none where there is no run."""
    if run.empty:
        return []
    told = json.loads(str(run["settings"].iloc[0]))["areas"]
    return [AreaFile(str(digest), tuple(kinds), tuple(less)) for digest, kinds, less in told]


def settings_of(run: pd.DataFrame) -> CoverageSettings:
    """The settings of a run; the usual ones where there is none."""
    if run.empty:
        return CoverageSettings()
    told = json.loads(str(run["settings"].iloc[0]))
    return CoverageSettings(**{name: told[name] for name in ("tolerance", "draws", "seed")})


# ---------------------------------------------------------------- a run


def with_cover(
    frames: Frames,
    store_dir: Path,
    files: Sequence[AreaFile],
    as_of: str,
    settings: CoverageSettings | None = None,
    report: ImportReport | None = None,
    tell: Tell = lambda share: None,
    pool: Pool | None = None,
    workers: int = 1,
) -> Frames:
    """The tables with the cover that protected areas give to the sites.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
        Tables of an inventory, `sites` with boundaries.
    store_dir : Path
    files : sequence of AreaFile
        Downloads that lie in the store.
    as_of : str
        Date that the areas describe; its year is the vintage of the shares.
    settings : CoverageSettings, optional
    report : ImportReport, optional
        Takes what was noted.
    tell : callable, optional
        Called with the share done; what it raises ends the run.
    pool : Pool, optional
        Where chunks of sites are swept; here where not given.
    workers : int
        How many of them work at once.

    Returns
    -------
    dict of str to pandas.DataFrame
        A run of the same inputs and settings that lies in the store is taken over.

    Raises
    ------
    DataError
        No site has a boundary, or the areas' coordinates are swapped.
    StoreError
        Protected areas that are not, or no longer, in the store.
    """
    settings = settings or CoverageSettings()
    report = ImportReport() if report is None else report
    if not files:
        raise DataError("no_area_counts")
    paths = [(_kept(store_dir, one.sha256), one) for one in files]
    name = ", ".join(str(protected_areas.about(path)["file"]) for path, _ in paths)
    until = int(as_of[:4])
    check_boundaries(frames, name)
    sites = _sites(frames)
    report.note_many("site_without_boundary", name, len(frames["sites"]) - len(sites))
    record = {
        "run_id": RUN,
        "areas_hash": hashlib.sha256(repr([(f.sha256, f.kinds, f.less) for f in files]).encode()).hexdigest(),
        "sites_hash": _sites_hash(sites),
        "settings": json.dumps(
            {
                **settings.to_dict(),
                "edition": value("coverage.edition"),
                "areas": [[f.sha256, list(f.kinds), list(f.less)] for f in files],
            },
            sort_keys=True,
        ),
        "areas_as_of": as_of,
        "until": until,
    }
    frames, source = _with_source(frames, str(record["areas_hash"]), name, as_of)
    done = _same_run(frames, store_dir, record)
    if done is not None:
        report.add("noted", "coverage_reused", name)
        return _with_tables(frames, done, source, until, report, name)
    by_file = [one.of(protected_areas.years(path)) for path, one in paths]
    years = pd.concat(by_file)
    found, names = _swept(sites, paths, tell, pool, workers)
    if not found.pairs:
        _tell_nothing_met(sites, paths, report, name)
    force = years[_in_force(years)]
    drawn = len(force) <= value("coverage.growth_areas")
    added = _first_protected(paths, sites) if drawn else reported(force)
    tables = {
        **_tables(found, names, settings.tolerance),
        **_curves(sites, found, force, added, settings, until, lambda share: tell(0.8 + share / 5)),
    }
    record |= {
        "areas": len(force),
        "undated": int(force["year"].isna().sum()),
        "points": int((years["basis"] == "point").sum()),
        "unknown": int((years["tier"] == UNKNOWN).sum()),
        "proposed": int((years["tier"] == PROPOSED).sum()),
        "other_country": sum(row[-1] for row in found.ranges),
        "growth_basis": "union" if drawn else "reported",
    }
    ranges = tables["protection_range"]
    near = _nearest_km(sites, found, paths, by_file)
    tables["protection_range"] = ranges.assign(nearest_area_km=ranges["site_id"].map(near))
    tables["coverage_runs"] = pd.DataFrame([record])
    tell(1.0)
    return _with_tables(frames, tables, source, until, report, name)


def check_boundaries(frames: Frames, file: str) -> None:
    """Without a single boundary no cover can be computed: told before anything is read.

    Raises
    ------
    DataError
    """
    shapes = frames["sites"]["geometry"].to_numpy(dtype=object)
    if not (shapely.get_dimensions(shapes) == 2).any():
        raise DataError("areas_without_boundaries", file=file, n=len(shapes))


def _with_source(frames: Frames, areas_hash: str, files: str, as_of: str) -> tuple[Frames, str]:
    """The tables with a source for what is computed of these areas."""
    source = f"cover-{areas_hash[:8]}"
    row = {
        "source_id": source,
        "citation": t("import.citation.cover", files=files),
        "title_short": t("import.cover_title", files=files),
        "vintage": as_of,
        "terms": t("import.terms.protected_areas"),
    }
    old = frames["sources"]
    old = old[old["source_id"] != source]
    return {**frames, "sources": stack(old, pd.DataFrame([row]), "sources")}, source


def _sites(frames: Frames) -> gpd.GeoDataFrame:
    """Sites that have a boundary, in EPSG:6933, with what groups them."""
    table = frames["sites"].set_index("site_id")
    shapes = table["geometry"].to_numpy(dtype=object)
    sites = areal_sites(gpd.GeoDataFrame(table[["iso3"]], geometry=shapes, crs="EPSG:4326"))
    classes = frames["occurrences"].merge(frames["species"][["species_id", "class_name"]], on="species_id")
    named = classes.dropna(subset=["class_name"]).groupby("site_id")["class_name"]
    by_site = named.agg(lambda found: ";".join(sorted(set(found))))
    # a site of unknown country is matched with areas of any
    codes = sites["iso3"].str.split(";")
    iso3 = [";".join(code for code in own if code != NOWHERE) for own in codes]
    return sites.assign(
        iso3=iso3,
        list_type=table["list_type"].reindex(sites.index),
        region=table["region"].reindex(sites.index),
        classes=by_site.reindex(sites.index).fillna(""),
    ).sort_index()


def _sites_hash(sites: gpd.GeoDataFrame) -> str:
    digest = hashlib.sha256()
    raw = shapely.to_wkb(shapely.normalize(sites.geometry.to_numpy(dtype=object)), byte_order=1)
    for row, shape in zip(sites.drop(columns="geometry").itertuples(), raw, strict=True):
        digest.update(repr(tuple(row)).encode() + b"\0" + shape)
    return digest.hexdigest()


def _same_run(frames: Frames, store_dir: Path, record: dict[str, Any]) -> Frames | None:
    """Tables of a run of the same inputs and settings, of these tables or of another version."""
    run = frames["coverage_runs"]
    if not run.empty and all(run[name].iloc[0] == content for name, content in record.items()):
        return {name: frames[name] for name in RUN_TABLES}
    for path in sorted(folder.inventory_path(store_dir, "x").parent.glob("*.gpkg")):
        told = read_run(path)
        if told and all(told[name] == content for name, content in record.items()):
            try:
                other = frames_of(path)
            except StoreError:
                continue
            return {name: other[name] for name in RUN_TABLES}
    return None


def _swept(
    sites: gpd.GeoDataFrame,
    paths: Sequence[tuple[Path, AreaFile]],
    tell: Tell,
    pool: Pool | None,
    workers: int,
) -> tuple[Swept, pd.DataFrame]:
    """What covers the sites, swept in chunks of neighbours, and the areas that do, by position in pairs."""
    order = sites.hilbert_distance().sort_values(kind="stable").index
    pieces = [sites.loc[order[at : at + _CHUNK]] for at in range(0, len(order), _CHUNK)]

    def tasks() -> Iterator[tuple[pd.DataFrame, tuple[Any, ...]]]:
        for piece in pieces:
            shapes = piece.geometry.to_numpy(dtype=object)
            near = _near(shapes, paths)
            about = near.drop(columns="geometry")
            yield about, (list(piece.index), shapes, list(piece["iso3"]), Areas.of(near), True)

    parts: list[Any] = []
    ranges: list[Any] = []
    pairs: list[Any] = []
    named: list[pd.DataFrame] = []
    offset = 0
    for number, (about, one) in enumerate(_done(tasks(), pool, workers), start=1):
        parts += one.parts
        ranges += one.ranges
        pairs += [(site, area + offset, share) for site, area, share in one.pairs]
        named.append(about)
        offset += len(about)
        tell(0.8 * number / len(pieces))
    return Swept(parts, ranges, pairs), pd.concat(named, ignore_index=True)


def _near(shapes: Any, paths: Sequence[tuple[Path, AreaFile]]) -> gpd.GeoDataFrame:
    """Areas whose box meets one of the shapes'."""
    boxes = shapely.bounds(shapes)
    found = [one.of(protected_areas.read_touching(path, boxes)) for path, one in paths]
    return gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=found[0].crs)


def _done(
    tasks: Iterator[tuple[pd.DataFrame, tuple[Any, ...]]], pool: Pool | None, workers: int
) -> Iterator[tuple[pd.DataFrame, Swept]]:
    """Sweeps in the order of their tasks; a pool works on a few at a time, so that memory stays flat."""
    if pool is None:
        for about, task in tasks:
            yield about, sweep(*task)
        return
    waiting: deque[tuple[pd.DataFrame, Future[Swept]]] = deque()
    for about, task in tasks:
        waiting.append((about, pool.submit(sweep, *task)))
        if len(waiting) > 2 * workers:
            first, future = waiting.popleft()
            yield first, future.result()
    while waiting:
        first, future = waiting.popleft()
        yield first, future.result()


def _nearest_km(
    sites: gpd.GeoDataFrame,
    found: Swept,
    paths: Sequence[tuple[Path, AreaFile]],
    by_file: Sequence[pd.DataFrame],
) -> pd.Series:
    """How far from each site the nearest area in force lies, of any country."""
    counted = [np.asarray(about.index[_in_force(about)], dtype=np.int64) for about in by_file]
    boxes = [protected_areas.boxes(path)[places] for (path, _), places in zip(paths, counted, strict=True)]
    starts = np.cumsum([0, *map(len, boxes)])

    def read(wanted: np.ndarray) -> np.ndarray:
        cuts = np.searchsorted(wanted, starts)
        return np.concatenate(
            [
                protected_areas.read_places(path, places[wanted[cuts[at] : cuts[at + 1]] - starts[at]])
                for at, ((path, _), places) in enumerate(zip(paths, counted, strict=True))
            ]
        )

    covered = found.range_table()["areas"] > 0
    apart = covered.index[~covered]
    km = pd.Series(0.0, index=covered.index)
    km[apart] = nearest_area_km(sites.geometry.loc[apart], np.concatenate(boxes), read).round(3)
    return km


def _tell_nothing_met(
    sites: gpd.GeoDataFrame, paths: Sequence[tuple[Path, AreaFile]], report: ImportReport, name: str
) -> None:
    """That no area meets a site: likely swapped coordinates, or another country's file."""
    shapes = sites.geometry.to_numpy(dtype=object)
    boxes = [
        shapely.box(*shapely.bounds(batch.geometry.to_numpy(dtype=object)).T)
        for path, _ in paths
        for batch in protected_areas.batches(path)
    ]
    # all of them at once: one that lies near a site speaks for the rest
    if boxes and swapped(shapes, np.concatenate(boxes)):
        raise DataError("areas_swapped")
    report.note_many("no_area_meets", name, len(sites))


def _in_force(areas: pd.DataFrame) -> pd.Series:
    """Which areas count for the headline."""
    return (areas["tier"] == COUNTED) & (areas["basis"] == "polygon")


def _tables(found: Swept, names: pd.DataFrame, tolerance: float) -> Frames:
    """What is known of each site."""
    parts = stopped(found.part_table(), tolerance)
    return {
        "protection_parts": _numbered(parts.assign(undated=parts["undated"].replace("", None))),
        "protection_range": _ranges(found, parts),
        "protection_areas": _areas(found, names),
    }


def _curves(
    sites: gpd.GeoDataFrame,
    found: Swept,
    force: pd.DataFrame,
    added: pd.DataFrame,
    settings: CoverageSettings,
    until: int,
    tell: Tell,
) -> Frames:
    """Trend and growth, for each list by itself."""
    whole = found.part_table()
    km2 = shapely.area(sites.geometry.to_numpy(dtype=object)) / 1e6
    plain = pd.DataFrame(sites.drop(columns="geometry")).assign(km2=km2)
    curves, grown = [], []
    for list_type, group in plain.groupby("list_type"):
        mine = whole[whole["site_id"].isin(group.index)]
        curve = trends(
            mine.assign(year=mine["year"].clip(upper=until)),
            group,
            _drawn_from(force).assign(year=lambda frame: frame["year"].clip(upper=until)),
            _groups(group),
            settings.draws,
            settings.seed,
            tolerance=settings.tolerance,
            until=until,
            tell=tell,
        )
        curves.append(curve.assign(list_type=list_type))
        # measured on the added land itself, where that is known
        within = list_type in added.columns
        inside = added.assign(km2=added[list_type]) if within else of_parts(mine, group)
        countries = ";".join(group["iso3"]).split(";")
        grown.append(growth(added, inside, countries).assign(list_type=list_type))
    return {
        "protection_trend": pd.concat(curves, ignore_index=True),
        "protection_growth": pd.concat(grown, ignore_index=True),
    }


def _drawn_from(force: pd.DataFrame) -> pd.DataFrame:
    """Areas of which years are drawn; where none is dated, undated ones hold from the start of the curve."""
    if force["year"].notna().any():
        return force
    return force.assign(year=value("coverage.first_year"))


def _first_protected(paths: Sequence[tuple[Path, AreaFile]], sites: gpd.GeoDataFrame) -> pd.DataFrame:
    frames = [one.of(batch) for path, one in paths for batch in protected_areas.batches(path)]
    every = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    by_list = {str(code): group.geometry.to_numpy(dtype=object) for code, group in sites.groupby("list_type")}
    return first_protected(every[_in_force(every)], by_list)


def _groups(sites: pd.DataFrame) -> dict[tuple[str, str], Any]:
    groups: dict[tuple[str, str], Any] = {("all", "all"): np.ones(len(sites), dtype=bool)}
    for kind, column in (("region", "region"), ("country", "iso3"), ("class", "classes")):
        held = sites[column].str.split(";")
        for code in sorted({one for codes in held for one in codes} - {""}):
            groups[kind, code] = np.array([code in codes for codes in held], dtype=bool)
    return groups


def _numbered(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with their number among those of the site."""
    return rows.assign(entry=rows.groupby("site_id").cumcount() + 1)


def _ranges(found: Swept, parts: pd.DataFrame) -> pd.DataFrame:
    """One row a site: the headline, and what it rests on."""
    made = found.range_table()
    shares = parts.assign(
        oecm=parts["share"].where(parts["kind"] == "oecm", 0.0),
        undated_share=parts["share"].where(parts["year"].isna(), 0.0),
    ).groupby("site_id")
    sums = shares[["share", "oecm", "undated_share"]].sum().reindex(made.index).fillna(0.0)
    sums = sums.round(12).clip(0, 1)
    made["share"], made["share_oecm"], made["share_undated"] = (
        sums[name] for name in ("share", "oecm", "undated_share")
    )
    for name in ("share_points", "share_unknown", "share_proposed"):
        made[name] = made[name].round(12).clip(0, 1)
    made["share_high"] = (made["share"] + made["share_points"] + made["share_unknown"]).clip(upper=1)
    made["first_year"] = shares["year"].min().reindex(made.index).astype("Int64")
    return made.drop(columns="other_country").reset_index()


def _areas(found: Swept, names: pd.DataFrame) -> pd.DataFrame:
    """One row for each site and area that overlap, the largest share first."""
    rows = pd.DataFrame(found.pairs, columns=["site_id", "position", "share"])
    told = names.iloc[rows["position"].astype(int)].reset_index(drop=True)
    columns = ["area_id", "name", "kind", "tier", "basis", "status", "year", "designation"]
    rows = pd.concat([rows, told[[*columns, "iucn_category", "governance"]]], axis=1)
    rows["share"] = rows["share"].round(12)
    return _numbered(rows.sort_values(["site_id", "share", "area_id"], ascending=[True, False, True]))


def _with_tables(
    frames: Frames, tables: Frames, source: str, until: int, report: ImportReport, file: str
) -> Frames:
    """The tables with those of a run, and its shares as one vintage among the others."""
    made = dict(frames)
    for name in RUN_TABLES:
        rows = tables[name].assign(source=source).reindex(columns=TABLES[name].names)
        made[name] = conform(rows, TABLES[name], name).reset_index(drop=True)
    shares = made["protection_range"][["site_id", "share"]].assign(
        vintage=until, method=COMPUTED, source=source
    )
    old = without_computed(frames)["coverage"] if _has_run(frames, until) else frames["coverage"]
    # an older run of a later year is no longer there to be looked into
    old = old[~((old["method"] == COMPUTED) & (old["vintage"] > until)).to_numpy()]
    keys = pd.MultiIndex.from_frame(old[["site_id", "vintage"]].astype({"vintage": int}))
    same = keys.isin(pd.MultiIndex.from_frame(shares[["site_id", "vintage"]]))
    # what came after the last run of this year stays as it is
    stays = (old["method"] == "corrected").to_numpy() | _has_run(frames, until)
    lost = same & ~stays
    report.note_many("computed_replaces_reported", file, int(lost.sum()))
    kept = set(old.loc[same & stays, "site_id"])
    shares = shares[~shares["site_id"].isin(kept)]
    made["coverage"] = stack(old[~lost], _corrected(shares, frames["corrections"], until), "coverage")
    return made


def _corrected(shares: pd.DataFrame, corrections: pd.DataFrame, until: int) -> pd.DataFrame:
    """Computed shares, where no accepted correction says how much is protected since an earlier year."""
    made = shares.copy()
    for row in corrections[corrections["kind"] == "protected_since"].itertuples():
        said = json.loads(str(row.new_value))
        mine = made.index[made["site_id"] == row.site_id]
        if said and min(entry["vintage"] for entry in said) <= until:
            made.loc[mine, ["share", "method", "source"]] = [said[-1]["share"], "corrected", row.source]
    return made


def _has_run(frames: Frames, until: int) -> bool:
    """Whether the tables hold a run of the same vintage, whose shares give way."""
    run = frames["coverage_runs"]
    return not run.empty and int(run["until"].iloc[0]) == until


def without_computed(frames: Frames) -> Frames:
    """The tables without what a run computed; its shares of this vintage included."""
    made = dict(frames)
    run = frames["coverage_runs"]
    if run.empty:
        return made
    cover = frames["coverage"]
    mine = (cover["method"] == COMPUTED) & (cover["vintage"] == int(run["until"].iloc[0]))
    made["coverage"] = cover[~mine].reset_index(drop=True)
    for name in RUN_TABLES:
        made[name] = empty(TABLES[name])
    return made


def refreshed(
    frames: Frames, store_dir: Path, report: ImportReport | None = None, tell: Tell = lambda s: None
) -> Frames:
    """The tables with their run made anew where boundaries, lists or species changed since.

    Where that cannot be done, what the run gave is taken out, and that is noted.

    Raises
    ------
    StoreError, DataError
        It cannot be done, and there is no report to note it in.
    """
    run = frames["coverage_runs"]
    if run.empty:
        return frames
    sites = _sites(frames)
    if not sites.empty and _sites_hash(sites) == run["sites_hash"].iloc[0]:
        return frames
    as_of = str(run["areas_as_of"].iloc[0])
    try:
        return with_cover(frames, store_dir, files_of(run), as_of, settings_of(run), report, tell)
    except (StoreError, DataError) as error:
        if report is None:
            raise
        rule = "coverage_dropped" if isinstance(error, StoreError) else "coverage_dropped_data"
        report.add("noted", rule, str(run["source"].iloc[0]), detail=error.message_id)
        return without_computed(frames)


def cover(
    store_dir: Path,
    base: str,
    settings: CoverageSettings | None = None,
    tell: Tell = lambda share: None,
    pool: Pool | None = None,
    workers: int = 1,
) -> tuple[str, bool]:
    """Compute the cover of a version anew, with the protected areas that it was computed with before.

    Parameters
    ----------
    store_dir : Path
    base : str
        Content hash of a version that has a run.
    settings, tell, pool, workers
        As `with_cover`; the settings are those of the run where not given.

    Returns
    -------
    (str, bool)
        Content hash of the version with the new run, and whether it was there already.

    Raises
    ------
    SettingError
        The version has no run.
    StoreError
        The version or its protected areas are not in the store.
    """
    frames = frames_of(folder.inventory_path(store_dir, base))
    run = frames["coverage_runs"]
    if run.empty:
        raise SettingError("no_coverage_run")
    made = with_cover(
        frames,
        store_dir,
        files_of(run),
        str(run["areas_as_of"].iloc[0]),
        settings or settings_of(run),
        tell=tell,
        pool=pool,
        workers=workers,
    )
    if all(made[name].equals(frames[name]) for name in (*RUN_TABLES, "coverage")):
        return base, True
    made["inventory"] = made["inventory"].assign(derived_from=base)
    path, reused = place(made, store_dir)
    return path.stem, reused

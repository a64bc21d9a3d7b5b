"""How fast cover is computed: our sweep against geopandas, and DuckDB spatial or R sf where installed.

    python benchmarks/coverage.py [--sites 853] [--areas 300000] [--runs 3] [--workers N] [--peers NAMES]

All of them overlay the same seeded, made-up shapes in one run: sites in clusters, protected areas around
them and anywhere else, as overlapping, as long in vertices and as often undated as those of the world. The
peers compute the final year alone, ours the whole curve. Compare ratios, not seconds: machines differ. Every
method must agree with the plain union to 1e-9 of a site's area.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aze_core.build.coverage import AreaFile, with_cover  # noqa: E402
from aze_core.domain.schema import TABLES, empty  # noqa: E402
from aze_core.measures.coverage import coverage_by_year, protected_share  # noqa: E402
from aze_core.measures.nearest_area import nearest_area_km  # noqa: E402
from aze_core.store import folder, protected_areas  # noqa: E402

METRES = "EPSG:6933"
WIDTH, HEIGHT = 15_500_000.0, 6_000_000.0  # well within the extent of the projection
AGREE = 1e-9


def stars(
    rng: np.random.Generator, x: np.ndarray, y: np.ndarray, size: np.ndarray, n: np.ndarray
) -> np.ndarray:
    """Star-shaped polygons: `n` vertices around each centre, `size` metres away on average."""
    owner = np.repeat(np.arange(len(n)), n)
    place = np.concatenate([np.arange(k) for k in n])
    turn = 2 * np.pi * (place + rng.uniform(0.05, 0.95, len(owner))) / n[owner]
    wave = 1 + 0.35 * np.sin(3 * turn + owner) + 0.15 * np.sin(11 * turn + 2 * owner)
    reach = size[owner] * wave * rng.uniform(0.97, 1.03, len(owner))
    xy = np.column_stack([x[owner] + reach * np.cos(turn), y[owner] + reach * np.sin(turn)])
    return np.asarray(shapely.polygons(shapely.linearrings(xy, indices=owner)))


def made_up(n_sites: int, n_areas: int, seed: int = 1) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Sites and areas in metres of an equal-area projection; about 150 vertices to an area."""
    rng = np.random.default_rng(seed)
    cx, cy = rng.uniform(-WIDTH, WIDTH, 200), rng.uniform(-HEIGHT, HEIGHT, 200)
    of = rng.integers(0, 200, n_sites)
    x, y = cx[of] + rng.normal(0, 300_000, n_sites), cy[of] + rng.normal(0, 300_000, n_sites)
    size = np.clip(rng.lognormal(np.log(9_000), 1.0, n_sites), 500, 200_000)
    sites = gpd.GeoDataFrame(
        {"iso3": ""},
        geometry=stars(rng, x, y, size, rng.integers(60, 400, n_sites)),
        index=pd.Index([f"s{n:05}" for n in range(n_sites)], name="site_id", dtype="str"),
        crs=METRES,
    )
    near = rng.random(n_areas) < min(0.012 * n_sites / 853, 0.3)  # AZE sites touch 1.4 % of the world's areas
    at = rng.integers(0, n_sites, n_areas)
    ax = np.where(near, x[at] + rng.normal(0, 1, n_areas) * size[at], rng.uniform(-WIDTH, WIDTH, n_areas))
    ay = np.where(near, y[at] + rng.normal(0, 1, n_areas) * size[at], rng.uniform(-HEIGHT, HEIGHT, n_areas))
    reach = np.clip(rng.lognormal(np.log(2_500), 1.3, n_areas), 50, 400_000)
    vertices = np.clip(rng.lognormal(np.log(75), 1.15, n_areas), 5, 100_000).astype(int)
    year = pd.array(rng.integers(1900, 2026, n_areas), dtype="Int64")
    year[rng.random(n_areas) < 0.1] = pd.NA
    areas = gpd.GeoDataFrame(
        {"area_id": [f"a{n:06}" for n in range(n_areas)], "year": year, "kind": "pa"},
        geometry=stars(rng, ax, ay, reach, vertices),
        crs=METRES,
    )
    return sites, areas


# ---------------------------------------------------------------- peers, final year only


def by_geopandas(sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """`geopandas.overlay`, then `dissolve` by site."""
    parts = gpd.overlay(sites.reset_index()[["site_id", "geometry"]], areas[["geometry"]], how="intersection")
    return parts.dissolve("site_id").area


def by_duckdb(sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """DuckDB spatial: a spatial join, then a union of the intersections by site."""
    import duckdb

    base = duckdb.connect()
    base.install_extension("spatial")
    base.load_extension("spatial")
    for name, frame in (("s", sites.reset_index()), ("a", areas)):
        ids = frame["site_id"] if name == "s" else frame["area_id"]
        plain = pd.DataFrame({"id": ids.astype(object), "wkb": shapely.to_wkb(frame.geometry.to_numpy())})
        base.register(f"{name}_raw", plain)
        base.execute(f"CREATE TABLE {name} AS SELECT id, ST_GeomFromWKB(wkb) AS g FROM {name}_raw")
    found = base.execute(
        "SELECT s.id, ST_Area(ST_Union_Agg(ST_Intersection(s.g, a.g))) FROM s JOIN a "
        "ON ST_Intersects(s.g, a.g) GROUP BY s.id"
    ).df()
    return found.set_index(found.columns[0]).iloc[:, 0]


_SF = """
suppressMessages(library(sf)); args <- commandArgs(TRUE); sf_use_s2(FALSE)
s <- st_read(args[1], quiet = TRUE); a <- st_read(args[2], quiet = TRUE)
started <- Sys.time()
parts <- st_intersection(s["site_id"], st_geometry(a))
area <- aggregate(parts["geom"], list(site_id = parts$site_id), FUN = length)
area <- tapply(seq_len(nrow(parts)), parts$site_id, function(i) as.numeric(st_area(st_union(parts[i, ]))))
cat(as.numeric(Sys.time() - started, units = "secs"), "\\n")
write.csv(data.frame(site_id = names(area), area = area), args[3], row.names = FALSE)
"""


def by_sf(sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> tuple[pd.Series, float]:
    """R sf: intersection, then union by site; only the overlay is timed, not the reading."""
    with tempfile.TemporaryDirectory() as place:
        names = [str(Path(place) / name) for name in ("s.gpkg", "a.gpkg", "out.csv")]
        sites.reset_index().to_file(names[0])
        areas[["geometry"]].to_file(names[1])
        script = Path(place) / "sf.R"
        script.write_text(_SF)
        told = subprocess.run(
            ["Rscript", str(script), *names], capture_output=True, text=True, check=True
        ).stdout
        return pd.read_csv(names[2]).set_index("site_id")["area"], float(told.split()[-1])


def has_sf() -> bool:
    """Whether R and its package sf are there."""
    rscript = shutil.which("Rscript")
    return (
        rscript is not None
        and not subprocess.run([rscript, "-e", "library(sf)"], capture_output=True, check=False).returncode
    )


# ---------------------------------------------------------------- ours


def in_chunks(sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, workers: int) -> pd.DataFrame:
    """The whole curve of all sites in processes, each with the areas around its sites."""
    order = sites.hilbert_distance().sort_values().index
    pieces = np.array_split(order, max(workers * 8, 1))
    tree = areas.sindex
    with ProcessPoolExecutor(workers) as pool:
        jobs = []
        for piece in pieces:
            part = sites.loc[piece]
            hits = np.unique(tree.query(part.geometry.to_numpy())[1])
            jobs.append(pool.submit(coverage_by_year, part, areas.iloc[hits]))
        return pd.concat([job.result() for job in jobs]).sort_values(["site_id", "year"])


def from_store(sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, place: Path) -> dict[str, float]:
    """Seconds from the ingested file to all tables of a version, and of the parts of the way."""
    tidy = areas.assign(
        name=None, iso3="", status="Designated", designation="", iucn_category="", governance=""
    ).assign(reported_km2=areas.area / 1e6, basis="polygon", tier="counted")
    digest = "0" * 64
    start = time.perf_counter()
    cut = [tidy.iloc[at : at + 5000] for at in range(0, len(tidy), 5000)]
    protected_areas.keep(place, digest, cut, lambda: {"file": "made up"})
    told = {"sorting into the store": time.perf_counter() - start}
    frames: dict[str, pd.DataFrame] = {name: empty(table) for name, table in TABLES.items()}
    plain = pd.DataFrame({"site_id": sites.index, "iso3": "XAA", "list_type": "global_aze", "region": "asia"})
    shapes = sites.to_crs("EPSG:4326").geometry.to_numpy()
    frames["sites"] = plain.assign(geometry=shapes)
    marks: list[tuple[float, float]] = []
    start = time.perf_counter()
    made = with_cover(
        frames,
        place,
        [AreaFile(digest, ("pa",))],
        "2026-01",
        tell=lambda share: marks.append((share, time.perf_counter() - start)),
    )
    told["reading and sweeping"] = next(seconds for share, seconds in marks if share > 0.799)
    told["with trend of 1,000 draws and tables"] = time.perf_counter() - start
    assert len(made["protection_range"]) == len(sites)
    # the worst case: no area overlaps a site, so that the nearest is looked for from all of them
    path = folder.protected_areas_path(place, digest)
    boxes = protected_areas.boxes(path)
    diagonals = shapely.STRtree(shapely.linestrings(boxes.reshape(-1, 2, 2)))
    apart = np.setdiff1d(np.arange(len(boxes)), diagonals.query(sites.geometry.to_numpy())[1])
    start = time.perf_counter()
    found = nearest_area_km(
        sites.geometry, boxes[apart], lambda at: protected_areas.read_places(path, apart[at])
    )
    told["nearest area, were no site overlapped"] = time.perf_counter() - start
    assert found.gt(0).all()
    return told


def timed(run: Callable[[], object], runs: int) -> tuple[float, object]:
    """Median seconds, and what the last run returned."""
    taken, made = [], None
    for _ in range(runs):
        start = time.perf_counter()
        made = run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), made


def main() -> None:
    """Run all of them and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sites", type=int, default=853)
    parser.add_argument("--areas", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0, help="processes for a run in chunks as well")
    parser.add_argument("--peers", default="geopandas,duckdb,sf", help="which of them, with commas between")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    start = time.perf_counter()
    sites, areas = made_up(given.sites, given.areas)
    vertices = int(shapely.get_num_coordinates(areas.geometry.to_numpy()).sum())
    print(
        f"{len(sites):,} sites, {len(areas):,} areas, {vertices:,} vertices, "
        f"{areas['year'].isna().mean():.0%} undated; made in {time.perf_counter() - start:.0f} s"
    )
    ours, curve = timed(lambda: coverage_by_year(sites, areas), given.runs)
    share = protected_share(sites, areas)
    rows = [("our sweep, whole curve", ours, float("nan"))]
    with tempfile.TemporaryDirectory() as place:
        for what, seconds in from_store(sites, areas, Path(place)).items():
            rows.append((what, seconds, float("nan")))
    if given.workers:
        seconds, pooled = timed(lambda: in_chunks(sites, areas, given.workers), 1)
        same = pd.DataFrame(pooled).reset_index(drop=True)
        first = pd.DataFrame(curve).sort_values(["site_id", "year"]).reset_index(drop=True)
        print("chunks in processes agree bit by bit:", same.equals(first))
        rows.append((f"our sweep, {given.workers} processes", seconds, float("nan")))
    size = sites.area
    there = importlib.util.find_spec("duckdb") is not None
    for name, ready in (("geopandas", True), ("duckdb", there), ("sf", has_sf())):
        if name not in given.peers.split(","):
            continue
        if not ready:
            print(f"{name}: not installed")
            continue
        try:
            if name == "sf":
                found, seconds = by_sf(sites, areas)
            else:
                run = by_geopandas if name == "geopandas" else by_duckdb
                seconds, made = timed(lambda run=run: run(sites, areas), 1)  # type: ignore[misc]
                found = pd.Series(made)
        except Exception as error:
            print(f"{name}: did not run: {error}"[:300])
            continue
        off = (found.reindex(size.index).fillna(0) / size - share).abs().max()
        rows.append((f"{name}, final year", seconds, off))
    print(f"{'':38}{'seconds':>10}{'ratio':>9}{'largest difference':>22}")
    for name, seconds, off in rows:
        print(f"{name:38}{seconds:10.2f}{seconds / ours:9.1f}{off:22.1e}")
        if off > AGREE:
            raise SystemExit(f"{name} differs by more than {AGREE:g} of a site's area")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"mean cover {share.mean():.3f}, peak memory {peak:.1f} GB")


if __name__ == "__main__":
    main()

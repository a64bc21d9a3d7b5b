"""The inventory database: a GeoPackage, which is an SQLite file that QGIS and R open too."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, fields
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.errors import GEOSException

from aze_core import __version__
from aze_core.domain.errors import AzeError, StoreError
from aze_core.domain.model import Inventory, InventoryVersion, inventory_of
from aze_core.domain.schema import TABLES, Column, Table, complete, conform, empty, sqlite_types

if TYPE_CHECKING:
    import geopandas as gpd

LAYER = "sites"
RECORD = "inventory_version"
# referred tables first, as the foreign keys want them
_PLAIN = [
    name
    for name in TopologicalSorter(
        {name: [other for other, _ in table.refers.values()] for name, table in TABLES.items()}
    ).static_order()
    if name not in ("sites", "inventory")
]


def content_hash(frames: dict[str, pd.DataFrame]) -> str:
    """SHA-256 over the canonical tables: columns in registry order, rows sorted by key, then the boundaries.

    The same facts make the same hash whatever the order of files, columns and rows, on every machine.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
        By table name, as `aze_core.domain.schema` describes them; `sites` may carry boundaries.
    """
    digest = hashlib.sha256()
    frames = complete(frames)
    for name, table in TABLES.items():
        if table.late and frames[name].empty:
            continue
        names = _hashed(frames[name], table)
        frame = frames[name][names].sort_values(list(table.key), kind="stable")
        digest.update(f"{name}\x1d{chr(31).join(names)}\x1d".encode())
        columns = [
            [
                "" if gone else repr(item.item() if hasattr(item, "item") else item)
                for item, gone in zip(frame[column], frame[column].isna(), strict=True)
            ]
            for column in names
        ]
        for row in zip(*columns, strict=True):
            digest.update(("\x1f".join(row) + "\x1e").encode())
    for site, raw in sorted(_boundaries(frames[LAYER]).items()):
        digest.update(f"boundary\x1d{site}\x1d".encode() + raw)
    return digest.hexdigest()


def _hashed(frame: pd.DataFrame, table: Table) -> list[str]:
    """Columns that the hash speaks of: a run made before a column was thought of keeps its hash."""
    return [
        column.name
        for column in table.columns
        if not (table.late and column.late and frame[column.name].isna().all())
    ]


def _boundaries(sites: pd.DataFrame) -> dict[str, bytes]:
    """Boundaries as canonical WKB by site; a point is told by the site's coordinates already."""
    import shapely  # as pyogrio

    if "geometry" not in sites.columns:
        return {}
    shapes = sites["geometry"].to_numpy(dtype=object)
    areal = shapely.get_dimensions(shapes) == 2
    normal = shapely.normalize(shapely.force_2d(shapes[areal]))
    raw = shapely.to_wkb(normal, byte_order=1)
    return dict(zip(sites.loc[areal, "site_id"], raw, strict=True))


def describe(frames: dict[str, pd.DataFrame]) -> InventoryVersion:
    """The record of an inventory that is about to be written."""
    row = frames["inventory"].iloc[0]
    own = {name: "" if pd.isna(row[name]) else str(row[name]) for name in TABLES["inventory"].names}
    return InventoryVersion(
        content_hash=content_hash(frames),
        n_sites=len(frames["sites"]),
        n_species=len(frames["species"]),
        n_occurrences=len(frames["occurrences"]),
        software=__version__,
        **own,
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(key): item for key, item in row.items()} for row in plain.to_dict("records")]


def write(frames: dict[str, pd.DataFrame], path: Path) -> InventoryVersion:
    """Write an inventory to a file that does not exist yet.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
    path : Path
        Ends in `.gpkg`.

    Returns
    -------
    InventoryVersion

    Raises
    ------
    OSError
        When the file cannot be written, whichever library says so.
    """
    import pyogrio  # slow to import, and only a build needs it

    try:
        return _write(frames, path)
    except (sqlite3.Error, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise OSError(str(error)) from error


def _write(frames: dict[str, pd.DataFrame], path: Path) -> InventoryVersion:
    import geopandas as gpd
    import shapely
    import sqlite_utils  # as above

    frames = complete(frames)
    version = describe(frames)
    sites = frames[LAYER]
    shapes = gpd.points_from_xy(sites["longitude"], sites["latitude"]).to_numpy()
    shapes[sites["latitude"].isna().to_numpy()] = None
    kind = "Point"
    if _boundaries(sites):
        areal = shapely.get_dimensions(sites["geometry"].to_numpy(dtype=object)) == 2
        # the canonical form, so that what is read has the hash of what was written
        shapes[areal] = shapely.normalize(shapely.force_2d(sites["geometry"].to_numpy(dtype=object)[areal]))
        kind = "Unknown"
    layer = gpd.GeoDataFrame(sites[TABLES[LAYER].names], geometry=shapes, crs="EPSG:4326")
    # R-tree triggers would keep plain SQLite from writing to the layer, hence no spatial index
    layer.to_file(path, layer=LAYER, driver="GPKG", engine="pyogrio", SPATIAL_INDEX="NO", geometry_type=kind)
    connection = sqlite3.connect(path)
    try:
        db = sqlite_utils.Database(connection)
        for name in _PLAIN:
            table = TABLES[name]
            db.table(name).create(
                sqlite_types(table),
                pk=table.key if len(table.key) > 1 else table.key[0],
                not_null={column.name for column in table.columns if column.required},
                foreign_keys=[
                    (column, other, target)
                    for column, (other, target) in table.refers.items()
                    if other != LAYER
                ],
            )
            db.table(name).insert_all(_records(frames[name]))
        db.table("occurrences").create_index(["species_id"])
        db.table(RECORD).insert(asdict(version), pk="content_hash")
        for name in [*_PLAIN, RECORD]:
            db.table("gpkg_contents").insert(
                {
                    "table_name": name,
                    "data_type": "attributes",
                    "identifier": name,
                    "description": TABLES[name].meaning if name in TABLES else "The inventory's record",
                    "last_change": "1970-01-01T00:00:00.000Z",
                }
            )
        connection.commit()
        connection.execute("PRAGMA journal_mode=DELETE")
    finally:
        connection.close()
    return version


def _read(connection: sqlite3.Connection, table: Table, origin: str) -> pd.DataFrame:
    if (
        table.late
        and not connection.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table.name,)
        ).fetchone()
    ):
        return empty(table)
    cursor = connection.execute(f'SELECT * FROM "{table.name}"')  # noqa: S608 - names of our registry only
    names = [entry[0] for entry in cursor.description]
    frame = pd.DataFrame(cursor.fetchall(), columns=names)
    flags: list[Column] = [c for c in table.columns if c.kind == "flag" and c.name in names]
    for column in flags:
        frame[column.name] = frame[column.name].map({0: False, 1: True})
    # a version made before a column was thought of lacks it
    late = [c.name for c in table.columns if c.late and c.name not in names]
    return conform(frame.reindex(columns=[*names, *late]), table, origin)


def _open(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise StoreError("no_inventory", path=str(path.parent.parent))
    # immutable: never write -wal or -shm files beside a version, and read from read-only folders too
    return sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)


def read_version(path: Path) -> InventoryVersion:
    """The record of an inventory database, without its tables.

    Raises
    ------
    StoreError
        When the file is missing or not such a database.
    """
    try:
        with contextlib.closing(_open(path)) as connection:
            names = [f.name for f in fields(InventoryVersion)]
            row = connection.execute(f"SELECT {', '.join(names)} FROM {RECORD}").fetchone()  # noqa: S608
            if row is None:
                raise StoreError("broken_inventory", path=str(path), problem="its record is empty")
            return InventoryVersion(**dict(zip(names, row, strict=True)))
    except sqlite3.Error as error:
        raise StoreError("broken_inventory", path=str(path), problem=str(error)) from None


def read_run(path: Path) -> dict[str, Any]:
    """The record of the run that computed the cover, without the tables; empty where there is none."""
    with contextlib.suppress(sqlite3.Error, StoreError), contextlib.closing(_open(path)) as connection:
        cursor = connection.execute("SELECT * FROM coverage_runs")
        row = cursor.fetchone()
        return dict(zip([entry[0] for entry in cursor.description], row, strict=True)) if row else {}
    return {}


def _frames(path: Path, boundaries: bool) -> dict[str, pd.DataFrame]:
    try:
        with contextlib.closing(_open(path)) as connection:
            frames = {name: _read(connection, TABLES[name], path.name) for name in (LAYER, *_PLAIN)}
            if boundaries:
                rows = connection.execute(f"SELECT site_id, geom FROM {LAYER}").fetchall()  # noqa: S608
                shapes = dict(zip([site for site, _ in rows], _shapes([raw for _, raw in rows]), strict=True))
                frames[LAYER]["geometry"] = frames[LAYER]["site_id"].map(shapes).astype(object)
            return frames
    except (sqlite3.Error, AzeError, ValueError, TypeError, GEOSException) as error:
        raise StoreError("broken_inventory", path=str(path), problem=str(error)) from None


def _shapes(blobs: Sequence[bytes | None]) -> NDArray[np.object_]:
    """Geometries out of GeoPackage blobs: a header, whose envelope tells its own length, then WKB."""
    import shapely

    envelopes = (0, 32, 48, 48, 64)
    raw = [None if blob is None else blob[8 + envelopes[blob[3] >> 1 & 7] :] for blob in blobs]
    return np.asarray(shapely.from_wkb(np.array(raw, dtype=object)), dtype=object)


def boundaries(path: Path, sites: Sequence[str]) -> gpd.GeoSeries:
    """Boundaries of some sites, without the rest of the inventory.

    Parameters
    ----------
    path : Path
        An inventory database.
    sites : sequence of str
        Identifiers; those of no site are left out.

    Returns
    -------
    geopandas.GeoSeries
        Index `site_id`, EPSG:4326; only sites that have a boundary.

    Raises
    ------
    StoreError
        When the file is missing or broken.
    """
    import geopandas as gpd
    import shapely

    found: dict[str, bytes] = {}
    try:
        with contextlib.closing(_open(path)) as connection:
            for site in sites:
                query = f"SELECT geom FROM {LAYER} WHERE site_id = ?"  # noqa: S608
                found.update((site, raw) for (raw,) in connection.execute(query, (site,)) if raw is not None)
        shapes = _shapes(list(found.values()))
    except (sqlite3.Error, ValueError, GEOSException) as error:
        raise StoreError("broken_inventory", path=str(path), problem=str(error)) from None
    areal = shapely.get_dimensions(shapes) == 2
    index = pd.Index(list(found), name="site_id", dtype="str")
    return gpd.GeoSeries(shapes[areal], index=index[areal], crs="EPSG:4326")


def is_intact(path: Path, expected: str) -> bool:
    """Whether the database can be read and holds exactly what this content hash says.

    Parameters
    ----------
    path : Path
        An inventory database; it may be missing or damaged.
    expected : str
        Content hash.
    """
    try:
        frames = frames_of(path)
        return read_version(path).content_hash == content_hash(frames) == expected
    except StoreError:
        return False


def frames_of(path: Path) -> dict[str, pd.DataFrame]:
    """The tables of an inventory database as they were written, `inventory` and boundaries included.

    Raises
    ------
    StoreError
        When the file is missing or broken.
    """
    version, frames = read_version(path), _frames(path, boundaries=True)
    return {**frames, "inventory": version.table()}


def load(path: Path, boundaries: bool = True) -> Inventory:
    """The whole inventory in memory.

    Parameters
    ----------
    path : Path
        An inventory database, as `write` makes it.
    boundaries : bool
        Whether the sites' geometry is their boundary where one is known; else it is their point, which
        loads many times faster where the sites are large.

    Returns
    -------
    Inventory

    Raises
    ------
    StoreError
        When the file is missing, broken, or lacks a column.
    """
    version, frames = read_version(path), _frames(path, boundaries)
    return inventory_of(frames, version)


def written(inventory: Inventory) -> bytes:
    """An inventory that lies in memory as the bytes of a database.

    Raises
    ------
    StoreError
        When there is no room to write it.
    """
    frames = {name: inventory.table(name) for name in TABLES}
    frames[LAYER]["geometry"] = inventory.sites.geometry.to_numpy(dtype=object)
    try:
        with tempfile.TemporaryDirectory(prefix="aze-export-") as place:
            path = Path(place) / "inventory.gpkg"
            write(frames, path)
            return path.read_bytes()
    except OSError as error:
        raise StoreError(
            "unwritable_folder", path=tempfile.gettempdir(), problem=error.strerror or error
        ) from None

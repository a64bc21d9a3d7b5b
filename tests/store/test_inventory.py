"""The inventory database: what goes in comes out, under a hash that speaks of the facts alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
import shapely

from aze_core.domain.errors import StoreError
from aze_core.domain.schema import TABLES
from aze_core.locale import explain
from aze_core.store.inventory import boundaries, content_hash, describe, is_intact, load, read_version, write
from tests.helpers import Frames, as_inventory, make_covered_frames, make_frames, shuffled

FRAMES = tuple(name for name in TABLES if name != "inventory")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "inventories" / "small.gpkg"
    path.parent.mkdir()
    write(make_frames(), path)
    return path


def test_what_goes_in_comes_out(written: Path) -> None:
    loaded, expected = load(written), as_inventory(make_frames())
    for name in FRAMES:
        pd.testing.assert_frame_equal(
            pd.DataFrame(getattr(loaded, name)), pd.DataFrame(getattr(expected, name))
        )
    assert loaded.sites.crs == expected.sites.crs == "EPSG:4326"
    assert loaded.version == expected.version == read_version(written)


def test_shipped_facts_come_out_as_they_went_in(shipped, store: Path) -> None:
    from aze_core.sources.facts import read_facts
    from aze_core.store import folder

    frames = read_facts(folder.DATA)
    expected = as_inventory(frames)
    for name in FRAMES:
        loaded, wanted = getattr(shipped, name), getattr(expected, name)
        pd.testing.assert_frame_equal(pd.DataFrame(loaded), pd.DataFrame(wanted))
    assert is_intact(folder.inventory_path(store, shipped.version.content_hash), content_hash(frames))


@pytest.mark.parametrize("seed", range(5))
def test_hash_knows_no_order_of_rows_and_columns(seed: int) -> None:
    frames = shuffled(make_frames(), seed)
    turned = {name: table[table.columns[::-1]] for name, table in reversed(frames.items())}
    assert content_hash(turned) == content_hash(make_frames())


def changed(frames: Frames, name: str, column: str, row: int) -> Frames:
    """The frames with one value replaced by another that was not there."""
    table = frames[name].copy()
    old = table[column].iloc[row]
    kind = next(c for c in TABLES[name].columns if c.name == column).kind
    if kind == "flag":
        new: object = pd.isna(old) or not old
    elif kind == "text":
        new = "other" if pd.isna(old) else old + " "
    elif kind == "integer":
        new = 1 if pd.isna(old) else old + 1
    else:
        new = 1.5 if pd.isna(old) else old + 1e-12
    table.loc[table.index[row], column] = new
    return {**frames, name: table}


def test_hash_sees_a_single_value_of_any_column() -> None:
    frames = make_frames()
    cells = [(name, column, len(t) // 2) for name, t in frames.items() if len(t) for column in t]
    hashes = {content_hash(changed(frames, *cell)) for cell in cells}
    assert len(hashes) == len(cells)
    assert content_hash(frames) not in hashes


def test_hash_tells_missing_from_text_and_columns_apart() -> None:
    frames = make_frames()
    swapped = frames["sites"].copy()
    swapped["realm"], swapped["kba_id"] = "x", ""
    other = frames["sites"].copy()
    other["realm"], other["kba_id"] = "", "x"
    assert len({content_hash({**frames, "sites": t}) for t in (frames["sites"], swapped, other)}) == 3


def test_gis_programs_can_read_it(written: Path) -> None:
    layers = {name for name, _ in pyogrio.list_layers(written)}
    assert layers == {*TABLES, "inventory_version"} - {"inventory"}
    sites = pyogrio.read_dataframe(written, layer="sites").set_index("site_id")
    assert sites.crs == "EPSG:4326"
    assert sites.geometry.isna().to_dict() == {"A": False, "B": False, "C": False, "D": True}
    assert (sites.loc["B"].geometry.x, sites.loc["B"].geometry.y) == (-1.0, 1.0)
    assert pyogrio.read_dataframe(written, layer="occurrences")["share"].tolist() == [1.0] * 7


def test_sqlite_finds_nothing_to_complain_of(written: Path) -> None:
    with closing(sqlite3.connect(f"{written.as_uri()}?mode=ro", uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        pairs = {(row[2], row[3]) for row in db.execute("PRAGMA foreign_key_list(occurrences)")}
        assert ("species", "species_id") in pairs
        keys = [row[1] for row in db.execute("PRAGMA table_info(occurrences)") if row[5]]
        assert keys == ["site_id", "species_id"]
        described = {row[0] for row in db.execute("SELECT table_name FROM gpkg_contents")}
        assert described == {*TABLES, "inventory_version"} - {"inventory"}


def test_loading_leaves_nothing_beside_it(written: Path) -> None:
    before = written.read_bytes()
    load(written)
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == ["small.gpkg"]


def test_missing_database_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        load(tmp_path / "inventories" / "none.gpkg")
    assert explain(caught.value) == (
        f"No inventory has been built in {tmp_path}. Run “python -m aze_core build” first."
    )


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_a_table(path: Path) -> None:
    run(path, "DROP TABLE coverage")


def without_a_column(path: Path) -> None:
    run(path, "ALTER TABLE coverage DROP COLUMN method")


def without_its_record(path: Path) -> None:
    run(path, "DELETE FROM inventory_version")


def text_for_a_number(path: Path) -> None:
    run(path, "UPDATE coverage SET share = 'much'")


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def another_value(path: Path) -> None:
    run(path, "UPDATE coverage SET share = 0.3 WHERE site_id = 'A'")


def run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()


UNREADABLE = [
    garbage,
    truncated,
    without_a_table,
    without_a_column,
    without_its_record,
    text_for_a_number,
    empty_file,
]


@pytest.mark.parametrize("damage", UNREADABLE, ids=lambda f: f.__name__)
def test_damage_is_a_sentence(damage, written: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.gpkg"
    path.write_bytes(written.read_bytes())
    damage(path)
    with pytest.raises(StoreError) as caught:
        load(path)
    sentence = explain(caught.value)
    assert sentence.startswith(f"The inventory {path} cannot be read (")
    assert "--force" in sentence
    assert not is_intact(path, describe(make_frames()).content_hash)


def test_intact_means_every_value(written: Path, tmp_path: Path) -> None:
    expected = describe(make_frames()).content_hash
    path = tmp_path / "copy.gpkg"
    assert not is_intact(path, expected)
    path.write_bytes(written.read_bytes())
    assert is_intact(path, expected)
    assert not is_intact(path, "0" * 64)
    another_value(path)
    load(path)  # it can be read, and yet
    assert not is_intact(path, expected)


def test_an_inventory_without_rows_is_written_and_read(tmp_path: Path) -> None:
    frames = make_frames({}, {})
    write(frames, tmp_path / "empty.gpkg")
    loaded = load(tmp_path / "empty.gpkg")
    assert (len(loaded.sites), len(loaded.species), len(loaded.coverage)) == (0, 0, 0)
    assert loaded.version.n_sites == 0


def test_a_run_made_before_a_column_was_thought_of_is_intact(tmp_path: Path) -> None:
    path, frames = tmp_path / "older.gpkg", make_covered_frames()
    ranges = frames["protection_range"].assign(nearest_area_km=float("nan"))
    write({**frames, "protection_range": ranges}, path)
    digest = read_version(path).content_hash
    run(path, "ALTER TABLE protection_range DROP COLUMN nearest_area_km")
    assert load(path).protection_range["nearest_area_km"].isna().all()
    assert is_intact(path, digest)
    assert digest != content_hash(frames)


def with_boundaries(frames: Frames, **shapes: object) -> Frames:
    """The frames with boundaries at some of the sites."""
    sites = frames["sites"].copy()
    sites["geometry"] = [shapes.get(site) for site in sites["site_id"]]
    return {**frames, "sites": sites}


SQUARE = shapely.box(-2, 0, -1, 1)


def test_boundaries_come_out_as_they_went_in(tmp_path: Path) -> None:
    holed = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (1, 2), (2, 2), (2, 1)]])
    two = shapely.MultiPolygon([SQUARE, shapely.box(5, 5, 6, 6)])
    frames = with_boundaries(make_frames(), A=holed, B=two, C=shapely.Point(9, 9))
    path = tmp_path / "areal.gpkg"
    write(frames, path)
    shapes = load(path).sites.geometry
    assert shapes["A"].equals(holed)
    assert shapes["B"].equals(two)
    # a site without boundary is drawn at its own point, whatever point came with it
    assert shapes["C"] == shapely.Point(-2, 2)
    assert shapes["D"] is None
    assert load(path, boundaries=False).sites.geometry["A"] == shapely.Point(0, 0)
    some = boundaries(path, ["B", "C", "D", "nowhere"])
    assert some.index.tolist() == ["B"]
    assert some["B"].equals(two)
    assert is_intact(path, content_hash(frames))
    layer = pyogrio.read_dataframe(path, layer="sites").set_index("site_id")
    kinds = layer.geometry.geom_type.dropna().to_dict()
    assert kinds == {"A": "Polygon", "B": "MultiPolygon", "C": "Point"}


def test_hash_sees_a_boundary_but_not_how_it_is_written(tmp_path: Path) -> None:
    plain, first = content_hash(make_frames()), content_hash(with_boundaries(make_frames(), A=SQUARE))
    moved = shapely.box(-2, 0, -1, 1 + 1e-12)
    turned = shapely.Polygon([(-1, 1), (-1, 0), (-2, 0), (-2, 1)])
    raised = shapely.force_3d(SQUARE, 7)
    assert first != plain
    assert content_hash(with_boundaries(make_frames(), A=moved)) != first
    assert content_hash(with_boundaries(make_frames(), B=SQUARE)) != first
    for same in (turned, turned.reverse(), raised):
        assert content_hash(with_boundaries(make_frames(), A=same)) == first
    assert content_hash(with_boundaries(make_frames(), A=shapely.Point(0, 0))) == plain

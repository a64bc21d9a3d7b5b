"""Building: whatever happens, the store holds a whole inventory or the one from before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aze_core import build
from aze_core.domain.errors import StoreError
from aze_core.domain.model import Filters
from aze_core.locale import explain
from aze_core.measures.coverage import protection_class
from aze_core.measures.reported import class_counts, falling, newest
from aze_core.store import folder, versions
from aze_core.store.inventory import content_hash, load
from tests.helpers import make_frames, set_cell, shuffled, tree, write_facts
from tests.store.test_inventory import UNREADABLE, another_value

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_facts(tmp_path / "data")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "store"


def names(place: Path) -> set[str]:
    return {path.name for path in place.rglob("*") if path.is_file()}


def test_first_build(data: Path, place: Path) -> None:
    heard: list[tuple[float, str]] = []
    assert build.outdated(data, place)
    report = build.build(data, place, lambda share, stage: heard.append((share, stage)))
    assert [stage for _, stage in heard] == ["read", "write", "place", "done"]
    assert [share for share, _ in heard] == sorted(share for share, _ in heard)
    assert heard[0][0] == 0
    assert heard[-1][0] == 1
    assert not report.reused
    assert report.version.content_hash == content_hash(make_frames())
    assert report.path == folder.inventory_path(place, report.version.content_hash)
    assert names(place) == {"current.json", f"{report.version.content_hash}.gpkg"}
    assert sorted(path.name for path in (place / "inventories").iterdir()) == [report.path.name]
    assert not build.outdated(data, place)
    assert build.ensure(data, place) == report.path


def test_same_facts_in_another_order_are_the_same_version(data: Path, place: Path, tmp_path: Path) -> None:
    first = build.build(data, place)
    raw = first.path.read_bytes()
    other = write_facts(tmp_path / "other", shuffled(make_frames(), 1))
    assert build.outdated(other, place)  # the files differ
    second = build.build(other, place)
    assert second.reused
    assert second.path == first.path
    assert first.path.read_bytes() == raw
    assert not build.outdated(other, place)


def test_changed_facts_make_another_version_and_keep_the_old(data: Path, place: Path) -> None:
    first = build.build(data, place)
    raw = first.path.read_bytes()
    set_cell(data, "coverage", 2, "share", "0.25")
    assert build.outdated(data, place)
    path = build.ensure(data, place)
    assert path != first.path
    assert first.path.read_bytes() == raw
    assert load(path).coverage["share"].max() == 0.5
    assert not build.outdated(data, place)


def test_a_default_that_the_user_chose_stays_when_facts_change(data: Path, place: Path) -> None:
    first = build.build(data, place)
    set_cell(data, "coverage", 2, "share", "0.25")
    second = build.build(data, place)
    versions.make_default(place, first.version.content_hash)
    assert not build.outdated(data, place)
    assert build.ensure(data, place) == first.path
    set_cell(data, "coverage", 2, "share", "0.75")
    assert build.outdated(data, place)
    assert build.ensure(data, place) == first.path
    current = folder.read_current(place)
    assert current is not None
    assert current.inventory == first.version.content_hash
    assert current.built not in (first.version.content_hash, second.version.content_hash)
    # a default that is lost gives way to what the facts make
    first.path.unlink()
    assert build.outdated(data, place)
    assert build.ensure(data, place).stem == current.built


@pytest.mark.parametrize("damage", [*UNREADABLE, another_value], ids=lambda f: f.__name__)
def test_a_damaged_version_is_made_again(damage, data: Path, place: Path) -> None:
    path = build.build(data, place).path
    damage(path)
    assert not build.build(data, place).reused
    assert load(path).version.content_hash == path.stem
    assert build.build(data, place).reused


def test_a_lost_database_or_record_is_outdated(data: Path, place: Path) -> None:
    path = build.build(data, place).path
    path.unlink()
    assert build.outdated(data, place)
    assert build.ensure(data, place) == path
    (place / "current.json").write_text("{")
    assert build.outdated(data, place)
    assert build.ensure(data, place) == path


def test_odd_names_of_the_store_are_no_matter(data: Path, tmp_path: Path) -> None:
    path = build.build(data, tmp_path / "a b#c?d%41é" / "s'\"&").path
    assert load(path).version.n_sites == 4


def python(code: str, *arguments: object, limit: int | None = None) -> subprocess.Popen[str]:
    """A fresh interpreter; `limit`: the most bytes that it can write to one file."""
    if limit is not None:
        code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system knows no SIGKILL")
@pytest.mark.parametrize("stage", ["layer", "place"])
def test_a_killed_build_harms_nothing(stage: str, data: Path, place: Path) -> None:
    first = build.build(data, place)
    before = tree(place)
    set_cell(data, "coverage", 2, "share", "0.25")
    process = python(
        """
import os, signal, sys
from pathlib import Path
import geopandas as gpd
from aze_core import build

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

data, place, at = sys.argv[1:]
if at == "layer":  # after the first table, with all others missing
    whole = gpd.GeoDataFrame.to_file
    gpd.GeoDataFrame.to_file = lambda *a, **k: (whole(*a, **k), die())
build.build(Path(data), Path(place), lambda share, stage: die() if stage == at else None)
""",
        data,
        place,
        stage,
    )
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    left = tree(place)
    assert {name: left[name] for name in before} == before
    assert load(first.path).version == first.version

    second = build.build(data, place)
    assert second.path != first.path
    assert first.path.read_bytes() == before[str(first.path.relative_to(place))]
    # what the killed one left is swept once it is old enough not to be at work
    for path in (place / "inventories").glob(".building-*"):
        os.utime(path, (time.time() - 7200,) * 2)
    build.build(data, place)
    assert names(place) == {"current.json", first.path.name, second.path.name}
    assert not list((place / "inventories").glob(".building-*"))


def test_a_younger_scratch_folder_is_left_alone(data: Path, place: Path) -> None:
    folder.prepare(place)
    at_work = folder.scratch(place)
    build.build(data, place)
    assert at_work.is_dir()


@pytest.mark.parametrize("at", ["start", "end"])
def test_a_full_disk_is_a_sentence(at: str, data: Path, place: Path) -> None:
    pytest.importorskip("resource")
    first = build.build(data, place)
    before = tree(place)
    set_cell(data, "coverage", 2, "share", "0.25")
    process = python(
        "import sys; from aze_core.cli import main; sys.exit(main(sys.argv[1:]))",
        "build",
        "--data",
        data,
        "--store",
        place,
        limit=4096 if at == "start" else first.path.stat().st_size - 4096,
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith(f"The store folder {place} cannot be written (")
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    assert tree(place) == before
    assert load(first.path).version == first.version


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_processes_build_at_once(data: Path, place: Path) -> None:
    code = """
import multiprocessing, sys
from pathlib import Path
from aze_core import build

def work(start):
    start.wait()
    for _ in range(2):
        build.build(Path(sys.argv[1]), Path(sys.argv[2]))

if __name__ == "__main__":
    import geopandas, pyogrio, sqlite_utils  # once, before the fork
    way = multiprocessing.get_context("fork")
    start = way.Barrier(4)
    running = [way.Process(target=work, args=(start,)) for _ in range(4)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    sys.exit(sum(process.exitcode != 0 for process in running))
"""
    process = python(code, data, place)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "", "")
    path = build.ensure(data, place)
    assert names(place) == {"current.json", path.name}
    assert load(path).version.n_sites == 4


def test_an_unwritable_store_is_a_sentence(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        build.build(data, tmp_path / "file")
    assert "cannot be written" in explain(caught.value)


def test_a_store_that_fails_at_the_end_keeps_the_old(
    data: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.build(data, place)
    before = tree(place)
    set_cell(data, "coverage", 2, "share", "0.25")

    def refuse(source: object, target: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StoreError) as caught:
        build.build(data, place)
    assert caught.value.fields["problem"] == "Permission denied"
    assert tree(place) == before


def test_counts_of_the_shipped_inventory(shipped) -> None:
    sites, coverage = shipped.sites, shipped.coverage
    assert (len(sites), len(shipped.occurrences), len(shipped.species)) == (588, 920, 919)
    found = shipped.species["category"].fillna("unknown").value_counts().to_dict()
    assert found == {"CR": 523, "EN": 382, "EW": 3, "DD": 1, "unknown": 10}
    assert sites.geometry.notna().sum() == 586
    assert sites["area_km2"].notna().sum() == 370
    assert sites["human_influence"].notna().sum() == 362
    vintages = coverage["vintage"].value_counts().to_dict()
    assert vintages == {2010: 588, 2016: 370}
    counts = class_counts(coverage, sites.index)
    assert counts.loc[2010, ["none", "sites"]].tolist() == [276, 588]
    assert counts.loc[2016, ["none", "sites"]].tolist() == [156, 370]
    assert len(shipped.where(Filters(countries=("MEX",)))) == 68
    assert falling(coverage, sites.index).sum() == 50
    assert (protection_class(newest(coverage, sites.index)["share"]) == "none").sum() == 231

"""The command that computes cover: files, settings, processes, a cluster of two workers."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import distributed
import pytest

from aze_core.cli import main
from aze_core.store import folder, versions
from aze_core.store.inventory import frames_of

ROOT = Path(__file__).parents[1]
TRAINING = ROOT / "data" / "training"
TABLES = ("protection_parts", "protection_range", "protection_areas", "protection_trend", "protection_growth")


@pytest.fixture(scope="module", autouse=True)
def unbound():
    """The bound on memory would hold for the whole test run."""
    with pytest.MonkeyPatch.context() as patch:
        for place in ("bring", "cover"):
            patch.setattr(f"aze_core.cli.{place}.bound_memory", lambda: None)
        yield


@pytest.fixture(scope="module")
def base(unbound, tmp_path_factory):
    """A store that holds the made-up sites, without cover."""
    place = tmp_path_factory.mktemp("base")
    given = [str(TRAINING / "KBAsGlobal_2026_March_01_training.zip"), "--name", "Training", "--make-default"]
    assert main(["import", *given, "--store", str(place), "--progress", "none"]) == 0
    return place


@pytest.fixture
def store(base, tmp_path):
    """The same, to be changed."""
    return Path(shutil.copytree(base, tmp_path / "store"))


def run(capsys, *words):
    """Exit code and both outputs of a command."""
    capsys.readouterr()
    code = main([str(word) for word in words])
    found = capsys.readouterr()
    return code, found.out, found.err


def computed(capsys, store, *words):
    """The version that a coverage command made, as its tables."""
    code, out, err = run(capsys, "coverage", *words, "--store", store, "--format", "json")
    assert code == 0, err
    told = json.loads(out)
    return told, frames_of(folder.inventory_path(store, told["inventory"]))


AREAS = TRAINING / "WDPA_training.zip"


def test_files_make_a_version_and_the_numbers_are_told(capsys, store):
    told, frames = computed(capsys, store, AREAS, "--draws", 40)
    assert (told["areas"], told["sites"], told["proposed"], told["areas_as_of"]) == (165, 80, 5, "2026-03")
    ranges = frames["protection_range"]
    assert told["mean_share"] == pytest.approx(ranges["share"].sum() / 80)
    assert told["mean_share_high"] == pytest.approx(ranges["share_high"].sum() / 80)
    assert versions.find(store, "default") != told["inventory"]
    code, out, _ = run(
        capsys, "coverage", "--inventory", told["inventory"], "--store", store, "--make-default"
    )
    assert code == 0
    assert "not an official value" in out
    assert versions.find(store, "default") == told["inventory"]


def test_info_counts_the_sites_of_the_main_list(capsys, store):
    told, _ = computed(capsys, store, AREAS, "--draws", 5)
    _, out, _ = run(capsys, "info", "--inventory", told["inventory"], "--store", store, "--format", "json")
    found = json.loads(out)["coverage"]["2026"]
    assert [found[name] for name in ("none", "partial", "complete", "sites")] == [20, 20, 20, 60]


def test_other_settings_make_another_version_of_the_same_areas(capsys, store):
    first, one = computed(capsys, store, AREAS, "--draws", 40)
    again, two = computed(capsys, store, "--inventory", first["inventory"], "--seed", 7, "--tolerance", 0)
    assert again["inventory"] != first["inventory"]
    settings = json.loads(two["coverage_runs"]["settings"].iloc[0])
    assert (settings["seed"], settings["tolerance"], settings["draws"]) == (7, 0, 40)
    assert two["inventory"]["derived_from"].iloc[0] == first["inventory"]
    assert two["protection_range"]["share"].sum() >= one["protection_range"]["share"].sum()


def test_the_same_settings_again_change_nothing(capsys, store):
    first, _ = computed(capsys, store, AREAS, "--draws", 40)
    before = sorted(path.name for path in (store / "inventories").glob("*.gpkg"))
    again, _ = computed(capsys, store, "--inventory", first["inventory"])
    assert again["inventory"] == first["inventory"]
    assert sorted(path.name for path in (store / "inventories").glob("*.gpkg")) == before


def test_processes_give_the_same_bits(capsys, store, tmp_path):
    alone = Path(shutil.copytree(store, tmp_path / "alone"))
    one, here = computed(capsys, alone, AREAS, "--draws", 40)
    two, there = computed(capsys, store, AREAS, "--draws", 40, "--workers", 2)
    assert one["inventory"] == two["inventory"]
    assert all(here[name].equals(there[name]) for name in TABLES)


@contextlib.contextmanager
def cluster(place):
    """A scheduler and two workers, each in a process of its own: its address, and the workers."""
    told = place / "scheduler.json"
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    call = [sys.executable, "-m"]
    scheduler = [*call, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    worker = [*call, "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    files = ["--scheduler-file", str(told)]
    running = [subprocess.Popen([*scheduler, "--no-dashboard", *files], **quiet)]
    try:
        workers = []
        for _ in range(2):
            workers.append(subprocess.Popen([*worker, *files, "--local-directory", str(place)], **quiet))
            running.append(workers[-1])
        patience = time.monotonic() + 120
        while not told.exists() and time.monotonic() < patience:
            time.sleep(0.1)
        address = json.loads(told.read_text())["address"]
        with distributed.Client(address, timeout=120) as client:
            client.wait_for_workers(2, timeout=120)
        yield address, workers
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_a_cluster_gives_the_same_bits_though_a_worker_is_lost(capsys, store, tmp_path, monkeypatch):
    monkeypatch.setattr("aze_core.build.coverage._CHUNK", 7)
    alone = Path(shutil.copytree(store, tmp_path / "alone"))
    one, here = computed(capsys, alone, AREAS, "--draws", 40)
    lost = []

    def lose_a_worker(share):
        if share > 0.5 and not lost:  # at the first chunk of sites
            lost.append(workers[0])
            workers[0].kill()

    monkeypatch.setattr("aze_core.cli.cover._tell", lose_a_worker)
    with cluster(tmp_path) as (address, workers):
        two, there = computed(capsys, store, AREAS, "--draws", 40, "--scheduler", address)
    assert lost
    assert one["inventory"] == two["inventory"]
    assert all(here[name].equals(there[name]) for name in TABLES)


def test_slips_are_sentences(capsys, store):
    code, _, err = run(capsys, "coverage", "--store", store)
    assert code != 0
    assert "not computed" in err
    code, _, err = run(capsys, "coverage", AREAS, "--store", store, "--draws", 0)
    assert code != 0
    assert "draws" in err
    code, _, err = run(capsys, "coverage", AREAS, "--store", store, "--areas-as-of", "spring")
    assert code != 0
    assert "spring" in err


def test_a_scheduler_that_is_not_there_is_told(capsys, store, monkeypatch):
    def nobody(*args, **kwargs):
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", nobody)
    code, _, err = run(capsys, "coverage", AREAS, "--store", store, "--scheduler", "tcp://127.0.0.1:9")
    assert code != 0
    assert "No scheduler answers at tcp://127.0.0.1:9" in err


def test_workers_without_the_planner_are_told(capsys, store, monkeypatch):
    class Elsewhere:
        def __init__(self, *args, **kwargs):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *args):
            return None

        def run(self, *args):
            raise ModuleNotFoundError("No module named 'aze_core'")

    monkeypatch.setattr(distributed, "Client", Elsewhere)
    code, _, err = run(capsys, "coverage", AREAS, "--store", store, "--scheduler", "tcp://127.0.0.1:9")
    assert code != 0
    assert "PYTHONPATH=. dask worker" in err

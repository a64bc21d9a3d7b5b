"""The command that computes cover: here, in several processes, or on the machines of a scheduler."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from aze_core import __version__
from aze_core.build.coverage import Pool, cover, settings_of
from aze_core.build.intake import import_files
from aze_core.build.plan import ImportPlan, Input
from aze_core.cli.bring import bound_memory
from aze_core.domain.errors import SettingError
from aze_core.domain.model import CoverageSettings, Inventory
from aze_core.locale import number, percent, t
from aze_core.store import folder, versions
from aze_core.store import inventory as store

_RETRIES = 3  # how often a chunk whose worker was lost is begun again


def add_commands(sub: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Describe the command on the command line."""
    made = sub.add_parser(
        "coverage", parents=parents, help="compute the cover of the sites, as a new version"
    )
    made.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="downloads of protected areas and OECMs; those of the version's last run without any",
    )
    made.add_argument(
        "--areas-as-of",
        default="",
        metavar="DATE",
        help="date that they describe; as their names tell without",
    )
    made.add_argument(
        "--tolerance",
        type=float,
        metavar="SHARE",
        help="no later area is added once at most this share of a site remains",
    )
    made.add_argument("--draws", type=int, metavar="N", help="draws of a year for each undated area")
    made.add_argument("--seed", type=int, metavar="N", help="seed of the draws")
    where = made.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, default=1, metavar="N", help="processes on this machine")
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="address of a dask.distributed scheduler, tcp://host:8786"
    )
    made.add_argument("--make-default", action="store_true", help="show the new version first from now on")


def run(given: argparse.Namespace) -> int:
    """Compute, and say what came out."""
    base = versions.find(given.store, given.inventory or "default")
    frames = store.load(folder.inventory_path(given.store, base), boundaries=False)
    asked = {name: getattr(given, name) for name in ("tolerance", "draws", "seed")}
    usual = settings_of(frames.coverage_runs.reset_index())
    settings = replace(usual, **{name: item for name, item in asked.items() if item is not None})
    with _pool(given) as (pool, workers):
        if given.files:
            made = _of_files(given, base, settings, pool, workers)
        else:
            made, _ = cover(given.store, base, settings, _tell, pool, workers)
    if given.make_default:
        versions.make_default(given.store, made)
    _say(store.load(folder.inventory_path(given.store, made), boundaries=False), given.format)
    return 0


def _of_files(
    given: argparse.Namespace, base: str, settings: CoverageSettings, pool: Pool | None, workers: int
) -> str:
    bound_memory()
    inputs = tuple(Input(str(path), "protected_areas", as_of=given.areas_as_of) for path in given.files)
    found = import_files(
        ImportPlan(inputs, base=base),
        given.store,
        given.data or folder.DATA,
        lambda share, stage, rows: _tell(share),
        cover=settings,
        pool=pool,
        workers=workers,
    )
    return found.version.content_hash


class _Lines:
    """Writes a line for every tenth of the work."""

    def __init__(self) -> None:
        self.told = -1

    def __call__(self, share: float) -> None:
        if int(share * 10) != self.told:
            self.told = int(share * 10)
            print(percent(share), file=sys.stderr)


_tell = _Lines()


def _say(inventory: Inventory, form: str) -> None:
    row = inventory.coverage_runs.reset_index().iloc[0]
    ranges = inventory.protection_range
    told = {
        "inventory": inventory.version.content_hash,
        "areas_as_of": str(row["areas_as_of"]),
        **{name: int(row[name]) for name in ("areas", "undated", "points", "unknown", "proposed")},
        "other_country": int(row["other_country"]),
        "sites": len(ranges),
        "mean_share": float(ranges["share"].mean()),
        "mean_share_high": float(ranges["share_high"].mean()),
    }
    if form == "json":
        print(json.dumps(told, indent=1))
        return
    print(
        t(
            "coverage.done",
            hash=inventory.version.short_hash,
            sites=len(ranges),
            areas=number(told["areas"]),
            mean=percent(told["mean_share"]),
            high=percent(told["mean_share_high"]),
        )
    )


@contextlib.contextmanager
def _pool(given: argparse.Namespace) -> Iterator[tuple[Pool | None, int]]:
    """Where chunks of sites are swept, and how many at once; nowhere else without a request."""
    if given.scheduler:
        with _cluster(given.scheduler) as cluster:
            yield cluster, cluster.workers
    elif given.workers > 1:
        with ProcessPoolExecutor(given.workers) as processes:
            yield processes, given.workers
    else:
        yield None, 1


class _Cluster:
    """A client of dask.distributed, which begins a chunk anew when its worker is lost."""

    def __init__(self, client: Any) -> None:
        self.client = client

    @property
    def workers(self) -> int:
        """Threads that work at once."""
        return max(1, sum(self.client.nthreads().values()))

    def submit(self, run: Any, /, *args: Any) -> Any:
        """A future of the cluster."""
        return self.client.submit(run, *args, pure=False, retries=_RETRIES)


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[_Cluster]:
    try:
        from distributed import Client
    except ImportError:
        raise SettingError("no_distributed") from None
    try:
        client = Client(address, timeout=30)
    except (OSError, ValueError, TimeoutError) as error:
        raise SettingError("no_scheduler", address=address, problem=str(error)[:200]) from None
    with client:
        _check_workers(client, address)
        yield _Cluster(client)


def _check_workers(client: Any, address: str) -> None:
    """Workers that lack the planner, or have another edition of it, would fail at every chunk."""
    try:
        # a builtin: what the planner defines could not be told to a worker without it
        found = client.run(eval, "__import__('aze_core').__version__")
    except ImportError:
        found = {"": ""}
    if not found or set(found.values()) != {__version__}:
        came = ", ".join(sorted({version or t("missing") for version in found.values()})) or t("missing")
        raise SettingError("no_workers", address=address, expected=__version__, found=came)

"""How fast the whole KBA file loads: 16,600 sites, 853 of them AZE, with species and national tables.

    python benchmarks/bring.py [--files FOLDER] [--runs 3]

Without --files the made-up set is made first (about 80 s, 125 MB, in a temporary folder). The peer, in
the same run, reads the same layers with geopandas, mends and measures them and writes a GeoPackage: what
one would do by hand, without identifiers checked, rows told of, species matched, or anything kept.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aze_core.build.intake import import_files  # noqa: E402
from aze_core.build.plan import ImportPlan, Input  # noqa: E402

FILES = (
    ("KBAsGlobal_2026_March_01_training.zip", "sites", ""),
    ("training_trigger_species.xlsx", "trigger_species", "Trigger species"),
    ("training_red_list.zip", "red_list", ""),
    ("training_costs.csv", "national", ""),
    ("training_national.xlsx", "national", "National data"),
    ("training_territories.geojson", "territories", ""),
)


def make(folder: Path) -> None:
    """The made-up set, as large as the world's."""
    sys.path.insert(0, str(ROOT / "data" / "scripts"))
    spec = importlib.util.spec_from_file_location("make_training", ROOT / "data/scripts/make_training.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.argv = ["make_training.py", "--large", str(folder)]
    module.main()


def by_hand(file: Path, place: Path) -> int:
    """The peer: layers read, mended, measured and written with geopandas alone."""
    layers = gpd.list_layers(file)["name"]
    frames = [gpd.read_file(file, layer=name) for name in layers]
    whole = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    whole["geometry"] = whole.geometry.make_valid()
    whole["measured"] = whole.to_crs("EPSG:6933").area / 1e6
    whole.to_file(place / "by_hand.gpkg", layer="sites")
    return len(whole)


def main() -> None:
    """Run both and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--files", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        files = given.files or Path(place) / "files"
        if given.files is None:
            make(files)
        inputs = tuple(Input(str(files / name), kind, sheet=sheet) for name, kind, sheet in FILES)
        ours, theirs, rows = [], [], 0
        for run in range(given.runs):
            start = time.perf_counter()
            result = import_files(ImportPlan(inputs, "Large", as_of="2026"), Path(place) / f"store{run}")
            ours.append(time.perf_counter() - start)
            work = Path(place) / f"hand{run}"
            work.mkdir()
            start = time.perf_counter()
            rows = by_hand(files / FILES[0][0], work)
            theirs.append(time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"{int(result.inputs['read'].sum())} rows of six files, {result.version.n_sites} sites")
        print(f"import      {min(ours):6.2f} s at least, {statistics.median(ours):6.2f} s median")
        print(f"by hand     {min(theirs):6.2f} s at least, {statistics.median(theirs):6.2f} s, {rows} rows")
        print(f"ratio       {statistics.median(ours) / statistics.median(theirs):6.2f}")
        print(f"most memory {peak:6.0f} MB, both together")


if __name__ == "__main__":
    main()

"""Small layers to read, and what a report says of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.domain.report import ImportReport

# squares of 1° by 1°, side by side from 10° east
SQUARES = [shapely.box(x, 0, x + 1, 1) for x in (10, 12, 14, 16)]


def layer(*rows: dict[str, Any], crs: Any = "EPSG:4326") -> gpd.GeoDataFrame:
    """A layer of what the test names; geometries are squares side by side where it names none."""
    full = [{"geometry": SQUARES[n % len(SQUARES)], **row} for n, row in enumerate(rows)]
    table = pd.DataFrame(full)
    return gpd.GeoDataFrame(table, geometry=np.array(table.pop("geometry"), dtype=object), crs=crs)


def write(path: Path, frame: gpd.GeoDataFrame, **options: Any) -> Path:
    with warnings.catch_warnings():
        # the writer's remarks on types and names that the containers do not have
        warnings.simplefilter("ignore")
        frame.to_file(path, engine="pyogrio", **options)
    return path


def told(report: ImportReport, rule: str) -> list[tuple[str, int | None]]:
    """Action and row of the findings under a rule."""
    return [(action, row) for action, name, _, row, *_ in report.findings if name == rule]


def rules(report: ImportReport, but: Sequence[str] = ()) -> set[str]:
    return {finding[1] for finding in report.findings} - set(but)

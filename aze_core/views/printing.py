"""Maps as pictures for files: everything inside, nothing fetched."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import altair as alt

from .theme import config

_LAND = Path(__file__).parents[2] / "static" / "world-50m.json"


@lru_cache(maxsize=1)
def _land() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_LAND.read_text(encoding="utf-8"))
    return found


def plans_svg(chart: alt.LayerChart, width: int = 900, mode: str = "print", k: float = 1.0) -> str:
    """A map as SVG, with the app's own land inside.

    Parameters
    ----------
    chart : LayerChart
        As `aze_core.views.maps.plans_map` returns it for the same mode and `k`, of any land.
    width : int
        Pixels.
    mode, k : str, float
        As in `aze_core.views.charts`; the mode is here ``"print"`` by default.

    Returns
    -------
    str
        Text stays text: whoever draws the picture needs a font.

    Examples
    --------
    >>> import pandas as pd
    >>> from aze_core.views.maps import plans_map
    >>> df = pd.DataFrame({"site_id": ["a"], "name": ["A"], "country": ["Fiji"], "latitude": [-18.0],
    ...                    "longitude": [179.0], "plans": ["A"], "said": ["in plan A"]})
    >>> chart = plans_map(df, {i: i for i in ("site", "country", "plans")}, "AB", "print")
    >>> plans_svg(chart)[:4]
    '<svg'
    """
    import vl_convert  # takes a second, and few readers print

    spec = chart.properties(width=width).configure(**config(mode, k)).to_dict()
    for layer in spec["layer"]:
        if "url" in layer["data"]:
            layer["data"] = {"values": _land(), "format": layer["data"]["format"]}
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return drawn

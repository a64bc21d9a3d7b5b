"""Opens pages in a simulated session and reads numbers from what they draw."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from aze_core.domain.model import Inventory
from aze_core.locale import t
from aze_core.store.folder import ROOT

PAGES = {
    "overview": "evidence/overview",
    "countries": "evidence/countries",
    "trend": "evidence/trend",
    "site": "evidence/site",
    "priorities": "decide/priorities",
    "scenarios": "decide/scenarios",
    "compare": "decide/compare",
    "data": "about/data",
    "changes": "about/changes",
    "methods": "about/methods",
}


def go(at: AppTest, page: str) -> AppTest:
    """Switch to a page, state kept, and run it."""
    return at.switch_page(str(ROOT / "pages" / f"{PAGES[page]}.py")).run()


def visit(page: str = "overview", **params: str) -> AppTest:
    """A fresh session whose first address is this page with these entries; `in_` stands for `in`."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for code, text in params.items():
        at.query_params[code.rstrip("_")] = text
    return go(at, page)


def fine(at: AppTest) -> AppTest:
    """The session, after checking that its run drew a title, and no exception or error."""
    assert [item.message for item in at.exception] == []
    assert [item.value for item in at.error] == []
    assert len(at.title) == 1
    return at


def markdown(at: AppTest) -> list[str]:
    """Every Markdown text, in order."""
    return [item.value for item in at.markdown]


def answer(at: AppTest) -> str:
    """The computed sentence below the title."""
    return next(text for text in markdown(at) if text.startswith("##### ")).removeprefix("##### ")


def keys(at: AppTest) -> set[str]:
    """Keys of the buttons on the page."""
    return {str(item.key) for item in at.button}


def link(at: AppTest) -> dict[str, str]:
    """The address as it stands after the run."""
    return {code: text if isinstance(text, str) else text[-1] for code, text in dict(at.query_params).items()}


def metrics(at: AppTest) -> list[float]:
    """Values of the large figures, as numbers."""
    return [float(item.value.replace(",", "")) for item in at.metric]


def frame(at: AppTest, *columns: str) -> pd.DataFrame:
    """The one table on the page that has these columns."""
    found = [item.value for item in at.dataframe if set(columns) <= set(item.value.columns)]
    assert len(found) == 1, f"{len(found)} tables with {columns}"
    return found[0]


def drawn(at: AppTest, *columns: str) -> list[pd.DataFrame]:
    """Data of every chart layer that has these columns, each once."""
    sets = {
        data.name: convert_arrow_bytes_to_pandas_df(data.data.data)
        for chart in at.get("vega_lite_chart")
        for data in chart.proto.datasets
    }
    return [data for data in sets.values() if set(columns) <= set(data.columns)]


def spec(chart: Any) -> dict[str, Any]:
    """A chart's Vega-Lite specification."""
    return json.loads(chart.proto.spec)


def deck(at: AppTest) -> dict[str, list[Any]]:
    """Data of the zoomable map's layers by id."""
    (found,) = at.get("deck_gl_json_chart")
    return {layer["id"]: layer["data"] for layer in json.loads(found.proto.json)["layers"]}


def baseline(inventory: Inventory) -> str:
    """The badge that warns of the historical baseline."""
    status = t(f"provenance.status.{inventory.version.status}", as_of=inventory.version.as_of)
    return f":orange-badge[:material/history: {status}]"

"""Maps as pictures for files: with their land, and without an address."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from aze_core.views import land, maps, printing, theme

FIJI = pd.DataFrame(
    {
        "site_id": ["a", "b"],
        "name": ["<b>A</b>", "B"],
        "country": ["Fiji"] * 2,
        "latitude": [-18.0, -17.0],
        "longitude": [179.0, -179.0],
        "plans": ["A", "AB"],
        "said": ["in A", "in A and B"],
    }
)
OWN = land.own_land({"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]})


@pytest.mark.parametrize("drawn", [land.COUNTRIES, land.NO_BORDERS, OWN], ids=lambda x: x.kind)
def test_the_picture_holds_its_land_and_no_address(drawn: land.Land) -> None:
    words = {word: word for word in ("site", "country", "plans")}
    # an address that nobody answers: it must not be asked
    chart = maps.plans_map(FIJI, words, "ABC", "print", land=drawn, url="http://localhost:9/none.json")
    svg = printing.plans_svg(chart)
    assert len(svg) > 200_000  # without land: a few thousand
    assert "localhost" not in svg
    assert "<b>" not in svg
    colours = set(re.findall("#[0-9A-Fa-f]{6}", svg))
    assert theme.tokens("print")["land"] in colours
    assert [c for c in colours if len(set(theme.rgb(c))) > 1] == []
    assert re.search(r">A</text>", svg)


def test_the_land_of_pictures_is_that_of_the_app() -> None:
    assert Path(maps.WORLD_URL).name == printing._LAND.name

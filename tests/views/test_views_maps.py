"""Maps: everything from this machine, the antimeridian whole, unknown coordinates left out."""

import json
import math
from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import pydeck as pdk
import pytest
import vl_convert

from aze_core.views import maps, theme

IDS = ["site", "country", "species", "protection", "share", *theme.SHAPE, "plans", "A", "B", "AB"]
WORDS = {i: f"w-{i}" for i in IDS}
NAN = float("nan")


def sites() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site_id": ["a", "b", "c", "d", "e"],
            "name": ['O\'Brien "x"', "<b>B</b>", "two\nlines", "y" * 300, "nowhere"],
            "country": ["Fiji", "Fiji", "Peru", "Peru", "Peru"],
            "latitude": [-18.0, -17.0, -5.0, -6.0, NAN],
            "longitude": [179.0, -179.0, -78.0, -77.0, NAN],
            "protection": ["none", "partial", "complete", None, "none"],
            "species": [15, 1, NAN, 2, 1],
            "share_text": ["0%", "40%", "100%", "not known", "0%"],
            "plans": ["A", "B", "AB", "A", "B"],
            "rank": [1, 30, 200, NAN, 2],
            "tip": ["A", "B", "C", "D", "E"],
        }
    )


def compiled(chart: alt.LayerChart, mode: str = "light", k: float = 1.0) -> dict[str, Any]:
    return vl_convert.vegalite_to_vega(chart.configure(**theme.config(mode, k)).to_dict())


def drawn(chart: alt.LayerChart) -> str:
    """The map without its land, which only the running app can fetch."""
    spec = chart.properties(width=600).to_dict()
    spec["layer"] = [x for x in spec["layer"] if "url" not in x["data"]]
    return vl_convert.vegalite_to_svg(spec)


BUILDERS = [maps.protection_map, maps.two_plans_map]


@pytest.mark.parametrize("k", [1, 1.45])
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("bounds", [None, "sites", "andes"])
@pytest.mark.parametrize("builder", BUILDERS)
def test_maps_compile_without_an_outside_address(
    builder: Callable[..., alt.LayerChart], bounds: str | None, mode: str, k: float
) -> None:
    chart = builder(sites(), WORDS, mode, k, bounds=bounds)
    assert compiled(chart, mode, k)["marks"]
    spec = chart.to_dict()
    spec.pop("$schema")
    assert "http" not in json.dumps(spec)
    assert drawn(chart).count("NaN") == 0


@pytest.mark.parametrize("builder", BUILDERS)
def test_points_without_coordinates_are_dropped_and_none_left_is_refused(
    builder: Callable[..., alt.LayerChart],
) -> None:
    d = sites()
    assert '"e"' not in builder(d, WORDS).to_json()
    with pytest.raises(ValueError, match="coordinates"):
        builder(d[d["site_id"] == "e"], WORDS)
    with pytest.raises(ValueError, match="no rows"):
        builder(d.iloc[:0], WORDS)
    with pytest.raises(ValueError, match="no rows inside"):
        builder(d, WORDS, bounds=(0, 40, 10, 50))
    with pytest.raises(ValueError, match="expected 'sites'"):
        builder(d, WORDS, bounds="atlantis")


def test_missing_class_is_drawn_as_unknown_and_missing_species_small() -> None:
    records = [r for d in maps.protection_map(sites(), WORDS).to_dict()["datasets"].values() for r in d]
    by_id = {r["site_id"]: r for r in records}
    assert by_id["d"]["key"] == "unknown"
    assert by_id["d"]["cls"] == "w-unknown"
    assert by_id["c"]["size"] == 1
    assert by_id["c"]["species"] is None


def test_bounds_take_the_short_way_round() -> None:
    fiji = sites()[sites()["country"] == "Fiji"]
    west, south, east, north = maps.bounds_of(fiji) or (0, 0, 0, 0)
    assert (west, east) == (176, -176)  # 8° about the antimeridian
    assert south < -18 < -17 < north
    assert maps.bounds_of(pd.DataFrame({"latitude": [0, 0, 0], "longitude": [0, 120, -120]})) is None
    assert maps.bounds_of(fiji.iloc[:0]) is None


def test_one_point_gets_a_box_of_the_least_span() -> None:
    one = pd.DataFrame({"latitude": [10.0], "longitude": [20.0]})
    assert maps.bounds_of(one, min_span=8) == (16, 6, 24, 14)


def test_fitted_map_holds_its_points() -> None:
    """Points on both sides of the antimeridian land inside a 600 × 300 chart, next to each other."""
    fiji = sites()[sites()["country"] == "Fiji"]
    chart = maps.protection_map(fiji, WORDS, height=300, bounds="sites", size_legend=False)
    spec = chart.properties(width=600).to_dict()
    spec["layer"] = [x for x in spec["layer"] if "url" not in x["data"]]
    scene = vl_convert.vegalite_to_scenegraph(spec)
    found: list[tuple[float, float]] = []

    def walk(node: dict[str, Any]) -> None:
        if node.get("marktype") == "symbol":
            found.extend((i["x"], i["y"]) for i in node["items"])
        for item in node.get("items", []):
            walk(item)

    walk(scene["scenegraph"])
    assert len(found) == 2
    assert all(0 < x < 600 and 0 < y < 300 for x, y in found)
    assert math.dist(*found) < 200


def test_projection_is_equal_area() -> None:
    """A cell of one degree has the area that it has on the sphere, wherever it lies."""

    def ratio(lat: float) -> float:
        (x0, y0), (x1, _), (_, y1) = (
            maps.equal_earth(0, lat),
            maps.equal_earth(0.01, lat),
            maps.equal_earth(0, lat + 0.01),
        )
        band = math.sin(math.radians(lat + 0.01)) - math.sin(math.radians(lat))
        return (x1 - x0) * (y1 - y0) / (math.radians(0.01) * band)

    assert [ratio(lat) for lat in (0, 30, 60, -45)] == pytest.approx([1, 1, 1, 1], abs=1e-3)


def test_selection_on_the_map_is_by_site_and_ignores_land() -> None:
    (param,) = maps.protection_map(sites(), WORDS).to_dict()["params"]
    assert param["name"] == "pick"
    assert param["select"]["fields"] == ["site_id"]
    assert "event.item.datum.site_id" in param["select"]["on"]


def test_labels_are_at_most_six_and_do_not_cover_each_other() -> None:
    far = pd.DataFrame({"latitude": range(-50, 70, 15), "longitude": 0.0, "label": "place"})
    assert drawn(maps.protection_map(sites(), WORDS, labels=far)).count(">place<") == 12  # six with a halo
    close = pd.DataFrame({"latitude": [0, 0.1], "longitude": 0.0, "label": ["first", "second"]})
    picture = drawn(maps.protection_map(sites(), WORDS, labels=close))
    assert ">first<" in picture
    assert ">second<" not in picture


def test_ring_only_for_a_site_on_the_map() -> None:
    n = len(maps.protection_map(sites(), WORDS).layer)
    assert len(maps.protection_map(sites(), WORDS, selected="a").layer) == n + 1
    assert len(maps.protection_map(sites(), WORDS, selected="e").layer) == n


def test_borders_can_be_left_out() -> None:
    land = maps.basemap("light", borders=False)[1].to_dict()
    assert land["mark"]["stroke"] == land["mark"]["fill"]


def test_plans_other_than_two_are_refused() -> None:
    with pytest.raises(ValueError, match="'C'"):
        maps.two_plans_map(sites().assign(plans="C"), WORDS)


def decks() -> list[pdk.Deck]:
    d = sites()
    return [
        maps.priority_deck(d, "light", selected="b"),
        maps.priority_deck(d, "dark", 1.45, base_url="/base/"),
        maps.site_deck(d.iloc[0], d, "light"),
        maps.site_deck(dict(d.iloc[3]) | {"area_km2": 314.0}, None, "dark"),
    ]


@pytest.mark.parametrize("deck", decks())
def test_decks_ask_nobody_for_a_basemap(deck: pdk.Deck) -> None:
    spec = json.loads(deck.to_json())
    # the marker is what pydeck writes for "no style given"; Streamlit reads it as no basemap
    assert spec.get("mapStyle") in (None, "__MAP_STYLE__")
    assert spec.get("mapProvider") is None
    assert "http" not in deck.to_json()
    layers = {layer["id"]: layer for layer in spec["layers"]}
    assert layers["land"]["data"].endswith("/app/static/land-50m.geojson")
    assert layers["sites"]["pickable"] is True
    assert not layers["land"].get("pickable")
    assert deck._tooltip == {"text": "{tip}"}


def test_base_path_goes_before_the_land() -> None:
    land = json.loads(maps.priority_deck(sites(), base_url="/base/").to_json())["layers"][1]
    assert land["data"] == "/base/app/static/land-50m.geojson"


def test_rank_classes_grow_with_the_rank() -> None:
    layer = json.loads(maps.priority_deck(sites()).to_json())["layers"][2]
    radius = {p["site_id"]: p["radius"] for p in layer["data"]}
    assert radius == {"a": 5 + 1.3 * 4, "b": 5 + 1.3 * 3, "c": 5, "d": 5}  # e has no coordinates
    assert layer["data"][-1]["site_id"] == "a"  # the highest rank lies on top


def test_ring_and_view_follow_the_selected_site() -> None:
    spec = json.loads(maps.priority_deck(sites(), selected="c").to_json())
    assert spec["initialViewState"]["longitude"] == -78
    assert spec["layers"][-1]["id"] == "selected"
    unplaced = json.loads(maps.priority_deck(sites(), selected="e").to_json())
    assert unplaced["layers"][-1]["id"] == "sites"
    assert unplaced["initialViewState"]["longitude"] == 179


def test_site_circle_has_the_area_of_the_site() -> None:
    d = sites()
    layers = {x.id: x for x in maps.site_deck(dict(d.iloc[0]) | {"area_km2": math.pi * 100}, d).layers}
    assert layers["area"].get_radius == pytest.approx(10_000)  # metres
    assert "area" not in {x.id for x in maps.site_deck(dict(d.iloc[0]) | {"area_km2": NAN}, d).layers}
    assert json.loads(maps.site_deck(d.iloc[0]).to_json())["layers"][2]["characterSet"] == "▲◆●□"
    glyphs = {p["site_id"]: p["glyph"] for p in layers["sites"].data}
    assert glyphs == {"a": "▲", "b": "◆", "c": "●", "d": "□"}


def test_site_without_coordinates_is_refused() -> None:
    with pytest.raises(ValueError, match="coordinates"):
        maps.site_deck(sites().iloc[4])

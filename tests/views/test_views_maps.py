"""Maps: everything from this machine, the antimeridian whole, unknown coordinates left out."""

import io
import json
import math
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pydeck as pdk
import pytest
import vl_convert
from PIL import Image

from aze_core.views import land, maps, theme

IDS = ["site", "country", "species", "protection", "share", *theme.SHAPE, "plans"]
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
            "said": ["only A", "only B", "both", "only A", "only B"],
            "rank": [1, 30, 200, NAN, 2],
            "tip": ["A", "B", "C", "D", "E"],
        }
    )


SQUARE = {"type": "Polygon", "coordinates": [[[-80, -8], [-70, -8], [-70, 2], [-80, 2], [-80, -8]]]}
LINE = {"type": "LineString", "coordinates": [[-75, 0], [-60, 5]]}
OWN = land.own_land(
    {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"name": "Ours"}, "geometry": shape} for shape in (SQUARE, LINE)
        ],
    }
)
LANDS = [land.COUNTRIES, land.NO_BORDERS, OWN]


def compiled(chart: alt.LayerChart, mode: str = "light", k: float = 1.0) -> dict[str, Any]:
    return vl_convert.vegalite_to_vega(chart.configure(**theme.config(mode, k)).to_dict())


def drawn(chart: alt.LayerChart) -> str:
    """The map without its land, which only the running app can fetch."""
    spec = chart.properties(width=600).to_dict()
    spec["layer"] = [x for x in spec["layer"] if "url" not in x["data"]]
    return vl_convert.vegalite_to_svg(spec)


def two_plans(
    df: pd.DataFrame, words: dict[str, str], mode: str = "light", k: float = 1, **more: Any
) -> alt.LayerChart:
    return maps.plans_map(df, words, "AB", mode, k, **more)


BUILDERS = [maps.protection_map, two_plans]


@pytest.mark.parametrize("drawn_land", LANDS, ids=lambda x: x.kind)
@pytest.mark.parametrize(("mode", "k"), [("light", 1.45), ("dark", 1)])
@pytest.mark.parametrize("bounds", [None, "sites", "andes"])
@pytest.mark.parametrize("builder", BUILDERS)
def test_maps_compile_without_an_outside_address(
    builder: Callable[..., alt.LayerChart], bounds: str | None, mode: str, k: float, drawn_land: land.Land
) -> None:
    chart = builder(sites(), WORDS, mode, k, bounds=bounds, land=drawn_land)
    assert compiled(chart, mode, k)["marks"]
    spec = chart.to_dict()
    spec.pop("$schema")
    assert "http" not in json.dumps(spec)
    assert [x["data"]["url"] for x in spec["layer"] if "url" in x["data"]] == [maps.WORLD_URL]
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


def strokes(drawn_land: land.Land) -> list[str | None]:
    """Stroke of each layer of land."""
    return [x.to_dict()["mark"]["stroke"] for x in maps.basemap("light", land=drawn_land)[1:]]


def test_borders_are_those_asked_for() -> None:
    border = theme.tokens("light")["border"]
    assert strokes(land.COUNTRIES) == [border]
    assert strokes(land.NO_BORDERS) == [None]
    assert strokes(OWN) == [None, border, border]  # land without borders, own polygons, own lines
    assert strokes(land.own_land(SQUARE)) == [None, border]
    assert strokes(land.own_land(LINE)) == [None, border]


def test_land_without_borders_holds_no_country() -> None:
    for drawn_land in (land.NO_BORDERS, OWN):
        spec = maps.protection_map(sites(), WORDS, land=drawn_land).to_json()
        assert '"feature": "land"' in spec
        assert '"feature": "countries"' not in spec


def test_nothing_of_a_users_file_but_its_geometry_is_drawn() -> None:
    spec = maps.protection_map(sites(), WORDS, land=OWN).to_json()
    assert "Ours" not in spec
    assert '"LineString"' not in spec  # but as part of a MultiLineString
    assert spec.count('"MultiPolygon"') == spec.count('"MultiLineString"') == 1


WORLD_ATLAS = json.loads(
    (Path(__file__).parents[2] / "static" / "world-50m.json").read_text(encoding="utf-8")
)


def picture(drawn_land: land.Land, mode: str, box: maps.Bounds, whole: bool = False) -> Callable[..., str]:
    """Colour at a place of a drawn map of 400 × 200 pixels; Natural Earth's land only if `whole`."""
    d = sites().iloc[:1].assign(latitude=box[1] + 0.1, longitude=box[0] + 0.1)
    chart = two_plans(d, WORDS, mode, height=200, bounds=box, land=drawn_land)
    spec = chart.properties(width=400).configure(padding=0, view={"stroke": None}).to_dict()
    if whole:
        for layer in spec["layer"]:
            if "url" in layer["data"]:
                layer["data"] = {"values": WORLD_ATLAS, "format": layer["data"]["format"]}
    else:
        spec["layer"] = [x for x in spec["layer"] if "url" not in x["data"]]
    image = Image.open(io.BytesIO(vl_convert.vegalite_to_png(spec))).convert("RGB")
    width = (box[2] - box[0]) % 360 or 360
    low, high = maps.equal_earth(0, box[1])[1], maps.equal_earth(0, box[3])[1]
    widest = 0 if box[1] <= 0 <= box[3] else min(abs(box[1]), abs(box[3]))
    scale = min(200 / maps.equal_earth(width / 2, widest)[0], 200 / (high - low))

    def colour(longitude: float, latitude: float) -> str:
        x, y = maps.equal_earth((longitude - box[0]) % 360 - width / 2, latitude)
        place = (round(200 + scale * x), round(100 + scale * ((low + high) / 2 - y)))
        return "#" + "".join(f"{part:02X}" for part in image.getpixel(place))

    return colour


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("turn", [1, -1])
def test_own_polygon_is_land_and_the_rest_of_the_globe_is_sea(turn: int, mode: str) -> None:
    """On the sphere a ring has two insides: whichever way round it came, the small one is filled."""
    ring = [[-80, -8], [-60, -8], [-60, 12], [-80, 12], [-80, -8]][::turn]
    hole = [[-72, 0], [-68, 0], [-68, 4], [-72, 4], [-72, 0]][::turn]
    t = theme.tokens(mode)
    colour = picture(land.own_land({"type": "Polygon", "coordinates": [ring, hole]}), mode, maps.WORLD)
    assert colour(-76, -4) == t["land"]
    assert [colour(-70, 2), colour(-90, 2), colour(20, 0), colour(150, 40)] == [t["ocean"]] * 4


ACROSS = {
    "uncut": [[[170, -5], [-170, -5], [-170, 5], [170, 5], [170, -5]]],
    "beyond 180": [[[170, -5], [190, -5], [190, 5], [170, 5], [170, -5]]],
    "beyond -180": [[[-190, -5], [-170, -5], [-170, 5], [-190, 5], [-190, -5]]],
    "cut": [
        [[170, -5], [180, -5], [180, 5], [170, 5], [170, -5]],
        [[-180, -5], [-170, -5], [-170, 5], [-180, 5], [-180, -5]],
    ],
}


@pytest.mark.parametrize("rings", ACROSS.values(), ids=ACROSS)
def test_own_polygon_across_the_antimeridian_is_one_piece(rings: list[Any]) -> None:
    """No bar across the map, and the cut is not drawn as a border."""
    own = land.own_land({"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]})
    t = theme.tokens("light")
    for box in (maps.WORLD, (150.0, -20.0, -150.0, 20.0)):
        colour = picture(own, "light", box)
        places = [colour(x, y) for x in (174, 178, 179.5, 180, -179.5, -178, -174) for y in (-3, 0, 3)]
        assert set(places) == {t["land"]}
        assert {colour(164, 0), colour(-164, 0), colour(180, 10)} == {t["ocean"]}
    assert colour(170, 0) not in {t["land"], t["ocean"]}  # the outline is


def test_a_long_edge_follows_the_parallel() -> None:
    """Two vertices of 49° N, 40° apart: a great circle would bulge to 51° N and more."""
    colour = picture(
        land.own_land(
            {"type": "Polygon", "coordinates": [[[-120, 40], [-80, 40], [-80, 49], [-120, 49], [-120, 40]]]}
        ),
        "light",
        (-130.0, 35.0, -70.0, 60.0),
    )
    assert colour(-100, 48) == theme.tokens("light")["land"]
    assert colour(-100, 50) == theme.tokens("light")["ocean"]


def test_land_without_borders_is_drawn_in_one_piece() -> None:
    """Along the border of Zambia and Angola (22° E) no line shows, unlike where countries are drawn."""
    t, box = theme.tokens("dark"), (12.0, -24.0, 32.0, -4.0)
    across = [(21.9 + i / 100, -14.5) for i in range(21)]
    with_borders = picture(land.COUNTRIES, "dark", box, whole=True)
    without = picture(land.NO_BORDERS, "dark", box, whole=True)
    assert {with_borders(*place) for place in across} > {t["land"]}
    assert {without(*place) for place in across} == {t["land"]}


def test_world_without_borders_leaves_antarctica_out() -> None:
    t = theme.tokens("light")
    colour = picture(land.NO_BORDERS, "light", (-168.99, -89.0, 190.99, 84.0), whole=True)
    assert [colour(20, 20), colour(100, 60), colour(-60, -10)] == [t["land"]] * 3
    assert [colour(90, -80), colour(-30, 30)] == [t["ocean"]] * 2


def marks_of(chart: alt.LayerChart) -> dict[str, set[str]]:
    """Shape of the point under each plan's sites, with T where a letter stands on it."""
    spec = chart.to_dict()
    found: dict[str, set[str]] = {}
    for layer in spec["layer"]:
        if layer["mark"]["type"] in ("point", "text"):
            for row in spec["datasets"][layer["data"]["name"]]:
                shape = "T" if layer["mark"]["type"] == "text" else layer["mark"].get("shape", "circle")
                found.setdefault(row["plans"], set()).add(shape)
    return found


@pytest.mark.parametrize("mode", theme.TOK)
@pytest.mark.parametrize("letters", ["".join(p) for n in (1, 2, 3, 4) for p in combinations("ABCD", n)])
def test_letters_in_one_plan_squares_in_several_and_dots_in_all(letters: str, mode: str) -> None:
    held = ["".join(p) for n in range(1, len(letters) + 1) for p in combinations(letters, n)]
    df = pd.DataFrame({"site_id": held, "plans": held, "said": [f"in {p}" for p in held], "name": held})
    df = df.assign(country="Fiji", latitude=range(len(held)), longitude=range(len(held)))
    chart = maps.plans_map(df, WORDS, letters, mode)
    assert compiled(chart, mode)["marks"]
    assert marks_of(chart) == {
        p: {"circle", "T"} if len(p) == 1 else {"circle"} if p == letters else {"square"} for p in held
    }
    assert {
        row["said"] for rows in chart.to_dict()["datasets"].values() for row in rows if "said" in row
    } == {f"in {p}" for p in held}


def test_plans_on_paper_are_black_and_white() -> None:
    df = sites().assign(plans=["A", "B", "AB", "C", "D"], said="")
    colours = set(re.findall("#[0-9A-Fa-f]{6}", drawn(maps.plans_map(df, WORDS, "ABCD", "print"))))
    assert colours
    assert {c for c in colours if len(set(theme.rgb(c))) > 1} == set()


@pytest.mark.parametrize("mode", theme.TOK)
@pytest.mark.parametrize("k", [1.0, 1.45])
def test_landscapes_are_numbered_and_single_sites_are_dots(mode: str, k: float) -> None:
    df = pd.DataFrame(
        {
            "site_id": list("abc"),
            "name": list("abc"),
            "country": "Fiji",
            "latitude": [1.0, 2.0, 3.0],
            "longitude": [1.0, 2.0, 3.0],
            "number": ["1", "1", ""],
            "landscape": ["Coast", "Coast", "Hill"],
        }
    )
    words = {name: name for name in ("site", "country", "landscape")}
    chart = maps.landscapes_map(df, words, mode, k, bounds="sites")
    assert compiled(chart, mode)["marks"]
    spec = chart.to_dict()
    texts = [x for x in spec["layer"] if x["mark"]["type"] == "text" and "number" in str(x["encoding"])]
    assert [row["site_id"] for row in spec["datasets"][texts[0]["data"]["name"]]] == ["a", "b"]
    with pytest.raises(ValueError, match="no rows"):
        maps.landscapes_map(df.assign(latitude=None), words)


@pytest.mark.parametrize("strange", ["C", "AA", "", None, "ABC"])
def test_plans_that_are_not_compared_are_refused(strange: str | None) -> None:
    with pytest.raises(ValueError, match="plans holds"):
        two_plans(sites().assign(plans=strange), WORDS)


@pytest.mark.parametrize("letters", ["", "AA", "ABE", "ABCDE"])
def test_other_letters_are_refused(letters: str) -> None:
    with pytest.raises(ValueError, match="letters is"):
        maps.plans_map(sites().assign(plans="A"), WORDS, letters)


def boundary(site: str, geometry: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"site_id": site, **properties}, "geometry": geometry}


def decks() -> list[pdk.Deck]:
    d = sites()
    made = [
        maps.priority_deck(d, "light", selected="b"),
        maps.priority_deck(d, "dark", 1.45, base_url="/base/"),
        maps.site_deck(d.iloc[0], d, "light"),
        maps.site_deck(dict(d.iloc[3]) | {"area_km2": 314.0}, None, "dark"),
    ]
    for x in LANDS:
        made += [
            maps.priority_deck(d, "dark", land=x, boundaries=[boundary("c")]),
            maps.site_deck(d.iloc[2], d, "light", land=x, boundaries=[boundary("c", protection="none")]),
        ]
    return made


@pytest.mark.parametrize("deck", decks())
def test_decks_ask_nobody_for_a_basemap(deck: pdk.Deck) -> None:
    spec = json.loads(deck.to_json())
    # the marker is what pydeck writes for "no style given"; Streamlit reads it as no basemap
    assert spec.get("mapStyle") in (None, "__MAP_STYLE__")
    assert spec.get("mapProvider") is None
    assert "http" not in deck.to_json()
    layers = {layer["id"]: layer for layer in spec["layers"]}
    assert layers["land"]["data"].endswith("/app/static/land-50m.geojson")
    assert [name for name, x in layers.items() if isinstance(x["data"], str)] == ["land"]
    assert [name for name, layer in layers.items() if layer.get("pickable")] == ["sites"]
    assert deck._tooltip == {"text": "{tip}"}


DECKS: list[Callable[[land.Land], pdk.Deck]] = [
    lambda x: maps.priority_deck(sites(), land=x),
    lambda x: maps.site_deck(sites().iloc[0], land=x),
]


@pytest.mark.parametrize("deck", DECKS)
def test_decks_draw_the_borders_asked_for(deck: Callable[[land.Land], pdk.Deck]) -> None:
    def layers(x: land.Land) -> dict[str, Any]:
        return {layer["id"]: layer for layer in json.loads(deck(x).to_json())["layers"]}

    t = theme.tokens("light")
    countries, none, own = (layers(x) for x in LANDS)
    assert countries["land"]["stroked"] is True
    assert countries["land"]["getLineColor"] == theme.rgb(t["border"])
    assert none["land"]["stroked"] is own["land"]["stroked"] is False
    assert "getLineColor" not in none["land"]
    assert "own" not in countries | none
    assert list(own)[:3] == ["sea", "land", "own"]
    assert own["own"]["stroked"] is True
    assert own["own"]["getFillColor"] == theme.rgb(t["land"])
    kinds = [feature["geometry"]["type"] for feature in own["own"]["data"]["features"]]
    assert kinds == ["MultiPolygon", "MultiLineString"]
    assert "Ours" not in json.dumps(own)


def test_site_boundaries_lie_below_the_points_in_the_colour_of_their_class() -> None:
    d, t = sites(), theme.tokens("light")
    given = [
        boundary("c", protection="complete"),
        boundary("a", protection="none"),
        boundary("d", protection=NAN),
        boundary("b", {"type": "Point", "coordinates": [0, 0]}, protection="partial"),
        boundary("b", None, protection="partial"),
    ]
    spec = json.loads(maps.site_deck(d.iloc[2], d, boundaries=given).to_json())
    assert [layer["id"] for layer in spec["layers"]] == ["sea", "land", "boundaries", "sites", "selected"]
    layer = spec["layers"][2]
    assert layer["lineWidthMinPixels"] == 1.5
    assert layer["getFillColor"] == "@@=properties.fill"
    assert layer["getLineColor"] == "@@=properties.line"
    colours = [t["protection_text"][key] for key in ("complete", "none", "unknown")]
    assert [f["properties"] for f in layer["data"]["features"]] == [
        {"fill": theme.rgb(colour, 64), "line": theme.rgb(colour)}
        for colour in colours  # 64 / 255: 25 %
    ]


def test_priority_boundaries_take_the_colour_of_the_rank_and_unlisted_sites_have_none() -> None:
    t = theme.tokens("light")
    given = [boundary("a"), boundary("c"), boundary("z"), boundary("e")]  # e has no coordinates
    spec = json.loads(maps.priority_deck(sites(), boundaries=given).to_json())
    assert [layer["id"] for layer in spec["layers"]] == ["sea", "land", "boundaries", "sites"]
    found = [f["properties"] for f in spec["layers"][2]["data"]["features"]]
    assert [p["fill"] for p in found] == [theme.rgb(t["priority"][i], 64) for i in (4, 0)]
    assert [p["line"] for p in found] == [theme.rgb(theme.edge(t["priority"][i])) for i in (4, 0)]
    none = json.loads(maps.priority_deck(sites(), boundaries=[boundary("z")]).to_json())["layers"]
    assert "boundaries" not in {layer["id"] for layer in none}


def test_own_boundary_takes_the_place_of_the_circle_and_the_view_fits_it() -> None:
    site = dict(sites().iloc[2]) | {"area_km2": 100.0, "longitude": -75.0, "latitude": 0.0}
    circle = {layer.id for layer in maps.site_deck(site).layers}
    elsewhere = {layer.id for layer in maps.site_deck(site, boundaries=[boundary("a")]).layers}
    assert "area" in circle & elsewhere
    half = [[-75.1, -0.1], [-74.9, -0.1], [-74.9, 0.1], [-75.1, 0.1], [-75.1, -0.1]]
    deck = maps.site_deck(site, boundaries=[boundary("c", {"type": "Polygon", "coordinates": [half]})])
    assert "area" not in {layer.id for layer in deck.layers}
    # a tile of 512 pixels holds 360° at zoom 0: 0.1° fill 100 pixels at log2(360 / 512 x 100 / 0.1)
    assert deck.initial_view_state.zoom == pytest.approx(math.log2(360 / 512 * 1000), abs=0.01)
    far = maps.site_deck(site | {"longitude": 90.0}, boundaries=[boundary("c")])
    assert far.initial_view_state.zoom == 3


def test_site_boundary_across_the_antimeridian_throws_no_bar() -> None:
    ring = [[179.5, -18.5], [-179.5, -18.5], [-179.5, -17.5], [179.5, -17.5], [179.5, -18.5]]
    given = boundary("a", {"type": "Polygon", "coordinates": [ring]}, protection="none")
    deck = maps.site_deck(dict(sites().iloc[0]) | {"longitude": 179.9}, boundaries=[given])
    (feature,) = deck.layers[2].data["features"]
    lons = [sorted({x for x, _ in polygon[0]}) for polygon in feature["geometry"]["coordinates"]]
    assert sorted(lons) == [[-180, -179.5], [179.5, 180]]
    # from 179.9° E to 179.5° W are 0.6°
    assert deck.initial_view_state.zoom == pytest.approx(math.log2(360 / 512 * 100 / 0.6), abs=0.01)


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

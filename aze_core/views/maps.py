"""Maps: Equal Earth in Altair, zoomable decks in pydeck. Land comes from the app's own static files.

`mode`, `k` and `words` are those of `aze_core.views.charts`. `land` says whose borders are drawn:
`COUNTRIES`, `NO_BORDERS` or what `own_land` makes of a user's file (`aze_core.views.land`). Points without
coordinates are dropped; the caller counts and names them. If none is left, ``ValueError``.

Not for measuring: a site is drawn as one point, whatever its area.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import pydeck as pdk

from aze_core.measures.geometry import EARTH_RADIUS_KM

from .charts import PICK, Words, check, one_line, text_width
from .land import COUNTRIES, Land, areas, globe, mercator
from .theme import CLASSES, FONT, GLYPH, SHAPE, edge, fill, on, rgb, tokens

WORLD_URL = "/app/static/world-50m.json"
LAND_URL = "/app/static/land-50m.geojson"

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east crosses the antimeridian."""

# turned by 11°, so that neither Chukotka nor the Pacific islands are cut
WORLD: Bounds = (-168.99, -58.0, 190.99, 84.0)

INSETS: dict[str, Bounds] = {
    "mesoamerica": (-118.0, 6.0, -60.0, 31.0),
    "andes": (-84.0, -24.0, -58.0, 13.0),
}
"""Two regions in which sites lie too close for the world map."""

PLANS = "ABCD"
"""Letters of the plans that can be compared, in the order of their colours."""

RANK_STEPS = (20, 50, 100, 180)
"""Last rank of each priority class but the lowest."""


def bounds_of(df: pd.DataFrame, pad: float = 0.15, min_span: float = 8.0) -> Bounds | None:
    """Box around the points of a frame, the short way round the globe.

    Parameters
    ----------
    df : DataFrame
        ``latitude``, ``longitude`` in degrees; rows with a missing one are ignored.
    pad : float
        Margin on each side, as a part of the span.
    min_span : float
        Least width and height, degrees.

    Returns
    -------
    tuple or None
        West, south, east, north (west > east if the box crosses the antimeridian); None if there is no
        point or the box spans more than 140°: then the world map serves better.

    Examples
    --------
    >>> bounds_of(pd.DataFrame({"latitude": [-18.0, -18.0], "longitude": [179.0, -179.0]}))
    (176.0, -22.0, -176.0, -14.0)
    """
    d = df.dropna(subset=["latitude", "longitude"])
    if d.empty:
        return None
    lons = sorted({float(x) % 360 for x in d["longitude"]})
    gaps = [(b - a) % 360 for a, b in zip(lons, [*lons[1:], lons[0] + 360], strict=True)]
    if len(lons) == 1:
        west, span = lons[0], 0.0
    else:
        widest = max(range(len(gaps)), key=gaps.__getitem__)
        west, span = lons[(widest + 1) % len(lons)], 360 - gaps[widest]
    if span > 140:
        return None
    side = max(pad * span, (min_span - span) / 2)
    south, north = float(d["latitude"].min()), float(d["latitude"].max())
    rise = max(pad * (north - south), (min_span - (north - south)) / 2)

    def degrees(x: float) -> float:
        return round((x + 180) % 360 - 180, 4)

    return (
        degrees(west - side),
        round(max(-85.0, south - rise), 4),
        degrees(west + span + side),
        round(min(85.0, north + rise), 4),
    )


def equal_earth(longitude: float, latitude: float) -> tuple[float, float]:
    """Equal Earth projection of one point, in radii of the globe (Šavrič, Patterson & Jenny 2018).

    Parameters
    ----------
    longitude, latitude : float
        Degrees; the longitude counts from the central meridian.

    Examples
    --------
    >>> tuple(round(v, 3) for v in equal_earth(180, 0))
    (2.707, 0.0)
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    p = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = a1 + 3 * a2 * p**2 + 7 * a3 * p**6 + 9 * a4 * p**8
    x = 2 / math.sqrt(3) * math.radians(longitude) * math.cos(p) / slope
    return x, p * (a1 + a2 * p**2 + a3 * p**6 + a4 * p**8)


def _span(bounds: Bounds) -> tuple[float, float]:
    """Central meridian and width of a box, degrees."""
    west, _, east, _ = bounds
    width = east - west if east > west else east - west + 360
    return west + width / 2, width


def _project(chart: alt.LayerChart, bounds: Bounds) -> alt.LayerChart:
    """Fit a box into whatever width the chart is given.

    Scale and shift are expressions of the chart's size: Vega-Lite's own fit would take in all land.
    """
    meridian, width = _span(bounds)
    _, south, _, north = bounds
    widest = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
    x = 2 * equal_earth(width / 2, widest)[0]
    low, high = equal_earth(0, south)[1], equal_earth(0, north)[1]
    scale = f"min(width / {x:.6f}, height / {high - low:.6f})"
    shift = f"[width / 2, height / 2 + {(low + high) / 2:.6f} * {scale}]"
    return chart.project(
        "equalEarth", rotate=[-meridian, 0, 0], scale=alt.ExprRef(scale), translate=alt.ExprRef(shift)
    )


def _sea(bounds: Bounds) -> dict[str, Any]:
    """Densely cut frame of the world, without Antarctica and the far north."""
    west, south, east, north = bounds
    lons = [west + (east - west) * i / 179 for i in range(180)]
    lats = [south + (north - south) * i / 60 for i in range(61)]
    ring = [[west, y] for y in lats] + [[x, north] for x in lons]
    ring += [[east, y] for y in reversed(lats)] + [[x, south] for x in reversed(lons)]
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}


def _land(mode: str, url: str, land: Land) -> list[alt.Chart]:
    t = tokens(mode)
    look: dict[str, Any] = {"fill": t["land"], "clip": True}
    line: dict[str, Any] = {"stroke": t["border"], "strokeWidth": 0.5}

    def source(feature: str) -> alt.Chart:
        return alt.Chart(alt.UrlData(url=url, format=alt.TopoDataFormat(type="topojson", feature=feature)))

    if land.kind == "countries":
        named = source("countries").transform_filter("datum.properties.name != 'Antarctica'")
        return [named.mark_geoshape(**look, **line)]
    # one piece for all continents: each polygon becomes a row, for Antarctica has no name here
    merged = (
        source("land")
        .transform_flatten(["geometry.coordinates"], as_=["rings"])
        .transform_filter("datum.rings[0][0][1] > -60")
        .transform_calculate(geometry="{type: 'Polygon', coordinates: datum.rings}")
        .mark_geoshape(stroke=None, **look)
    )
    if land.kind == "none":
        return [merged]
    shapes = globe(land)
    styles = {"Polygon": look | line, "LineString": {"filled": False, "clip": True, **line}}
    return [
        merged,
        *(
            alt.Chart(alt.Data(values=shapes[kind])).mark_geoshape(**style)
            for kind, style in styles.items()
            if shapes[kind]
        ),
    ]


def basemap(
    mode: str = "light", url: str = WORLD_URL, land: Land = COUNTRIES, bounds: Bounds = WORLD
) -> list[alt.Chart]:
    """Sea and land, the lowest layers of every Equal Earth map.

    Parameters
    ----------
    mode : {"light", "dark"}
    url : str
        TopoJSON with the objects ``countries``, whose properties have ``name``, and ``land``; put the app's
        base path before it if there is one.
    land : Land
        Whose borders are drawn. A user's polygons and lines travel inside the chart.
    bounds : tuple
        What the map will show.

    Examples
    --------
    >>> len(basemap("dark"))
    2
    """
    t = tokens(mode)
    width = _span(bounds)[1]
    # a zoomed map is sea to its corners; the world keeps the outline of its projection
    sea = (
        alt.Chart(alt.Data(values=[_sea(bounds)])).mark_geoshape(fill=t["ocean"], stroke=None, clip=True)
        if width > 180
        else alt.Chart(alt.Data(values=[{}]))
        .mark_rect(color=t["ocean"])
        .encode(x=alt.value(0), x2=alt.value("width"), y=alt.value(0), y2=alt.value("height"))
    )
    return [sea, *_land(mode, url, land)]


def _located(df: pd.DataFrame) -> pd.DataFrame:
    d = df.dropna(subset=["latitude", "longitude"]).reset_index(drop=True)
    if d.empty:
        raise ValueError("no rows with coordinates: show the empty state instead of a map")
    return d


def _view(d: pd.DataFrame, bounds: Bounds | str | None) -> Bounds:
    if isinstance(bounds, str):
        if bounds == "sites":
            bounds = bounds_of(d)
        elif bounds in INSETS:
            bounds = INSETS[bounds]
        else:
            raise ValueError(f"bounds is {bounds!r}; expected 'sites', {list(INSETS)} or four numbers")
    if bounds is not None:
        return bounds
    west, south, east, north = WORLD
    return (west, min(south, float(d["latitude"].min()) - 2), east, max(north, float(d["latitude"].max())))


def _inside(d: pd.DataFrame, bounds: Bounds) -> pd.DataFrame:
    meridian, width = _span(bounds)
    away = (d["longitude"] - meridian + 180) % 360 - 180
    inside = (away.abs() <= width / 2) & d["latitude"].between(bounds[1], bounds[3])
    return d.assign(away=away)[inside]


def _places(layers: list[Any], d: pd.DataFrame, box: Bounds, height: int, mode: str, k: float) -> None:
    """Names with a halo, written to the left near the right edge; none is written over another."""
    t = tokens(mode)
    d = d.assign(east=d["away"] > 0.28 * _span(box)[1])
    pixels = height / (equal_earth(0, box[3])[1] - equal_earth(0, box[1])[1])
    taken: list[tuple[float, float, float]] = []
    free = []
    for r in d.to_dict("records"):
        x, y = (v * pixels for v in equal_earth(r["away"], r["latitude"]))
        length = text_width(r["label"], k)
        left = x - 13 * k - length if r["east"] else x + 13 * k
        free.append(all(left > b or left + length < a or abs(y - v) > 18 * k for a, b, v in taken))
        if free[-1]:
            taken.append((left, left + length, y))
    d = d[free]
    for part, align, dx in ((d[~d["east"]], "left", 13 * k), (d[d["east"]], "right", -13 * k)):
        if len(part):
            base = alt.Chart(part[["latitude", "longitude", "label"]]).encode(
                longitude="longitude:Q", latitude="latitude:Q", text="label:N"
            )
            style: dict[str, Any] = {"fontSize": 12.5 * k, "align": align, "dx": dx, "fontWeight": 600}
            halo: dict[str, Any] = {"color": t["ocean"], "stroke": t["ocean"], "strokeWidth": 3.5 * k}
            layers += [
                base.mark_text(strokeJoin="round", limit=220 * k, **halo, **style),
                base.mark_text(color=t["ink"], limit=220 * k, **style),
            ]


def protection_map(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    height: int = 380,
    bounds: Bounds | str | None = None,
    labels: pd.DataFrame | None = None,
    selected: str | None = None,
    size_legend: bool = True,
    land: Land = COUNTRIES,
    url: str = WORLD_URL,
) -> alt.LayerChart:
    """Sites by protection class (shape and colour) and number of trigger species (size).

    Parameters
    ----------
    df : DataFrame
        ``site_id`` (unique), ``name``, ``country``, ``latitude``, ``longitude``, ``protection`` (none,
        partial, complete or missing: an open square), ``species`` (number; missing draws the smallest),
        ``share_text`` (protected share in words).
    words : mapping
        ``site``, ``country``, ``species``, ``protection``, ``share``, ``none``, ``partial``,
        ``complete``, ``unknown``.
    mode, k : str, float
    height : int
        Pixels; about 0.46 of the width suits the world.
    bounds : tuple or str, optional
        World by default; ``"sites"`` fits the points (`bounds_of`), a key of `INSETS` that region, four
        numbers any box. Sites outside are left out.
    labels : DataFrame, optional
        ``latitude``, ``longitude``, ``label``; the first six inside the bounds are written,
        less those that would cover an earlier one.
    selected : str, optional
        ``site_id`` that gets a ring.
    size_legend : bool
    land, url : Land, str
        See `basemap`.

    Returns
    -------
    LayerChart
        With the point selection ``pick`` on ``site_id``.

    Raises
    ------
    ValueError
        No row with coordinates inside the bounds; a missing column or word; unknown bounds.

    Examples
    --------
    >>> df = pd.DataFrame({"site_id": ["a"], "name": ["A"], "country": ["Fiji"], "latitude": [-18.0],
    ...                    "longitude": [179.0], "protection": ["none"], "species": [2],
    ...                    "share_text": ["0%"]})
    >>> ids = ("site", "country", "species", "protection", "share", *SHAPE)
    >>> type(protection_map(df, {i: i for i in ids}, bounds="sites")).__name__
    'LayerChart'
    """
    columns = ["site_id", "name", "country", "latitude", "longitude", "protection", "species", "share_text"]
    classes = list(SHAPE)
    check(df, columns, words, ["site", "country", "species", "protection", "share", *classes])
    t = tokens(mode)
    located = _located(df[columns])
    box = _view(located, bounds)
    d = _inside(located, box)
    if d.empty:
        raise ValueError(f"no rows inside {box}: show the empty state instead of a map")
    width = _span(box)[1]
    d = d.drop(columns="away").assign(key=d["protection"].where(d["protection"].isin(CLASSES), "unknown"))
    d["cls"] = d["key"].map(dict(words))
    d["size"] = d["species"].fillna(1).clip(lower=1)
    d["species"] = d["species"].astype("float64")
    d["name"] = d["name"].map(one_line)
    d = d.sort_values("size", ascending=False, kind="stable")  # small ones on top of large ones
    most = max(22.0, float(d["size"].max()))
    pick = alt.selection_point(name="pick", fields=["site_id"], on=PICK, empty=True)
    # over land the legend needs a ground of its own
    ground: dict[str, Any] = {"fillColor": t["page"], "padding": 6, "cornerRadius": 4} if width <= 180 else {}
    legend = (
        alt.Legend(
            title=words["species"],
            values=[1, 5, 20],
            orient="none",
            legendX=0,
            legendY=0,
            rowPadding=1,
            symbolType="circle",
            symbolFillColor=t["faint"],
            symbolStrokeColor=t["faint"],
            labelFontSize=13 * k,
            titleFontSize=13 * k,
            **ground,
        )
        if size_legend
        else None
    )

    def by_class(values: Mapping[str, str]) -> alt.Scale:
        return alt.Scale(domain=classes, range=[values[c] for c in classes])

    points = (
        alt.Chart(d)
        .transform_calculate(said=f"isValid(datum.species) ? datum.species : {json.dumps(words['unknown'])}")
        .mark_point(filled=True, strokeWidth=1.1 * k, cursor="pointer")
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            shape=alt.Shape("key:N", scale=by_class(SHAPE), legend=None),
            color=alt.Color("key:N", scale=by_class(t["protection"]), legend=None),
            stroke=alt.Stroke("key:N", scale=by_class(t["outline"]), legend=None),
            size=alt.Size(
                "size:Q",
                scale=alt.Scale(type="sqrt", domain=[1, most], range=[46 * k, 620 * k]),
                legend=legend,
            ),
            opacity=alt.condition(pick, alt.value(0.92), alt.value(0.25)),
            tooltip=[
                alt.Tooltip("name:N", title=words["site"]),
                alt.Tooltip("country:N", title=words["country"]),
                alt.Tooltip("said:N", title=words["species"]),
                alt.Tooltip("cls:N", title=words["protection"]),
                alt.Tooltip("share_text:N", title=words["share"]),
            ],
        )
        .add_params(pick)
    )
    layers: list[Any] = [*basemap(mode, url, land, box), points]
    if selected is not None and (d["site_id"] == selected).any():
        layers.append(
            alt.Chart(d.loc[d["site_id"] == selected, ["latitude", "longitude"]])
            .mark_point(filled=False, size=900 * k, stroke=t["ink"], strokeWidth=2.5 * k, opacity=1)
            .encode(longitude="longitude:Q", latitude="latitude:Q")
        )
    if labels is not None and len(labels):
        check(labels, ["latitude", "longitude", "label"], {})
        near = _inside(labels.dropna(subset=["latitude", "longitude"]), box).head(6)
        _places(layers, near.assign(label=near["label"].map(one_line)), box, height, mode, k)
    return _project(alt.LayerChart(layer=layers), box).properties(height=height)


def plans_map(
    df: pd.DataFrame,
    words: Words,
    letters: str,
    mode: str = "light",
    k: float = 1.0,
    height: int = 300,
    bounds: Bounds | str | None = None,
    land: Land = COUNTRIES,
    url: str = WORLD_URL,
) -> alt.LayerChart:
    """Where up to four plans differ: a letter for a site in one plan, □ in several of them, ● in all.

    Parameters
    ----------
    df : DataFrame
        ``site_id``, ``name``, ``country``, ``latitude``, ``longitude``, ``plans`` (letters of the plans that
        hold the site, such as ``"AC"``), ``said`` (what the tooltip says of them).
    words : mapping
        ``site``, ``country``, ``plans`` (tooltip heads).
    letters : str
        The plans that are compared, one to four of ``"ABCD"``. A plan that stands alone keeps its letter.
    mode, k, height, bounds, land, url
        As in `protection_map`; the mode may also be ``"print"``.

    Raises
    ------
    ValueError
        As in `protection_map`; also for other letters, here or in ``plans``.

    Examples
    --------
    >>> df = pd.DataFrame({"site_id": ["a"], "name": ["A"], "country": ["Fiji"], "latitude": [-18.0],
    ...                    "longitude": [179.0], "plans": ["AB"], "said": ["in plans A and B"]})
    >>> type(plans_map(df, {i: i for i in ("site", "country", "plans")}, "ABC")).__name__
    'LayerChart'
    """
    columns = ["site_id", "name", "country", "latitude", "longitude", "plans", "said"]
    check(df, columns, words, ["site", "country", "plans"])
    if not _some_of(letters, PLANS):
        raise ValueError(f"letters is {letters!r}; expected some of {PLANS!r}, each once")
    strange = sorted({str(p) for p in df["plans"] if not _some_of(p, letters)})
    if strange:
        raise ValueError(f"plans holds {strange}; expected some of {letters!r}, each once")
    t = tokens(mode)
    located = _located(df[columns])
    box = _view(located, bounds)
    d = _inside(located, box).drop(columns="away")
    if d.empty:
        raise ValueError(f"no rows inside {box}: show the empty state instead of a map")
    d[["said", "name"]] = d[["said", "name"]].map(one_line)
    tip = [
        alt.Tooltip("name:N", title=words["site"]),
        alt.Tooltip("country:N", title=words["country"]),
        alt.Tooltip("said:N", title=words["plans"]),
    ]
    held = d["plans"].str.len()
    # letters last: they say most
    groups: list[tuple[pd.DataFrame, dict[str, Any]]] = [
        (
            d[(held > 1) & (held == len(letters))],
            {"size": 46 * k, "color": t["muted"], "stroke": t["page"], "strokeWidth": 0.8},
        ),
        (
            d[(held > 1) & (held < len(letters))],
            {
                "shape": "square",
                "size": 52 * k,
                "color": t["surface"],
                "stroke": t["ink"],
                "strokeWidth": 1.4 * k,
            },
        ),
        *(
            (
                d[d["plans"] == letter],
                {
                    "size": 150 * k,
                    "color": fill(letter, mode),
                    "stroke": t["page"],
                    "strokeWidth": 1.2 * k,
                },
            )
            for letter in letters
        ),
    ]
    layers: list[Any] = [*basemap(mode, url, land, box)]
    for rows, look in groups:
        _discs(layers, rows, tip, look, "plans" if rows["plans"].str.len().eq(1).all() else None, k)
    return _project(alt.LayerChart(layer=layers), box).properties(height=height)


def landscapes_map(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    height: int = 300,
    bounds: Bounds | str | None = None,
    land: Land = COUNTRIES,
    url: str = WORLD_URL,
) -> alt.LayerChart:
    """Sites by the landscape that they belong to: its number, or a dot for a site that stands alone.

    Parameters
    ----------
    df : DataFrame
        ``site_id``, ``name``, ``country``, ``latitude``, ``longitude``, ``number`` (text printed on the site;
        empty: it stands alone), ``landscape`` (its name).
    words : mapping
        ``site``, ``country``, ``landscape`` (tooltip heads).
    mode, k, height, bounds, land, url
        As in `protection_map`.

    Raises
    ------
    ValueError
        As in `protection_map`.

    Examples
    --------
    >>> df = pd.DataFrame({"site_id": ["a"], "name": ["A"], "country": ["Fiji"], "latitude": [-18.0],
    ...                    "longitude": [179.0], "number": ["1"], "landscape": ["Coast"]})
    >>> type(landscapes_map(df, {i: i for i in ("site", "country", "landscape")})).__name__
    'LayerChart'
    """
    columns = ["site_id", "name", "country", "latitude", "longitude", "number", "landscape"]
    check(df, columns, words, ["site", "country", "landscape"])
    t = tokens(mode)
    located = _located(df[columns])
    box = _view(located, bounds)
    d = _inside(located, box).drop(columns="away")
    if d.empty:
        raise ValueError(f"no rows inside {box}: show the empty state instead of a map")
    d[["landscape", "name"]] = d[["landscape", "name"]].map(one_line)
    tip = [
        alt.Tooltip("name:N", title=words["site"]),
        alt.Tooltip("country:N", title=words["country"]),
        alt.Tooltip("landscape:N", title=words["landscape"]),
    ]
    alone = d["number"] == ""
    layers: list[Any] = [*basemap(mode, url, land, box)]
    edge: dict[str, Any] = {"stroke": t["page"], "strokeWidth": 0.8 * k}
    _discs(layers, d[alone], tip, {"size": 46 * k, "color": t["muted"], **edge}, None, k)
    _discs(layers, d[~alone], tip, {"size": 190 * k, "color": fill("A", mode), **edge}, "number", k)
    return _project(alt.LayerChart(layer=layers), box).properties(height=height)


def _discs(
    layers: list[Any],
    rows: pd.DataFrame,
    tip: list[alt.Tooltip],
    look: dict[str, Any],
    text: str | None,
    k: float,
) -> None:
    """Marks at places, with a text on each where there is one."""
    if rows.empty:
        return
    base = alt.Chart(rows).encode(longitude="longitude:Q", latitude="latitude:Q", tooltip=tip)
    layers.append(base.mark_point(filled=True, opacity=1, **look))
    if text is not None:
        mark = base.mark_text(fontWeight=700, fontSize=10 * k, dy=0.5, color=on(look["color"]))
        layers.append(mark.encode(text=f"{text}:N"))


def _some_of(letters: Any, known: str) -> bool:
    """Whether something is a text of known letters, at least one and each once."""
    return isinstance(letters, str) and 0 < len(letters) == len(set(letters) & set(known))


def _ground(mode: str, base_url: str, land: Land) -> list[pdk.Layer]:
    t = tokens(mode)
    # two halves: one ring of 360° has no inside
    halves = [
        [[west, -85], [west + 90, -85], [west + 180, -85], [west + 180, 85], [west + 90, 85], [west, 85]]
        for west in (-180, 0)
    ]
    sea = pdk.Layer(
        "SolidPolygonLayer",
        id="sea",
        data=[{"ring": ring} for ring in halves],
        get_polygon="ring",
        get_fill_color=rgb(t["ocean"]),
    )

    def shapes(name: str, data: str | Mapping[str, Any], stroked: bool) -> pdk.Layer:
        line: dict[str, Any] = {"get_line_color": rgb(t["border"]), "line_width_min_pixels": 0.8}
        return pdk.Layer(
            "GeoJsonLayer",
            id=name,
            data=data,
            get_fill_color=rgb(t["land"]),
            stroked=stroked,
            **(line if stroked else {}),
        )

    layers = [sea, shapes("land", base_url.rstrip("/") + LAND_URL, land.kind == "countries")]
    return [*layers, shapes("own", mercator(land), True)] if land.kind == "own" else layers


def _outlines(boundaries: Iterable[tuple[Mapping[str, Any], str, str]]) -> list[pdk.Layer]:
    """Site polygons, given as GeoJSON feature, fill and line colour; no layer without a polygon."""
    drawn = [
        {
            "type": "Feature",
            "properties": {"fill": rgb(inside, 64), "line": rgb(line)},
            "geometry": areas(feature["geometry"]),
        }
        for feature, inside, line in boundaries
    ]
    drawn = [feature for feature in drawn if feature["geometry"]]
    layer = pdk.Layer(
        "GeoJsonLayer",
        id="boundaries",
        data={"type": "FeatureCollection", "features": drawn},
        get_fill_color="properties.fill",
        get_line_color="properties.line",
        line_width_min_pixels=1.5,
        stroked=True,
    )
    return [layer] if drawn else []


def _deck(layers: list[pdk.Layer], view: pdk.ViewState) -> pdk.Deck:
    # no map_style: any value for it, None too, brings an online basemap back. The template holds
    # field names only, for the values are escaped and the template is not.
    # the world repeats, or sites beyond ±180° would stand on its other end
    views = [pdk.View(type="MapView", controller=True, repeat=True)]
    return pdk.Deck(
        layers=layers,
        initial_view_state=view,
        views=views,
        map_provider=None,
        tooltip={"text": "{tip}"},
    )


def _ring(place: Mapping[str, Any], colour: str, radius: float) -> pdk.Layer:
    """Own layer, since a selection fades every layer that holds points."""
    return pdk.Layer(
        "ScatterplotLayer",
        id="selected",
        data=[{"longitude": float(place["longitude"]), "latitude": float(place["latitude"])}],
        get_position="[longitude, latitude]",
        filled=False,
        stroked=True,
        get_radius=radius,
        radius_units="'pixels'",
        get_line_color=rgb(colour),
        line_width_min_pixels=3,
    )


def priority_deck(
    df: pd.DataFrame,
    mode: str = "light",
    k: float = 1.0,
    selected: str | None = None,
    base_url: str = "",
    steps: tuple[int, int, int, int] = RANK_STEPS,
    zoom: float = 2.6,
    land: Land = COUNTRIES,
    boundaries: Sequence[Mapping[str, Any]] | None = None,
) -> pdk.Deck:
    """Zoomable map of ranked sites: the higher the rank, the stronger the plum and the larger the point.

    Parameters
    ----------
    df : DataFrame
        ``site_id`` (unique), ``latitude``, ``longitude``, ``rank`` (number from 1; missing falls into the
        lowest class), ``tip`` (text of the tooltip, complete).
    mode, k : str, float
    selected : str, optional
        ``site_id`` to ring and centre; without one, the highest rank is centred.
    base_url : str
        The app's base path, e.g. ``"/aze"``, if it is served under one.
    steps : four int
        Last rank of each class but the lowest.
    zoom : float
        Of Web Mercator: 0 is the world, each step doubles.
    land : Land
        Whose borders are drawn. A user's polygons and lines travel inside the deck.
    boundaries : sequence of GeoJSON features, optional
        Site polygons in degrees, with ``site_id`` among the properties, simplified
        (`aze_core.measures.geometry.simplified`) and only those in view: they travel inside the deck. Drawn
        below the points in the colour of the site's rank. Features of sites that are not in `df`, and
        geometries other than polygons, are left out.

    Returns
    -------
    pydeck.Deck
        The points are the pickable layer ``sites``; picked objects carry ``site_id``.

    Raises
    ------
    ValueError
        No row with coordinates; a missing column.

    Examples
    --------
    >>> df = pd.DataFrame({"site_id": ["a"], "latitude": [-18.0], "longitude": [179.0], "rank": [1],
    ...                    "tip": ["1 A, Fiji"]})
    >>> [layer.id for layer in priority_deck(df, selected="a").layers]
    ['sea', 'land', 'sites', 'selected']
    """
    columns = ["site_id", "latitude", "longitude", "rank", "tip"]
    check(df, columns, {})
    t = tokens(mode)
    d = _located(df[columns]).sort_values("rank", ascending=False, na_position="first", kind="stable")
    d["level"] = [4 - sum(r > s for s in steps) if pd.notna(r) else 0 for r in d["rank"]]
    points = [
        {
            "site_id": r["site_id"],
            "tip": "" if pd.isna(r["tip"]) else str(r["tip"]),
            "longitude": float(r["longitude"]),
            "latitude": float(r["latitude"]),
            "colour": rgb(t["priority"][r["level"]], 235),
            "radius": (5 + 1.3 * r["level"]) * k,
        }
        for r in d.to_dict("records")
    ]
    sites = pdk.Layer(
        "ScatterplotLayer",
        id="sites",
        data=points,
        get_position="[longitude, latitude]",
        get_fill_color="colour",
        get_radius="radius",
        radius_units="'pixels'",
        get_line_color=rgb(t["muted"] if mode == "light" else t["ocean"]),
        line_width_min_pixels=1,
        stroked=True,
        pickable=True,
    )
    here = next((p for p in points if p["site_id"] == selected), None)
    centre = here or points[-1]
    view = pdk.ViewState(latitude=centre["latitude"], longitude=centre["longitude"], zoom=zoom)
    level = dict(zip(d["site_id"], d["level"], strict=True))
    shades = [(shade, edge(shade, mode)) for shade in t["priority"]]
    ranked = [
        (f, *shades[level[f["properties"]["site_id"]]])
        for f in boundaries or ()
        if f["properties"]["site_id"] in level
    ]
    layers = [*_ground(mode, base_url, land), *_outlines(ranked), sites]
    if here:
        layers.append(_ring(here, t["ink"], 15 * k))
    return _deck(layers, view)


def _zoom(place: Mapping[str, Any], metres: float, pixels: float, closest: float) -> float:
    """Zoom at which a distance from the place gets as many pixels, from 3 to the closest."""
    # metres per pixel at zoom 0 is 78 271.5 at the equator (tiles of 512 px)
    scale = 78271.5 * math.cos(math.radians(float(place["latitude"])))
    return round(min(closest, max(3.0, math.log2(scale * pixels / metres))), 2)


def _reach_m(place: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> float:
    """How far polygons reach from a place, east–west or north–south, in metres; 0 without a polygon."""
    lon, lat = float(place["longitude"]), float(place["latitude"])
    found = [areas(feature["geometry"]) for feature in features]
    corners = [p for g in found if g for polygon in g["coordinates"] for p in polygon[0]]
    degrees = [
        max(abs((x - lon + 180) % 360 - 180) * math.cos(math.radians(lat)), abs(y - lat)) for x, y in corners
    ]
    return math.radians(max(degrees, default=0)) * EARTH_RADIUS_KM * 1000


def site_deck(
    site: Mapping[str, Any] | pd.Series,
    neighbours: pd.DataFrame | None = None,
    mode: str = "light",
    k: float = 1.0,
    base_url: str = "",
    land: Land = COUNTRIES,
    boundaries: Sequence[Mapping[str, Any]] | None = None,
) -> pdk.Deck:
    """One site with its neighbours by protection class, and its boundary, or else a circle of its area.

    The circle has the area of the site, not its outline: say "indicative" beside the map.

    Parameters
    ----------
    site : mapping or Series
        ``site_id``, ``latitude``, ``longitude``, ``protection`` (or missing), ``tip``; optional
        ``area_km2``.
    neighbours : DataFrame, optional
        ``site_id``, ``latitude``, ``longitude``, ``protection``, ``tip``; may hold the site itself.
    mode, k : str, float
    base_url, land : str, Land
        As in `priority_deck`.
    boundaries : sequence of GeoJSON features, optional
        Polygons of the site and its neighbours in degrees, with ``site_id`` and ``protection`` (or missing)
        among the properties, simplified and only those in view. Drawn below the points in the colour of
        their class. Where the site's own polygon is among them, there is no circle, and the view fits it.

    Returns
    -------
    pydeck.Deck
        The glyphs are the pickable layer ``sites``.

    Raises
    ------
    ValueError
        The site has no coordinates; a missing column.

    Examples
    --------
    >>> site = {"site_id": "a", "latitude": -18.0, "longitude": 179.0, "protection": "none", "tip": "A",
    ...         "area_km2": 314.0}
    >>> [layer.id for layer in site_deck(site).layers]
    ['sea', 'land', 'area', 'sites', 'selected']
    """
    columns = ["site_id", "latitude", "longitude", "protection", "tip"]
    here: dict[str, Any] = dict(site)
    own = pd.DataFrame([here])
    check(own, columns, {})
    t = tokens(mode)
    others = own.iloc[:0] if neighbours is None else neighbours[neighbours["site_id"] != here["site_id"]]
    if len(others):
        check(others, columns, {})
    _located(own)  # refuses a site without coordinates
    frames = [own[columns], *([others[columns]] if len(others) else [])]
    points = []
    for r in reversed([r for f in frames for r in f.to_dict("records")]):
        if pd.notna(r["latitude"]) and pd.notna(r["longitude"]):
            key = r["protection"] if r["protection"] in CLASSES else "unknown"
            points.append(
                {
                    "site_id": r["site_id"],
                    "tip": "" if pd.isna(r["tip"]) else str(r["tip"]),
                    "longitude": float(r["longitude"]),
                    "latitude": float(r["latitude"]),
                    "glyph": GLYPH[key],
                    "colour": rgb(t["protection_text"][key]),
                }
            )

    def colour_of(protection: Any) -> str:
        return str(t["protection_text"][protection if protection in CLASSES else "unknown"])

    colour, area = colour_of(here["protection"]), here.get("area_km2")
    features = list(boundaries or ())
    layers, zoom = _ground(mode, base_url, land), 5.0
    layers += _outlines((f, c, c) for f in features for c in [colour_of(f["properties"].get("protection"))])
    reach = _reach_m(here, [f for f in features if f["properties"]["site_id"] == here["site_id"]])
    if reach:
        zoom = _zoom(here, reach, 100, closest=10)
    elif area is not None and pd.notna(area) and area > 0:
        radius = math.sqrt(float(area) / math.pi) * 1000
        zoom = _zoom(here, radius, 60, closest=8)  # land is drawn at 1:50 million
        layers.append(
            pdk.Layer(
                "ScatterplotLayer",
                id="area",
                data=[{"longitude": float(here["longitude"]), "latitude": float(here["latitude"])}],
                get_position="[longitude, latitude]",
                get_radius=radius,
                radius_units="'meters'",
                get_fill_color=rgb(colour, 64),
                get_line_color=rgb(colour),
                stroked=True,
                line_width_min_pixels=1.5,
            )
        )
    layers += [
        pdk.Layer(
            "TextLayer",
            id="sites",
            data=points,
            get_position="[longitude, latitude]",
            get_text="glyph",
            get_color="colour",
            get_size=22 * k,
            character_set=f"'{''.join(GLYPH.values())}'",  # a list would be read as an expression
            font_family=f'"{FONT}"',
            pickable=True,
        ),
        _ring(here, t["ink"], 17 * k),
    ]
    view = pdk.ViewState(latitude=float(here["latitude"]), longitude=float(here["longitude"]), zoom=zoom)
    return _deck(layers, view)

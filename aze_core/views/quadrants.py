"""Irreplaceability against threat: the four quarters in which a site can lie.

`mode`, `k` and `words`, and what is refused, are those of `aze_core.views.charts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from .charts import PICK, Words, check, one_line, text_width, with_room
from .theme import CLASSES, SHAPE, tokens

QUARTERS = ("q_high_high", "q_high_low", "q_low_high", "q_low_low")
"""Words of the quarters, irreplaceability first; the codes are those of `aze_core.ranking.quarters`."""

APART = 3
"""As many sites of one class at one point are drawn apart; more share a mark."""

_STEP, _ROW = 10.0, 9.0  # least distance of two small marks, px sideways and upwards
_WIDTH = 480.0  # width for which marks are moved sideways, px: charts of this page are seldom narrower
_TWO_LINES = 460.0  # width below which the name of a quarter is broken after its comma, px
_AWAY = 0.1  # furthest that a mark is moved sideways: half the way from one species to two
_SMALL, _LARGE = 75.0, 900.0  # areas of a mark for one site and for the most that share one, px²


def scatter(
    df: pd.DataFrame,
    words: Words,
    x_cut: float,
    y_cut: float,
    mode: str = "light",
    k: float = 1.0,
    selected: str | None = None,
    height: int = 400,
    box: Sequence[float] | None = None,
) -> alt.LayerChart:
    """Sites by irreplaceability (x) and threat (y), two hairlines, four named quarters.

    More than three sites of one class at exactly the same point share one mark: its area grows with their
    number, which stands beside it, and marks of several classes at one point stand above one another. All
    others have a mark each, moved sideways by at most 0.1 where it would cover another. The pattern is the
    same every time and never crosses a cut.

    Parameters
    ----------
    df : DataFrame
        ``site_id`` (unique), ``label``, ``x``, ``y`` (0–1; a row where either is missing is left out: the
        caller counts and names it), ``protection`` (none, partial, complete or missing: an open square).
        The first site of a shared mark, in the order of the frame, is the one that a click picks.
    words : mapping
        ``x``, ``y`` (axis titles), ``site``, ``sites`` (head of the count), ``protection``, ``none``,
        ``partial``, ``complete``, ``unknown``, and the names of the quarters: ``q_high_high``,
        ``q_high_low`` (irreplaceable, little threatened), ``q_low_high``, ``q_low_low``.
    x_cut, y_cut : float
        Where the hairlines stand, 0–1; a value at the cut belongs to the upper side.
    mode, k : str, float
        See the module.
    selected : str, optional
        ``site_id`` that gets a ring.
    height : int
        Pixels of the whole chart where the page fits it into its place.
    box : four floats, optional
        Left, right, bottom and top, 0–1, of the box with which the chart comes up.

    Returns
    -------
    LayerChart
        With two selections: ``brush``, an interval whose value is ``{"x": [a, b], "y": [c, d]}``, and
        ``pick``, a point on ``site_id``. A box holds the sites whose values lie in it, wherever their marks
        were moved; marks outside fade. Marks below a drawn box take no click until one beside it clears it.

    Raises
    ------
    ValueError
        See the module; also if no row has both values, or a value or cut lies outside 0–1.

    Notes
    -----
    One mark for many, since ties are the rule: in the inventory of 2010, 127 of the 231 uncovered sites hold
    a single Critically Endangered species and share one point; drawn apart they would fill a quarter.

    Examples
    --------
    >>> df = pd.DataFrame({"site_id": list("abcd"), "label": list("ABCD"), "x": 0.9, "y": 0.2,
    ...                    "protection": "none"})
    >>> ids = ("x", "y", "site", "sites", "protection", *SHAPE, *QUARTERS)
    >>> chart = scatter(df, {i: i for i in ids}, 0.5, 0.5)
    >>> "×4" in chart.to_json(ensure_ascii=False)
    True
    """
    columns = ["site_id", "label", "x", "y", "protection"]
    classes = list(SHAPE)
    check(df, columns, words, ["x", "y", "site", "sites", "protection", *classes, *QUARTERS])
    for name, cut in (("x_cut", x_cut), ("y_cut", y_cut)):
        if not 0 <= cut <= 1:
            raise ValueError(f"{name} is {cut}; expected 0 to 1")
    d = df[columns].dropna(subset=["x", "y"]).reset_index(drop=True)
    if d.empty:
        raise ValueError("no rows with both values: show the empty state instead of a chart")
    d[["x", "y"]] = d[["x", "y"]].astype("float64")
    if not d[["x", "y"]].map(lambda value: 0 <= value <= 1).all(axis=None):
        raise ValueError("columns x and y hold values outside 0 to 1")
    t = tokens(mode)
    d["key"] = d["protection"].where(d["protection"].isin(CLASSES), "unknown")
    head, side, tail = 38 * k, 18 * k, 30 * k
    pixels = height - head - tail - 60 * k  # the page fits the axis into the height
    marks = _marks(d, words, (x_cut, y_cut), pixels, k, selected)
    x_scale = alt.Scale(domain=[0, 1], nice=False, range=with_room(46 * k, side))
    y_scale = alt.Scale(domain=[0, 1], nice=False, range=[alt.ExprRef(f"height - {tail}"), head])

    def axis(title: str) -> dict[str, Any]:
        return {
            "title": title,
            "axis": alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f", grid=False, labelPadding=8),
        }

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=x_scale, **axis(words["x"]))

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=y_scale, **axis(words["y"]))

    def by_class(values: dict[str, str]) -> alt.Scale:
        return alt.Scale(domain=classes, range=[values[c] for c in classes])

    cuts = alt.Chart(pd.DataFrame({"cx": [x_cut], "cy": [y_cut]}))
    line: dict[str, Any] = {"color": t["control"], "strokeWidth": 1}
    # true places, unseen: the box is drawn over them, and its value speaks of x and y
    frame = alt.BrushConfig(fill=t["muted"], fillOpacity=0.12, stroke=t["ink"], strokeWidth=1)
    start: dict[str, Any] = {} if box is None else {"value": {"x": list(box[:2]), "y": list(box[2:])}}
    brush = alt.selection_interval(name="brush", encodings=["x", "y"], mark=frame, **start)
    pick = alt.selection_point(name="pick", fields=["site_id"], on=PICK, empty=False)

    def inside(opacity: float) -> dict[str, Any]:
        return {"param": "brush", "value": opacity}

    layers: list[Any] = [
        cuts.mark_rect(color=t["sunken"]).encode(
            x=x("cx"), x2=alt.X2Value("width"), y=y("cy"), y2=alt.Y2Value(0)
        ),
        cuts.mark_rule(**line).encode(x=x("cx"), y=alt.YValue(0), y2=alt.Y2Value("height")),
        cuts.mark_rule(**line).encode(y=y("cy"), x=alt.XValue(0), x2=alt.X2Value("width")),
        *_names(words, x_cut, t, k),
        alt.Chart(d[["x", "y"]].drop_duplicates())
        .mark_point(opacity=0, size=1)
        .encode(x=x("x"), y=y("y"))
        .add_params(brush),
    ]
    base = alt.Chart(marks)
    tip = [
        alt.Tooltip("who:N", title=words["site"]),
        alt.Tooltip("n:Q", title=words["sites"], format=","),
        alt.Tooltip("cls:N", title=words["protection"]),
        alt.Tooltip("x:Q", title=words["x"], format=".2f"),
        alt.Tooltip("y:Q", title=words["y"], format=".2f"),
    ]
    layers.append(
        base.mark_point(filled=True, strokeWidth=1.1 * k, cursor="pointer")
        .encode(
            x=x("left"),
            y=y("at"),
            shape=alt.Shape("key:N", scale=by_class(SHAPE), legend=None),
            color=alt.Color("key:N", scale=by_class(t["protection"]), legend=None),
            stroke=alt.Stroke("key:N", scale=by_class(t["outline"]), legend=None),
            size=alt.Size("area:Q", scale=None, legend=None),
            opacity=alt.OpacityValue(0.25, condition=inside(0.92)),
            tooltip=tip,
        )
        .add_params(pick)
    )
    shared = marks[marks["n"] > 1]
    if len(shared):
        layers.append(
            alt.Chart(shared)
            .mark_text(align="left", fontSize=12.5 * k, fontWeight=600, dx=alt.ExprRef("datum.beside"))
            .encode(
                x=x("left"),
                y=y("at"),
                text=alt.Text("count:N"),
                opacity=alt.OpacityValue(0.4, condition=inside(1)),
            )
        )
    ring = marks[marks["selected"]]
    if len(ring):
        layers.append(
            alt.Chart(ring[["left", "at"]])
            .mark_point(
                filled=False,
                size=ring["area"].iloc[0] + 400 * k,
                stroke=t["ink"],
                strokeWidth=2.5 * k,
                opacity=1,
            )
            .encode(x=x("left"), y=y("at"))
        )
    return alt.LayerChart(layer=layers).properties(height=height)


def _names(words: Words, x_cut: float, t: dict[str, Any], k: float) -> list[alt.Chart]:
    """Names of the quarters in the outer corners: in two lines, then cut, before they run into each other."""
    narrow = f"width < {_TWO_LINES * k}"
    layers = []
    for name in QUARTERS:
        right, upper = (part == "high" for part in name.split("_")[1:])
        share = 1 - x_cut if right else x_cut
        layers.append(
            alt.Chart(pd.DataFrame({"said": [one_line(words[name])]}))
            .mark_text(
                text=alt.ExprRef(f"{narrow} ? split(datum.said, ', ') : datum.said"),
                align="right" if right else "left",
                baseline="top" if upper else "bottom",
                dx=-8 if right else 8,
                dy=6 if upper else -6,
                limit=alt.ExprRef(f"max(40, {share:.4f} * width - 16)"),
                color=t["muted"],
                fontSize=alt.ExprRef(f"{narrow} ? {11.5 * k} : {13 * k}"),
                fontWeight=600,
            )
            .encode(
                x=alt.XValue("width" if right else 0),
                y=alt.YValue(0 if upper else "height"),
            )
        )
    return layers


def _marks(
    d: pd.DataFrame, words: Words, cuts: tuple[float, float], pixels: float, k: float, selected: str | None
) -> pd.DataFrame:
    """One row per mark: how many sites, whom a click picks, how large, and where (``left``, ``at``)."""
    found: list[dict[str, Any]] = []
    for (x, y, key), group in d.groupby(["x", "y", "key"], sort=False):
        shares = [group] if len(group) > APART else [group.iloc[[at]] for at in range(len(group))]
        for share in shares:
            names = [one_line(label) for label in share["label"]]
            found.append(
                {
                    "site_id": share["site_id"].iloc[0],
                    "who": ", ".join(names[:APART]) + (" …" if len(names) > APART else ""),
                    "n": len(share),
                    "count": f"×{len(share):,}",
                    "x": x,
                    "y": y,
                    "key": key,
                    "cls": words[str(key)],
                    "selected": bool((share["site_id"] == selected).any()),
                }
            )
    marks = pd.DataFrame(found)
    most = max(int(marks["n"].max()), 50)  # a few sites never look like many
    marks["area"] = (_SMALL + (_LARGE - _SMALL) * ((marks["n"] - 1) / (most - 1)) ** 0.5) * k
    across = 1.2 * marks["area"] ** 0.5
    marks["beside"] = across / 2 + (4 + 8 * marks["selected"]) * k
    marks["left"], marks["at"] = marks["x"], marks["y"]
    shared = marks["n"] > 1
    order = list(SHAPE)
    for _, group in marks[shared].groupby(["x", "y"]):
        if len(group) > 1:
            y = float(group["y"].iloc[0])
            # the first class stands on top
            ordered = group.sort_values("key", key=lambda keys: keys.map(order.index), ascending=False)
            side = (cuts[1] * pixels, pixels + 16 * k) if y >= cuts[1] else (-8 * k, cuts[1] * pixels)
            heights = _stacked(y * pixels, across[ordered.index].tolist(), *side)
            marks.loc[ordered.index, "at"] = [height / pixels for height in heights]
    # what a small mark must not cover, in pixels: left, right, lower and upper end
    taken = []
    for r in marks.assign(across=across)[shared].to_dict("records"):
        middle, half, up = r["left"] * _WIDTH, r["across"] / 2, r["at"] * pixels
        taken.append((middle - half, middle + r["beside"] + text_width(r["count"], k), up - half, up + half))
    marks.loc[~shared, "left"] = _sideways(marks[~shared], taken, cuts[0], pixels, k)
    # small ones on top of large ones
    return marks.sort_values("area", ascending=False, kind="stable", ignore_index=True)


def _sideways(
    marks: pd.DataFrame, taken: list[tuple[float, float, float, float]], x_cut: float, pixels: float, k: float
) -> list[float]:
    """Where each small mark stands: at its own value, or at the nearest place beside it that covers least."""
    step, row = _STEP * k, _ROW * k
    reach = int(_AWAY * _WIDTH / step)
    steps = sorted(range(-reach, reach + 1), key=lambda n: (abs(n), n < 0))
    lines: dict[int, list[tuple[float, float]]] = {}
    places = []
    for x, y in zip(marks["x"], marks["y"], strict=True):
        up = y * pixels
        line = int(up // row)
        near = [place for at in (line - 1, line, line + 1) for place in lines.get(at, [])]
        blocks = [(a, b) for a, b, low, high in taken if low - row / 2 < up < high + row / 2]
        best, least = x, math.inf
        for n in steps:
            left = x + n * step / _WIDTH
            if (left >= x_cut) != (x >= x_cut):
                continue
            px = left * _WIDTH
            covered = sum(abs(px - a) < 0.99 * step and abs(up - b) <= row for a, b in near)
            # a shared mark stands for many: rather cover anything else
            covered += 10 * sum(a - step / 2 < px < b + step / 2 for a, b in blocks)
            if covered < least:
                best, least = left, covered
            if least == 0:
                break
        places.append(best)
        lines.setdefault(line, []).append((best * _WIDTH, up))
    return places


def _stacked(middle: float, sizes: list[float], low: float, high: float) -> list[float]:
    """Centres of marks one above another around a height, all between two others; upwards.

    Examples
    --------
    >>> _stacked(50, [10, 10], 0, 100), _stacked(50, [10, 10], 48, 100)
    ([45.0, 55.0], [53.0, 63.0])
    """
    total = sum(sizes)
    start = max(low, min(middle - total / 2, high - total))
    # where there is not room for all, they overlap rather than leave
    squeeze = min(1.0, (high - low) / total)
    centres = []
    for size in sizes:
        centres.append(start + squeeze * size / 2)
        start += squeeze * size
    return centres

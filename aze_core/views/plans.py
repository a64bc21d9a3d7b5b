"""Charts of plans: the trade-off curve with the plans on it.

`mode`, `k` and `words`, and what is refused, are those of `aze_core.views.charts`.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from .charts import Words, check, one_line, text_width
from .theme import fill, on, tokens

Place = tuple[float, float]
"""Cost and objective of a plan."""

ZERO = "datum.value === 0 ? '0' : datum.label"
"""Label of a tick: the zero of an axis is never 0.0."""

_PICK = "click[event.item && event.item.datum && event.item.datum.cost >= 0]"
_DOTS = 40
"""Rows up to which each plan of the curve is a dot of its own."""
_TOGETHER = 0.02
"""Plans nearer to each other than this part of both axes share a disc."""


def tradeoff(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    current: Place | None = None,
    other: Place | None = None,
    knee: Place | None = None,
    whole: bool = False,
    height: int = 280,
) -> alt.LayerChart:
    """What every budget could buy, as steps, with plan A and plan B on it; a click picks a budget.

    Parameters
    ----------
    df : DataFrame
        ``cost``, ``objective``, ``until``, ``upper`` as `aze_core.scenarios.steps.steps` returns them; a band
        is drawn where ``upper`` lies above ``objective``. ``cost_text``, ``objective_text``, ``next_text``:
        what the tooltip says of the row.
    words : mapping
        ``x``, ``y`` (axis titles), ``cost``, ``objective``, ``next`` (heads of the tooltip), ``A`` and ``B``
        (what the discs' tooltip says), ``knee`` (printed at that mark).
    mode, k : str, float
        See the module.
    current, other : (float, float), optional
        Cost and objective of plan A, which carries a hairline cross, and of plan B. Where the two coincide
        one disc carries both letters.
    knee : (float, float), optional
        The row that is marked.
    whole : bool
        Whether costs are whole numbers.
    height : int
        Pixels.

    Returns
    -------
    LayerChart
        With the point selection ``pick`` on ``cost``: the whole strip from one row to the next takes the
        click.

    Raises
    ------
    ValueError
        See the module.

    Notes
    -----
    The axes begin at zero. A steep foot says that the first sites are worth most in the model, not that later
    ones are worth little.

    Examples
    --------
    >>> df = pd.DataFrame({"cost": [0, 1], "objective": [0, 5], "until": [1, None], "upper": [0, 5],
    ...                    "cost_text": ["0", "1"], "objective_text": ["0", "5"], "next_text": ["5", "–"]})
    >>> ids = ("x", "y", "cost", "objective", "next", "A", "B", "knee")
    >>> type(tradeoff(df, {i: i for i in ids}, current=(1, 5))).__name__
    'LayerChart'
    """
    columns = ["cost", "objective", "until", "upper", "cost_text", "objective_text", "next_text"]
    check(df, columns, words, ["x", "y", "cost", "objective", "next", "A", "B", "knee"])
    t = tokens(mode)
    d = df[columns].reset_index(drop=True)
    texts = ["cost_text", "objective_text", "next_text"]
    d[texts] = d[texts].map(one_line)
    marked = [place for place in (current, other, knee) if place is not None]
    right = 1.03 * max(float(d["cost"].max()), *(place[0] for place in marked), 0.0) or 1.0
    top = 1.08 * max(float(d["upper"].max()), *(place[1] for place in marked), 0.0) or 1.0
    d["until"] = d["until"].astype(float).fillna(right)

    least_step: dict[str, Any] = {"tickMinStep": 1} if whole else {}

    def x(field: str) -> alt.X:
        axis = alt.Axis(format=tick_format(right), tickCount=6, grid=False, labelExpr=ZERO, **least_step)
        return alt.X(
            f"{field}:Q", title=words["x"], axis=axis, scale=alt.Scale(domain=[0, right], nice=False)
        )

    def y(field: str) -> alt.Y:
        axis = alt.Axis(format=tick_format(top), tickCount=5, labelExpr=ZERO)
        return alt.Y(f"{field}:Q", title=words["y"], axis=axis, scale=alt.Scale(domain=[0, top], nice=False))

    line = pd.concat(
        [d[["cost", "objective"]], pd.DataFrame({"cost": [right], "objective": [d["objective"].iloc[-1]]})],
        ignore_index=True,
    )
    layers: list[Any] = []
    band = d[d["upper"] > d["objective"] + 1e-9 * top]
    if len(band):
        layers.append(
            alt.Chart(band[["cost", "until", "objective", "upper"]])
            .mark_rect(color=t["rule"], opacity=1)
            .encode(x=x("cost"), x2=alt.X2("until:Q"), y=y("objective"), y2=alt.Y2("upper:Q"))
        )
    layers.append(
        alt.Chart(line)
        .mark_line(interpolate="step-after", strokeWidth=2.2 * k, color=t["muted"])
        .encode(x=x("cost"), y=y("objective"))
    )
    if len(d) <= _DOTS:
        layers.append(
            alt.Chart(d[["cost", "objective"]])
            .mark_point(filled=True, size=34 * k, color=t["muted"], opacity=1)
            .encode(x=x("cost"), y=y("objective"))
        )
    if current is not None:
        here = pd.DataFrame({"at": [current[0]], "worth": [current[1]]})
        hair: dict[str, Any] = {"strokeWidth": 1, "strokeDash": [3, 3], "color": t["faint"]}
        layers += [
            alt.Chart(here).mark_rule(**hair).encode(x=x("at")),
            alt.Chart(here).mark_rule(**hair).encode(y=y("worth")),
        ]
    if knee is not None:
        layers += _knee(knee, one_line(words["knee"]), right, x, y, t, k)
    tip = [alt.Tooltip(f"{name}_text:N", title=words[name]) for name in ("cost", "objective", "next")]
    pick = alt.selection_point(name="pick", fields=["cost"], on=_PICK, empty=False)
    layers.append(
        alt.Chart(d[["cost", "until", *texts]])
        .mark_rect(opacity=0, cursor="pointer")
        .encode(x=x("cost"), x2=alt.X2("until:Q"), y=alt.YValue(0), y2=alt.Y2Value("height"), tooltip=tip)
        .add_params(pick)
    )
    layers += _discs(current, other, (right, top), words, x, y, mode, k)
    return alt.LayerChart(layer=layers).properties(height=height)


def tick_format(most: float) -> str:
    """d3 format of an axis from zero, by its end.

    Examples
    --------
    >>> tick_format(0.3), tick_format(500), tick_format(20_000)
    ('~g', ',.0f', '~s')
    """
    if most >= 10_000:
        return "~s"
    return ",.0f" if most >= 10 else "~g"


def _knee(place: Place, label: str, right: float, x: Any, y: Any, t: dict[str, Any], k: float) -> list[Any]:
    """A hollow diamond with its label beside it, towards the side that has room."""
    chart = alt.Chart(pd.DataFrame({"at": [place[0]], "worth": [place[1]], "said": [label]}))
    room = text_width(label) < 420 * (1 - place[0] / right)
    side: dict[str, Any] = {"align": "left", "dx": 12 * k} if room else {"align": "right", "dx": -12 * k}
    return [
        chart.mark_point(
            shape="diamond",
            filled=True,
            size=110 * k,
            color=t["page"],
            stroke=t["ink"],
            strokeWidth=1.8,
            opacity=1,
        ).encode(x=x("at"), y=y("worth")),
        chart.mark_text(dy=16 * k, color=t["muted"], fontSize=12.5 * k, **side).encode(
            x=x("at"), y=y("worth"), text=alt.Text("said:N")
        ),
    ]


def _discs(
    current: Place | None,
    other: Place | None,
    ends: Place,
    words: Words,
    x: Any,
    y: Any,
    mode: str,
    k: float,
) -> list[Any]:
    """The plans as lettered discs, A above B."""
    shown = [("B", other, words["B"])] if other is not None else []
    if current is not None and other is not None and _same(current, other, ends):
        shown = [("AB", current, f"{words['A']} · {words['B']}")]
    elif current is not None:
        shown.append(("A", current, words["A"]))
    layers: list[Any] = []
    for letter, place, said in shown:
        colour = fill(letter[0], mode)
        row = pd.DataFrame(
            {"at": [place[0]], "worth": [place[1]], "letter": [letter], "said": [one_line(said)]}
        )
        tip = [alt.Tooltip("said:N", title=" ")]
        base = alt.Chart(row)
        layers += [
            base.mark_point(
                filled=True,
                size=480 * k * k,
                color=colour,
                opacity=1,
                stroke=tokens(mode)["page"],
                strokeWidth=2,
            ).encode(x=x("at"), y=y("worth"), tooltip=tip),
            base.mark_text(fontWeight=700, fontSize=13 * k, dy=1, color=on(colour)).encode(
                x=x("at"), y=y("worth"), text=alt.Text("letter:N"), tooltip=tip
            ),
        ]
    return layers


def _same(one: Place, other: Place, ends: Place) -> bool:
    return all(abs(a - b) <= _TOGETHER * end for a, b, end in zip(one, other, ends, strict=True))

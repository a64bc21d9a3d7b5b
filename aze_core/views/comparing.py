"""Charts of plans that are compared: their measures, the price of nesting, what is certain, what moves.

`mode`, `k` and `words`, and what is refused, are those of `aze_core.views.charts`; the mode may also be
``"print"``.
"""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import pandas as pd

from .charts import Words, check, numbered, one_line, row_axis, text_width, with_room
from .maps import PLANS
from .plans import ZERO, tick_format
from .ranks import chance
from .theme import edge, fill, on, tokens

TODAY = "today"
"""Stands in the column ``plan`` for what is so without any plan."""

KINDS = {"core": "■", "borderline": "▪", "never": "□"}
"""Kinds of sites over many solutions, with the glyph before their names."""

MOST_ROWS = 40
"""Sites that one chart of cores holds."""


def _refuse(strange: pd.Series, name: str, expected: str) -> None:
    """Name the first value of a column that cannot be drawn."""
    if len(strange):
        raise ValueError(f"column {name!r} holds {strange.iloc[0]!r}; expected {expected}")


def measures_strip(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    lane_height: float = 18,
    label_limit: int = 220,
) -> alt.LayerChart:
    """Measures of up to four plans: a ring for today, a lettered disc for each plan, values beside them.

    Each measure has a scale of its own. Today and each plan have a lane of their own in every row, so that
    equal values stand below one another; a hairline carries today's value down to the plans.

    Parameters
    ----------
    df : DataFrame
        One row per measure and plan: ``measure`` (its code), ``label`` (its name, printed), ``plan``
        (``"today"``, ``"A"`` … ``"D"``), ``value`` (missing: a dashed lane with the text), ``text`` (the
        value in words, printed), ``low``, ``high`` (ends of the row's scale; missing if nothing is known).
        Measures are drawn in the order in which they first come.
    words : mapping
        ``measure``, ``plan``, ``value`` (tooltip heads), ``today``.
    mode, k : str, float
        See the module.
    lane_height, label_limit : float, int
        Pixels at ``k = 1``; a row is as high as its lanes and 0.8 of a lane more.

    Raises
    ------
    ValueError
        See the module; also for another plan, a plan twice in a measure, two scales in one measure, or a
        value outside its scale.

    Notes
    -----
    Not for comparing rows: a step in one measure has nothing to do with a step of the same length in another.

    Examples
    --------
    >>> df = pd.DataFrame({"measure": ["species"] * 2, "label": ["Species"] * 2, "plan": ["today", "A"],
    ...                    "value": [10, 14], "text": ["10", "14"], "low": [0, 0], "high": [20, 20]})
    >>> type(measures_strip(df, {i: i for i in ("measure", "plan", "value", "today")})).__name__
    'LayerChart'
    """
    columns = ["measure", "label", "plan", "value", "text", "low", "high"]
    check(df, columns, words, ["measure", "plan", "value", TODAY])
    _refuse(df.loc[~df["plan"].isin([TODAY, *PLANS]), "plan"], "plan", f"'today' or some of {PLANS!r}")
    if df.duplicated(["measure", "plan"]).any():
        raise ValueError("a plan stands twice in one measure; expected one row each")
    numbers = ["value", "low", "high"]
    d = df[columns].reset_index(drop=True).astype(dict.fromkeys(numbers, "float64"))
    scales = d.groupby("measure")[["low", "high"]].nunique(dropna=False)
    _refuse(scales[scales.gt(1).any(axis=1)].index.to_series(), "measure", "one low and one high in each")
    outside = d["value"].notna() & ~d["value"].between(d["low"], d["high"])
    _refuse(d.loc[outside, "value"], "value", "a number from the row's low to its high")
    t = tokens(mode)
    d[["label", "text"]] = d[["label", "text"]].map(one_line)
    d["row"] = pd.factorize(d["measure"])[0]
    span = d["high"] - d["low"]
    # a scale without length: everything known lies in its middle
    d["at"] = ((d["value"] - d["low"]) / span.where(span > 0)).mask(d["value"].notna() & ~(span > 0), 0.5)
    d["said"] = d["plan"].mask(d["plan"] == TODAY, one_line(words[TODAY]))
    d["zero"], d["one"] = 0.0, 1.0
    heads = d.drop_duplicates("row")
    lanes = [plan for plan in (TODAY, *PLANS) if (d["plan"] == plan).any()]
    lane = lane_height * k
    y = row_axis(heads["label"].tolist(), k, label_limit)
    room = text_width(max(d["text"], key=text_width), k) + 16 * k
    scale = alt.Scale(domain=[0, 1], nice=False, range=with_room(room, 18 * k))

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=None, scale=scale)

    tip = [
        alt.Tooltip("said:N", title=words["plan"]),
        alt.Tooltip("label:N", title=words["measure"]),
        alt.Tooltip("text:N", title=words["value"]),
    ]
    layers: list[Any] = [
        alt.Chart(heads[["row", "zero", "one"]])
        .mark_bar(color=t["sunken"], height=alt.RelativeBandSize(1))
        .encode(y=y, x=x("zero"), x2=alt.X2("one:Q"))
    ]
    reference = d[(d["plan"] == TODAY) & d["at"].notna()]
    if len(reference):
        layers.append(
            alt.Chart(reference[["row", "at"]])
            .mark_tick(
                orient="vertical", color=t["control"], thickness=1, size=(len(lanes) + 0.4) * lane, opacity=1
            )
            .encode(y=y, x=x("at"))
        )
    for number, plan in enumerate(lanes):
        down = (number - (len(lanes) - 1) / 2) * lane
        mine = d[d["plan"] == plan]
        known, lost = mine[mine["at"].notna()], mine[mine["at"].isna()]
        colour = t["page"] if plan == TODAY else fill(plan, mode)
        line = t["muted"] if plan == TODAY else edge(colour, mode)
        size = (0.62 if plan == TODAY else 0.86) * lane
        beside: dict[str, Any] = {"align": "left", "dx": 0.62 * lane, "fontSize": 12.5 * k}
        if len(known):
            base = alt.Chart(known)
            layers += [
                base.mark_point(
                    filled=True,
                    shape="circle",
                    size=size**2,
                    color=colour,
                    stroke=line,
                    strokeWidth=2 * k if plan == TODAY else 1,
                    opacity=1,
                    yOffset=down,
                ).encode(y=y, x=x("at"), tooltip=tip),
                base.mark_text(
                    dy=down + 0.5, color=t["muted"] if plan == TODAY else t["ink"], **beside
                ).encode(y=y, x=x("at"), text=alt.Text("text:N"), tooltip=tip),
            ]
            if plan != TODAY:
                layers.append(
                    base.mark_text(
                        fontWeight=700, fontSize=0.66 * lane, dy=down + 0.5, color=on(colour)
                    ).encode(y=y, x=x("at"), text=alt.Text("plan:N"), tooltip=tip)
                )
        if len(lost):
            base = alt.Chart(lost)
            layers += [
                base.mark_rule(strokeWidth=1.5 * k, strokeDash=[4, 3], color=line, yOffset=down).encode(
                    y=y, x=x("zero"), x2=alt.X2("one:Q"), tooltip=tip
                ),
                base.mark_text(dy=down + 0.5, color=t["muted"], **(beside | {"dx": 6 * k})).encode(
                    y=y, x=x("one"), text=alt.Text("text:N"), tooltip=tip
                ),
            ]
            if plan != TODAY:
                # before the span, never on it: there it would be read as a value
                layers.append(
                    base.mark_text(
                        align="right",
                        dx=-4 * k,
                        dy=down + 0.5,
                        fontWeight=700,
                        fontSize=0.66 * lane,
                        color=edge(colour, mode, 4.5),
                    ).encode(y=y, x=x("zero"), text=alt.Text("plan:N"), tooltip=tip)
                )
    return alt.LayerChart(layer=layers).properties(height=alt.Step((len(lanes) + 0.8) * lane))


def ladder_chart(
    df: pd.DataFrame, words: Words, mode: str = "light", k: float = 1.0, height: int = 320
) -> alt.LayerChart:
    """Steps that build on each other beside the best plan for each budget: what nesting costs.

    Numbered discs are the nested steps, rings on a dashed line the best plans. The hairline of a step rises
    from its disc to the height of its ring; where the two cost different sums, it turns aside to the ring.

    Parameters
    ----------
    df : DataFrame
        ``step`` (number, printed), ``cost_nested``, ``nested`` (what the step reaches), ``cost_best``,
        ``best`` (what the best plan of the same budget reaches), ``text`` (what the tooltip says). A disc or
        ring whose place is missing is left out: the caller says why.
    words : mapping
        ``x``, ``y`` (axis titles), ``step``, ``text`` (tooltip heads), ``nested``, ``best`` (printed at the
        lines' ends).
    mode, k : str, float
        See the module.
    height : int
        Pixels.

    Raises
    ------
    ValueError
        See the module; also if no step has a place, or for a negative cost or objective.

    Notes
    -----
    A ring is the best plan only as far as its solution is proven; between two rings nothing is said.

    Examples
    --------
    >>> df = pd.DataFrame({"step": [1, 2], "cost_nested": [5, 10], "nested": [3, 6], "cost_best": [5, 9],
    ...                    "best": [3, 7], "text": ["", ""]})
    >>> type(ladder_chart(df, {i: i for i in ("x", "y", "step", "text", "nested", "best")})).__name__
    'LayerChart'
    """
    places = ["cost_nested", "nested", "cost_best", "best"]
    check(df, ["step", *places, "text"], words, ["x", "y", "step", "text", "nested", "best"])
    for name in places:
        _refuse(df.loc[df[name] < 0, name], name, "0 or more")
    d = df[["step", *places, "text"]].reset_index(drop=True).astype(dict.fromkeys(places, "float64"))
    d["text"] = d["text"].map(one_line)
    steps = d.dropna(subset=["cost_nested", "nested"])
    best = d.dropna(subset=["cost_best", "best"])
    if steps.empty:
        raise ValueError("no step has a cost and an objective: show the empty state instead of a chart")
    t = tokens(mode)
    right = 1.06 * float(d[["cost_nested", "cost_best"]].max().max()) or 1.0
    top = 1.12 * float(d[["nested", "best"]].max().max()) or 1.0

    def x(field: str) -> alt.X:
        axis = alt.Axis(format=tick_format(right), tickCount=6, grid=False, labelExpr=ZERO)
        scale = alt.Scale(domain=[0, right], nice=False)
        return alt.X(f"{field}:Q", title=words["x"], axis=axis, scale=scale)

    def y(field: str) -> alt.Y:
        axis = alt.Axis(format=tick_format(top), tickCount=5, labelExpr=ZERO)
        scale = alt.Scale(domain=[0, top], nice=False)
        return alt.Y(f"{field}:Q", title=words["y"], axis=axis, scale=scale)

    tip = [alt.Tooltip("step:N", title=words["step"]), alt.Tooltip("text:N", title=words["text"])]
    layers: list[Any] = []
    if len(best):
        layers.append(
            alt.Chart(best)
            .mark_line(strokeWidth=1.8 * k, strokeDash=[6, 4], color=t["muted"])
            .encode(x=x("cost_best"), y=y("best"))
        )
    layers.append(
        alt.Chart(steps)
        .mark_line(strokeWidth=1.8 * k, color=t["primary"])
        .encode(x=x("cost_nested"), y=y("nested"))
    )
    both = d.dropna(subset=places)
    apart = both[both["best"] != both["nested"]]
    aside = both[both["cost_best"] != both["cost_nested"]]
    hair: dict[str, Any] = {"strokeWidth": 1.2 * k, "color": t["ink"]}
    if len(apart):
        layers.append(
            alt.Chart(apart).mark_rule(**hair).encode(x=x("cost_nested"), y=y("nested"), y2=alt.Y2("best:Q"))
        )
    if len(aside):
        layers.append(
            alt.Chart(aside)
            .mark_rule(strokeDash=[1, 3], **hair)
            .encode(x=x("cost_nested"), x2=alt.X2("cost_best:Q"), y=y("best"))
        )
    size = 300 * k * k
    if len(best):
        # wider than a disc, so that both are seen where they meet
        layers.append(
            alt.Chart(best)
            .mark_point(filled=True, size=1.7 * size, color=t["page"], stroke=t["muted"], strokeWidth=2 * k)
            .encode(x=x("cost_best"), y=y("best"), opacity=alt.value(1), tooltip=tip)
        )
    base = alt.Chart(steps)
    layers += [
        base.mark_point(filled=True, size=size, color=t["primary"], opacity=1).encode(
            x=x("cost_nested"), y=y("nested"), tooltip=tip
        ),
        base.mark_text(fontWeight=700, fontSize=11 * k, dy=0.5, color=on(t["primary"])).encode(
            x=x("cost_nested"), y=y("nested"), text=alt.Text("step:N"), tooltip=tip
        ),
    ]
    ends = [(best, "cost_best", "best", -20), (steps, "cost_nested", "nested", 20)]
    for rows, cost, reached, dy in ends:
        if len(rows):
            last = rows.loc[[rows[cost].idxmax()]].assign(said=one_line(words[reached]))
            layers.append(
                alt.Chart(last)
                .mark_text(align="right", dx=10 * k, dy=dy * k, color=t["muted"], fontSize=12.5 * k)
                .encode(x=x(cost), y=y(reached), text=alt.Text("said:N"))
            )
    return alt.LayerChart(layer=layers).properties(height=height)


def core_chart(
    df: pd.DataFrame,
    words: Words,
    bounds: tuple[float, float],
    mode: str = "light",
    k: float = 1.0,
    row_height: int = 24,
    label_limit: int = 260,
) -> alt.LayerChart:
    """How often each site is part of the solution: core, borderline or never, by shade and by glyph.

    Parameters
    ----------
    df : DataFrame
        At most 40 rows: ``label``, ``share`` (0–1), ``kind`` (a key of `KINDS`), ``in_plan`` (bool).
    words : mapping
        ``site``, ``share``, ``kind`` (tooltip heads), ``x`` (axis title), ``core``, ``borderline``,
        ``never``, ``in_plan`` (printed after the share of a site of the plan).
    bounds : (float, float)
        Shares at which the two rules stand: above the second a site is core, below the first never.
    mode, k : str, float
        See the module.
    row_height, label_limit : int
        Pixels at ``k = 1``.

    Raises
    ------
    ValueError
        See the module; also for more rows, another kind, a share outside 0–1 or missing, or bounds that are
        not in order.

    Notes
    -----
    A share counts solutions that were tried; it is no probability that a site is worth protecting.

    Examples
    --------
    >>> df = pd.DataFrame({"label": ["Cerro"], "share": [0.95], "kind": ["core"], "in_plan": [True]})
    >>> ids = ("site", "share", "kind", "x", *KINDS, "in_plan")
    >>> type(core_chart(df, {i: i for i in ids}, (0.1, 0.9))).__name__
    'LayerChart'
    """
    columns = ["label", "share", "kind", "in_plan"]
    check(df, columns, words, ["site", "share", "kind", "x", *KINDS, "in_plan"])
    if len(df) > MOST_ROWS:
        raise ValueError(f"frame has {len(df)} rows; expected at most {MOST_ROWS}: draw several charts")
    _refuse(df.loc[~df["kind"].isin(KINDS), "kind"], "kind", f"some of {list(KINDS)}")
    _refuse(df.loc[~df["share"].between(0, 1), "share"], "share", "0 to 1")
    if not 0 <= bounds[0] < bounds[1] <= 1:
        raise ValueError(f"bounds are {bounds}; expected two shares in order")
    t = tokens(mode)
    d = numbered(df[columns])
    d["label"] = d["label"].map(one_line)
    d["named"] = [f"{KINDS[kind]} {label}" for kind, label in zip(d["kind"], d["label"], strict=True)]
    d["said_kind"] = d["kind"].map(dict(words)).map(one_line)
    d["tail"] = [f" · {one_line(words['in_plan'])}" if inside else "" for inside in d["in_plan"]]
    d["zero"] = 0.0
    shade = dict(zip(KINDS, [t["priority"][step] for step in (4, 2, 0)], strict=True))
    d["fill"] = d["kind"].map(shade)
    d["edge"] = [edge(colour, mode) for colour in d["fill"]]
    y = row_axis(d["named"].tolist(), k, label_limit)
    room = text_width(">99% · " + one_line(words["in_plan"]), k) + 12 * k
    axis = alt.Axis(orient="top", format=".0%", values=list(bounds), grid=False)
    scale = alt.Scale(domain=[0, 1], nice=False, range=with_room(room))

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title=words["x"], axis=axis, scale=scale)

    tip = [
        alt.Tooltip("label:N", title=words["site"]),
        alt.Tooltip("said:N", title=words["share"]),
        alt.Tooltip("said_kind:N", title=words["kind"]),
    ]
    base = alt.Chart(d).transform_calculate(said=chance("share", ""), printed="datum.said + datum.tail")
    rules = pd.DataFrame({"at": [float(bound) for bound in bounds]})
    layers: list[Any] = [
        base.mark_bar(strokeWidth=1, height=alt.RelativeBandSize(0.66)).encode(
            y=y,
            x=x("zero"),
            x2=alt.X2("share:Q"),
            color=alt.Color("fill:N", scale=None),
            stroke=alt.Stroke("edge:N", scale=None),
            tooltip=tip,
        ),
        alt.Chart(rules).mark_rule(strokeDash=[3, 3], strokeWidth=1 * k, color=t["ink"]).encode(x=x("at")),
        # a halo, for the rules run behind the numbers
        base.mark_text(
            align="left", dx=6 * k, fontSize=13 * k, color=t["page"], stroke=t["page"], strokeWidth=4 * k
        ).encode(y=y, x=x("share"), text=alt.Text("printed:N")),
        base.mark_text(align="left", dx=6 * k, fontSize=13 * k).encode(
            y=y, x=x("share"), text=alt.Text("printed:N"), tooltip=tip
        ),
    ]
    return alt.LayerChart(layer=layers).properties(height=alt.Step(row_height * k))


def moves_chart(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    row_height: int = 48,
    label_limit: int = 260,
) -> alt.LayerChart:
    """What another assumption changes: sites that leave the plan to the left, sites that enter to the right.

    Parameters
    ----------
    df : DataFrame
        One row per assumption: ``variant`` (printed), ``entered``, ``left`` (numbers of sites),
        ``entered_text``, ``left_text`` (a few of their names, printed below the bars).
    words : mapping
        ``variant`` (tooltip head), ``entered``, ``left`` (printed over the two sides), ``none`` (printed
        where nothing moves).
    mode, k : str, float
        See the module.
    row_height, label_limit : int
        Pixels at ``k = 1``.

    Raises
    ------
    ValueError
        See the module; also for a number that is missing or below 0.

    Notes
    -----
    One assumption moves at a time; together they may move other sites.

    Examples
    --------
    >>> df = pd.DataFrame({"variant": ["Costs doubled"], "entered": [1], "left": [2],
    ...                    "entered_text": ["Cerro"], "left_text": ["Hotte; Kuafo"]})
    >>> type(moves_chart(df, {i: i for i in ("variant", "entered", "left", "none")})).__name__
    'LayerChart'
    """
    columns = ["variant", "entered", "left", "entered_text", "left_text"]
    check(df, columns, words, ["variant", "entered", "left", "none"])
    for name in ("entered", "left"):
        _refuse(df.loc[~(df[name] >= 0), name], name, "a number of sites")
    t = tokens(mode)
    d = numbered(df[columns])
    texts = ["variant", "entered_text", "left_text"]
    d[texts] = d[texts].map(one_line)
    d["nothing"] = one_line(words["none"])
    d["away"], d["zero"] = -d["left"], 0
    most = max(int(d[["entered", "left"]].max().max()), 1)
    y = row_axis(d["variant"].tolist(), k, label_limit)
    heads = json.dumps([one_line(words["left"]), one_line(words["entered"])])
    axis = alt.Axis(
        orient="top",
        values=[-most, most],
        labelExpr=f"{heads}[datum.value < 0 ? 0 : 1]",
        labelFlush=True,
        grid=False,
    )
    aside = text_width(str(most), k) + 14 * k
    scale = alt.Scale(domain=[-most, most], nice=False, range=with_room(aside, aside))

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title=None, axis=axis, scale=scale)

    tip = [
        alt.Tooltip("variant:N", title=words["variant"]),
        alt.Tooltip("left:Q", title=words["left"]),
        alt.Tooltip("left_text:N", title=" "),
        alt.Tooltip("entered:Q", title=words["entered"]),
        alt.Tooltip("entered_text:N", title="  "),
    ]
    up, thick = -8 * k, 16 * k
    layers: list[Any] = []
    sides: tuple[tuple[str, str, Any, int, str], ...] = (
        ("left", "away", "right", -1, t["faint"]),
        ("entered", "entered", "left", 1, t["primary"]),
    )
    for name, end, align, sign, colour in sides:
        moved = d[d[name] > 0]
        if moved.empty:
            continue
        base = alt.Chart(moved)
        layers += [
            base.mark_bar(height=thick, color=colour, yOffset=up).encode(
                y=y, x=x("zero"), x2=alt.X2(f"{end}:Q"), tooltip=tip
            ),
            base.mark_text(align=align, dx=sign * 6 * k, dy=up, fontWeight=600, fontSize=14 * k).encode(
                y=y, x=x(end), text=alt.Text(f"{name}:Q", format=",.0f"), tooltip=tip
            ),
            base.mark_text(
                align=align,
                dx=sign * 6 * k,
                dy=up + thick / 2 + 9 * k,
                fontSize=12 * k,
                color=t["muted"],
                limit=alt.ExprRef(f"width / 2 - {8 * k}"),
            ).encode(y=y, x=x("zero"), text=alt.Text(f"{name}_text:N"), tooltip=tip),
        ]
    still = d[(d["entered"] == 0) & (d["left"] == 0)]
    if len(still):
        layers.append(
            alt.Chart(still)
            .mark_text(align="left", dx=6 * k, dy=up, color=t["muted"], fontSize=13 * k)
            .encode(y=y, x=x("zero"), text=alt.Text("nothing:N"), tooltip=tip)
        )
    middle = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=t["ink"], strokeWidth=1 * k)
    return alt.LayerChart(layer=[*layers, middle.encode(x=x("zero"))]).properties(
        height=alt.Step(row_height * k)
    )

"""Charts of ranks and of what makes them: intervals, bands, profiles, swings.

`mode`, `k` and `words`, and what is refused, are those of `aze_core.views.charts`.
"""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import pandas as pd

from aze_core.domain.settings import value

from .charts import (
    PICK,
    Words,
    check,
    numbered,
    one_line,
    or_unknown,
    row_axis,
    selected_row,
    text_width,
    with_room,
)
from .theme import edge, fill, on, tokens

LETTERS = ("A", "B", "C", "D")
"""Marks of the sites that are compared, in the order of their colours."""


def chance(field: str, unknown: str) -> str:
    """Vega expression: a probability in whole percent, never rounded to certain, impossible or sure.

    Sure is the share from which a place among the first counts as such (`acceptability.sure`).

    Parameters
    ----------
    field : str
        Column with numbers 0–1.
    unknown : str
        Said where the number is missing.

    Examples
    --------
    >>> "'<' + format(0.01, '.0%')" in chance("p", "not known")
    True
    """
    p, sure = f"datum.{field}", value("acceptability.sure")
    return (
        f"!isValid({p}) ? {json.dumps(unknown)}"
        f" : {p} > 0 && {p} < 0.005 ? '<' + format(0.01, '.0%')"
        f" : {p} < 1 && {p} >= 0.995 ? '>' + format(0.99, '.0%')"
        f" : {p} < {sure} && {p} >= {sure - 0.005} ? format(floor({p} * 1000) / 1000, '.1%')"
        f" : format({p}, '.0%')"
    )


def rank_spread(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    selected: str | None = None,
    xmax: int | None = None,
    show_labels: bool = False,
    row_height: int = 27,
    label_limit: int = 240,
) -> alt.LayerChart:
    """Rank of each site, the ranks it takes in most draws, and how often it is at the top; a click picks it.

    Row heights and axis are those of `charts.contributions`, so that the two stand side by side.

    Parameters
    ----------
    df : DataFrame
        ``site_id`` (unique), ``label``, ``rank``, ``low``, ``high`` (numbers from 1, e.g. the 5th and 95th
        percentile of draws; a missing interval draws the dot alone). Optional ``p_top``: probability 0–1
        of a rank among the first N, printed at the right.
    words : mapping
        ``x`` (axis title), ``site``, ``rank``, ``interval``, ``unknown``; with ``p_top`` also ``top``
        (head of that column, e.g. ``"Top 10"``).
    mode, k : str, float
        See the module.
    selected : str, optional
        ``site_id`` whose row is underlaid.
    xmax : int, optional
        Last rank drawn, where any site reaches so far: the axis ends at the last rank there is. What lies
        beyond ends in an arrow, and its text still gives the numbers.
    show_labels : bool
        Names at the left; off beside `charts.contributions`, where only a phone shows them.
    row_height, label_limit : int
        Pixels at ``k = 1``.

    Returns
    -------
    LayerChart
        With the point selection ``pick`` on ``site_id``.

    Raises
    ------
    ValueError
        See the module.

    Notes
    -----
    An interval tells only what was varied in the draws: weights near the user's say nothing of errors in the
    data, and the dot may lie outside it.

    Examples
    --------
    >>> df = pd.DataFrame(
    ...     {"site_id": ["a"], "label": ["A"], "rank": [3], "low": [2], "high": [34], "p_top": [0.62]}
    ... )
    >>> chart = rank_spread(df, {i: i for i in ("x", "site", "rank", "interval", "unknown", "top")}, xmax=20)
    >>> "2–34" in chart.to_json(ensure_ascii=False)
    True
    """
    has_top = "p_top" in df.columns
    columns = ["site_id", "label", "rank", "low", "high", *(["p_top"] if has_top else [])]
    check(df, columns, words, ["x", "site", "rank", "interval", "unknown", *(["top"] if has_top else [])])
    t = tokens(mode)
    d = numbered(df[columns])
    d["label"] = d["label"].map(one_line)
    known = d["low"].notna() & d["high"].notna()
    d["text"] = [
        words["unknown"] if not k_ else f"{a:.0f}" if a == b else f"{a:.0f}–{b:.0f}"
        for a, b, k_ in zip(d["low"], d["high"], known, strict=True)
    ]
    furthest = d[["rank", "low", "high"]].max().max()
    furthest = float(furthest) if pd.notna(furthest) else 1.0
    last = max(furthest if xmax is None else min(float(xmax), furthest), 2.0)
    d["end"] = d[["rank", "high"]].max(axis=1).clip(upper=last).fillna(1.0)
    y = row_axis(d["label"].tolist(), k, label_limit, show_labels)
    room = 20.0 + 8 * max(3, *(len(text) for text in d["text"]))
    if has_top:
        printed = [">99%", one_line(words["top"]), words["unknown"] if d["p_top"].isna().any() else ""]
        room += 14 + max(text_width(text) for text in printed)
    ticks = [1, *(v for v in _round_ticks(last) if v > 0.1 * last)]
    scale = alt.Scale(domain=[1, last], nice=False, range=with_room(room * k, 7 * k))

    def x(field: str) -> alt.X:
        # from the left edge: the axis may be narrower than its title
        axis = alt.Axis(orient="top", values=ticks, format="d", labelSeparation=12, titleAnchor="start")
        return alt.X(f"{field}:Q", title=words["x"], axis=axis, scale=scale)

    tip = [
        alt.Tooltip("label:N", title=words["site"]),
        alt.Tooltip("rank:Q", title=words["rank"]),
        alt.Tooltip("text:N", title=words["interval"]),
    ]
    said = {"top": chance("p_top", words["unknown"])} if has_top else {}
    if has_top:
        tip.append(alt.Tooltip("top:N", title=words["top"]))

    def base(rows: pd.DataFrame) -> alt.Chart:
        chart = alt.Chart(rows)
        return chart.transform_calculate(**said) if has_top else chart

    pick = alt.selection_point(name="pick", fields=["site_id"], on=PICK, empty=False)
    # the whole row takes the click, not only the marks
    row = (
        base(d)
        .mark_bar(opacity=0, height=alt.RelativeBandSize(1), cursor="pointer")
        .encode(y=y, x=alt.XValue(0), x2=alt.X2Value("width"), tooltip=tip)
        .add_params(pick)
    )
    bar = d[known & (d["low"] < last)]
    dot = d[d["rank"] <= last]
    beyond = d[(d["high"] > last) | (d["rank"] > last)].assign(x=last)
    layers: list[Any] = [*selected_row(d, selected, y, mode), row]
    if len(bar):
        layers.append(
            base(bar.assign(hi=bar["high"].clip(upper=last)))
            .mark_rule(strokeWidth=4 * k, color=t["priority"][2], strokeCap="round", cursor="pointer")
            .encode(y=y, x=x("low"), x2=alt.X2("hi:Q"), tooltip=tip)
        )
    if len(beyond):
        layers.append(
            base(beyond)
            .mark_point(
                filled=True,
                shape="triangle-right",
                size=90 * k,
                opacity=1,
                xOffset=5 * k,
                color=t["priority"][2],
                cursor="pointer",
            )
            .encode(y=y, x=x("x"), tooltip=tip)
        )
    if len(dot):
        layers.append(
            base(dot)
            .mark_point(
                filled=True,
                size=80 * k,
                color=t["ink"],
                stroke=t["page"],
                strokeWidth=1.5,
                opacity=1,
                cursor="pointer",
            )
            .encode(y=y, x=x("rank"), tooltip=tip)
        )
    layers.append(
        alt.Chart(d)
        .mark_text(align="left", dx=13 * k, color=t["muted"], fontSize=12.5 * k)
        .encode(y=y, x=x("end"), text=alt.Text("text:N"))
    )
    if has_top:
        layers += [
            base(d)
            .mark_text(align="right", dx=-4 * k, fontWeight=600, fontSize=13 * k)
            .encode(y=y, x=alt.XValue("width"), text=alt.Text("top:N")),
            # on the line of the axis labels, so that the rows keep their height
            alt.Chart(pd.DataFrame({"said": [one_line(words["top"])]}))
            .mark_text(align="right", baseline="bottom", dx=-4 * k, color=t["muted"], fontSize=13 * k)
            .encode(x=alt.XValue("width"), y=alt.YValue(-5), text=alt.Text("said:N")),
        ]
    return alt.LayerChart(layer=layers).properties(height=alt.Step(row_height * k))


def _round_ticks(last: float) -> list[int]:
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500) if last / s <= 4), 1000)
    return list(range(step, int(last) + 1, step))


def acceptability_bars(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    row_height: int = 24,
    label_limit: int = 110,
) -> alt.LayerChart:
    """How often one site takes a rank in each band, one bar per band, 0 to 100 % for every site.

    Parameters
    ----------
    df : DataFrame
        ``band`` (what is printed, e.g. ``"2–5"``), ``p`` (probability 0–1; missing draws no bar).
    words : mapping
        ``band``, ``p``, ``unknown``.
    mode, k : str, float
        See the module.
    row_height, label_limit : int
        Pixels at ``k = 1``. The height of the chart follows from the rows.

    Raises
    ------
    ValueError
        See the module; also for a probability below 0 or above 1.

    Notes
    -----
    Bands differ in width: a long bar for ranks 21–50 does not make one rank of it likely.

    Examples
    --------
    >>> df = pd.DataFrame({"band": ["1", "2–5"], "p": [0.25, 0.75]})
    >>> type(acceptability_bars(df, {i: i for i in ("band", "p", "unknown")})).__name__
    'LayerChart'
    """
    check(df, ["band", "p"], words, ["band", "p", "unknown"])
    _within(df["p"], "p", 1)
    t = tokens(mode)
    d = numbered(df[["band", "p"]])
    d["band"] = d["band"].map(one_line)
    d["end"] = d["p"].fillna(0.0)
    y = row_axis(d["band"].tolist(), k, label_limit)
    room = max(text_width("100%"), text_width(words["unknown"]) if d["p"].isna().any() else 0) + 10
    x = alt.X(
        "end:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False, clamp=True, range=with_room(room * k))
    )
    said = chance("p", words["unknown"])
    tip = [alt.Tooltip("band:N", title=words["band"]), alt.Tooltip("said:N", title=words["p"])]
    layers: list[Any] = [
        alt.Chart(d)
        .transform_calculate(said=said)
        .mark_text(align="left", dx=6 * k, fontWeight=600, fontSize=13 * k)
        .encode(y=y, x=x, text=alt.Text("said:N"), tooltip=tip)
    ]
    if len(bars := d[d["p"] > 0]):
        bar = alt.Chart(bars).transform_calculate(said=said)
        bar = bar.mark_bar(color=t["priority"][3], height=alt.RelativeBandSize(0.66))
        layers.insert(0, bar.encode(y=y, x=x, tooltip=tip))
    return alt.LayerChart(layer=layers).properties(height=alt.Step(row_height * k))


def _within(values: pd.Series, name: str, most: float) -> None:
    strange = values[(values < 0) | (values > most)]
    if len(strange):
        raise ValueError(f"column {name!r} holds {strange.iloc[0]}; expected 0 to {most}")


def profile(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    lane_height: float = 16,
    label_limit: int = 180,
) -> alt.LayerChart:
    """Up to four sites compared by criterion: lettered dots from 0 to 1, a dashed span for the unknown.

    Each letter has a lane of its own in every row, so that equal values stand below one another.

    Parameters
    ----------
    df : DataFrame
        One row per criterion and site: ``criterion`` (its code), ``label`` (its name, printed), ``site_id``,
        ``letter`` (`LETTERS`), ``value`` (0–1 or missing), ``low``, ``high`` (what it could be; if missing
        with a missing value, all from 0 to 1). Criteria are drawn in the order in which they first come.
        Optional ``site``, its name in the tooltip; else the identifier stands there.
    words : mapping
        ``criterion``, ``site``, ``value``, ``unknown``, and ``worst`` and ``best`` (ends of the axis).
    mode, k : str, float
        See the module.
    lane_height, label_limit : float, int
        Pixels at ``k = 1``; a row is as high as its lanes and half a lane more.

    Raises
    ------
    ValueError
        See the module; also for another letter, a letter twice in a criterion, or a value outside 0–1.

    Notes
    -----
    Distances within a row compare; those between rows do only as far as the criteria's worst and best do.

    Examples
    --------
    >>> df = pd.DataFrame({"criterion": ["gap"] * 2, "label": ["Gap"] * 2, "site_id": ["x", "y"],
    ...                    "letter": ["A", "B"], "value": [1.0, None], "low": [None, 0.2],
    ...                    "high": [None, 0.9]})
    >>> ids = ("criterion", "site", "value", "unknown", "worst", "best")
    >>> type(profile(df, {i: i for i in ids})).__name__
    'LayerChart'
    """
    columns = ["criterion", "label", "site_id", "letter", "value", "low", "high"]
    check(df, columns, words, ["criterion", "site", "value", "unknown", "worst", "best"])
    strange = sorted({str(letter) for letter in df["letter"]} - set(LETTERS))
    if strange:
        raise ValueError(f"letter holds {strange}; expected some of {list(LETTERS)}")
    if df.duplicated(["criterion", "letter"]).any():
        raise ValueError("a letter stands twice in one criterion; expected one row each")
    for name in ("value", "low", "high"):
        _within(df[name], name, 1)
    t = tokens(mode)
    d = df[columns].reset_index(drop=True)
    d["site"] = (df["site"] if "site" in df.columns else df["site_id"]).map(one_line).to_numpy()
    d["label"] = d["label"].map(one_line)
    d["row"] = pd.factorize(d["criterion"])[0]
    d[["value", "low", "high"]] = d[["value", "low", "high"]].astype("float64")
    missing = d["value"].isna()
    d["a"] = d["low"].mask(missing, d["low"].fillna(0.0))
    d["b"] = d["high"].mask(missing, d["high"].fillna(1.0))
    heads = d.drop_duplicates("row")
    letters = [letter for letter in LETTERS if (d["letter"] == letter).any()]
    y = row_axis(heads["label"].tolist(), k, label_limit)
    scale = alt.Scale(domain=[0, 1], nice=False, clamp=True, range=with_room(18 * k, 18 * k))
    ends = json.dumps([one_line(words["worst"]), one_line(words["best"])])

    def x(field: str) -> alt.X:
        axis = alt.Axis(
            orient="top", values=[0, 1], labelExpr=f"{ends}[datum.value]", labelFlush=True, labelBound=False
        )
        return alt.X(f"{field}:Q", title=None, axis=axis, scale=scale)

    tip = [
        alt.Tooltip("letter:N", title=" "),
        alt.Tooltip("site:N", title=words["site"]),
        alt.Tooltip("label:N", title=words["criterion"]),
        alt.Tooltip("said:N", title=words["value"]),
    ]
    span = "isValid(datum.a) && isValid(datum.b) && datum.a < datum.b ? "
    between = "' (' + format(datum.a, '.2f') + '–' + format(datum.b, '.2f') + ')'"
    said = f"({or_unknown('value', '.2f', words['unknown'])}) + ({span}{between} : '')"
    lane = lane_height * k
    size = (0.86 * lane) ** 2
    layers: list[Any] = [
        alt.Chart(heads.assign(zero=0.0, one=1.0))
        .mark_bar(color=t["sunken"], height=alt.RelativeBandSize(0.86))
        .encode(y=y, x=x("zero"), x2=alt.X2("one:Q"))
    ]
    for at, letter in enumerate(letters):
        colour = fill(letter, mode)
        down = (at - (len(letters) - 1) / 2) * lane
        mine = d[d["letter"] == letter]
        known, lost = mine[mine["value"].notna()], mine[mine["value"].isna()]
        spread = known[known["a"] < known["b"]]
        if len(spread):
            layers.append(
                alt.Chart(spread)
                .transform_calculate(said=said)
                .mark_rule(strokeWidth=2 * k, color=edge(colour, mode), yOffset=down)
                .encode(y=y, x=x("a"), x2=alt.X2("b:Q"), tooltip=tip)
            )
        if len(lost):
            base = alt.Chart(lost).transform_calculate(said=said)
            layers += [
                base.mark_rule(
                    strokeWidth=1.5 * k, strokeDash=[4, 3], color=edge(colour, mode), yOffset=down
                ).encode(y=y, x=x("a"), x2=alt.X2("b:Q"), tooltip=tip),
                # before the span, never on it: there it would be read as a value
                base.mark_text(
                    align="right",
                    dx=-4 * k,
                    dy=down + 0.5,
                    fontWeight=700,
                    fontSize=0.72 * lane,
                    color=edge(colour, mode, 4.5),
                ).encode(y=y, x=x("a"), text=alt.Text("letter:N"), tooltip=tip),
            ]
        if len(known):
            base = alt.Chart(known).transform_calculate(said=said)
            layers += [
                base.mark_point(
                    filled=True,
                    shape="circle",
                    size=size,
                    color=colour,
                    stroke=edge(colour, mode),
                    strokeWidth=1,
                    opacity=1,
                    yOffset=down,
                ).encode(y=y, x=x("value"), tooltip=tip),
                base.mark_text(fontWeight=700, fontSize=0.68 * lane, dy=down + 0.5, color=on(colour)).encode(
                    y=y, x=x("value"), text=alt.Text("letter:N"), tooltip=tip
                ),
            ]
    return alt.LayerChart(layer=layers).properties(height=alt.Step((len(letters) + 0.8) * lane))


def swing(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    row_height: int = 66,
) -> alt.LayerChart:
    """Swing weighting: worst and best of each criterion in words, and the points given for the step so far.

    Parameters
    ----------
    df : DataFrame
        ``criterion`` (its code), ``label`` (printed above the bar), ``worst_text``, ``best_text`` (plain
        words below its two ends, e.g. ``"1 species"`` and ``"15 species"``), ``points`` (0–100; missing:
        none given yet), ``colour`` (a key or hex of `theme.fill`).
    words : mapping
        ``criterion``, ``worst``, ``best``, ``points``, ``unknown`` (said where no points are given yet).
    mode, k : str, float
        See the module.
    row_height : int
        Pixels at ``k = 1``.

    Raises
    ------
    ValueError
        See the module; also for points outside 0–100.

    Notes
    -----
    Points speak of the whole step from worst to best. Where the ends change, points have to be asked anew.

    Examples
    --------
    >>> df = pd.DataFrame({"criterion": ["gap"], "label": ["Gap"], "worst_text": ["2% open"],
    ...                    "best_text": ["all open"], "points": [80], "colour": ["gap"]})
    >>> type(swing(df, {i: i for i in ("criterion", "worst", "best", "points", "unknown")})).__name__
    'LayerChart'
    """
    columns = ["criterion", "label", "worst_text", "best_text", "points", "colour"]
    check(df, columns, words, ["criterion", "worst", "best", "points", "unknown"])
    _within(df["points"], "points", 100)
    t = tokens(mode)
    d = numbered(df[columns])
    for column in ("label", "worst_text", "best_text"):
        d[column] = d[column].map(one_line)
    d["points"] = d["points"].astype("float64")
    d["fill"] = [fill(key, mode) for key in d["colour"]]
    d["edge"] = [edge(colour, mode) for colour in d["fill"]]
    d["zero"], d["full"] = 0.0, 100.0
    y = row_axis(d["label"].tolist(), k, 0, show=False)
    room = max(text_width("100"), text_width(words["unknown"]) if d["points"].isna().any() else 0) + 12
    scale = alt.Scale(domain=[0, 100], nice=False, clamp=True, range=with_room(room * k))

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=None, scale=scale)

    tip = [
        alt.Tooltip("label:N", title=words["criterion"]),
        alt.Tooltip("worst_text:N", title=words["worst"]),
        alt.Tooltip("best_text:N", title=words["best"]),
        alt.Tooltip("said:N", title=words["points"]),
    ]
    said = or_unknown("points", ".0f", words["unknown"])
    base = alt.Chart(d).transform_calculate(said=said)
    thick = 14 * k
    small: dict[str, Any] = {"baseline": "top", "dy": 11 * k, "color": t["muted"], "fontSize": 12.5 * k}
    layers: list[Any] = [
        base.mark_bar(color=t["sunken"], stroke=t["control"], strokeWidth=1, height=thick).encode(
            y=y, x=x("zero"), x2=alt.X2("full:Q"), tooltip=tip
        )
    ]
    if len(given := d[d["points"] > 0]):
        layers.append(
            alt.Chart(given)
            .transform_calculate(said=said)
            .mark_bar(strokeWidth=1, height=thick)
            .encode(
                y=y,
                x=x("zero"),
                x2=alt.X2("points:Q"),
                color=alt.Color("fill:N", scale=None),
                stroke=alt.Stroke("edge:N", scale=None),
                tooltip=tip,
            )
        )
    layers += [
        base.mark_text(align="left", baseline="bottom", dy=-11 * k, fontWeight=600, fontSize=13 * k).encode(
            y=y, x=x("zero"), text=alt.Text("label:N")
        ),
        base.mark_text(align="left", **small).encode(y=y, x=x("zero"), text=alt.Text("worst_text:N")),
        base.mark_text(align="right", **small).encode(y=y, x=x("full"), text=alt.Text("best_text:N")),
        base.mark_text(align="right", fontWeight=600, fontSize=14 * k).encode(
            y=y, x=alt.XValue("width"), text=alt.Text("said:N")
        ),
    ]
    return alt.LayerChart(layer=layers).properties(height=alt.Step(row_height * k))

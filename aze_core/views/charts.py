"""Altair builders: frames in, charts out.

Common to all builders
----------------------
``mode`` is ``"light"`` or ``"dark"``; ``k`` scales text and marks (1 screen, 1.45 projector). The page
applies ``chart.configure(**theme.config(mode, k))``. ``words`` maps the ids named in each docstring to
the words of the reader's language. Rows are drawn in the order of the frame. A frame without rows, a
missing column or a missing word raises ``ValueError``: pages decide what to show instead of a chart.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from .theme import CLASSES, SHAPE, edge, fill, on, tokens

Words = Mapping[str, str]

# a filter knows the event alone, not `datum`
PICK = "click[event.item && event.item.datum && event.item.datum.site_id]"
"""Clicks that pick a site; one on land or an empty bar would select a site called undefined."""


def check(df: pd.DataFrame, columns: Collection[str], words: Words, ids: Collection[str] = ()) -> None:
    """Refuse a frame or a set of words that a builder cannot draw.

    Parameters
    ----------
    df : DataFrame
    columns : collection of str
        Columns that must be present.
    words : mapping
    ids : collection of str
        Words that must be present.

    Raises
    ------
    ValueError
        If there are no rows, or a column or a word is missing.

    Examples
    --------
    >>> check(pd.DataFrame({"label": []}), ["label"], {})
    Traceback (most recent call last):
    ValueError: no rows: ...
    """
    missing = [c for c in columns if c not in df.columns]
    if missing:
        raise ValueError(f"frame has columns {list(df.columns)}; expected also {missing}")
    unsaid = [i for i in ids if i not in words]
    if unsaid:
        raise ValueError(f"words has {sorted(words)}; expected also {unsaid}")
    if df.empty:
        raise ValueError("no rows: show the empty state instead of a chart")


def one_line(value: Any) -> str:
    """Text on one line; empty if missing.

    Examples
    --------
    >>> one_line(" Cerro\\nAzul "), one_line(None)
    ('Cerro Azul', '')
    """
    return "" if pd.isna(value) else " ".join(str(value).split())


def text_width(text: str, k: float = 1.0) -> float:
    """Width in pixels that a label takes at 13 px, estimated on the wide side.

    Examples
    --------
    >>> text_width("abcd")
    29.6
    """
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return round((7.4 * (len(text) - wide) + 13.5 * wide) * k, 1)


def numbered(df: pd.DataFrame) -> pd.DataFrame:
    """Rows numbered 0… as ``row``, so that two sites of one name stay two rows.

    Examples
    --------
    >>> numbered(pd.DataFrame({"label": ["A", "A"]}))["row"].tolist()
    [0, 1]
    """
    return df.reset_index(drop=True).rename_axis(None).assign(row=range(len(df)))


NARROW = "windowSize()[0] < 640"
"""Vega expression: on a phone, where charts that stand side by side are put one below the other."""

_NARROW_LIMIT = 150
"""Pixels of the widest row label there, so that the marks keep their room."""


def row_axis(labels: Sequence[str], k: float, limit: float, show: bool = True, offset: float = 0) -> alt.Y:
    """Band per row, labelled through the axis: a name never is an identity.

    Parameters
    ----------
    labels : sequence of str
        One for each row of `numbered`.
    k, limit : float
        Scale; widest label in pixels at ``k = 1``.
    show : bool
        Whether labels are drawn everywhere; otherwise on a phone alone.
    offset : float
        Pixels by which labels are moved down.

    Examples
    --------
    >>> row_axis(["A", "B"], 1, 200).to_dict()["axis"]["labelExpr"]
    '["A", "B"][datum.value]'
    """
    names = json.dumps([one_line(x) for x in labels])  # ASCII only, quotes escaped: a safe literal
    label = f"{names}[datum.value]"
    axis = alt.Axis(
        labelExpr=label if show else f"{NARROW} ? {label} : ''",
        labelFontSize=13 * k,
        labelLimit=alt.ExprRef(f"{NARROW} ? {min(limit, _NARROW_LIMIT) * k} : {limit * k}"),
        labelPadding=8,
        labelOffset=offset,
        grid=False,
    )
    return alt.Y("row:O", title=None, axis=axis)


def with_room(right: float, left: float = 0) -> list[Any]:
    """Range of an x scale that keeps pixels free: right for text, left for marks that sit on zero.

    Examples
    --------
    >>> left, right = with_room(30, 7)
    >>> left, right.to_dict()
    (7, {'expr': 'max(47, width - 30)'})
    """
    return [round(left), alt.ExprRef(f"max({round(left) + 40}, width - {round(right)})")]


def or_unknown(field: str, fmt: str, unknown: str) -> str:
    """Vega expression: a field as its d3 format has it, or a word where the value is missing.

    Examples
    --------
    >>> or_unknown("share", ".0%", "not known")
    'isValid(datum.share) ? format(datum.share, ".0%") : "not known"'
    """
    return f"isValid(datum.{field}) ? format(datum.{field}, {json.dumps(fmt)}) : {json.dumps(unknown)}"


def selected_row(df: pd.DataFrame, selected: str | None, y: alt.Y, mode: str) -> list[alt.Chart]:
    """The band beneath the row of a site as a list of one layer; empty if the site has no row.

    Parameters
    ----------
    df : DataFrame
        As `numbered` returns it; without ``site_id`` nothing is selected.
    selected : str or None
        A ``site_id``.
    y : alt.Y
        As `row_axis` returns it.
    mode : str

    Examples
    --------
    >>> df = numbered(pd.DataFrame({"site_id": ["a"]}))
    >>> len(selected_row(df, "a", row_axis(["A"], 1, 200), "light")), selected_row(df, "b", alt.Y(), "light")
    (1, [])
    """
    if selected is None or "site_id" not in df.columns or not (df["site_id"] == selected).any():
        return []
    row = df.loc[df["site_id"] == selected, ["row"]]
    band = alt.Chart(row).mark_bar(color=tokens(mode)["sunken"], height=alt.RelativeBandSize(1))
    return [band.encode(y=y, x=alt.XValue(0), x2=alt.X2Value("width"))]


def timeline(
    df: pd.DataFrame, words: Words, mode: str = "light", k: float = 1.0, height: int = 190
) -> alt.LayerChart:
    """Published figures: whole bar = sites on the list, foot = the unprotected share of them.

    Parameters
    ----------
    df : DataFrame
        ``year_label`` (str, unique), ``sites`` (number > 0), ``share_unprotected`` (0–1; missing draws
        a bar without foot), ``note`` (str).
    words : mapping
        ``year``, ``sites``, ``share_unprotected``, ``note``, ``unknown``.
    mode, k : str, float
        See the module.
    height : int
        Pixels of the whole chart.

    Raises
    ------
    ValueError
        See the module.

    Examples
    --------
    >>> df = pd.DataFrame(
    ...     {"year_label": ["2018"], "sites": [853], "share_unprotected": [0.43], "note": [""]}
    ... )
    >>> names = ("year", "sites", "share_unprotected", "note", "unknown")
    >>> type(timeline(df, {n: n for n in names})).__name__
    'LayerChart'
    """
    columns = ["year_label", "sites", "share_unprotected", "note"]
    check(df, columns, words, ["year", "sites", "share_unprotected", "note", "unknown"])
    t, none = tokens(mode), fill("none", mode)
    d = df[columns].assign(note=df["note"].map(one_line))
    d["foot"] = d["sites"] * d["share_unprotected"]
    top = float(d["sites"].max())
    foot = d.dropna(subset=["foot"])
    # a foot lower than its own number carries the number on its head
    inside = foot["foot"] / (1.18 * top) * (height - 30 * k) > 20 * k
    x = alt.X("year_label:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelFontSize=13 * k))
    y_scale = alt.Scale(domain=[0, 1.18 * top], nice=False)
    y, y_foot = (alt.Y(f"{c}:Q", axis=None, scale=y_scale) for c in ("sites", "foot"))
    tip = [
        alt.Tooltip("year_label:N", title=words["year"]),
        alt.Tooltip("sites:Q", title=words["sites"], format=","),
        alt.Tooltip("share:N", title=words["share_unprotected"]),
        alt.Tooltip("note:N", title=words["note"]),
    ]
    share = or_unknown("share_unprotected", ".0%", words["unknown"])
    base = alt.Chart(d).transform_calculate(share=share)
    base_foot = alt.Chart(foot).transform_calculate(share=share)
    number: dict[str, Any] = {"fontWeight": 600, "fontSize": 14 * k}
    width = alt.RelativeBandSize(0.55)
    layers: list[Any] = [
        base.mark_bar(color=t["rule"], stroke=t["control"], strokeWidth=1, width=width).encode(
            x=x, y=y, tooltip=tip
        ),
        base.mark_text(dy=-9 * k, **number).encode(x=x, y=y, text=alt.Text("sites:Q", format=",")),
    ]
    if len(foot):
        layers.append(base_foot.mark_bar(color=none, width=width).encode(x=x, y=y_foot, tooltip=tip))
    for part, dy, colour in ((foot[inside], 12 * k, on(none)), (foot[~inside], -9 * k, t["ink"])):
        if len(part):
            layers.append(
                alt.Chart(part)
                .mark_text(dy=dy, color=colour, **number)
                .encode(x=x, y=y_foot, text=alt.Text("share_unprotected:Q", format=".0%"))
            )
    return alt.LayerChart(layer=layers).properties(height=height)


def class_bars(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    share: bool = False,
    row_height: int = 24,
    label_limit: int = 190,
) -> alt.LayerChart:
    """Sites by protection class, one stacked bar per country or region, total at its end.

    Parameters
    ----------
    df : DataFrame
        ``label`` (str), ``none``, ``partial``, ``complete`` (counts, missing = 0), optional ``unknown``.
    words : mapping
        ``label``, ``class``, ``sites``, ``total``, ``none``, ``partial``, ``complete`` and, with that
        column, ``unknown``.
    mode, k : str, float
        See the module.
    share : bool
        Draw parts of one instead of counts; numbers stay counts.
    row_height, label_limit : int
        Pixels at ``k = 1``. The height of the chart follows from the rows.

    Raises
    ------
    ValueError
        See the module; also if no row has a site.

    Examples
    --------
    >>> df = pd.DataFrame({"label": ["Peru"], "none": [13], "partial": [2], "complete": [1]})
    >>> ids = ("label", "class", "sites", "total", "none", "partial", "complete")
    >>> type(class_bars(df, {i: i for i in ids})).__name__
    'LayerChart'
    """
    classes = [*CLASSES, *(["unknown"] if "unknown" in df.columns else [])]
    check(df, ["label", *classes], words, ["label", "class", "sites", "total", *classes])
    d = numbered(df)
    d[classes] = d[classes].fillna(0)
    d["total"] = d[classes].sum(axis=1)
    longest = 1.0 if share else float(d["total"].max())
    if not d["total"].max() > 0:
        raise ValueError("no rows with a site: show the empty state instead of a chart")
    parts = []
    for r in d.to_dict("records"):
        unit, start = (r["total"] or 1) if share else 1, 0.0
        for c in classes:
            n = int(r[c])
            if n:
                end = start + n / unit
                # about 230 px of bar in the narrowest column: below that the number would spill over
                fits = (end - start) / longest * 230 > (8 * len(f"{n:,}") + 6) * k
                parts.append(
                    {
                        "row": r["row"],
                        "label": one_line(r["label"]),
                        "cls": words[c],
                        "key": c,
                        "n": n,
                        "total": int(r["total"]),
                        "x0": start,
                        "x1": end,
                        "mid": (start + end) / 2,
                        "fits": fits,
                    }
                )
                start = end
    p = pd.DataFrame(parts)
    ends = d.assign(end=d["total"].clip(upper=1) if share else d["total"])[["row", "end", "total"]]
    y = row_axis(d["label"].tolist(), k, label_limit)
    scale = alt.Scale(
        domain=[0, longest], nice=False, range=with_room((10 + 9 * len(f"{longest:,.0f}")) * k + 8)
    )
    if share:
        scale.range = with_room((10 + 9 * len(f"{d['total'].max():,.0f}")) * k + 8)
    x = alt.X("x0:Q", axis=None, scale=scale)
    colours = [fill(c, mode) for c in classes]
    bar = (
        alt.Chart(p)
        .mark_bar(strokeWidth=1, height=alt.RelativeBandSize(0.74), xOffset=0.6, x2Offset=-0.6)
        .encode(
            y=y,
            x=x,
            x2=alt.X2("x1:Q"),
            color=alt.Color("key:N", scale=alt.Scale(domain=classes, range=colours), legend=None),
            stroke=alt.Stroke(
                "key:N",
                scale=alt.Scale(domain=classes, range=[edge(c, mode) for c in colours]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("label:N", title=words["label"]),
                alt.Tooltip("cls:N", title=words["class"]),
                alt.Tooltip("n:Q", title=words["sites"], format=","),
                alt.Tooltip("total:Q", title=words["total"], format=","),
            ],
        )
    )
    total = (
        alt.Chart(ends)
        .mark_text(align="left", dx=6 * k, fontSize=13 * k)
        .encode(y=y, x=alt.X("end:Q", axis=None, scale=scale), text=alt.Text("total:Q", format=","))
    )
    layers: list[Any] = [bar, total]
    for c in classes:
        inside = p[p["fits"] & (p["key"] == c)]
        if len(inside):
            layers.append(
                alt.Chart(inside)
                .mark_text(fontSize=12.5 * k, fontWeight=600, color=on(fill(c, mode)))
                .encode(y=y, x=alt.X("mid:Q", axis=None, scale=scale), text=alt.Text("n:Q", format=","))
            )
    return alt.LayerChart(layer=layers).properties(height=alt.Step(row_height * k))


def contributions(
    df: pd.DataFrame,
    criteria: Sequence[tuple[str, str, str]],
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    selected: str | None = None,
    xmax: float | None = None,
    fmt: str = ",.0f",
    row_height: int = 27,
    label_limit: int = 240,
) -> alt.LayerChart:
    """Score of each ranked site, split into what each criterion adds; a click picks the site.

    Of a criterion that is not or only partly known for a site only what is known is filled: a dashed frame
    spans what the score could be.

    Parameters
    ----------
    df : DataFrame
        ``site_id`` (unique), ``label``, ``rank`` (number or text such as ``"2="``), ``score``, one
        column per criterion (points ≥ 0 in the unit of the score; missing adds nothing). Optional:
        ``unknown`` (comma-separated criterion columns), with ``score_low`` and ``score_high``;
        ``text``, printed at the end of the bar; without it the score stands there, or the range where
        something is not known.
    criteria : sequence of (column, label, colour key)
        In stacking order; the key is one of `theme.fill`, e.g. ``"pressure"`` or ``"CR"``.
    words : mapping
        ``x`` (axis title), ``site``, ``rank``, ``criterion``, ``points``, ``score``; with ``unknown``
        also ``unknown`` (said of the criterion) and ``range``.
    mode, k : str, float
        See the module.
    selected : str, optional
        ``site_id`` whose row is underlaid.
    xmax : float, optional
        End of the axis; by default the longest bar.
    fmt : str
        d3 format of points and scores.
    row_height, label_limit : int
        Pixels at ``k = 1``.

    Returns
    -------
    LayerChart
        With the point selection ``pick`` on ``site_id``.

    Raises
    ------
    ValueError
        See the module; also for negative points, which a stack cannot show.

    Examples
    --------
    >>> df = pd.DataFrame(
    ...     {"site_id": ["a"], "label": ["A"], "rank": [1], "score": [0.5], "cr": [0.4], "en": [0.1]}
    ... )
    >>> ids = ("x", "site", "rank", "criterion", "points", "score")
    >>> crit = [("cr", "Critically Endangered", "CR"), ("en", "Endangered", "EN")]
    >>> type(contributions(df, crit, {i: i for i in ids}, fmt=".2f")).__name__
    'LayerChart'
    """
    columns = [c for c, _, _ in criteria]
    has_unknown = "unknown" in df.columns
    ids = [
        "x",
        "site",
        "rank",
        "criterion",
        "points",
        "score",
        *(["unknown", "range"] if has_unknown else []),
    ]
    extra = ["score_low", "score_high"] if has_unknown else []
    check(df, ["site_id", "label", "rank", "score", *columns, *extra], words, ids)
    negative = [c for c in columns if (df[c] < 0).any()]
    if negative:
        raise ValueError(f"columns {negative} hold negative points; expected 0 or more")
    t = tokens(mode)
    d = numbered(df)
    parts, boxes, ends = [], [], []
    for r in d.to_dict("records"):
        names = {u.strip() for u in one_line(r["unknown"]).split(",")} - {""} if has_unknown else set()
        head = {
            "row": r["row"],
            "site_id": r["site_id"],
            "label": one_line(r["label"]),
            "rank": one_line(r["rank"]),
        }
        start = 0.0
        for column, label, _ in criteria:
            points = r[column]
            # of a criterion that is partly known, what is known is drawn
            if pd.isna(points) or points == 0:
                continue
            parts.append({**head, "criterion": label, "points": points, "x0": start, "x1": start + points})
            start += points
        if names and pd.notna(r["score_low"]) and pd.notna(r["score_high"]):
            said = ", ".join(
                f"{label}: {words['unknown']}" for column, label, _ in criteria if column in names
            )
            boxes.append({**head, "criterion": said, "x0": r["score_low"], "x1": r["score_high"]})
            start = max(start, r["score_high"])
        low, high = (r["score_low"], r["score_high"]) if names else (None, None)
        end = {**head, "end": start, "score": r["score"], "low": low, "high": high}
        if "text" in d.columns:
            end["text"] = one_line(r["text"])
        ends.append(end)
    longest = xmax if xmax is not None else max((e["end"] for e in ends), default=1) or 1
    labels = [f"{one_line(a)}  {one_line(b)}" for a, b in zip(d["rank"], d["label"], strict=True)]
    y = row_axis(labels, k, label_limit)
    printed = max((len(e.get("text", "")) for e in ends), default=0) or (8 if boxes else 6)
    form = json.dumps(fmt)
    scale = alt.Scale(domain=[0, longest], nice=False, clamp=True, range=with_room(12 + 7.6 * printed * k))

    def x(field: str) -> alt.X:
        axis = alt.Axis(orient="top", tickCount=4, labelFlush=True, labelSeparation=12, titleAnchor="start")
        return alt.X(f"{field}:Q", title=words["x"], axis=axis, scale=scale)

    pick = alt.selection_point(name="pick", fields=["site_id"], on=PICK, empty=False)
    who = [alt.Tooltip("label:N", title=words["site"]), alt.Tooltip("rank:N", title=words["rank"])]
    score = alt.Tooltip("score:Q", title=words["score"], format=fmt)
    # the whole row takes the click, not only the bar
    row = (
        alt.Chart(pd.DataFrame(ends))
        .mark_bar(opacity=0, height=alt.RelativeBandSize(1), cursor="pointer")
        .encode(y=y, x=alt.XValue(0), x2=alt.X2Value("width"), tooltip=[*who, score])
        .add_params(pick)
    )
    layers: list[Any] = [*selected_row(d, selected, y, mode), row]
    height = alt.RelativeBandSize(0.66)
    if parts:
        names_ = [label for _, label, _ in criteria]
        colours = [fill(key, mode) for _, _, key in criteria]
        layers.append(
            alt.Chart(pd.DataFrame(parts))
            .mark_bar(height=height, strokeWidth=1, xOffset=0.6, x2Offset=-0.6, cursor="pointer")
            .encode(
                y=y,
                x=x("x0"),
                x2=alt.X2("x1:Q"),
                color=alt.Color("criterion:N", scale=alt.Scale(domain=names_, range=colours), legend=None),
                stroke=alt.Stroke(
                    "criterion:N",
                    scale=alt.Scale(domain=names_, range=[edge(c, mode) for c in colours]),
                    legend=None,
                ),
                tooltip=[
                    *who,
                    alt.Tooltip("criterion:N", title=words["criterion"]),
                    alt.Tooltip("points:Q", title=words["points"], format=fmt),
                ],
            )
        )
    if boxes:
        layers.append(
            alt.Chart(pd.DataFrame(boxes))
            .mark_bar(
                fillOpacity=0,
                stroke=t["ink"],
                strokeDash=[3, 2],
                height=alt.RelativeBandSize(0.86),
                cursor="pointer",
            )
            .encode(
                y=y,
                x=x("x0"),
                x2=alt.X2("x1:Q"),
                tooltip=[
                    *who,
                    alt.Tooltip("criterion:N", title=words["criterion"]),
                    alt.Tooltip("range:N", title=words["range"]),
                ],
            )
            .transform_calculate(range=f"format(datum.x0, {form}) + '–' + format(datum.x1, {form})")
        )
    frame = pd.DataFrame(ends)
    written = f"isValid(datum.score) ? format(datum.score, {form}) : ''"
    both = f"format(datum.low, {form}) + '–' + format(datum.high, {form})"
    end_text = alt.Chart(frame)
    if "text" not in d.columns:
        end_text = end_text.transform_calculate(
            text=f"isValid(datum.low) && isValid(datum.high) ? {both} : {written}"
        )
    layers.append(
        end_text.mark_text(align="left", dx=6 * k, fontWeight=600, fontSize=13 * k).encode(
            y=y, x=x("end"), text=alt.Text("text:N")
        )
    )
    return alt.LayerChart(layer=layers).properties(height=alt.Step(row_height * k))


def before_after(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    domain: tuple[float, float] = (0.0, 1.0),
    fmt: str = ".0%",
    colour: str | None = None,
    row_height: int = 34,
    label_limit: int = 200,
) -> alt.LayerChart:
    """Ring = before, dot = after, the two numbers printed at the right.

    Parameters
    ----------
    df : DataFrame
        ``label``, ``before``, ``after`` (numbers of one unit; missing draws no mark), ``text`` (what is
        printed, e.g. ``"23% → 35%"``).
    words : mapping
        ``label``, ``before``, ``after``, ``unknown``.
    mode, k : str, float
        See the module.
    domain : (float, float)
        Ends of the axis; begin at 0 unless the unit has none.
    fmt : str
        d3 format of axis and tooltip.
    colour : str, optional
        Key or hex of `theme.fill` for the dot, e.g. a plan's letter; by default priority plum.
    row_height, label_limit : int
        Pixels at ``k = 1``.

    Raises
    ------
    ValueError
        See the module.

    Examples
    --------
    >>> df = pd.DataFrame({"label": ["M1"], "before": [0.2], "after": [0.4], "text": ["20% → 40%"]})
    >>> ids = ("label", "before", "after", "unknown")
    >>> type(before_after(df, {i: i for i in ids})).__name__
    'LayerChart'
    """
    check(df, ["label", "before", "after", "text"], words, ["label", "before", "after", "unknown"])
    t = tokens(mode)
    d = numbered(df[["label", "before", "after", "text"]])
    d["label"], d["text"] = d["label"].map(one_line), d["text"].map(one_line)
    y = row_axis(d["label"].tolist(), k, label_limit)
    room = max(text_width(x, k) for x in d["text"])
    scale = alt.Scale(
        domain=list(domain), nice=False, clamp=True, range=with_room(room + 22 * k if room else 10, 10 * k)
    )

    def x(field: str) -> alt.X:
        axis = alt.Axis(orient="top", tickCount=3, format=fmt, labelFlush=True)
        return alt.X(f"{field}:Q", title=None, axis=axis, scale=scale)

    tip = [
        alt.Tooltip("label:N", title=words["label"]),
        alt.Tooltip("b:N", title=words["before"]),
        alt.Tooltip("a:N", title=words["after"]),
    ]
    said = {
        "b": or_unknown("before", fmt, words["unknown"]),
        "a": or_unknown("after", fmt, words["unknown"]),
    }
    dot = fill(colour, mode) if colour else t["priority"][3]
    layers: list[Any] = []
    if len(both := d.dropna(subset=["before", "after"])):
        rule = alt.Chart(both).transform_calculate(**said)
        layers.append(
            rule.mark_rule(strokeWidth=3 * k, color=t["control"]).encode(
                y=y, x=x("before"), x2=alt.X2("after:Q"), tooltip=tip
            )
        )
    # the ring is larger than the dot: where nothing changes, the dot sits inside it
    for field, size, colours in (
        ("before", 170, {"color": t["page"], "stroke": t["muted"]}),
        ("after", 80, {"color": dot, "stroke": edge(dot, mode)}),
    ):
        if len(rows := d.dropna(subset=[field])):
            point = alt.Chart(rows).transform_calculate(**said)
            layers.append(
                point.mark_point(filled=True, opacity=1, strokeWidth=2, size=size * k, **colours).encode(
                    y=y, x=x(field), tooltip=tip
                )
            )
    layers.append(
        alt.Chart(d)
        .mark_text(align="right", fontWeight=600, fontSize=13 * k)
        .encode(y=y, x=alt.XValue("width"), text=alt.Text("text:N"))
    )
    return alt.LayerChart(layer=layers).properties(height=alt.Step(row_height * k))


def dumbbell(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    domain: tuple[float, float] = (0.0, 1.0),
    fmt: str = ".2f",
    row_height: int = 26,
) -> alt.LayerChart:
    """This site (dot) against a reference such as the median (ring), one row per criterion.

    Parameters
    ----------
    df : DataFrame
        ``label``, ``reference``, ``value``; missing draws no mark. Optional ``text``, printed at the
        right.
    words : mapping
        ``label``, ``reference``, ``value``, ``unknown``.
    mode, k, domain, fmt, row_height
        As in `before_after`.

    Raises
    ------
    ValueError
        See the module.

    Examples
    --------
    >>> df = pd.DataFrame({"label": ["Pressure"], "reference": [0.4], "value": [None]})
    >>> ids = ("label", "reference", "value", "unknown")
    >>> type(dumbbell(df, {i: i for i in ids})).__name__
    'LayerChart'
    """
    check(df, ["label", "reference", "value"], words, ["label", "reference", "value", "unknown"])
    d = df.rename(columns={"reference": "before", "value": "after"})
    d = d if "text" in d.columns else d.assign(text="")
    said = dict(words) | {"before": words["reference"], "after": words["value"]}
    return before_after(d, said, mode, k, domain, fmt, row_height=row_height)


def share_by_vintage(
    df: pd.DataFrame, words: Words, mode: str = "light", k: float = 1.0, row_height: int = 46
) -> alt.LayerChart:
    """Protected share of one site in each data vintage: separate measurements, never joined by a line.

    Parameters
    ----------
    df : DataFrame
        ``vintage`` (str), ``share`` (0–1 or missing), ``method`` (how it was measured, printed below the
        vintage), ``protection`` (class of the share, or missing).
    words : mapping
        ``vintage``, ``share``, ``method``, ``unknown`` (printed for a missing share).
    mode, k : str, float
        See the module.
    row_height : int
        Pixels at ``k = 1``.

    Raises
    ------
    ValueError
        See the module.

    Examples
    --------
    >>> df = pd.DataFrame({"vintage": ["2010"], "share": [0.0], "method": ["as published"],
    ...                    "protection": ["none"]})
    >>> ids = ("vintage", "share", "method", "unknown")
    >>> type(share_by_vintage(df, {i: i for i in ids})).__name__
    'LayerChart'
    """
    columns = ["vintage", "share", "method", "protection"]
    check(df, columns, words, ["vintage", "share", "method", "unknown"])
    t = tokens(mode)
    d = numbered(df[columns])
    for c in ("vintage", "method"):
        d[c] = d[c].map(one_line)
    d["key"] = d["protection"].where(d["protection"].isin(CLASSES), "unknown")
    up = -8 * k
    y = row_axis(d["vintage"].tolist(), k, 120, offset=up)
    room = max(52.0, text_width(words["unknown"])) + 16
    scale = alt.Scale(domain=[0, 1], nice=False, range=with_room(room * k, 12 * k))

    def x(field: str) -> alt.X:
        axis = alt.Axis(orient="top", values=[0, 0.5, 1], format=".0%", grid=False)
        return alt.X(f"{field}:Q", title=None, axis=axis, scale=scale)

    tip = [
        alt.Tooltip("vintage:N", title=words["vintage"]),
        alt.Tooltip("said:N", title=words["share"]),
        alt.Tooltip("method:N", title=words["method"]),
    ]
    said = or_unknown("share", ".0%", words["unknown"])
    keys = list(SHAPE)
    track = d.assign(a=0.0, b=1.0)
    known, missing = d.dropna(subset=["share"]), d[d["share"].isna()].assign(a=0.0)
    layers: list[Any] = [
        alt.Chart(track)
        .mark_rule(strokeWidth=6 * k, color=t["rule"], strokeCap="round", yOffset=up)
        .encode(y=y, x=x("a"), x2=alt.X2("b:Q")),
        alt.Chart(track)
        .mark_text(align="left", baseline="top", dy=3 * k, color=t["muted"], fontSize=12.5 * k)
        .encode(y=y, x=x("a"), text=alt.Text("method:N")),
    ]
    if len(known):
        base = alt.Chart(known).transform_calculate(said=said)
        layers += [
            base.mark_point(filled=True, size=190 * k, opacity=1, strokeWidth=1.2, yOffset=up).encode(
                y=y,
                x=x("share"),
                tooltip=tip,
                shape=alt.Shape(
                    "key:N", scale=alt.Scale(domain=keys, range=[SHAPE[c] for c in keys]), legend=None
                ),
                color=alt.Color(
                    "key:N", scale=alt.Scale(domain=keys, range=[fill(c, mode) for c in keys]), legend=None
                ),
                stroke=alt.Stroke(
                    "key:N",
                    scale=alt.Scale(domain=keys, range=[t["protection_text"][c] for c in keys]),
                    legend=None,
                ),
            ),
            base.mark_text(align="right", fontWeight=600, fontSize=14 * k, dy=up).encode(
                y=y, x=alt.XValue("width"), text=alt.Text("said:N")
            ),
        ]
    if len(missing):
        layers.append(
            alt.Chart(missing)
            .transform_calculate(said=said)
            .mark_text(align="right", color=t["muted"], dy=up, fontSize=13 * k)
            .encode(y=y, x=alt.XValue("width"), text=alt.Text("said:N"), tooltip=tip)
        )
    return alt.LayerChart(layer=layers).properties(height=alt.Step(row_height * k))


def year_band(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    colour: str | None = None,
    height: int = 260,
) -> alt.LayerChart:
    """A share by year: the median as a line, the middle 95 % of the draws as a band, the last value printed.

    Parameters
    ----------
    df : DataFrame
        ``year`` (whole number, unique), ``low``, ``value``, ``high`` (0–1).
    words : mapping
        ``year``, ``value``, ``low``, ``high``.
    mode, k : str, float
        See the module.
    colour : str, optional
        Key or hex of `theme.fill` for line and band; by default ink.
    height : int
        Pixels of the whole chart.

    Raises
    ------
    ValueError
        See the module.

    Examples
    --------
    >>> df = pd.DataFrame({"year": [1990, 2026], "low": [0.1, 0.4], "value": [0.2, 0.5], "high": [0.3, 0.5]})
    >>> type(year_band(df, {i: i for i in ("year", "value", "low", "high")})).__name__
    'LayerChart'
    """
    columns = ["year", "low", "value", "high"]
    check(df, columns, words, columns)
    t = tokens(mode)
    d = df[columns].sort_values("year").reset_index(drop=True)
    first, last = int(d["year"].min()), int(d["year"].max())
    paint = edge(fill(colour, mode), mode) if colour else str(t["ink"])
    x = alt.X(
        "year:Q",
        title=None,
        axis=alt.Axis(format="d", grid=False, labelFlush=True, values=_year_ticks(first, last)),
        scale=alt.Scale(domain=[first, max(last, first + 1)], nice=False, range=with_room(58 * k)),
    )

    def y(field: str) -> alt.Y:
        axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], labelPadding=8)
        return alt.Y(f"{field}:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1], nice=False))

    tip = [
        alt.Tooltip("year:Q", title=words["year"], format="d"),
        alt.Tooltip("value:Q", title=words["value"], format=".1%"),
        alt.Tooltip("low:Q", title=words["low"], format=".1%"),
        alt.Tooltip("high:Q", title=words["high"], format=".1%"),
    ]
    end = d.tail(1)
    layers: list[Any] = [
        alt.Chart(d).mark_area(color=paint, opacity=0.22).encode(x=x, y=y("low"), y2=alt.Y2("high:Q")),
        alt.Chart(d).mark_line(color=paint, strokeWidth=2.5 * k).encode(x=x, y=y("value")),
        # wide and unseen, so that a pointer finds every year
        alt.Chart(d).mark_point(filled=True, size=220 * k, opacity=0).encode(x=x, y=y("value"), tooltip=tip),
        alt.Chart(end)
        .mark_point(filled=True, size=70 * k, opacity=1, color=paint)
        .encode(x=x, y=y("value"), tooltip=tip),
        alt.Chart(end)
        .mark_text(align="left", dx=9 * k, fontSize=14 * k, fontWeight=600)
        .encode(x=x, y=y("value"), text=alt.Text("value:Q", format=".0%")),
    ]
    return alt.LayerChart(layer=layers).properties(height=height)


def _year_ticks(first: int, last: int) -> list[int]:
    """Both ends and round years between them, none so near an end that labels would meet."""
    span = last - first
    step = next((s for s in (1, 2, 5, 10, 20, 25, 50) if span / s <= 6), 100)
    inner = [year for year in range(first - first % step, last, step) if year - first > 0.6 * step]
    return sorted({first, *(year for year in inner if last - year > 0.6 * step), last})


def steps(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    undated: float = 0.0,
    height: int = 200,
) -> alt.LayerChart:
    """Covered share of one site as steps by year; what has no year stands dashed at the right end.

    Parameters
    ----------
    df : DataFrame
        ``year`` (whole number, unique) and ``share`` (0–1, from this year on); the first row begins the
        curve, the last ends it.
    words : mapping
        ``year``, ``share``, ``undated`` (printed beside the dashed part).
    mode, k : str, float
        See the module.
    undated : float
        Share that undated areas alone cover, drawn on top of the last step.
    height : int
        Pixels of the whole chart.

    Raises
    ------
    ValueError
        See the module.

    Examples
    --------
    >>> df = pd.DataFrame({"year": [1970, 1975, 2026], "share": [0.0, 0.6, 0.6]})
    >>> words = {i: i for i in ("year", "share", "undated")}
    >>> len(steps(df, words).layer), len(steps(df, words, undated=0.1).layer)
    (3, 5)
    """
    check(df, ["year", "share"], words, ["year", "share", "undated"])
    t = tokens(mode)
    d = df[["year", "share"]].sort_values("year").reset_index(drop=True)
    first, last = int(d["year"].min()), int(d["year"].max())
    room = max(58.0, text_width(one_line(words["undated"])) + 20 if undated > 0 else 0)
    x = alt.X(
        "year:Q",
        title=None,
        axis=alt.Axis(format="d", grid=False, labelFlush=True, values=_year_ticks(first, last)),
        scale=alt.Scale(domain=[first, max(last, first + 1)], nice=False, range=with_room(room * k)),
    )

    def y(field: str) -> alt.Y:
        axis = alt.Axis(format=".0%", values=[0, 0.5, 1], labelPadding=8)
        return alt.Y(f"{field}:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1], nice=False))

    tip = [
        alt.Tooltip("year:Q", title=words["year"], format="d"),
        alt.Tooltip("share:Q", title=words["share"], format=".0%"),
    ]
    colour = fill("complete", mode)
    dated = float(d["share"].iloc[-1])
    end = pd.DataFrame({"year": [last], "share": [dated], "top": [min(1.0, dated + max(0.0, undated))]})
    layers: list[Any] = [
        alt.Chart(d)
        .mark_area(color=colour, opacity=0.25, interpolate="step-after")
        .encode(x=x, y=y("share")),
        alt.Chart(d)
        .mark_line(
            color=colour,
            strokeWidth=2.5 * k,
            interpolate="step-after",
            point={"size": 50 * k, "color": colour},
        )
        .encode(x=x, y=y("share"), tooltip=tip),
    ]
    if undated > 0:
        layers += [
            alt.Chart(end)
            .mark_rule(color=t["muted"], strokeWidth=3 * k, strokeDash=[4, 3])
            .encode(x=x, y=y("share"), y2=alt.Y2("top:Q")),
            alt.Chart(end.assign(said=one_line(words["undated"])))
            .mark_text(align="left", baseline="bottom", dx=9 * k, dy=-3 * k, color=t["muted"])
            .encode(x=x, y=y("top"), text=alt.Text("said:N")),
        ]
    layers.append(
        alt.Chart(end)
        .mark_text(align="left", baseline="top", dx=9 * k, dy=1 * k, fontSize=14 * k, fontWeight=600)
        .encode(x=x, y=y("top"), text=alt.Text("top:Q", format=".0%"))
    )
    return alt.LayerChart(layer=layers).properties(height=height)


def period_bars(
    df: pd.DataFrame,
    words: Words,
    mode: str = "light",
    k: float = 1.0,
    row_height: int = 26,
    label_limit: int = 110,
) -> alt.LayerChart:
    """A share for each period, one bar per row, what it is a share of printed behind it.

    Parameters
    ----------
    df : DataFrame
        ``label`` (the period), ``share`` (0–1, or missing: no bar), ``text`` (printed at the end of the bar).
    words : mapping
        ``label``, ``share``, ``unknown`` (said of a missing share).
    mode, k : str, float
        See the module.
    row_height, label_limit : int
        Pixels at ``k = 1``. The height of the chart follows from the rows.

    Raises
    ------
    ValueError
        See the module.

    Examples
    --------
    >>> df = pd.DataFrame({"label": ["1990–1999"], "share": [0.008], "text": ["0.8% of 500 km²"]})
    >>> type(period_bars(df, {i: i for i in ("label", "share", "unknown")})).__name__
    'LayerChart'
    """
    check(df, ["label", "share", "text"], words, ["label", "share", "unknown"])
    t = tokens(mode)
    d = numbered(df[["label", "share", "text"]])
    for column in ("label", "text"):
        d[column] = d[column].map(one_line)
    y = row_axis(d["label"].tolist(), k, label_limit)
    most = float(d["share"].max()) if d["share"].notna().any() else 0.0
    room = max(text_width(text) for text in d["text"]) + 14
    scale = alt.Scale(domain=[0, most or 1.0], nice=False, range=with_room(room * k))
    d["end"] = d["share"].fillna(0)
    base = alt.Chart(d).transform_calculate(said=or_unknown("share", ".1%", words["unknown"]))
    x = alt.X("end:Q", axis=None, scale=scale)
    bar = base.mark_bar(color=t["faint"], height=alt.RelativeBandSize(0.62)).encode(
        y=y,
        x=x,
        tooltip=[
            alt.Tooltip("label:N", title=words["label"]),
            alt.Tooltip("said:N", title=words["share"]),
        ],
    )
    text = base.mark_text(align="left", dx=7 * k, fontSize=13 * k).encode(y=y, x=x, text=alt.Text("text:N"))
    return alt.LayerChart(layer=[bar, text]).properties(height=alt.Step(row_height * k))


def legend_row(
    items: Sequence[tuple[str, str, str]], mode: str = "light", k: float = 1.0, max_width: float = 640
) -> alt.LayerChart:
    """Legend that a page can place anywhere; wraps where the line is full.

    Parameters
    ----------
    items : sequence of (label, colour key or hex, Vega shape)
        Shape such as ``"square"`` or ``theme.SHAPE["none"]``. The colour ``"unknown"`` gives the pale
        outlined swatch of what is not known.
    mode, k : str, float
        See the module.
    max_width : float
        Pixels at which a new line begins.

    Raises
    ------
    ValueError
        If there are no items.

    Examples
    --------
    >>> legend_row([("None", "none", "triangle-up"), ("Partial", "partial", "diamond")]).height
    24.0
    """
    if not items:
        raise ValueError("no items: a legend needs at least one")
    rows: list[dict[str, Any]] = []
    x, line = 8 * k, 0
    for label, key, shape in items:
        step = 34 * k + text_width(one_line(label), k)
        if x > 8 * k and x + step > max_width:
            x, line = 8 * k, line + 1
        colour = fill(key, mode)
        rows.append(
            {
                "x": x,
                "tx": x + 12 * k,
                "y": (12 + 24 * line) * k,
                "label": one_line(label),
                "fill": colour,
                "edge": edge(colour, mode),
                "shape": shape,
            }
        )
        x += step
    d = pd.DataFrame(rows)
    shapes = sorted(set(d["shape"]))
    y = alt.Y("y:Q", scale=None, axis=None)
    swatch = (
        alt.Chart(d)
        .mark_point(filled=True, size=130 * k, opacity=1, strokeWidth=1.2)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            y=y,
            color=alt.Color("fill:N", scale=None),
            stroke=alt.Stroke("edge:N", scale=None),
            shape=alt.Shape("shape:N", scale=alt.Scale(domain=shapes, range=shapes), legend=None),
        )
    )
    text = (
        alt.Chart(d)
        .mark_text(align="left", fontSize=13 * k)
        .encode(x=alt.X("tx:Q", scale=None, axis=None), y=y, text=alt.Text("label:N"))
    )
    width = max(r["tx"] + text_width(r["label"], k) for r in rows)
    return alt.LayerChart(layer=[swatch, text]).properties(height=24.0 * k * (line + 1), width=width)


def redlist_chips(counts: Mapping[str, int], mode: str = "light", k: float = 1.0) -> alt.LayerChart:
    """Number of species per Red List category, in IUCN's colours and always with the code.

    Parameters
    ----------
    counts : mapping
        Red List code to number, in the order to draw; zeros are left out.
    mode, k : str, float
        See the module.

    Raises
    ------
    ValueError
        If nothing is above zero, or a code is not one of `theme.REDLIST`.

    Examples
    --------
    >>> redlist_chips({"CR": 14, "EN": 1, "VU": 0}).height
    26.0
    """
    t = tokens(mode)
    strange = [c for c in counts if c not in t["redlist"]]
    if strange:
        raise ValueError(f"Red List codes {strange} are not known; expected some of {list(t['redlist'])}")
    rows: list[dict[str, Any]] = []
    x = 1.0
    for code, n in counts.items():
        if n:
            label = f"{code} {n}"
            width = 14 * k + text_width(label, 1.1 * k)
            rows.append({"x": x, "x2": x + width, "mid": x + width / 2, "label": label, "code": code})
            x += width + 8 * k
    if not rows:
        raise ValueError("no rows: every count is zero")
    for r in rows:
        r["fill"] = t["redlist"][r["code"]]
        r["edge"], r["on"] = edge(str(r["fill"]), mode), on(str(r["fill"]))
    base = alt.Chart(pd.DataFrame(rows))
    middle = alt.YValue(13 * k)
    bar = base.mark_bar(cornerRadius=4, height=22 * k, strokeWidth=1).encode(
        x=alt.X("x:Q", scale=None, axis=None),
        x2=alt.X2("x2:Q"),
        y=middle,
        color=alt.Color("fill:N", scale=None),
        stroke=alt.Stroke("edge:N", scale=None),
    )
    text = base.mark_text(fontWeight=700, fontSize=13 * k, dy=1).encode(
        x=alt.X("mid:Q", scale=None, axis=None),
        y=middle,
        text=alt.Text("label:N"),
        color=alt.Color("on:N", scale=None),
    )
    return alt.LayerChart(layer=[bar, text]).properties(height=26.0 * k, width=x)

"""Every builder compiles, draws what the frame says, and refuses what it cannot draw."""

import json
import re
from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert

from aze_core.views import charts, theme

IDS = ["year", "sites", "share_unprotected", "note", "unknown", "label", "class", "total", "none", "partial"]
IDS += ["complete", "x", "site", "rank", "criterion", "points", "score", "range", "interval", "before"]
IDS += ["after", "reference", "value", "vintage", "share", "method"]
WORDS = {i: f"w-{i}" for i in IDS}
CRITERIA = [("cr", "Critically Endangered", "CR"), ("gap", "Protection gap", "gap")]
NASTY = ['O\'Brien "Bay" \\ hill', "<b>bold</b> & <script>", "two\nlines\u2028end", "x" * 300]
NAN = float("nan")


def rows(labels: list[str]) -> dict[str, pd.DataFrame]:
    """One frame per builder, one row per label, the last row with nothing known."""
    n = len(labels)
    last = [NAN if i == n - 1 and n > 1 else 1.0 for i in range(n)]
    f = pd.DataFrame({"label": labels})
    return {
        "timeline": pd.DataFrame(
            {
                "year_label": labels,
                "sites": [100 * (i + 1) for i in range(n)],
                "share_unprotected": [0.43 * x for x in last],
                "note": labels,
            }
        ),
        "class_bars": f.assign(none=range(1, n + 1), partial=0, complete=[x * 3 for x in last]),
        "contributions": f.assign(
            site_id=[f"s{i}" for i in range(n)],
            rank=[f"{i + 1}=" for i in range(n)],
            score=last,
            cr=[0.7 * x for x in last],
            gap=0.3,
            unknown=["" if x == x else "cr" for x in last],
            score_low=0.3,
            score_high=1.0,
        ),
        "before_after": f.assign(before=0.2, after=[0.4 * x for x in last], text=labels),
        "dumbbell": f.assign(reference=last, value=0.5),
        "share_by_vintage": pd.DataFrame(
            {
                "vintage": labels,
                "share": [0.5 * x for x in last],
                "method": labels,
                "protection": ["partial" if x == x else None for x in last],
            }
        ),
        "period_bars": f.assign(share=[0.01 * x for x in last], text=labels),
    }


def build(name: str, df: pd.DataFrame, mode: str = "light", k: float = 1.0, **more: Any) -> alt.LayerChart:
    if name == "contributions":
        return charts.contributions(df, CRITERIA, WORDS, mode, k, **more)
    return getattr(charts, name)(df, WORDS, mode, k, **more)


def svg(chart: alt.LayerChart, mode: str = "light", k: float = 1.0) -> str:
    return vl_convert.vegalite_to_svg(chart.configure(**theme.config(mode, k)).to_dict())


def texts(chart: alt.LayerChart) -> list[str]:
    return [t for t in re.findall(r"<text[^>]*>([^<]*)</text>", svg(chart)) if t]


NAMES = list(rows(["a"]))


@pytest.mark.parametrize("k", [1, 1.45])
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_builders_draw_in_both_modes_and_sizes(name: str, mode: str, k: float) -> None:
    chart = build(name, rows(["Alpha", "Beta", "Gamma"])[name], mode, k)
    spec = chart.configure(**theme.config(mode, k)).to_dict()
    assert vl_convert.vegalite_to_vega(spec)["marks"]
    assert "http" not in json.dumps({key: v for key, v in spec.items() if key != "$schema"})
    drawn = svg(chart, mode, k)
    assert "Alpha" in drawn
    assert "NaN" not in drawn
    assert "undefined" not in drawn


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("label", NASTY)
def test_any_name_is_only_text(name: str, label: str) -> None:
    drawn = svg(build(name, rows([label])[name]))
    assert "<b>" not in drawn
    assert "<script" not in drawn


@pytest.mark.parametrize("name", NAMES)
def test_one_row_and_ninety_rows(name: str) -> None:
    assert vl_convert.vegalite_to_vega(build(name, rows(["only"])[name]).to_dict())["marks"]
    many = build(name, rows([f"row {i}" for i in range(90)])[name])
    assert vl_convert.vegalite_to_vega(many.to_dict())["marks"]
    if name != "timeline":  # its rows are columns
        assert many.height.step > 0  # rows keep their height, the chart grows


@pytest.mark.parametrize("name", NAMES)
def test_empty_frames_and_missing_columns_are_refused(name: str) -> None:
    df = rows(["a"])[name]
    with pytest.raises(ValueError, match="no rows"):
        build(name, df.iloc[:0])
    with pytest.raises(ValueError, match="expected also"):
        build(name, df.iloc[:, 1:])


@pytest.mark.parametrize("name", NAMES)
def test_missing_words_are_refused(name: str) -> None:
    df = rows(["a"])[name]
    args: tuple[Any, ...] = (df, CRITERIA, {}) if name == "contributions" else (df, {})
    with pytest.raises(ValueError, match="words has"):
        getattr(charts, name)(*args)


def test_frames_are_left_as_they_came() -> None:
    for name, df in rows(["a", "b"]).items():
        before = df.copy()
        build(name, df)
        pd.testing.assert_frame_equal(df, before)


def test_a_published_year_without_share_has_no_foot() -> None:
    df = rows(["2018", "2024"])["timeline"]
    drawn = texts(build("timeline", df))
    assert [t for t in drawn if t.endswith("%")] == ["43%"]
    assert {"100", "200"} <= set(drawn)


def test_class_bars_print_counts_totals_and_hide_thin_ones() -> None:
    df = pd.DataFrame({"label": ["Big", "Small"], "none": [155, 1], "partial": [113, 0], "complete": [69, 2]})
    drawn = texts(build("class_bars", df))
    assert {"155", "113", "69", "337", "3"} <= set(drawn)  # 337 = 155 + 113 + 69
    assert "2" not in drawn  # 2 of 337 is too thin for its number
    assert "2" in texts(build("class_bars", df, share=True))


def test_class_bars_of_empty_rows_are_refused() -> None:
    df = pd.DataFrame({"label": ["A"], "none": [0], "partial": [0], "complete": [NAN]})
    with pytest.raises(ValueError, match="with a site"):
        build("class_bars", df)


BAND = pd.DataFrame(
    {"year": [1900, 1990, 2026], "low": [0.0, 0.1, 0.4], "value": [0.0, 0.2, 0.5], "high": [0.1, 0.3, 0.5]}
)
STEPS = pd.DataFrame({"year": [1970, 1975, 1990, 2026], "share": [0.0, 0.6, 0.99, 0.99]})
YEAR_WORDS = {i: f"w-{i}" for i in ("year", "value", "low", "high", "share", "undated", "label", "unknown")}


@pytest.mark.parametrize("k", [1, 1.45])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_charts_by_year_draw_in_both_modes_and_sizes(mode: str, k: float) -> None:
    for chart in (
        charts.year_band(BAND, YEAR_WORDS, mode, k),
        charts.year_band(BAND.tail(1), YEAR_WORDS, mode, k, colour="none"),
        charts.steps(STEPS, YEAR_WORDS, mode, k),
        charts.steps(STEPS, YEAR_WORDS, mode, k, undated=0.01),
    ):
        spec = chart.configure(**theme.config(mode, k)).to_dict()
        assert vl_convert.vegalite_to_vega(spec)["marks"]
        drawn = svg(chart, mode, k)
        assert "NaN" not in drawn
        assert "undefined" not in drawn
        for channel in "xy":
            axes = {
                json.dumps(layer["encoding"][channel].get("axis", "default"), sort_keys=True)
                for layer in chart.to_dict()["layer"]
                if "field" in layer["encoding"].get(channel, {})
            }
            assert len(axes) == 1


def test_a_band_prints_its_last_value_and_both_end_years() -> None:
    drawn = texts(charts.year_band(BAND, YEAR_WORDS))
    assert {"50%", "1900", "2026"} <= set(drawn)
    assert "2020" not in drawn  # it would meet 2026


def test_what_has_no_year_is_named_and_added_on_top() -> None:
    drawn = texts(charts.steps(STEPS.assign(share=[0.0, 0.4, 0.4, 0.4]), YEAR_WORDS, undated=0.1))
    assert {"w-undated", "50%"} <= set(drawn)
    assert "w-undated" not in texts(charts.steps(STEPS, YEAR_WORDS))


def test_charts_by_year_refuse_what_they_cannot_draw() -> None:
    for builder, df in ((charts.year_band, BAND), (charts.steps, STEPS)):
        with pytest.raises(ValueError, match="no rows"):
            builder(df.iloc[:0], YEAR_WORDS)  # type: ignore[operator]
        with pytest.raises(ValueError, match="expected also"):
            builder(df.iloc[:, 1:], YEAR_WORDS)  # type: ignore[operator]
        with pytest.raises(ValueError, match="words has"):
            builder(df, {})  # type: ignore[operator]


def test_a_period_without_growth_has_no_bar_but_its_words() -> None:
    df = pd.DataFrame({"label": ["a", "b"], "share": [0.01, NAN], "text": ["1% of 5", "nothing"]})
    chart = charts.period_bars(df, YEAR_WORDS)
    assert {"1% of 5", "nothing"} <= set(texts(chart))
    alone = charts.period_bars(df.tail(1), YEAR_WORDS)
    assert "NaN" not in svg(alone)


def layer_rows(chart: alt.LayerChart) -> list[dict[str, Any]]:
    return [r for d in chart.to_dict()["datasets"].values() for r in d]


def test_contributions_stack_from_zero_and_leave_the_unknown_open() -> None:
    df = rows(["Known", "Partly"])["contributions"]
    chart = build("contributions", df)
    parts = [r for r in layer_rows(chart) if "points" in r]
    known = [(r["x0"], r["x1"]) for r in parts if r["site_id"] == "s0"]
    assert known == [(0, 0.7), (0.7, pytest.approx(1.0))]
    assert [r["criterion"] for r in parts if r["site_id"] == "s1"] == ["Protection gap"]
    box = [r for r in layer_rows(chart) if r["site_id"] == "s1" and r.get("x1") == 1.0]
    assert [(r["x0"], r["criterion"]) for r in box] == [(0.3, "Critically Endangered: w-unknown")]
    assert "0–1" in texts(chart)


def test_contributions_print_the_callers_text() -> None:
    df = rows(["a", "b"])["contributions"].assign(text=["first", "second"])
    assert {"first", "second"} <= set(texts(build("contributions", df)))


def test_contributions_refuse_negative_points() -> None:
    df = rows(["a"])["contributions"].assign(gap=-0.1)
    with pytest.raises(ValueError, match="'gap'"):
        build("contributions", df)


def test_a_click_picks_by_site_id_and_only_on_a_site() -> None:
    spec = build("contributions", rows(["a"])["contributions"]).to_dict()
    (param,) = spec["params"]
    assert param["name"] == "pick"
    assert param["select"] == {"type": "point", "fields": ["site_id"], "on": charts.PICK}


def test_selected_row_is_underlaid() -> None:
    df = rows(["a", "b"])["contributions"]
    layers = len(build("contributions", df).layer)
    assert len(build("contributions", df, selected="s1").layer) == layers + 1
    assert len(build("contributions", df, selected="gone").layer) == layers


def test_vintages_are_never_joined() -> None:
    spec = build("share_by_vintage", rows(["2010", "2016"])["share_by_vintage"]).to_dict()
    assert "line" not in {layer["mark"]["type"] for layer in spec["layer"]}
    drawn = texts(build("share_by_vintage", rows(["2010", "2016"])["share_by_vintage"]))
    assert {"50%", "w-unknown"} <= set(drawn)


def test_every_layer_has_the_same_axes() -> None:
    for name, df in rows(["a", "b", "c"]).items():
        for channel in "xy":
            axes = {
                json.dumps(layer["encoding"][channel].get("axis", "default"), sort_keys=True)
                for layer in build(name, df).to_dict()["layer"]
                if "field" in layer["encoding"].get(channel, {})
            }
            assert len(axes) <= 1, (name, channel)


def test_legend_row_wraps_and_shows_every_label() -> None:
    items = [(f"Criterion number {i}", "gap", "square") for i in range(8)]
    one, wrapped = charts.legend_row(items, max_width=5000), charts.legend_row(items, max_width=300)
    assert wrapped.height > one.height
    assert wrapped.width <= 300 < one.width
    assert len(texts(wrapped)) == 8


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_red_list_chips_write_the_code(mode: str) -> None:
    assert texts(charts.redlist_chips({"CR": 14, "EN": 1, "VU": 0}, mode)) == ["CR 14", "EN 1"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: charts.redlist_chips({"XX": 1}), "XX"),
        (lambda: charts.redlist_chips({"CR": 0}), "zero"),
        (lambda: charts.legend_row([]), "no items"),
    ],
)
def test_small_marks_refuse_what_they_cannot_draw(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()

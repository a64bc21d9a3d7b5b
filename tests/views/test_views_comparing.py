"""Charts of compared plans: they draw what the frame says, and refuse what they cannot draw."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert

from aze_core.views import comparing, theme

IDS = (
    "measure",
    "plan",
    "value",
    "today",
    "x",
    "y",
    "step",
    "text",
    "nested",
    "best",
    "site",
    "share",
    "kind",
)
IDS += ("core", "borderline", "never", "in_plan", "variant", "entered", "left", "none")
WORDS = {i: f"w-{i}" for i in IDS}
NASTY = ['O\'Brien "Bay" \\ hill', "<b>bold</b> & <script>", "two\nlines\u2028end", "x" * 300]
PLANS = (comparing.TODAY, *"ABCD")


def frames(labels: list[str]) -> dict[str, pd.DataFrame]:
    """One frame per builder, one row (of the chart) per label."""
    n = len(labels)
    rows = range(n)
    return {
        "measures_strip": pd.DataFrame(
            [
                {"measure": i, "label": x, "plan": p, "value": v, "text": f"v{v}", "low": 0, "high": 8}
                for i, x in enumerate(labels)
                for v, p in enumerate(PLANS)
            ]
        ),
        "ladder_chart": pd.DataFrame(
            {
                "step": range(1, n + 1),
                "cost_nested": [10.0 * i for i in rows],
                "nested": [8.0 * i for i in rows],
                "cost_best": [10.0 * i for i in rows],
                "best": [9.0 * i for i in rows],
                "text": labels,
            }
        ),
        "core_chart": pd.DataFrame(
            {
                "label": labels,
                "share": [(1 + i) / n for i in rows],
                "kind": [list(comparing.KINDS)[i % 3] for i in rows],
                "in_plan": [i % 2 == 0 for i in rows],
            }
        ),
        "moves_chart": pd.DataFrame(
            {"variant": labels, "entered": rows, "left": 1, "entered_text": "Kuafo", "left_text": labels}
        ),
    }


NAMES = list(frames(["a"]))


def build(name: str, df: pd.DataFrame, mode: str = "light", k: float = 1.0, **more: Any) -> alt.LayerChart:
    if name == "core_chart":
        more = {"bounds": (0.1, 0.9), **more}
    return getattr(comparing, name)(df, WORDS, mode=mode, k=k, **more)


def svg(chart: alt.LayerChart, mode: str = "light", k: float = 1.0) -> str:
    sized = chart.properties(width=700).configure(**theme.config(mode, k))
    return vl_convert.vegalite_to_svg(sized.to_dict(validate=False))


def texts(chart: alt.LayerChart) -> list[str]:
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", svg(chart))
    return [t.replace("&lt;", "<").replace("&gt;", ">") for t in drawn if t]


def layers(chart: alt.LayerChart, kind: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Marks of one kind, each as its layer and the rows that it draws."""
    spec = chart.to_dict(validate=False)
    found = [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]
    return [(layer, spec["datasets"][layer["data"]["name"]]) for layer in found]


@pytest.mark.parametrize("k", [1, 1.45])
@pytest.mark.parametrize("mode", theme.TOK)
@pytest.mark.parametrize("name", NAMES)
def test_builders_draw_in_all_modes_and_sizes(name: str, mode: str, k: float) -> None:
    chart = build(name, frames(["Alpha", "Beta", "Gamma"])[name], mode, k)
    spec = chart.configure(**theme.config(mode, k)).to_dict()
    assert vl_convert.vegalite_to_vega(spec)["marks"]
    assert "http" not in json.dumps({key: v for key, v in spec.items() if key != "$schema"})
    drawn = svg(chart, mode, k)
    assert "Alpha" in drawn
    assert "NaN" not in drawn
    assert "undefined" not in drawn
    if mode == "print":
        colours = set(re.findall("#[0-9A-Fa-f]{6}", drawn)) - {theme.DARK_INK}
        assert [c for c in colours if len(set(theme.rgb(c))) > 1] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("label", NASTY)
def test_any_name_is_only_text(name: str, label: str) -> None:
    drawn = svg(build(name, frames([label])[name]))
    assert "<b>" not in drawn
    assert "<script" not in drawn
    assert "\u2028" not in drawn


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_drawn_is_refused(name: str) -> None:
    df = frames(["a"])[name]
    with pytest.raises(ValueError, match="no rows"):
        build(name, df.iloc[:0])
    for column in df.columns:
        with pytest.raises(ValueError, match=f"expected also .*{column}"):
            build(name, df.drop(columns=column))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("measures_strip", {"plan": "E"}),
        ("measures_strip", {"plan": "A"}),
        ("measures_strip", {"value": 9}),
        ("measures_strip", {"value": -1}),
        ("measures_strip", {"high": [8, 8, 8, 8, 7]}),
        ("ladder_chart", {"nested": -1.0}),
        ("ladder_chart", {"cost_best": -1.0}),
        ("ladder_chart", {"nested": None}),
        ("core_chart", {"share": 1.2}),
        ("core_chart", {"share": None}),
        ("core_chart", {"kind": "exterior"}),
        ("core_chart", {"bounds": (0.9, 0.1)}),
        ("moves_chart", {"entered": -1}),
        ("moves_chart", {"left": None}),
    ],
)
def test_strange_values_are_refused(name: str, changed: dict[str, Any]) -> None:
    more = {"bounds": changed["bounds"]} if "bounds" in changed else {}
    df = frames(["a"])[name].assign(**{c: v for c, v in changed.items() if c != "bounds"})
    with pytest.raises(ValueError, match=r"expected|no step"):
        build(name, df, **more)


def test_each_measure_has_its_own_scale() -> None:
    df = frames(["a", "b"])["measures_strip"]
    df.loc[df["measure"] == 1, ["value", "low", "high"]] *= 100
    chart = build("measures_strip", df)
    placed = {(r["row"], r["plan"]): r["at"] for _, rows in layers(chart, "point") for r in rows}
    assert placed == {(row, p): pytest.approx(v / 8) for row in (0, 1) for v, p in enumerate(PLANS)}


def test_equal_values_stand_below_one_another_and_stay_readable() -> None:
    chart = build("measures_strip", frames(["a"])["measures_strip"].assign(value=5, text="5"))
    discs = layers(chart, "point")
    assert {r["at"] for _, rows in discs for r in rows} == {5 / 8}
    downs = [layer["mark"]["yOffset"] for layer, _ in discs]
    sizes = [layer["mark"]["size"] ** 0.5 for layer, _ in discs]
    assert [b - a for a, b in pairwise(downs)] == pytest.approx([18] * 4)
    assert max(sizes) < 18
    drawn = texts(chart)
    assert [x for x in drawn if x in "ABCD"] == list("ABCD")
    assert drawn.count("5") == 5


def test_a_scale_without_length_puts_everything_in_its_middle() -> None:
    df = frames(["a"])["measures_strip"].assign(value=3, low=3, high=3)
    assert {r["at"] for _, rows in layers(build("measures_strip", df), "point") for r in rows} == {0.5}


@pytest.mark.parametrize("scale", [{}, {"low": None, "high": None}])
def test_what_is_not_known_is_a_dashed_lane_and_never_a_disc(scale: dict[str, None]) -> None:
    df = frames(["a"])["measures_strip"].assign(value=None, text="not known", **scale)
    chart = build("measures_strip", df)
    assert layers(chart, "point") == []
    assert [rows[0]["plan"] for _, rows in layers(chart, "rule")] == list(PLANS)
    assert texts(chart).count("not known") == 5


def test_ladder_stands_where_the_frame_says() -> None:
    chart = build("ladder_chart", frames(["a", "b", "c"])["ladder_chart"])
    dashed, solid = layers(chart, "line")
    assert "strokeDash" in dashed[0]["mark"]
    assert [(r["cost_best"], r["best"]) for r in dashed[1]] == [(0, 0), (10, 9), (20, 18)]
    assert [(r["cost_nested"], r["nested"]) for r in solid[1]] == [(0, 0), (10, 8), (20, 16)]
    ((hair, apart),) = layers(chart, "rule")
    assert [r["best"] - r["nested"] for r in apart] == [1, 2]
    assert "x2" not in hair["encoding"]
    assert [x for x in texts(chart) if x.startswith("w-")] == ["w-x", "w-y", "w-best", "w-nested"]


def test_ladder_turns_aside_where_costs_differ_and_leaves_out_what_is_missing() -> None:
    df = frames(["a", "b", "c"])["ladder_chart"]
    df.loc[1, "cost_best"] = 12
    df.loc[2, "best"] = None
    rises, aside = layers(build("ladder_chart", df), "rule")
    assert [r["step"] for r in rises[1]] == [2]
    assert [(r["cost_nested"], r["cost_best"], r["best"]) for r in aside[1]] == [(10, 12, 9)]
    assert aside[0]["encoding"]["y"]["field"] == "best"
    rings, discs = layers(build("ladder_chart", df), "point")
    assert (len(rings[1]), len(discs[1])) == (2, 3)
    assert rings[0]["mark"]["size"] > discs[0]["mark"]["size"]


def test_core_rules_stand_at_the_given_bounds_and_kinds_differ_by_glyph_and_shade() -> None:
    df = frames(["a", "b", "c"])["core_chart"].assign(share=[1.0, 0.995, 0.004])
    chart = build("core_chart", df, bounds=(0.2, 0.7))
    ((_, rules),) = layers(chart, "rule")
    assert [r["at"] for r in rules] == [0.2, 0.7]
    ((_, bars),) = layers(chart, "bar")
    assert len({r["fill"] for r in bars}) == len({r["named"][0] for r in bars}) == 3
    drawn = texts(chart)
    for printed in ("20%", "70%", "■ a", "▪ b", "□ c", "100% · w-in_plan", ">99%", "<1% · w-in_plan"):
        assert printed in drawn


def test_a_chart_of_cores_holds_forty_rows() -> None:
    names = [f"site {i}" for i in range(41)]
    assert build("core_chart", frames(names[:40])["core_chart"])
    with pytest.raises(ValueError, match="at most 40"):
        build("core_chart", frames(names)["core_chart"])


def test_moves_go_to_their_sides_and_stillness_is_said() -> None:
    df = frames(["a", "b"])["moves_chart"].assign(entered=[3, 0], left=[2, 0])
    chart = build("moves_chart", df)
    leaving, entering = layers(chart, "bar")
    assert [(r["row"], r[leaving[0]["encoding"]["x2"]["field"]]) for r in leaving[1]] == [(0, -2)]
    assert [(r["row"], r[entering[0]["encoding"]["x2"]["field"]]) for r in entering[1]] == [(0, 3)]
    drawn = texts(chart)
    assert drawn.count("w-none") == 1
    assert {"3", "2", "Kuafo", "w-left", "w-entered"} <= set(drawn)


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_has_the_same_axes(name: str) -> None:
    spec = build(name, frames(["a", "b", "c"])[name]).to_dict()
    for channel in ("x", "y"):
        axes = [
            json.dumps(layer["encoding"][channel].get("axis", "default"))
            for layer in spec["layer"]
            if channel in layer["encoding"]
        ]
        assert len(set(axes)) == 1, channel

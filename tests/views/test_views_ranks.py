"""Charts of ranks: every builder compiles, draws what the frame says, and refuses what it cannot draw."""

from __future__ import annotations

import json
import re
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert

from aze_core.views import charts, ranks, theme

IDS = ("x", "site", "rank", "interval", "top", "unknown", "band", "p", "criterion", "value", "worst", "best")
WORDS = {i: f"w-{i}" for i in (*IDS, "points")}
NASTY = ['O\'Brien "Bay" \\ hill', "<b>bold</b> & <script>", "two\nlines\u2028end", "x" * 300]
NAN = float("nan")


def frames(labels: list[str]) -> dict[str, pd.DataFrame]:
    """One frame per builder, one row per label, the last of several with nothing known."""
    n = len(labels)
    last = [NAN if i == n - 1 and n > 1 else 1.0 for i in range(n)]
    f = pd.DataFrame({"label": labels})
    return {
        "rank_spread": f.assign(
            site_id=[f"s{i}" for i in range(n)],
            rank=range(1, n + 1),
            low=last,
            high=[34 * x for x in last],
            p_top=[0.62 * x for x in last],
        ),
        "acceptability_bars": pd.DataFrame({"band": labels, "p": [0.2 * x for x in last]}),
        "profile": pd.DataFrame(
            [
                {
                    "criterion": f"c{i}",
                    "label": label,
                    "site_id": site,
                    "letter": letter,
                    "value": 0.5 * x,
                    "low": NAN,
                    "high": NAN,
                }
                for i, (label, x) in enumerate(zip(labels, last, strict=True))
                for site, letter in zip("wxyz", ranks.LETTERS, strict=True)
            ]
        ),
        "swing": f.assign(
            criterion=[f"c{i}" for i in range(n)],
            worst_text="1 species",
            best_text="15 species",
            points=[80 * x for x in last],
            colour="gap",
        ),
    }


NAMES = list(frames(["a"]))


def build(name: str, df: pd.DataFrame, mode: str = "light", k: float = 1.0, **more: Any) -> alt.LayerChart:
    return getattr(ranks, name)(df, WORDS, mode, k, **more)


def svg(chart: alt.LayerChart, mode: str = "light", k: float = 1.0) -> str:
    return vl_convert.vegalite_to_svg(chart.configure(**theme.config(mode, k)).to_dict(validate=False))


def texts(chart: alt.LayerChart) -> list[str]:
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", svg(chart))
    return [t.replace("&lt;", "<").replace("&gt;", ">") for t in drawn if t]


def marks(chart: alt.LayerChart, kind: str) -> list[dict[str, Any]]:
    spec = chart.to_dict(validate=False)
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def data(chart: alt.LayerChart, layer: dict[str, Any]) -> list[dict[str, Any]]:
    return chart.to_dict(validate=False)["datasets"][layer["data"]["name"]]


@pytest.mark.parametrize("k", [1, 1.45])
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_builders_draw_in_both_modes_and_sizes(name: str, mode: str, k: float) -> None:
    chart = build(name, frames(["Alpha", "Beta", "Gamma"])[name], mode, k)
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
    drawn = svg(build(name, frames([label])[name]))
    assert "<b>" not in drawn
    assert "<script" not in drawn


def test_names_are_printed_as_they_are() -> None:
    drawn = texts(build("rank_spread", frames(NASTY[:3])["rank_spread"], show_labels=True))
    assert 'O\'Brien "Bay" \\ hill' in [t.replace("&quot;", '"').replace("&#39;", "'") for t in drawn]
    assert "two lines end" in drawn


def test_two_sites_of_one_name_stay_two_rows() -> None:
    drawn = texts(build("rank_spread", frames(["Same", "Same"])["rank_spread"], show_labels=True))
    assert drawn.count("Same") == 2


@pytest.mark.parametrize(("low", "high", "said"), [(2, 34, "2–34"), (1, 1, "1"), (NAN, NAN, "w-unknown")])
def test_an_interval_of_one_rank_is_one_number(low: float, high: float, said: str) -> None:
    df = frames(["a"])["rank_spread"].assign(low=low, high=high)
    chart = build("rank_spread", df)
    assert {
        row["text"] for rows in chart.to_dict()["datasets"].values() for row in rows if "text" in row
    } == {said}


@pytest.mark.parametrize("name", NAMES)
def test_rows_keep_their_height(name: str) -> None:
    one, many = (build(name, frames([f"row {i}" for i in range(n)])[name]) for n in (1, 40))
    assert vl_convert.vegalite_to_vega(many.to_dict())["marks"]
    assert one.height.step == many.height.step > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_drawn_is_refused(name: str) -> None:
    df = frames(["a"])[name]
    with pytest.raises(ValueError, match="no rows"):
        build(name, df.iloc[:0])
    with pytest.raises(ValueError, match="expected also"):
        build(name, df.iloc[:, 1:])
    with pytest.raises(ValueError, match="words has"):
        getattr(ranks, name)(df, {})


def test_frames_are_left_as_they_came() -> None:
    for name, df in frames(["a", "b"]).items():
        before = df.copy()
        build(name, df)
        pd.testing.assert_frame_equal(df, before)


def test_every_layer_has_the_same_axes() -> None:
    for name, df in frames(["a", "b", "c"]).items():
        for channel in "xy":
            axes = {
                json.dumps(layer["encoding"][channel].get("axis", "default"), sort_keys=True)
                for layer in build(name, df).to_dict()["layer"]
                if "field" in layer["encoding"].get(channel, {})
            }
            assert len(axes) == 1, (name, channel)


def test_spread_writes_the_interval_and_the_chance_of_the_top() -> None:
    drawn = texts(build("rank_spread", frames(["a", "b"])["rank_spread"]))
    assert {"1–34", "62%", "w-top"} <= set(drawn)
    assert drawn.count("w-unknown") == 2  # interval and chance of b


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.0, "0%"), (0.004, "<1%"), (0.005, "1%"), (0.994, "99%"), (0.9999, ">99%"), (1.0, "100%")],
)
def test_a_chance_never_rounds_to_certain_or_impossible(p: float, said: str) -> None:
    df = frames(["a"])["rank_spread"].assign(p_top=p)
    assert said in texts(build("rank_spread", df))
    assert said in texts(build("acceptability_bars", pd.DataFrame({"band": ["1"], "p": [p]})))


@pytest.mark.parametrize(("p", "said"), [(0.944, "94%"), (0.9467, "94.6%"), (0.9499, "94.9%"), (0.95, "95%")])
def test_a_chance_is_never_rounded_up_to_the_one_that_counts_as_sure(p: float, said: str) -> None:
    df = frames(["a"])["rank_spread"].assign(p_top=p)
    assert said in texts(build("rank_spread", df))
    assert said in texts(build("acceptability_bars", pd.DataFrame({"band": ["1"], "p": [p]})))


def test_the_axis_of_ranks_ends_at_the_last_one_there_is() -> None:
    df = frames(["a", "b"])["rank_spread"].assign(rank=[1, 4], low=[1, 3], high=[2, 6])
    chart = build("rank_spread", df, xmax=60).to_dict()
    axes = [layer["encoding"]["x"] for layer in chart["layer"] if "field" in layer["encoding"].get("x", {})]
    assert axes
    assert all(x["scale"]["domain"] == [1, 6] for x in axes)


def test_without_chances_there_is_no_column_for_them() -> None:
    df = frames(["a"])["rank_spread"].drop(columns="p_top")
    words = {i: WORDS[i] for i in ("x", "site", "rank", "interval", "unknown")}
    assert "w-top" not in texts(ranks.rank_spread(df, words))


def test_ranks_beyond_the_axis_end_in_an_arrow_and_keep_their_numbers() -> None:
    df = frames(["in", "half", "out"])["rank_spread"].assign(
        rank=[1, 40, 80], low=[1, 30, 70], high=[2, 90, 168]
    )
    chart = build("rank_spread", df, xmax=60)
    arrow, dots = marks(chart, "point")
    assert arrow["mark"]["shape"] == "triangle-right"
    assert [r["label"] for r in data(chart, arrow)] == ["half", "out"]
    assert [r["label"] for r in data(chart, dots)] == ["in", "half"]
    (bars,) = marks(chart, "rule")
    assert [(r["low"], r["hi"]) for r in data(chart, bars)] == [(1, 2), (30, 60)]
    assert {"30–90", "70–168"} <= set(texts(chart))


def test_spread_stands_beside_the_contributions() -> None:
    """Same row height, and a click anywhere in a row picks its site in the same way."""
    df = frames(["a", "b"])["rank_spread"]
    bars = df.assign(score=0.5, gap=0.5)
    words = {i: i for i in ("x", "site", "rank", "criterion", "points", "score")}
    beside = charts.contributions(bars, [("gap", "Gap", "gap")], words)
    chart = build("rank_spread", df)
    assert chart.height.step == beside.height.step
    assert chart.to_dict()["params"][0]["select"] == beside.to_dict()["params"][0]["select"]
    assert chart.to_dict()["params"][0]["name"] == "pick"


def test_selected_row_is_underlaid() -> None:
    df = frames(["a", "b"])["rank_spread"]
    layers = len(build("rank_spread", df).layer)
    assert len(build("rank_spread", df, selected="s1").layer) == layers + 1
    assert len(build("rank_spread", df, selected="gone").layer) == layers


def test_bands_stand_in_the_order_given_on_one_scale() -> None:
    df = pd.DataFrame({"band": ["1", "2–5", "6–231"], "p": [0.25, 0.75, 0.0]})
    chart = build("acceptability_bars", df)
    drawn = texts(chart)
    assert drawn.index("1") < drawn.index("2–5") < drawn.index("6–231")
    assert {"25%", "75%", "0%"} <= set(drawn)
    (bars,) = marks(chart, "bar")
    assert len(data(chart, bars)) == 2
    assert bars["encoding"]["x"]["scale"]["domain"] == [0, 1]
    assert bars["encoding"]["x"]["axis"] is None


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("acceptability_bars", "p", 1.2),
        ("acceptability_bars", "p", -0.1),
        ("profile", "value", 1.2),
        ("profile", "high", -0.2),
        ("swing", "points", 101),
        ("swing", "points", -1),
    ],
)
def test_numbers_outside_their_scale_are_refused(name: str, column: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{column}.*expected 0 to"):
        build(name, frames(["a"])[name].assign(**{column: value}))


PROFILE = pd.DataFrame(
    [
        ("gap", "Gap", "x", "A", 0.3, NAN, NAN),
        ("gap", "Gap", "y", "B", 0.3, 0.1, 0.6),
        ("gap", "Gap", "z", "C", NAN, 0.2, 0.9),
        ("gap", "Gap", "w", "D", NAN, NAN, NAN),
    ],
    columns=["criterion", "label", "site_id", "letter", "value", "low", "high"],
)


def test_equal_values_stand_in_lanes_of_their_own() -> None:
    chart = build("profile", PROFILE.assign(value=0.3))
    lanes = [layer["mark"]["yOffset"] for layer in marks(chart, "point")]
    assert lanes == [-24, -8, 8, 24]  # 16 px each, around the middle of the row
    sizes = [layer["mark"]["size"] for layer in marks(chart, "point")]
    assert max(sizes) ** 0.5 < 16
    assert [t for t in texts(chart) if t in ranks.LETTERS] == list("ABCD")


def test_what_is_not_known_is_a_dashed_span_and_never_a_dot() -> None:
    chart = build("profile", PROFILE)
    dots = [r["letter"] for layer in marks(chart, "point") for r in data(chart, layer)]
    assert dots == ["A", "B"]
    spans = {
        r["letter"]: (r["a"], r["b"], "strokeDash" in layer["mark"])
        for layer in marks(chart, "rule")
        for r in data(chart, layer)
    }
    assert spans == {"B": (0.1, 0.6, False), "C": (0.2, 0.9, True), "D": (0, 1, True)}
    assert [t for t in texts(chart) if t in ranks.LETTERS] == list("ABCD")


def test_a_profile_has_one_row_per_criterion_in_the_order_given() -> None:
    df = pd.concat([PROFILE.assign(criterion=c, label=c) for c in ("zeal", "area")])
    drawn = texts(build("profile", df))
    assert drawn.index("zeal") < drawn.index("area")
    assert drawn.count("zeal") == 1


def test_letters_are_four_and_stand_once() -> None:
    with pytest.raises(ValueError, match="'E'"):
        build("profile", PROFILE.assign(letter=list("ABCE")))
    with pytest.raises(ValueError, match="twice"):
        build("profile", PROFILE.assign(letter=list("ABCC")))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_letters_read_on_their_discs(mode: str) -> None:
    chart = build("profile", PROFILE.assign(value=0.3), mode)
    letters = [layer for layer in marks(chart, "text") if layer["encoding"]["text"]["field"] == "letter"]
    for disc, letter in zip(marks(chart, "point"), letters, strict=True):
        assert theme.contrast(disc["mark"]["color"], letter["mark"]["color"]) >= 4.5


def test_swing_tells_both_ends_and_what_was_given() -> None:
    df = frames(["Gap", "Pressure"])["swing"]
    chart = build("swing", df)
    drawn = texts(chart)
    assert {"Gap", "Pressure", "80", "w-unknown"} <= set(drawn)
    assert (drawn.count("1 species"), drawn.count("15 species")) == (2, 2)
    track, bar = marks(chart, "bar")
    assert len(data(chart, track)) == 2
    assert [r["points"] for r in data(chart, bar)] == [80]  # none given is no bar
    assert bar["encoding"]["x"]["scale"]["domain"] == [0, 100]

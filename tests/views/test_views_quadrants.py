"""The quadrant chart: two selections, four names, ties that can be counted, and no mark across a cut."""

from __future__ import annotations

import json
import re
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert
from altair.utils.schemapi import debug_mode
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.ranking.quarters import CODES
from aze_core.views import charts, quadrants, theme

WORDS = {i: f"w-{i}" for i in ("x", "y", "site", "sites", "protection", *theme.SHAPE, *quadrants.QUARTERS)}


def frame(points: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Sites s0, s1, … at (x, y, protection)."""
    df = pd.DataFrame(points, columns=["x", "y", "protection"])
    names = [f"s{i}" for i in range(len(df))]
    return df.assign(site_id=names, label=[name.upper() for name in names])


def build(df: pd.DataFrame, mode: str = "light", k: float = 1.0, **more: Any) -> alt.LayerChart:
    return quadrants.scatter(df, WORDS, more.pop("x_cut", 0.5), more.pop("y_cut", 0.5), mode, k, **more)


def drawn(chart: alt.LayerChart) -> list[dict[str, Any]]:
    """Marks of sites, as the chart holds them."""
    layer = next(one for one in chart.layer if isinstance(one.encoding.shape, alt.Shape))
    return layer.data.to_dict("records")


def texts(chart: alt.LayerChart, mode: str = "light", k: float = 1.0) -> list[str]:
    svg = vl_convert.vegalite_to_svg(chart.configure(**theme.config(mode, k)).to_dict())
    assert "NaN" not in svg
    assert "undefined" not in svg
    return [t for t in re.findall(r"<text[^>]*>([^<]*)</text>", svg) if t]


FOUR = frame([(0.9, 0.9, "none"), (0.9, 0.1, "partial"), (0.1, 0.9, "complete"), (0.1, 0.1, None)])
TIES = frame([(0.3, 1.0, "none")] * 127 + [(0.3, 1.0, "partial")] * 12 + [(0.3, 1.0, "complete")] * 2)


@pytest.mark.parametrize("k", [1, 1.45])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_draws_in_both_modes_and_sizes(mode: str, k: float) -> None:
    chart = build(FOUR, mode, k, selected="s0")
    spec = chart.configure(**theme.config(mode, k)).to_dict()
    assert vl_convert.vegalite_to_vega(spec)["marks"]
    assert "http" not in json.dumps({key: v for key, v in spec.items() if key != "$schema"})
    assert {WORDS[name] for name in quadrants.QUARTERS} <= set(texts(chart, mode, k))


def test_names_of_the_quarters_are_the_codes_of_the_ranking() -> None:
    assert tuple(f"q_{code}" for code in CODES) == quadrants.QUARTERS


def test_both_selections_are_there_and_speak_of_true_values() -> None:
    spec = build(FOUR).to_dict()
    params = {param["name"]: param for param in spec["params"]}
    assert params["pick"]["select"] == {"type": "point", "fields": ["site_id"], "on": charts.PICK}
    assert params["brush"]["select"].items() >= {"type": "interval", "encodings": ["x", "y"]}.items()
    (view,) = params["brush"]["views"]
    (layer,) = [one for one in spec["layer"] if one.get("name") == view]
    # the selection's value is keyed by these fields: {"x": [a, b], "y": [c, d]}
    assert [layer["encoding"][channel]["field"] for channel in "xy"] == ["x", "y"]
    signals = json.dumps(vl_convert.vegalite_to_vega(spec))
    assert '"name": "brush_x"' in signals
    assert '"name": "brush_y"' in signals
    # marks that were moved fade by their values, not by where they stand
    assert all({"x", "y", "site_id"} <= set(row) for row in drawn(build(FOUR)))


def test_it_comes_up_with_the_box_that_is_given() -> None:
    params = {param["name"]: param for param in build(FOUR, box=[0.1, 0.6, 0.2, 0.7]).to_dict()["params"]}
    assert params["brush"]["value"] == {"x": [0.1, 0.6], "y": [0.2, 0.7]}
    assert all("value" not in param for param in build(FOUR).to_dict()["params"])


def test_classes_have_shape_and_colour() -> None:
    chart = build(FOUR)
    assert [row["key"] for row in drawn(chart)] == ["none", "partial", "complete", "unknown"]
    layer = next(one for one in chart.to_dict()["layer"] if "shape" in one["encoding"])
    assert layer["encoding"]["shape"]["scale"]["range"] == list(theme.SHAPE.values())
    assert layer["encoding"]["color"]["scale"]["domain"] == list(theme.SHAPE)


def test_many_at_one_point_share_a_mark_with_their_number() -> None:
    chart = build(TIES)
    rows = drawn(chart)
    assert [(r["key"], r["n"]) for r in rows] == [
        ("none", 127),
        ("partial", 12),
        ("complete", 1),
        ("complete", 1),
    ]
    assert sum(r["n"] for r in rows) == len(TIES)
    assert {"×127", "×12"} <= set(texts(chart))
    assert rows[0]["site_id"] == "s0"  # the first of them is picked
    assert rows[0]["who"] == "S0, S1, S2 …"
    none, partial = rows[:2]
    assert none["at"] > partial["at"]  # one above the other
    areas = [r["area"] for r in rows]
    assert areas == sorted(areas, reverse=True)  # small ones on top


def test_three_at_one_point_stand_side_by_side() -> None:
    rows = drawn(build(frame([(0.3, 0.2, "none")] * 3)))
    step = 10 / 480
    assert sorted(r["left"] for r in rows) == pytest.approx([0.3 - step, 0.3, 0.3 + step])
    assert {r["at"] for r in rows} == {0.2}


def test_nobody_is_moved_without_need() -> None:
    assert all((r["left"], r["at"]) == (r["x"], r["y"]) for r in drawn(build(FOUR)))


def test_the_ring_stands_on_the_mark_that_holds_the_site() -> None:
    chart = build(TIES, selected="s100")
    assert [r["selected"] for r in drawn(chart)] == [True, False, False, False]
    assert len(chart.layer) == len(build(TIES, selected="gone").layer) + 1


def test_a_site_without_a_value_is_left_out_and_never_at_zero() -> None:
    df = frame([(0.2, 0.3, "none"), (None, 0.3, "none"), (0.2, None, "none")])
    assert [r["site_id"] for r in drawn(build(df))] == ["s0"]
    with pytest.raises(ValueError, match="both values"):
        build(df.iloc[1:])


@pytest.mark.parametrize("more", [{"x_cut": 1.1}, {"y_cut": -0.1}, {"x_cut": float("nan")}])
def test_cuts_outside_0_to_1_are_refused(more: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cut is"):
        build(FOUR, **more)


def test_zero_stays_above_the_axis_when_the_page_fits_it_in() -> None:
    """A page fits axes into the height: what is drawn must follow the height that is left."""
    spec = build(FOUR, height=400).to_dict()
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    scales = vl_convert.vegalite_to_vega(spec)["scales"]
    (y,) = [scale for scale in scales if scale["name"] == "y"]
    assert y["range"] == [{"signal": "height - 30.0"}, 38]


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        build(FOUR.iloc[:0])
    with pytest.raises(ValueError, match="expected also"):
        build(FOUR.drop(columns="y"))
    with pytest.raises(ValueError, match="words has"):
        quadrants.scatter(FOUR, {}, 0.5, 0.5)
    with pytest.raises(ValueError, match="outside 0 to 1"):
        build(FOUR.assign(x=1.5))


@pytest.mark.parametrize("label", ["<b>bold</b> & <script>", "two\nlines\u2028end", 'O\'Brien "Bay" \\'])
def test_any_name_is_only_text(label: str) -> None:
    chart = quadrants.scatter(FOUR.assign(label=label), WORDS | {"q_low_low": label}, 0.5, 0.5)
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    assert "<b>" not in svg
    assert "<script" not in svg


def test_every_layer_has_the_same_axes() -> None:
    for channel in "xy":
        axes = {
            json.dumps(layer["encoding"][channel].get("axis", "default"), sort_keys=True)
            for layer in build(TIES, selected="s0").to_dict()["layer"]
            if "field" in layer["encoding"].get(channel, {})
        }
        assert len(axes) == 1


values = st.sampled_from([0.0, 0.29, 0.3, 0.5, 0.51, 1.0])
kinds = st.sampled_from(["none", "partial", "complete", None])


@settings(max_examples=20)
@given(
    st.lists(st.tuples(values, values, kinds, st.integers(1, 5)), min_size=1, max_size=12),
    values,
    values,
    st.sampled_from([1.0, 1.45]),
)
def test_no_mark_crosses_a_cut(
    points: list[tuple[float, float, str | None, int]], x_cut: float, y_cut: float, k: float
) -> None:
    """Every site has one mark, on its own side of both cuts, near its value, in the same place every time."""
    df = frame([(x, y, kind) for x, y, kind, n in points for _ in range(n)])
    with debug_mode(False):  # Altair's own checks are the slowest part, and other tests run them
        rows, again = (drawn(build(one, k=k, x_cut=x_cut, y_cut=y_cut)) for one in (df, df.copy()))
    assert rows == again
    assert sum(r["n"] for r in rows) == len(df)
    for r in rows:
        assert (r["left"] >= x_cut) == (r["x"] >= x_cut)
        assert (r["at"] >= y_cut) == (r["y"] >= y_cut)
        assert abs(r["left"] - r["x"]) <= 0.1

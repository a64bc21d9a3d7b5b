"""The chart of the trade-off curve: it draws what the frame says, and refuses what it cannot draw."""

from __future__ import annotations

import json
import re
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert

from aze_core.views import plans, theme

WORDS = {i: f"w-{i}" for i in ("x", "y", "cost", "objective", "next", "A", "B", "knee")}
NASTY = ['O\'Brien "Bay" \\ hill', "<b>bold</b> & <script>", "two\nlines\u2028end"]


def rows(n: int = 6, spare: float = 0.0) -> pd.DataFrame:
    """A curve of n rows at costs 0, 1, …; `spare` is left open in its second half."""
    cost = [float(i) for i in range(n)]
    worth = [10 * i**0.5 for i in range(n)]
    return pd.DataFrame(
        {
            "cost": cost,
            "objective": worth,
            "until": [*cost[1:], None],
            "upper": [x + spare * (i >= n / 2) for i, x in enumerate(worth)],
            "cost_text": [f"cost {i}" for i in range(n)],
            "objective_text": [f"gain {i}" for i in range(n)],
            "next_text": [f"next {i}" for i in range(n)],
        }
    )


def spec(chart: alt.LayerChart) -> dict[str, Any]:
    return chart.to_dict(validate=False)


def marks(chart: alt.LayerChart, kind: str) -> list[dict[str, Any]]:
    return [layer for layer in spec(chart)["layer"] if layer["mark"]["type"] == kind]


def data(chart: alt.LayerChart, layer: dict[str, Any]) -> list[dict[str, Any]]:
    return spec(chart)["datasets"][layer["data"]["name"]]


def texts(chart: alt.LayerChart) -> list[str]:
    drawn = vl_convert.vegalite_to_svg({**spec(chart.configure(**theme.config()))})
    return [text for text in re.findall(r"<text[^>]*>([^<]*)</text>", drawn) if text]


@pytest.mark.parametrize("k", [1, 1.45])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_draws_in_both_modes_and_sizes(mode: str, k: float) -> None:
    chart = plans.tradeoff(rows(spare=1), WORDS, mode, k, (2, 14), (2, 8), (1, 10))
    made = chart.configure(**theme.config(mode, k)).to_dict()
    assert vl_convert.vegalite_to_vega(made)["marks"]
    assert "http" not in json.dumps({key: v for key, v in made.items() if key != "$schema"})
    drawn = vl_convert.vegalite_to_svg(made)
    assert "NaN" not in drawn
    assert "undefined" not in drawn


def test_the_line_runs_in_steps_to_the_edge() -> None:
    chart = plans.tradeoff(rows(), WORDS)
    (line,) = marks(chart, "line")
    assert line["mark"]["interpolate"] == "step-after"
    drawn = data(chart, line)
    assert [row["cost"] for row in drawn] == pytest.approx([0, 1, 2, 3, 4, 5, 5 * 1.03])
    assert drawn[-1]["objective"] == drawn[-2]["objective"] == 10 * 5**0.5
    for axis, end in (("x", 5 * 1.03), ("y", 10 * 5**0.5 * 1.08)):
        assert line["encoding"][axis]["scale"]["domain"] == pytest.approx([0, end])


def test_a_band_stands_only_where_something_is_not_proven() -> None:
    strips_alone = marks(plans.tradeoff(rows(), WORDS), "rect")
    assert [layer["mark"].get("opacity") for layer in strips_alone] == [0]
    chart = plans.tradeoff(rows(spare=2), WORDS)
    band, _ = marks(chart, "rect")
    drawn = data(chart, band)
    assert [row["cost"] for row in drawn] == [3, 4, 5]
    assert [row["upper"] - row["objective"] for row in drawn] == pytest.approx([2, 2, 2])


def test_the_whole_strip_tells_and_picks_its_budget() -> None:
    chart = plans.tradeoff(rows(), WORDS)
    (strip,) = marks(chart, "rect")
    (pick,) = spec(chart)["params"]
    assert (pick["name"], pick["select"]["fields"]) == ("pick", ["cost"])
    assert [tip["title"] for tip in strip["encoding"]["tooltip"]] == ["w-cost", "w-objective", "w-next"]
    drawn = data(chart, strip)
    assert [(row["cost"], row["until"]) for row in drawn][:2] == [(0, 1), (1, 2)]
    assert drawn[-1]["until"] == pytest.approx(5 * 1.03)
    assert drawn[3]["next_text"] == "next 3"


def discs(chart: alt.LayerChart) -> dict[str, tuple[float, float]]:
    """Where each letter stands."""
    found = [data(chart, layer)[0] for layer in marks(chart, "text")]
    return {row["letter"]: (row["at"], row["worth"]) for row in found if "letter" in row}


def test_plans_stand_where_they_are_and_share_a_disc_where_they_meet() -> None:
    apart = plans.tradeoff(rows(), WORDS, current=(4, 20), other=(4, 9))
    assert discs(apart) == {"A": (4, 20), "B": (4, 9)}
    # A is drawn last: it is never hidden
    assert list(discs(apart)) == ["B", "A"]
    assert discs(plans.tradeoff(rows(), WORDS, current=(4, 20), other=(4, 20))) == {"AB": (4, 20)}
    assert discs(plans.tradeoff(rows(), WORDS, other=(3, 9))) == {"B": (3, 9)}
    colours = [layer["mark"]["color"] for layer in marks(apart, "point") if layer["mark"]["size"] > 400]
    assert colours == [theme.fill("B"), theme.fill("A")]


def test_the_cross_is_that_of_plan_a() -> None:
    assert marks(plans.tradeoff(rows(), WORDS, other=(3, 9)), "rule") == []
    chart = plans.tradeoff(rows(), WORDS, current=(4, 20))
    across = marks(chart, "rule")
    assert [data(chart, layer) for layer in across] == [[{"at": 4, "worth": 20}]] * 2
    assert ["x" in layer["encoding"] for layer in across] == [True, False]


@pytest.mark.parametrize(("at", "side"), [(0.5, "left"), (4.9, "right")])
def test_the_knee_is_labelled_on_the_side_that_has_room(at: float, side: str) -> None:
    chart = plans.tradeoff(rows(), WORDS, knee=(at, 12))
    (label,) = marks(chart, "text")
    assert data(chart, label) == [{"at": at, "worth": 12, "said": "w-knee"}]
    assert label["mark"]["align"] == side
    assert "w-knee" in texts(chart)


def test_few_rows_are_dots_and_many_are_a_line() -> None:
    assert len(marks(plans.tradeoff(rows(12), WORDS), "point")) == 1
    assert marks(plans.tradeoff(rows(200), WORDS), "point") == []


def test_plans_beyond_the_curve_stay_in_sight() -> None:
    (line,) = marks(plans.tradeoff(rows(), WORDS, current=(9, 40)), "line")
    assert line["encoding"]["x"]["scale"]["domain"][1] == pytest.approx(9 * 1.03)
    assert line["encoding"]["y"]["scale"]["domain"][1] == pytest.approx(40 * 1.08)


def test_nothing_to_gain_is_a_line_on_the_ground() -> None:
    flat = rows(1)
    drawn = texts(plans.tradeoff(flat, WORDS, current=(0, 0), other=(0, 0)))
    assert "AB" in drawn


@pytest.mark.parametrize("label", NASTY)
def test_any_word_is_only_text(label: str) -> None:
    chart = plans.tradeoff(rows(), {**WORDS, "knee": label}, current=(1, 9), knee=(2, 12))
    drawn = vl_convert.vegalite_to_svg(spec(chart.configure(**theme.config())))
    assert "<b>" not in drawn
    assert "<script" not in drawn


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        plans.tradeoff(rows().iloc[:0], WORDS)
    with pytest.raises(ValueError, match="until"):
        plans.tradeoff(rows().drop(columns="until"), WORDS)
    with pytest.raises(ValueError, match="knee"):
        plans.tradeoff(rows(), {key: word for key, word in WORDS.items() if key != "knee"})

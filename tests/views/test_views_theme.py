"""Tokens: text is readable, marks are visible, and the widgets wear the same colours."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aze_core.views import theme

MODES = list(theme.TOK)
TEXT = ["ink", "muted", "primary", "good", "warn", "bad"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ground", ["page", "surface"])
def test_text_is_readable_on_page_and_card(mode: str, ground: str) -> None:
    t = theme.TOK[mode]
    colours = [t[name] for name in TEXT] + list(t["protection_text"].values())
    assert {c: theme.contrast(c, t[ground]) for c in colours if theme.contrast(c, t[ground]) < 4.5} == {}


@pytest.mark.parametrize("mode", MODES)
def test_text_is_readable_on_fields_badges_and_fills(mode: str) -> None:
    t = theme.TOK[mode]
    pairs = [(t["ink"], t["sunken"]), (t["muted"], t["sunken"]), (t["on_primary"], t["primary"])]
    pairs += [(t["protection_text"][c], t["protection_background"][c]) for c in theme.CLASSES]
    fills = [*t["protection"].values(), *t["scenario"].values(), *theme.REDLIST.values()]
    pairs += [(theme.on(f), f) for f in fills]
    assert [p for p in pairs if theme.contrast(*p) < 4.5] == []


@pytest.mark.parametrize("mode", MODES)
def test_every_data_colour_reaches_three_to_one_by_fill_or_outline(mode: str) -> None:
    t = theme.TOK[mode]
    data = [*t["criteria"].values(), *t["redlist"].values(), *t["protection"].values()]
    low = [c for c in data if theme.contrast(theme.edge(c, mode), t["page"]) < 3]
    assert low == []
    assert theme.contrast(t["control"], t["page"]) >= 3
    # a class on the map stands out by its fill or by its own outline
    for c in theme.CLASSES:
        best = max(theme.contrast(t[kind][c], t["ocean"]) for kind in ("protection", "outline"))
        assert best >= 3, c


def test_outline_keeps_a_fill_that_is_dark_enough() -> None:
    assert theme.edge("#2F3662", "light") == "#2F3662"
    assert theme.edge("#A9CFCB", "light") != "#A9CFCB"


def test_contrast_against_known_pairs() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == theme.contrast("#FFFFFF", "#000000") == 21
    assert theme.contrast("#777777", "#FFFFFF") == 4.48  # the textbook grey that just fails


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_widgets_wear_the_same_colours(mode: str) -> None:
    path = Path(__file__).parents[2] / ".streamlit" / "config.toml"
    w, t = tomllib.loads(path.read_text("utf-8"))["theme"][mode], theme.TOK[mode]
    same = {
        "primaryColor": t["primary"],
        "backgroundColor": t["page"],
        "secondaryBackgroundColor": t["sunken"],
        "textColor": t["ink"],
        "linkColor": t["primary"],
        "borderColor": t["rule"],
        "grayTextColor": t["muted"],
        "grayBackgroundColor": t["sunken"],
        "dataframeHeaderBackgroundColor": t["sunken"],
        "greenTextColor": t["good"],
        "violetColor": t["priority"][3 if mode == "light" else 2],
        # plans, and the criteria that always stand on a page
        "chartCategoricalColors": [*t["scenario"].values(), *list(t["criteria"].values())[:4]],
    }
    for name, c in zip(("red", "orange", "blue"), theme.CLASSES, strict=True):
        same[f"{name}Color"] = t["protection"][c]
        same[f"{name}TextColor"] = t["protection_text"][c]
        same[f"{name}BackgroundColor"] = t["protection_background"][c]
    assert {k: w[k] for k in same} == same


def test_glyphs_and_shapes_name_the_same_classes() -> None:
    assert list(theme.GLYPH) == list(theme.SHAPE) == [*theme.CLASSES, "unknown"]
    for t in theme.TOK.values():
        for kind in ("protection", "protection_text", "outline"):
            assert set(t[kind]) == set(theme.GLYPH)


def flat(token: Any) -> list[str]:
    """Every colour in a tree of tokens."""
    if isinstance(token, str):
        return [token]
    return [
        colour for inner in (token.values() if isinstance(token, dict) else token) for colour in flat(inner)
    ]


def test_print_is_black_white_and_greys_on_white_paper() -> None:
    t = theme.TOK["print"]
    assert t["page"] == t["ocean"] == "#FFFFFF"
    assert [c for c in flat(t) if len(set(theme.rgb(c))) > 1] == []
    # as bright as in the light mode, within the step from one grey to the next
    kept = [key for key in theme.TOK["light"] if key not in ("page", "ocean", "border", "ink", "scenario")]
    for key in kept:
        for colour, grey in zip(flat(theme.TOK["light"][key]), flat(t[key]), strict=True):
            assert theme.contrast(colour, grey) < 1.02


def test_font_list_quotes_names_with_spaces() -> None:
    for name in theme.FONT.split(", "):
        assert " " not in name or (name[0] == name[-1] == "'")


def test_configuration_scales_and_carries_the_number_locale() -> None:
    small, large = theme.config("light", 1), theme.config("light", 1.5)
    assert large["axis"]["labelFontSize"] == 1.5 * small["axis"]["labelFontSize"]
    assert "locale" not in small
    french = {"decimal": ",", "thousands": "\u202f", "grouping": [3], "currency": ["", "\u00a0€"]}
    assert theme.config("light", 1, french)["locale"]["number"]["decimal"] == ","


@pytest.mark.parametrize("call", [lambda: theme.tokens("sepia"), lambda: theme.fill("mauve")])
def test_unknown_names_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()


@pytest.mark.parametrize("colour", ["red", "#FFF", "16242C"])
def test_colours_other_than_hex_are_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="#RRGGBB"):
        theme.rgb(colour)

"""Colour tokens, glyphs and the Altair configuration: the one place for hexes.

``.streamlit/config.toml`` repeats some of them for the widgets; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FONT = "'Source Sans', 'Segoe UI', Helvetica, Arial, sans-serif"
"""CSS font list. Names with spaces are quoted: the browser measures an invalid list at 10 px."""

CLASSES = ("none", "partial", "complete")
"""Protection classes in the order in which they are always stacked."""

GLYPH = {"none": "▲", "partial": "◆", "complete": "●", "unknown": "□"}
"""Text glyph of each protection class; ``unknown`` is a missing class, never a fourth one."""

SHAPE = {"none": "triangle-up", "partial": "diamond", "complete": "circle", "unknown": "square"}
"""Vega shape of each protection class, the same form as its glyph."""

REDLIST = {
    "EX": "#000000",
    "EW": "#542344",
    "RE": "#9B4F96",
    "CR": "#D81E05",
    "EN": "#FC7F3F",
    "VU": "#F9E814",
    "NT": "#CCE226",
    "LC": "#60C659",
    "DD": "#D1D1C6",
    "NE": "#FFFFFF",
}
"""IUCN's own colours of the Red List categories; for categories only, always with the code."""

DARK_INK, LIGHT_INK = "#0F171B", "#FFFFFF"

TOK: dict[str, dict[str, Any]] = {
    "light": {
        "page": "#FBFAF7",
        "surface": "#FFFFFF",
        "sunken": "#F2F0EA",
        "rule": "#E1DDD3",
        "control": "#8A8F8C",
        "ink": "#16242C",
        "muted": "#55636B",
        "faint": "#7B868C",
        "primary": "#0A5C66",
        "on_primary": "#FFFFFF",
        "good": "#1D6B3E",
        "warn": "#8A5200",
        "bad": "#B02A14",
        "ocean": "#F1F4F3",
        "land": "#DDDCD3",
        "border": "#FBFAF7",
        "protection": {"none": "#C43A17", "partial": "#E8A628", "complete": "#1C5D99", "unknown": "#FFFFFF"},
        "protection_text": {
            "none": "#A82F10",
            "partial": "#7E5300",
            "complete": "#1C5D99",
            "unknown": "#55636B",
        },
        "protection_background": {"none": "#FBE9E3", "partial": "#FCF1DA", "complete": "#E4EEF7"},
        "outline": {"none": "#FFFFFF", "partial": "#7E5300", "complete": "#FFFFFF", "unknown": "#55636B"},
        "criteria": {
            "irreplaceability": "#2F3662",
            "extinction": "#A863A3",
            "pressure": "#F0A860",
            "gap": "#A9CFCB",
            "star": "#A863A3",
            "impact": "#8C6D46",
            "areas": "#5E7F87",
            "neighbours": "#B3B9A0",
            "national": "#8F8778",
            "open": "#DDDCD3",
        },
        "scenario": {"A": "#0A3560", "B": "#C4447F", "C": "#BF8A10", "D": "#55636B"},
        "priority": ["#E9D8E4", "#CFA5C6", "#AE6FA4", "#863F80", "#561B57"],
        "redlist": REDLIST,
    },
    "dark": {
        "page": "#0F171B",
        "surface": "#172127",
        "sunken": "#1E2A31",
        "rule": "#2F3D45",
        "control": "#7C8A91",
        "ink": "#EEF2F1",
        "muted": "#A9B6BB",
        "faint": "#84949B",
        "primary": "#5CC4CD",
        "on_primary": "#0B1A1D",
        "good": "#7BCB94",
        "warn": "#F0B95B",
        "bad": "#FF8A70",
        "ocean": "#131D22",
        "land": "#34424A",
        "border": "#131D22",
        "protection": {"none": "#EC6A3F", "partial": "#FCE07A", "complete": "#5C9FE0", "unknown": "#172127"},
        "protection_text": {
            "none": "#FF8F6C",
            "partial": "#F7D06B",
            "complete": "#7AB6EC",
            "unknown": "#A9B6BB",
        },
        "protection_background": {"none": "#3A211A", "partial": "#352C17", "complete": "#17293A"},
        "outline": {"none": "#131D22", "partial": "#131D22", "complete": "#131D22", "unknown": "#A9B6BB"},
        "criteria": {
            "irreplaceability": "#5A7EE4",
            "extinction": "#F598CE",
            "pressure": "#F4D780",
            "gap": "#4F7477",
            "star": "#F598CE",
            "impact": "#C9A577",
            "areas": "#8FB5BE",
            "neighbours": "#6E7559",
            "national": "#A79F8E",
            "open": "#34424A",
        },
        "scenario": {"A": "#338CB6", "B": "#F58FA8", "C": "#FBE38E", "D": "#A9B6BB"},
        "priority": ["#5A3A5C", "#86548A", "#B277B2", "#D9A3D3", "#F7D9F0"],
        "redlist": REDLIST,
    },
}
"""Design tokens per mode; ``print`` is made of ``light`` below. In the dark, brighter is higher priority."""


def tokens(mode: str) -> dict[str, Any]:
    """Tokens of one mode.

    Parameters
    ----------
    mode : {"light", "dark", "print"}

    Raises
    ------
    ValueError
        If the mode is none of them.

    Examples
    --------
    >>> tokens("light")["ink"]
    '#16242C'
    """
    if mode not in TOK:
        raise ValueError(f"mode is {mode!r}; expected one of {list(TOK)}")
    return TOK[mode]


def rgb(colour: str, alpha: int | None = None) -> list[int]:
    """Hex colour as numbers 0–255, the form that deck layers take.

    Parameters
    ----------
    colour : str
        ``#RRGGBB``.
    alpha : int, optional
        Opacity 0–255, appended if given.

    Raises
    ------
    ValueError
        If the colour is not ``#RRGGBB``.

    Examples
    --------
    >>> rgb("#FF8000", 64)
    [255, 128, 0, 64]
    """
    if len(colour) != 7 or not colour.startswith("#"):
        raise ValueError(f"colour is {colour!r}; expected '#RRGGBB'")
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)] + ([] if alpha is None else [alpha])


def _luminance(colour: str) -> float:
    parts = (c / 255 for c in rgb(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _grey(token: Any) -> Any:
    """A token in black and white: the grey that is as bright, so that contrasts stay what they are."""
    if isinstance(token, dict):
        return {key: _grey(inner) for key, inner in token.items()}
    if isinstance(token, list):
        return [_grey(inner) for inner in token]
    bright = _luminance(token)
    level = 12.92 * bright if bright <= 0.0031308 else 1.055 * bright ** (1 / 2.4) - 0.055
    return "#" + 3 * f"{round(255 * level):02X}"


# plans are told apart by their letters alone: four greys would not be
TOK["print"] = _grey(TOK["light"]) | {
    "page": "#FFFFFF",
    "ocean": "#FFFFFF",
    "border": "#FFFFFF",
    "ink": "#000000",
    "scenario": dict.fromkeys("ABCD", "#000000"),
}


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it.

    Parameters
    ----------
    first, second : str
        ``#RRGGBB``; the order does not matter.

    Examples
    --------
    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return round((high + 0.05) / (low + 0.05), 2)


def on(fill: str) -> str:
    """Ink or white, whichever reads better on a fill.

    Examples
    --------
    >>> on("#D81E05"), on("#FC7F3F")
    ('#FFFFFF', '#0F171B')
    """
    return max((DARK_INK, LIGHT_INK), key=lambda ink: contrast(ink, fill))


def edge(fill: str, mode: str = "light", ratio: float = 3.0) -> str:
    """Outline that makes a fill visible on the page.

    The fill itself where it reaches the ratio; else the fill mixed with the ink of the mode, as
    little as it takes.

    Parameters
    ----------
    fill : str
        ``#RRGGBB``.
    mode : {"light", "dark", "print"}
    ratio : float
        Contrast wanted against the page; WCAG asks 3 of graphics.

    Examples
    --------
    >>> edge("#2F3662") == "#2F3662"
    True
    >>> contrast(edge("#A9CFCB"), TOK["light"]["page"]) >= 3
    True
    """
    t = tokens(mode)
    source, ink = rgb(fill), rgb(t["ink"])
    for step in range(21):
        mixed = [round(a + (b - a) * step / 20) for a, b in zip(source, ink, strict=True)]
        colour = "#" + "".join(f"{c:02X}" for c in mixed)
        if contrast(colour, t["page"]) >= ratio:
            return colour
    return str(t["ink"])


def fill(key: str, mode: str = "light") -> str:
    """Fill of a criterion, a Red List category, a protection class or a plan, by its key.

    Parameters
    ----------
    key : str
        Such as ``"irreplaceability"``, ``"CR"``, ``"none"``, ``"A"``; or a hex, returned as it is.
    mode : {"light", "dark", "print"}

    Raises
    ------
    ValueError
        If no palette knows the key.

    Examples
    --------
    >>> fill("CR"), fill("gap", "dark")
    ('#D81E05', '#4F7477')
    """
    t = tokens(mode)
    if key.startswith("#"):
        return key
    # a country's own criteria share one colour: their order and their labels tell them apart
    key = "national" if key.startswith("national:") else key
    for palette in ("criteria", "redlist", "protection", "scenario"):
        if key in t[palette]:
            return str(t[palette][key])
    raise ValueError(f"no colour is named {key!r}; expected a criterion, Red List code, class, plan or hex")


def config(
    mode: str = "light", k: float = 1.0, number_locale: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Altair configuration, applied with ``chart.configure(**config(mode, k))``.

    Altair's theme is one setting per process, and two visitors may want different ones; so each
    chart carries its own.

    Parameters
    ----------
    mode : {"light", "dark", "print"}
    k : float
        Scale of all text and marks: 1 on a screen, 1.45 on a projector.
    number_locale : mapping, optional
        d3 number locale (``decimal``, ``thousands``, ``grouping``, ``currency``, ``percent``) for the
        numbers on axes, bars and tooltips.

    Returns
    -------
    dict
        Keyword arguments of ``alt.Chart.configure``.

    Examples
    --------
    >>> config("dark", 1.45)["axis"]["labelFontSize"]
    18.8
    """
    t = tokens(mode)

    def size(points: float) -> float:
        return round(points * k, 1)

    fonts = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": size(13), "titleFontSize": size(13)}
    result: dict[str, Any] = {
        "background": "transparent",
        "font": FONT,
        "padding": {"left": 2, "right": 6, "top": 4, "bottom": 2},
        "view": {"stroke": None},
        "axis": {
            **fonts,
            "titleFontWeight": 400,
            "labelColor": t["muted"],
            "titleColor": t["muted"],
            "domain": False,
            "ticks": False,
            "grid": True,
            "gridColor": t["rule"],
            "gridWidth": 1,
            "labelPadding": 6,
            "titlePadding": 8,
        },
        "axisY": {"labelColor": t["ink"]},
        "axisBand": {"grid": False},
        "legend": {**fonts, "titleFontWeight": 400, "labelColor": t["ink"], "titleColor": t["muted"]},
        "title": {
            "font": FONT,
            "fontSize": size(15),
            "fontWeight": 600,
            "color": t["ink"],
            "anchor": "start",
        },
        "header": {**fonts, "labelColor": t["ink"]},
        "text": {"font": FONT, "fontSize": size(13), "color": t["ink"]},
        "bar": {"cornerRadius": 1},
        "line": {"strokeWidth": 2.5},
        "point": {"size": 70},
        "rule": {"color": t["muted"]},
    }
    if number_locale is not None:
        result["locale"] = {"number": dict(number_locale)}
    return result

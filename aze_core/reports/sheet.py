"""The comparison of plans as a sheet to be printed: A3, black and white."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_TEMPLATE = Path(__file__).with_name("sheet.typ")
_TEXTS = ("title", "answer", "stamp", "warning", "map_caption")
_LISTS = ("plans", "measures", "sites", "ledger", "notes")
_WORDS = (
    "measures",
    "measure",
    "unit",
    "today",
    "best",
    "sites",
    "site",
    "country",
    "ledger",
    "nothing",
    "notes",
)

_LONG, _PIECE = re.compile(r"\S{23,}"), 12
_ZERO_WIDTH_SPACE = "\u200b"
_JOINERS = "\u200c\u200d"


def comparison_sheet(content: Mapping[str, Any]) -> bytes:
    """One to four plans side by side, as PDF: tagged, with title and language, and the same every time.

    Parameters
    ----------
    content : mapping
        What is printed; all of it is text to be shown as it is.

        ``title``, ``answer``, ``stamp`` (version of the inventory, date, software; on every page),
        ``warning`` (may be empty; shown boldly), ``map_caption`` : str
        ``map_svg`` : str or None
            As `aze_core.views.printing.plans_svg` draws it.
        ``plans`` : list of ``{letter, name, sentence, facts: list of (label, value)}``
            One to four.
        ``measures`` : list of ``{label, unit, today, values: {letter: text}, best: [letters]}``
            A text for each plan: what is not known says so.
        ``sites`` : list of ``{name, country, letters}``
        ``ledger`` : list of ``{letter, n, species: list of str}``
            An ellipsis follows where fewer species are named than counted.
        ``notes`` : list of str
        ``words`` : mapping
            ``measures``, ``measure``, ``unit``, ``today``, ``best`` (what shade and bold mean), ``sites``,
            ``site``, ``country``, ``ledger``, ``nothing`` (an empty ledger), ``notes``.
        ``language`` : str, optional
            Two or three letters, English by default.

    Returns
    -------
    bytes
        Tables that are longer than a page go on with their heads repeated; pages are numbered.

    Raises
    ------
    ValueError
        A key or a word is missing; no plan, or more than four; a letter twice; a measure without a text for
        a plan.
    typst.TypstError
        The map is no SVG, or links to a file or an address.

    Notes
    -----
    Latin, Greek, Cyrillic and Arabic need no font of the machine; other scripts are drawn with the machine's
    own, and as empty boxes where it has none.

    Examples
    --------
    >>> empty = dict.fromkeys(_TEXTS, "") | {name: [] for name in _LISTS} | {"map_svg": None}
    >>> plan = {"letter": "A", "name": "First", "sentence": "", "facts": []}
    >>> words = {word: word for word in _WORDS}
    >>> comparison_sheet({**empty, "title": "Plans", "plans": [plan], "words": words})[:5]
    b'%PDF-'
    """
    made: bytes = _made(content)
    return made


def _made(content: Mapping[str, Any], **options: Any) -> Any:
    """The sheet as typst makes it with these options: PDF, or with `format` a picture or several."""
    import typst  # takes a moment, and few readers print

    return typst.compile(
        _TEMPLATE.read_bytes(),
        root=str(_TEMPLATE.parent),  # no picture inside a map reaches further
        sys_inputs={"content": json.dumps(_checked(content))},
        font_paths=_fonts(),
        **{"format": "pdf", **options},
    )


@lru_cache(maxsize=1)
def _fonts() -> Any:
    import typst

    return typst.Fonts()


def _checked(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the template reads, complete and clean."""
    missing = [key for key in (*_TEXTS, *_LISTS, "map_svg", "words") if key not in content]
    if missing:
        raise ValueError(f"content has {sorted(content)}; expected also {missing}")
    unsaid = [word for word in _WORDS if word not in content["words"]]
    if unsaid:
        raise ValueError(f"words has {sorted(content['words'])}; expected also {unsaid}")
    letters = [plan["letter"] for plan in content["plans"]]
    if not 0 < len(letters) == len(set(letters)) <= 4:
        raise ValueError(f"plans have the letters {letters}; expected one to four, each once")
    for row in content["measures"]:
        if silent := [letter for letter in letters if letter not in row["values"]]:
            raise ValueError(f"measure {row['label']!r} has no text for {silent}; expected one for each plan")
    language = str(content.get("language", "en")).split("-")[0]
    drawing = content["map_svg"]  # the one thing that is no text
    return {**_plain({**content, "map_svg": None}), "map_svg": drawing, "language": language}


def _plain(value: Any) -> Any:
    """Text on one line without control characters; what no line could hold may break anywhere.

    Examples
    --------
    >>> _plain({"a": ["x\\x00\\n y", 3, None]})
    {'a': ['x y', 3, None]}
    """
    if isinstance(value, str):
        kept = (c if c.isspace() or c in _JOINERS or unicodedata.category(c)[0] != "C" else "" for c in value)
        return _LONG.sub(_breakable, " ".join("".join(kept).split()))
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _breakable(found: re.Match[str]) -> str:
    text = found[0]
    return _ZERO_WIDTH_SPACE.join(text[i : i + _PIECE] for i in range(0, len(text), _PIECE))

"""Looks messages up: `t("page.message", n=3)` in the language asked for, with its plural rule.

Catalogues are TOML files named by language code. A message is a text with ``{fields}``, or a table with
one text per plural form (``one``, ``other``, …), chosen by the field `n`. Field formats: ``{n}`` writes a
whole number grouped, ``{x:pct}`` per cent, ``{x:pct1}`` with a decimal, ``{x:km2}`` an area, ``{x:n2}`` two
decimals, ``{x:year}`` ungrouped, and ``{n:sites}``, ``{n:species}``,
``{n:countries}``, ``{n:years}`` the number with its noun in the right form.
"""

from __future__ import annotations

import string
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale

from aze_core.domain.errors import AzeError
from aze_core.locale.numbers import area, number, percent

_FOLDER = Path(__file__).parent
_UNITS = ("years", "sites", "species", "countries")
_FORMS = {"zero", "one", "two", "few", "many", "other"}
LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def messages(language: str = "en") -> dict[str, str | dict[str, str]]:
    """All messages of a language by dotted id; plural forms stay together in a dict."""
    found: dict[str, str | dict[str, str]] = {}

    def walk(prefix: str, node: dict[str, Any]) -> None:
        for key, child in node.items():
            name = f"{prefix}.{key}" if prefix else key
            if isinstance(child, str) or ("other" in child and set(child) <= _FORMS):
                found[name] = child
            else:
                walk(name, child)

    with (_FOLDER / f"{language}.toml").open("rb") as stream:
        walk("", tomllib.load(stream))
    return found


class _Writer(string.Formatter):
    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec.startswith("pct"):
            return percent(value, int(format_spec[3:] or 0), self.language)
        if format_spec in _UNITS:
            return t(f"unit.{format_spec}", self.language, n=int(value))
        if format_spec == "km2":
            return area(value, self.language)
        if format_spec == "year":
            return str(int(value))
        if format_spec.startswith("n"):
            return number(value, int(format_spec[1:] or 0), self.language)
        if not format_spec and hasattr(value, "__index__") and not isinstance(value, bool):
            return number(int(value), 0, self.language)
        return str(super().format_field(value, format_spec))


@cache
def _plural(language: str) -> Any:
    return Locale.parse(language).plural_form


def t(message_id: str, language: str = "en", **fields: Any) -> str:
    """The message in words.

    Parameters
    ----------
    message_id : str
        Dotted id in the catalogue.
    language : str
        Language code with a catalogue.
    **fields
        Values for the message's fields; `n` chooses the plural form.

    Raises
    ------
    KeyError
        When the catalogue has no such message: a slip of ours, found by the tests.

    Examples
    --------
    >>> t("unit.sites", n=1), t("unit.sites", n=1483)
    ('1 site', '1,483 sites')
    """
    text = messages(language)[message_id]
    if isinstance(text, dict):
        text = text.get(_plural(language)(fields["n"]), text["other"])
    return _Writer(language).vformat(text, (), fields)


def explain(error: AzeError, language: str = "en") -> str:
    """An error as a sentence: what came, what was expected, what to do.

    Examples
    --------
    >>> from aze_core.domain.errors import SettingError
    >>> explain(SettingError("all_weights_zero"))
    'All weights are zero, so no order follows. Give at least one criterion a weight above zero.'
    """
    return t(f"error.{error.message_id}", language, **error.fields)

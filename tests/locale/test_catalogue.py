"""Every message that the code asks for is there, and its fields fit."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aze_core.domain import errors
from aze_core.domain.errors import SettingError
from aze_core.locale import LANGUAGES, explain, messages, t

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "aze_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), *ROOT.glob("app.py")])
ERRORS = {name for name in vars(errors) if name.endswith("Error")}


def literal(node: ast.expr) -> str | None:
    """A text, with `*` for what an f-string fills in; None when it is neither."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
    return None


def texts(node: ast.expr) -> list[str]:
    """The texts that an expression can be, both sides of a choice included."""
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    found = literal(node)
    return [] if found is None else [found]


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Name of the called, the call, and where it stands."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                yield name, node, f"{path.relative_to(ROOT)}:{node.lineno}"


def asked() -> list[tuple[str, ast.Call, str]]:
    """Message id, call and place of every message that the code asks for."""
    found = []
    for name, call, place in calls():
        if not call.args:
            continue
        for text in texts(call.args[0]):
            if name == "t":
                found.append((text, call, place))
            elif name in ERRORS:
                found.append((f"error.{text}", call, place))
            elif name == "Reason":
                found.append((f"why.{text}", call, place))
    return found


def matching(asked_for: str, known: dict[str, Any]) -> list[str]:
    pattern = re.compile(
        "".join(".+" if part == "*" else re.escape(part) for part in re.split(r"(\*)", asked_for))
    )
    return [name for name in known if pattern.fullmatch(name)]


def forms(message: str | dict[str, str]) -> list[str]:
    return [message] if isinstance(message, str) else list(message.values())


def names_in(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def fields_of(message: str | dict[str, str]) -> set[str]:
    return set().union(*(names_in(form) for form in forms(message)))


def test_the_scan_finds_something() -> None:
    found = asked()
    assert {"build.report", "error.all_weights_zero"} <= {text for text, *_ in found}
    assert any("*" in text for text, *_ in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_that_the_code_asks_for_is_there(language: str) -> None:
    known = messages(language)
    missing = [f"{place}: {text}" for text, _, place in asked() if not matching(text, known)]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_a_message_is_given(language: str) -> None:
    known = messages(language)
    wrong = []
    for text, call, place in asked():
        # the fields of a reason stand in a dict, those of `**more` nowhere that can be read
        if text not in known or text.startswith("why.") or any(k.arg is None for k in call.keywords):
            continue
        given = {keyword.arg for keyword in call.keywords}
        wanted = fields_of(known[text]) | ({"n"} if isinstance(known[text], dict) else set())
        if wanted - given:
            wrong.append(f"{place}: {text} lacks {sorted(wanted - given)}")
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_same_messages_and_fields(language: str) -> None:
    english, other = messages(), messages(language)
    assert set(other) == set(english)
    for name, message in english.items():
        assert fields_of(other[name]) == fields_of(message), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_can_be_written(language: str) -> None:
    for name, message in messages(language).items():
        values = dict.fromkeys(fields_of(message), 2)
        written = t(name, language, **{**values, "n": 2})
        assert written
        assert not re.search(r"\{\w*\}", written), name


def test_plural_forms() -> None:
    assert t("unit.sites", n=1) == "1 site"
    assert t("unit.sites", n=0) == "0 sites"
    assert t("unit.sites", n=np.int64(1)) == "1 site"
    assert t("unit.species", n=2) == "2 species"


def test_fields_are_written_as_their_format_says() -> None:
    sentence = t("info.vintage", year=2010, none=1276, n=1588, partial=3, complete=4, mean=0.4231)
    assert sentence == (
        "Cover 2010: 1,276 of 1,588 sites at most 2% covered, 3 partly, 4 at least 98%; mean 42.3%"
    )


def test_unknown_message_is_a_slip_of_ours() -> None:
    with pytest.raises(KeyError):
        t("no.such.message")


def test_braces_in_values_stay_as_they_are() -> None:
    error = SettingError("bad_number", name="x", value="{0} {y.__class__}", low=0, high=1)
    assert "“x” is {0} {y.__class__};" in explain(error)

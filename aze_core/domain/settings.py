"""The planner's constants: each with value, unit, meaning, source and whether that source confirms it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("settings.toml")


@dataclass(frozen=True)
class Setting:
    """One constant: `value` in `unit`, what it means, where it comes from."""

    name: str
    value: Any
    unit: str
    meaning: str
    source: str
    verified: bool


@cache
def settings() -> dict[str, Setting]:
    """All constants by dotted name.

    Examples
    --------
    >>> settings()["classes.none_max"].unit
    'share of the site'
    """
    found: dict[str, Setting] = {}

    def walk(prefix: str, node: dict[str, Any]) -> None:
        if "value" in node:
            value = tuple(node["value"]) if isinstance(node["value"], list) else node["value"]
            found[prefix] = Setting(
                prefix, value, node["unit"], node["meaning"], node["source"], node["verified"]
            )
            return
        for key, child in node.items():
            walk(f"{prefix}.{key}" if prefix else key, child)

    with _FILE.open("rb") as stream:
        walk("", tomllib.load(stream))
    return found


def value(name: str) -> Any:
    """Value of one constant.

    Raises
    ------
    KeyError
        When no constant has this name.

    Examples
    --------
    >>> value("classes.complete_min")
    0.98
    """
    return settings()[name].value

"""Weights to start from, each with a reason to choose it."""

from __future__ import annotations

from aze_core.domain.model import Weights
from aze_core.domain.settings import value

PRESETS = ("balanced", "species", "urgent", "intact")
"""Codes; the reader's language has a name and a rationale for each."""


def preset(code: str) -> Weights:
    """The weights of a preset.

    Raises
    ------
    KeyError
        When there is no such preset.

    Examples
    --------
    >>> preset("intact").reverse
    ('pressure',)
    """
    irreplaceability, extinction, pressure = value(f"presets.{code}")
    return Weights(irreplaceability, extinction, pressure, reverse=("pressure",) if code == "intact" else ())

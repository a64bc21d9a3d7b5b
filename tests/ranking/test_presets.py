"""Presets are weights with a reason each."""

from __future__ import annotations

import pytest

from aze_core.domain.model import Weights
from aze_core.locale import messages
from aze_core.ranking.presets import PRESETS, preset


def test_the_page_starts_with_the_first() -> None:
    assert preset(PRESETS[0]) == Weights()


def test_each_has_its_own_weights_name_and_reason() -> None:
    assert len({preset(code) for code in PRESETS}) == len(PRESETS)
    assert {f"preset.{code}{end}" for code in PRESETS for end in ("", "_why")} <= set(messages())


def test_still_intact_turns_human_influence_round() -> None:
    assert preset("intact").reverse == ("pressure",)
    assert preset("intact").shares == preset("balanced").shares


def test_no_such_preset() -> None:
    with pytest.raises(KeyError):
        preset("guess")

"""The constants: complete, and the values that the methods name."""

from __future__ import annotations

import pytest

from aze_core.domain.settings import Setting, settings, value
from aze_core.sources import archives, red_list, tables


@pytest.mark.parametrize("setting", settings().values(), ids=lambda setting: setting.name)
def test_every_constant_has_its_birthplace(setting: Setting) -> None:
    assert setting.unit
    assert setting.meaning.endswith(".")
    assert setting.source
    assert isinstance(setting.verified, bool)
    # a choice of ours is never passed off as a published value
    assert setting.verified != setting.source.startswith("Choice of the planner")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("classes.none_max", 0.02),
        ("classes.complete_min", 0.98),
        ("coverage.fall_flag", 0.05),
        ("extinction.horizon_years", 50),
        ("extinction.criterion_e.CR", (0.5, 10)),
        ("extinction.criterion_e.EN", (0.2, 20)),
        ("extinction.criterion_e.VU", (0.1, 100)),
        ("protection.effect", 1 / 3),
    ],
)
def test_values_of_the_sources(name: str, expected: object) -> None:
    assert value(name) == expected


def test_highest_effect_is_that_of_all_actions_together() -> None:
    assert value("protection.effect_max") == pytest.approx(1 - 1 / 4.2, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("limits.archive.total_bytes", 12 * 2**30),
        ("limits.archive.ratio_from_bytes", 16 * 2**20),
        ("limits.areas.total_bytes", 48 * 2**30),
        ("limits.table.max_rows", 200_000),
        ("limits.layers.max_rows", 200_000),
        ("limits.boundaries.max_bytes", 300_000),
    ],
)
def test_limits_that_are_given_in_words(name: str, expected: float) -> None:
    assert value(name) == expected


def test_every_reader_takes_its_limits_from_here() -> None:
    for prefix, limits in (
        ("archive", archives.Limits()),
        ("table", tables.Limits()),
        ("red_list", red_list.LIMITS),
    ):
        stated = {
            name.rpartition(".")[2]: setting.value
            for name, setting in settings().items()
            if name.startswith(f"limits.{prefix}.")
        }
        own = {name: number for name, number in vars(limits).items() if name in stated}
        assert len(own) > 4
        assert own == {name: stated[name] for name in own}


def test_unknown_constant() -> None:
    with pytest.raises(KeyError):
        value("no.such")

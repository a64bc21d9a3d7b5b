"""One plan that is looked at by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aze_core.locale import t
from aze_core.scenarios.solution import Solution
from pages.decide.plan_view import Asked, gain_text

Headline = Callable[[str], None]
"""Writes the answer at the head of the page."""


@dataclass(frozen=True, eq=False)
class Study(Asked):
    """A scenario with its exact plan, its name and the letter that it has beside others."""

    name: str
    letter: str
    solution: Solution

    def settings(self, **more: Any) -> str:
        """The choices as they are written into files."""
        chosen = {
            "plan": self.name,
            "scenario": self.scenario.to_dict(),
            **more,
            "consent": t("scenarios.consent"),
        }
        return json.dumps(chosen, sort_keys=True, ensure_ascii=False)

    def worth(self, objective: float, species: int) -> str:
        """What a plan gains; the species first where they come first."""
        gain = gain_text(self, objective)
        if self.scenario.objective != "lexicographic":
            return gain
        return t("plan.two_gains", species=t("unit.species", n=species), gain=gain)

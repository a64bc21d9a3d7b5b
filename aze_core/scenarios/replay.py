"""A kept scenario solved again, with the data that it was made for where they are still there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aze_core.domain.model import Inventory
from aze_core.scenarios.comparison import Plan
from aze_core.scenarios.holds import Lost, still_holds, without
from aze_core.scenarios.problem import solve
from aze_core.scenarios.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Replayed:
    """A plan from what was kept.

    Attributes
    ----------
    plan : Plan
        Its `data` is the version that it was solved with.
    lost : tuple of Lost
        What had to be left out of the scenario.
    moved : bool
        Whether it was solved with other data than it was made for, because those are not there any more.
    """

    plan: Plan
    lost: tuple[Lost, ...] = ()
    moved: bool = False


def replay(
    inventory: Inventory,
    name: str,
    settings: dict[str, Any],
    data: str,
    other: Callable[[str], Inventory | None],
) -> Replayed:
    """Solve a kept scenario again.

    Parameters
    ----------
    inventory : Inventory
        The version that is looked at.
    name : str
    settings : dict
        The scenario as plain values; not trusted.
    data : str
        Content hash of the version that it was made for.
    other : callable
        Gives the version of a hash, or None where it is not there.

    Returns
    -------
    Replayed

    Raises
    ------
    SettingError
        The settings are none of a scenario's, or of a newer form.
    ScenarioError
        No plan answers it.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> made = replay(loaded, "Ten", Scenario(locked_in=("Gone",)).to_dict(), "f" * 64, lambda _: None)
    >>> made.moved, made.lost[0].codes, len(made.plan.solution.selected)
    (True, ('Gone',), 10)
    """
    scenario = Scenario.from_dict(settings)
    here = inventory.version.content_hash
    own = inventory if data == here else other(data)
    if own is not None:
        return Replayed(Plan(name, scenario, solve(own, scenario), data))
    lost = tuple(still_holds(inventory, scenario))
    scenario = without(scenario, lost)
    return Replayed(Plan(name, scenario, solve(inventory, scenario), here), lost, True)

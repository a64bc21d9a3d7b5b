"""Kept scenarios: the door to what is stored; each action that writes asks who may."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aze_core.domain.errors import AzeError, SettingError
from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.locale import explain, t
from aze_core.scenarios.holds import still_holds, without
from aze_core.scenarios.scenario import OBJECTIVES, Scenario
from aze_core.scenarios.solution import Solution
from aze_core.store import folder, versions
from aze_core.store import scenarios as store
from aze_core.store.scenarios import Kept
from pages.shell import access, display


def listed(search: str = "") -> list[Kept]:
    """Kept scenarios, the latest changed first."""
    return store.kept(folder.default_folder(), search)


def find(scenario_id: str) -> Kept | None:
    """A kept scenario; None where it is not there any more."""
    return next((one for one in listed() if one.scenario_id == scenario_id), None)


def keep(
    inventory: Inventory,
    plan: Solution,
    scenario: Scenario,
    *,
    name: str,
    author: str = "",
    note: str = "",
    parent: str = "",
) -> Kept:
    """Keep a scenario with what came out of it.

    Raises
    ------
    AzeError
        What does not fit, or that it comes from another computer.
    """
    _only_local()
    return store.save(
        folder.default_folder(),
        name=name,
        inventory=inventory.version.content_hash,
        settings=scenario.to_dict(),
        author=author,
        note=note,
        parent=parent,
        results={
            "selected": list(plan.selected),
            "objective": plan.objective,
            "cost": plan.cost,
            "method": plan.method,
        },
    )


def edit(scenario_id: str, *, name: str, author: str, note: str) -> Kept:
    """Call a kept scenario something else, or say something else of it."""
    _only_local()
    return store.edit(folder.default_folder(), scenario_id, name=name, author=author, note=note)


def copy(scenario_id: str) -> None:
    """Keep a scenario once more."""
    _only_local()
    place = folder.default_folder()
    old = store.get(place, scenario_id).name
    whole = t("keep.copy_name", name=old)
    # a name that is as long as one may be keeps its own
    store.copy(place, scenario_id, whole if len(whole) <= longest("name") else old)


def delete(scenario_id: str) -> None:
    """Take a scenario out of the list; it can come back."""
    _only_local()
    store.delete(folder.default_folder(), scenario_id)


def undo(scenario_id: str) -> None:
    """Bring a deleted scenario back."""
    _only_local()
    store.undo_delete(folder.default_folder(), scenario_id)


def file_of(ids: list[str]) -> bytes:
    """Kept scenarios as a file."""
    return store.export_json(folder.default_folder(), ids)


def most_bytes() -> int:
    """Size of a file that can be taken in."""
    return int(value("limits.scenarios.bytes"))


def longest(part: str) -> int:
    """Characters that a name or a note can have."""
    return int(value(f"limits.scenarios.{part}"))


def take_in(inventory: Inventory, raw: bytes) -> tuple[int, list[str]]:
    """Take in a file: how many scenarios, and what is to be told of it, in words.

    What is kept here already is counted, as is what names something that this version of the data does not
    have; whatever else was skipped is named.
    """
    _only_local()
    made, skipped = store.import_json(folder.default_folder(), raw)
    told = []
    if lost := sum(_names_lost(inventory, one) for one in made):
        told.append(t("keep.taken_in_lost", n=lost))
    here = [one for one in skipped if one.error.message_id == "scenario_already_kept"]
    if here:
        told.append(t("keep.taken_in_here", n=len(here)))
    told += [
        t("kept.skipped", entry=one.entry, name=one.name, why=explain(one.error))
        for one in skipped
        if one not in here
    ]
    return len(made), told


def _names_lost(inventory: Inventory, one: Kept) -> bool:
    """Whether a kept scenario names what this version of the data does not have."""
    try:
        return bool(still_holds(inventory, Scenario.from_dict(one.settings)))
    except AzeError:
        # opening it tells what is broken
        return False


def opened(inventory: Inventory, one: Kept) -> tuple[Scenario, list[str]]:
    """A kept scenario as this version of the data can hold it, and what it had to let go of, in words.

    Raises
    ------
    SettingError
        When it is broken, or of a newer form.
    """
    scenario = Scenario.from_dict(one.settings)
    lost = still_holds(inventory, scenario)
    words = [
        t("keep.lost", part=t(f"scenario_part.{each.setting}"), codes=", ".join(each.codes)) for each in lost
    ]
    return without(scenario, lost), words


def changed(inventory: Inventory, one: Kept, scenario: Scenario) -> bool:
    """Whether a scenario is another one than was kept, or stands on other data."""
    try:
        same = Scenario.from_dict(one.settings) == scenario
    except AzeError:
        return True
    return not same or one.inventory != inventory.version.content_hash


def same_as(one: Scenario, other: Scenario) -> bool:
    """Whether two scenarios ask the same; weights count as parts of one."""

    def asked(given: Scenario) -> tuple[object, ...]:
        weights = given.weights
        shares = {} if weights is None else {code: round(each, 9) for code, each in weights.shares.items()}
        turned = () if weights is None else tuple(sorted(weights.reverse))
        return {**given.to_dict(), "weights": None}, shares, turned

    return asked(one) == asked(other)


def data_of(inventory: Inventory, one: Kept) -> str:
    """Which data a scenario was kept for."""
    if one.inventory == inventory.version.content_hash:
        return t("keep.this_data")
    here = [each for each in versions.versions(folder.default_folder()) if each.content_hash == one.inventory]
    label = display.version_label(here[0]) if here else t("keep.gone_data", hash=one.inventory[:8])
    return t("keep.other_data", label=label)


def day(at: float) -> str:
    """When something was kept."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def sites_of(one: Kept) -> int | None:
    """How many sites the plan had; None where the file did not say."""
    given: Any = one.results.get("selected")
    return len(given) if isinstance(given, list) else None


def objective_of(one: Kept) -> float | None:
    """What the plan added; None where the file did not say."""
    given: Any = one.results.get("objective")
    fits = isinstance(given, int | float) and not isinstance(given, bool)
    return float(given) if fits else None


def unit_of(one: Kept) -> str:
    """Unit of what the plan added, in words."""
    kind = one.settings.get("objective", OBJECTIVES[0])
    return t(f"objective_unit.{kind}") if kind in OBJECTIVES else t("missing")


def _only_local() -> None:
    if not access.may_write():
        raise SettingError("only_local")

"""What of a scenario no longer holds under another inventory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from aze_core.domain.model import NATIONAL, UNKNOWN, Inventory
from aze_core.ranking.values import national_fields
from aze_core.scenarios.candidates import memberships, threat_codes
from aze_core.scenarios.scenario import Scenario


@dataclass(frozen=True)
class Lost:
    """What a scenario names and an inventory does not have.

    `setting` is the part of the scenario (``locked_in``, ``filters.countries``, …); its words stand below
    ``scenario_part`` in the catalogues. `codes` are the entries that are lost.
    """

    setting: str
    codes: tuple[str, ...]


def still_holds(inventory: Inventory, scenario: Scenario) -> list[Lost]:
    """What of a scenario no longer holds under this inventory.

    Parameters
    ----------
    inventory : Inventory
        Perhaps another one than the scenario was made with.
    scenario : Scenario

    Returns
    -------
    list of Lost
        Empty where everything that the scenario names is there. That it is there does not say that it is the
        same: cover, categories and boundaries may have moved.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> still_holds(loaded, Scenario(locked_in=("HTI3", "Atlantis")))
    [Lost(setting='locked_in', codes=('Atlantis',))]
    """
    sites, filters = set(inventory.sites.index), scenario.filters
    species = set(inventory.occurrences["species_id"])
    classes = set(inventory.species["class_name"].fillna(UNKNOWN))
    said = inventory.statements()
    fields = national_fields(inventory)
    usable = set(fields.index[fields["reason"] == ""])
    weighed = dict(scenario.weights.national) if scenario.weights else {}
    asked: list[tuple[str, Iterable[str], set[str]]] = [
        ("locked_in", scenario.locked_in, sites),
        ("locked_out", scenario.locked_out, sites),
        ("actions", [site for site, _ in scenario.actions], sites),
        ("must_have", scenario.must_have, species),
        *(
            (name, [f"{kind}:{code}" for kind, code, _ in entries], _quota_codes(inventory, entries))
            for name, entries in (("floors", scenario.floors), ("ceilings", scenario.ceilings))
        ),
        ("class_effects", [code for code, _ in scenario.class_effects], classes),
        ("threat_effects", [code for code, _ in scenario.threat_effects], threat_codes(inventory)),
        ("cost_field", [scenario.cost_field] if scenario.budget_kind == "cost" else [], usable),
        ("weights", [NATIONAL + name for name in weighed], {NATIONAL + name for name in usable}),
        ("filters.countries", filters.countries, set(inventory.countries_of()["iso3"])),
        ("filters.regions", filters.regions, set(inventory.sites["region"])),
        ("filters.classes", filters.classes, classes),
        ("filters.categories", filters.categories, set(inventory.species["category"].fillna(UNKNOWN))),
        ("filters.list_type", filter(None, [filters.list_type]), set(inventory.sites["list_type"])),
        ("filters.knowledge", filters.knowledge, set(said["field"] + "=" + said["value"])),
    ]
    found = []
    for setting, codes, there in asked:
        lost = tuple(code for code in codes if code not in there)
        if lost:
            found.append(Lost(setting, lost))
    return found


def _quota_codes(inventory: Inventory, entries: tuple[tuple[str, str, int], ...]) -> set[str]:
    return {
        f"{kind}:{code}"
        for kind in {entry[0] for entry in entries}
        for code in memberships(inventory, kind)["code"]
    }


def without(scenario: Scenario, lost: Iterable[Lost]) -> Scenario:
    """The scenario without what no longer holds.

    Parameters
    ----------
    scenario : Scenario
    lost : iterable of Lost
        As `still_holds` found them.

    Returns
    -------
    Scenario
        The field of the cost stays: without it there is no such budget, and solving says so by name.

    Raises
    ------
    SettingError
        When no weight is left.

    Examples
    --------
    >>> without(Scenario(locked_in=("HTI3", "Atlantis")), [Lost("locked_in", ("Atlantis",))]).locked_in
    ('HTI3',)
    """
    filters: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    for one in lost:
        codes = set(one.codes)
        part, _, name = one.setting.rpartition(".")
        if name == "list_type":
            filters[name] = ""
        elif part:
            filters[name] = tuple(code for code in getattr(scenario.filters, name) if code not in codes)
        elif name == "weights" and scenario.weights is not None:
            national = scenario.weights.national
            changed[name] = replace(
                scenario.weights,
                national=tuple(pair for pair in national if NATIONAL + pair[0] not in codes),
                reverse=tuple(code for code in scenario.weights.reverse if code not in codes),
            )
        elif name in ("floors", "ceilings"):
            entries = getattr(scenario, name)
            changed[name] = tuple(entry for entry in entries if f"{entry[0]}:{entry[1]}" not in codes)
        elif name in ("actions", "class_effects", "threat_effects"):
            changed[name] = tuple(pair for pair in getattr(scenario, name) if pair[0] not in codes)
        elif name in ("locked_in", "locked_out", "must_have"):
            changed[name] = tuple(code for code in getattr(scenario, name) if code not in codes)
    return replace(scenario, filters=replace(scenario.filters, **filters), **changed)

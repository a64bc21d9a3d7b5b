"""What a scenario asks for that cannot be had together, by name, and the nearest that can."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aze_core.domain.errors import ScenarioError
from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.locale import t
from aze_core.scenarios.actions import site_actions
from aze_core.scenarios.candidates import (
    Candidates,
    find_candidates,
    members,
    quotas,
    sites_to_cover,
    withheld_sites,
)
from aze_core.scenarios.clock import Clock
from aze_core.scenarios.exact import Limits, Quota, least_cost, max_value, within
from aze_core.scenarios.quota_name import quota_name
from aze_core.scenarios.scenario import Scenario

Array = NDArray[np.float64]


class Part(NamedTuple):
    """One thing that a scenario asks for.

    `kind`: budget, locked_in, locked_out, withheld (sites), must_have (species), floor or ceiling (`code` is
    their kind and code, as ``country:MDG``).
    """

    kind: str
    code: str = ""


@dataclass(frozen=True, eq=False)
class Conflict:
    """Things asked for that no plan holds together, and a change that makes room.

    Attributes
    ----------
    code : str
        Message id below ``error.``; `fields` are its values.
    fields : dict
    parts : tuple of Part
        What collides: already these alone cannot be had.
    change : str
        Message id below ``conflict.change.``; `change_fields` are its values: what would make room.
    change_fields : dict
    suggestion : Scenario
        The scenario with this change and those of all other conflicts: a plan exists.
    """

    code: str
    fields: dict[str, Any]
    parts: tuple[Part, ...]
    change: str
    change_fields: dict[str, Any]
    suggestion: Scenario

    @property
    def error(self) -> ScenarioError:
        """The conflict as the error that `solve` raises."""
        return ScenarioError(self.code, **self.fields)


def conflicts(inventory: Inventory, scenario: Scenario) -> list[Conflict]:
    """Why no plan answers a scenario, and what would.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario

    Returns
    -------
    list of Conflict
        Empty where a plan exists. Each later one is what still collides after the changes before it.

    Raises
    ------
    ScenarioError
        The scenario names what the inventory does not have.

    Notes
    -----
    First what needs no solver: locks against each other and against consent, must-have species whose sites
    cannot be chosen, floors above what there is, ceilings below what is locked. Then floors and ceilings
    together, of which a smallest colliding set is named and one floor is lowered as little as can be. Last
    the budget, which is raised to the cost of the cheapest plan; beyond the highest that can be set, what
    forces most gives way. Other changes may serve as well; which one is right is for those who asked. Where
    the solver runs out of time, which is shared by what one conflict takes, nothing is claimed.
    """
    found: list[Conflict] = []
    asked = scenario
    limit = value("scenario.time_limit_s")
    while (one := _first(inventory, asked, find_candidates(inventory, asked), Clock(limit))) is not None:
        found.append(one)
        asked = one.suggestion
    return [replace(one, suggestion=asked) for one in found]


def refuse(
    inventory: Inventory, scenario: Scenario, found: Candidates, time_limit_s: float | None = None
) -> Array | None:
    """Raise what collides first; else a choice (0/1) over the candidates that is within everything asked for.

    `time_limit_s`: seconds for all calls of the solver together; the setting ``scenario.time_limit_s`` where
    not given.

    Returns
    -------
    (n,) array or None
        None where the solver ran out of time before it found one.

    Raises
    ------
    ScenarioError
    """
    clock = Clock(value("scenario.time_limit_s") if time_limit_s is None else time_limit_s)
    one = _first(inventory, scenario, found, clock)
    if one is not None:
        raise one.error
    chosen = _cheapest(found.costs, found.locked, quotas(inventory, scenario, found.sites), clock).chosen
    # out of time, the cheapest so far may be beyond the budget
    return chosen if chosen is not None and within(float(found.costs @ chosen), scenario.budget) else None


def _first(inventory: Inventory, scenario: Scenario, found: Candidates, clock: Clock) -> Conflict | None:
    """What collides first, with a change that is good for itself alone."""
    for check in (_locks, _musts, _single_quotas):
        if (one := check(inventory, scenario, found)) is not None:
            return one
    for solved in (_quotas_together, _over_budget):
        if (one := solved(inventory, scenario, found, clock)) is not None:
            return one
    return None


# ---------------------------------------------------------------- without a solver


def _locks(inventory: Inventory, scenario: Scenario, found: Candidates) -> Conflict | None:
    """Locks against each other, against consent, and of sites whose cost is not known."""
    both = sorted(set(scenario.locked_in) & set(scenario.locked_out))
    withheld = sorted(set(scenario.locked_in) & set(found.withheld))
    stuck = sorted(set(scenario.locked_in) & set(found.stuck))
    lacking = "cost" if scenario.budget_kind == "cost" else "area"
    for code, sites, other in (
        ("locked_both_ways", both, "locked_out"),
        ("locked_withheld", withheld, "withheld"),
        (f"locked_without_{lacking}", stuck, ""),
    ):
        if sites:
            parts = [Part("locked_in", site) for site in sites]
            parts += [Part(other, site) for site in sites if other]
            return _unlock(inventory, scenario, code, sites, parts)
    return None


def _unlock(
    inventory: Inventory, scenario: Scenario, code: str, sites: list[str], parts: list[Part]
) -> Conflict:
    fields = {"sites": _named(inventory, sites)}
    left = tuple(site for site in scenario.locked_in if site not in sites)
    return Conflict(code, fields, tuple(parts), "unlock", fields, replace(scenario, locked_in=left))


def _musts(inventory: Inventory, scenario: Scenario, found: Candidates) -> Conflict | None:
    """Must-have species with a site that no plan may take."""
    fits = _fitting(inventory, scenario)
    for species in scenario.must_have:
        sites = sites_to_cover(inventory, species)
        name = _species(inventory, [species])
        own = Part("must_have", species)
        out = [site for site in sites if site in scenario.locked_out]
        for code, lost, other in (
            ("must_have_outside", [site for site in sites if site not in fits], ""),
            ("must_have_withheld", [site for site in sites if site in found.withheld], "withheld"),
            ("must_have_without_cost", [site for site in sites if site in found.stuck], ""),
            ("must_have_locked_out", out, "locked_out"),
        ):
            if not lost:
                continue
            fields = {"species": name, "sites": _named(inventory, lost)}
            parts = (own, *(Part(other, site) for site in lost if other))
            if other == "locked_out":
                kept = tuple(site for site in scenario.locked_out if site not in lost)
                return Conflict(code, fields, parts, "unlock_out", fields, replace(scenario, locked_out=kept))
            return _drop_must_have(inventory, scenario, code, fields, parts, species)
    return None


def _drop_must_have(
    inventory: Inventory,
    scenario: Scenario,
    code: str,
    fields: dict[str, Any],
    parts: tuple[Part, ...],
    species: str,
) -> Conflict:
    """A conflict that one must-have species less resolves."""
    told = {"species": _species(inventory, [species])}
    left = replace(scenario, must_have=tuple(each for each in scenario.must_have if each != species))
    return Conflict(code, fields, parts, "drop_must_have", told, left)


def _fitting(inventory: Inventory, scenario: Scenario) -> set[str]:
    """Sites within the filters where the action asked for can be."""
    action = site_actions(inventory, scenario)
    scope = inventory.where(scenario.filters)
    return set(scope[(action[scope] != "").to_numpy()])


def _single_quotas(inventory: Inventory, scenario: Scenario, found: Candidates) -> Conflict | None:
    """A floor above what there is or above its own ceiling; a ceiling below what is forced."""
    fits = _fitting(inventory, scenario)
    most = {(kind, code): number for kind, code, number in scenario.ceilings}
    for entry in scenario.ceilings:
        kind, code, number = entry
        inside = members(inventory, kind, code)
        held = sorted(inside.intersection(found.forced))
        if len(held) > number:
            forcing = _forcing(inventory, scenario, held)
            fields = {
                "name": quota_name(inventory, kind, code),
                "number": number,
                "sites": _named(inventory, held),
            }
            fields["ways"] = _ways(inventory, forcing)
            parts = (Part("ceiling", f"{kind}:{code}"), *forcing)
            return _requota(
                inventory, "ceiling_below_locks", scenario, "ceilings", entry, len(held), parts, fields
            )
    for entry in scenario.floors:
        kind, code, number = entry
        inside = members(inventory, kind, code)
        there = len(inside.intersection(found.cost.index))
        own = Part("floor", f"{kind}:{code}")
        fields = {"name": quota_name(inventory, kind, code), "number": number, "have": there}
        if there < number:
            barred = sorted(inside & fits & {*scenario.locked_out, *found.withheld})
            bars = [_bar(scenario, site) for site in barred]
            fields["ways"] = _ways(inventory, bars, "filters")
            parts = (own, *bars)
            return _requota(inventory, "floor_too_high", scenario, "floors", entry, there, parts, fields)
        ceiling = most.get((kind, code), number)
        if ceiling < number:
            parts = (own, Part("ceiling", own.code))
            fields = {**fields, "ceiling": ceiling}
            return _requota(
                inventory, "floor_above_ceiling", scenario, "floors", entry, ceiling, parts, fields
            )
    return None


def _bar(scenario: Scenario, site: str) -> Part:
    return Part("locked_out" if site in scenario.locked_out else "withheld", site)


def _forcing(inventory: Inventory, scenario: Scenario, sites: Sequence[str]) -> list[Part]:
    """What forces these sites."""
    parts = [Part("locked_in", site) for site in sites if site in scenario.locked_in]
    for species in scenario.must_have:
        if set(sites_to_cover(inventory, species)).intersection(sites):
            parts.append(Part("must_have", species))
    return parts


def _requota(
    inventory: Inventory,
    code: str,
    scenario: Scenario,
    name: str,
    entry: tuple[str, str, int],
    number: int,
    parts: tuple[Part, ...],
    fields: dict[str, Any],
    is_proven: bool = True,
) -> Conflict:
    """A conflict that another number in a floor or ceiling resolves.

    `is_proven`: whether it is sure that no number nearer to what was asked would do.
    """
    held = scenario.floors if name == "floors" else scenario.ceilings
    moved = tuple((*entry[:2], number) if each == entry else each for each in held)
    told = {"name": quota_name(inventory, *entry[:2]), "number": entry[2], "to": number}
    if name == "floors":
        change = "lower_floor" if is_proven else "lower_floor_unproven"
        return Conflict(code, fields, parts, change, told, replace(scenario, floors=moved))
    return Conflict(code, fields, parts, "raise_ceiling", told, replace(scenario, ceilings=moved))


# ---------------------------------------------------------------- with a solver


class Cheapest(NamedTuple):
    """The cheapest choice, and whether it is proven: that it is the cheapest, or that there is none."""

    chosen: Array | None
    proven: bool

    @property
    def is_none(self) -> bool:
        """Whether it is sure that there is none."""
        return self.chosen is None and self.proven


def _cheapest(costs: Array, locked: NDArray[np.bool_], rows: tuple[Quota, ...], clock: Clock) -> Cheapest:
    try:
        return Cheapest(*least_cost(costs, locked, rows, clock.left))
    except TimeoutError:
        return Cheapest(None, False)


def _quotas_together(
    inventory: Inventory, scenario: Scenario, found: Candidates, clock: Clock
) -> Conflict | None:
    """Floors and ceilings that each could be had, but not all."""
    rows = quotas(inventory, scenario, found.sites)
    if not rows or not _cheapest(np.zeros(len(found.sites)), found.locked, rows, clock).is_none:
        return None
    parts, _ = _smallest(inventory, scenario, clock, with_budget=False)
    entry, inside, open_rows = _gives_way(inventory, scenario, found, parts)
    best = Cheapest(None, False)
    for others in open_rows:
        best = _cheapest(-inside, found.locked, others, clock)
        if best.chosen is not None:
            break
    number = 0 if best.chosen is None else round(float(inside @ best.chosen))
    fields = {"parts": _told(inventory, parts), "ways": _ways(inventory, parts)}
    return _requota(
        inventory, "quotas_together", scenario, "floors", entry, number, tuple(parts), fields, best.proven
    )


def _gives_way(
    inventory: Inventory, scenario: Scenario, found: Candidates, parts: Sequence[Part]
) -> tuple[tuple[str, str, int], Array, list[tuple[Quota, ...]]]:
    """The last floor named, which of the candidates count for it (0/1), and what else is to be kept.

    Of the latter first all; then, as the others can collide too, only what is named.
    """
    own = [part for part in parts if part.kind == "floor"][-1]
    rows = quotas(inventory, scenario, found.sites)
    codes = [f"{kind}:{code}" for kind, code, _ in scenario.floors]
    place = codes.index(own.code)
    inside = np.zeros(len(found.sites))
    inside[list(rows[place].units)] = 1.0
    keys = [Part("floor", code) for code in codes]
    keys += [Part("ceiling", f"{kind}:{code}") for kind, code, _ in scenario.ceilings]
    others = {key: row for key, row in zip(keys, rows, strict=True) if key != own}
    named = tuple(row for key, row in others.items() if key in parts)
    return scenario.floors[place], inside, [tuple(others.values()), named]


def _over_budget(
    inventory: Inventory, scenario: Scenario, found: Candidates, clock: Clock
) -> Conflict | None:
    """The cheapest plan of all costs more than the budget."""
    rows = quotas(inventory, scenario, found.sites)
    chosen, proven = _cheapest(found.costs, found.locked, rows, clock)
    if chosen is None or not proven or within(need := float(found.costs @ chosen), scenario.budget):
        return None
    kind, most = scenario.budget_kind, value("scenario.budget_max")
    if not within(need, most):
        return _beyond_any_budget(inventory, scenario, found, need, clock)
    to = min(_at_least(need, kind), most)
    told = {"budget": scenario.budget, "to": to}
    if within(forced := float(found.costs[found.locked].sum()), scenario.budget):
        smallest, alone = _smallest(inventory, scenario, clock, with_budget=True)
        parts = tuple(smallest)
        named = [part for part in parts if part.kind != "budget"]
        fields = {**told, "parts": _told(inventory, named)}
        if alone is None:
            code = f"over_budget_{kind}_unproven"
        else:
            code, fields["need"] = f"over_budget_{kind}", _at_least(alone, kind)
    else:
        forcing = _forcing(inventory, scenario, found.forced)
        parts = (Part("budget"), *forcing)
        code = f"locked_over_budget_{kind}"
        ways = _ways(inventory, forcing)
        fields = {**told, "need": _at_least(forced, kind), "n": len(found.forced), "ways": ways}
    raised = replace(scenario, budget=float(to))
    return Conflict(code, fields, parts, f"raise_budget_{kind}", {"need": to}, raised)


def _beyond_any_budget(
    inventory: Inventory, scenario: Scenario, found: Candidates, need: float, clock: Clock
) -> Conflict:
    """The cheapest plan of all costs more than any budget: what forces most of it gives way."""
    code, most = "beyond_any_budget", value("scenario.budget_max")
    fields: dict[str, Any] = {"need": _at_least(need, scenario.budget_kind), "most": most}
    if within(float(found.costs[found.locked].sum()), most):
        parts, _ = _smallest(inventory, replace(scenario, budget=most), clock, with_budget=True)
        entry, inside, open_rows = _gives_way(inventory, scenario, found, parts)
        number, is_proven = 0, True
        for others in open_rows:
            spare, is_proven = _cheapest(found.costs, found.locked, others, clock)
            if spare is not None and within(float(found.costs @ spare), most):
                limits = Limits(others, spare=spare)
                best = max_value(inside, found.costs, most, found.locked, (), clock.left, limits)
                number, is_proven = round(best.value), best.finished
                break
        fields["ways"] = _ways(inventory, parts)
        return _requota(inventory, code, scenario, "floors", entry, number, tuple(parts), fields, is_proven)

    held = {part: _held_by(inventory, part, found) for part in _forcing(inventory, scenario, found.forced)}
    whole = {part: float(found.cost[sorted(sites)].sum()) for part, sites in held.items()}
    saved = {  # what no other part forces as well
        part: float(
            found.cost[sorted(sites.difference(*(held[other] for other in held if other != part)))].sum()
        )
        for part, sites in held.items()
    }
    order = sorted(
        held,
        key=lambda part: (within(need - saved[part], most), whole[part], part.kind == "must_have"),
        reverse=True,
    )
    named = (Part("budget"), *held)
    fields["ways"] = _ways(inventory, named)
    if order[0].kind == "must_have":
        return _drop_must_have(inventory, scenario, code, fields, named, order[0].code)
    sites: list[str] = []
    for part in order:
        if part.kind == "locked_in" and saved[part] > 0 and not within(need, most):
            sites.append(part.code)
            need -= saved[part]
    return replace(_unlock(inventory, scenario, code, sites, list(named)), fields=fields)


def _held_by(inventory: Inventory, part: Part, found: Candidates) -> set[str]:
    """Forced candidates that a lock or a must-have species asks for."""
    asked = sites_to_cover(inventory, part.code) if part.kind == "must_have" else [part.code]
    return set(asked).intersection(found.forced)


def _at_least(need: float, kind: str) -> float:
    """The need as it is written, rounded up: a budget typed from the sentence has to do."""
    steps = {"sites": 1, "km2": 10 if need < 10 else 1, "cost": 100 if need < 10 else 1, "index": 100}[kind]
    return math.ceil(need * steps - 1e-9) / steps


def _smallest(
    inventory: Inventory, scenario: Scenario, whole: Clock, with_budget: bool
) -> tuple[list[Part], float | None]:
    """A smallest set of things asked for that cannot be had together, and what it costs at the least.

    None for the cost where time ran out before it was proven.
    """
    clock = Clock(whole.left / 2)  # the rest is for the change that makes room
    free = replace(scenario, locked_out=(), allow_withheld=True)
    universe = find_candidates(inventory, free)
    sites = universe.sites
    withheld = () if scenario.allow_withheld else withheld_sites(inventory)
    needed = {species: sites_to_cover(inventory, species) for species in scenario.must_have}
    floors = {f"{kind}:{code}": (kind, code, number) for kind, code, number in scenario.floors}
    ceilings = {f"{kind}:{code}": (kind, code, number) for kind, code, number in scenario.ceilings}

    def alone(parts: Sequence[Part]) -> tuple[Cheapest, float]:
        """The cheapest choice that has these alone, and its cost."""
        asked = {kind: [part.code for part in parts if part.kind == kind] for kind in _KINDS}
        forced = {*asked["locked_in"], *(site for species in asked["must_have"] for site in needed[species])}
        barred = {*asked["locked_out"], *asked["withheld"]}
        open_ = np.array([site not in barred for site in sites], dtype=bool)
        locked = np.array([site in forced for site in sites], dtype=bool)
        if (locked & ~open_).any():
            return Cheapest(None, True), math.inf
        at = np.flatnonzero(open_)
        part = replace(
            free,
            floors=tuple(floors[code] for code in asked["floor"]),
            ceilings=tuple(ceilings[code] for code in asked["ceiling"]),
        )
        costs = universe.costs[at] if asked["budget"] else np.zeros(len(at))
        rows = quotas(inventory, part, [sites[place] for place in at])
        found = _cheapest(costs, locked[at], rows, clock)
        return found, math.inf if found.chosen is None else float(costs @ found.chosen)

    def cannot(parts: Sequence[Part]) -> bool:
        """Whether these alone cannot be had, for sure."""
        found, cost = alone(parts)
        over = any(part.kind == "budget" for part in parts) and not within(cost, scenario.budget)
        return found.is_none or (found.proven and over)

    # what is named first is kept longest: numbers before sites
    parts = [Part("budget")] if with_budget else []
    parts += [Part("floor", code) for code in floors]
    parts += [Part("ceiling", code) for code in ceilings]
    parts += [Part("must_have", species) for species in scenario.must_have]
    for kind, held in (
        ("locked_in", scenario.locked_in),
        ("withheld", withheld),
        ("locked_out", scenario.locked_out),
    ):
        parts += [Part(kind, site) for site in held if site in universe.cost.index]
    found = _quick([], [], parts, cannot)
    cheapest, need = alone(found)
    return found, need if cheapest.proven else None


_KINDS = ("budget", "floor", "ceiling", "must_have", "locked_in", "locked_out", "withheld")


def _quick(
    background: list[Part], new: list[Part], parts: list[Part], cannot: Callable[[Sequence[Part]], bool]
) -> list[Part]:
    """A minimal colliding subset of `parts` on top of `background` (QuickXplain, Junker 2004)."""
    if new and cannot(background):
        return []
    if len(parts) <= 1:
        return parts
    half = len(parts) // 2
    first, second = parts[:half], parts[half:]
    in_second = _quick(background + first, first, second, cannot)
    in_first = _quick(background + in_second, in_second, first, cannot)
    return in_first + in_second


def _named(inventory: Inventory, sites: Sequence[str]) -> str:
    names = inventory.sites["name"]
    return ", ".join(f"{names[site]} ({site})" for site in sites)


def _species(inventory: Inventory, codes: Sequence[str]) -> str:
    names = inventory.species["scientific_name"]
    return ", ".join(str(names.get(code, code)) for code in codes)


def _told(inventory: Inventory, parts: Sequence[Part]) -> str:
    """Parts in words, with the names of their sites and species."""
    names, species = inventory.sites["name"], inventory.species["scientific_name"]

    def name(part: Part) -> str:
        if part.kind in ("floor", "ceiling"):
            kind, _, code = part.code.partition(":")
            return quota_name(inventory, kind, code)
        return str(names.get(part.code, species.get(part.code, part.code)))

    return ", ".join(t(f"conflict.part.{part.kind}", name=name(part)) for part in parts)


def _ways(inventory: Inventory, parts: Sequence[Part], *more: str) -> str:
    """What of these parts could give way, in words: nothing is unlocked that is not locked.

    `more`: other ways, ids below ``conflict.way.``.
    """
    names = {"locked_in": _named, "locked_out": _named, "must_have": _species}
    found = []
    for kind in ("floor", "ceiling", *names):
        codes = [part.code for part in parts if part.kind == kind]
        if codes:
            told = names[kind](inventory, codes) if kind in names else ""
            found.append(t(f"conflict.way.{kind}", n=len(codes), names=told))
    found += [t(f"conflict.way.{way}") for way in more]
    return reduce(lambda one, other: t("conflict.or", one=one, other=other), found)

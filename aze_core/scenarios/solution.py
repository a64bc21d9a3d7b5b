"""A solution: one plan that answers a scenario."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Solution:
    """One plan.

    Attributes
    ----------
    selected : tuple of str
        Sites of the plan, by identifier.
    objective : float
        What the plan adds, in the unit of the scenario's objective: the modelled risk reduction, from the
        species whose category is known, in species over the horizon (also under `lexicographic`); species;
        points of threat-abatement STAR; or the sum of the weighted scores.
    bound : float
        Proven upper end of what any plan could add; equals `objective` for an exact plan.
    gap : float
        ``(bound - objective) / bound``; 0 for an exact plan.
    cost : float
        In the budget's unit.
    method : {"exact", "exact_time_limit", "top", "nested"}
        Proven the best; the best found when time ran out; the top of the ranking; a step of a ladder.
    left_out : tuple of str
        Sites that could not be considered because their cover, or under another budget than one in sites
        their area or cost, is not known.
    outside : tuple of str
        Locked sites that the filters leave out, or where the action asked for cannot be, as at one that is
        completely covered: not in the plan.
    interchangeable : int
        Sites outside the plan that could replace one of it at the same value and cost.
    why : str
        Why this method: `one_budget` (independent sites under one budget), `linked` (species that need
        several sites), `quotas` (floors or ceilings), `lexicographic`, or `list` (the plain plan).
    species : int
        Species that the plan adds to those whose listed sites are all covered.
    filled : tuple of str
        Sites of the plan whose area or cost is the median of their region and class.
    unfit : tuple of str
        Sites that are not completely covered and where the action asked for cannot be.
    withheld : tuple of str
        Sites left out because their rights holders withhold consent.
    consent_unknown : tuple of str
        Sites of the plan of which no stage of consent is known.
    missed : tuple of (str, str, int)
        Floors that the plain plan does not reach; an exact plan reaches all.
    """

    selected: tuple[str, ...]
    objective: float
    bound: float
    gap: float
    cost: float
    method: str
    left_out: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    interchangeable: int = 0
    why: str = "one_budget"
    species: int = 0
    filled: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    consent_unknown: tuple[str, ...] = ()
    missed: tuple[tuple[str, str, int], ...] = ()

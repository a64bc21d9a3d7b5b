"""A scenario: what is asked of a plan, and what a plan may and must contain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aze_core.domain.errors import SettingError
from aze_core.domain.model import (
    Assumptions,
    Choice,
    Filters,
    Weights,
    checked_codes,
    checked_number,
    checked_one,
    checked_part,
    checked_whole,
)
from aze_core.domain.settings import value
from aze_core.scenarios.actions import ACTIONS, DEFAULT_ACTION, STATED

SCHEMA = 2
"""Number of the form in which a scenario is written; 1 had a budget, locks, filters and assumptions only."""

BUDGETS = ("sites", "km2", "cost", "index")
"""Units of a budget: sites, km² that the plan adds, the user's own cost, or an index without a unit."""

OBJECTIVES = ("risk", "species", "star", "weighted", "lexicographic")
"""What a plan makes as high as can be; `lexicographic`: species all covered, then risk, then cost."""

QUOTAS = ("country", "region", "class", "income")
"""What a floor or a ceiling can be about."""

UNKNOWN_COSTS = ("leave_out", "median")
"""What becomes of a site whose area or cost is not known."""

_MOST_SITES = 100_000


@dataclass(frozen=True)
class Scenario(Choice):
    """What a plan may take and what it must or must not contain.

    Attributes
    ----------
    budget_kind : {"sites", "km2", "cost", "index"}
        Unit of the budget: number of sites; km² on which the plan acts (for areas the part that is added);
        the user's own cost, in the currency of the national table; or an index without a unit, those km² to
        the power of `elasticity`. Money stands only where the user gave money.
    budget : float
        At least 0; a whole number for sites.
    locked_in, locked_out : tuple of str
        Sites that every plan contains, and sites that none contains.
    filters : Filters
        Sites to choose from.
    assumptions : Assumptions
        Horizon, scheme and effect of the modelled risk reduction.
    objective : {"risk", "species", "star", "weighted", "lexicographic"}
        The modelled risk reduction; the number of species whose listed sites are all covered;
        threat-abatement STAR at what the plan newly holds; the weighted scores of the chosen sites; or
        species, then risk.
    weights : Weights, optional
        For the objective `weighted`, which needs them.
    class_effects, threat_effects : tuple of (str, float)
        Effect of protection by taxonomic class, and by code of the IUCN threats classification, in place of
        the one of `assumptions`; 0 to 0.762.
    action : str
        What is done at a site, one of `aze_core.scenarios.actions.ACTIONS`.
    actions : tuple of (str, str)
        Site and action, where it is another one.
    held : tuple of (str, float)
        Action (better management, threat control or restoration) and the share of a site that counts as held
        after it, by the user's own judgement; without it such an action has no modelled effect.
    to_share : float
        Share of a site that an area-based action covers, 0.01 to 1.
    must_have : tuple of str
        Species whose sites are all in the plan or covered already.
    floors, ceilings : tuple of (str, str, int)
        Kind (one of `QUOTAS`), code, and the number of sites that a plan holds of it at least, or at most. A
        site of several countries or classes counts in each.
    allow_withheld : bool
        Whether sites count whose rights holders withhold consent; by default none of them is in a plan.
    unknown_cost : {"leave_out", "median"}
        A site of unknown area or cost is left out by name, or gets the median of its region and class.
    cost_field : str
        Field of the national table that holds the cost.
    elasticity : float
        Exponent of the index, above 0 to 1.

    Examples
    --------
    >>> Scenario(budget=5, floors=[["country", "MDG", 2]]).floors
    (('country', 'MDG', 2),)
    >>> Scenario.from_dict(Scenario(budget=5).to_dict()) == Scenario(budget=5)
    True
    """

    budget_kind: str = "sites"
    budget: float = value("scenario.default_sites")
    locked_in: tuple[str, ...] = ()
    locked_out: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    assumptions: Assumptions = field(default_factory=Assumptions)
    objective: str = OBJECTIVES[0]
    weights: Weights | None = None
    class_effects: tuple[tuple[str, float], ...] = ()
    threat_effects: tuple[tuple[str, float], ...] = ()
    action: str = DEFAULT_ACTION
    actions: tuple[tuple[str, str], ...] = ()
    held: tuple[tuple[str, float], ...] = ()
    to_share: float = 1.0
    must_have: tuple[str, ...] = ()
    floors: tuple[tuple[str, str, int], ...] = ()
    ceilings: tuple[tuple[str, str, int], ...] = ()
    allow_withheld: bool = False
    unknown_cost: str = UNKNOWN_COSTS[0]
    cost_field: str = "cost"
    elasticity: float = value("scenario.elasticity")

    def __post_init__(self) -> None:
        def put(name: str, made: Any) -> None:
            object.__setattr__(self, name, made)

        for name, known in (
            ("budget_kind", BUDGETS),
            ("objective", OBJECTIVES),
            ("action", ACTIONS),
            ("unknown_cost", UNKNOWN_COSTS),
        ):
            checked_one(name, getattr(self, name), known)
        number = checked_number("budget", self.budget, 0, value("scenario.budget_max"))
        if self.budget_kind == "sites" and not number.is_integer():
            raise SettingError("not_whole", name="budget", value=self.budget)
        put("budget", number)
        for name in ("locked_in", "locked_out", "must_have"):
            put(name, checked_codes(name, getattr(self, name)))
        put("filters", checked_part(Filters, "filters", self.filters))
        put("assumptions", checked_part(Assumptions, "assumptions", self.assumptions))
        if self.weights is not None:
            put("weights", checked_part(Weights, "weights", self.weights))
        elif self.objective == "weighted":
            raise SettingError("no_weights")
        highest = value("protection.effect_max")
        for name in ("class_effects", "threat_effects"):
            put(name, _pairs(name, getattr(self, name), lambda g: checked_number("effect", g, 0, highest)))
        put("actions", _pairs("actions", self.actions, _action))
        put("held", _pairs("held", self.held, lambda g: checked_number("held", g, 0, 1)))
        for action, _ in self.held:
            checked_one("held", action, STATED)
        put("to_share", checked_number("to_share", self.to_share, 0.01, 1))
        for name in ("floors", "ceilings"):
            put(name, _quotas(name, getattr(self, name)))
        if not isinstance(self.allow_withheld, bool):
            raise SettingError(
                "not_one_of", name="allow_withheld", value=self.allow_withheld, expected="true, false"
            )
        if not isinstance(self.cost_field, str) or not self.cost_field:
            raise SettingError("not_one_of", name="cost_field", value=self.cost_field, expected="a text")
        put("elasticity", checked_number("elasticity", self.elasticity, 0.01, 1))

    def to_dict(self) -> dict[str, Any]:
        """The scenario as plain values, with the number of their form under `schema`."""
        return {"schema": SCHEMA, **super().to_dict()}

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Self:
        """A scenario from plain values.

        Raises
        ------
        SettingError
            A form newer than this planner's, a name that is none of a scenario's, or a value that does not
            fit: nothing is passed over.
        """
        if isinstance(given, dict) and "schema" in given:
            number = checked_whole("schema", given["schema"], 1, 10**6)
            if number > SCHEMA:
                raise SettingError("newer_scenario", found=number, known=SCHEMA)
            given = {name: item for name, item in given.items() if name != "schema"}
        return super().from_dict(given)


def _action(given: Any) -> str:
    checked_one("action", given, ACTIONS)
    return str(given)


def _pairs(name: str, given: Any, check: Callable[[Any], Any]) -> tuple[tuple[str, Any], ...]:
    """Pairs of a text and what belongs to it, sorted and each text once, or a SettingError."""
    given = list(given.items()) if isinstance(given, dict) else given
    wrong = SettingError("not_one_of", name=name, value=given, expected="pairs of a text and a value")
    if not isinstance(given, list | tuple):
        raise wrong
    found: dict[str, Any] = {}
    for pair in given:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise wrong
        if pair[0] in found and found[pair[0]] != check(pair[1]):
            raise SettingError("said_twice", name=name, code=pair[0])
        found[pair[0]] = check(pair[1])
    return tuple(sorted(found.items()))


def _quotas(name: str, given: Any) -> tuple[tuple[str, str, int], ...]:
    """Floors or ceilings, sorted and each once, or a SettingError."""
    wrong = SettingError("not_one_of", name=name, value=given, expected="entries of a kind, a code, a number")
    if not isinstance(given, list | tuple):
        raise wrong
    found: dict[tuple[str, str], int] = {}
    for entry in given:
        if not isinstance(entry, list | tuple) or len(entry) != 3 or not isinstance(entry[1], str):
            raise wrong
        checked_one(name, entry[0], QUOTAS)
        number = checked_whole(name, entry[2], 0, _MOST_SITES)
        if found.get((entry[0], entry[1]), number) != number:
            raise SettingError("said_twice", name=name, code=f"{entry[0]}:{entry[1]}")
        found[entry[0], entry[1]] = number
    return tuple((*key, number) for key, number in sorted(found.items()))

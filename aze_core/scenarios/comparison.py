"""Up to four plans side by side, all measured with one ruler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import pandas as pd

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Filters, Inventory
from aze_core.scenarios.actions import after_actions
from aze_core.scenarios.added_area import site_added
from aze_core.scenarios.outcome import plan_ledger, plan_scoreboard
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution
from aze_core.scenarios.targets import MEASURES, NEWEST

LETTERS = "ABCD"

COSTS = ("sites", "added_km2", "cost")
"""What plans take: less is less to pay. `cost` stands only where all plans count it in the same unit."""

HIGHER = (
    "species_all_covered",
    "risk_reduction",
    "star",
    "sites_complete",
    "countries_served",
    "mean_cover",
    "species_any_covered",
)
"""Measures of which more is more, what a sentence names first in front."""

_LOWER = ("sites_uncovered", "species_without")
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan that is set beside others.

    `data` is the content hash of the version that it was made with.
    """

    name: str
    scenario: Scenario
    solution: Solution
    data: str


@dataclass(frozen=True)
class Hindrance:
    """What keeps plans from being read against each other.

    `kind`: `same_plan` (two plans hold the same sites), `budgets`, `objectives`, `assumptions`, `filters`
    (they differ), `data` (made with another version; `n` of its sites are not in this one) or `nothing` (none
    of its sites is in this version). `letters`: the plans concerned.
    """

    kind: str
    letters: str
    n: int = 0


@dataclass(frozen=True)
class Verdict:
    """What a plan buys and gives up beside the others.

    Attributes
    ----------
    buys : tuple of (str, float, float)
        Measure or cost in which it is ahead of every other plan, its own value, and by how much it is ahead
        of the next; in the order of `HIGHER` and `COSTS`, then the measures of which less is more.
    gives_up : tuple of (str, float, float)
        The same where another plan is ahead, and by how much the best one is.
    beaten_by : str
        Letters of plans that are nowhere behind and somewhere ahead of it, with those `COSTS` that can be set
        against each other.
    same_as : str
        Letters of plans with the same sites.
    """

    buys: tuple[tuple[str, float, float], ...]
    gives_up: tuple[tuple[str, float, float], ...]
    beaten_by: str
    same_as: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """Plans side by side.

    Attributes
    ----------
    letters : str
        ``"AB"`` to ``"ABCD"``, in the order given.
    measures : pandas.DataFrame
        Index `measure`; `aichi`, `gbf`, `unit`, `n` (missing where plans count different sites), `before`,
        one column per letter: the value after each plan; `best`: letters of the plans that are ahead, empty
        where all are alike or more is not better.
    facts : pandas.DataFrame
        Index: letters; `sites`, `countries`, `added_km2` (known areas), `area_unknown` (sites), `cost` in the
        plan's own unit (missing where sites were lost), `kind` of budget, `objective` in its own unit,
        `own_sites` (before sites that this version does not have were left out).
    sites : pandas.DataFrame
        Index `site_id`, sites of any plan; `letters`: the plans that hold it.
    lost : dict
        By letter: sites of the plan that this version does not have.
    common : pandas.DataFrame
        Letters by letters: sites that two plans share.
    ledger : pandas.DataFrame
        Index `species_id`, species that some plans leave without a covered site and others do not;
        `scientific_name`, `category`, `sites`, `iso3` and `letters` of the plans that leave them so.
    ledger_n : dict
        By letter: species without a covered site after the plan.
    countries : pandas.DataFrame
        Index `iso3`, one column per letter: sites there; a shared site counts in each of its countries.
    verdicts : dict
        By letter.
    hindrances : tuple of Hindrance
    """

    letters: str
    measures: pd.DataFrame
    facts: pd.DataFrame
    sites: pd.DataFrame
    lost: dict[str, tuple[str, ...]]
    common: pd.DataFrame
    ledger: pd.DataFrame
    ledger_n: dict[str, int]
    countries: pd.DataFrame
    verdicts: dict[str, Verdict]
    hindrances: tuple[Hindrance, ...]

    @property
    def differences(self) -> pd.DataFrame:
        """Index as `measures`, one column for each later plan: its value less that of the first."""
        first, others = self.letters[0], list(self.letters[1:])
        return self.measures[others].astype(float).sub(self.measures[first].astype(float), axis=0)

    @property
    def inside(self) -> list[tuple[str, str]]:
        """Pairs of plans of which the second holds every site of the first, and more."""
        n: dict[Any, dict[Any, int]] = self.common.to_dict()
        return [
            (one, two)
            for one in self.letters
            for two in self.letters
            if 0 < n[one][one] == n[one][two] < n[two][two]
        ]


def compare(inventory: Inventory, plans: Sequence[Plan]) -> Comparison:
    """Plans side by side.

    Parameters
    ----------
    inventory : Inventory
        The version that all are measured with; a plan made with another one is carried over by site.
    plans : sequence of Plan
        Two to four; a single one is taken too, and has nothing beside it.

    Returns
    -------
    Comparison

    Raises
    ------
    SettingError
        None, or more than four plans.

    Notes
    -----
    One ruler for all: this version's newest reports, every site of its list whatever the plans chose from,
    and the assumptions and effects of the first plan; each plan keeps its own actions, their stated shares
    and the share of a site that it covers. So the lines differ from those of a scoreboard under filters or
    under other assumptions. Money is compared only where all plans count the same cost. A plan that is ahead
    in a line is not the better plan: the lines are not of one worth, and the model knows few of the reasons.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.scenarios import solve
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> one, two = Scenario(budget=5), Scenario(budget=8)
    >>> made = compare(loaded, [Plan(f"{s.budget:n}", s, solve(loaded, s), "") for s in (one, two)])
    >>> made.sites["letters"].value_counts().to_dict(), made.facts["sites"].to_dict()
    ({'AB': 5, 'B': 3}, {'A': 5, 'B': 8})
    """
    if not 1 <= len(plans) <= len(LETTERS):
        raise SettingError("compare_number", n=len(plans), most=len(LETTERS))
    by_letter = dict(zip(LETTERS, plans, strict=False))
    letters = "".join(by_letter)
    ruler = plans[0].scenario
    filters = Filters(list_type=ruler.filters.list_type)
    known = inventory.sites.index
    carried = {x: tuple(s for s in plan.solution.selected if s in known) for x, plan in by_letter.items()}
    lost = {x: tuple(s for s in plan.solution.selected if s not in known) for x, plan in by_letter.items()}
    hindrances = list(_hindrances(inventory, by_letter, carried))
    measured = {}
    for letter, plan in by_letter.items():
        measured[letter] = _with_ruler(inventory, plan.scenario, ruler, filters)
    boards = {x: plan_scoreboard(inventory, measured[x], carried[x]) for x in letters}
    ledgers = {x: plan_ledger(inventory, measured[x], carried[x]) for x in letters}
    facts = pd.DataFrame(
        [_facts(inventory, plan, measured[x], carried[x]) for x, plan in by_letter.items()],
        index=pd.Index(list(letters), name="plan"),
    )
    measures = _measures(boards)
    table = _levels(measures, facts, comparable="budgets" not in {h.kind for h in hindrances})
    sites = _sites(carried)
    return Comparison(
        letters,
        measures,
        facts,
        sites,
        lost,
        _common(carried),
        _ledger(ledgers),
        {x: len(ledgers[x]) for x in letters},
        _countries(inventory, carried),
        {x: _verdict(table, x, _same(carried, x)) for x in letters},
        tuple(hindrances),
    )


def _with_ruler(inventory: Inventory, own: Scenario, ruler: Scenario, filters: Filters) -> Scenario:
    """A scenario with what is measured alike for all, and what names nothing of another version."""
    known = set(inventory.sites.index)
    return replace(
        own,
        filters=filters,
        assumptions=ruler.assumptions,
        class_effects=ruler.class_effects,
        threat_effects=ruler.threat_effects,
        actions=tuple(pair for pair in own.actions if pair[0] in known),
        # spend is compared as a cost, not as a line
        budget_kind="sites",
        budget=0.0,
    )


def _hindrances(
    inventory: Inventory, plans: dict[str, Plan], carried: dict[str, tuple[str, ...]]
) -> list[Hindrance]:
    found = []
    every = "".join(plans)
    for kind, own in (
        ("budgets", [_cost_unit(plan.scenario) for plan in plans.values()]),
        ("objectives", [plan.scenario.objective for plan in plans.values()]),
        ("assumptions", [_assumed(plan.scenario) for plan in plans.values()]),
        ("filters", [plan.scenario.filters for plan in plans.values()]),
    ):
        if any(one != own[0] for one in own):
            found.append(Hindrance(kind, every))
    for letter, plan in plans.items():
        gone = len(plan.solution.selected) - len(carried[letter])
        if plan.solution.selected and not carried[letter]:
            found.append(Hindrance("nothing", letter, gone))
        elif plan.data != inventory.version.content_hash:
            found.append(Hindrance("data", letter, gone))
    for one, two in combinations(plans, 2):
        if set(plans[one].solution.selected) == set(plans[two].solution.selected):
            found.append(Hindrance("same_plan", one + two))
    return found


def _cost_unit(scenario: Scenario) -> tuple[object, ...]:
    """What the costs of two scenarios must share to be one unit."""
    kind = scenario.budget_kind
    return (
        kind,
        scenario.cost_field if kind == "cost" else "",
        scenario.elasticity if kind == "index" else 0,
    )


def _assumed(scenario: Scenario) -> tuple[object, ...]:
    return scenario.assumptions, scenario.class_effects, scenario.threat_effects


def _facts(
    inventory: Inventory, plan: Plan, measured: Scenario, carried: tuple[str, ...]
) -> dict[str, object]:
    cover = after_actions(inventory, measured, carried)["cover"]
    added = site_added(inventory, carried, measured.filters, cover)["added_km2"]
    return {
        "sites": len(carried),
        "own_sites": len(plan.solution.selected),
        "countries": inventory.countries_of(pd.Index(carried))["iso3"].nunique() if carried else 0,
        "added_km2": float(added.sum()),
        "area_unknown": int(added.isna().sum()),
        # what a plan costs in another version with other sites says nothing of these
        "cost": plan.solution.cost if len(carried) == len(plan.solution.selected) else float("nan"),
        "kind": plan.scenario.budget_kind,
        "objective": plan.solution.objective,
    }


def _measures(boards: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The lines of the newest reports, side by side."""
    own = {x: board[board["basis"] == NEWEST].set_index("measure") for x, board in boards.items()}
    first = next(iter(own.values()))
    found = first[["aichi", "gbf", "unit", "n", "before"]].copy()
    for letter, board in own.items():
        found[letter] = board["after"].astype(float).reindex(found.index)
    # what is counted at the sites of a plan alone differs from plan to plan
    each = pd.DataFrame({x: board["n"] for x, board in own.items()}).reindex(found.index)
    found["n"] = found["n"].astype("Int64").mask(each.max(axis=1) > each.min(axis=1))
    letters = list(boards)
    best = []
    for measure, row in found.iterrows():
        values = row[letters].astype(float)
        if measure in _LOWER:
            values = -values
        elif measure not in HIGHER:
            values[:] = float("nan")
        top = values.max()
        ahead = [x for x in letters if values[x] >= top - _ROUNDING * max(1.0, abs(top))]
        best.append("" if pd.isna(top) or len(ahead) == len(letters) else "".join(ahead))
    found["best"] = best
    order = [measure for measure in MEASURES if measure in found.index]
    return found.loc[order]


def _levels(measures: pd.DataFrame, facts: pd.DataFrame, comparable: bool) -> pd.DataFrame:
    """What verdicts are made of: index measure or cost, one column per letter; higher is always ahead."""
    letters = [x for x in LETTERS if x in measures.columns]
    lines = measures.loc[[m for m in (*HIGHER, *_LOWER) if m in measures.index], letters].astype(float)
    lines.loc[lines.index.isin(_LOWER)] *= -1
    costs = [name for name in COSTS if comparable or name != "cost"]
    paid = -facts[costs].astype(float).T
    # an area that is not known cannot be called smaller
    if (facts["area_unknown"] > 0).any():
        paid = paid.drop(index="added_km2")
    # where the budget is counted in sites, that is the cost
    if comparable and facts["kind"].iloc[0] in ("sites", "km2"):
        paid = paid.drop(index="cost", errors="ignore")
    return pd.concat([lines, paid]).dropna()


def _verdict(levels: pd.DataFrame, letter: str, same_as: str) -> Verdict:
    others = [x for x in levels.columns if x != letter and x not in same_as]
    if not others:
        return Verdict((), (), "", same_as)
    own, best = levels[letter], levels[others].max(axis=1)
    room = _ROUNDING * best.abs().clip(lower=1.0)
    lead = own - best
    order = [m for m in (*HIGHER, *COSTS, *_LOWER) if m in levels.index]

    def told(of: pd.Series) -> tuple[tuple[str, float, float], ...]:
        return tuple((m, abs(float(own[m])), abs(float(lead[m]))) for m in order if of[m])

    beaten = [x for x in others if (levels[x] >= own - room).all() and (levels[x] > own + room).any()]
    return Verdict(told(lead > room), told(lead < -room), "".join(beaten), same_as)


def _same(carried: dict[str, tuple[str, ...]], letter: str) -> str:
    return "".join(x for x, own in carried.items() if x != letter and set(own) == set(carried[letter]))


def _sites(carried: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    union = sorted({site for own in carried.values() for site in own})
    letters = ["".join(x for x, own in carried.items() if site in own) for site in union]
    return pd.DataFrame(
        {"letters": pd.array(letters, dtype="str")}, index=pd.Index(union, name="site_id", dtype="str")
    )


def _common(carried: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    held = {x: set(own) for x, own in carried.items()}
    return pd.DataFrame({x: {y: len(held[x] & held[y]) for y in held} for x in held}).rename_axis("plan")


def _ledger(ledgers: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Species that some plans leave without a covered site, and others do not."""
    every = pd.concat(ledgers.values())
    rows = every[~every.index.duplicated()]
    letters = pd.Series(
        ["".join(x for x, own in ledgers.items() if species in own.index) for species in rows.index],
        index=rows.index,
        dtype="str",
    )
    columns = ["scientific_name", "category", "sites", "iso3"]
    found = rows.assign(letters=letters)[[*columns, "letters"]]
    return found[found["letters"] != "".join(ledgers)].sort_values("scientific_name")


def _countries(inventory: Inventory, carried: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    counts = {
        x: inventory.countries_of(pd.Index(own, dtype="str"))["iso3"].value_counts()
        for x, own in carried.items()
    }
    return pd.DataFrame(counts).fillna(0).astype(int).sort_index().rename_axis("iso3")

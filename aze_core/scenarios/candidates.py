"""The sites that a plan can choose from, what each costs, and which ones it must hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from aze_core.domain.errors import ScenarioError
from aze_core.domain.memo import per_inventory
from aze_core.domain.model import NATIONAL, UNKNOWN, Inventory
from aze_core.measures.coverage import protection_class
from aze_core.ranking.criteria import latest
from aze_core.ranking.values import national_fields, raw_criterion
from aze_core.scenarios.actions import AREA_BASED, UNMODELLED, site_actions
from aze_core.scenarios.exact import Quota
from aze_core.scenarios.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Candidates:
    """What can be had.

    Attributes
    ----------
    cost : pandas.Series
        Index `site_id`, sorted: the candidates; in the budget's unit.
    forced : tuple of str
        Candidates that every plan holds: locked in, or a site of a must-have species.
    stuck : tuple of str
        Sites that would be forced, but whose cost is not known.
    left_out, outside, filled, unfit, withheld : tuple of str
        As in `Solution`.
    """

    cost: pd.Series
    forced: tuple[str, ...]
    stuck: tuple[str, ...]
    left_out: tuple[str, ...]
    outside: tuple[str, ...]
    filled: tuple[str, ...]
    unfit: tuple[str, ...]
    withheld: tuple[str, ...]

    @property
    def sites(self) -> list[str]:
        """Identifiers of the candidates."""
        return list(self.cost.index)

    @property
    def costs(self) -> np.ndarray:
        """Costs as an array."""
        return self.cost.to_numpy(dtype=float)

    @property
    def locked(self) -> np.ndarray:
        """Which candidates are forced."""
        return self.cost.index.isin(self.forced)


def find_candidates(inventory: Inventory, scenario: Scenario) -> Candidates:
    """The sites that the scenario leaves to choose from.

    Raises
    ------
    ScenarioError
        The scenario names a site, species, country or field that this inventory does not have.
    """
    check_names(inventory, scenario)
    share = latest(inventory)["share"].astype(float)
    action = site_actions(inventory, scenario)
    scope = inventory.where(scenario.filters)
    fits = scope[(action[scope] != "").to_numpy()]
    unfit = scope[((action[scope] == "") & (protection_class(share[scope]) != "complete")).to_numpy()]
    withheld: set[str] = set() if scenario.allow_withheld else set(withheld_sites(inventory))
    asked = set(scenario.locked_in)
    needed = {site for species in scenario.must_have for site in sites_to_cover(inventory, species)}
    wanted = (asked | needed) & set(fits) - set(scenario.locked_out) - withheld
    open_sites = sorted(set(fits) - set(scenario.locked_out) - withheld)
    cost, filled = site_costs(inventory, scenario, open_sites)
    area = action.reindex(open_sites).isin(AREA_BASED).to_numpy()
    # what covering a site of unknown cover would add is not known either: only a lock takes it
    unsure = area & share.reindex(open_sites).isna().to_numpy() & ~cost.index.isin(wanted)
    cost = cost.mask(unsure)
    lost = cost.index[cost.isna()]
    return Candidates(
        cost=cost.dropna(),
        forced=tuple(sorted(wanted - set(lost))),
        stuck=tuple(sorted(wanted & set(lost))),
        left_out=tuple(site for site in lost if site not in wanted),
        outside=tuple(site for site in scenario.locked_in if site not in fits),
        filled=tuple(site for site in filled if site not in lost),
        unfit=tuple(sorted(unfit)),
        withheld=tuple(sorted(withheld & set(fits))),
    )


def check_names(inventory: Inventory, scenario: Scenario) -> None:
    """Refuse what the scenario names and the inventory does not have.

    Raises
    ------
    ScenarioError
    """
    sites = [*scenario.locked_in, *scenario.locked_out, *(site for site, _ in scenario.actions)]
    if lost := sorted(set(sites) - set(inventory.sites.index)):
        raise ScenarioError("unknown_sites", sites=", ".join(lost))
    if lost := sorted(set(scenario.must_have) - set(inventory.occurrences["species_id"])):
        raise ScenarioError("unknown_species", species=", ".join(lost))
    for kind, code, _ in (*scenario.floors, *scenario.ceilings):
        there = set(memberships(inventory, kind)["code"])
        if code not in there:
            raise ScenarioError("unknown_quota", kind=kind, code=code, expected=", ".join(sorted(there)))
    for setting, pairs, known in (
        ("class", scenario.class_effects, inventory.species["class_name"].fillna(UNKNOWN)),
        ("threat", scenario.threat_effects, threat_codes(inventory) if scenario.threat_effects else ()),
    ):
        if lost := sorted({code for code, _ in pairs} - set(known)):
            raise ScenarioError(
                "unknown_effect",
                what=setting,
                codes=", ".join(lost),
                expected=", ".join(sorted(known)) or "–",
            )
    if scenario.budget_kind == "cost":
        fields = national_fields(inventory)
        usable = fields.index[(fields["reason"] == "") & (fields["sites"] > 0)]
        if scenario.cost_field not in usable:
            reason = fields["reason"].get(scenario.cost_field)
            raise ScenarioError(
                "mixed_costs" if reason == "units" else "no_costs",
                field=scenario.cost_field,
                expected=", ".join(usable) or "–",
            )


def threat_codes(inventory: Inventory) -> set[str]:
    """Codes of the recorded threats, with those above them in the classification."""
    return {
        ".".join(steps[:n])
        for steps in (str(code).split(".") for code in inventory.threats["code"].unique())
        for n in range(1, len(steps) + 1)
    }


def withheld_sites(inventory: Inventory) -> pd.Index:
    """Sites at which at least one rights holder withholds consent."""
    rights = inventory.rights
    return pd.Index(rights.loc[rights["consent_stage"] == "withheld", "site_id"].unique())


def consent_unknown(inventory: Inventory, sites: list[str]) -> tuple[str, ...]:
    """Those of the sites without any stated stage of consent, or with one that is not known."""
    rights = inventory.rights
    known = set(rights["site_id"]) - set(rights.loc[rights["consent_stage"] == "unknown", "site_id"])
    return tuple(site for site in sites if site not in known)


def sites_to_cover(inventory: Inventory, species: str) -> list[str]:
    """Listed sites of a species that are not known to be completely covered."""
    at = inventory.occurrences
    here = sorted(at.loc[at["species_id"] == species, "site_id"].unique())
    kind = protection_class(latest(inventory)["share"].astype(float).reindex(here))
    return [site for site in here if kind[site] != "complete"]


@per_inventory
def memberships(inventory: Inventory, kind: str) -> pd.DataFrame:
    """One row per site and what it counts for: columns `site_id`, `code`.

    `kind`: country, region, class (of its trigger species) or income (World Bank level of its countries).
    """
    if kind == "country":
        found = inventory.countries_of().rename(columns={"iso3": "code"})
    elif kind == "income":
        found = inventory.countries_of()
        found["code"] = found["iso3"].map(inventory.countries["income_level"])
    elif kind == "region":
        found = inventory.sites["region"].rename("code").rename_axis("site_id").reset_index()
    else:
        found = inventory.occurrences[["site_id", "species_id"]].copy()
        found["code"] = found["species_id"].map(inventory.species["class_name"]).fillna(UNKNOWN)
    return found[["site_id", "code"]].dropna().astype("str").drop_duplicates(ignore_index=True)


def members(inventory: Inventory, kind: str, code: str) -> set[str]:
    """Sites that count for a floor or ceiling."""
    table = memberships(inventory, kind)
    return set(table.loc[table["code"] == code, "site_id"])


def quotas(inventory: Inventory, scenario: Scenario, sites: list[str]) -> tuple[Quota, ...]:
    """Floors and ceilings over the candidates."""
    found = []
    for entries, is_floor in ((scenario.floors, True), (scenario.ceilings, False)):
        for kind, code, number in entries:
            inside = members(inventory, kind, code)
            units = tuple(at for at, site in enumerate(sites) if site in inside)
            found.append(Quota(units, number if is_floor else None, None if is_floor else number))
    return tuple(found)


def site_costs(
    inventory: Inventory, scenario: Scenario, sites: list[str]
) -> tuple[pd.Series, tuple[str, ...]]:
    """Cost of acting at each site in the budget's unit, and the sites for which a median stands in.

    Returns
    -------
    (pandas.Series, tuple of str)
        Index as `sites`; missing where not known.
    """
    index = pd.Index(sites, dtype="str")
    if scenario.budget_kind == "sites":
        return pd.Series(1.0, index=index), ()
    if scenario.budget_kind == "cost":
        code = NATIONAL + scenario.cost_field
        given = raw_criterion(inventory, code, scenario.assumptions)["known"].astype(float)
        given = given.where(given >= 0)
    else:
        given = inventory.sites["area_km2"].astype(float)
    filled: tuple[str, ...] = ()
    if scenario.unknown_cost == "median":
        middle = regional_median(inventory, given).reindex(index)
        lacking = given.reindex(index).isna() & middle.notna()
        filled = tuple(index[lacking])
        given = given.reindex(index).mask(lacking, middle)
    given = given.reindex(index)
    if scenario.budget_kind == "cost":
        return given, filled
    worked = given * acted_share(inventory, scenario).reindex(index)
    if scenario.budget_kind == "index":
        worked = worked**scenario.elasticity
    return worked, tuple(site for site in filled if pd.notna(worked[site]))


def acted_share(inventory: Inventory, scenario: Scenario) -> pd.Series:
    """Share of each site on which its action works; missing where cover is not known.

    Areas: what is added; management: what is covered; threat control and restoration: the whole site; ex situ
    and survey take no land.
    """
    share = latest(inventory)["share"].astype(float)
    action = site_actions(inventory, scenario)
    worked = pd.Series(1.0, index=share.index).mask(action.isin(UNMODELLED), 0.0)
    worked = worked.mask(action == "management", share)
    return worked.mask(action.isin(AREA_BASED), (scenario.to_share - share).clip(lower=0.0))


def regional_median(inventory: Inventory, given: pd.Series) -> pd.Series:
    """Median of the known values at sites of the same region that share a taxonomic class.

    Returns
    -------
    pandas.Series
        Index `site_id`; the mean over a site's classes, the median of the region where no class has a value,
        missing where the region has none.
    """
    pairs = memberships(inventory, "class")
    pairs["region"] = pairs["site_id"].map(inventory.sites["region"])
    pairs["given"] = pairs["site_id"].map(given)
    by_class = pairs.groupby(["region", "code"])["given"].transform("median")
    found = by_class.groupby(pairs["site_id"]).mean().reindex(inventory.sites.index)
    region = inventory.sites["region"]
    return found.fillna(given.groupby(region).transform("median")).astype(float)

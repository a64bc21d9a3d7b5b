"""Cached loads: the inventory under its hash, and what is computed from it under frozen choices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from aze_core import build
from aze_core.domain.errors import AzeError, StoreError
from aze_core.domain.model import (
    Assumptions,
    Filters,
    Inventory,
    InventoryVersion,
    RankSettings,
    Uncertainty,
    Weights,
)
from aze_core.domain.settings import value
from aze_core.locale import explain, t
from aze_core.measures.changes import Changes
from aze_core.measures.changes import changes as changes_of
from aze_core.measures.countries import country_sites as country_sites_of
from aze_core.measures.countries import country_table as country_table_of
from aze_core.measures.coverage import protection_class
from aze_core.measures.curves import curve as curve_of
from aze_core.measures.curves import drawn_groups as drawn_groups_of
from aze_core.measures.curves import members as members_of
from aze_core.measures.gaps import gaps as gaps_of
from aze_core.measures.geometry import simplified
from aze_core.measures.impute import Validation
from aze_core.measures.periods import by_period
from aze_core.measures.periods import growth as growth_of
from aze_core.measures.readiness import readiness as readiness_of
from aze_core.measures.reported import (
    basis,
    by_vintage,
    class_counts,
    country_counts,
    default_vintage,
    falling,
    newest,
    uncovered_area,
)
from aze_core.measures.side_by_side import irreplaceability_table
from aze_core.measures.site_threats import site_threats
from aze_core.measures.uncorrected import uncorrected
from aze_core.measures.withhold import blurred, censored, is_sensitive, secrets, withheld
from aze_core.ranking.acceptability import Acceptability
from aze_core.ranking.agreement import Agreement
from aze_core.ranking.agreement import agreement as agreement_of
from aze_core.ranking.criteria import counts
from aze_core.ranking.explain import Reason
from aze_core.ranking.explain import reasons as reasons_of
from aze_core.ranking.explain import why_not as why_not_of
from aze_core.ranking.filled import validation as validation_of
from aze_core.ranking.moves import rank_moves as rank_moves_of
from aze_core.ranking.score import rank_sites
from aze_core.ranking.sensitivity import assumption_moves as assumption_moves_of
from aze_core.ranking.spread import rank_spread, site_confidence, site_wins
from aze_core.ranking.values import Values, criteria_values
from aze_core.reports.imports import aside_table, findings_table
from aze_core.scenarios.actions import after_actions, site_actions
from aze_core.scenarios.added_area import added_area as added_area_of
from aze_core.scenarios.added_area import site_added
from aze_core.scenarios.candidates import consent_unknown
from aze_core.scenarios.conflicts import Conflict
from aze_core.scenarios.conflicts import conflicts as conflicts_of
from aze_core.scenarios.curve import curve as trade_off_of
from aze_core.scenarios.difference import differences as differences_of
from aze_core.scenarios.difference import replacement_costs as replacement_costs_of
from aze_core.scenarios.gains import plan_gain as plan_gain_of
from aze_core.scenarios.index_change import IndexChange
from aze_core.scenarios.index_change import index_change as index_change_of
from aze_core.scenarios.national_coverage import NationalCoverage
from aze_core.scenarios.outcome import plan_ledger, plan_scoreboard
from aze_core.scenarios.problem import Scenario, Solution, solve, top_plan
from aze_core.scenarios.steps import bend, steps, with_plan
from aze_core.scenarios.targets import gone_species, scoreboard
from aze_core.store import folder
from aze_core.store.imports import Aside, record_of
from aze_core.store.inventory import boundaries as boundaries_of
from aze_core.store.inventory import load, read_version, written
from aze_core.views import maps
from pages.shell import version

_ENTRIES = 256


@st.cache_resource(show_spinner=False, max_entries=4)
def _inventory(path: str) -> Inventory:
    # boundaries are fetched for the few sites that are drawn
    return load(Path(path), boundaries=False)


@st.cache_resource(show_spinner=False, max_entries=4)
def _withheld(path: str) -> Inventory:
    return withheld(_inventory(path))


@st.cache_resource(show_spinner=False)
def _checked(store: str, data: str) -> dict[str, str]:
    """What the once-per-process check left to say, by store."""
    return {}


def current() -> Inventory:
    """The version that this session looks at, without names and exact places of what is sensitive.

    The store's default unless the session chose another; the shipped one is built first, with a progress
    bar, where it is missing or outdated.

    Raises
    ------
    AzeError
        When there is none and none can be built.
    """
    path = str(folder.inventory_path(folder.default_folder(), current_hash()))
    return _inventory(path) if version.revealed() else _withheld(path)


def whole() -> Inventory:
    """The version that this session looks at with everything in it: for decisions about it, never to show."""
    return _inventory(str(folder.inventory_path(folder.default_folder(), current_hash())))


def has_sensitive() -> bool:
    """Whether anything in this version is flagged as sensitive."""
    return is_sensitive(whole())


def current_hash() -> str:
    """Content hash of the version that this session looks at.

    Raises
    ------
    AzeError
        As `current`.
    """
    store = folder.default_folder()
    notes = _checked(str(store), str(folder.DATA))
    found = folder.read_current(store)
    if "done" not in notes or found is None:
        _bring_up_to_date(store, notes)
        found = folder.read_current(store)
    if found is None:
        raise StoreError("no_inventory", path=str(store))
    return version.chosen() or found.inventory


def _bring_up_to_date(store: Path, notes: dict[str, str]) -> None:
    if build.outdated(folder.DATA, store):
        bar = st.progress(0.0, t("build.stage.read"))

        def tell(share: float, stage: str) -> None:
            bar.progress(share, t(f"build.stage.{stage}"))

        try:
            build.build(folder.DATA, store, tell)
        except AzeError as error:
            if folder.read_current(store) is None:
                raise
            notes["problem"] = explain(error)
        finally:
            bar.empty()
    notes["done"] = "yes"


def build_problem() -> str:
    """Why the database is older than the facts, in words; empty when it is not."""
    return _checked(str(folder.default_folder()), str(folder.DATA)).get("problem", "")


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _ranked(key: str, _inventory: Inventory, weights: Weights | None, settings: RankSettings) -> pd.DataFrame:
    return rank_sites(_inventory, weights, settings)


def ranked(inventory: Inventory, weights: Weights | None, settings: RankSettings) -> pd.DataFrame:
    """The ranking; see `aze_core.ranking.score.rank_sites`."""
    if weights is not None and settings.unknown == "impute":
        # the first time, the test of what is filled in takes its time
        with st.spinner(t("filling.running")):
            return _ranked(inventory.key, inventory, weights, settings)
    return _ranked(inventory.key, inventory, weights, settings)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _plans(
    key: str, _inventory: Inventory, scenario: Scenario, weights: Weights | None
) -> tuple[Solution, Solution]:
    return solve(_inventory, scenario), top_plan(_inventory, scenario, weights)


def plans(inventory: Inventory, scenario: Scenario, weights: Weights | None) -> tuple[Solution, Solution]:
    """The exact plan and the plain one from the top of the ranking."""
    return _plans(inventory.key, inventory, scenario, weights)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _conflicts(key: str, _inventory: Inventory, scenario: Scenario) -> list[Conflict]:
    return conflicts_of(_inventory, scenario)


def conflicts(inventory: Inventory, scenario: Scenario) -> list[Conflict]:
    """Why no plan answers a scenario; see `aze_core.scenarios.conflicts.conflicts`."""
    return _conflicts(inventory.key, inventory, scenario)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _plan_gain(key: str, _inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> float:
    return plan_gain_of(_inventory, scenario, selected)


def plan_gain(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> float:
    """Modelled risk reduction that a plan adds; see `aze_core.scenarios.gains.plan_gain`."""
    return _plan_gain(inventory.key, inventory, scenario, selected)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _board(key: str, _inventory: Inventory, assumptions: Assumptions, filters: Filters) -> pd.DataFrame:
    return scoreboard(_inventory, (), assumptions, filters)


def board(inventory: Inventory, assumptions: Assumptions, filters: Filters) -> pd.DataFrame:
    """Scoreboard as things stand, without a plan."""
    return _board(inventory.key, inventory, assumptions, filters)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _plan_board(
    key: str, _inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    board = plan_scoreboard(_inventory, scenario, selected)
    return board, plan_ledger(_inventory, scenario, selected)


def plan_board(
    inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scoreboard and ledger of a plan, after what the scenario does at each of its sites."""
    return _plan_board(inventory.key, inventory, scenario, selected)


@dataclass(frozen=True, eq=False)
class TradeOff:
    """The curve of a scenario: all its rows, the `steps` to draw, and the row where it bends."""

    whole: pd.DataFrame
    steps: pd.DataFrame
    bend: pd.Series | None


@st.cache_data(show_spinner=False, max_entries=64)
def _trade_off(key: str, _inventory: Inventory, scenario: Scenario) -> pd.DataFrame:
    return trade_off_of(_inventory, scenario)


def trade_off(inventory: Inventory, scenario: Scenario, plan: Solution) -> TradeOff:
    """The trade-off curve, with the exact plan on it; see `aze_core.scenarios.curve.curve`."""
    # its own budget moves no curve
    whole = with_plan(_trade_off(inventory.key, inventory, replace(scenario, budget=0.0)), plan)
    drawn = steps(whole)
    if scenario.objective == "lexicographic":
        # more species can mean less of the modelled risk: nothing bounds it between two rows
        drawn["upper"] = drawn["objective"]
    return TradeOff(whole, drawn, bend(whole))


@st.cache_data(show_spinner=False, max_entries=64)
def _differences(key: str, _inventory: Inventory, scenario: Scenario) -> pd.DataFrame:
    return differences_of(_inventory, scenario)


def differences(inventory: Inventory, scenario: Scenario) -> pd.DataFrame:
    """What each thing asked for changes; see `aze_core.scenarios.difference.differences`."""
    return _differences(inventory.key, inventory, scenario)


@st.cache_data(show_spinner=False, max_entries=64)
def _replacement_costs(key: str, _inventory: Inventory, scenario: Scenario, plan: Solution) -> pd.Series:
    return replacement_costs_of(_inventory, scenario, plan)


def replacement_costs(inventory: Inventory, scenario: Scenario, plan: Solution) -> pd.Series:
    """What the exact plan would lose without each site.

    See `aze_core.scenarios.difference.replacement_costs`.
    """
    return _replacement_costs(inventory.key, inventory, scenario, plan)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _added_area(
    key: str,
    _inventory: Inventory,
    scenario: Scenario,
    selected: tuple[str, ...],
    national: tuple[NationalCoverage, ...],
) -> pd.DataFrame:
    cover = after_actions(_inventory, scenario, selected)["cover"]
    return added_area_of(_inventory, selected, scenario.filters, cover=cover, national=national)


def added_area(
    inventory: Inventory,
    scenario: Scenario,
    selected: tuple[str, ...],
    national: tuple[NationalCoverage, ...] = (),
) -> pd.DataFrame:
    """Area that a plan adds, by country; see `aze_core.scenarios.added_area.added_area`."""
    return _added_area(inventory.key, inventory, scenario, selected, national)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _plan_sites(
    key: str, _inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]
) -> pd.DataFrame:
    sites = pd.Index(selected, name="site_id")
    after = after_actions(_inventory, scenario, selected).reindex(sites)
    added = site_added(_inventory, selected, cover=after["cover"])
    return pd.DataFrame(
        {
            "action": site_actions(_inventory, scenario).reindex(sites),
            "cover_after": after["cover"],
            "held_after": after["held"],
            "added_km2": added["added_km2"].reindex(sites),
            "consent_unknown": sites.isin(consent_unknown(_inventory, list(selected))),
        },
        index=sites,
    )


def plan_sites(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> pd.DataFrame:
    """What a scenario does at some sites.

    Columns `action`, `cover_after`, `held_after`, `added_km2`, `consent_unknown`; see
    `aze_core.scenarios.actions` and `aze_core.scenarios.added_area.site_added`.
    """
    return _plan_sites(inventory.key, inventory, scenario, selected)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _index_change(
    key: str, _inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]
) -> IndexChange:
    held = after_actions(_inventory, scenario, selected)["held"]
    return index_change_of(_inventory, selected, scenario.assumptions, scenario.filters, held=held)


def index_change(inventory: Inventory, scenario: Scenario, selected: tuple[str, ...]) -> IndexChange:
    """Red List Index of the list's species, illustrative; see `aze_core.scenarios.index_change`."""
    return _index_change(inventory.key, inventory, scenario, selected)


@st.cache_data(show_spinner=False, max_entries=8)
def _overview(key: str, _inventory: Inventory) -> pd.DataFrame:
    sites = _inventory.sites
    last = newest(_inventory.coverage, sites.index)
    table = pd.DataFrame(sites.drop(columns="geometry")).join(last[["share", "vintage"]])
    table["protection"] = protection_class(table["share"])
    table["uncovered_km2"] = uncovered_area(sites["area_km2"], table["share"])
    table["falling"] = falling(_inventory.coverage, sites.index)
    return table.join(counts(_inventory))


def site_table(inventory: Inventory) -> pd.DataFrame:
    """Sites with their newest cover, its year and class, the fall flag and species counts."""
    return _overview(inventory.key, inventory)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _counts_by_vintage(key: str, _inventory: Inventory, filters: Filters) -> pd.DataFrame:
    return class_counts(_inventory.coverage, _inventory.where(filters))


def counts_by_vintage(inventory: Inventory, filters: Filters) -> pd.DataFrame:
    """Classes of protection by vintage among the filtered sites."""
    return _counts_by_vintage(inventory.key, inventory, filters)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _countries(key: str, _inventory: Inventory, filters: Filters, vintage: int) -> pd.DataFrame:
    sites = _inventory.where(filters)
    return country_counts(_inventory.countries_of(sites), shares_by_vintage(_inventory)[vintage])


def counts_by_country(inventory: Inventory, filters: Filters, vintage: int) -> pd.DataFrame:
    """Classes of protection by country in one vintage; a shared site counts in each of its countries."""
    return _countries(inventory.key, inventory, filters, vintage)


@st.cache_data(show_spinner=False, max_entries=8)
def _shares(key: str, _inventory: Inventory) -> pd.DataFrame:
    return by_vintage(_inventory.coverage, _inventory.sites.index)


def shares_by_vintage(inventory: Inventory) -> pd.DataFrame:
    """Covered share per site and vintage."""
    return _shares(inventory.key, inventory)


@st.cache_data(show_spinner=False, max_entries=8)
def _basis(key: str, _inventory: Inventory) -> dict[int, str]:
    return {int(str(year)): str(kind) for year, kind in basis(_inventory.coverage).items()}


def vintage_basis(inventory: Inventory, vintage: int) -> str:
    """Whether the shares of a vintage were `computed`, `reported`, or `both`."""
    return _basis(inventory.key, inventory)[vintage]


@st.cache_data(show_spinner=False, max_entries=32)
def _vintage_sources(key: str, _inventory: Inventory, vintage: int) -> list[str]:
    cover, titles = _inventory.coverage, _inventory.sources["title_short"]
    found = cover.loc[cover["vintage"] == vintage, "source"].value_counts()
    return [str(titles.get(code, code)) for code in found.index]


def vintage_sources(inventory: Inventory, vintage: int) -> list[str]:
    """Where the shares of a vintage come from, the most frequent first."""
    return _vintage_sources(inventory.key, inventory, vintage)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _first_vintage(key: str, _inventory: Inventory, filters: Filters) -> int | None:
    return default_vintage(_inventory.coverage, _inventory.where(filters))


def first_vintage(inventory: Inventory, filters: Filters) -> int | None:
    """The vintage that is shown first; see `aze_core.measures.reported.default_vintage`."""
    return _first_vintage(inventory.key, inventory, filters)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _country_table(key: str, _inventory: Inventory, filters: Filters, vintage: int | None) -> pd.DataFrame:
    return country_table_of(_inventory, _inventory.where(filters), vintage)


def country_table(inventory: Inventory, filters: Filters, vintage: int | None) -> pd.DataFrame:
    """Sites, species and cover by country; see `aze_core.measures.countries.country_table`."""
    return _country_table(inventory.key, inventory, filters, vintage)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _country_sites(
    key: str, _inventory: Inventory, filters: Filters, iso3: str, vintage: int | None
) -> pd.DataFrame:
    return country_sites_of(_inventory, _inventory.where(filters), iso3, vintage)


def country_sites(inventory: Inventory, filters: Filters, iso3: str, vintage: int | None) -> pd.DataFrame:
    """Sites of one country with their cover; see `aze_core.measures.countries.country_sites`."""
    return _country_sites(inventory.key, inventory, filters, iso3, vintage)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _curve(key: str, _inventory: Inventory, list_type: str, group: str) -> pd.DataFrame:
    return curve_of(_inventory, list_type, group)


def curve(inventory: Inventory, filters: Filters, group: str) -> pd.DataFrame:
    """Cover by year of a group of the list; see `aze_core.measures.curves.curve`."""
    return _curve(inventory.key, inventory, filters.list_type or inventory.main_list, group)


@st.cache_data(show_spinner=False, max_entries=32)
def _drawn_groups(key: str, _inventory: Inventory, list_type: str) -> list[str]:
    return drawn_groups_of(_inventory, list_type)


def drawn_groups(inventory: Inventory, filters: Filters) -> list[str]:
    """Groups of the list that have a curve."""
    return _drawn_groups(inventory.key, inventory, filters.list_type or inventory.main_list)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _group_counts(key: str, _inventory: Inventory, filters: Filters, group: str) -> pd.DataFrame:
    return class_counts(_inventory.coverage, members_of(_inventory, group, filters))


def group_counts(inventory: Inventory, filters: Filters, group: str) -> pd.DataFrame:
    """Classes of protection by vintage among the filtered sites of a group."""
    return _group_counts(inventory.key, inventory, filters, group)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _growth(key: str, _inventory: Inventory, list_type: str, iso3: str) -> pd.DataFrame:
    runs = _inventory.coverage_runs
    until = int(runs["until"].max()) if len(runs) else 0
    return by_period(growth_of(_inventory, list_type, iso3), until)


def growth(inventory: Inventory, filters: Filters, iso3: str) -> pd.DataFrame:
    """Growth of protected land by period; see `aze_core.measures.periods.by_period`."""
    return _growth(inventory.key, inventory, filters.list_type or inventory.main_list, iso3)


@st.cache_data(show_spinner=False, max_entries=32)
def _vintage_facts(key: str, _inventory: Inventory, vintage: int) -> pd.DataFrame:
    share = shares_by_vintage(_inventory)[vintage].rename("share")
    return pd.DataFrame({"share": share, "protection": protection_class(share)})


def vintage_facts(inventory: Inventory, vintage: int) -> pd.DataFrame:
    """Covered share and class of every site in one vintage; missing where it has no value."""
    return _vintage_facts(inventory.key, inventory, vintage)


def values(
    inventory: Inventory, codes: Sequence[str], settings: RankSettings, reverse: Sequence[str] = ()
) -> Values:
    """Values of criteria and the ends of their scales; see `aze_core.ranking.values.criteria_values`."""
    # remembered with the inventory: nothing is copied
    return criteria_values(inventory, tuple(codes), settings.assumptions, settings.scope, tuple(reverse))


@st.cache_resource(show_spinner=False, max_entries=32)
def _spread(
    key: str,
    _inventory: Inventory,
    weights: Weights | None,
    settings: RankSettings,
    given: Uncertainty,
) -> Acceptability:
    return rank_spread(_inventory, weights, settings, given)


def spread(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, given: Uncertainty
) -> Acceptability:
    """How sure the ranking is; see `aze_core.ranking.spread.rank_spread`."""
    # the N is read from the draws, not drawn; who has which need moves no rank
    plain = replace(given, top=Uncertainty().top)
    return _spread(inventory.key, inventory, weights, replace(settings, beyond=(), stopped=()), plain)


def draws_at_once(sites: int) -> int:
    """How many draws a page takes of so many ranked sites: all of them, or as many as it can wait for."""
    most = int(value("acceptability.at_once")) // max(sites, 1)
    return max(1, min(int(value("acceptability.draws")), most))


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _agreement(
    key: str, _inventory: Inventory, one: Weights | None, two: Weights | None, settings: RankSettings
) -> Agreement:
    return agreement_of(_ranked(key, _inventory, one, settings), _ranked(key, _inventory, two, settings))


def agreement(
    inventory: Inventory, one: Weights | None, two: Weights | None, settings: RankSettings
) -> Agreement:
    """How far two orders agree; see `aze_core.ranking.agreement.agreement`."""
    return _agreement(inventory.key, inventory, one, two, settings)


@st.cache_data(show_spinner=False, max_entries=64)
def _assumption_moves(
    key: str, _inventory: Inventory, weights: Weights | None, settings: RankSettings, top: int
) -> pd.DataFrame:
    return assumption_moves_of(_inventory, weights, settings, top)


def assumption_moves(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, top: int
) -> pd.DataFrame:
    """Which assumption moves the first N; see `aze_core.ranking.sensitivity.assumption_moves`."""
    return _assumption_moves(inventory.key, inventory, weights, settings, top)


def reasons(
    inventory: Inventory,
    weights: Weights | None,
    settings: RankSettings,
    site: str,
    given: Uncertainty,
    drawn: Acceptability | None,
) -> list[Reason]:
    """Why a site has its rank; see `aze_core.ranking.explain.reasons`."""
    table = ranked(inventory, weights, settings)
    return reasons_of(inventory, weights, settings, table, site, given, drawn)


def why_not(
    inventory: Inventory, weights: Weights | None, settings: RankSettings, site: str, top: int
) -> list[Reason]:
    """Why a site is not higher; see `aze_core.ranking.explain.why_not`."""
    return why_not_of(inventory, weights, settings, ranked(inventory, weights, settings), site, top)


@st.cache_data(show_spinner=False, max_entries=64)
def _wins(
    key: str,
    _inventory: Inventory,
    weights: Weights | None,
    settings: RankSettings,
    given: Uncertainty,
    sites: tuple[str, ...],
) -> pd.DataFrame:
    return site_wins(_inventory, weights, settings, given, sites)


def wins(
    inventory: Inventory,
    weights: Weights | None,
    settings: RankSettings,
    given: Uncertainty,
    sites: Sequence[str],
) -> pd.DataFrame:
    """How often one site beats another; see `aze_core.ranking.spread.site_wins`."""
    return _wins(inventory.key, inventory, weights, settings, given, tuple(sites))


@st.cache_data(show_spinner=False, max_entries=16)
def _confidence(
    key: str, _inventory: Inventory, weights: Weights, settings: RankSettings, given: Uncertainty
) -> pd.DataFrame:
    return site_confidence(_inventory, weights, settings, given)


def confidence(
    inventory: Inventory, weights: Weights, settings: RankSettings, given: Uncertainty
) -> pd.DataFrame:
    """Central weights and confidence factors; see `aze_core.ranking.spread.site_confidence`."""
    return _confidence(inventory.key, inventory, weights, settings, given)


def validation(inventory: Inventory, code: str) -> Validation:
    """Whether a criterion can be filled in; see `aze_core.ranking.filled.validation`."""
    return validation_of(inventory, code)


@st.cache_data(show_spinner=False, max_entries=16)
def _irreplaceability(key: str, _inventory: Inventory, filters: Filters, most: int) -> pd.DataFrame:
    sites = _inventory.where(filters)[:most]
    found = irreplaceability_table(_inventory, sites)
    found.insert(0, "name", _inventory.sites["name"].reindex(sites))
    return found.sort_values(["gamma", "incremental_rank", "name"], ascending=[False, False, True])


def irreplaceability(inventory: Inventory, filters: Filters) -> pd.DataFrame:
    """Measures side by side for the first filtered sites, the highest gamma first.

    See `aze_core.measures.side_by_side.irreplaceability_table`.
    """
    return _irreplaceability(inventory.key, inventory, filters, value("limits.side_by_side.sites"))


@st.cache_data(show_spinner=False, max_entries=64)
def _threats(key: str, _inventory: Inventory, site: str) -> pd.DataFrame:
    return site_threats(_inventory, pd.Index([site]))


def threats(inventory: Inventory, site: str) -> pd.DataFrame:
    """Threats of one site; see `aze_core.measures.site_threats.site_threats`."""
    return _threats(inventory.key, inventory, site)


@st.cache_data(show_spinner=False, max_entries=8)
def _gaps(key: str, _inventory: Inventory) -> pd.DataFrame:
    return gaps_of(_inventory)


def gaps(inventory: Inventory) -> pd.DataFrame:
    """What is not known, counted; see `aze_core.measures.gaps.gaps`."""
    return _gaps(inventory.key, inventory).copy()


def table_of(inventory: Inventory, name: str) -> pd.DataFrame:
    """A table of the inventory as the data dictionary describes it."""
    return inventory.table(name)


def inventory_file(inventory: Inventory) -> bytes:
    """The inventory's database file, without names and exact places of what is sensitive."""
    return file_of(inventory.version.content_hash)


def file_of(content_hash: str) -> bytes:
    """A version's database file, without names and exact places of what is sensitive."""
    path = folder.inventory_path(folder.default_folder(), content_hash)
    if not is_sensitive(_inventory(str(path))):
        return path.read_bytes()
    return written(withheld(load(path)))


def readiness(inventory: Inventory, filters: Filters) -> pd.DataFrame:
    """What decisions about the filtered sites need; see `aze_core.measures.readiness.readiness`."""
    return readiness_of(inventory, inventory.where(filters), dt.date.today())


def blurred_here() -> set[str]:
    """Sites, as this session knows them, whose exact place is withheld."""
    plain = whole()
    moved = set(current().sites.index) - set(plain.sites.index)
    return moved | _blurred(plain)


def boundaries(inventory: Inventory, sites: Sequence[str]) -> gpd.GeoSeries:
    """Boundaries of some sites; none of those whose place is withheld."""
    if inventory.is_withheld:
        open_sites = set(whole().sites.index) - _blurred(whole())
        sites = [site for site in sites if site in open_sites]
    path = folder.inventory_path(folder.default_folder(), inventory.version.content_hash)
    return boundaries_of(path, list(sites))


def _blurred(inventory: Inventory) -> set[str]:
    """Sites whose exact place is withheld."""
    return set(blurred(inventory))


def outlines(inventory: Inventory, sites: Sequence[str]) -> list[dict[str, Any]]:
    """Boundaries of some sites as GeoJSON features, simplified for a map, with site and class."""
    return _outlines(inventory.key, inventory, tuple(sites))


@st.cache_data(show_spinner=False, max_entries=64)
def _outlines(key: str, _inventory: Inventory, sites: tuple[str, ...]) -> list[dict[str, Any]]:
    shapes = simplified(boundaries(_inventory, sites))
    kinds = site_table(_inventory)["protection"]
    return [
        {
            "type": "Feature",
            "properties": {
                "site_id": site,
                "protection": kinds[site] if isinstance(kinds[site], str) else None,
            },
            "geometry": shapely.geometry.mapping(shape),
        }
        for site, shape in shapes.items()
    ]


def is_regional(inventory: Inventory) -> bool:
    """Whether the sites lie so close together that a world map would show them as one dot."""
    return _regional(inventory.key, inventory)


@st.cache_data(show_spinner=False, max_entries=8)
def _regional(key: str, _inventory: Inventory) -> bool:
    return maps.bounds_of(_inventory.sites) is not None


def gone(inventory: Inventory, filters: Filters) -> int:
    """How many species at the filtered sites are Extinct in the Wild and so counted apart."""
    return len(gone_species(inventory, filters))


@dataclass(frozen=True)
class AsideGroup:
    """Rows of one file that were set aside: `why`, `row`, then the file's own columns."""

    input_id: str
    kind: str
    file: str
    table: pd.DataFrame


def waiting(inventory: Inventory) -> list[Aside]:
    """Rows that were set aside when this version was made, and wait for correction."""
    record = record_of(folder.default_folder(), inventory.version.content_hash)
    return [] if record is None else record.aside


def aside_groups(inventory: Inventory) -> list[AsideGroup]:
    """Rows that wait, by file."""
    rows = waiting(inventory)
    kinds = inventory.inputs["kind"]
    groups = []
    for source in dict.fromkeys(one.input_id for one in rows):
        mine = [one for one in rows if one.input_id == source]
        # one layer of a download may have other columns than another
        for columns in dict.fromkeys(tuple(one.cells) for one in mine):
            part = [one for one in mine if tuple(one.cells) == columns]
            table = aside_table(part).drop(columns="file").reset_index(drop=True)
            title = str(inventory.sources["title_short"].get(source, part[0].file))
            groups.append(AsideGroup(source, str(kinds.get(source, "")), title, table))
    return [group for group in groups if group.kind]


def import_report(content_hash: str) -> pd.DataFrame | None:
    """Every finding of the import that made a version, in words, without sensitive names."""
    record = record_of(folder.default_folder(), content_hash)
    if record is None:
        return None
    made = _inventory(str(folder.inventory_path(folder.default_folder(), content_hash)))
    return censored(findings_table(record.findings), secrets(made), t("sensitive.withheld"))


def without_secrets(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame for a file, without the sensitive names of this version."""
    return censored(frame, secrets(whole()), t("sensitive.withheld"))


def version_record(content_hash: str) -> InventoryVersion:
    """The record of a version in the store."""
    return read_version(folder.inventory_path(folder.default_folder(), content_hash))


@st.cache_resource(show_spinner=False, max_entries=4)
def _other(path: str) -> Inventory:
    # in a comparison what is sensitive in one version is withheld from both
    return withheld(load(Path(path), boundaries=False))


def other(content_hash: str) -> Inventory:
    """Another version, without names and exact places of what is sensitive."""
    return _other(str(folder.inventory_path(folder.default_folder(), content_hash)))


@st.cache_data(show_spinner=False, max_entries=16)
def _changes(keys: tuple[str, str], _before: Inventory, _after: Inventory) -> Changes:
    return changes_of(_before, _after)


def changes(before: Inventory, after: Inventory) -> Changes:
    """What changed between two versions; see `aze_core.measures.changes.changes`."""
    if max(len(before.sites), len(after.sites)) <= _BOUNDARIES_UP_TO:
        before, after = _with_boundaries(before), _with_boundaries(after)
    return _changes((before.key, after.key), before, after)


_BOUNDARIES_UP_TO = 3000


def _with_boundaries(inventory: Inventory) -> Inventory:
    """The inventory with the boundaries of sites whose place is not withheld."""
    path = str(folder.inventory_path(folder.default_folder(), inventory.version.content_hash))
    return _areal(path) if inventory.is_withheld or not is_sensitive(inventory) else inventory


@st.cache_resource(show_spinner=False, max_entries=4)
def _areal(path: str) -> Inventory:
    return withheld(load(Path(path)))


@st.cache_data(show_spinner=False, max_entries=32)
def _rank_moves(
    keys: tuple[str, str],
    _before: Inventory,
    _after: Inventory,
    _matches: pd.DataFrame,
    weights: Weights | None,
    settings: RankSettings,
) -> pd.DataFrame:
    return rank_moves_of(_before, _after, _matches, weights, settings)


def rank_moves(
    before: Inventory, after: Inventory, found: Changes, weights: Weights | None, settings: RankSettings
) -> pd.DataFrame:
    """How the ranking moved by the data alone; see `aze_core.ranking.moves.rank_moves`."""
    return _rank_moves((before.key, after.key), before, after, found.matches, weights, settings)


@st.cache_data(show_spinner=False, max_entries=32)
def _ranked_without(
    key: str, _inventory: Inventory, weights: Weights | None, settings: RankSettings
) -> pd.DataFrame:
    return rank_sites(uncorrected(_inventory), weights, settings)


def ranked_without(inventory: Inventory, weights: Weights | None, settings: RankSettings) -> pd.DataFrame:
    """The ranking as it would be without this version's corrections."""
    return _ranked_without(inventory.key, inventory, weights, settings)


def without_corrections_rank(inventory: Inventory) -> pd.DataFrame:
    """Ranks of all sites with and without the corrections: `name`, `without`, `with`, `moved`."""
    settings = RankSettings(uncovered_only=False)
    now, then = ranked(inventory, None, settings), ranked_without(inventory, None, settings)
    frame = pd.DataFrame({"without": then["rank"].reindex(now.index), "with": now["rank"]})
    frame.insert(0, "name", inventory.sites["name"].reindex(now.index))
    return frame.assign(moved=frame["without"] - frame["with"])

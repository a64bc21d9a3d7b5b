"""Cached studies of plans: side by side, in steps, alternatives, how sure, other assumptions, landscapes."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from aze_core.domain.model import Inventory, Uncertainty
from aze_core.scenarios import alternatives as alternatives_of
from aze_core.scenarios import comparison, ladder, landscapes, robust
from aze_core.scenarios import sensitivity as sensitivity_of
from aze_core.scenarios.problem import solve
from aze_core.scenarios.replay import Replayed, replay
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution
from aze_core.store import folder, versions
from pages.shell import loads

_ENTRIES = 64


def version_of(inventory: Inventory, data: str) -> Inventory | None:
    """The version of a hash: the one that is looked at, another of the store, or None."""
    if data == inventory.version.content_hash:
        return inventory
    there = {one.content_hash for one in versions.versions(folder.default_folder())}
    return loads.other(data) if data in there else None


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _replayed(key: str, _inventory: Inventory, name: str, settings: str, data: str, there: bool) -> Replayed:
    return replay(_inventory, name, json.loads(settings), data, lambda code: version_of(_inventory, code))


def replayed(inventory: Inventory, name: str, settings: dict[str, object], data: str) -> Replayed:
    """A kept scenario solved again; see `aze_core.scenarios.replay.replay`."""
    there = version_of(inventory, data) is not None
    return _replayed(inventory.key, inventory, name, json.dumps(settings, sort_keys=True), data, there)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _compared(key: str, _inventory: Inventory, plans: tuple[comparison.Plan, ...]) -> comparison.Comparison:
    return comparison.compare(_inventory, plans)


def compared(inventory: Inventory, plans: tuple[comparison.Plan, ...]) -> comparison.Comparison:
    """Plans side by side; see `aze_core.scenarios.comparison.compare`."""
    return _compared(inventory.key, inventory, plans)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _ladder(
    key: str, _inventory: Inventory, scenario: Scenario, budgets: tuple[float, ...], order: str
) -> ladder.Ladder:
    return ladder.ladder(_inventory, scenario, budgets, order)


def steps_of(
    inventory: Inventory, scenario: Scenario, budgets: tuple[float, ...], order: str
) -> ladder.Ladder:
    """Nested plans; see `aze_core.scenarios.ladder.ladder`."""
    return _ladder(inventory.key, inventory, scenario, budgets, order)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _alternatives(
    key: str, _inventory: Inventory, scenario: Scenario, differing: alternatives_of.Differing
) -> alternatives_of.Alternatives:
    return alternatives_of.alternatives(_inventory, scenario, differing)


def alternatives(
    inventory: Inventory, scenario: Scenario, differing: alternatives_of.Differing
) -> alternatives_of.Alternatives:
    """Good plans that differ; see `aze_core.scenarios.alternatives.alternatives`."""
    return _alternatives(inventory.key, inventory, scenario, differing)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _robust(
    key: str, _inventory: Inventory, scenario: Scenario, plan: Solution, given: Uncertainty
) -> robust.Robust:
    return robust.robust(_inventory, scenario, plan, given)


def sure(inventory: Inventory, scenario: Scenario, plan: Solution) -> robust.Robust:
    """How sure the sites of a plan are; see `aze_core.scenarios.robust.robust`."""
    return _robust(inventory.key, inventory, scenario, plan, robust.default_draws())


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _sensitivity(key: str, _inventory: Inventory, scenario: Scenario, plan: Solution) -> pd.DataFrame:
    return sensitivity_of.sensitivity(_inventory, scenario, plan)


def sensitivity(inventory: Inventory, scenario: Scenario, plan: Solution) -> pd.DataFrame:
    """A plan under other assumptions; see `aze_core.scenarios.sensitivity.sensitivity`."""
    return _sensitivity(inventory.key, inventory, scenario, plan)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _landscapes(
    key: str, _inventory: Inventory, sites: tuple[str, ...], settings: landscapes.LandscapeSettings
) -> landscapes.Landscapes:
    return landscapes.group(_inventory, sites, settings)


def grouped(
    inventory: Inventory, sites: tuple[str, ...], settings: landscapes.LandscapeSettings
) -> landscapes.Landscapes:
    """Sites in landscapes; see `aze_core.scenarios.landscapes.group`."""
    return _landscapes(inventory.key, inventory, sites, settings)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _stability(
    key: str,
    _inventory: Inventory,
    sites: tuple[str, ...],
    settings: landscapes.LandscapeSettings,
    jitter_km: float,
) -> landscapes.Stability:
    return landscapes.stability(_inventory, sites, settings, jitter_km)


def stability(
    inventory: Inventory,
    sites: tuple[str, ...],
    settings: landscapes.LandscapeSettings,
    jitter_km: float,
) -> landscapes.Stability:
    """How firmly landscapes stand; see `aze_core.scenarios.landscapes.stability`."""
    return _stability(inventory.key, inventory, sites, settings, jitter_km)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _solved(key: str, _inventory: Inventory, scenario: Scenario) -> Solution:
    return solve(_inventory, scenario)


def solved(inventory: Inventory, scenario: Scenario) -> Solution:
    """The exact plan of a scenario."""
    return _solved(inventory.key, inventory, scenario)

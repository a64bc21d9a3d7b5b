"""A store of a test's own, with the shipped inventory and the training archipelago."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import streamlit as st

from aze_core import build
from aze_core.build.intake import ImportResult, import_files
from aze_core.build.plan import ImportPlan, Input
from aze_core.domain.model import InventoryVersion
from aze_core.store import folder
from aze_core.store.inventory import describe, write
from pages.shell import access
from pages.shell.bringing import training_files
from tests.helpers import Frames, make_covered_frames

KINDS = (("sites", ""), ("trigger_species", "Trigger species"), ("red_list", ""), ("national", ""))
KINDS += (("national", "National data"), ("territories", ""), ("protected_areas", ""))


def training_plan() -> ImportPlan:
    """The import that the Data page offers for practice."""
    inputs = tuple(
        Input(path, kind, sheet=sheet) for path, (kind, sheet) in zip(training_files(), KINDS, strict=True)
    )
    return ImportPlan(inputs, "Training archipelago", as_of="2026-03-01")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImportResult]:
    """A store with both inventories, the shipped one shown first."""
    store = tmp_path_factory.mktemp("filled")
    build.build(folder.DATA, store)
    return store, import_files(training_plan(), store)


@pytest.fixture
def own(filled, tmp_path, monkeypatch) -> tuple[Path, ImportResult]:
    """A copy of that store which the app is told to use; the visitor sits at the machine itself."""
    store, made = filled
    place = tmp_path / "store"
    shutil.copytree(store, place)
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setenv("AZE_STORE", str(place))
    monkeypatch.setattr(access, "is_local", lambda: True)
    yield place, made
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def covered(own) -> str:
    """That store with the small inventory that has a coverage run beside the others: how a link names it."""
    version = put(own[0], make_covered_frames())
    return version.content_hash[:12]


def put(store: Path, frames: Frames) -> InventoryVersion:
    """Write an inventory into a store, beside those that are there."""
    version = describe(frames)
    write(frames, folder.inventory_path(store, version.content_hash))
    return version


@pytest.fixture
def remote(own, monkeypatch):
    """The same store, looked at from another computer."""
    monkeypatch.setattr(access, "is_local", lambda: False)
    return own

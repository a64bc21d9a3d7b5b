"""What a visitor meets when the database is missing, older than its facts, or cannot be built."""

from __future__ import annotations

import shutil

import pytest
import streamlit as st

from aze_core import build
from aze_core.domain.errors import AzeError
from aze_core.locale import explain, t
from aze_core.sources.facts import facts_hash
from aze_core.store import folder
from pages.shell.widgets import md
from tests.helpers import set_cell
from tests.pages import driver
from tests.pages.driver import fine, visit


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty store that the app is told to use; caches forget what they held before and after."""
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setenv("AZE_STORE", str(tmp_path / "store"))
    yield tmp_path / "store"
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A copy of the facts with a share above one, in place of the shipped facts."""
    facts = tmp_path / "facts"
    shutil.copytree(folder.DATA, facts)
    set_cell(facts, "coverage", 7, "share", "1.7")
    monkeypatch.setattr(folder, "DATA", facts)
    with pytest.raises(AzeError) as caught:
        build.build(facts, tmp_path / "unused")
    return md(explain(caught.value))


def test_a_missing_database_is_built_on_the_first_visit(empty):
    assert not empty.exists()
    at = fine(visit("overview", country="MEX"))
    assert sum(driver.metrics(at)[:3]) == 68
    assert len(at.warning) == 0
    current = folder.read_current(empty)
    assert folder.inventory_path(empty, current.inventory).is_file()
    assert not build.outdated(folder.DATA, empty)
    # the progress bar leaves nothing behind
    assert not at.get("progress")


def test_a_database_that_vanishes_while_the_app_runs_is_built_again(empty):
    fine(visit("overview"))
    shutil.rmtree(empty)
    fine(visit("data"))
    assert not build.outdated(folder.DATA, empty)


def test_an_outdated_database_is_built_again_at_the_start(empty):
    build.build(folder.DATA, empty)
    current = folder.read_current(empty)
    folder.write_current(empty, folder.Current(current.inventory, "of older facts", current.built))
    at = fine(visit("overview"))
    assert driver.metrics(at)[0] == 276
    assert len(at.warning) == 0
    assert folder.read_current(empty).facts == facts_hash(folder.DATA)


def test_a_damaged_database_is_built_again_at_the_start(empty):
    path = build.build(folder.DATA, empty).path
    path.write_bytes(b"no database")
    at = fine(visit("overview"))
    assert driver.metrics(at)[0] == 276


@pytest.mark.parametrize("page", driver.PAGES)
def test_broken_facts_leave_the_previous_database_with_a_warning(page, shipped, empty, request):
    build.build(folder.DATA, empty)
    problem = request.getfixturevalue("broken")
    at = fine(visit(page))
    assert [item.value for item in at.warning] == [t("app.older_database", problem=problem)]
    assert driver.baseline(shipped) in driver.markdown(at)
    assert shipped.version.content_hash == folder.read_current(empty).inventory
    # told on every run, not only on the first
    assert len(fine(at.run()).warning) == 1


def test_broken_facts_without_a_database_say_what_to_correct(empty, broken):
    at = visit("priorities")
    assert [item.message for item in at.exception] == []
    assert [item.value for item in at.title] == [t("app.no_inventory")]
    assert [item.value for item in at.error] == [broken]
    assert not at.dataframe


def test_a_store_that_cannot_be_written_is_told(empty, monkeypatch):
    empty.parent.mkdir(exist_ok=True)
    empty.write_text("a file where the folder should be")
    at = visit("overview")
    assert [item.message for item in at.exception] == []
    assert [item.value for item in at.title] == [t("app.no_inventory")]
    assert str(empty) in at.error[0].value.replace("\\", "")

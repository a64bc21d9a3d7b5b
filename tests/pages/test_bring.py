"""Bringing files on the Data page: the same versions as the command line's, and nothing lost on the way."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from aze_core.build.intake import import_files
from aze_core.build.plan import ImportPlan
from aze_core.domain.errors import SettingError
from aze_core.locale import t
from aze_core.store import boundaries, folder, versions
from aze_core.store.inventory import load
from pages.shell import access, bringing, jobs, loads, uploads
from tests.helpers import tree
from tests.pages import driver
from tests.pages.conftest import training_plan
from tests.pages.driver import fine, visit

SITES = b"code,site,country,lat,lon\nA,Ash,Mexico,10,-100\nB,Elm,Peru,-9,-75\n"
SPECIES = b"ref,latin,how much\nA,Rana alba,99\nZ,Rana nigra,98\n"


def finished(at, seconds: float = 90):
    """The session after its import has ended."""
    end = time.monotonic() + seconds
    while at.session_state["import_job"].running:
        assert time.monotonic() < end
        time.sleep(0.2)
    return fine(at.run())


def bring(at, *files: tuple[str, bytes]):
    """The page with files uploaded."""
    return at.file_uploader[0].set_value([(name, raw, "") for name, raw in files]).run()


def test_the_training_files_become_the_version_that_the_command_line_makes(own):
    store, made = own
    versions.delete(store, made.version.content_hash)
    at = fine(visit("data", view="bring"))
    at.button(key="bring_training").click().run()
    kinds = [item.value for item in at.selectbox if str(item.key).startswith("kind_")]
    assert kinds == [one.kind for one in training_plan().inputs]
    at.text_input(key="bring_name").set_value("Training archipelago").run()
    at.button(key="start_import").click().run()
    job = at.session_state["import_job"]
    finished(at)
    assert job.result["inventory"] == made.version.content_hash
    table = driver.frame(at, "read", "accepted")
    # of the protected areas those that do not count are named, but there is nothing to correct
    assert table["set_aside"].tolist()[-1] == 12
    assert table["set_aside"].tolist()[:-1] == made.inputs["set_aside"].tolist()[:-1]
    assert table["set_aside"].sum() == len(made.aside) + 12
    at.button(key="look_at_new").click().run()
    assert driver.link(fine(at))["data"] == made.version.content_hash[:12]
    assert not list(folder.uploads_path(store).glob("*/*"))


def test_columns_are_confirmed_corrected_and_remembered(own):
    store, _ = own
    at = fine(bring(visit("data", view="bring"), ("places 2025.csv", SITES), ("list.csv", SPECIES)))
    kinds = {str(item.key): item for item in at.selectbox if str(item.key).startswith("kind_")}
    [unknown] = [key for key in kinds if key.endswith("list.csv")]
    at.selectbox(key=unknown).set_value("trigger_species").run()
    assert [item.value for item in at.warning] == [t("bring.lacks_site")]
    fields = {
        str(item.key).split("_trigger_species_")[1].rpartition("_")[0]: item
        for item in at.selectbox
        if "_trigger_species_" in str(item.key)
    }
    fields["site_id"].set_value("ref")
    fields["scientific_name"].set_value("latin")
    fields["share"].set_value("how much")
    at.run()
    assert not at.warning
    at.text_input(key="bring_name").set_value("Own").run()
    at.button(key="start_import").click().run()
    finished(at)
    result = at.session_state["import_job"].result
    made = load(folder.inventory_path(store, result["inventory"]))
    assert made.version.as_of == "2025"
    assert made.occurrences["share"].tolist() == [0.99]
    assert result["waiting"] == 1
    again = fine(bring(visit("data", view="bring"), ("more.csv", SPECIES)))
    [kind] = [item for item in again.selectbox if str(item.key).startswith("kind_")]
    kind.set_value("trigger_species").run()
    assert t("bring.columns_remembered") in [item.label for item in again.expander]


def test_a_row_that_was_set_aside_is_corrected_and_read_again(own, monkeypatch):
    store, made = own
    plans: list[ImportPlan] = []
    monkeypatch.setattr(jobs, "start", lambda plan, place: plans.append(plan))
    at = fine(visit("data", view="bring", data=made.version.content_hash[:12]))
    tables = [item.value for item in at.dataframe if "why" in item.value.columns]
    assert sum(len(one) for one in tables) == len(made.aside) == 5
    inventory = load(made.path)
    [group] = [one for one in loads.aside_groups(inventory) if one.kind == "trigger_species"]
    rows = group.table[group.table["Site code"] == "989999"].assign(**{"Site code": "990003", "Site": ""})
    bringing.correct(inventory, group, rows)
    [plan] = plans
    assert plan.base == made.version.content_hash
    second = import_files(plan, store)
    assert second.version.n_occurrences == made.version.n_occurrences + 1
    assert len(second.aside) == len(made.aside) - 1
    # a layer's rows come back as points
    [group] = [one for one in loads.aside_groups(inventory) if one.kind == "sites"]
    rows = group.table[group.table["SitRecID"] == "990000"].assign(SitLat="-3.5", SitLong="175")
    plans.clear()
    bringing.correct(inventory, group, rows)
    third = import_files(plans[0], store)
    cay = load(third.path).sites.loc["990000"]
    assert (cay["name"], cay["latitude"], cay["list_type"]) == ("Unplaced Cay", -3.5, "global_aze")


def test_an_import_is_cancelled_and_leaves_everything_as_it_was(own, monkeypatch):
    store, _ = own
    before = tree(store / "inventories")
    slow = jobs.start

    def start(plan, place):
        job = slow(plan, place)
        job.process.kill()  # as if it took long: nothing comes any more
        job.result = None
        return job

    monkeypatch.setattr(jobs.Job, "listen", lambda self: None)
    monkeypatch.setattr(jobs, "start", start)
    at = fine(bring(visit("data", view="bring"), ("places 2025.csv", SITES)))
    at.text_input(key="bring_name").set_value("Own").run()
    at.button(key="start_import").click().run()
    assert at.session_state["import_job"].running
    at.button(key="cancel_import").click().run()
    assert [item.value for item in fine(at).info] == [t("bring.cancelled")]
    assert tree(store / "inventories") == before


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("sites.zip", b"PK\x03\x04" + b"\0" * 40, "is damaged"),
        ("sites.csv", b"\x89PNG\r\n" * 20, "a PNG picture"),
        ("sites.gpkg", b"<html>" * 20, "a web page"),
        ("empty.csv", b" ", "is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence(name, raw, words, own):
    at = bring(visit("data", view="bring"), (name, raw), ("places.csv", SITES))
    assert [item.message for item in at.exception] == []
    [error] = [item.value for item in at.error]
    assert words in error.replace("\\", "")
    # the others can be imported all the same
    assert "start_import" in driver.keys(at)


def test_a_path_on_this_computer_is_read_where_it_lies_and_only_from_here(own, tmp_path, monkeypatch):
    (tmp_path / "places 2025.csv").write_bytes(SITES)
    at = visit("data", view="bring")
    at.text_input(key="bring_path").set_value(str(tmp_path / "places 2025.csv")).run()
    assert "start_import" in driver.keys(fine(at))
    at.text_input(key="bring_path").set_value(str(tmp_path / "gone.csv")).run()
    assert "gone" in at.error[0].value
    monkeypatch.setattr(access, "is_local", lambda: False)
    with pytest.raises(SettingError) as caught:
        uploads.local_path(str(tmp_path / "places 2025.csv"))
    assert caught.value.message_id == "only_local"
    for action in (
        lambda: bringing.begin(load(own[1].path), [], "x", "2026", "global_aze", False, False),
        lambda: bringing.correct(load(own[1].path), None, None),
        lambda: bringing.use_borders(tmp_path / "x"),
    ):
        with pytest.raises(SettingError):
            action()


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\sites.zip", "sites.zip"),
        ("a\x00b\n<c>.csv", "a_b__c_.csv"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".geojson", "x" * (120 - 7) + ".geojson"),
        ("Ciénaga.csv", "Ciénaga.csv"),
    ],
)
def test_names_of_uploads_lead_nowhere(given, safe):
    assert uploads.safe_name(given) == safe
    assert Path(uploads.safe_name(given)).name == uploads.safe_name(given)


def test_own_borders_are_taken_for_all_maps_and_given_up_again(own):
    store, _ = own
    raw = (folder.DATA / "training" / "training_boundaries.geojson").read_bytes()
    at = fine(bring(visit("data", view="bring"), ("borders.geojson", raw)))
    [kind] = [item for item in at.selectbox if str(item.key).startswith("kind_")]
    assert kind.value == "borders"
    at.button(key="borders_0_0").click().run()
    assert [item.value for item in fine(at).success] == [t("bring.borders_done")]
    assert json.loads(boundaries.kept(store))["type"] == "FeatureCollection"
    home = fine(visit("overview"))
    assert t("map.land_own") in " ".join(driver.markdown(home))
    assert t("map.land_none") in " ".join(driver.markdown(fine(visit("overview", borders="none"))))
    at = fine(visit("data", view="bring"))
    at.button(key="forget_borders").click().run()
    assert boundaries.kept(store) == ""
    assert t("map.land_countries") in " ".join(driver.markdown(fine(visit("overview"))))


def test_old_uploads_are_swept(own, monkeypatch):
    store, _ = own
    left = folder.uploads_path(store) / "old"
    left.mkdir(parents=True)
    monkeypatch.setattr(uploads, "value", lambda name: -1)
    uploads.sweep()
    assert not left.exists()


def test_the_date_of_the_protected_areas_is_offered_and_is_not_that_of_the_list(own):
    at = fine(visit("data", view="bring"))
    at.button(key="bring_training").click().run()
    [shown] = [item for item in at.text_input if str(item.key).startswith("bring_areas_as_of")]
    assert shown.value == "2026-03"
    [listed] = [item for item in at.text_input if str(item.key).startswith("bring_as_of")]
    assert listed.value == "2026-03-01"
    shown.set_value("spring").run()
    at.text_input(key="bring_name").set_value("Training").run()
    at.button(key="start_import").click().run()
    assert any("spring" in item.value for item in at.error)

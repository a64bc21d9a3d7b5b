"""Versions on the pages: looked at by session and link, tended on the machine, and what is sensitive."""

from __future__ import annotations

import pytest

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Filters
from aze_core.locale import t
from aze_core.measures.withhold import secrets
from aze_core.store import folder, versions
from aze_core.store.inventory import load
from pages.shell import bringing, loads, tending
from pages.shell.widgets import md
from tests.pages import driver
from tests.pages.driver import fine, visit


def code(made) -> str:
    return made.version.content_hash[:12]


@pytest.mark.parametrize("page", driver.PAGES)
def test_every_page_opens_on_the_training_data_and_says_that_they_are_made_up(page, own):
    at = fine(visit(page, data=code(own[1])))
    assert driver.link(at)["data"] == code(own[1])
    status = t("provenance.status.training")
    assert f":orange-badge[:material/school: {status}]" in driver.markdown(at)
    assert any(md(t("import.training")) in text for text in driver.markdown(at))


@pytest.mark.parametrize("page", driver.PAGES)
@pytest.mark.parametrize("kind", ["other_kba", "de_listed"])
def test_every_page_opens_on_the_lists_kept_apart(page, kind, own):
    at = fine(visit(page, data=code(own[1]), list=kind))
    assert driver.link(at)["list"] == kind
    made = load(own[1].path)
    n = len(made.where(Filters(list_type=kind)))
    assert n == {"other_kba": 14, "de_listed": 6}[kind]
    if page == "overview":
        assert t("overview.badge", sites=n, total=n) in " ".join(driver.markdown(at))


def test_an_unknown_version_gives_way_to_the_default_and_says_so(own):
    at = fine(visit("overview", data="abcdef123456"))
    assert any("abcdef123456" in text for text in driver.markdown(at))
    assert driver.link(at) == {}
    at.button(key="dismiss_version").click().run()
    assert not any("abcdef123456" in text for text in driver.markdown(fine(at)))


def test_another_version_is_chosen_in_the_session_and_lets_go_of_what_it_does_not_know(own):
    at = fine(visit("priorities", country="MEX~PER", horizon="20"))
    made = own[1].version.content_hash
    at.selectbox(key="version_pick").set_value(made).run()
    assert driver.link(fine(at))["data"] == made[:12]
    assert "country" not in driver.link(at)
    assert driver.link(at)["horizon"] == "20"
    assert any(md("country=MEX~PER") in text for text in driver.markdown(at))
    fine(driver.go(at, "overview"))
    assert driver.link(at)["data"] == made[:12]
    at.selectbox(key="version_pick").set_value(folder.read_current(own[0]).inventory).run()
    assert "data" not in driver.link(fine(at))


def test_a_version_is_named_shown_first_deleted_and_brought_back(own):
    store, made = own
    short, whole = made.version.short_hash, made.version.content_hash
    at = fine(visit("data", view="versions"))
    at.text_input(key=f"label_{short}").set_value("Draft for May").run()
    at.button(key=f"rename_{short}").click().run()
    assert versions.versions(store)[1].label == "Draft for May"
    assert any("Draft for May" in text for text in driver.markdown(fine(at)))
    at.button(key=f"delete_{short}").click().run()
    assert len(versions.versions(fine(at) and store)) == 1
    at.button(key=f"restore_{short}").click().run()
    assert len(versions.versions(fine(at) and store)) == 2
    at.button(key=f"first_{short}").click().run()
    assert folder.read_current(store).inventory == whole
    fine(at)
    again = fine(visit("overview"))
    assert f":orange-badge[:material/school: {t('provenance.status.training')}]" in driver.markdown(again)


def test_the_version_that_is_looked_at_can_be_deleted_by_another_visitor(own):
    store, made = own
    at = fine(visit("overview", data=code(made)))
    versions.delete(store, made.version.content_hash)
    fine(at.run())
    assert any(code(made) in text for text in driver.markdown(at))
    assert "data" not in driver.link(at)


def test_from_another_computer_nothing_stored_can_be_changed(remote):
    store, made = remote
    short = made.version.short_hash
    at = fine(visit("data", view="versions"))
    for action in ("first", "delete"):
        assert at.button(key=f"{action}_{short}").disabled
    # a disabled button is display only: each action asks by itself
    for act in (tending.make_first, tending.rename, tending.delete, tending.restore):
        with pytest.raises(SettingError):
            act(made.version.content_hash, "x")
    assert len(versions.versions(store)) == 2
    bringing.show_first(made.version.content_hash)
    assert folder.read_current(store).inventory != made.version.content_hash
    at = fine(visit("data", view="bring"))
    assert [text.value for text in at.info] == [t("bring.remote")]
    assert not at.file_uploader


def texts(at) -> str:
    """All that a page says in words and tables, and its charts' data."""
    shown = " ".join(driver.markdown(at)) + " ".join(item.value.to_csv() for item in at.dataframe)
    shown += " ".join(" ".join(map(str, item.options)) for item in (*at.selectbox, *at.multiselect))
    shown += " ".join(str(chart.proto) for chart in at.get("vega_lite_chart"))
    return shown + " ".join(str(item.proto) for item in at.get("deck_gl_json_chart"))


@pytest.mark.parametrize("page", driver.PAGES)
@pytest.mark.parametrize("place", ["own", "remote"])
def test_sensitive_names_are_on_no_page(page, place, request):
    made = request.getfixturevalue(place)[1]
    names = secrets(load(made.path))
    assert len(names) > 8
    at = fine(visit(page, data=code(made)))
    shown = texts(at)
    assert [name for name in names if name in shown] == []


def test_on_the_machine_itself_they_can_be_shown_and_then_nothing_is_downloaded(own):
    made = own[1]
    hidden = load(made.path).sites.query("sensitive").index[0]
    name = load(made.path).sites.at[hidden, "name"]
    at = fine(visit("priorities", data=code(made), order="weighted", all="1"))
    assert name not in texts(at)
    assert at.get("download_button")
    at.toggle(key="reveal").set_value(True).run()
    assert name in texts(fine(at))
    assert not at.get("download_button")
    assert f":red-badge[:material/visibility: {t('sensitive.shown')}]" in driver.markdown(at)
    at.toggle(key="reveal").set_value(False).run()
    assert name not in texts(fine(at))


def test_from_another_computer_they_cannot_be_shown(remote):
    made = remote[1]
    at = visit("priorities", data=code(made))
    assert "reveal" not in {item.key for item in at.toggle}
    at.session_state["reveal"] = True
    at.run()
    names = secrets(load(made.path))
    assert [name for name in names if name in texts(fine(at))] == []


def test_the_file_of_a_version_holds_no_sensitive_name(own, tmp_path):
    made = own[1]
    raw = loads.file_of(made.version.content_hash)
    path = tmp_path / "inventories" / "shared.gpkg"
    path.parent.mkdir()
    path.write_bytes(raw)
    shared = load(path)
    assert len(shared.sites) == made.version.n_sites
    for name in secrets(load(made.path)):
        assert name.encode() not in raw
    places = load(made.path).sites
    exact = places.loc[places.query("sensitive").index, "latitude"]
    assert not set(exact) & set(shared.sites["latitude"])


def test_national_knowledge_filters_and_stands_in_the_link(own):
    made = own[1]
    at = fine(visit("overview", data=code(made), known="consent_stage=given"))
    n = len(load(made.path).where(Filters(knowledge=("consent_stage=given",))))
    assert 0 < n < 63
    assert any(t("overview.badge", sites=n, total=63) in text for text in driver.markdown(at))
    assert driver.link(at)["known"] == "consent_stage=given"

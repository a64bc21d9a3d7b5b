"""The Changes page: versions compared, and corrections from proposal to ranking."""

from __future__ import annotations

import pandas as pd
import pytest

from aze_core.build.corrected import accept
from aze_core.domain.corrections import Correction
from aze_core.domain.errors import SettingError
from aze_core.domain.model import RankSettings
from aze_core.locale import t
from aze_core.measures.changes import changes
from aze_core.measures.withhold import secrets
from aze_core.ranking.score import rank_sites
from aze_core.store import corrections, folder
from aze_core.store.inventory import load
from pages.shell import correcting, loads
from pages.shell.widgets import md
from tests.pages import driver
from tests.pages.driver import fine, visit

ISLAND = "MEX55"


def shipped_hash(store) -> str:
    current = folder.read_current(store)
    assert current is not None
    return current.built


def test_one_version_alone_says_how_another_comes(shipped):
    at = fine(visit("changes"))
    assert t("changes.how_to_compare") in driver.markdown(at)


def test_two_versions_are_compared_with_the_numbers_of_the_library(own):
    store, made = own
    at = fine(visit("changes", data=made.version.content_hash[:12]))
    before = load(folder.inventory_path(store, shipped_hash(store)))
    found = changes(before, load(made.path))
    table = driver.frame(at, "kind", "detail", "after")
    assert len(table) == len(found.sites) == 588 + 63
    moves = driver.frame(at, "moved")
    assert len(moves) == len(rank_sites(before)) + len(rank_sites(load(made.path)))
    assert driver.answer(at).startswith("From **AZE 2010 update** (")
    # nothing sensitive, though the comparison names every species
    shown = " ".join(item.value.to_csv() for item in at.dataframe)
    assert [name for name in secrets(load(made.path)) if name in shown] == []


def test_the_link_carries_both_versions(own):
    store, made = own
    both = {"data": made.version.content_hash[:12], "with": shipped_hash(store)[:12]}
    at = fine(visit("changes", **{f"{code}_": text for code, text in both.items()}))
    assert driver.link(at) == both
    at = fine(visit("changes", with_="0123456789ab"))
    assert at.selectbox(key="compare_pick").value == made.version.content_hash


def test_a_correction_goes_from_proposal_to_ranking(own):
    store, _ = own
    base = shipped_hash(store)
    at = fine(visit("changes", part="desk"))
    site_box = next(item for item in at.selectbox if str(item.key).startswith("desk_site_"))
    site_box.set_value(ISLAND).run()
    at.number_input(key="desk_year").set_value(2005).run()
    at.button(key="desk_propose").click().run()
    assert any(t("error.no_source") in item.value.replace("\\", "") for item in at.error)
    at.text_area(key="desk_source").set_value("Diario Oficial 2005").run()
    at.button(key="desk_propose").click().run()
    assert [item.value for item in fine(at).success] == [md(t("desk.proposed"))]
    [proposal] = corrections.proposals(store)
    assert proposal.correction.value("year") == 2005
    assert load(folder.inventory_path(store, base)).corrections.empty
    at.checkbox(key=f"choose_{proposal.proposal_id}").check().run()
    at.button(key="desk_accept").click().run()
    fine(at)
    [proposal] = corrections.proposals(store)
    made = load(folder.inventory_path(store, proposal.made))
    assert driver.link(at)["data"] == proposal.made[:12]
    cover = made.coverage[made.coverage["site_id"] == ISLAND]
    assert cover["share"].tolist() == [1.0, 1.0]
    # the ranking stands with and without
    ranking = fine(visit("priorities", data=proposal.made[:12], all="1"))
    frame = driver.frame(ranking, "rank", "without")
    old = rank_sites(load(folder.inventory_path(store, base)), None, RankSettings(False))
    name = made.sites.at[ISLAND, "name"]
    assert frame.loc[frame["name"] == name, "without"].item() == old.at[ISLAND, "rank"]
    site = fine(visit("site", data=proposal.made[:12], site=ISLAND))
    assert any("Diario Oficial 2005" in text for text in driver.markdown(site))


def test_a_proposal_is_rejected_and_stays_on_record(own):
    store, _ = own
    said = {"name": "Another name"}
    one = corrections.propose(
        store, shipped_hash(store), Correction("name", ISLAND, said=said, stated_source="Map")
    )
    at = fine(visit("changes", part="desk"))
    at.checkbox(key=f"choose_{one.proposal_id}").check().run()
    at.button(key="desk_reject").click().run()
    assert corrections.proposals(store)[0].status == "rejected"
    assert t("desk.decided", n=1) in [item.label for item in fine(at).expander]


@pytest.mark.parametrize(
    "kind",
    ["protected_since", "name", "point", "boundary", "species_here", "species_not_here", "category"],
)
def test_every_kind_of_correction_has_its_fields(kind, own):
    at = fine(visit("changes", part="desk"))
    at.selectbox(key="desk_kind").set_value(kind).run()
    fine(at)


def test_from_another_computer_corrections_are_read_and_not_made(remote):
    store, _ = remote
    one = corrections.propose(
        store, shipped_hash(store), Correction("name", ISLAND, said={"name": "x"}, stated_source="Map")
    )
    at = fine(visit("changes", part="desk"))
    assert t("desk.remote") in [item.value for item in at.info]
    assert "desk_propose" not in driver.keys(at)
    assert "desk_accept" not in driver.keys(at)
    inventory = load(folder.inventory_path(store, shipped_hash(store)))
    for act in (correcting.accept, correcting.reject):
        with pytest.raises(SettingError):
            act(inventory, [one])
    with pytest.raises(SettingError):
        correcting.propose(inventory, "name", ISLAND, "", {"name": "y"}, "Map", "")
    assert [p.status for p in corrections.proposals(store)] == ["proposed"]


def test_the_file_to_send_holds_what_stands_what_is_proposed_and_to_whom_it_goes(own):
    store, _ = own
    inventory = load(folder.inventory_path(store, shipped_hash(store)))
    for one in (
        Correction(
            "protected_since", ISLAND, said={"year": 2005, "share": 1}, stated_source="DO", proposer="A"
        ),
        Correction("category", "", "abies-beshanzuensis", said={"category": "EN"}, stated_source="RL"),
    ):
        corrections.propose(store, shipped_hash(store), one)
    sheet = correcting.sheet(inventory, correcting.proposals(inventory))
    assert sheet["send_to"].notna().all()
    row = sheet.set_index("site_id").loc[ISLAND]
    assert (row["source"], row["status"]) == ("DO", "proposed")
    assert "2005" in row["proposed"]


def test_corrections_of_sensitive_sites_are_not_shown_to_others(remote):
    store, made = remote
    plain = load(made.path)
    hidden = plain.sites.query("sensitive").index[0]
    said = {"name": "The secret bay"}
    one = corrections.propose(
        store,
        made.version.content_hash,
        Correction("name", hidden, said=said, stated_source="Map of the secret bay"),
    )
    shown = fine(visit("changes", part="desk", data=made.version.content_hash[:12]))
    assert not any("secret bay" in text for text in driver.markdown(shown))
    corrected = accept(store, made.version.content_hash, [one])
    for page in ("changes", "site", "data"):
        at = (
            fine(visit(page, part="desk", data=corrected[:12]))
            if page == "changes"
            else fine(visit(page, data=corrected[:12]))
        )
        text = " ".join(driver.markdown(at)) + " ".join(item.value.to_csv() for item in at.dataframe)
        assert "secret bay" not in text
    raw = loads.file_of(corrected)
    assert b"secret bay" not in raw
    assert isinstance(load(folder.inventory_path(store, corrected)).corrections, pd.DataFrame)

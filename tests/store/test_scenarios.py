"""Kept scenarios: what is kept comes back, whoever writes beside, and a hostile file does no harm."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import SettingError, StoreError
from aze_core.domain.settings import value
from aze_core.locale import explain
from aze_core.store import scenarios
from aze_core.store.scenarios import FORMAT, WHAT, Kept, kept, save
from aze_core.store.workspace import reading

ONE, TWO = "1" * 64, "2" * 64
PLAIN: dict[str, Any] = {"budget": 10, "locked_in": ["A", "Île"], "filters": {"countries": []}}


def keep(store: Path, name: str = "Ten sites", **more: Any) -> Kept:
    return save(store, **{"name": name, "inventory": ONE, "settings": PLAIN, **more})


def names(store: Path, **more: Any) -> list[str]:
    return [one.name for one in kept(store, **more)]


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    before = time.time()
    made = keep(tmp_path, "  Ten \n sites ", author="Ana", note="First\nsecond", results={"selected": ("A",)})
    assert (made.name, made.note) == ("Ten sites", "First\nsecond")
    assert made.settings == PLAIN
    assert made.results == {"selected": ["A"]}
    assert before <= made.created == made.changed <= time.time()
    assert scenarios.get(tmp_path, made.scenario_id) == made
    assert kept(tmp_path) == [made]


def test_nothing_is_kept_in_a_new_store(tmp_path: Path) -> None:
    assert kept(tmp_path / "new") == []
    assert not (tmp_path / "new").exists()


def test_the_latest_changed_comes_first_and_search_looks_into_three_texts(tmp_path: Path) -> None:
    first = keep(tmp_path, "Island plan", author="Zoë Ångström")
    keep(tmp_path, "Coast", note="after the ISLAND workshop", inventory=TWO)
    keep(tmp_path, "Coast", author="Ana")
    assert names(tmp_path) == ["Coast", "Coast", "Island plan"]
    scenarios.edit(tmp_path, first.scenario_id, note="now first")
    assert names(tmp_path) == ["Island plan", "Coast", "Coast"]
    assert names(tmp_path, search="island") == ["Island plan", "Coast"]
    assert names(tmp_path, search="zoë ÅNGSTRÖM") == ["Island plan"]
    assert names(tmp_path, search="coast ana") == ["Coast"]
    assert names(tmp_path, search="%") == []
    assert names(tmp_path, inventory=TWO) == ["Coast"]
    assert names(tmp_path, search="ana", inventory=TWO) == []


def test_an_edit_leaves_what_it_does_not_name(tmp_path: Path) -> None:
    made = keep(tmp_path, author="Ana", note="n")
    found = scenarios.edit(tmp_path, made.scenario_id, name="Nine sites")
    assert (found.name, found.author, found.note) == ("Nine sites", "Ana", "n")
    assert found.created == made.created
    assert found.changed >= made.changed
    assert scenarios.edit(tmp_path, made.scenario_id, note="").note == ""


def test_a_copy_names_its_parent(tmp_path: Path) -> None:
    made = keep(tmp_path, author="Ana", results={"objective": 1.5})
    twin = scenarios.copy(tmp_path, made.scenario_id, author="Ben")
    assert (twin.parent, twin.name, twin.author) == (made.scenario_id, made.name, "Ben")
    assert (twin.settings, twin.results, twin.inventory) == (made.settings, made.results, ONE)
    assert twin.scenario_id != made.scenario_id
    assert scenarios.copy(tmp_path, twin.scenario_id, "Third").parent == twin.scenario_id
    with pytest.raises(StoreError, match="unknown_scenario"):
        keep(tmp_path, parent="nobody")


def test_what_is_deleted_can_come_back_as_it_was(tmp_path: Path) -> None:
    made = keep(tmp_path)
    scenarios.delete(tmp_path, made.scenario_id)
    assert kept(tmp_path) == []
    gone = kept(tmp_path, deleted=True)
    assert [one.scenario_id for one in gone] == [made.scenario_id]
    assert gone[0].deleted_at is not None
    for call in (scenarios.get, scenarios.delete, scenarios.copy, scenarios.edit):
        with pytest.raises(StoreError) as caught:
            call(tmp_path, made.scenario_id)  # type: ignore[operator]
        assert made.scenario_id in explain(caught.value)
    assert scenarios.undo_delete(tmp_path, made.scenario_id) == made
    assert kept(tmp_path) == [made]
    with pytest.raises(StoreError):
        scenarios.undo_delete(tmp_path, "nobody")


def test_a_beginning_names_a_scenario(tmp_path: Path) -> None:
    made = [keep(tmp_path).scenario_id for _ in range(17)]  # two of them begin alike
    assert scenarios.find(tmp_path, made[0]) == made[0]
    starts = [code[0] for code in made]
    twice = next(start for start in starts if starts.count(start) > 1)
    with pytest.raises(StoreError, match="ambiguous_scenario"):
        scenarios.find(tmp_path, twice)
    for code in ("", "x"):
        with pytest.raises(StoreError, match="unknown_scenario"):
            scenarios.find(tmp_path, code)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "scenario_without_name"),
    ({"name": " \n\t"}, "scenario_without_name"),
    ({"name": "x" * 121}, "scenario_text_too_long"),
    ({"name": 7}, "bad_scenario_part"),
    ({"name": "<b>bold</b>"}, "scenario_markup"),
    ({"name": "a\x00b"}, "scenario_markup"),
    ({"name": "a\u202eb"}, "scenario_markup"),
    ({"name": "\ud800"}, "scenario_markup"),
    ({"author": "x" * 121}, "scenario_text_too_long"),
    ({"note": "x" * 4001}, "scenario_text_too_long"),
    ({"note": "</script>"}, "scenario_markup"),
    ({"inventory": "1"}, "bad_scenario_part"),
    ({"inventory": None}, "bad_scenario_part"),
    ({"settings": []}, "bad_scenario_part"),
    ({"results": "none"}, "bad_scenario_part"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_what_does_not_fit_is_refused_in_words(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError) as caught:
        keep(tmp_path, **given)
    assert caught.value.message_id == message
    assert explain(caught.value)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), {1, 2}, Path("x")])
def test_settings_are_plain_values(tmp_path: Path, bad: object) -> None:
    with pytest.raises(SettingError, match="bad_scenario_part"):
        keep(tmp_path, settings={"budget": bad})


@pytest.mark.parametrize("name", ["x" * 120, "x", "cover < 2 % & more", "琉球 📌", "=1+1", "'; DROP TABLE"])
def test_names_that_may_be(tmp_path: Path, name: str) -> None:
    assert keep(tmp_path, name).name == name
    assert names(tmp_path) == [name]


# ---------------------------------------------------------------- files


def test_an_export_is_taken_in_whole(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    made = keep(here, author="Ana", note="n", results={"objective": 0.5, "selected": ["A"]})
    twin = scenarios.copy(here, made.scenario_id)
    raw = scenarios.export_json(here, [twin.scenario_id, made.scenario_id, twin.scenario_id])
    found, skipped = scenarios.import_json(there, raw)
    assert skipped == []
    assert [one.name for one in found] == ["Ten sites"] * 2  # twice the same name, kept apart
    assert found[0].parent == found[1].scenario_id
    assert found[1].parent == ""
    for one, old in zip(found, (twin, made), strict=True):
        assert (one.settings, one.results, one.inventory) == (old.settings, old.results, old.inventory)
        assert (one.author, one.note, one.created) == (old.author, old.note, old.created)
    assert {one.scenario_id for one in kept(there)} == {one.scenario_id for one in found}
    # where they are kept already nothing is taken in, until one of them is deleted
    again, skipped = scenarios.import_json(here, raw)
    assert again == []
    assert [(each.entry, each.error.message_id) for each in skipped] == [
        (1, "scenario_already_kept"),
        (2, "scenario_already_kept"),
    ]
    assert scenarios.get(here, made.scenario_id) == made
    for one in (made, twin):
        scenarios.delete(here, one.scenario_id)
    assert len(scenarios.import_json(here, raw)[0]) == 2


def test_a_copy_whose_parent_is_kept_already_finds_it(tmp_path: Path) -> None:
    here = tmp_path / "here"
    made = keep(here)
    twin = scenarios.copy(here, made.scenario_id, "Another name")
    raw = scenarios.export_json(here, [twin.scenario_id, made.scenario_id])
    scenarios.delete(here, twin.scenario_id)
    [one], [same] = scenarios.import_json(here, raw)
    assert (one.name, one.parent) == ("Another name", made.scenario_id)
    assert (same.entry, same.name) == (2, made.name)


def test_an_export_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    keep(tmp_path)
    with pytest.raises(StoreError, match="unknown_scenario"):
        scenarios.export_json(tmp_path, ["nobody"])


def file_of(entries: object, **more: object) -> bytes:
    return json.dumps({"what": WHAT, "format": FORMAT, "scenarios": entries, **more}).encode()


GOOD = {"name": "Good", "inventory": ONE, "settings": PLAIN}


def test_broken_entries_are_named_and_the_others_stay(tmp_path: Path) -> None:
    entries: list[Any] = [
        GOOD,
        None,
        {**GOOD, "name": "<img src=x onerror=alert(1)>"},
        {**GOOD, "settings": "x"},
        {**GOOD, "created": 1e30, "parent": "elsewhere", "extra": 1},
        [],
        {},
    ]
    before = time.time()
    found, skipped = scenarios.import_json(tmp_path, file_of(entries))
    assert [one.name for one in found] == ["Good", "Good"]
    assert [one.entry for one in skipped] == [2, 3, 4, 6, 7]
    assert [one.name for one in skipped] == ["", "<img src=x onerror=alert(1)>", "Good", "", ""]
    assert all(explain(one.error) for one in skipped)
    assert before <= found[1].created <= time.time()
    assert found[1].parent == ""
    assert len(kept(tmp_path)) == 2


HOSTILE = {
    "nothing": b"",
    "no JSON": b"PK\x03\x04",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "another object": b"{}",
    "no list": file_of({}),
    "no format": file_of([], format=None),
    "format of a word": file_of([], format="1"),
    "true for a format": file_of([], format=True),
    "not a number": file_of([]).replace(b"[]", b"[NaN]"),
    "deep": b"[" * 200_000,
    "long number": b"1" * 10_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_such_file(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(SettingError) as caught:
        scenarios.import_json(tmp_path, raw)
    assert caught.value.message_id == "bad_scenarios_file"
    assert explain(caught.value)


def test_a_newer_format_and_a_file_too_large_are_named(tmp_path: Path) -> None:
    keep(tmp_path)
    too_many = [GOOD] * (value("limits.scenarios.entries") + 1)
    for raw, message in (
        (file_of([GOOD], format=FORMAT + 1), "newer_scenarios_file"),
        (b" " * (value("limits.scenarios.bytes") + 1), "scenarios_file_too_large"),
        (file_of(too_many), "too_many_scenarios_in_file"),
    ):
        with pytest.raises(SettingError) as caught:
            scenarios.import_json(tmp_path, raw)
        assert caught.value.message_id == message
        assert explain(caught.value)
    assert names(tmp_path) == ["Ten sites"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
entry = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b"]) | anything,
        "name": st.text(max_size=130) | anything,
        "author": anything,
        "note": anything,
        "parent": st.sampled_from(["a", "b"]) | anything,
        "inventory": st.just(ONE) | anything,
        "settings": st.just(PLAIN) | anything,
        "results": anything,
        "created": anything,
    },
)


@settings(max_examples=25)
@given(st.lists(entry | st.just(GOOD) | anything, max_size=5))
def test_whatever_a_file_holds_every_entry_is_taken_in_or_named(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Any]
) -> None:
    store = tmp_path_factory.mktemp("store")
    found, skipped = scenarios.import_json(store, file_of(entries))
    assert len(found) + len(skipped) == len(entries)
    assert len(found) >= entries.count(GOOD)
    assert sorted(one.scenario_id for one in kept(store)) == sorted(one.scenario_id for one in found)
    raw = scenarios.export_json(store, [o.scenario_id for o in found])
    other = tmp_path_factory.mktemp("other")
    again, lost = scenarios.import_json(other, raw)
    assert lost == []
    twice, lost = scenarios.import_json(other, raw)
    assert (twice, len(lost)) == ([], len(found))
    assert [(o.name, o.note, o.settings) for o in again] == [(o.name, o.note, o.settings) for o in found]


# ---------------------------------------------------------------- at the same time

WRITER = """
import sys
from pathlib import Path
from aze_core.store import scenarios
for n in range(15):
    scenarios.save(Path(sys.argv[1]), name=f"{sys.argv[2]} {n}", inventory="1" * 64, settings={"n": n})
    scenarios.edit(Path(sys.argv[1]), sys.argv[3], **{sys.argv[2]: f"{n}"})
"""


def test_two_programs_lose_nothing_of_each_other(tmp_path: Path) -> None:
    shared = keep(tmp_path)
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), field, shared.scenario_id])
        for field in ("author", "note")
    ]
    assert [one.wait(timeout=60) for one in running] == [0, 0]
    assert len(kept(tmp_path)) == 1 + 2 * 15
    found = scenarios.get(tmp_path, shared.scenario_id)
    assert (found.name, found.author, found.note) == ("Ten sites", "14", "14")


def test_many_threads_lose_nothing_of_each_other(tmp_path: Path) -> None:
    threads = [threading.Thread(target=keep, args=(tmp_path, f"n{n}")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(tmp_path)) == sorted(f"n{n}" for n in range(20))


KILLED = """
import sys, time
from pathlib import Path
from aze_core.store.workspace import writing
with writing(Path(sys.argv[1])) as db:
    db.execute("UPDATE scenarios SET name = 'half'")
    db.execute("DELETE FROM scenarios WHERE name = 'never'")
    print("written", flush=True)
    time.sleep(60)
"""


def test_a_program_killed_while_it_writes_leaves_the_old_state(tmp_path: Path) -> None:
    made = keep(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().strip() == "written"
        assert names(tmp_path) == ["Ten sites"]  # a reader does not wait, and sees nothing half done
        running.kill()
    assert kept(tmp_path) == [made]
    assert scenarios.edit(tmp_path, made.scenario_id, name="Next").name == "Next"
    with reading(tmp_path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_failing_import_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path)
    put, calls = scenarios._insert, []

    def fail(db: Any, one: Kept) -> None:
        calls.append(one)
        if len(calls) == 2:
            raise RuntimeError
        put(db, one)

    monkeypatch.setattr(scenarios, "_insert", fail)
    with pytest.raises(RuntimeError):
        scenarios.import_json(tmp_path, file_of([GOOD, GOOD, GOOD]))
    assert names(tmp_path) == ["Ten sites"]


def test_a_workspace_from_before_scenarios_takes_them_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aze_core.store import workspace

    with monkeypatch.context() as patch:
        patch.setattr(workspace, "_STEPS", workspace._STEPS[:1])
        with workspace.writing(tmp_path) as db:
            db.execute("INSERT INTO labels VALUES ('a', 'A')")
            assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    made = keep(tmp_path)
    assert kept(tmp_path) == [made]
    with reading(tmp_path) as db:
        assert db.execute("SELECT label FROM labels").fetchone()[0] == "A"

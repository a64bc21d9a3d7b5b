"""The registry of columns: consistent in itself, and strict with cells."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest

from aze_core.domain.errors import AzeError, DataError, ScenarioError, SettingError, StoreError
from aze_core.domain.schema import TABLES, check_references, conform, dictionary, empty, parse
from tests.helpers import make_frames

OCCURRENCES = ["site_id", "species_id", "share", "life_stage", "source"]


def test_keys_and_references_point_to_columns() -> None:
    for name, table in TABLES.items():
        assert table.name == name
        assert len(set(table.names)) == len(table.names)
        for column in table.key:
            assert table.column(column).required
        for column, (other, target) in table.refers.items():
            assert column in table.names
            assert TABLES[other].key == (target,)


def test_every_column_has_a_meaning_and_numbers_a_unit() -> None:
    for table in TABLES.values():
        assert table.meaning
        for column in table.columns:
            assert column.meaning
            if (column.low, column.high) != (None, None):
                assert column.unit, f"{table.name}.{column.name}"


def test_dictionary_holds_every_column_once() -> None:
    found = list(dictionary()[["table", "column"]].itertuples(index=False, name=None))
    assert found == [(t.name, c.name) for t in TABLES.values() for c in t.columns]


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0.0), ("1", 1.0), (" .5 ", 0.5), ("5e-1", 0.5), ("+0.25", 0.25), ("1.", 1.0)],
)
def test_numbers_as_written(text: str, value: float) -> None:
    frame = parse([(2, ["A", "x", text, "", "s"])], OCCURRENCES, TABLES["occurrences"], "f.csv")
    assert frame["share"].tolist() == [value]
    assert frame.index.tolist() == [2]


@pytest.mark.parametrize("text", ["1.0000001", "-0.5", "0x1", "1_0", "0,5", "½", "one", "--1", "1e", "."])
def test_no_numbers(text: str) -> None:
    with pytest.raises(DataError) as caught:
        parse([(7, ["A", "x", text, "", "s"])], OCCURRENCES, TABLES["occurrences"], "f.csv")
    assert caught.value.fields == {
        "file": "f.csv",
        "row": 7,
        "column": "share",
        "value": text,
        "expected": "a number from 0 to 1",
    }


def test_empty_frames_have_the_types_of_full_ones() -> None:
    for name, frame in make_frames().items():
        pd.testing.assert_series_equal(empty(TABLES[name]).dtypes, frame.dtypes)


def test_conform_wants_every_column() -> None:
    frame = make_frames()["coverage"]
    pd.testing.assert_frame_equal(conform(frame[frame.columns[::-1]], TABLES["coverage"], "x"), frame)
    with pytest.raises(DataError, match="missing_column"):
        conform(frame.drop(columns="share"), TABLES["coverage"], "x")


def test_references_may_be_empty_where_they_are_not_required() -> None:
    frames = make_frames()
    assert frames["sites"]["attribute_source"].isna().all()
    check_references(frames)


@pytest.mark.parametrize("kind", [AzeError, DataError, StoreError, SettingError, ScenarioError])
def test_errors_travel_between_processes(kind: type[AzeError]) -> None:
    error = kind("bad_value", file="f.csv", row=3)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.message_id, again.fields) == (kind, "bad_value", {"file": "f.csv", "row": 3})
    assert str(again) == "bad_value: file=f.csv, row=3"

"""What sites need: classes by cover and METT, threats beyond boundaries, and who overrules whom."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.measures.need import BASES, NEEDS, needs, newest_mett
from tests.helpers import as_inventory, frame, make_frames

SHARE = pd.Series({"A": 0.02, "B": 0.5, "C": 0.98, "D": None})
NA = pd.NA


def national(*rows):
    """Each row: site, field, value, and the year."""
    return frame(
        "national",
        [
            {
                "site_id": site,
                "field": field,
                "entry": entry,
                "value": str(item),
                "number": None if field == "threat_beyond_boundaries" else float(item),
                "kind": "flag" if field == "threat_beyond_boundaries" else "number",
                "year": year,
                "scorable": False,
                "source": "hand",
            }
            for entry, (site, field, item, year) in enumerate(rows, start=1)
        ],
    )


def threats(*rows):
    """Each row: species, code, severity; ongoing threats to the whole population."""
    return frame(
        "threats",
        [
            {
                "species_id": species,
                "code": code,
                "entry": entry,
                "timing": "Ongoing",
                "scope": "Whole (>90%)",
                "severity": severity,
                "source": "hand",
            }
            for entry, (species, code, severity) in enumerate(rows, start=1)
        ],
    )


def made(**tables):
    return as_inventory({**make_frames(), **tables})


RAPID, SLOW, VERY = "Rapid Declines", "Slow, Significant Declines", "Very Rapid Declines"


def test_classes_without_a_word_on_management():
    found = needs(made(), SHARE)
    assert found["need"].to_dict() == {"A": "none", "B": "partial", "C": "covered_unknown", "D": "unknown"}
    assert found["mett"].isna().all()
    assert found["beyond"].isna().all()
    assert found["beyond_basis"].isna().all()


@pytest.mark.parametrize(
    ("score", "most", "need"),
    [
        (49, 99, "covered_weak"),
        (49.5, 99, "covered_sound"),
        (99, 99, "covered_sound"),
        (0, 99, "covered_weak"),
    ],
)
def test_half_of_mett_parts_weak_from_sound(score, most, need):
    rows = national(("C", "mett_score", score, 2020), ("C", "mett_max", most, 2020))
    row = needs(made(national=rows), SHARE).loc["C"]
    assert row["need"] == need
    assert row["mett"] == pytest.approx(score / most)


def test_mett_moves_only_sites_that_are_covered():
    rows = national(*((site, name, 40, 2020) for site in "ABD" for name in ("mett_score", "mett_max")))
    found = needs(made(national=rows), SHARE)
    assert found["need"].to_dict() == {"A": "none", "B": "partial", "C": "covered_unknown", "D": "unknown"}
    assert found["mett"].dropna().to_dict() == {"A": 1, "B": 1, "D": 1}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # the newest year that has both
        (
            [
                ("mett_score", 20, 2010),
                ("mett_max", 40, 2010),
                ("mett_score", 30, 2020),
                ("mett_max", 40, 2020),
            ],
            3 / 4,
        ),
        ([("mett_score", 20, 2010), ("mett_max", 40, 2010), ("mett_score", 30, 2020)], 2 / 4),
        # a maximum without a year is that of every score
        ([("mett_score", 10, 2010), ("mett_score", 30, 2020), ("mett_max", 40, None)], 3 / 4),
        ([("mett_score", 10, None), ("mett_max", 40, None)], 1 / 4),
        # a score without a year is the oldest
        ([("mett_score", 10, None), ("mett_score", 30, 2001), ("mett_max", 40, None)], 3 / 4),
        # two in a year: the lowest
        ([("mett_score", 30, 2020), ("mett_score", 10, 2020), ("mett_max", 40, 2020)], 1 / 4),
        ([("mett_score", 30, 2020)], None),
        ([("mett_score", 30, 2020), ("mett_max", 40, 2010)], None),
        ([("mett_max", 40, 2010)], None),
        ([("mett_score", 30, 2020), ("mett_max", 20, 2020)], None),
        ([("mett_score", 0, 2020), ("mett_max", 0, 2020)], None),
        ([], None),
    ],
)
def test_the_newest_score_with_its_maximum(rows, expected):
    found = newest_mett(national(*(("C", *row) for row in rows)))
    assert found.to_dict() == ({} if expected is None else {"C": expected})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # a1 and a2 live at A; 24 of 24 + 10 beyond boundaries
        ([("a1", "8.1.2", RAPID), ("a1", "1.1", SLOW), ("a2", "1.1", SLOW)], True),
        ([("a1", "8.1.2", SLOW), ("a1", "1.1", RAPID), ("a2", "1.1", SLOW)], False),
        # half is not more than half
        ([("a1", "11.1", RAPID), ("a1", "1.1", RAPID), ("a2", "1.1", SLOW)], False),
        # 10 + 10 + 10 of 54
        ([("a1", "9", SLOW), ("a1", "10.1", SLOW), ("a1", "11", SLOW), ("a1", "2.1", RAPID)], True),
        # one species is enough, and one without a record leaves a no open
        ([("a2", "8.1", RAPID)], True),
        ([("a2", "1.1", RAPID)], NA),
        ([("a1", "8.1", "No decline"), ("a2", "1.1", SLOW)], NA),
        ([("b1", "8.1", RAPID)], NA),
    ],
)
def test_records(rows, expected):
    row = needs(made(threats=threats(*rows)), SHARE).loc["A"]
    assert row["beyond"] is expected or row["beyond"] == expected
    assert pd.isna(row["beyond_basis"]) if expected is NA else row["beyond_basis"] == "records"


def test_codes_are_whole_numbers():
    """1.1 and 12 begin like 11 and 1 and are neither."""
    rows = threats(("a1", "1.1", RAPID), ("a2", "12.1", RAPID))
    assert needs(made(threats=rows), SHARE).loc["A", "beyond"] == False  # noqa: E712 - not missing


def test_the_table_overrules_records_and_the_user_all():
    rows = threats(("a1", "8.1", VERY), ("a2", "8.1", VERY), ("b1", "1.1", VERY), ("b2", "1.1", VERY))
    field = "threat_beyond_boundaries"
    table = national(
        ("A", field, 0, 2020), ("A", field, 1, 2001), ("C", field, 1, None), ("C", field, 0, 2001)
    )
    inventory = made(threats=rows, national=table)
    found = needs(inventory, SHARE)
    assert found["beyond"].tolist() == [False, False, False, NA]
    assert found["beyond_basis"].fillna("").tolist() == ["table", "records", "table", ""]
    ruled = needs(inventory, SHARE, beyond=["A", "D", "Z9"], stopped=["B"])
    assert ruled["beyond"].tolist() == [True, False, False, True]
    assert ruled["beyond_basis"].tolist() == ["set", "set", "table", "set"]


def test_nobody_says_both():
    with pytest.raises(ValueError, match="expected in one at most"):
        needs(made(), SHARE, beyond=["A"], stopped=["A", "B"])


def test_no_share_is_not_known():
    assert (needs(made(), pd.Series(dtype=float))["need"] == "unknown").all()


@settings(max_examples=25)
@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=4, max_size=4),
    st.sets(st.sampled_from("ABCD")),
    st.sets(st.sampled_from("ABCD")),
)
def test_every_site_has_one_need_and_every_answer_its_basis(shares, beyond, stopped):
    found = needs(made(), pd.Series(shares, index=list("ABCD"), dtype=float), beyond, stopped - beyond)
    assert set(found["need"]) <= set(NEEDS)
    assert set(found["beyond_basis"].dropna()) <= set(BASES)
    assert (found["beyond"].isna() == found["beyond_basis"].isna()).all()
    assert (found["need"] == "unknown").tolist() == [share is None for share in shares]
    assert set(found.index[found["beyond"].fillna(False)]) == beyond

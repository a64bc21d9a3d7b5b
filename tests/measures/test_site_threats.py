"""The threats of each site: STAR and impact of a code, what is assumed, and species without a record."""

from __future__ import annotations

import pandas as pd
import pytest

from aze_core.measures.abatement import site_star, star
from aze_core.measures.site_threats import COLUMNS, site_threats
from tests.helpers import as_inventory, frame, make_frames

ALL = pd.Index(list("ABCD"))
WHOLE, RAPID, SLOW = "Whole (>90%)", "Rapid Declines", "Slow, Significant Declines"


def made(*rows):
    """Each row: species, code, timing, scope, severity. A holds a1 and a2 (CR), B b1 (CR) and b2 (EN)."""
    names = ("species_id", "code", "timing", "scope", "severity")
    entries = [
        {**dict(zip(names, row, strict=True)), "entry": n, "name": f"Threat {row[1]}", "source": "hand"}
        for n, row in enumerate(rows, start=1)
    ]
    return as_inventory({**make_frames(), "threats": frame("threats", entries)})


def told(found, site):
    rows = found[found["site_id"] == site].drop(columns="site_id").astype(object)
    return rows.where(rows.notna(), None).values.tolist()


def test_by_hand():
    found = site_threats(
        made(
            ("a1", "8.1", "Ongoing", WHOLE, RAPID),
            ("a1", "1.1", "Future", WHOLE, "Rapid Declines"),
            ("a2", "8.1", "Ongoing", None, SLOW),
            ("b1", "2.1", "Past, Likely to Return", WHOLE, RAPID),
        ),
        ALL,
    )
    assert list(found.columns) == list(COLUMNS)
    # a1: 400 in halves; a2: 400, its scope filled in; the highest known impact is 3 + 3 + 2
    assert told(found, "A") == [
        ["8.1", "Threat 8.1", 2, 200 + 400, 8, "high", True],
        ["1.1", "Threat 1.1", 1, 200, 1 + 3 + 2, "medium", False],
    ]
    assert told(found, "B") == [
        ["2.1", "Threat 2.1", 1, 400, None, "past", False],
        [None, None, 1, 300, None, None, False],
    ]
    # EN, and a species of unknown category
    assert told(found, "C") == [[None, None, 2, 300, None, None, False]]
    assert told(found, "D") == [[None, None, 1, 0, None, None, False]]


def test_unknown_stands_before_past_and_behind_a_score():
    past, open_ = ("a1", "3.1", "Past, Likely to Return", WHOLE, RAPID), ("a2", "3.1", "Ongoing", None, RAPID)
    assert told(site_threats(made(past, open_), ALL), "A")[0][4:6] == [None, "unknown"]
    known = ("a1", "3.1", "Future", "Minority (<50%)", SLOW)
    assert told(site_threats(made(past, open_, known), ALL), "A")[0][4:6] == [1 + 1 + 1, "low"]


def test_only_the_sites_asked_for_in_their_order():
    inventory = made(("a1", "8.1", "Ongoing", WHOLE, RAPID))
    assert site_threats(inventory, pd.Index(["B", "A"]))["site_id"].unique().tolist() == ["B", "A"]
    assert site_threats(inventory, pd.Index([], dtype="str")).empty


def test_a_species_of_unknown_category_has_no_star():
    found = site_threats(made(("c2", "8.1", "Ongoing", WHOLE, RAPID)), pd.Index(["C"]))
    assert told(found, "C") == [
        [None, None, 1, 300, None, None, False],
        ["8.1", "Threat 8.1", 1, None, 3 + 3 + 2, "high", False],
    ]


def test_the_sums_are_those_of_the_sites(shipped):
    inventory = made(("a1", "8.1", "Ongoing", WHOLE, RAPID), ("b2", "1.1", "Future", None, None))
    whole = site_star(star(inventory.occurrences, inventory.species["category"], inventory.threats))
    sums = site_threats(inventory, ALL).groupby("site_id")["star"].sum()
    assert sums.to_dict() == pytest.approx(whole["star"].to_dict())
    # the shipped list has no threats: one row for each site
    bare = site_threats(shipped, shipped.sites.index)
    assert bare["site_id"].tolist() == shipped.sites.index.tolist()
    assert bare["code"].isna().all()

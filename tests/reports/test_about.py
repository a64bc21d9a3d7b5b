"""What a file says of itself, for people to read."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd

from aze_core import __version__
from aze_core.reports.about import about
from aze_core.reports.tables import stamp
from tests.helpers import make_inventory

VERSION = make_inventory().version


def told(settings: str = "") -> dict[str, str]:
    return dict(about(VERSION, settings).to_numpy().tolist())


def test_it_tells_inventory_notice_source_and_software() -> None:
    found = told()
    assert found == {
        "Inventory": stamp(VERSION),
        "Notice": VERSION.notice,
        "Source": VERSION.source,
        "What it holds": "4 sites, 7 species",
        "Content hash": VERSION.content_hash,
        "Written by": f"AZE planner {__version__}",
        "Inventory built by": f"AZE planner {VERSION.software}",
    }


def test_sources_are_cited_with_their_terms() -> None:
    sources = pd.DataFrame(
        {
            "title_short": ["Kullberg et al. 2019", None],
            "citation": ["Kullberg, P. 2019. Gaps.", "By hand."],
            "terms": ["CC BY 4.0", None],
        },
        index=["kullberg2019", "hand"],
    )
    found = dict(about(VERSION, "", sources).to_numpy().tolist())
    assert found["Source: Kullberg et al. 2019"] == "Kullberg, P. 2019. Gaps. Terms: CC BY 4.0."
    assert found["Source: hand"] == "By hand."
    assert "Source" not in found  # the code alone tells less


def test_a_derived_version_names_its_base() -> None:
    found = about(replace(VERSION, derived_from="ab" * 32))
    assert found.set_index("name").at["Derived from content hash", "value"] == "ab" * 32


def test_choices_are_taken_apart() -> None:
    chosen = {
        "settings": {"uncovered_only": True, "filters": {"countries": ["HTI", "MEX"], "regions": []}},
        "weights": None,
        "effect": 0.5,
    }
    found = told(json.dumps(chosen))
    assert {name: text for name, text in found.items() if name.startswith("Setting")} == {
        "Setting: settings, uncovered only": "yes",
        "Setting: settings, filters, countries": "HTI, MEX",
        "Setting: settings, filters, regions": "nothing chosen",
        "Setting: weights": "nothing chosen",
        "Setting: effect": "0.5",
    }


def test_settings_in_other_words_stay_as_they_are() -> None:
    for text in ("by species, 2010", "[1, 2]", "12"):
        assert told(text)["Settings"] == text
    assert told() == told("{}")
    assert not any(name.startswith("Setting") for name in told())


def test_a_rankings_two_pairs_of_ranks_are_told_apart() -> None:
    found = told(json.dumps({"weights": None, "uncertainty": {"top": 10}}))
    assert "rank_low to rank_high: the middle 90%" in found["Columns of ranks"]
    assert "rank_best to rank_worst: the ranks that remain open" in found["Columns of ranks"]
    assert "Columns of ranks" not in told(json.dumps({"weights": None}))

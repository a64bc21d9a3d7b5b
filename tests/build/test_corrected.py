"""Corrections: each does what it says in a new version, is marked there, and can be thought away again."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pandas as pd
import pytest
import shapely

from aze_core import build
from aze_core.build.corrected import accept
from aze_core.domain.corrections import Correction
from aze_core.domain.errors import AzeError, DataError, SettingError
from aze_core.domain.model import Inventory, RankSettings
from aze_core.locale import explain
from aze_core.measures.reported import newest
from aze_core.measures.uncorrected import uncorrected
from aze_core.ranking.score import rank_sites
from aze_core.store import corrections, folder
from aze_core.store.inventory import is_intact, load
from tests.helpers import tree, write_facts

GAZETTE = "Gazette 12/2005"
POINT = '{"type": "Point", "coordinates": [1, 2]}'
SQUARE = json.dumps(shapely.geometry.mapping(shapely.box(10, 0, 10.1, 0.1)))

EACH = {
    "protected_since": Correction(
        "protected_since", "A", said={"year": 2012, "share": 1.0}, stated_source=GAZETTE, proposer="Ana"
    ),
    "protected_later": Correction(
        "protected_since", "A", said={"year": 2020, "share": 0.5}, stated_source=GAZETTE
    ),
    "name": Correction("name", "A", said={"name": "Ash  Mountain"}, stated_source="Map"),
    "point": Correction("point", "D", said={"latitude": 1.5, "longitude": -2.5}, stated_source="GPS"),
    "boundary": Correction("boundary", "B", said={"geojson": SQUARE}, stated_source="Cadastre"),
    "species_here": Correction(
        "species_here",
        "A",
        said={"scientific_name": "Rana alba (L., 1758)", "class_name": "Amphibia", "category": "EN"},
        stated_source="Survey 2024",
    ),
    "species_not_here": Correction("species_not_here", "A", "a1", stated_source="Survey 2024"),
    "category": Correction("category", "", "c2", said={"category": "CR"}, stated_source="Assessment"),
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    build.build(write_facts(tmp_path / "data"), tmp_path / "store")
    return tmp_path / "store"


def base(store: Path) -> str:
    current = folder.read_current(store)
    assert current is not None
    return current.inventory


def corrected(store: Path, *given: Correction) -> Inventory:
    proposed = [corrections.propose(store, base(store), one) for one in given]
    made = accept(store, base(store), proposed, "Desk")
    path = folder.inventory_path(store, made)
    assert is_intact(path, made)
    return load(path)


def original(store: Path) -> Inventory:
    return load(folder.inventory_path(store, base(store)))


def test_protection_overrules_every_report_from_its_year_on(store: Path) -> None:
    made = corrected(store, EACH["protected_since"])
    mine = made.coverage[made.coverage["site_id"] == "A"]
    # what was measured before the area was protected stays
    assert mine[["vintage", "share", "method"]].values.tolist() == [
        [2010, 0.0, "guess"],
        [2016, 1.0, "corrected"],
    ]
    assert made.sources.loc[mine["source"].iloc[1], "citation"] == GAZETTE
    [row] = made.corrections.to_dict("records")
    assert (row["kind"], row["site_id"], row["proposer"]) == ("protected_since", "A", "Ana")
    assert json.loads(row["new_value"]) == [{"vintage": 2016, "share": 1.0}]


def test_protection_later_than_every_report_is_a_report_of_its_own(store: Path) -> None:
    made = corrected(store, EACH["protected_later"])
    last = newest(made.coverage, made.sites.index).loc["A"]
    assert (last["share"], last["vintage"], last["method"]) == (0.5, 2020, "corrected")
    assert len(made.coverage) == len(original(store).coverage) + 1


def test_names_points_boundaries_and_species(store: Path) -> None:
    made = corrected(store, *EACH.values())
    assert made.sites.at["A", "name"] == "Ash Mountain"
    assert made.sites.loc["D", ["latitude", "longitude"]].tolist() == [1.5, -2.5]
    assert made.sites.geometry["B"].equals(shapely.box(10, 0, 10.1, 0.1))
    # 0.1° by 0.1° at the equator: 11.13 km × 11.06 km
    assert made.sites.at["B", "area_km2"] == pytest.approx(11.13 * 11.06, rel=0.001)
    assert made.species.loc["rana-alba", ["scientific_name", "category"]].tolist() == ["Rana alba", "EN"]
    assert "a1" not in made.species.index
    assert made.species.at["c2", "category"] == "CR"
    assert len(made.corrections) == len(EACH)
    assert made.version.derived_from == base(store)
    assert original(store).sites.at["A", "name"] == "Ash Hill"


@pytest.mark.parametrize(
    "names",
    [
        *((name,) for name in EACH),
        *itertools.permutations(("protected_since", "protected_later")),
        tuple(EACH),
        tuple(reversed(EACH)),
    ],
)
def test_without_its_corrections_an_inventory_is_what_it_was(names: tuple[str, ...], store: Path) -> None:
    made = corrected(store, *(EACH[name] for name in names))
    undone, before = uncorrected(made), original(store)
    for name in ("species", "occurrences", "coverage"):
        pd.testing.assert_frame_equal(getattr(undone, name), getattr(before, name), check_dtype=False)
    columns = [c for c in before.sites.columns if c not in ("geometry", "location_note")]
    pd.testing.assert_frame_equal(
        pd.DataFrame(undone.sites[columns]), pd.DataFrame(before.sites[columns]), check_dtype=False
    )
    everywhere = RankSettings(uncovered_only=False)
    pd.testing.assert_frame_equal(
        rank_sites(undone, None, everywhere), rank_sites(before, None, everywhere), check_dtype=False
    )


def test_corrections_of_corrections_count_on(store: Path) -> None:
    first = corrected(store, EACH["name"])
    again = Correction("name", "A", said={"name": "Ash Peak"}, stated_source="Map 2")
    proposed = corrections.propose(store, first.version.content_hash, again)
    second = load(folder.inventory_path(store, accept(store, first.version.content_hash, [proposed])))
    assert second.corrections.index.tolist() == ["c001", "c002"]
    assert uncorrected(second).sites.at["A", "name"] == "Ash Hill"


def test_the_same_corrections_make_the_same_version(store: Path) -> None:
    one = corrected(store, EACH["name"], EACH["category"])
    two = corrected(store, EACH["name"], EACH["category"])
    assert one.version.content_hash == two.version.content_hash


def test_proposals_wait_and_are_decided(store: Path) -> None:
    one = corrections.propose(store, base(store), EACH["name"])
    two = corrections.propose(store, base(store), EACH["category"])
    assert {p.proposal_id for p in corrections.proposals(store)} == {one.proposal_id, two.proposal_id}
    made = accept(store, base(store), [one], "Desk")
    corrections.decide(store, [two.proposal_id], "rejected", "Desk")
    by_id = {p.proposal_id: p for p in corrections.proposals(store)}
    assert (by_id[one.proposal_id].status, by_id[one.proposal_id].made) == ("accepted", made)
    assert by_id[two.proposal_id].status == "rejected"
    assert by_id[one.proposal_id].correction == EACH["name"]
    with pytest.raises(AzeError):
        corrections.decide(store, [one.proposal_id, "gone"], "rejected", "Desk")
    assert {p.status for p in corrections.proposals(store)} == {"accepted", "rejected"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "taste", "stated_source": "x"}, "protected_since"),
        ({"kind": "name", "site_id": "A", "said": {"name": "x"}, "stated_source": " "}, "needs a source"),
        ({"kind": "name", "said": {"name": "x"}, "stated_source": "x"}, "lacks site_id"),
        ({"kind": "name", "site_id": "A", "said": {"name": " "}, "stated_source": "x"}, "lacks name"),
        ({"kind": "category", "stated_source": "x", "said": {"category": "EN"}}, "lacks species_id"),
        (
            {"kind": "category", "species_id": "a1", "stated_source": "x", "said": {"category": "XX"}},
            "EX, EW, CR",
        ),
        ({"kind": "point", "site_id": "A", "stated_source": "x", "said": {"latitude": 91}}, "from -90 to 90"),
        (
            {
                "kind": "protected_since",
                "site_id": "A",
                "stated_source": "x",
                "said": {"year": 1, "share": 1},
            },
            "from 1,800 to 2,100",
        ),
    ],
)
def test_what_cannot_be_a_correction_is_a_sentence(given: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError) as caught:
        Correction.from_dict(given)
    assert words in explain(caught.value)


@pytest.mark.parametrize(
    "one",
    [
        Correction("name", "Z", said={"name": "x"}, stated_source="x"),
        Correction("species_not_here", "A", "c1", stated_source="x"),
        Correction("category", "", "zz", said={"category": "EN"}, stated_source="x"),
        Correction("boundary", "A", said={"geojson": "{}"}, stated_source="x"),
        Correction(
            "boundary", "A", said={"geojson": '{"type": "Point", "coordinates": [1, 2]}'}, stated_source="x"
        ),
    ],
    ids=["site", "pair", "species", "no geometry", "a point"],
)
def test_what_does_not_fit_the_version_leaves_everything_as_it_was(one: Correction, store: Path) -> None:
    proposed = corrections.propose(store, base(store), one)
    before = tree(store / "inventories")
    with pytest.raises(DataError):
        accept(store, base(store), [proposed])
    assert tree(store / "inventories") == before
    assert corrections.proposals(store)[0].status == "proposed"
    with pytest.raises(SettingError):
        accept(store, base(store), [])

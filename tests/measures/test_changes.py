"""Two versions of the four sites: every kind of change, and the rankings that follow from the data alone."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import shapely

from aze_core.domain.model import Inventory, RankSettings, inventory_of
from aze_core.measures.changes import changes, match_sites
from aze_core.ranking.moves import rank_moves
from aze_core.ranking.score import rank_sites
from aze_core.store.inventory import describe
from tests.helpers import SITES, SPECIES, make_frames, make_inventory

ALL = RankSettings(uncovered_only=False)


def version(
    sites: dict[str, dict[str, Any]], species: dict[str, Any], **columns: dict[str, Any]
) -> Inventory:
    """An inventory with some columns of its sites or species set by identifier."""
    frames = make_frames(sites, species)
    for name, values in columns.items():
        table, _, column = name.partition("_")
        frame = frames[table].copy()
        key = "site_id" if table == "sites" else "species_id"
        given = [values.get(one) for one in frame[key]]
        if column == "geometry":
            frame[column] = given
        else:
            frame[column] = pd.array(
                [old if new is None else new for old, new in zip(frame[column], given, strict=True)],
                dtype=frame[column].dtype,
            )
        frames[table] = frame
    return inventory_of(frames, describe(frames))


def kinds(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [tuple(row) for row in plain[["kind", "before", "after"]].values.tolist()]


def test_nothing_changed() -> None:
    one = make_inventory()
    found = changes(one, make_inventory())
    assert found.matches["how"].tolist() == ["identifier"] * 4
    assert (len(found.sites), len(found.species), len(found.cover)) == (0, 0, 0)
    moves = rank_moves(one, make_inventory(), found.matches)
    assert moves["moved"].dropna().eq(0).all()


def test_sites_are_the_same_by_kba_identifier_name_or_place() -> None:
    later = {
        "6010": SITES["A"] | {"name": "Ash Mountain"},
        "6011": SITES["B"] | {"name": "BIRCH-LAKE", "point": (50, 50)},
        "6012": SITES["C"] | {"name": "Île aux cèdres", "point": (2.1, -2.1)},
        "6013": SITES["D"] | {"name": "Another dune"},
    }
    moved = {
        key: (code, [{"A": "6010", "B": "6011", "C": "6012", "D": "6013"}[place] for place in places])
        for key, (code, places) in SPECIES.items()
    }
    before = version(SITES, SPECIES, sites_kba_id={"A": "6010"})
    found = match_sites(before, make_inventory(later, moved))
    assert found.values.tolist() == [["A", "6010", "kba"], ["B", "6011", "name"], ["C", "6012", "place"]]


def test_sites_added_removed_renamed_and_de_listed() -> None:
    later = {
        "A": SITES["A"] | {"name": "Ash Mountain"},
        "B": SITES["B"] | {"list": "de_listed"},
        "C": SITES["C"],
        "N": {"name": "New", "point": (70, 70)},
        "K": {"name": "Another KBA", "list": "other_kba"},
    }
    species = {**{key: SPECIES[key] for key in ("a1", "a2", "b1", "b2", "c1", "c2")}, "n1": ("EN", ["N"])}
    found = changes(make_inventory(), make_inventory(later, species))
    assert kinds(found.sites) == [
        ("added", None, "N"),
        ("removed", "D", None),
        ("de_listed", "B", "B"),
        ("renamed", "A", "A"),
    ]
    assert found.sites["detail"].tolist() == ["Species n1", "Species d1", "", "Ash Hill"]
    assert kinds(found.species.rename(columns={"scientific_name": "name"})) == [
        ("added", None, "EN"),
        ("removed", "EW", None),
    ]


def test_a_split_is_told_by_species_that_moved_or_by_the_boundary() -> None:
    later = {**SITES, "B2": {"name": "Birch East", "iso3": "MEX", "point": (1.1, -1.1)}}
    species = SPECIES | {"b2": ("EN", ["B2"])}
    found = changes(make_inventory(), make_inventory(later, species))
    assert ("split", "B", "B2") in kinds(found.sites)
    assert ("species", "B", "B") in kinds(found.sites)
    assert found.sites.set_index("kind").at["species", "detail"] == "− Species b2"
    back = changes(make_inventory(later, species), make_inventory())
    assert ("merged", "B2", "B") in kinds(back.sites)
    far = {**SITES, "X": {"name": "Far", "point": (1.5, -0.5)}}
    wide = shapely.box(-2, 0, 0, 2)
    before = version(SITES, SPECIES, sites_geometry={"B": wide})
    after = version(far, SPECIES, sites_geometry={"B": wide, "X": shapely.box(-1, 1, 0, 3)})
    assert ("added", None, "X") in kinds(changes(before, after).sites)
    after = version(far, SPECIES, sites_geometry={"B": wide, "X": shapely.box(-1, 0.5, 0, 2.2)})
    assert ("split", "B", "X") in kinds(changes(before, after).sites)


def test_species_renamed_and_recategorised() -> None:
    species = {**SPECIES, "a1": ("EN", ["A"]), "c2": ("CR", ["C"])}
    species["new"] = species.pop("b1")
    after = version(
        SITES,
        species,
        species_listed_name={"new": "Species b1"},
        species_scientific_name={"new": "Species accepted"},
    )
    found = changes(make_inventory(), after)
    plain = found.species.astype(object).where(found.species.notna(), None)
    assert plain.values.tolist() == [
        ["recategorised", "a1", "Species a1", "CR", "EN"],
        ["recategorised", "c2", "Species c2", None, "CR"],
        ["renamed", "new", "Species accepted", "Species b1", "Species accepted"],
    ]
    assert len(found.sites) == 0


def test_cover_names_vintages_and_methods() -> None:
    sites = {**SITES, "A": SITES["A"] | {"cover": {2010: 0.0, 2016: 0.0, 2024: 1.0}}}
    found = changes(make_inventory(), make_inventory(sites)).cover
    assert found[
        ["name", "share_before", "vintage_before", "share_after", "vintage_after"]
    ].values.tolist() == [["Ash Hill", 0.0, 2016, 1.0, 2024]]
    assert found["method_after"].tolist() == ["guess"]
    gone = make_inventory({**SITES, "A": SITES["A"] | {"cover": {}}})
    assert changes(make_inventory(), gone).cover["share_after"].isna().tolist() == [True]


def test_ranks_move_by_the_data_alone() -> None:
    before = make_inventory()
    after = make_inventory(
        {**SITES, "N": {"name": "New"}}, SPECIES | {f"n{i}": ("CR", ["N"]) for i in range(5)}
    )
    matches = match_sites(before, after)
    moves = rank_moves(before, after, matches, None, ALL)
    old, new = rank_sites(before, None, ALL), rank_sites(after, None, ALL)
    assert moves["after"].tolist() == new.index.tolist()
    assert moves["rank_after"].tolist()[:2] == new["rank"].tolist()[:2] == [1, 2]
    first = moves.iloc[0]
    assert (first["name"], first["rank_after"]) == ("New", 1)
    assert pd.isna(first["rank_before"])
    assert pd.isna(first["moved"])
    a = moves.set_index("after").loc["A"]
    assert (a["rank_before"], a["rank_after"], a["moved"]) == (old.at["A", "rank"], new.at["A", "rank"], -1)
    back = rank_moves(after, before, match_sites(after, before), None, ALL)
    assert back.iloc[-1]["name"] == "New"
    assert pd.isna(back.iloc[-1]["rank_after"])


def test_the_shipped_inventory_is_the_same_as_itself_under_kba_identifiers(shipped) -> None:
    frames = {name: shipped.table(name) for name in ("sites", "species", "occurrences", "coverage")}
    others = {name: getattr(shipped, name).reset_index() for name in ("countries", "sources")}
    plain = {name: shipped.table(name) for name in ("threats", "national", "rights", "corrections", "inputs")}
    all_frames = {
        **frames,
        **others,
        **plain,
        "figures": shipped.figures,
        "inventory": shipped.version.table(),
    }
    to = {site: f"K{number}" for number, site in enumerate(shipped.sites.index)}
    renamed = {name: frame.copy() for name, frame in all_frames.items()}
    for name in ("sites", "occurrences", "coverage"):
        renamed[name]["site_id"] = renamed[name]["site_id"].map(to)
    other = inventory_of(renamed, shipped.version)
    found = match_sites(shipped, other)
    right = sum(to[row.before] == row.after for row in found.itertuples())
    assert right == len(found)
    # two sites have no point and share no unique name with another
    assert len(found) >= 588 - 2
    assert set(found["how"]) <= {"kba", "name", "place"}


@pytest.mark.parametrize("side", ["before", "after"])
def test_an_empty_version_can_be_compared(side: str) -> None:
    empty, full = make_inventory({}, {}), make_inventory()
    found = changes(empty, full) if side == "before" else changes(full, empty)
    assert len(found.sites) == 4
    assert len(found.cover) == 0

"""Landscapes: by hand on degrees of the equator, and against complete linkage written out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aze_core.domain.errors import AzeError, SettingError
from aze_core.domain.model import Inventory
from aze_core.locale import explain
from aze_core.measures.geometry import EARTH_RADIUS_KM, on_sphere
from aze_core.scenarios import landscapes as module
from aze_core.scenarios.landscapes import Landscapes, LandscapeSettings, group, rename, stability
from tests.helpers import as_inventory, make_frames, make_inventory, shuffled

DEGREE = math.pi * EARTH_RADIUS_KM / 180
"""Kilometres of one degree of a great circle."""

VERSION = make_inventory().version
Place = tuple[float, float] | None


def inventory_at(places: Mapping[str, Place], **countries: str) -> Inventory:
    """One trigger species at each site; all of Mexico but those named."""
    sites = {
        key: {"point": place, "iso3": countries.get(key, "MEX"), "name": f"Site {key}"}
        for key, place in places.items()
    }
    return make_inventory(sites, {f"s{key}": ("CR", [key]) for key in places})


def sets(found: Landscapes) -> set[str]:
    """The landscapes as their sites' letters."""
    return {"".join(own) for own in found.members.groupby("landscape").groups.values()}


def grouped(
    places: Mapping[str, Place], limit: float, *, across: bool = False, groups: Any = (), **iso: str
) -> set[str]:
    return sets(group(inventory_at(places, **iso), places, LandscapeSettings(limit, across, groups)))


def code_of(call: Any, *args: Any, **more: Any) -> str:
    """The message that a call is refused with, which can be said in words."""
    with pytest.raises(AzeError) as caught:
        call(*args, **more)
    assert explain(caught.value)
    return caught.value.message_id


def row(*degrees: float) -> dict[str, Place]:
    """Sites A, B, … on the equator at these longitudes."""
    return {letter: (0.0, at) for letter, at in zip("ABCDEFGHIJKL", degrees, strict=False)}


# ---------------------------------------------------------------- distances and the limit


def test_a_row_of_sites_breaks_where_it_would_be_too_wide() -> None:
    places = row(0, 1, 2.1, 3.3)
    # nearest first: A with B; then C with D (1.2) before AB with C (2.1)
    assert grouped(places, 2 * DEGREE) == {"AB", "CD"}
    assert grouped(places, 1.1 * DEGREE) == {"AB", "C", "D"}
    assert grouped(places, 3.4 * DEGREE) == {"ABCD"}


def test_complete_linkage_does_not_chain() -> None:
    found = group(inventory_at(row(*range(8))), list("ABCDEFGH"), LandscapeSettings(1.5 * DEGREE))
    assert found.table["sites"].tolist() == [2, 2, 2, 2]
    assert found.table["diameter_km"].tolist() == pytest.approx([DEGREE] * 4, abs=1e-8)


def test_exactly_the_limit_may_be_joined_and_a_millimetre_more_not() -> None:
    places = row(0, 1)
    exact = group(inventory_at(places), list("AB"), LandscapeSettings(500)).table["diameter_km"].item()
    assert exact == pytest.approx(DEGREE, abs=1e-8)
    assert grouped(places, exact) == {"AB"}
    assert grouped(places, exact - 1e-6) == {"A", "B"}
    # and with a third site, where the clustering itself decides
    assert grouped(row(0, 1, 2), exact) == {"AB", "C"}
    assert grouped(row(0, 1, 2), exact - 1e-6) == {"A", "B", "C"}


def test_the_date_line_and_the_poles_are_no_edges() -> None:
    assert grouped({"A": (0, 179.5), "B": (0, -179.5), "C": (0, 178)}, 1.2 * DEGREE) == {"AB", "C"}
    assert grouped({"A": (89.5, 0), "B": (89.5, 180), "C": (89.5, 90)}, 1.01 * DEGREE) == {"ABC"}
    assert grouped({"A": (-90, 12), "B": (-90, -170), "C": (-89, 5)}, 0.5 * DEGREE) == {"AB", "C"}
    # 60 degrees north a degree of longitude is half as long
    assert grouped({"A": (60, 0), "B": (60, 1)}, 0.51 * DEGREE) == {"AB"}


def test_sites_at_one_point() -> None:
    places: dict[str, Place] = {"A": (10, 10), "B": (10, 10), "C": (10, 10), "D": (11, 10)}
    found = group(inventory_at(places), list(places), LandscapeSettings(0.001))
    assert sets(found) == {"ABC", "D"}
    assert found.table.loc["A", "diameter_km"] == 0


def test_antipodes_are_measured() -> None:
    places: dict[str, Place] = {"A": (0.3, 0.3), "B": (-0.3, -179.7)}
    found = group(inventory_at(places), list(places), LandscapeSettings(5000, groups=(("Far", ("A", "B")),)))
    assert found.table["diameter_km"].item() == pytest.approx(180 * DEGREE, rel=1e-6)
    assert found.table["beyond"].item() == "wide"


# ---------------------------------------------------------------- borders, groups, unknown places


def test_only_the_same_countries_stand_together() -> None:
    countries = {"A": "MEX", "B": "MEX;USA", "C": "USA;MEX", "D": "USA", "E": "MEX"}
    places = row(0, 0.1, 0.2, 0.3, 0.4)
    assert grouped(places, 100, **countries) == {"AE", "BC", "D"}
    assert grouped(places, 100, across=True, **countries) == {"ABCDE"}
    found = group(inventory_at(places, **countries), places, LandscapeSettings(100, True))
    assert found.table["countries"].tolist() == ["MEX;USA"]


def test_a_named_group_stands_whole_and_may_be_joined() -> None:
    places = row(0, 1, 2)
    # without the group B is joined with A
    assert grouped(places, 1.5 * DEGREE) == {"AB", "C"}
    assert grouped(places, 1.5 * DEGREE, groups=[["G", ["B", "C"]]]) == {"A", "BC"}
    assert grouped(places, 2.5 * DEGREE, groups=[["G", ["B", "C"]]]) == {"ABC"}
    assert grouped(row(0, 1, 2, 3), 3.5 * DEGREE, groups=[["G", ["A", "C"]], ["H", ["B", "D"]]]) == {"ABCD"}


def test_a_group_beyond_limit_or_border_stands_alone_and_is_told() -> None:
    places = row(0, 3, 0.1, 3.1)
    plan = LandscapeSettings(DEGREE, groups=(("G", ("A", "B")),))
    found = group(inventory_at(places), places, plan)
    assert sets(found) == {"AB", "C", "D"}
    assert found.table["beyond"].to_dict() == {"A": "wide", "C": "", "D": ""}
    assert found.table.loc["A", "diameter_km"] == pytest.approx(3 * DEGREE, abs=1e-8)
    found = group(inventory_at(row(0, 0.1, 0.2), B="PER"), list("ABC"), plan)
    assert found.table["beyond"].to_dict() == {"A": "border", "C": ""}
    both = group(inventory_at(places, B="PER"), places, plan)
    assert both.table.loc["A", "beyond"] == "wide;border"
    across = group(
        inventory_at(row(0, 0.1, 0.2), B="PER"), list("ABC"), LandscapeSettings(DEGREE, True, plan.groups)
    )
    assert sets(across) == {"ABC"}


def test_sites_of_a_group_outside_the_plan_are_told() -> None:
    places = row(0, 1, 2)
    found = group(inventory_at(places), ["C", "A"], LandscapeSettings(1, groups=(("G", ("A", "B")),)))
    assert sets(found) == {"A", "C"}
    assert found.outside == ("B",)
    assert found.members["group"].dropna().to_dict() == {"A": "G"}


def test_a_site_without_point_stands_apart() -> None:
    places: dict[str, Place] = {"A": None, "B": (0, 0), "C": (0, 0), "D": None}
    found = group(inventory_at(places), places, LandscapeSettings(5000))
    assert sets(found) == {"A", "BC", "D"}
    assert found.unplaced == ("A", "D")
    assert found.table["diameter_km"].isna().to_dict() == {"A": True, "B": False, "D": True}
    assert found.table["beyond"].to_dict() == {"A": "unplaced", "B": "", "D": "unplaced"}


def test_a_group_with_a_site_without_point_stands_whole_and_alone() -> None:
    places: dict[str, Place] = {"A": (0, 0), "B": (0, 0), "C": None}
    found = group(inventory_at(places), places, LandscapeSettings(5000, groups=(("G", ("B", "C")),)))
    assert sets(found) == {"A", "BC"}
    assert found.table["beyond"].to_dict() == {"A": "", "B": "unplaced"}
    assert math.isnan(found.table.loc["B", "diameter_km"])
    assert found.unplaced == ("C",)


def test_none_one_and_all_unplaced() -> None:
    inventory = inventory_at({"A": (0, 0), "B": None, "C": None})
    none = group(inventory, [], LandscapeSettings())
    assert (len(none.members), len(none.table), none.unplaced) == (0, 0, ())
    one = group(inventory, ["A"], LandscapeSettings())
    assert list(none.table.columns) == list(one.table.columns)
    assert (none.table.dtypes == one.table.dtypes).all()
    assert one.table[["sites", "diameter_km", "beyond"]].values.tolist() == [[1, 0, ""]]
    assert sets(group(inventory, ["C", "B"], LandscapeSettings())) == {"B", "C"}


# ---------------------------------------------------------------- what the table says


def rich_inventory(**more: Any) -> Inventory:
    """X far away with three species; A, B and C close together."""
    sites: dict[str, dict[str, Any]] = {
        "X": {"point": (50, 50), "name": "Xeric", "iso3": "PER", "area": None},
        "A": {"point": (0, 0), "name": "Ash", "area": 10},
        "B": {"point": (0, 0.1), "name": "Birch", "area": 20},
        "C": {"point": (0, 0.2), "name": "Cedar", "area": None},
    }
    species: dict[str, Any] = {
        "x1": ("CR", ["X"]),
        "x2": ("EN", ["X"]),
        "both": ("CR", ["A", "B"]),
        "b1": ("EN", ["B"]),
        "c1": (None, ["C"]),
    }
    return make_inventory(sites, species, **more)


def test_the_table_by_hand() -> None:
    found = group(rich_inventory(), list("XCBA"), LandscapeSettings(0.3 * DEGREE)).table
    assert found.index.tolist() == ["A", "X"]
    assert found.loc["A"].to_dict() == {
        "name": "Birch landscape",
        "sites": 3,
        "diameter_km": pytest.approx(0.2 * DEGREE, abs=1e-8),
        "area_km2": 10 + 20,
        "area_unknown": 1,
        "species": 3,  # the one at two sites counts once
        "cr": 1,
        "en": 1,
        "countries": "MEX",
        "shared_threats": None,
        "beyond": "",
    }
    assert math.isnan(found.loc["X", "area_km2"])
    assert found.loc["X", ["area_unknown", "species", "cr", "en", "countries"]].tolist() == [
        1,
        2,
        1,
        1,
        "PER",
    ]


def test_the_richest_landscape_comes_first() -> None:
    found = group(rich_inventory(), list("ABCX"), LandscapeSettings(1)).table
    # B and X have two species each, A and C one each
    assert found.index.tolist() == ["B", "X", "A", "C"]


def test_shared_threats_need_two_sites() -> None:
    past, ongoing = "Past, Unlikely to Return", "Ongoing"
    inventory = rich_inventory(
        threats=[
            ("both", "8.1.2", ongoing, None, None),  # one species at A and B
            ("b1", "2.1", ongoing, None, None),
            ("c1", "2.3", None, None, None),  # another code below the same 2, timing not known
            ("b1", "11.1", ongoing, None, None),  # at one site only
            ("both", "5.1", past, None, None),
            ("x1", "1.1", ongoing, None, None),
        ]
    )
    found = group(inventory, list("ABCX"), LandscapeSettings(0.3 * DEGREE)).table
    assert found["shared_threats"].to_dict() == {"A": ("2", "8"), "X": ()}


def test_what_is_recorded_nowhere_is_not_known() -> None:
    inventory = rich_inventory(threats=[("x1", "1.1", "Past, Unlikely to Return", None, None)])
    found = group(inventory, list("ABCX"), LandscapeSettings(0.3 * DEGREE)).table
    assert found["shared_threats"].to_dict() == {"A": None, "X": ()}


# ---------------------------------------------------------------- names


def test_names_are_those_of_groups_or_of_the_richest_site_and_none_stands_twice() -> None:
    sites = {
        key: {"point": (0, at), "name": "Bay"} for key, at in (("A", 0), ("B", 10), ("C", 20), ("D", 30))
    }
    species: dict[str, Any] = {f"s{key}": ("CR", [key]) for key in sites} | {"d2": ("EN", ["D"])}
    inventory = make_inventory(sites, species)
    plan = LandscapeSettings(1, groups=(("bay LANDSCAPE", ("D",)),))
    found = group(inventory, sites, plan)
    names = {
        "A": "Bay landscape (A)",
        "B": "Bay landscape (B)",
        "C": "Bay landscape (C)",
        "D": "bay LANDSCAPE",
    }
    assert found.table["name"].to_dict() == names
    assert found.members["name"].to_dict() == names
    # two groups in one landscape: the richer one, else the first by name
    two = (("Zeta", ("D",)), ("Alpha", ("C",)), ("Beta", ("A",)), ("Yota", ("B",)))
    found = group(inventory, sites, LandscapeSettings(12 * DEGREE, groups=two))
    assert found.table["name"].to_dict() == {"A": "Beta", "C": "Zeta"}


def test_rename() -> None:
    found = group(inventory_at(row(0, 1, 10)), list("ABC"), LandscapeSettings(2 * DEGREE))
    made = rename(found, {"A": "  North   coast "})
    assert made.table["name"].to_dict() == {"A": "North coast", "C": "Site C landscape"}
    assert made.members["name"].tolist() == ["North coast", "North coast", "Site C landscape"]
    assert found.table.loc["A", "name"] == "Site A landscape"
    swapped = rename(found, {"A": "Site C landscape", "C": "Site A landscape"})
    assert swapped.table["name"].tolist() == ["Site C landscape", "Site A landscape"]
    assert rename(found, {"A": "x" * 80}).table.loc["A", "name"] == "x" * 80


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ({"A": "x" * 81}, "landscape_name_length"),
        ({"A": "  "}, "landscape_name_length"),
        ({"A": "<b>North"}, "landscape_name_markup"),
        ({"A": "North\x07"}, "landscape_name_markup"),
        ({"A": "site C LANDSCAPE"}, "landscape_name_twice"),
        ({"A": "North", "C": "north"}, "landscape_name_twice"),
        ({"B": "North"}, "unknown_landscape"),
        ({"A": None}, "not_one_of"),
    ],
)
def test_names_that_do_not_fit(names: Any, code: str) -> None:
    found = group(inventory_at(row(0, 1, 10)), list("ABC"), LandscapeSettings(2 * DEGREE))
    assert code_of(rename, found, names) == code


def test_a_long_default_name_may_stay() -> None:
    inventory = make_inventory({"A": {"point": (0, 0), "name": "x" * 200}}, {"a": ("CR", ["A"])})
    found = group(inventory, ["A"], LandscapeSettings())
    assert rename(found, found.table["name"].to_dict()).table["name"].item() == "x" * 200 + " landscape"


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("limit", [0, -1, 5001, math.nan, math.inf, "10", True, None])
def test_diameters_that_do_not_fit(limit: Any) -> None:
    assert code_of(LandscapeSettings, limit) == "bad_number"


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ([["G", ["A"]], ["H", ["B", "A"]]], "site_in_two_groups"),
        ([["G", ["A"]], ["g", ["B"]]], "landscape_name_twice"),
        ([["", ["A"]]], "landscape_name_length"),
        ([["<i>", ["A"]]], "landscape_name_markup"),
        ([["G", []]], "not_one_of"),
        ([["G", "AB"]], "not_one_of"),
        (["G"], "not_one_of"),
        ("G", "not_one_of"),
        ([[1, ["A"]]], "not_one_of"),
    ],
)
def test_groups_that_do_not_fit(groups: Any, code: str) -> None:
    assert code_of(LandscapeSettings, 10, groups=groups) == code


def test_a_site_in_two_groups_is_named() -> None:
    with pytest.raises(SettingError) as caught:
        LandscapeSettings(10, groups=(("G", ("A",)), ("H", ("A",))))
    assert caught.value.fields == {"site": "A", "groups": "G, H"}


def test_what_the_inventory_does_not_have() -> None:
    inventory = inventory_at(row(0, 1))
    assert code_of(group, inventory, ["A", "Z"], LandscapeSettings()) == "unknown_sites"
    assert code_of(group, inventory, "AB", LandscapeSettings()) == "not_one_of"
    with pytest.raises(SettingError) as caught:
        group(inventory, ["A"], LandscapeSettings(groups=(("G", ("A", "Z", "Y")),)))
    assert (caught.value.message_id, caught.value.fields["sites"]) == ("group_unknown_sites", "Y, Z")


def test_too_many_sites_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"limits.landscapes.sites": 5, "limits.landscapes.together": 3}
    whole = module.value
    monkeypatch.setattr(module, "value", lambda name: small.get(name) or whole(name))
    inventory = inventory_at(row(*range(6)))
    assert code_of(group, inventory, list("ABCDEF"), LandscapeSettings()) == "too_many_for_landscapes"
    assert code_of(group, inventory, list("ABCDE"), LandscapeSettings(5000)) == "too_close_for_landscapes"
    assert len(group(inventory, list("ABCDE"), LandscapeSettings(1)).table) == 5


def test_settings_are_a_choice() -> None:
    chosen = LandscapeSettings(50, True, {"G": ["B", "A", "A"], "F": ["C"]})  # type: ignore[arg-type]
    assert chosen.groups == (("F", ("C",)), ("G", ("A", "B")))
    assert LandscapeSettings.from_dict(json.loads(json.dumps(chosen.to_dict()))) == chosen
    assert len({chosen, LandscapeSettings(50.0, True, chosen.groups)}) == 1
    assert code_of(LandscapeSettings, 10, 1) == "not_one_of"


# ---------------------------------------------------------------- against complete linkage written out


def great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Spherical law of cosines in its haversine form."""
    (a, b), (c, d) = (map(math.radians, place) for place in (one, other))
    half = math.sin((a - c) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((b - d) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1, math.sqrt(half)))


def linked(places: Mapping[str, tuple[float, float]], limit: float, groups: Sequence[str]) -> set[str]:
    """Join the two whose farthest sites are nearest, as long as they stay within the limit."""
    held = {site for own in groups for site in own}
    clusters = [frozenset(own) for own in groups] + [frozenset(s) for s in places if s not in held]
    while len(clusters) > 1:
        width, one, other = min(
            (
                (max(great_circle(places[a], places[b]) for a in one for b in other), one, other)
                for one, other in combinations(clusters, 2)
            ),
            key=lambda each: each[0],
        )
        if width > limit:
            break
        clusters = [c for c in clusters if c not in (one, other)] + [one | other]
    return {"".join(sorted(own)) for own in clusters}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.floats(50, 3000), st.booleans())
def test_against_complete_linkage(seed: int, n: int, limit: float, with_group: bool) -> None:
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1))) if seed % 2 else 89.0
    middle = np.array([latitude, rng.uniform(-180, 180)])
    degrees = middle + rng.normal(0, 12, (n, 2))
    degrees[:, 0] = np.clip(degrees[:, 0], -90, 90)
    degrees[:, 1] = (degrees[:, 1] + 180) % 360 - 180
    places = {letter: (float(a), float(b)) for letter, (a, b) in zip("ABCDEFGHIJKL", degrees, strict=False)}
    groups = ["AB"] if with_group and great_circle(places["A"], places["B"]) <= limit else []
    expected = linked(places, limit, groups)
    assert grouped(places, limit, groups=[[own, list(own)] for own in groups]) == expected


@pytest.mark.parametrize("limit", [60.0, 200.0, 700.0])
def test_parts_taken_apart_give_what_the_whole_gives(limit: float) -> None:
    from scipy.spatial.distance import pdist, squareform
    from sklearn.cluster import AgglomerativeClustering

    rng = np.random.default_rng(3)
    n = 700
    points = on_sphere(np.degrees(np.arcsin(rng.uniform(-0.5, 0.9, n))), rng.normal(0, 40, n))
    units = np.arange(n)
    units[rng.choice(n, 40, replace=False)] = np.repeat(np.arange(n, n + 20), 2)
    ours, beyond = module._partition(points, np.zeros(n, int), units, limit)
    lone = np.isin(units, units[list(beyond)])
    assert beyond
    free = np.flatnonzero(~lone)
    km = squareform(2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(pdist(points[free]) / 2, 1)))
    # a pair that stands whole has the same distances to all others: those of its farther half
    own = units[free]
    for unit in np.unique(own):
        at = np.flatnonzero(own == unit)
        km[at] = km[at].max(axis=0)
        km[:, at] = km[:, at].max(axis=1)[:, None]
        km[np.ix_(at, at)] = 0
    whole = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="complete", distance_threshold=limit
    ).fit_predict(km)
    assert len(set(zip(ours[free], whole, strict=True))) == len(set(ours[free])) == len(set(whole))


# ---------------------------------------------------------------- what holds whatever comes


@st.composite
def plans(draw: st.DrawFn) -> tuple[dict[str, dict[str, Any]], LandscapeSettings]:
    """Up to nine sites on a coarse net, so that distances repeat and points coincide."""
    n = draw(st.integers(1, 9))
    letters = "ABCDEFGHI"[:n]
    pole = draw(st.sampled_from([0, 87]))
    place = st.none() | st.tuples(
        st.integers(0, 3).map(lambda d: d + pole), st.sampled_from([-180, -179, 0, 1, 179, 180])
    )
    sites = {
        letter: {"point": draw(place), "iso3": draw(st.sampled_from(["MEX", "PER", "MEX;PER", "PER;MEX"]))}
        for letter in letters
    }
    owners = draw(st.lists(st.sampled_from(["", "", "", "G", "H"]), min_size=n, max_size=n))
    groups = tuple(
        (name, tuple(letter for letter, owner in zip(letters, owners, strict=True) if owner == name))
        for name in "GH"
        if name in owners
    )
    limit = draw(st.sampled_from([0.001, 50, DEGREE, 112, 160, 300, 5000]))
    return sites, LandscapeSettings(limit, draw(st.booleans()), groups)


@settings(max_examples=25, deadline=None)
@given(plans(), st.integers(0, 99))
def test_what_always_holds(plan: tuple[dict[str, dict[str, Any]], LandscapeSettings], seed: int) -> None:
    sites, chosen = plan
    frames = make_frames(sites, {f"s{key}": ("CR", [key]) for key in sites})
    inventory = as_inventory(frames, VERSION)
    found = group(inventory, sites, chosen)
    assert found.members.index.tolist() == sorted(sites)
    assert found.table["sites"].sum() == len(sites)
    assert found.table["name"].str.casefold().is_unique
    named = {site for _, own in chosen.groups for site in own}
    for key, rows in found.members.groupby("landscape"):
        own = list(rows.index)
        points = [sites[site]["point"] for site in own]
        known = [point for point in points if point is not None]
        width = max((great_circle(a, b) for a, b in combinations(known, 2)), default=0.0)
        countries = {frozenset(sites[site]["iso3"].split(";")) for site in own}
        told = found.table.loc[key]
        assert own[0] == key
        if told["beyond"]:
            assert set(own) <= named or len(own) == 1
            assert ("unplaced" in told["beyond"]) == (None in points)
            assert ("wide" in told["beyond"]) == (width > chosen.diameter_km + 1e-9)
            assert ("border" in told["beyond"]) == (len(countries) > 1 and not chosen.across_borders)
        else:
            assert width <= chosen.diameter_km + 1e-9
            assert told["diameter_km"] <= chosen.diameter_km
            assert told["diameter_km"] == pytest.approx(width, abs=1e-8)
            assert None not in points
            assert len(countries) == 1 or chosen.across_borders
    for _, own in chosen.groups:
        assert len(set(found.members.loc[list(own), "landscape"])) == 1
    other = group(as_inventory(shuffled(frames, seed), VERSION), sorted(sites, reverse=True), chosen)
    pd.testing.assert_frame_equal(other.members, found.members)
    pd.testing.assert_frame_equal(other.table, found.table)


def test_equal_distances_do_not_hang_on_the_order_of_rows() -> None:
    net = {f"{a}{b}": {"point": (a, b)} for a in range(6) for b in range(6)}
    frames = make_frames(net, {f"s{key}": ("CR", [key]) for key in net})
    plan = LandscapeSettings(1.5 * DEGREE)
    found = group(as_inventory(frames, VERSION), net, plan).members
    assert found["landscape"].nunique() < 36
    for seed in range(5):
        other = group(as_inventory(shuffled(frames, seed), VERSION), list(net)[::-1], plan).members
        pd.testing.assert_frame_equal(other, found)


def test_equal_distances_stay_equal_wherever_they_are_computed() -> None:
    """Twelve sites a degree apart: which neighbours join is told by identifiers, not by the last bits."""
    found = {
        frozenset(grouped(row(*(start + n for n in range(12))), 1.5 * DEGREE))
        for start in (0, 17.3, 101.7, -160.9, 33.33)
    }
    assert len(found) == 1


def test_the_farthest_distances_are_numbers() -> None:
    rng = np.random.default_rng(4)
    points = on_sphere(rng.uniform(-90, 90, 20_000), rng.uniform(-180, 180, 20_000))
    # antipodes that rounding puts farther apart than the sphere is wide
    points = points[2 * np.linalg.norm(points, axis=1) > 2]
    found = [module._distances(np.stack([point, -point])).item() for point in points]
    assert len(found) > 5
    assert found == pytest.approx([180 * DEGREE] * len(found))


# ---------------------------------------------------------------- how firmly they stand


def test_nothing_moved_is_all_the_same() -> None:
    inventory = inventory_at({**row(0, 1, 5), "D": None})
    found = stability(inventory, list("ABCD"), LandscapeSettings(2 * DEGREE), 0, draws=3)
    assert (found.agreement, found.agreement_low, found.landscapes) == (1, 1, 2)
    assert found.stands.drop("D").to_dict() == {"A": 1, "C": 1}
    assert math.isnan(found.stands["D"])
    # all that have a point are chosen, so every draw of as many is the plan
    assert found.random_mean == 2


def test_what_is_moved_far_falls_apart_and_what_is_moved_little_stands() -> None:
    places = row(0, 1, 1.9, 60, 60.1)
    inventory = inventory_at(places)
    plan = LandscapeSettings(2 * DEGREE)
    firm = stability(inventory, places, plan, 0.04 * DEGREE, draws=20)
    # ABC is 1.9 wide, two of its sites moved by 0.04 each at most: 1.98
    assert firm.stands.to_dict() == {"A": 1, "D": 1}
    loose = stability(inventory, places, plan, 0.5 * DEGREE, draws=60)
    assert 0 < loose.stands["A"] < 1
    assert loose.stands["D"] == 1  # 0.1 + 2 * 0.5 is within the limit
    assert loose.agreement_low <= loose.agreement < 1


def test_the_share_of_draws_of_a_pair_is_that_of_two_moved_points() -> None:
    apart, jitter, draws = 1.0, 0.2, 400
    found = stability(
        inventory_at(row(0, apart)), list("AB"), LandscapeSettings(DEGREE), jitter * DEGREE, draws
    )
    # on a small flat disc, by an own draw: how often the second stays within one degree of the first
    rng = np.random.default_rng(5)
    disc = rng.uniform(-jitter, jitter, (200_000, 4))
    disc = disc[(np.hypot(*disc.T[:2]) <= jitter) & (np.hypot(*disc.T[2:]) <= jitter)]
    near = np.hypot(apart + disc[:, 2] - disc[:, 0], disc[:, 3] - disc[:, 1]) <= 1
    assert found.stands["A"] == pytest.approx(near.mean(), abs=4 * 0.5 / math.sqrt(draws))
    # two sites stand together as before (1), or not (0)
    assert found.agreement == pytest.approx(found.stands["A"])


@pytest.mark.parametrize("latitude", [0.0, 60.0, 90.0, -90.0])
def test_points_are_moved_uniformly_on_a_disc(latitude: float) -> None:
    rng = np.random.default_rng(2)
    start = np.tile(on_sphere(latitude, 179.9), (20_000, 1))
    moved = module._moved(start, 100.0, rng)
    assert np.linalg.norm(moved, axis=1) == pytest.approx(1, abs=1e-12)
    away = 2 * EARTH_RADIUS_KM * np.arcsin(np.linalg.norm(moved - start, axis=1) / 2)
    assert away.max() <= 100 + 1e-6
    # area within r grows with its square: the squares are uniform, and no direction is favoured
    assert np.quantile((away / 100) ** 2, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.02)
    assert np.linalg.norm((moved - start).mean(axis=0)) * EARTH_RADIUS_KM < 2


def test_chosen_close_together_are_fewer_landscapes_than_chance() -> None:
    places: dict[str, Place] = {f"A{n}": (0, n / 10) for n in range(5)}
    places |= {f"F{n}": (10 * (n - 4), 20 + 15 * n) for n in range(10)}
    found = stability(
        inventory_at(places), [f"A{n}" for n in range(5)], LandscapeSettings(DEGREE), 1, draws=40
    )
    assert found.landscapes == 1
    # of 15 sites 5 are drawn: 10/15 of them stand alone, the others together where there is one at least
    none = math.comb(10, 5) / math.comb(15, 5)
    assert found.random_mean == pytest.approx(5 * 10 / 15 + 1 - none, abs=0.6)


@pytest.mark.parametrize(
    ("places", "landscapes"), [({}, 0), ({"A": (0.0, 0.0)}, 1), ({"A": None, "B": None}, 0)]
)
def test_stability_of_next_to_nothing(places: dict[str, Place], landscapes: int) -> None:
    inventory = inventory_at({**places, "Z": (5.0, 5.0)})
    found = stability(inventory, list(places), LandscapeSettings(), 5, draws=2)
    assert math.isnan(found.agreement)
    assert math.isnan(found.agreement_low)
    assert found.landscapes == landscapes
    assert math.isnan(found.random_mean) if landscapes == 0 else found.random_mean == 1
    assert found.stands.isna().tolist() == [place is None for place in places.values()]


@settings(max_examples=10, deadline=None)
@given(plans(), st.integers(0, 99))
def test_stability_is_reproducible_and_knows_no_order(
    plan: tuple[dict[str, dict[str, Any]], LandscapeSettings], seed: int
) -> None:
    sites, chosen = plan
    frames = make_frames(sites, {f"s{key}": ("CR", [key]) for key in sites})
    half = sorted(sites)[: (len(sites) + 1) // 2]
    one = stability(as_inventory(frames, VERSION), half, chosen, 60, 5, seed)
    other = stability(as_inventory(shuffled(frames, seed), VERSION), half[::-1], chosen, 60, 5, seed)
    pd.testing.assert_series_equal(one.stands, other.stands)
    assert repr((one.agreement, one.agreement_low, one.landscapes, one.random_mean)) == repr(
        (other.agreement, other.agreement_low, other.landscapes, other.random_mean)
    )
    assert one.stands.dropna().between(0, 1).all()
    assert math.isnan(one.agreement) or -1 <= one.agreement_low <= one.agreement <= 1


def test_another_seed_moves_elsewhere() -> None:
    inventory = inventory_at(row(*np.arange(0, 3, 0.5)))
    plan = LandscapeSettings(DEGREE)
    drawn = [stability(inventory, list("ABCDEF"), plan, 30, 30, seed).agreement for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    "given_", [{"jitter_km": -1}, {"jitter_km": 5001}, {"draws": 0}, {"draws": 10_001}, {"seed": -1}]
)
def test_draws_that_do_not_fit(given_: dict[str, Any]) -> None:
    more = {"jitter_km": 1, **given_}
    assert code_of(stability, inventory_at(row(0)), ["A"], LandscapeSettings(), **more) == "bad_number"

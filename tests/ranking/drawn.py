"""Small inventories with their weights and settings, drawn by Hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from aze_core.domain.model import Assumptions, Inventory, RankSettings, Weights
from tests.helpers import make_inventory

few = settings(max_examples=10)  # each takes a tenth of a second

TWENTY = Assumptions(20, 0.5)
"""Over 20 years criterion E gives 0.75 for CR and 0.2 for EN."""

DRAWN = (
    "irreplaceability",
    "extinction",
    "pressure",
    "star",
    "impact",
    "gap",
    "neighbours",
    "national:water",
)
"""Criteria that a drawn inventory can have values of."""

TURNING = ("pressure", "neighbours", "national:water")

shares = st.sampled_from([0.0, 0.01, 0.02, 0.3, 0.5, 0.98, 1.0])
categories = st.sampled_from(["CR", "CR", "EN", "EN", "VU", "EW", "DD", None])
words = st.tuples(
    st.sampled_from(["1.1", "8.1"]),
    st.sampled_from(["Ongoing", "Future", "Past, Unlikely to Return", None]),
    st.sampled_from(["Whole (>90%)", "Minority (<50%)", None]),
    st.sampled_from(["Rapid Declines", "Negligible declines", "Unknown"]),
)
site = st.fixed_dictionaries(
    {
        "influence": st.sampled_from([None, 0, 5, 20, 64]),
        "cover": st.dictionaries(st.sampled_from([2010, 2016]), shares, max_size=2),
        "iso3": st.sampled_from(["MEX", "PER", "MEX;PER"]),
        "area": st.sampled_from([None, 1, 2.5]),
        "point": st.sampled_from([None, (0, 0), (0, 1), (0, 1), (10, 20), (-5, 179)]),
    }
)


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    """One to six sites, with unknowns of every kind."""
    sites = {f"S{n}": each for n, each in enumerate(draw(st.lists(site, min_size=1, max_size=6)))}
    names = st.sampled_from(sorted(sites))
    drawn = draw(
        st.lists(st.tuples(categories, st.lists(names, min_size=1, max_size=2, unique=True)), max_size=8)
    )
    species: dict[str, Any] = {f"s{n}": each for n, each in enumerate(drawn)}
    threats = (
        draw(st.lists(st.tuples(st.sampled_from(sorted(species)), words), max_size=4)) if species else []
    )
    computed = draw(st.dictionaries(names, st.sampled_from([0.0, 0.1, 0.5]), max_size=3))
    newest = {key: max(each["cover"].items())[1] for key, each in sites.items() if each["cover"]}
    return make_inventory(
        sites,
        species,
        national={
            "water": draw(st.dictionaries(names, st.sampled_from([1.0, 2.5, 9.0]), min_size=1, max_size=4))
        },
        threats=[(name, *said) for name, said in threats],
        high_cover={key: min(newest[key] + more, 1.0) for key, more in computed.items() if key in newest},
    )


@st.composite
def weightings(draw: st.DrawFn) -> Weights:
    """Weights of one to four criteria, some of them the other way round."""
    codes = draw(st.lists(st.sampled_from(DRAWN), min_size=1, max_size=4, unique=True))
    if "star" in codes and "extinction" in codes:
        codes.remove("star")
    points = {code: draw(st.sampled_from([1.0, 2.0, 30.0])) for code in codes}
    turned = [code for code in TURNING if draw(st.booleans())]
    return Weights.of(points, turned)


views = st.none() | weightings()
everything = st.builds(
    RankSettings,
    st.just(False),
    assumptions=st.just(TWENTY),
    unknown=st.sampled_from(["range", "low", "high"]),
)
"""All sites, under each rule on unknowns that needs no filling in."""

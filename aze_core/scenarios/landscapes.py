"""Landscapes: chosen sites that lie close enough together for one project."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.errors import ScenarioError, SettingError
from aze_core.domain.model import Choice, Inventory, checked_codes, checked_number, checked_whole
from aze_core.domain.plain_text import is_plain
from aze_core.domain.settings import value
from aze_core.locale import t
from aze_core.measures.abatement import species_threats
from aze_core.measures.geometry import EARTH_RADIUS_KM, on_sphere

Points = NDArray[np.float64]
Numbers = NDArray[np.int64]

BEYOND = ("wide", "border", "unplaced")
"""Why a landscape is joined with nothing: its named group is wider than the limit, or stands in more than one
set of countries; or the place of one of its sites is not known."""

_DIGITS = 9  # of a kilometre: what differs by less is one distance, computed twice
_CELLS = 16  # parts into which the limit is divided to find what could stand together
_LOW = 0.05


@dataclass(frozen=True)
class LandscapeSettings(Choice):
    """What holds a landscape together.

    Attributes
    ----------
    diameter_km : float
        Largest distance between two sites of one landscape, 0.001 to 5,000 km.
    across_borders : bool
        Whether sites of different countries may stand together. By default a site is joined with sites of
        exactly the same set of countries only: one of Mexico and the United States with none of Mexico alone.
    groups : tuple of (str, tuple of str)
        Named groups of sites that are never split.

    Examples
    --------
    >>> LandscapeSettings(50, groups=[["Coast", ["B", "A"]]]).groups
    (('Coast', ('A', 'B')),)
    """

    diameter_km: float = value("landscapes.diameter_km")
    across_borders: bool = False
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        low, high = value("landscapes.diameter_least_km"), value("landscapes.diameter_most_km")
        object.__setattr__(self, "diameter_km", checked_number("diameter_km", self.diameter_km, low, high))
        if not isinstance(self.across_borders, bool):
            raise SettingError(
                "not_one_of", name="across_borders", value=self.across_borders, expected="true, false"
            )
        object.__setattr__(self, "groups", _checked_groups(self.groups))

    @property
    def group_of(self) -> dict[str, str]:
        """The named group of each site that has one."""
        return {site: name for name, sites in self.groups for site in sites}


@dataclass(frozen=True, eq=False)
class Landscapes:
    """Sites grouped into landscapes.

    Attributes
    ----------
    members : pandas.DataFrame
        Index `site_id`, sorted. `landscape`: key of the landscape, the first identifier among its sites;
        `name` of the landscape; `group`: the named group of the site, missing where it has none.
    table : pandas.DataFrame
        One row per landscape, index `landscape`, the largest number of trigger species first. `name`;
        `sites`: how many; `diameter_km`: largest distance between two of them, 0 for a single one and missing
        where a place is not known; `area_km2`: sum of the known areas, missing where none is known;
        `area_unknown`: sites of unknown area; `species`, `cr`, `en`: distinct trigger species, and those
        Critically Endangered and Endangered; `countries`: ISO 3166 codes joined by ``;``; `shared_threats`:
        tuple of first-level codes of the IUCN threats classification that concern trigger species at two of
        its sites or more, None where no threat is recorded; `beyond`: codes of `BEYOND` joined by ``;``,
        empty where the landscape is within limit and border.
    unplaced : tuple of str
        Sites without a point: each stands apart, but for its named group.
    outside : tuple of str
        Sites of named groups that are not among the chosen.
    """

    members: pd.DataFrame
    table: pd.DataFrame
    unplaced: tuple[str, ...]
    outside: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Stability:
    """How firmly landscapes stand when points are moved.

    Attributes
    ----------
    agreement, agreement_low : float
        Adjusted Rand index between the landscapes and those of a draw: mean, and the value that 5 % of the
        draws are below; 1 for the same landscapes, about 0 for chance. Missing with fewer than two sites that
        have a point.
    stands : pandas.Series
        By landscape, the share of draws in which exactly the same sites stood together, 0 to 1; missing where
        the place of one of them is not known.
    landscapes : int
        Landscapes that the sites with a point form.
    random_mean : float
        Mean number that as many sites form when drawn at random from all sites of the inventory with a
        point; missing with none. Far fewer landscapes than that: the chosen sites lie closer than chance.
    """

    agreement: float
    agreement_low: float
    stands: pd.Series
    landscapes: int
    random_mean: float


def group(inventory: Inventory, sites: Iterable[str], settings: LandscapeSettings) -> Landscapes:
    """Chosen sites as landscapes, none wider than the limit.

    Parameters
    ----------
    inventory : Inventory
    sites : iterable of str
        Identifiers, in any order; at most 20,000.
    settings : LandscapeSettings

    Returns
    -------
    Landscapes

    Raises
    ------
    ScenarioError
        The inventory does not have a site.
    SettingError
        It does not have a site of a named group; there are too many sites, or more than 10,000 so close that
        each would have to be compared with each.

    Notes
    -----
    Agglomerative clustering with complete linkage (scikit-learn) on great-circle distances (radius 6371.0088
    km): the two landscapes are joined whose farthest sites are nearest, until the next would be wider than
    `diameter_km`; exactly as wide is allowed. Distances are between the sites' points, not their boundaries,
    and compared to a millionth of a metre; of equal ones the order of the identifiers decides. What lies so
    far apart that nothing between could join it is grouped by itself, which changes no result.

    Without `across_borders` sites are joined only with sites of exactly the same set of countries. A named
    group stands whole. Where it is wider than the limit, crosses a border that may not be crossed, or has a
    site without a point, it is joined with nothing and `beyond` says why. A landscape bears the name of its
    named group (of several, of the one with most trigger species), else that of its site with most trigger
    species.

    A proposal by distance alone: it knows no road, ridge or strait, and the grouping with the fewest
    landscapes can be another one. Ask those who live there before a project is drawn from it.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> found = group(loaded, loaded.sites.index[loaded.sites["iso3"] == "HTI"], LandscapeSettings(50))
    >>> bool((found.table["diameter_km"] <= 50).all())
    True
    """
    plan = _plan(inventory, _chosen(inventory, sites), settings)
    label, beyond = _partition(plan.points, plan.borders, plan.units, settings.diameter_km)
    ids = plan.sites
    owner = settings.group_of
    members = pd.DataFrame(
        {
            "landscape": pd.array(ids[label], dtype="str"),
            "group": pd.array([owner.get(site) for site in ids], dtype="str"),
        },
        index=pd.Index(ids, dtype="str", name="site_id"),
    )
    table = _table(inventory, members, plan.points, label)
    table["beyond"] = pd.array([beyond.get(ids.searchsorted(key), "") for key in table.index], dtype="str")
    members.insert(1, "name", members["landscape"].map(table["name"]).astype("str"))
    return Landscapes(
        members=members,
        table=table,
        unplaced=tuple(ids[~plan.located].tolist()),
        outside=tuple(sorted(owner.keys() - set(ids))),
    )


def rename(landscapes: Landscapes, names: Mapping[str, str]) -> Landscapes:
    """The landscapes under other names.

    Parameters
    ----------
    landscapes : Landscapes
    names : mapping of str to str
        Name by key of the landscape; those not named keep theirs. 1 to 80 characters of plain text; spaces in
        a row count as one.

    Returns
    -------
    Landscapes

    Raises
    ------
    SettingError
        A key that none has, a name that is empty, too long or holds markup, or two landscapes of one name,
        whatever the case of its letters.
    """
    held = landscapes.table["name"]
    if lost := sorted(set(names) - set(held.index)):
        raise SettingError("unknown_landscape", codes=", ".join(lost))
    # a default name may be longer than one that is typed
    given = {key: name if name == held[key] else _checked_name(name) for key, name in names.items()}
    made: dict[str, str] = dict(zip(held.index, held, strict=True)) | given
    seen: set[str] = set()
    for name in made.values():
        if name.casefold() in seen:
            raise SettingError("landscape_name_twice", name=name)
        seen.add(name.casefold())
    return replace(
        landscapes,
        members=landscapes.members.assign(name=landscapes.members["landscape"].map(made).astype("str")),
        table=landscapes.table.assign(name=pd.array(list(made.values()), dtype="str")),
    )


def stability(
    inventory: Inventory,
    sites: Iterable[str],
    settings: LandscapeSettings,
    jitter_km: float,
    draws: int = value("landscapes.draws"),
    seed: int = value("landscapes.seed"),
) -> Stability:
    """How far landscapes hang on where exactly the points stand, and how far on geography at large.

    Parameters
    ----------
    inventory, sites, settings
        As in `group`.
    jitter_km : float
        How far each point may be moved, 0 to 5,000 km: uniform on a disc on the sphere. A site keeps its
        countries.
    draws : int
        1 to 10,000; time grows with it.
    seed : int

    Returns
    -------
    Stability

    Raises
    ------
    ScenarioError, SettingError
        As in `group`; or a number that does not fit.

    Notes
    -----
    Where nearly every site stands alone, one pair more or less moves the adjusted Rand index from 1 to 0:
    read `stands` beside it. It tells how firm the grouping is, not whether it is a good one. Sites drawn at
    random are grouped under the same settings, named groups among them included.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> plan = loaded.sites.index[loaded.sites["iso3"] == "HTI"]
    >>> stability(loaded, plan, LandscapeSettings(50), jitter_km=0, draws=2).agreement
    1.0
    """
    from sklearn.metrics import adjusted_rand_score  # slow to import

    jitter_km = checked_number("jitter_km", jitter_km, 0, value("landscapes.diameter_most_km"))
    draws = checked_whole("draws", draws, 1, 10_000)
    seeds = np.random.SeedSequence(checked_whole("seed", seed, 0, 2**63 - 1)).spawn(2)
    moving, drawing = (np.random.default_rng(one) for one in seeds)
    plan = _plan(inventory, _chosen(inventory, sites), settings)
    limit, there = settings.diameter_km, plan.located
    label, _ = _partition(plan.points, plan.borders, plan.units, limit)
    agreement, same = np.full(draws, np.nan), np.zeros(len(label))
    for draw in range(draws):
        points = _moved(plan.points, jitter_km, moving)
        other, _ = _partition(points, plan.borders, plan.units, limit)
        if there.sum() > 1:
            agreement[draw] = adjusted_rand_score(label[there], other[there])
        same += _same(label, other)

    every = _plan(inventory, _located(inventory), settings)
    number = int(there.sum())
    counts = []
    for _ in range(draws if number else 0):
        at = np.sort(drawing.choice(len(every.sites), number, replace=False))
        drawn, _ = _partition(every.points[at], every.borders[at], every.units[at], limit)
        counts.append(len(np.unique(drawn)))

    keys = np.unique(label)
    whole = ~np.isin(keys, label[~there])
    stands = pd.Series(np.where(whole, same[keys] / draws, np.nan), dtype=float, name="stands")
    stands.index = pd.Index(plan.sites[keys], dtype="str", name="landscape")
    return Stability(
        agreement=float(agreement.mean()),
        agreement_low=float(np.quantile(agreement, _LOW)),
        stands=stands,
        landscapes=len(np.unique(label[there])),
        random_mean=float(np.mean(counts)) if counts else math.nan,
    )


# ---------------------------------------------------------------- what was chosen


def _checked_name(given: Any) -> str:
    """A name of plain text and bounded length, trimmed."""
    if not isinstance(given, str):
        raise SettingError("not_one_of", name="name", value=given, expected="a text")
    name, most = " ".join(given.split()), value("limits.landscapes.name")
    if not is_plain(name):
        raise SettingError("landscape_name_markup")
    if not 1 <= len(name) <= most:
        raise SettingError("landscape_name_length", name=name, n=len(name), most=most)
    return name


def _checked_groups(given: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Named groups, sorted, no site in two of them, or a SettingError."""
    given = list(given.items()) if isinstance(given, Mapping) else given
    wrong = SettingError("not_one_of", name="groups", value=given, expected="pairs of a name and its sites")
    if not isinstance(given, list | tuple):
        raise wrong
    found: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    for pair in given:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise wrong
        name, sites = _checked_name(pair[0]), checked_codes("groups", pair[1])
        if not sites:
            raise wrong
        if name.casefold() in {other.casefold() for other in found}:
            raise SettingError("landscape_name_twice", name=name)
        found[name] = sites
        for site in sites:
            if site in owner:
                raise SettingError("site_in_two_groups", site=site, groups=f"{owner[site]}, {name}")
            owner[site] = name
    return tuple(sorted(found.items()))


def _chosen(inventory: Inventory, sites: Iterable[str]) -> list[str]:
    """The chosen sites, sorted and each once."""
    given = checked_codes("sites", sites if isinstance(sites, str) else list(sites))
    if lost := sorted(set(given) - set(inventory.sites.index)):
        raise ScenarioError("unknown_sites", sites=", ".join(lost))
    most = value("limits.landscapes.sites")
    if len(given) > most:
        raise SettingError("too_many_for_landscapes", n=len(given), most=most)
    return list(given)


def _located(inventory: Inventory) -> list[str]:
    """All sites with a point, sorted."""
    there = inventory.sites[["latitude", "longitude"]].notna().all(axis=1)
    return sorted(inventory.sites.index[there.to_numpy()])


@dataclass(frozen=True, eq=False)
class _Plan:
    """Sites by identifier with their points (unit vectors; missing), and the numbers of the set of countries
    and of the unit (a named group, or a site of its own) of each."""

    sites: NDArray[np.object_]
    points: Points
    borders: Numbers
    units: Numbers

    @property
    def located(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.points[:, 0])


def _plan(inventory: Inventory, sites: list[str], settings: LandscapeSettings) -> _Plan:
    there = set(inventory.sites.index)
    for name, held in settings.groups:
        if lost := sorted(set(held) - there):
            raise SettingError("group_unknown_sites", group=name, sites=", ".join(lost))
    rows = inventory.sites.loc[sites, ["latitude", "longitude", "iso3"]]
    sets = rows["iso3"].map(lambda codes: ";".join(sorted(set(codes.split(";")))))
    borders = np.zeros(len(sites), int) if settings.across_borders else pd.factorize(sets)[0]
    owner = settings.group_of
    # a group's name is no site's: the pair tells them apart
    units = pd.factorize(np.array([f"{site in owner}:{owner.get(site, site)}" for site in sites], object))[0]
    degrees = rows[["latitude", "longitude"]].to_numpy(dtype=float, na_value=np.nan)
    return _Plan(np.array(sites, dtype=object), on_sphere(degrees[:, 0], degrees[:, 1]), borders, units)


# ---------------------------------------------------------------- what stands together


def _partition(
    points: Points, borders: Numbers, units: Numbers, limit: float
) -> tuple[Numbers, dict[int, str]]:
    """Landscapes as numbers.

    Parameters
    ----------
    points : (n, 3) array
        Unit vectors; missing where a place is not known.
    borders, units : (n,) arrays
        Places of different borders are not joined; those of one unit are never parted.
    limit : float
        Kilometres.

    Returns
    -------
    (n,) array
        For each place the first place of its landscape.
    dict of int to str
        By the first place of a unit that is joined with nothing: why.
    """
    label = units.copy()
    nowhere = np.isnan(points[:, 0])
    numbers, sizes = np.unique(units, return_counts=True)
    beyond: dict[int, str] = {}
    for unit in numbers[(sizes > 1) | np.isin(numbers, units[nowhere])]:
        at = np.flatnonzero(units == unit)
        known = _distances(points[at[~nowhere[at]]])
        why = (known.max(initial=0) > limit, len(set(borders[at])) > 1, nowhere[at].any())
        if any(why):
            beyond[int(at[0])] = ";".join(code for code, says in zip(BEYOND, why, strict=True) if says)
    free = np.flatnonzero(~np.isin(units, units[list(beyond)]))
    next_ = int(units.max(initial=0)) + 1
    for block in _blocks(points[free], borders[free], limit):
        at = free[block]
        label[at] = next_ + _clusters(points[at], units[at], limit)
        next_ += len(at)
    _, first, back = np.unique(label, return_index=True, return_inverse=True)
    return first[back], beyond


def _distances(points: Points) -> Points:
    """Great-circle distances between all pairs, in km, condensed as by scipy."""
    from scipy.spatial.distance import pdist

    most = value("limits.landscapes.together")
    if len(points) > most:
        raise SettingError("too_close_for_landscapes", n=len(points), most=most)
    if len(points) < 2:
        return np.empty(0)
    km = pdist(points)  # chords
    km /= 2
    np.minimum(km, 1, out=km)  # antipodes, rounded
    np.arcsin(km, out=km)
    km *= 2 * EARTH_RADIUS_KM
    return np.round(km, _DIGITS, out=km)


def _blocks(points: Points, borders: Numbers, limit: float) -> Iterator[Numbers]:
    """Sets of two places or more outside of which nothing can be joined with them.

    Complete linkage joins no two places farther apart than the limit, and so nothing that no chain of pairs
    within the limit links. Places fall into cells a sixteenth of the limit wide, and cells are linked where
    places of theirs could be within it: few links however close places lie, and a block too large is split
    by the clustering itself.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    if len(points) < 2:
        return
    chord = 2 * math.sin(limit / (2 * EARTH_RADIUS_KM))
    width = chord / _CELLS
    cells, cell = np.unique(np.column_stack([borders, np.floor(points / width)]), axis=0, return_inverse=True)
    # two corners of a cell are its width times √3 apart; a little more for rounding
    reach = 1.001 * (chord + math.sqrt(3) * width)
    pairs = cKDTree((cells[:, 1:] + 0.5) * width).query_pairs(reach, output_type="ndarray")
    one, other = pairs[cells[pairs[:, 0], 0] == cells[pairs[:, 1], 0]].T
    links = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(len(cells), len(cells)))
    block = connected_components(links, directed=False)[1][cell]
    order = np.argsort(block, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
        if len(places) > 1:
            yield places


def _clusters(points: Points, units: Numbers, limit: float) -> Numbers:
    """Complete linkage of the places of one block, units whole: a number for each place."""
    km = _distances(points)
    if km.max() <= limit:
        return np.zeros(len(points), dtype=int)
    from scipy.spatial.distance import squareform
    from sklearn.cluster import AgglomerativeClustering  # slow to import

    square = squareform(km)
    del km
    numbers, place = np.unique(units, return_inverse=True)
    if len(numbers) < len(units):
        # between units counts the farthest pair, as between clusters
        order = np.argsort(place, kind="stable")
        start = np.searchsorted(place[order], np.arange(len(numbers)))
        square = np.maximum.reduceat(square[np.ix_(order, order)], start, axis=0)
        square = np.maximum.reduceat(square, start, axis=1)
    made = AgglomerativeClustering(
        metric="precomputed",
        linkage="complete",
        n_clusters=None,
        distance_threshold=np.nextafter(limit, np.inf),  # it joins below its threshold only
    )
    return np.asarray(made.fit(square).labels_)[place]


def _moved(points: Points, jitter_km: float, rng: np.random.Generator) -> Points:
    """Points moved at random within a distance, uniform on the disc around each."""
    away = 2 * np.arcsin(np.sqrt(rng.random(len(points))) * math.sin(jitter_km / (2 * EARTH_RADIUS_KM)))
    turn = rng.uniform(0, 2 * math.pi, len(points))
    # any direction that is not the point's own spans its plane
    aside = np.eye(3)[np.argmin(np.abs(points), axis=1)]
    right = np.cross(points, aside)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    ahead = np.cross(points, right)
    way = np.cos(turn)[:, None] * right + np.sin(turn)[:, None] * ahead
    return points * np.cos(away)[:, None] + way * np.sin(away)[:, None]


def _same(label: Numbers, other: Numbers) -> NDArray[np.bool_]:
    """For each place, whether its landscape is exactly the one it has in another partition."""
    size, other_size = np.bincount(label), np.bincount(other)
    _, back, both = np.unique(
        np.column_stack([label, other]), axis=0, return_inverse=True, return_counts=True
    )
    return np.asarray((both[back] == size[label]) & (both[back] == other_size[other]))


# ---------------------------------------------------------------- what a landscape holds


def _table(inventory: Inventory, members: pd.DataFrame, points: Points, label: Numbers) -> pd.DataFrame:
    """One row per landscape, without `beyond`."""
    sites = inventory.sites.loc[members.index]
    at = inventory.occurrences.loc[
        inventory.occurrences["site_id"].isin(members.index), ["site_id", "species_id"]
    ].drop_duplicates()
    at = at.assign(landscape=at["site_id"].map(members["landscape"]))
    by = members["landscape"]
    table = pd.DataFrame(index=pd.Index(sorted(set(by)), dtype="str", name="landscape"))
    counts = at.groupby("site_id").size().reindex(members.index, fill_value=0)
    table["name"] = _names(members, sites["name"], counts, at)
    table["sites"] = by.value_counts()
    table["diameter_km"] = _diameters(members.index, points, label)
    area = sites["area_km2"].astype(float)
    table["area_km2"] = area.groupby(by).sum(min_count=1)
    table["area_unknown"] = area.isna().groupby(by).sum()
    held = at.drop_duplicates(["landscape", "species_id"])
    category = held["species_id"].map(inventory.species["category"])
    for name, rows in (
        ("species", held),
        ("cr", held[(category == "CR").to_numpy()]),
        ("en", held[(category == "EN").to_numpy()]),
    ):
        table[name] = rows.groupby("landscape").size().reindex(table.index, fill_value=0)
    codes = inventory.countries_of(members.index)
    codes = codes.assign(landscape=codes["site_id"].map(by))
    table["countries"] = codes.groupby("landscape")["iso3"].agg(lambda own: ";".join(sorted(set(own))))
    table["shared_threats"] = _shared_threats(inventory.threats, at, table.index)
    kinds = dict.fromkeys(("sites", "area_unknown", "species", "cr", "en"), "int64")
    table = table.astype({**kinds, "name": "str", "countries": "str"})
    return table.sort_values("species", ascending=False, kind="stable")


def _names(members: pd.DataFrame, names: pd.Series, counts: pd.Series, at: pd.DataFrame) -> pd.Series:
    """A name for each landscape, none twice: that of its named group, else of its richest site."""
    by = members["landscape"]
    richest = by[counts.sort_values(ascending=False, kind="stable").index].drop_duplicates()
    found = {
        str(key): t("landscape.name", site=site)
        for key, site in zip(richest, names[richest.index], strict=True)
    }
    held = members["group"].dropna()
    rich = at["species_id"].groupby(at["site_id"].map(held)).nunique()
    pairs = sorted(
        set(zip(by[held.index], held, strict=True)), key=lambda pair: (-rich.get(pair[1], 0), pair[1])
    )
    own = dict(reversed(pairs))  # the last one stands
    taken = {name.casefold() for name in own.values()}
    for key in sorted(found.keys() - own.keys()):
        name = found[key]
        while name.casefold() in taken:
            name = f"{name} ({key})"
        own[key] = name
        taken.add(name.casefold())
    return pd.Series(own, dtype="str")


def _diameters(ids: pd.Index, points: Points, label: Numbers) -> pd.Series:
    """Largest distance between two sites of each landscape; missing where a place is not known."""
    order = np.argsort(label, kind="stable")
    found = {}
    for places in np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []:
        known = not np.isnan(points[places]).any()
        found[ids[label[places[0]]]] = _distances(points[places]).max(initial=0) if known else math.nan
    return pd.Series(found, dtype=float)


def _shared_threats(threats: pd.DataFrame, at: pd.DataFrame, landscapes: pd.Index) -> pd.Series:
    """First-level codes of threats at two sites or more of a landscape; None where nothing is recorded.

    Threats that are past and unlikely to return, or of no expected decline, are recorded and not shared.
    """
    own = threats[threats["species_id"].isin(at["species_id"])]
    recorded = set(at.loc[at["species_id"].isin(own["species_id"]), "landscape"])
    shared: dict[str, list[str]] = {key: [] for key in recorded}
    if recorded:
        used = species_threats(own)[["species_id", "code"]]
        used["code"] = used["code"].str.split(".").str[0]
        rows = at.merge(used, on="species_id").drop_duplicates(["site_id", "code"])
        sites = rows.groupby(["landscape", "code"]).size()
        for key, code in sites.index[sites.to_numpy() > 1]:
            shared[key].append(code)
    # by number: 2 before 10
    told = [
        tuple(sorted(shared[k], key=lambda c: (len(c), c))) if k in recorded else None for k in landscapes
    ]
    return pd.Series(told, index=landscapes, dtype=object)

"""The inventory and the frozen choices that everything else is computed from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import pandas as pd

from aze_core.domain.errors import SettingError
from aze_core.domain.schema import LIST_TYPES, TABLES, complete, conform
from aze_core.domain.settings import value

if TYPE_CHECKING:
    import geopandas as gpd

UNKNOWN = "unknown"
"""Code that stands for a missing category in filters, links and tables."""

SCHEMES = ("criterion_e", "iucn50", "iucn100", "iucn500", "isaac", "edge2", "pessimistic", "ratio")
"""How a Red List category becomes an extinction probability."""

CRITERIA = ("irreplaceability", "extinction", "star", "impact", "pressure", "gap", "areas", "neighbours")
"""Criteria of the weighted view that the planner computes; `NATIONAL` and a field name a country's own."""

NATIONAL = "national:"

ONE_AXIS = ("extinction", "star")
"""Criteria that hold the Red List category: it counts on one axis only."""

TWO_WAYS = ("pressure", "areas", "neighbours")
"""Criteria whose direction is the user's choice; so is that of every national one."""

UNKNOWN_RULES = ("range", "low", "high", "impute")
"""What a criterion that is not known does to the order: left out, taken at an end, or filled in."""

SPREADS = ("near", "flat", "ordinal")
"""Which weightings are drawn: near the chosen ones, any at all, any in the order of the chosen ones."""


@dataclass(frozen=True)
class InventoryVersion:
    """What was loaded: name, vintage, content hash, counts and the notice that travels with it."""

    content_hash: str
    inventory_id: str
    name: str
    version: str
    list_type: str
    as_of: str
    status: str
    source: str
    notice: str
    n_sites: int
    n_species: int
    n_occurrences: int
    software: str
    derived_from: str = ""

    @property
    def short_hash(self) -> str:
        """First eight figures of the content hash."""
        return self.content_hash[:8]

    @property
    def is_current(self) -> bool:
        """Whether the inventory may be used for decisions."""
        return self.status == "current"

    def table(self) -> pd.DataFrame:
        """The record as the one row of the table `inventory`."""
        # without a base there is nothing that the version was derived from
        row = {name: item if item != "" else None for name, item in asdict(self).items()}
        return conform(pd.DataFrame([row]), TABLES["inventory"], "inventory")


class Choice:
    """A frozen choice: hashable (cache key), and a JSON object and back again."""

    def to_dict(self) -> dict[str, Any]:
        """The choice as plain values."""
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Self:
        """A choice from plain values.

        Raises
        ------
        SettingError
            When a name is not one of this choice's, or a value does not fit.
        """
        names = [f.name for f in fields(cls)]  # type: ignore[arg-type]
        if not isinstance(given, dict):
            raise SettingError("not_one_of", name="object", value=given, expected=", ".join(names))
        for name in given:
            if name not in names:
                raise SettingError("unknown_setting", name=name, expected=", ".join(names))
        return cls(**given)


C = TypeVar("C", bound=Choice)


def checked_number(name: str, given: Any, low: float, high: float) -> float:
    """A finite number within bounds, or a SettingError that says so."""
    # nan fails every comparison; a whole number too long for a float still compares
    if isinstance(given, bool) or not isinstance(given, int | float) or not low <= given <= high:
        raise SettingError("bad_number", name=name, value=str(given), low=low, high=high)
    return float(given)


def checked_one(name: str, given: Any, known: tuple[str, ...]) -> None:
    """One of the known codes, or a SettingError that names them."""
    if given not in known:
        raise SettingError("not_one_of", name=name, value=given, expected=", ".join(known))


def checked_whole(name: str, given: Any, low: float, high: float) -> int:
    """A whole number within bounds, or a SettingError that says so."""
    number = checked_number(name, given, low, high)
    if not number.is_integer():
        raise SettingError("not_one_of", name=name, value=given, expected="a whole number")
    return int(given)


def checked_codes(name: str, given: Any) -> tuple[str, ...]:
    """A list of texts, sorted and each once, or a SettingError: a bare text would fall into its letters."""
    if not isinstance(given, list | tuple | set | frozenset) or not all(isinstance(g, str) for g in given):
        raise SettingError("not_one_of", name=name, value=given, expected="a list of texts")
    return tuple(sorted(set(given)))


def checked_part(kind: type[C], name: str, given: Any) -> C:
    """A choice within a choice, as such or as plain values."""
    if isinstance(given, kind):
        return given
    if not isinstance(given, dict):
        expected = ", ".join(f.name for f in fields(kind))  # type: ignore[arg-type]
        raise SettingError("not_one_of", name=name, value=given, expected=f"an object with {expected}")
    return kind.from_dict(given)


@dataclass(frozen=True)
class Filters(Choice):
    """Which sites are looked at; an empty part means all.

    A site is in when one of its countries, its region, the class of one of its trigger species and the
    category of one of its trigger species are among the chosen. All its species keep counting.

    Attributes
    ----------
    countries, regions, classes, categories : tuple of str
        Codes.
    list_type : str
        The one list that is looked at, for lists are never merged; the inventory's main list where empty.
    knowledge : tuple of str
        What a country knows of its sites, as ``field=value``: a site is in when for each field named one of
        the values given for it is said of the site.

    Examples
    --------
    >>> Filters(countries=["MEX"]).countries
    ('MEX',)
    >>> Filters().active
    False
    """

    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    list_type: str = ""
    knowledge: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for f in fields(self):
            if f.name != "list_type":
                object.__setattr__(self, f.name, checked_codes(f.name, getattr(self, f.name)))
        if self.list_type and self.list_type not in LIST_TYPES:
            raise SettingError(
                "not_one_of", name="list_type", value=self.list_type, expected=", ".join(LIST_TYPES)
            )
        for entry in self.knowledge:
            if not all(entry.partition("=")):
                raise SettingError("not_one_of", name="knowledge", value=entry, expected="field=value")

    @property
    def active(self) -> bool:
        """Whether anything of the list is left out."""
        return any(getattr(self, f.name) for f in fields(self) if f.name != "list_type")


@dataclass(frozen=True)
class Assumptions(Choice):
    """What the modelled risk reduction assumes.

    Attributes
    ----------
    horizon_years : int
        Horizon of the extinction probabilities, 1 to 500 years.
    effect : float
        Share of a species' extinction risk that full cover of its site removes, 0 to 0.762.
    scheme : str
        One of `SCHEMES`: how a category becomes a probability.
    ratio : float
        Probability of CR over that of EN under the scheme `ratio`, 1 to 10; under the others it does nothing.
    """

    horizon_years: int = value("extinction.horizon_years")
    effect: float = value("protection.effect")
    scheme: str = SCHEMES[0]
    ratio: float = value("extinction.ratio")

    def __post_init__(self) -> None:
        checked_one("scheme", self.scheme, SCHEMES)
        object.__setattr__(self, "ratio", checked_number("ratio", self.ratio, 1, 10))
        object.__setattr__(self, "horizon_years", checked_whole("horizon_years", self.horizon_years, 1, 500))
        object.__setattr__(
            self, "effect", checked_number("effect", self.effect, 0, value("protection.effect_max"))
        )


@dataclass(frozen=True)
class CoverageSettings(Choice):
    """How cover is computed.

    Attributes
    ----------
    tolerance : float
        No area is added once at most this share of a site remains uncovered, 0 to 0.5.
    draws : int
        Draws of a year for undated areas, 1 to 100,000.
    seed : int
        Seed of the draws.

    Examples
    --------
    >>> CoverageSettings(draws=100).tolerance
    0.02
    """

    tolerance: float = value("coverage.tolerance")
    draws: int = value("coverage.draws")
    seed: int = value("coverage.seed")

    def __post_init__(self) -> None:
        object.__setattr__(self, "tolerance", checked_number("tolerance", self.tolerance, 0, 0.5))
        for name, low, high in (("draws", 1, 100_000), ("seed", 0, 2**63 - 1)):
            object.__setattr__(self, name, checked_whole(name, getattr(self, name), low, high))


@dataclass(frozen=True)
class Weights(Choice):
    """Weights of the criteria of the weighted view; only their proportions matter.

    Attributes
    ----------
    irreplaceability, extinction, pressure, star, impact, gap, areas, neighbours : float
        Points of the computed criteria, at least 0. Extinction risk and threat-abatement STAR both hold the
        Red List category, so only one of the two can have a weight.
    national : tuple of (str, float)
        Points of the country's own criteria, by field.
    reverse : tuple of str
        Criteria taken the other way round: low human influence first, far sites first, low values first.

    Examples
    --------
    >>> Weights(2, 1, 1).shares
    {'irreplaceability': 0.5, 'extinction': 0.25, 'pressure': 0.25}
    >>> Weights(1, 0, 0, national=(("water", 1),)).shares
    {'irreplaceability': 0.5, 'national:water': 0.5}
    """

    irreplaceability: float = value("weights.irreplaceability")
    extinction: float = value("weights.extinction")
    pressure: float = value("weights.pressure")
    star: float = 0.0
    impact: float = 0.0
    gap: float = 0.0
    areas: float = 0.0
    neighbours: float = 0.0
    national: tuple[tuple[str, float], ...] = ()
    reverse: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for code in CRITERIA:
            object.__setattr__(self, code, checked_number(code, getattr(self, code), 0, 10**9))
        object.__setattr__(self, "national", _checked_pairs(self.national))
        object.__setattr__(self, "reverse", checked_codes("reverse", self.reverse))
        for code in self.reverse:
            if not code.startswith(NATIONAL):
                checked_one("reverse", code, TWO_WAYS)
        if sum(self.points.values()) <= 0:
            raise SettingError("all_weights_zero")
        if all(getattr(self, code) > 0 for code in ONE_AXIS):
            raise SettingError("category_twice")

    @property
    def points(self) -> dict[str, float]:
        """The weights as given, by criterion, zeros included; national ones by `national:` and field."""
        own = {code: getattr(self, code) for code in CRITERIA}
        return own | {NATIONAL + name: points for name, points in self.national}

    @property
    def shares(self) -> dict[str, float]:
        """The weights above zero as parts of one, by criterion."""
        total = sum(self.points.values())
        return {code: points / total for code, points in self.points.items() if points > 0}

    def without(self, codes: Collection[str]) -> Weights | None:
        """The weights with those of some criteria at zero; None where nothing is left."""
        left = {code: 0.0 if code in codes else points for code, points in self.points.items()}
        return Weights.of(left, self.reverse) if sum(left.values()) > 0 else None

    @classmethod
    def of(cls, points: Mapping[str, float], reverse: Collection[str] = ()) -> Weights:
        """Weights from points by criterion; those not named are zero.

        Raises
        ------
        SettingError
            When a criterion is not known, a number does not fit, or all are zero.

        Examples
        --------
        >>> Weights.of({"gap": 1}).shares
        {'gap': 1.0}
        """
        own = dict.fromkeys(CRITERIA, 0.0)
        national = {}
        for code, given in points.items():
            if code.startswith(NATIONAL) and code != NATIONAL:
                national[code.removeprefix(NATIONAL)] = given
            else:
                checked_one("weights", code, CRITERIA)
                own[code] = given
        return cls(**own, national=tuple(national.items()), reverse=tuple(reverse))


def _checked_pairs(given: Any) -> tuple[tuple[str, float], ...]:
    """Fields with their points, sorted and each once, or a SettingError."""
    wrong = SettingError("not_one_of", name="national", value=given, expected="pairs of a field and points")
    if isinstance(given, Mapping):
        given = list(given.items())
    if not isinstance(given, list | tuple):
        raise wrong
    found: dict[str, float] = {}
    for pair in given:
        if (
            not isinstance(pair, list | tuple)
            or len(pair) != 2
            or not isinstance(pair[0], str)
            or not pair[0]
        ):
            raise wrong
        found[pair[0]] = checked_number(NATIONAL + pair[0], pair[1], 0, 10**9)
    return tuple(sorted(found.items()))


@dataclass(frozen=True)
class RankSettings(Choice):
    """Which sites are ranked, and under which assumptions.

    Attributes
    ----------
    uncovered_only : bool
        Leave out sites that are known to be more than 2 % covered; those of unknown cover stay.
    filters : Filters
    assumptions : Assumptions
    scope : tuple of str
        Countries whose sites set the ends of the scales of the weighted view; all sites where empty. Unlike a
        filter it leaves nobody out, and no filter changes it.
    unknown : {"range", "low", "high", "impute"}
        A criterion that is not known is left out of the score (default), taken at the low or high end of its
        interval, or filled in where that was shown to be better than a plain average.
    beyond, stopped : tuple of str
        Sites at which the user says that a threat is, or is not, one that no boundary stops; none in both.
    """

    uncovered_only: bool = True
    filters: Filters = field(default_factory=Filters)
    assumptions: Assumptions = field(default_factory=Assumptions)
    scope: tuple[str, ...] = ()
    unknown: str = UNKNOWN_RULES[0]
    beyond: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.uncovered_only, bool):
            raise SettingError(
                "not_one_of", name="uncovered_only", value=self.uncovered_only, expected="true, false"
            )
        object.__setattr__(self, "filters", checked_part(Filters, "filters", self.filters))
        object.__setattr__(self, "assumptions", checked_part(Assumptions, "assumptions", self.assumptions))
        checked_one("unknown", self.unknown, UNKNOWN_RULES)
        for name in ("scope", "beyond", "stopped"):
            object.__setattr__(self, name, checked_codes(name, getattr(self, name)))
        both = sorted(set(self.beyond) & set(self.stopped))
        if both:
            raise SettingError(
                "not_one_of", name="stopped", value=", ".join(both), expected="sites that are not in beyond"
            )


@dataclass(frozen=True)
class Uncertainty(Choice):
    """What is drawn to see how sure a ranking is.

    Attributes
    ----------
    spread : {"near", "flat", "ordinal"}
        Weightings near the chosen ones, any weighting, or any that keeps the order of the chosen ones.
    votes : float
        How close "near" is: as sure as the mean of so many votes, 1 to 10,000.
    data : bool
        Whether extinction schemes, intervals of unknowns and low and high cover are drawn too.
    top : int
        The N of "among the first N", 1 to 100,000.
    draws, seed : int

    Examples
    --------
    >>> Uncertainty(top=5).draws
    10000
    """

    spread: str = SPREADS[0]
    votes: float = value("acceptability.votes")
    data: bool = True
    top: int = value("acceptability.top")
    draws: int = value("acceptability.draws")
    seed: int = value("acceptability.seed")

    def __post_init__(self) -> None:
        checked_one("spread", self.spread, SPREADS)
        object.__setattr__(self, "votes", checked_number("votes", self.votes, 1, 10_000))
        if not isinstance(self.data, bool):
            raise SettingError("not_one_of", name="data", value=self.data, expected="true, false")
        for name, low, high in (("top", 1, 100_000), ("draws", 1, 1_000_000), ("seed", 0, 2**63 - 1)):
            object.__setattr__(self, name, checked_whole(name, getattr(self, name), low, high))


@dataclass(frozen=True, eq=False)
class Inventory:
    """One inventory version, as loaded: frames that nobody changes.

    Attributes
    ----------
    sites : geopandas.GeoDataFrame
        Index `site_id`; geometry in EPSG:4326: the boundary where one is known (and was asked for), else the
        point, missing where there is neither.
    species : pandas.DataFrame
        Index `species_id`.
    occurrences, coverage, threats, national, rights, coverage_runs, protection_parts, protection_range, \
protection_areas, protection_trend, protection_growth, corrections, inputs, figures, countries, sources : \
pandas.DataFrame
        As in the data dictionary (`aze_core.domain.schema.dictionary`).
    version : InventoryVersion
    is_withheld : bool
        Whether this is the copy in which what is sensitive has no name and no exact place.
    memo : dict
        What `aze_core.domain.memo.per_inventory` remembers.
    """

    sites: gpd.GeoDataFrame
    species: pd.DataFrame
    occurrences: pd.DataFrame
    coverage: pd.DataFrame
    threats: pd.DataFrame
    national: pd.DataFrame
    rights: pd.DataFrame
    coverage_runs: pd.DataFrame
    protection_parts: pd.DataFrame
    protection_range: pd.DataFrame
    protection_areas: pd.DataFrame
    protection_trend: pd.DataFrame
    protection_growth: pd.DataFrame
    corrections: pd.DataFrame
    inputs: pd.DataFrame
    figures: pd.DataFrame
    countries: pd.DataFrame
    sources: pd.DataFrame
    version: InventoryVersion
    is_withheld: bool = False
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        """What is the same for the same content: for caches."""
        return self.version.content_hash + (":withheld" if self.is_withheld else "")

    def where(self, filters: Filters) -> pd.Index:
        """Sites that the filters leave, in the inventory's order.

        Parameters
        ----------
        filters : Filters

        Returns
        -------
        pandas.Index of site_id
        """
        keep = self.sites["list_type"] == (filters.list_type or self.main_list)
        if filters.countries:
            wanted = set(filters.countries)
            keep &= self.sites["iso3"].map(lambda codes: not wanted.isdisjoint(codes.split(";")))
        if filters.regions:
            keep &= self.sites["region"].isin(filters.regions)
        if filters.classes or filters.categories:
            at = self.occurrences.join(self.species[["class_name", "category"]], on="species_id")
            if filters.classes:
                codes = at["class_name"].fillna(UNKNOWN)
                keep &= keep.index.isin(at.loc[codes.isin(filters.classes), "site_id"])
            if filters.categories:
                codes = at["category"].fillna(UNKNOWN)
                keep &= keep.index.isin(at.loc[codes.isin(filters.categories), "site_id"])
        if filters.knowledge:
            said = self.statements()
            entries = said["field"] + "=" + said["value"]
            by_field: dict[str, set[str]] = {}
            for entry in filters.knowledge:
                by_field.setdefault(entry.partition("=")[0], set()).add(entry)
            for wanted in by_field.values():
                keep &= keep.index.isin(said.loc[entries.isin(wanted), "site_id"])
        return self.sites.index[keep.to_numpy()]

    @property
    def main_list(self) -> str:
        """The list that is looked at first: the inventory's own, or the longest where none stands on it."""
        counts = self.sites["list_type"].value_counts()
        own = self.version.list_type
        return own if own in counts.index or counts.empty else str(counts.index[0])

    def statements(self) -> pd.DataFrame:
        """What is said of sites in words: columns `site_id`, `field`, `value`.

        Texts of national tables, and the stage of consent; these can filter and lock, and never score.
        """
        texts = self.national.loc[self.national["kind"] == "text", ["site_id", "field", "value"]]
        stages = self.rights[["site_id", "consent_stage"]].rename(columns={"consent_stage": "value"})
        return pd.concat([texts, stages.assign(field="consent_stage")], ignore_index=True)[
            ["site_id", "field", "value"]
        ].astype("str")

    def countries_of(self, sites: pd.Index | None = None) -> pd.DataFrame:
        """One row per site and country: columns `site_id`, `iso3`."""
        part = self.sites["iso3"] if sites is None else self.sites.loc[sites, "iso3"]
        return part.str.split(";").explode().rename_axis("site_id").reset_index()

    def table(self, name: str) -> pd.DataFrame:
        """One table as the data dictionary describes it, `inventory` included."""
        columns = TABLES[name].names
        if name == "inventory":
            return self.version.table()
        frame: pd.DataFrame = getattr(self, name)
        return pd.DataFrame(frame.reset_index().reindex(columns=columns))


def inventory_of(frames: dict[str, pd.DataFrame], version: InventoryVersion) -> Inventory:
    """Tables as an inventory in memory.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
        By table name, as the data dictionary describes them; `sites` may have a `geometry` (EPSG:4326), of
        which a missing one is replaced by the site's point.
    version : InventoryVersion
    """
    import geopandas as gpd  # slow to import, and a choice needs it not

    made: dict[str, Any] = {}
    frames = complete(frames)
    for name, table in TABLES.items():
        if name == "inventory":
            continue
        frame = frames[name].sort_values(list(table.key), ignore_index=True)
        made[name] = frame.set_index(table.key[0]) if len(table.key) == 1 else frame
    sites = made["sites"]
    shapes = gpd.points_from_xy(sites["longitude"], sites["latitude"], crs="EPSG:4326").to_numpy()
    shapes[sites["latitude"].isna().to_numpy()] = None
    if "geometry" in sites.columns:
        given = sites["geometry"].to_numpy(dtype=object)
        there = np.array([shape is not None for shape in given], dtype=bool)
        shapes[there] = given[there]
    made["sites"] = gpd.GeoDataFrame(
        sites[TABLES["sites"].names[1:]], geometry=gpd.GeoSeries(shapes, index=sites.index), crs="EPSG:4326"
    )
    return Inventory(**made, version=version)

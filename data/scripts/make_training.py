"""Makes data/training: a made-up archipelago in the formats in which users bring their files.

    python data/scripts/make_training.py [FOLDER]
    python data/scripts/make_training.py --large FOLDER

The first writes the small set (by default to data/training), the second a set as large as the whole list of
AZE sites, to a folder outside the project. Everything in them is invented, the faults among them on purpose:
data/training/README.md lists them. The same seed and sizes give the same bytes.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import made_up
import numpy as np
import shapely
from plain_files import (
    MULTIPOINT,
    POINT,
    POLYGON,
    Field,
    Shapefile,
    csv_bytes,
    geojson_bytes,
    workbook,
    write_zip,
)

ROOT = Path(__file__).resolve().parents[2]
TRAINING = ROOT / "data" / "training"
SEED = 2026
MARK = "Made-up training data of the AZE planner"

COUNTRIES = {"XAA": "Kestrel Islands", "XAB": "Republic of Morrow", "XAC": "Tern Atolls"}


@dataclass(frozen=True)
class Sizes:
    """How much is made; sites are counted without the planted faults."""

    polygons: int
    points: int
    delisted: int
    other: int
    species: int
    areas: int


SMALL = Sizes(polygons=60, points=3, delisted=6, other=14, species=90, areas=200)
# 853 AZE sites and, with the three rows planted as faults, 16,600 polygons
LARGE = Sizes(polygons=850, points=3, delisted=60, other=15_687, species=1_483, areas=300_000)


# ---------------------------------------------------------------- the lie of the land

TURN = 2 * np.pi
VERTICES = 72
KM_PER_DEGREE = 111.32


@dataclass(frozen=True)
class Outline:
    """A closed line round a centre: kilometres east and north of an anchor in degrees.

    Longitudes run on past 180, so that no line jumps while it is being made.
    """

    anchor: tuple[float, float]
    centre: tuple[float, float]
    radii: np.ndarray

    def km(
        self, scale: float = 1, shift: tuple[float, float] = (0, 0), sector: tuple[float, float] | None = None
    ) -> np.ndarray:
        """Vertices in kilometres from the anchor; of a sector (in turns) those on its arc, and the centre."""
        radii = self.radii * scale
        if sector is None:
            angles = TURN * np.arange(len(radii)) / len(radii)
        else:
            angles = TURN * np.linspace(*sector, max(3, round(len(radii) * (sector[1] - sector[0]))))
            radii = self.reach_at(angles) * scale
        line = np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])
        if sector is not None:
            line = np.vstack([line, [[0, 0]]])
        return line + np.asarray(self.centre) + np.asarray(shift)

    def reach_at(self, angles: np.ndarray) -> np.ndarray:
        """Distance from the centre to the line at these angles."""
        return np.interp(angles, TURN * np.arange(len(self.radii)) / len(self.radii), self.radii, period=TURN)

    @property
    def reach(self) -> float:
        """Largest distance from the centre to the line."""
        return float(self.radii.max())

    def degrees(self, km: np.ndarray) -> np.ndarray:
        """Longitude and latitude, to about a metre: processors differ in the last digits of a cosine."""
        lon, lat = self.anchor
        return np.round(km / [KM_PER_DEGREE * math.cos(math.radians(lat)), KM_PER_DEGREE] + [lon, lat], 5)


def coast(
    rng: np.random.Generator, radius: float, vertices: int = VERTICES, roughness: float = 0.35
) -> np.ndarray:
    """Radii of a coast-like line: waves of eight lengths, the long ones highest."""
    waves = np.arange(2, 10)
    height, phase = 2 * rng.random(8) - 1, rng.random(8)
    angles = np.outer(waves, np.arange(vertices)) / vertices + phase[:, None]
    return radius * np.exp(roughness * (height / waves) @ np.cos(TURN * angles))


@dataclass
class Island:
    """Land, or with `kind` ``bank`` shallow sea, on which sites lie."""

    name: str
    iso3: str
    kind: str
    outline: Outline
    sites: int
    fixed: tuple[tuple[float, float], ...] = ()

    def ashore(self, km: np.ndarray) -> np.ndarray:
        """Vertices, those at sea pulled back to the coast."""
        if self.kind == "bank":
            return km
        distance = np.hypot(*km.T)
        coast_at = self.outline.reach_at(np.arctan2(km[:, 1], km[:, 0]))
        return km * np.minimum(1, coast_at / np.maximum(distance, 1e-9))[:, None]


# name, countries, kind, longitude, latitude, radius in km, sites, centres of the first sites in km
MAP = (
    ("Great Kestrel", "XAA", "island", 176.2, 36.0, 42, 13, ()),
    ("Little Kestrel", "XAA", "island", 177.5, 37.0, 24, 5, ()),
    ("Windhover", "XAA", "island", 175.0, 34.7, 28, 6, ()),
    ("Meridian Island", "XAA", "island", 180.0, 36.2, 34, 8, ((0.0, 9.0),)),
    ("Twain", "XAA;XAB", "island", 178.9, 33.9, 38, 10, ((0.0, 13.0), (0.0, -15.0))),
    ("Morrow", "XAB", "island", 182.6, 33.6, 45, 15, ()),
    ("Eventide", "XAB", "island", 184.0, 34.6, 26, 6, ()),
    ("Yestereve", "XAB", "island", 181.3, 32.5, 24, 5, ()),
    ("Daybreak", "XAB", "island", 184.5, 32.8, 16, 3, ()),
    ("Tern", "XAC", "islet", 180.0, 38.9, 7, 1, ()),
    ("Noddy", "XAC", "islet", 178.8, 39.3, 6, 1, ()),
    ("Skua", "XAC", "islet", 181.3, 39.2, 8, 1, ()),
    ("Fairy Tern", "XAC", "islet", 182.4, 38.7, 5, 1, ()),
    ("Frigate", "XAC", "islet", 177.9, 38.4, 9, 1, ()),
    ("Petrel", "XAC", "islet", 183.2, 39.5, 7, 1, ()),
    ("Sunken Kestrel", "XAA", "bank", 174.0, 36.6, 22, 3, ()),
    ("Outer Tern", "XAC", "bank", 184.2, 38.2, 26, 5, ()),
)
CROSSING = {"Meridian Island": "past", "Tern": "jump"}
"""Islands across ±180°, and how the first site of each is written there."""


def islands(rng: np.random.Generator, sites: int) -> list[Island]:
    """The archipelago, and as many further islands on a lattice over the globe as the sites need."""
    found = []
    for name, iso3, kind, lon, lat, radius, number, fixed in MAP:
        outline = Outline((lon, lat), (0, 0), coast(rng, radius, 144))
        found.append(Island(name, iso3, kind, outline, number, fixed))
    missing = sites - sum(island.sites for island in found)
    number = 0
    for lat in range(-57, 72, 3):
        step = 3 / math.cos(math.radians(lat))
        for lon in np.arange(-178 + step / 2, 178 - step / 2, step):
            if missing <= 0:
                return found
            if 28 < lat < 43 and abs(lon) > 170:
                continue
            outline = Outline((round(lon, 3), float(lat)), (0, 0), coast(rng, 25 + 35 * rng.random(), 144))
            iso3 = f"X{chr(65 + number // 20 // 26 % 26)}{chr(65 + number // 20 % 26)}"
            name, kind = f"Island {number + 1}", "bank" if number % 12 == 5 else "island"
            found.append(Island(name, iso3, kind, outline, min(6, missing)))
            number, missing = number + 1, missing - 6
    return found


# ---------------------------------------------------------------- sites


@dataclass
class Site:
    """A site as it is, before any fault is planted."""

    island: Island
    outline: Outline
    line: np.ndarray  # longitude and latitude, past 180 where it leads there
    name: str
    local_name: str
    iso3: str
    site_id: int = 0
    role: str = "other"
    cover: str = ""
    area: float = 0.0
    species: list[int] = field(default_factory=list)

    @property
    def point(self) -> tuple[float, float]:
        """Longitude and latitude of its centre."""
        lon, lat = self.outline.degrees(np.asarray(self.outline.centre))
        return round(wrapped(lon), 5), float(lat)


def wrapped(lon: float) -> float:
    """A longitude within ±180°."""
    return float((lon + 180) % 360 - 180)


def area_km2(line: np.ndarray) -> float:
    """Area on the ellipsoid, edges straight in an equal-area cylinder (EPSG:6933)."""
    axis, e = 6378.137, 0.0818191908426
    lon, lat = np.radians(line).T
    s = np.sin(lat)
    q = (1 - e**2) * (s / (1 - (e * s) ** 2) - np.log((1 - e * s) / (1 + e * s)) / (2 * e))
    return float(abs(np.dot(lon, np.roll(q, -1)) - np.dot(q, np.roll(lon, -1)))) / 4 * axis**2


def find_room(rng: np.random.Generator, island: Island, taken: list[Outline], number: int) -> Outline:
    """A place on the island that keeps its distance, so that what covers one site leaves the next alone."""
    if island.kind == "islet":
        return island.outline
    room = island.outline.reach / 7
    fixed = island.fixed[number] if number < len(island.fixed) else None
    while True:
        for _ in range(40):
            radius = room * (0.55 + 0.45 * rng.random())
            angle, far = TURN * rng.random(), 0.15 + 0.8 * math.sqrt(rng.random())
            distance = float(island.outline.reach_at(np.array([angle]))[0]) * far
            centre = fixed or (distance * math.cos(angle), distance * math.sin(angle))
            outline = Outline(island.outline.anchor, centre, coast(rng, radius))
            apart = all(math.dist(centre, o.centre) > 1.3 * (outline.reach + o.reach) for o in taken)
            # only the sites that are meant to lie on the border do
            border = ";" in island.iso3 and fixed is None and abs(centre[0]) < 1.1 * outline.reach
            whole = shapely.Polygon(outline.degrees(outline.km()))
            land = shapely.Polygon(outline.degrees(island.ashore(outline.km())))
            if apart and not border and land.is_valid and land.area > 0.6 * whole.area:
                return outline
        room *= 0.9


def make_sites(rng: np.random.Generator, sizes: Sizes) -> list[Site]:
    """All sites in the order of their identifiers; the last two share one."""
    wanted = sizes.polygons + sizes.points + sizes.delisted + sizes.other + 2
    places = made_up.Places(rng)
    sites: list[Site] = []
    for island in islands(rng, wanted):
        taken: list[Outline] = []
        for number in range(island.sites):
            outline = find_room(rng, island, taken, number)
            taken.append(outline)
            iso3 = island.iso3
            if ";" in iso3 and number >= len(island.fixed):
                iso3 = iso3.split(";")[outline.centre[0] > 0]
            line = outline.degrees(island.ashore(outline.km()))
            site = Site(island, outline, line, *places.name(island.kind, iso3), iso3)
            if number < max(len(island.fixed), island.name in CROSSING, island.kind == "islet"):
                site.role = "confirmed"
            site.area = area_km2(line)
            sites.append(site)
    roles = ["point"] * sizes.points + ["twin"] * 2 + ["delisted"] * sizes.delisted
    roles += ["confirmed"] * (sizes.polygons - sum(site.role == "confirmed" for site in sites))
    plain = [site for site in sites if site.role == "other"]
    for role, n in zip(roles, np.argsort(rng.random(len(plain)), kind="stable"), strict=False):
        plain[n].role = role
    sites.sort(key=lambda site: site.role == "twin")
    for number, site in enumerate(sites):
        site.site_id = 990_001 + number
    sites[-1].site_id = sites[-2].site_id
    for number, site in enumerate(with_polygon(sites)):
        site.cover = ("part", "whole", "none")[number % 3]
    return sites


def with_polygon(sites: Sequence[Site]) -> list[Site]:
    """The AZE sites that have a polygon."""
    return [site for site in sites if site.role == "confirmed"]


def listed(sites: Sequence[Site]) -> list[Site]:
    """The AZE sites, by polygon or point."""
    return [site for site in sites if site.role in ("confirmed", "point")]


def plain_sites(sites: Sequence[Site]) -> list[Site]:
    """AZE sites with nothing special about them, for faults to be planted."""
    return [s for s in with_polygon(sites) if ";" not in s.iso3 and s.island.name not in CROSSING]


# ---------------------------------------------------------------- polygons on paper


def closed(line: np.ndarray) -> np.ndarray:
    """A ring that ends where it begins."""
    return np.vstack([line, line[:1]])


def pieces(line: np.ndarray, how: str = "cut") -> list[np.ndarray]:
    """Rings of a polygon, counter-clockwise, as a file holds them.

    Across ±180° a ring is cut there (``cut``), written on past it (``past``) or wrapped point by point, so
    that it jumps (``jump``).
    """
    low, high = line[:, 0].min(), line[:, 0].max()
    if low >= 180:
        return [closed(np.round(line - [360, 0], 5))]
    if high <= 180 or how == "past":
        return [closed(line)]
    if how == "jump":
        return [closed(np.round(np.where(line > [180, 180], line - [360, 0], line), 5))]
    whole = shapely.Polygon(line)
    found = []
    for west, turn in ((-180, 0), (180, 360)):
        part = shapely.normalize(shapely.clip_by_rect(whole, west, -90, west + 360, 90))
        for one in shapely.get_parts(part):
            found.append(np.round(shapely.get_coordinates(shapely.orient_polygons(one)) - [turn, 0], 5))
    return found


def clockwise(rings: list[np.ndarray]) -> list[np.ndarray]:
    """Rings as shapefiles want the outer ones."""
    return [ring[::-1] for ring in rings]


def polygons(line: np.ndarray, how: str = "cut") -> list[list[list[list[float]]]]:
    """The same as GeoJSON coordinates."""
    return [[ring.tolist()] for ring in pieces(line, how)]


# ---------------------------------------------------------------- KBAs

KBA_FIELDS: tuple[Field, ...] = (
    ("SitRecID", "N", 19, 11),
    ("Region", "C", 20, 0),
    ("Country", "C", 50, 0),
    ("ISO3", "C", 12, 0),
    ("NatName", "C", 60, 0),
    ("IntName", "C", 60, 0),
    ("SitLat", "N", 12, 6),
    ("SitLong", "N", 12, 6),
    ("SitAreaKM2", "N", 14, 4),
    ("KbaStatus", "C", 12, 0),
    ("KbaClass", "C", 20, 0),
    ("IbaStatus", "C", 12, 0),
    ("LegacyKba", "C", 12, 0),
    ("AzeStatus", "C", 12, 0),
    ("LastUpdate", "C", 10, 0),
    ("Source", "C", 50, 0),
    ("DelTxt", "C", 60, 0),
    ("RepAreaKM2", "N", 14, 4),
)
STATUS = {"confirmed": "confirmed", "point": "confirmed", "twin": "confirmed", "delisted": "de-listed"}


def country(iso3: str) -> str:
    """Name of a country, of a border site those of both."""
    return "; ".join(COUNTRIES.get(code, f"Land of {code}") for code in iso3.split(";"))


def kba_record(rng: np.random.Generator, site: Site) -> dict[str, Any]:
    """A row of the layers of KBAs."""
    lon, lat = site.point
    return {
        "SitRecID": site.site_id,
        "Region": "Oceania",
        "Country": country(site.iso3),
        "ISO3": site.iso3,
        "NatName": site.local_name,
        "IntName": site.name,
        "SitLat": lat,
        "SitLong": lon,
        "SitAreaKM2": round(site.area * (0.94 + 0.12 * rng.random()), 2),
        "KbaStatus": "confirmed" if site.site_id % 17 else None,
        "KbaClass": "Global" if site.role != "other" or rng.random() < 0.7 else "Regional",
        "IbaStatus": "confirmed" if rng.random() < 0.4 else None,
        "LegacyKba": "Yes" if rng.random() < 0.2 else None,
        "AzeStatus": STATUS.get(site.role),
        "LastUpdate": f"{2018 + int(8 * rng.random())}-03-01",
        "Source": MARK,
        "DelTxt": "Drawn by a programme",
        "RepAreaKM2": round(site.area, 1) if rng.random() < 0.5 else None,
    }


def write_kba(rng: np.random.Generator, sites: list[Site], folder: Path, packed: bool) -> None:
    """Polygons and points of all sites, with faults of real files planted."""
    bow_tie, twice, wrong_text, wrong_area = plain_sites(sites)[2:6]
    nowhere = Site(sites[0].island, sites[0].outline, sites[0].line, "Unplaced Cay", "Unplaced Cay", "XAA")
    nowhere.site_id, nowhere.role = 990_000, "point"
    stem = "KBAsGlobal_2026_March_01"
    with tempfile.TemporaryDirectory() as made:
        with (
            Shapefile(Path(made), f"{stem}_POL", POLYGON, KBA_FIELDS) as areas,
            Shapefile(Path(made), f"{stem}_PNT", POINT, KBA_FIELDS) as points,
        ):
            crossed: set[str] = set()
            for site in sites:
                record = kba_record(rng, site)
                if site.role == "point":
                    record["SitAreaKM2"] = record["RepAreaKM2"] = None
                    points.add(np.array(site.point), record)
                    continue
                how = "cut"
                if site.island.name in CROSSING and site.island.name not in crossed:
                    how = CROSSING[site.island.name]
                    crossed.add(site.island.name)
                rings = pieces(site.line, how)
                if site is bow_tie:
                    rings[0][10:16] = rings[0][10:16][::-1]
                if site is wrong_text:
                    record["IntName"] = site.name.encode().decode("latin-1")
                    record["NatName"] = None
                if site is wrong_area:
                    record["SitAreaKM2"] = round(100 * site.area, 2)
                areas.add(clockwise(rings), record)
                if site is twice:
                    areas.add(clockwise(rings), record)
            record = kba_record(rng, nowhere)
            record |= {"SitLat": 0, "SitLong": 0, "SitAreaKM2": None, "RepAreaKM2": None}
            points.add(np.zeros(2), record)
        write_zip(folder / f"{stem}_training.zip", {**areas.paths, **points.paths}, packed)


# ---------------------------------------------------------------- species


@dataclass
class Species:
    """A trigger species: as the list of trigger species has it, and as the Red List has it."""

    name: str
    accepted: str
    class_name: str
    family: str
    english: str
    category: str
    red_list_category: str | None  # missing: not in the Red List download
    sensitive: bool
    places: list[tuple[Site | None, str]]


SYNONYMS, NOT_IN_RED_LIST, OTHER_CATEGORY, SENSITIVE = (
    {10, 25, 40},
    {15, 55},
    {12, 30, 47, 66},
    {3, 20, 33, 60},
)
"""Which of the species, by number."""

ON_LAND = ("Amphibia",) * 7 + ("Aves",) * 5 + ("Mammalia",) * 3 + ("Reptilia",) * 2 + ("Magnoliopsida",) * 3
AT_SEA = ("Actinopterygii", "Anthozoa")


def make_species(rng: np.random.Generator, sites: list[Site], number: int) -> list[Species]:
    """Trigger species, one at least for each AZE site; the last two are those of the planted faults.

    The first two breed at one site and winter at another, so that they need both.
    """
    names = {class_name: made_up.species_names(rng, class_name) for class_name in made_up.CLASSES}
    homes = listed(sites)
    land = [site for site in homes if site.island.kind != "bank" and site.role == "confirmed"]
    places: list[list[tuple[Site | None, str]]] = []
    for n in range(2):
        places.append([(land[3 + 7 * n], "breeding"), (land[17 + 7 * n], "wintering")])
    filled = {id(site) for two in places for site, _ in two}
    places += [[(site, "")] for site in homes if id(site) not in filled]
    while len(places) < number:
        places.append([(homes[int(len(homes) * rng.random() ** 1.7)], "")])
    order = np.argsort(rng.random(number - 2), kind="stable")
    places[2:] = [places[2 + n] for n in order]
    # a code that is no site's, and a site that has another species to keep it on the list
    places += [[(None, "")], [(next(s for s, _ in places[-1] if s), "")]]
    found = []
    for n, where in enumerate(places):
        home = where[0][0]
        kinds = AT_SEA if home is not None and home.island.kind == "bank" else ON_LAND
        class_name = "Aves" if n < 2 else kinds[int(len(kinds) * rng.random())]
        name, family, english = next(names[class_name])
        accepted, accepted_family = name, family
        if n in SYNONYMS:
            accepted, accepted_family, english = next(names[class_name])
        category = "CR" if 4 * n % 9 < 4 else "EN"
        red_list: str | None = category
        if n in NOT_IN_RED_LIST:
            red_list = None
        elif n in OTHER_CATEGORY:
            red_list = "VU" if n == max(OTHER_CATEGORY) else {"CR": "EN", "EN": "CR"}[category]
        found.append(
            Species(
                name,
                accepted,
                class_name,
                accepted_family,
                english,
                category,
                red_list,
                n in SENSITIVE,
                where,
            )
        )
        for site, _ in where:
            if site is not None and n < number:
                site.species.append(n)
    return found


TRIGGER_COLUMNS = (
    "Site code",
    "Site",
    "Taxon",
    "English name",
    "Class",
    "Order",
    "Family",
    "RL category",
    "KBA criterion",
    "% of global population",
    "Life stage",
    "Sensitive",
    "Source",
)


def share(rng: np.random.Generator) -> float | str:
    """A share of the population as such lists give it: the criterion is met above 95 %."""
    turn = rng.random()
    if turn < 0.55:
        return 100
    return ">95%" if turn < 0.75 else 95.5 + 0.5 * int(9 * rng.random())


def trigger_rows(rng: np.random.Generator, species: list[Species]) -> list[list[Any]]:
    """Rows of the long list, by site code and name."""
    rows = []
    for n, one in enumerate(species):
        for site, stage in one.places:
            code, name = (site.site_id, site.name) if site else (989_999, "Nowhere Sound")
            order = made_up.CLASSES[one.class_name][2]
            percent = 170 if n == len(species) - 1 else share(rng)
            row = [code, name, one.name, one.english, one.class_name, order, one.family, one.category, "A1e"]
            rows.append([*row, percent, stage or None, "yes" if one.sensitive else "no", MARK])
    return sorted(rows, key=lambda row: (row[0], row[2]))


def write_trigger_species(
    rng: np.random.Generator, sites: list[Site], species: list[Species], folder: Path, packed: bool
) -> None:
    """The list of trigger species, long, and for ten sites wide."""
    parts = workbook("Trigger species", [TRIGGER_COLUMNS, *trigger_rows(rng, species)])
    write_zip(folder / "training_trigger_species.xlsx", parts, packed)
    ten = sorted(listed(sites), key=lambda site: (-len(site.species), site.site_id))[:10]
    widest = max(len(site.species) for site in ten)
    rows: list[list[Any]] = [
        ["Site code", "Site", *(f"Trigger species {n + 1}" for n in range(widest)), "Source"]
    ]
    for site in sorted(ten, key=lambda site: site.site_id):
        names = sorted(species[n].name for n in site.species)
        rows.append([site.site_id, site.name, *names, *[None] * (widest - len(names)), MARK])
    (folder / "training_trigger_species_wide.csv").write_bytes(csv_bytes(rows, ";"))


# ---------------------------------------------------------------- Red List

RED_LIST_COLUMNS = {
    "simple_summary": "assessmentId internalTaxonId scientificName kingdomName phylumName orderName "
    "className familyName genusName speciesName infraType infraName infraAuthority "
    "authority redlistCategory redlistCriteria criteriaVersion populationTrend scopes",
    "assessments": "internalTaxonId assessmentId scientificName redlistCategory redlistCriteria "
    "yearPublished assessmentDate criteriaVersion language rationale habitat threats "
    "population populationTrend range useTrade systems conservationActions realm "
    "yearLastSeen possiblyExtinct possiblyExtinctInTheWild scopes",
    "taxonomy": "internalTaxonId scientificName kingdomName phylumName className orderName familyName "
    "genusName speciesName infraType infraName infraAuthority subpopulationName authority "
    "taxonomicNotes",
    "threats": "scientificName assessmentId internalTaxonId code name stressCode stressName ancestry "
    "ias internationalTrade scope timing severity text virus",
    "synonyms": "internalTaxonId scientificName name genusName speciesName speciesAuthor infraType "
    "infrarankAuthor",
    "common_names": "internalTaxonId scientificName name language main",
}
CATEGORY_WORDS = {"CR": "Critically Endangered", "EN": "Endangered", "VU": "Vulnerable"}
AUTHORS = ("Fabler", "Quillfeather &amp; Reed", "Inkwell", "Storyteller &amp; Son", "Penn, Nibb &amp; Blott")

THREATS = (
    ("1.1", "Housing & urban areas"),
    ("2.1.2", "Small-holder farming"),
    ("2.3.2", "Small-holder grazing, ranching or farming"),
    ("3.2", "Mining & quarrying"),
    ("5.3.3", "Unintentional effects: (subsistence/small scale) [harvest]"),
    ("7.1.1", "Increase in fire frequency/intensity"),
    ("8.1.1", "Unspecified species"),
    ("9.3.3", "Herbicides & pesticides"),
    ("11.1", "Habitat shifting & alteration"),
    ("11.4", "Storms & flooding"),
)
THREATS_AT_SEA = (
    ("5.4.2", "Intentional use: (large scale) [harvest]"),
    ("9.1.1", "Sewage"),
    ("11.1", "Habitat shifting & alteration"),
    ("11.4", "Storms & flooding"),
)
# words of the Red List, and how often each comes
TIMINGS = {
    "Ongoing": 6,
    "Future": 2,
    "Past, Likely to Return": 1,
    "Past, Unlikely to Return": 1,
    "Unknown": 1,
}
SCOPES = {"Whole (>90%)": 3, "Majority (50-90%)": 4, "Minority (<50%)": 2, "Unknown": 1, None: 1}
SEVERITIES = {
    "Very Rapid Declines": 1,
    "Rapid Declines": 2,
    "Slow, Significant Declines": 4,
    "Causing/Could cause fluctuations": 1,
    "Negligible declines": 1,
    "No decline": 1,
    "Unknown": 1,
    None: 1,
}
INVADERS = ("Fictorattus vorax", "Imaginofelis sagax")


def pick(rng: np.random.Generator, items: Sequence[Any]) -> Any:
    """One of the items, by the plainest draw, which changes least between versions of numpy."""
    return items[int(len(items) * rng.random())]


def weighted(rng: np.random.Generator, words: dict[Any, int]) -> Any:
    """One of the words, each as often as its number says."""
    return pick(rng, [word for word, times in words.items() for _ in range(times)])


def threat_rows(
    rng: np.random.Generator, base: dict[str, Any], at_sea: bool, both_invaders: bool
) -> Iterator[dict[str, Any]]:
    """Threats of a species in the words of the Red List; some have none on record."""
    known = THREATS_AT_SEA if at_sea else THREATS
    codes = sorted({pick(rng, known) for _ in range(int(4.2 * rng.random()))})
    invaders = INVADERS if both_invaders else INVADERS[: rng.random() < 0.25 and not at_sea]
    found = [(code, name, None) for code, name in codes]
    for code, name, ias in [*found, *(("8.1.2", "Named species", invader) for invader in invaders)]:
        timing, scope, severity = (weighted(rng, words) for words in (TIMINGS, SCOPES, SEVERITIES))
        if both_invaders:
            timing, scope, severity = "Ongoing", "Whole (>90%)", "Rapid Declines"
        said = {"code": code, "name": name, "timing": timing, "scope": scope, "severity": severity}
        yield base | said | {"ias": ias}


def write_red_list(rng: np.random.Generator, species: list[Species], folder: Path, packed: bool) -> None:
    """A search export of the Red List."""
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in RED_LIST_COLUMNS}
    # two invaders threaten one species, under the same code
    frog = next(one for one in species if one.class_name == "Amphibia" and one.red_list_category)
    for n, one in enumerate(species):
        if one.red_list_category is None:
            continue
        genus, epithet = one.accepted.split()
        *_, order, kingdom, phylum, _ = made_up.CLASSES[one.class_name]
        year = 2021 + int(5 * rng.random())
        criteria = {"CR": "B1ab(iii)", "EN": "B1ab(iii)+2ab(iii)", "VU": "D2"}[one.red_list_category]
        base = {
            "assessmentId": 990_700_000 + n,
            "internalTaxonId": 990_500_000 + n,
            "scientificName": one.accepted,
        }
        tables["simple_summary"].append(
            base
            | {
                "kingdomName": kingdom.upper(),
                "phylumName": phylum.upper(),
                "orderName": order.upper(),
                "className": one.class_name.upper(),
                "familyName": one.family.upper(),
                "genusName": genus,
                "speciesName": epithet,
                "authority": f"{pick(rng, AUTHORS)}, in: {MARK}, 2025",
                "redlistCategory": CATEGORY_WORDS[one.red_list_category],
                "redlistCriteria": criteria,
                "criteriaVersion": "3.1",
                "populationTrend": pick(rng, ("Decreasing", "Decreasing", "Stable", "Unknown")),
                "scopes": "Global",
            }
        )
        tables["taxonomy"].append({**tables["simple_summary"][-1], "taxonomicNotes": "Invented."})
        tables["assessments"].append(
            tables["simple_summary"][-1]
            | {
                "yearPublished": year,
                "assessmentDate": f"{year - 1}-05-14 00:00:00 UTC",
                "language": "English",
                "rationale": "Invented; known from one place."
                if len(one.places) == 1
                else "Invented; needs two places.",
                "systems": "Marine" if one.class_name in AT_SEA else "Terrestrial",
                "realm": "Oceanian",
                "possiblyExtinct": "true" if n == 18 else "false",
                "possiblyExtinctInTheWild": "false",
            }
        )
        tables["threats"] += threat_rows(rng, base, one.class_name in AT_SEA, one is frog)
        if one.name != one.accepted:
            old_genus, old_epithet = one.name.split()
            old = {"name": f"{one.name} Fabler, 1901", "genusName": old_genus, "speciesName": old_epithet}
            tables["synonyms"].append(base | old | {"speciesAuthor": "Fabler, 1901"})
        tables["common_names"].append(base | {"name": one.english, "language": "English", "main": "true"})
    parts = {}
    for name, columns in RED_LIST_COLUMNS.items():
        header = columns.split()
        rows = [[row.get(column) for column in header] for row in tables[name]]
        parts[f"{name}.csv"] = csv_bytes([header, *rows])
    write_zip(folder / "training_red_list.zip", parts, packed)


# ---------------------------------------------------------------- protected areas

WDPA_FIELDS: tuple[Field, ...] = (
    ("SITE_ID", "N", 12, 0),
    ("SITE_PID", "C", 14, 0),
    ("SITE_TYPE", "C", 8, 0),
    ("NAME_ENG", "C", 80, 0),
    ("NAME", "C", 80, 0),
    ("DESIG", "C", 60, 0),
    ("DESIG_ENG", "C", 60, 0),
    ("DESIG_TYPE", "C", 16, 0),
    ("IUCN_CAT", "C", 16, 0),
    ("INT_CRIT", "C", 16, 0),
    ("REALM", "C", 12, 0),
    ("REP_M_AREA", "N", 14, 4),
    ("GIS_M_AREA", "N", 14, 4),
    ("REP_AREA", "N", 14, 4),
    ("GIS_AREA", "N", 14, 4),
    ("NO_TAKE", "C", 16, 0),
    ("NO_TK_AREA", "N", 14, 4),
    ("STATUS", "C", 16, 0),
    ("STATUS_YR", "N", 4, 0),
    ("GOV_TYPE", "C", 42, 0),
    ("GOVSUBTYPE", "C", 16, 0),
    ("OWN_TYPE", "C", 20, 0),
    ("OWNSUBTYPE", "C", 16, 0),
    ("MANG_AUTH", "C", 50, 0),
    ("MANG_PLAN", "C", 16, 0),
    ("VERIF", "C", 16, 0),
    ("METADATAID", "N", 9, 0),
    ("PRNT_ISO3", "C", 12, 0),
    ("ISO3", "C", 12, 0),
    ("SUPP_INFO", "C", 50, 0),
    ("CONS_OBJ", "C", 16, 0),
    ("INLND_WTRS", "C", 16, 0),
    ("OECM_ASMT", "C", 16, 0),
)
POINT_FIELDS = tuple(column for column in WDPA_FIELDS if column[0] not in ("GIS_AREA", "GIS_M_AREA"))

# designation, its type and status
DESIGNATIONS = (
    ("National Park", "National", "Designated"),
    ("Nature Reserve", "National", "Designated"),
    ("Wildlife Sanctuary", "National", "Designated"),
    ("Community Conserved Area", "National", "Established"),
    ("Ramsar Site, Wetland of International Importance", "International", "Designated"),
    ("World Heritage Site (natural or mixed)", "International", "Inscribed"),
    ("Regional Seas Reserve", "Regional", "Adopted"),
)
GOVERNANCE = (
    "Federal or national ministry or agency",
    "Sub-national ministry or agency",
    "Collaborative governance",
    "Indigenous peoples",
    "Local communities",
    "Not Reported",
)
MAB = "UNESCO-MAB Biosphere Reserve"


@dataclass(frozen=True)
class Plan:
    """One protected area before it is drawn: what it is to its site."""

    kind: str
    site: Site
    iso3: str = ""


def plan_areas(rng: np.random.Generator, sites: list[Site], number: int) -> list[Plan]:
    """Protected areas such that a third of the AZE sites each is uncovered, partly and wholly covered.

    What must not count (proposed, not reported, a UNESCO-MAB reserve, points) stands at uncovered sites.
    """
    plans: list[Plan] = []
    for n, site in enumerate(s for s in with_polygon(sites) if s.cover == "whole"):
        plans += [Plan("west", site), Plan("east", site)] if n % 4 == 3 else [Plan("whole", site)]
    plans += [Plan("part", site) for site in with_polygon(sites) if site.cover == "part"]
    border = next(n for n, plan in enumerate(plans) if ";" in plan.site.iso3)
    plans[border] = Plan(plans[border].kind, plans[border].site, plans[border].site.iso3)
    bare = [site for site in with_polygon(sites) if site.cover == "none"]
    full = [site for site in with_polygon(sites) if site.cover == "whole"]
    few, points = number // 40, number * 12 // 100
    plans += [Plan("proposed", bare[n % len(bare)]) for n in range(few)]
    plans += [Plan("not reported", bare[(n + 5) % len(bare)]) for n in range(few)]
    plans += [Plan("mab", bare[-1]), Plan("national biosphere", full[0])]
    around = [site for site in sites if site.cover in ("part", "whole") or site.role in ("other", "delisted")]
    for n in range(points):
        kind = "multipoint" if n % 12 == 4 else "bare point" if n % 3 == 1 else "point"
        plans.append(Plan(kind, bare[n // 4 % len(bare)] if n % 4 == 0 else pick(rng, around)))
    plans += [Plan("more", pick(rng, around)) for _ in range(number - len(plans))]
    # downloads are cut by row, not by country or kind
    return [plans[n] for n in np.argsort(rng.random(len(plans)), kind="stable")]


def draw(rng: np.random.Generator, plan: Plan) -> np.ndarray:
    """The outline of a protected area, within the room that its site has to itself."""
    site, outline = plan.site, plan.site.outline
    thin = Outline(outline.anchor, outline.centre, outline.radii[::2])
    turn, size = rng.random(), rng.random()
    if plan.kind in ("whole", "national biosphere"):
        km = thin.km(1.12 + 0.1 * size)
    elif plan.kind in ("west", "east"):
        start = 0.22 if plan.kind == "west" else 0.72
        km = thin.km(1.2, sector=(start, start + 0.56))
    elif plan.kind == "part":
        km = (
            thin.km(1.1, sector=(turn, turn + 0.25 + 0.3 * size))
            if turn < 0.5
            else thin.km(0.45 + 0.3 * size)
        )
    else:
        # at a partly covered site the rim stays free, however many areas overlap within
        scale, far = (0.25 + 0.35 * size, 0.2) if site.cover == "part" else (0.3 + 0.7 * size, 0.25)
        far *= outline.reach * rng.random()
        km = thin.km(scale, (far * math.cos(TURN * turn), far * math.sin(TURN * turn)))
    return outline.degrees(km)


def area_record(rng: np.random.Generator, plan: Plan, number: int, area: float) -> dict[str, Any]:
    """A row of the protected areas, in the schema in force since November 2025."""
    designation, kind, status = pick(rng, DESIGNATIONS)
    if plan.kind in ("mab", "national biosphere"):
        international = plan.kind == "mab"
        designation = MAB if international else "Biosphere Reserve"
        kind, status = ("International" if international else "National"), "Designated"
    oecm = plan.kind == "more" and rng.random() < 0.18
    if oecm:
        designation, kind, status = "Stewardship Area", "Not Applicable", "Established"
    status = {"proposed": "Proposed", "not reported": "Not Reported"}.get(plan.kind, status)
    sea = plan.site.island.kind == "bank"
    realm = "Marine" if sea else "Coastal" if plan.site.island.kind == "islet" else "Terrestrial"
    reported = round(area * (0.9 + 0.2 * rng.random()), 2)
    iso3 = plan.iso3 or plan.site.iso3.split(";")[0]
    unknown = "Not Reported"
    return {
        "SITE_ID": 990_100_001 + number,
        "SITE_PID": str(990_100_001 + number),
        "SITE_TYPE": "OECM" if oecm else "PA",
        "NAME_ENG": f"{plan.site.name} {designation}",
        "NAME": f"{plan.site.local_name} {designation}",
        "DESIG": designation,
        "DESIG_ENG": designation,
        "DESIG_TYPE": kind,
        "IUCN_CAT": "Not Applicable" if kind != "National" else pick(rng, ("Ia", "II", "IV", "VI", unknown)),
        "INT_CRIT": "Not Applicable",
        "REALM": realm,
        "REP_M_AREA": reported if sea else 0,
        "GIS_M_AREA": round(area, 4) if sea else 0,
        "REP_AREA": 0 if plan.kind == "bare point" else reported,
        "GIS_AREA": round(area, 4),
        "NO_TAKE": pick(rng, ("All", "None", unknown)) if sea else "Not Applicable",
        "NO_TK_AREA": 0,
        "STATUS": status,
        # 12 in 100 without a year, as in the download of 2017
        "STATUS_YR": 0 if number % 25 in (3, 11, 19) else 1960 + int(65 * math.sqrt(rng.random())),
        "GOV_TYPE": pick(rng, GOVERNANCE),
        "GOVSUBTYPE": "Not Applicable",
        "OWN_TYPE": pick(rng, ("State", "Communal", unknown)),
        "OWNSUBTYPE": "Not Applicable",
        "MANG_AUTH": unknown,
        "MANG_PLAN": unknown,
        "VERIF": "State Verified",
        "METADATAID": 990,
        "PRNT_ISO3": iso3,
        "ISO3": iso3,
        "SUPP_INFO": MARK,
        "CONS_OBJ": "Primary" if oecm else "Not Applicable",
        "INLND_WTRS": unknown,
        "OECM_ASMT": unknown if oecm else "Not Applicable",
    }


def write_wdpa(rng: np.random.Generator, sites: list[Site], number: int, folder: Path, packed: bool) -> None:
    """A download of protected areas and OECMs: three zips in a zip, cut by row; row by row to the disk."""
    plans = plan_areas(rng, sites, number)
    stem = "WDPA_WDOECM_Mar2026_Public_training_shp"
    with tempfile.TemporaryDirectory() as made:
        inner: dict[str, bytes | Path] = {}
        for part in range(3):
            room = Path(made, str(part))
            room.mkdir()
            with (
                Shapefile(room, f"{stem}-polygons", POLYGON, WDPA_FIELDS) as areas,
                Shapefile(room, f"{stem}-points", MULTIPOINT, POINT_FIELDS) as points,
            ):
                for n in range(number * part // 3, number * (part + 1) // 3):
                    write_area(rng, plans[n], n, areas, points)
            path = Path(made, f"{stem}_{part}.zip")
            write_zip(path, {**areas.paths, **points.paths}, packed)
            for one in [*areas.paths.values(), *points.paths.values()]:
                one.unlink()
            inner[path.name] = path
        write_zip(folder / "WDPA_training.zip", inner)


def write_area(
    rng: np.random.Generator, plan: Plan, number: int, areas: Shapefile, points: Shapefile
) -> None:
    """One protected area, to the layer where it belongs."""
    line = draw(rng, plan)
    record = area_record(rng, plan, number, area_km2(line))
    if plan.kind.endswith("point"):
        spots = line[:: len(line) // 3][:3] if plan.kind == "multipoint" else line[:1]
        points.add(np.array([[round(wrapped(lon), 5), lat] for lon, lat in spots]), record)
    else:
        areas.add(clockwise(pieces(line)), record)


# ---------------------------------------------------------------- what a country adds


def write_costs(rng: np.random.Generator, sites: list[Site], folder: Path) -> None:
    """Costs as a European spreadsheet writes them; one site has none."""
    rows: list[list[Any]] = [["Site ID", "Cost", "Currency", "Year", "Source"]]
    for n, site in enumerate(listed(sites)):
        cost = f"{40_000 + 9_000 * site.area**0.7 * (0.6 + 0.8 * rng.random()):.2f}".replace(".", ",")
        rows.append([site.site_id, None if n == 20 else cost, "USD", 2025, MARK])
    (folder / "training_costs.csv").write_bytes(csv_bytes(rows, ";"))


NATIONAL_COLUMNS = (
    "Site ID",
    "National name",
    "Governance",
    "Feasibility",
    "METT score",
    "METT max",
    "METT version",
    "Admin region",
    "Competent authority",
    "Next legal step",
    "Already funded by",
    "Water yield (ML per year)",
    "Sensitive",
    "Year",
    "Source",
)


def write_national(rng: np.random.Generator, sites: list[Site], folder: Path, packed: bool) -> None:
    """What ministries know of their sites; management is scored only where something is protected."""
    rows: list[Sequence[Any]] = [NATIONAL_COLUMNS]
    for n, site in enumerate(listed(sites)):
        managed = site.cover in ("part", "whole")
        rows.append(
            [
                site.site_id,
                site.local_name,
                pick(rng, ("National ministry", "Community", "Shared", "Private", None)),
                pick(rng, (0.2, 0.4, 0.5, 0.7, 0.9, None)),
                25 + int(60 * rng.random()) if managed else None,
                99 if managed else None,
                "METT 3" if managed else None,
                f"{site.island.name} District",
                f"Ministry of Invented Places, {country(site.iso3)}",
                pick(rng, ("Draft decree", "Public hearing", "Gazettement", "Boundary survey", None)),
                "Fund for Imaginary Nature" if rng.random() < 0.2 else "none",
                None if site.island.kind == "bank" else int(20 * site.area * (0.5 + rng.random())),
                "yes" if n in (7, 31) else "no",
                2025,
                MARK,
            ]
        )
    write_zip(folder / "training_national.xlsx", workbook("National data", rows), packed)


CONSENT = ("unknown", "informed", "consulting", "given", "withheld")


def write_territories(rng: np.random.Generator, sites: list[Site], folder: Path) -> None:
    """Ten territories of invented peoples and communities, each overlapping a site or two."""
    features = []
    homes = [site for site in plain_sites(sites) if site.island.kind == "island"]
    for n in range(10):
        site = homes[n * len(homes) // 10]
        outline = site.outline
        far = 1.2 * outline.reach
        while True:
            wide = Outline(outline.anchor, outline.centre, coast(rng, 2.2 * outline.reach))
            line = outline.degrees(site.island.ashore(wide.km(1, (far * math.cos(n), far * math.sin(n)))))
            if shapely.Polygon(line).is_valid:
                break
        kind = "People" if n % 2 else "Community"
        stage = CONSENT[n % len(CONSENT)]
        properties = {
            "rights_holders": f"Made-up {kind} of {site.name}",
            "consent_stage": stage,
            "consent_source": None if stage == "unknown" else f"Made-up minutes, {2021 + n % 5}",
            "source": MARK,
        }
        features.append((properties, polygons(line)))
    (folder / "training_territories.geojson").write_bytes(geojson_bytes(features))


def write_boundaries(sites: list[Site], folder: Path) -> None:
    """The land by country; an island across ±180° is written as its first site is."""
    land: dict[str, list[Any]] = {}
    for island in {site.island.name: site.island for site in sites}.values():
        if island.kind == "bank":
            continue
        parts: list[tuple[str, tuple[float, float] | None]] = [(island.iso3, None)]
        if ";" in island.iso3:
            west, east = island.iso3.split(";")
            parts = [(west, (0.25, 0.75)), (east, (0.75, 1.25))]
        for iso3, sector in parts:
            line = island.outline.degrees(island.outline.km(sector=sector))
            land.setdefault(iso3, []).extend(polygons(line, CROSSING.get(island.name, "cut")))
    features = [({"ISO3": iso3, "name": country(iso3), "source": MARK}, land[iso3]) for iso3 in sorted(land)]
    (folder / "training_boundaries.geojson").write_bytes(geojson_bytes(features))


# ---------------------------------------------------------------- all together


def make(folder: Path, sizes: Sizes = SMALL, seed: int = SEED, packed: bool = False) -> None:
    """Write every file of the set into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.Generator(np.random.PCG64(seed))
    sites = make_sites(rng, sizes)
    species = make_species(rng, sites, sizes.species)
    # a letter that suffers when UTF-8 is read as Latin-1
    plain_sites(sites)[4].name = f"Ciénaga {made_up.PLACE_WORDS[0]}"
    write_kba(rng, sites, folder, packed)
    write_trigger_species(rng, sites, species, folder, packed)
    write_red_list(rng, species, folder, packed)
    write_wdpa(rng, sites, sizes.areas, folder, packed)
    write_costs(rng, sites, folder)
    write_national(rng, sites, folder, packed)
    write_territories(rng, sites, folder)
    write_boundaries(sites, folder)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the small set, or with --large one for benchmarks."""
    parser = argparse.ArgumentParser(description="Makes the made-up training data.")
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    parser.add_argument("--large", action="store_true", help="as large as the whole AZE list; needs a FOLDER")
    options = parser.parse_args(arguments)
    if options.large and (options.folder is None or options.folder.resolve().is_relative_to(ROOT)):
        parser.error("--large needs a FOLDER outside the project: the files take about 130 MB")
    make(options.folder or TRAINING, LARGE if options.large else SMALL, packed=options.large)


if __name__ == "__main__":
    main()

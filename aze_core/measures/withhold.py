"""The copy of an inventory that may be shared: what is sensitive has no name and no exact place in it."""

from __future__ import annotations

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.locale import t

_REMAPPED = (
    "occurrences",
    "coverage",
    "national",
    "rights",
    "protection_parts",
    "protection_areas",
)


def is_sensitive(inventory: Inventory) -> bool:
    """Whether any site or species is flagged as sensitive."""
    return any(bool(_flagged(frame).any()) for frame in (inventory.sites, inventory.species))


def _flagged(frame: pd.DataFrame) -> pd.Series:
    return frame["sensitive"].fillna(False).astype(bool)


def blurred(inventory: Inventory) -> pd.Index:
    """Sites whose exact place is withheld: flagged ones, and those of flagged species."""
    sites, species = inventory.sites, inventory.species
    secret = species.index[_flagged(species)]
    of_secret = inventory.occurrences.loc[inventory.occurrences["species_id"].isin(secret), "site_id"]
    return sites.index[_flagged(sites).to_numpy() | sites.index.isin(of_secret)]


def shown_points(inventory: Inventory) -> pd.DataFrame:
    """Points of all sites as they may be shown: rounded where the exact place is withheld.

    Distances between sites count between these, in the full inventory too: a ranking is the same whoever
    looks at it.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; `latitude`, `longitude`.
    """
    points = inventory.sites[["latitude", "longitude"]].astype(float)
    vague = points.index.isin(blurred(inventory))
    points.loc[vague] = points.loc[vague].round(value("sensitive.digits"))
    return points


def shown_area_km(inventory: Inventory) -> pd.Series:
    """How near the next protected area lies, as it may be shown: in wide steps where the place is withheld.

    Returns
    -------
    pandas.Series
        Index as `protection_range`, kilometres. Of a withheld place: the middle of a step of
        `sensitive.distance_km`; 0 only where areas cover a part, which its share of cover tells anyway.

    Notes
    -----
    An exact distance to what stands on every map is a line on which the site must lie. A step is a belt
    instead, far wider than a rounded point leaves open; where its edge crosses the rounded place it still
    says on which side the site lies. Do not read it as the distance of that site.
    """
    ranges = inventory.protection_range
    km = ranges["nearest_area_km"].astype(float)
    width = value("sensitive.distance_km")
    steps = ((km // width + 0.5) * width).where((km > 0) | (ranges["areas"] == 0), 0.0)
    return km.mask(km.index.isin(blurred(inventory)), steps.where(km.notna()))


def withheld(inventory: Inventory, language: str = "en") -> Inventory:
    """An inventory without names and exact places of what is flagged as sensitive.

    Parameters
    ----------
    inventory : Inventory
    language : str
        Language of what stands in place of a name.

    Returns
    -------
    Inventory
        The same object where nothing is flagged. Else: flagged sites and species bear another identifier
        and no name; flagged sites, and sites of flagged species, have their point rounded to 0.1° and no
        boundary; which protected areas lie there is gone, and how near the next one is stands in wide steps;
        gone are texts that a country gave of a flagged site, and names of rights-holders there.
        Numbers (areas, shares, costs, categories) stay, and distances count as they are shown here in the
        full inventory too, so that rankings and plans stay what they are.

    Notes
    -----
    Do not take this for anonymity: whoever knows the inventory may recognise a site by its country, area
    and number of species.
    """
    if not is_sensitive(inventory):
        return inventory
    sites, species = inventory.sites, inventory.species
    hidden, secret = sites.index[_flagged(sites)], species.index[_flagged(species)]
    site_codes = _site_codes(sites.loc[hidden])
    species_codes = {code: f"withheld-{number:03}" for number, code in enumerate(sorted(secret), start=1)}
    vague = sites.index.isin(blurred(inventory))

    frames = {}
    for name in _REMAPPED:
        frame = getattr(inventory, name).copy()
        if name == "national":
            frame = frame[~(frame["site_id"].isin(hidden) & (frame["kind"] == "text"))]
        if name == "rights":
            frame["rights_holders"] = frame["rights_holders"].mask(frame["site_id"].isin(hidden), None)
            frame["consent_source"] = frame["consent_source"].mask(frame["site_id"].isin(hidden), None)
        # a protected area tells where its site lies
        if name == "protection_areas":
            frame = frame[~frame["site_id"].isin(sites.index[vague])]
        if name == "protection_parts":
            frame["undated"] = frame["undated"].mask(frame["site_id"].isin(sites.index[vague]), None)
        frame["site_id"] = frame["site_id"].replace(site_codes)
        if name == "occurrences":
            frame["species_id"] = frame["species_id"].replace(species_codes)
        order = [c for c in ("site_id", "species_id", "vintage", "field", "entry") if c in frame.columns]
        frames[name] = frame.sort_values(order, ignore_index=True)
    threats = inventory.threats.copy()
    threats["species_id"] = threats["species_id"].replace(species_codes)
    corrections = inventory.corrections.copy()
    told = corrections["site_id"].isin(hidden) | corrections["species_id"].isin(secret)
    for column in ("old_value", "new_value", "stated_source"):
        corrections[column] = corrections[column].mask(told, t("sensitive.withheld", language))
    sources = inventory.sources.copy()
    of_hidden = sources.index.isin(corrections.loc[told, "source"])
    for column in ("citation", "terms"):
        sources[column] = sources[column].mask(of_hidden, t("sensitive.withheld", language))
    corrections["proposer"] = corrections["proposer"].mask(told, None)
    corrections["site_id"] = corrections["site_id"].replace(site_codes)
    corrections["species_id"] = corrections["species_id"].replace(species_codes)

    ranges = inventory.protection_range.assign(nearest_area_km=shown_area_km(inventory))
    ranges = ranges.rename(index=site_codes).sort_index()

    return replace(
        inventory,
        protection_range=ranges,
        sites=_sites(sites, shown_points(inventory), vague, site_codes, language),
        species=_species(species, species_codes, language),
        threats=threats.sort_values(["species_id", "code", "entry"], ignore_index=True),
        corrections=corrections,
        sources=sources,
        **frames,
        is_withheld=True,
        memo={},
    )


def _site_codes(hidden: pd.DataFrame) -> dict[str, str]:
    """Other identifiers for flagged sites: country and a number, in the order of the old ones."""
    counted: dict[str, int] = {}
    codes: dict[str, str] = {}
    for site, iso3 in hidden["iso3"].sort_index().items():
        country = str(iso3).split(";")[0]
        counted[country] = counted.get(country, 0) + 1
        codes[str(site)] = f"{country}-withheld-{counted[country]}"
    return codes


def _sites(
    sites: gpd.GeoDataFrame, places: pd.DataFrame, vague: np.ndarray, codes: dict[str, str], language: str
) -> gpd.GeoDataFrame:
    made = sites.copy()
    hidden = made.index.isin(list(codes))
    for column in ("latitude", "longitude"):
        made[column] = places[column]
    points = gpd.points_from_xy(made["longitude"], made["latitude"]).to_numpy()
    points[made["latitude"].isna().to_numpy()] = None
    shapes = made.geometry.to_numpy(dtype=object)
    shapes = np.where(vague, points, shapes)
    made = made.set_geometry(gpd.GeoSeries(shapes, index=made.index, crs="EPSG:4326"))
    names = [t("sensitive.site", language, code=codes[site]) for site in made.index[hidden]]
    made.loc[hidden, "name"] = names
    for column in ("national_name", "kba_id", "location_note"):
        made[column] = made[column].mask(hidden, None)
    made.index = pd.Index([codes.get(site, site) for site in made.index], name="site_id", dtype="str")
    return made.sort_index()


def _species(species: pd.DataFrame, codes: dict[str, str], language: str) -> pd.DataFrame:
    made = species.copy()
    hidden = made.index.isin(list(codes))
    names = [t("sensitive.species", language, code=codes[one]) for one in made.index[hidden]]
    made.loc[hidden, "scientific_name"] = names
    for column in ("common_name", "listed_name", "order_name", "family_name"):
        made[column] = made[column].mask(hidden, None)
    made.index = pd.Index([codes.get(one, one) for one in made.index], name="species_id", dtype="str")
    return made.sort_index()


def secrets(inventory: Inventory) -> list[str]:
    """Names and identifiers that must not stand in anything shared, the longest first.

    Of an inventory that holds them; `censored` takes them out of texts.
    """
    sites, species = inventory.sites, inventory.species
    hidden, secret = sites[_flagged(sites)], species[_flagged(species)]
    found: set[str] = {*hidden.index, *secret.index}
    for frame, columns in (
        (hidden, ("name", "national_name", "kba_id")),
        (secret, ("scientific_name", "listed_name", "common_name")),
    ):
        for column in columns:
            found.update(frame[column].dropna().astype(str))
    return sorted((name for name in found if name.strip()), key=lambda name: (-len(name), name))


def censored(frame: pd.DataFrame, names: list[str], instead: str) -> pd.DataFrame:
    """A frame whose texts hold none of the names.

    Parameters
    ----------
    frame : pandas.DataFrame
    names : list of str
        As `secrets` returns them.
    instead : str
        What stands in their place.

    Examples
    --------
    >>> censored(pd.DataFrame({"a": ["Ash Hill, north", "B"]}), ["Ash Hill"], "withheld")["a"].tolist()
    ['withheld, north', 'B']
    """
    if not names:
        return frame
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names))
    return frame.map(lambda cell: pattern.sub(instead, cell) if isinstance(cell, str) else cell)

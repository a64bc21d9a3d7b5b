"""Sites that were read enter an inventory's tables."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.domain.report import ImportReport
from aze_core.domain.schema import TABLES, conform
from aze_core.locale import t

Frames = dict[str, pd.DataFrame]

NOWHERE = "XXX"
"""Code of sites whose file names no country (ISO 3166 leaves it to its users)."""

_REGIONS = {
    "Africa": "africa",
    "Americas": "americas",
    "Oceania": "pacific",
    "Europe": "europe_middle_east",
    "Asia": "asia",
}
_SUBREGIONS = {"Western Asia": "europe_middle_east"}
_ANTARCTIC = ("ATA", "ATF", "BVT", "HMD", "SGS")


def region_of(iso3: str, countries: pd.DataFrame) -> str:
    """Region of a country or territory as the AZE inventories draw them.

    Parameters
    ----------
    iso3 : str
    countries : pandas.DataFrame
        Index `iso3`; columns `un_region`, `un_subregion`.

    Returns
    -------
    str
        ``other`` where the country belongs to none, as the high seas.
    """
    if iso3 in _ANTARCTIC:
        return "antarctica"
    if iso3 not in countries.index:
        return "other"
    row = countries.loc[iso3]
    return _SUBREGIONS.get(str(row["un_subregion"]), _REGIONS.get(str(row["un_region"]), "other"))


def with_sites(
    frames: Frames,
    given: gpd.GeoDataFrame,
    source: str,
    report: ImportReport,
    *,
    list_type: str = "",
    country: str = "",
    replaces: bool = False,
) -> Frames:
    """The tables with the sites of a file.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
        Tables of an inventory, `sites` with a `geometry`.
    given : geopandas.GeoDataFrame
        As the readers of sites return it.
    source : str
        Source of the rows.
    list_type : str
        List that the sites of AZE stand on, or all where the file tells none apart; empty: as the file says.
    country : str
        Code of sites for which the file names no country.
    replaces : bool
        Whether sites that the file does not name leave the list, with all that is known of them.
    report : ImportReport
        Takes what was noted.

    Returns
    -------
    dict of str to pandas.DataFrame
        A site that stands there already has the file's values now; that it is sensitive stays.
    """
    file = str(frames["sources"].set_index("source_id").at[source, "title_short"])
    given = given.assign(iso3=given["iso3"].fillna(country or NOWHERE))
    iso3, kinds = given["iso3"], given["list_type"]
    countries = _with_countries(frames["countries"], given, source)
    known = countries.set_index("iso3")
    if list_type:
        apart = given["aze_status"] != "none"
        kinds = kinds.mask((kinds == "global_aze") if apart.any() else ~apart, list_type)
    shapes = given.geometry.to_numpy(dtype=object)
    areal = shapely.get_dimensions(shapes) == 2
    reported = given["area_km2"].astype(float)
    measured = given["measured_area_km2"].astype(float)
    new = pd.DataFrame(
        {
            "site_id": given["site_id"],
            "name": given["name"].fillna(given["national_name"]).fillna(given["site_id"]),
            "national_name": given["national_name"],
            "list_type": kinds,
            "iso3": iso3,
            "region": iso3.str.split(";").str[0].map({code: region_of(code, known) for code in known.index}),
            "realm": given["realm"] if "realm" in given.columns else None,
            "latitude": given["latitude"],
            "longitude": given["longitude"],
            "kba_id": given["kba_id"] if "kba_id" in given.columns else given["site_id"],
            "kba_status": given["kba_status"],
            "area_km2": reported.fillna(measured),
            "area_basis": np.where(
                reported.notna(),
                "reported",
                np.where(measured.notna(), "measured", None),  # type: ignore[call-overload]
            ),
            "measured_km2": measured,
            "source": source,
        }
    )
    new = new.reindex(columns=TABLES["sites"].names)
    new["geometry"] = pd.Series(shapes, dtype=object).where(areal, None)
    old = frames["sites"]
    twice = old["site_id"].isin(new["site_id"])
    if twice.any():
        report.add(
            "noted", "sites_updated", file, value=int(twice.sum()), detail=_some(old.loc[twice, "name"])
        )
        hidden = set(old.loc[twice & old["sensitive"].fillna(False), "site_id"])
        new["sensitive"] = new["sensitive"].mask(new["site_id"].isin(hidden), True)
    gone = ~twice & replaces
    if gone.any():
        report.add(
            "noted", "sites_left_list", file, value=int(gone.sum()), detail=_some(old.loc[gone, "name"])
        )
    sites = stack(old[~twice & ~gone], new, "sites")
    made = {**frames, "sites": sites, "countries": countries}
    return without_lost_sites(made) if gone.any() else made


def with_coverage(frames: Frames, given: pd.DataFrame, source: str, method: str) -> Frames:
    """The tables with reported cover (`site_id`, `vintage`, `share`), each replacing one of the same year."""
    new = given.assign(method=method, source=source)
    old = frames["coverage"]
    keys = ["site_id", "vintage"]
    keep = ~pd.MultiIndex.from_frame(old[keys]).isin(pd.MultiIndex.from_frame(new[keys]))
    return {**frames, "coverage": stack(old[keep], new, "coverage")}


def without_lost_sites(frames: Frames) -> Frames:
    """The tables without what is known of sites that are no longer listed, and species without a site."""
    listed = set(frames["sites"]["site_id"])
    made = dict(frames)
    for name, table in TABLES.items():
        if name != "sites" and table.refers.get("site_id") == ("sites", "site_id"):
            made[name] = frames[name][frames[name]["site_id"].isin(listed)]
    return without_lost_species(made)


def without_lost_species(frames: Frames) -> Frames:
    """The tables without species that stand at no site."""
    there = set(frames["occurrences"]["species_id"])
    made = dict(frames)
    for name in ("species", "threats"):
        made[name] = frames[name][frames[name]["species_id"].isin(there)]
    return made


def _with_countries(countries: pd.DataFrame, given: gpd.GeoDataFrame, source: str) -> pd.DataFrame:
    """The table of countries with every code that the sites name."""
    codes = set(";".join(given["iso3"]).split(";")) - set(countries["iso3"]) - {""}
    if not codes:
        return countries
    alone = given.dropna(subset=["country_name"])
    names = dict(zip(alone["iso3"], alone["country_name"], strict=True))
    names[NOWHERE] = t("import.no_country")
    new = [{"iso3": code, "name_en": names.get(code, code), "source": source} for code in sorted(codes)]
    return stack(countries, pd.DataFrame(new), "countries")


def stack(old: pd.DataFrame, new: pd.DataFrame, name: str) -> pd.DataFrame:
    """Two frames of a table below one another, in the registry's types."""
    table = TABLES[name]
    plain = conform(new.reindex(columns=table.names), table, name)
    made = pd.concat([conform(old, table, name), plain], ignore_index=True)
    if name == "sites":
        shapes = [frame["geometry"] if "geometry" in frame.columns else _none(frame) for frame in (old, new)]
        made["geometry"] = np.concatenate([shape.to_numpy(dtype=object) for shape in shapes])
    return made


def _none(frame: pd.DataFrame) -> pd.Series:
    return pd.Series([None] * len(frame), index=frame.index, dtype=object)


def _some(names: pd.Series) -> str:
    """The first names in order."""
    listed = sorted(names.astype(str))
    return "; ".join(listed[:10]) + ("; …" if len(listed) > 10 else "")

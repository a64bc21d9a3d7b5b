"""What countries know of their sites (values, rights, territories) enters an inventory's tables."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from aze_core.build.join_sites import Frames, stack
from aze_core.domain.report import ImportReport
from aze_core.domain.settings import value
from aze_core.measures.overlap import overlaps
from aze_core.sources.national import RIGHTS
from aze_core.sources.territories import NOT_NAMED


def with_national(
    frames: Frames, given: pd.DataFrame, source: str, file: str, report: ImportReport
) -> Frames:
    """The tables with the values of a national table.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
    given : pandas.DataFrame
        As `aze_core.sources.national.read_national` returns it in `values`.
    source : str
        Source of the rows.
    file : str
        How findings call the table.
    report : ImportReport

    Returns
    -------
    dict of str to pandas.DataFrame
        Names and sensitive flags stand with the sites, fields on rights in `rights`, the others in
        `national`. A value of the same site, field, year and unit replaces the earlier one.
    """
    # the currency is the unit of the cost
    own = given["field"].isin((*RIGHTS, "national_name", "sensitive", "currency"))
    made = {**frames, "sites": _named(frames["sites"], given)}
    new = given[~own].rename(columns={"source": "stated_source"}).assign(source=source)
    old = frames["national"]
    keys = ["site_id", "field", "year", "unit"]
    # a missing year or unit is one like any other here
    mine, theirs = (_keys(frame, keys) for frame in (old, new))
    twice = mine.isin(theirs)
    if twice.any():
        report.add("noted", "values_updated", file, value=int(twice.sum()))
    both = pd.concat([old[~twice], new], ignore_index=True)
    made["national"] = stack(
        old.iloc[:0], _numbered(both, ["site_id", "field"], ["year", "unit", "value"]), "national"
    )
    rights = _rights(given[given["field"].isin(RIGHTS)], source)
    if len(rights):
        made["rights"] = _with_rights(frames["rights"], rights, file, report)
    return made


def _keys(frame: pd.DataFrame, columns: list[str]) -> pd.MultiIndex:
    plain = frame[columns].astype(object)
    return pd.MultiIndex.from_frame(plain.where(plain.notna(), ""))


def _numbered(frame: pd.DataFrame, within: list[str], order: list[str]) -> pd.DataFrame:
    """Entries of the same site counted from 1, in an order that does not hang on that of the rows."""
    made = frame.sort_values([*within, *order], ignore_index=True)
    made["entry"] = made.groupby(within).cumcount() + 1
    return made


def _named(sites: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    made = sites.copy()
    newest = given.sort_values("year", na_position="first").drop_duplicates(["site_id", "field"], keep="last")
    for field_name in ("national_name", "sensitive"):
        part = newest[newest["field"] == field_name].set_index("site_id")["value"]
        values = made["site_id"].map(part)
        if field_name == "sensitive":
            made[field_name] = made[field_name].mask(values == "1", True).mask(values == "0", False)
        else:
            made[field_name] = values.astype("str").fillna(made[field_name])
    return made


def _rights(given: pd.DataFrame, source: str) -> pd.DataFrame:
    """One row per site and year out of the fields on rights."""
    rows: list[dict[str, Any]] = []
    year = given["year"].astype(object).where(given["year"].notna(), None)
    for (site, _), part in given.assign(year=year).groupby(["site_id", year.fillna(0)], sort=True):
        values = dict(zip(part["field"], part["value"], strict=True))
        overlap = values.get("overlap_pct")
        rows.append(
            {
                "site_id": site,
                "rights_holders": values.get("rights_holders"),
                "overlap_pct": None if overlap is None else float(overlap),
                "overlap_basis": None if overlap is None else "stated",
                "consent_stage": values.get("consent_stage", "unknown"),
                "consent_source": values.get("consent_source"),
                "year": part["year"].iloc[0],
                "source": source,
            }
        )
    return pd.DataFrame(rows)


def _with_rights(old: pd.DataFrame, new: pd.DataFrame, file: str, report: ImportReport) -> pd.DataFrame:
    """Entries of the same site, holders and year replace the earlier ones."""
    keys = ["site_id", "rights_holders", "year"]
    twice = _keys(old, keys).isin(_keys(new, keys))
    if twice.any():
        report.add("noted", "rights_updated", file, value=int(twice.sum()))
    both = pd.concat([old[~twice], new], ignore_index=True)
    return stack(
        old.iloc[:0], _numbered(both, ["site_id"], ["rights_holders", "year", "consent_stage"]), "rights"
    )


def with_territories(
    frames: Frames, given: gpd.GeoDataFrame, source: str, file: str, report: ImportReport
) -> Frames:
    """The tables with the territories that overlap sites.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
    given : geopandas.GeoDataFrame
        As `aze_core.sources.territories.read_territories` returns it.
    source : str
        Source of the rows.
    file : str
        How findings call the layer.
    report : ImportReport

    Returns
    -------
    dict of str to pandas.DataFrame
        `rights` has a row for each site and territory whose overlap is not a sliver. At a site that has only
        a point the overlap is not known, and the territory is listed where the point lies in it.
    """
    sites = frames["sites"]
    points = gpd.points_from_xy(sites["longitude"], sites["latitude"]).to_numpy()
    points[sites["latitude"].isna().to_numpy()] = None
    shapes = sites["geometry"].where(sites["geometry"].notna(), pd.Series(points, index=sites.index))
    places = gpd.GeoSeries(shapes.to_numpy(), index=sites["site_id"], crs="EPSG:4326")
    pairs = overlaps(places, given.geometry)
    pairs = pairs[pairs["share"].isna() | (pairs["share"] >= value("rights.sliver"))]
    if pairs.empty:
        report.add("noted", "no_territory_overlaps", file, value=len(given))
        return frames
    land = given.iloc[pairs["other"].to_numpy()].reset_index(drop=True)
    new = pd.DataFrame(
        {
            "site_id": pairs["site_id"].to_numpy(),
            "rights_holders": land["rights_holders"].mask(land["rights_holders"] == NOT_NAMED, None),
            "overlap_pct": (pairs["share"] * 100).round(2).to_numpy(),
            "overlap_basis": pairs["share"].notna().map({True: "measured", False: None}).to_numpy(),
            "consent_stage": land["consent_stage"],
            "consent_source": land["consent_source"],
            "year": land["year"],
            "source": source,
        }
    )
    return {**frames, "rights": _with_rights(frames["rights"], new, file, report)}

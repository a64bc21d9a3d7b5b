"""Cover of the sites of each country or territory, in one vintage; a shared site counts in each."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.measures.coverage import CLASSES, protection_class
from aze_core.measures.reported import COMPUTED

UNKNOWN_CLASS = "unknown"
"""Column of the sites without a value in the vintage: they are in none of the classes."""

RANGE = ("share_high", "share_points", "share_unknown", "share_undated", "share_oecm", "share_proposed")


def country_table(inventory: Inventory, sites: pd.Index, vintage: int | None) -> pd.DataFrame:
    """Sites, trigger species and cover by country or territory.

    Parameters
    ----------
    inventory : Inventory
    sites : pandas.Index
        Sites that are looked at, as `Inventory.where` gives them.
    vintage : int or None
        Year of the one measurement that counts; None where none is known.

    Returns
    -------
    pandas.DataFrame
        Index `iso3`, ascending; columns `sites`, `shared` (of them in several countries), `species` (distinct
        trigger species), `none`, `partial`, `complete`, `unknown` (sites without a value), `mean_share`
        (0 to 1, over the sites with a value; missing without any) and `uncovered` (identifiers of the sites
        of class `none`, by name, joined by `;`).

    Notes
    -----
    Rows do not add up to the inventory's counts: see `double_counted`. A mean over few sites moves far with
    one of them, so countries are not to be ordered by it.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> shipped = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> country_table(shipped, shipped.sites.index, 2010).loc["HTI", ["sites", "none", "unknown"]].tolist()
    [6, 6, 0]
    """
    facts = _facts(inventory, sites, vintage)
    pairs = inventory.countries_of(sites).join(facts, on="site_id")
    by = pairs.groupby("iso3", sort=True)
    kinds = pairs["protection"].fillna(UNKNOWN_CLASS)
    counted = pd.crosstab(pairs["iso3"], kinds).reindex(columns=[*CLASSES, UNKNOWN_CLASS], fill_value=0)
    at = pairs[["iso3", "site_id"]].merge(inventory.occurrences[["site_id", "species_id"]], on="site_id")
    bare = pairs[pairs["protection"] == "none"].sort_values(["name", "site_id"])
    table = pd.DataFrame(
        {
            "sites": by.size(),
            "shared": by["shared"].sum().astype(int),
            "species": at.groupby("iso3")["species_id"].nunique(),
        }
    )
    table = table.join(counted).join(by["share"].mean().rename("mean_share"))
    table["species"] = table["species"].fillna(0).astype(int)
    table["uncovered"] = bare.groupby("iso3")["site_id"].agg(";".join).reindex(table.index).fillna("")
    table.columns.name = None
    return table


def _facts(inventory: Inventory, sites: pd.Index, vintage: int | None) -> pd.DataFrame:
    """Name, whether several countries share it, share and class in the vintage, by site."""
    part = inventory.sites.loc[sites]
    at = inventory.coverage[inventory.coverage["vintage"] == vintage] if vintage is not None else None
    share = (
        pd.Series(index=sites, dtype="float64")
        if at is None
        else at.set_index("site_id")["share"].reindex(sites).astype(float)
    )
    return pd.DataFrame(
        {
            "name": part["name"],
            "shared": part["iso3"].str.contains(";", regex=False),
            "share": share,
            "protection": protection_class(share),
        }
    )


def country_sites(inventory: Inventory, sites: pd.Index, iso3: str, vintage: int | None) -> pd.DataFrame:
    """The sites of one country or territory, by name, with their cover in one vintage.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; columns `name`, `shared`, `share`, `protection`, `species` (number of trigger
        species), and `share_high`, `share_points`, `share_unknown`, `share_undated`, `share_oecm`,
        `share_proposed`: what the computed share rests on, missing where the share of this vintage was not
        computed.
    """
    pairs = inventory.countries_of(sites)
    mine = pd.Index(pairs.loc[pairs["iso3"] == iso3, "site_id"], name="site_id")
    table = _facts(inventory, mine, vintage)
    table["species"] = (
        inventory.occurrences.groupby("site_id")["species_id"].nunique().reindex(mine).fillna(0).astype(int)
    )
    cover = inventory.coverage
    run = inventory.coverage_runs["until"].tolist()
    made = (
        cover[(cover["vintage"] == vintage) & (cover["method"] == COMPUTED)] if vintage in run else cover[:0]
    )
    ranges = inventory.protection_range[list(RANGE)].astype(float)
    # a range belongs to the share of its own run, never to a reported, corrected or older one
    table = table.join(ranges[ranges.index.isin(made["site_id"])])
    return table.sort_values(["name"], kind="stable")


def double_counted(inventory: Inventory, sites: pd.Index) -> tuple[int, int]:
    """By how much the rows of `country_table` exceed the sites, and how many sites lie in several countries.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> shipped = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> double_counted(shipped, shipped.sites.index[:1])
    (0, 0)
    """
    numbers = inventory.sites.loc[sites, "iso3"].str.count(";")
    return int(numbers.sum()), int((numbers > 0).sum())

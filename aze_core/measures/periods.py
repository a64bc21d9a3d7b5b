"""Growth of protected land by period, and the share of it that falls in sites."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.measures.growth import ALL


def growth(inventory: Inventory, list_type: str, iso3: str = ALL) -> pd.DataFrame:
    """Area first protected in each year and the part of it in sites, everywhere or in one country.

    Returns
    -------
    pandas.DataFrame
        Index `year`, ascending; columns `protected_km2`, `in_sites_km2`. No rows where no run left any.
    """
    table = inventory.protection_growth
    mine = (table["list_type"] == list_type) & (table["iso3"] == iso3)
    rows = table.loc[mine, ["year", "protected_km2", "in_sites_km2"]].sort_values("year")
    return rows.astype({"year": int}).set_index("year")


def by_period(yearly: pd.DataFrame, until: int, years: int | None = None) -> pd.DataFrame:
    """Of the area first protected in each period, the share that falls in sites.

    Parameters
    ----------
    yearly : pandas.DataFrame
        As `growth` returns it.
    until : int
        Last year that the data describe: the last period ends there, however short it is.
    years : int, optional
        Length of a period, which begins at a multiple of it; the setting `growth.period_years` without it.

    Returns
    -------
    pandas.DataFrame
        Index `start`, from the first period with any growth to the last; columns `end`, `protected_km2`,
        `in_sites_km2`, `share` (0 to 1; missing where nothing was protected, for then there is no share).

    Notes
    -----
    A falling share says that other land was protected faster, not that sites lost cover (Butchart et al.
    2012). Areas without a year are in no period.

    Examples
    --------
    >>> made = pd.DataFrame({"protected_km2": [100.0, 300.0, 50.0], "in_sites_km2": [1.0, 7.0, 0.0]},
    ...                     index=[1991, 1999, 2024])
    >>> by_period(made, until=2026, years=10)["share"].tolist()
    [0.02, nan, nan, 0.0]
    """
    span = int(value("growth.period_years")) if years is None else years
    columns = ["protected_km2", "in_sites_km2"]
    kept = yearly[(yearly["protected_km2"] > 0) & (yearly.index <= until)]
    if kept.empty:
        return pd.DataFrame(
            {"end": pd.Series(dtype=int), **{name: pd.Series(dtype=float) for name in (*columns, "share")}},
            index=pd.Index([], name="start", dtype=int),
        )
    starts = pd.Index(kept.index // span * span, name="start")
    summed = kept[columns].groupby(starts).sum()
    every = pd.RangeIndex(int(starts.min()), until + 1, span, name="start")
    table = summed.reindex(every, fill_value=0.0)
    table.insert(0, "end", [min(int(start) + span - 1, until) for start in every])
    table["share"] = (table["in_sites_km2"] / table["protected_km2"]).where(table["protected_km2"] > 0)
    return table

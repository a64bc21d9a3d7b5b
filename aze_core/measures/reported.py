"""How much of a site is covered, by vintage; vintages are never mixed in one figure."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.settings import value
from aze_core.measures.coverage import CLASSES, protection_class

COMPUTED = "computed"
"""Method of a share that a coverage run computed; every other share was reported, or corrected."""


def newest(coverage: pd.DataFrame, sites: pd.Index) -> pd.DataFrame:
    """Each site's newest reported share, with the year it was measured.

    Parameters
    ----------
    coverage : pandas.DataFrame
        Columns `site_id`, `vintage` (year), `share` (0 to 1), `method`, `source`.
    sites : pandas.Index
        Sites wanted; a site without any report has missing values.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; columns `share`, `vintage`, `method`, `source`.

    Notes
    -----
    A working selection for plans: the values stem from different years and methods, so no headline is made
    of them.

    Examples
    --------
    >>> reports = pd.DataFrame({"site_id": ["A", "A"], "vintage": [2016, 2010], "share": [0.5, 0.1],
    ...                         "method": ["m", "m"], "source": ["s", "s"]})
    >>> newest(reports, pd.Index(["A", "B"]))["share"].tolist()
    [0.5, nan]
    """
    last = coverage.sort_values(["site_id", "vintage"]).drop_duplicates("site_id", keep="last")
    return last.set_index("site_id")[["share", "vintage", "method", "source"]].reindex(sites)


def by_vintage(coverage: pd.DataFrame, sites: pd.Index) -> pd.DataFrame:
    """Reported share per site (rows) and vintage (columns, ascending); missing where not reported.

    Examples
    --------
    >>> reports = pd.DataFrame({"site_id": ["A", "A"], "vintage": [2016, 2010], "share": [0.5, 0.1]})
    >>> by_vintage(reports, pd.Index(["A"])).to_dict("records")
    [{2010: 0.1, 2016: 0.5}]
    """
    wide = coverage.pivot(index="site_id", columns="vintage", values="share").reindex(sites)
    wide.columns = [int(year) for year in wide.columns]
    return wide[sorted(wide.columns)]


def basis(coverage: pd.DataFrame) -> pd.Series:
    """How the shares of each vintage came about: `computed`, `reported`, or `both`.

    Corrections do not count: they stand in a vintage of either kind.

    Returns
    -------
    pandas.Series
        Index `vintage`, ascending.

    Examples
    --------
    >>> shares = pd.DataFrame({"vintage": [2010, 2026], "method": ["reported_aze_2010", "computed"]})
    >>> basis(shares).to_dict()
    {2010: 'reported', 2026: 'computed'}
    """
    years = coverage["vintage"].astype(int)
    given = coverage["method"] != "corrected"
    part = (coverage["method"] == COMPUTED)[given].groupby(years[given]).mean()
    # a vintage of corrections alone was stated by somebody, not computed
    part = part.reindex(sorted(set(years)), fill_value=0.0)
    kinds = part.map(lambda share: "computed" if share == 1 else "both" if share else "reported")
    return kinds.rename_axis("vintage").rename("basis")


def default_vintage(coverage: pd.DataFrame, sites: pd.Index) -> int | None:
    """The vintage that is shown first for these sites.

    The newest computed one; without any, the newest of which most of the sites have a value; without that,
    the one with most values.

    Returns
    -------
    int or None
        None where no vintage has a value of these sites.

    Examples
    --------
    >>> shares = pd.DataFrame({"site_id": ["A", "B", "A"], "vintage": [2010, 2010, 2016],
    ...                        "method": ["m", "m", "m"]})
    >>> default_vintage(shares, pd.Index(["A", "B"]))
    2010
    """
    part = coverage[coverage["site_id"].isin(sites)]
    counts = part["vintage"].astype(int).value_counts()
    if counts.empty:
        return None
    kinds = basis(coverage)
    computed = [year for year in counts.index if kinds[year] != "reported"]
    most = counts.index[counts * 2 > len(sites)]
    if computed:
        return int(max(computed))
    return int(max(most)) if len(most) else int(counts[counts == counts.max()].index.max())


def falling(coverage: pd.DataFrame, sites: pd.Index) -> pd.Series:
    """Whether the cover falls by more than 5 points from one vintage to a later one.

    Notes
    -----
    A fall asks for a check of method or boundary; it does not say that protection was lifted. Computed shares
    are compared with computed ones alone, for they differ from reported ones by method.

    Examples
    --------
    >>> reports = pd.DataFrame({"site_id": ["A", "A", "B"], "vintage": [2010, 2016, 2010],
    ...                         "share": [1.0, 0.9, 0.5]})
    >>> falling(reports, pd.Index(["A", "B"])).tolist()
    [True, False]
    """
    flagged = pd.Series(False, index=sites, name="falling")
    families = [coverage]
    if "method" in coverage.columns:
        computed = coverage["method"] == COMPUTED
        families = [coverage[computed], coverage[~computed]]
    for alike in families:
        wide = by_vintage(alike, sites)
        for earlier in wide.columns:
            for later in wide.columns[wide.columns > earlier]:
                # rounded: 0.25 - 0.2 must not exceed 0.05 by a rounding error of the machine
                flagged |= (wide[earlier] - wide[later]).round(9) > value("coverage.fall_flag")
    return flagged


def class_counts(coverage: pd.DataFrame, sites: pd.Index) -> pd.DataFrame:
    """Sites by class of protection for every vintage, among the given sites.

    Returns
    -------
    pandas.DataFrame
        Index `vintage`; columns `none`, `partial`, `complete`, `sites` (with a value in that vintage) and
        `mean_share` (0 to 1).

    Examples
    --------
    >>> reports = pd.DataFrame({"site_id": ["A", "B"], "vintage": [2010, 2010], "share": [0.0, 1.0]})
    >>> class_counts(reports, pd.Index(["A", "B"])).loc[2010].tolist()
    [1.0, 0.0, 1.0, 2.0, 0.5]
    """
    part = coverage[coverage["site_id"].isin(sites)]
    year = part["vintage"].astype(int)
    kinds = pd.get_dummies(protection_class(part["share"]), dtype=int).reindex(
        columns=list(CLASSES), fill_value=0
    )
    counts = kinds.groupby(year).sum()
    counts["sites"] = counts.sum(axis=1)
    counts["mean_share"] = part["share"].groupby(year).mean()
    return counts


def country_counts(pairs: pd.DataFrame, share: pd.Series) -> pd.DataFrame:
    """Sites by class of protection for every country; a site shared by countries counts in each.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Columns `site_id`, `iso3`: one row per site and country.
    share : pandas.Series
        Covered share by `site_id`, 0 to 1, all of one vintage; a site without a value is not counted.

    Returns
    -------
    pandas.DataFrame
        Index `iso3`; columns `none`, `partial`, `complete`, `sites`.

    Examples
    --------
    >>> pairs = pd.DataFrame({"site_id": ["A", "A", "B"], "iso3": ["UGA", "KEN", "KEN"]})
    >>> country_counts(pairs, pd.Series({"A": 0.0, "B": 1.0})).loc["KEN"].tolist()
    [1, 0, 1, 2]
    """
    kinds = pd.get_dummies(protection_class(pairs["site_id"].map(share)), dtype=int)
    counts = kinds.reindex(columns=list(CLASSES), fill_value=0).groupby(pairs["iso3"]).sum()
    counts["sites"] = counts.sum(axis=1)
    return counts


def uncovered_area(area_km2: pd.Series, share: pd.Series) -> pd.Series:
    """Area of the part that is not covered, in km²; missing where area or share is not known.

    Examples
    --------
    >>> uncovered_area(pd.Series([100.0, None]), pd.Series([0.25, 0.0])).tolist()
    [75.0, nan]
    """
    return (area_km2.astype(float) * (1 - share.astype(float))).rename("uncovered_km2")

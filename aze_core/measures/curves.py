"""Curves of cover by year for groups of sites, as a coverage run left them, and which groups there are."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.errors import SettingError
from aze_core.domain.model import UNKNOWN, Filters, Inventory

ALL = "all"
MEASURES = ("mean", "complete", "none")
"""What a curve tells: mean covered share, share of the sites that are complete, share that are uncovered."""

_COLUMNS = [f"{name}{end}" for name in MEASURES for end in ("_low", "", "_high")]


def groups(inventory: Inventory) -> list[str]:
    """Every group that sites of the inventory can form: `all`, `region:asia`, `country:PER`, `class:Aves`.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> groups(load(build.ensure(folder.DATA, folder.default_folder())))[:2]
    ['all', 'region:africa']
    """
    kinds = {
        "region": set(inventory.sites["region"]),
        "country": set(inventory.countries_of()["iso3"]),
        "class": set(inventory.species["class_name"].fillna(UNKNOWN)),
    }
    return [ALL, *(f"{kind}:{code}" for kind, codes in kinds.items() for code in sorted(codes))]


def parted(group: str) -> tuple[str, str]:
    """Kind and code of a group.

    Examples
    --------
    >>> parted("country:PER"), parted("all")
    (('country', 'PER'), ('all', 'all'))
    """
    kind, _, code = group.partition(":")
    return kind, code or kind


def drawn_groups(inventory: Inventory, list_type: str) -> list[str]:
    """Groups of a list that have a curve, in the order of `groups`; none where no run left any."""
    trend = inventory.protection_trend
    pairs = trend.loc[trend["list_type"] == list_type, ["group_kind", "group_code"]].drop_duplicates()
    there = {
        ALL if kind == ALL else f"{kind}:{code}"
        for kind, code in zip(pairs["group_kind"], pairs["group_code"], strict=True)
    }
    return [group for group in groups(inventory) if group in there]


def curve(inventory: Inventory, list_type: str, group: str = ALL) -> pd.DataFrame:
    """Cover of a group of sites by year: medians, and the ends of the middle 95 % of the draws.

    Parameters
    ----------
    inventory : Inventory
    list_type : str
        The one list that is looked at.
    group : str
        As `groups` names it.

    Returns
    -------
    pandas.DataFrame
        Index `year`, ascending; columns `sites`, and for each of `mean`, `complete`, `none` three shares
        from 0 to 1: `mean_low`, `mean`, `mean_high`. No rows where the run left no curve.

    Notes
    -----
    The sites are those recognised now, in every year. Areas that were given up are in no file, so earlier
    values may be slightly too low.
    """
    kind, code = parted(group)
    trend = inventory.protection_trend
    mine = (trend["list_type"] == list_type) & (trend["group_kind"] == kind)
    if kind != ALL:
        mine &= trend["group_code"] == code
    rows = trend.loc[mine, ["year", "sites", *_COLUMNS]].sort_values("year")
    return rows.astype({"year": int, "sites": int}).set_index("year")


def members(inventory: Inventory, group: str, filters: Filters) -> pd.Index:
    """Sites of a group among those that the filters leave.

    Raises
    ------
    SettingError
        When the inventory has no such group.
    """
    kind, code = parted(group)
    if group not in groups(inventory):
        raise SettingError("not_one_of", name="group", value=group, expected=", ".join(groups(inventory)))
    left = inventory.where(filters)
    if kind == ALL:
        return left
    chosen = {"region": "regions", "country": "countries", "class": "classes"}[kind]
    # the list counts here too: a group is one of a single list
    same = inventory.where(Filters(list_type=filters.list_type, **{chosen: (code,)}))  # type: ignore[arg-type]
    return left[left.isin(same)]


def site_parts(inventory: Inventory, site: str) -> pd.DataFrame:
    """Parts of one site in the order of their years, those without a year last.

    Parameters
    ----------
    inventory : Inventory
    site : str

    Returns
    -------
    pandas.DataFrame
        `year` (missing where undated areas alone cover the part), `kind`, `share`, and `total`: the share
        covered up to and with the part, 0 to 1. No rows where nothing covers the site.
    """
    held = inventory.protection_parts
    rows = held[held["site_id"] == site].sort_values(["year", "entry"], na_position="last", ignore_index=True)
    shares = rows["share"].astype(float)
    return rows[["year", "kind"]].assign(share=shares, total=shares.cumsum().clip(upper=1.0))

"""What changed in the data between two versions of an inventory."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.measures.geometry import EARTH_RADIUS_KM
from aze_core.measures.reported import newest

ON_LIST = ("global_aze", "national_list")
"""Lists whose sites are AZE sites."""

SITE_KINDS = ("added", "removed", "de_listed", "listed", "split", "merged", "renamed", "species")
SPECIES_KINDS = ("added", "removed", "recategorised", "renamed")


@dataclass(frozen=True)
class Changes:
    """What changed from one version to another.

    Attributes
    ----------
    matches : pandas.DataFrame
        `before`, `after` (site identifiers), `how`: ``identifier``, ``kba``, ``name`` or ``place``.
    sites : pandas.DataFrame
        `kind` (see `SITE_KINDS`), `before`, `after` (site identifiers, missing where there is none), `name`,
        `iso3`, `detail`.
    species : pandas.DataFrame
        `kind` (see `SPECIES_KINDS`), `species_id` (in the later version where it stands there),
        `scientific_name`, `before`, `after`: category or name, as the kind says.
    cover : pandas.DataFrame
        Sites whose newest report differs: `before`, `after` (site identifiers), `name`, `iso3`,
        `share_before`, `vintage_before`, `method_before`, `share_after`, `vintage_after`, `method_after`.
    """

    matches: pd.DataFrame
    sites: pd.DataFrame
    species: pd.DataFrame
    cover: pd.DataFrame


def changes(before: Inventory, after: Inventory) -> Changes:
    """Compare two versions of an inventory.

    Parameters
    ----------
    before, after : Inventory
        With boundaries where splits are to be told by them too.

    Returns
    -------
    Changes

    Notes
    -----
    Sites are the same by identifier, by KBA identifier, by name within a country, or, where none of these
    fits, by place: they share a trigger species and lie close together. A match by place is a guess to be
    checked. A site counts as split where a site that was added holds one of its former trigger species, or
    lies in its boundary. That a site is no longer listed does not say that it was saved: five in six
    de-listings come from better knowledge (Luther et al. 2021).
    """
    matches = match_sites(before, after)
    return Changes(
        matches,
        _site_changes(before, after, matches),
        _species_changes(before, after),
        _cover_changes(before, after, matches),
    )


# ---------------------------------------------------------------- which site is which


def match_sites(before: Inventory, after: Inventory) -> pd.DataFrame:
    """Sites of two versions that are the same: `before`, `after`, `how`."""
    pairs: dict[str, tuple[str, str]] = {}
    taken: set[str] = set()

    def pair(one: str, other: str, how: str) -> None:
        if one not in pairs and other not in taken:
            pairs[one] = (other, how)
            taken.add(other)

    old, new = before.sites, after.sites
    for site in old.index.intersection(new.index):
        pair(site, site, "identifier")
    by_kba = _unique(new["kba_id"].fillna(pd.Series(new.index, index=new.index)))
    for site, kba in old["kba_id"].items():
        for code in (kba, site):
            if isinstance(code, str) and code in by_kba:
                pair(str(site), by_kba[code], "kba")
    by_name = _unique(_names(new))
    for site, name in _unique(_names(old)).items():
        if site in by_name:
            pair(name, by_name[site], "name")
    rest_old = old.loc[[site for site in old.index if site not in pairs]]
    rest_new = new.loc[[site for site in new.index if site not in taken]]
    for one, other in _by_place(before, after, rest_old, rest_new):
        pair(one, other, "place")
    rows = [(one, other, how) for one, (other, how) in sorted(pairs.items())]
    return pd.DataFrame(rows, columns=["before", "after", "how"], dtype="str")


def _unique(values: pd.Series) -> dict[str, str]:
    """Site by value, where the value is one site's alone."""
    known = values.dropna()
    alone = known[~known.duplicated(keep=False)]
    return {str(item): str(site) for site, item in alone.items()}


def _names(sites: pd.DataFrame) -> pd.Series:
    """Country and name without case, accents and punctuation."""
    return sites["iso3"].str.split(";").str[0] + "|" + sites["name"].map(_plain)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in letters if c.isalnum())


def _species_at(inventory: Inventory) -> dict[str, set[str]]:
    """Trigger species of each site, under all names that they have."""
    names = inventory.occurrences[["site_id", "species_id"]].join(
        inventory.species[["scientific_name", "listed_name"]], on="species_id"
    )
    found: dict[str, set[str]] = {}
    for site, one, other in zip(
        names["site_id"], names["scientific_name"], names["listed_name"], strict=True
    ):
        found.setdefault(str(site), set()).update(str(name) for name in (one, other) if pd.notna(name))
    return found


def _by_place(
    before: Inventory, after: Inventory, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame
) -> list[tuple[str, str]]:
    """Pairs that share a trigger species and lie close together, the nearest first."""
    was, now = _species_at(before), _species_at(after)
    near = value("changes.near_km")
    found: list[tuple[float, str, str]] = []
    there = new.dropna(subset=["latitude"])
    for site, row in old.dropna(subset=["latitude"]).iterrows():
        away = _km(row, there)
        for other in there.index[away <= near]:
            if was.get(str(site), set()) & now.get(str(other), set()):
                found.append((float(away[there.index.get_loc(other)]), str(site), str(other)))
    return [(one, other) for _, one, other in sorted(found)]


def _km(row: Any, sites: pd.DataFrame) -> np.ndarray:
    phi, lam = np.radians(sites["latitude"].to_numpy(float)), np.radians(sites["longitude"].to_numpy(float))
    here, there = np.radians(float(row["latitude"])), np.radians(float(row["longitude"]))
    half = np.sin((phi - here) / 2) ** 2 + np.cos(phi) * np.cos(here) * np.sin((lam - there) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


# ---------------------------------------------------------------- sites


def _site_changes(before: Inventory, after: Inventory, matches: pd.DataFrame) -> pd.DataFrame:
    old, new = before.sites, after.sites
    to = dict(zip(matches["before"], matches["after"], strict=True))
    was, now = _species_at(before), _species_at(after)
    met = set(to.values())
    on_list, was_on_list = new["list_type"].isin(ON_LIST), old["list_type"].isin(ON_LIST)
    added = [str(site) for site in new.index[on_list] if site not in met]
    removed = [str(site) for site in old.index[was_on_list] if site not in to]
    parts = _parts(added, to, was, now, old, new)
    wholes = _parts(removed, {other: one for one, other in to.items()}, now, was, new, old)
    rows: list[tuple[str, str | None, str | None, str, str, str]] = []

    def there(site: str) -> tuple[str, str]:
        return str(new.at[site, "name"]), str(new.at[site, "iso3"])

    for site in added:
        other = parts.get(site)
        if other is not None:
            rows.append(("split", other, site, *there(site), str(old.at[other, "name"])))
        else:
            rows.append(("added", None, site, *there(site), "; ".join(sorted(now.get(site, ())))))
    for site in removed:
        row, other = old.loc[site], wholes.get(site)
        if other is not None:
            rows.append(("merged", site, other, row["name"], row["iso3"], str(new.at[other, "name"])))
        else:
            detail = "; ".join(sorted(was.get(site, ())))
            rows.append(("removed", site, None, row["name"], row["iso3"], detail))
    for one, other in to.items():
        if was_on_list[one] != on_list[other]:
            rows.append(("listed" if on_list[other] else "de_listed", one, other, *there(other), ""))
        if old.at[one, "name"] != new.at[other, "name"]:
            rows.append(("renamed", one, other, *there(other), str(old.at[one, "name"])))
        gained = _net(now.get(other, set()), was.get(one, set()), after)
        lost = _net(was.get(one, set()), now.get(other, set()), before)
        if gained or lost:
            signs = [*(f"+ {name}" for name in gained), *(f"− {name}" for name in lost)]
            rows.append(("species", one, other, *there(other), "; ".join(signs)))
    frame = pd.DataFrame(rows, columns=["kind", "before", "after", "name", "iso3", "detail"], dtype="str")
    order = {kind: number for number, kind in enumerate(SITE_KINDS)}
    by = frame["kind"].map(order)
    return frame.assign(by=by).sort_values(["by", "name"], ignore_index=True).drop(columns="by")


def _net(names: set[str], others: set[str], inventory: Inventory) -> list[str]:
    """Species of a site that the other side does not have under any of their names."""
    species = inventory.species
    found = []
    known = species[species["scientific_name"].isin(names)]
    for one, listed in zip(known["scientific_name"], known["listed_name"], strict=True):
        if not {one, listed} & others:
            found.append(str(one))
    return sorted(found)


def _parts(
    fresh: list[str],
    to: dict[str, str],
    was: dict[str, set[str]],
    now: dict[str, set[str]],
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
) -> dict[str, str]:
    """Which site each of the new ones was a part of, where that site still stands and lost what it holds."""
    near = value("changes.near_km")
    found: dict[str, str] = {}
    stays = old.loc[list(to)].dropna(subset=["latitude"]) if to else old.iloc[:0]
    for site in fresh:
        row = new.loc[site]
        if pd.isna(row["latitude"]) or stays.empty:
            continue
        away = _km(row, stays)
        for other in stays.index[np.argsort(away)]:
            close = away[stays.index.get_loc(other)] <= near
            moved = (now.get(site, set()) & was.get(other, set())) - now.get(to[other], set())
            if (close and moved) or _within(row.geometry, old.at[other, "geometry"]):
                found[site] = str(other)
                break
            if not close and away[stays.index.get_loc(other)] > 10 * near:
                break
    return found


def _within(part: Any, whole: Any) -> bool:
    """Whether a boundary lies for the greater part in another."""
    if part is None or whole is None or shapely.get_dimensions(part) < 2 or shapely.get_dimensions(whole) < 2:
        return False
    return bool(part.intersection(whole).area > part.area / 2)


# ---------------------------------------------------------------- species, cover


def _species_changes(before: Inventory, after: Inventory) -> pd.DataFrame:
    old, new = before.species, after.species
    listed_as = {str(name): str(one) for one, name in new["listed_name"].dropna().items()}
    rows: list[tuple[str, str, str, str | None, str | None]] = []
    met: set[str] = set()
    for one, row in old.iterrows():
        name = str(row["scientific_name"])
        other = str(one) if one in new.index else listed_as.get(name)
        if other is None:
            rows.append(("removed", str(one), name, row["category"], None))
            continue
        met.add(other)
        here = new.loc[other]
        if here["scientific_name"] != name:
            rows.append(("renamed", other, str(here["scientific_name"]), name, str(here["scientific_name"])))
        then, now = row["category"], here["category"]
        if (pd.isna(then) != pd.isna(now)) or (pd.notna(then) and then != now):
            codes = (None if pd.isna(then) else str(then), None if pd.isna(now) else str(now))
            rows.append(("recategorised", other, str(here["scientific_name"]), *codes))
    for one, row in new.iterrows():
        if one not in met:
            rows.append(("added", str(one), str(row["scientific_name"]), None, row["category"]))
    columns = ["kind", "species_id", "scientific_name", "before", "after"]
    frame = pd.DataFrame(rows, columns=columns, dtype="str")
    return frame.sort_values(["kind", "scientific_name"], ignore_index=True)


def _cover_changes(before: Inventory, after: Inventory, matches: pd.DataFrame) -> pd.DataFrame:
    columns = ["share", "vintage", "method"]
    then = newest(before.coverage, before.sites.index)[columns].reindex(matches["before"])
    now = newest(after.coverage, after.sites.index)[columns].reindex(matches["after"])
    frame = pd.DataFrame({"before": matches["before"], "after": matches["after"]})
    for name in columns:
        frame[f"{name}_before"] = then[name].to_numpy()
        frame[f"{name}_after"] = now[name].to_numpy()
    one, other = frame["share_before"].astype(float), frame["share_after"].astype(float)
    moved = (one - other).abs() > 1e-9
    moved |= one.isna() != other.isna()
    names = after.sites[["name", "iso3"]].reindex(frame["after"]).reset_index(drop=True)
    order = ["before", "after", "name", "iso3"]
    order += [f"{name}_{side}" for side in ("before", "after") for name in columns]
    found = frame.assign(name=names["name"], iso3=names["iso3"])[order]
    return found[moved.to_numpy()].sort_values("name", ignore_index=True)

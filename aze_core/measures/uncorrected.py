"""An inventory as it would be without its corrections: for rankings with and without."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.measures.reported import COMPUTED


def uncorrected(inventory: Inventory) -> Inventory:
    """The inventory with every correction undone, the last first.

    Returns
    -------
    Inventory
        The same object where there is no correction. Cover, names, points, areas, species and categories are
        what they were; the shape of a boundary stays the corrected one, for rankings do not look at it.

    Notes
    -----
    Of a copy in which sensitive names are withheld, values that are withheld stay as they are.
    """
    if inventory.corrections.empty:
        return inventory
    sites, species = inventory.sites.copy(), inventory.species.copy()
    cover, occurrences = inventory.coverage.copy(), inventory.occurrences.copy()
    for _, row in inventory.corrections.iloc[::-1].iterrows():
        site, one = row["site_id"], row["species_id"]
        try:
            old, new = json.loads(row["old_value"]), json.loads(row["new_value"])
        except ValueError:  # withheld
            continue
        if row["kind"] == "protected_since":
            cover = _as_computed(_cover(cover, site, old, new), inventory, str(row["source"]))
        elif row["kind"] == "name":
            sites.at[site, "name"] = old
        elif row["kind"] == "point":
            sites.loc[site, ["latitude", "longitude"]] = old
        elif row["kind"] == "boundary":
            cover = _cover(cover, site, old.pop("coverage", []), [])
            for name, item in old.items():
                sites.at[site, name] = item
        elif row["kind"] == "category":
            for name, item in old.items():
                species.at[one, name] = pd.NA if item is None else item
        elif row["kind"] == "species_here":
            mine = (occurrences["site_id"] == site) & (occurrences["species_id"] == one)
            occurrences = occurrences[~mine]
            if new["new_species"] and not (occurrences["species_id"] == one).any():
                species = species.drop(index=one)
        elif row["kind"] == "species_not_here":
            occurrences = _below(occurrences, old["occurrence"])
            if one not in species.index:
                species = _below(species.reset_index(), old["species"]).set_index("species_id").sort_index()
    return replace(
        inventory,
        sites=sites,
        species=species,
        coverage=cover.sort_values(["site_id", "vintage"], ignore_index=True),
        occurrences=occurrences.sort_values(["site_id", "species_id"], ignore_index=True),
        corrections=inventory.corrections.iloc[:0],
        memo={},
    )


def _cover(
    cover: pd.DataFrame, site: str, old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> pd.DataFrame:
    mine = cover["site_id"] == site
    if not old:
        return cover[~(mine & cover["vintage"].isin([entry["vintage"] for entry in new]))]
    made = cover.copy()
    for entry in old:
        at = made.index[mine & (made["vintage"] == entry["vintage"])]
        made.loc[at, ["share", "method", "source"]] = [entry["share"], entry["method"], entry["source"]]
    return made


def _as_computed(cover: pd.DataFrame, inventory: Inventory, source: str) -> pd.DataFrame:
    """Shares that a run computed and the correction overrode, as the run left them."""
    made = cover.copy()
    for at in made.index[(made["method"] == "corrected") & (made["source"] == source)]:
        site = str(made.at[at, "site_id"])
        if site in inventory.protection_range.index:
            found: Any = inventory.protection_range.loc[site]
            for name, item in (
                ("share", found["share"]),
                ("method", COMPUTED),
                ("source", found["source"]),
            ):
                made.at[at, name] = item
    return made


def _below(frame: pd.DataFrame, row: dict[str, Any]) -> pd.DataFrame:
    one = pd.DataFrame([row]).reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
    return pd.concat([frame, one], ignore_index=True)

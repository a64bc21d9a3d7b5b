"""The threats of each site, with their threat-abatement STAR and their impact."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.measures.abatement import star
from aze_core.measures.impact import impact_score

COLUMNS = ("site_id", "code", "name", "species", "star", "score", "impact", "assumed")


def site_threats(inventory: Inventory, sites: pd.Index) -> pd.DataFrame:
    """One row per site and threat code that splits the risk of its trigger species.

    Parameters
    ----------
    inventory : Inventory
    sites : pandas.Index of site_id

    Returns
    -------
    pandas.DataFrame
        By site in the order given, the highest STAR first. `site_id`; `code`, `name` of the threat, both
        missing for species without a usable record; `species`: how many it concerns; `star`: threat-abatement
        STAR, missing where the category of none of them is known; `score`, `impact`: highest impact score of
        the code at the site, as in `impact_score`, both missing for species without a record; `assumed`:
        whether timing, scope or severity of an entry was not known and filled in for `star`.

    Notes
    -----
    Impact is never filled in, STAR is: a threat of unknown impact can have the highest STAR. Read STAR as a
    split of a site's risk, not as the size of a threat.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> found = site_threats(loaded, loaded.sites.index[:2])
    >>> found["code"].isna().all().item()  # the shipped list has no threat records
    True
    """
    at = inventory.occurrences[inventory.occurrences["site_id"].isin(sites)]
    threats = inventory.threats
    rows = star(at, inventory.species["category"], threats)
    keys = ["site_id", "code"]
    rows["code"] = rows["code"].astype("str")
    by_code = rows.assign(assumed=rows["assumed"] != "").groupby(keys, dropna=False)
    found = by_code.agg(species=("species_id", "nunique"), assumed=("assumed", "any")).reset_index()
    found["star"] = by_code["star"].sum(min_count=1).to_numpy()

    names = threats.dropna(subset=["name"]).drop_duplicates("code").set_index("code")["name"]
    found["name"] = found["code"].map(names).astype("str")
    score = impact_score(threats["timing"], threats["scope"], threats["severity"])
    scored = pd.concat([threats[["species_id", "code"]], score], axis=1)
    # the highest score; without one, what is not known stands before what is past
    order = scored.assign(past=scored["impact"] == "past")
    pairs = at[["site_id", "species_id"]].merge(order, on="species_id")
    pairs = pairs.sort_values(["score", "past"], ascending=[False, True], na_position="last", kind="stable")
    highest = pairs.drop_duplicates(keys)[[*keys, "score", "impact"]]
    found = found.merge(highest, on=keys, how="left")
    found["place"] = sites.get_indexer(pd.Index(found["site_id"]))
    found = found.sort_values(["place", "star", "code"], ascending=[True, False, True], ignore_index=True)
    return found[list(COLUMNS)]

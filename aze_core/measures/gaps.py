"""What an inventory does not know, counted and named."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Inventory

_NAMED = 12


def gaps(inventory: Inventory) -> pd.DataFrame:
    """Missing values that change a ranking or a plan.

    Returns
    -------
    pandas.DataFrame
        `code` (`point`, `area`, `influence`, `realm`, `category`, `threats`, and `cover_<year>` per vintage
        as `cover` with the `year`), `missing`, `total`, `which`: the first names, where they are few.
    """
    sites, species = inventory.sites, inventory.species
    rows = [
        ("point", sites.geometry.isna(), sites["name"]),
        ("area", sites["area_km2"].isna(), sites["name"]),
        ("influence", sites["human_influence"].isna(), sites["name"]),
        ("realm", sites["realm"].isna(), sites["name"]),
        ("category", species["category"].isna() | (species["category"] == "DD"), species["scientific_name"]),
        ("threats", ~species.index.isin(inventory.threats["species_id"]), species["scientific_name"]),
    ]
    for year in sorted(inventory.coverage["vintage"].unique()):
        there = inventory.coverage.loc[inventory.coverage["vintage"] == year, "site_id"]
        rows.append((f"cover_{int(year)}", ~sites.index.isin(there), sites["name"]))
    return pd.DataFrame(
        [
            {
                "code": code.partition("_")[0],
                "year": int(code.partition("_")[2]) if "_" in code else None,
                "missing": int(pd.Series(lost).sum()),
                "total": len(names),
                "which": "; ".join(sorted(names[lost])) if 0 < pd.Series(lost).sum() <= _NAMED else "",
            }
            for code, lost, names in rows
        ]
    )

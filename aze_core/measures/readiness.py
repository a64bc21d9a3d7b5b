"""Whether what is loaded is enough to decide: file by file, how old it is and where to ask for it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.domain.settings import value

NEEDS = (
    "sites",
    "boundaries",
    "species",
    "categories",
    "threats",
    "cover",
    "mandate",
    "costs",
    "rights",
)
"""What decisions need, in the order in which it is asked for."""


def readiness(inventory: Inventory, sites: pd.Index, today: dt.date) -> pd.DataFrame:
    """What decisions about these sites need, and how much of it is there.

    Parameters
    ----------
    inventory : Inventory
    sites : pandas.Index
        Sites that are to be decided on, such as those of one country.
    today : datetime.date
        Day by which age is counted.

    Returns
    -------
    pandas.DataFrame
        One row per need, index `need` (see `NEEDS`): `have` and `of` (sites, or species at them, for which it
        is known), `year` of the oldest of it (missing where not known), `age_years`, and `state`: ``ready``,
        ``old`` (older than the age that counts as current), ``history`` and ``made_up`` (of a list that is
        not for decisions), ``partly``, ``missing``.

    Notes
    -----
    A list that is made up, or kept as a historical baseline, is never ready, whatever its year. What is said
    here is about files, not about whether a decision would be right.
    """
    part = inventory.sites.loc[sites]
    at = inventory.occurrences[inventory.occurrences["site_id"].isin(sites)]
    species = inventory.species.loc[inventory.species.index.isin(at["species_id"])]
    cover = inventory.coverage[inventory.coverage["site_id"].isin(sites)]
    national = inventory.national[inventory.national["site_id"].isin(sites)]
    rights = inventory.rights[inventory.rights["site_id"].isin(sites)]
    listed = int(inventory.version.as_of[:4])
    n = len(sites)

    def with_field(*names: str) -> int:
        return int(national.loc[national["field"].isin(names), "site_id"].nunique())

    def oldest(years: pd.Series) -> int | None:
        known = years.dropna()
        return None if known.empty else int(known.min())

    newest_cover = cover.groupby("site_id")["vintage"].max()
    rows: dict[str, tuple[int, int, int | None]] = {
        "sites": (n, n, listed),
        "boundaries": (int(part["measured_km2"].notna().sum()), n, listed),
        "species": (int(part.index.isin(at["site_id"]).sum()), n, listed),
        "categories": (
            int((species["category"].notna() & (species["category"] != "DD")).sum()),
            len(species),
            oldest(species["category_year"]),
        ),
        "threats": (int(species.index.isin(inventory.threats["species_id"]).sum()), len(species), None),
        "cover": (len(newest_cover), n, oldest(newest_cover)),
        "mandate": (
            with_field("competent_authority", "next_legal_step"),
            n,
            oldest(national.loc[national["field"].isin(["competent_authority", "next_legal_step"]), "year"]),
        ),
        "costs": (with_field("cost"), n, oldest(national.loc[national["field"] == "cost", "year"])),
        "rights": (
            int(rights["site_id"].nunique()),
            n,
            oldest(rights["year"]),
        ),
    }
    status = inventory.version.status
    return (
        pd.DataFrame(
            [
                {
                    "need": need,
                    "have": have,
                    "of": of,
                    "year": year,
                    "age_years": None if year is None else today.year - year,
                    "state": _state(need, have, of, None if year is None else today.year - year, status),
                }
                for need, (have, of, year) in rows.items()
            ]
        )
        .set_index("need")
        .astype({"year": "Int64", "age_years": "Int64"})
    )


def _state(need: str, have: int, of: int, age: int | None, status: str) -> str:
    if have == 0:
        return "missing"
    if need in ("sites", "boundaries", "species") and status != "current":
        return "made_up" if status == "training" else "history"
    limit = value("readiness.category_years" if need == "categories" else "inventory.current_years")
    if age is not None and age > limit:
        return "old"
    return "ready" if have == of else "partly"

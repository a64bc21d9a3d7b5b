"""Figures that others published, arranged for a timeline; nothing computed from the inventory enters here."""

from __future__ import annotations

import pandas as pd


def timeline(figures: pd.DataFrame) -> pd.DataFrame:
    """Number of listed sites and share unprotected, by year of publication.

    Parameters
    ----------
    figures : pandas.DataFrame
        Columns `year`, `area`, `measure`, `value`, `source`, `note`.

    Returns
    -------
    pandas.DataFrame
        Index `year`; `sites`, `share_unprotected` (0 to 1; missing where none was published for that year),
        `derived` (the share follows from two published counts), `source`.

    Notes
    -----
    A share is derived only where a source gives the sites wholly and partly in protected areas: the rest of
    its sites. Lists differ from year to year in sites and in method.

    Examples
    --------
    >>> given = pd.DataFrame({"year": 2005, "area": "global", "source": "s", "value": [595.0, 203.0, 87.0],
    ...     "measure": ["aze_sites", "sites_fully_in_protected_area", "sites_partly_in_protected_area"]})
    >>> timeline(given).loc[2005, ["share_unprotected", "derived"]].tolist() == [(595 - 203 - 87) / 595, True]
    True
    """
    part = figures[figures["area"] == "global"]
    wide = part.pivot(index="year", columns="measure", values="value")
    for name in (
        "aze_sites",
        "share_unprotected",
        "sites_fully_in_protected_area",
        "sites_partly_in_protected_area",
    ):
        if name not in wide.columns:
            wide[name] = float("nan")
    inside = wide["sites_fully_in_protected_area"] + wide["sites_partly_in_protected_area"]
    rest = (wide["aze_sites"] - inside) / wide["aze_sites"]
    found = pd.DataFrame(
        {"sites": wide["aze_sites"], "share_unprotected": wide["share_unprotected"].fillna(rest)}
    )
    found["derived"] = wide["share_unprotected"].isna() & rest.notna()
    found["source"] = part.groupby("year")["source"].agg(lambda ids: "; ".join(dict.fromkeys(ids)))
    found.index = found.index.astype(int)
    return found.sort_index()

"""The scoreboard: before → after, each line with the targets it speaks to; and the ledger of last places."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Assumptions, Filters, Inventory
from aze_core.domain.settings import value
from aze_core.measures.reported import by_vintage, uncovered_area
from aze_core.ranking.criteria import GONE, latest
from aze_core.scenarios.evaluate import risk_reduction, species_state, with_selected

MEASURES = {
    "sites_uncovered": ("aichi11", "gbf3", "sites"),
    "sites_complete": ("aichi11", "gbf3", "sites"),
    "mean_cover": ("aichi11", "gbf3", "share"),
    "added_area": ("aichi11", "gbf3", "km2"),
    "species_all_covered": ("aichi12", "gbf4", "species"),
    "species_without": ("aichi12", "gbf4", "species"),
    "risk_reduction": ("aichi12", "gbf4", "species_over_horizon"),
}
"""Measures of the scoreboard: Aichi target, GBF target, unit."""

NEWEST = "newest"
"""Basis of the working selection: each site's newest report, whatever its year."""


def scoreboard(
    inventory: Inventory,
    selected: tuple[str, ...],
    assumptions: Assumptions,
    filters: Filters | None = None,
) -> pd.DataFrame:
    """Measures before and after a plan, by vintage and for the working selection.

    Parameters
    ----------
    inventory : Inventory
    selected : tuple of str
        Sites that the plan covers wholly.
    assumptions : Assumptions
    filters : Filters, optional
        Sites to count; species count when one of their sites is among them, with all their sites.

    Returns
    -------
    pandas.DataFrame
        One row per measure and basis: `measure`, `basis` (a vintage such as ``2010``, or ``newest``),
        `aichi`, `gbf`, `unit`, `n` (sites or species with a value), `before`, `after`, for counts also as
        parts of `n` (`before_part`, `after_part`, 0 to 1), and for the modelled risk reduction
        `before_high`, `after_high` (unknown categories counted as Critically Endangered).

    Notes
    -----
    A basis holds only sites with a value in it: vintages are separate measurements and are never added up.
    """
    sites = inventory.where(filters or Filters())
    occurrences = inventory.occurrences
    species = pd.Index(occurrences.loc[occurrences["site_id"].isin(sites), "species_id"].unique())
    wide = by_vintage(inventory.coverage, inventory.sites.index)
    bases: dict[str, pd.Series] = {str(year): wide[year] for year in wide.columns}
    last = latest(inventory)["share"].astype(float)
    bases[NEWEST] = last
    rows: list[dict[str, object]] = []
    for basis, before in bases.items():
        after = with_selected(before, selected).where(before.notna())
        rows += _site_rows(basis, before[sites].dropna(), after[sites].dropna())
        rows += _species_rows(inventory, basis, before, after, species, assumptions)
    chosen = pd.Index(selected)
    area = uncovered_area(inventory.sites["area_km2"].reindex(chosen), last.reindex(chosen))
    rows.append(
        {
            "measure": "added_area",
            "basis": NEWEST,
            "n": int(area.notna().sum()),
            "before": 0.0,
            "after": float(area.sum()),
        }
    )
    table = pd.DataFrame(rows)
    for place, name in enumerate(("aichi", "gbf", "unit")):
        table[name] = [MEASURES[measure][place] for measure in table["measure"]]
    order = {name: at for at, name in enumerate(MEASURES)}
    table["_at"] = table["measure"].map(order)
    table = table.sort_values("_at", kind="stable").drop(columns="_at").reset_index(drop=True)
    of_n = table["n"].where(table["unit"].isin(["sites", "species"]) & (table["n"] > 0))
    table["before_part"], table["after_part"] = table["before"] / of_n, table["after"] / of_n
    first = ["measure", "basis", "aichi", "gbf", "unit", "n", "before", "after", "before_part", "after_part"]
    first += ["before_high", "after_high"]
    return table.reindex(columns=first)


def _site_rows(basis: str, before: pd.Series, after: pd.Series) -> list[dict[str, object]]:
    none, complete = value("classes.none_max"), value("classes.complete_min")
    n = len(before)
    return [
        {
            "measure": "sites_uncovered",
            "basis": basis,
            "n": n,
            "before": int((before <= none).sum()),
            "after": int((after <= none).sum()),
        },
        {
            "measure": "sites_complete",
            "basis": basis,
            "n": n,
            "before": int((before >= complete).sum()),
            "after": int((after >= complete).sum()),
        },
        {
            "measure": "mean_cover",
            "basis": basis,
            "n": n,
            "before": float(before.mean()) if n else None,
            "after": float(after.mean()) if n else None,
        },
    ]


def _species_rows(
    inventory: Inventory,
    basis: str,
    before: pd.Series,
    after: pd.Series,
    species: pd.Index,
    assumptions: Assumptions,
) -> list[dict[str, object]]:
    occurrences = inventory.occurrences
    was, is_ = species_state(occurrences, before), species_state(occurrences, after)
    counted = was.index[was["known"] & was.index.isin(species)]
    _, low, high = risk_reduction(inventory, before, assumptions, counted)
    _, low_after, high_after = risk_reduction(inventory, after, assumptions, counted)
    return [
        {
            "measure": "species_all_covered",
            "basis": basis,
            "n": len(counted),
            "before": int(was.loc[counted, "all_complete"].sum()),
            "after": int(is_.loc[counted, "all_complete"].sum()),
        },
        {
            "measure": "species_without",
            "basis": basis,
            "n": len(counted),
            "before": int((~was.loc[counted, "any_complete"]).sum()),
            "after": int((~is_.loc[counted, "any_complete"]).sum()),
        },
        {
            "measure": "risk_reduction",
            "basis": basis,
            "n": len(counted),
            "before": low,
            "after": low_after,
            "before_high": high,
            "after_high": high_after,
        },
    ]


def ledger(inventory: Inventory, selected: tuple[str, ...], filters: Filters | None = None) -> pd.DataFrame:
    """The species still without a covered site, by name.

    Parameters
    ----------
    inventory : Inventory
    selected : tuple of str
        Sites that the plan covers wholly.
    filters : Filters, optional
        Species are listed when one of their sites is among these.

    Returns
    -------
    pandas.DataFrame
        Index `species_id`, in the order of `scientific_name`; `common_name`, `class_name`, `category`,
        `sites` (names, `;` between), `iso3` (codes, `;` between), `cover` (the best covered of its sites by
        newest report; missing where not known) and `all_none` (every site at most 2 % covered).

    Notes
    -----
    A covered site is one at least 98 % covered. Works on each site's newest report.
    """
    last = latest(inventory)["share"].astype(float)
    after = with_selected(last, selected)
    state = species_state(inventory.occurrences, after)
    sites = inventory.where(filters or Filters())
    at = inventory.occurrences[["site_id", "species_id"]].join(
        inventory.sites[["name", "iso3"]], on="site_id"
    )
    at["cover"] = at["site_id"].map(after)
    here = at.loc[at["site_id"].isin(sites), "species_id"].unique()
    wanted = state.index[~state["any_complete"] & state.index.isin(here)]
    part = at[at["species_id"].isin(wanted)].groupby("species_id")
    found = inventory.species.loc[wanted, ["scientific_name", "common_name", "class_name", "category"]]
    found = found.join(
        pd.DataFrame(
            {
                "sites": part["name"].agg("; ".join),
                "iso3": part["iso3"].agg(lambda codes: ";".join(sorted(set(";".join(codes).split(";"))))),
                "cover": part["cover"].max(),
            }
        )
    )
    found["all_none"] = state.loc[wanted, "all_none"]
    return found.sort_values("scientific_name")


def gone_species(inventory: Inventory, filters: Filters | None = None) -> pd.Index:
    """Species at the filtered sites that are Extinct in the Wild, or Extinct: left out of the modelled risk.

    Returns
    -------
    pandas.Index of species_id
    """
    sites = inventory.where(filters or Filters())
    here = inventory.occurrences.loc[inventory.occurrences["site_id"].isin(sites), "species_id"].unique()
    species = inventory.species
    return species.index[species["category"].isin(GONE) & species.index.isin(here)]

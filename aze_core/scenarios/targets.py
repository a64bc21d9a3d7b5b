"""The scoreboard: before → after, each line with the targets it speaks to; and the ledger of last places."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import Assumptions, Filters, Inventory
from aze_core.domain.settings import value
from aze_core.measures.gini import gini
from aze_core.measures.reported import by_vintage
from aze_core.ranking.criteria import GONE, latest
from aze_core.scenarios.added_area import site_added
from aze_core.scenarios.evaluate import reached, recorded_star, risk_reduction, species_state

MEASURES = {
    "sites_uncovered": ("aichi11", "gbf3", "sites"),
    "sites_complete": ("aichi11", "gbf3", "sites"),
    "mean_cover": ("aichi11", "gbf3", "share"),
    "added_area": ("aichi11", "gbf3", "km2"),
    "added_land": ("aichi11", "gbf3", "part"),
    "added_sea": ("aichi11", "gbf3", "part"),
    "species_all_covered": ("aichi12", "gbf4", "species"),
    "species_any_covered": ("aichi12", "gbf4", "species"),
    "species_without": ("aichi12", "gbf4", "species"),
    "risk_reduction": ("aichi12", "gbf4", "species_over_horizon"),
    "star": ("aichi12", "gbf4", "star"),
    "countries_served": ("aichi11", "gbf3", "countries"),
    "spend_gini": ("aichi11", "gbf3", "gini"),
}
"""Measures of the scoreboard: Aichi target, GBF target, unit."""

NEWEST = "newest"
"""Basis of the working selection: each site's newest report, whatever its year."""

_COUNTED = ("sites", "species", "countries")
_COLUMNS = ("measure", "basis", "aichi", "gbf", "unit", "n", "before", "after", "before_part", "after_part")
_HIGH = ("before_high", "after_high")


def scoreboard(
    inventory: Inventory,
    selected: tuple[str, ...],
    assumptions: Assumptions,
    filters: Filters | None = None,
    *,
    cover: pd.Series | None = None,
    held: pd.Series | None = None,
    spend: pd.Series | None = None,
    effects: pd.Series | None = None,
) -> pd.DataFrame:
    """Measures before and after a plan, by vintage and for the working selection.

    Parameters
    ----------
    inventory : Inventory
    selected : tuple of str
        Sites of the plan; it covers them wholly where `cover` does not say otherwise.
    assumptions : Assumptions
    filters : Filters, optional
        Sites to count; species count when one of their sites is among them, with all their sites.
    cover : pandas.Series, optional
        Index `site_id`: share covered after the plan by area-based actions alone, 0 to 1. A selected site
        that is missing in it gains no cover.
    held : pandas.Series, optional
        Index `site_id`: share that counts for risk and STAR after the plan, whatever the action; `cover`
        where not given.
    spend : pandas.Series, optional
        Index `site_id`: what the plan spends there, at least 0, in one currency.
    effects : pandas.Series, optional
        Index `species_id`: effect of protection on each, in place of the one of `assumptions`.

    Returns
    -------
    pandas.DataFrame
        One row per measure and basis: `measure`, `basis` (a vintage such as ``2010``, or ``newest``),
        `aichi`, `gbf`, `unit`, `n` (sites, species or countries with a value), `before`, `after`, for counts
        also as parts of `n` (`before_part`, `after_part`, 0 to 1), and where unknown categories leave an
        interval `before_high`, `after_high` (with them as Critically Endangered). `added_sea` stands there
        where a site is marine, `star` where the inventory has threats, `spend_gini` where `spend` is given.

    Raises
    ------
    ValueError
        When a share after the plan is outside 0 to 1, or an amount below 0.

    Notes
    -----
    A basis holds only sites with a value in it: vintages are separate measurements and are never added up.
    No number here is a goal that the Convention sets for AZE sites.
    """
    sites = inventory.where(filters or Filters())
    occurrences = inventory.occurrences
    species = pd.Index(occurrences.loc[occurrences["site_id"].isin(sites), "species_id"].unique())
    wide = by_vintage(inventory.coverage, inventory.sites.index)
    bases: dict[str, pd.Series] = {str(year): wide[year] for year in wide.columns}
    last = latest(inventory)["share"].astype(float)
    bases[NEWEST] = last
    held = cover if held is None else held
    rows: list[dict[str, object]] = []
    for basis, before in bases.items():
        after = reached(before, selected, cover).where(before.notna())
        kept = after if held is cover else reached(before, selected, held).where(before.notna())
        rows += _site_rows(basis, before[sites].dropna(), after[sites].dropna())
        rows += _species_rows(inventory, basis, before, (after, kept), species, assumptions, effects)
    # of the last basis, the working selection
    rows += _area_rows(inventory, selected, filters, cover)
    if not inventory.threats.empty:
        rows.append(_star_row(inventory, last[sites], kept[sites]))
    rows += _country_rows(inventory, sites, sites[sites.isin(selected)], spend)
    table = pd.DataFrame(rows)
    for place, name in enumerate(("aichi", "gbf", "unit")):
        table[name] = [MEASURES[measure][place] for measure in table["measure"]]
    order = {name: at for at, name in enumerate(MEASURES)}
    table["_at"] = table["measure"].map(order)
    table = table.sort_values("_at", kind="stable").drop(columns="_at").reset_index(drop=True)
    of_n = table["n"].where(table["unit"].isin(_COUNTED) & (table["n"] > 0))
    table["before_part"], table["after_part"] = table["before"] / of_n, table["after"] / of_n
    return table.reindex(columns=[*_COLUMNS, *_HIGH])


def _row(measure: str, n: int, before: float | None, after: float | None) -> dict[str, object]:
    return {"measure": measure, "basis": NEWEST, "n": n, "before": before, "after": after}


def _area_rows(
    inventory: Inventory, selected: tuple[str, ...], filters: Filters | None, cover: pd.Series | None
) -> list[dict[str, object]]:
    added = site_added(inventory, selected, filters, cover).dropna(subset="added_km2")
    rows = [_row("added_area", len(added), 0.0, float(added["added_km2"].sum()))]
    marine = inventory.sites["realm"].reindex(inventory.where(filters or Filters())) == "marine"
    for realm in ("land", "sea") if marine.any() else ("land",):
        part = added.loc[added["realm"] == realm, "added_km2"]
        rows.append(_row(f"added_{realm}", len(part), 0.0, float(part.sum()) / value(f"world.{realm}_km2")))
    return rows


def _star_row(inventory: Inventory, before: pd.Series, after: pd.Series) -> dict[str, object]:
    units = recorded_star(inventory).reindex(before.index)
    counted = units["low"].notna() & before.notna()
    units, was, is_ = units[counted], before[counted], after[counted]
    return {
        **_row("star", len(units), float((units["low"] * was).sum()), float((units["low"] * is_).sum())),
        "before_high": float((units["high"] * was).sum()),
        "after_high": float((units["high"] * is_).sum()),
    }


def _country_rows(
    inventory: Inventory, sites: pd.Index, chosen: pd.Index, spend: pd.Series | None
) -> list[dict[str, object]]:
    every = pd.Index(inventory.countries_of(sites)["iso3"].unique())
    pairs = inventory.countries_of(chosen)
    rows = [_row("countries_served", len(every), 0, int(pairs["iso3"].nunique()))]
    if spend is not None:
        # a shared site's spend is split evenly, for how it falls is not known
        each = pairs["site_id"].map(spend).astype(float) / pairs.groupby("site_id")["iso3"].transform("size")
        by = each.groupby(pairs["iso3"]).sum(skipna=False).reindex(every, fill_value=0.0)
        rows.append(_row("spend_gini", len(every), None, gini(by)))
    return rows


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
    reach: tuple[pd.Series, pd.Series],
    species: pd.Index,
    assumptions: Assumptions,
    effects: pd.Series | None,
) -> list[dict[str, object]]:
    occurrences = inventory.occurrences
    after, held = reach
    was, is_ = species_state(occurrences, before), species_state(occurrences, after)
    counted = was.index[was["known"] & was.index.isin(species)]
    _, low, high = risk_reduction(inventory, before, assumptions, counted, effects)
    _, low_after, high_after = risk_reduction(inventory, held, assumptions, counted, effects)
    return [
        {
            "measure": "species_all_covered",
            "basis": basis,
            "n": len(counted),
            "before": int(was.loc[counted, "all_complete"].sum()),
            "after": int(is_.loc[counted, "all_complete"].sum()),
        },
        {
            "measure": "species_any_covered",
            "basis": basis,
            "n": len(counted),
            "before": int(was.loc[counted, "any_complete"].sum()),
            "after": int(is_.loc[counted, "any_complete"].sum()),
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


def ledger(
    inventory: Inventory,
    selected: tuple[str, ...],
    filters: Filters | None = None,
    *,
    cover: pd.Series | None = None,
) -> pd.DataFrame:
    """The species still without a covered site, by name.

    Parameters
    ----------
    inventory : Inventory
    selected : tuple of str
        Sites of the plan; it covers them wholly where `cover` does not say otherwise.
    filters : Filters, optional
        Species are listed when one of their sites is among these.
    cover : pandas.Series, optional
        As in `scoreboard`.

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
    after = reached(last, selected, cover)
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


def ledger_difference(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Species that stand in one of two ledgers alone.

    Parameters
    ----------
    one, other : pandas.DataFrame
        As `ledger` returns them.

    Returns
    -------
    pandas.DataFrame
        Their rows, with `without_in` (``one`` or ``other``: the plan that leaves them without a covered
        site), in the order of `scientific_name`.
    """
    parts = [
        one[~one.index.isin(other.index)].assign(without_in="one"),
        other[~other.index.isin(one.index)].assign(without_in="other"),
    ]
    return pd.concat(parts).sort_values("scientific_name")


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

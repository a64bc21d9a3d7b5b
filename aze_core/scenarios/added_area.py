"""Area that a plan adds, beside the land and sea of each country and of the world."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aze_core.domain.model import Filters, Inventory
from aze_core.domain.settings import value
from aze_core.ranking.criteria import latest
from aze_core.scenarios.evaluate import reached
from aze_core.scenarios.national_coverage import NationalCoverage

WORLD = "world"
REALMS = ("land", "sea")


def site_added(
    inventory: Inventory,
    selected: tuple[str, ...],
    filters: Filters | None = None,
    cover: pd.Series | None = None,
) -> pd.DataFrame:
    """Area that the plan adds at each of its sites.

    Parameters
    ----------
    inventory : Inventory
    selected : tuple of str
    filters : Filters, optional
        Only these sites count.
    cover : pandas.Series, optional
        Share of each site covered after the plan, by area-based actions alone; wholly where not given.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, the selected sites that count; `realm` (`land`, with fresh water, or `sea`),
        `realm_assumed` (not recorded, so taken as land) and `added_km2` (missing where area or cover is not
        known).
    """
    scope = inventory.where(filters or Filters())
    sites = scope[scope.isin(selected)]
    before = latest(inventory)["share"].astype(float)[sites]
    after = reached(before, selected, cover).where(before.notna())
    place = inventory.sites.loc[sites, "realm"]
    return pd.DataFrame(
        {
            "realm": np.where((place == "marine").fillna(False), "sea", "land"),
            "realm_assumed": place.isna(),
            "added_km2": inventory.sites.loc[sites, "area_km2"].astype(float) * (after - before),
        },
        index=sites,
    )


def added_area(
    inventory: Inventory,
    selected: tuple[str, ...],
    filters: Filters | None = None,
    *,
    cover: pd.Series | None = None,
    national: Sequence[NationalCoverage] = (),
) -> pd.DataFrame:
    """Added area of the world and of each country of the plan, on land and at sea apart.

    Parameters
    ----------
    inventory : Inventory
    selected : tuple of str
        Sites of the plan.
    filters : Filters, optional
    cover : pandas.Series, optional
        As in `site_added`.
    national : sequence of NationalCoverage
        What countries say of their own protected land and sea.

    Returns
    -------
    pandas.DataFrame
        Index `place` (``world``, then codes of countries) and `realm` (``land``; ``sea`` where a site of the
        plan or a national figure speaks of it). `sites` (with a known added area), `unknown` (without),
        `realm_assumed` (sites taken as land because no realm is recorded), `added_km2`, `added_high_km2`
        (with sites shared with other countries, of which the part that lies here is not known), `of_km2`
        (the whole land or sea; missing where not known), `part`, `part_high` (of it, 0 to 1), `before`
        (national figure, 0 to 1), `after`, `after_high`, `source` (of that figure), and for reference
        `aichi_mark`, `gbf_mark`.

    Notes
    -----
    AZE sites are so small that the 17 % and 30 % of Targets 11 and 3 hardly move: the marks are a reference
    and no goal for AZE sites. The national figure is the user's; that it counts areas as the planner does is
    not known. Countries' sea areas are not known here.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> shipped = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> added_area(shipped, ("AFG1",)).loc[("AFG", "land"), "added_km2"].round(2).item()
    382.57
    """
    added = site_added(inventory, selected, filters, cover)
    pairs = inventory.countries_of(added.index)
    pairs["shared"] = pairs["site_id"].map(inventory.sites["iso3"]).str.contains(";", regex=False)
    whole = pd.DataFrame({"iso3": WORLD, "site_id": added.index, "shared": False})
    rows = pd.concat([whole, pairs], ignore_index=True).join(added, on="site_id")
    figures = {
        (one.country, realm): one for one in national for realm in REALMS if _stated(one, realm) is not None
    }
    keys = {(WORLD, "land"), *((code, "land") for code in pairs["iso3"]), *figures}
    keys |= set(zip(rows["iso3"], rows["realm"], strict=True))
    found = []
    for place, realm in sorted(keys, key=lambda key: (key[0] != WORLD, *key)):
        here = rows[(rows["iso3"] == place) & (rows["realm"] == realm)]
        area = here["added_km2"]
        low, high = float(area[~here["shared"].astype(bool)].sum()), float(area.sum())
        of = _whole(inventory, place, realm)
        one = figures.get((place, realm))
        stated = _stated(one, realm) if one else None
        before = np.nan if stated is None else stated
        found.append(
            {
                "place": place,
                "realm": realm,
                "sites": int(area.notna().sum()),
                "unknown": int(area.isna().sum()),
                "realm_assumed": int(here["realm_assumed"].sum()),
                "added_km2": low,
                "added_high_km2": high,
                "of_km2": of,
                "part": low / of,
                "part_high": high / of,
                "before": before,
                "after": np.minimum(before + low / of, 1.0),
                "after_high": np.minimum(before + high / of, 1.0),
                "source": one.source if one else None,
                "aichi_mark": value(f"target.aichi11.{realm}"),
                "gbf_mark": value("target.gbf3.share"),
            }
        )
    return pd.DataFrame(found).set_index(["place", "realm"])


def _stated(one: NationalCoverage, realm: str) -> float | None:
    percent = one.land_percent if realm == "land" else one.sea_percent
    return None if percent is None else percent / 100


def _whole(inventory: Inventory, place: str, realm: str) -> float:
    """Land or sea of a place in km²; missing where not known."""
    if place == WORLD:
        return float(value(f"world.{realm}_km2"))
    land = inventory.countries["land_area_km2"]
    known = realm == "land" and place in land.index and pd.notna(land[place]) and land[place] > 0
    return float(land[place]) if known else np.nan

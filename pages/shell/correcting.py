"""Corrections on their way: proposed, accepted into a new version, or rejected."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import shapely

from aze_core.build.corrected import accept as make
from aze_core.domain.corrections import Correction
from aze_core.domain.errors import SettingError
from aze_core.domain.model import Inventory
from aze_core.locale import percent, t
from aze_core.sources.shape_file import read_polygon
from aze_core.store import corrections as store
from aze_core.store import folder
from aze_core.store.corrections import Proposal
from pages.shell import access, loads, uploads, version
from pages.shell.widgets import named

Action = Callable[[Inventory, list[Proposal]], str]
"""Does something with chosen proposals; returns what was done, in words."""


def _only_local() -> None:
    if not access.may_write():
        raise SettingError("only_local")


def proposals(inventory: Inventory) -> list[Proposal]:
    """Proposals that speak of what this session may see, the latest first."""
    sites, species = set(inventory.sites.index), set(inventory.species.index)
    return [
        one
        for one in store.proposals(folder.default_folder())
        if (not one.correction.site_id or one.correction.site_id in sites)
        and (
            not one.correction.species_id or one.correction.species_id in species or one.status != "proposed"
        )
    ]


def propose(
    inventory: Inventory, kind: str, site: str, species: str, said: dict[str, Any], source: str, who: str
) -> None:
    """Keep a proposal.

    Raises
    ------
    AzeError
        What it lacks, what cannot be in it, or that it comes from another computer.
    """
    _only_local()
    plain = loads.whole()
    if (site and site not in plain.sites.index) or (species and species not in plain.species.index):
        raise SettingError("correction_of_withheld")
    if kind == "boundary":
        given = said.pop("file", None)
        if given is None:
            raise SettingError("correction_lacks", what="geojson")
        said["geojson"] = json.dumps(shapely.geometry.mapping(read_polygon(uploads.keep(given))))
    correction = Correction(kind, site, species, said, source, who)  # type: ignore[arg-type]
    store.propose(folder.default_folder(), inventory.version.content_hash, correction)


def accept(inventory: Inventory, chosen: list[Proposal]) -> str:
    """Make a version with the chosen proposals and look at it."""
    _only_local()
    in_order = sorted(chosen, key=lambda one: (one.at, one.proposal_id))
    made = make(folder.default_folder(), inventory.version.content_hash, in_order)
    version.choose(made)
    return t("desk.accepted", hash=made[:8], n=len(chosen))


def reject(inventory: Inventory, chosen: list[Proposal]) -> str:
    """Mark the chosen proposals as rejected; they stay on record."""
    _only_local()
    store.decide(folder.default_folder(), [one.proposal_id for one in chosen], "rejected", "")
    return t("desk.rejected", n=len(chosen))


def title(inventory: Inventory, one: Correction) -> str:
    """What a correction is about, and where."""
    site = inventory.sites["name"].get(one.site_id, one.site_id)
    species = inventory.species["scientific_name"].get(one.species_id, one.species_id)
    where = site if one.site_id else species
    return t("desk.title", kind=t(f"desk.kind_{one.kind}"), where=where)


def told(inventory: Inventory, one: Correction) -> str:
    """What a correction says."""
    said = dict(one.said)
    if one.kind == "protected_since":
        return t("desk.told_protected_since", year=said["year"], share=percent(said["share"]))
    if one.kind == "name":
        return t("desk.told_name", name=said["name"])
    if one.kind == "point":
        return t("desk.told_point", latitude=said["latitude"], longitude=said["longitude"])
    if one.kind == "boundary":
        return t("desk.told_boundary")
    if one.kind == "species_here":
        code = said.get("category")
        return t(
            "desk.told_species_here",
            name=said["scientific_name"],
            category=named("category", code) if code else t("missing"),
        )
    if one.kind == "species_not_here":
        name = inventory.species["scientific_name"].get(one.species_id, one.species_id)
        return t("desk.told_species_not_here", name=name)
    return t("desk.told_category", category=named("category", said["category"]))


def sheet(inventory: Inventory, found: Sequence[Proposal]) -> pd.DataFrame:
    """Proposals as a table to send: to the protected-area authority, the KBA group and AZE."""
    rows = []
    for one in found:
        correction = one.correction
        site = correction.site_id
        known = site in inventory.sites.index
        rows.append(
            {
                "status": one.status,
                "about": t(f"desk.kind_{correction.kind}"),
                "site_id": site,
                "site": inventory.sites.at[site, "name"] if known else "",
                "kba_id": inventory.sites.at[site, "kba_id"] if known else "",
                "iso3": inventory.sites.at[site, "iso3"] if known else "",
                "species": inventory.species["scientific_name"].get(correction.species_id, ""),
                "proposed": told(inventory, correction),
                "source": correction.stated_source,
                "proposer": correction.proposer,
                "date": dt.datetime.fromtimestamp(one.at, dt.UTC).date().isoformat(),
                "send_to": t(f"desk.send_to_{correction.kind}"),
            }
        )
    return pd.DataFrame(rows)


def readable(text: Any) -> str:
    """A value before or after a correction, for reading."""
    try:
        content = json.loads(text)
    except (TypeError, ValueError):
        return "" if not isinstance(text, str) else text
    if content is None:
        return ""
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return "; ".join(f"{one['vintage']}: {percent(one['share'])}" for one in content)
    if isinstance(content, list):
        return ", ".join(t("missing") if one is None else f"{one:g}" for one in content)
    if isinstance(content, dict):
        if "occurrence" in content:
            return str(content["species"]["scientific_name"])
        if "category" in content:
            return named("category", content["category"])
        if "area_km2" in content:
            return t("missing") if content["area_km2"] is None else f"{content['area_km2']:,.1f} km²"
        return str(content.get("species_id", ""))
    return named("category", content) if isinstance(content, str) and len(content) == 2 else str(content)

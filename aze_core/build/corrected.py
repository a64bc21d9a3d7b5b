"""Accepted corrections → a new version in which they stand as marked overrides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from aze_core.build.coverage import refreshed
from aze_core.build.join_sites import Frames, stack, without_lost_species
from aze_core.build.shipped import place
from aze_core.domain.corrections import Correction
from aze_core.domain.errors import DataError, SettingError
from aze_core.domain.protected_areas import EQUAL_AREA
from aze_core.domain.schema import TABLES, check_references, conform
from aze_core.locale import t
from aze_core.measures.reported import COMPUTED
from aze_core.sources.red_list import canonical_name, species_slug
from aze_core.store import folder
from aze_core.store.corrections import Proposal, decide
from aze_core.store.inventory import frames_of, read_version


def accept(store_dir: Path, base: str, proposals: Sequence[Proposal], decided_by: str = "") -> str:
    """Make a version with the proposals as overrides, and mark them as accepted.

    Parameters
    ----------
    store_dir : Path
    base : str
        Content hash of the version that is corrected; it stays as it is.
    proposals : sequence of Proposal
        In the order in which they apply.
    decided_by : str
        Who accepted them.

    Returns
    -------
    str
        Content hash of the new version.

    Raises
    ------
    DataError
        When a correction speaks of a site or species that the version does not have.
    StoreError
        When the store cannot be read or written.
    """
    if not proposals:
        raise SettingError("no_proposals")
    frames = frames_of(folder.inventory_path(store_dir, base))
    for one in proposals:
        frames = with_correction(frames, one.correction)
    frames = refreshed(frames, store_dir)
    frames["inventory"] = frames["inventory"].assign(derived_from=base)
    for name, table in TABLES.items():
        shapes = frames[name]["geometry"] if name == "sites" else None
        frames[name] = conform(frames[name], table, name).reset_index(drop=True)
        if shapes is not None:
            frames[name]["geometry"] = shapes.to_numpy(dtype=object)
    check_references(frames)
    path, _ = place(frames, store_dir)
    made = read_version(path).content_hash
    decide(store_dir, [one.proposal_id for one in proposals], "accepted", decided_by, made)
    return made


def with_correction(frames: Frames, correction: Correction) -> Frames:
    """The tables with one correction applied, and marked in `corrections` with what stood there before.

    Raises
    ------
    DataError
        When the site or species is not in the tables, or nothing is to be changed.
    """
    sites, species = frames["sites"], frames["species"]
    if correction.site_id and not (sites["site_id"] == correction.site_id).any():
        raise DataError("correction_unknown", what=correction.site_id)
    if correction.species_id and not (species["species_id"] == correction.species_id).any():
        raise DataError("correction_unknown", what=correction.species_id)
    number = len(frames["corrections"]) + 1
    source = f"correction-{number:03}"
    who = correction.proposer or t("correction.nobody")
    row = {
        "source_id": source,
        "citation": correction.stated_source,
        "title_short": t("correction.source", number=number),
        "terms": t("correction.terms", who=who),
    }
    frames = {**frames, "sources": stack(frames["sources"], pd.DataFrame([row]), "sources")}
    made, old, new, species_id = _APPLY[correction.kind](frames, correction, source)
    marked = {
        "correction_id": f"c{number:03}",
        "kind": correction.kind,
        "site_id": correction.site_id or None,
        "species_id": species_id or None,
        "old_value": _plain(old),
        "new_value": _plain(new),
        "stated_source": correction.stated_source,
        "proposer": correction.proposer or None,
        "source": source,
    }
    made["corrections"] = stack(frames["corrections"], pd.DataFrame([marked]), "corrections")
    return made


def _plain(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)


Applied = tuple[Frames, Any, Any, str]
"""The tables, what stood there before and what stands there now (as JSON), and the species concerned."""


def _cell(frame: pd.DataFrame, key: str, identifier: str, column: str) -> Any:
    found = frame.loc[frame[key] == identifier, column].iloc[0]
    return None if pd.isna(found) else found.item() if hasattr(found, "item") else found


def _with_cells(frame: pd.DataFrame, key: str, identifier: str, **cells: Any) -> pd.DataFrame:
    made = frame.copy()
    at = made.index[made[key] == identifier]
    for column, content in cells.items():
        made.loc[at, column] = content
    return made


def _protected_since(frames: Frames, one: Correction, source: str) -> Applied:
    """From that year on every report of the site says what was said; where there is none, a new one does."""
    year, share = one.value("year"), one.value("share")
    cover = frames["coverage"]
    mine = (cover["site_id"] == one.site_id) & (cover["vintage"] >= year)
    old = [
        {"vintage": int(r.vintage), "share": float(r.share), "method": r.method, "source": r.source}
        for r in cover[mine].itertuples()
    ]
    if mine.any():
        made = cover.copy()
        made.loc[mine, "share"] = share
        made.loc[mine, "method"] = "corrected"
        made.loc[mine, "source"] = source
        new = [{"vintage": entry["vintage"], "share": share} for entry in old]
    else:
        row = {
            "site_id": one.site_id,
            "vintage": year,
            "share": share,
            "method": "corrected",
            "source": source,
        }
        made = stack(cover, pd.DataFrame([row]), "coverage")
        new = [{"vintage": year, "share": share}]
    return {**frames, "coverage": made}, old, new, ""


def _name(frames: Frames, one: Correction, source: str) -> Applied:
    old = _cell(frames["sites"], "site_id", one.site_id, "name")
    sites = _with_cells(frames["sites"], "site_id", one.site_id, name=one.value("name"))
    return {**frames, "sites": sites}, old, one.value("name"), ""


def _point(frames: Frames, one: Correction, source: str) -> Applied:
    sites = frames["sites"]
    old = [_cell(sites, "site_id", one.site_id, column) for column in ("latitude", "longitude")]
    new = [one.value("latitude"), one.value("longitude")]
    made = _with_cells(
        sites, "site_id", one.site_id, latitude=new[0], longitude=new[1], location_note=t("correction.point")
    )
    return {**frames, "sites": made}, old, new, ""


def _boundary(frames: Frames, one: Correction, source: str) -> Applied:
    """The boundary that was given; area and point follow from it."""
    try:
        shape = shapely.from_geojson(one.value("geojson"))
    except shapely.errors.GEOSException as error:
        raise DataError("correction_no_polygon", problem=str(error)[:200]) from None
    if shape is None or shapely.get_dimensions(shape) != 2 or not shape.is_valid or shape.is_empty:
        raise DataError(
            "correction_no_polygon", problem=shapely.is_valid_reason(shape) if shape else "nothing"
        )
    sites = frames["sites"]
    square = float(gpd.GeoSeries([shape], crs="EPSG:4326").to_crs(EQUAL_AREA).area.iloc[0]) / 1e6
    inside = shape.representative_point()
    old: dict[str, Any] = {
        name: _cell(sites, "site_id", one.site_id, name)
        for name in ("area_km2", "area_basis", "measured_km2", "latitude", "longitude")
    }
    cover = frames["coverage"]
    computed = cover[(cover["site_id"] == one.site_id) & (cover["method"] == COMPUTED)]
    if len(computed):
        # the cover is computed anew within the new boundary
        told = computed[["vintage", "share", "method", "source"]].astype({"vintage": int, "share": float})
        old["coverage"] = told.to_dict("records")
    new = {
        "area_km2": square,
        "area_basis": "measured",
        "measured_km2": square,
        "latitude": inside.y,
        "longitude": inside.x,
    }
    made = _with_cells(sites, "site_id", one.site_id, **new)
    at = made.index[made["site_id"] == one.site_id][0]
    shapes = made["geometry"].to_numpy(dtype=object).copy()
    shapes[made.index.get_loc(at)] = shape
    made["geometry"] = shapes
    return {**frames, "sites": made}, old, new, ""


def _species_here(frames: Frames, one: Correction, source: str) -> Applied:
    name = canonical_name(str(one.value("scientific_name")))
    slug = species_slug(name)
    made = dict(frames)
    known = (frames["species"]["species_id"] == slug).any()
    if not known:
        row = {
            "species_id": slug,
            "scientific_name": name,
            "class_name": one.value("class_name"),
            "category": one.value("category"),
            "category_source": source if one.value("category") else None,
            "source": source,
        }
        made["species"] = stack(frames["species"], pd.DataFrame([row]), "species")
    at = frames["occurrences"]
    if ((at["site_id"] == one.site_id) & (at["species_id"] == slug)).any():
        raise DataError("correction_there_already", what=f"{name} + {one.site_id}")
    pair = {"site_id": one.site_id, "species_id": slug, "share": one.value("share"), "source": source}
    made["occurrences"] = stack(at, pd.DataFrame([pair]), "occurrences")
    return made, None, {"species_id": slug, "share": one.value("share"), "new_species": not known}, slug


def _species_not_here(frames: Frames, one: Correction, source: str) -> Applied:
    at = frames["occurrences"]
    mine = (at["site_id"] == one.site_id) & (at["species_id"] == one.species_id)
    if not mine.any():
        raise DataError("correction_unknown", what=f"{one.species_id} + {one.site_id}")
    plain = at[mine].astype(object).where(at[mine].notna(), None)
    species = frames["species"]
    kept = species[species["species_id"] == one.species_id].astype(object)
    old = {
        "occurrence": plain.to_dict("records")[0],
        "species": kept.where(kept.notna(), None).to_dict("records")[0],
    }
    made = without_lost_species({**frames, "occurrences": at[~mine].reset_index(drop=True)})
    return made, old, None, one.species_id


def _category(frames: Frames, one: Correction, source: str) -> Applied:
    species = frames["species"]
    old = {
        name: _cell(species, "species_id", one.species_id, name)
        for name in ("category", "category_source", "category_year")
    }
    made = _with_cells(
        species,
        "species_id",
        one.species_id,
        category=one.value("category"),
        category_source=source,
        category_year=pd.NA,
    )
    return {**frames, "species": made}, old, one.value("category"), one.species_id


_APPLY = {
    "protected_since": _protected_since,
    "name": _name,
    "point": _point,
    "boundary": _boundary,
    "species_here": _species_here,
    "species_not_here": _species_not_here,
    "category": _category,
}

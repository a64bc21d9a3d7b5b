"""From files that a visitor brought to an import at work."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.build.plan import KINDS as PLAN_KINDS
from aze_core.build.plan import SITES, TABLES, ImportPlan, Input, pairs
from aze_core.build.recognise import Look, date_of_areas, date_of_name, names_within
from aze_core.domain.errors import AzeError, SettingError, StoreError
from aze_core.domain.model import Inventory
from aze_core.locale import explain
from aze_core.sources import kba, national, site_table, territories, trigger_species
from aze_core.sources.boundaries import read_boundaries
from aze_core.sources.tables import key
from aze_core.store import boundaries, folder, versions
from aze_core.views.land import own_land
from pages.shell import access, jobs, loads, uploads, version

KINDS = tuple(PLAN_KINDS)
"""What a file can be read as."""

LISTS = trigger_species.LISTS
"""Fields that several columns hold."""

SURE = 0.8
"""Confidence from which a guessed column is not marked as doubtful."""

_FIELDS: dict[str, Sequence[str]] = {
    "trigger_species": (*trigger_species.FIELDS, *trigger_species.LISTS),
    "site_table": site_table.FIELDS,
    "national": (*national.KEYS, *national.ROW_WIDE, *national.FIELDS),
    "sites": kba.FIELDS,
    "territories": territories.FIELDS,
}

_TRAINING = (
    "KBAsGlobal_2026_March_01_training.zip",
    "training_trigger_species.xlsx",
    "training_red_list.zip",
    "training_costs.csv",
    "training_national.xlsx",
    "training_territories.geojson",
    "WDPA_training.zip",
)


@dataclass(frozen=True)
class Offer:
    """A file, or a sheet of one, as the visitor wants it read."""

    path: str
    kind: str
    sheet: str = ""
    mapping: dict[str, list[str]] = field(default_factory=dict)
    about: dict[str, list[str]] = field(default_factory=dict)


def is_mapped(kind: str) -> bool:
    """Whether columns of this kind are confirmed by the visitor."""
    return kind in _FIELDS


def fields_of(kind: str) -> Sequence[str]:
    """Fields that columns may hold."""
    return _FIELDS[kind]


def mapping_of(shown: Look) -> dict[str, list[str]]:
    """The mapping that a look offers, every field with a list of columns."""
    return {name: [c] if isinstance(c, str) else list(c) for name, c in shown.mapping.items()}


def lacking(kind: str, mapping: Mapping[str, Sequence[str]]) -> str:
    """What a mapping lacks: ``site``, ``species``, or nothing."""
    if kind in ("trigger_species", "national") and not {"site_id", "site_name"} & set(mapping):
        return "site"
    if kind == "site_table" and not {"site_id", "name", "national_name"} & set(mapping):
        return "site"
    if kind == "sites" and not (
        "site_id" in mapping and {"international_name", "national_name"} & set(mapping)
    ):
        return "site"
    layouts = ("scientific_name", *trigger_species.LISTS)
    if kind == "trigger_species" and sum(name in mapping for name in layouts) != 1:
        return "species"
    return ""


def training_files() -> list[str]:
    """The made-up files that teach the import."""
    return [str(folder.DATA / "training" / name) for name in _TRAINING]


def gather(given: Sequence[Any] | None, path: str) -> tuple[list[tuple[Path, str]], list[str]]:
    """All files brought so far, each with its name, and what went wrong with others."""
    found: list[tuple[Path, str]] = []
    problems: list[str] = []
    for uploaded in given or []:
        try:
            kept = uploads.keep(uploaded)
            found.append((kept, kept.name))
        except AzeError as error:
            problems.append(explain(error))
    if path.strip():
        try:
            local = uploads.local_path(path)
            found.append((local, local.name))
        except AzeError as error:
            problems.append(explain(error))
    if not found and access.may_write():
        found = [(Path(one), Path(one).name) for one in st.session_state.get("bring_paths", [])]
    return found, problems


def date_of(offers: Sequence[Offer]) -> str:
    """The date of the list that the files' names tell."""
    listed = [one for one in offers if one.kind != "protected_areas"]
    dates = [date for one in listed if (date := date_of_name(Path(one.path).name))]
    return dates[0] if dates else ""


def date_of_protected_areas(offers: Sequence[Offer]) -> str:
    """The date of the protected areas among the files; empty where there are none."""
    paths = [Path(one.path) for one in offers if one.kind == "protected_areas"]
    return max((date_of_areas(names_within(path)) for path in paths), default="")


def begin(
    inventory: Inventory,
    offers: Sequence[Offer],
    name: str,
    as_of: str,
    list_type: str,
    adds: bool,
    replaces: bool,
    areas_as_of: str = "",
) -> None:
    """Start the import that the visitor asked for.

    Raises
    ------
    SettingError
        What it lacks, or that it was asked for from another computer.
    """
    for one in offers:
        missing = lacking(one.kind, one.mapping)
        if missing:
            raise SettingError(f"mapping_lacks_{missing}", file=Path(one.path).name)
    inputs = tuple(
        Input(
            one.path,
            one.kind,
            sheet=one.sheet,
            mapping=pairs("mapping", one.mapping if is_mapped(one.kind) else {}),
            about=pairs("about", one.about),
            list_type=list_type if one.kind in SITES and not adds else "",
            replaces=replaces and one.kind in (*SITES, "trigger_species"),
            as_of=areas_as_of.strip() if one.kind == "protected_areas" else "",
        )
        for one in offers
    )
    base = inventory.version.content_hash if adds else ""
    _start(ImportPlan(inputs, name, "", as_of.strip(), list_type, base))


def _start(plan: ImportPlan) -> None:
    _only_local()
    running = st.session_state.get("import_job")
    if running is not None and running.running:
        raise SettingError("import_running")
    st.session_state["import_job"] = jobs.start(plan, uploads.place())


def _only_local() -> None:
    if not access.may_write():
        raise SettingError("only_local")


def correct(inventory: Inventory, group: loads.AsideGroup, rows: pd.DataFrame) -> None:
    """Read rows that were set aside and have been corrected, in a new version.

    Raises
    ------
    SettingError
        When it was asked for from another computer.
    StoreError
        When there is no room.
    """
    _only_local()
    target = uploads.place() / f"corrected-{group.input_id}.csv"
    table = rows.drop(columns=["why", "row"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(
        [["" if pd.isna(cell) else cell for cell in row] for row in table.itertuples(index=False)]
    )
    try:
        target.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            "unwritable_store", path=str(target.parent), problem=error.strerror or error
        ) from None
    kind = "site_table" if group.kind == "sites" else group.kind
    [shown] = uploads.brought(target, kind).looks
    one = Input(
        str(target),
        kind,
        mapping=pairs("mapping", shown.mapping if kind in TABLES and is_mapped(kind) else {}),
        corrects=tuple(f"{group.input_id}:{int(row)}" for row in rows["row"]),
    )
    _start(ImportPlan((one,), base=inventory.version.content_hash))


def looks_like_borders(shown: Look) -> bool:
    """Whether a layer that is no layer of sites has countries: then it is likely a boundary file."""
    keys = {key(name) for name in shown.columns}
    return shown.problem == "unknown_layer" and bool(keys & {"iso3", "iso", "isoa3", "adm0a3", "shapegroup"})


def use_borders(path: Path) -> None:
    """Draw maps with the borders of this file from now on.

    Raises
    ------
    AzeError
        When it cannot be read or kept, or was brought from another computer.
    """
    _only_local()
    geojson, _ = read_boundaries(path)
    own_land(geojson)  # what maps could not draw is refused before it is kept
    boundaries.keep(folder.default_folder(), geojson)


def forget_borders() -> None:
    """Draw maps with Natural Earth's borders again."""
    if access.may_write():
        boundaries.forget(folder.default_folder())


def look_at(content_hash: str) -> None:
    """Look at a version in this session."""
    version.choose(content_hash)
    start_over()
    st.session_state["data_view"] = "loaded"


def show_first(content_hash: str) -> None:
    """Show a version first, to everybody; only on the machine itself."""
    if access.may_write():
        versions.make_default(folder.default_folder(), content_hash)
        look_at(content_hash)


def start_over() -> None:
    """Forget the files and the report."""
    for name in ("import_job", "bring_paths", "bring_path", "bring_upload"):
        st.session_state.pop(name, None)
    uploads.clear()

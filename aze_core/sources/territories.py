"""Territories of indigenous peoples and local communities: who holds rights at a site, never a score."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from aze_core.domain.errors import DataError
from aze_core.domain.report import ImportReport
from aze_core.sources.archives import Limits, open_archive
from aze_core.sources.national import COLUMN_NAMES, UNREAD_STAGE, consent_stage
from aze_core.sources.shapes import (
    MAX_LAYERS,
    MAX_ROWS,
    Layer,
    Progress,
    all_columns,
    contents,
    find_layers,
    match_layers,
    read_layers,
)
from aze_core.sources.tables import Guess, guess_columns, is_not_known
from aze_core.sources.text import cell_text, readable

FIELDS = ("rights_holders", "consent_stage", "consent_source", "name", "year", "source")
"""Fields that one column each may hold."""

COLUMNS = (*FIELDS, "geometry")

NOT_NAMED = "not named"
"""`rights_holders` of a territory whose layer names neither people nor place."""

_MORE_NAMES = {
    "rights_holders": "people peoples community communities indigenous_people indigenous_peoples ethnicity "
    "ethnic_group ethncty_1 tribe nation etnia etnia_nome pueblo pueblos pueblo_indigena povo povos "
    "comunidad comunidade communaute peuple",
    "name": "name territory territory_name name_eng official_name community_name nombre nom nome "
    "terrai_nom territorio territoire",
    "year": "year_recognised date_upd fecha date",
    "source": "data_source data_src citation",
}
_NAMES = {
    field: (*COLUMN_NAMES.get(field, ()), *_MORE_NAMES.get(field, "").split()) or (field,) for field in FIELDS
}
_TELLING = ("rights_holders", "consent_stage", "name")
_ABSENT = {"rights_holders": "the name stands for them", "consent_stage": "taken as unknown"}
_YEAR = re.compile(r"(1[5-9]\d\d|20\d\d)(\.0+)?([-/]\d{1,2}){0,2}([T ][\d:.]+)?")


def suggest_mapping(
    path: str | os.PathLike[str], *, limits: Limits | None = None, max_layers: int = MAX_LAYERS
) -> tuple[list[str], dict[str, Guess]]:
    """Columns of a layer of territories, and which of them may hold which field.

    Parameters
    ----------
    path : str or path-like
    limits, max_layers
        As `read_territories`.

    Returns
    -------
    (list of str, dict of str to Guess)
        The columns of all layers, each once, and the guesses by field: an offer to be confirmed, for names
        of columns are customs.

    Raises
    ------
    DataError
        As `read_territories`.

    Examples
    --------
    >>> import shapely, tempfile
    >>> land = gpd.GeoDataFrame({"Etnia": ["x"], "Area": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     land.to_file(f"{folder}/land.gpkg")
    ...     columns, guesses = suggest_mapping(f"{folder}/land.gpkg")
    >>> columns, {field: guess.column for field, guess in guesses.items()}
    (['Etnia', 'Area'], {'rights_holders': 'Etnia'})
    """
    with open_archive(path, limits) as archive:
        layers = find_layers(archive, max_layers)
        if not layers:
            raise DataError("no_polygon_layer", file=archive.file, found=contents(archive))
    return _guess(layers)


def read_territories(
    path: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    *,
    limits: Limits | None = None,
    max_rows: int = MAX_ROWS,
    max_layers: int = MAX_LAYERS,
) -> tuple[gpd.GeoDataFrame, ImportReport]:
    """Polygons of territories, with who holds rights there and how far consent has come.

    Rights are never a score: a ranking may show them beside a site, and must not count them for or against
    it.

    Parameters
    ----------
    path : str or path-like
        Zip, shapefile, GeoPackage, GeoJSON or geodatabase.
    mapping : mapping of str to str, optional
        Field of `FIELDS` to column; guessed where not given. All fields may be left out.
    progress : callable, optional
        Called with the share done and the stage.
    limits : Limits, optional
        What an archive may hold.
    max_rows, max_layers : int
        What a download may hold.

    Returns
    -------
    territories : geopandas.GeoDataFrame
        One row per row of the layer, columns as `COLUMNS`, EPSG:4326. `rights_holders` falls back to the
        name, else it is `NOT_NAMED`. `consent_stage` is one of ``unknown``, ``informed``, ``consulting``,
        ``given``, ``withheld``; what cannot be read is unknown. `year` is a whole number or missing; the
        other texts are missing where nothing is given. Territories may overlap, and are left so.
    report : ImportReport
        What was noted, repaired and set aside: points and lines are, for they have no area.

    Raises
    ------
    DataError
        When the file as a whole cannot be read: see `open_archive` and `read_layers`; also no layer, a field
        that there is not, or a column that no layer has.

    Notes
    -----
    Of several layers those are read that have a column for rights-holders, consent or a name; where none
    has, all are. Do not read a place without a territory as a place without rights: layers hold what was
    mapped, and a missing stage is unknown, not withheld.

    Examples
    --------
    >>> import shapely, tempfile
    >>> land = gpd.GeoDataFrame({"people": ["A people"], "fpic": ["granted"]},
    ...                         geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     land.to_file(f"{folder}/land.gpkg")
    ...     territories, report = read_territories(f"{folder}/land.gpkg")
    >>> territories[["rights_holders", "consent_stage"]].values.tolist()
    [['A people', 'given']]
    """
    report = ImportReport()
    with open_archive(path, limits) as archive:
        layers = find_layers(archive, max_layers)
        if not layers:
            raise DataError("no_polygon_layer", file=archive.file, found=contents(archive))
        if mapping is None:
            # a part of a name is enough to offer a column, not to take it unasked
            mapping = {field: g.column for field, g in _guess(layers)[1].items() if g.confidence >= 0.8}
        chosen = _choose(layers, mapping, archive.file, report)
        rows = read_layers(
            chosen, FIELDS, archive.file, report, max_rows=max_rows, points=False, progress=progress
        )
    absent = {(layer.label, field) for layer, fields in chosen for field in FIELDS if field not in fields}
    territories = gpd.GeoDataFrame(_attributes(rows, absent, report), geometry="geometry", crs="EPSG:4326")
    if progress:
        progress(1.0, "check")
    return territories, report


def _guess(layers: list[Layer]) -> tuple[list[str], dict[str, Guess]]:
    columns = all_columns(layers)
    return columns, guess_columns(columns, [], FIELDS, _NAMES)


def _choose(
    layers: list[Layer], mapping: Mapping[str, str], file: str, report: ImportReport
) -> list[tuple[Layer, dict[str, str]]]:
    """Layers of territories, with their columns by field; the others are noted."""
    matched = match_layers(layers, mapping, FIELDS, file)
    telling = [one for one in matched if set(_TELLING) & set(one[1])] or matched
    for layer, _ in (one for one in matched if one not in telling):
        detail = "not read: it has no column for rights-holders, consent or a name"
        report.add("noted", "other_layer", layer.label, detail=detail)
    for layer, fields in telling:
        for field, instead in _ABSENT.items():
            if field not in fields:
                report.add("noted", "column_absent", layer.label, column=field, detail=instead)
    return telling


def _attributes(rows: pd.DataFrame, absent: set[tuple[str, str]], report: ImportReport) -> pd.DataFrame:
    records: list[dict[str, Any]] = []
    came: dict[str, Any]
    for came in rows.to_dict("records"):  # type: ignore[assignment]
        file, row = came["file"], int(came["row"])

        def note(action: str, rule: str, column: str, value: object = "", detail: str = "") -> None:
            report.add(action, rule, file, row, column, value, detail)  # noqa: B023 - called in this turn

        record: dict[str, Any] = {}
        for field in ("rights_holders", "consent_source", "name", "source"):
            text = readable(came[field], field, note)
            record[field] = None if text is None or is_not_known(text) else text
        if record["rights_holders"] is None:
            record["rights_holders"] = record["name"] or NOT_NAMED
            if not record["name"]:
                note("noted", "not_named", "rights_holders", detail=f"neither people nor name: {NOT_NAMED}")
            elif (file, "rights_holders") not in absent:
                note("noted", "named_by_place", "rights_holders", record["name"], "the name stands for them")
        stage = cell_text(came["consent_stage"]).strip()
        record["consent_stage"] = consent_stage(stage)
        if record["consent_stage"] is None:
            note("repaired", "unknown_consent_stage", "consent_stage", stage, UNREAD_STAGE)
            record["consent_stage"] = "unknown"
        year = cell_text(came["year"]).strip()
        record["year"] = int(year[:4]) if _YEAR.fullmatch(year) else None
        if record["year"] is None and not is_not_known(year):
            note("repaired", "bad_year", "year", year, "left unknown")
        records.append({**record, "geometry": came["geometry"]})
    frame = pd.DataFrame(records, columns=list(COLUMNS))
    kinds = {field: "Int64" if field == "year" else "str" for field in FIELDS}
    return frame.astype(kinds)

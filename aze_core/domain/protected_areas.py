"""The words of protected areas and OECMs: both schemas of the WDPA, and what a status counts for."""

from __future__ import annotations

import re
from collections.abc import Iterable

COLUMNS = (
    "area_id",
    "name",
    "iso3",
    "kind",
    "status",
    "year",
    "designation",
    "iucn_category",
    "governance",
    "reported_km2",
    "basis",
    "tier",
)
"""Columns of a tidy frame of areas, beside `geometry`."""

KINDS = ("pa", "oecm")
"""Protected areas, and other effective area-based conservation measures."""

BASES = ("polygon", "point")

EQUAL_AREA = "EPSG:6933"
"""System in which tidy areas lie: areas are true in it, distances are not."""

EDGES = (17367530.445161372, 7342230.13649868)
"""Where the world ends in it: 180° and 90°, in m."""

COUNTED, UNKNOWN, PROPOSED = "counted", "unknown", "proposed"
TIERS = (COUNTED, UNKNOWN, PROPOSED)
"""What the status of an area counts for: the headline, the high end only, or neither yet."""

STATUSES = {
    "designated": COUNTED,
    "inscribed": COUNTED,
    "established": COUNTED,
    "adopted": COUNTED,
    "proposed": PROPOSED,
    "not reported": "",
}
"""Status in small letters: its tier; those without one are left out. Any other status is unknown."""

BIOSPHERE_RESERVE = "UNESCO-MAB Biosphere Reserve"
"""English designation that is left out: most of such a reserve is a zone of cooperation, not protected."""

_NEW = ("site_id", "site_pid", "name_eng", "site_type")

# field: columns of the published files, the first preferred; shapefiles cut names to ten letters
_FIELDS: dict[str, tuple[str, ...]] = {
    "area_id": ("SITE_PID", "WDPA_PID", "SITE_ID", "WDPAID", "WDPA_ID"),
    "name": ("NAME_ENG", "NAME"),
    "second_name": ("NAME", "ORIG_NAME"),
    "iso3": ("ISO3",),
    "kind": ("SITE_TYPE", "PA_DEF"),
    "status": ("STATUS",),
    "year": ("STATUS_YR",),
    "designation": ("DESIG_ENG",),
    "iucn_category": ("IUCN_CAT",),
    "governance": ("GOV_TYPE",),
    "reported_km2": ("REP_AREA",),
}
NEEDED = ("STATUS", "STATUS_YR", "ISO3", "DESIG_ENG", "REP_AREA")
"""Columns without which a step of the cleaning cannot be done."""


def is_new_schema(columns: Iterable[str]) -> bool:
    """Whether columns are those published since November 2025.

    Examples
    --------
    >>> is_new_schema(["SITE_ID", "NAME_ENG", "NAME"]), is_new_schema(["WDPAID", "NAME", "ORIG_NAME"])
    (True, False)
    """
    known = {column.strip().casefold() for column in columns}
    return bool(known.intersection(_NEW))


def match_columns(columns: Iterable[str]) -> dict[str, str]:
    """Columns of a file by field, in either schema and any case.

    Parameters
    ----------
    columns : iterable of str

    Returns
    -------
    dict of str to str
        Field to column; fields that the file lacks are left out. `name` is the English name (`NAME_ENG`,
        which the older schema called `NAME`), `second_name` the original one (now `NAME`, once `ORIG_NAME`).

    Examples
    --------
    >>> match_columns(["WDPAID", "NAME", "ORIG_NAME"])["name"]
    'NAME'
    >>> found = match_columns(["site_id", "name_eng", "name"])
    >>> found["name"], found["second_name"]
    ('name_eng', 'name')
    """
    known: dict[str, str] = {}
    for column in columns:
        known.setdefault(column.strip().casefold(), column)
    new = is_new_schema(known)
    wanted = dict(_FIELDS)
    if new:
        wanted["second_name"] = ("NAME",)
        wanted["name"] = ("NAME_ENG",)
    else:
        wanted["name"], wanted["second_name"] = ("NAME",), ("ORIG_NAME",)
    found = {}
    for field, names in wanted.items():
        for name in names:
            if name.casefold() in known:
                found[field] = known[name.casefold()]
                break
    return found


def tier_of(status: str | None) -> str | None:
    """What an area of this status counts for; None where it is left out.

    Examples
    --------
    >>> [tier_of(status) for status in ("Designated", "Proposed", "Not Reported", "", "gazetted 1990")]
    ['counted', 'proposed', None, 'unknown', 'unknown']
    """
    return STATUSES.get(" ".join((status or "").split()).casefold(), UNKNOWN) or None


def kind_of(text: str | None) -> str:
    """Whether a site type (`PA`, `OECM`, or 1 and 0 of the older schema) is a protected area or an OECM.

    Examples
    --------
    >>> [kind_of(text) for text in ("PA", "OECM", "1", "0", None)]
    ['pa', 'oecm', 'pa', 'oecm', 'pa']
    """
    return "oecm" if re.fullmatch(r"0(\.0*)?|oecm", (text or "").strip().casefold()) else "pa"

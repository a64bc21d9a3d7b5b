"""The difference sweep: what each area adds to the cover of a site, the oldest first, overlaps once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from aze_core.domain.protected_areas import COUNTED, PROPOSED, UNKNOWN
from aze_core.domain.settings import value

Shapes = NDArray[np.object_]

PARTS = ("site_id", "year", "undated", "kind", "share")
RANGES = ("site_id", "share_points", "share_unknown", "share_proposed", "areas", "other_country")
PAIRS = ("site_id", "area", "share")

_GIANT = 1000  # vertices from which clipping to the site's box pays
_NOTHING = 1e-12  # share of a site below which an overlap is what an overlay rounds
_UNDATED = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Areas:
    """Areas as arrays, in the one order in which they are swept.

    Attributes
    ----------
    shapes : array of shapely.Polygon or MultiPolygon
        EPSG:6933, valid.
    area_id, iso3 : array of str
        `iso3` joins several codes by ``;``; empty where not known.
    year : array of int
        The highest of int64 where not known.
    tier, basis, kind : array of str
    position : array of int
        Place in the frame that they came from.
    """

    shapes: Shapes
    area_id: Shapes
    iso3: Shapes
    year: NDArray[np.int64]
    tier: Shapes
    basis: Shapes
    kind: Shapes
    position: NDArray[np.int64]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Areas:
        """Areas of a tidy frame; see `aze_core.domain.protected_areas.COLUMNS`."""
        shapes = frame["geometry"].to_numpy(dtype=object)
        year: NDArray[np.int64] = np.asarray(frame["year"].astype("Int64").fillna(_UNDATED), dtype=np.int64)
        identifiers = frame["area_id"].astype(str).to_numpy(dtype=object)
        oecm = (frame["kind"] == "oecm").to_numpy(dtype=bool)
        # the bounds part areas that share an identifier, so that the order of rows never matters
        bounds = np.nan_to_num(shapely.bounds(shapes))
        keys = [bounds[:, side] for side in (3, 2, 1, 0)]
        order = np.lexsort([*keys, identifiers.astype(str), year, oecm])

        def texts(column: str) -> Shapes:
            return np.asarray(frame[column].fillna("").astype(str).to_numpy(dtype=object)[order])

        return cls(
            shapes[order],
            identifiers[order],
            texts("iso3"),
            year[order],
            texts("tier"),
            texts("basis"),
            texts("kind"),
            order.astype(np.int64),
        )


@dataclass(frozen=True)
class Swept:
    """What a sweep found, as plain rows.

    Attributes
    ----------
    parts : list of tuple
        As `PARTS`: disjoint parts of sites that are in force, without any stop. `year` is that of the oldest
        dated area (missing where there is none), `undated` names the undated areas that cover the part too.
    ranges : list of tuple
        As `RANGES`, one for each site.
    pairs : list of tuple
        As `PAIRS`: which area (its position) covers which share of which site, by itself; empty unless
        asked for.
    """

    parts: list[tuple[str, int | None, str, str, float]]
    ranges: list[tuple[str, float, float, float, int, int]]
    pairs: list[tuple[str, int, float]]

    def part_table(self) -> pd.DataFrame:
        """The parts as a frame: columns as `PARTS`."""
        made = pd.DataFrame(self.parts, columns=list(PARTS))
        return made.astype(
            {"site_id": "str", "year": "Int64", "undated": "str", "kind": "str", "share": float}
        )

    def range_table(self) -> pd.DataFrame:
        """The ranges as a frame, index `site_id`."""
        made = pd.DataFrame(self.ranges, columns=list(RANGES)).astype({"site_id": "str"})
        shares = {name: float for name in RANGES if name.startswith("share_")}
        return made.astype({**shares, "areas": int, "other_country": int}).set_index("site_id")


def sweep(
    site_ids: Sequence[str],
    shapes: Shapes,
    countries: Sequence[str],
    areas: Areas,
    pairs: bool = False,
) -> Swept:
    """What covers each site, and since when.

    Parameters
    ----------
    site_ids : sequence of str
    shapes : array of shapely.Polygon or MultiPolygon
        EPSG:6933, valid; one for each site.
    countries : sequence of str
        Codes of each site, joined by ``;``; where a site and an area both have codes they must share one.
    areas : Areas
    pairs : bool
        Whether the share that each area covers by itself is wanted too.

    Returns
    -------
    Swept
        In the order of the sites. What is found of a site does not depend on the other sites, nor on the
        order in which the areas came.

    Notes
    -----
    Each area takes its part off what the older ones left, so an overlap counts once and for the oldest.
    OECMs follow all protected areas. Undated areas split the parts that they overlap, so that any year drawn
    for them gives an exact share. Areas are first clipped to the box of the site, for some cover a sea.
    """
    tree = shapely.STRtree(areas.shapes)
    mine, theirs = tree.query(shapes, predicate="intersects")
    order = np.lexsort((theirs, mine))
    mine, theirs = mine[order], theirs[order]
    ends = np.searchsorted(mine, np.arange(len(site_ids) + 1))
    codes = [frozenset(filter(None, text.split(";"))) for text in areas.iso3]
    found = Swept([], [], [])
    for number, site_id in enumerate(site_ids):
        site, near = shapes[number], theirs[ends[number] : ends[number + 1]]
        own = frozenset(filter(None, countries[number].split(";")))
        total = shapely.area(site)
        at_home = np.array([not own or not codes[a] or bool(own & codes[a]) for a in near], dtype=bool)
        abroad = near[~at_home & (areas.tier[near] == COUNTED) & (areas.basis[near] == "polygon")]
        near = near[at_home]
        clipped = _clipped(areas.shapes[near], site)
        held = areas.basis[near] == "polygon"
        force = held & (areas.tier[near] == COUNTED)
        left, parts = _in_force(site, clipped[force], near[force], areas)
        found.parts.extend(
            (site_id, year, ids, kind, min(size / total, 1.0))
            for (kind, year, ids), size in parts
            if size > _NOTHING * total
        )
        points, rest = _taken(left, clipped[~held & (areas.tier[near] == COUNTED)])
        unknown, _ = _taken(rest, clipped[areas.tier[near] == UNKNOWN])
        proposed, _ = _taken(left, clipped[areas.tier[near] == PROPOSED])
        strangers = 0
        if len(abroad):
            common = shapely.area(shapely.intersection(_clipped(areas.shapes[abroad], site), site))
            strangers = int((common > value("coverage.tolerance") * total).sum())
        n = int(force.sum())
        if pairs and len(near):
            own_share = shapely.area(shapely.intersection(clipped, site)) / total
            n = int((own_share[force] > _NOTHING).sum())
            found.pairs.extend(
                (site_id, int(areas.position[a]), min(float(share), 1.0))
                for a, share in zip(near, own_share, strict=True)
                if share > _NOTHING
            )
        row = (site_id, points / total, unknown / total, proposed / total, n, strangers)
        found.ranges.append(row)
    return found


def _clipped(shapes: Shapes, site: Any) -> Shapes:
    """The areas, giants as what of them lies in the box of the site."""
    made = shapes.copy()
    giants = np.flatnonzero(shapely.get_num_coordinates(shapes) > _GIANT)
    if not len(giants):
        return made
    box = shapely.bounds(site)
    cut = shapely.clip_by_rect(shapes[giants], *box)
    # a quick clip may leave rings that touch themselves, or lines
    sound = shapely.is_valid(cut) & np.isin(shapely.get_type_id(cut), (3, 6))
    for place in np.flatnonzero(~sound):
        cut[place] = _areal(shapely.intersection(shapes[giants[place]], shapely.box(*box)))
    made[giants] = cut
    return made


def _areal(shape: Any) -> Any:
    """The polygons of what an overlay left."""
    if shapely.get_type_id(shape) in (3, 6):
        return shape
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])


def _taken(left: Any, shapes: Shapes) -> tuple[float, Any]:
    """How much of what is left the shapes cover together, and what is left then."""
    before = shapely.area(left)
    for shape in shapes:
        if shapely.is_empty(left):
            break
        left = _areal(shapely.difference(left, shape))
    return max(float(before - shapely.area(left)), 0.0), left


Cell = tuple[str, int | None, str]


def _in_force(site: Any, shapes: Shapes, near: NDArray[np.int64], areas: Areas) -> tuple[Any, list[Any]]:
    """What areas in force leave of a site, and the sizes of the parts that they take."""
    sizes: dict[Cell, float] = {}
    left = site
    for kind in ("pa", "oecm"):
        mine = areas.kind[near] == kind
        if not mine.any():
            continue
        years = areas.year[near[mine]]
        dated = years != _UNDATED
        if dated.all():
            left, taken = _by_year(left, shapes[mine], years)
            for year, size in taken:
                sizes[kind, year, ""] = size
        else:
            names = areas.area_id[near[mine]][~dated]
            left, cells = _by_cell(left, shapes[mine], years, dated, names)
            for (year_of, ids), size in cells:
                sizes[kind, year_of, ids] = sizes.get((kind, year_of, ids), 0.0) + size
    return left, sorted(
        sizes.items(), key=lambda item: (item[0][1] or 9999, item[0][0] == "oecm", item[0][2])
    )


def _by_year(left: Any, shapes: Shapes, years: NDArray[np.int64]) -> tuple[Any, Iterator[tuple[int, float]]]:
    """What the areas of each year take off; they come the oldest first."""
    taken: dict[int, float] = {}
    before = float(shapely.area(left))
    for shape, year in zip(shapes, years, strict=True):
        if before <= 0:
            break
        rest = _areal(shapely.difference(left, shape))
        after = float(shapely.area(rest))
        if after < before:
            taken[int(year)] = taken.get(int(year), 0.0) + before - after
            left, before = rest, after
    return left, iter(taken.items())


def _by_cell(
    left: Any, shapes: Shapes, years: NDArray[np.int64], dated: NDArray[np.bool_], names: Shapes
) -> tuple[Any, list[tuple[tuple[int | None, str], float]]]:
    """Parts by oldest dated area and by the set of undated areas that cover them too."""
    cells: list[tuple[Any, int | None, tuple[str, ...]]] = []
    for shape, year in zip(shapes[dated], years[dated], strict=True):
        if shapely.is_empty(left):
            break
        inside = _areal(shapely.intersection(left, shape))
        if shapely.area(inside) > 0:
            cells.append((inside, int(year), ()))
            left = _areal(shapely.difference(left, shape))
    cells.append((left, None, ()))
    for shape, name in zip(shapes[~dated], names, strict=True):
        split: list[tuple[Any, int | None, tuple[str, ...]]] = []
        for piece, year_of, ids in cells:
            inside = _areal(shapely.intersection(piece, shape))
            if shapely.area(inside) > 0:
                split.append((inside, year_of, (*ids, str(name))))
                piece = _areal(shapely.difference(piece, shape))
            split.append((piece, year_of, ids))
        cells = split
    rest = cells.pop()[0]  # never inside of anything
    return rest, [
        ((year_of, ";".join(dict.fromkeys(ids))), float(shapely.area(piece)))
        for piece, year_of, ids in cells
        if shapely.area(piece) > 0
    ]


def stopped(parts: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """The parts that count when none is added once at most `tolerance` of a site remains.

    Parameters
    ----------
    parts : pandas.DataFrame
        Columns `site_id`, `year` (missing: after all others), `share`.
    tolerance : float
        Share, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        Rows of `parts`, index as it was. All parts of a year count, or none.

    Examples
    --------
    >>> parts = pd.DataFrame({"site_id": ["A"] * 3, "year": [1980, 1990, 2000], "share": [0.5, 0.485, 0.01]})
    >>> stopped(parts, 0.02)["year"].tolist()
    [1980, 1990]
    """
    if parts.empty:
        return parts
    when = parts["year"].fillna(9999).astype(int).rename("when")
    yearly = parts["share"].groupby([parts["site_id"], when]).sum()
    before = yearly.groupby(level=0).cumsum() - yearly
    counts = before + tolerance < 1 - 1e-12
    keys = pd.MultiIndex.from_arrays([parts["site_id"], when])
    return parts[counts.reindex(keys).to_numpy()]

"""The difference sweep: what each area adds to the cover of a site, the oldest first, overlaps once."""

from __future__ import annotations

from collections.abc import Sequence
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

_MANY = 6  # shapes from which on taking off their union is quicker than one after another
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
        identifiers = plain_ids(frame["area_id"]).to_numpy(dtype=object)
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
    Areas are first cut to the site; then each adds what the older ones that it meets leave of it, so an
    overlap counts once and for the oldest. That is quicker than taking one area after another off the whole
    site, whose outline would be gone through again and again. OECMs follow all protected areas. Undated
    areas split the parts that they overlap, so that any year drawn for them gives an exact share.
    """
    tree = shapely.STRtree(areas.shapes)
    mine, theirs = tree.query(shapes, predicate="intersects")
    order = np.lexsort((theirs, mine))
    mine, theirs = mine[order], theirs[order]
    ends = np.searchsorted(mine, np.arange(len(site_ids) + 1))
    codes = [_codes(text) for text in areas.iso3]
    found = Swept([], [], [])
    for number, site_id in enumerate(site_ids):
        site, near = shapes[number], theirs[ends[number] : ends[number + 1]]
        own = _codes(countries[number])
        total = float(shapely.area(site))
        pieces = _cut(areas.shapes[near], site)
        sizes = shapely.area(pieces)
        at_home = np.array([not own or not codes[a] or bool(own & codes[a]) for a in near], dtype=bool)
        drawn = areas.basis[near] == "polygon"
        counted = areas.tier[near] == COUNTED
        strangers = ~at_home & drawn & counted & (sizes > value("coverage.tolerance") * total)
        touching = at_home & (sizes > _NOTHING * total)
        force = touching & drawn & counted
        parts = _in_force(pieces[force], sizes[force], near[force], areas, total)
        found.parts.extend(
            (site_id, year, ids, kind, min(size / total, 1.0))
            for (kind, year, ids), size in parts
            if size > _NOTHING * total
        )
        points = touching & ~drawn & counted
        unknown = touching & (areas.tier[near] == UNKNOWN)
        proposed = touching & (areas.tier[near] == PROPOSED)
        beyond = _beyond(pieces[force], [pieces[points], pieces[unknown]])
        more = _beyond(pieces[force], [pieces[proposed]])
        shares = [min(size / total, 1.0) for size in (*beyond, *more)]
        found.ranges.append((site_id, *shares, int(force.sum()), int(strangers.sum())))  # type: ignore[arg-type]
        if pairs:
            found.pairs.extend(
                (site_id, int(areas.position[a]), min(float(size) / total, 1.0))
                for a, size in zip(near[touching], sizes[touching], strict=True)
            )
    return found


def plain_ids(identifiers: pd.Series) -> pd.Series:
    """Identifiers as texts that can be joined by ``;``."""
    return identifiers.astype(object).fillna("").astype(str).str.replace(";", ",")


def _codes(text: str) -> frozenset[str]:
    return frozenset(filter(None, (code.strip() for code in text.split(";"))))


def _cut(shapes: Shapes, site: Any) -> Shapes:
    """What of the shapes lies in the site; its polygons."""
    shapely.prepare(site)
    made = shapes.copy()
    # most lie within it or over it, which is told without an overlay
    across = ~shapely.contains_properly(site, shapes)
    over = np.flatnonzero(across)
    over = over[shapely.area(shapes[over]) >= shapely.area(site)]
    over = over[shapely.covers(shapes[over], site)]
    made[over] = site
    across[over] = False
    made[across] = _areal(shapely.intersection(shapes[across], site))
    return made


def _areal(shapes: Shapes) -> Shapes:
    """The polygons of what overlays left."""
    kinds = shapely.get_type_id(shapes)
    for place in np.flatnonzero((kinds != 3) & (kinds != 6)):
        parts = shapely.get_parts(shapes[place])
        shapes[place] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return shapes


def _less(shape: Any, others: Shapes) -> Any:
    """What of a shape none of the others covers."""
    if len(others) > _MANY:
        return shapely.difference(shape, shapely.union_all(others))
    for other in others:
        shape = shapely.difference(shape, other)
        if shapely.is_empty(shape):
            break
    return shape


def _beyond(inside: Shapes, stages: list[Shapes]) -> list[float]:
    """What the shapes of each stage cover together that those before do not."""
    found: list[float] = []
    for shapes in stages:
        if len(shapes):
            whole = _less(shapely.union_all(shapes), inside)
            found.append(float(shapely.area(whole)))
            inside = np.append(inside, whole)
        else:
            found.append(0.0)
    return found


Cell = tuple[str, int | None, str]


def _in_force(
    pieces: Shapes, sizes: NDArray[np.float64], near: NDArray[np.int64], areas: Areas, total: float
) -> list[tuple[Cell, float]]:
    """Sizes of the parts that areas in force take of a site; `pieces` is what of each lies in it."""
    added = _added(pieces, sizes, total)
    years, kinds = areas.year[near], areas.kind[near]
    taken: dict[Cell, float] = {}
    for year, kind, size in zip(years, kinds, added, strict=True):
        if year != _UNDATED and size > 0:
            cell: Cell = (str(kind), int(year), "")
            taken[cell] = taken.get(cell, 0.0) + float(size)
    undated = years == _UNDATED
    for kind in dict.fromkeys(kinds[undated]):
        mine = kinds == kind
        whole = shapely.union_all(pieces[mine & undated])
        if kind == "oecm":
            whole = _less(whole, pieces[kinds == "pa"])
        # a dated piece that added nothing is covered by others
        mine &= undated | (added > 0)
        names = areas.area_id[near[mine]]
        for year_of, ids, size in _by_cell(whole, pieces[mine], years[mine], names):
            if year_of is not None:
                taken[str(kind), year_of, ""] = taken.get((str(kind), year_of, ""), 0.0) - size
            taken[str(kind), year_of, ids] = taken.get((str(kind), year_of, ids), 0.0) + size
    return sorted(taken.items(), key=lambda item: (item[0][1] or 9999, item[0][0] == "oecm", item[0][2]))


def _added(pieces: Shapes, sizes: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """What each piece adds to those before it."""
    added = np.zeros(len(pieces))
    x0, y0, x1, y1 = shapely.bounds(pieces).T
    covered = 0.0
    for number, piece in enumerate(pieces):
        if covered >= total * (1 - _NOTHING):
            break
        # a piece that added nothing is covered by others that are looked at
        before = added[:number] > 0
        before &= (x0[:number] < x1[number]) & (x1[:number] > x0[number])
        before &= (y0[:number] < y1[number]) & (y1[:number] > y0[number])
        met = np.flatnonzero(before)
        size = float(shapely.area(_less(piece, pieces[met]))) if len(met) else float(sizes[number])
        added[number] = size if size > _NOTHING * total else 0.0
        covered += added[number]
    return added


def _by_cell(
    whole: Any, shapes: Shapes, years: NDArray[np.int64], names: Shapes
) -> list[tuple[int | None, str, float]]:
    """What undated areas cover, by oldest dated area and by the set of undated ones that cover it."""
    pieces: list[tuple[Any, int | None, tuple[str, ...]]] = []
    dated = years != _UNDATED
    for at in np.flatnonzero(dated & shapely.intersects(whole, shapes)):
        inside = shapely.intersection(whole, shapes[at])
        if shapely.area(inside) > 0:
            pieces.append((inside, int(years[at]), ()))
            whole = shapely.difference(whole, shapes[at])
    pieces.append((whole, None, ()))
    undated = np.flatnonzero(~dated)
    for at in undated:
        split: list[tuple[Any, int | None, tuple[str, ...]]] = []
        for piece, year_of, ids in pieces:
            # the only one covers all of it
            inside = piece if len(undated) == 1 else shapely.intersection(piece, shapes[at])
            if shapely.area(inside) > 0:
                split.append((inside, year_of, (*ids, str(names[at]))))
                if len(undated) == 1:
                    continue
                piece = shapely.difference(piece, shapes[at])
            if shapely.area(piece) > 0:
                split.append((piece, year_of, ids))
        pieces = split
    # outside of them all lies what an overlay rounds
    return [
        (year_of, ";".join(dict.fromkeys(ids)), float(shapely.area(piece)))
        for piece, year_of, ids in pieces
        if ids
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

"""What a site needs: protection, better management, or something that no boundary gives."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.measures.abatement import species_threats
from aze_core.measures.coverage import protection_class

NEEDS = ("none", "partial", "covered_unknown", "covered_weak", "covered_sound", "unknown")
"""Kinds of need: uncovered, partly covered, completely covered by what is known of the management, and sites
whose cover is not known."""

BASES = ("records", "table", "set")
"""What says whether a threat lies beyond boundaries: Red List records, a national table, the user."""

_FIELD = "threat_beyond_boundaries"


def needs(
    inventory: Inventory, share: pd.Series, beyond: Iterable[str] = (), stopped: Iterable[str] = ()
) -> pd.DataFrame:
    """Kind of need of every site, and whether its threats can be stopped at a boundary.

    Parameters
    ----------
    inventory : Inventory
    share : pandas.Series
        Covered share by `site_id`, 0 to 1; missing, or no entry, where not known.
    beyond, stopped : iterable of str
        Sites of which the user says that a threat lies, or does not lie, beyond boundaries; other identifiers
        are passed over.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`, every site of the inventory. `need`: one of `NEEDS`; `mett`: newest METT score as a
        share of its maximum, 0 to 1, missing where not known; `beyond`: whether a threat lies beyond
        boundaries, missing where nothing says so; `beyond_basis`: one of `BASES`, missing where `beyond` is.

    Raises
    ------
    ValueError
        A site in both `beyond` and `stopped`.

    Notes
    -----
    Covered is a matter of areas (the classes of `protection_class`), sound one of METT: below half of its
    maximum counts as weak. METT is a score that managers give themselves, its percentage and the line are the
    planner's: ask on the ground before a site is set aside as sound. By records, a threat lies beyond
    boundaries where invasive species and diseases, pollution, geological events and climate make up more than
    half of the expected decline of at least one trigger species; where none is known to, and a species has no
    record that can be used, it is not known. The user overrules the national table, which overrules records.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> found = needs(loaded, pd.Series({"COL41": 0.0}), beyond=["COL41"])
    >>> found.loc["COL41", ["need", "beyond_basis"]].tolist()
    ['none', 'set']
    """
    said, denied = set(beyond), set(stopped)
    if both := said & denied:
        named = ", ".join(sorted(both))
        raise ValueError(f"`beyond` and `stopped` both hold {named}: expected in one at most")
    sites = inventory.sites.index
    mett = newest_mett(inventory.national).reindex(sites)
    need = protection_class(share.reindex(sites)).fillna("unknown")
    managed = (
        pd.Series("covered_unknown", index=sites, dtype="str")
        .mask(mett >= value("need.mett_weak"), "covered_sound")
        .mask(mett < value("need.mett_weak"), "covered_weak")
    )
    need = need.where(need != "complete", managed)
    told = pd.Series(pd.NA, index=sites, dtype="boolean")
    basis = pd.Series(None, index=sites, dtype="str")
    user = pd.Series({**dict.fromkeys(said, True), **dict.fromkeys(denied, False)}, dtype="boolean")
    for name, answers in (
        ("records", _by_records(inventory)),
        ("table", _by_table(inventory.national)),
        ("set", user),
    ):
        known = answers.dropna().reindex(sites)
        told = told.mask(known.notna(), known)
        basis = basis.mask(known.notna(), name)
    return pd.DataFrame({"need": need, "mett": mett, "beyond": told, "beyond_basis": basis}, index=sites)


def newest_mett(national: pd.DataFrame) -> pd.Series:
    """Newest METT score of each site as a share of its maximum.

    Parameters
    ----------
    national : pandas.DataFrame
        Columns `site_id`, `field`, `number`, `year`, of the national tables.

    Returns
    -------
    pandas.Series
        Index `site_id`, 0 to 1; only sites that have a score and its maximum, of the same year or the maximum
        without a year.

    Notes
    -----
    A score without a year is the oldest; of several in a year the lowest counts. The maximum depends on which
    questions applied and on the version of METT, so a score without one says nothing here.

    Examples
    --------
    >>> given = pd.DataFrame({"site_id": "A", "field": ["mett_score", "mett_max"], "number": [33, 99],
    ...                       "year": [2020, 2020]})
    >>> newest_mett(given).to_dict() == {"A": 33 / 99}
    True
    """
    rows = national[["site_id", "field", "number", "year"]].assign(year=national["year"].fillna(0))
    score, most = (rows[rows["field"] == name] for name in ("mett_score", "mett_max"))
    highest = most.groupby(["site_id", "year"])["number"].max().rename("most").reset_index()
    paired = score.merge(highest, on=["site_id", "year"], how="left")
    undated = highest[highest["year"] == 0].set_index("site_id")["most"]
    paired["share"] = paired["number"] / paired["most"].fillna(paired["site_id"].map(undated))
    paired = paired[paired["share"].between(0, 1)].sort_values(["year", "share"], ascending=[False, True])
    return paired.drop_duplicates("site_id").set_index("site_id")["share"].astype("float64").rename("mett")


def _by_records(inventory: Inventory) -> pd.Series:
    """Whether threats beyond boundaries dominate for one species of each site; missing where not known."""
    used = species_threats(inventory.threats)
    first = used["code"].map(lambda code: code.split(".")[0])
    far = used["part"].where(first.isin(value("need.beyond_boundaries")), 0.0)
    by_species = far.groupby(used["species_id"]).sum().round(12) > value("need.beyond_share")
    at = inventory.occurrences
    answer = at["species_id"].map(by_species.astype("boolean")).astype("boolean")
    # three answers: yes from one species, else not known from one, else no
    yes = answer.fillna(False).groupby(at["site_id"]).any()
    open_ = answer.isna().groupby(at["site_id"]).any()
    return yes.astype("boolean").mask(~yes.astype(bool) & open_)


def _by_table(national: pd.DataFrame) -> pd.Series:
    """Newest answer of the national tables."""
    rows = national[national["field"] == _FIELD].sort_values("year", na_position="first", kind="stable")
    newest = rows.drop_duplicates("site_id", keep="last").set_index("site_id")["value"]
    return newest.map({"1": True, "0": False}).astype("boolean")

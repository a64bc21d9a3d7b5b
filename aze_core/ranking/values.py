"""Criteria as values from 0 (worst) to 1 (best) on scales that no filter moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from aze_core.domain.errors import SettingError
from aze_core.domain.memo import per_inventory
from aze_core.domain.model import CRITERIA, NATIONAL, Assumptions, Inventory, RankSettings, Weights
from aze_core.domain.settings import value
from aze_core.measures.coverage import protection_class
from aze_core.measures.nearest import nearest_site
from aze_core.measures.threat import highest_extinction, highest_impact, site_star, star
from aze_core.measures.withhold import shown_area_km, shown_points
from aze_core.ranking.criteria import (
    GONE,
    counts,
    cover_range,
    highest_probability,
    latest,
    occurrence_table,
    site_gamma,
)

_MOST_IMPACT = 9.0
_SAME = 1e-12
_ENOUGH = 3  # pairs below which a correlation says nothing


@dataclass(frozen=True, eq=False)
class Values:
    """Criteria of all sites on their scales.

    Attributes
    ----------
    known : pandas.DataFrame
        Index `site_id`, one column per criterion; 0 (worst) to 1 (best), missing where not known.
    low, high : pandas.DataFrame
        The same with the ends of what is not known; never missing.
    raw : pandas.DataFrame
        The same in each criterion's own unit, missing where not known.
    anchors : pandas.DataFrame
        Index: the criteria; `worst` and `best` in the own unit; missing where no site of the scope has a
        value.
    """

    known: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    raw: pd.DataFrame
    anchors: pd.DataFrame

    def copy(self) -> Values:
        """Frames of one's own, for they are remembered."""
        return Values(*(getattr(self, name).copy(deep=False) for name in self.__dataclass_fields__))


def national_fields(inventory: Inventory) -> pd.DataFrame:
    """What the country's own tables say of sites, and whether it can be a criterion.

    Returns
    -------
    pandas.DataFrame
        Index `field`, alphabetical; `unit` (the first of several), `sites` (with a number), `reason`: empty
        where a ranking may use it, else `text` (it holds words), `units` (numbers in several units), or
        `never` (a field that no ranking uses, such as one on rights).
    """
    table = inventory.national
    found = []
    for name, rows in table.groupby("field"):
        numbers = rows[rows["number"].notna()]
        units = numbers["unit"].dropna().unique()
        words = bool((rows["kind"] == "text").any())
        if words:
            reason = "text"
        elif not rows["scorable"].fillna(False).astype(bool).all():
            reason = "never"
        else:
            reason = "units" if len(units) > 1 else ""
        found.append(
            {
                "field": str(name),
                "unit": str(units[0]) if len(units) else "",
                "sites": int(numbers["site_id"].nunique()),
                "reason": reason,
            }
        )
    return pd.DataFrame(found, columns=["field", "unit", "sites", "reason"]).set_index("field")


def _national(inventory: Inventory, name: str) -> pd.DataFrame:
    """The newest number of a field at every site."""
    fields = national_fields(inventory)
    usable = fields.index[fields["reason"] == ""]
    if name not in usable:
        raise SettingError("not_one_of", name=NATIONAL + "…", value=name, expected=", ".join(usable) or "–")
    rows = inventory.national
    rows = rows[(rows["field"] == name) & rows["number"].notna()].sort_values(
        ["year", "entry"], na_position="first"
    )
    return _certain(
        rows.drop_duplicates("site_id", keep="last").set_index("site_id")["number"].astype(float), inventory
    )


def _certain(known: pd.Series, inventory: Inventory) -> pd.DataFrame:
    """Known values; a missing one can be anything on the scale."""
    known = known.reindex(inventory.sites.index)
    return pd.DataFrame({"known": known, "low": known, "high": known})


@per_inventory
def raw_criterion(inventory: Inventory, code: str, assumptions: Assumptions) -> pd.DataFrame:
    """One criterion in its own unit.

    Parameters
    ----------
    inventory : Inventory
    code : str
        One of `aze_core.domain.model.CRITERIA`, or `national:` and a field.
    assumptions : Assumptions

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; `known` (missing where not known), `low` and `high`: what it could be; missing where
        it could be anything on the scale.

    Raises
    ------
    SettingError
        When there is no such criterion, or the national field cannot be one.
    """
    sites = inventory.sites.index
    if code == "irreplaceability":
        # without a listed trigger species nothing is known of it
        return _certain(site_gamma(inventory).where(counts(inventory)["species"] > 0), inventory)
    if code == "extinction":
        table = occurrence_table(inventory, assumptions)
        table = table[~table["gone"]]
        return highest_extinction(table["site_id"], table["p"], highest_probability(assumptions)).reindex(
            sites
        )
    if code == "star":
        return _star(inventory)
    if code == "impact":
        return _impact(inventory)
    if code == "pressure":
        return _certain(inventory.sites["human_influence"].astype(float), inventory)
    if code == "gap":
        # the range of cover is drawn beside the ranking; in it, as in the default order, the newest counts
        return _certain(_uncovered(latest(inventory)["share"].astype(float)), inventory)
    if code == "areas":
        return _certain(shown_area_km(inventory), inventory)
    if code == "neighbours":
        points = shown_points(inventory)
        return _certain(nearest_site(points["latitude"], points["longitude"])["km"], inventory)
    if code.startswith(NATIONAL):
        return _national(inventory, code.removeprefix(NATIONAL))
    raise SettingError("not_one_of", name="criterion", value=code, expected=", ".join(CRITERIA))


@per_inventory
def star_of_sites(inventory: Inventory) -> pd.DataFrame:
    """Threat-abatement STAR of every site, in all and by threat; see `aze_core.measures.threat.site_star`."""
    return site_star(star(inventory.occurrences, inventory.species["category"], inventory.threats))


def _star(inventory: Inventory) -> pd.DataFrame:
    """Threat-abatement STAR, where the inventory has threats; else known nowhere."""
    if inventory.threats.empty:
        return _certain(pd.Series(dtype=float), inventory)
    found = star_of_sites(inventory).reindex(inventory.sites.index)
    return pd.DataFrame(
        {"known": found["star"], "low": found["star"].fillna(0.0), "high": found["star_high"]}
    )


def _impact(inventory: Inventory) -> pd.DataFrame:
    """Highest threat impact score, where the inventory has threats; else known nowhere."""
    if inventory.threats.empty:
        return _certain(pd.Series(dtype=float), inventory)
    alive = ~inventory.occurrences["species_id"].map(inventory.species["category"]).isin(GONE)
    found = highest_impact(inventory.occurrences[alive], inventory.threats).reindex(inventory.sites.index)
    return found.rename(columns={"score": "known"})[["known", "low", "high"]].astype("float64")


def _uncovered(cover: pd.Series) -> pd.Series:
    """Uncovered part; boundaries are drawn no finer than the ends of the classes."""
    kind = protection_class(cover)
    return (1 - cover).mask(kind == "none", 1.0).mask(kind == "complete", 0.0)


def gap_ends(inventory: Inventory) -> pd.DataFrame:
    """Uncovered part of every site when points and areas of unknown status count, and when they do not.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; `low`, `high`: 1 for uncovered and 0 for completely covered sites; 0 and 1 where
        cover is not known.
    """
    ends = cover_range(inventory)
    return pd.DataFrame({"low": _uncovered(ends["high"]), "high": _uncovered(ends["low"])})


def scope_sites(inventory: Inventory, scope: tuple[str, ...]) -> pd.Index:
    """Sites whose values set the ends of the scales.

    Raises
    ------
    SettingError
        When no site lies in the scope.
    """
    if not scope:
        return inventory.sites.index
    there = inventory.countries_of()
    found = inventory.sites.index[inventory.sites.index.isin(there.loc[there["iso3"].isin(scope), "site_id"])]
    if not len(found):
        expected = ", ".join(sorted(set(there["iso3"])))
        raise SettingError("not_one_of", name="scope", value=", ".join(scope), expected=expected)
    return found


@per_inventory
def criteria_values(
    inventory: Inventory,
    codes: tuple[str, ...],
    assumptions: Assumptions,
    scope: tuple[str, ...] = (),
    reverse: tuple[str, ...] = (),
) -> Values:
    r"""Values of criteria, 0 (worst) to 1 (best), with intervals and the ends of their scales.

    Parameters
    ----------
    inventory : Inventory
    codes : tuple of str
    assumptions : Assumptions
    scope : tuple of str
        Countries whose sites set the ends of the scales; all sites of the inventory where empty.
    reverse : tuple of str
        Criteria taken the other way round.

    Returns
    -------
    Values

    Raises
    ------
    SettingError
        As `raw_criterion` and `scope_sites`.

    Notes
    -----
    The ends belong to the declared scope, so a filter never changes a value; what lies beyond an end has the
    value of the end.

    * irreplaceability: :math:`v = (1 - 0.5^{g/h}) / (1 - 0.5^{g_{max}/h})` with gamma :math:`g` and the
      half-saturation :math:`h`, from 0 species;
    * extinction risk: from 0 to the probability of a Critically Endangered species;
    * threat-abatement STAR: from 0 to the highest; threat impact: from 0 to 9;
    * uncovered part: from 0 to 1;
    * human influence and national criteria: from the lowest to the highest;
    * distances: from the farthest to the nearest, by :math:`\ln(1 + km)`.
    """
    inside = scope_sites(inventory, scope)
    known, low, high, raw, anchors = {}, {}, {}, {}, {}
    for code in codes:
        found = raw_criterion(inventory, code, assumptions)
        # a filter's list and a scope are told apart; the ends are those of known values
        there = found["known"].reindex(inside).dropna()
        worst, best = _ends(code, there, assumptions)
        if code in reverse:
            worst, best = best, worst
        raw[code], anchors[code] = found["known"], (worst, best)
        ends = [scaled(code, found[name], worst, best) for name in ("known", "low", "high")]
        known[code] = ends[0]
        # the other way round the low end of the unit is the high one of the value
        two = pd.concat(ends[1:], axis=1)
        low[code], high[code] = two.min(axis=1).fillna(0.0), two.max(axis=1).fillna(1.0)
    index = inventory.sites.index
    frames = {"known": known, "low": low, "high": high, "raw": raw}
    scales = pd.DataFrame.from_dict(anchors, orient="index", columns=["worst", "best"], dtype=float)
    return Values(
        **{name: pd.DataFrame(each, index=index, columns=list(codes)) for name, each in frames.items()},
        anchors=scales.reindex(list(codes)),
    )


def _ends(code: str, there: pd.Series, assumptions: Assumptions) -> tuple[float, float]:
    """Worst and best value of a criterion, as it counts by default."""
    if code == "extinction":
        return 0.0, highest_probability(assumptions)
    if code == "gap":
        return 0.0, 1.0
    if there.empty:
        return np.nan, np.nan
    top, bottom = float(there.max()), float(there.min())
    if code == "impact":
        return 0.0, _MOST_IMPACT
    if code in ("irreplaceability", "star"):
        return 0.0, top
    if code in ("areas", "neighbours"):
        return top, bottom
    return bottom, top


def scaled(code: str, given: pd.Series, worst: float, best: float) -> pd.Series:
    """Values on the scale from worst to best; 0 where it has no length, missing where it has no ends."""
    given = given.astype(float)
    if code == "irreplaceability":
        half = value("irreplaceability.half_saturation")
        given, worst, best = 1 - 0.5 ** (given / half), 1 - 0.5 ** (worst / half), 1 - 0.5 ** (best / half)
    elif code in ("areas", "neighbours"):
        per = value("weights.distance_log")
        given, worst, best = np.log1p(given / per), np.log1p(worst / per), np.log1p(best / per)
    if np.isnan(best - worst):
        # without ends there is no scale that a value could be known on
        return given * np.nan
    if not abs(best - worst) > _SAME:
        # all alike: the criterion tells none apart
        return given * 0.0
    return ((given - worst) / (best - worst)).clip(0.0, 1.0)


def listed_in_scope(inventory: Inventory, settings: RankSettings) -> pd.Index:
    """Sites of the scope that the switch lists, whatever the filters leave of them.

    Those without a living trigger species, which never have a rank, are left out.
    """
    inside = scope_sites(inventory, settings.scope)
    wanted = settings.filters.list_type or inventory.main_list
    inside = inside[(inventory.sites.loc[inside, "list_type"] == wanted).to_numpy()]
    facts = counts(inventory).loc[inside]
    inside = inside[(facts["gone"] < facts["species"]).to_numpy()]
    if settings.uncovered_only:
        kind = protection_class(latest(inventory).loc[inside, "share"].astype(float))
        inside = inside[((kind == "none") | kind.isna()).to_numpy()]
    return inside


@per_inventory
def unusable(
    inventory: Inventory, codes: tuple[str, ...], settings: RankSettings, reverse: tuple[str, ...] = ()
) -> dict[str, str]:
    """Criteria that cannot be a weight, with the reason.

    Parameters
    ----------
    inventory : Inventory
    codes : tuple of str
    settings : RankSettings
        The scope and the switch count; filters do not, so that they can change no score.
    reverse : tuple of str

    Returns
    -------
    dict of str to str
        By criterion: `nowhere` (not known of any site that the switch lists in the scope) or `constant` (the
        same at all of them). Criteria that can be a weight are not in it.
    """
    found = {}
    values = criteria_values(inventory, codes, settings.assumptions, settings.scope, reverse)
    inside = listed_in_scope(inventory, settings)
    lengths = (values.anchors["best"] - values.anchors["worst"]).abs()
    for code in codes:
        known, low, high = (frame[code].reindex(inside) for frame in (values.known, values.low, values.high))
        open_ = known.isna() | ((high - low) > _SAME)
        if known.isna().all() and len(inside):
            found[code] = "nowhere"
        elif len(inside) and (
            (not open_.any() and float(known.max() - known.min()) <= _SAME)
            # all known values are the same, so the scale has no length: what is not known has none either
            or lengths[code] <= _SAME
        ):
            found[code] = "constant"
    return found


def effective_weights(inventory: Inventory, weights: Weights, settings: RankSettings) -> Weights:
    """The weights without those that cannot tell sites apart; all of them where no other is left."""
    codes = tuple(weights.shares)
    lost = unusable(inventory, codes, settings, weights.reverse)
    return (weights.without(lost) or weights) if lost else weights


def say_the_same(
    inventory: Inventory, weights: Weights, settings: RankSettings
) -> list[tuple[str, str, float]]:
    """Pairs of weighted criteria that order the listed sites nearly alike: they count one thing twice.

    Returns
    -------
    list of (str, str, float)
        Two criteria and Spearman's rank correlation of their values where both are known, above the threshold
        of `criteria.same`; over the sites of the scope that the switch lists.
    """
    codes = tuple(effective_weights(inventory, weights, settings).shares)
    values = criteria_values(inventory, codes, settings.assumptions, settings.scope, weights.reverse)
    known = values.known.reindex(listed_in_scope(inventory, settings))
    found = []
    for place, one in enumerate(codes):
        for other in codes[place + 1 :]:
            both = known[[one, other]].dropna()
            if len(both) < _ENOUGH or both[one].nunique() < 2 or both[other].nunique() < 2:
                continue
            rho = float(both[one].rank().corr(both[other].rank()))
            if rho > value("criteria.same"):
                found.append((one, other, rho))
    return sorted(found, key=lambda pair: -pair[2])

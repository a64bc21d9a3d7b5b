"""Missing values of a numeric criterion, drawn from a model where that does better than a plain mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from aze_core.domain.model import Inventory
from aze_core.domain.settings import value
from aze_core.measures.geometry import on_sphere

TOO_FEW, CONSTANT, NO_PREDICTOR, ONE_GROUP, NOT_BETTER = (
    "too_few_known",
    "constant",
    "no_predictor",
    "one_group",
    "not_better",
)
"""Why nothing is to be drawn."""

_CLASS = "class_"
_INCOME = {"Low": 1.0, "Lower middle": 2.0, "Upper middle": 3.0, "High": 4.0}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grouped:
    """How well held-out values are met when whole groups of sites are held out.

    Attributes
    ----------
    n : int
        Values held out, each once.
    groups : int
        Groups that they come from.
    mae, mae_baseline : float
        Mean absolute error of the draws' mean, and of the baseline, in units of the values.
    inside : float
        Share of the values within the middle 90 % of their draws, 0 to 1; a sound model has 0.9.
    """

    n: int
    groups: int
    mae: float
    mae_baseline: float
    inside: float


@dataclass(frozen=True)
class Validation:
    """Whether drawing missing values does better than the baseline.

    Attributes
    ----------
    n : int
        Sites whose value is known.
    countries, families : Grouped or None
        With whole countries held out, and with whole families; None where that could not be tried.
    better : bool
        The draws' mean absolute error is the lower one under both groupings.
    reason : str
        Why not: ``too_few_known``, ``constant``, ``no_predictor``, ``one_group``, ``not_better``; else empty.
    """

    n: int
    countries: Grouped | None
    families: Grouped | None
    better: bool
    reason: str


# ---------------------------------------------------------------- what is known of sites


def features(inventory: Inventory) -> pd.DataFrame:
    """What is known of each site, whatever its pressure or cover may be.

    Parameters
    ----------
    inventory : Inventory

    Returns
    -------
    pandas.DataFrame
        Index `site_id`. `x`, `y`, `z`: its point as a unit vector; `log_area`: log10 of km²; `species`:
        number of trigger species; `class_…`: share of each class among those of known class, 0 to 1;
        `region_…`: 0 or 1; `subregion_…` (UN): share of the site's countries there, 0 to 1; `income`: World
        Bank level, 1 (low) to 4 (high), mean of its countries. Missing where not known.

    Notes
    -----
    Predictors of a statistical model, not causes. Where area and the values to be filled in come from one
    source, as in the shipped inventory, both are missing at the same sites, and area helps little.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder, inventory
    >>> loaded = inventory.load(build.ensure(folder.DATA, folder.default_folder()))
    >>> features(loaded).loc["AFG1", ["species", "class_Amphibia", "income"]].tolist()
    [1.0, 1.0, 1.0]
    """
    sites = inventory.sites
    made = pd.DataFrame(
        on_sphere(sites["latitude"], sites["longitude"]), index=sites.index, columns=["x", "y", "z"]
    )
    made["log_area"] = np.log10(sites["area_km2"].where(sites["area_km2"] > 0))
    at = inventory.occurrences[["site_id", "species_id"]]
    made["species"] = at.groupby("site_id")["species_id"].nunique().reindex(sites.index).astype(float)
    classes = at.assign(of=at["species_id"].map(inventory.species["class_name"]))
    codes = inventory.countries_of()
    places = codes.assign(of=codes["iso3"].map(inventory.countries["un_subregion"]))
    levels = codes["iso3"].map(inventory.countries["income_level"]).map(_INCOME)
    regions = pd.DataFrame({"site_id": sites.index, "of": sites["region"].to_numpy()})
    parts = [_shares(classes, _CLASS), _shares(regions, "region_"), _shares(places, "subregion_")]
    made = made.join([part.reindex(sites.index) for part in parts])
    made["income"] = levels.groupby(codes["site_id"]).mean().reindex(sites.index)
    return made


def _shares(rows: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Share of each kind (`of`) among the known ones of a site."""
    known = rows.dropna(subset=["of"])
    return pd.crosstab(known["site_id"], known["of"], normalize="index").add_prefix(prefix)


def groups(inventory: Inventory) -> pd.DataFrame:
    """The groups that are held out together.

    Parameters
    ----------
    inventory : Inventory

    Returns
    -------
    pandas.DataFrame
        Index `site_id`: `country` (ISO 3166 alpha-3, the first that is named), `family` (of the first trigger
        species by identifier; missing where not known).

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder, inventory
    >>> loaded = inventory.load(build.ensure(folder.DATA, folder.default_folder()))
    >>> groups(loaded).loc["AFG1"].tolist()
    ['AFG', 'Hynobiidae']
    """
    sites = inventory.sites
    first = inventory.occurrences.groupby("site_id")["species_id"].min().reindex(sites.index)
    family = first.map(inventory.species["family_name"])
    return pd.DataFrame({"country": sites["iso3"].str.split(";").str[0], "family": family})


# ---------------------------------------------------------------- filling in


def baseline(target: pd.Series, features: pd.DataFrame, countries: pd.Series) -> pd.Series:
    """The plain guess: mean of the known values of the same class and country.

    Parameters
    ----------
    target : pandas.Series
        Values, index `site_id`; missing where not known.
    features : pandas.DataFrame
        As `features` returns them; the class of a site is the one with the largest share there.
    countries : pandas.Series
        Country of each site.

    Returns
    -------
    pandas.Series
        Index: sites of missing value. The mean of the class where its country has no value of it, the mean of
        all where the class has none; missing where nothing is known.

    Examples
    --------
    >>> known = pd.Series([10.0, 20.0, 60.0, None, None], list("ABCDE"))
    >>> of = pd.DataFrame({"class_Aves": [1, 1, 0, 1, 1], "class_Mammalia": [0, 0, 1, 0, 0]}, list("ABCDE"))
    >>> baseline(known, of, pd.Series(["PER", "MEX", "PER", "PER", "FJI"], list("ABCDE"))).to_dict()
    {'D': 10.0, 'E': 15.0}
    """
    target = target.astype(float)
    classes = features.filter(regex=f"^{_CLASS}").reindex(target.index)
    main = pd.Series(None, index=target.index, dtype="str")
    told = classes.notna().any(axis=1)
    if told.any():
        main[told] = classes[told].idxmax(axis=1)
    frame = pd.DataFrame({"value": target, "of": main, "in": countries.reindex(target.index)})
    known = frame.dropna(subset=["value"])
    wanted = frame[frame["value"].isna()]
    both = known.groupby(["of", "in"])["value"].mean()
    found = pd.Series(
        both.reindex(pd.MultiIndex.from_frame(wanted[["of", "in"]])).to_numpy(), index=wanted.index
    )
    of_class = wanted["of"].map(known.groupby("of")["value"].mean())
    return found.fillna(of_class).fillna(known["value"].mean()).astype(float)


def posterior_draws(target: pd.Series, features: pd.DataFrame, m: int, seed: int) -> pd.DataFrame:
    """Missing values, drawn several times.

    Parameters
    ----------
    target : pandas.Series
        Values, index `site_id`; missing where not known.
    features : pandas.DataFrame
        As `features` returns them.
    m : int
        Draws, 1 or more.
    seed : int
        The same values, features and seed give the same draws, whatever the order of rows and columns.

    Returns
    -------
    pandas.DataFrame
        Index: sites of missing value, in their order; columns 0 to `m` - 1, in units of the values and within
        the range of the known ones. All missing where too few values are known, or all are the same, or
        nothing that differs is known of the sites.

    Notes
    -----
    Multiple imputation by chained equations (van Buuren & Groothuis-Oudshoorn 2011, J. Stat. Softw. 45(3)):
    scikit-learn's `IterativeImputer` with `BayesianRidge`, a draw from the posterior at each step. Linear in
    the predictors; one that most of the sites of missing value lack is left out. Use all draws, never one of
    them, nor their mean as if it had been measured; and only where `validate` finds them better than the
    baseline.

    Examples
    --------
    >>> names = [f"S{number:02}" for number in range(40)]
    >>> known = pd.Series([*range(39), None], names, dtype=float)
    >>> posterior_draws(known, pd.DataFrame({"x": range(40)}, names), 20, 1).mean(axis=1).round().tolist()
    [38.0]
    """
    wanted = target.index[target.isna()]
    made = pd.DataFrame(np.nan, index=wanted, columns=range(m))
    if _why_not(target, features) or wanted.empty:
        return made
    ordered = target.astype(float).sort_index()
    table = _matrix(ordered, features)
    gone = ordered.isna().to_numpy()
    seeds = np.random.SeedSequence(seed).generate_state(m)
    # the matrices are small: threads would wait for each other
    with threadpool_limits(1):
        drawn = np.column_stack([_drawn(table, int(one))[gone] for one in seeds])
    return pd.DataFrame(drawn, index=ordered.index[gone], columns=range(m)).loc[wanted]


def _why_not(target: pd.Series, features: pd.DataFrame) -> str:
    """Why no value can be drawn; empty where one can."""
    known = target.dropna()
    if len(known) < value("impute.least_known"):
        return TOO_FEW
    if known.min() == known.max():
        return CONSTANT
    if not _telling(target, features):
        return NO_PREDICTOR
    return ""


def _telling(target: pd.Series, features: pd.DataFrame) -> list[str]:
    """Features that differ among sites of known value and are known at most of the others, by name."""
    part = features.reindex(target.index)
    gone = target.isna()
    varied = part[~gone].max() > part[~gone].min()
    # what is known only where the value is known too would help in the test and nowhere else
    there = part[gone].notna().mean().fillna(1.0) >= value("impute.least_shared")
    return sorted(part.columns[varied & there])


def _matrix(target: pd.Series, features: pd.DataFrame) -> Floats:
    """Features in units of their standard deviation, and the values as the last column."""
    part = features.reindex(target.index)
    part = part[_telling(target, features)].astype(float)
    # one prior holds for all of them, so none may be large for its unit's sake
    return np.column_stack([(part - part.mean()) / part.std(), target])


def _drawn(table: Floats, seed: int) -> Floats:
    """The last column of a table, with a draw where it is missing."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401  # slow to import
    from sklearn.impute import IterativeImputer
    from sklearn.linear_model import BayesianRidge

    known = table[:, -1]
    # with all predictors known there is nothing to be chained
    alone = not np.isnan(table[:, :-1]).any()
    imputer = IterativeImputer(
        BayesianRidge(),
        sample_posterior=True,
        skip_complete=True,
        max_iter=1 if alone else value("impute.rounds"),
        random_state=seed,
    )
    return np.clip(imputer.fit_transform(table)[:, -1], np.nanmin(known), np.nanmax(known))


# ---------------------------------------------------------------- validation


def validate(
    target: pd.Series, features: pd.DataFrame, countries: pd.Series, families: pd.Series, seed: int
) -> Validation:
    """Whether drawn values are closer to the truth than the baseline, at sites whose value is held out.

    Parameters
    ----------
    target : pandas.Series
        Values, index `site_id`; missing where not known.
    features : pandas.DataFrame
        As `features` returns them.
    countries, families : pandas.Series
        Groups that are held out as a whole, as `groups` returns them; sites of none are one group.
    seed : int
        The same inputs and seed give the same result, whatever the order of rows.

    Returns
    -------
    Validation
        Never an exception: where it cannot be tried, `reason` says why.

    Notes
    -----
    Sites close to each other are alike, so held-out single sites would be met too well: whole countries are
    held out, in five parts, and apart from that whole families. With a country held out the baseline knows
    the class alone. The interval's ends lie where `m` draws of the truth would leave 5 % on each side
    (Weibull positions), so that few draws do not make it too narrow. Sites of unknown value may differ from
    those of known value in ways that no holding out can show.

    Examples
    --------
    >>> names = [f"S{number:02}" for number in range(12)]
    >>> made = pd.DataFrame({"x": range(12)}, names)
    >>> one = pd.Series("PER", names)
    >>> validate(made["x"], made, one, one, seed=1).reason
    'too_few_known'
    """
    known = target.dropna().astype(float).sort_index()
    reason = _why_not(target, features)
    by = [labels.reindex(known.index).fillna("").astype(str) for labels in (countries, families)]
    if not reason and any(labels.nunique() < 2 for labels in by):
        reason = ONE_GROUP
    if reason:
        return Validation(len(known), None, None, False, reason)
    usable = _telling(target, features)
    found = []
    for labels in by:
        drawn, plain = _held_out(known, features[usable], features, by[0], labels, seed)
        found.append(_compared(known, labels, drawn, plain))
    better = all(one.mae < one.mae_baseline for one in found)
    return Validation(len(known), found[0], found[1], better, "" if better else NOT_BETTER)


def _held_out(
    known: pd.Series,
    predictors: pd.DataFrame,
    features: pd.DataFrame,
    countries: pd.Series,
    labels: pd.Series,
    seed: int,
) -> tuple[pd.DataFrame, pd.Series]:
    """Draws and baseline of all values, each held out with its group."""
    from sklearn.model_selection import GroupKFold

    drawn, plain = [], []
    parts = GroupKFold(min(value("impute.parts"), labels.nunique()))
    for number, (_, out) in enumerate(parts.split(known, groups=labels)):
        rest = known.copy()
        rest.iloc[out] = np.nan
        drawn.append(posterior_draws(rest, predictors, value("impute.draws"), seed + number))
        plain.append(baseline(rest, features, countries))
    return pd.concat(drawn).loc[known.index], pd.concat(plain).loc[known.index]


def _compared(known: pd.Series, labels: pd.Series, drawn: pd.DataFrame, plain: pd.Series) -> Grouped:
    tail = (1 - value("impute.interval")) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=1, method="weibull")
    return Grouped(
        n=len(known),
        groups=int(labels.nunique()),
        mae=float((drawn.mean(axis=1) - known).abs().mean()),
        mae_baseline=float((plain - known).abs().mean()),
        inside=float(known.between(low, high).mean()),
    )

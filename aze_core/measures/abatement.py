"""Threat-abatement STAR: how much of the extinction risk at a site could be taken away threat by threat."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.settings import value
from aze_core.measures.threat_words import SCOPES, SEVERITIES, scope_code, severity_code, timing_code

_WEIGHTED = ("CR", "EN", "VU", "NT", "LC")
_GONE = ("EW", "EX")
_ASSUMED = {"timing": "ongoing", "scope": "majority", "severity": "slow_significant"}
"""What stands in for a part that is not known."""

NO_RECORD = "no_record"
"""Column of the part of a site's STAR that no threat record splits."""


def expected_decline(scope: pd.Series, severity: pd.Series) -> pd.DataFrame:
    """Decline of a population that a threat is expected to cause.

    Parameters
    ----------
    scope, severity : pandas.Series
        The Red List's words, in any case and punctuation; the same index.

    Returns
    -------
    pandas.DataFrame
        Same index. `decline`: share of the population, 0 to 0.63, over ten years or three generations;
        `assumed`: which parts were not known and filled in, joined by ``,``; empty where none was.

    Notes
    -----
    The table of Mair et al. 2021 (supplementary table 2). As there, a scope that is not known stands for
    the majority of the population and a severity for slow, significant declines. Means of classes, rounded
    down: good for parts of a whole, too coarse to forecast a population by.

    Examples
    --------
    >>> scope, severity = pd.Series(["Whole (>90%)", None]), pd.Series(["Rapid Declines", "Unknown"])
    >>> expected_decline(scope, severity).values.tolist()
    [[0.24, ''], [0.09, 'scope,severity']]
    """
    table = {
        (wide, severe): percent / 100
        for wide in SCOPES
        for severe, percent in zip(SEVERITIES, value(f"threat.decline.{wide}"), strict=True)
    }
    parts = pd.DataFrame({"scope": scope_code(scope), "severity": severity_code(severity)})
    filled = parts.fillna(_ASSUMED)
    pairs = zip(filled["scope"], filled["severity"], strict=True)
    return pd.DataFrame(
        {
            "decline": pd.Series([table[pair] for pair in pairs], index=scope.index, dtype="float64"),
            "assumed": _joined(parts.isna()),
        }
    )


def species_threats(threats: pd.DataFrame) -> pd.DataFrame:
    """The threats that split the risk of each species, with the part of each.

    Parameters
    ----------
    threats : pandas.DataFrame
        Columns `species_id`, `code`, `timing`, `scope`, `severity`, in the Red List's words; each row is an
        entry of its own, so that one code with two invasive species counts twice.

    Returns
    -------
    pandas.DataFrame
        One row per entry that is used: `species_id`, `code`, `decline` (above 0), `part` of the species'
        declines together (above 0, at most 1), `assumed`.

    Notes
    -----
    Threats that are past and unlikely to return are left out, as are those of no expected decline. Threats
    that are ongoing, to come, or past and likely to return count alike, and so does one whose timing is not
    known, told in `assumed`.

    Examples
    --------
    >>> given = pd.DataFrame({"species_id": "a", "code": ["1.1", "8.1"], "timing": "Ongoing",
    ...     "scope": ["Whole (>90%)", "Minority (<50%)"], "severity": ["Rapid Declines", None]})
    >>> species_threats(given)["part"].tolist() == [24 / (24 + 5), 5 / (24 + 5)]
    True
    """
    rows = threats.reset_index(drop=True)
    when = timing_code(rows["timing"])
    found = expected_decline(rows["scope"], rows["severity"])
    unknown = pd.DataFrame({"timing": when.isna()})
    for name in ("scope", "severity"):
        unknown[name] = found["assumed"].str.contains(name, regex=False)
    found = found.assign(assumed=_joined(unknown), species_id=rows["species_id"], code=rows["code"])
    used = found[(when != "past_unlikely") & (found["decline"] > 0)].copy()
    used["part"] = used["decline"] / used.groupby("species_id")["decline"].transform("sum")
    return used[["species_id", "code", "decline", "part", "assumed"]].reset_index(drop=True)


def star(occurrences: pd.DataFrame, species_categories: pd.Series, threats: pd.DataFrame) -> pd.DataFrame:
    r"""Threat-abatement STAR of every site, species and threat.

    Parameters
    ----------
    occurrences : pandas.DataFrame
        Columns `site_id`, `species_id`, `share` (of the population, or of its life stage, 0 to 1).
    species_categories : pandas.Series
        Red List category by `species_id`; missing where not known.
    threats : pandas.DataFrame
        As in `species_threats`.

    Returns
    -------
    pandas.DataFrame
        One row per site, species and threat entry, in the order of the occurrences: `site_id`, `species_id`,
        `share`, `code`, `decline`, `part`, `assumed`, `weight` (of the category, 0 to 400; missing where the
        category is not known or Data Deficient), `star` (share × weight × part; missing where the weight is).
        A species without any threat that can be used has one row, with `code` and `decline` missing and the
        part 1.

    Notes
    -----
    :math:`T_{t,i} = \sum_s P_{s,i} W_s C_{s,t}` (Mair et al. 2021, Nat. Ecol. Evol. 5:836), with weights of
    400 for CR to 100 for NT, none for LC, EW and EX, and :math:`C` a threat's part of the species' expected
    declines. Over all threats a site has 400 for each CR and 300 for each EN species it holds whole: the sum
    restates their number, and only the split says something new. STAR takes the share of suitable habitat;
    here it is the share of the population. It is no GEF allocation.

    Examples
    --------
    >>> at = pd.DataFrame({"site_id": ["A"], "species_id": ["a"], "share": [1.0]})
    >>> given = pd.DataFrame({"species_id": "a", "code": ["1.1", "8.1"], "timing": "Ongoing",
    ...     "scope": ["Whole (>90%)", "Minority (<50%)"],
    ...     "severity": ["Rapid Declines", "Slow, Significant Declines"]})
    >>> star(at, pd.Series({"a": "CR"}), given)["star"].round(3).tolist()
    [331.034, 68.966]
    """
    weights = {name: float(value(f"threat.star.{name}")) for name in _WEIGHTED} | dict.fromkeys(_GONE, 0.0)
    rows = occurrences[["site_id", "species_id", "share"]].merge(
        species_threats(threats), on="species_id", how="left"
    )
    rows["part"] = rows["part"].fillna(1.0)
    rows["assumed"] = rows["assumed"].fillna("")
    rows["weight"] = rows["species_id"].map(species_categories).map(weights).astype("float64")
    rows["star"] = rows["share"] * rows["weight"] * rows["part"]
    return rows


def site_star(rows: pd.DataFrame) -> pd.DataFrame:
    """Threat-abatement STAR by site, in all and by threat of the first level.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `star` returns it.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`. `star`: sum over the species whose category is known, missing where none is;
        `star_high`: with CR for the others; `unknown_species`: how many these are; `threat_<n>`: the part of
        `star` by first level of the Red List's threats, those that occur, in their order; `no_record`: the
        part of species without a usable threat record.

    Examples
    --------
    >>> rows = pd.DataFrame({"site_id": "A", "species_id": ["a", "a", "b"], "share": 1.0,
    ...     "code": ["8.1.2", "11.1", None], "part": [0.75, 0.25, 1], "weight": [400, 400, 300],
    ...     "star": [300, 100, 300]})
    >>> site_star(rows).loc["A"].to_dict()
    {'star': 700.0, 'star_high': 700.0, 'unknown_species': 0.0, 'threat_8': 300.0, 'threat_11': 100.0,
     'no_record': 300.0}
    """
    by_site = rows.groupby("site_id")
    unknown = rows["weight"].isna()
    most = rows["share"] * rows["part"] * float(value("threat.star.CR"))
    found = pd.DataFrame({"star": by_site["star"].sum(min_count=1)})
    found["star_high"] = rows["star"].fillna(most).groupby(rows["site_id"]).sum()
    lost = rows[unknown].groupby("site_id")["species_id"].nunique()
    found["unknown_species"] = lost.reindex(found.index, fill_value=0)
    first = rows["code"].map(lambda code: code.split(".")[0], na_action="ignore")
    split = rows["star"].groupby([rows["site_id"], first]).sum().unstack()
    split = split.reindex(index=found.index, columns=sorted(split.columns, key=_level)).fillna(0.0)
    found = found.join(split.add_prefix("threat_"))
    bare = rows["star"].where(rows["code"].isna()).groupby(rows["site_id"]).sum()
    return found.assign(**{NO_RECORD: bare})


def _level(code: str) -> tuple[int, str]:
    return (int(code) if code.isdigit() else 99, code)


def _joined(missing: pd.DataFrame) -> pd.Series:
    """Names of the columns that are true in each row, joined by commas."""
    names = [
        ",".join(name for name, lost in zip(missing.columns, row, strict=True) if lost)
        for row in missing.to_numpy()
    ]
    return pd.Series(names, index=missing.index, dtype="str")

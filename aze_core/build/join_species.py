"""Trigger species and Red List exports that were read enter an inventory's tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from aze_core.build.join_sites import Frames, stack, without_lost_species
from aze_core.domain.report import ImportReport
from aze_core.domain.schema import TABLES, empty
from aze_core.sources.red_list import RedList, match_names
from aze_core.sources.trigger_species import TriggerSpecies

_BY_CRITERION = ("global_aze", "national_list")
"""Lists on which a species stands only where it has effectively all of its population."""


def with_trigger_species(
    frames: Frames, given: TriggerSpecies, file: str, replaces: bool, report: ImportReport
) -> Frames:
    """The tables with the trigger species of a file.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
    given : TriggerSpecies
        Read with the tables' sites.
    file : str
        How findings call the table.
    replaces : bool
        Whether pairs of site and species that the file does not name leave the list.
    report : ImportReport
        Takes what was noted and set aside.

    Returns
    -------
    dict of str to pandas.DataFrame

    Notes
    -----
    Where the table gives no share, a species at a site of an AZE or national list has the share 1, for that
    is what the list says: effectively all, more than 95 %. At other sites the row is set aside.
    """
    kinds = frames["sites"].set_index("site_id")["list_type"]
    new = given.occurrences.copy()
    lacking = new["share"].isna()
    by_criterion = lacking & new["site_id"].map(kinds).isin(_BY_CRITERION)
    if by_criterion.any():
        new.loc[by_criterion, "share"] = 1.0
        report.add("noted", "share_by_criterion", file, value=int(by_criterion.sum()))
    for at in new.index[lacking & ~by_criterion]:
        report.add("set_aside", "share_needed", file, given.rows[at], value=str(new.at[at, "species_id"]))
    new = new[new["share"].notna()]
    old = frames["occurrences"]
    keys = ["site_id", "species_id"]
    twice = pd.MultiIndex.from_frame(old[keys]).isin(pd.MultiIndex.from_frame(new[keys]))
    if twice.any():
        report.add("noted", "occurrences_updated", file, value=int(twice.sum()))
    gone = ~twice & replaces
    if gone.any():
        report.add("noted", "occurrences_left_list", file, value=int(gone.sum()))
    named = given.species[given.species["species_id"].isin(new["species_id"])]
    made = {
        **frames,
        "occurrences": stack(old[~twice & ~gone], new, "occurrences"),
        "species": _with_species(frames["species"], named),
    }
    return without_lost_species(made) if gone.any() else made


def _with_species(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Known species keep what the new rows do not say; what they say counts."""
    was, now = old.set_index("species_id"), new.set_index("species_id")
    both = now.index.intersection(was.index)
    merged = now.copy()
    merged.loc[both] = now.loc[both].fillna(was.loc[both])
    hidden = was.loc[both, "sensitive"].fillna(False).astype(bool)
    merged.loc[both[hidden.to_numpy()], "sensitive"] = True
    return stack(old[~old["species_id"].isin(new["species_id"])], merged.reset_index(), "species")


def with_red_list(
    frames: Frames,
    red_list: RedList,
    source: str,
    file: str,
    report: ImportReport,
    about: Collection[str] | None = None,
) -> Frames:
    """The tables with the species' categories, names and threats as a Red List export has them.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
    red_list : RedList
    source : str
        Source of the categories and threats.
    file : str
        How findings call the export.
    report : ImportReport
        Takes names that did not match, synonyms, categories that changed.
    about : collection of str, optional
        Identifiers of the species to tell of; all where not given. Species that were matched to this export
        before have nothing new to tell.

    Returns
    -------
    dict of str to pandas.DataFrame
        A species that is listed under a synonym has the accepted name now, and `listed_name` keeps the other.
    """
    species = frames["species"]
    found = match_names(species["scientific_name"], red_list)
    accepted = red_list.species.set_index("species_id")
    renamed: dict[str, str] = {}
    rows: list[dict[str, Any]] = []

    row: dict[str, Any]
    for row, match in zip(species.to_dict("records"), found.to_dict("records"), strict=True):  # type: ignore[assignment]
        news = about is None or row["species_id"] in about
        name = str(row["scientific_name"])

        def note(
            rule: str, detail: object = "", value: object = name, action: str = "noted", news: bool = news
        ) -> None:
            if news:
                report.add(action, rule, file, None, "scientificName", value, detail)

        if pd.isna(match["species_id"]):
            candidates = "" if pd.isna(match["candidates"]) else match["candidates"]
            note(f"not_in_red_list_{match['reason']}", candidates)
            rows.append(row)
            continue
        theirs = accepted.loc[match["species_id"]]
        if match["how"] == "synonym":
            note("synonym", f"accepted name: {match['scientific_name']}", action="repaired")
        category = theirs["category"]
        if pd.notna(row["category"]) and pd.notna(category) and row["category"] != category:
            note(
                "category_changed",
                f"{row['category']} in the list, {category} in the Red List",
                action="repaired",
            )
        renamed[str(row["species_id"])] = str(match["species_id"])
        rows.append(_matched(row, theirs, str(match["species_id"]), str(match["scientific_name"]), source))
    made = pd.DataFrame(rows, columns=TABLES["species"].names)
    return _renamed(frames, made, renamed, red_list, source, file, report)


def _matched(
    row: dict[str, Any], theirs: pd.Series, species_id: str, accepted: str, source: str
) -> dict[str, Any]:
    """A species with what the Red List says of it."""
    known = {name: item for name, item in theirs.items() if pd.notna(item)}
    listed = row["listed_name"] if pd.notna(row["listed_name"]) else row["scientific_name"]
    has = "category" in known
    return {
        **row,
        "species_id": species_id,
        "scientific_name": accepted,
        "listed_name": listed if listed != accepted else None,
        **{name: known.get(name, row[name]) for name in ("class_name", "order_name", "family_name")},
        "category": known.get("category", row["category"]),
        "category_source": source if has else row["category_source"],
        "category_year": known.get("year") if has else row["category_year"],
        "possibly_extinct": known.get("possibly_extinct"),
    }


def _renamed(
    frames: Frames,
    species: pd.DataFrame,
    renamed: dict[str, str],
    red_list: RedList,
    source: str,
    file: str,
    report: ImportReport,
) -> Frames:
    """All tables under the accepted names; two names of one species become one."""
    double = species["species_id"].duplicated()
    for one in species.loc[double, "scientific_name"]:
        report.add("repaired", "two_names_one_species", file, None, "scientificName", one)
    flagged = set(species.loc[species["sensitive"].fillna(False).astype(bool), "species_id"])
    species = species[~double].copy()
    species["sensitive"] = species["sensitive"].mask(species["species_id"].isin(flagged), True)
    made = dict(frames)
    made["species"] = stack(empty(TABLES["species"]), species, "species")
    occurrences = frames["occurrences"].copy()
    occurrences["species_id"] = occurrences["species_id"].replace(renamed)
    made["occurrences"] = occurrences.drop_duplicates(["site_id", "species_id"], ignore_index=True)
    matched = set(renamed.values())
    threats = red_list.threats[red_list.threats["species_id"].isin(matched)]
    threats = threats.rename(columns={"ias": "invasive_species"}).assign(source=source)
    order = ["species_id", "code", "name", "timing", "scope", "severity", "invasive_species"]
    threats = threats.sort_values(order, ignore_index=True)
    threats["entry"] = threats.groupby(["species_id", "code"]).cumcount() + 1
    others = frames["threats"].copy()
    others["species_id"] = others["species_id"].replace(renamed)
    # without any threat the export was made without threats, and says nothing of them
    others = others[~others["species_id"].isin(matched)] if len(red_list.threats) else others
    made["threats"] = stack(others, threats, "threats")
    return made

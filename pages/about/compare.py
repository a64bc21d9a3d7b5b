"""Two versions side by side: sites, species, cover, and how the ranking moved because of the data alone."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Inventory
from aze_core.locale import number, percent, t
from aze_core.measures.changes import SITE_KINDS, SPECIES_KINDS, Changes
from aze_core.views import charts
from pages.shell import link, loads, tending
from pages.shell.widgets import countries_text, draw, head, named, note, say, show, table

SHOWN = 15


def view(inventory: Inventory) -> None:
    """Draw the comparison with the version that is chosen."""
    others = [one for one in tending.versions() if one.content_hash != inventory.version.content_hash]
    if not others:
        head(t("changes.question"), t("changes.one_version"), inventory.version)
        st.markdown(t("changes.how_to_compare"))
        return
    state = st.session_state
    hashes = [one.content_hash for one in others]
    short = {one.content_hash[:12]: one.content_hash for one in others}
    labels = {one.content_hash: tending.label_of(one) for one in others}
    # first what this version was made from, else any that was not made from this one
    mine = inventory.version
    likely = [
        mine.derived_from,
        *(o.content_hash for o in others if o.record.derived_from != mine.content_hash),
    ]
    first = next((code for code in likely if code in hashes), hashes[0])
    wanted = short.get(state["compare_with"] or "", first)
    state["compare_pick"] = wanted

    def keep() -> None:
        """The choice outlives the page, and stands in the link."""
        state["compare_with"] = state["compare_pick"][:12]

    before = loads.other(wanted)
    found = loads.changes(before, inventory)
    head(
        t("changes.question"),
        say(
            "changes.answer",
            before=before.version.name,
            after=inventory.version.name,
            one=before.version.short_hash,
            other=inventory.version.short_hash,
            added=count(found.sites, "added", "split"),
            removed=count(found.sites, "removed", "merged", "de_listed"),
            species=int((found.species["kind"] == "added").sum()),
            gone=int((found.species["kind"] == "removed").sum()),
            cover=len(found.cover),
        ),
        inventory.version,
    )
    st.selectbox(
        t("changes.compare_with"),
        hashes,
        format_func=lambda code: labels[code],
        key="compare_pick",
        on_change=keep,
        help=t("changes.compare_help"),
    )
    if (
        before.version.list_type != inventory.version.list_type
        or before.version.name != inventory.version.name
    ):
        note(t("changes.lists_differ"))
    sites(inventory, found)
    one, two = st.columns(2, gap="medium")
    with one:
        species(inventory, found)
    with two:
        cover(inventory, found)
    moves(before, inventory, found)


def count(frame: pd.DataFrame, *kinds: str) -> int:
    """Rows of these kinds."""
    return int(frame["kind"].isin(kinds).sum())


def sites(inventory: Inventory, found: Changes) -> None:
    """Sites that changed, by kind."""
    st.subheader(t("changes.sites"), anchor=False)
    by_kind = found.sites["kind"].value_counts()
    if by_kind.empty:
        st.markdown(t("changes.no_sites"))
        return
    st.markdown(
        " · ".join(t(f"changes.n_{kind}", n=int(by_kind[kind])) for kind in SITE_KINDS if kind in by_kind)
    )
    listing = pd.DataFrame(
        {
            "kind": [t(f"changes.kind_{kind}") for kind in found.sites["kind"]],
            "name": found.sites["name"],
            "country": [countries_text(inventory, codes) for codes in found.sites["iso3"]],
            "detail": [
                t(f"changes.detail_{kind}", detail=detail) if detail else ""
                for kind, detail in zip(found.sites["kind"], found.sites["detail"].fillna(""), strict=True)
            ],
            "before": found.sites["before"],
            "after": found.sites["after"],
        }
    )
    table(
        listing,
        t("changes.sites_table", n=len(listing)),
        inventory.version,
        "changed_sites",
        {
            "kind": st.column_config.TextColumn(t("changes.what"), width=140),
            "name": st.column_config.TextColumn(t("word.site"), width=220),
            "country": st.column_config.TextColumn(t("word.country"), width=150),
            "detail": st.column_config.TextColumn(t("changes.detail"), width=420),
            "before": st.column_config.TextColumn(t("changes.id_before")),
            "after": st.column_config.TextColumn(t("changes.id_after")),
        },
        opened=True,
    )
    guessed = int((found.matches["how"] == "place").sum())
    note(t("changes.sites_note") + (" " + t("changes.by_place", n=guessed) if guessed else ""))


def species(inventory: Inventory, found: Changes) -> None:
    """Species that came, went, or have another category or name."""
    st.subheader(t("changes.species"), anchor=False)
    by_kind = found.species["kind"].value_counts()
    if by_kind.empty:
        st.markdown(t("changes.no_species"))
        return
    st.markdown(
        " · ".join(
            t(f"changes.species_n_{kind}", n=int(by_kind[kind])) for kind in SPECIES_KINDS if kind in by_kind
        )
    )
    table(
        pd.DataFrame(
            {
                "kind": [t(f"changes.species_{kind}") for kind in found.species["kind"]],
                "name": found.species["scientific_name"],
                "before": found.species["before"],
                "after": found.species["after"],
            }
        ),
        t("changes.species_table", n=len(found.species)),
        inventory.version,
        "changed_species",
        {
            "kind": st.column_config.TextColumn(t("changes.what")),
            "name": st.column_config.TextColumn(t("word.scientific_name")),
            "before": st.column_config.TextColumn(t("word.before")),
            "after": st.column_config.TextColumn(t("word.after")),
        },
    )


def cover(inventory: Inventory, found: Changes) -> None:
    """Sites whose newest report is another, with both vintages and methods."""
    st.subheader(t("changes.cover"), anchor=False)
    if found.cover.empty:
        st.markdown(t("changes.no_cover"))
        return
    frame = found.cover
    st.markdown(t("changes.cover_n", n=len(frame)))

    def told(side: str) -> list[str]:
        return [
            t("missing")
            if pd.isna(share)
            else t("changes.report", share=percent(share), year=int(year), method=named("method", method))
            for share, year, method in zip(
                frame[f"share_{side}"], frame[f"vintage_{side}"], frame[f"method_{side}"], strict=True
            )
        ]

    table(
        pd.DataFrame(
            {
                "name": frame["name"],
                "country": [countries_text(inventory, codes) for codes in frame["iso3"]],
                "before": told("before"),
                "after": told("after"),
            }
        ),
        t("changes.cover_table", n=len(frame)),
        inventory.version,
        "changed_cover",
        {
            "name": st.column_config.TextColumn(t("word.site")),
            "country": st.column_config.TextColumn(t("word.country")),
            "before": st.column_config.TextColumn(t("word.before"), width=260),
            "after": st.column_config.TextColumn(t("word.after"), width=260),
        },
    )
    note(t("changes.cover_note"))


def moves(before: Inventory, after: Inventory, found: Changes) -> None:
    """The ranking of both versions at the settings of the Priorities page."""
    st.subheader(t("changes.ranking"), anchor=False)
    settings = link.rank_settings()
    try:
        weights = link.weights()
    except SettingError:
        weights = None
    frame = loads.rank_moves(before, after, found, weights, settings)
    placed = frame[frame["rank_after"].notna()]
    if placed.empty and frame["rank_before"].isna().all():
        st.markdown(t("changes.no_ranks"))
        return
    both = frame.dropna(subset=["rank_before", "rank_after"])
    still = int((both["moved"] == 0).sum())
    first = set(frame.loc[frame["rank_before"] <= 10, "before"])
    kept = int(frame["before"].isin(first)[frame["rank_after"] <= 10].sum())
    st.markdown(t("changes.ranking_text", both=len(both), still=still, kept=kept, first=len(first)))
    top = placed.head(SHOWN)
    known = top["rank_before"].dropna()
    most = float(max([SHOWN, *known.astype(int)]))
    drawn = pd.DataFrame(
        {
            "label": [
                f"{name}, {codes.replace(';', '/')}"
                for name, codes in zip(top["name"], top["iso3"], strict=True)
            ],
            "before": top["rank_before"].astype(float),
            "after": top["rank_after"].astype(float),
            "text": [
                rank_text(one, other)
                for one, other in zip(top["rank_before"], top["rank_after"], strict=True)
            ],
        }
    )
    if len(drawn):
        show(
            draw(
                charts.before_after,
                drawn.reset_index(drop=True),
                {
                    "label": t("word.site"),
                    "before": t("changes.rank_before"),
                    "after": t("changes.rank_after"),
                    "unknown": t("changes.not_listed"),
                },
                domain=(1.0, most),
                fmt="d",
                row_height=26,
                label_limit=260,
            ),
            t("changes.ranking_alt", n=len(drawn), site=str(drawn["label"].iloc[0])),
        )
    note(t("changes.ranking_note"))
    table(
        pd.DataFrame(
            {
                "name": frame["name"],
                "country": [countries_text(after, codes) for codes in frame["iso3"]],
                "before": frame["rank_before"],
                "after": frame["rank_after"],
                "moved": [moved_text(row) for _, row in frame.iterrows()],
            }
        ),
        t("changes.ranking_table", n=len(frame)),
        after.version,
        "rank_moves",
        {
            "name": st.column_config.TextColumn(t("word.site")),
            "country": st.column_config.TextColumn(t("word.country")),
            "before": st.column_config.NumberColumn(t("changes.rank_before")),
            "after": st.column_config.NumberColumn(t("changes.rank_after")),
            "moved": st.column_config.TextColumn(t("changes.moved")),
        },
        json.dumps(
            {"settings": settings.to_dict(), "weights": weights.to_dict() if weights else None},
            sort_keys=True,
        ),
    )


def rank_text(before: Any, after: Any) -> str:
    """Both ranks, with a word where there is none."""
    return " → ".join(t("changes.none") if pd.isna(one) else number(int(one)) for one in (before, after))


def moved_text(row: pd.Series) -> str:
    """Places gained or lost, or why none is told."""
    if pd.isna(row["before"]):
        return t("changes.newly_listed")
    if pd.isna(row["after"]):
        return t("changes.no_longer_listed")
    if pd.isna(row["moved"]):
        return t("changes.no_rank")
    moved = int(row["moved"])
    return t("changes.same") if moved == 0 else f"{moved:+d}".replace("-", "−")

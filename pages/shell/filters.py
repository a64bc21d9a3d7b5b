"""The shared filters: drawn once by the frame, kept on every page, written in the link."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from aze_core.domain.model import UNKNOWN, Filters, Inventory
from aze_core.domain.schema import CATEGORIES, LIST_TYPES
from aze_core.locale import t
from pages.shell import display, link
from pages.shell.widgets import country_name, named, popover

KEYS = ("f_country", "f_region", "f_class", "f_category", "f_known")


def clear() -> None:
    """All sites again."""
    link.reset(*KEYS)


def bar(inventory: Inventory) -> None:
    """Draw the filters, and say how many sites of the list they leave."""
    chosen = link.filters()
    left = len(inventory.where(chosen))
    total = len(inventory.where(Filters(list_type=chosen.list_type)))
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="filter_bar"):
        with popover(t("filter.title"), "open_filters", *KEYS, "f_list", icon=":material/filter_list:"):
            _lists(inventory)
            _pick(
                "f_country",
                sorted(link.country_codes(inventory), key=lambda c: country_name(inventory, c)),
                lambda code: country_name(inventory, code),
            )
            _pick("f_region", sorted(set(inventory.sites["region"])), lambda code: named("region", code))
            _pick(
                "f_class",
                sorted(set(inventory.species["class_name"].fillna(UNKNOWN))),
                lambda code: named("class", code),
            )
            there = set(inventory.species["category"].fillna(UNKNOWN))
            _pick(
                "f_category",
                [code for code in (*CATEGORIES, UNKNOWN) if code in there],
                lambda code: named("category", code),
            )
            if entries := link.known_entries(inventory):
                _pick("f_known", sorted(entries), known_text)
            st.markdown(f":small[:gray[{t('filter.meaning')}]]")
        # beside the button, whose own words must stay: a button of another name is another, and closed
        said = t("filter.some", n=left, total=total) if chosen.active else t("filter.all", n=total)
        st.markdown(f":small[{said}]", width="content")
        if chosen.active:
            st.button(t("button.clear_filters"), on_click=clear, key="clear_filters", type="tertiary")
        display.menu(inventory)


def _lists(inventory: Inventory) -> None:
    """Which list is looked at, where there are several: they are never merged."""
    there = inventory.sites["list_type"].value_counts()
    if len(there) < 2:
        return
    st.selectbox(
        t("filter.list"),
        [code for code in LIST_TYPES if code in there.index],
        index=None,
        format_func=lambda code: t("filter.list_option", name=t(f"list_type.{code}"), n=int(there[code])),
        key="f_list",
        placeholder=t(f"list_type.{inventory.main_list}"),
        help=t("filter.list_help"),
    )


def known_text(entry: str) -> str:
    """An entry of national knowledge in words."""
    field, _, said = entry.partition("=")
    return t("filter.known_option", field=named("field", field), value=said_text(field, said))


def said_text(field: str, said: str) -> str:
    """A value of national knowledge in words: stages of consent have names, all else stands as it came."""
    return t(f"consent.{said}") if field == "consent_stage" else said


def _pick(key: str, options: list[str], name: Callable[[str], str]) -> None:
    st.multiselect(
        t(f"filter.{key[2:]}"),
        options,
        format_func=name,
        key=key,
        placeholder=t("filter.any"),
    )

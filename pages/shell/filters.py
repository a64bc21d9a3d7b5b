"""The shared filters: drawn once by the frame, kept on every page, written in the link."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from aze_core.domain.model import UNKNOWN, Inventory
from aze_core.domain.schema import CATEGORIES
from aze_core.locale import t
from pages.shell import link
from pages.shell.widgets import country_name, named

KEYS = ("f_country", "f_region", "f_class", "f_category")


def clear() -> None:
    """All sites again."""
    link.reset(*KEYS)


def bar(inventory: Inventory) -> None:
    """Draw the filters, and say how many sites they leave."""
    chosen = link.filters()
    left = len(inventory.where(chosen))
    total = len(inventory.sites)
    label = t("filter.some", n=left, total=total) if chosen.active else t("filter.all", n=total)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="filter_bar"):
        with st.popover(label, icon=":material/filter_list:", width="content"):
            _pick(
                "f_country",
                sorted(link.country_codes(inventory), key=lambda c: country_name(inventory, c)),
                lambda code: country_name(inventory, code),
            )
            _pick("f_region", sorted(set(inventory.sites["region"])), lambda code: named("region", code))
            _pick("f_class", sorted(set(inventory.species["class_name"])), lambda code: named("class", code))
            there = set(inventory.species["category"].fillna(UNKNOWN))
            _pick(
                "f_category",
                [code for code in (*CATEGORIES, UNKNOWN) if code in there],
                lambda code: named("category", code),
            )
            st.markdown(f":small[:gray[{t('filter.meaning')}]]")
        if chosen.active:
            st.button(t("button.clear_filters"), on_click=clear, key="clear_filters", type="tertiary")


def _pick(key: str, options: list[str], name: Callable[[str], str]) -> None:
    st.multiselect(
        t(f"filter.{key[2:]}"),
        options,
        format_func=name,
        key=key,
        placeholder=t("filter.any"),
    )

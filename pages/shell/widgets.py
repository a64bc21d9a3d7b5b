"""Shared widgets: page head, notes, tables, charts that follow the viewer's theme."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, Literal

import altair as alt
import pandas as pd
import streamlit as st
from altair.utils import schemapi

from aze_core.domain.memo import per_inventory
from aze_core.domain.model import Inventory, InventoryVersion
from aze_core.locale import messages, t
from aze_core.measures.coverage import CLASSES
from aze_core.reports.geopackage import to_geopackage
from aze_core.reports.tables import to_csv
from aze_core.reports.workbook import to_xlsx
from aze_core.views import charts, comparing, maps, plans, quadrants, ranks
from aze_core.views.theme import GLYPH, config
from pages.shell import version as seen

_ALL_ROWS = 24
_BUILDERS = (charts, maps, ranks, quadrants, plans, comparing)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:&^=-])")


def md(text: Any) -> str:
    """Text from data as Markdown that shows it as it stands: no link, no markup, no colour.

    Examples
    --------
    >>> md("[x](y) :red[z]")
    '\\\\[x\\\\]\\\\(y\\\\) \\\\:red\\\\[z\\\\]'
    """
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def say(message_id: str, **fields: Any) -> str:
    """A message as Markdown: its own markup counts, that of the fields does not."""
    return t(message_id, **{key: md(item) if isinstance(item, str) else item for key, item in fields.items()})


def mode() -> str:
    """The viewer's theme: light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


@contextmanager
def popover(
    label: str, key: str, *held: str, icon: str, width: Literal["content", "stretch"] = "content"
) -> Iterator[None]:
    """A button that opens what is drawn in the block.

    Parameters
    ----------
    label, icon, width : str
        The same in every run: a button of another label is another, and closed.
    key : str
        Key of the button itself.
    *held : str
        Keys of the session that the widgets of the block show.

    Notes
    -----
    The browser learns a value that the session gave only in the run that gave it, and makes the widgets when
    the button is pressed: every run has to give them their values anew, but for one that comes from them,
    which would undo what the visitor has moved on to meanwhile.
    """
    state, before = st.session_state, f"{key}_before"
    now = [copy(state.get(each)) for each in held]
    with st.popover(label, icon=icon, width=width, key=key):
        if before not in state or state[before] == now:
            for each in held:
                if each in state:
                    state[each] = state[each]
        state[before] = now
        yield


def head(question: str, answer: str, version: InventoryVersion, *badges: tuple[str, str]) -> None:
    """Title as a question, its computed answer, and what it stands on.

    Parameters
    ----------
    question, answer : str
        Markdown; fields already escaped.
    version : InventoryVersion
        Shown with its warning on every page.
    *badges : (text, colour)
        Further facts about the data shown.
    """
    st.title(question, anchor=False)
    st.markdown(f"##### {answer}")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        status = t(f"provenance.status.{version.status}", as_of=version.as_of)
        if version.is_current:
            st.badge(status, color="gray")
        else:
            icon = ":material/school:" if version.status == "training" else ":material/history:"
            st.badge(status, color="orange", icon=icon)
        label = t("provenance.inventory", name=version.name, version=version.version, hash=version.short_hash)
        st.badge(md(label), color="gray")
        for text, colour in badges:
            st.badge(text, color=colour)  # type: ignore[arg-type]


def note(text: str) -> None:
    """Small muted text; a caption would fade below the AA contrast."""
    st.markdown(f":small[:gray[{text}]]")


def draw(builder: Callable[..., alt.LayerChart], *arguments: Any, **options: Any) -> dict[str, Any]:
    """A chart of `aze_core.views` in the viewer's theme, as a Vega-Lite specification.

    Made once for the same frame and options. Altair's own checks are left out here: the tests compile every
    builder with them.
    """
    return _spec(builder.__name__, mode(), arguments, options)


@st.cache_data(show_spinner=False, max_entries=512)
def _spec(name: str, look: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    builder = next(getattr(module, name) for module in _BUILDERS if hasattr(module, name))
    schemapi.DEBUG_MODE = False
    # configured on its own, for Altair's own theme is one per process
    chart = builder(*arguments, mode=look, **options).configure(**config(look))
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return spec


def show(spec: dict[str, Any], alt_text: str, key: str | None = None, **options: Any) -> Any:
    """Put a drawn chart on the page, with its description for screen readers."""
    return st.vega_lite_chart(
        spec, theme=None, alt=alt_text, width=options.pop("width", "stretch"), key=key, **options
    )


def table(
    frame: pd.DataFrame,
    label: str,
    version: InventoryVersion,
    file: str,
    columns: dict[str, Any] | None = None,
    settings: str = "",
    opened: bool = False,
    export: pd.DataFrame | None = None,
) -> None:
    """The same numbers as a table below a chart or map, with its download.

    Parameters
    ----------
    frame : pandas.DataFrame
        What is shown.
    label : str
        Title of the fold, and the table's description for screen readers.
    version : InventoryVersion
    file : str
        File name of the download, without ending; also the widgets' key.
    columns : dict, optional
        Column configuration.
    settings : str
        Choices behind the numbers, written into the file.
    opened : bool
        Whether the fold starts open.
    export : pandas.DataFrame, optional
        What the file holds, where it differs from what is shown.
    """
    with st.expander(label, expanded=opened):
        st.dataframe(
            frame,
            hide_index=frame.index.name is None,
            width="stretch",
            height="content" if len(frame) <= _ALL_ROWS else "auto",
            placeholder=t("missing"),
            alt=label,
            column_config=columns,
        )
        download(frame if export is None else export, version, file, settings)


def download(frame: pd.DataFrame, version: InventoryVersion, file: str, settings: str = "") -> None:
    """A CSV button; the file is made only on click and carries inventory, settings and notice."""
    download_file(
        t("button.csv"),
        lambda: to_csv(frame, version, settings),
        f"{file}.csv",
        "text/csv",
        key=f"csv_{file}",
    )


def downloads(
    frame: pd.DataFrame,
    version: InventoryVersion,
    file: str,
    settings: str = "",
    points: pd.DataFrame | None = None,
    sources: pd.DataFrame | None = None,
) -> None:
    """CSV, XLSX and GeoPackage buttons in one row; each file is made only on click.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of an inventory from which what is sensitive was withheld. With points: index `site_id`.
    version : InventoryVersion
    file : str
        File name without ending; also the buttons' key and the name of the sheet.
    settings : str
        Choices behind the numbers, written into every file. As a JSON object it can be read in XLSX and
        GeoPackage choice by choice.
    points : pandas.DataFrame, optional
        Index `site_id`, columns `latitude` and `longitude`, of the same inventory; without them there is no
        GeoPackage.
    sources : pandas.DataFrame, optional
        The inventory's table of sources; XLSX and GeoPackage cite them.
    """
    with st.container(horizontal=True, gap="small"):
        download(frame, version, file, settings)
        download_file(
            t("button.xlsx"),
            lambda: to_xlsx({file: frame}, version, settings, sources=sources),
            f"{file}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key=f"xlsx_{file}",
        )
        if points is not None:
            download_file(
                t("button.gpkg"),
                lambda: to_geopackage(frame, points, version, settings, sources=sources),
                f"{file}.gpkg",
                "application/geopackage+sqlite3",
                key=f"gpkg_{file}",
            )


def download_file(label: str, content: Callable[[], bytes], name: str, mime: str, key: str) -> None:
    """A button for a file that is made only on click; none is made while sensitive names are shown."""
    if seen.revealed():
        st.button(
            label, key=key, disabled=True, help=t("sensitive.no_download"), icon=":material/visibility_off:"
        )
        return
    st.download_button(
        label,
        content,
        file_name=name,
        mime=mime,
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )


def class_label(kind: str) -> str:
    """Glyph and name of a class of protection."""
    return f"{GLYPH[kind]} {t(f'protection.{kind}')}"


CLASS_COLOUR = {"none": "red", "partial": "orange", "complete": "blue"}


def class_markdown(kind: str) -> str:
    """Glyph in its colour, and the name."""
    return f":{CLASS_COLOUR[kind]}[{GLYPH[kind]}] {t(f'protection.{kind}')}"


def class_words() -> dict[str, str]:
    """Names of the classes for charts."""
    return {kind: t(f"protection.{kind}") for kind in CLASSES}


def country_name(inventory: Inventory, iso3: str) -> str:
    """Name of a country or territory, or its code where none is known."""
    return _country_names(inventory).get(iso3, iso3)


@per_inventory
def _country_names(inventory: Inventory) -> dict[str, str]:
    # asked for every site of every table: a frame would be slow to answer
    return {str(code): str(name) for code, name in inventory.countries["name_en"].items()}


def countries_text(inventory: Inventory, codes: str) -> str:
    """Names for codes joined by `;`."""
    return ", ".join(country_name(inventory, code) for code in codes.split(";"))


def named(prefix: str, code: Any) -> str:
    """Catalogue name of a code such as a region or a taxonomic class, or the code itself."""
    if not isinstance(code, str):
        return t("missing")
    key = f"{prefix}.{code}"
    return t(key) if key in messages() else code


def no_sites(on_clear: Callable[[], None]) -> None:
    """What an empty filter shows: a sentence and the way out."""
    with st.container(border=True):
        st.markdown(t("empty.no_site"))
        st.button(t("button.clear_filters"), on_click=on_clear, key="clear_empty", type="primary")

"""Bring files: choose them, say what they are, import them, read the report, correct what was set aside."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from aze_core.domain.errors import AzeError
from aze_core.domain.model import Inventory
from aze_core.domain.schema import LIST_TYPES
from aze_core.domain.settings import settings, value
from aze_core.locale import explain, finding, number, t
from pages.shell import access, bringing, display, jobs, loads, uploads
from pages.shell.bringing import Offer
from pages.shell.widgets import download, head, md, note, say

_SKIP = "skip"
_BORDERS = "borders"


def view(inventory: Inventory) -> None:
    """Draw the page for its state: files to choose, an import at work, or its report."""
    job: jobs.Job | None = st.session_state.get("import_job")
    waiting = loads.waiting(inventory)
    answer = t("bring.answer", n=len(waiting)) if waiting else t("bring.answer_none")
    head(t("bring.question"), answer, inventory.version)
    if not access.may_write():
        st.info(t("bring.remote"))
        return
    if job is not None and job.running:
        at_work()
        return
    if job is not None:
        report_of(job)
        return
    chooser(inventory)
    aside(inventory)
    limits()


# ---------------------------------------------------------------- at work


@st.fragment(run_every=1.0)
def at_work() -> None:
    """How far the import is, and the way out."""
    job: jobs.Job = st.session_state["import_job"]
    if not job.running:
        st.rerun()
    left = job.seconds_left
    with st.container(border=True):
        st.progress(
            job.share,
            t("bring.progress", stage=t(f"import.stage.{job.stage}"), rows=job.rows)
            + (" · " + t("bring.left", seconds=max(1, round(left))) if left is not None else ""),
        )
        st.button(t("bring.cancel"), on_click=job.cancel, key="cancel_import")
        note(t("bring.cancel_note"))


def report_of(job: jobs.Job) -> None:
    """What the import that ended has to say."""
    if job.cancelled:
        st.info(t("bring.cancelled"))
    elif job.error:
        st.error(md(job.error))
    elif job.result is not None:
        made = job.result["inventory"]
        with st.container(border=True):
            st.markdown(
                say("bring.done", name=job.result["name"], hash=made[:8], seconds=job.result["seconds"])
            )
            counts = pd.DataFrame(job.result["inputs"])
            counts["kind"] = [t(f"import.kind.{kind}") for kind in counts["kind"]]
            counts = counts[["file", "kind", "read", "accepted", "repaired", "set_aside"]]
            st.dataframe(
                counts,
                hide_index=True,
                width="stretch",
                alt=t("bring.counts_alt", n=len(counts)),
                column_config={name: t(f"bring.col_{name}") for name in counts.columns},
            )
            findings_list(job.result["findings"])
            with st.container(horizontal=True):
                st.button(
                    t("bring.look"),
                    on_click=bringing.look_at,
                    args=(made,),
                    key="look_at_new",
                    type="primary",
                )
                st.button(
                    t("bring.make_default"), on_click=bringing.show_first, args=(made,), key="default_new"
                )
                report = loads.import_report(made)
                if report is not None:
                    download(report, loads.version_record(made), "import_report")
    st.button(t("bring.again"), on_click=bringing.start_over, key="import_again", type="tertiary")


def findings_list(findings: list[dict[str, Any]]) -> None:
    """Counts by rule, in words, what was set aside first."""
    order = {"set_aside": 0, "repaired": 1, "noted": 2}
    rows = sorted(findings, key=lambda one: (order[one["action"]], one["rule"]))
    if not rows:
        st.markdown(t("bring.nothing_found"))
        return
    st.dataframe(
        pd.DataFrame(
            {
                "action": [t(f"finding_action.{one['action']}") for one in rows],
                "n": [one["n"] for one in rows],
                "rule": [finding(one["rule"]) for one in rows],
            }
        ),
        hide_index=True,
        width="stretch",
        height="content",
        alt=t("bring.findings_alt", n=len(rows)),
        column_config={
            "action": st.column_config.TextColumn(t("bring.col_action"), width=90),
            "n": st.column_config.NumberColumn(t("bring.col_n"), width=70),
            "rule": st.column_config.TextColumn(t("bring.col_rule"), width=700),
        },
    )


# ---------------------------------------------------------------- files


def chooser(inventory: Inventory) -> None:
    """Files, what each is, and the name of what they become."""
    st.subheader(t("bring.files"), anchor=False)
    one, two = st.columns([1.4, 1], gap="medium")
    with one:
        given = st.file_uploader(
            t("bring.upload"),
            accept_multiple_files=True,
            key="bring_upload",
            help=t("bring.upload_help", megabytes=int(st.get_option("server.maxUploadSize"))),
        )
    with two:
        path = st.text_input(t("bring.path"), key="bring_path", help=t("bring.path_help"))
        training = st.button(t("bring.training"), key="bring_training", help=t("bring.training_help"))
        if training:
            st.session_state["bring_paths"] = bringing.training_files()
    paths, problems = bringing.gather(given, path)
    for problem in problems:
        st.error(md(problem))
    if display.has_own_borders():
        st.button(
            t("bring.borders_forget"), on_click=bringing.forget_borders, key="forget_borders", type="tertiary"
        )
    if not paths:
        st.markdown(t("bring.what"))
        return
    offers: list[Offer] = []
    for place, (file, label) in enumerate(paths):
        offers += file_card(place, file, label)
    ready = [offer for offer in offers if offer.kind]
    if ready:
        naming(inventory, ready)


def file_card(place: int, file: Any, label: str) -> list[Offer]:
    """One file: what it is taken for, and which column holds what."""
    found = uploads.brought(file)
    with st.container(border=True):
        size = (
            t("bring.megabytes", size=number(found.bytes / 1e6, 1))
            if found.bytes >= 100_000
            else t("bring.kilobytes", size=number(max(1, found.bytes / 1e3)))
        )
        st.markdown(f"**{md(label)}** :gray[{size}]")
        if found.problem:
            st.error(md(found.problem))
            return []
        offers = []
        for number_of, first in enumerate(found.looks):
            key = f"{place}_{number_of}"
            options = [*bringing.KINDS, _BORDERS, _SKIP]
            likely = first.kind or (_BORDERS if bringing.looks_like_borders(first) else _SKIP)
            kind = st.selectbox(
                t("bring.kind") if not first.sheet else say("bring.kind_sheet", sheet=first.sheet),
                options,
                index=options.index(likely),
                format_func=kind_text,
                key=f"kind_{key}_{file.name}",
            )
            if first.problem and kind == _SKIP:
                note(t(f"import.problem.{first.problem}"))
            if kind == _BORDERS:
                borders(file, key)
            if kind in (_BORDERS, _SKIP):
                continue
            shown = first
            if kind != first.kind:
                again = uploads.brought(file, kind)
                if again.problem:
                    st.error(md(again.problem))
                    continue
                shown = again.looks[number_of] if number_of < len(again.looks) else again.looks[0]
            mapping = bringing.mapping_of(shown)
            if bringing.is_mapped(kind):
                mapping = columns(key, kind, shown, mapping)
            about = details(key, shown, mapping) if kind == "national" else {}
            offers.append(Offer(str(file), kind, shown.sheet, mapping, about))
    return offers


def kind_text(code: str) -> str:
    """What a file can be read as, in words."""
    return t(f"bring.{code}") if code in (_BORDERS, _SKIP) else t(f"import.kind.{code}")


def borders(file: Any, key: str) -> None:
    """A boundary file for maps is no part of an inventory: it is taken at once."""
    note(t("bring.borders_note"))
    if st.button(t("bring.borders_use"), key=f"borders_{key}"):
        try:
            bringing.use_borders(file)
        except AzeError as error:
            st.error(md(explain(error)))
        else:
            st.success(t("bring.borders_done"))


def columns(key: str, kind: str, shown: Any, mapping: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns of a table with some rows, and which field each holds; the visitor confirms or corrects."""
    needed = bringing.lacking(kind, mapping)
    title = t("bring.columns_remembered") if shown.remembered else t("bring.columns")
    with st.expander(title, expanded=bool(needed)):
        if shown.sample:
            st.dataframe(
                pd.DataFrame(shown.sample, columns=shown.columns),
                hide_index=True,
                width="stretch",
                height="content",
                alt=t("bring.sample_alt", n=len(shown.sample), rows=shown.rows),
            )
            note(t("bring.sample", n=len(shown.sample), rows=shown.rows))
        chosen: dict[str, list[str]] = {}
        with st.grid(3, gap="small", min_column_width=240):
            for field in bringing.fields_of(kind):
                guessed = mapping.get(field, [])
                sure = shown.guesses.get(field)
                unsure = sure is not None and sure.confidence < bringing.SURE and not shown.remembered
                label = t(f"import.field.{field}") + (" ?" if unsure else "")
                hint = t("bring.unsure") if unsure else None
                name = f"map_{key}_{kind}_{field}_{shown.fingerprint}"
                if field in bringing.LISTS:
                    taken = st.multiselect(
                        label,
                        shown.columns,
                        default=guessed,
                        key=name,
                        placeholder=t("bring.no_column"),
                        help=hint,
                    )
                else:
                    one = st.selectbox(
                        label,
                        shown.columns,
                        index=shown.columns.index(guessed[0]) if guessed else None,
                        key=name,
                        placeholder=t("bring.no_column"),
                        help=hint,
                    )
                    taken = [one] if one else []
                if taken:
                    chosen[field] = taken
        lacks = bringing.lacking(kind, chosen)
        if lacks:
            st.warning(t(f"bring.lacks_{lacks}"))
    return chosen


def details(key: str, shown: Any, mapping: dict[str, list[str]]) -> dict[str, list[str]]:
    """Unit, year and source of columns of values, where the table itself does not say."""
    used = {column for names in mapping.values() for column in names}
    own = [column for column in shown.columns if column not in used]
    valued = [*(names[0] for field, names in mapping.items() if field in ("cost", "mett_score")), *own]
    if not valued:
        return {}
    with st.expander(t("bring.about")):
        note(t("bring.about_note"))
        empty = pd.DataFrame({"column": valued, "unit": "", "year": "", "source": ""})
        edited = st.data_editor(
            empty,
            hide_index=True,
            width="stretch",
            disabled=["column"],
            key=f"about_{key}_{shown.fingerprint}",
            column_config={name: t(f"bring.about_{name}") for name in empty.columns},
        )
    return {
        row["column"]: [f"{what}={row[what]}" for what in ("unit", "year", "source") if row[what]]
        for row in edited.to_dict("records")
        if any(row[what] for what in ("unit", "year", "source"))
    }


def naming(inventory: Inventory, offers: list[Offer]) -> None:
    """What the new version is called and stands on; then it is made."""
    kinds = {offer.kind for offer in offers}
    has_sites = bool(kinds & set(bringing.SITES))
    with st.container(border=True):
        st.subheader(t("bring.naming"), anchor=False)
        bases = ["new", "current"] if has_sites else ["current"]
        base = st.segmented_control(
            t("bring.base"),
            bases,
            format_func=lambda code: say(f"bring.base_{code}", name=inventory.version.name),
            default=bases[0],
            key=f"bring_base_{has_sites}",
            required=True,
            help=t("bring.base_help"),
        )
        adds = base == "current"
        one, two, three = st.columns(3, gap="medium")
        name = one.text_input(
            t("bring.name"),
            key="bring_name",
            placeholder=inventory.version.name if adds else "",
            max_chars=120,
        )
        as_of = two.text_input(
            t("bring.as_of"),
            value="" if adds else bringing.date_of(offers),
            key=f"bring_as_of_{adds}_{bringing.date_of(offers)}",
            placeholder=inventory.version.as_of if adds else "2026-03",
            help=t("bring.as_of_help", years=value("inventory.current_years")),
        )
        list_type = three.selectbox(
            t("bring.list_type"),
            LIST_TYPES[:2],
            format_func=lambda code: t(f"list_type.{code}"),
            key="bring_list_type",
            disabled=adds,
            help=t("bring.list_type_help"),
        )
        replaces = False
        if adds and kinds & {*bringing.SITES, "trigger_species"}:
            replaces = st.toggle(t("bring.replaces"), key="bring_replaces", help=t("bring.replaces_help"))
        areas_as_of = ""
        if found := bringing.date_of_protected_areas(offers):
            areas_as_of = st.text_input(
                t("bring.areas_as_of"),
                value=found,
                key=f"bring_areas_as_of_{found}",
                help=t("bring.areas_as_of_help"),
                width=320,
            )
        if "trigger_species" in kinds:
            note(t("bring.share_note"))
        if st.button(t("bring.start"), key="start_import", type="primary"):
            try:
                bringing.begin(inventory, offers, name, as_of, list_type, adds, replaces, areas_as_of)
            except AzeError as error:
                st.error(md(explain(error)))
            else:
                st.rerun()


# ---------------------------------------------------------------- rows set aside


def aside(inventory: Inventory) -> None:
    """Rows of this version that were set aside: shown as they came, corrected here, read again."""
    groups = loads.aside_groups(inventory)
    if not groups:
        return
    st.subheader(t("aside.title", n=len(loads.waiting(inventory))), anchor=False)
    st.markdown(t("aside.text"))
    for group in groups:
        with st.container(border=True):
            st.markdown(f"**{md(group.file)}** :gray[{md(t(f'import.kind.{group.kind}'))}]")
            fixed = ["why", "row"]
            edited = st.data_editor(
                group.table,
                hide_index=True,
                width="stretch",
                disabled=fixed,
                key=f"aside_{inventory.key}_{group.input_id}",
                column_config={
                    "why": st.column_config.TextColumn(t("aside.why"), width=330, pinned=True),
                    "row": st.column_config.NumberColumn(t("aside.row"), width=60),
                },
            )
            changed = (edited != group.table).any(axis=1)
            with st.container(horizontal=True, vertical_alignment="center"):
                n = int(changed.sum())
                if st.button(
                    t("aside.import", n=n) if n else t("aside.import_none"),
                    key=f"aside_import_{group.input_id}",
                    type="primary" if changed.any() else "secondary",
                    disabled=not changed.any(),
                ):
                    try:
                        bringing.correct(inventory, group, edited[changed])
                    except AzeError as error:
                        st.error(md(explain(error)))
                    else:
                        st.rerun()
                download(loads.without_secrets(group.table), inventory.version, f"aside_{group.input_id}")
    note(t("aside.note"))


def limits() -> None:
    """What is the most that a file may hold."""
    with st.expander(t("bring.limits")):
        rows = [
            (one.meaning, one.value, one.unit)
            for name, one in settings().items()
            if name.startswith("limits.")
        ]
        st.dataframe(
            pd.DataFrame(rows, columns=[t("data.what"), t("data.value"), t("knowledge.unit")]),
            hide_index=True,
            width="stretch",
            alt=t("bring.limits"),
        )

"""The weights of the weighted view: plain sliders, guided swings, presets, further criteria, scales."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from aze_core.domain.errors import SettingError
from aze_core.domain.model import NATIONAL, ONE_AXIS, TWO_WAYS, Inventory, RankSettings
from aze_core.locale import number, t
from aze_core.ranking.presets import PRESETS, preset
from aze_core.ranking.values import Values, national_fields, say_the_same, unusable
from aze_core.views import ranks
from pages.shell import controls, link, loads
from pages.shell.widgets import country_name, draw, md, named, note, popover, say, show

HOW = ("sliders", "guided")
_ROW = 4
_HELD = "more_pick"
_PRESET = "preset_pick"
_HOW = link.KEPT + "how"
_FIRST = link.KEPT + "first"
_SWING = link.KEPT + "swing_"
_FIRST_POINTS = 10
"""Points that a criterion has when it is added."""


def title() -> str:
    """The weights in one line."""
    points = link.points().items()
    said = (f"{md(controls.criterion_name(code))} {each:.0f}" for code, each in points)
    return t("weighing.title", weights=" · ".join(said))


def card(inventory: Inventory, settings: RankSettings) -> None:
    """Everything that sets weights, with the ends of the scales in sight."""
    state = st.session_state
    codes = [*link.MAIN, *state["more"]]
    turned = [code for code in state["reverse"] if code in codes]
    try:
        values = loads.values(inventory, codes, settings, turned)
        lost = unusable(inventory, tuple(codes), settings, tuple(turned))
    except SettingError:
        # a scale or field that this version of the data does not know: the page says so
        return
    if _HOW not in state:
        state[_HOW] = HOW[0]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        how = st.segmented_control(
            t("weighing.how"),
            HOW,
            format_func=lambda code: t(f"weighing.how_{code}"),
            key=_HOW,
            required=True,
            help=t("weighing.how_help"),
        )
        now = chosen_preset()
        link.hold(_PRESET, now)
        st.selectbox(
            t("weighing.preset"),
            PRESETS,
            index=None,
            format_func=lambda code: t(f"preset.{code}"),
            placeholder=t("weighing.preset_none"),
            key=_PRESET,
            on_change=_use_preset,
            width=240,
        )
        _further(inventory)
        with popover(t("weighing.scales"), "open_scales", "scale", icon=":material/straighten:"):
            st.multiselect(
                t("weighing.scale"),
                sorted(link.country_codes(inventory), key=lambda c: country_name(inventory, c)),
                format_func=lambda code: country_name(inventory, code),
                key="scale",
                placeholder=t("weighing.scale_all"),
                help=t("weighing.scale_help"),
            )
            _scales(inventory, values, codes)
    # always a line: sliders that a move puts elsewhere would lose the next one
    note(t("weighing.own" if now is None else f"preset.{now}_why"))
    if how == "guided":
        guided(inventory, values, codes, lost)
    else:
        sliders(inventory, values, codes, lost)
    warnings(inventory, settings)


def chosen_preset() -> str | None:
    """The preset whose weights and directions are those on the page."""
    try:
        given = link.given_weights()
    except SettingError:
        return None
    return next((code for code in PRESETS if preset(code) == given), None)


def _use_preset() -> None:
    """Put the weights of a preset on the page."""
    state = st.session_state
    chosen = state[_PRESET]
    if chosen is None:
        return
    made = preset(chosen)
    for code in link.MAIN:
        state[f"w_{code}"] = int(getattr(made, code))
    state["more"], state["reverse"] = {}, list(made.reverse)


def _further(inventory: Inventory) -> None:
    """Criteria beside the three that always stand there."""
    state = st.session_state
    link.hold(_HELD, list(state["more"]))
    with popover(t("weighing.more"), "open_more", _HELD, icon=":material/add:"):
        st.multiselect(
            t("weighing.more_label"),
            link.further_criteria(inventory),
            format_func=controls.criterion_name,
            key=_HELD,
            on_change=_keep_further,
            placeholder=t("weighing.more_none"),
        )
        fields = national_fields(inventory)
        for name, reason in fields.loc[fields["reason"] != "", "reason"].items():
            note(say(f"weighing.field_{reason}", field=named("field", str(name))))
        note(t("rights.note"))


def _keep_further() -> None:
    state = st.session_state
    held = link.points()
    state["more"] = {code: state["more"].get(code, _FIRST_POINTS) for code in state[_HELD]}
    for code in ONE_AXIS:
        # the category counts already: what was added waits until that is set to 0
        if code in state["more"] and code not in held and any(held.get(each, 0) > 0 for each in ONE_AXIS):
            state["more"] = {**state["more"], code: 0}


def _scales(inventory: Inventory, values: Values, codes: list[str]) -> None:
    """Worst and best value of every criterion."""
    shown = pd.DataFrame(
        {
            "criterion": [controls.criterion_name(code) for code in codes],
            "worst": [controls.criterion_value(inventory, c, values.anchors.at[c, "worst"]) for c in codes],
            "best": [controls.criterion_value(inventory, c, values.anchors.at[c, "best"]) for c in codes],
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        alt=t("weighing.scales"),
        column_config={
            "criterion": st.column_config.TextColumn(t("word.part")),
            "worst": st.column_config.TextColumn(t("methods.worst")),
            "best": st.column_config.TextColumn(t("methods.best")),
        },
    )
    note(t("weighing.scale_note"))


def range_text(inventory: Inventory, values: Values, code: str) -> str:
    """From the worst to the best value of a criterion, in its unit."""
    worst, best = (values.anchors.at[code, end] for end in ("worst", "best"))
    decimals = 2 if code == "extinction" else 0
    return say(
        "criterion.range",
        worst=number(worst, decimals),
        best=number(best, decimals),
        unit=controls.criterion_unit(inventory, code) or t("weighing.no_unit"),
    )


def blocked(code: str, lost: dict[str, str]) -> str:
    """Why a criterion cannot be a weight now; empty where it can."""
    if code in lost:
        return t(f"criterion.{lost[code]}")
    held = link.points()
    if code in ONE_AXIS:
        other = next(each for each in ONE_AXIS if each != code)
        if held.get(other, 0) > 0 and not held.get(code, 0):
            return t("criterion.category_twice", other=controls.criterion_within(other))
    return ""


def sliders(inventory: Inventory, values: Values, codes: list[str], lost: dict[str, str]) -> None:
    """One slider for each criterion, with its scale, its direction, and why it cannot be used."""
    for start in range(0, len(codes), _ROW):
        row = codes[start : start + _ROW]
        for cell, code in zip(st.columns(max(len(row), 3), gap="medium"), row, strict=False):
            with cell:
                why = blocked(code, lost)
                _slider(code, bool(why))
                note(why or range_text(inventory, values, code))
                if code in TWO_WAYS or code.startswith(NATIONAL):
                    _direction(code)


def _slider(code: str, disabled: bool) -> None:
    state = st.session_state
    help_ = t("criterion.national_help") if code.startswith(NATIONAL) else t(f"criterion.{code}_help")
    if code in link.MAIN:
        key = f"w_{code}"
        if disabled:
            # a slider that its own move disables would otherwise jump back
            state[key] = state[key]
        st.slider(
            t(f"criterion.{code}"),
            0,
            100,
            key=key,
            step=1,
            help=help_,
            disabled=disabled,
        )
        return
    key = f"wm_{code}"
    link.hold(key, state["more"][code])

    def keep() -> None:
        state["more"] = {**state["more"], code: state[key]}

    st.slider(
        md(controls.criterion_name(code)),
        0,
        100,
        key=key,
        step=1,
        help=help_,
        disabled=disabled,
        on_change=keep,
    )


def _direction(code: str) -> None:
    """Which end of a criterion comes first."""
    state = st.session_state
    kind = "national" if code.startswith(NATIONAL) else code
    key = f"turn_{code}"
    link.hold(key, code in state["reverse"])

    def keep() -> None:
        others = [each for each in state["reverse"] if each != code]
        state["reverse"] = sorted([*others, code]) if state[key] else others

    st.toggle(t(f"criterion.{kind}_turn"), key=key, on_change=keep, help=t(f"criterion.{kind}_turn_help"))


def guided(inventory: Inventory, values: Values, codes: list[str], lost: dict[str, str]) -> None:
    """Swing weighting: the most important swing first, the others against it."""
    state = st.session_state
    usable = [code for code in codes if not blocked(code, lost)]
    if all(code in usable for code in ONE_AXIS):
        # one of the two only, for both would get points
        usable.remove(ONE_AXIS[1])
    for code in codes:
        if code not in usable:
            why = blocked(code, lost) or t("weighing.either", other=controls.criterion_within(ONE_AXIS[0]))
            note(f"{md(controls.criterion_name(code))}: {why}")
    if len(usable) < 2:
        st.markdown(t("weighing.guided_few"))
        return
    given = {code: state.get(_SWING + code) for code in usable}
    if state.get(_FIRST) not in usable:
        # what was first cannot be weighed any more
        state.pop(_FIRST, None)
    first = state.get(_FIRST)
    if first is not None:
        given[first] = 100
    waiting = [code for code in usable if given[code] is None]
    one, two = st.columns([1, 1.2], gap="medium")
    with one:
        frame = pd.DataFrame(
            {
                "criterion": usable,
                "label": [controls.criterion_name(code) for code in usable],
                "worst_text": [
                    controls.criterion_value(inventory, c, values.anchors.at[c, "worst"]) for c in usable
                ],
                "best_text": [
                    controls.criterion_value(inventory, c, values.anchors.at[c, "best"]) for c in usable
                ],
                "points": [float(given[code] or 0) for code in usable],
                "colour": usable,
            }
        )
        show(
            draw(
                ranks.swing,
                frame,
                {
                    "criterion": t("word.part"),
                    "worst": t("methods.worst"),
                    "best": t("methods.best"),
                    "points": t("word.points"),
                    "unknown": t("missing"),
                },
            ),
            t("weighing.swing_alt"),
            key="swing_chart",
        )
    with two:
        st.markdown(t("weighing.step_one"))
        st.radio(
            t("weighing.first"),
            usable,
            index=None,
            format_func=lambda code: say(
                "weighing.swing",
                criterion=controls.criterion_name(code),
                worst=controls.criterion_value(inventory, code, values.anchors.at[code, "worst"]),
                best=controls.criterion_value(inventory, code, values.anchors.at[code, "best"]),
            ),
            key=_FIRST,
        )
        if first is None:
            note(t("weighing.step_wait"))
            return
        st.markdown(say("weighing.step_two", criterion=controls.criterion_name(first)))
        for code in usable:
            if code != first:
                st.number_input(
                    md(controls.criterion_name(code)),
                    0,
                    100,
                    value=None,
                    step=5,
                    key=_SWING + code,
                    placeholder=t("weighing.swing_open"),
                )
        st.button(
            t("weighing.use"),
            on_click=_use_swings,
            args=(usable, first),
            type="primary",
            key="use_swings",
            disabled=bool(waiting),
        )
        # what nobody answered is not an answer of 0
        left = ", ".join(controls.criterion_name(code) for code in waiting)
        note(say("weighing.swing_left", criteria=left) if waiting else t("weighing.use_note"))


def _use_swings(usable: list[str], first: str) -> None:
    """The swings become the weights, and the sliders show them."""
    state = st.session_state
    swings = {code: int(state[_SWING + code]) for code in usable if code != first}
    swings[first] = 100
    for code in link.MAIN:
        state[f"w_{code}"] = swings.get(code, 0)
    state["more"] = {code: swings.get(code, 0) for code in state["more"]}
    state[_HOW] = HOW[0]


def warnings(inventory: Inventory, settings: RankSettings) -> None:
    """Criteria that say the same."""
    try:
        pairs = say_the_same(inventory, link.given_weights(), settings)
    except SettingError:
        return
    for one, two, rho in pairs:
        st.warning(
            say(
                "weighing.same",
                one=controls.criterion_name(one),
                two=controls.criterion_within(two),
                rho=rho,
            )
        )

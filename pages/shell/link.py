"""The link: state that a copied address carries, as language-neutral codes.

On a session's first run the address seeds the state; after every run the state is written back. A code that
is unknown or does not fit is left out and named in a notice, never dropped in silence.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from aze_core.domain.model import (
    CRITERIA,
    NATIONAL,
    SCHEMES,
    SPREADS,
    TWO_WAYS,
    UNKNOWN,
    UNKNOWN_RULES,
    Assumptions,
    Filters,
    Inventory,
    RankSettings,
    Uncertainty,
    Weights,
)
from aze_core.domain.settings import value
from aze_core.measures.coverage import CLASSES
from aze_core.measures.curves import ALL, MEASURES, groups
from aze_core.ranking.values import national_fields
from aze_core.scenarios.actions import ACTIONS, DEFAULT_ACTION, STATED
from aze_core.scenarios.candidates import memberships, threat_codes
from aze_core.scenarios.comparison import LETTERS
from aze_core.scenarios.ladder import ORDERS
from aze_core.scenarios.scenario import BUDGETS, OBJECTIVES, QUOTAS, Scenario
from pages.shell import version

_PLAIN_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", re.ASCII)
_SEP = "~"
_MOST_VALUES = 30
_LONGEST = 120
_EVERYWHERE: tuple[str, ...] = ()
_PLAN = ("scenarios", "compare")
_RANKING = ("priorities", "site", *_PLAN)
_ONE_RANKING = ("priorities", "site")
MODES = ("loss", "weighted")
TARGETS = ("gbf", "aichi")
"""Words of which targets the scoreboard speaks."""

MAIN = ("irreplaceability", "extinction", "pressure")
"""Criteria whose weights always stand on the page."""

MORE = tuple(code for code in CRITERIA if code not in MAIN)
"""Criteria that a visitor can add."""

PARTS = ("quarters", "compare", "orders", "assumptions", "filling")
THREATS = ("extinction", "pressure", "impact", "star")
"""Criteria that can stand for threat in the quarters."""

STUDIES = ("beside", "ladder", "others", "core", "landscapes", "assumptions")
"""What the Compare page shows of plans."""

NOW = "now"
"""Code of the scenario that stands on the Scenarios page, among those of kept ones."""

_STUDY = ("compare",)
MOST_COMPARED = 4
KEPT = "kept_"
"""How the keys begin of widgets that keep their value on other pages, though no link carries it."""

DATA_VIEWS = ("loaded", "bring", "versions", "ready")
MOST_GROUPS = 3


@dataclass(frozen=True)
class Parameter:
    """One entry of the link: its `code` there, its `key` in the session, how it is read and written."""

    code: str
    key: str
    default: Any
    read: Callable[[str, Inventory], Any]
    write: Callable[[Any], str]
    pages: tuple[str, ...] = _EVERYWHERE


def _codes(known: Callable[[Inventory], set[str]]) -> Callable[[str, Inventory], list[str]]:
    def read(text: str, inventory: Inventory) -> list[str]:
        parts = list(dict.fromkeys(part for part in text.split(_SEP) if part))
        lost = [part for part in parts if part not in known(inventory)]
        if lost or not parts:
            raise ValueError(_SEP.join(lost) or text)
        return parts

    return read


def _one(known: Callable[[Inventory], set[str]]) -> Callable[[str, Inventory], str]:
    def read(text: str, inventory: Inventory) -> str:
        if text not in known(inventory):
            raise ValueError(text)
        return text

    return read


def _within(low: float, high: float, whole: bool) -> Callable[[str, Inventory], float]:
    def read(text: str, inventory: Inventory) -> float:
        if not _PLAIN_NUMBER.fullmatch(text):
            raise ValueError(text)
        number = float(text)
        if not math.isfinite(number) or not low <= number <= high or (whole and not number.is_integer()):
            raise ValueError(text)
        return int(number) if whole else number

    return read


def _flag(text: str, inventory: Inventory) -> bool:
    return {"0": False, "1": True}[text]


def _hash(text: str, inventory: Inventory) -> str:
    """The beginning of a content hash; whether it is in the store shows on the page."""
    if not re.fullmatch(r"[0-9a-f]{12}", text):
        raise ValueError(text)
    return text


def _number(given: Any) -> str:
    return f"{given:.6g}"


def _plain(given: Any) -> str:
    return f"{given:.15g}"


def country_codes(inventory: Inventory) -> set[str]:
    """Countries and territories that have a site."""
    return set(";".join(inventory.sites["iso3"]).split(";"))


def _sites(inventory: Inventory) -> set[str]:
    return set(inventory.sites.index)


def known_entries(inventory: Inventory) -> set[str]:
    """What national knowledge can filter by, as ``field=value``.

    Texts with the sign that parts a list, and fields with as many values as sites, are left out.
    """
    said = inventory.statements()
    counts = said.groupby("field")["value"].nunique()
    told = said[said["field"].map(counts) <= _MOST_VALUES]
    entries = set(told["field"] + "=" + told["value"])
    return {entry for entry in entries if _SEP not in entry and len(entry) <= _LONGEST}


def group_codes(inventory: Inventory) -> list[str]:
    """Groups that sites of the inventory can form."""
    return groups(inventory)


def _groups(text: str, inventory: Inventory) -> list[str]:
    """Up to three groups of sites."""
    found = _codes(lambda i: set(groups(i)))(text, inventory)
    if len(found) > MOST_GROUPS:
        raise ValueError(text)
    return found


def further_criteria(inventory: Inventory) -> list[str]:
    """Criteria that can be added: those of the planner, then the country's own numbers."""
    fields = national_fields(inventory)
    own = [NATIONAL + name for name in fields.index[fields["reason"] == ""] if _SEP not in name]
    return [*MORE, *own]


class PartlyReadError(ValueError):
    """Some of an entry is not known here: what can be kept, and the text of what cannot."""

    def __init__(self, kept: Any, lost: str) -> None:
        super().__init__(lost)
        self.kept, self.lost = kept, lost


def _points(text: str, inventory: Inventory) -> dict[str, int]:
    """Points of the criteria that were added, as ``code:points``."""
    known = set(further_criteria(inventory))
    found, lost = {}, []
    for part in text.split(_SEP):
        code, _, points = part.rpartition(":")
        if code in known:
            found[code] = int(_WEIGHT(points, inventory))
        else:
            lost.append(part)
    if lost:
        raise PartlyReadError(found, _SEP.join(lost))
    return found


def _write_points(given: dict[str, int]) -> str:
    return _SEP.join(f"{code}:{points}" for code, points in given.items())


def _box(text: str, inventory: Inventory) -> list[float]:
    """A part of the chart, as four values from 0 to 1: left, right, bottom, top."""
    found = [_within(0, 1, whole=False)(part, inventory) for part in text.split(_SEP)]
    if len(found) != 4 or found[0] >= found[1] or found[2] >= found[3]:
        raise ValueError(text)
    return found


def _few_sites(text: str, inventory: Inventory) -> list[str]:
    found = _codes(_sites)(text, inventory)
    if len(found) > MOST_COMPARED:
        raise ValueError(text)
    return found


def _few_plans(text: str, inventory: Inventory) -> list[str]:
    """Up to four kept scenarios by code; whether they are kept here shows on the page."""
    found = list(dict.fromkeys(part for part in text.split(_SEP) if part))
    if not 0 < len(found) <= len(LETTERS):
        raise ValueError(text)
    if any(one != NOW and not re.fullmatch(r"[0-9a-f]{12}", one) for one in found):
        raise ValueError(text)
    return found


def _budgets(text: str, inventory: Inventory) -> str:
    """Budgets of a ladder as they were typed: numbers with commas between."""
    if not re.fullmatch(r"[0-9., ]{1,200}", text):
        raise ValueError(text)
    return text


_WEIGHT = _within(0, 100, whole=True)
_PART = _within(0, 1, whole=False)
_COUNT = _within(0, 100_000, whole=True)
_BUDGET = _within(0, value("scenario.budget_max"), whole=False)
_WHOLE_BUDGET = _within(0, value("scenario.budget_max"), whole=True)
_EFFECT = _within(0, value("protection.effect_max"), whole=False)


def _pairs(
    known: Callable[[Inventory], set[str]], read: Callable[[str, Inventory], Any]
) -> Callable[[str, Inventory], dict[str, Any]]:
    """Entries ``code:value``; what of them is not known is told, and the rest kept."""

    def pairs(text: str, inventory: Inventory) -> dict[str, Any]:
        there, found, lost = known(inventory), {}, []
        for part in text.split(_SEP):
            code, _, given = part.rpartition(":")
            if code in there:
                found[code] = read(given, inventory)
            else:
                lost.append(part)
        if lost:
            raise PartlyReadError(found, _SEP.join(lost))
        return found

    return pairs


def _write_pairs(given: dict[str, Any]) -> str:
    return _SEP.join(
        f"{code}:{each if isinstance(each, str) else _number(each)}" for code, each in given.items()
    )


def quota_codes(inventory: Inventory) -> dict[str, list[str]]:
    """What floors and ceilings can be about: the codes of each kind that sites have."""
    found = {kind: sorted(memberships(inventory, kind)["code"].unique()) for kind in QUOTAS}
    return {kind: codes for kind, codes in found.items() if codes}


def _quotas(inventory: Inventory) -> set[str]:
    return {f"{kind}:{code}" for kind, codes in quota_codes(inventory).items() for code in codes}


def _actions(text: str, inventory: Inventory) -> str:
    return _one(lambda i: set(ACTIONS))(text, inventory)


def cost_fields(inventory: Inventory) -> list[str]:
    """Fields of the national table that can be a cost: numbers in one unit."""
    fields = national_fields(inventory)
    return list(fields.index[fields["reason"] == ""])


def _species(inventory: Inventory) -> set[str]:
    return set(inventory.occurrences["species_id"])


def _classes(inventory: Inventory) -> set[str]:
    return set(inventory.species["class_name"].fillna(UNKNOWN))


PARAMETERS = (
    Parameter("country", "f_country", [], _codes(country_codes), _SEP.join),
    Parameter("region", "f_region", [], _codes(lambda i: set(i.sites["region"])), _SEP.join),
    Parameter(
        "class", "f_class", [], _codes(lambda i: set(i.species["class_name"].fillna(UNKNOWN))), _SEP.join
    ),
    Parameter(
        "category", "f_category", [], _codes(lambda i: set(i.species["category"].fillna(UNKNOWN))), _SEP.join
    ),
    Parameter("list", "f_list", None, _one(lambda i: set(i.sites["list_type"])), str),
    Parameter("known", "f_known", [], _codes(known_entries), _SEP.join),
    Parameter("borders", "borders", None, _one(lambda i: {"countries", "none", "own"}), str),
    Parameter("part", "changes_view", "compare", _one(lambda i: {"compare", "desk"}), str, ("changes",)),
    Parameter("with", "compare_with", None, _hash, str, ("changes",)),
    Parameter("view", "data_view", "loaded", _one(lambda i: set(DATA_VIEWS)), str, ("data",)),
    Parameter(
        "vintage",
        "vintage",
        None,
        _one(lambda i: set(i.coverage["vintage"].astype(str))),
        str,
        ("overview", "countries"),
    ),
    Parameter("of", "country_of", None, _one(country_codes), str, ("countries",)),
    Parameter("group", "trend_groups", [ALL], _groups, _SEP.join, ("trend",)),
    Parameter("measure", "trend_measure", MEASURES[0], _one(lambda i: set(MEASURES)), str, ("trend",)),
    Parameter(
        "show", "overview_classes", list(CLASSES), _codes(lambda i: set(CLASSES)), _SEP.join, ("overview",)
    ),
    Parameter("site", "site", None, _one(_sites), str, ("priorities", "site")),
    Parameter("order", "order", "loss", _one(lambda i: set(MODES)), str, _RANKING),
    Parameter("wi", "w_irreplaceability", value("weights.irreplaceability"), _WEIGHT, str, _RANKING),
    Parameter("we", "w_extinction", value("weights.extinction"), _WEIGHT, str, _RANKING),
    Parameter("wp", "w_pressure", value("weights.pressure"), _WEIGHT, str, _RANKING),
    Parameter("more", "more", {}, _points, _write_points, _RANKING),
    Parameter(
        "turn",
        "reverse",
        [],
        _codes(lambda i: {*TWO_WAYS, *(code for code in further_criteria(i) if code.startswith(NATIONAL))}),
        _SEP.join,
        _RANKING,
    ),
    Parameter("scale", "scale", [], _codes(country_codes), _SEP.join, _RANKING),
    Parameter("unknown", "unknown_rule", UNKNOWN_RULES[0], _one(lambda i: set(UNKNOWN_RULES)), str, _RANKING),
    Parameter("scheme", "scheme", SCHEMES[0], _one(lambda i: set(SCHEMES)), str, _RANKING),
    Parameter(
        "ratio", "ratio", float(value("extinction.ratio")), _within(1, 10, whole=False), _number, _RANKING
    ),
    Parameter("sure", "sure", SPREADS[0], _one(lambda i: set(SPREADS)), str, _ONE_RANKING),
    Parameter(
        "votes", "votes", value("acceptability.votes"), _within(1, 1000, whole=True), str, _ONE_RANKING
    ),
    Parameter("certain", "certain", False, _flag, lambda on: str(int(on)), _ONE_RANKING),
    Parameter("top", "top", value("acceptability.top"), _within(1, 1000, whole=True), str, _ONE_RANKING),
    Parameter("seed", "seed", value("acceptability.seed"), _within(0, 10**9, whole=True), str, _ONE_RANKING),
    Parameter("about", "rank_part", PARTS[0], _one(lambda i: set(PARTS)), str, ("priorities",)),
    Parameter("axis", "threat_axis", None, _one(lambda i: set(THREATS)), str, ("priorities",)),
    Parameter("box", "box", [], _box, lambda box: _SEP.join(f"{end:.4g}" for end in box), ("priorities",)),
    Parameter("vs", "compared", [], _few_sites, _SEP.join, ("priorities",)),
    Parameter("beyond", "beyond", [], _codes(_sites), _SEP.join, _ONE_RANKING),
    Parameter("stopped", "stopped", [], _codes(_sites), _SEP.join, _ONE_RANKING),
    Parameter("all", "all_sites", False, _flag, lambda on: str(int(on)), ("priorities", "site")),
    Parameter(
        "horizon", "horizon", value("extinction.horizon_years"), _within(1, 500, whole=True), str, _RANKING
    ),
    Parameter(
        "effect",
        "effect",
        value("protection.effect"),
        _within(0, value("protection.effect_max"), whole=False),
        _number,
        _RANKING,
    ),
    Parameter("unit", "budget_kind", "sites", _one(lambda i: set(BUDGETS)), str, _PLAN),
    Parameter(
        "sites",
        "budget_sites",
        value("scenario.default_sites"),
        _WHOLE_BUDGET,
        str,
        _PLAN,
    ),
    Parameter(
        "km2",
        "budget_km2",
        value("scenario.default_km2"),
        _WHOLE_BUDGET,
        str,
        _PLAN,
    ),
    Parameter("in", "locked_in", [], _codes(_sites), _SEP.join, _PLAN),
    Parameter("out", "locked_out", [], _codes(_sites), _SEP.join, _PLAN),
    Parameter("goal", "objective", OBJECTIVES[0], _one(lambda i: set(OBJECTIVES)), str, _PLAN),
    Parameter("cost", "budget_cost", float(value("scenario.default_cost")), _BUDGET, _plain, _PLAN),
    Parameter("index", "budget_index", float(value("scenario.default_index")), _BUDGET, _plain, _PLAN),
    Parameter("costs", "cost_field", "cost", _one(lambda i: set(cost_fields(i))), str, _PLAN),
    Parameter(
        "exponent",
        "elasticity",
        float(value("scenario.elasticity")),
        _within(0.01, 1, whole=False),
        _number,
        _PLAN,
    ),
    Parameter("fill", "fill_costs", False, _flag, lambda on: str(int(on)), _PLAN),
    Parameter("action", "action", DEFAULT_ACTION, _actions, str, _PLAN),
    Parameter("do", "actions", {}, _pairs(_sites, _actions), _write_pairs, _PLAN),
    Parameter("held", "held", {}, _pairs(lambda i: set(STATED), _PART), _write_pairs, _PLAN),
    Parameter("to", "to_percent", 100.0, _within(1, 100, whole=False), _number, _PLAN),
    Parameter("must", "must_have", [], _codes(_species), _SEP.join, _PLAN),
    Parameter("floor", "floors", {}, _pairs(_quotas, _COUNT), _write_pairs, _PLAN),
    Parameter("ceiling", "ceilings", {}, _pairs(_quotas, _COUNT), _write_pairs, _PLAN),
    Parameter("withheld", "allow_withheld", False, _flag, lambda on: str(int(on)), _PLAN),
    Parameter("by_class", "class_effects", {}, _pairs(_classes, _EFFECT), _write_pairs, _PLAN),
    Parameter("by_threat", "threat_effects", {}, _pairs(threat_codes, _EFFECT), _write_pairs, _PLAN),
    Parameter("words", "target_words", "gbf", _one(lambda i: set(TARGETS)), str, ("scenarios",)),
    Parameter("plans", "plans", [], _few_plans, _SEP.join, _STUDY),
    Parameter("study", "study", STUDIES[0], _one(lambda i: set(STUDIES)), str, _STUDY),
    Parameter("letter", "studied", LETTERS[0], _one(lambda i: set(LETTERS)), str, _STUDY),
    Parameter("full", "full_screen", False, _flag, lambda on: str(int(on)), _STUDY),
    Parameter("ladder", "ladder_order", ORDERS[0], _one(lambda i: set(ORDERS)), str, _STUDY),
    Parameter(
        "rungs", "ladder_steps", 4, _within(1, value("scenario.ladder_steps"), whole=True), str, _STUDY
    ),
    Parameter("budgets", "ladder_budgets", "", _budgets, str, _STUDY),
    Parameter("apart", "apart", value("alternatives.apart"), _within(1, 10_000, whole=True), str, _STUDY),
    Parameter(
        "within",
        "within_percent",
        100 * float(value("alternatives.within")),
        _within(0, 100, whole=False),
        _number,
        _STUDY,
    ),
    Parameter(
        "most",
        "most_plans",
        value("alternatives.most"),
        _within(1, value("alternatives.most_plans"), whole=True),
        str,
        _STUDY,
    ),
    Parameter(
        "diameter",
        "diameter_km",
        float(value("landscapes.diameter_km")),
        _within(value("landscapes.diameter_least_km"), value("landscapes.diameter_most_km"), whole=False),
        _number,
        _STUDY,
    ),
    Parameter("across", "across_borders", False, _flag, lambda on: str(int(on)), _STUDY),
)
_SEEDED = "link_seeded"
_DRAWN = "link_drawn"
_HELD = "link_held"
_DATA = "link_data"
_NOTICES = "link_notices"


def open_link(inventory: Inventory, page: str) -> None:
    """Seed the session from the address on its first run; on later ones keep every value alive.

    A widget shows a value of the session only when that is assigned before it is drawn. One that was drawn
    on this page is left alone: a value assigned by the script is sent to the browser, where it would undo
    what the visitor has moved on to while the script ran.
    """
    state = st.session_state
    if _SEEDED not in state:
        state[_SEEDED] = True
        given = {code: st.query_params.get_all(code) for code in st.query_params if code != version.CODE}
        known = {parameter.code: parameter for parameter in PARAMETERS}
        notices = [(code, "") for code in given if code not in known]
        for parameter in PARAMETERS:
            texts = given.get(parameter.code, [])
            state.setdefault(parameter.key, _fresh(parameter.default))
            if not texts:
                continue
            try:
                state[parameter.key] = parameter.read(texts[-1], inventory)
            except PartlyReadError as partly:
                state[parameter.key] = partly.kept
                notices.append((parameter.code, partly.lost))
            except (ValueError, KeyError, OverflowError):
                notices.append((parameter.code, texts[-1]))
        if both := sorted(set(state["beyond"]) & set(state["stopped"])):
            # one site, two answers: the first stands
            notices.append(("stopped", _SEP.join(both)))
            state["stopped"] = [site for site in state["stopped"] if site not in both]
        state[_NOTICES] = notices
    elif state.get(_DATA) != inventory.key:
        _fit(inventory)
    state[_DATA] = inventory.key
    page_before, drawn = state.get(_DRAWN, ("", frozenset()))
    held = state.get(_HELD, {})
    for parameter in PARAMETERS:
        key = parameter.key
        if page != page_before or key not in drawn or key not in state:
            state[key] = state[key] if key in state else held.get(key, _fresh(parameter.default))
    for key, last in held.items():
        if key.startswith(KEPT) and key not in state:
            state[key] = last


def _fit(inventory: Inventory) -> None:
    """Let go of values that this version of the data does not know, and say so."""
    state = st.session_state
    for parameter in PARAMETERS:
        held = state.get(parameter.key, parameter.default)
        if held in (None, [], {}) or held == parameter.default:
            continue
        text = parameter.write(held)
        try:
            parameter.read(text, inventory)
        except PartlyReadError as partly:
            state[parameter.key] = partly.kept
            state[_NOTICES] = [*state.get(_NOTICES, []), (parameter.code, partly.lost)]
        except (ValueError, KeyError, OverflowError):
            state[parameter.key] = _fresh(parameter.default)
            # a selected site is chosen anew on every version
            if parameter.key != "site":
                state[_NOTICES] = [*state.get(_NOTICES, []), (parameter.code, text)]
    # a box drawn over the values of another version means nothing here
    state["box"] = []


def _fresh(default: Any) -> Any:
    return default.copy() if isinstance(default, list | dict) else default


def take_notices() -> list[tuple[str, str]]:
    """Entries of the address that were ignored, as (code, value); each is told until dismissed."""
    return list(st.session_state.get(_NOTICES, []))


def dismiss_notices() -> None:
    """Forget what was told."""
    st.session_state[_NOTICES] = []


def write_link(page: str) -> None:
    """Put the state that this page knows, where it is not the default, into the address."""
    state = st.session_state
    wanted = {
        parameter.code: parameter.write(state[parameter.key])
        for parameter in PARAMETERS
        if (not parameter.pages or page in parameter.pages)
        and state.get(parameter.key) not in (None, [], {})
        and state[parameter.key] != parameter.default
    }
    seen = version.chosen()
    if seen is not None:
        wanted[version.CODE] = seen[: version.CODE_LENGTH]
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
    state[_DRAWN] = (page, _keep())


def _keep() -> frozenset[str]:
    """Keep every value alive; the keys of those that a widget holds, which keeps its own."""
    state, drawn = st.session_state, set()
    for parameter in PARAMETERS:
        try:
            # a widget that is not drawn would forget, and an older value come up in its place
            state[parameter.key] = state[parameter.key]
        except StreamlitAPIException:
            drawn.add(parameter.key)
    kept = [str(key) for key in state if str(key).startswith(KEPT)]
    for key in kept:
        with contextlib.suppress(StreamlitAPIException):
            state[key] = state[key]
    # on the way to another page a widget is forgotten that the browser has not shown, as in a closed popover
    state[_HELD] = {key: state[key] for key in (*(item.key for item in PARAMETERS), *kept)}
    return frozenset(drawn)


def leave_for(page: str) -> None:
    """Go to another page at once; what this one has not drawn in this run is not forgotten."""
    _keep()
    st.switch_page(page)


def reset(*keys: str) -> None:
    """Set entries back to their defaults (for buttons' callbacks)."""
    for parameter in PARAMETERS:
        if parameter.key in keys:
            st.session_state[parameter.key] = _fresh(parameter.default)


def filters() -> Filters:
    """The shared filters as a frozen choice."""
    state = st.session_state
    countries, regions, classes, categories, known = (
        tuple(state[f"f_{name}"]) for name in ("country", "region", "class", "category", "known")
    )
    return Filters(countries, regions, classes, categories, state["f_list"] or "", known)


def hold(key: str, given: Any) -> None:
    """Show a value in a widget whose own key is not part of the link.

    Assigned only where the widget does not show it already: what the script assigns is sent to the browser,
    and would undo what the visitor has moved on to meanwhile.
    """
    state = st.session_state
    if key not in state or state[key] != given:
        state[key] = given


def assumptions() -> Assumptions:
    """The assumptions of the modelled risk reduction."""
    state = st.session_state
    return Assumptions(int(state["horizon"]), float(state["effect"]), state["scheme"], float(state["ratio"]))


def points() -> dict[str, float]:
    """Points of the criteria on the page, by criterion."""
    state = st.session_state
    own = {code: float(state[f"w_{code}"]) for code in MAIN}
    return own | {code: float(each) for code, each in state["more"].items()}


def given_weights() -> Weights:
    """The weights as they stand on the page, whatever the order.

    Raises
    ------
    SettingError
        When all are zero, or the category would count twice.
    """
    given = points()
    turned = [code for code in st.session_state["reverse"] if code in given]
    return Weights.of(given, turned)


def weights() -> Weights | None:
    """The weights of the weighted view; None in the default order.

    Raises
    ------
    SettingError
        As `given_weights`.
    """
    return None if st.session_state["order"] == "loss" else given_weights()


def rank_settings() -> RankSettings:
    """Which sites the Priorities page ranks, and how."""
    state = st.session_state
    return RankSettings(
        not state["all_sites"],
        filters(),
        assumptions(),
        tuple(state["scale"]),
        state["unknown_rule"],
        tuple(state["beyond"]),
        tuple(state["stopped"]),
    )


def uncertainty(draws: int | None = None) -> Uncertainty:
    """What is drawn beside the ranking."""
    state = st.session_state
    return Uncertainty(
        spread=state["sure"],
        votes=float(state["votes"]),
        data=not state["certain"],
        top=int(state["top"]),
        draws=value("acceptability.draws") if draws is None else draws,
        seed=int(state["seed"]),
    )


def scenario() -> Scenario:
    """The scenario that the Scenarios page asks for.

    Raises
    ------
    SettingError
        Weighted scores without weights, or a budget in sites that is no whole number.
    """
    state = st.session_state
    kind = state["budget_kind"]
    return Scenario(
        budget_kind=kind,
        budget=float(state[f"budget_{kind}"]),
        locked_in=tuple(state["locked_in"]),
        locked_out=tuple(state["locked_out"]),
        filters=filters(),
        assumptions=assumptions(),
        objective=state["objective"],
        weights=given_weights() if state["objective"] == "weighted" else None,
        class_effects=tuple(state["class_effects"].items()),
        threat_effects=tuple(state["threat_effects"].items()),
        action=state["action"],
        actions=tuple(state["actions"].items()),
        held=tuple(state["held"].items()),
        to_share=float(state["to_percent"]) / 100,
        must_have=tuple(state["must_have"]),
        floors=_entries(state["floors"]),
        ceilings=_entries(state["ceilings"]),
        allow_withheld=state["allow_withheld"],
        unknown_cost="median" if state["fill_costs"] else "leave_out",
        cost_field=state["cost_field"],
        elasticity=float(state["elasticity"]),
    )


def _entries(given: dict[str, int]) -> tuple[tuple[str, str, int], ...]:
    """Floors or ceilings as a scenario holds them."""
    return tuple((*code.split(":", 1), number) for code, number in given.items())  # type: ignore[misc]


def put_scenario(given: Scenario) -> None:
    """Let the page ask for a scenario (for buttons' callbacks)."""
    state, held, assumed = st.session_state, given.filters, given.assumptions
    for key, each in (
        ("f_country", held.countries),
        ("f_region", held.regions),
        ("f_class", held.classes),
        ("f_category", held.categories),
        ("f_known", held.knowledge),
        ("locked_in", given.locked_in),
        ("locked_out", given.locked_out),
        ("must_have", given.must_have),
    ):
        state[key] = list(each)
    for key, pairs in (
        ("actions", given.actions),
        ("held", given.held),
        ("class_effects", given.class_effects),
        ("threat_effects", given.threat_effects),
    ):
        state[key] = dict(pairs)
    for key, quotas in (("floors", given.floors), ("ceilings", given.ceilings)):
        state[key] = {f"{kind}:{code}": number for kind, code, number in quotas}
    whole = given.budget_kind in ("sites", "km2")
    state.update(
        {
            "f_list": held.list_type or None,
            "budget_kind": given.budget_kind,
            f"budget_{given.budget_kind}": math.ceil(given.budget) if whole else given.budget,
            "horizon": assumed.horizon_years,
            "effect": assumed.effect,
            "scheme": assumed.scheme,
            "ratio": assumed.ratio,
            "objective": given.objective,
            "action": given.action,
            "to_percent": round(given.to_share * 100, 6),
            "allow_withheld": given.allow_withheld,
            "fill_costs": given.unknown_cost == "median",
            "cost_field": given.cost_field,
            "elasticity": given.elasticity,
        }
    )
    if given.weights is not None:
        put_weights(given.weights)


def put_weights(given: Weights) -> None:
    """Let the pages weigh so (for buttons' callbacks)."""
    state, points = st.session_state, given.points
    if max(points.values()) > 100 or not all(float(each).is_integer() for each in points.values()):
        # the page has whole points up to 100
        points = {code: round(each * 100 / max(points.values())) for code, each in points.items()}
    for code in MAIN:
        state[f"w_{code}"] = int(points.get(code, 0))
    state["more"] = {code: int(each) for code, each in points.items() if each and code not in MAIN}
    state["reverse"] = list(given.reverse)

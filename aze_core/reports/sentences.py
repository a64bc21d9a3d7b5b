"""Sentences about a ranking: its criteria, its reasons, its assumptions."""

from __future__ import annotations

from collections.abc import Callable

from aze_core.domain.model import NATIONAL, Assumptions, Weights
from aze_core.locale import chance, interval, messages, t
from aze_core.ranking.explain import Reason

_IN_POINTS = ("lifts", "holds", "lacks")


def criterion_name(code: str) -> str:
    """What a criterion is called: a computed one by the catalogue, a national one by its own table.

    Parameters
    ----------
    code : str
        One of `aze_core.domain.model.CRITERIA`, or `national:` and a field.

    Raises
    ------
    KeyError
        When there is no such criterion.

    Examples
    --------
    >>> criterion_name("gap"), criterion_name("national:cost"), criterion_name("national:Water, m³")
    ('Uncovered part', 'Cost', 'Water, m³')
    """
    if not code.startswith(NATIONAL):
        return t(f"criterion.{code}")
    field = code.removeprefix(NATIONAL)
    return t(f"field.{field}") if f"field.{field}" in messages() else field


def criterion_within(code: str) -> str:
    """What a criterion is called within a sentence; a country's own keeps the name that its table has.

    Examples
    --------
    >>> criterion_within("gap"), criterion_within("national:mett_score"), criterion_within("national:Water")
    ('uncovered part', 'METT score', 'Water')
    """
    name = criterion_name(code)
    if name == code.removeprefix(NATIONAL) or name[1:2].isupper():
        return name
    return name[:1].lower() + name[1:]


def reason_sentence(
    reason: Reason,
    weights: Weights | None,
    assumptions: Assumptions,
    escape: Callable[[str], str] | None = None,
) -> str:
    """One reason as a sentence, with Markdown's asterisks around what matters.

    Parameters
    ----------
    reason : Reason
    weights : Weights or None
        Those of the ranking: with weights, differences are points out of 100; without, species.
    assumptions : Assumptions
    escape : callable, optional
        What is done to every text, such as the name of a site, before it stands in the sentence.

    Returns
    -------
    str

    Examples
    --------
    >>> lifted = Reason("lifts", {"criterion": "gap", "points": 0.125})
    >>> reason_sentence(lifted, Weights(), Assumptions())
    "**Uncovered part** lifts it most: 12.5 points more than at the listed sites' median value."
    >>> ahead = Reason("ahead", {"other": "Ash Hill", "by": 0.25})
    >>> reason_sentence(ahead, None, Assumptions(20), str.upper)
    '**ASH HILL** stands just ahead, by 0.250 species over 20 years.'
    """
    fields = dict(reason.fields)
    if "criterion" in fields:
        fields["criterion"] = criterion_name(fields["criterion"])
    if reason.kind.startswith("sure_"):
        fields["ranks"] = interval(fields["low"], fields["high"])
        if "share" in fields:
            fields["share"] = chance(fields["share"])
    if reason.kind in _IN_POINTS:
        fields["points"] = fields["points"] * 100
    if escape is not None:
        fields = {name: escape(item) if isinstance(item, str) else item for name, item in fields.items()}
    if "by" in fields and weights is not None:
        fields["by"] = fields["by"] * 100
        return t(f"why.{reason.kind}_points", **fields)
    return t(f"why.{reason.kind}", horizon=assumptions.horizon_years, **fields)


def assumption_name(name: str, to: str) -> str:
    """One assumption that is another, as `aze_core.ranking.sensitivity.assumption_moves` names them.

    Examples
    --------
    >>> assumption_name("horizon", "100"), assumption_name("without", "gap")
    ('a horizon of 100 years', 'Uncovered part left out')
    """
    if name == "scheme":
        return t("moves.scheme", to=t(f"scheme.{to}"))
    if name in ("direction", "without"):
        return t(f"moves.{name}", criterion=criterion_name(to))
    if name == "horizon":
        return t("moves.horizon", years=int(to))
    return t(f"moves.{name}_{to}")

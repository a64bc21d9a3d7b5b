"""Reasons and assumptions in words."""

from __future__ import annotations

import pytest

from aze_core.domain.model import CRITERIA, Assumptions, Weights
from aze_core.ranking.explain import Reason
from aze_core.reports.sentences import assumption_name, criterion_name, reason_sentence

HALF = Assumptions(20)


def test_every_criterion_has_a_name():
    names = [criterion_name(code) for code in CRITERIA]
    assert len(set(names)) == len(CRITERIA)
    assert criterion_name("national:governance") == "Governance"
    assert criterion_name("national:Irreplaceability") == "Irreplaceability"


def test_a_criterion_that_is_none_is_a_slip_of_ours():
    with pytest.raises(KeyError):
        criterion_name("beauty")


@pytest.mark.parametrize("kind", ["ahead", "behind", "short"])
def test_differences_are_points_with_weights_and_species_without(kind):
    reason = Reason(kind, {"other": "Ash Hill", "by": 0.125, "rank": 3})
    assert "12.5 points" in reason_sentence(reason, Weights(), HALF)
    assert "0.125 species over 20 years" in reason_sentence(reason, None, HALF)


@pytest.mark.parametrize("kind", ["lifts", "holds", "lacks"])
def test_parts_of_a_criterion_are_points_of_a_hundred(kind):
    told = reason_sentence(Reason(kind, {"criterion": "pressure", "points": 0.07}), Weights(), HALF)
    assert "Human influence" in told
    assert "7.0 points" in told


@pytest.mark.parametrize("kind", ["near", "flat", "ordinal", "data"])
def test_ranks_of_the_draws_are_an_interval(kind):
    fields = {"low": 2, "high": 34, "level": 0.9, "share": 0.47, "top": 10}
    told = reason_sentence(Reason(f"sure_{kind}", fields), Weights(), HALF)
    assert "In 90% of" in told
    assert "rank **2–34**" in told
    assert "among the first 10 in **47%**" in told
    alone = reason_sentence(Reason(f"sure_{kind}", {**fields, "high": 2}), Weights(), HALF)
    assert "rank **2**" in alone


def test_only_texts_are_escaped_and_the_reason_stays_as_it_was():
    reason = Reason("ahead", {"other": "a*b", "by": 0.5})
    told = reason_sentence(reason, None, HALF, lambda text: text.replace("*", "star"))
    assert told.startswith("**astarb** stands just ahead, by 0.500 species")
    assert reason.fields == {"other": "a*b", "by": 0.5}


@pytest.mark.parametrize(
    ("name", "to", "words"),
    [
        ("scheme", "isaac", "extinction probabilities by Isaac et al. 2007"),
        ("horizon", "10", "a horizon of 10 years"),
        ("unknown", "low", "what is not known at its low end"),
        ("cover", "high", "cover at its high end (points and unknown status count)"),
        ("direction", "areas", "Nearest protected area the other way round"),
        ("weights", "equal", "equal weights"),
        ("without", "national:cost", "Cost left out"),
    ],
)
def test_every_assumption_has_words(name, to, words):
    assert assumption_name(name, to) == words

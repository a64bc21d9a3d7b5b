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
    reason = Reason(kind, {"other": "Ash Hill", "by": 0.125, "rank": 3, "mine": 5, "total": 9, "top": 3})
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


def test_a_share_is_never_rounded_up_to_the_one_that_counts_as_sure():
    fields = {"low": 1, "high": 4, "level": 0.9, "share": 0.9467, "top": 10}
    assert "**94.6%**" in reason_sentence(Reason("sure_near", fields), Weights(), HALF)
    assert "**95%**" in reason_sentence(Reason("sure_near", {**fields, "share": 0.95}), Weights(), HALF)


@pytest.mark.parametrize("kind", ["near", "flat", "ordinal", "data"])
def test_where_all_are_among_the_first_only_the_ranks_are_told(kind):
    fields = {"low": 2, "high": 4, "level": 0.9, "total": 6}
    told = reason_sentence(Reason(f"sure_{kind}_all", fields), Weights(), HALF)
    assert told.endswith("it stands at rank **2–4** of 6.")


def test_why_not_says_the_sites_own_rank():
    fields = {"other": "Ash Hill", "by": 0.5, "rank": 10, "mine": 14, "total": 60, "top": 10}
    for weights in (None, Weights()):
        told = reason_sentence(Reason("short", fields), weights, HALF)
        assert told.startswith("It has rank 14 of 60. The last of the first 10 is **Ash Hill** (rank 10)")
    told = reason_sentence(Reason("not_needed_all", {"rank": 5, "total": 6, "top": 10}), None, HALF)
    assert "rank 5 of 6" in told


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

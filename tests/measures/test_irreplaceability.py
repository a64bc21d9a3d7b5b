"""Alpha, beta, gamma at the check values of their authors' own tests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.measures.irreplaceability import alpha, beta, gamma, le_saout

NA = float("nan")


@pytest.mark.parametrize(
    ("local", "total", "target", "expected"),
    [
        (10, 100, 50, 0.2),
        (25, 100, 50, 0.5),
        (49, 100, 50, 0.98),
        (50, 100, 50, 1),
        (90, 100, 50, 1),
        (1, 100, 50, 0.02),
        (0, 100, 100, 0),
        (100, 100, 100, 1),
        (0, 1, 2, 0),
        (0.1, 1, 2, 1),
        (0.5, 1, 0, 0),
    ],
)
def test_alpha(local, total, target, expected):
    assert alpha(local, total, target) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("local", "target", "expected"), [(0.1, 2, 0), (1, 2, 0), (0.1, 1, 1), (0.25, 0.5, 0.5), (0, 2, 0)]
)
def test_alpha_with_triage_gives_up_what_cannot_be_kept(local, target, expected):
    assert alpha(local, 1, target, triage=True) == pytest.approx(expected)


@pytest.mark.parametrize("bad", [(-1, 1, 1), (2, 1, 1), (0, 0, 1), (0.5, 1, -1)])
def test_alpha_refuses_what_cannot_be(bad):
    with pytest.raises(ValueError, match="expected"):
        alpha(*bad)


def test_a_site_with_95_per_cent_is_wholly_irreplaceable():
    assert alpha(0.95, 1, 0.95) == 1
    assert alpha(0.95, 1, 1) == 1


@pytest.mark.parametrize(
    ("alphas", "expected"),
    [
        ([0.25] * 3, 0.578125),
        ([0.25, 0.25, 0.25, 0], 0.578125),
        ([0.5] * 3, 0.875),
        ([0.75] * 3, 0.984375),
        ([1] * 4, 1),
        ([0, 0, 0, 1], 1),
        ([0.5, 0.5, 0.5, NA], 0.875),
    ],
)
def test_beta(alphas, expected):
    assert beta(alphas) == expected


@pytest.mark.parametrize(
    ("alphas", "expected"),
    [
        ([1] * 4, 4),
        ([0, 0, 0, 1], 1),
        ([0.75] * 3 + [1], 1.984375),
        ([0.75] * 3 + [1, 1], 2.984375),
        ([0.5] * 3 + [1, 1, NA], 2.875),
        ([0.25] * 3, 0.578125),
        ([], 0),
    ],
)
def test_gamma(alphas, expected):
    assert gamma(alphas) == expected


@given(st.lists(st.floats(0, 1), max_size=6))
def test_gamma_is_at_least_beta_and_one_more_species_never_lowers_it(alphas):
    assert gamma(alphas) >= beta(alphas) - 1e-12
    assert gamma([*alphas, 1.0]) == pytest.approx(gamma(alphas) + 1)
    assert np.isfinite(gamma(alphas))


# the curve of Le Saout et al. by its formula, from 0 % to 100 % of the range
@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (0, 0),
        (5, 0.011128),
        (10, 0.029410),
        (25, 0.173256),
        (39, 0.492570),
        (50, 0.758261),
        (75, 0.979144),
        (95, 0.998858),
        (100, 1),
    ],
)
def test_le_saout(percent, expected):
    assert le_saout(percent / 100) == pytest.approx(expected, abs=5e-7)


def test_le_saout_keeps_unknown_and_refuses_what_is_no_share():
    assert np.isnan(le_saout([NA])).all()
    for bad in (-0.1, 1.1):
        with pytest.raises(ValueError, match="expected"):
            le_saout([bad])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_le_saout_rises_with_the_share(shares):
    assert (np.diff(le_saout(sorted(shares))) >= 0).all()

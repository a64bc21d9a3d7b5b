"""The door to the solver: whole and in part, a second try, and no time."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from scipy.sparse import csr_array

from aze_core.measures.solver import minimise, time_limit

# the most of 2 a + 3 b + 2 c, where each two of the three exclude each other
OBJECTIVE = np.array([-2.0, -3.0, -2.0])
ROWS = csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])


def test_whole_and_in_part():
    found = minimise(OBJECTIVE, ROWS, np.ones(3), 3, 5.0)
    assert (found.x.tolist(), found.bound, found.finished) == ([0, 1, 0], -3, True)
    part = minimise(OBJECTIVE, ROWS, np.ones(3), 3, 5.0, relaxed=True)
    assert part.bound == pytest.approx(-(2 + 3 + 2) / 2)
    last = minimise(OBJECTIVE, csr_array([[1.0, 1.0, 2.0]]), np.array([1.5]), 2, 5.0)
    assert last.x.tolist() == [0, 1, pytest.approx(0.25)]


def test_what_cannot_be_has_no_answer():
    found = minimise(OBJECTIVE, -ROWS, np.full(3, -3.0), 3, 5.0)
    assert (found.x, found.finished) == (None, False)
    assert not minimise(OBJECTIVE, -ROWS, np.full(3, -3.0), 3, 5.0, relaxed=True).finished


def test_a_solver_that_stumbles_gets_a_second_try(monkeypatch):
    whole = scipy.optimize.milp

    def stumbling(*given, options, **more):
        if options["presolve"]:
            return whole(*given, options=options, **more)
        return scipy.optimize.OptimizeResult(x=None, status=4, mip_dual_bound=None)

    monkeypatch.setattr(scipy.optimize, "milp", stumbling)
    assert minimise(OBJECTIVE, ROWS, np.ones(3), 3, 5.0).x.tolist() == [0, 1, 0]


def test_the_time_that_is_set():
    assert time_limit(None) == 20
    assert time_limit(3) == 3

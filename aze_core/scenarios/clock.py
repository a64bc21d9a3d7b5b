"""The time that several calls of the solver share."""

from __future__ import annotations

import time


class Clock:
    """Seconds that run from when it is made.

    Parameters
    ----------
    seconds : float

    Examples
    --------
    >>> Clock(20).left <= 20, Clock(-1).left
    (True, 0.0)
    """

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return max(0.0, self._until - time.monotonic())

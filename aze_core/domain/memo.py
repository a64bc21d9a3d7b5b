"""Remembers what a function made of an inventory, which never changes, for as long as the inventory lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import pandas as pd

from aze_core.domain.model import Inventory

P = ParamSpec("P")
T = TypeVar("T")
_MOST = 128
_NOT_YET = object()


def per_inventory(
    function: Callable[Concatenate[Inventory, P], T],
) -> Callable[Concatenate[Inventory, P], T]:
    """Compute once per inventory and hashable arguments; frames come back as copies that may be changed.

    Examples
    --------
    >>> @per_inventory
    ... def n_sites(inventory):
    ...     return len(inventory.sites)
    """

    @wraps(function)
    def remembered(inventory: Inventory, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (function.__module__, function.__qualname__, args, tuple(sorted(kwargs.items())))
        memo = inventory.memo
        made: T | object = memo.get(key, _NOT_YET)  # one look: another thread may clear it between two
        if made is _NOT_YET:
            made = function(inventory, *args, **kwargs)
            if len(memo) >= _MOST:
                memo.clear()
            memo[key] = made
        return cast(T, _own(made))

    return remembered


def _own(made: Any) -> Any:
    """Copies are shallow: pandas copies what is written to, so the remembered frame stays as it was."""
    if isinstance(made, pd.DataFrame | pd.Series):
        return made.copy(deep=False)
    if isinstance(made, tuple):
        return tuple(_own(part) for part in made)
    return made

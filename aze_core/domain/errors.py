"""Small named errors that carry a message id and fields; shell and command line turn them into words.

Each says what came, what was expected and what to do. The words stand in the catalogues of
`aze_core.locale`, under ``error.<message_id>``.
"""

from __future__ import annotations

from typing import Any


class AzeError(Exception):
    """Base of every error that a user may see.

    Parameters
    ----------
    message_id : str
        Key below ``error.`` in the catalogues.
    **fields
        Values named in the message.

    Examples
    --------
    >>> str(StoreError("no_inventory", path=".store"))
    'no_inventory: path=.store'
    """

    def __init__(self, message_id: str, **fields: Any) -> None:
        self.message_id = message_id
        self.fields = fields
        super().__init__(message_id, fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message_id, self.fields)

    def __str__(self) -> str:
        return f"{self.message_id}: " + ", ".join(f"{k}={v}" for k, v in self.fields.items())


def _rebuild(cls: type[AzeError], message_id: str, fields: dict[str, Any]) -> AzeError:
    return cls(message_id, **fields)


class DataError(AzeError):
    """A table holds something it should not: names file, row, column, value and what was expected."""


class StoreError(AzeError):
    """The store folder or a database in it is missing, unreadable or unwritable."""


class SettingError(AzeError):
    """A choice (weight, filter, assumption, budget) is outside what it can be."""


class ScenarioError(AzeError):
    """A scenario asks for something that cannot be had together; says what would be feasible."""

"""Tables as CSV, safe to open in a spreadsheet, with inventory and notice in every row."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.model import InventoryVersion
from aze_core.locale import t

_RISKY = ("=", "+", "-", "@", "\t", "\r")


def stamp(version: InventoryVersion, language: str = "en") -> str:
    """The inventory's name, version and content hash, and what it must not be used for.

    Examples
    --------
    >>> from aze_core.domain.model import InventoryVersion
    >>> stamp(InventoryVersion("0123456789abcdef", "x", "X", "1", "global_aze", "2010",
    ...                        "historical_baseline", "s", "n", 1, 1, 1, "0.1.0"))
    'X · version 1 · data 01234567 · Historical baseline 2010, not for decisions'
    """
    label = t(
        "provenance.inventory", language, name=version.name, version=version.version, hash=version.short_hash
    )
    return f"{label} · {t(f'provenance.status.{version.status}', language, as_of=version.as_of)}"


def safe(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front.

    Examples
    --------
    >>> safe("=1+1"), safe("Mount Nimba"), safe(-1.5)
    ("'=1+1", 'Mount Nimba', -1.5)
    """
    return "'" + value if isinstance(value, str) and value.startswith(_RISKY) else value


def to_csv(frame: pd.DataFrame, version: InventoryVersion, settings: str = "", language: str = "en") -> bytes:
    """A frame as CSV bytes (UTF-8 with byte-order mark, so that spreadsheets read every name).

    Parameters
    ----------
    frame : pandas.DataFrame
        The index is written when it has a name.
    version : InventoryVersion
    settings : str
        The choices behind the numbers; stands in every row where given.

    Returns
    -------
    bytes
        Last columns: `inventory`, `settings` (where given), `notice`. A table without rows keeps its header.
    """
    table = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
    table = table.astype(object).where(table.notna(), None).map(safe)
    table.columns = [safe(str(name)) for name in table.columns]
    table["inventory"] = str(safe(stamp(version, language)))
    if settings:
        table["settings"] = settings
    table["notice"] = str(safe(version.notice))
    # \r\n as RFC 4180 has it; with \n alone the writer would leave a carriage return within a cell unquoted
    return b"\xef\xbb\xbf" + table.to_csv(index=False, lineterminator="\r\n").encode()

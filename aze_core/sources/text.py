"""Cells as text, put right where they were decoded with the wrong encoding somewhere on their way."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

Note = Callable[..., None]
"""Called with action, rule, column, value and detail of a finding in the row at hand."""


def _build_bytes() -> dict[str, int]:
    """Byte of each character in Windows-1252; what that leaves open is as in Latin-1."""
    table = {chr(byte): byte for byte in range(256)}
    for byte in range(0x80, 0xA0):
        try:
            table[bytes([byte]).decode("cp1252")] = byte
        except UnicodeDecodeError:
            continue
    return table


_BYTES = _build_bytes()

WINDOWS = {byte: character for character, byte in _BYTES.items() if ord(character) > 0xFF}
"""For `str.translate`: text that was read as Latin-1 as Windows-1252 has it."""

# marks that may well follow an accented letter, so that such a pair proves nothing
_AMBIGUOUS = set("\xa0»«’‘”“–—…·´ºª®™›‹°")
_WRONG = re.compile("[\x80-\x9f\ufffd]|(?<=[a-zß-öø-ÿ])[À-ÖØ-Þ¾±¶³÷¤£‚„†‡](?=[a-zß-öø-ÿ])")


def repair_text(text: str) -> tuple[str, bool] | None:
    """What a text wrongly decoded somewhere on its way probably was.

    Parameters
    ----------
    text : str

    Returns
    -------
    (str, bool) or None
        The likely text, and whether it is certain. UTF-8 that was read as Latin-1 or Windows-1252, once or
        twice, is told by its bytes: it is certain where the whole text decodes again with at least one
        sequence that no real text would hold. A letter that only looks out of place (a DOS code page, a
        replacement mark) is a suggestion, the text itself where nothing better is known. None where nothing
        is odd.

    Examples
    --------
    >>> repair_text("CiÃ©naga"), repair_text("CiÚnaga"), repair_text("Ciénaga")
    (('Ciénaga', True), ('Ciénaga', False), None)
    >>> repair_text("«CITÉ»"), repair_text("Ci\\ufffdnaga")
    (None, ('Ci\ufffdnaga', False))
    """
    mended = text
    for _ in range(2):
        if mended.isascii():
            break
        try:
            decoded = bytes(_BYTES[c] for c in mended).decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            break
        if not any(_certain(character) for character in decoded if not character.isascii()):
            if mended == text:
                return decoded, False
            break
        mended = decoded
    if mended != text:
        return mended, True
    return (_WRONG.sub(_as_dos, text), False) if _WRONG.search(text) else None


def cell_text(value: object) -> str:
    """A cell as text, missing as nothing; markup stays plain text.

    Examples
    --------
    >>> cell_text(None), cell_text(float("nan")), cell_text(7)
    ('', '', '7')
    """
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return ""
    return str(value).replace("\x00", "")


def readable(value: object, column: str, note: Note) -> str | None:
    """A cell as text without surrounding blanks, put right where it was certainly decoded wrongly.

    Examples
    --------
    >>> readable("CiÃ©naga", "name", lambda *finding: print(finding))
    ('repaired', 'text_mended', 'name', 'CiÃ©naga', 'read as Ciénaga')
    'Ciénaga'
    """
    text = cell_text(value)
    likely, certain = repair_text(text) or ("", False)
    if certain:
        note("repaired", "text_mended", column, text, f"read as {likely}")
        text = likely
    elif likely:
        perhaps = f"; perhaps {likely}" if likely != text else ""
        detail = f"looks decoded with the wrong encoding; kept as it came{perhaps}"
        note("noted", "text_doubtful", column, text, detail)
    return text.strip() or None


def _certain(character: str) -> bool:
    """Whether the wrongly read form of a character is one that no real text would hold."""
    raw = character.encode("utf-8")
    if len(raw) > 2:
        return True
    shown = {c for c, byte in _BYTES.items() if byte == raw[1]}
    return not shown & _AMBIGUOUS


def _as_dos(found: re.Match[str]) -> str:
    """The letter that was meant where a Western and a DOS code page were taken for each other."""
    for written, read in (("latin-1", "cp850"), ("cp850", "cp1252")):
        try:
            letter = found[0].encode(read).decode(written)
        except UnicodeError:
            continue
        if letter.islower():
            return letter
    return found[0]

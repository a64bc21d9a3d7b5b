"""Plain text: what a user may type as a name or a note, free of markup and of odd signs."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"<[A-Za-z/!?]")
# control characters but line breaks and tabs, and marks that turn the direction of text around
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_plain(text: str) -> bool:
    """Whether a text holds neither markup nor control characters; line breaks and tabs are plain.

    A filter of names and notes alone: what is shown is escaped all the same.

    Examples
    --------
    >>> is_plain("Area < 5 km²"), is_plain("<b>Area</b>")
    (True, False)
    """
    return not (_MARKUP.search(text) or _ODD.search(text))


def without_odd(text: str) -> str:
    """The text without control characters.

    Examples
    --------
    >>> without_odd("Ash\\x07 Hill")
    'Ash Hill'
    """
    return _ODD.sub("", text)

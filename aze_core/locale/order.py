"""The order of names in a list: by letters, whatever their accents and case."""

from __future__ import annotations

import unicodedata


def order_key(name: str) -> tuple[str, str]:
    """What names are sorted by; equal letters fall back on the names themselves.

    A plain order of the alphabet that all languages of the catalogue read; not the collation of one of them.

    Examples
    --------
    >>> sorted(["Cuba", "Côte d'Ivoire", "Comoros"], key=order_key)
    ['Comoros', "Côte d'Ivoire", 'Cuba']
    """
    apart = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold(), name

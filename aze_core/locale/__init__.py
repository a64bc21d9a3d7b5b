"""Words, numbers and dates of the languages: `t` looks a message up, `number` and its kin write values."""

from aze_core.locale.catalogue import LANGUAGES, explain, messages, t
from aze_core.locale.findings import finding
from aze_core.locale.numbers import area, chance, interval, missing, number, percent
from aze_core.locale.order import order_key

__all__ = [
    "LANGUAGES",
    "area",
    "chance",
    "explain",
    "finding",
    "interval",
    "messages",
    "missing",
    "number",
    "order_key",
    "percent",
    "t",
]

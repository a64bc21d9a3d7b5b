"""What a country says of its protected land and sea: typed in by the user, never made up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aze_core.domain.errors import SettingError
from aze_core.domain.model import Choice, checked_number

_ISO3 = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class NationalCoverage(Choice):
    """Protected part of a country's land and sea, with its source.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3.
    land_percent, sea_percent : float, optional
        0 to 100; None where not given, and at least one of the two is.
    source : str
        Where the figure stands, with its date.

    Examples
    --------
    >>> NationalCoverage("MEX", 14.5, source="National report, 2024").land_percent
    14.5
    """

    country: str
    land_percent: float | None = None
    sea_percent: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.country, str) or not _ISO3.fullmatch(self.country):
            raise SettingError(
                "not_one_of", name="country", value=self.country, expected="a code of three capitals, as MEX"
            )
        for name in ("land_percent", "sea_percent"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, checked_number(name, given, 0, 100))
        if self.land_percent is None and self.sea_percent is None:
            raise SettingError("coverage_without_figure", country=self.country)
        if not isinstance(self.source, str) or not self.source.strip():
            raise SettingError("coverage_without_source", country=self.country)
        object.__setattr__(self, "source", self.source.strip())

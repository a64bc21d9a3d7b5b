"""Countries and territories as tables write them: codes, names in several languages, several in one cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from aze_core.sources.tables import is_not_known, key

_SHORT_NAMES = {
    "BIH": "Bosnia-Herzegovina|Bosnia",
    "BRN": "Brunei",
    "CIV": "Ivory Coast|Costa de Marfil|Costa do Marfim",
    "COD": "Democratic Republic of Congo|DR Congo|DRC|Congo DRC|Congo-Kinshasa|RD Congo|RDC",
    "COG": "Republic of Congo|Republic of the Congo|Congo-Brazzaville|République du Congo",
    "CPV": "Cape Verde|Cap-Vert",
    "CZE": "Czech Republic|République tchèque|República Checa",
    "FSM": "Federated States of Micronesia",
    "GBR": "United Kingdom|UK|Great Britain|Royaume-Uni|Reino Unido",
    "HKG": "Hong Kong",
    "KOR": "South Korea|Corée du Sud|Corea del Sur|Coreia do Sul",
    "LAO": "Laos",
    "MAC": "Macao|Macau",
    "MDA": "Moldova|Moldavie|Moldavia",
    "MKD": "Macedonia",
    "MMR": "Burma|Birmanie|Birmania",
    "NLD": "Netherlands|The Netherlands|Pays-Bas|Países Bajos|Países Baixos",
    "PRK": "North Korea|Corée du Nord|Corea del Norte|Coreia do Norte",
    "PSE": "Palestine|Palestina",
    "RUS": "Russia|Russie|Rusia|Rússia",
    "STP": "São Tomé e Príncipe",
    "SWZ": "Swaziland",
    "SYR": "Syria|Syrie|Siria|Síria",
    "TLS": "East Timor",
    "TUR": "Turkey|Turquie|Turquía|Turquia",
    "TZA": "Tanzania|Tanzanie|Tanzânia",
    "USA": "United States|US|États-Unis|Estados Unidos",
    "VGB": "Virgin Islands (UK)",
    "VIR": "Virgin Islands (USA)|US Virgin Islands",
    "VNM": "Vietnam",
}
_SEPARATORS = (r"[;/|\n]", r",", r"\s(?:and|&|y|et|e|und)\s")


class CountryIndex:
    """Finds the countries that a cell means.

    Parameters
    ----------
    countries : pandas.DataFrame
        `iso3`, and every column whose name starts with ``name_``; `iso_numeric` is used where it is there.
    more : mapping of str to str, optional
        Further names or codes, with their ISO3.

    Notes
    -----
    Case, accents and punctuation do not count. What stands in brackets may be left out, and what stands
    behind a comma may stand before (Korea, Republic of). A name that two countries share is none.

    Examples
    --------
    >>> index = CountryIndex(pd.DataFrame({"iso3": ["BOL", "PER"], "name_en":
    ...     ["Bolivia (Plurinational State of)", "Peru"], "name_fr": ["Bolivie", "Pérou"]}))
    >>> index.find("Perou"), index.find("bolivia; PER"), index.find("Peru and Atlantis")
    ((('PER',), ()), (('BOL', 'PER'), ()), (('PER',), ('Atlantis',)))
    """

    def __init__(self, countries: pd.DataFrame, more: Mapping[str, str] | None = None) -> None:
        codes = [str(code) for code in countries["iso3"]]
        full: dict[str, set[str]] = {}
        short: dict[str, set[str]] = {}
        for column in (name for name in countries.columns if name.startswith("name_")):
            for code, name in zip(codes, countries[column], strict=True):
                if pd.isna(name):
                    continue
                full.setdefault(key(str(name)), set()).add(code)
                short.setdefault(key(re.sub(r"\([^)]*\)", "", str(name))), set()).add(code)
        for code, names in _SHORT_NAMES.items():
            if code in codes:
                for name in names.split("|"):
                    short.setdefault(key(name), set()).add(code)
        if "iso_numeric" in countries.columns:
            for code, number in zip(codes, countries["iso_numeric"], strict=True):
                if not pd.isna(number):
                    full.setdefault(str(number).removesuffix(".0").zfill(3), set()).add(code)
        for code in codes:
            full[key(code)] = {code}
        for name, code in (more or {}).items():
            full[key(name)] = {code}
        # a full name comes before a shortened one
        known = {**short, **full}
        self._codes = {name: next(iter(found)) for name, found in known.items() if name and len(found) == 1}

    def find(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Countries of a cell.

        Returns
        -------
        (tuple of str, tuple of str)
            ISO3 codes, each once, in order; and the parts of the cell that are no country here.
        """
        found: dict[str, None] = {}
        unknown: list[str] = []
        for part, code in self._parts(text[:1000].strip()):
            if code:
                found[code] = None
            else:
                unknown.append(part)
        return tuple(found), tuple(unknown)

    def _parts(self, text: str) -> Iterator[tuple[str, str]]:
        if is_not_known(text):
            return
        if code := self._one(text):
            yield text, code
            return
        for separator in _SEPARATORS:
            parts = [part.strip() for part in re.split(separator, text)]
            if len(parts) > 1:
                for part in parts:
                    yield from self._parts(part)
                return
        yield text, ""

    def _one(self, text: str) -> str:
        name = re.sub(r"(?i)^the\s", "", re.sub(r"(?i)\bste?\b\.?\s", "saint ", text.replace("&", " and ")))
        head, comma, tail = name.partition(",")
        for form in (text, name, f"{tail} {head}" if comma else "", re.sub(r"\([^)]*\)", "", name)):
            if code := self._codes.get(key(form)):
                return code
        return ""

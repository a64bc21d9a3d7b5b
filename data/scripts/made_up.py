"""Invented names of places and species; none of them is meant to be found anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_WORDS = """
Lantern Amber Hollow Quill Saffron Thistle Marrow Bramble Copper Velvet Harrow Juniper Cinder Whisper Pepper
Silver Tansy Umber Willow Yarrow Zephyr Acorn Bellows Candle Dapple Ember Feather Ginger Hazel Indigo Jasper
Kettle Linden Muslin Nettle Ochre Pewter Quartz Russet Sorrel Teasel Vellum Wicker Almond Button Cobalt
Damson Elder Fennel Garnet
"""
PLACE_WORDS = _WORDS.split()

# English, and what stands for it in the two invented countries whose maps are not in English
FEATURES = {
    "island": {
        "Ridge": ("Cordón", "Crête"),
        "Cloud Forest": ("Selva Húmeda", "Forêt"),
        "Marsh": ("Ciénaga", "Étang"),
        "Plateau": ("Altiplanicie", "Plateau"),
        "Springs": ("Manantial", "Sources"),
        "Valley": ("Cañón", "Vallée"),
        "Caldera": ("Volcán", "Caldeira"),
        "Woods": ("Montaña", "Forêt Sèche"),
        "Fen": ("Humedal", "Marécage"),
        "Hills": ("Lomerío", "Collines"),
        "Gorge": ("Peñón", "Défilé"),
    },
    "islet": {"Islet": ("Islote", "Îlot"), "Atoll": ("Atolón", "Atoll"), "Cay": ("Cayo", "Rocher")},
    "bank": {"Reef": ("Arrecife", "Récif"), "Bank": ("Banco", "Haut-fond"), "Shoal": ("Bajío", "Basse")},
}


class Places:
    """Names of places, each given once."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._words = [PLACE_WORDS[n] for n in np.argsort(rng.random(len(PLACE_WORDS)), kind="stable")]
        self._count = 0
        self._given: dict[str, int] = {}

    def name(self, kind: str, iso3: str) -> tuple[str, str]:
        """A new name in English, and the one on the maps of its country."""
        turn, self._count = self._count, self._count + 1
        word = self._words[turn % len(self._words)]
        features = list(FEATURES[kind])
        feature = features[(turn + turn // len(self._words)) % len(features)]
        spanish, french = FEATURES[kind][feature]
        english = f"{word} {feature}"
        self._given[english] = number = self._given.get(english, 0) + 1
        more = "" if number == 1 else f" {number}"
        local = {"XAB": f"{spanish} {word}", "XAC": f"{french} {word}"}.get(iso3, english)
        return english + more, local + more


# first half of a genus, and what it is called in English
STEMS = {
    "Fict": "fiction",
    "Imagin": "fancy",
    "Fabul": "fable",
    "Comment": "tale",
    "Mendac": "tall-tale",
    "Nusquam": "nowhere",
    "Utopi": "utopia",
    "Figment": "figment",
    "Apocryph": "hearsay",
    "Parabol": "parable",
}

# class: second half of genus and family, order, kingdom and phylum, name in English
CLASSES = {
    "Amphibia": ("obatrachus", "obatrachidae", "Imaginanura", "Animalia", "Chordata", "frog"),
    "Aves": ("ornis", "ornithidae", "Fictornithiformes", "Animalia", "Chordata", "wren"),
    "Mammalia": ("omys", "omyidae", "Nusquamodentia", "Animalia", "Chordata", "mouse"),
    "Reptilia": ("osaurus", "osauridae", "Fabulosquamata", "Animalia", "Chordata", "skink"),
    "Magnoliopsida": ("odendron", "odendraceae", "Commentales", "Plantae", "Tracheophyta", "tree"),
    "Actinopterygii": ("ichthys", "ichthyidae", "Mendacichthyiformes", "Animalia", "Chordata", "goby"),
    "Anthozoa": ("opora", "oporidae", "Figmentactinia", "Animalia", "Cnidaria", "coral"),
}

# genitives, which suit a genus of any gender
_EPITHETS = """
lucernae:Lantern nubis:Cloud nebulae:Mist litoris:Shore montis:Mountain insulae:Island fluminis:River
silvae:Forest lunae:Moon stellae:Star maris:Sea fontis:Spring vallis:Valley cineris:Ash aurorae:Dawn
vesperis:Evening tempestatis:Storm umbrae:Shade saxi:Rock arenae:Sand paludis:Marsh collis:Hill roris:Dew
pluviae:Rain nivis:Snow ignis:Fire fumi:Smoke solis:Sun aestatis:Summer hiemis:Winter autumni:Autumn
noctis:Night diei:Day horae:Hour somnii:Dream libri:Book pennae:Quill chartae:Paper turris:Tower
portus:Harbour pontis:Bridge viae:Road horti:Garden pomi:Apple mellis:Honey salis:Salt vini:Wine panis:Bread
ferri:Iron auri:Gold argenti:Silver cupri:Copper vitri:Glass lanae:Wool ligni:Wood corticis:Bark folii:Leaf
floris:Flower radicis:Root spinae:Thorn
"""
EPITHETS = dict(pair.split(":") for pair in _EPITHETS.split())


def species_names(rng: np.random.Generator, class_name: str) -> Iterator[tuple[str, str, str]]:
    """Binomial, family and English name of one class, each binomial once."""
    genus_end, family_end, *_, word = CLASSES[class_name]
    pairs = [(stem, epithet) for stem in STEMS for epithet in EPITHETS]
    for n in np.argsort(rng.random(len(pairs)), kind="stable"):
        stem, epithet = pairs[n]
        english = f"{EPITHETS[epithet]} {STEMS[stem]} {word}"
        yield f"{stem}{genus_end} {epithet}", f"{stem}{family_end}", english

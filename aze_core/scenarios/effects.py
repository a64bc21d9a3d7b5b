"""The assumed effect of protection on each species, by class and by threat."""

from __future__ import annotations

import pandas as pd

from aze_core.domain.memo import per_inventory
from aze_core.domain.model import UNKNOWN, Inventory
from aze_core.measures.abatement import species_threats

Pairs = tuple[tuple[str, float], ...]


@per_inventory
def species_effects(
    inventory: Inventory, effect: float, class_effects: Pairs = (), threat_effects: Pairs = ()
) -> pd.Series:
    r"""Share of each species' extinction risk that holding all its sites is assumed to remove.

    Parameters
    ----------
    inventory : Inventory
    effect : float
        Where nothing else is said, 0 to 1; by default a third (Butchart et al. 2012, PLoS ONE 7(3):e32529).
    class_effects : tuple of (str, float)
        By taxonomic class; `unknown` for species without one.
    threat_effects : tuple of (str, float)
        By code of the IUCN threats classification; a code also speaks of all below it, the longest one wins.

    Returns
    -------
    pandas.Series
        Index `species_id`, 0 to 1.

    Notes
    -----
    :math:`e_s = \sum_t C_{st} e_t`, with :math:`C_{st}` the part of threat :math:`t` in the expected decline
    of the species (as in threat-abatement STAR) and :math:`e_t` the effect set for the threat, else the one
    of the class. Without a record that can be used, the one of the class. A correlation by class of threats:
    no forecast for a species.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> species_effects(loaded, 0.5, (("Amphibia", 0.25),)).groupby(loaded.species["class_name"]).max()[
    ...     ["Amphibia", "Aves"]].tolist()
    [0.25, 0.5]
    """
    named = inventory.species["class_name"].fillna(UNKNOWN)
    by_class = named.map(dict(class_effects)).astype(float).fillna(effect).rename("effect")
    if not threat_effects:
        return by_class
    parts = species_threats(inventory.threats)
    own = dict(threat_effects)
    base = parts["species_id"].map(by_class).astype(float)
    each = parts["code"].map(lambda code: _of_code(str(code), own)).astype(float).fillna(base)
    mixed = (parts["part"] * each).groupby(parts["species_id"]).sum()
    return mixed.reindex(by_class.index).fillna(by_class).rename("effect")


def _of_code(code: str, own: dict[str, float]) -> float | None:
    """Effect set for a threat, or for the nearest one above it."""
    steps = code.split(".")
    for length in range(len(steps), 0, -1):
        found = own.get(".".join(steps[:length]))
        if found is not None:
            return found
    return None

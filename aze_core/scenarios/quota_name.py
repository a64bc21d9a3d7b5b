"""The name of what a floor or a ceiling is about."""

from __future__ import annotations

from aze_core.domain.model import Inventory
from aze_core.locale import messages, t


def quota_name(inventory: Inventory, kind: str, code: str) -> str:
    """Name of what a floor or a ceiling is about; its code where no name is known.

    Parameters
    ----------
    inventory : Inventory
    kind : str
        One of `aze_core.scenarios.scenario.QUOTAS`.
    code : str

    Returns
    -------
    str
        A country's name in this inventory, else the catalogue's word. It tells two codes apart only as far
        as their names do.

    Examples
    --------
    >>> from aze_core import build
    >>> from aze_core.store import folder
    >>> from aze_core.store.inventory import load
    >>> loaded = load(build.ensure(folder.DATA, folder.default_folder()))
    >>> quota_name(loaded, "country", "MDG"), quota_name(loaded, "class", "Aves")
    ('Madagascar', 'Birds')
    """
    if kind == "country":
        return str(inventory.countries["name_en"].get(code, code))
    word = f"{kind}.{code}"
    return t(word) if word in messages() else code

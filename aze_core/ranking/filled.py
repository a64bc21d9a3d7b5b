"""Values that are filled in, where that was shown to be better than a plain average."""

from __future__ import annotations

from typing import Any

import pandas as pd

from aze_core.domain.errors import SettingError
from aze_core.domain.memo import per_inventory
from aze_core.domain.model import NATIONAL, Inventory, RankSettings, Weights
from aze_core.domain.settings import value
from aze_core.measures.impute import Validation, features, groups, posterior_draws, validate
from aze_core.ranking.values import criteria_values, effective_weights, raw_criterion, scaled


def can_be_filled(code: str) -> bool:
    """Whether a criterion is a plain number of a site, which others can stand in for."""
    return code == "pressure" or code.startswith(NATIONAL)


@per_inventory
def validation(inventory: Inventory, code: str) -> Validation:
    """Whether filling in a criterion beats the plain average; see `aze_core.measures.impute.validate`.

    Takes some seconds the first time.
    """
    target = raw_criterion(inventory, code, RankSettings().assumptions)["known"]
    of = groups(inventory)
    return validate(target, features(inventory), of["country"], of["family"], value("impute.seed"))


@per_inventory
def _drawn(inventory: Inventory, code: str) -> pd.DataFrame:
    target = raw_criterion(inventory, code, RankSettings().assumptions)["known"]
    return posterior_draws(target, features(inventory), value("impute.draws"), value("impute.seed"))


def fillings(inventory: Inventory, weights: Weights, settings: RankSettings) -> dict[str, pd.DataFrame]:
    """Values on the scale, 0 to 1, that fill in what is missing of the weighted criteria.

    Parameters
    ----------
    inventory : Inventory
    weights : Weights
    settings : RankSettings

    Returns
    -------
    dict of str to pandas.DataFrame
        By criterion: index, the sites at which it is not known; one column per draw. Only criteria that pass
        the test of `validation`.

    Raises
    ------
    SettingError
        When something is missing and none of it passes the test, with the reason.
    """
    used = effective_weights(inventory, weights, settings)
    codes = tuple(used.shares)
    values = criteria_values(inventory, codes, settings.assumptions, settings.scope, used.reverse)
    missing = [code for code in codes if can_be_filled(code) and values.raw[code].isna().any()]
    passed = {code: found for code in missing if (found := validation(inventory, code)).better}
    if missing and not passed:
        raise SettingError("not_imputable", criteria=", ".join(missing))
    made = {}
    for code in passed:
        ends: Any = values.anchors.loc[code]
        drawn = _drawn(inventory, code)
        on_scale = {name: scaled(code, drawn[name], ends["worst"], ends["best"]) for name in drawn.columns}
        made[code] = pd.DataFrame(on_scale, index=drawn.index)
    return made

"""What is remembered of an inventory is never changed by those who ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from aze_core.domain.memo import per_inventory
from aze_core.domain.model import Inventory
from tests.helpers import make_inventory


def test_made_once_per_inventory_and_arguments() -> None:
    made: list[tuple[Inventory, int]] = []

    @per_inventory
    def shares(inventory: Inventory, add: int = 0) -> tuple[pd.DataFrame, pd.Series]:
        made.append((inventory, add))
        frame = pd.DataFrame({"x": [1.0 + add, 2.0]})
        return frame, frame["x"]

    one, two = make_inventory(), make_inventory()
    frame, series = shares(one)
    frame.loc[0, "x"], series[1] = 7.0, 9.0
    frame["y"] = 3
    again, same = shares(one)
    assert again.to_dict("list") == {"x": [1.0, 2.0]}
    assert same.tolist() == [1.0, 2.0]
    shares(one, 1)
    shares(one, add=2)
    shares(two)
    assert [(inventory is one, add) for inventory, add in made] == [
        (True, 0),
        (True, 1),
        (True, 2),
        (False, 0),
    ]


def test_many_arguments_from_many_threads() -> None:
    """More than are remembered, so that the memory is emptied while others read it."""

    @per_inventory
    def double(inventory: Inventory, number: int) -> int:
        return 2 * number

    inventory = make_inventory()
    numbers = list(range(150)) * 40
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: double(inventory, n), numbers)) == [2 * n for n in numbers]
    assert len(inventory.memo) <= 128 + 8

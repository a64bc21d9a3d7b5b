"""The plain plan: down a list of sites, taking each that still fits the budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_SLACK = 1e-9


def top_of_the_list(
    order: Iterable[str], cost: Mapping[str, float], budget: float, locked_in: Iterable[str] = ()
) -> list[str]:
    """Sites from the top of a list, each taken if it still fits.

    Parameters
    ----------
    order : iterable of str
        Sites, best first.
    cost : mapping of str to float
        Cost of each site in the budget's unit; a site without a cost is passed over.
    budget : float
        Total that must not be exceeded.
    locked_in : iterable of str
        Taken before the list.

    Returns
    -------
    list of str
        In the order they were taken.

    Notes
    -----
    Not exact: a cheap pair further down can be worth more than one dear site at the top.

    Examples
    --------
    >>> top_of_the_list(["A", "B", "C"], {"A": 6, "B": 5, "C": 4}, 10)
    ['A', 'C']
    """
    taken = list(locked_in)
    left = budget - sum(cost[site] for site in taken)
    for site in order:
        if site in taken or site not in cost:
            continue
        if cost[site] <= left + _SLACK:
            taken.append(site)
            left -= cost[site]
    return taken

"""The objective of a plan under drawn data and weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aze_core.domain.model import Inventory, RankSettings, Uncertainty
from aze_core.ranking.acceptability import Spread, weight_draws
from aze_core.ranking.criteria import cover_range, highest_probability, latest, occurrence_table
from aze_core.ranking.spread import drawn_schemes, drawn_values
from aze_core.scenarios.actions import held_at_least
from aze_core.scenarios.effects import species_effects
from aze_core.scenarios.evaluate import recorded_star
from aze_core.scenarios.exact import Goal, Linked
from aze_core.scenarios.gains import is_alone, species_goal
from aze_core.scenarios.scenario import Scenario

Array = NDArray[np.float64]

WHATS = ("weights", "scheme", "category", "cover")
"""What can be drawn."""


def is_drawn(inventory: Inventory, scenario: Scenario, given: Uncertainty) -> tuple[str, ...]:
    """What of `WHATS` differs from draw to draw for this scenario."""
    found = []
    ends = cover_range(inventory)
    known = latest(inventory)["share"].notna()
    if scenario.weights is not None and scenario.objective == "weighted":
        found.append("weights")
    if given.data:
        if scenario.objective in ("risk", "lexicographic", "weighted"):
            found.append("scheme")
        if scenario.objective != "species":
            at = inventory.occurrences["species_id"].unique()
            table = occurrence_table(inventory, scenario.assumptions).drop_duplicates("species_id")
            if len(at) and (table["p"].isna() & ~table["gone"]).any():
                found.append("category")
        if (ends["high"] > ends["low"])[known].any():
            found.append("cover")
    return tuple(found)


def drawn_goals(
    inventory: Inventory, scenario: Scenario, sites: list[str], given: Uncertainty
) -> Iterator[tuple[Goal, Goal | None]]:
    """What is to be as high as can be, once per draw; with what comes before it under `lexicographic`.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    sites : list of str
        Candidates.
    given : Uncertainty
        Its draws, seed, whether data are drawn, and the spread of weights.

    Notes
    -----
    Each draw has one extinction scheme for all species; for a species without a category a probability
    between 0 and that of CR; for a site whose cover was computed a cover between polygons alone and points
    and areas of unknown status counted too. Under `weighted` weights near the chosen ones and every criterion
    within its interval, as in `aze_core.ranking.spread`. Effects scale all alike unless they differ by class
    or threat, and are not drawn. Costs stay as they are reported.
    """
    if scenario.objective == "weighted":
        yield from _weighted(inventory, scenario, sites, given)
        return
    rng = np.random.default_rng(given.seed)
    base = latest(inventory)["share"].astype(float)
    ends = cover_range(inventory)
    order = np.argsort(base.index.to_numpy(dtype=str), kind="stable")
    low: Array = np.asarray(base, dtype=np.float64)
    # unknown cover stays unknown, as in the plan itself
    wide = np.where(given.data & ~np.isnan(low), ends["high"].to_numpy() - ends["low"].to_numpy(), 0.0)
    target = held_at_least(inventory, scenario)
    risk = _Risk(inventory, scenario, sites, given) if scenario.objective != "star" else None
    star = recorded_star(inventory).reindex(sites).fillna(0.0) if risk is None else None
    fixed: Goal | None = None
    for _ in range(given.draws):
        cover = low.copy()
        cover[order] += rng.random(len(order)) * wide[order]
        held = pd.Series(np.fmax(cover, target["held"].to_numpy()), index=base.index)
        now = pd.Series(cover, index=base.index)
        first = None
        if scenario.objective in ("species", "lexicographic"):
            if fixed is None or wide.any():
                after = pd.Series(np.fmax(cover, target["cover"].to_numpy()), index=base.index)
                fixed = species_goal(inventory, now, after, sites)
            first = fixed
        if scenario.objective == "species":
            assert first is not None
            yield first, None
        elif star is not None:
            part = rng.random(len(sites)) if given.data else np.zeros(len(sites))
            points = star["low"].to_numpy() + part * (star["high"] - star["low"]).to_numpy()
            gain = (held - now).reindex(sites).fillna(0.0).to_numpy()
            yield Goal(np.clip(points * gain, 0.0, None)), None
        else:
            assert risk is not None
            yield risk.goal(cover, held.to_numpy(dtype=float), rng), first


class _Risk:
    """The modelled risk over arrays that stay, with the probabilities and covers of a draw."""

    def __init__(
        self, inventory: Inventory, scenario: Scenario, sites: list[str], given: Uncertainty
    ) -> None:
        self.schemes = drawn_schemes(scenario.assumptions) if given.data else [scenario.assumptions]
        self.data = given.data
        effects = species_effects(
            inventory, scenario.assumptions.effect, scenario.class_effects, scenario.threat_effects
        )
        every = inventory.sites.index
        table = occurrence_table(inventory, scenario.assumptions)
        known_cover = latest(inventory)["share"].notna()
        sure = table["site_id"].map(known_cover).groupby(table["species_id"]).transform("all")
        table = table[~table["gone"] & sure.astype(bool)]
        if not given.data:
            table = table[table["p"].notna()]
        table = table.sort_values(["species_id", "site_id"], kind="stable")
        names = table["species_id"].unique()
        self.effect = effects.reindex(names).to_numpy(dtype=float)
        self.p = np.array(
            [
                occurrence_table(inventory, assumed)
                .drop_duplicates("species_id")
                .set_index("species_id")["p"]
                .reindex(names)
                .to_numpy(dtype=float)
                for assumed in self.schemes
            ]
        ).reshape(len(self.schemes), len(names))
        self.ceiling = [highest_probability(assumed) for assumed in self.schemes]
        place = {site: at for at, site in enumerate(sites)}
        alone = is_alone(table).to_numpy()
        self.n = len(sites)
        self.species = pd.Index(names).get_indexer(pd.Index(table["species_id"]))
        self.site = every.get_indexer(pd.Index(table["site_id"]))
        self.unit = table["site_id"].map(place).fillna(-1).to_numpy(dtype=int)
        self.share = table["share"].to_numpy(dtype=float)
        self.single = np.flatnonzero(alone & (self.unit >= 0))
        stage = table["life_stage"].fillna("")
        rows = pd.DataFrame(
            {"row": np.arange(len(table)), "species": self.species, "stage": stage.to_numpy()}
        )
        self.linked: list[tuple[int, list[tuple[NDArray[np.int_], NDArray[np.int_]]]]] = []
        for _, own in rows[~alone].groupby("species"):
            at = [part["row"].to_numpy() for _, part in own.groupby("stage")]
            if (self.unit[own["row"]] >= 0).any():
                parts = [(part, part[self.unit[part] >= 0]) for part in at]
                self.linked.append((int(own["species"].iloc[0]), parts))

    def goal(self, now: Array, held: Array, rng: np.random.Generator) -> Goal:
        """The objective of one draw."""
        scheme = int(rng.integers(len(self.schemes))) if len(self.schemes) > 1 else 0
        p = self.p[scheme]
        unknown = np.isnan(p)
        drawn = rng.random(len(p)) * self.ceiling[scheme]
        weight = np.where(unknown, drawn, p) * self.effect
        adds = self.share * (held - now)[self.site]
        at = self.single
        own = np.bincount(self.unit[at], weights=weight[self.species[at]] * adds[at], minlength=self.n)
        base = self.share * now[self.site]
        linked = []
        for species, stages in self.linked:
            parts = tuple(
                (
                    float(base[rows].sum()),
                    tuple(int(unit) for unit in self.unit[inside]),
                    tuple(float(a) for a in adds[inside]),
                )
                for rows, inside in stages
            )
            if any(add > 0 for _, _, each in parts for add in each):
                linked.append(Linked(float(weight[species]), parts))
        return Goal(np.clip(own, 0.0, None), tuple(linked))


def _weighted(
    inventory: Inventory, scenario: Scenario, sites: list[str], given: Uncertainty
) -> Iterator[tuple[Goal, None]]:
    """Scores under drawn weights, each criterion within its interval."""
    settings = RankSettings(uncovered_only=False, filters=scenario.filters, assumptions=scenario.assumptions)
    drawn, shares, _ = drawn_values(inventory, scenario.weights, settings, given.data)
    rng = np.random.default_rng(given.seed)
    weights = weight_draws(shares, Spread(given.spread, given.votes), given.draws, rng)
    order = np.argsort(drawn.sites.to_numpy(dtype=str), kind="stable")
    low, high = drawn.low[:, order], drawn.high[:, order]
    at = pd.Index(sites).get_indexer(drawn.sites[order])
    inside = at >= 0
    for weight in weights:
        version = int(rng.integers(len(low))) if len(low) > 1 else 0
        between = rng.random(low.shape[1:])
        values = low[version] + between * (high[version] - low[version])
        found = np.zeros(len(sites))
        found[at[inside]] = (values @ weight)[inside]
        yield Goal(found), None

"""The command that ranks: sites in order, how sure each place is, and why."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from aze_core.cli import weigh
from aze_core.cli.evidence import Run, Tools
from aze_core.domain.errors import SettingError
from aze_core.domain.model import Inventory, RankSettings, Uncertainty, Weights
from aze_core.domain.settings import value
from aze_core.locale import number, t
from aze_core.ranking.acceptability import Acceptability
from aze_core.ranking.agreement import agreement
from aze_core.ranking.explain import Reason, reasons, why_not
from aze_core.ranking.score import rank_sites
from aze_core.ranking.sensitivity import assumption_moves
from aze_core.ranking.spread import rank_spread, site_confidence
from aze_core.ranking.values import say_the_same, unusable
from aze_core.reports.sentences import (
    assumption_name,
    criterion_name,
    reason_sentence,
)
from aze_core.reports.tables import stamp

Records = Callable[[pd.DataFrame], list[dict[str, Any]]]

_TOP = 20

_FIRST = ["rank", "rank_low", "rank_high", "p_top", "rank_best", "rank_worst", "name", "iso3"]
_LAST = ["species", "share", "vintage", "need", "beyond", "unknown", "apart"]


def add_commands(sub: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Describe the command on the command line."""
    rank = sub.add_parser(
        "rank", parents=parents, help="sites in order of priority, how sure each place is, and why"
    )
    weigh.add_weights(rank, "--weights", "weighted view (without: modelled loss)")
    weigh.add_rules(rank)
    weigh.add_draws(rank)
    rank.add_argument(
        "--all", action="store_true", help="rank covered sites too, not only those at most 2%% covered"
    )
    rank.add_argument(
        "--top",
        type=int,
        default=_TOP,
        help="rows of the table (default %(default)s; 0: all; JSON always has all)",
    )
    one = rank.add_mutually_exclusive_group()
    one.add_argument("--why", metavar="SITE", help="instead of the table: why a site has its rank")
    one.add_argument(
        "--why-not", metavar="SITE", help="instead of the table: why a site is not among the first N"
    )
    one.add_argument(
        "--sure",
        metavar="SITE",
        help="instead of the table: in which share of the draws a site has each rank",
    )
    one.add_argument(
        "--assumptions",
        action="store_true",
        help="instead of the table: which assumption changes the first N, one at a time",
    )
    one.add_argument(
        "--central",
        action="store_true",
        help="instead of the table: the weights with which each site comes first, and how surely",
    )


@dataclass(frozen=True, eq=False)
class Asked:
    """What is ranked, and what is drawn beside it."""

    inventory: Inventory
    weights: Weights | None
    settings: RankSettings
    given: Uncertainty

    def ranked(self) -> pd.DataFrame:
        """See `aze_core.ranking.score.rank_sites`."""
        return rank_sites(self.inventory, self.weights, self.settings)

    def drawn(self, ranked: pd.DataFrame) -> Acceptability | None:
        """See `aze_core.ranking.spread.rank_spread`; None where no site has a rank."""
        if ranked["rank"].isna().all():
            return None
        return rank_spread(self.inventory, self.weights, self.settings, self.given)

    def choices(self) -> dict[str, Any]:
        """The choices as plain values."""
        return {
            "settings": self.settings.to_dict(),
            "weights": None if self.weights is None else self.weights.to_dict(),
            "uncertainty": self.given.to_dict(),
        }

    def sentence(self, reason: Reason) -> str:
        """A reason as plain text."""
        return _plain(reason_sentence(reason, self.weights, self.settings.assumptions))


def named_ranking(asked: Asked) -> pd.DataFrame:
    """The ranking with names, and how sure each place is.

    Returns
    -------
    pandas.DataFrame
        As `aze_core.ranking.score.rank_sites` returns it, with `name` and `iso3` before, and after `rank`:
        `rank_low`, `rank_high`: the middle part of the ranks in the draws; `p_top`: share of the draws in
        which the site is among the first N. They are missing for sites that have no rank.
    """
    ranked = asked.ranked()
    drawn = asked.drawn(ranked)
    sure = pd.DataFrame({"low": [], "high": [], "p_top": []}, dtype=float)
    if drawn is not None:
        sure = drawn.interval().join(drawn.p_top(asked.given.top))
    # reindexed, for pandas gives a frame without rows all rows of a column
    names = asked.inventory.sites[["name", "iso3"]].reindex(ranked.index)
    sure = sure.reindex(ranked.index).astype({"low": "Int64", "high": "Int64"})
    sure = sure.rename(columns={"low": "rank_low", "high": "rank_high"})
    return pd.concat([names, ranked[["rank"]], sure, ranked.drop(columns="rank")], axis=1)


def rank_report(asked: Asked, records: Records) -> dict[str, Any]:
    """The ranking, and what stands beside it, as plain values; see `named_ranking` and `beside`."""
    ranked = named_ranking(asked)
    return {
        "inventory": asdict(asked.inventory.version),
        **asked.choices(),
        **beside(asked, ranked, records),
        "sites": records(ranked),
    }


def beside(asked: Asked, ranked: pd.DataFrame, records: Records) -> dict[str, Any]:
    """What stands beside a ranking as plain values.

    `agreement` compares with the other order (by the weights that the page starts with where none are given)
    and is null where that order cannot be made; `same`: pairs of weighted criteria that order the sites
    nearly alike; `unusable`: weighted criteria that cannot tell the sites apart, with the reason.
    """
    inventory, weights, settings = asked.inventory, asked.weights, asked.settings
    other = Weights() if weights is None else None
    try:
        found = agreement(ranked, rank_sites(inventory, other, settings))
    except SettingError:
        # by weights nothing can be filled in, which the default order does not need
        agreed = None
    else:
        agreed = {
            "other": None if other is None else other.to_dict(),
            "tau": None if np.isnan(found.tau) else found.tau,
            "alike": None if np.isnan(found.alike) else found.alike,
            "sites": found.sites,
            "apart": records(found.apart),
        }
    same = [] if weights is None else say_the_same(inventory, weights, settings)
    lost = {} if weights is None else unusable(inventory, tuple(weights.shares), settings, weights.reverse)
    return {
        "agreement": agreed,
        "same": [{"one": one, "other": two, "rho": rho} for one, two, rho in same],
        "unusable": lost,
    }


def commands(tools: Tools) -> dict[str, Run]:
    """The command by name."""
    return {"rank": lambda given: _rank(given, tools)}


def _rank(given: argparse.Namespace, tools: Tools) -> int:
    inventory = tools.load(given)
    settings = weigh.settings(given, inventory, tools.filters(inventory, given), not given.all)
    asked = Asked(inventory, weigh.weights(given, given.weights), settings, weigh.uncertainty(given))
    for name, (make, tell) in _ANSWERS.items():
        wanted = getattr(given, name)
        if not wanted:
            continue
        if isinstance(wanted, str):
            weigh.check_sites(inventory, (wanted,))
        answer = make(asked, wanted, tools.records)
        if given.format == "json":
            return tools.json({"inventory": asdict(inventory.version), **asked.choices(), name: answer})
        print(stamp(inventory.version))
        tell(asked, answer)
        return 0
    if given.format == "json":
        return tools.json(rank_report(asked, tools.records))
    print(stamp(inventory.version))
    ranked = named_ranking(asked)
    if ranked.empty:
        print(t("empty.no_site"))
        return 0
    for line in _above(asked, beside(asked, ranked, tools.records)):
        print(line)
    columns = [*_FIRST, "score", "score_low", "score_high"]
    columns += [name for name in ranked.columns if name.startswith("c_")] + _LAST
    _print(ranked[columns], given.top)
    if ranked["rank"].isna().all():
        print(t("priorities.none_ranked", n=len(ranked)))
        return 0
    print(f"{_below(asked)} {t('rank.open')}")
    return 0


def _above(asked: Asked, found: dict[str, Any]) -> list[str]:
    """How far the two orders agree, and what the weights do not do."""
    lines = _agreement_lines(asked, found["agreement"])
    lines += [
        t(
            "weighing.same",
            one=criterion_name(pair["one"]),
            two=criterion_name(pair["other"]),
            rho=pair["rho"],
        )
        for pair in found["same"]
    ]
    lost = found["unusable"]
    if asked.weights is not None and lost and asked.weights.without(lost) is None:
        # with nothing else to go by they keep their weights
        return [*lines, t("rank.none_tells")]
    return lines + [f"{criterion_name(code)}: {t(f'criterion.{why}')}" for code, why in lost.items()]


def _agreement_lines(asked: Asked, found: dict[str, Any] | None) -> list[str]:
    if found is None or found["sites"] < 2:
        return []
    text = t("orders.no_tau", n=found["sites"])
    if found["tau"] is not None:
        text = t("orders.tau", tau=found["tau"], same=found["alike"] * 100, n=found["sites"])
    first = found["apart"][0]
    if found["tau"] is not None and first["moved"]:
        # always told as modelled loss against weights
        ranks = (first["one"], first["two"])
        loss, by_weights = ranks if asked.weights is None else ranks[::-1]
        name = asked.inventory.sites.at[first["site_id"], "name"]
        text += " " + t("orders.most", site=name, loss=loss, weights=by_weights)
    lines = [_plain(text)]
    if asked.weights is None:
        points = [
            f"{criterion_name(code)} {number(each)}" for code, each in Weights().points.items() if each > 0
        ]
        lines.append(t("rank.default_weights", weights=", ".join(points)))
    return lines


def _below(asked: Asked) -> str:
    """What the draws are of, no wider than they are."""
    given, weights = asked.given, asked.weights
    if weights is None and not given.data:
        return t("rank.draws_nothing", top=given.top)
    kind = "data" if weights is None else given.spread
    said = t(
        f"rank.draws_{kind}",
        level=value("acceptability.level"),
        n=given.draws,
        votes=given.votes,
        seed=given.seed,
        top=given.top,
    )
    with_data = given.data and weights is not None
    return f"{said} {t('priorities.spread_with_data')}" if with_data else said


# ---------------------------------------------------------------- one answer instead of the table


def _told(asked: Asked, site: str, ranked: pd.DataFrame, found: list[Reason]) -> dict[str, Any]:
    """Reasons of a site as plain values."""
    rank: Any = ranked["rank"].get(site)
    return {
        "site": site,
        "name": asked.inventory.sites.at[site, "name"],
        "rank": None if pd.isna(rank) else int(rank),
        "of": int(ranked["rank"].notna().sum()),
        "reasons": [
            {"kind": each.kind, "fields": each.fields, "text": asked.sentence(each)} for each in found
        ],
    }


def _found(asked: Asked, site: str, ranked: pd.DataFrame, drawn: Acceptability | None) -> list[Reason]:
    """Why a site has its rank, or why it has none."""
    inventory, weights, settings = asked.inventory, asked.weights, asked.settings
    if site not in ranked.index:
        return why_not(inventory, weights, settings, ranked, site, asked.given.top)
    return reasons(inventory, weights, settings, ranked, site, asked.given, drawn)


def _why(asked: Asked, site: str, records: Records) -> dict[str, Any]:
    ranked = asked.ranked()
    return _told(asked, site, ranked, _found(asked, site, ranked, asked.drawn(ranked)))


def _why_not(asked: Asked, site: str, records: Records) -> dict[str, Any]:
    ranked = asked.ranked()
    found = why_not(asked.inventory, asked.weights, asked.settings, ranked, site, asked.given.top)
    return _told(asked, site, ranked, found)


def _tell_reasons(asked: Asked, answer: dict[str, Any]) -> None:
    print(_title(answer))
    for reason in answer["reasons"]:
        print(f"- {reason['text']}")


def _title(answer: dict[str, Any]) -> str:
    if answer["rank"] is None:
        return t("rank.no_place", name=answer["name"], site=answer["site"])
    return t("rank.place", name=answer["name"], site=answer["site"], rank=answer["rank"], total=answer["of"])


def _sure(asked: Asked, site: str, records: Records) -> dict[str, Any]:
    """Share of the draws in which a site has each rank; beyond the ranks kept alone, in bands of them."""
    ranked = asked.ranked()
    drawn = asked.drawn(ranked)
    found = _found(asked, site, ranked, drawn)
    if drawn is None or site not in drawn.sites:
        return {**_told(asked, site, ranked, found), "ranks": []}
    told = _told(asked, site, ranked, [each for each in found if each.kind.startswith("sure_")])
    row = pd.DataFrame(
        {
            "rank": drawn.edges,
            "until": np.append(drawn.edges[1:] - 1, len(drawn.sites)),
            "share": drawn.matrix().loc[site].to_numpy(dtype=float),
        }
    )
    return {**told, "ranks": records(row)}


def _tell_sure(asked: Asked, answer: dict[str, Any]) -> None:
    _tell_reasons(asked, answer)
    table = pd.DataFrame(answer["ranks"])
    if table.empty:
        return
    table = table[table["share"] > 0]
    if (table["rank"] == table["until"]).all():
        table = table.drop(columns="until")
    print(table.to_string(index=False, float_format=lambda item: f"{item:.4f}"))
    print(t("rank.sure_note", n=asked.given.draws))


def _moves(asked: Asked, wanted: bool, records: Records) -> list[dict[str, Any]]:
    found = assumption_moves(asked.inventory, asked.weights, asked.settings, asked.given.top)
    words = [assumption_name(a, b) for a, b in zip(found["assumption"], found["to"], strict=True)]
    return records(found.assign(text=words))


def _tell_moves(asked: Asked, answer: list[dict[str, Any]]) -> None:
    top = asked.given.top
    if not answer:
        print(t("moves.none"))
        return
    first = answer[0]
    if first["moved"]:
        counts = {"enter": first["entering"], "leave": first["leaving"]}
        print(_plain(t("moves.most", what=first["text"], top=top, **counts)))
    else:
        print(t("moves.steady", top=top))
    names = asked.inventory.sites["name"]

    def named(sites: str) -> str:
        return "; ".join(str(names[site]) for site in sites.split(";") if site)

    table = pd.DataFrame(
        {
            t("moves.what"): [row["text"] for row in answer],
            t("moves.enters", top=top): [row["entering"] for row in answer],
            t("moves.leaves"): [row["leaving"] for row in answer],
            t("moves.enter"): [named(row["enter"]) for row in answer],
            t("moves.leave"): [named(row["leave"]) for row in answer],
        }
    )
    print(table.to_string(index=False))
    print(t("moves.count_help", top=top))
    print(t("moves.note"))


def _central(asked: Asked, wanted: bool, records: Records) -> list[dict[str, Any]]:
    if asked.weights is None:
        raise SettingError("needs_weights", option="--central")
    if asked.ranked()["rank"].isna().all():
        return []
    found = site_confidence(asked.inventory, asked.weights, asked.settings, asked.given)
    found.insert(0, "name", asked.inventory.sites["name"].reindex(found.index))
    return records(found.rename_axis("site_id"))


def _tell_central(asked: Asked, answer: list[dict[str, Any]]) -> None:
    if not answer:
        print(t("rank.no_first"))
        return
    _print(pd.DataFrame(answer).set_index("site_id"), 0)
    print(t("rank.central_note", n=asked.given.draws))


_Answer = tuple[Callable[[Asked, Any, Records], Any], Callable[[Asked, Any], None]]
_ANSWERS: dict[str, _Answer] = {
    "why": (_why, _tell_reasons),
    "why_not": (_why_not, _tell_reasons),
    "sure": (_sure, _tell_sure),
    "assumptions": (_moves, _tell_moves),
    "central": (_central, _tell_central),
}


def _print(table: pd.DataFrame, top: int) -> None:
    shown = table if top <= 0 else table.head(top)
    # as objects, for pandas has a word of its own for what is missing of a nullable column
    shown = shown.astype(object).where(shown.notna(), "")
    print(shown.to_string(float_format=lambda item: f"{item:.4f}"))


def _plain(text: str) -> str:
    return text.replace("**", "")

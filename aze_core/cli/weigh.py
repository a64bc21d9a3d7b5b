"""Options that say how sites are weighed and ranked, and the choices that they stand for."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace

from aze_core.domain.errors import SettingError
from aze_core.domain.model import (
    NATIONAL,
    SCHEMES,
    SPREADS,
    TWO_WAYS,
    UNKNOWN_RULES,
    Assumptions,
    Filters,
    Inventory,
    RankSettings,
    Uncertainty,
    Weights,
    checked_whole,
)
from aze_core.domain.settings import value
from aze_core.locale import explain

_NAMED = re.compile(r"(.+?)=([^=,]*)(?:,|$)")


def codes(text: str) -> tuple[str, ...]:
    """Codes that stand between commas.

    Examples
    --------
    >>> codes("MEX, PER,")
    ('MEX', 'PER')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def points(text: str) -> Weights:
    """Weights from three numbers, or from criteria with their points.

    Raises
    ------
    argparse.ArgumentTypeError
        When it is neither, or the weights do not fit together.

    Examples
    --------
    >>> points("40,30,30").shares
    {'irreplaceability': 0.4, 'extinction': 0.3, 'pressure': 0.3}
    >>> points("gap=1,national:Water, m³=3").shares
    {'gap': 0.25, 'national:Water, m³': 0.75}
    """
    try:
        if "=" in text:
            pairs = _NAMED.findall(text)
            given = {name.strip(): float(each) for name, each in pairs}
            if len(given) < len(pairs) or ",".join(f"{name}={each}" for name, each in pairs) != text:
                raise ValueError
            return Weights.of(given)
        irreplaceability, extinction, pressure = (float(part) for part in text.split(","))
        return Weights(irreplaceability, extinction, pressure)
    except SettingError as error:
        raise argparse.ArgumentTypeError(explain(error)) from None
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} came; expected are three numbers such as 40,30,30, or each criterion once with its "
            f"points, such as irreplaceability=40,{NATIONAL}water=20"
        ) from None


# ---------------------------------------------------------------- options


def model_parser() -> argparse.ArgumentParser:
    """Options of the assumptions, for every command that has any."""
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument(
        "--horizon", type=int, default=value("extinction.horizon_years"), help="years (default %(default)s)"
    )
    model.add_argument(
        "--effect",
        type=float,
        default=value("protection.effect"),
        help="share of the extinction risk that full cover removes (default 1/3)",
    )
    model.add_argument(
        "--scheme",
        choices=SCHEMES,
        default=SCHEMES[0],
        help="how a Red List category becomes an extinction probability (default %(default)s)",
    )
    model.add_argument(
        "--ratio",
        type=float,
        default=value("extinction.ratio"),
        help="CR as a multiple of EN, with --scheme ratio (default %(default)s)",
    )
    return model


def add_weights(command: argparse.ArgumentParser, option: str, meaning: str) -> None:
    """Options of the weighted view."""
    command.add_argument(
        option,
        type=points,
        default=None,
        metavar="I,E,P|CODE=POINTS,…",
        help=f"{meaning}: irreplaceability, extinction risk, human influence, or criteria by name",
    )
    command.add_argument(
        "--reverse",
        type=codes,
        default=(),
        metavar="CODE,…",
        help="weighted criteria taken the other way round: " + ", ".join((*TWO_WAYS, f"{NATIONAL}FIELD")),
    )


def add_rules(command: argparse.ArgumentParser) -> None:
    """Options of the scales, of what is not known, and of what boundaries do not stop."""
    command.add_argument(
        "--scope",
        type=codes,
        default=(),
        metavar="ISO3,…",
        help="countries whose sites set the ends of the scales of the weighted view (default: all sites)",
    )
    command.add_argument(
        "--unknown",
        choices=UNKNOWN_RULES,
        default=UNKNOWN_RULES[0],
        help="what is not known: left out and shown as a range, taken at its low or high end, or filled in "
        "by a model, which is tested first (default %(default)s)",
    )
    for option, says in (("--beyond", "is one"), ("--stopped", "is none")):
        command.add_argument(
            option,
            type=codes,
            default=(),
            metavar="SITE,…",
            help=f"sites at which there {says} of the threats that no boundary stops, whatever records say",
        )


def add_draws(command: argparse.ArgumentParser) -> None:
    """Options of what is drawn to see how sure a ranking is."""
    command.add_argument(
        "--spread",
        choices=SPREADS,
        default=SPREADS[0],
        help="weightings that are drawn: near the given ones, any, or any in their order "
        "(default %(default)s)",
    )
    command.add_argument(
        "--votes",
        type=float,
        default=value("acceptability.votes"),
        help="how close near is: as the mean of so many votes (default %(default)s)",
    )
    command.add_argument(
        "--certain",
        action="store_true",
        help="take the data as given: no extinction scheme and no range of cover is drawn",
    )
    command.add_argument(
        "--first",
        type=int,
        default=value("acceptability.top"),
        metavar="N",
        help="the N of “among the first N” (default %(default)s)",
    )
    command.add_argument(
        "--draws", type=int, default=value("acceptability.draws"), help="draws (default %(default)s)"
    )
    command.add_argument(
        "--seed",
        type=int,
        default=value("acceptability.seed"),
        help="seed of the draws (default %(default)s)",
    )


# ---------------------------------------------------------------- choices


def assumptions(given: argparse.Namespace) -> Assumptions:
    """The assumptions that were given.

    Raises
    ------
    SettingError
        When one is outside what it can be.
    """
    return Assumptions(given.horizon, given.effect, given.scheme, given.ratio)


def weights(given: argparse.Namespace, chosen: Weights | None) -> Weights | None:
    """The weights that were given, with the criteria that were turned round.

    Raises
    ------
    SettingError
        When a criterion was turned round that has no points or no other way.
    """
    if not given.reverse:
        return chosen
    if chosen is None:
        raise SettingError("needs_weights", option="--reverse")
    two_ways = [code for code in chosen.points if code in TWO_WAYS or code.startswith(NATIONAL)]
    if lost := [code for code in given.reverse if code not in two_ways]:
        raise SettingError("not_one_of", name="reverse", value=", ".join(lost), expected=", ".join(two_ways))
    return replace(chosen, reverse=given.reverse)


def settings(
    given: argparse.Namespace, inventory: Inventory, filters: Filters, uncovered_only: bool
) -> RankSettings:
    """Which sites are ranked, and by which rules.

    Raises
    ------
    SettingError
        When the inventory has no such country or site, or a site is said to be both.
    """
    known = set(inventory.countries_of()["iso3"])
    if lost := [code for code in given.scope if code not in known]:
        expected = ", ".join(sorted(known))
        raise SettingError("not_one_of", name="scope", value=", ".join(lost), expected=expected)
    check_sites(inventory, (*given.beyond, *given.stopped))
    if both := sorted({*given.beyond} & {*given.stopped}):
        raise SettingError("both_ways", sites=", ".join(both))
    return RankSettings(
        uncovered_only=uncovered_only,
        filters=filters,
        assumptions=assumptions(given),
        scope=given.scope,
        unknown=given.unknown,
        beyond=given.beyond,
        stopped=given.stopped,
    )


def check_sites(inventory: Inventory, sites: tuple[str, ...]) -> None:
    """Raise SettingError where one is no site of the inventory."""
    if lost := [site for site in sites if site not in inventory.sites.index]:
        raise SettingError("no_such_site", sites=", ".join(lost))


def uncertainty(given: argparse.Namespace) -> Uncertainty:
    """What is drawn.

    Raises
    ------
    SettingError
        When a number is outside what it can be.
    """
    return Uncertainty(
        spread=given.spread,
        votes=given.votes,
        data=not given.certain,
        # named as the option, for --top is something else here
        top=checked_whole("first", given.first, 1, 100_000),
        draws=given.draws,
        seed=given.seed,
    )

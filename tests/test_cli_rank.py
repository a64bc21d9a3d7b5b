"""The command that ranks: every choice reaches the library, and every answer is the library's own."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core import build
from aze_core.cli import main
from aze_core.cli.weigh import points
from aze_core.domain.model import Assumptions, RankSettings, Uncertainty, Weights
from aze_core.ranking.agreement import agreement
from aze_core.ranking.explain import reasons, why_not
from aze_core.ranking.score import rank_sites
from aze_core.ranking.sensitivity import assumption_moves
from aze_core.ranking.spread import rank_spread, site_confidence
from aze_core.reports.sentences import reason_sentence
from aze_core.store import folder
from aze_core.store.inventory import load
from tests.helpers import frame, make_frames, write_facts

NATIONAL = {
    "water": {"A": 1, "B": 3},
    "rain": {"A": 1, "B": 2, "C": 4, "D": 3},
    "snow": {"A": 10, "B": 20, "C": 40, "D": 30},
    "advice": {"A": "wait"},
}
"""The country's own values of the four sites: rain and snow tell the same, advice is a text."""

FEW = ["--draws", 400]
SURE = ("rank_low", "rank_high", "p_top")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A store with the four sites and what their country knows of them."""
    base = tmp_path_factory.mktemp("rank")
    rows = [
        {
            "site_id": site,
            "field": field,
            "entry": 1,
            "value": str(each),
            "number": None if isinstance(each, str) else each,
            "kind": "text" if isinstance(each, str) else "number",
            "scorable": not isinstance(each, str),
            "source": "hand",
        }
        for field, values in NATIONAL.items()
        for site, each in values.items()
    ]
    facts = write_facts(base / "data", {**make_frames(), "national": frame("national", rows)})
    build.build(facts, base / "store")
    return base / "store"


@pytest.fixture(scope="module")
def inventory(small):
    return load(folder.inventory_path(small, folder.read_current(small).inventory))


@pytest.fixture(autouse=True)
def _read_once(inventory, monkeypatch):
    """Every command here reads the same file: once is enough."""
    monkeypatch.setattr("aze_core.cli.store.load", lambda path: inventory)


@pytest.fixture
def run(small, capsys):
    def words(*arguments):
        assert main([*map(str, arguments), "--store", str(small)]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return words


@pytest.fixture
def told(run):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return lambda *arguments: json.loads(run(*arguments, "--format", "json"), parse_constant=refuse)


def plain(content):
    """Content as JSON gives it back."""
    return json.loads(json.dumps(content, default=lambda item: item.item()))


def records(table):
    """Rows as JSON gives them back."""
    table = table.reset_index() if table.index.name else table
    return plain(table.astype(object).where(table.notna(), None).to_dict("records"))


# ---------------------------------------------------------------- choices

OWN = Weights.of({"irreplaceability": 40, "national:water": 20}, ["national:water"])


@pytest.mark.parametrize(
    ("arguments", "weights", "settings", "drawn"),
    [
        (
            ["--weights", "irreplaceability=40,national:water=20", "--reverse", "national:water"],
            OWN,
            RankSettings(),
            Uncertainty(),
        ),
        (
            ["--weights", "40,30,30", "--reverse", "pressure", "--scope", "MEX,USA", "--unknown", "low"],
            Weights(40, 30, 30, reverse=("pressure",)),
            RankSettings(scope=("MEX", "USA"), unknown="low"),
            Uncertainty(),
        ),
        (
            ["--all", "--scheme", "ratio", "--ratio", 2.5, "--unknown", "high", "--horizon", 20],
            None,
            RankSettings(False, assumptions=Assumptions(20, scheme="ratio", ratio=2.5), unknown="high"),
            Uncertainty(),
        ),
        (
            ["--all", "--weights", "gap=1,extinction=2", "--spread", "flat", "--certain", "--first", 1],
            Weights.of({"gap": 1, "extinction": 2}),
            RankSettings(False),
            Uncertainty(spread="flat", data=False, top=1),
        ),
        (
            ["--weights", "1,2,3", "--spread", "ordinal", "--votes", 5, "--draws", 500, "--seed", 7],
            Weights(1, 2, 3),
            RankSettings(),
            Uncertainty(spread="ordinal", votes=5, draws=500, seed=7),
        ),
        (
            ["--beyond", "A", "--stopped", "B"],
            None,
            RankSettings(beyond=("A",), stopped=("B",)),
            Uncertainty(),
        ),
    ],
)
def test_every_choice_reaches_the_library(arguments, weights, settings, drawn, told, inventory):
    found = told("rank", *arguments)
    assert list(found) == [
        *("inventory", "settings", "weights", "uncertainty", "agreement", "same", "unusable", "sites")
    ]
    assert found["settings"] == plain(settings.to_dict())
    assert found["weights"] == (None if weights is None else plain(weights.to_dict()))
    assert found["uncertainty"] == drawn.to_dict()
    ranked = rank_sites(inventory, weights, settings)
    sure = rank_spread(inventory, weights, settings, drawn)
    ends, top = sure.interval(), sure.p_top(drawn.top)
    assert [row["site_id"] for row in found["sites"]] == list(ranked.index)
    own = [
        {name: each for name, each in row.items() if name not in ("name", "iso3", *SURE)}
        for row in found["sites"]
    ]
    assert own == records(ranked)
    for row in found["sites"]:
        site = row["site_id"]
        expected = [None] * 3
        if site in sure.sites:
            expected = [ends.at[site, "low"], ends.at[site, "high"], top[site]]
        assert [row[name] for name in SURE] == expected


def test_who_has_a_threat_beyond_boundaries_is_said_and_moves_no_rank(told):
    before, after = told("rank", *FEW), told("rank", *FEW, "--beyond", "A", "--stopped", "B")
    assert [row["rank"] for row in before["sites"]] == [row["rank"] for row in after["sites"]]
    said = {row["site_id"]: (row["beyond"], row["beyond_basis"]) for row in after["sites"]}
    assert (said["A"], said["B"]) == ((True, "set"), (False, "set"))


@given(
    st.dictionaries(
        st.sampled_from(["gap", "pressure", "national:a, b", "national:Île"]), st.integers(1, 100), min_size=1
    )
)
def test_named_weights_come_back_as_they_were_written(chosen):
    text = ",".join(f"{code}={each}" for code, each in chosen.items())
    assert points(text) == Weights.of(chosen)


def test_three_numbers_are_the_three_criteria_of_the_page():
    assert points("1, 2,3") == points("irreplaceability=1,extinction=2,pressure=3") == Weights(1, 2, 3)


# ---------------------------------------------------------------- beside the ranking


def test_the_two_orders_are_compared(told, run, inventory):
    found = told("rank", *FEW, "--all", "--weights", "0,0,1")["agreement"]
    # by loss A, B, C; by human influence B (20), then A (10); not known of C; D has no rank
    assert found["apart"] == [
        {"site_id": "A", "one": 2, "two": 1, "moved": -1},
        {"site_id": "B", "one": 1, "two": 2, "moved": 1},
    ]
    assert (found["tau"], found["sites"], found["other"]) == (-1, 2, None)
    text = run("rank", *FEW, "--all", "--weights", "0,0,1")
    assert "0 of 100 pairs of the 2 sites stand in the same order (Kendall's tau-b -1.00;" in text
    assert "They differ most on Ash Hill: rank 1 by loss, 2 by weights." in text
    assert "**" not in text
    other = told("rank", *FEW, "--all")["agreement"]
    assert Weights.from_dict(other["other"]) == Weights()
    settings = RankSettings(False)
    by_hand = agreement(rank_sites(inventory, None, settings), rank_sites(inventory, Weights(), settings))
    assert other["tau"] == by_hand.tau


def test_criteria_that_say_the_same_are_named(told, run):
    chosen = ["rank", *FEW, "--all", "--weights", "national:rain=1,national:snow=1"]
    (pair,) = told(*chosen)["same"]
    assert pair == {"one": "national:rain", "other": "national:snow", "rho": pytest.approx(1)}
    assert "“rain” and “snow” order these sites nearly alike (Spearman 1.00)" in run(*chosen)
    assert told("rank", *FEW, "--weights", "national:water=1,pressure=1")["same"] == []


def test_criteria_that_cannot_tell_sites_apart_are_named(told, run):
    chosen = ["rank", *FEW, "--weights", "gap=1,star=1,pressure=1"]
    found = told(*chosen)
    assert found["unusable"] == {"star": "nowhere", "gap": "constant"}
    text = run(*chosen)
    assert "Uncovered part: The same at all sites listed here" in text
    assert "Threat-abatement STAR: Not known of any site listed here" in text
    alone = run("rank", *FEW, "--weights", "gap=1")
    assert "No criterion that has a weight can tell these sites apart." in alone
    assert "it has no weight now" not in alone


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ([], "400 draws of what is not sure"),
        (["--certain"], "Nothing is drawn"),
        (
            ["--weights", "1,1,1"],
            "400 weightings near yours (as close as the mean of 30 votes; seed 20191129)",
        ),
        (["--weights", "1,1,1", "--spread", "flat"], "400 weightings of any kind"),
        (["--weights", "1,1,1", "--spread", "ordinal"], "400 weightings that keep your order"),
        (["--weights", "1,1,1"], "the extinction scheme and the range of cover are drawn with them"),
        (["--first", 3], "among the first 3"),
        (["--category", "EW"], "Of the 1 listed sites none can be ranked"),
    ],
)
def test_the_table_says_what_was_drawn(chosen, words, run):
    assert words in run("rank", *FEW, *chosen).splitlines()[-1]


def test_with_certain_data_only_weights_are_drawn(run):
    text = run("rank", *FEW, "--weights", "1,1,1", "--certain")
    assert "drawn with them" not in text


def test_what_is_missing_leaves_its_cell_empty(run):
    text = run("rank", *FEW, "--all", "--top", 0)
    assert "Dune" in text
    assert {"<NA>", "nan", "NaN", "None"}.isdisjoint(text.split())


def test_without_a_filling_for_weights_the_default_order_still_stands(told, run):
    found = told("rank", *FEW, "--unknown", "impute", "--all")
    assert found["agreement"] is None
    assert [row["site_id"] for row in found["sites"]] == ["A", "B", "C", "D"]
    assert "tau-b" not in run("rank", *FEW, "--unknown", "impute", "--all")


# ---------------------------------------------------------------- one answer instead of the table


@pytest.mark.parametrize("weights", [None, Weights(40, 30, 30)])
def test_why_a_site_has_its_rank(weights, told, run, inventory):
    chosen = ["rank", "--all", *FEW, *(["--weights", "40,30,30"] if weights else [])]
    settings, drawn = RankSettings(False), Uncertainty(draws=400)
    ranked = rank_sites(inventory, weights, settings)
    spread = rank_spread(inventory, weights, settings, drawn)
    for site in inventory.sites.index:
        found = told(*chosen, "--why", site)
        assert list(found) == ["inventory", "settings", "weights", "uncertainty", "why"]
        expected = reasons(inventory, weights, settings, ranked, site, drawn, spread)
        assert [[each["kind"], each["fields"]] for each in found["why"]["reasons"]] == plain(
            [[each.kind, each.fields] for each in expected]
        )
        texts = [reason_sentence(each, weights, settings.assumptions).replace("**", "") for each in expected]
        assert [each["text"] for each in found["why"]["reasons"]] == texts
        lines = run(*chosen, "--why", site).splitlines()
        assert lines[2:] == [f"- {text}" for text in texts]


def test_the_title_says_where_a_site_stands(run):
    assert run("rank", "--all", *FEW, "--why", "A").splitlines()[1] == "Ash Hill (A): rank 1 of 3"
    title, reason = run("rank", "--all", *FEW, "--why", "D").splitlines()[1:]
    assert title == "Dune (D): no rank"
    assert "Extinct in the Wild" in reason


def test_why_a_site_is_not_listed(run):
    for option in ("--why", "--why-not", "--sure"):
        text = run("rank", *FEW, option, "C")
        assert "Cedar Île (C): no rank" in text
        assert "It is 50% covered (2016), and only uncovered sites are listed." in text


def test_why_a_site_is_not_among_the_first(told, run, inventory):
    settings = RankSettings(False)
    ranked = rank_sites(inventory, None, settings)
    found = told("rank", "--all", "--first", 1, "--why-not", "B")["why_not"]
    expected = why_not(inventory, None, settings, ranked, "B", 1)
    assert [each["kind"] for each in found["reasons"]] == [each.kind for each in expected]
    assert (found["rank"], found["of"]) == (2, 3)
    assert "The last of the first 1 is Ash Hill (rank 1)" in run(
        "rank", "--all", "--first", 1, "--why-not", "B"
    )
    assert "It has rank 2 of 3: all sites that have a rank are among the first 10." in run(
        "rank", "--all", "--why-not", "B"
    )


def test_how_often_a_site_has_each_rank(told, run, inventory):
    chosen = ["rank", "--all", "--weights", "1,1,1", "--spread", "flat", "--first", 1, *FEW]
    spread = rank_spread(
        inventory, Weights(1, 1, 1), RankSettings(False), Uncertainty(spread="flat", top=1, draws=400)
    )
    for site in "ABC":
        found = told(*chosen, "--sure", site)["sure"]
        assert (
            [row["rank"] for row in found["ranks"]] == [row["until"] for row in found["ranks"]] == [1, 2, 3]
        )
        shares = [row["share"] for row in found["ranks"]]
        assert shares == spread.matrix().loc[site].tolist()
        assert sum(shares) == pytest.approx(1)
        (sure,) = found["reasons"]
        assert sure["fields"]["share"] == shares[0]
    lines = run("rank", "--all", "--certain", *FEW, "--sure", "A").splitlines()
    # without draws of data or weights the first is first in all of them
    assert [line.split() for line in lines[3:5]] == [["rank", "share"], ["1", "1.0000"]]
    assert "Share of 400 draws by rank" in lines[5]
    assert told("rank", "--all", *FEW, "--sure", "D")["sure"]["ranks"] == []


def test_which_assumption_changes_the_first(told, run, inventory):
    chosen = ["rank", "--all", "--weights", "0,1,1", "--first", 1, "--assumptions"]
    found = told(*chosen)["assumptions"]
    moves = assumption_moves(inventory, Weights(0, 1, 1), RankSettings(False), 1)
    assert [{name: each for name, each in row.items() if name != "text"} for row in found] == records(moves)
    turned = next(row for row in found if (row["assumption"], row["to"]) == ("direction", "pressure"))
    # A and B both hold a CR species: B has more human influence, A less
    assert (turned["enter"], turned["leave"], turned["moved"]) == ("A", "B", 1)
    text = run(*chosen)
    assert "Most hangs on this: " in text
    assert "Human influence the other way round" in text
    assert "Ash Hill" in text
    assert "One at a time" in text
    steady = run("rank", "--all", "--first", 3, "--assumptions")
    assert "No single other assumption changes the first 3." in steady


def test_with_which_weights_a_site_comes_first(told, run, inventory):
    chosen = ["rank", "--all", "--weights", "1,1,1", "--spread", "flat", *FEW, "--central"]
    found = told(*chosen)["central"]
    drawn = Uncertainty(spread="flat", draws=400)
    table = site_confidence(inventory, Weights(1, 1, 1), RankSettings(False), drawn)
    table.insert(0, "name", inventory.sites["name"])
    assert found == records(table.rename_axis("site_id"))
    assert sum(row["first"] for row in found) == pytest.approx(1)
    for row in found:
        own = [each for name, each in row.items() if name not in ("site_id", "name", "first", "confidence")]
        assert sum(own) == pytest.approx(1)
    text = run(*chosen)
    assert found[0]["name"] in text
    assert "first: share of 400 draws" in text
    nobody = run("rank", "--category", "EW", "--weights", "1,1,1", "--central")
    assert "No site can be ranked, so none comes first." in nobody


# ---------------------------------------------------------------- the other commands


def test_the_plain_plan_takes_the_same_weights(told):
    chosen = ["solve", "--budget", 1, "--compare-weights", "pressure=1"]
    assert told(*chosen)["top_of_the_ranking"]["selected"] == ["B"]
    assert told(*chosen, "--reverse", "pressure")["top_of_the_ranking"]["selected"] == ["A"]
    found = told("solve", "--budget", 1, "--scheme", "ratio", "--ratio", 3)
    assert found["scenario"]["assumptions"] == asdict(Assumptions(scheme="ratio", ratio=3))


def test_the_exported_ranking_takes_the_same_choices(run, inventory, tmp_path):
    choices = ["--weights", "gap=2,extinction=1", "--scope", "MEX", "--unknown", "high", "--first", 1, *FEW]
    run("export", tmp_path, *choices)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "ranking.csv").read_text("utf-8-sig"), newline="")))
    chosen = json.loads(rows[0]["settings"])
    weights = Weights.of({"gap": 2, "extinction": 1})
    settings = RankSettings(False, scope=("MEX",), unknown="high")
    drawn = Uncertainty(top=1, draws=400)
    assert Weights.from_dict(chosen["weights"]) == weights
    assert RankSettings.from_dict(chosen["settings"]) == settings
    assert Uncertainty.from_dict(chosen["uncertainty"]) == drawn
    spread = rank_spread(inventory, weights, settings, drawn)
    shown = pd.DataFrame(rows).set_index("site_id")
    for site in spread.sites:
        assert float(shown.at[site, "p_top"]) == spread.p_top(1)[site]
        assert float(shown.at[site, "rank_high"]) == spread.interval().at[site, "high"]


# ---------------------------------------------------------------- slips


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--weights", "foo=1"], "“foo” is no weights here. Expected: irreplaceability, extinction"),
        (["--weights", "extinction=1,star=1"], "both hold the Red List category"),
        (["--weights", "gap=0"], "All weights are zero"),
        (["--weights", "gap=1,gap=2"], "each criterion once with its points"),
        (["--weights", "gap=1,2"], "each criterion once with its points"),
        (["--weights", "gap=much"], "each criterion once with its points"),
        (["--weights", "gap=nan"], "“gap” is nan; expected is a number from 0"),
        (["--scheme", "guess"], "invalid choice: 'guess'"),
        (["--unknown", "zero"], "invalid choice: 'zero'"),
        (["--why", "A", "--sure", "A"], "not allowed with argument --why"),
    ],
)
def test_the_usage_says_what_is_wrong(arguments, words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["rank", *arguments])
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--weights", "national:advice=1"], "“advice” is no national:… here. Expected: rain, snow, water."),
        (["--weights", "national:gold=1"], "“gold” is no national:… here."),
        (["--weights", "1,1,1", "--scope", "PER,MEX"], "“PER” is no scope here. Expected: FRA, MEX, USA."),
        (["--scope", "PER"], "“PER” is no scope here."),
        (
            ["--weights", "1,1,1", "--reverse", "extinction"],
            "“extinction” is no reverse here. Expected: pressure",
        ),
        (["--weights", "1,1,1", "--reverse", "national:rain"], "“national:rain” is no reverse here."),
        (["--reverse", "pressure"], "“--reverse” belongs to the weighted view"),
        (["--central"], "“--central” belongs to the weighted view"),
        (["--weights", "0,0,1", "--unknown", "impute", "--all"], "Nothing can be filled in: pressure"),
        (["--ratio", 11], "“ratio” is 11.0; expected is a number from 1 to 10."),
        (["--votes", 0], "“votes” is 0.0; expected is a number from 1 to 10,000."),
        (["--first", 0], "“first” is 0; expected is a number from 1 to 100,000."),
        (["--draws", 0], "“draws” is 0; expected is a number from 1 to 1,000,000."),
        (["--seed", -1], "“seed” is -1; expected is a number from 0"),
        (["--beyond", "Z"], "This inventory has no site Z."),
        (["--stopped", "A,Y,Z"], "This inventory has no site Y, Z."),
        (["--beyond", "A,B", "--stopped", "B"], "no boundary stops: B. Say one of the two."),
        (["--why", "Z"], "This inventory has no site Z."),
        (["--why-not", "Z"], "This inventory has no site Z."),
        (["--sure", "Z"], "This inventory has no site Z."),
    ],
)
def test_one_sentence_for_every_slip(arguments, words, small, capsys):
    assert main(["rank", *map(str, arguments), "--store", str(small)]) == 1
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert "Traceback" not in err

"""The pages and the command line give the same numbers for the same settings."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from aze_core.cli import main
from aze_core.domain.model import Assumptions, Filters, RankSettings, Weights
from aze_core.locale import interval, number, order_key
from aze_core.scenarios.problem import Scenario
from pages.shell import loads
from tests.pages import driver
from tests.pages.driver import fine, visit


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What the command line prints as JSON."""
    capsys.readouterr()
    assert main([*arguments, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def same(frame: pd.DataFrame, records: list[dict[str, Any]]) -> None:
    """Every cell of the frame stands in the records, numbers alike to the last bit."""
    table = frame.reset_index() if frame.index.name else frame
    plain = table.astype(object).where(table.notna(), None)
    assert len(records) == len(plain)
    for column in plain.columns:
        assert [row[column] for row in records] == plain[column].tolist(), column


@pytest.mark.parametrize("weighted", [False, True])
def test_ranking(capsys, shipped, weighted):
    arguments = ["rank", "--country", "MEX,PER", "--all", "--horizon", "30", "--effect", "0.25"]
    params = {"country": "MEX~PER", "all": "1", "horizon": "30", "effect": "0.25"}
    weights = None
    if weighted:
        arguments += ["--weights", "20,5,75"]
        params |= {"order": "weighted", "wi": "20", "we": "5", "wp": "75"}
        weights = Weights(20, 5, 75)
    printed = told(capsys, *arguments)
    settings = RankSettings(False, Filters(("MEX", "PER")), Assumptions(30, 0.25))
    assert printed["settings"] == json.loads(json.dumps(settings.to_dict()))
    assert printed["inventory"]["content_hash"] == shipped.version.content_hash
    same(loads.ranked(shipped, weights, settings), printed["sites"])

    at = fine(visit("priorities", **params))
    shown = driver.frame(at, "rank", "interval", "score")
    records = printed["sites"]
    assert list(shown.index) == [row["site_id"] for row in records]
    assert list(shown["name"]) == [row["name"] for row in records]
    scale = 100 if weighted else 1
    for rank, score, row in zip(shown["rank"], shown["score"], records, strict=True):
        assert (None if pd.isna(rank) else rank) == row["rank"]
        assert (None if pd.isna(score) else score) == (
            None if row["score"] is None else pytest.approx(row["score"] * scale, rel=1e-12)
        )


def test_how_sure_a_ranking_is(capsys):
    chosen = {"wi": "40", "we": "20", "wp": "30", "more": "neighbours:10", "turn": "pressure", "top": "5"}
    printed = told(
        capsys,
        "rank",
        *("--weights", "irreplaceability=40,extinction=20,pressure=30,neighbours=10"),
        *("--reverse", "pressure", "--first", "5", "--region", "asia"),
    )
    assert printed["uncertainty"]["draws"] == 10_000
    at = fine(visit("priorities", order="weighted", region="asia", **chosen))
    assert badge("10,000", printed) in badges(at)
    shown = driver.frame(at, "rank", "interval", "p_top")
    records = printed["sites"]
    assert list(shown.index) == [row["site_id"] for row in records]
    for site, row in zip(shown.index, records, strict=True):
        if row["rank"] is None:
            assert row["rank_low"] is row["rank_high"] is row["p_top"] is None
            continue
        assert shown.at[site, "rank"] == row["rank"]
        assert shown.at[site, "interval"] == interval(row["rank_low"], row["rank_high"])
        assert shown.at[site, "p_top"] == row["p_top"] * 100
    # neither all alike nor all certain: the draws moved something
    assert len({(row["rank_low"], row["rank_high"]) for row in records}) > 5


def badge(draws: str, printed: dict[str, Any]) -> str:
    """What the page calls so many draws of the seed that the command line used."""
    return f"{draws} draws, repeatable by number {printed['uncertainty']['seed']}"


def badges(at) -> str:
    """The page's Markdown, in which its badges stand."""
    return "\n".join(driver.markdown(at))


@pytest.mark.parametrize("unit", ["sites", "km2"])
def test_scenario(capsys, shipped, unit):
    budget = {"sites": 6, "km2": 5000}[unit]
    arguments = ["solve", "--unit", unit, "--budget", str(budget), "--region", "americas", "--horizon", "20"]
    arguments += ["--lock-in", "MEX57", "--lock-out", "HTI3", "--compare-weights", "0,0,1"]
    params = {"unit": unit, unit: str(budget), "region": "americas", "horizon": "20"}
    params |= {"in": "MEX57", "out": "HTI3", "order": "weighted", "wi": "0", "we": "0", "wp": "100"}
    printed = told(capsys, *arguments)
    scenario = Scenario(unit, budget, ("MEX57",), ("HTI3",), Filters((), ("americas",)), Assumptions(20))
    assert Scenario.from_dict(printed["scenario"]) == scenario
    weights = Weights(0, 0, 100)
    plans = loads.plans(shipped, scenario, weights)
    at = fine(visit("scenarios", **{f"{code}_": text for code, text in params.items()}))
    for plan, key, metric in zip(plans, ("exact", "top_of_the_ranking"), at.metric, strict=True):
        report = printed[key]
        assert report["selected"] == list(plan.selected)
        assert report["objective"] == plan.objective
        assert report["cost"] == plan.cost
        assert report["left_out"] == list(plan.left_out)
        board, last = loads.plan_board(shipped, scenario, plan.selected)
        same(board, report["scoreboard"])
        same(last, report["ledger"])
        assert metric.value == number(report["objective"], 2)
    assert set(driver.frame(at, "plans", "added").index) == {
        site for key in ("exact", "top_of_the_ranking") for site in printed[key]["selected"]
    }
    shown = driver.frame(at, "measure", "basis", "exact", "top")
    for column, key in (("exact", "exact"), ("top", "top_of_the_ranking")):
        for text, row in zip(shown[column], printed[key]["scoreboard"], strict=True):
            if row["unit"] in ("sites", "species"):
                assert text == number(row["after"])
    assert list(driver.frame(at, "scientific_name", "cover")["scientific_name"]) == [
        row["scientific_name"] for row in printed["exact"]["ledger"]
    ]


def test_counts(capsys):
    printed = told(capsys, "info")
    at = fine(visit("data"))
    shown = driver.frame(at, "vintage", "none", "sites").set_index("vintage")
    assert {str(year): int(row["none"]) for year, row in shown.iterrows()} == {
        year: row["none"] for year, row in printed["coverage"].items()
    }
    assert printed["coverage"]["2010"]["none"] == 276
    assert (printed["coverage"]["2016"]["none"], printed["coverage"]["2016"]["sites"]) == (156, 370)
    assert printed["counts"]["sites"] == 588
    mexico = fine(visit("overview", country="MEX"))
    assert printed["sites_by_country"]["MEX"] == sum(driver.metrics(mexico)[:3]) == 68


@pytest.mark.parametrize("vintage", [2010, 2016])
def test_countries(capsys, shipped, vintage):
    arguments = ["countries", "--region", "americas", "--category", "CR", "--vintage", str(vintage)]
    printed = told(capsys, *arguments)
    chosen = Filters((), ("americas",), (), ("CR",))
    same(loads.country_table(shipped, chosen, vintage), printed["countries"])
    assert printed["sites"] == len(shipped.where(chosen))
    at = fine(visit("countries", region="americas", category="CR", vintage=str(vintage)))
    shown = driver.frame(at, "label", "uncovered")
    names = shipped.countries["name_en"]
    records = sorted(printed["countries"], key=lambda row: order_key(names[row["iso3"]]))
    assert list(shown["label"]) == [names[row["iso3"]] for row in records]
    for column in ("sites", "species", "none", "partial", "complete", "unknown"):
        assert list(shown[column]) == [row[column] for row in records], column
    for share, row in zip(shown["mean_share"], records, strict=True):
        assert (None if pd.isna(share) else share) == row["mean_share"]


def test_trend_of_reported_vintages(capsys, shipped):
    printed = told(capsys, "trend", "--group", "region:asia", "--class", "Aves")
    assert printed["curve"] == printed["growth"] == []
    assert printed["pace"] is None
    at = fine(visit("trend", group="region:asia", class_="Aves"))
    shown = driver.frame(at, "vintage", "mean_share", "method")
    assert list(shown["mean_share"]) == [row["mean_share"] for row in printed["vintages"]]
    assert list(shown["sites"]) == [row["sites"] for row in printed["vintages"]]
    assert [row["basis"] for row in printed["vintages"]] == ["reported", "reported"]


def test_countries_and_trend_of_a_computed_version(capsys, covered):
    printed = told(capsys, "countries", "--inventory", covered)
    assert (printed["vintage"], printed["basis"]) == (2026, "computed")
    at = fine(visit("countries", data=covered))
    shown = driver.frame(at, "label", "uncovered")
    assert list(shown["none"]) == [row["none"] for row in printed["countries"]]
    for group in ("all", "country:PER"):
        printed = told(capsys, "trend", "--inventory", covered, "--group", group)
        at = fine(visit("trend", data=covered, group=group, measure="complete"))
        shown = driver.frame(at, "year", "low", "value", "high")
        for column, name in (("low", "complete_low"), ("value", "complete"), ("high", "complete_high")):
            assert list(shown[column]) == [row[name] for row in printed["curve"]], column
        periods = driver.frame(at, "protected_km2", "in_sites_km2")
        assert list(periods["in_sites_km2"]) == [row["in_sites_km2"] for row in printed["growth"]]
        assert printed["growth_of"] == group.rpartition(":")[2]


def plain(text: str) -> str:
    """Markdown without the strokes that keep signs from being markup."""
    return text.replace("\\", "")


def test_what_cannot_be_had_is_told_in_the_same_words(capsys):
    arguments = ["--budget", "2", "--lock-in", "MEX55,MEX57", "--lock-out", "HTI3"]
    arguments += ["--floor", "country:PER:999", "--ceiling", "country:MEX:1", "--floor", "class:Aves:900"]
    capsys.readouterr()
    assert main(["solve", *arguments, "--format", "json"]) == 1
    printed = json.loads(capsys.readouterr().out)["conflicts"]
    at = fine(
        visit(
            "scenarios",
            sites="2",
            in_="MEX55~MEX57",
            out="HTI3",
            floor="country:PER:999~class:Aves:900",
            ceiling="country:MEX:1",
        )
    )
    assert {one["code"] for one in printed} >= {"ceiling_below_locks", "floor_too_high"}
    assert [plain(item.value) for item in at.warning] == [one["what"] for one in printed]
    changes = [plain(text).removeprefix("→ ") for text in driver.markdown(at) if text.startswith("→ ")]
    assert changes == [one["change"] for one in printed]
    told_words = " ".join(one["what"] + one["change"] for one in printed)
    for name, code in (("Mexico", "MEX "), ("Peru", "PER "), ("Birds", "Aves")):
        assert name in told_words
        assert code not in told_words

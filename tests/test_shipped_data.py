"""The facts and boundaries that ship with the planner: counts as published, files that keep their word."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
from PIL import Image

from aze_core.sources.facts import read_facts

ROOT = Path(__file__).resolve().parents[1]
DATA, STATIC = ROOT / "data", ROOT / "static"
TABLES = sorted(DATA.glob("*.csv"))
HALF_POINT = 1e-9  # float dust of a difference between two shares


@pytest.fixture(scope="module")
def facts() -> dict[str, pd.DataFrame]:
    return {
        path.stem: pd.read_csv(
            path, dtype={"kba_id": str, "iso_numeric": str}, keep_default_na=False, na_values=[""]
        )
        for path in TABLES
    }


@pytest.fixture(scope="module")
def shares(facts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Share by site and vintage."""
    return facts["coverage"].pivot_table(index="site_id", columns="vintage", values="share")


@pytest.fixture(scope="module")
def land() -> dict[str, Any]:
    return json.loads((STATIC / "land-50m.geojson").read_text(encoding="utf-8"))


def test_all_tables_pass_the_registry_of_columns() -> None:
    assert len(read_facts(DATA)["sites"]) == 588


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("inventory", 1),
        ("sites", 588),
        ("species", 919),
        ("occurrences", 920),
        ("coverage", 588 + 370),
        ("figures", 19),
    ],
)
def test_row_counts(facts: dict[str, pd.DataFrame], table: str, rows: int) -> None:
    assert len(facts[table]) == rows


def test_species_by_category(facts: dict[str, pd.DataFrame]) -> None:
    species = facts["species"]
    assert species["category"].value_counts().to_dict() == {"CR": 523, "EN": 382, "EW": 3, "DD": 1}
    assert species["category"].isna().sum() == 10
    assert (species["category"].isna() == species["category_source"].isna()).all()


def test_species_ids_are_slugs_of_the_scientific_name(facts: dict[str, pd.DataFrame]) -> None:
    species = facts["species"]
    assert (
        species["species_id"].tolist()
        == species["scientific_name"].str.lower().str.replace(" ", "-").tolist()
    )
    assert species["species_id"].is_unique


def test_occurrences_join_every_site_and_species(facts: dict[str, pd.DataFrame]) -> None:
    occurrences = facts["occurrences"]
    assert set(occurrences["site_id"]) == set(facts["sites"]["site_id"])
    assert set(occurrences["species_id"]) == set(facts["species"]["species_id"])
    assert (occurrences["share"] == 1).all()


def test_the_whooping_crane_needs_both_its_sites(facts: dict[str, pd.DataFrame]) -> None:
    occurrences = facts["occurrences"]
    staged = occurrences[occurrences["life_stage"].notna()]
    assert staged.set_index("site_id")["life_stage"].to_dict() == {"CAN2": "breeding", "USA3": "wintering"}
    assert set(staged["species_id"]) == {"grus-americana"}
    assert occurrences["species_id"].value_counts().drop("grus-americana").max() == 1


def test_what_is_known_of_sites(facts: dict[str, pd.DataFrame], shares: pd.DataFrame) -> None:
    sites = facts["sites"].set_index("site_id")
    known = sites.notna().sum()
    assert (known["latitude"], known["longitude"]) == (586, 586)
    assert known["area_km2"] == 370
    assert known["human_influence"] == 362
    assert known["realm"] == 0
    assert shares.notna().sum().to_dict() == {2010: 588, 2016: 370}
    assert sites["area_km2"].notna().equals(shares[2016].notna())
    assert (sites["area_km2"].notna() == (sites["attribute_source"] == "kullberg2019")).all()
    assert (sites["location_note"].notna() == sites["latitude"].isna()).all()


def test_mexico_holds_68_sites(facts: dict[str, pd.DataFrame]) -> None:
    codes = Counter(code for cell in facts["sites"]["iso3"] for code in cell.split(";"))
    assert codes["MEX"] == 68
    assert codes.most_common(1) == [("MEX", 68)]


def test_sites_with_at_most_two_per_cent(shares: pd.DataFrame) -> None:
    assert (shares[2010] <= 0.02).sum() == 276
    assert (shares[2016] <= 0.02).sum() == 156
    newest = shares[2016].fillna(shares[2010])
    assert (newest <= 0.02).sum() == 231


def test_the_two_vintages_disagree_as_published(shares: pd.DataFrame) -> None:
    both = shares.dropna()
    none_2010, none_2016 = both[2010] <= 0.02, both[2016] <= 0.02
    assert (none_2010 & ~none_2016).sum() == 66
    assert (~none_2010 & none_2016).sum() == 21
    assert ((both[2010] - both[2016]) > 0.05 + HALF_POINT).sum() == 50
    assert ((both[2010] == 1) & (both[2016] == 0)).sum() == 5


def test_published_figures_keep_their_words(facts: dict[str, pd.DataFrame]) -> None:
    figures = facts["figures"].set_index(["year", "area", "measure"])["value"]
    assert figures[(2018, "global", "aze_sites")] == 853
    assert figures[(2018, "global", "trigger_species")] == 1483
    assert figures[(2018, "global", "share_unprotected")] == 0.43
    # 2005: 305 of 595 sites neither fully nor partly in protected areas make 51 %.
    fully, partly = (
        figures[(2005, "global", f"sites_{how}_in_protected_area")] for how in ("fully", "partly")
    )
    assert 595 - fully - partly == 305


def test_every_source_is_listed_with_its_terms(facts: dict[str, pd.DataFrame]) -> None:
    sources = facts["sources"].set_index("source_id")
    columns = [
        frame[column]
        for frame in facts.values()
        for column in frame
        if re.fullmatch(r"(\w+_)?source", str(column))
    ]
    used = set(pd.concat(columns).dropna())
    assert {"aze2010", "redlist2012_1", "kullberg2019", "hdx_country"} <= used
    assert used <= set(sources.index)
    assert sources[["citation", "title_short", "terms"]].notna().all(axis=None)


def test_the_notice_travels_with_the_inventory(facts: dict[str, pd.DataFrame]) -> None:
    row = facts["inventory"].iloc[0]
    assert row["status"] == "historical_baseline"
    assert row["notice"] in (DATA / "NOTICE.md").read_text(encoding="utf-8")


def test_countries(facts: dict[str, pd.DataFrame]) -> None:
    countries = facts["countries"].set_index("iso3")
    assert len(countries) == 249
    assert countries["iso_numeric"].str.fullmatch(r"\d{3}").all()
    assert countries.index.is_unique
    assert countries["iso_numeric"].is_unique
    translated = countries.drop("TWN")[[f"name_{code}" for code in ("fr", "es", "ar", "ru", "zh")]]
    assert translated.notna().all(axis=None)
    assert set(countries["income_level"].dropna()) == {"Low", "Lower middle", "Upper middle", "High"}
    assert countries.index[countries["un_region"].isna()].tolist() == ["ATA"]


def test_every_site_country_that_is_drawn_has_land_area(
    facts: dict[str, pd.DataFrame], land: dict[str, Any]
) -> None:
    countries = facts["countries"].set_index("iso3")
    at_sites = {code for cell in facts["sites"]["iso3"] for code in cell.split(";")}
    drawn = {feature["properties"]["iso3"] for feature in land["features"]}
    assert at_sites <= set(countries.index)
    assert at_sites - drawn == {"CXR", "GLP", "REU"}  # Natural Earth draws these within others
    assert set(countries.index[countries["land_area_km2"].notna()]) == drawn - {""}
    assert (countries["land_area_km2"].dropna() > 0).all()


def test_land_area_agrees_with_gdal(facts: dict[str, pd.DataFrame]) -> None:
    """GDAL reads the same TopoJSON on its own; what crosses ±180° or rounds the pole it gets wrong."""
    drawn = pyogrio.read_dataframe(STATIC / "world-50m.json", layer="countries")
    drawn = drawn[drawn["iso3"].fillna("") != ""].set_crs("EPSG:4326", allow_override=True)
    drawn["geometry"] = drawn.geometry.make_valid()
    by_gdal = (drawn.to_crs("EPSG:6933").area / 1e6).groupby(drawn["iso3"]).sum()
    ours = facts["countries"].set_index("iso3")["land_area_km2"].dropna()
    wrapped = ["ATA", "FJI", "RUS"]
    assert set(by_gdal.index) == set(ours.index)
    np.testing.assert_allclose(ours.drop(wrapped), by_gdal[ours.index].drop(wrapped), rtol=2e-3, atol=0.1)
    assert 16.5e6 < ours["RUS"] < 17.2e6
    assert 17e3 < ours["FJI"] < 19e3
    assert 12e6 < ours["ATA"] < 14e6


def rings(land: dict[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    for feature in land["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            for ring in polygon:
                yield feature["properties"]["name"], np.array(ring)


def test_no_bar_crosses_the_map(land: dict[str, Any]) -> None:
    names = set()
    for name, ring in rings(land):
        names.add(name)
        assert np.abs(np.diff(ring[:, 0])).max() <= 180, name
        assert np.ptp(ring[:, 0]) <= 180 or name in {"Antarctica", "Russia"}, name
        assert np.abs(ring[:, 0]).max() <= 180, name
        assert np.abs(ring[:, 1]).max() <= 85.05, name
        assert (ring[0] == ring[-1]).all(), name
    assert {"Russia", "Fiji", "Antarctica", "United States of America", "New Zealand", "Kiribati"} <= names
    assert len(names) == len(land["features"]) == 241


def test_land_is_as_large_after_cutting(facts: dict[str, pd.DataFrame]) -> None:
    drawn = pyogrio.read_dataframe(STATIC / "land-50m.geojson")
    assert drawn.geometry.is_valid.all()
    area = (drawn.to_crs("EPSG:6933").area / 1e6).groupby(drawn["iso3"]).sum()
    ours = facts["countries"].set_index("iso3")["land_area_km2"].dropna()
    large = ours.index[(ours > 10_000) & (ours.index != "ATA")]  # Antarctica ends at 85.05° there
    np.testing.assert_allclose(area[large], ours[large], rtol=0.01)


def test_boundaries_keep_names_and_never_invent_codes(
    facts: dict[str, pd.DataFrame], land: dict[str, Any]
) -> None:
    topology = json.loads((STATIC / "world-50m.json").read_text(encoding="utf-8"))
    items = topology["objects"]["countries"]["geometries"]
    numeric = facts["countries"].set_index("iso_numeric")["iso3"]
    for item in items:
        assert item["properties"]["iso3"] == (numeric[item["id"]] if "id" in item else "")
    without = {item["properties"]["name"] for item in items if not item["properties"]["iso3"]}
    assert without == {"Somaliland", "Kosovo", "N. Cyprus", "Indian Ocean Ter.", "Siachen Glacier"}
    assert [item["properties"] for item in items] == [
        {"name": f["properties"]["name"], "iso3": f["properties"]["iso3"]} for f in land["features"]
    ]


def natural_earth() -> Any:
    spec = importlib.util.spec_from_file_location("natural_earth", DATA / "scripts" / "natural_earth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def topology(*arcs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """One country of one polygon, one ring per arc, in whole degrees."""
    steps = [[arc[0], *((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(arc))] for arc in arcs]
    country = {"type": "Polygon", "properties": {"name": "X"}, "arcs": [[i] for i in range(len(arcs))]}
    return {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": steps,
        "objects": {"countries": {"geometries": [country]}},
    }


def test_a_square_across_the_antimeridian_is_cut_in_two() -> None:
    square = [(178, 0), (-178, 0), (-178, 4), (178, 4), (178, 0)]
    [(code, name, shape)] = natural_earth().countries(topology(square))
    assert (code, name) == ("", "X")
    assert sorted(part.bounds for part in shape.geoms) == [(-180, 0, -178, 4), (178, 0, 180, 4)]
    assert shape.area == 4 * 4


def test_a_hole_follows_its_shell_across_the_antimeridian() -> None:
    shell = [(170, 0), (-170, 0), (-170, 10), (170, 10), (170, 0)]
    hole = [(-176, 4), (-176, 6), (-174, 6), (-174, 4), (-176, 4)]
    [(_, _, shape)] = natural_earth().countries(topology(shell, hole))
    assert shape.area == 20 * 10 - 2 * 2


def test_a_coast_round_the_pole_is_closed_through_it() -> None:
    coast = [(lon, -80) for lon in (0, 90, 180, -90, 0)]
    [(_, _, shape)] = natural_earth().countries(topology(coast))
    assert shape.bounds == (-180, -90, 180, -80)
    assert shape.area == 360 * 10


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_tables_are_plain_sorted_csv(path: Path) -> None:
    raw = path.read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"\n")
    text = raw.decode("utf-8")
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert {len(row) for row in rows} == {len(header)}
    assert all(cell == cell.strip() and cell not in {"NA", "nan", "None"} for row in rows for cell in row)
    again = io.StringIO(newline="")
    csv.writer(again, lineterminator="\n").writerows([header, *rows])
    assert again.getvalue() == text  # quoted only where RFC 4180 asks for it
    width = {"occurrences": 2, "coverage": 2, "figures": 3}.get(path.stem, 1)
    keys = [row[:width] for row in rows]
    assert keys == sorted(keys)
    assert len(keys) == len(set(map(tuple, keys)))


def files(folder: Path) -> list[Path]:
    """All files but the caches of tools."""
    inside = ((path, path.relative_to(folder).parts) for path in folder.rglob("*") if path.is_file())
    return [path for path, parts in inside if not any(p.startswith((".", "__pycache__")) for p in parts)]


def test_every_file_is_named_where_its_terms_stand() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    notice = (STATIC / "NOTICE.md").read_text(encoding="utf-8")
    for folder, text, itself in ((DATA, readme, "README.md"), (STATIC, notice, "NOTICE.md")):
        names = [path.relative_to(folder).as_posix() for path in files(folder)]
        assert names
        assert [name for name in names if name != itself and f"`{name}`" not in text] == []


def test_texts_are_utf8_with_unix_line_ends() -> None:
    for path in [*files(DATA), *files(STATIC), ROOT / "LICENSE"]:
        if path.suffix in {".csv", ".md", ".py", ".json", ".geojson", ".css", ""}:
            assert "\r" not in path.read_bytes().decode("utf-8"), path


def test_sizes_and_icon() -> None:
    assert (STATIC / "land-50m.geojson").stat().st_size <= 1_600_000
    assert (STATIC / "world-50m.json").stat().st_size <= 800_000
    with Image.open(STATIC / "favicon.png") as icon:
        assert icon.size == (64, 64)


def test_the_licence_of_the_code_points_to_the_notice_of_the_data() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("MIT License\n\nCopyright (c) 2026 The AZE planner contributors\n")
    assert "data/NOTICE.md" in licence

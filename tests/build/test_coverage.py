"""From downloads of protected areas to computed cover in a new version."""

import datetime as dt
import json
import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from aze_core.build.corrected import accept
from aze_core.build.coverage import chosen_files, cover, files_of
from aze_core.build.intake import import_files
from aze_core.build.plan import ImportPlan, Input
from aze_core.domain.corrections import Correction
from aze_core.domain.errors import DataError, SettingError, StoreError
from aze_core.domain.model import CoverageSettings
from aze_core.measures.coverage import clean_protected_areas, coverage_by_year, protection_class
from aze_core.measures.geometry import EARTH_RADIUS_KM
from aze_core.measures.reported import COMPUTED
from aze_core.measures.uncorrected import uncorrected
from aze_core.store import folder, protected_areas
from aze_core.store.corrections import proposals, propose
from aze_core.store.inventory import frames_of, load

TRAINING = Path(__file__).parents[2] / "data" / "training"
TODAY = dt.date(2026, 11, 1)
FEW = CoverageSettings(draws=20)


def sites_file(path: Path, **shapes: object) -> Path:
    """A KBA layer of squares in degrees, all in Mexico."""
    frame = gpd.GeoDataFrame(
        {
            "SitRecID": [float(number) for number in range(1, len(shapes) + 1)],
            "IntName": list(shapes),
            "ISO3": "MEX",
            "AzeStatus": "confirmed",
        },
        geometry=list(shapes.values()),
        crs="EPSG:4326",
    )
    frame.to_file(path)
    return path


def areas_file(path: Path, *rows: dict[str, object], crs: str = "EPSG:4326") -> Path:
    """A layer of protected areas in the new schema."""
    plain = {
        "SITE_TYPE": "PA",
        "NAME_ENG": "Park",
        "NAME": "Parque",
        "ISO3": "MEX",
        "STATUS": "Designated",
        "STATUS_YR": 1990,
        "DESIG_ENG": "National Park",
        "REP_AREA": 1.0,
    }
    made = [{"SITE_PID": str(number), **plain, **row} for number, row in enumerate(rows, start=1)]
    gpd.GeoDataFrame(made, geometry="geometry", crs=crs).to_file(path)
    return path


def box(x0: float, y0: float, x1: float, y1: float) -> object:
    return shapely.box(x0, y0, x1, y1)


def brought(store: Path, *files: tuple[Path, str], base: str = "", **more: object):
    """What an import makes of files, its tables and its findings."""
    inputs = tuple(Input(str(path), kind) for path, kind in files)
    about = {} if base else {"name": "Squares", "as_of": "2026"}
    result = import_files(ImportPlan(inputs, base=base, **about), store, today=TODAY, cover=FEW, **more)
    return result, frames_of(result.path)


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """The made-up files, brought."""
    store = tmp_path_factory.mktemp("training")
    files = (
        ("KBAsGlobal_2026_March_01_training.zip", "sites"),
        ("training_trigger_species.xlsx", "trigger_species"),
        ("training_red_list.zip", "red_list"),
        ("WDPA_training.zip", "protected_areas"),
    )
    inputs = tuple(
        Input(str(TRAINING / name), kind, sheet="Trigger species" if name.endswith("xlsx") else "")
        for name, kind in files
    )
    result = import_files(ImportPlan(inputs, "Training", as_of="2026-03"), store, today=TODAY)
    return result, frames_of(result.path), store


def test_the_training_files_give_what_their_readme_says(training):
    result, frames, _ = training
    sites = frames["sites"].set_index("site_id")
    share = frames["protection_range"].set_index("site_id")["share"]
    aze = sites.index[(sites["list_type"] == "global_aze") & sites.index.isin(share.index)]
    kinds = protection_class(share.loc[aze]).value_counts().to_dict()
    assert kinds == {"none": 20, "partial": 20, "complete": 20}
    assert result.version.status == "training"
    run = frames["coverage_runs"].iloc[0]
    assert (run["areas"], run["proposed"], run["areas_as_of"], run["until"]) == (165, 5, "2026-03", 2026)
    assert run["growth_basis"] == "union"
    row = result.inputs.set_index("kind").loc["protected_areas"]
    assert (row["read"], row["set_aside"]) == (200, 5 + 1 + 6)


def test_the_same_numbers_by_the_public_functions(training):
    """The made-up download, read with geopandas alone, gives the shares that stand in the version."""
    _, frames, _ = training
    import zipfile

    parts = []
    with zipfile.ZipFile(TRAINING / "WDPA_training.zip") as outer:
        for inner in outer.namelist():
            raw = outer.read(inner)
            with zipfile.ZipFile(__import__("io").BytesIO(raw)) as packed:
                names = [name for name in packed.namelist() if name.endswith("polygons.shp")]
            for name in names:
                with __import__("tempfile").TemporaryDirectory() as place:
                    (Path(place) / "a.zip").write_bytes(raw)
                    parts.append(gpd.read_file(f"zip://{place}/a.zip!{name}"))
    areas, _ = clean_protected_areas(gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs))
    table = frames["sites"].set_index("site_id")
    sites = gpd.GeoDataFrame(table[["iso3"]], geometry=table["geometry"].to_numpy(), crs="EPSG:4326")
    by_year = coverage_by_year(sites, areas)
    expected = by_year.groupby("site_id")["added_share"].sum()
    found = frames["protection_range"].set_index("site_id")["share"]
    assert (found - expected.reindex(found.index).fillna(0)).abs().max() < 1e-9
    assert len(found) == len(table) - 3  # three have a point only


def test_shares_are_one_vintage_and_unknown_stays_unknown(training):
    _, frames, _ = training
    cover_rows = frames["coverage"]
    assert set(cover_rows["method"]) == {COMPUTED}
    assert set(cover_rows["vintage"]) == {2026}
    bare = frames["sites"].loc[frames["sites"]["geometry"].map(shapely.get_dimensions) != 2, "site_id"]
    assert len(bare) == 3
    assert not set(bare) & set(cover_rows["site_id"])


def test_parts_add_up_to_the_headline_and_the_range_holds(training):
    _, frames, _ = training
    ranges = frames["protection_range"].set_index("site_id")
    sums = frames["protection_parts"].groupby("site_id")["share"].sum().reindex(ranges.index).fillna(0)
    assert (sums - ranges["share"]).abs().max() < 1e-9
    assert (ranges["share"] <= ranges["share_high"]).all()
    assert (ranges["share_high"] <= 1).all()
    assert (ranges["share_undated"] <= ranges["share"] + 1e-9).all()
    assert (ranges["share"] + ranges["share_proposed"] <= 1 + 1e-9).all()
    assert ranges["share_points"].gt(0).any()
    assert ranges["share_proposed"].gt(0).any()


def test_trend_ends_where_the_range_stands(training):
    _, frames, _ = training
    trend = frames["protection_trend"]
    last = trend[(trend["year"] == 2026) & (trend["list_type"] == "global_aze")].set_index(
        ["group_kind", "group_code"]
    )
    sites = frames["sites"].set_index("site_id")
    share = frames["protection_range"].set_index("site_id")["share"]
    aze = share[sites.loc[share.index, "list_type"] == "global_aze"]
    assert last.loc[("all", "all"), "mean"] == pytest.approx(aze.mean(), abs=2e-4)
    assert last.loc[("all", "all"), "none"] == pytest.approx(20 / 60)
    assert last.loc[("all", "all"), "complete"] == pytest.approx(20 / 60)
    for country in ("XAA", "XAB", "XAC"):
        held = [country in codes.split(";") for codes in sites.loc[aze.index, "iso3"]]
        assert last.loc[("country", country), "sites"] == sum(held)


def test_growth_in_sites_never_exceeds_all_growth(training):
    _, frames, _ = training
    rows = frames["protection_growth"]
    assert set(rows["iso3"]) == {"all", "XAA", "XAB", "XAC"}
    assert (rows["in_sites_km2"] <= rows["protected_km2"] + 1e-6).all()
    assert rows["in_sites_km2"].sum() > 0


# ---------------------------------------------------------------- squares


@pytest.fixture
def squares(tmp_path):
    """Two sites of one degree at the equator, and the files to cover them."""
    return sites_file(tmp_path / "kba.gpkg", A=box(0, 0, 1, 1), B=box(5, 0, 6, 1)), tmp_path


def shares(frames) -> dict[str, float]:
    table = frames["protection_range"].set_index("site_id")["share"]
    return {site: round(share, 6) for site, share in table.items()}


def test_an_oecm_file_stands_beside_the_protected_areas(squares, tmp_path):
    sites, place = squares
    pas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    oecms = areas_file(place / "WDOECM_Apr2026.gpkg", {"geometry": box(0.4, 0, 0.7, 1), "SITE_TYPE": "OECM"})
    store = tmp_path / "store"
    one, frames = brought(store, (sites, "sites"), (pas, "protected_areas"))
    assert shares(frames) == {"1": 0.5, "2": 0}
    _two, frames = brought(store, (oecms, "protected_areas"), base=one.version.content_hash)
    assert shares(frames) == {"1": pytest.approx(0.7), "2": 0}
    assert frames["protection_range"]["share_oecm"].tolist() == [pytest.approx(0.2), 0]
    assert frames["coverage_runs"]["areas_as_of"].tolist() == ["2026-04"]
    assert len(files_of(frames["coverage_runs"])) == 2


def test_next_years_download_takes_the_place_of_this_years(squares, tmp_path):
    sites, place = squares
    old = areas_file(place / "WDPA_Mar2025.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    new = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.25, 1)})
    store = tmp_path / "store"
    one, frames = brought(store, (sites, "sites"), (old, "protected_areas"))
    assert set(frames["coverage"]["vintage"]) == {2025}
    _, frames = brought(store, (new, "protected_areas"), base=one.version.content_hash)
    # what was taken back is no longer counted, and the older measurement stays as one of its own
    assert shares(frames) == {"1": 0.25, "2": 0}
    rows = frames["coverage"].set_index(["site_id", "vintage"])["share"].round(6).to_dict()
    assert rows == {("1", 2025): 0.5, ("2", 2025): 0, ("1", 2026): 0.25, ("2", 2026): 0}


def test_another_countrys_download_stands_beside(squares, tmp_path):
    sites, place = squares
    mexico = areas_file(place / "WDPA_Mar2026_MEX.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    peru = areas_file(place / "WDPA_Mar2026_PER.gpkg", {"geometry": box(40, 0, 41, 1), "ISO3": "PER"})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (mexico, "protected_areas"))
    _, frames = brought(store, (peru, "protected_areas"), base=one.version.content_hash)
    assert shares(frames) == {"1": 0.5, "2": 0}
    assert frames["coverage_runs"]["areas"].tolist() == [2]


def test_two_downloads_at_once(squares, tmp_path):
    sites, place = squares
    one = areas_file(place / "WDPA_Mar2026_a.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    two = areas_file(place / "WDPA_Mar2026_b.gpkg", {"geometry": box(0.25, 0, 1, 1), "STATUS_YR": 0})
    _, frames = brought(
        tmp_path / "store", (sites, "sites"), (one, "protected_areas"), (two, "protected_areas")
    )
    assert shares(frames) == {"1": 1, "2": 0}
    assert frames["protection_range"]["share_undated"].round(6).tolist() == [0.5, 0]


def test_points_unknown_and_proposed_areas_make_a_range(squares, tmp_path):
    sites, place = squares
    km2 = 1000.0
    areas = areas_file(
        place / "WDPA_Mar2026.gpkg",
        {"geometry": box(0, 0, 0.2, 1)},
        {"geometry": box(0.2, 0, 0.3, 1), "STATUS": "Under review"},
        {"geometry": box(0.8, 0, 1, 1), "STATUS": "Proposed"},
        {"geometry": shapely.Point(5.5, 0.5), "REP_AREA": km2},
    )
    _, frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    ranges = frames["protection_range"].set_index("site_id").round(6)
    assert ranges.loc["1", ["share", "share_high", "share_unknown", "share_proposed"]].tolist() == [
        0.2,
        0.3,
        0.1,
        0.2,
    ]
    size = frames["sites"].set_index("site_id").loc["2", "measured_km2"]
    assert ranges.loc["2", "share"] == 0
    assert ranges.loc["2", "share_points"] == pytest.approx(km2 / size, rel=1e-3)
    run = frames["coverage_runs"].iloc[0]
    assert (run["areas"], run["points"], run["unknown"], run["proposed"]) == (1, 1, 1, 1)
    told = frames["protection_areas"]
    assert set(zip(told["tier"], told["basis"], strict=True)) == {
        ("counted", "polygon"),
        ("unknown", "polygon"),
        ("proposed", "polygon"),
        ("counted", "point"),
    }
    assert told["name"].tolist()[0] == "Park"


def test_areas_of_another_country_are_told(squares, tmp_path):
    sites, place = squares
    areas = areas_file(
        place / "a_Mar2026.gpkg",
        {"geometry": box(0, 0, 0.2, 1), "ISO3": "GTM"},
        {"geometry": box(0, 0, 0.1, 1)},
    )
    _, frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    assert shares(frames)["1"] == 0.1
    assert frames["coverage_runs"]["other_country"].tolist() == [1]


def test_how_far_the_nearest_area_in_force_lies_is_kept(tmp_path):
    degree = EARTH_RADIUS_KM * math.pi / 180
    sites = sites_file(
        tmp_path / "kba.gpkg", A=box(0, 0, 1, 1), B=box(0, 5, 1, 6), C=box(20, 0, 21, 1), D=box(40, 0, 41, 1)
    )
    one = areas_file(
        tmp_path / "WDPA_Mar2026_a.gpkg",
        {"geometry": box(0, 0, 1, 0.5)},  # covers half of A, and ends 4.5 degrees south of B
        {"geometry": box(20, 0.5, 21, 2), "ISO3": "GTM"},  # lies over C without covering it
        {"geometry": box(40, 1.1, 41, 1.2), "STATUS": "Proposed"},
        {"geometry": box(40, 1.2, 41, 1.3), "STATUS": "Under review"},
        {"geometry": shapely.Point(40.5, 1.5), "REP_AREA": 1.0},
    )
    # what is in force 2 degrees north of D came with another file, and is another country's
    two = areas_file(tmp_path / "WDPA_Mar2026_b.gpkg", {"geometry": box(40, 3, 41, 4), "ISO3": "PER"})
    _, frames = brought(
        tmp_path / "store", (sites, "sites"), (one, "protected_areas"), (two, "protected_areas")
    )
    found = frames["protection_range"].set_index("site_id")["nearest_area_km"].to_dict()
    assert (found["1"], found["3"]) == (0, 0)
    assert found["2"] == pytest.approx(4.5 * degree, rel=0.005)
    assert found["4"] == pytest.approx(2 * degree, rel=0.005)
    assert frames["protection_range"]["share"].gt(0).tolist() == [True, False, False, False]


def test_without_an_area_in_force_no_distance_is_known(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 1, 1), "STATUS": "Proposed"})
    _, frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    assert frames["protection_range"]["nearest_area_km"].isna().all()


def rules(result) -> set[str]:
    return set(result.findings["rule"])


def test_the_same_run_is_taken_over(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1), "STATUS_YR": 0})
    store = tmp_path / "store"
    one, frames = brought(store, (sites, "sites"), (areas, "protected_areas"))
    assert "coverage_reused" not in rules(one)
    inputs = tuple(Input(str(path), kind) for path, kind in ((sites, "sites"), (areas, "protected_areas")))
    plan = ImportPlan(inputs, "Other name", as_of="2025")
    again = import_files(plan, store, today=TODAY, cover=FEW)
    assert "coverage_reused" in rules(again)
    assert again.version.content_hash != one.version.content_hash
    pd.testing.assert_frame_equal(
        frames_of(again.path)["protection_trend"], frames["protection_trend"], check_exact=True
    )
    # other settings are another run
    other = import_files(plan, store, today=TODAY, cover=CoverageSettings(draws=21))
    assert "coverage_reused" not in rules(other)


def test_new_boundaries_make_the_run_anew(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (areas, "protected_areas"))
    smaller = sites_file(place / "new.gpkg", A=box(0, 0, 0.5, 1), B=box(5, 0, 6, 1))
    two, frames = brought(store, (smaller, "sites"), base=one.version.content_hash)
    assert shares(frames) == {"1": 1, "2": 0}
    # and where the areas are gone what they gave is taken out, not kept in silence
    digest = files_of(frames["coverage_runs"])[0].sha256
    folder.protected_areas_path(store, digest).unlink()
    three, frames = brought(store, (sites, "sites"), base=two.version.content_hash)
    assert "coverage_dropped" in rules(three)
    assert frames["coverage_runs"].empty
    assert frames["coverage"].empty
    assert frames["protection_trend"].empty


def test_other_tables_leave_the_run_as_it_is(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    one, before = brought(store, (sites, "sites"), (areas, "protected_areas"))
    costs = place / "costs.csv"
    costs.write_text("site_id,cost,currency\n1,5,USD\n")
    _, after = brought(store, (costs, "national"), base=one.version.content_hash)
    for name in ("coverage_runs", "protection_parts", "protection_trend", "coverage"):
        pd.testing.assert_frame_equal(after[name], before[name])


def test_a_corrected_boundary_makes_the_run_anew(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (areas, "protected_areas"))
    base = one.version.content_hash
    shape = json.loads(shapely.to_geojson(box(0, 0, 0.25, 1)))
    made = Correction("boundary", "1", "", (("geojson", json.dumps(shape)),), "Survey 2026", "Ministry")
    asked = propose(store, base, made)
    new = accept(store, base, [asked])
    assert shares(frames_of(folder.inventory_path(store, new))) == {"1": 1, "2": 0}


def test_a_correction_outlives_a_later_run(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (areas, "protected_areas"))
    base = one.version.content_hash
    asked = propose(
        store, base, Correction("protected_since", "2", "", (("year", 2026), ("share", 1.0)), "Decree 7", "")
    )
    new = accept(store, base, [asked])
    made, _ = cover(store, new, CoverageSettings(draws=5))
    rows = frames_of(folder.inventory_path(store, made))["coverage"].set_index("site_id")
    assert rows.loc["2", ["share", "method"]].tolist() == [1.0, "corrected"]
    assert rows.loc["1", "method"] == COMPUTED


# ---------------------------------------------------------------- bad input


def test_sites_without_boundaries_are_told(tmp_path):
    sites = sites_file(tmp_path / "kba.gpkg", A=shapely.Point(1, 1))
    areas = areas_file(tmp_path / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    with pytest.raises(DataError, match="areas_without_boundaries"):
        brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    assert not list((tmp_path / "store" / "inventories").glob("*.gpkg"))
    # before a download that can be very large was read
    assert not list((tmp_path / "store").rglob("*.parquet"))


def test_some_sites_without_boundaries_are_counted(tmp_path):
    sites = sites_file(tmp_path / "kba.gpkg", A=box(0, 0, 1, 1), B=shapely.Point(5, 1), C=shapely.Point(7, 1))
    areas = areas_file(tmp_path / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    result, frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    assert shares(frames) == {"1": 0.5}
    found = result.findings[result.findings["rule"] == "site_without_boundary"]
    assert found["value"].astype(int).tolist() == [2, 1]  # two sites: one finding, and one more


def test_swapped_coordinates_are_told(tmp_path):
    sites = sites_file(tmp_path / "kba.gpkg", A=box(40, -20, 41, -19))
    areas = areas_file(tmp_path / "WDPA_Mar2026.gpkg", {"geometry": box(-20, 40, -19, 41)})
    with pytest.raises(DataError, match="areas_swapped"):
        brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))


def test_areas_that_meet_no_site_are_noted(tmp_path):
    sites = sites_file(tmp_path / "kba.gpkg", A=box(0, 0, 1, 1))
    areas = areas_file(tmp_path / "WDPA_Mar2026.gpkg", {"geometry": box(80, 10, 81, 11)})
    result, frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    assert "no_area_meets" in rules(result)
    assert shares(frames) == {"1": 0}


def test_a_country_without_any_year(tmp_path):
    sites = sites_file(tmp_path / "kba.gpkg", A=box(0, 0, 1, 1))
    areas = areas_file(tmp_path / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1), "STATUS_YR": 0})
    _, frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    assert shares(frames) == {"1": 0.5}
    last = frames["protection_trend"].query("group_kind == 'all'").iloc[-1]
    assert last["mean"] == pytest.approx(0.5)


def test_a_reported_share_of_the_same_year_gives_way_and_is_told(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("site_id,name,latitude,longitude,iso3,protected_pct_2026\n1,A,0.5,0.5,MEX,80\n")
    sites = sites_file(tmp_path / "kba.gpkg", A=box(0, 0, 1, 1))
    areas = areas_file(tmp_path / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    result, frames = brought(store, (sites, "sites"), (table, "site_table"))
    assert frames["coverage"]["share"].tolist() == [0.8]
    result, frames = brought(
        store, (sites, "sites"), (areas, "protected_areas"), base=result.version.content_hash
    )
    assert "computed_replaces_reported" in rules(result)
    assert frames["coverage"]["method"].tolist() == [COMPUTED]
    assert frames["coverage"]["share"].round(6).tolist() == [0.5]


def test_cancelling_leaves_the_store_as_it_was(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})

    class Cancelled(Exception):
        pass

    def stop(share, stage, rows):
        if stage == "cover":
            raise Cancelled

    with pytest.raises(Cancelled):
        brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"), progress=stop)
    assert not list((tmp_path / "store").rglob("*.gpkg"))


def test_what_is_not_there_is_told(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    bare, _ = brought(store, (sites, "sites"))
    with pytest.raises(SettingError, match="no_coverage_run"):
        cover(store, bare.version.content_hash)
    with pytest.raises(StoreError, match="areas_not_kept"):
        chosen_files(store, [], ["0" * 64])
    one, frames = brought(store, (areas, "protected_areas"), base=bare.version.content_hash)
    folder.protected_areas_path(store, files_of(frames["coverage_runs"])[0].sha256).write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="areas_not_kept"):
        cover(store, one.version.content_hash, CoverageSettings(draws=3))


def test_what_pages_load_has_the_run(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    result, _frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    inventory = load(result.path, boundaries=False)
    assert inventory.protection_range["share"].round(6).to_dict() == {"1": 0.5, "2": 0.0}
    assert inventory.coverage_runs.loc["run", "until"] == 2026


# ---------------------------------------------------------------- which areas count, and for how long


def test_an_update_of_one_country_leaves_the_others(tmp_path):
    shapes = {"A": box(0, 0, 1, 1), "B": box(5, 0, 6, 1)}
    frame = gpd.GeoDataFrame(
        {"SitRecID": [1.0, 2.0], "IntName": ["A", "B"], "ISO3": ["MEX", "GTM"], "AzeStatus": "confirmed"},
        geometry=list(shapes.values()),
        crs="EPSG:4326",
    )
    sites = tmp_path / "kba.gpkg"
    frame.to_file(sites)
    world = areas_file(
        tmp_path / "WDPA_Mar2026.gpkg",
        {"geometry": shapes["A"]},
        {"geometry": shapes["B"], "ISO3": "GTM"},
        {"geometry": box(20, 0, 21, 1), "ISO3": "GTM;MEX"},
    )
    mexico = areas_file(
        tmp_path / "WDPA_Apr2026_MEX.gpkg",
        {"geometry": box(0, 0, 0.5, 1)},
        {"geometry": box(20, 0, 21, 1), "ISO3": "GTM;MEX", "STATUS": "Proposed"},
    )
    store = tmp_path / "store"
    one, frames = brought(store, (sites, "sites"), (world, "protected_areas"))
    assert shares(frames) == {"1": 1, "2": 1}
    two, frames = brought(store, (mexico, "protected_areas"), base=one.version.content_hash)
    # Mexico's areas are those of its own file alone, Guatemala's are what they were
    assert shares(frames) == {"1": 0.5, "2": 1}
    assert files_of(frames["coverage_runs"])[0].less == ("pa:MEX",)
    assert "areas_give_way" not in rules(two)
    # the run is the same when it is made anew
    made, reused = cover(store, two.version.content_hash)
    assert (made, reused) == (two.version.content_hash, True)
    three, frames = brought(store, (world, "protected_areas"), base=two.version.content_hash)
    assert shares(frames) == {"1": 1, "2": 1}
    assert "areas_give_way" in rules(three)
    assert len(files_of(frames["coverage_runs"])) == 1


def test_an_older_file_beside_does_not_date_the_run_back(squares, tmp_path):
    sites, place = squares
    pas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    oecms = areas_file(place / "WDOECM_Mar2025.gpkg", {"geometry": box(0.5, 0, 1, 1), "SITE_TYPE": "OECM"})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (pas, "protected_areas"))
    _, frames = brought(store, (oecms, "protected_areas"), base=one.version.content_hash)
    assert frames["coverage_runs"]["until"].tolist() == [2026]
    rows = frames["coverage"].set_index(["site_id", "vintage"])["share"].round(6)
    assert rows.to_dict() == {("1", 2026): 1, ("2", 2026): 0}


def test_an_older_download_in_place_of_a_newer_one_leaves_no_newer_share(squares, tmp_path):
    sites, place = squares
    new = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    old = areas_file(place / "WDPA_Mar2025.gpkg", {"geometry": box(0, 0, 0.25, 1)})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (new, "protected_areas"))
    _, frames = brought(store, (old, "protected_areas"), base=one.version.content_hash)
    assert set(frames["coverage"]["vintage"]) == {2025}


def test_a_site_of_unknown_country_is_matched_with_any(tmp_path):
    frame = gpd.GeoDataFrame(
        {"SitRecID": [1.0], "IntName": ["A"], "ISO3": [None], "AzeStatus": "confirmed"},
        geometry=[box(0, 0, 1, 1)],
        crs="EPSG:4326",
    )
    sites = tmp_path / "kba.gpkg"
    frame.to_file(sites)
    areas = areas_file(tmp_path / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    _, frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    assert shares(frames) == {"1": 0.5}


def test_a_file_of_which_nothing_counts_is_told(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 1, 1), "STATUS": "Not Reported"})
    with pytest.raises(DataError, match="no_area_counts"):
        brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))


def test_areas_beside_a_site_are_not_called_swapped_for_others_far_away(tmp_path, monkeypatch):
    sites = sites_file(tmp_path / "kba.gpkg", A=box(36, 10, 36.2, 10.2))
    areas = areas_file(
        tmp_path / "WDPA_Mar2026.gpkg",
        {"geometry": box(37, 10, 37.2, 10.2)},  # beside the site
        {"geometry": box(10, 36, 10.2, 36.2)},  # would meet it when turned
    )
    whole = protected_areas.batches
    one_by_one = lambda path: (batch.iloc[[n]] for batch in whole(path) for n in range(len(batch)))  # noqa: E731
    monkeypatch.setattr(protected_areas, "batches", one_by_one)
    result, _ = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    assert "no_area_meets" in rules(result)


def test_areas_dated_after_the_last_year_count_in_it(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2025.gpkg", {"geometry": box(0, 0, 0.5, 1), "STATUS_YR": 2026})
    _, frames = brought(tmp_path / "store", (sites, "sites"), (areas, "protected_areas"))
    last = frames["protection_trend"].query("group_kind == 'all'").iloc[-1]
    assert (last["year"], round(last["mean"], 6)) == (2025, 0.25)


def test_a_correction_of_a_boundary_without_the_areas_is_refused_and_stays_open(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    one, frames = brought(store, (sites, "sites"), (areas, "protected_areas"))
    base = one.version.content_hash
    folder.protected_areas_path(store, files_of(frames["coverage_runs"])[0].sha256).unlink()
    shape = shapely.to_geojson(box(0, 0, 0.25, 1))
    asked = propose(store, base, Correction("boundary", "1", "", (("geojson", shape),), "Survey 2026", ""))
    with pytest.raises(StoreError, match="areas_not_kept"):
        accept(store, base, [asked])
    assert [one.status for one in proposals(store)] == ["proposed"]


def test_without_corrections_cover_is_what_it_was(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (areas, "protected_areas"))
    base = one.version.content_hash
    shape = shapely.to_geojson(box(0, 0, 0.25, 1))
    asked = [
        propose(store, base, Correction("boundary", "1", "", (("geojson", shape),), "Survey 2026", "")),
        propose(
            store,
            base,
            Correction("protected_since", "2", "", (("year", 2020), ("share", 1.0)), "Decree 7", ""),
        ),
    ]
    made = load(folder.inventory_path(store, accept(store, base, asked)))
    before = load(one.path)

    def rows(inventory):
        told = inventory.coverage.set_index(["site_id", "vintage"])[["share", "method"]]
        return told.assign(share=told["share"].round(6)).T.to_dict("list")

    assert rows(made) == {("1", 2026): [1.0, "computed"], ("2", 2026): [1.0, "corrected"]}
    assert rows(uncorrected(made)) == rows(before)


def test_a_correction_holds_for_later_data_too(squares, tmp_path):
    sites, place = squares
    old = areas_file(place / "WDPA_Mar2025.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    new = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.25, 1)})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (old, "protected_areas"))
    base = one.version.content_hash
    said = Correction("protected_since", "2", "", (("year", 2020), ("share", 0.9)), "Decree 7", "")
    corrected = accept(store, base, [propose(store, base, said)])
    two, frames = brought(store, (new, "protected_areas"), base=corrected)
    rows = frames["coverage"].set_index(["site_id", "vintage"])
    assert rows.loc[("2", 2026), ["share", "method"]].tolist() == [0.9, "corrected"]
    assert rows.loc[("1", 2026), "method"] == COMPUTED
    bare = uncorrected(load(two.path)).coverage.set_index(["site_id", "vintage"])
    assert bare.loc[("2", 2026), ["share", "method"]].tolist() == [0.0, COMPUTED]


def test_a_reported_share_that_came_after_the_run_stays(squares, tmp_path):
    sites, place = squares
    areas = areas_file(place / "WDPA_Mar2026.gpkg", {"geometry": box(0, 0, 0.5, 1)})
    store = tmp_path / "store"
    one, _ = brought(store, (sites, "sites"), (areas, "protected_areas"))
    table = place / "table.csv"
    table.write_text("site_id,name,latitude,longitude,iso3,protected_pct_2026\n2,B,0.5,5.5,MEX,77\n")
    two, _ = brought(store, (table, "site_table"), base=one.version.content_hash)
    made, _ = cover(store, two.version.content_hash, CoverageSettings(draws=9))
    rows = frames_of(folder.inventory_path(store, made))["coverage"].set_index("site_id")
    assert round(rows.loc["2", "share"], 6) == 0.77
    assert rows.loc["1", "method"] == COMPUTED

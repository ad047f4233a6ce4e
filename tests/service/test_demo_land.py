"""The invented land: an exact tessellation, consistent attributes, defects that are there."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

import config
from geo import ellipsoid
from inspections import land as inspections
from service.areas.actions import shipped_areas
from service.demo import land, lattice, territory

COUNT = 3000
SLIVER_M2 = 60
CROPLAND = ("0101", "0102", "0103")


@pytest.fixture(scope="module")
def made() -> land.Land:
    """Land of some 3,000 parcels within an invented outline."""
    return land.make_land(COUNT, areas=shipped_areas(), seed=5)


@pytest.fixture(scope="module")
def ground() -> territory.Territory:
    outline = territory.invented_outline()
    return territory.survey(outline, shipped_areas(), np.random.default_rng(5))


def rows_of(made: land.Land, rule: str, layer: str = "parcels") -> list[tuple[int, ...]]:
    return [d.rows for d in made.defects if d.rule == rule and d.layer == layer]


def sound(made: land.Land):
    """The main layer without the rows that defects were planted in."""
    spoiled = [row for d in made.defects if d.layer == "parcels" for row in d.rows]
    return made.parcels.drop(index=spoiled)


def test_pieces_fill_the_county_without_gap_or_overlap(ground):
    pieces = lattice.tessellate(ground, COUNT, seed=5)
    total = ellipsoid.areas_m2(pieces.geometry).sum()
    county = ellipsoid.areas_m2(np.array([ground.outline]))[0]
    assert total == pytest.approx(county, rel=1e-6)
    assert shapely.is_valid(pieces.geometry).all()
    assert shapely.coverage_is_valid(pieces.geometry)


def test_the_real_outline_is_filled_too(shared_data):
    outline = territory.read_outline(
        shared_data / "areas" / "boundary_441803_wgs84_derived.geojson"
    )
    ground = territory.survey(outline, shipped_areas(), np.random.default_rng(1))
    pieces = lattice.tessellate(ground, COUNT, seed=1)
    assert shapely.area(pieces.geometry).sum() == pytest.approx(outline.area, rel=1e-6)
    assert shapely.coverage_is_valid(pieces.geometry)


def test_the_planted_layer_is_a_tessellation_but_for_its_gaps(made):
    [gap] = [d for d in made.defects if d.rule == "geometry.gap"]
    shapes = np.concatenate([made.parcels.geometry.to_numpy(), gap.places])
    county = made.outlines.geometry.iloc[0]
    assert shapely.area(shapes).sum() == pytest.approx(county.area, rel=1e-6)
    assert shapely.coverage_is_valid(made.parcels.geometry.to_numpy())


@pytest.mark.parametrize("count", [200, 10_000])
def test_there_are_about_as_many_parcels_as_asked_for(ground, count):
    found = len(lattice.tessellate(ground, count, seed=2).geometry)
    assert 0.9 * count < found < (1.1 if count > COUNT else 1.6) * count


def test_parcels_have_about_31_vertices(ground):
    pieces = lattice.tessellate(ground, 10_000, seed=2)
    assert 28 <= np.median(shapely.get_num_coordinates(pieces.geometry)) <= 36


def test_the_same_seed_makes_the_same_land(made):
    again = land.make_land(COUNT, areas=shipped_areas(), seed=5)
    for name in land.LAYERS:
        assert getattr(again, name).equals(getattr(made, name)), name
    assert again.defects == made.defects
    assert again.changes == made.changes
    other = land.make_land(COUNT, areas=shipped_areas(), seed=6)
    assert not other.parcels.geometry.equals(made.parcels.geometry)


def test_it_says_that_it_is_invented(made):
    assert "演示" in made.notice
    for name in land.LAYERS:
        assert (getattr(made, name)["remark"] == "演示数据").all(), name


def test_attributes_follow_the_rules_of_the_land_class(made):
    found = sound(made)
    is_cropland = found["land_class"].isin(CROPLAND)
    grade = found["slope_grade"]
    assert (grade.notna() == is_cropland).all()
    assert (found["terrain"].notna() == (is_cropland & (grade != "1"))).all()
    assert (found["deduction_ratio"].notna() == found["terrain"].notna()).all()
    assert (found["deduction_class"].dropna() == "1203").all()
    assert found.loc[is_cropland, "planting_attribute"].notna().all()
    idle = found.loc[~is_cropland, "planting_attribute"].dropna()
    assert set(idle) <= {"JKHF", "GCHF"}
    is_built = found["land_class"].str[:2].isin(["05", "06", "07", "08"])
    assert (found["settlement_attribute"].notna() == is_built).all()
    is_strip = found["land_class"].isin(["1003", "1006", "1101", "1107"])
    assert (found["strip_width_m"].notna() == is_strip).all()
    assert (found.loc[found["land_class"] == "1006", "strip_width_m"] <= 8).all()


def test_areas_follow_from_the_geometry(made):
    found = sound(made)
    area = ellipsoid.areas_m2(found.geometry.to_numpy())
    assert np.abs(found["declared_area_m2"] - area).max() <= 0.0051
    deducted = found["declared_area_m2"] * found["deduction_ratio"].fillna(0)
    assert np.abs(found["deducted_area_m2"] - deducted).max() <= 0.0051
    net = found["declared_area_m2"] - found["deducted_area_m2"]
    assert np.abs(found["net_area_m2"] - net).max() < 1e-6


def test_codes_are_unique_and_as_long_as_they_should_be(made):
    found = made.parcels
    assert found["survey_code"].is_unique
    assert (found["survey_code"].str.len() == 18).all()
    assert not found.duplicated(["location_code", "parcel_number"]).any()
    assert (found["location_code"].str.len() == 19).all()
    assert (found["owner_code"].str.len() == 19).all()
    is_away = found["owner_code"].str[:12] != found["location_code"].str[:12]
    assert (found["is_enclave"] == (is_away & (found["ownership"] == "30"))).all()


def test_villages_fill_the_county_and_their_borders_cross_parcels(made):
    outlines = made.outlines
    villages = outlines[outlines["level"] == "village"]
    assert len(villages) == len([code for code, _ in shipped_areas() if len(code) == 12])
    county = outlines.geometry.iloc[0]
    assert shapely.coverage_is_valid(villages.geometry.to_numpy())
    assert shapely.area(villages.geometry.to_numpy()).sum() == pytest.approx(county.area, rel=1e-6)
    located = dict(zip(villages["location_code"], villages.geometry, strict=True))
    inside = [
        located[code[:12]].covers(shape)
        for code, shape in zip(made.parcels["location_code"], made.parcels.geometry, strict=True)
    ]
    assert 0.2 < np.mean(inside) < 0.95


def test_farmland_is_mostly_as_surveyed_and_does_not_overlap_itself(made):
    paddies = made.parcels[made.parcels["land_class"] == "0101"]
    known = set(shapely.to_wkb(paddies.geometry.to_numpy()))
    is_same = [wkb in known for wkb in shapely.to_wkb(made.farmland.geometry.to_numpy())]
    assert 0.7 < np.mean(is_same) < 0.99
    shapes = made.farmland.geometry.to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    assert ellipsoid.areas_m2(shapely.intersection(shapes[a], shapes[b])).sum() < 0.01


def test_every_defect_that_is_told_is_there(made):
    parcels = made.parcels
    [rows] = rows_of(made, "geometry.area")
    found = parcels.iloc[list(rows)]
    assert (found["declared_area_m2"] / found["ellipsoidal_area_m2"] > 1.01).all()
    [rows] = rows_of(made, "geometry.sliver")
    assert (parcels.iloc[list(rows)]["ellipsoidal_area_m2"] < SLIVER_M2).all()
    [rows] = rows_of(made, "land.deducted-area")
    found = parcels.iloc[list(rows)]
    exact = found["declared_area_m2"] * found["deduction_ratio"]
    assert (found["deducted_area_m2"] - exact > 1).all()
    [rows] = rows_of(made, "land.net-area")
    found = parcels.iloc[list(rows)]
    off = found["net_area_m2"] - found["declared_area_m2"] + found["deducted_area_m2"]
    assert (off > 99).all()
    for rule, column in (
        ("land.cropland-without-planting", "planting_attribute"),
        ("land.cropland-without-slope", "slope_grade"),
        ("land.settlement-missing", "settlement_attribute"),
    ):
        [rows] = rows_of(made, rule)
        assert len(rows) == 8
        assert parcels.iloc[list(rows)][column].isna().all()
    [rows] = rows_of(made, "land.road-too-wide")
    assert (parcels.iloc[list(rows)]["strip_width_m"] > 8).all()
    told = [row for d in made.defects if d.layer == "parcels" for row in d.rows]
    assert len(told) == len(set(told))


def test_the_attribute_rules_find_what_was_planted_and_nothing_else(made):
    codes = inspections.LandCodes(
        land_classes=_shipped_codes("land_classes"),
        planting_attributes=_shipped_codes("planting_attributes"),
        first_year=2018,
        last_year=2030,
    )
    for layer in ("parcels", "next_year", "next_year_draft"):
        found = inspections.inspect(getattr(made, layer), codes).findings
        told = {
            (d.rule, row)
            for d in made.defects
            if d.layer == layer and d.rule.startswith("land.")
            for row in d.rows
        }
        assert {(finding.rule, finding.row) for finding in found} == told, layer


def _shipped_codes(name: str) -> set[str]:
    path = Path(config.__file__).parent / "codes" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"] for row in csv.DictReader(file)}


def test_blocking_defects_are_in_the_draft_only(made):
    draft = made.next_year_draft
    shapes = draft.geometry.to_numpy()
    assert shapely.coverage_is_valid(made.next_year.geometry.to_numpy())
    assert made.next_year["survey_code"].is_unique
    [overlap, contained] = rows_of(made, "geometry.overlap", "next_year_draft")
    others = np.delete(shapes, overlap[0])
    assert shapely.overlaps(others[shapely.is_valid(others)], shapes[overlap[0]]).any()
    assert shapes[contained[0]].contains_properly(shapes[contained[1]])
    [(first, second)] = rows_of(made, "geometry.duplicate", "next_year_draft")
    assert shapes[first].equals(shapes[second])
    [[knot]] = rows_of(made, "geometry.invalid", "next_year_draft")
    assert np.flatnonzero(~shapely.is_valid(shapes)).tolist() == [knot]
    [(first, second)] = rows_of(made, "land.survey-code-repeated", "next_year_draft")
    assert draft["survey_code"].duplicated(keep=False).sum() == 2
    assert draft["survey_code"].iloc[first] == draft["survey_code"].iloc[second]


def test_the_next_year_conserves_the_town_and_tells_every_change(made):
    town = made.parcels["location_code"].str.startswith(land.CHANGED_TOWN)
    old, new = made.parcels[town], made.next_year
    assert new["location_code"].str.startswith(land.CHANGED_TOWN).all()
    assert (new["source_year"] == 2023).all()
    assert not new.duplicated(["location_code", "parcel_number"]).any()
    counts = Counter(change.kind for change in made.changes)
    assert set(counts) == {"split", "merge", "adjust", "class", "code"}
    area = dict(zip(new["survey_code"], new["ellipsoidal_area_m2"], strict=True))
    was = dict(zip(old["survey_code"], old["ellipsoidal_area_m2"], strict=True))
    changed = {code for change in made.changes for code in (*change.old, *change.new)}
    for change in made.changes:
        if set(change.old) <= was.keys():  # what the main layer lacks is a planted gap
            total = sum(was[code] for code in change.old)
            # A planted sliver is off the main layer's parcel, not off the next year's.
            assert sum(area[code] for code in change.new) == pytest.approx(total, abs=SLIVER_M2)
    for code in (was.keys() & area.keys()) - changed:
        assert area[code] == pytest.approx(was[code], abs=SLIVER_M2)
    is_cropland = new["land_class"].isin(CROPLAND)
    assert (new["slope_grade"].notna() == is_cropland).all()


def test_approvals_are_dated_areas_of_each_kind_inside_the_county(made):
    found = made.approvals
    assert set(found["kind"]) == set(land.APPROVALS)
    assert found["document_number"].is_unique
    assert (found["document_number"].str.startswith("演示")).all()
    ended = found.dropna(subset="ends_on")
    assert (ended["ends_on"] > ended["starts_on"]).all()
    assert (shapely.area(found.geometry.to_numpy()) > 0).all()


@pytest.mark.parametrize(("layer", "name"), [(k, v[0]) for k, v in land.LAYERS.items()])
def test_layers_are_written_under_their_field_names(made, tmp_path: Path, layer, name):
    path = tmp_path / "land.gpkg"
    land.write_gpkg(made, path, layer, "EPSG:4526")
    info = pyogrio.read_info(path, layer=name)
    assert info["features"] == len(getattr(made, layer))
    assert info["crs"] == "EPSG:4526"
    fields = set(info["fields"])
    assert {"parcels": {"BSM", "DLBM", "TBMJ", "ZZSXDM"}, "farmland": {"YJJBNTTBMJ", "BSM"},
            "outlines": {"XZQDM", "XZQMC"}}.get(layer, {"BZ"}) <= fields  # fmt: skip

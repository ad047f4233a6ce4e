"""The exam against what a double loop of Shapely finds, on made and on real parcels."""

from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import ellipsoid, exam

LON, LAT = 113.0, 23.7
DEGREES = 45 / 111_320
"""A cell of about 45 m."""
LIMITS = exam.ExamLimits(
    sliver_m2=10,
    sliver_width_m=0.5,
    overlap_noise_m2=0.01,
    overlap_m2=1,
    gap_m2=10,
    gap_width_m=0.5,
    area_difference_share=0.01,
    outside_share=0.5,
    max_vertices=1000,
    max_overlaps=100_000,
)
SEEDS = st.integers(0, 2**32 - 1)
MOST = settings(max_examples=40, deadline=None)


def at(east: float, north: float) -> tuple[float, float]:
    """A position in cells from the south-west corner."""
    return LON + east * DEGREES, LAT + north * DEGREES


def polygon(*corners: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([at(*corner) for corner in corners])


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return polygon((west, south), (east, south), (east, north), (west, north))


def array(*geometries: shapely.Geometry | None) -> np.ndarray:
    made = np.empty(len(geometries), dtype=object)
    made[:] = geometries
    return made


def tessellation(seed: int, side: int = 6) -> np.ndarray:
    """Cells with crooked common borders; rings start and run as chance has it."""
    rng = np.random.default_rng(seed)
    nodes = np.stack(np.meshgrid(np.arange(side * 3 + 1) / 3, np.arange(side * 3 + 1) / 3), -1)
    nodes += rng.uniform(-0.1, 0.1, nodes.shape)
    steps = [(i, 0) for i in range(3)] + [(3, i) for i in range(3)]
    steps += [(3 - i, 3) for i in range(3)] + [(0, 3 - i) for i in range(3)]
    cells = []
    for row in range(side):
        for column in range(side):
            ring = np.array([nodes[row * 3 + j, column * 3 + i] for i, j in steps])
            ring = np.roll(ring, rng.integers(12), axis=0)[:: rng.choice([-1, 1])]
            cells.append(polygon(*ring.tolist()))
    return array(*cells)


def with_overlaps(cells: np.ndarray, seed: int) -> np.ndarray:
    """Plant moved, contained, multipart and ring-shaped polygons, two layers, lost cells."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(len(cells)))
    lost = rng.random(len(cells)) < 0.2
    planted = []
    for _ in range(rng.integers(1, 8)):
        west, south = rng.uniform(-0.5, side - 1, 2)
        size = rng.choice([0.05, 0.3, 1.7])
        shape = box(west, south, west + size, south + size)
        kind = rng.integers(5)
        if kind == 1:
            shape = shapely.union_all([shape, box(west + 2, south, west + 2.2, south + 0.2)])
        elif kind == 2:
            shape = shape.difference(shapely.affinity.scale(shape, 0.5, 0.5))
        elif kind == 3:
            shape = shapely.union_all(cells[rng.choice(len(cells), 3)])
        elif kind == 4:
            shape = shapely.reverse(cells[rng.integers(len(cells))])
        planted.append(shape)
    made = np.concatenate([cells[~lost], array(*planted)])
    return made[rng.permutation(len(made))]


def by_force(parcels: np.ndarray) -> dict[tuple[int, int], float]:
    """Common area of each pair that has one, by trying all."""
    found = {}
    for one, two in combinations(range(len(parcels)), 2):
        if parcels[one].intersects(parcels[two]):
            common = parcels[one].intersection(parcels[two])
            if common.area > 0:
                found[one, two] = float(ellipsoid.areas_m2(array(common))[0])
    return found


def found_pairs(pairs: exam.Overlaps) -> dict[tuple[int, int], float]:
    keys = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    return dict(zip(keys, pairs.area_m2.tolist(), strict=True))


def rules_of(result: exam.ExamResult, row: int) -> set[str]:
    return {each.rule for each in result.findings if each.row == row}


@given(SEEDS)
@MOST
def test_overlaps_are_those_that_a_double_loop_finds(seed):
    parcels = with_overlaps(tessellation(seed), seed)
    found = found_pairs(exam.overlapping(parcels, max_pairs=10**6))
    assert found == pytest.approx(by_force(parcels), rel=1e-9, abs=1e-6)


@given(SEEDS)
@MOST
def test_the_order_of_the_parcels_does_not_matter(seed):
    parcels = with_overlaps(tessellation(seed), seed)
    order = np.random.default_rng(seed).permutation(len(parcels))
    one = exam.overlapping(parcels, max_pairs=10**6)
    two = exam.overlapping(parcels[order], max_pairs=10**6)
    moved = {tuple(sorted((order[a], order[b]))): area for (a, b), area in found_pairs(two).items()}
    assert moved == pytest.approx(found_pairs(one), rel=1e-9, abs=1e-6)


def test_a_tessellation_overlaps_nowhere_and_no_pair_is_tried():
    cells = tessellation(7, side=8)
    is_inner = np.zeros((8, 8), dtype=bool)
    is_inner[2:-2, 2:-2] = True
    assert exam.alone(cells)[is_inner.ravel()].all()
    assert found_pairs(exam.overlapping(cells, max_pairs=10)) == {}


def test_the_same_map_twice_overlaps_everywhere_although_all_inner_edges_are_matched():
    cells = tessellation(3)
    twice = np.concatenate([cells, cells])
    assert not exam.alone(twice).any()
    shifted = np.concatenate([cells, shapely.transform(cells, lambda xy: xy + DEGREES / 3)])
    assert found_pairs(exam.overlapping(shifted, max_pairs=10**6)) == pytest.approx(
        by_force(shifted), rel=1e-9, abs=1e-6
    )


def test_a_small_parcel_deep_inside_a_large_one_overlaps_it():
    large, small = box(0, 0, 10, 10), box(4, 4, 5, 5)
    pairs = exam.overlapping(array(large, small), max_pairs=10)
    assert found_pairs(pairs) == {(0, 1): pytest.approx(ellipsoid.areas_m2(array(small))[0])}


def test_a_parcel_that_fills_a_hole_overlaps_nothing():
    island = box(4, 4, 5, 5)
    ring = box(0, 0, 10, 10).difference(island)
    assert found_pairs(exam.overlapping(array(ring, island), max_pairs=10)) == {}


def test_blocks_do_not_change_the_answer(monkeypatch):
    parcels = with_overlaps(tessellation(11, side=9), 11)
    whole = found_pairs(exam.overlapping(parcels, max_pairs=10**6))
    monkeypatch.setattr("geo.exam_overlaps.BLOCK_PARCELS", 10)
    monkeypatch.setattr("geo.exam_overlaps.QUERIES", 7)
    assert found_pairs(exam.overlapping(parcels, max_pairs=10**6)) == whole


def test_too_many_overlaps_end_the_search_and_the_exam_says_so():
    pile = array(*(box(0, 0, 1 + i / 100, 1) for i in range(40)))
    limits = exam.ExamLimits(**(vars(LIMITS) | {"max_overlaps": 50}))
    result = exam.examine(pile, limits)
    assert result.counts["geometry.overlap"] == 50
    assert result.skipped["geometry.overlap"] == "重叠太多,只查出 50 对"


def test_copies_are_duplicates_of_the_first_wherever_they_start_and_however_they_run():
    cell = tessellation(5)[0]
    ring = list(cell.exterior.coords)[:-1]
    rolled = shapely.Polygon(ring[4:] + ring[:4])
    copies = array(cell, box(3, 3, 4, 4), rolled, cell.reverse(), shapely.MultiPolygon([cell]))
    assert exam.first_of_each(copies).tolist() == [0, 1, 0, 0, 0]
    result = exam.examine(copies, LIMITS)
    assert [(each.row, each.other, each.severity) for each in result.findings] == [
        (2, 0, "block"),
        (3, 0, "block"),
        (4, 0, "block"),
    ]
    assert result.findings[0].message_zh == "与第 1 个图斑的图形完全相同"


def test_other_geometries_with_the_same_box_are_no_duplicates():
    one = polygon((0, 0), (1, 0), (1, 1), (0, 1))
    two = polygon((0, 0), (1, 0), (1, 1), (0.5, 0.6), (0, 1))
    assert exam.first_of_each(array(one, two, None, None)).tolist() == [0, 1, 2, 3]


def test_a_bow_tie_blocks_with_its_place_and_a_repair():
    tie = polygon((0, 0), (2, 2), (2, 0), (0, 2))
    result = exam.examine(array(tie, box(5, 5, 6, 6)), LIMITS)
    [finding] = result.findings
    assert (finding.rule, finding.row, finding.severity) == ("geometry.invalid", 0, "block")
    assert finding.place.distance(shapely.Point(at(1, 1))) < 1e-9
    assert finding.message_zh.startswith("图形无效:边界自相交,在经度 113.0004")
    assert result.repaired[1] is None
    assert result.repaired[0].is_valid
    assert result.repaired[0].geom_type == "MultiPolygon"


def test_an_invalid_parcel_does_not_hide_the_overlap_of_its_repair():
    tie = polygon((0, 0), (2, 2), (2, 0), (0, 2))
    result = exam.examine(array(tie, box(-1, -1, 3, 3)), LIMITS)
    assert rules_of(result, 0) == {"geometry.invalid"}
    assert rules_of(result, 1) == {"geometry.overlap"}


def test_what_is_no_polygon_and_what_is_not_there_blocks():
    line, mixed = (
        shapely.LineString([at(0, 0), at(1, 1)]),
        shapely.GeometryCollection([shapely.Point(at(9, 9)), box(3, 3, 4, 4)]),
    )
    result = exam.examine(array(None, shapely.Polygon(), line, mixed), LIMITS)
    assert [(each.rule, each.row, each.severity) for each in result.findings] == [
        ("geometry.empty", 0, "block"),
        ("geometry.empty", 1, "block"),
        ("geometry.type", 2, "block"),
        ("geometry.type", 3, "block"),
    ]
    assert result.repaired[2] is None
    assert result.repaired[3].equals(box(3, 3, 4, 4))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_coordinate_that_is_not_finite_blocks_and_is_not_repaired(bad):
    with np.errstate(invalid="ignore"):
        shape = shapely.Polygon([at(0, 0), at(1, 0), (bad, LAT + DEGREES), at(0, 1)])
    result = exam.examine(array(shape, box(3, 3, 4, 4)), LIMITS)
    assert [each.message_zh for each in result.findings] == ["图形无效:坐标不是有限的数"]
    assert result.repaired[0] is None


def test_a_star_is_repaired_by_the_structure_method_without_exhausting_memory():
    turns = 2 * np.pi * 100 * np.arange(201) / 201
    star = polygon(*np.c_[np.sin(turns), np.cos(turns)].tolist())
    [repaired] = exam.repair(array(star))
    assert repaired.is_valid
    assert repaired.geom_type in ("Polygon", "MultiPolygon")


def test_slivers_are_small_or_narrow():
    parcels = array(box(0, 0, 1, 1), box(2, 0, 2.05, 0.05), box(4, 0, 4.005, 3), box(6, 0, 6.03, 3))
    result = exam.examine(parcels, LIMITS)
    [small, narrow] = result.findings
    assert (small.rule, small.row, small.severity) == ("geometry.sliver", 1, "warn")
    assert small.numbers["area_m2"] < 10 < narrow.numbers["area_m2"]
    assert narrow.row == 2
    # 0.005 cells of 45 m, narrower by the cosine of the latitude.
    assert narrow.numbers["width_m"] == pytest.approx(0.206, abs=2e-3)


def test_gaps_are_what_no_parcel_covers():
    cells = tessellation(2)
    village = shapely.union_all(cells)
    lost = 14
    speck = shapely.Point(at(1.5, 1.5)).buffer(DEGREES / 60)
    kept = np.delete(cells, lost)
    kept[7] = kept[7].difference(speck)
    result = exam.examine(kept, LIMITS, outlines=array(village))
    [gap] = [each for each in result.findings if each.rule == "geometry.gap"]
    assert (gap.row, gap.other, gap.severity) == (exam.NO_ROW, 0, "warn")
    assert gap.numbers["area_m2"] == pytest.approx(ellipsoid.areas_m2(cells[[lost]])[0])
    assert gap.place.equals(cells[lost])


@given(SEEDS)
@MOST
def test_gaps_have_the_area_that_the_union_leaves(seed):
    cells = tessellation(seed)
    outlines = array(shapely.union_all(cells[:18]), shapely.union_all(cells[18:]))
    parcels = with_overlaps(cells, seed)
    limits = exam.ExamLimits(**(vars(LIMITS) | {"gap_m2": 0, "gap_width_m": 0}))
    result = exam.examine(parcels, limits, outlines=outlines)
    for index, outline in enumerate(outlines):
        left = ellipsoid.areas_m2(array(outline.difference(shapely.union_all(parcels))))[0]
        gaps = [f.numbers["area_m2"] for f in result.findings if f.other == index and f.row < 0]
        assert sum(gaps) == pytest.approx(left, rel=1e-6, abs=1e-3)


def test_parcels_outside_the_county_block_and_those_across_its_line_warn():
    county = box(0, 0, 10, 10)
    parcels = array(box(1, 1, 2, 2), box(9.9, 1, 10.1, 2), box(9.7, 3, 10.1, 4), box(20, 1, 21, 2))
    result = exam.examine(parcels, LIMITS, county=county)
    assert [(each.rule, each.row, each.severity) for each in result.findings] == [
        ("geometry.outside", 1, "block"),
        ("geometry.crosses_county", 2, "warn"),
        ("geometry.outside", 3, "block"),
    ]
    assert result.findings[1].numbers["share"] == pytest.approx(0.25, abs=1e-6)
    assert result.findings[1].place.equals(box(10, 3, 10.1, 4))


def test_a_declared_area_more_than_one_per_cent_off_warns():
    cells = array(box(0, 0, 1, 1), box(2, 0, 3, 1), box(4, 0, 5, 1), box(6, 0, 7, 1))
    area = ellipsoid.areas_m2(cells)[0]
    declared = np.array([area * 1.009, area * 1.011, area / 666.67, np.nan])
    result = exam.examine(cells, LIMITS, declared_m2=declared)
    assert [(each.row, each.severity) for each in result.findings] == [(1, "warn"), (2, "warn")]
    assert result.findings[0].numbers["share"] == pytest.approx(0.011)


def test_too_many_vertices_warn():
    round_field = shapely.Point(at(0, 0)).buffer(DEGREES, quad_segs=300)
    result = exam.examine(array(round_field), LIMITS)
    assert [each.message_zh for each in result.findings] == [
        "边界有 1201 个点,多于 1000 个,会拖慢地图"
    ]


def test_rules_without_what_they_need_are_told_as_skipped():
    result = exam.examine(array(box(0, 0, 1, 1)), LIMITS, declared_m2=np.array([np.nan]))
    assert result.skipped == {
        "geometry.area": "没有申报面积",
        "geometry.gap": "没有村界",
        "geometry.outside": "没有县(区)界",
        "geometry.crosses_county": "没有县(区)界",
    }
    assert set(result.counts) | set(result.skipped) == set(exam.RULES)
    assert not set(result.counts.values()) - {0}


def test_an_empty_layer_is_without_findings():
    result = exam.examine(array(), LIMITS, county=box(0, 0, 1, 1), outlines=array())
    assert result.findings == []
    assert len(result.repaired) == 0


def test_overlaps_below_the_limit_warn_and_those_above_block():
    parcels = array(
        box(0, 0, 1, 1), box(1 - 1e-4, 0, 2, 1), box(1.9, 0, 3, 1), box(3 - 1e-7, 0, 4, 1)
    )
    result = exam.examine(parcels, LIMITS)
    assert [(each.row, each.other, each.severity) for each in result.findings] == [
        (1, 0, "warn"),
        (2, 1, "block"),
    ]
    block = result.findings[1]
    assert block.numbers["share"] == pytest.approx(0.1 / 1.1, abs=1e-6)
    assert block.place.equals(box(1.9, 0, 2, 1))


REGISTERS = [
    "at_schlaege_2025.gpkg.zip",
    "ch_nutzungsflaechen.gpkg",
    "dk_marker_2026.shp.zip",
    "fi_gsaa.gpkg",
    "fr_rpg_193_parcels_2154.gpkg",
    "jp_fude_2024.parquet",
    "nl_brp_2023.gpkg",
    "nl_referentiepercelen.gpkg",
    "se_2023.shp.zip",
    "si_raba_landuse_88.gpkg",
]


def read(path: Path) -> np.ndarray:
    frame = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    return np.asarray(shapely.force_2d(frame.to_crs(4326).geometry.to_numpy()))


@pytest.mark.parametrize("name", REGISTERS)
def test_overlaps_of_a_register_are_those_that_a_double_loop_finds(shared_data, name):
    parcels = read(shared_data / "parcels" / name)
    repaired = exam.repair(parcels)
    parcels = np.where(shapely.is_missing(repaired), parcels, repaired)
    found = found_pairs(exam.overlapping(parcels, max_pairs=10**6))
    assert found == pytest.approx(by_force(parcels), rel=1e-9, abs=1e-6)

"""Shares of villages and of basic farmland, beside `geopandas.overlay` and known squares."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import ellipsoid, shares

LON, LAT = 113.0, 23.7
PER_LON, PER_LAT = (float(each) for each in ellipsoid.local_scale(LAT))
SEEDS = st.integers(0, 2**32 - 1)
MOST = settings(max_examples=40, deadline=None)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle in metres from the south-west corner."""
    return shapely.box(
        LON + west / PER_LON, LAT + south / PER_LAT, LON + east / PER_LON, LAT + north / PER_LAT
    )


def array(*geometries: shapely.Geometry | None) -> np.ndarray:
    made = np.empty(len(geometries), dtype=object)
    made[:] = geometries
    return made


def crooked_cells(seed: int, side: int, metres: float = 50) -> np.ndarray:
    """A tessellation with moved corners."""
    rng = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), -1)
    corners = (corners + rng.uniform(-0.3, 0.3, corners.shape)) * metres
    places = corners / [PER_LON, PER_LAT] + [LON, LAT]
    rings = [places[:-1, :-1], places[:-1, 1:], places[1:, 1:], places[1:, :-1]]
    return np.asarray(shapely.polygons(np.stack(rings, 2).reshape(-1, 4, 2)))


def layers(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Parcels and zones: cut from them, drawn apart from them, moved by metres, with holes."""
    rng = np.random.default_rng(seed)
    parcels = crooked_cells(seed, 7)
    block = rng.integers(0, 5, len(parcels))
    cut = [shapely.union_all(parcels[block == number]) for number in range(3)]
    drawn = list(crooked_cells(seed + 1, 3, metres=110)[rng.random(9) < 0.6])
    moved = [shapely.transform(each, lambda xy: xy + np.array([3 / PER_LON, 0])) for each in cut]
    holed = [box(20, 20, 300, 300).difference(parcels[24])]
    chosen = rng.integers(4)
    zones = array(*[cut, drawn, moved, [*cut, *drawn, *holed]][chosen])
    if rng.random() < 0.3:  # a register that overlaps itself, with parcels missing
        parcels = np.concatenate([parcels[rng.random(len(parcels)) < 0.8], parcels[:5]])
        parcels = np.r_[parcels, array(box(10, 10, 200, 31))]
    return parcels, zones


def by_overlay(parcels: np.ndarray, zones: np.ndarray) -> dict[tuple[int, int], float]:
    one = gpd.GeoDataFrame({"parcel": range(len(parcels))}, geometry=parcels, crs=4490)
    two = gpd.GeoDataFrame({"zone": range(len(zones))}, geometry=zones, crs=4490)
    common = gpd.overlay(one, two, how="intersection", keep_geom_type=True)
    keys = zip(common["parcel"].tolist(), common["zone"].tolist(), strict=True)
    areas = ellipsoid.areas_m2(common.geometry.to_numpy())
    return dict(zip(keys, areas.tolist(), strict=True))


def as_dict(overlay: shares.Overlay) -> dict[tuple[int, int], float]:
    keys = zip(overlay.parcel.tolist(), overlay.other.tolist(), strict=True)
    return dict(zip(keys, overlay.area_m2.tolist(), strict=True))


def above(areas: dict[tuple[int, int], float], m2: float) -> dict[tuple[int, int], float]:
    return {pair: area for pair, area in areas.items() if area > m2}


@given(SEEDS)
@MOST
def test_common_areas_are_those_of_an_overlay(seed):
    parcels, zones = layers(seed)
    found = above(as_dict(shares.intersection_shares(parcels, zones)), 1e-5)
    assert found == pytest.approx(above(by_overlay(parcels, zones), 1e-5), rel=1e-9, abs=1e-6)


@given(SEEDS)
@MOST
def test_the_largest_share_and_its_margin_are_those_of_an_overlay(seed):
    parcels, zones = layers(seed)
    expected = np.zeros((len(parcels), len(zones) + 2))
    for (parcel, zone), area in by_overlay(parcels, zones).items():
        expected[parcel, zone] = area
    expected /= ellipsoid.areas_m2(parcels)[:, np.newaxis]
    ranked = np.sort(expected, axis=1)[:, ::-1]
    found = shares.largest_share(parcels, zones)
    assert found.share == pytest.approx(ranked[:, 0], abs=1e-9)
    assert found.margin == pytest.approx(ranked[:, 0] - ranked[:, 1], abs=1e-9)
    is_clear = ranked[:, 0] - ranked[:, 1] > 1e-9
    assert (found.zone[is_clear] == expected.argmax(axis=1)[is_clear]).all()
    assert (found.zone[ranked[:, 0] == 0] == shares.NO_ZONE).all()


@given(SEEDS)
@MOST
def test_shares_of_a_layer_without_overlaps_add_up_to_the_area_covered(seed):
    parcels = crooked_cells(seed, 6)
    zones = crooked_cells(seed + 1, 4, metres=60)
    overlay = shares.intersection_shares(parcels, zones)
    covered = ellipsoid.areas_m2(shapely.intersection(parcels, shapely.union_all(zones)))
    sums = np.bincount(overlay.parcel, overlay.area_m2, len(parcels))
    # A statutory edge is straight in (longitude, area of the zone), not in (longitude, latitude):
    # an edge that is cut bends by some 10 µm.
    assert sums == pytest.approx(covered, rel=1e-6, abs=1e-3)
    assert (overlay.share <= 1).all()


@given(SEEDS)
@MOST
def test_neither_order_nor_threads_matter(seed):
    parcels, zones = layers(seed)
    rng = np.random.default_rng(seed)
    order, zone_order = rng.permutation(len(parcels)), rng.permutation(len(zones))
    one = as_dict(shares.intersection_shares(parcels, zones))
    two = shares.intersection_shares(parcels[order], zones[zone_order], n_threads=2)
    back = {(order[p], zone_order[z]): area for (p, z), area in as_dict(two).items()}
    assert back == pytest.approx(one, rel=1e-9, abs=1e-6)


def test_a_parcel_belongs_where_most_of_it_lies():
    zones = array(box(0, 0, 100, 100), box(100, 0, 200, 100))
    parcels = array(box(10, 10, 20, 20), box(93, 10, 103, 20), box(120, 0, 130, 10))
    found = shares.largest_share(np.r_[parcels, array(box(300, 0, 310, 9), None)], zones)
    assert found.zone.tolist() == [0, 0, 1, -1, -1]
    assert found.share == pytest.approx([1, 0.7, 1, 0, 0], abs=1e-6)
    assert found.margin == pytest.approx([1, 0.4, 1, 0, 0], abs=1e-6)


def test_a_neighbour_that_only_touches_shares_nothing():
    overlay = shares.intersection_shares(array(box(0, 0, 10, 10)), array(box(10, 0, 20, 10)))
    assert len(overlay.parcel) == 0


def test_two_layers_three_metres_apart_share_only_an_edge():
    parcels = array(box(0, 0, 60, 40), box(60, 0, 120, 40))
    farmland = array(box(3, 0, 63, 40))
    overlay = shares.intersection_shares(parcels, farmland)
    assert overlay.is_edge_only.tolist() == [False, True]
    assert overlay.share == pytest.approx([57 / 60, 3 / 60], abs=1e-6)


@pytest.mark.parametrize(
    ("common", "is_edge_only"),
    [
        ((0, 0, 4.9, 40), True),
        ((0, 0, 5.1, 40), False),
        ((0, 0, 4.9, 4.9), True),
        ((0, 0, 5.1, 5.1), False),
        ((0, 0, 60, 4.9), True),
    ],
)
def test_what_holds_no_circle_of_five_metres_is_an_edge(common, is_edge_only):
    overlay = shares.intersection_shares(array(box(0, 0, 60, 40)), array(box(*common)))
    assert overlay.is_edge_only.tolist() == [is_edge_only]


def test_an_edge_all_around_a_parcel_is_still_an_edge():
    frame = box(-20, -20, 80, 60).difference(box(3, 3, 57, 37))
    overlay = shares.intersection_shares(array(box(0, 0, 60, 40)), array(frame))
    assert overlay.is_edge_only.tolist() == [True]
    wide = box(-20, -20, 80, 60).difference(box(3, 3, 50, 37))
    overlay = shares.intersection_shares(array(box(0, 0, 60, 40)), array(wide))
    assert overlay.is_edge_only.tolist() == [False]


@pytest.mark.parametrize("farmland", [box(0, 0, 100, 100), box(1, 0, 100, 100)])
def test_a_narrow_ditch_inside_the_farmland_is_no_edge(farmland):
    overlay = shares.intersection_shares(array(box(0, 10, 4, 60)), array(farmland))
    assert overlay.is_edge_only.tolist() == [False]

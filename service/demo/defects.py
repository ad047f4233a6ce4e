"""Defects planted in the demonstration's land, each told with its rows and its rule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from service.demo.register import COLLECTIVE, codes, measured

SLIVER_M, DEGREE_M = 0.25, 111_000.0
N_GAPS, N_SLIVERS, N_EACH = 3, 5, 8
BLOCKS_FROM = 90_000_000
"""Numbers of survey codes that no parcel has."""
LEAST_POINTS = 12
ENLARGED_M = 6.0
TOO_WIDE_M = 9.5

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Defect:
    """Rows (from 0) of a layer that break a rule."""

    layer: str  # parcels, next_year_draft
    rule: str
    severity: str  # warn, block
    rows: tuple[int, ...]
    places: tuple[shapely.Geometry, ...]
    note: str


def warnings_planted(
    parcels: gpd.GeoDataFrame, *, seed: int
) -> tuple[gpd.GeoDataFrame, tuple[Defect, ...]]:
    """Return the register with defects that an exam warns of, and what they are."""
    random = np.random.default_rng(seed)
    places = random.permutation(np.flatnonzero(_is_plain(parcels)))
    gone, thin = places[:N_GAPS], places[N_GAPS : N_GAPS + N_SLIVERS]
    holes = parcels.geometry.to_numpy()[gone]
    made, n_slivers = _with_slivers(parcels, thin), len(thin)
    made = made.drop(index=gone).reset_index(drop=True)
    last = tuple(range(len(made) - n_slivers, len(made)))
    defects = [
        Defect("parcels", "geometry.gap", "warn", (), tuple(holes), "图斑缺失,村界内有缝隙"),
        _defect(made, "geometry.sliver", last, "宽不足一米的碎小图斑"),
    ]
    for rule, chosen, note, spoil in _SPOILERS:
        # The columns before the slivers only, and each row for one defect.
        free = np.flatnonzero(chosen(made))
        used = {row for defect in defects for row in defect.rows}
        rows = [int(row) for row in random.permutation(free) if row not in used][:N_EACH]
        spoil(made, rows)
        defects.append(_defect(made, rule, tuple(sorted(rows)), note))
    return made, tuple(defects)


def _defect(
    made: gpd.GeoDataFrame, rule: str, rows: tuple[int, ...], note: str, severity: str = "warn"
) -> Defect:
    layer = "parcels" if severity == "warn" else "next_year_draft"
    return Defect(layer, rule, severity, rows, tuple(made.geometry.iloc[list(rows)]), note)


def _is_plain(parcels: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    shapes = parcels.geometry.to_numpy()
    n_points = shapely.get_num_points(shapely.get_exterior_ring(shapes))
    is_plain = (n_points > LEAST_POINTS) & (shapely.get_num_interior_rings(shapes) == 0)
    is_field = parcels["strip_width_m"].isna() & (parcels["ownership"] == COLLECTIVE)
    return np.asarray(is_plain & is_field)


def _with_slivers(parcels: gpd.GeoDataFrame, rows: Rows) -> gpd.GeoDataFrame:
    """Cut a triangle of a hand's width off one edge of some parcels, as parcels of their own."""
    shapes = parcels.geometry.to_numpy().copy()
    slivers = []
    for row in rows:
        shapes[row], sliver = _sliced(shapes[row])
        slivers.append(sliver)
    cut = parcels.iloc[rows].assign(
        survey_code=codes(len(parcels) + 1 + np.arange(len(rows))).to_numpy(),
        parcel_number=[f"{99_999_999 - n}" for n in range(len(rows))],
    )
    made = pd.concat([parcels.set_geometry(shapes, crs=parcels.crs), cut], ignore_index=True)
    together = gpd.GeoDataFrame(made, crs=parcels.crs)
    together["geometry"] = np.concatenate([shapes, np.array(slivers, dtype=object)])
    return measured(together)


def _sliced(polygon: shapely.Polygon) -> tuple[shapely.Polygon, shapely.Polygon]:
    ring = shapely.get_coordinates(shapely.normalize(polygon))[:-1]
    shortest = np.argsort(np.hypot(*(np.roll(ring, -1, axis=0) - ring).T))
    for first in shortest:
        a, b, *others = np.roll(ring, -first, axis=0)
        along = (b - a) / np.hypot(*(b - a))
        for side in (1, -1):
            inward = side * np.array([along[1], -along[0]]) * SLIVER_M / DEGREE_M
            apex = np.round((a + b) / 2 + inward, 10)
            rest, sliver = shapely.Polygon([a, apex, b, *others]), shapely.Polygon([a, b, apex])
            if rest.is_valid and polygon.covers(shapely.Point(apex)):
                return rest, sliver
    raise ValueError("no edge of this parcel takes a sliver")


def _spoil_area(made: gpd.GeoDataFrame, rows: list[int]) -> None:
    factor = 1.02 + 0.01 * np.arange(len(rows))
    declared = np.round(made.loc[rows, "declared_area_m2"] * factor, 2)
    deducted = np.round(declared * made.loc[rows, "deduction_ratio"].fillna(0), 2)
    made.loc[rows, "declared_area_m2"] = declared
    made.loc[rows, "deducted_area_m2"] = deducted
    made.loc[rows, "net_area_m2"] = np.round(declared - deducted, 2)


def _spoil_deduction(made: gpd.GeoDataFrame, rows: list[int]) -> None:
    wrong = np.round(made.loc[rows, "deducted_area_m2"] * 1.5 + 50, 2)
    made.loc[rows, "deducted_area_m2"] = wrong
    made.loc[rows, "net_area_m2"] = np.round(made.loc[rows, "declared_area_m2"] - wrong, 2)


def _spoil_net(made: gpd.GeoDataFrame, rows: list[int]) -> None:
    made.loc[rows, "net_area_m2"] += 100.0


def _emptied(column: str) -> Callable[[gpd.GeoDataFrame, list[int]], None]:
    def spoil(made: gpd.GeoDataFrame, rows: list[int]) -> None:
        made.loc[rows, column] = None

    return spoil


def _spoil_width(made: gpd.GeoDataFrame, rows: list[int]) -> None:
    made.loc[rows, "strip_width_m"] = TOO_WIDE_M


def _of(*classes: str) -> Callable[[gpd.GeoDataFrame], Any]:
    return lambda made: made["land_class"].isin(classes)


_SPOILERS: tuple[tuple[str, Callable[..., Any], str, Callable[..., None]], ...] = (
    ("geometry.area", _of("0301", "0103", "0201"), "申报面积与图形相差超过 1%", _spoil_area),
    ("land.deducted-area", lambda made: made["deduction_ratio"] > 0, "扣除面积与系数不符",
     _spoil_deduction),
    ("land.net-area", _of("0101"), "地类面积不等于图斑面积减扣除面积", _spoil_net),
    ("land.cropland-without-planting", _of("0101", "0103"), "耕地缺种植属性",
     _emptied("planting_attribute")),
    ("land.cropland-without-slope", _of("0101", "0103"), "耕地缺坡度级别", _emptied("slope_grade")),
    ("land.settlement-missing", _of("0702"), "建设用地缺城镇村属性码",
     _emptied("settlement_attribute")),
    ("land.road-too-wide", _of("1006"), "农村道路宽于 8 米", _spoil_width),
)  # fmt: skip


def blocks_planted(
    parcels: gpd.GeoDataFrame, *, seed: int
) -> tuple[gpd.GeoDataFrame, tuple[Defect, ...]]:
    """Return a first delivery that an exam refuses, and why."""
    random = np.random.default_rng(seed)
    plain = [int(n) for n in random.permutation(np.flatnonzero(_is_plain(parcels)))]
    shapes = parcels.geometry.to_numpy().copy()
    large, knot, host, double, first, second = plain[:6]
    shapes[large] = shapely.buffer(shapes[large], ENLARGED_M / DEGREE_M)
    shapes[knot] = _bow_tie(shapes[knot])
    added = parcels.iloc[[host, double]].assign(
        survey_code=codes(BLOCKS_FROM + np.arange(2)).to_numpy(),
        parcel_number=["99999901", "99999902"],
    )
    made = gpd.GeoDataFrame(pd.concat([parcels, added], ignore_index=True), crs=parcels.crs)
    made["geometry"] = np.concatenate([shapes, [_small(shapes[host]), shapes[double]]])
    made = measured(made)
    made.loc[second, "survey_code"] = made.loc[first, "survey_code"]
    n = len(parcels)
    found: tuple[tuple[str, tuple[int, ...], str], ...] = (
        ("geometry.overlap", (large,), "压盖相邻图斑"),
        ("geometry.overlap", (host, n), "图斑落在另一图斑之内"),
        ("geometry.duplicate", (double, n + 1), "图形重复"),
        ("geometry.invalid", (knot,), "边界自相交"),
        ("land.survey-code-repeated", (first, second), "标识码重复"),
    )
    return made, tuple(_defect(made, rule, rows, note, "block") for rule, rows, note in found)


def _bow_tie(polygon: shapely.Polygon) -> shapely.Polygon:
    """Exchange two corners, so that the border crosses itself."""
    ring = shapely.get_coordinates(polygon)[:-1]
    half = len(ring) // 2
    return shapely.Polygon(np.vstack([ring[:half], ring[half:][::-1]]))


def _small(polygon: shapely.Polygon) -> shapely.Polygon:
    """Return a small copy inside a polygon."""
    middle = shapely.get_coordinates(shapely.point_on_surface(polygon))
    for share in (0.3, 0.1, 0.03, 0.01):
        small = shapely.transform(polygon, lambda xy, share=share: middle + share * (xy - middle))
        if shapely.contains_properly(polygon, small):
            break
    return small

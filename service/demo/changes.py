"""The next year's survey of one town: splits, merges, moved borders, other uses, new codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from service.demo import register
from service.demo.register import codes

NEW_USES = ("1104", "0201", "0702", "1202")
SHARES = {"split": 0.03, "merge": 0.02, "adjust": 0.03, "class": 0.03, "code": 0.01}
LEAST, LEAST_POINTS = 2, 12
MIN_SHARED = 4
MOVE = 0.3
"""How far a border moves, in distances between its points."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What became of parcels between the two surveys; survey codes on both sides."""

    kind: str  # split, merge, adjust, class, code
    old: tuple[str, ...]
    new: tuple[str, ...]


class _Town:
    """The town's parcels while they change; each takes part in one change at most."""

    def __init__(self, parcels: gpd.GeoDataFrame, first_code: int) -> None:
        self.rows: list[Row | None] = parcels.to_dict("records")
        self.old = parcels
        self.shapes = parcels.geometry.to_numpy()
        self.tree = shapely.STRtree(self.shapes)
        self.added: list[Row] = []
        self.changes: list[Change] = []
        self.free = np.asarray(
            (shapely.get_num_points(shapely.get_exterior_ring(self.shapes)) > LEAST_POINTS)
            & (shapely.get_num_interior_rings(self.shapes) == 0)
            & parcels["strip_width_m"].isna().to_numpy()
        )
        self._next = first_code

    def code(self) -> str:
        """Return a survey code that no parcel had."""
        self._next += 1
        return str(codes(np.array([self._next])).iloc[0])

    def replace(self, kind: str, old: list[int], new: list[Row]) -> None:
        """Put new rows in the place of old ones."""
        before = tuple(self.old["survey_code"].iloc[old])
        for row in old:
            self.rows[row] = None
            self.free[row] = False
        self.added += new
        self.changes.append(Change(kind, before, tuple(row["survey_code"] for row in new)))

    def row(self, n: int, **changed: Any) -> Row:
        """Return a copy of a row with some values changed."""
        return dict(self.old.iloc[n]) | changed


def next_year(
    parcels: gpd.GeoDataFrame, *, seed: int
) -> tuple[gpd.GeoDataFrame, tuple[Change, ...]]:
    """Return a town's parcels as the next survey found them, and what changed."""
    random = np.random.default_rng(seed)
    town = _Town(parcels, int(parcels["survey_code"].str[-register.DIGITS :].astype(int).max()))
    counts = {kind: max(LEAST, int(share * len(parcels))) for kind, share in SHARES.items()}
    makers = {"split": _split, "merge": _merge, "adjust": _adjust, "class": _use, "code": _recode}
    for kind, make in makers.items():
        for _ in zip(range(counts[kind]), make(town, random), strict=False):
            pass
    rows = [row for row in [*town.rows, *town.added] if row is not None]
    made = gpd.GeoDataFrame(pd.DataFrame(rows, columns=parcels.columns), crs=parcels.crs)
    made = made.astype({name: kind for name, kind in parcels.dtypes.items() if name != "geometry"})
    made["source_year"] = np.int32(register.SURVEY_YEAR + 1)
    return register.measured(_renumbered(made)), tuple(town.changes)


def _renumbered(made: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give parcels whose number is taken or empty the next ones of their village."""
    village = made["location_code"]
    is_new = made["parcel_number"].isna()
    last = made["parcel_number"].fillna("0").astype(int).groupby(village).transform("max")
    number = last + is_new.astype(int).groupby(village).cumsum()
    made.loc[is_new, "parcel_number"] = number[is_new].astype(str).str.zfill(register.DIGITS)
    return made


def _shuffled(town: _Town, random: np.random.Generator) -> Iterator[int]:
    for n in random.permutation(len(town.free)):
        if town.free[n]:
            yield int(n)


def _split(town: _Town, random: np.random.Generator) -> Iterator[None]:
    for n in _shuffled(town, random):
        halves = _halves(town.shapes[n], int(random.integers(LEAST_POINTS)))
        if halves:
            new = [
                town.row(n, survey_code=town.code(), parcel_number=None, geometry=half)
                for half in halves
            ]
            town.replace("split", [n], new)
            yield


def _halves(polygon: shapely.Polygon, start: int) -> list[shapely.Polygon]:
    """Cut a polygon along a chord between two of its vertices; nothing if none fits."""
    ring = shapely.get_coordinates(polygon)[:-1]
    for first in range(start, start + len(ring)):
        turned = np.roll(ring, -first, axis=0)
        middle = len(ring) // 2
        halves = [
            shapely.Polygon(turned[: middle + 1]),
            shapely.Polygon(np.vstack([turned[middle:], turned[:1]])),
        ]
        apart = abs(sum(half.area for half in halves) - polygon.area) < 1e-9 * polygon.area
        if apart and all(half.is_valid for half in halves):
            return halves
    return []


def _neighbours(town: _Town, n: int) -> Iterator[int]:
    for other in town.tree.query(town.shapes[n], predicate="touches"):
        is_same_village = town.old["location_code"].iloc[other] == town.old["location_code"].iloc[n]
        if town.free[other] and is_same_village:
            yield int(other)


def _merge(town: _Town, random: np.random.Generator) -> Iterator[None]:
    classes = town.old["land_class"].to_numpy()
    for n in _shuffled(town, random):
        for other in _neighbours(town, n):
            whole = shapely.union(town.shapes[n], town.shapes[other])
            is_plain = whole.geom_type == "Polygon" and not whole.interiors
            if classes[other] == classes[n] and is_plain:
                town.replace("merge", [n, other], [town.row(n, geometry=whole)])
                yield
                break


def _adjust(town: _Town, random: np.random.Generator) -> Iterator[None]:
    for n in _shuffled(town, random):
        for other in _neighbours(town, n):
            moved = _moved(town.shapes[n], town.shapes[other])
            if moved:
                new = [town.row(row, geometry=g) for row, g in zip((n, other), moved, strict=True)]
                town.replace("adjust", [n, other], new)
                yield
                break


def _moved(
    a: shapely.Polygon, b: shapely.Polygon
) -> tuple[shapely.Polygon, shapely.Polygon] | None:
    """Move the inner points of a shared border, in both polygons alike."""
    theirs = {tuple(point) for point in shapely.get_coordinates(b)}
    shared = [tuple(p) for p in shapely.get_coordinates(a)[:-1] if tuple(p) in theirs]
    if len(shared) < MIN_SHARED:
        return None
    along = np.subtract(shared[2], shared[1])
    away = MOVE * np.array([-along[1], along[0]])
    inner = set(shared[1:-1])

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        is_inner = np.array([tuple(point) in inner for point in points])
        return np.round(points + np.where(is_inner[:, None], away, 0.0), 9)

    made = shapely.transform(a, move), shapely.transform(b, move)
    is_kept = abs(made[0].area + made[1].area - a.area - b.area) < 1e-9 * a.area
    return made if is_kept and all(each.is_valid for each in made) else None


def _use(town: _Town, random: np.random.Generator) -> Iterator[None]:
    """Paddies become ponds, orchards, homesteads and farm buildings."""
    is_paddy = (town.old["land_class"] == "0101").to_numpy()
    for n in _shuffled(town, random):
        if is_paddy[n]:
            use = np.array([NEW_USES[len(town.changes) % len(NEW_USES)]], dtype=object)
            known = register.attributes(use, np.zeros(1), random)
            changed = {name: column[0] for name, column in vars(known).items()}
            town.replace("class", [n], [town.row(n, **changed)])
            yield


def _recode(town: _Town, random: np.random.Generator) -> Iterator[None]:
    for n in _shuffled(town, random):
        town.replace("code", [n], [town.row(n, survey_code=town.code())])
        yield

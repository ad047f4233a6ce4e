"""Where the demonstration's land lies: the county, its invented village borders, its relief."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

OUTLINE = Path(__file__).parents[2] / "config" / "codes" / "outline_441803.geojson"
SEED = 2023
"""Of the demonstration's county: whoever surveys it with this seed finds the same villages."""
PLANE = "EPSG:4547"
DEGREES = "EPSG:4490"
GRID = 9
"""Decimals of a degree that coordinates are rounded to: a tenth of a millimetre, so that a
point which two parcels share is one point however it was computed."""
TOWN, VILLAGE = 9, 12
INVENTED_CENTRE = (382_900.0, 2_648_000.0)
N_SAMPLES, N_ROUNDS = 8000, 12

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]


def invented_outline() -> shapely.Polygon:
    """Return a county's outline in degrees of EPSG:4490 for where no real one is at hand.

    It is no county's, but about as large as the demonstration's, and about where that lies.
    """
    angle = np.linspace(0, 2 * np.pi, 1500, endpoint=False)
    reach = 26_500 * (1 + 0.12 * np.cos(3 * angle + 1) + 0.05 * np.sin(11 * angle))
    reach += 300 * np.sin(47 * angle) + 120 * np.cos(113 * angle)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * reach[:, None]
    return shapely.Polygon(to_degrees(ring * (0.85, 1.2) + INVENTED_CENTRE))


def read_outline(path: Path) -> shapely.Geometry:
    """Read the first feature of a GeoJSON file: a county's outline in lon/lat degrees."""
    collection = json.loads(path.read_text(encoding="utf-8"))
    return shapely.from_geojson(json.dumps(collection["features"][0]["geometry"]))


def to_degrees(metres: Floats) -> Floats:
    """Return lon/lat in EPSG:4490 of points, shape (n, 2), of EPSG:4547."""
    transformer = pyproj.Transformer.from_crs(PLANE, DEGREES, always_xy=True)
    return np.round(np.column_stack(transformer.transform(metres[:, 0], metres[:, 1])), GRID)


def to_metres(degrees: Floats) -> Floats:
    """Return the plane coordinates of points, shape (n, 2), in lon/lat."""
    transformer = pyproj.Transformer.from_crs(DEGREES, PLANE, always_xy=True)
    return np.column_stack(transformer.transform(degrees[:, 0], degrees[:, 1]))


def rounded(geometries: Any) -> Any:
    """Return geometries with their coordinates on the grid."""
    return shapely.transform(geometries, lambda xy: np.round(xy, GRID))


@dataclass(frozen=True)
class Territory:
    """The county and a cell of land for each village, around a seed."""

    outline: shapely.Geometry  # EPSG:4490
    plane_outline: shapely.Geometry  # EPSG:4547
    codes: NDArray[np.str_]  # 12 digits, by village
    names: NDArray[np.str_]
    seeds: Floats  # (villages, 2), EPSG:4547
    cells: Geometries  # (villages,), EPSG:4490

    def village_at(self, metres: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Return the village of each point, shape (n, 2), and how far its seed is."""
        tree = shapely.STRtree(shapely.points(self.seeds))
        found, distance = tree.query_nearest(
            shapely.points(metres), return_distance=True, all_matches=False
        )
        return found[1], distance


def survey(
    outline: shapely.Geometry, areas: Sequence[tuple[str, str]], random: np.random.Generator
) -> Territory:
    """Give each village of a list of areas a cell; villages of a town lie side by side."""
    plane = shapely.transform(outline, to_metres)
    villages = sorted((code, name) for code, name in areas if len(code) == VILLAGE)
    seeds = _spread(plane, len(villages), random)
    seeds = seeds[_by_town(seeds, [code[:TOWN] for code, _ in villages])]
    codes, names = zip(*villages, strict=True)
    cells = _cells(seeds, plane, outline)
    return Territory(outline, plane, np.array(codes), np.array(names), seeds, cells)


def near(ground: Territory, village: int, random: np.random.Generator) -> tuple[float, float]:
    """Return lon and lat of a place in a village, near its seed."""
    for _ in range(N_ROUNDS):
        place = to_degrees(ground.seeds[village : village + 1] + random.uniform(-400, 400, (1, 2)))
        if shapely.contains_xy(ground.cells[village], *place[0]):
            return float(place[0, 0]), float(place[0, 1])
    middle = shapely.point_on_surface(ground.cells[village])
    return float(middle.x), float(middle.y)


def _spread(plane: shapely.Geometry, n: int, random: np.random.Generator) -> Floats:
    """Return points in the county that keep apart, by Lloyd's iteration."""
    west, south, east, north = plane.bounds
    samples = random.uniform((west, south), (east, north), (4 * N_SAMPLES, 2))
    shapely.prepare(plane)
    samples = samples[shapely.contains_xy(plane, samples)][: max(N_SAMPLES, 20 * n)]
    seeds = samples[:n]
    for _ in range(N_ROUNDS):
        tree = shapely.STRtree(shapely.points(seeds))
        nearest = tree.nearest(shapely.points(samples))
        count = np.maximum(np.bincount(nearest, minlength=n), 1)[:, None]
        sums = [np.bincount(nearest, samples[:, axis], minlength=n) for axis in (0, 1)]
        seeds = np.where(count > 1, np.column_stack(sums) / count, seeds)
    return np.asarray(seeds)


def _by_town(seeds: Floats, towns: list[str]) -> NDArray[np.int64]:
    """Return an order of the seeds in which each town's lie together.

    The county is halved again and again, each half as large as its towns need.
    """
    sizes = [towns.count(town) for town in sorted(set(towns))]

    def halved(places: NDArray[np.int64], sizes: list[int]) -> list[NDArray[np.int64]]:
        if len(sizes) == 1:
            return [places]
        middle = len(sizes) // 2
        axis = int(np.argmax(np.ptp(seeds[places], axis=0)))
        places = places[np.argsort(seeds[places, axis], kind="stable")]
        cut = sum(sizes[:middle])
        return [*halved(places[:cut], sizes[:middle]), *halved(places[cut:], sizes[middle:])]

    return np.concatenate(halved(np.arange(len(seeds)), sizes))


def _cells(seeds: Floats, plane: shapely.Geometry, outline: shapely.Geometry) -> Geometries:
    points = shapely.MultiPoint(seeds)
    cells = shapely.voronoi_polygons(points, extend_to=plane.envelope.buffer(5000), ordered=True)
    found = shapely.transform(shapely.get_parts(cells), to_degrees)
    return np.asarray(rounded(shapely.intersection(found, outline)))


def waves(metres: Floats, length: float, random: np.random.Generator, n: int = 2) -> Floats:
    """Return a smooth field between -1 and 1 at points, shape (n, 2): a mean of sines."""
    angles, phases = random.uniform(0, 2 * np.pi, (2, n))
    total = np.zeros(len(metres))
    for angle, phase in zip(angles, phases, strict=True):
        along = metres[:, 0] * np.cos(angle) + metres[:, 1] * np.sin(angle)
        total += np.sin(2 * np.pi * along / length + phase)
    return np.asarray(total / n)

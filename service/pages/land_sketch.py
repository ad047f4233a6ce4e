"""A sketch of where a land file lies and where its exam found something, as an SVG of paths."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from service.pages.page import PageFrame
from service.parcels import findings, queries
from service.parcels.models import LandImport
from service.parcels.queries import Moment
from service.parcels.tables import table_of

WIDTH = 1000
"""Of the drawing, in its own units."""
MARGIN = 30
LEAST_DEGREES = 1e-5
"""A metre: what is smaller is drawn as if it were so large."""
MAX_PARCELS, MAX_VERTICES = 3000, 60_000
"""A file of more is drawn as its box alone."""
MAX_DOTS = 500
DECIMALS = 4
"""Of a degree as told: ten metres."""
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Frame:
    """How degrees become places on the drawing: north is up, lengths are alike both ways."""

    west: float
    north: float
    scale_lon: float
    scale_lat: float
    height: int

    @classmethod
    def around(cls, box: Sequence[float]) -> "Frame":
        """Return the frame that shows a box (west, south, east, north) whole."""
        west, south, east, north = box
        narrow = float(np.cos(np.radians((south + north) / 2)))
        wide = max((east - west) * narrow, LEAST_DEGREES)
        high = max(north - south, LEAST_DEGREES)
        scale = (WIDTH - 2 * MARGIN) / max(wide, high)
        height = max(round(high * scale) + 2 * MARGIN, WIDTH // 3)
        left, top = (WIDTH - wide * scale) / 2, (height - high * scale) / 2
        return cls(
            west=west - left / scale / narrow,
            north=north + top / scale,
            scale_lon=scale * narrow,
            scale_lat=scale,
            height=height,
        )

    def places(self, lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return places on the drawing, shape (n, 2)."""
        x = (lonlat[:, 0] - self.west) * self.scale_lon
        y = (self.north - lonlat[:, 1]) * self.scale_lat
        return np.column_stack([x, y])

    def path(self, geometries: Geometries) -> str:
        """Return polygons as the data of one SVG path."""
        drawn = shapely.simplify(shapely.transform(geometries, self.places), 0.5)
        parts = shapely.get_parts(drawn)
        rings = shapely.get_rings(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
        return "".join(_ring(shapely.get_coordinates(each)) for each in rings)


def _ring(coordinates: npt.NDArray[np.float64]) -> str:
    places = np.round(coordinates[:-1], 1)
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places) + "Z"


def sketch(page: PageFrame, found: LandImport, report: dict[str, Any]) -> dict[str, Any] | None:
    """Return two drawings: the file's place in the county, and the file with its findings."""
    box = report.get("bbox")
    if not box:
        return None
    near = Frame.around(box)
    return {
        "width": WIDTH,
        "near": near,
        "box": _box(near, box),
        "parcels": _parcels(page, found, report, near),
        "dots": _dots(page, found, near),
        "where": _where(page, box),
        "text": _degrees(box),
    }


def _box(frame: Frame, box: Sequence[float]) -> dict[str, float]:
    corners = np.array([[box[0], box[3]], [box[2], box[1]]])
    (x, y), (right, bottom) = frame.places(corners).round(1).tolist()
    return {"x": x, "y": y, "width": max(right - x, 1), "height": max(bottom - y, 1)}


def _where(page: PageFrame, box: Sequence[float]) -> dict[str, Any] | None:
    code = page.request.app.state.settings.county_code
    county = queries.outline(page.session, code, Moment.of(page.session))
    if county is None:
        return None
    whole = shapely.union(county.geometry, shapely.box(*box)).bounds
    frame = Frame.around(whole)
    outline = frame.path(np.array([county.geometry], dtype=object))
    return {"frame": frame, "county": outline, "name": county.name, "box": _box(frame, box)}


def _parcels(
    page: PageFrame, found: LandImport, report: dict[str, Any], frame: Frame
) -> str | None:
    path: Path = page.request.app.state.reader.directory / str(found.id) / "result.arrow"
    is_small = (
        report.get("n_features", 0) <= MAX_PARCELS and report.get("n_vertices", 0) <= MAX_VERTICES
    )
    if not is_small or not path.exists():
        return None
    blobs = table_of(path).column("geometry").drop_null().to_pylist()
    return frame.path(shapely.from_wkb(np.array(blobs, dtype=object)))


def _dots(page: PageFrame, found: LandImport, frame: Frame) -> list[dict[str, Any]]:
    listed, _ = findings.of_import(page.session, found.id, rule=None, after=0, limit=MAX_DOTS)
    return list(_placed(map(findings.read, listed), frame))


def _placed(shown: Iterable[Any], frame: Frame) -> Iterable[dict[str, Any]]:
    for each in shown:
        if each.lon is not None:
            ((x, y),) = frame.places(np.array([[each.lon, each.lat]])).round(1).tolist()
            yield {"x": x, "y": y, "severity": each.severity, "text": each.message}


def _degrees(box: Sequence[float]) -> str:
    west, south, east, north = (f"{each:.{DECIMALS}f}°" for each in box)
    return f"东经 {west} 至 {east},北纬 {south} 至 {north}"

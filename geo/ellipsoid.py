"""Area on the CGCS2000 ellipsoid, as the statutes sum it, and metres around a place."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely

SEMI_MAJOR_M = 6378137.0
INVERSE_FLATTENING = 298.257222101

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Geometries = npt.NDArray[np.object_]

_E2 = (2 - 1 / INVERSE_FLATTENING) / INVERSE_FLATTENING
_SEMI_MINOR2_M2 = SEMI_MAJOR_M**2 * (1 - _E2)
_SERIES = tuple((k + 1) / (2 * k + 1) * _E2**k for k in range(5))
"""Coefficients of sin B, sin³B … sin⁹B in `band_area_m2` over the square of the semi-minor axis."""

_BLOCK = 1 << 14
"""Vertices at a time: six such arrays stay in the processor's cache, and memory stays flat."""
_GEOMETRIES = 4096
_FLAT_RAD, _TALL_RAD = 1e-12, 0.05  # 6 µm, 319 km: see `_local_bands`
_NODES = np.cos((np.arange(8) + 0.5) * np.pi / 8)
_TO_POWERS = np.linalg.inv(np.vander(_NODES, increasing=True))

_POLYGON = b"\x01\x03\x00\x00\x00\x01\x00\x00\x00"
"""How the WKB of a polygon without holes begins, little endian."""
_BEFORE = len(_POLYGON) + 4
"""Bytes before the first coordinate: the header and the number of points."""
_MULTI = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00"  # of one part; its polygon follows


def band_area_m2(latitude_rad: npt.ArrayLike) -> Floats:
    """Return the area function Q: the zone from the equator to a latitude, per radian.

    The statutory area sums over the edges of a ring, with Bm the mean latitude and L measured
    from any meridian,

        2 b² (L1 + L2) / 2 · [A sin(ΔB/2) cos Bm - B sin(3ΔB/2) cos 3Bm + C sin(5ΔB/2) cos 5Bm
        - D sin(7ΔB/2) cos 7Bm + E sin(9ΔB/2) cos 9Bm].

    As 2 sin(kΔB/2) cos(kBm) = sin kB2 - sin kB1, this is (Q(B2) - Q(B1)) (L1 + L2) / 2 with
    Q = b² (A sin B - B sin 3B + C sin 5B - D sin 7B + E sin 9B), and expanding the multiple
    angles leaves Q = b² Σ (k + 1)/(2k + 1) e²ᵏ sin²ᵏ⁺¹B for k = 0 to 4.

    Parameters
    ----------
    latitude_rad : array_like of float
        Geodetic latitude on CGCS2000, radians.

    Returns
    -------
    ndarray of float64
        Q in m² per radian of longitude.

    References
    ----------
    TD/T 1055-2019 (third national land survey), calculation of parcel areas on the ellipsoid.
    """
    sine = np.sin(np.asarray(latitude_rad, dtype=float))
    square = sine * sine
    area = np.full_like(sine, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        area = area * square + coefficient
    bands: Floats = _SEMI_MINOR2_M2 * sine * area
    return bands


def ring_areas_m2(coords: npt.ArrayLike, offsets: npt.ArrayLike) -> Floats:
    """Return the signed statutory area of each ring of a ragged array.

    Parameters
    ----------
    coords : array_like of float, shape (n, 2)
        Longitude and latitude in degrees of EPSG:4490, ring after ring. A ring may repeat its
        first vertex at its end or not. None may cross the antimeridian.
    offsets : array_like of int, shape (r + 1,)
        Ring `i` holds `coords[offsets[i]:offsets[i + 1]]`.

    Returns
    -------
    ndarray of float64, shape (r,)
        Areas in m², positive where the ring runs counter-clockwise, 0 for an empty ring and nan
        where a coordinate is not finite.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the offsets fall or lead beyond the coordinates.
    """
    lonlat = np.asarray(coords, dtype=float)
    bounds = np.asarray(offsets, dtype=np.intp)
    if lonlat.shape[1:] != (2,) or bounds.ndim != 1 or not bounds.size:
        raise ValueError("coords must be (n, 2) and offsets (r + 1,)")
    if bounds[0] < 0 or bounds[-1] > len(lonlat) or (np.diff(bounds) < 0).any():
        raise ValueError("offsets must rise within the coordinates")
    areas = np.zeros(len(bounds) - 1)
    with np.errstate(invalid="ignore", over="ignore"):
        start = 0
        while start < len(areas):
            limit = bounds[start] + _BLOCK
            stop = max(start + 1, int(np.searchsorted(bounds, limit, side="right")) - 1)
            areas[start:stop] = _block_areas(lonlat, bounds[start : stop + 1])
            start = stop
    return areas


def _block_areas(lonlat: Floats, bounds: Indices) -> Floats:
    """Shoelace in (L, Q) over the rings of one block, L from each ring's first vertex."""
    areas = np.zeros(len(bounds) - 1)
    filled = np.flatnonzero(np.diff(bounds))
    if not filled.size:
        return areas
    first, last = bounds[:-1][filled] - bounds[0], bounds[1:][filled] - bounds[0] - 1
    rows = lonlat[bounds[0] : bounds[-1]]
    lon, bands = rows[:, 0], _local_bands(rows[:, 1])
    # Each ring's own origin comes off before anything is multiplied: ΔQ is about 10⁸ m²/rad over
    # a parcel, and (L1 + L2)/2 from Greenwich would cost it six digits.
    edges = np.empty_like(bands)
    np.add(lon[1:], lon[:-1], out=edges[:-1])
    edges[last] = lon[last] + lon[first]
    edges -= np.repeat(2 * lon[first], last - first + 1)
    steps = np.empty_like(bands)
    np.subtract(bands[1:], bands[:-1], out=steps[:-1])
    steps[last] = bands[first] - bands[last]
    edges *= steps
    areas[filled] = np.add.reduceat(edges, first) * (np.pi / 360)
    return areas


def _local_bands(lat: Floats) -> Floats:
    """Q less a constant, in m²/rad, at latitudes in degrees.

    Over a block no taller than a province Q is its interpolating polynomial of degree 7 to the
    last digit (error h⁸/(2⁷ 8!) of b² for a half height of h), at a quarter of a sine's cost.
    """
    low, high = lat.min(), lat.max()
    half = np.radians(high - low) / 2
    if not _FLAT_RAD < half < _TALL_RAD:
        return band_area_m2(np.radians(lat))
    nodes = band_area_m2(np.radians((high + low) / 2) + half * _NODES)
    powers = _TO_POWERS @ (nodes - nodes.mean())
    place = (lat - (high + low) / 2) * (2 / (high - low))
    bands: Floats = powers[-1] * place
    for coefficient in powers[-2:0:-1]:
        bands += coefficient
        bands *= place
    return bands


def areas_m2(geometries: npt.ArrayLike) -> Floats:
    """Return the statutory area of each geometry.

    Parameters
    ----------
    geometries : array_like of shapely geometries, shape (n,)
        Polygons and MultiPolygons in EPSG:4490 degrees; whatever has no area counts 0.

    Returns
    -------
    ndarray of float64, shape (n,)
        Areas in m²: shells less holes, however their rings run. None and empty are 0.

    Notes
    -----
    Edges are straight in (L, Q), as the statutes have it, not geodesics: one of l metres along
    a parallel differs by l³ tan B / 12a, below 1 ppm of a parcel up to edges of some 100 m.
    """
    shapes = np.asarray(geometries, dtype=object)
    starts = range(0, len(shapes), _GEOMETRIES)
    areas = [_shape_areas(shapes[start : start + _GEOMETRIES]) for start in starts]
    return np.concatenate([np.empty(0), *areas])


def _shape_areas(shapes: Geometries) -> Floats:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    rings, part = shapely.get_rings(parts, return_index=True)
    counts = shapely.get_num_coordinates(rings)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    areas = np.abs(ring_areas_m2(shapely.get_coordinates(rings), offsets))
    is_hole = np.diff(part, prepend=-1) == 0
    areas[is_hole] *= -1
    return np.bincount(owner[part], weights=areas, minlength=len(shapes)).astype(np.float64)


def areas_of_wkb_m2(blobs: Sequence[bytes | None]) -> Floats:
    """Return the statutory area of each stored geometry, most without making a geometry.

    Parameters
    ----------
    blobs : sequence of bytes or None, length n
        Two-dimensional WKB in EPSG:4490 degrees.

    Returns
    -------
    ndarray of float64, shape (n,)
        As `areas_m2` of the same geometries.

    Raises
    ------
    shapely.errors.GEOSException
        If a blob is not WKB, or says more points than it holds.
    """
    starts = range(0, len(blobs), _GEOMETRIES)
    areas = [_blob_areas(blobs[start : start + _GEOMETRIES]) for start in starts]
    return np.concatenate([np.empty(0), *areas])


def _blob_areas(blobs: Sequence[bytes | None]) -> Floats:
    # Written out, not called: a call for each blob would cost as much as its area.
    cut = [
        blob[_BEFORE:] if blob and blob[:_BEFORE] == _header(len(blob)) else _only_ring(blob)
        for blob in blobs
    ]
    lengths = np.fromiter(map(len, cut), dtype=np.intp, count=len(cut))
    coords = np.frombuffer(b"".join(cut), dtype="<f8").reshape(-1, 2)
    areas = np.abs(ring_areas_m2(coords, np.concatenate([[0], np.cumsum(lengths // 16)])))
    others = np.flatnonzero(lengths == 0).tolist()
    if others:
        areas[others] = areas_m2(shapely.from_wkb([blobs[index] for index in others]))
    return areas


@lru_cache(maxsize=4096)
def _header(length: int) -> bytes:
    """Return how a polygon of one ring begins if it takes so many bytes, number of points too."""
    n_points, rest = divmod(length - _BEFORE, 16)
    return b"" if rest or n_points < 0 else _POLYGON + n_points.to_bytes(4, "little")


def _only_ring(blob: bytes | None) -> bytes:
    """Return the coordinates of a MultiPolygon of one ring; nothing of anything else."""
    if blob is None or not blob.startswith(_MULTI):
        return b""
    ring = blob[len(_MULTI) + _BEFORE :]
    is_whole = blob[len(_MULTI) : -len(ring)] == _header(len(ring) + _BEFORE)
    return ring if ring and is_whole else b""


def local_scale(lat_deg: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return how long a degree is at a latitude, for tolerances in metres.

    Parameters
    ----------
    lat_deg : array_like of float
        Latitude on CGCS2000, degrees.

    Returns
    -------
    tuple of ndarray of float64
        Metres per degree of longitude and metres per degree of latitude.
    """
    lat = np.radians(np.asarray(lat_deg, dtype=float))
    w2 = 1 - _E2 * np.sin(lat) ** 2
    along = SEMI_MAJOR_M / np.sqrt(w2)
    return np.radians(along * np.cos(lat)), np.radians(along * (1 - _E2) / w2)


def to_plane(
    geometries: npt.ArrayLike, origin_lon: npt.ArrayLike, origin_lat: npt.ArrayLike
) -> Geometries:
    """Lay geometries on a plane that keeps statutory area, true to scale at the origin.

    East is L times the radius of the origin's parallel, north Q over that radius: areas in the
    plane are statutory. Widths are true within 1 in 10⁴ up to 1.4 km north or south (at 24°).

    Parameters
    ----------
    geometries : array_like of shapely geometries, shape (n,)
        In EPSG:4490 degrees; None stays None.
    origin_lon, origin_lat : array_like of float, scalar or shape (n,)
        Origin in degrees, one for all or one for each geometry.

    Returns
    -------
    ndarray of shapely geometries, shape (n,)
        East and north of the origin in metres.
    """
    shapes = np.asarray(geometries, dtype=object)
    counts = shapely.get_num_coordinates(shapes)
    lon, lat = (
        np.repeat(np.broadcast_to(np.asarray(each, dtype=float), shapes.shape), counts)
        for each in (origin_lon, origin_lat)
    )
    radius = np.degrees(local_scale(lat)[0])
    zero = band_area_m2(np.radians(lat))

    def lay(lonlat: Floats) -> Floats:
        east = np.radians(lonlat[:, 0] - lon) * radius
        north = (band_area_m2(np.radians(lonlat[:, 1])) - zero) / radius
        return np.column_stack([east, north])

    laid: Geometries = shapely.transform(shapes, lay)
    return laid

"""Which geometries are valid, and what a repair would make of those that are not."""

import numpy as np
import shapely

from geo.exam_findings import Flags, Geometries, polygonal


def finite(geometries: Geometries) -> Flags:
    """Tell which geometries have only finite coordinates; empty ones and None do.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type.

    Returns
    -------
    bool array, shape (n,)
        False where a coordinate is infinite or not a number.
    """
    coords, owner = shapely.get_coordinates(geometries, return_index=True)
    is_finite = np.ones(len(geometries), dtype=bool)
    is_finite[owner[~np.isfinite(coords).all(axis=1)]] = False
    return is_finite


def valid(geometries: Geometries) -> Flags:
    """Tell which geometries are valid.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, any CRS.

    Returns
    -------
    bool array, shape (n,)
        False for None and for coordinates that are not finite.
    """
    with np.errstate(invalid="ignore"):  # a NaN among the coordinates is an answer, not an error
        return np.asarray(shapely.is_valid(geometries))


def repair(geometries: Geometries, is_valid: Flags | None = None) -> Geometries:
    """Propose a valid polygon for each geometry that is not one.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, any CRS; None is allowed.
    is_valid : bool array, shape (n,), optional
        Of `valid`, if it is known.

    Returns
    -------
    object array, shape (n,)
        A valid polygon or multipolygon where the geometry is invalid or of another type;
        None where none is needed and where nothing with an area is left.

    Notes
    -----
    By the structure method: rings keep their part as shell or hole. The default method builds
    every face of the linework; 3,001 vertices of a star exhaust 4 GiB.
    """
    geometries = np.asarray(geometries, dtype=object)
    repaired = np.full(len(geometries), None, dtype=object)
    is_valid = valid(geometries) if is_valid is None else is_valid
    is_there = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    needed = np.flatnonzero(is_there & ~(polygonal(geometries) & is_valid))
    needed = needed[finite(geometries[needed])]
    if len(needed):
        made = shapely.make_valid(geometries[needed], method="structure", keep_collapsed=False)
        repaired[needed] = polygon_parts(made)
    return repaired


def polygon_parts(geometries: Geometries) -> Geometries:
    """Return the polygonal part of each geometry, None where it has none.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, any CRS; collections are taken apart.

    Returns
    -------
    object array, shape (n,)
        Polygons, multipolygons and None.
    """
    result = geometries.copy()
    is_mixed = ~polygonal(result)
    for index in np.flatnonzero(is_mixed):
        result[index] = _polygons_of(result[index])
    result[shapely.is_empty(result)] = None
    return result


def _polygons_of(geometry: shapely.Geometry | None) -> shapely.Geometry | None:
    parts = [] if geometry is None else [geometry]
    while any(hasattr(part, "geoms") for part in parts):
        parts = list(shapely.get_parts(parts))
    polygons = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    if len(polygons) <= 1:
        return polygons[0] if polygons else None
    return shapely.union_all(polygons)

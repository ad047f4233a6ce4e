"""The SQLite file as a GeoPackage 1.3: its blobs, its R*Trees, the tables that describe it.

What GDAL and QGIS need to open the file as it stands. The functions registered here are what
GeoPackage's own triggers call (ST_MinX and its like) and what our predicates call.
"""

import sqlite3
import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from sqlalchemy import Connection

SRID = 4490
HEADER = struct.Struct("<2sBBi4d")
"""GeoPackage binary header with an xy envelope: magic, version, flags, srs_id, envelope."""
FLAGS = 0b0000_0011
"""Little endian, envelope [minx, maxx, miny, maxy], not empty."""
EDGES = ("minx", "maxx", "miny", "maxy")
HEADER_DTYPE = np.dtype([("start", "V4"), ("srid", "<i4"), *((edge, "<f8") for edge in EDGES)])
APPLICATION_ID = 0x47504B47
USER_VERSION = 10300
LAYER_TABLES = frozenset(
    {"parcel_versions", "farmland_versions", "area_outlines", "approvals", "exam_findings"}
)
CACHE_KIB = 2000
"""SQLite's own default."""
BULK_CACHE_KIB = 256 * 1024
RTREE_EXTENSION = "http://www.geopackage.org/spec120/#extension_rtree"


def blob(wkb: bytes, bounds: tuple[float, float, float, float]) -> bytes:
    """Return the GeoPackage blob of a WKB with these bounds (west, south, east, north)."""
    west, south, east, north = bounds
    return HEADER.pack(b"GP", 0, FLAGS, SRID, west, east, south, north) + wkb


def blobs(wkbs: Iterable[bytes | None], bounds: npt.NDArray[np.float64]) -> list[bytes | None]:
    """Return the GeoPackage blobs of many WKBs; `bounds` is (n, 4): west, south, east, north."""
    heads = np.empty(len(bounds), HEADER_DTYPE)
    heads["start"] = np.void(struct.pack("<2sBB", b"GP", 0, FLAGS))
    heads["srid"] = SRID
    for column, name in enumerate(("minx", "miny", "maxx", "maxy")):
        heads[name] = bounds[:, column]
    raw, size = heads.tobytes(), HEADER.size
    return [
        None if wkb is None else raw[n * size : (n + 1) * size] + wkb for n, wkb in enumerate(wkbs)
    ]


# --- what SQLite asks Python


class _Asked(NamedTuple):
    geometry: shapely.Geometry
    bounds: tuple[float, float, float, float]
    is_box: bool


@lru_cache(maxsize=64)
def _asked(value: bytes) -> _Asked:
    geometry = shapely.from_wkb(value[HEADER.size :])
    shapely.prepare(geometry)
    bounds = geometry.bounds
    return _Asked(geometry, bounds, geometry.equals(shapely.box(*bounds)))


def _intersects(value: bytes, wanted: bytes) -> bool:
    asked = _asked(wanted)
    west, south, east, north = asked.bounds
    minx, maxx, miny, maxy = HEADER.unpack_from(value)[4:]
    if minx > east or maxx < west or miny > north or maxy < south:
        return False
    if asked.is_box and west <= minx and maxx <= east and south <= miny and maxy <= north:
        return True
    return bool(asked.geometry.intersects(shapely.from_wkb(value[HEADER.size :])))


def _within(value: bytes, wanted: bytes) -> bool:
    return bool(_asked(wanted).geometry.contains(shapely.from_wkb(value[HEADER.size :])))


def _contains(value: bytes, wanted: bytes) -> bool:
    return bool(_asked(wanted).geometry.within(shapely.from_wkb(value[HEADER.size :])))


def _meets_box(value: bytes, wanted: bytes) -> bool:
    west, east, south, north = HEADER.unpack_from(wanted)[4:]
    minx, maxx, miny, maxy = HEADER.unpack_from(value)[4:]
    return bool(minx <= east and maxx >= west and miny <= north and maxy >= south)


def _edge(place: int) -> Any:
    def read(value: bytes | None) -> float | None:
        return None if value is None else float(HEADER.unpack_from(value)[4 + place])

    return read


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that predicates and GeoPackage's triggers call."""
    for name, function in (
        ("ST_Intersects", _intersects),
        ("ST_Within", _within),
        ("ST_Contains", _contains),
        ("ST_MeetsBox", _meets_box),
    ):
        connection.create_function(name, 2, function, deterministic=True)
    for place, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, _edge(place), deterministic=True)
    connection.create_function("ST_IsEmpty", 1, lambda value: value is None, deterministic=True)


def restore(connection: sqlite3.Connection) -> None:
    """Take back, after its transaction, what `insert_many` asked for."""
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA cache_spill = ON")


# --- the tables that describe the file

_TABLES = """
CREATE TABLE IF NOT EXISTS gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE IF NOT EXISTS gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE IF NOT EXISTS gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))
"""
_TRIGGERS = {
    "insert": """AFTER INSERT ON "{t}"
      WHEN (new."{c}" NOT NULL AND NOT ST_IsEmpty(NEW."{c}"))
      BEGIN INSERT OR REPLACE INTO "{r}" VALUES (NEW."id", ST_MinX(NEW."{c}"),
        ST_MaxX(NEW."{c}"), ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END""",
    "update6": """AFTER UPDATE OF "{c}" ON "{t}"
      WHEN OLD."id" = NEW."id" AND (NEW."{c}" NOTNULL AND NOT ST_IsEmpty(NEW."{c}"))
      BEGIN INSERT OR REPLACE INTO "{r}" VALUES (NEW."id", ST_MinX(NEW."{c}"),
        ST_MaxX(NEW."{c}"), ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END""",
    "update2": """AFTER UPDATE OF "{c}" ON "{t}"
      WHEN OLD."id" = NEW."id" AND (NEW."{c}" ISNULL OR ST_IsEmpty(NEW."{c}"))
      BEGIN DELETE FROM "{r}" WHERE id = OLD."id"; END""",
    "update5": """AFTER UPDATE ON "{t}"
      WHEN OLD."id" != NEW."id" AND (NEW."{c}" NOTNULL AND NOT ST_IsEmpty(NEW."{c}"))
      BEGIN DELETE FROM "{r}" WHERE id = OLD."id"; INSERT OR REPLACE INTO "{r}" VALUES (NEW."id",
        ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"), ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END""",
    "update4": """AFTER UPDATE ON "{t}"
      WHEN OLD."id" != NEW."id" AND (NEW."{c}" ISNULL OR ST_IsEmpty(NEW."{c}"))
      BEGIN DELETE FROM "{r}" WHERE id IN (OLD."id", NEW."id"); END""",
    "delete": """AFTER DELETE ON "{t}" WHEN old."{c}" NOT NULL
      BEGIN DELETE FROM "{r}" WHERE id = OLD."id"; END""",
}
"""The triggers of the rtree_index extension, with its own names."""


class IndexBroken(RuntimeError):
    """A table and its R*Tree do not hold the same rows."""


def rtree_name(table: str, column: str) -> str:
    """Return the name that GeoPackage gives to the R*Tree of a column."""
    return f"rtree_{table}_{column}"


def describe(connection: Connection) -> None:
    """Make the file a GeoPackage; safe to repeat."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {USER_VERSION}")
    for statement in _TABLES.split(";"):
        connection.exec_driver_sql(statement)
    undefined = [("Undefined Cartesian", -1, "NONE", -1, "undefined")]
    undefined += [("Undefined geographic", 0, "NONE", 0, "undefined")]
    for srid in (4326, SRID):
        crs = pyproj.CRS.from_epsg(srid)
        undefined.append((crs.name, srid, "EPSG", srid, crs.to_wkt("WKT1_GDAL")))
    for row in undefined:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)", row
        )


def add_layer(
    connection: Connection, table: str, *, kind: str, title: str, column: str = "geometry"
) -> None:
    """List a table as a feature layer with its R*Tree; safe to repeat.

    Alembic's batch mode makes tables anew and loses their triggers: call this after it.
    """
    tree = rtree_name(table, column)
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, "
        "srs_id) VALUES (?, 'features', ?, ?, ?)",
        (table, table, title, SRID),
    )
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)",
        (table, column, kind.upper(), SRID),
    )
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')",
        (table, column, RTREE_EXTENSION),
    )
    connection.exec_driver_sql(
        f'CREATE VIRTUAL TABLE IF NOT EXISTS "{tree}" USING rtree(id, minx, maxx, miny, maxy)'
    )
    for name in _TRIGGERS:
        _put_trigger(connection, table, column, name)
    refuse_broken_index(connection, table, column)


def refuse_broken_index(connection: Connection, table: str, column: str = "geometry") -> None:
    """Raise where a table and its R*Tree differ in number."""
    tree = rtree_name(table, column)
    rows = connection.exec_driver_sql(
        f'SELECT (SELECT count(*) FROM "{tree}"), '
        f'(SELECT count(*) FROM "{table}" WHERE "{column}" IS NOT NULL)'
    ).one()
    if rows[0] != rows[1]:
        raise IndexBroken(f"{tree} has {rows[0]} entries for {rows[1]} geometries")


def _put_trigger(connection: Connection, table: str, column: str, name: str) -> None:
    tree = rtree_name(table, column)
    body = _TRIGGERS[name].format(t=table, c=column, r=tree)
    connection.exec_driver_sql(f'CREATE TRIGGER IF NOT EXISTS "{tree}_{name}" {body}')


def insert_many(
    connection: Connection,
    table: str,
    columns: list[str],
    rows: Iterable[tuple[Any, ...]],
    boxes: Iterable[tuple[int, float, float, float, float]],
) -> None:
    """Insert many rows and their R*Tree entries (id, minx, maxx, miny, maxy).

    The insert trigger would call Python five times a row; here the bounds come in one array.
    """
    # What is written stays in memory until the commit: spilling early would write it twice, and
    # would shut readers out for as long as the transaction lasts.
    connection.exec_driver_sql(f"PRAGMA cache_size = -{BULK_CACHE_KIB}")
    connection.exec_driver_sql("PRAGMA cache_spill = OFF")
    tree = rtree_name(table, "geometry")
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    connection.exec_driver_sql(f'DROP TRIGGER "{tree}_insert"')
    cursor: Any = connection.connection.cursor()  # it takes any iterable of rows
    try:
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)
        cursor.executemany(f'INSERT INTO "{tree}" VALUES (?, ?, ?, ?, ?)', boxes)
    finally:
        cursor.close()
    _put_trigger(connection, table, "geometry", "insert")
    connection.exec_driver_sql(
        "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now') "
        "WHERE table_name = ?",
        (table,),
    )

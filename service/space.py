"""Space on two engines: one column type, one set of predicates, one answer.

PostgreSQL keeps PostGIS geometry with a GiST index. SQLite keeps GeoPackage blobs with an
R*Tree and calls Shapely for the predicates, so that the file is a GeoPackage as it stands.
Geometries are MultiPolygons (or any kind, for places) in CGCS2000, EPSG:4490, lon/lat order.
"""

from typing import Any, NamedTuple

import shapely
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    LargeBinary,
    Table,
    literal,
    type_coerce,
)
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement, GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from service import geopackage
from service.geopackage import HEADER, SRID, blob, rtree_name

MULTI_OF_ONE = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00"
"""How the WKB of a MultiPolygon of one part begins; its Polygon follows."""
POLYGON = b"\x01\x03\x00\x00\x00"


class Box(NamedTuple):
    """A box in degrees of EPSG:4490."""

    west: float
    south: float
    east: float
    north: float


def place_of(box: Box) -> shapely.Geometry:
    """Return a box; one without width is a line or a point: as an area it would be invalid."""
    west, south, east, north = box
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    if (west, south) == (east, north):
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


class _PostgisGeometry(UserDefinedType[bytes]):
    cache_ok = True

    def __init__(self, kind: str = "Geometry", srid: str | int = SRID) -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        return f"geometry({self.kind},{SRID})"


ischema_names["geometry"] = _PostgisGeometry  # or reading a table's columns would warn


class _FromWkb(GenericFunction[Any]):
    name = "ST_GeomFromWKB"
    inherit_cache = True


class _AsBinary(GenericFunction[Any]):
    name = "ST_AsBinary"
    inherit_cache = True


@compiles(_FromWkb, "sqlite")
@compiles(_AsBinary, "sqlite")
def _as_it_is(element: FunctionElement[Any], compiler: Any, **kwargs: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **kwargs))


class Geometry(TypeDecorator[Any]):
    """A geometry in EPSG:4490: a Shapely geometry in Python, indexed on both engines."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, kind: str = "MultiPolygon") -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the storage type of the engine."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(_PostgisGeometry(self.kind))
        return LargeBinary()

    def bind_expression(self, bindparam: Any) -> Any:
        """Hand PostGIS its own type."""
        return _FromWkb(bindparam, SRID)

    def column_expression(self, column: Any) -> Any:
        """Take standard WKB from PostGIS."""
        return _AsBinary(column, type_=self)

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Write the engine's bytes of a Shapely geometry."""
        if value is None:
            return None
        wkb = self.wkb_to_store(value)
        return wkb if dialect.name == "postgresql" else blob(wkb, value.bounds)

    def wkb_to_store(self, geometry: shapely.Geometry) -> bytes:
        """Return the WKB that this column holds of a geometry."""
        wkb: bytes = shapely.to_wkb(geometry, byte_order=1)
        return as_multi(wkb) if self.kind == "MultiPolygon" else wkb

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a Shapely geometry."""
        if value is None:
            return None
        return shapely.from_wkb(_plain(value, dialect))


class Wkb(TypeDecorator[bytes]):
    """The same column read as WKB, for what is only measured or drawn by arrays."""

    impl = LargeBinary
    cache_ok = True

    def column_expression(self, column: Any) -> Any:
        """Take standard WKB from PostGIS."""
        return _AsBinary(column, type_=self)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """Return the WKB; a MultiPolygon of one part as its Polygon."""
        return None if value is None else _plain(value, dialect)


def _plain(value: Any, dialect: Dialect) -> bytes:
    wkb = bytes(value) if dialect.name == "postgresql" else value[HEADER.size :]
    return wkb[len(MULTI_OF_ONE) :] if wkb.startswith(MULTI_OF_ONE) else wkb


def wkb_of(column: Any) -> ColumnElement[bytes]:
    """Return a geometry column as WKB bytes."""
    return type_coerce(column, Wkb())


def as_multi(wkb: bytes) -> bytes:
    """Return the WKB of a Polygon as that of a MultiPolygon; others as they are."""
    return MULTI_OF_ONE + wkb if wkb.startswith(POLYGON) else wkb


class _Predicate(FunctionElement[bool]):
    """A spatial predicate of a geometry column and a geometry.

    Its clauses: the table's key, the column, the geometry, then its box. SQLite asks the
    R*Tree first; PostGIS asks its index by itself.
    """

    inherit_cache = True
    type = Boolean()
    function: str

    def self_group(self, against: Any = None) -> "_Predicate":
        # SQLAlchemy would write "(…) = 1" on SQLite, which then asks no index.
        return self


class Intersects(_Predicate):
    """Have a point in common."""

    inherit_cache = True
    name = function = "ST_Intersects"


class Within(_Predicate):
    """Lie inside the given geometry."""

    inherit_cache = True
    name = function = "ST_Within"


class Contains(_Predicate):
    """Have the given geometry inside."""

    inherit_cache = True
    name = function = "ST_Contains"


class MeetsBox(_Predicate):
    """Have bounds that meet the given box."""

    inherit_cache = True
    name = function = "ST_MeetsBox"


class NearBox(_Predicate):
    """Have bounds that meet the given box, in the single precision of the index alone."""

    inherit_cache = True
    name = function = "near_box"


def _predicate(made: type[_Predicate], column: Any, geometry: shapely.Geometry) -> _Predicate:
    west, south, east, north = geometry.bounds
    box = [literal(edge) for edge in (west, east, south, north)]
    return made(column.table.c.id, column, literal(geometry, Geometry("Geometry")), *box)


def _inner(column: Any) -> Any:
    """Return the table's column of a mapped attribute."""
    return column.__clause_element__() if hasattr(column, "__clause_element__") else column


def intersects(column: Any, geometry: shapely.Geometry) -> ColumnElement[bool]:
    """Return the criterion that a geometry has a point in common with this one."""
    return _predicate(Intersects, _inner(column), geometry)


def within(column: Any, geometry: shapely.Geometry) -> ColumnElement[bool]:
    """Return the criterion that a geometry lies inside this one."""
    return _predicate(Within, _inner(column), geometry)


def contains(column: Any, geometry: shapely.Geometry) -> ColumnElement[bool]:
    """Return the criterion that this geometry lies inside the row's."""
    return _predicate(Contains, _inner(column), geometry)


def meets_box(column: Any, box: Box) -> ColumnElement[bool]:
    """Return the criterion that a geometry's bounds meet a box."""
    return _predicate(MeetsBox, _inner(column), shapely.box(*box))


def near_box(column: Any, box: Box) -> ColumnElement[bool]:
    """Return the criterion of `meets_box` as the index answers it: a metre too many is found.

    For what is cut to the box afterwards, such as a tile.
    """
    return _predicate(NearBox, _inner(column), shapely.box(*box))


@compiles(NearBox, "postgresql")
def _near_on_postgresql(element: NearBox, compiler: Any, **kwargs: Any) -> str:
    _, column, geometry, *_ = (compiler.process(each, **kwargs) for each in element.clauses)
    return f"({column} && {geometry})"


@compiles(_Predicate, "postgresql")
def _on_postgresql(element: _Predicate, compiler: Any, **kwargs: Any) -> str:
    _, column, geometry, *_ = (compiler.process(each, **kwargs) for each in element.clauses)
    return f"{element.function}({column}, {geometry})"


@compiles(MeetsBox, "postgresql")
def _box_on_postgresql(element: MeetsBox, compiler: Any, **kwargs: Any) -> str:
    # `&&` compares single-precision boxes: it finds, the exact bounds decide.
    texts = [compiler.process(each, **kwargs) for each in element.clauses]
    column, geometry, west, east, south, north = texts[1:]
    return (
        f"({column} && {geometry} AND ST_XMin({column}) <= {east} AND ST_XMax({column}) >= {west}"
        f" AND ST_YMin({column}) <= {north} AND ST_YMax({column}) >= {south})"
    )


@compiles(_Predicate, "sqlite")
def _on_sqlite(element: _Predicate, compiler: Any, **kwargs: Any) -> str:
    _, column, geometry, *_ = (compiler.process(each, **kwargs) for each in element.clauses)
    # The R*Tree keeps single-precision bounds, rounded outwards: it finds, Shapely decides.
    near = _near_on_sqlite(element, compiler, **kwargs)
    return f"({near} AND {element.function}({column}, {geometry}))"


@compiles(NearBox, "sqlite")
def _near_on_sqlite(element: _Predicate, compiler: Any, **kwargs: Any) -> str:
    key, _, _, west, east, south, north = (
        compiler.process(each, **kwargs) for each in element.clauses
    )
    tree = rtree_name(_table_of(list(element.clauses)[1].table), "geometry")
    return (
        f'{key} IN (SELECT id FROM "{tree}" WHERE minx <= {east} AND maxx >= {west}'
        f" AND miny <= {north} AND maxy >= {south})"
    )


def _table_of(selectable: FromClause) -> str:
    while not isinstance(selectable, Table):
        selectable = selectable.element  # type: ignore[attr-defined]
    return selectable.name


def furnish(connection: Connection, table: str, *, kind: str, title: str) -> None:
    """Index a table's geometry, and list it as a layer of the file; safe to repeat."""
    if connection.dialect.name == "sqlite":
        geopackage.describe(connection)
        geopackage.add_layer(connection, table, kind=kind, title=title)
        return
    connection.exec_driver_sql(
        f'CREATE INDEX IF NOT EXISTS "ix_{table}_geometry" ON "{table}" USING gist (geometry)'
    )

"""Writing many versions of land at once, by arrays: COPY on PostgreSQL, `executemany` on SQLite."""

import io
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyarrow import csv
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from service import geopackage
from service.geopackage import SRID
from service.space import as_multi

EWKB_HEAD = struct.Struct("<BII")
HAS_SRID = 0x2000_0000
WKB_KIND = 5
"""Bytes of a WKB before its content: order and type."""
MULTI = "MultiPolygon"
COPY_BLOCK = 2**20


def next_id(session: Session, model: Any) -> int:
    """Return the first free key; the caller holds the ledger's lock, so nobody else takes it."""
    highest = session.scalar(select(func.max(model.__table__.c.id)))
    return (highest or 0) + 1


def insert(
    session: Session,
    model: Any,
    columns: Mapping[str, Any],
    geometries: Sequence[bytes | None] | None = None,
) -> None:
    """Insert rows given as columns (arrays, or one value for all) and WKB in EPSG:4490.

    Without geometries the table has none, and its first column is an array.
    """
    n = len(next(iter(columns.values()))) if geometries is None else len(geometries)
    if not n:
        return
    table = pa.table({name: _column(values, n) for name, values in columns.items()})
    wkbs = None
    if geometries is not None:
        wkbs = [None if wkb is None else as_multi(wkb) for wkb in geometries]
        if model.__table__.c.geometry.type.kind != MULTI:
            wkbs = list(geometries)
    into = _into_sqlite if session.get_bind().dialect.name == "sqlite" else _into_postgresql
    into(session.connection(), model.__tablename__, table, wkbs)


def _column(values: Any, n: int) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if values is None or isinstance(values, str | bool | int | float | date | UUID):
        return pa.repeat(pa.scalar(_plain(values)), n)
    return pa.array(values)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        # As SQLite keeps it, without a zone: PostgreSQL is told that it is UTC.
        return (
            value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        )
    return value


def _into_sqlite(
    connection: Connection, table: str, rows: pa.Table, wkbs: list[bytes | None] | None
) -> None:
    columns, names = [_for_sqlite(column) for column in rows.columns], rows.column_names
    if wkbs is None:
        marks = ", ".join("?" * len(names))
        cursor: Any = connection.connection.cursor()
        insertion = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
        cursor.executemany(insertion, zip(*columns, strict=True))
        cursor.close()
        return
    bounds = shapely.bounds(shapely.from_wkb(wkbs))
    edges = (bounds[:, n].tolist() for n in (0, 2, 1, 3))
    boxes = zip(rows.column("id").to_pylist(), *edges, strict=True)
    geopackage.insert_many(
        connection,
        table,
        [*names, "geometry"],
        zip(*columns, geopackage.blobs(wkbs, bounds), strict=True),
        (box for box, wkb in zip(boxes, wkbs, strict=True) if wkb is not None),
    )


def _for_sqlite(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_date(column.type):
        column = column.cast(pa.string())
    return list(column.to_pylist())


def _into_postgresql(
    connection: Connection, table: str, rows: pa.Table, wkbs: list[bytes | None] | None
) -> None:
    if wkbs is not None:
        ewkbs = [None if wkb is None else _ewkb(wkb).hex() for wkb in wkbs]
        rows = rows.append_column("geometry", pa.array(ewkbs, pa.large_string()))
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    text = io.BytesIO()
    csv.write_csv(rows, text, csv.WriteOptions(include_header=False))
    # Or instants, which are written without a zone, would be read in that of the server.
    connection.exec_driver_sql("SET LOCAL timezone TO 'UTC'")
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table}" ({names}) FROM STDIN (FORMAT csv)') as copy,
    ):
        whole = text.getbuffer()
        for start in range(0, len(whole), COPY_BLOCK):
            copy.write(whole[start : start + COPY_BLOCK])


def _ewkb(wkb: bytes) -> bytes:
    """Return a WKB with its SRID, as PostGIS's own text format wants it."""
    kind = int.from_bytes(wkb[1:WKB_KIND], "little") | HAS_SRID
    return EWKB_HEAD.pack(1, kind, SRID) + wkb[WKB_KIND:]


def decimals(values: pa.ChunkedArray, places: int) -> pa.ChunkedArray:
    """Round declared numbers half away from zero; what is not finite becomes none."""
    finite = pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float64()))
    return pc.round(finite, ndigits=places, round_mode="half_towards_infinity")


def row_ids(first: int, n: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return n keys from the first on."""
    return np.arange(first, first + n, dtype=np.int64)

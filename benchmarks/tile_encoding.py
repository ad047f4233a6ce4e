"""A vector tile of 5,000 parcels: ours beside mapbox-vector-tile and PostGIS's ST_AsMVT."""

import math
import os
import time
from collections.abc import Callable
from typing import Any

import mapbox_vector_tile
import numpy as np
import psycopg
import shapely
import sqlalchemy as sa

from benchmarks import load
from geo import tiles

POSTGIS_URL = os.environ.get("TEST_POSTGIS_URL")
N_PARCELS, N_VERTICES = 5_000, 31
TILE = tiles.Tile(13, 6665, 3528)
CLASSES = ("0101", "0103", "0201", "0301", "0702", "1006")
AS_MVT = """
    WITH unit AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS tile,
                         ST_Expand(ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 64 * %(u)s) AS box),
    cut AS (SELECT id, land_class, area_m2, ST_Transform(geometry, 3857) AS geometry
            FROM bench_tiles, unit WHERE geometry && ST_Transform(unit.box, 4490)),
    drawn AS (SELECT id, land_class, area_m2,
                     ST_AsMVTGeom(geometry, unit.tile, 4096, 64, true) AS geometry
              FROM cut, unit, LATERAL ST_ClipByBox2D(geometry, unit.box) AS clipped
              WHERE 2 * ST_Area(clipped) >= 1.5 * %(u)s * ST_Perimeter(clipped))
    SELECT ST_AsMVT(drawn, 'parcels', 4096, 'geometry', 'id') FROM drawn
"""
"""The tile as it is drawn from EPSG:4490, by the rule of `geo.tiles.encode`."""


def parcels() -> tuple[Any, dict[str, Any]]:
    """Return parcels that fill the tile, each a star of 31 vertices, and their properties."""
    west, south, east, north = tiles.tile_bounds(*TILE)
    side = math.ceil(math.sqrt(N_PARCELS))
    cell = np.arange(N_PARCELS)
    random = np.random.default_rng(1)
    angle = np.linspace(0, 2 * np.pi, N_VERTICES - 1, endpoint=False)
    reach = 0.35 + 0.14 * random.random((N_PARCELS, len(angle)))
    column = (cell % side + 0.5)[:, None] + reach * np.cos(angle)
    row = (cell // side + 0.5)[:, None] + reach * np.sin(angle)
    lon, lat = west + (east - west) * column / side, south + (north - south) * row / side
    corners = np.stack([lon, lat], axis=-1)
    made = shapely.polygons(np.concatenate([corners, corners[:, :1]], axis=1))
    classes = [CLASSES[n] for n in random.integers(len(CLASSES), size=N_PARCELS)]
    return made, {"land_class": classes, "area_m2": random.uniform(500, 9000, N_PARCELS).round(2)}


def run(is_quick: bool) -> None:
    """Print the milliseconds of each and our ratio to it."""
    geometries, properties = parcels()
    wkb = shapely.to_wkb(geometries).tolist()
    ids = np.arange(1, N_PARCELS + 1)
    peers: dict[str, Callable[[], object]] = {
        "ours": lambda: tiles.encode("parcels", wkb, ids, properties, TILE),
        "mapbox-vector-tile": lambda: _reference(wkb, ids, properties),
    }
    rounds = 3 if is_quick else 7
    if POSTGIS_URL is None:
        print("tile: TEST_POSTGIS_URL is not set, PostGIS is not measured")
        _report(peers, rounds)
        return
    url = sa.make_url(POSTGIS_URL).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        _fill(connection, wkb, properties)
        peers["ST_AsMVT"] = lambda: _postgis(connection)
        peers["WKB from PostGIS, then ours"] = lambda: _fetched(connection)
        _report(peers, rounds)
        connection.rollback()


def _report(peers: dict[str, Callable[[], object]], rounds: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for name, job in [*peers.items()] * (rounds + 1):
        started = time.perf_counter()
        job()
        seconds[name].append(time.perf_counter() - started)
    ours = seconds["ours"][1:]  # the first round warms up
    for name, taken in seconds.items():
        ratios = [a / b for a, b in zip(ours, taken[1:], strict=True)]
        spread = load.spread([1000 * each for each in taken[1:]])
        print(f"tile of {N_PARCELS}: {name}: {spread} ms; ours is {load.spread(ratios)} × that")


def _reference(wkb: list[bytes], ids: Any, properties: dict[str, Any]) -> bytes:
    west, south, east, north = tiles.tile_bounds(*TILE)
    features = [
        {"geometry": each, "id": int(n), "properties": {"land_class": code, "area_m2": area}}
        for each, n, code, area in zip(
            wkb, ids, properties["land_class"], properties["area_m2"].tolist(), strict=True
        )
    ]
    made: bytes = mapbox_vector_tile.encode(
        {"name": "parcels", "features": features},
        default_options={"quantize_bounds": (west, south, east, north)},
    )
    return made


def _fill(
    connection: psycopg.Connection[Any], wkb: list[bytes], properties: dict[str, Any]
) -> None:
    connection.execute(
        "CREATE TEMPORARY TABLE bench_tiles (id bigint PRIMARY KEY, land_class text,"
        " area_m2 double precision, geometry geometry(Polygon, 4490))"
    )
    rows = zip(properties["land_class"], properties["area_m2"].tolist(), wkb, strict=True)
    with connection.cursor() as cursor:
        with cursor.copy("COPY bench_tiles FROM STDIN") as copy:
            for n, (code, area, each) in enumerate(rows, start=1):
                copy.write_row(
                    (
                        n,
                        code,
                        area,
                        shapely.to_wkb(
                            shapely.set_srid(shapely.from_wkb(each), 4490),
                            hex=True,
                            include_srid=True,
                        ),
                    )
                )
        cursor.execute("CREATE INDEX ON bench_tiles USING gist (geometry)")
        cursor.execute("ANALYZE bench_tiles")


def _postgis(connection: psycopg.Connection[Any]) -> bytes:
    unit = 2 * math.pi * 6378137 / 2**TILE.z / tiles.EXTENT
    row = connection.execute(AS_MVT, {"z": TILE.z, "x": TILE.x, "y": TILE.y, "u": unit}).fetchone()
    assert row is not None
    return bytes(row[0])


def _fetched(connection: psycopg.Connection[Any]) -> bytes:
    box = tiles.tile_bounds(*TILE, buffer=tiles.BUFFER)
    found = connection.execute(
        "SELECT id, land_class, area_m2, ST_AsBinary(geometry) FROM bench_tiles"
        " WHERE geometry && ST_MakeEnvelope(%s, %s, %s, %s, 4490)",
        box,
        binary=True,
    ).fetchall()
    ids, classes, areas, wkb = zip(*found, strict=True)
    return tiles.encode("parcels", wkb, ids, {"land_class": classes, "area_m2": areas}, TILE)

"""The land: imports beside `ogr2ogr`, tiles beside PostGIS, boxes beside the bare database."""

import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely
import sqlalchemy as sa

from benchmarks.databases import POSTGIS_URL, a_database
from benchmarks.load import spread
from geo import tiles
from service import migrations, space
from service.areas.actions import shipped_areas
from service.database import Database
from service.demo import land, territory
from service.maps import tiles as maps
from service.parcels import bulk, queries
from service.parcels.codes import CODES
from service.parcels.models import ParcelVersion
from service.parcels.queries import Moment, Wanted
from service.space import Box

N_SMALL, N_IMPORT, N_BOOK = 10_000, 100_000, 1_000_000
N_QUICK = 20_000
CRS = "EPSG:4526"
IMPORT_LIMIT, MEMORY_LIMIT_MIB, BOX_LIMIT, GROWTH_LIMIT = 3, 1536, 3, 1.1
TILE_PARCELS, BOX_PARCELS = 5000, 1000
WEST, SOUTH, STEP = 112.3, 23.5, 0.0008
N_CORNERS = 30
MIDDLE = (112.7, 23.9)
ROUNDS = 7
AS_MVT = """
SELECT ST_AsMVT(t, 'parcels', 4096, 'geometry', 'id') FROM (
  SELECT id, uid::text, land_class, planting_attribute, exam, ellipsoidal_area_m2, area_code,
         ST_AsMVTGeom(ST_Transform(ST_SetSRID(geometry, 4326), 3857),
                      ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geometry
  FROM parcel_versions
  WHERE geometry && ST_SetSRID(
    ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.0156), 4326), 4490)
) AS t
"""


def run(is_quick: bool) -> None:
    """Measure every job on each engine that is here."""
    imports(is_quick=is_quick)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = {"sqlite": stack.enter_context(a_database("sqlite", folder))}
        if POSTGIS_URL is not None:
            urls["postgresql"] = stack.enter_context(a_database("postgresql", folder))
        n = N_IMPORT if is_quick else N_BOOK
        books = {engine: _book(engine, url, n) for engine, url in urls.items()}
        _tiles(books, rounds=3 if is_quick else ROUNDS)
        for engine, database in books.items():
            _boxes(engine, database, n, rounds=10 if is_quick else 40)
            database.dispose()


# --- imports


def imports(*, is_quick: bool) -> None:
    """An import with exam beside a copy with reprojection to the same kind of store."""
    if shutil.which("ogr2ogr") is None:
        print("land import: no ogr2ogr on this machine, not measured")
        return
    sizes = (N_SMALL, N_QUICK) if is_quick else (N_SMALL, N_IMPORT)
    with tempfile.TemporaryDirectory() as folder:
        files = {n: _files(Path(folder) / str(n), n) for n in sizes}
        for engine in ("sqlite", "postgresql"):
            if engine == "postgresql" and POSTGIS_URL is None:
                continue
            took = {n: _measure_import(engine, files[n], n, 1 if is_quick else 3) for n in sizes}
            small, large = sizes
            growth = math.log(took[large] / took[small]) / math.log(large / small)
            print(f"{engine}: import grows by the power {growth:.2f} (limit {GROWTH_LIMIT})")


def _files(folder: Path, n: int) -> Path:
    folder.mkdir()
    outline = territory.read_outline(CODES / "outline_441803.geojson")
    made = land.make_land(n, outline, shipped_areas())
    for layer in ("outlines", "parcels"):
        land.write_gpkg(made, folder / f"{layer}.gpkg", layer, CRS)
    return folder


def _measure_import(engine: str, folder: Path, n: int, rounds: int) -> float:
    ratios, seconds, memory = [], [], []
    for _ in range(rounds):
        peer = _ogr2ogr(engine, folder)
        with tempfile.TemporaryDirectory() as place, a_database(engine, place) as url:
            ran = subprocess.run(
                [sys.executable, "-m", "benchmarks.land_import", url, str(folder)],
                check=True,
                capture_output=True,
                text=True,
            )
        shutil.rmtree(folder / "imports")
        said = json.loads(ran.stdout.splitlines()[-1])
        ratios.append(said["seconds"] / peer)
        seconds.append(said["seconds"])
        memory.append(said["peak_mib"])
    print(
        f"{engine}: import with exam of {n}: {spread(ratios)} × ogr2ogr (limit {IMPORT_LIMIT}), "
        f"{spread(seconds)} s, at most {max(memory):.0f} MiB (limit {MEMORY_LIMIT_MIB})"
    )
    return float(np.median(seconds))


def _ogr2ogr(engine: str, folder: Path) -> float:
    started = time.perf_counter()
    if engine == "sqlite":
        target = folder / "copy.gpkg"
        command = ["-f", "GPKG", str(target)]
    else:
        url = sa.make_url(POSTGIS_URL or "")
        where = f"PG:host={url.host} port={url.port} dbname={url.database} user={url.username}"
        command = ["-f", "PostgreSQL", f"{where} password={url.password}", "-nln", "bench_copy"]
        command += ["--config", "PG_USE_COPY", "YES"]
    subprocess.run(
        ["ogr2ogr", "-overwrite", "-t_srs", "EPSG:4490", *command, str(folder / "parcels.gpkg")],
        check=True,
        capture_output=True,
    )
    took = time.perf_counter() - started
    if engine == "sqlite":
        target.unlink()
    return took


# --- tiles and boxes, on a book of n parcels side by side


def _book(engine: str, url: str, n: int) -> Database:
    """Fill a book with n crooked parcels of 31 vertices side by side."""
    database = Database(url)
    migrations.migrate(database, backup_directory=None)
    side, started = math.isqrt(n), time.perf_counter()
    for first in range(0, side * side, 200 * side):
        count = min(200 * side, side * side - first)
        with database.system_transaction() as session:
            bulk.insert(session, ParcelVersion, _columns(first, count), _wkbs(first, count, side))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    print(f"{engine}: {side * side} parcels stored in {time.perf_counter() - started:.0f} s")
    return database


def _columns(first: int, count: int) -> dict[str, Any]:
    return {
        "id": bulk.row_ids(first + 1, count),
        "uid": [f"{number:032x}" for number in range(first + 1, first + 1 + count)],
        "area_code": "441803102201",
        "valid_from": date(2022, 12, 31),
        "recorded_at": datetime(2023, 1, 1, tzinfo=UTC),
        "digest": "0" * 64,
        "survey_code": [f"{number:018d}" for number in range(first, first + count)],
        "land_class": ["0101" if number % 3 else "0201" for number in range(count)],
        "planting_attribute": "LS",
        "ellipsoidal_area_m2": 2000.0,
        "attributes": "{}",
        "is_repaired": False,
        "exam": "ok",
    }


def _wkbs(first: int, count: int, side: int) -> list[bytes]:
    row, column = np.divmod(np.arange(first, first + count), side)
    turn = np.linspace(0, 2 * np.pi, N_CORNERS, endpoint=False)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    ring /= np.abs(ring).max(axis=1, keepdims=True)  # a square with a vertex every few metres
    ring = np.vstack([ring, ring[:1]]) * STEP / 2
    middles = np.column_stack([WEST + column * STEP, SOUTH + row * STEP])
    coordinates = (middles[:, None, :] + ring).reshape(-1, 2)
    rings = shapely.linearrings(coordinates, indices=np.repeat(np.arange(count), N_CORNERS + 1))
    wkbs: list[bytes] = shapely.to_wkb(shapely.polygons(rings), byte_order=1).tolist()
    return wkbs


def _tiles(books: dict[str, Database], *, rounds: int) -> None:
    """A tile of about 5,000 parcels from each book, uncached, beside PostGIS's own."""
    z = 13
    n = 2**z
    lon, lat = WEST + 120 * STEP, SOUTH + 120 * STEP
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    place = tiles.Tile(z, int((lon + 180) / 360 * n), int(y * n))
    jobs: dict[str, Callable[[], int]] = {}
    for engine, database in books.items():
        jobs[engine] = lambda database=database: _our_tile(database, place)  # type: ignore[misc]
    if "postgresql" in books:
        jobs["ST_AsMVT"] = lambda: _postgis_tile(books["postgresql"], place)
    seconds = alternate(jobs, rounds)
    count = len(maps_query(books["sqlite"], place))
    for engine, limit in (("postgresql", 1), ("sqlite", 2)):
        if "ST_AsMVT" not in jobs:
            print(f"{engine}: tile of {count}: {spread([1000 * s for s in seconds[engine]])} ms")
            continue
        ratios = [a / b for a, b in zip(seconds[engine], seconds["ST_AsMVT"], strict=True)]
        print(f"{engine}: tile of {count} parcels: {spread(ratios)} × ST_AsMVT (limit {limit})")


def maps_query(database: Database, place: tiles.Tile) -> list[Any]:
    with database.system_reading() as session:
        moment = Moment.of(session, date(2024, 1, 1))
        return list(session.execute(maps.query(maps.LAYERS["parcels"], place, moment)).all())


def _our_tile(database: Database, place: tiles.Tile) -> int:
    with database.system_reading() as session:
        moment = Moment.of(session, date(2024, 1, 1))
        return len(maps.tile(session, "parcels", place, moment))


def _postgis_tile(database: Database, place: tiles.Tile) -> int:
    with database.read_engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        row = driver.execute(AS_MVT, place._asdict()).fetchone()
        return len(row[0])


def _boxes(engine: str, database: Database, n: int, *, rounds: int) -> None:
    """A box of about 1,000 parcels, by our query and by the database's own, both as bytes."""
    side = math.isqrt(BOX_PARCELS)
    draw = np.random.default_rng(5)
    reach = math.isqrt(n) - side
    corners = [(WEST + a * STEP, SOUTH + b * STEP) for a, b in draw.integers(0, reach, (rounds, 2))]
    boxes = [Box(w, s, w + side * STEP * 0.98, s + side * STEP * 0.98) for w, s in corners]
    bare = _bare_sqlite if engine == "sqlite" else _bare_postgresql
    ours_s, bare_s, found = [], [], []
    for box in boxes:
        started = time.perf_counter()
        found.append(_our_box(database, box))
        ours_s.append(time.perf_counter() - started)
        started = time.perf_counter()
        bare(database, box)
        bare_s.append(time.perf_counter() - started)
    ratios = [a / b for a, b in zip(ours_s, bare_s, strict=True)]
    print(
        f"{engine}: box of {int(np.median(found))} in {n}: {spread(ratios)} × the bare database "
        f"(limit {BOX_LIMIT}), {spread([1000 * each for each in ours_s])} ms"
    )


def _our_box(database: Database, box: Box) -> int:
    with database.system_reading() as session:
        wanted = Wanted(Moment.of(session, date(2024, 1, 1)), box=box)
        query = queries.parcels(wanted).with_only_columns(
            ParcelVersion.id, space.wkb_of(ParcelVersion.geometry)
        )
        return len(session.execute(query).all())


def _bare_sqlite(database: Database, box: Box) -> int:
    connection = sqlite3.connect(str(database.url.database))
    rows = connection.execute(
        "SELECT p.id, p.geometry FROM rtree_parcel_versions_geometry r "
        "JOIN parcel_versions p ON p.id = r.id "
        "WHERE r.minx <= ? AND r.maxx >= ? AND r.miny <= ? AND r.maxy >= ?",
        (box.east, box.west, box.north, box.south),
    ).fetchall()
    connection.close()
    return len(rows)


def _bare_postgresql(database: Database, box: Box) -> int:
    with database.read_engine.connect() as connection:
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        rows = driver.execute(
            "SELECT id, ST_AsBinary(geometry) FROM parcel_versions "
            "WHERE ST_Intersects(geometry, ST_MakeEnvelope(%s, %s, %s, %s, 4490))",
            box,
        ).fetchall()
        return len(rows)


def alternate(jobs: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Run every job in turn, round after round; the first round warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds + 1):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            if number:
                seconds[name].append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    run("--quick" in sys.argv)

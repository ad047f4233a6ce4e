"""Space: one answer on two engines, found through the index."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import numpy as np
import pytest
import shapely
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from service import geopackage, space
from service.parcels import bulk
from service.parcels.models import ParcelVersion
from service.space import Box

COUNTY = "441803"
WEST, SOUTH, SIZE = 112.9, 23.7, 0.001


def random_parcels(n: int, seed: int = 7) -> list[shapely.Polygon]:
    """Quadrangles of about 100 m, over and beside each other, some with a hole."""
    draw = np.random.default_rng(seed)
    middles = draw.uniform((WEST, SOUTH), (WEST + 0.1, SOUTH + 0.1), (n, 2))
    made = []
    for lon, lat in middles:
        ring = [(-1, -1), (1, -1 + draw.uniform(-0.3, 0.3)), (1, 1), (-1 + draw.uniform(0, 0.5), 1)]
        shell = np.array(ring) * SIZE / 2 + (lon, lat)
        hole = np.array(ring) * SIZE / 8 + (lon, lat)
        made.append(shapely.Polygon(shell, [hole[::-1]] if draw.random() < 0.2 else None))
    return made


def put(database, geometries, **columns) -> None:
    """Put geometries into the book as parcels, with keys from 1 on."""
    with database.system_transaction() as session:
        n = len(geometries)
        first = bulk.next_id(session, ParcelVersion)
        plain = {
            "id": bulk.row_ids(first, n),
            "uid": [uuid4().hex for _ in range(n)],
            "area_code": COUNTY,
            "valid_from": date(2022, 12, 31),
            "recorded_at": datetime(2023, 1, 1, tzinfo=UTC),
            "digest": "0" * 64,
            "ellipsoidal_area_m2": 1.0,
            "attributes": "{}",
            "is_repaired": False,
            "exam": "ok",
        }
        wkbs = [shapely.to_wkb(each, byte_order=1) for each in geometries]
        bulk.insert(session, ParcelVersion, plain | columns, wkbs)


@pytest.fixture
def parcels(database):
    """Six hundred parcels in the book."""
    made = random_parcels(600)
    put(database, made)
    return np.array(made)


def found(database, criterion) -> list[int]:
    with database.system_reading() as session:
        query = select(ParcelVersion.id).where(criterion).order_by(ParcelVersion.id)
        return list(session.scalars(query))


def numbers(mask) -> list[int]:
    return (np.flatnonzero(mask) + 1).tolist()


def windows(n: int):
    draw = np.random.default_rng(11)
    for _ in range(n):
        lon, lat = draw.uniform((WEST, SOUTH), (WEST + 0.1, SOUTH + 0.1))
        width, height = draw.uniform(0.0005, 0.03, 2)
        yield Box(lon, lat, lon + width, lat + height)


def test_a_box_finds_what_a_look_at_every_parcel_finds(database, parcels):
    bounds = shapely.bounds(parcels)
    for box in windows(25):
        meets = (
            (bounds[:, 0] <= box.east)
            & (bounds[:, 2] >= box.west)
            & (bounds[:, 1] <= box.north)
            & (bounds[:, 3] >= box.south)
        )
        assert found(database, space.meets_box(ParcelVersion.geometry, box)) == numbers(meets)
        wanted = shapely.box(*box)
        by_eye = numbers(shapely.intersects(parcels, wanted))
        assert found(database, space.intersects(ParcelVersion.geometry, wanted)) == by_eye


def test_polygons_and_points_find_what_a_look_at_every_parcel_finds(database, parcels):
    draw = np.random.default_rng(13)
    for box in windows(15):
        wanted = shapely.affinity.rotate(shapely.box(*box), draw.uniform(5, 40))
        middle = wanted.centroid
        column = ParcelVersion.geometry
        assert found(database, space.intersects(column, wanted)) == numbers(
            shapely.intersects(parcels, wanted)
        )
        assert found(database, space.within(column, wanted)) == numbers(
            shapely.within(parcels, wanted)
        )
        assert found(database, space.contains(column, middle)) == numbers(
            shapely.contains(parcels, middle)
        )
        assert found(database, space.intersects(column, middle)) == numbers(
            shapely.intersects(parcels, middle)
        )


def test_a_shared_edge_and_a_shared_corner_intersect_and_are_not_contained(database):
    left, right = shapely.box(113, 23, 113.25, 23.25), shapely.box(113.25, 23, 113.5, 23.25)
    corner = shapely.box(113.25, 23.25, 113.5, 23.5)
    put(database, [left, right, corner])
    assert found(database, space.intersects(ParcelVersion.geometry, left)) == [1, 2, 3]
    assert found(database, space.within(ParcelVersion.geometry, left)) == [1]
    on_edge = shapely.Point(113.25, 23.1)
    assert found(database, space.intersects(ParcelVersion.geometry, on_edge)) == [1, 2]
    assert found(database, space.contains(ParcelVersion.geometry, on_edge)) == []


def test_the_index_is_asked_first(database, parcels):
    """A factor of a thousand on a full book: the plan itself is looked at."""
    criteria = (
        space.intersects(ParcelVersion.geometry, shapely.Point(WEST, SOUTH)),
        space.meets_box(ParcelVersion.geometry, Box(WEST, SOUTH, WEST + 0.001, SOUTH + 0.001)),
    )
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    for criterion in criteria:
        query = select(ParcelVersion.id).where(criterion)
        with database.system_transaction() as session:
            if not database.is_sqlite:
                session.execute(text("SET LOCAL enable_seqscan = off"))
            compiled = query.compile(session.get_bind())
            plan = session.connection().exec_driver_sql(
                explain + str(compiled), _bound(compiled, session)
            )
            said = "\n".join(str(row) for row in plan)
        assert ("VIRTUAL TABLE INDEX" if database.is_sqlite else "ix_parcel_versions_geometry") in (
            said
        ), said
        if database.is_sqlite:
            assert "SEARCH parcel_versions USING INTEGER PRIMARY KEY" in said, said
            assert ") = 1" not in str(compiled)


def _bound(compiled, session):
    made = compiled.construct_params()
    processors = compiled._bind_processors
    values = {
        name: processors[name](value) if name in processors else value
        for name, value in made.items()
    }
    if compiled.positional:
        return tuple(values[name] for name in compiled.positiontup)
    return values


def test_what_goes_in_comes_out_by_the_orm_and_in_bulk(database):
    multi = shapely.MultiPolygon([shapely.box(113, 23, 113.1, 23.1), shapely.box(114, 23, 115, 24)])
    square = shapely.box(112, 23, 112.5, 23.5)
    put(database, [multi, square], declared_area_m2=[1234.5, None])
    with database.system_reading() as session:
        first, second = session.scalars(select(ParcelVersion).order_by(ParcelVersion.id))
        wkbs = list(session.scalars(select(space.wkb_of(ParcelVersion.geometry))))
    assert first.geometry == multi
    assert second.geometry == square
    assert first.declared_area_m2 == Decimal("1234.50")
    assert second.declared_area_m2 is None
    assert shapely.from_wkb(wkbs).tolist() == [multi, square]


def test_a_row_written_by_itself_is_found_like_one_of_many(database):
    square = shapely.box(112, 23, 112.5, 23.5)
    with database.system_transaction() as session:
        session.add(
            ParcelVersion(
                id=1,
                uid=uuid4(),
                area_code=COUNTY,
                valid_from=date(2022, 12, 31),
                recorded_at=database.clock(),
                digest="0" * 64,
                ellipsoidal_area_m2=1.0,
                geometry=square,
            )
        )
    put(database, [shapely.box(112.4, 23.4, 113, 24)])
    assert found(database, space.intersects(ParcelVersion.geometry, square)) == [1, 2]
    if database.is_sqlite:
        with database.engine.connect() as connection:
            geopackage.refuse_broken_index(connection, "parcel_versions")


@pytest.mark.parametrize(
    "change", ["SET exam = 'warn'", "SET geometry = NULL", "SET id = 99, exam = 'ok'"]
)
def test_a_version_is_never_overwritten(database, change):
    put(database, [shapely.box(112, 23, 113, 24)])
    with pytest.raises(DBAPIError, match="append-only"), database.system_transaction() as session:
        session.execute(text(f"UPDATE parcel_versions {change}"))
    with pytest.raises(DBAPIError, match="append-only"), database.system_transaction() as session:
        session.execute(text("DELETE FROM parcel_versions"))


def test_a_version_ends_once(database):
    put(database, [shapely.box(112, 23, 113, 24)])
    end = "UPDATE parcel_versions SET valid_to = '2023-12-31', ended_at = '2024-02-01 00:00:00'"
    with database.system_transaction() as session:
        session.execute(text(end))
    refused = pytest.raises(DBAPIError, match=r"append-only|ends once")
    with refused, database.system_transaction() as session:
        session.execute(text(end))

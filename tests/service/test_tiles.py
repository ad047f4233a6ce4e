"""Vector tiles: the same features on both engines, of one's own area, not made twice."""

import gzip
import math
from datetime import date

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from geo import tiles
from service.maps import tiles as maps
from service.maps.tile_cache import TileCache
from service.parcels import bulk
from service.parcels.models import LandKind, LandRevision, ParcelVersion

COUNTY, TAIHE, TAIPING = "441803", "441803102", "441803104"
WEST, SOUTH, STEP = 112.95, 23.70, 0.002
AS_MVT = """
WITH unit AS (SELECT (ST_XMax(e) - ST_XMin(e)) / 4096 AS u, e
              FROM (SELECT ST_TileEnvelope(:z, :x, :y) AS e) AS envelope),
cut AS (SELECT id, u, ST_ClipByBox2D(
          ST_Transform(ST_SetSRID(geometry, 4326), 3857), ST_Expand(e, 64 * u)) AS c
        FROM parcel_versions, unit
        WHERE geometry && ST_SetSRID(ST_Transform(ST_Expand(e, 64 * u), 4326), 4490))
SELECT id FROM cut WHERE NOT ST_IsEmpty(c) AND 2 * ST_Area(c) >= 1.5 * u * ST_Perimeter(c)
ORDER BY id
"""
"""Which features PostGIS itself draws by the rule of `geo.tiles.encode`."""


@pytest.fixture
def parcels(database):
    """A hundred squares, half of them of each of two towns."""
    lon, lat = np.meshgrid(WEST + np.arange(10) * STEP, SOUTH + np.arange(10) * STEP)
    shapes = shapely.box(lon, lat, lon + STEP, lat + STEP).ravel()
    with database.system_transaction() as session:
        bulk.insert(
            session,
            ParcelVersion,
            {
                "id": bulk.row_ids(1, 100),
                "uid": [f"{n:032x}" for n in range(1, 101)],
                "area_code": [TAIHE + "201" if n < 50 else TAIPING + "201" for n in range(100)],
                "valid_from": date(2022, 12, 31),
                "recorded_at": database.clock(),
                "digest": "0" * 64,
                "land_class": ["0101" if n % 2 else "0201" for n in range(100)],
                "ellipsoidal_area_m2": 45_000.0,
                "attributes": "{}",
                "is_repaired": False,
                "exam": "ok",
            },
            [shapely.to_wkb(each, byte_order=1) for each in shapes],
        )
        session.add(LandRevision(kind=LandKind.PARCELS, revision=1))
    return shapes


def place(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """The tile of a position."""
    n = 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int((lon + 180) / 360 * n), int(y * n)


def features(answer) -> dict[int, dict]:
    if answer.status_code == 204:
        return {}
    assert answer.status_code == 200, answer.text
    (layer,) = mapbox_vector_tile.decode(answer.content).values()
    return {each["id"]: each["properties"] for each in layer["features"]}


def path(layer: str, z: int, x: int, y: int) -> str:
    return f"/tiles/{layer}/{z}/{x}/{y}"


def test_a_tile_holds_what_lies_in_it_with_its_properties(as_role, parcels):
    z, x, y = place(WEST + 5 * STEP, SOUTH + 5 * STEP, 13)
    answer = as_role("leader").get(path("parcels", z, x, y))
    assert answer.headers["content-type"] == maps.MVT
    assert answer.headers["content-encoding"] == "gzip"
    found = features(answer)
    box = shapely.box(*tiles.tile_bounds(z, x, y, buffer=tiles.BUFFER))
    inside = {n for n, each in enumerate(parcels, start=1) if each.intersection(box).area > 1e-8}
    assert set(found) == inside
    some = found[next(iter(found))]
    assert {"uid", "land_class", "exam", "area_m2", "area_code"} <= set(some)
    assert some["exam"] == "ok"


@pytest.mark.parametrize("z", [12, 13, 15, 17])
@pytest.mark.parametrize("database_url", ["postgis"], indirect=True)
@pytest.mark.postgis
def test_a_tile_holds_the_features_that_postgis_itself_would_draw(as_role, database, parcels, z):
    asked = place(WEST + 3.3 * STEP, SOUTH + 6.6 * STEP, z)
    found = features(as_role("leader").get(path("parcels", *asked)))
    with database.system_reading() as session:
        drawn = session.scalars(text(AS_MVT), dict(zip("zxy", asked, strict=True))).all()
    assert sorted(found) == list(drawn)
    assert found


def test_a_town_is_sent_its_own_parcels_only_though_the_county_asked_before(as_role, parcels):
    asked = path("parcels", *place(WEST + 5 * STEP, SOUTH + 5 * STEP, 12))
    county = features(as_role("leader").get(asked))
    taihe = features(as_role("approver", TAIHE).get(asked))
    taiping = features(as_role("approver", TAIPING).get(asked))
    assert set(taihe) == {n for n in county if n <= 50}
    assert set(taiping) == {n for n in county if n > 50}
    assert set(taihe) | set(taiping) == set(county)


def test_a_tile_that_the_browser_has_is_not_sent_again_until_the_book_changes(
    as_role, parcels, database
):
    asked = path("parcels", *place(WEST + 5 * STEP, SOUTH + 5 * STEP, 12))
    leader = as_role("leader")
    etag = leader.get(asked).headers["etag"]
    again = leader.send("GET", asked, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    with database.system_transaction() as session:
        session.get(LandRevision, LandKind.PARCELS).revision += 1
    assert leader.send("GET", asked, headers={"If-None-Match": etag}).status_code == 200


def test_a_tile_is_made_once(as_role, parcels, monkeypatch):
    made = []
    real = maps.tile
    monkeypatch.setattr(maps, "tile", lambda *given: made.append(given) or real(*given))
    asked = path("parcels", *place(WEST + 5 * STEP, SOUTH + 5 * STEP, 12))
    for _ in range(3):
        as_role("leader").get(asked)
    assert len(made) == 1


def test_the_book_of_another_day_has_other_tiles(as_role, parcels):
    asked = path("parcels", *place(WEST + 5 * STEP, SOUTH + 5 * STEP, 12))
    assert features(as_role("leader").get(asked, on="2022-12-30")) == {}
    assert features(as_role("leader").get(asked, on="2022-12-31"))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("/tiles/parcels/13/0/0", 204),
        ("/tiles/parcels/2/0/0", 204),
        ("/tiles/parcels/3/8/0", 404),
        ("/tiles/parcels/23/0/0", 422),
        ("/tiles/parcels/-1/0/0", 422),
        ("/tiles/parcels/13/0/99999999999999999999", 422),
        ("/tiles/nothing/3/0/0", 404),
        ("/tiles/par%00cels/3/0/0", 422),
        ("/tiles/parcels/x/0/0", 422),
    ],
)
def test_a_tile_that_is_not_there_is_told_apart_from_an_empty_one(as_role, asked, status):
    assert as_role("leader").get(asked).status_code == status


def test_nobody_is_sent_a_tile(nobody, parcels):
    assert nobody.get("/tiles/parcels/12/0/0").status_code == 401


def test_what_is_sent_is_gzip_at_its_lowest_level(as_role, parcels, client):
    asked = path("parcels", *place(WEST + 5 * STEP, SOUTH + 5 * STEP, 12))
    leader = as_role("leader")
    with client.stream("GET", asked, headers=leader.headers) as answer:
        raw = b"".join(answer.iter_raw())
    assert gzip.decompress(raw)


def test_the_cache_stays_within_its_bounds():
    cache = TileCache(max_bytes=1000)
    for n in range(100):
        assert len(cache.get(n, lambda: b"x" * 100)) == 100
    kept = [n for n in range(100) if cache.get(n, lambda: b"") != b""]
    assert kept == list(range(90, 100))

"""Vector tiles: read back by the reference decoder, and beside PostGIS's own."""

import math
import os
from collections.abc import Iterator

import mapbox_vector_tile
import numpy as np
import psycopg
import pytest
import shapely
import sqlalchemy as sa

from geo import protobuf, tiles

POSTGIS_URL = os.environ.get("TEST_POSTGIS_URL")
REQUIRE_ALL = bool(os.environ.get("CHUNGENG_REQUIRE_ALL"))
TILE = tiles.Tile(15, 26660, 14112)
DRAWN = """
    WITH unit AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS tile,
                         ST_Expand(ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 64 * %(u)s) AS box),
    drawn AS (SELECT id, ST_AsMVTGeom(g, unit.tile, 4096, 64, true) AS geometry
              FROM test_tiles, unit, LATERAL ST_Transform(geometry, 3857) AS g,
              LATERAL ST_ClipByBox2D(g, unit.box) AS clipped
              WHERE 2 * ST_Area(clipped) >= 1.5 * %(u)s * ST_Perimeter(clipped))
    SELECT ST_AsMVT(drawn, 'parcels', 4096, 'geometry', 'id') FROM drawn
"""


def on_tile(geometry: shapely.Geometry, tile: tiles.Tile = TILE) -> shapely.Geometry:
    """Place a geometry in units of the tile (y southwards) on the earth."""

    def degrees(units: np.ndarray) -> np.ndarray:
        x = (tile.x + units[:, 0] / tiles.EXTENT) / 2**tile.z
        y = (tile.y + units[:, 1] / tiles.EXTENT) / 2**tile.z
        latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y))))
        return np.column_stack([x * 360 - 180, latitude])

    return shapely.transform(geometry, degrees)


def encoded(*geometries: shapely.Geometry, as_wkb: bool = False, **options) -> bytes:
    """Encode geometries given in units of the tile."""
    placed = np.array([on_tile(each) for each in geometries])
    given = shapely.to_wkb(placed).tolist() if as_wkb else placed
    return tiles.encode("parcels", given, np.arange(len(placed)), {}, TILE, **options)


def decoded(tile: bytes) -> dict[int, dict]:
    """Read a tile by the reference decoder: features by id."""
    if not tile:
        return {}
    layer = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})["parcels"]
    return {each["id"]: each for each in layer["features"]}


def drawn(tile: bytes) -> dict[int, shapely.Geometry]:
    """Read the geometries of a tile."""
    return {n: shapely.geometry.shape(f["geometry"]) for n, f in decoded(tile).items()}


def rings_of_commands(tile: bytes) -> list[list[tuple[int, int]]]:
    """Read the rings of all features by hand, in the order and direction they are written."""
    from mapbox_vector_tile.Mapbox import vector_tile_pb2  # noqa: PLC0415

    message = vector_tile_pb2.tile()
    message.ParseFromString(tile)
    found = []
    for feature in message.layers[0].features:
        at, numbers = (0, 0), iter(feature.geometry)
        for command in numbers:
            if command == tiles.CLOSE_PATH:
                continue
            if command & 7 == 1:
                found.append([])
            for _ in range(command >> 3):
                dx, dy = (n >> 1 ^ -(n & 1) for n in (next(numbers), next(numbers)))
                assert (dx, dy) != (0, 0) or command & 7 == 1
                at = (at[0] + dx, at[1] + dy)
                found[-1].append(at)
    return found


def signed_area(ring: list[tuple[int, int]]) -> float:
    """Return the area by the surveyor's formula."""
    turned = ring[1:] + ring[:1]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, turned, strict=True)) / 2


@pytest.mark.parametrize("as_wkb", [False, True])
def test_a_square_is_drawn_where_it_lies(as_wkb):
    [square] = drawn(encoded(shapely.box(100, 200, 300, 400), as_wkb=as_wkb)).values()
    assert square.equals(shapely.box(100, 200, 300, 400))
    assert shapely.get_num_coordinates(square) == 5


@pytest.mark.parametrize("as_wkb", [False, True])
def test_holes_and_parts_are_kept_in_the_order_given(as_wkb):
    holed = shapely.box(0, 0, 100, 100).difference(shapely.box(20, 20, 60, 70))
    two = shapely.MultiPolygon([shapely.box(200, 0, 250, 50), holed])
    plain = shapely.box(1000, 1000, 1100, 1100)
    found = drawn(encoded(plain, holed, two, plain, as_wkb=as_wkb))
    for n, expected in enumerate([plain, holed, two, plain]):
        assert found[n].equals(expected)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_outer_rings_wind_positive_and_holes_negative(is_reversed):
    holed = shapely.box(0, 0, 100, 100).difference(shapely.box(20, 20, 60, 70))
    given = shapely.reverse(holed) if is_reversed else holed
    areas = [signed_area(ring) for ring in rings_of_commands(encoded(given))]
    assert areas == [10_000, -2_000]


def test_what_crosses_the_edge_is_cut_at_the_buffer():
    across = shapely.box(-500, 4000, 50, 5000)
    outside = shapely.box(5000, 0, 6000, 100)
    around = shapely.box(-5000, -5000, 9000, 9000)
    found = drawn(encoded(across, outside, around))
    assert sorted(found) == [0, 2]
    assert found[0].equals(shapely.box(-64, 4000, 50, 4160))
    assert found[2].equals(shapely.box(-64, -64, 4160, 4160))


def test_a_hole_across_the_edge_is_cut_with_its_polygon():
    ring = shapely.box(-1000, 0, 1000, 1000).difference(shapely.box(-900, 100, 900, 900))
    [found] = drawn(encoded(ring)).values()
    assert found.equals(shapely.intersection(ring, shapely.box(-64, -64, 4160, 4160)))


def test_two_parts_of_a_crossing_parcel_stay_one_feature():
    two = shapely.MultiPolygon([shapely.box(10, 10, 50, 50), shapely.box(4100, 0, 4500, 50)])
    found = drawn(encoded(two))
    assert list(found) == [0]
    assert found[0].area == 40 * 40 + 60 * 50


def test_narrow_features_are_left_out_and_the_width_is_an_option():
    strip, square = shapely.box(0, 10, 1000, 11.2), shapely.box(100, 100, 104, 104)
    assert sorted(drawn(encoded(strip, square))) == [1]
    assert sorted(drawn(encoded(strip, square, min_width=0))) == [0, 1]
    assert encoded(shapely.box(0, 0, 2, 2)) == b""


def test_what_is_wide_enough_never_collapses():
    random = np.random.default_rng(5)
    corner, angle = random.uniform(0, 4000, (2000, 2)), random.uniform(0, np.pi, 2000)
    strips = [
        shapely.affinity.rotate(shapely.box(x, y, x + 30, y + 1.65), a, use_radians=True)
        for (x, y), a in zip(corner, angle, strict=True)
    ]
    assert len(drawn(encoded(*strips))) == 2000


def test_repeated_and_straight_points_are_left_out():
    corners = [
        (0, 0),
        (0.2, 0.1),
        (50, 0),
        (100, 0),
        (100, 0.3),
        (100, 100),
        (100, 130),
        (100, 100),
    ]
    ring = shapely.Polygon([*corners, (0, 100)])
    assert [len(each) for each in rings_of_commands(encoded(ring))] == [4]


def test_empty_missing_and_other_geometries_are_passed_over():
    square = on_tile(shapely.box(0, 0, 100, 100))
    others = [None, shapely.Polygon(), on_tile(shapely.Point(5, 5)), shapely.MultiPolygon()]
    everything = np.array([*others, square], dtype=object)
    assert list(decoded(tiles.encode("parcels", everything, range(5), {}, TILE))) == [4]
    wkb = [None if each is None else shapely.to_wkb(each) for each in [square, *others]]
    assert list(decoded(tiles.encode("parcels", wkb, range(5), {}, TILE))) == [0]
    assert tiles.encode("parcels", [], [], {}, TILE) == b""
    assert tiles.encode("parcels", np.array(others, dtype=object), range(4), {}, TILE) == b""


def test_a_bow_tie_across_the_edge_does_not_stop_the_tile():
    bow_tie = shapely.Polygon([(-300, 100), (500, 600), (500, 100), (-300, 600)])
    assert 1 in drawn(encoded(bow_tie, shapely.box(0, 0, 50, 50)))


def test_big_ids_and_every_type_of_property_survive():
    squares = np.array([on_tile(shapely.box(n, n, n + 50, n + 50)) for n in (0, 100, 200, 300)])
    ids = np.array([0, 127, 2**32 + 5, 2**64 - 1], dtype=np.uint64)
    properties = {
        "name": ["甲", "a" * 300, None, "甲"],
        "count": [1, -70000, None, 2**40],
        "share": [0.25, None, math.nan, 0.25],
        "flag": [True, False, None, True],
        "mixed": [True, 1, 1.5, "1"],
        "array": np.array([3, -1, 3, 2**33]),
        "measure": np.array([1.5, np.nan, 1.5, -2.0]),
        "nothing": [None, None, None, None],
    }
    found = decoded(tiles.encode("parcels", squares, ids, properties, TILE))
    assert list(found) == ids.tolist()
    for n, feature in enumerate(found.values()):
        given = {name: column[n] for name, column in properties.items()}
        expected = {k: v for k, v in given.items() if v is not None and v == v}  # noqa: PLR0124
        assert feature["properties"] == expected
        assert all(type(v) is type(feature["properties"][k]) for k, v in expected.items()
                   if not isinstance(v, np.generic))  # fmt: skip


def test_equal_values_are_written_once():
    squares = np.array([on_tile(shapely.box(n, n, n + 50, n + 50)) for n in range(100)])
    codes = ["0101水田" if n % 2 else "0301乔木林地" for n in range(100)]
    made = tiles.encode("parcels", squares, range(100), {"land_class": codes}, TILE)
    assert made.count("0101水田".encode()) == made.count("0301乔木林地".encode()) == 1


def test_tiles_put_together_are_one_tile_of_layers():
    square = np.array([on_tile(shapely.box(0, 0, 50, 50))])
    both = b"".join(tiles.encode(name, square, [1], {}, TILE) for name in ("parcels", "farmland"))
    assert sorted(mapbox_vector_tile.decode(both)) == ["farmland", "parcels"]


@pytest.mark.parametrize("value", [0, 1, 127, 128, 16383, 16384, 2**32, 2**63, 2**64 - 1])
def test_varints_are_those_of_protocol_buffers(value):
    written = protobuf.varints(np.array([value], np.uint64))
    assert sum((byte & 127) << 7 * n for n, byte in enumerate(written)) == value
    assert [byte >> 7 for byte in written] == [1] * (len(written) - 1) + [0]


def test_the_world_is_one_tile_and_tiles_meet():
    assert tiles.tile_bounds(0, 0, 0) == pytest.approx((-180, -85.0511288, 180, 85.0511288))
    west, south, east, north = tiles.tile_bounds(*TILE)
    assert tiles.tile_bounds(TILE.z, TILE.x + 1, TILE.y)[0] == east
    assert tiles.tile_bounds(TILE.z, TILE.x, TILE.y + 1)[3] == south
    wide = tiles.tile_bounds(*TILE, buffer=tiles.EXTENT)
    assert wide[0] == pytest.approx(2 * west - east, abs=1e-12)
    assert wide[3] > north


@pytest.mark.parametrize("tile", [(-1, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_tile_that_is_none_is_refused(tile):
    with pytest.raises(ValueError, match="no tile"):
        tiles.encode("parcels", [], [], {}, tile)


def test_columns_of_another_length_are_refused():
    with pytest.raises(ValueError, match="as many"):
        tiles.encode("parcels", [], [], {"name": ["a"]}, TILE)


def random_parcels(tile: tiles.Tile, n: int, seed: int) -> np.ndarray:
    """Make stars of 31 vertices of all sizes, on and around a tile; some with a hole."""
    random = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    size = 10 ** random.uniform(0, 2.7, (n, 1))
    flat = random.choice([1, 1, 0.1], (n, 1))
    reach = size * random.uniform(0.7, 1, (n, 30))
    turn = random.uniform(0, np.pi, (n, 1))
    along, across = reach * np.cos(angle), reach * flat * np.sin(angle)
    x = random.uniform(-300, 4400, (n, 1)) + along * np.cos(turn) - across * np.sin(turn)
    y = random.uniform(-300, 4400, (n, 1)) + along * np.sin(turn) + across * np.cos(turn)
    made = shapely.polygons(np.stack([x, y], axis=-1))
    middle = shapely.centroid(made[::7])
    made[::7] = shapely.difference(made[::7], shapely.buffer(middle, size[::7, 0] / 30))
    return np.array([on_tile(each, tile) for each in made])


@pytest.mark.parametrize("tile", [TILE, tiles.Tile(12, 3332, 1764), tiles.Tile(5, 26, 13)])
def test_areas_are_kept(tile):
    parcels = random_parcels(tile, 300, seed=tile.z)
    low, high = -tiles.BUFFER, tiles.EXTENT + tiles.BUFFER
    made = tiles.encode("parcels", shapely.to_wkb(parcels).tolist(), range(300), {}, tile)
    assert drawn(made) == drawn(tiles.encode("parcels", parcels, range(300), {}, tile))
    found = drawn(made)
    x0, y0 = tile.x * tiles.EXTENT, tile.y * tiles.EXTENT
    side = tiles.EXTENT * 2**tile.z

    def units(lon_lat: np.ndarray) -> np.ndarray:
        lat = np.radians(lon_lat[:, 1])
        south = (0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)) * side
        return np.column_stack([(lon_lat[:, 0] + 180) / 360 * side - x0, south - y0])

    placed = shapely.transform(parcels, units)
    cut = shapely.intersection(placed, shapely.box(low, low, high, high))
    wide = 2 * shapely.area(cut) >= 1.5 * np.maximum(shapely.length(cut), 1e-9)
    assert sorted(found) == np.flatnonzero(wide).tolist()
    total = sum(each.buffer(0).area for each in found.values())
    assert total == pytest.approx(shapely.area(cut[wide]).sum(), rel=2e-3)


@pytest.fixture(scope="module")
def postgis() -> Iterator[psycopg.Connection]:
    """A connection with a temporary table for parcels."""
    if POSTGIS_URL is None:
        (pytest.fail if REQUIRE_ALL else pytest.skip)("TEST_POSTGIS_URL is not set: no PostGIS")
    url = sa.make_url(POSTGIS_URL).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE test_tiles (id bigint, geometry geometry(Geometry, 4490))"
        )
        yield connection
        connection.rollback()


@pytest.mark.postgis
@pytest.mark.parametrize("seed", range(8))
def test_postgis_draws_the_same_features(postgis, seed):
    z = (9, 11, 12, 13, 14, 15, 16, 18)[seed]
    n = 2**z
    tile = tiles.Tile(z, int((112.8 + 180) / 360 * n), int(0.4312 * n) + seed)
    parcels = random_parcels(tile, 1500, seed)
    postgis.execute("TRUNCATE test_tiles")
    with postgis.cursor().copy("COPY test_tiles FROM STDIN") as copy:
        hexes = shapely.to_wkb(shapely.set_srid(parcels, 4490), hex=True, include_srid=True)
        for row, each in enumerate(hexes):
            copy.write_row((row, each))
    unit = 2 * math.pi * 6378137 / 2**z / tiles.EXTENT
    place = {"z": tile.z, "x": tile.x, "y": tile.y, "u": unit}
    [theirs] = postgis.execute(DRAWN, place).fetchone()
    ours = tiles.encode("parcels", shapely.to_wkb(parcels).tolist(), range(1500), {}, tile)
    their_shapes, our_shapes = drawn(bytes(theirs)), drawn(ours)
    assert sorted(our_shapes) == sorted(their_shapes)
    assert len(our_shapes) > 500
    ratio = sum(s.area for s in our_shapes.values()) / sum(s.area for s in their_shapes.values())
    assert ratio == pytest.approx(1, abs=5e-3)

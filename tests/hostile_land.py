"""Land files made to do harm, or only made badly; each with what must come of it.

Classes 1 to 3 of the hostile corpus: archives, what GDAL would open, geometry. A case says how
its file is made and what the reader must answer: a refusal's code, or a state with what the
report then holds. Nothing here needs GDAL: what is wrong with a file is written byte by byte.
"""

import io
import json
import math
import sqlite3
import stat
import struct
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from service.landfiles.limits import UPLOAD, Limits

CANARY = "CANARY-5c1d9e"
"""Stands in a file outside; must come up in no answer."""
LON, LAT = 112.9, 23.7
"""A place inside `COUNTY`."""
COUNTY = ((112.5, 23.3), (113.3, 23.3), (113.3, 24.3), (112.5, 24.3), (112.5, 23.3))
STEP = 0.001
PRJ_4490 = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]]'
)
Ring = Sequence[Sequence[float]]


@dataclass
class Outside:
    """What a file may try to reach: a file with the canary, and a port that listens."""

    canary: Path
    port: int

    @property
    def url(self) -> str:
        """An address that is seen if it is opened."""
        return f"http://127.0.0.1:{self.port}/steal"


@dataclass(frozen=True)
class Case:
    """One file and what must come of it."""

    name: str
    made: Callable[[Path, Outside], Path]
    expected: str
    """The code of the refusal, or the state that is reported."""
    holds: Callable[[Any], bool] = lambda report: True
    options: dict[str, Any] = field(default_factory=dict)
    limits: Limits = UPLOAD


CASES: list[Case] = []
Made = Callable[[Path, Outside], Path | bytes]


def case(
    expected: str,
    holds: Callable[[Any], bool] | None = None,
    *,
    limits: Limits = UPLOAD,
    **options: Any,
):
    """Register a maker of one file, or of bytes under a harmless name."""

    def register(make: Made) -> Made:
        def made(folder: Path, outside: Outside) -> Path:
            content = make(folder, outside)
            if isinstance(content, Path):
                return content
            path = folder / "parcels.shp"
            path.write_bytes(content)
            return path

        name = make.__name__
        test = holds or (lambda report: True)
        CASES.append(Case(name, made, expected, test, options, limits))
        return make

    return register


def several(expected: str, contents: dict[str, Made], **rest: Any) -> None:
    """Register makers by name."""
    for name, make in contents.items():
        make.__name__ = name
        case(expected, **rest)(make)


# ---- writing ordinary files, byte by byte ---------------------------------------------------


def square(lon: float = LON, lat: float = LAT, step: float = STEP) -> list[list[float]]:
    """A small square, clockwise as a shapefile wants it, closed."""
    return [[lon, lat], [lon, lat + step], [lon + step, lat + step], [lon + step, lat], [lon, lat]]


def wkb(*rings: Ring, kind: int = 3, dimensions: int = 2) -> bytes:
    """A polygon."""
    parts = [struct.pack("<BII", 1, kind, len(rings))]
    for ring in rings:
        parts.append(struct.pack("<I", len(ring)))
        parts += [struct.pack(f"<{dimensions}d", *position) for position in ring]
    return b"".join(parts)


def collection(inner: bytes, depth: int) -> bytes:
    """A polygon inside so many collections."""
    return struct.pack("<BII", 1, 7, 1) * depth + inner


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """A feature of GeoJSON."""
    return {"type": "Feature", "properties": {"BSM": "1", **properties}, "geometry": geometry}


def polygon(*rings: Ring) -> dict[str, Any]:
    """A polygon of GeoJSON."""
    return {"type": "Polygon", "coordinates": [list(ring) for ring in rings]}


def geojson(*geometries: Any, crs: Any = "urn:ogc:def:crs:EPSG::4490") -> bytes:
    """A collection; `crs` is a name, a whole member, or None."""
    document: dict[str, Any] = {"type": "FeatureCollection"}
    if crs is not None:
        is_name = isinstance(crs, str)
        document["crs"] = {"type": "name", "properties": {"name": crs}} if is_name else crs
    return json.dumps(document | {"features": [feature(each) for each in geometries]}).encode()


def shapefile(
    rings: Sequence[Ring] = (), *, texts: Sequence[bytes] = (), prj: str | None = PRJ_4490
) -> dict[str, bytes]:
    """The parts of a shapefile of one ring a feature, with one text field."""
    rings = rings or [square()]
    texts = texts or [b"1"] * len(rings)
    records, index, at = [], [], 50
    for number, ring in enumerate(rings, start=1):
        xs, ys = [p[0] for p in ring], [p[1] for p in ring]
        body = struct.pack("<i4d2ii", 5, min(xs), min(ys), max(xs), max(ys), 1, len(ring), 0)
        body += b"".join(struct.pack("<2d", *p[:2]) for p in ring)
        records.append(struct.pack(">2i", number, len(body) // 2) + body)
        index.append(struct.pack(">2i", at, len(body) // 2))
        at += len(records[-1]) // 2
    parts = {
        "shp": _shape_head(at) + b"".join(records),
        "shx": _shape_head(50 + 4 * len(index)) + b"".join(index),
        "dbf": dbf(texts),
    }
    return parts if prj is None else parts | {"prj": prj.encode()}


def _shape_head(words: int) -> bytes:
    box = (LON, LAT, LON + STEP, LAT + STEP, 0, 0, 0, 0)
    return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<2i8d", 1000, 5, *box)


def dbf(texts: Sequence[bytes], *, rows: int | None = None, name: bytes = b"BSM") -> bytes:
    """A table of one text field, 40 bytes wide; `rows` may lie."""
    head = struct.pack("<4BIHH20x", 3, 124, 1, 1, len(texts) if rows is None else rows, 65, 41)
    column = struct.pack("<11sc4xBB14x", name, b"C", 40, 0)
    return head + column + b"\r" + b"".join(b" " + text.ljust(40) for text in texts) + b"\x1a"


def zipped(parts: dict[str, bytes], stem: str = "parcels") -> bytes:
    """A zip of a shapefile's parts, or of whole names where they have a dot."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name if "." in name else f"{stem}.{name}", content)
    return file.getvalue()


def geopackage(path: Path, *blobs: bytes, sql: Sequence[str] = (), srs: int = 4490) -> Path:
    """A GeoPackage with the layer DLTB of these WKB blobs; then whatever `sql` adds."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"""
            PRAGMA application_id = {0x47504B47};
            PRAGMA user_version = 10300;
            CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL,
              srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
              organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
              description TEXT);
            CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL,
              identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME,
              min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);
            CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT,
              geometry_type_name TEXT, srs_id INTEGER, z TINYINT, m TINYINT,
              PRIMARY KEY (table_name, column_name));
            INSERT INTO gpkg_spatial_ref_sys VALUES ('CGCS2000', {srs}, 'EPSG', {srs},
              'undefined', '');
            CREATE TABLE "DLTB" (fid INTEGER PRIMARY KEY, geom BLOB, BSM TEXT);
            INSERT INTO gpkg_contents VALUES ('DLTB', 'features', 'DLTB', '',
              '2023-01-01T00:00:00Z', 112, 23, 114, 25, {srs});
            INSERT INTO gpkg_geometry_columns VALUES ('DLTB', 'geom', 'GEOMETRY', {srs}, 2, 2);
        """)
        head = b"GP\x00\x01" + struct.pack("<i", srs)
        for number, blob in enumerate(blobs or (wkb(square()),)):
            row = (number + 1, head + blob, str(number + 1))
            database.execute('INSERT INTO "DLTB" VALUES (?, ?, ?)', row)
        for statement in sql:
            database.execute(statement)
        database.commit()
    return path


# ---- class 1: archives -----------------------------------------------------------------------


@case("archive_bomb")
def ratio_bomb(folder: Path, outside: Outside) -> bytes:
    return zipped(shapefile() | {"shp": bytes(64 * 2**20)})


@case("archive_overlap")
def overlap_bomb(folder: Path, outside: Outside) -> bytes:
    """Fifty names for the same megabyte, as in the 19 KiB archive that unpacks to gigabytes."""
    whole = zipped({"a.shp": bytes(2**20)})
    start = whole.index(b"PK\x01\x02")
    entry = whole[start : whole.index(b"PK\x05\x06")]
    entries = b"".join(entry.replace(b"a.shp", f"{n:05d}".encode()) for n in range(50))
    return whole[:start] + entries + _end(50, len(entries), start)


def _end(count: int, size: int, start: int) -> bytes:
    return struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, start, 0)


def _forged(parts: dict[str, bytes], offset: int, form: str, value: int) -> bytes:
    """A zip whose every directory entry says `value` at `offset`."""
    content = bytearray(zipped(parts))
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into(form, content, at + offset, value)
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(content)


@case("archive_entries")
def hundred_thousand_entries(folder: Path, outside: Outside) -> bytes:
    whole = zipped({"a.shp": b""})
    start = whole.index(b"PK\x01\x02")
    entry = whole[start : whole.index(b"PK\x05\x06")]
    return whole[:start] + entry * 100_000 + _end(0xFFFF, len(entry) * 100_000, start)


@case("archive_damaged")
def directory_larger_than_its_count(folder: Path, outside: Outside) -> bytes:
    whole = zipped({"a.shp": b""})
    start = whole.index(b"PK\x01\x02")
    return whole[:start] + _end(1, 0xFFFFFFF0, start)


@case("archive_entries")
def zip64_lie(folder: Path, outside: Outside) -> bytes:
    whole = zipped(shapefile())
    return whole[:-22] + _end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


@case("archive_damaged")
def zip64_directory_elsewhere(folder: Path, outside: Outside) -> bytes:
    whole = zipped(shapefile())
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 2**60, 1)
    return whole[:-22] + locator + _end(5, 0xFFFFFFFF, 0xFFFFFFFF)


def _named(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x" * len(name))
            info.filename = name
            archive.writestr(info, b"x")
    return file.getvalue()


def _with_mode(mode: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("parcels.shp")
        info.external_attr = mode << 16
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


several(
    "archive_name",
    {
        "parent_folder_name": lambda folder, outside: _named("../../evil.shp"),
        "backslash_name": lambda folder, outside: _named("a\\..\\b.shp"),
        "absolute_name": lambda folder, outside: _named("/etc/cron.d/evil.shp"),
        "drive_name": lambda folder, outside: _named("C:evil.shp"),
        "nul_name": lambda folder, outside: zipped({"aXb.shp": b"x"}).replace(b"aXb", b"a\0b"),
    },
)
several(
    "archive_duplicate",
    {
        "case_colliding_parts": lambda folder, outside: _named("a.shp", "A.SHP"),
        "duplicate_names": lambda folder, outside: _named("a.shp", "b.shp").replace(
            b"b.shp", b"a.shp"
        ),
    },
)
several(
    "archive_link",
    {
        "symlink_entry": lambda folder, outside: _with_mode(stat.S_IFLNK | 0o777),
        "device_entry": lambda folder, outside: _with_mode(stat.S_IFCHR | 0o666),
    },
)
several(
    "archive_damaged",
    {
        "lying_size": lambda folder, outside: _forged(shapefile(), 24, "<I", 3),
        "lying_checksum": lambda folder, outside: _forged(shapefile(), 16, "<I", 12345),
        "damaged_bytes": lambda folder, outside: (
            zipped(shapefile())
            .replace(b"PK\x03\x04", b"PK\x03\x05")
            .replace(b"PK\x03\x05", b"PK\x03\x04", 1)
        ),
    },
)
several(
    "archive_encrypted",
    {"encrypted_archive": lambda folder, outside: _forged(shapefile(), 8, "<H", 1)},
)
several(
    "archive_nested",
    {"nested_archive": lambda folder, outside: zipped({"in.zip": zipped(shapefile())})},
)
several(
    "archive_method",
    {"odd_compression": lambda folder, outside: _forged(shapefile(), 10, "<H", 12)},
)
several(
    "archive_junk",
    {
        "trailing_junk": lambda folder, outside: zipped(shapefile()) + b"<script>" * 9,
        "truncated_archive": lambda folder, outside: zipped(shapefile())[:-30],
    },
)
several("archive_empty", {"empty_archive": lambda folder, outside: _end(0, 0, 0)})
several("no_features", {"no_features": lambda folder, outside: geojson()})
several("empty", {"empty_file": lambda folder, outside: b""})
several(
    "archive_entries",
    {"sixty_five_entries": lambda folder, outside: _named(*(f"{n}.shp" for n in range(65)))},
)
several(
    "archive_kind",
    {
        "rar_renamed": lambda folder, outside: b"Rar!\x1a\x07\x01\x00" + bytes(99),
        "7z_renamed": lambda folder, outside: b"7z\xbc\xaf\x27\x1c" + bytes(99),
        "gzip_renamed": lambda folder, outside: b"\x1f\x8b\x08" + bytes(99),
    },
)
several(
    "shapefile_part",
    {
        "missing_shx": lambda folder, outside: zipped(_without("shx")),
        "missing_dbf": lambda folder, outside: zipped(_without("dbf")),
        "missing_shp": lambda folder, outside: zipped(_without("shp")),
        "parts_of_two_stems": lambda folder, outside: zipped(
            {("a." if k == "shp" else "b.") + k: v for k, v in shapefile().items()}
        ),
    },
)


def _without(part: str) -> dict[str, bytes]:
    return {name: content for name, content in shapefile().items() if name != part}


@case("needs_crs", lambda report: any(".prj" in each for each in report.warnings))
def missing_prj(folder: Path, outside: Outside) -> bytes:
    return zipped(_without("prj"))


@case("needs_layer", lambda report: report.layers == ["one", "two"])
def two_layers(folder: Path, outside: Outside) -> bytes:
    one = {f"one.{name}": content for name, content in shapefile().items()}
    return zipped(one | {f"two.{name}": content for name, content in shapefile().items()})


@case("ready", lambda report: report.layer == "地块")
def gbk_names(folder: Path, outside: Outside) -> bytes:
    content = zipped(shapefile(), stem="XXXX")
    return content.replace(b"XXXX.", "地块.".encode("gbk"))


@case("several_files")
def two_kinds(folder: Path, outside: Outside) -> bytes:
    return zipped({"a.geojson": geojson(polygon(square())), "b.json": geojson(polygon(square()))})


# ---- class 2: what GDAL would open -----------------------------------------------------------


def _vrt(source: str, extra: str = "") -> bytes:
    return (
        '<OGRVRTDataSource><OGRVRTLayer name="canary">'
        f"<SrcDataSource>{source}</SrcDataSource>{extra}</OGRVRTLayer></OGRVRTDataSource>"
    ).encode()


XML: dict[str, Callable[[Outside], bytes]] = {
    "vrt": lambda outside: _vrt(str(outside.canary)),
    "vrt_vsicurl": lambda outside: _vrt(f"/vsicurl/{outside.url}.geojson"),
    "vrt_sql": lambda outside: _vrt(
        str(outside.canary), "<SrcSQL dialect='sqlite'>SELECT * FROM canary</SrcSQL>"
    ),
    "wfs": lambda outside: (
        f"<OGRWFSDataSource><URL>{outside.url}?</URL></OGRWFSDataSource>"
    ).encode(),
    "csw": lambda outside: (
        f"<OGRCSWDataSource><URL>{outside.url}</URL></OGRCSWDataSource>".encode()
    ),
    "wms": lambda outside: (
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>{outside.url}</ServerUrl></Service></GDAL_WMS>'
    ).encode(),
    "gti": lambda outside: (
        f"<GDALTileIndexDataset><IndexDataset>{outside.canary}</IndexDataset>"
        "</GDALTileIndexDataset>"
    ).encode(),
    "kml_network_link": lambda outside: (
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link>'
        f"<href>{outside.url}</href></Link></NetworkLink></kml>"
    ).encode(),
    "kml_entity_of_a_file": lambda outside: (
        f'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY x SYSTEM "file://{outside.canary}">]>'
        "<kml><Placemark><name>&x;</name></Placemark></kml>"
    ).encode(),
    "kml_entity_of_an_address": lambda outside: (
        f'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY x SYSTEM "{outside.url}">]><kml>&x;</kml>'
    ).encode(),
    "billion_laughs": lambda outside: (
        '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
        + "]><kml>&a9;</kml>"
    ).encode(),
    "gml_schema": lambda outside: (
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://x {outside.url}.xsd"/>'
    ).encode(),
}


def _in_file(content: Callable[[Outside], bytes], name: str) -> Made:
    def make(folder: Path, outside: Outside) -> Path:
        path = folder / name
        path.write_bytes(content(outside))
        return path

    return make


for _suffix in ("shp", "geojson", "kml", "csv", "gpkg"):
    several("kind_xml", {f"vrt_as_{_suffix}": _in_file(XML["vrt"], f"parcels.{_suffix}")})
several(
    "kind_xml",
    {
        f"{name}_as_shp": _in_file(make, "parcels.shp")
        for name, make in XML.items()
        if name != "vrt"
    },
)
several(
    "kind_xml",
    {"vrt_in_zip": lambda folder, outside: zipped({"parcels.vrt": XML["vrt"](outside)})},
)
several(
    "shapefile_part",
    {
        "connection_string": lambda folder, outside: f"OAPIF:{outside.url}".encode(),
        "vsi_path": lambda folder, outside: f"/vsicurl/{outside.url}".encode(),
        "pickle_renamed": lambda folder, outside: b"\x80\x04cos\nsystem\n(S'touch x'\ntR.",
    },
)
several(
    "crs_link",
    {
        "crs_link_to_an_address": lambda folder, outside: geojson(
            polygon(square()),
            crs={"type": "link", "properties": {"href": outside.url, "type": "proj4"}},
        ),
        "crs_link_to_a_file": lambda folder, outside: geojson(
            polygon(square()), crs={"type": "link", "properties": {"href": str(outside.canary)}}
        ),
        "crs_url": lambda folder, outside: geojson(
            polygon(square()), crs={"type": "url", "properties": {"url": outside.url}}
        ),
    },
)
several(
    "crs",
    {
        "crs_named_by_an_address": lambda folder, outside: geojson(
            polygon(square()), crs=outside.url
        ),
    },
)
several(
    "geojson",
    {
        "esri_json_paging": lambda folder, outside: json.dumps(
            {
                "geometryType": "esriGeometryPolygon",
                "exceededTransferLimit": True,
                "features": [{"geometry": {"rings": [square()]}}],
            }
        ).encode(),
        "topojson": lambda folder, outside: b'{"type":"Topology","objects":{},"arcs":[]}',
    },
)


@case("ready", lambda report: any("触发器" in each for each in report.warnings))
def gpkg_with_a_trigger(folder: Path, outside: Outside) -> Path:
    fires = 'CREATE TRIGGER evil AFTER INSERT ON "DLTB" BEGIN DELETE FROM "DLTB"; END'
    return geopackage(folder / "a.gpkg", sql=[fires])


def _geopackage_with(*sql: str) -> Made:
    return lambda folder, outside: geopackage(
        folder / "a.gpkg", sql=[each.format(canary=outside.canary) for each in sql]
    )


several(
    "gpkg_view",
    {
        "gpkg_with_a_view": _geopackage_with(
            'ALTER TABLE "DLTB" RENAME TO real',
            "CREATE VIEW \"DLTB\" AS SELECT fid, geom, readfile('{canary}') AS BSM FROM real",
        )
    },
)
several(
    "gpkg_generated",
    {
        "gpkg_with_a_generated_column": _geopackage_with(
            'ALTER TABLE "DLTB" ADD COLUMN evil TEXT GENERATED ALWAYS AS (upper(BSM)) VIRTUAL'
        )
    },
)
several(
    "gpkg_virtual",
    {
        "gpkg_with_a_virtual_table": _geopackage_with(
            "CREATE VIRTUAL TABLE evil USING fts5(content)"
        )
    },
)


@case("gpkg")
def sqlite_as_gpkg(folder: Path, outside: Outside) -> Path:
    path = folder / "a.gpkg"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (a)")
        database.commit()
    return path


@case("gpkg_damaged")
def gpkg_with_torn_pages(folder: Path, outside: Outside) -> bytes:
    content = bytearray(geopackage(folder / "a.gpkg").read_bytes())
    content[100:4000] = b"\xff" * 3900
    return bytes(content)


several(
    "dbf",
    {
        "dbf_with_too_many_rows": lambda folder, outside: zipped(
            shapefile() | {"dbf": dbf([b"1"], rows=9000)}
        ),
        "dbf_with_a_wrong_width": lambda folder, outside: zipped(
            shapefile() | {"dbf": dbf([b"1"]).replace(b"\x29\x00", b"\x28\x00", 1)}
        ),
        "dbf_cut_short": lambda folder, outside: zipped(shapefile() | {"dbf": b"\x03"}),
    },
)
several(
    "features",
    {
        "dbf_with_two_billion_rows": lambda folder, outside: zipped(
            shapefile() | {"dbf": dbf([b"1"], rows=2**31)}
        )
    },
)
several(
    "encoding",
    {"text_in_no_encoding": lambda folder, outside: zipped(shapefile(texts=[b"\xff\xff\x81"]))},
)


@case("ready", lambda report: report.encoding["name"] == "gb18030")
def cpg_nonsense(folder: Path, outside: Outside) -> bytes:
    parts = shapefile(texts=["水田一号".encode("gbk")])
    return zipped(parts | {"cpg": f"/vsicurl/{outside.url}".encode()})


@case("needs_crs")
def prj_with_an_address(folder: Path, outside: Outside) -> bytes:
    return zipped(shapefile(prj=outside.url))


@case("needs_crs")
def prj_with_a_file(folder: Path, outside: Outside) -> bytes:
    return zipped(shapefile(prj=f"+proj=longlat +nadgrids={outside.canary}"))


@case("no_coordinates")
def shape_with_lying_lengths(folder: Path, outside: Outside) -> bytes:
    parts = shapefile()
    content = bytearray(parts["shp"])
    struct.pack_into("<2i", content, 100 + 8 + 36, 2**30, 2**30)
    return zipped(parts | {"shp": bytes(content)})


several(
    "damaged",
    {
        "parquet_in_name_only": lambda folder, outside: b"PAR1" + bytes(99) + b"PAR1",
        "parquet_with_a_huge_footer": lambda folder, outside: (
            b"PAR1" + bytes(99) + struct.pack("<I", 2**31 - 1) + b"PAR1"
        ),
    },
)


# ---- class 3: geometry ------------------------------------------------------------------------


def _found(rule: str) -> Callable[[Any], bool]:
    return lambda report: report.exam["counts"][rule] > 0


def _shape(*rings: Ring) -> Made:
    return lambda folder, outside: geojson(polygon(*rings))


def _blob(blob: bytes) -> Made:
    return lambda folder, outside: geopackage(folder / "a.gpkg", blob)


def _star(points: int) -> list[list[float]]:
    turn = 2 * math.pi * (points // 2) / points
    ring = [
        [LON + STEP * math.cos(n * turn), LAT + STEP * math.sin(n * turn)] for n in range(points)
    ]
    return [*ring, ring[0]]


def _circle(points: int) -> list[list[float]]:
    turn = 2 * math.pi / points
    ring = [
        [LON + STEP * math.cos(n * turn), LAT + STEP * math.sin(n * turn)] for n in range(points)
    ]
    return [*ring, ring[0]]


def _hole(lon: float) -> list[list[float]]:
    return square(lon, LAT + STEP / 4, STEP / 4)[::-1]


several(
    "not_finite",
    {
        "nan_coordinate": _blob(wkb([*square()[:3], [math.nan, LAT], square()[0]])),
        "infinite_coordinate": _blob(wkb([*square()[:3], [math.inf, LAT], square()[0]])),
        "nan_in_json": lambda folder, outside: geojson(
            polygon([*square()[:3], [math.nan, LAT], square()[0]])
        ),
        "overflowing_in_json": lambda folder, outside: geojson(polygon(square())).replace(
            b"112.9,", b"1e999,"
        ),
    },
)
HUGE = [[1e308, 1e308], *square()[1:4], [1e308, 1e308]]
several("needs_crs", {"huge_coordinate": _shape(HUGE)})
several("coordinates", {"huge_coordinate_insisted_on": _shape(HUGE)}, crs="EPSG:4490")
several(
    "coordinates",
    {"latitude_first_insisted_on": _shape([p[::-1] for p in square()])},
    crs="EPSG:4490",
)
several("ring_open", {"unclosed_ring": _shape(square()[:4])})
several("ring_short", {"ring_of_two_points": _shape([square()[0], square()[1], square()[0]])})
several(
    "nesting",
    {
        "collections_100_deep": _blob(collection(wkb(square()), 100)),
        "collections_12k_deep": _blob(collection(wkb(square()), 12_000)),
        "collections_25k_deep": _blob(collection(wkb(square()), 25_000)),
    },
)
several(
    "json_depth",
    {
        "json_65_deep": lambda folder, outside: geojson(None).replace(
            b"null", b"[" * 65 + b"]" * 65
        ),
        "json_100k_deep": lambda folder, outside: b'{"type":' + b"[" * 100_000,
        "json_collections_25k_deep": lambda folder, outside: geojson(None).replace(
            b"null", b'{"type":"GeometryCollection","geometries":[' * 25_000 + b"]}" * 25_000
        ),
    },
)
several(
    "wkb",
    {
        "lying_ring_count": _blob(struct.pack("<BII", 1, 3, 2**31 - 1) + wkb(square())[9:]),
        "lying_point_count": _blob(struct.pack("<BIII", 1, 3, 1, 2**28) + bytes(80)),
        "lying_part_count": _blob(struct.pack("<BII", 1, 6, 2**32 - 1)),
        "bytes_left_over": _blob(wkb(square()) + bytes(17)),
    },
)
several(
    "vertices",
    {
        "too_many_vertices": _shape(_circle(100_001)),
        "too_many_vertices_in_wkb": _blob(wkb(_circle(100_001))),
    },
)
several(
    "curve",
    {
        "curved_polygon": _blob(
            struct.pack("<BII", 1, 10, 1)
            + struct.pack("<BII", 1, 8, 5)
            + b"".join(struct.pack("<2d", *p) for p in square())
        )
    },
)
several(
    "geometry_type",
    {
        "points": lambda folder, outside: geojson({"type": "Point", "coordinates": [LON, LAT]}),
        "lines": lambda folder, outside: geojson(
            {"type": "LineString", "coordinates": square()[:2]}
        ),
    },
)
several(
    "ready",
    {
        "bow_tie": _shape([square()[n] for n in (0, 2, 1, 3, 0)]),
        "star_of_101": _shape(_star(101)),
        "hole_outside": _shape(square(), _hole(LON + 5 * STEP)),
        "hole_twice": _shape(square(), _hole(LON + STEP / 4), _hole(LON + STEP / 4)),
        "spike": _shape([*square()[:3], [LON + 9 * STEP, LAT + STEP], *square()[2:]]),
        "zero_area": _shape([[LON, LAT], [LON + STEP, LAT], [LON, LAT], [LON, LAT]]),
    },
    holds=_found("geometry.invalid"),
)
# Repairing it takes 13 seconds of one core, twice as many points eight times as long.
several("timeout", {"star_of_1001": _shape(_star(1001))}, limits=replace(UPLOAD, cpu_s=4))
several(
    "ready",
    {
        "duplicate": lambda folder, outside: geojson(polygon(square()), polygon(square())),
    },
    holds=_found("geometry.duplicate"),
)
several(
    "ready",
    {
        "overlap_with_a_neighbour": lambda folder, outside: geojson(
            polygon(square()), polygon(square(LON + STEP / 2))
        ),
    },
    holds=_found("geometry.overlap"),
)
several(
    "ready",
    {
        "no_geometry": lambda folder, outside: geojson(polygon(square()), None),
        "empty_polygon": lambda folder, outside: geojson(polygon(square()), polygon()),
    },
    holds=_found("geometry.empty"),
)
several(
    "ready",
    {
        "with_height": _blob(wkb([[*p, 9.0] for p in square()], kind=1003, dimensions=3)),
        "with_height_and_measure": _blob(
            wkb([[*p, 9.0, 1.0] for p in square()], kind=3003, dimensions=4)
        ),
    },
    holds=lambda report: report.n_with_height == 1,
)
several(
    "ready",
    {
        "one_parcel_outside_the_county": lambda folder, outside: geojson(
            *(polygon(square(LON + n * 2 * STEP)) for n in range(30)), polygon(square(114.5))
        ),
    },
    holds=_found("geometry.outside"),
)


def _moved(east: float, north: float, *, is_swapped: bool = False, scale: float = 1.0) -> Made:
    """Squares at other numbers than degrees of EPSG:4490."""

    def make(folder: Path, outside: Outside) -> bytes:
        rings = [
            [[east + x * scale, north + y * scale] for x, y in square(0.002 * n, 0)]
            for n in range(5)
        ]
        if is_swapped:
            rings = [[[y, x] for x, y in ring] for ring in rings]
        return geojson(*map(polygon, rings), crs=None)

    return make


several(
    "needs_crs",
    {
        "latitude_first": _moved(LON, LAT, is_swapped=True),
        "metres_with_a_zone": _moved(38_391_000, 2_622_000, scale=1e5),
        "metres_without_a_zone": _moved(391_000, 2_622_000, scale=1e5),
        "northing_first": _moved(38_391_000, 2_622_000, scale=1e5, is_swapped=True),
        "across_the_antimeridian": _moved(179.999, LAT),
        "numbers_of_no_system": _moved(5e9, 7e9),
    },
    holds=lambda report: bool(report.reference["text_zh"]),
)


@case("needs_crs", lambda report: not report.reference["is_certain"])
def metres_declared_as_degrees(folder: Path, outside: Outside) -> bytes:
    return geojson(polygon([[p[0] * 1e4, p[1] * 1e4] for p in square()]))

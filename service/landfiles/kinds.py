"""What a land file is: told by its bytes, never by its name."""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from service.landfiles import archives
from service.landfiles.archives import Part
from service.landfiles.limits import Limits, Refusal

SQLITE_START = b"SQLite format 3\x00"
SHAPE_START = (9994).to_bytes(4, "big")
SHAPE_VERSION = (1000).to_bytes(4, "little")
PARQUET_START = b"PAR1"
UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")
GPKG_IDS = (b"GPKG", b"GP10", b"GP11")
GPKG_ID_AT = 68
SHAPE_PARTS = ("shp", "shx", "dbf", "prj", "cpg")
GDB_FILE = re.compile(r"(a[0-9a-f]{8}\.[A-Za-z0-9_.\-]{3,80}|gdb|timestamps)", re.ASCII)
GDB_CATALOG = "a00000001.gdbtable"
SAFE_TABLES = ("rtree", "rtree_i32")
SCHEMA = "SELECT type, name, sql FROM sqlite_master"


@dataclass
class Source:
    """One file of a known kind, under a name of ours in the child's own folder."""

    kind: str
    path: Path
    layers: dict[str, Path] = field(default_factory=dict)
    """Of shapefiles: each layer's own file."""
    warnings: list[str] = field(default_factory=list)


def open_upload(parts: Sequence[Part], folder: Path, limits: Limits) -> Source:
    """Say what was uploaded: one file, an archive, or the loose parts of a shapefile."""
    if len(parts) == 1 and _start(parts[0].path).startswith((b"PK\x03\x04", b"PK\x05\x06")):
        parts = archives.unpack(parts[0].path, folder, limits)
    if not parts:
        raise Refusal("empty", "没有可读的文件")
    geodatabase = _geodatabase(parts, folder)
    if geodatabase is not None:
        return geodatabase
    found = [(part, _kind(part)) for part in parts]
    if any(kind == "shapefile" for _, kind in found):
        return _shapefiles(parts, found, folder)
    known = [(part, kind) for part, kind in found if kind is not None]
    if len(known) == 1:
        part, kind = known[0]
        return _single(part, str(kind), folder)
    if known:
        raise Refusal("several_files", "一次只能导入一个文件,压缩包里有多个数据文件")
    raise _unknown(parts)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(128)


def _kind(part: Part) -> str | None:
    start = _start(part.path)
    if start.startswith(SQLITE_START):
        return "gpkg"
    if start.startswith(SHAPE_START) and start[28:32] == SHAPE_VERSION:
        # The index of a shapefile begins like the shapefile itself.
        return None if part.name.lower().endswith(".shx") else "shapefile"
    if start.startswith(PARQUET_START):
        return "parquet"
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "geojson"
    return None


def _unknown(parts: Sequence[Part]) -> Refusal:
    start = _start(parts[0].path)
    if not start:
        return Refusal("empty", "文件是空的")
    if start.startswith(archives.OTHER_ARCHIVES):
        return Refusal("archive_kind", "只接受 ZIP 压缩包;RAR、7z 请解压后重新压缩为 ZIP")
    if start.startswith(UTF16_STARTS):
        return Refusal("encoding", "这是 UTF-16 编码;请另存为 UTF-8")
    if start.lstrip().startswith(b"<"):
        return Refusal("kind_xml", "这是 XML(VRT、KML、GML、WFS 等),不接受;请导出成 GeoPackage")
    names = {Path(part.name).suffix.lower().removeprefix(".") for part in parts}
    if names & set(SHAPE_PARTS):
        return Refusal("shapefile_part", "Shapefile 缺少 .shp,或 .shp 的内容不是 Shapefile")
    return Refusal(
        "kind",
        "认不出这是什么文件;只接受 Shapefile、GeoPackage、FileGDB(压缩为 ZIP)、"
        "GeoJSON 和 GeoParquet",
    )


def _single(part: Part, kind: str, folder: Path) -> Source:
    path = folder / f"upload.{kind}"
    part.path.rename(path)
    source = Source(kind, path)
    if kind == "gpkg":
        source.warnings += _check_geopackage(path)
    return source


def _stem(name: str) -> tuple[str, str]:
    path = PurePosixPath(name)
    return str(path.with_suffix("")).casefold(), path.suffix.lower().removeprefix(".")


def _shapefiles(
    parts: Sequence[Part], found: Iterable[tuple[Part, str | None]], folder: Path
) -> Source:
    belonging: dict[str, dict[str, Part]] = defaultdict(dict)
    for part in parts:
        stem, suffix = _stem(part.name)
        if suffix in SHAPE_PARTS:
            belonging[stem][suffix] = part
    layers, warnings = {}, []
    shapes = [part for part, kind in found if kind == "shapefile"]
    for number, shape in enumerate(shapes):
        stem, suffix = _stem(shape.name)
        mine = belonging.get(stem, {}) if suffix == "shp" else {}
        for need in ("shx", "dbf"):
            if need not in mine:
                raise Refusal("shapefile_part", f"Shapefile 缺少 .{need},请把各部分放在一起")
        if "prj" not in mine:
            warnings.append("没有 .prj:坐标系由坐标推断")
        for part_suffix, part in mine.items():
            part.path.rename(folder / f"upload-{number}.{part_suffix}")
        layers[PurePosixPath(shape.name).stem] = folder / f"upload-{number}.shp"
    return Source("shapefile", next(iter(layers.values())), layers, warnings)


def _geodatabase(parts: Sequence[Part], folder: Path) -> Source | None:
    """Put the files of one geodatabase folder together, if that is what the parts are."""
    catalogs = [part for part in parts if PurePosixPath(part.name).name == GDB_CATALOG]
    if not catalogs:
        return None
    if len(catalogs) > 1:
        raise Refusal("several_files", "压缩包里有多个 FileGDB,一次只能导入一个")
    home = PurePosixPath(catalogs[0].name).parent
    path = folder / "upload.gdb"
    path.mkdir()
    for part in parts:
        name = PurePosixPath(part.name)
        if name.parent == home and GDB_FILE.fullmatch(name.name):
            part.path.rename(path / name.name)
    return Source("filegdb", path)


def _check_geopackage(path: Path) -> list[str]:
    """Refuse what would run SQL of the file's author; say what is left unread.

    A view, a generated column or a foreign virtual table computes when it is read, with
    functions of GDAL that open files and addresses. A trigger only fires on a write, and the
    file is opened read-only and immutable, so triggers are left alone and told.
    """
    if _start(path)[GPKG_ID_AT : GPKG_ID_AT + 4] not in (*GPKG_IDS, b"\0\0\0\0"):
        raise Refusal("gpkg", "这个 SQLite 文件不是 GeoPackage")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            rows = database.execute(SCHEMA).fetchall()
            tables = [str(name) for kind, name, _ in rows if kind == "table"]
            if "gpkg_contents" not in tables or "gpkg_geometry_columns" not in tables:
                raise Refusal("gpkg", "这个 SQLite 文件不是 GeoPackage")
            for kind, name, sql in rows:
                _check_object(str(kind), str(name), str(sql or ""))
            _check_columns(database, tables)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise Refusal("gpkg_damaged", "GeoPackage 损坏,无法打开") from error
    triggers = [name for kind, name, _ in rows if kind == "trigger" and not _is_usual(str(name))]
    return [f"有 {len(triggers)} 个触发器,只读打开,不会执行"] if triggers else []


def _is_usual(trigger: str) -> bool:
    return trigger.startswith(("rtree_", "gpkg_", "trigger_insert_", "trigger_delete_"))


def _check_object(kind: str, name: str, sql: str) -> None:
    if kind == "view":
        raise Refusal(
            "gpkg_view",
            f"GeoPackage 里有视图 {name[:60]},视图里的 SQL 不执行;请导出成普通图层再上传",
        )
    virtual = re.match(r"\s*CREATE\s+VIRTUAL\s+TABLE\s.*?\sUSING\s+(\w+)", sql, re.I | re.S)
    if virtual and virtual.group(1).lower() not in SAFE_TABLES:
        raise Refusal("gpkg_virtual", f"GeoPackage 里有虚拟表 {name[:60]},不接受")


def _check_columns(database: sqlite3.Connection, tables: Iterable[str]) -> None:
    for table in tables:
        quoted = table.replace('"', '""')
        if table.startswith("rtree_"):
            continue
        for row in database.execute(f'PRAGMA table_xinfo("{quoted}")'):
            if row[6] > 1:
                raise Refusal("gpkg_generated", f"表 {table[:60]} 有计算列,不接受")

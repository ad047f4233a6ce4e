"""The book's layers as files for other programs; every export is noted in the audit."""

import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pyarrow as pa
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service import audit, space
from service.database import Database
from service.errors import NotFound
from service.landfiles import writer
from service.landfiles.surroundings import write_table
from service.parcels import queries
from service.parcels.models import (
    Approval,
    AreaOutline,
    FarmlandVersion,
    LandKind,
    ParcelVersion,
)
from service.parcels.queries import Moment, Wanted
from service.parcels.schemas import ExportOrder
from service.security import Viewer

SURVEYED = {
    "uid": "UID",
    "survey_code": "BSM",
    "parcel_number": "TBBH",
    "land_class": "DLBM",
    "planting_attribute": "ZZSXDM",
    "ownership": "QSXZ",
    "owner_code": "QSDWDM",
    "location_code": "ZLDWDM",
    "location_name": "ZLDWMC",
    "deduction_class": "KCDLBM",
    "deduction_ratio": "KCXS",
    "deducted_area_m2": "KCMJ",
    "terrain": "GDLX",
    "slope_grade": "GDPDJB",
    "strip_width_m": "XZDWKD",
    "settlement_attribute": "CZCSXM",
    "source_year": "SJNF",
    "remark": "BZ",
    "ellipsoidal_area_m2": "TQMJ",
    "area_code": "CUNDM",
    "valid_from": "YXQSR",
    "valid_to": "YXZZR",
    "exam": "TJJG",
}
"""Our columns -> the survey's own field names; the last five are ours, by their pinyin."""
COLUMNS: dict[LandKind, dict[str, str]] = {
    LandKind.PARCELS: SURVEYED | {"declared_area_m2": "TBMJ", "net_area_m2": "TBDLMJ"},
    LandKind.FARMLAND: SURVEYED | {"declared_area_m2": "YJJBNTTBMJ", "net_area_m2": "YJJBNTMJ"},
    LandKind.OUTLINES: {"area_code": "XZQDM", "name": "XZQMC", "ellipsoidal_area_m2": "TQMJ"},
    LandKind.APPROVALS: {
        "uid": "UID",
        "kind": "PZLX",
        "document_no": "PZWH",
        "issued_by": "PZJG",
        "valid_from": "YXQSR",
        "valid_to": "YXZZR",
        "area_code": "XZQDM",
        "ellipsoidal_area_m2": "TQMJ",
        "note": "BZ",
    },
}
MODELS: dict[LandKind, Any] = {
    LandKind.PARCELS: ParcelVersion,
    LandKind.FARMLAND: FarmlandVersion,
    LandKind.OUTLINES: AreaOutline,
    LandKind.APPROVALS: Approval,
}
MEDIA_TYPES = {
    "gpkg": "application/geopackage+sqlite3",
    "shp": "application/zip",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
MAX_NOTES = 2000


@dataclass(frozen=True)
class Exported:
    """A file of the book."""

    filename: str
    content: bytes
    media_type: str
    n_features: int
    notes: list[str]
    """What the format could not hold as it was."""

    def header(self) -> str:
        """Return the notes as a header can carry them."""
        return quote(";".join(self.notes))[:MAX_NOTES]


def export(session: Session, viewer: Viewer, order: ExportOrder) -> Exported:
    """Return a layer of the book as a file."""
    kind, columns = order.layer, COLUMNS[order.layer]
    moment = Moment.of(session, order.on)
    wanted = Wanted(moment, order.area or viewer.area_code, order.box)
    table = _read_beside(session, viewer, kind, wanted)
    if not table.num_rows:
        raise NotFound("这个范围、这一天没有可导出的内容;请换一个范围或日期")
    with tempfile.TemporaryDirectory(prefix="chungeng-export-") as folder:
        path = Path(folder) / "rows.arrow"
        write_table(path, table)
        made = writer.write(
            path,
            into=Path(folder),
            format=order.format,
            crs=order.crs,
            columns=columns,
            layer=kind.value,
        )
        content = made.path.read_bytes()
    audit.record(
        session,
        "land.export",
        kind.value,
        area_code=wanted.area_code,
        format=order.format,
        crs=order.crs,
        on=wanted.moment.on,
        n_features=table.num_rows,
    )
    name = f"{kind}-{wanted.area_code or 'all'}-{wanted.moment.on}-{order.crs.replace(':', '')}"
    notes = [*made.warnings, *(f"{each['field']}:{each['reason_zh']}" for each in made.shortened)]
    suffix = "".join(made.path.suffixes)
    return Exported(name + suffix, content, MEDIA_TYPES[order.format], table.num_rows, notes)


def _read_beside(session: Session, viewer: Viewer, kind: LandKind, wanted: Wanted) -> pa.Table:
    """Read in a transaction that only reads: nobody who writes waits for an export."""
    session.commit()  # nothing was written yet; it gives back SQLite's only lock for writing
    database: Database = session.info["database"]
    with database.read_session() as reading:
        reading.info["viewer"] = viewer
        return _table(reading, kind, wanted)


def _table(session: Session, kind: LandKind, wanted: Wanted) -> pa.Table:
    names = list(COLUMNS[kind])
    rows = session.execute(_query(kind, wanted, names)).all()
    columns = list(zip(*rows, strict=True)) or [()] * (len(names) + 1)
    made = {
        name: _array([_plain(each) for each in column])
        for name, column in zip(names, columns[:-1], strict=True)
    }
    return pa.table(made | {"geometry": pa.array(columns[-1], pa.binary())})


def _array(values: list[Any]) -> pa.Array:
    """Return a column; one that is empty throughout is of text, for GDAL knows no null type."""
    made = pa.array(values)
    return made.cast(pa.string()) if pa.types.is_null(made.type) else made


def _query(kind: LandKind, wanted: Wanted, names: list[str]) -> Select[Any]:
    model = MODELS[kind]
    is_wanted = (
        queries.approved(wanted.moment)
        if model is Approval
        else queries.valid(model, wanted.moment)
    )
    columns = (getattr(model, name) for name in names)
    query = select(*columns, space.wkb_of(model.geometry)).where(is_wanted)
    return queries.placed(query, model, wanted).order_by(model.id)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return float(value) if isinstance(value, Decimal) else value

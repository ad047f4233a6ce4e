"""What is laid beside a land file for its reading: the county, its villages, the book as it is."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from service import space
from service.landfiles.surroundings import write_table
from service.parcels import queries
from service.parcels.models import AreaOutline, FarmlandVersion, LandKind, ParcelVersion
from service.parcels.queries import Moment

BOOKS: dict[LandKind, Any] = {
    LandKind.PARCELS: ParcelVersion,
    LandKind.FARMLAND: FarmlandVersion,
}


def lay_out(session: Session, folder: Path, county_code: str) -> int:
    """Write the surroundings of a reading; return the revision of the book that they show."""
    folder.mkdir(parents=True, exist_ok=True)
    moment = Moment.of(session)
    county = queries.outline(session, county_code, moment)
    if county is not None:
        (folder / "outline.wkb").write_bytes(shapely.to_wkb(county.geometry))
    _villages(session, folder, county_code, moment)
    for kind, model in BOOKS.items():
        _book(session, folder / f"book-{kind}.arrow", model)
    return revision(session)


def revision(session: Session) -> int:
    """Return one number that grows with every change a dry run depends on."""
    kinds = (LandKind.PARCELS, LandKind.FARMLAND, LandKind.OUTLINES)
    return sum(queries.revision(session, kind) for kind in kinds)


def _villages(session: Session, folder: Path, county_code: str, moment: Moment) -> None:
    query = (
        select(AreaOutline.area_code, space.wkb_of(AreaOutline.geometry))
        .where(
            queries.valid(AreaOutline, moment),
            AreaOutline.level == "village",
            AreaOutline.area_code.startswith(county_code, autoescape=True),
        )
        .order_by(AreaOutline.area_code)
    )
    rows = session.execute(query).all()
    if rows:
        codes, geometries = zip(*rows, strict=True)
        write_table(
            folder / "outlines.arrow",
            {"village_code": pa.array(codes), "geometry": pa.array(geometries, pa.binary())},
        )


def _book(session: Session, path: Path, model: Any) -> None:
    """Write what has not ended, whatever day it is valid from: the next version follows on it."""
    columns = (model.id, model.uid, model.survey_code, model.digest, model.area_code)
    query = (
        select(*columns, space.wkb_of(model.geometry))
        .where(model.ended_at.is_(None))
        .order_by(model.id)
    )
    rows = session.execute(query).all()
    if not rows:
        return
    ids, uids, codes, digests, villages, geometries = zip(*rows, strict=True)
    write_table(
        path,
        {
            "id": pa.array(ids, pa.int64()),
            "uid": pa.array([uid.hex for uid in uids]),
            "survey_code": pa.array(codes, pa.string()),
            "digest": pa.array(digests),
            "village_code": pa.array(villages),
            "geometry": pa.array(geometries, pa.binary()),
        },
    )

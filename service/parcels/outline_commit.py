"""Putting the outlines of the area tree's units into the book."""

from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.areas.models import LEVEL_OF_LENGTH, Area
from service.areas.queries import under
from service.errors import Invalid
from service.parcels import bulk
from service.parcels.models import AreaOutline, LandImport
from service.parcels.severity import Blocked
from service.parcels.tables import table_of

SAME_DEGREES = 1e-7
"""About a centimetre."""
VILLAGE = 12
SHOWN = 5


def commit_outlines(
    session: Session, found: LandImport, folder: Path, at: datetime, blocked: Blocked
) -> dict[str, int]:
    """Write a file's outlines by their area codes; what is as before stays as it is."""
    day = found.valid_from
    assert day is not None, "a dry run says what day it speaks of"
    read = table_of(folder / "result.arrow").to_pylist()
    rows = [row for row in read if row["row"] not in blocked.left_out]
    names = _names(session, found, [_code(row) for row in rows])
    standing = {
        each.area_code: each
        for each in session.scalars(select(AreaOutline).where(AreaOutline.ended_at.is_(None)))
    }
    n_new = n_changed = 0
    for row in rows:
        code, geometry = _code(row), shapely.from_wkb(row["repaired"] or row["geometry"])
        before = standing.get(code)
        if before is not None and shapely.equals_exact(before.geometry, geometry, SAME_DEGREES):
            continue
        if before is not None:
            before.valid_to, before.ended_at = max(day, before.valid_from), at
        n_new, n_changed = n_new + (before is None), n_changed + (before is not None)
        session.add(
            AreaOutline(
                id=bulk.next_id(session, AreaOutline),
                area_code=code,
                valid_from=day,
                recorded_at=at,
                import_id=found.id,
                name=names[code],
                level=LEVEL_OF_LENGTH[len(code)],
                ellipsoidal_area_m2=row["ellipsoidal_area_m2"],
                geometry=geometry,
            )
        )
        session.flush()
    return {"n_new": n_new, "n_changed": n_changed, "n_left_out": len(blocked.left_out)}


def _code(row: dict[str, Any]) -> str:
    return (row["location_code"] or "").strip()[:VILLAGE]


def _names(session: Session, found: LandImport, codes: list[str]) -> dict[str, str]:
    query = select(Area.area_code, Area.name).where(under(found.area_code))
    names: dict[str, str] = {code: name for code, name in session.execute(query)}
    unknown = sorted(set(codes) - set(names))
    if unknown:
        some = "、".join(unknown[:SHOWN]) or "(空)"
        raise Invalid(f"区划树里没有这些代码:{some};请先导入区划", codes=unknown[:100])
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise Invalid(f"同一代码有几条界线:{'、'.join(twice[:SHOWN])};请合并成一个图形")
    return names

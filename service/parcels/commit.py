"""Putting a file that was read and examined into the book: all of it, in one transaction."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service import audit
from service.areas.models import Area
from service.areas.queries import under
from service.errors import Conflict
from service.parcels import bulk, surroundings
from service.parcels.approval_commit import commit_approvals
from service.parcels.approvals import bump
from service.parcels.models import (
    FarmlandOverlay,
    ImportState,
    LandImport,
    LandKind,
    Lineage,
)
from service.parcels.outline_commit import commit_outlines
from service.parcels.severity import Blocked, blocked_rows
from service.parcels.tables import table_of
from service.parcels.wholeness import Spared, spared

SURVEYED = (
    "survey_code", "parcel_number", "land_class", "planting_attribute", "ownership",
    "owner_code", "location_code", "location_name", "deduction_class", "terrain", "slope_grade",
    "refinement", "settlement_attribute", "is_enclave", "source_year", "remark", "attributes",
    "ellipsoidal_area_m2", "village_share", "village_margin", "uid", "digest",
)  # fmt: skip
DECLARED = {
    "deduction_ratio": 4,
    "strip_width_m": 1,
    "declared_area_m2": 2,
    "deducted_area_m2": 2,
    "net_area_m2": 2,
}
"""Declared numbers and their decimal places."""
BATCH = 500
VILLAGE = 12
Step = Callable[[str, int, int], None]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Entering:
    """The rows of a file that enter the book, with the keys they get."""

    rows: pa.Table
    ids: Indices
    id_of_row: dict[int, int]


def commit(session: Session, found: LandImport, folder: Path, step: Step) -> dict[str, Any]:
    """Write an import into the book; return what was done."""
    at = audit.instant(session)
    if found.compared_with != surroundings.revision(session):
        raise Conflict("检查之后账本又变过;请点“重新检查”,再入账", code="stale")
    assert found.valid_from is not None, "a dry run says what day it speaks of"
    blocked = blocked_rows(folder, json.loads(found.options).get("choices", {}))
    if found.kind is LandKind.OUTLINES:
        counts: dict[str, Any] = commit_outlines(session, found, folder, at, blocked)
    elif found.kind is LandKind.APPROVALS:
        counts = commit_approvals(session, found, folder, at, blocked)
    else:
        counts = _commit_parcels(session, found, folder, at, blocked, step)
    if any(counts.values()):
        bump(session, LandKind(str(found.kind)))
    found.state, found.committed_at = ImportState.COMMITTED, at
    audit.record(
        session,
        "land.commit",
        str(found.id),
        area_code=found.area_code,
        kind=found.kind,
        filename=found.filename,
        sha256=found.file_sha256,
        valid_from=found.valid_from,
        **counts,
    )
    return counts


def _commit_parcels(
    session: Session,
    found: LandImport,
    folder: Path,
    at: datetime,
    blocked: Blocked,
    step: Step,
) -> dict[str, int]:
    kind, day = LandKind(str(found.kind)), found.valid_from
    assert day is not None
    model = surroundings.BOOKS[kind]
    result = table_of(folder / "result.arrow")
    step("insert", 0, 4)
    held = spared(folder, blocked.left_out)
    entering = _entering(session, model, result, held)
    _insert(session, found, entering, blocked, at)
    step("end", 1, 4)
    ended = [each for each in _ended(folder, kind, entering) if each not in held.versions]
    _end(session, model, ended, day, at)
    step("lineage", 2, 4)
    n_lineage = 0
    if kind is LandKind.PARCELS:
        n_lineage = _lineage(session, folder, entering)
    step("overlay", 3, 4)
    n_overlays = _overlays(session, kind, folder, entering)
    step("done", 4, 4)
    standing = pc.value_counts(entering.rows.column("standing")).to_pylist()
    entered = {each["values"]: each["counts"] for each in standing}
    return {
        "n_new": entered.get("new", 0),
        "n_changed": entered.get("changed", 0),
        "n_gone": len(ended) - entered.get("changed", 0),
        "n_left_out": len(held.rows),
        "n_lineage": n_lineage,
        "n_overlays": n_overlays,
    }


def _entering(session: Session, model: Any, result: pa.Table, held: Spared) -> Entering:
    geometry = pc.coalesce(result.column("repaired"), result.column("geometry"))
    result = result.set_column(result.column_names.index("geometry"), "geometry", geometry)
    is_out = pc.is_in(result.column("row"), pa.array(sorted(held.rows), pa.int32()))
    is_same = pc.equal(result.column("standing"), "same")
    is_in = pc.and_(pc.invert(pc.or_(is_out, is_same)), pc.is_valid(result.column("geometry")))
    rows = result.filter(is_in).combine_chunks()
    ids = bulk.row_ids(bulk.next_id(session, model), rows.num_rows)
    numbers = rows.column("row").to_pylist()
    return Entering(rows, ids, dict(zip(numbers, ids.tolist(), strict=True)))


def _insert(
    session: Session, found: LandImport, entering: Entering, blocked: Blocked, at: datetime
) -> None:
    rows, model = entering.rows, surroundings.BOOKS[LandKind(str(found.kind))]
    columns: dict[str, Any] = {"id": pa.array(entering.ids)}
    columns |= {name: rows.column(name) for name in SURVEYED}
    columns |= {name: bulk.decimals(rows.column(name), places) for name, places in DECLARED.items()}
    numbers = rows.column("row").to_pylist()
    columns |= {
        "area_code": _area_codes(session, found, rows),
        "valid_from": found.valid_from,
        "recorded_at": at,
        "import_id": found.id,
        "source_row": rows.column("row"),
        "is_repaired": pc.is_valid(rows.column("repaired")),
        "exam": pa.array([blocked.exam.get(number, "ok") for number in numbers]),
    }
    bulk.insert(session, model, columns, rows.column("geometry").to_pylist())


def _area_codes(session: Session, found: LandImport, rows: pa.Table) -> pa.ChunkedArray:
    """Return the village by largest share; else the one that the survey names; else the unit."""
    query = select(Area.area_code).where(under(found.area_code))
    known = pa.array(session.scalars(query).all(), pa.string())
    named = pc.utf8_slice_codeunits(rows.column("location_code"), 0, VILLAGE)
    nothing = pa.scalar(None, pa.string())
    named = pc.if_else(pc.is_in(named, known), named, nothing)
    village = rows.column("village_code")
    return pc.coalesce(village.cast(pa.string()), named, pa.scalar(found.area_code))


def _ended(folder: Path, kind: LandKind, entering: Entering) -> list[int]:
    """Return the keys of the versions that end: those that changed and those that went."""
    path = folder / "around" / f"book-{kind}.arrow"
    if not path.exists():
        return []
    book = table_of(path)
    changed = entering.rows.filter(pc.equal(entering.rows.column("standing"), "changed"))
    is_changed = pc.is_in(book.column("uid"), changed.column("uid").combine_chunks())
    ended: list[int] = book.column("id").filter(is_changed).to_pylist()
    gone = folder / "gone.arrow"
    return ended + (table_of(gone).column("id").to_pylist() if gone.exists() else [])


def _end(session: Session, model: Any, ids: Sequence[int], day: date, at: datetime) -> None:
    table = model.__table__
    for batch in _batches(ids):
        is_meant = table.c.id.in_(batch)
        n_later = session.scalar(
            select(func.count()).select_from(table).where(is_meant, table.c.valid_from > day)
        )
        if n_later:
            raise Conflict(
                f"账上有 {n_later} 个图斑的有效起日晚于 {day};请核对这次调查的日期",
                code="older-survey",
            )
        session.execute(update(table).where(is_meant).values(valid_to=day, ended_at=at))


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _lineage(session: Session, folder: Path, entering: Entering) -> int:
    path = folder / "lineage.arrow"
    if not path.exists():
        return 0
    links = table_of(path)
    children = [entering.id_of_row.get(row) for row in links.column("row").to_pylist()]
    is_in = pa.array([child is not None for child in children], pa.bool_())
    links = links.append_column("child_id", pa.array(children, pa.int64())).filter(is_in)
    bulk.insert(
        session,
        Lineage,
        {
            "parent_id": links.column("old_id"),
            "child_id": links.column("child_id"),
            "op": links.column("op"),
            "area_m2": links.column("area_m2"),
            "share_of_parent": links.column("share_of_old"),
            "share_of_child": links.column("share_of_new"),
        },
    )
    return int(links.num_rows)


def _overlays(session: Session, kind: LandKind, folder: Path, entering: Entering) -> int:
    path = folder / "overlay.arrow"
    if not path.exists():
        return 0
    pairs = table_of(path)
    new = [entering.id_of_row.get(row) for row in pairs.column("row").to_pylist()]
    is_in = pa.array([each is not None for each in new], pa.bool_())
    pairs = pairs.append_column("new_id", pa.array(new, pa.int64())).filter(is_in)
    is_parcels = kind is LandKind.PARCELS
    bulk.insert(
        session,
        FarmlandOverlay,
        {
            "parcel_id": pairs.column("new_id" if is_parcels else "other_id"),
            "farmland_id": pairs.column("other_id" if is_parcels else "new_id"),
            "area_m2": pairs.column("area_m2"),
            "share_of_parcel": pairs.column("share_of_parcel"),
            "is_edge_only": pairs.column("is_edge_only"),
        },
    )
    return int(pairs.num_rows)

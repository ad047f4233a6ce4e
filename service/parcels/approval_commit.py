"""Putting approvals that came as a file into the book."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import Invalid
from service.parcels import bulk
from service.parcels.approvals import area_of
from service.parcels.codes import APPROVAL_TEXT
from service.parcels.models import Approval, ApprovalKind, LandImport
from service.parcels.severity import Blocked
from service.parcels.tables import table_of

KIND_FIELDS = ("PZLXMC", "PZLX", "批准类型", "YDLX", "kind")
DOCUMENT_FIELDS = ("PZWH", "PWH", "SPWH", "BAWH", "BABH", "批准文号", "document_no")
ISSUER_FIELDS = ("PZJG", "批准机关", "issued_by")
START_FIELDS = ("QSRQ", "YXQSR", "PZRQ", "起始日期", "valid_from")
END_FIELDS = ("ZZRQ", "YXZZR", "JZRQ", "终止日期", "valid_to")
"""The names that approval registers give to what the book needs; the first found counts."""
WORDS = {
    ApprovalKind.CONVERSION: ("转用", "NYDZY"),
    ApprovalKind.TEMPORARY: ("临时", "LSYD"),
    ApprovalKind.FACILITY: ("设施", "SSNYD"),
    ApprovalKind.BALANCE: ("进出平衡", "JCPH"),
    ApprovalKind.RETURNED_TO_FOREST: ("退耕", "TGHL"),
    ApprovalKind.FALLOW: ("休耕", "XG"),
    ApprovalKind.HOMESTEAD: ("宅基地", "ZJD"),
}
DAY = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})")
MAX_DOCUMENT, MAX_NOTE = 100, 500


def commit_approvals(
    session: Session, found: LandImport, folder: Path, at: datetime, blocked: Blocked
) -> dict[str, int]:
    """Write a file's approvals; one that the book holds already stays as it is."""
    rows = table_of(folder / "result.arrow").to_pylist()
    viewer = session.info["viewer"]
    n_new = 0
    first = bulk.next_id(session, Approval)
    for row in rows:
        if row["row"] in blocked.left_out:
            continue
        geometry = shapely.from_wkb(row["repaired"] or row["geometry"])
        approval = Approval(
            id=first + n_new,
            uid=UUID(row["uid"]),
            recorded_at=at,
            recorded_by=found.committed_by,
            import_id=found.id,
            ellipsoidal_area_m2=row["ellipsoidal_area_m2"],
            geometry=geometry,
            **_said(row),
        )
        if _is_known(session, approval):
            continue
        approval.area_code = area_of(session, viewer, None, geometry)
        session.add(approval)
        n_new += 1
    session.flush()
    return {"n_new": n_new, "n_changed": 0, "n_left_out": len(blocked.left_out)}


def _said(row: dict[str, Any]) -> dict[str, Any]:
    fields = json.loads(row["attributes"])
    starts, ends = _day(_first(fields, START_FIELDS)), _day(_first(fields, END_FIELDS))
    kind, document = _kind(_first(fields, KIND_FIELDS)), _first(fields, DOCUMENT_FIELDS)
    lacking = [
        name
        for name, value in (("批准类型", kind), ("批准文号", document), ("起始日期", starts))
        if not value
    ]
    if lacking:
        raise Invalid(
            f"第 {row['row']} 行缺 {'、'.join(lacking)};批准类型写成 "
            f"{'、'.join(APPROVAL_TEXT.values())} 之一,日期写成 2023-04-20",
            row=row["row"],
        )
    if ends is not None and starts is not None and ends <= starts:
        raise Invalid(f"第 {row['row']} 行的终止日期须在起始日期之后", row=row["row"])
    return {
        "kind": kind,
        "document_no": document[:MAX_DOCUMENT],
        "issued_by": _first(fields, ISSUER_FIELDS)[:MAX_DOCUMENT] or None,
        "valid_from": starts,
        "valid_to": ends,
        "note": (row["remark"] or "")[:MAX_NOTE] or None,
    }


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = (fields[name] for name in names if fields.get(name) not in (None, ""))
    return str(next(found, "")).strip()


def _kind(text: str) -> ApprovalKind | None:
    if text in set(ApprovalKind):
        return ApprovalKind(text)
    meant = [kind for kind, words in WORDS.items() if any(word in text for word in words)]
    return meant[0] if text and meant else None


def _day(text: str) -> date | None:
    found = DAY.match(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _is_known(session: Session, approval: Approval) -> bool:
    """Tell whether the book holds the same approval of the same land."""
    standing = session.scalars(
        select(Approval).where(
            Approval.document_no == approval.document_no,
            Approval.kind == approval.kind,
            Approval.valid_from == approval.valid_from,
            Approval.ended_at.is_(None),
        )
    )
    return any(
        each.valid_to == approval.valid_to and shapely.equals(each.geometry, approval.geometry)
        for each in standing
    )

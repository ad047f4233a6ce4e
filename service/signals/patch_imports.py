"""Importing monitoring patches: each row a signal, or a reason why not."""

import hashlib
import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid4, uuid5

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo import ellipsoid
from inspections.patches import PatchRow, read_row
from inspections.signals import MatchState, Source
from inspections.units import M2_PER_MU
from service import records
from service.database import thresholds_of
from service.errors import Invalid
from service.parcels import queries as parcels
from service.parcels.queries import Moment
from service.parcels.schemas import Datum
from service.records import NAMESPACE
from service.schemas import CIVIL_ZONE
from service.security import Viewer, is_in_view, whole_system
from service.signals import queries, recording
from service.signals.codes import patch_types
from service.signals.land_around import land_around
from service.signals.models import PatchImport, Signal, SignalParcel
from service.signals.patch_datums import Understood, true, understood
from service.signals.patch_files import PatchFile, PatchIn
from service.signals.patch_schemas import PatchReport, PatchRowRead
from service.signals.recording import AS_IS, Said, Spot, record_signals

MAX_SAID = 500
COUNTY = 6
BULK = 500


@dataclass
class Sorted:
    """What the rows of a file came to."""

    taken: list[tuple[PatchIn, PatchRow]] = field(default_factory=list)
    faults: list[PatchRowRead] = field(default_factory=list)
    n_refused: int = 0
    n_without_claim: int = 0


def import_patches(
    session: Session,
    file: PatchFile,
    *,
    content: bytes,
    filename: str,
    declared: Datum | None,
    is_dry_run: bool,
) -> PatchReport:
    """Enter the patches of a file; the rows that are wrong are told and left out."""
    limit = thresholds_of(session).signals.max_patches
    if len(file.patches) > limit:
        raise Invalid(f"一个文件最多 {limit} 个图斑,请分批导入", field="file")
    done = _sorted(session, file.patches)
    meant = understood(session, [each.geometry for each, _ in done.taken], declared)
    spots = [_spot(patch, row, meant.datum) for patch, row in done.taken]
    batch = uuid4()
    trial = session.begin_nested()
    written = _written(session, done, spots, batch)
    report = _report(session, file, done, meant, written, is_dry_run=is_dry_run)
    if is_dry_run:
        trial.rollback()
        session.info.pop("audit_queue", None)
        return report
    trial.commit()
    if not report.n_new:
        return report
    viewer: Viewer = session.info["viewer"]
    digest = hashlib.sha256(content).hexdigest()
    values = {
        "area_code": viewer.area_code,
        "filename": filename.replace("\x00", "").encode("utf-8", "replace").decode()[-200:],
        "file_sha256": digest,
        "datum": meant.datum,
        "is_datum_detected": meant.is_detected,
        "n_rows": len(file.patches),
        "n_new": report.n_new,
        "n_known": report.n_known,
        "n_refused": report.n_refused,
    }
    records.write(session, PatchImport, values, row=batch, digest=digest, action="patch.import")
    return report.model_copy(update={"import_id": batch})


def _sorted(session: Session, patches: list[PatchIn]) -> Sorted:
    done, kinds, today = Sorted(), patch_types(), records.today(session)
    for patch in patches:
        read = read_row(patch.fields, kinds, today=today)
        faults = [] if isinstance(read, PatchRow) else list(read)
        said = [(each.column, each.value, each.reason) for each in faults]
        said += _faults_of_place(patch.geometry)
        if said or not isinstance(read, PatchRow):
            _refuse(done, patch.row, said)
        elif read.kind.claim is None:
            done.n_without_claim += 1
        else:
            done.taken.append((patch, read))
    return done


def _refuse(done: Sorted, row: int, said: list[tuple[str, str, str]]) -> None:
    done.n_refused += 1
    for column, value, reason in said:
        if len(done.faults) < MAX_SAID:
            clean = value.replace("\x00", "").encode("utf-8", "replace").decode()
            done.faults.append(PatchRowRead(row=row, column=column, value=clean, reason=reason))


def _faults_of_place(geometry: shapely.Geometry | None) -> list[tuple[str, str, str]]:
    if geometry is None or geometry.is_empty:
        return [("geometry", "", "没有位置,或经纬度不是度")]
    if not geometry.is_valid:
        why = shapely.is_valid_reason(geometry)[:60]
        return [("geometry", why, "图形不合格,请先修复")]
    if geometry.geom_type not in {"Point", "Polygon", "MultiPolygon"}:
        return [("geometry", geometry.geom_type, "图形须是面或点")]
    return []


def _spot(patch: PatchIn, row: PatchRow, measured_in: Datum) -> Spot:
    given = patch.geometry
    assert given is not None  # a row without a place was refused
    place = shapely.transform(given, lambda points: true(points, measured_in))
    radius = math.sqrt(row.area_mu * M2_PER_MU / math.pi) if row.area_mu else None
    return Spot(
        place,
        radius if given.geom_type == "Point" else None,
        measured_in,
        None if measured_in in AS_IS else given.wkt,
    )


def _written(
    session: Session, done: Sorted, spots: list[Spot], batch: UUID
) -> list[tuple[Signal, bool]]:
    """Write the signals; tell of each whether it is new. What lies elsewhere is refused."""
    viewer: Viewer = session.info["viewer"]
    quality = thresholds_of(session).signals.patch_quality
    land = land_around(session, [(each.geometry, each.accuracy_m) for each in spots])
    county = _county(session, viewer)
    today = records.today(session)
    said: list[Said] = []
    kept: list[tuple[PatchIn, PatchRow]] = []
    for (patch, row), spot in zip(done.taken, spots, strict=True):
        inside = spot.geometry.representative_point()
        area_code = land.village_at(inside) or viewer.area_code
        is_far = county is not None and not shapely.intersects(county, inside)
        if is_far or not is_in_view(session, area_code):
            _refuse(done, patch.row, [("geometry", "", "不在您的辖区")])
            continue
        said.append(_said(row, spot, area_code, quality, batch, today))
        kept.append((patch, row))
    records.take_turn(session)
    kept, said = _of_one_place(session, done, kept, said)
    done.taken[:] = kept
    return record_signals(session, said, land)


def _of_one_place(
    session: Session, done: Sorted, rows: list[tuple[PatchIn, PatchRow]], said: list[Said]
) -> tuple[list[tuple[PatchIn, PatchRow]], list[Said]]:
    """Refuse a patch that was entered before, or further up in the file, at another place."""
    far = thresholds_of(session).signals.one_place_m
    standing = recording.standing(session, [each.id for each in said if each.id is not None])
    above: dict[UUID, shapely.Geometry] = {}
    kept: list[tuple[PatchIn, PatchRow]] = []
    those: list[Said] = []
    for row, each in zip(rows, said, strict=True):
        assert each.spot is not None  # a row without a place was refused
        assert each.id is not None  # it follows from the row
        place = each.spot.geometry
        before = standing.get(each.id)
        away = _metres_apart(before.geometry, place) if before and before.geometry else 0.0
        why = ""
        if away > far:
            why = f"这个图斑已经入账,在约 {away:.0f} 米外;请查清坐标基准"
        elif not above.setdefault(each.id, place).equals(place):
            why = "文件里有两行编号、类型、后时相都相同,图形却不同;请合并图形或改正编号"
        if why:
            _refuse(done, row[0].row, [("JCBH", row[1].number, why)])
            continue
        kept.append(row)
        those.append(each)
    return kept, those


def _metres_apart(one: shapely.Geometry, other: shapely.Geometry) -> float:
    middle = one.representative_point()
    here, there = ellipsoid.to_plane(np.array([one, other], dtype=object), middle.x, middle.y)
    return float(shapely.distance(here, there))


def _county(session: Session, viewer: Viewer) -> shapely.Geometry | None:
    with whole_system(session):
        outline = parcels.outline(session, viewer.area_code[:COUNTY], Moment.of(session))
    if outline is None:
        return None
    shapely.prepare(outline.geometry)
    return outline.geometry


def _said(
    row: PatchRow, spot: Spot, area_code: str, quality: float, batch: UUID, today: date
) -> Said:
    assert row.kind.claim is not None  # a row without a claim was left out
    # The same patch in another file, or in a later delivery of it, is the same signal: on
    # whichever day it is read, and by whichever way its coordinates were understood.
    key = (row.number, row.kind.code, row.after_on)
    digest = records.content_digest({"patch": key})
    return Said(
        Source.MONITORING,
        "file",
        area_code,
        row.kind.claim,
        _midnight(min(row.after_on, today)),
        quality,
        spot,
        id=uuid5(NAMESPACE, f"patch:{digest}"),
        digest=digest,
        batch_id=batch,
        is_asked=row.kind.is_asked,
        use=row.kind.use,
        area_m2=round(row.area_mu * M2_PER_MU, 2) if row.area_mu else None,
        reference_no=row.number,
        note=_note(row),
        before_on=row.before_on,
        is_farmland_told=row.says_basic_farmland,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0, 0), CIVIL_ZONE).astimezone(UTC)


def _note(row: PatchRow) -> str:
    farmland = {True: "是", False: "否", None: "未填"}[row.says_basic_farmland]
    before = f"前时相 {row.before_on}," if row.before_on else ""
    told = f"{row.kind.code} {row.kind.name};{before}后时相 {row.after_on};是否永农:{farmland}"
    return f"{told};{row.note}"[:500] if row.note else told


def _report(
    session: Session,
    file: PatchFile,
    done: Sorted,
    meant: Understood,
    written: list[tuple[Signal, bool]],
    *,
    is_dry_run: bool,
) -> PatchReport:
    n_new = sum(is_new for _, is_new in written)
    return PatchReport(
        import_id=None,
        is_dry_run=is_dry_run,
        n_rows=len(file.patches),
        n_new=n_new,
        n_known=len(written) - n_new,
        n_without_claim=done.n_without_claim,
        n_to_ask=sum(row.kind.is_asked for _, row in done.taken),
        n_refused=done.n_refused,
        n_matched=_n_matched(session, [each.id for each, _ in written]),
        n_farmland_differs=_n_differing(session, [each for each, _ in written]),
        datum=meant.datum,
        is_datum_detected=meant.is_detected,
        datum_reason=meant.reason,
        crs_reason=file.crs_reason[:1000],
        box=_box([each for each, _ in written]),
        rows=done.faults,
    )


def _box(found: list[Signal]) -> tuple[float, float, float, float] | None:
    if not found:
        return None
    places = np.array([each.geometry for each in found], dtype=object)
    west, south, east, north = shapely.total_bounds(places).tolist()
    return west, south, east, north


def _n_matched(session: Session, ids: list[UUID]) -> int:
    """Count the signals that speak of a parcel for sure."""
    found: set[UUID] = set()
    for start in range(0, len(ids), BULK):
        query = select(SignalParcel.signal_id).where(
            SignalParcel.signal_id.in_(ids[start : start + BULK]),
            SignalParcel.state == MatchState.MATCHED,
        )
        with whole_system(session):
            found |= set(session.scalars(query))
    return len(found)


def _n_differing(session: Session, found: list[Signal]) -> int:
    """Count the signals of whose basic farmland our own layer says otherwise."""
    with whole_system(session):
        lands = queries.parcels(session, [each.id for each in found])
        return sum(queries.farmland_differing(session, found, lands).values())

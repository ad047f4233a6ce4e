"""Entering patrols: the track becomes figures, the findings become signals."""

from datetime import datetime, timedelta
from uuid import uuid4, uuid5

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.patrols import (
    PatrolLimits,
    TrackPoint,
    cells_of_land,
    cells_seen,
    coverage,
    effort,
    in_order,
)
from inspections.signals import Source
from service import records
from service.areas import queries as areas
from service.database import clock_of, thresholds_of
from service.errors import Invalid
from service.parcels.models import FarmlandVersion
from service.parcels.outlines import position
from service.parcels.queries import Moment, valid
from service.records import NAMESPACE, within
from service.security import whole_system
from service.signals import matching, recording
from service.signals.models import Patrol
from service.signals.patrol_schemas import PatrolCreate, PatrolRead
from service.signals.recording import Said, point_spot
from service.space import wkb_of

LONGEST = timedelta(hours=24)


def file_patrol(session: Session, given: PatrolCreate) -> tuple[Patrol, bool]:
    """Enter a patrol with what it found."""
    areas.refuse_out_of_view(session, given.area_code)
    digest = records.content_digest(given.model_dump(exclude={"id"}, mode="json"))
    known = records.known(session, Patrol, given.id, digest)
    if known is not None:
        return known, False
    _refuse_impossible(session, given)
    if given.because_of is not None:
        recording.signal(session, given.because_of)
    records.take_turn(session)
    known = records.known(session, Patrol, given.id, digest)
    if known is not None:
        return known, False
    values = _figures(session, given) | {
        "area_code": given.area_code,
        "started_at": given.started_at,
        "ended_at": given.ended_at,
        "dispatched_by_id": given.because_of,
        "n_findings": len(given.findings or ()),
        "note": given.note,
    }
    made = records.write(
        session, Patrol, values, row=given.id or uuid4(), digest=digest, action="patrol.file"
    )
    session.flush()
    _record_findings(session, made, given)
    return made, True


def _refuse_impossible(session: Session, given: PatrolCreate) -> None:
    if given.ended_at < given.started_at:
        raise Invalid("结束时间不能早于开始时间", field="ended_at")
    if given.ended_at - given.started_at > LONGEST:
        raise Invalid("一次巡查不超过 24 小时;请分次登记", field="ended_at")
    if given.ended_at > clock_of(session)():
        raise Invalid("结束时间不能晚于现在", field="ended_at")
    times = [each.at for each in given.points or ()]
    times += [each.observed_at for each in given.findings or ()]
    if any(not given.started_at <= each <= given.ended_at for each in times):
        raise Invalid("轨迹点和发现的时间须在开始与结束之间", field="points")


def _figures(session: Session, given: PatrolCreate) -> dict[str, object]:
    numbers = thresholds_of(session).signals.patrol
    points = in_order(
        [TrackPoint(*position(e.lon, e.lat, given.datum), e.at) for e in given.points or ()]
    )
    if points:  # a road may lead over the border, but a patrol of ours is also here
        line = shapely.MultiPoint([(each.lon, each.lat) for each in points])
        matching.refuse_elsewhere(session, line, given.area_code[: matching.COUNTY])
    taken = effort(points, numbers)
    seen = coverage(cells_seen(points, numbers), _farmland_cells(session, given.area_code, numbers))
    return {
        "track": _track(points),
        "n_points": len(points),
        "n_slips": taken.n_slips,
        "effort_min": taken.minutes,
        "distance_m": taken.distance_m,
        "n_cells": seen.n_cells,
        "n_cells_seen": seen.n_seen,
    }


def _track(points: tuple[TrackPoint, ...]) -> shapely.Geometry | None:
    if not points:
        return None
    lonlat = np.array([[each.lon, each.lat] for each in points])
    return shapely.LineString(lonlat) if len(points) > 1 else shapely.Point(lonlat[0])


def _farmland_cells(
    session: Session, area_code: str, numbers: PatrolLimits
) -> frozenset[tuple[int, int]]:
    with whole_system(session):
        query = select(wkb_of(FarmlandVersion.geometry)).where(
            valid(FarmlandVersion, Moment.of(session)),
            within(FarmlandVersion.area_code, area_code),
        )
        blobs = session.scalars(query).all()
    return cells_of_land(list(shapely.from_wkb(blobs)), numbers)


def _record_findings(session: Session, patrol: Patrol, given: PatrolCreate) -> None:
    """Write each finding as a signal; those of a patrol that was sent share the sender's origin."""
    quality = thresholds_of(session).signals.patrol_quality
    for number, each in enumerate(given.findings or ()):
        spot = point_spot(each.lon, each.lat, given.datum, each.accuracy_m)
        said = Said(
            Source.PATROL,
            "track" if given.points else "form",
            matching.unit_at(session, spot.geometry, patrol.area_code),
            each.claim,
            each.observed_at,
            quality,
            spot,
            id=uuid5(NAMESPACE, f"patrol:{patrol.id}:{number}"),
            digest=records.content_digest(each.model_dump(mode="json")),
            because_of=given.because_of,
            batch_id=patrol.id,
            area_m2=each.area_m2,
            note=each.note,
        )
        recording.record_signal(session, said)


def patrols(
    session: Session,
    *,
    area_code: str,
    since: datetime | None,
    until: datetime | None,
    cut: tuple[int, int],
) -> list[Patrol]:
    """Return one page of patrols, the newest first."""
    query = select(Patrol).order_by(Patrol.started_at.desc(), Patrol.id)
    if area_code:
        query = query.where(within(Patrol.area_code, area_code))
    if since is not None:
        query = query.where(Patrol.started_at >= since)
    if until is not None:
        query = query.where(Patrol.started_at < until)
    offset, limit = cut
    return list(session.scalars(query.offset(offset).limit(limit)))


def shown(found: Patrol) -> PatrolRead:
    """Return a patrol without its track."""
    plain = PatrolRead.model_fields.keys() - {"because_of", "coverage_share"}
    share = found.n_cells_seen / found.n_cells if found.n_cells else None
    return PatrolRead(
        **{name: getattr(found, name) for name in plain},
        because_of=found.dispatched_by_id,
        coverage_share=None if share is None else round(share, 4),
    )

"""Writing visits."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from inspections.visits import Outcome
from service import audit, records
from service.areas import queries as areas
from service.database import clock_of
from service.errors import Conflict, Invalid
from service.parcels.outlines import position
from service.parcels.schemas import Datum
from service.records import standing
from service.schemas import civil_day
from service.supply import outlets
from service.supply.models import Status
from service.visits import campaign_queries, queries
from service.visits.campaign_actions import refuse_unknown_version
from service.visits.models import Visit, VisitAnswer, VisitOfficer
from service.visits.schemas import VisitCreate

BESIDE = {"id", "officer_ids", "answers", "datum", "lon", "lat"}
"""Fields that are not kept as they came."""
SHUT = {
    Status.SUSPENDED: "停业",
    Status.REVOKED: "吊销",
    Status.CLOSED: "注销",
}


@dataclass(frozen=True)
class _Place:
    area_code: str
    subject_name: str


def file_visit(session: Session, given: VisitCreate) -> tuple[Visit, bool]:
    """Enter a visit, or its correction; tell whether it is new."""
    audit.instant(session)  # what is checked here stays true until it is written
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Visit, given.id, digest)
    if known is not None:
        return known, False
    old: Visit | None = None
    if given.supersedes_id is not None:
        old = records.superseded(session, Visit, given.supersedes_id, given.reason)
    place = _place(session, given)
    _refuse_bad_time(session, given, but=old)
    _refuse_foreign_campaign(session, given)
    shown = _certificates(session, given)
    _refuse_unknown_items(session, given)
    row = given.id or uuid4()
    values = given.model_dump(exclude=BESIDE) | vars(place) | _position(given)
    values |= {
        "root_id": old.root_id if old is not None else row,
        "visited_on": civil_day(given.visited_at),
    }
    made = records.write(session, Visit, values, row=row, digest=digest, action="visit.file")
    session.flush()
    _write_parts(session, made, given, shown)
    return made, True


def _write_parts(session: Session, made: Visit, given: VisitCreate, shown: dict[UUID, str]) -> None:
    session.add_all(
        VisitOfficer(visit_id=made.id, officer_id=each, certificate_no=shown[each])
        for each in given.officer_ids
    )
    session.add_all(
        VisitAnswer(
            visit_id=made.id,
            item_code=each.code,
            version=given.checklist_version,
            result=each.result,
        )
        for each in given.answers or []
    )
    session.flush()


def _position(given: VisitCreate) -> dict[str, Any]:
    if given.lon is None or given.lat is None:
        return {"lon": None, "lat": None, "given_position": None}
    lon, lat = position(given.lon, given.lat, given.datum)
    told = None if given.datum is Datum.CGCS2000 else f"{given.lon} {given.lat} {given.datum}"
    return {"lon": lon, "lat": lat, "given_position": told}


def _place(session: Session, given: VisitCreate) -> _Place:
    """Return where the subject sits, as its register tells it of the day."""
    if given.outlet_id is None:
        areas.area(session, given.area_code or "")
        return _Place(given.area_code or "", given.subject_name or "")
    day = civil_day(given.visited_at)
    newest = outlets.known_outlet(session, given.outlet_id)
    if newest.status is Status.MERGED:
        raise Invalid("这条登记已并入另一个网点;请填合并后的那一个", field="outlet_id")
    if day < newest.opened_on:
        raise Invalid(f"网点 {newest.opened_on} 才开业,那之前不能有检查", field="visited_at")
    outlet = newest
    if day < newest.valid_from:
        outlet = outlets.outlet_on(session, given.outlet_id, outlets.Question(day))
    if outlet.status in SHUT and given.outcome is not Outcome.CLOSED_SHOP:
        raise Invalid(
            f"网点 {outlet.valid_from} 起{SHUT[outlet.status]},那一天只能填“到访未检(闭店)”;"
            "仍在营业的请先恢复登记,或作为无证经营立案另报",
            field="outcome",
        )
    return _Place(outlet.area_code, outlet.name)


def _refuse_bad_time(session: Session, given: VisitCreate, *, but: Visit | None) -> None:
    if given.visited_at > clock_of(session)():
        raise Invalid("检查时间不能晚于现在", field="visited_at")
    if given.outlet_id is None:
        return
    same = standing(Visit).where(
        Visit.outlet_id == given.outlet_id, Visit.visited_at == given.visited_at
    )
    if any(but is None or each.root_id != but.root_id for each in session.scalars(same)):
        raise Conflict(
            "这个网点同一时刻已有一次检查;同一天的第二次请填它自己的时间", field="visited_at"
        )


def _refuse_foreign_campaign(session: Session, given: VisitCreate) -> None:
    if given.campaign_id is None:
        return
    campaign = campaign_queries.campaign(session, given.campaign_id)
    day = civil_day(given.visited_at)
    if not campaign.starts_on <= day <= campaign.ends_on:
        raise Invalid(
            f"这次行动是 {campaign.starts_on} 至 {campaign.ends_on},这次检查不在其中;请去掉行动",
            field="campaign_id",
        )


def _certificates(session: Session, given: VisitCreate) -> dict[UUID, str]:
    """Return the certificate that each officer showed; refuse one who had none that day."""
    day = civil_day(given.visited_at)
    valid = campaign_queries.valid_certificates(session, day, day)
    away = campaign_queries.kept_away(session)
    for each in given.officer_ids:
        officer = campaign_queries.officer(session, each)
        if each not in valid:
            raise Invalid(
                f"{officer.name}在 {day} 没有有效的执法证;请换人,或先补登证件", field="officer_ids"
            )
        if given.outlet_id is not None and each in away[given.outlet_id]:
            raise Invalid(f"{officer.name}须回避这个网点;请换人", field="officer_ids")
    return {each: valid[each].number for each in given.officer_ids}


def _refuse_unknown_items(session: Session, given: VisitCreate) -> None:
    if given.checklist_version is None:
        return
    refuse_unknown_version(session, given.checklist_version)
    items = {each.code for each in queries.checklist(session, given.checklist_version)}
    unknown = sorted({each.code for each in given.answers or []} - items)
    if unknown:
        raise Invalid(
            f"检查表 {given.checklist_version} 没有这些项目:{'、'.join(unknown)}", field="answers"
        )


def withdraw_visit(session: Session, visit_id: UUID, reason: str) -> Visit:
    """Say that a visit was entered in error; not while anything hangs on it."""
    audit.instant(session)
    root = queries.visit(session, visit_id).root_id
    everything = queries.Period(date.min, date.max)
    if queries.findings(session, everything, {root}) or queries.samples(
        session, everything, {root}
    ):
        raise Conflict("这次检查还有样品或问题,请先撤销它们")
    return records.withdraw(session, Visit, visit_id, reason, action="visit.withdraw")

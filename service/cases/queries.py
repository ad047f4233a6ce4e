"""Reading cases: lists, one case with its life, what is due."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from inspections import case_clocks, cases
from inspections.case_clocks import Clocks, Pause
from inspections.case_held import Held
from inspections.case_steps import STEP_TEXT, Timed
from inspections.case_words import (
    EVENT_TEXT,
    SOURCE_TEXT,
    STATE_TEXT,
    Duty,
    Event,
    Source,
    State,
)
from inspections.cases import OPEN
from inspections.land_uses import CLAIM_TEXT
from inspections.work_calendar import MissingYear
from service import records
from service.accounts.models import Account
from service.accounts.policy import may
from service.cases import standing, terms
from service.cases.models import Case, CaseEvent, CaseEvidence, CaseParcel
from service.cases.schemas import (
    CaseCard,
    CaseRead,
    ClocksRead,
    EventRead,
    EvidenceRead,
    FaultRead,
    LackRead,
    ParcelRead,
    PauseRead,
    PlaceRead,
    SignalRead,
    SourceFirst,
    WayRead,
)
from service.errors import NotFound
from service.schemas import Page
from service.security import Role, Viewer, whole_system
from service.workdays import work_calendar

SECONDS_A_DAY = 86400


@dataclass(frozen=True)
class Filter:
    """Which cases are asked for; None is any."""

    state: State | None = None
    is_open: bool | None = None
    area: str = ""
    rule: str | None = None
    source: Source | None = None
    parcel_uid: UUID | None = None
    assigned_to: UUID | None = None
    is_overdue: bool = False
    needs_relook: bool = False
    verdict_class: str | None = None


def case(session: Session, case_id: UUID) -> Case:
    """Return one case in view, or say that there is none."""
    found = session.scalars(select(Case).where(Case.id == case_id)).first()
    if found is None:
        raise NotFound("没有这个案件;请核对编号", id=str(case_id))
    return found


def assignees(
    session: Session, found: Case, roles: Collection[Role] = (Role.OFFICER,)
) -> list[Account]:
    """Return the officers, or others too, whose area a case lies in, in order of name."""
    with whole_system(session):
        wanted = select(Account).where(Account.role.in_(roles), Account.is_active)
        officers = list(session.scalars(wanted.order_by(Account.username)))
    return [each for each in officers if found.area_code.startswith(each.area_code)]


def companions(session: Session, found: Case) -> list[Account]:
    """Return who may have come along to a place with the reader: whoever inspects there."""
    viewer: Viewer = session.info["viewer"]
    fit = assignees(session, found, (Role.OFFICER, Role.BUREAU))
    return [each for each in fit if each.id != viewer.account_id]


def _names(session: Session, rows: list[CaseEvent]) -> dict[UUID | None, str]:
    """Return account -> name of whoever took part: they may sit in another unit."""
    ids = {each for row in rows for each in (row.actor_id, row.assignee_id) if each is not None}
    with whole_system(session):
        wanted = select(Account).where(Account.id.in_(ids))
        return {each.id: each.display_name for each in session.scalars(wanted)}


def overdue(today: date) -> Select[Case]:
    """Return the query for the cases with a step, or a term, due before a day and not done."""
    return select(Case).where(or_(Case.due_on < today, Case.term_due_on < today))


def wanted(session: Session, asked: Filter) -> Select[Case]:
    """Return the query for the cases asked for."""
    today = records.today(session)
    query = overdue(today) if asked.is_overdue else select(Case)
    query = query.where(records.within(Case.area_code, asked.area))
    exact = {
        Case.state: asked.state,
        Case.rule_id: asked.rule,
        Case.found_by: asked.source,
        Case.assigned_to: asked.assigned_to,
        Case.verdict_class: asked.verdict_class,
    }
    query = query.where(*(column == value for column, value in exact.items() if value is not None))
    if asked.is_open is not None:
        is_open = Case.state.in_(sorted(OPEN))
        query = query.where(is_open if asked.is_open else ~is_open)
    if asked.parcel_uid is not None:
        of_parcel = select(CaseParcel.case_id).where(CaseParcel.parcel_uid == asked.parcel_uid)
        query = query.where(Case.id.in_(of_parcel))
    if asked.needs_relook:
        query = query.where(Case.relook_on <= today)
    return query


def page(session: Session, asked: Filter, *, offset: int = 0, limit: int = 500) -> Page[CaseRead]:
    """Return one page of cases, the newest first."""
    query = wanted(session, asked).order_by(Case.opened_at.desc(), Case.id)
    rows = list(session.scalars(query.offset(offset).limit(limit + 1)))
    today = records.today(session)
    following = str(offset + limit) if len(rows) > limit else None
    return Page(items=[shown(each, today) for each in rows[:limit]], next=following)


def shown(found: Case, today: date) -> CaseRead:
    """Return a case as lists show it."""
    return CaseRead.model_validate(found).model_copy(
        update={
            "claim_text": CLAIM_TEXT[found.claim],
            "state_text": STATE_TEXT[found.state],
            "reopened": found.round - 1,
            "is_open": found.state in OPEN,
            "is_overdue": any(day and day < today for day in (found.due_on, found.term_due_on)),
        }
    )


def card(session: Session, case_id: UUID) -> CaseCard:
    """Return one case with its timeline, clocks, evidence, and what its next steps need."""
    found = case(session, case_id)
    viewer: Viewer = session.info["viewer"]
    rows, held = standing.events(session, found.id), standing.held(session, found)
    of_law = terms.shown(session, found.id)
    merged = select(Case.id).where(Case.merged_into_id == found.id).order_by(Case.id)
    return CaseCard(
        **shown(found, records.today(session)).model_dump(),
        clocks=_clocks(session, found, rows),
        ways=_ways(held, viewer),
        marks=_marks(rows, found, is_basic_farmland=held.is_basic_farmland),
        events=_timeline(session, rows),
        evidence=[evidence_shown(each, viewer) for each in standing.evidence(session, found.id)],
        pauses=[
            PauseRead(
                starts_on=each.day, ends_on=end, reason=each.reason, approved_by=each.approved_by
            )
            for each, end in standing.pauses(session, found.id)
        ],
        parcels=[
            ParcelRead.model_validate(each) for each in standing.parcels_of(session, found.id)
        ],
        signals=[SignalRead.model_validate(each) for each in standing.signals(session, found.id)],
        merged_ids=list(session.scalars(merged)),
        terms=of_law,
        limitation=terms.limitation(session, found, of_law),
    )


def _ways(held: Held, viewer: Viewer) -> list[WayRead]:
    return [
        WayRead(
            event=each.event,
            event_text=EVENT_TEXT[each.event],
            to_state=each.to,
            duties=sorted(each.duties),
            is_mine=Duty(viewer.role.value) in each.duties,
            missing=[LackRead(gate=lack.gate, text=lack.text) for lack in each.lacks],
        )
        for each in cases.ways(held, viewer.account_id)
    ]


def _marks(rows: list[CaseEvent], found: Case, *, is_basic_farmland: bool) -> list[str]:
    """Return what a reader should know: who judged whose work, and from which unit."""
    last = {each.event: each for each in rows if each.round == found.round}
    submitted, verified = last.get(Event.SUBMIT), last.get(Event.VERIFY)
    alone = {Event.REPORT: "核查", Event.VERIFY: "现场验收"}
    marks = [f"反弹 {found.round - 1} 次"] if found.round > 1 else []
    if is_basic_farmland:
        marks.append("涉及永久基本农田")
    if submitted and verified and verified.n > submitted.n:
        is_same = submitted.actor_area == verified.actor_area
        marks += ["验收与整改提交是同一单位的人"] if is_same else []
    marks += [
        f"{text}不足两名执法人员"
        for event, text in alone.items()
        if event in last and last[event].assignee_id is None
    ]
    return marks


def _clocks(session: Session, found: Case, rows: list[CaseEvent]) -> ClocksRead:
    told = standing.clocks(session, found)
    now = standing.timed(found, rows)
    pauses = standing.as_pauses(standing.pauses(session, found.id))
    limit = standing.workdays(session)[now.step] if now.step else None
    today = records.today(session)
    return ClocksRead(
        found_at=told.found_at,
        found_by=Source(told.found_by) if told.found_by else None,
        stopped_at=told.stopped_at,
        settled_at=told.settled_at,
        found_to_stopped_days=days(told.to_stop),
        found_to_settled_days=days(told.to_settle),
        start_text=told.start_text,
        first_by_source=_first(told),
        lead_days=days(told.lead),
        step=STEP_TEXT[now.step] if now.step else None,
        step_started_on=now.started_on,
        step_workdays=limit,
        step_workdays_used=_used(now, today, pauses),
        is_paused=any(each.holds(today) for each in pauses),
    )


def _used(now: Timed, today: date, pauses: list[Pause]) -> int | None:
    """Return the working days that a step has used; None where the calendar does not reach.

    A case must stay readable then; every step that needs the calendar is refused, and says why.
    """
    if now.step is None:
        return None
    try:
        return case_clocks.workdays_used(now.started_on, today, work_calendar(), pauses)
    except MissingYear:
        return None


def _first(told: Clocks) -> list[SourceFirst]:
    return [
        SourceFirst(source=Source(each), source_text=SOURCE_TEXT[Source(each)], seen_at=seen_at)
        for each, seen_at in told.first_by_source
    ]


def days(span: timedelta | None) -> float | None:
    """Return a span in days, three places."""
    return None if span is None else round(span.total_seconds() / SECONDS_A_DAY, 3)


OF_EVENT = EventRead.model_fields.keys() - {
    "event_text",
    "evidence_ids",
    "actor_name",
    "assignee_name",
}


def _timeline(session: Session, rows: list[CaseEvent]) -> list[EventRead]:
    names = _names(session, rows)
    return [
        EventRead(
            **{name: getattr(each, name) for name in OF_EVENT},
            event_text=EVENT_TEXT[each.event],
            evidence_ids=standing.ids_of(each.evidence_ids),
            actor_name=names.get(each.actor_id, "系统"),
            assignee_name=names.get(each.assignee_id),
        )
        for each in rows
    ]


PLAIN = EvidenceRead.model_fields.keys() - {"verdict", "faults", "place"}


def evidence_shown(row: CaseEvidence, viewer: Viewer) -> EvidenceRead:
    """Return a piece of evidence as this viewer may see it."""
    faults = [FaultRead(code=code, text=text) for code, text in json.loads(row.faults)]
    place = None
    if row.lon is not None and row.lat is not None and may(viewer.role, "photo.original"):
        place = PlaceRead(
            lon=row.lon, lat=row.lat, accuracy_m=row.accuracy_m, distance_m=row.distance_m
        )
    return EvidenceRead(
        **{name: getattr(row, name) for name in PLAIN},
        verdict=";".join(each.text for each in faults) or "合格",
        faults=faults,
        place=place,
    )

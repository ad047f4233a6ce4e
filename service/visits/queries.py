"""Reading visits, samples and findings."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inspections.visits import CLOSING, SampleStep
from service import records
from service.errors import Conflict, NotFound
from service.records import standing
from service.schemas import Page
from service.visits.campaign_models import Officer
from service.visits.followup_schemas import (
    FindingEventRead,
    FindingRead,
    SampleEventRead,
    SampleRead,
    VisitCard,
)
from service.visits.models import (
    Answer,
    ChecklistItem,
    Finding,
    FindingEvent,
    Sample,
    SampleEvent,
    ViolationType,
    Visit,
    VisitAnswer,
    VisitOfficer,
)
from service.visits.pictures import photos_of
from service.visits.schemas import AnswerRead, OfficerAtVisit, VisitRead

BATCH = 400
"""Ids in one statement."""


@dataclass(frozen=True)
class Period:
    """From a day to another, as was known at an instant (None: all that is known)."""

    starts_on: date
    as_of: date
    known_at: datetime | None = None
    area: str = ""
    campaign_id: UUID | None = None


def period(
    session: Session,
    starts_on: date | None,
    as_of: date | None,
    known_at: datetime | None,
    area: str,
    campaign_id: UUID | None = None,
) -> Period:
    """Return the period that was asked for: by default this year until today."""
    until = as_of or records.today(session)
    return Period(starts_on or date(until.year, 1, 1), until, known_at, area, campaign_id)


def visits(session: Session, asked: Period) -> list[Visit]:
    """Return the visits of a period that hold, in order of time."""
    return list(records.once(session, ("visits", asked), lambda: _visits(session, asked)))


def _visits(session: Session, asked: Period) -> list[Visit]:
    wanted = standing(Visit, asked.known_at).where(
        Visit.visited_on >= asked.starts_on,
        Visit.visited_on <= asked.as_of,
        records.within(Visit.area_code, asked.area),
    )
    if asked.campaign_id is not None:
        wanted = wanted.where(Visit.campaign_id == asked.campaign_id)
    return list(session.scalars(wanted.order_by(Visit.visited_at, Visit.id)))


def visit(session: Session, visit_id: UUID) -> Visit:
    """Return one row of a visit, whether it holds or not."""
    found = session.scalars(select(Visit).where(Visit.id == visit_id)).first()
    if found is None:
        raise NotFound("没有这次检查;请核对编号", field="visit_id")
    return found


def standing_visit(session: Session, visit_id: UUID) -> Visit:
    """Return what holds of a visit that any of its rows names."""
    root = visit(session, visit_id).root_id
    found = session.scalars(standing(Visit).where(Visit.root_id == root)).first()
    if found is None:
        raise Conflict("这次检查已撤销;请重新登记", field="visit_id")
    return found


def _batches(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    listed = sorted(set(ids))
    return (listed[start : start + BATCH] for start in range(0, len(listed), BATCH))


def officers_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[VisitOfficer]]:
    """Return visit -> who was there."""
    found: dict[UUID, list[VisitOfficer]] = defaultdict(list)
    for some in _batches(ids):
        wanted = select(VisitOfficer).where(VisitOfficer.visit_id.in_(some))
        for each in session.scalars(wanted.order_by(VisitOfficer.certificate_no)):
            found[each.visit_id].append(each)
    return found


def answers_of(session: Session, ids: Iterable[UUID]) -> list[VisitAnswer]:
    """Return the answers of visits, in order of item."""
    return [
        each
        for some in _batches(ids)
        for each in session.scalars(
            select(VisitAnswer)
            .where(VisitAnswer.visit_id.in_(some))
            .order_by(VisitAnswer.item_code)
        )
    ]


def answer_counts(session: Session, ids: Iterable[UUID]) -> Counter[tuple[str, str, Answer]]:
    """Count the answers of visits by version, item and result."""
    counted: Counter[tuple[str, str, Answer]] = Counter()
    told = (VisitAnswer.version, VisitAnswer.item_code, VisitAnswer.result)
    for some in _batches(ids):
        wanted = select(*told, func.count()).where(VisitAnswer.visit_id.in_(some))
        for version, item, result, n in session.execute(wanted.group_by(*told)):
            counted[version, item, result] += n
    return counted


def shown(session: Session, found: Iterable[Visit]) -> list[VisitRead]:
    """Return visits with who was there."""
    listed = list(found)
    there = officers_of(session, (each.id for each in listed))
    names = {each.id: each.name for each in session.scalars(select(Officer))}
    return [
        VisitRead.model_validate(each).model_copy(
            update={
                "officers": [
                    OfficerAtVisit(
                        officer_id=one.officer_id,
                        certificate_no=one.certificate_no,
                        name=names.get(one.officer_id, ""),
                    )
                    for one in there[each.id]
                ]
            }
        )
        for each in listed
    ]


def page(session: Session, asked: Period, *, cut: tuple[int, int]) -> Page[VisitRead]:
    """Return one page of the visits of a period."""
    offset, limit = cut
    found = visits(session, asked)
    following = str(offset + limit) if len(found) > offset + limit else None
    return Page(items=shown(session, found[offset : offset + limit]), next=following)


def samples(session: Session, asked: Period, roots: set[UUID] | None = None) -> list[SampleRead]:
    """Return the samples in view as they stand on a day; of some visits, where these are named."""
    events: dict[UUID, list[SampleEvent]] = defaultdict(list)
    wanted = standing(SampleEvent, asked.known_at).where(SampleEvent.occurred_on <= asked.as_of)
    for event in session.scalars(wanted.order_by(SampleEvent.occurred_on)):
        events[event.sample_id].append(event)
    within = select(Sample).where(records.within(Sample.area_code, asked.area))
    return [
        _sample(each, {one.step: one for one in events[each.id]})
        for each in session.scalars(within.order_by(Sample.seal_no))
        if any(one.step is SampleStep.SEALED for one in events[each.id])
        and (roots is None or each.visit_id in roots)
    ]


def _sample(sample: Sample, events: dict[SampleStep, SampleEvent]) -> SampleRead:
    result = events.get(SampleStep.RESULT)
    told = [events[step] for step in SampleStep if step in events]
    return SampleRead.model_validate(sample).model_copy(
        update={
            "step": told[-1].step if told else None,
            "is_pass": result.is_pass if result else None,
            "is_pending": bool(told) and result is None,
            "events": [SampleEventRead.model_validate(each) for each in told],
        }
    )


def sample_now(session: Session, sample: Sample) -> SampleRead:
    """Return a sample as it stands, withdrawn or not."""
    wanted = standing(SampleEvent).where(SampleEvent.sample_id == sample.id)
    return _sample(sample, {each.step: each for each in session.scalars(wanted)})


def findings(session: Session, asked: Period, roots: set[UUID] | None = None) -> list[FindingRead]:
    """Return the findings in view as they stand on a day; of some visits, where these are named."""
    steps: dict[UUID, list[FindingEvent]] = defaultdict(list)
    told = select(FindingEvent).where(FindingEvent.occurred_on <= asked.as_of)
    if asked.known_at is not None:
        told = told.where(FindingEvent.recorded_at <= asked.known_at)
    for event in session.scalars(told.order_by(FindingEvent.finding_id, FindingEvent.n)):
        steps[event.finding_id].append(event)
    wanted = standing(Finding, asked.known_at).where(records.within(Finding.area_code, asked.area))
    return [
        _finding(each, steps[each.root_id], asked.as_of)
        for each in session.scalars(wanted.order_by(Finding.recorded_at, Finding.id))
        if roots is None or each.visit_id in roots
    ]


def _finding(finding: Finding, steps: list[FindingEvent], on: date) -> FindingRead:
    last = steps[-1] if steps else None
    order = next((each for each in reversed(steps) if each.due_on is not None), None)
    is_open = last is None or last.step not in CLOSING
    due_on = order.due_on if order is not None and is_open else None
    return FindingRead.model_validate(finding).model_copy(
        update={
            "step": last.step if last else None,
            "due_on": due_on,
            "is_open": is_open,
            "is_overdue": due_on is not None and due_on < on,
            "events": [FindingEventRead.model_validate(each) for each in steps],
        }
    )


def finding_now(session: Session, finding: Finding) -> FindingRead:
    """Return a finding as it stands, withdrawn or not."""
    wanted = select(FindingEvent).where(FindingEvent.finding_id == finding.root_id)
    steps = wanted.order_by(FindingEvent.n)
    return _finding(finding, list(session.scalars(steps)), records.today(session))


def last_step(session: Session, root: UUID) -> FindingEvent | None:
    """Return the newest step of a finding."""
    wanted = select(FindingEvent).where(FindingEvent.finding_id == root)
    return session.scalars(wanted.order_by(FindingEvent.n.desc()).limit(1)).first()


def card(session: Session, visit_id: UUID) -> VisitCard:
    """Return a visit with all that belongs to it, as its newest row tells it."""
    root = visit(session, visit_id).root_id
    rows = _chain(session.scalars(select(Visit).where(Visit.root_id == root)))
    versions = shown(session, rows)
    everything = Period(date.min, date.max)
    return VisitCard(
        **versions[-1].model_dump(),
        answers=[AnswerRead.model_validate(each) for each in answers_of(session, [rows[-1].id])],
        samples=samples(session, everything, {root}),
        findings=findings(session, Period(date.min, records.today(session)), {root}),
        photos=photos_of(session, (each.id for each in rows)),
        versions=versions,
    )


def _chain(rows: Iterable[Visit]) -> list[Visit]:
    """Return the rows of one visit from the first to the newest."""
    after = {each.supersedes_id: each for each in rows}
    found, last = [], after.get(None)
    while last is not None:
        found.append(last)
        last = after.get(last.id)
    return found


def checklist(session: Session, version: str | None) -> list[ChecklistItem]:
    """Return the items of one version of the checklist, or of all."""
    wanted = select(ChecklistItem).order_by(ChecklistItem.version, ChecklistItem.code)
    if version is not None:
        wanted = wanted.where(ChecklistItem.version == version)
    return list(session.scalars(wanted))


def violation_types(session: Session) -> dict[str, str]:
    """Return code -> name of the kinds of violation."""
    wanted = select(ViolationType).order_by(ViolationType.code)
    return {each.code: each.name for each in session.scalars(wanted)}

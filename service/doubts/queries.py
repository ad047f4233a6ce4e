"""Reading doubts: as they stand, whose they are, how they touch figures."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from inspections.doubts.catalogue import RULES
from inspections.doubts.doubt import BOOK_TEXT, RANGE_TEXT, SEVERITY_TEXT, Book
from service import records
from service.accounts.policy import may
from service.areas import queries as areas
from service.doubts.models import Doubt, DoubtEvent, DoubtRun, EventKind, Verdict
from service.doubts.schemas import (
    DoubtCard,
    DoubtRead,
    EventRead,
    EvidenceRead,
    RunRead,
    SkippedChecks,
    SkippedRead,
)
from service.doubts.states import OPEN, STATE_TEXT, State, state_after
from service.errors import NotFound
from service.schemas import Page
from service.security import Role, Viewer

BOOK_ACTION = {
    Book.SOWING: "sowing.report.read",
    Book.STOCK: "stock.read",
    Book.PRICES: "price.compare",
    Book.VISITS: "visit.read",
    Book.PHOTOS: "photo.read",
    Book.MACHINERY: "machinery.read",
    Book.AGRONOMY: "agronomy.read",
}
"""Who may read a book may read what is doubted of it."""
ANSWERING = {Role.RECORDER: "录入员", Role.APPROVER: "镇审核", Role.OFFICER: "执法员"}
"""Duties below the county that may answer."""
TOWN = 9


@dataclass(frozen=True)
class Filter:
    """Which doubts are asked for; None is any."""

    state: State | None = None
    is_open: bool | None = None
    area: str = ""
    rule: str | None = None
    book: Book | None = None
    overdue_on: date | None = None
    """Only those still unanswered after their due day, on this day."""


def books_of(role: Role) -> list[Book]:
    """Return the books whose doubts a duty may read."""
    return [book for book, action in BOOK_ACTION.items() if may(role, action)]


def _readable(session: Session) -> list[ColumnElement[bool]]:
    viewer: Viewer | None = session.info.get("viewer")
    return [] if viewer is None else [Doubt.book.in_(books_of(viewer.role))]


def last_steps(known_at: datetime | None = None) -> Select[Doubt, EventKind, Verdict | None]:
    """Return the query for doubts with the last step of each, as was known."""
    event = DoubtEvent
    newest = select(event.doubt_id, func.max(event.n).label("n"))
    if known_at is not None:
        newest = newest.where(event.recorded_at <= known_at)
    last = newest.group_by(event.doubt_id).subquery()
    return (
        select(Doubt, event.kind, event.verdict)
        .join(last, last.c.doubt_id == Doubt.id)
        .join(event, (event.doubt_id == Doubt.id) & (event.n == last.c.n))
    )


_STEP_OF = {
    state_after(kind, verdict): (kind, verdict)
    for kind, verdict in (
        *((kind, None) for kind in EventKind if kind not in {EventKind.SETTLE, EventKind.REOPEN}),
        *((EventKind.SETTLE, verdict) for verdict in Verdict),
    )
}


def _is_in(states: Iterable[State]) -> ColumnElement[bool]:
    """Return the criterion that the last step leads to one of some states."""
    found = []
    for state in sorted(states):
        kind, verdict = _STEP_OF[state]
        kinds = {kind, EventKind.REOPEN} if state is State.ASSIGNED else {kind}
        is_kind = DoubtEvent.kind.in_(sorted(kinds))
        found.append(is_kind if verdict is None else and_(is_kind, DoubtEvent.verdict == verdict))
    return or_(false(), *found)


def _states(wanted: Filter) -> set[State]:
    states = set(State) if wanted.state is None else {wanted.state}
    if wanted.overdue_on is not None:
        states &= {State.NEW, State.ASSIGNED, State.EXPIRED}
    if wanted.is_open is None:
        return states
    return states & OPEN if wanted.is_open else states - OPEN


def page(session: Session, wanted: Filter, *, offset: int = 0, limit: int = 500) -> Page[DoubtRead]:
    """Return one page of the doubts that the viewer may read, the newest first."""
    states = _states(wanted)
    query = last_steps().where(records.within(Doubt.area_code, wanted.area), *_readable(session))
    if states != set(State):
        query = query.where(_is_in(states))
    if wanted.rule is not None:
        query = query.where(Doubt.rule == wanted.rule)
    if wanted.book is not None:
        query = query.where(Doubt.book == wanted.book)
    if wanted.overdue_on is not None:
        query = query.where(Doubt.due_on < wanted.overdue_on)
    ordered = query.order_by(
        Doubt.opened_at.desc(), Doubt.area_code, Doubt.rule, Doubt.subject_id, Doubt.observation
    )
    rows = session.execute(ordered.offset(offset).limit(limit + 1)).all() if states else []
    items = [_shown(session, doubt, kind, verdict) for doubt, kind, verdict in rows[:limit]]
    return Page(items=items, next=str(offset + limit) if len(rows) > limit else None)


def open_ones(session: Session) -> list[DoubtRead]:
    """Return all open doubts that the viewer may read."""
    query = last_steps().where(_is_in(OPEN), *_readable(session))
    return [
        _shown(session, doubt, kind, verdict) for doubt, kind, verdict in session.execute(query)
    ]


def _shown(session: Session, doubt: Doubt, kind: EventKind, verdict: Verdict | None) -> DoubtRead:
    state = state_after(kind, verdict)
    known = RULES.get(doubt.rule)
    told = DoubtRead.model_validate(doubt)
    return told.model_copy(
        update={
            "title": known.title if known else doubt.rule,
            "book_text": BOOK_TEXT[doubt.book],
            "severity_text": SEVERITY_TEXT[doubt.severity],
            "range_text": RANGE_TEXT[doubt.which_range],
            "state": state,
            "state_text": STATE_TEXT[state],
            "owner": owner(session, doubt),
            "is_open": state in OPEN,
            "is_overdue": state in OPEN - {State.REPLIED, State.UPHELD}
            and doubt.due_on < records.today(session),
        }
    )


def owner(session: Session, doubt: Doubt) -> str:
    """Say who answers a doubt: whoever keeps that book in its area; the bureau for the county."""
    names = records.once(
        session,
        ("names", doubt.area_code),
        lambda: areas.names_of(session, [doubt.area_code, doubt.area_code[:TOWN]]),
    )
    town = names.get(doubt.area_code[:TOWN], "")
    place = town + names.get(doubt.area_code, "") * (len(doubt.area_code) > TOWN)
    duties = [
        text
        for role, text in ANSWERING.items()
        if may(role, "doubt.reply") and may(role, BOOK_ACTION[doubt.book])
    ]
    is_local = len(doubt.area_code) >= TOWN and duties
    return f"{place} {'、'.join(duties)}" if is_local else f"{place} 区业务".strip()


def doubt(session: Session, doubt_id: UUID) -> Doubt:
    """Return one doubt that the viewer may read, or say that there is none."""
    wanted = select(Doubt).where(Doubt.id == doubt_id, *_readable(session))
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound("没有这条存疑;请核对编号", id=str(doubt_id))
    return found


def events_of(session: Session, doubt_id: UUID) -> list[DoubtEvent]:
    """Return the steps of a doubt in their order."""
    wanted = select(DoubtEvent).where(DoubtEvent.doubt_id == doubt_id)
    return list(session.scalars(wanted.order_by(DoubtEvent.n)))


def card(session: Session, doubt_id: UUID) -> DoubtCard:
    """Return one doubt with its evidence and all its steps."""
    found = doubt(session, doubt_id)
    steps = events_of(session, doubt_id)
    shown = _shown(session, found, steps[-1].kind, steps[-1].verdict)
    return DoubtCard(
        **shown.model_dump(),
        evidence=[EvidenceRead(**each) for each in json.loads(found.evidence)],
        events=[EventRead.model_validate(each) for each in steps],
    )


def open_by_book(
    session: Session, as_of: date, known_at: datetime | None = None, area: str = ""
) -> dict[Book, list[Doubt]]:
    """Return the doubts that were open, as was known, of what was true by a day; by book."""
    query = last_steps(known_at).where(
        records.within(Doubt.area_code, area), _is_in(OPEN), Doubt.observed_on <= as_of
    )
    found: dict[Book, list[Doubt]] = defaultdict(list)
    for each, _, _ in session.execute(query.order_by(Doubt.rule, Doubt.subject_id, Doubt.id)):
        found[each.book].append(each)
    return dict(found)


def newest_run(session: Session) -> DoubtRun | None:
    """Return the last run in view."""
    in_order = select(DoubtRun).order_by(DoubtRun.ran_at.desc(), DoubtRun.id)
    return session.scalars(in_order.limit(1)).first()


def skipped(session: Session) -> SkippedChecks:
    """Return the checks that the last run could not make, of the books the viewer may read."""
    run = newest_run(session)
    if run is None:
        return SkippedChecks(run=None, items=[])
    viewer: Viewer | None = session.info.get("viewer")
    books = books_of(viewer.role) if viewer else list(Book)
    told = [SkippedRead(**each) for each in json.loads(run.skipped)]
    return SkippedChecks(
        run=RunRead.model_validate(run), items=[each for each in told if each.book in books]
    )

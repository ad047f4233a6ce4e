"""Writing doubts: runs of the rules, replies, verdicts."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from inspections.doubts.catalogue import RULES
from inspections.doubts.doubt import Doubt as Observed
from inspections.doubts.doubt import Skipped
from service import audit, records
from service.areas import queries as areas
from service.database import thresholds_of
from service.doubts import judging, queries, states
from service.doubts.judging import Judged
from service.doubts.models import Doubt, DoubtEvent, DoubtRun, EventKind, Verdict
from service.doubts.schemas import ReplyCreate, SettleCreate
from service.doubts.states import OPEN, State
from service.errors import Conflict, Forbidden, IdTaken, Invalid
from service.reporting import queries as reporting
from service.security import Viewer, whole_system

GONE_TEXT = "系统复核:记录已变动,这条规则不再发现同样的情况"
AGAIN_TEXT = "系统复核:同样的情况仍在或又出现"
EXPIRED_TEXT = "过了答复期限没有答复"
MAX_TEXT, MAX_EXPLANATION = 300, 500
TOWN = 9


@dataclass
class Known:
    """A doubt that stands in the book, and the place of its last step."""

    doubt: Doubt
    state: State
    n: int


@dataclass
class _Tally:
    """What a run did."""

    n_opened: int = 0
    n_reopened: int = 0
    n_closed: int = 0
    n_expired: int = 0
    steps: list[DoubtEvent] = field(default_factory=list)


def run(session: Session, as_of: date | None, area: str) -> DoubtRun:
    """Go over the books of an area; open what is found, close what is gone. Safe to repeat.

    The rules read for seconds: other writers need not wait for that. What changes meanwhile is
    found by the next run; what is known already is read when it is this run's turn.
    """
    today = records.today(session)
    if as_of is not None and as_of > today:
        raise Invalid("日期不能晚于今天", field="as_of")
    areas.area(session, area)
    judged = judging.judge(session, as_of or today, area)
    records.take_turn(session)
    session.flush()
    tally = _apply(session, judged, today)
    session.add_all(tally.steps)
    made = _write_run(session, judged, tally)
    session.flush()
    return made


def _apply(session: Session, judged: Judged, today: date) -> _Tally:
    known = _known(session)
    tally = _Tally()
    for key, observed in sorted(judged.doubts.items()):
        if key not in known:
            _open(session, observed, today, tally)
    for key, each in known.items():
        step = _next_step(each, judged, today, is_found=key in judged.doubts)
        if step is not None and each.doubt.area_code.startswith(judged.look.area):
            _count(tally, step)
            text = {EventKind.AUTO_CLOSE: GONE_TEXT, EventKind.REOPEN: AGAIN_TEXT}
            tally.steps.append(
                _step(session, each.doubt, each.n + 1, step, text=text.get(step, EXPIRED_TEXT))
            )
    return tally


def _known(session: Session) -> dict[tuple[str, str, str], Known]:
    """Return every doubt there is: a key that is out of sight is taken all the same."""
    with whole_system(session):
        rows = session.execute(queries.last_steps().add_columns(DoubtEvent.n)).all()
    return {
        (each.rule, each.subject_id, each.observation): Known(
            each, states.state_after(kind, verdict), n
        )
        for each, kind, verdict, n in rows
    }


def _next_step(known: Known, judged: Judged, today: date, *, is_found: bool) -> EventKind | None:
    if is_found:
        again = states.step_found_again(known.state)
        if again is not None:
            return again
    elif known.state in OPEN and _is_over(known.doubt, judged):
        return EventKind.AUTO_CLOSE
    is_late = known.state in {State.NEW, State.ASSIGNED} and known.doubt.due_on < today
    return EventKind.EXPIRE if is_late else None


def _is_over(doubt: Doubt, judged: Judged) -> bool:
    """Tell whether what was not found again is there no more, or was only not looked for."""
    has_gone = judged.has_gone(doubt.rule, doubt.subject_id)
    return has_gone or judged.has_looked_at(doubt.rule, doubt.observed_on)


def _count(tally: _Tally, step: EventKind) -> None:
    tally.n_reopened += step is EventKind.REOPEN
    tally.n_closed += step is EventKind.AUTO_CLOSE
    tally.n_expired += step is EventKind.EXPIRE


def _open(session: Session, observed: Observed, today: date, tally: _Tally) -> None:
    workdays = thresholds_of(session).doubts.due_workdays
    made = Doubt(
        id=uuid4(),
        rule=observed.rule,
        book=observed.scope,
        severity=observed.severity,
        subject_kind=observed.subject_kind,
        subject_id=observed.subject_id,
        observation=observed.digest,
        observed_on=observed.observed_on,
        observed=observed.observed[:MAX_TEXT],
        expected=observed.expected[:MAX_TEXT],
        explanation=observed.explanation_zh[:MAX_EXPLANATION],
        evidence=json.dumps([asdict(each) for each in observed.evidence], ensure_ascii=False),
        which_range=observed.which_range,
        area_code=observed.area_code,
        opened_at=audit.instant(session),
        due_on=states.due_on(today, workdays, reporting.holidays()),
    )
    session.add(made)
    session.flush()
    first = EventKind.ASSIGN if len(made.area_code) >= TOWN else EventKind.OPEN
    tally.n_opened += 1
    tally.steps.append(_step(session, made, 1, first))


def _step(  # noqa: PLR0913 - each is one column
    session: Session,
    of: Doubt,
    n: int,
    kind: EventKind,
    *,
    text: str | None = None,
    verdict: Verdict | None = None,
    row: UUID | None = None,
    digest: str = "",
) -> DoubtEvent:
    viewer: Viewer | None = session.info.get("viewer")
    is_told = kind in {EventKind.REPLY, EventKind.SETTLE}
    return DoubtEvent(
        id=row or uuid4(),
        doubt_id=of.id,
        area_code=of.area_code,
        n=n,
        kind=kind,
        verdict=verdict,
        text=text,
        recorded_at=audit.instant(session),
        recorded_by=viewer.account_id if viewer and is_told else None,
        content_digest=digest,
    )


def _write_run(session: Session, judged: Judged, tally: _Tally) -> DoubtRun:
    viewer: Viewer | None = session.info.get("viewer")
    counts = {
        "n_found": len(judged.doubts),
        "n_opened": tally.n_opened,
        "n_reopened": tally.n_reopened,
        "n_closed": tally.n_closed,
        "n_expired": tally.n_expired,
    }
    made = DoubtRun(
        id=uuid4(),
        area_code=judged.look.area,
        as_of=judged.look.as_of,
        ran_at=audit.instant(session),
        recorded_by=viewer.account_id if viewer else None,
        skipped=json.dumps([_skipped(each) for each in judged.skipped], ensure_ascii=False),
        **counts,
    )
    session.add(made)
    audit.record(session, "doubt.run", str(made.id), area_code=made.area_code, counts=counts)
    return made


def _skipped(each: Skipped) -> dict[str, object]:
    rule = RULES[each.rule]
    return asdict(each) | {"title": rule.title, "book": rule.scope.value}


def reply(session: Session, doubt_id: UUID, given: ReplyCreate) -> tuple[Doubt, bool]:
    """Answer a doubt; tell whether the answer is new."""
    digest = records.content_digest({"doubt": str(doubt_id), "text": given.text})
    return _told(session, doubt_id, EventKind.REPLY, given, digest)


def settle(session: Session, doubt_id: UUID, given: SettleCreate) -> tuple[Doubt, bool]:
    """Decide a doubt; tell whether the decision is new."""
    told = {"doubt": str(doubt_id), "verdict": given.verdict.value, "text": given.text}
    return _told(session, doubt_id, EventKind.SETTLE, given, records.content_digest(told))


def _told(
    session: Session,
    doubt_id: UUID,
    kind: EventKind,
    given: ReplyCreate | SettleCreate,
    digest: str,
) -> tuple[Doubt, bool]:
    records.take_turn(session)
    found = queries.doubt(session, doubt_id)
    steps = queries.events_of(session, doubt_id)
    if given.id is not None and _is_known(session, given.id, digest):
        return found, False
    if states.state_after(steps[-1].kind, steps[-1].verdict) not in OPEN:
        raise Conflict("这条存疑已了结;情况有变的,下次复核会再提出")
    verdict = given.verdict if isinstance(given, SettleCreate) else None
    if verdict is not None:
        _refuse_own(session, steps)
    made = _step(
        session,
        found,
        steps[-1].n + 1,
        kind,
        text=given.text,
        verdict=verdict,
        row=given.id,
        digest=digest,
    )
    session.add(made)
    area, action = found.area_code, f"doubt.{kind.value}"
    audit.record(session, action, str(found.id), area_code=area, verdict=verdict, digest=digest)
    session.flush()
    return found, True


def _is_known(session: Session, row: UUID, digest: str) -> bool:
    """Tell whether a step under a client's id is there; refuse an id of other content."""
    with whole_system(session):
        found = session.get(DoubtEvent, row)
    if found is None:
        return False
    if found.content_digest != digest or found.recorded_by != records.author(session):
        raise IdTaken("这个编号已用于别的内容,请换一个")
    return True


def _refuse_own(session: Session, steps: list[DoubtEvent]) -> None:
    """Nobody judges their own answer."""
    me = records.author(session)
    if any(each.kind is EventKind.REPLY and each.recorded_by == me for each in steps):
        raise Forbidden("不能认定自己的答复;请由另一位同事认定")

"""Writing bulletins: draft, revise, review, issue, correct."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import audit, records
from service.accounts.models import Account
from service.areas import queries as areas
from service.areas.models import Area
from service.bulletins import checking, drafting, finished, queries, rules
from service.bulletins.checking import HEAD
from service.bulletins.drafting import Made
from service.bulletins.models import Bulletin, BulletinIssue, BulletinStep, State, Step
from service.bulletins.schemas import (
    BulletinCreate,
    CorrectionCreate,
    IssueCreate,
    Review,
    Revise,
)
from service.database import clock_of, thresholds_of
from service.errors import Conflict, Invalid, NotFound
from service.schemas import civil_day
from service.security import Role, is_in_view

COUNTY, TOWN = 6, 9
SAID_DOUBTS = 5


def draft(session: Session, given: BulletinCreate) -> tuple[Bulletin, bool]:
    """Enter a draft; tell whether it is new."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Bulletin, given.id, digest)
    if known is not None:
        return known, False
    place = _place(session, given.area_code)
    if given.as_of > civil_day(clock_of(session)()):
        raise Invalid("数字所属的日期不能晚于今天", field="as_of")
    template = given.template or drafting.shipped_template(given.kind, place.name)
    checking.refuse_bad_head(given.model_dump())
    checking.refuse_bad(session, template, given.area_code, given.as_of)
    values = given.model_dump(exclude={"id", "template"}) | {"year": given.as_of.year}
    _refuse_taken_number(session, values)
    made = records.write(
        session, Bulletin, values, row=given.id, digest=digest, action="bulletin.draft"
    )
    session.flush()
    _add(session, made, Step.DRAFT, template=template)
    return made, True


def _place(session: Session, area_code: str) -> Area:
    if not is_in_view(session, area_code):
        raise NotFound(f"没有区划 {area_code};请核对 12 位统计用区划代码", area_code=area_code)
    found = areas.area(session, area_code)
    if len(area_code) not in {COUNTY, TOWN}:
        raise Invalid("简报以区县或镇为单位,请填 6 位或 9 位代码", field="area_code")
    return found


def _refuse_taken_number(session: Session, values: Mapping[str, Any]) -> None:
    """Refuse a number that has been reviewed or issued; a draft holds none."""
    if values.get("corrects_id") is not None:  # it bears the number of what it corrects
        return
    key = ("area_code", "kind", "year", "number")
    wanted = select(Bulletin.id).where(*(getattr(Bulletin, name) == values[name] for name in key))
    others = [each for each in session.scalars(wanted) if each != values.get("id")]
    if any(queries.state(queries.steps(session, e)) is not State.DRAFT for e in others):
        said = f"{values['year']}年第{values['number']}期已经有了,请换一个期号"
        raise Conflict(said, field="number")


def _add(
    session: Session,
    bulletin: Bulletin,
    step: Step,
    *,
    row: UUID | None = None,
    digest: str = "",
    **values: Any,
) -> BulletinStep:
    """Write one step."""
    done = queries.steps(session, bulletin.id)
    values |= {"bulletin_id": bulletin.id, "n": len(done) + 1, "step": step}
    made = records.write(
        session,
        BulletinStep,
        values | {"area_code": bulletin.area_code},
        row=row,
        digest=digest or records.content_digest(values),
        action=f"bulletin.{step}",
    )
    session.flush()
    return made


def _known(
    session: Session, bulletin_id: UUID, step: Step, given: Revise | Review | IssueCreate
) -> tuple[Bulletin, str, bool]:
    """Return the bulletin, the digest of what was sent, and whether it was sent before."""
    records.take_turn(session)
    bulletin = queries.bulletin(session, bulletin_id)
    if not is_in_view(session, bulletin.area_code):
        raise NotFound("没有这一期,请检查编号", id=str(bulletin_id))
    content = given.model_dump(exclude={"id"}) | {"of": str(bulletin_id), "step": step}
    digest = records.content_digest(content)
    known = records.known(session, BulletinStep, given.id, digest)
    if known is None:
        rules.next_state(queries.state(queries.steps(session, bulletin.id)), step)
    return bulletin, digest, known is not None


def revise(session: Session, bulletin_id: UUID, given: Revise) -> Bulletin:
    """Put another text in place; it is a draft again."""
    bulletin, digest, is_known = _known(session, bulletin_id, Step.REVISE, given)
    if is_known:
        return bulletin
    checking.refuse_bad(session, given.template, bulletin.area_code, bulletin.as_of)
    _add(session, bulletin, Step.REVISE, row=given.id, digest=digest, template=given.template)
    return bulletin


def review(session: Session, bulletin_id: UUID, given: Review) -> Bulletin:
    """Say that a second person has read the text."""
    bulletin, digest, is_known = _known(session, bulletin_id, Step.REVIEW, given)
    if is_known:
        return bulletin
    done = queries.steps(session, bulletin.id)
    if records.author(session) in {each.recorded_by for each in done if each.template}:
        raise Conflict("核稿须由没有拟过、改过这一稿的人做,请换一位同事")
    _refuse_taken_number(session, vars(bulletin))
    _add(session, bulletin, Step.REVIEW, row=given.id, digest=digest, reason=given.note)
    return bulletin


def issue(session: Session, bulletin_id: UUID, given: IssueCreate) -> Bulletin:
    """Issue: freeze the text and every figure as they are known at this instant."""
    bulletin, digest, is_known = _known(session, bulletin_id, Step.ISSUE, given)
    if is_known:
        return bulletin
    known_at = audit.instant(session)
    template = queries.template(queries.steps(session, bulletin.id))
    made = drafting.made(session, queries.subject(bulletin, known_at), template)
    if made.problems:
        said = ";".join(made.problems)[:400]
        raise Conflict(f"还不能签发:{said}", problems=made.problems)
    _refuse_taken_number(session, vars(bulletin))
    finished.refuse_contradicted(session, queries.subject(bulletin, known_at), made.text)
    decided = _decided(session, bulletin, made, given)
    _add(session, bulletin, Step.ISSUE, row=given.id, digest=digest, **decided)
    _freeze(session, bulletin, made)
    if bulletin.corrects_id is not None:
        old = queries.bulletin(session, bulletin.corrects_id)
        rules.next_state(queries.state(queries.steps(session, old.id)), Step.CORRECT)
        _add(session, old, Step.CORRECT, reason=_why_corrected(session, bulletin))
    return bulletin


def _decided(
    session: Session, bulletin: Bulletin, made: Made, given: IssueCreate
) -> dict[str, Any]:
    """Return who let it go out with open doubts; refuse where nobody did."""
    limit = thresholds_of(session).bulletins.max_open_doubts
    if len(made.doubts) <= limit:
        return {}
    if given.leader is None or not given.reason:
        said = ";".join(f"{each.title}:{each.text}" for each in made.doubts[:SAID_DOUBTS])
        raise Conflict(
            f"有 {len(made.doubts)} 条存疑(至多 {limit} 条):{said}"[:400]
            + "。请先核实;确须签发的,写明决定的领导(账号)和理由",
            doubts=[vars(each) for each in made.doubts],
        )
    leader = _leader(session, bulletin, given.leader)
    audit.record(
        session,
        "bulletin.override",
        str(bulletin.id),
        area_code=bulletin.area_code,
        leader=leader["leader_name"],
        account=given.leader,
        reason=given.reason,
        doubts=[f"{each.code}:{each.text}" for each in made.doubts],
    )
    return leader | {"reason": given.reason}


def _leader(session: Session, bulletin: Bulletin, username: str) -> dict[str, Any]:
    wanted = select(Account).where(Account.username == username, Account.is_active.is_(True))
    found = session.scalars(wanted.where(Account.role == Role.LEADER)).first()
    if found is None or not bulletin.area_code.startswith(found.area_code):
        raise Invalid("没有这位领导的账号,或其不管这一区划;请填领导的账号", field="leader")
    return {"leader_id": found.id, "leader_name": found.display_name}


def _freeze(session: Session, bulletin: Bulletin, made: Made) -> None:
    frozen = made.frozen.model_dump_json()
    digest = drafting.digest(made.text, frozen)
    values = {
        "bulletin_id": bulletin.id,
        "area_code": bulletin.area_code,
        "known_at": audit.instant(session),
        "text": made.text,
        "frozen": frozen,
        "digest": digest,
    }
    records.write(session, BulletinIssue, values, row=None, digest=digest, action="bulletin.freeze")
    session.flush()


def _why_corrected(session: Session, bulletin: Bulletin) -> str | None:
    return queries.steps(session, bulletin.id)[0].reason


def correct(session: Session, bulletin_id: UUID, given: CorrectionCreate) -> tuple[Bulletin, bool]:
    """Draft the issue that is to take an issued one's place; tell whether it is new."""
    records.take_turn(session)
    old = queries.bulletin(session, bulletin_id)
    if not is_in_view(session, old.area_code):
        raise NotFound("没有这一期,请检查编号", id=str(bulletin_id))
    content = given.model_dump(exclude={"id"}) | {"corrects": str(bulletin_id)}
    digest = records.content_digest(content)
    known = records.known(session, Bulletin, given.id, digest)
    if known is not None:
        return known, False
    done = queries.steps(session, old.id)
    rules.next_state(queries.state(done), Step.CORRECT)
    _refuse_second(session, old)
    template = given.template or queries.template(done)
    values = _corrected(session, old, given)
    checking.refuse_bad(session, template, old.area_code, values["as_of"])
    made = records.write(
        session,
        Bulletin,
        values,
        row=given.id,
        digest=digest,
        action="bulletin.draft",
    )
    session.flush()
    _add(session, made, Step.DRAFT, template=template, reason=given.reason)
    return made, True


def _refuse_second(session: Session, old: Bulletin) -> None:
    wanted = select(Bulletin.id).where(Bulletin.corrects_id == old.id)
    other = session.scalars(wanted).first()
    if other is not None:
        raise Conflict("这一期已经有更正稿,请在那一稿上改", newest=str(other))


def _corrected(session: Session, old: Bulletin, given: CorrectionCreate) -> dict[str, Any]:
    day = given.as_of or old.as_of
    if day > civil_day(clock_of(session)()):
        raise Invalid("数字所属的日期不能晚于今天", field="as_of")
    same = ("area_code", "kind", "year", "number", "total_number", *HEAD)
    values = {name: getattr(old, name) for name in same}
    values |= {"title": given.title or old.title, "as_of": day, "corrects_id": old.id}
    checking.refuse_bad_head(values)
    return values

"""Reading bulletins: drafts by the bureau, issued ones by all readers."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from service.accounts.models import Account
from service.bulletins import drafting, rules
from service.bulletins.checking import HEAD, Subject
from service.bulletins.drafting import Made
from service.bulletins.models import Bulletin, BulletinIssue, BulletinStep, State
from service.bulletins.schemas import (
    BulletinCard,
    BulletinRead,
    Decision,
    FactFigure,
    Frozen,
    OpenDoubt,
    StepRead,
)
from service.database import thresholds_of
from service.errors import NotFound
from service.security import AFTER_ANY_DIGIT, Role, Viewer


def _visible(session: Session) -> Select[Bulletin]:
    """Return the query for what the viewer reads: drafts are of the bureau of their area."""
    issued = exists(select(BulletinIssue.id).where(BulletinIssue.bulletin_id == Bulletin.id))
    viewer: Viewer | None = session.info.get("viewer")
    if session.info.get("is_system"):
        return select(Bulletin)
    if viewer is None or viewer.role is not Role.BUREAU:
        return select(Bulletin).where(issued)
    low = viewer.area_code
    own = (Bulletin.area_code >= low) & (Bulletin.area_code < low + AFTER_ANY_DIGIT)
    return select(Bulletin).where(or_(issued, own))


def bulletin(session: Session, bulletin_id: UUID) -> Bulletin:
    """Return one bulletin, or say that there is none."""
    found = session.scalars(_visible(session).where(Bulletin.id == bulletin_id)).first()
    if found is None:
        raise NotFound("没有这一期,请检查编号", id=str(bulletin_id))
    return found


def steps(session: Session, bulletin_id: UUID) -> list[BulletinStep]:
    """Return what was done with a bulletin, in order."""
    wanted = select(BulletinStep).where(BulletinStep.bulletin_id == bulletin_id)
    return list(session.scalars(wanted.order_by(BulletinStep.n)))


def state(done: Iterable[BulletinStep]) -> State:
    """Return where a bulletin stands."""
    return rules.state_after(each.step for each in done)


def template(done: Iterable[BulletinStep]) -> str:
    """Return the newest text with its slots."""
    return [each.template for each in done if each.template is not None][-1]


def issue(session: Session, bulletin_id: UUID) -> BulletinIssue | None:
    """Return what was frozen, if it was issued."""
    wanted = select(BulletinIssue).where(BulletinIssue.bulletin_id == bulletin_id)
    return session.scalars(wanted).first()


def bulletins(session: Session, *, limit: int = 500, offset: int = 0) -> list[BulletinRead]:
    """Return heads, the newest first."""
    order = (Bulletin.recorded_at.desc(), Bulletin.id)
    found = list(session.scalars(_visible(session).order_by(*order).limit(limit).offset(offset)))
    ids = [each.id for each in found]
    done: dict[UUID, list[BulletinStep]] = {each: [] for each in ids}
    wanted = select(BulletinStep).where(BulletinStep.bulletin_id.in_(ids))
    for step in session.scalars(wanted.order_by(BulletinStep.n)):
        done[step.bulletin_id].append(step)
    issued = select(BulletinIssue).where(BulletinIssue.bulletin_id.in_(ids))
    issues = {each.bulletin_id: each for each in session.scalars(issued)}
    correcting = corrections(session, ids)
    return [
        head(each, state(done[each.id]), issues.get(each.id), correcting.get(each.id))
        for each in found
    ]


def corrections(session: Session, ids: list[UUID]) -> dict[UUID, UUID]:
    """Return bulletin -> the one that takes its place, as far as the viewer reads that."""
    wanted = _visible(session).where(Bulletin.corrects_id.in_(ids))
    return {each.corrects_id: each.id for each in session.scalars(wanted) if each.corrects_id}


def head(
    found: Bulletin, stands: State, frozen: BulletinIssue | None, corrected_by: UUID | None
) -> BulletinRead:
    """Show a bulletin's head."""
    shown = {
        name: getattr(found, name) for name in BulletinRead.model_fields if hasattr(found, name)
    }
    return BulletinRead(
        **shown,
        corrected_by_id=corrected_by,
        state=stands,
        issued_at=frozen.recorded_at if frozen else None,
        digest=frozen.digest if frozen else None,
    )


def decisions(session: Session, *, limit: int = 100, offset: int = 0) -> list[Decision]:
    """Return the issues that went out with open doubts, the newest first.

    A leader reads those that name them, the bureau and who audits those of their area.
    """
    wanted = select(BulletinStep).where(BulletinStep.leader_id.is_not(None))
    viewer: Viewer | None = session.info.get("viewer")
    if viewer is not None and viewer.role is Role.LEADER:
        wanted = wanted.where(BulletinStep.leader_id == viewer.account_id)
    elif viewer is not None:
        low = viewer.area_code
        wanted = wanted.where(BulletinStep.area_code >= low)
        wanted = wanted.where(BulletinStep.area_code < low + AFTER_ANY_DIGIT)
    order = (BulletinStep.recorded_at.desc(), BulletinStep.id)
    found = list(session.scalars(wanted.order_by(*order).limit(limit).offset(offset)))
    heads = {each.id: each for each in _of(session, {each.bulletin_id for each in found})}
    names = _names(session, {each.recorded_by for each in found})
    return [
        Decision(
            bulletin_id=each.bulletin_id,
            year=heads[each.bulletin_id].year,
            number=heads[each.bulletin_id].number,
            title=heads[each.bulletin_id].title,
            leader_name=each.leader_name or "",
            reason=each.reason or "",
            issued_by=names.get(each.recorded_by, ""),
            issued_at=each.recorded_at,
        )
        for each in found
    ]


def _of(session: Session, ids: set[UUID]) -> list[Bulletin]:
    return list(session.scalars(_visible(session).where(Bulletin.id.in_(ids))))


def subject(found: Bulletin, known_at: datetime | None = None) -> Subject:
    """Return what a bulletin is about."""
    head = {name: getattr(found, name) for name in HEAD}
    return Subject(found.kind, found.area_code, found.as_of, known_at, head)


def present(session: Session, found: Bulletin) -> tuple[str, Frozen, Made | None]:
    """Return text and figures: what was frozen, or as the books make them now."""
    frozen = issue(session, found.id)
    if frozen is not None:
        return frozen.text, Frozen.model_validate_json(frozen.frozen), None
    made = drafting.made(session, subject(found), template(steps(session, found.id)))
    return made.text, made.frozen, made


def card(session: Session, bulletin_id: UUID) -> BulletinCard:
    """Return one bulletin with everything about it."""
    found = bulletin(session, bulletin_id)
    done = steps(session, found.id)
    frozen = issue(session, found.id)
    text, figures, made = present(session, found)
    top = head(found, state(done), frozen, corrections(session, [found.id]).get(found.id))
    return BulletinCard(
        **top.model_dump(),
        template=template(done),
        text=text,
        known_at=frozen.known_at if frozen else None,
        paragraphs=figures.paragraphs,
        facts=figures.facts,
        doubts=_open_doubts(session, figures.facts),
        problems=made.problems if made else [],
        steps=_shown(session, done),
    )


def _open_doubts(session: Session, figures: list[FactFigure]) -> list[OpenDoubt]:
    """Return what is, or was at the issue, open about a bulletin's figures."""
    told = {each.code: (each.title, each.doubts, each.coverage) for each in figures}
    found = rules.doubts_of(told, thresholds_of(session).bulletins)
    return [OpenDoubt(**vars(each)) for each in found]


def _shown(session: Session, done: list[BulletinStep]) -> list[StepRead]:
    names = _names(session, {each.recorded_by for each in done})
    return [
        StepRead.model_validate(each).model_copy(
            update={"by_name": names.get(each.recorded_by, "")}
        )
        for each in done
    ]


def _names(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    # By table: a town's reader may see who issued what came from above.
    account = Account.__table__.c
    wanted = select(account.id, account.display_name).where(account.id.in_(ids))
    return {key: name for key, name in session.execute(wanted)}

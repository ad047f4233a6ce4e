"""更正建议: figures of issued bulletins that the books tell otherwise by now."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from config.thresholds import BulletinThresholds
from service.bulletins import drafting, figures, queries, rules
from service.bulletins.models import Bulletin, BulletinIssue, State
from service.bulletins.schemas import BulletinRead, FactFigure, Frozen, Proposal, Proposals
from service.database import thresholds_of
from service.errors import Conflict, NotFound
from service.security import is_in_view


def of_all(session: Session, *, limit: int, offset: int = 0) -> tuple[list[Proposals], bool]:
    """Return what is proposed for the issues in force, the newest first; and whether more follow.

    Issues without a proposal are left out; `limit` and `offset` count issues, moved or not.
    """
    found = queries.bulletins(session, limit=limit, offset=offset)
    told = [(each, of_one(session, each)) for each in found]
    return [Proposals(bulletin=one, items=items) for one, items in told if items], len(
        found
    ) == limit


def of_one(session: Session, head: BulletinRead) -> list[Proposal]:
    """Return what is proposed for one; nothing where it is not in force, or not in view."""
    frozen = queries.issue(session, head.id)
    if head.state is not State.ISSUED or frozen is None or not is_in_view(session, head.area_code):
        return []
    return _told(session, queries.bulletin(session, head.id), frozen)


def proposals(session: Session, bulletin_id: UUID) -> list[Proposal]:
    """Return the figures of an issued bulletin that the books tell otherwise by now."""
    found = queries.bulletin(session, bulletin_id)
    frozen = queries.issue(session, found.id)
    if not is_in_view(session, found.area_code):
        raise NotFound("没有这一期,请检查编号", id=str(bulletin_id))
    if frozen is None:
        raise Conflict("还没有签发,没有可更正的数字;草稿随时按最新数据计算")
    return _told(session, found, frozen)


def _told(session: Session, found: Bulletin, frozen: BulletinIssue) -> list[Proposal]:
    then = Frozen.model_validate_json(frozen.frozen)
    template = queries.template(queries.steps(session, found.id))
    now = drafting.made(session, queries.subject(found), template).frozen
    limits = thresholds_of(session).bulletins
    told = {each.code: each for each in now.facts}
    return [
        _proposal(each, told.get(each.code), then, now)
        for each in then.facts
        if _has_moved(each, told.get(each.code), limits)
    ]


def _has_moved(then: FactFigure, now: FactFigure | None, limits: BulletinThresholds) -> bool:
    before = figures.figure(then.code, then.exact, then.statement)
    after = figures.figure(now.code, now.exact, now.statement) if now else None
    if before is None or after is None:
        return before is not after
    return rules.is_beyond_tolerance(before, after, limits)


def _proposal(
    then: FactFigure, now: FactFigure | None, frozen: Frozen, present: Frozen
) -> Proposal:
    before, after = _texts(frozen, then.code), _texts(present, then.code)
    return Proposal(
        code=then.code,
        title=then.title,
        unit=then.unit,
        then=_value(then),
        now=_value(now),
        texts_then=before,
        texts_now=after,
        is_wording_changed=before != after,
    )


def _value(figure: FactFigure | None) -> str | None:
    if figure is None:
        return None
    if figure.exact is None:
        return figure.shown
    return f"{Decimal(figure.exact).normalize():f}"


def _texts(frozen: Frozen, code: str) -> list[str]:
    return [part.text for each in frozen.paragraphs for part in each if part.code == code]

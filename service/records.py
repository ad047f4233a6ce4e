"""What every record book shares: rows with an author, written once, corrected by a later row."""

import hashlib
import json
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

from sqlalchemy import ColumnElement, ForeignKey, Select, String, Uuid, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, declared_attr, mapped_column

from service import audit
from service.columns import UtcInstant
from service.database import clock_of
from service.errors import Conflict, IdTaken, Invalid, NotFound
from service.schemas import civil_day
from service.security import AFTER_ANY_DIGIT, Viewer

NAMESPACE = UUID("5b0d9c52-3f0b-5d6a-9d3a-7d5a4c1b2e90")
"""Of the ids that rows of a table have: the same row of the same content has the same id."""


class Recorded:
    """Mixin of a row that tells who entered it and when; never changed afterwards."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    content_digest: Mapped[str] = mapped_column(String(64))


class Correctable(Recorded):
    """Mixin of a row that a later row may correct or withdraw; both stay."""

    is_withdrawal: Mapped[bool] = mapped_column(default=False)
    """This row only says that the one it supersedes does not hold."""
    reason: Mapped[str | None] = mapped_column(String(500))
    """Why it supersedes another."""

    @declared_attr
    def supersedes_id(cls) -> Mapped[UUID | None]:  # noqa: N805 - a class attribute, says SQLAlchemy
        return mapped_column(
            ForeignKey(f"{cls.__tablename__}.id"),  # type: ignore[attr-defined]
            unique=True,
        )


R = TypeVar("R", bound=Recorded)
C = TypeVar("C", bound=Correctable)
T = TypeVar("T")


def content_digest(values: Mapping[str, Any]) -> str:
    """Hash what a client sent, so that a repeat can be told from another content."""
    canonical = json.dumps(values, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def row_id(kind: str, digest: str, occurrence: int) -> UUID:
    """Return the id of a table's row: a table that comes again brings the same ids."""
    return uuid5(NAMESPACE, f"{kind}:{digest}:{occurrence}")


def take_turn(session: Session) -> None:
    """Wait until every other writer is done: what is read from here on still holds at the commit.

    For rules over several rows, which no constraint can keep: call it before the first reading.
    It is the lock that every change of the ledger needs anyway, so nobody can wait in a ring.
    """
    audit.instant(session)


def once(session: Session, key: Hashable, make: Callable[[], T]) -> T:
    """Return the answer to a question, made once in a session that cannot write.

    Several figures of a day, and the same figure of several days, rest on the same reading. What
    is returned is shared: it is read, not changed. A session that writes makes its own.
    """
    kept: dict[Hashable, T] | None = session.info.get("answers")
    if kept is None:
        return make()
    viewer: Viewer | None = session.info.get("viewer")
    whole = (viewer and (viewer.role, viewer.area_code), key)
    if whole not in kept:
        kept[whole] = make()
    return kept[whole]


def today(session: Session) -> date:
    """Return the civil date."""
    return civil_day(clock_of(session)())


def refuse_future(session: Session, day: date, field: str) -> None:
    """Refuse what has not happened yet."""
    if day > today(session):
        raise Invalid("日期不能晚于今天", field=field)


def within(column: InstrumentedAttribute[str], area: str) -> ColumnElement[bool]:
    """Return the criterion that a row lies in an area."""
    return (column >= area) & (column < area + AFTER_ANY_DIGIT)


def author(session: Session) -> UUID:
    """Return who is writing."""
    viewer: Viewer = session.info["viewer"]
    return viewer.account_id


def known(session: Session, model: type[R], row: UUID | None, digest: str) -> R | None:
    """Return the row that stands under a client's id; refuse an id of other content.

    An id that is taken out of the viewer's sight is taken all the same, without a word of it.
    """
    if row is None:
        return None
    table = model.__table__  # type: ignore[attr-defined]
    is_taken = session.scalar(select(table.c.id).where(table.c.id == row)) is not None
    if not is_taken:
        return None
    found = session.scalars(select(model).where(model.id == row)).first()
    if found is None or found.content_digest != digest:
        raise IdTaken("这个编号已用于别的内容,请换一个")
    return found


def write(
    session: Session,
    model: type[R],
    values: Mapping[str, Any],
    *,
    row: UUID | None,
    digest: str,
    action: str,
) -> R:
    """Write a new row with its author, its instant and its audit entry."""
    written: dict[str, Any] = {
        **values,
        "id": row or uuid4(),
        "recorded_at": audit.instant(session),
        "recorded_by": author(session),
        "content_digest": digest,
    }
    made = model(**written)
    session.add(made)
    audit.record(session, action, str(made.id), area_code=values.get("area_code"), digest=digest)
    return made


@cache
def _later_rows(table: Any) -> Any:
    """Return the columns of the rows that may correct; made once, for that costs more than asking.

    By table: a correction that lies out of the viewer's sight corrects all the same.
    """
    return table.alias().c


def standing(model: type[C], known_at: datetime | None = None) -> Select[C]:
    """Return the query for the rows that hold, as was known at an instant (default: now)."""
    later = _later_rows(model.__table__)  # type: ignore[attr-defined]
    superseding = later.supersedes_id == model.id
    wanted = select(model).where(model.is_withdrawal.is_(False))
    if known_at is not None:
        superseding &= later.recorded_at <= known_at
        wanted = wanted.where(model.recorded_at <= known_at)
    return wanted.where(~exists(select(later.id).where(superseding)))


def superseded(session: Session, model: type[C], old: UUID, reason: str | None) -> C:
    """Return the row that a new one is to supersede; refuse where that cannot be."""
    found = session.scalars(select(model).where(model.id == old)).first()
    if found is None:
        raise NotFound("没有这条记录", id=str(old))
    if not reason:
        raise Invalid("更正或撤销须写明原因", field="reason")
    newer = session.scalars(select(model.id).where(model.supersedes_id == old)).first()
    if newer is not None or found.is_withdrawal:
        raise Conflict("这条记录已被更正或撤销,请在最新的一条上再改", newest=str(newer or old))
    return found


def withdraw(session: Session, model: type[C], old: UUID, reason: str, *, action: str) -> C:
    """Say that a row does not hold; what it said stays readable. Withdrawing again changes nothing.

    The withdrawal repeats the row's own values, for the table asks for them.
    """
    again = session.scalars(
        select(model).where(model.supersedes_id == old, model.is_withdrawal.is_(True))
    ).first()
    if again is not None:
        return again
    found = superseded(session, model, old, reason)
    own = set(Correctable.__annotations__) | set(Recorded.__annotations__) | {"supersedes_id"}
    columns = model.__mapper__.column_attrs  # type: ignore[attr-defined]
    values = {each.key: getattr(found, each.key) for each in columns if each.key not in own}
    values |= {"supersedes_id": old, "reason": reason, "is_withdrawal": True}
    digest = content_digest({"withdraws": str(old), "reason": reason})
    return write(session, model, values, row=None, digest=digest, action=action)

"""How the agronomy book is written: one row stands for a thing and its day, later rows correct."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from service import audit, records
from service.errors import Conflict, Forbidden
from service.record_schemas import Correcting
from service.records import Correctable
from service.security import is_in_view, whole_system

C = TypeVar("C", bound=Correctable)


@dataclass(frozen=True)
class Entry:
    """What is to be written, and what it must not stand beside."""

    facts: Mapping[str, Any]
    """Columns of the row."""
    same: ColumnElement[bool]
    """Finds the row that stands for the same thing and day."""
    twice: str
    """What to say where one stands already."""
    action: str
    field: str = ""
    """The field to blame."""
    has_same: Callable[[Any], bool] = lambda _: True
    """Tells whether a row's lists, which are no columns, are the same as well."""


def refuse_foreign(session: Session, area_code: str) -> None:
    """Refuse to write what the viewer sees from below and does not keep."""
    if not is_in_view(session, area_code):
        raise Forbidden("这条记录由上级填报,您可以查看,不能改动", action="agronomy.write")


def file(session: Session, model: type[C], given: Correcting, entry: Entry) -> tuple[C, bool]:
    """Write a row, or find that it stands; tell whether it is new."""
    audit.instant(session)  # takes the ledger's lock: a day that is free now stays free
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, model, given.id, digest)
    if known is not None:
        return known, False
    with whole_system(session):  # a code that another town took is taken
        standing = session.scalars(records.standing(model).where(entry.same)).first()
    seen = standing if standing is not None and _is_seen(session, standing) else None
    old = _corrects(session, model, given, seen)
    if standing is not None and standing.id != old:
        if old is None and _says(standing, entry):
            return standing, False
        raise Conflict(entry.twice, field=entry.field, id=str(seen.id) if seen else None)
    values = {**entry.facts, "supersedes_id": old, "reason": given.reason}
    made = records.write(session, model, values, row=given.id, digest=digest, action=entry.action)
    session.flush()
    return made, True


def _corrects(
    session: Session, model: type[C], given: Correcting, standing: C | None
) -> UUID | None:
    """Return the row that a filing corrects: the one it names, or the one that it gives a why."""
    old = given.supersedes_id
    if old is None and given.reason and standing is not None:
        old = standing.id
    if old is not None:
        found: Any = records.superseded(session, model, old, given.reason)
        refuse_foreign(session, found.area_code)
    return old


def _is_seen(session: Session, row: Any) -> bool:
    return is_in_view(session, row.area_code)


def _says(row: Any, entry: Entry) -> bool:
    is_same = all(getattr(row, name) == value for name, value in entry.facts.items())
    return is_same and entry.has_same(row)


def withdraw(session: Session, model: type[C], row: UUID, reason: str, *, action: str) -> C:
    """Say that a row was entered in error."""
    audit.instant(session)
    found: Any = session.get(model, row)
    if found is not None:
        refuse_foreign(session, found.area_code)
    return records.withdraw(session, model, row, reason, action=action)

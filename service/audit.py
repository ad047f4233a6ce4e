"""The audit log: hash-chained, append-only, written in the transaction of what it tells of.

Its head is also the clock of the ledger. A transaction that writes takes the head's lock
before it reads the time, so instants rise strictly in the order of the commits: what was
known at an instant can never gain a row later.
"""

import hashlib
import json
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import BigInteger, String, Text, event, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.columns import UtcInstant, ordered_text
from service.database import Base, Database, clock_of

ALGORITHM = "sha256"
GENESIS = "0" * 64
BEFORE_EVERYTHING = datetime(1990, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
BATCH = 2000
BEFORE_ANY_NUMBER = -(2**63)
MAX_ANSWERS = 512
ANSWERS_TURN = Lock()
T = TypeVar("T")
UNREADABLE = (ValueError, TypeError, DBAPIError)
"""What a row may raise whose bytes were changed beneath us."""


class AuditEntry(Base):
    """One change: who, when, what; chained to the entry before it."""

    __tablename__ = "audit_entries"

    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200), index=True)
    area_code: Mapped[str | None] = mapped_column(ordered_text(12))
    detail: Mapped[str] = mapped_column(Text)
    algorithm: Mapped[str] = mapped_column(String(16))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain, one row: its number, hash and instant."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcInstant)


# These run in every transaction that writes, and need none of the ORM.
LOCKED_HEAD = select(
    AuditHead.__table__.c.n, AuditHead.__table__.c.hash, AuditHead.__table__.c.at
).with_for_update()
NEW_HEAD = update(AuditHead)
NEW_ENTRY = insert(AuditEntry)


@dataclass(frozen=True)
class Break:
    """The first place where the chain does not hold."""

    n: int
    reason: str


def instant(session: Session) -> datetime:
    """Return this transaction's instant, later than that of every committed one."""
    known: datetime | None = session.info.get("instant")
    if known is None:
        head = _locked_head(session)
        known = max(clock_of(session)(), head.at + TICK)
        session.info["instant"] = known
        session.info["audit_head"] = head
    return known


def latest_instant(session: Session) -> datetime:
    """Return the instant of the newest committed change: what "now" can know."""
    return session.scalars(select(AuditHead.at)).one()


def until_the_next_write(session: Session, key: Hashable, make: Callable[[], T]) -> T:
    """Return the answer to a question, made once for each state of the books.

    Every change moves the head of the chain, so an answer made at a head holds as long as it is
    the head, whichever server made the change. A transaction that writes makes its own.
    """
    if session.info.get("audit_queue") or session.new or session.dirty:
        return make()
    database: Database = session.info["database"]
    whole = (session.scalar(select(AuditHead.__table__.c.n)), key)
    with ANSWERS_TURN:
        if whole in database.answers:
            database.answers.move_to_end(whole)
            found: T = database.answers[whole]
            return found
    made = make()
    with ANSWERS_TURN:
        database.answers[whole] = made
        while len(database.answers) > MAX_ANSWERS:
            database.answers.popitem(last=False)
    return made


def record(
    session: Session,
    action: str,
    subject: str,
    *,
    area_code: str | None = None,
    actor: str | None = None,
    **detail: Any,
) -> None:
    """Note one change; it is written when the transaction commits."""
    viewer = session.info.get("viewer")
    who = actor or (viewer.username if viewer else "system")
    entry = {
        "actor": who,
        "action": action,
        "subject": subject,
        "area_code": area_code,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
    }
    session.info.setdefault("audit_queue", []).append(entry)


def _locked_head(session: Session) -> Any:
    return session.execute(LOCKED_HEAD).one()


def _digest(entry: dict[str, Any]) -> str:
    """Hash an entry's canonical form, which holds the hash of the entry before it."""
    canonical = json.dumps(
        {key: value for key, value in entry.items() if key != "hash"}
        | {"at": entry["at"].astimezone(UTC).isoformat(timespec="microseconds")},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.new(entry["algorithm"], canonical.encode()).hexdigest()


@event.listens_for(Session, "before_commit")
def _append(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint is no commit: the chain is written once, at the end
    queue: list[dict[str, Any]] = session.info.pop("audit_queue", [])
    if not queue:
        return
    session.flush()
    at = instant(session)
    head = session.info["audit_head"]
    n, previous = head.n, head.hash
    for entry in queue:
        n += 1
        entry |= {"n": n, "at": at, "algorithm": ALGORITHM, "previous_hash": previous}
        entry["hash"] = previous = _digest(entry)
    connection = session.connection()
    connection.execute(NEW_ENTRY, queue)
    connection.execute(NEW_HEAD, {"n": n, "hash": previous, "at": at})


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.info.pop("instant", None)
    session.info.pop("audit_head", None)
    session.info.pop("audit_queue", None)


def first_break(session: Session) -> Break | None:
    """Walk the whole chain; return the first entry that was edited, removed or moved."""
    previous, expected, at = GENESIS, 1, BEFORE_EVERYTHING
    for entry in _entries(session):
        broken = _fault(entry, expected, previous)
        if entry is None or broken is not None:
            return Break(expected, broken or "")
        previous, expected, at = entry["hash"], expected + 1, entry["at"]
    try:
        heads = session.execute(select(AuditHead.n, AuditHead.hash, AuditHead.at)).all()
    except UNREADABLE:
        heads = []
    if [tuple(head) for head in heads] != [(expected - 1, previous, at)]:
        return Break(expected, "链尾与记录不符:末尾的记录被删除或链尾被改动")
    return None


def _fault(entry: dict[str, Any] | None, expected: int, previous: str) -> str | None:
    if entry is None:
        return "读不出来"
    if entry["n"] != expected:
        return "缺少这一条记录"
    if entry["previous_hash"] != previous:
        return "与上一条记录不相连"
    try:
        is_whole = entry["algorithm"] == ALGORITHM and _digest(entry) == entry["hash"]
    except TypeError:  # a value of a kind that was never written
        is_whole = False
    return None if is_whole else "内容被改动"


def _entries(session: Session) -> Iterator[dict[str, Any] | None]:
    """Yield the entries in order of their numbers; None in place of one that is unreadable."""
    columns = AuditEntry.__table__.c
    wanted, last, size = select(*columns).order_by(columns.n), BEFORE_ANY_NUMBER, BATCH
    while True:
        try:
            rows = session.execute(wanted.where(columns.n > last).limit(size)).all()
        except UNREADABLE:
            if size == 1:
                yield None
                return
            size = 1  # to find which of the batch it is
            continue
        yield from (dict(row._mapping) for row in rows)
        if len(rows) < size:
            return
        last = rows[-1].n

"""Logging in and out, and managing accounts."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config.thresholds import SecurityThresholds
from service import audit
from service.accounts.models import Account, LoginFailure, LoginSession
from service.accounts.schemas import AccountCreate, AccountUpdate, SessionCreate
from service.database import Database, clock_of, dialect_insert
from service.errors import Conflict, Invalid, NotFound, TooManyAttempts, WrongCredentials
from service.security import (
    Viewer,
    hash_password,
    is_password,
    new_token,
    token_hash,
    waste_a_verification,
)


@dataclass(frozen=True)
class OpenedSession:
    """A log-in that succeeded."""

    token: str
    expires_at: datetime
    account: Viewer


def log_in(
    database: Database,
    credentials: SessionCreate,
    *,
    address: str,
    hours: int,
    thresholds: SecurityThresholds,
) -> OpenedSession:
    """Open a session, or refuse in the same words and time whatever was wrong.

    Argon2 takes a fifth of a second: it runs between two transactions, never inside the
    one that holds the writer's turn.
    """
    keys = _failure_keys(credentials.username, address)
    with database.system_reading() as session:
        _refuse_while_waiting(session, keys)
        account = session.scalars(
            select(Account).where(Account.username == credentials.username, Account.is_active)
        ).one_or_none()
        hashed = account.password_hash if account else None
    if hashed is None:
        waste_a_verification(credentials.password)
    is_right = hashed is not None and is_password(credentials.password, hashed)
    with database.system_transaction() as session:
        if not is_right or account is None:
            _note_failure(session, keys, thresholds)
        else:
            # Again: guesses sent side by side must not all slip in before the first is counted.
            _refuse_while_waiting(session, keys)
            return _open(session, account.id, keys, hours)
    raise WrongCredentials("用户名或密码不对")


def _open(session: Session, account_id: UUID, keys: tuple[str, ...], hours: int) -> OpenedSession:
    account = session.get_one(Account, account_id)
    session.execute(delete(LoginFailure).where(LoginFailure.key == keys[0]))
    token, now = new_token(), clock_of(session)()
    expires_at = now + timedelta(hours=hours)
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            account_id=account.id,
            created_at=now,
            expires_at=expires_at,
        )
    )
    audit.record(
        session,
        "session.start",
        account.username,
        area_code=account.area_code,
        actor=account.username,
    )
    return OpenedSession(token, expires_at, account.as_viewer())


def _failure_keys(username: str, address: str) -> tuple[str, ...]:
    return f"pair:{username[:64]}@{address}", f"address:{address}", f"account:{username[:64]}"


def _refuse_while_waiting(session: Session, keys: tuple[str, ...]) -> None:
    now = clock_of(session)()
    until = max(
        session.scalars(select(LoginFailure.waits_until).where(LoginFailure.key.in_(keys))),
        default=now,
    )
    if until > now:
        seconds = math.ceil((until - now).total_seconds())
        raise TooManyAttempts(
            f"登录失败次数过多,请 {seconds} 秒后再试", headers={"Retry-After": str(seconds)}
        )


def _note_failure(session: Session, keys: tuple[str, ...], limits: SecurityThresholds) -> None:
    now = clock_of(session)()
    free = {
        keys[0]: limits.free_failures,
        keys[1]: limits.address_free_failures,
        keys[2]: limits.account_free_failures,
    }
    for key in keys:
        first = {"key": key, "failures": 0, "waits_until": now}
        session.execute(
            dialect_insert(session, LoginFailure).values(first).on_conflict_do_nothing()
        )
        failure = session.get_one(LoginFailure, key, with_for_update=True)
        failure.failures += 1
        over = failure.failures - free[key]
        wait = min(limits.first_wait_seconds * 2 ** min(over, 30), limits.longest_wait_seconds)
        failure.waits_until = now + timedelta(seconds=wait if over >= 0 else 0)


def log_out(session: Session, token: str) -> None:
    """End this session."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == token_hash(token))
        .values(ended_at=clock_of(session)())
    )
    audit.record(session, "session.end", session.info["viewer"].username)


def create_account(session: Session, account_in: AccountCreate) -> Account:
    """Create an account inside the viewer's area; the same again answers with the same."""
    _refuse_foreign_area(session, account_in.area_code)
    audit.instant(session)  # takes the ledger's lock: a name that is free now stays free
    known = session.get(Account, account_in.id) if account_in.id else None
    if known is not None and _is_same(known, account_in):
        return known
    taken = select(Account.__table__.c.id).where(
        (Account.__table__.c.username == account_in.username)
        | (Account.__table__.c.id == account_in.id)
    )
    if session.execute(taken).first():
        raise Conflict("这个用户名或编号已被使用,请换一个", field="username")
    account = Account(
        id=account_in.id or uuid4(),
        username=account_in.username,
        display_name=account_in.display_name,
        role=account_in.role,
        area_code=account_in.area_code,
        password_hash=hash_password(account_in.password),
        created_at=audit.instant(session),
    )
    session.add(account)
    session.flush()
    audit.record(
        session,
        "account.create",
        account.username,
        area_code=account.area_code,
        role=account.role,
        display_name=account.display_name,
    )
    return account


def _is_same(known: Account, account_in: AccountCreate) -> bool:
    fields = ("username", "display_name", "role", "area_code")
    return all(getattr(known, name) == getattr(account_in, name) for name in fields) and (
        is_password(account_in.password, known.password_hash)
    )


def change_account(session: Session, account_id: UUID, change: AccountUpdate) -> Account:
    """Change an account; its open sessions feel it on their next request."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("没有这个账号")
    changes = change.model_dump(exclude_unset=True, exclude_none=True)
    if not changes:
        raise Invalid(
            "没有写明要改什么;可改的有 display_name、role、area_code、is_active、password"
        )
    if "area_code" in changes:
        _refuse_foreign_area(session, changes["area_code"])
    told = changes.copy()
    if "password" in changes:
        account.password_hash = hash_password(changes.pop("password"))
        _end_sessions(session, account)
        told["password"] = "changed"
    for field, value in changes.items():
        setattr(account, field, value)
    audit.record(
        session, "account.change", account.username, area_code=account.area_code, changes=told
    )
    return account


def _end_sessions(session: Session, account: Account) -> None:
    """Log an account out everywhere: whoever held the old password holds no session either."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.account_id == account.id, LoginSession.ended_at.is_(None))
        .values(ended_at=clock_of(session)())
    )


def _refuse_foreign_area(session: Session, area_code: str) -> None:
    viewer: Viewer | None = session.info.get("viewer")
    if viewer is not None and not viewer.covers(area_code):
        raise NotFound("没有这个区划", field="area_code")

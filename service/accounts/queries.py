"""Reading accounts."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.accounts.models import Account, LoginSession
from service.audit import AuditEntry
from service.database import clock_of
from service.errors import NotFound
from service.security import Viewer, token_hash

_ACCOUNT, _LOGIN = Account.__table__.c, LoginSession.__table__.c
# The one query that runs before there is a viewer, so it goes around the scope by tables.
_VIEWER_OF_TOKEN = (
    select(
        _ACCOUNT.id,
        _ACCOUNT.username,
        _ACCOUNT.display_name,
        _ACCOUNT.role,
        _ACCOUNT.area_code,
        _ACCOUNT.outlet_id,
    )
    .join(LoginSession.__table__, _LOGIN.account_id == _ACCOUNT.id)
    .where(
        _LOGIN.token_hash == bindparam("token_hash"),
        _LOGIN.ended_at.is_(None),
        _LOGIN.expires_at > bindparam("now"),
        _ACCOUNT.is_active,
    )
)


def viewer_of_token(session: Session, token: str) -> Viewer | None:
    """Return who holds this token, as the account stands at this moment."""
    asked = {"token_hash": token_hash(token), "now": clock_of(session)()}
    row = session.connection().execute(_VIEWER_OF_TOKEN, asked).one_or_none()
    return Viewer(*row) if row else None


def accounts_page(
    session: Session, *, after: str | None, limit: int
) -> tuple[list[Account], str | None]:
    """Return one page of the accounts in the viewer's area, and where the next begins."""
    wanted = select(Account).order_by(Account.username).limit(limit + 1)
    if after:
        wanted = wanted.where(Account.username > after)
    found = list(session.scalars(wanted))
    return found[:limit], found[limit - 1].username if len(found) > limit else None


def audit_page(session: Session, *, after: int, limit: int) -> list[AuditEntry]:
    """Return the entries after a number that concern the viewer's area or no area at all."""
    area_code = session.info["viewer"].area_code
    wanted = (
        select(AuditEntry)
        .where(
            AuditEntry.n > after,
            AuditEntry.area_code.is_(None) | AuditEntry.area_code.startswith(area_code),
        )
        .order_by(AuditEntry.n)
        .limit(limit)
    )
    return list(session.scalars(wanted))


def viewer_named(session: Session, username: str) -> Viewer:
    """Return who bears this name, for a command that acts on their behalf."""
    accounts = Account.__table__.c
    row = session.execute(
        select(
            accounts.id,
            accounts.username,
            accounts.display_name,
            accounts.role,
            accounts.area_code,
            accounts.outlet_id,
        ).where(accounts.username == username, accounts.is_active)
    ).one_or_none()
    if row is None:
        raise NotFound(f"没有账号 {username}")
    return Viewer(*row)

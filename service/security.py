"""Who is asking, and what they can see: the viewer, the scope of every query, secrets."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import ForeignKey, event, false
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql.base import ExecutableOption
from starlette.concurrency import run_in_threadpool

from service.columns import ordered_text

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LONG_REQUESTS = frozenset(
    {"/api/v1/parcels/exports", "/land/export", "/api/v1/patches/imports", "/patches"}
)
"""Requests that wait for another process; they are admitted apart from the writers."""
NO_OUTLET = UUID(int=0)
"""Of an operator who speaks for no outlet: they see nothing."""
AFTER_ANY_DIGIT = ":"
"""The character after "9": codes under a prefix lie in [prefix, prefix + this)."""


class Role(StrEnum):
    """An account's duty."""

    RECORDER = "recorder"
    APPROVER = "approver"
    BUREAU = "bureau"
    OFFICER = "officer"
    LEADER = "leader"
    OUTLET = "outlet"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True)
class Viewer:
    """The account behind a request, as its queries need it."""

    account_id: UUID
    username: str
    display_name: str
    role: Role
    area_code: str
    outlet_id: UUID | None = None
    """An outlet operator's own outlet; only of it do they see anything."""

    def covers(self, area_code: str) -> bool:
        """Tell whether this area lies in the viewer's own subtree."""
        return area_code.startswith(self.area_code)

    def sees(self, area_code: str) -> bool:
        """Tell whether this area is inside the viewer's subtree, or one that contains it."""
        return self.covers(area_code) or self.area_code.startswith(area_code)


class AreaScoped:
    """Mixin of what belongs to an area; every query sees only the viewer's subtree of it."""

    area_code: Mapped[str] = mapped_column(ordered_text(12))


class OutletScoped(AreaScoped):
    """Mixin of what belongs to one outlet; its operator sees nothing of any other."""

    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"), index=True)


class SeenFromBelow:
    """Mixin of what belongs to an area and is also seen by the units inside it.

    A village recorder must see the calendar of their own town, and nothing else of the town.
    """

    area_code: Mapped[str] = mapped_column(ordered_text(12))


@event.listens_for(Session, "do_orm_execute")
def _stay_in_scope(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load or state.is_insert:
        return
    if state.session.info.get("is_system"):
        return
    viewer: Viewer | None = state.session.info.get("viewer")
    options = _scope(viewer.area_code if viewer else None)
    if viewer is not None and viewer.role is Role.OUTLET:
        options += _own_outlet(viewer.outlet_id or NO_OUTLET)
    state.statement = state.statement.options(*options)


@lru_cache(maxsize=1024)
def _scope(area_code: str | None) -> tuple[ExecutableOption, ...]:
    """Return the criteria of a viewer's area, made once: every statement carries them."""
    if area_code is None:
        return tuple(
            with_loader_criteria(mixin, lambda _: false(), include_aliases=True)
            for mixin in (AreaScoped, SeenFromBelow)
        )
    low, high = area_code, area_code + AFTER_ANY_DIGIT
    above = [low[:length] for length in (2, 4, 6, 9) if length < len(low)] or [low]
    return (
        with_loader_criteria(
            AreaScoped,
            lambda scoped: (scoped.area_code >= low) & (scoped.area_code < high),
            include_aliases=True,
        ),
        with_loader_criteria(
            SeenFromBelow,
            lambda scoped: (
                ((scoped.area_code >= low) & (scoped.area_code < high))
                | scoped.area_code.in_(above)
            ),
            include_aliases=True,
        ),
    )


@lru_cache(maxsize=1024)
def _own_outlet(outlet_id: UUID) -> tuple[ExecutableOption, ...]:
    """Return the criterion of an operator."""
    return (
        with_loader_criteria(
            OutletScoped, lambda scoped: scoped.outlet_id == outlet_id, include_aliases=True
        ),
    )


def is_in_view(session: Session, area_code: str) -> bool:
    """Tell whether rows of this area are in scope, for the few statements made by table."""
    viewer: Viewer | None = session.info.get("viewer")
    return bool(session.info.get("is_system")) or (viewer is not None and viewer.covers(area_code))


@contextmanager
def whole_system(session: Session) -> Iterator[None]:
    """See every area while sums are made: what a town does changes its county's figure."""
    before = session.info.get("is_system", False)
    session.info["is_system"] = True
    try:
        yield
    finally:
        session.info["is_system"] = before


@event.listens_for(Session, "before_flush")
def _write_in_scope(session: Session, _context: Any, _instances: Any) -> None:
    viewer: Viewer | None = session.info.get("viewer")
    if session.info.get("is_system"):
        return
    for thing in session.new | session.dirty:
        if isinstance(thing, AreaScoped):
            is_inside = viewer is not None and viewer.covers(thing.area_code)
        elif isinstance(thing, SeenFromBelow):
            is_inside = viewer is not None and viewer.sees(thing.area_code)
        else:
            continue
        if isinstance(thing, OutletScoped) and viewer is not None and viewer.role is Role.OUTLET:
            is_inside = is_inside and thing.outlet_id == viewer.outlet_id
        if not is_inside:
            raise PermissionError(f"{type(thing).__name__} outside the viewer's area")


async def open_session(request: Request) -> AsyncIterator[Session]:
    """One request, one transaction; it commits before the answer is sent.

    Requests wait for admission without a thread, so those admitted always find a thread and
    a connection, and a full house cannot lock itself out. Writers take turns at the ledger
    anyway (see `audit`): few are admitted at a time, so that the one whose turn it is does
    not share its processor with those that wait.
    """
    database = request.app.state.database
    reads = request.method in READING_METHODS
    admission = request.app.state.admission if reads else request.app.state.writing
    if request.url.path in LONG_REQUESTS:
        admission = request.app.state.long  # or two of them would shut out every other writer
    async with admission:
        session = database.read_session() if reads else database.write_session()
        try:
            yield session
        except BaseException:
            await run_in_threadpool(session.close)  # which rolls back
            raise
        await run_in_threadpool(_commit, session)


def _commit(session: Session) -> None:
    """Commit and close, in one visit to a thread."""
    try:
        session.commit()
    finally:
        session.close()


# scope="function": commit before the answer is sent, so that "201 Created" is true.
SessionDep = Annotated[Session, Depends(open_session, scope="function")]


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


def hash_password(password: str) -> str:
    """Hash with Argon2id."""
    return _hasher().hash(password)


def is_password(password: str, hashed: str) -> bool:
    """Tell whether the password fits the hash."""
    return _hasher().verify(password, hashed)


@cache
def _decoy_hash() -> str:
    return hash_password(secrets.token_urlsafe(16))


def waste_a_verification(password: str) -> None:
    """Take as long as a real check would, so that unknown names cannot be told by time."""
    is_password(password, _decoy_hash())


def new_token() -> str:
    """Return a new opaque token of 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()

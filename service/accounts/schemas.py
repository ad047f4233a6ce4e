"""What goes in and out about accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from service.schemas import AreaCode, Id, Name, Shown, Strict, Text
from service.security import Role

Username = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Password = Annotated[Text, Field(min_length=8, max_length=256)]


class SessionCreate(Strict):
    """A log-in."""

    username: Annotated[Text, Field(max_length=64)]
    password: Annotated[Text, Field(max_length=256)]


class AccountRead(Shown):
    """An account as others may see it."""

    id: UUID
    username: str
    display_name: str
    role: Role
    area_code: str
    is_active: bool


class ViewerRead(Shown):
    """The account behind this request."""

    account_id: UUID
    username: str
    display_name: str
    role: Role
    area_code: str


class SessionRead(Shown):
    """A new session; the token is shown this once."""

    token: str
    expires_at: datetime
    account: ViewerRead


class AccountCreate(Strict):
    """A new account."""

    id: Id | None = None
    username: Username
    display_name: Name
    role: Role
    area_code: AreaCode
    password: Password


class AccountUpdate(Strict):
    """What may change of an account; absent fields stay."""

    display_name: Name | None = None
    role: Role | None = None
    area_code: AreaCode | None = None
    is_active: StrictBool | None = None
    password: Password | None = None


class AuditEntryRead(Shown):
    """One link of the audit chain."""

    n: int
    at: datetime
    actor: str
    action: str
    subject: str
    area_code: str | None
    detail: str
    hash: str

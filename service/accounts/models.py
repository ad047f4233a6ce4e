"""Accounts, their sessions, and the failures that slow a guesser down."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Enum, ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import UtcInstant, ordered_text
from service.database import Base
from service.security import AreaScoped, Role, Viewer

ROLE_TYPE = Enum(
    Role, native_enum=False, length=16, values_callable=lambda roles: [role.value for role in roles]
)


class Account(AreaScoped, Base):
    """One person's or outlet's access: a duty in an area subtree."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    username: Mapped[str] = mapped_column(ordered_text(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    role: Mapped[Role] = mapped_column(ROLE_TYPE)
    password_hash: Mapped[str] = mapped_column(String(200))
    outlet_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Of an outlet's operator: the outlet. No foreign key: outlets stand above accounts."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)

    def as_viewer(self) -> Viewer:
        """Return what queries need to know of this account."""
        return Viewer(
            self.id, self.username, self.display_name, self.role, self.area_code, self.outlet_id
        )


class LoginSession(Base):
    """One log-in. Only the token's hash is kept."""

    __tablename__ = "login_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    expires_at: Mapped[datetime] = mapped_column(UtcInstant)
    ended_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class LoginFailure(Base):
    """Failed log-ins in a row for one key: an account at an address, an address, an account."""

    __tablename__ = "login_failures"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    failures: Mapped[int]
    waits_until: Mapped[datetime] = mapped_column(UtcInstant)

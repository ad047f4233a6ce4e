"""The peer of `POST sowing/reports`: a bare FastAPI + SQLAlchemy insert on the same engine.

No accounts, no scope, no history, no audit: one row and a commit. The engine is set up as ours
is (BEGIN IMMEDIATE, synchronous=FULL), or the comparison would be about durability.
"""

import os
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from service.columns import Mu, UtcInstant
from service.database import Database, utc_now


class Base(DeclarativeBase):
    """Tables of the peer alone."""

    metadata = MetaData()


class Row(Base):
    """One report, bare."""

    __tablename__ = "bare_reports"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    season_code: Mapped[str]
    area_code: Mapped[str]
    crop_code: Mapped[str]
    method: Mapped[str]
    as_of: Mapped[date]
    cumulative_mu: Mapped[Decimal] = mapped_column(Mu)
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)


class RowIn(BaseModel):
    """Its body."""

    season_code: str
    area_code: str
    crop_code: str
    method: str
    as_of: date
    cumulative_mu: Decimal


class RowOut(RowIn):
    """Its answer."""

    id: UUID


app = FastAPI()
database = Database(os.environ["BENCH_DATABASE_URL"])
Base.metadata.create_all(database.engine)


def open_session() -> Iterator[Session]:
    """One request, one transaction."""
    with database.write_session() as session, session.begin():
        yield session


@app.post("/rows", status_code=201, response_model=RowOut)
def add(session: Annotated[Session, Depends(open_session, scope="function")], row_in: RowIn) -> Row:
    """Insert one row."""
    row = Row(**row_in.model_dump(), recorded_at=utc_now())
    session.add(row)
    session.flush()
    return row

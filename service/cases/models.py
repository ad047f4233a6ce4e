"""Cases: the lead and where it stands, its steps, evidence, pauses, parcels, signals, reminders.

What happened is append-only. A case itself carries where it stands, which follows from its steps:
lists and the overdue query must not walk over every history.
"""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from inspections.case_words import (
    Duty,
    Escalation,
    Event,
    EvidenceKind,
    NoEntry,
    Purpose,
    Shows,
    Source,
    State,
)
from inspections.cases import ENDED
from inspections.land_uses import Claim
from service.columns import UtcInstant, choice, ordered_text
from service.database import Base
from service.records import Recorded
from service.security import AreaScoped

_ENDED = ", ".join(f"'{each.value}'" for each in sorted(ENDED))
IS_OPEN = text(f"state NOT IN ({_ENDED})")


class Case(AreaScoped, Base):
    """One matter on one piece of land; its first state is a lead."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("severity BETWEEN 0 AND 4", name="severity"),
        CheckConstraint("round >= 1", name="round"),
        Index("ix_cases_state", "state", "due_on"),
        Index("ix_cases_area_code", "area_code", "opened_at"),
        Index(
            "uq_cases_one_open_lead",
            "parcel_uid",
            "rule_id",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    parcel_uid: Mapped[UUID] = mapped_column(Uuid)
    """On which it was opened; `CaseParcel` tells what it is about now."""
    rule_id: Mapped[str] = mapped_column(ordered_text(32))
    claim: Mapped[Claim] = mapped_column(choice(Claim))
    category: Mapped[str] = mapped_column(String(32))
    severity: Mapped[int]
    verdict_class: Mapped[str] = mapped_column(String(16))
    verdict_id: Mapped[UUID | None] = mapped_column(Uuid)
    """No foreign key: verdicts stand above cases."""
    observed_on: Mapped[date]
    """What the lead was opened on."""
    overlap_m2: Mapped[float] = mapped_column(Double)
    reason: Mapped[str] = mapped_column(Text)
    is_basic_farmland: Mapped[bool]
    """At the opening; what the parcels are now is asked again before closing."""
    opened_at: Mapped[datetime] = mapped_column(UtcInstant)
    # Where it stands, as its steps tell.
    state: Mapped[State] = mapped_column(choice(State))
    n: Mapped[int]
    """Steps taken."""
    round: Mapped[int]
    """How often it was opened: 反弹次数 is one less."""
    step_n: Mapped[int]
    """The step that began what is being timed."""
    due_on: Mapped[date | None]
    """By whose end the present step is due; none while nothing is, or the clock stands."""
    term_due_on: Mapped[date | None] = mapped_column(index=True)
    """By whose end the first of its terms is due that run; none while none is."""
    ended_on: Mapped[date | None]
    relook_on: Mapped[date | None]
    """When somebody is to look again; none when that was done or is not asked."""
    assigned_to: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    found_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    found_by: Mapped[Source | None] = mapped_column(choice(Source))
    """发现 of the present round: the earliest trusted sighting, and whose."""


class CaseEvent(AreaScoped, Base):
    """One step of a case; append-only."""

    __tablename__ = "case_events"
    __table_args__ = (UniqueConstraint("case_id", "n"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    n: Mapped[int]
    round: Mapped[int]
    event: Mapped[Event] = mapped_column(choice(Event))
    from_state: Mapped[State] = mapped_column(choice(State))
    to_state: Mapped[State] = mapped_column(choice(State))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    """None where the system itself took the step."""
    duty: Mapped[Duty] = mapped_column(choice(Duty))
    actor_area: Mapped[str] = mapped_column(ordered_text(12))
    """The actor's unit then: whether two people are of one is told from it."""
    at: Mapped[datetime] = mapped_column(UtcInstant)
    reason: Mapped[str | None] = mapped_column(String(500))
    evidence_ids: Mapped[str] = mapped_column(Text)
    """JSON list."""
    document_no: Mapped[str | None] = mapped_column(String(64))
    organ: Mapped[str | None] = mapped_column(String(100))
    receipt_no: Mapped[str | None] = mapped_column(String(64))
    receipt_due_on: Mapped[date | None]
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    target_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    content_digest: Mapped[str] = mapped_column(String(64))


class CaseEvidence(AreaScoped, Recorded, Base):
    """One piece of evidence; append-only, its bytes under their hash in the photo store."""

    __tablename__ = "case_evidence"
    __table_args__ = (
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="whole_position"),
        Index("ix_case_evidence_case_id", "case_id", "recorded_at"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    round: Mapped[int]
    n: Mapped[int]
    """How many steps the case had seen."""
    kind: Mapped[EvidenceKind] = mapped_column(choice(EvidenceKind))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    occurred_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    """When it was taken, or was true."""
    source: Mapped[Source | None] = mapped_column(choice(Source))
    """Of a sighting: who saw it."""
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    sha256: Mapped[str | None] = mapped_column(ordered_text(64), index=True)
    size_bytes: Mapped[int | None]
    media_type: Mapped[str | None] = mapped_column(String(32))
    document_no: Mapped[str | None] = mapped_column(String(64))
    title: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(String(500))
    no_entry: Mapped[NoEntry | None] = mapped_column(choice(NoEntry))
    shows: Mapped[Shows | None] = mapped_column(choice(Shows))
    signal_id: Mapped[UUID | None] = mapped_column(Uuid)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    """In CGCS2000 degrees, whatever the datum of what was given."""
    given_position: Mapped[str | None] = mapped_column(String(64))
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    distance_m: Mapped[float | None] = mapped_column(Double)
    """From the case's parcels, when it came."""
    is_qualified: Mapped[bool]
    faults: Mapped[str] = mapped_column(Text)
    """JSON list of code and text: why it proves nothing."""


class CasePause(AreaScoped, Base):
    """The clock stands since a receipt; a second row of the same step ends it. Append-only."""

    __tablename__ = "case_pauses"
    __table_args__ = (UniqueConstraint("event_id", "is_end"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("case_events.id"))
    """The receipt that it rests on."""
    is_end: Mapped[bool]
    day: Mapped[date]
    """First day that does not count, or first that counts again."""
    reason: Mapped[str] = mapped_column(String(500))
    approved_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)


class CaseParcel(AreaScoped, Base):
    """A parcel that a case is about; append-only."""

    __tablename__ = "case_parcels"
    __table_args__ = (UniqueConstraint("case_id", "parcel_uid"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    parcel_uid: Mapped[UUID] = mapped_column(Uuid, index=True)
    came_from_uid: Mapped[UUID | None] = mapped_column(Uuid)
    """The parcel that it was split from, or came with by a merged case."""
    share: Mapped[float] = mapped_column(Double)
    """Of the parcel that it came from."""
    added_at: Mapped[datetime] = mapped_column(UtcInstant)


class CaseSignal(AreaScoped, Base):
    """A signal that speaks of a round of a case; append-only."""

    __tablename__ = "case_signals"
    __table_args__ = (UniqueConstraint("case_id", "signal_id", "round"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    signal_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    round: Mapped[int]
    source: Mapped[Source] = mapped_column(choice(Source))
    seen_at: Mapped[datetime] = mapped_column(UtcInstant)
    quality: Mapped[float] = mapped_column(Double)
    added_at: Mapped[datetime] = mapped_column(UtcInstant)


class CaseNotice(AreaScoped, Base):
    """A reminder: of a step's time, or to look again; each once. Append-only."""

    __tablename__ = "case_notices"
    __table_args__ = (UniqueConstraint("case_id", "step_n", "kind"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    step_n: Mapped[int]
    """The step that began what is reminded of."""
    kind: Mapped[Escalation] = mapped_column(choice(Escalation))
    audience: Mapped[Duty] = mapped_column(choice(Duty))
    message: Mapped[str] = mapped_column(String(200))
    sent_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)

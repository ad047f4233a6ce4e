"""Signals with the parcels they speak of, tips with what is sealed of them, patrols, imports."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import shapely
from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from inspections.land_uses import Claim, Use
from inspections.signals import MatchState, Source
from service.columns import UtcInstant, choice, ordered_text
from service.database import Base
from service.parcels.schemas import Datum
from service.records import Recorded
from service.security import AreaScoped
from service.space import Geometry


class Stage(StrEnum):
    """How far a signal is; of a tip, all that its receipt tells."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    CHECKING = "checking"
    DONE = "done"


class UnsealingStep(StrEnum):
    """What was done about an order to unseal."""

    APPROVE = "approve"
    REFUSE = "refuse"
    OPEN = "open"


class Signal(AreaScoped, Base):
    """Something seen or said about land; never changed afterwards."""

    __tablename__ = "signals"
    __table_args__ = (
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="whole_position"),
        CheckConstraint("(lon IS NULL) = (geometry IS NULL)", name="a_place_has_a_position"),
        Index("ix_signals_area", "area_code", "observed_at"),
        Index("ix_signals_source", "source", "claim", "observed_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    """None: the public, or the system itself."""
    content_digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[Source] = mapped_column(choice(Source))
    channel: Mapped[str] = mapped_column(String(32))
    """By which way of its source it came: web, file, track."""
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("signals.id"), index=True)
    """The first signal of its chain; itself, where nobody was sent because of another."""
    batch_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    """The patrol, the import or the run that brought it."""
    observed_at: Mapped[datetime] = mapped_column(UtcInstant)
    received_at: Mapped[datetime] = mapped_column(UtcInstant)
    claim: Mapped[Claim] = mapped_column(choice(Claim))
    is_asked: Mapped[bool]
    """A person must look at what it is before it counts: a pond or a lake."""
    use: Mapped[Use | None] = mapped_column(choice(Use, length=24))
    """What its source tells beyond the claim: a mine, solar panels; the rules go by it."""
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    """Of the place, or of a point inside the area; CGCS2000 degrees."""
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    geometry: Mapped[shapely.Geometry | None] = mapped_column(Geometry("Geometry"))
    west: Mapped[float | None] = mapped_column(Double)
    south: Mapped[float | None] = mapped_column(Double)
    east: Mapped[float | None] = mapped_column(Double)
    north: Mapped[float | None] = mapped_column(Double)
    datum: Mapped[Datum | None] = mapped_column(choice(Datum))
    given_geometry: Mapped[str | None] = mapped_column(Text)
    """WKT as it was given, where that is in another datum."""
    area_m2: Mapped[float | None] = mapped_column(Double)
    quality: Mapped[float] = mapped_column(Double)
    reference_no: Mapped[str | None] = mapped_column(ordered_text(64))
    """JCBH of a patch, document of an enforcement finding."""
    note: Mapped[str | None] = mapped_column(String(500))
    before_on: Mapped[date | None]
    """QSX of a patch: the day of the image before; what it shows came after that."""
    is_farmland_told: Mapped[bool | None]
    """SFYN of a patch: whether it lies in basic farmland, as its maker says."""


class SignalParcel(AreaScoped, Base):
    """A parcel that a signal speaks of, or may speak of."""

    __tablename__ = "signal_parcels"

    signal_id: Mapped[UUID] = mapped_column(ForeignKey("signals.id"), primary_key=True)
    parcel_uid: Mapped[UUID] = mapped_column(Uuid, primary_key=True, index=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    overlap_m2: Mapped[float] = mapped_column(Double)
    share: Mapped[float] = mapped_column(Double)
    distance_m: Mapped[float] = mapped_column(Double)
    match: Mapped[float] = mapped_column(Double)
    state: Mapped[MatchState] = mapped_column(choice(MatchState))


class SignalDecision(AreaScoped, Recorded, Base):
    """What a person decided: whether a signal speaks of a parcel."""

    __tablename__ = "signal_decisions"
    __table_args__ = (UniqueConstraint("signal_id", "parcel_uid", "n"),)

    signal_id: Mapped[UUID] = mapped_column(ForeignKey("signals.id"))
    parcel_uid: Mapped[UUID] = mapped_column(Uuid)
    n: Mapped[int]
    """The last one holds."""
    is_match: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500))


class SignalStage(AreaScoped, Base):
    """A step of a signal towards its end; written by the bureau."""

    __tablename__ = "signal_stages"
    __table_args__ = (UniqueConstraint("signal_id", "n"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    signal_id: Mapped[UUID] = mapped_column(ForeignKey("signals.id"))
    n: Mapped[int]
    stage: Mapped[Stage] = mapped_column(choice(Stage))
    reason: Mapped[str | None] = mapped_column(String(500))
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))


class Tip(AreaScoped, Base):
    """What one person told. Nothing in it depends on who that is."""

    __tablename__ = "tips"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    signal_id: Mapped[UUID] = mapped_column(ForeignKey("signals.id"), index=True)
    is_joined: Mapped[bool]
    """An earlier tip told of the same: this one joined its signal."""
    claim: Mapped[Claim] = mapped_column(choice(Claim))
    text: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(String(200))
    seen_on: Mapped[date]
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    received_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
    n_photos: Mapped[int]
    photo_bytes: Mapped[int]
    """Of what is kept of its photos, seals included."""
    receipt_hash: Mapped[str] = mapped_column(ordered_text(64), unique=True)


class TipPhoto(AreaScoped, Base):
    """How a photo of a tip looks; its file as it came is sealed."""

    __tablename__ = "tip_photos"
    __table_args__ = (UniqueConstraint("tip_id", "n"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    tip_id: Mapped[UUID] = mapped_column(ForeignKey("tips.id"))
    n: Mapped[int]
    sha256: Mapped[str] = mapped_column(ordered_text(64))
    """Of the view in the photo store."""
    received_at: Mapped[datetime] = mapped_column(UtcInstant)


class SealedInformant(Base):
    """Who told, sealed. Read by `service.signals.informants` and by nothing else."""

    __tablename__ = "sealed_informants"

    tip_id: Mapped[UUID] = mapped_column(ForeignKey("tips.id"), primary_key=True)
    submission: Mapped[str] = mapped_column(ordered_text(64), unique=True)
    """Keyed hash of the sender's own id of the tip: a repeat is known by it."""
    key_id: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class SealedOriginal(Base):
    """Where the sealed file of a tip's photo lies in the photo store."""

    __tablename__ = "sealed_originals"

    photo_id: Mapped[UUID] = mapped_column(ForeignKey("tip_photos.id"), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(ordered_text(64))


class TipUnsealing(AreaScoped, Recorded, Base):
    """An order to open what is sealed of a tip, with its reason."""

    __tablename__ = "tip_unsealings"

    tip_id: Mapped[UUID] = mapped_column(ForeignKey("tips.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500))


class TipUnsealingEvent(AreaScoped, Recorded, Base):
    """That an order was approved by another duty, refused, or used."""

    __tablename__ = "tip_unsealing_events"
    __table_args__ = (UniqueConstraint("unsealing_id", "n"),)

    unsealing_id: Mapped[UUID] = mapped_column(ForeignKey("tip_unsealings.id"))
    n: Mapped[int]
    step: Mapped[UnsealingStep] = mapped_column(choice(UnsealingStep))
    reason: Mapped[str | None] = mapped_column(String(500))


class Patrol(AreaScoped, Recorded, Base):
    """One patrol: its track, what it took, and how much basic farmland it went through."""

    __tablename__ = "patrols"
    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        Index("ix_patrols_area", "area_code", "started_at"),
    )

    started_at: Mapped[datetime] = mapped_column(UtcInstant)
    ended_at: Mapped[datetime] = mapped_column(UtcInstant)
    dispatched_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("signals.id"), index=True)
    """The signal because of which it was sent; its findings share that signal's origin."""
    track: Mapped[shapely.Geometry | None] = mapped_column(Geometry("Geometry"))
    n_points: Mapped[int]
    n_slips: Mapped[int]
    effort_min: Mapped[float] = mapped_column(Double)
    distance_m: Mapped[float] = mapped_column(Double)
    n_cells: Mapped[int]
    """Cells of the grid of its area in which basic farmland lies."""
    n_cells_seen: Mapped[int]
    n_findings: Mapped[int]
    note: Mapped[str | None] = mapped_column(String(500))


class PatchImport(AreaScoped, Recorded, Base):
    """One file of monitoring patches that went into the book."""

    __tablename__ = "patch_imports"

    filename: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(String(64), index=True)
    datum: Mapped[Datum] = mapped_column(choice(Datum))
    is_datum_detected: Mapped[bool]
    n_rows: Mapped[int]
    n_new: Mapped[int]
    n_known: Mapped[int]
    n_refused: Mapped[int]

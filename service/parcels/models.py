"""Land in versions: parcels, basic farmland, outlines, approvals; and how they came in.

A version is true from `valid_from` until `valid_to` (the first day it no longer holds), and
known from `recorded_at`; its end is known from `ended_at`. Ending is the one change that a
version ever sees.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

import shapely
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    String,
    Text,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import SurveyNumber, UtcInstant, choice
from service.database import Base
from service.security import AreaScoped, SeenFromBelow
from service.space import Geometry

SquareMetres = SurveyNumber(15, 2)
"""A declared area in m²."""


class LandKind(StrEnum):
    """What a layer of land is."""

    PARCELS = "parcels"
    FARMLAND = "farmland"
    OUTLINES = "outlines"
    APPROVALS = "approvals"


class ImportState(StrEnum):
    """Where an import of land stands."""

    READING = "reading"
    ASKING = "asking"
    READY = "ready"
    REFUSED = "refused"
    COMMITTING = "committing"
    COMMITTED = "committed"
    DISCARDED = "discarded"


class ApprovalKind(StrEnum):
    """By what title land may be used otherwise, or rested."""

    CONVERSION = "conversion"
    TEMPORARY = "temporary"
    FACILITY = "facility"
    BALANCE = "balance"
    RETURNED_TO_FOREST = "returned_to_forest"
    FALLOW = "fallow"
    HOMESTEAD = "homestead"


class LineageOp(StrEnum):
    """What became of land between two versions."""

    SPLIT = "split"
    MERGE = "merge"
    ADJUST = "adjust"


class LandImport(AreaScoped, Base):
    """One file of land: what was read of it, what was found, and what was done with it."""

    __tablename__ = "land_imports"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    filename: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(String(64), index=True)
    n_bytes: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[LandKind | None] = mapped_column(choice(LandKind, 24))
    state: Mapped[ImportState] = mapped_column(choice(ImportState, 24))
    options: Mapped[str] = mapped_column(Text, default="{}")
    report: Mapped[str] = mapped_column(Text, default="{}")
    problem: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date | None]
    """The day the survey speaks of."""
    compared_with: Mapped[int | None]
    """The revision of the book that the dry run was compared with."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    committed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    committed_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class LandRevision(Base):
    """How often each kind of land was changed; tiles and dry runs are of one revision."""

    __tablename__ = "land_revisions"

    kind: Mapped[LandKind] = mapped_column(choice(LandKind, 24), primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)


class LandVersion(AreaScoped):
    """Mixin of what is surveyed: identity, validity, declared areas, geometry."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    uid: Mapped[UUID] = mapped_column(Uuid, index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    ended_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("land_imports.id"))
    source_row: Mapped[int | None]
    """The feature's number in its file."""
    digest: Mapped[str] = mapped_column(String(64))
    """Of the attributes as declared; tells a changed row from the same."""
    survey_code: Mapped[str | None] = mapped_column(String(32), index=True)
    parcel_number: Mapped[str | None] = mapped_column(String(32))
    land_class: Mapped[str | None] = mapped_column(String(8))
    planting_attribute: Mapped[str | None] = mapped_column(String(8))
    ownership: Mapped[str | None] = mapped_column(String(4))
    owner_code: Mapped[str | None] = mapped_column(String(19))
    location_code: Mapped[str | None] = mapped_column(String(19))
    location_name: Mapped[str | None] = mapped_column(String(100))
    deduction_class: Mapped[str | None] = mapped_column(String(8))
    deduction_ratio: Mapped[Decimal | None] = mapped_column(SurveyNumber(6, 4))
    terrain: Mapped[str | None] = mapped_column(String(4))
    slope_grade: Mapped[str | None] = mapped_column(String(4))
    strip_width_m: Mapped[Decimal | None] = mapped_column(SurveyNumber(7, 1))
    refinement: Mapped[str | None] = mapped_column(String(8))
    settlement_attribute: Mapped[str | None] = mapped_column(String(8))
    is_enclave: Mapped[bool | None] = mapped_column(Boolean)
    source_year: Mapped[int | None]
    declared_area_m2: Mapped[Decimal | None] = mapped_column(SquareMetres)
    deducted_area_m2: Mapped[Decimal | None] = mapped_column(SquareMetres)
    net_area_m2: Mapped[Decimal | None] = mapped_column(SquareMetres)
    ellipsoidal_area_m2: Mapped[float] = mapped_column(Double)
    remark: Mapped[str | None] = mapped_column(String(255))
    attributes: Mapped[str] = mapped_column(Text, default="{}")
    """JSON of the file's own fields that have no column here."""
    village_share: Mapped[float | None] = mapped_column(Double)
    """Of the area that lies in the village of `area_code`; none where that was not computed."""
    village_margin: Mapped[float | None] = mapped_column(Double)
    """How far the village leads the next one, as a share of the area."""
    is_repaired: Mapped[bool] = mapped_column(Boolean, default=False)
    exam: Mapped[str] = mapped_column(String(5), default="ok")
    """The gravest finding of the exam at import: ok, warn or block."""
    geometry: Mapped[shapely.Geometry] = mapped_column(Geometry("MultiPolygon"))


class ParcelVersion(LandVersion, Base):
    """A parcel as surveyed: 图斑 of DLTB, or of any other register."""

    __tablename__ = "parcel_versions"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ends_after_start"),
        Index("ix_parcel_versions_area_code", "area_code"),
    )


class FarmlandVersion(LandVersion, Base):
    """A piece of permanent basic farmland: 永久基本农田图斑 of YJJBNTTB."""

    __tablename__ = "farmland_versions"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ends_after_start"),
        Index("ix_farmland_versions_area_code", "area_code"),
    )


class AreaOutline(SeenFromBelow, Base):
    """The outline of a unit of the area tree, from the survey."""

    __tablename__ = "area_outlines"
    __table_args__ = (Index("ix_area_outlines_area_code", "area_code"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    ended_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("land_imports.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    level: Mapped[str] = mapped_column(String(8))
    ellipsoidal_area_m2: Mapped[float] = mapped_column(Double)
    geometry: Mapped[shapely.Geometry] = mapped_column(Geometry("MultiPolygon"))


class Approval(AreaScoped, Base):
    """A dated area that may be used otherwise, and by which document."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="ends_after_start"),
        Index("ix_approvals_area_code", "area_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    uid: Mapped[UUID] = mapped_column(Uuid, unique=True)
    kind: Mapped[ApprovalKind] = mapped_column(choice(ApprovalKind, 24))
    document_no: Mapped[str] = mapped_column(String(100))
    issued_by: Mapped[str | None] = mapped_column(String(100))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """The first day the approval no longer covers; none where it does not lapse."""
    note: Mapped[str | None] = mapped_column(String(500))
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    ended_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    """When it was withdrawn as filed in error."""
    end_reason: Mapped[str | None] = mapped_column(String(500))
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("land_imports.id"), index=True)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    ellipsoidal_area_m2: Mapped[float] = mapped_column(Double)
    geometry: Mapped[shapely.Geometry] = mapped_column(Geometry("MultiPolygon"))


class ExamFinding(AreaScoped, Base):
    """What the exam of an import found: a rule, a parcel, the numbers, the place."""

    __tablename__ = "exam_findings"
    __table_args__ = (Index("ix_exam_findings_import_id_rule", "import_id", "rule"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("land_imports.id"))
    rule: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(5))
    source_row: Mapped[int]
    other_row: Mapped[int | None]
    survey_code: Mapped[str | None] = mapped_column(String(32))
    uid: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    numbers: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(String(500))
    geometry: Mapped[shapely.Geometry | None] = mapped_column(Geometry("Geometry"))


class Lineage(Base):
    """How much of one parcel version's land went into a later one."""

    __tablename__ = "lineage"

    parent_id: Mapped[int] = mapped_column(ForeignKey("parcel_versions.id"), primary_key=True)
    child_id: Mapped[int] = mapped_column(
        ForeignKey("parcel_versions.id"), primary_key=True, index=True
    )
    op: Mapped[LineageOp] = mapped_column(choice(LineageOp, 24))
    area_m2: Mapped[float] = mapped_column(Double)
    share_of_parent: Mapped[float] = mapped_column(Double)
    share_of_child: Mapped[float] = mapped_column(Double)


class FarmlandOverlay(Base):
    """The land that a parcel version and a version of basic farmland have in common."""

    __tablename__ = "farmland_overlays"

    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel_versions.id"), primary_key=True)
    farmland_id: Mapped[int] = mapped_column(
        ForeignKey("farmland_versions.id"), primary_key=True, index=True
    )
    area_m2: Mapped[float] = mapped_column(Double)
    share_of_parcel: Mapped[float] = mapped_column(Double)
    is_edge_only: Mapped[bool] = mapped_column(Boolean)
    """The two only overlap along an edge, narrower than the survey's own precision."""


LAYERS: dict[LandKind, tuple[type[Base], str, str]] = {
    LandKind.PARCELS: (ParcelVersion, "MultiPolygon", "图斑(各版)"),
    LandKind.FARMLAND: (FarmlandVersion, "MultiPolygon", "永久基本农田(各版)"),
    LandKind.OUTLINES: (AreaOutline, "MultiPolygon", "区划界线"),
    LandKind.APPROVALS: (Approval, "MultiPolygon", "批准用地"),
}
"""Table, geometry type and title of each layer."""

"""What goes in and out about land."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema, field_validator

from service.landfiles.writer import Crs, Format
from service.parcels.models import ApprovalKind, ImportState, LandKind, LineageOp
from service.schemas import (
    AreaCode,
    Code,
    Day,
    Id,
    Name,
    Note,
    Shown,
    ShownDecimal,
    Strict,
    Text,
)
from service.space import Box


class Datum(StrEnum):
    """What a position was measured in."""

    CGCS2000 = "cgcs2000"
    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def _box(value: Any) -> tuple[float, float, float, float]:
    try:
        edges = [float(each) for each in str(value).split(",")]
    except ValueError:
        edges = []
    if len(edges) != 4:  # noqa: PLR2004 - a box has four edges
        raise ValueError("写成 西,南,东,北 四个经纬度,例如 112.9,23.6,113.1,23.8")
    west, south, east, north = edges
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004
        raise ValueError("须是 西≤东、南≤北 的经纬度")
    return west, south, east, north


BoxText = Annotated[
    Any,
    BeforeValidator(_box),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9.]+(,-?[0-9.]+){3}$"}),
]
"""west,south,east,north in degrees of CGCS2000."""
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


class ParcelRead(Shown):
    """One parcel as surveyed, without its outline (see /ogc and the tiles)."""

    uid: UUID
    area_code: str
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    ended_at: datetime | None
    source_year: int | None
    survey_code: str | None
    parcel_number: str | None
    land_class: str | None
    planting_attribute: str | None
    ownership: str | None
    owner_code: str | None
    location_code: str | None
    location_name: str | None
    terrain: str | None
    slope_grade: str | None
    deduction_class: str | None
    deduction_ratio: ShownDecimal | None
    settlement_attribute: str | None
    is_enclave: bool | None
    remark: str | None
    declared_area_m2: ShownDecimal | None
    deducted_area_m2: ShownDecimal | None
    net_area_m2: ShownDecimal | None
    ellipsoidal_area_m2: float
    village_share: float | None
    village_margin: float | None
    is_repaired: bool
    exam: str


class FarmlandShare(Shown):
    """The part of a parcel that lies in a piece of basic farmland."""

    uid: UUID
    parcel_number: str | None
    area_m2: float
    share_of_parcel: float
    is_edge_only: bool
    """They only meet along an edge, within the precision of the two surveys."""


class ApprovalRead(Shown):
    """A dated area that may be used otherwise."""

    uid: UUID
    kind: ApprovalKind
    document_no: str
    issued_by: str | None
    area_code: str
    valid_from: date
    valid_to: date | None
    note: str | None
    recorded_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    ellipsoidal_area_m2: float


class ApprovalOver(ApprovalRead):
    """An approval, and how much of the parcel it covers."""

    covered_m2: float
    covered_share: float
    is_in_force: bool


class FindingRead(Shown):
    """What an exam found."""

    rule: str
    rule_name: str
    severity: str
    source_row: int
    other_row: int | None
    survey_code: str | None
    uid: UUID | None
    numbers: dict[str, float]
    message: str
    lon: float | None
    lat: float | None


class LineageStep(Shown):
    """How much of one parcel's land came from, or went to, another."""

    op: LineageOp
    before: UUID
    after: UUID
    before_id: int
    after_id: int
    area_m2: float
    share_of_before: float
    share_of_after: float


class VersionRead(Shown):
    """One version of a parcel, in its history."""

    id: int
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    ended_at: datetime | None
    land_class: str | None
    planting_attribute: str | None
    declared_area_m2: ShownDecimal | None
    ellipsoidal_area_m2: float
    import_id: UUID | None
    filename: str | None


class History(Shown):
    """Every version of a parcel and what became of its land."""

    uid: UUID
    versions: list[VersionRead]
    lineage: list[LineageStep]


class Card(Shown):
    """All that the book knows of one parcel on a day."""

    parcel: ParcelRead
    land_class_name: str | None
    planting_attribute_name: str | None
    village_name: str | None
    town_name: str | None
    declared_mu: float | None
    net_mu: float | None
    ellipsoidal_mu: float
    area_difference_share: float | None
    """Declared less ellipsoidal, over ellipsoidal."""
    farmland_area_m2: float
    """Of basic farmland inside, edges left out."""
    farmland_share: float
    farmland: list[FarmlandShare]
    approvals: list[ApprovalOver]
    findings: list[FindingRead]
    history: History
    centre: tuple[float, float]
    box: tuple[float, float, float, float]


class Geometry(Strict):
    """A GeoJSON polygon in CGCS2000 or WGS 84 degrees."""

    type: Annotated[str, Field(pattern="^(Polygon|MultiPolygon)$")]
    coordinates: list[Any]


class ApprovalCreate(Strict):
    """A new approval with its area."""

    uid: Id | None = None
    kind: ApprovalKind
    document_no: Annotated[Name, Field(max_length=100)]
    issued_by: Annotated[Note, Field(max_length=100)] | None = None
    area_code: AreaCode | None = None
    """The unit it lies in; found from the outlines where it is not given."""
    valid_from: Day
    valid_to: Day | None = None
    note: Note | None = None
    datum: Datum = Datum.CGCS2000
    geometry: Geometry


class ApprovalWithdraw(Strict):
    """Why an approval is taken back."""

    reason: Annotated[Note, Field(min_length=1)]


class Progress(Shown):
    """How far an import is."""

    stage: str
    done: int
    total: int


class ImportRead(Shown):
    """One import of land: where it stands, and what the dry run found."""

    id: UUID
    area_code: str
    filename: str
    file_sha256: str
    n_bytes: int
    kind: LandKind | None
    state: ImportState
    problem: str | None
    valid_from: date | None
    created_at: datetime
    committed_at: datetime | None
    options: dict[str, Any]
    report: dict[str, Any]
    progress: Progress | None = None


class ImportOptions(Strict):
    """What a person says of the file where the file does not say it."""

    kind: LandKind | None = None
    layer: Annotated[Text, Field(max_length=200)] | None = None
    encoding: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")] | None = None
    crs: Annotated[str, Field(pattern=r"^[A-Za-z0-9:+._-]{1,32}$")] | None = None
    mapping: Annotated[dict[Text, Code], Field(max_length=255)] | None = None
    """Source field -> column of the book."""
    valid_from: Day | None = None
    """The day the survey speaks of; the end of its year where it is not given."""
    is_complete_county: StrictBool = False
    """Every parcel of the book that the file lacks is gone, also in villages the file lacks."""


class ExportOrder(Strict):
    """What of the book goes out, and as what."""

    layer: LandKind = LandKind.PARCELS
    format: Format = "gpkg"
    crs: Crs = "EPSG:4490"
    area: AreaCode | None = None
    bbox: Annotated[Text, Field(max_length=200)] | None = None
    on: Day | None = None

    @field_validator("bbox")
    @classmethod
    def _is_a_box(cls, text: str | None) -> str | None:
        if text is not None:
            _box(text)
        return text

    @property
    def box(self) -> Box | None:
        """The box that is meant, in degrees."""
        return None if self.bbox is None else Box(*_box(self.bbox))


class ImportChoices(Strict):
    """What a person decides before the file goes into the book."""

    accept_repairs: StrictBool = False
    leave_out_blocked: StrictBool = False

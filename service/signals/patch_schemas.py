"""What comes out about files of monitoring patches."""

from uuid import UUID

from pydantic import (
    BaseModel,
)

from service.parcels.schemas import Datum


class PatchRowRead(BaseModel):
    """What is wrong with one row of a file."""

    row: int
    column: str
    value: str
    reason: str


class PatchReport(BaseModel):
    """What a file of patches holds, and what became of it."""

    import_id: UUID | None
    is_dry_run: bool
    n_rows: int
    n_new: int
    n_known: int
    n_without_claim: int
    n_to_ask: int
    n_refused: int
    n_matched: int
    n_farmland_differs: int
    datum: Datum
    is_datum_detected: bool
    datum_reason: str
    crs_reason: str
    box: tuple[float, float, float, float] | None
    rows: list[PatchRowRead]

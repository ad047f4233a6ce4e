"""What the cases of an area came to."""

from uuid import UUID

from pydantic import BaseModel

from inspections.case_words import Source


class SpreadRead(BaseModel):
    """A clock over many cases, days; the nearest-rank 90th percentile."""

    n: int
    median_days: float | None
    p90_days: float | None


class SourceShare(BaseModel):
    """How many cases a source saw first, and by how many days before the next one."""

    source: Source
    source_text: str
    n: int
    share: float
    median_lead_days: float | None


class CaseStatistics(BaseModel):
    """What the cases of an area came to; excluded rounds are counted apart and nowhere else."""

    n_cases: int
    n_open: int
    n_closed: int
    n_excluded: int
    n_dismissed: int
    n_unknown_found: int
    """Rounds without a trusted sighting: of these no clock can be told."""
    accepted: SpreadRead
    """早发现: from the first sighting to acceptance."""
    stopped: SpreadRead
    """早制止: from the first sighting to the proved stop."""
    settled: SpreadRead
    """早处理: from the first sighting to the accepted outcome."""
    by_first_source: list[SourceShare]
    n_reopened: int
    reopen_rate: float | None
    """Of the cases that were ever closed."""
    overdue_ids: list[UUID]

"""The numbers that the rules compare with; they arrive as one argument."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class DoubtLimits:
    """Limits of all rules; units end the names, sources stand in the thresholds file.

    Attributes
    ----------
    min_history, min_peers : int
        Fewer values of other years, or of peers, give no range.
    margin_share : Decimal
        A range of history or peers is widened by this part.
    term_days : int
        Days within which two weeks are the same week of the solar year, one more or less.
    """

    min_history: int
    min_peers: int
    margin_share: Decimal
    term_days: int
    jump_least_mu: Decimal
    jump_share_of_plan: Decimal
    day_share_of_plan: Decimal
    early_days: int
    repeated_weeks: int
    finished_share: Decimal
    round_mu: int
    round_villages: int
    over_plan_share: Decimal
    over_land_share: Decimal
    over_nursery_share: Decimal
    neighbour_share: Decimal
    neighbour_z: Decimal
    total_mu: Decimal
    variance_share: Decimal
    slip_kg: Decimal
    unchanged_days: int
    unchanged_sellers: int
    stale_days: int
    fertilizer_low_kg_per_mu: Decimal
    fertilizer_high_kg_per_mu: Decimal
    pesticide_low_kg_per_mu: Decimal
    pesticide_high_kg_per_mu: Decimal
    apart_m: float
    attendance_times: Decimal
    coldest_c: Decimal
    hottest_c: Decimal
    rainiest_mm: Decimal
    climate_margin_c: Decimal
    storage_share: Decimal

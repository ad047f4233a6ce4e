"""The numbers that checks compare with, as one frozen object read from `thresholds.toml`.

Where a rule has all its limits in one dataclass, that is the section: no number is listed twice.
"""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from geo.drops import DropLimits
from geo.marker_rules import MarkerLimits
from inspections.case_photos import ShotLimits
from inspections.conversion_limits import ConversionLimits
from inspections.fusion_words import FusionLimits
from inspections.observed_use import UseLimits
from inspections.patrols import PatrolLimits
from inspections.photo_marks import PhotoLimits

SHIPPED = Path(__file__).with_name("thresholds.toml")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SowingThresholds(_Section):
    """Limits of the sowing book."""

    warn_share_of_plan: Decimal
    doubt_share_of_plan: Decimal
    min_years_for_mean: int
    max_years_for_mean: int


class ReportingThresholds(_Section):
    """The reporting calendar's clocks, counted from 00:00 of the reference day."""

    opens_days_before_period: int
    due_hour: int
    grace_hours: int
    lock_hours: int
    exception_max_days: int
    return_open_hours: int


class SecurityThresholds(_Section):
    """When a guesser of passwords is slowed down."""

    free_failures: int
    first_wait_seconds: int
    longest_wait_seconds: int
    address_free_failures: int
    account_free_failures: int


class LandThresholds(_Section):
    """When the exam of a land file finds something; see `geo.exam.ExamLimits`."""

    sliver_m2: float
    sliver_width_m: float
    overlap_noise_m2: float
    overlap_m2: float
    gap_m2: float
    gap_width_m: float
    area_difference_share: float
    outside_share: float
    max_vertices: int
    max_overlaps: int


class OutletThresholds(_Section):
    """When the register calls for attention."""

    expiring_days: int


class StockThresholds(_Section):
    """How long what was told of stock is believed, and when it is doubted."""

    report_days: int
    ledger_days: int
    inspection_days: int
    variance_share: Decimal
    doubt_event_kg: Decimal


class PriceThresholds(_Section):
    """When prices may be compared, and when one stands out."""

    window_days: int
    min_pairs: int
    min_outlets: int
    bootstrap_draws: int
    band_share: Decimal
    level_share: Decimal
    about_level_share: Decimal
    min_peers: int
    peer_z: Decimal
    season_z: Decimal
    least_share: Decimal
    median_share: Decimal
    season_min_years: int
    season_min_months_share: Decimal
    season_max_years: int


class LintThresholds(_Section):
    """How far the words of a bulletin reach; 持平 has the limits of the price panel."""

    about_share: Decimal
    understated_times: Decimal


class SowingWeather(_Section):
    """What a day must be like for sowing in one bed; see `inspections.agronomy.SowingRule`."""

    version: str
    valid_from: date
    bed: str
    mean_days: int
    suitable_c: Decimal
    marginal_c: Decimal
    low_c: Decimal
    wet_mm: Decimal
    max_low_rain_days: int | None = None


class AgronomyThresholds(_Section):
    """Limits of the agronomy book."""

    cold_window_starts: tuple[int, int]
    cold_window_ends: tuple[int, int]
    cold_mean_c: Decimal
    cold_days: int
    dull_mean_c: Decimal
    dull_sun_h: Decimal
    dull_days: int
    lost_day_mm: Decimal
    heavy_rain_mm: Decimal
    stale_days: int
    over_capacity_share: Decimal
    ample_share: Decimal
    max_years_for_mean: int
    sowing: tuple[SowingWeather, ...]


class VisitThresholds(_Section):
    """What past inspections tell of an outlet and of all outlets."""

    lookback_days: int
    missing_ledger_days: int
    confidence: Decimal


class AdequacyThresholds(_Section):
    """When farm inputs are said to suffice, and when stock is doubted."""

    least_coverage: Decimal
    red_below: float
    orange_below: float
    doubt_times_season_need: Decimal


class RecheckThresholds(_Section):
    """How many villages are looked at again; see `inspections.doubts.quality`."""

    days: int
    min_asked: int
    least_share: Decimal
    most_share: Decimal


class DoubtThresholds(_Section):
    """When the books are doubted; see `inspections.doubts.limits.DoubtLimits`."""

    due_workdays: int
    window_days: int
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


class BulletinThresholds(_Section):
    """When a bulletin may be issued, and when a correction is proposed."""

    max_open_doubts: int
    least_coverage: Decimal
    area_tolerance_share: Decimal
    share_tolerance: Decimal
    count_tolerance: int
    stale_days: int


class ImageryThresholds(_Section):
    """When an observation from imagery counts; see `geo.zonal.Limits`."""

    buffer_m: float
    min_pixels: float
    max_cloud_share: float
    max_evi: float
    max_odd_share: float
    max_fill_share: float
    offset_dark_reflectance: float
    scl_cloud: tuple[int, ...]


class SignalThresholds(_Section):
    """When a signal matches, when tips are one, and how many are taken."""

    overlap_share: float
    overlap_m2: float
    trusted_accuracy_m: float
    unknown_accuracy_m: float
    nearest_m: float
    farthest_m: float
    candidate_score: float
    matched_score: float
    window_days: int
    join_days: int
    tips_per_address: int
    address_minutes: int
    tips_per_minute: int
    tips_per_day: int
    photo_mib_per_day: int
    max_photos: int
    status_per_address: int
    unseal_hours: int
    patch_quality: float
    patrol_quality: float
    patrol_join_m: float
    enforcement_quality: float
    shift_least_patches: int
    shift_least_gain: float
    one_place_m: float
    coarse_deg: float
    max_patches: int
    join_radius_m: dict[str, float]
    patrol: PatrolLimits


class CaseThresholds(_Section):
    """By when the steps of a case are due, and what they ask for."""

    accept_workdays: int
    arrive_workdays: int
    check_workdays: int
    stop_workdays: int
    verify_workdays: int
    rectify_workdays: int
    relook_days: int
    reopen_days: int
    quiet_days: int
    min_photos: int
    min_quality: float
    follow_share: float
    limitation_warn_days: int


class Thresholds(_Section):
    """All thresholds of one deployment."""

    sowing: SowingThresholds
    reporting: ReportingThresholds
    land: LandThresholds
    security: SecurityThresholds
    outlets: OutletThresholds
    stock: StockThresholds
    adequacy: AdequacyThresholds
    prices: PriceThresholds
    photos: PhotoLimits
    agronomy: AgronomyThresholds
    visits: VisitThresholds
    lint: LintThresholds
    doubts: DoubtThresholds
    rechecks: RecheckThresholds
    markers: MarkerLimits
    observed_use: UseLimits
    drops: DropLimits
    bulletins: BulletinThresholds
    signals: SignalThresholds
    imagery: ImageryThresholds
    cases: CaseThresholds
    case_photos: ShotLimits
    conversion: ConversionLimits
    fusion: FusionLimits

    @classmethod
    def read(cls, path: Path = SHIPPED) -> Self:
        """Read a thresholds file."""
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

"""The numbers that checks compare with, as one frozen object read from `thresholds.toml`."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

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


class PhotoThresholds(_Section):
    """When a photo is marked; see `inspections.photo_marks.PhotoLimits`."""

    max_clock_gap_hours: float
    max_accuracy_m: float
    max_position_gap_m: float
    max_subject_distance_m: float
    assumed_zone_hours: float


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


MonthDay = tuple[int, int]
Windows = tuple[tuple[MonthDay, MonthDay], ...]


class MarkerThresholds(_Section):
    """What a series of imagery shows; see `geo.marker_rules.MarkerLimits`."""

    min_clear_dates: int
    gap_days: int
    spike_depth: float
    spike_days: int
    flood_margin: float
    half_max_share: float
    confirm_days: int
    season_days: int
    canopy_ndvi: float
    rise: float
    trough_depth: float
    trough_rise: float
    harvest_drop: float
    harvest_days: int
    harvest_max_days: int
    bare_bsi: float
    bare_ndvi: float
    bare_dates: int
    bare_days: int
    built_days: int
    built_dates: int
    built_bsi_range: float
    pond_share: float
    pond_ndvi: float
    pond_dates: int
    pond_days: int
    tree_low: float
    tree_range: float
    tree_lswi: float
    tree_dry_share: float
    tree_dates: int
    tree_days: int
    idle_dates: int
    idle_gap_days: int
    weed_low: float
    weed_high: float
    main_seasons: Windows
    field_work: Windows
    pond_windows: Windows


class UseThresholds(_Section):
    """How markers become a use; see `inspections.observed_use.UseLimits`."""

    earthwork_days: int
    crop_after_bare_days: int
    harvest_before_bare_days: int
    grain_days: int
    crop_days: int
    unseen_flood_confidence: float
    dry_crop_confidence: float
    one_season_confidence: float


class DropThresholds(_Section):
    """When a fall of NDVI is an event; see `geo.drops.DropLimits`."""

    drop: float
    days: int
    dated_back_days: int


class BulletinThresholds(_Section):
    """When a bulletin may be issued, and when a correction is proposed."""

    max_open_doubts: int
    least_coverage: Decimal
    area_tolerance_share: Decimal
    share_tolerance: Decimal
    count_tolerance: int
    stale_days: int


class ConversionThresholds(_Section):
    """What the conversion rules compare with; see `inspections.conversion_limits`."""

    min_confidence: float
    farmland_overlap_m2: float
    farmland_overlap_share: float
    approved_cover_share: float
    approved_least_share: float
    approved_area_tolerance_share: float
    disaster_months: int
    approved_idle_months: int
    emergency_months: int
    restoration_months: int
    auxiliary_share: float
    auxiliary_mu: float
    auxiliary_large_mu: float
    large_grain_mu: float
    earthwork_days: int
    belt_major_m: float
    belt_minor_m: float
    trench_share: float
    idle_seasons: int
    idle_long_seasons: int
    idle_long_months: int
    idle_group_mu: float
    idle_gap_m: float
    winter_months: tuple[int, ...]
    stock_until: date


class FusionThresholds(_Section):
    """What signals are worth, and what they come to; see `inspections.fusion_words`."""

    half_life_days: float
    oldest_days: int
    suspected_score: float
    likely_score: float
    likely_sources: int
    document_share: float
    weights: dict[str, float]


class ImageryThresholds(_Section):
    """When an observation from imagery counts; see `geo.zonal.Limits`."""

    buffer_m: float
    min_pixels: float
    max_cloud_share: float
    max_evi: float
    max_odd_share: float
    offset_dark_reflectance: float
    scl_cloud: tuple[int, ...]


class PatrolThresholds(_Section):
    """How a track is read; see `inspections.patrols.PatrolLimits`."""

    longest_gap_min: float
    fastest_m_s: float
    cell_deg: float
    step_m: float


class SignalThresholds(_Section):
    """When a signal matches, when tips are one, and how many are taken."""

    overlap_share: float
    overlap_m2: float
    trusted_accuracy_m: float
    unknown_accuracy_m: float
    nearest_m: float
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
    enforcement_quality: float
    shift_least_patches: int
    shift_least_gain: float
    max_patches: int
    join_radius_m: dict[str, float]
    patrol: PatrolThresholds


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


class CasePhotoThresholds(_Section):
    """When a photo proves something of a parcel; see `inspections.case_photos.ShotLimits`."""

    good_accuracy_m: float
    max_accuracy_m: float
    max_distance_m: float
    max_position_gap_m: float
    bearing_tolerance_deg: float
    field_of_view_deg: float
    declination_deg: float
    near_m: float
    range_m: float


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
    photos: PhotoThresholds
    agronomy: AgronomyThresholds
    visits: VisitThresholds
    lint: LintThresholds
    doubts: DoubtThresholds
    rechecks: RecheckThresholds
    markers: MarkerThresholds
    observed_use: UseThresholds
    drops: DropThresholds
    bulletins: BulletinThresholds
    signals: SignalThresholds
    imagery: ImageryThresholds
    cases: CaseThresholds
    case_photos: CasePhotoThresholds
    conversion: ConversionThresholds
    fusion: FusionThresholds

    @classmethod
    def read(cls, path: Path = SHIPPED) -> Self:
        """Read a thresholds file."""
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

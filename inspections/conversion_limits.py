"""The numbers that the conversion rules compare with; they arrive as one argument."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ConversionLimits:
    """The numbers that the rules compare with; units end the names, sources are in the file.

    Attributes
    ----------
    min_confidence : float
        Below, an observed use is not judged.
    farmland_overlap_m2, farmland_overlap_share : float
        From both on, the changed land counts as basic farmland.
    approved_cover_share, approved_least_share : float
        Covered as good as wholly; covered at all, and not by a neighbour's edge.
    approved_area_tolerance_share : float
        A changed area is within the approved one up to this.
    disaster_months, approved_idle_months, emergency_months, restoration_months : int
        How long a disaster excuses; approved land may lie idle; an emergency is over; a
        temporary permit's land may take to be restored.
    auxiliary_share, auxiliary_mu, auxiliary_large_mu, large_grain_mu : float
        Limits of auxiliary facilities, and the grain base from which the larger one holds.
    earthwork_days : int
        Earthwork seen first within these is fresh; imagery tells it only some time after.
    belt_major_m, belt_minor_m : float
        Widest green belts.
    trench_share : float
        Of a rice-fish field.
    idle_seasons, idle_long_seasons, idle_long_months : int
        Main seasons without a crop; from which number, or from how many months on, for long.
    idle_group_mu, idle_gap_m : float
        Idle land that lies together from here on goes on the list; how far apart is together.
    winter_months : tuple of int
        Months in which land rests.
    stock_until : date
        Planted by then is stock of the base survey.
    """

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

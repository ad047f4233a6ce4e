"""What a rule may ask of land beyond its class, use and approvals: named predicates."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspections.conversion_classes import RESTORABLE, own_uses
from inspections.conversion_lands import (
    NO,
    YES,
    Days,
    Flags,
    Floats,
    Ints,
    Lands,
)
from inspections.conversion_limits import ConversionLimits
from inspections.conversion_rules import ApprovalKind, Farmland
from inspections.land_uses import USES, Use
from inspections.units import M2_PER_MU

PLANTED_FOR_GOOD = (Use.ORCHARD, Use.TEA, Use.FOREST_TREES, Use.FISH_POND)


def add_months(days: Days, months: int) -> Days:
    """Return the days so many calendar months later.

    Parameters
    ----------
    days : datetime64[D] array
        NaT stays NaT.
    months : int
        May be negative.

    Returns
    -------
    datetime64[D] array
        The same day of the month, or the month's last.
    """
    month = days.astype("datetime64[M]")
    into = days - month.astype("datetime64[D]")
    last = (month + months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.asarray(np.minimum((month + months).astype("datetime64[D]") + into, last))


@dataclass(frozen=True)
class View:
    """Some rows of the land, all of one group, one use and one side of the farmland's border."""

    lands: Lands
    rows: Ints
    use: Use
    farmland: Farmland
    limits: ConversionLimits
    rows_of_kind: dict[ApprovalKind, NDArray[np.int32]]
    """Of each kind that occurs, the approval's row for each land, -1 where it has none."""

    def of(self, name: str) -> NDArray[Any]:
        """Return a column of these rows."""
        column: NDArray[Any] = getattr(self.lands, name)
        return column[self.rows]

    @cached_property
    def today(self) -> np.datetime64:
        """The day that is spoken of."""
        return np.datetime64(self.lands.as_of, "D")

    @cached_property
    def first_seen(self) -> Days:
        """When the use was seen first; NaT unknown."""
        days: Days = self.of("first_seen")
        return days

    def approved(self, kind: ApprovalKind, name: str) -> NDArray[Any]:
        """Return a column of the approvals of a kind; nothing covered where there is none."""
        column: NDArray[Any] = getattr(self.lands.approvals, name)
        nothing = "NaT" if column.dtype.kind == "M" else -1
        if kind not in self.rows_of_kind:
            return np.full(len(self.rows), nothing, column.dtype)
        row = self.rows_of_kind[kind][self.rows]
        found = column[np.maximum(row, 0)]
        return np.where(row < 0, np.array(nothing, column.dtype), found)


def is_earlier(days: Days, than: Any) -> Flags:
    """Tell which days lie before others; an unknown day lies before none."""
    return np.asarray(days < than) & ~np.isnat(days)


def _ago(view: View, days: Days, months: int) -> Flags:
    """Tell which days lie more than so many months back."""
    return is_earlier(add_months(days, months), view.today)


def _is_unsure(view: View) -> Flags:
    is_weak: Flags = view.of("confidence") < np.float32(view.limits.min_confidence)
    return np.asarray(is_weak | view.of("is_mixed"))


def _after_disaster(view: View) -> Flags:
    days = view.of("disaster_on")
    is_recent = ~np.isnat(days) & ~_ago(view, days, view.limits.disaster_months)
    return np.asarray(is_recent & ~(days > view.today))


def _approved_too_low(view: View) -> Flags:
    return np.asarray(view.approved(ApprovalKind.CONVERSION, "is_state_council") == NO)


def _approved_high_enough(view: View) -> Flags:
    if view.farmland is Farmland.OUT:
        return np.ones(len(view.rows), np.bool_)
    return np.asarray(view.approved(ApprovalKind.CONVERSION, "is_state_council") == YES)


def _approved_long_ago(view: View) -> Flags:
    days = view.approved(ApprovalKind.CONVERSION, "valid_from")
    return _ago(view, days, view.limits.approved_idle_months)


def _in_restoration(view: View) -> Flags:
    ended = view.approved(ApprovalKind.TEMPORARY, "valid_to")
    return np.asarray(ended <= view.today) & ~_restoration_is_over(view)


def _restoration_is_over(view: View) -> Flags:
    ended = view.approved(ApprovalKind.TEMPORARY, "valid_to")
    over = add_months(ended, view.limits.restoration_months)
    return np.asarray(over <= view.today)


def auxiliary_over_m2(view: View) -> Floats:
    """Return by how many m² auxiliary facilities exceed their limit; NaN where unknown."""
    limits = view.limits
    is_large = view.of("grain_base_mu") >= limits.large_grain_mu
    most_mu = np.where(is_large, limits.auxiliary_large_mu, limits.auxiliary_mu)
    most = np.minimum(limits.auxiliary_share * view.of("changed_m2"), most_mu * M2_PER_MU)
    over: Floats = view.of("auxiliary_m2") - most
    return over


def _auxiliary_over(view: View) -> Flags:
    return np.asarray(auxiliary_over_m2(view) > 0)


def _facility_harms(view: View) -> Flags:
    if view.use is not Use.FACILITY_PLANT:
        return np.ones(len(view.rows), np.bool_)
    return _plough_layer_lost(view)


def _plough_layer_lost(view: View) -> Flags:
    return np.asarray(view.of("plough_layer") == NO)


def _plough_layer_kept(view: View) -> Flags:
    return np.asarray(view.of("plough_layer") == YES)


def _is_fresh(view: View) -> Flags:
    age = view.today - view.first_seen
    return np.asarray(age <= np.timedelta64(view.limits.earthwork_days, "D"))


def _belt_too_wide(view: View) -> Flags:
    limits, is_major = view.limits, view.of("is_major_road")
    # Of an unknown road the wider limit holds: what is not known speaks against nobody.
    widest = np.where(is_major == NO, limits.belt_minor_m, limits.belt_major_m)
    return np.asarray(view.of("belt_width_m") > widest)


def _planted_after_survey(view: View) -> Flags:
    return ~is_earlier(view.first_seen, np.datetime64(view.limits.stock_until, "D") + 1)


def _is_stock(view: View) -> Flags:
    is_own = own_uses(view.lands.class_names)[view.of("base_class"), USES.index(view.use)]
    names = view.lands.class_names
    is_kept = np.array([name.endswith("K") for name in names])[view.of("base_class")]
    restorable = np.array([name in RESTORABLE for name in view.lands.attribute_names])
    is_kept |= restorable[view.of("attribute")]
    if view.farmland is Farmland.IN and view.use in PLANTED_FOR_GOOD:
        return np.asarray((is_own & is_kept) | ~_planted_after_survey(view))
    return np.asarray(is_own & is_kept)


def _trenches_within_limit(view: View) -> Flags:
    return np.asarray(view.of("trench_share") <= np.float32(view.limits.trench_share))


def _trenches_over_or_no_rice(view: View) -> Flags:
    is_over = view.of("trench_share") > np.float32(view.limits.trench_share)
    return np.asarray(is_over) | _no_grain_grown(view)


def _grain_grown(view: View) -> Flags:
    return np.asarray(view.of("n_grain_cycles") > 0)


def _no_grain_grown(view: View) -> Flags:
    return np.asarray(view.of("n_grain_cycles") == 0)


def _is_winter(view: View) -> Flags:
    is_so = view.lands.as_of.month in view.limits.winter_months
    return np.full(len(view.rows), is_so)


def _idle_seasons(view: View) -> Flags:
    return np.asarray(view.of("n_idle_seasons") >= view.limits.idle_seasons)


def _idle_for_long(view: View) -> Flags:
    limits = view.limits
    is_long = view.of("n_idle_seasons") >= limits.idle_long_seasons
    since = add_months(view.first_seen, limits.idle_long_months)
    return np.asarray(is_long | (since <= view.today))


def _column(name: str, *, is_so: bool = True) -> Callable[[View], Flags]:
    def told(view: View) -> Flags:
        return np.asarray(view.of(name) == is_so)

    return told


PREDICATES: dict[str, Callable[[View], Flags]] = {
    "is_unsure": _is_unsure,
    "after_disaster": _after_disaster,
    "is_pseudo_change": _column("is_pseudo"),
    "approved_too_low": _approved_too_low,
    "approved_high_enough": _approved_high_enough,
    "approved_long_ago": _approved_long_ago,
    "is_permanent": _column("is_permanent"),
    "in_restoration": _in_restoration,
    "restoration_is_over": _restoration_is_over,
    "is_misused": _column("is_misused"),
    "auxiliary_over": _auxiliary_over,
    "auxiliary_not_over": lambda view: ~_auxiliary_over(view),
    "facility_harms": _facility_harms,
    "plough_layer_lost": _plough_layer_lost,
    "plough_layer_not_lost": lambda view: ~_plough_layer_lost(view),
    "plough_layer_kept": _plough_layer_kept,
    "is_fresh": _is_fresh,
    "belt_too_wide": _belt_too_wide,
    "planted_after_survey": _planted_after_survey,
    "is_stock": _is_stock,
    "is_company": _column("is_company"),
    "trenches_within_limit": _trenches_within_limit,
    "trenches_over_or_no_rice": _trenches_over_or_no_rice,
    "grain_grown": _grain_grown,
    "no_grain_grown": _no_grain_grown,
    "in_grain_zone": _column("in_grain_zone"),
    "not_vegetable_base": _column("is_vegetable_base", is_so=False),
    "is_winter": _is_winter,
    "idle_seasons": _idle_seasons,
    "idle_for_long": _idle_for_long,
    "in_large_idle_group": lambda view: np.asarray(
        view.of("group_area_mu") >= view.limits.idle_group_mu
    ),
}
"""What the rule table may name in its column `requires`.

Each asks one thing of a view and answers with a bool for each of its rows; what is not known
answers no, unless the name says otherwise.
"""

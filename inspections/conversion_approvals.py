"""How approvals stand to the land that changed: in force or not, and how much they cover."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspections.conversion_lands import (
    KINDS,
    NO,
    Approvals,
    Days,
    Flags,
    Floats,
    Ints,
    Lands,
)
from inspections.conversion_limits import ConversionLimits
from inspections.conversion_predicates import add_months, is_earlier
from inspections.conversion_rules import ApprovalKind, Holding, Rule
from inspections.land_uses import USES, Use

IDLE_USES = (Use.WEED_FALLOW, Use.WINTER_FALLOW, Use.SHRUB, Use.BARE)
"""Land at rest: what counts is the day that is spoken of, not when the weeds came."""


@dataclass(frozen=True)
class Standing:
    """Approvals as they stand to land.

    Attributes
    ----------
    rows_of_kind : dict of ApprovalKind to int32 array, shape (n,)
        The approval's row for each land, -1 where it has none; only kinds that occur.
    facts : dict of Holding to bool array, shape (m,)
        What holds of each approval; UNCOVERED is the contrary of COVERED.
    left_m2, left_farmland_m2 : float array, shape (n,)
        Changed land, and its basic farmland, without what approvals in force cover.
    judged_m2, judged_farmland_m2 : float array, shape (n,)
        What basic farmland is weighed over: what is left, or all where all is covered.
    is_covered, is_of_unknown_level : bool array, shape (n,)
        Whether an approval in force covers as good as all; and whether nobody told who issued it.
    """

    rows_of_kind: dict[ApprovalKind, NDArray[np.int32]]
    facts: dict[Holding, Flags]
    left_m2: Floats
    left_farmland_m2: Floats
    judged_m2: Floats
    judged_farmland_m2: Floats
    is_covered: Flags
    is_of_unknown_level: Flags

    def holds(self, holding: Holding, kinds: Iterable[ApprovalKind], rows: Ints) -> Flags:
        """Tell of which land it holds for any of these kinds.

        Parameters
        ----------
        holding : Holding
            How approvals must stand.
        kinds : iterable of ApprovalKind
            Of which kinds.
        rows : int array, shape (k,)
            Which land.

        Returns
        -------
        bool array, shape (k,)
            UNCOVERED: whether none of the kinds covers it.
        """
        if holding is Holding.UNCOVERED:
            return ~self.holds(Holding.COVERED, kinds, rows)
        is_so = np.zeros(len(rows), np.bool_)
        for kind in kinds:
            if kind in self.rows_of_kind:
                row = self.rows_of_kind[kind][rows]
                is_so |= self.facts[holding][row] & (row >= 0)
        return is_so


def stand(lands: Lands, rules: Sequence[Rule], limits: ConversionLimits) -> Standing:
    """Return how approvals stand to land.

    Parameters
    ----------
    lands : Lands
        Shape (n,), with m approvals.
    rules : sequence of Rule
        Which kinds cut which use is read from the rules that ask for what is not covered.
    limits : ConversionLimits
        From which share on land counts as covered.

    Returns
    -------
    Standing
        For n lands and m approvals.
    """
    given = lands.approvals
    if not len(given.land):
        whole, farmland = lands.changed_m2, lands.farmland_m2
        none = np.zeros(len(lands), np.bool_)
        return Standing({}, {}, whole, farmland, whole, farmland, none, none)
    covered, covered_farmland = _title(given)
    changed = lands.changed_m2[given.land].astype(np.float64)
    facts = _facts(lands, limits, covered, changed)
    cuts = _cuts(rules)[lands.use[given.land], given.kind] & (
        facts[Holding.COVERED] | facts[Holding.EXCEEDED]
    )
    left_m2 = _cut(lands.changed_m2, given.land[cuts], covered[cuts])
    left_farmland_m2 = _cut(lands.farmland_m2, given.land[cuts], covered_farmland[cuts])
    cuts &= facts[Holding.COVERED]
    is_covered, is_of_unknown_level = np.zeros((2, len(lands)), np.bool_)
    is_covered[given.land[cuts]] = True
    is_conversion = given.kind == KINDS.index(ApprovalKind.CONVERSION)
    is_of_unknown_level[given.land[cuts & is_conversion & (given.is_state_council < 0)]] = True
    return Standing(
        _rows_of_kind(given, len(lands)),
        facts,
        left_m2,
        left_farmland_m2,
        np.where(is_covered, lands.changed_m2, left_m2),
        np.where(is_covered, lands.farmland_m2, left_farmland_m2),
        is_covered,
        is_of_unknown_level,
    )


def _rows_of_kind(given: Approvals, n: int) -> dict[ApprovalKind, NDArray[np.int32]]:
    found = {}
    for index in np.unique(given.kind):
        rows = np.flatnonzero(given.kind == index)
        found[KINDS[index]] = np.full(n, -1, np.int32)
        found[KINDS[index]][given.land[rows]] = rows
    return found


def _title(given: Approvals) -> tuple[Floats, Floats]:
    """Return what each approval covers by right.

    Basic farmland is converted by the State Council alone (土地管理法 44), and no yearly balance
    gives it away (自然资发〔2021〕166号): others cover what lies beside it.
    """
    is_low = (given.kind == KINDS.index(ApprovalKind.CONVERSION)) & (given.is_state_council == NO)
    has_none = is_low | (given.kind == KINDS.index(ApprovalKind.BALANCE))
    lost = np.where(has_none, given.covered_farmland_m2, 0)
    return given.covered_m2 - lost, given.covered_farmland_m2 - lost


def _facts(
    lands: Lands, limits: ConversionLimits, covered: Floats, changed: Floats
) -> dict[Holding, Flags]:
    given = lands.approvals
    whole = np.maximum(changed, 1e-9)
    begun, in_force, has_ended = _in_days(lands, limits)
    within = given.approved_m2 * (1 + limits.approved_area_tolerance_share) >= changed
    within |= given.kind != KINDS.index(ApprovalKind.CONVERSION)
    touches = given.covered_m2 / whole >= limits.approved_least_share
    is_all = covered / whole >= limits.approved_cover_share
    return {
        Holding.COVERED: in_force & is_all & within,
        Holding.EXCEEDED: in_force & touches & ~(is_all & within),
        Holding.HELD: in_force & touches,
        Holding.LAPSED: begun & has_ended & is_all,
        Holding.FILED: touches,
    }


def _in_days(lands: Lands, limits: ConversionLimits) -> tuple[Flags, Flags, Flags]:
    """Tell which approvals had begun when the use was first seen, are in force, have ended."""
    given, today = lands.approvals, np.datetime64(lands.as_of, "D")
    kind = np.array(KINDS, object)[given.kind]
    seen = lands.first_seen[given.land]
    is_idle = np.isin(lands.use[given.land], [USES.index(use) for use in IDLE_USES])
    is_now = is_idle | np.isnat(seen) | (kind == ApprovalKind.FALLOW)
    start: Days = np.where(is_now, today, seen)
    begun = given.valid_from <= start
    ends = given.valid_to.copy()
    is_rescue = kind == ApprovalKind.EMERGENCY
    ends[is_rescue] = add_months(ends[is_rescue], limits.emergency_months) + 1
    has_ended = is_earlier(ends, today + 1)
    is_plan = kind == ApprovalKind.BALANCE
    same_year = given.valid_from.astype("M8[Y]") == start.astype("M8[Y]")
    return begun, np.where(is_plan, same_year, begun & ~has_ended), has_ended


def cutting_kinds(rules: Sequence[Rule]) -> dict[Use, set[ApprovalKind]]:
    """Return which kinds of approval cut which use, as the rules have it.

    Parameters
    ----------
    rules : sequence of Rule
        Those that ask for what is not covered tell by what it might be.

    Returns
    -------
    dict of Use to set of ApprovalKind
        For every use.
    """
    kinds: dict[Use, set[ApprovalKind]] = {use: set() for use in USES}
    for rule in rules:
        if rule.holding in (Holding.UNCOVERED, Holding.EXCEEDED):
            for use in rule.uses or USES:
                kinds[use] |= rule.kinds
    return kinds


def _cuts(rules: Sequence[Rule]) -> Flags:
    kinds = cutting_kinds(rules)
    return np.array([[kind in kinds[use] for kind in KINDS] for use in USES])


def _cut(whole_m2: Floats, land: Ints, covered_m2: Floats) -> Floats:
    """Return what the approval that covers most leaves of each land."""
    most = np.zeros(len(whole_m2), np.float32)
    np.maximum.at(most, land, covered_m2.astype(np.float32))
    return np.asarray(np.maximum(whole_m2 - most, 0))

"""Which conversion rule land falls under: rules as data, the first that matches holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inspections.conversion_approvals import Standing, stand
from inspections.conversion_classes import GROUPS, groups
from inspections.conversion_lands import Flags, Floats, Lands
from inspections.conversion_limits import ConversionLimits
from inspections.conversion_predicates import PREDICATES, View, auxiliary_over_m2
from inspections.conversion_rules import (
    Category,
    Farmland,
    LandGroup,
    Measure,
    Mode,
    Rule,
)
from inspections.land_uses import USES, Use

CATEGORIES = tuple(Category)
SIDES = (Farmland.OUT, Farmland.IN)
ONE_BYTE = 256


@dataclass(frozen=True)
class Judgements:
    """What the rules say of land, one row each.

    Attributes
    ----------
    rules : tuple of Rule
        That were tried, by priority.
    rule : int16 array, shape (n,)
        Index into `rules`: the first that matched.
    overlap_m2 : float32 array, shape (n,)
        Square metres that the rule is about: without what approvals cover; of basic farmland
        only, where the rule is about that. Nothing where nothing is wrong.
    is_farmland : bool array, shape (n,)
        Whether the changed land counts as basic farmland.
    is_covered : bool array, shape (n,)
        Whether an approval in force covers as good as all of it, by whoever may approve it.
    is_listed : bool array, shape (n,)
        Whether an additive rule put it on its list.
    severity : uint8 array, shape (n,)
        0 to 4, with what additive rules raised.
    """

    rules: tuple[Rule, ...]
    rule: NDArray[np.int16]
    overlap_m2: NDArray[np.float32]
    is_farmland: Flags
    is_covered: Flags
    is_listed: Flags
    severity: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.rule)

    @cached_property
    def category(self) -> NDArray[np.uint8]:
        """Index into `CATEGORIES` for each land."""
        table = np.array([CATEGORIES.index(each.category) for each in self.rules], np.uint8)
        return table[self.rule]

    def rule_of(self, row: int) -> Rule:
        """Return the rule that a land falls under."""
        return self.rules[int(self.rule[row])]


@dataclass(frozen=True)
class _Found:
    """What is being written while the rules are tried."""

    rule: NDArray[np.int16]
    overlap_m2: NDArray[np.float32]
    is_listed: Flags
    severity: NDArray[np.uint8]


def judge(lands: Lands, rules: Sequence[Rule], limits: ConversionLimits) -> Judgements:
    """Return what the conversion rules say of land.

    Parameters
    ----------
    lands : Lands
        Shape (n,); not changed.
    rules : sequence of Rule
        By priority, as `inspections.conversion_rules.parsed` returns them; the last takes all.
    limits : ConversionLimits
        The numbers that they compare with.

    Returns
    -------
    Judgements
        Shape (n,).

    Raises
    ------
    ValueError
        Where a rule names a predicate that does not exist.

    Notes
    -----
    Land is sorted by base group, use and side of the farmland's border, at most 222 heaps. To
    each heap only the few rules that speak of it are put, and only to what none before it took.
    """
    refuse_unknown_predicates(rules)
    standing = stand(lands, rules, limits)
    is_farmland = _on_farmland(standing, limits)
    assert len(GROUPS) * len(USES) * len(SIDES) <= ONE_BYTE, "a heap's number is one byte"
    key = (groups(lands) * np.uint8(len(USES)) + lands.use).astype(np.uint8)
    key = (key * np.uint8(2) + is_farmland).astype(np.uint8)
    order, n = np.argsort(key, kind="stable"), len(lands)  # 8 bits: a radix sort, O(n)
    ends = np.cumsum(np.bincount(key, minlength=len(GROUPS) * len(USES) * 2))
    found = _Found(
        np.full(n, -1, np.int16),
        np.zeros(n, np.float32),
        np.zeros(n, np.bool_),
        np.zeros(n, np.uint8),
    )
    for heap, end in enumerate(ends):
        start = ends[heap - 1] if heap else 0
        if end > start:
            group, use, side = _names(heap)
            view = View(lands, order[start:end], use, side, limits, standing.rows_of_kind)
            _try_rules(view, group, rules, standing, found)
    is_covered = standing.is_covered & ~(standing.is_of_unknown_level & is_farmland)
    return Judgements(
        tuple(rules),
        found.rule,
        found.overlap_m2,
        is_farmland,
        is_covered,
        found.is_listed,
        found.severity,
    )


def refuse_unknown_predicates(rules: Sequence[Rule]) -> None:
    """Refuse rules that ask what nobody can answer.

    Parameters
    ----------
    rules : sequence of Rule
        Any.

    Raises
    ------
    ValueError
        With the names that are in no registry.
    """
    unknown = {name for rule in rules for name in rule.requires} - set(PREDICATES)
    if unknown:
        raise ValueError(f"no such predicates: {sorted(unknown)}")


def _names(heap: int) -> tuple[LandGroup, Use, Farmland]:
    rest, side = divmod(heap, 2)
    group, use = divmod(rest, len(USES))
    return GROUPS[group], USES[use], SIDES[side]


def _on_farmland(standing: Standing, limits: ConversionLimits) -> Flags:
    """Tell which land counts as basic farmland: what is left of it after approvals, if any."""
    # In double precision: a tenth of 1,000 m² is 100 m², not a hair more.
    least = standing.judged_m2.astype(np.float64) * limits.farmland_overlap_share
    return np.asarray(standing.judged_farmland_m2 >= np.maximum(least, limits.farmland_overlap_m2))


def _try_rules(
    view: View, group: LandGroup, rules: Sequence[Rule], standing: Standing, found: _Found
) -> None:
    whole = view
    for index, rule in enumerate(rules):
        if not _speaks_of(rule, group, view) or rule.mode is Mode.ADDITIVE:
            continue
        is_so = _matches(rule, view, standing)
        taken = view.rows[is_so]
        found.rule[taken] = index
        found.severity[taken] = rule.severity
        found.overlap_m2[taken] = _overlap(rule, replace(view, rows=taken), standing)
        view = replace(view, rows=view.rows[~is_so])
        if not len(view.rows):
            break
    for rule in rules:
        if rule.mode is Mode.ADDITIVE and _speaks_of(rule, group, whole):
            _add(rule, whole, rules, standing, found)


def _add(rule: Rule, view: View, rules: Sequence[Rule], standing: Standing, found: _Found) -> None:
    same = np.array([each.category is rule.category for each in rules])
    some = replace(view, rows=view.rows[same[found.rule[view.rows]]])
    listed = some.rows[_matches(rule, some, standing)]
    found.is_listed[listed] = True
    found.severity[listed] = np.maximum(found.severity[listed], rule.severity)


def _speaks_of(rule: Rule, group: LandGroup, view: View) -> bool:
    return (
        rule.land in (None, group)
        and rule.farmland in (Farmland.ANY, view.farmland)
        and (not rule.uses or view.use in rule.uses)
    )


def _matches(rule: Rule, view: View, standing: Standing) -> Flags:
    is_so = np.ones(len(view.rows), np.bool_)
    if rule.seen_after is not None:
        # What was seen first after that day may have been there before.
        is_so &= view.of("began_after") >= np.datetime64(rule.seen_after, "D")
    if rule.holding is not None:
        is_so &= standing.holds(rule.holding, rule.kinds, view.rows)
    for name in rule.requires:
        is_so &= PREDICATES[name](view)
    return is_so


def _overlap(rule: Rule, view: View, standing: Standing) -> Floats | float:
    if rule.measure is Measure.NONE:
        return 0.0
    if rule.measure is Measure.AUXILIARY:
        return np.maximum(auxiliary_over_m2(view), 0)
    column: Floats = {
        Measure.ALL: view.lands.changed_m2,
        Measure.REST: standing.left_m2,
        Measure.FARMLAND: standing.left_farmland_m2,
    }[rule.measure]
    return column[view.rows]

"""Idle land that lies together is listed first."""

from dataclasses import replace

import numpy as np

from geo.groups import connected
from inspections.conversion import CATEGORIES, Judgements, judge
from inspections.conversion_lands import Ints
from inspections.conversion_limits import ConversionLimits
from inspections.conversion_rules import Category
from inspections.screening import Screened
from inspections.units import M2_PER_MU


def idle_rows(judged: Judgements) -> Ints:
    """Return the rows that lie idle, to ask which of them lie together.

    Parameters
    ----------
    judged : Judgements
        Shape (n,).

    Returns
    -------
    int array, shape (k,)
        In rising order.
    """
    return np.flatnonzero(judged.category == CATEGORIES.index(Category.ABANDON))


def listed_together(found: Screened, idle: Ints, pairs: Ints, limits: ConversionLimits) -> Screened:
    """Return what was screened, with idle land listed that lies together.

    Parameters
    ----------
    found : Screened
        With k rows.
    idle : int array, shape (i,)
        Of these, `idle_rows`.
    pairs : int array, shape (m, 2)
        Indices into `idle` of those that touch.
    limits : ConversionLimits
        From how many mu on.

    Returns
    -------
    Screened
        The idle rows judged again, now with the area of their group.
    """
    if not len(idle):
        return found
    group = connected(len(idle), pairs)
    area_mu = np.bincount(group, found.lands.changed_m2[idle], len(idle)) / M2_PER_MU
    some = replace(found.lands.take(idle), group_area_mu=area_mu[group])
    again = judge(some, found.judged.rules, limits)
    is_listed, severity = found.judged.is_listed.copy(), found.judged.severity.copy()
    is_listed[idle], severity[idle] = again.is_listed, again.severity
    return replace(found, judged=replace(found.judged, is_listed=is_listed, severity=severity))

"""How well what was told agrees with what is known: precision, recall, ROC AUC, confusion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspections.labels import AT_RISK, GROUP_OF, Group, Label
from inspections.land_uses import USES
from inspections.observed_use import ABANDONED_SEASONS, LookAlike, ObservedUses

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]

MIDDLE = 0.5


def told_groups(uses: ObservedUses) -> list[Group]:
    """Return the group that each observed use falls into.

    Parameters
    ----------
    uses : ObservedUses
        Of n parcels.

    Returns
    -------
    list of Group, length n
        Fallow of a single main season is not yet told: `UNKNOWN`.
    """
    return [
        Group.UNKNOWN
        if GROUP_OF[USES[use]] is Group.ABANDONED and n_idle < ABANDONED_SEASONS
        else GROUP_OF[USES[use]]
        for use, n_idle in zip(uses.use.tolist(), uses.n_main_seasons_idle.tolist(), strict=True)
    ]


def risk_scores(uses: ObservedUses, told: Sequence[Group], group: Group | None = None) -> Scores:
    """Return how far each parcel is told to be at risk.

    Parameters
    ----------
    uses : ObservedUses
        Of n parcels.
    told : sequence of Group, length n
        See `told_groups`.
    group : Group, optional
        The risk that is asked for; by default any.

    Returns
    -------
    float array, shape (n,)
        From 0, surely not, over 0.5, not told, to 1, surely.
    """
    asked = AT_RISK if group is None else (group,)
    sign = np.array([0 if each is Group.UNKNOWN else 1 if each in asked else -1 for each in told])
    return MIDDLE + MIDDLE * sign * uses.confidence.astype(np.float64)


def roc_auc(scores: Scores, is_true: Flags) -> float | None:
    """Return the area under the receiver's curve.

    Parameters
    ----------
    scores : float array, shape (n,)
        The higher the surer.
    is_true : bool array, shape (n,)
        What is known.

    Returns
    -------
    float or None
        How often a true one stands above one that is not, ties counting half; None where one
        of both kinds is missing.

    References
    ----------
    Mann and Whitney 1947; Hanley and McNeil 1982, Radiology 143:29.
    """
    n_true = int(is_true.sum())
    n_false = len(is_true) - n_true
    if n_true == 0 or n_false == 0:
        return None
    _, place, size = np.unique(scores, return_inverse=True, return_counts=True)
    rank = np.cumsum(size) - (size - 1) / 2
    rank_sum = float(rank[place][is_true].sum())
    return (rank_sum - n_true * (n_true + 1) / 2) / (n_true * n_false)


@dataclass(frozen=True)
class Outcome:
    """How well one thing was told.

    Attributes
    ----------
    name : str
        Of what.
    n_true, n_told, n_hit : int
        Parcels of which it is true, of which it was told, and both.
    auc : float or None
        See `roc_auc`.
    """

    name: str
    n_true: int
    n_told: int
    n_hit: int
    auc: float | None

    @property
    def precision(self) -> float | None:
        """What share of the told is true; None where nothing was told."""
        return self.n_hit / self.n_told if self.n_told else None

    @property
    def recall(self) -> float | None:
        """What share of the true was told; None where nothing is true."""
        return self.n_hit / self.n_true if self.n_true else None


def outcome(name: str, is_true: Flags, is_told: Flags, scores: Scores) -> Outcome:
    """Measure how well one thing was told.

    Parameters
    ----------
    name : str
        Of what.
    is_true, is_told : bool array, shape (n,)
        What is known and what was told; what could not be told counts as not told.
    scores : float array, shape (n,)
        The higher the surer.

    Returns
    -------
    Outcome
        With counts, from which the shares follow.
    """
    hit = int((is_true & is_told).sum())
    return Outcome(name, int(is_true.sum()), int(is_told.sum()), hit, roc_auc(scores, is_true))


@dataclass(frozen=True)
class Report:
    """A backtest.

    Attributes
    ----------
    n, n_unknown : int
        Parcels, and those of which nothing could be told.
    outcomes : tuple of Outcome
        Of any risk, then of each.
    labels, uses : tuple of str
        Rows and columns of the confusion table: what is known, what was told.
    counts : tuple of tuple of int
        Parcels of each pair.
    look_alikes : mapping of str to int
        Of the parcels that are kept: how many changes were explained, by `LookAlike`.
    """

    n: int
    n_unknown: int
    outcomes: tuple[Outcome, ...]
    labels: tuple[str, ...]
    uses: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    look_alikes: Mapping[str, int]


def backtest(labels: Sequence[Label], uses: ObservedUses) -> Report:
    """Compare observed uses with what is known.

    Parameters
    ----------
    labels : sequence of Label, length n
        What is known of each parcel.
    uses : ObservedUses
        Of the same parcels.

    Returns
    -------
    Report
        The same for any order of parcels.

    Raises
    ------
    ValueError
        Where the lengths differ.
    """
    if len(labels) != len(uses.use):
        raise ValueError(f"{len(labels)} labels for {len(uses.use)} parcels")
    told = told_groups(uses)
    outcomes = []
    for group in (None, *AT_RISK):
        asked = AT_RISK if group is None else (group,)
        is_true = np.array([each.group in asked for each in labels], dtype=bool)
        is_told = np.array([each in asked for each in told], dtype=bool)
        name = "at risk" if group is None else str(group)
        outcomes.append(outcome(name, is_true, is_told, risk_scores(uses, told, group)))
    rows, columns, counts = confusion(
        [each.text for each in labels], [USES[use].value for use in uses.use.tolist()]
    )
    is_kept = np.array([each.group is Group.KEPT for each in labels], dtype=bool)
    found = np.bincount(uses.look_alike[is_kept], minlength=len(LookAlike))
    return Report(
        n=len(labels),
        n_unknown=sum(each is Group.UNKNOWN for each in told),
        outcomes=tuple(outcomes),
        labels=rows,
        uses=columns,
        counts=counts,
        look_alikes={each.name: int(found[each]) for each in LookAlike},
    )


def confusion(
    known: Sequence[str], told: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Count the pairs of what is known and what was told.

    Parameters
    ----------
    known, told : sequence of str, length n
        Of the same parcels.

    Returns
    -------
    rows, columns : tuple of str
        The words of each, sorted.
    counts : tuple of tuple of int
        A row for each known word.
    """
    rows, row = np.unique(np.array(known, dtype=object).astype(str), return_inverse=True)
    columns, column = np.unique(np.array(told, dtype=object).astype(str), return_inverse=True)
    counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    np.add.at(counts, (row, column), 1)
    return tuple(rows.tolist()), tuple(columns.tolist()), tuple(map(tuple, counts.tolist()))

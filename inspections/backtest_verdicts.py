"""How well the verdicts of a screening agree with what is known of the land."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspections.backtest import Report, confusion, outcome
from inspections.conversion_rules import Category
from inspections.fusion_words import CLASSES, VerdictClass
from inspections.labels import AT_RISK, Group, Label

LEAST_TOLD = VerdictClass.SUSPECTED
"""From this class on a verdict says that somebody must go; below, it only remarks."""
GROUP_OF_CATEGORY = {
    Category.NON_AG: Group.CONVERTED,
    Category.NON_GRAIN: Group.CONVERTED,
    Category.ABANDON: Group.ABANDONED,
}
BELOW_NOTHING = (VerdictClass.EXCLUDED, VerdictClass.NONE, VerdictClass.UNKNOWN)
"""Least sure of a risk first: what papers or people exclude is less of one than what is silent."""
RANK = {
    each: rank
    for rank, each in enumerate(
        [*BELOW_NOTHING, *(each for each in CLASSES if each not in BELOW_NOTHING)]
    )
}
BELOW_ONE = 0.999


@dataclass(frozen=True)
class Said:
    """What the verdict on one parcel says; a parcel without one says `NOTHING`."""

    verdict_class: VerdictClass
    category: Category
    score: float


NOTHING = Said(VerdictClass.NONE, Category.NONE, 0.0)


def backtest_verdicts(labels: Sequence[Label], verdicts: Sequence[Said]) -> Report:
    """Compare verdicts with what is known.

    Parameters
    ----------
    labels : sequence of Label, length n
        What is known of each parcel.
    verdicts : sequence of Said, length n
        Of the same parcels.

    Returns
    -------
    Report
        Any risk counts as told from 疑似 on, whatever rule speaks; one of a group where the
        rule's category is of that group. `uses` are the classes that occur, weakest first; there
        are no look-alikes beside those that the labels name.

    Raises
    ------
    ValueError
        Where the lengths differ.
    """
    if len(labels) != len(verdicts):
        raise ValueError(f"{len(labels)} labels for {len(verdicts)} verdicts")
    is_told = np.array([_is_told(each) for each in verdicts], dtype=bool)
    of_group = [GROUP_OF_CATEGORY.get(each.category) for each in verdicts]
    scores = np.array([_score(each) for each in verdicts], dtype=np.float64)
    outcomes = []
    for group in (None, *AT_RISK):
        asked = AT_RISK if group is None else (group,)
        is_true = np.array([each.group in asked for each in labels], dtype=bool)
        is_its = np.array([group is None or each is group for each in of_group], dtype=bool)
        name = "at risk" if group is None else str(group)
        outcomes.append(outcome(name, is_true, is_told & is_its, np.where(is_its, scores, 0.0)))
    rows, columns, counts = confusion(
        [each.text for each in labels], [each.verdict_class.value for each in verdicts]
    )
    order = sorted(range(len(columns)), key=lambda at: CLASSES.index(VerdictClass(columns[at])))
    return Report(
        n=len(labels),
        n_unknown=sum(each.verdict_class is VerdictClass.UNKNOWN for each in verdicts),
        outcomes=tuple(outcomes),
        labels=rows,
        uses=tuple(columns[at] for at in order),
        counts=tuple(tuple(row[at] for at in order) for row in counts),
        look_alikes={},
    )


def _is_told(said: Said) -> bool:
    return CLASSES.index(said.verdict_class) >= CLASSES.index(LEAST_TOLD)


def _score(said: Said) -> float:
    return RANK[said.verdict_class] + min(max(said.score, 0.0), BELOW_ONE)

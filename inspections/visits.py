"""Rules of on-the-spot inspections: risk, the life of a sample and of a finding. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from inspections.units import Quantity


class Tier(StrEnum):
    """How closely an outlet is watched."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Outcome(StrEnum):
    """What a visit came to."""

    NO_VIOLATION = "no_violation"
    ON_SITE_FIX = "on_site_fix"
    ORDER_FIX = "order_fix"
    CASE = "case"
    TRANSFER = "transfer"
    CLOSED_SHOP = "closed_shop"
    REFUSED = "refused"


OUTCOME_TEXT = {
    Outcome.NO_VIOLATION: "未发现违法行为",
    Outcome.ON_SITE_FIX: "当场整改",
    Outcome.ORDER_FIX: "责令改正",
    Outcome.CASE: "立案",
    Outcome.TRANSFER: "移送",
    Outcome.CLOSED_SHOP: "到访未检(闭店)",
    Outcome.REFUSED: "拒绝检查",
}
NOT_INSPECTED = frozenset({Outcome.CLOSED_SHOP, Outcome.REFUSED})
"""The officers came (到访), and saw nothing (未检)."""
GRAVE = frozenset({Outcome.CASE, Outcome.TRANSFER, Outcome.REFUSED})
MENDED = frozenset({Outcome.ON_SITE_FIX, Outcome.ORDER_FIX})


@dataclass(frozen=True)
class PastVisit:
    """What an earlier visit tells of an outlet.

    Attributes
    ----------
    day : date
        Civil date.
    outcome : Outcome
        What it came to.
    has_failed_sample : bool
        Whether a laboratory failed a sample of it.
    """

    day: date
    outcome: Outcome
    has_failed_sample: bool = False


@dataclass(frozen=True)
class OutletDoubt:
    """What other books doubt of an outlet.

    Parameters
    ----------
    text : str
        In Chinese, as a reason reads.
    is_grave : bool
        Whether it would be an offence if it is so.
    """

    text: str
    is_grave: bool = False


def risk_tier(
    past: Iterable[PastVisit], *, since: date, doubts: Iterable[OutletDoubt] = ()
) -> tuple[Tier, list[str]]:
    """Return how closely an outlet is watched, and why.

    Parameters
    ----------
    past : iterable of PastVisit
        Its visits, in any order.
    since : date
        Earlier ones are forgotten.
    doubts : iterable of OutletDoubt
        Of its stock and its prices, in the order in which they are to be told.

    Returns
    -------
    tuple of Tier and list of str
        High after a case, a transfer, a refusal or a failed sample, or with a grave doubt; medium
        after anything that had to be put right, where nobody has looked, or with another doubt;
        low otherwise. The reasons in Chinese, of visits first, newest first. Complaints are not
        known to this book and do not count.
    """
    told = list(doubts)
    tier, reasons = _tier_of_visits(past, since)
    if not told:
        return tier, reasons
    of_doubts = Tier.HIGH if any(each.is_grave for each in told) else Tier.MEDIUM
    said = [each.text for each in told]
    # A reason is one for the tier: that visits found nothing speaks for none of these.
    return min(tier, of_doubts, key=list(Tier).index), said if tier is Tier.LOW else reasons + said


def _tier_of_visits(past: Iterable[PastVisit], since: date) -> tuple[Tier, list[str]]:
    recent = sorted((each for each in past if each.day >= since), key=lambda each: each.day)[::-1]
    grave = [
        f"{each.day} {'抽样不合格' if each.has_failed_sample else OUTCOME_TEXT[each.outcome]}"
        for each in recent
        if each.outcome in GRAVE or each.has_failed_sample
    ]
    if grave:
        return Tier.HIGH, grave
    mended = [f"{each.day} {OUTCOME_TEXT[each.outcome]}" for each in recent]
    if any(each.outcome in MENDED for each in recent):
        return Tier.MEDIUM, [
            text for text, each in zip(mended, recent, strict=True) if each.outcome in MENDED
        ]
    inspected = [each for each in recent if each.outcome not in NOT_INSPECTED]
    if not inspected:
        return Tier.MEDIUM, [f"{since} 以来没有检查过"]
    return Tier.LOW, [f"{since} 以来检查 {len(inspected)} 次,未发现违法行为"]


class SampleStep(StrEnum):
    """What happens to a sample, in this order."""

    SEALED = "sealed"
    SENT = "sent"
    RESULT = "result"


NEXT_SAMPLE_STEP = {
    None: SampleStep.SEALED,
    SampleStep.SEALED: SampleStep.SENT,
    SampleStep.SENT: SampleStep.RESULT,
}


class FindingStep(StrEnum):
    """What happens to a finding."""

    ORDER = "order"
    RECHECK_FAILED = "recheck_failed"
    RECHECK_PASSED = "recheck_passed"
    HAND_OVER = "hand_over"
    RECEIPT = "receipt"


FINDING_MOVES: dict[FindingStep | None, frozenset[FindingStep]] = {
    None: frozenset({FindingStep.ORDER, FindingStep.HAND_OVER}),
    FindingStep.ORDER: frozenset(
        {FindingStep.RECHECK_FAILED, FindingStep.RECHECK_PASSED, FindingStep.HAND_OVER}
    ),
    FindingStep.RECHECK_FAILED: frozenset({FindingStep.ORDER, FindingStep.HAND_OVER}),
    FindingStep.RECHECK_PASSED: frozenset(),
    FindingStep.HAND_OVER: frozenset({FindingStep.RECEIPT}),
    FindingStep.RECEIPT: frozenset(),
}
"""After what -> what may follow; a passed recheck and a receipt close a finding."""
CLOSING = frozenset({FindingStep.RECHECK_PASSED, FindingStep.RECEIPT})


class StepOutOfOrder(ValueError):
    """A step that does not follow on what came before."""


def refuse_sample_step(last: tuple[SampleStep, date] | None, step: SampleStep, day: date) -> None:
    """Refuse a step of a sample that does not follow.

    Parameters
    ----------
    last : tuple of SampleStep and date, or None
        The newest step and its day.
    step, day : SampleStep, date
        What is told now.

    Raises
    ------
    StepOutOfOrder
        Where the step is not the next one, or its day is before the last one's.
    """
    text = {SampleStep.SEALED: "封样", SampleStep.SENT: "送检", SampleStep.RESULT: "出结果"}
    wanted = NEXT_SAMPLE_STEP.get(last[0] if last else None)
    if step is not wanted:
        told = f"下一步是{text[wanted]}" if wanted else "已有结果;有误请更正原来的那一步"
        raise StepOutOfOrder(f"样品{told},不能登记{text[step]}")
    if last is not None and day < last[1]:
        raise StepOutOfOrder(f"{text[step]}不能早于{text[last[0]]}的 {last[1]}")


def refuse_finding_step(
    last: tuple[FindingStep, date] | None, step: FindingStep, day: date
) -> None:
    """Refuse a step of a finding that does not follow.

    Parameters
    ----------
    last : tuple of FindingStep and date, or None
        The newest step and its day.
    step, day : FindingStep, date
        What is told now.

    Raises
    ------
    StepOutOfOrder
        Where the step may not follow, or its day is before the last one's.
    """
    if step not in FINDING_MOVES[last[0] if last else None]:
        raise StepOutOfOrder(
            "这一步接不上:先责令改正,再复查;或先移送,再收回执;复查合格、收到回执后即了结"
        )
    if last is not None and day < last[1]:
        raise StepOutOfOrder(f"日期不能早于上一步的 {last[1]}")


@dataclass(frozen=True)
class Found:
    """What a period's visits came to, as the negative sentence needs it.

    Attributes
    ----------
    came : Quantity
        家次 to which officers came.
    inspected : Quantity
        家次 of these that were inspected.
    violating : Quantity
        家次 with any outcome but 未发现违法行为.
    refused : Quantity
        家次 where the officers were turned away.
    pending, failed : Quantity
        个: samples without a result, and those that failed.
    open_findings : Quantity
        个: findings that are not closed.
    """

    came: Quantity
    inspected: Quantity
    violating: Quantity
    refused: Quantity
    pending: Quantity
    failed: Quantity
    open_findings: Quantity


def why_not_none_found(found: Found) -> list[str]:
    """Return why "暂未发现违法行为" may not be said; an empty list where it may.

    Parameters
    ----------
    found : Found
        What the period's visits came to.

    Returns
    -------
    list of str
        Reasons in Chinese, each with its number and unit.
    """
    wanted = (
        (found.violating, "发现问题 {}"),
        (found.refused, "拒绝检查 {}"),
        (found.failed, "抽样不合格 {}"),
        (found.pending, "样品还没有结果 {}"),
        (found.open_findings, "问题没有了结 {}"),
    )
    nothing = [] if found.inspected.value else ["这一期没有检查"]
    return nothing + [text.format(each) for each, text in wanted if each.value]

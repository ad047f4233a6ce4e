"""What may be filed into the sowing book, and what a filing means. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from config.thresholds import SowingThresholds
from service.sowing.models import Answer, Basis, Method, Reason

RICE_GROUP = "cereal/rice"
NOT_SOWN_GROUPS = frozenset({"orchard"})
"""Perennial crops stand on garden land; their area is not a sown area."""
RICE_METHODS = (Method.DIRECT_SEEDED, Method.NURSERY, Method.TRANSPLANTED, Method.THROWN)
TUBER_GROUP = "tuber"
TUBER_METHODS = (Method.SOWN, Method.TRANSPLANTED)
"""Sweet potato is set as cuttings (栽插), potato as tubers."""
OTHER_METHODS = (Method.SOWN,)
COUNTED = frozenset(Method) - {Method.NURSERY}
"""Methods that bring the crop onto its field; a nursery bed is not yet sown area."""
OVER_PLAN = "over-plan"

METHOD_TEXT = {
    Method.DIRECT_SEEDED: "直播",
    Method.NURSERY: "育秧",
    Method.TRANSPLANTED: "栽插",
    Method.THROWN: "抛秧",
    Method.SOWN: "播种",
}
BASIS_TEXT = {Basis.MEASURED: "实测", Basis.LEDGER: "台账", Basis.ESTIMATED: "估计"}
REASON_TEXT = {
    Reason.MISREPORT: "误报更正",
    Reason.CROP_LOST: "毁种",
    Reason.DEFINITION: "口径调整",
}
NOT_GROWN_TEXT = "无"
"""How people write, in a cell, that this crop is not grown here."""


def methods_of(group_name: str) -> tuple[Method, ...]:
    """Return the methods that a crop of this group can be reported under."""
    if group_name in NOT_SOWN_GROUPS:
        return ()
    by_group = {RICE_GROUP: RICE_METHODS, TUBER_GROUP: TUBER_METHODS}
    return by_group.get(group_name, OTHER_METHODS)


@dataclass(frozen=True)
class Content:
    """What one cumulative figure says."""

    answer: Answer
    cumulative_mu: Decimal | None
    basis: Basis
    note: str | None

    @property
    def mu(self) -> Decimal:
        """The area; nothing where the crop is not grown."""
        return self.cumulative_mu if self.cumulative_mu is not None else Decimal(0)


@dataclass(frozen=True)
class Figure:
    """A figure that stands in the book."""

    id: UUID
    as_of: date
    content: Content
    reason: Reason | None
    recorded_at: datetime
    was_submitted: bool
    """Whether its week was submitted since this or an earlier version of it was recorded: from
    then on the village's answer was reported, not drafted."""
    old_mu: Decimal | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a figure cannot be filed, and which field to change."""

    field: str
    reason: str
    code: str = "refused"


@dataclass(frozen=True)
class Acceptable:
    """A figure that may be filed, and what it replaces."""

    supersedes: Figure | None
    old_mu: Decimal | None


UNCHANGED = "unchanged"
"""The book says this already."""


def judge(
    content: Content, as_of: date, reason: Reason | None, standing: Mapping[date, Figure]
) -> Acceptable | Refusal | str:
    """Judge one figure against the standing figures of its village, crop and method.

    Cumulative figures never fall without a reason (invariant S2), neither by this figure nor,
    because of this figure, in a week after it.
    """
    current = standing.get(as_of)
    if current is not None and current.content == content:
        return UNCHANGED
    before = max((day for day in standing if day < as_of), default=None)
    after = min((day for day in standing if day > as_of), default=None)
    previous = standing[before] if before is not None else None
    falls = previous is not None and content.mu < previous.content.mu
    if reason is None and current is not None and current.was_submitted:
        return Refusal("reason", f"改动已上报的数字({_mu(current)} 亩)须选更正原因")
    if reason is None and falls:
        return Refusal(
            "cumulative_mu",
            f"累计数不能低于 {before} 的 {_mu(previous)} 亩;确需调减须选更正原因",
        )
    if after is not None:
        following = standing[after]
        if following.reason is None and following.content.mu < content.mu:
            return Refusal(
                "cumulative_mu",
                f"高于之后 {after} 已报的 {_mu(following)} 亩;请先更正那一周",
            )
    replaced = current or (previous if falls else None)
    return Acceptable(current, replaced.content.mu if replaced else None)


def _mu(figure: Figure | None) -> str:
    return f"{figure.content.mu:,}" if figure else ""


@dataclass
class Village:
    """The standing figures of one village and crop, by method and week."""

    by_method: dict[Method, dict[date, Figure]] = field(default_factory=dict)

    def sown_mu(self, as_of: date) -> Decimal:
        """Return the sown area that stands on a reference day, over all counted methods."""
        return sum(
            (
                _standing(weeks, as_of)
                for method, weeks in self.by_method.items()
                if method in COUNTED
            ),
            Decimal(0),
        )


def _standing(weeks: Mapping[date, Figure], as_of: date) -> Decimal:
    day = max((each for each in weeks if each <= as_of), default=None)
    return weeks[day].content.mu if day is not None else Decimal(0)


@dataclass(frozen=True)
class OverPlan:
    """How far a village's sown area is beyond its plan."""

    share: Decimal
    is_doubtful: bool

    @property
    def text(self) -> str:
        """The warning, in words."""
        return f"已达计划的 {self.share * 100:.1f}%,请核实" + (
            ";已作存疑标记" if self.is_doubtful else ""
        )


def over_plan(
    sown_mu: Decimal, plan_mu: Decimal | None, limits: SowingThresholds
) -> OverPlan | None:
    """Return how far beyond the plan, where that is worth a warning."""
    if not plan_mu:
        return None
    share = sown_mu / plan_mu
    if share <= limits.warn_share_of_plan:
        return None
    return OverPlan(share, share >= limits.doubt_share_of_plan)


@dataclass(frozen=True)
class Mean:
    """A mean of earlier years; without enough years there is only their number."""

    n: int
    sown_mu: Decimal | None


def mean_of_years(values: Sequence[Decimal | None], limits: SowingThresholds) -> Mean:
    """Return the mean over the years that have a figure, if there are enough of them."""
    known = [each for each in values[: limits.max_years_for_mean] if each is not None]
    if len(known) < limits.min_years_for_mean:
        return Mean(len(known), None)
    return Mean(len(known), round(sum(known, Decimal(0)) / len(known), 2))


def share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return a share to four places; None without a whole."""
    if part is None or not whole:
        return None
    return round(part / whole, 4)


def repeated(keys: Sequence[tuple[object, ...]]) -> Iterator[int]:
    """Yield the positions of keys that stood before."""
    seen: set[tuple[object, ...]] = set()
    for position, key in enumerate(keys):
        if key in seen:
            yield position
        seen.add(key)
